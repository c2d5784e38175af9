/*
 * kmp_meter.c - the meter's side of the Kamstrup Meter Protocol: a Multical 601
 *
 * From docs/protocols/kamstrup_kmp.md. Registers and logs have the units, lengths and exponents of the
 * published exchanges. Days and months end at midnight, months on the target day; a period the meter
 * was without power at the end of has no record, the numbers of the others go on.
 *
 *   log         records   holds
 *   days        460       what was counted (2 bytes), means, info code; date: the day
 *   months      36        readings (4 bytes) at the date
 *   hours       1392      what was counted (2 bytes), means; only with a top module (depth.hours)
 *   info codes  50        power off and on again
 *
 * Not simulated: years, tariffs, E2 to E9, pulse inputs, reversed flow.
 */
#include "proto/kmp.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>

#define TYPE       1
#define REVISION   0x0501 /* E1 */
#define INFO_POWER 1
#define NO_SENSOR  180.0

#define CURRENT    1
#define DAY        2
#define MONTH      4
#define HOUR       8

struct item {
	uint16_t id;
	uint8_t where;
	enum quantity quantity;
	enum unit unit;
	uint8_t code, sign_exp; /* of the unit */
	int decimals;
};

static const struct item items[] = {
	{60, CURRENT | HOUR | DAY | MONTH, QUANTITY_HEAT_ENERGY, UNIT_GCAL, 12, 0x43, 3},
	{68, CURRENT | HOUR | DAY | MONTH, QUANTITY_VOLUME_SUPPLY, UNIT_M3, 40, 0x42, 2},
	{69, CURRENT | HOUR | DAY | MONTH, QUANTITY_VOLUME_RETURN, UNIT_M3, 40, 0x42, 2},
	{72, CURRENT | HOUR | DAY, QUANTITY_MASS_SUPPLY, UNIT_T, 44, 0x42, 2},
	{73, CURRENT | HOUR | DAY, QUANTITY_MASS_RETURN, UNIT_T, 44, 0x42, 2},
	{86, CURRENT | HOUR | DAY, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 37, 0x42, 2},
	{87, CURRENT | HOUR | DAY, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 37, 0x42, 2},
	{89, CURRENT, QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, 38, 0x42, 2},
	{74, CURRENT, QUANTITY_FLOW_SUPPLY, UNIT_L_H, 41, 0x00, 0},
	{75, CURRENT, QUANTITY_FLOW_RETURN, UNIT_L_H, 41, 0x00, 0},
	{80, CURRENT, QUANTITY_HEAT_POWER, UNIT_KW, 22, 0x41, 1},
	{91, CURRENT, QUANTITY_PRESSURE_SUPPLY, UNIT_BAR, 52, 0x42, 2},
	{92, CURRENT, QUANTITY_PRESSURE_RETURN, UNIT_BAR, 52, 0x42, 2},
	{1004, CURRENT, QUANTITY_OPERATING_TIME, UNIT_H, 46, 0x00, 0},
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

struct meter {
	struct sim_device *device;
	struct sim_device own; /* as it cuts its days: at midnight */
	struct calendar calendar;
	int64_t now_us;
};

static const struct item *item_of(uint16_t id, unsigned where)
{
	for (size_t i = 0; i < ITEMS; i++) {
		if (items[i].id == id && items[i].where & where) {
			return &items[i];
		}
	}
	return NULL;
}

static struct civil civil_now(const struct meter *m)
{
	return zone_civil(m->calendar.zone, sim_meter_now(m->device, m->now_us));
}

static double date_number(struct civil c)
{
	return (c.year % 100 * 100 + c.month) * 100 + c.day;
}

static double date_of(const struct meter *m, int64_t utc)
{
	return date_number(zone_civil(m->calendar.zone, utc));
}

static bool is_off(const struct meter *m)
{
	int64_t now = m->now_us / 1000000;
	return now >= m->device->off_from_utc && now < m->device->off_till_utc;
}

/* ---- registers ---- */

/* Registers that are not measured. */
static bool own_register(const struct meter *m, uint16_t id, struct kmp_form *form, double *ret)
{
	struct civil now = civil_now(m);
	*form = (struct kmp_form){.id = id, .size = 4};
	switch (id) {
	case KMP_REG_DATE:
		form->unit = 48;
		*ret = date_number(now);
		return true;
	case KMP_REG_CLOCK:
		form->unit = 47;
		*ret = (now.hour * 100 + now.minute) * 100 + now.second;
		return true;
	case KMP_REG_TARGET:
		form->unit = 50; /* mm dd */
		*ret = 100 + m->calendar.report_day;
		return true;
	case KMP_REG_INFO:
		form->unit = 51;
		*ret = is_off(m) ? INFO_POWER : 0;
		return true;
	case 1001:
		form->unit = 51;
		*ret = strtod(m->device->serial, NULL);
		return true;
	case 88: /* T3 is not connected */
		form->unit = 37;
		form->sign_exp = 0x42;
		*ret = NO_SENSOR;
		return true;
	default: return false;
	}
}

static void put_register(const struct meter *m, uint16_t id, struct buf *data)
{
	struct kmp_form form;
	double v;
	if (!own_register(m, id, &form, &v)) {
		const struct item *item = item_of(id, CURRENT);
		if (!item) {
			return; /* left out */
		}
		v = sim_reading(m->device, item->quantity, item->unit, m->now_us);
		form = (struct kmp_form){id, item->code, 4, item->sign_exp};
		if (isnan(v)) {
			return;
		}
	}
	kmp_put_form(data, &form);
	kmp_put_mantissa(data, &form, v);
}

static bool put_registers(const struct meter *m, struct slice asked, struct buf *data)
{
	uint16_t ids[KMP_BATCH];
	size_t n;
	if (kmp_registers_asked(asked, ids, &n)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		put_register(m, ids[i], data);
	}
	return true;
}

/* ---- logs by number ---- */

struct cursor {
	const struct meter *m;
	enum period period;
	int64_t start;
	int left; /* periods the memory may still hold */
};

/* The next older record, but for born_utc and depth, which sim_record_of knows. */
static bool step(struct cursor *c)
{
	const struct sim_device *d = c->m->device;
	while (c->left-- > 0) {
		int64_t last = c->start - 1; /* of the period */
		c->start = period_prev(&c->m->calendar, c->period, c->start);
		if (last < d->off_from_utc || last >= d->off_till_utc) {
			return true;
		}
	}
	return false;
}

static bool next_record(struct cursor *c, struct sim_record *ret)
{
	return step(c) && sim_record_of(&c->m->own, c->period, c->start, c->m->now_us, ret);
}

static struct cursor newest(const struct meter *m, enum period p)
{
	int64_t now = sim_meter_now(m->device, m->now_us);
	return (struct cursor){m, p, period_of(&m->calendar, p, now).from, sim_depth(&m->own, p)};
}

static double field(
	const struct meter *m, const struct item *item, enum period p, const struct sim_record *r)
{
	if (quantity_kind(item->quantity) != KIND_COUNTER) {
		return sim_mean(m->device, item->quantity, item->unit, r->period);
	}
	return p == PERIOD_MONTH ?
		       sim_reading(
			       m->device, item->quantity, item->unit, r->period.till * 1000000) :
		       sim_amount(m->device, item->quantity, item->unit, item->decimals, r->period);
}

static bool form_in_log(uint16_t id, enum period p, struct kmp_form *form)
{
	static const unsigned where[PERIOD_COUNT] = {
		[PERIOD_HOUR] = HOUR, [PERIOD_DAY] = DAY, [PERIOD_MONTH] = MONTH};
	const struct item *item = item_of(id, where[p]);
	*form = (struct kmp_form){.id = id, .size = p == PERIOD_MONTH ? 4 : 2};
	if (id == KMP_REG_DATE && p != PERIOD_HOUR) {
		form->unit = 48;
		form->size = 4;
	} else if (id == KMP_REG_INFO && p != PERIOD_HOUR) {
		form->unit = 51;
	} else if (p == PERIOD_HOUR && (id == KMP_REG_YYMM || id == KMP_REG_DDHH)) {
		form->unit = 51;
	} else if (item) {
		form->unit = item->code;
		form->sign_exp = item->sign_exp;
	} else {
		return false;
	}
	return true;
}

static double value_in_log(const struct meter *m, const struct kmp_form *form, enum period p,
	const struct sim_record *r)
{
	struct civil end = zone_civil(m->calendar.zone, r->period.till);
	switch (form->id) {
	case KMP_REG_DATE: return date_of(m, p == PERIOD_MONTH ? r->period.till : r->period.from);
	case KMP_REG_INFO: return r->off_h > 0 ? INFO_POWER : 0;
	case KMP_REG_YYMM: return end.year % 100 * 100 + end.month;
	case KMP_REG_DDHH: return end.day * 100 + end.hour;
	default: return field(m, item_of(form->id, CURRENT), p, r);
	}
}

static bool put_log(const struct meter *m, enum period p, struct slice asked, struct buf *data)
{
	struct kmp_log_ask q;
	struct kmp_form form;
	struct sim_record r;
	struct cursor c = newest(m, p);
	if (kmp_log_asked(asked, &q)) {
		return false;
	}
	if (!form_in_log(q.id, p, &form)) {
		buf_u16be(data, 0xffff);
		return true;
	}
	unsigned first = q.first ? q.first : 1; /* 0 and 1 are the newest */
	unsigned depth = (unsigned)sim_depth(&m->own, p);
	first = depth ? (first - 1) % depth + 1 : first; /* a 601 answered number 39229, too */
	unsigned count = q.count && q.count < KMP_RECORDS ? q.count : KMP_RECORDS;
	kmp_put_form(data, &form);
	for (unsigned n = 1; n < first && step(&c); n++) {
		/* nearer than what is asked for */
	}
	for (; count > 0 && next_record(&c, &r); count--) {
		kmp_put_mantissa(data, &form, value_in_log(m, &form, p, &r));
	}
	return true;
}

/* ---- hours by time ---- */

static bool put_hours(const struct meter *m, struct slice asked, struct buf *data)
{
	struct reader in = reader_of(asked);
	struct kmp_form form;
	struct sim_record r;
	uint16_t id = reader_u16be(&in);
	struct civil till = {.year = 2000 + reader_u8(&in)};
	till.month = reader_u8(&in);
	till.day = reader_u8(&in);
	till.hour = reader_u8(&in);
	if (in.is_short || reader_left(&in) || !sim_depth(&m->own, PERIOD_HOUR)) {
		return false; /* no such module */
	}
	if (!form_in_log(id, PERIOD_HOUR, &form)) {
		buf_u16be(data, 0xffff);
		return true;
	}
	struct cursor c = newest(m, PERIOD_HOUR);
	int64_t utc = zone_utc(m->calendar.zone, till, false);
	if (till.year < 2255 && utc < c.start) {
		c.left -= (int)((c.start - utc) / 3600);
		c.start = utc;
	}
	kmp_put_form(data, &form);
	size_t flag_at = data->size;
	buf_u8(data, 0xff);
	int n = 0;
	for (; n < KMP_HOURS && next_record(&c, &r); n++) {
		kmp_put_mantissa(data, &form, value_in_log(m, &form, PERIOD_HOUR, &r));
	}
	if (n == 0 && !data->is_full) {
		data->data[flag_at] = 0;
	}
	return true;
}

/* ---- info codes ---- */

static bool put_info(const struct meter *m, struct slice asked, struct buf *data)
{
	struct kmp_log_ask q;
	const struct sim_device *d = m->device;
	int64_t now = m->now_us / 1000000;
	struct {
		int64_t utc;
		int code;
	} log[2];
	unsigned n = 0;
	if (kmp_log_asked(asked, &q)) {
		return false;
	}
	if (d->off_till_utc && d->off_till_utc <= now) {
		log[n].utc = d->off_till_utc;
		log[n++].code = 0;
	}
	if (d->off_from_utc && d->off_from_utc <= now) {
		log[n].utc = d->off_from_utc;
		log[n++].code = INFO_POWER;
	}
	unsigned first = q.first ? q.first : 1;
	bool is_date = q.id == KMP_REG_DATE;
	if ((!is_date && q.id != KMP_REG_INFO) || first > n) {
		buf_u16be(data, 0xffff);
		return true;
	}
	struct kmp_form form = {.id = q.id, .unit = is_date ? 48 : 51, .size = is_date ? 4 : 2};
	unsigned count = q.count ? q.count : KMP_RECORDS;
	kmp_put_form(data, &form);
	for (unsigned i = first - 1; i < n && i < first - 1 + count; i++) {
		kmp_put_mantissa(
			data, &form, is_date ? date_of(m, log[i].utc) : (double)log[i].code);
	}
	return true;
}

/* ---- requests ---- */

static bool set_clock(const struct meter *m, struct slice asked)
{
	struct reader r = reader_of(asked);
	struct decimal date = {reader_u32be(&r), 0}, clock = {reader_u32be(&r), 0};
	struct civil c;
	if (r.is_short || reader_left(&r) || !kmp_date(date, &c) || !kmp_clock(clock, &c)) {
		return false;
	}
	sim_set_clock(m->device, m->now_us, zone_utc(m->calendar.zone, c, false));
	return true;
}

/* False: no answer, as to every command a module does not know. */
static bool serve(const struct meter *m, const struct kmp_message *q, struct buf *data)
{
	if (q->dest == KMP_TOP) {
		return q->cid == KMP_LOG_HOURS && put_hours(m, q->data, data);
	}
	switch (q->cid) {
	case KMP_TYPE:
		buf_u16be(data, TYPE);
		buf_u16be(data, REVISION);
		return q->data.size == 0;
	case KMP_SERIAL:
		buf_u32be(data, (uint32_t)strtoul(m->device->serial, NULL, 10));
		return q->data.size == 0;
	case KMP_REGISTERS: return put_registers(m, q->data, data);
	case KMP_LOG_DAYS: return put_log(m, PERIOD_DAY, q->data, data);
	case KMP_LOG_MONTHS: return put_log(m, PERIOD_MONTH, q->data, data);
	case KMP_LOG_INFO: return put_info(m, q->data, data);
	default: return false;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct kmp_message q;
	struct kmp_out out;
	struct buf data;
	if (kmp_decode(request, &q) || (q.dest != KMP_METER && q.dest != KMP_TOP)) {
		return false;
	}
	struct meter m = {.device = d, .own = *d, .now_us = now_us};
	m.own.report_hour = 0;
	m.calendar = sim_calendar(&m.own);
	if (q.dest == KMP_METER && q.cid == KMP_SET_CLOCK) {
		bool is_set = set_clock(&m, q.data);
		if (is_set) {
			buf_u8(reply, KMP_ACK);
		}
		return is_set;
	}
	buf_init(&data, KMP_DATA_CAP);
	bool is_answered = serve(&m, &q, &data) && !data.is_full;
	if (is_answered) {
		struct slice frame = kmp_frame(
			&out, KMP_FROM_METER, q.dest, q.cid, buf_slice(&data));
		buf_put(reply, frame.data, frame.size);
	}
	buf_fini(&data);
	return is_answered;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct kmp_cut cut = kmp_cut(KMP_TO_METER, so_far);
	return (struct frame_verdict){cut.state == KMP_CUT_FULL ? FRAME_FULL :
				      cut.state == KMP_CUT_MORE ? FRAME_MORE :
								  FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_kmp = {.name = "kamstrup_kmp", .frame = frame, .answer = answer};
