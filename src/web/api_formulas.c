/*
 * api_formulas.c - formulas while they are written: checked, and tried on the last finished interval
 *
 *   POST /formulas/check   {"channel": 24, "text": "M1 - M2", "period": "hour"}
 *                          {"place": 1, "unit": "GJ", "text": ...} where there is no channel yet
 *   GET  /formulas/functions
 *
 * "lang" is the language of the error.
 *
 * A formula that is wrong is a good answer: `ok` false and the character it is wrong at. Values are shown
 * only where the user may see those of every channel the formula reads.
 */
#include "web/formula_reads.h"

#include "base/clock.h"
#include "calc/scheme.h"

#include <math.h>
#include <string.h>

#define EXPLAIN_MAX 4000

/* A question, and what answers it. */
struct asked {
	const struct site *site;
	const struct channel *channel; /* NULL: only a place is given */
	int64_t place;
	enum period period;
	enum unit unit;
	enum lang lang;
	const char *text; /* of the body */
	struct figures *figures;
	struct formula *formula;
	struct calendar calendar;
	enum err fault; /* of the formula, with diag */
	struct diag diag;
};

static enum err take_where(struct http_request *r, const json_t *body, struct asked *a)
{
	const json_t *channel = json_object_get(body, "channel");
	const void *object;
	if (json_is_integer(channel) && json_integer_value(channel)) {
		enum err e = find_object(r, OBJECT_CHANNEL, json_integer_value(channel),
			ACCESS_SETUP_PLACES, &object);
		if (!e) {
			a->channel = object;
			a->place = a->channel->place;
			a->unit = a->channel->unit;
		}
		return e;
	}
	a->place = json_integer_value(json_object_get(body, "place"));
	if (!a->place) {
		return err_set(&r->diag, ERR_INVAL, "channel or place: one of them");
	}
	return find_object(r, OBJECT_PLACE, a->place, ACCESS_SETUP_PLACES, &object);
}

static enum err take_question(struct http_request *r, const json_t *body, struct asked *a)
{
	const json_t *period = json_object_get(body, "period");
	const json_t *unit = json_object_get(body, "unit");
	const char *lang = json_string_value(json_object_get(body, "lang"));
	a->text = json_string_value(json_object_get(body, "text"));
	a->lang = lang && strcmp(lang, "ru") == 0 ? LANG_RU : LANG_EN;
	a->period = PERIOD_HOUR;
	enum err e = take_where(r, body, a);
	if (e) {
		return e;
	}
	if (!a->text) {
		return err_set(&r->diag, ERR_INVAL, "text: a formula");
	}
	if (period && (!json_is_string(period) ||
			      !period_from_name(json_string_value(period), &a->period) ||
			      a->period == PERIOD_NONE)) {
		return err_set(&r->diag, ERR_INVAL, "period: half_hour, hour, day or month");
	}
	if (!a->channel && unit && !json_is_null(unit) &&
		(!json_is_string(unit) || !unit_from_name(json_string_value(unit), &a->unit))) {
		return err_set(&r->diag, ERR_INVAL, "unit: the code or symbol of a unit");
	}
	return ERR_OK;
}

static void check_formula(struct asked *a)
{
	const struct formula_input *inputs;
	a->fault = figures_load(a->site, &a->figures, &a->diag);
	if (a->fault) {
		return;
	}
	a->fault = scheme_compile(a->site, a->figures, a->place, a->text, a->period, a->unit,
		a->lang, &a->formula, &a->diag);
	size_t n = a->fault ? 0 : formula_inputs(a->formula, &inputs);
	for (size_t i = 0; i < n && a->channel; i++) {
		if (inputs[i].channel == a->channel->id) {
			a->fault = err_set(&a->diag, ERR_CONFLICT,
				a->lang == LANG_RU ? "формула читает свой же канал «%s»" :
						     "it reads its own channel '%s'",
				a->channel->code);
		}
	}
}

static bool may_see_inputs(struct http_request *r, const struct asked *a)
{
	const struct formula_input *inputs;
	size_t n = formula_inputs(a->formula, &inputs);
	for (size_t i = 0; i < n; i++) {
		const void *c = site_find(a->site, OBJECT_CHANNEL, inputs[i].channel);
		if (!c || !(access_object(&who_of(r)->access, a->site, OBJECT_CHANNEL, c) &
				  ACCESS_DATA)) {
			return false;
		}
	}
	return true;
}

/* Characters before byte `offset`: what an editor counts in. */
static int64_t characters(const char *text, size_t offset)
{
	int64_t n = 0;
	for (size_t i = 0; i < offset && text[i]; i++) {
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return n;
}

static void write_error(struct jsonw *w, const struct asked *a)
{
	if (!a->fault) {
		jsonw_null(w, "error");
		return;
	}
	jsonw_object(w, "error");
	jsonw_str(w, "code", err_name(a->fault));
	jsonw_int(w, "column", characters(a->text, a->diag.offset));
	jsonw_str(w, "text", a->diag.text[0] ? a->diag.text : err_text(a->fault, a->lang));
	jsonw_end(w);
}

static void write_trial(struct jsonw *w, struct http_request *r, const struct asked *a)
{
	struct formula_reads reads;
	char en[EXPLAIN_MAX] = "", ru[EXPLAIN_MAX] = "";
	struct span span = period_of(&a->calendar, a->period, clock_now());
	span = period_of(&a->calendar, a->period, span.from - 1); /* the last finished one */
	formula_reads_init(&reads, web_of(r)->store);
	struct formula_result result = formula_eval(a->formula, &reads.values, span);
	(void)formula_explain(a->formula, &reads.values, span, LANG_EN, en, sizeof(en));
	(void)formula_explain(a->formula, &reads.values, span, LANG_RU, ru, sizeof(ru));
	jsonw_object(w, "trial");
	jsonw_span(w, "span", span);
	jsonw_real(w, "value", result.value);
	jsonw_quality(w, result.quality);
	if (result.fault) {
		jsonw_text(w, "fault", formula_fault_text(result.fault, LANG_EN),
			formula_fault_text(result.fault, LANG_RU));
	} else {
		jsonw_null(w, "fault");
	}
	jsonw_text(w, "explanation", en, ru);
	jsonw_formula_reads(w, a->site, &reads);
	jsonw_end(w);
}

static void write_answer(struct http_request *r, const struct asked *a)
{
	char en[FORMULA_CAP] = "", ru[FORMULA_CAP] = "";
	struct jsonw w = reply_json(r);
	bool is_good = a->fault == ERR_OK;
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "ok", is_good);
	write_error(&w, a);
	if (is_good) {
		(void)formula_unit_text(a->formula, LANG_EN, en, sizeof(en));
		(void)formula_unit_text(a->formula, LANG_RU, ru, sizeof(ru));
	}
	jsonw_text(&w, "unit", en, ru);
	if (is_good && may_see_inputs(r, a)) {
		write_trial(&w, r, a);
	} else {
		jsonw_null(&w, "trial");
	}
	jsonw_end(&w);
}

enum err formula_check_h(struct http_request *r)
{
	json_t *body = NULL;
	struct asked a = {.site = site_of(r)};
	enum err e = body_json(r, &body);
	e = e ? e : take_question(r, body, &a);
	if (!e) {
		a.calendar = site_calendar(a.site, a.place);
		check_formula(&a);
		if (a.fault == ERR_NOMEM) {
			e = a.fault;
		} else {
			write_answer(r, &a);
		}
	}
	formula_free(a.formula);
	figures_free(a.figures);
	json_decref(body);
	return e;
}

enum err formula_functions_h(struct http_request *r)
{
	const struct formula_function *fn;
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; (fn = formula_function_at(i)); i++) {
		jsonw_object(&w, NULL);
		jsonw_str(&w, "name", fn->name);
		jsonw_str(&w, "signature", fn->signature);
		jsonw_text(&w, "group", formula_group_text(fn->group, LANG_EN),
			formula_group_text(fn->group, LANG_RU));
		jsonw_text(&w, "text", fn->en, fn->ru);
		jsonw_str(&w, "example", fn->example);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}
