/*
 * m4.h - the bus of Logika heat calculators (SPT941..944, SPG741, 742): two frames and tagged values
 *
 *   short       10 NT CODE data... CS 16                       no length: it follows from the code
 *   extended    10 NT 90 ID ATR DL DL CODE body... CRC CRC     what M4 devices speak
 *
 * NT is the number of the device, FF "whoever is there". The short frame is also that of the legacy
 * devices; its data in a reply is as long as the request made it, so who cuts replies must know.
 * The body of an extended frame is a list of tagged values: tag, length, data.
 *
 * Both directions: a master encodes requests and decodes replies, a device the reverse. Nothing
 * allocates; slices point into what was given. Facts: docs/protocols/logika_m4.md.
 * Not done: the RC5 encryption of secured sessions (ATR 1), compressed archives.
 */
#ifndef DOMOVOI_PROTO_M4_H
#define DOMOVOI_PROTO_M4_H

#include "base/buf.h"
#include "base/zone.h"

#define M4_ANY         0xff /* NT of a device addressed without number */
#define M4_WAKE_BYTES  16   /* of FF before a session request, at least */
#define M4_MESSAGE_MAX 1024 /* code and body of an extended frame; some devices: 720 */
#define M4_FRAME_CAP   (M4_MESSAGE_MAX + 9)
#define M4_READ_MAX    32 /* parameters of one read or write */

#define M4_SESSION     0x3f
#define M4_SPEED       0x42
#define M4_CONTROL     0x4f
#define M4_ERROR       0x21
#define M4_READ        0x72
#define M4_WRITE       0x77
#define M4_ARCHIVE     0x61
/* legacy, short frames alone */
#define M4_OLD_FLASH   0x45
#define M4_OLD_RAM     0x52
#define M4_OLD_HOUR    0x48
#define M4_OLD_DAY     0x59
#define M4_OLD_MONTH   0x4d
#define M4_OLD_SETTING 0x44
#define M4_OLD_LEAVE   0x71 /* ends a secured session */

enum m4_error {
	M4_BAD_REQUEST,
	M4_WRITE_PROTECTED,
	M4_BAD_VALUE,
	M4_NO_DATA,
	M4_SECURED_ONLY,
	M4_BAD_SECURED
};
const char *m4_error_text(unsigned error);

/* ---- frames ---- */

struct m4_frame {
	uint8_t nt;
	bool is_extended;
	uint8_t id;  /* extended: repeated in the reply */
	uint8_t atr; /* extended: 0 plain, 1 encrypted */
	uint8_t code;
	struct slice data; /* behind the code */
};

/* A frame being written; an append that does not fit sets is_full and does nothing. */
struct m4_out {
	uint8_t data[M4_FRAME_CAP];
	size_t size;
	bool is_full;
};

/* A short frame; is_full when `data` does not fit. */
struct slice m4_short(struct m4_out *o, uint8_t nt, uint8_t code, struct slice data);
/* An extended frame: begin, append values, end. */
void m4_begin(struct m4_out *o, uint8_t nt, uint8_t id, uint8_t code);
struct slice m4_end(struct m4_out *o);

/* A whole frame of either kind; false when it is none. */
bool m4_decode(struct slice frame, struct m4_frame *ret);

/*
 * Where a frame ends in a stream of bytes. MORE: `size` bytes in all are needed at least; FULL: the
 * first `size` bytes are a frame with a good checksum; JUNK: drop `size` bytes.
 */
enum m4_cut_state {
	M4_CUT_MORE,
	M4_CUT_FULL,
	M4_CUT_JUNK
};
struct m4_cut {
	enum m4_cut_state state;
	size_t size;
};
/* Replies: an extended frame, a short error, or a short frame with `short_data` bytes of data. */
struct m4_cut m4_cut_reply(struct slice so_far, size_t short_data);
/* Requests; the FF bytes before them are junk. */
struct m4_cut m4_cut_request(struct slice so_far);

/* ---- values ---- */

enum m4_tag {
	M4_OCTETS = 0x04,
	M4_NULL = 0x05, /* no value */
	M4_TEXT = 0x16, /* cp1251 */
	M4_SEQUENCE = 0x30,
	M4_UINT = 0x41, /* little-endian, as all numbers */
	M4_INT = 0x42,
	M4_FLOAT = 0x43,
	M4_MIXED = 0x44, /* i32 and f32, value = sum */
	M4_OPERATIVE = 0x45,
	M4_ACK = 0x46,
	M4_TIME = 0x47,
	M4_DATE = 0x48,
	M4_ARCHDATE = 0x49, /* yy mm dd hh mi ss ms ms, cut at any byte; empty: none */
	M4_PARAM = 0x4a,    /* channel and number */
	M4_FLAGS = 0x4b,    /* bit n: byte n / 8, bit n % 8 */
	M4_ERR = 0x55
};

struct m4_value {
	uint8_t tag;
	struct slice data;
};

/* The next value. False at the end and for damaged lengths: then r->is_short. */
bool m4_next(struct reader *r, struct m4_value *ret);

/* UINT, INT, FLOAT, MIXED; NaN for all others. Floats come out as the shortest decimal fraction that is
 * the same float32. */
double m4_number(const struct m4_value *v);
/* TEXT in UTF-8, cut to `cap`; false and "" for others. */
bool m4_text(const struct m4_value *v, char *to, size_t cap);
/* FLAGS: bits 32 * word and up, as far as they were sent; 0 for others. */
uint32_t m4_flags(const struct m4_value *v, unsigned word);
/* ARCHDATE: the number of fields given (0..7: year, month, day, hour, minute, second, ms), the rest
 * as at the beginning of the period; -1: not a date. Years are 2000..2255. */
int m4_archdate(const struct m4_value *v, struct civil *ret);
bool m4_date(const struct m4_value *v, struct civil *ret); /* sets year, month, day */
bool m4_time(const struct m4_value *v, struct civil *ret); /* sets hour, minute, second */
bool m4_param(const struct m4_value *v, unsigned *ret_channel, unsigned *ret_number);

void m4_put(struct m4_out *o, unsigned tag, const void *data, size_t n);
void m4_put_null(struct m4_out *o);
void m4_put_octets(struct m4_out *o, const void *data, size_t n);
void m4_put_text(struct m4_out *o, const char *utf8); /* what cp1251 has not becomes '?' */
void m4_put_uint(struct m4_out *o, uint32_t v);
void m4_put_float(struct m4_out *o, double v); /* NaN: NULL */
void m4_put_mixed(struct m4_out *o, double v); /* NaN: NULL */
void m4_put_flags(struct m4_out *o, const uint32_t *words, size_t bytes);
void m4_put_param(struct m4_out *o, unsigned channel, unsigned number);
void m4_put_date(struct m4_out *o, struct civil c);
void m4_put_time(struct m4_out *o, struct civil c);
/* The first `fields` bytes, 0..8, milliseconds zero. */
void m4_put_archdate(struct m4_out *o, struct civil c, int fields);
/* Values between open and close become a SEQUENCE; `mark` is what open returned. */
size_t m4_open(struct m4_out *o);
void m4_close(struct m4_out *o, size_t mark);

#endif
