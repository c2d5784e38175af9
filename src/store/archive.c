/*
 * archive.c - archives out: rows and blocks read as one; see store.h
 *
 * Half-hours and hours lie in blocks up to about ten days ago and in rows after that; late values
 * lie in rows until they are packed, and a row wins over a block. Days and months are rows.
 *
 * Rows are keyed (start, series). The rows of one series are found by asking for each start there is
 * in turn: two look-ups per start, and never more than ten days of hours.
 */
#include "store/apply_archive.h"
#include "store/pack.h"
#include "store/priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct values {
	struct archive_value *items;
	size_t n, cap;
};

static bool is_packed(enum period p)
{
	return p == PERIOD_HALF_HOUR || p == PERIOD_HOUR;
}

static bool is_known(enum period p)
{
	return p > PERIOD_NONE && p < PERIOD_COUNT;
}

static bool push(struct values *v, const struct archive_value *item)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? 2 * v->cap : 128;
		struct archive_value *grown = realloc(v->items, cap * sizeof(*grown));
		if (!grown) {
			return false;
		}
		v->items = grown;
		v->cap = cap;
	}
	v->items[v->n++] = *item;
	return true;
}

/* ---- rows ---- */

static enum err row_get(struct sql *db, int64_t series, enum period period, int64_t start,
	struct archive_value *ret)
{
	struct sql_stmt *st = sql_prepare(db, sql_archive_get[period]);
	enum err e = ERR_NODATA;
	sql_put_int(st, start);
	sql_put_int(st, series);
	if (sql_step(st)) {
		*ret = (struct archive_value){
			start, sql_real(st, 0), (uint16_t)sql_int(st, 1), sql_int(st, 2)};
		e = ERR_OK;
	}
	enum err done = sql_done(st);
	return done ? done : e;
}

/* First start of any series at or after `from`; INT64_MAX if there is none. */
static enum err next_start(struct sql *db, enum period period, int64_t from, int64_t *ret_start)
{
	struct sql_stmt *st = sql_prepare(db, sql_archive_next[period]);
	sql_put_int(st, from);
	*ret_start = INT64_MAX;
	if (sql_step(st) && !sql_is_null(st, 0)) {
		*ret_start = sql_int(st, 0);
	}
	return sql_done(st);
}

static enum err rows_of(
	struct sql *db, int64_t series, enum period period, struct span span, struct values *out)
{
	int64_t at;
	enum err e = next_start(db, period, span.from, &at);
	while (!e && at < span.till) {
		struct archive_value v;
		e = row_get(db, series, period, at, &v);
		if (e == ERR_OK && !push(out, &v)) {
			return ERR_NOMEM;
		}
		e = e == ERR_NODATA ? ERR_OK : e;
		e = e ? e : next_start(db, period, at + 1, &at);
	}
	return e;
}

/* ---- blocks ---- */

static size_t merged(const struct archive_value *a, size_t a_n, const struct archive_value *rows,
	size_t rows_n, struct archive_value *to)
{
	size_t i = 0, k = 0, m = 0;
	while (i < a_n || k < rows_n) {
		if (k == rows_n || (i < a_n && a[i].start < rows[k].start)) {
			to[m++] = a[i++];
			continue;
		}
		i += i < a_n && a[i].start == rows[k].start;
		to[m++] = rows[k++];
	}
	return m;
}

/* Values of blocks in the span; the blocks of a year lie side by side in the index. */
static enum err blocks_of(
	struct sql *db, int64_t series, enum period period, struct span span, struct values *out)
{
	struct archive_value *block = malloc(BLOCK_VALUES_MAX * sizeof(*block));
	if (!block) {
		return ERR_NOMEM;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT body FROM archive_block WHERE series=? AND period=? AND month BETWEEN ? AND ?"
		" ORDER BY month");
	sql_put_int(st, series);
	sql_put_int(st, (int64_t)period);
	sql_put_int(st, month_of(span.from));
	sql_put_int(st, month_of(span.till - 1));
	enum err e = ERR_OK;
	while (!e && sql_step(st)) {
		size_t n = 0;
		e = block_decode(sql_blob(st, 0), block, &n);
		for (size_t i = 0; i < n && !e; i++) {
			bool is_in = block[i].start >= span.from && block[i].start < span.till;
			if (is_in && !push(out, &block[i])) {
				e = ERR_NOMEM;
			}
		}
	}
	enum err done = sql_done(st);
	free(block);
	return e ? e : done;
}

/* civil time has no year for every int64 */
static struct span sane(struct span span)
{
	const int64_t far = 253402300800; /* 10000-01-01 */
	span.from = span.from < -far ? -far : span.from;
	span.till = span.till > far ? far : span.till;
	return span;
}

static enum err range_of(struct sql *db, int64_t series, enum period period, struct span span,
	struct values *ret_values)
{
	struct values rows = {0}, blocks = {0};
	span = sane(span);
	if (span.from >= span.till) {
		return ERR_OK;
	}
	enum err e = rows_of(db, series, period, span, &rows);
	if (!e && is_packed(period)) {
		e = blocks_of(db, series, period, span, &blocks);
	}
	if (e || blocks.n == 0) {
		*ret_values = rows;
		free(blocks.items);
		return e;
	}
	size_t n = rows.n + blocks.n;
	ret_values->items = malloc(n * sizeof(*rows.items));
	if (ret_values->items) {
		ret_values->n = merged(
			blocks.items, blocks.n, rows.items, rows.n, ret_values->items);
	}
	free(rows.items);
	free(blocks.items);
	return ret_values->items ? ERR_OK : ERR_NOMEM;
}

enum err archive_range(struct store *s, int64_t series, enum period period, struct span span,
	struct archive_value **ret_items, size_t *ret_n)
{
	struct values found = {0};
	struct sql *db;
	if (!is_known(period)) {
		return ERR_INVAL;
	}
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	e = sql_begin_read(db); /* rows and blocks of one moment: a value may just be moving */
	e = e ? e : range_of(db, series, period, span, &found);
	sql_rollback(db);
	store_reader_done(s, db);
	if (!e && !found.items) {
		found.items = malloc(sizeof(*found.items));
		e = found.items ? ERR_OK : ERR_NOMEM;
	}
	if (e) {
		free(found.items);
		return e;
	}
	*ret_items = found.items;
	*ret_n = found.n;
	return ERR_OK;
}

/* ---- one period of many series ---- */

struct wanted {
	int64_t series;
	size_t index;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	return (x->series > y->series) - (x->series < y->series);
}

static const char *const sql_at[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] =
		"SELECT series, value, quality, frame FROM archive_half_hour"
		" WHERE start=? AND series BETWEEN ? AND ? ORDER BY series",
	[PERIOD_HOUR] =
		"SELECT series, value, quality, frame FROM archive_hour"
		" WHERE start=? AND series BETWEEN ? AND ? ORDER BY series",
	[PERIOD_DAY] =
		"SELECT series, value, quality, frame FROM archive_day"
		" WHERE start=? AND series BETWEEN ? AND ? ORDER BY series",
	[PERIOD_MONTH] =
		"SELECT series, value, quality, frame FROM archive_month"
		" WHERE start=? AND series BETWEEN ? AND ? ORDER BY series",
};

/* Rows of one start; those found get the index SIZE_MAX. */
static enum err rows_at(struct sql *db, struct wanted *w, size_t n, enum period period,
	int64_t start, struct archive_value *items)
{
	size_t i = 0;
	struct sql_stmt *st = sql_prepare(db, sql_at[period]);
	sql_put_int(st, start);
	sql_put_int(st, w[0].series);
	sql_put_int(st, w[n - 1].series);
	while (sql_step(st)) {
		int64_t series = sql_int(st, 0);
		while (i < n && w[i].series < series) {
			i++;
		}
		for (; i < n && w[i].series == series; i++) {
			items[w[i].index] = (struct archive_value){
				start, sql_real(st, 1), (uint16_t)sql_int(st, 2), sql_int(st, 3)};
			w[i].index = SIZE_MAX;
		}
	}
	return sql_done(st);
}

static enum err blocks_at(struct sql *db, const struct wanted *w, size_t n, enum period period,
	int64_t start, struct archive_value *items)
{
	struct archive_value *block = malloc(BLOCK_VALUES_MAX * sizeof(*block));
	enum err e = block ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		size_t count = 0;
		if (w[i].index == SIZE_MAX) {
			continue;
		}
		e = block_load(db, w[i].series, period, month_of(start), block, &count);
		for (size_t k = 0; k < count && !e; k++) {
			if (block[k].start == start) {
				items[w[i].index] = block[k];
			}
		}
	}
	free(block);
	return e;
}

enum err archive_at(struct store *s, const int64_t *series, size_t n, enum period period,
	int64_t start, struct archive_value *items)
{
	struct sql *db;
	if (!is_known(period)) {
		return ERR_INVAL;
	}
	for (size_t i = 0; i < n; i++) {
		items[i] = (struct archive_value){
			start, NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0), 0};
	}
	if (n == 0) {
		return ERR_OK;
	}
	struct wanted *w = malloc(n * sizeof(*w));
	enum err e = w ? store_reader(s, &db) : ERR_NOMEM;
	if (e) {
		free(w);
		return e;
	}
	for (size_t i = 0; i < n; i++) {
		w[i] = (struct wanted){series[i], i};
	}
	qsort(w, n, sizeof(*w), compare_wanted);
	e = sql_begin_read(db);
	e = e ? e : rows_at(db, w, n, period, start, items);
	if (!e && is_packed(period)) {
		e = blocks_at(db, w, n, period, start, items);
	}
	sql_rollback(db);
	store_reader_done(s, db);
	free(w);
	return e;
}

/* ---- newest ---- */

static const char *const sql_before[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "SELECT max(start) FROM archive_half_hour WHERE start <= ?",
	[PERIOD_HOUR] = "SELECT max(start) FROM archive_hour WHERE start <= ?",
	[PERIOD_DAY] = "SELECT max(start) FROM archive_day WHERE start <= ?",
	[PERIOD_MONTH] = "SELECT max(start) FROM archive_month WHERE start <= ?",
};

static enum err latest_row(
	struct sql *db, int64_t series, enum period period, int64_t utc, struct archive_value *ret)
{
	for (;;) {
		struct sql_stmt *st = sql_prepare(db, sql_before[period]);
		sql_put_int(st, utc);
		bool is_there = sql_step(st) && !sql_is_null(st, 0);
		int64_t start = is_there ? sql_int(st, 0) : 0;
		enum err e = sql_done(st);
		if (e || !is_there) {
			return e ? e : ERR_NODATA;
		}
		e = row_get(db, series, period, start, ret);
		if (e != ERR_NODATA && (e || !isnan(ret->value))) {
			return e;
		}
		if (start == INT64_MIN) {
			return ERR_NODATA;
		}
		utc = start - 1;
	}
}

/* The newest value of a block, where the rows do not say that it is missing by now. */
static enum err latest_in(struct sql *db, int64_t series, enum period period, int64_t utc,
	const struct archive_value *block, size_t n, struct archive_value *ret)
{
	for (size_t i = n; i-- > 0;) {
		struct archive_value row;
		if (block[i].start > utc || isnan(block[i].value)) {
			continue;
		}
		enum err e = row_get(db, series, period, block[i].start, &row);
		if (e != ERR_NODATA && (e || isnan(row.value))) {
			if (e) {
				return e;
			}
			continue;
		}
		*ret = block[i];
		return ERR_OK;
	}
	return ERR_NODATA;
}

static enum err latest_block(
	struct sql *db, int64_t series, enum period period, int64_t utc, struct archive_value *ret)
{
	struct archive_value *block = malloc(BLOCK_VALUES_MAX * sizeof(*block));
	if (!block) {
		return ERR_NOMEM;
	}
	struct sql_stmt *st = sql_prepare(db,
		"SELECT body FROM archive_block WHERE series=? AND period=? AND month <= ?"
		" ORDER BY month DESC");
	sql_put_int(st, series);
	sql_put_int(st, (int64_t)period);
	sql_put_int(st, month_of(utc));
	enum err e = ERR_NODATA;
	while (e == ERR_NODATA && sql_step(st)) {
		size_t n = 0;
		e = block_decode(sql_blob(st, 0), block, &n);
		e = e ? e : latest_in(db, series, period, utc, block, n, ret);
	}
	enum err done = sql_done(st);
	free(block);
	return done ? done : e;
}

enum err archive_latest(struct store *s, int64_t series, enum period period, int64_t utc,
	struct archive_value *ret_value)
{
	struct archive_value row, block;
	struct sql *db;
	if (!is_known(period)) {
		return ERR_INVAL;
	}
	enum err e = store_reader(s, &db);
	if (e) {
		return e;
	}
	utc = sane((struct span){utc, utc}).till;
	e = sql_begin_read(db);
	e = e ? e : latest_row(db, series, period, utc, &row);
	/* a late value of long ago may lie in a row while newer ones lie in a block */
	if ((e == ERR_OK || e == ERR_NODATA) && is_packed(period)) {
		enum err b = latest_block(db, series, period, utc, &block);
		if (b == ERR_OK && (e == ERR_NODATA || block.start > row.start)) {
			row = block;
			e = ERR_OK;
		} else if (b != ERR_OK && b != ERR_NODATA) {
			e = b;
		}
	}
	sql_rollback(db);
	store_reader_done(s, db);
	if (!e) {
		*ret_value = row;
	}
	return e;
}

/* ---- gaps ---- */

static bool add_gap(struct span **gaps, size_t *n, size_t *cap, struct span gap)
{
	if (*n && (*gaps)[*n - 1].till == gap.from) {
		(*gaps)[*n - 1].till = gap.till;
		return true;
	}
	if (*n == *cap) {
		size_t more = *cap ? 2 * *cap : 16;
		struct span *grown = realloc(*gaps, more * sizeof(*grown));
		if (!grown) {
			return false;
		}
		*gaps = grown;
		*cap = more;
	}
	(*gaps)[(*n)++] = gap;
	return true;
}

enum err archive_gaps(struct store *s, int64_t series, enum period period,
	const struct calendar *calendar, struct span span, enum quality_source least,
	struct span **ret_gaps, size_t *ret_n)
{
	struct archive_value *items;
	struct span *gaps = NULL;
	size_t n, i = 0, gap_n = 0, cap = 0;
	enum err e = archive_range(s, series, period, span, &items, &n);
	if (e) {
		return e;
	}
	span = sane(span);
	int64_t at = period_of(calendar, period, span.from).from;
	if (at < span.from) {
		at = period_next(calendar, period, at);
	}
	for (; at < span.till && !e; at = period_next(calendar, period, at)) {
		while (i < n && items[i].start < at) {
			i++;
		}
		bool is_there = i < n && items[i].start == at && !isnan(items[i].value) &&
				quality_source(items[i].quality) >= least;
		struct span gap = {at, period_next(calendar, period, at)};
		if (!is_there && !add_gap(&gaps, &gap_n, &cap, gap)) {
			e = ERR_NOMEM;
		}
	}
	free(items);
	if (e) {
		free(gaps);
		return e;
	}
	*ret_gaps = gaps ? gaps : calloc(1, sizeof(*gaps));
	*ret_n = gap_n;
	return *ret_gaps ? ERR_OK : ERR_NOMEM;
}
