/*
 * mean.c - means, clocks, labels, sums over intervals; see form.h
 */
#include "calc/form.h"

#include <math.h>

static uint16_t join(uint16_t a, uint16_t b)
{
	enum quality_class c = quality_class(a) > quality_class(b) ? quality_class(a) :
								     quality_class(b);
	return quality_make(c, SOURCE_NONE, quality_flags(a) | quality_flags(b));
}

/* ---- means over time ---- */

/* Part of the pair (a, b) inside [from, till): its integral and length; length 0 where none. */
static double trapezoid(const struct point *a, const struct point *b, struct span span,
	int64_t max_hold_s, double *ret_integral)
{
	int64_t from = a->utc > span.from ? a->utc : span.from;
	int64_t till = b->utc < span.till ? b->utc : span.till;
	if (from >= till || b->utc - a->utc > max_hold_s || isnan(a->value) || isnan(b->value)) {
		return 0;
	}
	double slope = (b->value - a->value) / (double)(b->utc - a->utc);
	double first = a->value + slope * (double)(from - a->utc);
	double last = a->value + slope * (double)(till - a->utc);
	*ret_integral = (first + last) / 2 * (double)(till - from);
	return (double)(till - from);
}

static double held(const struct point *a, const struct point *b, struct span span,
	int64_t max_hold_s, double *ret_integral)
{
	int64_t from = a->utc > span.from ? a->utc : span.from;
	int64_t till = a->utc + max_hold_s < span.till ? a->utc + max_hold_s : span.till;
	if (b && b->utc < till) {
		till = b->utc;
	}
	if (from >= till || isnan(a->value)) {
		return 0;
	}
	*ret_integral = a->value * (double)(till - from);
	return (double)(till - from);
}

static void note_extremes(struct mean *m, const struct point *p, struct span span)
{
	if (p->utc < span.from || p->utc >= span.till || isnan(p->value)) {
		return;
	}
	if (isnan(m->min) || p->value < m->min) {
		m->min = p->value;
		m->min_utc = p->utc;
	}
	if (isnan(m->max) || p->value > m->max) {
		m->max = p->value;
		m->max_utc = p->utc;
	}
}

struct mean time_weighted_mean(const struct point *samples, size_t n, struct span span,
	enum mean_mode mode, int64_t max_hold_s)
{
	struct mean m = {.mean = NAN, .min = NAN, .max = NAN};
	double integral = 0, covered = 0;
	for (size_t i = 0; i < n; i++) {
		const struct point *next = i + 1 < n ? &samples[i + 1] : NULL;
		double part = 0, length = 0;
		note_extremes(&m, &samples[i], span);
		if (mode == MEAN_HOLD) {
			length = held(&samples[i], next, span, max_hold_s, &part);
		} else if (next) {
			length = trapezoid(&samples[i], next, span, max_hold_s, &part);
		}
		if (length > 0) {
			integral += part;
			covered += length;
			m.quality = join(m.quality, samples[i].quality);
			if (next && mode == MEAN_TRAPEZOID) {
				m.quality = join(m.quality, next->quality);
			}
		}
	}
	m.coverage = covered / (double)(span.till - span.from);
	if (covered > 0) {
		m.mean = integral / covered;
	}
	if (m.coverage < COVERAGE_MIN) {
		enum quality_class c = covered > 0 ? QUALITY_PARTIAL : QUALITY_MISSING;
		m.quality = join(m.quality, quality_make(c, SOURCE_NONE, 0));
	}
	return m;
}

int64_t max_hold_of(int64_t poll_s)
{
	if (poll_s <= 0) {
		return 900;
	}
	if (poll_s > 600) {
		return poll_s + poll_s / 2;
	}
	return poll_s < 300 ? 3 * poll_s : 900;
}

struct pipe_mean mass_weighted_temperature(const double *mass, const double *temperature, size_t n)
{
	double weighted = 0, weight = 0, sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(temperature[i])) {
			continue;
		}
		sum += temperature[i];
		known++;
		if (mass[i] > 0) {
			weighted += mass[i] * temperature[i];
			weight += mass[i];
		}
	}
	double by_time = known > 0 ? sum / (double)known : NAN;
	return (struct pipe_mean){
		.by_mass = weight > 0 ? weighted / weight : by_time,
		.by_time = by_time,
		.is_no_flow = !(weight > 0),
	};
}

/* ---- clocks and labels ---- */

struct span archive_label(const struct zone *z, struct civil label, int64_t length_s, bool is_end)
{
	int64_t at = zone_utc(z, label, false);
	return is_end ? (struct span){at - length_s, at} : (struct span){at, at + length_s};
}

double clock_drift_ppm(int64_t t1, double offset1_s, int64_t t2, double offset2_s)
{
	return t2 == t1 ? 0 : (offset2_s - offset1_s) / (double)(t2 - t1) * 1e6;
}

double clock_offset_at(int64_t t1, double offset1_s, int64_t t2, double offset2_s, int64_t at)
{
	return offset1_s + clock_drift_ppm(t1, offset1_s, t2, offset2_s) * 1e-6 * (double)(at - t1);
}

void clock_correct(struct point *readings, size_t n, double meter_minus_true_s)
{
	for (size_t i = 0; i < n; i++) {
		readings[i].utc -= (int64_t)llround(meter_minus_true_s);
	}
}

/* ---- sums over intervals ---- */

static bool is_usable(struct form_value v)
{
	return quality_class(v.quality) < QUALITY_SUSPECT && !isnan(v.value);
}

struct completeness form_completeness(const struct form_value *values, size_t n, size_t expected)
{
	struct completeness c = {.expected = expected, .sum = NAN};
	size_t usable = 0;
	bool is_first = true;
	for (size_t i = 0; i < n; i++) {
		enum quality_class of = isnan(values[i].value) ? QUALITY_MISSING :
								 quality_class(values[i].quality);
		if (of == QUALITY_MISSING) {
			c.worst |= (uint16_t)quality_flags(values[i].quality);
			continue;
		}
		c.counts[of]++;
		c.worst = is_first ? (uint16_t)(values[i].quality | quality_flags(c.worst)) :
				     quality_worst(c.worst, values[i].quality);
		is_first = false;
		if (is_usable(values[i])) {
			c.sum = usable++ > 0 ? c.sum + values[i].value : values[i].value;
		}
	}
	size_t there = 0;
	for (int i = 0; i < QUALITY_MISSING; i++) {
		there += c.counts[i];
	}
	c.counts[QUALITY_MISSING] = expected > there ? expected - there : 0;
	if (c.counts[QUALITY_MISSING] > 0) {
		c.worst = quality_make(
			QUALITY_MISSING, quality_source(c.worst), quality_flags(c.worst));
	}
	c.completeness = expected > 0 ? (double)usable / (double)expected : 0;
	c.is_complete = expected > 0 && usable >= expected;
	return c;
}

double completeness_share(const struct completeness *c, enum quality_class of)
{
	return c->expected > 0 ? (double)c->counts[of] / (double)c->expected : 0;
}

/* The class a sum or mean of `c`'s intervals is stored with. */
static struct form_value stored(const struct completeness *c, double value)
{
	enum quality_class worst = quality_class(c->worst);
	enum quality_source source = quality_source(c->worst);
	if (isnan(value)) {
		return (struct form_value){
			NAN, quality_make(QUALITY_MISSING, source, quality_flags(c->worst))};
	}
	if (c->counts[QUALITY_SUSPECT] > 0 || c->counts[QUALITY_MISSING] > 0) {
		worst = QUALITY_PARTIAL; /* what is in the sum is no worse; the flags tell the rest */
	}
	return (struct form_value){value, quality_make(worst, source, quality_flags(c->worst))};
}

struct form_value completeness_sum(const struct completeness *c)
{
	return stored(c, c->sum);
}

struct form_value form_mean(
	const struct form_value *values, const int64_t *lengths, size_t n, size_t expected)
{
	struct completeness c = form_completeness(values, n, expected);
	double weighted = 0, weight = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_usable(values[i])) {
			weighted += values[i].value * (double)lengths[i];
			weight += (double)lengths[i];
		}
	}
	return stored(&c, weight > 0 ? weighted / weight : NAN);
}

double billing_correction(double known_now, double billed)
{
	return known_now - billed;
}
