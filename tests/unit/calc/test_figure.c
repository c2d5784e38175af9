/*
 * Figures are found by place and date, and every file the program comes with is read.
 */
#include "base/str.h"
#include "calc/figure.h"
#include "test.h"

#include <math.h>
#include <string.h>

static const char document[] =
	"figures:\n"
	"  - code: norm.cold_water\n"
	"    title: Norm\n"
	"    title_ru: Норматив\n"
	"    unit: m3\n"
	"    values:\n"
	"      - {valid_from: 2012-09-01, value: 4.5, source: order, is_confirmed: true}\n"
	"      - {valid_from: 2024-07-01, value: 4.2, source: order}\n"
	"      - {valid_from: 2030-01-01, source: repealed}\n"
	"  - code: graph.g105_70\n"
	"    title: Graph\n"
	"    title_ru: График\n"
	"    values:\n"
	"      - valid_from: 1990-01-01\n"
	"        text: |\n"
	"          t_out t1 t2\n"
	"          -16 83 68\n"
	"          -15 81 -\n"
	"          -14 80 66\n"
	"        source: contract\n";

static int put_place(struct site *s, int64_t id, int64_t parent)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	p.id = id;
	p.parent = parent;
	return site_add(s, OBJECT_PLACE, &p) ? 0 : -1;
}

static int put_parameter(struct site *s, int64_t id, int64_t place, const char *from, double value)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.id = id;
	p.place = place;
	p.value = value;
	(void)STR_COPY(p.code, "norm.cold_water");
	(void)STR_COPY(p.valid_from, from);
	return site_add(s, OBJECT_PARAMETER, &p) ? 0 : -1;
}

/* 1 a building, 2 a flat in it, 3 another building */
static struct site *house(void)
{
	struct site *s = site_new();
	assert_non_null(s);
	assert_int_equal(put_place(s, 1, 0) | put_place(s, 2, 1) | put_place(s, 3, 0), 0);
	assert_int_equal(put_parameter(s, 10, 1, "2025-01-01", 5), 0);
	assert_int_equal(put_parameter(s, 11, 2, "2026-01-01", 6), 0);
	assert_int_equal(put_parameter(s, 12, 0, "2027-01-01", 7), 0);
	assert_true(site_sort(s));
	return s;
}

static struct figures *parsed(const struct site *site)
{
	struct figures *f = NULL;
	struct diag diag = {0};
	struct slice text = {(const uint8_t *)document, sizeof(document) - 1};
	if (figures_parse("test.yaml", text, site, &f, &diag) != ERR_OK) {
		fail_msg("%s", diag.text);
	}
	return f;
}

static void the_nearest_place_that_has_a_version_answers(void **state)
{
	(void)state;
	struct site *s = house();
	struct figures *f = parsed(s);
	static const struct {
		int64_t place;
		int date;
		double want;
	} cases[] = {
		{2, 20120831, NAN},
		{2, 20120901, 4.5},
		{2, 20240630, 4.5},
		{2, 20240701, 4.2},
		{2, 20250101, 5},
		{2, 20251231, 5},
		{2, 20260101, 6},
		{2, 20300101, 6},
		{1, 20260101, 5},
		{3, 20260101, 4.2},
		{3, 20270101, 7},
		{0, 20270101, 7},
		{0, 20260101, 4.2},
		{99, 20260101, 4.2},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double got = figure_number(f, cases[i].place, "norm.cold_water", cases[i].date);
		bool is_same = got == cases[i].want || (isnan(got) && isnan(cases[i].want));
		if (!is_same) {
			fail_msg("case %zu: %g instead of %g", i, got, cases[i].want);
		}
	}
	assert_int_equal(figure_at(f, 2, "norm.cold_water", 20260101)->parameter, 11);
	assert_int_equal(figure_at(f, 3, "norm.cold_water", 20260101)->parameter, 0);
	assert_false(figure_at(f, 3, "norm.cold_water", 20260101)->is_confirmed);
	assert_true(figure_at(f, 3, "norm.cold_water", 20200101)->is_confirmed);
	assert_null(figure_at(f, 3, "norm.cold", 20200101));
	figures_free(f);
	f = parsed(NULL);
	assert_null(figure_at(f, 0, "norm.cold_water", 20300101)); /* repealed */
	figures_free(f);
	site_unref(s);
}

static void a_table_is_read_by_column_and_interpolated(void **state)
{
	(void)state;
	struct figures *f = parsed(NULL);
	const struct figure *g = figure_at(f, 0, "graph.g105_70", 20260101);
	struct figure_row rows[2];
	size_t at = 9;
	assert_non_null(g);
	assert_true(figure_column(g, "t2", &at));
	assert_int_equal(at, 2);
	assert_false(figure_column(g, "t3", &at));
	assert_int_equal(figure_rows(g, rows, 2), 3);
	assert_true(rows[1].v[1] == 81 && isnan(rows[1].v[2]));
	/* F31 of formula_engine.json */
	assert_true(fabs(figure_interp(g, "t1", -15.4) - 81.8) < 1e-12);
	assert_true(figure_interp(g, "t1", -15) == 81);
	assert_true(figure_interp(g, "t1", -40) == 83); /* end rows outside */
	assert_true(figure_interp(g, "t1", 5) == 80);
	assert_true(figure_interp(g, "t2", -15) == 67); /* over the row that does not know */
	assert_true(isnan(figure_interp(g, "t3", -15)));
	assert_true(isnan(figure_interp(g, "t1", NAN)));
	figures_free(f);
}

static void a_fault_is_told_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"figures:\n  - code: A\n    title: x\n    title_ru: x\n    values:\n"
		 "      - {valid_from: 2020-01-01, source: s}\n",
			"x.yaml:2: code: only a-z 0-9 _ . : -"},
		{"figures:\n  - code: a\n    title: x\n    title_ru: x\n    values:\n"
		 "      - {valid_from: 2020-13-01, source: s}\n",
			"x.yaml:2: valid_from: a date as 2014-01-01"},
		{"figures:\n  - code: a\n    title: x\n    title_ru: x\n    values:\n"
		 "      - {valid_from: 2020-01-01, source: s}\n"
		 "      - {valid_from: 2019-01-01, source: s}\n",
			"x.yaml:2: values: in rising order of valid_from"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct figures *f = NULL;
		struct diag diag = {0};
		struct slice text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};
		assert_int_equal(figures_parse("x.yaml", text, NULL, &f, &diag), ERR_PARSE);
		assert_string_equal(diag.text, cases[i].want);
	}
}

/* Every number the program comes with names where it is from, in both languages. */
static void the_files_of_the_program_are_whole(void **state)
{
	(void)state;
	struct figures *f = NULL;
	struct diag diag = {0};
	if (figures_load(NULL, &f, &diag) != ERR_OK) {
		fail_msg("%s", diag.text);
	}
	assert_true(figures_count(f) > 0);
	for (size_t i = 0; i < figures_count(f); i++) {
		const struct figure *g = figures_item(f, i);
		assert_true(g->source[0] && g->source_ru[0] && g->title[0] && g->title_ru[0]);
	}
	figures_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_place_that_has_a_version_answers),
		cmocka_unit_test(a_table_is_read_by_column_and_interpolated),
		cmocka_unit_test(a_fault_is_told_with_its_line),
		cmocka_unit_test(the_files_of_the_program_are_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
