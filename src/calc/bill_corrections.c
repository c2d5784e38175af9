/*
 * bill_corrections.c - what became known of closed months, as lines of the month that charges it
 *
 * A correction of water is one of sewerage and of the hot water's heat, too. It is priced by the rate of
 * the month it corrects. A correction of a common meter is nobody's line: what it would have changed is
 * every share of that month; it is reported and left to the person who closes.
 */
#include "calc/bill_impl.h"

#include "calc/closing.h"

#include <stdlib.h>

struct taking {
	struct bill *b;
	enum err err;
	struct closing *closings; /* all of the building */
	size_t n, cap;
};

static const struct bill_item *item_of(const struct bill *b, int64_t series)
{
	size_t low = 0, high = b->item_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (b->items[middle].channel < series) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < b->item_count && b->items[low].channel == series ? &b->items[low] : NULL;
}

static bool add_line(struct bill *b, const struct bill_item *item, enum charge_service s,
	double volume, int64_t month)
{
	int64_t place = b->flats[item->flat].place;
	int date = figure_date(&b->calendar, month);
	struct tariff_name name = bill_tariff_name(b, place, s);
	const struct figure *rate = tariff_at(b->q.figures, place, &name, NULL, date);
	struct charge_line line = {.bill = item->flat,
		.service = s,
		.part = CHARGE_CORRECTION,
		.basis = CHARGE_BY_METER,
		.individual = volume,
		.common = NAN,
		.common_full = NAN,
		.volume = volume,
		.norm = NAN,
		.quality = quality_make(QUALITY_CALCULATED, SOURCE_NONE, 0),
		.completeness = 1,
		.part_count = 1,
		.month = month,
		.rule_service = s};
	line.parts[0] = (struct tariff_part){
		.from_date = date, .zone = -1, .volume = volume, .rate = rate ? rate->value : NAN};
	line.charge = line.parts[0].charge = money_charge(volume, line.parts[0].rate);
	for (int i = 0; i < APPORTION_VAR_COUNT; i++) {
		line.vars[i] = NAN;
	}
	return charge_result_add(b->result, &line);
}

static bool add_all(struct bill *b, const struct bill_item *item, double volume, int64_t month)
{
	const struct charge_flat *f = &b->flats[item->flat];
	bool is_hot = item->service == CHARGE_HOT_WATER;
	bool is_water = is_hot || item->service == CHARGE_COLD_WATER;
	bool is_whole = add_line(b, item, item->service, volume, month);
	if (is_whole && is_water && f->tariffs[CHARGE_SEWER]) {
		is_whole = add_line(b, item, CHARGE_SEWER, volume, month);
	}
	if (is_whole && is_hot && f->tariffs[CHARGE_HOT_WATER_HEAT]) {
		is_whole = add_line(
			b, item, CHARGE_HOT_WATER_HEAT, volume * b->house.water_heat, month);
	}
	return is_whole;
}

static enum err take(struct bill *b, const struct correction *c, const struct closing *of)
{
	const struct bill_item *item = item_of(b, c->series);
	if (!item || isnan(c->amount)) {
		return ERR_OK;
	}
	if (item->flat == BILL_HOUSE) {
		b->has_house_correction = true;
		return ERR_OK;
	}
	return add_all(b, item, c->amount * item->factor, of->span.from) ? ERR_OK : ERR_NOMEM;
}

static enum err keep_closing(void *ctx, const struct closing *c)
{
	struct taking *t = ctx;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct closing *more = realloc(t->closings, cap * sizeof(*more));
		if (!more) {
			return ERR_NOMEM;
		}
		t->closings = more;
		t->cap = cap;
	}
	t->closings[t->n++] = *c;
	return ERR_OK;
}

static enum err take_charged(void *ctx, const struct correction *c)
{
	struct taking *t = ctx;
	for (size_t i = 0; i < t->n; i++) {
		if (t->closings[i].id == c->of) {
			return take(t->b, c, &t->closings[i]);
		}
	}
	return ERR_OK;
}

static enum err take_pending(void *ctx, const struct closing *of, const struct correction *c)
{
	struct taking *t = ctx;
	return take(t->b, c, of);
}

static bool follows_last(const struct taking *t)
{
	int64_t last = INT64_MIN;
	for (size_t i = 0; i < t->n; i++) {
		last = t->closings[i].span.till > last ? t->closings[i].span.till : last;
	}
	return t->n > 0 && t->b->q.month.from == last;
}

enum err bill_add_corrections(struct bill *b)
{
	struct taking t = {.b = b};
	enum err e = closing_list(b->q.store, b->q.building, keep_closing, &t);
	if (!e && b->is_closed) {
		e = correction_list(b->q.store, b->closing.id, false, take_charged, &t);
	} else if (!e && follows_last(&t)) {
		e = closing_pending(b->q.store, b->q.building, take_pending, &t);
	}
	free(t.closings);
	if (!e) {
		charge_result_group(b->result);
	}
	return e;
}
