/*
 * pulsar_meter.c - the meter's side of the Pulsar protocol: a pulse counter, water or heat meter
 *
 * What it is follows from the device's model:
 *
 *     pulsar_water   one channel, floats
 *     pulsar_heat    channels 3..9, 10..13 (inputs with nothing connected: zero), 20; floats; 5 archive
 *                    values at once
 *     pulsar_N       N channels, doubles; every input hears the pulses of the same water meter
 *
 * Pulses weigh a litre: a pulse counter shows whole litres. Archives hold the reading at each full hour, at
 * 0:00 and on the 1st, of the meter's civil time, whatever the device's report day. FFFFFFF1 stands
 * for what is not there: not recorded, not yet, or forgotten.
 *
 * Refused as documented: unknown functions (1), masks with channels it does not have or none (2),
 * requests of a wrong length (3), parameters it does not have (4), unknown archives and channels
 * without one (7), too many values (8).
 */
#include "proto/pulsar.h"
#include "sim/memory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT        0.001 /* m3 */
#define HEAT_BATCH    5
#define INPUTS        0x1e00u /* of a heat meter: channels 10 to 13 */
#define HOURS_CHANNEL 20
#define FIRMWARE      0x0102

struct pulsar {
	struct sim_device *device;
	int64_t now_us;
	bool is_heat;
	uint32_t mask;
	size_t width;
};

/* Channels of a heat meter that something is measured for. */
static const struct {
	int number;
	enum quantity quantity;
	enum unit unit;
	bool has_archive;
} heat[] = {
	{3, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, true},
	{4, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, true},
	{5, QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, false},
	{6, QUANTITY_HEAT_POWER, UNIT_GCAL_H, false},
	{7, QUANTITY_HEAT_ENERGY, UNIT_GCAL, true},
	{8, QUANTITY_VOLUME, UNIT_M3, true},
	{9, QUANTITY_FLOW, UNIT_M3_H, false},
	{HOURS_CHANNEL, QUANTITY_OPERATING_TIME, UNIT_H, true},
};

static void become(struct sim_device *d, int64_t now_us, struct pulsar *ret)
{
	int channels = 1;
	*ret = (struct pulsar){.device = d, .now_us = now_us, .width = 4};
	if (strcmp(d->model, "pulsar_heat") == 0) {
		ret->is_heat = true;
		ret->mask = INPUTS;
		for (size_t i = 0; i < sizeof(heat) / sizeof(heat[0]); i++) {
			ret->mask |= 1u << (heat[i].number - 1);
		}
		return;
	}
	if (strncmp(d->model, "pulsar_", 7) == 0 && atoi(d->model + 7) > 0) {
		channels = atoi(d->model + 7);
		ret->width = 8;
	}
	ret->mask = UINT32_MAX >> (PULSAR_CHANNEL_MAX - channels);
}

/* ---- what is measured ---- */

/* Whatever water the source knows; a pulse counter knows whole litres. */
static double pulses_read(const struct pulsar *m, int64_t utc_us)
{
	static const enum quantity water[] = {QUANTITY_COLD_WATER, QUANTITY_HOT_WATER,
		QUANTITY_VOLUME, QUANTITY_VOLUME_SUPPLY, QUANTITY_GAS};
	for (size_t i = 0; i < sizeof(water) / sizeof(water[0]); i++) {
		double v = sim_reading(m->device, water[i], UNIT_M3, utc_us);
		if (!isnan(v)) {
			return m->width == 4 ? v : floor(v / WEIGHT + 1e-6) * WEIGHT;
		}
	}
	return NAN;
}

static double channel_read(const struct pulsar *m, int number, int64_t utc_us)
{
	if (!m->is_heat) {
		return pulses_read(m, utc_us);
	}
	for (size_t i = 0; i < sizeof(heat) / sizeof(heat[0]); i++) {
		if (heat[i].number == number) {
			return sim_reading(m->device, heat[i].quantity, heat[i].unit, utc_us);
		}
	}
	return 0;
}

static bool has_archive(const struct pulsar *m, int number)
{
	for (size_t i = 0; m->is_heat && i < sizeof(heat) / sizeof(heat[0]); i++) {
		if (heat[i].number == number) {
			return heat[i].has_archive;
		}
	}
	return true;
}

static void put_channel(const struct pulsar *m, int number, int64_t utc_us, struct buf *out)
{
	double v = channel_read(m, number, utc_us);
	if (m->is_heat && number == HOURS_CHANNEL) {
		buf_u32le(out, (uint32_t)floor(v));
		return;
	}
	pulsar_value_put(v, m->width, out);
}

/* ---- archives ---- */

struct ring {
	enum period period;
	struct civil from;
	int64_t step_s; /* 0: months */
};

static struct civil ring_place(const struct ring *r, int i)
{
	struct civil c = r->from;
	if (!r->step_s) {
		c.month += i;
		return civil_from_utc(civil_to_utc(c));
	}
	return civil_from_utc(civil_to_utc(c) + i * r->step_s);
}

/* The reading at a moment of the meter's civil time; NaN: none was kept. */
static double kept(const struct pulsar *m, enum period p, int number, struct civil at)
{
	struct sim_device civil = *m->device; /* its days and months are those of the calendar */
	struct sim_record record;
	civil.report_hour = 0;
	civil.report_day = 1;
	const struct zone *z = sim_calendar(&civil).zone;
	int64_t utc = zone_utc(z, at, false);
	if (!sim_record_of(&civil, p, utc - 1, m->now_us, &record) || record.period.till != utc) {
		return NAN;
	}
	return channel_read(m, number, utc * 1000000);
}

static int refuse_archive(
	const struct pulsar *m, struct reader *r, struct ring *ret, int *ret_n, int *ret_number)
{
	static const int64_t steps[] = {0, 3600, 86400, 0};
	static const enum period periods[] = {PERIOD_NONE, PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	uint32_t mask = reader_u32le(r);
	unsigned type = reader_u16le(r);
	struct slice from = reader_bytes(r, PULSAR_TIME_SIZE),
		     till = reader_bytes(r, PULSAR_TIME_SIZE);
	struct civil end;
	int number = 1, n = 0;
	if (r->is_short || reader_left(r) > 0) {
		return PULSAR_BAD_LENGTH;
	}
	if (!mask || mask & (mask - 1) || !(mask & m->mask)) {
		return PULSAR_BAD_MASK;
	}
	while (!(mask >> (number - 1) & 1)) {
		number++;
	}
	if (type < 1 || type > 3 || !has_archive(m, number) ||
		sim_depth(m->device, periods[type]) == 0) {
		return PULSAR_NO_ARCHIVE;
	}
	*ret = (struct ring){.period = periods[type], .step_s = steps[type]};
	if (!pulsar_time_get(from.data, &ret->from) || !pulsar_time_get(till.data, &end)) {
		return PULSAR_BAD_VALUE;
	}
	ret->from.minute = ret->from.second = 0;
	ret->from.hour = type == 1 ? ret->from.hour : 0;
	ret->from.day = type == 3 ? 1 : ret->from.day;
	while (n <= PULSAR_ARCHIVE_MAX && civil_to_utc(ring_place(ret, n)) <= civil_to_utc(end)) {
		n++;
	}
	*ret_n = n;
	*ret_number = number;
	return n > (m->is_heat ? HEAT_BATCH : PULSAR_ARCHIVE_MAX) ? PULSAR_TOO_MANY : -1;
}

/* -1, or the code of a refusal. */
static int read_archive(const struct pulsar *m, struct reader *r, struct buf *out)
{
	struct ring ring;
	int n = 0, number = 0;
	uint8_t time[PULSAR_TIME_SIZE];
	int refusal = refuse_archive(m, r, &ring, &n, &number);
	if (refusal >= 0) {
		return refusal;
	}
	buf_u32le(out, 1u << (number - 1));
	pulsar_time_put(ring.from, time);
	buf_put(out, time, sizeof(time));
	for (int i = 0; i < n; i++) {
		pulsar_value_put(kept(m, ring.period, number, ring_place(&ring, i)), 4, out);
	}
	return -1;
}

/* ---- the rest ---- */

static int read_channels(
	const struct pulsar *m, struct reader *r, bool wants_weight, struct buf *out)
{
	uint32_t mask = reader_u32le(r);
	if (r->is_short || reader_left(r) > 0) {
		return PULSAR_BAD_LENGTH;
	}
	if (!mask || mask & ~m->mask) {
		return PULSAR_BAD_MASK;
	}
	for (int n = 1; n <= PULSAR_CHANNEL_MAX; n++) {
		if (!(mask >> (n - 1) & 1)) {
			continue;
		}
		if (wants_weight) {
			pulsar_value_put(WEIGHT, 4, out);
		} else {
			put_channel(m, n, m->now_us, out);
		}
	}
	return -1;
}

static int clock_of(const struct pulsar *m, uint8_t function, struct reader *r, struct buf *out)
{
	static const uint8_t done[4] = {1};
	const struct zone *z = sim_calendar(m->device).zone;
	uint8_t time[PULSAR_TIME_SIZE];
	struct civil c;
	if (function == PULSAR_READ_CLOCK) {
		pulsar_time_put(zone_civil(z, sim_meter_now(m->device, m->now_us)), time);
		buf_put(out, time, sizeof(time));
		return reader_left(r) > 0 ? PULSAR_BAD_LENGTH : -1;
	}
	struct slice wanted = reader_bytes(r, PULSAR_TIME_SIZE);
	if (r->is_short || reader_left(r) > 0) {
		return PULSAR_BAD_LENGTH;
	}
	if (!pulsar_time_get(wanted.data, &c)) {
		return PULSAR_BAD_VALUE;
	}
	sim_set_clock(m->device, m->now_us, zone_utc(z, c, false));
	buf_put(out, done, sizeof(done));
	return -1;
}

static int read_param(const struct pulsar *m, struct reader *r, struct buf *out)
{
	unsigned number = reader_u16le(r);
	if (r->is_short || reader_left(r) > 0) {
		return PULSAR_BAD_LENGTH;
	}
	switch (number) {
	case 0x01: buf_u32le(out, 0); break;
	case 0x05: buf_u32le(out, FIRMWARE); break;
	case 0x06: buf_u32le(out, (uint32_t)m->device->status & 0xff); break;
	case 0x0a: pulsar_value_put(3.6, 4, out); break;
	case 0x0b: pulsar_value_put(21.5, 4, out); break;
	case 0x0c:
		buf_u32le(
			out, (uint32_t)sim_reading(m->device, QUANTITY_ON_TIME, UNIT_H, m->now_us));
		break;
	default: return PULSAR_NO_PARAM;
	}
	buf_u32le(out, 0);
	return -1;
}

/* Data of the reply; -1, or the code of a refusal. */
static int serve(const struct pulsar *m, const struct pulsar_frame *f, struct buf *out)
{
	struct reader r = reader_of(f->data);
	switch (f->function) {
	case PULSAR_READ: return read_channels(m, &r, false, out);
	case PULSAR_READ_WEIGHT:
		return m->width == 8 ? read_channels(m, &r, true, out) : PULSAR_NO_FUNCTION;
	case PULSAR_READ_CLOCK:
	case PULSAR_WRITE_CLOCK: return clock_of(m, f->function, &r, out);
	case PULSAR_READ_ARCHIVE: return read_archive(m, &r, out);
	case PULSAR_READ_PARAM: return read_param(m, &r, out);
	default: return PULSAR_NO_FUNCTION;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct pulsar m;
	struct pulsar_frame f;
	struct pulsar_out out;
	struct buf data;
	if (pulsar_is_search_request(request)) {
		pulsar_search_reply((uint32_t)d->address, &out);
		buf_put(reply, out.data, out.size);
		return true;
	}
	if (pulsar_decode(request, &f) || f.address != (uint32_t)d->address) {
		return false;
	}
	become(d, now_us, &m);
	buf_init(&data, PULSAR_DATA_MAX);
	int refusal = serve(&m, &f, &data);
	if (refusal >= 0) {
		buf_clear(&data);
		buf_u8(&data, (uint8_t)refusal);
		f.function = PULSAR_REFUSAL;
	}
	f.data = buf_slice(&data);
	bool is_answered = !data.is_full && pulsar_encode(&f, &out) == ERR_OK;
	if (is_answered) {
		buf_put(reply, out.data, out.size);
	}
	buf_fini(&data);
	return is_answered;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum pulsar_cut c = pulsar_cut(so_far, &v.size);
	v.state = c == PULSAR_CUT_MORE ? FRAME_MORE :
		  c == PULSAR_CUT_FULL ? FRAME_FULL :
					 FRAME_JUNK;
	return v;
}

const struct sim_protocol sim_pulsar = {.name = "pulsar", .frame = frame, .answer = answer};
