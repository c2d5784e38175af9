/*
 * set4tm_meter.c - a simulated SET-4TM.03M at 230 V, 5 A: 1250 imp/kWh, half-hours, 8192 records
 *
 * Facts: docs/protocols/set4tm.md. The channel closes 20 s after the last request. Reads of memory give up
 * to 93 bytes.
 */
#include "proto/set4tm.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONSTANT  1250
#define KC        2
#define MINUTES   30
#define BLOCK     24
#define BLOCKS    (8192 * 8 / BLOCK)
#define CLOSES_US 20000000
#define READ_MOST 93
#define HOUR_S    3600

struct channel {
	int64_t last_us;
	bool is_open;
};

struct asked {
	struct sim_device *d;
	struct channel *channel;
	struct slice body;
	int64_t now_us;
	uint8_t *to;
};

static struct frame_verdict frame(struct slice s)
{
	static const struct {
		uint8_t command, sizes[3]; /* behind the address, with the checksum */
	} commands[] = {{SET4_TEST, {3}}, {SET4_OPEN, {9}}, {SET4_CLOSE, {3}},
		{SET4_WRITE, {5, 7, 12}}, {SET4_TIME, {4, 5}}, {SET4_ENERGY, {5}},
		{SET4_MEMORY, {7}}, {SET4_PARAMETER, {4, 5}}, {SET4_ENERGY_MORE, {8}}};
	size_t head = s.size > 0 && s.data[0] == SET4_EXTENDED ? 5 : 1;
	struct frame_verdict v = {s.size <= head ? FRAME_MORE : FRAME_JUNK, 1};
	for (size_t i = 0; s.size > head && i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (int k = 0; commands[i].command == s.data[head] && k < 3; k++) {
			struct set4_address address;
			struct slice body;
			size_t n = head + commands[i].sizes[k];
			if (n > head && s.size < n) {
				v = (struct frame_verdict){FRAME_MORE, n};
			} else if (n > head &&
				   set4_unframe((struct slice){s.data, n}, &address, &body)) {
				return (struct frame_verdict){FRAME_FULL, n};
			}
		}
	}
	return v;
}

static int status(const struct asked *a, enum set4_status s)
{
	a->to[0] = (uint8_t)s;
	return 1;
}

static bool is_winter(const struct sim_device *d, int64_t utc)
{
	struct calendar c = sim_calendar(d);
	int january = zone_offset(c.zone, 1767225600), july = zone_offset(c.zone, 1782864000);
	return zone_offset(c.zone, utc) == (january < july ? january : july);
}

/* ---- energies ---- */

static double half_impulses(const struct sim_device *d, int column, int tariff, int64_t utc_us)
{
	enum quantity q = column == 0 ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	enum unit u = column == 0 ? UNIT_KWH : UNIT_KVARH;
	double v = column % 2 ? 0 :
		   tariff     ? sim_tariff_reading(d, q, u, tariff, utc_us) :
				sim_reading(d, q, u, utc_us);
	return isnan(v) ? 0 : floor(v * 2 * CONSTANT + 0.5);
}

static int put_energies(const struct asked *a, int tariff, int64_t utc_us)
{
	for (int i = 0; i < 4; i++) {
		set4_number_put((uint32_t)(int64_t)half_impulses(a->d, i, tariff, utc_us), 4,
			a->to + 4 * i);
	}
	return 16;
}

static int readings(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	const uint8_t *b = a->body.data;
	struct civil now = zone_civil(cal.zone, sim_meter_now(a->d, a->now_us));
	struct civil c = {now.year, now.month, now.day, 0, 0, 0};
	if (b[3] > 8 || b[4] != 0x0f) {
		return status(a, SET4_ILLEGAL);
	}
	switch (b[1]) {
	case 0x00: return put_energies(a, b[3], a->now_us);
	case 0x83: c = (struct civil){now.year - (b[2] > now.month), b[2], 1, 0, 0, 0}; break;
	case 0x84: break;
	case 0x85: c.day--; break;
	case 0x86: /* the latest day of that number */
		c = (struct civil){now.year, now.month - (b[2] > now.day), b[2], 0, 0, 0};
		break;
	default: return status(a, SET4_ILLEGAL);
	}
	return put_energies(
		a, b[3], zone_utc(cal.zone, civil_from_utc(civil_to_utc(c)), false) * 1000000);
}

/* ---- the profile ---- */

/* Hours from 2000 on, less those wholly without power before it: the number of its block. */
static int64_t hole(const struct sim_device *d, int64_t *ret_from)
{
	*ret_from = (d->off_from_utc + HOUR_S - 1) / HOUR_S;
	int64_t till = d->off_till_utc / HOUR_S;
	return till > *ret_from ? till - *ret_from : 0;
}

static int64_t block_of(const struct sim_device *d, int64_t hour)
{
	int64_t from, lost = hole(d, &from);
	return hour >= from + lost ? hour - lost : hour > from ? from : hour;
}

/* The hour whose block has this number. */
static int64_t hour_of(const struct sim_device *d, int64_t block)
{
	int64_t from, lost = hole(d, &from);
	return block >= from ? block + lost : block;
}

static void put_slice(const struct asked *a, int64_t start, uint8_t *to)
{
	struct sim_record r;
	memset(to, 0, SET4_SLICE);
	if (!sim_record_of(a->d, PERIOD_HALF_HOUR, start, a->now_us, &r)) {
		return;
	}
	for (int i = 0; i < 4; i++) {
		double n = half_impulses(a->d, i, 0, r.period.till * 1000000) -
			   half_impulses(a->d, i, 0, r.period.from * 1000000);
		set4_number_put((uint32_t)n | (r.off_h > 0 && i == 0 ? 0x8000u : 0), 2, to + 2 * i);
	}
}

/* Block `slot` of memory; one never written is all ones. */
static void put_block(const struct asked *a, unsigned slot, uint8_t *to)
{
	struct calendar cal = sim_calendar(a->d);
	int64_t now = sim_meter_now(a->d, a->now_us) / HOUR_S, newest = block_of(a->d, now);
	int64_t block = newest - (newest % BLOCKS + BLOCKS - slot) % BLOCKS;
	int64_t start = hour_of(a->d, block) * HOUR_S;
	memset(to, 0xff, BLOCK);
	int64_t now_s = sim_meter_now(a->d, a->now_us);
	int64_t oldest = now_s - now_s % (MINUTES * 60) -
			 a->d->depth.half_hours * MINUTES * INT64_C(60);
	if (start < a->d->born_utc || start < oldest) {
		return;
	}
	struct set4_hour h = {.start = zone_civil(cal.zone, start),
		.is_winter = is_winter(a->d, start),
		.minutes = MINUTES};
	set4_hour_put(&h, to);
	put_slice(a, start, to + SET4_SLICE);
	put_slice(a, start + MINUTES * 60, to + 2 * SET4_SLICE);
}

static int memory(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	unsigned at = (unsigned)(b[2] << 8 | b[3]), n = b[4];
	if (b[1] != 3 || n < 2 || n > READ_MOST) {
		return status(a, SET4_ILLEGAL);
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned place = (at + i) % 65536, slot = place / BLOCK;
		uint8_t block[BLOCK];
		if (i == 0 || place % BLOCK == 0) {
			put_block(a, slot, block);
		}
		a->to[i] = slot < BLOCKS ? block[place % BLOCK] : 0xff;
	}
	return (int)n;
}

static int pointer(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	int64_t now = sim_meter_now(a->d, a->now_us);
	struct civil c = zone_civil(cal.zone, now);
	int64_t block = block_of(a->d, now / HOUR_S) % BLOCKS;
	int slice = c.minute / MINUTES;
	a->to[0] = (uint8_t)(set4_to_bcd(slice * MINUTES) | 0x80);
	a->to[1] = set4_to_bcd(c.hour);
	a->to[2] = set4_to_bcd(c.day);
	a->to[3] = set4_to_bcd(c.month);
	a->to[4] = set4_to_bcd(c.year % 100);
	set4_number_put((uint32_t)(block * BLOCK + (slice + 1) * SET4_SLICE), 2, a->to + 5);
	return 7;
}

/* ---- parameters ---- */

static double now_of(const struct asked *a, enum quantity q, enum unit u)
{
	double v = sim_reading(a->d, q, u, a->now_us);
	return isnan(v) ? 0 : v;
}

static void put_three(uint8_t *to, double n)
{
	set4_number_put((uint32_t)floor(fabs(n) + 0.5) | (n < 0 ? 0x800000u : 0), 3, to);
}

static int group(const struct asked *a)
{
	double p = now_of(a, QUANTITY_ACTIVE_POWER, UNIT_W);
	double q = now_of(a, QUANTITY_REACTIVE_POWER, UNIT_VAR), s = hypot(p, q), v;
	uint8_t rwri = a->body.data[2];
	switch (rwri) {
	case 0x00: v = p * 1000 / KC; break;
	case 0x04: v = q * 1000 / KC; break;
	case 0x08: v = s * 1000 / KC; break;
	case 0x10: v = now_of(a, QUANTITY_VOLTAGE, UNIT_V) * 100; break;
	case 0x20: v = now_of(a, QUANTITY_CURRENT, UNIT_A) * 10000; break;
	case 0x30: v = s > 0 ? 100 * p / s : 100; break;
	default: return status(a, SET4_ILLEGAL);
	}
	for (int i = 0; i < 4; i++) {
		put_three(a->to + 3 * i, rwri <= 0x08 && i ? v / 3 : v);
	}
	return 12;
}

static int parameter(const struct asked *a)
{
	static const uint8_t ratios[10] = {0, 1, 0, 1}, variant[] = {0x64, 0x42, 0x80};
	static const uint8_t version[] = {0x28, 0x26, 0x02}, made[] = {0x17, 0x05, 0x18};
	switch (a->body.data[1]) {
	case 0x00:
		set4_number_put((uint32_t)strtoul(a->d->serial, NULL, 10), 4, a->to);
		memcpy(a->to + 4, made, 3);
		return 7;
	case 0x02: memcpy(a->to, ratios, sizeof(ratios)); return 10;
	case 0x03: memcpy(a->to, version, 3); return 3;
	case 0x04: return pointer(a);
	case 0x06:
		a->to[0] = 0;
		a->to[1] = MINUTES;
		return 2;
	case 0x11:
		put_three(a->to, now_of(a, QUANTITY_FREQUENCY, UNIT_HZ) * 100);
		return a->body.size == 3 && a->body.data[2] == 0x40 ? 3 : status(a, SET4_ILLEGAL);
	case 0x12: memcpy(a->to, variant, 3); return 3;
	case 0x16: return a->body.size == 3 ? group(a) : status(a, SET4_ILLEGAL);
	default: return status(a, SET4_ILLEGAL);
	}
}

static void put_moment(const struct asked *a, int64_t utc, uint8_t *to)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = zone_civil(cal.zone, utc);
	set4_clock_put(&c, to);
}

static int time_of(const struct asked *a)
{
	int64_t now = sim_meter_now(a->d, a->now_us);
	bool has_cut = a->d->off_till_utc > a->d->off_from_utc &&
		       a->d->off_till_utc <= a->now_us / 1000000;
	if (a->body.data[1] == 0) {
		put_moment(a, now, a->to);
		a->to[7] = is_winter(a->d, now);
		return 8;
	}
	memset(a->to, 0, 14);
	if (a->body.data[1] == 0x10 && has_cut) {
		put_moment(a, a->d->off_from_utc, a->to);
		put_moment(a, a->d->off_till_utc, a->to + 7);
	}
	return 14;
}

static int write_of(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c;
	if (a->body.size != 10 || a->body.data[1] != 0x0c || !set4_clock(a->body.data + 2, &c)) {
		return status(a, SET4_ILLEGAL);
	}
	sim_set_clock(a->d, a->now_us, zone_utc(cal.zone, c, a->body.data[9] == 1));
	return status(a, SET4_OK);
}

static int run(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	if (b[0] == SET4_TEST) {
		return status(a, SET4_OK);
	}
	if (b[0] == SET4_OPEN) {
		a->channel->is_open = memcmp(b + 1, "000000", 6) == 0;
		return status(a, a->channel->is_open ? SET4_OK : SET4_NO_ACCESS);
	}
	if (!a->channel->is_open) {
		return status(a, SET4_NOT_OPEN);
	}
	switch (b[0]) {
	case SET4_CLOSE: a->channel->is_open = false; return status(a, SET4_OK);
	case SET4_WRITE: return write_of(a);
	case SET4_TIME: return time_of(a);
	case SET4_ENERGY:
		return b[1] == 0 && b[2] <= 8 ? put_energies(a, b[2], a->now_us) :
						status(a, SET4_ILLEGAL);
	case SET4_ENERGY_MORE: return readings(a);
	case SET4_MEMORY: return memory(a);
	case SET4_PARAMETER: return parameter(a);
	default: return status(a, SET4_ILLEGAL);
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct set4_address address;
	uint8_t data[READ_MOST + 8];
	struct set4_out out;
	struct asked a = {.d = d,
		.channel = (struct channel *)(void *)d->memory,
		.now_us = now_us,
		.to = data};
	if (!set4_unframe(request, &address, &a.body) ||
		(address.value != (uint32_t)d->address && address.value != SET4_ANY)) {
		return false;
	}
	if (now_us - a.channel->last_us > CLOSES_US) {
		a.channel->is_open = false;
	}
	a.channel->last_us = now_us;
	int n = run(&a);
	set4_frame(address, (struct slice){data, (size_t)n}, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_set4tm = {.name = "set4tm", .frame = frame, .answer = answer};
