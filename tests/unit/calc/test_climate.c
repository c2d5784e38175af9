/*
 * test_climate.c - degree days, heating curve, temperature graph, energy class: the published cases,
 * the edges of definitions, tables that must be refused
 */
#include "base/str.h"
#include "calc/climate.h"
#include "csv.h"
#include "vectors.h"

#define NEAR  1e-6
#define TODAY 20260101

static struct figures *rules;

static int load(void **state)
{
	struct diag d = {0};
	(void)state;
	enum err e = figures_load(NULL, &rules, &d);
	if (e) {
		(void)fprintf(stderr, "%s\n", d.text);
	}
	return e ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	figures_free(rules);
	return 0;
}

static struct degree_days_rule rule_of(enum degree_days_kind kind)
{
	struct degree_days_rule rule;
	if (!degree_days_rule_of(rules, 0, kind, TODAY, &rule)) {
		fail_msg("no figures for %s", degree_days_name(kind));
	}
	return rule;
}

/* ---- published cases ---- */

static void degree_days(const json_t *c)
{
	static const struct {
		enum degree_days_kind kind;
		const char *path;
	} wanted[] = {{DEGREE_DAYS_SIMPLE, "expect/hdd18_simple"},
		{DEGREE_DAYS_EUROSTAT, "expect/hdd_eurostat_18_15"},
		{DEGREE_DAYS_GERMAN, "expect/hgt_20_12"},
		{DEGREE_DAYS_GSOP, "expect/gsop20_threshold8"}};
	double t[10];
	for (size_t i = 0; i < 10; i++) {
		t[i] = vectors_item(c, "input/days", i);
	}
	for (size_t i = 0; i < 4; i++) {
		struct degree_days_rule rule = rule_of(wanted[i].kind);
		struct degree_days d = degree_days_sum(&rule, t, 10);
		vectors_near(d.sum, vectors_number(c, wanted[i].path), NEAR);
		assert_int_equal(d.known, 10);
	}
}

static void season(const json_t *c)
{
	vectors_near(degree_days_season(vectors_number(c, "input/t_in"),
			     vectors_number(c, "input/t_avg"), vectors_number(c, "input/z")),
		vectors_number(c, "expect/gsop"), NEAR);
}

/* A figure of a table of the case; the set owns it. */
static struct figures *graph_of(const json_t *table)
{
	char text[4096];
	size_t n = (size_t)snprintf(text, sizeof(text),
		"figures:\n  - code: temperature_graph.x\n"
		"    title: t\n    title_ru: t\n"
		"    values:\n      - valid_from: 1990-01-01\n        source: s\n"
		"        text: |\n          t_out t1 t2\n");
	size_t i;
	json_t *row;
	json_array_foreach(table, i, row)
	{
		n += (size_t)snprintf(text + n, sizeof(text) - n, "          %g %g %g\n",
			json_number_value(json_array_get(row, 0)),
			json_number_value(json_array_get(row, 1)),
			json_number_value(json_array_get(row, 2)));
	}
	struct figures *f = NULL;
	struct diag d = {0};
	enum err e = figures_parse("graph", (struct slice){(const uint8_t *)text, n}, NULL, &f, &d);
	if (e) {
		fail_msg("%s", d.text);
	}
	return f;
}

static void graph_deviation(const json_t *c)
{
	struct figures *set = graph_of(json_object_get(json_object_get(c, "input"), "table"));
	struct graph g = {
		.table = figures_item(set, 0),
		.supply_percent = vectors_number(c, "input/limit_supply_pct"),
		.return_percent = vectors_number(c, "input/limit_return_pct"),
	};
	assert_int_equal(graph_check(g.table, NULL), ERR_OK);
	size_t i;
	json_t *x;
	json_t *cases = json_object_get(json_object_get(c, "expect"), "cases");
	assert_int_equal(json_array_size(cases), 6);
	json_array_foreach(cases, i, x)
	{
		struct graph_fact fact = {vectors_number(x, "input/t_out"),
			vectors_number(x, "input/t1_fact"), vectors_number(x, "input/t2_fact"),
			vectors_number(x, "input/M_t")};
		struct graph_deviation d = graph_deviation_of(&g, &fact);
		const json_t *want = json_object_get(x, "expect");
		vectors_near(d.norm.supply, vectors_number(want, "t1_norm"), NEAR);
		vectors_near(d.norm.ret, vectors_number(want, "t2_norm"), NEAR);
		vectors_near(d.supply_k, vectors_number(want, "d1_K"), NEAR);
		vectors_near(d.supply_percent, vectors_number(want, "d1_pct"), NEAR);
		vectors_near(d.return_k, vectors_number(want, "d2_K"), NEAR);
		vectors_near(d.return_percent, vectors_number(want, "d2_pct"), NEAR);
		vectors_near(d.unused_gcal, vectors_number(want, "Q_not_used_Gcal"), NEAR);
		assert_int_equal(
			d.is_supply_low, json_is_true(json_object_get(want, "supply_underheat")));
		assert_int_equal(
			d.is_return_high, json_is_true(json_object_get(want, "return_overheat")));
	}
	figures_free(set);
}

static void normalise(const json_t *c)
{
	vectors_near(weather_normalised(vectors_number(c, "input/Q_base"),
			     vectors_number(c, "input/Q_heat"), vectors_number(c, "input/hdd_norm"),
			     vectors_number(c, "input/hdd_act")),
		vectors_number(c, "expect/Q_norm"), NEAR);
}

static void specific(const json_t *c)
{
	double gcal = vectors_number(c, "input/Q_Gcal");
	double area = vectors_number(c, "input/S");
	double kwh = specific_consumption(gcal, area);
	vectors_near(kwh, vectors_number(c, "expect/kWh_per_m2"), NEAR);
	vectors_near(gcal / area, vectors_number(c, "expect/Gcal_per_m2"), NEAR);
	vectors_near(specific_per_degree_day(kwh, 5777), vectors_number(c, "expect/Wh_per_m2_gsop"),
		NEAR);
}

static void test_published_cases(void **state)
{
	static const struct {
		const char *op;
		void (*run)(const json_t *c);
	} ops[] = {{"hdd", degree_days}, {"gsop", season}, {"graph_deviation", graph_deviation},
		{"weather_normalise", normalise}, {"specific", specific}};
	(void)state;
	json_t *document = vectors_load("calc/degree_days_signature.json");
	NEED_VECTORS(document);
	size_t i;
	size_t runs = 0;
	json_t *c;
	json_array_foreach(json_object_get(document, "cases"), i, c)
	{
		for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++) {
			if (strcmp(ops[k].op, json_string_value(json_object_get(c, "op"))) == 0) {
				ops[k].run(c);
				runs++;
			}
		}
	}
	/* D04 and D05 are test_signature.c's, D08 test_compare.c's */
	assert_int_equal(runs + 3, json_array_size(json_object_get(document, "cases")));
	json_decref(document);
}

static void test_heating_curve_of_every_published_row(void **state)
{
	const char *path = vector_path("calc/heating_curve.csv");
	(void)state;
	NEED_VECTORS(path);
	struct csv csv = {.file = fopen(path, "r")};
	assert_non_null(csv.file);
	size_t rows = 0;
	assert_true(csv_next(&csv));
	while (csv_next(&csv)) {
		double v[12];
		for (size_t i = 1; i < 12; i++) {
			v[i] = strtod(csv.fields[i], NULL);
		}
		/* networks above 95 °C make hot water, which wants 70 */
		bool has_break = v[3] > 95;
		struct heating_curve curve = {.indoor = v[1],
			.design = v[2],
			.supply = v[3],
			.house = v[4],
			.ret = v[5],
			.radiator = 0.25,
			.least = NAN,
			.most = NAN};
		struct curve_point p = curve_at(&curve, v[6]);
		assert_true(fabs(p.load - v[7]) < 1e-6);
		assert_true(fabs(p.supply - v[8]) < 1e-3);
		assert_true(fabs(p.house - v[9]) < 1e-3);
		assert_true(fabs(p.ret - v[10]) < 1e-3);
		curve.least = has_break ? 70 : (double)NAN;
		p = curve_at(&curve, v[6]);
		assert_true(fabs(p.supply - v[11]) < 1e-3);
		assert_int_equal(p.is_broken, has_break && v[8] < 70);
		rows++;
	}
	assert_int_equal(rows, 57);
	(void)fclose(csv.file);
}

static void test_curve_is_cut_and_ends_at_the_design_temperatures(void **state)
{
	struct heating_curve c = {20, -34, 150, 95, 70, 0.25, 70, 130};
	(void)state;
	struct curve_point p = curve_at(&c, -34);
	assert_true(p.supply == 130 && p.is_cut && fabs(p.house - 95) < 1e-9);
	p = curve_at(&c, -45);
	assert_true(p.load == 1 && fabs(p.ret - 70) < 1e-9);
	p = curve_at(&c, 25);
	assert_true(p.load == 0 && p.supply == 70 && p.house == 20);
	assert_true(isnan(curve_at(&c, NAN).house));
}

/* ---- edges ---- */

static void test_days_at_the_limit(void **state)
{
	struct degree_days_rule eurostat = rule_of(DEGREE_DAYS_EUROSTAT);
	struct degree_days_rule german = rule_of(DEGREE_DAYS_GERMAN);
	(void)state;
	assert_true(degree_days_of(&eurostat, 15) == 3 && degree_days_of(&eurostat, 15.1) == 0);
	assert_true(degree_days_of(&german, 12) == 0);
	assert_true(fabs(degree_days_of(&german, 11.9) - 8.1) < 1e-9);
}

static void test_unknown_days_are_not_mild_ones(void **state)
{
	struct degree_days_rule rule = rule_of(DEGREE_DAYS_SIMPLE);
	double t[] = {8, NAN, 10};
	double none[] = {NAN, NAN};
	(void)state;
	struct degree_days d = degree_days_sum(&rule, t, 3);
	assert_true(d.sum == 18 && d.known == 2 && d.expected == 3);
	d = degree_days_sum(&rule, none, 2);
	assert_true(isnan(d.sum) && d.known == 0);
}

static enum err check_text(const char *rows, struct diag *d)
{
	char text[1024];
	struct figures *f = NULL;
	int n = snprintf(text, sizeof(text),
		"figures:\n  - code: temperature_graph.x\n"
		"    title: t\n    title_ru: t\n"
		"    values:\n      - {valid_from: 1990-01-01, source: s, text: \"%s\"}\n",
		rows);
	enum err e = figures_parse(
		"graph", (struct slice){(const uint8_t *)text, (size_t)n}, NULL, &f, d);
	e = e ? e : graph_check(figures_item(f, 0), d);
	figures_free(f);
	return e;
}

static void assert_refused(const char *rows, const char *named)
{
	struct diag d = {0};
	assert_int_equal(check_text(rows, &d), ERR_PARSE);
	if (!strstr(d.text, named)) {
		fail_msg("'%s' does not name '%s'", d.text, named);
	}
}

/* The table of the earlier system had 128.5 at -21. */
static void test_graph_with_a_jump_is_refused_and_the_row_named(void **state)
{
	(void)state;
	assert_int_equal(
		check_text("t_out t1 t2; -22 120.9 65; -20 116.1 63; 0 70 42", NULL), ERR_OK);
	assert_refused("t_out t1 t2; -23 123.3 66; -22 120.9 65; -21 128.5 64; -20 116.1 63",
		"row 3 (t_out -21)");
	/* too low by as much: the row itself is named, not the one after it */
	assert_refused(
		"t_out t1 t2; -23 123.3 66; -22 120.9 65; -21 108.5 64; -20 116.1 63; -19 114 62",
		"row 3 (t_out -21)");
	assert_refused(
		"t_out t1 t2; -22 120.9 65; -20 116.1 63; -21 118.5 64", "row 3 (t_out -21)");
	assert_refused("t_out t1 t2; -22 60 65; -20 58 63", "row 1 (t_out -22)");
	assert_refused("t_out t1 t2; -22 120 65; -20 - 63", "row 2 (t_out -20)");
	assert_refused("t_out t2; -22 65; -20 63", "t_out, t1, t2");
	assert_refused("t_out t1 t2; -22 120 65", "2 to");
}

static void test_unknown_return_accuses_nobody(void **state)
{
	struct graph g = {.curve = {20, -34, 95, 95, 70, 0.25, NAN, NAN},
		.supply_percent = 3,
		.return_percent = 5};
	struct graph_fact fact = {-10, graph_at(&g, -10).supply, NAN, 100};
	(void)state;
	struct graph_deviation d = graph_deviation_of(&g, &fact);
	assert_true(d.is_known && !d.is_supply_low && !d.is_return_high && d.unused_gcal == 0);
	fact.outdoor = NAN;
	d = graph_deviation_of(&g, &fact);
	assert_false(d.is_known);
}

/* ---- classes ---- */

static struct energy_verdict class_at(int date, double fact, double base, const char **ret_label)
{
	struct energy_class classes[ENERGY_CLASSES_MAX];
	size_t n = energy_classes(rules, 0, date, classes);
	bool is_whole = figure_number(rules, 0, "energy_class.is_whole", date) > 0;
	struct energy_verdict v = energy_class_of(classes, n, is_whole, fact, base);
	*ret_label = v.index < 0 ? "" : classes[v.index].label;
	return v;
}

static void test_energy_class_of_every_published_row(void **state)
{
	const char *path = vector_path("calc/energy_class.csv");
	(void)state;
	NEED_VECTORS(path);
	struct csv csv = {.file = fopen(path, "r")};
	assert_non_null(csv.file);
	size_t rows = 0;
	assert_true(csv_next(&csv));
	while (csv_next(&csv)) {
		const char *label;
		struct energy_verdict v = class_at(
			TODAY, strtod(csv.fields[0], NULL), strtod(csv.fields[1], NULL), &label);
		assert_true(fabs(v.deviation_percent - strtod(csv.fields[2], NULL)) < 1e-6);
		assert_string_equal(label, csv.fields[3]);
		rows++;
	}
	assert_int_equal(rows, 14);
	(void)fclose(csv.file);
}

/* Order 161: A below -45, B++ -36..-45, B+ -26..-35, B -11..-25, C -10..+5, D +6..+50, E above. */
static void test_energy_class_of_houses_certified_before_2016(void **state)
{
	static const struct {
		double deviation;
		const char *label;
	} rows[] = {{-46, "A"}, {-45, "B++"}, {-36, "B++"}, {-35, "B+"}, {-26, "B+"}, {-25, "B"},
		{-11, "B"}, {-10, "C"}, {5, "C"}, {6, "D"}, {50, "D"}, {51, "E"}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *label;
		(void)class_at(20150601, 100 + rows[i].deviation, 100, &label);
		assert_string_equal(label, rows[i].label);
	}
}

static void test_without_a_base_there_is_no_class(void **state)
{
	const char *label;
	(void)state;
	assert_int_equal(class_at(TODAY, 180, NAN, &label).index, -1);
	assert_int_equal(class_at(TODAY, NAN, 180, &label).index, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_cases),
		cmocka_unit_test(test_heating_curve_of_every_published_row),
		cmocka_unit_test(test_curve_is_cut_and_ends_at_the_design_temperatures),
		cmocka_unit_test(test_days_at_the_limit),
		cmocka_unit_test(test_unknown_days_are_not_mild_ones),
		cmocka_unit_test(test_graph_with_a_jump_is_refused_and_the_row_named),
		cmocka_unit_test(test_unknown_return_accuses_nobody),
		cmocka_unit_test(test_energy_class_of_every_published_row),
		cmocka_unit_test(test_energy_class_of_houses_certified_before_2016),
		cmocka_unit_test(test_without_a_base_there_is_no_class),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
