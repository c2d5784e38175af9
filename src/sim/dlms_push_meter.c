/*
 * dlms_push_meter.c - the meter's side of pushed DLMS: a three-phase meter with a HAN port, as Aidon makes
 * them: a list of codes, values and units every ten seconds, in segments of 128 bytes
 *
 * Facts: docs/protocols/dlms.md.
 */
#include "proto/dlms_push.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

#define INFO_MAX 128

struct value {
	uint8_t c, d;
	enum quantity quantity;
	enum unit unit;
	uint8_t code; /* COSEM's, of the unit */
	int8_t scaler;
	bool is_signed;
};

static const struct value values[] = {
	{1, 7, QUANTITY_ACTIVE_POWER, UNIT_W, 27, 0, false},
	{3, 7, QUANTITY_REACTIVE_POWER, UNIT_VAR, 29, 0, false},
	{31, 7, QUANTITY_CURRENT, UNIT_A, 33, -1, true},
	{32, 7, QUANTITY_VOLTAGE, UNIT_V, 35, -1, true},
	{1, 8, QUANTITY_ACTIVE_ENERGY, UNIT_WH, 30, 0, false},
	{3, 8, QUANTITY_REACTIVE_ENERGY, UNIT_VARH, 32, 0, false},
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static void put_code(struct buf *out, uint8_t a, uint8_t c, uint8_t d)
{
	const uint8_t code[] = {AXDR_OCTETS, OBIS_GROUPS, a, 0, c, d, 0, OBIS_CURRENT};
	buf_put(out, code, sizeof(code));
}

static void put_value(struct buf *out, const struct value *x, double v)
{
	double steps = isnan(v) ? 0 : v / pow(10, x->scaler);
	buf_u8(out, AXDR_STRUCTURE);
	buf_u8(out, 3);
	put_code(out, 1, x->c, x->d);
	if (x->is_signed) {
		buf_u8(out, AXDR_I16);
		buf_u16be(out, (uint16_t)lround(steps));
	} else {
		buf_u8(out, AXDR_U32);
		buf_u32be(out, (uint32_t)lround(steps));
	}
	const uint8_t scale[] = {
		AXDR_STRUCTURE, 2, AXDR_I8, (uint8_t)x->scaler, AXDR_ENUM, x->code};
	buf_put(out, scale, sizeof(scale));
}

static void push(struct sim_device *d, int64_t now_us, struct buf *out)
{
	static const uint8_t head[] = {DLMS_NOTIFICATION, 0x40, 0, 0, 0, 0};
	struct buf apdu;
	size_t n = strlen(d->serial);
	buf_init(&apdu, 1024);
	buf_put(&apdu, cosem_llc_reply, COSEM_LLC_SIZE);
	buf_put(&apdu, head, sizeof(head));
	buf_u8(&apdu, AXDR_ARRAY);
	buf_u8(&apdu, 1 + VALUES);
	buf_u8(&apdu, AXDR_STRUCTURE);
	buf_u8(&apdu, 2);
	const uint8_t serial[] = {AXDR_OCTETS, OBIS_GROUPS, 0, 0, 96, 1, 0, OBIS_CURRENT};
	buf_put(&apdu, serial, sizeof(serial));
	buf_u8(&apdu, AXDR_VISIBLE);
	buf_u8(&apdu, (uint8_t)n);
	buf_put(&apdu, d->serial, n);
	for (size_t i = 0; i < VALUES; i++) {
		put_value(&apdu, &values[i],
			sim_reading(d, values[i].quantity, values[i].unit, now_us));
	}
	for (size_t at = 0; at < apdu.size; at += INFO_MAX) {
		uint8_t bytes[HDLC_FRAME_MAX];
		size_t left = apdu.size - at;
		const struct hdlc_frame f = {.dest = {{0x03}, 1},
			.source = {{0x05}, 1},
			.control = 0,
			.is_segmented = left > INFO_MAX,
			.info = {apdu.data + at, left < INFO_MAX ? left : INFO_MAX}};
		buf_put(out, bytes, hdlc_encode(&f, bytes));
	}
	buf_fini(&apdu);
}

/* It does not listen. */
static struct frame_verdict frame(struct slice so_far)
{
	return (struct frame_verdict){so_far.size ? FRAME_JUNK : FRAME_MORE, so_far.size};
}

const struct sim_protocol sim_dlms_push = {
	.name = "dlms_push", .frame = frame, .push = push, .push_ms = 10000};
