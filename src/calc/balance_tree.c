/*
 * balance_tree.c - channels of a building as inputs, flats and common needs; see balance_tree.h
 *
 * Built in one pass over places and one over channels: what a place belongs to is found by climbing,
 * and remembered by its position in the site.
 */
#include "calc/balance_tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIMB_MAX    32 /* depth of the tree of places and of upstream channels */
#define NORM_PERCENT 50 /* how far a flat's use may be from the norm, where no figure says */

static const enum quantity resources[] = {QUANTITY_COLD_WATER, QUANTITY_HOT_WATER,
	QUANTITY_HEAT_ENERGY, QUANTITY_ACTIVE_ENERGY, QUANTITY_GAS, QUANTITY_VOLUME};

bool balance_is_resource(enum quantity q)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		if (resources[i] == q) {
			return true;
		}
	}
	return false;
}

const char *balance_role_name(enum balance_role r)
{
	static const char *const names[BALANCE_ROLE_COUNT] = {"input", "flat", "common", "below"};
	return names[r];
}

void balance_tree_free(struct balance_tree *t)
{
	if (t) {
		free(t->nodes);
		free(t->items);
		free(t);
	}
}

/* ---- figures ---- */

static double figure_of(
	const struct figures *f, int64_t place, const char *stem, enum quantity q, int date)
{
	char code[CODE_CAP];
	(void)snprintf(code, sizeof(code), "%s.%s", stem, quantity_code(q));
	return f ? figure_number(f, place, code, date) : NAN;
}

static bool is_set(const struct figures *f, int64_t place, const char *code, int date)
{
	return f && figure_number(f, place, code, date) > 0;
}

/* ---- places ---- */

#define NO_NODE SIZE_MAX

struct making {
	const struct site *site;
	const struct figures *figures;
	int date;
	struct balance_tree *tree;
	size_t *node_of; /* by position of the place in the site; NO_NODE: none */
	size_t *meters;  /* channels of the resource by position of the flat */
	size_t item_room;
};

static size_t position(const struct making *m, const struct place *p)
{
	return (size_t)(p - m->site->places);
}

static const struct place *place_at(const struct making *m, int64_t id)
{
	return id ? site_find(m->site, OBJECT_PLACE, id) : NULL;
}

static bool is_flat_kind(enum place_kind k)
{
	return k == PLACE_FLAT || k == PLACE_OFFICE;
}

/* What a channel at a place is: the flat, the common place or the node it lies in. */
static enum balance_role role_of(
	const struct making *m, const struct place *p, const struct place **ret_owner)
{
	const struct place *node = NULL;
	for (int i = 0; p && i < CLIMB_MAX; i++, p = place_at(m, p->parent)) {
		if (is_flat_kind(p->kind) || p->kind == PLACE_COMMON) {
			*ret_owner = p;
			return p->kind == PLACE_COMMON ? BALANCE_ROLE_COMMON : BALANCE_ROLE_FLAT;
		}
		if (!node && p->kind != PLACE_HEATING_POINT && p->kind != PLACE_OTHER) {
			node = p;
		}
		if (p->id == m->tree->building) {
			break;
		}
	}
	*ret_owner = node;
	return BALANCE_ROLE_INPUT;
}

/* The nearest node at or above a place; the house where there is none. */
static size_t node_above(const struct making *m, const struct place *p)
{
	for (int i = 0; p && i < CLIMB_MAX; i++, p = place_at(m, p->parent)) {
		size_t node = m->node_of[position(m, p)];
		if (node != NO_NODE) {
			return node;
		}
	}
	return 0;
}

static size_t add_node(struct making *m, const struct place *p)
{
	size_t *at = &m->node_of[position(m, p)];
	if (*at == NO_NODE) {
		*at = m->tree->node_count++;
		m->tree->nodes[*at] = (struct balance_node){
			.place = p->id, .kind = p->kind, .parent = BALANCE_TOP};
	}
	return *at;
}

/* Entrances and risers always group what is below them; other places only when metered. */
static void add_group_nodes(struct making *m)
{
	const struct site *s = m->site;
	(void)add_node(m, place_at(m, m->tree->building));
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		const struct place *p = &s->places[i];
		bool is_group = p->kind == PLACE_ENTRANCE || p->kind == PLACE_RISER;
		if (is_group && site_is_within(s, p->id, m->tree->building)) {
			(void)add_node(m, p);
		}
	}
}

/* ---- items ---- */

static bool room_for_item(struct making *m)
{
	struct balance_tree *t = m->tree;
	if (t->item_count < m->item_room) {
		return true;
	}
	size_t room = m->item_room ? m->item_room * 2 : 64;
	struct balance_item *items = realloc(t->items, room * sizeof(*items));
	if (!items) {
		return false;
	}
	t->items = items;
	m->item_room = room;
	return true;
}

static bool add_item(struct making *m, const struct balance_item *item)
{
	if (!room_for_item(m)) {
		return false;
	}
	m->tree->items[m->tree->item_count++] = *item;
	return true;
}

static bool add_channel(struct making *m, const struct channel *c)
{
	struct balance_item item = {
		.channel = c->id, .sign = 1, .norm = NAN, .heat.qp = NAN, .quantity = c->quantity};
	const struct place *owner = NULL;
	if (!site_is_within(m->site, c->place, m->tree->building) ||
		unit_convert(1, c->unit, m->tree->unit, &item.factor) != ERR_OK) {
		return true;
	}
	item.role = role_of(m, place_at(m, c->place), &owner);
	if (!owner) {
		return true;
	}
	item.place = item.role == BALANCE_ROLE_INPUT ? c->place : owner->id;
	item.mpe_percent = balance_mpe(m->figures, c->place, c->quantity, m->date);
	if (c->quantity == QUANTITY_HEAT_ENERGY) {
		item.heat = balance_heat_of(m->figures, c->place, m->date);
	}
	item.at_node = item.role == BALANCE_ROLE_INPUT;
	if (item.at_node) {
		item.node = add_node(m, owner);
		m->tree->nodes[item.node].has_input = true;
	} else {
		m->meters[position(m, owner)]++;
	}
	return add_item(m, &item);
}

static struct balance_item *item_of_channel(const struct balance_tree *t, int64_t channel)
{
	size_t low = 0;
	size_t high = t->item_count; /* channels come in the order of their ids */
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->items[mid].channel < channel) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low < t->item_count && t->items[low].channel == channel ? &t->items[low] : NULL;
}

/* ---- who stands behind whom ---- */

static const struct balance_item *upstream_item(const struct making *m, int64_t channel)
{
	const struct channel *c = site_find(m->site, OBJECT_CHANNEL, channel);
	return c && c->upstream ? item_of_channel(m->tree, c->upstream) : NULL;
}

static void place_by_upstream(struct making *m, struct balance_item *item)
{
	const struct balance_item *up = upstream_item(m, item->channel);
	if (!up) {
		return;
	}
	if (!up->at_node || (item->at_node && up->node == item->node)) {
		item->role = BALANCE_ROLE_BELOW;
	} else if (item->at_node) {
		m->tree->nodes[item->node].parent = up->node;
	} else {
		item->node = up->node;
	}
}

/* Nodes whose parents run in a circle fall back to the tree of places. */
static bool is_rooted(const struct balance_tree *t, size_t node)
{
	for (size_t i = 0; i <= t->node_count; i++) {
		if (node == 0) {
			return true;
		}
		node = t->nodes[node].parent;
		if (node == BALANCE_TOP) {
			return false;
		}
	}
	return false;
}

static void link_nodes(struct making *m)
{
	struct balance_tree *t = m->tree;
	for (size_t n = 1; n < t->node_count; n++) {
		const struct place *p = place_at(m, t->nodes[n].place);
		size_t above = node_above(m, place_at(m, p->parent));
		if (t->nodes[n].parent == BALANCE_TOP) {
			t->nodes[n].parent = above;
		}
	}
	t->nodes[0].parent = BALANCE_TOP;
	for (size_t n = 1; n < t->node_count; n++) {
		if (!is_rooted(t, n)) {
			const struct place *p = place_at(m, t->nodes[n].place);
			t->nodes[n].parent = node_above(m, place_at(m, p->parent));
		}
	}
}

static void place_items(struct making *m)
{
	struct balance_tree *t = m->tree;
	for (size_t i = 0; i < t->item_count; i++) {
		struct balance_item *item = &t->items[i];
		if (item->role != BALANCE_ROLE_INPUT) {
			item->node = node_above(m, place_at(m, item->place));
		}
	}
	for (size_t i = 0; i < t->item_count; i++) {
		place_by_upstream(m, &t->items[i]);
	}
}

/* ---- flats without a meter ---- */

static bool add_unmetered(struct making *m)
{
	const struct site *s = m->site;
	struct balance_tree *t = m->tree;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE]; i++) {
		const struct place *p = &s->places[i];
		if (!is_flat_kind(p->kind) || m->meters[i] > 0 ||
			!site_is_within(s, p->id, t->building) ||
			figure_of(m->figures, p->id, "balance.not_connected", t->quantity,
				m->date) > 0) {
			continue;
		}
		struct balance_item item = {.place = p->id,
			.node = node_above(m, p),
			.role = BALANCE_ROLE_FLAT,
			.sign = 1,
			.factor = 1,
			.norm = NAN,
			.heat.qp = NAN,
			.people = p->people,
			.quantity = t->quantity};
		item.mpe_percent = m->figures ? figure_number(m->figures, p->id,
							"balance.norm_percent", m->date) :
						NAN;
		item.mpe_percent = isnan(item.mpe_percent) ? NORM_PERCENT : item.mpe_percent;
		if (!add_item(m, &item)) {
			return false;
		}
	}
	return true;
}

void balance_tree_norms(struct balance_tree *t, const struct figures *figures, int date)
{
	for (size_t i = 0; i < t->item_count; i++) {
		struct balance_item *item = &t->items[i];
		if (item->channel == 0) {
			double norm = figure_of(figures, item->place, "norm", item->quantity, date);
			item->norm = item->people > 0 ? norm * (double)item->people : NAN;
		}
	}
}

/* ---- resolution of readings ---- */

/* Items of channels come first and in order, so that a binding finds its own quickly. */
static void set_resolutions(struct making *m)
{
	const struct site *s = m->site;
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		struct balance_item *item = item_of_channel(m->tree, b->channel);
		const struct meter_register *r =
			item ? site_find(s, OBJECT_REGISTER, b->meter_register) : NULL;
		double step;
		if (r && r->decimals > 0 &&
			unit_convert(pow(10, -(double)r->decimals), r->unit, m->tree->unit,
				&step) == ERR_OK) {
			item->resolution = fmax(item->resolution, step * fabs(b->multiplier));
		}
	}
}

/* ---- what the input carries besides ---- */

/* Everything of the other quantity: its input at the house, else what flats and common places use. */
static enum err subtract_tree(struct making *m, enum quantity q)
{
	struct balance_tree *other = NULL;
	enum err e = balance_tree_new(m->site, m->figures, m->tree->building, q, m->date, &other);
	if (e) {
		return e;
	}
	bool has_input = other->nodes[0].has_input;
	for (size_t i = 0; i < other->item_count && !e; i++) {
		struct balance_item item = other->items[i];
		bool is_input = item.role == BALANCE_ROLE_INPUT && item.node == 0;
		bool is_used = item.role == BALANCE_ROLE_FLAT || item.role == BALANCE_ROLE_COMMON;
		if (has_input ? !is_input : !is_used) {
			continue;
		}
		item.node = 0;
		item.role = BALANCE_ROLE_INPUT;
		item.sign = -1;
		e = add_item(m, &item) ? ERR_OK : ERR_NOMEM;
	}
	if (!e && other->item_count == 0) { /* it is in there, and nobody measures it */
		struct balance_item item = {.place = m->tree->building,
			.role = BALANCE_ROLE_INPUT,
			.sign = -1,
			.factor = 1,
			.norm = NAN,
			.heat.qp = NAN,
			.mpe_percent = NAN,
			.quantity = q};
		e = add_item(m, &item) ? ERR_OK : ERR_NOMEM;
	}
	balance_tree_free(other);
	return e;
}

static enum err subtract(struct making *m)
{
	struct balance_tree *t = m->tree;
	if (!t->nodes[0].has_input) {
		return ERR_OK;
	}
	if (t->quantity == QUANTITY_COLD_WATER &&
		is_set(m->figures, t->building, "balance.cold_inlet_includes_hot", m->date)) {
		return subtract_tree(m, QUANTITY_HOT_WATER);
	}
	if (t->quantity == QUANTITY_HEAT_ENERGY &&
		is_set(m->figures, t->building, "balance.heat_input_includes_hot_water", m->date)) {
		return subtract_tree(m, QUANTITY_HEAT_ENERGY_HOT_WATER);
	}
	return ERR_OK;
}

/* ---- order and counts ---- */

static size_t depth_of(const struct balance_tree *t, size_t node)
{
	size_t depth = 0;
	while (node != 0 && depth < t->node_count) {
		node = t->nodes[node].parent;
		depth++;
	}
	return depth;
}

struct ordered {
	size_t depth, node;
};

static int by_depth(const void *a, const void *b)
{
	const struct ordered *x = a;
	const struct ordered *y = b;
	return x->depth != y->depth ? (x->depth > y->depth) - (x->depth < y->depth) :
				      (x->node > y->node) - (x->node < y->node);
}

/* Parents first: sums then run from the last node to the first. */
static bool order_nodes(struct balance_tree *t)
{
	struct ordered *order = calloc(t->node_count, sizeof(*order));
	struct balance_node *nodes = calloc(t->node_count, sizeof(*nodes));
	size_t *fresh = calloc(t->node_count, sizeof(*fresh));
	bool is_done = order && nodes && fresh;
	for (size_t i = 0; is_done && i < t->node_count; i++) {
		order[i] = (struct ordered){depth_of(t, i), i};
	}
	if (is_done) {
		qsort(order, t->node_count, sizeof(*order), by_depth);
		for (size_t i = 0; i < t->node_count; i++) {
			fresh[order[i].node] = i;
		}
		for (size_t i = 0; i < t->node_count; i++) {
			nodes[i] = t->nodes[order[i].node];
			nodes[i].parent = i ? fresh[nodes[i].parent] : BALANCE_TOP;
		}
		for (size_t i = 0; i < t->item_count; i++) {
			t->items[i].node = fresh[t->items[i].node];
		}
		free(t->nodes);
		t->nodes = nodes;
		nodes = NULL;
	}
	free(order);
	free(nodes);
	free(fresh);
	return is_done;
}

/* A flat with two meters is one flat: its items stand for the place. */
static int by_node_place(const void *a, const void *b)
{
	const struct balance_item *x = *(const struct balance_item *const *)a;
	const struct balance_item *y = *(const struct balance_item *const *)b;
	return x->node != y->node ? (x->node > y->node) - (x->node < y->node) :
				    (x->place > y->place) - (x->place < y->place);
}

static bool count_flats(struct balance_tree *t)
{
	const struct balance_item **flats = calloc(t->item_count + 1, sizeof(*flats));
	size_t n = 0;
	if (!flats) {
		return false;
	}
	for (size_t i = 0; i < t->item_count; i++) {
		if (t->items[i].role == BALANCE_ROLE_FLAT) {
			flats[n++] = &t->items[i];
		}
	}
	qsort(flats, n, sizeof(*flats), by_node_place);
	for (size_t i = 0; i < n; i++) {
		bool is_new = i == 0 || by_node_place(&flats[i - 1], &flats[i]) != 0;
		t->nodes[flats[i]->node].flats += is_new;
	}
	for (size_t i = t->node_count; i-- > 1;) {
		t->nodes[t->nodes[i].parent].flats += t->nodes[i].flats;
	}
	free(flats);
	return true;
}

/* ---- the whole ---- */

static enum err build(struct making *m)
{
	const struct site *s = m->site;
	struct balance_tree *t = m->tree;
	add_group_nodes(m);
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		/* what a formula makes of the terms of a balance is none of them */
		bool is_term = c->quantity == t->quantity && !site_is_computed(s, c->id);
		if (is_term && !add_channel(m, c)) {
			return ERR_NOMEM;
		}
	}
	place_items(m);
	link_nodes(m);
	set_resolutions(m);
	if (t->item_count > 0 && !add_unmetered(m)) {
		return ERR_NOMEM;
	}
	enum err e = subtract(m);
	return e ? e : order_nodes(t) && count_flats(t) ? ERR_OK : ERR_NOMEM;
}

enum err balance_tree_new(const struct site *site, const struct figures *figures, int64_t building,
	enum quantity q, int date, struct balance_tree **ret_tree)
{
	size_t places = site->counts[OBJECT_PLACE] + 1;
	struct balance_tree *t = calloc(1, sizeof(*t));
	struct making m = {.site = site,
		.figures = figures,
		.date = date,
		.tree = t,
		.node_of = malloc(places * sizeof(size_t)),
		.meters = calloc(places, sizeof(size_t))};
	enum err e = t && m.node_of && m.meters ? ERR_OK : ERR_NOMEM;
	if (!e) {
		*t = (struct balance_tree){.building = building,
			.quantity = q,
			.unit = quantity_unit(q),
			.nodes = calloc(places, sizeof(*t->nodes))};
		e = !t->nodes                               ? ERR_NOMEM :
		    site_find(site, OBJECT_PLACE, building) ? ERR_OK :
							      ERR_NOTFOUND;
	}
	for (size_t i = 0; i < places && !e; i++) {
		m.node_of[i] = NO_NODE;
	}
	e = e ? e : build(&m);
	free(m.node_of);
	free(m.meters);
	if (e) {
		balance_tree_free(t);
		return e;
	}
	balance_tree_norms(t, figures, date);
	*ret_tree = t;
	return ERR_OK;
}
