/*
 * heat_check.c - a statement checked against itself; see heat_input.h
 *
 *   rows           sum of what the table shows
 *   integrators    reading at the end of the span minus reading at its begin, over all meters
 *   month          the meter's own archive of the month, where its month is the span
 */
#include "calc/heat_source.h"

#include "calc/rollup_view.h"

#include <math.h>

/* Meters reckon in single precision; a millionth of an amount is nobody's mismatch. */
#define SINGLE 1.2e-7
#define NOBODY 1e-6

static bool is_known(const struct archive_value *v)
{
	return !isnan(v->value) && quality_class(v->quality) < QUALITY_SUSPECT;
}

/* The best reading a register has at a moment. */
static enum err reading_at(struct store *store, int64_t reg, int64_t utc, double *ret)
{
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	struct archive_value best = {.value = NAN, .quality = QUALITY_MISSING}, v;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		enum err e = archive_at(store, &reg, 1, periods[i], utc, &v);
		if (e) {
			return e;
		}
		if (is_known(&v) && quality_replaces(v.quality, best.quality)) {
			best = v;
		}
	}
	*ret = best.value;
	return ERR_OK;
}

static double in_unit(const struct heat_check *c, const struct meter_register *r,
	const struct binding *b, double value)
{
	double v = NAN;
	if (unit_convert(value, r->unit, c->channel->unit, &v) != ERR_OK) {
		return NAN;
	}
	return unit_convert(v * b->multiplier, c->channel->unit, c->unit, &v) == ERR_OK ? v : NAN;
}

/* What one meter counted while it was in charge; NaN: a reading at an end is not known. */
static enum err count_binding(
	const struct heat_question *q, struct heat_check *c, const struct binding *b, double *ret)
{
	const struct meter_register *fed = site_find(q->site, OBJECT_REGISTER, b->meter_register);
	const struct meter_register *r = fed && fed->form == FORM_AMOUNT ?
						 site_readings_of(q->site, fed) :
						 fed;
	double from = b->reading_fitted, till = b->reading_removed;
	enum err e = ERR_OK;
	*ret = NAN;
	if (!r) {
		return ERR_OK;
	}
	if (b->from_utc <= q->span.from) {
		e = reading_at(q->store, r->id, q->span.from, &from);
	}
	if (!e && b->till_utc >= q->span.till) {
		e = reading_at(q->store, r->id, q->span.till, &till);
	}
	if (!e && !isnan(from) && !isnan(till)) {
		struct register_limits limits = view_limits(r);
		struct delta d = register_delta(&limits, from, till, q->span.till - q->span.from);
		*ret = in_unit(c, r, b, d.amount);
		c->tolerance += fabs(in_unit(c, r, b, till)) * SINGLE;
	}
	return e;
}

static enum err by_integrators(const struct heat_question *q, struct heat_check *c)
{
	int64_t reach = q->span.from, last = 0;
	double sum = 0;
	/* bindings of a channel never overlap; taken in order of time they must leave no hole */
	while (reach < q->span.till) {
		const struct binding *b = NULL;
		for (size_t i = 0; i < q->site->counts[OBJECT_BINDING]; i++) {
			const struct binding *x = &q->site->bindings[i];
			if (x->channel == c->channel->id && x->from_utc <= reach &&
				x->till_utc > reach) {
				b = x;
			}
		}
		if (!b) {
			sum = NAN;
			break;
		}
		double part;
		enum err e = count_binding(q, c, b, &part);
		if (e) {
			return e;
		}
		sum += part;
		if (last) {
			c->reasons |= last == b->meter_register ? HEAT_BINDING_CHANGED :
								  HEAT_METER_REPLACED;
		}
		last = b->meter_register;
		reach = b->till_utc;
	}
	c->value[HEAT_BY_INTEGRATORS] = sum;
	c->reasons |= isnan(c->value[HEAT_BY_INTEGRATORS]) ? HEAT_NO_READINGS : 0;
	return ERR_OK;
}

static enum err by_month(const struct heat_question *q, struct heat_check *c)
{
	const struct binding *b = NULL;
	for (size_t i = 0; i < q->site->counts[OBJECT_BINDING]; i++) {
		const struct binding *x = &q->site->bindings[i];
		if (x->channel == c->channel->id && x->from_utc <= q->span.from &&
			x->till_utc >= q->span.till) {
			b = x;
		}
	}
	const struct meter_register *r =
		b ? site_find(q->site, OBJECT_REGISTER, b->meter_register) : NULL;
	const struct meter *m = r ? site_find(q->site, OBJECT_METER, r->meter) : NULL;
	if (!m) {
		c->reasons |= HEAT_NO_ARCHIVE;
		return ERR_OK;
	}
	struct calendar own = site_meter_calendar(q->site, m);
	struct span month = period_of(&own, PERIOD_MONTH, q->span.from);
	struct archive_value from, till = {.value = 0};
	if (month.from != q->span.from || month.till != q->span.till) {
		c->reasons |= HEAT_OTHER_CALENDAR;
		return ERR_OK;
	}
	bool is_amount = r->form == FORM_AMOUNT;
	enum err e = archive_at(q->store, &r->id, 1, PERIOD_MONTH, month.from, &from);
	if (!e && !is_amount) {
		e = archive_at(q->store, &r->id, 1, PERIOD_MONTH, month.till, &till);
	}
	bool is_there = !e && is_known(&from) && (is_amount || is_known(&till)) &&
			quality_source(from.quality) == SOURCE_METER;
	if (is_there) {
		c->value[HEAT_BY_MONTH] = in_unit(
			c, r, b, is_amount ? from.value : till.value - from.value);
	}
	c->reasons |= is_there ? 0 : HEAT_NO_ARCHIVE;
	return e;
}

static void by_rows(const struct heat_input *h, struct heat_check *c, int pipe)
{
	double sum = NAN;
	size_t n = 0;
	for (size_t i = 0; i < h->row_count && h->rows[i].span.till <= h->checked_till; i++) {
		const struct heat_row *r = &h->rows[i];
		struct form_value v = pipe < 0 ? r->meter.v : r->pipes[pipe].mass;
		enum quality_class of = isnan(v.value) ? QUALITY_MISSING : quality_class(v.quality);
		n++;
		c->rows_missing += of == QUALITY_MISSING || of == QUALITY_PARTIAL;
		c->reasons |= of == QUALITY_SUSPECT ? HEAT_ROWS_SUSPECT : 0;
		bool is_by_hand = (v.quality & QUALITY_BY_HAND) ||
				  quality_source(v.quality) >= SOURCE_IMPORT;
		c->reasons |= of != QUALITY_MISSING && is_by_hand ? HEAT_ROWS_EDITED : 0;
		bool is_made = of >= QUALITY_ESTIMATED && of <= QUALITY_EDITED;
		c->reasons |= is_made ? HEAT_ROWS_ESTIMATED : 0;
		if (of < QUALITY_SUSPECT) {
			sum = isnan(sum) ? v.value : sum + v.value;
		}
	}
	c->reasons |= c->rows_missing ? HEAT_ROWS_MISSING : 0;
	c->value[HEAT_BY_ROWS] = sum;
	/* each row may be rounded by half a step, and so may both readings */
	c->tolerance *= (double)n / 2 + 2;
}

static bool differ(const struct heat_check *c, enum heat_way a, enum heat_way b)
{
	double off = fabs(c->value[a] - c->value[b]);
	return off > c->tolerance + NOBODY * fabs(c->value[a]); /* false with a NaN */
}

static void judge(struct heat_check *c)
{
	const unsigned of_meter = HEAT_METER_REPLACED | HEAT_BINDING_CHANGED;
	const unsigned of_rows = of_meter | HEAT_ROWS_MISSING | HEAT_ROWS_EDITED |
				 HEAT_ROWS_SUSPECT | HEAT_ROWS_ESTIMATED;
	bool are_rows_off = differ(c, HEAT_BY_ROWS, HEAT_BY_INTEGRATORS) ||
			    differ(c, HEAT_BY_ROWS, HEAT_BY_MONTH);
	bool is_meter_off = differ(c, HEAT_BY_INTEGRATORS, HEAT_BY_MONTH);
	int answers = 0;
	double low = INFINITY, high = -INFINITY;
	for (int i = 0; i < HEAT_WAY_COUNT; i++) {
		if (!isnan(c->value[i])) {
			answers++;
			low = fmin(low, c->value[i]);
			high = fmax(high, c->value[i]);
		}
	}
	c->is_equal = answers > 1 && !are_rows_off && !is_meter_off;
	bool is_rounded = c->is_equal && high - low > NOBODY * fabs(high);
	c->reasons |= is_rounded ? HEAT_ROUNDING : 0;
	bool is_open = (are_rows_off && !(c->reasons & of_rows)) ||
		       (is_meter_off && !(c->reasons & of_meter));
	c->reasons |= is_open ? HEAT_UNEXPLAINED : 0;
}

static enum err add_check(const struct heat_question *q, struct heat_input *h,
	const struct channel *channel, enum unit unit, int pipe)
{
	if (!channel || h->check_count == HEAT_CHECKS) {
		return ERR_OK;
	}
	struct heat_check *c = &h->checks[h->check_count++];
	double step = heat_step(q->site, channel, q->span.from);
	*c = (struct heat_check){.channel = channel, .unit = unit, .value = {NAN, NAN, NAN}};
	c->tolerance = unit_convert(step, channel->unit, unit, &step) == ERR_OK ? step : 0;
	by_rows(h, c, pipe);
	enum err e = by_integrators(q, c);
	e = e ? e : by_month(q, c);
	judge(c);
	return e;
}

enum err heat_checks_make(const struct heat_question *q, struct heat_input *h)
{
	struct heat_question ended = *q;
	h->checked_till = q->span.from;
	for (size_t i = 0; i < h->row_count && h->rows[i].span.till <= q->now; i++) {
		h->checked_till = h->rows[i].span.till;
	}
	ended.span.till = h->checked_till;
	if (h->checked_till == q->span.from) {
		return ERR_OK;
	}
	enum err e = add_check(&ended, h, h->heat, UNIT_GCAL, -1);
	for (int p = 0; p < HEAT_PIPE_COUNT && !e; p++) {
		e = add_check(&ended, h, h->mass[p], UNIT_T, p);
	}
	return e;
}
