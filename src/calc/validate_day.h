/*
 * validate_day.h - a day of a channel before the rules
 *
 * Everything a day is judged by is put before the judge at once, so that the judgement is a pure
 * function: the hours of the day and two days before it, like days, what other channels of the
 * place say. What is not known is NaN (no pointer, no count) and its rule does not apply.
 *
 *   before (up to 48 h)            the day            values of hours, in the channel's unit
 *   |------------------------------|----------------|
 *   0                              first            n
 *
 * What goes on for days (a stuck sensor, a leak, nobody at home) is told once, on the day it passes
 * its limit.
 *
 * A value that a person entered is judged too, but never worse than a warning; estimates are not.
 * SUSPECT values are judged like any other, so that a verdict does not fall by its own mark.
 */
#ifndef DOMOVOI_VALIDATE_DAY_H
#define DOMOVOI_VALIDATE_DAY_H

#include "calc/validate.h"

#define DAY_HOURS_BEFORE 48
#define DAY_HOURS_MAX    (DAY_HOURS_BEFORE + 32)
#define DAY_LIKE         3
#define DAY_FINDINGS     80

struct judged_day {
	struct rule_at at; /* figures, place, quantity, local date */
	enum unit unit;    /* of the values; limits are in the unit of the quantity */
	struct span span;
	bool is_over;    /* later hours are there: what is missing is missing */
	bool is_private; /* a flat or an office */
	bool is_vacant;
	double resolution; /* of the register, in `unit`; 0 unknown */
	double max_rate;   /* most it can pass, in `unit` per hour; 0 unknown */

	int64_t starts[DAY_HOURS_MAX];
	struct form_value hours[DAY_HOURS_MAX];
	bool is_expected[DAY_HOURS_MAX]; /* something should be there */
	bool is_still[DAY_HOURS_MAX];    /* nothing flows: standing still is no fault */
	size_t n, first;

	struct form_value day;
	double like[DAY_LIKE]; /* the day's value on like days */
	size_t like_count;
	double zero_hours;  /* of nothing, up to the day's end */
	double event_count; /* entries of the meter's journal that tell of a fault or a hand */

	/* of the same place; hours as `hours` */
	double t_return[DAY_HOURS_MAX], mass[DAY_HOURS_MAX];
	double own_energy;  /* our own heat of the day, in `unit` */
	double mass_supply; /* of the day, in `unit`; the channel is the return of a closed system */
	double pair;        /* the day by the other meter, in `unit` */
	double mean_others;                  /* of inhabited flats */
	double register_from, register_till; /* readings at the day's ends */
	double register_factor, register_resolution;
};

struct finding {
	enum rule rule;
	bool is_failure;
	enum period period;
	int64_t start;
	double value; /* judged, in `unit`; NaN: missing */
	struct check check;
};

void judged_day_init(struct judged_day *d); /* nothing known */
/* By rule, then time. */
size_t day_judge(const struct judged_day *d, struct finding *ret, size_t cap);

/* Heat of an hour by mass and enthalpies, GJ; NaN where one is unknown. */
double own_energy_gj(
	double mass_t, double t_supply, double t_return, double p_supply, double p_return);

#endif
