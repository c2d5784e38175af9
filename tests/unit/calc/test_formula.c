/*
 * test_formula.c - the formula language: the published cases, every function's example, units, what is
 * read, limits, explanations
 *
 * Case F33 (formulas that refer to each other) is about the graph of computed channels and is run by
 * test_scheme.c.
 */
#include "formula_test.h"

#include <jansson.h>

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

static const char *in_lower_case(const char *name, char out[static 64])
{
	size_t n = 0;
	for (; name[n] && n < 63; n++) {
		out[n] = (char)(name[n] >= 'A' && name[n] <= 'Z' ? name[n] + 32 : name[n]);
	}
	out[n] = 0;
	return out;
}

/* Tables and tariffs of a case as a document of figures; NULL: it has none. */
static struct figures *load_figures(const json_t *context)
{
	const char *name, *column;
	char code[64];
	json_t *one, *points, *row;
	struct buf b;
	size_t i;
	buf_init(&b, 4096);
	buf_str(&b, "figures:\n");
	size_t nothing = b.size;
	json_object_foreach(json_object_get(context, "tables"), name, one)
	{
		json_object_foreach(one, column, points)
		{
			buf_printf(&b,
				"  - {code: graph.%s, title: g, title_ru: g, values: [{valid_from: "
				"1990-01-01, source: x, text: \"x %s",
				in_lower_case(name, code), column);
			json_array_foreach(points, i, row)
			{
				buf_printf(&b, "; %g %g", json_number_value(json_array_get(row, 0)),
					json_number_value(json_array_get(row, 1)));
			}
			buf_str(&b, "\"}]}\n");
		}
	}
	json_object_foreach(json_object_get(context, "tariffs"), name, one)
	{
		buf_printf(&b,
			"  - {code: tariff.%s, title: t, title_ru: t, unit: rub/kWh, values: [",
			in_lower_case(name, code));
		json_array_foreach(one, i, row)
		{
			buf_printf(&b, "%s{valid_from: %s, value: %g, source: x}", i ? ", " : "",
				json_string_value(json_array_get(row, 0)),
				json_number_value(json_array_get(row, 1)));
		}
		buf_str(&b, "]}\n");
	}
	struct figures *f = b.size > nothing ? figures_of(buf_cstr(&b)) : NULL;
	buf_fini(&b);
	return f;
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
	struct figures *own = load_figures(context);
	load_world(&w, context);
	w.scope.figures = own;
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
		figures_free(own);
		return;
	}
	struct formula_result r = formula_eval(f, &w.values, hour_at(now));
	(void)formula_unit_text(f, LANG_EN, got_unit, sizeof(got_unit));
	formula_free(f);
	figures_free(own);
	double want = number_or_none(json_object_get(expect, "value"));
	bool is_equal = isnan(want) ? isnan(r.value) : fabs(r.value - want) <= 1e-9 * fabs(want);
	const char *got_class = r.fault ? "ERROR" : quality_class_name(quality_class(r.quality));
	/* a currency has no name of its own here */
	const char *want_unit = wanted != UNIT_NONE          ? unit_symbol(wanted) :
				strcmp(unit, "rub/kWh") == 0 ? "currency/kWh" :
							       unit;
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
		if (strcmp(json_string_value(json_object_get(one, "id")), "F33") != 0) {
			run_case(one);
			done++;
		}
	}
	assert_int_equal(done, json_array_size(json_object_get(file, "tests")) - 1);
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

/* ---- units ---- */

static void every_unit_of_the_table_has_a_dimension_and_reads_back(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	for (int i = UNIT_NONE + 1; i < UNIT_COUNT; i++) {
		enum unit u = (enum unit)i;
		enum dimension dim = unit_dimension(u);
		char text[100], name[FORMULA_CAP];
		(void)snprintf(text, sizeof(text), "unit(1, \"%s\")", unit_code(u));
		struct formula *f = compiled(&w, text, u);
		assert_int_equal(formula_eval(f, &w.values, hour_at(FRIDAY)).value, 1);
		(void)formula_unit_text(f, LANG_EN, name, sizeof(name));
		bool is_plain = dim == DIM_RATIO || dim == DIM_ANGLE;
		assert_true(is_plain || *name);
		formula_free(f);
	}
}

static void published_conversions_hold_in_formulas(void **state)
{
	(void)state;
	const char *path = vector_path("calc/units_checks.csv");
	struct world w;
	char line[256], from[32], to[32], text[160];
	double value, want;
	size_t done = 0;
	NEED_VECTORS(path);
	usual_world(&w);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		assert_int_equal(
			sscanf(line, "%lf,%31[^,],%lf,%31[^,]", &value, from, &want, to), 4);
		bool is_absolute = strcmp(to, "K") == 0;
		(void)snprintf(text, sizeof(text), "convert(%.17g, \"%s\", \"%s\")", value, from,
			is_absolute ? "K_abs" : to);
		struct formula_result r = evaluated(&w, text, UNIT_NONE);
		if (!(fabs(r.value - want) <= 1e-12 * fabs(want))) {
			fail_msg("%s = %.15g instead of %.15g", text, r.value, want);
		}
		done++;
	}
	(void)fclose(file);
	assert_int_equal(done, 19);
}

/* A unit of units.csv by its code here: differences of temperatures have codes of their own. */
static const char *own_code(const char *quantity, const char *unit)
{
	bool is_difference = strcmp(quantity, "temperature_difference") == 0;
	if (strcmp(quantity, "temperature") == 0 && strcmp(unit, "K") == 0) {
		return "K_abs";
	}
	if (is_difference && strcmp(unit, "degC") == 0) {
		return "K";
	}
	return is_difference && strcmp(unit, "degF") == 0 ? "degF_diff" : unit;
}

static void every_published_unit_has_its_dimension_and_factor(void **state)
{
	(void)state;
	const char *path = vector_path("calc/units.csv");
	struct world w;
	char line[256], quantity[32], unit[32], ru[64], base[32], text[160];
	double factor, offset;
	size_t done = 0;
	NEED_VECTORS(path);
	usual_world(&w);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		assert_int_equal(sscanf(line, "%31[^,],%31[^,],%63[^,],%lf,%lf,%31[^,]", quantity,
					 unit, ru, &factor, &offset, base),
			6);
		(void)snprintf(text, sizeof(text), "convert(1, \"%s\", \"%s\")",
			own_code(quantity, unit), own_code(quantity, base));
		double got = evaluated(&w, text, UNIT_NONE).value;
		if (!(fabs(got - (factor + offset)) <= 1e-12 * fabs(factor + offset))) {
			fail_msg("%s = %.15g instead of %.15g", text, got, factor + offset);
		}
		done++;
	}
	(void)fclose(file);
	assert_true(done >= 75);
}

/* ---- what is read ---- */

/* Whatever is read lies in what formula_inputs has promised. */
static void inputs_cover_every_read(void **state)
{
	(void)state;
	static const char *const texts[] = {"V", "V[-1]", "V[3]", "V@-1mo", "V@1y", "V@-90m",
		"V@45s", "sum(V,-5h,0h)", "sum(V,-2d,1d)", "sum(V[-1],-1mo,-1d)", "delta(V)",
		"delta(V)[-2]", "at(V)", "at(V@-1mo, \"month\")", "last(V, 3d)",
		"wmean(t1, V@-1d, -5h, 2h)", "mean(V,-1mo,0mo)@-1y"};
	static const char *const zones[] = {
		"UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"};
	static const enum period periods[] = {
		PERIOD_HALF_HOUR, PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	struct world w;
	usual_world(&w);
	for (size_t z = 0; z < 4; z++) {
		assert_int_equal(zone_get(zones[z], &w.calendar.zone, NULL), ERR_OK);
		w.calendar.report_day = z % 2 ? 31 : 1;
		w.calendar.report_hour = z % 2 ? 9 : 0;
		for (size_t i = 0; i < 4 * sizeof(texts) / sizeof(texts[0]); i++) {
			struct formula *f = NULL;
			enum period period = periods[i % 4];
			const struct formula_input *in;
			if (formula_compile(texts[i / 4], &w.scope, period, UNIT_NONE, &f, NULL)) {
				continue; /* at() of a month */
			}
			int64_t before = 0, after = 0;
			size_t n = formula_inputs(f, &in);
			for (size_t k = 0; k < n; k++) {
				before = in[k].before_s > before ? in[k].before_s : before;
				after = in[k].after_s > after ? in[k].after_s : after;
			}
			for (int day = 0; day < 366; day += 5) {
				struct span span = period_of(
					&w.calendar, period, FRIDAY + day * 24 * HOUR_S);
				w.reads = 0;
				(void)formula_eval(f, &w.values, span);
				if (!w.reads || w.first_read < span.from - before ||
					w.last_read >= span.till + after) {
					fail_msg("%s by %s in %s, day %d", texts[i / 4],
						period_name(period), zones[z], day);
				}
			}
			formula_free(f);
		}
	}
}

static void a_sum_is_the_sum_of_its_parts(void **state)
{
	(void)state;
	struct world w;
	char text[160];
	usual_world(&w);
	struct world_channel *c = &w.channels[7];
	c->start = FRIDAY - 47 * HOUR_S;
	c->n = 0;
	for (size_t i = 0; i < 48; i++) {
		world_put(c, (double)(i * 37 % 11) + 0.25, QUALITY_MEASURED);
	}
	for (int cut = 1; cut < 47; cut++) {
		(void)snprintf(text, sizeof(text),
			"sum(V,-47h,0h) == sum(V,-47h,-%dh) + sum(V,-%dh,0h)", cut + 1, cut);
		assert_number(&w, text, 1); /* quarters add up exactly */
	}
	assert_number(&w, "mean(V,-47h,0h) * 48 == sum(V,-47h,0h)", 1);
	assert_number(&w, "sum(delta(V), -40h, 0h) == V - V[-41]", 1);
}

/* ---- limits ---- */

static enum err compiled_text(struct world *w, const char *text)
{
	struct formula *f = NULL;
	struct diag d = {0};
	enum err e = formula_compile(text, &w->scope, PERIOD_HOUR, UNIT_NONE, &f, &d);
	if (!e) {
		(void)formula_eval(f, &w->values, hour_at(FRIDAY));
	}
	formula_free(f);
	return e;
}

static const char *repeated(const char *head, const char *part, size_t n, const char *tail)
{
	static char text[FORMULA_TEXT + 100];
	size_t at = 0, length = strlen(part);
	at += (size_t)snprintf(text, sizeof(text), "%s", head);
	for (size_t i = 0; i < n && at + length + strlen(tail) < sizeof(text); i++) {
		memcpy(text + at, part, length);
		at += length;
	}
	memcpy(text + at, tail, strlen(tail) + 1);
	return text;
}

static void limits_are_kept_and_said(void **state)
{
	(void)state;
	struct world w;
	char text[400];
	usual_world(&w);
	memset(text, 0, sizeof(text));
	for (size_t levels = 64; levels <= 65; levels++) {
		memset(text, '(', levels);
		text[levels] = '1';
		memset(text + levels + 1, ')', levels);
		text[2 * levels + 1] = 0;
		assert_int_equal(compiled_text(&w, text), levels == 64 ? ERR_OK : ERR_LIMIT);
	}
	assert_int_equal(
		compiled_text(&w, repeated("1", "+1", 2047, "")), ERR_OK); /* 4095 and the end */
	assert_int_equal(compiled_text(&w, repeated("1", "+1", 2048, "")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, repeated("", "-", 100, "1")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, repeated("1", "^1", 100, "")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, repeated("V", "[-1]", 60, "")), ERR_OK);
	assert_int_equal(compiled_text(&w, repeated("V", "[-1]", 100, "")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, repeated("min(1", ",1", 199, ")")), ERR_OK);
	assert_int_equal(compiled_text(&w, repeated("min(1", ",1", 200, ")")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, repeated("", " ", FORMULA_TEXT, "1")), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, "sumx(V,-8760h,0h,0)"), ERR_OK);
	assert_int_equal(compiled_text(&w, "sumx(V,-3y,0h,0)"), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, "sumx(sumx(V,-1y,0h,0),-1y,0h,0)"), ERR_LIMIT);
	assert_int_equal(compiled_text(&w, "V@-99y"), ERR_LIMIT);
	assert_refused(&w, "V + sum(V,-4y,0h)", ERR_LIMIT, 8, "more than 20000 intervals");
}

/* ---- words ---- */

static void assert_explained(struct world *w, const char *text, enum lang lang, const char *want)
{
	char got[300];
	struct formula *f = compiled(w, text, UNIT_NONE);
	size_t n = formula_explain(f, &w->values, hour_at(FRIDAY), lang, got, sizeof(got));
	formula_free(f);
	assert_string_equal(got, want);
	assert_int_equal(n, strlen(want));
}

static void an_explanation_has_the_numbers_filled_in(void **state)
{
	(void)state;
	struct world w;
	usual_world(&w);
	assert_explained(&w, "M1*(rho(t1,p1) - 900 kg/m3)", LANG_EN,
		"10 t × (962.126 kg/m3 − 900 kg/m3) = 621255 m^-3·kg^2");
	assert_explained(&w, "V1*rho(t1, p1)", LANG_RU, "10 м³ × 962,126 кг/м³ = 9621,26 кг");
	assert_explained(&w, "M1", LANG_RU, "10 т");
	assert_explained(
		&w, "clamp(M1-M2,0,0.02)", LANG_RU, "clamp(10 т − 9,95 т; 0; 0,02) = 0,02 т");
	assert_explained(&w, "ifna(Qm,-M1/(1 t)*(1 GJ))", LANG_EN,
		"ifna(no data, −10 t / (1 t) × (1 GJ)) = −10 GJ");
	assert_explained(&w, "t2-t1 < -3 && !isna(Qm)", LANG_RU,
		"70 °C − 95 °C < (−3) и не isna(нет данных) = 0");
	assert_explained(&w, "2*(M2-M1)[-1]", LANG_EN, "2 × (−0.05 t) = −0.1 t");
	assert_explained(&w, "1/(M1-M1)", LANG_EN, "1 / (10 t − 10 t) = division by zero");
	assert_explained(&w, "round(M2 * 2.5, 1 + min(1, 0))", LANG_RU,
		"round(9,95 т × 2,5; 1 + min(1; 0)) = 24,9 т");
	char tiny[4];
	struct formula *f = compiled(&w, "M1 * 2", UNIT_NONE);
	assert_true(
		formula_explain(f, &w.values, hour_at(FRIDAY), LANG_EN, tiny, sizeof(tiny)) > 4);
	assert_string_equal(tiny, "10 ");
	formula_free(f);
}

/* docs/formulas.md has a row for every function, as the program says it. */
static void the_document_lists_every_function(void **state)
{
	(void)state;
	static char text[65536];
	const char *source = getenv("DOMOVOI_SOURCE");
	const struct formula_function *fn;
	char path[1024], row[1024];
	if (!source) {
		(void)puts("skipped: DOMOVOI_SOURCE does not name the source");
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/docs/formulas.md", source);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	(void)fclose(f);
	for (size_t i = 0; (fn = formula_function_at(i)); i++) {
		(void)snprintf(row, sizeof(row), "| `%s` | %s | `%s` |\n", fn->signature, fn->en,
			fn->example);
		if (!strstr(text, row)) {
			fail_msg("docs/formulas.md has no row %s", row);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_cases_hold),
		cmocka_unit_test(every_function_gives_what_its_help_says),
		cmocka_unit_test(the_document_lists_every_function),
		cmocka_unit_test(every_unit_of_the_table_has_a_dimension_and_reads_back),
		cmocka_unit_test(published_conversions_hold_in_formulas),
		cmocka_unit_test(every_published_unit_has_its_dimension_and_factor),
		cmocka_unit_test(inputs_cover_every_read),
		cmocka_unit_test(a_sum_is_the_sum_of_its_parts),
		cmocka_unit_test(limits_are_kept_and_said),
		cmocka_unit_test(an_explanation_has_the_numbers_filled_in),
	};
	return cmocka_run_group_tests(tests, load_figures_once, free_figures);
}
