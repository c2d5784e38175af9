/*
 * api_users.c - users and their grants; for administrators of everything only
 *
 * Whatever is changed, somebody must be left who can undo it: the last enabled administrator of
 * everything cannot be disabled and the grant cannot be taken away.
 */
#include "web/server.h"

#include "base/str.h"
#include "web/password.h"

#include <inttypes.h>
#include <string.h>

static enum err need_users(struct http_request *r)
{
	return need_right(r, ACCESS_USERS);
}

static void write_grant(struct jsonw *w, const struct site *site, const struct grant *g)
{
	const struct place *p = site_find(site, OBJECT_PLACE, g->place);
	jsonw_object(w, NULL);
	jsonw_int(w, "id", g->id);
	jsonw_int(w, "user", g->user);
	jsonw_str(w, "role", role_name(g->role));
	jsonw_int(w, "place", g->place);
	jsonw_str(w, "place_name", p ? p->name : "");
	jsonw_end(w);
}

struct write_ctx {
	struct http_request *r;
	struct jsonw *w;
};

static enum err each_grant(void *ctx, const struct grant *g)
{
	struct write_ctx *c = ctx;
	write_grant(c->w, site_of(c->r), g);
	return ERR_OK;
}

static enum err write_user(struct write_ctx *c, const struct user *u)
{
	jsonw_object(c->w, NULL);
	jsonw_int(c->w, "id", u->id);
	jsonw_str(c->w, "login", u->login);
	jsonw_str(c->w, "name", u->name);
	jsonw_str(c->w, "lang", u->lang);
	jsonw_bool(c->w, "is_enabled", u->is_enabled);
	jsonw_array(c->w, "grants");
	enum err e = grant_list(web_of(c->r)->store, u->id, each_grant, c);
	jsonw_end(c->w);
	jsonw_end(c->w);
	return e;
}

static enum err each_user_grants(void *ctx, const struct user *u)
{
	struct write_ctx *c = ctx;
	return grant_list(web_of(c->r)->store, u->id, each_grant, c);
}

static enum err each_user(void *ctx, const struct user *u)
{
	return write_user(ctx, u);
}

enum err user_list_h(struct http_request *r)
{
	enum err e = need_users(r);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	struct write_ctx ctx = {.r = r, .w = &w};
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	e = user_list(web_of(r)->store, each_user, &ctx);
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

static enum err find_user(struct http_request *r, int64_t id, struct user *ret_user)
{
	enum err e = user_get(web_of(r)->store, id, ret_user);
	return e ? err_set(&r->diag, e, "user %" PRId64, id) : ERR_OK;
}

enum err user_get_h(struct http_request *r)
{
	struct user u;
	enum err e = need_users(r);
	e = e ? e : find_user(r, r->id, &u);
	if (!e) {
		struct jsonw w = reply_json(r);
		struct write_ctx ctx = {.r = r, .w = &w};
		e = write_user(&ctx, &u);
	}
	return e;
}

/* ---- the last administrator ---- */

struct count_ctx {
	struct store *store;
	int64_t without_user, without_grant;
	bool user_counts;
	int count;
};

static enum err count_grant(void *ctx, const struct grant *g)
{
	struct count_ctx *c = ctx;
	if (g->role == ROLE_ADMINISTRATOR && g->place == 0 && g->id != c->without_grant) {
		c->user_counts = true;
	}
	return ERR_OK;
}

static enum err count_user(void *ctx, const struct user *u)
{
	struct count_ctx *c = ctx;
	if (!u->is_enabled || u->id == c->without_user) {
		return ERR_OK;
	}
	c->user_counts = false;
	enum err e = grant_list(c->store, u->id, count_grant, c);
	c->count += c->user_counts;
	return e;
}

/* CONFLICT if nobody would be left without that user, or without that grant. */
static enum err need_another(struct http_request *r, int64_t user, int64_t grant)
{
	struct count_ctx c = {web_of(r)->store, user, grant, false, 0};
	enum err e = user_list(c.store, count_user, &c);
	if (!e && c.count == 0) {
		e = err_set(&r->diag, ERR_CONFLICT, "this is the last administrator of everything");
	}
	return e;
}

/* ---- writing users ---- */

static enum err take_text(
	struct http_request *r, const char *key, const json_t *value, char *to, size_t cap)
{
	const char *text = json_string_value(value);
	if (!text || strlen(text) != json_string_length(value) || strlen(text) >= cap) {
		return err_set(
			&r->diag, ERR_INVAL, "%s: a text of at most %zu bytes", key, cap - 1);
	}
	(void)str_copy(to, cap, text);
	return ERR_OK;
}

static enum err take_field(
	struct http_request *r, const char *key, const json_t *value, struct user *u)
{
	if (strcmp(key, "login") == 0) {
		return take_text(r, key, value, u->login, sizeof(u->login));
	}
	if (strcmp(key, "name") == 0) {
		return take_text(r, key, value, u->name, sizeof(u->name));
	}
	if (strcmp(key, "lang") == 0) {
		return take_text(r, key, value, u->lang, sizeof(u->lang));
	}
	if (strcmp(key, "is_enabled") == 0 && json_is_boolean(value)) {
		u->is_enabled = json_is_true(value);
		return ERR_OK;
	}
	if (strcmp(key, "password") == 0) {
		char password[PASSWORD_LONGEST + 1];
		enum err e = take_text(r, key, value, password, sizeof(password));
		e = e ? e : password_check(password, &r->diag);
		return e ? e : password_hash(password, u->hash);
	}
	return err_set(&r->diag, ERR_INVAL, "%.40s: no such field, or not of its type", key);
}

static enum err take_user(struct http_request *r, struct user *u)
{
	json_t *json;
	const char *key;
	json_t *value;
	enum err e = body_json(r, &json);
	if (e) {
		return e;
	}
	json_object_foreach(json, key, value)
	{
		e = e ? e : take_field(r, key, value, u);
	}
	if (!e && !json_is_object(json)) {
		e = err_set(&r->diag, ERR_INVAL, "a user must be an object");
	}
	json_decref(json);
	if (!e && (!u->login[0] || strpbrk(u->login, " \t\r\n"))) {
		e = err_set(&r->diag, ERR_INVAL, "login: not empty, no blanks");
	}
	if (!e && u->lang[0] && strcmp(u->lang, "en") != 0 && strcmp(u->lang, "ru") != 0) {
		e = err_set(&r->diag, ERR_INVAL, "lang: en, ru or empty");
	}
	return e;
}

static enum err put_user(struct http_request *r, struct user *u)
{
	struct user other;
	enum err e = user_find(web_of(r)->store, u->login, &other);
	if (!e && other.id != u->id) {
		return err_set(&r->diag, ERR_EXISTS, "login \"%s\"", u->login);
	}
	e = user_put(web_of(r)->store, u, who_of(r)->user.login, &r->diag);
	if (!e) {
		struct jsonw w = reply_json(r);
		struct write_ctx ctx = {.r = r, .w = &w};
		e = write_user(&ctx, u);
	}
	return e;
}

enum err user_post_h(struct http_request *r)
{
	struct user u = {.is_enabled = true};
	enum err e = need_users(r);
	e = e ? e : take_user(r, &u);
	e = e ? e : put_user(r, &u);
	if (!e) {
		r->reply.status = 201;
	}
	return e;
}

enum err user_put_h(struct http_request *r)
{
	struct user u;
	enum err e = need_users(r);
	e = e ? e : find_user(r, r->id, &u);
	bool was_enabled = !e && u.is_enabled;
	e = e ? e : take_user(r, &u);
	if (!e && was_enabled && !u.is_enabled) {
		e = need_another(r, u.id, 0);
	}
	return e ? e : put_user(r, &u);
}

/* ---- grants ---- */

enum err grant_list_h(struct http_request *r)
{
	int64_t user = 0;
	enum err e = need_users(r);
	e = e ? e : query_int(r, "user", 1, INT64_MAX, &user);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	struct write_ctx ctx = {.r = r, .w = &w};
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	e = user ? grant_list(web_of(r)->store, user, each_grant, &ctx) :
		   user_list(web_of(r)->store, each_user_grants, &ctx);
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

static enum err take_grant(struct http_request *r, struct grant *g)
{
	json_t *json;
	enum err e = body_json(r, &json);
	if (e) {
		return e;
	}
	const json_t *user = json_object_get(json, "user");
	const json_t *place = json_object_get(json, "place");
	const char *role = json_string_value(json_object_get(json, "role"));
	if (json_object_size(json) != 3 || !json_is_integer(user) || !json_is_integer(place) ||
		!role || !role_from_name(role, &g->role)) {
		e = err_set(&r->diag, ERR_INVAL, "a grant has user, role and place");
	}
	g->user = json_integer_value(user);
	g->place = json_integer_value(place);
	json_decref(json);
	return e;
}

enum err grant_post_h(struct http_request *r)
{
	struct grant g = {0};
	struct user u;
	enum err e = need_users(r);
	e = e ? e : take_grant(r, &g);
	e = e ? e : find_user(r, g.user, &u);
	if (!e && g.place != 0 && !site_find(site_of(r), OBJECT_PLACE, g.place)) {
		e = err_set(&r->diag, ERR_NOTFOUND, "place %" PRId64, g.place);
	}
	e = e ? e : grant_put(web_of(r)->store, &g, who_of(r)->user.login, &r->diag);
	if (!e) {
		struct jsonw w = reply_json(r);
		write_grant(&w, site_of(r), &g);
		r->reply.status = 201;
	}
	return e;
}

enum err grant_delete_h(struct http_request *r)
{
	enum err e = need_users(r);
	e = e ? e : need_another(r, 0, r->id);
	e = e ? e : grant_delete(web_of(r)->store, r->id, who_of(r)->user.login, &r->diag);
	if (!e) {
		r->reply.status = 204;
	}
	return e;
}
