/*
 * form.c - registers: deltas, boundaries, amounts of intervals; see form.h
 */
#include "calc/form.h"

#include <math.h>

/* A rate may exceed what the meter can pass by so much: moments of reading are not exact. */
#define RATE_MARGIN 1.1

const struct boundary_rule boundary_rule_default = {
	.snap_s = 60,
	.max_interp_s = 7200,
	.max_gap_s = 400LL * 86400,
};

const char *delta_status_name(enum delta_status s)
{
	switch (s) {
	case DELTA_OK: return "OK";
	case DELTA_NOISE_ZERO: return "NOISE_ZERO";
	case DELTA_SUSPECT_HIGH: return "SUSPECT_HIGH";
	case DELTA_ROLLOVER: return "ROLLOVER";
	case DELTA_RESET_SUSPECT: return "RESET_SUSPECT";
	case DELTA_NEGATIVE: return "NEGATIVE";
	case DELTA_REPLACED: return "REPLACED";
	case DELTA_REPLACED_NO_FINAL: return "REPLACED_NO_FINAL";
	}
	return "";
}

uint16_t delta_quality(enum delta_status s)
{
	switch (s) {
	case DELTA_OK:
	case DELTA_NOISE_ZERO: break;
	case DELTA_SUSPECT_HIGH:
		return quality_make(QUALITY_SUSPECT, SOURCE_NONE, QUALITY_HIGH_SUSPECT);
	case DELTA_ROLLOVER: return quality_make(QUALITY_MEASURED, SOURCE_NONE, QUALITY_ROLLOVER);
	case DELTA_RESET_SUSPECT:
		return quality_make(QUALITY_SUSPECT, SOURCE_NONE, QUALITY_RESET_SUSPECT);
	case DELTA_NEGATIVE:
		return quality_make(QUALITY_MISSING, SOURCE_NONE, QUALITY_RESET_SUSPECT);
	case DELTA_REPLACED: return quality_make(QUALITY_MEASURED, SOURCE_NONE, QUALITY_REPLACED);
	case DELTA_REPLACED_NO_FINAL:
		return quality_make(QUALITY_MISSING, SOURCE_NONE, QUALITY_REPLACED);
	}
	return quality_make(QUALITY_MEASURED, SOURCE_NONE, 0);
}

/* Classes and flags of both; the source is of no interest here. */
static uint16_t join(uint16_t a, uint16_t b)
{
	enum quality_class c = quality_class(a) > quality_class(b) ? quality_class(a) :
								     quality_class(b);
	return quality_make(c, SOURCE_NONE, quality_flags(a) | quality_flags(b));
}

static struct form_value missing(uint16_t why)
{
	return (struct form_value){.value = NAN,
		.quality = quality_make(QUALITY_MISSING, SOURCE_NONE, quality_flags(why))};
}

/* ---- deltas ---- */

static struct delta net_delta(const struct register_limits *l, double r1, double r2, double limit)
{
	double d = r2 - r1;
	double turned = l->capacity > 0 ? d - copysign(l->capacity, d) : d;
	if (fabs(d) > limit && fabs(turned) <= limit) {
		return (struct delta){turned, DELTA_ROLLOVER};
	}
	return (struct delta){d, fabs(d) <= limit ? DELTA_OK : DELTA_SUSPECT_HIGH};
}

struct delta register_delta(const struct register_limits *l, double r1, double r2, int64_t seconds)
{
	bool is_limited = l->max_rate > 0;
	double limit = is_limited ? l->max_rate * (double)seconds / 3600 * RATE_MARGIN : INFINITY;
	if (isnan(r1) || isnan(r2)) {
		return (struct delta){NAN, DELTA_NEGATIVE};
	}
	if (l->is_net) {
		return net_delta(l, r1, r2, limit);
	}
	if (r2 >= r1) {
		return (struct delta){r2 - r1, r2 - r1 <= limit ? DELTA_OK : DELTA_SUSPECT_HIGH};
	}
	if (r1 - r2 <= l->noise) {
		return (struct delta){0, DELTA_NOISE_ZERO};
	}
	if (l->capacity > 0 && r1 <= l->capacity && r2 >= 0) {
		double wrapped = l->capacity - r1 + r2;
		bool is_near = r1 >= 0.9 * l->capacity && r2 <= 0.1 * l->capacity;
		if (is_limited ? wrapped <= limit : is_near) {
			return (struct delta){wrapped, DELTA_ROLLOVER};
		}
	}
	if (is_limited && r2 >= 0 && r2 <= limit) {
		return (struct delta){r2, DELTA_RESET_SUSPECT};
	}
	return (struct delta){NAN, DELTA_NEGATIVE};
}

struct delta register_delta_replaced(const struct register_limits *old_meter, double r1,
	double final_old, int64_t old_seconds, const struct register_limits *new_meter,
	double initial_new, double r2, int64_t new_seconds)
{
	if (isnan(final_old) || isnan(initial_new)) {
		return (struct delta){NAN, DELTA_REPLACED_NO_FINAL};
	}
	struct delta before = register_delta(old_meter, r1, final_old, old_seconds);
	struct delta after = register_delta(new_meter, initial_new, r2, new_seconds);
	double amount = before.amount + after.amount;
	return (struct delta){amount, isnan(amount) ? DELTA_NEGATIVE : DELTA_REPLACED};
}

/* ---- boundaries ---- */

static enum quality_class gap_class(const struct boundary_rule *rule, int64_t gap_s)
{
	if (gap_s > rule->max_gap_s) {
		return QUALITY_MISSING;
	}
	return gap_s <= rule->max_interp_s ? QUALITY_INTERPOLATED : QUALITY_ESTIMATED;
}

static struct form_value as_measured(const struct point *p)
{
	return isnan(p->value) ? missing(p->quality) :
				 (struct form_value){p->value, join(p->quality, QUALITY_MEASURED)};
}

struct form_value boundary_reading(const struct register_limits *l,
	const struct boundary_rule *rule, const struct point *a, const struct point *b, int64_t at)
{
	int64_t before = at - a->utc, after = b->utc - at;
	if (before <= after && before <= rule->snap_s) {
		return as_measured(a);
	}
	if (after <= rule->snap_s) {
		return as_measured(b);
	}
	struct delta d = register_delta(l, a->value, b->value, b->utc - a->utc);
	enum quality_class gap = gap_class(rule, b->utc - a->utc);
	if (isnan(d.amount) || gap == QUALITY_MISSING) {
		return missing(delta_quality(d.status));
	}
	double share = (double)before / (double)(b->utc - a->utc);
	double value = a->value + d.amount * share;
	if (d.status == DELTA_RESET_SUSPECT) {
		value = d.amount * share;
	} else if (d.status == DELTA_ROLLOVER && value >= l->capacity) {
		value -= l->capacity;
	}
	uint16_t q = join(join(a->quality, b->quality), quality_make(gap, SOURCE_NONE, 0));
	/* that the amount is too high is said of amounts, by the deltas between boundaries */
	return (struct form_value){value, q};
}

/* ---- amounts of intervals ---- */

/* U at one boundary: readings i and i + 1 around it, and U at reading i is `sum`. */
struct walk {
	const struct register_limits *l;
	const struct boundary_rule *rule;
	const struct point *readings;
	size_t n;
	size_t at;        /* the reading the walk stands on */
	double sum;       /* U there */
	double reference; /* reading the next delta starts from */
	int chain;        /* grows where no delta connects two readings */
	uint16_t passed;  /* quality of the steps since the last boundary */
};

static void walk_step(struct walk *w)
{
	const struct point *a = &w->readings[w->at], *b = &w->readings[w->at + 1];
	struct delta d = register_delta(w->l, w->reference, b->value, b->utc - a->utc);
	w->at++;
	w->passed = join(w->passed, delta_quality(d.status));
	if (isnan(d.amount)) {
		w->chain++;
	} else {
		w->sum += d.amount;
	}
	if (d.status != DELTA_NOISE_ZERO) {
		w->reference = b->value;
	}
}

struct boundary {
	double sum;
	int chain;
	uint16_t quality; /* of the boundary */
};

/* Walks to the last reading at or before `at`, or to the next where that is the one at the boundary. */
static struct boundary walk_to(struct walk *w, int64_t at)
{
	while (w->at + 1 < w->n && w->readings[w->at + 1].utc <= at) {
		walk_step(w);
	}
	const struct point *a = &w->readings[w->at];
	const struct point *b = w->at + 1 < w->n ? a + 1 : NULL;
	struct boundary here = {w->sum, w->chain, join(a->quality, QUALITY_MEASURED)};
	struct boundary none = {NAN, w->chain, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	int64_t before = at - a->utc, after = b ? b->utc - at : INT64_MAX;
	if (before >= 0 && before <= w->rule->snap_s && before <= after) {
		return here;
	}
	if (before < 0) { /* the first reading lies behind the boundary */
		return -before <= w->rule->snap_s ? here : none;
	}
	if (!b) {
		return none;
	}
	if (after <= w->rule->snap_s) {
		walk_step(w);
		return (struct boundary){w->sum, w->chain, join(b->quality, QUALITY_MEASURED)};
	}
	struct walk ahead = *w;
	walk_step(&ahead);
	enum quality_class gap = gap_class(w->rule, b->utc - a->utc);
	if (ahead.chain != w->chain || gap == QUALITY_MISSING) {
		none.chain = ahead.chain;
		return none;
	}
	double share = (double)before / (double)(b->utc - a->utc);
	uint16_t q = join(join(a->quality, b->quality), quality_make(gap, SOURCE_NONE, 0));
	return (struct boundary){w->sum + (ahead.sum - w->sum) * share, w->chain, q};
}

/* Quality of the step that leads over the boundary the walk stands before, without taking it. */
static uint16_t step_ahead(const struct walk *w, int64_t at)
{
	if (w->at + 1 >= w->n || w->readings[w->at].utc >= at - w->rule->snap_s) {
		return 0;
	}
	struct walk ahead = *w;
	ahead.passed = 0;
	walk_step(&ahead);
	return ahead.passed;
}

void register_intervals(const struct register_limits *l, const struct boundary_rule *rule,
	const struct point *readings, size_t reading_count, int64_t start, int64_t step_s,
	struct form_value *ret_values, size_t n)
{
	if (reading_count == 0) {
		for (size_t i = 0; i < n; i++) {
			ret_values[i] = missing(0);
		}
		return;
	}
	struct walk w = {.l = l,
		.rule = rule,
		.readings = readings,
		.n = reading_count,
		.reference = readings[0].value};
	struct boundary from = walk_to(&w, start);
	for (size_t i = 0; i < n; i++) {
		int64_t till_utc = start + (int64_t)(i + 1) * step_s;
		w.passed = 0;
		struct boundary till = walk_to(&w, till_utc);
		uint16_t passed = join(w.passed, step_ahead(&w, till_utc));
		uint16_t q = join(join(from.quality, till.quality), passed);
		if (isnan(from.sum) || isnan(till.sum) || from.chain != till.chain) {
			ret_values[i] = missing(q);
		} else {
			ret_values[i] = (struct form_value){till.sum - from.sum, q};
		}
		from = till;
	}
}

void distribute_profile(double total, const double *profile, size_t n, double *ret_values)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += profile[i] > 0 ? profile[i] : 0;
	}
	for (size_t i = 0; i < n; i++) {
		double share = sum > 0 ? (profile[i] > 0 ? profile[i] : 0) / sum : 1.0 / (double)n;
		ret_values[i] = total * share;
	}
}

double pulse_reading(double weight, double first_count, double first_reading, double count)
{
	return first_reading + (count - first_count) * weight;
}

double transformed_amount(double amount, double current_ratio, double voltage_ratio)
{
	return amount * current_ratio * voltage_ratio;
}
