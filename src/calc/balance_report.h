/*
 * balance_report.h - balances of a building over days or months, out of the store
 *
 *   days or months of all channels ──> amounts by item ──> balance_tree_eval ──> every node, period
 *   the days before                ──> imbalances      ──> what is normal (a percentile)
 *
 * Read in slices, one per period, so the cost is that of the values. The total is of the values of
 * the periods, item by item: errors of a meter do not average out over days. Days already over count
 * only; of the running period there is what is known, and its balance is UNCLEAR.
 */
#ifndef DOMOVOI_BALANCE_REPORT_H
#define DOMOVOI_BALANCE_REPORT_H

#include "calc/balance_tree.h"
#include "store/store.h"

struct balance_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t building;
	enum quantity quantity;
	enum period period; /* DAY or MONTH */
	struct span span;   /* periods that begin in it */
	int64_t now;
};

struct balance_cell {
	struct balance b;
	struct balance_result r;
	double expected; /* imbalance that is normal; NaN: not known */
	bool is_told;    /* by a parameter, not learned */
};

struct balance_report {
	struct balance_tree *tree; /* owned, as all below */
	struct balance_rule rule;
	size_t alarm_days;
	size_t period_count;
	struct span *periods;
	struct balance_cell *cells;     /* [period * tree->node_count + node] */
	struct balance_cell *totals;    /* by node */
	struct balance_amount *amounts; /* by item, over all periods that are over */
};

#define BALANCE_PERIODS_MAX 400

/* ERR_LIMIT: too many periods; ERR_INVAL: no such period. */
enum err balance_report_new(const struct balance_question *q, struct balance_report **ret_report);
void balance_report_free(struct balance_report *r); /* NULL is fine */
static inline const struct balance_cell *balance_report_cell(
	const struct balance_report *r, size_t period, size_t node)
{
	return &r->cells[period * r->tree->node_count + node];
}

/* Figures balance.k, balance.missing_factor, balance.interpolated_hours, balance.estimated_hours. */
struct balance_rule balance_rule_of(const struct figures *f, int64_t place, int date);
/* balance.normal_share.<quantity> or balance.normal_share, balance.normal_days, balance.normal_min_days. */
struct balance_normal balance_normal_of(
	const struct figures *f, int64_t place, enum quantity q, int date);
/* A figure, or `otherwise` where there is none. */
double figure_or(
	const struct figures *f, int64_t place, const char *code, int date, double otherwise);

/* What items used by day: amounts[item * days + day] in the tree's unit, NaN where not usable or
 * partial; what is taken out of the input as a positive amount. */
struct balance_days {
	struct balance_tree *tree; /* owned, as all below */
	size_t days;
	int64_t *starts;
	double *amounts;
};
enum err balance_days_new(const struct balance_question *q, struct balance_days **ret_days);
void balance_days_free(struct balance_days *d);

#endif
