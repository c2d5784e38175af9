/*
 * validate.h - the rules by which a value is doubted: 20 checks as pure functions, and their table
 *
 * A check compares a value with a limit and says whether it holds. What follows from a check that
 * fails is a figure of the rule, its level: nothing, a warning (the value stays and counts), or a
 * failure (the value becomes SUSPECT and is in no sum until a person accepts it). Limits are figures
 * too (calc/figure.h): validation.<rule>.<name>, or with the quantity behind it, where the longest
 * name wins; a rule without its limit does not apply:
 *
 *   validation.range.hi.temperature_supply  >  validation.range.hi.temperature  >  validation.range.hi
 *
 * Facts: calculations.md section 4.1 of the project's sources, checked by the cases of
 * vee_cases.json. Rule families: California VEE standard, Itron IEE documentation. A value that is
 * unknown makes a check inapplicable, never passed. Nothing here allocates or knows the store.
 */
#ifndef DOMOVOI_VALIDATE_H
#define DOMOVOI_VALIDATE_H

#include "calc/figure.h"
#include "calc/form.h"

enum check_state {
	CHECK_NONE, /* not applicable: something needed is unknown */
	CHECK_PASS,
	CHECK_FAIL,
};

/* What a check saw. */
struct check {
	enum check_state state;
	double measure; /* what was compared: a ratio, a difference, a deviation in per cent, hours */
	double limit;   /* with what */
	double other; /* what the measure was taken against: third highest, mean, register difference */
	size_t at; /* the value to blame, where there are several */
};

/* lo <= x <= hi; one of the two may be NaN: open. `limit` is the one that was broken. */
struct check check_range(double x, double lo, double hi);
/* More than `most` values missing. */
struct check check_gap(size_t missing, double most);
/* |offset| beyond far_s fails, beyond near_s too with `other` 1: only a warning. */
struct check check_clock(double offset_s, double near_s, double far_s);
/* d < -noise. */
struct check check_negative(double amount, double noise);
/* d > rate * hours * slack. */
struct check check_capacity(double amount, double max_rate, double hours, double slack);
/* (max - third highest) / third highest > limit, if max > least. */
struct check check_spike(const double *values, size_t n, double limit, double least);
/* now / mean of history outside lo .. hi. */
struct check check_high_low(double now, const double *history, size_t n, double lo, double hi);
/* Nothing for more than `limit` hours where somebody lives. */
struct check check_zero_run(double zero_hours, double limit, bool is_occupied);
/* Among `window` values none at or below `limit`: `measure` is the smallest. */
struct check check_never_zero(const double *values, size_t n, size_t window, double limit);
/* A spread below twice the resolution for limit_h hours. `at` is the first of the stretch. */
struct check check_flat(
	const double *values, size_t n, double resolution, double step_h, double limit_h);
/* |v2 - v1| per minute. */
struct check check_rate(double v1, double v2, double minutes, double limit);
/* |sum of intervals - (r2 - r1) * k| > resolution * k + pulse. */
struct check check_sum(
	double sum, double r1, double r2, double multiplier, double resolution, double pulse);
/* The meter's energy against our own, per cent. */
struct check check_energy(double of_meter, double own, double limit_percent);
/* (M2 - M1) / M1, per cent, either way. */
struct check check_mass_balance(double m1, double m2, double limit_percent);
/* Return warmer than supply by more than `allow` while something flows. */
struct check check_temperatures(
	double t_flow, double t_return, double flow, double least_flow, double allow);
/* Two meters of the same flow: |a - b| / b, per cent. */
struct check check_pair(double a, double b, double limit_percent);
/* Consumption where nobody lives, as a share of the mean of those where somebody does. */
struct check check_vacant(double x, double mean, double share);
/* A flag that the value carries; measure 1. */
struct check check_flag(uint16_t quality, unsigned flag);

/* ---- the table ---- */

enum rule {
	RULE_RANGE,
	RULE_GAP,
	RULE_DUP,
	RULE_TIME,
	RULE_NEG,
	RULE_CAP,
	RULE_SPIKE,
	RULE_HL,
	RULE_ZERO,
	RULE_NOZERO,
	RULE_FLAT,
	RULE_ROC,
	RULE_SUM,
	RULE_Q,
	RULE_MB,
	RULE_DT,
	RULE_EVT,
	RULE_PAIR,
	RULE_OCC,
	RULE_FUT,
	RULE_COUNT
};

/* Where a rule is enforced. */
enum rule_where {
	RULE_HERE,     /* by the validation, behind the archive */
	RULE_AT_ENTRY, /* refused or decided when the value comes in; nothing is left to doubt */
	RULE_BY_FLAG,  /* found where the value is formed; the validation takes its flag */
};

#define RULE_PARAMS 4

struct rule_info {
	const char *id;   /* "V-SPIKE" */
	const char *code; /* "spike": in the codes of figures */
	const char *title, *title_ru;
	const char *look, *look_ru; /* what it looks at and when it fails */
	unsigned kinds;             /* of quantities, 1u << enum quantity_kind */
	enum period period;         /* of the value that is marked */
	enum rule_where where;
	const char *params[RULE_PARAMS]; /* names of its limits; NULL behind the last */
};

const struct rule_info *rule_info(enum rule r);
bool rule_from_id(const char *id, enum rule *ret_rule); /* "V-SPIKE" */

/* Level of a rule: what a failed check means. */
enum rule_level {
	LEVEL_OFF,
	LEVEL_WARN,
	LEVEL_FAIL,
};

/* Where and when a limit is asked for. */
struct rule_at {
	const struct figures *figures;
	int64_t place;
	enum quantity quantity;
	int date;
};
/* validation.<code>.<name>[.<quantity>]; NaN: none. */
double rule_param(const struct rule_at *at, enum rule r, const char *name);
enum rule_level rule_level(const struct rule_at *at, enum rule r);
/* figures by quantity: <code>[.<quantity>], the longest name first, cut at its '_'. */
double figure_of_quantity(
	const struct figures *f, int64_t place, const char *code, enum quantity quantity, int date);

#endif
