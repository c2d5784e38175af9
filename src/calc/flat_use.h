/*
 * flat_use.h - what the flats of a building used of one resource in a month, out of the store, against
 * their norm and against each other
 *
 * Heat is compared per m2 (kWh/m2), water and electricity per registered person. Norms are parameters:
 * norm.heating (Gcal per m2 and month), norm.cold_water, norm.hot_water (m3), norm.active_energy
 * (kWh), the latter per person and month. Of a running month the norm counts for the days that have
 * passed; of a month with holes too the norm is whole: what is missing is not made up.
 */
#ifndef DOMOVOI_FLAT_USE_H
#define DOMOVOI_FLAT_USE_H

#include "calc/compare.h"
#include "calc/figure.h"
#include "store/store.h"

struct flat_row {
	const struct place *flat;
	int64_t entrance; /* place; 0: none */
	int64_t floor;
	bool has_meter;
	struct form_value value; /* in the unit of the question */
	double specific;         /* kWh/m2, or per person; NaN */
	double norm;             /* of the flat for the month, or what has passed of it; NaN */
	double z;                /* robust; NaN */
	enum flat_class class;
};

struct flat_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t building;
	enum quantity quantity;
	struct span month;
	int64_t now;
	int date;
};

struct flat_table {
	struct flat_row *rows; /* owned; by sort of entrance, floor, flat */
	size_t count;
	enum unit unit;             /* of values and norms */
	struct compare_scale scale; /* of the specific values */
	size_t classes[FLAT_CLASS_COUNT];
	double over_norm; /* sum above the norm of flats that have one */
	double nobody;    /* sum used where nobody is registered */
};
/* False: not a resource flats are compared by. */
bool flat_resource_unit(enum quantity q, enum unit *ret_unit);
enum err flat_table_read(const struct flat_question *q, struct flat_table *ret_table);
void flat_table_fini(struct flat_table *t);

#endif
