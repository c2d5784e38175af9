/*
 * apply_archive.c - archive values into rows, with history and journal; see apply_archive.h
 *
 * New values go into rows (start, series), whatever their age; a row wins over a block. A value
 * that is later than everything of its series needs no look-up, which is nearly every value.
 *
 * History keeps every number that was replaced by another, except those of a period that is still
 * running (a day that grows hour by hour), and except the mark that a value was missing, unless a
 * person had set it.
 */
#include "store/apply_archive.h"

#include "base/clock.h"
#include "store/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

static const int64_t longest[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = 1800,
	[PERIOD_HOUR] = 3600,
	[PERIOD_DAY] = DAY_S + 3 * 3600,
	[PERIOD_MONTH] = 32 * DAY_S,
};

const char *const sql_archive_get[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] =
		"SELECT value, quality, frame FROM archive_half_hour WHERE start=? AND series=?",
	[PERIOD_HOUR] = "SELECT value, quality, frame FROM archive_hour WHERE start=? AND series=?",
	[PERIOD_DAY] = "SELECT value, quality, frame FROM archive_day WHERE start=? AND series=?",
	[PERIOD_MONTH] =
		"SELECT value, quality, frame FROM archive_month WHERE start=? AND series=?",
};

const char *const sql_archive_next[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "SELECT min(start) FROM archive_half_hour WHERE start >= ?",
	[PERIOD_HOUR] = "SELECT min(start) FROM archive_hour WHERE start >= ?",
	[PERIOD_DAY] = "SELECT min(start) FROM archive_day WHERE start >= ?",
	[PERIOD_MONTH] = "SELECT min(start) FROM archive_month WHERE start >= ?",
};

static const char *const sql_archive_max[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "SELECT max(start) FROM archive_half_hour",
	[PERIOD_HOUR] = "SELECT max(start) FROM archive_hour",
	[PERIOD_DAY] = "SELECT max(start) FROM archive_day",
	[PERIOD_MONTH] = "SELECT max(start) FROM archive_month",
};

#define INTO "(start, series, value, quality, frame) VALUES (?,?,?,?,?)"
static const char *const sql_archive_put[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = "REPLACE INTO archive_half_hour " INTO,
	[PERIOD_HOUR] = "REPLACE INTO archive_hour " INTO,
	[PERIOD_DAY] = "REPLACE INTO archive_day " INTO,
	[PERIOD_MONTH] = "REPLACE INTO archive_month " INTO,
};

int64_t month_of(int64_t utc)
{
	struct civil c = civil_from_utc(utc);
	return (int64_t)c.year * 12 + c.month - 1;
}

int64_t month_start(int64_t month)
{
	int64_t year = month >= 0 ? month / 12 : -((11 - month) / 12);
	return civil_to_utc(
		(struct civil){.year = (int)year, .month = (int)(month - year * 12) + 1, .day = 1});
}

enum err archive_attach(struct applier *a)
{
	enum err e = pack_known(a->db, a->packed);
	free(a->newest);
	a->newest = NULL;
	a->newest_cap = a->newest_n = 0;
	a->block_series = 0;
	for (int p = PERIOD_HALF_HOUR; p < PERIOD_COUNT && !e; p++) {
		struct sql_stmt *st = sql_prepare(a->db, sql_archive_max[p]);
		a->floor[p] = a->packed[p];
		if (sql_step(st) && !sql_is_null(st, 0) && sql_int(st, 0) > a->floor[p]) {
			a->floor[p] = sql_int(st, 0);
		}
		e = sql_done(st);
	}
	return e;
}

/* ---- newest start by series and period ---- */

static size_t slot_of(const struct newest *table, size_t cap, int64_t key)
{
	size_t at = (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);
	while (table[at].key && table[at].key != key) {
		at = (at + 1) & (cap - 1);
	}
	return at;
}

static bool grow_newest(struct applier *a)
{
	size_t cap = a->newest_cap ? 2 * a->newest_cap : 1024;
	struct newest *table = calloc(cap, sizeof(*table));
	if (!table) {
		return false;
	}
	for (size_t i = 0; i < a->newest_cap; i++) {
		if (a->newest[i].key) {
			table[slot_of(table, cap, a->newest[i].key)] = a->newest[i];
		}
	}
	free(a->newest);
	a->newest = table;
	a->newest_cap = cap;
	return true;
}

/* Where the newest start of a series is kept; NULL when memory ran out. */
static int64_t *newest_of(struct applier *a, int64_t series, enum period period)
{
	if (a->newest_n * 2 >= a->newest_cap && !grow_newest(a)) {
		return NULL;
	}
	int64_t key = (int64_t)((uint64_t)series * PERIOD_COUNT + (uint64_t)period);
	struct newest *slot = &a->newest[slot_of(a->newest, a->newest_cap, key)];
	if (!slot->key) {
		*slot = (struct newest){key, a->floor[period]};
		a->newest_n++;
	}
	return &slot->start;
}

/* ---- what is there ---- */

enum err block_load(struct sql *db, int64_t series, enum period period, int64_t month,
	struct archive_value *items, size_t *ret_n)
{
	struct sql_stmt *st = sql_prepare(
		db, "SELECT body FROM archive_block WHERE series=? AND period=? AND month=?");
	enum err e = ERR_OK;
	sql_put_int(st, series);
	sql_put_int(st, (int64_t)period);
	sql_put_int(st, month);
	*ret_n = 0;
	if (sql_step(st)) {
		e = block_decode(sql_blob(st, 0), items, ret_n);
	}
	enum err done = sql_done(st);
	return done ? done : e;
}

static int compare_starts(const void *a, const void *b)
{
	const struct archive_value *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static enum err find_in_block(
	struct applier *a, const struct batch_item *item, struct archive_value *ret_old)
{
	int64_t month = month_of(item->utc);
	if (a->block_series != item->id || a->block_period != item->period ||
		a->block_month != month) {
		a->block_series = 0;
		enum err e = block_load(
			a->db, item->id, item->period, month, a->block, &a->block_n);
		if (e == ERR_CORRUPT) { /* must not stop what is new; db check tells */
			a->block_n = 0;
		} else if (e) {
			return e;
		}
		a->block_series = item->id;
		a->block_period = item->period;
		a->block_month = month;
	}
	struct archive_value wanted = {.start = item->utc};
	const struct archive_value *found = a->block_n ? bsearch(&wanted, a->block, a->block_n,
								 sizeof(wanted), compare_starts) :
							 NULL;
	if (!found) {
		return ERR_NODATA;
	}
	*ret_old = *found;
	return ERR_OK;
}

static enum err find_old(
	struct applier *a, const struct batch_item *item, struct archive_value *ret_old)
{
	struct sql_stmt *st = sql_prepare(a->db, sql_archive_get[item->period]);
	sql_put_int(st, item->utc);
	sql_put_int(st, item->id);
	enum err e = ERR_NODATA;
	if (sql_step(st)) {
		*ret_old = (struct archive_value){
			item->utc, sql_real(st, 0), (uint16_t)sql_int(st, 1), sql_int(st, 2)};
		e = ERR_OK;
	}
	enum err done = sql_done(st);
	if (done || e == ERR_OK || item->utc > a->packed[item->period]) {
		return done ? done : e;
	}
	return find_in_block(a, item, ret_old);
}

/* ---- changes ---- */

static enum err note_change(struct applier *a, const struct batch_item *item)
{
	int64_t till = item->utc +
		       (item->period == PERIOD_HOUR || item->period == PERIOD_HALF_HOUR ?
				       longest[item->period] :
				       1);
	int64_t reach = item->period < PERIOD_DAY ? DAY_S : longest[PERIOD_MONTH];
	struct changed *last = a->change_n ? &a->changes[a->change_n - 1] : NULL;
	if (last && last->series == item->id && last->period == item->period &&
		item->utc >= last->span.from && item->utc <= last->span.till + reach) {
		last->span.till = till > last->span.till ? till : last->span.till;
		return ERR_OK;
	}
	if (a->change_n == a->change_cap) {
		size_t cap = a->change_cap ? 2 * a->change_cap : 256;
		struct changed *grown = realloc(a->changes, cap * sizeof(*grown));
		if (!grown) {
			return ERR_NOMEM;
		}
		a->changes = grown;
		a->change_cap = cap;
	}
	a->changes[a->change_n++] = (struct changed){item->period, item->id, {item->utc, till}};
	return ERR_OK;
}

static bool is_worth_history(const struct batch_item *item, const struct archive_value *old)
{
	if (quality_source(old->quality) == SOURCE_MANUAL) {
		return true;
	}
	if (quality_source(item->quality) == SOURCE_MANUAL) {
		return !isnan(old->value); /* what a person replaces is shown beside it */
	}
	bool is_running = item->utc + longest[item->period] > clock_now();
	return !isnan(old->value) && old->value != item->value && !is_running;
}

static enum err put_history(
	struct applier *a, const struct batch_item *item, const struct archive_value *old)
{
	if (!is_worth_history(item, old)) {
		return ERR_OK;
	}
	struct sql_stmt *st = sql_prepare(a->db,
		"INSERT INTO archive_history"
		" (id, changed_utc, period, start, series, value, quality, frame, who, why)"
		" VALUES (?,?,?,?,?,?,?,?,?,?)");
	sql_put_int(st, a->history++);
	sql_put_int(st, clock_now());
	sql_put_int(st, (int64_t)item->period);
	sql_put_int(st, item->utc);
	sql_put_int(st, item->id);
	sql_put_real(st, old->value);
	sql_put_int(st, old->quality);
	sql_put_int(st, old->frame);
	sql_put_text(st, a->who);
	sql_put_text(st, a->why);
	return sql_run(st);
}

/* Does `item` change anything, and may it? */
static bool is_wanted(const struct batch_item *item, const struct archive_value *old)
{
	bool is_same = item->quality == old->quality &&
		       (item->value == old->value || (isnan(item->value) && isnan(old->value)));
	if (is_same) {
		return false;
	}
	if (item->is_restore) {
		return true;
	}
	if (item->is_forced) { /* a person's value gives way to a person's only */
		return quality_source(old->quality) != SOURCE_MANUAL ||
		       quality_source(item->quality) == SOURCE_MANUAL;
	}
	if (item->is_revision) {
		return quality_source(old->quality) <= quality_source(item->quality) ||
		       quality_class(old->quality) == QUALITY_MISSING;
	}
	bool hides = quality_class(item->quality) == QUALITY_MISSING &&
		     quality_class(old->quality) != QUALITY_MISSING;
	return !hides && quality_replaces(item->quality, old->quality);
}

enum err archive_put(struct applier *a, const struct batch_item *item)
{
	struct archive_value old;
	int64_t *newest = newest_of(a, item->id, item->period);
	enum err e = ERR_NODATA;
	if (!newest) {
		return ERR_NOMEM;
	}
	a->values++;
	if (item->utc > *newest) {
		*newest = item->utc;
	} else {
		e = find_old(a, item, &old);
	}
	if (e == ERR_OK) {
		if (!is_wanted(item, &old)) {
			return ERR_OK;
		}
		e = put_history(a, item, &old);
		if (e) {
			return e;
		}
	} else if (e != ERR_NODATA) {
		return e;
	}
	struct sql_stmt *st = sql_prepare(a->db, sql_archive_put[item->period]);
	sql_put_int(st, item->utc);
	sql_put_int(st, item->id);
	sql_put_real(st, item->value);
	sql_put_int(st, item->quality);
	sql_put_int(st, a->current_frame);
	e = sql_run(st);
	a->late_rows += item->period < PERIOD_DAY && item->utc < a->pack_before;
	return e ? e : note_change(a, item);
}

/* ---- journal ---- */

static int compare_changes(const void *a, const void *b)
{
	const struct changed *x = a, *y = b;
	if (x->period != y->period) {
		return x->period < y->period ? -1 : 1;
	}
	if (x->span.from != y->span.from) {
		return x->span.from < y->span.from ? -1 : 1;
	}
	if (x->span.till != y->span.till) {
		return x->span.till < y->span.till ? -1 : 1;
	}
	return (x->series > y->series) - (x->series < y->series);
}

/* Changes of one period and span, n > 0, ascending by series. */
static enum err put_journal(struct applier *a, const struct changed *c, size_t n, int64_t now)
{
	struct buf body;
	int64_t next = 0;
	buf_init(&body, 20 * n);
	for (size_t i = 0; i < n;) {
		size_t k = i + 1;
		int64_t till = c[i].series + 1;
		for (; k < n && c[k].series <= till; k++) {
			till = c[k].series + 1;
		}
		buf_varint(&body, zigzag(c[i].series - next));
		buf_varint(&body, (uint64_t)(till - c[i].series));
		next = till;
		i = k;
	}
	struct sql_stmt *st = sql_prepare(a->db,
		"INSERT INTO journal (seq, utc, period, from_utc, till_utc, body) VALUES (?,?,?,?,?,?)");
	sql_put_int(st, a->journal++);
	sql_put_int(st, now);
	sql_put_int(st, (int64_t)c->period);
	sql_put_int(st, c->span.from);
	sql_put_int(st, c->span.till);
	sql_put_blob(st, buf_slice(&body));
	enum err e = sql_run(st);
	e = body.is_full ? ERR_NOMEM : e;
	buf_fini(&body);
	return e;
}

enum err archive_journal(struct applier *a, int64_t now)
{
	struct changed *c = a->changes;
	enum err e = ERR_OK;
	bool is_sorted = true; /* as they are when an hour comes after the other */
	for (size_t i = 1; i < a->change_n && is_sorted; i++) {
		is_sorted = compare_changes(&c[i - 1], &c[i]) < 0;
	}
	if (!is_sorted) {
		qsort(c, a->change_n, sizeof(*c), compare_changes);
	}
	for (size_t i = 0; i < a->change_n && !e;) {
		size_t n = 1;
		while (i + n < a->change_n && c[i + n].period == c[i].period &&
			c[i + n].span.from == c[i].span.from &&
			c[i + n].span.till == c[i].span.till) {
			n++;
		}
		e = put_journal(a, c + i, n, now);
		i += n;
	}
	return e;
}
