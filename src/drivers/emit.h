/*
 * emit.h - values of a record on their way out of a driver
 *
 * What many drivers do with a record in the same way: a number becomes a sample with its class, the
 * flag of an abnormal situation and the time its form asks for. Borrowed pointers only.
 */
#ifndef DOMOVOI_DRIVERS_EMIT_H
#define DOMOVOI_DRIVERS_EMIT_H

#include "drivers/driver.h"
#include "proto/cell.h"

struct emit {
	struct sink *out;
	enum period period;        /* PERIOD_NONE: current values */
	struct span interval;      /* of the record */
	enum sample_form counters; /* NOW, POINT (at the end of the interval) or AMOUNT */
	unsigned flags;            /* QUALITY_ABNORMAL or 0 */
	enum unit energy;   /* of rows whose unit is NONE and quantity an energy; NONE: unknown */
	const char *suffix; /* behind every key: ".u2"; NULL none */
	bool has_put;
};

/* One value. Gauges and states of an archive are those of the interval, whatever counters are. */
enum err emit_value(
	struct emit *to, const char *key, enum quantity q, enum unit u, double v, int decimals);
/* A row of a table from its record, divided by what the record itself says. */
enum err emit_scaled(struct emit *to, const struct cell *f, struct slice record, double divisor);
enum err emit_cells(struct emit *to, const struct cell *cells, size_t n, struct slice record);
/* The raw code and what it means (model/abnormal.h). A negative one is not known and not put. */
enum err emit_codes(struct emit *to, int64_t code, int meaning);

/* Does the meter's clock show this moment twice, as in the night summer time ends? Who asks by civil time
 * cannot tell which of both hours comes. */
bool emit_is_twice(const struct zone *zone, int64_t utc);
/* Is standard time in force, as meters with a flag of the season want to know? Without summer time: yes. */
bool emit_is_winter(const struct zone *zone, int64_t utc);

#endif
