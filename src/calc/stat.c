/*
 * stat.c - small statistics; see stat.h
 */
#include "calc/stat.h"

#include <math.h>
#include <stdlib.h>

#define SAME_LINE 1e-9 /* of the determinant, against its largest: x1 and x2 tell the same */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

size_t stat_sort(double *values, size_t n)
{
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(values[i])) {
			values[known++] = values[i];
		}
	}
	qsort(values, known, sizeof(*values), by_value);
	return known;
}

double stat_quantile(const double *sorted, size_t n, double share)
{
	if (n == 0) {
		return NAN;
	}
	double at = share * (double)(n - 1);
	size_t below = (size_t)floor(at);
	size_t above = below + 1 < n ? below + 1 : below;
	return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

double stat_median(double *values, size_t n)
{
	return stat_quantile(values, stat_sort(values, n), 0.5);
}

/* Sums of squares and products around the means, in two passes: differences of large sums lose. */
struct stat_line stat_fit_line(const double *x, const double *y, size_t n)
{
	struct stat_line line = {NAN, NAN, NAN, 0};
	double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(x[i]) && !isnan(y[i])) {
			mean_x += x[i];
			mean_y += y[i];
			line.n++;
		}
	}
	if (line.n == 0) {
		return line;
	}
	mean_x /= (double)line.n;
	mean_y /= (double)line.n;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(x[i]) && !isnan(y[i])) {
			double dx = x[i] - mean_x;
			double dy = y[i] - mean_y;
			xx += dx * dx;
			xy += dx * dy;
			yy += dy * dy;
		}
	}
	if (line.n < 2 || !(xx > 0)) {
		return line;
	}
	line.slope = xy / xx;
	line.intercept = mean_y - line.slope * mean_x;
	line.r2 = yy > 0 ? xy * xy / (xx * yy) : NAN;
	return line;
}

/* Sums of three variables around their means: indices 0, 1 are x1, x2, and 2 is y. */
struct moments {
	double mean[3], product[3][3];
	size_t n;
};

static void take(const double *const v[3], size_t i, double ret[3], int *ret_known)
{
	*ret_known = 1;
	for (int k = 0; k < 3; k++) {
		ret[k] = v[k][i];
		*ret_known &= !isnan(ret[k]);
	}
}

static struct moments moments_of(const double *const v[3], size_t n)
{
	struct moments m = {0};
	double at[3];
	int is_known;
	for (size_t i = 0; i < n; i++) {
		take(v, i, at, &is_known);
		for (int k = 0; k < 3 && is_known; k++) {
			m.mean[k] += at[k];
		}
		m.n += (size_t)is_known;
	}
	for (int k = 0; k < 3; k++) {
		m.mean[k] /= (double)(m.n ? m.n : 1);
	}
	for (size_t i = 0; i < n; i++) {
		take(v, i, at, &is_known);
		for (int k = 0; k < 9 && is_known; k++) {
			m.product[k / 3][k % 3] += (at[k / 3] - m.mean[k / 3]) *
						   (at[k % 3] - m.mean[k % 3]);
		}
	}
	return m;
}

struct stat_plane stat_fit_plane(const double *x1, const double *x2, const double *y, size_t n)
{
	const double *const v[3] = {x1, x2, y};
	struct moments m = moments_of(v, n);
	struct stat_plane plane = {{NAN, NAN}, NAN, NAN, m.n};
	double whole = m.product[0][0] * m.product[1][1];
	double det = whole - m.product[0][1] * m.product[0][1];
	if (m.n < 3 || !(whole > 0) || det < SAME_LINE * whole) {
		return plane;
	}
	double xy1 = m.product[0][2];
	double xy2 = m.product[1][2];
	plane.slope[0] = (m.product[1][1] * xy1 - m.product[0][1] * xy2) / det;
	plane.slope[1] = (m.product[0][0] * xy2 - m.product[0][1] * xy1) / det;
	plane.intercept = m.mean[2] - plane.slope[0] * m.mean[0] - plane.slope[1] * m.mean[1];
	plane.r2 = m.product[2][2] > 0 ?
			   (plane.slope[0] * xy1 + plane.slope[1] * xy2) / m.product[2][2] :
			   NAN;
	return plane;
}
