/*
 * suspect_report.c - suspects of a building out of the store; see suspect_report.h
 */
#include "calc/suspect_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_MOST 0.05 /* of a node's meters on a day that still counts */
#define MONTH_D      30.4369
#define OTHERS_MOST  16 /* nodes a meter is tried against: risers and entrances of a house */

struct making {
	const struct balance_question *q;
	struct suspect_report *r;
	struct balance_days *days; /* of the resource */
	struct balance_days *pair; /* of the other water; NULL: none */
	struct suspect_rule rule;
	double *means;           /* by item, of known days; NaN: none known */
	double *imbalances;      /* [index of the node in r->nodes][day] */
	double *other;           /* by position of the place */
	double *house;           /* by day: all that is counted and known */
	size_t *above;           /* by node: the nearest with a meter, itself included */
	struct suspect *by_item; /* findings as they come */
};

/* ---- nodes ---- */

static bool is_use(const struct balance_item *item)
{
	return item->role == BALANCE_ROLE_FLAT || item->role == BALANCE_ROLE_COMMON;
}

static const double *row_of(const struct balance_days *d, size_t item)
{
	return d->amounts + item * d->days;
}

static double mean_of(const double *row, size_t n)
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(row[i])) {
			sum += row[i];
			known++;
		}
	}
	return known ? sum / (double)known : NAN;
}

static void find_above(struct making *m)
{
	const struct balance_tree *t = m->days->tree;
	for (size_t i = 0; i < t->node_count; i++) {
		bool is_own = t->nodes[i].has_input || t->nodes[i].parent == BALANCE_TOP;
		m->above[i] = is_own ? i : m->above[t->nodes[i].parent];
	}
}

/* Where an item stands in the balance of `node`: +1 flows in, -1 flows out, 0 not at all. */
static double side_of(const struct making *m, const struct balance_item *item, size_t node)
{
	const struct balance_tree *t = m->days->tree;
	if (item->role == BALANCE_ROLE_INPUT) {
		if (item->node == node) {
			return item->sign;
		}
		size_t parent = t->nodes[item->node].parent;
		return parent != BALANCE_TOP && m->above[parent] == node ? -item->sign : 0;
	}
	return is_use(item) && m->above[item->node] == node ? -1 : 0;
}

/* The imbalance of one node by day; items that stand in it are gathered in one pass. */
struct side {
	size_t item;
	double sign;
	bool is_input;
};

static void take_imbalance(const struct making *m, const struct side *sides, size_t n, double *ret)
{
	const struct balance_days *d = m->days;
	for (size_t day = 0; day < d->days; day++) {
		double sum = 0;
		size_t missing = 0;
		size_t outputs = 0;
		for (size_t i = 0; i < n; i++) {
			const struct balance_item *item = &d->tree->items[sides[i].item];
			double v = item->channel ? row_of(d, sides[i].item)[day] :
						   item->norm / MONTH_D;
			outputs += !sides[i].is_input;
			if (isnan(v) && !sides[i].is_input) {
				v = item->channel ? m->means[sides[i].item] : NAN;
				missing += isnan(v) ? 0 : 1;
				v = isnan(v) ? 0 :
					       v; /* never known: part of what the line leaves */
			}
			sum += sides[i].sign * v;
		}
		bool counts = outputs > 0 && (double)missing <= MISSING_MOST * (double)outputs;
		ret[day] = counts ? sum : NAN;
	}
}

static void give(struct making *m, size_t item, size_t node, struct suspect_finding f)
{
	struct suspect *s = &m->by_item[item];
	if (s->finding_count < SUSPECT_FINDINGS) {
		s->findings[s->finding_count++] = f;
		s->score += suspect_weight(f.what);
		s->node = node;
	}
}

static void accuse(struct making *m, const struct suspect_node *n)
{
	const struct suspect_location *l = &n->location;
	size_t count = l->state == SUSPECT_ONE ? 1 : l->state == SUSPECT_PAIR ? 2 : 0;
	for (size_t i = 0; i < count; i++) {
		double ratio = suspect_ratio(l->factors[i], &m->rule);
		struct suspect_finding f = {l->state == SUSPECT_ONE ? EVIDENCE_FIT : EVIDENCE_PAIR,
			l->r2, l->factors[i]};
		m->by_item[l->meters[i]].factor = l->factors[i];
		give(m, l->meters[i], n->node, f);
		if (!isnan(ratio)) {
			give(m, l->meters[i], n->node,
				(struct suspect_finding){EVIDENCE_RATIO, ratio, NAN});
		}
	}
}

/* Regression on the meters behind a node: their rows side by side. */
static enum err locate(struct making *m, const struct side *sides, size_t n,
	struct suspect_node *node, const double *imbalance)
{
	const struct balance_days *d = m->days;
	double *rows = calloc(n * d->days + 1, sizeof(*rows));
	size_t *items = calloc(n + 1, sizeof(*items));
	size_t meters = 0;
	if (!rows || !items) {
		free(rows);
		free(items);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (!sides[i].is_input && d->tree->items[sides[i].item].channel) {
			memcpy(rows + meters * d->days, row_of(d, sides[i].item),
				d->days * sizeof(*rows));
			items[meters++] = sides[i].item;
		}
	}
	struct suspect_days in = {imbalance, rows, d->days, meters};
	suspect_locate(&in, &m->rule, NULL, &node->location);
	for (int k = 0; k < 2; k++) {
		node->location.meters[k] = node->location.state == SUSPECT_ONE ||
							   node->location.state == SUSPECT_PAIR ?
						   items[node->location.meters[k]] :
						   0;
	}
	node->imbalance = mean_of(imbalance, d->days);
	node->days = node->location.days;
	free(rows);
	free(items);
	return ERR_OK;
}

static enum err take_node(struct making *m, size_t node)
{
	const struct balance_tree *t = m->days->tree;
	struct suspect_node *own = &m->r->nodes[m->r->node_count];
	double *imbalance = m->imbalances + m->r->node_count * m->days->days;
	struct side *sides = calloc(t->item_count + 1, sizeof(*sides));
	size_t n = 0;
	if (!sides) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < t->item_count; i++) {
		double sign = side_of(m, &t->items[i], node);
		if (sign > 0 || sign < 0) {
			bool is_input = t->items[i].role == BALANCE_ROLE_INPUT &&
					t->items[i].node == node;
			sides[n++] = (struct side){i, sign, is_input};
		}
	}
	take_imbalance(m, sides, n, imbalance);
	*own = (struct suspect_node){.node = node};
	m->r->node_count++;
	enum err e = locate(m, sides, n, own, imbalance);
	if (!e) {
		accuse(m, own);
	}
	free(sides);
	return e;
}

/* ---- hints ---- */

static void sum_house(struct making *m)
{
	const struct balance_tree *t = m->days->tree;
	for (size_t day = 0; day < m->days->days; day++) {
		m->house[day] = 0;
		for (size_t i = 0; i < t->item_count; i++) {
			double v = is_use(&t->items[i]) && t->items[i].channel ?
					   row_of(m->days, i)[day] :
					   NAN;
			m->house[day] += isnan(v) ? 0 : v;
		}
	}
}

/* What places used of the other water, by their positions in the site. */
static void sum_other_water(struct making *m)
{
	const struct site *site = m->q->site;
	for (size_t i = 0; i < site->counts[OBJECT_PLACE]; i++) {
		m->other[i] = NAN;
	}
	for (size_t i = 0; m->pair && i < m->pair->tree->item_count; i++) {
		const struct balance_item *item = &m->pair->tree->items[i];
		const struct place *p = site_find(site, OBJECT_PLACE, item->place);
		if (p && is_use(item) && item->channel) {
			double *sum = &m->other[p - site->places];
			double mean = mean_of(row_of(m->pair, i), m->pair->days);
			*sum = isnan(*sum) ? mean : *sum + mean;
		}
	}
}

static void try_other_nodes(struct making *m, size_t item)
{
	size_t own = m->above[m->days->tree->items[item].node];
	for (size_t k = 0; k < m->r->node_count && k < OTHERS_MOST; k++) {
		struct suspect_finding f;
		/* the node above sees the meter too, on the same side */
		bool is_beside = m->r->nodes[k].node != own &&
				 m->days->tree->nodes[m->r->nodes[k].node].parent ==
					 m->days->tree->nodes[own].parent;
		if (is_beside &&
			suspect_other_node(row_of(m->days, item), m->imbalances + k * m->days->days,
				m->days->days, &m->rule, &f)) {
			give(m, item, m->r->nodes[k].node, f);
			return;
		}
	}
}

static void hint(struct making *m, size_t i)
{
	const struct balance_item *item = &m->days->tree->items[i];
	const struct place *p = site_find(m->q->site, OBJECT_PLACE, item->place);
	size_t own = m->above[item->node];
	struct suspect_finding f;
	const double *row = row_of(m->days, i);
	bool is_lived_in = p && p->people > 0;
	if (suspect_zero(row, m->days->days, &m->rule, &f) && (f.b > 0 || is_lived_in)) {
		give(m, i, own, f);
	} else if (suspect_jump(row, m->house, m->days->days, &m->rule, &f)) {
		give(m, i, own, f);
	}
	if (item->role == BALANCE_ROLE_FLAT && m->pair) {
		bool is_cold = m->q->quantity == QUANTITY_COLD_WATER;
		double other = p ? m->other[p - m->q->site->places] : NAN;
		if (suspect_cold_hot(is_cold ? m->means[i] : other, is_cold ? other : m->means[i],
			    &m->rule, &f)) {
			give(m, i, own, f);
		}
	}
	try_other_nodes(m, i);
}

/* ---- the report ---- */

void suspect_report_free(struct suspect_report *r)
{
	if (r) {
		balance_tree_free(r->tree);
		free(r->nodes);
		free(r->suspects);
		free(r);
	}
}

static int by_score(const void *a, const void *b)
{
	const struct suspect *x = a;
	const struct suspect *y = b;
	return x->score != y->score ? (x->score < y->score) - (x->score > y->score) :
				      (x->item > y->item) - (x->item < y->item);
}

static void rank(struct making *m)
{
	struct suspect_report *r = m->r;
	for (size_t i = 0; i < m->days->tree->item_count; i++) {
		if (m->by_item[i].finding_count > 0) {
			r->suspects[r->suspect_count++] = m->by_item[i];
		}
	}
	qsort(r->suspects, r->suspect_count, sizeof(*r->suspects), by_score);
}

static enum err read_all(struct making *m)
{
	enum err e = balance_days_new(m->q, &m->days);
	bool is_cold = m->q->quantity == QUANTITY_COLD_WATER;
	if (!e && (is_cold || m->q->quantity == QUANTITY_HOT_WATER)) {
		struct balance_question other = *m->q;
		other.quantity = is_cold ? QUANTITY_HOT_WATER : QUANTITY_COLD_WATER;
		e = balance_days_new(&other, &m->pair);
	}
	return e;
}

static enum err make(struct making *m)
{
	const struct balance_tree *t = m->days->tree;
	size_t days = m->days->days;
	enum err e = ERR_OK;
	m->r->days = days;
	m->means = calloc(t->item_count + 1, sizeof(*m->means));
	m->above = calloc(t->node_count + 1, sizeof(*m->above));
	m->other = calloc(m->q->site->counts[OBJECT_PLACE] + 1, sizeof(*m->other));
	m->house = calloc(days + 1, sizeof(*m->house));
	m->imbalances = calloc(t->node_count * days + 1, sizeof(*m->imbalances));
	m->by_item = calloc(t->item_count + 1, sizeof(*m->by_item));
	m->r->nodes = calloc(t->node_count + 1, sizeof(*m->r->nodes));
	m->r->suspects = calloc(t->item_count + 1, sizeof(*m->r->suspects));
	if (!m->means || !m->above || !m->other || !m->house || !m->imbalances || !m->by_item ||
		!m->r->nodes || !m->r->suspects) {
		return ERR_NOMEM;
	}
	find_above(m);
	for (size_t i = 0; i < t->item_count; i++) {
		m->means[i] = mean_of(row_of(m->days, i), days);
		m->by_item[i] = (struct suspect){.item = i, .factor = NAN, .mean = m->means[i]};
	}
	for (size_t i = 0; i < t->node_count && !e; i++) {
		e = t->nodes[i].has_input ? take_node(m, i) : ERR_OK;
	}
	sum_house(m);
	sum_other_water(m);
	for (size_t i = 0; i < t->item_count && !e; i++) {
		if (is_use(&t->items[i]) && t->items[i].channel) {
			hint(m, i);
		}
	}
	rank(m);
	return e;
}

enum err suspect_report_new(const struct balance_question *q, struct suspect_report **ret_report)
{
	struct making m = {.q = q, .rule = suspect_rule_default};
	enum err e = ERR_NOMEM;
	m.r = calloc(1, sizeof(*m.r));
	if (m.r) {
		e = read_all(&m);
		e = e ? e : make(&m);
	}
	if (!e) {
		m.r->tree = m.days->tree;
		m.days->tree = NULL;
	}
	balance_days_free(m.days);
	balance_days_free(m.pair);
	free(m.means);
	free(m.above);
	free(m.other);
	free(m.house);
	free(m.imbalances);
	free(m.by_item);
	if (e) {
		suspect_report_free(m.r);
		return e;
	}
	*ret_report = m.r;
	return ERR_OK;
}
