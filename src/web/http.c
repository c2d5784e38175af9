/*
 * http.c - HTTP over libmicrohttpd; see http.h
 *
 * One request: answer() is called with the headers, then with pieces of the body, then once without
 * data. That last call finds the route. On LANE_NOW the handler runs there and then; on the others
 * the connection is suspended before the job is queued (a worker may finish first), and the worker
 * resumes it, upon which answer() is called again and sends the reply.
 *
 * A suspended connection is not watched: that a browser has gone is noticed at the next write. The
 * library must not be stopped while connections are suspended, so http_stop first ends the lanes
 * (their jobs resume their connections); streams are ended by who feeds them.
 */
#include "web/http.h"

#include "base/log.h"
#include "web/gzip.h"
#include "web/http_path.h"
#include "web/jsonw.h"
#include "web/lanes.h"

#include <microhttpd.h>

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_BYTES   8192 /* header of a request at most; also the library's write buffer */
#define CONNECTIONS_MAX    4096
#define IDLE_S             30
#define REPLY_CEILING      ((size_t)32 << 20)
#define STREAM_BLOCK       4096
#define STREAM_SEND_BUFFER (32 << 10)
#define COMPRESS_FROM      1400 /* smaller answers fit one packet */

enum stage {
	STAGE_RECEIVING,
	STAGE_WORKING,
	STAGE_DONE
};

struct exchange {
	struct lane_job job;
	struct http_request r; /* what handlers see */
	struct http *http;
	struct MHD_Connection *connection;
	enum stage stage;
	struct buf body;
	bool is_too_big;
	char *path;
	char peer[INET6_ADDRSTRLEN];
	struct MHD_Response *stream; /* instead of r.reply */
};

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	struct lanes *lanes;
	int port;
};

struct http_stream {
	struct MHD_Connection *connection;
	struct http_source *source;
	pthread_mutex_t lock;
	bool is_woken, is_asleep;
};

static const char content_policy[] =
	"default-src 'self'; img-src 'self' data:; style-src 'self'; style-src-attr 'unsafe-inline'; "
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/* clang-format off */
static const struct lane_setup lane_setups[LANE_COUNT] = {
	[LANE_NOW]   = {"web-none", 0, 0},
	[LANE_QUICK] = {"web-quick", 3, 512},
	[LANE_LOGIN] = {"web-login", 1, 16},
	[LANE_LONG]  = {"web-long", 2, 16},
};
/* clang-format on */

static struct exchange *exchange_of(const struct http_request *r)
{
	return (struct exchange *)(void *)((const char *)r - offsetof(struct exchange, r));
}

int http_status_of(enum err e)
{
	switch (e) {
	case ERR_OK: return MHD_HTTP_OK;
	case ERR_INVAL:
	case ERR_PARSE:
	case ERR_RANGE:
	case ERR_LIMIT: return MHD_HTTP_BAD_REQUEST;
	case ERR_DENIED: return MHD_HTTP_FORBIDDEN;
	case ERR_NOTFOUND: return MHD_HTTP_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_CONFLICT: return MHD_HTTP_CONFLICT;
	case ERR_UNSUPP: return MHD_HTTP_NOT_IMPLEMENTED;
	case ERR_TIMEOUT: return MHD_HTTP_GATEWAY_TIMEOUT;
	case ERR_NODATA:
	case ERR_NOISE:
	case ERR_FOREIGN:
	case ERR_PROTO:
	case ERR_LINK: return MHD_HTTP_BAD_GATEWAY;
	case ERR_BUSY:
	case ERR_CANCELLED:
	case ERR_READONLY:
	case ERR_FULL:
	case ERR_IO:
	case ERR_NOMEM: return MHD_HTTP_SERVICE_UNAVAILABLE;
	default: return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

const char *http_query(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(exchange_of(r)->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(exchange_of(r)->connection, MHD_HEADER_KIND, name);
}

bool http_is_https(const struct http_request *r)
{
	const char *scheme = http_header(r, "X-Forwarded-Proto");
	return scheme && strcmp(scheme, "https") == 0;
}

const char *http_peer(const struct http_request *r)
{
	struct exchange *x = exchange_of(r);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = info ? info->client_addr : NULL;
	const void *bytes =
		!a ? NULL :
		a->sa_family == AF_INET ?
		     (const void *)&((const struct sockaddr_in *)(const void *)a)->sin_addr :
		     (const void *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	if (!bytes || !inet_ntop(a->sa_family, bytes, x->peer, sizeof(x->peer))) {
		return "";
	}
	const char *forwarded = http_header(r, "X-Forwarded-For");
	bool is_local = strcmp(x->peer, "127.0.0.1") == 0 || strcmp(x->peer, "::1") == 0 ||
			strcmp(x->peer, "::ffff:127.0.0.1") == 0;
	if (is_local && forwarded) {
		const char *comma = strrchr(forwarded, ',');
		const char *last = comma ? comma + 1 : forwarded;
		last += strspn(last, " ");
		if (*last && last[strspn(last, "0123456789abcdefABCDEF.:")] == '\0') {
			(void)snprintf(x->peer, sizeof(x->peer), "%s", last);
		}
	}
	return x->peer;
}

/* ---- replies ---- */

static void reply_error(struct http_request *r, enum err e)
{
	struct jsonw w;
	struct http_reply *reply = &r->reply;
	if (reply->fd >= 0) {
		(void)close(reply->fd);
		reply->fd = -1;
	}
	reply->status = reply->status >= 400 ? reply->status : http_status_of(e);
	reply->type = NULL;
	buf_clear(&reply->body);
	jsonw_init(&w, &reply->body);
	jsonw_error(&w, NULL, e, r->diag.text);
	if (reply->status >= 500) {
		log_warn("web", "%s %s: %s: %s", r->method, r->route ? r->route->path : "file",
			err_name(e), r->diag.text);
	}
}

/* The whole work of a request, on the thread of its lane. */
static void run_handler(struct exchange *x)
{
	struct http_request *r = &x->r;
	const struct http_options *o = &x->http->options;
	enum err e = ERR_OK;
	if (r->route && o->before) {
		e = o->before(r);
	}
	if (!e) {
		e = r->route ? r->route->handle(r) : o->fallback(r);
	}
	if (!e && r->reply.body.is_full) {
		e = err_set(&r->diag, ERR_LIMIT, "the answer is too long");
		r->reply.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	if (o->finish) {
		o->finish(r);
	}
	if (e) {
		reply_error(r, e);
	}
	const char *accepted = http_header(r, "Accept-Encoding");
	if (r->reply.body.size >= COMPRESS_FROM && accepted && strstr(accepted, "gzip") &&
		!r->reply.encoding && gzip_buf(&r->reply.body)) {
		r->reply.encoding = "gzip";
	}
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
	if (value && *value) {
		(void)MHD_add_response_header(response, name, value);
	}
}

static void add_headers(struct MHD_Response *response, const struct http_reply *reply, bool varies)
{
	char text[16];
	add(response, "Content-Security-Policy", content_policy);
	add(response, "X-Content-Type-Options", "nosniff");
	add(response, "X-Frame-Options", "DENY");
	add(response, "Referrer-Policy", "same-origin");
	add(response, "Cross-Origin-Opener-Policy", "same-origin");
	add(response, "Cross-Origin-Resource-Policy", "same-origin");
	add(response, "Cache-Control", reply->cache ? reply->cache : "no-store");
	add(response, "ETag", reply->etag);
	add(response, "Set-Cookie", reply->cookie);
	add(response, "Allow", reply->allow);
	add(response, "Content-Encoding", reply->encoding);
	add(response, "Vary", varies ? "Accept-Encoding" : NULL);
	if (reply->retry_after_s > 0) {
		(void)snprintf(text, sizeof(text), "%d", reply->retry_after_s);
		add(response, "Retry-After", text);
	}
}

static struct MHD_Response *make_response(struct http_reply *reply)
{
	struct MHD_Response *response;
	bool is_file = reply->fd >= 0;
	if (is_file) {
		response = MHD_create_response_from_fd64(reply->fd_size, reply->fd);
	} else {
		response = MHD_create_response_from_buffer(
			reply->body.size, reply->body.data, MHD_RESPMEM_MUST_FREE);
	}
	if (!response) {
		return NULL;
	}
	/* the library closes and frees */
	reply->fd = -1;
	reply->body = (struct buf){0};
	add_headers(response, reply, is_file || reply->encoding);
	return response;
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct http_reply *reply = &x->r.reply;
	unsigned status = reply->status ? (unsigned)reply->status : MHD_HTTP_OK;
	struct MHD_Response *response = x->stream ? x->stream : make_response(reply);
	x->stream = NULL;
	if (!response) {
		return MHD_NO;
	}
	if (status != MHD_HTTP_NO_CONTENT && status != MHD_HTTP_NOT_MODIFIED) {
		add(response, "Content-Type", reply->type ? reply->type : "application/json");
	}
	enum MHD_Result result = MHD_queue_response(x->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- streams ---- */

static ssize_t stream_read(void *cls, uint64_t pos, char *to, size_t cap)
{
	struct http_stream *s = cls;
	(void)pos;
	for (;;) {
		bool is_over = false;
		(void)pthread_mutex_lock(&s->lock);
		s->is_woken = false;
		(void)pthread_mutex_unlock(&s->lock);
		size_t n = s->source->read(s->source, to, cap, &is_over);
		if (n > 0) {
			return (ssize_t)n;
		}
		if (is_over) {
			return MHD_CONTENT_READER_END_OF_STREAM;
		}
		(void)pthread_mutex_lock(&s->lock);
		bool may_sleep = !s->is_woken;
		if (may_sleep) {
			s->is_asleep = true;
			MHD_suspend_connection(s->connection);
		}
		(void)pthread_mutex_unlock(&s->lock);
		if (may_sleep) {
			return 0;
		}
	}
}

void http_wake(struct http_stream *stream)
{
	struct http_stream *s = stream;
	(void)pthread_mutex_lock(&s->lock);
	s->is_woken = true;
	if (s->is_asleep) {
		s->is_asleep = false;
		MHD_resume_connection(s->connection);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void stream_free(void *cls)
{
	struct http_stream *s = cls;
	s->source->close(s->source);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

enum err http_reply_stream(struct http_request *r, const char *type, struct http_source *source)
{
	struct exchange *x = exchange_of(r);
	struct http_stream *s = calloc(1, sizeof(*s));
	if (!s) {
		source->close(source);
		return ERR_NOMEM;
	}
	(void)pthread_mutex_init(&s->lock, NULL);
	s->connection = x->connection;
	s->source = source;
	source->stream = s;
	x->stream = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, s, stream_free);
	if (!x->stream) {
		stream_free(s);
		return ERR_NOMEM;
	}
	/* or the system would keep megabytes for a browser that does not read */
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int send_buffer = STREAM_SEND_BUFFER;
	if (info) {
		(void)setsockopt(
			info->connect_fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
	}
	r->reply.type = type;
	add_headers(x->stream, &r->reply, false);
	add(x->stream, "Connection", "close");
	add(x->stream, "X-Accel-Buffering", "no"); /* nginx in front passes events on at once */
	return ERR_OK;
}

/* ---- requests ---- */

static void work_off(struct lane_job *job)
{
	struct exchange *x = (struct exchange *)job;
	run_handler(x);
	x->stage = STAGE_DONE;
	MHD_resume_connection(x->connection);
}

/* Find the route; sets the reply where there is none. */
static enum err find_route(struct exchange *x)
{
	struct http_request *r = &x->r;
	const struct http_options *o = &x->http->options;
	bool is_known = false;
	for (size_t i = 0; i < o->route_count; i++) {
		const struct http_route *route = &o->routes[i];
		int64_t id = 0;
		if (!http_path_match(route->path, r->path, &id)) {
			continue;
		}
		if (strcmp(route->method, r->method) == 0) {
			r->route = route;
			r->id = id;
			return ERR_OK;
		}
		is_known = true;
	}
	bool is_api = strncmp(r->path, o->api_prefix, strlen(o->api_prefix)) == 0;
	bool is_get = strcmp(r->method, "GET") == 0;
	if (is_known || !is_get) {
		r->reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		return err_set(&r->diag, ERR_UNSUPP, "method %.16s", r->method);
	}
	if (is_api || !o->fallback) {
		return err_set(&r->diag, ERR_NOTFOUND, "no such resource");
	}
	return ERR_OK;
}

static enum MHD_Result refuse(struct exchange *x, int status, enum err e)
{
	if (status) {
		x->r.reply.status = status;
	}
	reply_error(&x->r, e);
	x->stage = STAGE_DONE;
	return send_reply(x);
}

static enum MHD_Result dispatch(struct exchange *x)
{
	struct http_request *r = &x->r;
	if (x->is_too_big) {
		(void)err_set(
			&r->diag, ERR_LIMIT, "at most %zu bytes", x->http->options.body_ceiling);
		return refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, ERR_LIMIT);
	}
	r->body = buf_slice(&x->body);
	enum err e = find_route(x);
	if (e) {
		return refuse(x, 0, e);
	}
	if (!r->route || r->route->lane == LANE_NOW) {
		run_handler(x);
		x->stage = STAGE_DONE;
		return send_reply(x);
	}
	x->stage = STAGE_WORKING;
	x->job.run = work_off;
	MHD_suspend_connection(x->connection);
	if (!lanes_push(x->http->lanes, (size_t)r->route->lane, &x->job)) {
		(void)err_set(&r->diag, ERR_BUSY, "too many requests at once");
		r->reply.retry_after_s = 2;
		reply_error(r, ERR_BUSY);
		x->stage = STAGE_DONE;
		MHD_resume_connection(x->connection);
	}
	return MHD_YES;
}

static struct exchange *exchange_new(
	struct http *h, struct MHD_Connection *connection, const char *url, const char *method)
{
	struct exchange *x = calloc(1, sizeof(*x));
	if (!x) {
		return NULL;
	}
	x->http = h;
	x->connection = connection;
	buf_init(&x->body, h->options.body_ceiling);
	x->path = strdup(url);
	x->r.local = calloc(1, h->options.local_size ? h->options.local_size : 1);
	x->r.ctx = h->options.ctx;
	x->r.path = x->path;
	x->r.reply.fd = -1;
	buf_init(&x->r.reply.body, REPLY_CEILING);
	static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD"};
	x->r.method = "OTHER";
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(method, methods[i]) == 0) {
			x->r.method = strcmp(method, "HEAD") == 0 ? "GET" : methods[i];
		}
	}
	if (!x->path || !x->r.local) {
		free(x->path);
		free(x->r.local);
		free(x);
		return NULL;
	}
	return x;
}

static void completed(void *cls, struct MHD_Connection *connection, void **con_cls,
	enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *con_cls;
	(void)cls;
	(void)connection;
	(void)code;
	if (!x) {
		return;
	}
	*con_cls = NULL;
	if (x->r.reply.fd >= 0) {
		(void)close(x->r.reply.fd);
	}
	if (x->stream) {
		MHD_destroy_response(x->stream);
	}
	buf_fini(&x->body);
	buf_fini(&x->r.reply.body);
	free(x->path);
	free(x->r.local);
	free(x);
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature */
static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **con_cls)
{
	struct http *h = cls;
	struct exchange *x = *con_cls;
	(void)version;
	if (!x) {
		x = exchange_new(h, connection, url, method);
		*con_cls = x;
		if (!x) {
			return MHD_NO;
		}
		const char *length = http_header(&x->r, "Content-Length");
		if (length && strtoull(length, NULL, 10) > h->options.body_ceiling) {
			x->is_too_big = true; /* do not even listen to it */
			return dispatch(x);
		}
		return MHD_YES;
	}
	if (*size > 0) {
		buf_put(&x->body, data, *size);
		x->is_too_big = x->body.is_full;
		*size = 0;
		return MHD_YES;
	}
	switch (x->stage) {
	case STAGE_RECEIVING: return dispatch(x);
	case STAGE_DONE: return send_reply(x);
	case STAGE_WORKING: break;
	}
	return MHD_YES;
}

/* ---- start and stop ---- */

/* "host:port", "[v6]:port", ":port" into an address; the host may be a name. */
static enum err listen_address(const char *text, struct addrinfo **ret_info, struct diag *diag)
{
	char host[128];
	char port[8];
	if (!http_split_listen(text, host, sizeof(host), port, sizeof(port))) {
		return err_set(diag, ERR_INVAL, "\"%s\" is not HOST:PORT", text);
	}
	struct addrinfo want = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	int error = getaddrinfo(*host ? host : NULL, port, &want, ret_info);
	if (error) {
		return err_set(diag, ERR_INVAL, "\"%s\": %s", text, gai_strerror(error));
	}
	return ERR_OK;
}

/* As many connections as the limit of open files leaves room for. */
static unsigned connection_limit(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
		return 256;
	}
	rlim_t wanted = CONNECTIONS_MAX + 256;
	if (files.rlim_cur < wanted && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &files);
		(void)getrlimit(RLIMIT_NOFILE, &files);
	}
	rlim_t room = files.rlim_cur > 320 ? files.rlim_cur - 256 : 64;
	return room < CONNECTIONS_MAX ? (unsigned)room : CONNECTIONS_MAX;
}

__attribute__((format(printf, 2, 0))) static void library_log(
	void *cls, const char *fmt, va_list ap)
{
	char line[256];
	(void)cls;
	if (log_level >= LOG_DEBUG) {
		int n = vsnprintf(line, sizeof(line), fmt, ap);
		while (n > 0 && (size_t)n < sizeof(line) && line[n - 1] == '\n') {
			line[--n] = '\0';
		}
		log_debug("web", "%s", line);
	}
}

enum err http_start(const struct http_options *options, struct http **ret_http, struct diag *diag)
{
	struct addrinfo *info = NULL;
	struct http *h = calloc(1, sizeof(*h));
	enum err e = h ? ERR_OK : ERR_NOMEM;
	if (!e) {
		h->options = *options;
		e = listen_address(options->listen, &info, diag);
	}
	if (!e) {
		e = lanes_new(lane_setups, LANE_COUNT, &h->lanes);
	}
	if (e) {
		goto out;
	}
	assert(info);
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG;
	if (info->ai_family == AF_INET6) {
		flags |= MHD_USE_DUAL_STACK;
	}
	h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, h, MHD_OPTION_EXTERNAL_LOGGER,
		library_log, NULL, MHD_OPTION_SOCK_ADDR, info->ai_addr,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_LIMIT, connection_limit(), MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	const union MHD_DaemonInfo *bound =
		h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!bound) {
		e = err_set_errno(diag, "cannot listen on %s", options->listen);
		e = e ? e : ERR_IO;
		goto out;
	}
	h->port = bound->port;
	*ret_http = h;
out:
	if (info) {
		freeaddrinfo(info);
	}
	if (e) {
		http_stop(h);
	}
	return e;
}

int http_port(const struct http *h)
{
	return h->port;
}

void http_stop(struct http *h)
{
	if (!h) {
		return;
	}
	MHD_socket listening = h->daemon ? MHD_quiesce_daemon(h->daemon) : MHD_INVALID_SOCKET;
	/* what waits runs to its end and wakes its connection; what comes from now on is refused */
	if (h->lanes) {
		lanes_close(h->lanes);
	}
	if (h->daemon) {
		MHD_stop_daemon(h->daemon);
	}
	if (listening != MHD_INVALID_SOCKET) {
		(void)close(listening); /* only now: the library's thread may still name it */
	}
	lanes_free(h->lanes);
	free(h);
}
