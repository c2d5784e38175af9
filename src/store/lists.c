/*
 * lists.c - readings, journal, history, events and states out; see store.h
 *
 * Callbacks run while a statement is open: they may use the store, which takes another connection.
 */
#include "base/str.h"
#include "store/priv.h"
#include "store/rows.h"

#include <stdlib.h>

struct counted {
	enum err (*each)(void *ctx, const struct reading_row *r);
	void *ctx;
	size_t n;
};

static enum err count_reading(void *ctx, const struct reading_row *r)
{
	struct counted *c = ctx;
	c->n++;
	return c->each(c->ctx, r);
}

enum err reading_list(struct store *s, int64_t after, size_t limit,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx)
{
	struct counted c = {each, ctx, 0};
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(
		db, "SELECT seq, utc, frame, body FROM reading WHERE seq > ? ORDER BY seq LIMIT ?");
	sql_put_int(st, after);
	sql_put_int(st, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	while (!e && c.n < limit && sql_step(st)) {
		e = reading_row_each(sql_blob(st, 3), sql_int(st, 0), sql_int(st, 1),
			sql_int(st, 2), count_reading, &c);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

struct found {
	int64_t reg;
	struct span span;
	struct reading_row *rows; /* owned */
	size_t n, cap;
};

static enum err keep_reading(void *ctx, const struct reading_row *r)
{
	struct found *f = ctx;
	if (r->reg != f->reg || r->utc < f->span.from || r->utc >= f->span.till) {
		return ERR_OK;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 64;
		struct reading_row *grown = realloc(f->rows, cap * sizeof(*grown));
		if (!grown) {
			return ERR_NOMEM;
		}
		f->rows = grown;
		f->cap = cap;
	}
	f->rows[f->n++] = *r;
	return ERR_OK;
}

static int compare_readings(const void *a, const void *b)
{
	const struct reading_row *x = a, *y = b;
	if (x->utc != y->utc) {
		return x->utc < y->utc ? -1 : 1;
	}
	return (x->seq > y->seq) - (x->seq < y->seq);
}

enum err reading_range(struct store *s, int64_t reg, struct span span,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx)
{
	struct found f = {.reg = reg, .span = span};
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT seq, utc, frame, body FROM reading WHERE utc > ? AND utc < ? ORDER BY seq");
	sql_put_int(st,
		span.from < INT64_MIN + READING_ROW_S ? INT64_MIN : span.from - READING_ROW_S - 1);
	sql_put_int(
		st, span.till > INT64_MAX - READING_ROW_S ? INT64_MAX : span.till + READING_ROW_S);
	while (!e && sql_step(st)) {
		e = reading_row_each(sql_blob(st, 3), sql_int(st, 0), sql_int(st, 1),
			sql_int(st, 2), keep_reading, &f);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	e = e ? e : done;
	if (!e && f.n) {
		qsort(f.rows, f.n, sizeof(*f.rows), compare_readings);
	}
	for (size_t i = 0; i < f.n && !e; i++) {
		e = each(ctx, &f.rows[i]);
	}
	free(f.rows);
	return e;
}

static enum err journal_row(struct sql_stmt *st, size_t *n,
	enum err (*each)(void *ctx, const struct change *c), void *ctx)
{
	struct reader in = reader_of(sql_blob(st, 4));
	struct change c = {
		.seq = sql_int(st, 0),
		.period = (enum period)sql_int(st, 1),
		.span = {sql_int(st, 2), sql_int(st, 3)},
	};
	int64_t next = 0;
	while (reader_left(&in) > 0) {
		c.series = plus(next, unzigzag(reader_varint(&in)));
		uint64_t run = reader_varint(&in);
		if (in.is_short || run > INT32_MAX) {
			return ERR_CORRUPT;
		}
		for (; run > 0; run--, c.series++) {
			enum err e = each(ctx, &c);
			if (e) {
				return e;
			}
			(*n)++;
		}
		next = c.series;
	}
	return ERR_OK;
}

enum err journal_list(struct store *s, int64_t after, size_t limit,
	enum err (*each)(void *ctx, const struct change *c), void *ctx)
{
	struct sql *db;
	size_t n = 0;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT seq, period, from_utc, till_utc, body FROM journal WHERE seq > ? ORDER BY seq");
	sql_put_int(st, after);
	while (!e && n < limit && sql_step(st)) {
		e = journal_row(st, &n, each, ctx);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

enum err store_state(struct store *s, const char *name, struct buf *out)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db, "SELECT body FROM state WHERE name=?");
	sql_put_text(st, name);
	e = ERR_NODATA;
	if (sql_step(st)) {
		struct slice body = sql_blob(st, 0);
		buf_put(out, body.data, body.size);
		e = out->is_full ? ERR_LIMIT : ERR_OK;
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return done ? done : e;
}

enum err archive_history(struct store *s, int64_t series, enum period period, struct span span,
	enum err (*each)(void *ctx, const struct replaced_value *v), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT changed_utc, start, value, quality, frame, who, why FROM archive_history"
		" WHERE start >= ? AND start < ? AND series=? AND period=? ORDER BY start, id");
	sql_put_int(st, span.from);
	sql_put_int(st, span.till);
	sql_put_int(st, series);
	sql_put_int(st, (int64_t)period);
	while (!e && sql_step(st)) {
		struct replaced_value v = {
			.changed_utc = sql_int(st, 0),
			.series = series,
			.period = period,
			.old = {sql_int(st, 1), sql_real(st, 2), (uint16_t)sql_int(st, 3),
				sql_int(st, 4)},
		};
		(void)STR_COPY(v.who, sql_text(st, 5));
		(void)STR_COPY(v.why, sql_text(st, 6));
		e = each(ctx, &v);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

enum err event_list(struct store *s, int64_t object, struct span span, size_t limit,
	enum err (*each)(void *ctx, const struct event *e), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		object ?
			"SELECT id, utc, object, code, text FROM event"
			" WHERE utc >= ? AND utc < ? AND object=? ORDER BY utc DESC, id DESC LIMIT ?" :
			"SELECT id, utc, object, code, text FROM event"
			" WHERE utc >= ? AND utc < ? ORDER BY utc DESC, id DESC LIMIT ?");
	sql_put_int(st, span.from);
	sql_put_int(st, span.till);
	if (object) {
		sql_put_int(st, object);
	}
	sql_put_int(st, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	while (!e && sql_step(st)) {
		struct event ev = {
			.id = sql_int(st, 0), .utc = sql_int(st, 1), .object = sql_int(st, 2)};
		(void)STR_COPY(ev.code, sql_text(st, 3));
		(void)STR_COPY(ev.text, sql_text(st, 4));
		e = each(ctx, &ev);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}
