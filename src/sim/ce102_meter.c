/*
 * ce102_meter.c - a simulated CE102 (model "s7": the older parameters) or CE102 R5.1 ("r5")
 *
 * Facts: docs/protocols/ce102.md. How far the profile of half-hours goes back nobody says: 45 days here,
 * as the day archive. Password 0 reads, 777777 also sets the clock; anything else is refused.
 *
 * Energy is counted in hundredths of a kWh, by two tariffs: 1 the day, 2 the night.
 */
#include "proto/bcd.h"
#include "proto/ce102.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_ADMIN 777777
#define TARIFFS        4
#define DIVISOR        100
#define NO_DATA        0xffffffu

enum refusal {
	DONE,
	UNKNOWN = 0x100, /* beyond the protocol's own codes */
	NO_ACCESS = 0x02,
	WRONG_COUNT = 0x03,
	WRONG_VALUE = 0x10,
	NO_RECORD = 0x20
};

static bool is_new(const struct sim_device *d)
{
	return strcmp(d->model, "r5") == 0;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum ce102_cut cut = ce102_cut(so_far, true, &v.size);
	v.state = cut == CE102_CUT_FULL ? FRAME_FULL :
		  cut == CE102_CUT_JUNK ? FRAME_JUNK :
					  FRAME_MORE;
	return v;
}

static struct civil meter_civil(const struct sim_device *d, int64_t now_us)
{
	struct calendar c = sim_calendar(d);
	return zone_civil(c.zone, sim_meter_now(d, now_us));
}

static uint32_t shown(const struct sim_device *d, int tariff, int64_t utc_us)
{
	double v = tariff == 0 ?
			   sim_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, utc_us) :
			   sim_tariff_reading(d, QUANTITY_ACTIVE_ENERGY, UNIT_KWH, tariff, utc_us);
	return isnan(v) ? 0 : (uint32_t)floor(v * DIVISOR + 0.5);
}

static void put(struct ce102_frame *f, uint32_t v, size_t n)
{
	ce102_number_put(v, n, f->data + f->size);
	f->size = (uint8_t)(f->size + n);
}

static void put_bytes(struct ce102_frame *f, const void *bytes, size_t n)
{
	memcpy(f->data, bytes, n);
	f->size = (uint8_t)n;
}

/* ---- commands ---- */

static enum refusal serial(
	const struct sim_device *d, const struct ce102_frame *q, struct ce102_frame *r)
{
	char whole[17], part[8];
	if (q->size != 1 || q->data[0] > 1) {
		return WRONG_COUNT;
	}
	(void)snprintf(whole, sizeof(whole), "%015lld", (long long)strtoll(d->serial, NULL, 10));
	for (int i = 0; i < 8; i++) { /* backwards, 15 digits and a zero byte */
		int at = 14 - i - 8 * q->data[0];
		part[i] = (char)(at >= 0 ? whole[at] : 0);
	}
	put_bytes(r, part, sizeof(part));
	return DONE;
}

static enum refusal set_clock(struct sim_device *d, const struct ce102_frame *q, int64_t now_us)
{
	struct civil c;
	struct calendar calendar = sim_calendar(d);
	if (q->password != PASSWORD_ADMIN) {
		return NO_ACCESS;
	}
	if (q->size != 7 || !ce102_time(q->data, &c)) {
		return WRONG_VALUE;
	}
	sim_set_clock(d, now_us, zone_utc(calendar.zone, c, false));
	return DONE;
}

/* Energy at the end of the depth-th day or month back, or now. `tariff` 0: of all. */
static enum refusal energy(const struct sim_device *d, enum period period, unsigned depth,
	int tariff, int64_t now_us, struct ce102_frame *r)
{
	struct sim_record record = {.period = {0, now_us / 1000000}};
	struct calendar c = sim_calendar(d);
	int64_t at_us = now_us;
	struct civil date = meter_civil(d, now_us);
	if (tariff > TARIFFS) {
		return WRONG_VALUE;
	}
	if (depth > 0) {
		if (!sim_record_back(d, period, depth - 1, now_us, &record)) {
			return NO_RECORD;
		}
		at_us = record.period.till * 1000000;
		date = zone_civil(c.zone, record.period.from);
	}
	if (is_new(d)) {
		r->data[r->size++] = period == PERIOD_DAY ? bcd_put(date.day) : 0;
		r->data[r->size++] = bcd_put(date.month);
		r->data[r->size++] = bcd_put(date.year % 100);
	}
	put(r, shown(d, tariff, at_us), 4);
	return DONE;
}

static enum refusal old_energy(const struct sim_device *d, const struct ce102_frame *q,
	int64_t now_us, struct ce102_frame *r)
{
	switch (q->command) {
	case CE102_DAY_SUM:
		return q->size == 1 && q->data[0] ?
			       energy(d, PERIOD_DAY, q->data[0], 0, now_us, r) :
			       WRONG_COUNT;
	case CE102_ENERGY_SUM:
		return q->size == 1 ? energy(d, PERIOD_MONTH, q->data[0], 0, now_us, r) :
				      WRONG_COUNT;
	case CE102_DAY:
	case CE102_ENERGY:
		if (q->size != 2) {
			return WRONG_COUNT;
		}
		if (q->data[0] == 0) { /* number 0 counts nothing here */
			put(r, 0, 4);
			return DONE;
		}
		return energy(d, q->command == CE102_DAY ? PERIOD_DAY : PERIOD_MONTH, q->data[1],
			q->data[0], now_us, r);
	default: return UNKNOWN;
	}
}

static enum refusal new_energy(const struct sim_device *d, const struct ce102_frame *q,
	int64_t now_us, struct ce102_frame *r)
{
	bool is_day = q->command == CE102_DAY_SUM;
	if (!is_day && q->command != CE102_ENERGY) {
		return UNKNOWN;
	}
	return q->size == 2 ? energy(d, is_day ? PERIOD_DAY : PERIOD_MONTH, q->data[0], q->data[1],
				      now_us, r) :
			      WRONG_COUNT;
}

/* Energy of up to four half-hours of a day, by number. */
static enum refusal profile(const struct sim_device *d, const struct ce102_frame *q, int64_t now_us,
	struct ce102_frame *r)
{
	struct calendar c = sim_calendar(d);
	int v[5];
	if (q->size != 5) {
		return WRONG_COUNT;
	}
	for (int i = 0; i < 5; i++) {
		v[i] = bcd_get(q->data[i]);
		if (v[i] < 0) {
			return WRONG_VALUE;
		}
	}
	if (v[4] < 1 || v[4] > 4 || v[3] + v[4] > 48) {
		return WRONG_VALUE;
	}
	for (int i = 0; i < v[4]; i++) {
		struct civil start = {.year = 2000 + v[2], .month = v[1], .day = v[0]};
		struct sim_record record;
		start.minute = 30 * (v[3] + i);
		int64_t utc = zone_utc(c.zone, civil_from_utc(civil_to_utc(start)), false);
		uint32_t raw = NO_DATA;
		if (sim_record_of(d, PERIOD_HALF_HOUR, utc, now_us, &record)) {
			raw = shown(d, 0, record.period.till * 1000000) -
			      shown(d, 0, record.period.from * 1000000);
		}
		put(r, raw, 3);
	}
	return DONE;
}

static enum refusal run(
	struct sim_device *d, const struct ce102_frame *q, int64_t now_us, struct ce102_frame *r)
{
	static const uint8_t old_version[] = {2, 1, 6, 0x05, 0x02, 0x10};
	static const uint8_t new_version[] = {0x0a, 1, 1, 0x14, 0x02, 0x17};
	static const uint8_t config[] = {0x02, 0x01, TARIFFS, 0, 0};
	struct civil now = meter_civil(d, now_us);
	if (q->password != 0 && q->password != PASSWORD_ADMIN) {
		return NO_ACCESS;
	}
	switch (q->command) {
	case CE102_PING: put(r, (uint32_t)d->address, 2); return DONE;
	case CE102_VERSION:
		put_bytes(r, is_new(d) ? new_version : old_version, sizeof(old_version));
		return DONE;
	case CE102_CONFIG: put_bytes(r, config, sizeof(config)); return DONE;
	case CE102_SERIAL: return serial(d, q, r);
	case CE102_CLOCK:
		ce102_time_put(&now, r->data);
		r->size = 7;
		return DONE;
	case CE102_SET_CLOCK: return set_clock(d, q, now_us);
	case CE102_TARIFF_NOW:
		r->data[r->size++] = now.hour >= 7 && now.hour < 23 ? 1 : 2;
		return DONE;
	case CE102_PROFILE: return is_new(d) ? UNKNOWN : profile(d, q, now_us, r);
	default: return is_new(d) ? new_energy(d, q, now_us, r) : old_energy(d, q, now_us, r);
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct ce102_frame q, r;
	struct ce102_out out;
	if (ce102_decode(request, true, &q) || q.to != d->address) {
		return false;
	}
	r = (struct ce102_frame){
		.to = q.from, .from = q.to, .class = CE102_CLASS_COMMAND, .command = q.command};
	enum refusal refused = run(d, &q, now_us, &r);
	if (refused != DONE) {
		r.class = CE102_CLASS_ERROR;
		r.size = 1;
		r.data[0] = refused == UNKNOWN ? 0 : (uint8_t)refused;
	}
	ce102_encode(&r, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_ce102 = {.name = "ce102", .frame = frame, .answer = answer};
