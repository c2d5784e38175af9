/*
 * weather.h - the outdoors of the virtual building, and what its heating makes of it
 *
 * Hour by hour from SIM_EPOCH_UTC: outdoor temperature (climate of the middle Volga: yearly and daily
 * course, fronts of some days, cloudiness), whether the heating season is on (mean of five days
 * under 8 °C begins it, above 10 °C ends it), the supply temperature of the network by the formula of
 * the heating curve with a break at 70 °C for hot water and a cut at 130 °C, and running sums of load
 * and flow, so that amounts between any two moments cost two look-ups. Computed once, then constant:
 * any thread may read. Behind the last hour the sums stand still.
 *
 * Units: °C, hours; "load" is the share of the design load, "flow" that of the design mass flow.
 */
#ifndef DOMOVOI_WEATHER_H
#define DOMOVOI_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_EPOCH_UTC      INT64_C(1420070400) /* 2015-01-01T00:00:00Z, a Thursday */
#define SIM_YEARS          25

#define SIM_INDOOR         20.0
#define SIM_DESIGN_OUTDOOR (-30.0)
#define SIM_DESIGN_NETWORK 150.0 /* design temperatures: network supply, house supply, return */
#define SIM_DESIGN_HOUSE   95.0
#define SIM_DESIGN_RETURN  70.0

struct sim_weather;

struct sim_weather *sim_weather_new(uint64_t seed); /* NULL: no memory */
void sim_weather_free(struct sim_weather *w);

/* Moments are microseconds of local time since the epoch. */
double sim_outdoor(const struct sim_weather *w, int64_t us);
bool sim_heating_is_on(const struct sim_weather *w, int64_t us);

enum sim_sum {
	SIM_SUM_LOAD,          /* hours at design load */
	SIM_SUM_ON,            /* hours of heating */
	SIM_SUM_FLOW,          /* hours at design mass flow of the network */
	SIM_SUM_VOLUME_SUPPLY, /* the same divided by the density of the supply, t/m3 */
	SIM_SUM_VOLUME_RETURN,
	SIM_SUM_COUNT
};
double sim_sum(const struct sim_weather *w, enum sim_sum which, int64_t us);

/* Set points by the heating curve for the outdoor temperature of the last hours. */
double sim_network_supply(const struct sim_weather *w, int64_t us);
double sim_house_supply(const struct sim_weather *w, int64_t us);

/* The curve itself, by the outdoor temperature: what a contract would print. */
double sim_curve_network(double outdoor);
double sim_curve_return(double outdoor);

/* Smooth noise about -1..1 with knots every `step` of whatever `at` counts. */
double sim_noise(uint64_t key, double at, double step);

/* Density of water, t/m3, 0..150 °C, to 0.1 %. */
double sim_density(double celsius);

#endif
