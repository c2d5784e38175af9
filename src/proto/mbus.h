/*
 * mbus.h - wired M-Bus: EN 13757-2 frames, EN 13757-3 messages and records, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock. Three steps, each usable alone:
 *
 *     bytes --mbus_cut--> frame --mbus_message_decode--> message --mbus_next--> record, record ...
 *
 *     E5                                          acknowledge
 *     10 CC AA SS 16                              short
 *     68 LL LL 68 CC AA II dd ... dd SS 16        long; without data "control"
 *                 |<---- LL bytes --->|
 *
 * C: control  A: address  I: CI, what the data are  S: sum of C .. last d, modulo 256
 * L: 3 .. 255, so a frame has at most 261 bytes
 *
 * Data of a reply (CI 72):
 *
 *     NN NN NN NN MM MM VV TT AA SS CC CC | DIF [DIFE..] VIF [VIFE..] data | DIF ...
 *
 * N: identification, 8 BCD digits   M: manufacturer, 3 letters of 5 bits   V: version
 * T: medium (device type)  A: access number  S: status  C: configuration; all low byte first
 * (CI 76: high byte first)
 *
 *     DIF   e s f f d d d d     e: DIFE follows, s: storage bit 0, f: function, d: data field
 *     DIFE  e u t t s s s s     u: sub-unit, t: tariff, s: storage, each above those before
 *     VIF   e v v v v v v v     e: VIFE follows, v: quantity, unit and power of ten (mbus_vif.c)
 *
 * Values are decimals (decimal.h) in a unit of unit.def; the unit of a record is the natural one of
 * its VIF's family, whatever power of ten it is sent in: Wh families give kWh, J families MJ.
 *
 * Errors: ERR_PROTO with diag->offset counted in bytes of the frame from 0, and a text that names
 * it. All slices borrow from the bytes given to mbus_frame_decode, which must outlive them.
 * Facts: docs/protocols/mbus.md.
 */
#ifndef DOMOVOI_PROTO_MBUS_H
#define DOMOVOI_PROTO_MBUS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"
#include "model/quantity.h"
#include "proto/decimal.h"

/* ---- frames (mbus_link.c) ---- */

#define MBUS_FRAME_MAX 261

#define MBUS_ACK       0xe5

/* C, from the master; FCB and FCV are or-ed in */
#define MBUS_SND_NKE 0x40
#define MBUS_SND_UD  0x53
#define MBUS_REQ_UD1 0x5a
#define MBUS_REQ_UD2 0x5b
#define MBUS_FCB     0x20
#define MBUS_FCV     0x10
/* C, from the slave; ACD and DFC are or-ed in */
#define MBUS_RSP_UD           0x08

#define MBUS_ADDRESS_MAX      250
#define MBUS_ADDRESS_SELECTED 0xfd /* the slave chosen by its secondary address */
#define MBUS_ADDRESS_ANY      0xfe /* every slave answers: one slave on the line */
#define MBUS_ADDRESS_ALL      0xff /* every slave obeys, none answers */

/* CI; | 4 is mode 2, high byte first */
#define MBUS_CI_RESET        0x50
#define MBUS_CI_SEND         0x51
#define MBUS_CI_SELECT       0x52
#define MBUS_CI_SYNC         0x54
#define MBUS_CI_ERROR        0x70
#define MBUS_CI_ALARM        0x71
#define MBUS_CI_VARIABLE     0x72
#define MBUS_CI_FIXED        0x73
#define MBUS_CI_NO_HEADER    0x78
#define MBUS_CI_SHORT_HEADER 0x7a
#define MBUS_CI_BAUD         0xb8 /* + 0..7: 300 .. 38400 */

enum mbus_kind {
	MBUS_KIND_ACK,
	MBUS_KIND_SHORT,
	MBUS_KIND_LONG
};

struct mbus_frame {
	enum mbus_kind kind;
	uint8_t c, a; /* not of ACK */
	uint8_t ci;   /* of LONG */
	struct slice data;
};

enum mbus_cut {
	MBUS_CUT_MORE,
	MBUS_CUT_FULL,
	MBUS_CUT_JUNK
};

/* What a cutter lets pass: replies are E5 and long frames, requests short and long ones. */
#define MBUS_CUT_ACK     1u
#define MBUS_CUT_SHORT   2u
#define MBUS_CUT_LONG    4u
#define MBUS_CUT_REPLY   (MBUS_CUT_ACK | MBUS_CUT_LONG)
#define MBUS_CUT_REQUEST (MBUS_CUT_SHORT | MBUS_CUT_LONG)

/*
 * Look at the bytes so far: MORE (`ret_size` at least this many in all), FULL (the first `ret_size`
 * bytes are a whole frame with a right checksum), JUNK (drop `ret_size` and look again: one byte).
 */
enum mbus_cut mbus_cut(struct slice so_far, unsigned kinds, size_t *ret_size);
/* `bytes` must be one whole frame and nothing else. */
enum err mbus_frame_decode(struct slice bytes, struct mbus_frame *ret, struct diag *diag);

/* A frame being written. An append that does not fit sets is_full, and the frame ends empty. */
struct mbus_out {
	uint8_t data[MBUS_FRAME_MAX];
	size_t size;
	bool is_full;
};

struct slice mbus_short(struct mbus_out *out, uint8_t c, uint8_t a);
void mbus_begin(struct mbus_out *out, uint8_t c, uint8_t a, uint8_t ci);
void mbus_put(struct mbus_out *out, const void *bytes, size_t n);
void mbus_put_u8(struct mbus_out *out, uint8_t v);
/* Length and checksum; the frame, borrowed from `out`. */
struct slice mbus_end(struct mbus_out *out);
/* Bytes that still fit. */
size_t mbus_room(const struct mbus_out *out);

/* Speeds of CI B8..BF; 0 or false for others. */
int mbus_baud_of_ci(uint8_t ci);
bool mbus_ci_of_baud(int baud, uint8_t *ret_ci);

/* ---- messages (mbus_message.c) ---- */

struct mbus_header {
	char id[9]; /* eight hex digits, as printed on the meter */
	uint16_t maker;
	char manufacturer[4]; /* "KAM" */
	uint8_t version;
	uint8_t medium;
	uint8_t access;
	uint8_t status;
	uint16_t config;
};

enum mbus_body {
	MBUS_BODY_NONE,      /* ACK, short frame, or a CI that carries nothing decodable */
	MBUS_BODY_RECORDS,   /* variable data: header where the CI has one, then records */
	MBUS_BODY_FIXED,     /* two counters */
	MBUS_BODY_ERROR,     /* application error: `code` */
	MBUS_BODY_ALARM,     /* alarm bits: `code` */
	MBUS_BODY_RESET,     /* application reset: `code` is the subcode, 0 where absent */
	MBUS_BODY_SELECT,    /* secondary address in `header`, records may narrow it */
	MBUS_BODY_ENCRYPTED, /* records behind an encryption mode: header only */
};

struct mbus_message {
	struct mbus_frame frame;
	enum mbus_body body;
	bool is_request;    /* from the master */
	bool is_high_first; /* mode 2 */
	bool has_header;    /* id .. medium */
	bool has_access;    /* access, status, config */
	struct mbus_header header;
	uint8_t code;
	struct slice records;
	size_t records_at; /* of records.data in the frame */
};

enum err mbus_message_decode(
	const struct mbus_frame *frame, struct mbus_message *ret, struct diag *diag);
const char *mbus_ci_name(uint8_t ci);         /* "" unknown */
const char *mbus_medium_name(uint8_t medium); /* "heat", "" unknown */
const char *mbus_error_name(uint8_t code);    /* of BODY_ERROR */
enum err mbus_error_err(uint8_t code);        /* the same as one of ours */
void mbus_manufacturer_name(uint16_t code, char ret[static 4]);
bool mbus_manufacturer_code(const char *letters, uint16_t *ret);

/* A secondary address as eight bytes of the wire; wildcards are nibbles F and bytes FF. */
struct mbus_secondary {
	uint8_t bytes[8];
};
/* "12345678" (rest any), or 16 digits ID MAN VER MED as printed: "00202909CD4E0904". */
bool mbus_secondary_parse(const char *text, struct mbus_secondary *ret);
void mbus_secondary_text(const struct mbus_secondary *s, char ret[static 17]);
void mbus_secondary_of(const struct mbus_header *h, struct mbus_secondary *ret);
bool mbus_secondary_matches(const struct mbus_secondary *pattern, const struct mbus_secondary *s);

/* ---- records (mbus_record.c, mbus_value.c, mbus_vif.c) ---- */

enum mbus_function {
	MBUS_INSTANTANEOUS,
	MBUS_MAXIMUM,
	MBUS_MINIMUM,
	MBUS_ERROR
};
const char *mbus_function_name(enum mbus_function f); /* "instantaneous" */

struct mbus_slot {
	enum mbus_function function;
	uint64_t storage; /* 41 bits */
	uint32_t tariff;  /* 20 bits */
	uint16_t subunit; /* 10 bits */
};

enum mbus_type {
	MBUS_TYPE_NONE,    /* no data, or a request's selection */
	MBUS_TYPE_NUMBER,  /* number; text too where the digits are an identification */
	MBUS_TYPE_TIME,    /* time */
	MBUS_TYPE_TEXT,    /* text */
	MBUS_TYPE_BYTES,   /* data: manufacturer data, long binaries (text: hex, high byte first) */
	MBUS_TYPE_INVALID, /* the meter has no value, or the data are no number: text says why */
};

/* A date without time has hour -1, a time without date year 0; seconds -1 where not sent. */
struct mbus_time {
	struct civil local; /* of the meter's clock */
	bool is_summer;
	bool is_invalid; /* the meter itself marks it so */
	bool is_every; /* a rule ("every 31 December") and no moment: fields that are free are -1 */
};
#define MBUS_TIME_CAP 24
/* ISO 8601; "*" stands for the free fields of a rule. */
const char *mbus_time_text(char out[static MBUS_TIME_CAP], const struct mbus_time *t);

/* Text of at most 191 Latin-1 characters in UTF-8. */
#define MBUS_TEXT_CAP 388
#define MBUS_UNIT_CAP 264
#define MBUS_VIB_MAX  12

struct mbus_record {
	struct slice raw; /* the whole record */
	size_t at;        /* of raw in the frame */
	uint8_t dif;      /* 0F and 1F: manufacturer data to the end; 1F: more telegrams follow */
	struct mbus_slot slot;
	uint8_t vib[MBUS_VIB_MAX]; /* VIF and VIFEs */
	size_t vib_size;
	struct slice data;

	const char *name; /* what the VIF means, English; "" for plain-text VIFs */
	enum quantity quantity;
	enum unit unit;                /* UNIT_NONE: see unit_text */
	char unit_text[MBUS_UNIT_CAP]; /* symbol, plain-text unit, or "kWh/day" */
	int phase;                     /* 1..3, 0 none */
	uint8_t modifier;    /* VIFE that makes the value another thing than its VIF says; 0 none */
	bool is_maker_coded; /* meaning (not length) is the manufacturer's */
	uint8_t error;       /* record error reported by the slave, 0 none */

	enum mbus_type type;
	struct decimal number;
	double value; /* decimal_double(number); NaN unless NUMBER */
	int decimals; /* resolution in `unit`; -1 unknown (floats) */
	int digits;   /* of a BCD field, else 0 */
	struct mbus_time time;
	char text[MBUS_TEXT_CAP];
};

struct mbus_cursor {
	const struct mbus_message *message; /* borrowed */
	size_t at;                          /* in records */
	bool has_more;                      /* 1F was seen: the meter has more telegrams */
};

struct mbus_cursor mbus_records(const struct mbus_message *m);
/*
 * The next record. NODATA: there are no more. PROTO: the record at diag->offset breaks off or has
 * no known length, so nothing behind it can be read; the cursor is then at the end.
 */
enum err mbus_next(struct mbus_cursor *c, struct mbus_record *ret, struct diag *diag);

/* What phase and VIFEs add to `name`: "phase L1", "backward only"; "" mostly. */
struct mbus_note {
	char text[96];
};
void mbus_record_note(const struct mbus_record *r, struct mbus_note *ret);

/* ---- writing data (mbus_put.c) ---- */

/* Data fields of a DIF */
enum mbus_field {
	MBUS_FIELD_NONE = 0,
	MBUS_FIELD_INT8 = 1,
	MBUS_FIELD_INT16,
	MBUS_FIELD_INT24,
	MBUS_FIELD_INT32,
	MBUS_FIELD_FLOAT = 5,
	MBUS_FIELD_INT48 = 6,
	MBUS_FIELD_INT64 = 7,
	MBUS_FIELD_SELECT = 8,
	MBUS_FIELD_BCD2 = 9,
	MBUS_FIELD_BCD4,
	MBUS_FIELD_BCD6,
	MBUS_FIELD_BCD8,
	MBUS_FIELD_TEXT = 13,
	MBUS_FIELD_BCD12 = 14,
};
#define MBUS_DIF_MAKER   0x0f
#define MBUS_DIF_MORE    0x1f
#define MBUS_DIF_FILLER  0x2f
#define MBUS_DIF_READOUT 0x7f

/* Of h only id, maker, version .. config are used. Low byte first (CI 72). */
void mbus_put_header(struct mbus_out *out, const struct mbus_header *h);
/* DIF, DIFEs, VIF and VIFEs. `vif` is the bytes read as one number: 0x13, 0xfd17, 0x933c. */
void mbus_put_dib(
	struct mbus_out *out, const struct mbus_slot *slot, enum mbus_field field, uint32_t vif);
/* A record with a whole number, binary or BCD; what does not fit the field is sent as "no value"
 * (record error 15). BCD below zero has F as its top digit. */
void mbus_put_number(struct mbus_out *out, const struct mbus_slot *slot, enum mbus_field field,
	uint32_t vif, int64_t value);
void mbus_put_text(
	struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif, const char *text);
/* Type G (date) with VIF 6C, type F (date and time) with VIF 6D, or `vif` given. */
void mbus_put_date(
	struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif, struct civil c);
void mbus_put_date_time(struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif,
	struct civil c, bool is_summer);

#endif
