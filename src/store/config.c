/*
 * config.c - the configuration in tables: loading, changing with history
 *
 * Statements are made from the tables of fields (object_kind_info): the names of SQL columns are the
 * names of the fields.
 */
#include "base/clock.h"
#include "base/str.h"
#include "model/object_json.h"
#include "store/priv.h"
#include "store/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_TEXT_MAX 4096

/* ---- rows ---- */

static void put_field(struct sql_stmt *st, const struct field *f, const uint8_t *object)
{
	const uint8_t *p = object + f->offset;
	int64_t i;
	double real;
	int code;
	bool yes;
	switch (f->type) {
	case FIELD_TEXT: sql_put_text(st, (const char *)p); return;
	case FIELD_REAL:
		memcpy(&real, p, sizeof(real));
		sql_put_real(st, real);
		return;
	case FIELD_BOOL:
		memcpy(&yes, p, sizeof(yes));
		sql_put_int(st, yes);
		return;
	case FIELD_ENUM:
		memcpy(&code, p, sizeof(code));
		sql_put_text(st, f->enum_name(code));
		return;
	case FIELD_INT:
	case FIELD_REF:
	case FIELD_TIME: break;
	}
	memcpy(&i, p, sizeof(i));
	sql_put_int(st, i);
}

/* False: a name of an enumeration that this program does not know. */
static bool get_field(struct sql_stmt *st, int column, const struct field *f, uint8_t *object)
{
	uint8_t *p = object + f->offset;
	int64_t i = sql_int(st, column);
	double real;
	int code;
	bool yes = i != 0;
	switch (f->type) {
	case FIELD_TEXT: (void)str_copy((char *)p, f->cap, sql_text(st, column)); return true;
	case FIELD_REAL:
		real = sql_real(st, column);
		memcpy(p, &real, sizeof(real));
		return true;
	case FIELD_BOOL: memcpy(p, &yes, sizeof(yes)); return true;
	case FIELD_ENUM:
		if (!f->enum_value(sql_text(st, column), &code)) {
			return false;
		}
		memcpy(p, &code, sizeof(code));
		return true;
	case FIELD_INT:
	case FIELD_REF:
	case FIELD_TIME: break;
	}
	memcpy(p, &i, sizeof(i));
	return true;
}

static void put_columns(const struct object_kind_info *info, struct buf *out)
{
	for (size_t i = 0; i < info->field_count; i++) {
		buf_printf(out, "%s`%s`", i ? "," : "", info->fields[i].name);
	}
}

static enum err write_row(struct sql *db, enum object_kind kind, const void *object)
{
	const struct object_kind_info *info = object_kind_info(kind);
	struct buf text;
	buf_init(&text, SQL_TEXT_MAX);
	buf_printf(&text, "REPLACE INTO `%s` (", info->name);
	put_columns(info, &text);
	buf_str(&text, ") VALUES (");
	for (size_t i = 0; i < info->field_count; i++) {
		buf_str(&text, i ? ",?" : "?");
	}
	buf_str(&text, ")");
	struct sql_stmt *st = sql_prepare_once(db, buf_cstr(&text));
	for (size_t i = 0; i < info->field_count; i++) {
		put_field(st, &info->fields[i], object);
	}
	enum err e = sql_run(st);
	buf_fini(&text);
	return e;
}

static enum err delete_row(struct sql *db, enum object_kind kind, int64_t id)
{
	char text[80];
	(void)snprintf(
		text, sizeof(text), "DELETE FROM `%s` WHERE id=?", object_kind_info(kind)->name);
	struct sql_stmt *st = sql_prepare_once(db, text);
	sql_put_int(st, id);
	return sql_run(st);
}

static enum err load_kind(
	struct sql *db, enum object_kind kind, struct site *site, struct diag *diag)
{
	const struct object_kind_info *info = object_kind_info(kind);
	union any_object object;
	struct buf text;
	enum err e = ERR_OK;
	buf_init(&text, SQL_TEXT_MAX);
	buf_str(&text, "SELECT ");
	put_columns(info, &text);
	buf_printf(&text, " FROM `%s`", info->name);
	struct sql_stmt *st = sql_prepare_once(db, buf_cstr(&text));
	while (!e && sql_step(st)) {
		object_init(kind, &object);
		for (size_t i = 0; i < info->field_count && !e; i++) {
			if (!get_field(st, (int)i, &info->fields[i], (uint8_t *)&object)) {
				e = err_set(diag, ERR_CORRUPT, "%s %lld: %s \"%.40s\" is not known",
					info->name, (long long)object_id(&object),
					info->fields[i].name, sql_text(st, (int)i));
			}
		}
		if (!e && !site_add(site, kind, &object)) {
			e = err_set(diag, ERR_NOMEM, "loading the configuration");
		}
	}
	enum err done = sql_done(st);
	buf_fini(&text);
	return e ? e : done ? sql_diag(db, done, diag) : ERR_OK;
}

static enum err meta_get(struct sql *db, const char *name, int64_t *v)
{
	struct sql_stmt *st = sql_prepare(db, "SELECT value FROM meta WHERE name=?");
	sql_put_text(st, name);
	if (sql_step(st)) {
		*v = sql_int(st, 0);
	}
	return sql_done(st);
}

static enum err meta_put(struct sql *db, const char *name, int64_t v)
{
	struct sql_stmt *st = sql_prepare(db, "REPLACE INTO meta (name, value) VALUES (?,?)");
	sql_put_text(st, name);
	sql_put_int(st, v);
	return sql_run(st);
}

enum err site_load(struct sql *db, struct site **ret_site, struct diag *diag)
{
	struct site *site = site_new();
	enum err e = site ? ERR_OK : err_set(diag, ERR_NOMEM, "loading the configuration");
	for (int k = 0; k < OBJECT_KIND_COUNT && !e; k++) {
		e = load_kind(db, (enum object_kind)k, site, diag);
	}
	if (!e && !site_sort(site)) {
		e = err_set(diag, ERR_NOMEM, "loading the configuration");
	}
	if (!e) {
		e = meta_get(db, "generation", &site->generation);
	}
	if (e) {
		site_unref(site);
		return e;
	}
	*ret_site = site;
	return ERR_OK;
}

/* ---- changes ---- */

static enum err put_history(struct sql *db, const char *who, enum object_kind kind, int64_t id,
	const void *before, const void *after)
{
	json_t *old = before ? object_to_json(kind, before) : NULL;
	json_t *fresh = after ? object_to_json(kind, after) : NULL;
	char *old_text = old ? json_dumps(old, JSON_COMPACT) : NULL;
	char *fresh_text = fresh ? json_dumps(fresh, JSON_COMPACT) : NULL;
	enum err e = (before && !old_text) || (after && !fresh_text) ? ERR_NOMEM : ERR_OK;
	if (!e) {
		struct sql_stmt *st = sql_prepare(db,
			"INSERT INTO config_history (utc, who, kind, object, old_json, new_json)"
			" VALUES (?,?,?,?,?,?)");
		sql_put_int(st, clock_now());
		sql_put_text(st, who);
		sql_put_text(st, object_kind_info(kind)->name);
		sql_put_int(st, id);
		sql_put_text(st, old_text);
		sql_put_text(st, fresh_text);
		e = sql_run(st);
	}
	free(old_text);
	free(fresh_text);
	json_decref(old);
	json_decref(fresh);
	return e;
}

/* Ids are given once: the archives of an object that is gone must not become another's. */
static enum err give_ids(
	struct sql *db, const struct site *site, struct object_put *items, size_t n)
{
	int64_t next = 1;
	enum err e = meta_get(db, "next_id", &next);
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		size_t count = site->counts[k];
		const void *last = count ? site_at(site, (enum object_kind)k, count - 1) : NULL;
		next = last && object_id(last) >= next ? object_id(last) + 1 : next;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t *id = items[i].object;
		if (*id == 0) {
			*id = next++;
		} else if (*id >= next && *id < INT64_MAX) {
			next = *id + 1;
		}
	}
	return e ? e : meta_put(db, "next_id", next);
}

/* The site of `old` without `gone`, with `items` in it. */
static struct site *changed_site(const struct site *old, const struct object_put *items, size_t n,
	const struct object_put *gone)
{
	struct site *site = site_new();
	bool is_good = site;
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		for (size_t i = 0; i < old->counts[k] && is_good; i++) {
			const void *object = site_at(old, (enum object_kind)k, i);
			bool is_kept = !gone || (int)gone->kind != k ||
				       object_id(gone->object) != object_id(object);
			for (size_t m = 0; m < n && is_kept; m++) {
				is_kept = (int)items[m].kind != k ||
					  object_id(items[m].object) != object_id(object);
			}
			is_good = !is_kept || site_add(site, (enum object_kind)k, object);
		}
	}
	for (size_t m = 0; m < n && is_good; m++) {
		is_good = site_add(site, items[m].kind, items[m].object);
	}
	if (!is_good || !site_sort(site)) {
		site_unref(site);
		return NULL;
	}
	site->generation = old->generation + 1;
	return site;
}

struct change_job {
	struct object_put *items; /* written */
	size_t n;
	const struct object_put *gone; /* deleted; NULL: nothing */
	const char *who;
	struct site *fresh;
};

static enum err write_changes(
	struct sql *db, const struct site *old, const struct change_job *job, struct diag *diag)
{
	enum err e = meta_put(db, "generation", job->fresh->generation);
	for (size_t i = 0; i < job->n && !e; i++) {
		enum object_kind kind = job->items[i].kind;
		const void *object = job->items[i].object;
		e = write_row(db, kind, object);
		e = e ? e :
			put_history(db, job->who, kind, object_id(object),
				site_find(old, kind, object_id(object)), object);
	}
	if (!e && job->gone) {
		int64_t id = object_id(job->gone->object);
		e = delete_row(db, job->gone->kind, id);
		e = e ? e :
			put_history(db, job->who, job->gone->kind, id,
				site_find(old, job->gone->kind, id), NULL);
	}
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

static bool may_break_rule(enum object_kind kind)
{
	return kind == OBJECT_PLACE || kind == OBJECT_CHANNEL || kind == OBJECT_FORMULA ||
	       kind == OBJECT_PARAMETER;
}

/* What was wrong before, and not by this change, does not stand in its way. */
static enum err ask_rule(
	struct store *s, const struct site *old, const struct change_job *job, struct diag *diag)
{
	bool concerns = job->gone && may_break_rule(job->gone->kind), has_formula = false;
	for (size_t i = 0; i < job->n; i++) {
		concerns |= may_break_rule(job->items[i].kind);
		has_formula |= job->items[i].kind == OBJECT_FORMULA;
	}
	if (!s->rule || !concerns) {
		return ERR_OK;
	}
	enum err e = s->rule(job->fresh, NULL, diag);
	bool is_old_fault = e && e != ERR_NOMEM && !has_formula &&
			    s->rule(old, NULL, NULL) != ERR_OK;
	return is_old_fault ? ERR_OK : e;
}

static enum err run_change(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct change_job *job = ctx;
	const struct site *old = store_site(s);
	enum err e = give_ids(db, old, job->items, job->n);
	if (e) {
		(void)sql_diag(db, e, diag);
		goto out;
	}
	job->fresh = changed_site(old, job->items, job->n, job->gone);
	if (!job->fresh) {
		e = err_set(diag, ERR_NOMEM, "changing the configuration");
		goto out;
	}
	e = site_check(job->fresh, diag);
	e = e ? e : ask_rule(s, old, job, diag);
	e = e ? e : write_changes(db, old, job, diag);
out:
	site_unref(old);
	return e;
}

#define PROPOSED_ID (INT64_C(1) << 62)

enum err store_propose(struct store *s, const struct object_put *items, size_t n,
	const struct object_put *gone, struct site **ret_site, struct diag *diag)
{
	const struct site *old = store_site(s);
	struct object_put *own = calloc(n + 1, sizeof(*own));
	struct change_job job = {.items = own, .n = n, .gone = gone};
	enum err e = own ? ERR_OK : err_set(diag, ERR_NOMEM, "changing the configuration");
	for (size_t i = 0; i < n && !e; i++) {
		int64_t *id = items[i].object;
		own[i] = items[i];
		*id = *id ? *id : PROPOSED_ID + (int64_t)i;
	}
	job.fresh = e ? NULL : changed_site(old, own, n, gone);
	if (!e && !job.fresh) {
		e = err_set(diag, ERR_NOMEM, "changing the configuration");
	}
	e = e ? e : site_check(job.fresh, diag);
	e = e ? e : ask_rule(s, old, &job, diag);
	site_unref(old);
	free(own);
	if (e) {
		site_unref(job.fresh);
		return e;
	}
	*ret_site = job.fresh;
	return ERR_OK;
}

static void after_change(struct store *s, void *ctx)
{
	struct change_job *job = ctx;
	store_set_site(s, job->fresh);
	job->fresh = NULL;
}

static enum err change(struct store *s, struct change_job *job, struct diag *diag)
{
	const struct writer_job w = {run_change, after_change, job};
	enum err e = store_job(s, &w, diag);
	site_unref(job->fresh);
	return e;
}

enum err store_put_many(struct store *s, const struct object_put *items, size_t n, const char *who,
	struct diag *diag)
{
	struct object_put *own = calloc(n ? n : 1, sizeof(*own));
	bool *is_new = calloc(n ? n : 1, sizeof(*is_new));
	enum err e = own && is_new ? ERR_OK :
				     err_set(diag, ERR_NOMEM, "changing the configuration");
	for (size_t i = 0; i < n && !e; i++) {
		own[i] = items[i];
		is_new[i] = object_id(items[i].object) == 0;
	}
	if (!e && n) {
		struct change_job job = {.items = own, .n = n, .who = who};
		e = change(s, &job, diag);
		for (size_t i = 0; i < n && e; i++) {
			if (is_new[i]) {
				*(int64_t *)own[i].object = 0;
			}
		}
	}
	free(own);
	free(is_new);
	return e;
}

enum err store_put(
	struct store *s, enum object_kind kind, void *object, const char *who, struct diag *diag)
{
	struct object_put one = {kind, object};
	return store_put_many(s, &one, 1, who, diag);
}

/* ---- deleting ---- */

/* What refers to an object, for the message; false: nothing. */
static bool find_user(const struct site *site, enum object_kind kind, int64_t id, struct diag *diag)
{
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		const struct object_kind_info *info = object_kind_info((enum object_kind)k);
		for (size_t f = 0; f < info->field_count; f++) {
			if (info->fields[f].type != FIELD_REF || info->fields[f].target != kind) {
				continue;
			}
			for (size_t i = 0; i < site->counts[k]; i++) {
				const uint8_t *object = site_at(site, (enum object_kind)k, i);
				int64_t ref;
				memcpy(&ref, object + info->fields[f].offset, sizeof(ref));
				if (ref == id) {
					(void)err_set(diag, ERR_CONFLICT,
						"%s %lld is used by %s %lld (%s)",
						object_kind_info(kind)->name, (long long)id,
						info->name, (long long)object_id(object),
						info->fields[f].name);
					return true;
				}
			}
		}
	}
	return false;
}

static enum err find_grant(struct sql *db, int64_t place, struct diag *diag)
{
	struct sql_stmt *st = sql_prepare(db, "SELECT user FROM user_grant WHERE place=? LIMIT 1");
	sql_put_int(st, place);
	int64_t user = sql_step(st) ? sql_int(st, 0) : 0;
	enum err e = sql_done(st);
	if (!e && user) {
		return err_set(diag, ERR_CONFLICT, "place %lld is used by rights of user %lld",
			(long long)place, (long long)user);
	}
	return e;
}

static enum err run_delete(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct change_job *job = ctx;
	enum object_kind kind = job->gone->kind;
	int64_t id = object_id(job->gone->object);
	const struct site *site = store_site(s);
	enum err e = ERR_OK;
	if (!site_find(site, kind, id)) {
		e = err_set(
			diag, ERR_NOTFOUND, "%s %lld", object_kind_info(kind)->name, (long long)id);
	} else if (find_user(site, kind, id, diag)) {
		e = ERR_CONFLICT;
	} else if (kind == OBJECT_PLACE) {
		e = find_grant(db, id, diag);
	}
	site_unref(site);
	return e ? e : run_change(s, db, ctx, diag);
}

enum err store_delete(
	struct store *s, enum object_kind kind, int64_t id, const char *who, struct diag *diag)
{
	struct object_put gone = {kind, &id};
	struct change_job job = {.gone = &gone, .who = who};
	const struct writer_job w = {run_delete, after_change, &job};
	enum err e = store_job(s, &w, diag);
	site_unref(job.fresh);
	return e;
}

/* ---- import ---- */

static bool is_same(enum object_kind kind, const void *a, const void *b)
{
	json_t *x = object_to_json(kind, a), *y = object_to_json(kind, b);
	bool same = x && y && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

static enum err import_kind(struct sql *db, enum object_kind kind, const struct site *old,
	const struct site *fresh, const char *who)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < old->counts[kind] && !e; i++) {
		const void *object = site_at(old, kind, i);
		int64_t id = object_id(object);
		if (!site_find(fresh, kind, id)) {
			e = delete_row(db, kind, id);
			e = e ? e : put_history(db, who, kind, id, object, NULL);
		}
	}
	for (size_t i = 0; i < fresh->counts[kind] && !e; i++) {
		const void *object = site_at(fresh, kind, i);
		const void *before = site_find(old, kind, object_id(object));
		if (!before || !is_same(kind, before, object)) {
			e = write_row(db, kind, object);
			e = e ? e : put_history(db, who, kind, object_id(object), before, object);
		}
	}
	return e;
}

static enum err run_import(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct change_job *job = ctx;
	const struct site *old = store_site(s);
	enum err e = ERR_OK;
	for (int k = 0; k < OBJECT_KIND_COUNT && !e; k++) {
		e = import_kind(db, (enum object_kind)k, old, job->fresh, job->who);
	}
	job->fresh->generation = old->generation + 1;
	e = e ? e : meta_put(db, "generation", job->fresh->generation);
	e = e ? e : give_ids(db, old, NULL, 0);
	e = e ? e : give_ids(db, job->fresh, NULL, 0);
	if (!e) { /* rights in places that are gone */
		e = sql_run(sql_prepare(db,
			"DELETE FROM user_grant WHERE place<>0 AND place NOT IN (SELECT id FROM place)"));
	}
	site_unref(old);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err store_import(struct store *s, struct slice text, const char *who, struct diag *diag)
{
	struct change_job job = {.who = who};
	const struct writer_job w = {run_import, after_change, &job};
	enum err e = site_from_text(text, &job.fresh, diag);
	if (e) {
		return e;
	}
	e = s->rule ? s->rule(job.fresh, NULL, diag) : ERR_OK;
	e = e ? e : store_job(s, &w, diag);
	site_unref(job.fresh);
	return e;
}

/* ---- history ---- */

enum err store_config_history(struct store *s, enum object_kind kind, int64_t id, size_t limit,
	enum err (*each)(void *ctx, const struct config_change *c), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT utc, who, old_json, new_json FROM config_history WHERE object=? AND kind=?"
		" ORDER BY id DESC LIMIT ?");
	sql_put_int(st, id);
	sql_put_text(st, object_kind_info(kind)->name);
	sql_put_int(st, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	while (!e && sql_step(st)) {
		struct config_change c = {.utc = sql_int(st, 0), .kind = kind, .id = id};
		(void)STR_COPY(c.who, sql_text(st, 1));
		c.before = sql_is_null(st, 2) ? NULL : sql_text(st, 2);
		c.after = sql_is_null(st, 3) ? NULL : sql_text(st, 3);
		e = each(ctx, &c);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}
