/*
 * balance_events.c - what a day brought to light; see balance_events.h
 */
#include "calc/balance_events.h"

#include "calc/balance_report.h"
#include "calc/leak_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BACK_DAYS 31 /* in which a run of days must have begun */
#define LEAK_DAYS 14
#define TEXT_CAP  256

static int64_t days_back(const struct daily_day *d, int n)
{
	int64_t at = d->day.from;
	while (n-- > 0) {
		at = period_prev(&d->calendar, PERIOD_DAY, at);
	}
	return at;
}

/* ---- balances ---- */

/* Has the run of days out of limits got long enough on the last of them? */
static bool is_news(const struct balance_report *r, size_t node, enum balance_verdict *verdicts)
{
	enum balance_verdict last;
	for (size_t p = 0; p < r->period_count; p++) {
		verdicts[p] = balance_report_cell(r, p, node)->r.verdict;
	}
	return r->period_count > 0 && balance_is_out(verdicts[r->period_count - 1]) &&
	       balance_streak(verdicts, r->period_count, &last) == r->alarm_days;
}

static void put_balance(
	const struct daily_day *d, struct batch *b, const struct balance_report *r, size_t node)
{
	char code[48];
	char text[TEXT_CAP];
	const struct balance_cell *c = balance_report_cell(r, r->period_count - 1, node);
	const char *unit = unit_symbol(r->tree->unit);
	(void)snprintf(code, sizeof(code), "balance.%s", balance_verdict_name(c->r.verdict));
	(void)snprintf(text, sizeof(text),
		"%s: %zu days out of limits, the last by %.4g %s (%.1f %% of the input), limit %.4g %s",
		quantity_text(r->tree->quantity, LANG_EN), r->alarm_days, c->r.imbalance, unit,
		c->r.percent, c->r.limit, unit);
	batch_event(b, d->day.from, r->tree->nodes[node].place, code, text);
}

static enum err put_balances(
	const struct daily_day *d, struct batch *b, const struct figures *f, enum quantity q)
{
	struct balance_question question = {d->store, d->site, f, d->building->id, q, PERIOD_DAY,
		{days_back(d, BACK_DAYS), d->day.till}, d->day.till};
	struct balance_report *r = NULL;
	enum err e = balance_report_new(&question, &r);
	if (e) {
		return e;
	}
	enum balance_verdict *verdicts = calloc(r->period_count + 1, sizeof(*verdicts));
	e = verdicts ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < r->tree->node_count && !e; i++) {
		if (r->tree->nodes[i].has_input && is_news(r, i, verdicts)) {
			put_balance(d, b, r, i);
		}
	}
	free(verdicts);
	balance_report_free(r);
	return e;
}

static bool has_resource(const struct daily_day *d, enum quantity q)
{
	for (size_t i = 0; i < d->site->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &d->site->channels[i];
		if (c->quantity == q && site_is_within(d->site, c->place, d->building->id)) {
			return true;
		}
	}
	return false;
}

/* ---- leaks ---- */

static bool house_leaks(const struct leak_report *r)
{
	/* within the errors of the meters the least hour goes up and down by itself */
	double noise = isnan(r->night_limit) ? r->night.legitimate : r->night_limit;
	return r->night.leak > 0 && r->night.leak > noise;
}

static void put_house(const struct daily_day *d, struct batch *b, const struct leak_report *r)
{
	char text[TEXT_CAP];
	(void)snprintf(text, sizeof(text),
		"cold water: at night %.0f l/h flow in, residents may use %.0f l/h; %.0f m3 a month, in %s",
		r->night.minimum * 1000, r->night.legitimate * 1000, r->night.month,
		r->where == LEAK_UNKNOWN ? "pipes or flats" :
		r->where == LEAK_BOTH    ? "pipes and flats" :
					   leak_where_name(r->where));
	batch_event(b, d->day.from, d->building->id, "leak.house", text);
}

static void put_channel(const struct daily_day *d, struct batch *b, const struct leak_channel *now,
	const struct leak_channel *before)
{
	char code[48];
	char text[TEXT_CAP];
	const char *water = quantity_text(now->quantity, LANG_EN);
	if (now->flat.kind > LEAK_FLAT_NONE && before->flat.kind <= LEAK_FLAT_NONE) {
		(void)snprintf(code, sizeof(code), "leak.%s", leak_kind_name(now->flat.kind));
		(void)snprintf(text, sizeof(text),
			"%s: no pause for %zu h, at least %.1f l/h, %.1f m3 a month", water,
			now->flat.running, now->flat.least * 1000, now->flat.month);
		batch_event(b, d->day.from, now->place, code, text);
	}
	if (now->reverse.is_flagged && !before->reverse.is_flagged) {
		(void)snprintf(text, sizeof(text), "%s: %.0f l backwards in %d days", water,
			now->reverse_m3 * 1000, LEAK_DAYS);
		batch_event(b, d->day.from, now->place, "leak.reverse", text);
	}
	if (now->burst_utc >= d->day.from && now->burst_utc < d->day.till) {
		(void)snprintf(text, sizeof(text), "%s: far more than ever before", water);
		batch_event(b, now->burst_utc, now->place, "leak.burst", text);
	}
}

static enum err read_leaks(const struct daily_day *d, const struct figures *f, int64_t till,
	struct leak_report **ret_report)
{
	struct leak_question q = {d->store, d->site, f, d->building->id,
		{till - LEAK_DAYS * INT64_C(86400), till}, till};
	return leak_report_new(&q, ret_report);
}

static enum err put_leaks(const struct daily_day *d, struct batch *b, const struct figures *f)
{
	struct leak_report *now = NULL;
	struct leak_report *before = NULL;
	enum err e = read_leaks(d, f, d->day.till, &now);
	e = e ? e : read_leaks(d, f, d->day.from, &before);
	if (!e && house_leaks(now) && !house_leaks(before)) {
		put_house(d, b, now);
	}
	/* one site, one order of channels */
	for (size_t i = 0; !e && i < now->channel_count && i < before->channel_count; i++) {
		put_channel(d, b, &now->channels[i], &before->channels[i]);
	}
	leak_report_free(now);
	leak_report_free(before);
	return e;
}

enum err balance_events_of(const struct daily_day *d, struct batch *b, struct diag *diag)
{
	struct figures *f = NULL;
	enum err e = figures_load(d->site, &f, diag);
	for (int q = 0; q < QUANTITY_COUNT && !e; q++) {
		if (balance_is_resource((enum quantity)q) && has_resource(d, (enum quantity)q)) {
			e = put_balances(d, b, f, (enum quantity)q);
		}
	}
	if (!e && (has_resource(d, QUANTITY_COLD_WATER) || has_resource(d, QUANTITY_HOT_WATER))) {
		e = put_leaks(d, b, f);
	}
	figures_free(f);
	return e;
}
