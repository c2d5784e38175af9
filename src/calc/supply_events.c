/*
 * supply_events.c - the violations that ended on a day; see supply_events.h
 */
#include "calc/supply_events.h"

#include "base/str.h"
#include "calc/supply_report.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#define BACK_DAYS 35 /* a violation that began earlier is told with this beginning */

static const char *unit_of(enum supply_service service, enum supply_kind kind)
{
	switch (kind) {
	case SUPPLY_TEMPERATURE:
	case SUPPLY_ROOM: return "°C";
	case SUPPLY_PRESSURE: return "MPa";
	case SUPPLY_VOLTAGE: return "V";
	case SUPPLY_FREQUENCY: return "Hz";
	case SUPPLY_BREAK:
	case SUPPLY_KIND_COUNT: break;
	}
	return service == SUPPLY_ELECTRICITY ? "V" : "MPa";
}

static void put_event(const struct daily_day *d, struct batch *b, int64_t place,
	const struct supply_report *r, const struct supply_event *e)
{
	char code[48], text[256], from[TIME_TEXT_CAP], till[TIME_TEXT_CAP];
	const char *unit = unit_of(r->service, e->kind);
	(void)snprintf(code, sizeof(code), "supply.%s.%s", supply_service_name(r->service),
		supply_kind_name(e->kind));
	int n = snprintf(text, sizeof(text), "%s - %s, %g h: %.4g %s, limit %.4g %s",
		time_text_local(from, d->calendar.zone, e->from),
		time_text_local(till, d->calendar.zone, e->till),
		(double)(e->till - e->from) / 3600, e->extreme, unit, e->limit, unit);
	if (n > 0 && n < (int)sizeof(text) && !isnan(e->percent) && e->percent > 0) {
		(void)snprintf(text + n, sizeof(text) - (size_t)n, ", %.3g %%", e->percent);
	}
	batch_event(b, e->from, place, code, text);
}

/* Was a kind told by a sensor of the place itself? A building has nothing else. */
static bool is_own_kind(const struct supply_report *r, enum supply_kind kind)
{
	static const enum supply_role roles[SUPPLY_KIND_COUNT] = {
		[SUPPLY_BREAK] = SUPPLY_BY_PRESSURE,
		[SUPPLY_TEMPERATURE] = SUPPLY_BY_TEMPERATURE,
		[SUPPLY_PRESSURE] = SUPPLY_BY_PRESSURE,
		[SUPPLY_ROOM] = SUPPLY_BY_ROOM,
		[SUPPLY_VOLTAGE] = SUPPLY_BY_VOLTAGE,
		[SUPPLY_FREQUENCY] = SUPPLY_BY_FREQUENCY,
	};
	enum supply_role role = kind == SUPPLY_BREAK && r->service == SUPPLY_ELECTRICITY ?
					SUPPLY_BY_VOLTAGE :
					roles[kind];
	for (size_t i = 0; i < r->source_n; i++) {
		if (r->sources[i].role == role) {
			return !r->sources[i].is_house;
		}
	}
	return false;
}

/* Has it ended on this day, and does it matter to a bill? */
static bool is_news(const struct supply_event *e, struct span day)
{
	bool matters = e->kind == SUPPLY_BREAK || e->is_day_unpaid || e->percent > 0 || e->has_cold;
	return matters && e->till >= day.from && e->till < day.till;
}

/* `services`: a bit for each that is looked at. */
static enum err put_place(const struct daily_day *d, struct batch *b,
	const struct supply_question *like, int64_t place, unsigned services, struct diag *diag)
{
	bool is_building = place == d->building->id;
	for (int s = 0; s < SUPPLY_SERVICE_COUNT; s++) {
		if (!(services & 1u << s)) {
			continue;
		}
		struct supply_question q = *like;
		struct supply_report r;
		q.place = place;
		q.service = (enum supply_service)s;
		enum err e = supply_report_make(&q, &r, diag);
		if (e) {
			return e;
		}
		for (size_t i = 0; i < r.result.event_n && i < r.result.event_cap; i++) {
			const struct supply_event *x = &r.result.events[i];
			if (is_news(x, d->day) && (is_building || is_own_kind(&r, x->kind))) {
				put_event(d, b, place, &r, x);
			}
		}
		supply_report_free(&r);
	}
	return ERR_OK;
}

/* The services a flat or an office has sensors of its own for, as bits. */
static unsigned services_with_sensors(const struct site *s, int64_t place)
{
	static const struct {
		enum quantity sensor;
		enum supply_service service;
	} sensors[] = {{QUANTITY_TEMPERATURE_INDOOR, SUPPLY_HEATING},
		{QUANTITY_TEMPERATURE_HOT_WATER, SUPPLY_HOT_WATER},
		{QUANTITY_PRESSURE_HOT_WATER, SUPPLY_HOT_WATER},
		{QUANTITY_PRESSURE_COLD_WATER, SUPPLY_COLD_WATER},
		{QUANTITY_VOLTAGE, SUPPLY_ELECTRICITY}};
	unsigned services = 0;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		for (size_t k = 0; k < sizeof(sensors) / sizeof(sensors[0]); k++) {
			if (s->channels[i].quantity == sensors[k].sensor &&
				site_is_within(s, s->channels[i].place, place)) {
				services |= 1u << sensors[k].service;
			}
		}
	}
	return services;
}

enum err supply_events_of(const struct daily_day *d, struct batch *b, struct diag *diag)
{
	struct figures *f = NULL;
	enum err e = figures_load(d->site, &f, diag);
	if (e) {
		return e;
	}
	int64_t from = d->day.from;
	for (int i = 0; i < BACK_DAYS; i++) {
		from = period_prev(&d->calendar, PERIOD_DAY, from);
	}
	struct supply_question q = {.store = d->store,
		.site = d->site,
		.figures = f,
		.span = {from, d->day.till},
		.now = d->day.till,
		.charge = NAN,
		.cold_charge = NAN};
	e = put_place(d, b, &q, d->building->id, UINT_MAX, diag);
	for (size_t i = 0; i < d->site->counts[OBJECT_PLACE] && !e; i++) {
		const struct place *p = &d->site->places[i];
		bool is_home = p->kind == PLACE_FLAT || p->kind == PLACE_OFFICE;
		if (is_home && site_building(d->site, p->id) == d->building->id) {
			e = put_place(d, b, &q, p->id, services_with_sensors(d->site, p->id), diag);
		}
	}
	figures_free(f);
	return e;
}
