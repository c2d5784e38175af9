/*
 * karat30x_meter.c - the meter's side of KARAT-306, 307, 308
 *
 * Written from docs/protocols/karat30x.md; driver and meter share one reading of the same facts and the
 * codes of proto/karat30x.c. Records hold readings at the end of their interval and carry the date of
 * its start; device.model "308" counts times in measuring cycles. The place of the next record gives
 * the next there is, over a power cut.
 */
#include "proto/karat30x.h"
#include "proto/modbus.h"
#include "sim/fill.h"

#include <math.h>
#include <string.h>

#define AT_CLOCK       0x0062
#define AT_DATE        0x0060
#define AT_LIST        0x0106
#define AT_SERIAL      0x0101
#define AT_NOW         0x2000
#define NEXT           5
#define SEARCH_MAX     1000 /* periods without a record the meter skips */
#define CYCLES_PER_MIN 6.0
#define BYTES          (2 * KARAT_RECORD_WORDS)

static const uint8_t list[] = {
	0x50, 0x20, 0x21, 0x10, 0x11, 0x30, 0x31, 0x32, 0x40, 0x41, 0xb0, 0xd4, 0xd5, 0xa0, 0xc0};

/* What a device remembers between requests. */
struct memory {
	uint8_t date[4]; /* hh dd MM yy, as written */
	int64_t last;    /* start of the record given last; 0 none */
};

struct view {
	struct sim_device *device;
	struct memory *memory;
	int64_t now_us;
};

static void put_values(const struct view *v, const struct sim_record *r, uint8_t *to, size_t size)
{
	struct sim_fill fill = {v->device, r, v->now_us, r ? FORM_POINT : FORM_NOW, UNIT_GCAL};
	bool is_308 = strcmp(v->device->model, "308") == 0;
	for (size_t i = 0; i < sizeof(list); i++) {
		struct karat_value value;
		if (!karat_value_of(list[i], &value)) {
			continue;
		}
		struct cell c = {.key = value.key,
			.quantity = value.quantity,
			.unit = value.unit,
			.type = value.type,
			.at = (uint16_t)(4 * i),
			.decimals = -1};
		double x = sim_fill_value(&fill, &c);
		x = value.unit == UNIT_MIN && is_308 ? x * CYCLES_PER_MIN : x;
		cell_put(&c, x, to, size);
	}
}

static void put_record(const struct view *v, enum period p, const struct sim_record *r, uint8_t *to)
{
	struct calendar c = sim_calendar(v->device);
	(void)p;
	v->memory->last = r->period.from;
	karat_date_put(zone_civil(c.zone, r->period.from), to);
	put_values(v, r, to + KARAT_VALUES_AT, BYTES - KARAT_VALUES_AT);
}

static void read_record(const struct view *v, enum period p, bool is_next, uint8_t *to)
{
	struct calendar c = sim_calendar(v->device);
	const uint8_t *d = v->memory->date;
	struct civil asked = {2000 + d[3], d[2], d[1], d[0], 0, 0};
	struct sim_record r;
	memset(to, 0, BYTES);
	memset(to + KARAT_DATE_AT, 0xff, 5);
	if (!is_next) {
		int64_t utc = zone_utc(c.zone, asked, false);
		if (sim_record_of(v->device, p, utc, v->now_us, &r)) {
			put_record(v, p, &r, to);
		}
		return;
	}
	int64_t start = v->memory->last;
	for (int i = 0; start && i < SEARCH_MAX; i++) {
		start = period_next(&c, p, start);
		if (start >= v->now_us / 1000000) {
			break;
		}
		if (sim_record_of(v->device, p, start, v->now_us, &r)) {
			put_record(v, p, &r, to);
			break;
		}
	}
}

static void read_clock(const struct view *v, uint8_t *to)
{
	struct calendar c = sim_calendar(v->device);
	int64_t utc = sim_meter_now(v->device, v->now_us);
	int64_t days = (utc + zone_offset(c.zone, utc)) / 86400; /* 1970-01-01 was a Thursday */
	karat_clock_put(zone_civil(c.zone, utc), (int)((days + 3) % 7) + 1, to);
}

static void read_serial(const struct view *v, uint8_t *to)
{
	size_t n = strlen(v->device->serial);
	for (size_t i = 0; i < n && i < 24; i++) {
		to[i ^ 1] = (uint8_t)v->device->serial[i];
	}
}

/* Structures of fixed places; 0 or an exception. */
static int read_words(const struct view *v, const struct modbus_request *q, uint8_t *to)
{
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	memset(to, 0, 2 * MODBUS_READ_MAX);
	switch (q->address) {
	case AT_CLOCK: read_clock(v, to); return 0;
	case AT_SERIAL: read_serial(v, to); return 0;
	case AT_NOW: put_values(v, NULL, to, 2 * MODBUS_READ_MAX); return 0;
	case AT_LIST:
		memset(to, 0xff, 2 * MODBUS_READ_MAX);
		memcpy(to, list, sizeof(list));
		return 0;
	default: break;
	}
	if (q->address < 0x30 && (q->address % 0x10 == 0 || q->address % 0x10 == NEXT)) {
		read_record(v, periods[q->address / 0x10], q->address % 0x10 == NEXT, to);
		return 0;
	}
	return MODBUS_ILLEGAL_ADDRESS;
}

static int write_words(const struct view *v, const struct modbus_request *q)
{
	if (q->address != AT_DATE || q->data.size != 4) {
		return MODBUS_ILLEGAL_ADDRESS;
	}
	memcpy(v->memory->date, q->data.data, 4);
	v->memory->last = 0;
	return 0;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct view v = {d, (void *)d->memory, now_us};
	struct modbus_head head;
	struct slice pdu;
	struct modbus_request q = {0};
	struct modbus_pdu reply_pdu;
	struct modbus_adu adu;
	uint8_t bytes[2 * MODBUS_READ_MAX];
	if (!modbus_unwrap(false, request, &head, &pdu) || head.unit != d->address) {
		return false;
	}
	enum err e = modbus_request_decode(pdu, &q);
	struct modbus_reply reply = {
		.function = q.function, .address = q.address, .count = q.count};
	if (e) {
		reply.exception = e == ERR_UNSUPP ? MODBUS_ILLEGAL_FUNCTION : MODBUS_ILLEGAL_VALUE;
	} else if (q.function == MODBUS_READ_HOLDING) {
		reply.exception = read_words(&v, &q, bytes);
		reply.data = (struct slice){bytes, 2 * (size_t)q.count};
	} else {
		reply.exception = q.function == MODBUS_WRITE_MANY ? write_words(&v, &q) :
								    MODBUS_ILLEGAL_FUNCTION;
	}
	if (modbus_reply_encode(&reply, &reply_pdu)) {
		return false;
	}
	modbus_wrap(&head, &reply_pdu, &adu);
	buf_put(out, adu.data, adu.size);
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

const struct sim_protocol sim_karat30x = {.name = "karat30x", .frame = frame, .answer = answer};
