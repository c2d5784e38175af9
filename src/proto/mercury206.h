/*
 * mercury206.h - protocol of Mercury 200, 201, 203, 206 (Incotex, single phase): frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     AA AA AA AA | KK | data .. | CC CC          request and reply
 *
 * A: address, high byte first    K: command, the same in the reply    C: CRC-16/MODBUS, low byte first
 *
 * Numbers are decimal digits (BCD), the first byte the highest; all ones: there is none. A reply has the
 * size its command says.
 *
 * Facts: docs/protocols/mercury206.md.
 */
#ifndef DOMOVOI_PROTO_MERCURY206_H
#define DOMOVOI_PROTO_MERCURY206_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define M206_DATA_MAX  24
#define M206_FRAME_MAX (7 + M206_DATA_MAX)
#define M206_TARIFFS   4

enum m206_command {
	M206_SET_CLOCK = 0x02,
	M206_CLOCK = 0x21,
	M206_POWER = 0x26,
	M206_ENERGY = 0x27,
	M206_VERSION = 0x28,
	M206_BATTERY = 0x29,
	M206_LAST_OFF = 0x2b,
	M206_LAST_ON = 0x2c,
	M206_SERIAL = 0x2f,
	M206_MONTH = 0x32,
	M206_JOURNAL_POWER = 0x34,
	M206_JOURNAL_CASE = 0x35,
	M206_SLICE = 0x37,
	M206_TARIFF = 0x60,
	M206_INSTANT = 0x63,
	M206_MADE = 0x66,
	M206_HOURS = 0x69,
	M206_LINE = 0x81,
	M206_REACTIVE = 0x85
};

struct m206_out {
	uint8_t data[M206_FRAME_MAX];
	size_t size;
};

void m206_frame(uint32_t address, uint8_t command, struct slice data, struct m206_out *ret);
/* False: too short, wrong checksum. */
bool m206_unframe(
	struct slice frame, uint32_t *ret_address, uint8_t *ret_command, struct slice *ret_data);
/* Bytes of data of a reply: the least, and the most where there are two. False: not a command known here. */
bool m206_reply_size(uint8_t command, size_t *ret_least, size_t *ret_most);

/* `n` BCD bytes, at most 8; -1: not digits. */
int64_t m206_number(const uint8_t *b, size_t n);
void m206_number_put(int64_t v, size_t n, uint8_t *to);
/* "dow hh mm ss DD MM YY", dow 0 Sunday to 6: 7 bytes. False: no time. The first byte of a journal is an
 * event instead. */
bool m206_clock(const uint8_t *b, struct civil *ret);
void m206_clock_put(const struct civil *c, uint8_t *to);

#endif
