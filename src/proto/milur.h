/*
 * milur.h - protocol of Milur 104, 105, 107, 305, 307: frames and numbers, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     AA [AA AA AA] | FF | .. | CC CC                 request
 *     AA [AA AA AA] | FF | OO | NN | data .. | CC CC  reply; NN bytes of data
 *     AA [AA AA AA] | 08 | LL | CC CC                 reply to opening a session of level L
 *     AA [AA AA AA] | FF + 80 | EE | SS | CC CC       error E
 *
 * A: address, one byte or four, low byte first    F: function    O: object
 * C: CRC-16/MODBUS, low byte first
 *
 * Facts: docs/protocols/milur.md.
 */
#ifndef DOMOVOI_PROTO_MILUR_H
#define DOMOVOI_PROTO_MILUR_H

#include "base/buf.h"
#include "base/zone.h"

#define MILUR_FRAME_MAX 270

enum milur_function {
	MILUR_READ = 0x01,
	MILUR_OPEN = 0x08,
	MILUR_DAY_RECORD = 0x0c,
	MILUR_PROFILE_RECORD = 0x0d,
	MILUR_FIND = 0x10
};

enum milur_object {
	MILUR_PROFILE = 0x10,
	MILUR_CLOCK = 0x0e,
	MILUR_MODEL = 0x20,
	MILUR_FIRMWARE = 0x21,
	MILUR_DAYS = 0x42,
	MILUR_SERIAL = 0x44
};

struct milur_frame {
	uint32_t address;
	uint8_t function; /* bit 7: an error */
	uint8_t object;   /* the level of a session; the code of an error */
	struct slice data;
};

struct milur_out {
	uint8_t data[MILUR_FRAME_MAX];
	size_t size;
};

/* `width` of the address, 1 or 4. `data` behind the function, object included. */
void milur_request(unsigned width, uint32_t address, uint8_t function, struct slice data,
	struct milur_out *ret);
void milur_reply(unsigned width, const struct milur_frame *f, struct milur_out *ret);
/* Bytes of the reply at the front of a stream: more than there are while it is not whole, 0: none there. */
size_t milur_cut(unsigned width, struct slice so_far, struct milur_frame *ret);
/* False: wrong checksum. `ret->data`: behind the function. */
bool milur_request_get(unsigned width, struct slice frame, struct milur_frame *ret);

/* Eight digits, pairs low first, digits of a pair swapped; -1: no digits. */
int64_t milur_digits(const uint8_t *b);
void milur_digits_put(int64_t v, uint8_t *to);
/* Signed or not, low byte first, `n` at most 4. */
int64_t milur_number(const uint8_t *b, size_t n, bool is_signed);
/* "mm hh DD MM YY", binary. False: no time. */
bool milur_stamp(const uint8_t *b, struct civil *ret);
void milur_stamp_put(const struct civil *c, uint8_t *to);

#endif
