/*
 * api_supply.c - quality of supply of a place in a month: violations, percents, refund, the rules used
 */
#include "web/view.h"

#include "base/clock.h"
#include "base/str.h"
#include "calc/money.h"
#include "calc/supply_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the question ---- */

struct asked {
	struct supply_question q;
	struct calendar calendar;
	struct named_month month;
	bool has_service;
};

static enum err query_money(struct http_request *r, const char *name, double *ret_value)
{
	const char *text = http_query(r, name);
	*ret_value = NAN;
	if (text && (str_to_double(text, ret_value) || !(*ret_value >= 0 && *ret_value < 1e12))) {
		return err_set(&r->diag, ERR_INVAL, "%s: an amount of money, as 1119.60", name);
	}
	return ERR_OK;
}

static enum err take_question(struct http_request *r, struct asked *a)
{
	const char *service = http_query(r, "service");
	const void *place;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &place);
	if (e) {
		return e;
	}
	a->q.store = web_of(r)->store;
	a->q.site = site_of(r);
	a->q.place = r->id;
	a->q.now = clock_now();
	a->has_service = service != NULL;
	if (service && !supply_service_from_name(service, &a->q.service)) {
		return err_set(&r->diag, ERR_INVAL, "service: no service '%.40s'", service);
	}
	a->calendar = site_calendar(a->q.site, a->q.place);
	e = query_month(r, &a->calendar, a->q.now, &a->month);
	a->q.span = a->month.span;
	e = e ? e : query_money(r, "charge", &a->q.charge);
	e = e ? e : query_money(r, "cold_charge", &a->q.cold_charge);
	if (!e && !service && (!isnan(a->q.charge) || !isnan(a->q.cold_charge))) {
		e = err_set(&r->diag, ERR_INVAL, "charge: of which service");
	}
	return e;
}

/* ---- the answer ---- */

static const char *verdict_name(enum supply_verdict v)
{
	static const char *const names[] = {
		[SUPPLY_GOOD] = "good",
		[SUPPLY_BAD] = "bad",
		[SUPPLY_SEVERE] = "severe",
		[SUPPLY_COLD] = "cold",
		[SUPPLY_NO_DATA] = "no_data",
		[SUPPLY_OUTSIDE] = "outside",
	};
	return names[v];
}

static void jsonw_money(struct jsonw *w, const char *key, int64_t money)
{
	jsonw_real(w, key, money_value(money));
}

static void write_sources(struct jsonw *w, const struct supply_report *p)
{
	jsonw_array(w, "sources");
	for (size_t i = 0; i < p->source_n; i++) {
		const struct supply_source *s = &p->sources[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "role", supply_role_name(s->role));
		jsonw_int(w, "channel", s->channel->id);
		jsonw_int(w, "place", s->channel->place);
		jsonw_quantity(w, "quantity", s->channel->quantity);
		jsonw_bool(w, "is_house", s->is_house);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_kinds(struct jsonw *w, const struct supply_report *p)
{
	jsonw_array(w, "kinds");
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		const struct supply_sum *s = &p->result.kinds[k];
		if (!p->is_judged[k]) {
			continue;
		}
		jsonw_object(w, NULL);
		jsonw_str(w, "kind", supply_kind_name((enum supply_kind)k));
		jsonw_bool(w, "is_measured", s->is_measured);
		jsonw_real(w, "good_h", s->good_h);
		jsonw_real(w, "bad_h", s->bad_h);
		jsonw_real(w, "severe_h", s->severe_h);
		jsonw_real(w, "cold_h", s->cold_h);
		jsonw_real(w, "no_data_h", s->no_data_h);
		jsonw_real(w, "outside_h", s->outside_h);
		jsonw_real(w, "act_h", s->act_h);
		jsonw_real(w, "percent", s->is_measured ? s->percent : NAN);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_break(struct jsonw *w, const struct supply_report *p)
{
	const struct supply_excess *x = &p->result.excess;
	const struct supply_rules *rules = p->hour_n ? p->hours[p->hour_n - 1].rules : NULL;
	jsonw_object(w, "break");
	jsonw_real(w, "total_h", x->total_h);
	jsonw_real(w, "allowed_total_h", rules ? rules->cut.total_h : NAN);
	jsonw_real(w, "allowed_once_h", rules ? rules->cut.once_h : NAN);
	jsonw_real(w, "excess_total_h", x->total_excess);
	jsonw_real(w, "excess_once_h", x->once_excess);
	jsonw_real(w, "excess_h", x->excess);
	jsonw_end(w);
}

static void write_events(struct jsonw *w, const struct supply_report *p)
{
	const struct supply_result *x = &p->result;
	jsonw_array(w, "events");
	for (size_t i = 0; i < x->event_n && i < x->event_cap; i++) {
		const struct supply_event *e = &x->events[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "kind", supply_kind_name(e->kind));
		jsonw_int(w, "start", e->from);
		jsonw_int(w, "end", e->till);
		jsonw_real(w, "hours", (double)(e->till - e->from) / 3600);
		jsonw_real(w, "extreme", e->extreme);
		jsonw_int(w, "extreme_at", e->extreme_utc);
		jsonw_real(w, "limit", e->limit);
		jsonw_real(w, "percent", e->percent);
		jsonw_bool(w, "is_day_unpaid", e->is_day_unpaid);
		jsonw_bool(w, "by_act", e->by_act);
		jsonw_bool(w, "is_open", e->is_open);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_rules(struct jsonw *w, const struct asked *a, const struct supply_report *p)
{
	const char *code;
	jsonw_array(w, "rules");
	for (size_t i = 0; (code = supply_rules_code(p->service, i)); i++) {
		const struct figure *f = figure_at(a->q.figures, a->q.place, code, p->date);
		if (f) {
			jsonw_figure(w, f);
		}
	}
	jsonw_end(w);
}

static void write_refund(struct jsonw *w, const struct supply_report *p)
{
	const struct supply_refund *x = &p->refund;
	if (p->charge.full == MONEY_NONE) {
		jsonw_null(w, "money");
		return;
	}
	jsonw_object(w, "money");
	jsonw_money(w, "charge", p->charge.full);
	jsonw_money(w, "cold_charge", p->charge.cold);
	jsonw_money(w, "unpaid", x->unpaid);
	jsonw_money(w, "after_cold", x->after_cold);
	jsonw_money(w, "base", x->base);
	jsonw_money(w, "reduction", x->reduction);
	jsonw_money(w, "to_pay", x->to_pay);
	jsonw_money(w, "refund", x->refund);
	jsonw_bool(w, "is_part", x->is_part);
	jsonw_end(w);
}

/* ---- hour by hour, for charts ---- */

static void write_line(struct jsonw *w, const struct supply_report *p, enum supply_kind kind)
{
	enum {
		VALUE,
		MIN,
		MAX
	};
	static const char *const keys[] = {"value", "min", "max"};
	jsonw_object(w, NULL);
	jsonw_str(w, "kind", supply_kind_name(kind));
	for (int k = VALUE; k <= MAX; k++) {
		jsonw_array(w, keys[k]);
		for (size_t i = 0; i < p->hour_n; i++) {
			double min, max;
			struct form_value v = supply_value(&p->hours[i], kind);
			double value = supply_is_usable(v) ? v.value : NAN;
			supply_limits(&p->hours[i], kind, &min, &max);
			jsonw_real(w, NULL, k == VALUE ? value : k == MIN ? min : max);
		}
		jsonw_end(w);
	}
	jsonw_array(w, "verdict");
	for (size_t i = 0; i < p->hour_n; i++) {
		jsonw_str(w, NULL, verdict_name(p->hours[i].verdicts[kind]));
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_lines(struct jsonw *w, const struct supply_report *p)
{
	jsonw_array(w, "hours");
	for (size_t i = 0; i < p->hour_n; i++) {
		jsonw_int(w, NULL, p->hours[i].start);
	}
	jsonw_end(w);
	jsonw_array(w, "lines");
	for (int kind = 0; kind < SUPPLY_KIND_COUNT; kind++) {
		bool has_values = p->is_judged[kind] && p->result.kinds[kind].is_measured;
		if (kind != SUPPLY_BREAK && has_values) {
			write_line(w, p, (enum supply_kind)kind);
		}
	}
	jsonw_end(w);
}

static void write_service(struct jsonw *w, const struct asked *a, const struct supply_report *p)
{
	const struct supply_result *x = &p->result;
	bool is_measured = false;
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		is_measured |= x->kinds[k].is_measured;
	}
	jsonw_object(w, NULL);
	jsonw_str(w, "service", supply_service_name(p->service));
	jsonw_bool(w, "is_measured", is_measured);
	write_sources(w, p);
	jsonw_bool(w, "is_indicative", p->is_indicative);
	jsonw_real(w, "offset_k", p->is_indicative ? p->offset : NAN);
	jsonw_real(w, "judged_h", x->hours);
	write_kinds(w, p);
	write_break(w, p);
	jsonw_int(w, "unpaid_days", x->unpaid_days);
	jsonw_real(w, "unpaid_share", x->unpaid_share);
	jsonw_real(w, "cold_share", x->cold_share);
	jsonw_bool(w, "is_cold_by_volume", x->is_cold_by_volume);
	jsonw_real(w, "percent_raw", is_measured ? x->percent_raw : NAN);
	jsonw_real(w, "percent", is_measured ? x->percent : NAN);
	write_refund(w, p);
	write_events(w, p);
	write_rules(w, a, p);
	if (a->has_service) {
		write_lines(w, p);
	}
	jsonw_end(w);
}

static enum err write_services(struct http_request *r, struct jsonw *w, struct asked *a)
{
	enum err e = ERR_OK;
	jsonw_array(w, "services");
	for (int s = 0; s < SUPPLY_SERVICE_COUNT && !e; s++) {
		struct supply_report report;
		if (a->has_service && s != (int)a->q.service) {
			continue;
		}
		a->q.service = (enum supply_service)s;
		e = supply_report_make(&a->q, &report, &r->diag);
		if (!e) {
			write_service(w, a, &report);
			supply_report_free(&report);
		}
	}
	jsonw_end(w);
	return e;
}

enum err place_supply_h(struct http_request *r)
{
	struct asked a = {0};
	struct figures *f = NULL;
	enum err e = take_question(r, &a);
	e = e ? e : figures_load(a.q.site, &f, &r->diag);
	if (e) {
		return e;
	}
	a.q.figures = f;
	const struct place *p = site_find(a.q.site, OBJECT_PLACE, a.q.place);
	char month[32];
	(void)snprintf(month, sizeof(month), "%04d-%02d", a.month.year, a.month.month);
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "place", a.q.place);
	jsonw_str(&w, "name", p->name);
	jsonw_str(&w, "kind", place_kind_name(p->kind));
	jsonw_str(&w, "month", month);
	jsonw_int(&w, "start", a.month.span.from);
	jsonw_int(&w, "end", a.month.span.till);
	jsonw_bool(&w, "is_running", a.month.span.till > a.q.now);
	jsonw_calendar(&w, "calendar", &a.calendar);
	e = write_services(r, &w, &a);
	jsonw_end(&w);
	figures_free(f);
	return e;
}
