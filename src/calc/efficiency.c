/*
 * efficiency.c - months, years and forecasts of a building; see efficiency.h
 */
#include "calc/efficiency.h"

#include "calc/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_DAYS        365
#define LAST_DAYS        7
#define YEAR_LEAST_SHARE 0.2 /* of the norm's degree days: with less a year cannot be told */

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

/* ---- graph ---- */

static bool is_graph(const struct figure *f, const char *name)
{
	size_t prefix = strlen(GRAPH_PREFIX);
	return strncmp(f->code, GRAPH_PREFIX, prefix) == 0 && f->text[0] &&
	       (!name || strcmp(f->code + prefix, name) == 0);
}

static const struct figure *find_graph(
	const struct figures *f, int64_t building, int date, const char *name)
{
	for (size_t i = 0; i < figures_count(f); i++) {
		const struct figure *item = figures_item(f, i);
		const struct figure *found = is_graph(item, name) ?
						     figure_at(f, building, item->code, date) :
						     NULL;
		if (found && found->text[0]) {
			return found;
		}
	}
	return NULL;
}

static struct heating_curve curve_of(const struct figures *f, int64_t building, int date)
{
	struct heating_curve c = {
		.indoor = figure_number(f, building, "heating_curve.indoor", date),
		.design = figure_number(f, building, "building.design_outdoor_temperature", date),
		.supply = figure_number(f, building, "heating_curve.supply", date),
		.house = figure_number(f, building, "heating_curve.house", date),
		.ret = figure_number(f, building, "heating_curve.return", date),
		.radiator = figure_number(f, building, "heating_curve.radiator_exponent", date),
		.least = figure_number(f, building, "heating_curve.break", date),
		.most = figure_number(f, building, "heating_curve.cut", date),
	};
	c.house = isnan(c.house) ? c.supply : c.house;
	return c;
}

enum err building_graph(const struct figures *f, int64_t building, int date, const char *name,
	struct graph *ret_graph, struct diag *diag)
{
	struct graph g = {
		.table = find_graph(f, building, date, name),
		.curve = curve_of(f, building, date),
		.supply_percent = figure_number(
			f, building, "temperature_graph.limit.supply_percent", date),
		.return_percent = figure_number(
			f, building, "temperature_graph.limit.return_percent", date),
	};
	if (!g.table && (name || isnan(curve_at(&g.curve, 0).ret + curve_at(&g.curve, 0).supply))) {
		return err_set(diag, ERR_NODATA, "no temperature graph is entered%s%s",
			name ? ": " : "", name ? name : "");
	}
	enum err e = g.table ? graph_check(g.table, diag) : ERR_OK;
	if (!e) {
		*ret_graph = g;
	}
	return e;
}

double building_graph_limit(const struct figures *f, int64_t building, int date)
{
	return figure_number(f, building, "temperature_graph.limit.warmest_day", date);
}

/* ---- signature ---- */

struct signature_plan building_signature_plan(const struct figures *f, int64_t building, int date)
{
	double days = figure_number(f, building, "signature.least_days", date);
	return (struct signature_plan){
		.from = figure_number(f, building, "signature.balance_from", date),
		.till = figure_number(f, building, "signature.balance_till", date),
		.step = figure_number(f, building, "signature.balance_step", date),
		.least_days = days > 0 ? (size_t)days : 0,
		.least_range_k = figure_number(f, building, "signature.least_range", date),
	};
}

void building_signature_days(const struct building_days *d, struct signature_day *ret_days)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct building_day *x = &d->items[i];
		/* the outdoor temperature is as good as it is: a fitted line forgives tenths */
		ret_days[i] = (struct signature_day){
			is_usable(x->outdoor) ? x->outdoor.value : (double)NAN, x->heat.value,
			x->heat.quality};
	}
}

/* ---- months ---- */

static void take_day(struct efficiency *e, const struct building_day *day, double *both_heat,
	double *both_days, const struct degree_days_rule *gsop)
{
	e->expected++;
	if (is_usable(day->heat)) {
		e->heat.value = (e->heat_days ? e->heat.value : 0) + day->heat.value;
		e->heat.quality = e->heat_days ? quality_worst(e->heat.quality, day->heat.quality) :
						 day->heat.quality;
		e->heat_days++;
	}
	if (is_usable(day->outdoor)) {
		e->outdoor.value = (e->outdoor_days ? e->outdoor.value : 0) + day->outdoor.value;
		e->outdoor.quality = e->outdoor_days ? quality_worst(e->outdoor.quality,
							       day->outdoor.quality) :
						       day->outdoor.quality;
		e->outdoor_days++;
	}
	if (gsop && is_usable(day->heat) && is_usable(day->outdoor)) {
		*both_heat += day->heat.value;
		*both_days += degree_days_of(gsop, day->outdoor.value);
	}
}

static void sum_degree_days(const struct efficiency_question *q, const struct building_days *d,
	struct span span, struct efficiency *e)
{
	for (int k = 0; k < DEGREE_DAYS_KIND_COUNT; k++) {
		struct degree_days *sum = &e->degree_days[k];
		struct degree_days_rule rule;
		*sum = (struct degree_days){.sum = NAN};
		if (!degree_days_rule_of(
			    q->figures, q->building, (enum degree_days_kind)k, q->date, &rule)) {
			continue;
		}
		for (size_t i = 0; i < d->count; i++) {
			const struct building_day *day = &d->items[i];
			if (day->span.from < span.from || day->span.from >= span.till) {
				continue;
			}
			double t = is_usable(day->outdoor) ? day->outdoor.value : (double)NAN;
			struct degree_days one = degree_days_sum(&rule, &t, 1);
			sum->sum = one.known ? (sum->known ? sum->sum : 0) + one.sum : sum->sum;
			sum->heating_days += one.heating_days;
			sum->known += one.known;
			sum->expected++;
		}
	}
}

/* The norm is by month: a day has its part of it. */
static double norm_of_day(const struct efficiency_question *q, const struct building_day *day)
{
	struct span month = period_of(q->calendar, PERIOD_MONTH, day->span.from);
	double norm = figure_number(
		q->figures, q->building, "norm.heating", figure_date(q->calendar, day->span.from));
	return norm * q->area_m2 / (double)period_count(q->calendar, PERIOD_DAY, month);
}

static void take_norm(const struct efficiency_question *q, const struct building_days *d,
	struct span span, struct efficiency *e)
{
	double money = 0;
	e->norm = 0;
	for (size_t i = 0; i < d->count; i++) {
		const struct building_day *day = &d->items[i];
		if (day->span.from < span.from || day->span.from >= span.till ||
			!is_usable(day->heat)) {
			continue;
		}
		double norm = norm_of_day(q, day);
		double tariff = figure_number(q->figures, q->building, "tariff.heat",
			figure_date(q->calendar, day->span.from));
		e->norm += norm;
		money += (norm - day->heat.value) * tariff;
	}
	bool is_known = e->heat_days > 0 && e->norm > 0;
	e->norm = is_known ? e->norm : (double)NAN;
	e->saving_percent = (e->norm - e->heat.value) / e->norm * 100;
	e->saving_money = is_known ? money : (double)NAN;
}

/* A sum of which days are missing. */
static uint16_t quality_of(uint16_t q, size_t known, size_t expected)
{
	if (known == 0) {
		return quality_make(QUALITY_MISSING, SOURCE_NONE, 0);
	}
	return known < expected && quality_class(q) < QUALITY_PARTIAL ?
		       quality_make(QUALITY_PARTIAL, quality_source(q), quality_flags(q)) :
		       q;
}

struct efficiency efficiency_of(
	const struct efficiency_question *q, const struct building_days *d, struct span span)
{
	struct efficiency e = {.span = span, .heat = {NAN, 0}, .outdoor = {NAN, 0}};
	struct degree_days_rule gsop;
	bool has_rule = degree_days_rule_of(
		q->figures, q->building, DEGREE_DAYS_GSOP, q->date, &gsop);
	double both_heat = 0;
	double both_days = 0;
	for (size_t i = 0; i < d->count; i++) {
		if (d->items[i].span.from >= span.from && d->items[i].span.from < span.till) {
			take_day(&e, &d->items[i], &both_heat, &both_days, has_rule ? &gsop : NULL);
		}
	}
	e.heat.quality = quality_of(e.heat.quality, e.heat_days, e.expected);
	e.outdoor.value /= e.outdoor_days ? (double)e.outdoor_days : 1;
	e.outdoor.quality = quality_of(e.outdoor.quality, e.outdoor_days, e.expected);
	sum_degree_days(q, d, span, &e);
	take_norm(q, d, span, &e);
	e.kwh_per_m2 = specific_consumption(e.heat.value, q->area_m2);
	e.wh_per_m2_degree_day = specific_per_degree_day(
		specific_consumption(both_heat, q->area_m2), both_days);
	return e;
}

/* ---- year ---- */

struct efficiency_year efficiency_year_of(const struct efficiency_question *q,
	const struct building_days *d, const struct signature *signature)
{
	struct efficiency_year y = {.gcal = NAN, .kwh_per_m2 = NAN, .degree_days = 0};
	struct degree_days_rule gsop;
	bool has_rule = degree_days_rule_of(
		q->figures, q->building, DEGREE_DAYS_GSOP, q->date, &gsop);
	y.norm_degree_days = figure_number(
		q->figures, q->building, "climate.norm_degree_days", q->date);
	double heat = 0;
	double paired = 0; /* of days whose temperature is known too */
	size_t paired_days = 0;
	for (size_t i = d->count > YEAR_DAYS ? d->count - YEAR_DAYS : 0; i < d->count; i++) {
		const struct building_day *day = &d->items[i];
		if (!is_usable(day->heat)) {
			continue;
		}
		heat += day->heat.value;
		y.days++;
		if (has_rule && is_usable(day->outdoor)) {
			paired += day->heat.value;
			paired_days++;
			y.degree_days += degree_days_of(&gsop, day->outdoor.value);
		}
	}
	y.is_measured = y.days == YEAR_DAYS;
	double base = signature && signature->state == SIGNATURE_OK ? fmax(0, signature->a) : 0;
	if (y.is_measured) {
		y.gcal = heat;
	} else if (y.norm_degree_days > 0 &&
		   y.degree_days >= YEAR_LEAST_SHARE * y.norm_degree_days) {
		y.gcal = weather_normalised(base * YEAR_DAYS,
			fmax(0, paired - base * (double)paired_days), y.norm_degree_days,
			y.degree_days);
		y.is_normalised = true;
	}
	y.kwh_per_m2 = specific_consumption(y.gcal, q->area_m2);
	return y;
}

/* ---- forecast ---- */

/* Mean temperature of the last known days, NaN; and their heat for a forecast without signature. */
static double last_days(const struct building_days *d, double heat[LAST_DAYS])
{
	double sum = 0;
	size_t known = 0;
	for (size_t i = 0; i < LAST_DAYS; i++) {
		heat[i] = NAN;
		if (i < d->count) {
			const struct building_day *day = &d->items[d->count - 1 - i];
			heat[i] = is_usable(day->heat) ? day->heat.value : (double)NAN;
			sum += is_usable(day->outdoor) ? day->outdoor.value : 0;
			known += is_usable(day->outdoor);
		}
	}
	return known ? sum / (double)known : (double)NAN;
}

/* The day a year ago that has the same local date. */
static int64_t year_before(const struct calendar *c, int64_t start)
{
	struct civil local = c->zone ? zone_civil(c->zone, start) : civil_from_utc(start);
	local.year--;
	int64_t utc = c->zone ? zone_utc(c->zone, local, false) : civil_to_utc(local);
	return period_of(c, PERIOD_DAY, utc).from;
}

static enum err by_signature(
	const struct forecast_plan *p, double mean, const int64_t *days, struct heat_forecast *f)
{
	struct form_value *past = calloc(f->days_left + 1, sizeof(*past));
	struct channel_question q = {p->store, p->days->input.outdoor, PERIOD_DAY, UNIT_DEGC};
	enum err e = past ? channel_values_read(&q, days, f->days_left, past) : ERR_NOMEM;
	f->left = 0;
	f->is_by_last_year = !e && f->days_left > 0;
	for (size_t i = 0; i < f->days_left && !e; i++) {
		bool is_known = is_usable(past[i]);
		f->is_by_last_year = f->is_by_last_year && is_known;
		f->left += signature_at(p->signature, is_known ? past[i].value : mean);
	}
	f->is_by_signature = true;
	free(past);
	return e;
}

static void take_known(const struct forecast_plan *p, struct heat_forecast *f)
{
	for (size_t i = 0; i < p->days->count; i++) {
		const struct building_day *day = &p->days->items[i];
		if (day->span.from < p->month.from || day->span.from >= p->month.till) {
			continue;
		}
		f->days_passed++;
		if (is_usable(day->heat)) {
			f->known = (f->days_known++ ? f->known : 0) + day->heat.value;
		}
	}
}

enum err heat_forecast_read(const struct forecast_plan *p, struct heat_forecast *ret)
{
	struct heat_forecast f = {.known = NAN, .left = NAN, .total = NAN};
	double heat[LAST_DAYS];
	double mean = last_days(p->days, heat);
	int64_t days[40];
	enum err e = ERR_OK;
	take_known(p, &f);
	int64_t start = period_of(p->calendar, PERIOD_DAY, p->now).from; /* today counts as left */
	start = start > p->month.from ? start : p->month.from;
	for (; start < p->month.till && f.days_left < sizeof(days) / sizeof(days[0]);
		start = period_next(p->calendar, PERIOD_DAY, start)) {
		days[f.days_left++] = year_before(p->calendar, start);
	}
	bool has_signature = p->signature && p->signature->state == SIGNATURE_OK;
	if (has_signature && !isnan(mean)) {
		e = by_signature(p, mean, days, &f);
	} else {
		f.left = forecast_by_mean(0, heat, LAST_DAYS, f.days_left).left;
	}
	/* days that are missing stay missing: nothing stands in for them here */
	f.total = f.days_passed == f.days_known ? (f.days_known ? f.known : 0) + f.left :
						  (double)NAN;
	*ret = f;
	return e;
}
