/*
 * memory.h - what a simulated meter remembers: its archive, computed when asked for
 *
 * Common to all protocols with an archive. Periods are cut by the meter's own calendar (zone, report
 * hour, report day) on true time: a wrong or corrected clock changes what may be asked for, never
 * what was measured, or a set clock would change the past. A record is written when its period ends:
 * a power cut over the end leaves none, a cut inside leaves a period with less operating time.
 *
 * Counters show what their registers show, rounded to the register's decimals; amounts are
 * differences of that, so that they add up. Counting goes on while the power is off (what is
 * measured is a pure function of time); only operating time stands still.
 */
#ifndef DOMOVOI_SIM_MEMORY_H
#define DOMOVOI_SIM_MEMORY_H

#include "sim/device.h"

struct sim_record {
	struct span period; /* true UTC */
	double off_h;       /* hours of it without power */
};

struct calendar sim_calendar(const struct sim_device *d); /* UTC where it has no zone */
/* UTC seconds by the meter's own clock, which may be wrong. */
int64_t sim_meter_now(const struct sim_device *d, int64_t now_us);
/* What a request to set the clock does: it shows `utc` at the true moment `now_us`. */
void sim_set_clock(struct sim_device *d, int64_t now_us, int64_t utc);

int sim_depth(const struct sim_device *d, enum period p); /* records its memory holds */
/* The record of the period that holds `utc`. False: the period is not over yet by the meter's clock,
 * older than its memory or the meter, or the power was off at its end. */
bool sim_record_of(const struct sim_device *d, enum period p, int64_t utc, int64_t now_us,
	struct sim_record *ret_record);
/* The same by number: 0 the newest period that is over, counted in periods, not in records. */
bool sim_record_back(const struct sim_device *d, enum period p, unsigned n, int64_t now_us,
	struct sim_record *ret_record);
/* Periods from the one that holds 2000-01-01T00:00:00Z to the one that starts at `start`, by the
 * meter's calendar: the slot of a ring is this modulo its depth. */
int64_t sim_ordinal(const struct sim_device *d, enum period p, int64_t start);

/* Records the meter had written before the one of the period that starts at `start`, without those of
 * a power cut: the place in a ring whose records follow one another without holes. */
int64_t sim_written(const struct sim_device *d, enum period p, int64_t start);

/* NaN: the meter does not measure that. Counters and gauges at a true moment, in `u`. Operating time
 * and time without power the meter counts itself; the other times of abnormal situations are zero. */
double sim_reading(const struct sim_device *d, enum quantity q, enum unit u, int64_t utc_us);
/* The same of a tariff: 1 is the day, 7 to 23 h by the meter's zone, 2 the night, others nothing. */
double sim_tariff_reading(
	const struct sim_device *d, enum quantity q, enum unit u, int tariff, int64_t utc_us);
double sim_amount(
	const struct sim_device *d, enum quantity q, enum unit u, int decimals, struct span p);
double sim_mean(const struct sim_device *d, enum quantity q, enum unit u, struct span p);

#endif
