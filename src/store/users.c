/*
 * users.c - accounts, grants and sessions; see store.h
 */
#include "base/clock.h"
#include "base/str.h"
#include "store/priv.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HASH_HEX (2 * 32 + 1)

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_RESIDENT] = "resident",
	[ROLE_TECHNICIAN] = "technician",
	[ROLE_MANAGER] = "manager",
	[ROLE_SUPPLIER] = "supplier",
	[ROLE_CITY] = "city",
	[ROLE_ADMINISTRATOR] = "administrator",
};

const char *role_name(enum role r)
{
	return (unsigned)r < ROLE_COUNT ? role_names[r] : "";
}

bool role_from_name(const char *name, enum role *ret_r)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(role_names[i], name) == 0) {
			*ret_r = (enum role)i;
			return true;
		}
	}
	return false;
}

/* History of users and grants stands with that of the configuration, without the password's hash. */
static enum err put_history(
	struct sql *db, const char *who, const char *kind, int64_t id, const char *after)
{
	struct sql_stmt *st = sql_prepare(db,
		"INSERT INTO config_history (utc, who, kind, object, old_json, new_json)"
		" VALUES (?,?,?,?,NULL,?)");
	sql_put_int(st, clock_now());
	sql_put_text(st, who);
	sql_put_text(st, kind);
	sql_put_int(st, id);
	sql_put_text(st, after);
	return sql_run(st);
}

static enum err next_id(struct sql *db, const char *text, int64_t *id)
{
	struct sql_stmt *st = sql_prepare(db, text);
	*id = sql_step(st) ? sql_int(st, 0) + 1 : 1;
	return sql_done(st);
}

/* ---- users ---- */

struct user_job {
	struct user *user;
	struct grant *grant;
	int64_t id;
	const char *who;
};

static enum err find_login(struct sql *db, const struct user *u, struct diag *diag)
{
	struct sql_stmt *st = sql_prepare(
		db, "SELECT id FROM user_account WHERE login=? AND id<>?");
	sql_put_text(st, u->login);
	sql_put_int(st, u->id);
	bool is_there = sql_step(st);
	enum err e = sql_done(st);
	return e ? e : is_there ? err_set(diag, ERR_EXISTS, "login %s", u->login) : ERR_OK;
}

static enum err run_user_put(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct user_job *job = ctx;
	struct user *u = job->user;
	(void)s;
	if (!u->login[0] || !u->hash[0]) {
		return err_set(diag, ERR_INVAL, "a user needs a login and a password");
	}
	enum err e = find_login(db, u, diag);
	if (!e && u->id == 0) {
		e = next_id(db, "SELECT max(id) FROM user_account", &u->id);
	}
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"REPLACE INTO user_account (id, login, name, hash, lang, is_enabled) VALUES (?,?,?,?,?,?)");
	sql_put_int(st, u->id);
	sql_put_text(st, u->login);
	sql_put_text(st, u->name);
	sql_put_text(st, u->hash);
	sql_put_text(st, u->lang);
	sql_put_int(st, u->is_enabled);
	e = sql_run(st);
	e = e ? e : put_history(db, job->who, "user", u->id, u->login);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err user_put(struct store *s, struct user *u, const char *who, struct diag *diag)
{
	struct user_job job = {.user = u, .who = who};
	const struct writer_job w = {run_user_put, NULL, &job};
	int64_t id = u->id;
	enum err e = store_job(s, &w, diag);
	if (e) {
		u->id = id;
	}
	return e;
}

#define USER_COLUMNS "SELECT id, login, name, hash, lang, is_enabled FROM user_account"

static void get_user(struct sql_stmt *st, struct user *u)
{
	*u = (struct user){.id = sql_int(st, 0), .is_enabled = sql_int(st, 5) != 0};
	(void)STR_COPY(u->login, sql_text(st, 1));
	(void)STR_COPY(u->name, sql_text(st, 2));
	(void)STR_COPY(u->hash, sql_text(st, 3));
	(void)STR_COPY(u->lang, sql_text(st, 4));
}

static enum err one_user(
	struct store *s, const char *text, const char *login, int64_t id, struct user *ret_user)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db, text);
	if (login) {
		sql_put_text(st, login);
	} else {
		sql_put_int(st, id);
	}
	e = ERR_NOTFOUND;
	if (sql_step(st)) {
		get_user(st, ret_user);
		e = ERR_OK;
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return done ? done : e;
}

enum err user_find(struct store *s, const char *login, struct user *ret_user)
{
	return one_user(s, USER_COLUMNS " WHERE login=?", login, 0, ret_user);
}

enum err user_get(struct store *s, int64_t id, struct user *ret_user)
{
	return one_user(s, USER_COLUMNS " WHERE id=?", NULL, id, ret_user);
}

enum err user_list(struct store *s, enum err (*each)(void *ctx, const struct user *u), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db, USER_COLUMNS " ORDER BY login");
	while (!e && sql_step(st)) {
		struct user u;
		get_user(st, &u);
		e = each(ctx, &u);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

/* ---- grants ---- */

static enum err run_grant_put(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct user_job *job = ctx;
	struct grant *g = job->grant;
	char text[80];
	const struct site *site = store_site(s);
	bool has_place = g->place == 0 || site_find(site, OBJECT_PLACE, g->place);
	site_unref(site);
	if (!has_place) {
		return err_set(
			diag, ERR_INVAL, "place: there is no place %lld", (long long)g->place);
	}
	if ((unsigned)g->role >= ROLE_COUNT) {
		return err_set(diag, ERR_INVAL, "role: is unknown");
	}
	struct sql_stmt *st = sql_prepare(db, "SELECT id FROM user_account WHERE id=?");
	sql_put_int(st, g->user);
	bool has_user = sql_step(st);
	enum err e = sql_done(st);
	if (!e && !has_user) {
		return err_set(diag, ERR_INVAL, "user: there is no user %lld", (long long)g->user);
	}
	if (!e && g->id == 0) {
		e = next_id(db, "SELECT max(id) FROM user_grant", &g->id);
	}
	st = sql_prepare(db, "REPLACE INTO user_grant (id, user, role, place) VALUES (?,?,?,?)");
	sql_put_int(st, g->id);
	sql_put_int(st, g->user);
	sql_put_text(st, role_name(g->role));
	sql_put_int(st, g->place);
	(void)snprintf(
		text, sizeof(text), "%s of place %lld", role_name(g->role), (long long)g->place);
	e = e ? e : sql_run(st);
	e = e ? e : put_history(db, job->who, "grant", g->user, text);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err grant_put(struct store *s, struct grant *g, const char *who, struct diag *diag)
{
	struct user_job job = {.grant = g, .who = who};
	const struct writer_job w = {run_grant_put, NULL, &job};
	int64_t id = g->id;
	enum err e = store_job(s, &w, diag);
	if (e) {
		g->id = id;
	}
	return e;
}

static enum err run_grant_delete(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct user_job *job = ctx;
	(void)s;
	struct sql_stmt *st = sql_prepare(db, "DELETE FROM user_grant WHERE id=?");
	sql_put_int(st, job->id);
	enum err e = sql_run(st);
	if (!e && sql_changes(db) == 0) {
		return err_set(diag, ERR_NOTFOUND, "grant %lld", (long long)job->id);
	}
	e = e ? e : put_history(db, job->who, "grant", job->id, NULL);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err grant_delete(struct store *s, int64_t id, const char *who, struct diag *diag)
{
	struct user_job job = {.id = id, .who = who};
	const struct writer_job w = {run_grant_delete, NULL, &job};
	return store_job(s, &w, diag);
}

enum err grant_list(struct store *s, int64_t user,
	enum err (*each)(void *ctx, const struct grant *g), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(
		db, "SELECT id, role, place FROM user_grant WHERE user=? ORDER BY id");
	sql_put_int(st, user);
	while (!e && sql_step(st)) {
		struct grant g = {.id = sql_int(st, 0), .user = user, .place = sql_int(st, 2)};
		if (role_from_name(sql_text(st, 1), &g.role)) { /* unknown ones grant nothing */
			e = each(ctx, &g);
		}
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

/* ---- sessions ---- */

static void hex_of(char out[static HASH_HEX], const uint8_t bytes[static 32])
{
	(void)sodium_bin2hex(out, HASH_HEX, bytes, 32);
}

static enum err run_session_put(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	const struct session *x = ctx;
	char token[HASH_HEX], csrf[HASH_HEX];
	(void)s;
	hex_of(token, x->token_hash);
	hex_of(csrf, x->csrf);
	struct sql_stmt *st = sql_prepare(db, "DELETE FROM user_session WHERE expires_utc < ?");
	sql_put_int(st, clock_now());
	enum err e = sql_run(st);
	st = sql_prepare(db,
		"REPLACE INTO user_session (token_hash, csrf, user, created_utc, seen_utc, expires_utc)"
		" VALUES (?,?,?,?,?,?)");
	sql_put_text(st, token);
	sql_put_text(st, csrf);
	sql_put_int(st, x->user);
	sql_put_int(st, x->created_utc);
	sql_put_int(st, x->seen_utc);
	sql_put_int(st, x->expires_utc);
	enum err done = sql_run(st);
	e = e ? e : done;
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err session_put(struct store *s, const struct session *x)
{
	struct session own = *x;
	const struct writer_job w = {run_session_put, NULL, &own};
	return store_job(s, &w, NULL);
}

enum err session_find(
	struct store *s, const uint8_t token_hash[static 32], struct session *ret_session)
{
	struct sql *db;
	char token[HASH_HEX];
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	hex_of(token, token_hash);
	struct sql_stmt *st = sql_prepare(db,
		"SELECT csrf, user, created_utc, seen_utc, expires_utc FROM user_session"
		" WHERE token_hash=?");
	sql_put_text(st, token);
	e = ERR_NOTFOUND;
	if (sql_step(st)) {
		const char *csrf = sql_text(st, 0);
		struct session x = {
			.user = sql_int(st, 1),
			.created_utc = sql_int(st, 2),
			.seen_utc = sql_int(st, 3),
			.expires_utc = sql_int(st, 4),
		};
		memcpy(x.token_hash, token_hash, 32);
		if (sodium_hex2bin(x.csrf, 32, csrf, strlen(csrf), NULL, NULL, NULL) == 0) {
			*ret_session = x;
			e = ERR_OK;
		}
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return done ? done : e;
}

static enum err run_session_delete(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	(void)s;
	struct sql_stmt *st = sql_prepare(db, "DELETE FROM user_session WHERE token_hash=?");
	sql_put_text(st, ctx);
	enum err e = sql_run(st);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err session_delete(struct store *s, const uint8_t token_hash[static 32])
{
	char token[HASH_HEX];
	hex_of(token, token_hash);
	const struct writer_job w = {run_session_delete, NULL, token};
	return store_job(s, &w, NULL);
}
