/*
 * vkt.c - frames of VKT-5 and VKT-7; see vkt.h
 */
#include "proto/vkt.h"

#include "proto/crc.h"

#include <string.h>

#define WAKE         0xff /* no address */
#define SHORT_SIZE   6
#define READ_SIZE    8
#define REFUSAL_SIZE 6
#define WRITE_HEAD   7 /* to the count of bytes */
#define CRC_SIZE     2

static void put_u8(struct vkt_frame *f, unsigned v)
{
	f->data[f->size++] = (uint8_t)v;
}

static void put_u16(struct vkt_frame *f, unsigned v)
{
	put_u8(f, v >> 8);
	put_u8(f, v & 0xff);
}

static void put_bytes(struct vkt_frame *f, struct slice bytes)
{
	if (bytes.size) {
		memcpy(f->data + f->size, bytes.data, bytes.size);
		f->size += bytes.size;
	}
}

static void put_crc(struct vkt_frame *f, size_t from)
{
	uint16_t crc = crc16_modbus((struct slice){f->data + from, f->size - from});
	put_u8(f, crc & 0xff);
	put_u8(f, crc >> 8);
}

/* ---- requests ---- */

enum err vkt_request_encode(
	const struct vkt_request *q, const struct vkt_coat *coat, struct vkt_frame *ret_frame)
{
	struct vkt_frame f = {.size = 0};
	bool is_write = q->function == VKT_WRITE;
	if (!is_write && q->function != VKT_READ && q->function != VKT_READ_ARCHIVE) {
		return ERR_UNSUPP;
	}
	if (q->data.size > VKT_FRAME_CAP - WRITE_HEAD - CRC_SIZE || q->data.size > VKT_DATA_MAX) {
		return ERR_RANGE;
	}
	if (coat && coat->is_woken) {
		put_u16(&f, WAKE << 8 | WAKE);
	}
	if (coat && coat->extended >= 0) {
		put_u8(&f, (unsigned)coat->extended);
	}
	size_t from = f.size;
	put_u8(&f, q->address);
	put_u8(&f, (unsigned)q->function);
	put_u16(&f, q->start);
	if (is_write || !q->is_short) {
		put_u16(&f, q->count);
	}
	if (is_write) {
		put_u8(&f, q->claimed ? q->claimed : (unsigned)q->data.size);
		put_bytes(&f, q->data);
	}
	put_crc(&f, from);
	*ret_frame = f;
	return ERR_OK;
}

bool vkt_request_decode(struct slice frame, struct vkt_request *ret_q)
{
	struct modbus_cut cut = vkt_cut_request(frame);
	if (cut.state != MODBUS_CUT_FULL || cut.size != frame.size) {
		return false;
	}
	struct reader r = reader_of((struct slice){frame.data, frame.size - CRC_SIZE});
	struct vkt_request q = {.address = reader_u8(&r), .function = reader_u8(&r)};
	q.start = reader_u16be(&r);
	q.is_short = reader_left(&r) == 0;
	q.count = q.is_short ? 0 : reader_u16be(&r);
	if (q.function == VKT_WRITE) {
		q.claimed = reader_u8(&r);
		q.data = reader_bytes(&r, reader_left(&r));
	}
	*ret_q = q;
	return true;
}

/* ---- replies ---- */

enum err vkt_reply_encode(const struct vkt_reply *reply, struct vkt_frame *ret_frame)
{
	struct vkt_frame f = {.size = 0};
	if (reply->data.size > VKT_DATA_MAX) {
		return ERR_RANGE;
	}
	put_u8(&f, reply->address);
	put_u8(&f, (unsigned)reply->function | (reply->is_refused ? 0x80u : 0));
	if (reply->is_refused) {
		put_u8(&f, (unsigned)reply->code);
		put_u8(&f, 0);
	} else if (reply->function == VKT_WRITE) {
		put_u16(&f, reply->start);
		put_u16(&f, reply->count);
	} else {
		put_u8(&f, (unsigned)reply->data.size);
		put_bytes(&f, reply->data);
	}
	put_crc(&f, 0);
	*ret_frame = f;
	return ERR_OK;
}

bool vkt_reply_decode(struct slice frame, struct vkt_reply *ret_reply)
{
	struct modbus_cut cut = vkt_cut_reply(frame);
	if (cut.state != MODBUS_CUT_FULL || cut.size != frame.size) {
		return false;
	}
	struct reader r = reader_of((struct slice){frame.data, frame.size - CRC_SIZE});
	struct vkt_reply reply = {.address = reader_u8(&r)};
	unsigned code = reader_u8(&r);
	reply.function = (int)(code & 0x7f);
	reply.is_refused = code & 0x80;
	if (reply.is_refused) {
		reply.code = reader_u8(&r);
	} else if (reply.function == VKT_WRITE) {
		reply.start = reader_u16be(&r);
		reply.count = reader_u16be(&r);
	} else {
		reply.data = reader_bytes(&r, reader_u8(&r));
	}
	*ret_reply = reply;
	return true;
}

/* ---- where a frame ends ---- */

static const struct modbus_cut junk = {MODBUS_CUT_JUNK, 1};

static struct modbus_cut more(size_t size)
{
	return (struct modbus_cut){MODBUS_CUT_MORE, size};
}

static bool is_checked(struct slice so_far, size_t size)
{
	return so_far.size >= size && crc16_modbus((struct slice){so_far.data, size}) == 0;
}

static struct modbus_cut cut_checked(struct slice so_far, size_t size)
{
	if (so_far.size < size) {
		return more(size);
	}
	return is_checked(so_far, size) ? (struct modbus_cut){MODBUS_CUT_FULL, size} : junk;
}

static bool is_function(unsigned f)
{
	return f == VKT_READ || f == VKT_READ_ARCHIVE || f == VKT_WRITE;
}

struct modbus_cut vkt_cut_reply(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	if (so_far.size >= 1 && d[0] == WAKE) {
		return junk;
	}
	if (so_far.size < 2) {
		return more(REFUSAL_SIZE);
	}
	if (!is_function(d[1] & 0x7f)) {
		return junk;
	}
	if (d[1] & 0x80) {
		return cut_checked(so_far, REFUSAL_SIZE);
	}
	if (d[1] == VKT_WRITE) {
		return cut_checked(so_far, READ_SIZE);
	}
	return so_far.size < 3 ? more(REFUSAL_SIZE) : cut_checked(so_far, (size_t)d[2] + 5);
}

struct modbus_cut vkt_cut_reply_extended(struct slice so_far)
{
	struct modbus_cut bare = vkt_cut_reply(so_far);
	if (bare.state == MODBUS_CUT_FULL || so_far.size < 2) {
		return bare;
	}
	struct modbus_cut behind = vkt_cut_reply((struct slice){so_far.data + 1, so_far.size - 1});
	if (behind.state == MODBUS_CUT_FULL) {
		return junk; /* the extended address */
	}
	if (behind.state == MODBUS_CUT_MORE) {
		return more(0);
	}
	return bare;
}

/*
 * The count of bytes of a write is a lie in two requests, and a read may have no count: then the
 * checksum decides.
 */
struct modbus_cut vkt_cut_request(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	if (so_far.size >= 1 && d[0] == WAKE) {
		return junk;
	}
	if (so_far.size < SHORT_SIZE) {
		return so_far.size >= 2 && !is_function(d[1]) ? junk : more(SHORT_SIZE);
	}
	if (!is_function(d[1])) {
		return junk;
	}
	if (d[1] != VKT_WRITE) {
		return is_checked(so_far, SHORT_SIZE) ?
			       (struct modbus_cut){MODBUS_CUT_FULL, SHORT_SIZE} :
			       cut_checked(so_far, READ_SIZE);
	}
	if (so_far.size < WRITE_HEAD) {
		return more(WRITE_HEAD);
	}
	size_t n = d[6];
	unsigned start = (unsigned)d[2] << 8 | d[3];
	if (start == VKT7_LIST && n == VKT7_SESSION) { /* or a list of 34 elements */
		size_t size = 4 + WRITE_HEAD + CRC_SIZE;
		if (so_far.size < size) {
			return more(size);
		}
		n = is_checked(so_far, size) ? 4 : n;
	} else if (start == VKT7_OUTPUTS && n == 1) {
		n = 2;
	}
	return n + WRITE_HEAD + CRC_SIZE > VKT_FRAME_CAP ?
		       junk :
		       cut_checked(so_far, n + WRITE_HEAD + CRC_SIZE);
}
