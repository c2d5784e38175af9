/*
 * compare.h - floors, entrances and flats side by side; classes of flats; how a month will end
 *
 * What is compared is consumption per m2 or per person, whatever the caller divides by. A group stands
 * at the ratio of its mean to the median of the house; a flat at its robust z, the distance from the
 * median in units of 1.4826 MAD, which a few odd flats do not move. Unknown flats are not in it.
 *
 * Classes of a flat by its norm, in this order (original system, and still what people ask for):
 *
 *   nobody     nobody is registered, and there is consumption
 *   critical   above the norm by the critical ratio
 *   attention  above the norm
 *   fault      people, a meter, and next to nothing
 *   normal
 *
 * Facts: calculations.md 8.8, original.md 6.6 of the project's sources. Limits are figures
 * (rules/consumption_class.yaml). Pure; NaN is unknown.
 */
#ifndef DOMOVOI_COMPARE_H
#define DOMOVOI_COMPARE_H

#include "calc/form.h"

struct compare_scale {
	double median, mad;
	double quartile_low, quartile_high, min, max;
	size_t known;
};
/* `scratch` has room for n values. */
struct compare_scale compare_scale_of(const double *values, size_t n, double *scratch);
/* NaN where more than half of the house are equal: nothing can be told. */
double compare_z(const struct compare_scale *s, double value);

struct compare_group {
	double mean;  /* NaN: nobody is known */
	double ratio; /* of the mean to the median of the house */
	size_t known, flats;
	bool is_hidden; /* too few for somebody who may not see each: mean and ratio are NaN */
};
/* Of the values whose group is `group`. `crowd`: fewer known flats are hidden; 0 shows all. */
struct compare_group compare_group_of(const struct compare_scale *s, const double *values,
	const int64_t *groups, size_t n, int64_t group, size_t crowd);

enum flat_class {
	FLAT_NORMAL,
	FLAT_ATTENTION,
	FLAT_CRITICAL,
	FLAT_NOBODY,
	FLAT_FAULT,
	FLAT_NO_METER, /* nothing to judge by */
	FLAT_NO_DATA,  /* a meter, and no value of the month */
	FLAT_NO_NORM,
	FLAT_CLASS_COUNT
};
const char *flat_class_name(enum flat_class c); /* "normal" */

struct flat_limits {
	double nobody;    /* more than this where nobody is registered */
	double fault;     /* less than this where somebody is */
	double attention; /* ratios to the norm */
	double critical;
};
struct flat_use {
	double value; /* of the month; NaN: unknown */
	double norm;  /* of the flat for the month; NaN: none */
	int64_t people;
	bool has_meter;
};
enum flat_class flat_class_of(const struct flat_limits *l, const struct flat_use *u);

/*
 * Where a month will end: what is known plus the days that are left. Of weather-driven heat each day
 * by the signature and the expected temperature; of the rest as the mean of the last days.
 */
struct forecast {
	double known, left; /* left NaN: cannot be told */
	double total;
	size_t days_left;
};
struct forecast forecast_by_mean(double known, const double *last_days, size_t n, size_t days_left);

#endif
