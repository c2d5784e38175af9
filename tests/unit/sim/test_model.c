/*
 * test_model.c - the virtual building's consumption: pure, monotone, plausible, and it adds up
 */
#include "sim/model.h"
#include "sim/series.h"

#include "test.h"

#include <math.h>

#define US    INT64_C(1000000)
#define HOUR  3600
#define DAY   86400
#define T0    INT64_C(1767225600) /* 2026-01-01T00:00Z, a Thursday */
#define FLATS 12

static struct sim_model *model_of(uint64_t seed)
{
	struct sim_model_options o = {.seed = seed, .flats = FLATS, .utc_offset_s = 3 * HOUR};
	struct sim_model *m = sim_model_new(&o);
	assert_non_null(m);
	return m;
}

static double at(
	const struct sim_model *m, enum sim_point p, int flat, enum quantity q, int64_t utc_us)
{
	struct sim_point_source s = sim_model_source(m, p, flat);
	return s.source.at(&s.source, q, utc_us);
}

static double amount(const struct sim_model *m, enum sim_point p, int flat, enum quantity q,
	int64_t from, int64_t till)
{
	return at(m, p, flat, q, till * US) - at(m, p, flat, q, from * US);
}

static void equal_seeds_give_equal_readings_in_any_order(void **state)
{
	(void)state;
	struct sim_model *a = model_of(7), *b = model_of(7), *c = model_of(8);
	double first[50];
	int differing = 0;
	for (int i = 0; i < 50; i++) {
		first[i] = at(a, SIM_FLAT_COLD, i % FLATS, QUANTITY_VOLUME, (T0 + i * 40000) * US);
	}
	for (int i = 49; i >= 0; i--) {
		double v = at(b, SIM_FLAT_COLD, i % FLATS, QUANTITY_VOLUME, (T0 + i * 40000) * US);
		assert_true(v == first[i]);
		differing += at(c, SIM_FLAT_COLD, i % FLATS, QUANTITY_VOLUME,
				     (T0 + i * 40000) * US) != v;
	}
	assert_true(differing > 40);
	sim_model_free(a);
	sim_model_free(b);
	sim_model_free(c);
}

static void counters_never_fall(void **state)
{
	(void)state;
	static const struct {
		enum sim_point point;
		enum quantity quantity;
	} counters[] = {
		{SIM_FLAT_COLD, QUANTITY_VOLUME},
		{SIM_FLAT_HOT, QUANTITY_VOLUME},
		{SIM_FLAT_HEAT, QUANTITY_HEAT_ENERGY},
		{SIM_FLAT_HEAT, QUANTITY_VOLUME},
		{SIM_FLAT_ELECTRICITY, QUANTITY_ACTIVE_ENERGY},
		{SIM_INPUT_HEAT, QUANTITY_HEAT_ENERGY},
		{SIM_INPUT_HEAT, QUANTITY_MASS_SUPPLY},
		{SIM_INPUT_HEAT, QUANTITY_VOLUME_RETURN},
		{SIM_INPUT_COLD, QUANTITY_VOLUME},
		{SIM_INPUT_ELECTRICITY, QUANTITY_ACTIVE_ENERGY},
	};
	struct sim_model *m = model_of(3);
	for (size_t c = 0; c < sizeof(counters) / sizeof(counters[0]); c++) {
		for (int flat = 0; flat < (counters[c].point <= SIM_FLAT_ELECTRICITY ? FLATS : 1);
			flat++) {
			double last = -1;
			/* 137 s meets every border of hours, days, weeks somewhere within two years */
			for (int64_t t = T0; t < T0 + 20 * DAY; t += 1307) {
				double v = at(m, counters[c].point, flat, counters[c].quantity,
					t * US + 11);
				assert_true(v >= last);
				last = v;
			}
			for (int64_t h = 0; h < 24 * 400; h += 7) { /* and the borders themselves */
				int64_t border = (T0 + h * HOUR) * US;
				double before = at(m, counters[c].point, flat, counters[c].quantity,
					border - 1);
				double on = at(
					m, counters[c].point, flat, counters[c].quantity, border);
				assert_true(before <= on);
				assert_true(on - before < 1.01e-3 + 1e-9 * on);
			}
		}
	}
	sim_model_free(m);
}

static void nights_are_quiet_and_mornings_are_not(void **state)
{
	(void)state;
	struct sim_model *m = model_of(1);
	for (int p = SIM_FLAT_COLD; p <= SIM_FLAT_ELECTRICITY; p++) {
		double night = 0, morning = 0;
		for (int flat = 0; flat < FLATS; flat++) {
			struct sim_flat_facts f = sim_model_flat(m, flat);
			for (int day = 0; day < 28 && !f.has_leak; day++) {
				int64_t midnight = T0 + day * DAY - 3 * HOUR;
				enum quantity q = p == SIM_FLAT_COLD || p == SIM_FLAT_HOT ?
							  QUANTITY_VOLUME :
							  QUANTITY_ENERGY;
				night += amount(m, (enum sim_point)p, flat, q, midnight + HOUR,
					midnight + 4 * HOUR);
				morning += amount(m, (enum sim_point)p, flat, q,
					midnight + 6 * HOUR, midnight + 9 * HOUR);
			}
		}
		assert_true(morning > night * (p == SIM_FLAT_HEAT ? 1.05 : 1.5));
	}
	sim_model_free(m);
}

static void a_leak_shows_in_the_night_and_an_empty_flat_draws_nothing(void **state)
{
	(void)state;
	struct sim_model *m = model_of(1);
	int leaks = 0, empty = 0;
	for (int flat = 0; flat < FLATS; flat++) {
		struct sim_flat_facts f = sim_model_flat(m, flat);
		double least = 1e9;
		for (int64_t h = 0; h < 14 * 24; h++) {
			double v = amount(m, SIM_FLAT_COLD, flat, QUANTITY_VOLUME, T0 + h * HOUR,
				T0 + (h + 1) * HOUR);
			least = v < least ? v : least;
		}
		assert_true(f.has_leak ? least > 0.005 : least == 0);
		if (f.is_empty) {
			assert_true(amount(m, SIM_FLAT_COLD, flat, QUANTITY_VOLUME, T0,
					    T0 + 90 * DAY) == 0);
			assert_true(
				amount(m, SIM_FLAT_HEAT, flat, QUANTITY_ENERGY, T0, T0 + DAY) > 1);
		}
		leaks += f.has_leak;
		empty += f.is_empty;
	}
	assert_int_equal(leaks, 1);
	assert_int_equal(empty, 1);
	sim_model_free(m);
}

static void water_steps_by_whole_litres(void **state)
{
	(void)state;
	struct sim_model *m = model_of(2);
	for (int i = 0; i < 2000; i++) {
		double v = at(m, SIM_FLAT_HOT, i % FLATS, QUANTITY_VOLUME, (T0 + i * 977) * US) *
			   1000;
		assert_true(fabs(v - nearbyint(v)) < 1e-6);
	}
	sim_model_free(m);
}

static void flats_and_losses_make_the_input(void **state)
{
	(void)state;
	static const struct {
		enum sim_point input, parts[2];
		enum quantity quantity;
		double most; /* input over flats */
	} sums[] = {
		{SIM_INPUT_COLD, {SIM_FLAT_COLD, SIM_FLAT_HOT}, QUANTITY_VOLUME, 1.10},
		{SIM_INPUT_ELECTRICITY, {SIM_FLAT_ELECTRICITY, SIM_POINT_COUNT},
			QUANTITY_ACTIVE_ENERGY, 1.40},
	};
	struct sim_model *m = model_of(5);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		for (int64_t day = 0; day < 30; day++) {
			int64_t from = T0 + day * DAY, till = from + DAY;
			double parts = 0;
			for (int k = 0; k < 2 && sums[i].parts[k] != SIM_POINT_COUNT; k++) {
				for (int flat = 0; flat < FLATS; flat++) {
					parts += amount(m, sums[i].parts[k], flat, sums[i].quantity,
						from, till);
				}
			}
			double input = amount(m, sums[i].input, 0, sums[i].quantity, from, till);
			assert_true(input >= parts - 0.025); /* 25 meters each show whole litres */
			assert_true(input <= parts * sums[i].most);
		}
	}
	sim_model_free(m);
}

/* A tonne of hot water takes some 60 kWh; risers and circulation lose a little. */
static void heat_of_the_input_is_heating_and_hot_water(void **state)
{
	(void)state;
	struct sim_model *m = model_of(5);
	for (int64_t day = 0; day < 360; day += 9) {
		int64_t from = T0 + day * DAY, till = from + DAY;
		double heat = 0, hot = 0;
		for (int flat = 0; flat < FLATS; flat++) {
			heat += amount(m, SIM_FLAT_HEAT, flat, QUANTITY_ENERGY, from, till);
			hot += amount(m, SIM_FLAT_HOT, flat, QUANTITY_VOLUME, from, till);
		}
		double input = amount(m, SIM_INPUT_HEAT, 0, QUANTITY_ENERGY, from, till);
		assert_true(input > heat + 55 * hot);
		assert_true(input < heat * 1.1 + 65 * hot + 3 * FLATS);
	}
	sim_model_free(m);
}

/* Heat meters compute Q = m c (t1 - t2); the archive of a calculator must agree with itself. */
static void energy_follows_from_mass_and_temperatures(void **state)
{
	(void)state;
	struct sim_model *m = model_of(1);
	for (int h = 0; h < 365 * 24; h += 29) {
		int64_t t = T0 + (int64_t)h * HOUR;
		double gcal = amount(m, SIM_INPUT_HEAT, 0, QUANTITY_HEAT_ENERGY, t, t + HOUR);
		double mass = amount(m, SIM_INPUT_HEAT, 0, QUANTITY_MASS_SUPPLY, t, t + HOUR);
		int64_t middle = (t + HOUR / 2) * US;
		double t1 = at(m, SIM_INPUT_HEAT, 0, QUANTITY_TEMPERATURE_SUPPLY, middle);
		double t2 = at(m, SIM_INPUT_HEAT, 0, QUANTITY_TEMPERATURE_RETURN, middle);
		assert_true(fabs(gcal - mass * (t1 - t2) / 1000) < 1e-6 + 0.001 * gcal);
		assert_true(t1 > 60 && t1 < 135 && t2 > 20 && t2 < t1);
	}
	sim_model_free(m);
}

static void winter_heats_and_summer_does_not(void **state)
{
	(void)state;
	struct sim_model *m = model_of(4);
	int64_t july = T0 + 185 * DAY;
	double winter = amount(m, SIM_FLAT_HEAT, 3, QUANTITY_ENERGY, T0, T0 + 20 * DAY);
	assert_true(amount(m, SIM_FLAT_HEAT, 3, QUANTITY_ENERGY, july, july + 20 * DAY) == 0);
	struct sim_flat_facts f = sim_model_flat(m, 3);
	assert_true(winter / f.area_m2 / 20 / 24 * 1000 > 10); /* W/m2 */
	assert_true(winter / f.area_m2 / 20 / 24 * 1000 < 70);
	double cold = 0, warm = 0;
	for (int d = 0; d < 20; d++) {
		cold += at(m, SIM_INPUT_HEAT, 0, QUANTITY_TEMPERATURE_OUTDOOR,
				(T0 + d * DAY) * US) /
			20;
		warm += at(m, SIM_INPUT_HEAT, 0, QUANTITY_TEMPERATURE_OUTDOOR,
				(july + d * DAY) * US) /
			20;
	}
	assert_true(cold < 0 && cold > -25 && warm > 8 && warm < 30);
	sim_model_free(m);
}

static void what_a_meter_does_not_measure_is_not_a_number(void **state)
{
	(void)state;
	struct sim_model *m = model_of(1);
	assert_true(isnan(at(m, SIM_FLAT_COLD, 0, QUANTITY_HEAT_ENERGY, T0 * US)));
	assert_true(isnan(at(m, SIM_FLAT_COLD, 0, QUANTITY_HOT_WATER, T0 * US)));
	assert_true(isnan(at(m, SIM_FLAT_ELECTRICITY, 0, QUANTITY_VOLUME, T0 * US)));
	assert_true(isnan(at(m, SIM_FLAT_HEAT, 0, QUANTITY_PRESSURE, T0 * US)));
	sim_model_free(m);
}

static void data_take_the_place_of_a_counter_and_reach_the_input(void **state)
{
	(void)state;
	struct sim_model *m = model_of(1);
	double before = amount(m, SIM_INPUT_COLD, 0, QUANTITY_VOLUME, T0, T0 + DAY);
	double model = amount(m, SIM_FLAT_COLD, 2, QUANTITY_VOLUME, T0, T0 + DAY);
	struct sim_series *s = sim_series_new();
	assert_non_null(s);
	assert_true(sim_series_add(s, (T0 + 2 * HOUR) * US, 105.5));
	assert_true(sim_series_add(s, (T0 - HOUR) * US, 100));
	assert_int_equal(sim_series_close(s), 0);
	sim_model_replay(m, SIM_FLAT_COLD, 2, s);
	assert_true(at(m, SIM_FLAT_COLD, 2, QUANTITY_VOLUME, (T0 + 2 * HOUR) * US - 1) == 100);
	assert_true(at(m, SIM_FLAT_COLD, 2, QUANTITY_VOLUME, (T0 + 2 * HOUR) * US) == 105.5);
	double after = amount(m, SIM_INPUT_COLD, 0, QUANTITY_VOLUME, T0, T0 + DAY);
	assert_true(fabs(after - before - (5.5 - model)) < 0.0021);
	sim_model_free(m);
}

static void series_keep_the_last_reading_in_holes_and_never_fall(void **state)
{
	(void)state;
	struct sim_series *s = sim_series_new();
	assert_true(isnan(sim_series_at(s, 0)));
	static const struct sim_reading readings[] = {
		{30, 3}, {10, 1}, {20, 2}, {20, 2.5}, {50, 2.75}, {40, 4}, {1000, 5}};
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		assert_true(sim_series_add(s, readings[i].utc_us, readings[i].value));
	}
	assert_int_equal(sim_series_close(s), 1); /* 2.75 after 4 */
	static const double want[][2] = {{0, 1}, {10, 1}, {19, 1}, {20, 2.5}, {39, 3}, {40, 4},
		{50, 4}, {999, 4}, {1000, 5}, {5000, 5}};
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(sim_series_at(s, (int64_t)want[i][0]) == want[i][1]);
	}
	s->is_linear = true;
	assert_true(sim_series_at(s, 15) == 1.75);
	assert_true(sim_series_at(s, 525) == 4.5);
	sim_series_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_seeds_give_equal_readings_in_any_order),
		cmocka_unit_test(counters_never_fall),
		cmocka_unit_test(nights_are_quiet_and_mornings_are_not),
		cmocka_unit_test(a_leak_shows_in_the_night_and_an_empty_flat_draws_nothing),
		cmocka_unit_test(water_steps_by_whole_litres),
		cmocka_unit_test(flats_and_losses_make_the_input),
		cmocka_unit_test(heat_of_the_input_is_heating_and_hot_water),
		cmocka_unit_test(energy_follows_from_mass_and_temperatures),
		cmocka_unit_test(winter_heats_and_summer_does_not),
		cmocka_unit_test(what_a_meter_does_not_measure_is_not_a_number),
		cmocka_unit_test(data_take_the_place_of_a_counter_and_reach_the_input),
		cmocka_unit_test(series_keep_the_last_reading_in_holes_and_never_fall),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
