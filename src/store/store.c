/*
 * store.c - opening and closing, connections for reading, listeners; see store.h
 */
#include "store/store.h"

#include "base/log.h"
#include "store/migrations.h"
#include "store/priv.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_KEPT 7

static bool init_locks(struct store *s)
{
	return pthread_mutex_init(&s->site_lock, NULL) == 0 &&
	       pthread_mutex_init(&s->pool_lock, NULL) == 0 &&
	       pthread_mutex_init(&s->listen_lock, NULL) == 0 && last_init(&s->last);
}

static enum err check_schema(struct sql *db, struct diag *diag)
{
	int version;
	enum err e = migrations_current(db, &version);
	if (e) {
		return sql_diag(db, e, diag);
	}
	if (version > migrations_newest()) {
		return migrations_run(db, diag); /* says what is wrong */
	}
	if (version < migrations_newest()) {
		return err_set(diag, ERR_CONFLICT,
			"the database has schema %d, this program needs %d: run domovoi db migrate",
			version, migrations_newest());
	}
	return ERR_OK;
}

static enum err migrate(struct store *s, struct diag *diag)
{
	struct sql *db;
	enum err e = sql_open(s->url, s->flags & STORE_CREATE ? SQL_CREATE : 0, &db, diag);
	if (!e) {
		e = migrations_run(db, diag);
		sql_close(db);
	}
	return e;
}

static enum err look(struct store *s, struct diag *diag)
{
	struct sql *db;
	enum err e = sql_open(s->url, SQL_READ_ONLY | SQL_SMALL, &db, diag);
	if (!e) {
		e = check_schema(db, diag);
		sql_close(db);
	}
	return e;
}

/* A node starts on a database that cannot be written just now, if it can be read. */
static enum err prepare(struct store *s, struct diag *diag)
{
	if (s->flags & STORE_READ_ONLY) {
		return look(s, diag);
	}
	enum err e = migrate(s, diag);
	if ((e == ERR_READONLY || e == ERR_IO || e == ERR_FULL) && look(s, NULL) == ERR_OK) {
		return ERR_OK;
	}
	return e;
}

static enum err load(struct store *s, struct diag *diag)
{
	struct sql *db;
	struct site *site;
	enum err e = store_reader(s, &db);
	if (e) {
		return err_set(diag, e, "%s", s->url);
	}
	e = sql_begin_read(db);
	e = e ? sql_diag(db, e, diag) : site_load(db, &site, diag);
	if (!e) {
		store_set_site(s, site);
		e = last_load(&s->last, db);
		if (e) {
			(void)sql_diag(db, e, diag);
		}
	}
	sql_rollback(db);
	store_reader_done(s, db);
	return e;
}

enum err store_open(const char *url, unsigned flags, struct store **ret_store, struct diag *diag)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s || !init_locks(s)) {
		free(s);
		return err_set(diag, ERR_NOMEM, "opening the store");
	}
	s->flags = flags;
	s->retention = (struct store_retention){DAYS_KEPT, DAYS_KEPT, DAYS_KEPT};
	s->url = strdup(url);
	enum err e = s->url ? prepare(s, diag) : err_set(diag, ERR_NOMEM, "opening the store");
	if (!e && !(flags & STORE_READ_ONLY)) {
		e = writer_start(
			s, &s->writer, diag); /* takes over a spill file before anybody reads */
	}
	e = e ? e : load(s, diag);
	if (e) {
		store_close(s);
		return e;
	}
	*ret_store = s;
	return ERR_OK;
}

void store_close(struct store *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < s->pool_n; i++) { /* the writer's shall be the last: it tidies up */
		sql_close(s->pool[i]);
	}
	s->pool_n = 0;
	writer_stop(s->writer);
	site_unref(s->site);
	last_fini(&s->last);
	(void)pthread_mutex_destroy(&s->site_lock);
	(void)pthread_mutex_destroy(&s->pool_lock);
	(void)pthread_mutex_destroy(&s->listen_lock);
	free(s->url);
	free(s);
}

void store_set_rule(struct store *s, site_rule *rule)
{
	s->rule = rule;
}

void store_retain(struct store *s, struct store_retention r)
{
	s->retention = r;
}

/* ---- connections for reading ---- */

enum err store_reader(struct store *s, struct sql **ret_db)
{
	struct sql *db = NULL;
	struct diag d = {0};
	(void)pthread_mutex_lock(&s->pool_lock);
	if (s->pool_n) {
		db = s->pool[--s->pool_n];
	}
	(void)pthread_mutex_unlock(&s->pool_lock);
	if (!db) {
		enum err e = sql_open(s->url, SQL_READ_ONLY | SQL_SMALL, &db, &d);
		if (e) {
			log_warn("store", "%s", d.text);
			return e;
		}
	}
	*ret_db = db;
	return ERR_OK;
}

void store_reader_done(struct store *s, struct sql *db)
{
	(void)pthread_mutex_lock(&s->pool_lock);
	if (s->pool_n < READERS_KEPT && !sql_is_immutable(db)) {
		s->pool[s->pool_n++] = db;
		db = NULL;
	}
	(void)pthread_mutex_unlock(&s->pool_lock);
	sql_close(db);
}

/* ---- snapshot and listeners ---- */

const struct site *store_site(struct store *s)
{
	(void)pthread_mutex_lock(&s->site_lock);
	const struct site *site = site_ref(s->site);
	(void)pthread_mutex_unlock(&s->site_lock);
	return site;
}

void store_set_site(struct store *s, const struct site *fresh)
{
	(void)pthread_mutex_lock(&s->site_lock);
	const struct site *old = s->site;
	s->site = fresh;
	(void)pthread_mutex_unlock(&s->site_lock);
	site_unref(old);
	(void)pthread_mutex_lock(&s->listen_lock);
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct store_listener *l = s->listeners[i];
		if (l && l->site_changed) {
			l->site_changed(l);
		}
	}
	(void)pthread_mutex_unlock(&s->listen_lock);
}

void store_notify(struct store *s, const struct last_reading *readings, size_t n)
{
	(void)pthread_mutex_lock(&s->listen_lock);
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct store_listener *l = s->listeners[i];
		if (l && l->committed) {
			l->committed(l, readings, n);
		}
	}
	(void)pthread_mutex_unlock(&s->listen_lock);
}

enum err store_listen(struct store *s, struct store_listener *l)
{
	enum err e = ERR_LIMIT;
	(void)pthread_mutex_lock(&s->listen_lock);
	for (size_t i = 0; i < LISTENERS_MAX && e; i++) {
		if (!s->listeners[i]) {
			s->listeners[i] = l;
			e = ERR_OK;
		}
	}
	(void)pthread_mutex_unlock(&s->listen_lock);
	return e;
}

void store_unlisten(struct store *s, struct store_listener *l)
{
	(void)pthread_mutex_lock(&s->listen_lock);
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (s->listeners[i] == l) {
			s->listeners[i] = NULL;
		}
	}
	(void)pthread_mutex_unlock(&s->listen_lock);
}

enum err store_last(struct store *s, struct last_reading **ret_items, size_t *ret_n)
{
	return last_copy(&s->last, ret_items, ret_n);
}
