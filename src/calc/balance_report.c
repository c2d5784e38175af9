/*
 * balance_report.c - balances over days or months, out of the store; see balance_report.h
 */
#include "calc/balance_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_S    INT64_C(86400)
#define HOUR_S   3600
#define MONTH_S  2629746.0 /* a twelfth of the mean year */
#define DAYS_MAX 1000      /* read for one answer */

/* ---- figures ---- */

double figure_or(
	const struct figures *f, int64_t place, const char *code, int date, double otherwise)
{
	double v = f ? figure_number(f, place, code, date) : NAN;
	return isnan(v) ? otherwise : v;
}

struct balance_rule balance_rule_of(const struct figures *f, int64_t place, int date)
{
	struct balance_rule r = balance_rule_default;
	r.k = figure_or(f, place, "balance.k", date, r.k);
	r.missing_factor = figure_or(f, place, "balance.missing_factor", date, r.missing_factor);
	r.interpolated_s = (int64_t)(HOUR_S * figure_or(f, place, "balance.interpolated_hours",
						      date, (double)r.interpolated_s / HOUR_S));
	r.estimated_s = (int64_t)(HOUR_S * figure_or(f, place, "balance.estimated_hours", date,
						   (double)r.estimated_s / HOUR_S));
	return r;
}

static size_t count_of(
	const struct figures *f, int64_t place, const char *code, int date, size_t otherwise)
{
	double v = figure_or(f, place, code, date, (double)otherwise);
	return v >= 0 && v <= DAYS_MAX ? (size_t)v : otherwise;
}

struct balance_normal balance_normal_of(
	const struct figures *f, int64_t place, enum quantity q, int date)
{
	char code[CODE_CAP];
	struct balance_normal n = balance_normal_default;
	(void)snprintf(code, sizeof(code), "balance.normal_share.%s", quantity_code(q));
	n.share = figure_or(f, place, "balance.normal_share", date, n.share);
	n.share = fmin(1, fmax(0, figure_or(f, place, code, date, n.share)));
	n.days = count_of(f, place, "balance.normal_days", date, n.days);
	n.days = n.days < BALANCE_NORMAL_DAYS ? n.days : BALANCE_NORMAL_DAYS;
	n.min_days = count_of(f, place, "balance.normal_min_days", date, n.min_days);
	return n;
}

/* ---- reading ---- */

/* Everything that stands behind one slice of the store. */
struct reading {
	const struct balance_question *q;
	struct calendar calendar;
	struct balance_tree *tree;
	struct balance_rule rule;
	int64_t *channels; /* of the items that have one */
	size_t *items;     /* where they are */
	size_t n;
	struct archive_value *values;
	struct balance_amount *amounts; /* by item */
	struct balance *nodes;
};

static void reading_fini(struct reading *x)
{
	free(x->channels);
	free(x->items);
	free(x->values);
	free(x->amounts);
	free(x->nodes);
}

static int date_of(const struct reading *x, int64_t utc)
{
	return figure_date(&x->calendar, utc);
}

static enum err reading_init(struct reading *x, const struct balance_question *q)
{
	*x = (struct reading){.q = q, .calendar = site_calendar(q->site, q->building)};
	int date = date_of(x, q->span.from);
	x->rule = balance_rule_of(q->figures, q->building, date);
	enum err e = balance_tree_new(
		q->site, q->figures, q->building, q->quantity, date, &x->tree);
	if (e) {
		return e;
	}
	size_t items = x->tree->item_count + 1;
	x->channels = calloc(items, sizeof(*x->channels));
	x->items = calloc(items, sizeof(*x->items));
	x->values = calloc(items, sizeof(*x->values));
	x->amounts = calloc(items, sizeof(*x->amounts));
	x->nodes = calloc(x->tree->node_count, sizeof(*x->nodes));
	if (!x->channels || !x->items || !x->values || !x->amounts || !x->nodes) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < x->tree->item_count; i++) {
		if (x->tree->items[i].channel) {
			x->channels[x->n] = x->tree->items[i].channel;
			x->items[x->n++] = i;
		}
	}
	return ERR_OK;
}

/* One period into x->amounts and x->nodes. */
static enum err read_period(struct reading *x, enum period period, struct span span)
{
	enum err e = archive_at(x->q->store, x->channels, x->n, period, span.from, x->values);
	if (e) {
		return e;
	}
	for (size_t k = 0; k < x->n; k++) {
		struct balance_amount *a = &x->amounts[x->items[k]];
		*a = (struct balance_amount){0};
		balance_amount_add(
			a, (struct form_value){x->values[k].value, x->values[k].quality});
	}
	double months = period == PERIOD_MONTH ? 1 : (double)(span.till - span.from) / MONTH_S;
	balance_tree_norms(x->tree, x->q->figures, date_of(x, span.from));
	balance_tree_eval(
		x->tree, x->amounts, 1, span.till - span.from, months, &x->rule, x->nodes);
	return ERR_OK;
}

static int64_t first_start(const struct calendar *c, enum period period, int64_t from)
{
	int64_t start = period_of(c, period, from).from;
	return start < from ? period_next(c, period, start) : start;
}

/* Periods that begin in the span and have begun; malloc'ed. */
static enum err periods_of(const struct calendar *c, enum period period, struct span span,
	int64_t now, size_t most, struct span **ret_periods, size_t *ret_n)
{
	struct span *periods = calloc(most + 1, sizeof(*periods));
	size_t n = 0;
	int64_t till = span.till < now ? span.till : now;
	if (!periods) {
		return ERR_NOMEM;
	}
	for (int64_t at = span.from < till ? first_start(c, period, span.from) : till; at < till;) {
		int64_t next = period_next(c, period, at);
		if (n == most) {
			free(periods);
			return ERR_LIMIT;
		}
		periods[n++] = (struct span){at, next};
		at = next;
	}
	*ret_periods = periods;
	*ret_n = n;
	return ERR_OK;
}

/* ---- days as they are ---- */

void balance_days_free(struct balance_days *d)
{
	if (d) {
		balance_tree_free(d->tree);
		free(d->starts);
		free(d->amounts);
		free(d);
	}
}

static void take_day(struct balance_days *d, size_t day, const struct reading *x)
{
	const struct balance_tree *t = x->tree;
	for (size_t i = 0; i < t->item_count; i++) {
		const struct balance_amount *a = &x->amounts[i];
		bool is_known = t->items[i].channel && a->present == 1 && a->partial == 0;
		d->amounts[i * d->days + day] = is_known ? a->v.value * t->items[i].factor : NAN;
	}
}

static enum err read_days(
	struct reading *x, const struct span *periods, size_t n, struct balance_days *d)
{
	d->days = n;
	d->starts = calloc(n + 1, sizeof(*d->starts));
	d->amounts = calloc(n * x->tree->item_count + 1, sizeof(*d->amounts));
	enum err e = d->starts && d->amounts ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		d->starts[i] = periods[i].from;
		e = read_period(x, PERIOD_DAY, periods[i]);
		if (!e) {
			take_day(d, i, x);
		}
	}
	return e;
}

enum err balance_days_new(const struct balance_question *q, struct balance_days **ret_days)
{
	struct reading x;
	struct span *periods = NULL;
	size_t n = 0;
	struct balance_days *d = calloc(1, sizeof(*d));
	enum err e = d ? ERR_OK : ERR_NOMEM;
	if (!e) {
		e = reading_init(&x, q);
		e = e ? e :
			periods_of(
				&x.calendar, PERIOD_DAY, q->span, q->now, DAYS_MAX, &periods, &n);
		while (!e && n > 0 && periods[n - 1].till > q->now) {
			n--;
		}
		e = e ? e : read_days(&x, periods, n, d);
		d->tree = x.tree;
		reading_fini(&x);
	}
	free(periods);
	if (e) {
		balance_days_free(d);
		return e;
	}
	*ret_days = d;
	return ERR_OK;
}

/* ---- what is normal ---- */

static bool is_whole(const struct balance_sum *s)
{
	return s->present == s->expected && s->partial == 0;
}

static double whole_imbalance(const struct balance *b, const struct balance_rule *rule)
{
	for (int p = 0; p < BALANCE_PART_COUNT; p++) {
		if (!is_whole(&b->parts[p])) {
			return NAN;
		}
	}
	return balance_result(b, NAN, rule).imbalance;
}

/* Imbalances by day, [day * nodes + node], from some days before the first period on. Days that are
 * periods of the report themselves are filled in as they are read there. */
struct history {
	struct span *days;
	size_t n;
	double *imbalances;
};

static enum err history_read(struct reading *x, size_t before, struct history *h)
{
	const struct balance_question *q = x->q;
	struct span span = {q->span.from - (int64_t)before * DAY_S, q->span.till};
	size_t nodes = x->tree->node_count;
	enum err e = periods_of(&x->calendar, PERIOD_DAY, span, q->now, DAYS_MAX, &h->days, &h->n);
	if (e) {
		return e;
	}
	h->imbalances = calloc(h->n * nodes + 1, sizeof(*h->imbalances));
	e = h->imbalances ? ERR_OK : ERR_NOMEM;
	for (size_t d = 0; d < h->n && !e; d++) {
		bool is_over = h->days[d].till <= q->now &&
			       !(q->period == PERIOD_DAY && h->days[d].from >= q->span.from);
		e = is_over ? read_period(x, PERIOD_DAY, h->days[d]) : ERR_OK;
		for (size_t i = 0; i < nodes && !e; i++) {
			h->imbalances[d * nodes + i] =
				is_over ? whole_imbalance(&x->nodes[i], &x->rule) : NAN;
		}
	}
	return e;
}

/* The days of one node before `utc`, oldest first. */
static size_t days_before(const struct history *h, size_t node, size_t nodes, int64_t utc,
	double ret[static BALANCE_NORMAL_DAYS])
{
	size_t end = h->n;
	size_t n = 0;
	while (end > 0 && h->days[end - 1].till > utc) {
		end--;
	}
	size_t begin = end > BALANCE_NORMAL_DAYS ? end - BALANCE_NORMAL_DAYS : 0;
	for (size_t d = begin; d < end; d++) {
		ret[n++] = h->imbalances[d * nodes + node];
	}
	return n;
}

static void set_expected(struct balance_cell *c, const struct reading *x, const struct history *h,
	const struct balance_normal *normal, size_t node, struct span span)
{
	double days[BALANCE_NORMAL_DAYS];
	char code[CODE_CAP];
	const struct balance_tree *t = x->tree;
	const struct figures *figures = x->q->figures;
	double length = (double)(span.till - span.from) / (double)DAY_S;
	(void)snprintf(code, sizeof(code), "balance.expected.%s", quantity_code(t->quantity));
	int date = date_of(x, span.from);
	const struct figure *f = figures ? figure_at(figures, t->nodes[node].place, code, date) :
					   NULL;
	/* told for the node itself: the house's says nothing of an entrance */
	c->is_told = f && (node == 0 || f->place == t->nodes[node].place);
	if (c->is_told) {
		c->expected = f->value * length;
		return;
	}
	size_t n = days_before(h, node, t->node_count, span.from, days);
	c->expected = balance_expected(days, n, normal) * length;
}

static void judge(struct balance_cell *c, const struct balance_rule *rule)
{
	c->r = c->is_told ? balance_result(&c->b, c->expected, rule) :
			    balance_result_learned(&c->b, c->expected, rule);
}

/* ---- the report ---- */

void balance_report_free(struct balance_report *r)
{
	if (r) {
		balance_tree_free(r->tree);
		free(r->periods);
		free(r->cells);
		free(r->totals);
		free(r->amounts);
		free(r);
	}
}

static void add_amounts(struct balance_report *r, const struct reading *x)
{
	for (size_t k = 0; k < x->n; k++) {
		const struct balance_amount *a = &x->amounts[x->items[k]];
		struct balance_amount *sum = &r->amounts[x->items[k]];
		struct form_value v = a->v;
		/* what is in the archive but not usable: count it as what it is */
		if (a->present == 0) {
			v.value = x->values[k].value;
			v.quality = x->values[k].quality;
		}
		balance_amount_add(sum, v);
	}
}

/* Totals: values of items over the periods that are over, norms summed as they were. */
static void take_totals(struct balance_report *r, struct reading *x, size_t over)
{
	const struct balance_tree *t = r->tree;
	if (over == 0) {
		for (size_t i = 0; i < t->node_count; i++) {
			r->totals[i].r = balance_result(&r->totals[i].b, NAN, &r->rule);
			r->totals[i].expected = NAN;
		}
		return;
	}
	struct span span = {r->periods[0].from, r->periods[over - 1].till};
	double seconds = (double)(span.till - span.from);
	double months = x->q->period == PERIOD_MONTH ? (double)over : seconds / MONTH_S;
	balance_tree_norms(x->tree, x->q->figures, date_of(x, span.from));
	balance_tree_eval(t, r->amounts, over, span.till - span.from, months, &r->rule, x->nodes);
	for (size_t i = 0; i < t->node_count; i++) {
		struct balance_cell *c = &r->totals[i];
		*c = (struct balance_cell){.b = x->nodes[i], .is_told = true};
		for (size_t p = 0; p < over; p++) {
			c->expected += balance_report_cell(r, p, i)->expected;
			c->is_told &= balance_report_cell(r, p, i)->is_told;
		}
		judge(c, &r->rule);
	}
}

static void take_history(struct history *h, const struct reading *x, size_t day)
{
	for (size_t i = 0; i < x->tree->node_count; i++) {
		h->imbalances[day * x->tree->node_count + i] = whole_imbalance(
			&x->nodes[i], &x->rule);
	}
}

static enum err fill(struct balance_report *r, struct reading *x, struct history *h,
	const struct balance_normal *normal)
{
	size_t over = 0;
	enum err e = ERR_OK;
	for (size_t p = 0; p < r->period_count && !e; p++) {
		e = read_period(x, x->q->period, r->periods[p]);
		if (!e && r->periods[p].till <= x->q->now) {
			add_amounts(r, x);
			over++;
			if (x->q->period == PERIOD_DAY) {
				take_history(h, x, h->n - r->period_count + p);
			}
		}
		for (size_t i = 0; i < r->tree->node_count && !e; i++) {
			struct balance_cell *c = &r->cells[p * r->tree->node_count + i];
			c->b = x->nodes[i];
			set_expected(c, x, h, normal, i, r->periods[p]);
			judge(c, &r->rule);
			if (r->periods[p].till > x->q->now && c->r.verdict < BALANCE_UNCLEAR) {
				c->r.verdict = BALANCE_UNCLEAR; /* it still runs */
			}
		}
	}
	if (!e) {
		take_totals(r, x, over);
	}
	return e;
}

static enum err make(struct balance_report *r, struct reading *x)
{
	const struct balance_question *q = x->q;
	int date = date_of(x, q->span.from);
	struct balance_normal normal = balance_normal_of(
		q->figures, q->building, q->quantity, date);
	struct history h = {0};
	r->rule = x->rule;
	r->alarm_days = count_of(q->figures, q->building, "balance.alarm_days", date, 3);
	enum err e = periods_of(&x->calendar, q->period, q->span, q->now, BALANCE_PERIODS_MAX,
		&r->periods, &r->period_count);
	if (!e) {
		size_t nodes = x->tree->node_count;
		r->cells = calloc(r->period_count * nodes + 1, sizeof(*r->cells));
		r->totals = calloc(nodes, sizeof(*r->totals));
		r->amounts = calloc(x->tree->item_count + 1, sizeof(*r->amounts));
		e = r->cells && r->totals && r->amounts ? ERR_OK : ERR_NOMEM;
	}
	e = e ? e : history_read(x, normal.days, &h);
	e = e ? e : fill(r, x, &h, &normal);
	free(h.days);
	free(h.imbalances);
	return e;
}

enum err balance_report_new(const struct balance_question *q, struct balance_report **ret_report)
{
	struct reading x;
	if (q->period != PERIOD_DAY && q->period != PERIOD_MONTH) {
		return ERR_INVAL;
	}
	struct balance_report *r = calloc(1, sizeof(*r));
	if (!r) {
		return ERR_NOMEM;
	}
	enum err e = reading_init(&x, q);
	r->tree = x.tree;
	e = e ? e : make(r, &x);
	reading_fini(&x);
	if (e) {
		balance_report_free(r);
		return e;
	}
	*ret_report = r;
	return ERR_OK;
}
