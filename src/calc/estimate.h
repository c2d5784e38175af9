/*
 * estimate.h - what a missing or doubtful amount probably was: methods as pure functions
 *
 * In the order they are tried (calculations.md section 4.2), the first that can answer does:
 *
 *   everything          up to 2 h between valid neighbours: the line between them
 *   with a register     the register's difference over the gap, in the shape of like days
 *   electricity, water  mean of three like days, nearest first; the same day a week ago
 *   heat for heating    heat per degree-day of the last good days times the degree-days
 *   outdoor temperature the neighbours' sensor; the line between valid values up to 6 h
 *   unread flat meters  mean of six months, from the fourth month the norm times persons
 *
 * An estimate is a proposal: class ESTIMATED, with its method and what it was made of. Nothing is
 * filled in by itself. A total that has to be stretched by less than half or more than twice to
 * fit a profile is a proposal for a person's eyes only (`is_doubtful`).
 *
 * Facts: Itron IEE documentation (line between valid reads, three nearest like days, scaling to
 * boundary reads), Western Australian metering code (order of like days), PP RF 354 paragraphs 59,
 * 60; checked by the cases of vee_cases.json. Amounts that are unknown are NaN. Pure functions.
 */
#ifndef DOMOVOI_ESTIMATE_H
#define DOMOVOI_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum estimate_method {
	ESTIMATE_NONE,
	ESTIMATE_LINEAR,
	ESTIMATE_REGISTER,      /* register difference by a profile of like days */
	ESTIMATE_REGISTER_EVEN, /* register difference, evenly: no like day is known */
	ESTIMATE_LIKE_DAYS,
	ESTIMATE_LAST_WEEK,
	ESTIMATE_DEGREE_DAYS,
	ESTIMATE_NEIGHBOUR, /* outdoor temperature of another building */
	ESTIMATE_MONTHS,    /* mean of six months, at least three */
	ESTIMATE_NORM,
	ESTIMATE_METHOD_COUNT
};

struct estimate_text {
	const char *name; /* "like_days" */
	const char *title, *title_ru;
};
const struct estimate_text *estimate_text(enum estimate_method m);

/* n values between two valid ones. */
void estimate_linear(double before, double after, size_t n, double *ret_values);

/*
 * Mean of several days, interval by interval; `days[d * n + i]`. An interval unknown in every day is
 * NaN.
 */
void estimate_mean(const double *days, size_t day_count, size_t n, double *ret_values);
/* Factor that makes the values sum to `total`; NaN where they sum to nothing or one is unknown. */
double estimate_scale(const double *values, size_t n, double total);
/* Inside the bounds in which a scaled profile may be published without a person. */
bool estimate_scale_is_sound(double factor, double least, double most);

/* Heat per degree-day of good days; NaN without any degree. */
double estimate_specific_heat(const double *heat, const double *degree_days, size_t n);

/* Mean month of up to `most` months, newest first, of at least `least`; NaN where there are fewer. */
double estimate_monthly(const double *months, size_t n, size_t least, size_t most);
/* Norm of a month per person, times persons, months and the raising coefficient. */
double estimate_norm(double norm, double persons, double months, double raising);

/* ---- like days ---- */

/* A day as the search for like days sees it. */
struct like_day {
	int weekday;      /* 0 Sunday .. 6 Saturday */
	bool is_holiday;  /* counts as a Sunday */
	bool is_eligible; /* all its intervals are MEASURED */
};

/* How like: 0 not at all, else the smaller the better. */
int like_rank(const struct like_day *day, const struct like_day *other);
/*
 * Up to `most` like days of `days[0]`, days[i] being i days before it, i = 1 .. n-1: the best rank
 * first, the nearest of one rank first. Puts how many days before into ret_before.
 */
size_t like_days(const struct like_day *days, size_t n, size_t *ret_before, size_t most);

#endif
