/*
 * The unit table is the published one, row by row, and conversions give the published values.
 */
#include "base/str.h"
#include "csv.h"
#include "model/quantity.h"
#include "test.h"

#include <math.h>

/* The vectors name a unit within its quantity; ours are unique, so four have other codes. */
static enum unit unit_named(const char *quantity, const char *name)
{
	static const struct {
		const char *quantity, *name;
		enum unit unit;
	} others[] = {
		{"temperature", "K", UNIT_K_ABS},
		{"temperature_difference", "degC", UNIT_K},
		{"temperature_difference", "degF", UNIT_DEGF_DIFF},
		{"ratio", "1", UNIT_RATIO},
	};
	enum unit u = UNIT_NONE;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i].quantity, quantity) == 0 &&
			strcmp(others[i].name, name) == 0) {
			return others[i].unit;
		}
	}
	if (!unit_from_name(name, &u)) {
		fail_msg("no unit %s", name);
	}
	return u;
}

static void assert_close(double got, double want, double relative, const char *what)
{
	if (!(fabs(got - want) <= relative * fabs(want))) {
		fail_msg("%s: %.17g instead of %.17g", what, got, want);
	}
}

static double number(const char *text)
{
	double v = NAN;
	assert_int_equal(str_to_double(text, &v), ERR_OK);
	return v;
}

static void every_unit_has_its_factor_offset_and_russian_name(void **state)
{
	(void)state;
	const char *path = vector_path("calc/units.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c)); /* names of the columns */
	while (csv_next(&c)) {
		assert_true(c.n >= 6);
		const char *quantity = c.fields[0];
		enum unit u = unit_named(quantity, c.fields[1]);
		assert_close(unit_factor(u), number(c.fields[3]), 1e-15, c.fields[1]);
		assert_close(unit_offset(u), number(c.fields[4]), 1e-15, c.fields[1]);
		bool is_difference = strcmp(quantity, "temperature_difference") == 0;
		if (!is_difference || u != UNIT_K) { /* degC and K of a difference are one unit */
			assert_string_equal(unit_symbol_ru(u), c.fields[2]);
		}
		enum unit base = unit_named(
			quantity, strcmp(c.fields[5], "m3/s") == 0 ? "m3_per_s" :
				  strcmp(c.fields[5], "kg/s") == 0 ? "kg_per_s" :
								     c.fields[5]);
		double zero = NAN, one = NAN;
		assert_int_equal(unit_convert(0, u, base, &zero), ERR_OK);
		assert_int_equal(unit_convert(1, u, base, &one), ERR_OK);
		assert_close(zero, number(c.fields[4]), 1e-15, c.fields[1]);
		assert_close(one, number(c.fields[3]) + number(c.fields[4]), 1e-15, c.fields[1]);
		rows++;
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 75);
}

static void conversions_give_the_published_values(void **state)
{
	(void)state;
	const char *path = vector_path("calc/units_checks.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	while (csv_next(&c)) {
		assert_true(c.n >= 5);
		const char *of = strcmp(c.fields[1], "degC") == 0 ? "temperature" : "";
		double v = NAN;
		assert_int_equal(unit_convert(number(c.fields[0]), unit_named(of, c.fields[1]),
					 unit_named(of, c.fields[3]), &v),
			ERR_OK);
		assert_close(v, number(c.fields[2]), 1e-12, c.fields[1]);
		rows++;
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 19);
}

static void units_of_different_dimensions_are_not_converted(void **state)
{
	(void)state;
	double v = 7;
	assert_int_equal(unit_convert(1, UNIT_KWH, UNIT_KVARH, &v), ERR_INVAL);
	assert_int_equal(unit_convert(1, UNIT_DEGC, UNIT_K, &v), ERR_INVAL);
	assert_true(v == 7);
}

static void names_are_unique_and_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < UNIT_COUNT; i++) {
		enum unit u;
		assert_true(unit_from_name(unit_code((enum unit)i), &u));
		assert_int_equal(u, i);
		if (i != UNIT_NONE) {
			assert_true(unit_from_name(unit_symbol((enum unit)i), &u));
			assert_int_equal(u, i);
		}
	}
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		enum quantity q;
		assert_true(quantity_from_code(quantity_code((enum quantity)i), &q));
		assert_int_equal(q, i);
		assert_true(str_is_key(quantity_code((enum quantity)i)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_has_its_factor_offset_and_russian_name),
		cmocka_unit_test(conversions_give_the_published_values),
		cmocka_unit_test(units_of_different_dimensions_are_not_converted),
		cmocka_unit_test(names_are_unique_and_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
