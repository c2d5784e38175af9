/*
 * Leaks: what flows without a pause is one, what is not known is neither flow nor pause.
 */
#include "calc/leak.h"
#include "test.h"

#include <math.h>

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%.15g instead of %.15g", got, want);
	}
}

static struct leak_flat of(const double *hours, size_t n, bool is_hot)
{
	return leak_flat(hours, n, is_hot, &leak_flat_rule_default);
}

static void a_day_without_a_pause_is_a_leak(void **state)
{
	double hours[72];
	(void)state;
	for (int i = 0; i < 72; i++) {
		hours[i] = i < 40 ? (i % 24 < 6 ? 0 : 0.02) : 0.011 + 0.001 * (i % 5);
	}
	/* hours 24..29 are the last pause: 42 hours have run since, the least 11 l */
	struct leak_flat f = of(hours, 72, false);
	assert_int_equal(f.kind, LEAK_FLAT_TOILET);
	assert_int_equal(f.running, 42);
	assert_int_equal(f.longest_pause, 6);
	assert_near(f.least, 0.011);
	assert_near(f.volume, 0.462);
	assert_near(f.month, 7.92);
	assert_int_equal(of(hours, 72, true).kind, LEAK_FLAT_FLOW);  /* no cistern on hot water */
	assert_int_equal(of(hours, 53, false).kind, LEAK_FLAT_NONE); /* 23 hours since the pause */
	assert_int_equal(of(hours, 54, false).kind, LEAK_FLAT_TOILET);
}

static void drip_cistern_and_open_tap_are_told_apart(void **state)
{
	double hours[30];
	static const struct {
		double flow;
		enum leak_kind kind;
	} cases[] = {{0.001, LEAK_FLAT_DRIP}, {0.003, LEAK_FLAT_DRIP}, {0.02, LEAK_FLAT_TOILET},
		{0.2, LEAK_FLAT_FLOW}};
	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		for (int i = 0; i < 30; i++) {
			hours[i] = cases[k].flow;
		}
		assert_int_equal(of(hours, 30, false).kind, cases[k].kind);
	}
}

static void unknown_hours_are_neither_flow_nor_pause(void **state)
{
	double hours[60];
	(void)state;
	for (int i = 0; i < 60; i++) {
		hours[i] = i % 2 ? NAN : 0.01;
	}
	struct leak_flat f = of(hours, 60, false);
	assert_int_equal(f.known, 30);
	assert_int_equal(f.running, 30);
	assert_int_equal(f.kind, LEAK_FLAT_TOILET);
	assert_int_equal(f.longest_pause, 0);
	for (int i = 0; i < 60; i++) {
		hours[i] = i < 20 ? 0.01 : NAN;
	}
	f = of(hours, 60, false);
	assert_int_equal(f.kind, LEAK_FLAT_UNKNOWN);
	assert_true(isnan(f.least));
	assert_int_equal(of(hours, 0, false).kind, LEAK_FLAT_UNKNOWN);
}

static void a_night_with_a_hole_has_no_minimum(void **state)
{
	double hours[4] = {0.4, NAN, 0.3, 0.5};
	double minima[3] = {NAN, 0.3, NAN};
	(void)state;
	assert_true(isnan(leak_night_minimum(hours, 4)));
	hours[1] = 0.2;
	assert_near(leak_night_minimum(hours, 4), 0.2);
	struct leak_night r = leak_night(minima, 3, 3, 10, 0.6);
	assert_int_equal(r.nights, 1);
	assert_true(isnan(r.minimum) && isnan(r.leak));
}

static void less_than_residents_may_use_is_no_leak(void **state)
{
	double minima[3] = {0.01, 0.02, 0.01};
	(void)state;
	assert_near(leak_night(minima, 3, 3, 100, 0.6).leak, 0);
}

static void the_flats_meters_tell_where_the_leak_is(void **state)
{
	struct leak_night night = {.minimum = 0.36, .legitimate = 0.06, .leak = 0.3};
	(void)state;
	assert_int_equal(leak_locate(&night, 0.3, 0.02), LEAK_PIPES);
	assert_int_equal(leak_locate(&night, 0.0, 0.02), LEAK_FLATS);
	assert_int_equal(leak_locate(&night, 0.15, 0.02), LEAK_BOTH);
	assert_int_equal(leak_locate(&night, NAN, 0.02), LEAK_UNKNOWN);
	assert_int_equal(leak_locate(&night, 0.1, 0.4), LEAK_UNKNOWN);
	night.leak = 0;
	assert_int_equal(leak_locate(&night, 0.0, 0.02), LEAK_NONE);
}

static void a_burst_lasts_long_enough(void **state)
{
	double flows[60];
	const struct leak_burst_rule *rule = &leak_burst_rule_default;
	(void)state;
	for (int i = 0; i < 60; i++) {
		flows[i] = i >= 20 && i < 29 ? 5 : 1;
	}
	assert_int_equal(leak_burst(flows, 60, 60, 2, false, rule), 60); /* nine minutes */
	flows[29] = 5;
	assert_int_equal(leak_burst(flows, 60, 60, 2, false, rule), 20);
	assert_int_equal(leak_burst(flows, 60, 60, 4, false, rule), 60); /* seen before */
	assert_int_equal(leak_burst(flows, 60, 60, NAN, false, rule), 60);
	for (int i = 30; i < 40; i++) {
		flows[i] = 2;
	}
	assert_int_equal(leak_burst(flows, 60, 60, NAN, true, rule), 20); /* 30 l/min, 20 minutes */
}

static void reverse_flow_is_flagged_by_share_or_by_day(void **state)
{
	const struct leak_reverse_rule *rule = &leak_reverse_rule_default;
	(void)state;
	assert_false(leak_reverse(10, 0.05, NAN, rule).is_flagged); /* 0.5 % exactly */
	assert_true(leak_reverse(10, 0.0501, NAN, rule).is_flagged);
	assert_false(leak_reverse(100, 0.03, 30, rule).is_flagged); /* a litre a day */
	assert_true(leak_reverse(100, 0.031, 30, rule).is_flagged);
	assert_true(isnan(leak_reverse(0, 0, 1, rule).percent));
	assert_false(leak_reverse(0, 0, 1, rule).is_flagged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_without_a_pause_is_a_leak),
		cmocka_unit_test(drip_cistern_and_open_tap_are_told_apart),
		cmocka_unit_test(unknown_hours_are_neither_flow_nor_pause),
		cmocka_unit_test(a_night_with_a_hole_has_no_minimum),
		cmocka_unit_test(less_than_residents_may_use_is_no_leak),
		cmocka_unit_test(the_flats_meters_tell_where_the_leak_is),
		cmocka_unit_test(a_burst_lasts_long_enough),
		cmocka_unit_test(reverse_flow_is_flagged_by_share_or_by_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
