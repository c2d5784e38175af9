/*
 * A defective meter is found among many from days of balances, and nobody is accused without proof.
 */
#include "calc/suspect.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define DAYS   60
#define METERS 30

static double random01(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (double)(*x >> 11) / 9007199254740992.0;
}

/* A house whose flats use what they like; meters show factor[j] of it, `leak` flows besides. */
struct house {
	double amounts[METERS * DAYS];
	double imbalance[DAYS];
	struct suspect_days days;
};

static struct house *house_of(const double *factor, double leak, double noise, uint64_t seed)
{
	static struct house h;
	memset(&h, 0, sizeof(h));
	for (size_t d = 0; d < DAYS; d++) {
		h.imbalance[d] = leak + noise * (random01(&seed) - 0.5);
		for (size_t j = 0; j < METERS; j++) {
			double used = 0.1 + 0.5 * random01(&seed);
			h.amounts[j * DAYS + d] = used * factor[j];
			h.imbalance[d] += used * (1 - factor[j]);
		}
	}
	h.days = (struct suspect_days){h.imbalance, h.amounts, DAYS, METERS};
	return &h;
}

static void all_right(double *factor)
{
	for (size_t j = 0; j < METERS; j++) {
		factor[j] = 1;
	}
}

static struct suspect_location locate(const struct suspect_days *days)
{
	struct suspect_location l;
	suspect_locate(days, &suspect_rule_default, NULL, &l);
	return l;
}

static void a_slow_meter_is_found_with_its_factor_and_the_leak(void **state)
{
	double factor[METERS];
	(void)state;
	for (size_t j = 0; j < METERS; j++) {
		all_right(factor);
		factor[j] = 0.6;
		struct suspect_location l = locate(&house_of(factor, 0.2, 0.02, 1000 + j)->days);
		assert_int_equal(l.state, SUSPECT_ONE);
		assert_int_equal(l.meters[0], j);
		assert_true(fabs(l.factors[0] - 1 / 0.6) < 0.05);
		assert_true(fabs(l.leak - 0.2) < 0.02);
	}
}

static void a_meter_that_counts_too_much_is_found_where_more_is_counted(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	factor[7] = 10; /* pulse weight of the register, ten times too high */
	struct suspect_location l = locate(&house_of(factor, 0.05, 0.02, 3)->days);
	assert_int_equal(l.state, SUSPECT_ONE);
	assert_int_equal(l.meters[0], 7);
	assert_true(fabs(suspect_ratio(l.factors[0], &suspect_rule_default) - 0.1) < 1e-12);
}

static void two_slow_meters_are_found_together(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	factor[4] = 0.5;
	factor[20] = 0.6;
	struct suspect_location l = locate(&house_of(factor, 0, 0.01, 5)->days);
	assert_int_equal(l.state, SUSPECT_PAIR);
	assert_int_equal(l.meters[0] + l.meters[1], 24);
	assert_true(l.meters[0] == 4 || l.meters[1] == 4);
}

static void a_leak_alone_accuses_nobody(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct suspect_location l = locate(&house_of(factor, 0.5, 0.1, seed)->days);
		assert_int_equal(l.state, SUSPECT_NONE);
	}
}

static void two_meters_that_move_together_are_not_told_apart(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	factor[2] = 0.5;
	struct house *h = house_of(factor, 0, 0.05, 9);
	memcpy(h->amounts + 3 * DAYS, h->amounts + 2 * DAYS, DAYS * sizeof(double));
	assert_int_equal(locate(&h->days).state, SUSPECT_NONE);
}

static void too_few_days_name_nobody(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	factor[2] = 0.5;
	struct house *h = house_of(factor, 0, 0, 9);
	for (size_t d = 13; d < DAYS; d++) {
		h->imbalance[d] = NAN;
	}
	struct suspect_location l = locate(&h->days);
	assert_int_equal(l.state, SUSPECT_TOO_SHORT);
	assert_int_equal(l.days, 13);
	h->days.meters = 0;
	assert_int_equal(locate(&h->days).state, SUSPECT_TOO_SHORT);
}

static void unknown_days_of_a_meter_are_left_out(void **state)
{
	double factor[METERS];
	(void)state;
	all_right(factor);
	factor[2] = 0.5;
	struct house *h = house_of(factor, 0, 0.01, 21);
	for (size_t d = 0; d < DAYS; d += 3) {
		h->amounts[2 * DAYS + d] = NAN;
	}
	struct suspect_location l = locate(&h->days);
	assert_int_equal(l.state, SUSPECT_ONE);
	assert_int_equal(l.meters[0], 2);
	assert_int_equal(l.days, 40);
}

static void hints_are_found(void **state)
{
	const struct suspect_rule *rule = &suspect_rule_default;
	struct suspect_finding f;
	double days[DAYS];
	double house[DAYS];
	(void)state;
	for (int d = 0; d < DAYS; d++) {
		days[d] = d < 40 ? 0.2 : 0;
		house[d] = 10;
	}
	assert_true(suspect_zero(days, DAYS, rule, &f));
	assert_true(f.a > 19.5 && f.a < 20.5 && f.b > 39.5 && f.b < 40.5);
	days[58] = NAN;
	assert_true(suspect_zero(days, DAYS, rule, &f));
	assert_true(f.a > 18.5 && f.a < 19.5);
	assert_false(suspect_zero(days, 50, rule, &f));
	assert_true(suspect_jump(days, house, DAYS, rule, &f)); /* 2 % to 0.67 % */
	assert_true(fabs(f.a - 2) < 1e-9);
	for (int d = 0; d < DAYS; d++) {
		days[d] = 0.2;
		house[d] = d < 30 ? 10 :
				    30; /* the house as a whole used more: no matter of the flat */
	}
	assert_true(suspect_jump(days, house, DAYS, rule, &f));
	for (int d = 30; d < DAYS; d++) {
		days[d] = 0.6;
	}
	assert_false(suspect_jump(days, house, DAYS, rule, &f));
}

static void cold_and_hot_water_go_together(void **state)
{
	const struct suspect_rule *rule = &suspect_rule_default;
	struct suspect_finding f;
	(void)state;
	assert_false(suspect_cold_hot(3, 2, rule, &f));
	assert_true(suspect_cold_hot(7, 2, rule, &f));
	assert_int_equal(f.what, EVIDENCE_COLD_HOT);
	assert_true(suspect_cold_hot(2, 3, rule, &f));
	assert_int_equal(f.what, EVIDENCE_SWAPPED);
	assert_true(suspect_cold_hot(0, 3, rule, &f));
	assert_int_equal(f.what, EVIDENCE_COLD_HOT);
	assert_false(suspect_cold_hot(3, 0, rule, &f)); /* no hot water used: another matter */
	assert_false(suspect_cold_hot(NAN, 3, rule, &f));
}

static void a_flat_counted_at_another_entrance_is_found(void **state)
{
	const struct suspect_rule *rule = &suspect_rule_default;
	double factor[METERS];
	struct suspect_finding f;
	(void)state;
	all_right(factor);
	struct house *h = house_of(factor, 0, 0.02, 33);
	double imbalance[DAYS];
	for (size_t d = 0; d < DAYS; d++) { /* of an entrance that feeds flat 5 of this one */
		imbalance[d] = h->imbalance[d] + h->amounts[5 * DAYS + d];
	}
	assert_true(suspect_other_node(h->amounts + 5 * DAYS, imbalance, DAYS, rule, &f));
	assert_true(fabs(f.b - 1) < 0.05);
	assert_false(suspect_other_node(h->amounts + 6 * DAYS, imbalance, DAYS, rule, &f));
}

static void whole_ratios_are_recognised(void **state)
{
	const struct suspect_rule *rule = &suspect_rule_default;
	(void)state;
	assert_true(fabs(suspect_ratio(9.7, rule) - 10) < 1e-12);
	assert_true(fabs(suspect_ratio(0.0102, rule) - 0.01) < 1e-12);
	assert_true(fabs(suspect_ratio(0.5, rule) - 0.5) < 1e-12);
	assert_true(isnan(suspect_ratio(1.43, rule)));
	assert_true(isnan(suspect_ratio(NAN, rule)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_meter_is_found_with_its_factor_and_the_leak),
		cmocka_unit_test(a_meter_that_counts_too_much_is_found_where_more_is_counted),
		cmocka_unit_test(two_slow_meters_are_found_together),
		cmocka_unit_test(a_leak_alone_accuses_nobody),
		cmocka_unit_test(two_meters_that_move_together_are_not_told_apart),
		cmocka_unit_test(too_few_days_name_nobody),
		cmocka_unit_test(unknown_days_of_a_meter_are_left_out),
		cmocka_unit_test(hints_are_found),
		cmocka_unit_test(cold_and_hot_water_go_together),
		cmocka_unit_test(a_flat_counted_at_another_entrance_is_found),
		cmocka_unit_test(whole_ratios_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
