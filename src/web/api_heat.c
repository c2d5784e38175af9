/*
 * api_heat.c - a supply input: rows of its meter beside its scheme, abnormal situations, the check of
 * the statement with itself, what could stand for what was not measured; and the schemes
 */
#include "web/view.h"

#include "base/clock.h"
#include "calc/heat_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_DAYS_MAX 1200

/* ---- schemes ---- */

static void write_scheme(struct jsonw *w, const char *key, const struct heat_scheme *s)
{
	jsonw_object(w, key);
	jsonw_str(w, "code", s->code);
	jsonw_text(w, "text", s->title, s->title_ru);
	jsonw_text(w, "formula", s->formula, s->formula_ru);
	jsonw_bool(w, "is_closed", s->is_closed);
	jsonw_bool(w, "is_hot_water", s->is_hot_water);
	jsonw_array(w, "needs");
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		enum heat_pipe pipe = (enum heat_pipe)p;
		const struct heat_pipe_info *i = heat_pipe_info(pipe);
		if (heat_needs_mass(s, pipe)) {
			jsonw_str(w, NULL, quantity_code(s->is_norm ? i->volume : i->mass));
		}
		if (heat_needs_temperature(s, pipe)) {
			jsonw_str(w, NULL, quantity_code(i->temperature));
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}

enum err heat_scheme_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < heat_scheme_count(); i++) {
		write_scheme(&w, NULL, heat_scheme_at(i));
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

/* ---- rows ---- */

static void write_value(struct jsonw *w, const char *key, struct form_value v)
{
	jsonw_object(w, key);
	jsonw_real(w, "value", v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(v.quality)));
	jsonw_end(w);
}

static void write_amount(struct jsonw *w, const char *key, const struct heat_amount *a)
{
	jsonw_object(w, key);
	jsonw_real(w, "value", a->v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(a->v.quality)));
	jsonw_flags(w, a->v.quality);
	jsonw_real(w, "completeness", a->completeness);
	jsonw_end(w);
}

static bool has_pipe(const struct heat_input *h, int p)
{
	return h->mass[p] || h->volume[p] || h->temperature[p] || h->pressure[p];
}

static void write_pipes(struct jsonw *w, const struct heat_input *h, const struct heat_row *row)
{
	jsonw_array(w, "pipes");
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		if (has_pipe(h, p)) {
			jsonw_object(w, NULL);
			write_value(w, "mass", row->pipes[p].mass);
			write_value(w, "volume", row->pipes[p].volume);
			write_value(w, "temperature", row->pipes[p].temperature);
			write_value(w, "pressure", row->pipes[p].pressure);
			jsonw_end(w);
		}
	}
	jsonw_end(w);
}

static void write_doubts(struct jsonw *w, const struct heat_row *row)
{
	unsigned bit;
	const char *name;
	jsonw_array(w, "warnings");
	for (size_t i = 0; (name = heat_warning_name(i, &bit)) != NULL; i++) {
		if (row->warnings & bit) {
			jsonw_str(w, NULL, name);
		}
	}
	jsonw_end(w);
	jsonw_array(w, "faults");
	for (int f = HEAT_OK + 1; f < HEAT_FAULT_COUNT; f++) {
		if (row->faults[f] > 0) {
			jsonw_object(w, NULL);
			jsonw_str(w, "fault", heat_fault_name((enum heat_fault)f));
			jsonw_int(w, "count", (int64_t)row->faults[f]);
			jsonw_end(w);
		}
	}
	jsonw_end(w);
}

static void write_row(
	struct jsonw *w, const char *key, const struct heat_input *h, const struct heat_row *row)
{
	jsonw_object(w, key);
	jsonw_int(w, "start", row->span.from);
	jsonw_int(w, "end", row->span.till);
	jsonw_bool(w, "is_running", row->is_running);
	jsonw_bool(w, "is_of_row", row->is_of_row);
	write_pipes(w, h, row);
	write_amount(w, "meter", &row->meter);
	write_amount(w, "own", &row->own);
	jsonw_real(w, "difference_percent", row->difference_percent);
	jsonw_bool(w, "is_off", row->is_off);
	write_doubts(w, row);
	jsonw_array(w, "seconds");
	for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
		jsonw_int(w, NULL, row->timers.s[c]);
	}
	jsonw_end(w);
	jsonw_real(w, "drawn", row->drawn_t);
	jsonw_real(w, "leak_mass", row->leak_t);
	jsonw_real(w, "leak_heat", row->leak_gcal);
	jsonw_real(w, "correction", row->correction_gcal);
	jsonw_real(w, "outdoor", row->outdoor_c);
	jsonw_end(w);
}

/* ---- what is the input, and what of it is abnormal ---- */

static void write_channel(struct jsonw *w, const char *key, const struct channel *c)
{
	if (c) {
		jsonw_int(w, key, c->id);
	} else {
		jsonw_null(w, key);
	}
}

static void write_channels(struct jsonw *w, const struct heat_input *h)
{
	write_channel(w, "heat", h->heat);
	write_channel(w, "outdoor", h->outdoor);
	jsonw_array(w, "pipes");
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		const struct heat_pipe_info *i = heat_pipe_info((enum heat_pipe)p);
		if (has_pipe(h, p)) {
			jsonw_object(w, NULL);
			jsonw_str(w, "pipe", i->name);
			jsonw_str(w, "letter", i->letter);
			write_channel(w, "mass", h->mass[p]);
			write_channel(w, "volume", h->volume[p]);
			write_channel(w, "temperature", h->temperature[p]);
			write_channel(w, "pressure", h->pressure[p]);
			jsonw_end(w);
		}
	}
	jsonw_end(w);
}

static void write_abnormal(struct jsonw *w, const struct heat_input *h)
{
	struct abnormal_sums s = abnormal_sums(&h->sum.timers);
	jsonw_object(w, "abnormal");
	jsonw_real(w, "flow_min", h->limits.flow_min);
	jsonw_real(w, "flow_max", h->limits.flow_max);
	jsonw_real(w, "dt_min", h->limits.dt_min);
	jsonw_real(w, "low_limit", h->low_limit);
	jsonw_real(w, "high_limit", h->high_limit);
	jsonw_real(w, "low_share", h->shares.low);
	jsonw_real(w, "high_share", h->shares.high);
	jsonw_bool(w, "is_low_too_long", h->shares.is_low_too_long);
	jsonw_bool(w, "is_high_too_long", h->shares.is_high_too_long);
	jsonw_int(w, "period_s", s.period);
	jsonw_int(w, "run_s", s.run);
	jsonw_int(w, "abnormal_s", s.abnormal);
	jsonw_int(w, "unknown_s", s.unknown);
	jsonw_array(w, "timed");
	for (int c = 0; c < ABNORMAL_CLASS_COUNT; c++) {
		if (h->timed & 1u << c) {
			jsonw_str(w, NULL, abnormal_info((enum abnormal_class)c)->name);
		}
	}
	jsonw_end(w);
	jsonw_bool(w, "has_state", h->has_state);
	jsonw_end(w);
}

/* ---- the statement against itself ---- */

static void write_check(struct jsonw *w, const struct heat_check *c)
{
	unsigned bit;
	const char *name;
	jsonw_object(w, NULL);
	jsonw_int(w, "channel", c->channel->id);
	jsonw_quantity(w, "quantity", c->channel->quantity);
	jsonw_unit(w, "unit", c->unit);
	jsonw_real(w, "rows", c->value[HEAT_BY_ROWS]);
	jsonw_real(w, "integrators", c->value[HEAT_BY_INTEGRATORS]);
	jsonw_real(w, "month", c->value[HEAT_BY_MONTH]);
	jsonw_real(w, "tolerance", c->tolerance);
	jsonw_int(w, "rows_missing", (int64_t)c->rows_missing);
	jsonw_array(w, "reasons");
	for (size_t i = 0; (name = heat_reason_name(i, &bit)) != NULL; i++) {
		if (c->reasons & bit) {
			jsonw_str(w, NULL, name);
		}
	}
	jsonw_end(w);
	jsonw_bool(w, "is_equal", c->is_equal);
	jsonw_end(w);
}

/* ---- substitution ---- */

static const char *const cause_names[CAUSE_COUNT] = {[CAUSE_ABNORMAL] = "abnormal",
	[CAUSE_METER] = "meter",
	[CAUSE_NO_METER] = "no_meter",
	[CAUSE_NOT_SUBMITTED] = "not_submitted"};

static enum unit step_unit(const char *unit)
{
	return strcmp(unit, "/h") == 0 ? UNIT_GCAL_H :
	       strcmp(unit, "h") == 0  ? UNIT_H :
	       strcmp(unit, "°C") == 0 ? UNIT_DEGC :
					 UNIT_GCAL;
}

static void write_proposal(struct jsonw *w, const struct heat_proposal *p)
{
	const struct substitution_info *i = substitution_info(p->result.rule);
	jsonw_object(w, NULL);
	jsonw_str(w, "rule", i->letter);
	jsonw_str(w, "cause", cause_names[p->of.cause]);
	jsonw_text(w, "text", i->text, i->text_ru);
	jsonw_text(w, "formula", i->formula, i->formula_ru);
	jsonw_str(w, "lack",
		p->result.lack == LACK_NONE ? NULL : substitution_lack_name(p->result.lack));
	jsonw_real(w, "value", p->result.q);
	jsonw_str(w, "quality", quality_class_name(QUALITY_SUBSTITUTED));
	jsonw_array(w, "steps");
	for (size_t n = 0; n < p->result.step_count; n++) {
		const struct substitution_step *s = &p->result.steps[n];
		jsonw_object(w, NULL);
		jsonw_str(w, "name", s->name);
		jsonw_text(w, "text", s->text, s->text_ru);
		jsonw_real(w, "value", s->value);
		jsonw_unit(w, "unit", step_unit(s->unit));
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_array(w, "days");
	for (size_t n = 0; n < p->gap_count; n++) {
		const struct heat_gap *g = &p->gaps[n];
		jsonw_object(w, NULL);
		jsonw_int(w, "start", g->day.from);
		jsonw_int(w, "end", g->day.till);
		jsonw_real(w, "hours", g->part.hours);
		jsonw_real(w, "outdoor", g->part.t);
		jsonw_real(w, "value", g->part.q);
		jsonw_real(w, "measured", g->measured);
		jsonw_real(w, "entry", g->entry);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

/* ---- the answer ---- */

static void write_input(struct jsonw *w, const struct heat_input *h)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "place", h->place->id);
	jsonw_str(w, "name", h->place->name);
	jsonw_bool(w, "is_hot_water", h->is_hot_water);
	if (h->scheme) {
		write_scheme(w, "scheme", h->scheme);
	} else {
		jsonw_null(w, "scheme");
	}
	jsonw_bool(w, "is_scheme_told", h->is_scheme_told);
	write_channels(w, h);
	jsonw_array(w, "rows");
	for (size_t i = 0; i < h->row_count; i++) {
		write_row(w, NULL, h, &h->rows[i]);
	}
	jsonw_end(w);
	write_row(w, "sum", h, &h->sum);
	write_abnormal(w, h);
	jsonw_int(w, "checked_till", h->checked_till);
	jsonw_array(w, "checks");
	for (size_t i = 0; i < h->check_count; i++) {
		write_check(w, &h->checks[i]);
	}
	jsonw_end(w);
	jsonw_array(w, "proposals");
	for (size_t i = 0; i < h->proposal_count; i++) {
		write_proposal(w, &h->proposals[i]);
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_frame(struct jsonw *w, const struct heat_question *q, const struct calendar *c)
{
	static const struct {
		const char *name;
		enum unit unit;
	} units[] = {{"energy", UNIT_GCAL}, {"mass", UNIT_T}, {"volume", UNIT_M3},
		{"temperature", UNIT_DEGC}, {"pressure", UNIT_MPA}};
	jsonw_int(w, "place", q->place);
	jsonw_calendar(w, "calendar", c);
	jsonw_str(w, "period", period_name(q->period));
	jsonw_int(w, "from", q->span.from);
	jsonw_int(w, "till", q->span.till);
	jsonw_object(w, "units");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		jsonw_unit(w, units[i].name, units[i].unit);
	}
	jsonw_end(w);
	jsonw_array(w, "classes");
	for (int i = 0; i < ABNORMAL_CLASS_COUNT; i++) {
		const struct abnormal_info *a = abnormal_info((enum abnormal_class)i);
		jsonw_object(w, NULL);
		jsonw_str(w, "name", a->name);
		jsonw_text(w, "text", a->text, a->text_ru);
		jsonw_bool(w, "is_stop", a->is_stop);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static enum err take_cause(struct http_request *r, enum substitution_cause *ret)
{
	const char *name = http_query(r, "cause");
	*ret = CAUSE_METER;
	for (int i = 0; name && i < CAUSE_COUNT; i++) {
		if (i != CAUSE_ABNORMAL && strcmp(cause_names[i], name) == 0) {
			*ret = (enum substitution_cause)i;
			return ERR_OK;
		}
	}
	return name ? err_set(&r->diag, ERR_INVAL, "cause: meter, no_meter or not_submitted") :
		      ERR_OK;
}

/* Whole periods that touch what was asked for. */
static enum err take_span(struct http_request *r, const struct calendar *c, struct heat_question *q)
{
	struct span s = {INT64_MIN, INT64_MIN};
	enum err e = query_period(r, &q->period);
	e = e ? e : query_time(r, "from", c->zone, &s.from);
	e = e ? e : query_time(r, "till", c->zone, &s.till);
	if (!e && (s.from == INT64_MIN || s.till == INT64_MIN || s.from >= s.till)) {
		e = err_set(&r->diag, ERR_INVAL, "from and till: both, in this order");
	}
	if (!e && (uint64_t)s.till - (uint64_t)s.from > UINT64_C(86400) * SPAN_DAYS_MAX) {
		e = err_set(&r->diag, ERR_LIMIT, "at most %d days", SPAN_DAYS_MAX);
	}
	if (!e) {
		q->span.from = period_of(c, q->period, s.from).from;
		q->span.till = period_of(c, q->period, s.till - 1).till;
	}
	return e;
}

static enum err write_inputs(struct jsonw *w, struct http_request *r, struct heat_question *q)
{
	const struct site *s = q->site;
	int64_t top = q->place;
	enum err e = ERR_OK;
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && !e; i++) {
		const struct place *p = &s->places[i];
		bool is_input = p->id == top ||
				(p->kind == PLACE_HEATING_POINT && site_is_within(s, p->id, top));
		if (!is_input || !(access_at(&who_of(r)->access, s, p->id) & ACCESS_DATA)) {
			continue;
		}
		for (int hot = 0; hot < 2 && !e; hot++) {
			struct heat_input *h = NULL;
			q->place = p->id;
			q->is_hot_water = hot;
			if (heat_input_is_there(s, p->id, hot)) {
				e = heat_input_read(q, &h, &r->diag);
			}
			if (h) {
				write_input(w, h);
			}
			heat_input_free(h);
		}
	}
	q->place = top;
	return e;
}

enum err place_heat_h(struct http_request *r)
{
	const void *place;
	struct figures *figures = NULL;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &place);
	struct heat_question q = {
		.store = web_of(r)->store, .site = site_of(r), .place = r->id, .now = clock_now()};
	struct calendar c = site_calendar(q.site, r->id);
	e = e ? e : take_span(r, &c, &q);
	e = e ? e : take_cause(r, &q.cause);
	e = e ? e : figures_load(q.site, &figures, &r->diag);
	if (e) {
		return e;
	}
	q.figures = figures;
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	write_frame(&w, &q, &c);
	jsonw_array(&w, "inputs");
	e = write_inputs(&w, r, &q);
	jsonw_end(&w);
	jsonw_end(&w);
	figures_free(figures);
	return e;
}
