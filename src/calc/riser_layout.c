/*
 * riser_layout.c - which channels are the nodes of which riser; see riser_heat.h
 */
#include "calc/riser_heat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 256 /* as long as a way upstream may be */
#define DEPTH_MAX 64

/* The riser a place is or lies in; 0: none. */
static int64_t riser_around(const struct site *s, int64_t place)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	for (int depth = 0; p && depth < DEPTH_MAX; depth++) {
		if (p->kind == PLACE_RISER) {
			return p->id;
		}
		p = p->parent ? site_find(s, OBJECT_PLACE, p->parent) : NULL;
	}
	return 0;
}

static int64_t riser_of(const struct site *s, const struct channel *c)
{
	for (int step = 0; c && step < CHAIN_MAX; step++) {
		int64_t riser = riser_around(s, c->place);
		if (riser) {
			return riser;
		}
		c = c->upstream ? site_find(s, OBJECT_CHANNEL, c->upstream) : NULL;
	}
	return 0;
}

static int64_t floor_of(const struct site *s, int64_t place)
{
	const struct place *p = site_find(s, OBJECT_PLACE, place);
	for (int depth = 0; p && p->floor == 0 && p->parent && depth < DEPTH_MAX; depth++) {
		p = site_find(s, OBJECT_PLACE, p->parent);
	}
	return p ? p->floor : 0;
}

static bool is_node(const struct channel *c)
{
	return c->quantity == QUANTITY_TEMPERATURE_RISER || c->quantity == QUANTITY_ENTHALPY_RISER;
}

/* "riser.offset.CODE" of the node's channel, else "riser.offset" at its place. */
static double figure_of_node(
	const struct figures *f, const struct riser_place *n, const char *code, int date)
{
	const struct channel *c = n->temperature ? n->temperature : n->enthalpy;
	char full[CODE_CAP * 2];
	double value = NAN;
	if (c->code[0]) {
		(void)snprintf(full, sizeof(full), "%s.%s", code, c->code);
		value = figure_number(f, n->place, full, date);
	}
	return isnan(value) ? figure_number(f, n->place, code, date) : value;
}

static void add_node(const struct site *s, struct riser_layout *l, const struct channel *c)
{
	struct riser_place *node = NULL;
	for (size_t i = 0; i < l->node_count && !node; i++) {
		const struct channel *there = c->quantity == QUANTITY_ENTHALPY_RISER ?
						      l->nodes[i].enthalpy :
						      l->nodes[i].temperature;
		node = l->nodes[i].place == c->place && !there ? &l->nodes[i] : NULL;
	}
	if (!node) {
		if (l->node_count == RISER_FLATS_MAX) {
			return;
		}
		node = &l->nodes[l->node_count++];
		*node = (struct riser_place){.place = c->place, .floor = floor_of(s, c->place)};
	}
	if (c->quantity == QUANTITY_ENTHALPY_RISER) {
		node->enthalpy = c;
	} else {
		node->temperature = c;
	}
}

static int by_floor(const void *a, const void *b)
{
	const struct riser_place *x = a;
	const struct riser_place *y = b;
	if (x->floor != y->floor) {
		return x->floor < y->floor ? -1 : 1;
	}
	return (x->place > y->place) - (x->place < y->place);
}

static const struct channel *first_at(const struct site *s, int64_t place, enum quantity q)
{
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		if (s->channels[i].place == place && s->channels[i].quantity == q) {
			return &s->channels[i];
		}
	}
	return NULL;
}

static void fill(const struct site *s, const struct figures *f, int date, struct riser_layout *l)
{
	int64_t at = l->riser->id;
	double days = figure_number(f, at, "riser.history_days", date);
	l->heat = first_at(s, at, QUANTITY_HEAT_ENERGY);
	l->supply = first_at(s, at, QUANTITY_TEMPERATURE_SUPPLY);
	l->ret = first_at(s, at, QUANTITY_TEMPERATURE_RETURN);
	l->is_down = figure_number(f, at, "riser.flow", date) < 0;
	l->is_before = figure_number(f, at, "riser.node_is_before", date) > 0;
	l->pressure_mpa = figure_number(f, at, "riser.pressure", date);
	l->uncertainty_k = figure_number(f, at, "riser.node_uncertainty", date);
	l->design_flow_t_h = figure_number(f, at, "riser.design_flow", date);
	l->history_days = days > 0 ? (size_t)fmin(days, 60) : 0;
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		if (is_node(c) && riser_of(s, c) == at) {
			add_node(s, l, c);
		}
	}
	if (l->node_count > 1) {
		qsort(l->nodes, l->node_count, sizeof(l->nodes[0]), by_floor);
	}
	for (size_t i = 0; i < l->node_count; i++) {
		l->nodes[i].offset = figure_of_node(f, &l->nodes[i], "riser.offset", date);
		l->nodes[i].power = figure_of_node(f, &l->nodes[i], "riser.radiator_power", date);
	}
}

static int by_sort(const void *a, const void *b)
{
	const struct place *x = ((const struct riser_layout *)a)->riser;
	const struct place *y = ((const struct riser_layout *)b)->riser;
	return x->sort != y->sort ? (x->sort < y->sort ? -1 : 1) :
				    (x->id > y->id) - (x->id < y->id);
}

enum err riser_layouts(const struct site *s, const struct figures *f, int64_t building, int date,
	struct riser_layout **ret_layouts, size_t *ret_n)
{
	size_t most = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		most += s->places[i].kind == PLACE_RISER &&
			site_is_within(s, s->places[i].id, building);
	}
	struct riser_layout *layouts = calloc(most + 1, sizeof(*layouts));
	if (!layouts) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && n < most; i++) {
		if (s->places[i].kind != PLACE_RISER ||
			!site_is_within(s, s->places[i].id, building)) {
			continue;
		}
		struct riser_layout *l = &layouts[n];
		*l = (struct riser_layout){.riser = &s->places[i]};
		fill(s, f, date, l);
		n += l->node_count > 0 || l->heat;
	}
	if (n > 1) {
		qsort(layouts, n, sizeof(*layouts), by_sort);
	}
	*ret_layouts = layouts;
	*ret_n = n;
	return ERR_OK;
}
