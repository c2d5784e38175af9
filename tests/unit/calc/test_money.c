/*
 * Money is rounded on decimals, multiplied exactly and divided without losing a hundredth.
 */
#include "calc/money.h"
#include "test.h"

#include <math.h>

static void halves_are_rounded_away_from_zero_on_the_decimal(void **state)
{
	(void)state;
	/* 2.675 and 1.005 lie below their decimals as doubles */
	assert_true(round_decimal(2.675, 2) == 2.68);
	assert_true(round_decimal(1.005, 2) == 1.01);
	assert_true(round_decimal(2.345, 2) == 2.35);
	assert_true(round_decimal(-2.345, 2) == -2.35);
	assert_true(round_decimal(2.3449999, 2) == 2.34);
	assert_true(round_decimal(0.004, 2) == 0);
	assert_true(round_decimal(0.005, 2) == 0.01);
	assert_true(round_decimal(1e-7, 6) == 0);
	assert_true(round_decimal(5e-7, 6) == 1e-6);
	assert_true(round_decimal(1234.5, 0) == 1235);
	assert_true(round_decimal(1e20, 2) == 1e20);
	assert_true(isnan(round_decimal(NAN, 2)));
	assert_int_equal(money_of(2.675), 268);
	assert_int_equal(money_of(-2.675), -268);
	assert_int_equal(money_of(0), 0);
	assert_int_equal(money_of(NAN), MONEY_NONE);
	assert_int_equal(money_of(1e14), MONEY_NONE);
}

static void a_charge_is_the_exact_product(void **state)
{
	(void)state;
	/* by hand: 6.120 * 43.27 = 264.8124; 0.5 * 4.01 = 2.005; 12.41 * 43.27 = 536.9807 */
	assert_int_equal(money_charge(6.120, 43.27), 26481);
	assert_int_equal(money_charge(0.5, 4.01), 201);
	assert_int_equal(money_charge(12.41, 43.27), 53698);
	assert_int_equal(money_charge(-0.5, 4.01), -201);
	assert_int_equal(money_charge(0, 43.27), 0);
	assert_int_equal(money_charge(NAN, 43.27), MONEY_NONE);
	assert_int_equal(money_charge(1, NAN), MONEY_NONE);
	assert_int_equal(money_charge(1e10, 1), MONEY_NONE);
}

static void a_split_loses_nothing(void **state)
{
	(void)state;
	const double thirds[] = {1, 1, 1}, areas[] = {50.0, 65.5, 42.3, 72.2};
	int64_t parts[4];
	money_split(100, thirds, 3, parts);
	assert_int_equal(parts[0], 34); /* the first of equal fractions */
	assert_int_equal(parts[1], 33);
	assert_int_equal(parts[2], 33);
	money_split(-100, thirds, 3, parts);
	assert_int_equal(parts[0] + parts[1] + parts[2], -100);
	for (int64_t total = 0; total < 100000; total += 7) {
		money_split(total, areas, 4, parts);
		assert_int_equal(parts[0] + parts[1] + parts[2] + parts[3], total);
		for (int i = 0; i < 4; i++) {
			double exact = (double)total * areas[i] / 230.0;
			assert_true(fabs((double)parts[i] - exact) < 1);
		}
	}
	const double none[] = {0, 0};
	money_split(100, none, 2, parts);
	assert_int_equal(parts[0] + parts[1], 0);
}

static void the_text_has_two_decimals(void **state)
{
	(void)state;
	char out[MONEY_CAP];
	assert_string_equal(money_text(123405, out), "1234.05");
	assert_string_equal(money_text(-5, out), "-0.05");
	assert_string_equal(money_text(0, out), "0.00");
	assert_string_equal(money_text(MONEY_NONE, out), "");
	assert_true(money_value(123405) == 1234.05);
	assert_true(isnan(money_value(MONEY_NONE)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_are_rounded_away_from_zero_on_the_decimal),
		cmocka_unit_test(a_charge_is_the_exact_product),
		cmocka_unit_test(a_split_loses_nothing),
		cmocka_unit_test(the_text_has_two_decimals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
