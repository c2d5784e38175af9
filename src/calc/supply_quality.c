/*
 * supply_quality.c - one hour by the rules, breaks, money; see supply_quality.h, supply_judge.c
 */
#include "calc/supply_quality.h"

#include "calc/money.h"

#include <math.h>
#include <string.h>

/* Decimals are not exact in binary: 0.5625 MPa is 25 % over 0.45, not a hair more. */
#define HAIR 1e-9

static const char *const service_names[SUPPLY_SERVICE_COUNT] = {
	[SUPPLY_COLD_WATER] = "cold_water",
	[SUPPLY_HOT_WATER] = "hot_water",
	[SUPPLY_HEATING] = "heating",
	[SUPPLY_ELECTRICITY] = "electricity",
	[SUPPLY_SEWER] = "sewer",
	[SUPPLY_GAS] = "gas",
};
static const char *const kind_names[SUPPLY_KIND_COUNT] = {
	[SUPPLY_BREAK] = "break",
	[SUPPLY_TEMPERATURE] = "temperature",
	[SUPPLY_PRESSURE] = "pressure",
	[SUPPLY_ROOM] = "room",
	[SUPPLY_VOLTAGE] = "voltage",
	[SUPPLY_FREQUENCY] = "frequency",
};
static const char *const step_names[] = {
	[SUPPLY_STEP_FLOOR] = "floor",
	[SUPPLY_STEP_CEIL] = "ceil",
	[SUPPLY_STEP_LINEAR] = "linear",
};
static const char *const base_names[] = {
	[SUPPLY_BASE_LIMIT] = "limit",
	[SUPPLY_BASE_NORM] = "norm",
};

/* Index of a name; -1 none. */
static int index_in(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

const char *supply_service_name(enum supply_service s)
{
	return service_names[s];
}

bool supply_service_from_name(const char *name, enum supply_service *ret_s)
{
	int i = index_in(service_names, SUPPLY_SERVICE_COUNT, name);
	if (i >= 0) {
		*ret_s = (enum supply_service)i;
	}
	return i >= 0;
}

const char *supply_kind_name(enum supply_kind k)
{
	return kind_names[k];
}

const char *supply_step_name(enum supply_step s)
{
	return step_names[s];
}

bool supply_step_from_name(const char *name, enum supply_step *ret_s)
{
	int i = index_in(step_names, sizeof(step_names) / sizeof(step_names[0]), name);
	if (i >= 0) {
		*ret_s = (enum supply_step)i;
	}
	return i >= 0;
}

const char *supply_base_name(enum supply_base b)
{
	return base_names[b];
}

bool supply_base_from_name(const char *name, enum supply_base *ret_b)
{
	int i = index_in(base_names, sizeof(base_names) / sizeof(base_names[0]), name);
	if (i >= 0) {
		*ret_b = (enum supply_base)i;
	}
	return i >= 0;
}

void supply_rules_init(struct supply_rules *r)
{
	*r = (struct supply_rules){
		.times = {NAN, NAN, NAN, NAN},
		.cut = {.total_h = NAN, .once_h = NAN, .pressure_none = NAN, .voltage_none = NAN},
		.temperature = {.min = NAN, .max = NAN, .per_k = 1, .cold_below = NAN},
		.pressure = {.min = NAN, .max = NAN, .severe = NAN},
		.room = {.min = NAN, .over = NAN, .per_k = 1},
		.voltage = {.min = NAN, .max = NAN},
		.frequency = {.min = NAN, .max = NAN},
	};
}

static bool is_within(double x, double from, double till)
{
	return from <= till ? x >= from && x < till : x >= from || x < till;
}

bool supply_is_night(const struct supply_times *t, const struct civil *local)
{
	return !isnan(t->night_from_h) && is_within(local->hour, t->night_from_h, t->night_till_h);
}

bool supply_is_season(const struct supply_times *t, const struct civil *local)
{
	return isnan(t->season_from) ||
	       is_within(local->month * 100 + local->day, t->season_from, t->season_till);
}

double supply_steps(double deviation, double per, enum supply_step step)
{
	double steps = deviation / per;
	switch (step) {
	case SUPPLY_STEP_FLOOR: return floor(steps + HAIR);
	case SUPPLY_STEP_CEIL: return ceil(steps - HAIR);
	case SUPPLY_STEP_LINEAR: return steps;
	}
	return steps;
}

/* ---- one hour ---- */

bool supply_is_usable(struct form_value v)
{
	enum quality_class c = quality_class(v.quality);
	return !isnan(v.value) && (c <= QUALITY_INTERPOLATED || c == QUALITY_EDITED);
}

/* How far outside [min, max] a value lies; limits of NaN are none. */
static struct supply_judged beyond(double v, double min, double max)
{
	struct supply_judged j = {.verdict = SUPPLY_GOOD, .limit = NAN};
	if (v < min - HAIR) {
		j = (struct supply_judged){SUPPLY_BAD, min - v, min, 0};
	} else if (v > max + HAIR) {
		j = (struct supply_judged){SUPPLY_BAD, v - max, max, 0};
	}
	return j;
}

struct supply_judged supply_temperature_at(
	const struct supply_temperature_rule *r, double t, bool is_night)
{
	double allow = is_night ? r->allow_night : r->allow_day;
	struct supply_judged j = beyond(t, r->min - allow, r->max + allow);
	if (t < r->cold_below) {
		j.verdict = SUPPLY_COLD;
		return j;
	}
	if (j.verdict == SUPPLY_BAD) {
		double off = r->base == SUPPLY_BASE_NORM ? beyond(t, r->min, r->max).off : j.off;
		j.steps = supply_steps(off, r->per_k, r->step);
	}
	return j;
}

struct supply_judged supply_pressure_at(const struct supply_pressure_rule *r, double p)
{
	struct supply_judged j = beyond(p, r->min, r->max);
	if (j.verdict == SUPPLY_BAD && j.off > r->severe * j.limit + HAIR) {
		j.verdict = SUPPLY_SEVERE;
	} else if (j.verdict == SUPPLY_BAD) {
		j.steps = 1;
	}
	return j;
}

struct supply_judged supply_room_at(const struct supply_room_rule *r, double t, bool is_night)
{
	struct supply_judged j = beyond(
		t, r->min - (is_night ? r->night_drop : 0), r->min + r->over);
	if (j.verdict == SUPPLY_BAD) {
		j.steps = supply_steps(j.off, r->per_k, r->step);
	}
	return j;
}

struct supply_judged supply_band_at(const struct supply_band_rule *r, double v)
{
	struct supply_judged j = beyond(v, r->min, r->max);
	j.steps = j.verdict == SUPPLY_BAD;
	return j;
}

/* ---- breaks ---- */

struct supply_excess supply_break_excess(
	double limit_total_h, const struct supply_episode *episodes, size_t n)
{
	struct supply_excess x = {0};
	for (size_t i = 0; i < n; i++) {
		x.total_h += episodes[i].hours;
		if (episodes[i].hours > episodes[i].once_h) {
			x.once_excess += episodes[i].hours - episodes[i].once_h;
		}
	}
	if (x.total_h > limit_total_h) {
		x.total_excess = x.total_h - limit_total_h;
	}
	x.excess = x.total_excess > x.once_excess ? x.total_excess : x.once_excess;
	return x;
}

/* ---- what a kind is judged by ---- */

struct form_value supply_value(const struct supply_hour *h, enum supply_kind kind)
{
	switch (kind) {
	case SUPPLY_TEMPERATURE: return h->temperature;
	case SUPPLY_PRESSURE: return h->pressure;
	case SUPPLY_ROOM: return h->room;
	case SUPPLY_VOLTAGE: return h->voltage;
	case SUPPLY_FREQUENCY: return h->frequency;
	case SUPPLY_BREAK:
	case SUPPLY_KIND_COUNT: break;
	}
	return isnan(h->rules->cut.voltage_none) ? h->pressure : h->voltage;
}

void supply_limits(
	const struct supply_hour *h, enum supply_kind kind, double *ret_min, double *ret_max)
{
	const struct supply_rules *r = h->rules;
	double allow = h->is_night ? r->temperature.allow_night : r->temperature.allow_day;
	double min = NAN, max = NAN;
	switch (kind) {
	case SUPPLY_TEMPERATURE:
		min = r->temperature.min - allow;
		max = r->temperature.max + allow;
		break;
	case SUPPLY_PRESSURE:
		min = r->pressure.min;
		max = r->pressure.max;
		break;
	case SUPPLY_ROOM:
		min = r->room.min - (h->is_night ? r->room.night_drop : 0);
		max = r->room.min + r->room.over;
		break;
	case SUPPLY_VOLTAGE:
		min = r->voltage.min;
		max = r->voltage.max;
		break;
	case SUPPLY_FREQUENCY:
		min = r->frequency.min;
		max = r->frequency.max;
		break;
	case SUPPLY_BREAK:
		min = isnan(r->cut.voltage_none) ? r->cut.pressure_none : r->cut.voltage_none;
		break;
	case SUPPLY_KIND_COUNT: break;
	}
	*ret_min = min;
	*ret_max = max;
}

/* ---- money ---- */

static int64_t part(int64_t money, double share)
{
	return money_of(money_value(money) * share);
}

struct supply_refund supply_refund_of(
	struct supply_charge c, double unpaid_share, double cold_share, double percent)
{
	struct supply_refund r = {MONEY_NONE, MONEY_NONE, MONEY_NONE, MONEY_NONE, MONEY_NONE,
		MONEY_NONE, cold_share > 0 && c.cold == MONEY_NONE};
	if (c.full == MONEY_NONE) {
		return r;
	}
	r.unpaid = part(c.full, unpaid_share);
	int64_t paid = c.full - r.unpaid;
	/* without a price of cold water all of the charge counts as what cold water costs, too */
	int64_t cold = c.cold == MONEY_NONE ? paid : c.cold - part(c.cold, unpaid_share);
	r.after_cold = cold + part(paid - cold, 1 - cold_share);
	r.base = r.after_cold - part(cold, cold_share);
	r.reduction = part(r.base, percent / 100);
	r.to_pay = r.after_cold - r.reduction;
	r.refund = c.full - r.to_pay;
	return r;
}
