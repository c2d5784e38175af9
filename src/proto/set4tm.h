/*
 * set4tm.h - protocol of SET-4TM, SET-1M, PSCH-3TM, PSCH-4TM, SEB-1TM (NZiF): frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     AA | KK | data .. | CC CC          request        AA may be FC and an address of four bytes
 *     AA | data .. | CC CC               reply; one byte of data is a status
 *
 * C: CRC-16/MODBUS of all before it, low byte first. Whole numbers have the high byte first, dates are
 * BCD. A reply says neither its length nor what it answers.
 *
 * Facts: docs/protocols/set4tm.md.
 */
#ifndef DOMOVOI_PROTO_SET4TM_H
#define DOMOVOI_PROTO_SET4TM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define SET4_FRAME_MAX 112
#define SET4_ANY       0x00
#define SET4_EXTENDED  0xfc
#define SET4_SLICE     8 /* bytes of a profile record, and of the header of an hour */

enum set4_command {
	SET4_TEST = 0x00,
	SET4_OPEN = 0x01,
	SET4_CLOSE = 0x02,
	SET4_WRITE = 0x03,
	SET4_TIME = 0x04,
	SET4_ENERGY = 0x05,
	SET4_MEMORY = 0x06,
	SET4_PARAMETER = 0x08,
	SET4_ENERGY_MORE = 0x0a
};

/* Low four bits of a status; the high ones are seconds the meter will be busy. */
enum set4_status {
	SET4_OK,
	SET4_ILLEGAL,
	SET4_INTERNAL,
	SET4_NO_ACCESS,
	SET4_CLOCK_DONE,
	SET4_NOT_OPEN,
	SET4_REPEAT,
	SET4_NOT_READY,
	SET4_BUSY
};

struct set4_address {
	bool is_extended;
	uint32_t value;
};

struct set4_out {
	uint8_t data[SET4_FRAME_MAX];
	size_t size;
};

void set4_frame(struct set4_address address, struct slice body, struct set4_out *ret);
bool set4_unframe(struct slice frame, struct set4_address *ret_address, struct slice *ret_body);

uint32_t set4_number(const uint8_t *b, size_t n); /* at most 4 bytes */
void set4_number_put(uint32_t v, size_t n, uint8_t *to);
int set4_bcd(uint8_t b); /* -1: no decimal digits */
uint8_t set4_to_bcd(int v);
/* "ss mm hh dow DD MM YY": 7 bytes. False: no time. */
bool set4_clock(const uint8_t *b, struct civil *ret);
void set4_clock_put(const struct civil *c, uint8_t *to);
/* Constant, imp/kWh, and Kc, Ci of a variant (three bytes); 0: unknown. */
struct set4_variant {
	int constant, kc, ci;
	int type; /* high nibble of the third byte */
};
struct set4_variant set4_variant(const uint8_t *b);

/* The header of an hour of the profile. False: none stands here. */
struct set4_hour {
	struct civil start;
	bool is_winter;
	int minutes;
};
bool set4_hour(const uint8_t *b, struct set4_hour *ret);
void set4_hour_put(const struct set4_hour *h, uint8_t *to);

#endif
