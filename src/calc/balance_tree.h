/*
 * balance_tree.h - which channels stand against which: the nodes of a building for one resource
 *
 *   house      input: channels of the house and of its heating points
 *    ├ entrance, riser, floor    input: channels at it; without any it only groups what is below
 *    │   └ flat                  channels in flats and offices: what is counted
 *    └ common                    channels of common places: metered common needs
 *
 * A node's outgoing is what lies directly behind its meters: inputs of nodes below that have meters,
 * flats and common places. A channel belongs to the node that its `upstream` channel is an input of;
 * without one, to the nearest node above its place. A channel behind a flat's meter, or behind
 * another input of the same node, has been counted already and is BELOW. Every channel counts once.
 *
 * A flat without a channel of the resource enters by norm times residents where both are known, else
 * it is counted as missing; the parameter balance.not_connected.<quantity> = 1 says it has none of it.
 *
 * Where hot water is made in the house, its cold inlet carries both: balance.cold_inlet_includes_hot
 * = 1 takes the hot water out of the house's cold input, at its own meter or as the sum of the flats.
 * Likewise balance.heat_input_includes_hot_water with the channels of heat for hot water.
 *
 * Items and nodes are in one order for a site, parents before children. Reads site and figures only.
 */
#ifndef DOMOVOI_BALANCE_TREE_H
#define DOMOVOI_BALANCE_TREE_H

#include "calc/balance.h"
#include "calc/figure.h"

#define BALANCE_TOP SIZE_MAX /* parent of the house */

enum balance_role {
	BALANCE_ROLE_INPUT,
	BALANCE_ROLE_FLAT,
	BALANCE_ROLE_COMMON,
	BALANCE_ROLE_BELOW, /* counted already by a meter above */
	BALANCE_ROLE_COUNT
};
const char *balance_role_name(enum balance_role r); /* "flat" */

/* A heat meter whose size is known: its error goes by its flow and temperature difference. */
struct balance_heat {
	struct en1434_class class;
	double qp;     /* m3/h; NaN: not known */
	double dt;     /* K, as usual there */
	double dt_min; /* K */
};

struct balance_item {
	int64_t channel; /* 0: a flat without a meter */
	int64_t place;   /* the flat or common place; of inputs, where the channel is */
	size_t node;     /* whose input or outgoing it is */
	enum balance_role role;
	bool at_node;  /* at a node's input, whether it counts or stands BELOW */
	double sign;   /* -1: taken out of the input */
	double factor; /* from the channel's unit to the tree's */
	struct balance_heat heat;
	double mpe_percent; /* NaN: unknown */
	double resolution;  /* in the tree's unit; 0: unknown */
	double norm;        /* of a flat without a meter, by month; NaN: none */
	int64_t people;     /* of that flat */
	enum quantity quantity;
};

struct balance_node {
	int64_t place;
	enum place_kind kind;
	size_t parent;
	bool has_input;
	size_t flats; /* places that count as flats behind it, at any depth */
};

struct balance_tree {
	int64_t building;
	enum quantity quantity;
	enum unit unit;
	struct balance_node *nodes; /* owned; [0] is the house */
	size_t node_count;
	struct balance_item *items; /* owned */
	size_t item_count;
};

/* Resources a balance can be made of. */
bool balance_is_resource(enum quantity q);

/* `date`: at which norms and permissible errors are taken. ERR_NOMEM. A house without a channel of
 * the resource has no items. `figures` may be NULL. */
enum err balance_tree_new(const struct site *site, const struct figures *figures, int64_t building,
	enum quantity q, int date, struct balance_tree **ret_tree);
void balance_tree_free(struct balance_tree *t); /* NULL is fine */
/* Norms as of another date. */
void balance_tree_norms(struct balance_tree *t, const struct figures *figures, int date);

/*
 * Balances of all nodes: amounts[i] belongs to items[i] in the channel's unit (ignored where there
 * is no channel); the `intervals` together take `seconds`, and `months` for norms; ret_nodes has room for node_count.
 */
void balance_tree_eval(const struct balance_tree *t, const struct balance_amount *amounts,
	size_t intervals, int64_t seconds, double months, const struct balance_rule *rule,
	struct balance *ret_nodes);

/* The permissible error of a channel: the parameters accuracy.mpe_percent.<quantity> and
 * accuracy.mpe_percent of its place, else the figure of the quantity. */
double balance_mpe(const struct figures *figures, int64_t place, enum quantity q, int date);
/* Parameters accuracy.en1434.qp, .class, .dt, .dt_min of a place; qp NaN: not told. */
struct balance_heat balance_heat_of(const struct figures *figures, int64_t place, int date);
/* Percent, of an amount in Gcal over some seconds; NaN: nothing flowed, or no meter that is known. */
double balance_heat_mpe(const struct balance_heat *heat, double gcal, int64_t seconds);

#endif
