/*
 * api_leaks.c - water that flows when nobody uses any, of a building or of a flat
 */
#include "web/view.h"

#include "base/clock.h"
#include "calc/leak_report.h"
#include "calc/money.h"

#include <math.h>

#define DAYS 14 /* without `from` */

/* What an amount costs; unknown amounts and tariffs cost nothing that could be told. */
static void write_cost(struct jsonw *w, const char *key, double m3, double tariff)
{
	int64_t cost = isnan(m3) || isnan(tariff) ? MONEY_NONE : money_charge(m3, tariff);
	jsonw_real(w, key, cost == MONEY_NONE ? NAN : money_value(cost));
}

static void write_nights(struct jsonw *w, const struct leak_report *rep)
{
	jsonw_array(w, "nights");
	for (size_t i = 0; i < rep->night_count; i++) {
		const struct leak_night_row *n = &rep->nights[i];
		jsonw_object(w, NULL);
		jsonw_int(w, "start", n->span.from);
		jsonw_int(w, "end", n->span.till);
		jsonw_real(w, "minimum", n->minimum);
		jsonw_real(w, "imbalance", n->imbalance);
		jsonw_real(w, "limit", n->limit);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void write_heating(struct jsonw *w, const struct leak_heating *h)
{
	if (!h->is_there) {
		jsonw_null(w, "heating");
		return;
	}
	jsonw_object(w, "heating");
	jsonw_real(w, "supply", h->supply);
	jsonw_real(w, "return", h->back);
	jsonw_real(w, "difference", h->balance.difference);
	jsonw_real(w, "percent", h->balance.percent);
	jsonw_real(w, "limit", h->balance.limit);
	jsonw_bool(w, "is_leak", h->balance.is_leak);
	jsonw_end(w);
}

static void write_house(struct jsonw *w, const struct leak_report *rep)
{
	if (!rep->is_building) {
		jsonw_null(w, "house");
		return;
	}
	jsonw_object(w, "house");
	jsonw_bool(w, "has_input", rep->has_input);
	jsonw_int(w, "nights_wanted", (int64_t)rep->nights_wanted);
	jsonw_int(w, "nights_known", (int64_t)rep->night.nights);
	jsonw_real(w, "residents", rep->residents);
	jsonw_real(w, "minimum", rep->night.minimum);
	jsonw_real(w, "legitimate", rep->night.legitimate);
	jsonw_real(w, "leak", rep->night.leak);
	jsonw_real(w, "month", rep->night.month);
	write_cost(w, "month_cost", rep->night.month, rep->tariff);
	jsonw_str(w, "where", leak_where_name(rep->where));
	jsonw_real(w, "imbalance", rep->night_imbalance);
	jsonw_real(w, "limit", rep->night_limit);
	write_nights(w, rep);
	write_heating(w, &rep->heating);
	jsonw_end(w);
}

static void write_channel(struct jsonw *w, const struct site *s, const struct leak_report *rep,
	const struct leak_channel *c)
{
	bool is_cold = c->quantity == QUANTITY_COLD_WATER;
	jsonw_object(w, NULL);
	jsonw_place(w, "place", s, c->place);
	jsonw_int(w, "channel", c->channel);
	jsonw_str(w, "quantity", quantity_code(c->quantity));
	jsonw_str(w, "state", leak_kind_name(c->flat.kind));
	jsonw_real(w, "used", c->used);
	jsonw_int(w, "known_hours", (int64_t)c->flat.known);
	jsonw_int(w, "longest_pause_hours", (int64_t)c->flat.longest_pause);
	jsonw_int(w, "running_hours", (int64_t)c->flat.running);
	jsonw_real(w, "least", c->flat.least);
	jsonw_real(w, "volume", c->flat.volume);
	jsonw_real(w, "month", c->flat.month);
	write_cost(w, "month_cost", c->flat.month, is_cold ? rep->tariff : NAN);
	jsonw_time_or_never(w, "burst_utc", c->burst_utc);
	jsonw_time_or_never(w, "till_utc", c->till_utc);
	jsonw_real(w, "reverse", c->reverse_m3);
	jsonw_real(w, "reverse_percent", isnan(c->reverse_m3) ? NAN : c->reverse.percent);
	jsonw_bool(w, "is_reverse", c->reverse.is_flagged);
	jsonw_end(w);
}

static void write_answer(
	struct http_request *r, const struct leak_question *q, const struct leak_report *rep)
{
	struct jsonw w = reply_json(r);
	struct calendar c = site_calendar(q->site, q->place);
	int64_t hidden = 0;
	int64_t hidden_leaks = 0;
	jsonw_object(&w, NULL);
	jsonw_span(&w, "span", rep->span);
	jsonw_calendar(&w, "calendar", &c);
	jsonw_unit(&w, "unit", UNIT_M3);
	write_house(&w, rep);
	jsonw_array(&w, "channels");
	for (size_t i = 0; i < rep->channel_count; i++) {
		const struct leak_channel *x = &rep->channels[i];
		if (access_at(&who_of(r)->access, q->site, x->place) & ACCESS_DATA) {
			write_channel(&w, q->site, rep, x);
		} else {
			hidden++;
			hidden_leaks += x->flat.kind > LEAK_FLAT_NONE;
		}
	}
	jsonw_end(&w);
	jsonw_int(&w, "hidden", hidden);
	jsonw_int(&w, "hidden_leaks", hidden_leaks);
	jsonw_end(&w);
}

static enum err take_span(struct http_request *r, struct leak_question *q)
{
	struct calendar c = site_calendar(q->site, q->place);
	q->span = (struct span){q->now - DAYS * INT64_C(86400), q->now};
	enum err e = query_time(r, "from", c.zone, &q->span.from);
	e = e ? e : query_time(r, "till", c.zone, &q->span.till);
	if (!e && (q->span.from > q->span.till || (uint64_t)q->span.till - (uint64_t)q->span.from >
							  UINT64_C(86400) * LEAK_DAYS_MAX)) {
		e = err_set(&r->diag, ERR_INVAL, "from and till: in this order, at most %d days",
			LEAK_DAYS_MAX);
	}
	return e;
}

enum err place_leaks_h(struct http_request *r)
{
	const void *place;
	struct figures *figures = NULL;
	struct leak_report *rep = NULL;
	struct leak_question q = {
		.store = web_of(r)->store, .site = site_of(r), .place = r->id, .now = clock_now()};
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &place);
	e = e ? e : take_span(r, &q);
	e = e ? e : figures_load(q.site, &figures, &r->diag);
	q.figures = figures;
	e = e ? e : leak_report_new(&q, &rep);
	if (!e) {
		write_answer(r, &q, rep);
	}
	leak_report_free(rep);
	figures_free(figures);
	return e;
}
