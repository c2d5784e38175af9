/*
 * calc.c - domovoi calc: one formula, evaluated
 *
 * The language of computed channels (calc/formula.h) with inputs from the command line: what a formula
 * of a scheme gives can be tried without a node. Values and parameters are written as in formulas.
 */
#include "base/clock.h"
#include "base/str.h"
#include "calc/figure.h"
#include "calc/formula.h"
#include "cmd/cmd.h"
#include "cmd/json_out.h"
#include "cmd/opt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUTS_MAX OPT_LIST_CEILING
#define SERIES_MAX 1024
#define OUT_MAX    (1u << 20)

/* A channel given by --set or --series; the last value is that of the interval. */
struct input {
	char name[CODE_CAP];
	enum unit unit;
	bool is_series;
	struct form_value *values; /* owned */
	size_t n;
};

struct calc {
	struct formula_scope scope; /* first: callbacks get it back */
	struct formula_values values;
	struct input inputs[2 * INPUTS_MAX];
	size_t input_count;
	struct calendar calendar;
	struct figures *figures; /* owned */
	enum period period;
	struct span interval;
	enum lang lang;
	bool is_json;
};

struct wanted {
	struct opt_list sets, series, params, args;
	const char *unit, *date, *zone, *period, *lang;
	bool is_json, lists_functions;
};

/* ---- inputs ---- */

static bool find_input(const struct formula_scope *s, const char *name, struct formula_channel *ret)
{
	const struct calc *c = (const struct calc *)s;
	for (size_t i = 0; i < c->input_count; i++) {
		if (strcmp(c->inputs[i].name, name) == 0) {
			*ret = (struct formula_channel){
				(int64_t)i + 1, KIND_GAUGE, c->inputs[i].unit};
			return true;
		}
	}
	return false;
}

static const char *input_name(const struct formula_scope *s, size_t i)
{
	const struct calc *c = (const struct calc *)s;
	return i < c->input_count ? c->inputs[i].name : NULL;
}

static struct form_value input_value(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	struct calc *c = (struct calc *)((char *)v - offsetof(struct calc, values));
	const struct input *in = &c->inputs[channel - 1];
	struct form_value none = {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	if (!in->is_series) {
		return in->values[0]; /* the same in every interval */
	}
	int64_t at = c->interval.from;
	for (size_t i = in->n; period == c->period && i > 0 && at >= start; i--) {
		if (at == start) {
			return in->values[i - 1];
		}
		at = period_prev(&c->calendar, period, at);
	}
	return none;
}

/* "9.95 t", "?GJ", "": what a formula of constants gives. */
static bool read_value(const char *text, double *ret_value, enum unit *ret_unit, struct diag *diag)
{
	const struct formula_scope nothing = {.channel = NULL};
	struct formula *f = NULL;
	char number[200], unit[FORMULA_CAP];
	text += strspn(text, " ");
	bool is_missing = *text == '?' || !*text;
	(void)snprintf(number, sizeof(number), "%s%s", is_missing ? "1" : "",
		text + (is_missing && *text ? 1 : 0));
	if (formula_compile(number, &nothing, PERIOD_HOUR, UNIT_NONE, &f, diag)) {
		return false;
	}
	struct formula_result r = formula_eval(f, NULL, (struct span){0, 3600});
	bool has_unit = formula_unit_text(f, LANG_EN, unit, sizeof(unit)) > 0;
	formula_free(f);
	if (r.unit == UNIT_NONE && has_unit) {
		(void)err_set(diag, ERR_INVAL, "a channel has no such unit: %s", unit);
		return false;
	}
	*ret_value = is_missing ? NAN : r.value;
	*ret_unit = r.unit;
	return true;
}

/* "NAME=" at the beginning; what stands behind it. */
static const char *read_name(const char *text, char *out, size_t cap)
{
	const char *sign = strchr(text, '=');
	if (!sign || sign == text || (size_t)(sign - text) >= cap) {
		return NULL;
	}
	memcpy(out, text, (size_t)(sign - text));
	out[sign - text] = 0;
	return sign + 1;
}

static bool put_value(struct input *in, double value, enum quality_class class)
{
	struct form_value *more = realloc(in->values, (in->n + 1) * sizeof(*more));
	if (!more) {
		return false;
	}
	enum quality_class of = isnan(value) ? QUALITY_MISSING : class;
	in->values = more;
	in->values[in->n++] = (struct form_value){value, quality_make(of, SOURCE_MANUAL, 0)};
	return true;
}

static bool bad_input(const char *option, const char *text, const struct diag *diag)
{
	(void)cmd_usage("calc", "--%s '%s': %s", option, text,
		diag->text[0] ? diag->text : "expected NAME=VALUE");
	return false;
}

/* NAME=VALUE[UNIT][:QUALITY] */
static bool add_set(struct calc *c, const char *text)
{
	struct input *in = &c->inputs[c->input_count++];
	struct diag diag = {0};
	char value[200];
	double v = NAN;
	enum quality_class class = QUALITY_MEASURED;
	const char *rest = read_name(text, in->name, sizeof(in->name));
	if (!rest || !STR_COPY(value, rest)) {
		return bad_input("set", text, &diag);
	}
	char *colon = strrchr(value, ':');
	if (colon && !quality_class_from_name(colon + 1, &class)) {
		(void)err_set(&diag, ERR_INVAL, "no quality '%s'", colon + 1);
		return bad_input("set", text, &diag);
	}
	if (colon) {
		*colon = 0;
	}
	return (read_value(value, &v, &in->unit, &diag) || bad_input("set", text, &diag)) &&
	       put_value(in, v, class);
}

/* NAME=V,V,?,V[UNIT] */
static bool add_series(struct calc *c, const char *text)
{
	struct input *in = &c->inputs[c->input_count++];
	struct diag diag = {0};
	char value[200];
	const char *at = read_name(text, in->name, sizeof(in->name));
	in->is_series = true;
	while (at) {
		double v = NAN;
		const char *comma = strchr(at, ',');
		size_t n = comma ? (size_t)(comma - at) : strlen(at);
		if (n >= sizeof(value) || in->n == SERIES_MAX) {
			(void)err_set(&diag, ERR_LIMIT, "too long");
			return bad_input("series", text, &diag);
		}
		memcpy(value, at, n);
		value[n] = 0;
		if (!read_value(value, &v, &in->unit, &diag)) {
			return bad_input("series", text, &diag);
		}
		if (comma && in->unit != UNIT_NONE) {
			(void)err_set(&diag, ERR_INVAL, "the unit stands behind the last value");
			return bad_input("series", text, &diag);
		}
		if (!put_value(in, v, QUALITY_MEASURED)) {
			return false;
		}
		at = comma ? comma + 1 : NULL;
	}
	return in->n ? true : bad_input("series", text, &diag);
}

/* CODE=VALUE[UNIT]: parameters that hold everywhere, since ever. */
static bool add_param(struct site *site, int64_t id, const char *text)
{
	struct parameter p;
	struct diag diag = {0};
	char number[64];
	object_init(OBJECT_PARAMETER, &p);
	p.id = id;
	const char *rest = read_name(text, p.code, sizeof(p.code));
	size_t n = rest ? strspn(rest, "+-.0123456789eE") : 0;
	if (!rest || n >= sizeof(number)) {
		return bad_input("param", text, &diag);
	}
	memcpy(number, rest, n);
	number[n] = 0;
	if (str_to_double(number, &p.value)) {
		return bad_input("param", text, &diag);
	}
	return STR_COPY(p.unit, rest + n + strspn(rest + n, " ")) &&
	       site_add(site, OBJECT_PARAMETER, &p);
}

static bool load_figures(struct calc *c, const struct opt_list *params)
{
	struct site *site = site_new();
	struct diag diag = {0};
	bool is_good = site != NULL;
	for (size_t i = 0; is_good && i < params->n; i++) {
		is_good = add_param(site, (int64_t)i + 1, params->items[i]);
	}
	if (is_good && figures_load(site, &c->figures, &diag)) {
		(void)fprintf(stderr, "domovoi calc: %s\n", diag.text);
		is_good = false;
	}
	site_unref(site);
	return is_good;
}

/* ---- answers ---- */

static const char *quality_text(uint16_t quality)
{
	return quality_class_name(quality_class(quality));
}

static void put_inputs(struct json_out *j, struct calc *c, const struct formula *f)
{
	const struct formula_input *in;
	size_t n = formula_inputs(f, &in);
	json_open(j, "inputs", '[');
	for (size_t i = 0; i < n; i++) {
		const struct input *x = &c->inputs[in[i].channel - 1];
		struct form_value v = input_value(
			&c->values, in[i].channel, in[i].period, c->interval.from);
		json_open(j, NULL, '{');
		json_put_text(j, "name", x->name);
		json_put_text(j, "period", period_name(in[i].period));
		json_put_real(j, "value", v.value);
		json_put_text(j, "unit", unit_symbol(x->unit));
		json_put_text(j, "quality", quality_text(v.quality));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void print_json(struct calc *c, const struct formula *f, const struct formula_result *r,
	const char *unit, const char *explanation)
{
	struct buf b;
	buf_init(&b, OUT_MAX);
	struct json_out j = {.to = &b};
	json_open(&j, NULL, '{');
	json_put_real(&j, "value", r->value);
	json_put_text(&j, "unit", unit);
	json_put_text(&j, "quality", quality_text(r->quality));
	json_put_text(&j, "fault", r->fault ? formula_fault_name(r->fault) : NULL);
	put_inputs(&j, c, f);
	json_put_text(&j, "explanation", explanation);
	json_close(&j, '}');
	(void)puts(buf_cstr(&b));
	buf_fini(&b);
}

static void print_text(const struct formula_result *r, const char *unit, const char *explanation)
{
	if (isnan(r->value)) {
		(void)puts(explanation);
		return;
	}
	bool is_plain = quality_class(r->quality) == QUALITY_MEASURED;
	(void)printf("%.10g%s%s%s%s\n", r->value, *unit ? " " : "", unit, is_plain ? "" : "   ",
		is_plain ? "" : quality_text(r->quality));
	if (strstr(explanation, " = ")) {
		(void)puts(explanation);
	}
}

static int answer(struct calc *c, const struct formula *f)
{
	struct formula_result r = formula_eval(f, &c->values, c->interval);
	char unit[FORMULA_CAP];
	static char explanation[8192];
	(void)formula_unit_text(f, c->lang, unit, sizeof(unit));
	(void)formula_explain(
		f, &c->values, c->interval, c->lang, explanation, sizeof(explanation));
	if (c->is_json) {
		(void)formula_unit_text(f, LANG_EN, unit, sizeof(unit));
		print_json(c, f, &r, unit, explanation);
	} else if (!r.fault) {
		print_text(&r, unit, explanation);
	} else {
		(void)fprintf(stderr, "domovoi calc: %s\n", explanation);
	}
	return r.fault ? EXIT_FAILED : EXIT_DONE;
}

/* The line of the text that holds byte `at`, and a caret under it. */
static void point_at(const char *text, size_t at)
{
	size_t from = at;
	while (from > 0 && text[from - 1] != '\n') {
		from--;
	}
	size_t length = strcspn(text + from, "\n"), columns = 0;
	for (size_t i = from; i < at; i++) {
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	(void)fprintf(stderr, "  %.*s\n  %*s^\n", (int)length, text + from, (int)columns, "");
}

static int refuse(const struct calc *c, const char *text, enum err e, const struct diag *diag)
{
	if (!c->is_json) {
		(void)fprintf(stderr, "domovoi calc: %s\n", diag->text);
		point_at(text, diag->offset <= strlen(text) ? diag->offset : 0);
		return EXIT_USAGE;
	}
	struct buf b;
	buf_init(&b, OUT_MAX);
	struct json_out j = {.to = &b};
	json_open(&j, NULL, '{');
	json_open(&j, "error", '{');
	json_put_text(&j, "code", err_name(e));
	json_put_int(&j, "column", (int64_t)diag->offset);
	json_put_text(&j, "text", diag->text);
	json_close(&j, '}');
	json_close(&j, '}');
	(void)puts(buf_cstr(&b));
	buf_fini(&b);
	return EXIT_USAGE;
}

/* ---- the functions ---- */

static void functions_json(void)
{
	const struct formula_function *fn;
	struct buf b;
	buf_init(&b, OUT_MAX);
	struct json_out j = {.to = &b};
	json_open(&j, NULL, '[');
	for (size_t i = 0; (fn = formula_function_at(i)); i++) {
		json_open(&j, NULL, '{');
		json_put_text(&j, "name", fn->name);
		json_put_text(&j, "signature", fn->signature);
		json_put_text(&j, "group", fn->group);
		json_put_text(&j, "help", fn->en);
		json_put_text(&j, "help_ru", fn->ru);
		json_put_text(&j, "example", fn->example);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	(void)puts(buf_cstr(&b));
	buf_fini(&b);
}

static int print_functions(bool is_json, enum lang lang)
{
	const struct formula_function *fn;
	const char *group = "";
	if (is_json) {
		functions_json();
		return EXIT_DONE;
	}
	for (size_t i = 0; (fn = formula_function_at(i)); i++) {
		if (strcmp(group, fn->group) != 0) {
			(void)printf("%s%s\n", i ? "\n" : "", formula_group_text(fn->group, lang));
			group = fn->group;
		}
		(void)printf("  %s\n      %s\n      %s\n", fn->signature,
			lang == LANG_RU ? fn->ru : fn->en, fn->example);
	}
	return EXIT_DONE;
}

/* ---- the command ---- */

static bool set_up_time(struct calc *c, const struct wanted *w)
{
	struct diag diag = {0};
	int64_t at = clock_now() - 3600;
	c->period = PERIOD_HOUR;
	if (w->period && (!period_from_name(w->period, &c->period) || c->period == PERIOD_NONE)) {
		(void)cmd_usage("calc", "--period: half_hour, hour, day or month");
		return false;
	}
	c->calendar = (struct calendar){.report_day = 1};
	if (w->zone && zone_get(w->zone, &c->calendar.zone, &diag)) {
		(void)cmd_usage("calc", "--zone: %s", diag.text);
		return false;
	}
	if (w->date && time_parse(w->date, c->calendar.zone, &at)) {
		(void)cmd_usage("calc", "--date: expected 2026-01-31 or 2026-01-31T05:00");
		return false;
	}
	c->interval = period_of(&c->calendar, c->period, at);
	return true;
}

static bool set_up(struct calc *c, const struct wanted *w)
{
	c->scope = (struct formula_scope){.channel = find_input,
		.name = input_name,
		.calendar = &c->calendar,
		.lang = c->lang};
	c->values.get = input_value;
	c->is_json = w->is_json;
	if (!set_up_time(c, w) || !load_figures(c, &w->params)) {
		return false;
	}
	c->scope.figures = c->figures;
	for (size_t i = 0; i < w->sets.n; i++) {
		if (!add_set(c, w->sets.items[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < w->series.n; i++) {
		if (!add_series(c, w->series.items[i])) {
			return false;
		}
	}
	return true;
}

static int calculate(const struct wanted *w, enum lang lang)
{
	static struct calc c;
	struct formula *f = NULL;
	struct diag diag = {0};
	enum unit unit = UNIT_NONE;
	int code = EXIT_USAGE;
	if (w->unit && !unit_from_name(w->unit, &unit)) {
		return cmd_usage("calc", "--unit: no unit '%s'; see docs/quantities.md", w->unit);
	}
	c.lang = lang;
	if (set_up(&c, w)) {
		const char *text = w->args.items[0];
		enum err e = formula_compile(text, &c.scope, c.period, unit, &f, &diag);
		code = e ? refuse(&c, text, e, &diag) : answer(&c, f);
	}
	formula_free(f);
	figures_free(c.figures);
	for (size_t i = 0; i < c.input_count; i++) {
		free(c.inputs[i].values);
	}
	return code;
}

static int run(int argc, char **argv)
{
	struct wanted w = {0};
	enum lang lang = LANG_EN;
	const struct opt opts[] = {{"set", OPT_LIST, &w.sets, 0, 0},
		{"series", OPT_LIST, &w.series, 0, 0}, {"param", OPT_LIST, &w.params, 0, 0},
		{"unit", OPT_TEXT, &w.unit, 0, 0}, {"date", OPT_TEXT, &w.date, 0, 0},
		{"zone", OPT_TEXT, &w.zone, 0, 0}, {"period", OPT_TEXT, &w.period, 0, 0},
		{"lang", OPT_TEXT, &w.lang, 0, 0}, {"json", OPT_FLAG, &w.is_json, 0, 0},
		{"functions", OPT_FLAG, &w.lists_functions, 0, 0}, {0}};
	if (!opt_parse(argc, argv, opts, &w.args)) {
		return EXIT_USAGE;
	}
	if (w.lang && strcmp(w.lang, "ru") != 0 && strcmp(w.lang, "en") != 0) {
		return cmd_usage("calc", "--lang: en or ru");
	}
	lang = w.lang && strcmp(w.lang, "ru") == 0 ? LANG_RU : LANG_EN;
	if (w.lists_functions) {
		return w.args.n ? cmd_usage("calc", "--functions takes no formula") :
				  print_functions(w.is_json, lang);
	}
	if (w.args.n != 1) {
		return cmd_usage("calc", "one formula is needed, in quotes");
	}
	return calculate(&w, lang);
}

extern const struct cmd cmd_calc;
const struct cmd cmd_calc = {
	.name = "calc",
	.summary = "a formula, evaluated",
	.help = "usage: domovoi calc [--json] [--set NAME=VALUE] [--series NAME=V,V,..]\n"
		"                    [--param CODE=VALUE] [--unit U] [--date WHEN] [--zone ZONE]\n"
		"                    [--period P] [--lang en|ru] [--] FORMULA\n"
		"       domovoi calc --functions [--json] [--lang en|ru]\n"
		"\n"
		"  domovoi calc 'h(95 \302\260C, 0.6 MPa)'\n"
		"  domovoi calc --set t1=95\302\260C --set t2=70\302\260C --set M1=10t --unit GJ \\\n"
		"      'M1*(h(t1, 0.6 MPa) - h(t2, 0.6 MPa))'\n"
		"\n"
		"Evaluates a formula as computed channels are written in: docs/formulas.md.\n"
		"\n"
		"  --set       a channel with the same value in every interval: 9.95t, '0.6 MPa', ?GJ is\n"
		"              missing; :ESTIMATED and the like behind it is its quality\n"
		"  --series    a channel's values of consecutive intervals, the last one is that of the\n"
		"              interval evaluated: V='1,2,?,4 m3'\n"
		"  --param     a parameter of the building, tariff.ee='5.92 rub/kWh'; the figures of rules/\n"
		"              are known\n"
		"  --unit      of the result; without it the one that comes out\n"
		"  --date      local time in the interval to evaluate; without it the hour before this one\n"
		"  --zone      time zone, Europe/Moscow; without it UTC\n"
		"  --period    half_hour, hour, day or month; without it hour\n"
		"  --functions what functions there are\n"
		"\n"
		"With --json one object is printed: value (null: none), unit, quality, fault (null, division,\n"
		"root, steam, range, overflow, figure), inputs with name, period, value, unit, quality, and\n"
		"explanation: the formula with its numbers filled in. A formula that is wrong gives\n"
		"error with code, column (byte from 0) and text.\n"
		"\n"
		"exit codes: 0 done, also where a value is missing; 1 a fault such as a division by zero;\n"
		"2 a wrong formula or command line\n",
	.run = run,
};
