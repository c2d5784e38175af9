/*
 * http.c - a web service as a link: http://host/path?query, https://...; the only file that knows libcurl
 *
 * "get" fetches the address once (GET; up to three redirections, to http and https only; certificates are
 * checked; at most DOCUMENT_MAX bytes, unpacked). It is driven by link_read, so that a talk that gives up
 * is not held back, and ended after FETCH_MS. An answer of any status is a document: who asked judges it.
 * What comes from below HTTP - no such host, refused, a certificate that is not trusted - is ERR_LINK.
 *
 * The address may hold a key. It never leaves this file; texts name the host.
 */
#include "link/document.h"
#include "link/open.h"

#include "base/clock.h"
#include "base/str.h"
#include "domovoi_version.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 8000L
#define FETCH_MS   20000L
#define REDIRECTS  3L

struct http {
	struct document document; /* first */
	CURLM *multi;
	CURL *easy;
	bool is_fetching, is_too_large;
	size_t asked_at;
	char host[128];
	char url[300];
	char error[CURL_ERROR_SIZE];
};

static struct http *http_of(struct link *l)
{
	return (struct http *)l;
}

/* ---- one fetch ---- */

static size_t take_bytes(char *data, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;
	buf_put(&h->document.body, data, size * n);
	h->is_too_large = h->document.body.is_full;
	return h->is_too_large ? 0 : size * n; /* 0 ends the transfer */
}

static void stop(struct http *h)
{
	if (h->is_fetching) {
		(void)curl_multi_remove_handle(h->multi, h->easy);
		h->is_fetching = false;
	}
}

static enum err start(struct http *h, size_t at, struct diag *diag)
{
	stop(h);
	document_clear(&h->document);
	h->is_too_large = false;
	h->error[0] = 0;
	h->asked_at = at;
	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK) {
		return err_set(diag, ERR_NOMEM, "%s", h->host);
	}
	h->is_fetching = true;
	return ERR_OK;
}

static enum err fail(const struct http *h, CURLcode why, struct diag *diag)
{
	if (h->is_too_large || why == CURLE_FILESIZE_EXCEEDED) {
		return err_set(diag, ERR_LINK, "%s: the answer is larger than %d bytes", h->host,
			DOCUMENT_MAX);
	}
	return err_set(diag, ERR_LINK, "%s: %.150s", h->host,
		h->error[0] ? h->error : curl_easy_strerror(why));
}

/* The transfer is over: the document and what the server said about it. */
static enum err finish(struct http *h, CURLcode why, struct diag *diag)
{
	long status = 0;
	curl_off_t changed = -1;
	const char *type = NULL;
	stop(h);
	if (why != CURLE_OK) {
		return fail(h, why, diag);
	}
	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(h->easy, CURLINFO_FILETIME_T, &changed);
	(void)curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &type);
	h->document.head = (struct piece){.status = (int)status, .changed_utc = changed};
	(void)STR_COPY(h->document.head.type, type ? type : "");
	h->document.has_body = true;
	return document_answer(&h->document, h->asked_at);
}

/* Let curl work for up to timeout_ms. TIMEOUT: it is not through. */
static enum err drive(struct http *h, int timeout_ms, struct diag *diag)
{
	int64_t till_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	for (;;) {
		int running = 0, left = 0;
		CURLMcode m = curl_multi_perform(h->multi, &running);
		const CURLMsg *msg = curl_multi_info_read(h->multi, &left);
		if (msg && msg->msg == CURLMSG_DONE) {
			return finish(h, msg->data.result, diag);
		}
		int64_t left_us = till_us - clock_mono_us();
		if (m != CURLM_OK) {
			stop(h);
			return err_set(diag, ERR_LINK, "%s: %s", h->host, curl_multi_strerror(m));
		}
		if (left_us <= 0) {
			return ERR_TIMEOUT;
		}
		(void)curl_multi_poll(h->multi, NULL, 0, (int)((left_us + 999) / 1000), NULL);
	}
}

/* ---- the link ---- */

static void http_close(struct link *l)
{
	struct http *h = http_of(l);
	stop(h);
	curl_easy_cleanup(h->easy);
	if (h->multi) {
		(void)curl_multi_cleanup(h->multi);
	}
	document_fini(&h->document);
	explicit_bzero(h->url, sizeof(h->url));
	free(h);
}

static enum err http_write(struct link *l, struct slice request, struct diag *diag)
{
	struct http *h = http_of(l);
	bool is_new;
	size_t at;
	if (!piece_asked(request, &is_new, &at)) {
		return ERR_OK; /* of another protocol: nobody answers */
	}
	return is_new || !h->document.has_body ? start(h, at, diag) :
						 document_answer(&h->document, at);
}

static enum err http_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct http *h = http_of(l);
	enum err e = h->is_fetching ? drive(h, timeout_ms, diag) : ERR_OK;
	return e ? e : document_give(&h->document, to, cap, ret_n);
}

static const struct link_ops http_ops = {
	.close = http_close,
	.write = http_write,
	.read = http_read,
	.discard = document_discard,
};

/* ---- opening ---- */

/* "user:key@host:port/path" to "host:port". */
static bool host_of(const char *rest, char *to, size_t cap)
{
	size_t n = strcspn(rest, "/?#");
	const char *host = rest;
	for (size_t i = 0; i < n; i++) {
		host = rest[i] == '@' ? rest + i + 1 : host;
	}
	n -= (size_t)(host - rest);
	if (n == 0 || n >= cap || *host == ':') {
		return false;
	}
	memcpy(to, host, n);
	to[n] = 0;
	return true;
}

bool http_is_valid(const char *rest)
{
	char host[sizeof(((struct http *)NULL)->host)];
	for (const char *p = rest; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == '"' || *p == '<' || *p == '>' || *p == 0x7f) {
			return false;
		}
	}
	return host_of(rest, host, sizeof(host));
}

static void curl_start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool set_options(struct http *h)
{
	CURL *c = h->easy;
	CURLcode e = curl_easy_setopt(c, CURLOPT_URL, h->url);
	e = e ? e : curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	e = e ? e : curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	e = e ? e : curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	e = e ? e : curl_easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS);
	e = e ? e : curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	e = e ? e : curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, FETCH_MS);
	e = e ? e : curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)DOCUMENT_MAX);
	e = e ? e : curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	e = e ? e : curl_easy_setopt(c, CURLOPT_FILETIME, 1L);
	e = e ? e : curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	e = e ? e : curl_easy_setopt(c, CURLOPT_USERAGENT, "domovoi/" DOMOVOI_VERSION);
	e = e ? e : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	e = e ? e : curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes);
	e = e ? e : curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	return e == CURLE_OK;
}

static enum err open_as(
	const char *scheme, const char *rest, struct link **ret_link, struct diag *diag)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *h = calloc(1, sizeof(*h));
	if (!h) {
		return ERR_NOMEM;
	}
	(void)pthread_once(&once, curl_start);
	document_init(&h->document, &http_ops);
	(void)host_of(rest, h->host, sizeof(h->host));
	(void)STR_COPY(h->url, scheme);
	(void)str_copy(h->url + strlen(scheme), sizeof(h->url) - strlen(scheme), rest);
	h->easy = curl_easy_init();
	h->multi = curl_multi_init();
	if (!h->easy || !h->multi || !set_options(h)) {
		enum err e = err_set(diag, ERR_NOMEM, "%s", h->host);
		http_close(&h->document.link);
		return e;
	}
	*ret_link = &h->document.link;
	return ERR_OK;
}

enum err http_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	return open_as("http://", rest, ret_link, diag);
}

enum err https_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	return open_as("https://", rest, ret_link, diag);
}
