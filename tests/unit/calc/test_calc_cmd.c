/*
 * test_calc_cmd.c - domovoi calc as a script sees it: numbers, JSON, exit codes, the caret under an error
 */
#include "command_run.h"

#include <math.h>
#include <string.h>

static struct command_result *calc(const char *arguments)
{
	return command_run("calc", arguments, "");
}

static double number(const json_t *j, const char *key)
{
	return json_number_value(json_object_get(j, key));
}

static const char *text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

/* IAPWS-IF97, verification points: h(300 K, 3 MPa), Ts(0.1 MPa) */
static void water_gives_the_published_values(void **state)
{
	(void)state;
	struct command_result *r = calc("--json 'h(26.85 °C, 3 MPa)'");
	assert_int_equal(r->code, 0);
	json_t *j = command_json(r);
	assert_true(fabs(number(j, "value") - 115.331273) < 1e-6);
	assert_string_equal(text(j, "unit"), "kJ/kg");
	assert_string_equal(text(j, "quality"), "MEASURED");
	assert_true(json_is_null(json_object_get(j, "fault")));
	assert_int_equal(json_array_size(json_object_get(j, "inputs")), 0);
	json_decref(j);
	r = calc("'t_sat(0.1 MPa)'");
	assert_int_equal(r->code, 0);
	assert_non_null(strstr(r->out, "99.6059"));
	assert_non_null(strstr(r->out, " °C"));
}

static void inputs_carry_units_and_quality_into_the_answer(void **state)
{
	(void)state;
	struct command_result *r = calc(
		"--json --unit GJ --set t1=95°C --set 't2=70 °C' --set M1=10t "
		"--set p1=0.6MPa 'M1*(h(t1,p1)-h(t2,p1))'");
	assert_int_equal(r->code, 0);
	json_t *j = command_json(r);
	assert_true(fabs(number(j, "value") - 1.049284798) < 1e-9); /* F01 */
	assert_string_equal(text(j, "unit"), "GJ");
	assert_int_equal(json_array_size(json_object_get(j, "inputs")), 4);
	json_t *first = json_array_get(json_object_get(j, "inputs"), 0);
	assert_string_equal(text(first, "name"), "M1");
	assert_string_equal(text(first, "unit"), "t");
	assert_non_null(strstr(text(j, "explanation"), "10 t × ("));
	json_decref(j);
	r = calc("--json --set M1=10t --set M2=9.95t:ESTIMATED 'M1-M2'");
	j = command_json(r);
	assert_string_equal(text(j, "quality"), "ESTIMATED");
	json_decref(j);
	r = calc("--lang ru --set V=10м³ 'V * 2'");
	assert_string_equal(r->out, "20 м³\n10 м³ × 2 = 20 м³\n");
}

static void a_missing_input_gives_no_number_and_no_failure(void **state)
{
	(void)state;
	struct command_result *r = calc("--json --set 'Qm=?GJ' 'Qm*1'");
	assert_int_equal(r->code, 0);
	json_t *j = command_json(r);
	assert_true(json_is_null(json_object_get(j, "value")));
	assert_string_equal(text(j, "unit"), "GJ");
	assert_string_equal(text(j, "quality"), "MISSING");
	json_decref(j);
	r = calc("--set 'Qm=?GJ' 'ifna(Qm, 2 GJ)'");
	assert_string_equal(r->out, "2 GJ   CALCULATED\nifna(no data, 2 GJ) = 2 GJ\n");
}

static void series_and_parameters_are_given_by_options(void **state)
{
	(void)state;
	struct command_result *r = calc("--series 'V=1,2,?,4,5,6 m3' 'sumx(V,-5h,0h,0.8)'");
	assert_int_equal(r->code, 0);
	assert_string_equal(r->out, "18 m3   PARTIAL\n");
	r = calc("--param 'tariff.ee=5.92 rub/kWh' 'tariff(\"EE\") * 10 kWh'");
	assert_non_null(strstr(r->out, "59.2 currency"));
	r = calc(
		"--zone Asia/Yekaterinburg --date 2026-03-08T05:00 'hour() * 100 + month() * 10 + dow()'");
	assert_non_null(strstr(r->out, "537\n"));
}

static void a_fault_fails_and_says_why(void **state)
{
	(void)state;
	struct command_result *r = calc("--json 'h(95,0.05)'");
	assert_int_equal(r->code, 1);
	json_t *j = command_json(r);
	assert_true(json_is_null(json_object_get(j, "value")));
	assert_string_equal(text(j, "fault"), "steam");
	json_decref(j);
	r = calc("'1/0'");
	assert_int_equal(r->code, 1);
	assert_string_equal(r->out, "");
	assert_non_null(strstr(r->err, "division by zero"));
}

static void a_wrong_formula_is_pointed_at(void **state)
{
	(void)state;
	struct command_result *r = calc("'95 °C + + 3'");
	assert_int_equal(r->code, 2);
	assert_string_equal(r->out, "");
	/* the caret stands under a character, not under a byte */
	assert_non_null(strstr(r->err, "\n  95 °C + + 3\n          ^\n"));
	r = calc("--json --set M1=10t --set Q=1GJ 'M1+Q'");
	assert_int_equal(r->code, 2);
	json_t *j = command_json(r), *error = json_object_get(j, "error");
	assert_string_equal(text(error, "code"), "INVAL");
	assert_int_equal(json_integer_value(json_object_get(error, "column")), 2);
	assert_non_null(strstr(text(error, "text"), "cannot be added"));
	json_decref(j);
}

static void a_wrong_command_line_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "1 2", "--set 1", "--set M1=10parsec 1",
		"--set M1=10t:GOOD 1", "--unit parsec 1", "--period year 1", "--date yesterday 1",
		"--zone Moon 1", "--lang fr 1", "--functions 1", "--series 'V=1 t,2 t' 1",
		"--param x=y 1"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct command_result *r = calc(wrong[i]);
		if (r->code != 2 || !*r->err) {
			fail_msg("calc %s: %d '%s'", wrong[i], r->code, r->err);
		}
	}
}

static void the_functions_are_listed(void **state)
{
	(void)state;
	struct command_result *r = calc("--functions --json");
	assert_int_equal(r->code, 0);
	json_t *j = command_json(r);
	assert_true(json_array_size(j) > 40);
	json_decref(j);
	r = calc("--functions --lang ru");
	assert_non_null(strstr(r->out, "энтальпия воды"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(water_gives_the_published_values),
		cmocka_unit_test(inputs_carry_units_and_quality_into_the_answer),
		cmocka_unit_test(a_missing_input_gives_no_number_and_no_failure),
		cmocka_unit_test(series_and_parameters_are_given_by_options),
		cmocka_unit_test(a_fault_fails_and_says_why),
		cmocka_unit_test(a_wrong_formula_is_pointed_at),
		cmocka_unit_test(a_wrong_command_line_is_refused),
		cmocka_unit_test(the_functions_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
