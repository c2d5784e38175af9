/*
 * rollup_channel.c - stages B and C; see rollup_channel.h
 */
#include "calc/rollup_channel.h"

#include <assert.h>
#include <math.h>

#define PARTS_MAX   64 /* hours of a day: 25, half-hours of it: 50, days of a month: 31 */
#define HALF_HOUR_S 1800

/* Flags that say that the readings at the ends of a period do not tell its amount. */
#define BROKEN (QUALITY_ROLLOVER | QUALITY_REPLACED | QUALITY_RESET_SUSPECT | QUALITY_HIGH_SUSPECT)

const char *jump_text(enum jump j)
{
	switch (j) {
	case JUMP_NONE: break;
	case JUMP_HIGH: return "the register rose by more than the meter can pass";
	case JUMP_RESET: return "the register fell to near zero: reset or replaced?";
	case JUMP_NEGATIVE: return "the register fell without explanation";
	case JUMP_NO_FINAL: return "meter replaced, a reading at the change is unknown";
	}
	return "";
}

static struct form_value missing(enum quality_source source, unsigned flags)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, source, flags)};
}

static bool is_missing(struct form_value v)
{
	return quality_class(v.quality) == QUALITY_MISSING || isnan(v.value);
}

/* What a computation yields is never a person's own value, even if a person's readings are in it. */
static uint16_t computed(uint16_t q)
{
	return quality_source(q) > SOURCE_METER ?
		       quality_make(quality_class(q), SOURCE_METER, quality_flags(q)) :
		       q;
}

/* From the register's unit into the channel's. */
static double converted(const struct view_channel *c, const struct view_register *r,
	double multiplier, double value)
{
	double v = value;
	/* pulses and plain numbers have no dimension: the multiplier gives it */
	if (unit_convert(value, r->conf->unit, c->conf->unit, &v) != ERR_OK) {
		v = value;
	}
	return v * multiplier;
}

/* ---- readings of a register ---- */

/* Value of a register's archive; hours of a meter that keeps half-hours only come out of these. */
static struct form_value register_value(
	const struct view_register *r, enum period period, int64_t start, struct cache *cache)
{
	struct form_value v = cache_get(cache, r->conf->id, period, start);
	if (!is_missing(v) || period != PERIOD_HOUR || !r->has_half_hours) {
		return v;
	}
	struct form_value first = cache_get(cache, r->conf->id, PERIOD_HALF_HOUR, start);
	if (r->conf->form == FORM_POINT || is_missing(first)) {
		return is_missing(first) ? v : first;
	}
	struct form_value second = cache_get(
		cache, r->conf->id, PERIOD_HALF_HOUR, start + HALF_HOUR_S);
	if (is_missing(second)) {
		return v;
	}
	double value = r->kind == KIND_COUNTER ? first.value + second.value :
		       r->kind == KIND_GAUGE   ? (first.value + second.value) / 2 :
						 second.value;
	return (struct form_value){value, quality_worst(first.quality, second.quality)};
}

/* Reading a delta starts from: a decrease within the noise leaves the reading before it in force. */
static struct form_value reference(
	const struct view_register *r, enum period period, int64_t at, struct cache *cache)
{
	struct form_value here = register_value(r, period, at, cache);
	if (is_missing(here) || !(r->limits.noise > 0)) {
		return here;
	}
	int64_t earlier = period_prev(&r->calendar, period, at);
	struct form_value before = register_value(r, period, earlier, cache);
	if (!is_missing(before) && before.value > here.value &&
		before.value - here.value <= r->limits.noise) {
		here.value = before.value;
	}
	return here;
}

/* ---- stage B ---- */

struct piece {
	struct form_value v;
	struct span span;
	enum jump jump;
};

static enum jump jump_of(enum delta_status s)
{
	switch (s) {
	case DELTA_SUSPECT_HIGH: return JUMP_HIGH;
	case DELTA_RESET_SUSPECT: return JUMP_RESET;
	case DELTA_NEGATIVE: return JUMP_NEGATIVE;
	case DELTA_REPLACED_NO_FINAL: return JUMP_NO_FINAL;
	case DELTA_OK:
	case DELTA_NOISE_ZERO:
	case DELTA_ROLLOVER:
	case DELTA_REPLACED: break;
	}
	return JUMP_NONE;
}

static struct form_value by_hand(double reading)
{
	return isnan(reading) ? missing(SOURCE_MANUAL, 0) :
				(struct form_value){
					reading, quality_make(QUALITY_MEASURED, SOURCE_MANUAL, 0)};
}

/* What a counter that reports readings counted while `b` was in force. */
static void counted_piece(const struct view_channel *c, const struct view_register *r,
	const struct binding *b, enum period period, struct span whole, struct cache *cache,
	struct piece *p)
{
	bool is_fitted = b->from_utc > whole.from ||
			 (b->from_utc == whole.from && !isnan(b->reading_fitted));
	bool is_removed = b->till_utc < whole.till ||
			  (b->till_utc == whole.till && !isnan(b->reading_removed));
	struct form_value r1 = is_fitted ? by_hand(b->reading_fitted) :
					   reference(r, period, whole.from, cache);
	struct form_value r2 = is_removed ? by_hand(b->reading_removed) :
					    register_value(r, period, whole.till, cache);
	bool is_tainted = (quality_flags(r2.quality) & QUALITY_RESET_SUSPECT) != 0;
	if (is_missing(r1) || is_missing(r2)) {
		p->v = missing(SOURCE_NONE, is_tainted ? QUALITY_RESET_SUSPECT : 0);
		p->jump = is_tainted ? JUMP_NEGATIVE : JUMP_NONE;
		return;
	}
	/* a reading's taint speaks of the time before it */
	r1.quality &= (uint16_t)~QUALITY_RESET_SUSPECT;
	struct delta d = register_delta(
		&r->limits, r1.value, r2.value, p->span.till - p->span.from);
	uint16_t q = quality_worst(r1.quality, r2.quality);
	uint16_t why = delta_quality(d.status);
	enum quality_class class = quality_class(q) > quality_class(why) ? quality_class(q) :
									   quality_class(why);
	if (is_tainted && class < QUALITY_SUSPECT) {
		class = QUALITY_SUSPECT;
	}
	p->jump = jump_of(d.status);
	p->jump = is_tainted && p->jump < JUMP_RESET ? JUMP_RESET : p->jump;
	p->v.value = converted(c, r, b->multiplier, d.amount);
	p->v.quality = quality_make(
		class, quality_source(q), quality_flags(q) | quality_flags(why));
}

static struct piece piece_of(const struct view *v, const struct view_channel *c,
	const struct binding *b, enum period period, struct span whole, struct cache *cache)
{
	struct piece p = {.v = missing(SOURCE_NONE, 0)};
	const struct view_register *r = view_register(v, b->meter_register);
	p.span.from = b->from_utc > whole.from ? b->from_utc : whole.from;
	p.span.till = b->till_utc < whole.till ? b->till_utc : whole.till;
	if (!r) {
		return p;
	}
	if (r->kind == KIND_COUNTER && r->conf->form != FORM_AMOUNT) {
		counted_piece(c, r, b, period, whole, cache, &p);
		return p;
	}
	struct form_value x = register_value(r, period, whole.from, cache);
	if (!is_missing(x)) {
		p.v = (struct form_value){converted(c, r, b->multiplier, x.value), x.quality};
	} else {
		p.v = missing(quality_source(x.quality), quality_flags(x.quality));
	}
	return p;
}

/* Several meters in one interval: parts of a counter add up, gauges are weighted by time. */
static struct form_value join_pieces(const struct view_channel *c, const struct piece *pieces,
	size_t n, struct span whole, enum jump *ret_jump)
{
	int64_t covered = 0, known = 0;
	double sum = 0, weighted = 0;
	uint16_t q = pieces[0].v.quality;
	bool is_whole = true;
	for (size_t i = 0; i < n; i++) {
		const struct piece *p = &pieces[i];
		int64_t length = p->span.till - p->span.from;
		covered += length;
		q = i ? quality_worst(q, p->v.quality) : q;
		if (is_missing(p->v)) {
			is_whole = false;
			continue;
		}
		known += length;
		sum += p->v.value;
		weighted += p->v.value * (double)length;
	}
	unsigned flags = quality_flags(q) | (n > 1 ? QUALITY_REPLACED : 0);
	if (c->kind == KIND_COUNTER && !is_whole) {
		*ret_jump = n > 1 ? JUMP_NO_FINAL : *ret_jump;
		return missing(quality_source(q), flags);
	}
	if (known == 0) {
		return missing(quality_source(q), flags);
	}
	int64_t length = whole.till - whole.from;
	enum quality_class class = is_whole ? quality_class(q) : QUALITY_MEASURED;
	if ((double)(c->kind == KIND_COUNTER ? covered : known) < COVERAGE_MIN * (double)length &&
		class < QUALITY_PARTIAL) {
		class = QUALITY_PARTIAL;
	}
	double value = c->kind == KIND_COUNTER ? sum :
		       c->kind == KIND_GAUGE   ? weighted / (double)known :
						 pieces[n - 1].v.value;
	return (struct form_value){value, quality_make(class, quality_source(q), flags)};
}

struct form_value channel_interval(const struct view *v, const struct view_channel *c,
	enum period period, struct span span, struct cache *cache, enum jump *ret_jump)
{
	struct piece pieces[8]; /* more changes of meters in one hour are not believed */
	size_t n = 0;
	*ret_jump = JUMP_NONE;
	for (size_t i = 0; i < c->binding_count; i++) {
		const struct binding *b = view_binding(v, c, i);
		if (b->from_utc >= span.till || b->till_utc <= span.from) {
			continue;
		}
		if (n == sizeof(pieces) / sizeof(pieces[0])) {
			return missing(SOURCE_NONE, QUALITY_REPLACED);
		}
		pieces[n] = piece_of(v, c, b, period, span, cache);
		if (pieces[n].jump > *ret_jump) {
			*ret_jump = pieces[n].jump;
		}
		n++;
	}
	if (n == 0) {
		return missing(SOURCE_NONE, 0);
	}
	struct form_value x = join_pieces(c, pieces, n, span, ret_jump);
	x.quality = computed(x.quality);
	return x;
}

/* ---- stage C ---- */

/* The better known of two values: by source, then by class. */
static struct form_value better(struct form_value a, struct form_value b)
{
	if (is_missing(a) || is_missing(b)) {
		return is_missing(a) ? b : a;
	}
	enum quality_source sa = quality_source(a.quality), sb = quality_source(b.quality);
	if (sa != sb) {
		return sa > sb ? a : b;
	}
	return quality_class(b.quality) < quality_class(a.quality) ? b : a;
}

/* The one binding that fed the channel over the whole of `span`. */
static const struct binding *only_binding(
	const struct view *v, const struct view_channel *c, struct span span)
{
	for (size_t i = 0; i < c->binding_count; i++) {
		const struct binding *b = view_binding(v, c, i);
		if (b->from_utc <= span.from && b->till_utc >= span.till) {
			return b;
		}
	}
	return NULL;
}

/* Reading of a register at an end of a period, from any of its archives. */
static struct form_value end_reading(
	const struct view_register *r, enum period period, int64_t at, struct cache *cache)
{
	struct form_value x = register_value(r, PERIOD_HOUR, at, cache);
	if (r->has_days) {
		x = better(x, cache_get(cache, r->conf->id, PERIOD_DAY, at));
	}
	if (r->has_months && period == PERIOD_MONTH) {
		x = better(x, cache_get(cache, r->conf->id, PERIOD_MONTH, at));
	}
	return x;
}

/* Amount between the ends of a period, or mean or amount out of the meter's own archive of it. */
static struct form_value direct_value(const struct view_channel *c, const struct view_register *r,
	const struct binding *b, enum period period, struct span span, struct cache *cache)
{
	if (r->kind == KIND_COUNTER && r->conf->form != FORM_AMOUNT) {
		struct form_value r1 = end_reading(r, period, span.from, cache);
		struct form_value r2 = end_reading(r, period, span.till, cache);
		if (is_missing(r1) || is_missing(r2)) {
			return missing(SOURCE_NONE, 0);
		}
		struct delta d = register_delta(
			&r->limits, r1.value, r2.value, span.till - span.from);
		if (d.status != DELTA_OK && d.status != DELTA_NOISE_ZERO) {
			return missing(SOURCE_NONE, 0);
		}
		return (struct form_value){converted(c, r, b->multiplier, d.amount),
			quality_worst(r1.quality, r2.quality)};
	}
	if (!(period == PERIOD_DAY ? r->has_days : r->has_months)) {
		return missing(SOURCE_NONE, 0);
	}
	struct form_value x = cache_get(cache, r->conf->id, period, span.from);
	if (!is_missing(x)) {
		x.value = converted(c, r, b->multiplier, x.value);
	}
	return x;
}

struct parts {
	struct form_value v[PARTS_MAX];
	int64_t length[PARTS_MAX];
	size_t n;
	bool is_edited; /* a person or an import had a hand in it */
	bool is_broken; /* a rollover, replacement or jump lies inside */
};

static void take_parts(const struct view_channel *c, enum period period, struct span span,
	struct cache *cache, struct parts *ret)
{
	ret->n = 0;
	ret->is_edited = ret->is_broken = false;
	for (int64_t at = span.from; at < span.till && ret->n < PARTS_MAX;) {
		struct span s = period_of(&c->calendar, period, at);
		struct form_value x = cache_get(cache, c->conf->id, period, s.from);
		ret->is_edited |= quality_source(x.quality) > SOURCE_METER ||
				  (quality_flags(x.quality) & QUALITY_BY_HAND) != 0;
		ret->is_broken |= (quality_flags(x.quality) & BROKEN) != 0;
		ret->v[ret->n] = x;
		ret->length[ret->n++] = s.till - s.from;
		at = s.till;
	}
}

static struct form_value last_state(const struct parts *p)
{
	struct completeness c = form_completeness(p->v, p->n, p->n);
	struct form_value x = completeness_sum(&c);
	x.value = NAN;
	for (size_t i = p->n; i-- > 0;) {
		if (!is_missing(p->v[i])) {
			x.value = p->v[i].value;
			break;
		}
	}
	return x;
}

struct form_value channel_long(const struct view *v, const struct view_channel *c,
	enum period period, struct span span, struct cache *cache)
{
	struct parts p;
	struct form_value x;
	assert(period == PERIOD_DAY || period == PERIOD_MONTH);
	take_parts(c, period == PERIOD_DAY ? PERIOD_HOUR : PERIOD_DAY, span, cache, &p);
	if (c->kind == KIND_COUNTER) {
		struct completeness sum = form_completeness(p.v, p.n, p.n);
		x = completeness_sum(&sum);
	} else {
		x = c->kind == KIND_STATE ? last_state(&p) : form_mean(p.v, p.length, p.n, p.n);
	}
	const struct binding *b = only_binding(v, c, span);
	const struct view_register *r = b ? view_register(v, b->meter_register) : NULL;
	if (r && !p.is_edited && !(p.is_broken && c->kind == KIND_COUNTER)) {
		struct form_value direct = direct_value(c, r, b, period, span, cache);
		/* a sum with holes is no rival of readings at both ends, whatever its source */
		bool has_holes = quality_class(x.quality) >= QUALITY_PARTIAL;
		x = !is_missing(direct) && has_holes && c->kind == KIND_COUNTER ? direct :
										  better(direct, x);
	}
	x.quality = computed(x.quality);
	x.quality |= p.is_edited ? QUALITY_BY_HAND : 0;
	return x;
}
