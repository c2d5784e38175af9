/*
 * magika.h - the RS-232 protocol of Magika heat meters (series A, DR, E)
 *
 *   12 80 s s s s s s s s    ->  01              a session with the meter of this serial number
 *   12 11                    ->  c c c c         its configuration, nothing around it
 *   12 06, 12 08             ->  01 L d.. (L)    current values, totals; the host then says 01
 *   12 04, 12 05, 12 20      ->  01 L d.. (L)    the newest record of hours, days, the journal
 *   01                       ->  L d.. (L)       the record before it; L = 0: there is none
 *   08                                           no more records, please
 *
 * Nothing is protected by a checksum, and nothing but its length tells a reply from noise. Numbers are
 * high byte first; FLO32 is an exponent, then sign and mantissa:
 *
 *   eeeeeeee smmmmmmm mmmmmmmm mmmmmmmm         (-1)^s * 1.m * 2^(e - 127); e = 0: zero
 *
 * Both directions. Nothing allocates. Facts: docs/protocols/magika.md. Not done: FLO24, entries of the
 * journal.
 */
#ifndef DOMOVOI_PROTO_MAGIKA_H
#define DOMOVOI_PROTO_MAGIKA_H

#include "base/buf.h"
#include "base/zone.h"

#define MAGIKA_START        0x12
#define MAGIKA_HOURS        0x04
#define MAGIKA_DAYS         0x05
#define MAGIKA_CURRENT      0x06
#define MAGIKA_TOTALS       0x08
#define MAGIKA_CONFIG       0x10
#define MAGIKA_CONFIG_MORE  0x11
#define MAGIKA_JOURNAL      0x20
#define MAGIKA_SESSION      0x80

#define MAGIKA_OK           0x01 /* yes; the next, please */
#define MAGIKA_EMPTY        0x04 /* in place of OK: no records at all */
#define MAGIKA_STOP         0x08

#define MAGIKA_SERIAL_SIZE  8
#define MAGIKA_CURRENT_SIZE 76
#define MAGIKA_TOTALS_SIZE  66 /* series E; A and DR have a counter less */
#define MAGIKA_HOUR_E_SIZE  66
#define MAGIKA_DAY_E_SIZE   151
#define MAGIKA_RECORD_CAP   255

/* Of MAGIKA_CONFIG_MORE. */
#define MAGIKA_IS_A        0x00000040u /* or DR */
#define MAGIKA_IS_E        0x00000080u
#define MAGIKA_IS_A_MTK    0x20000000u
#define MAGIKA_HAS_JOURNAL 0x80000000u

/* ---- frames ---- */

enum magika_cut_state {
	MAGIKA_CUT_MORE,
	MAGIKA_CUT_FULL,
	MAGIKA_CUT_JUNK
};

/* MORE: `size` bytes are needed at least; FULL: bytes of the frame; JUNK: bytes to drop. */
struct magika_cut {
	enum magika_cut_state state;
	size_t size;
};

struct magika_cut magika_cut_request(struct slice so_far);
struct magika_cut magika_cut_ok(struct slice so_far);
struct magika_cut magika_cut_config(struct slice so_far);
/* 01 L data with L in least..most, 01 00, or a single 04. */
struct magika_cut magika_cut_first(struct slice so_far, size_t least, size_t most);
/* The same without the 01; some meters may send it. What begins otherwise is junk as a whole: a
 * record looked for inside a damaged one would be found. */
struct magika_cut magika_cut_next(struct slice so_far, size_t least, size_t most);
/* What stands behind L; empty: there are no more records. */
struct slice magika_data(struct slice frame);

/* ---- values; `at` within the slice ---- */

double magika_float(struct slice s, size_t at);
unsigned magika_uint(struct slice s, size_t at, size_t bytes); /* 1 to 4 */
bool magika_clock(struct slice totals, struct civil *ret);     /* BCD ss mm hh .. dd mm yy */
/* BCD dd mm hh yy, hours 0..24: the end of a record's interval; carried over to the next day. */
bool magika_label(struct slice record, struct civil *ret);

void magika_float_put(uint8_t to[4], double v);
void magika_uint_put(uint8_t *to, size_t bytes, unsigned v);
void magika_clock_put(uint8_t to[8], const struct civil *c);
/* `last`: the last second of the interval; midnight becomes 24 of the day that ends. */
void magika_label_put(uint8_t to[4], const struct civil *last);

#endif
