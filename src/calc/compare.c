/*
 * compare.c - medians, groups, classes of flats; see compare.h
 */
#include "calc/compare.h"

#include "calc/stat.h"

#include <math.h>
#include <string.h>

#define NORMAL_MAD 1.4826 /* of a normal distribution: standard deviation by MAD */

static const char *const classes[] = {[FLAT_NORMAL] = "normal",
	[FLAT_ATTENTION] = "attention",
	[FLAT_CRITICAL] = "critical",
	[FLAT_NOBODY] = "nobody",
	[FLAT_FAULT] = "fault",
	[FLAT_NO_METER] = "no_meter",
	[FLAT_NO_DATA] = "no_data",
	[FLAT_NO_NORM] = "no_norm"};

const char *flat_class_name(enum flat_class c)
{
	return c < FLAT_CLASS_COUNT ? classes[c] : "";
}

struct compare_scale compare_scale_of(const double *values, size_t n, double *scratch)
{
	if (n > 0) {
		memcpy(scratch, values, n * sizeof(*values));
	}
	size_t known = stat_sort(scratch, n);
	struct compare_scale s = {
		.median = stat_quantile(scratch, known, 0.5),
		.quartile_low = stat_quantile(scratch, known, 0.25),
		.quartile_high = stat_quantile(scratch, known, 0.75),
		.min = stat_quantile(scratch, known, 0),
		.max = stat_quantile(scratch, known, 1),
		.known = known,
	};
	for (size_t i = 0; i < known; i++) {
		scratch[i] = fabs(scratch[i] - s.median);
	}
	s.mad = stat_median(scratch, known);
	return s;
}

double compare_z(const struct compare_scale *s, double value)
{
	return s->mad > 0 ? (value - s->median) / (NORMAL_MAD * s->mad) : NAN;
}

struct compare_group compare_group_of(const struct compare_scale *s, const double *values,
	const int64_t *groups, size_t n, int64_t group, size_t crowd)
{
	struct compare_group g = {NAN, NAN, 0, 0, false};
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (groups[i] == group) {
			g.flats++;
			g.known += isnan(values[i]) ? 0 : 1;
			sum += isnan(values[i]) ? 0 : values[i];
		}
	}
	g.is_hidden = g.known < crowd;
	if (g.known > 0 && !g.is_hidden) {
		g.mean = sum / (double)g.known;
		g.ratio = s->median > 0 ? g.mean / s->median : NAN;
	}
	return g;
}

enum flat_class flat_class_of(const struct flat_limits *l, const struct flat_use *u)
{
	if (!u->has_meter) {
		return FLAT_NO_METER;
	}
	if (isnan(u->value)) {
		return FLAT_NO_DATA;
	}
	if (u->people == 0 && u->value > l->nobody) {
		return FLAT_NOBODY;
	}
	if (u->people > 0 && isnan(u->norm)) {
		return FLAT_NO_NORM;
	}
	if (u->norm > 0 && u->value > l->critical * u->norm) {
		return FLAT_CRITICAL;
	}
	if (u->norm > 0 && u->value > l->attention * u->norm) {
		return FLAT_ATTENTION;
	}
	return u->people > 0 && u->value < l->fault ? FLAT_FAULT : FLAT_NORMAL;
}

struct forecast forecast_by_mean(double known, const double *last_days, size_t n, size_t days_left)
{
	double sum = 0;
	size_t days = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(last_days[i])) {
			sum += last_days[i];
			days++;
		}
	}
	struct forecast f = {
		known, days ? sum / (double)days * (double)days_left : NAN, NAN, days_left};
	f.left = days_left ? f.left : 0;
	f.total = f.known + f.left;
	return f;
}
