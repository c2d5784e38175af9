/*
 * ce102.h - binary protocol of Energomera CE102, CE301M, CE307 and of IEK: frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     C0 | 48 | TT TT | FF FF | PP PP PP PP | S | KK KK | data .. | X | C0       request
 *     C0 | 48 | TT TT | FF FF |               S | KK KK | data .. | X | C0       reply
 *
 * T, F: addresses of receiver and sender, low byte first    P: password, u32 low byte first
 * S: bit 7 request, bits 6..4 class (5 command, 7 error), bits 3..0 bytes of data
 * K: command, high byte first    X: CRC-8, poly B5, of everything before it but the C0
 *
 * Between the two C0 a byte C0 is sent as DB DC and DB as DB DD; the checksum is of what was meant.
 *
 * Facts: docs/protocols/ce102.md.
 */
#ifndef DOMOVOI_PROTO_CE102_H
#define DOMOVOI_PROTO_CE102_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define CE102_DATA_MAX  15
#define CE102_PLAIN_MAX (1 + 4 + 4 + 3 + CE102_DATA_MAX + 1) /* between the marks, not stuffed */
#define CE102_FRAME_MAX (2 * CE102_PLAIN_MAX + 2)
#define CE102_ANY       0xffff /* address of everybody */

enum ce102_command {
	CE102_PING = 0x0001,
	CE102_VERSION = 0x0100,
	CE102_CONFIG = 0x0101,
	CE102_SERIAL = 0x011a,
	CE102_CLOCK = 0x0120,
	CE102_SET_CLOCK = 0x0121,
	CE102_TARIFF_NOW = 0x012d,
	CE102_DAY_SUM = 0x012f,
	CE102_ENERGY = 0x0130, /* of a tariff, now or at the end of a month */
	CE102_ENERGY_SUM = 0x0131,
	CE102_DAY = 0x0133,
	CE102_PROFILE = 0x0134,
	CE102_JOURNAL = 0x0138
};

enum ce102_class {
	CE102_CLASS_COMMAND = 5,
	CE102_CLASS_ERROR = 7
};

struct ce102_frame {
	bool is_request;
	uint16_t to, from;
	uint32_t password; /* requests */
	enum ce102_class class;
	uint16_t command;
	uint8_t size;
	uint8_t data[CE102_DATA_MAX];
};

struct ce102_out {
	uint8_t data[CE102_FRAME_MAX];
	size_t size;
};

enum ce102_cut {
	CE102_CUT_MORE,
	CE102_CUT_FULL,
	CE102_CUT_JUNK
};

uint8_t ce102_crc8(struct slice bytes);
void ce102_encode(const struct ce102_frame *f, struct ce102_out *ret);
/* PROTO: no whole frame of this direction, wrong checksum, lengths that do not agree. */
enum err ce102_decode(struct slice bytes, bool is_request, struct ce102_frame *ret);
/* The next frame of a stream: how many bytes are whole (FULL) or are none (JUNK, at least 1). */
enum ce102_cut ce102_cut(struct slice so_far, bool is_request, size_t *ret_size);

/* Unsigned, low byte first; `n` at most 4. */
uint32_t ce102_number(const uint8_t *bytes, size_t n);
void ce102_number_put(uint32_t v, size_t n, uint8_t *to);
/* "s m h dow D M Y", BCD, dow 0 Sunday: 7 bytes. False: no time. */
bool ce102_time(const uint8_t *bytes, struct civil *ret);
void ce102_time_put(const struct civil *c, uint8_t *to);
/* What an error class reply says, in words. */
const char *ce102_error_text(int code);

#endif
