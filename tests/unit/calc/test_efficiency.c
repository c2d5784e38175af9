/*
 * test_efficiency.c - days of a building out of a store: what is known counts and nothing else; risers
 * never mix days; flats against their norms
 */
#include "calc/efficiency.h"
#include "calc/flat_use.h"
#include "calc/riser_heat.h"
#include "house_test.h"

/* ---- a building's input ---- */

/* 0.4 + 0.15 (14 - t) Gcal at t = -20, -19.5 ... : 80 days, two of them missing. */
static void fill_input(struct house_fixture *f)
{
	for (int i = 0; i < 80; i++) {
		double t = -20 + 0.5 * i;
		put_day(f, f->outdoor, i, t);
		if (i != 10 && i != 11) {
			put_day(f, f->heat, i, 0.4 + (t < 14 ? 0.15 * (14 - t) : 0));
		}
	}
	put_all(f);
}

static void test_days_that_are_missing_are_counted_and_not_made_up(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	fill_input(f);
	struct span span = {day_start(0), day_start(80)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(80), &d),
		ERR_OK);
	assert_int_equal(d.count, 80);
	assert_true(isnan(d.items[10].heat.value));
	struct calendar c = site_calendar(f->site, f->building);
	struct efficiency_question q = {f->figures, &c, f->building, 1000, 20260101};
	struct efficiency e = efficiency_of(&q, &d, span);
	assert_int_equal(e.expected, 80);
	assert_int_equal(e.heat_days, 78);
	assert_int_equal(quality_class(e.heat.quality), QUALITY_PARTIAL);
	/* base part of 78 days, slope times the sum of 14 - t over t = -20 ... 13.5 less -15 and -14.5 */
	double kelvin = 0;
	for (int i = 0; i < 68; i++) {
		kelvin += i == 10 || i == 11 ? 0 : 34 - 0.5 * i;
	}
	assert_true(fabs(e.heat.value - (78 * 0.4 + 0.15 * kelvin)) < 1e-9);
	assert_true(fabs(e.kwh_per_m2 - e.heat.value * 1163 / 1000) < 1e-9);
	assert_int_equal(e.degree_days[DEGREE_DAYS_GSOP].known, 80);
	assert_int_equal(e.degree_days[DEGREE_DAYS_GSOP].heating_days, 57); /* -20 ... 8 */
	assert_true(isnan(e.norm) && isnan(e.saving_percent));              /* no norm is entered */
	building_days_fini(&d);
}

/* 0.031 Gcal/m2 a month: a day of January has 0.001 of it, 1 Gcal of 1000 m2. */
static void test_norm_counts_for_the_days_that_are_known(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	struct diag fault = {0};
	struct figures *figures = NULL;
	for (int i = 0; i < 10; i++) {
		put_day(f, f->heat, i, i == 3 ? (double)NAN : 0.75);
	}
	put_all(f);
	house_parameter(f, "norm.heating", 0.031);
	house_parameter(f, "tariff.heat", 2000);
	const struct site *s = store_site(f->store);
	struct calendar c = site_calendar(s, f->building);
	struct span span = {day_start(0), day_start(10)};
	assert_int_equal(figures_load(s, &figures, &fault), ERR_OK);
	assert_int_equal(
		building_days_read(f->store, s, f->building, span, day_start(10), &d), ERR_OK);
	struct efficiency_question q = {figures, &c, f->building, 1000, 20260101};
	struct efficiency e = efficiency_of(&q, &d, span);
	assert_true(fabs(e.norm - 9) < 1e-9);
	assert_true(fabs(e.saving_percent - 25) < 1e-9);
	assert_true(fabs(e.saving_money - 9 * 0.25 * 2000) < 1e-6);
	building_days_fini(&d);
	figures_free(figures);
	site_unref(s);
}

static void test_running_day_is_not_taken(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	fill_input(f);
	struct span span = {day_start(0), day_start(80)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(5) + 3600, &d),
		ERR_OK);
	assert_int_equal(d.count, 5);
	building_days_fini(&d);
}

static void test_signature_and_normalised_year_of_a_store(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	struct signature_day days[80];
	struct signature s;
	fill_input(f);
	struct span span = {day_start(0), day_start(80)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(80), &d),
		ERR_OK);
	building_signature_days(&d, days);
	struct signature_plan plan = building_signature_plan(f->figures, f->building, 20260101);
	assert_int_equal(signature_fit(&plan, days, d.count, &s), ERR_OK);
	assert_int_equal(s.state, SIGNATURE_OK);
	assert_true(fabs(s.tb - 14) < 1e-9 && fabs(s.a - 0.4) < 1e-9 && fabs(s.b - 0.15) < 1e-9);
	struct calendar c = site_calendar(f->site, f->building);
	struct efficiency_question q = {f->figures, &c, f->building, 1000, 20260101};
	struct efficiency_year y = efficiency_year_of(&q, &d, &s);
	assert_false(y.is_measured);
	assert_true(y.is_normalised); /* climate.norm_degree_days of the fixture: 3000 */
	assert_int_equal(y.days, 78);
	double heating = -78 * 0.4;
	for (size_t i = 0; i < d.count; i++) {
		heating += isnan(d.items[i].heat.value) ? 0 : d.items[i].heat.value;
	}
	assert_true(fabs(y.gcal - (0.4 * 365 + heating * 3000 / y.degree_days)) < 1e-6);
	building_days_fini(&d);
}

/* 365 known days are a year; with one missing it is brought to the norm; a few mild days tell nothing. */
static void test_year_is_measured_or_brought_to_the_norm_or_unknown(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	struct calendar c = site_calendar(f->site, f->building);
	struct efficiency_question q = {f->figures, &c, f->building, 1000, 20260101};
	for (int i = 0; i < 366; i++) {
		put_day(f, f->outdoor, i, 0);
		put_day(f, f->heat, i, 1);
	}
	put_all(f);
	struct span span = {day_start(0), day_start(366)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(366), &d),
		ERR_OK);
	struct efficiency_year y = efficiency_year_of(&q, &d, NULL);
	assert_true(y.is_measured && !y.is_normalised && y.days == 365);
	assert_true(fabs(y.gcal - 365) < 1e-9 && fabs(y.kwh_per_m2 - 365 * 1.163) < 1e-9);
	d.items[200].heat = (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	y = efficiency_year_of(&q, &d, NULL);
	assert_true(!y.is_measured && y.is_normalised && y.days == 364);
	/* no base part without a signature: 364 Gcal at 364 x 20 degree days, a norm of 3000 */
	assert_true(fabs(y.gcal - 364.0 * 3000 / (364 * 20)) < 1e-9);
	d.count = 29; /* 580 degree days of 3000 */
	y = efficiency_year_of(&q, &d, NULL);
	assert_true(!y.is_measured && !y.is_normalised && isnan(y.gcal) && isnan(y.kwh_per_m2));
	building_days_fini(&d);
}

static void test_forecast_by_signature_and_by_last_year(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	struct calendar c = site_calendar(f->site, f->building);
	struct signature s = {.state = SIGNATURE_OK, .a = 1, .b = 0.1, .tb = 15};
	struct span month = period_of(&c, PERIOD_MONTH, day_start(0)); /* January 2026 */
	struct heat_forecast got;
	for (int i = 0; i < 10; i++) {
		put_day(f, f->outdoor, i, 5);
		put_day(f, f->heat, i, 2);
	}
	put_all(f);
	struct span span = {day_start(-20), day_start(80)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(10) + 60, &d),
		ERR_OK);
	struct forecast_plan plan = {f->store, &d, &c, NULL, month, day_start(10) + 60};
	assert_int_equal(heat_forecast_read(&plan, &got), ERR_OK);
	assert_int_equal(got.days_left, 21);
	assert_true(fabs(got.known - 20) < 1e-9 && fabs(got.total - 62) < 1e-9);
	plan.signature = &s; /* 1 + 0.1 x 10 a day, as the last seven days were */
	assert_int_equal(heat_forecast_read(&plan, &got), ERR_OK);
	assert_true(got.is_by_signature && !got.is_by_last_year && fabs(got.left - 42) < 1e-9);
	building_days_fini(&d);
	for (int i = 10; i < 31; i++) { /* a year ago it was at -5 */
		put_day(f, f->outdoor, i - 365, -5);
	}
	put_all(f);
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(10) + 60, &d),
		ERR_OK);
	plan.days = &d;
	assert_int_equal(heat_forecast_read(&plan, &got), ERR_OK);
	assert_true(got.is_by_last_year && fabs(got.left - 63) < 1e-9);
	building_days_fini(&d);
}

/* A day of the month that is missing is not made up: the month cannot be told. */
static void test_forecast_with_a_hole_has_no_total(void **state)
{
	struct house_fixture *f = *state;
	struct building_days d;
	struct calendar c = site_calendar(f->site, f->building);
	struct heat_forecast got;
	for (int i = 0; i < 10; i++) {
		put_day(f, f->heat, i, i == 4 ? (double)NAN : 2);
	}
	put_all(f);
	struct span span = {day_start(0), day_start(80)};
	assert_int_equal(
		building_days_read(f->store, f->site, f->building, span, day_start(10), &d),
		ERR_OK);
	struct forecast_plan plan = {
		f->store, &d, &c, NULL, period_of(&c, PERIOD_MONTH, day_start(0)), day_start(10)};
	assert_int_equal(heat_forecast_read(&plan, &got), ERR_OK);
	assert_true(isnan(got.total) && fabs(got.known - 18) < 1e-9);
	assert_int_equal(got.days_known, 9);
	building_days_fini(&d);
}

/* ---- risers ---- */

static struct riser_house read_risers(struct house_fixture *f, int from, int till)
{
	struct riser_house h;
	struct riser_question q = {f->store, f->site, f->figures, f->building,
		{day_start(from), day_start(till)}, day_start(till)};
	assert_int_equal(riser_house_read(&q, &h), ERR_OK);
	return h;
}

/* Supply 80, behind the flats of the floors 1, 2, 3: 77, 75, 70. */
static void put_riser_day(struct house_fixture *f, int day, double heat)
{
	static const double t[] = {77, 75, 70};
	put_day(f, f->riser_supply, day, 80);
	put_day(f, f->riser_return, day, 70);
	put_day(f, f->riser_heat, day, heat);
	for (int i = 0; i < 3; i++) {
		put_day(f, f->nodes[i], day, t[i]);
	}
}

static void test_riser_out_of_a_store(void **state)
{
	struct house_fixture *f = *state;
	put_riser_day(f, 0, 1000);
	put_day(f, f->heat, 0, 0.5);
	put_all(f);
	struct riser_house h = read_risers(f, 0, 1);
	assert_int_equal(h.count, 1);
	const struct riser_sum *s = &h.sums[0];
	assert_int_equal(h.layouts[0].node_count, 3);
	assert_true(fabs(s->heat.value - 1000) < 1e-9);
	/* by enthalpy a few per mille beside 0.3, 0.2, 0.5 */
	assert_true(fabs(s->cells[0].share - 0.3) < 1e-3);
	assert_true(fabs(s->cells[1].share - 0.2) < 1e-3);
	assert_true(fabs(s->cells[2].share - 0.5) < 1e-3);
	assert_true(fabs(s->cells[1].temperature - 75) < 1e-6);
	assert_int_equal(s->good, 1);
	/* flats are not numbered in a row, nor made in the order of floors (defect 7) */
	assert_int_equal(h.layouts[0].nodes[0].floor, 1);
	assert_int_equal(h.layouts[0].nodes[2].floor, 3);
	assert_true(fabs(h.rest.heat.value - (0.5 * 4186.8 - 1000)) < 1e-6);
	assert_false(h.rest.is_negative);
	/* three flats of 50 m2; the building of the fixture has 50 too: each flat gets the whole rest */
	assert_int_equal(h.flat_count, 3);
	double individual = 0;
	for (size_t i = 0; i < 3; i++) {
		individual += h.flats[i].heat.individual.value;
		assert_int_equal(h.flats[i].segments, 1);
		assert_true(fabs(h.flats[i].heat.common.value - h.rest.heat.value) < 1e-6);
	}
	assert_true(fabs(individual - 1000) < 1e-9);
	riser_house_fini(&h);
}

/* Where a sensor sits and which way the water goes is told by parameters; each flat keeps its segment. */
static void test_ways_of_the_water_and_places_of_sensors(void **state)
{
	static const struct {
		double flow, is_before;
		double t[3]; /* of the floors 1, 2, 3; supply 80, return 70 */
		double share[3];
	} cases[] = {
		{1, 0, {77, 75, 70}, {0.3, 0.2, 0.5}},
		{-1, 0, {70, 75, 77}, {0.5, 0.2, 0.3}},
		{1, 1, {80, 77, 75}, {0.3, 0.2, 0.5}},
		{-1, 1, {75, 77, 80}, {0.5, 0.2, 0.3}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct house_fixture *f = *state;
		struct diag fault = {0};
		put_riser_day(f, 0, 1000);
		for (int k = 0; k < 3; k++) {
			put_day(f, f->nodes[k], 0, cases[i].t[k]);
		}
		put_all(f);
		house_parameter(f, "riser.flow", cases[i].flow);
		house_parameter(f, "riser.node_is_before", cases[i].is_before);
		site_unref(f->site);
		figures_free(f->figures);
		f->site = store_site(f->store);
		assert_int_equal(figures_load(f->site, &f->figures, &fault), ERR_OK);
		struct riser_house h = read_risers(f, 0, 1);
		assert_int_equal(h.sums[0].states[RISER_OK], 1);
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(h.layouts[0].nodes[k].floor, k + 1);
			assert_true(fabs(h.sums[0].cells[k].share - cases[i].share[k]) < 1e-3);
			assert_true(fabs(h.sums[0].cells[k].temperature - cases[i].t[k]) < 1e-6);
		}
		riser_house_fini(&h);
		if (i + 1 < sizeof(cases) / sizeof(cases[0])) { /* a house of its own for each */
			assert_int_equal(house_tear_down(state), 0);
			assert_int_equal(house_set_up(state), 0);
		}
	}
}

/* Defect 9: heat of an older day was combined with the enthalpies of the day asked for. */
static void test_heat_of_another_day_is_not_used(void **state)
{
	struct house_fixture *f = *state;
	put_riser_day(f, 0, 1000);
	put_riser_day(f, 1, NAN);
	put_all(f);
	struct riser_house h = read_risers(f, 1, 2);
	assert_true(isnan(h.sums[0].heat.value));
	assert_int_equal(quality_class(h.sums[0].heat.quality), QUALITY_MISSING);
	for (size_t k = 0; k < 3; k++) {
		assert_true(isnan(h.sums[0].cells[k].heat.value));
	}
	riser_house_fini(&h);
	h = read_risers(f, 0, 2);
	assert_true(fabs(h.sums[0].heat.value - 1000) < 1e-9);
	assert_int_equal(h.sums[0].known, 1);
	assert_int_equal(quality_class(h.sums[0].heat.quality), QUALITY_PARTIAL);
	riser_house_fini(&h);
}

static void test_missing_node_is_told_and_parted_by_good_days(void **state)
{
	struct house_fixture *f = *state;
	for (int i = 0; i < 10; i++) {
		put_riser_day(f, i, 1000);
	}
	put_day(f, f->nodes[0], 9, NAN);
	put_all(f);
	struct riser_house h = read_risers(f, 9, 10);
	const struct riser_sum *s = &h.sums[0];
	assert_int_equal(s->cells[0].missing, 1);
	assert_int_equal(s->states[RISER_ESTIMATED], 1);
	assert_int_equal(s->cells[0].basis, RISER_BY_HISTORY);
	assert_true(fabs(s->cells[0].share - 0.3) < 1e-3);
	assert_true(fabs(s->cells[0].share + s->cells[1].share + s->cells[2].share - 1) < 1e-12);
	riser_house_fini(&h);
}

/* Without its calculator a riser gets what it used to have of the house, and it is called an estimate. */
static void test_riser_without_heat_is_guessed_of_good_days(void **state)
{
	struct house_fixture *f = *state;
	for (int i = 0; i < 10; i++) {
		put_riser_day(f, i, i == 9 ? (double)NAN : 1000);
		put_day(f, f->heat, i, i == 9 ? 1.0 : 0.5);
	}
	put_all(f);
	struct riser_house h = read_risers(f, 9, 10);
	assert_int_equal(h.sums[0].guessed, 1);
	assert_true(fabs(h.sums[0].heat.value - 2000) < 1e-6);
	assert_int_equal(quality_class(h.sums[0].heat.quality), QUALITY_ESTIMATED);
	riser_house_fini(&h);
}

static void test_risers_that_say_more_than_the_input_are_flagged(void **state)
{
	struct house_fixture *f = *state;
	put_riser_day(f, 0, 3000);
	put_day(f, f->heat, 0, 0.5);
	put_all(f);
	struct riser_house h = read_risers(f, 0, 1);
	assert_true(h.rest.is_negative);
	assert_true(fabs(h.rest.heat.value - (0.5 * 4186.8 - 3000)) < 1e-6);
	riser_house_fini(&h);
}

/* ---- flats ---- */

static void test_flats_against_their_norms(void **state)
{
	struct house_fixture *f = *state;
	struct flat_table t;
	struct calendar c = site_calendar(f->site, f->building);
	struct span month = period_of(&c, PERIOD_MONTH, day_start(0));
	/* norm of the fixture: 4 m3 a person; 2, 2, 0 people */
	static const double used[] = {5, 17, 3};
	for (int i = 0; i < 3; i++) {
		put_month(f, f->water[i], month.from, used[i]);
	}
	put_all(f);
	struct flat_question q = {f->store, f->site, f->figures, f->building, QUANTITY_COLD_WATER,
		month, month.till, 20260101};
	assert_int_equal(flat_table_read(&q, &t), ERR_OK);
	assert_int_equal(t.count, 3);
	assert_int_equal(t.classes[FLAT_NORMAL], 1);
	assert_int_equal(t.classes[FLAT_CRITICAL], 1);
	assert_int_equal(t.classes[FLAT_NOBODY], 1);
	assert_true(fabs(t.nobody - 3) < 1e-9 && fabs(t.over_norm - 9) < 1e-9);
	for (size_t i = 0; i < 3; i++) {
		if (t.rows[i].floor == 1) {
			assert_true(fabs(t.rows[i].specific - 2.5) < 1e-9);
			assert_true(fabs(t.rows[i].norm - 8) < 1e-9);
		}
	}
	flat_table_fini(&t);
	/* in the middle of the month half the norm counts */
	q.now = month.from + (month.till - month.from) / 2;
	assert_int_equal(flat_table_read(&q, &t), ERR_OK);
	assert_int_equal(t.classes[FLAT_ATTENTION], 1);
	flat_table_fini(&t);
	q.quantity = QUANTITY_GAS;
	assert_int_equal(flat_table_read(&q, &t), ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_days_that_are_missing_are_counted_and_not_made_up),
		HOUSE_TEST(test_norm_counts_for_the_days_that_are_known),
		HOUSE_TEST(test_running_day_is_not_taken),
		HOUSE_TEST(test_signature_and_normalised_year_of_a_store),
		HOUSE_TEST(test_year_is_measured_or_brought_to_the_norm_or_unknown),
		HOUSE_TEST(test_forecast_by_signature_and_by_last_year),
		HOUSE_TEST(test_forecast_with_a_hole_has_no_total),
		HOUSE_TEST(test_riser_out_of_a_store),
		HOUSE_TEST(test_ways_of_the_water_and_places_of_sensors),
		HOUSE_TEST(test_heat_of_another_day_is_not_used),
		HOUSE_TEST(test_missing_node_is_told_and_parted_by_good_days),
		HOUSE_TEST(test_riser_without_heat_is_guessed_of_good_days),
		HOUSE_TEST(test_risers_that_say_more_than_the_input_are_flagged),
		HOUSE_TEST(test_flats_against_their_norms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
