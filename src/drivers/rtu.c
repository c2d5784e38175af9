/*
 * rtu.c - requests of drivers that speak Modbus RTU in their own way; see rtu.h
 */
#include "drivers/rtu.h"

static struct frame_verdict frame(struct slice so_far)
{
	static const enum frame_state states[] = {
		[MODBUS_CUT_MORE] = FRAME_MORE,
		[MODBUS_CUT_FULL] = FRAME_FULL,
		[MODBUS_CUT_JUNK] = FRAME_JUNK,
	};
	struct modbus_cut cut = modbus_cut_rtu_reply(so_far);
	return (struct frame_verdict){states[cut.state], cut.size};
}

static enum err refuse(struct talk *t, unsigned function, unsigned exception)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[1] = {ERR_UNSUPP, "does not know the function"},
		[2] = {ERR_NODATA, "has nothing at this address"},
		[3] = {ERR_NODATA, "refuses the value"},
		[4] = {ERR_DENIED, "forbids that in this mode"},
		[5] = {ERR_DENIED, "has its settings locked"},
		[6] = {ERR_BUSY, "is busy"},
		[7] = {ERR_DENIED, "wants a password"},
	};
	enum err e = ERR_UNSUPP;
	const char *text = "refuses";
	if (exception < sizeof(meanings) / sizeof(meanings[0]) && meanings[exception].text) {
		e = meanings[exception].e;
		text = meanings[exception].text;
	}
	return talk_fail(
		t, e, "the meter %s (function %u, exception %u)", text, function, exception);
}

enum err rtu_ask(struct talk *t, uint8_t unit, const struct modbus_pdu *request, unsigned data_size,
	struct slice *ret_pdu)
{
	struct modbus_head head = {.unit = unit};
	struct modbus_adu adu = {.size = 0};
	uint8_t function = request->data[0];
	struct slice bytes;
	modbus_wrap(&head, request, &adu);
	struct slice frame_out = {adu.data, adu.size};
	enum err e = talk_exchange(t, frame_out, frame, &bytes);
	for (; e == ERR_OK; e = talk_again(t, frame, &bytes)) {
		struct modbus_head from;
		struct slice pdu;
		if (!modbus_unwrap(false, bytes, &from, &pdu) || from.unit != unit ||
			(pdu.data[0] & 0x7f) != function) {
			continue;
		}
		if (pdu.data[0] & 0x80) {
			return refuse(t, function, pdu.size > 1 ? pdu.data[1] : 0);
		}
		if (data_size && (pdu.size < 2 || pdu.data[1] != data_size)) {
			continue;
		}
		*ret_pdu = pdu;
		return ERR_OK;
	}
	return e;
}

enum err rtu_read(struct talk *t, uint8_t unit, const struct modbus_request *q, size_t least,
	bool is_exact, struct slice *ret_data)
{
	struct modbus_pdu pdu;
	struct modbus_reply reply;
	struct slice got;
	enum err e = modbus_request_encode(q, &pdu);
	if (!e) {
		e = rtu_ask(t, unit, &pdu, is_exact ? 2u * q->count : 0, &got);
	}
	if (!e) {
		e = modbus_reply_decode(got, &reply);
	}
	if (!e && reply.data.size < least) {
		e = talk_fail(t, ERR_PROTO, "%zu bytes at address 0x%04X, at least %zu expected",
			reply.data.size, q->address, least);
	}
	if (!e) {
		*ret_data = reply.data;
	}
	return e;
}

enum err rtu_write(struct talk *t, uint8_t unit, uint16_t address, struct slice words)
{
	struct modbus_request q = {
		.function = MODBUS_WRITE_MANY, .address = address, .data = words};
	struct modbus_pdu pdu;
	struct modbus_reply reply;
	struct slice got;
	enum err e = modbus_request_encode(&q, &pdu);
	if (!e) {
		e = rtu_ask(t, unit, &pdu, 0, &got);
	}
	if (!e) {
		e = modbus_reply_decode(got, &reply);
	}
	if (!e && (reply.address != address || 2 * (size_t)reply.count != words.size)) {
		e = talk_fail(t, ERR_PROTO, "the meter confirms another write than that to 0x%04X",
			address);
	}
	return e;
}
