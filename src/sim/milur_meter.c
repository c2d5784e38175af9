/*
 * milur_meter.c - a simulated Milur 107 with an address of four bytes
 *
 * Facts: docs/protocols/milur.md. Depths nobody documents: 128 days, 128 days of half-hours. A search takes one
 * request more. The session closes after a minute; half-hours hold energy here.
 */
#include "proto/milur.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

#define WIDTH     4
#define CLOSES_US 60000000

/* What it remembers, in device.memory. */
struct session {
	int64_t last_us;
	bool is_open, is_searching;
};

static struct frame_verdict frame(struct slice s)
{
	static const struct {
		uint8_t function, size;
	} sizes[] = {{MILUR_READ, 1}, {MILUR_OPEN, 7}, {MILUR_DAY_RECORD, 3},
		{MILUR_PROFILE_RECORD, 3}, {MILUR_FIND, 11}};
	struct milur_frame f;
	if (s.size < WIDTH + 3) {
		return (struct frame_verdict){FRAME_MORE, WIDTH + 3};
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = WIDTH + 3u + sizes[i].size;
		if (sizes[i].function != s.data[WIDTH]) {
			continue;
		}
		if (s.size < n) {
			return (struct frame_verdict){FRAME_MORE, n};
		}
		if (milur_request_get(WIDTH, (struct slice){s.data, n}, &f)) {
			return (struct frame_verdict){FRAME_FULL, n};
		}
	}
	return (struct frame_verdict){FRAME_JUNK, 1};
}

static int64_t shown(
	const struct sim_device *d, enum quantity q, int tariff, double divisor, int64_t utc_us)
{
	enum unit u = quantity_unit(q);
	double v = tariff ? sim_tariff_reading(d, q, u, tariff, utc_us) :
			    sim_reading(d, q, u, utc_us);
	return isnan(v) ? 0 : (int64_t)floor(v * divisor + 0.5);
}

static void put_number(int64_t v, size_t n, uint8_t *to)
{
	for (size_t i = 0; i < n; i++) {
		to[i] = (uint8_t)((uint64_t)v >> (8 * i));
	}
}

static size_t put_text(const char *text, uint8_t *to)
{
	memcpy(to, text, strlen(text));
	return strlen(text);
}

/* Bytes of data; 0: no such object. */
static size_t object(const struct sim_device *d, uint8_t number, int64_t now_us, uint8_t *to)
{
	struct calendar cal = sim_calendar(d);
	struct civil c = zone_civil(cal.zone, sim_meter_now(d, now_us));
	if (number >= 4 && number <= 8) {
		milur_digits_put(shown(d, QUANTITY_ACTIVE_ENERGY, number - 4, 100, now_us), to);
		return 4;
	}
	switch (number) {
	case 1: put_number(shown(d, QUANTITY_VOLTAGE, 0, 1000, now_us), 3, to); return 3;
	case 2: put_number(shown(d, QUANTITY_CURRENT, 0, 1000, now_us), 3, to); return 3;
	case 3:
		put_number((int64_t)llround(
				   1000 * sim_reading(d, QUANTITY_ACTIVE_POWER, UNIT_W, now_us)),
			4, to);
		return 4;
	case 9: put_number(shown(d, QUANTITY_FREQUENCY, 0, 1000, now_us), 2, to); return 2;
	case MILUR_CLOCK:
		to[0] = (uint8_t)c.second;
		to[3] = 0;
		uint8_t stamp[5];
		milur_stamp_put(&c, stamp);
		memcpy(to + 1, stamp, 2);
		memcpy(to + 4, stamp + 2, 3);
		return 7;
	case MILUR_MODEL: return put_text("Milur 107", to);
	case MILUR_FIRMWARE: return put_text("123", to);
	case MILUR_SERIAL: return put_text(d->serial, to);
	default: return 0;
	}
}

static enum period period_of_object(uint8_t o)
{
	return o == MILUR_DAYS ? PERIOD_DAY : PERIOD_HALF_HOUR;
}

/* Records stamped, at their end, within both times. */
static size_t find(struct sim_device *d, const uint8_t *b, int64_t now_us, uint8_t *to)
{
	struct session *s = (struct session *)(void *)d->memory;
	struct calendar c = sim_calendar(d);
	enum period p = period_of_object(b[0]);
	struct civil from, till;
	bool has_any = false;
	memset(to, 0, 5);
	s->is_searching = !s->is_searching;
	if (s->is_searching) {
		to[0] = 1;
		return 5;
	}
	if (!milur_stamp(b + 1, &from) || !milur_stamp(b + 6, &till)) {
		to[0] = 7;
		return 5;
	}
	int64_t a = zone_utc(c.zone, from, false), z = zone_utc(c.zone, till, true);
	int64_t now = sim_meter_now(d, now_us);
	z = z < now ? z : now;
	struct sim_record r;
	for (int64_t at = period_of(&c, p, a - 1).from; at < z; at = period_next(&c, p, at)) {
		if (!sim_record_of(d, p, at, now_us, &r) || r.period.till < a ||
			r.period.till > z) {
			continue;
		}
		int64_t index = sim_written(d, p, r.period.from);
		if (!has_any) {
			put_number(index, 2, to + 1);
		}
		put_number(index, 2, to + 3);
		has_any = true;
	}
	to[0] = has_any ? 0 : 5;
	return 5;
}

static bool record_at(const struct sim_device *d, enum period p, unsigned index, int64_t now_us,
	struct sim_record *ret)
{
	for (int n = 0; n < sim_depth(d, p); n++) {
		if (sim_record_back(d, p, (unsigned)n, now_us, ret) &&
			(uint16_t)sim_written(d, p, ret->period.from) == index) {
			return true;
		}
	}
	return false;
}

static size_t day(const struct sim_device *d, unsigned index, int64_t now_us, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct sim_record r;
	if (!record_at(d, PERIOD_DAY, index, now_us, &r)) {
		return 0;
	}
	struct civil stamp = zone_civil(c.zone, r.period.till);
	memset(to, 0, 46);
	milur_stamp_put(&stamp, to + 1);
	for (int i = 0; i <= 4; i++) {
		int64_t at = r.period.till * 1000000;
		milur_digits_put(shown(d, QUANTITY_ACTIVE_ENERGY, i, 100, at), to + 6 + 4 * i);
		milur_digits_put(shown(d, QUANTITY_REACTIVE_ENERGY, i, 100, at), to + 26 + 4 * i);
	}
	return 46;
}

static size_t half_hour(const struct sim_device *d, unsigned index, int64_t now_us, uint8_t *to)
{
	static const enum quantity quantities[] = {
		QUANTITY_ACTIVE_ENERGY, QUANTITY_REACTIVE_ENERGY};
	struct calendar c = sim_calendar(d);
	struct sim_record r;
	if (!record_at(d, PERIOD_HALF_HOUR, index, now_us, &r)) {
		return 0;
	}
	struct civil stamp = zone_civil(c.zone, r.period.till);
	milur_stamp_put(&stamp, to);
	for (int i = 0; i < 2; i++) {
		int64_t v = shown(d, quantities[i], 0, 5000, r.period.till * 1000000) -
			    shown(d, quantities[i], 0, 5000, r.period.from * 1000000);
		put_number(v < 65535 ? v : 65535, 2, to + 5 + 2 * i);
	}
	return 9;
}

/* 0 or the code of an error. */
static uint8_t run(struct sim_device *d, const struct milur_frame *q, int64_t now_us, uint8_t *to,
	size_t *ret_n)
{
	struct session *s = (struct session *)(void *)d->memory;
	const uint8_t *b = q->data.data;
	if (q->function == MILUR_OPEN) {
		static const uint8_t password[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
		s->is_open = b[0] == 1 && memcmp(b + 1, password, sizeof(password)) == 0;
		return s->is_open ? 0 : 13;
	}
	if (!s->is_open) {
		return 8;
	}
	unsigned index = q->data.size >= 3 ? b[1] | (unsigned)b[2] << 8 : 0;
	switch (q->function) {
	case MILUR_READ: *ret_n = object(d, b[0], now_us, to); return *ret_n ? 0 : 2;
	case MILUR_FIND: *ret_n = find(d, b, now_us, to); return 0;
	case MILUR_DAY_RECORD: *ret_n = day(d, index, now_us, to); return *ret_n ? 0 : 3;
	case MILUR_PROFILE_RECORD: *ret_n = half_hour(d, index, now_us, to); return *ret_n ? 0 : 3;
	default: return 1;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct session *s = (struct session *)(void *)d->memory;
	struct milur_frame q, r;
	struct milur_out out;
	uint8_t data[64];
	size_t n = 0;
	if (!milur_request_get(WIDTH, request, &q) || q.address != (uint32_t)d->address) {
		return false;
	}
	s->is_open = s->is_open && now_us - s->last_us <= CLOSES_US;
	s->last_us = now_us;
	uint8_t code = run(d, &q, now_us, data, &n);
	r = (struct milur_frame){.address = q.address,
		.function = (uint8_t)(code ? q.function | 0x80 : q.function),
		.object = code ? code : q.object,
		.data = {data, n}};
	milur_reply(WIDTH, &r, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_milur = {.name = "milur", .frame = frame, .answer = answer};
