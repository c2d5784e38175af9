/*
 * zones_meter.c - the tariffs of the meter beside the zones of our own calendar; see zones_meter.h
 */
#include "calc/zones_meter.h"

#include "calc/rollup_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AMOUNT ".amount"

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

static bool is_known(const struct archive_value *v)
{
	return !isnan(v->value) && quality_class(v->quality) < QUALITY_SUSPECT;
}

static const struct binding *binding_over(const struct site *s, int64_t channel, struct span span)
{
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		if (b->channel == channel && b->from_utc <= span.from && b->till_utc >= span.till) {
			return b;
		}
	}
	return NULL;
}

/* Registers "active_energy.t1" .. of the meter, `suffix` "" or ".amount". */
static size_t find_tariffs(const struct site *s, const struct meter_register *of,
	const char *suffix, const struct meter_register *ret[ZONES_TARIFFS])
{
	size_t found = 0;
	size_t n = strlen(of->key);
	if (n > strlen(AMOUNT) && strcmp(of->key + n - strlen(AMOUNT), AMOUNT) == 0) {
		n -= strlen(AMOUNT);
	}
	for (int i = 0; i < ZONES_TARIFFS; i++) {
		char key[REGISTER_KEY_CAP + 16];
		(void)snprintf(key, sizeof(key), "%.*s.t%d%s", (int)n, of->key, i + 1, suffix);
		ret[i] = site_register(s, of->meter, key);
		found += ret[i] != NULL;
	}
	return found;
}

/* The best known value at one start of all tariffs at once, out of the archives of `periods`. */
static enum err best_at(struct store *store, const struct meter_register *const regs[ZONES_TARIFFS],
	const enum period *periods, size_t period_n, int64_t start,
	struct archive_value ret[ZONES_TARIFFS])
{
	int64_t series[ZONES_TARIFFS];
	size_t at[ZONES_TARIFFS], n = 0;
	for (size_t i = 0; i < ZONES_TARIFFS; i++) {
		ret[i] = (struct archive_value){.start = start, .value = NAN};
		if (regs[i]) {
			at[n] = i;
			series[n++] = regs[i]->id;
		}
	}
	for (size_t p = 0; p < period_n; p++) {
		struct archive_value items[ZONES_TARIFFS];
		enum err e = archive_at(store, series, n, periods[p], start, items);
		for (size_t i = 0; i < n && !e; i++) {
			struct archive_value *have = &ret[at[i]];
			bool is_better = !is_known(have) ||
					 quality_replaces(items[i].quality, have->quality);
			*have = is_known(&items[i]) && is_better ? items[i] : *have;
		}
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static double in_channel(const struct channel *c, const struct meter_register *r,
	const struct binding *b, double value)
{
	double v = value;
	if (unit_convert(value, r->unit, c->unit, &v) != ERR_OK) {
		v = value;
	}
	return v * b->multiplier;
}

static struct form_value counted(const struct meter_register *r, const struct archive_value *from,
	const struct archive_value *till)
{
	struct register_limits limits = view_limits(r);
	if (!is_known(from) || !is_known(till)) {
		return missing();
	}
	struct delta d = register_delta(
		&limits, from->value, till->value, till->start - from->start);
	bool is_sure = d.status == DELTA_OK || d.status == DELTA_NOISE_ZERO ||
		       d.status == DELTA_ROLLOVER;
	return is_sure ?
		       (struct form_value){d.amount, quality_worst(from->quality, till->quality)} :
		       missing();
}

static void keep(struct zones_tariffs *t, int i, const struct channel *c,
	const struct meter_register *r, const struct binding *b, struct form_value v)
{
	double step = r->decimals >= 0 ? in_channel(c, r, b, pow(10, -(double)r->decimals)) : 0;
	t->is_there[i] = true;
	t->v[i] = v;
	if (!isnan(v.value)) {
		t->v[i].value = in_channel(c, r, b, v.value);
	}
	t->step = step > t->step ? step : t->step;
}

enum err zones_tariffs_read(struct store *store, const struct site *s, const struct channel *c,
	struct span span, struct zones_tariffs *ret)
{
	static const enum period readings[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	static const enum period months[] = {PERIOD_MONTH};
	const struct binding *b = binding_over(s, c->id, span);
	const struct meter_register *of = b ? site_find(s, OBJECT_REGISTER, b->meter_register) :
					      NULL;
	const struct meter_register *points[ZONES_TARIFFS], *amounts[ZONES_TARIFFS];
	struct archive_value from[ZONES_TARIFFS], till[ZONES_TARIFFS], amount[ZONES_TARIFFS];
	if (!of || find_tariffs(s, of, "", points) + find_tariffs(s, of, AMOUNT, amounts) == 0) {
		return ERR_NODATA;
	}
	const struct meter *m = site_find(s, OBJECT_METER, of->meter);
	struct calendar own = site_meter_calendar(s, m);
	struct span month = period_of(&own, PERIOD_MONTH, span.from);
	bool is_month = month.from == span.from && month.till == span.till;
	enum err e = best_at(store, points, readings, 3, span.from, from);
	e = e ? e : best_at(store, points, readings, 3, span.till, till);
	e = e ? e : best_at(store, amounts, months, is_month ? 1 : 0, span.from, amount);
	if (e) {
		return e;
	}
	*ret = (struct zones_tariffs){0};
	for (int i = 0; i < ZONES_TARIFFS; i++) {
		struct form_value v = points[i] ? counted(points[i], &from[i], &till[i]) :
						  missing();
		const struct meter_register *r = points[i] ? points[i] : amounts[i];
		if (isnan(v.value) && amounts[i] && is_known(&amount[i])) {
			v = (struct form_value){amount[i].value, amount[i].quality};
			r = amounts[i];
		}
		ret->v[i] = missing();
		if (r) {
			keep(ret, i, c, r, b, v);
		}
	}
	return ERR_OK;
}

/* The meter counts in a tariff that no zone names, or in one zone's tariff nothing at all. */
static bool is_other_schedule(
	const struct zones_calendar *c, const struct zones_period *p, const struct zones_tariffs *t)
{
	bool is_named[ZONES_TARIFFS] = {false}, is_other = false;
	for (unsigned i = 0; i < c->zones_count; i++) {
		unsigned tariff = c->zones[i].tariff;
		if (tariff < 1 || tariff > ZONES_TARIFFS) {
			continue;
		}
		is_named[tariff - 1] = true;
		bool is_empty = !t->is_there[tariff - 1] || t->v[tariff - 1].value == 0;
		is_other |= is_empty && p->zones[i].v.value > 0;
	}
	for (int i = 0; i < ZONES_TARIFFS; i++) {
		is_other |= !is_named[i] && t->is_there[i] && t->v[i].value > 0;
	}
	return is_other;
}

struct zones_check zones_compare(
	const struct zones_calendar *c, const struct zones_period *p, const struct zones_tariffs *t)
{
	struct zones_check check = {.is_other_schedule = is_other_schedule(c, p, t)};
	for (unsigned i = 0; i < ZONES_MAX; i++) {
		const struct zones_sum *zone = &p->zones[i];
		unsigned tariff = i < c->zones_count ? c->zones[i].tariff : 0;
		bool has_tariff = tariff >= 1 && tariff <= ZONES_TARIFFS;
		check.meter[i] = has_tariff ? t->v[tariff - 1].value : NAN;
		check.difference[i] = NAN;
		bool is_whole = zone->expected_s > 0 && zone->present_s == zone->expected_s &&
				quality_class(zone->v.quality) < QUALITY_PARTIAL;
		if (check.is_other_schedule || !is_whole || !(check.meter[i] > 0)) {
			continue;
		}
		double off = zone->v.value - check.meter[i];
		check.difference[i] = off / check.meter[i] * 100;
		/* two readings, each known to a step */
		check.is_hint |= fabs(check.difference[i]) > ZONES_HINT_PERCENT &&
				 fabs(off) > 2 * t->step;
	}
	return check;
}
