/*
 * http.h - HTTP for handlers: requests, routes, replies, streams; only http.c knows the library
 *
 *   socket ── one epoll thread ──┬── LANE_NOW: handler at once (files, streams)
 *                                └── other lanes: the connection sleeps, a worker thread runs the
 *                                    handler, the connection wakes and sends the reply
 *
 * The epoll thread only moves bytes, so a slow query or a busy meter never delays another browser.
 * Each lane has its own workers and a bounded queue; a full queue answers 503 at once.
 *
 * A handler fills the reply and returns ERR_OK, or returns an error (details in r->diag) that
 * becomes the JSON of an error with the status that fits. A request belongs to one thread at a time.
 *
 * Limits: header 8 KiB, body `body_ceiling`, connections, streams, queue lengths, idle time.
 */
#ifndef DOMOVOI_HTTP_H
#define DOMOVOI_HTTP_H

#include "base/buf.h"
#include "base/err.h"

struct http;
struct http_stream;

enum http_lane {
	LANE_NOW,   /* on the epoll thread: must not block */
	LANE_QUICK, /* reads and writes of the store */
	LANE_LOGIN, /* one worker: password hashing takes memory, one at a time bounds it */
	LANE_LONG,  /* waits for meters */
	LANE_COUNT
};

struct http_request;
typedef enum err http_handler(struct http_request *r);

#define ROUTE_OPEN 1u /* needs no session */

struct http_route {
	const char *method;
	const char *path; /* "/api/v1/places/{id}/summary": one {id}, a positive number */
	http_handler *handle;
	enum http_lane lane;
	unsigned flags;
	int arg; /* for handlers that serve several routes */
};

struct http_reply {
	int status;       /* 0: 200 */
	const char *type; /* NULL: application/json */
	struct buf body;  /* ceiling 32 MiB */
	int fd;           /* instead of body: a file, owned; -1 none */
	uint64_t fd_size;
	char etag[48];        /* "" none */
	const char *cache;    /* Cache-Control; NULL: no-store */
	const char *encoding; /* Content-Encoding of what is in fd; NULL none */
	char cookie[256];     /* Set-Cookie; "" none */
	int retry_after_s;    /* 0 none */
	const char *allow;    /* Allow; NULL none */
};

struct http_request {
	void *ctx;                      /* of http_options */
	const struct http_route *route; /* NULL in the fallback */
	const char *method;             /* "GET" also for HEAD */
	const char *path;
	int64_t id; /* of {id} */
	struct slice body;
	void *local; /* local_size bytes, zeroed, for `before` and handlers */
	struct diag diag;
	struct http_reply reply;
};

/* Borrowed, NULL if absent. Percent-decoded. */
const char *http_query(const struct http_request *r, const char *name);
const char *http_header(const struct http_request *r, const char *name);
/* Text of the peer's address; of the client behind a proxy where the peer is this machine and the
 * proxy says so (last of X-Forwarded-For). */
const char *http_peer(const struct http_request *r);
bool http_is_https(const struct http_request *r); /* a proxy says so */

/* A reply that goes on for ever. `read` and `close` run on the epoll thread. */
struct http_source {
	/* Put up to `cap` bytes. 0 without *ret_is_over: nothing now; http_wake when there is. */
	size_t (*read)(struct http_source *s, char *to, size_t cap, bool *ret_is_over);
	void (*close)(
		struct http_source *s); /* the connection is gone; http_wake must stop first */
	struct http_stream *stream;     /* set before the first read */
};
/* Hands `source` over, also on failure (closed then). */
enum err http_reply_stream(struct http_request *r, const char *type, struct http_source *source);
void http_wake(struct http_stream *stream); /* any thread; not after close */

struct http_options {
	const char *listen; /* "127.0.0.1:8080", "[::]:8080" */
	const struct http_route *routes;
	size_t route_count;
	http_handler *before;   /* on the handler's lane, before it; NULL none */
	http_handler *fallback; /* GET of what no route has; on the epoll thread; NULL: 404 */
	const char *api_prefix; /* paths below never reach the fallback */
	void (*finish)(struct http_request *r); /* releases what `local` holds; NULL none */
	void *ctx;
	size_t local_size;
	size_t body_ceiling;
};

enum err http_start(const struct http_options *options, struct http **ret_http, struct diag *diag);
int http_port(const struct http *h);
/* Before http_stop: every stream must have been told to end (read gives *ret_is_over). */
void http_stop(struct http *h); /* NULL is fine */

/* 404 for NOTFOUND ... what a result means as a status. */
int http_status_of(enum err e);

#endif
