/*
 * series.h - a counter out of real data: readings by time
 *
 * Between two readings the counter keeps the earlier one (what a logger would have said), or runs
 * straight to the later one if `is_linear`. Before the first it keeps the first, behind the last the
 * last; a hole in the data is a long step. Readings lower than one before are raised to it: counters
 * do not fall.
 */
#ifndef DOMOVOI_SERIES_H
#define DOMOVOI_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_reading {
	int64_t utc_us;
	double value;
};

struct sim_series {
	struct sim_reading *readings; /* owned; ascending in both fields after sim_series_close */
	size_t n, cap;
	bool is_linear;
};

struct sim_series *sim_series_new(void); /* NULL: no memory */
void sim_series_free(struct sim_series *s);
bool sim_series_add(
	struct sim_series *s, int64_t utc_us, double value); /* any order; false: no memory */
/* Sort, drop repeated moments (the last added stays), raise what falls. Returns how many fell. */
size_t sim_series_close(struct sim_series *s);

double sim_series_at(const struct sim_series *s, int64_t utc_us); /* NaN when empty */
/* Mean rate per second between the readings around the moment; 0 outside. */
double sim_series_rate(const struct sim_series *s, int64_t utc_us);

#endif
