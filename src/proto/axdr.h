/*
 * axdr.h - Data of COSEM in A-XDR (IEC 61334-6): a tag, for some a length, the value
 *
 * Lengths are a byte, or 81 and a byte, 82 and two; of arrays and structures they count elements, of
 * bit strings bits. Numbers have the high byte first.
 *
 * Facts: docs/protocols/dlms.md. Pure functions over a reader; nothing is allocated, depth is bounded.
 */
#ifndef DOMOVOI_PROTO_AXDR_H
#define DOMOVOI_PROTO_AXDR_H

#include "base/buf.h"
#include "base/zone.h"

enum axdr_tag {
	AXDR_NULL = 0x00,
	AXDR_ARRAY = 0x01,
	AXDR_STRUCTURE = 0x02,
	AXDR_BOOL = 0x03,
	AXDR_BITS = 0x04,
	AXDR_I32 = 0x05,
	AXDR_U32 = 0x06,
	AXDR_OCTETS = 0x09,
	AXDR_VISIBLE = 0x0a,
	AXDR_UTF8 = 0x0c,
	AXDR_BCD = 0x0d,
	AXDR_I8 = 0x0f,
	AXDR_I16 = 0x10,
	AXDR_U8 = 0x11,
	AXDR_U16 = 0x12,
	AXDR_COMPACT = 0x13,
	AXDR_I64 = 0x14,
	AXDR_U64 = 0x15,
	AXDR_ENUM = 0x16,
	AXDR_F32 = 0x17,
	AXDR_F64 = 0x18,
	AXDR_DATE_TIME = 0x19,
	AXDR_DATE = 0x1a,
	AXDR_TIME = 0x1b
};

#define AXDR_DEPTH     16
#define AXDR_TIME_SIZE 12 /* of a date and time */

struct axdr {
	enum axdr_tag tag;
	size_t count;       /* elements, bits or bytes */
	double number;      /* of all kinds of numbers; NaN of others */
	int64_t integer;    /* of whole numbers; u64 beyond it are as in `number` */
	struct slice bytes; /* of strings and dates; of arrays and structures their elements; of a
			       compact array its type, a length and what it contains */
};

/* A length; sets is_short where it cannot be read. */
size_t axdr_length(struct reader *r);
/* One Data with all that is in it. False: the bytes end in it, or no such type exists; then
 * the reader's place means nothing. */
bool axdr_get(struct reader *r, struct axdr *ret);
/* Only the head of an array or a structure, whose elements may not all be there yet. */
bool axdr_open(struct reader *r, struct axdr *ret);
/* Bytes of a number, a date or a time without their tag; 0: another type. */
size_t axdr_size(enum axdr_tag tag);
/*
 * A compact array as the array it stands for: 01, its length, elements with tags (axdr_compact.c). Elements are
 * of one type that is said once; arrays in it have lengths of 16 bits. False: contents that are not
 * of that type, or more than fits.
 */
bool axdr_expand(const struct axdr *compact, uint8_t *out, size_t cap, size_t *ret_n);
/* A type as a compact array says it; false: none, or too deep. */
bool axdr_type_skip(struct reader *r);
/* Date and time of an octet string or date-time. Parts not specified: false; second and hundredths may be.
 * The deviation from UTC is not looked at: its sign differs between meters. */
bool axdr_time(const struct axdr *d, struct civil *ret, uint8_t *ret_status);

#endif
