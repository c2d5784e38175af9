/*
 * supply_judge.c - the hours of a period judged, gathered into events and percents; see supply_quality.h
 */
#include "calc/supply_quality.h"

#include <math.h>

/* ---- breaks ---- */

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
	struct supply_hour *hours;
	size_t n;
	const bool *is_judged;
	struct supply_result *r;
	bool is_unpaid[SUPPLY_DAYS];
};

static double hours_of(const struct supply_hour *h)
{
	return (double)(h->end - h->start) / 3600;
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
	struct form_value v = supply_value(h, kind);
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
	last->has_cold |= e->has_cold;
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
		struct supply_hour *h = &g->hours[i];
		struct supply_judged j = judge_hour(g, kind, h);
		struct form_value v = supply_value(h, kind);
		bool by_act = quality_class(v.quality) == QUALITY_EDITED && !isnan(v.value);
		h->verdicts[kind] = j.verdict;
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
			.has_cold = j.verdict == SUPPLY_COLD,
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

void supply_judge(struct supply_hour *hours, size_t n, const bool is_judged[SUPPLY_KIND_COUNT],
	struct supply_result *ret)
{
	struct judge g = {.hours = hours, .n = n, .is_judged = is_judged, .r = ret};
	*ret = (struct supply_result){.events = ret->events, .event_cap = ret->event_cap};
	if (n == 0) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
			hours[i].verdicts[k] = SUPPLY_OUTSIDE;
		}
	}
	find_unpaid_days(&g);
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		if (!is_judged[k]) {
			continue; /* the verdicts are OUTSIDE */
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
