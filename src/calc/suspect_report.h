/*
 * suspect_report.h - meters that may make the balances of a building wrong, ranked, out of the store
 *
 * Days of all meters of a resource; on every node with a meter of its own the imbalance is set
 * against each meter behind it. A day counts if the node's input is known and at most one in twenty
 * of its meters is not; these are taken at their own mean, for the regression only. Hints are looked
 * for at every meter. Nothing here is a proof: it says where to look first, and why.
 */
#ifndef DOMOVOI_SUSPECT_REPORT_H
#define DOMOVOI_SUSPECT_REPORT_H

#include "calc/balance_report.h"
#include "calc/suspect.h"

#define SUSPECT_FINDINGS 6
#define SUSPECT_DAYS_MAX 400

struct suspect {
	size_t item; /* of the tree */
	size_t node; /* whose balance accuses it; its own node where only hints do */
	double score;
	double factor; /* that would put it right; NaN: not known */
	double mean;   /* by day, of known days */
	struct suspect_finding findings[SUSPECT_FINDINGS];
	size_t finding_count;
};

struct suspect_node {
	size_t node;
	struct suspect_location location; /* meters: items of the tree */
	double imbalance;                 /* mean by day of the days that count */
	size_t days;
};

struct suspect_report {
	struct balance_tree *tree; /* owned, as all below */
	size_t days;
	struct suspect_node *nodes; /* with a meter of their own */
	size_t node_count;
	struct suspect *suspects; /* highest score first */
	size_t suspect_count;
};

/* q->period is not looked at: days. */
enum err suspect_report_new(const struct balance_question *q, struct suspect_report **ret_report);
void suspect_report_free(struct suspect_report *r); /* NULL is fine */

/* A finding in a sentence; at most cap bytes. */
void suspect_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap);

#endif
