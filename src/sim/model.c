/*
 * model.c - people, flats and the supply input; see model.h
 *
 * Every main counter is total(point, flat, moment); rates are its slope, temperatures follow from
 * rates, so that a heat meter's energy, volume and temperatures agree with each other:
 *
 *   flat    energy = flow x (supply - return) x WATER_KWH
 *   input   energy = mass x (supply - return) x MASS_KWH, over the hour around the moment
 *
 * Figures behind the flats: 100 l cold and 65 l hot water per person and day, 60 W/m2 at the design
 * temperature, some 2 kWh of electricity per person and day beside a refrigerator and standby.
 */
#include "sim/model.h"

#include "sim/draw.h"
#include "sim/rng.h"
#include "sim/series.h"

#include <math.h>
#include <stdlib.h>

#define SECOND_US    INT64_C(1000000)
#define HOUR_US      (3600 * SECOND_US)
#define DAY_US       (24 * HOUR_US)

#define KWH_PER_GCAL 1163.0
#define MASS_KWH     1.163 /* kWh per t and K */
#define WATER_KWH    1.144 /* kWh per m3 and K, in the range of a heating circuit */
#define HOT_RISE     52.0  /* K that hot water is heated by */
#define HOT_DROP     30.0  /* K the network water gives to the hot water heater */
#define RISER_LOSS   1.06  /* heat into the house over heat into its flats */
#define CIRCULATION  0.06  /* kW per flat lost by the hot water circulation */
#define RETURN_LOSS  0.998 /* mass that comes back */
#define FRIDGE_KW    0.11

struct flat {
	struct sim_flat_facts facts;
	struct sim_draw cold, hot, electricity;
	double heat_kw;    /* at the design temperature */
	double riser_loss; /* K from the house supply to the flat's meter */
	uint64_t key;
	struct sim_series *series[SIM_POINT_COUNT]; /* owned; NULL: the model */
};

struct sim_model {
	uint64_t seed;
	int64_t offset_us; /* local = utc + offset */
	int flat_count;
	struct flat *flats;
	struct sim_weather *weather;
	struct sim_draw cleaning, common; /* water and electricity nobody's meter sees */
	double design_kw;
	struct sim_series *series[SIM_POINT_COUNT];
};

/* ---- what flats are like ---- */

static const float water_day[2][24] = {
	{2, 1, 1, 1, 2, 10, 40, 60, 45, 20, 14, 14, 16, 14, 12, 14, 18, 30, 48, 56, 52, 42, 26, 8},
	{5, 2, 1, 1, 1, 3, 8, 20, 40, 52, 54, 48, 42, 38, 34, 30, 30, 34, 42, 48, 48, 42, 28, 12},
};
static const float power_day[2][24] = {
	{6, 4, 3, 3, 3, 6, 18, 30, 24, 14, 12, 12, 16, 14, 12, 14, 20, 34, 50, 58, 56, 46, 30, 14},
	{10, 6, 4, 3, 3, 4, 8, 14, 26, 34, 38, 40, 42, 38, 34, 32, 32, 38, 48, 54, 52, 44, 32, 18},
};
static const float heat_day[24] = {0.90f, 0.88f, 0.86f, 0.86f, 0.88f, 0.96f, 1.10f, 1.14f, 1.08f,
	1.02f, 0.98f, 0.96f, 0.94f, 0.94f, 0.96f, 1.00f, 1.04f, 1.10f, 1.14f, 1.14f, 1.10f, 1.04f,
	0.98f, 0.92f};
static const float light_day[2][24] = {
	{4, 4, 4, 4, 4, 4, 6, 6, 4, 2, 2, 2, 2, 2, 2, 2, 3, 5, 7, 7, 7, 6, 5, 4},
	{4, 4, 4, 4, 4, 4, 4, 5, 4, 3, 2, 2, 2, 2, 2, 3, 4, 5, 7, 7, 7, 6, 5, 5},
};

static void set_profile(struct sim_draw *d, const float profile[2][24], int shift)
{
	for (int k = 0; k < 2; k++) {
		for (int h = 0; h < 24; h++) {
			d->by_hour[k][h] = profile[k][(h - shift + 24) % 24];
		}
	}
}

static void set_flat(struct flat *f, uint64_t key, bool is_empty, bool has_leak)
{
	static const int people_of[] = {1, 2, 2, 3, 3, 4, 2, 5};
	f->key = key;
	f->facts.people = is_empty ? 0 : people_of[sim_hash(key, 1) % 8];
	f->facts.area_m2 = 32 + (double)(sim_hash(key, 2) % 460) / 10;
	f->facts.is_empty = is_empty;
	f->facts.has_leak = has_leak;
	double people = f->facts.people;
	int shift = (int)(sim_hash(key, 3) % 3) - 1; /* early and late risers */
	double habit = 0.75 + 0.5 * sim_hash01(key, 4);
	f->cold = (struct sim_draw){.key = sim_subkey(key, 10),
		.per_week = 0.70 * people * habit,
		.season = -0.08,
		.portion = 0.008,
		.portion_s = 75,
		.weekend = 1.2f,
		.always = has_leak ? 0.011 / 3600 : 0}; /* 11 l/h: a cistern that does not close */
	f->hot = (struct sim_draw){.key = sim_subkey(key, 11),
		.per_week = 0.45 * people * habit,
		.season = 0.12,
		.portion = 0.007,
		.portion_s = 80,
		.weekend = 1.25f};
	double standby = is_empty ? 0.012 : 0.03 + 0.06 * sim_hash01(key, 5);
	f->electricity = (struct sim_draw){.key = sim_subkey(key, 12),
		.per_week = is_empty ? 0 : (6 + 11 * people) * (0.7 + 0.6 * sim_hash01(key, 6)),
		.season = 0.15,
		.portion = 0.22,
		.portion_s = 540,
		.weekend = 1.2f,
		.always = standby / 3600};
	set_profile(&f->cold, water_day, shift);
	set_profile(&f->hot, water_day, shift);
	set_profile(&f->electricity, power_day, shift);
	f->heat_kw = f->facts.area_m2 * 0.06 * (0.8 + 0.4 * sim_hash01(key, 7)) *
		     (is_empty ? 0.6 : 1);
	f->riser_loss = 0.5 + 2.5 * sim_hash01(key, 8);
}

struct sim_model *sim_model_new(const struct sim_model_options *options)
{
	struct sim_model *m = calloc(1, sizeof(*m));
	if (!m) {
		return NULL;
	}
	m->seed = sim_subkey(options->seed, 0x6d6f6465u);
	m->offset_us = options->utc_offset_s * SECOND_US;
	m->flat_count = options->flats;
	m->flats = calloc(m->flat_count > 0 ? (size_t)m->flat_count : 1, sizeof(*m->flats));
	m->weather = sim_weather_new(options->seed);
	if (!m->flats || !m->weather) {
		sim_model_free(m);
		return NULL;
	}
	int leak = m->flat_count > 1 ? (int)(sim_hash(m->seed, 1) % (uint64_t)m->flat_count) : -1;
	int empty = m->flat_count > 2 ? (leak + m->flat_count / 2) % m->flat_count : -1;
	for (int i = 0; i < m->flat_count; i++) {
		set_flat(&m->flats[i], sim_subkey(m->seed, 100 + (uint64_t)i), i == empty,
			i == leak);
		m->design_kw += m->flats[i].heat_kw;
	}
	m->design_kw *= RISER_LOSS;
	double flats = m->flat_count;
	m->cleaning = (struct sim_draw){.key = sim_subkey(m->seed, 2),
		.per_week = 0.05 * flats,
		.portion = 0.04,
		.portion_s = 300,
		.weekend = 0.2f,
		.always = 0.0004 * flats / 3600};
	m->common = (struct sim_draw){.key = sim_subkey(m->seed, 3),
		.per_week = 5.5 * flats,
		.season = 0.2,
		.portion = 0.3,
		.portion_s = 2000,
		.weekend = 1.0f,
		.always = 0.02 * flats / 3600};
	set_profile(&m->cleaning, power_day, -6);
	set_profile(&m->common, light_day, 0);
	return m;
}

void sim_model_free(struct sim_model *m)
{
	if (!m) {
		return;
	}
	for (int p = 0; p < SIM_POINT_COUNT; p++) {
		for (int i = 0; m->flats && i < m->flat_count; i++) {
			sim_series_free(m->flats[i].series[p]);
		}
		sim_series_free(m->series[p]);
	}
	free(m->flats);
	sim_weather_free(m->weather);
	free(m);
}

struct sim_flat_facts sim_model_flat(const struct sim_model *m, int flat)
{
	return m->flats[flat].facts;
}

static bool is_of_flat(enum sim_point p)
{
	return p <= SIM_FLAT_ELECTRICITY;
}

void sim_model_replay(
	struct sim_model *m, enum sim_point point, int flat, struct sim_series *series)
{
	struct sim_series **at = is_of_flat(point) ? &m->flats[flat].series[point] :
						     &m->series[point];
	sim_series_free(*at);
	*at = series;
}

enum quantity sim_point_quantity(enum sim_point p)
{
	static const enum quantity of[SIM_POINT_COUNT] = {
		[SIM_FLAT_COLD] = QUANTITY_COLD_WATER,
		[SIM_FLAT_HOT] = QUANTITY_HOT_WATER,
		[SIM_FLAT_HEAT] = QUANTITY_ENERGY,
		[SIM_FLAT_ELECTRICITY] = QUANTITY_ACTIVE_ENERGY,
		[SIM_INPUT_HEAT] = QUANTITY_ENERGY,
		[SIM_INPUT_COLD] = QUANTITY_COLD_WATER,
		[SIM_INPUT_ELECTRICITY] = QUANTITY_ACTIVE_ENERGY,
	};
	return of[p];
}

/* ---- counters: kWh and m3 ---- */

static int64_t local_of(const struct sim_model *m, int64_t utc_us)
{
	int64_t us = utc_us - SIM_EPOCH_UTC * SECOND_US + m->offset_us;
	return us < 0 ? 0 : us;
}

/*
 * Residents open and close valves: the flat's heat runs on a time of its own that is ahead of the
 * sun's in the evening and behind it at night, and meets it at every midnight.
 */
static int64_t valve_time(const struct flat *f, int64_t us)
{
	int64_t day = us / DAY_US;
	int hour = (int)(us % DAY_US / HOUR_US);
	double before = 0, own = 0, sum = 0;
	for (int h = 0; h < 24; h++) {
		double w = (double)heat_day[h] *
			   (0.85 + 0.3 * sim_hash01(f->key ^ 0x76616c76u, day * 24 + h));
		before = h == hour ? sum : before;
		own = h == hour ? w : own;
		sum += w;
	}
	double part = (double)(us % HOUR_US) / (double)HOUR_US;
	int64_t in_day = (int64_t)((before + own * part) / sum * (double)DAY_US);
	return day * DAY_US + (in_day >= DAY_US ? DAY_US - 1 : in_day);
}

static double fridge_kwh(const struct flat *f, int64_t us)
{
	if (f->facts.is_empty) {
		return 0;
	}
	int64_t cycle = (40 + (int64_t)(f->key % 25)) * 60 * SECOND_US, on = cycle * 2 / 5;
	int64_t in_cycle = us % cycle;
	int64_t ran = us / cycle * on + (in_cycle < on ? in_cycle : on);
	return FRIDGE_KW * (double)(ran / 1000) / 3.6e6;
}

static double flat_total(const struct sim_model *m, enum sim_point p, int flat, int64_t utc_us)
{
	const struct flat *f = &m->flats[flat];
	if (f->series[p]) {
		return sim_series_at(f->series[p], utc_us);
	}
	int64_t us = local_of(m, utc_us);
	double initial = sim_hash01(f->key, 50 + (int64_t)p); /* meters are not new */
	switch (p) {
	case SIM_FLAT_COLD: return sim_draw_total(&f->cold, us) + 150 * initial;
	case SIM_FLAT_HOT: return sim_draw_total(&f->hot, us) + 90 * initial;
	case SIM_FLAT_HEAT:
		return f->heat_kw * sim_sum(m->weather, SIM_SUM_LOAD, valve_time(f, us)) +
		       9000 * initial;
	case SIM_FLAT_ELECTRICITY:
		return sim_draw_total(&f->electricity, us) + fridge_kwh(f, us) + 4000 * initial;
	default: return NAN;
	}
}

static double flats_total(const struct sim_model *m, enum sim_point p, int64_t utc_us)
{
	double sum = 0;
	for (int i = 0; i < m->flat_count; i++) {
		sum += flat_total(m, p, i, utc_us);
	}
	return sum;
}

static double hot_water_kwh(const struct sim_model *m, int64_t utc_us)
{
	double hours = (double)local_of(m, utc_us) / (double)HOUR_US;
	return flats_total(m, SIM_FLAT_HOT, utc_us) * HOT_RISE * MASS_KWH * 0.985 +
	       CIRCULATION * m->flat_count * hours;
}

static double total(const struct sim_model *m, enum sim_point p, int flat, int64_t utc_us)
{
	if (is_of_flat(p)) {
		return flat_total(m, p, flat, utc_us);
	}
	if (m->series[p]) {
		return sim_series_at(m->series[p], utc_us);
	}
	int64_t us = local_of(m, utc_us);
	switch (p) {
	case SIM_INPUT_HEAT:
		return flats_total(m, SIM_FLAT_HEAT, utc_us) * RISER_LOSS +
		       hot_water_kwh(m, utc_us);
	case SIM_INPUT_COLD:
		return flats_total(m, SIM_FLAT_COLD, utc_us) +
		       flats_total(m, SIM_FLAT_HOT, utc_us) + sim_draw_total(&m->cleaning, us);
	case SIM_INPUT_ELECTRICITY:
		return flats_total(m, SIM_FLAT_ELECTRICITY, utc_us) +
		       sim_draw_total(&m->common, us);
	default: return NAN;
	}
}

/* Slope of a main counter per hour, over `window_s` around the moment. */
static double slope(
	const struct sim_model *m, enum sim_point p, int flat, int64_t utc_us, int window_s)
{
	const struct sim_series *s = is_of_flat(p) ? m->flats[flat].series[p] : m->series[p];
	if (s) {
		return sim_series_rate(s, utc_us) * 3600;
	}
	int64_t half = window_s * SECOND_US / 2;
	return (total(m, p, flat, utc_us + half) - total(m, p, flat, utc_us - half)) * 3600 /
	       window_s;
}

/* ---- what each kind of meter says ---- */

static double litres(double m3)
{
	return floor(m3 * 1000 + 1e-6) / 1000;
}

static double common_at(enum quantity q, int64_t utc_us)
{
	double hours = (double)(utc_us - SIM_EPOCH_UTC * SECOND_US) / (double)HOUR_US;
	switch (q) {
	case QUANTITY_ON_TIME:
	case QUANTITY_OPERATING_TIME: return hours < 0 ? 0 : hours;
	case QUANTITY_ERROR_TIME:
	case QUANTITY_ERROR_CODE:
	case QUANTITY_STATUS: return 0;
	default: return NAN;
	}
}

static double water_at(
	const struct sim_model *m, enum sim_point p, int flat, enum quantity q, int64_t utc_us)
{
	double hours = (double)local_of(m, utc_us) / (double)HOUR_US;
	bool is_hot = p == SIM_FLAT_HOT;
	switch (q) {
	case QUANTITY_VOLUME: return litres(total(m, p, flat, utc_us));
	case QUANTITY_FLOW: return slope(m, p, flat, utc_us, 4);
	case QUANTITY_TEMPERATURE:
		return is_hot ? 57 + 3 * sim_noise(m->seed ^ 0x686f74u, hours, 9) :
				9 - 6 * cos(2 * M_PI * (hours / 24 - 40) / 365.2425);
	default: return common_at(q, utc_us);
	}
}

static double flat_heat_at(const struct sim_model *m, int flat, enum quantity q, int64_t utc_us)
{
	const struct flat *f = &m->flats[flat];
	int64_t us = local_of(m, utc_us);
	double drop_design = SIM_DESIGN_HOUSE - SIM_DESIGN_RETURN;
	double flow_design = f->heat_kw / (WATER_KWH * drop_design); /* m3/h while heating */
	double supply = sim_heating_is_on(m->weather, us) ?
				sim_house_supply(m->weather, us) - f->riser_loss :
				24 + f->riser_loss;
	double flow, drop;
	switch (q) {
	case QUANTITY_ENERGY: return total(m, SIM_FLAT_HEAT, flat, utc_us);
	case QUANTITY_HEAT_ENERGY: return total(m, SIM_FLAT_HEAT, flat, utc_us) / KWH_PER_GCAL;
	case QUANTITY_VOLUME:
	case QUANTITY_VOLUME_SUPPLY:
		return flow_design * sim_sum(m->weather, SIM_SUM_ON, valve_time(f, us));
	case QUANTITY_POWER: return slope(m, SIM_FLAT_HEAT, flat, utc_us, 60);
	case QUANTITY_HEAT_POWER: return slope(m, SIM_FLAT_HEAT, flat, utc_us, 60) / KWH_PER_GCAL;
	case QUANTITY_TEMPERATURE_SUPPLY: return supply;
	case QUANTITY_FLOW:
	case QUANTITY_TEMPERATURE_RETURN:
	case QUANTITY_TEMPERATURE_DIFFERENCE:
		flow = (flat_heat_at(m, flat, QUANTITY_VOLUME, utc_us + 30 * SECOND_US) -
			       flat_heat_at(m, flat, QUANTITY_VOLUME, utc_us - 30 * SECOND_US)) *
		       60;
		if (q == QUANTITY_FLOW) {
			return flow;
		}
		drop = flow > 1e-6 ?
			       slope(m, SIM_FLAT_HEAT, flat, utc_us, 60) / (WATER_KWH * flow) :
			       0;
		drop = drop > supply - 5 ? supply - 5 : drop;
		return q == QUANTITY_TEMPERATURE_DIFFERENCE ? drop : supply - drop;
	default: return common_at(q, utc_us);
	}
}

/* Network water: for heating by the curve, for hot water by what that takes. */
static double input_mass(const struct sim_model *m, int64_t utc_us)
{
	double design = m->design_kw /
			(MASS_KWH * (SIM_DESIGN_NETWORK - SIM_DESIGN_RETURN)); /* t/h */
	return design * sim_sum(m->weather, SIM_SUM_FLOW, local_of(m, utc_us)) +
	       hot_water_kwh(m, utc_us) / (MASS_KWH * HOT_DROP);
}

static double input_volume(const struct sim_model *m, enum sim_sum which, int64_t utc_us)
{
	double design = m->design_kw / (MASS_KWH * (SIM_DESIGN_NETWORK - SIM_DESIGN_RETURN));
	double celsius = which == SIM_SUM_VOLUME_SUPPLY ? 70 : 70 - HOT_DROP;
	return design * sim_sum(m->weather, which, local_of(m, utc_us)) +
	       hot_water_kwh(m, utc_us) / (MASS_KWH * HOT_DROP) / sim_density(celsius);
}

static double input_temperature(const struct sim_model *m, enum quantity q, int64_t utc_us)
{
	int64_t us = local_of(m, utc_us);
	double hours = (double)us / (double)HOUR_US;
	double supply = sim_heating_is_on(m->weather, us) ? sim_network_supply(m->weather, us) : 70;
	supply += 0.8 *
		  sim_noise(m->seed ^ 0x737570u, hours, 5); /* the boiler house is not perfect */
	if (q == QUANTITY_TEMPERATURE_SUPPLY) {
		return supply;
	}
	double mass = input_mass(m, utc_us + HOUR_US / 2) - input_mass(m, utc_us - HOUR_US / 2);
	double kwh = total(m, SIM_INPUT_HEAT, 0, utc_us + HOUR_US / 2) -
		     total(m, SIM_INPUT_HEAT, 0, utc_us - HOUR_US / 2);
	double drop = mass > 1e-6 ? kwh / (mass * MASS_KWH) : 0;
	drop = drop > supply - 5 ? supply - 5 : drop;
	return q == QUANTITY_TEMPERATURE_DIFFERENCE ? drop : supply - drop;
}

typedef double input_fn(const struct sim_model *m, int64_t utc_us);

static double volume_supply(const struct sim_model *m, int64_t utc_us)
{
	return input_volume(m, SIM_SUM_VOLUME_SUPPLY, utc_us);
}

static double volume_return(const struct sim_model *m, int64_t utc_us)
{
	return input_volume(m, SIM_SUM_VOLUME_RETURN, utc_us) * RETURN_LOSS;
}

/* Slope per hour over four minutes: flows of a calculator move slowly. */
static double input_slope(const struct sim_model *m, input_fn *of, int64_t utc_us)
{
	return (of(m, utc_us + 120 * SECOND_US) - of(m, utc_us - 120 * SECOND_US)) * 15;
}

static double input_heat_at(const struct sim_model *m, enum quantity q, int64_t utc_us)
{
	double hours = (double)local_of(m, utc_us) / (double)HOUR_US;
	switch (q) {
	case QUANTITY_ENERGY: return total(m, SIM_INPUT_HEAT, 0, utc_us);
	case QUANTITY_HEAT_ENERGY: return total(m, SIM_INPUT_HEAT, 0, utc_us) / KWH_PER_GCAL;
	case QUANTITY_POWER: return slope(m, SIM_INPUT_HEAT, 0, utc_us, 240);
	case QUANTITY_HEAT_POWER: return slope(m, SIM_INPUT_HEAT, 0, utc_us, 240) / KWH_PER_GCAL;
	case QUANTITY_MASS:
	case QUANTITY_MASS_SUPPLY: return input_mass(m, utc_us);
	case QUANTITY_MASS_RETURN: return input_mass(m, utc_us) * RETURN_LOSS;
	case QUANTITY_VOLUME:
	case QUANTITY_VOLUME_SUPPLY: return volume_supply(m, utc_us);
	case QUANTITY_VOLUME_RETURN: return volume_return(m, utc_us);
	case QUANTITY_FLOW:
	case QUANTITY_FLOW_SUPPLY: return input_slope(m, volume_supply, utc_us);
	case QUANTITY_FLOW_RETURN: return input_slope(m, volume_return, utc_us);
	case QUANTITY_MASS_FLOW: return input_slope(m, input_mass, utc_us);
	case QUANTITY_TEMPERATURE_SUPPLY:
	case QUANTITY_TEMPERATURE_RETURN:
	case QUANTITY_TEMPERATURE_DIFFERENCE: return input_temperature(m, q, utc_us);
	case QUANTITY_TEMPERATURE_OUTDOOR: return sim_outdoor(m->weather, local_of(m, utc_us));
	case QUANTITY_PRESSURE:
	case QUANTITY_PRESSURE_SUPPLY: return 0.62 + 0.02 * sim_noise(m->seed ^ 0x7031u, hours, 7);
	case QUANTITY_PRESSURE_RETURN: return 0.41 + 0.01 * sim_noise(m->seed ^ 0x7032u, hours, 11);
	default: return common_at(q, utc_us);
	}
}

static double electricity_at(
	const struct sim_model *m, enum sim_point p, int flat, enum quantity q, int64_t utc_us)
{
	double minutes = (double)local_of(m, utc_us) / (60e6);
	uint64_t key = is_of_flat(p) ? m->flats[flat].key : m->seed;
	double phi = 0.90 + 0.05 * sim_noise(key ^ 0x706869u, minutes, 25); /* power factor */
	double kw, volts;
	switch (q) {
	case QUANTITY_ENERGY:
	case QUANTITY_ACTIVE_ENERGY:
	case QUANTITY_ACTIVE_ENERGY_SUM: return total(m, p, flat, utc_us);
	case QUANTITY_ACTIVE_ENERGY_EXPORT:
	case QUANTITY_REACTIVE_ENERGY_EXPORT: return 0;
	case QUANTITY_REACTIVE_ENERGY:
	case QUANTITY_REACTIVE_ENERGY_SUM: return 0.43 * total(m, p, flat, utc_us);
	case QUANTITY_APPARENT_ENERGY: return 1.09 * total(m, p, flat, utc_us);
	case QUANTITY_FREQUENCY: return 50 + 0.03 * sim_noise(m->seed ^ 0x687au, minutes, 0.5);
	case QUANTITY_POWER_FACTOR: return phi;
	default: break;
	}
	kw = slope(m, p, flat, utc_us, 10);
	volts = 229 + 4 * sim_noise(m->seed ^ 0x766f6c74u, minutes, 40) +
		sim_noise(key ^ 0x7675u, minutes, 0.3) - 0.4 * (is_of_flat(p) ? kw : 0);
	switch (q) {
	case QUANTITY_POWER:
	case QUANTITY_ACTIVE_POWER: return kw;
	case QUANTITY_APPARENT_POWER: return kw / phi;
	case QUANTITY_REACTIVE_POWER: return kw * sqrt(1 / (phi * phi) - 1);
	case QUANTITY_VOLTAGE: return volts;
	case QUANTITY_CURRENT: return kw / phi * 1000 / volts / (is_of_flat(p) ? 1 : 3);
	default: return common_at(q, utc_us);
	}
}

static double point_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	const struct sim_point_source *p = (const struct sim_point_source *)(const void *)s;
	switch (p->point) {
	case SIM_FLAT_COLD:
	case SIM_FLAT_HOT:
	case SIM_INPUT_COLD: return water_at(p->model, p->point, p->flat, q, utc_us);
	case SIM_FLAT_HEAT: return flat_heat_at(p->model, p->flat, q, utc_us);
	case SIM_INPUT_HEAT: return input_heat_at(p->model, q, utc_us);
	case SIM_FLAT_ELECTRICITY:
	case SIM_INPUT_ELECTRICITY: return electricity_at(p->model, p->point, p->flat, q, utc_us);
	case SIM_POINT_COUNT: break;
	}
	return NAN;
}

struct sim_point_source sim_model_source(const struct sim_model *m, enum sim_point point, int flat)
{
	return (struct sim_point_source){
		.source = {.at = point_at},
		.model = m,
		.point = point,
		.flat = flat,
	};
}
