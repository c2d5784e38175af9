/*
 * heat_source.c - hours and rows of the channels of a supply input; see heat_source.h
 */
#include "calc/heat_source.h"

#include "calc/rollup_view.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_S 3600
/* A timer that steps by more cannot tell what an hour was. */
#define COARSE_S 120

struct form_value heat_missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

/* ---- the axis ---- */

enum err heat_axis_init(
	struct heat_axis *a, const struct calendar *c, enum period period, struct span span)
{
	size_t n = period_count(c, period, span);
	a->n = 0;
	a->starts = calloc(n + 2, sizeof(*a->starts));
	if (!a->starts) {
		return ERR_NOMEM;
	}
	int64_t t = period_of(c, period, span.from).from;
	t = t < span.from ? period_next(c, period, t) : t;
	for (; t < span.till && a->n < n; t = period_next(c, period, t)) {
		a->starts[a->n++] = t;
	}
	a->starts[a->n] = t;
	return ERR_OK;
}

void heat_axis_fini(struct heat_axis *a)
{
	free(a->starts);
	*a = (struct heat_axis){0};
}

/* The slot that begins at `utc`; a->n: none. */
static size_t slot_at(const struct heat_axis *a, int64_t utc)
{
	size_t low = 0, high = a->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (a->starts[middle] < utc) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < a->n && a->starts[low] == utc ? low : a->n;
}

/* ---- channels ---- */

/* The first channel of a quantity at a place; one that a formula makes is a check of the meter, not it. */
static const struct channel *find(const struct site *s, int64_t place, enum quantity q)
{
	const struct channel *best = NULL;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL] && q != QUANTITY_UNKNOWN; i++) {
		const struct channel *c = &s->channels[i];
		bool is_first = c->place == place && c->quantity == q &&
				(!best || c->sort < best->sort);
		if (is_first && !site_is_computed(s, c->id)) {
			best = c;
		}
	}
	return best;
}

/* Outdoors it is the same everywhere in a building; flats keep theirs for themselves. */
static const struct channel *find_outdoor(const struct site *s, int64_t place)
{
	const struct channel *c = find(s, place, QUANTITY_TEMPERATURE_OUTDOOR);
	int64_t building = site_building(s, place);
	c = c || !building ? c : find(s, building, QUANTITY_TEMPERATURE_OUTDOOR);
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL] && !c && building; i++) {
		const struct channel *x = &s->channels[i];
		const struct place *p = site_find(s, OBJECT_PLACE, x->place);
		bool is_common = p && (p->kind == PLACE_HEATING_POINT || p->kind == PLACE_COMMON ||
					      p->kind == PLACE_OTHER);
		if (x->quantity == QUANTITY_TEMPERATURE_OUTDOOR && is_common &&
			site_building(s, x->place) == building) {
			c = x;
		}
	}
	return c;
}

static enum quantity heat_of(bool is_hot_water)
{
	return is_hot_water ? QUANTITY_HEAT_ENERGY_HOT_WATER : QUANTITY_HEAT_ENERGY;
}

bool heat_input_is_there(const struct site *s, int64_t place, bool is_hot_water)
{
	const struct heat_pipe_info *i = heat_pipe_info(HEAT_HOT_WATER);
	if (find(s, place, heat_of(is_hot_water))) {
		return true;
	}
	if (is_hot_water) {
		return find(s, place, i->mass) && find(s, place, i->temperature);
	}
	return find(s, place, QUANTITY_TEMPERATURE_SUPPLY) &&
	       (find(s, place, QUANTITY_MASS_SUPPLY) || find(s, place, QUANTITY_VOLUME_SUPPLY) ||
		       find(s, place, QUANTITY_MASS_RETURN) ||
		       find(s, place, QUANTITY_VOLUME_RETURN));
}

void heat_source_find(const struct site *s, struct heat_input *h)
{
	int64_t place = h->place->id;
	h->heat = find(s, place, heat_of(h->is_hot_water));
	h->outdoor = find_outdoor(s, place);
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		const struct heat_pipe_info *i = heat_pipe_info((enum heat_pipe)p);
		h->mass[p] = find(s, place, i->mass);
		h->volume[p] = find(s, place, i->volume);
		h->temperature[p] = find(s, place, i->temperature);
		h->pressure[p] = find(s, place, i->pressure);
	}
}

/* ---- values ---- */

static enum err read_channel(const struct heat_question *q, const struct channel *c, enum unit unit,
	const struct heat_axis *a, enum period period, struct form_value **ret)
{
	struct archive_value *items = NULL;
	size_t n = 0;
	*ret = NULL;
	if (!c || a->n == 0) {
		return ERR_OK;
	}
	struct span span = {a->starts[0], a->starts[a->n]};
	enum err e = archive_range(q->store, c->id, period, span, &items, &n);
	struct form_value *values = e ? NULL : calloc(a->n, sizeof(*values));
	if (e || !values) {
		free(items);
		return e ? e : ERR_NOMEM;
	}
	for (size_t i = 0; i < a->n; i++) {
		values[i] = heat_missing();
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = slot_at(a, items[i].start);
		double v = items[i].value;
		if (at < a->n && unit_convert(v, c->unit, unit, &v) == ERR_OK) {
			values[at] = (struct form_value){v, items[i].quality};
		}
	}
	free(items);
	*ret = values;
	return ERR_OK;
}

/* Sensors of gauge pressure count from the barometer up. */
static void make_absolute(const struct heat_question *q, const struct heat_input *h,
	const struct heat_axis *a, struct form_value *values)
{
	int known_date = -1;
	double more = 0;
	for (size_t i = 0; values && i < a->n; i++) {
		int date = figure_date(&h->calendar, a->starts[i]);
		if (date != known_date) {
			double is_gauge = figure_number(
				q->figures, q->place, "heat.pressure_is_gauge", date);
			more = is_gauge == 0 ? 0 :
					       figure_number(q->figures, q->place,
						       "heat.barometric_pressure", date);
			known_date = date;
		}
		values[i].value += more;
	}
}

static enum err read_channels(const struct heat_question *q, const struct heat_input *h,
	const struct heat_axis *a, enum period period, struct heat_slots *s)
{
	enum err e = read_channel(q, h->heat, UNIT_GCAL, a, period, &s->heat);
	e = e ? e : read_channel(q, h->outdoor, UNIT_DEGC, a, period, &s->outdoor);
	for (int p = 0; p < HEAT_PIPE_COUNT && !e; p++) {
		e = read_channel(q, h->mass[p], UNIT_T, a, period, &s->mass[p]);
		e = e ? e : read_channel(q, h->volume[p], UNIT_M3, a, period, &s->volume[p]);
		e = e ? e :
			read_channel(
				q, h->temperature[p], UNIT_DEGC, a, period, &s->temperature[p]);
		e = e ? e : read_channel(q, h->pressure[p], UNIT_MPA, a, period, &s->pressure[p]);
		if (!e) {
			make_absolute(q, h, a, s->pressure[p]);
		}
	}
	return e;
}

/* ---- what the meter counted ---- */

static double step_of(const struct meter_register *r, enum unit unit)
{
	double step = NAN;
	if (r->decimals < 0 ||
		unit_convert(pow(10, -(double)r->decimals), r->unit, unit, &step) != ERR_OK) {
		return NAN;
	}
	return step;
}

double heat_step(const struct site *s, const struct channel *c, int64_t utc)
{
	for (size_t i = 0; c && i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		const struct meter_register *r = site_find(s, OBJECT_REGISTER, b->meter_register);
		if (b->channel == c->id && b->from_utc <= utc && b->till_utc > utc && r) {
			double step = step_of(r, c->unit) * b->multiplier;
			return isnan(step) ? 0 : step;
		}
	}
	return 0;
}

/* The register of a meter that tells a quantity of the first circuit hour by hour. */
static const struct meter_register *find_register(
	const struct site *s, int64_t meter, enum quantity q, enum sample_form form)
{
	for (size_t i = 0; i < s->counts[OBJECT_REGISTER]; i++) {
		const struct meter_register *r = &s->registers[i];
		bool is_fine = quantity_kind(q) != KIND_COUNTER || r->form == FORM_AMOUNT ||
			       step_of(r, UNIT_S) <= COARSE_S;
		if (r->meter == meter && r->quantity == q && !r->is_ignored && is_fine &&
			(r->form == form || quantity_kind(q) != KIND_COUNTER)) {
			return r;
		}
	}
	return NULL;
}

/* One register's hours into the slots its meter was in charge of. */
static enum err read_told(const struct heat_question *q, const struct heat_axis *a,
	const struct meter_register *r, struct span span, double **inout)
{
	struct archive_value *items = NULL;
	size_t n = 0;
	bool is_counter = quantity_kind(r->quantity) == KIND_COUNTER;
	bool is_amount = r->form == FORM_AMOUNT || !is_counter;
	struct span reach = {span.from, span.till + (is_amount ? 0 : 1)};
	enum err e = archive_range(q->store, r->id, PERIOD_HOUR, reach, &items, &n);
	if (!e && !*inout) {
		*inout = calloc(a->n, sizeof(**inout));
		e = *inout ? ERR_OK : ERR_NOMEM;
		for (size_t i = 0; !e && i < a->n; i++) {
			(*inout)[i] = NAN;
		}
	}
	for (size_t i = 0; !e && i < n; i++) {
		size_t at = slot_at(a, items[i].start);
		double v = items[i].value;
		if (!is_amount) {
			bool is_next = i + 1 < n && at < a->n &&
				       items[i + 1].start == a->starts[at + 1];
			v = is_next ? items[i + 1].value - v : NAN;
			v = v < 0 ? NAN : v;
		}
		if (at >= a->n || (is_counter && unit_convert(v, r->unit, UNIT_S, &v) != ERR_OK)) {
			continue;
		}
		(*inout)[at] = quality_class(items[i].quality) < QUALITY_SUSPECT ? v : NAN;
	}
	free(items);
	return e;
}

/* Amounts of the meter's own archive before differences of polled readings. */
static enum err read_timer(const struct heat_question *q, const struct heat_axis *a, int64_t meter,
	enum quantity quantity, struct span span, double **inout)
{
	const struct meter_register *r = find_register(q->site, meter, quantity, FORM_AMOUNT);
	r = r ? r : find_register(q->site, meter, quantity, FORM_POINT);
	return r ? read_told(q, a, r, span, inout) : ERR_OK;
}

static enum err read_timers_of(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, int64_t meter, struct span span, struct heat_slots *s)
{
	enum err e = read_timer(q, a, meter, QUANTITY_ABNORMAL, span, &s->state);
	h->has_state |= s->state != NULL;
	for (int c = 0; c < ABNORMAL_IS_UNKNOWN && !e; c++) {
		const struct abnormal_info *i = abnormal_info((enum abnormal_class)c);
		e = read_timer(q, a, meter, i->duration, span, &s->told[c]);
		h->timed |= s->told[c] ? 1u << c : 0;
	}
	return e;
}

/* The channel whose meters are the input's. */
static const struct channel *main_channel(const struct heat_input *h)
{
	if (h->heat) {
		return h->heat;
	}
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		const struct channel *c = h->mass[p] ? h->mass[p] : h->volume[p];
		if (c) {
			return c;
		}
	}
	return NULL;
}

static enum err read_timers(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, struct heat_slots *s)
{
	const struct channel *c = main_channel(h);
	enum err e = ERR_OK;
	for (size_t i = 0; c && a->n > 0 && i < q->site->counts[OBJECT_BINDING] && !e; i++) {
		const struct binding *b = &q->site->bindings[i];
		const struct meter_register *r = site_find(
			q->site, OBJECT_REGISTER, b->meter_register);
		struct span span = {a->starts[0], a->starts[a->n]};
		span.from = b->from_utc > span.from ? b->from_utc : span.from;
		span.till = b->till_utc < span.till ? b->till_utc : span.till;
		if (b->channel == c->id && r && span.from < span.till) {
			e = read_timers_of(q, h, a, r->meter, span, s);
		}
	}
	return e;
}

enum err heat_slots_read(const struct heat_question *q, struct heat_input *h,
	const struct heat_axis *a, enum period period, bool has_timers, struct heat_slots *ret)
{
	*ret = (struct heat_slots){0};
	enum err e = read_channels(q, h, a, period, ret);
	if (!e && has_timers) {
		e = read_timers(q, h, a, ret);
	}
	return e;
}

void heat_slots_fini(struct heat_slots *s)
{
	free(s->heat);
	free(s->outdoor);
	free(s->state);
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		free(s->mass[p]);
		free(s->volume[p]);
		free(s->temperature[p]);
		free(s->pressure[p]);
	}
	for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
		free(s->told[c]);
	}
	*s = (struct heat_slots){0};
}
