/*
 * tekon_meter.c - the meter's side of a Tekon-19, direct and behind an adapter
 *
 * Serves any map of meters/tekon/ (struct sim_device.model). The adapter in front of it has address
 * ADAPTER; through it the access level can be set, and then the clock.
 *
 * Arrays are rings: element s of hours is hour s % 24 of the last day whose number is s / 24 modulo
 * 64, of days the s-th day of this year or, if that is not over, of the last one, of months likewise
 * with four years. What was not recorded is FF FF FF FF.
 */
#include "drivers/tekon_map.h"
#include "poll/tekon_map.h"
#include "proto/tekon.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ADAPTER 100
#define DAY_S   86400
#define SERIAL  0xf01c

/* What a device remembers between requests. */
struct memory {
	uint8_t level;
};

struct turn {
	struct sim_device *device;
	const struct tekon_map *map;
	int64_t now_us;
	struct calendar calendar;
	uint8_t control, address; /* of the reply */
	uint8_t data[4 * TEKON_ELEMENTS];
	size_t size;
};

/* ---- rings ---- */

static int64_t utc_of(const struct turn *t, int64_t civil_s)
{
	return zone_utc(t->calendar.zone, civil_from_utc(civil_s), false);
}

/* Start of the period an element is of; false: there is none. */
static bool start_of_hour(const struct turn *t, int slot, int64_t now, int64_t *ret_start)
{
	const int64_t first = civil_to_utc((struct civil){.year = 2000, .month = 1, .day = 1});
	int64_t local = civil_to_utc(zone_civil(t->calendar.zone, now));
	int64_t today = (local - first) / DAY_S;
	int64_t day = today - ((today - slot / 24) % 64 + 64) % 64;
	for (int i = 0; i < 2; i++, day -= 64) {
		*ret_start = utc_of(t, first + day * DAY_S + (int64_t)(slot % 24) * 3600);
		if (period_of(&t->calendar, PERIOD_HOUR, *ret_start).till <= now) {
			return true;
		}
	}
	return false;
}

static bool start_of_day(const struct turn *t, int slot, int64_t now, int64_t *ret_start)
{
	int year = zone_civil(t->calendar.zone, now).year;
	for (int i = 0; i < 2; i++, year--) {
		struct civil c = {.year = year, .month = 1, .day = 1};
		struct civil found = civil_from_utc(civil_to_utc(c) + (int64_t)slot * DAY_S);
		*ret_start = zone_utc(t->calendar.zone, found, false);
		if (found.year == year &&
			period_of(&t->calendar, PERIOD_DAY, *ret_start).till <= now) {
			return true;
		}
	}
	return false;
}

static bool start_of_month(const struct turn *t, int slot, int64_t now, int64_t *ret_start)
{
	int year = zone_civil(t->calendar.zone, now).year;
	for (int i = 0; i < 5; i++, year--) {
		struct civil c = {.year = year, .month = slot % 12 + 1, .day = 1};
		*ret_start = zone_utc(t->calendar.zone, c, false);
		if (year % 4 == slot / 12 &&
			period_of(&t->calendar, PERIOD_MONTH, *ret_start).till <= now) {
			return true;
		}
	}
	return false;
}

static double element(const struct turn *t, const struct tekon_archive *a,
	const struct tekon_register *r, int slot)
{
	int64_t now = sim_meter_now(t->device, t->now_us), start = 0;
	struct sim_record record;
	bool has = a->period == PERIOD_HOUR ? start_of_hour(t, slot, now, &start) :
		   a->period == PERIOD_DAY  ? start_of_day(t, slot, now, &start) :
					      start_of_month(t, slot, now, &start);
	if (!has || !sim_record_of(t->device, a->period, start, t->now_us, &record)) {
		return NAN;
	}
	if (quantity_kind(r->quantity) != KIND_COUNTER) {
		return sim_mean(t->device, r->quantity, r->unit, record.period);
	}
	return r->form == FORM_POINT ?
		       sim_reading(t->device, r->quantity, r->unit, record.period.till * 1000000) :
		       sim_amount(t->device, r->quantity, r->unit, 6, record.period);
}

static bool read_indexed(struct turn *t, const struct tekon_request *q)
{
	for (unsigned i = 0; i < t->map->archives_count; i++) {
		const struct tekon_archive *a = &t->map->archives[i];
		for (unsigned k = 0; k < a->fields_count; k++) {
			if (a->fields[k].at != q->number || q->count < 1 ||
				q->count > t->map->batch ||
				q->index + q->count > tekon_slots(a->period)) {
				continue;
			}
			for (int n = 0; n < q->count; n++) {
				double v = element(t, a, &a->fields[k], q->index + n);
				tekon_float_put(v, t->data + 4 * (size_t)n);
			}
			t->size = 4 * (size_t)q->count;
			return true;
		}
	}
	return false;
}

/* ---- parameters ---- */

static void put_three(struct turn *t, int a, int b, int c)
{
	t->data[0] = 0;
	t->data[1] = tekon_bcd_byte(a);
	t->data[2] = tekon_bcd_byte(b);
	t->data[3] = tekon_bcd_byte(c);
	t->size = 4;
}

static bool read_parameter(struct turn *t, uint16_t number)
{
	struct civil c = zone_civil(t->calendar.zone, sim_meter_now(t->device, t->now_us));
	if (number == TEKON_DATE) {
		put_three(t, c.day, c.month, c.year % 100);
		return true;
	}
	if (number == TEKON_TIME) {
		put_three(t, c.second, c.minute, c.hour);
		return true;
	}
	if (number == SERIAL) {
		unsigned long serial = strtoul(t->device->serial, NULL, 10);
		t->data[0] = (uint8_t)serial;
		t->data[1] = (uint8_t)(serial >> 8);
		t->size = 2;
		return true;
	}
	for (unsigned i = 0; i < t->map->registers_count; i++) {
		const struct tekon_register *r = &t->map->registers[i];
		if (r->at == number && r->type == TEKON_F32) {
			tekon_float_put(
				sim_reading(t->device, r->quantity, r->unit, t->now_us), t->data);
			t->size = 4;
			return true;
		}
	}
	return false;
}

static bool write_parameter(struct turn *t, const struct tekon_request *q)
{
	const struct memory *memory = (const void *)t->device->memory;
	struct civil c = zone_civil(t->calendar.zone, sim_meter_now(t->device, t->now_us));
	int v[3];
	if (memory->level < 2 || q->data.size != 4) {
		return false;
	}
	for (int i = 0; i < 3; i++) {
		if (!tekon_bcd_get(q->data.data[i + 1], &v[i])) {
			return false;
		}
	}
	if (q->number == TEKON_DATE && q->data.data[0] == 2) {
		c.day = v[0];
		c.month = v[1];
		c.year = 2000 + v[2];
	} else if (q->number == TEKON_TIME) {
		c.second = v[0];
		c.minute = v[1];
		c.hour = v[2];
	} else {
		return false;
	}
	sim_set_clock(t->device, t->now_us, zone_utc(t->calendar.zone, c, false));
	return true;
}

/* False: refused. */
static bool serve(struct turn *t, const struct tekon_request *q)
{
	struct memory *memory = (void *)t->device->memory;
	switch (q->what) {
	case TEKON_READ: return read_parameter(t, q->number);
	case TEKON_READ_INDEXED: return read_indexed(t, q);
	case TEKON_LEVEL: memory->level = q->level; return true;
	case TEKON_WRITE: return write_parameter(t, q);
	case TEKON_AUTHORISE: return true;
	case TEKON_JOURNAL: return false;
	}
	return false;
}

/* Long values in a frame of their own length, short ones in a fixed frame. */
static void reply_data(const struct turn *t, struct buf *reply)
{
	struct ft12_out o;
	struct ft12_frame f = {.form = FT12_VARIABLE,
		.control = t->control,
		.address = t->address,
		.data = {t->data, t->size}};
	struct slice out = ft12_encode(&f, &o);
	buf_put(reply, out.data, out.size);
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct turn t = {.device = d, .now_us = now_us, .calendar = sim_calendar(d)};
	struct ft12_frame f;
	struct tekon_request q;
	if (!ft12_decode(request, &f) || !tekon_decode(&f, false, false, &q) ||
		(q.has_adapter ? q.adapter != ADAPTER : q.device != d->address) ||
		(q.what != TEKON_AUTHORISE && q.device != d->address) ||
		tekon_map_load(d->model, &t.map, NULL)) {
		return false;
	}
	t.control = f.control & 15;
	t.address = f.address;
	bool is_done = serve(&t, &q);
	if (t.size) {
		reply_data(&t, reply);
	} else {
		buf_u8(reply, is_done ? FT12_DONE : FT12_REFUSED);
	}
	return true;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct ft12_cut cut = ft12_cut(so_far);
	return (struct frame_verdict){cut.state == FT12_CUT_FULL ? FRAME_FULL :
				      cut.state == FT12_CUT_MORE ? FRAME_MORE :
								   FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_tekon = {.name = "tekon", .frame = frame, .answer = answer};
