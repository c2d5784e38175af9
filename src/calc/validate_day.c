/*
 * validate_day.c - see validate_day.h
 */
#include "calc/validate_day.h"

#include "calc/water.h"

#include <math.h>

void judged_day_init(struct judged_day *d)
{
	*d = (struct judged_day){.day = {NAN, QUALITY_MISSING},
		.zero_hours = NAN,
		.own_energy = NAN,
		.mass_supply = NAN,
		.pair = NAN,
		.mean_others = NAN,
		.register_from = NAN,
		.register_till = NAN,
		.register_factor = NAN,
		.register_resolution = NAN};
	for (size_t i = 0; i < DAY_HOURS_MAX; i++) {
		d->t_return[i] = d->mass[i] = NAN;
		d->hours[i] = (struct form_value){NAN, QUALITY_MISSING};
	}
}

double own_energy_gj(
	double mass_t, double t_supply, double t_return, double p_supply, double p_return)
{
	struct water supply, back;
	if (isnan(mass_t) || water_at(t_supply, p_supply, &supply) != WATER_OK ||
		water_at(t_return, p_return, &back) != WATER_OK) {
		return NAN;
	}
	return mass_t * (supply.enthalpy - back.enthalpy) / 1000;
}

/* ---- the judge's desk ---- */

struct judge {
	const struct judged_day *d;
	struct finding *out;
	size_t n, cap;
	double plain
		[DAY_HOURS_MAX]; /* hours in the unit of the quantity; NaN: missing or estimated */
};

static bool is_judged(struct form_value v)
{
	switch (quality_class(v.quality)) {
	case QUALITY_ESTIMATED:
	case QUALITY_SUBSTITUTED:
	case QUALITY_MISSING: return false;
	default: return !isnan(v.value);
	}
}

/* In the unit the limits are in. */
static double plain_of(const struct judged_day *d, double value)
{
	double out = NAN;
	return unit_convert(value, d->unit, quantity_unit(d->at.quantity), &out) == ERR_OK ? out :
											     NAN;
}

static void find(struct judge *j, enum rule rule, int64_t start, struct form_value v,
	const struct check *check)
{
	enum rule_level level = check->state == CHECK_FAIL ? rule_level(&j->d->at, rule) :
							     LEVEL_OFF;
	if (level == LEVEL_OFF || j->n == j->cap) {
		return;
	}
	bool is_entered = quality_source(v.quality) >= SOURCE_IMPORT;
	bool is_missing = quality_class(v.quality) == QUALITY_MISSING;
	j->out[j->n++] = (struct finding){rule, level == LEVEL_FAIL && !is_entered,
		rule_info(rule)->period, start, is_missing ? NAN : v.value, *check};
}

static void find_day(struct judge *j, enum rule rule, const struct check *check)
{
	find(j, rule, j->d->span.from, j->d->day, check);
}

static double param(const struct judge *j, enum rule rule, const char *name)
{
	return rule_param(&j->d->at, rule, name);
}

/* ---- hours one by one ---- */

static void judge_range(struct judge *j)
{
	const struct judged_day *d = j->d;
	double lo = param(j, RULE_RANGE, "lo"), hi = param(j, RULE_RANGE, "hi");
	double share = param(j, RULE_RANGE, "capacity_share");
	if (isnan(hi) && d->max_rate > 0) {
		hi = plain_of(d, d->max_rate) * share;
	}
	for (size_t i = d->first; i < d->n; i++) {
		struct check c = check_range(j->plain[i], lo, hi);
		find(j, RULE_RANGE, d->starts[i], d->hours[i], &c);
	}
}

static void judge_rate(struct judge *j)
{
	const struct judged_day *d = j->d;
	double limit = param(j, RULE_ROC, "per_minute");
	for (size_t i = d->first > 0 ? d->first : 1; i < d->n; i++) {
		double minutes = (double)(d->starts[i] - d->starts[i - 1]) / 60;
		struct check c = check_rate(j->plain[i - 1], j->plain[i], minutes, limit);
		find(j, RULE_ROC, d->starts[i], d->hours[i], &c);
	}
}

static void judge_temperatures(struct judge *j)
{
	const struct judged_day *d = j->d;
	double allow = param(j, RULE_DT, "kelvin"), least = param(j, RULE_DT, "least_flow");
	for (size_t i = d->first; i < d->n; i++) {
		struct check c = check_temperatures(
			j->plain[i], d->t_return[i], d->mass[i], least, allow);
		find(j, RULE_DT, d->starts[i], d->hours[i], &c);
	}
}

/* What was found where the value was formed. */
static void judge_flags(struct judge *j)
{
	const struct judged_day *d = j->d;
	for (size_t i = d->first; i < d->n; i++) {
		struct check fell = check_flag(d->hours[i].quality, QUALITY_RESET_SUSPECT);
		struct check high = check_flag(d->hours[i].quality, QUALITY_HIGH_SUSPECT);
		if (d->max_rate > 0) {
			high.limit = d->max_rate;
			high.measure = d->hours[i].value;
		}
		find(j, RULE_NEG, d->starts[i], d->hours[i], &fell);
		find(j, RULE_CAP, d->starts[i], d->hours[i], &high);
	}
}

static double flagged_hours(const struct judged_day *d, unsigned flag)
{
	double hours = 0;
	for (size_t i = d->first; i < d->n; i++) {
		hours += (quality_flags(d->hours[i].quality) & flag) != 0;
	}
	return hours;
}

/* One line a day tells as much as 24. */
static void judge_clock(struct judge *j)
{
	double hours = flagged_hours(j->d, QUALITY_TIME_SUSPECT);
	struct check c = {hours > 0 ? CHECK_FAIL : CHECK_PASS, hours, NAN, NAN, 0};
	find_day(j, RULE_TIME, &c);
}

static void judge_events(struct judge *j)
{
	double hours = flagged_hours(j->d, QUALITY_ABNORMAL), events = j->d->event_count;
	bool is_bad = hours > 0 || events > 0;
	struct check c = {is_bad ? CHECK_FAIL : CHECK_PASS, hours, NAN, events, 0};
	find_day(j, RULE_EVT, &c);
}

static void judge_stuck(struct judge *j)
{
	const struct judged_day *d = j->d;
	double resolution = plain_of(d, d->resolution) - plain_of(d, 0);
	double limit = param(j, RULE_FLAT, "hours");
	if (!(resolution > 0)) {
		resolution = param(j, RULE_FLAT, "resolution");
	}
	double values[DAY_HOURS_MAX];
	for (size_t i = 0; i < d->n; i++) {
		bool is_still = d->is_still[i] || j->plain[i] == 0;
		values[i] = is_still ? NAN : j->plain[i];
	}
	struct check c = check_flat(values, d->n, resolution, 1, limit);
	/* the hour in which it was long enough */
	size_t at = c.state == CHECK_FAIL ? c.at + (size_t)ceil(limit) - 1 : 0;
	if (at >= d->first && at < d->n) {
		find(j, RULE_FLAT, d->starts[at], d->hours[at], &c);
	}
}

/* ---- the day as a whole ---- */

static void judge_gap(struct judge *j)
{
	const struct judged_day *d = j->d;
	size_t missing = 0;
	for (size_t i = d->first; i < d->n; i++) {
		missing += d->is_expected[i] &&
			   (isnan(d->hours[i].value) ||
				   quality_class(d->hours[i].quality) == QUALITY_MISSING);
	}
	struct check c = check_gap(missing, param(j, RULE_GAP, "most"));
	c.other = (double)(d->n - d->first);
	struct form_value none = {NAN, QUALITY_MISSING};
	find(j, RULE_GAP, d->span.from, none, &c);
}

static void judge_spike(struct judge *j)
{
	const struct judged_day *d = j->d;
	double least = param(j, RULE_SPIKE, "least");
	double steps = param(j, RULE_SPIKE, "resolutions") * plain_of(d, d->resolution);
	least = fmax(isnan(least) ? 0 : least, isnan(steps) ? 0 : steps);
	struct check c = check_spike(
		j->plain + d->first, d->n - d->first, param(j, RULE_SPIKE, "ratio"), least);
	if (c.state == CHECK_FAIL) {
		size_t at = d->first + c.at;
		find(j, RULE_SPIKE, d->starts[at], d->hours[at], &c);
	}
}

static void judge_high_low(struct judge *j)
{
	const struct judged_day *d = j->d;
	enum quality_class class = quality_class(d->day.quality);
	double least = param(j, RULE_HL, "least");
	if (d->like_count < DAY_LIKE || class == QUALITY_PARTIAL || class == QUALITY_MISSING) {
		return;
	}
	struct check c = check_high_low(d->day.value, d->like, d->like_count,
		param(j, RULE_HL, "lo"), param(j, RULE_HL, "hi"));
	bool matters = isnan(least) ||
		       fabs(plain_of(d, d->day.value) - plain_of(d, c.other)) >= least;
	if (matters) {
		find_day(j, RULE_HL, &c);
	}
}

/* A leak that began yesterday has been told yesterday. */
static void judge_never_zero(struct judge *j)
{
	const struct judged_day *d = j->d;
	double hours = param(j, RULE_NOZERO, "hours"), limit = param(j, RULE_NOZERO, "limit");
	if (!(hours >= 1)) {
		return;
	}
	size_t window = (size_t)hours;
	struct check c = check_never_zero(j->plain + d->first, d->n - d->first, window, limit);
	struct check before = check_never_zero(j->plain, d->first, window, limit);
	if (before.state != CHECK_FAIL) {
		find_day(j, RULE_NOZERO, &c);
	}
}

static void judge_zeros(struct judge *j)
{
	const struct judged_day *d = j->d;
	double limit = param(j, RULE_ZERO, "hours");
	double length = (double)(d->span.till - d->span.from) / 3600;
	if (!d->is_private) {
		return;
	}
	if (d->zero_hours - length <= limit) { /* it is today that it became too long */
		struct check c = check_zero_run(d->zero_hours, limit, !d->is_vacant);
		find_day(j, RULE_ZERO, &c);
	}
	judge_never_zero(j);
	if (d->is_vacant) {
		struct check c = check_vacant(
			d->day.value, d->mean_others, param(j, RULE_OCC, "share"));
		find_day(j, RULE_OCC, &c);
	}
}

static double day_sum(const struct judge *j)
{
	const struct judged_day *d = j->d;
	double sum = 0;
	for (size_t i = d->first; i < d->n; i++) {
		sum += is_judged(d->hours[i]) ? d->hours[i].value : NAN;
	}
	return sum;
}

static void judge_against_others(struct judge *j)
{
	const struct judged_day *d = j->d;
	struct check c = check_sum(day_sum(j), d->register_from, d->register_till,
		d->register_factor, d->register_resolution, param(j, RULE_SUM, "pulse"));
	find_day(j, RULE_SUM, &c);
	c = check_energy(d->day.value, d->own_energy, param(j, RULE_Q, "percent"));
	find_day(j, RULE_Q, &c);
	c = check_mass_balance(d->mass_supply, d->day.value, param(j, RULE_MB, "percent"));
	find_day(j, RULE_MB, &c);
	c = check_pair(d->day.value, d->pair, param(j, RULE_PAIR, "percent"));
	find_day(j, RULE_PAIR, &c);
}

size_t day_judge(const struct judged_day *d, struct finding *ret, size_t cap)
{
	struct judge j = {.d = d, .out = ret, .cap = cap};
	for (size_t i = 0; i < d->n; i++) {
		j.plain[i] = is_judged(d->hours[i]) ? plain_of(d, d->hours[i].value) : NAN;
	}
	if (quantity_kind(d->at.quantity) == KIND_GAUGE) {
		judge_range(&j);
		judge_rate(&j);
		judge_temperatures(&j);
	} else {
		judge_flags(&j);
	}
	if (!d->is_over) {
		return j.n;
	}
	judge_gap(&j);
	judge_clock(&j);
	judge_events(&j);
	if (quantity_kind(d->at.quantity) == KIND_GAUGE) {
		judge_stuck(&j);
	} else {
		judge_spike(&j);
		judge_high_low(&j);
		judge_zeros(&j);
		judge_against_others(&j);
	}
	return j.n;
}
