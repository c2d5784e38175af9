/*
 * mbus_meter.c - the meter's side of wired M-Bus (EN 13757-2/3): a simulated water, heat, electricity
 * or gas meter
 *
 * Answers at its primary address, at FE, and at FD while selected by its secondary address. What it
 * sends is chosen by the subcode of an application reset:
 *
 *     none, 00   current values, the clock, and the readings at the end of the last month
 *     20         month log: for each month the date and the readings
 *     30 60 61   day, hour and half-hour log: a block with a storage interval, newest first
 *
 * A log is as deep as device.depth, and has as many telegrams as it takes; 1F ends all but the last.
 * Stamps are of the meter's own clock: a clock that is wrong puts the readings of other moments into
 * its archive. While the power was cut, nothing was stored: those records say "no data".
 *
 * FCB: a request with the FCB of the last one gets the same telegram again, a toggled one the next.
 * The values of a readout are those of its first telegram's moment.
 *
 * Also obeyed: SND_NKE, speed (B8..BF), primary address (VIF 7A), identification (VIF 79), date and
 * time (VIF 6D). What it does not know is answered with an application error at the next readout.
 * A status of "busy" (bits 1..0 = 01) makes it answer "application busy".
 */
#include "proto/mbus.h"
#include "sim/device.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

enum log {
	LOG_CURRENT = 0x00,
	LOG_MONTH = 0x20,
	LOG_DAY = 0x30,
	LOG_HOUR = 0x60,
	LOG_HALF_HOUR = 0x61
};

/* In sim_device.memory. */
struct memory {
	bool is_selected;
	bool has_fcb;
	bool fcb;      /* of the last request */
	bool is_begun; /* a telegram of this readout was sent */
	uint8_t subcode;
	uint8_t access;
	uint8_t pending_error; /* application error of the next readout, + 1 */
	int64_t moment_us;     /* true time of the readout */
	uint32_t at, next;     /* record the last telegram began with, and the one behind it */
};

/* How a quantity is sent: resolution 10^exponent `unit`. */
struct item {
	enum quantity quantity;
	enum unit unit;
	int exponent;
	enum mbus_field field;
	uint32_t vif;
};

static const struct item items[] = {
	{QUANTITY_HEAT_ENERGY, UNIT_KWH, -2, MBUS_FIELD_BCD8, 0x04},
	{QUANTITY_COOLING_ENERGY, UNIT_KWH, -2, MBUS_FIELD_BCD8, 0x04},
	{QUANTITY_ACTIVE_ENERGY, UNIT_KWH, -2, MBUS_FIELD_BCD8, 0x04},
	{QUANTITY_VOLUME, UNIT_M3, -3, MBUS_FIELD_BCD8, 0x13},
	{QUANTITY_COLD_WATER, UNIT_M3, -3, MBUS_FIELD_BCD8, 0x13},
	{QUANTITY_HOT_WATER, UNIT_M3, -3, MBUS_FIELD_BCD8, 0x13},
	{QUANTITY_GAS, UNIT_M3, -2, MBUS_FIELD_BCD8, 0x14},
	{QUANTITY_HCA_UNITS, UNIT_HCA, 0, MBUS_FIELD_BCD6, 0x6e},
	{QUANTITY_HEAT_POWER, UNIT_W, 0, MBUS_FIELD_INT32, 0x2b},
	{QUANTITY_ACTIVE_POWER, UNIT_W, 0, MBUS_FIELD_INT32, 0x2b},
	{QUANTITY_FLOW, UNIT_M3_H, -3, MBUS_FIELD_INT32, 0x3b},
	{QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, -1, MBUS_FIELD_INT16, 0x5a},
	{QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, -1, MBUS_FIELD_INT16, 0x5e},
	{QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, -1, MBUS_FIELD_INT16, 0x62},
	{QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, -1, MBUS_FIELD_INT16, 0x66},
	{QUANTITY_VOLTAGE, UNIT_V, -1, MBUS_FIELD_INT16, 0xfd48},
	{QUANTITY_CURRENT, UNIT_A, -3, MBUS_FIELD_INT32, 0xfd59},
	{QUANTITY_ON_TIME, UNIT_H, 0, MBUS_FIELD_INT32, 0x22},
	{QUANTITY_OPERATING_TIME, UNIT_H, 0, MBUS_FIELD_INT32, 0x26},
};
#define ITEM_COUNT   ((uint32_t)(sizeof(items) / sizeof(items[0])))
#define LOGGED_COUNT 8u /* the first of them: counters that matter */
#define SUPPLY_MEDIUM \
	0x0c /* heat meter of a house: ten times coarser, so that it does not run over */

static struct memory *memory_of(struct sim_device *d)
{
	static_assert(sizeof(struct memory) <= sizeof(d->memory), "memory of a device");
	return (struct memory *)(void *)d->memory;
}

static const struct zone *zone_of(const struct sim_device *d)
{
	const struct zone *z = d->zone;
	if (!z) {
		(void)zone_get("UTC", &z, NULL);
	}
	return z;
}

/* Meter's clock minus true time. */
static int64_t clock_error(const struct sim_device *d)
{
	return d->clock_offset_s;
}

static unsigned serial_of(const struct sim_device *d)
{
	return (unsigned)(strtoull(d->serial, NULL, 10) % 100000000u);
}

/* ---- records ---- */

static bool reading(const struct sim_device *d, const struct item *item, int64_t true_us,
	int exponent, int64_t *ret)
{
	double v = d->source->at(d->source, item->quantity, true_us);
	if (isnan(v) || unit_convert(v, quantity_unit(item->quantity), item->unit, &v)) {
		return false;
	}
	bool is_counter = quantity_kind(item->quantity) == KIND_COUNTER;
	double steps = v * pow(10, -exponent);
	/* a counter shows what is complete; the margin is for 0.1 that became 0.0999... */
	*ret = (int64_t)(is_counter ? floor(steps + 1e-6) : round(steps));
	return true;
}

/* The item as this meter sends it: the meter of a house counts in larger steps. */
static struct item item_of(const struct sim_device *d, uint32_t index)
{
	struct item item = items[index];
	bool is_coarse = d->medium == SUPPLY_MEDIUM && (item.quantity == QUANTITY_HEAT_ENERGY ||
							       item.quantity == QUANTITY_VOLUME);
	if (is_coarse) {
		int by = item.quantity == QUANTITY_HEAT_ENERGY ? 2 : 1;
		item.exponent += by;
		item.vif += (uint32_t)by;
	}
	return item;
}

static void put_item(const struct sim_device *d, uint32_t index, uint64_t storage, int64_t true_us,
	struct mbus_out *out)
{
	struct item item = item_of(d, index);
	const struct mbus_slot slot = {.storage = storage};
	int64_t v, wrap = item.field == MBUS_FIELD_BCD8 ? 100000000 : 1000000;
	if (!reading(d, &item, true_us, item.exponent, &v)) {
		return;
	}
	bool is_bcd = item.field == MBUS_FIELD_BCD8 || item.field == MBUS_FIELD_BCD6;
	mbus_put_number(out, &slot, item.field, item.vif, is_bcd ? v % wrap : v);
}

static void put_no_data(const struct sim_device *d, uint32_t index, uint64_t storage,
	int64_t true_us, struct mbus_out *out)
{
	struct item item = item_of(d, index);
	const struct mbus_slot slot = {.storage = storage};
	if (!isnan(d->source->at(d->source, item.quantity, true_us))) {
		mbus_put_dib(out, &slot, MBUS_FIELD_NONE, item.vif << 8 | 0x8015u);
	}
}

static bool is_summer(const struct zone *z, int64_t utc)
{
	int now = zone_offset(z, utc), half_year = 182 * 86400;
	return now > zone_offset(z, utc - half_year) || now > zone_offset(z, utc + half_year);
}

/* ---- logs ---- */

static enum period period_of_log(uint8_t subcode)
{
	switch (subcode) {
	case LOG_MONTH: return PERIOD_MONTH;
	case LOG_DAY: return PERIOD_DAY;
	case LOG_HOUR: return PERIOD_HOUR;
	case LOG_HALF_HOUR: return PERIOD_HALF_HOUR;
	default: return PERIOD_NONE;
	}
}

static int depth_of_log(const struct sim_device *d, enum period p)
{
	switch (p) {
	case PERIOD_MONTH: return d->depth.months;
	case PERIOD_DAY: return d->depth.days;
	case PERIOD_HOUR: return d->depth.hours;
	case PERIOD_HALF_HOUR: return d->depth.half_hours;
	default: return 0;
	}
}

/* By the meter's clock: the border `back` periods before the last one. */
static int64_t border(const struct sim_device *d, enum period p, int64_t meter_utc, int64_t back)
{
	const struct zone *z = zone_of(d);
	int64_t step = p == PERIOD_HALF_HOUR ? 1800 : 3600;
	if (p == PERIOD_HALF_HOUR || p == PERIOD_HOUR) {
		return meter_utc - meter_utc % step - back * step;
	}
	struct civil c = zone_civil(z, meter_utc);
	c.hour = c.minute = c.second = 0;
	if (p == PERIOD_MONTH) {
		c.day = 1;
		c.month -= (int)back;
	} else {
		c.day -= (int)back;
	}
	return zone_utc(z, civil_from_utc(civil_to_utc(c)), false);
}

/* How many records the log holds now. */
static uint32_t log_size(const struct sim_device *d, enum period p, int64_t moment_us)
{
	int64_t meter_utc = moment_us / 1000000 + clock_error(d);
	uint32_t n = 0, depth = (uint32_t)depth_of_log(d, p);
	if (p == PERIOD_HOUR || p == PERIOD_HALF_HOUR) {
		int64_t step = p == PERIOD_HOUR ? 3600 : 1800;
		int64_t held = (border(d, p, meter_utc, 0) - clock_error(d) - d->born_utc) / step +
			       1;
		return held < 0 ? 0 : held < depth ? (uint32_t)held : depth;
	}
	while (n < depth && border(d, p, meter_utc, n) - clock_error(d) >= d->born_utc) {
		n++;
	}
	return n;
}

static bool was_off(const struct sim_device *d, int64_t true_utc)
{
	return d->off_till_utc > d->off_from_utc && true_utc >= d->off_from_utc &&
	       true_utc < d->off_till_utc;
}

/* Readings stored at a border. */
static void put_stored(
	const struct sim_device *d, int64_t stamp_utc, uint64_t storage, struct mbus_out *out)
{
	int64_t true_utc = stamp_utc - clock_error(d);
	for (uint32_t i = 0; i < LOGGED_COUNT; i++) {
		if (was_off(d, true_utc)) {
			put_no_data(d, i, storage, true_utc * 1000000, out);
		} else {
			put_item(d, i, storage, true_utc * 1000000, out);
		}
	}
}

/* A month's readings carry the date of its last day. */
static void put_month(
	const struct sim_device *d, int64_t stamp_utc, uint64_t storage, struct mbus_out *out)
{
	const struct mbus_slot slot = {.storage = storage};
	struct civil last = zone_civil(zone_of(d), stamp_utc - 1);
	mbus_put_date(out, &slot, 0x6c, last);
	put_stored(d, stamp_utc, storage, out);
}

static void put_block_head(const struct sim_device *d, enum period p, int64_t newest_utc,
	uint32_t n, struct mbus_out *out)
{
	static const uint32_t vifs[PERIOD_COUNT] = {
		[PERIOD_HALF_HOUR] = 0xfd25, [PERIOD_HOUR] = 0xfd26, [PERIOD_DAY] = 0xfd27};
	const struct mbus_slot slot = {.storage = 1};
	const struct zone *z = zone_of(d);
	mbus_put_number(out, &slot, MBUS_FIELD_INT16, 0xfd20, 1);
	mbus_put_number(out, &slot, MBUS_FIELD_INT16, 0xfd21, n);
	mbus_put_number(out, &slot, MBUS_FIELD_INT8, vifs[p], p == PERIOD_HALF_HOUR ? 30 : 1);
	mbus_put_date_time(out, &slot, 0x6d, zone_civil(z, newest_utc), is_summer(z, newest_utc));
}

/* Unit `index` of a log readout: the head, then one record of the log after another. */
static bool put_log(const struct sim_device *d, enum period p, int64_t moment_us, uint32_t index,
	struct mbus_out *out)
{
	int64_t meter_utc = moment_us / 1000000 + clock_error(d);
	uint32_t n = log_size(d, p, moment_us);
	if (p == PERIOD_MONTH) {
		if (index >= n) {
			return false;
		}
		put_month(d, border(d, p, meter_utc, index), index + 1, out);
		return true;
	}
	if (n == 0 || index > n) {
		return false;
	}
	if (index == 0) {
		put_block_head(d, p, border(d, p, meter_utc, 0), n, out);
	} else {
		put_stored(d, border(d, p, meter_utc, index - 1), index, out);
	}
	return true;
}

/* ---- current values ---- */

static bool put_current(
	const struct sim_device *d, int64_t moment_us, uint32_t index, struct mbus_out *out)
{
	const struct mbus_slot now = {0};
	const struct zone *z = zone_of(d);
	int64_t meter_utc = moment_us / 1000000 + clock_error(d);
	if (index < ITEM_COUNT) {
		put_item(d, index, 0, moment_us, out);
		return true;
	}
	switch (index - ITEM_COUNT) {
	case 0: mbus_put_number(out, &now, MBUS_FIELD_BCD8, 0x78, serial_of(d)); return true;
	case 1:
		mbus_put_date_time(
			out, &now, 0x6d, zone_civil(z, meter_utc), is_summer(z, meter_utc));
		return true;
	case 2: mbus_put_number(out, &now, MBUS_FIELD_INT16, 0xfd17, d->status & 0x1c); return true;
	case 3:
		if (log_size(d, PERIOD_MONTH, moment_us) > 0) {
			put_month(d, border(d, PERIOD_MONTH, meter_utc, 0), 1, out);
		}
		return true;
	default: return false;
	}
}

/* Unit `index` of the selected readout; false: there is none. */
static bool put_unit(struct sim_device *d, uint32_t index, struct mbus_out *out)
{
	struct memory *m = memory_of(d);
	enum period p = period_of_log(m->subcode);
	return p ? put_log(d, p, m->moment_us, index, out) :
		   put_current(d, m->moment_us, index, out);
}

/* ---- replies ---- */

static void secondary_of(const struct sim_device *d, struct mbus_secondary *ret)
{
	struct mbus_header h = {.version = VERSION, .medium = (uint8_t)d->medium};
	(void)snprintf(h.id, sizeof(h.id), "%08u", serial_of(d));
	(void)mbus_manufacturer_code(d->maker, &h.maker);
	mbus_secondary_of(&h, ret);
}

static void reply_ack(struct buf *reply)
{
	buf_u8(reply, MBUS_ACK);
}

static void reply_frame(struct mbus_out *out, struct buf *reply)
{
	struct slice s = mbus_end(out);
	buf_put(reply, s.data, s.size);
}

static void reply_error(const struct sim_device *d, uint8_t code, struct buf *reply)
{
	struct mbus_out out;
	mbus_begin(&out, MBUS_RSP_UD, (uint8_t)d->address, MBUS_CI_ERROR);
	mbus_put_u8(&out, code);
	reply_frame(&out, reply);
}

/* As many units from m->at as fit; m->next is behind them. */
static void reply_telegram(struct sim_device *d, struct buf *reply)
{
	struct memory *m = memory_of(d);
	struct mbus_out out;
	struct mbus_secondary who;
	const uint8_t tail[4] = {m->access, (uint8_t)d->status, 0, 0};
	secondary_of(d, &who);
	mbus_begin(&out, MBUS_RSP_UD, (uint8_t)d->address, MBUS_CI_VARIABLE);
	mbus_put(&out, who.bytes, sizeof(who.bytes));
	mbus_put(&out, tail, sizeof(tail));
	for (m->next = m->at;; m->next++) {
		struct mbus_out before = out;
		if (!put_unit(d, m->next, &out)) {
			break;
		}
		if (out.is_full || mbus_room(&out) == 0) {
			out = before;
			mbus_put_u8(&out, MBUS_DIF_MORE);
			break;
		}
	}
	reply_frame(&out, reply);
}

static bool answer_readout(struct sim_device *d, uint8_t c, int64_t now_us, struct buf *reply)
{
	struct memory *m = memory_of(d);
	bool fcb = c & MBUS_FCB, has_fcb = c & MBUS_FCV;
	bool is_repeated = has_fcb && m->has_fcb && m->fcb == fcb && m->is_begun;
	if ((d->status & 3) == 1 || m->pending_error) {
		reply_error(d, m->pending_error ? m->pending_error - 1 : 8, reply);
		m->pending_error = 0;
		return true;
	}
	if (!is_repeated) {
		struct mbus_out scratch = {.size = 0};
		bool is_fresh = !m->is_begun || !put_unit(d, m->next, &scratch);
		m->at = is_fresh ? 0 : m->next;
		m->moment_us = is_fresh ? now_us : m->moment_us;
		m->access++;
	}
	m->has_fcb = has_fcb;
	m->fcb = fcb;
	m->is_begun = true;
	reply_telegram(d, reply);
	return true;
}

static void begin_readout(struct memory *m, uint8_t subcode)
{
	m->subcode = subcode;
	m->is_begun = false;
	m->at = m->next = 0;
}

/* ---- what the master writes ---- */

static bool set_clock(struct sim_device *d, const struct mbus_record *r, int64_t now_us)
{
	if (r->type != MBUS_TYPE_TIME || r->time.is_every || r->time.local.hour < 0 ||
		r->time.local.year == 0) {
		return false;
	}
	int64_t utc = zone_utc(zone_of(d), r->time.local, !r->time.is_summer);
	int64_t by = utc - now_us / 1000000 - d->clock_offset_s;
	d->clock_set_s += by;
	d->clock_offset_s += by;
	return true;
}

static bool write_record(struct sim_device *d, const struct mbus_record *r, int64_t now_us)
{
	if (r->dif == MBUS_DIF_READOUT) {
		begin_readout(memory_of(d), 0);
		return true;
	}
	switch (r->vib_size == 1 ? r->vib[0] : 0xff) {
	case 0x6d: return set_clock(d, r, now_us);
	case 0x79:
		if (r->type == MBUS_TYPE_NUMBER && r->number.mantissa <= 99999999) {
			(void)snprintf(d->serial, sizeof(d->serial), "%08lld",
				(long long)r->number.mantissa);
			return true;
		}
		return false;
	case 0x7a:
		if (r->type == MBUS_TYPE_NUMBER && r->number.mantissa >= 0 &&
			r->number.mantissa <= MBUS_ADDRESS_MAX) {
			d->address = (int)r->number.mantissa;
			return true;
		}
		return false;
	default: return false;
	}
}

static void write_records(struct sim_device *d, const struct mbus_message *message, int64_t now_us)
{
	struct mbus_cursor cur = mbus_records(message);
	struct mbus_record r;
	enum err e;
	while (!(e = mbus_next(&cur, &r, NULL))) {
		if (!write_record(d, &r, now_us)) {
			memory_of(d)->pending_error = 1; /* unspecified */
		}
	}
	if (e != ERR_NODATA) {
		memory_of(d)->pending_error = 4 + 1; /* premature end of record */
	}
}

static bool answer_select(struct sim_device *d, const struct mbus_message *m, struct buf *reply)
{
	struct mbus_secondary pattern, own;
	struct mbus_cursor cur = mbus_records(m);
	struct mbus_record r;
	mbus_secondary_of(&m->header, &pattern);
	secondary_of(d, &own);
	bool is_me = mbus_secondary_matches(&pattern, &own);
	while (is_me && !mbus_next(&cur, &r, NULL)) {
		/* enhanced selection by fabrication number */
		is_me = r.vib_size == 1 && r.vib[0] == 0x78 && r.type == MBUS_TYPE_NUMBER &&
			r.number.mantissa == serial_of(d);
	}
	memory_of(d)->is_selected = is_me;
	memory_of(d)->has_fcb = false;
	if (is_me) {
		reply_ack(reply);
	}
	return is_me;
}

static bool answer_data(
	struct sim_device *d, const struct mbus_message *m, int64_t now_us, struct buf *reply)
{
	uint8_t ci = m->frame.ci;
	if (mbus_baud_of_ci(ci)) {
		d->baud = mbus_baud_of_ci(ci);
	} else if (m->body == MBUS_BODY_RESET) {
		begin_readout(memory_of(d), m->code);
	} else if (m->body == MBUS_BODY_RECORDS) {
		write_records(d, m, now_us);
	} else {
		memory_of(d)->pending_error = 1 + 1; /* CI not implemented */
	}
	reply_ack(reply);
	return true;
}

static bool answer_short(
	struct sim_device *d, const struct mbus_frame *f, int64_t now_us, struct buf *reply)
{
	struct memory *m = memory_of(d);
	uint8_t c = f->c & (uint8_t) ~(MBUS_FCB | MBUS_FCV);
	switch (c) {
	case MBUS_SND_NKE:
		m->has_fcb = false;
		m->is_begun = false;
		if (f->a == MBUS_ADDRESS_SELECTED) {
			m->is_selected = false;
		}
		reply_ack(reply);
		return true;
	case MBUS_REQ_UD2 & ~MBUS_FCV: return answer_readout(d, f->c, now_us, reply);
	case MBUS_REQ_UD1 & ~MBUS_FCV: reply_ack(reply); return true; /* no alarms */
	default: return false;
	}
}

static bool is_addressed(struct sim_device *d, uint8_t a)
{
	if (a == MBUS_ADDRESS_SELECTED) {
		return memory_of(d)->is_selected;
	}
	return a == d->address || a == MBUS_ADDRESS_ANY || a == MBUS_ADDRESS_ALL;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct mbus_frame f;
	struct mbus_message m;
	size_t had = reply->size;
	bool is_answered;
	if (mbus_frame_decode(request, &f, NULL) || f.kind == MBUS_KIND_ACK ||
		mbus_message_decode(&f, &m, NULL)) {
		return false;
	}
	if (m.body == MBUS_BODY_SELECT && f.a == MBUS_ADDRESS_SELECTED) {
		return answer_select(d, &m, reply);
	}
	if (!is_addressed(d, f.a)) {
		return false;
	}
	if (f.kind == MBUS_KIND_SHORT) {
		is_answered = answer_short(d, &f, now_us, reply);
	} else {
		is_answered = (f.c & (uint8_t) ~(MBUS_FCB | MBUS_FCV)) ==
				      (MBUS_SND_UD & ~MBUS_FCV) &&
			      answer_data(d, &m, now_us, reply);
	}
	if (f.a == MBUS_ADDRESS_ALL) {
		reply->size = had; /* obeyed, not answered */
		return false;
	}
	return is_answered;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum mbus_cut c = mbus_cut(so_far, MBUS_CUT_REQUEST, &v.size);
	v.state = c == MBUS_CUT_MORE ? FRAME_MORE : c == MBUS_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

const struct sim_protocol sim_mbus = {.name = "mbus", .frame = frame, .answer = answer};
