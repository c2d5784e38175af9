/*
 * supply_report.c - channels into hours, hours into a report; see supply_report.h
 */
#include "calc/supply_report.h"

#include "calc/money.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOMS_MAX 4096 /* of a building, for its coldest one */

const char *supply_role_name(enum supply_role r)
{
	static const char *const names[SUPPLY_ROLE_COUNT] = {
		[SUPPLY_BY_FLOW] = "flow",
		[SUPPLY_BY_TEMPERATURE] = "temperature",
		[SUPPLY_BY_PRESSURE] = "pressure",
		[SUPPLY_BY_ROOM] = "room",
		[SUPPLY_BY_VOLTAGE] = "voltage",
		[SUPPLY_BY_FREQUENCY] = "frequency",
	};
	return names[r];
}

/* ---- which channels ---- */

/* What can tell a role, the best first; UNKNOWN ends the list. */
#define WISHES 6
struct wish {
	enum supply_service service;
	enum supply_role role;
	enum quantity quantities[WISHES];
	enum unit unit; /* NONE: only whether there is any */
	bool takes_all; /* phases, rooms */
};

static const struct wish wishes[] = {
	{SUPPLY_COLD_WATER, SUPPLY_BY_FLOW, {QUANTITY_COLD_WATER}, UNIT_NONE, false},
	{SUPPLY_COLD_WATER, SUPPLY_BY_PRESSURE, {QUANTITY_PRESSURE_COLD_WATER}, UNIT_MPA, false},
	{SUPPLY_HOT_WATER, SUPPLY_BY_FLOW, {QUANTITY_HOT_WATER, QUANTITY_MASS_HOT_WATER}, UNIT_NONE,
		false},
	{SUPPLY_HOT_WATER, SUPPLY_BY_TEMPERATURE, {QUANTITY_TEMPERATURE_HOT_WATER}, UNIT_DEGC,
		false},
	{SUPPLY_HOT_WATER, SUPPLY_BY_PRESSURE, {QUANTITY_PRESSURE_HOT_WATER}, UNIT_MPA, false},
	{SUPPLY_HEATING, SUPPLY_BY_FLOW,
		{QUANTITY_MASS_SUPPLY, QUANTITY_VOLUME_SUPPLY, QUANTITY_FLOW_SUPPLY,
			QUANTITY_MASS_FLOW_SUPPLY},
		UNIT_NONE, false},
	{SUPPLY_HEATING, SUPPLY_BY_PRESSURE, {QUANTITY_PRESSURE_SUPPLY}, UNIT_MPA, false},
	{SUPPLY_HEATING, SUPPLY_BY_ROOM, {QUANTITY_TEMPERATURE_INDOOR}, UNIT_DEGC, true},
	{SUPPLY_ELECTRICITY, SUPPLY_BY_FLOW, {QUANTITY_ACTIVE_ENERGY}, UNIT_NONE, false},
	{SUPPLY_ELECTRICITY, SUPPLY_BY_VOLTAGE, {QUANTITY_VOLTAGE}, UNIT_V, true},
	{SUPPLY_ELECTRICITY, SUPPLY_BY_FREQUENCY, {QUANTITY_FREQUENCY}, UNIT_HZ, false},
	{SUPPLY_GAS, SUPPLY_BY_FLOW, {QUANTITY_GAS}, UNIT_NONE, false},
};
#define WISH_COUNT (sizeof(wishes) / sizeof(wishes[0]))

static bool is_wished(const struct wish *w, enum quantity q, size_t *ret_rank)
{
	for (size_t i = 0; i < WISHES && w->quantities[i] != QUANTITY_UNKNOWN; i++) {
		if (w->quantities[i] == q) {
			*ret_rank = i;
			return true;
		}
	}
	return false;
}

/* Does a channel lie at the place itself, and not in somebody else's flat below it? */
static bool is_own(const struct site *s, const struct channel *c, int64_t place)
{
	return site_is_within(s, c->place, place) &&
	       (site_is_private(s, place) || !site_is_private(s, c->place));
}

static bool is_of_house(const struct site *s, const struct channel *c, int64_t place)
{
	int64_t building = site_building(s, place);
	return building && site_building(s, c->place) == building && !site_is_private(s, c->place);
}

/* Does something feed a channel in the span? */
static bool is_fed(const struct site *s, int64_t channel, struct span span)
{
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		if (b->channel == channel && b->from_utc < span.till && b->till_utc > span.from) {
			return true;
		}
	}
	return false;
}

/* Lower is taken first: what is fed, the quantity wished most, the heating point before others. */
static size_t order_of(const struct supply_question *q, const struct channel *c, size_t rank)
{
	const struct place *p = site_find(q->site, OBJECT_PLACE, c->place);
	bool is_first = p && p->kind == PLACE_HEATING_POINT;
	size_t unfed = is_fed(q->site, c->id, q->span) ? 0 : (size_t)2 * WISHES;
	return unfed + rank * 2 + !is_first;
}

static void add_source(
	struct supply_report *r, enum supply_role role, const struct channel *c, bool is_house)
{
	if (r->source_n < SUPPLY_SOURCES) {
		r->sources[r->source_n++] = (struct supply_source){role, c, is_house};
	}
}

static bool find_sources(
	struct supply_report *r, const struct supply_question *q, const struct wish *w, bool house)
{
	const struct channel *best = NULL;
	size_t best_order = SIZE_MAX, rank;
	size_t before = r->source_n;
	for (size_t i = 0; i < q->site->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &q->site->channels[i];
		bool is_near = house ? is_of_house(q->site, c, q->place) :
				       is_own(q->site, c, q->place);
		if (!is_wished(w, c->quantity, &rank) || !is_near) {
			continue;
		}
		if (w->takes_all) {
			add_source(r, w->role, c, house);
			continue;
		}
		size_t order = order_of(q, c, rank);
		bool is_better = order < best_order ||
				 (best && order == best_order && c->sort < best->sort);
		best = is_better ? c : best;
		best_order = is_better ? order : best_order;
	}
	if (best) {
		add_source(r, w->role, best, house);
	}
	return r->source_n > before;
}

/* ---- hours ---- */

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

static enum err make_hours(
	struct supply_report *r, const struct supply_question *q, struct diag *diag)
{
	const struct calendar *c = &r->calendar;
	size_t most = period_count(c, PERIOD_HOUR, q->span) + 1;
	size_t days = period_count(c, PERIOD_DAY, q->span) + 2;
	if (days > SUPPLY_DAYS) {
		return err_set(diag, ERR_INVAL, "at most %d days", SUPPLY_DAYS - 2);
	}
	r->hours = calloc(most, sizeof(*r->hours));
	r->rules = calloc(days * 2, sizeof(*r->rules));
	if (!r->hours || !r->rules) {
		return ERR_NOMEM;
	}
	struct span day = {INT64_MIN, INT64_MIN};
	int index = -1, date = 0;
	size_t rule = 0;
	for (int64_t t = q->span.from; t < q->span.till && r->hour_n < most;) {
		struct civil local = zone_civil(c->zone, t);
		struct supply_hour h = {.start = t, .end = period_next(c, PERIOD_HOUR, t)};
		if (h.end > q->now) {
			break;
		}
		if (t >= day.till) {
			day = period_of(c, PERIOD_DAY, t);
			index++;
		}
		if (figure_date(c, t) != date) { /* by local date, whatever the report hour is */
			date = figure_date(c, t);
			enum err e = supply_rules_read(
				q->figures, q->place, q->service, date, &r->rules[rule++], diag);
			if (e) {
				return e;
			}
		}
		h.day = index;
		h.rules = &r->rules[rule - 1];
		h.is_night = supply_is_night(&h.rules->times, &local);
		h.is_off_season = !supply_is_season(&h.rules->times, &local);
		h.flow = h.temperature = h.pressure = h.room = h.voltage = h.frequency = missing();
		r->hours[r->hour_n++] = h;
		t = h.end;
	}
	r->date = date;
	return ERR_OK;
}

static struct form_value *value_at(struct supply_hour *h, enum supply_role role)
{
	switch (role) {
	case SUPPLY_BY_FLOW: return &h->flow;
	case SUPPLY_BY_TEMPERATURE: return &h->temperature;
	case SUPPLY_BY_PRESSURE: return &h->pressure;
	case SUPPLY_BY_ROOM: return &h->room;
	case SUPPLY_BY_VOLTAGE: return &h->voltage;
	case SUPPLY_BY_FREQUENCY:
	case SUPPLY_ROLE_COUNT: break;
	}
	return &h->frequency;
}

/* Of several phases or rooms the one that is farthest off speaks for all. */
static double off_of(const struct supply_hour *h, enum supply_role role, double v)
{
	const struct supply_rules *r = h->rules;
	double middle = role == SUPPLY_BY_VOLTAGE ? (r->voltage.min + r->voltage.max) / 2 :
						    r->room.min + r->room.over / 2;
	return fabs(v - middle);
}

/* One that is not known says nothing while another is out of limits, else all is unknown. */
static struct form_value merge(const struct supply_hour *h, enum supply_role role,
	struct form_value a, struct form_value b)
{
	bool knows_a = supply_is_usable(a), knows_b = supply_is_usable(b);
	if (knows_a && knows_b) {
		return off_of(h, role, b.value) > off_of(h, role, a.value) ? b : a;
	}
	struct form_value known = knows_a ? a : b;
	if (!knows_a && !knows_b) {
		return missing();
	}
	struct supply_judged j = role == SUPPLY_BY_VOLTAGE ?
					 supply_band_at(&h->rules->voltage, known.value) :
					 supply_room_at(&h->rules->room, known.value, h->is_night);
	return j.verdict == SUPPLY_GOOD ? missing() : known;
}

enum filling {
	FILL_FIRST, /* the hours know nothing of this role */
	FILL_WORST, /* the farthest off of all */
	FILL_COLDEST
};

static void fill_one(struct supply_hour *h, const struct wish *w, struct form_value v,
	double offset, enum filling how)
{
	struct form_value *to = value_at(h, w->role);
	bool is_colder = supply_is_usable(v) && (!supply_is_usable(*to) || v.value < to->value);
	v.value += offset;
	switch (how) {
	case FILL_FIRST: *to = v; return;
	case FILL_WORST: *to = merge(h, w->role, *to, v); return;
	case FILL_COLDEST: *to = is_colder ? v : *to; return;
	}
}

static enum err fill_hours(struct supply_report *r, const struct supply_question *q,
	const struct wish *w, const struct channel *c, enum filling how)
{
	struct archive_value *items = NULL;
	size_t n = 0, k = 0;
	if (r->hour_n == 0) {
		return ERR_OK;
	}
	struct span span = {r->hours[0].start, r->hours[r->hour_n - 1].end};
	enum err e = archive_range(q->store, c->id, PERIOD_HOUR, span, &items, &n);
	if (e) {
		return e;
	}
	for (size_t i = 0; i < r->hour_n; i++) {
		struct supply_hour *h = &r->hours[i];
		struct form_value v = missing();
		while (k < n && items[k].start < h->start) {
			k++;
		}
		if (k < n && items[k].start == h->start) {
			v = (struct form_value){items[k].value, items[k].quality};
		}
		if (w->unit != UNIT_NONE && !isnan(v.value) &&
			unit_convert(v.value, c->unit, w->unit, &v.value)) {
			v = missing();
		}
		bool is_tap = w->role == SUPPLY_BY_TEMPERATURE && r->is_indicative;
		double offset = is_tap ? h->rules->temperature.offset : 0;
		fill_one(h, w, v, offset, how);
		r->offset = is_tap ? offset : r->offset;
	}
	free(items);
	return ERR_OK;
}

static enum err fill_role(
	struct supply_report *r, const struct supply_question *q, const struct wish *w)
{
	size_t first = r->source_n;
	bool is_room = w->role == SUPPLY_BY_ROOM;
	if (is_room && !site_is_private(q->site, q->place)) {
		return ERR_OK; /* stairs and cellars are not what people pay for */
	}
	if (!find_sources(r, q, w, false) && !is_room) {
		(void)find_sources(r, q, w, true);
	}
	if (w->role == SUPPLY_BY_TEMPERATURE && r->source_n > first) {
		r->is_indicative = !site_is_private(q->site, r->sources[first].channel->place);
	}
	enum err e = ERR_OK;
	for (size_t i = first; i < r->source_n && !e; i++) {
		e = fill_hours(
			r, q, w, r->sources[i].channel, i == first ? FILL_FIRST : FILL_WORST);
	}
	return e;
}

/* Of a building the coldest of its rooms, whosever: how long a break of heating may last. */
static enum err fill_coldest(struct supply_report *r, const struct supply_question *q)
{
	static const struct wish rooms = {
		SUPPLY_HEATING, SUPPLY_BY_ROOM, {QUANTITY_TEMPERATURE_INDOOR}, UNIT_DEGC, true};
	int64_t building = site_building(q->site, q->place);
	size_t n = 0;
	enum err e = ERR_OK;
	for (size_t i = 0; i < q->site->counts[OBJECT_CHANNEL] && n < ROOMS_MAX && !e; i++) {
		const struct channel *c = &q->site->channels[i];
		if (c->quantity == QUANTITY_TEMPERATURE_INDOOR &&
			site_is_within(q->site, c->place, building)) {
			e = fill_hours(r, q, &rooms, c, FILL_COLDEST);
			n++;
		}
	}
	return e;
}

/* ---- the report ---- */

static void choose_kinds(struct supply_report *r, const struct supply_question *q)
{
	bool is_water = q->service == SUPPLY_HOT_WATER || q->service == SUPPLY_COLD_WATER;
	r->is_judged[SUPPLY_BREAK] = true;
	r->is_judged[SUPPLY_PRESSURE] = is_water || q->service == SUPPLY_HEATING;
	r->is_judged[SUPPLY_TEMPERATURE] = q->service == SUPPLY_HOT_WATER;
	r->is_judged[SUPPLY_ROOM] = q->service == SUPPLY_HEATING &&
				    site_is_private(q->site, q->place);
	r->is_judged[SUPPLY_VOLTAGE] = r->is_judged[SUPPLY_FREQUENCY] = q->service ==
									SUPPLY_ELECTRICITY;
}

/* An event of a kind takes an hour and another one to end it; no service has more than four kinds. */
static enum err judge(struct supply_report *r)
{
	size_t cap = r->hour_n * 2 + 1;
	if (!r->result.events) {
		r->result.events = calloc(cap, sizeof(*r->result.events));
		r->result.event_cap = cap;
	}
	if (!r->result.events) {
		return ERR_NOMEM;
	}
	supply_judge(r->hours, r->hour_n, r->is_judged, &r->result);
	return ERR_OK;
}

static double charge_of(
	const struct supply_report *r, const struct supply_question *q, const char *suffix)
{
	char code[64];
	(void)snprintf(code, sizeof(code), "charge.%s%s", supply_service_name(q->service), suffix);
	return figure_number(q->figures, q->place, code, r->date);
}

static void take_charge(struct supply_report *r, const struct supply_question *q)
{
	double full = isnan(q->charge) ? charge_of(r, q, "") : q->charge;
	double cold = isnan(q->cold_charge) ? charge_of(r, q, ".cold") : q->cold_charge;
	r->charge = (struct supply_charge){money_of(full), money_of(cold)};
	r->refund = supply_refund_of(
		r->charge, r->result.unpaid_share, r->result.cold_share, r->result.percent);
}

enum err supply_report_make(
	const struct supply_question *q, struct supply_report *ret, struct diag *diag)
{
	*ret = (struct supply_report){.service = q->service};
	ret->calendar = site_calendar(q->site, q->place);
	enum err e = make_hours(ret, q, diag);
	for (size_t i = 0; i < WISH_COUNT && !e; i++) {
		if (wishes[i].service == q->service) {
			e = fill_role(ret, q, &wishes[i]);
		}
	}
	if (!e) {
		choose_kinds(ret, q);
		e = judge(ret);
	}
	if (!e && q->service == SUPPLY_HEATING && !ret->is_judged[SUPPLY_ROOM] &&
		ret->result.kinds[SUPPLY_BREAK].bad_h > 0) {
		e = fill_coldest(ret, q);
		e = e ? e : judge(ret);
	}
	if (!e) {
		take_charge(ret, q);
		return ERR_OK;
	}
	supply_report_free(ret);
	*ret = (struct supply_report){0};
	return e;
}

void supply_report_free(struct supply_report *r)
{
	free(r->hours);
	free(r->rules);
	free(r->result.events);
}
