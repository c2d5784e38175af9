/*
 * set4tm_meter.c - simulated meters of the SET-4TM family
 *
 *     model  type          checksum  commands  records  A, imp/kWh  incomplete intervals
 *     03m    SET-4TM.03M   CRC       extended  8192     1250        marked
 *     psch   PSCH-4TM.05   CRC       extended  4096     1250        not marked
 *     02     SET-4TM.02    KS        short     8192     5000        not marked
 *
 * Facts: docs/protocols/set4tm.md. What is wrong is not answered. The channel closes 20 s after the last
 * request; the password decides the level: "111111" reads, "000000" (as delivered) is the owner's. Energies
 * are half impulses; intervals are differences of what the counter showed. An hour wholly without power
 * has no block; where it failed and where it came back, what was not measured is zero.
 */
#include "proto/bcd.h"
#include "proto/set4tm.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MINUTES      30
#define SLICES       2
#define BLOCK        24
#define CLOSES_US    20000000
#define READ_LONG    93
#define READ_SHORT   16
#define HOUR_S       3600
#define CORRECTION_S 120
#define TARIFFS      8

static const struct kind {
	const char *model;
	enum set4_check check;
	bool is_extended, has_mark;
	int constant, kc, records;
	uint8_t variant[3];
} kinds[] = {
	{"03m", SET4_CRC, true, true, 1250, 2, 8192, {0x64, 0x42, 0x80}},
	{"psch", SET4_CRC, true, false, 1250, 2, 4096, {0x64, 0x42, 0x30}},
	{"02", SET4_KS, false, false, 5000, 1, 8192, {0x11, 0x00, 0x00}},
};

static const struct kind *kind_of(const struct sim_device *d)
{
	const struct kind *k = kinds;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		k = strcmp(kinds[i].model, d->model) == 0 ? &kinds[i] : k;
	}
	return k;
}

/* What it remembers, in device.memory. */
struct channel {
	int64_t last_us;
	int level; /* 0 closed, 1 reader, 2 owner */
	int64_t corrected_day;
};

struct asked {
	struct sim_device *d;
	const struct kind *kind;
	struct channel *channel;
	struct slice body;
	int64_t now_us;
	uint8_t *to;
};

/* ---- requests ---- */

/* A meter knows the end of a request by the silence behind it; here by the lengths a command may have, and
 * a request with the other checksum, which it will not answer, by there being nothing more. */
static struct frame_verdict cut(struct slice s, enum set4_check check)
{
	enum set4_check other = check == SET4_CRC ? SET4_KS : SET4_CRC;
	static const struct {
		uint8_t command, sizes[3]; /* of body, without the checksum */
	} commands[] = {{SET4_TEST, {1}}, {SET4_OPEN, {7}}, {SET4_CLOSE, {1}},
		{SET4_WRITE, {3, 5, 10}}, {SET4_TIME, {2}}, {SET4_ENERGY, {3}}, {SET4_MEMORY, {5}},
		{SET4_PARAMETER, {2, 3}}, {SET4_JOURNAL, {3}}, {SET4_ENERGY_MORE, {6}},
		{SET4_MEMORY_MORE, {6}}};
	size_t head = s.size > 0 && s.data[0] == SET4_EXTENDED ? 5 : 1;
	struct frame_verdict v = {s.size <= head ? FRAME_MORE : FRAME_JUNK, 1};
	for (size_t i = 0; s.size > head && i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (int k = 0; commands[i].command == s.data[head] && k < 3; k++) {
			struct set4_address address;
			struct slice body;
			size_t n = head + commands[i].sizes[k] + set4_check_size(check);
			if (commands[i].sizes[k] == 0) {
				break;
			}
			if (s.size == head + commands[i].sizes[k] + set4_check_size(other) &&
				set4_unframe(other, s, &address, &body)) {
				return (struct frame_verdict){FRAME_FULL, s.size};
			}
			if (s.size < n) {
				v = (struct frame_verdict){FRAME_MORE, n};
			} else if (set4_unframe(
					   check, (struct slice){s.data, n}, &address, &body)) {
				return (struct frame_verdict){FRAME_FULL, n};
			}
		}
	}
	return v;
}

static struct frame_verdict frame_crc(struct slice s)
{
	return cut(s, SET4_CRC);
}

static struct frame_verdict frame_ks(struct slice s)
{
	return cut(s, SET4_KS);
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

/* A+, A-, R+, R-, R1 to R4: all that is reactive is of the first quadrant. */
static double half_impulses(const struct asked *a, int column, int tariff, int64_t utc_us)
{
	bool is_active = column < 2;
	enum quantity q = is_active ? QUANTITY_ACTIVE_ENERGY : QUANTITY_REACTIVE_ENERGY;
	enum unit u = is_active ? UNIT_KWH : UNIT_KVARH;
	if (column != 0 && column != 2 && column != 4) {
		return 0;
	}
	double v = tariff ? sim_tariff_reading(a->d, q, u, tariff, utc_us) :
			    sim_reading(a->d, q, u, utc_us);
	return isnan(v) ? 0 : floor(v * 2 * a->kind->constant + 0.5);
}

/* Counted from one moment to another; `from` INT64_MIN: the reading. */
static int put_energies(
	const struct asked *a, uint8_t mask, int tariff, int64_t from, int64_t till_us)
{
	int n = 0;
	for (int i = 0; i < SET4_ENERGIES; i++) {
		if (mask >> i & 1) {
			double v = half_impulses(a, i, tariff, till_us);
			v -= from == INT64_MIN ? 0 : half_impulses(a, i, tariff, from * 1000000);
			set4_number_put((uint32_t)(int64_t)v, 4, a->to + n);
			n += 4;
		}
	}
	return n;
}

static int64_t midnight(const struct asked *a, int year, int month, int day)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = {year, month, day, 0, 0, 0};
	return zone_utc(cal.zone, civil_from_utc(civil_to_utc(c)), false);
}

/* The beginning of what an array of readings or amounts is about, and its end; till 0: no such array. */
static struct span span_of(const struct asked *a, int array, int number)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = zone_civil(cal.zone, sim_meter_now(a->d, a->now_us));
	int64_t today = midnight(a, c.year, c.month, c.day);
	int year = c.year - (number > c.month), month = c.month - (number > c.day);
	switch (array) {
	case 3:
		return number < 1 || number > 12 ? (struct span){0, 0} :
						   (struct span){midnight(a, year, number, 1),
							   midnight(a, year, number + 1, 1)};
	case 4: return (struct span){today, today + 86400};
	case 5: return (struct span){midnight(a, c.year, c.month, c.day - 1), today};
	case 6:
		return number < 1 || number > 31 ? (struct span){0, 0} :
						   (struct span){midnight(a, c.year, month, number),
							   midnight(a, c.year, month, number + 1)};
	default: return (struct span){0, 0};
	}
}

/* Empty: before the meter was born. */
static int array_of(const struct asked *a, int array, int number, int tariff, uint8_t mask)
{
	int kind = array & 0x7f;
	struct span p = span_of(a, kind, number);
	int64_t now = a->now_us / 1000000;
	bool is_start = (array & 0x80) != 0;
	if (tariff > TARIFFS || (is_start && !a->kind->is_extended) ||
		(kind == 6 && !a->kind->is_extended)) {
		return status(a, SET4_ILLEGAL);
	}
	if (array == 0) {
		return put_energies(a, mask, tariff, INT64_MIN, a->now_us);
	}
	if (p.till == 0) {
		return status(a, SET4_ILLEGAL);
	}
	int64_t till = is_start ? p.from : p.till < now ? p.till : now;
	bool is_there = p.from >= a->d->born_utc;
	int n = put_energies(a, mask, tariff, is_start ? INT64_MIN : p.from, till * 1000000);
	if (!is_there) {
		memset(a->to, 0, (size_t)n);
	}
	return n;
}

/* ---- the profile ---- */

static int64_t blocks_of(const struct asked *a)
{
	return a->kind->records * SET4_SLICE / BLOCK;
}

/* Hours wholly without power, from that number on. */
static int64_t hole(const struct sim_device *d, int64_t *ret_from)
{
	*ret_from = (d->off_from_utc + HOUR_S - 1) / HOUR_S;
	int64_t till = d->off_till_utc / HOUR_S;
	return till > *ret_from ? till - *ret_from : 0;
}

/* Numbers of hours since 1970 and of their blocks since the meter was born. */
static int64_t block_of(const struct sim_device *d, int64_t hour)
{
	int64_t from, lost = hole(d, &from);
	int64_t before = hour >= from + lost ? lost : hour > from ? hour - from : 0;
	return hour - before - d->born_utc / HOUR_S;
}

static int64_t hour_of(const struct sim_device *d, int64_t block)
{
	int64_t from, lost = hole(d, &from), hour = block + d->born_utc / HOUR_S;
	return hour >= from ? hour + lost : hour;
}

static int64_t running_hour(const struct asked *a)
{
	return sim_meter_now(a->d, a->now_us) / HOUR_S;
}

/* What was counted while there was power. */
static void put_slice(const struct asked *a, int64_t from, uint8_t *to)
{
	const struct sim_device *d = a->d;
	int64_t till = from + MINUTES * 60;
	bool is_cut = d->off_from_utc < till && d->off_till_utc > from;
	int64_t off = is_cut && d->off_from_utc > from ? d->off_from_utc : is_cut ? from : till;
	int64_t on = is_cut && d->off_till_utc < till ? d->off_till_utc : till;
	for (int i = 0; i < 4; i++) {
		double n = half_impulses(a, i, 0, off * 1000000) -
			   half_impulses(a, i, 0, from * 1000000) +
			   half_impulses(a, i, 0, till * 1000000) -
			   half_impulses(a, i, 0, on * 1000000);
		bool is_marked = is_cut && a->kind->has_mark && i == 0 && n > 0;
		set4_number_put((uint32_t)n | (is_marked ? 0x8000u : 0), 2, to + 2 * i);
	}
}

/* Block `slot` of memory; what was never written is zero, which looks like a header but for its date. */
static void put_block(const struct asked *a, int64_t slot, uint8_t *to)
{
	struct calendar cal = sim_calendar(a->d);
	int64_t now = running_hour(a), newest = block_of(a->d, now), blocks = blocks_of(a);
	int64_t start = hour_of(a->d, newest - (newest % blocks + blocks - slot) % blocks) * HOUR_S;
	int64_t oldest = sim_meter_now(a->d, a->now_us) / (MINUTES * 60) * (MINUTES * 60) -
			 a->d->depth.half_hours * MINUTES * INT64_C(60);
	memset(to, 0, BLOCK);
	if (start < a->d->born_utc || start < oldest) {
		return;
	}
	struct set4_hour h = {.start = zone_civil(cal.zone, start),
		.is_winter = is_winter(a->d, start),
		.minutes = MINUTES};
	set4_hour_put(&h, to);
	for (int i = 0; i < SLICES; i++) {
		int64_t from = start + i * MINUTES * 60;
		if (from + MINUTES * 60 <= sim_meter_now(a->d, a->now_us)) {
			put_slice(a, from, to + (i + 1) * SET4_SLICE);
		} else { /* what stood here before */
			memset(to + (i + 1) * SET4_SLICE, 0x12, SET4_SLICE);
		}
	}
}

static int memory(const struct asked *a, bool has_id)
{
	const uint8_t *b = a->body.data + has_id;
	unsigned at = (unsigned)(b[2] << 8 | b[3]), n = b[4];
	unsigned most = a->kind->is_extended ? READ_LONG - has_id : READ_SHORT;
	uint8_t block[BLOCK] = {0}, *to = a->to + has_id;
	if (b[1] != 3 || n < 2 || n > most || at + n > (unsigned)a->kind->records * SET4_SLICE) {
		return status(a, SET4_ILLEGAL);
	}
	if (has_id) {
		a->to[0] = a->body.data[1];
	}
	for (unsigned i = 0; i < n; i++) {
		unsigned slot = (at + i) / BLOCK;
		if (i == 0 || (at + i) % BLOCK == 0) {
			put_block(a, slot, block);
		}
		to[i] = slot < (unsigned)blocks_of(a) ? block[(at + i) % BLOCK] : 0;
	}
	return (int)n + has_id;
}

static int pointer(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = zone_civil(cal.zone, sim_meter_now(a->d, a->now_us));
	int64_t block = block_of(a->d, running_hour(a)), blocks = blocks_of(a);
	int slice = c.minute / MINUTES;
	c.minute = slice * MINUTES;
	struct set4_pointer p = {.start = c,
		.has_wrapped = block >= blocks,
		.at = (uint16_t)(block % blocks * BLOCK + (slice + 1) * SET4_SLICE)};
	set4_pointer_put(&p, a->to);
	return 7;
}

/* ---- parameters ---- */

static double now_of(const struct asked *a, enum quantity q, enum unit u)
{
	double v = sim_reading(a->d, q, u, a->now_us);
	return isnan(v) ? 0 : v;
}

static void put_value(uint8_t *to, double n)
{
	struct set4_value v = {.raw = (uint32_t)floor(fabs(n) + 0.5), .is_reverse = n < 0};
	set4_value_put(&v, to);
}

static int group(const struct asked *a)
{
	double p = now_of(a, QUANTITY_ACTIVE_POWER, UNIT_W);
	double q = now_of(a, QUANTITY_REACTIVE_POWER, UNIT_VAR), s = hypot(p, q), v;
	uint8_t rwri = a->body.data[2];
	switch (rwri) {
	case 0x00: v = p * 1000 / a->kind->kc; break;
	case 0x04: v = q * 1000 / a->kind->kc; break;
	case 0x08: v = s * 1000 / a->kind->kc; break;
	case 0x10: v = now_of(a, QUANTITY_VOLTAGE, UNIT_V) * 100; break;
	case 0x14: v = now_of(a, QUANTITY_VOLTAGE, UNIT_V) * 100 * sqrt(3); break;
	case 0x20: v = now_of(a, QUANTITY_CURRENT, UNIT_A) * 10000; break;
	case 0x30: v = s > 0 ? 100 * p / s : 100; break;
	default: return status(a, SET4_ILLEGAL);
	}
	for (int i = 0; i < 4; i++) {
		put_value(a->to + 3 * i, rwri <= 0x08 && i ? v / 3 : v);
	}
	return 12;
}

static int parameter(const struct asked *a)
{
	static const uint8_t ratios[10] = {0, 1, 0, 1}, version[] = {0x28, 0x26, 0x02};
	static const uint8_t made[] = {0x17, 0x05, 0x18}, word[] = {0, 0, 0, 0, 0x80};
	switch (a->body.data[1]) {
	case 0x00:
		set4_number_put((uint32_t)strtoul(a->d->serial, NULL, 10), 4, a->to);
		memcpy(a->to + 4, made, 3);
		return 7;
	case 0x01:
		a->to[0] = 0;
		a->to[1] = 21;
		return 2;
	case 0x02: memcpy(a->to, ratios, sizeof(ratios)); return 10;
	case 0x03: memcpy(a->to, version, 3); return 3;
	case 0x04: return pointer(a);
	case 0x06:
		a->to[0] = 0;
		a->to[1] = MINUTES;
		return 2;
	case 0x0a: memcpy(a->to, word, 5); return a->kind->is_extended ? 5 : 4;
	case 0x11:
		put_value(a->to, now_of(a, QUANTITY_FREQUENCY, UNIT_HZ) * 100);
		return a->body.size == 3 && a->body.data[2] == 0x40 ? 3 : status(a, SET4_ILLEGAL);
	case 0x12: memcpy(a->to, a->kind->variant, 3); return 3;
	case 0x16: return a->body.size == 3 ? group(a) : status(a, SET4_ILLEGAL);
	default: return status(a, SET4_ILLEGAL);
	}
}

/* ---- clock and journals ---- */

static void put_moment(const struct asked *a, int64_t utc, uint8_t *to)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c = zone_civil(cal.zone, utc);
	set4_clock_put(&c, to);
}

static int clock_of(const struct asked *a)
{
	int64_t now = sim_meter_now(a->d, a->now_us);
	put_moment(a, now, a->to);
	a->to[7] = is_winter(a->d, now);
	return 8;
}

static int journal(const struct asked *a, int number, int entry)
{
	bool has_cut = a->d->off_till_utc > a->d->off_from_utc &&
		       a->d->off_till_utc <= a->now_us / 1000000;
	bool is_there = number == 1 || number == 2 || number == 0x46 || number == 0x47;
	if (!is_there || entry > 9) {
		return status(a, SET4_ILLEGAL);
	}
	memset(a->to, 0, 14);
	if (number == 1 && entry == 0 && has_cut) {
		put_moment(a, a->d->off_from_utc, a->to);
		put_moment(a, a->d->off_till_utc, a->to + 7);
	}
	return 14;
}

/* ss mm hh of a correction, moved into the running hour's date. */
static int correct_of(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	int64_t now = sim_meter_now(a->d, a->now_us), day = a->now_us / 86400000000;
	struct civil c = zone_civil(cal.zone, now);
	const uint8_t *b = a->body.data + 2;
	int64_t by = bcd_get(b[1]) * 60 + bcd_get(b[0]) - c.minute * 60 - c.second;
	if (a->channel->corrected_day == day) {
		return status(a, SET4_CLOCK_DONE);
	}
	if (bcd_get(b[2]) != c.hour || llabs(by) > CORRECTION_S) {
		return status(a, SET4_ILLEGAL);
	}
	a->channel->corrected_day = day;
	sim_set_clock(a->d, a->now_us, now + by);
	return status(a, SET4_OK);
}

static int write_of(const struct asked *a)
{
	struct calendar cal = sim_calendar(a->d);
	struct civil c;
	if (a->body.size == 5 && a->body.data[1] == 0x0d) {
		return correct_of(a);
	}
	if (a->channel->level < 2) {
		return status(a, SET4_NO_ACCESS);
	}
	if (a->body.size != 10 || a->body.data[1] != 0x0c || !set4_clock(a->body.data + 2, &c)) {
		return status(a, SET4_ILLEGAL);
	}
	sim_set_clock(a->d, a->now_us, zone_utc(cal.zone, c, a->body.data[9] == 1));
	return status(a, SET4_OK);
}

/* ---- the channel ---- */

static int open_of(const struct asked *a)
{
	const uint8_t *b = a->body.data + 1;
	a->channel->level = memcmp(b, "000000", 6) == 0 ? 2 : memcmp(b, "111111", 6) == 0 ? 1 : 0;
	return status(a, a->channel->level ? SET4_OK : SET4_NO_ACCESS);
}

static int run_extended(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	if (!a->kind->is_extended) {
		return status(a, SET4_ILLEGAL);
	}
	switch (b[0]) {
	case SET4_JOURNAL: return b[1] ? journal(a, b[1], b[2]) : clock_of(a);
	case SET4_ENERGY_MORE: return array_of(a, b[1], b[2], b[3], b[4]);
	case SET4_MEMORY_MORE: return memory(a, true);
	default: return status(a, SET4_ILLEGAL);
	}
}

static int run(const struct asked *a)
{
	const uint8_t *b = a->body.data;
	if (b[0] == SET4_TEST) {
		return status(a, SET4_OK);
	}
	if (b[0] == SET4_OPEN) {
		return open_of(a);
	}
	if (!a->channel->level) {
		return status(a, SET4_NOT_OPEN);
	}
	switch (b[0]) {
	case SET4_CLOSE: a->channel->level = 0; return status(a, SET4_OK);
	case SET4_WRITE: return write_of(a);
	case SET4_TIME: return b[1] ? journal(a, b[1] >> 4, b[1] & 15) : clock_of(a);
	case SET4_ENERGY: return array_of(a, b[1] >> 4, b[1] & 15, b[2], 0x0f);
	case SET4_MEMORY: return memory(a, false);
	case SET4_PARAMETER: return parameter(a);
	default: return run_extended(a);
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct set4_address address;
	uint8_t data[READ_LONG + 8];
	struct set4_out out;
	struct asked a = {.d = d,
		.kind = kind_of(d),
		.channel = (struct channel *)(void *)d->memory,
		.now_us = now_us,
		.to = data};
	_Static_assert(sizeof(struct channel) <= sizeof(d->memory), "memory");
	if (!set4_unframe(a.kind->check, request, &address, &a.body)) {
		return false;
	}
	bool is_me = address.is_extended ?
			     address.value == strtoul(d->serial, NULL, 10) :
			     address.value == (uint32_t)d->address || address.value == SET4_ANY;
	if (!is_me || (address.is_extended && !a.kind->is_extended)) {
		return false;
	}
	if (now_us - a.channel->last_us > CLOSES_US) {
		a.channel->level = 0;
	}
	a.channel->last_us = now_us;
	int n = run(&a);
	set4_frame(a.kind->check, address, (struct slice){data, (size_t)n}, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_set4tm = {.name = "set4tm", .frame = frame_crc, .answer = answer};
const struct sim_protocol sim_set4tm_ks = {.name = "set4tm", .frame = frame_ks, .answer = answer};
