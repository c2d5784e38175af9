/*
 * model.h - what the meters of a virtual building measure: a pure function of time
 *
 *   weather ──> heat of each flat ──┐
 *   people ──> cold, hot water ─────┼──> supply input = flats + common needs + losses
 *          ──> electricity ─────────┘
 *
 * A reading at any moment is computed when asked for, in constant time (the input's in the number of
 * flats); nothing is remembered, counters never fall, equal seeds give equal buildings. Flats differ:
 * people, habits, area, orientation; in one something leaks day and night, one stands empty.
 * Real data can take the place of any main counter (sim_model_replay); what depends on it follows.
 *
 * Values in quantity_unit(). Water counters step by whole litres, as meters with a litre pulse do.
 * Before SIM_EPOCH_UTC everything stands at its initial reading. Immutable once set up: any thread.
 */
#ifndef DOMOVOI_MODEL_H
#define DOMOVOI_MODEL_H

#include "sim/device.h"
#include "sim/weather.h"

struct sim_model;
struct sim_series;

struct sim_model_options {
	uint64_t seed;
	int flats;
	int64_t utc_offset_s; /* standard time of the building */
};

/* Where a meter sits. */
enum sim_point {
	SIM_FLAT_COLD,
	SIM_FLAT_HOT,
	SIM_FLAT_HEAT,
	SIM_FLAT_ELECTRICITY,
	SIM_INPUT_HEAT, /* heat calculator: heating and preparation of hot water */
	SIM_INPUT_COLD, /* all the water that enters the house */
	SIM_INPUT_ELECTRICITY,
	SIM_POINT_COUNT
};

/* A source that can be given to a device; keep it where the device can find it. */
struct sim_point_source {
	struct sim_source source;      /* first: the device sees this */
	const struct sim_model *model; /* borrowed */
	enum sim_point point;
	int flat; /* from 0; ignored at the input */
};

struct sim_model *sim_model_new(const struct sim_model_options *options); /* NULL: no memory */
void sim_model_free(struct sim_model *m); /* and the series given to it; NULL is fine */

struct sim_point_source sim_model_source(const struct sim_model *m, enum sim_point point, int flat);

/* What is drawn there from now on comes from `series` (quantity sim_point_quantity); takes it over.
 * Not while somebody reads. */
void sim_model_replay(
	struct sim_model *m, enum sim_point point, int flat, struct sim_series *series);

/* The main counter of a point: what a series replaces, and what the input sums. */
enum quantity sim_point_quantity(enum sim_point p);

/* What people know about a flat. */
struct sim_flat_facts {
	double area_m2;
	int people;
	bool is_empty, has_leak;
};
struct sim_flat_facts sim_model_flat(const struct sim_model *m, int flat);

#endif
