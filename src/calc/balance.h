/*
 * balance.h - what flows into a node against what is counted behind it
 *
 *   input ──> flats        read from meters, each with its permissible error
 *         ──> common needs metered ones
 *         ──> by norm      flats without a meter, where the norm is known: a line of its own
 *         ──> imbalance    what is left: losses, unmetered needs, errors of meters
 *
 * How far the imbalance may be off without anything being wrong follows from the meters: a uniform
 * error within MPE gives u = MPE V / sqrt 3, two readings to a resolution r give u² = r² / 6; the
 * limit is k times the root of their squares. What is unknown is never zero: a flat without data is
 * counted as missing, and the verdict says UNCLEAR when it might explain what is left.
 *
 *           true imbalance lies in         [ B - missing - skew , B + skew ]
 *           normal is                      [ low - L , high + L ]
 *
 * Where somebody said what common needs are, low and high are that; where it was learned from the past,
 * low is nothing: less left over than usual is no fault.
 *
 * Facts: calculations.md section 5, its cases are the test. Amounts in one unit, errors in percent,
 * unknown is NaN. Pure functions: no store, no clock, no heap.
 */
#ifndef DOMOVOI_BALANCE_H
#define DOMOVOI_BALANCE_H

#include "calc/form.h"

/* ---- permissible errors ---- */

/* One accuracy class of EN 1434: percent, with x = qp/q of the flow and x = dTmin/dT of the others. */
struct en1434_class {
	double flow_base, flow_slope, flow_max;
	double calculator_base, calculator_slope;
	double sensors_base, sensors_slope;
};
struct en1434_mpe {
	double flow, calculator, sensors, sum; /* percent */
};
struct en1434_mpe mpe_en1434(
	const struct en1434_class *c, double qp, double q, double dt, double dt_min);

/* ---- terms and sums ---- */

enum balance_part {
	BALANCE_INPUT,
	BALANCE_FLATS,
	BALANCE_COMMON,
	BALANCE_NORM,
	BALANCE_PART_COUNT
};
const char *balance_part_name(enum balance_part p); /* "input" */

struct balance_rule {
	double k;              /* limit over standard uncertainty */
	double missing_factor; /* what is missing is at most so many times the mean of what is there */
	int64_t interpolated_s; /* how far a moved boundary may be off */
	int64_t estimated_s;    /* how far what was estimated or entered by hand may be off */
};
extern const struct balance_rule balance_rule_default; /* 2; 2; 2 h; a day */

struct balance_term {
	struct form_value v;
	double mpe_percent; /* NaN: unknown; adds nothing to the limit and is counted */
	double resolution;  /* of the readings; 0: unknown */
};

/* A term over some intervals of time: what is known of them. Starts as zero. */
struct balance_amount {
	struct form_value v; /* sum of what is usable */
	size_t expected, present, partial, suspect;
};
void balance_amount_add(struct balance_amount *a, struct form_value v);

/* Sum of terms. A negative term (hot water taken out of a cold inlet) keeps its uncertainty. */
struct balance_sum {
	double value;     /* of what is known; NaN: nothing */
	size_t expected;  /* terms there should be */
	size_t present;   /* with a usable value */
	size_t partial;   /* of these, known for a part of the interval only */
	size_t suspect;   /* left out because they failed a check */
	size_t loose;     /* of those present, not taken at the ends of the interval */
	size_t no_mpe;    /* of those present, without a permissible error */
	double skew;      /* at most, by terms that are loose */
	double variance;  /* u² */
	uint16_t quality; /* worst class, weakest source, all flags of those present */
};
void balance_add(struct balance_sum *s, const struct balance_term *t, int64_t seconds,
	const struct balance_rule *rule);
/* The same of an amount; `seconds` is the length of all its intervals. */
void balance_add_amount(struct balance_sum *s, const struct balance_amount *a, double mpe_percent,
	double resolution, int64_t seconds, const struct balance_rule *rule);
void balance_merge(struct balance_sum *into, const struct balance_sum *part);
/* Terms that are expected and not there. */
void balance_add_missing(struct balance_sum *s, size_t n);
double balance_completeness(const struct balance_sum *s); /* NaN: nothing expected */
/* Value with the quality it is shown with: PARTIAL when terms are missing or partial. */
struct form_value balance_value(const struct balance_sum *s);

/* ---- the balance of one interval ---- */

enum balance_verdict {
	BALANCE_OK,       /* within the limit */
	BALANCE_LOSS,     /* more flows in than is counted */
	BALANCE_EXCESS,   /* more is counted than flows in */
	BALANCE_UNCLEAR,  /* what is missing or not simultaneous may explain it */
	BALANCE_NO_INPUT, /* the input is not known */
	BALANCE_NOTHING,  /* nothing is counted behind it */
	BALANCE_VERDICT_COUNT
};
const char *balance_verdict_name(enum balance_verdict v); /* "loss" */
static inline bool balance_is_out(enum balance_verdict v)
{
	return v == BALANCE_LOSS || v == BALANCE_EXCESS;
}

struct balance {
	struct balance_sum parts[BALANCE_PART_COUNT];
};

struct balance_result {
	double outgoing;  /* flats, common needs and norms; NaN: nothing known */
	double imbalance; /* input - outgoing; NaN without input */
	double percent;   /* of the input; NaN without any */
	double u, limit;
	double skew;         /* at most */
	double missing;      /* what is missing of the outgoing may amount to; NaN: anything */
	double completeness; /* of input and outgoing terms together */
	double loose_share;  /* of the terms present */
	enum balance_verdict verdict;
};
/* `expected` imbalance of this interval, as somebody said; NaN: nobody did, 0 is taken. */
struct balance_result balance_result(
	const struct balance *b, double expected, const struct balance_rule *rule);
/* `learned`: it was usual up to now; NaN as above. */
struct balance_result balance_result_learned(
	const struct balance *b, double learned, const struct balance_rule *rule);
/* What leaves a node: its input where it has a meter, else the sum of what is counted behind it. */
void balance_merge_all(struct balance *into, const struct balance *part);

/* ---- what is normal, and for how long it has not been ---- */

struct balance_normal {
	double share;    /* quantile taken as normal, 0.1 */
	size_t days;     /* before the day in question, 60 */
	size_t min_days; /* fewer known ones tell nothing */
};
extern const struct balance_normal balance_normal_default; /* 0.1; 60; 10 */
#define BALANCE_NORMAL_DAYS 92
/* Of the imbalances of the days before, NaN where unclear. Never negative: meters that count more
 * than flows in are no normal state. NaN: too few. */
double balance_expected(const double *days, size_t n, const struct balance_normal *normal);
/* Periods up to the last on which the verdict was the last known one and out of limits; those
 * without a verdict neither count nor interrupt. */
size_t balance_streak(
	const enum balance_verdict *verdicts, size_t n, enum balance_verdict *ret_verdict);

/* ---- closed heating system ---- */

struct closed_balance {
	double difference;  /* supply - return, t */
	double percent;     /* of the supply */
	double limit;       /* k sqrt((e1 M1)² + (e2 M2)²) / sqrt 3 */
	double limit_worst; /* both meters at the end of their error, against each other */
	bool is_leak;       /* or draw-off */
};
struct closed_balance closed_balance(
	double supply, double back, double mpe_supply_percent, double mpe_back_percent, double k);

#endif
