/*
 * form.h - how archive values are formed: pure functions of readings and values
 *
 * A register is a counter that only grows, wraps at its capacity, is replaced, reset or misread.
 * What lies between two readings is a delta with a status; a chain of deltas is the unwrapped sum
 * U(t), and the amount of an interval is the difference of U at its ends:
 *
 *   reading  99998  99999.4 | 0.7   3.2 ..      U   0   1.4   2.7   5.2
 *                     rollover at 100000
 *
 * Facts: calculations.md section 3 of the project's sources, checked by its 43 cases. Units: values
 * in the register's unit, rates per hour, times UTC seconds. Missing is NaN with class MISSING.
 * Nothing here allocates, reads a clock or knows the store.
 */
#ifndef DOMOVOI_FORM_H
#define DOMOVOI_FORM_H

#include "model/period.h"
#include "model/quality.h"

#include <stddef.h>

/* ---- registers ---- */

struct register_limits {
	double capacity; /* where the counter wraps; 0: unknown */
	double max_rate; /* most it can count in an hour; 0: unknown */
	double noise;    /* a decrease up to this is none (twice the resolution) */
	bool is_net;     /* may count backwards */
};

enum delta_status {
	DELTA_OK,
	DELTA_NOISE_ZERO, /* a decrease within the noise: nothing; the first reading stays valid */
	DELTA_SUSPECT_HIGH,      /* more than the meter can pass; the amount is kept */
	DELTA_ROLLOVER,          /* wrapped at the capacity */
	DELTA_RESET_SUSPECT,     /* fell to near zero: the amount is a lower bound */
	DELTA_NEGATIVE,          /* fell without explanation: no amount, the chain begins anew */
	DELTA_REPLACED,          /* meter replaced, both parts known */
	DELTA_REPLACED_NO_FINAL, /* meter replaced, the old one's last reading unknown: no amount */
};

struct delta {
	double amount; /* NaN where there is none */
	enum delta_status status;
};

const char *delta_status_name(enum delta_status s); /* "OK" */
/* Class and flags that a delta gives the amount it yields. */
uint16_t delta_quality(enum delta_status s);

/*
 * From r1 to r2 within `seconds`. Where the greatest rate is unknown, a wrap is believed only from
 * the last tenth of the capacity into the first, and a reset never.
 */
struct delta register_delta(const struct register_limits *l, double r1, double r2, int64_t seconds);
/* The old meter went from r1 to final_old, the new one from initial_new to r2. */
struct delta register_delta_replaced(const struct register_limits *old_meter, double r1,
	double final_old, int64_t old_seconds, const struct register_limits *new_meter,
	double initial_new, double r2, int64_t new_seconds);

/* A reading, or any value with a moment. */
struct point {
	int64_t utc;
	double value;
	uint16_t quality;
};

struct form_value {
	double value;
	uint16_t quality;
};

/* What counts as a reading at a boundary. */
struct boundary_rule {
	int64_t snap_s;       /* a reading that near is the reading at the boundary */
	int64_t max_interp_s; /* across a gap up to this: INTERPOLATED, longer: ESTIMATED */
	int64_t max_gap_s;    /* across a longer gap nothing is formed */
};
extern const struct boundary_rule boundary_rule_default; /* 60 s, 2 h, 400 days */

/*
 * The reading at moment `at`, a.utc <= at <= b.utc, from its two neighbours: the nearer one within
 * the snap, else linear between them. Between readings that no delta connects it is missing; a
 * reset is taken to have happened right after the first.
 */
struct form_value boundary_reading(const struct register_limits *l,
	const struct boundary_rule *rule, const struct point *a, const struct point *b, int64_t at);

/* Amounts of `n` intervals of `step_s` from `start` on, out of readings in order of time. */
void register_intervals(const struct register_limits *l, const struct boundary_rule *rule,
	const struct point *readings, size_t reading_count, int64_t start, int64_t step_s,
	struct form_value *ret_values, size_t n);

/* A total spread in the proportions of a profile (evenly if the profile is empty); sum-preserving. */
void distribute_profile(double total, const double *profile, size_t n, double *ret_values);

/* Reading of a pulse counter, and an amount behind transformers. */
double pulse_reading(double weight, double first_count, double first_reading, double count);
double transformed_amount(double amount, double current_ratio, double voltage_ratio);

/* ---- instantaneous values ---- */

enum mean_mode {
	MEAN_TRAPEZOID, /* linear between samples; a pair farther apart than max_hold gives nothing */
	MEAN_HOLD,      /* a sample is valid until the next, at most max_hold */
};

struct mean {
	double mean;     /* NaN: nothing covered */
	double coverage; /* covered share of the interval, 0..1 */
	double min, max; /* of the samples in [from, till); NaN: none */
	int64_t min_utc, max_utc;
	uint16_t
		quality; /* class and flags of the samples used; PARTIAL below the coverage limit */
};

#define COVERAGE_MIN 0.75

/* Samples in order of time, beginning and ending outside the span where there are such. A sample of
 * NaN says "unknown from here on". */
struct mean time_weighted_mean(const struct point *samples, size_t n, struct span span,
	enum mean_mode mode, int64_t max_hold_s);
/* How long a sample of a meter polled every poll_s seconds holds: three polls, at most 15 minutes;
 * of meters polled less often than every ten minutes one and a half polls, so that theirs connect. */
int64_t max_hold_of(int64_t poll_s);

/* Mean temperature of pipes. Without any flow it is the time-weighted one. */
struct pipe_mean {
	double by_mass, by_time;
	bool is_no_flow;
};
struct pipe_mean mass_weighted_temperature(const double *mass, const double *temperature, size_t n);

/* ---- clocks and labels ---- */

/* Interval that a meter's archive row names by the local time of its begin or its end. */
struct span archive_label(const struct zone *z, struct civil label, int64_t length_s, bool is_end);

/* Meter minus true time at `at`, linear between two checks (and beyond them). */
double clock_offset_at(int64_t t1, double offset1_s, int64_t t2, double offset2_s, int64_t at);
double clock_drift_ppm(int64_t t1, double offset1_s, int64_t t2, double offset2_s);
/* Moments by the meter's clock become true ones, so that register_intervals cuts at true hours. */
void clock_correct(struct point *readings, size_t n, double meter_minus_true_s);

/* ---- sums over intervals ---- */

/*
 * Completeness of a period made of `expected` intervals. Values that failed a check (SUSPECT) are not
 * summed and do not count as present until a person accepts them; missing ones are never made up.
 */
struct completeness {
	size_t expected;
	size_t counts[QUALITY_CLASS_COUNT]; /* MISSING: expected but not there */
	double sum;                         /* of what is there; NaN: nothing is */
	double completeness;                /* share of intervals with a usable value */
	bool is_complete;
	uint16_t worst; /* worst class (MISSING if any is), weakest source, all flags */
};
struct completeness form_completeness(const struct form_value *values, size_t n, size_t expected);
double completeness_share(const struct completeness *c, enum quality_class of);
/* How the sum is stored: PARTIAL where intervals are missing or left out because they failed a
 * check, with all flags; MISSING with NaN where nothing is known. */
struct form_value completeness_sum(const struct completeness *c);
/* Likewise the mean of gauges, weighted by the lengths of the intervals. */
struct form_value form_mean(
	const struct form_value *values, const int64_t *lengths, size_t n, size_t expected);

/* What a closed bill is short of, to be carried into the next period. */
double billing_correction(double known_now, double billed);

#endif
