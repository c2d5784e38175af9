/*
 * bill_values.c - what the channels of a bill counted: the month, its days, the months before
 *
 * A month that is over has its own value, formed by the rollup out of readings at its ends where there
 * are such: it is complete though days may be missing. A running month, and one without a value of its
 * own, is the sum of its days, PARTIAL where one is missing. What failed a check is no value.
 */
#include "calc/bill_impl.h"

#include "calc/form.h"
#include "calc/zones_meter.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY (CHARGE_HISTORY + 4) /* as many months as may be unread before the norm, and more */

/* Slices of all items at once. */
struct slices {
	struct bill *b;
	int64_t *series;
	struct archive_value *values;
};

static bool is_known(const struct archive_value *v)
{
	return !isnan(v->value) && quality_class(v->quality) < QUALITY_SUSPECT;
}

static enum err read_slice(struct slices *x, enum period period, int64_t start)
{
	return archive_at(x->b->q.store, x->series, x->b->item_count, period, start, x->values);
}

/* ---- days ---- */

/* The step of a rate that a day lies in; of premises with rates of their own that change, by days. */
static size_t step_at(const struct tariff *t, int64_t day)
{
	size_t step = 0;
	while (step + 1 < t->step_count && t->steps[step + 1].from_utc <= day) {
		step++;
	}
	return step;
}

static enum err read_days(struct slices *x)
{
	struct bill *b = x->b;
	for (int64_t day = b->q.month.from; day < b->q.month.till;) {
		int64_t next = period_next(&b->calendar, PERIOD_DAY, day);
		enum err e = next <= b->q.now ? read_slice(x, PERIOD_DAY, day) : ERR_OK;
		if (e || next > b->q.now) {
			return e;
		}
		for (size_t i = 0; i < b->item_count; i++) {
			struct bill_item *item = &b->items[i];
			bool is_there = is_known(&x->values[i]);
			double v = is_there ? x->values[i].value : 0;
			size_t step = step_at(&b->rates[0].tariffs[item->service], day);
			item->days_expected++;
			item->days_known += is_there ? 1 : 0;
			item->days_sum += v;
			item->steps[step] += is_there ? v : NAN;
			if (is_there) {
				item->month.quality = quality_worst(
					item->month.quality, x->values[i].quality);
			}
		}
		day = next;
	}
	return ERR_OK;
}

/* ---- months ---- */

static void settle(struct bill_item *item, const struct archive_value *month)
{
	bool is_partial = item->days_known < item->days_expected;
	if (month && is_known(month)) {
		item->month = (struct form_value){month->value, month->quality};
	} else if (item->days_known > 0) {
		item->month.value = item->days_sum;
		item->month.quality = quality_worst(item->month.quality,
			quality_make(
				is_partial ? QUALITY_PARTIAL : QUALITY_MEASURED, SOURCE_NONE, 0));
	} else {
		item->month = (struct form_value){
			NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	}
}

/* A month that is over by its own values, a closed one as it was billed. */
static enum err keep_billed(void *ctx, const struct billed_value *v)
{
	struct slices *x = ctx;
	struct bill *b = x->b;
	size_t low = 0, high = b->item_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (b->items[middle].channel < v->series) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < b->item_count && b->items[low].channel == v->series; low++) {
		x->values[low] = (struct archive_value){
			.start = b->q.month.from, .value = v->value, .quality = v->quality};
	}
	return ERR_OK;
}

static enum err read_month(struct slices *x)
{
	struct bill *b = x->b;
	enum err e = b->is_running ? ERR_OK : read_slice(x, PERIOD_MONTH, b->q.month.from);
	if (!e && b->is_closed) {
		for (size_t i = 0; i < b->item_count; i++) {
			x->values[i].value = NAN; /* what was not billed was not known */
			b->items[i].days_sum = NAN;
			b->items[i].days_known = 0;
		}
		e = billed_list(b->q.store, b->closing.id, keep_billed, x);
	}
	for (size_t i = 0; i < b->item_count && !e; i++) {
		settle(&b->items[i], b->is_running ? NULL : &x->values[i]);
	}
	return e;
}

static bool is_any_unread(const struct bill *b)
{
	for (size_t i = 0; i < b->item_count; i++) {
		const struct bill_item *item = &b->items[i];
		bool is_partial = quality_class(item->month.quality) == QUALITY_PARTIAL;
		if (item->flat != BILL_HOUSE && (isnan(item->month.value) || is_partial)) {
			return true;
		}
	}
	return false;
}

static enum err read_history(struct slices *x)
{
	struct bill *b = x->b;
	int64_t start = b->q.month.from;
	enum err e = ERR_OK;
	for (size_t k = 0; k < HISTORY && !e; k++) {
		start = period_prev(&b->calendar, PERIOD_MONTH, start);
		e = read_slice(x, PERIOD_MONTH, start);
		for (size_t i = 0; i < b->item_count && !e; i++) {
			b->items[i].history[k] = is_known(&x->values[i]) ? x->values[i].value : NAN;
		}
	}
	return e;
}

/* ---- into the meters of house and premises ---- */

static double completeness_of(const struct bill_item *item)
{
	if (isnan(item->month.value)) {
		return 0;
	}
	bool is_partial = quality_class(item->month.quality) == QUALITY_PARTIAL;
	return is_partial && item->days_expected > 0 ? item->days_known / item->days_expected : 1;
}

static void take_item(struct charge_meter *m, const struct bill_item *item, double *history)
{
	double completeness = completeness_of(item);
	double volume = item->month.value * item->factor;
	m->volume = m->is_fitted ? m->volume + volume : volume;
	m->quality = m->is_fitted ? quality_worst(m->quality, item->month.quality) :
				    item->month.quality;
	m->completeness = m->is_fitted ? fmin(m->completeness, completeness) : completeness;
	for (size_t k = 0; history && k < HISTORY; k++) {
		double v = item->history[k] * item->factor;
		history[k] = m->is_fitted ? history[k] + v : v;
	}
	m->is_fitted = true;
}

/* Months without a reading in a row, and the last known ones before. */
static void take_history(struct charge_meter *m, const double *history, double completeness_min)
{
	size_t n = 0;
	if (!isnan(m->volume) && m->completeness >= completeness_min) {
		return;
	}
	m->unread_months = 1;
	for (size_t k = 0; k < HISTORY && isnan(history[k]); k++) {
		m->unread_months++;
	}
	for (size_t k = 0; k < HISTORY && n < CHARGE_HISTORY; k++) {
		if (!isnan(history[k])) {
			m->history[n++] = history[k];
		}
	}
}

static void take_steps(struct charge_flat *f, const struct bill_item *item)
{
	double *steps = f->steps[item->service];
	bool is_first = !f->meters[item->service].is_fitted;
	for (size_t i = 0; i < TARIFF_STEPS; i++) {
		double v = item->steps[i] * item->factor;
		steps[i] = is_first ? v : steps[i] + v;
	}
}

static enum err distribute(struct bill *b)
{
	size_t cells = b->n * CHARGE_SERVICE_COUNT;
	double(*history)[HISTORY] = calloc(cells + 1, sizeof(*history));
	if (!history) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < b->item_count; i++) {
		struct bill_item *item = &b->items[i];
		if (item->flat == BILL_HOUSE) {
			take_item(&b->house.common[item->service], item, NULL);
			continue;
		}
		struct charge_flat *f = &b->flats[item->flat];
		size_t cell = item->flat * CHARGE_SERVICE_COUNT + item->service;
		take_steps(f, item);
		take_item(&f->meters[item->service], item, history[cell]);
	}
	for (size_t i = 0; i < b->n; i++) {
		for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
			struct charge_meter *m = &b->flats[i].meters[s];
			if (m->is_fitted) {
				take_history(m, history[i * CHARGE_SERVICE_COUNT + (size_t)s],
					b->house.completeness_min);
			}
		}
	}
	free(history);
	return ERR_OK;
}

enum err bill_read_values(struct bill *b)
{
	struct slices x = {.b = b,
		.series = calloc(b->item_count + 1, sizeof(*x.series)),
		.values = calloc(b->item_count + 1, sizeof(*x.values))};
	enum err e = x.series && x.values ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0; i < b->item_count && !e; i++) {
		x.series[i] = b->items[i].channel;
		for (size_t k = 0; k < HISTORY; k++) {
			b->items[i].history[k] = NAN;
		}
	}
	e = e ? e : read_days(&x);
	e = e ? e : read_month(&x);
	if (!e && is_any_unread(b)) {
		e = read_history(&x);
	}
	free(x.series);
	free(x.values);
	return e ? e : distribute(b);
}

/* ---- zones ---- */

/* By the registers of the meter: these are what is paid by. */
static enum err read_item_zones(const struct bill *b, const struct bill_item *item, double *zones)
{
	struct zones_tariffs t;
	const struct channel *c = site_find(b->q.site, OBJECT_CHANNEL, item->channel);
	enum err e = zones_tariffs_read(b->q.store, b->q.site, c, b->q.month, &t);
	for (size_t i = 0; i < b->zones->zones_count && i < TARIFF_ZONES; i++) {
		int number = b->zones->zones[i].tariff;
		bool is_there = !e && number >= 1 && number <= ZONES_TARIFFS &&
				t.is_there[number - 1] &&
				quality_class(t.v[number - 1].quality) < QUALITY_SUSPECT;
		double v = is_there ? t.v[number - 1].value * item->factor : NAN;
		zones[i] = isnan(zones[i]) ? v : zones[i] + v;
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

enum err bill_read_zones(struct bill *b)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < b->item_count && b->zones && !b->is_running && !e; i++) {
		const struct bill_item *item = &b->items[i];
		if (item->service != CHARGE_ELECTRICITY) {
			continue;
		}
		if (item->flat == BILL_HOUSE) {
			e = read_item_zones(b, item, b->house.common_zones);
			continue;
		}
		const struct tariff *t = b->flats[item->flat].tariffs[CHARGE_ELECTRICITY];
		if (t && t->zone_count) {
			e = read_item_zones(b, item, b->flats[item->flat].zones);
		}
	}
	return e;
}

/* ---- another month ---- */

enum err bill_month(const struct bill *b, size_t flat, struct span month,
	struct form_value ret_volumes[static CHARGE_SERVICE_COUNT])
{
	enum err e = ERR_OK;
	bool is_there[CHARGE_SERVICE_COUNT] = {false};
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		ret_volumes[s] = (struct form_value){
			NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	}
	for (size_t i = 0; i < b->item_count && !e; i++) {
		const struct bill_item *item = &b->items[i];
		struct form_value *v = &ret_volumes[item->service];
		struct archive_value a;
		if (item->flat != flat) {
			continue;
		}
		e = archive_at(b->q.store, &item->channel, 1, PERIOD_MONTH, month.from, &a);
		double amount = is_known(&a) ? a.value * item->factor : NAN;
		v->value = is_there[item->service] ? v->value + amount : amount;
		v->quality = is_there[item->service] ? quality_worst(v->quality, a.quality) :
						       a.quality;
		is_there[item->service] = true;
	}
	return e;
}
