/*
 * api_climate.c - a building against the outdoors: supply and return by the temperature graph, the
 * energy signature
 */
#include "web/building_question.h"

#include "calc/efficiency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_DAYS_MAX 1200

static enum err read_days(const struct building_question *q, struct building_days *ret_days)
{
	return building_days_read(q->store, q->site, q->building->id, q->span, q->now, ret_days);
}

static double usable(struct form_value v)
{
	return quality_class(v.quality) < QUALITY_SUSPECT ? v.value : (double)NAN;
}

static void write_channels(struct jsonw *w, const struct building_input *in)
{
	jsonw_object(w, "channels");
	jsonw_channel_id(w, "outdoor", in->outdoor);
	jsonw_channel_id(w, "supply", in->supply);
	jsonw_channel_id(w, "return", in->ret);
	jsonw_channel_id(w, "mass", in->mass);
	jsonw_channel_id(w, "heat", in->heat_count ? in->heat[0] : NULL);
	jsonw_end(w);
}

/* ---- temperature graph ---- */

enum day_state {
	DAY_OK,
	DAY_SUPPLY_LOW,
	DAY_SUPPLY_HIGH,
	DAY_RETURN_HIGH,
	DAY_NOT_JUDGED, /* outside the heating period */
	DAY_UNKNOWN,
	DAY_STATE_COUNT
};
static const char *const day_states[] = {[DAY_OK] = "ok",
	[DAY_SUPPLY_LOW] = "supply_low",
	[DAY_SUPPLY_HIGH] = "supply_high",
	[DAY_RETURN_HIGH] = "return_high",
	[DAY_NOT_JUDGED] = "not_judged",
	[DAY_UNKNOWN] = "unknown"};

struct graph_answer {
	struct jsonw *w;
	const struct building_question *q;
	const struct graph *graph; /* NULL: none */
	double warmest;
	size_t counts[DAY_STATE_COUNT];
	size_t unweighed; /* days of a hot return whose mass is unknown */
	double unused;
};

static enum day_state state_of(
	const struct graph_answer *a, const struct graph_deviation *d, double outdoor)
{
	if (!a->graph || !d->is_known) {
		return DAY_UNKNOWN;
	}
	if (outdoor > a->warmest) {
		return DAY_NOT_JUDGED;
	}
	return d->is_supply_low  ? DAY_SUPPLY_LOW :
	       d->is_supply_high ? DAY_SUPPLY_HIGH :
	       d->is_return_high ? DAY_RETURN_HIGH :
				   DAY_OK;
}

static void write_graph_day(struct graph_answer *a, const struct building_day *day)
{
	struct jsonw *w = a->w;
	struct graph_fact fact = {
		usable(day->outdoor), usable(day->supply), usable(day->ret), usable(day->mass)};
	struct graph_deviation d = {
		.norm = {NAN, NAN}, .supply_percent = NAN, .return_percent = NAN};
	if (a->graph) {
		d = graph_deviation_of(a->graph, &fact);
	}
	enum day_state state = state_of(a, &d, fact.outdoor);
	double unused = state == DAY_RETURN_HIGH ? d.unused_gcal : 0;
	a->counts[state]++;
	a->unweighed += isnan(unused) ? 1 : 0;
	a->unused += isnan(unused) ? 0 : unused;
	uint16_t q = quality_worst(
		quality_worst(day->outdoor.quality, day->supply.quality), day->ret.quality);
	jsonw_object(w, NULL);
	jsonw_int(w, "start", day->span.from);
	jsonw_real(w, "outdoor", fact.outdoor);
	jsonw_real(w, "supply", fact.supply);
	jsonw_real(w, "return", fact.ret);
	jsonw_real(w, "mass", fact.mass_t);
	jsonw_str(w, "quality", quality_class_name(quality_class(q)));
	jsonw_real(w, "norm_supply", d.norm.supply);
	jsonw_real(w, "norm_return", d.norm.ret);
	jsonw_real(w, "supply_percent", d.supply_percent);
	jsonw_real(w, "return_percent", d.return_percent);
	jsonw_str(w, "state", day_states[state]);
	jsonw_real(w, "unused_gcal", unused);
	jsonw_end(w);
}

static void write_point(struct jsonw *w, const struct graph *g, double outdoor)
{
	struct graph_norm n = graph_at(g, outdoor);
	jsonw_object(w, NULL);
	jsonw_real(w, "outdoor", outdoor);
	jsonw_real(w, "supply", n.supply);
	jsonw_real(w, "return", n.ret);
	jsonw_end(w);
}

static void write_graph(const struct graph_answer *a)
{
	struct jsonw *w = a->w;
	const struct graph *g = a->graph;
	if (!g) {
		jsonw_null(w, "graph");
		return;
	}
	const struct figure *f = g->table;
	jsonw_object(w, "graph");
	jsonw_str(w, "name", f ? f->code + strlen(GRAPH_PREFIX) : "");
	jsonw_str(w, "kind", f ? "table" : "curve");
	jsonw_int(w, "parameter", f ? f->parameter : 0);
	jsonw_text(w, "source", f ? f->source : "heating curve of the design temperatures",
		f ? f->source_ru : "отопительный график по расчётным температурам");
	jsonw_bool(w, "is_confirmed", f ? f->is_confirmed : false);
	jsonw_array(w, "rows");
	if (f) {
		struct figure_row rows[GRAPH_ROWS_MAX];
		size_t n = figure_rows(f, rows, GRAPH_ROWS_MAX);
		for (size_t i = 0; i < n && i < GRAPH_ROWS_MAX; i++) {
			write_point(w, g, rows[i].v[0]);
		}
	} else {
		for (double t = g->curve.design; t <= g->curve.indoor; t += 1) {
			write_point(w, g, t);
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_graph_summary(const struct graph_answer *a, size_t days)
{
	struct jsonw *w = a->w;
	jsonw_object(w, "summary");
	jsonw_int(w, "days", (int64_t)days);
	jsonw_int(
		w, "judged", (int64_t)(days - a->counts[DAY_UNKNOWN] - a->counts[DAY_NOT_JUDGED]));
	for (int i = 0; i < DAY_STATE_COUNT; i++) {
		jsonw_int(w, day_states[i], (int64_t)a->counts[i]);
	}
	jsonw_real(w, "unused_gcal", a->unused);
	jsonw_int(w, "unweighed_days", (int64_t)a->unweighed);
	jsonw_end(w);
}

static void write_graph_names(struct jsonw *w, const struct building_question *q)
{
	size_t prefix = strlen(GRAPH_PREFIX);
	const char *last = "";
	jsonw_array(w, "names");
	for (size_t i = 0; i < figures_count(q->figures); i++) {
		const struct figure *f = figures_item(q->figures, i);
		if (strncmp(f->code, GRAPH_PREFIX, prefix) == 0 && f->text[0] &&
			strcmp(f->code, last) != 0 &&
			figure_at(q->figures, q->building->id, f->code, q->date)) {
			jsonw_str(w, NULL, f->code + prefix);
			last = f->code;
		}
	}
	jsonw_end(w);
}

enum err place_graph_h(struct http_request *r)
{
	struct building_question q;
	struct building_days days = {.count = 0};
	struct graph g;
	struct diag refused = {.text = ""};
	enum err e = building_question_take(r, SPAN_DAYS_MAX, &q);
	if (e) {
		return e;
	}
	e = read_days(&q, &days);
	if (!e) {
		enum err none = building_graph(
			q.figures, q.building->id, q.date, http_query(r, "graph"), &g, &refused);
		struct jsonw w = reply_json(r);
		struct graph_answer a = {.w = &w,
			.q = &q,
			.graph = none ? NULL : &g,
			.warmest = building_graph_limit(q.figures, q.building->id, q.date)};
		jsonw_object(&w, NULL);
		jsonw_building_question(&w, &q);
		write_channels(&w, &days.input);
		write_graph(&a);
		write_graph_names(&w, &q);
		jsonw_str(&w, "refused", none == ERR_PARSE ? refused.text : NULL);
		jsonw_rule(&w, "limit_supply", &q, "temperature_graph.limit.supply_percent");
		jsonw_rule(&w, "limit_return", &q, "temperature_graph.limit.return_percent");
		jsonw_rule(&w, "warmest_day", &q, "temperature_graph.limit.warmest_day");
		jsonw_array(&w, "days");
		for (size_t i = 0; i < days.count; i++) {
			write_graph_day(&a, &days.items[i]);
		}
		jsonw_end(&w);
		write_graph_summary(&a, days.count);
		jsonw_end(&w);
	}
	building_days_fini(&days);
	building_question_fini(&q);
	return e;
}

/* ---- energy signature ---- */

static void write_fit(struct jsonw *w, const struct building_question *q, const struct signature *s)
{
	int64_t at = q->building->id;
	double indoor = figure_number(q->figures, at, "heating_curve.indoor", q->date);
	double design = figure_number(
		q->figures, at, "building.design_outdoor_temperature", q->date);
	if (s->state != SIGNATURE_OK) {
		jsonw_null(w, "fit");
		return;
	}
	jsonw_object(w, "fit");
	jsonw_real(w, "a", s->a);
	jsonw_real(w, "b", s->b);
	jsonw_real(w, "tb", s->tb);
	jsonw_real(w, "r2", s->r2);
	jsonw_real(w, "cv_percent", s->cv_percent);
	jsonw_real(w, "rmse", s->rmse);
	jsonw_real(w, "design_outdoor", design);
	jsonw_real(w, "design_load_gcal_h", signature_design_load(s, indoor, design));
	jsonw_end(w);
}

static void write_signature_days(struct jsonw *w, const struct building_days *days,
	const struct signature *s, const struct signature_day *points,
	const struct signature_alarm *alarms)
{
	size_t outliers = 0;
	size_t drifts = 0;
	jsonw_array(w, "days");
	for (size_t i = 0; i < days->count; i++) {
		bool is_fit = s->state == SIGNATURE_OK;
		jsonw_object(w, NULL);
		jsonw_int(w, "start", days->items[i].span.from);
		jsonw_real(w, "outdoor", points[i].t);
		jsonw_real(w, "heat", points[i].q);
		jsonw_str(w, "quality", quality_class_name(quality_class(points[i].quality)));
		jsonw_bool(w, "is_used", signature_is_usable(&points[i]));
		jsonw_real(w, "expected", signature_at(s, points[i].t));
		jsonw_real(w, "residual", is_fit ? alarms[i].residual : (double)NAN);
		jsonw_bool(w, "is_outlier", is_fit && alarms[i].is_outlier);
		jsonw_bool(w, "is_drift", is_fit && alarms[i].is_drift);
		jsonw_end(w);
		outliers += is_fit && alarms[i].is_outlier;
		drifts += is_fit && alarms[i].is_drift;
	}
	jsonw_end(w);
	jsonw_int(w, "outliers", (int64_t)outliers);
	jsonw_int(w, "drift_days", (int64_t)drifts);
}

static enum err write_signature(
	struct http_request *r, const struct building_question *q, const struct building_days *days)
{
	struct signature_plan plan = building_signature_plan(q->figures, q->building->id, q->date);
	struct signature_day *points = calloc(days->count + 1, sizeof(*points));
	struct signature_alarm *alarms = calloc(days->count + 1, sizeof(*alarms));
	struct signature s = {.state = SIGNATURE_TOO_FEW};
	enum err e = points && alarms ? ERR_OK : ERR_NOMEM;
	if (!e) {
		building_signature_days(days, points);
		e = signature_fit(&plan, points, days->count, &s);
	}
	if (!e) {
		signature_watch(&s, points, days->count, alarms);
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		jsonw_building_question(&w, q);
		write_channels(&w, &days->input);
		jsonw_unit(&w, "unit", UNIT_GCAL);
		jsonw_str(&w, "state", signature_state_name(s.state));
		jsonw_int(&w, "used", (int64_t)s.days);
		jsonw_int(&w, "rejected", (int64_t)s.rejected);
		jsonw_int(&w, "least_days", (int64_t)plan.least_days);
		jsonw_real(&w, "least_range", plan.least_range_k);
		jsonw_real(&w, "outdoor_min", s.t_min);
		jsonw_real(&w, "outdoor_max", s.t_max);
		write_fit(&w, q, &s);
		write_signature_days(&w, days, &s, points, alarms);
		jsonw_end(&w);
	}
	free(points);
	free(alarms);
	return e;
}

enum err place_signature_h(struct http_request *r)
{
	struct building_question q;
	struct building_days days = {.count = 0};
	enum err e = building_question_take(r, SPAN_DAYS_MAX, &q);
	if (e) {
		return e;
	}
	e = read_days(&q, &days);
	e = e ? e : write_signature(r, &q, &days);
	building_days_fini(&days);
	building_question_fini(&q);
	return e;
}
