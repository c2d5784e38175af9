/*
 * profile.h - intervals of a load profile become amounts of half-hours or hours
 *
 * A meter records energy (or mean power) over intervals of 1 to 60 minutes. Where the interval
 * divides a half-hour the profile is an archive of half-hours, and the node makes hours of them; an
 * interval of an hour is an archive of hours. The driver hands over one interval after the other, by
 * the start of each whatever the meter's label is, as energy.
 *
 * A period whose intervals did not all come gives no value. One that holds an interval the meter
 * marks as incomplete (power failed in it) gives what was counted, class PARTIAL.
 */
#ifndef DOMOVOI_DRIVERS_PROFILE_H
#define DOMOVOI_DRIVERS_PROFILE_H

#include "drivers/driver.h"

#define PROFILE_COLUMNS 8

struct profile_column {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	int decimals; /* digits the interval's energy resolves; negative: unknown */
};

struct profile_slot {
	int64_t start_utc;
	int minutes;
	bool is_incomplete;
	double value[PROFILE_COLUMNS]; /* energy of the interval; NaN: not measured */
};

struct profile {
	struct sink *out;
	enum period period;
	struct span span; /* periods that start outside are not put */
	const struct calendar *calendar;
	const struct profile_column *columns; /* borrowed */
	size_t columns_n;
	unsigned flags; /* QUALITY_TIME_SUSPECT ... for all values */
	/* the period being put together */
	struct span open; /* empty: none */
	int64_t covered_s, last_utc;
	bool is_incomplete;
	double sum[PROFILE_COLUMNS];
	bool has_put;
};

/* True if a profile of this interval is an archive of `period`. */
bool profile_fits(int minutes, enum period period);
void profile_begin(struct profile *p, struct sink *out, enum period period, struct span span,
	const struct calendar *calendar, const struct profile_column *columns, size_t n);
/* In rising order of time; an interval told twice counts once. */
enum err profile_put(struct profile *p, const struct profile_slot *slot);
/* The last period; NODATA if nothing at all was put. */
enum err profile_end(struct profile *p);

#endif
