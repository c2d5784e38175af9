/*
 * validate_desk.c - see validate_desk.h
 */
#include "calc/validate_desk.h"

#include "base/log.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_BACK  60 /* days in one question; how many count is a figure */
#define HOUR_S     3600
#define EVENTS_MAX 200

/* ---- values ---- */

static struct form_value value_of(const struct archive_value *v)
{
	bool is_missing = isnan(v->value) || quality_class(v->quality) == QUALITY_MISSING;
	return (struct form_value){is_missing ? NAN : v->value, v->quality};
}

static enum err read_one(
	const struct desk *d, int64_t series, enum period period, int64_t start, double *ret)
{
	struct archive_value v;
	enum err e = archive_at(d->store, &series, 1, period, start, &v);
	*ret = e ? NAN : value_of(&v).value;
	return e;
}

/* Hours of a series, laid beside the starts of the day. */
static enum err read_hours(const struct desk *d, int64_t series, const struct judged_day *day,
	struct form_value *ret_values)
{
	struct archive_value *items = NULL;
	size_t n = 0, at = 0;
	struct span span = {day->starts[0], day->span.till};
	for (size_t i = 0; i < day->n; i++) {
		ret_values[i] = (struct form_value){NAN, QUALITY_MISSING};
	}
	enum err e = archive_range(d->store, series, PERIOD_HOUR, span, &items, &n);
	if (e) {
		return e == ERR_NODATA ? ERR_OK : e;
	}
	for (size_t i = 0; i < day->n; i++) {
		while (at < n && items[at].start < day->starts[i]) {
			at++;
		}
		if (at < n && items[at].start == day->starts[i]) {
			ret_values[i] = value_of(&items[at]);
		}
	}
	free(items);
	return ERR_OK;
}

/* Hours of another channel of the place in a unit; NaN where there is no such channel. */
static enum err read_plain(const struct desk *d, int64_t place, enum quantity q, enum unit unit,
	const struct judged_day *day, double *ret_values)
{
	struct form_value values[DAY_HOURS_MAX];
	const struct channel *c = desk_channel(d, place, q);
	if (!c) {
		return ERR_OK;
	}
	enum err e = read_hours(d, c->id, day, values);
	for (size_t i = 0; i < day->n && !e; i++) {
		if (unit_convert(values[i].value, c->unit, unit, &ret_values[i]) != ERR_OK) {
			ret_values[i] = NAN;
		}
	}
	return e;
}

/* ---- pieces of a day ---- */

static void lay_out(struct judged_day *day, const struct calendar *c)
{
	int64_t at = period_of(c, PERIOD_HOUR, day->span.from - DAY_HOURS_BEFORE * HOUR_S).from;
	for (; at < day->span.till && day->n < DAY_HOURS_MAX;
		at = period_next(c, PERIOD_HOUR, at)) {
		day->first += at < day->span.from;
		day->starts[day->n++] = at;
	}
}

static void put_register(const struct desk *d, const struct channel *c, struct judged_day *day)
{
	const struct binding *b = desk_binding(d, c->id, day->span);
	const struct meter_register *r =
		b ? site_find(d->site, OBJECT_REGISTER, b->meter_register) : NULL;
	if (r) {
		double factor = fabs(desk_factor(b, r, c));
		day->resolution = r->decimals >= 0 ? pow(10, -(double)r->decimals) * factor : 0;
		day->max_rate = r->max_rate * factor;
		day->resolution = isnan(day->resolution) ? 0 : day->resolution;
		day->max_rate = isnan(day->max_rate) ? 0 : day->max_rate;
	}
}

/* Beside an archive of amounts ("KEY.amount") the meter's own register, at the day's ends. */
static enum err put_register_sum(
	const struct desk *d, const struct channel *c, struct judged_day *day)
{
	static const char suffix[] = ".amount";
	char key[REGISTER_KEY_CAP];
	const struct binding *b = desk_binding(d, c->id, day->span);
	const struct meter_register *r =
		b ? site_find(d->site, OBJECT_REGISTER, b->meter_register) : NULL;
	size_t n = r ? strlen(r->key) : 0;
	if (!r || n <= sizeof(suffix) - 1 ||
		strcmp(r->key + n - (sizeof(suffix) - 1), suffix) != 0) {
		return ERR_OK;
	}
	(void)STR_COPY(key, r->key);
	key[n - (sizeof(suffix) - 1)] = 0;
	const struct meter_register *counter = site_register(d->site, r->meter, key);
	if (!counter || counter->form != FORM_POINT) {
		return ERR_OK;
	}
	day->register_factor = desk_factor(b, counter, c);
	day->register_resolution = counter->decimals >= 0 ? pow(10, -(double)counter->decimals) :
							    NAN;
	enum err e = read_one(d, counter->id, PERIOD_HOUR, day->span.from, &day->register_from);
	return e ? e : read_one(d, counter->id, PERIOD_HOUR, day->span.till, &day->register_till);
}

struct past {
	struct like_day days[LOOK_BACK + 1];
	struct span spans[LOOK_BACK + 1];
	struct form_value values[LOOK_BACK + 1];
};

static enum err read_past(const struct desk *d, const struct channel *c,
	const struct calendar *calendar, int64_t start, struct past *p)
{
	struct archive_value *items = NULL;
	size_t n = 0;
	desk_days(d, calendar, start, p->days, p->spans, LOOK_BACK + 1);
	struct span span = {p->spans[LOOK_BACK].from, start + 1};
	enum err e = archive_range(d->store, c->id, PERIOD_DAY, span, &items, &n);
	if (e && e != ERR_NODATA) {
		return e;
	}
	for (size_t i = 0; i <= LOOK_BACK; i++) {
		p->values[i] = (struct form_value){NAN, QUALITY_MISSING};
		for (size_t k = n; k-- > 0;) { /* newest last */
			if (items[k].start == p->spans[i].from) {
				p->values[i] = value_of(&items[k]);
				break;
			}
		}
		p->days[i].is_eligible = is_like_value(p->values[i]);
	}
	free(items);
	return ERR_OK;
}

/* Hours of exactly nothing up to the day's end, by hours and then by days. */
static double zero_hours(const struct judged_day *day, const struct past *p)
{
	double hours = 0;
	for (size_t i = day->n; i-- > day->first;) {
		if (day->hours[i].value != 0) {
			return hours;
		}
		hours++;
	}
	for (size_t i = 1; i <= LOOK_BACK && p->values[i].value == 0; i++) {
		hours += (double)(p->spans[i].till - p->spans[i].from) / HOUR_S;
	}
	return hours;
}

static enum err put_past(const struct desk *d, const struct channel *c,
	const struct calendar *calendar, struct judged_day *day)
{
	size_t before[DAY_LIKE];
	struct past p;
	if (quantity_kind(c->quantity) != KIND_COUNTER) {
		struct archive_value v;
		enum err e = archive_at(d->store, &c->id, 1, PERIOD_DAY, day->span.from, &v);
		day->day = e ? day->day : value_of(&v);
		return e;
	}
	enum err e = read_past(d, c, calendar, day->span.from, &p);
	if (e) {
		return e;
	}
	day->day = p.values[0];
	day->like_count = like_days(p.days, LOOK_BACK + 1, before, DAY_LIKE);
	for (size_t i = 0; i < day->like_count; i++) {
		day->like[i] = p.values[before[i]].value;
	}
	day->zero_hours = zero_hours(day, &p);
	return ERR_OK;
}

static enum err put_temperatures(
	const struct desk *d, const struct channel *c, struct judged_day *day)
{
	if (c->quantity != QUANTITY_TEMPERATURE_SUPPLY) {
		return ERR_OK;
	}
	enum err e = read_plain(
		d, c->place, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, day, day->t_return);
	return e ? e : read_plain(d, c->place, QUANTITY_MASS_SUPPLY, UNIT_T, day, day->mass);
}

/* Hours in which nothing flows past the sensor, as far as a counter of the place says so. */
static enum err put_still(const struct desk *d, const struct channel *c, struct judged_day *day)
{
	static const enum quantity flows[] = {QUANTITY_MASS_SUPPLY, QUANTITY_VOLUME_SUPPLY,
		QUANTITY_VOLUME, QUANTITY_HEAT_ENERGY};
	struct form_value values[DAY_HOURS_MAX];
	const struct channel *flow = NULL;
	bool is_pipe = strncmp(quantity_code(c->quantity), "temperature", 11) == 0 &&
		       c->quantity != QUANTITY_TEMPERATURE_OUTDOOR &&
		       c->quantity != QUANTITY_TEMPERATURE_INDOOR;
	for (size_t i = 0; is_pipe && !flow && i < sizeof(flows) / sizeof(flows[0]); i++) {
		flow = desk_channel(d, c->place, flows[i]);
	}
	enum err e = flow ? read_hours(d, flow->id, day, values) : ERR_OK;
	for (size_t i = 0; flow && i < day->n && !e; i++) {
		day->is_still[i] = values[i].value == 0;
	}
	return e;
}

/* A closed system has a supply, a return, and nothing drawn between them. */
static bool is_closed(const struct desk *d, int64_t place)
{
	return desk_channel(d, place, QUANTITY_MASS_SUPPLY) &&
	       desk_channel(d, place, QUANTITY_MASS_RETURN) &&
	       !desk_channel(d, place, QUANTITY_MASS_HOT_WATER) &&
	       !desk_channel(d, place, QUANTITY_MASS_MAKE_UP);
}

static enum err put_own_energy(
	const struct desk *d, const struct channel *c, struct judged_day *day)
{
	double mass[DAY_HOURS_MAX], t1[DAY_HOURS_MAX], t2[DAY_HOURS_MAX], sum = 0;
	if (c->quantity != QUANTITY_HEAT_ENERGY || !is_closed(d, c->place)) {
		return ERR_OK;
	}
	for (size_t i = 0; i < DAY_HOURS_MAX; i++) {
		mass[i] = t1[i] = t2[i] = NAN;
	}
	enum err e = read_plain(d, c->place, QUANTITY_MASS_SUPPLY, UNIT_T, day, mass);
	e = e ? e : read_plain(d, c->place, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, day, t1);
	e = e ? e : read_plain(d, c->place, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, day, t2);
	double p1 = rule_param(&day->at, RULE_Q, "pressure_supply");
	double p2 = rule_param(&day->at, RULE_Q, "pressure_return");
	for (size_t i = day->first; i < day->n; i++) {
		sum += own_energy_gj(mass[i], t1[i], t2[i], p1, p2);
	}
	if (unit_convert(sum, UNIT_GJ, c->unit, &day->own_energy) != ERR_OK) {
		day->own_energy = NAN;
	}
	return e;
}

/* The day of another channel in this one's unit. */
static enum err read_day_of(const struct desk *d, const struct channel *other,
	const struct channel *c, int64_t start, double *ret)
{
	double v = NAN;
	enum err e = other ? read_one(d, other->id, PERIOD_DAY, start, &v) : ERR_OK;
	if (e || !other || unit_convert(v, other->unit, c->unit, ret) != ERR_OK) {
		*ret = NAN;
	}
	return e;
}

static enum err put_partners(const struct desk *d, const struct channel *c, struct judged_day *day)
{
	enum err e = ERR_OK;
	if (c->quantity == QUANTITY_MASS_RETURN && is_closed(d, c->place)) {
		e = read_day_of(d, desk_channel(d, c->place, QUANTITY_MASS_SUPPLY), c,
			day->span.from, &day->mass_supply);
	}
	const struct channel *up = site_find(d->site, OBJECT_CHANNEL, c->upstream);
	if (!e && up && up->place == c->place && up->quantity == c->quantity) {
		e = read_day_of(d, up, c, day->span.from, &day->pair);
	}
	return e;
}

/* Mean day of the quantity in the building's flats where somebody lives. */
static enum err put_others(const struct desk *d, const struct channel *c, struct judged_day *day)
{
	const struct site *s = d->site;
	int64_t building = site_building(s, c->place);
	double sum = 0, v;
	size_t n = 0;
	if (!day->is_vacant) {
		return ERR_OK;
	}
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *x = &s->channels[i];
		if (x->quantity != c->quantity || !desk_is_private(s, x->place) ||
			site_building(s, x->place) != building ||
			desk_is_vacant(d, x->place, day->at.date)) {
			continue;
		}
		enum err e = read_day_of(d, x, c, day->span.from, &v);
		if (e) {
			return e;
		}
		sum += isnan(v) ? 0 : v;
		n += isnan(v) ? 0u : 1u;
	}
	day->mean_others = n ? sum / (double)n : NAN;
	return ERR_OK;
}

static enum err count_event(void *ctx, const struct event *e)
{
	static const char *const codes[] = {
		"error", "power_off", "tamper", "magnet", "cover_open", "reverse", "leakage"};
	double *n = ctx;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		size_t length = strlen(codes[i]);
		bool is_it = strncmp(e->code, codes[i], length) == 0 &&
			     (e->code[length] == 0 || e->code[length] == '.');
		*n += is_it ? 1 : 0;
	}
	return ERR_OK;
}

/* The meter whose journal the channel tells of; NULL: another channel does. */
static const struct meter *spoken_for(
	const struct desk *d, const struct channel *c, struct span span)
{
	const struct binding *b = desk_binding(d, c->id, span);
	const struct meter_register *r =
		b ? site_find(d->site, OBJECT_REGISTER, b->meter_register) : NULL;
	const struct meter *m = r ? site_find(d->site, OBJECT_METER, r->meter) : NULL;
	return m && d->speakers[m - d->site->meters] == c->id ? m : NULL;
}

static enum err put_events(const struct desk *d, const struct channel *c, struct judged_day *day)
{
	const struct meter *m = spoken_for(d, c, day->span);
	day->event_count = 0;
	return m ? event_list(
			   d->store, m->id, day->span, EVENTS_MAX, count_event, &day->event_count) :
		   ERR_OK;
}

/* What a person rejected is not missed any more. */
static bool is_rejected(const struct verdict *verdicts, size_t n, int64_t start)
{
	for (size_t i = 0; i < n; i++) {
		if (verdicts[i].period == PERIOD_HOUR && verdicts[i].start == start &&
			verdicts[i].state == VERDICT_REJECTED) {
			return true;
		}
	}
	return false;
}

/* Channels of meters that keep days only have no hours to be missed, and before the first value of
 * all there is nothing to miss. */
static enum err put_expected(const struct desk *d, const struct channel *c,
	const struct verdict *verdicts, size_t n, struct judged_day *day)
{
	struct archive_value latest;
	size_t known = 0;
	while (known < day->n && isnan(day->hours[known].value)) {
		known++;
	}
	if (known >= day->first) {
		enum err e = archive_latest(d->store, c->id, PERIOD_HOUR, day->starts[0], &latest);
		if (e && e != ERR_NODATA) {
			return e;
		}
		known = e ? known : 0; /* something was there long before */
	}
	for (size_t i = known > day->first ? known : day->first; i < day->n; i++) {
		int64_t till = i + 1 < day->n ? day->starts[i + 1] : day->span.till;
		struct span hour = {day->starts[i], till};
		day->is_expected[i] = desk_is_fed(d, c->id, hour) &&
				      !is_rejected(verdicts, n, hour.from);
	}
	return ERR_OK;
}

enum err desk_put(const struct desk *d, const struct channel *c, int64_t start, int64_t newest,
	const struct verdict *verdicts, size_t verdict_count, struct judged_day *ret_day)
{
	struct calendar calendar = site_calendar(d->site, c->place);
	struct judged_day *day = ret_day;
	judged_day_init(day);
	day->span = period_of(&calendar, PERIOD_DAY, start);
	day->unit = c->unit;
	day->at = (struct rule_at){
		d->figures, c->place, c->quantity, figure_date(&calendar, day->span.from)};
	day->is_over = newest >= day->span.till + HOUR_S;
	day->is_private = desk_is_private(d->site, c->place);
	day->is_vacant = day->is_private && desk_is_vacant(d, c->place, day->at.date);
	lay_out(day, &calendar);
	put_register(d, c, day);
	enum err e = read_hours(d, c->id, day, day->hours);
	e = e ? e : put_temperatures(d, c, day);
	if (e || !day->is_over) {
		return e;
	}
	e = put_past(d, c, &calendar, day);
	e = e ? e : put_still(d, c, day);
	e = e ? e : put_events(d, c, day);
	e = e ? e : put_expected(d, c, verdicts, verdict_count, day);
	e = e ? e : put_register_sum(d, c, day);
	e = e ? e : put_own_energy(d, c, day);
	e = e ? e : put_partners(d, c, day);
	return e ? e : put_others(d, c, day);
}
