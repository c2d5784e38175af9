/*
 * leak.h - water that flows when nobody uses any: at night in the house, without a pause in a flat,
 * backwards through a meter
 *
 *   house   the least hour of each night, the median of some nights, less what residents may use
 *   flat    an hour without any flow within a day, or there is a leak; how much: the least hour
 *   burst   far more than was ever seen, or than a flat can use, for some minutes
 *
 * Whether the house leaks in its own pipes or in its flats, the flats' meters tell: B_night against
 * its limit (balance.h). Volumes in m3 by hour, m3/h; unknown is NaN and never an hour without flow.
 * Facts: calculations.md sections 5.3, 5.4, its cases are the test. Pure functions.
 */
#ifndef DOMOVOI_LEAK_H
#define DOMOVOI_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAK_MONTH_H 720 /* what flows always, by month of 30 days */

/* ---- the house at night ---- */

/* The least of one night's hours; NaN unless all are known. */
double leak_night_minimum(const double *hours, size_t n);

struct leak_night {
	double minimum;    /* median over nights, m3/h; NaN: too few nights */
	double legitimate; /* what residents may use, m3/h */
	double leak;       /* m3/h, not below zero */
	double month;      /* m3 in 30 days */
	size_t nights;     /* known ones */
};
/* `minima` of nights, sorted on return. */
struct leak_night leak_night(
	double *minima, size_t n, size_t min_nights, double residents, double litres_per_resident);

enum leak_where {
	LEAK_UNKNOWN, /* the flats of the night are not known well enough */
	LEAK_NONE,
	LEAK_PIPES, /* more flows in at night than the flats' meters count */
	LEAK_FLATS, /* the flats' meters count what flows at night */
	LEAK_BOTH,
	LEAK_WHERE_COUNT
};
const char *leak_where_name(enum leak_where w); /* "pipes" */
/* Of the night: leak and imbalance in m3/h, the limit of the imbalance; NaN unknown. What the flats'
 * meters count beyond what is legitimate is theirs. */
enum leak_where leak_locate(const struct leak_night *night, double imbalance, double limit);

/* ---- a flat ---- */

struct leak_flat_rule {
	double zero_m3;     /* an hour with no more counts as a pause */
	int day_h;          /* so many hours without a pause are a leak, 24 */
	double drip_m3_h;   /* no more: a tap drips */
	double toilet_m3_h; /* no more, cold water: a cistern runs */
};
extern const struct leak_flat_rule leak_flat_rule_default; /* 0; 24; 3 l/h; 60 l/h */

enum leak_kind {
	LEAK_FLAT_UNKNOWN, /* less than a day is known at the end */
	LEAK_FLAT_NONE,
	LEAK_FLAT_DRIP,
	LEAK_FLAT_TOILET,
	LEAK_FLAT_FLOW, /* more: an open tap, a damaged pipe */
	LEAK_KIND_COUNT
};
const char *leak_kind_name(enum leak_kind k); /* "toilet" */

struct leak_flat {
	enum leak_kind kind;  /* at the end of the hours */
	size_t known;         /* hours */
	size_t longest_pause; /* hours without flow in a row */
	size_t running;       /* hours in a row with flow, up to the last known one */
	double least;         /* m3/h, of the running hours; NaN: it does not run */
	double volume;        /* m3 that `least` came to while it ran */
	double month;         /* m3 in 30 days */
};
/* Hours of one channel in order, NaN where unknown: an unknown hour ends neither a pause nor a flow
 * and adds to none. */
struct leak_flat leak_flat(
	const double *hours, size_t n, bool is_hot, const struct leak_flat_rule *rule);

/* ---- bursts ---- */

struct leak_burst_rule {
	double learned_factor; /* of the learned flow, 1.5 */
	int learned_s;         /* for so long, 600 */
	double flat_m3_h;      /* more than a flat can use, 1.8 = 30 l/min */
	int flat_s;            /* for so long, 1200 */
};
extern const struct leak_burst_rule leak_burst_rule_default;

/* The first of `n` flows (m3/h) at steps of step_s with which a burst begins; n: there is none.
 * `learned` is the 99.9 percent quantile of the past, NaN: not known; `in_flat`: the second rule too. */
size_t leak_burst(const double *flows, size_t n, int step_s, double learned, bool in_flat,
	const struct leak_burst_rule *rule);

/* ---- reverse flow ---- */

struct leak_reverse_rule {
	double percent;    /* of the forward volume, 0.5 */
	double m3_per_day; /* 0.001 */
};
extern const struct leak_reverse_rule leak_reverse_rule_default;

struct leak_reverse {
	double net;     /* forward - reverse */
	double percent; /* of the forward volume; NaN: nothing flowed forward */
	bool is_flagged;
};
struct leak_reverse leak_reverse(
	double forward, double reverse, double days, const struct leak_reverse_rule *rule);

#endif
