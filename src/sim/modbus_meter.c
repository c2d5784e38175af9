/*
 * modbus_meter.c - the meter's side of Modbus: serves any register map of meters/
 *
 * Registers of the map are filled from the device's source; gaps inside a block of the map read as
 * zero, everything else is refused with exception 2, as meters do. Archive records are computed when
 * asked for: the amount of a counter over the period, the mean of a gauge.
 *
 *     number 0 ── newest period that is over by the meter's clock (memory.h)
 *     a period in which the power was off for a part is abnormal
 *
 * What the map cannot place is not simulated: a register of a quantity the source does not measure
 * holds the map's "no value", or zero where it has none.
 */
#include "base/str.h"
#include "drivers/modbus_map.h"
#include "poll/meter_map.h"
#include "sim/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MAX   125
#define ERROR_POWER  0x0001 /* error code of a period with the power off for a part */
#define MISSING_BYTE 0xff   /* a record that is not there */

/* What a device remembers between requests. */
struct memory {
	uint16_t index[4]; /* written to index_at of archives[i] */
};

/* One request being answered: a window of registers that fills up. */
struct window {
	struct sim_device *device;
	const struct modbus_map *map;
	struct calendar calendar;
	int64_t now_us;
	int64_t meter_now; /* by the meter's own clock */
	int function;
	unsigned at, count;
	uint8_t bytes[2 * WINDOW_MAX];
	bool has[WINDOW_MAX];
};

/* ---- what is measured ---- */

/* "active_power.l2" of three: the share of one phase; of tariffs likewise. */
static double share_of(const struct modbus_map *m, const char *key, enum quantity q)
{
	const char *dot = strchr(key, '.');
	bool is_phase = dot && dot[1] == 'l';
	bool is_tariff = dot && dot[1] == 't';
	bool is_sum = quantity_kind(q) == KIND_COUNTER || q == QUANTITY_ACTIVE_POWER ||
		      q == QUANTITY_REACTIVE_POWER || q == QUANTITY_APPARENT_POWER;
	int n = 0;
	if (!is_sum || (!is_phase && !is_tariff)) {
		return 1;
	}
	for (unsigned i = 0; i < m->registers_count; i++) {
		const char *other = strchr(m->registers[i].key, '.');
		n += m->registers[i].quantity == q && other && other[1] == dot[1];
	}
	return n > 0 ? 1.0 / n : 1;
}

/* In the register's unit, as the display of the meter would show it. */
static double measure(const struct window *w, const struct modbus_register *r, int64_t utc_us)
{
	return sim_reading(w->device, r->quantity, r->unit, utc_us) *
	       share_of(w->map, r->key, r->quantity);
}

static void text_put(const struct window *w, const struct modbus_register *r, uint8_t *to)
{
	const char *text = r->quantity == QUANTITY_SERIAL_NUMBER ? w->device->serial :
			   r->quantity == QUANTITY_FIRMWARE      ? "sim 1" :
								   w->map->name;
	memset(to, 0, 2 * (size_t)r->words);
	(void)strncpy((char *)to, text, 2 * (size_t)r->words);
}

static bool has_missing(const struct modbus_register *r)
{
	return r->missing == MODBUS_MISSING_LIMIT || r->missing_bits || r->type == MODBUS_F32 ||
	       r->type == MODBUS_F64;
}

static void value_put(const struct modbus_register *r, double v, uint8_t *to)
{
	modbus_register_put(r, isnan(v) && !has_missing(r) ? 0 : v, to);
}

/* ---- windows ---- */

/* `words` registers that begin at `at`: the part inside the window. */
static void window_put(struct window *w, unsigned at, const uint8_t *bytes, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		unsigned to = at + i - w->at;
		if (at + i >= w->at && to < w->count) {
			memcpy(w->bytes + 2 * (size_t)to, bytes + 2 * (size_t)i, 2);
			w->has[to] = true;
		}
	}
}

static bool window_meets(const struct window *w, int function, unsigned at, unsigned words)
{
	return function == w->function && at < w->at + w->count && at + words > w->at;
}

static void put_registers(struct window *w)
{
	static const uint8_t zeros[2 * WINDOW_MAX];
	for (unsigned i = 0; i < w->map->blocks_count; i++) {
		const struct modbus_block *b = &w->map->blocks[i];
		if (window_meets(w, b->function, b->at, b->count)) {
			window_put(w, b->at, zeros, b->count);
		}
	}
	for (unsigned i = 0; i < w->map->registers_count; i++) {
		const struct modbus_register *r = &w->map->registers[i];
		uint8_t bytes[2 * WINDOW_MAX];
		bool is_asked = window_meets(w, r->function, r->at, r->words);
		bool is_minus_asked = r->minus && window_meets(w, r->function, *r->minus, r->words);
		if (is_asked && r->type == MODBUS_TEXT) {
			text_put(w, r, bytes);
			window_put(w, r->at, bytes, r->words);
			continue;
		}
		if (!is_asked && !is_minus_asked) {
			continue;
		}
		double v = quantity_kind(r->quantity) == KIND_INFO ?
				   strtod(w->device->serial, NULL) :
				   measure(w, r, w->now_us);
		value_put(r, r->minus && v < 0 ? 0 : v, bytes);
		window_put(w, r->at, bytes, r->words);
		if (is_minus_asked) {
			value_put(r, v < 0 ? -v : 0, bytes);
			window_put(w, *r->minus, bytes, r->words);
		}
	}
}

static void put_clock(struct window *w)
{
	const struct modbus_stamp *s = w->map->clock;
	uint8_t bytes[MODBUS_STAMP_CAP];
	if (s && window_meets(w, s->function, s->at, (unsigned)s->size / 2)) {
		modbus_stamp_put(s, w->calendar.zone, w->meter_now, bytes);
		window_put(w, s->at, bytes, (unsigned)s->size / 2);
	}
}

/* ---- archives ---- */

static int depth_of(const struct sim_device *d, const struct modbus_archive *a)
{
	int n = sim_depth(d, a->period);
	return n < (int)a->depth ? n : (int)a->depth;
}

/* Record `n`, counted from 0. False: none. */
static bool record_of(const struct window *w, const struct modbus_archive *a, unsigned n,
	struct sim_record *ret_record)
{
	if (a->numbering != MODBUS_NUMBER_RECORDS) {
		return sim_record_back(w->device, a->period, n, w->now_us, ret_record);
	}
	/* periods without a record are not counted */
	int depth = sim_depth(w->device, a->period);
	for (unsigned i = 0, found = 0; (int)i < depth; i++) {
		if (sim_record_back(w->device, a->period, i, w->now_us, ret_record) &&
			found++ == n) {
			return true;
		}
	}
	return false;
}

/* A counter as its register shows it: amounts are differences of that, so that they add up. */
static double shown(const struct modbus_register *r, double v)
{
	return round(v * r->denominator / r->numerator) * r->numerator / r->denominator;
}

static double field_value(
	const struct window *w, const struct modbus_register *r, const struct sim_record *record)
{
	struct span p = record->period;
	enum quantity_kind kind = quantity_kind(r->quantity);
	if (r->form == FORM_POINT) {
		return measure(w, r, p.till * 1000000);
	}
	if (kind == KIND_COUNTER) {
		return shown(r, measure(w, r, p.till * 1000000)) -
		       shown(r, measure(w, r, p.from * 1000000));
	}
	double mean = sim_mean(w->device, r->quantity, r->unit, p) *
		      share_of(w->map, r->key, r->quantity);
	if (kind == KIND_STATE) {
		int code = isnan(mean) ? 0 : (int)mean;
		return r->quantity == QUANTITY_ERROR_CODE && record->off_h > 0 ?
			       code | ERROR_POWER :
			       code;
	}
	return mean;
}

/* The bytes of record `number` as the map counts; false: there is none. */
static bool record_fill(
	const struct window *w, const struct modbus_archive *a, unsigned number, uint8_t *to)
{
	struct sim_record record;
	memset(to, 0, 2 * (size_t)a->size);
	if (number < a->first || (int)(number - a->first) >= depth_of(w->device, a) ||
		!record_of(w, a, number - a->first, &record)) {
		memset(to, MISSING_BYTE, 2 * (size_t)a->size);
		return false;
	}
	for (unsigned i = 0; i < a->fields_count; i++) {
		const struct modbus_register *r = &a->fields[i];
		value_put(r, field_value(w, r, &record), to + 2 * (size_t)r->at);
	}
	int64_t stamp = a->label == MODBUS_LABEL_END ? record.period.till : record.period.from;
	modbus_stamp_put(&a->stamp, w->calendar.zone, stamp, to + 2 * (size_t)a->stamp.at);
	return true;
}

static void put_archives(struct window *w)
{
	const struct memory *memory = (const void *)w->device->memory;
	uint8_t bytes[2 * WINDOW_MAX];
	for (unsigned i = 0; i < w->map->archives_count; i++) {
		const struct modbus_archive *a = &w->map->archives[i];
		if (depth_of(w->device, a) == 0) {
			continue;
		}
		if (a->access == MODBUS_ACCESS_INDEX &&
			window_meets(w, a->function, a->at, a->size)) {
			(void)record_fill(w, a, memory->index[i], bytes);
			window_put(w, a->at, bytes, a->size);
		}
		if (a->access == MODBUS_ACCESS_INDEX &&
			window_meets(w, MODBUS_READ_HOLDING, a->index_at, 1)) {
			bytes[0] = (uint8_t)(memory->index[i] >> 8);
			bytes[1] = (uint8_t)memory->index[i];
			window_put(w, a->index_at, bytes, 1);
		}
		unsigned end = a->at + (a->first + a->depth) * a->stride;
		if (a->access != MODBUS_ACCESS_DIRECT ||
			!window_meets(w, a->function, a->at, end - a->at)) {
			continue;
		}
		unsigned n = w->at > a->at ? (w->at - a->at) / a->stride : 0;
		for (; a->at + n * a->stride < w->at + w->count && n < a->first + a->depth; n++) {
			(void)record_fill(w, a, n, bytes);
			window_put(w, a->at + n * a->stride, bytes, a->size);
		}
	}
}

/* ---- requests ---- */

static int read_registers(struct window *w, struct modbus_reply *reply)
{
	put_registers(w);
	put_clock(w);
	put_archives(w);
	for (unsigned i = 0; i < w->count; i++) {
		if (!w->has[i]) {
			return MODBUS_ILLEGAL_ADDRESS;
		}
	}
	reply->data = (struct slice){w->bytes, 2 * (size_t)w->count};
	return 0;
}

static int read_file(struct window *w, const struct modbus_request *q, struct modbus_reply *reply)
{
	for (unsigned i = 0; i < w->map->archives_count; i++) {
		const struct modbus_archive *a = &w->map->archives[i];
		uint8_t reference = a->reference ? a->reference : MODBUS_FILE_REFERENCE;
		if (a->access != MODBUS_ACCESS_FILE || a->file != q->file ||
			reference != q->reference) {
			continue;
		}
		if (q->count != a->size || !record_fill(w, a, q->address, w->bytes)) {
			return MODBUS_ILLEGAL_VALUE;
		}
		reply->data = (struct slice){w->bytes, 2 * (size_t)a->size};
		reply->reference = q->reference;
		return 0;
	}
	return MODBUS_ILLEGAL_ADDRESS;
}

static int write_registers(struct window *w, const struct modbus_request *q)
{
	struct memory *memory = (void *)w->device->memory;
	const struct modbus_stamp *s = w->map->clock;
	int64_t utc;
	if (s && s->write_function == q->function && q->address == s->at &&
		q->data.size == s->size) {
		if (!modbus_stamp_get(s, w->calendar.zone, q->data.data, &utc)) {
			return MODBUS_ILLEGAL_VALUE;
		}
		sim_set_clock(w->device, w->now_us, utc);
		return 0;
	}
	for (unsigned i = 0; i < w->map->archives_count; i++) {
		const struct modbus_archive *a = &w->map->archives[i];
		if (a->access == MODBUS_ACCESS_INDEX && a->index_function == q->function &&
			a->index_at == q->address && q->data.size == 2) {
			memory->index[i] = (uint16_t)(q->data.data[0] << 8 | q->data.data[1]);
			return 0;
		}
	}
	return MODBUS_ILLEGAL_ADDRESS;
}

static int serve(struct window *w, const struct modbus_request *q, struct modbus_reply *reply)
{
	switch (q->function) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT: return read_registers(w, reply);
	case MODBUS_READ_FILE: return read_file(w, q, reply);
	case MODBUS_WRITE_ONE:
	case MODBUS_WRITE_MANY:
		reply->address = q->address;
		reply->count = q->count;
		reply->data = q->data;
		return write_registers(w, q);
	default: return MODBUS_ILLEGAL_FUNCTION;
	}
}

static bool answer(
	bool is_tcp, struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct modbus_head head;
	struct slice pdu;
	struct modbus_request q = {0};
	struct modbus_pdu reply_pdu;
	struct modbus_adu adu;
	struct window w = {.device = d, .now_us = now_us, .calendar = sim_calendar(d)};
	if (!modbus_unwrap(is_tcp, request, &head, &pdu) || head.unit != d->address) {
		return false;
	}
	if (meter_map_load(d->model, &w.map, NULL)) {
		return false;
	}
	w.meter_now = sim_meter_now(d, now_us);
	enum err e = modbus_request_decode(pdu, &q);
	w.function = q.function;
	w.at = q.address;
	w.count = q.count;
	struct modbus_reply reply = {.function = q.function};
	reply.exception = e == ERR_UNSUPP ? MODBUS_ILLEGAL_FUNCTION :
			  e               ? MODBUS_ILLEGAL_VALUE :
					    serve(&w, &q, &reply);
	if (modbus_reply_encode(&reply, &reply_pdu)) {
		return false;
	}
	modbus_wrap(&head, &reply_pdu, &adu);
	buf_put(out, adu.data, adu.size);
	return true;
}

static bool answer_rtu(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	return answer(false, d, request, now_us, reply);
}

static bool answer_tcp(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	return answer(true, d, request, now_us, reply);
}

static struct frame_verdict verdict(struct modbus_cut cut)
{
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

static struct frame_verdict frame_rtu(struct slice so_far)
{
	return verdict(modbus_cut_rtu_request(so_far));
}

static struct frame_verdict frame_tcp(struct slice so_far)
{
	return verdict(modbus_cut_tcp(so_far));
}

const struct sim_protocol sim_modbus_rtu = {
	.name = "modbus", .frame = frame_rtu, .answer = answer_rtu};
const struct sim_protocol sim_modbus_tcp = {
	.name = "modbus", .frame = frame_tcp, .answer = answer_tcp};
