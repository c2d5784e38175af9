/*
 * axdr.c - Data of COSEM; see axdr.h
 */
#include "proto/axdr.h"

#include <math.h>
#include <string.h>

size_t axdr_length(struct reader *r)
{
	size_t n = reader_u8(r);
	if (n < 0x80) {
		return n;
	}
	size_t bytes = n & 0x7f, value = 0;
	if (bytes < 1 || bytes > 4) {
		r->is_short = true;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++) {
		value = value << 8 | reader_u8(r);
	}
	return value;
}

static int64_t signed_of(uint64_t v, size_t bytes)
{
	unsigned shift = (unsigned)(64 - 8 * bytes);
	return (int64_t)(v << shift) >> shift;
}

static uint64_t big_endian(struct reader *r, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | reader_u8(r);
	}
	return v;
}

/* Bytes and sign of whole numbers; 0: it is none. */
static size_t integer_size(enum axdr_tag tag, bool *ret_is_signed)
{
	*ret_is_signed = tag == AXDR_I8 || tag == AXDR_I16 || tag == AXDR_I32 || tag == AXDR_I64;
	switch (tag) {
	case AXDR_BOOL:
	case AXDR_BCD:
	case AXDR_I8:
	case AXDR_U8:
	case AXDR_ENUM: return 1;
	case AXDR_I16:
	case AXDR_U16: return 2;
	case AXDR_I32:
	case AXDR_U32: return 4;
	case AXDR_I64:
	case AXDR_U64: return 8;
	default: return 0;
	}
}

size_t axdr_size(enum axdr_tag tag)
{
	bool ignored;
	switch (tag) {
	case AXDR_F32: return 4;
	case AXDR_F64: return 8;
	case AXDR_DATE_TIME: return AXDR_TIME_SIZE;
	case AXDR_DATE: return 5;
	case AXDR_TIME: return 4;
	default: return integer_size(tag, &ignored);
	}
}

static bool integer_get(struct reader *r, size_t size, bool is_signed, struct axdr *d)
{
	uint64_t v = big_endian(r, size);
	d->integer = is_signed ? signed_of(v, size) : (int64_t)v;
	d->number = is_signed ? (double)d->integer : (double)v;
	return !r->is_short;
}

static bool float_get(struct reader *r, struct axdr *d)
{
	uint64_t v = big_endian(r, d->tag == AXDR_F32 ? 4 : 8);
	if (d->tag == AXDR_F32) {
		uint32_t low = (uint32_t)v;
		float f;
		memcpy(&f, &low, sizeof(f));
		d->number = (double)f;
	} else {
		memcpy(&d->number, &v, sizeof(v));
	}
	d->number = isfinite(d->number) ? d->number : (double)NAN;
	return !r->is_short;
}

static bool bytes_get(struct reader *r, size_t size, struct axdr *d)
{
	if (r->is_short || size > reader_left(r)) {
		r->is_short = true;
		return false;
	}
	d->bytes = reader_bytes(r, size);
	return true;
}

static bool get(struct reader *r, struct axdr *d, int depth);

static bool elements_get(struct reader *r, struct axdr *d, int depth)
{
	size_t from = r->at;
	for (size_t i = 0; i < d->count; i++) {
		struct axdr skipped;
		if (!get(r, &skipped, depth + 1)) {
			return false;
		}
	}
	d->bytes = (struct slice){r->in.data + from, r->at - from};
	return true;
}

static bool compact_get(struct reader *r, struct axdr *d)
{
	size_t from = r->at;
	if (!axdr_type_skip(r)) {
		return false;
	}
	size_t n = axdr_length(r);
	if (r->is_short || n > reader_left(r)) {
		return false;
	}
	(void)reader_bytes(r, n);
	d->bytes = (struct slice){r->in.data + from, r->at - from};
	return true;
}

static bool get(struct reader *r, struct axdr *d, int depth)
{
	bool is_signed;
	*d = (struct axdr){.tag = (enum axdr_tag)reader_u8(r), .number = (double)NAN};
	size_t size = integer_size(d->tag, &is_signed);
	if (r->is_short || depth > AXDR_DEPTH) {
		return false;
	}
	if (size) {
		return integer_get(r, size, is_signed, d);
	}
	switch (d->tag) {
	case AXDR_NULL: return true;
	case AXDR_F32:
	case AXDR_F64: return float_get(r, d);
	case AXDR_DATE_TIME:
	case AXDR_DATE:
	case AXDR_TIME: return bytes_get(r, d->count = axdr_size(d->tag), d);
	case AXDR_BITS: d->count = axdr_length(r); return bytes_get(r, (d->count + 7) / 8, d);
	case AXDR_OCTETS:
	case AXDR_VISIBLE:
	case AXDR_UTF8: d->count = axdr_length(r); return bytes_get(r, d->count, d);
	case AXDR_ARRAY:
	case AXDR_STRUCTURE:
		d->count = axdr_length(r);
		return !r->is_short && elements_get(r, d, depth);
	case AXDR_COMPACT: return compact_get(r, d);
	default: return false;
	}
}

bool axdr_get(struct reader *r, struct axdr *ret)
{
	return get(r, ret, 0);
}

bool axdr_open(struct reader *r, struct axdr *ret)
{
	*ret = (struct axdr){.tag = (enum axdr_tag)reader_u8(r), .number = (double)NAN};
	ret->count = axdr_length(r);
	return !r->is_short && (ret->tag == AXDR_ARRAY || ret->tag == AXDR_STRUCTURE);
}

bool axdr_time(const struct axdr *d, struct civil *ret, uint8_t *ret_status)
{
	const uint8_t *b = d->bytes.data;
	if ((d->tag != AXDR_OCTETS && d->tag != AXDR_DATE_TIME) ||
		d->bytes.size != AXDR_TIME_SIZE) {
		return false;
	}
	struct civil c = {b[0] << 8 | b[1], b[2], b[3], b[5], b[6], b[7] == 0xff ? 0 : b[7]};
	if (c.year < 1970 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
		c.second > 59) {
		return false;
	}
	*ret = c;
	*ret_status = b[11];
	return true;
}
