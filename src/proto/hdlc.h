/*
 * hdlc.h - HDLC frames of DLMS meters (IEC 62056-46, frame format type 3)
 *
 *     7E | A S len | dest 1, 2 or 4 | source 1, 2 or 4 | control | [HCS 2 | info n] | FCS 2 | 7E
 *
 * len (11 bits) counts what stands between the flags; S: more segments follow. HCS and FCS are CRC-16/X.25,
 * low byte first; without info there is no HCS. Nothing is stuffed: a frame is cut by its length. Two
 * frames may share a flag. An address has seven bits a byte, the last one marked by its lowest bit.
 *
 * Facts: docs/protocols/dlms.md. Pure functions, nothing is allocated.
 */
#ifndef DOMOVOI_PROTO_HDLC_H
#define DOMOVOI_PROTO_HDLC_H

#include "base/buf.h"
#include "base/err.h"

#define HDLC_FRAME_MAX   2049
#define HDLC_INFO_MAX    2030
#define HDLC_INFO_LEAST  128 /* without negotiation */
#define HDLC_ADDRESS_MAX 4

/* Control bytes without their numbers. */
#define HDLC_SNRM  0x93
#define HDLC_DISC  0x53
#define HDLC_UA    0x73
#define HDLC_DM    0x1f
#define HDLC_FRMR  0x97
#define HDLC_UI    0x13
#define HDLC_FINAL 0x10 /* poll of the client, final of the server */

struct hdlc_address {
	uint8_t bytes[HDLC_ADDRESS_MAX]; /* as sent */
	uint8_t size;
};

struct hdlc_frame {
	struct hdlc_address dest, source;
	uint8_t control;
	bool is_segmented; /* more follow */
	struct slice info;
};

/* What may follow SNRM and UA. */
struct hdlc_limits {
	unsigned info_out, info_in; /* of who says it */
	unsigned window_out, window_in;
};

enum hdlc_cut {
	HDLC_CUT_MORE,
	HDLC_CUT_FULL,
	HDLC_CUT_JUNK
};

/* About the bytes so far, as a frame function says it (drivers/driver.h). */
enum hdlc_cut hdlc_cut(struct slice so_far, size_t *ret_size);
/* A whole frame with its flags; info borrows. */
enum err hdlc_decode(struct slice bytes, struct hdlc_frame *ret);
/* Bytes written; 0: does not fit. */
size_t hdlc_encode(const struct hdlc_frame *f, uint8_t out[static HDLC_FRAME_MAX]);

struct hdlc_address hdlc_client(unsigned sap);
/* `size` 1 (upper alone), 2 or 4 bytes; 0: as short as both fit; without a lower one it is 0. */
struct hdlc_address hdlc_server(unsigned upper, unsigned lower, int size);
bool hdlc_address_equal(const struct hdlc_address *a, const struct hdlc_address *b);

static inline uint8_t hdlc_information(unsigned send, unsigned receive)
{
	return (uint8_t)(receive << 5 | HDLC_FINAL | send << 1);
}
static inline uint8_t hdlc_ready(unsigned receive)
{
	return (uint8_t)(receive << 5 | HDLC_FINAL | 1);
}
static inline bool hdlc_is_information(uint8_t control)
{
	return (control & 1) == 0;
}
static inline bool hdlc_is_ready(uint8_t control)
{
	return (control & 0x0f) == 1;
}
static inline bool hdlc_is_not_ready(uint8_t control)
{
	return (control & 0x0f) == 5;
}
static inline unsigned hdlc_send_number(uint8_t control)
{
	return control >> 1 & 7;
}
static inline unsigned hdlc_receive_number(uint8_t control)
{
	return control >> 5;
}

/* Into `out`, bytes written. */
#define HDLC_LIMITS_MAX 24
size_t hdlc_limits_put(const struct hdlc_limits *l, uint8_t out[static HDLC_LIMITS_MAX]);
/* What is not said is as without negotiation. False: no such list. */
bool hdlc_limits_get(struct slice info, struct hdlc_limits *ret);

#endif
