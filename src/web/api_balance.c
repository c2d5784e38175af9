/*
 * api_balance.c - balances of a building, and the meters that may make them wrong
 *
 * Who sees the building's data sees its sums; a flat is named only to those who may see its own data,
 * and a node is told only where the flats behind it are seen or enough to hide in.
 */
#include "web/view.h"

#include "base/clock.h"
#include "calc/balance_report.h"
#include "calc/suspect_report.h"

#include <math.h>
#include <stdlib.h>

#define CROWD        4  /* fewer hidden flats behind a node, and one could be guessed */
#define SUSPECT_DAYS 60 /* without `from` */
#define DAY_S        INT64_C(86400)
#define WORDS_CAP    512

/* ---- the question ---- */

static enum err take_resource(struct http_request *r, enum quantity *ret_q)
{
	const char *code = http_query(r, "resource");
	if (!code || !quantity_from_code(code, ret_q) || !balance_is_resource(*ret_q)) {
		return err_set(&r->diag, ERR_INVAL,
			"resource: cold_water, hot_water, heat_energy, active_energy, gas or volume");
	}
	return ERR_OK;
}

/* The building of the path and what is asked of it; figures are loaded. */
static enum err take_question(
	struct http_request *r, struct balance_question *q, struct figures **ret_figures)
{
	const void *object;
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &object);
	const struct place *place = object;
	if (!e && place->kind != PLACE_BUILDING) {
		e = err_set(&r->diag, ERR_NOTFOUND, "a balance is of a building");
	}
	*q = (struct balance_question){.store = web_of(r)->store,
		.site = site_of(r),
		.building = r->id,
		.period = PERIOD_DAY,
		.now = clock_now()};
	e = e ? e : take_resource(r, &q->quantity);
	if (e) {
		return e;
	}
	struct calendar c = site_calendar(q->site, q->building);
	q->span = (struct span){q->now - SUSPECT_DAYS * DAY_S, q->now};
	e = query_time(r, "from", c.zone, &q->span.from);
	e = e ? e : query_time(r, "till", c.zone, &q->span.till);
	if (!e &&
		(q->span.from > q->span.till || (uint64_t)q->span.till - (uint64_t)q->span.from >
							(uint64_t)(SUSPECT_DAYS_MAX * 3 * DAY_S))) {
		e = err_set(&r->diag, ERR_INVAL, "from and till: in this order, not years apart");
	}
	e = e ? e : figures_load(q->site, ret_figures, &r->diag);
	q->figures = *ret_figures;
	return e;
}

static bool may_see_data(struct http_request *r, int64_t place)
{
	return access_at(&who_of(r)->access, site_of(r), place) & ACCESS_DATA;
}

/* Flats behind each node that the user may not see. */
static size_t *hidden_flats(struct http_request *r, const struct balance_tree *t)
{
	size_t *hidden = calloc(t->node_count + 1, sizeof(*hidden));
	for (size_t i = 0; hidden && i < t->item_count; i++) {
		const struct balance_item *item = &t->items[i];
		if (item->role == BALANCE_ROLE_FLAT && !may_see_data(r, item->place)) {
			hidden[item->node]++;
		}
	}
	for (size_t i = t->node_count; hidden && i-- > 1;) {
		hidden[t->nodes[i].parent] += hidden[i];
	}
	return hidden;
}

static bool is_told(
	struct http_request *r, const struct balance_tree *t, const size_t *hidden, size_t node)
{
	const struct balance_node *n = &t->nodes[node];
	return may_see_data(r, n->place) && (hidden[node] == 0 || n->flats >= CROWD);
}

/* ---- balance ---- */

static void write_sum(struct jsonw *w, const char *key, const struct balance_sum *s)
{
	struct form_value v = balance_value(s);
	jsonw_object(w, key);
	jsonw_real(w, "value", v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(v.quality)));
	jsonw_flags(w, v.quality);
	jsonw_real(w, "completeness", balance_completeness(s));
	jsonw_int(w, "expected", (int64_t)s->expected);
	jsonw_int(w, "present", (int64_t)s->present);
	jsonw_int(w, "suspect", (int64_t)s->suspect);
	jsonw_end(w);
}

static void write_cell(struct jsonw *w, const struct balance_cell *c)
{
	for (int p = 0; p < BALANCE_PART_COUNT; p++) {
		write_sum(w, balance_part_name((enum balance_part)p), &c->b.parts[p]);
	}
	jsonw_real(w, "imbalance", c->r.imbalance);
	jsonw_real(w, "percent", c->r.percent);
	jsonw_real(w, "limit", c->r.limit);
	jsonw_real(w, "expected", c->expected);
	jsonw_real(w, "skew", c->r.skew);
	jsonw_real(w, "missing", c->r.missing);
	jsonw_real(w, "loose_share", c->r.loose_share);
	jsonw_real(w, "completeness", c->r.completeness);
	jsonw_str(w, "verdict", balance_verdict_name(c->r.verdict));
}

static enum err write_streak(
	struct jsonw *w, const struct balance_report *rep, size_t node, int64_t now)
{
	enum balance_verdict *verdicts = calloc(rep->period_count + 1, sizeof(*verdicts));
	enum balance_verdict last;
	size_t n = 0;
	if (!verdicts) {
		return ERR_NOMEM;
	}
	for (size_t p = 0; p < rep->period_count; p++) {
		if (rep->periods[p].till <= now) {
			verdicts[n++] = balance_report_cell(rep, p, node)->r.verdict;
		}
	}
	size_t streak = balance_streak(verdicts, n, &last);
	free(verdicts);
	jsonw_int(w, "streak", (int64_t)streak);
	jsonw_bool(w, "is_alarm", streak >= rep->alarm_days && streak > 0);
	return ERR_OK;
}

static enum err write_node(struct jsonw *w, struct http_request *r,
	const struct balance_report *rep, size_t node, int64_t now)
{
	const struct balance_node *n = &rep->tree->nodes[node];
	jsonw_object(w, NULL);
	jsonw_place(w, "place", site_of(r), n->place);
	if (n->parent == BALANCE_TOP) {
		jsonw_null(w, "parent");
	} else {
		jsonw_int(w, "parent", rep->tree->nodes[n->parent].place);
	}
	jsonw_bool(w, "has_input", n->has_input);
	jsonw_int(w, "flats", (int64_t)n->flats);
	enum err e = write_streak(w, rep, node, now);
	jsonw_object(w, "total");
	write_cell(w, &rep->totals[node]);
	jsonw_end(w);
	jsonw_array(w, "periods");
	for (size_t p = 0; p < rep->period_count; p++) {
		jsonw_object(w, NULL);
		write_cell(w, balance_report_cell(rep, p, node));
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	return e;
}

static bool is_empty_node(const struct balance_report *rep, size_t node)
{
	size_t expected = 0;
	for (int p = 0; p < BALANCE_PART_COUNT; p++) {
		expected += rep->totals[node].b.parts[p].expected;
	}
	return expected == 0 && node > 0;
}

static void write_item(
	struct jsonw *w, const struct site *s, const struct balance_report *rep, size_t i)
{
	const struct balance_item *item = &rep->tree->items[i];
	const struct balance_amount *a = &rep->amounts[i];
	bool is_known = item->channel && a->present > 0;
	uint16_t missing = quality_make(QUALITY_MISSING, SOURCE_NONE, 0);
	struct form_value v = {
		is_known ? a->v.value * item->factor : NAN, is_known ? a->v.quality : missing};
	jsonw_object(w, NULL);
	jsonw_place(w, "place", s, item->place);
	jsonw_int(w, "node", rep->tree->nodes[item->node].place);
	if (item->channel) {
		jsonw_int(w, "channel", item->channel);
	} else {
		jsonw_null(w, "channel");
	}
	jsonw_str(w, "role", balance_role_name(item->role));
	jsonw_bool(w, "is_subtracted", item->sign < 0);
	jsonw_str(w, "quantity", quantity_code(item->quantity));
	jsonw_real(w, "value", v.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(v.quality)));
	jsonw_flags(w, v.quality);
	jsonw_real(w, "completeness",
		item->channel && a->expected ? (double)a->present / (double)a->expected : NAN);
	jsonw_int(w, "suspect", (int64_t)a->suspect);
	jsonw_real(w, "mpe_percent", item->mpe_percent);
	jsonw_real(w, "norm", item->norm);
	jsonw_end(w);
}

static void write_items(struct jsonw *w, struct http_request *r, const struct balance_report *rep)
{
	int64_t hidden = 0;
	jsonw_array(w, "items");
	for (size_t i = 0; i < rep->tree->item_count; i++) {
		if (may_see_data(r, rep->tree->items[i].place)) {
			write_item(w, site_of(r), rep, i);
		} else {
			hidden++;
		}
	}
	jsonw_end(w);
	jsonw_int(w, "hidden", hidden);
}

/* Which balances this building could have. */
static void write_resources(struct jsonw *w, const struct balance_question *q)
{
	bool is_there[QUANTITY_COUNT] = {false};
	for (size_t i = 0; i < q->site->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &q->site->channels[i];
		if (!is_there[c->quantity] && balance_is_resource(c->quantity)) {
			is_there[c->quantity] = site_is_within(q->site, c->place, q->building);
		}
	}
	jsonw_array(w, "resources");
	for (int i = 0; i < QUANTITY_COUNT; i++) {
		if (is_there[i]) {
			jsonw_quantity(w, NULL, (enum quantity)i);
		}
	}
	jsonw_end(w);
}

static void write_tariff(struct jsonw *w, const struct balance_question *q)
{
	char code[CODE_CAP];
	struct calendar c = site_calendar(q->site, q->building);
	(void)snprintf(code, sizeof(code), "tariff.%s", quantity_code(q->quantity));
	jsonw_real(w, "tariff",
		figure_number(q->figures, q->building, code, figure_date(&c, q->span.from)));
}

static enum err write_balance(
	struct http_request *r, const struct balance_question *q, const struct balance_report *rep)
{
	struct calendar c = site_calendar(q->site, q->building);
	size_t *hidden = hidden_flats(r, rep->tree);
	enum err e = hidden ? ERR_OK : ERR_NOMEM;
	if (!e && !is_told(r, rep->tree, hidden, 0)) {
		e = err_set(&r->diag, ERR_DENIED, "too few flats for a sum that names nobody");
	}
	if (e) {
		free(hidden);
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_place(&w, "place", q->site, q->building);
	jsonw_quantity(&w, "resource", q->quantity);
	jsonw_unit(&w, "unit", rep->tree->unit);
	jsonw_str(&w, "period", period_name(q->period));
	jsonw_calendar(&w, "calendar", &c);
	write_resources(&w, q);
	write_tariff(&w, q);
	jsonw_int(&w, "alarm_days", (int64_t)rep->alarm_days);
	jsonw_array(&w, "periods");
	for (size_t p = 0; p < rep->period_count; p++) {
		jsonw_object(&w, NULL);
		jsonw_int(&w, "start", rep->periods[p].from);
		jsonw_int(&w, "end", rep->periods[p].till);
		jsonw_bool(&w, "is_running", rep->periods[p].till > q->now);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_array(&w, "nodes");
	for (size_t i = 0; i < rep->tree->node_count && !e; i++) {
		if (!is_empty_node(rep, i) && is_told(r, rep->tree, hidden, i)) {
			e = write_node(&w, r, rep, i, q->now);
		}
	}
	jsonw_end(&w);
	write_items(&w, r, rep);
	jsonw_end(&w);
	free(hidden);
	return e;
}

enum err place_balance_h(struct http_request *r)
{
	struct balance_question q;
	struct figures *figures = NULL;
	struct balance_report *rep = NULL;
	enum err e = take_question(r, &q, &figures);
	e = e ? e : query_period(r, &q.period);
	if (!e && q.period != PERIOD_DAY && q.period != PERIOD_MONTH) {
		e = err_set(&r->diag, ERR_INVAL, "period: day or month");
	}
	if (!e && (!http_query(r, "from") || !http_query(r, "till"))) {
		e = err_set(&r->diag, ERR_INVAL, "from and till: both");
	}
	e = e ? e : balance_report_new(&q, &rep);
	e = e ? e : write_balance(r, &q, rep);
	balance_report_free(rep);
	figures_free(figures);
	return e;
}

/* ---- suspects ---- */

static void write_words(struct jsonw *w, const char *key, const struct suspect_finding *f)
{
	char en[WORDS_CAP];
	char ru[WORDS_CAP];
	suspect_words(f, LANG_EN, en, sizeof(en));
	suspect_words(f, LANG_RU, ru, sizeof(ru));
	jsonw_text(w, key, en, ru);
}

static void write_suspect(struct jsonw *w, const struct site *s, const struct suspect_report *rep,
	const struct suspect *x)
{
	const struct balance_item *item = &rep->tree->items[x->item];
	jsonw_object(w, NULL);
	jsonw_place(w, "place", s, item->place);
	jsonw_int(w, "channel", item->channel);
	jsonw_place(w, "node", s, rep->tree->nodes[x->node].place);
	jsonw_real(w, "score", x->score);
	jsonw_real(w, "factor", x->factor);
	jsonw_real(w, "mean_day", x->mean);
	jsonw_array(w, "evidence");
	for (size_t i = 0; i < x->finding_count; i++) {
		const struct suspect_finding *f = &x->findings[i];
		jsonw_object(w, NULL);
		jsonw_str(w, "code", suspect_evidence_name(f->what));
		jsonw_real(w, "a", f->a);
		jsonw_real(w, "b", f->b);
		write_words(w, "text", f);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_suspect_node(
	struct jsonw *w, const struct site *s, const struct suspect_report *rep, size_t i)
{
	const struct suspect_node *n = &rep->nodes[i];
	bool has_line = n->location.state == SUSPECT_ONE || n->location.state == SUSPECT_PAIR;
	jsonw_object(w, NULL);
	jsonw_place(w, "place", s, rep->tree->nodes[n->node].place);
	jsonw_str(w, "state", suspect_state_name(n->location.state));
	jsonw_int(w, "days", (int64_t)n->days);
	jsonw_real(w, "imbalance_day", n->imbalance);
	jsonw_real(w, "r2", n->location.r2);
	jsonw_real(w, "runner_up_r2", n->location.runner_up);
	jsonw_real(w, "leak_day", has_line ? n->location.leak : NAN);
	jsonw_end(w);
}

static enum err write_suspects(
	struct http_request *r, const struct balance_question *q, const struct suspect_report *rep)
{
	int64_t hidden_suspects = 0;
	size_t *hidden = hidden_flats(r, rep->tree);
	if (!hidden) {
		return ERR_NOMEM;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_place(&w, "place", q->site, q->building);
	jsonw_quantity(&w, "resource", q->quantity);
	jsonw_unit(&w, "unit", rep->tree->unit);
	jsonw_span(&w, "span", q->span);
	jsonw_int(&w, "days", (int64_t)rep->days);
	jsonw_array(&w, "nodes");
	for (size_t i = 0; i < rep->node_count; i++) {
		if (is_told(r, rep->tree, hidden, rep->nodes[i].node)) {
			write_suspect_node(&w, q->site, rep, i);
		}
	}
	jsonw_end(&w);
	jsonw_array(&w, "suspects");
	for (size_t i = 0; i < rep->suspect_count; i++) {
		if (may_see_data(r, rep->tree->items[rep->suspects[i].item].place)) {
			write_suspect(&w, q->site, rep, &rep->suspects[i]);
		} else {
			hidden_suspects++;
		}
	}
	jsonw_end(&w);
	jsonw_int(&w, "hidden", hidden_suspects);
	jsonw_end(&w);
	free(hidden);
	return ERR_OK;
}

enum err place_suspects_h(struct http_request *r)
{
	struct balance_question q;
	struct figures *figures = NULL;
	struct suspect_report *rep = NULL;
	enum err e = take_question(r, &q, &figures);
	if (!e && q.span.till - q.span.from > SUSPECT_DAYS_MAX * DAY_S) {
		e = err_set(&r->diag, ERR_LIMIT, "at most %d days", SUSPECT_DAYS_MAX);
	}
	e = e ? e : suspect_report_new(&q, &rep);
	e = e ? e : write_suspects(r, &q, rep);
	suspect_report_free(rep);
	figures_free(figures);
	return e;
}
