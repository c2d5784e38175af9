/*
 * mercury230_meter.c - a simulated Mercury 230 (model "230": firmware without slices and relative reads,
 * binary passwords) or 234 with index D (model "234": with them, passwords of characters)
 *
 * Facts: docs/protocols/mercury230.md. Address 0 is answered with address 0. The channel closes after
 * 240 s. Half impulses of an interval are the difference of what the counter showed, in half impulses.
 * What newer firmware does is not answered at all by the old one.
 */
#include "proto/bcd.h"
#include "proto/mercury230.h"
#include "sim/fill.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONSTANT  1000 /* imp/kWh, number 4 of the variant */
#define MINUTES   30
#define CLOSES_US 240000000
#define SILENT    -1

/* What it remembers, in device.memory. */
struct channel {
	int64_t last_us;
	int level; /* 0: closed */
};

struct asked {
	struct sim_device *d;
	struct channel *channel;
	struct slice body;
	int64_t now_us;
	uint8_t *to; /* behind the address */
};

static bool is_new(const struct sim_device *d)
{
	return strcmp(d->model, "234") == 0;
}

/* A meter knows the end of a request by the silence behind it; here by the lengths a command may have. */
static struct frame_verdict frame(struct slice s)
{
	static const struct {
		uint8_t command, sizes[3]; /* with address and checksum */
	} commands[] = {{M230_TEST, {4}}, {M230_OPEN, {11}}, {M230_CLOSE, {4}},
		{M230_WRITE, {5, 8, 13}}, {M230_TIME, {5, 6}}, {M230_ENERGY, {6}},
		{M230_MEMORY, {8}}, {M230_PARAMETER, {5, 6}}, {M230_QUADRANTS, {6}},
		{M230_RELATIVE, {8}}, {M230_SLICE, {9}}};
	struct frame_verdict v = {s.size < 2 ? FRAME_MORE : FRAME_JUNK, 1};
	for (size_t i = 0; s.size >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (int k = 0; commands[i].command == s.data[1] && k < 3; k++) {
			uint8_t address;
			struct slice body;
			size_t n = commands[i].sizes[k];
			if (n && s.size < n) {
				v = (struct frame_verdict){FRAME_MORE, n};
			} else if (n && m230_unframe((struct slice){s.data, n}, &address, &body)) {
				return (struct frame_verdict){FRAME_FULL, n};
			}
		}
	}
	return v;
}

static bool is_winter(const struct sim_device *d, int64_t utc)
{
	struct calendar c = sim_calendar(d);
	int january = zone_offset(c.zone, 1767225600), july = zone_offset(c.zone, 1782864000);
	return zone_offset(c.zone, utc) == (january < july ? january : july);
}

/* ---- energies ---- */

static double energy(const struct sim_device *d, enum quantity q, int tariff, int64_t utc_us)
{
	enum unit u = q == QUANTITY_ACTIVE_ENERGY ? UNIT_WH : UNIT_VARH;
	return tariff ? sim_tariff_reading(d, q, u, tariff, utc_us) : sim_reading(d, q, u, utc_us);
}

static int put_energies(const struct asked *a, int tariff, int64_t utc_us)
{
	static const enum quantity quantities[] = {QUANTITY_ACTIVE_ENERGY,
		QUANTITY_ACTIVE_ENERGY_EXPORT, QUANTITY_REACTIVE_ENERGY,
		QUANTITY_REACTIVE_ENERGY_EXPORT};
	for (int i = 0; i < 4; i++) {
		m230_energy_put(energy(a->d, quantities[i], tariff, utc_us), a->to + 4 * i);
	}
	return 16;
}

static int status(const struct asked *a, enum m230_status s)
{
	a->to[0] = (uint8_t)s;
	return 1;
}

static int64_t start_of_month(const struct asked *a, int month)
{
	struct calendar c = sim_calendar(a->d);
	struct civil now = zone_civil(c.zone, sim_meter_now(a->d, a->now_us));
	struct civil start = {now.year - (month > now.month), month, 1, 0, 0, 0};
	return zone_utc(c.zone, start, false);
}

static int array(const struct asked *a)
{
	struct calendar c = sim_calendar(a->d);
	int kind = a->body.data[1] >> 4, month = a->body.data[1] & 15, tariff = a->body.data[2];
	int64_t today = period_of(&c, PERIOD_DAY, sim_meter_now(a->d, a->now_us)).from;
	if (tariff > 4) {
		return status(a, M230_ILLEGAL);
	}
	switch (kind) {
	case 0x0: return put_energies(a, tariff, a->now_us);
	case 0xb:
		return month >= 1 && month <= 12 ?
			       put_energies(a, tariff, start_of_month(a, month) * 1000000) :
			       status(a, M230_ILLEGAL);
	case 0xc: return put_energies(a, tariff, today * 1000000);
	case 0xd: return put_energies(a, tariff, period_prev(&c, PERIOD_DAY, today) * 1000000);
	default: return status(a, M230_ILLEGAL);
	}
}

static int slice_of(const struct asked *a)
{
	struct calendar c = sim_calendar(a->d);
	const uint8_t *b = a->body.data;
	struct civil date = {2000 + bcd_get(b[4]), bcd_get(b[3]), bcd_get(b[2]), 0, 0, 0};
	enum period p = b[1] == 0 ? PERIOD_DAY : PERIOD_MONTH;
	int64_t moment = zone_utc(c.zone, date, false);
	struct sim_record r;
	bool is_there = b[1] <= 1 && b[5] <= 4 &&
			sim_record_of(a->d, p, moment - 1, a->now_us, &r) &&
			r.period.till == moment;
	return is_there ? put_energies(a, b[5], moment * 1000000) : status(a, M230_ILLEGAL);
}

/* ---- parameters ---- */

static void put_instant(uint8_t *to, double v, double divisor)
{
	struct m230_value x = {
		.raw = (uint32_t)floor(fabs(v) * divisor + 0.5), .is_reverse = v < 0};
	m230_instant_put(&x, to);
}

static double now_of(const struct asked *a, enum quantity q, enum unit u)
{
	double v = sim_reading(a->d, q, u, a->now_us);
	return isnan(v) ? 0 : v;
}

static int put_power(const struct asked *a, double watts)
{
	put_instant(a->to, watts, 100);
	for (int i = 1; i < 4; i++) {
		put_instant(a->to + 3 * i, watts / 3, 100);
	}
	return 12;
}

static int group(const struct asked *a)
{
	double p = now_of(a, QUANTITY_ACTIVE_POWER, UNIT_W);
	double q = now_of(a, QUANTITY_REACTIVE_POWER, UNIT_VAR), s = hypot(p, q);
	switch (a->body.data[2]) {
	case 0x00: return put_power(a, p);
	case 0x04: return put_power(a, q);
	case 0x08: return put_power(a, s);
	case 0x11:
	case 0x21:
		for (int i = 0; i < 3; i++) {
			bool is_voltage = a->body.data[2] == 0x11;
			put_instant(a->to + 3 * i,
				is_voltage ? now_of(a, QUANTITY_VOLTAGE, UNIT_V) :
					     now_of(a, QUANTITY_CURRENT, UNIT_A),
				is_voltage ? 100 : 1000);
		}
		return 9;
	case 0x30:
		for (int i = 0; i < 4; i++) {
			put_instant(a->to + 3 * i, s > 0 ? p / s : 1, 1000);
		}
		return 12;
	case 0x40: put_instant(a->to, now_of(a, QUANTITY_FREQUENCY, UNIT_HZ), 100); return 3;
	default: return status(a, M230_ILLEGAL);
	}
}

static struct sim_ring ring_of(const struct asked *a)
{
	return (struct sim_ring){
		a->d, PERIOD_HALF_HOUR, (unsigned)a->d->depth.half_hours, a->now_us};
}

static double half_impulses(const struct asked *a, enum quantity q, struct span p)
{
	enum unit u = q == QUANTITY_ACTIVE_ENERGY ? UNIT_KWH : UNIT_KVARH;
	double from = sim_reading(a->d, q, u, p.from * 1000000);
	double till = sim_reading(a->d, q, u, p.till * 1000000);
	return floor(till * 2 * CONSTANT + 0.5) - floor(from * 2 * CONSTANT + 0.5);
}

/* The record of a slot; an empty one has no date. */
static void put_record(const struct asked *a, unsigned slot, uint8_t *to)
{
	struct calendar c = sim_calendar(a->d);
	struct sim_ring ring = ring_of(a);
	struct sim_record r;
	memset(to, 0xff, M230_RECORD);
	if (!sim_ring_at(&ring, slot, &r)) {
		return;
	}
	/* the label of the last interval of the first of two equal hours still is of summer */
	bool winter = is_winter(a->d, r.period.till);
	bool wrapped = sim_written(a->d, PERIOD_HALF_HOUR, r.period.from) >= (int64_t)ring.count;
	struct m230_record x = {.status = (r.off_h > 0 ? M230_RECORD_INCOMPLETE : 0) |
					  (winter ? M230_RECORD_WINTER : 0) |
					  (wrapped ? M230_RECORD_WRAPPED : 0),
		.end = zone_civil(c.zone, r.period.till),
		.minutes = MINUTES,
		.n = {half_impulses(a, QUANTITY_ACTIVE_ENERGY, r.period), NAN,
			half_impulses(a, QUANTITY_REACTIVE_ENERGY, r.period), NAN}};
	m230_record_put(&x, to);
}

static int pointer(const struct asked *a)
{
	struct sim_ring ring = ring_of(a);
	unsigned slot = (sim_ring_next(&ring) + ring.count - 1) % ring.count;
	uint8_t record[M230_RECORD];
	put_record(a, slot, record);
	a->to[0] = (uint8_t)(slot >> 8);
	a->to[1] = (uint8_t)slot;
	memcpy(a->to + 2, record, 7);
	return 9;
}

static int parameter(const struct asked *a)
{
	static const uint8_t version[] = {0x02, 0x03, 0x05}, ratios[] = {0, 1, 0, 1};
	int64_t serial = strtoll(a->d->serial, NULL, 10);
	switch (a->body.data[1]) {
	case 0x00:
		for (int i = 3; i >= 0; i--, serial /= 100) {
			a->to[i] = (uint8_t)(serial % 100);
		}
		memcpy(a->to + 4, (uint8_t[]){10, 2, 19}, 3);
		return 7;
	case 0x02: memcpy(a->to, ratios, sizeof(ratios)); return 4;
	case 0x03: memcpy(a->to, version, sizeof(version)); return 3;
	case 0x05:
		a->to[0] = 0;
		a->to[1] = (uint8_t)a->d->address;
		return 2;
	case 0x0a: memset(a->to, 0, 6); return 6;
	case 0x12: {
		uint8_t variant[] = {0xb4, 0xe4, 0xc2,
			(uint8_t)(0x17 | (a->d->depth.half_hours > 4096 ? 0x80 : 0)), 0xdf, 0x58};
		memcpy(a->to, variant, sizeof(variant));
		return 6;
	}
	case 0x13: return pointer(a);
	case 0x16: return a->body.size == 3 ? group(a) : status(a, M230_ILLEGAL);
	default: return status(a, M230_ILLEGAL);
	}
}

static int memory(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	uint32_t at = (uint32_t)(b[1] >> 7) << 16 | (uint32_t)b[2] << 8 | b[3];
	unsigned n = b[4] == M230_LONG ? M230_LONG_BATCH : 1;
	if ((b[1] & 0x7f) != 3 || (b[4] != M230_RECORD && b[4] != M230_LONG) || at % M230_STRIDE ||
		at / M230_STRIDE + n > (uint32_t)a->d->depth.half_hours) {
		return status(a, M230_ILLEGAL);
	}
	memset(a->to, 0, b[4]);
	for (unsigned i = 0; i < n; i++) {
		put_record(a, at / M230_STRIDE + i, a->to + (size_t)i * M230_STRIDE);
	}
	return b[4];
}

static int relative(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	struct sim_ring ring = ring_of(a);
	unsigned offset = (unsigned)(b[2] << 8 | b[3]), n = b[4];
	if (b[1] != 3 || n < 1 || n > M230_BATCH || offset + n > ring.count) {
		return status(a, M230_ILLEGAL);
	}
	for (unsigned i = 0; i < n; i++) { /* the oldest first */
		unsigned back = offset + n - i;
		put_record(a, (sim_ring_next(&ring) + ring.count - back) % ring.count,
			a->to + i * M230_RECORD);
	}
	return (int)(n * M230_RECORD);
}

/* ---- clock and journals ---- */

static void put_moment(const struct asked *a, int64_t utc, uint8_t *to)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = zone_civil(cal.zone, utc);
	uint8_t clock[8];
	m230_clock_put(&c, true, clock);
	memcpy(to, clock, 3);
	memcpy(to + 3, clock + 4, 3);
}

static int journal(const struct asked *a)
{
	int number = a->body.data[1], entry = a->body.data[2];
	int size = number == 0x12 ? 13 : 12;
	bool has_cut = a->d->off_till_utc > a->d->off_from_utc &&
		       a->d->off_till_utc <= a->now_us / 1000000;
	if (number < 1 || number > 0x13 || entry > 9) {
		return status(a, M230_ILLEGAL);
	}
	memset(a->to, 0, (size_t)size);
	if (number == 1 && entry == 0 && has_cut) {
		put_moment(a, a->d->off_till_utc, a->to);
	}
	if (number == 1 && entry == 1 && has_cut) {
		put_moment(a, a->d->off_from_utc, a->to + 6);
	}
	return size;
}

static int time_of(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	int64_t now = sim_meter_now(a->d, a->now_us);
	struct civil c = zone_civil(cal.zone, now);
	if (a->body.data[1] != 0) {
		return a->body.size == 3 ? journal(a) : status(a, M230_ILLEGAL);
	}
	m230_clock_put(&c, is_winter(a->d, now), a->to);
	return 8;
}

static int write_of(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c;
	bool winter;
	if (a->channel->level < 2) {
		return status(a, M230_NO_ACCESS);
	}
	if (a->body.size != 10 || a->body.data[1] != 0x0c ||
		!m230_clock(a->body.data + 2, &c, &winter)) {
		return status(a, M230_ILLEGAL);
	}
	sim_set_clock(a->d, a->now_us, zone_utc(cal.zone, c, winter));
	return status(a, M230_OK);
}

/* ---- the channel ---- */

static int open_channel(const struct asked *a)
{
	int level = a->body.data[1];
	uint8_t want = (uint8_t)(level + (is_new(a->d) ? '0' : 0));
	if (level < 1 || level > 2) {
		return status(a, M230_ILLEGAL);
	}
	for (int i = 0; i < 6; i++) {
		if (a->body.data[2 + i] != want) {
			return status(a, M230_NO_ACCESS);
		}
	}
	a->channel->level = level;
	return status(a, M230_OK);
}

static int run(const struct asked *a)
{
	static const struct {
		uint8_t command;
		uint8_t least; /* bytes of a request behind the address */
		bool is_new;
		int (*run)(const struct asked *a);
	} commands[] = {
		{M230_TIME, 2, false, time_of},
		{M230_ENERGY, 3, false, array},
		{M230_MEMORY, 5, false, memory},
		{M230_PARAMETER, 2, false, parameter},
		{M230_RELATIVE, 5, true, relative},
		{M230_SLICE, 6, true, slice_of},
		{M230_WRITE, 2, false, write_of},
	};
	uint8_t command = a->body.data[0];
	if (command == M230_TEST) {
		return status(a, M230_OK);
	}
	if (command == M230_OPEN && a->body.size == 8) {
		return open_channel(a);
	}
	if (command == M230_CLOSE) {
		a->channel->level = 0;
		return status(a, M230_OK);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].command != command) {
			continue;
		}
		if (a->body.size < commands[i].least || (commands[i].is_new && !is_new(a->d))) {
			return SILENT;
		}
		return a->channel->level ? commands[i].run(a) : status(a, M230_NOT_OPEN);
	}
	return SILENT;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	uint8_t address, data[M230_BATCH * M230_RECORD];
	struct m230_out out;
	struct asked a = {.d = d,
		.channel = (struct channel *)(void *)d->memory,
		.now_us = now_us,
		.to = data};
	_Static_assert(sizeof(struct channel) <= sizeof(d->memory), "memory");
	if (!m230_unframe(request, &address, &a.body) ||
		(address != d->address && address != M230_ANY)) {
		return false;
	}
	if (now_us - a.channel->last_us > CLOSES_US) {
		a.channel->level = 0;
	}
	a.channel->last_us = now_us;
	int n = run(&a);
	if (n < 0) {
		return false;
	}
	m230_frame(address, (struct slice){data, (size_t)n}, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_mercury230 = {.name = "mercury230", .frame = frame, .answer = answer};
