/*
 * suspect.h - which meter makes a balance wrong: suspects, ranked, each with its evidence
 *
 * When the imbalance B of a node follows the consumption of one meter day by day, that meter counts
 * too little (or, where more is counted than flows in, too much):
 *
 *   B_day = a_j V_j,day + b        the meter's true amount is (1 + a_j) V_j, and b leaks
 *
 * A suspect is named only when its line explains the imbalance (R² >= 0.7) and no other meter of the
 * same sign does half as well; otherwise two meters together are tried, and otherwise the answer is
 * "not identifiable". The sign counts: a meter against whose consumption B falls is no suspect.
 * Hints that need no balance: zero for too long, a flat whose share of the house jumped, cold against
 * hot water. A factor near a whole ratio is a wrong pulse weight, not a worn meter; a meter whose
 * consumption another node misses is fitted there.
 *
 * Facts: calculations.md section 5.5, its cases are the test. Days in order, NaN unknown. Pure.
 */
#ifndef DOMOVOI_SUSPECT_H
#define DOMOVOI_SUSPECT_H

#include "calc/stat.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- regression ---- */

struct suspect_rule {
	size_t min_days;      /* 14; twice as many for pairs */
	double min_r2;        /* 0.7 */
	double runner_up;     /* the next best explains less than this share of the best, 0.5 */
	double ratio_percent; /* how near a factor is to a whole ratio, 8 */
	size_t zero_days;     /* 14 */
	double jump;          /* share of the house before and after, 2 */
	double cold_hot_min, cold_hot_max; /* 1, 3 */
};
extern const struct suspect_rule suspect_rule_default;

/* Days of one node: imbalance[d], and meter j's amount at amounts[j * days + d]. */
struct suspect_days {
	const double *imbalance;
	const double *amounts;
	size_t days, meters;
};

enum suspect_state {
	SUSPECT_TOO_SHORT, /* fewer days are known than it takes */
	SUSPECT_NONE,      /* not identifiable */
	SUSPECT_ONE,
	SUSPECT_PAIR,
	SUSPECT_STATE_COUNT
};
const char *suspect_state_name(enum suspect_state s); /* "one" */

struct suspect_location {
	enum suspect_state state;
	size_t meters[2]; /* of ONE the first counts */
	double slopes[2];
	double factors[2]; /* that put the meters right */
	double leak;       /* b: by day, whatever the flats use */
	double r2;
	double runner_up; /* R² of the next best of the right sign; NaN: none */
	size_t days;      /* known */
};
/* ret_fits, where not NULL, has room for all meters. */
void suspect_locate(const struct suspect_days *in, const struct suspect_rule *rule,
	struct stat_line *ret_fits, struct suspect_location *ret);

/* ---- evidence ---- */

enum suspect_evidence {
	EVIDENCE_FIT,        /* a: R², b: factor */
	EVIDENCE_PAIR,       /* a: R² of both, b: factor */
	EVIDENCE_RATIO,      /* a: whole ratio the factor is near to */
	EVIDENCE_ZERO,       /* a: days without any flow at the end, b: days before them */
	EVIDENCE_JUMP,       /* a: share of the house before, b: after, percent */
	EVIDENCE_COLD_HOT,   /* a: cold over hot */
	EVIDENCE_SWAPPED,    /* a: cold over hot: cold and hot exchanged? */
	EVIDENCE_OTHER_NODE, /* a: R² with the imbalance of another node, b: slope */
	EVIDENCE_COUNT
};
const char *suspect_evidence_name(enum suspect_evidence e); /* "fit" */
/* How much a piece of evidence weighs in the ranking: a fit more than any hint. */
double suspect_weight(enum suspect_evidence e);

struct suspect_finding {
	enum suspect_evidence what;
	double a, b;
};

/* 10, 0.1, 2 ... if the factor is that within the rule; NaN: no whole ratio. */
double suspect_ratio(double factor, const struct suspect_rule *rule);
/* Each true if there is something to be found. */
bool suspect_zero(
	const double *days, size_t n, const struct suspect_rule *rule, struct suspect_finding *ret);
bool suspect_jump(const double *days, const double *house, size_t n,
	const struct suspect_rule *rule, struct suspect_finding *ret);
bool suspect_cold_hot(
	double cold, double hot, const struct suspect_rule *rule, struct suspect_finding *ret);
/* Is a meter of one node really behind another, whose imbalance follows it one to one? */
bool suspect_other_node(const double *days, const double *imbalance, size_t n,
	const struct suspect_rule *rule, struct suspect_finding *ret);

#endif
