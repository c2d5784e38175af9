/*
 * building_question.h - what questions about a whole building have in common: its place, its calendar,
 * the figures in force, a span of days; and pieces of their answers
 */
#ifndef DOMOVOI_BUILDING_QUESTION_H
#define DOMOVOI_BUILDING_QUESTION_H

#include "web/view.h"

#include "calc/figure.h"
#include "calc/form.h"

struct building_question {
	const struct site *site;
	struct store *store;
	const struct place *building;
	struct calendar calendar;
	struct figures *figures; /* owned */
	struct span span;        /* ends by now */
	int64_t now;
	int date; /* local, of the end of the span: whose figures count */
};

/* The building of the path, which the user must see the data of, and `from`, `till`. */
enum err building_question_take(
	struct http_request *r, int64_t days_max, struct building_question *ret_q);
void building_question_fini(struct building_question *q);

/* "place", "calendar", "span" of the object being written. */
void jsonw_building_question(struct jsonw *w, const struct building_question *q);
/* {"value", "quality", "flags", "completeness"}; completeness NaN: null. */
void jsonw_measure(struct jsonw *w, const char *key, struct form_value v, double completeness);
/* Its id, or null. */
void jsonw_channel_id(struct jsonw *w, const char *key, const struct channel *c);
/* A figure's number with its source: {"code", "value", "text", "source", "is_confirmed"} or null. */
void jsonw_rule(
	struct jsonw *w, const char *key, const struct building_question *q, const char *code);

#endif
