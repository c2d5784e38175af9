/*
 * test_formula_rules.c - the rules of the formula language: operators, units, refusals and their
 * columns, missing values, quality, figures, time
 */
#include "formula_test.h"

/* ---- numbers and signs ---- */

static void operators_bind_as_in_mathematics(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_number(&w, "1 + 2 * 3 ^ 2", 19);
	assert_number(&w, "2 ^ -1", 0.5);
	assert_number(&w, "-2 ^ 2", -4);
	assert_number(&w, "(-2) ^ 2", 4);
	assert_number(&w, "2 ^ 3 ^ 2", 512);
	assert_number(&w, "8 / 4 / 2", 1);
	assert_number(&w, "7 - 2 - 1", 4);
	assert_number(&w, "-7 % 4", -3);
	assert_number(&w, "1 < 2 && 2 < 1 || 3 == 3", 1);
	assert_number(&w, "!0 + !5", 1);
	assert_number(&w, "1 + 2 < 4", 1);
	assert_number(&w, "3 − 2 × 4", -5); /* as explanations print it */
	assert_number(&w, "1e3 + 2.5e-1", 1000.25);
}

static void a_unit_stands_behind_its_number(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_number(&w, "2 Гкал - 2 Gcal", 0);
	assert_number(&w, "convert(1 кгс/см², \"kgf/cm2\", \"MPa\")", 0.0980665);
	assert_number(&w, "36 m3/h * 2 h / 1 m3", 72);
	assert_number(&w, "100 m3 / h(26.85 °C, 3 MPa) * 1 kJ/kg / 1 m3", 100 / 115.331273);
	assert_number(&w, "50 % * 8", 4);
	assert_number(&w, "50% * 8", 4);
	assert_number(&w, "7 % 4", 3);
	assert_number(&w, "1 + 5 %", 1.05);
	assert_number(&w, "-15 °C + 20 K", 5);
	assert_number(&w, "20 K + -15 °C", 5);
	assert_number(&w, "212 °F - 100 °C", 0); /* in K of the first: °F differences */
	assert_number(&w, "5.92 rub/kWh * 1 MWh", 5920);
	assert_number(&w, "sqrt(9 m2 / 1 m2)", 3);
	assert_number(&w, "(3 kW)^2 / (1 kW * 1 kW)", 9);
	assert_number(&w, "sqrt((3 kW)^2 + (4 kW)^2)", 5);
}

static void wrong_texts_are_refused_with_their_column(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_refused(
		&w, "", ERR_PARSE, 0, "unexpected the end: expected a number, a name or '('");
	assert_refused(&w, "1 +", ERR_PARSE, 3, "unexpected the end");
	assert_refused(&w, "1 + )", ERR_PARSE, 4, "unexpected ')'");
	assert_refused(&w, "(1 + 2", ERR_PARSE, 6, "expected ')'");
	assert_refused(&w, "1 2", ERR_PARSE, 2, "expected an operator or the end");
	assert_refused(&w, "M1 = 2", ERR_PARSE, 3, "expected '=='");
	assert_refused(&w, "min(1; 2)", ERR_PARSE, 5, "separated by ','");
	assert_refused(&w, "1 < 2 < 3", ERR_PARSE, 6, "do not chain");
	assert_refused(&w, "round(1, 2", ERR_PARSE, 10, "expected ')' in round(x, digits)");
	assert_refused(&w, "if(1, 2)", ERR_PARSE, 7, "expected ',' in if(condition, x, y)");
	assert_refused(&w, "5 foo", ERR_PARSE, 2, "unknown unit 'foo'");
	assert_refused(&w, "5 % -3", ERR_PARSE, 2, "percent or remainder");
	assert_refused(&w, "sum(V, 5, 0h)", ERR_PARSE, 7, "expected a duration");
	assert_refused(&w, "sum(V, 0h, -5h)", ERR_INVAL, 6, "ends before it begins");
	assert_refused(&w, "V[0.5]", ERR_PARSE, 2, "whole number of intervals");
	assert_refused(&w, "\"text\"", ERR_PARSE, 0, "expected a number");
	assert_refused(&w, "graph(\"x", ERR_PARSE, 6, "does not end");
	assert_refused(&w, "1 $ 2", ERR_PARSE, 2, "'$' has no meaning");
	assert_refused(&w, "M1 + \xff", ERR_PARSE, 0, "UTF-8");
	assert_refused(&w, "1e999", ERR_INVAL, 0, "too large");
}

static void unknown_names_are_named_with_a_near_one(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_refused(&w, "1 + m1", ERR_INVAL, 4, "no channel 'm1'; is it 'M1'?");
	(void)world_add(&w, "flat12.cold", UNIT_M3);
	assert_refused(&w, "2 * flat12", ERR_INVAL, 4, "is it 'flat12.cold'?");
	assert_refused(&w, "heat.supply * 2", ERR_INVAL, 0, "no channel 'heat.supply'");
	assert_refused(&w, "1 + summ(V,-1h,0h)", ERR_INVAL, 4, "no function 'summ'; is it 'sum'?");
	assert_refused(&w, "sum + 1", ERR_INVAL, 0, "'sum' is a function");
	assert_refused(&w, "tariff(\"EEE\")", ERR_INVAL, 7, "is it 'tariff.ee'?");
	assert_refused(&w, "graph(\"G105_70\", \"t3\", 1)", ERR_INVAL, 17, "no column 't3'");
	assert_refused(&w, "param(\"temperature_graph.G105_70\")", ERR_INVAL, 6, "no number");
	assert_refused(
		&w, "convert(1, \"Gcal\", \"parsec\")", ERR_INVAL, 19, "unknown unit 'parsec'");
}

static void errors_are_said_in_russian_too(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	w.scope.lang = LANG_RU;
	assert_refused(&w, "1 +", ERR_PARSE, 3, "здесь конец: ожидается число, имя или «(»");
	assert_refused(&w, "M1+Qm", ERR_INVAL, 2, "«M1» в т, «Qm» в ГДж: их нельзя сложить");
	assert_refused(&w, "m1", ERR_INVAL, 0, "нет канала «m1»; может быть, «M1»?");
	assert_refused(&w, "min(M1, 5 GJ)", ERR_INVAL, 8,
		"«M1» в т, «5 GJ» в ГДж: их нельзя считать величинами одного рода");
	/* a long one is cut between characters */
	char text[200] = "", *end = text;
	for (int i = 0; i < 45; i++) {
		end += snprintf(end, sizeof(text) - (size_t)(end - text), "Ж");
	}
	struct formula *f = NULL;
	struct diag d = {0};
	(void)snprintf(end, sizeof(text) - (size_t)(end - text), "(1)");
	assert_int_equal(
		formula_compile(text, &w.scope, PERIOD_HOUR, UNIT_NONE, &f, &d), ERR_INVAL);
	assert_true(str_is_utf8((struct slice){(const uint8_t *)d.text, strlen(d.text)}));
}

static void units_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_refused(
		&w, "M1+Qm", ERR_INVAL, 2, "'M1' is in t, 'Qm' is in GJ: they cannot be added");
	assert_refused(&w, "t1 + t2", ERR_INVAL, 3, "two temperatures cannot be added");
	assert_refused(&w, "t1 * M1", ERR_INVAL, 0, "a temperature cannot be multiplied");
	assert_refused(&w, "-t1", ERR_INVAL, 1, "cannot be negated");
	assert_refused(&w, "sum(t1,-1h,0h)", ERR_INVAL, 4, "cannot be summed up");
	assert_refused(&w, "t1 + 5", ERR_INVAL, 3, "cannot be added");
	assert_refused(&w, "M1 + 5", ERR_INVAL, 3, "cannot be added");
	assert_refused(&w, "M1 > Qm", ERR_INVAL, 5, "cannot be compared");
	assert_refused(&w, "if(M1, 1, 2)", ERR_INVAL, 3, "true or false");
	assert_refused(&w, "exp(M1)", ERR_INVAL, 4, "expected a plain number");
	assert_refused(&w, "2 ^ M1", ERR_INVAL, 4, "an exponent is a plain number");
	assert_refused(&w, "M1 ^ 0.3", ERR_INVAL, 5, "no unit comes out");
	assert_refused(&w, "h(M1, 1)", ERR_INVAL, 2, "expected a temperature in °C");
	assert_refused(&w, "h(t1 - t2, 1)", ERR_INVAL, 2, "expected a temperature in °C");
	assert_refused(&w, "1 kWh + 1 kvarh", ERR_INVAL, 6, "cannot be added");
	assert_refused(&w, "interp(t1, 1 t, 2)", ERR_INVAL, 11, "of one kind");
	struct formula *f = NULL;
	struct diag d = {0};
	assert_int_equal(
		formula_compile("t1 - t2", &w.scope, PERIOD_HOUR, UNIT_DEGC, &f, &d), ERR_INVAL);
	assert_non_null(strstr(d.text, "gives K, wanted is °C"));
}

/* ---- what is missing, doubtful or impossible ---- */

static void assert_none(struct world *w, const char *text, enum formula_fault fault)
{
	struct formula_result r = evaluated(w, text, UNIT_NONE);
	if (!isnan(r.value) || r.fault != fault || quality_class(r.quality) != QUALITY_MISSING) {
		fail_msg("%s = %g, %s, %s", text, r.value, formula_fault_name(r.fault),
			quality_class_name(quality_class(r.quality)));
	}
}

static void missing_values_and_faults_give_no_number(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_none(&w, "0 * Qm", FORMULA_OK);
	assert_none(&w, "Qm > 1 GJ || 1", FORMULA_OK);
	assert_none(&w, "min(Qm, 1 GJ)", FORMULA_OK);
	assert_none(&w, "if(Qm > 1 GJ, 1, 2)", FORMULA_OK);
	assert_none(&w, "V[-3]", FORMULA_OK);
	assert_none(&w, "1 / (M1 - M1)", FORMULA_DIVISION);
	assert_none(&w, "5 % (2 - 2)", FORMULA_DIVISION);
	assert_none(&w, "sqrt(0 - 1)", FORMULA_ROOT);
	assert_none(&w, "(0 - 8) ^ 0.5", FORMULA_ROOT);
	assert_none(&w, "0 ^ -1", FORMULA_DIVISION);
	assert_none(&w, "ln(0)", FORMULA_ROOT);
	assert_none(&w, "exp(1000)", FORMULA_OVERFLOW);
	assert_none(&w, "1e308 * 10", FORMULA_OVERFLOW);
	assert_none(&w, "h(95 °C, 0.06 MPa)", FORMULA_STEAM);
	assert_none(&w, "h(-5 °C, 0.6 MPa)", FORMULA_RANGE);
	assert_none(&w, "tsat(0)", FORMULA_RANGE);
	assert_none(&w, "1 + h(95 °C, 0.06 MPa) / (1 kJ/kg)", FORMULA_STEAM);
	assert_number(&w, "ifna(1 / 0, 7)", 7);
	assert_number(&w, "isna(sqrt(0 - 1))", 1);
	assert_number(&w, "if(1, 2, 1 / 0)", 2);
	assert_number(&w, "if(0, Qm, 3 GJ)", 3);
	assert_number(&w, "q(Qm)", 8);
}

static enum quality_class class_of(struct world *w, const char *text)
{
	return quality_class(evaluated(w, text, UNIT_NONE).quality);
}

static void quality_is_the_worst_of_what_was_used(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	w.channels[2].values[0].quality = quality_make(
		QUALITY_MEASURED, SOURCE_METER, QUALITY_LATE);
	assert_int_equal(class_of(&w, "M1 - M2"), QUALITY_ESTIMATED);
	assert_true(quality_flags(evaluated(&w, "M1 - M2", UNIT_NONE).quality) & QUALITY_LATE);
	assert_int_equal(quality_source(evaluated(&w, "M1 * 2", UNIT_NONE).quality), SOURCE_METER);
	assert_int_equal(quality_source(evaluated(&w, "1 + 2", UNIT_NONE).quality), SOURCE_NONE);
	assert_int_equal(class_of(&w, "if(M2 > 1 t, t1, t2)"), QUALITY_ESTIMATED);
	assert_int_equal(class_of(&w, "if(1, t1, M2 / (1 t) * (1 K) + t2)"), QUALITY_MEASURED);
	assert_int_equal(class_of(&w, "ifna(M1, M2)"), QUALITY_MEASURED);
	assert_int_equal(class_of(&w, "ifna(Qm, 1 GJ)"), QUALITY_CALCULATED);
	assert_int_equal(
		class_of(&w, "ifna(Qm / (1 GJ), sumx(V,-5h,0h,0.5) / (1 m3))"), QUALITY_PARTIAL);
	assert_int_equal(class_of(&w, "sumx(V, -5h, 0h, 0.8)"), QUALITY_PARTIAL);
	assert_int_equal(class_of(&w, "sumx(V, -2h, 0h, 0.8)"), QUALITY_MEASURED);
	assert_int_equal(class_of(&w, "sumx(V, -5h, 0h, 0.9)"), QUALITY_MISSING);
	assert_int_equal(class_of(&w, "count(V, -5h, 0h)"), QUALITY_MEASURED);
}

static void what_failed_a_check_is_not_summed(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	w.channels[7].values[4].quality = quality_make(QUALITY_SUSPECT, SOURCE_METER, 0);
	assert_number(&w, "count(V, -2h, 0h)", 2);
	assert_none(&w, "sum(V, -2h, 0h)", FORMULA_OK);
	assert_number(&w, "sumx(V, -2h, 0h, 0.6)", 10);
	assert_int_equal(
		class_of(&w, "V[-1]"), QUALITY_SUSPECT); /* asked for by name, it is told */
	assert_number(&w, "last(V[-1], 3h)", 4);
}

static void figures_hold_from_their_date_on(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_number(&w, "tariff(\"EE\")", 5.38); /* of 2025-01-10 */
	assert_number(&w, "tariff(\"EE\", \"2025-06-30\")", 5.38);
	assert_number(&w, "tariff(\"EE\", \"2025-07-01\")", 5.92);
	assert_none(&w, "tariff(\"EE\", \"2024-06-30\")", FORMULA_OK);
	assert_none(&w, "tariff(\"EE\", \"2027-01-01\")", FORMULA_OK);
	assert_number(&w, "graph(\"g105_70\", \"t2\", -15.5 °C) + 0 K", 67.25);
	assert_number(&w, "graph(\"temperature_graph.g105_70\", \"t1\", -50)", 83);
	assert_number(&w, "is_heating_season()", 1);
	struct formula *f = compiled(
		&w, "is_heating_season() + is_night() + workday() * 10", UNIT_NONE);
	int64_t july, before;
	assert_int_equal(time_parse("2025-07-05T12:00:00Z", NULL, &july), ERR_OK); /* Saturday */
	assert_int_equal(time_parse("2023-07-05T12:00:00Z", NULL, &before), ERR_OK);
	assert_int_equal(formula_eval(f, &w.values, hour_at(july)).value, 0);
	assert_true(isnan(formula_eval(f, &w.values, hour_at(before)).value));
	assert_string_equal(formula_figure_code(f, 0), "heating_season");
	assert_null(formula_figure_code(f, 4));
	formula_free(f);
	f = compiled(&w, "workday()", UNIT_NONE);
	/* Wednesday 8 January is off, Saturday 11 is worked */
	assert_int_equal(formula_eval(f, &w.values, hour_at(FRIDAY - 2 * 24 * HOUR_S)).value, 0);
	assert_int_equal(formula_eval(f, &w.values, hour_at(FRIDAY + 24 * HOUR_S)).value, 1);
	formula_free(f);
}

/* ---- time ---- */

static void days_and_months_are_shifted_on_the_buildings_clock(void **state)
{
	(void)state;
	struct world w;
	int64_t sunday, before;
	usual_world(&w);
	/* in the night to 2026-03-29 Berlin's clocks jump from 2 to 3 */
	assert_int_equal(zone_get("Europe/Berlin", &w.calendar.zone, NULL), ERR_OK);
	assert_int_equal(time_parse("2026-03-29T12:00", w.calendar.zone, &sunday), ERR_OK);
	assert_int_equal(time_parse("2026-03-28T12:00", w.calendar.zone, &before), ERR_OK);
	assert_int_equal(sunday - before, 23 * HOUR_S);
	struct world_channel *c = &w.channels[7];
	c->start = before - HOUR_S;
	c->n = 0;
	world_put(c, 11, QUALITY_MEASURED);
	world_put(c, 12, QUALITY_MEASURED);
	static const struct {
		const char *text;
		double want;
	} cases[] = {{"V@-1d", 12}, {"V@-24h", 11}, {"V@-1440m", 11}, {"V[-23]", 12}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct formula *f = compiled(&w, cases[i].text, UNIT_NONE);
		double got = formula_eval(f, &w.values, hour_at(sunday)).value;
		formula_free(f);
		if (got != cases[i].want) {
			fail_msg("%s = %g instead of %g", cases[i].text, got, cases[i].want);
		}
	}
}

static void a_coarser_value_is_asked_for_by_at(void **state)
{
	(void)state;
	struct world w;
	struct formula *f = NULL;
	struct diag d = {0};
	usual_world(&w);
	w.channels[7].period = PERIOD_DAY;
	w.channels[7].start = FRIDAY - 5 * HOUR_S;
	assert_none(&w, "V", FORMULA_OK);
	assert_number(&w, "at(V)", 1);
	assert_number(&w, "at(V, \"day\")", 1);
	assert_number(&w, "V1 / at(V)", 10);
	assert_refused(
		&w, "V1 + at(V, \"half_hour\")", ERR_INVAL, 11, "a coarser period than the hour");
	assert_int_equal(
		formula_compile("at(V)", &w.scope, PERIOD_MONTH, UNIT_NONE, &f, &d), ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_bind_as_in_mathematics),
		cmocka_unit_test(a_unit_stands_behind_its_number),
		cmocka_unit_test(wrong_texts_are_refused_with_their_column),
		cmocka_unit_test(unknown_names_are_named_with_a_near_one),
		cmocka_unit_test(errors_are_said_in_russian_too),
		cmocka_unit_test(units_that_do_not_fit_are_refused),
		cmocka_unit_test(missing_values_and_faults_give_no_number),
		cmocka_unit_test(quality_is_the_worst_of_what_was_used),
		cmocka_unit_test(what_failed_a_check_is_not_summed),
		cmocka_unit_test(figures_hold_from_their_date_on),
		cmocka_unit_test(days_and_months_are_shifted_on_the_buildings_clock),
		cmocka_unit_test(a_coarser_value_is_asked_for_by_at),
	};
	return cmocka_run_group_tests(tests, load_figures_once, free_figures);
}
