/*
 * Water is what IAPWS-IF97 and EN 1434 say it is, row by row of the published and computed tables.
 */
#include "base/str.h"
#include "calc/water.h"
#include "csv.h"
#include "test.h"

#include <math.h>

static double number(const char *text)
{
	double v = NAN;
	if (text[0] && strcmp(text, "NAN") != 0 && str_to_double(text, &v) != ERR_OK) {
		fail_msg("'%s' is no number", text);
	}
	return v;
}

static void assert_near(double got, double want, double tolerance, const char *what, int row)
{
	if (!(fabs(got - want) <= tolerance)) {
		fail_msg("row %d: %s: %.12g instead of %.12g", row, what, got, want);
	}
}

/* "1e-8 rel", "1e-6 K" */
static double tolerance_of(const char *text, double want)
{
	char head[32] = "";
	size_t n = strcspn(text, " ");
	assert_true(n < sizeof(head));
	memcpy(head, text, n);
	return strstr(text, "rel") ? number(head) * fabs(want) : number(head);
}

static void check_region1(const struct csv *c, int row)
{
	struct water w;
	double want[] = {number(c->fields[4]), number(c->fields[5]), number(c->fields[6]),
		number(c->fields[7])};
	assert_int_equal(water_region1(number(c->fields[1]), number(c->fields[3]), &w), WATER_OK);
	double got[] = {w.volume, w.density, w.enthalpy, w.heat_capacity};
	static const char *const names[] = {"volume", "density", "enthalpy", "heat capacity"};
	for (int i = 0; i < 4; i++) {
		if (!isnan(want[i])) {
			/* a printed table of an older formulation names its tolerances itself */
			bool is_old = strcmp(c->fields[0], "r1_table") == 0;
			double by = is_old ? (i == 0 ? 2e-7 : 0.15) :
					     tolerance_of(c->fields[8], want[i]);
			assert_near(got[i], want[i], by, names[i], row);
		}
	}
}

static void every_row_of_if97_is_reproduced(void **state)
{
	(void)state;
	const char *path = vector_path("calc/if97.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	struct water w;
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	while (csv_next(&c)) {
		double k = number(c.fields[1]), p = number(c.fields[3]);
		rows++;
		if (strncmp(c.fields[0], "r1", 2) == 0) {
			check_region1(&c, rows);
		} else if (strcmp(c.fields[0], "r4_psat") == 0) {
			assert_near(water_saturation_pressure(k - 273.15), p,
				tolerance_of(c.fields[8], p), "saturation pressure", rows);
		} else if (strcmp(c.fields[0], "r4_tsat") == 0) {
			assert_near(water_saturation_temperature(p) + 273.15, k,
				tolerance_of(c.fields[8], k), "saturation temperature", rows);
		} else {
			assert_string_equal(c.fields[0], "error");
			assert_int_not_equal(water_region1(k, p, &w), WATER_OK);
			assert_int_not_equal(water_at(k - 273.15, p, &w), WATER_OK);
		}
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 234);
}

static void every_heat_coefficient_is_reproduced(void **state)
{
	(void)state;
	const char *path = vector_path("calc/k_en1434.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	while (csv_next(&c)) {
		double want = number(c.fields[4]);
		double got = water_heat_coefficient(number(c.fields[0]), number(c.fields[1]),
			number(c.fields[2]), strcmp(c.fields[3], "flow") == 0);
		assert_near(got, want, tolerance_of(c.fields[7], want), "k", ++rows);
		assert_near(got / 3.6, number(c.fields[5]), 1e-6 * want, "k in kWh", rows);
		assert_near(got / 4.1868, number(c.fields[6]), 1e-6 * want, "k in Mcal", rows);
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 52);
}

static void every_row_of_mi2412_is_reproduced(void **state)
{
	(void)state;
	const char *path = vector_path("calc/mi2412_vs_if97.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	while (csv_next(&c)) {
		double t = number(c.fields[0]), p = number(c.fields[1]), density, enthalpy;
		struct water w;
		rows++;
		/* printed to four decimals */
		assert_int_equal(water_mi2412(t, p, &density, &enthalpy), WATER_OK);
		assert_near(density, number(c.fields[2]), 6e-5, "density, MI 2412", rows);
		assert_near(enthalpy, number(c.fields[3]), 6e-5, "enthalpy, MI 2412", rows);
		assert_int_equal(water_at(t, p, &w), WATER_OK);
		assert_near(w.density, number(c.fields[4]), 6e-5, "density", rows);
		assert_near(w.enthalpy, number(c.fields[5]), 6e-5, "enthalpy", rows);
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 51);
}

static void what_is_no_water_is_said_and_never_clamped(void **state)
{
	(void)state;
	struct water w;
	assert_int_equal(water_at(NAN, 0.6, &w), WATER_NO_DATA);
	assert_int_equal(water_at(95, NAN, &w), WATER_NO_DATA);
	assert_int_equal(water_at(-0.1, 0.6, &w), WATER_OUT_OF_RANGE);
	assert_int_equal(water_at(200.1, 5, &w), WATER_OUT_OF_RANGE);
	assert_int_equal(water_at(95, 10.1, &w), WATER_OUT_OF_RANGE);
	assert_int_equal(water_at(95, 0.04, &w), WATER_OUT_OF_RANGE);
	assert_int_equal(water_at(95, 0.05, &w), WATER_STEAM);
	assert_true(isnan(water_saturation_pressure(-1)));
	assert_true(isnan(water_saturation_pressure(374)));
	assert_true(isnan(water_saturation_temperature(0.0001)));
	assert_true(isnan(water_saturation_temperature(23)));
	assert_true(isnan(water_heat_coefficient(70, 70, 1.6, true)));
	assert_true(isnan(water_heat_coefficient(70, NAN, 1.6, true)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_if97_is_reproduced),
		cmocka_unit_test(every_heat_coefficient_is_reproduced),
		cmocka_unit_test(every_row_of_mi2412_is_reproduced),
		cmocka_unit_test(what_is_no_water_is_said_and_never_clamped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
