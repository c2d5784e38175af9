/*
 * closings.c - closed periods: what was billed, and its corrections; see store.h
 */
#include "base/str.h"
#include "store/priv.h"

#include <inttypes.h>

/* ---- writing ---- */

struct closing_job {
	struct closing *closing;
	const struct billed_value *values;
	const struct correction *corrections;
	size_t n, correction_count;
};

static enum err count_of(struct sql *db, const char *text, int64_t a, int64_t b, int64_t *ret_n)
{
	struct sql_stmt *st = sql_prepare(db, text);
	sql_put_int(st, a);
	sql_put_int(st, b);
	*ret_n = sql_step(st) ? sql_int(st, 0) : 0;
	return sql_done(st);
}

static enum err write_values(struct sql *db, const struct closing_job *job)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < job->n && !e; i++) {
		struct sql_stmt *st = sql_prepare(db,
			"INSERT INTO billed (closing, series, value, quality) VALUES (?, ?, ?, ?)");
		sql_put_int(st, job->closing->id);
		sql_put_int(st, job->values[i].series);
		sql_put_real(st, job->values[i].value);
		sql_put_int(st, job->values[i].quality);
		e = sql_run(st);
	}
	for (size_t i = 0; i < job->correction_count && !e; i++) {
		const struct correction *c = &job->corrections[i];
		struct sql_stmt *st = sql_prepare(db,
			"INSERT INTO correction (closing, of_closing, series, amount, before, after)"
			" VALUES (?, ?, ?, ?, ?, ?)");
		sql_put_int(st, job->closing->id);
		sql_put_int(st, c->of);
		sql_put_int(st, c->series);
		sql_put_real(st, c->amount);
		sql_put_real(st, c->before);
		sql_put_real(st, c->after);
		e = sql_run(st);
	}
	return e;
}

static enum err run_put(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	struct closing_job *job = ctx;
	struct closing *c = job->closing;
	int64_t n;
	(void)s;
	enum err e = count_of(db, "SELECT COUNT(*) FROM closing WHERE place=? AND start=?",
		c->place, c->span.from, &n);
	if (!e && n) {
		return err_set(diag, ERR_EXISTS, "the month is closed already");
	}
	if (!e) {
		struct sql_stmt *st = sql_prepare(
			db, "SELECT COALESCE(MAX(id), 0) + 1 FROM closing");
		c->id = sql_step(st) ? sql_int(st, 0) : 0;
		e = sql_done(st);
	}
	if (!e) {
		struct sql_stmt *st = sql_prepare(db,
			"INSERT INTO closing (id, place, start, till, closed_utc, who, note)"
			" VALUES (?, ?, ?, ?, ?, ?, ?)");
		sql_put_int(st, c->id);
		sql_put_int(st, c->place);
		sql_put_int(st, c->span.from);
		sql_put_int(st, c->span.till);
		sql_put_int(st, c->closed_utc);
		sql_put_text(st, c->who);
		sql_put_text(st, c->note);
		e = sql_run(st);
	}
	e = e ? e : write_values(db, job);
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err closing_put(struct store *s, struct closing *c, const struct billed_value *values,
	size_t n, const struct correction *corrections, size_t correction_count, struct diag *diag)
{
	struct closing_job job = {.closing = c,
		.values = values,
		.n = n,
		.corrections = corrections,
		.correction_count = correction_count};
	const struct writer_job w = {run_put, NULL, &job};
	return store_job(s, &w, diag);
}

static enum err run_delete(struct store *s, struct sql *db, void *ctx, struct diag *diag)
{
	static const char *const texts[] = {"DELETE FROM billed WHERE closing=?",
		"DELETE FROM correction WHERE closing=?", "DELETE FROM closing WHERE id=?"};
	struct closing_job *job = ctx;
	struct closing *c = job->closing;
	int64_t later;
	(void)s;
	struct sql_stmt *st = sql_prepare(db, "SELECT place, start, till FROM closing WHERE id=?");
	sql_put_int(st, c->id);
	bool is_there = sql_step(st);
	c->place = is_there ? sql_int(st, 0) : 0;
	c->span = (struct span){is_there ? sql_int(st, 1) : 0, is_there ? sql_int(st, 2) : 0};
	enum err e = sql_done(st);
	if (!e && !is_there) {
		return err_set(diag, ERR_NOTFOUND, "closing %" PRId64, c->id);
	}
	e = e ? e :
		count_of(db, "SELECT COUNT(*) FROM closing WHERE place=? AND start>?", c->place,
			c->span.from, &later);
	if (!e && later) {
		return err_set(diag, ERR_CONFLICT, "a later month is closed: open that one first");
	}
	for (size_t i = 0; i < 3 && !e; i++) {
		st = sql_prepare(db, texts[i]);
		sql_put_int(st, c->id);
		e = sql_run(st);
	}
	return e ? sql_diag(db, e, diag) : ERR_OK;
}

enum err closing_delete(struct store *s, int64_t id, struct diag *diag)
{
	struct closing c = {.id = id};
	struct closing_job job = {.closing = &c};
	const struct writer_job w = {run_delete, NULL, &job};
	return store_job(s, &w, diag);
}

/* ---- reading ---- */

enum err closing_list(struct store *s, int64_t place,
	enum err (*each)(void *ctx, const struct closing *c), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT id, place, start, till, closed_utc, who, note FROM closing"
		" WHERE ?=0 OR place=? ORDER BY place, start");
	sql_put_int(st, place);
	sql_put_int(st, place);
	while (!e && sql_step(st)) {
		struct closing c = {.id = sql_int(st, 0),
			.place = sql_int(st, 1),
			.span = {sql_int(st, 2), sql_int(st, 3)},
			.closed_utc = sql_int(st, 4)};
		(void)STR_COPY(c.who, sql_text(st, 5));
		(void)STR_COPY(c.note, sql_text(st, 6));
		e = each(ctx, &c);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

enum err billed_list(struct store *s, int64_t closing,
	enum err (*each)(void *ctx, const struct billed_value *v), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(
		db, "SELECT series, value, quality FROM billed WHERE closing=? ORDER BY series");
	sql_put_int(st, closing);
	while (!e && sql_step(st)) {
		const struct billed_value v = {
			sql_int(st, 0), sql_real(st, 1), (uint16_t)sql_int(st, 2)};
		e = each(ctx, &v);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}

enum err correction_list(struct store *s, int64_t closing, bool of,
	enum err (*each)(void *ctx, const struct correction *c), void *ctx)
{
	struct sql *db;
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(db,
		of ? "SELECT id, closing, of_closing, series, amount, before, after FROM correction"
		     " WHERE of_closing=? ORDER BY id" :
		     "SELECT id, closing, of_closing, series, amount, before, after FROM correction"
		     " WHERE closing=? ORDER BY id");
	sql_put_int(st, closing);
	while (!e && sql_step(st)) {
		const struct correction c = {sql_int(st, 0), sql_int(st, 1), sql_int(st, 2),
			sql_int(st, 3), sql_real(st, 4), sql_real(st, 5), sql_real(st, 6)};
		e = each(ctx, &c);
	}
	enum err done = sql_done(st);
	store_reader_done(s, db);
	return e ? e : done;
}
