/*
 * balance.c - sums with completeness and uncertainty, and what they say; see balance.h
 */
#include "calc/balance.h"

#include "calc/stat.h"

#include <math.h>

const struct balance_rule balance_rule_default = {
	.k = 2, .missing_factor = 2, .interpolated_s = 7200, .estimated_s = 86400};
const struct balance_normal balance_normal_default = {.share = 0.1, .days = 60, .min_days = 10};

const char *balance_part_name(enum balance_part p)
{
	static const char *const names[BALANCE_PART_COUNT] = {"input", "flats", "common", "norm"};
	return names[p];
}

const char *balance_verdict_name(enum balance_verdict v)
{
	static const char *const names[BALANCE_VERDICT_COUNT] = {
		"ok", "loss", "excess", "unclear", "no_input", "nothing"};
	return names[v];
}

/* ---- permissible errors ---- */

struct en1434_mpe mpe_en1434(
	const struct en1434_class *c, double qp, double q, double dt, double dt_min)
{
	struct en1434_mpe e = {
		.flow = fmin(c->flow_base + c->flow_slope * qp / q, c->flow_max),
		.calculator = c->calculator_base + c->calculator_slope * dt_min / dt,
		.sensors = c->sensors_base + c->sensors_slope * dt_min / dt,
	};
	e.sum = e.flow + e.calculator + e.sensors;
	return e;
}

static double square(double x)
{
	return x * x;
}

/* Variance of a uniform error within `percent` of `value`. */
static double uniform_variance(double value, double percent)
{
	return square(value * percent / 100) / 3;
}

/* ---- terms and sums ---- */

/* How far the ends of a value may be from the ends of the interval. */
static int64_t looseness(uint16_t quality, const struct balance_rule *rule)
{
	switch (quality_class(quality)) {
	case QUALITY_INTERPOLATED: return rule->interpolated_s;
	case QUALITY_ESTIMATED:
	case QUALITY_EDITED: return rule->estimated_s;
	default: return 0;
	}
}

void balance_amount_add(struct balance_amount *a, struct form_value v)
{
	enum quality_class of = isnan(v.value) ? QUALITY_MISSING : quality_class(v.quality);
	a->expected++;
	a->suspect += of == QUALITY_SUSPECT;
	if (of >= QUALITY_SUSPECT) {
		return;
	}
	a->v.value = a->present > 0 ? a->v.value + v.value : v.value;
	a->v.quality = a->present > 0 ? quality_worst(a->v.quality, v.quality) : v.quality;
	a->present++;
	a->partial += of == QUALITY_PARTIAL;
}

void balance_add_amount(struct balance_sum *s, const struct balance_amount *a, double mpe_percent,
	double resolution, int64_t seconds, const struct balance_rule *rule)
{
	balance_add_missing(s, a->expected);
	s->suspect += a->suspect;
	if (a->present == 0) {
		return;
	}
	double value = a->v.value;
	int64_t loose = looseness(a->v.quality, rule);
	s->value = s->present > 0 ? s->value + value : value;
	s->quality = s->present > 0 ? quality_worst(s->quality, a->v.quality) : a->v.quality;
	s->present += a->present;
	s->partial += a->partial;
	if (isnan(mpe_percent)) {
		s->no_mpe += a->present;
	} else {
		s->variance += uniform_variance(value, mpe_percent);
	}
	s->variance += square(resolution) / 6;
	if (loose > 0 && seconds > 0) {
		s->loose += a->present;
		s->skew += fabs(value) * fmin(1, (double)loose / (double)seconds);
	}
}

void balance_add(struct balance_sum *s, const struct balance_term *t, int64_t seconds,
	const struct balance_rule *rule)
{
	struct balance_amount a = {0};
	balance_amount_add(&a, t->v);
	balance_add_amount(s, &a, t->mpe_percent, t->resolution, seconds, rule);
}

void balance_add_missing(struct balance_sum *s, size_t n)
{
	if (s->present == 0) {
		s->value = NAN;
	}
	s->expected += n;
}

void balance_merge(struct balance_sum *into, const struct balance_sum *part)
{
	if (part->present > 0) {
		into->quality = into->present > 0 ? quality_worst(into->quality, part->quality) :
						    part->quality;
		into->value = into->present > 0 ? into->value + part->value : part->value;
	} else if (into->present == 0) {
		into->value = NAN;
	}
	into->expected += part->expected;
	into->present += part->present;
	into->partial += part->partial;
	into->suspect += part->suspect;
	into->loose += part->loose;
	into->no_mpe += part->no_mpe;
	into->skew += part->skew;
	into->variance += part->variance;
}

void balance_merge_all(struct balance *into, const struct balance *part)
{
	for (int p = 0; p < BALANCE_PART_COUNT; p++) {
		balance_merge(&into->parts[p], &part->parts[p]);
	}
}

double balance_completeness(const struct balance_sum *s)
{
	return s->expected > 0 ? (double)s->present / (double)s->expected : NAN;
}

struct form_value balance_value(const struct balance_sum *s)
{
	if (s->present == 0) {
		return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	}
	bool has_hole = s->present < s->expected || s->partial > 0;
	enum quality_class of = has_hole ? QUALITY_PARTIAL : quality_class(s->quality);
	return (struct form_value){
		s->value, quality_make(of, quality_source(s->quality), quality_flags(s->quality))};
}

/* ---- the balance of one interval ---- */

static struct balance_sum outgoing_of(const struct balance *b)
{
	struct balance_sum out = {.value = NAN};
	balance_merge(&out, &b->parts[BALANCE_FLATS]);
	balance_merge(&out, &b->parts[BALANCE_COMMON]);
	balance_merge(&out, &b->parts[BALANCE_NORM]);
	return out;
}

static bool is_whole(const struct balance_sum *s)
{
	return s->present == s->expected && s->partial == 0;
}

/* What is missing may be as much again as `missing_factor` times the mean of what is there. */
static double missing_bound(const struct balance_sum *out, const struct balance_rule *rule)
{
	size_t n = out->expected - out->present + out->partial;
	if (n == 0) {
		return 0;
	}
	return out->present > 0 ?
		       rule->missing_factor * (double)n * fabs(out->value) / (double)out->present :
		       NAN;
}

static enum balance_verdict verdict_of(const struct balance *b, const struct balance_sum *out,
	const struct balance_result *r, double low, double high)
{
	const struct balance_sum *in = &b->parts[BALANCE_INPUT];
	if (in->present == 0) {
		return BALANCE_NO_INPUT;
	}
	if (out->expected == 0) {
		return BALANCE_NOTHING;
	}
	if (!is_whole(in) || out->present == 0) {
		return BALANCE_UNCLEAR;
	}
	double from = r->imbalance - r->missing - r->skew;
	double till = r->imbalance + r->skew;
	if (from > high + r->limit) {
		return BALANCE_LOSS;
	}
	if (till < low - r->limit) {
		return BALANCE_EXCESS;
	}
	/* a range that reaches beyond the limit proves nothing; one inside does */
	return from >= low - r->limit && till <= high + r->limit ? BALANCE_OK : BALANCE_UNCLEAR;
}

static struct balance_result judge(
	const struct balance *b, double low, double high, const struct balance_rule *rule)
{
	const struct balance_sum *in = &b->parts[BALANCE_INPUT];
	struct balance_sum out = outgoing_of(b);
	struct balance_sum all = out;
	balance_merge(&all, in);
	struct balance_result r = {
		.outgoing = out.present > 0 ? out.value : NAN,
		.imbalance = in->present > 0 && out.present > 0 ? in->value - out.value : NAN,
		.u = sqrt(all.variance),
		.skew = all.skew,
		.missing = missing_bound(&out, rule),
		.completeness = balance_completeness(&all),
		.loose_share = all.present > 0 ? (double)all.loose / (double)all.present : NAN,
	};
	r.limit = rule->k * r.u;
	r.percent = in->present > 0 && in->value > 0 ? 100 * r.imbalance / in->value : NAN;
	r.verdict = verdict_of(b, &out, &r, low, high);
	return r;
}

struct balance_result balance_result(
	const struct balance *b, double expected, const struct balance_rule *rule)
{
	double normal = isnan(expected) ? 0 : expected;
	return judge(b, normal, normal, rule);
}

struct balance_result balance_result_learned(
	const struct balance *b, double learned, const struct balance_rule *rule)
{
	return judge(b, 0, isnan(learned) ? 0 : learned, rule);
}

/* ---- what is normal ---- */

double balance_expected(const double *days, size_t n, const struct balance_normal *normal)
{
	double sorted[BALANCE_NORMAL_DAYS];
	size_t most = normal->days < BALANCE_NORMAL_DAYS ? normal->days : BALANCE_NORMAL_DAYS;
	size_t take = n < most ? n : most;
	for (size_t i = 0; i < take; i++) {
		sorted[i] = days[n - take + i];
	}
	size_t known = stat_sort(sorted, take);
	if (known == 0 || known < normal->min_days) {
		return NAN;
	}
	return fmax(0, stat_quantile(sorted, known, normal->share));
}

size_t balance_streak(
	const enum balance_verdict *verdicts, size_t n, enum balance_verdict *ret_verdict)
{
	enum balance_verdict last = BALANCE_UNCLEAR;
	size_t streak = 0;
	for (size_t i = n; i-- > 0;) {
		if (!balance_is_out(verdicts[i]) && verdicts[i] != BALANCE_OK) {
			continue;
		}
		if (streak == 0) {
			last = verdicts[i];
		}
		if (verdicts[i] != last || last == BALANCE_OK) {
			break;
		}
		streak++;
	}
	*ret_verdict = last;
	return streak;
}

/* ---- closed heating system ---- */

struct closed_balance closed_balance(
	double supply, double back, double mpe_supply_percent, double mpe_back_percent, double k)
{
	double e1 = supply * mpe_supply_percent / 100;
	double e2 = back * mpe_back_percent / 100;
	struct closed_balance c = {
		.difference = supply - back,
		.percent = supply > 0 ? 100 * (supply - back) / supply : NAN,
		.limit = k * sqrt(square(e1) + square(e2)) / sqrt(3),
		.limit_worst = fabs(e1) + fabs(e2),
	};
	c.is_leak = c.difference > c.limit;
	return c;
}
