/*
 * api_efficiency.c - a building's consumption by month: per m2, per degree day, brought to a norm year,
 * its class, and where the running month will end
 */
#include "web/building_question.h"

#include "calc/efficiency.h"
#include "calc/money.h"

#include <math.h>
#include <stdlib.h>

#define SPAN_DAYS_MAX 1200
#define YEAR_S        (INT64_C(86400) * 370)

struct answer {
	struct jsonw *w;
	struct building_question q;
	struct efficiency_question of;
	struct building_days days;
	struct signature signature;
};

static void write_efficiency(struct answer *a, const char *key, struct span span)
{
	struct jsonw *w = a->w;
	struct efficiency e = efficiency_of(&a->of, &a->days, span);
	double expected = e.expected ? (double)e.expected : (double)NAN;
	jsonw_object(w, key);
	jsonw_int(w, "start", span.from);
	jsonw_int(w, "end", span.till);
	jsonw_bool(w, "is_running", span.till > a->q.now);
	jsonw_int(w, "days", (int64_t)e.expected);
	jsonw_measure(w, "heat", e.heat, (double)e.heat_days / expected);
	jsonw_measure(w, "outdoor", e.outdoor, (double)e.outdoor_days / expected);
	jsonw_object(w, "degree_days");
	for (int k = 0; k < DEGREE_DAYS_KIND_COUNT; k++) {
		const struct degree_days *d = &e.degree_days[k];
		jsonw_object(w, degree_days_name((enum degree_days_kind)k));
		jsonw_real(w, "sum", d->sum);
		jsonw_int(w, "heating_days", (int64_t)d->heating_days);
		jsonw_int(w, "known", (int64_t)d->known);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_real(w, "kwh_per_m2", e.kwh_per_m2);
	jsonw_real(w, "wh_per_m2_degree_day", e.wh_per_m2_degree_day);
	jsonw_real(w, "norm", e.norm);
	jsonw_real(w, "saving_percent", e.saving_percent);
	jsonw_real(w, "saving_money",
		isnan(e.saving_money) ? e.saving_money : money_value(money_of(e.saving_money)));
	jsonw_end(w);
}

static void write_months(struct answer *a)
{
	jsonw_array(a->w, "months");
	int64_t start = period_of(&a->q.calendar, PERIOD_MONTH, a->q.span.from).from;
	for (; start < a->q.span.till && start < a->q.now;
		start = period_next(&a->q.calendar, PERIOD_MONTH, start)) {
		int64_t till = period_next(&a->q.calendar, PERIOD_MONTH, start);
		write_efficiency(a, NULL, (struct span){start, till});
	}
	jsonw_end(a->w);
}

/* The days before the end of the span, borrowed: months are whole and may reach beyond it. */
static struct building_days days_of_span(const struct answer *a)
{
	struct building_days d = a->days;
	while (d.count > 0 && d.items[d.count - 1].span.from >= a->q.span.till) {
		d.count--;
	}
	return d;
}

static void write_year(struct answer *a)
{
	struct jsonw *w = a->w;
	struct energy_class classes[ENERGY_CLASSES_MAX];
	struct building_days days = days_of_span(a);
	struct efficiency_year y = efficiency_year_of(&a->of, &days, &a->signature);
	size_t n = energy_classes(a->q.figures, a->of.building, a->q.date, classes);
	double base = figure_number(
		a->q.figures, a->of.building, "building.energy_base", a->q.date);
	bool is_whole = figure_number(a->q.figures, a->of.building, "energy_class.is_whole",
				a->q.date) > 0;
	struct energy_verdict v = energy_class_of(classes, n, is_whole, y.kwh_per_m2, base);
	jsonw_object(w, "year");
	jsonw_int(w, "days", (int64_t)y.days);
	jsonw_str(w, "basis", y.is_measured ? "measured" : y.is_normalised ? "normalised" : NULL);
	jsonw_real(w, "heat", y.gcal);
	jsonw_real(w, "kwh_per_m2", y.kwh_per_m2);
	jsonw_real(w, "degree_days", y.degree_days);
	jsonw_real(w, "norm_degree_days", y.norm_degree_days);
	jsonw_end(w);
	jsonw_object(w, "class");
	jsonw_str(w, "label", v.index < 0 ? NULL : classes[v.index].label);
	jsonw_bool(w, "is_provisional", !y.is_measured);
	jsonw_real(w, "deviation_percent", v.deviation_percent);
	jsonw_rule(w, "base", &a->q, "building.energy_base");
	jsonw_array(w, "bounds");
	for (size_t i = 0; i < n; i++) {
		const struct figure *f = classes[i].figure;
		jsonw_object(w, NULL);
		jsonw_str(w, "label", classes[i].label);
		jsonw_real(w, "upper_percent", classes[i].upper);
		jsonw_text(w, "text", f->title, f->title_ru);
		jsonw_text(w, "source", f->source, f->source_ru);
		jsonw_bool(w, "is_confirmed", f->is_confirmed);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

static enum err write_forecast(struct answer *a)
{
	struct jsonw *w = a->w;
	struct heat_forecast f;
	struct span month = period_of(&a->q.calendar, PERIOD_MONTH, a->q.now);
	if (a->q.span.till <= month.from || a->q.span.from >= month.till) {
		jsonw_null(w, "forecast");
		return ERR_OK;
	}
	struct forecast_plan plan = {.store = a->q.store,
		.days = &a->days,
		.calendar = &a->q.calendar,
		.signature = &a->signature,
		.month = month,
		.now = a->q.now};
	enum err e = heat_forecast_read(&plan, &f);
	if (e) {
		return e;
	}
	jsonw_object(w, "forecast");
	jsonw_span(w, "month", month);
	jsonw_real(w, "known", f.known);
	jsonw_real(w, "left", f.left);
	jsonw_real(w, "total", f.total);
	jsonw_int(w, "days_known", (int64_t)f.days_known);
	jsonw_int(w, "days_passed", (int64_t)f.days_passed);
	jsonw_int(w, "days_left", (int64_t)f.days_left);
	jsonw_str(w, "basis",
		f.is_by_last_year ? "last_year" :
		f.is_by_signature ? "signature" :
				    "mean");
	jsonw_end(w);
	return ERR_OK;
}

/* A signature of the last year of what was read. */
static enum err fit(struct answer *a)
{
	struct signature_plan plan = building_signature_plan(
		a->q.figures, a->of.building, a->q.date);
	struct building_days known = days_of_span(a);
	struct signature_day *days = calloc(known.count + 1, sizeof(*days));
	if (!days) {
		return ERR_NOMEM;
	}
	building_signature_days(&known, days);
	size_t from = known.count > 365 ? known.count - 365 : 0;
	enum err e = signature_fit(&plan, days + from, known.count - from, &a->signature);
	free(days);
	return e;
}

static enum err write_answer(struct http_request *r, struct answer *a)
{
	struct jsonw w = reply_json(r);
	a->w = &w;
	jsonw_object(&w, NULL);
	jsonw_building_question(&w, &a->q);
	jsonw_real(&w, "area_m2", a->of.area_m2 > 0 ? a->of.area_m2 : (double)NAN);
	jsonw_unit(&w, "unit", UNIT_GCAL);
	jsonw_bool(&w, "has_heat", a->days.input.heat_count > 0);
	jsonw_bool(&w, "has_outdoor", a->days.input.outdoor != NULL);
	write_months(a);
	write_efficiency(a, "total", a->q.span);
	write_year(a);
	enum err e = write_forecast(a);
	jsonw_array(&w, "rules");
	for (int k = 0; k < DEGREE_DAYS_KIND_COUNT; k++) {
		struct degree_days_rule rule;
		if (degree_days_rule_of(a->q.figures, a->of.building, (enum degree_days_kind)k,
			    a->q.date, &rule)) {
			jsonw_object(&w, NULL);
			jsonw_str(&w, "name", degree_days_name((enum degree_days_kind)k));
			jsonw_real(&w, "base", rule.base);
			jsonw_real(&w, "limit", rule.limit);
			jsonw_end(&w);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

enum err place_efficiency_h(struct http_request *r)
{
	struct answer a = {.days = {.count = 0}};
	enum err e = building_question_take(r, SPAN_DAYS_MAX, &a.q);
	if (e) {
		return e;
	}
	a.of = (struct efficiency_question){
		a.q.figures, &a.q.calendar, a.q.building->id, a.q.building->area_m2, a.q.date};
	int64_t end = a.q.span.till < a.q.now ? a.q.span.till : a.q.now;
	struct span read = {period_of(&a.q.calendar, PERIOD_MONTH, a.q.span.from).from,
		period_of(&a.q.calendar, PERIOD_MONTH, a.q.span.till - 1).till};
	read.from = read.from < end - YEAR_S ? read.from : end - YEAR_S;
	e = building_days_read(a.q.store, a.q.site, a.of.building, read, a.q.now, &a.days);
	e = e ? e : fit(&a);
	e = e ? e : write_answer(r, &a);
	building_days_fini(&a.days);
	building_question_fini(&a.q);
	return e;
}
