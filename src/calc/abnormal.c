/*
 * abnormal.c - what each second of a period was; see abnormal.h
 */
#include "calc/abnormal.h"

#include "model/abnormal.h"

#include <math.h>

static const struct abnormal_info infos[ABNORMAL_CLASS_COUNT] = {
	[ABNORMAL_IS_RUN] = {"run", "normal operation", "нормальная работа", false,
		QUANTITY_OPERATING_TIME, 0},
	[ABNORMAL_IS_FLOW_LOW] = {"flow_low", "flow below minimum", "расход ниже минимума", false,
		QUANTITY_TIME_FLOW_LOW, ABNORMAL_FLOW_LOW},
	[ABNORMAL_IS_FLOW_HIGH] = {"flow_high", "flow above maximum", "расход выше максимума",
		false, QUANTITY_TIME_FLOW_HIGH, ABNORMAL_FLOW_HIGH},
	[ABNORMAL_IS_DT_LOW] = {"dt_low", "temperature difference below minimum",
		"разность температур ниже минимума", true, QUANTITY_TIME_DT_LOW, ABNORMAL_DT_LOW},
	[ABNORMAL_IS_FAILURE] = {"failure", "functional failure", "функциональный отказ", true,
		QUANTITY_TIME_FAILURE, ABNORMAL_FAILURE},
	[ABNORMAL_IS_REVERSE] = {"reverse", "reversed flow", "обратный поток", true,
		QUANTITY_TIME_REVERSE, ABNORMAL_REVERSE},
	[ABNORMAL_IS_POWER] = {"power", "no power", "нет питания", true, QUANTITY_TIME_POWER_OFF,
		ABNORMAL_POWER},
	[ABNORMAL_IS_NO_FLOW] = {"no_flow", "no heat carrier", "нет теплоносителя", true,
		QUANTITY_TIME_NO_FLOW, ABNORMAL_NO_FLOW},
	[ABNORMAL_IS_UNKNOWN] = {"unknown", "no data", "нет данных", false, QUANTITY_UNKNOWN, 0},
};

/* Who takes the time first. */
static const enum abnormal_class stops[] = {ABNORMAL_IS_POWER, ABNORMAL_IS_FAILURE,
	ABNORMAL_IS_REVERSE, ABNORMAL_IS_NO_FLOW, ABNORMAL_IS_DT_LOW};
static const enum abnormal_class flows[] = {ABNORMAL_IS_FLOW_HIGH, ABNORMAL_IS_FLOW_LOW};
#define STOPS (sizeof(stops) / sizeof(stops[0]))

/* What meters round their times to: less that they did not run is no stop of its own. */
#define TOLD_STEP_S 60

const struct abnormal_info *abnormal_info(enum abnormal_class c)
{
	return &infos[c];
}

void abnormal_hour_init(struct abnormal_hour *h, int64_t length_s)
{
	*h = (struct abnormal_hour){
		.length_s = length_s, .amount = NAN, .flow = NAN, .t1 = NAN, .t2 = NAN};
	for (int i = 0; i < ABNORMAL_CLASS_COUNT; i++) {
		h->told_s[i] = NAN;
	}
}

static int64_t take(struct abnormal_timers *t, enum abnormal_class c, double seconds, int64_t left)
{
	if (!(seconds > 0)) {
		return left;
	}
	int64_t s = seconds < (double)left ? (int64_t)(seconds + 0.5) : left;
	s = s < left ? s : left;
	t->s[c] += s;
	return left - s;
}

/* The state names a situation that no timer of the meter counts. */
static bool is_named(const struct abnormal_hour *h, enum abnormal_class c)
{
	return h->has_state && (h->state & infos[c].bit) && !(h->told_s[c] >= 0);
}

static bool is_known(const struct abnormal_hour *h)
{
	bool is_told = !isnan(h->amount) || !isnan(h->flow) || h->has_state;
	for (int i = 0; i < ABNORMAL_CLASS_COUNT; i++) {
		is_told |= !isnan(h->told_s[i]);
	}
	return is_told;
}

static double flow_of(const struct abnormal_hour *h, int64_t ran_s)
{
	if (!isnan(h->flow)) {
		return h->flow;
	}
	if (h->amount == 0) {
		return 0;
	}
	return ran_s > 0 ? h->amount * 3600 / (double)ran_s : NAN;
}

/* The cause of a stop that is not timed: the one named first in the order of priority. */
static enum abnormal_class named_stop(const struct abnormal_hour *h, enum abnormal_class otherwise)
{
	for (size_t i = 0; i < STOPS; i++) {
		if (is_named(h, stops[i])) {
			return stops[i];
		}
	}
	return otherwise;
}

/* What the time that the meter ran, or did not say that it stopped, was by its data. */
static enum abnormal_class judge(
	const struct abnormal_limits *l, const struct abnormal_hour *h, int64_t left)
{
	double flow = flow_of(h, left);
	/* a meter that counts a situation says nothing happened by counting nothing */
	if (flow == 0 && isnan(h->told_s[ABNORMAL_IS_NO_FLOW])) {
		return ABNORMAL_IS_NO_FLOW;
	}
	if (flow > 0 && h->t1 - h->t2 < l->dt_min && isnan(h->told_s[ABNORMAL_IS_DT_LOW])) {
		return ABNORMAL_IS_DT_LOW;
	}
	if ((flow > l->flow_max && isnan(h->told_s[ABNORMAL_IS_FLOW_HIGH])) ||
		is_named(h, ABNORMAL_IS_FLOW_HIGH)) {
		return ABNORMAL_IS_FLOW_HIGH;
	}
	if ((flow > 0 && flow < l->flow_min && isnan(h->told_s[ABNORMAL_IS_FLOW_LOW])) ||
		is_named(h, ABNORMAL_IS_FLOW_LOW)) {
		return ABNORMAL_IS_FLOW_LOW;
	}
	return ABNORMAL_IS_RUN;
}

struct abnormal_timers abnormal_of_hour(
	const struct abnormal_limits *l, const struct abnormal_hour *h)
{
	struct abnormal_timers t = {{0}};
	int64_t left = h->length_s > 0 ? h->length_s : 0;
	double ran_s = h->told_s[ABNORMAL_IS_RUN];
	if (!is_known(h)) {
		t.s[ABNORMAL_IS_UNKNOWN] = left;
		return t;
	}
	for (size_t i = 0; i < STOPS; i++) {
		left = take(&t, stops[i], h->told_s[stops[i]], left);
	}
	if (!isnan(ran_s) && (double)left - ran_s > TOLD_STEP_S) {
		/* it stopped for longer than its timers explain; without flow it has no reason to run */
		enum abnormal_class why = h->amount == 0 && isnan(h->told_s[ABNORMAL_IS_NO_FLOW]) ?
						  ABNORMAL_IS_NO_FLOW :
						  ABNORMAL_IS_FAILURE;
		left = take(&t, named_stop(h, why), (double)left - ran_s, left);
	} else if (isnan(ran_s)) {
		enum abnormal_class why = named_stop(h, ABNORMAL_IS_RUN);
		left = take(&t, why, why == ABNORMAL_IS_RUN ? 0 : (double)left, left);
	}
	enum abnormal_class rest = judge(l, h, left);
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]) && !infos[rest].is_stop; i++) {
		left = take(&t, flows[i], h->told_s[flows[i]], left);
	}
	t.s[rest] += left;
	return t;
}

void abnormal_add(struct abnormal_timers *sum, const struct abnormal_timers *part)
{
	for (int i = 0; i < ABNORMAL_CLASS_COUNT; i++) {
		sum->s[i] += part->s[i];
	}
}

struct abnormal_sums abnormal_sums(const struct abnormal_timers *t)
{
	const int64_t *s = t->s;
	struct abnormal_sums r = {
		.t1 = s[ABNORMAL_IS_FLOW_LOW],
		.t2 = s[ABNORMAL_IS_FLOW_HIGH],
		.t3 = s[ABNORMAL_IS_DT_LOW],
		.t4 = s[ABNORMAL_IS_FAILURE] + s[ABNORMAL_IS_REVERSE] + s[ABNORMAL_IS_NO_FLOW],
		.t5 = s[ABNORMAL_IS_POWER],
		.unknown = s[ABNORMAL_IS_UNKNOWN],
	};
	r.run = s[ABNORMAL_IS_RUN] + r.t1 + r.t2;
	r.abnormal = r.t3 + r.t4 + r.t5;
	r.period = r.run + r.abnormal + r.unknown;
	return r;
}

struct abnormal_shares abnormal_shares(
	const struct abnormal_timers *t, double low_limit, double high_limit)
{
	struct abnormal_sums s = abnormal_sums(t);
	struct abnormal_shares r = {NAN, NAN, false, false};
	if (s.period > 0) {
		r.low = (double)s.t1 / (double)s.period;
		r.high = (double)s.t2 / (double)s.period;
		r.is_low_too_long = r.low > low_limit;
		r.is_high_too_long = r.high > high_limit;
	}
	return r;
}
