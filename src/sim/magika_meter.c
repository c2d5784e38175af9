/*
 * magika_meter.c - the meter's side of Magika heat meters: series E
 *
 * Written from docs/protocols/magika.md: one heating system, no hot water, its pipes and sensors absent.
 * Any serial number opens a session: what a meter does with a wrong one is in no source. Any request but
 * those below ends it. The depth of the memory is in no source either; families.c gives the twin as much
 * as the one known program asks for, 1440 hours and 60 days. There is no journal: 12 20 finds it empty.
 *
 * Records are sent from the newest backwards, one for each 01; the host's 08, or anything else, ends
 * that. Periods without a record - the power was off at their end - are passed over.
 */
#include "proto/magika.h"
#include "sim/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define CONFIG   0xd8000080u
#define TICKS_H  (3600000 / 1.024)
#define INTERVAL 634.0 /* ticks of a flow measurement, as captured */
#define PULSES   65536.0
#define DECIMALS 6
#define WINTER   0x20 /* mode: winter, closed */

/* In sim_device.memory. */
struct memory {
	bool is_open;
	uint8_t records; /* command whose records are being sent; 0 none */
	unsigned next;   /* period, counted back from the newest */
};

static struct memory *memory_of(struct sim_device *d)
{
	static_assert(sizeof(struct memory) <= sizeof(d->memory), "memory of a device");
	return (struct memory *)(void *)d->memory;
}

static double or_zero(double v)
{
	return isnan(v) ? 0 : v;
}

static double now_of(const struct sim_device *d, enum quantity q, enum unit u, int64_t now_us)
{
	return or_zero(sim_reading(d, q, u, now_us));
}

static unsigned minutes_of(const struct sim_device *d, enum quantity q, int64_t now_us)
{
	return (unsigned)floor(60 * now_of(d, q, UNIT_H, now_us) + 1e-6);
}

/* ---- blocks ---- */

static void put_current(const struct sim_device *d, int64_t now_us, uint8_t *to)
{
	double flow1 = now_of(d, QUANTITY_FLOW_SUPPLY, UNIT_M3_H, now_us);
	double flow2 = now_of(d, QUANTITY_FLOW_RETURN, UNIT_M3_H, now_us);
	double power = now_of(d, QUANTITY_HEAT_POWER, UNIT_GCAL_H, now_us);
	double mass1 = now_of(d, QUANTITY_MASS_FLOW_SUPPLY, UNIT_T_H, now_us);
	double mass2 = now_of(d, QUANTITY_MASS_FLOW_RETURN, UNIT_T_H, now_us);
	const double values[MAGIKA_CURRENT_SIZE / 4] = {flow1 * INTERVAL / TICKS_H,
		flow2 * INTERVAL / TICKS_H, mass1 / TICKS_H, mass2 / TICKS_H, power / TICKS_H,
		INTERVAL, now_of(d, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, now_us),
		now_of(d, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, now_us), 0, 0,
		now_of(d, QUANTITY_PRESSURE_SUPPLY, UNIT_MPA, now_us),
		now_of(d, QUANTITY_PRESSURE_RETURN, UNIT_MPA, now_us), [16] = PULSES};
	for (size_t i = 0; i < MAGIKA_CURRENT_SIZE / 4; i++) {
		magika_float_put(to + 4 * i, values[i]);
	}
}

/* Seven fractions, seven whole parts, three times: in totals and at the end of a day's record. */
static void put_counters(
	const struct sim_device *d, int64_t us, uint8_t *fractions, uint8_t *wholes)
{
	const double counters[7] = {now_of(d, QUANTITY_MASS_SUPPLY, UNIT_T, us),
		now_of(d, QUANTITY_MASS_RETURN, UNIT_T, us), 0, 0,
		now_of(d, QUANTITY_HEAT_ENERGY, UNIT_GCAL, us), 0, 0};
	for (size_t i = 0; i < 7; i++) {
		double whole = floor(counters[i]);
		magika_float_put(fractions + 4 * i, counters[i] - whole);
		magika_uint_put(wholes + 3 * i, 3, (unsigned)fmod(whole, 16777216));
	}
	magika_uint_put(wholes + 21, 3, minutes_of(d, QUANTITY_OPERATING_TIME, us));
	magika_uint_put(wholes + 27, 3, minutes_of(d, QUANTITY_OPERATING_TIME, us));
}

static void put_totals(const struct sim_device *d, int64_t now_us, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct civil now = zone_civil(c.zone, sim_meter_now(d, now_us));
	magika_clock_put(to, &now);
	put_counters(d, now_us, to + 8, to + 36);
}

/* ---- records ---- */

/* Amounts and means of the interval, from `heat_at` on: heat, hot water, masses, temperatures. */
static void put_values(const struct sim_device *d, struct span p, uint8_t *to)
{
	const double values[12] = {sim_amount(d, QUANTITY_HEAT_ENERGY, UNIT_GCAL, DECIMALS, p), 0,
		sim_amount(d, QUANTITY_MASS_SUPPLY, UNIT_T, DECIMALS, p),
		sim_amount(d, QUANTITY_MASS_RETURN, UNIT_T, DECIMALS, p), 0, 0,
		sim_mean(d, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, p),
		sim_mean(d, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, p), 0, 0,
		sim_mean(d, QUANTITY_PRESSURE_SUPPLY, UNIT_MPA, p),
		sim_mean(d, QUANTITY_PRESSURE_RETURN, UNIT_MPA, p)};
	for (size_t i = 0; i < 12; i++) {
		magika_float_put(to + 4 * i, or_zero(values[i]));
	}
}

/* Minutes are bytes in an hour's record, two bytes in a day's. */
static void put_record(
	const struct sim_device *d, bool is_day, const struct sim_record *r, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct civil last = zone_civil(c.zone, r->period.till - 1);
	double length_h = (double)(r->period.till - r->period.from) / 3600;
	unsigned on = (unsigned)lround(60 * (length_h - r->off_h));
	magika_label_put(to, &last);
	if (is_day) {
		magika_uint_put(to + 4, 2, on);
		magika_uint_put(to + 12, 2, on);
		to[21] = WINTER;
		magika_uint_put(to + 23, 2, on);
		put_values(d, r->period, to + 29);
		put_counters(d, r->period.till * 1000000, to + 93, to + 121);
	} else {
		to[4] = to[9] = to[15] = (uint8_t)on;
		to[13] = WINTER;
		put_values(d, r->period, to + 18);
	}
}

/* The next record there is; false: the memory begins here. */
static bool next_record(struct sim_device *d, int64_t now_us, struct sim_record *ret)
{
	struct memory *m = memory_of(d);
	enum period p = m->records == MAGIKA_DAYS ? PERIOD_DAY : PERIOD_HOUR;
	unsigned depth = m->records == MAGIKA_JOURNAL ? 0 : (unsigned)sim_depth(d, p);
	while (m->next < depth) {
		if (sim_record_back(d, p, m->next++, now_us, ret)) {
			return true;
		}
	}
	return false;
}

static void answer_record(struct sim_device *d, bool is_first, int64_t now_us, struct buf *out)
{
	struct memory *m = memory_of(d);
	bool is_day = m->records == MAGIKA_DAYS;
	uint8_t record[MAGIKA_RECORD_CAP] = {0};
	uint8_t size = is_day ? MAGIKA_DAY_E_SIZE : MAGIKA_HOUR_E_SIZE;
	struct sim_record r;
	if (!next_record(d, now_us, &r)) {
		buf_u8(out, is_first ? MAGIKA_EMPTY : 0);
		m->records = 0;
		return;
	}
	put_record(d, is_day, &r, record);
	if (is_first) {
		buf_u8(out, MAGIKA_OK);
	}
	buf_u8(out, size);
	buf_put(out, record, size);
}

/* ---- requests ---- */

static void answer_block(struct buf *out, const uint8_t *block, uint8_t size)
{
	buf_u8(out, MAGIKA_OK);
	buf_u8(out, size);
	buf_put(out, block, size);
}

static bool answer_command(struct sim_device *d, uint8_t command, int64_t now_us, struct buf *out)
{
	struct memory *m = memory_of(d);
	uint8_t block[MAGIKA_CURRENT_SIZE] = {0};
	switch (command) {
	case MAGIKA_CONFIG: buf_u32le(out, 0); return true;
	case MAGIKA_CONFIG_MORE:
		magika_uint_put(block, 4, CONFIG);
		buf_put(out, block, 4);
		return true;
	case MAGIKA_CURRENT:
		put_current(d, now_us, block);
		answer_block(out, block, MAGIKA_CURRENT_SIZE);
		return true;
	case MAGIKA_TOTALS:
		put_totals(d, now_us, block);
		answer_block(out, block, MAGIKA_TOTALS_SIZE);
		return true;
	case MAGIKA_HOURS:
	case MAGIKA_DAYS:
	case MAGIKA_JOURNAL:
		m->records = command;
		m->next = 0;
		answer_record(d, true, now_us, out);
		return true;
	default: m->is_open = false; return false;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	struct memory *m = memory_of(d);
	if (request.data[0] == MAGIKA_OK) {
		if (!m->is_open || !m->records) {
			return false;
		}
		answer_record(d, false, now_us, out);
		return true;
	}
	m->records = 0;
	if (request.data[0] != MAGIKA_START) {
		return false;
	}
	if (request.data[1] == MAGIKA_SESSION) {
		m->is_open = true;
		buf_u8(out, MAGIKA_OK);
		return true;
	}
	return m->is_open && answer_command(d, request.data[1], now_us, out);
}

static struct frame_verdict frame(struct slice so_far)
{
	struct magika_cut c = magika_cut_request(so_far);
	return (struct frame_verdict){c.state == MAGIKA_CUT_FULL ? FRAME_FULL :
				      c.state == MAGIKA_CUT_MORE ? FRAME_MORE :
								   FRAME_JUNK,
		c.size};
}

const struct sim_protocol sim_magika = {.name = "magika", .frame = frame, .answer = answer};
