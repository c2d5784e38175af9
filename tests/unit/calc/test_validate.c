/*
 * Every published case of validation and estimation (vee_cases.json), and what the cases leave open.
 */
#include "calc/estimate.h"
#include "calc/validate.h"
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define TOLERANCE 1e-6 /* the file's */
#define VALUES    64

static json_t *get(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	if (!v) {
		fail_msg("no \"%s\" in the case", key);
	}
	return v;
}

static double number(const json_t *object, const char *key)
{
	json_t *v = get(object, key);
	return json_is_null(v) ? NAN : json_number_value(v);
}

static size_t numbers(const json_t *list, double *ret)
{
	size_t n = json_array_size(list);
	assert_true(n <= VALUES);
	for (size_t i = 0; i < n; i++) {
		ret[i] = json_number_value(json_array_get(list, i));
	}
	return n;
}

static void assert_number(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= TOLERANCE * fmax(1, fabs(want)))) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

static void assert_state(const struct check *c, const json_t *want)
{
	if (json_is_true(json_object_get(want, "not_applicable"))) {
		assert_int_equal(c->state, CHECK_NONE);
	} else {
		assert_int_equal(
			c->state, json_is_true(get(want, "fail")) ? CHECK_FAIL : CHECK_PASS);
	}
}

/* ---- validation ---- */

static void run_spike(const json_t *in, const json_t *want)
{
	double v[VALUES];
	size_t n = numbers(get(in, "values"), v);
	struct check c = check_spike(v, n, number(in, "limit"), 0);
	assert_number(v[c.at], number(want, "max"));
	assert_number(c.other, number(want, "third"));
	assert_number(c.measure, number(want, "ratio"));
	assert_state(&c, want);
}

static void run_sum_check(const json_t *in, const json_t *want)
{
	struct check c = check_sum(number(in, "interval_sum"), number(in, "r1"), number(in, "r2"),
		number(in, "multiplier"), number(in, "reg_resolution"), number(in, "pulse_value"));
	assert_number(c.measure, number(want, "diff"));
	assert_number(c.limit, number(want, "tolerance"));
	assert_state(&c, want);
}

static void run_high_low(const json_t *in, const json_t *want)
{
	double history[VALUES];
	size_t n = numbers(get(in, "hist_adu"), history);
	struct check c = check_high_low(
		number(in, "adu"), history, n, number(in, "low"), number(in, "high"));
	assert_number(c.other, number(want, "mean"));
	assert_number(c.measure, number(want, "ratio"));
	assert_state(&c, want);
}

static void run_zero_run(const json_t *in, const json_t *want)
{
	struct check c = check_zero_run(
		number(in, "zero_hours"), number(in, "limit"), json_is_true(get(in, "occupied")));
	assert_state(&c, want);
}

static void run_no_zero(const json_t *in, const json_t *want)
{
	/* the case names the smallest hour of the window only: the others are more */
	double v[VALUES];
	size_t n = (size_t)number(in, "window_h");
	for (size_t i = 0; i < n; i++) {
		v[i] = number(in, "min_hour_value") * (double)(1 + i % 5);
	}
	struct check c = check_never_zero(v, n, n, number(in, "limit"));
	assert_number(c.measure, number(in, "min_hour_value"));
	assert_state(&c, want);
}

static void run_flatline(const json_t *in, const json_t *want)
{
	double v[VALUES];
	size_t n = numbers(get(in, "values"), v);
	struct check c = check_flat(
		v, n, number(in, "resolution"), number(in, "step_min") / 60, number(in, "limit_h"));
	assert_number(c.other, number(want, "spread"));
	assert_number(c.measure, 6); /* twelve half-hours */
	assert_state(&c, want);
}

static void run_rate(const json_t *in, const json_t *want)
{
	struct check c = check_rate(number(in, "v1"), number(in, "v2"), number(in, "dt_min"),
		number(in, "limit_per_min"));
	assert_number(c.measure, number(want, "rate"));
	assert_state(&c, want);
}

static void run_energy(const json_t *in, const json_t *want)
{
	struct check c = check_energy(
		number(in, "Q_meter_GJ"), number(in, "Q_calc_GJ"), number(in, "limit_pct"));
	assert_number(c.measure, number(want, "dev_pct"));
	assert_state(&c, want);
}

static void run_mass_balance(const json_t *in, const json_t *want)
{
	struct check c = check_mass_balance(
		number(in, "M1"), number(in, "M2"), number(in, "limit_pct"));
	assert_number(c.measure, number(want, "dev_pct"));
	assert_state(&c, want);
}

/* ---- estimation ---- */

static void run_like_days(const json_t *in, const json_t *want)
{
	double days[VALUES], mean[VALUES], expected[VALUES];
	json_t *list = get(in, "like_days");
	size_t n = 0, sum_n;
	for (size_t d = 0; d < json_array_size(list); d++) {
		n = json_array_size(json_array_get(list, d));
		(void)numbers(json_array_get(list, d), &days[d * n]);
	}
	estimate_mean(days, json_array_size(list), n, mean);
	assert_int_equal(numbers(get(want, "average"), expected), n);
	for (size_t i = 0; i < n; i++) {
		assert_number(mean[i], expected[i]);
	}
	double total = number(in, "register_delta"), sum = 0;
	double scale = estimate_scale(mean, n, total);
	assert_number(scale, number(want, "scale"));
	assert_true(estimate_scale_is_sound(scale, 0.5, 2));
	sum_n = numbers(get(want, "values"), expected);
	for (size_t i = 0; i < sum_n; i++) {
		assert_number(mean[i] * scale, expected[i]);
		sum += mean[i] * scale;
	}
	assert_number(sum, number(want, "sum"));
}

static void run_linear(const json_t *in, const json_t *want)
{
	double got[VALUES], expected[VALUES];
	size_t n = (size_t)number(in, "n");
	estimate_linear(number(in, "before"), number(in, "after"), n, got);
	assert_int_equal(numbers(get(want, "values"), expected), n);
	for (size_t i = 0; i < n; i++) {
		assert_number(got[i], expected[i]);
	}
}

static void run_degree_days(const json_t *in, const json_t *want)
{
	double heat[VALUES], degrees[VALUES];
	size_t n = numbers(get(in, "ref_Q_Gcal"), heat);
	assert_int_equal(numbers(get(in, "ref_hdd"), degrees), n);
	double specific = estimate_specific_heat(heat, degrees, n);
	assert_number(specific, number(want, "specific"));
	assert_number(specific * number(in, "hdd_missing"), number(want, "value"));
}

static void run_six_months(const json_t *in, const json_t *want)
{
	double months[VALUES];
	size_t n = numbers(get(in, "months"), months);
	double monthly = estimate_monthly(months, n, 3, 6);
	assert_number(monthly, number(want, "monthly"));
	assert_number(monthly * number(in, "missing_months"), number(want, "total"));
}

static void run_norm(const json_t *in, const json_t *want)
{
	assert_number(estimate_norm(number(in, "norm"), number(in, "persons"), number(in, "months"),
			      number(in, "raising")),
		number(want, "total"));
}

static const struct {
	const char *rule;
	void (*run)(const json_t *in, const json_t *want);
} runs[] = {
	{"spike", run_spike},
	{"sum_check", run_sum_check},
	{"high_low_adu", run_high_low},
	{"zero_run", run_zero_run},
	{"no_zero_run", run_no_zero},
	{"flatline", run_flatline},
	{"rate_of_change", run_rate},
	{"energy_recalc", run_energy},
	{"mass_balance", run_mass_balance},
	{"estimate_like_days", run_like_days},
	{"estimate_linear", run_linear},
	{"estimate_degree_days", run_degree_days},
	{"estimate_six_months", run_six_months},
	{"estimate_norm", run_norm},
};

static bool run_case(const json_t *c)
{
	const char *rule = json_string_value(get(c, "rule"));
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (strcmp(runs[i].rule, rule) == 0) {
			runs[i].run(get(c, "input"), get(c, "expect"));
			return true;
		}
	}
	return false;
}

static void every_published_case_comes_out(void **state)
{
	(void)state;
	const char *path = vector_path("calc/vee_cases.json");
	NEED_VECTORS(path);
	json_t *root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	json_t *cases = get(root, "cases");
	size_t n = json_array_size(cases);
	for (size_t i = 0; i < n; i++) {
		json_t *c = json_array_get(cases, i);
		if (!run_case(c)) {
			fail_msg("nothing runs case %s", json_string_value(get(c, "id")));
		}
	}
	assert_int_equal(n, 19);
	json_decref(root);
}

/* ---- what the cases leave open ---- */

static void what_is_unknown_is_never_passed(void **state)
{
	(void)state;
	double hole[24];
	for (size_t i = 0; i < 24; i++) {
		hole[i] = i == 7 ? NAN : 1;
	}
	assert_int_equal(check_range(NAN, 0, 1).state, CHECK_NONE);
	assert_int_equal(check_range(1, NAN, NAN).state, CHECK_NONE);
	assert_int_equal(check_gap(3, NAN).state, CHECK_NONE);
	assert_int_equal(check_clock(NAN, 60, 900).state, CHECK_NONE);
	assert_int_equal(check_negative(NAN, 0).state, CHECK_NONE);
	assert_int_equal(check_capacity(5, 0, 1, 1.1).state, CHECK_NONE);
	assert_int_equal(check_spike(hole, 2, 1.8, 0).state, CHECK_NONE);
	assert_int_equal(check_high_low(1, hole, 0, 0.4, 2).state, CHECK_NONE);
	assert_int_equal(check_zero_run(NAN, 48, true).state, CHECK_NONE);
	assert_int_equal(check_never_zero(hole, 24, 24, 0).state, CHECK_NONE);
	assert_int_equal(check_rate(1, NAN, 5, 1).state, CHECK_NONE);
	assert_int_equal(check_sum(NAN, 1, 2, 1, 0.1, 0).state, CHECK_NONE);
	assert_int_equal(check_energy(1, 0, 2).state, CHECK_NONE);
	assert_int_equal(check_temperatures(60, 70, NAN, 0.1, 0.5).state, CHECK_NONE);
	assert_int_equal(check_vacant(1, NAN, 0.05).state, CHECK_NONE);
}

static void limits_hold_at_both_ends(void **state)
{
	(void)state;
	assert_int_equal(check_range(160, -50, 160).state, CHECK_PASS);
	assert_int_equal(check_range(160.1, -50, 160).state, CHECK_FAIL);
	assert_int_equal(check_range(-51, -50, 160).state, CHECK_FAIL);
	assert_true(check_range(-51, -50, 160).limit == -50);
	assert_int_equal(check_range(1e9, 0, NAN).state, CHECK_PASS);
	assert_int_equal(check_gap(1, 1).state, CHECK_FAIL);
	assert_int_equal(check_gap(0, 1).state, CHECK_PASS);
	assert_int_equal(check_clock(-61, 60, 900).state, CHECK_FAIL);
	assert_true(check_clock(-61, 60, 900).other == 1);
	assert_true(check_clock(901, 60, 900).other == 2);
	assert_int_equal(check_capacity(3.3, 3, 1, 1.1).state, CHECK_PASS);
	assert_int_equal(check_capacity(3.4, 3, 1, 1.1).state, CHECK_FAIL);
	assert_int_equal(check_negative(-0.002, 0.002).state, CHECK_PASS);
	assert_int_equal(check_negative(-0.003, 0.002).state, CHECK_FAIL);
	assert_int_equal(check_zero_run(48, 48, true).state, CHECK_PASS);
	assert_int_equal(check_zero_run(72, 48, false).state, CHECK_NONE);
	/* return 0.6 K above supply while 2 t/h flow; the same with a valve shut */
	assert_int_equal(check_temperatures(60, 60.6, 2, 0.1, 0.5).state, CHECK_FAIL);
	assert_int_equal(check_temperatures(60, 60.6, 0, 0.1, 0.5).state, CHECK_NONE);
	assert_int_equal(check_pair(10.3, 10, 2).state, CHECK_FAIL);
	assert_int_equal(check_pair(9.9, 10, 2).state, CHECK_PASS);
	/* mean of the inhabited 0.2: a twentieth of it is 0.01 */
	assert_int_equal(check_vacant(0.009, 0.2, 0.05).state, CHECK_PASS);
	assert_int_equal(check_vacant(0.011, 0.2, 0.05).state, CHECK_FAIL);
}

static void a_stuck_stretch_inside_a_day_is_found_with_its_beginning(void **state)
{
	(void)state;
	double v[24];
	for (size_t i = 0; i < 24; i++) {
		v[i] = i >= 9 && i < 16 ? 61.25 + 0.001 * (double)(i % 2) : 60 + (double)i;
	}
	struct check c = check_flat(v, 24, 0.01, 1, 6);
	assert_int_equal(c.state, CHECK_FAIL);
	assert_int_equal(c.at, 9);
	assert_true(fabs(c.measure - 7) < 1e-12);
	v[12] = NAN; /* a hole ends the stretch: 3 and 3 hours */
	assert_int_equal(check_flat(v, 24, 0.01, 1, 6).state, CHECK_PASS);
}

static void a_small_day_has_no_spikes(void **state)
{
	(void)state;
	double v[24] = {[3] = 0.001, [4] = 0.001, [5] = 0.001, [6] = 0.003};
	assert_int_equal(check_spike(v, 24, 1.8, 0.003).state, CHECK_NONE);
	v[6] = 0.004;
	assert_int_equal(check_spike(v, 24, 1.8, 0.003).state, CHECK_FAIL);
}

static void like_days_follow_the_table_and_the_distance(void **state)
{
	(void)state;
	struct like_day days[61];
	size_t before[8];
	for (int i = 0; i < 61; i++) { /* today is a Monday */
		days[i] = (struct like_day){((1 - i) % 7 + 7) % 7, false, true};
	}
	/* Mondays first, although last Thursday was nearer */
	assert_int_equal(like_days(days, 61, before, 3), 3);
	assert_int_equal(before[0], 7);
	assert_int_equal(before[1], 14);
	assert_int_equal(before[2], 21);
	/* only one Monday left: Tuesdays follow, then Wednesdays */
	for (size_t i = 14; i < 61; i += 7) {
		days[i].is_eligible = false;
	}
	assert_int_equal(like_days(days, 61, before, 3), 3);
	assert_int_equal(before[0], 7);
	assert_int_equal(before[1], 6);
	assert_int_equal(before[2], 13);
	/* a holiday is a Sunday, whatever its weekday: Sundays are 1, 8, 15 days before */
	days[0].is_holiday = true;
	assert_int_equal(like_days(days, 61, before, 3), 3);
	assert_int_equal(before[0], 1);
	assert_int_equal(before[1], 8);
	assert_int_equal(before[2], 15);
}

static void middle_days_of_the_week_stand_for_each_other(void **state)
{
	(void)state;
	struct like_day wednesday = {3, false, true}, tuesday = {2, false, true};
	struct like_day friday = {5, false, true}, monday = {1, false, true};
	struct like_day saturday = {6, false, true}, sunday = {0, false, true};
	assert_int_equal(like_rank(&wednesday, &tuesday), 1);
	assert_int_equal(like_rank(&wednesday, &friday), 0);
	assert_int_equal(like_rank(&wednesday, &monday), 0);
	assert_int_equal(like_rank(&monday, &wednesday), 3);
	assert_int_equal(like_rank(&saturday, &sunday), 0);
}

static void a_stretched_profile_is_not_published_by_itself(void **state)
{
	(void)state;
	double v[3] = {1, 1, 2};
	assert_true(estimate_scale_is_sound(estimate_scale(v, 3, 8), 0.5, 2));
	assert_false(estimate_scale_is_sound(estimate_scale(v, 3, 8.1), 0.5, 2));
	assert_false(estimate_scale_is_sound(estimate_scale(v, 3, 1.9), 0.5, 2));
	v[0] = v[1] = v[2] = 0;
	assert_true(isnan(estimate_scale(v, 3, 1)));
	assert_false(estimate_scale_is_sound(NAN, 0.5, 2));
}

static void months_before_are_averaged_only_if_there_are_enough(void **state)
{
	(void)state;
	double months[8] = {NAN, 4, 5, NAN, 6, NAN, NAN, NAN};
	assert_true(fabs(estimate_monthly(months, 8, 3, 6) - 5) < 1e-12);
	months[2] = NAN;
	assert_true(isnan(estimate_monthly(months, 8, 3, 6)));
}

static void every_rule_has_its_words_and_its_id(void **state)
{
	(void)state;
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule_info *r = rule_info((enum rule)i);
		enum rule found;
		assert_non_null(r->id);
		assert_true(rule_from_id(r->id, &found));
		assert_int_equal(found, i);
		assert_true(r->title[0] && r->title_ru[0] && r->look[0] && r->look_ru[0]);
		assert_true(r->kinds != 0);
	}
	assert_int_equal(RULE_COUNT, 20);
}

static void limits_of_a_quantity_are_found_by_the_longest_name(void **state)
{
	(void)state;
	static const char text[] =
		"figures:\n"
		"  - {code: validation.range.hi, title: x, title_ru: x, unit: K, values: [{valid_from: 2000-01-01, value: 1, source: s}]}\n"
		"  - {code: validation.range.hi.temperature, title: x, title_ru: x, unit: K, values: [{valid_from: 2000-01-01, value: 2, source: s}]}\n"
		"  - {code: validation.range.hi.temperature_hot_water, title: x, title_ru: x, unit: K, values: [{valid_from: 2000-01-01, value: 3, source: s}]}\n"
		"  - {code: validation.range.level, title: x, title_ru: x, unit: \"\", values: [{valid_from: 2000-01-01, value: 2, source: s}]}\n";
	struct figures *f = NULL;
	struct diag d = {0};
	if (figures_parse("test", (struct slice){(const uint8_t *)text, sizeof(text) - 1}, NULL, &f,
		    &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	struct rule_at at = {f, 0, QUANTITY_TEMPERATURE_HOT_WATER, 20260101};
	assert_true(rule_param(&at, RULE_RANGE, "hi") == 3);
	at.quantity = QUANTITY_TEMPERATURE_SUPPLY;
	assert_true(rule_param(&at, RULE_RANGE, "hi") == 2);
	at.quantity = QUANTITY_PRESSURE;
	assert_true(rule_param(&at, RULE_RANGE, "hi") == 1);
	assert_true(isnan(rule_param(&at, RULE_RANGE, "lo")));
	assert_int_equal(rule_level(&at, RULE_RANGE), LEVEL_FAIL);
	assert_int_equal(rule_level(&at, RULE_SPIKE), LEVEL_OFF);
	figures_free(f);
}

static void the_rules_that_come_with_the_program_are_complete(void **state)
{
	(void)state;
	struct figures *f = NULL;
	struct diag d = {0};
	if (figures_load(NULL, &f, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	for (int i = 0; i < RULE_COUNT; i++) {
		char code[CODE_CAP];
		(void)snprintf(
			code, sizeof(code), "validation.%s.level", rule_info((enum rule)i)->code);
		if (!figure_at(f, 0, code, 20260101)) {
			fail_msg("no %s", code);
		}
	}
	struct rule_at at = {f, 0, QUANTITY_TEMPERATURE_SUPPLY, 20260101};
	assert_true(rule_param(&at, RULE_RANGE, "lo") == -50);
	assert_true(rule_param(&at, RULE_RANGE, "hi") == 160);
	assert_true(rule_param(&at, RULE_ROC, "per_minute") == 5);
	assert_int_equal(rule_level(&at, RULE_RANGE), LEVEL_FAIL);
	at.quantity = QUANTITY_TEMPERATURE_OUTDOOR;
	assert_true(rule_param(&at, RULE_RANGE, "hi") == 55);
	at.quantity = QUANTITY_COLD_WATER;
	assert_true(isnan(rule_param(&at, RULE_RANGE, "hi")));
	assert_true(rule_param(&at, RULE_ZERO, "hours") == 336);
	assert_true(rule_param(&at, RULE_SPIKE, "ratio") == 1.8);
	figures_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_case_comes_out),
		cmocka_unit_test(what_is_unknown_is_never_passed),
		cmocka_unit_test(limits_hold_at_both_ends),
		cmocka_unit_test(a_stuck_stretch_inside_a_day_is_found_with_its_beginning),
		cmocka_unit_test(a_small_day_has_no_spikes),
		cmocka_unit_test(like_days_follow_the_table_and_the_distance),
		cmocka_unit_test(middle_days_of_the_week_stand_for_each_other),
		cmocka_unit_test(a_stretched_profile_is_not_published_by_itself),
		cmocka_unit_test(months_before_are_averaged_only_if_there_are_enough),
		cmocka_unit_test(every_rule_has_its_words_and_its_id),
		cmocka_unit_test(limits_of_a_quantity_are_found_by_the_longest_name),
		cmocka_unit_test(the_rules_that_come_with_the_program_are_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
