/*
 * test_signature.c - the energy signature: the published fit, parameters of made-up buildings are found
 * again, too little is said to be too little, and a drift is seen
 */
#include "calc/signature.h"
#include "vectors.h"

#define MEASURED quality_make(QUALITY_MEASURED, SOURCE_METER, 0)
#define DAYS     200

static const struct signature_plan whole = {8, 22, 0.1, 30, 10};

static size_t take_points(const json_t *document, struct signature_day *days)
{
	const json_t *points = json_object_get(
		json_object_get(vectors_case(document, "D04"), "input"), "points");
	size_t n = json_array_size(points);
	for (size_t i = 0; i < n; i++) {
		const json_t *p = json_array_get(points, i);
		days[i] = (struct signature_day){
			vectors_number(p, "t"), vectors_number(p, "Q"), MEASURED};
	}
	return n;
}

static void test_published_fits(void **state)
{
	struct signature_day days[32];
	struct signature s;
	(void)state;
	json_t *document = vectors_load("calc/degree_days_signature.json");
	NEED_VECTORS(document);
	size_t n = take_points(document, days);
	const json_t *c = vectors_case(document, "D04");
	struct signature_plan plan = {vectors_item(c, "input/grid", 0),
		vectors_item(c, "input/grid", 1), vectors_item(c, "input/grid", 2), 15, 10};
	assert_int_equal(signature_fit(&plan, days, n, &s), ERR_OK);
	assert_int_equal(s.state, SIGNATURE_OK);
	vectors_near(s.tb, vectors_number(c, "expect/tb"), 1e-9);
	vectors_near(s.a, vectors_number(c, "expect/a"), 1e-6);
	vectors_near(s.b, vectors_number(c, "expect/b"), 1e-6);
	vectors_near(s.sse, vectors_number(c, "expect/sse"), 1e-6);
	vectors_near(s.r2, vectors_number(c, "expect/r2"), 1e-6);
	vectors_near(s.cv_percent, vectors_number(c, "expect/cvrmse_pct"), 1e-6);
	/* "m10": ten kelvin below tb gives 0.4124 + 0.15214 x 10 = 1.934; the published 4.0484 is at
	 * -10 °C: 0.4124 + 0.15214 x 23.9 */
	vectors_near(signature_at(&s, -10), vectors_number(c, "expect/predict_m10"), 1e-6);
	c = vectors_case(document, "D05");
	plan.from = plan.till = vectors_number(c, "input/tb");
	plan.step = 0;
	assert_int_equal(signature_fit(&plan, days, n, &s), ERR_OK);
	vectors_near(s.a, vectors_number(c, "expect/a"), 1e-6);
	vectors_near(s.b, vectors_number(c, "expect/b"), 1e-6);
	vectors_near(s.sse, vectors_number(c, "expect/sse"), 1e-6);
	vectors_near(s.r2, vectors_number(c, "expect/r2"), 1e-6);
	json_decref(document);
}

static uint64_t seed = 1234567;

static double chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void make(struct signature_day *days, double a, double b, double tb, double noise)
{
	for (size_t i = 0; i < DAYS; i++) {
		double t = -25 + 50 * chance();
		double q = a + b * (t < tb ? tb - t : 0) + noise * (chance() - 0.5);
		days[i] = (struct signature_day){t, q, MEASURED};
	}
}

static void test_parameters_of_made_up_buildings_are_found_again(void **state)
{
	struct signature_day days[DAYS];
	struct signature s;
	(void)state;
	for (int round = 0; round < 50; round++) {
		double a = chance();
		double b = 0.02 + 0.3 * chance();
		double tb = 10 + round % 10;
		make(days, a, b, tb, 0);
		assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
		vectors_near(s.tb, tb, 1e-9);
		vectors_near(s.a, a, 1e-9);
		vectors_near(s.b, b, 1e-9);
		make(days, a, b, tb, b);
		assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
		assert_true(fabs(s.tb - tb) < 1.5 && fabs(s.b / b - 1) < 0.06);
		assert_true(s.r2 > 0.95);
	}
}

static void test_too_little_is_said_and_nothing_fitted(void **state)
{
	struct signature_day days[DAYS];
	struct signature s;
	(void)state;
	make(days, 0.4, 0.15, 14, 0);
	assert_int_equal(signature_fit(&whole, days, 29, &s), ERR_OK);
	assert_int_equal(s.state, SIGNATURE_TOO_FEW);
	assert_true(isnan(s.a) && isnan(s.b) && isnan(s.tb));
	for (size_t i = 0; i < DAYS; i++) {
		days[i].t = days[i].t / 50 * 9.9;
	}
	assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
	assert_int_equal(s.state, SIGNATURE_TOO_NARROW);
	make(days, 4, -0.1, 14, 0);
	assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
	assert_int_equal(s.state, SIGNATURE_NO_SLOPE);
}

static void test_doubtful_days_do_not_count(void **state)
{
	struct signature_day days[DAYS];
	struct signature s;
	(void)state;
	make(days, 0.4, 0.15, 14, 0);
	for (size_t i = 0; i < 40; i++) {
		days[i].q *= 3;
		days[i].quality = quality_make(QUALITY_PARTIAL + i % 3, SOURCE_METER, 0);
	}
	days[40].t = NAN;
	days[41].q = NAN;
	assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
	assert_int_equal(s.rejected, 42);
	assert_int_equal(s.days, DAYS - 42);
	vectors_near(s.b, 0.15, 1e-9);
}

static void test_outlier_and_drift_raise_an_alarm(void **state)
{
	struct signature_day days[DAYS];
	struct signature_alarm alarms[DAYS];
	struct signature s;
	(void)state;
	make(days, 0.4, 0.15, 14, 0.2);
	assert_int_equal(signature_fit(&whole, days, DAYS, &s), ERR_OK);
	signature_watch(&s, days, DAYS, alarms);
	size_t alarmed = 0;
	for (size_t i = 0; i < DAYS; i++) {
		alarmed += alarms[i].is_outlier || alarms[i].is_drift;
	}
	assert_int_equal(alarmed, 0);
	days[50].q += 4 * s.rmse; /* one odd day is an outlier and no drift */
	signature_watch(&s, days, DAYS, alarms);
	assert_true(alarms[50].is_outlier);
	days[50].q -= 4 * s.rmse;
	for (size_t i = 150; i < DAYS; i++) {
		days[i].q -= 1.5 * s.rmse; /* a window closed for good */
	}
	signature_watch(&s, days, DAYS, alarms);
	assert_false(alarms[149].is_drift);
	assert_true(alarms[165].is_drift && alarms[DAYS - 1].is_drift);
	assert_true(alarms[165].below > 0);
}

static void test_design_load(void **state)
{
	struct signature s = {.a = 0.4, .b = 0.24, .tb = 14};
	(void)state;
	assert_true(fabs(signature_design_load(&s, 20, -30) - 0.5) < 1e-12);
}

static void test_grid_must_be_one(void **state)
{
	struct signature_day days[1] = {{0, 0, MEASURED}};
	struct signature s;
	struct signature_plan plan = {22, 8, 0.1, 30, 10};
	(void)state;
	assert_int_equal(signature_fit(&plan, days, 1, &s), ERR_INVAL);
	plan = (struct signature_plan){8, 22, 1e-9, 30, 10};
	assert_int_equal(signature_fit(&plan, days, 1, &s), ERR_INVAL);
	plan = (struct signature_plan){8, NAN, 0.1, 30, 10};
	assert_int_equal(signature_fit(&plan, days, 1, &s), ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_fits),
		cmocka_unit_test(test_parameters_of_made_up_buildings_are_found_again),
		cmocka_unit_test(test_too_little_is_said_and_nothing_fitted),
		cmocka_unit_test(test_doubtful_days_do_not_count),
		cmocka_unit_test(test_outlier_and_drift_raise_an_alarm),
		cmocka_unit_test(test_design_load),
		cmocka_unit_test(test_grid_must_be_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
