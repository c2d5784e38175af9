/*
 * fill.c - records of simulated meters by table; see fill.h
 */
#include "sim/fill.h"

#include <math.h>

#define FINE 6 /* digits of an amount whose resolution is not known */

double sim_fill_value(const struct sim_fill *s, const struct cell *f)
{
	const struct sim_device *d = s->device;
	enum unit u = f->unit == UNIT_NONE && quantity_kind(f->quantity) == KIND_COUNTER ?
			      s->energy :
			      f->unit;
	if (!s->record) {
		return sim_reading(d, f->quantity, u, s->now_us);
	}
	struct span p = s->record->period;
	if (quantity_kind(f->quantity) != KIND_COUNTER) {
		return sim_mean(d, f->quantity, u, p);
	}
	if (s->counters == FORM_AMOUNT) {
		return sim_amount(d, f->quantity, u, f->decimals < 0 ? FINE : f->decimals, p);
	}
	return sim_reading(d, f->quantity, u, p.till * 1000000);
}

void sim_fill(
	const struct sim_fill *s, const struct cell *cells, size_t n, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		cell_put(&cells[i], sim_fill_value(s, &cells[i]), bytes, size);
	}
}

/* ---- rings ---- */

static int64_t ordinal_at(const struct sim_ring *r, int64_t utc)
{
	struct calendar c = sim_calendar(r->device);
	return sim_ordinal(r->device, r->period, period_of(&c, r->period, utc).from);
}

/* Ordinals [from, till) that were not written because of a power cut. */
static void hole_of(const struct sim_ring *r, int64_t *ret_from, int64_t *ret_till)
{
	const struct sim_device *d = r->device;
	*ret_from = *ret_till = 0;
	if (d->off_till_utc > d->off_from_utc) {
		*ret_from = ordinal_at(r, d->off_from_utc);
		*ret_till = ordinal_at(r, d->off_till_utc);
	}
}

static int64_t open_ordinal(const struct sim_ring *r)
{
	return ordinal_at(r, sim_meter_now(r->device, r->now_us));
}

unsigned sim_ring_next(const struct sim_ring *r)
{
	int64_t open = open_ordinal(r), from, till;
	hole_of(r, &from, &till);
	int64_t lost = open >= till ? till - from : open > from ? open - from : 0;
	return (unsigned)((open - lost) % r->count);
}

/* Some moment inside the period that is `back` before the one that runs. */
static int64_t moment_back(const struct sim_ring *r, int64_t back)
{
	struct calendar c = sim_calendar(r->device);
	int64_t open = period_of(&c, r->period, sim_meter_now(r->device, r->now_us)).from;
	struct civil month = zone_civil(c.zone, open);
	switch (r->period) {
	case PERIOD_HALF_HOUR: return open - 1800 * back;
	case PERIOD_HOUR: return open - 3600 * back;
	case PERIOD_DAY: return open - 86400 * back + 43200;
	default:
		month.month -= (int)back;
		month.day += 2; /* a day that short months do not have begins earlier there */
		return zone_utc(c.zone, civil_from_utc(civil_to_utc(month)), false);
	}
}

bool sim_ring_at(const struct sim_ring *r, unsigned slot, struct sim_record *ret_record)
{
	int64_t open = open_ordinal(r), from, till;
	unsigned next = sim_ring_next(r);
	hole_of(r, &from, &till);
	int64_t back = (next + r->count - 1 - slot) % r->count;
	int64_t ordinal = open - 1 - back;
	if (ordinal < till && till > from) {
		ordinal -= (open >= till ? till : open) - from;
	}
	return sim_record_of(
		r->device, r->period, moment_back(r, open - ordinal), r->now_us, ret_record);
}
