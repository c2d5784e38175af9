/*
 * The published cases of balance_cases.json, every one of them; and what must hold of any balance:
 * the order of flats changes nothing, a day is the sum of its hours, what is missing is not zero.
 */
#include "calc/balance_tree.h"
#include "calc/leak.h"
#include "calc/suspect.h"
#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define TOLERANCE 1e-6 /* the file's */
#define DAY_S     86400
#define MEASURED  quality_make(QUALITY_MEASURED, SOURCE_METER, 0)

static const struct balance_rule *const rule = &balance_rule_default;

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
	return json_number_value(get(object, key));
}

/* Against `key` of the expectation, if it is told. */
static void check(const json_t *expect, const char *key, double got)
{
	const json_t *v = json_object_get(expect, key);
	double want = json_number_value(v);
	if (v && !(fabs(got - want) <= TOLERANCE * fmax(1, fabs(want)))) {
		fail_msg("%s: %.12g instead of %.12g", key, got, want);
	}
}

static void check_bool(const json_t *expect, const char *key, bool got)
{
	assert_int_equal(json_is_true(get(expect, key)), got);
}

static void put(struct balance *b, enum balance_part part, double value, double mpe)
{
	struct balance_term t = {{value, MEASURED}, mpe, 0};
	balance_add(&b->parts[part], &t, DAY_S, rule);
}

/* ---- the cases ---- */

static void run_imbalance_limit(const json_t *in, const json_t *expect)
{
	struct balance b = {0};
	struct balance_rule own = *rule;
	const json_t *flat;
	size_t i;
	own.k = number(in, "k");
	put(&b, BALANCE_INPUT, number(in, "common"), number(in, "common_mpe_pct"));
	json_array_foreach(get(in, "individual"), i, flat)
	{
		put(&b, BALANCE_FLATS, number(flat, "v"), number(flat, "mpe_pct"));
	}
	/* the file gives the metered common needs no error of their own */
	put(&b, BALANCE_COMMON, number(in, "common_needs_metered"), NAN);
	struct balance_result r = balance_result(&b, NAN, &own);
	check(expect, "sum_individual", b.parts[BALANCE_FLATS].value);
	check(expect, "imbalance", r.imbalance);
	check(expect, "imbalance_pct", r.percent);
	check(expect, "u_common", sqrt(b.parts[BALANCE_INPUT].variance));
	check(expect, "u_individual", sqrt(b.parts[BALANCE_FLATS].variance));
	check(expect, "u", r.u);
	check(expect, "limit", r.limit);
	check_bool(expect, "exceeds", balance_is_out(r.verdict));
}

static void run_closed(const json_t *in, const json_t *expect)
{
	struct closed_balance c = closed_balance(number(in, "M1"), number(in, "M2"),
		number(in, "mpe1_pct"), number(in, "mpe2_pct"), number(in, "k"));
	check(expect, "dM", c.difference);
	check(expect, "dM_pct", c.percent);
	check(expect, "limit_worst", c.limit_worst);
	check(expect, "limit_rss", c.limit);
	check_bool(expect, "leak", c.is_leak);
}

static size_t take_array(const json_t *array, double *ret, size_t cap)
{
	size_t n = json_array_size(array);
	assert_true(n <= cap);
	for (size_t i = 0; i < n; i++) {
		ret[i] = json_number_value(json_array_get(array, i));
	}
	return n;
}

static void run_night(const json_t *in, const json_t *expect)
{
	double minima[16];
	double want[16];
	double hours[24];
	const json_t *nights = get(in, "nights");
	size_t n = take_array(get(expect, "night_min"), want, 16);
	assert_int_equal(n, json_array_size(nights));
	for (size_t i = 0; i < n; i++) {
		size_t count = take_array(json_array_get(nights, i), hours, 24);
		minima[i] = leak_night_minimum(hours, count);
		assert_true(fabs(minima[i] - want[i]) < TOLERANCE);
	}
	struct leak_night r = leak_night(
		minima, n, 5, number(in, "residents"), number(in, "legit_lph_per_resident"));
	check(expect, "mnf_median", r.minimum);
	check(expect, "legit", r.legitimate);
	check(expect, "leak_m3_per_h", r.leak);
	check(expect, "leak_m3_per_month", r.month);
}

static void run_regression(const json_t *in, const json_t *expect)
{
	double common[16];
	double row[16];
	double imbalance[16];
	double want[16];
	double amounts[16 * 16];
	struct stat_line fits[16];
	struct suspect_location l;
	struct suspect_rule own = suspect_rule_default;
	size_t days = take_array(get(in, "common"), common, 16);
	size_t meters = 0;
	for (size_t d = 0; d < days; d++) {
		struct balance b = {0};
		meters = take_array(json_array_get(get(in, "meters"), d), row, 16);
		put(&b, BALANCE_INPUT, common[d], NAN);
		for (size_t j = 0; j < meters; j++) {
			amounts[j * days + d] = row[j];
			put(&b, BALANCE_FLATS, row[j], NAN);
		}
		imbalance[d] = balance_result(&b, NAN, rule).imbalance;
	}
	assert_int_equal(take_array(get(expect, "imbalance"), want, 16), days);
	for (size_t d = 0; d < days; d++) {
		assert_true(fabs(imbalance[d] - want[d]) < TOLERANCE);
	}
	own.min_days = days; /* the published series is a week */
	struct suspect_days sd = {imbalance, amounts, days, meters};
	suspect_locate(&sd, &own, fits, &l);
	for (size_t j = 0; j < meters; j++) {
		const json_t *fit = json_array_get(get(expect, "fits"), j);
		check(fit, "slope", fits[j].slope);
		check(fit, "intercept", fits[j].intercept);
		check(fit, "r2", fits[j].r2);
	}
	assert_int_equal(l.state, SUSPECT_ONE);
	check(expect, "suspect", (double)l.meters[0] + 1);
	check(expect, "correction_factor", l.factors[0]);
	check(expect, "residual_leak", l.leak);
}

static void run_net(const json_t *in, const json_t *expect)
{
	struct leak_reverse r = leak_reverse(
		number(in, "forward"), number(in, "reverse"), NAN, &leak_reverse_rule_default);
	check(expect, "net", r.net);
	check(expect, "reverse_pct", r.percent);
	check_bool(expect, "flag_reverse", r.is_flagged);
}

/* Hot water made in the house is taken out of the cold inlet: a negative term. */
static void run_cold_inlet(const json_t *in, const json_t *expect)
{
	struct balance b = {0};
	put(&b, BALANCE_INPUT, number(in, "total_inlet"), 2);
	put(&b, BALANCE_INPUT, -number(in, "hot"), 2);
	put(&b, BALANCE_FLATS, number(in, "sum_cold"), 2);
	check(expect, "cold_inlet", b.parts[BALANCE_INPUT].value);
	check(expect, "pr", balance_result(&b, NAN, rule).percent);
}

static void run_en1434(const json_t *in, const json_t *expect)
{
	struct figures *figures = NULL;
	struct diag d = {0};
	assert_int_equal(figures_load(NULL, &figures, &d), ERR_OK);
	struct en1434_class class2 = balance_heat_of(figures, 0, 20260101).class; /* by default */
	struct en1434_mpe e = mpe_en1434(
		&class2, number(in, "qp"), number(in, "q"), number(in, "dT"), number(in, "dTmin"));
	check(expect, "Ef", e.flow);
	check(expect, "Ec", e.calculator);
	check(expect, "Et", e.sensors);
	check(expect, "E", e.sum);
	figures_free(figures);
}

static void every_published_case_comes_out(void **state)
{
	static const struct {
		const char *op;
		void (*run)(const json_t *in, const json_t *expect);
	} ops[] = {
		{"imbalance_limit", run_imbalance_limit},
		{"closed_mass_balance", run_closed},
		{"night_flow", run_night},
		{"defective_meter_regression", run_regression},
		{"net_volume", run_net},
		{"original_imbalance_pct", run_cold_inlet},
		{"mpe_en1434_class2", run_en1434},
	};
	const char *path = vector_path("calc/balance_cases.json");
	json_t *root;
	const json_t *item;
	size_t i;
	size_t run = 0;
	(void)state;
	NEED_VECTORS(path);
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	json_array_foreach(get(root, "cases"), i, item)
	{
		const char *op = json_string_value(get(item, "op"));
		size_t k = 0;
		while (k < sizeof(ops) / sizeof(ops[0]) && strcmp(ops[k].op, op) != 0) {
			k++;
		}
		if (k == sizeof(ops) / sizeof(ops[0])) {
			fail_msg("nothing runs \"%s\"", op);
		}
		print_message("%s\n", json_string_value(get(item, "id")));
		ops[k].run(get(item, "input"), get(item, "expect"));
		run++;
	}
	assert_true(run >= 13);
	json_decref(root);
}

/* ---- what must hold ---- */

/* A small generator with a state of its own. */
static double random01(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (double)(*x >> 11) / 9007199254740992.0;
}

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%.15g instead of %.15g", got, want);
	}
}

#define FLATS 40

static struct balance_result of_order(const struct balance_term *terms, const size_t *order)
{
	struct balance b = {0};
	put(&b, BALANCE_INPUT, 20, 2);
	for (size_t i = 0; i < FLATS; i++) {
		balance_add(&b.parts[BALANCE_FLATS], &terms[order[i]], DAY_S, rule);
	}
	return balance_result(&b, NAN, rule);
}

static void the_order_of_flats_changes_nothing(void **state)
{
	uint64_t seed = 7;
	struct balance_term terms[FLATS];
	size_t order[FLATS];
	(void)state;
	for (size_t i = 0; i < FLATS; i++) {
		enum quality_class of = (enum quality_class)(i % QUALITY_CLASS_COUNT);
		double v = of == QUALITY_MISSING ? NAN : random01(&seed);
		terms[i] = (struct balance_term){
			{v, quality_make(of, SOURCE_POLLED, 0)}, 2 + random01(&seed), 0.001};
		order[i] = i;
	}
	struct balance_result first = of_order(terms, order);
	for (int round = 0; round < 200; round++) {
		for (size_t i = FLATS; i-- > 1;) {
			size_t k = (size_t)(random01(&seed) * (double)(i + 1));
			size_t t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		struct balance_result r = of_order(terms, order);
		assert_near(r.imbalance, first.imbalance);
		assert_near(r.limit, first.limit);
		assert_near(r.skew, first.skew);
		assert_near(r.missing, first.missing);
		assert_int_equal(r.verdict, first.verdict);
	}
}

static void a_day_split_into_hours_gives_the_same_balance(void **state)
{
	uint64_t seed = 11;
	(void)state;
	for (int round = 0; round < 50; round++) {
		struct balance day = {0};
		struct balance hours = {0};
		double flat_day[FLATS] = {0};
		double input_day = 0;
		for (int h = 0; h < 24; h++) {
			struct balance hour = {0};
			double input = random01(&seed);
			put(&hour, BALANCE_INPUT, input, 0);
			input_day += input;
			for (size_t i = 0; i < FLATS; i++) {
				double v = random01(&seed) / FLATS;
				flat_day[i] += v;
				put(&hour, BALANCE_FLATS, v, 0);
			}
			balance_merge_all(&hours, &hour);
		}
		put(&day, BALANCE_INPUT, input_day, 0);
		for (size_t i = 0; i < FLATS; i++) {
			put(&day, BALANCE_FLATS, flat_day[i], 0);
		}
		struct balance_result a = balance_result(&day, NAN, rule);
		struct balance_result b = balance_result(&hours, NAN, rule);
		assert_near(b.imbalance, a.imbalance);
		assert_near(b.percent, a.percent);
		assert_near(b.completeness, a.completeness);
	}
}

static void a_missing_flat_lowers_completeness_and_is_not_zero(void **state)
{
	struct balance b = {0};
	(void)state;
	put(&b, BALANCE_INPUT, 10, 2);
	for (int i = 0; i < 9; i++) {
		put(&b, BALANCE_FLATS, 1, 2);
	}
	struct balance_result whole = balance_result(&b, NAN, rule);
	assert_near(whole.completeness, 1);
	assert_int_equal(whole.verdict, BALANCE_LOSS); /* 1 against 2 sqrt(.2² + 9 .02²) / sqrt 3 */
	put(&b, BALANCE_FLATS, NAN, 2);
	struct balance_result hole = balance_result(&b, NAN, rule);
	assert_near(hole.completeness, 10.0 / 11);
	assert_near(hole.imbalance, whole.imbalance); /* of what is known: not scaled up */
	assert_near(hole.missing, 2);                 /* twice the mean of nine flats */
	assert_int_equal(hole.verdict, BALANCE_UNCLEAR);
	assert_int_equal(
		quality_class(balance_value(&b.parts[BALANCE_FLATS]).quality), QUALITY_PARTIAL);
	struct balance_sum none = {0};
	balance_add_missing(&none, 3);
	assert_true(isnan(balance_value(&none).value));
	assert_near(balance_completeness(&none), 0);
}

static void more_counted_than_came_in_is_certain_even_with_holes(void **state)
{
	struct balance b = {0};
	(void)state;
	put(&b, BALANCE_INPUT, 10, 2);
	put(&b, BALANCE_FLATS, 12, 2);
	put(&b, BALANCE_FLATS, NAN, 2);
	assert_int_equal(balance_result(&b, NAN, rule).verdict, BALANCE_EXCESS);
}

static void suspect_values_are_left_out_and_counted(void **state)
{
	struct balance b = {0};
	struct balance_term odd = {
		{500, quality_make(QUALITY_SUSPECT, SOURCE_POLLED, QUALITY_HIGH_SUSPECT)}, 2, 0};
	(void)state;
	put(&b, BALANCE_INPUT, 10, 2);
	put(&b, BALANCE_FLATS, 10, 2);
	balance_add(&b.parts[BALANCE_FLATS], &odd, DAY_S, rule);
	assert_near(b.parts[BALANCE_FLATS].value, 10);
	assert_int_equal(b.parts[BALANCE_FLATS].suspect, 1);
	assert_int_equal(b.parts[BALANCE_FLATS].present, 1);
}

/* Interpolated within two hours: of a day's 2.4 m3, a twelfth may lie on the other side. */
static void values_not_taken_together_blur_the_balance(void **state)
{
	struct balance b = {0};
	struct balance_term t = {{2.4, quality_make(QUALITY_INTERPOLATED, SOURCE_POLLED, 0)}, 0, 0};
	(void)state;
	put(&b, BALANCE_INPUT, 2.5, 0);
	balance_add(&b.parts[BALANCE_FLATS], &t, DAY_S, rule);
	struct balance_result r = balance_result(&b, NAN, rule);
	assert_near(r.skew, 0.2);
	assert_near(r.loose_share, 0.5);
	assert_int_equal(r.verdict, BALANCE_UNCLEAR); /* 0.1 is less than 0.2 */
	/* by hand: the whole of a day, and a thirtieth of thirty */
	t.v.quality = quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0);
	struct balance_sum s = {0};
	balance_add(&s, &t, DAY_S, rule);
	assert_near(s.skew, 2.4);
	s = (struct balance_sum){0};
	balance_add(&s, &t, 30 * DAY_S, rule);
	assert_near(s.skew, 0.08);
}

static void readings_to_a_resolution_widen_the_limit(void **state)
{
	struct balance_sum s = {0};
	struct balance_term t = {{5, MEASURED}, 0, 0.6};
	(void)state;
	balance_add(&s, &t, DAY_S, rule);
	assert_near(s.variance, 0.06); /* 0.6² / 6 */
}

static void what_is_normal_is_the_tenth_percentile(void **state)
{
	double days[61];
	(void)state;
	for (int i = 0; i < 61; i++) {
		days[i] = (i * 37 % 61) / 10.0; /* 0 .. 6.0 in some order */
	}
	/* the first is too old: without its 0 there are 0.1 .. 6.0, the quantile lies at 5.9 steps */
	assert_near(balance_expected(days, 61, &balance_normal_default), 0.69);
	for (int i = 0; i < 52; i++) {
		days[i] = NAN;
	}
	assert_true(isnan(balance_expected(days, 61, &balance_normal_default)));
	struct balance_normal few = balance_normal_default;
	few.min_days = 5;
	assert_true(!isnan(balance_expected(days, 61, &few)));
	double negative[3] = {-1, -2, -3};
	few.min_days = 1;
	assert_near(balance_expected(negative, 3, &few), 0);
}

static void an_expected_loss_is_no_alarm(void **state)
{
	struct balance b = {0};
	(void)state;
	put(&b, BALANCE_INPUT, 10, 2);
	put(&b, BALANCE_FLATS, 8.5, 2);
	assert_int_equal(balance_result(&b, 0, rule).verdict, BALANCE_LOSS);
	assert_int_equal(balance_result(&b, 1.5, rule).verdict, BALANCE_OK);
	assert_int_equal(balance_result(&b, 3, rule).verdict, BALANCE_EXCESS);
	assert_int_equal(balance_result_learned(&b, 1.5, rule).verdict, BALANCE_OK);
	assert_int_equal(balance_result_learned(&b, 3, rule).verdict, BALANCE_OK);
	put(&b, BALANCE_FLATS, 2.5, 2);
	assert_int_equal(balance_result_learned(&b, 3, rule).verdict, BALANCE_EXCESS);
}

static void days_without_a_verdict_do_not_end_a_streak(void **state)
{
	enum balance_verdict days[] = {BALANCE_LOSS, BALANCE_OK, BALANCE_LOSS, BALANCE_UNCLEAR,
		BALANCE_LOSS, BALANCE_LOSS, BALANCE_NO_INPUT};
	enum balance_verdict last;
	(void)state;
	assert_int_equal(balance_streak(days, 7, &last), 3);
	assert_int_equal(last, BALANCE_LOSS);
	assert_int_equal(balance_streak(days, 2, &last), 0);
	assert_int_equal(balance_streak(days, 0, &last), 0);
	days[6] = BALANCE_EXCESS;
	assert_int_equal(balance_streak(days, 7, &last), 1);
	assert_int_equal(last, BALANCE_EXCESS);
}

static void nothing_known_gives_no_number(void **state)
{
	struct balance b = {0};
	(void)state;
	struct balance_result r = balance_result(&b, NAN, rule);
	assert_true(isnan(r.imbalance) && isnan(r.percent) && isnan(r.outgoing));
	assert_int_equal(r.verdict, BALANCE_NO_INPUT);
	put(&b, BALANCE_INPUT, 0, 2);
	r = balance_result(&b, NAN, rule);
	assert_int_equal(r.verdict, BALANCE_NOTHING);
	put(&b, BALANCE_FLATS, 0, 2);
	r = balance_result(&b, NAN, rule);
	assert_near(r.imbalance, 0);
	assert_true(isnan(r.percent)); /* of nothing there is no share */
	assert_int_equal(r.verdict, BALANCE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_case_comes_out),
		cmocka_unit_test(the_order_of_flats_changes_nothing),
		cmocka_unit_test(a_day_split_into_hours_gives_the_same_balance),
		cmocka_unit_test(a_missing_flat_lowers_completeness_and_is_not_zero),
		cmocka_unit_test(more_counted_than_came_in_is_certain_even_with_holes),
		cmocka_unit_test(suspect_values_are_left_out_and_counted),
		cmocka_unit_test(values_not_taken_together_blur_the_balance),
		cmocka_unit_test(readings_to_a_resolution_widen_the_limit),
		cmocka_unit_test(what_is_normal_is_the_tenth_percentile),
		cmocka_unit_test(an_expected_loss_is_no_alarm),
		cmocka_unit_test(days_without_a_verdict_do_not_end_a_streak),
		cmocka_unit_test(nothing_known_gives_no_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
