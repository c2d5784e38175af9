/*
 * check.c - is everything whole: the engine's own check, then every structure of ours; backup
 */
#include "store/apply_archive.h"
#include "store/frames.h"
#include "store/priv.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct check {
	struct sql *db;
	void (*finding)(void *ctx, const char *text);
	void *ctx;
	size_t n;
};

static void found(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void found(struct check *c, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->n++;
	c->finding(c->ctx, text);
}

static void count_finding(void *ctx, const char *text)
{
	found(ctx, "%s", text);
}

static enum err check_blocks(struct check *c)
{
	struct archive_value *items = malloc(BLOCK_VALUES_MAX * sizeof(*items));
	if (!items) {
		return ERR_NOMEM;
	}
	struct sql_stmt *st = sql_prepare(
		c->db, "SELECT series, period, month, body FROM archive_block");
	while (sql_step(st)) {
		size_t n = 0;
		long long series = sql_int(st, 0), period = sql_int(st, 1), month = sql_int(st, 2);
		enum err e = block_decode(sql_blob(st, 3), items, &n);
		if (e) {
			found(c, "block of series %lld, period %lld, month %lld: %s", series,
				period, month, err_text(e, LANG_EN));
		} else if (items[0].start < month_start(month) ||
			   items[n - 1].start >= month_start(month + 1)) {
			found(c, "block of series %lld, period %lld: values outside its month %lld",
				series, period, month);
		}
	}
	free(items);
	return sql_done(st);
}

static enum err nothing(void *ctx, const struct reading_row *r)
{
	(void)ctx;
	(void)r;
	return ERR_OK;
}

static enum err check_readings(struct check *c)
{
	struct sql_stmt *st = sql_prepare(c->db, "SELECT seq, utc, frame, body FROM reading");
	while (sql_step(st)) {
		enum err e = reading_row_each(sql_blob(st, 3), sql_int(st, 0), sql_int(st, 1),
			sql_int(st, 2), nothing, NULL);
		if (e) {
			found(c, "readings %lld: %s", (long long)sql_int(st, 0),
				err_text(e, LANG_EN));
		}
	}
	return sql_done(st);
}

static enum err check_frames(struct check *c, const char *text, const char *what)
{
	struct buf out;
	struct sql_stmt *st = sql_prepare(c->db, text);
	buf_init(&out, FRAMES_BYTES_MAX);
	while (sql_step(st)) {
		buf_clear(&out);
		enum err e = unpack_bytes(sql_blob(st, 1), FRAMES_BYTES_MAX, &out);
		if (e) {
			found(c, "%s %lld: %s", what, (long long)sql_int(st, 0),
				err_text(e, LANG_EN));
		}
	}
	buf_fini(&out);
	return sql_done(st);
}

/* A query that counts what must not be. */
static enum err check_none(struct check *c, const char *text, const char *what)
{
	struct sql_stmt *st = sql_prepare(c->db, text);
	if (sql_step(st) && sql_int(st, 0) > 0) {
		found(c, "%s: %lld", what, (long long)sql_int(st, 0));
	}
	return sql_done(st);
}

static const struct {
	const char *text, *what;
} counted[] = {
	{"SELECT count(*) FROM archive_half_hour WHERE (value IS NULL) <> ((quality & 15) = 8)",
		"half-hours whose quality contradicts their value"},
	{"SELECT count(*) FROM archive_hour WHERE (value IS NULL) <> ((quality & 15) = 8)",
		"hours whose quality contradicts their value"},
	{"SELECT count(*) FROM archive_day WHERE (value IS NULL) <> ((quality & 15) = 8)",
		"days whose quality contradicts their value"},
	{"SELECT count(*) FROM archive_month WHERE (value IS NULL) <> ((quality & 15) = 8)",
		"months whose quality contradicts their value"},
	{"SELECT count(*) FROM user_grant WHERE user NOT IN (SELECT id FROM user_account)",
		"rights of users that do not exist"},
	{"SELECT count(*) FROM user_grant WHERE place<>0 AND place NOT IN (SELECT id FROM place)",
		"rights in places that do not exist"},
	{"SELECT count(*) FROM journal WHERE from_utc >= till_utc",
		"journal entries without a span"},
};

static enum err check_site(struct check *c)
{
	struct site *site;
	struct diag d = {0};
	enum err e = site_load(c->db, &site, &d);
	if (e) {
		found(c, "configuration: %s", d.text);
		return e == ERR_CORRUPT ? ERR_OK : e;
	}
	if (site_check(site, &d) != ERR_OK) {
		found(c, "configuration: %s", d.text);
	}
	site_unref(site);
	return ERR_OK;
}

static enum err check_all(struct check *c)
{
	enum err e = sql_integrity(c->db, count_finding, c);
	if (e) {
		return e;
	}
	e = check_site(c);
	e = e ? e : check_blocks(c);
	e = e ? e : check_readings(c);
	e = e ? e : check_frames(c, "SELECT id, body FROM frame", "frame");
	e = e ? e : check_frames(c, "SELECT id, body FROM frame_pack", "pack of frames");
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]) && !e; i++) {
		e = check_none(c, counted[i].text, counted[i].what);
	}
	return e;
}

enum err store_check(struct store *s, void (*finding)(void *ctx, const char *text), void *ctx)
{
	struct check c = {.finding = finding, .ctx = ctx};
	enum err e = store_reader(s, &c.db);
	if (e) {
		return e;
	}
	e = sql_begin_read(c.db);
	e = e ? e : check_all(&c);
	if (e && e != ERR_CORRUPT) {
		found(&c, "%s", sql_error(c.db));
	}
	sql_rollback(c.db);
	store_reader_done(s, c.db);
	return e ? e : c.n ? ERR_CORRUPT : ERR_OK;
}

/* ---- backup ---- */

/* The whole file is written beside its place and renamed: a backup is there whole or not at all. */
enum err store_backup(struct store *s, const char *path, struct diag *diag)
{
	char part[PATH_MAX];
	struct sql *db;
	int n = snprintf(part, sizeof(part), "%s.part", path);
	if (n < 0 || (size_t)n >= sizeof(part)) {
		return err_set(diag, ERR_RANGE, "%s: the name is too long", path);
	}
	enum err e = store_reader(s, &db);
	if (e) {
		return err_set(diag, e, "%s", s->url);
	}
	(void)unlink(part);
	e = sql_backup(db, part, diag);
	store_reader_done(s, db);
	if (!e && rename(part, path) != 0) {
		e = err_set_errno(diag, "%s", path);
	}
	if (e) {
		(void)unlink(part);
	}
	return e;
}

static void forget(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* What is restored must be a database of this program, whole, and not newer than it. */
static enum err check_source(const char *path, struct diag *diag)
{
	char url[PATH_MAX + 16];
	struct store *s;
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	enum err e = store_open(url, STORE_READ_ONLY, &s, diag);
	if (e) {
		return e;
	}
	e = store_check(s, forget, NULL);
	store_close(s);
	return e ? err_set(diag, e, "%s: run domovoi db check --db sqlite:%s", path, path) : ERR_OK;
}

enum err store_restore(const char *url, const char *path, struct diag *diag)
{
	struct sql *db;
	enum err e = check_source(path, diag);
	if (e) {
		return e;
	}
	e = sql_open(url, SQL_CREATE, &db, diag);
	if (e) {
		return e;
	}
	e = sql_restore(db, path, diag);
	sql_close(db);
	return e;
}
