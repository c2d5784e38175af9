/*
 * weather.c - temperature, season, heating curve and their running sums; see weather.h
 *
 * Heating curve (Sokolov; calculations of network operators use the same):
 *
 *   q  = (indoor - outdoor) / (indoor - design outdoor)
 *   t1 = indoor + dt q^0.8 + (d1 - d2 / 2) q     network supply
 *   t3 = indoor + dt q^0.8 + d2 / 2 q            into the house
 *   t2 = indoor + dt q^0.8 - d2 / 2 q            return
 *
 * with dt = (t3' + t2') / 2 - indoor, d1 = t1' - t2', d2 = t3' - t2' of the design temperatures.
 */
#include "sim/weather.h"

#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_US   INT64_C(3600000000)
#define HOURS     ((size_t)SIM_YEARS * 8766)
#define LAG_HOURS 12 /* mean the heating controller works with */

struct sim_weather {
	float *outdoor; /* [HOURS + 1], at the hour */
	float *lagged;  /* mean of LAG_HOURS before */
	bool *is_on;
	double *sums[SIM_SUM_COUNT]; /* [HOURS + 1] */
};

/* Hashed knots joined by a cubic. */
double sim_noise(uint64_t key, double at, double step)
{
	double x = at / step;
	double knot = floor(x);
	double f = x - knot;
	double a = sim_hash01(key, (int64_t)knot);
	double b = sim_hash01(key, (int64_t)knot + 1);
	return 2 * (a + (b - a) * f * f * (3 - 2 * f)) - 1;
}

static double outdoor_at(uint64_t seed, double h)
{
	double year = 2 * M_PI * (h / 24 - 19) /
		      365.2425; /* coldest in the third week of January */
	double cloud = sim_noise(seed ^ 0x636c6f75u, h, 30); /* -1 clear, 1 overcast */
	double mean = 5.2 - 14.5 * cos(year);
	double fronts = 6.5 * sim_noise(seed ^ 0x66726f6eu, h, 130) +
			3.0 * sim_noise(seed ^ 0x61697221u, h, 37);
	double swing = (3.2 - 1.8 * cos(year)) * (1 - 0.6 * cloud); /* of the day */
	double day = -cos(2 * M_PI * (h - 3) / 24); /* coldest at 3, warmest at 15 */
	return mean + fronts + swing * day + 0.4 * sim_noise(seed ^ 0x67757374u, h, 2);
}

double sim_density(double t)
{
	/* the cubic through 0, 50, 100 and 150 °C of the steam tables */
	return 0.99984 - t * (1.55e-5 + t * (4.826e-6 - t * 8.32e-9));
}

struct curve {
	double load, network, house, back;
};

static struct curve curve_at(double outdoor)
{
	double q = (SIM_INDOOR - outdoor) / (SIM_INDOOR - SIM_DESIGN_OUTDOOR);
	q = q < 0.05 ? 0.05 : q > 1.1 ? 1.1 : q;
	double half = (SIM_DESIGN_HOUSE - SIM_DESIGN_RETURN) / 2;
	double body = SIM_INDOOR +
		      ((SIM_DESIGN_HOUSE + SIM_DESIGN_RETURN) / 2 - SIM_INDOOR) * pow(q, 0.8);
	struct curve c = {
		.load = q,
		.network = body + (SIM_DESIGN_NETWORK - SIM_DESIGN_RETURN - half) * q,
		.house = body + half * q,
		.back = body - half * q,
	};
	c.network = c.network < 70 ? 70 : c.network > 130 ? 130 : c.network;
	return c;
}

double sim_curve_network(double outdoor)
{
	return curve_at(outdoor).network;
}

double sim_curve_return(double outdoor)
{
	return curve_at(outdoor).back;
}

static void fill_temperatures(struct sim_weather *w, uint64_t seed)
{
	for (size_t h = 0; h <= HOURS; h++) {
		w->outdoor[h] = (float)outdoor_at(seed, (double)h);
	}
	double lag = 0, days = 0; /* sums of the last 12 hours and five days */
	bool is_on = true;
	for (size_t h = 0; h <= HOURS; h++) {
		lag += (double)w->outdoor[h] -
		       (h >= LAG_HOURS ? (double)w->outdoor[h - LAG_HOURS] : 0);
		days += (double)w->outdoor[h] - (h >= 120 ? (double)w->outdoor[h - 120] : 0);
		w->lagged[h] = (float)(lag / (double)(h < LAG_HOURS ? h + 1 : LAG_HOURS));
		if (h % 24 == 10) { /* people switch it in the morning */
			double mean = days / (double)(h < 120 ? h + 1 : 120);
			is_on = is_on ? mean < 10 : mean < 8;
		}
		w->is_on[h] = is_on;
	}
}

static void fill_sums(struct sim_weather *w)
{
	double sums[SIM_SUM_COUNT] = {0};
	double design = SIM_DESIGN_NETWORK - SIM_DESIGN_RETURN;
	for (size_t h = 0; h <= HOURS; h++) {
		for (int i = 0; i < SIM_SUM_COUNT; i++) {
			w->sums[i][h] = sums[i];
		}
		if (!w->is_on[h]) {
			continue;
		}
		struct curve c = curve_at((double)w->lagged[h]);
		double flow = c.load * design / (c.network - c.back);
		sums[SIM_SUM_LOAD] += c.load;
		sums[SIM_SUM_ON] += 1;
		sums[SIM_SUM_FLOW] += flow;
		sums[SIM_SUM_VOLUME_SUPPLY] += flow / sim_density(c.network);
		sums[SIM_SUM_VOLUME_RETURN] += flow / sim_density(c.back);
	}
}

struct sim_weather *sim_weather_new(uint64_t seed)
{
	struct sim_weather *w = calloc(1, sizeof(*w));
	if (!w) {
		return NULL;
	}
	w->outdoor = calloc(HOURS + 1, sizeof(*w->outdoor));
	w->lagged = calloc(HOURS + 1, sizeof(*w->lagged));
	w->is_on = calloc(HOURS + 1, sizeof(*w->is_on));
	bool is_whole = w->outdoor && w->lagged && w->is_on;
	for (int i = 0; i < SIM_SUM_COUNT; i++) {
		w->sums[i] = calloc(HOURS + 1, sizeof(double));
		is_whole = is_whole && w->sums[i];
	}
	if (!is_whole) {
		sim_weather_free(w);
		return NULL;
	}
	fill_temperatures(w, sim_subkey(seed, 0x77656174u));
	fill_sums(w);
	return w;
}

void sim_weather_free(struct sim_weather *w)
{
	if (!w) {
		return;
	}
	free(w->outdoor);
	free(w->lagged);
	free(w->is_on);
	for (int i = 0; i < SIM_SUM_COUNT; i++) {
		free(w->sums[i]);
	}
	free(w);
}

/* Hour of the table and the part of it gone, both within the table. */
static size_t hour_of(int64_t us, double *ret_part)
{
	*ret_part = 0;
	if (us < 0) {
		return 0;
	}
	size_t h = (size_t)(us / HOUR_US);
	if (h >= HOURS) {
		*ret_part = 1;
		return HOURS - 1;
	}
	*ret_part = (double)(us % HOUR_US) / (double)HOUR_US;
	return h;
}

static double between(const float *v, int64_t us)
{
	double part;
	size_t h = hour_of(us, &part);
	return (double)v[h] + ((double)v[h + 1] - (double)v[h]) * part;
}

double sim_outdoor(const struct sim_weather *w, int64_t us)
{
	return between(w->outdoor, us);
}

bool sim_heating_is_on(const struct sim_weather *w, int64_t us)
{
	double part;
	return w->is_on[hour_of(us, &part)];
}

double sim_sum(const struct sim_weather *w, enum sim_sum which, int64_t us)
{
	double part;
	size_t h = hour_of(us, &part);
	double from = w->sums[which][h], till = w->sums[which][h + 1];
	double v = from + (till - from) * part;
	return v > till ? till : v;
}

double sim_network_supply(const struct sim_weather *w, int64_t us)
{
	return curve_at(between(w->lagged, us)).network;
}

double sim_house_supply(const struct sim_weather *w, int64_t us)
{
	return curve_at(between(w->lagged, us)).house;
}
