/*
 * rollup_channel.c - stages B and C; see rollup_channel.h
 */
#include "calc/rollup_channel.h"

#include <math.h>

#define HALF_HOUR_S 1800
#define HOUR_S      3600LL
#define FILL_HOURS  (31 * 24)
#define BLOCK_HOURS 32 /* of a hole fetched at once */

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

#define NOISE_STEP 1e-3

/*
 * Without the noise of binary fractions: 0.007 m3 and not 0.007000000000061846 as the difference of
 * two large readings. Only what lies within a thousandth of a step of what the meter resolves; what
 * was interpolated between readings stays as it is.
 */
static double denoised(const struct view_register *r, double value)
{
	static const double scales[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	int64_t decimals = r->conf->decimals;
	if (decimals < 0 || decimals > 9 || r->kind != KIND_COUNTER) {
		return value;
	}
	double steps = value * scales[decimals], whole = round(steps);
	return fabs(steps - whole) < NOISE_STEP ? whole / scales[decimals] : value;
}

/* From the register's unit into the channel's. */
static double converted(const struct view_channel *c, const struct view_register *r,
	double multiplier, double value)
{
	value = denoised(r, value);
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

/* ---- holes ---- */

bool register_neighbour(const struct view_register *r, int64_t at, int direction,
	struct cache *cache, struct point *ret)
{
	for (int64_t i = 1; i <= FILL_HOURS; i++) {
		int64_t t = at + direction * i * HOUR_S;
		if (t > r->newest_hour) {
			return false;
		}
		if (i % BLOCK_HOURS == 2 && !cache_has(cache, r->conf->id, PERIOD_HOUR, t)) {
			int64_t far = t + direction * (BLOCK_HOURS - 1) * HOUR_S;
			struct span s = {
				direction > 0 ? t : far, (direction > 0 ? far : t) + HOUR_S};
			cache_range(cache, r->conf->id, PERIOD_HOUR, &r->calendar, s);
		}
		struct form_value v = register_value(r, PERIOD_HOUR, t, cache);
		if (!is_missing(v)) {
			*ret = (struct point){t, v.value, v.quality};
			return true;
		}
		if (quality_flags(v.quality) & QUALITY_RESET_SUSPECT) {
			return false; /* the register jumped there */
		}
	}
	return false;
}

/* A missing reading at an hour, between the nearest there are. */
static struct form_value bridged(
	const struct view_register *r, int64_t at, struct form_value none, struct cache *cache)
{
	struct point a, b;
	if (at > r->newest_hour || (quality_flags(none.quality) & QUALITY_RESET_SUSPECT) ||
		!register_neighbour(r, at, -1, cache, &a) ||
		!register_neighbour(r, at, 1, cache, &b)) {
		return none;
	}
	struct form_value v = boundary_reading(&r->limits, &boundary_rule_default, &a, &b, at);
	enum quality_source source = quality_source(quality_worst(a.quality, b.quality));
	v.quality = quality_make(quality_class(v.quality), source, quality_flags(v.quality));
	return v;
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

/*
 * The binding of the same register that ends (direction -1) or begins (1) where `b` does: a ratio or
 * pulse weight that was changed, not a meter. NULL: none.
 */
static const struct binding *continued(
	const struct view *v, const struct view_channel *c, const struct binding *b, int direction)
{
	for (size_t i = 0; i < c->binding_count; i++) {
		const struct binding *o = view_binding(v, c, i);
		bool is_next = direction > 0 ? o->from_utc == b->till_utc :
					       o->till_utc == b->from_utc;
		if (o != b && is_next && o->meter_register == b->meter_register) {
			return o;
		}
	}
	return NULL;
}

/* The reading of a register at a moment inside an interval at which only its ratio changed. */
static struct form_value reading_inside(const struct view_register *r, enum period period,
	struct span whole, int64_t at, struct cache *cache)
{
	struct form_value exact = cache_get(cache, r->conf->id, PERIOD_HALF_HOUR, at);
	struct form_value r1 = reference(r, period, whole.from, cache);
	struct form_value r2 = register_value(r, period, whole.till, cache);
	if (r->has_half_hours && !is_missing(exact)) {
		return exact;
	}
	if (is_missing(r1) || is_missing(r2)) {
		return missing(SOURCE_NONE, 0);
	}
	struct point a = {whole.from, r1.value, r1.quality}, b = {whole.till, r2.value, r2.quality};
	struct form_value x = boundary_reading(&r->limits, &boundary_rule_default, &a, &b, at);
	enum quality_source source = quality_source(quality_worst(r1.quality, r2.quality));
	enum quality_class class = quality_class(x.quality);
	class = class < QUALITY_INTERPOLATED ? QUALITY_INTERPOLATED : class;
	x.quality = quality_make(class, source, quality_flags(x.quality));
	return x;
}

/* A reading at an end of a binding: as written down there, or at the other binding's same end where
 * only the ratio changed, or else found in the archive. */
static struct form_value end_by_hand(const struct view *v, const struct view_channel *c,
	const struct view_register *r, const struct binding *b, int direction, enum period period,
	struct span whole, struct cache *cache)
{
	double own = direction > 0 ? b->reading_removed : b->reading_fitted;
	const struct binding *o = continued(v, c, b, direction);
	if (!isnan(own) || !o) {
		return by_hand(own);
	}
	double other = direction > 0 ? o->reading_fitted : o->reading_removed;
	return isnan(other) ? reading_inside(r, period, whole,
				      direction > 0 ? b->till_utc : b->from_utc, cache) :
			      by_hand(other);
}

/* What a counter that reports readings counted while `b` was in force. */
static void counted_piece(const struct view *v, const struct view_channel *c,
	const struct view_register *r, const struct binding *b, enum period period,
	struct span whole, struct cache *cache, struct piece *p)
{
	bool is_fitted = b->from_utc > whole.from ||
			 (b->from_utc == whole.from && !isnan(b->reading_fitted));
	bool is_removed = b->till_utc < whole.till ||
			  (b->till_utc == whole.till && !isnan(b->reading_removed));
	struct form_value r1 = is_fitted ? end_by_hand(v, c, r, b, -1, period, whole, cache) :
					   reference(r, period, whole.from, cache);
	struct form_value r2 = is_removed ? end_by_hand(v, c, r, b, 1, period, whole, cache) :
					    register_value(r, period, whole.till, cache);
	if (period == PERIOD_HOUR && is_missing(r1) && !is_fitted) {
		r1 = bridged(r, whole.from, r1, cache);
	}
	if (period == PERIOD_HOUR && is_missing(r2) && !is_removed) {
		r2 = bridged(r, whole.till, r2, cache);
	}
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

/*
 * The part of a register's amount that fell into `piece`, where the rest of the interval belongs to
 * another binding of the same register: by its half-hours if a whole number of them makes the piece,
 * else in proportion to time, which is an estimate.
 */
static struct form_value part_of_amount(const struct view_register *r, enum period period,
	struct span whole, struct span piece, struct form_value amount, struct cache *cache)
{
	double sum = 0;
	uint16_t q = 0;
	bool is_halves = period == PERIOD_HOUR && r->has_half_hours &&
			 (piece.from - whole.from) % HALF_HOUR_S == 0 &&
			 (piece.till - whole.from) % HALF_HOUR_S == 0;
	for (int64_t t = piece.from; is_halves && t < piece.till; t += HALF_HOUR_S) {
		struct form_value x = cache_get(cache, r->conf->id, PERIOD_HALF_HOUR, t);
		is_halves = !is_missing(x);
		q = t == piece.from ? x.quality : quality_worst(q, x.quality);
		sum += x.value;
	}
	if (is_halves) {
		return (struct form_value){sum, q};
	}
	if (is_missing(amount)) {
		return amount;
	}
	double share = (double)(piece.till - piece.from) / (double)(whole.till - whole.from);
	uint16_t guess = quality_make(QUALITY_ESTIMATED, quality_source(amount.quality), 0);
	return (struct form_value){amount.value * share, quality_worst(amount.quality, guess)};
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
		counted_piece(v, c, r, b, period, whole, cache, &p);
		return p;
	}
	struct form_value x = register_value(r, period, whole.from, cache);
	bool is_divided = (p.span.from > whole.from && continued(v, c, b, -1)) ||
			  (p.span.till < whole.till && continued(v, c, b, 1));
	if (is_divided && r->kind == KIND_COUNTER) {
		x = part_of_amount(r, period, whole, p.span, x, cache);
	}
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
	/* the meter's own days may end at another hour, or where the building's summer time begins an
	 * hour later: such an amount is that of another period */
	struct span own = period_of(&r->calendar, period, span.from);
	bool is_same = own.from == span.from && own.till == span.till;
	if (!is_same || !(period == PERIOD_DAY ? r->has_days : r->has_months)) {
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

struct cut cut_of(const struct calendar *c, enum period period, int64_t utc)
{
	struct cut cut = {.period = period,
		.part = period == PERIOD_DAY ? PERIOD_HOUR : PERIOD_DAY,
		.span = period_of(c, period, utc)};
	int64_t at = cut.span.from;
	for (; at < cut.span.till && cut.n < PARTS_MAX; at = period_next(c, cut.part, at)) {
		cut.starts[cut.n++] = at;
	}
	cut.starts[cut.n] = at;
	return cut;
}

static void take_parts(
	const struct view_channel *c, const struct cut *cut, struct cache *cache, struct parts *ret)
{
	ret->n = cut->n;
	ret->is_edited = ret->is_broken = false;
	for (size_t i = 0; i < cut->n; i++) {
		struct form_value x = cache_get(cache, c->conf->id, cut->part, cut->starts[i]);
		ret->is_edited |= quality_source(x.quality) > SOURCE_METER ||
				  (quality_flags(x.quality) & QUALITY_BY_HAND) != 0;
		ret->is_broken |= (quality_flags(x.quality) & BROKEN) != 0;
		ret->v[i] = x;
		ret->length[i] = cut->starts[i + 1] - cut->starts[i];
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

/* Mean of a pipe's temperature, weighted by what flowed; by time where that is not known throughout. */
static struct form_value mean_of_parts(const struct view *v, const struct view_channel *c,
	const struct cut *cut, const struct parts *p, struct cache *cache)
{
	struct form_value by_time = form_mean(p->v, p->length, p->n, p->n);
	if (!c->weight || is_missing(by_time)) {
		return by_time;
	}
	const struct view_channel *by = &v->channels[c->weight - 1];
	double mass[PARTS_MAX], temperature[PARTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (is_missing(p->v[i]) || quality_class(p->v[i].quality) >= QUALITY_SUSPECT) {
			continue;
		}
		struct form_value m = cache_get(cache, by->conf->id, cut->part, cut->starts[i]);
		if (is_missing(m) || quality_class(m.quality) >= QUALITY_SUSPECT) {
			return by_time;
		}
		mass[n] = m.value;
		temperature[n++] = p->v[i].value;
	}
	struct pipe_mean m = mass_weighted_temperature(mass, temperature, n);
	return m.is_no_flow ? by_time : (struct form_value){m.by_mass, by_time.quality};
}

struct form_value channel_long(const struct view *v, const struct view_channel *c,
	const struct cut *cut, struct cache *cache)
{
	struct parts p;
	struct form_value x;
	take_parts(c, cut, cache, &p);
	if (v->overlay) {
		enum overlay_hold hold = overlay_hold(
			v->overlay, cache, c->conf->id, cut->period, cut->span);
		p.is_edited |= hold == OVERLAY_DECISION;
		p.is_broken |= hold == OVERLAY_DOUBT;
	}
	if (c->kind == KIND_COUNTER) {
		struct completeness sum = form_completeness(p.v, p.n, p.n);
		x = completeness_sum(&sum);
	} else {
		x = c->kind == KIND_STATE ? last_state(&p) : mean_of_parts(v, c, cut, &p, cache);
	}
	const struct binding *b = only_binding(v, c, cut->span);
	const struct view_register *r = b ? view_register(v, b->meter_register) : NULL;
	if (r && !p.is_edited && !(p.is_broken && c->kind == KIND_COUNTER)) {
		struct form_value direct = direct_value(c, r, b, cut->period, cut->span, cache);
		/* a sum with holes is no rival of readings at both ends, whatever its source */
		bool has_holes = quality_class(x.quality) >= QUALITY_PARTIAL;
		x = !is_missing(direct) && has_holes && c->kind == KIND_COUNTER ? direct :
										  better(direct, x);
	}
	x.quality = computed(x.quality);
	x.quality |= p.is_edited ? QUALITY_BY_HAND : 0;
	return x;
}
