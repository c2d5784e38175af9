/*
 * rollup_fold.c - stage A; see rollup_fold.h
 */
#include "calc/rollup_fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LATE_REACH_S 10800LL /* neighbours of a late reading are looked for in so much first */
#define POINTS_MAX   100000  /* of one register in one hour; more is a fault of the schedule */

struct folded {
	int64_t reg;          /* 0: free place */
	int64_t open;         /* gauge, state: start of the hour not yet formed */
	struct point *points; /* owned; in order of time, never empty once a reading was taken */
	uint32_t n, cap;
	/* counter: the register jumped since the last boundary; gauge: the hour before `open` was
	 * formed without waiting for a reading behind it */
	bool flag;
};

struct fold {
	struct folded *items; /* open addressing by register id */
	size_t count, cap;
};

/* ---- table ---- */

static size_t slot_of(const struct folded *items, size_t cap, int64_t reg)
{
	size_t at = (size_t)((uint64_t)reg * 0x9e3779b97f4a7c15u >> 32) & (cap - 1);
	while (items[at].reg && items[at].reg != reg) {
		at = (at + 1) & (cap - 1);
	}
	return at;
}

static struct folded *find(struct fold *f, int64_t reg)
{
	if (f->count * 2 >= f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct folded *items = calloc(cap, sizeof(*items));
		if (!items) {
			return NULL;
		}
		for (size_t i = 0; i < f->cap; i++) {
			if (f->items[i].reg) {
				items[slot_of(items, cap, f->items[i].reg)] = f->items[i];
			}
		}
		free(f->items);
		f->items = items;
		f->cap = cap;
	}
	struct folded *x = &f->items[slot_of(f->items, f->cap, reg)];
	if (!x->reg) {
		*x = (struct folded){.reg = reg};
		f->count++;
	}
	return x;
}

struct fold *fold_new(void)
{
	return calloc(1, sizeof(struct fold));
}

void fold_free(struct fold *f)
{
	if (!f) {
		return;
	}
	for (size_t i = 0; i < f->cap; i++) {
		free(f->items[i].points);
	}
	free(f->items);
	free(f);
}

/* Insert keeping the order of time, behind those of the same moment. */
static bool insert(struct folded *x, struct point p)
{
	if (x->n == x->cap) {
		uint32_t cap = x->cap ? x->cap * 2 : 1;
		struct point *points = cap <= POINTS_MAX ?
					       realloc(x->points, cap * sizeof(*points)) :
					       NULL;
		if (!points) {
			return false;
		}
		x->points = points;
		x->cap = cap;
	}
	uint32_t at = x->n++;
	for (; at > 0 && x->points[at - 1].utc > p.utc; at--) {
		x->points[at] = x->points[at - 1];
	}
	x->points[at] = p;
	return true;
}

/* Forget what lies before the last point at or before `utc`. */
static void forget_before(struct folded *x, int64_t utc)
{
	uint32_t keep = 0;
	while (keep + 1 < x->n && x->points[keep + 1].utc <= utc) {
		keep++;
	}
	memmove(x->points, x->points + keep, (x->n - keep) * sizeof(struct point));
	x->n -= keep;
}

/* ---- counters ---- */

static uint16_t with_source(uint16_t q, enum quality_source s)
{
	return quality_make(quality_class(q), s, quality_flags(q));
}

/*
 * A pair that no plain delta connects (NEGATIVE, RESET_SUSPECT) taints the boundary behind the break:
 * the amount up to it cannot be told from the readings at its ends, however harmless they look.
 * Where the pair crosses boundaries that is the first of them, else the next one to be crossed.
 */
static bool is_break(const struct view_register *r, const struct point *a, const struct point *b)
{
	enum delta_status s =
		register_delta(&r->limits, a->value, b->value, b->utc - a->utc).status;
	return s == DELTA_NEGATIVE || s == DELTA_RESET_SUSPECT;
}

static enum err put_boundary(const struct view_register *r, struct form_value v, int64_t at,
	bool is_tainted, bool is_late, struct fold_out *out)
{
	unsigned flags = quality_flags(v.quality) & ~(unsigned)QUALITY_RESET_SUSPECT;
	v.quality = quality_make(quality_class(v.quality), SOURCE_POLLED,
		flags | (is_tainted ? QUALITY_RESET_SUSPECT : 0));
	if (isnan(v.value) && !is_tainted && !is_late) {
		return ERR_OK;
	}
	return out->put(out, r, at, v, is_late);
}

/* Hour boundaries behind a, up to and including b, within (span.from, span.till]. */
static enum err put_boundaries(const struct view_register *r, const struct point *a,
	const struct point *b, struct span span, bool *is_broken, bool is_late,
	struct fold_out *out)
{
	const struct boundary_rule *rule = &boundary_rule_default;
	int64_t last = period_of(&r->calendar, PERIOD_HOUR, b->utc).from;
	int64_t at = period_of(&r->calendar, PERIOD_HOUR, a->utc).till;
	bool is_too_long = b->utc - a->utc > rule->max_gap_s;
	bool breaks = is_break(r, a, b);
	while (at <= last) {
		bool is_at_a = at - a->utc <= rule->snap_s && at - a->utc <= b->utc - at;
		bool is_tainted = *is_broken || (breaks && !is_at_a);
		if (at > span.from && at <= span.till) {
			struct form_value v = boundary_reading(&r->limits, rule, a, b, at);
			enum err e = put_boundary(r, v, at, is_tainted, is_late, out);
			if (e) {
				return e;
			}
		}
		*is_broken = false;
		breaks = breaks && is_at_a;
		int64_t next = period_next(&r->calendar, PERIOD_HOUR, at);
		at = is_too_long && next < last ? last :
						  next; /* only the ends can be near a reading */
	}
	*is_broken |= breaks;
	return ERR_OK;
}

/* The very first reading is the one at the boundary shortly before it. */
static enum err put_first(
	const struct view_register *r, const struct point *p, bool is_late, struct fold_out *out)
{
	int64_t at = period_of(&r->calendar, PERIOD_HOUR, p->utc).from;
	if (p->utc - at > boundary_rule_default.snap_s) {
		return ERR_OK;
	}
	return put_boundary(r, (struct form_value){p->value, p->quality}, at, false, is_late, out);
}

static enum fold_result fold_counter(struct folded *x, const struct view_register *r,
	const struct point *p, struct fold_out *out)
{
	const struct span all = {INT64_MIN, INT64_MAX};
	enum err e;
	if (isnan(p->value)) {
		return FOLD_TAKEN; /* says nothing about the register */
	}
	if (x->n == 0) {
		e = put_first(r, p, false, out);
	} else if (p->utc <= x->points[0].utc) {
		return FOLD_LATE;
	} else {
		e = put_boundaries(r, &x->points[0], p, all, &x->flag, false, out);
	}
	x->n = 0;
	return e || !insert(x, *p) ? FOLD_FAILED : FOLD_TAKEN;
}

/* ---- gauges and states ---- */

static struct form_value hour_value(
	const struct view_register *r, const struct point *points, size_t n, struct span hour)
{
	struct form_value v = {NAN, quality_make(QUALITY_MISSING, SOURCE_INTEGRATED, 0)};
	if (r->kind == KIND_STATE) {
		for (size_t i = 0; i < n; i++) {
			if (points[i].utc >= hour.from && points[i].utc < hour.till &&
				!isnan(points[i].value)) {
				v.value = points[i].value;
				v.quality = with_source(points[i].quality, SOURCE_INTEGRATED);
			}
		}
		return v;
	}
	struct mean m = time_weighted_mean(points, n, hour, MEAN_TRAPEZOID, r->max_hold_s);
	v.value = m.mean;
	v.quality = with_source(m.quality, SOURCE_INTEGRATED);
	return v;
}

static enum err put_hour(const struct view_register *r, const struct point *points, size_t n,
	struct span hour, bool is_late, struct fold_out *out)
{
	struct form_value v = hour_value(r, points, n, hour);
	if (isnan(v.value) && !is_late) {
		return ERR_OK;
	}
	return out->put(out, r, hour.from, v, is_late);
}

/* Form the hours that end at or before `till`; the points include what lies behind. */
static enum err form_until(
	struct folded *x, const struct view_register *r, int64_t till, struct fold_out *out)
{
	struct span hour = period_of(&r->calendar, PERIOD_HOUR, x->open);
	while (hour.till <= till) {
		enum err e = put_hour(r, x->points, x->n, hour, false, out);
		if (e) {
			return e;
		}
		hour = period_of(&r->calendar, PERIOD_HOUR, hour.till);
		/* hours that no pair of readings covers are skipped */
		const struct point *before = x->points;
		while (before + 1 < x->points + x->n && before[1].utc <= hour.from) {
			before++;
		}
		bool is_bridged = before + 1 < x->points + x->n &&
				  before[1].utc - before->utc <= r->max_hold_s;
		if (!is_bridged && before->utc < hour.from) {
			int64_t next = before + 1 < x->points + x->n ? before[1].utc : till;
			struct span far = period_of(&r->calendar, PERIOD_HOUR, next);
			hour = far.from > hour.from ? far : hour;
		}
	}
	x->open = hour.from;
	forget_before(x, x->open);
	return ERR_OK;
}

static enum fold_result fold_gauge(struct folded *x, const struct view_register *r,
	const struct point *p, struct fold_out *out)
{
	if (x->n == 0) {
		x->open = period_of(&r->calendar, PERIOD_HOUR, p->utc).from;
	} else if (p->utc < x->open) {
		return FOLD_LATE;
	}
	bool is_newest = x->n == 0 || p->utc >= x->points[x->n - 1].utc;
	/* the hour closed without it would have counted the time between the last reading and this */
	bool reaches_back = x->flag && p->utc - r->max_hold_s < x->open;
	if (!insert(x, *p)) {
		return FOLD_FAILED;
	}
	int64_t till = period_of(&r->calendar, PERIOD_HOUR, p->utc).from;
	if (is_newest && till > x->open) {
		if (form_until(x, r, till, out)) {
			return FOLD_FAILED;
		}
		x->flag = false;
	}
	return reaches_back ? FOLD_LATE : FOLD_TAKEN;
}

enum fold_result fold_reading(
	struct fold *f, const struct view_register *r, struct point reading, struct fold_out *out)
{
	if (!r->is_folded) {
		return FOLD_TAKEN;
	}
	struct folded *x = find(f, r->conf->id);
	if (!x) {
		return FOLD_FAILED;
	}
	return r->kind == KIND_COUNTER ? fold_counter(x, r, &reading, out) :
					 fold_gauge(x, r, &reading, out);
}

enum err fold_close(struct fold *f, const struct view *v, int64_t newest_utc, struct fold_out *out)
{
	for (size_t i = 0; i < f->cap; i++) {
		struct folded *x = &f->items[i];
		const struct view_register *r = x->reg ? view_register(v, x->reg) : NULL;
		if (!r || !r->is_folded || r->kind == KIND_COUNTER || x->n == 0) {
			continue;
		}
		struct span hour = period_of(&r->calendar, PERIOD_HOUR, x->open);
		if (newest_utc - r->max_hold_s < hour.till || x->points[x->n - 1].utc < hour.from) {
			continue;
		}
		enum err e = form_until(x, r, hour.till, out);
		if (e) {
			return e;
		}
		x->flag = true;
	}
	return ERR_OK;
}

void fold_forget_after(struct fold *f, int64_t utc)
{
	for (size_t i = 0; i < f->cap; i++) {
		struct folded *x = &f->items[i];
		while (x->n > 0 && x->points[x->n - 1].utc > utc) {
			x->n--;
		}
		if (x->open > utc) {
			x->n = 0; /* begins anew with the next reading */
		}
	}
}

/* ---- late readings ---- */

bool fold_late_span(const struct view_register *r, struct span late, const struct point *readings,
	size_t n, struct span *ret_span)
{
	struct span s = *ret_span;
	if (r->kind != KIND_COUNTER) {
		struct span first = period_of(&r->calendar, PERIOD_HOUR, late.from - r->max_hold_s);
		struct span last = period_of(&r->calendar, PERIOD_HOUR, late.till + r->max_hold_s);
		*ret_span = (struct span){first.from - r->max_hold_s, last.till + r->max_hold_s};
		return s.from <= ret_span->from && s.till >= ret_span->till;
	}
	/* the hours of the neighbours on either side, and one reading beyond each */
	const struct point *before = NULL, *behind = NULL;
	for (size_t i = 0; i < n; i++) {
		if (readings[i].utc < late.from) {
			before = &readings[i];
		} else if (readings[i].utc > late.till && !behind) {
			behind = &readings[i];
		}
	}
	bool is_whole = before && behind &&
			readings[0].utc <= period_of(&r->calendar, PERIOD_HOUR, before->utc).from &&
			readings[n - 1].utc >=
				period_of(&r->calendar, PERIOD_HOUR, behind->utc).till;
	int64_t reach = late.from - s.from;
	reach = reach < LATE_REACH_S ? LATE_REACH_S : reach * 8;
	*ret_span = (struct span){late.from - reach, late.till + reach};
	return is_whole || late.from - s.from > boundary_rule_default.max_gap_s;
}

static enum err late_counter(const struct view_register *r, struct span late,
	const struct point *readings, size_t n, struct fold_out *out)
{
	const struct point *before = NULL;
	struct span span = {INT64_MIN, INT64_MAX};
	bool is_broken = false;
	for (size_t i = 0; i < n; i++) {
		if (readings[i].utc < late.from) {
			span.from = period_of(&r->calendar, PERIOD_HOUR, readings[i].utc).from;
		} else if (readings[i].utc > late.till) {
			span.till = period_of(&r->calendar, PERIOD_HOUR, readings[i].utc).till;
			break;
		}
	}
	for (size_t i = 0; i < n; i++) {
		const struct point *p = &readings[i];
		enum err e = before ? put_boundaries(r, before, p, span, &is_broken, true, out) :
			     span.from == INT64_MIN ? put_first(r, p, true, out) :
						      ERR_OK;
		if (e) {
			return e;
		}
		before = p;
	}
	return ERR_OK;
}

static enum err late_gauge(const struct folded *x, const struct view_register *r, struct span late,
	const struct point *readings, size_t n, struct fold_out *out)
{
	struct span hour = period_of(&r->calendar, PERIOD_HOUR, late.from - r->max_hold_s);
	while (hour.from <= late.till + r->max_hold_s && hour.till <= x->open) {
		enum err e = put_hour(r, readings, n, hour, true, out);
		if (e) {
			return e;
		}
		hour = period_of(&r->calendar, PERIOD_HOUR, hour.till);
	}
	return ERR_OK;
}

enum err fold_late(struct fold *f, const struct view_register *r, struct span late,
	const struct point *readings, size_t n, struct fold_out *out)
{
	struct folded *x = find(f, r->conf->id);
	if (!x) {
		return ERR_NOMEM;
	}
	if (r->kind == KIND_COUNTER) {
		return late_counter(r, late, readings, n, out);
	}
	/* the running hour begins with the last reading before it, which may be one of these */
	const struct point *last = NULL;
	for (size_t i = 0; i < n && readings[i].utc < x->open; i++) {
		last = &readings[i];
	}
	if (last && x->n > 0 && x->points[0].utc > x->open) {
		if (!insert(x, *last)) {
			return ERR_NOMEM;
		}
	} else if (last && x->n > 0 && last->utc > x->points[0].utc) {
		x->points[0] = *last;
	}
	return late_gauge(x, r, late, readings, n, out);
}

/* ---- state ---- */

#define STATE_VERSION 1

/* Differences of any two moments, a damaged state's too, wrap around and back. */
static int64_t add_wrapped(int64_t a, uint64_t b)
{
	return (int64_t)((uint64_t)a + b);
}

static void put_double(struct buf *out, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	buf_u64le(out, bits);
}

static double take_double(struct reader *in)
{
	uint64_t bits = reader_u64le(in);
	double v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

void fold_save(const struct fold *f, struct buf *out)
{
	buf_u8(out, STATE_VERSION);
	buf_varint(out, f->count);
	for (size_t i = 0; i < f->cap; i++) {
		const struct folded *x = &f->items[i];
		if (!x->reg) {
			continue;
		}
		int64_t last = x->open;
		buf_varint(out, zigzag(x->reg));
		buf_varint(out, zigzag(x->open));
		buf_u8(out, x->flag);
		buf_varint(out, x->n);
		for (uint32_t k = 0; k < x->n; k++) {
			buf_varint(out, zigzag(add_wrapped(x->points[k].utc, -(uint64_t)last)));
			put_double(out, x->points[k].value);
			buf_u16le(out, x->points[k].quality);
			last = x->points[k].utc;
		}
	}
}

static bool load_one(struct fold *f, struct reader *in)
{
	int64_t reg = unzigzag(reader_varint(in)), open = unzigzag(reader_varint(in));
	bool flag = reader_u8(in) != 0;
	uint64_t n = reader_varint(in);
	int64_t last = open;
	struct folded *x = reg && !in->is_short && n <= POINTS_MAX ? find(f, reg) : NULL;
	if (!x || x->n) {
		return false;
	}
	x->open = open;
	x->flag = flag;
	for (uint64_t k = 0; k < n; k++) {
		struct point p = {.utc = add_wrapped(last, (uint64_t)unzigzag(reader_varint(in)))};
		p.value = take_double(in);
		p.quality = reader_u16le(in);
		if (in->is_short || !insert(x, p)) {
			return false;
		}
		last = p.utc;
	}
	return true;
}

enum err fold_load(struct fold *f, struct reader *in)
{
	if (reader_u8(in) != STATE_VERSION) {
		return ERR_CORRUPT;
	}
	uint64_t count = reader_varint(in);
	for (uint64_t i = 0; i < count; i++) {
		if (!load_one(f, in)) {
			return ERR_CORRUPT;
		}
	}
	return in->is_short ? ERR_CORRUPT : ERR_OK;
}
