/*
 * substitution.h - heat that was not measured, by the rules of calculation
 *
 *        case                                            heat per hour of the time substituted
 *   A    short abnormal situation                        q_run / run
 *   B    the same, outdoor temperature known             q_run / run * (t_in - t) / (t_in - t_run)
 *   C    meter failed or removed, up to 15 days          as B, by days, over the design temperature
 *   D    no meter, or longer                             load * (t_in - t) / (t_in - t_design)
 *   E    D, days warmer than the break of the graph      as D; without automatic control t is not
 *                                                        above the temperature of the break
 *   F    readings not handed in, same season             q_previous / hours * (t_in - t) / (t_in - t_previous)
 *   G    hot water with a meter, up to 30 days           q_run / run
 *   H    hot water otherwise                             load of hot water
 *
 * A rule gives the heat of an hour at an outdoor temperature t; a day, a gap or a month is the sum of
 * its hours, so that the parts of a proposal always sum to it. Temperatures are means over the time
 * they stand for, not over the month. What comes out is a proposal: it is SUBSTITUTED, carries its
 * letter, and replaces nothing by itself.
 *
 * Any unit of energy, the same throughout (Gcal and Gcal/h in forms). NaN: unknown; a rule that
 * lacks something says what. Pure functions.
 * Facts: calculations.md section 2.5 of the project's sources; substitution.json.
 */
#ifndef DOMOVOI_SUBSTITUTION_H
#define DOMOVOI_SUBSTITUTION_H

#include "calc/form.h"

enum substitution_rule {
	SUBSTITUTION_A,
	SUBSTITUTION_B,
	SUBSTITUTION_C,
	SUBSTITUTION_D,
	SUBSTITUTION_E,
	SUBSTITUTION_F,
	SUBSTITUTION_G,
	SUBSTITUTION_H,
	SUBSTITUTION_COUNT
};

/* Why there is no measured heat. */
enum substitution_cause {
	CAUSE_ABNORMAL, /* abnormal situations of a meter that works */
	CAUSE_METER,    /* failed, or taken out for verification */
	CAUSE_NO_METER,
	CAUSE_NOT_SUBMITTED, /* readings did not arrive in time */
	CAUSE_COUNT
};

/* A part of the time substituted: a day, or a piece of one. */
struct substitution_part {
	double hours;
	double t; /* outdoor; NaN unknown: the mean of the others stands for it */
	double q; /* what comes out */
};

struct substitution_case {
	enum substitution_cause cause;
	bool is_hot_water;
	bool is_separate;            /* hot water has a meter of its own */
	double hours;                /* to be substituted */
	double q_run, run_hours;     /* measured in the reporting period, and the time it took */
	double t_in, t_design;       /* indoor, and outdoor of the design */
	double t_run, t_missing;     /* outdoor, mean of the hours measured and substituted */
	double load, load_hot_water; /* of the contract, per hour */
	double q_previous, previous_hours, t_previous;
	bool is_same_season; /* the previous period lies in the same heating season */
	double t_break;      /* outdoor, where the graph breaks; NaN: nowhere */
	bool is_automatic;   /* heating is controlled by the weather */
	double known_hours;  /* of `hours`, with a known outdoor temperature */
	double warmest_day;  /* of the days substituted */
	double max_days, max_days_hot_water; /* up to which the mean of the period may be used */
};
/* Everything unknown. */
void substitution_case_init(struct substitution_case *c);
/* hours, known_hours, t_missing and warmest_day of parts. */
void substitution_case_parts(
	struct substitution_case *c, const struct substitution_part *parts, size_t n);

enum substitution_rule substitution_choose(const struct substitution_case *c);

/* What a rule needs and does not have. */
enum substitution_lack {
	LACK_NONE,
	LACK_RUN, /* nothing was measured in the period */
	LACK_OUTDOOR,
	LACK_DESIGN,
	LACK_LOAD,
	LACK_LOAD_HOT_WATER,
	LACK_PREVIOUS,
	LACK_BREAK,
	LACK_NO_HEATING, /* it was as warm outside as inside: nothing to scale by */
	LACK_COUNT
};
const char *substitution_lack_name(enum substitution_lack l); /* "outdoor" */

/* Heat of an hour at outdoor temperature `t`; NaN with the reason. */
double substitution_rate(enum substitution_rule rule, const struct substitution_case *c, double t,
	enum substitution_lack *ret_lack);

/* A number on the way, as the document wants it. */
struct substitution_step {
	const char *name, *text, *text_ru;
	const char *unit; /* "" the energy's, "/h" the energy's per hour, "°C", "h" */
	double value;
};
#define SUBSTITUTION_STEPS 12

struct substitution {
	enum substitution_rule rule;
	enum substitution_lack lack;
	double q; /* of the time substituted; NaN: lacks something */
	struct substitution_step steps[SUBSTITUTION_STEPS];
	size_t step_count;
};
/* The heat of each part goes into it, and their sum is the heat of the whole; without parts it is that
 * of `hours` at t_missing. */
struct substitution substitution_apply(enum substitution_rule rule,
	const struct substitution_case *c, struct substitution_part *parts, size_t n);

struct substitution_info {
	const char *letter;
	const char *text, *text_ru; /* the case in words */
	const char *formula, *formula_ru;
};
const struct substitution_info *substitution_info(enum substitution_rule rule);

#endif
