/*
 * test_substitution.c - heat that was not measured: the computed case of every rule, which rule is for
 * which case, parts that sum to the whole, and what a rule lacks
 */
#include "calc/substitution.h"
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static json_t *file;

static int load(void **state)
{
	(void)state;
	const char *path = vector_path("calc/substitution.json");
	file = path ? json_load_file(path, 0, NULL) : NULL;
	return 0;
}

static int unload(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static void assert_close(double got, double want, const char *what)
{
	/* the file prints ten digits */
	if (!(fabs(got - want) <= 1e-8 * fabs(want))) {
		fail_msg("%s: %.12g instead of %.12g", what, got, want);
	}
}

static const json_t *case_named(const char *name)
{
	const json_t *c = json_object_get(json_object_get(file, "cases"), name);
	if (!c) {
		fail_msg("no case '%s'", name);
	}
	return c;
}

static double in(const json_t *c, const char *key)
{
	const json_t *v = json_object_get(json_object_get(c, "inp"), key);
	if (!json_is_number(v)) {
		fail_msg("no input '%s'", key);
	}
	return json_number_value(v);
}

static double want(const json_t *c, const char *key)
{
	const json_t *v = json_object_get(c, key);
	if (!json_is_number(v)) {
		fail_msg("no result '%s'", key);
	}
	return json_number_value(v);
}

static double step(const struct substitution *s, const char *name)
{
	for (size_t i = 0; i < s->step_count; i++) {
		if (strcmp(s->steps[i].name, name) == 0) {
			return s->steps[i].value;
		}
	}
	fail_msg("no step '%s'", name);
	return NAN;
}

static struct substitution_case new_case(enum substitution_cause cause)
{
	struct substitution_case c;
	substitution_case_init(&c);
	c.cause = cause;
	c.max_days = 15;
	c.max_days_hot_water = 30;
	return c;
}

static struct substitution solve(const struct substitution_case *c, enum substitution_rule expected)
{
	assert_int_equal(substitution_choose(c), expected);
	struct substitution s = substitution_apply(expected, c, NULL, 0);
	assert_int_equal(s.lack, LACK_NONE);
	assert_close(step(&s, "q"), s.q, "the last step is the result");
	return s;
}

/* ---- every case of the file ---- */

static void a_short_situation_has_the_mean_of_the_hours_measured(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("A_hour_average");
	struct substitution_case c = new_case(CAUSE_ABNORMAL);
	c.q_run = in(v, "Q_meas_Gcal");
	c.run_hours = in(v, "T_run_h");
	c.hours = in(v, "T_ns_h");
	struct substitution s = solve(&c, SUBSTITUTION_A);
	assert_close(s.q, want(v, "Q_ns_Gcal"), "A");
	assert_close(s.q + c.q_run, want(v, "Q_total_Gcal"), "A, total");

	v = case_named("B_hour_average_temperature");
	c.t_in = in(v, "t_in");
	c.t_run = in(v, "t_out_run");
	c.t_missing = in(v, "t_out_ns");
	s = solve(&c, SUBSTITUTION_B);
	assert_close(s.q, want(v, "Q_ns_Gcal"), "B");
	assert_close(s.q + c.q_run, want(v, "Q_total_Gcal"), "B, total");
}

static void a_failed_meter_has_the_mean_day_over_the_design_temperature(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("C_up_to_15_days");
	struct substitution_case c = new_case(CAUSE_METER);
	c.q_run = in(v, "Q_run_Gcal");
	c.run_hours = 24 * in(v, "run_days");
	c.hours = 24 * in(v, "missing_days");
	c.t_in = in(v, "t_in");
	c.t_run = in(v, "t_out_run");
	c.t_missing = in(v, "t_out_missing");
	c.t_design = in(v, "t_design");
	struct substitution s = solve(&c, SUBSTITUTION_C);
	assert_close(step(&s, "q_day_run"), want(v, "Q_day_run_Gcal"), "C, day");
	assert_close(step(&s, "q_day_at_design"), want(v, "Q_day_at_design_Gcal"), "C, at design");
	assert_close(s.q, want(v, "Q_missing_Gcal"), "C");
	assert_close(s.q + c.q_run, want(v, "Q_month_Gcal"), "C, month");
	/* the design temperature cancels out */
	c.t_design = NAN;
	assert_close(solve(&c, SUBSTITUTION_C).q, want(v, "Q_missing_Gcal"), "C without it");
}

static void without_a_meter_the_load_of_the_contract_counts(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("D_over_15_days_design_load");
	struct substitution_case c = new_case(CAUSE_NO_METER);
	c.load = in(v, "Q_contract_Gcal_per_h");
	c.t_in = in(v, "t_in");
	c.t_missing = in(v, "t_out");
	c.t_design = in(v, "t_design");
	c.hours = in(v, "hours");
	assert_close(solve(&c, SUBSTITUTION_D).q, want(v, "Q_Gcal"), "D");
}

static void days_warmer_than_the_break_count_at_it_without_automatic_control(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("E_cutoff_positive"), *t;
	struct substitution_part parts[16];
	struct substitution_case c = new_case(CAUSE_NO_METER);
	size_t n = 0;
	json_array_foreach(json_object_get(json_object_get(v, "inp"), "day_t_out"), n, t)
	{
		assert_true(n < 16);
		parts[n] = (struct substitution_part){24, json_number_value(t), NAN};
	}
	substitution_case_parts(&c, parts, n);
	c.load = in(v, "Q_contract_Gcal_per_h");
	c.t_in = in(v, "t_in");
	c.t_design = in(v, "t_design");
	c.t_break = in(v, "t_cut");
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_E);
	struct substitution s = substitution_apply(SUBSTITUTION_E, &c, parts, n);
	assert_close(s.q, want(v, "Q_without_automation_Gcal"), "E");
	assert_close(parts[3].q, parts[2].q, "4 degrees count as 2");
	c.is_automatic = true;
	s = substitution_apply(SUBSTITUTION_E, &c, parts, n);
	assert_close(s.q, want(v, "Q_with_automation_Gcal"), "E, automatic");
	c.t_break = 5; /* no day is warmer */
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_D);
}

static void readings_not_handed_in_are_made_of_the_previous_period(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("F_previous_period_scaled");
	struct substitution_case c = new_case(CAUSE_NOT_SUBMITTED);
	c.q_previous = in(v, "Q_prev_Gcal");
	c.previous_hours = in(v, "hours_prev");
	c.hours = in(v, "hours_cur");
	c.t_in = in(v, "t_in");
	c.t_previous = in(v, "t_out_prev");
	c.t_missing = in(v, "t_out_cur");
	c.is_same_season = true;
	assert_close(solve(&c, SUBSTITUTION_F).q, want(v, "Q_Gcal"), "F");
	c.is_same_season = false;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_D);
}

static void hot_water_has_its_own_mean_or_its_own_load(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	const json_t *v = case_named("G_dhw_up_to_30_days");
	struct substitution_case c = new_case(CAUSE_METER);
	c.is_hot_water = true;
	c.is_separate = true;
	c.q_run = in(v, "Q_run_Gcal");
	c.run_hours = 24 * in(v, "run_days");
	c.hours = 24 * in(v, "missing_days");
	struct substitution s = solve(&c, SUBSTITUTION_G);
	assert_close(s.q, want(v, "Q_missing_Gcal"), "G");
	assert_close(s.q + c.q_run, want(v, "Q_month_Gcal"), "G, month");
	/* nothing measured in this period: the previous one */
	c.q_previous = 18.6;
	c.previous_hours = 480;
	c.q_run = NAN;
	assert_close(solve(&c, SUBSTITUTION_G).q, want(v, "Q_missing_Gcal"), "G, previous");

	v = case_named("H_dhw_over_30_days");
	c.load_hot_water = in(v, "Q_dhw_avg_contract_Gcal_per_h");
	c.hours = in(v, "hours");
	assert_close(solve(&c, SUBSTITUTION_H).q, want(v, "Q_Gcal"), "H");
	c.hours = 24;
	c.is_separate = false;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_H);
}

static void every_case_of_the_file_is_run(void **state)
{
	(void)state;
	NEED_VECTORS(file);
	assert_int_equal(json_object_size(json_object_get(file, "cases")), SUBSTITUTION_COUNT);
}

/* ---- which rule, parts, what is lacking ---- */

static struct substitution_case full_case(enum substitution_cause cause)
{
	struct substitution_case c = new_case(cause);
	c.q_run = 100;
	c.run_hours = 500;
	c.hours = 100;
	c.known_hours = 100;
	c.t_in = 20;
	c.t_design = -30;
	c.t_run = -5;
	c.t_missing = -10;
	c.load = 0.4;
	c.load_hot_water = 0.05;
	c.q_previous = 200;
	c.previous_hours = 700;
	c.t_previous = -8;
	c.t_break = 2;
	c.warmest_day = -1;
	return c;
}

static void a_meter_gone_for_longer_than_allowed_is_as_if_there_were_none(void **state)
{
	(void)state;
	struct substitution_case c = full_case(CAUSE_METER);
	c.hours = 15 * 24;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_C);
	c.hours++;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_D);
	c.hours = 24;
	c.q_run = NAN; /* nothing to take a mean of */
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_D);
	c.is_hot_water = true;
	c.is_separate = true;
	c.q_run = 10;
	c.hours = 30 * 24;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_G);
	c.hours++;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_H);
	/* a limit that nobody set allows nothing */
	c = full_case(CAUSE_METER);
	c.max_days = NAN;
	assert_int_equal(substitution_choose(&c), SUBSTITUTION_D);
}

static uint32_t dice = 1;
static double roll(double from, double till)
{
	dice = dice * 1664525u + 1013904223u;
	return from + (till - from) * (double)(dice >> 8) / 16777216.0;
}

static void parts_sum_to_the_whole_by_every_rule(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct substitution_case c = full_case(CAUSE_METER);
		struct substitution_part parts[20];
		size_t n = 1 + (size_t)roll(0, 19);
		for (size_t k = 0; k < n; k++) {
			parts[k] = (struct substitution_part){roll(0.1, 24), roll(-30, 1), NAN};
		}
		substitution_case_parts(&c, parts, n);
		for (int rule = 0; rule < SUBSTITUTION_COUNT; rule++) {
			double sum = 0;
			struct substitution s = substitution_apply(
				(enum substitution_rule)rule, &c, parts, n);
			struct substitution whole = substitution_apply(
				(enum substitution_rule)rule, &c, NULL, 0);
			for (size_t k = 0; k < n; k++) {
				sum += parts[k].q;
			}
			assert_true(fabs(s.q - sum) < 1e-9);
			/* no day is warmer than the break, so E is linear as the others are */
			assert_true(fabs(s.q - whole.q) < 1e-9);
		}
	}
}

static void a_part_without_temperature_takes_the_mean_and_says_so(void **state)
{
	(void)state;
	struct substitution_case c = full_case(CAUSE_ABNORMAL);
	struct substitution_part parts[] = {{10, -10, NAN}, {30, -20, NAN}, {5, NAN, NAN}};
	substitution_case_parts(&c, parts, 3);
	assert_close(c.hours, 45, "hours");
	assert_close(c.t_missing, -17.5, "mean");
	assert_close(c.warmest_day, -10, "warmest");
	struct substitution s = substitution_apply(SUBSTITUTION_B, &c, parts, 3);
	assert_close(step(&s, "known_hours"), 40, "known");
	/* 100 / 500 h at -5: 0.2 * 37.5 / 25 */
	assert_close(parts[2].q, 5 * 0.3, "the part without");
	assert_close(s.q, 45 * 0.3, "the whole");
}

static void a_rule_that_lacks_something_gives_nothing_and_says_what(void **state)
{
	(void)state;
	const struct substitution_case full = full_case(CAUSE_METER);
	struct substitution_case c;
#define LACKING(rule, what, field)                                                            \
	do {                                                                                  \
		c = full;                                                                     \
		c.field = NAN;                                                                \
		struct substitution lacking = substitution_apply((rule), &c, NULL, 0);        \
		assert_int_equal(lacking.lack, (what));                                       \
		assert_true(isnan(lacking.q));                                                \
		assert_string_not_equal(substitution_lack_name(lacking.lack), "none");        \
		assert_int_equal(substitution_apply((rule), &full, NULL, 0).lack, LACK_NONE); \
	} while (0)
	LACKING(SUBSTITUTION_A, LACK_RUN, q_run);
	LACKING(SUBSTITUTION_B, LACK_OUTDOOR, t_missing);
	LACKING(SUBSTITUTION_C, LACK_OUTDOOR, t_run);
	LACKING(SUBSTITUTION_D, LACK_LOAD, load);
	LACKING(SUBSTITUTION_D, LACK_DESIGN, t_design);
	LACKING(SUBSTITUTION_E, LACK_BREAK, t_break);
	LACKING(SUBSTITUTION_F, LACK_PREVIOUS, q_previous);
	LACKING(SUBSTITUTION_H, LACK_LOAD_HOT_WATER, load_hot_water);
#undef LACKING
	c = full;
	c.q_run = NAN;
	c.q_previous = NAN;
	assert_int_equal(substitution_apply(SUBSTITUTION_G, &c, NULL, 0).lack, LACK_RUN);
	c = full;
	c.t_run = 21; /* heat measured at more than the indoor temperature scales to nothing */
	assert_int_equal(substitution_apply(SUBSTITUTION_C, &c, NULL, 0).lack, LACK_NO_HEATING);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_short_situation_has_the_mean_of_the_hours_measured),
		T(a_failed_meter_has_the_mean_day_over_the_design_temperature),
		T(without_a_meter_the_load_of_the_contract_counts),
		T(days_warmer_than_the_break_count_at_it_without_automatic_control),
		T(readings_not_handed_in_are_made_of_the_previous_period),
		T(hot_water_has_its_own_mean_or_its_own_load),
		T(every_case_of_the_file_is_run),
		T(a_meter_gone_for_longer_than_allowed_is_as_if_there_were_none),
		T(parts_sum_to_the_whole_by_every_rule),
		T(a_part_without_temperature_takes_the_mean_and_says_so),
		T(a_rule_that_lacks_something_gives_nothing_and_says_what),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
