/*
 * tekon.h - requests, numbers and archive rings of Tekon-17 and Tekon-19 inside FT 1.2 frames
 *
 *                    direct                              through an adapter K-104, K-105
 *   read             10 C dev 01 lo hi 00                10 C ada 11 dev lo hi
 *   read indexed     68 .. C dev 15 lo hi il ih [n]      68 .. C ada 19 dev lo hi il ih n
 *   access level     10 C dev 17 level 00 00             68 .. C ada 14 03 dev 05 level
 *   write            -                                   68 .. C ada 14 4+n dev 03 lo hi data(n)
 *   journal          -                                   68 .. C ada 14 06 dev 08 lo hi il ih
 *   authorisation    -                                   68 .. C ada 1B password(5)
 *
 * lo hi: number of the parameter; il ih: index in an array; n: how many elements. Programs disagree
 * about a direct read: others send 10 C 01 dev lo hi 00 (is_command_first). A Tekon-17 has hi before
 * lo (is_high_first).
 *
 * Facts and their sources: docs/protocols/tekon.md. Nothing allocates.
 */
#ifndef DOMOVOI_PROTO_TEKON_H
#define DOMOVOI_PROTO_TEKON_H

#include "model/period.h"
#include "proto/ft12.h"

#define TEKON_DATE       0xf017 /* x dd mm yy, BCD; written with x = 02 */
#define TEKON_TIME       0xf018 /* 0 ss mm hh, BCD */
#define TEKON_PASSWORD_N 5
#define TEKON_ELEMENTS   47 /* of an array in one reply at most; old firmware 31 */

#define TEKON_HOURS      1536 /* 64 days */
#define TEKON_DAYS       366
#define TEKON_MONTHS     48

enum tekon_what {
	TEKON_READ,
	TEKON_READ_INDEXED,
	TEKON_LEVEL,
	TEKON_WRITE,
	TEKON_JOURNAL,
	TEKON_AUTHORISE
};

struct tekon_request {
	enum tekon_what what;
	bool has_adapter;
	uint8_t adapter, device;
	bool is_command_first, is_high_first;
	uint16_t number, index;
	uint8_t count; /* of READ_INDEXED; 0: not sent */
	uint8_t level;
	struct slice data; /* WRITE, AUTHORISE */
};

/* `n`: number of the request, 0 to 15. Empty where the way is not known. */
struct slice tekon_encode(const struct tekon_request *q, unsigned n, struct ft12_out *o);
/* The frame as a request; is_command_first and is_high_first say how to read it. False: none known. */
bool tekon_decode(const struct ft12_frame *f, bool is_command_first, bool is_high_first,
	struct tekon_request *ret_q);

/* Four bytes; NaN: all FF, or no number. */
double tekon_float(const uint8_t *bytes);
void tekon_float_put(double v, uint8_t *ret_bytes);
/* Tekon-17: exponent with bias 128, sign and mantissa of 0.5 to 1, high byte first; not verified. */
double tekon_float17(const uint8_t *bytes);
/* Two digits in each byte, the lowest byte first; NaN where there is no digit. */
double tekon_bcd(struct slice bytes);
uint8_t tekon_bcd_byte(int v); /* 0 to 99 */
/* False: no digits. */
bool tekon_bcd_get(uint8_t byte, int *ret_v);

/* The element of an archive array that holds the period called `c`; its fields down to the hour
 * count for hours, to the day, to the month. */
int tekon_slot(enum period p, const struct civil *c);
int tekon_slots(enum period p); /* of the ring; 0: no such archive */

#endif
