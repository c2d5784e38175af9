/*
 * vkt.h - what the VKT-5 and VKT-7 heat calculators say to each other on the wire
 *
 * Modbus RTU with liberties. The checksum and functions 3, 4 and 16 are those of Modbus, but
 *
 *     request   [FF FF] [xx] AA FF SSSS CCCC [nn data] KKKK      read also without CCCC
 *     reply     AA FF nn data(nn) KKKK            functions 3, 4
 *               AA 10 SSSS CCCC KKKK              function 16
 *               AA FF|80 EE ss KKKK               refused: one byte more than in Modbus
 *
 * A: address   F: function   S: start   C: count of registers, mostly ignored   n: count of bytes, wrong
 * in two requests   E: code   s: service byte, no meaning for us   K: CRC-16/MODBUS, low byte first
 * FF FF wakes a VKT-7 without RS-485; xx is its extended address. Neither is covered by the checksum.
 *
 * The meters find the end of a frame by silence; a gateway loses that, so lengths are computed and
 * proven by the checksum. Start and count are high byte first. Pure functions, nothing allocates.
 * Facts: docs/protocols/vkt7.md, vkt5.md.
 */
#ifndef DOMOVOI_PROTO_VKT_H
#define DOMOVOI_PROTO_VKT_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/modbus.h"

#define VKT_READ         3
#define VKT_READ_ARCHIVE 4 /* VKT-5 */
#define VKT_WRITE        16

#define VKT_FRAME_CAP    264 /* what a VKT-7 holds; 256 before firmware 2.0 */
#define VKT_COAT_CAP     3   /* wake-up and extended address */
#define VKT_DATA_MAX     255

#define VKT7_LIST        0x3fff /* write: begin a session, the list of elements to read */
#define VKT7_SESSION     0xcc   /* count of bytes that means "begin" */
#define VKT7_DATA        0x3ffe
#define VKT7_OUTPUTS     0x3fee

/* What stands before a frame. */
struct vkt_coat {
	bool is_woken;
	int extended; /* negative: none */
};

struct vkt_request {
	uint8_t address;
	int function;
	uint16_t start;
	uint16_t count;
	bool is_short;     /* a read that ends behind the start */
	uint8_t claimed;   /* function 16: count of bytes as sent; 0: as it is */
	struct slice data; /* function 16 */
};

struct vkt_reply {
	uint8_t address;
	int function; /* without the bit of refusal */
	bool is_refused;
	int code;              /* of a refusal; 0 is one, too */
	uint16_t start, count; /* function 16 */
	struct slice data;     /* functions 3 and 4 */
};

struct vkt_frame {
	uint8_t data[VKT_FRAME_CAP + VKT_COAT_CAP];
	size_t size;
};

/* ERR_RANGE: longer than a meter can hold; ERR_UNSUPP: another function. `coat` NULL: bare. */
enum err vkt_request_encode(
	const struct vkt_request *q, const struct vkt_coat *coat, struct vkt_frame *ret_frame);
enum err vkt_reply_encode(const struct vkt_reply *reply, struct vkt_frame *ret_frame);
/* A whole frame as a cutter below found it; false when it is not. */
bool vkt_request_decode(struct slice frame, struct vkt_request *ret_q);
bool vkt_reply_decode(struct slice frame, struct vkt_reply *ret_reply);

struct modbus_cut vkt_cut_reply(struct slice so_far);
/* The same where an extended address may stand before the reply. */
struct modbus_cut vkt_cut_reply_extended(struct slice so_far);
struct modbus_cut vkt_cut_request(struct slice so_far);

#endif
