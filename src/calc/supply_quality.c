/*
 * supply_quality.c - hours judged, gathered into events and percents; see supply_quality.h
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

/* No flow and no pressure, or no voltage; NO_DATA unless both are known. One that is there suffices
 * to say that it was no break. */
static struct supply_judged break_at(const struct supply_hour *h)
{
	const struct supply_break_rule *r = &h->rules->cut;
	bool is_electric = !isnan(r->voltage_none);
	struct form_value left = is_electric ? h->voltage : h->pressure;
	double none = is_electric ? r->voltage_none : r->pressure_none;
	bool is_flow_known = supply_is_usable(h->flow), is_left_known = supply_is_usable(left);
	bool has_flow = is_flow_known && h->flow.value > 0;
	bool has_left = is_left_known && left.value >= none;
	struct supply_judged j = {.verdict = SUPPLY_NO_DATA, .limit = none};
	if (has_flow || has_left) {
		j.verdict = SUPPLY_GOOD;
	} else if (is_flow_known && is_left_known) {
		j.verdict = SUPPLY_BAD;
		j.off = none - left.value;
	}
	return j;
}

static double once_limit(const struct supply_break_rule *r, double coldest)
{
	if (r->by_room_n == 0) {
		return r->once_h;
	}
	if (isnan(coldest)) {
		return r->by_room[0].once_h;
	}
	for (size_t i = 0; i < r->by_room_n; i++) {
		if (coldest >= r->by_room[i].room_c) {
			return r->by_room[i].once_h;
		}
	}
	return r->by_room[r->by_room_n - 1].once_h;
}

/* ---- a month ---- */

/* What judges the hours of one kind. */
struct judge {
	const struct supply_hour *hours;
	size_t n;
	const bool *is_judged;
	struct supply_result *r;
	bool is_unpaid[SUPPLY_DAYS];
};

static double hours_of(const struct supply_hour *h)
{
	return (double)(h->end - h->start) / 3600;
}

static struct form_value value_of(const struct supply_hour *h, enum supply_kind kind)
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

static struct supply_judged by_rule(const struct supply_hour *h, enum supply_kind kind, double v)
{
	const struct supply_rules *r = h->rules;
	switch (kind) {
	case SUPPLY_TEMPERATURE: return supply_temperature_at(&r->temperature, v, h->is_night);
	case SUPPLY_PRESSURE: return supply_pressure_at(&r->pressure, v);
	case SUPPLY_ROOM: return supply_room_at(&r->room, v, h->is_night);
	case SUPPLY_VOLTAGE: return supply_band_at(&r->voltage, v);
	case SUPPLY_FREQUENCY: return supply_band_at(&r->frequency, v);
	case SUPPLY_BREAK:
	case SUPPLY_KIND_COUNT: break;
	}
	return (struct supply_judged){.verdict = SUPPLY_NO_DATA, .limit = NAN};
}

static double percent_of(const struct supply_rules *r, enum supply_kind kind)
{
	switch (kind) {
	case SUPPLY_TEMPERATURE: return r->temperature.percent;
	case SUPPLY_PRESSURE: return r->pressure.percent;
	case SUPPLY_ROOM: return r->room.percent;
	case SUPPLY_VOLTAGE: return r->voltage.percent;
	case SUPPLY_FREQUENCY: return r->frequency.percent;
	case SUPPLY_BREAK:
	case SUPPLY_KIND_COUNT: break;
	}
	return 0;
}

static bool is_break(const struct judge *g, const struct supply_hour *h)
{
	return g->is_judged[SUPPLY_BREAK] && break_at(h).verdict == SUPPLY_BAD;
}

/*
 * What is no day to pay for is judged nowhere else, what is a break only as one. Water that stands in
 * the pipe says nothing about the temperature of what is supplied.
 */
static struct supply_judged judge_hour(
	const struct judge *g, enum supply_kind kind, const struct supply_hour *h)
{
	struct supply_judged outside = {.verdict = SUPPLY_OUTSIDE, .limit = NAN};
	struct form_value v = value_of(h, kind);
	if (h->is_off_season || (kind != SUPPLY_PRESSURE && g->is_unpaid[h->day])) {
		return outside;
	}
	if (kind == SUPPLY_BREAK) {
		return break_at(h);
	}
	bool stands = kind == SUPPLY_TEMPERATURE && supply_is_usable(h->flow) && h->flow.value <= 0;
	if (stands || is_break(g, h)) {
		return outside;
	}
	if (!supply_is_usable(v)) {
		return (struct supply_judged){.verdict = SUPPLY_NO_DATA, .limit = NAN};
	}
	return by_rule(h, kind, v.value);
}

static bool is_fault(enum supply_verdict v)
{
	return v == SUPPLY_BAD || v == SUPPLY_SEVERE || v == SUPPLY_COLD;
}

static void count(struct supply_sum *s, const struct supply_judged *j, double hours)
{
	switch (j->verdict) {
	case SUPPLY_GOOD: s->good_h += hours; return;
	case SUPPLY_SEVERE: s->severe_h += hours; break;
	case SUPPLY_COLD: s->cold_h += hours; break;
	case SUPPLY_BAD: break;
	case SUPPLY_NO_DATA: s->no_data_h += hours; return;
	case SUPPLY_OUTSIDE: s->outside_h += hours; return;
	}
	s->bad_h += hours;
}

/* The event an hour belongs to: the one before if it ended where the hour begins, else a new one. */
static void put_event(
	struct supply_result *r, const struct supply_event *e, double worse_by, double *inout_worst)
{
	struct supply_event *last = r->event_n && r->event_n <= r->event_cap ?
					    &r->events[r->event_n - 1] :
					    NULL;
	if (!last || last->kind != e->kind || last->till != e->from) {
		r->event_n++;
		*inout_worst = worse_by;
		if (r->event_n <= r->event_cap) {
			r->events[r->event_n - 1] = *e;
		}
		return;
	}
	last->till = e->till;
	last->percent += e->percent;
	last->is_day_unpaid |= e->is_day_unpaid;
	last->by_act |= e->by_act;
	if (worse_by > *inout_worst) {
		*inout_worst = worse_by;
		last->extreme = e->extreme;
		last->extreme_utc = e->extreme_utc;
		last->limit = e->limit;
	}
}

static void judge_kind(struct judge *g, enum supply_kind kind)
{
	struct supply_sum *s = &g->r->kinds[kind];
	double worst = 0;
	for (size_t i = 0; i < g->n; i++) {
		const struct supply_hour *h = &g->hours[i];
		struct supply_judged j = judge_hour(g, kind, h);
		struct form_value v = value_of(h, kind);
		bool by_act = quality_class(v.quality) == QUALITY_EDITED && !isnan(v.value);
		count(s, &j, hours_of(h));
		s->is_measured |= j.verdict != SUPPLY_NO_DATA && j.verdict != SUPPLY_OUTSIDE;
		if (j.verdict <= SUPPLY_COLD && by_act) {
			s->act_h += hours_of(h);
		}
		if (!is_fault(j.verdict)) {
			continue;
		}
		struct supply_event e = {.kind = kind,
			.from = h->start,
			.till = h->end,
			.extreme = v.value,
			.extreme_utc = h->start,
			.limit = j.limit,
			.percent = kind == SUPPLY_BREAK ?
					   NAN :
					   hours_of(h) * j.steps * percent_of(h->rules, kind),
			.is_day_unpaid = j.verdict == SUPPLY_SEVERE,
			.by_act = by_act};
		bool is_paid = !g->is_unpaid[h->day];
		s->percent += kind == SUPPLY_BREAK || !is_paid ? 0 : e.percent;
		put_event(g->r, &e, j.off, &worst);
	}
}

/* The coldest room of an episode. */
static double coldest_in(const struct judge *g, const struct supply_event *e)
{
	double coldest = NAN;
	for (size_t i = 0; i < g->n; i++) {
		const struct supply_hour *h = &g->hours[i];
		if (h->start >= e->from && h->start < e->till && supply_is_usable(h->room)) {
			coldest = fmin(coldest, h->room.value); /* fmin leaves NaN out */
		}
	}
	return coldest;
}

/* Breaks, whose events have just been found: what is beyond the limits of the last hour's rules. */
static void sum_breaks(struct judge *g)
{
	struct supply_result *r = g->r;
	const struct supply_break_rule *rule = &g->hours[g->n - 1].rules->cut;
	size_t n = r->event_n < r->event_cap ? r->event_n : r->event_cap;
	for (size_t i = 0; i < n; i++) {
		const struct supply_event *e = &r->events[i];
		struct supply_episode episode = {
			(double)(e->till - e->from) / 3600, once_limit(rule, coldest_in(g, e))};
		struct supply_excess x = supply_break_excess(NAN, &episode, 1);
		r->excess.once_excess += x.once_excess;
	}
	/* breaks that found no place among the events are in the hours */
	struct supply_episode all = {r->kinds[SUPPLY_BREAK].bad_h, NAN};
	struct supply_excess x = supply_break_excess(rule->total_h, &all, 1);
	r->excess.total_h = x.total_h;
	r->excess.total_excess = x.total_excess;
	r->excess.excess = fmax(r->excess.once_excess, x.total_excess);
	r->kinds[SUPPLY_BREAK].percent = r->excess.excess * rule->percent;
}

static void find_unpaid_days(struct judge *g)
{
	for (size_t i = 0; i < g->n && g->is_judged[SUPPLY_PRESSURE]; i++) {
		const struct supply_hour *h = &g->hours[i];
		if (!g->is_unpaid[h->day] &&
			judge_hour(g, SUPPLY_PRESSURE, h).verdict == SUPPLY_SEVERE) {
			g->is_unpaid[h->day] = true;
			g->r->unpaid_days++;
		}
	}
	for (size_t i = 0; i < g->n; i++) {
		double hours = hours_of(&g->hours[i]);
		g->r->hours += hours;
		g->r->unpaid_h += g->is_unpaid[g->hours[i].day] ? hours : 0;
	}
	g->r->unpaid_share = g->r->hours > 0 ? g->r->unpaid_h / g->r->hours : 0;
}

/* How much of what is paid was cold: by volume if every paid hour has one, else by time. */
static void share_cold(struct judge *g)
{
	double volume = 0, cold = 0;
	bool is_known = true;
	for (size_t i = 0; i < g->n; i++) {
		const struct supply_hour *h = &g->hours[i];
		if (g->is_unpaid[h->day]) {
			continue;
		}
		bool is_cold = judge_hour(g, SUPPLY_TEMPERATURE, h).verdict == SUPPLY_COLD;
		is_known &= supply_is_usable(h->flow);
		volume += h->flow.value;
		cold += is_cold ? h->flow.value : 0;
	}
	double paid_h = g->r->hours - g->r->unpaid_h;
	double cold_h = g->r->kinds[SUPPLY_TEMPERATURE].cold_h;
	g->r->is_cold_by_volume = is_known && volume > 0;
	g->r->cold_share = g->r->is_cold_by_volume ? cold / volume :
			   paid_h > 0              ? cold_h / paid_h :
						     0;
}

void supply_judge(const struct supply_hour *hours, size_t n,
	const bool is_judged[SUPPLY_KIND_COUNT], struct supply_result *ret)
{
	struct judge g = {.hours = hours, .n = n, .is_judged = is_judged, .r = ret};
	*ret = (struct supply_result){.events = ret->events, .event_cap = ret->event_cap};
	if (n == 0) {
		return;
	}
	find_unpaid_days(&g);
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		if (!is_judged[k]) {
			continue;
		}
		judge_kind(&g, (enum supply_kind)k);
		if (k == SUPPLY_BREAK) {
			sum_breaks(&g);
		}
		ret->percent_raw += ret->kinds[k].percent;
	}
	if (is_judged[SUPPLY_TEMPERATURE]) {
		share_cold(&g);
	}
	ret->percent = ret->percent_raw < 100 ? ret->percent_raw : 100;
	for (size_t i = 0; i < ret->event_n && i < ret->event_cap; i++) {
		ret->events[i].is_open = ret->events[i].till == hours[n - 1].end;
	}
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
