/*
 * set4tm.h - protocol of SET-4TM, SET-1M, PSCH-3TM, PSCH-4TM, SEB-1TM (NZiF): frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     AA | KK | data .. | CC CC          request        AA may be FC and an address of four bytes
 *     AA | data .. | CC CC               reply; one byte of data is a status
 *
 * C: CRC-16/MODBUS of all before it, low byte first. SET-4TM.01 and .02 before version 23 have one byte
 * instead: FF xor all before it. Whole numbers have the high byte first, dates are BCD. A reply says
 * neither its length nor what it answers; that to 0C repeats the number of the request.
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
	SET4_JOURNAL = 0x09,
	SET4_ENERGY_MORE = 0x0a,
	SET4_MEMORY_MORE = 0x0c
};

enum set4_check {
	SET4_CRC,
	SET4_KS
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

void set4_frame(enum set4_check check, struct set4_address address, struct slice body,
	struct set4_out *ret);
bool set4_unframe(enum set4_check check, struct slice frame, struct set4_address *ret_address,
	struct slice *ret_body);
size_t set4_check_size(enum set4_check check);

uint32_t set4_number(const uint8_t *b, size_t n); /* at most 4 bytes */
void set4_number_put(uint32_t v, size_t n, uint8_t *to);
/* "ss mm hh dow DD MM YY": 7 bytes. False: no time. */
bool set4_clock(const uint8_t *b, struct civil *ret);
void set4_clock_put(const struct civil *c, uint8_t *to);
/* Constant, imp/kWh, and Kc, Ci of a variant (three bytes); 0: unknown. */
enum set4_type {
	SET4_TM02, /* and SET-1M.01 */
	SET4_TM03,
	SET4_SEB,
	SET4_PSCH4,
	SET4_SEO,
	SET4_PSCH3,
	SET4_PSCH4M,
	SET4_PSCH3M,
	SET4_TM03M, /* and .02M */
	SET4_SEBD,
	SET4_PSCHD,
	SET4_PSCHMK,
	SET4_TYPES /* others are not known */
};
struct set4_variant {
	int constant, kc, ci;
	unsigned type; /* high nibble of the third byte: enum set4_type, or one nobody described */
	bool is_one_phase, is_one_direction;
};
struct set4_variant set4_variant(const uint8_t *b);
/* Kc and Ci follow from the constant: voltage and current decide on all three. */
void set4_scales(int constant, int *ret_kc, int *ret_ci);
const char *set4_type_name(unsigned type);
/* What types have. */
bool set4_is_extended(unsigned type); /* commands 09, 0A, 0C */
size_t set4_read_most(unsigned type); /* bytes of memory in one reply, in whole records */
int set4_records(unsigned type);      /* of a profile */

/* Energies of one reply in the order of the mask's bits: A+ A- R+ R- R1 R2 R3 R4. */
#define SET4_ENERGIES 8

/* Three bytes: a value of 22 bits and two directions. */
struct set4_value {
	uint32_t raw;
	bool is_reverse, is_reactive_reverse;
};
struct set4_value set4_value(const uint8_t *b);
void set4_value_put(const struct set4_value *v, uint8_t *to);

/* The pointer of the profile, 7 bytes: beginning of the running interval, where it will stand. */
struct set4_pointer {
	struct civil start;
	bool has_wrapped;
	uint16_t at;
};
bool set4_pointer(const uint8_t *b, struct set4_pointer *ret);
void set4_pointer_put(const struct set4_pointer *p, uint8_t *to);

/* The header of an hour of the profile. False: none stands here. */
struct set4_hour {
	struct civil start;
	bool is_winter;
	int minutes;
};
bool set4_hour(const uint8_t *b, struct set4_hour *ret);
void set4_hour_put(const struct set4_hour *h, uint8_t *to);

#endif
