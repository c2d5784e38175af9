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
	return ordinal < open && sim_record_back(r->device, r->period,
					 (unsigned)(open - 1 - ordinal), r->now_us, ret_record);
}
