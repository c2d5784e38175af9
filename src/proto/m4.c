/*
 * m4.c - frames of the Logika bus; see m4.h
 *
 *   10 NN CC dd ... SS 16                          S: inverted low byte of the sum NN .. last dd
 *   10 NN 90 II AA LL LL CC dd ... RR RR           L: size of CC dd ..., low byte first
 *                                                  R: CRC-16/XMODEM of NN .. last dd, high byte first
 *
 * N: device, C: code, I: id of the packet, A: attributes. Anything may stand in data: frames are found
 * by their lengths and checksums alone.
 */
#include "proto/m4.h"

#include "proto/crc.h"

#include <string.h>

#define START         0x10
#define END           0x16
#define EXTENDED      0x90
#define HEAD_SIZE     7 /* of an extended frame, up to the code */
#define SHORT_SIZE    5 /* a short frame without data */
#define REQUEST_DATA  4 /* of every short request but the block of a setting */
#define SETTING_BLOCK 64

const char *m4_error_text(unsigned error)
{
	static const char *const texts[] = {"request not understood", "write protected",
		"bad parameter values", "no data", "only secured sessions are allowed",
		"bad format inside a secured session"};
	return error < sizeof(texts) / sizeof(texts[0]) ? texts[error] : "unknown error";
}

/* `bytes` from NT to the last of data. */
static uint8_t checksum(struct slice bytes)
{
	unsigned sum = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		sum += bytes.data[i];
	}
	return (uint8_t)~sum;
}

struct slice m4_short(struct m4_out *o, uint8_t nt, uint8_t code, struct slice data)
{
	size_t n = data.size;
	*o = (struct m4_out){.size = 0};
	if (n > M4_FRAME_CAP - SHORT_SIZE) {
		o->is_full = true;
		return (struct slice){o->data, 0};
	}
	o->data[0] = START;
	o->data[1] = nt;
	o->data[2] = code;
	if (n) {
		memcpy(o->data + 3, data.data, n);
	}
	o->data[n + 3] = checksum((struct slice){o->data + 1, n + 2});
	o->data[n + 4] = END;
	o->size = n + SHORT_SIZE;
	return (struct slice){o->data, o->size};
}

void m4_begin(struct m4_out *o, uint8_t nt, uint8_t id, uint8_t code)
{
	*o = (struct m4_out){.data = {START, nt, EXTENDED, id, 0, 0, 0, code}, .size = 8};
}

struct slice m4_end(struct m4_out *o)
{
	size_t length = o->size - HEAD_SIZE;
	o->data[5] = (uint8_t)length;
	o->data[6] = (uint8_t)(length >> 8);
	uint16_t crc = crc16_xmodem((struct slice){o->data + 1, o->size - 1});
	o->data[o->size++] = (uint8_t)(crc >> 8);
	o->data[o->size++] = (uint8_t)crc;
	return (struct slice){o->data, o->size};
}

/* ---- cutting ---- */

static struct m4_cut cut_more(size_t size)
{
	return (struct m4_cut){M4_CUT_MORE, size};
}

static const struct m4_cut cut_junk = {M4_CUT_JUNK, 1};

static struct m4_cut cut_short(struct slice s, size_t data)
{
	size_t size = data + SHORT_SIZE;
	if (s.size < size) {
		return cut_more(size);
	}
	if (s.data[size - 1] != END ||
		s.data[size - 2] != checksum((struct slice){s.data + 1, data + 2})) {
		return cut_junk;
	}
	return (struct m4_cut){M4_CUT_FULL, size};
}

static struct m4_cut cut_extended(struct slice s)
{
	if (s.size < HEAD_SIZE) {
		return cut_more(HEAD_SIZE + 3);
	}
	size_t length = (size_t)s.data[6] << 8 | s.data[5];
	if (length < 1 || length > M4_MESSAGE_MAX) {
		return cut_junk;
	}
	size_t size = HEAD_SIZE + length + 2;
	if (s.size < size) {
		return cut_more(size);
	}
	if (crc16_xmodem((struct slice){s.data + 1, size - 1}) != 0) {
		return cut_junk;
	}
	return (struct m4_cut){M4_CUT_FULL, size};
}

struct m4_cut m4_cut_reply(struct slice so_far, size_t short_data)
{
	if (so_far.size > 0 && so_far.data[0] != START) {
		return cut_junk;
	}
	if (so_far.size < 3) {
		return cut_more(SHORT_SIZE);
	}
	if (so_far.data[2] == EXTENDED) {
		return cut_extended(so_far);
	}
	return cut_short(so_far, so_far.data[2] == M4_ERROR ? 1 : short_data);
}

struct m4_cut m4_cut_request(struct slice so_far)
{
	struct m4_cut cut;
	size_t others = 0;
	while (others < so_far.size && so_far.data[others] != START) {
		others++;
	}
	if (others > 0) {
		return (struct m4_cut){M4_CUT_JUNK, others};
	}
	if (so_far.size < 3) {
		return cut_more(SHORT_SIZE + REQUEST_DATA);
	}
	switch (so_far.data[2]) {
	case EXTENDED: return cut_extended(so_far);
	case M4_OLD_SETTING:
		cut = cut_short(so_far, REQUEST_DATA);
		return cut.state == M4_CUT_JUNK ? cut_short(so_far, SETTING_BLOCK) : cut;
	case M4_SESSION:
	case M4_SPEED:
	case M4_CONTROL:
	case M4_OLD_FLASH:
	case M4_OLD_RAM:
	case M4_OLD_HOUR:
	case M4_OLD_DAY:
	case M4_OLD_MONTH:
	case M4_OLD_LEAVE: return cut_short(so_far, REQUEST_DATA);
	default: return cut_junk;
	}
}

bool m4_decode(struct slice frame, struct m4_frame *ret)
{
	const uint8_t *d = frame.data;
	struct m4_frame f = {0};
	if (frame.size < SHORT_SIZE || d[0] != START) {
		return false;
	}
	f.nt = d[1];
	f.is_extended = d[2] == EXTENDED;
	struct m4_cut cut = f.is_extended ? cut_extended(frame) :
					    cut_short(frame, frame.size - SHORT_SIZE);
	if (cut.state != M4_CUT_FULL || cut.size != frame.size) {
		return false;
	}
	if (f.is_extended) {
		f.id = d[3];
		f.atr = d[4];
		f.code = d[7];
		f.data = (struct slice){d + HEAD_SIZE + 1, frame.size - HEAD_SIZE - 3};
	} else {
		f.code = d[2];
		f.data = (struct slice){d + 3, frame.size - SHORT_SIZE};
	}
	*ret = f;
	return true;
}
