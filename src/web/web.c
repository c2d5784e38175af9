/*
 * web.c - start and stop of the web server, and the check before every request; see web.h
 */
#include "web/web.h"

#include "base/clock.h"
#include "base/log.h"
#include "web/http_path.h"
#include "web/live.h"
#include "web/server.h"

#include <stdlib.h>
#include <string.h>

#define BODY_CEILING ((size_t)256 << 10)

enum err web_before(struct http_request *r)
{
	struct local *local = local_of(r);
	char cookie[AUTH_COOKIE_CAP];
	bool is_write = strcmp(r->method, "GET") != 0;
	if (is_write && r->body.size > 0) {
		/* a form of a foreign page can send only what needs no leave: never this type */
		const char *type = http_header(r, "Content-Type");
		if (!type || strncmp(type, "application/json", 16) != 0) {
			r->reply.status = 415;
			return err_set(&r->diag, ERR_INVAL, "Content-Type: application/json only");
		}
	}
	if (r->route->flags & ROUTE_OPEN) {
		return ERR_OK;
	}
	if (!http_cookie(http_header(r, "Cookie"), AUTH_COOKIE_NAME, cookie, sizeof(cookie))) {
		r->reply.status = 401;
		return err_set(&r->diag, ERR_DENIED, "not logged in");
	}
	enum err e = auth_find(web_of(r)->auth, cookie, &local->who);
	if (e == ERR_DENIED) {
		r->reply.status = 401;
		return err_set(&r->diag, ERR_DENIED, "the session has ended");
	}
	if (!e && is_write && !auth_csrf_fits(&local->who, http_header(r, "X-CSRF-Token"))) {
		return err_set(&r->diag, ERR_DENIED, "X-CSRF-Token is missing or wrong");
	}
	return e;
}

void web_finish(struct http_request *r)
{
	struct local *local = local_of(r);
	who_fini(&local->who);
	site_unref(local->site);
	local->site = NULL;
}

const struct site *site_of(struct http_request *r)
{
	struct local *local = local_of(r);
	if (!local->site) {
		local->site = store_site(web_of(r)->store);
	}
	return local->site;
}

enum err web_start(const struct web_options *options, struct web **ret_web, struct diag *diag)
{
	struct web *w = calloc(1, sizeof(*w));
	if (!w) {
		return ERR_NOMEM;
	}
	w->store = options->store;
	w->poll = options->poll;
	w->started_us = clock_mono_us();
	enum err e = ERR_OK;
	if (options->ui_dir) {
		w->ui_dir = strdup(options->ui_dir);
		e = w->ui_dir ? ERR_OK : ERR_NOMEM;
	}
	if (!e) {
		e = auth_new(w->store, &w->auth);
	}
	if (!e) {
		e = live_start(w, &w->live);
	}
	if (!e) {
		struct http_options http = {
			.listen = options->listen,
			.routes = web_routes,
			.route_count = web_route_count,
			.before = web_before,
			.finish = web_finish,
			.fallback = w->ui_dir ? static_get : NULL,
			.api_prefix = "/api/",
			.ctx = w,
			.local_size = sizeof(struct local),
			.body_ceiling = BODY_CEILING,
		};
		e = http_start(&http, &w->http, diag);
	}
	if (e) {
		web_stop(w);
		return e;
	}
	log_info("web", "listening on %s, port %d", options->listen, http_port(w->http));
	*ret_web = w;
	return ERR_OK;
}

int web_port(const struct web *w)
{
	return http_port(w->http);
}

void web_stop(struct web *w)
{
	if (!w) {
		return;
	}
	live_close(w->live); /* streams end, none begins */
	http_stop(w->http);
	live_free(w->live);
	auth_free(w->auth);
	free(w->ui_dir);
	free(w);
}
