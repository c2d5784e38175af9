/*
 * signature.h - the energy signature of a building: daily heat over outdoor temperature
 *
 *   Q = a + b max(0, tb - t)
 *
 *   Q |\
 *     |  \            a   what is used in any weather (hot water)
 *     |    \          b   per day and kelvin below the balance temperature
 *     |      \____    tb  balance temperature, found, never assumed: with a wrong one a and b lie
 *     +-----------t
 *
 * For every tb of a grid a and b by least squares; the smallest sum of squares wins. Days that are
 * worse than estimated or computed do not count. Fewer than the least number of days, or a narrower
 * range of temperatures than wanted, give no signature, and which it was is said.
 *
 * A day stands out when it is more than 3 RMSE off; a drift is a CUSUM of more than 5 RMSE (two-sided,
 * with half an RMSE of slack, so that what is fitted well never adds up to an alarm).
 *
 * Facts: calculations.md 8.4 of the project's sources. Any unit of heat per day; °C. Pure.
 */
#ifndef DOMOVOI_SIGNATURE_H
#define DOMOVOI_SIGNATURE_H

#include "calc/form.h"

struct signature_day {
	double t; /* mean outdoor temperature */
	double q; /* heat of the day */
	uint16_t quality;
};

struct signature_plan {
	double from, till, step; /* grid of tb; step 0: tb is `from` */
	size_t least_days;
	double least_range_k;
};

enum signature_state {
	SIGNATURE_OK,
	SIGNATURE_TOO_FEW,    /* usable days */
	SIGNATURE_TOO_NARROW, /* range of outdoor temperatures */
	SIGNATURE_NO_SLOPE,   /* heat does not fall with the temperature */
	SIGNATURE_STATE_COUNT
};
const char *signature_state_name(enum signature_state s); /* "ok" */

struct signature {
	enum signature_state state;
	double a, b, tb;     /* NaN unless OK */
	double sse, rmse;    /* with as many degrees of freedom as days less parameters */
	double r2;           /* share of the variance that is explained */
	double cv_percent;   /* RMSE of the mean heat */
	double t_min, t_max; /* of the usable days */
	size_t days, rejected;
};

bool signature_is_usable(const struct signature_day *day);
/* ERR_INVAL: the grid is none. */
enum err signature_fit(const struct signature_plan *plan, const struct signature_day *days,
	size_t n, struct signature *ret);
double signature_at(const struct signature *s, double t); /* NaN */
/* Load at the design temperature in heat per hour, without what any weather uses. */
double signature_design_load(const struct signature *s, double indoor, double design);

struct signature_alarm {
	double residual;     /* fact less signature; NaN: not usable */
	double above, below; /* CUSUM of both directions up to here */
	bool is_outlier;     /* more than 3 RMSE */
	bool is_drift;       /* a CUSUM of more than 5 RMSE */
};
/* In order of time. */
void signature_watch(const struct signature *s, const struct signature_day *days, size_t n,
	struct signature_alarm *ret_alarms);

#endif
