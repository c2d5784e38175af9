/*
 * flat_use.c - flats of a building by month, norm and class; see flat_use.h
 */
#include "calc/flat_use.h"

#include "calc/climate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 64

bool flat_resource_unit(enum quantity q, enum unit *ret_unit)
{
	switch (q) {
	case QUANTITY_HEAT_ENERGY: *ret_unit = UNIT_GCAL; return true;
	case QUANTITY_COLD_WATER:
	case QUANTITY_HOT_WATER: *ret_unit = UNIT_M3; return true;
	case QUANTITY_ACTIVE_ENERGY: *ret_unit = UNIT_KWH; return true;
	default: return false;
	}
}

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

/* The flat a place is or lies in; NULL. */
static const struct place *flat_of(const struct site *s, int64_t place)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	for (int depth = 0; p && p->kind != PLACE_FLAT && depth < DEPTH_MAX; depth++) {
		p = p->parent ? site_find(s, OBJECT_PLACE, p->parent) : NULL;
	}
	return p && p->kind == PLACE_FLAT ? p : NULL;
}

static void locate(const struct site *s, struct flat_row *row)
{
	const struct place *p = row->flat;
	row->floor = p->floor;
	for (int depth = 0; p && depth < DEPTH_MAX; depth++) {
		row->floor = row->floor ? row->floor : p->floor;
		if (p->kind == PLACE_ENTRANCE) {
			row->entrance = p->id;
			return;
		}
		p = p->parent ? site_find(s, OBJECT_PLACE, p->parent) : NULL;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct flat_row *x = a;
	const struct flat_row *y = b;
	if (x->entrance != y->entrance) {
		return x->entrance < y->entrance ? -1 : 1;
	}
	if (x->floor != y->floor) {
		return x->floor < y->floor ? -1 : 1;
	}
	if (x->flat->sort != y->flat->sort) {
		return x->flat->sort < y->flat->sort ? -1 : 1;
	}
	return (x->flat->id > y->flat->id) - (x->flat->id < y->flat->id);
}

static enum err list_flats(const struct flat_question *q, struct flat_table *t)
{
	const struct site *s = q->site;
	t->rows = calloc(s->counts[OBJECT_PLACE] + 1, sizeof(*t->rows));
	if (!t->rows) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		const struct place *p = &s->places[i];
		if (p->kind == PLACE_FLAT && site_is_within(s, p->id, q->building)) {
			struct flat_row *row = &t->rows[t->count++];
			*row = (struct flat_row){.flat = p,
				.value = {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)},
				.specific = NAN,
				.norm = NAN,
				.z = NAN};
			locate(s, row);
		}
	}
	if (t->count > 1) {
		qsort(t->rows, t->count, sizeof(*t->rows), by_place);
	}
	return ERR_OK;
}

/* A flat's meters add up; if one of them is silent the flat's use is not known. */
static void take_value(struct flat_row *row, struct form_value v)
{
	if (!row->has_meter) {
		row->value = v;
	} else {
		row->value.value += v.value;
		row->value.quality = isnan(row->value.value) ?
					     quality_make(QUALITY_MISSING, SOURCE_NONE, 0) :
					     quality_worst(row->value.quality, v.quality);
	}
	row->has_meter = true;
}

/* A meter behind a meter of the same flat, or what a formula says beside the meters. */
static bool is_told_already(const struct site *s, const struct channel *c, const struct place *flat)
{
	if (site_is_computed(s, c->id)) {
		for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
			const struct channel *x = &s->channels[i];
			if (x->quantity == c->quantity && x != c && flat_of(s, x->place) == flat &&
				(x->id < c->id || !site_is_computed(s, x->id))) {
				return true;
			}
		}
	}
	const struct channel *up = c->upstream ? site_find(s, OBJECT_CHANNEL, c->upstream) : NULL;
	return up && up->quantity == c->quantity && flat_of(s, up->place) == flat;
}

static enum err read_values(const struct flat_question *q, struct flat_table *t)
{
	const struct site *s = q->site;
	size_t most = s->counts[OBJECT_CHANNEL] + 1;
	size_t n = 0;
	int64_t *ids = calloc(most, sizeof(*ids));
	struct archive_value *values = calloc(most, sizeof(*values));
	enum err e = ids && values ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL] && !e; i++) {
		const struct channel *c = &s->channels[i];
		const struct place *flat = c->quantity == q->quantity ? flat_of(s, c->place) : NULL;
		if (flat && site_is_within(s, flat->id, q->building) &&
			!is_told_already(s, c, flat)) {
			ids[n++] = c->id;
		}
	}
	if (!e && n > 0) {
		e = archive_at(q->store, ids, n, PERIOD_MONTH, q->month.from, values);
	}
	for (size_t i = 0; i < n && !e; i++) {
		const struct channel *c = site_find(s, OBJECT_CHANNEL, ids[i]);
		const struct place *flat = flat_of(s, c->place);
		struct form_value v = {values[i].value, values[i].quality};
		if (unit_convert(v.value, c->unit, t->unit, &v.value)) {
			continue;
		}
		for (size_t k = 0; k < t->count; k++) {
			if (t->rows[k].flat == flat) {
				take_value(&t->rows[k], v);
			}
		}
	}
	free(ids);
	free(values);
	return e;
}

static double passed_share(const struct flat_question *q)
{
	double length = (double)(q->month.till - q->month.from);
	double passed = (double)(q->now - q->month.from);
	return passed >= length ? 1 : passed <= 0 ? 0 : passed / length;
}

static double figure_of(
	const struct flat_question *q, int64_t place, const char *before, const char *after)
{
	char code[CODE_CAP];
	(void)snprintf(code, sizeof(code), "%s.%s%s", before, quantity_code(q->quantity), after);
	return figure_number(q->figures, place, code, q->date);
}

static void judge(const struct flat_question *q, struct flat_row *row, double share)
{
	const struct place *p = row->flat;
	bool is_heat = q->quantity == QUANTITY_HEAT_ENERGY;
	double heads = is_heat ? p->area_m2 : (double)p->people;
	double norm = is_heat ? figure_number(q->figures, p->id, "norm.heating", q->date) :
				figure_of(q, p->id, "norm", "");
	double used = is_usable(row->value) ? row->value.value : (double)NAN;
	row->specific = is_heat   ? specific_consumption(used, p->area_m2) :
			heads > 0 ? used / heads :
				    (double)NAN;
	row->norm = norm * heads * share;
	struct flat_limits l = {
		.nobody = figure_of(q, p->id, "consumption_class", ".nobody") * share,
		.fault = figure_of(q, p->id, "consumption_class", ".fault") * share,
		.attention = figure_number(
			q->figures, p->id, "consumption_class.attention", q->date),
		.critical = figure_number(q->figures, p->id, "consumption_class.critical", q->date),
	};
	struct flat_use use = {used, row->norm, p->people, row->has_meter};
	row->class = flat_class_of(&l, &use);
}

static enum err judge_all(const struct flat_question *q, struct flat_table *t)
{
	double *values = calloc(2 * t->count + 1, sizeof(*values));
	double share = passed_share(q);
	if (!values) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < t->count; i++) {
		struct flat_row *row = &t->rows[i];
		judge(q, row, share);
		values[i] = row->specific;
		t->classes[row->class]++;
		if (row->class == FLAT_NOBODY) {
			t->nobody += row->value.value;
		}
		if (row->class == FLAT_ATTENTION || row->class == FLAT_CRITICAL) {
			t->over_norm += row->value.value - row->norm;
		}
	}
	t->scale = compare_scale_of(values, t->count, values + t->count);
	for (size_t i = 0; i < t->count; i++) {
		t->rows[i].z = compare_z(&t->scale, t->rows[i].specific);
	}
	free(values);
	return ERR_OK;
}

enum err flat_table_read(const struct flat_question *q, struct flat_table *ret_table)
{
	struct flat_table t = {.count = 0};
	if (!flat_resource_unit(q->quantity, &t.unit)) {
		return ERR_INVAL;
	}
	enum err e = list_flats(q, &t);
	e = e ? e : read_values(q, &t);
	e = e ? e : judge_all(q, &t);
	if (e) {
		flat_table_fini(&t);
		return e;
	}
	*ret_table = t;
	return ERR_OK;
}

void flat_table_fini(struct flat_table *t)
{
	free(t->rows);
	*t = (struct flat_table){.count = 0};
}
