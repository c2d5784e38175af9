/*
 * building_question.c - see building_question.h
 */
#include "web/building_question.h"

#include "base/clock.h"

#include <math.h>

static enum err take_span(struct http_request *r, int64_t days_max, struct building_question *q)
{
	q->span = (struct span){INT64_MIN, INT64_MIN};
	enum err e = query_time(r, "from", q->calendar.zone, &q->span.from);
	e = e ? e : query_time(r, "till", q->calendar.zone, &q->span.till);
	if (e) {
		return e;
	}
	if (q->span.from == INT64_MIN || q->span.till == INT64_MIN ||
		q->span.from >= q->span.till) {
		return err_set(&r->diag, ERR_INVAL, "from and till: both, in this order");
	}
	if ((uint64_t)q->span.till - (uint64_t)q->span.from >
		UINT64_C(86400) * (uint64_t)days_max) {
		return err_set(&r->diag, ERR_LIMIT, "at most %d days", (int)days_max);
	}
	return ERR_OK;
}

enum err building_question_take(
	struct http_request *r, int64_t days_max, struct building_question *ret_q)
{
	const void *object;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &object);
	if (e) {
		return e;
	}
	struct building_question q = {.site = site_of(r),
		.store = web_of(r)->store,
		.building = object,
		.now = clock_now()};
	if (q.building->kind != PLACE_BUILDING) {
		return err_set(&r->diag, ERR_NOTFOUND, "this place is no building");
	}
	q.calendar = site_calendar(q.site, q.building->id);
	e = take_span(r, days_max, &q);
	e = e ? e : figures_load(q.site, &q.figures, &r->diag);
	if (!e) {
		int64_t last = q.span.till - 1 < q.now ? q.span.till - 1 : q.now;
		q.date = figure_date(&q.calendar, last);
		*ret_q = q;
	}
	return e;
}

void building_question_fini(struct building_question *q)
{
	figures_free(q->figures);
	q->figures = NULL;
}

void jsonw_building_question(struct jsonw *w, const struct building_question *q)
{
	jsonw_int(w, "place", q->building->id);
	jsonw_calendar(w, "calendar", &q->calendar);
	jsonw_span(w, "span", q->span);
}

void jsonw_measure(struct jsonw *w, const char *key, struct form_value v, double completeness)
{
	jsonw_object(w, key);
	jsonw_real(w, "value", v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(v.quality)));
	jsonw_flags(w, v.quality);
	jsonw_real(w, "completeness", completeness);
	jsonw_end(w);
}

void jsonw_channel_id(struct jsonw *w, const char *key, const struct channel *c)
{
	if (c) {
		jsonw_int(w, key, c->id);
	} else {
		jsonw_null(w, key);
	}
}

void jsonw_rule(
	struct jsonw *w, const char *key, const struct building_question *q, const char *code)
{
	const struct figure *f = figure_at(q->figures, q->building->id, code, q->date);
	if (!f) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object(w, key);
	jsonw_str(w, "code", f->code);
	jsonw_real(w, "value", f->value);
	jsonw_str(w, "unit", f->unit);
	jsonw_text(w, "text", f->title, f->title_ru);
	jsonw_text(w, "source", f->source, f->source_ru);
	jsonw_bool(w, "is_confirmed", f->is_confirmed);
	jsonw_end(w);
}
