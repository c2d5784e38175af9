/*
 * efficiency.h - a building over days and months, out of the store: outdoor temperature, what came in,
 * what it means per m2 and per degree day
 *
 * Which channels: the heat of the building's input (channels heat_energy of the building itself or of
 * its heating points, not behind another channel of these; one that is computed only where no meter tells),
 * the temperatures and the mass of the place
 * of the first of them; the outdoor temperature of that place, the building, its common places, or of a
 * place above. Days are the accepted values of the building's own days; only a day that has ended is
 * taken. What is missing is missing and counted, nothing is scaled up.
 *
 * Heat in Gcal, temperatures in °C, mass in t. The caller frees with the ..._fini of each.
 */
#ifndef DOMOVOI_EFFICIENCY_H
#define DOMOVOI_EFFICIENCY_H

#include "calc/climate.h"
#include "calc/signature.h"
#include "store/store.h"

#define INPUT_CHANNELS_MAX 16

/* What tells of a building's input; NULL: there is no such channel. */
struct building_input {
	const struct channel *outdoor, *supply, *ret, *mass;
	const struct channel *heat[INPUT_CHANNELS_MAX];
	size_t heat_count;
};
struct building_input building_input_of(const struct site *s, int64_t building);

struct building_day {
	struct span span;
	struct form_value outdoor, supply, ret, mass, heat;
};
struct building_days {
	struct building_input input;
	struct building_day *items; /* owned */
	size_t count;
};
/* Days that start in `span` and have ended by `now`. */
enum err building_days_read(struct store *store, const struct site *s, int64_t building,
	struct span span, int64_t now, struct building_days *ret_days);
void building_days_fini(struct building_days *d);

/* A channel's values of days or months, one for each start in rising order, in `unit`. */
struct channel_question {
	struct store *store;
	const struct channel *channel; /* NULL: all are missing */
	enum period period;
	enum unit unit;
};
enum err channel_values_read(const struct channel_question *q, const int64_t *starts, size_t n,
	struct form_value *ret_values);

/* ---- graph ---- */

/* The graph in force for a building: the table named (NULL: its first), else the curve, if the design
 * temperatures are entered. NODATA: neither; PARSE: the table is refused, diag says why. */
enum err building_graph(const struct figures *f, int64_t building, int date, const char *name,
	struct graph *ret_graph, struct diag *diag);
/* Days warmer than this are outside the heating period and not judged; NaN: all are. */
double building_graph_limit(const struct figures *f, int64_t building, int date);

/* ---- signature ---- */

struct signature_plan building_signature_plan(const struct figures *f, int64_t building, int date);
/* Room for d->count. */
void building_signature_days(const struct building_days *d, struct signature_day *ret_days);

/* ---- efficiency ---- */

struct efficiency {
	struct span span;
	size_t expected;        /* days that have ended */
	struct form_value heat; /* of the known days, Gcal */
	size_t heat_days;
	struct form_value outdoor; /* mean of the known days */
	size_t outdoor_days;
	struct degree_days degree_days[DEGREE_DAYS_KIND_COUNT];
	double kwh_per_m2;
	double wh_per_m2_degree_day; /* of the days with both heat and temperature */
	double norm; /* Gcal: norm.heating by m2 and month, of the known days; NaN: none */
	double saving_percent; /* of the norm; negative: more than it */
	double saving_money;   /* at tariff.heat; NaN: none */
};
struct efficiency_question {
	const struct figures *figures;
	const struct calendar *calendar;
	int64_t building;
	double area_m2; /* NaN or 0: unknown */
	int date;       /* whose figures count */
};
/* Of the days of `d` that start in `span`. */
struct efficiency efficiency_of(
	const struct efficiency_question *q, const struct building_days *d, struct span span);

/*
 * A whole year's consumption: measured, if each of its last 365 days is known; else brought to a year of
 * the norm's degree days out of the known ones, with the signature's base part. A year made of less than
 * a fifth of the norm's degree days is none.
 */
struct efficiency_year {
	double gcal, kwh_per_m2;
	size_t days; /* known, of the last 365 */
	bool is_measured;
	bool is_normalised;
	double degree_days, norm_degree_days; /* ГСОП */
};
struct efficiency_year efficiency_year_of(const struct efficiency_question *q,
	const struct building_days *d, const struct signature *signature);

/* Expected heat of the days that are left: by the signature, of last year's temperatures where known,
 * else of the mean of the last known days. */
struct forecast_plan {
	struct store *store;
	const struct building_days *days; /* up to now */
	const struct calendar *calendar;
	const struct signature *signature; /* NULL or not OK: by the mean of the last days */
	struct span month;
	int64_t now;
};
struct heat_forecast {
	double known, left, total; /* Gcal; NaN */
	size_t days_known, days_passed, days_left;
	bool is_by_signature, is_by_last_year;
};
enum err heat_forecast_read(const struct forecast_plan *p, struct heat_forecast *ret);

#endif
