/*
 * api_session.c - log in and out, who am I, own password
 */
#include "web/server.h"

#include "web/password.h"

#include <stdio.h>
#include <string.h>

/* Members of a body: all of `names` must be texts, nothing else may be there. */
static enum err body_texts(struct http_request *r, const char *const *names, size_t n,
	json_t **ret_json, const char **ret_values)
{
	json_t *json;
	enum err e = body_json(r, &json);
	if (e) {
		return e;
	}
	for (size_t i = 0; i < n; i++) {
		ret_values[i] = json_string_value(json_object_get(json, names[i]));
		if (!ret_values[i] || strlen(ret_values[i]) > PASSWORD_LONGEST) {
			json_decref(json);
			return err_set(&r->diag, ERR_INVAL, "%s: a text of at most %d bytes",
				names[i], PASSWORD_LONGEST);
		}
	}
	if (json_object_size(json) != n) {
		json_decref(json);
		return err_set(&r->diag, ERR_INVAL, "unknown fields");
	}
	*ret_json = json;
	return ERR_OK;
}

static void set_cookie(struct http_request *r, const char *value, long max_age_s)
{
	(void)snprintf(r->reply.cookie, sizeof(r->reply.cookie),
		AUTH_COOKIE_NAME "=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Strict%s", value,
		max_age_s, http_is_https(r) ? "; Secure" : "");
}

static void write_rights(struct jsonw *w, unsigned rights)
{
	jsonw_object(w, "rights");
	jsonw_bool(w, "devices", rights & ACCESS_DEVICES);
	jsonw_bool(w, "operate", rights & ACCESS_OPERATE);
	jsonw_bool(w, "setup_devices", rights & ACCESS_SETUP_DEVICES);
	jsonw_bool(w, "setup_places", rights & ACCESS_SETUP_PLACES);
	jsonw_bool(w, "edit", rights & ACCESS_EDIT);
	jsonw_bool(w, "close", rights & ACCESS_CLOSE);
	jsonw_bool(w, "users", rights & ACCESS_USERS);
	jsonw_end(w);
}

static void write_session(struct http_request *r, const struct who *who)
{
	const struct site *site = site_of(r);
	struct jsonw w = reply_json(r);
	char csrf[AUTH_CSRF_CAP];
	unsigned seen = 0;
	auth_csrf_text(who, csrf);
	jsonw_object(&w, NULL);
	jsonw_object(&w, "user");
	jsonw_int(&w, "id", who->user.id);
	jsonw_str(&w, "login", who->user.login);
	jsonw_str(&w, "name", who->user.name);
	jsonw_str(&w, "lang", who->user.lang);
	jsonw_end(&w);
	jsonw_str(&w, "csrf", csrf);
	jsonw_array(&w, "roles");
	for (size_t i = 0; i < who->access.count; i++) {
		unsigned bit = 1u << who->access.grants[i].role;
		if (!(seen & bit)) {
			jsonw_str(&w, NULL, role_name(who->access.grants[i].role));
		}
		seen |= bit;
	}
	jsonw_end(&w);
	jsonw_array(&w, "grants");
	for (size_t i = 0; i < who->access.count; i++) {
		const struct grant *g = &who->access.grants[i];
		const struct place *p = site_find(site, OBJECT_PLACE, g->place);
		jsonw_object(&w, NULL);
		jsonw_str(&w, "role", role_name(g->role));
		jsonw_int(&w, "place", g->place);
		jsonw_str(&w, "place_name", p ? p->name : "");
		jsonw_end(&w);
	}
	jsonw_end(&w);
	write_rights(&w, access_anywhere(&who->access));
	jsonw_int(&w, "expires_utc", who->session.expires_utc);
	jsonw_end(&w);
}

enum err session_get_h(struct http_request *r)
{
	write_session(r, who_of(r));
	return ERR_OK;
}

/* The wait after too many failures: 429 with Retry-After. */
static enum err slow_down(struct http_request *r, enum err e, int wait_s)
{
	if (e == ERR_BUSY) {
		r->reply.status = 429;
		r->reply.retry_after_s = wait_s;
		return err_set(&r->diag, e, "too many wrong passwords, wait %d s", wait_s);
	}
	return e;
}

enum err session_post_h(struct http_request *r)
{
	static const char *const names[] = {"login", "password"};
	const char *values[2];
	char cookie[AUTH_COOKIE_CAP];
	struct who *who = &local_of(r)->who;
	json_t *json;
	int wait_s = 0;
	enum err e = body_texts(r, names, 2, &json, values);
	if (e) {
		return e;
	}
	struct credentials given = {values[0], values[1], http_peer(r)};
	e = auth_login(web_of(r)->auth, &given, who, cookie, &wait_s);
	json_decref(json);
	if (e == ERR_DENIED) {
		r->reply.status = 401;
		return err_set(&r->diag, e, "wrong login or password");
	}
	if (e) {
		return slow_down(r, e, wait_s);
	}
	set_cookie(r, cookie, (long)(who->session.expires_utc - who->session.created_utc));
	write_session(r, who);
	explicit_bzero(cookie, sizeof(cookie));
	return ERR_OK;
}

enum err session_delete_h(struct http_request *r)
{
	enum err e = auth_logout(web_of(r)->auth, who_of(r));
	if (!e) {
		set_cookie(r, "", 0);
		r->reply.status = 204;
	}
	return e;
}

/* The password of `old` has been found right: store the new one, open a session under it. */
static enum err change_password(struct http_request *r, const struct user *old,
	const char *password, struct who *ret_who, char ret_cookie[static AUTH_COOKIE_CAP])
{
	struct user user = *old;
	enum err e = password_check(password, &r->diag);
	if (!e) {
		e = password_hash(password, user.hash);
	}
	if (!e) {
		e = user_put(web_of(r)->store, &user, user.login, &r->diag);
	}
	if (!e) {
		e = auth_open(web_of(r)->auth, &user, ret_who, ret_cookie);
	}
	return e;
}

enum err session_password_put_h(struct http_request *r)
{
	static const char *const names[] = {"password", "new_password"};
	const char *values[2];
	char cookie[AUTH_COOKIE_CAP];
	struct who fresh;
	json_t *json;
	int wait_s = 0;
	const struct who *who = who_of(r);
	enum err e = body_texts(r, names, 2, &json, values);
	if (e) {
		return e;
	}
	e = auth_verify(web_of(r)->auth, &who->user, values[0], http_peer(r), &wait_s);
	if (e == ERR_DENIED) {
		(void)err_set(&r->diag, e, "wrong password");
	}
	e = slow_down(r, e, wait_s);
	if (!e) {
		e = change_password(r, &who->user, values[1], &fresh, cookie);
	}
	json_decref(json);
	if (e) {
		return e;
	}
	who_fini(&local_of(r)->who);
	local_of(r)->who = fresh;
	set_cookie(r, cookie, (long)(fresh.session.expires_utc - fresh.session.created_utc));
	write_session(r, who_of(r));
	return ERR_OK;
}
