/*
 * stat.h - small statistics: quantiles, and straight lines through points
 *
 * Values that are not known are NaN and are left out. Pure functions; those that sort do it in the
 * caller's array.
 */
#ifndef DOMOVOI_STAT_H
#define DOMOVOI_STAT_H

#include <stddef.h>

/* Move the known values to the front, rising; their number. */
size_t stat_sort(double *values, size_t n);
/* Of values in rising order, linear between the two around it; share 0..1. NaN: none. */
double stat_quantile(const double *sorted, size_t n, double share);
/* stat_sort and the middle. */
double stat_median(double *values, size_t n);

/* y = slope x + intercept, least squares; points of which a half is unknown are left out. */
struct stat_line {
	double slope, intercept; /* NaN: x does not vary */
	double r2;               /* NaN: y does not vary either */
	size_t n;
};
struct stat_line stat_fit_line(const double *x, const double *y, size_t n);

/* y = slope[0] x1 + slope[1] x2 + intercept. NaN where x1 and x2 are of one line. */
struct stat_plane {
	double slope[2], intercept, r2;
	size_t n;
};
struct stat_plane stat_fit_plane(const double *x1, const double *x2, const double *y, size_t n);

#endif
