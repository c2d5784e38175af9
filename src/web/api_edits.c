/*
 * api_edits.c - values that persons enter or take back, reasons, proposals for what is missing, and the
 * rules by which values are doubted
 */
#include "web/edits.h"
#include "web/view.h"

#include "base/clock.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EDITS_MAX 1000

/* ---- words ---- */

static enum err take_text(struct http_request *r, const json_t *body, const char *key, size_t cap,
	const char **ret_text)
{
	const json_t *v = json_object_get(body, key);
	const char *text = json_string_value(v);
	*ret_text = "";
	if (!v || json_is_null(v)) {
		return ERR_OK;
	}
	if (!text || strlen(text) != json_string_length(v) || strlen(text) >= cap) {
		return err_set(
			&r->diag, ERR_INVAL, "%s: a text of at most %zu bytes", key, cap - 1);
	}
	*ret_text = text;
	return ERR_OK;
}

enum err take_word(struct http_request *r, const json_t *body, struct edit_word *ret_word)
{
	struct verdict *v = NULL; /* for the sizes of its texts */
	struct edit_word w = {.who = who_of(r)->user.login};
	enum err e = take_text(r, body, "reason", sizeof(v->reason), &w.reason);
	e = e ? e : take_text(r, body, "document", sizeof(v->document), &w.document);
	e = e ? e : take_text(r, body, "comment", sizeof(v->comment), &w.comment);
	if (!e && !edit_reason_is_known(w.reason)) {
		e = err_set(&r->diag, ERR_INVAL, "reason: one of /edit-reasons");
	}
	if (!e) {
		*ret_word = w;
	}
	return e;
}

enum err edit_reason_list_h(struct http_request *r)
{
	size_t n;
	const struct edit_reason *reasons = edit_reasons(&n);
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < n; i++) {
		jsonw_object(&w, NULL);
		jsonw_str(&w, "code", reasons[i].code);
		jsonw_text(&w, "text", reasons[i].text, reasons[i].text_ru);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

/* ---- values ---- */

static enum err take_edit(struct http_request *r, const json_t *item, struct edit *ret)
{
	const json_t *start = json_object_get(item, "start");
	const json_t *value = json_object_get(item, "value");
	bool is_restore = json_is_true(json_object_get(item, "is_restore"));
	if (!json_is_integer(start) ||
		(!is_restore && !json_is_number(value) && !json_is_null(value))) {
		return err_set(&r->diag, ERR_INVAL,
			"values: start, and value (a number or null) or is_restore");
	}
	*ret = (struct edit){EDIT_NONE, json_integer_value(start), NAN};
	if (is_restore) {
		ret->kind = EDIT_RESTORE;
	} else if (json_is_number(value)) {
		ret->kind = EDIT_VALUE;
		ret->value = json_number_value(value);
	}
	return ERR_OK;
}

static enum err take_edits(
	struct http_request *r, const json_t *body, struct edit **ret_edits, size_t *ret_n)
{
	const json_t *list = json_object_get(body, "values");
	size_t n = json_array_size(list);
	if (!json_is_array(list) || n == 0 || n > EDITS_MAX) {
		return err_set(&r->diag, ERR_INVAL, "values: 1 to %d", EDITS_MAX);
	}
	struct edit *edits = calloc(n, sizeof(*edits));
	enum err e = edits ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		e = take_edit(r, json_array_get(list, i), &edits[i]);
	}
	if (e) {
		free(edits);
		return e;
	}
	*ret_edits = edits;
	*ret_n = n;
	return ERR_OK;
}

static enum err take_period(struct http_request *r, const json_t *body, enum period *ret)
{
	const char *name = json_string_value(json_object_get(body, "period"));
	if (!name || !period_from_name(name, ret) || *ret == PERIOD_NONE) {
		return err_set(&r->diag, ERR_INVAL, "period: half_hour, hour, day or month");
	}
	return ERR_OK;
}

enum err channel_values_h(struct http_request *r)
{
	const void *channel;
	json_t *body = NULL;
	struct desk d = {0};
	struct edit *edits = NULL;
	struct edit_word word;
	enum period period = PERIOD_NONE;
	size_t n = 0, written = 0, waiting = 0;
	enum err e = find_object(r, OBJECT_CHANNEL, r->id, ACCESS_DATA | ACCESS_EDIT, &channel);
	e = e ? e : body_json(r, &body);
	e = e ? e : take_period(r, body, &period);
	e = e ? e : take_word(r, body, &word);
	e = e ? e : take_edits(r, body, &edits, &n);
	e = e ? e : desk_open(r, &d);
	e = e ? e : edit_values(&d, channel, period, edits, n, &word, &written, &waiting, &r->diag);
	if (!e) {
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		jsonw_int(&w, "written", (int64_t)written);
		jsonw_int(&w, "waiting", (int64_t)waiting);
		jsonw_end(&w);
	}
	free(edits);
	desk_fini(&d);
	json_decref(body);
	return e;
}

/* ---- proposals ---- */

enum err channel_estimates_h(struct http_request *r)
{
	const void *object;
	enum period period = PERIOD_NONE;
	struct span span = {INT64_MIN, INT64_MIN};
	struct proposals p = {0};
	struct desk d = {0};
	enum err e = find_object(r, OBJECT_CHANNEL, r->id, ACCESS_DATA, &object);
	if (e) {
		return e;
	}
	const struct channel *c = object;
	struct calendar calendar = site_calendar(site_of(r), c->place);
	e = query_period(r, &period);
	e = e ? e : query_time(r, "from", calendar.zone, &span.from);
	e = e ? e : query_time(r, "till", calendar.zone, &span.till);
	if (!e && (span.from == INT64_MIN || span.till == INT64_MIN || span.from > span.till ||
			  (period != PERIOD_HOUR && period != PERIOD_MONTH))) {
		e = err_set(&r->diag, ERR_INVAL, "from and till in order; period: hour or month");
	}
	int64_t begun = period_of(
		&calendar, period == PERIOD_MONTH ? period : PERIOD_HOUR, clock_now())
				.from;
	span.till = span.till < begun ? span.till : begun;
	e = e ? e : desk_open(r, &d);
	if (!e) {
		e = period == PERIOD_MONTH ? estimate_months(&d, c, span, &p) :
					     estimate_hours(&d, c, span, INT64_MIN, &p);
		e = e == ERR_LIMIT ? err_set(&r->diag, e, "at most %d days", PROPOSAL_DAYS_MAX) : e;
	}
	if (!e) {
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		jsonw_int(&w, "channel", c->id);
		jsonw_str(&w, "period", period_name(period));
		jsonw_unit(&w, "unit", c->unit);
		jsonw_proposals(&w, "items", &p);
		jsonw_end(&w);
	}
	proposals_free(&p);
	desk_fini(&d);
	return e;
}

/* ---- rules ---- */

static void write_limits(struct jsonw *w, const struct figures *f, const struct rule_info *rule,
	int64_t place, int date)
{
	char prefix[CODE_CAP];
	(void)snprintf(prefix, sizeof(prefix), "validation.%s.", rule->code);
	size_t n = strlen(prefix);
	const char *last = "";
	jsonw_array(w, "limits");
	for (size_t i = 0; i < figures_count(f); i++) {
		const struct figure *item = figures_item(f, i);
		if (strncmp(item->code, prefix, n) != 0 || strcmp(item->code, last) == 0) {
			continue;
		}
		last = item->code;
		const struct figure *now = figure_at(f, place, item->code, date);
		if (!now) {
			continue;
		}
		jsonw_object(w, NULL);
		jsonw_str(w, "code", now->code);
		jsonw_text(w, "text", now->title, now->title_ru);
		jsonw_real(w, "value", now->value);
		jsonw_str(w, "unit", now->unit);
		jsonw_int(w, "place", now->parameter ? now->place : 0);
		jsonw_end(w);
	}
	jsonw_end(w);
}

enum err validation_rule_list_h(struct http_request *r)
{
	static const char *const where[] = {
		[RULE_HERE] = "here", [RULE_AT_ENTRY] = "at_entry", [RULE_BY_FLAG] = "by_flag"};
	struct figures *f = NULL;
	const void *object;
	int64_t place = 0;
	enum err e = query_int(r, "place", 1, INT64_MAX, &place);
	if (!e && place) {
		e = find_object(r, OBJECT_PLACE, place, ACCESS_SEE, &object);
	}
	e = e ? e : figures_load(site_of(r), &f, &r->diag);
	if (e) {
		return e;
	}
	struct calendar calendar = site_calendar(site_of(r), place);
	int date = figure_date(&calendar, clock_now());
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule_info *rule = rule_info((enum rule)i);
		jsonw_object(&w, NULL);
		jsonw_str(&w, "id", rule->id);
		jsonw_str(&w, "code", rule->code);
		jsonw_text(&w, "text", rule->title, rule->title_ru);
		jsonw_text(&w, "looks_at", rule->look, rule->look_ru);
		jsonw_str(&w, "period", period_name(rule->period));
		jsonw_str(&w, "where", where[rule->where]);
		write_limits(&w, f, rule, place, date);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	figures_free(f);
	return ERR_OK;
}
