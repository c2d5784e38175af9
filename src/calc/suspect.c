/*
 * suspect.c - regression of the imbalance on meters, and hints; see suspect.h
 */
#include "calc/suspect.h"

#include <math.h>

#define PAIR_MOST 24 /* the meters of highest R² are tried in pairs: all pairs would be quadratic */
/* What a pair explains must leave less than half of what the next one leaves. */
#define PAIR_LEFT 0.5

const struct suspect_rule suspect_rule_default = {
	.min_days = 14,
	.min_r2 = 0.7,
	.runner_up = 0.5,
	.ratio_percent = 8,
	.zero_days = 14,
	.jump = 2,
	.cold_hot_min = 1,
	.cold_hot_max = 3,
};

const char *suspect_state_name(enum suspect_state s)
{
	static const char *const names[SUSPECT_STATE_COUNT] = {"too_short", "none", "one", "pair"};
	return names[s];
}

static const struct {
	const char *name;
	double weight;
} evidences[EVIDENCE_COUNT] = {
	[EVIDENCE_FIT] = {"fit", 10},
	[EVIDENCE_PAIR] = {"pair", 6},
	[EVIDENCE_RATIO] = {"ratio", 2},
	[EVIDENCE_ZERO] = {"zero", 3},
	[EVIDENCE_JUMP] = {"jump", 2},
	[EVIDENCE_COLD_HOT] = {"cold_hot", 1},
	[EVIDENCE_SWAPPED] = {"swapped", 1.5},
	[EVIDENCE_OTHER_NODE] = {"other_node", 8},
};

const char *suspect_evidence_name(enum suspect_evidence e)
{
	return evidences[e].name;
}

double suspect_weight(enum suspect_evidence e)
{
	return evidences[e].weight;
}

/* ---- regression ---- */

/* Which way the meters are off: +1 too little is counted, -1 too much, 0 nothing known. */
static int direction_of(const struct suspect_days *in, size_t *ret_known)
{
	double sum = 0;
	*ret_known = 0;
	for (size_t d = 0; d < in->days; d++) {
		if (!isnan(in->imbalance[d])) {
			sum += in->imbalance[d];
			(*ret_known)++;
		}
	}
	return (sum > 0) - (sum < 0);
}

/* A slope of -1 or below would make the meter's true amount nothing or negative. */
static bool is_possible(double slope, int direction)
{
	return direction > 0 ? slope > 0 : direction < 0 && slope < 0 && slope > -1;
}

static const double *amounts_of(const struct suspect_days *in, size_t meter)
{
	return in->amounts + meter * in->days;
}

static bool is_candidate(const struct stat_line *f, int direction, size_t min_days)
{
	return f->n >= min_days && !isnan(f->r2) && is_possible(f->slope, direction);
}

/* Meters of highest R² first, whatever their sign; at most PAIR_MOST. */
struct ranking {
	size_t meters[PAIR_MOST];
	double r2[PAIR_MOST];
	size_t n;
};

static void ranking_put(struct ranking *r, size_t meter, double r2)
{
	size_t at = r->n;
	while (at > 0 && r->r2[at - 1] < r2) {
		at--;
	}
	if (at >= PAIR_MOST) {
		return;
	}
	size_t last = r->n < PAIR_MOST ? r->n++ : PAIR_MOST - 1;
	for (size_t i = last; i > at; i--) {
		r->meters[i] = r->meters[i - 1];
		r->r2[i] = r->r2[i - 1];
	}
	r->meters[at] = meter;
	r->r2[at] = r2;
}

static void set_location(struct suspect_location *l, enum suspect_state state, const size_t *meters,
	const double *slopes, size_t n)
{
	l->state = state;
	for (size_t i = 0; i < n; i++) {
		l->meters[i] = meters[i];
		l->slopes[i] = slopes[i];
		l->factors[i] = 1 + slopes[i];
	}
}

static void try_pairs(const struct suspect_days *in, const struct suspect_rule *rule,
	const struct ranking *r, int direction, struct suspect_location *ret)
{
	struct stat_plane best = {.r2 = -1};
	size_t pair[2] = {0, 0};
	double next = 0;
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = i + 1; k < r->n; k++) {
			size_t p = r->meters[i];
			size_t q = r->meters[k];
			struct stat_plane f = stat_fit_plane(
				amounts_of(in, p), amounts_of(in, q), in->imbalance, in->days);
			bool is_fine = f.n >= 2 * rule->min_days && !isnan(f.r2) &&
				       is_possible(f.slope[0], direction) &&
				       is_possible(f.slope[1], direction);
			if (is_fine && f.r2 > best.r2) {
				next = fmax(next, best.r2);
				best = f;
				pair[0] = p;
				pair[1] = q;
			} else if (is_fine) {
				next = fmax(next, f.r2);
			}
		}
	}
	if (best.r2 >= rule->min_r2 && 1 - best.r2 < PAIR_LEFT * (1 - next)) {
		set_location(ret, SUSPECT_PAIR, pair, best.slope, 2);
		ret->r2 = best.r2;
		ret->runner_up = next;
		ret->leak = best.intercept;
		ret->days = best.n;
	}
}

void suspect_locate(const struct suspect_days *in, const struct suspect_rule *rule,
	struct stat_line *ret_fits, struct suspect_location *ret)
{
	size_t known;
	int direction = direction_of(in, &known);
	struct ranking all = {.n = 0};
	struct stat_line best = {.r2 = -1};
	size_t best_meter = 0;
	double next = NAN;
	*ret = (struct suspect_location){
		.state = SUSPECT_NONE, .leak = NAN, .r2 = NAN, .runner_up = NAN, .days = known};
	for (size_t j = 0; j < in->meters; j++) {
		struct stat_line f = stat_fit_line(amounts_of(in, j), in->imbalance, in->days);
		if (ret_fits) {
			ret_fits[j] = f;
		}
		if (f.n >= rule->min_days && !isnan(f.r2)) {
			ranking_put(&all, j, f.r2);
		}
		if (!is_candidate(&f, direction, rule->min_days)) {
			continue;
		}
		if (f.r2 > best.r2) {
			next = best.r2 < 0 ? next : fmax(next, best.r2);
			best = f;
			best_meter = j;
		} else {
			next = fmax(next, f.r2);
		}
	}
	if (known < rule->min_days) {
		ret->state = SUSPECT_TOO_SHORT;
		return;
	}
	ret->r2 = best.r2 < 0 ? NAN : best.r2;
	ret->runner_up = next;
	if (best.r2 >= rule->min_r2 && !(next >= rule->runner_up * best.r2)) {
		set_location(ret, SUSPECT_ONE, &best_meter, &best.slope, 1);
		ret->leak = best.intercept;
		ret->days = best.n;
		return;
	}
	try_pairs(in, rule, &all, direction, ret);
}

/* ---- evidence ---- */

double suspect_ratio(double factor, const struct suspect_rule *rule)
{
	static const double ratios[] = {2, 2.5, 4, 5, 10, 20, 40, 60, 100, 1000};
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		if (fabs(factor / ratios[i] - 1) * 100 <= rule->ratio_percent) {
			return ratios[i];
		}
		if (fabs(factor * ratios[i] - 1) * 100 <= rule->ratio_percent) {
			return 1 / ratios[i];
		}
	}
	return NAN;
}

bool suspect_zero(
	const double *days, size_t n, const struct suspect_rule *rule, struct suspect_finding *ret)
{
	size_t zero = 0;
	size_t i = n;
	for (; i > 0 && !(days[i - 1] > 0); i--) {
		zero += days[i - 1] == 0; /* unknown days are no days without flow */
	}
	*ret = (struct suspect_finding){EVIDENCE_ZERO, (double)zero, (double)i};
	return zero >= rule->zero_days;
}

bool suspect_jump(const double *days, const double *house, size_t n,
	const struct suspect_rule *rule, struct suspect_finding *ret)
{
	double own[2] = {0, 0};
	double all[2] = {0, 0};
	size_t known[2] = {0, 0};
	for (size_t i = 0; i < n; i++) {
		size_t half = i >= n / 2;
		if (!isnan(days[i]) && !isnan(house[i])) {
			own[half] += days[i];
			all[half] += house[i];
			known[half]++;
		}
	}
	bool is_known = known[0] >= rule->min_days && known[1] >= rule->min_days && all[0] > 0 &&
			all[1] > 0 && own[0] > 0;
	double before = is_known ? own[0] / all[0] : NAN;
	double after = is_known ? own[1] / all[1] : NAN;
	*ret = (struct suspect_finding){EVIDENCE_JUMP, 100 * before, 100 * after};
	return is_known && (after > before * rule->jump || after < before / rule->jump);
}

bool suspect_cold_hot(
	double cold, double hot, const struct suspect_rule *rule, struct suspect_finding *ret)
{
	double ratio = hot > 0 ? cold / hot : NAN;
	bool is_swapped = ratio < rule->cold_hot_min && ratio > 1 / rule->cold_hot_max;
	*ret = (struct suspect_finding){
		is_swapped ? EVIDENCE_SWAPPED : EVIDENCE_COLD_HOT, ratio, NAN};
	return ratio < rule->cold_hot_min || ratio > rule->cold_hot_max;
}

bool suspect_other_node(const double *days, const double *imbalance, size_t n,
	const struct suspect_rule *rule, struct suspect_finding *ret)
{
	static const double one_to_one = 0.25;
	struct stat_line f = stat_fit_line(days, imbalance, n);
	*ret = (struct suspect_finding){EVIDENCE_OTHER_NODE, f.r2, f.slope};
	return f.n >= rule->min_days && f.r2 >= rule->min_r2 && fabs(f.slope - 1) <= one_to_one;
}
