/*
 * efficiency_read.c - which channels tell of a building's input, and their days; see efficiency.h
 */
#include "calc/efficiency.h"

#include <math.h>
#include <stdlib.h>

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

/* ---- channels ---- */

static bool is_before(const struct channel *a, const struct channel *b)
{
	return !b || a->sort < b->sort || (a->sort == b->sort && a->id < b->id);
}

static const struct channel *find_at(const struct site *s, int64_t place, enum quantity q)
{
	const struct channel *best = NULL;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		if (c->place == place && c->quantity == q && is_before(c, best)) {
			best = c;
		}
	}
	return best;
}

static bool is_of_kind(const struct site *s, int64_t place, bool with_common)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	return p && (p->kind == PLACE_BUILDING || p->kind == PLACE_HEATING_POINT ||
			    (with_common && (p->kind == PLACE_COMMON || p->kind == PLACE_OTHER)));
}

/* At the input, in the building's common places, or at a place above it. */
static const struct channel *find_outdoor(const struct site *s, int64_t building, int64_t point)
{
	const struct channel *best = point ? find_at(s, point, QUANTITY_TEMPERATURE_OUTDOOR) : NULL;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL] && !best; i++) {
		const struct channel *c = &s->channels[i];
		if (c->quantity == QUANTITY_TEMPERATURE_OUTDOOR && is_of_kind(s, c->place, true) &&
			site_is_within(s, c->place, building)) {
			best = c;
		}
	}
	const struct place *p = site_find(s, OBJECT_PLACE, building);
	for (int depth = 0; p && p->parent && !best && depth < 64; depth++) {
		best = find_at(s, p->parent, QUANTITY_TEMPERATURE_OUTDOOR);
		p = site_find(s, OBJECT_PLACE, p->parent);
	}
	return best;
}

static bool is_input_heat(const struct site *s, int64_t building, const struct channel *c)
{
	if (c->quantity != QUANTITY_HEAT_ENERGY || !is_of_kind(s, c->place, false) ||
		site_building(s, c->place) != building) {
		return false;
	}
	const struct channel *up = c->upstream ? site_find(s, OBJECT_CHANNEL, c->upstream) : NULL;
	return !up || up->quantity != QUANTITY_HEAT_ENERGY ||
	       site_building(s, up->place) != building;
}

struct building_input building_input_of(const struct site *s, int64_t building)
{
	struct building_input in = {.heat_count = 0};
	const struct channel *first = NULL;
	const struct channel *computed = NULL;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		if (!is_input_heat(s, building, c)) {
			continue;
		}
		if (site_is_computed(s, c->id)) { /* the same heat told another way, or a part */
			computed = is_before(c, computed) ? c : computed;
		} else if (in.heat_count < INPUT_CHANNELS_MAX) {
			in.heat[in.heat_count++] = c;
			first = is_before(c, first) ? c : first;
		}
	}
	if (!first && computed) {
		in.heat[in.heat_count++] = first = computed;
	}
	int64_t point = first ? first->place : 0;
	if (point) {
		in.supply = find_at(s, point, QUANTITY_TEMPERATURE_SUPPLY);
		in.ret = find_at(s, point, QUANTITY_TEMPERATURE_RETURN);
		in.mass = find_at(s, point, QUANTITY_MASS_SUPPLY);
		in.mass = in.mass ? in.mass : find_at(s, point, QUANTITY_MASS);
	}
	in.outdoor = find_outdoor(s, building, point);
	return in;
}

/* ---- values ---- */

enum err channel_values_read(const struct channel_question *q, const int64_t *starts, size_t n,
	struct form_value *ret_values)
{
	struct archive_value *items = NULL;
	size_t count = 0;
	double zero;
	double one;
	for (size_t i = 0; i < n; i++) {
		ret_values[i] = missing();
	}
	if (!q->channel || n == 0 || unit_convert(0, q->channel->unit, q->unit, &zero) ||
		unit_convert(1, q->channel->unit, q->unit, &one)) {
		return ERR_OK;
	}
	struct span span = {starts[0], starts[n - 1] + 1};
	enum err e = archive_range(q->store, q->channel->id, q->period, span, &items, &count);
	size_t at = 0;
	for (size_t i = 0; i < n && !e; i++) {
		while (at < count && items[at].start < starts[i]) {
			at++;
		}
		if (at < count && items[at].start == starts[i]) {
			ret_values[i] = (struct form_value){
				zero + items[at].value * (one - zero), items[at].quality};
		}
	}
	free(items);
	return e;
}

/* A day's heat of several inputs is known when each is. */
static void add_heat(struct building_day *day, struct form_value v, bool is_first)
{
	if (is_first) {
		day->heat = v;
		return;
	}
	day->heat.value += v.value;
	day->heat.quality = isnan(day->heat.value) ? missing().quality :
						     quality_worst(day->heat.quality, v.quality);
}

enum column {
	COLUMN_OUTDOOR,
	COLUMN_SUPPLY,
	COLUMN_RETURN,
	COLUMN_MASS,
	COLUMN_COUNT
};

static struct form_value *cell(struct building_day *day, enum column c)
{
	switch (c) {
	case COLUMN_OUTDOOR: return &day->outdoor;
	case COLUMN_SUPPLY: return &day->supply;
	case COLUMN_RETURN: return &day->ret;
	default: return &day->mass;
	}
}

static enum err read_columns(struct store *store, struct building_days *d, const int64_t *starts,
	struct form_value *values)
{
	const struct building_input *in = &d->input;
	const struct channel *const channels[] = {[COLUMN_OUTDOOR] = in->outdoor,
		[COLUMN_SUPPLY] = in->supply,
		[COLUMN_RETURN] = in->ret,
		[COLUMN_MASS] = in->mass};
	enum err e = ERR_OK;
	for (int k = 0; k < COLUMN_COUNT && !e; k++) {
		struct channel_question q = {
			store, channels[k], PERIOD_DAY, k == COLUMN_MASS ? UNIT_T : UNIT_DEGC};
		e = channel_values_read(&q, starts, d->count, values);
		for (size_t i = 0; i < d->count; i++) {
			*cell(&d->items[i], (enum column)k) = values[i];
		}
	}
	for (size_t i = 0; i < d->count; i++) {
		d->items[i].heat = missing();
	}
	for (size_t k = 0; k < in->heat_count && !e; k++) {
		struct channel_question q = {store, in->heat[k], PERIOD_DAY, UNIT_GCAL};
		e = channel_values_read(&q, starts, d->count, values);
		for (size_t i = 0; i < d->count; i++) {
			add_heat(&d->items[i], values[i], k == 0);
		}
	}
	return e;
}

enum err building_days_read(struct store *store, const struct site *s, int64_t building,
	struct span span, int64_t now, struct building_days *ret_days)
{
	struct calendar c = site_calendar(s, building);
	struct building_days d = {.input = building_input_of(s, building)};
	size_t most = period_count(&c, PERIOD_DAY, span);
	int64_t *starts = calloc(most + 1, sizeof(*starts));
	struct form_value *values = calloc(most + 1, sizeof(*values));
	d.items = calloc(most + 1, sizeof(*d.items));
	enum err e = starts && values && d.items ? ERR_OK : ERR_NOMEM;
	int64_t start = period_of(&c, PERIOD_DAY, span.from).from;
	start = start < span.from ? period_next(&c, PERIOD_DAY, start) : start;
	while (!e && start < span.till && d.count < most) {
		int64_t next = period_next(&c, PERIOD_DAY, start);
		if (next > now) {
			break;
		}
		starts[d.count] = start;
		d.items[d.count++].span = (struct span){start, next};
		start = next;
	}
	e = e ? e : read_columns(store, &d, starts, values);
	free(starts);
	free(values);
	if (e) {
		building_days_fini(&d);
		return e;
	}
	*ret_days = d;
	return ERR_OK;
}

void building_days_fini(struct building_days *d)
{
	free(d->items);
	*d = (struct building_days){.count = 0};
}
