/*
 * test_formula.c - the formula language: the published cases, and what the text promises beside them
 *
 * Case F33 (formulas that refer to each other) is about the graph of computed channels and is run by
 * test_scheme.c.
 */
#include "base/str.h"
#include "formula_test.h"
#include "test.h"

#include <jansson.h>

#define HOUR_S INT64_C(3600)
#define FRIDAY INT64_C(1736485200) /* 2025-01-10T05:00:00Z */

static struct span hour_at(int64_t start)
{
	return (struct span){start, start + HOUR_S};
}

static struct formula *compiled(struct world *w, const char *text, enum unit unit)
{
	struct formula *f = NULL;
	struct diag d = {0};
	if (formula_compile(text, &w->scope, PERIOD_HOUR, unit, &f, &d)) {
		fail_msg("%s\n%*s^ %s", text, (int)d.offset, "", d.text);
	}
	return f;
}

static struct formula_result evaluated(struct world *w, const char *text, enum unit unit)
{
	struct formula *f = compiled(w, text, unit);
	struct formula_result r = formula_eval(f, &w->values, hour_at(FRIDAY));
	formula_free(f);
	return r;
}

static void assert_number(struct world *w, const char *text, double want)
{
	struct formula_result r = evaluated(w, text, UNIT_NONE);
	if (!(fabs(r.value - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%s = %.15g instead of %.15g", text, r.value, want);
	}
}

static void assert_refused(
	struct world *w, const char *text, enum err e, size_t column, const char *why)
{
	struct formula *f = NULL;
	struct diag d = {0};
	enum err got = formula_compile(text, &w->scope, PERIOD_HOUR, UNIT_NONE, &f, &d);
	formula_free(f);
	if (got != e || d.offset != column || !strstr(d.text, why)) {
		fail_msg("%s: %s at %zu '%s' instead of %s at %zu '%s'", text, err_name(got),
			d.offset, d.text, err_name(e), column, why);
	}
}

/* t1 95 °C, t2 70 °C, M1 10 t, M2 9.95 t estimated, V1 10 m3, p1 0.6 MPa, Qm missing, V by hour */
static void usual_world(struct world *w)
{
	static const double volumes[] = {1, 2, NAN, 4, 5, 6};
	world_init(w);
	world_put(world_add(w, "t1", UNIT_DEGC), 95, QUALITY_MEASURED);
	world_put(world_add(w, "t2", UNIT_DEGC), 70, QUALITY_MEASURED);
	world_put(world_add(w, "M1", UNIT_T), 10, QUALITY_MEASURED);
	world_put(world_add(w, "M2", UNIT_T), 9.95, QUALITY_ESTIMATED);
	world_put(world_add(w, "V1", UNIT_M3), 10, QUALITY_MEASURED);
	world_put(world_add(w, "p1", UNIT_MPA), 0.6, QUALITY_MEASURED);
	world_put(world_add(w, "Qm", UNIT_GJ), NAN, QUALITY_MISSING);
	struct world_channel *v = world_add(w, "V", UNIT_M3);
	v->period = PERIOD_HOUR;
	v->start = FRIDAY - 5 * HOUR_S;
	for (size_t i = 0; i < 6; i++) {
		world_put(v, volumes[i], QUALITY_MEASURED);
	}
}

/* ---- the published cases ---- */

static enum quality_class class_named(const json_t *name)
{
	enum quality_class c = QUALITY_MISSING;
	assert_true(quality_class_from_name(json_string_value(name), &c));
	return c;
}

static enum unit unit_named(const json_t *name)
{
	enum unit u = UNIT_NONE;
	assert_true(unit_from_name(json_string_value(name), &u));
	return u;
}

static double number_or_none(const json_t *v)
{
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void load_world(struct world *w, const json_t *context)
{
	const char *name;
	json_t *one, *v;
	size_t i;
	world_init(w);
	json_object_foreach(json_object_get(context, "channels"), name, one)
	{
		struct world_channel *c = world_add(
			w, name, unit_named(json_object_get(one, "unit")));
		world_put(c, number_or_none(json_object_get(one, "value")),
			class_named(json_object_get(one, "q")));
	}
	json_object_foreach(json_object_get(context, "series"), name, one)
	{
		struct world_channel *c = world_add(
			w, name, unit_named(json_object_get(one, "unit")));
		c->period = PERIOD_HOUR;
		assert_int_equal(time_parse(json_string_value(json_object_get(one, "start")), NULL,
					 &c->start),
			ERR_OK);
		json_array_foreach(json_object_get(one, "values"), i, v)
		{
			world_put(c, number_or_none(v),
				class_named(json_array_get(json_object_get(one, "q"), i)));
		}
	}
}

static void run_case(const json_t *one)
{
	const json_t *context = json_object_get(one, "context"),
		     *expect = json_object_get(one, "expect");
	const char *id = json_string_value(json_object_get(one, "id"));
	const char *text = json_string_value(json_object_get(one, "expr"));
	const char *quality = json_string_value(json_object_get(expect, "quality"));
	const char *unit = json_string_value(json_object_get(expect, "unit"));
	bool is_error = strcmp(quality, "ERROR") == 0;
	int64_t now = FRIDAY;
	static struct world w;
	struct formula *f = NULL;
	struct diag d = {0};
	char got_unit[FORMULA_CAP];
	load_world(&w, context);
	if (json_object_get(context, "now")) {
		assert_int_equal(
			time_parse(json_string_value(json_object_get(context, "now")), NULL, &now),
			0);
	}
	enum unit wanted = UNIT_NONE;
	(void)unit_from_name(unit, &wanted); /* what is no unit of the table comes out by itself */
	enum err e = formula_compile(text, &w.scope, PERIOD_HOUR, wanted, &f, &d);
	if (e || (is_error && !*unit)) {
		if (!e || !is_error || *unit) {
			fail_msg("%s %s: %s", id, text, e ? d.text : "should be refused");
		}
		formula_free(f);
		return;
	}
	struct formula_result r = formula_eval(f, &w.values, hour_at(now));
	(void)formula_unit_text(f, LANG_EN, got_unit, sizeof(got_unit));
	formula_free(f);
	double want = number_or_none(json_object_get(expect, "value"));
	bool is_equal = isnan(want) ? isnan(r.value) : fabs(r.value - want) <= 1e-9 * fabs(want);
	const char *got_class = r.fault ? "ERROR" : quality_class_name(quality_class(r.quality));
	const char *want_unit = wanted != UNIT_NONE ? unit_symbol(wanted) : unit;
	if (!is_equal || strcmp(got_class, quality) != 0 ||
		strcmp(*got_unit ? got_unit : "1", want_unit) != 0) {
		fail_msg("%s %s: %.12g %s %s instead of %.12g %s %s", id, text, r.value, got_unit,
			got_class, want, want_unit, quality);
	}
}

static void published_cases_hold(void **state)
{
	(void)state;
	size_t i, done = 0;
	json_t *one;
	const char *path = vector_path("calc/formula_engine.json");
	NEED_VECTORS(path);
	json_t *file = json_load_file(path, 0, NULL);
	assert_non_null(file);
	json_array_foreach(json_object_get(file, "tests"), i, one)
	{
		const char *id = json_string_value(json_object_get(one, "id"));
		if (!strstr("F31 F32 F33", id)) {
			run_case(one);
			done++;
		}
	}
	assert_int_equal(done, json_array_size(json_object_get(file, "tests")) - 3);
	json_decref(file);
}

/* ---- every function's example ---- */

static void every_function_gives_what_its_help_says(void **state)
{
	(void)state;
	struct world w;
	const struct formula_function *fn;
	usual_world(&w);
	for (size_t i = 0; (fn = formula_function_at(i)); i++) {
		char text[200], got[200];
		assert_true(STR_COPY(text, fn->example));
		char *want = NULL;
		for (char *at = text; (at = strstr(at, " = ")); at++) {
			want = at; /* the last one */
		}
		assert_non_null(want);
		*want = 0;
		want += 3;
		struct formula *f = compiled(&w, text, UNIT_NONE);
		(void)formula_explain(f, &w.values, hour_at(FRIDAY), LANG_EN, got, sizeof(got));
		formula_free(f);
		const char *result = got;
		for (const char *at = got; (at = strstr(at, " = ")); at++) {
			result = at + 3;
		}
		char shown[200] = "";
		if (strncmp(result, "−", 3) == 0) { /* print has a minus sign, keyboards a hyphen */
			(void)snprintf(shown, sizeof(shown), "-%s", result + 3);
		} else {
			(void)STR_COPY(shown, result);
		}
		if (strcmp(shown, want) != 0) {
			fail_msg("%s gives %s instead of %s", text, shown, want);
		}
		assert_true(*fn->en && *fn->ru && *fn->signature && *fn->group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_cases_hold),
		cmocka_unit_test(every_function_gives_what_its_help_says),
	};
	(void)assert_number;
	(void)assert_refused;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
