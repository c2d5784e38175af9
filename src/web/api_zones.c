/*
 * api_zones.c - electricity by zones of the day: the calendars, and the profile of a channel in them
 */
#include "web/view.h"

#include "base/clock.h"
#include "calc/zones_meter.h"

#include <math.h>
#include <stdlib.h>

#define SPAN_DAYS_MAX 800

/* ---- calendars ---- */

static void write_zones(struct jsonw *w, const struct zones_calendar *c)
{
	jsonw_array(w, "zones");
	for (unsigned i = 0; i < c->zones_count; i++) {
		const struct zones_zone *z = &c->zones[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "name", z->name);
		jsonw_text(w, "text", z->title, z->title_ru);
		if (z->tariff) {
			jsonw_int(w, "tariff", z->tariff);
		} else {
			jsonw_null(w, "tariff");
		}
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_rules(struct jsonw *w, const struct zones_version *v)
{
	static const char *const days[] = {[ZONES_WORKDAY] = "workday",
		[ZONES_WEEKEND] = "weekend",
		[ZONES_HOLIDAY] = "holiday"};
	jsonw_array(w, "rules");
	for (unsigned i = 0; i < v->rules_count; i++) {
		const struct zones_rule *r = &v->rules[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "zone", r->zone);
		jsonw_array(w, "hours");
		for (unsigned k = 0; k < r->hours_count; k++) {
			jsonw_str(w, NULL, r->hours[k]);
		}
		jsonw_end(w);
		jsonw_array(w, "days");
		for (unsigned k = 0; k < r->days_count; k++) {
			jsonw_str(w, NULL, days[r->days[k]]);
		}
		jsonw_end(w);
		jsonw_array(w, "months");
		for (unsigned k = 0; k < r->months_count; k++) {
			jsonw_int(w, NULL, r->months[k]);
		}
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_calendar(struct jsonw *w, const struct zones_calendar *c)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "name", c->name);
	jsonw_text(w, "text", c->title, c->title_ru);
	write_zones(w, c);
	jsonw_array(w, "versions");
	for (unsigned i = 0; i < c->versions_count; i++) {
		const struct zones_version *v = &c->versions[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "valid_from", v->valid_from);
		jsonw_text(w, "source", v->source, v->source_ru ? v->source_ru : v->source);
		write_rules(w, v);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

enum err zone_calendar_list_h(struct http_request *r)
{
	struct zones_set *set = NULL;
	enum err e = zones_load(&set, &r->diag);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (unsigned i = 0; i < set->calendars_count; i++) {
		write_calendar(&w, &set->calendars[i]);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	zones_free(set);
	return ERR_OK;
}

/* ---- a channel ---- */

/* A question about one channel, and what answers it. */
struct asked {
	const struct site *site;
	struct store *store;
	const struct channel *channel;
	const struct zones_calendar *zones;
	struct calendar calendar;
	enum period period;
	struct span span;
	struct zones_interval *hours, *half_hours; /* owned */
	size_t hour_count, half_hour_count;
	int64_t now;
};

static enum err take_question(struct http_request *r, const struct zones_set *set, struct asked *a)
{
	const char *name = http_query(r, "calendar");
	a->zones = name ? zones_find(set, name) : &set->calendars[0];
	if (!a->zones) {
		return err_set(&r->diag, ERR_INVAL, "calendar: no zone calendar '%s'", name);
	}
	enum err e = query_period(r, &a->period);
	if (!e && a->period != PERIOD_DAY && a->period != PERIOD_MONTH) {
		e = err_set(&r->diag, ERR_INVAL, "period: day or month");
	}
	a->span = (struct span){INT64_MIN, INT64_MIN};
	e = e ? e : query_time(r, "from", a->calendar.zone, &a->span.from);
	e = e ? e : query_time(r, "till", a->calendar.zone, &a->span.till);
	if (e) {
		return e;
	}
	if (a->span.from == INT64_MIN || a->span.till == INT64_MIN || a->span.from > a->span.till) {
		return err_set(&r->diag, ERR_INVAL, "from and till: both, in this order");
	}
	a->span.till = a->span.till < a->now ? a->span.till : a->now;
	if (a->span.from < a->span.till &&
		(uint64_t)a->span.till - (uint64_t)a->span.from > UINT64_C(86400) * SPAN_DAYS_MAX) {
		return err_set(&r->diag, ERR_LIMIT, "at most %d days", SPAN_DAYS_MAX);
	}
	return ERR_OK;
}

/* Of amounts only: what an import or a person put where a channel holds something else is no profile. */
static enum err read_profile(
	const struct asked *a, enum period period, struct zones_interval **ret_items, size_t *ret_n)
{
	struct archive_value *stored = NULL;
	size_t n = 0;
	/* the last period may reach behind the span */
	struct span span = {a->span.from, a->span.till + INT64_C(86400) * 40};
	enum err e = archive_range(a->store, a->channel->id, period, span, &stored, &n);
	if (e) {
		return e;
	}
	struct zones_interval *items = calloc(n + 1, sizeof(*items));
	for (size_t i = 0; items && i < n; i++) {
		items[i] = (struct zones_interval){
			stored[i].start, {stored[i].value, stored[i].quality}};
	}
	free(stored);
	*ret_items = items;
	*ret_n = n;
	return items ? ERR_OK : ERR_NOMEM;
}

static void write_sum(
	struct jsonw *w, const char *key, const struct zones_sum *s, const struct zones_sum *whole)
{
	double share = whole && whole->v.value > 0 ? s->v.value / whole->v.value : NAN;
	jsonw_object(w, key);
	jsonw_real(w, "value", s->v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(s->v.quality)));
	jsonw_flags(w, s->v.quality);
	jsonw_real(w, "completeness", zones_completeness(s));
	if (whole) {
		jsonw_real(w, "share", share);
	}
	jsonw_end(w);
}

static void write_meter(struct jsonw *w, const struct asked *a, const struct zones_period *p,
	const struct zones_tariffs *t)
{
	struct zones_check check = zones_compare(a->zones, p, t);
	jsonw_object(w, "meter");
	jsonw_array(w, "tariffs");
	for (int i = 0; i < ZONES_TARIFFS; i++) {
		if (t->is_there[i]) {
			jsonw_object(w, NULL);
			jsonw_int(w, "tariff", i + 1);
			jsonw_real(w, "value", t->v[i].value);
			jsonw_str(w, "quality", quality_class_name(quality_class(t->v[i].quality)));
			jsonw_end(w);
		}
	}
	jsonw_end(w);
	jsonw_array(w, "value");
	for (unsigned i = 0; i < a->zones->zones_count; i++) {
		jsonw_real(w, NULL, check.meter[i]);
	}
	jsonw_end(w);
	jsonw_array(w, "difference_percent");
	for (unsigned i = 0; i < a->zones->zones_count; i++) {
		jsonw_real(w, NULL, check.difference[i]);
	}
	jsonw_end(w);
	jsonw_bool(w, "is_other_schedule", check.is_other_schedule);
	jsonw_bool(w, "is_hint", check.is_hint);
	jsonw_end(w);
}

/* The meter's own tariffs of a month that has ended; null where there are none. */
static enum err write_check(struct jsonw *w, const struct asked *a, const struct zones_period *p)
{
	struct zones_tariffs t;
	enum err e = ERR_NODATA;
	if (a->period == PERIOD_MONTH && p->span.till <= a->now) {
		e = zones_tariffs_read(a->store, a->site, a->channel, p->span, &t);
	}
	if (e == ERR_NODATA) {
		jsonw_null(w, "meter");
		return ERR_OK;
	}
	if (!e) {
		write_meter(w, a, p, &t);
	}
	return e;
}

static enum err write_period(struct jsonw *w, const struct asked *a, int64_t start)
{
	struct span span = period_of(&a->calendar, a->period, start);
	struct zones_profile profile = {
		&a->calendar, a->now, a->hours, a->half_hours, a->hour_count, a->half_hour_count};
	struct zones_period p;
	enum err e = zones_fold(a->zones, &profile, span, &p);
	if (e) {
		return e;
	}
	jsonw_object(w, NULL);
	jsonw_int(w, "start", span.from);
	jsonw_int(w, "end", span.till);
	jsonw_bool(w, "is_running", span.till > a->now);
	write_sum(w, "total", &p.total, NULL);
	jsonw_array(w, "zones");
	for (unsigned i = 0; i < a->zones->zones_count; i++) {
		write_sum(w, NULL, &p.zones[i], &p.total);
	}
	jsonw_end(w);
	jsonw_object(w, "unassigned");
	jsonw_real(w, "value", p.unassigned.v.value);
	jsonw_int(w, "seconds", p.unassigned.expected_s);
	jsonw_end(w);
	e = write_check(w, a, &p);
	jsonw_end(w);
	return e;
}

static enum err write_answer(struct http_request *r, const struct asked *a)
{
	struct jsonw w = reply_json(r);
	enum err e = ERR_OK;
	jsonw_object(&w, NULL);
	jsonw_int(&w, "channel", a->channel->id);
	jsonw_str(&w, "name", a->zones->name);
	jsonw_text(&w, "text", a->zones->title, a->zones->title_ru);
	jsonw_str(&w, "period", period_name(a->period));
	jsonw_quantity(&w, "quantity", a->channel->quantity);
	jsonw_unit(&w, "unit", a->channel->unit);
	jsonw_calendar(&w, "calendar", &a->calendar);
	write_zones(&w, a->zones);
	jsonw_array(&w, "periods");
	int64_t start = a->span.from;
	if (start < a->span.till) {
		start = period_of(&a->calendar, a->period, start).from;
		start = start < a->span.from ? period_next(&a->calendar, a->period, start) : start;
	}
	for (; start < a->span.till && !e; start = period_next(&a->calendar, a->period, start)) {
		e = write_period(&w, a, start);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

static enum err find_counter(struct http_request *r, struct asked *a)
{
	const void *object;
	enum err e = find_object(r, OBJECT_CHANNEL, r->id, ACCESS_DATA, &object);
	if (e) {
		return e;
	}
	a->site = site_of(r);
	a->store = web_of(r)->store;
	a->channel = object;
	a->calendar = site_calendar(a->site, a->channel->place);
	a->now = clock_now();
	return quantity_kind(a->channel->quantity) == KIND_COUNTER ?
		       ERR_OK :
		       err_set(&r->diag, ERR_INVAL, "zones are of amounts: this is no counter");
}

enum err channel_zones_h(struct http_request *r)
{
	struct zones_set *set = NULL;
	struct asked a = {0};
	enum err e = find_counter(r, &a);
	e = e ? e : zones_load(&set, &r->diag);
	e = e ? e : take_question(r, set, &a);
	if (!e && a.span.from < a.span.till) {
		e = read_profile(&a, PERIOD_HOUR, &a.hours, &a.hour_count);
		e = e ? e : read_profile(&a, PERIOD_HALF_HOUR, &a.half_hours, &a.half_hour_count);
	}
	e = e ? e : write_answer(r, &a);
	free(a.hours);
	free(a.half_hours);
	zones_free(set);
	return e;
}
