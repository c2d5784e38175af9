/*
 * tsrv_meter.c - the meter's side of Vzlet TSRV-020..024 and 030
 *
 * Written from docs/protocols/tsrv.md; driver and meter share one reading of the same documents and the
 * tables of proto/tsrv.c. device.model is the name of a map ("024"); one heat system is in use, its
 * channels count mass.
 *
 * A record that is not there is all zeros; a time leads to the record of the period it lies in, stamped
 * with the start of that or, by TSRV-030, with its last second.
 */
#include "proto/tsrv.h"
#include "sim/fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MAX 250 /* bytes of the largest block */

struct view {
	struct sim_device *device;
	const struct tsrv_model *model;
	int64_t now_us;
};

static void put_u32(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

static uint32_t local_seconds(const struct sim_device *d, int64_t utc)
{
	struct calendar c = sim_calendar(d);
	return (uint32_t)(utc + zone_offset(c.zone, utc));
}

static void put_table(
	const struct sim_fill *fill, const struct tsrv_table *table, uint8_t *to, size_t size)
{
	static const enum quantity channels[] = {
		QUANTITY_MASS_SUPPLY, QUANTITY_MASS_RETURN, QUANTITY_MASS};
	for (size_t i = 0; i < table->n; i++) {
		struct cell c = table->cells[i];
		if (c.quantity == QUANTITY_UNKNOWN) {
			c.quantity = channels[(c.key[strlen(c.key) - 1] - '1') % 3];
			c.unit = UNIT_T;
		}
		cell_put(&c, sim_fill_value(fill, &c), to, size);
	}
}

/* ---- registers ---- */

static void put_clock(const struct view *v, uint8_t *to)
{
	struct calendar c = sim_calendar(v->device);
	int64_t utc = sim_meter_now(v->device, v->now_us);
	struct civil now = zone_civil(c.zone, utc);
	if (v->model->clock == TSRV_CLOCK_EPOCH) {
		put_u32(to, local_seconds(v->device, utc));
		return;
	}
	const int fields[6] = {
		now.year % 100, now.month, now.day, now.hour, now.minute, now.second};
	for (int i = 0; i < 6; i++) {
		to[2 * i] = 0;
		to[2 * i + 1] = (uint8_t)fields[i];
	}
}

/* `count` registers from `address`; 0 or an exception. */
static int read_registers(const struct view *v, const struct modbus_request *q, uint8_t *to)
{
	const struct tsrv_model *m = v->model;
	struct sim_fill fill = {v->device, NULL, v->now_us, FORM_NOW, UNIT_GCAL};
	bool is_epoch = m->clock == TSRV_CLOCK_EPOCH;
	if (q->function == m->clock_function && q->address == m->clock_address &&
		q->count == (is_epoch ? 2 : 6)) {
		put_clock(v, to);
		return 0;
	}
	if (q->function == m->serial_function && q->address == m->serial_address && q->count == 2) {
		put_u32(to, (uint32_t)strtoul(v->device->serial, NULL, 10));
		return 0;
	}
	for (int i = 0; i < TSRV_BLOCKS && m->blocks[i].count; i++) {
		const struct tsrv_block *b = &m->blocks[i];
		uint8_t bytes[WINDOW_MAX] = {0};
		if (q->function != b->function || q->address < b->address ||
			q->address + q->count > b->address + b->count) {
			continue;
		}
		put_table(&fill, &b->table, bytes, sizeof(bytes));
		memcpy(to, bytes + 2 * (size_t)(q->address - b->address), 2 * (size_t)q->count);
		return 0;
	}
	return MODBUS_ILLEGAL_ADDRESS;
}

static int write_registers(const struct view *v, const struct modbus_request *q)
{
	const struct tsrv_model *m = v->model;
	if (!m->is_clock_set || q->address != m->clock_address || q->data.size != 4) {
		return MODBUS_ILLEGAL_ADDRESS;
	}
	struct reader r = reader_of(q->data);
	struct calendar c = sim_calendar(v->device);
	int64_t utc = zone_utc(c.zone, civil_from_utc(reader_u32be(&r)), false);
	sim_set_clock(v->device, v->now_us, utc);
	return 0;
}

/* ---- archives ---- */

static size_t fill_record(
	const struct view *v, const struct tsrv_layout *l, const struct sim_record *r, uint8_t *to)
{
	struct sim_fill fill = {
		v->device, r, v->now_us, l->is_total ? FORM_POINT : FORM_AMOUNT, UNIT_GCAL};
	int64_t stamp = v->model->is_last_second ? r->period.till - 1 : r->period.from;
	put_u32(to, local_seconds(v->device, stamp));
	put_table(&fill, &l->system, to + l->system_at, l->size - l->system_at);
	put_table(&fill, &l->common, to, l->size);
	return l->size;
}

/* Bytes of the reply's record, or minus an exception. */
static int read_archive(const struct view *v, const struct tsrv_request *q, uint8_t *to)
{
	struct calendar c = sim_calendar(v->device);
	if (q->count != 1 || !q->is_by_time) {
		return -MODBUS_ILLEGAL_VALUE;
	}
	for (int p = PERIOD_HOUR; p <= PERIOD_MONTH; p++) {
		const struct tsrv_archive *a = &v->model->archives[p];
		unsigned systems = a->array_step ? TSRV_SYSTEMS : 1;
		for (unsigned i = 0; i < systems; i++) {
			struct sim_record r;
			if (q->array != a->array + i * a->array_step) {
				continue;
			}
			memset(to, 0, a->layout->size);
			if (i == 0 && sim_record_of(v->device, (enum period)p,
					      zone_utc(c.zone, q->time, false), v->now_us, &r)) {
				(void)fill_record(v, a->layout, &r, to);
			}
			return (int)a->layout->size;
		}
	}
	return -MODBUS_ILLEGAL_ADDRESS;
}

/* ---- requests ---- */

static void put_reply(const struct view *v, struct modbus_pdu *pdu, struct buf *out)
{
	struct modbus_head head = {.unit = (uint8_t)v->device->address};
	struct modbus_adu adu;
	modbus_wrap(&head, pdu, &adu);
	buf_put(out, adu.data, adu.size);
}

/* The name in CP1251, a zero, and counts of registers nobody asks for. */
static void put_name(const struct view *v, struct modbus_pdu *pdu)
{
	int n = snprintf((char *)pdu->data + 2, 64, "\xd2\xd1\xd0\xc2-%s%s", v->model->name,
		v->model == &tsrv_030_01 ? " 63.01.01.02" : "");
	if (v->model == &tsrv_030_03) {
		n = snprintf((char *)pdu->data + 2, 64, "\xd2\xd1\xd0\xc2-030 63.01.03.05");
	}
	memset(pdu->data + 2 + n, 0, 9);
	pdu->data[0] = MODBUS_DEVICE_ID;
	pdu->data[1] = (uint8_t)(n + 9);
	pdu->size = (size_t)n + 11;
}

static bool answer_registers(const struct view *v, struct slice pdu, struct modbus_pdu *ret_pdu)
{
	struct modbus_request q = {0};
	uint8_t bytes[2 * MODBUS_READ_MAX];
	enum err e = modbus_request_decode(pdu, &q);
	struct modbus_reply reply = {
		.function = q.function, .address = q.address, .count = q.count};
	if (e) {
		reply.exception = e == ERR_UNSUPP ? MODBUS_ILLEGAL_FUNCTION : MODBUS_ILLEGAL_VALUE;
	} else if (q.function == MODBUS_WRITE_MANY) {
		reply.exception = write_registers(v, &q);
	} else if (q.function == MODBUS_READ_HOLDING || q.function == MODBUS_READ_INPUT) {
		reply.exception = read_registers(v, &q, bytes);
		reply.data = (struct slice){bytes, 2 * (size_t)q.count};
	} else {
		reply.exception = MODBUS_ILLEGAL_FUNCTION;
	}
	return modbus_reply_encode(&reply, ret_pdu) == ERR_OK;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	const struct tsrv_model *m = tsrv_model_named(d->model);
	struct view v = {d, m ? m : &tsrv_020, now_us};
	struct modbus_head head;
	struct slice pdu;
	struct modbus_pdu reply = {.size = 0};
	struct tsrv_request q;
	if (!modbus_unwrap(false, request, &head, &pdu) || head.unit != d->address) {
		return false;
	}
	if (pdu.data[0] == MODBUS_DEVICE_ID) {
		put_name(&v, &reply);
	} else if (tsrv_request_get(pdu, &q)) {
		int n = read_archive(&v, &q, reply.data + 2);
		reply.data[0] = (uint8_t)(MODBUS_VZLET_ARCHIVE | (n < 0 ? 0x80 : 0));
		reply.data[1] = (uint8_t)(n < 0 ? -n : n);
		reply.size = n < 0 ? 2 : 2 + (size_t)n;
	} else if (!answer_registers(&v, pdu, &reply)) {
		return false;
	}
	put_reply(&v, &reply, out);
	return true;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct modbus_cut cut = modbus_cut_rtu_request(so_far);
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_tsrv = {.name = "tsrv", .frame = frame, .answer = answer};
