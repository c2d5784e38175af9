/*
 * modbus.c - PDUs and their coats
 *
 * function  request                                   reply
 *   3, 4    FF AAAA CCCC                              FF nn data(nn)
 *   6       FF AAAA VVVV                              the same
 *   16      FF AAAA CCCC nn data(nn)                  FF AAAA CCCC
 *   20      FF 07 RR NNNN AAAA CCCC                   FF nn mm RR data(mm - 1), nn = mm + 1
 *   any                                               FF|80 XX
 *
 * F: function, A: address (20: record), C: count of registers, V: value, n, m: counts of bytes,
 * R: reference type, N: file, X: exception. All words high byte first.
 */
#include "proto/modbus.h"

#include "proto/crc.h"

#include <string.h>

#define FILE_GROUP_SIZE 7

static void put_u8(struct modbus_pdu *pdu, unsigned v)
{
	pdu->data[pdu->size++] = (uint8_t)v;
}

static void put_u16(struct modbus_pdu *pdu, unsigned v)
{
	put_u8(pdu, v >> 8);
	put_u8(pdu, v & 0xff);
}

static void put_bytes(struct modbus_pdu *pdu, struct slice bytes)
{
	if (bytes.size) {
		memcpy(pdu->data + pdu->size, bytes.data, bytes.size);
		pdu->size += bytes.size;
	}
}

static bool is_even_within(size_t size, size_t words_max)
{
	return size >= 2 && size % 2 == 0 && size / 2 <= words_max;
}

enum err modbus_request_encode(const struct modbus_request *q, struct modbus_pdu *ret_pdu)
{
	struct modbus_pdu pdu = {.size = 0};
	put_u8(&pdu, (unsigned)q->function);
	switch (q->function) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		if (q->count < 1 || q->count > MODBUS_READ_MAX) {
			return ERR_RANGE;
		}
		put_u16(&pdu, q->address);
		put_u16(&pdu, q->count);
		break;
	case MODBUS_WRITE_ONE:
		if (q->data.size != 2) {
			return ERR_RANGE;
		}
		put_u16(&pdu, q->address);
		put_bytes(&pdu, q->data);
		break;
	case MODBUS_WRITE_MANY:
		if (!is_even_within(q->data.size, MODBUS_WRITE_MAX)) {
			return ERR_RANGE;
		}
		put_u16(&pdu, q->address);
		put_u16(&pdu, (unsigned)(q->data.size / 2));
		put_u8(&pdu, (unsigned)q->data.size);
		put_bytes(&pdu, q->data);
		break;
	case MODBUS_READ_FILE:
		if (q->count < 1 || q->count > MODBUS_FILE_MAX) {
			return ERR_RANGE;
		}
		put_u8(&pdu, FILE_GROUP_SIZE);
		put_u8(&pdu, q->reference ? q->reference : MODBUS_FILE_REFERENCE);
		put_u16(&pdu, q->file);
		put_u16(&pdu, q->address);
		put_u16(&pdu, q->count);
		break;
	default: return ERR_UNSUPP;
	}
	*ret_pdu = pdu;
	return ERR_OK;
}

enum err modbus_request_decode(struct slice in, struct modbus_request *ret_q)
{
	struct reader r = reader_of(in);
	struct modbus_request q = {.function = reader_u8(&r)};
	bool is_good = true;
	switch (q.function) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		q.address = reader_u16be(&r);
		q.count = reader_u16be(&r);
		is_good = q.count >= 1 && q.count <= MODBUS_READ_MAX;
		break;
	case MODBUS_WRITE_ONE:
		q.address = reader_u16be(&r);
		q.data = reader_bytes(&r, 2);
		q.count = 1;
		break;
	case MODBUS_WRITE_MANY:
		q.address = reader_u16be(&r);
		q.count = reader_u16be(&r);
		q.data = reader_bytes(&r, reader_u8(&r));
		is_good = is_even_within(q.data.size, MODBUS_WRITE_MAX) &&
			  q.data.size == 2 * (size_t)q.count;
		break;
	case MODBUS_READ_FILE:
		is_good = reader_u8(&r) == FILE_GROUP_SIZE;
		q.reference = reader_u8(&r);
		q.file = reader_u16be(&r);
		q.address = reader_u16be(&r);
		q.count = reader_u16be(&r);
		is_good = is_good && q.count >= 1 && q.count <= MODBUS_FILE_MAX;
		break;
	default: ret_q->function = q.function; return ERR_UNSUPP;
	}
	ret_q->function = q.function;
	if (!is_good || r.is_short || reader_left(&r)) {
		return ERR_PROTO;
	}
	*ret_q = q;
	return ERR_OK;
}

enum err modbus_reply_encode(const struct modbus_reply *reply, struct modbus_pdu *ret_pdu)
{
	struct modbus_pdu pdu = {.size = 0};
	if (reply->exception) {
		put_u8(&pdu, (unsigned)reply->function | 0x80u);
		put_u8(&pdu, (unsigned)reply->exception);
		*ret_pdu = pdu;
		return ERR_OK;
	}
	put_u8(&pdu, (unsigned)reply->function);
	switch (reply->function) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		if (!is_even_within(reply->data.size, MODBUS_READ_MAX)) {
			return ERR_RANGE;
		}
		put_u8(&pdu, (unsigned)reply->data.size);
		put_bytes(&pdu, reply->data);
		break;
	case MODBUS_WRITE_ONE:
		if (reply->data.size != 2) {
			return ERR_RANGE;
		}
		put_u16(&pdu, reply->address);
		put_bytes(&pdu, reply->data);
		break;
	case MODBUS_WRITE_MANY:
		put_u16(&pdu, reply->address);
		put_u16(&pdu, reply->count);
		break;
	case MODBUS_READ_FILE:
		if (!is_even_within(reply->data.size, MODBUS_FILE_MAX)) {
			return ERR_RANGE;
		}
		put_u8(&pdu, (unsigned)reply->data.size + 2);
		put_u8(&pdu, (unsigned)reply->data.size + 1);
		put_u8(&pdu, reply->reference ? reply->reference : MODBUS_FILE_REFERENCE);
		put_bytes(&pdu, reply->data);
		break;
	default: return ERR_UNSUPP;
	}
	*ret_pdu = pdu;
	return ERR_OK;
}

enum err modbus_reply_decode(struct slice in, struct modbus_reply *ret_r)
{
	struct reader r = reader_of(in);
	unsigned code = reader_u8(&r);
	struct modbus_reply reply = {.function = (int)(code & 0x7f)};
	bool is_good = true;
	unsigned n;
	if (code & 0x80) {
		reply.exception = reader_u8(&r);
		if (r.is_short || reader_left(&r) || reply.exception == 0) {
			return ERR_PROTO;
		}
		*ret_r = reply;
		return ERR_OK;
	}
	switch (reply.function) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		reply.data = reader_bytes(&r, reader_u8(&r));
		is_good = is_even_within(reply.data.size, MODBUS_READ_MAX);
		reply.count = (uint16_t)(reply.data.size / 2);
		break;
	case MODBUS_WRITE_ONE:
		reply.address = reader_u16be(&r);
		reply.data = reader_bytes(&r, 2);
		reply.count = 1;
		break;
	case MODBUS_WRITE_MANY:
		reply.address = reader_u16be(&r);
		reply.count = reader_u16be(&r);
		break;
	case MODBUS_READ_FILE:
		n = reader_u8(&r);
		is_good = n >= 4 && reader_u8(&r) == n - 1;
		reply.reference = reader_u8(&r);
		reply.data = reader_bytes(&r, is_good ? n - 2 : 0);
		is_good = is_good && is_even_within(reply.data.size, MODBUS_FILE_MAX);
		reply.count = (uint16_t)(reply.data.size / 2);
		break;
	default: return ERR_UNSUPP;
	}
	if (!is_good || r.is_short || reader_left(&r)) {
		return ERR_PROTO;
	}
	*ret_r = reply;
	return ERR_OK;
}

void modbus_wrap(
	const struct modbus_head *head, const struct modbus_pdu *pdu, struct modbus_adu *ret_adu)
{
	uint8_t *to = ret_adu->data;
	size_t n = 0;
	if (head->is_tcp) {
		size_t length = pdu->size + 1;
		to[0] = (uint8_t)(head->transaction >> 8);
		to[1] = (uint8_t)head->transaction;
		to[2] = to[3] = 0;
		to[4] = (uint8_t)(length >> 8);
		to[5] = (uint8_t)length;
		n = 6;
	}
	to[n++] = head->unit;
	memcpy(to + n, pdu->data, pdu->size);
	n += pdu->size;
	if (!head->is_tcp) {
		uint16_t crc = crc16_modbus((struct slice){to, n});
		to[n++] = (uint8_t)crc;
		to[n++] = (uint8_t)(crc >> 8);
	}
	ret_adu->size = n;
}

bool modbus_unwrap(
	bool is_tcp, struct slice frame, struct modbus_head *ret_head, struct slice *ret_pdu)
{
	struct modbus_head head = {.is_tcp = is_tcp};
	struct reader r = reader_of(frame);
	if (is_tcp) {
		struct modbus_cut cut = modbus_cut_tcp(frame);
		if (cut.state != MODBUS_CUT_FULL || cut.size != frame.size) {
			return false;
		}
		head.transaction = reader_u16be(&r);
		(void)reader_bytes(&r, 4);
		head.unit = reader_u8(&r);
		*ret_pdu = reader_bytes(&r, reader_left(&r));
	} else {
		if (frame.size < 4 || frame.size > MODBUS_PDU_CAP + 3 || crc16_modbus(frame) != 0) {
			return false;
		}
		head.unit = reader_u8(&r);
		*ret_pdu = reader_bytes(&r, frame.size - 3);
	}
	*ret_head = head;
	return true;
}

static struct modbus_cut cut_more(size_t size)
{
	return (struct modbus_cut){MODBUS_CUT_MORE, size};
}

static const struct modbus_cut cut_junk = {MODBUS_CUT_JUNK, 1};

/* A frame that should be `size` bytes long with its CRC, which is 0 over a whole frame. */
static struct modbus_cut cut_checked(struct slice so_far, size_t size)
{
	if (so_far.size < size) {
		return cut_more(size);
	}
	if (crc16_modbus((struct slice){so_far.data, size}) != 0) {
		return cut_junk;
	}
	return (struct modbus_cut){MODBUS_CUT_FULL, size};
}

struct modbus_cut modbus_cut_rtu_reply(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	size_t n;
	if (so_far.size < 2) {
		return cut_more(5);
	}
	if (d[1] & 0x80) {
		return cut_checked(so_far, 5);
	}
	switch (d[1]) {
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
	case MODBUS_READ_FILE:
		if (so_far.size < 3) {
			return cut_more(7);
		}
		n = d[2];
		if (n < 2 || n % 2 || n > 250) {
			return cut_junk;
		}
		return cut_checked(so_far, n + 5);
	case MODBUS_DEVICE_ID:
	case MODBUS_VZLET_ARCHIVE:
		if (so_far.size < 3) {
			return cut_more(6);
		}
		n = d[2];
		return n < 1 || n > 250 ? cut_junk : cut_checked(so_far, n + 5);
	case MODBUS_WRITE_ONE:
	case MODBUS_WRITE_MANY: return cut_checked(so_far, 8);
	default: return cut_junk;
	}
}

struct modbus_cut modbus_cut_rtu_request(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	size_t n;
	if (so_far.size < 2) {
		return cut_more(4);
	}
	switch (d[1]) {
	case MODBUS_READ_FILE:
		if (so_far.size < 3) {
			return cut_more(12);
		}
		n = d[2];
		if (n < 7 || n % 7 || n > 245) {
			return cut_junk;
		}
		return cut_checked(so_far, n + 5);
	case MODBUS_WRITE_MANY:
		if (so_far.size < 7) {
			return cut_more(11);
		}
		n = d[6];
		if (n < 2 || n % 2 || n > (size_t)2 * MODBUS_WRITE_MAX) {
			return cut_junk;
		}
		return cut_checked(so_far, n + 9);
	case MODBUS_DEVICE_ID: return cut_checked(so_far, 4);
	case MODBUS_VZLET_ARCHIVE:
		if (so_far.size < 7) {
			return cut_more(11);
		}
		return cut_checked(so_far, d[6] == 1 ? 15 : 11);
	case 1: /* coils and inputs are refused by who gets them, but they are frames */
	case 2:
	case 5:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
	case MODBUS_WRITE_ONE: return cut_checked(so_far, 8);
	default: return cut_junk;
	}
}

struct modbus_cut modbus_cut_tcp(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	if (so_far.size >= 4 && (d[2] || d[3])) {
		return cut_junk;
	}
	if (so_far.size < 6) {
		return cut_more(8);
	}
	size_t length = (size_t)d[4] << 8 | d[5];
	if (length < 2 || length > MODBUS_PDU_CAP + 1) {
		return cut_junk;
	}
	if (so_far.size < length + 6) {
		return cut_more(length + 6);
	}
	return (struct modbus_cut){MODBUS_CUT_FULL, length + 6};
}
