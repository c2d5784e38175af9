/*
 * fill.h - what a simulated meter shows at the places of a table (proto/cell.h)
 *
 * Counters of a record are readings at its end or amounts of its period, as the family has it; gauges
 * are means of the period. Without a record everything is what it is now.
 */
#ifndef DOMOVOI_SIM_FILL_H
#define DOMOVOI_SIM_FILL_H

#include "proto/cell.h"
#include "sim/memory.h"

struct sim_fill {
	const struct sim_device *device;
	const struct sim_record *record; /* NULL: now */
	int64_t now_us;
	enum sample_form counters; /* of a record: FORM_POINT or FORM_AMOUNT */
	enum unit energy;          /* of rows that leave it open */
};

double sim_fill_value(const struct sim_fill *s, const struct cell *f);
void sim_fill(
	const struct sim_fill *s, const struct cell *cells, size_t n, uint8_t *bytes, size_t size);

/*
 * Rings of records without holes: where a period was cut off no record was written and the next took
 * its place. Slots are counted from some moment before the meter was born.
 */
struct sim_ring {
	const struct sim_device *device;
	enum period period;
	unsigned count;
	int64_t now_us;
};
unsigned sim_ring_next(const struct sim_ring *r); /* slot that is written next */
/* The record in a slot; false: empty. */
bool sim_ring_at(const struct sim_ring *r, unsigned slot, struct sim_record *ret_record);

#endif
