/*
 * riser_heat.h - the risers of a building out of the store: day by day, summed over a span
 *
 * A riser is a place of kind RISER; the channels there are its calculator's. Nodes are channels
 * temperature_riser and enthalpy_riser anywhere in the building whose chain of `upstream` leads to a
 * channel of the riser, or that lie in the riser's place; both of one place are one node. Bottom up by
 * floor, a segment belongs to each node:
 *
 *   node behind the radiator (default)      supply ──[flat 1]── n1 ──[flat 2]── n2 ...
 *   before it (riser.node_is_before)        n1 ──[flat 1]── n2 ──[flat 2]── ... return
 *
 * Only values of one and the same day meet: a day without the riser's heat has none, whatever the day
 * before had. The shares that stand in for missing nodes are those of the last good days before each.
 * Heat in MJ.
 */
#ifndef DOMOVOI_RISER_HEAT_H
#define DOMOVOI_RISER_HEAT_H

#include "calc/figure.h"
#include "calc/riser.h"
#include "store/store.h"

#define RISER_FLATS_MAX (RISER_NODES_MAX - 1)

struct riser_place {
	const struct channel *temperature, *enthalpy; /* one may be NULL */
	int64_t place;                                /* the flat, or where the sensor is */
	int64_t floor;
	double offset, power; /* NaN: none */
};

struct riser_layout {
	const struct place *riser;
	const struct channel *heat, *supply, *ret; /* of its calculator; NULL: none */
	struct riser_place nodes[RISER_FLATS_MAX]; /* bottom up */
	size_t node_count;
	bool is_down, is_before;
	double pressure_mpa, uncertainty_k, design_flow_t_h;
	size_t history_days;
};

/* Risers of a building that have nodes or a calculator, by their sort and name. malloc'ed. */
enum err riser_layouts(const struct site *s, const struct figures *f, int64_t building, int date,
	struct riser_layout **ret_layouts, size_t *ret_n);

/* One flat's segment of a riser over the span. */
struct riser_cell {
	struct form_value heat;
	double share;               /* of the riser, of the days whose heat is known; NaN: none */
	double share_error;         /* mean relative uncertainty of the measured days */
	double temperature;         /* of the node, mean of the days it was used */
	double difference;          /* kJ/kg, mean of the days it is known */
	size_t measured, estimated; /* days */
	size_t missing, dropped;    /* days of the node */
	enum riser_basis basis;     /* the weakest that was used */
};

struct riser_sum {
	struct form_value heat;
	size_t expected, known; /* days */
	size_t guessed;         /* of the known, without a calculator's value */
	size_t good;            /* days on which each node was there */
	size_t states[RISER_STATE_COUNT];
	double supply, ret;       /* °C, means of the days known */
	struct riser_cell *cells; /* of the layout's nodes; owned */
};

/* A flat: its segments on all risers, and its part by area of what is outside them. */
struct riser_flat_sum {
	const struct place *flat;
	size_t segments;
	struct riser_flat heat;
};

struct riser_house {
	struct riser_layout *layouts; /* owned */
	struct riser_sum *sums;       /* owned */
	size_t count, days;
	struct form_value input;      /* heat of the building's input */
	struct riser_rest rest;       /* unknown: risers by days */
	struct riser_flat_sum *flats; /* owned: those with a node, by id */
	size_t flat_count;
	double area_m2; /* of the house: the building's, else the sum of its flats'; 0 unknown */
};

struct riser_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t building;
	struct span span; /* days that start in it and have ended by now */
	int64_t now;
};
enum err riser_house_read(const struct riser_question *q, struct riser_house *ret_house);
void riser_house_fini(struct riser_house *h);

#endif
