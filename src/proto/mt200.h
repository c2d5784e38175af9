/*
 * mt200.h - the text protocol of the Vzlet MT-200DS and TSR, both directions
 *
 *   request   [A] LL CC data.. XX          reply   00 text 00 [XX]
 *             [A] LL 08 HI LO 20*n 00 00 XX        00 HI LO memory[n] next 00 [XX]
 *
 * A: address, RS-485 only    L: bytes from LL to XX    C: command    X: two's complement of the xor of all
 * before, without A; in replies on RS-485 only    HI LO: address of the meter's memory, repeated
 * n: bytes wanted, one 20h for each    next: one more byte of memory
 *
 * Text is CP866, numbers right-aligned with a decimal point, "------" for a sensor that is not there.
 *
 * A record of the archive, n = 40 (42 with the state of an hour):
 *
 *   dd mm yy hh  Q1 Q2  V1 V2 V3 V4  T1 T3 T2 T4  [SS SS]  EE EE EE EE
 *
 * Q: heat, MJ, and V: counters in the channel's unit, float, low byte first    T: hundredths of a degree,
 * S: state, E: minutes of failure, high byte first. V3, V4, T3, T4 belong to channels 4 and 5.
 *
 * Facts: docs/protocols/mt200.md. Nothing allocates.
 */
#ifndef DOMOVOI_PROTO_MT200_H
#define DOMOVOI_PROTO_MT200_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define MT200_VOLUME        0x30 /* commands */
#define MT200_FLOW          0x31
#define MT200_TEMPERATURE   0x34
#define MT200_DIFFERENCE    0x35
#define MT200_HEAT          0x36
#define MT200_WORKING_MIN   0x39
#define MT200_FAULT_MIN     0x3a
#define MT200_ERRORS        0x3b
#define MT200_DATE          0x42
#define MT200_TIME          0x43
#define MT200_NAME_MT       0x46
#define MT200_NAME_TSR      0x4f
#define MT200_NUMBER        0x50
#define MT200_CHANNELS_DIFF 0x61
#define MT200_HEAT_DIFF     0x63
#define MT200_UNIT          0x9e
#define MT200_POWER         0xa5
#define MT200_HEAT_UNIT     0xa9
#define MT200_COLD          0xd1
#define MT200_PRESSURE      0xd3
#define MT200_MEMORY        0x08

#define MT200_RS232         (-1) /* for an address: there is none */
#define MT200_CHANNELS      5
#define MT200_DAY_BYTES     40 /* days and months */
#define MT200_HOUR_BYTES    42
#define MT200_FRAME_CAP     64
#define MT200_TEXT_CAP      40

struct mt200_frame {
	uint8_t bytes[MT200_FRAME_CAP];
	size_t size;
};

/* Index byte of a channel, 1..5. */
uint8_t mt200_index(int channel);

struct slice mt200_ask(struct mt200_frame *f, int address, uint8_t command, uint8_t index);
/* `n`: MT200_DAY_BYTES or MT200_HOUR_BYTES. */
struct slice mt200_ask_memory(struct mt200_frame *f, int address, uint16_t at, uint8_t n);
/* The meter's side. */
struct slice mt200_text(struct mt200_frame *f, bool is_485, const char *text);
struct slice mt200_memory(
	struct mt200_frame *f, bool is_485, uint16_t at, struct slice record, uint8_t next);

/* Where a frame ends. MORE; FULL: the first `size` bytes; JUNK: drop `size`. */
enum mt200_cut_state {
	MT200_CUT_MORE,
	MT200_CUT_FULL,
	MT200_CUT_JUNK
};
struct mt200_cut {
	enum mt200_cut_state state;
	size_t size;
};
struct mt200_cut mt200_cut_request(struct slice so_far, bool is_485);
/* `n` 0: a text; else memory of n bytes, or the text a meter refuses with. */
struct mt200_cut mt200_cut_reply(struct slice so_far, bool is_485, size_t n);

struct mt200_request {
	uint8_t command, index;
	uint16_t at; /* MT200_MEMORY */
	size_t n;
};
/* One whole request; `address` of RS-485, else MT200_RS232. ERR_PROTO: contradicts itself. */
enum err mt200_request_decode(
	struct slice frame, bool is_485, int *ret_address, struct mt200_request *ret);
/* Text of a whole reply, without blanks at its ends, always terminated; ERR_UNSUPP: the meter does not
 * know the command; ERR_PROTO: longer than any. */
enum err mt200_text_decode(struct slice reply, bool is_485, char text[static MT200_TEXT_CAP]);
/* ERR_UNSUPP as above; ERR_FOREIGN: of another address. */
enum err mt200_memory_decode(
	struct slice reply, bool is_485, uint16_t at, size_t n, struct slice *ret_record);

/* "   50.119": 50.119 and 3; dashes NaN. ERR_PROTO: no number. */
enum err mt200_number(const char *text, double *ret_value, int *ret_decimals);
/* "18.11.16" and "14:04:03" into the fields of `at`. */
bool mt200_date(const char *text, struct civil *at);
bool mt200_time(const char *text, struct civil *at);
/* "0001000000000000": the first character is bit 0. */
bool mt200_bits(const char *text, uint16_t *ret_bits);
/* Bit set of model/abnormal.h. */
unsigned mt200_abnormal(uint16_t bits);

/* ---- archive ---- */

struct mt200_record {
	struct civil at; /* last hour of the period: minute and second 0 */
	double heat[2];  /* MJ, counters */
	double volume[4];
	double temperature[4]; /* channels 1, 2, 4, 5; NaN: no sensor */
	bool has_state;
	uint16_t state;
	uint32_t fault_min;
};

enum mt200_ring {
	MT200_HOURS,
	MT200_DAYS,
	MT200_MONTHS,
	MT200_RINGS
};

struct mt200_ring_facts {
	uint16_t start;
	uint16_t records;
	uint8_t bytes;
};
extern const struct mt200_ring_facts mt200_rings[MT200_RINGS];

/* ERR_NODATA: no date in it, never written. */
enum err mt200_record_decode(struct slice bytes, struct mt200_record *ret);
/* MT200_HOUR_BYTES with has_state, else MT200_DAY_BYTES. */
size_t mt200_record_encode(const struct mt200_record *r, uint8_t to[static MT200_HOUR_BYTES]);
/* Number of the record of that hour, day or month: its slot is this modulo the ring, moved by what
 * the meter moves it by. Months are counted as we like: nobody wrote how. */
int64_t mt200_ordinal(enum mt200_ring ring, struct civil at);

#endif
