/*
 * estimate.c - see estimate.h
 */
#include "calc/estimate.h"

#include <math.h>

static const struct estimate_text texts[ESTIMATE_METHOD_COUNT] = {
	[ESTIMATE_NONE] = {"none", "no estimate", "нет оценки"},
	[ESTIMATE_LINEAR] = {"linear", "line between valid neighbours",
		"прямая между достоверными соседями"},
	[ESTIMATE_REGISTER] = {"register", "register difference in the shape of like days",
		"разность показаний по профилю подобных дней"},
	[ESTIMATE_REGISTER_EVEN] = {"register_even", "register difference, evenly",
		"разность показаний, поровну"},
	[ESTIMATE_LIKE_DAYS] = {"like_days", "mean of like days", "среднее подобных дней"},
	[ESTIMATE_LAST_WEEK] = {"last_week", "the same day a week ago", "тот же день неделю назад"},
	[ESTIMATE_DEGREE_DAYS] = {"degree_days", "heat per degree-day",
		"удельная теплота на градусо-сутки"},
	[ESTIMATE_NEIGHBOUR] = {"neighbour", "sensor of a neighbouring building",
		"датчик соседнего здания"},
	[ESTIMATE_MONTHS] = {"months", "mean of the months before", "среднее за предыдущие месяцы"},
	[ESTIMATE_NORM] = {"norm", "norm times persons", "норматив на число жителей"},
};

const struct estimate_text *estimate_text(enum estimate_method m)
{
	return &texts[m < ESTIMATE_METHOD_COUNT ? m : ESTIMATE_NONE];
}

void estimate_linear(double before, double after, size_t n, double *ret_values)
{
	for (size_t i = 0; i < n; i++) {
		ret_values[i] = before + (after - before) * (double)(i + 1) / (double)(n + 1);
	}
}

void estimate_mean(const double *days, size_t day_count, size_t n, double *ret_values)
{
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		size_t known = 0;
		for (size_t d = 0; d < day_count; d++) {
			double v = days[d * n + i];
			if (!isnan(v)) {
				sum += v;
				known++;
			}
		}
		ret_values[i] = known ? sum / (double)known : NAN;
	}
}

double estimate_scale(const double *values, size_t n, double total)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += values[i];
	}
	return sum > 0 ? total / sum : NAN;
}

bool estimate_scale_is_sound(double factor, double least, double most)
{
	return factor >= least && factor <= most;
}

double estimate_specific_heat(const double *heat, const double *degree_days, size_t n)
{
	double sum = 0, degrees = 0;
	for (size_t i = 0; i < n; i++) {
		sum += heat[i];
		degrees += degree_days[i];
	}
	return degrees > 0 ? sum / degrees : NAN;
}

double estimate_monthly(const double *months, size_t n, size_t least, size_t most)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < n && known < most; i++) {
		if (!isnan(months[i])) {
			sum += months[i];
			known++;
		}
	}
	return known > 0 && known >= least ? sum / (double)known : NAN;
}

double estimate_norm(double norm, double persons, double months, double raising)
{
	return norm * persons * months * raising;
}

/* ---- like days ---- */

/* Rank of weekday `other` for a day of weekday `day`, Sunday first; 0: not like. */
static const int ranks[7][7] = {
	/*        Su Mo Tu We Th Fr Sa */
	[0] = {1, 0, 0, 0, 0, 0, 0},
	[1] = {0, 1, 2, 3, 4, 0, 0},
	[2] = {0, 0, 1, 1, 1, 0, 0},
	[3] = {0, 0, 1, 1, 1, 0, 0},
	[4] = {0, 0, 1, 1, 1, 0, 0},
	[5] = {0, 0, 0, 0, 0, 1, 0},
	[6] = {0, 0, 0, 0, 0, 0, 1},
};

static int effective_weekday(const struct like_day *d)
{
	return d->is_holiday ? 0 : d->weekday;
}

int like_rank(const struct like_day *day, const struct like_day *other)
{
	return ranks[effective_weekday(day)][effective_weekday(other)];
}

size_t like_days(const struct like_day *days, size_t n, size_t *ret_before, size_t most)
{
	size_t found = 0;
	for (int rank = 1; rank <= 4 && found < most; rank++) {
		for (size_t i = 1; i < n && found < most; i++) {
			if (days[i].is_eligible && like_rank(&days[0], &days[i]) == rank) {
				ret_before[found++] = i;
			}
		}
	}
	return found;
}
