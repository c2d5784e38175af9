/*
 * leak.c - night flow, pauses, bursts, reverse flow; see leak.h
 */
#include "calc/leak.h"

#include "calc/stat.h"

#include <math.h>

const struct leak_flat_rule leak_flat_rule_default = {
	.zero_m3 = 0, .day_h = 24, .drip_m3_h = 0.003, .toilet_m3_h = 0.06};
const struct leak_burst_rule leak_burst_rule_default = {
	.learned_factor = 1.5, .learned_s = 600, .flat_m3_h = 1.8, .flat_s = 1200};
const struct leak_reverse_rule leak_reverse_rule_default = {.percent = 0.5, .m3_per_day = 0.001};

const char *leak_where_name(enum leak_where w)
{
	static const char *const names[LEAK_WHERE_COUNT] = {
		"unknown", "none", "pipes", "flats", "both"};
	return names[w];
}

const char *leak_kind_name(enum leak_kind k)
{
	static const char *const names[LEAK_KIND_COUNT] = {
		"unknown", "none", "drip", "toilet", "flow"};
	return names[k];
}

/* ---- the house at night ---- */

double leak_night_minimum(const double *hours, size_t n)
{
	double least = n > 0 ? hours[0] : NAN;
	for (size_t i = 0; i < n; i++) {
		if (isnan(hours[i])) {
			return NAN; /* the least might be the one that is not known */
		}
		least = fmin(least, hours[i]);
	}
	return least;
}

struct leak_night leak_night(
	double *minima, size_t n, size_t min_nights, double residents, double litres_per_resident)
{
	struct leak_night r = {.legitimate = residents * litres_per_resident / 1000};
	r.nights = stat_sort(minima, n);
	r.minimum = r.nights >= min_nights ? stat_quantile(minima, r.nights, 0.5) : NAN;
	double over = r.minimum - r.legitimate;
	r.leak = isnan(over) || over > 0 ? over : 0;
	r.month = r.leak * LEAK_MONTH_H;
	return r;
}

enum leak_where leak_locate(const struct leak_night *night, double imbalance, double limit)
{
	if (night->leak <= 0) {
		return LEAK_NONE;
	}
	if (isnan(night->leak) || isnan(imbalance) || isnan(limit)) {
		return LEAK_UNKNOWN;
	}
	bool is_pipes = imbalance > limit;
	/* what is left of the leak when the pipes' part is taken away, beyond doubt */
	bool is_flats = night->leak - fmax(imbalance, 0) > limit;
	return is_pipes && is_flats ? LEAK_BOTH :
	       is_pipes             ? LEAK_PIPES :
	       is_flats             ? LEAK_FLATS :
				      LEAK_UNKNOWN;
}

/* ---- a flat ---- */

/* The flow that still runs at the end: hours back to the last pause, and the least of them. */
static void take_running(
	const double *hours, size_t n, const struct leak_flat_rule *rule, struct leak_flat *f)
{
	size_t unknown = 0;
	for (size_t i = n; i-- > 0;) {
		if (isnan(hours[i])) {
			unknown++;
			if (unknown >= (size_t)rule->day_h) {
				return; /* who knows what happened in a whole day */
			}
			continue;
		}
		unknown = 0;
		if (hours[i] <= rule->zero_m3) {
			return;
		}
		f->running++;
		f->least = isnan(f->least) ? hours[i] : fmin(f->least, hours[i]);
	}
}

static enum leak_kind kind_of(
	const struct leak_flat *f, bool is_hot, const struct leak_flat_rule *rule)
{
	if (f->running < (size_t)rule->day_h) {
		return f->known < (size_t)rule->day_h ? LEAK_FLAT_UNKNOWN : LEAK_FLAT_NONE;
	}
	if (f->least <= rule->drip_m3_h) {
		return LEAK_FLAT_DRIP;
	}
	return !is_hot && f->least <= rule->toilet_m3_h ? LEAK_FLAT_TOILET : LEAK_FLAT_FLOW;
}

struct leak_flat leak_flat(
	const double *hours, size_t n, bool is_hot, const struct leak_flat_rule *rule)
{
	struct leak_flat f = {.least = NAN, .volume = NAN, .month = NAN};
	size_t pause = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(hours[i])) {
			continue;
		}
		f.known++;
		pause = hours[i] <= rule->zero_m3 ? pause + 1 : 0;
		f.longest_pause = pause > f.longest_pause ? pause : f.longest_pause;
	}
	take_running(hours, n, rule, &f);
	f.kind = kind_of(&f, is_hot, rule);
	if (f.kind > LEAK_FLAT_NONE) {
		f.volume = f.least * (double)f.running;
		f.month = f.least * LEAK_MONTH_H;
	}
	return f;
}

/* ---- bursts ---- */

/* Start of the first run above `limit` that lasts `for_s`; n: none. */
static size_t first_run(const double *flows, size_t n, int step_s, double limit, int for_s)
{
	size_t need = (size_t)((for_s + step_s - 1) / step_s);
	size_t run = 0;
	for (size_t i = 0; i < n; i++) {
		run = flows[i] > limit ? run + 1 : 0;
		if (run >= need) {
			return i + 1 - run;
		}
	}
	return n;
}

size_t leak_burst(const double *flows, size_t n, int step_s, double learned, bool in_flat,
	const struct leak_burst_rule *rule)
{
	size_t a = isnan(learned) ? n :
				    first_run(flows, n, step_s, learned * rule->learned_factor,
					    rule->learned_s);
	size_t b = in_flat ? first_run(flows, n, step_s, rule->flat_m3_h, rule->flat_s) : n;
	return a < b ? a : b;
}

/* ---- reverse flow ---- */

struct leak_reverse leak_reverse(
	double forward, double reverse, double days, const struct leak_reverse_rule *rule)
{
	struct leak_reverse r = {
		.net = forward - reverse,
		.percent = forward > 0 ? 100 * reverse / forward : NAN,
	};
	bool is_much = reverse > forward * rule->percent / 100;
	r.is_flagged = is_much || (days > 0 && reverse > rule->m3_per_day * days);
	return r;
}
