/*
 * pack.c - moving half-hours and hours from rows into blocks; see pack.h
 */
#include "store/pack.h"

#include "base/log.h"
#include "store/apply_archive.h"
#include "store/block.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S      86400
#define DUE_S      (2 * DAY_S)
#define STEP_ROWS  200000 /* held in memory at once, 40 bytes each */
#define SLICE_DAYS 8
#define SLICE_LAST 25 /* the slice that begins here runs to the end of the month */

struct row {
	int64_t series;
	struct archive_value v;
};

struct step {
	struct applier *a;
	enum period period;
	int64_t month;
	struct row *rows; /* owned */
	size_t n;
	int64_t last; /* every row that starts up to here is in `rows` */
	size_t blocks;
	struct archive_value *merged; /* BLOCK_VALUES_MAX, owned */
};

static const char *const sql_rows[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] =
		"SELECT start, series, value, quality, frame FROM archive_half_hour"
		" WHERE start < ? ORDER BY start, series LIMIT ?",
	[PERIOD_HOUR] =
		"SELECT start, series, value, quality, frame FROM archive_hour"
		" WHERE start < ? ORDER BY start, series LIMIT ?",
};

static const char *const sql_delete[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "DELETE FROM archive_half_hour WHERE start <= ?",
	[PERIOD_HOUR] = "DELETE FROM archive_hour WHERE start <= ?",
};

static const char *const meta_name[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "packed.half_hour",
	[PERIOD_HOUR] = "packed.hour",
};

int64_t pack_cut(int64_t now)
{
	struct civil c = civil_from_utc(now - DUE_S);
	int slice = (c.day - 1) / SLICE_DAYS;
	int day = slice * SLICE_DAYS + 1;
	return civil_to_utc((struct civil){
		.year = c.year, .month = c.month, .day = day > SLICE_LAST ? SLICE_LAST : day});
}

enum err pack_known(struct sql *db, int64_t packed[static PERIOD_COUNT])
{
	enum err e = ERR_OK;
	for (int p = 0; p < PERIOD_COUNT && !e; p++) {
		packed[p] = INT64_MIN;
		if (!meta_name[p]) {
			continue;
		}
		struct sql_stmt *st = sql_prepare(db, "SELECT value FROM meta WHERE name=?");
		sql_put_text(st, meta_name[p]);
		if (sql_step(st)) {
			packed[p] = sql_int(st, 0);
		}
		e = sql_done(st);
	}
	return e;
}

/* The oldest rows of one month, up to a limit, whole moments only. */
static enum err read_rows(struct step *s, int64_t cut)
{
	struct sql_stmt *st = sql_prepare(s->a->db, sql_rows[s->period]);
	bool is_cut = false;
	int64_t end = 0;
	sql_put_int(st, cut);
	sql_put_int(st, STEP_ROWS);
	while (sql_step(st)) {
		int64_t start = sql_int(st, 0);
		if (s->n == 0) {
			s->month = month_of(start);
			end = month_start(s->month + 1);
		} else if (start >= end) {
			is_cut = true;
			break;
		}
		s->rows[s->n++] = (struct row){
			.series = sql_int(st, 1),
			.v = {start, sql_real(st, 2), (uint16_t)sql_int(st, 3), sql_int(st, 4)},
		};
	}
	enum err e = sql_done(st);
	if (e || s->n == 0) {
		return e;
	}
	s->last = s->rows[s->n - 1].v.start;
	if (s->n == STEP_ROWS && !is_cut && s->rows[0].v.start != s->last) {
		while (s->rows[s->n - 1].v.start ==
			s->last) { /* the last moment may be cut in two */
			s->n--;
		}
		s->last = s->rows[s->n - 1].v.start;
	}
	return ERR_OK;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->series != y->series) {
		return x->series < y->series ? -1 : 1;
	}
	return (x->v.start > y->v.start) - (x->v.start < y->v.start);
}

/*
 * Merge `n` rows into `old_n` values of `old`, rows winning. A block holds a value for every minute
 * of the month; what is beyond that is no archive of hours and is dropped. False: that happened.
 */
static bool merge(const struct archive_value *old, size_t old_n, const struct row *rows, size_t n,
	struct archive_value *to, size_t *ret_n)
{
	size_t i = 0, k = 0, m = 0;
	while ((i < old_n || k < n) && m < BLOCK_VALUES_MAX) {
		if (k == n || (i < old_n && old[i].start < rows[k].v.start)) {
			to[m++] = old[i++];
			continue;
		}
		i += i < old_n && old[i].start == rows[k].v.start;
		to[m++] = rows[k++].v;
	}
	*ret_n = m;
	return i == old_n && k == n;
}

static enum err write_block(struct step *s, const struct row *rows, size_t n)
{
	struct applier *a = s->a;
	struct buf body;
	size_t old_n = 0, merged_n;
	int64_t series = rows->series;
	a->block_series = 0; /* its memory is borrowed here */
	enum err e = block_load(a->db, series, s->period, s->month, a->block, &old_n);
	if (e == ERR_CORRUPT) {
		log_error("store",
			"block of series %lld, month %lld cannot be read and is replaced",
			(long long)series, (long long)s->month);
		old_n = 0;
	} else if (e) {
		return e;
	}
	if (!merge(a->block, old_n, rows, n, s->merged, &merged_n)) {
		log_error("store",
			"series %lld has more than a value a minute in month %lld: cut off",
			(long long)series, (long long)s->month);
	}
	buf_init(&body, 2 * BLOCK_BYTES_MAX);
	e = block_encode(s->merged, merged_n, &body);
	if (!e) {
		struct sql_stmt *st = sql_prepare(a->db,
			"REPLACE INTO archive_block (series, period, month, body) VALUES (?,?,?,?)");
		sql_put_int(st, series);
		sql_put_int(st, (int64_t)s->period);
		sql_put_int(st, s->month);
		sql_put_blob(st, buf_slice(&body));
		e = sql_run(st);
	}
	buf_fini(&body);
	s->blocks++;
	return e;
}

static enum err finish(struct step *s)
{
	struct applier *a = s->a;
	struct sql_stmt *st = sql_prepare(a->db, sql_delete[s->period]);
	sql_put_int(st, s->last);
	enum err e = sql_run(st);
	if (e || s->last <= a->packed[s->period]) {
		return e;
	}
	st = sql_prepare(a->db, "REPLACE INTO meta (name, value) VALUES (?,?)");
	sql_put_text(st, meta_name[s->period]);
	sql_put_int(st, s->last);
	return sql_run(st);
}

static enum err pack_rows(struct step *s)
{
	enum err e = ERR_OK;
	qsort(s->rows, s->n, sizeof(*s->rows), compare_rows);
	for (size_t i = 0; i < s->n && !e;) {
		size_t n = 1;
		while (i + n < s->n && s->rows[i + n].series == s->rows[i].series) {
			n++;
		}
		e = write_block(s, s->rows + i, n);
		i += n;
	}
	return e ? e : finish(s);
}

static enum err pack_period(struct step *s, int64_t cut)
{
	s->n = 0;
	enum err e = sql_begin(s->a->db);
	if (e) {
		return e;
	}
	e = read_rows(s, cut);
	if (!e && s->n) {
		e = pack_rows(s);
	}
	e = e ? e : sql_commit(s->a->db);
	if (e) {
		sql_rollback(s->a->db);
	} else if (s->n && s->last > s->a->packed[s->period]) {
		s->a->packed[s->period] = s->last;
	}
	return e;
}

enum err pack_step(struct applier *a, int64_t now, size_t *ret_blocks)
{
	struct step s = {.a = a};
	enum err e = ERR_NOMEM;
	*ret_blocks = 0;
	s.rows = malloc(STEP_ROWS * sizeof(*s.rows));
	s.merged = malloc(BLOCK_VALUES_MAX * sizeof(*s.merged));
	if (s.rows && s.merged) {
		e = ERR_OK;
		for (int p = PERIOD_HALF_HOUR; p <= PERIOD_HOUR && !e && !s.blocks; p++) {
			s.period = (enum period)p;
			e = pack_period(&s, pack_cut(now));
		}
	}
	a->late_rows = s.blocks && a->late_rows > (int64_t)s.n ? a->late_rows - (int64_t)s.n : 0;
	free(s.rows);
	free(s.merged);
	*ret_blocks = s.blocks;
	return e;
}
