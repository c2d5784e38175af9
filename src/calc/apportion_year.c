/*
 * apportion_year.c - corrections of a year: heat cost allocators, even payments; what allocators count
 */
#include "calc/apportion_impl.h"

#include <stdlib.h>
#include <string.h>

double allocator_display(const struct allocator_interval *intervals, size_t n, double exponent)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		/* a radiator colder than the room gives no heat off */
		double excess = isnan(intervals[i].excess_k) ? NAN : fmax(intervals[i].excess_k, 0);
		sum += pow(excess / 60, exponent) * intervals[i].hours;
	}
	return sum;
}

int64_t apportion_year_correction(int64_t fact, const int64_t *months, size_t n)
{
	int64_t paid = 0;
	for (size_t i = 0; i < n; i++) {
		paid = money_add(paid, months[i]);
	}
	return fact == MONEY_NONE || paid == MONEY_NONE ? MONEY_NONE : fact - paid;
}

/* A missing allocator is replaced by what it showed a year before, times how this year's known ones
 * of the premises compare to theirs, or without these as it was. NaN: it showed nothing. */
static double replacement(const struct allocated_flat *f, size_t i)
{
	double now = 0, then = 0;
	for (size_t k = 0; k < f->count; k++) {
		if (!isnan(f->readings[k]) && !isnan(f->previous[k])) {
			now += f->readings[k];
			then += f->previous[k];
		}
	}
	return then > 0 ? f->previous[i] * now / then : f->previous[i];
}

static void take_units(struct allocated_flat *f, size_t *ret_all, size_t *ret_missing)
{
	f->units = 0;
	f->replaced = 0;
	for (size_t i = 0; i < f->count && i < ALLOCATORS_MAX; i++) {
		bool is_missing = isnan(f->readings[i]);
		f->units += is_missing ? replacement(f, i) : f->readings[i];
		f->replaced += is_missing ? 1 : 0;
	}
	*ret_all += f->count;
	*ret_missing += f->replaced;
}

/* Sums of the group. */
struct group {
	double units, area;
	int64_t paid;
	size_t all, missing;
};

/* Premises with an allocator that nothing can replace count as many units per area as the others. */
static struct group group_of(struct allocated_flat *flats, size_t n)
{
	struct group g = {0};
	double known_units = 0, known_area = 0;
	for (size_t i = 0; i < n; i++) {
		take_units(&flats[i], &g.all, &g.missing);
		bool is_known = !isnan(flats[i].units);
		known_units += is_known ? flats[i].units : 0;
		known_area += is_known ? flats[i].area : 0;
		g.area += flats[i].area;
		g.paid = money_add(g.paid, flats[i].paid);
	}
	for (size_t i = 0; i < n; i++) {
		if (isnan(flats[i].units)) {
			flats[i].units = known_area > 0 ? known_units * flats[i].area / known_area :
							  NAN;
		}
		g.units += flats[i].units;
	}
	return g;
}

static enum allocated_way way_of(
	const struct group *g, double house_area, double share_min, double missing_max)
{
	bool is_enough = g->area / house_area > share_min; /* false where one is unknown */
	if (!is_enough || g->all == 0 || g->paid == MONEY_NONE) {
		return ALLOCATED_NOT;
	}
	bool is_readable = (double)g->missing <= missing_max * (double)g->all && g->units > 0;
	return is_readable ? ALLOCATED_BY_READINGS : ALLOCATED_BY_AREA;
}

static double final_of(struct apportion *a, double weight, const struct group *g, double sum)
{
	double vars[APPORTION_VAR_COUNT];
	for (int i = 0; i < APPORTION_VAR_COUNT; i++) {
		vars[i] = NAN;
	}
	vars[APPORTION_P_KP] = money_value(g->paid);
	vars[APPORTION_P_I] = weight;
	vars[APPORTION_P_SUM] = sum;
	return rule_value(a, CHARGE_HEAT, APPORTION_ALLOCATED, vars);
}

enum err apportion_allocators(const struct apportion_rules *rules, struct allocated_flat *flats,
	size_t n, double house_area, double share_min, double missing_max,
	enum allocated_way *ret_way)
{
	struct charge_result result = {0};
	struct apportion a = {.rules = rules, .result = &result};
	double *weights = calloc(n + 1, sizeof(*weights));
	int64_t *parts = calloc(n + 1, sizeof(*parts));
	struct group g = group_of(flats, n);
	enum err e = weights && parts ? ERR_OK : ERR_NOMEM;
	*ret_way = way_of(&g, house_area, share_min, missing_max);
	bool is_by_area = *ret_way == ALLOCATED_BY_AREA;
	for (size_t i = 0; i < n && !e; i++) {
		flats[i].final = NAN;
		flats[i].correction = MONEY_NONE;
		if (*ret_way != ALLOCATED_NOT) {
			double weight = is_by_area ? flats[i].area : flats[i].units;
			flats[i].final = final_of(&a, weight, &g, is_by_area ? g.area : g.units);
			weights[i] = flats[i].final;
		}
	}
	if (!e && *ret_way != ALLOCATED_NOT && result.warning_count == 0) {
		money_split(g.paid, weights, n, parts);
		for (size_t i = 0; i < n; i++) {
			flats[i].correction = parts[i] - flats[i].paid;
		}
	}
	free(result.warnings);
	free(weights);
	free(parts);
	return e;
}
