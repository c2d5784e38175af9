/*
 * climate.h - degree days, the heating curve, and what is delivered against the temperature graph
 *
 * Degree days, by four definitions of which each is a base and a limit that a day must not pass:
 *
 *   simple    sum of max(0, base - t)                          base 18
 *   Eurostat  sum of base - t of days with t <= limit          base 18, limit 15
 *   German    (Gradtagszahl) likewise, t < limit               base 20, limit 12
 *   Russian   (ГСОП) likewise, t <= limit                      base 20, limit 8
 *
 * The heating curve (Sokolov) gives the temperatures of supply and return for an outdoor temperature;
 * a contract's table, where there is one, goes before it:
 *
 *   q  = (indoor - outdoor) / (indoor - design)      dt = (t3' + t2') / 2 - indoor
 *   t1 = indoor + dt q^m + (t1' - t2' - (t3' - t2') / 2) q       network supply, m = 1 / (1 + n)
 *   t3 = indoor + dt q^m + (t3' - t2') / 2 q                     into the house
 *   t2 = indoor + dt q^m - (t3' - t2') / 2 q                     return
 *
 * Facts: calculations.md 8.1 to 8.6 of the project's sources. Temperatures in °C, differences in K,
 * masses in t. Bases, limits and tables are figures (rules/climate.yaml), never constants here. Pure;
 * NaN is unknown.
 */
#ifndef DOMOVOI_CLIMATE_H
#define DOMOVOI_CLIMATE_H

#include "calc/figure.h"
#include "calc/form.h"

/* ---- degree days ---- */

enum degree_days_kind {
	DEGREE_DAYS_SIMPLE,
	DEGREE_DAYS_EUROSTAT,
	DEGREE_DAYS_GERMAN,
	DEGREE_DAYS_GSOP,
	DEGREE_DAYS_KIND_COUNT
};
const char *degree_days_name(
	enum degree_days_kind k); /* "simple": figures "degree_days.simple.base" */

struct degree_days_rule {
	enum degree_days_kind kind;
	double base;
	double limit; /* ignored by the simple one */
};
/* In force; false: a figure is missing. */
bool degree_days_rule_of(const struct figures *f, int64_t place, enum degree_days_kind kind,
	int date, struct degree_days_rule *ret_rule);

struct degree_days {
	double sum;             /* NaN: no day is known */
	size_t heating_days;    /* of those known */
	size_t known, expected; /* days; the sum is of those known and never scaled up */
};
/* Of one day; NaN. */
double degree_days_of(const struct degree_days_rule *rule, double t);
/* Of daily means, NaN where unknown. */
struct degree_days degree_days_sum(const struct degree_days_rule *rule, const double *t, size_t n);
/* Of a season by its mean and length. */
double degree_days_season(double indoor, double mean, double days);

/* ---- heating curve ---- */

struct heating_curve {
	double indoor, design;     /* °C: in the rooms, outdoors */
	double supply, house, ret; /* of design: network, into the house, back */
	double radiator;           /* exponent n of the radiators */
	double least, most;        /* break and cut of the supply; NaN: none */
};
struct curve_point {
	double load; /* of the design load, 0..1: beyond the design temperatures the ends count */
	double supply, house, ret;
	bool is_broken, is_cut;
};
struct curve_point curve_at(const struct heating_curve *c, double outdoor);

/* ---- the graph of a contract ---- */

/*
 * A graph is a figure of a table with the columns t_out, t1, t2. Refused (ERR_PARSE, the row named)
 * unless the outdoor temperatures rise, the supply never rises with them, and the return stays below
 * it. The return may rise: below the break it does.
 */
#define GRAPH_PREFIX   "temperature_graph."
#define GRAPH_ROWS_MAX 200
enum err graph_check(const struct figure *graph, struct diag *diag);

/* Either a table that passed the check, or the curve. */
struct graph {
	const struct figure *table; /* NULL: the curve */
	struct heating_curve curve;
	double supply_percent, return_percent; /* limits of the deviation */
};
struct graph_norm {
	double supply, ret; /* NaN: unknown */
};
struct graph_norm graph_at(const struct graph *g, double outdoor);

struct graph_fact {
	double outdoor, supply, ret; /* daily means */
	double mass_t;               /* that flowed; NaN: unknown */
};
struct graph_deviation {
	struct graph_norm norm;
	double supply_k, supply_percent, return_k, return_percent; /* fact less norm */
	bool is_known;
	bool is_supply_low, is_supply_high;
	bool is_return_high; /* counts only while the supply keeps its limits */
	double unused_gcal;  /* taken back unused because of it; 0 where it does not count */
};
struct graph_deviation graph_deviation_of(const struct graph *g, const struct graph_fact *fact);

/* ---- comparing years and houses ---- */

/* Heat of a norm year: what does not depend on weather, and what does in the ratio of degree days. */
double weather_normalised(double base, double heating, double days_norm, double days_fact);

/* kWh/m2 of Gcal; and per degree day, Wh/(m2 K d). */
double specific_consumption(double gcal, double area_m2);
double specific_per_degree_day(double kwh_per_m2, double degree_days);

/* ---- class of energy efficiency ---- */

#define ENERGY_CLASSES_MAX 12
struct energy_class {
	const char *label;           /* "A++" */
	double upper;                /* percent, inclusive; +infinity: the last */
	const struct figure *figure; /* its source */
};
/* Classes in force, best first: figures "energy_class.a_plus_plus" ... */
size_t energy_classes(const struct figures *f, int64_t place, int date,
	struct energy_class ret_classes[ENERGY_CLASSES_MAX]);
struct energy_verdict {
	double deviation_percent; /* of the fact from the base; NaN: unknown */
	int index;                /* of the class; -1: none */
};
/* `is_whole`: the table knows whole percents only. */
struct energy_verdict energy_class_of(
	const struct energy_class *classes, size_t n, bool is_whole, double fact, double base);

#endif
