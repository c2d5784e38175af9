/*
 * mercury206_meter.c - a simulated Mercury 206 with the option of daily slices (model "206") or Mercury
 * 200 (model "200"), which is silent where it has nothing
 *
 * Facts: docs/protocols/mercury206.md. Two tariffs; slices are of the beginning of their date. The 206
 * counts reactive energy too where its source does.
 */
#include "proto/crc.h"
#include "proto/mercury206.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_206(const struct sim_device *d)
{
	return strcmp(d->model, "206") == 0;
}

static struct frame_verdict frame(struct slice s)
{
	static const size_t sizes[] = {7, 8, 11, 14};
	size_t i = 0;
	for (; i < sizeof(sizes) / sizeof(sizes[0]) && s.size >= sizes[i]; i++) {
		uint32_t address;
		uint8_t command;
		struct slice data;
		if (m206_unframe((struct slice){s.data, sizes[i]}, &address, &command, &data)) {
			return (struct frame_verdict){FRAME_FULL, sizes[i]};
		}
	}
	bool is_long = i == sizeof(sizes) / sizeof(sizes[0]);
	return (struct frame_verdict){is_long ? FRAME_JUNK : FRAME_MORE, is_long ? 1 : sizes[i]};
}

static int put_tariffs(const struct sim_device *d, enum quantity q, int64_t utc_us, uint8_t *to)
{
	enum unit u = q == QUANTITY_ACTIVE_ENERGY ? UNIT_KWH : UNIT_KVARH;
	double total = sim_reading(d, q, u, utc_us), first = sim_tariff_reading(d, q, u, 1, utc_us);
	if (isnan(total)) {
		return -1;
	}
	int64_t sum = (int64_t)floor(total * 100 + 0.5), day = (int64_t)floor(first * 100 + 0.5);
	memset(to, 0xff, 16); /* tariffs 3 and 4 are not counted */
	m206_number_put(day % 100000000, 4, to);
	m206_number_put((sum - day) % 100000000, 4, to + 4);
	return 16;
}

static int put_civil(const struct sim_device *d, int64_t utc, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct civil local = zone_civil(c.zone, utc);
	m206_clock_put(&local, to);
	return 7;
}

static int month(const struct sim_device *d, int index, int64_t now_us, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	struct civil now = zone_civil(c.zone, sim_meter_now(d, now_us));
	struct civil start = {now.year - (index + 1 > now.month), index + 1, 1, 0, 0, 0};
	if (index == 15) {
		return put_tariffs(d, QUANTITY_ACTIVE_ENERGY, now_us, to);
	}
	return index < 12 ? put_tariffs(d, QUANTITY_ACTIVE_ENERGY,
				    zone_utc(c.zone, start, false) * 1000000, to) :
			    -1;
}

/* The reading at 0:00 of the date. */
static int slice_of(const struct sim_device *d, struct slice asked, int64_t now_us, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	const uint8_t *b = asked.data;
	struct sim_record r;
	memset(to, 0xff, 24);
	if (!is_206(d) || asked.size != 4 || b[0] != 0) {
		return -1;
	}
	struct civil date = {2000 + (int)m206_number(b + 3, 1), (int)m206_number(b + 2, 1),
		(int)m206_number(b + 1, 1), 0, 0, 0};
	int64_t moment = zone_utc(c.zone, date, false);
	if (sim_record_of(d, PERIOD_DAY, moment - 1, now_us, &r) && r.period.till == moment) {
		(void)put_tariffs(d, QUANTITY_ACTIVE_ENERGY, moment * 1000000, to);
		memcpy(to + 16, b + 1, 3);
		uint16_t crc = crc16_modbus((struct slice){to, 19});
		to[19] = (uint8_t)crc;
		to[20] = (uint8_t)(crc >> 8);
		memset(to + 21, 0, 3);
	}
	return 24;
}

static int journal(const struct sim_device *d, struct slice asked, int64_t now_us, uint8_t *to)
{
	bool has_cut = d->off_till_utc > d->off_from_utc && d->off_till_utc <= now_us / 1000000;
	memset(to, 0xff, 7);
	if (asked.size != 1) {
		return -1;
	}
	if (has_cut && asked.data[0] < 2) { /* 0: on again, the newest; 1: off */
		bool is_off = asked.data[0] == 1;
		(void)put_civil(d, is_off ? d->off_from_utc : d->off_till_utc, to);
		to[0] = is_off;
	}
	return 7;
}

static double now_of(const struct sim_device *d, enum quantity q, enum unit u, int64_t now_us)
{
	double v = sim_reading(d, q, u, now_us);
	return isnan(v) ? 0 : v;
}

static int instant(const struct sim_device *d, int64_t now_us, uint8_t *to)
{
	m206_number_put(llround(10 * now_of(d, QUANTITY_VOLTAGE, UNIT_V, now_us)), 2, to);
	m206_number_put(llround(100 * now_of(d, QUANTITY_CURRENT, UNIT_A, now_us)), 2, to + 2);
	m206_number_put(llround(now_of(d, QUANTITY_ACTIVE_POWER, UNIT_W, now_us)), 3, to + 4);
	return 7;
}

static int set_clock(struct sim_device *d, struct slice data, int64_t now_us)
{
	struct civil c;
	struct calendar calendar = sim_calendar(d);
	if (data.size != 7 || !m206_clock(data.data, &c)) {
		return -1;
	}
	sim_set_clock(d, now_us, zone_utc(calendar.zone, c, false));
	return 0;
}

/* Bytes of data of the reply; -1: silence. */
static int run(
	struct sim_device *d, uint8_t command, struct slice data, int64_t now_us, uint8_t *to)
{
	struct calendar c = sim_calendar(d);
	int64_t serial = strtoll(d->serial, NULL, 10);
	int hour = zone_civil(c.zone, sim_meter_now(d, now_us)).hour;
	switch (command) {
	case M206_SET_CLOCK: return set_clock(d, data, now_us);
	case M206_CLOCK: return put_civil(d, sim_meter_now(d, now_us), to);
	case M206_ENERGY: return put_tariffs(d, QUANTITY_ACTIVE_ENERGY, now_us, to);
	case M206_VERSION: memcpy(to, (uint8_t[]){8, 3, 0, 1, 3, 0x10}, 6); return 6;
	case M206_SERIAL:
		for (int i = 0; i < 4; i++) {
			to[i] = (uint8_t)(serial >> (24 - 8 * i));
		}
		return 4;
	case M206_LAST_ON:
		return put_civil(
			d, d->off_till_utc > d->born_utc ? d->off_till_utc : d->born_utc, to);
	case M206_MONTH: return data.size == 1 ? month(d, data.data[0], now_us, to) : -1;
	case M206_JOURNAL_POWER: return journal(d, data, now_us, to);
	case M206_JOURNAL_CASE: memset(to, 0xff, 7); return 7;
	case M206_SLICE: return slice_of(d, data, now_us, to);
	case M206_TARIFF: to[0] = hour >= 7 && hour < 23 ? 0 : 1; return 1;
	case M206_INSTANT: return instant(d, now_us, to);
	case M206_LINE:
		memset(to, 0, 10);
		m206_number_put(
			llround(100 * now_of(d, QUANTITY_FREQUENCY, UNIT_HZ, now_us)), 2, to);
		return is_206(d) ? 10 : -1;
	case M206_REACTIVE:
		return is_206(d) ? put_tariffs(d, QUANTITY_REACTIVE_ENERGY, now_us, to) : -1;
	default: return -1;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	uint32_t address;
	uint8_t command, data[M206_DATA_MAX];
	struct slice asked;
	struct m206_out out;
	if (!m206_unframe(request, &address, &command, &asked) || address != (uint32_t)d->address) {
		return false;
	}
	int n = run(d, command, asked, now_us, data);
	if (n < 0) {
		return false;
	}
	m206_frame(address, command, (struct slice){data, (size_t)n}, &out);
	buf_put(reply, out.data, out.size);
	return true;
}

const struct sim_protocol sim_mercury206 = {.name = "mercury206", .frame = frame, .answer = answer};
