/*
 * kmp.h - Kamstrup Meter Protocol (KMP): frames, registers and logs, both directions
 *
 *   80 DD CC data... KK KK 0D      to the meter
 *   40 DD CC data... KK KK 0D      from it
 *   06                             from it: done
 *
 * D: module asked, 3F the meter, 7F the logger in its top   C: command   K: CRC-16/XMODEM of D, C and
 * data, high byte first. Between start and stop the bytes 80 40 0D 06 1B are sent as 1B and the byte
 * inverted; the CRC is that of the bytes before.
 *
 * A number is mantissa * 10^exponent, its sign and exponent in one byte: seee eeee with bit 7 the sign of
 * the mantissa, bit 6 that of the exponent. Unit, length and sign-exponent stand once before the values:
 *
 *   register   RR RR UU LL SE mantissa[LL]  RR RR UU ...         command 10
 *   log        RR RR UU LL SE mantissa[LL] mantissa[LL] ...      64..67, newest first; FF FF: none
 *   hours      RR RR UU LL SE FF mantissa[LL] mantissa[LL] ...   63, newest first; 00 for FF: none
 *
 * Everything is high byte first. Nothing allocates; slices point into what was given.
 * Facts: docs/protocols/kamstrup_kmp.md. Not done: commands that write memory, 70 (2400 baud), A2.
 */
#ifndef DOMOVOI_PROTO_KMP_H
#define DOMOVOI_PROTO_KMP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/unit.h"
#include "proto/decimal.h"

#define KMP_TO_METER   0x80
#define KMP_FROM_METER 0x40
#define KMP_STOP       0x0d
#define KMP_ACK        0x06

#define KMP_METER      0x3f /* modules */
#define KMP_TOP        0x7f

#define KMP_TYPE       0x01 /* commands */
#define KMP_SERIAL     0x02
#define KMP_SET_CLOCK  0x09
#define KMP_REGISTERS  0x10
#define KMP_LOG_HOURS  0x63
#define KMP_LOG_YEARS  0x64
#define KMP_LOG_MONTHS 0x65
#define KMP_LOG_DAYS   0x66
#define KMP_LOG_INFO   0x67

#define KMP_REG_INFO   99 /* registers the protocol itself needs */
#define KMP_REG_TARGET 98
#define KMP_REG_YYMM   186 /* of the hourly log */
#define KMP_REG_DDHH   187
#define KMP_REG_CLOCK  1002
#define KMP_REG_DATE   1003

#define KMP_BATCH      8  /* registers in one request */
#define KMP_RECORDS    16 /* records in one request of a log */
#define KMP_HOURS      24 /* records of the hourly log in one reply */
#define KMP_DATA_CAP   400
#define KMP_FRAME_CAP  (2 * (KMP_DATA_CAP + 4) + 2)

/* A frame without its stuffing; `data` points into `bytes`. */
struct kmp_message {
	uint8_t dest, cid;
	struct slice data;
	uint8_t bytes[KMP_DATA_CAP + 4];
};

struct kmp_out {
	uint8_t bytes[KMP_FRAME_CAP];
	size_t size;
};

/* Whole frame, borrowed from `out`. `start` is KMP_TO_METER or KMP_FROM_METER; of more than
 * KMP_DATA_CAP bytes of data the rest is left out. */
struct slice kmp_frame(
	struct kmp_out *out, uint8_t start, uint8_t dest, uint8_t cid, struct slice data);
/* One whole frame, as kmp_cut found it. ERR_PROTO: it is none. */
enum err kmp_decode(struct slice frame, struct kmp_message *ret);

/* Where a frame ends in a stream of bytes. MORE; FULL: the first `size` bytes are a frame with a good
 * CRC; JUNK: drop `size` bytes. */
enum kmp_cut_state {
	KMP_CUT_MORE,
	KMP_CUT_FULL,
	KMP_CUT_JUNK
};
struct kmp_cut {
	enum kmp_cut_state state;
	size_t size;
};
struct kmp_cut kmp_cut(uint8_t start, struct slice so_far);

/* ---- data of requests ---- */

/* Up to 16 bytes of data of a request. */
struct kmp_ask {
	uint8_t bytes[1 + 2 * KMP_BATCH];
	size_t size;
};

struct kmp_ask kmp_ask_registers(const uint16_t *ids, size_t n); /* n <= KMP_BATCH */
/* Records `first` (1 the newest) and older; `count` negative: not said, the meter sends 16. */
struct kmp_ask kmp_ask_log(uint16_t id, uint16_t first, int count);
/* Hours that ended at `till` and before; year 0: the newest. */
struct kmp_ask kmp_ask_hours(uint16_t id, struct civil till);
struct kmp_ask kmp_ask_set_clock(struct civil local);

struct kmp_log_ask {
	uint16_t id, first;
	uint8_t count; /* 0: not said */
};
/* The meter's side. ERR_PROTO: lengths that cannot be. */
enum err kmp_registers_asked(struct slice data, uint16_t ids[static KMP_BATCH], size_t *ret_n);
enum err kmp_log_asked(struct slice data, struct kmp_log_ask *ret);

/* ---- data of replies ---- */

/* Unit, length and sign-exponent of one register, as sent. */
struct kmp_form {
	uint16_t id;
	uint8_t unit, size, sign_exp;
};

struct kmp_value {
	struct kmp_form form;
	bool is_number; /* false: longer than a number; a text */
	struct decimal number;
};

struct kmp_log {
	struct kmp_form form;
	unsigned n;
	struct slice values; /* n * form.size bytes */
};

/* The next register of a reply to KMP_REGISTERS. NODATA: that was the last; PROTO: cut short. */
enum err kmp_next_value(struct reader *r, struct kmp_value *ret);
/* Reply to KMP_LOG_*. NODATA: the meter says there are no records; PROTO: contradicts itself. */
enum err kmp_log_decode(uint8_t cid, struct slice data, struct kmp_log *ret);
struct decimal kmp_log_value(const struct kmp_log *log, unsigned i); /* i < log->n */

/* The mantissa nearest to `value` of such a register, saturated at its ends; NaN is 0. */
void kmp_put_mantissa(struct buf *out, const struct kmp_form *form, double value);
void kmp_put_form(struct buf *out, const struct kmp_form *form);

/* ---- what numbers mean ---- */

/* The unit of a code and the power of ten it is multiplied by (units "m3x10" are 1). False: dates,
 * texts, unknown codes. */
bool kmp_unit(uint8_t code, enum unit *ret_unit, int *ret_exponent);
/* A date yymmdd, a clock hhmmss. False: not possible. */
bool kmp_date(struct decimal yymmdd, struct civil *ret_date);
bool kmp_clock(struct decimal hhmmss, struct civil *date_and_clock);
/* Bit set of model/abnormal.h for an info code of the Multical 601 and 602. */
unsigned kmp_info_abnormal(uint32_t code);

#endif
