/*
 * m4_value.c - tagged values of the Logika bus; see m4.h
 *
 *   TT LL data          L up to 7F
 *   TT 8n LL*n data     n bytes of length, high byte first; devices use it for short data as well
 *
 *   47 04  256ths of a second, second, minute, hour
 *   48 04  day, month, year - 2000, day of the week (0 Monday)
 *   49 nn  year - 2000, month, day, hour, minute, second, milliseconds (2 bytes, low first)
 *   4A 03  channel, number (low first)
 */
#include "proto/m4.h"

#include "model/unit_text.h"
#include "proto/decimal.h"

#include <math.h>
#include <string.h>

#define ARCHDATE_FIELDS 8 /* bytes */

bool m4_next(struct reader *r, struct m4_value *ret)
{
	if (reader_left(r) == 0) {
		return false;
	}
	struct m4_value v = {.tag = reader_u8(r)};
	size_t n = reader_u8(r);
	if (n & 0x80) {
		size_t bytes = n & 0x7f;
		if (bytes < 1 || bytes > 4) {
			r->is_short = true;
			return false;
		}
		for (n = 0; bytes > 0; bytes--) {
			n = n << 8 | reader_u8(r);
		}
	}
	v.data = reader_bytes(r, n);
	if (r->is_short) {
		return false;
	}
	*ret = v;
	return true;
}

static bool float_of(uint32_t bits, struct decimal *ret)
{
	float f;
	memcpy(&f, &bits, sizeof(f));
	return decimal_of_float(f, ret);
}

double m4_number(const struct m4_value *v)
{
	struct reader r = reader_of(v->data);
	struct decimal d, whole;
	switch (v->tag) {
	case M4_UINT:
		return v->data.size >= 1 && v->data.size <= 8 ?
			       (double)reader_uint_le(&r, v->data.size) :
			       NAN;
	case M4_INT:
		return v->data.size >= 1 && v->data.size <= 8 ?
			       (double)reader_int_le(&r, v->data.size) :
			       NAN;
	case M4_FLOAT:
		return v->data.size == 4 && float_of(reader_u32le(&r), &d) ? decimal_double(d) :
									     NAN;
	case M4_MIXED:
		if (v->data.size != 8) {
			return NAN;
		}
		whole = (struct decimal){(int32_t)reader_u32le(&r), 0};
		if (!float_of(reader_u32le(&r), &d)) {
			return NAN;
		}
		return decimal_add(&whole, d) ? decimal_double(whole) :
						decimal_double(whole) + decimal_double(d);
	default: return NAN;
	}
}

uint32_t m4_flags(const struct m4_value *v, unsigned word)
{
	uint32_t bits = 0;
	for (size_t i = 0; v->tag == M4_FLAGS && i < 4; i++) {
		size_t at = 4 * (size_t)word + i;
		bits |= at < v->data.size ? (uint32_t)v->data.data[at] << 8 * i : 0;
	}
	return bits;
}

/* ---- dates ---- */

static bool is_time(const struct civil *c)
{
	return c->hour <= 23 && c->minute <= 59 && c->second <= 59;
}

static bool is_date(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month);
}

int m4_archdate(const struct m4_value *v, struct civil *ret)
{
	static const uint8_t firsts[6] = {0, 1, 1, 0, 0, 0};
	int f[6];
	if (v->tag != M4_ARCHDATE || v->data.size > ARCHDATE_FIELDS) {
		return -1;
	}
	for (size_t i = 0; i < 6; i++) {
		f[i] = i < v->data.size ? v->data.data[i] : firsts[i];
	}
	struct civil c = {2000 + f[0], f[1], f[2], f[3], f[4], f[5]};
	if (!is_date(&c) || !is_time(&c)) {
		return -1;
	}
	*ret = c;
	return (int)(v->data.size < 7 ? v->data.size : 7);
}

bool m4_date(const struct m4_value *v, struct civil *ret)
{
	const uint8_t *d = v->data.data;
	if (v->tag != M4_DATE || v->data.size < 3) {
		return false;
	}
	struct civil c = {.year = 2000 + d[2], .month = d[1], .day = d[0]};
	if (!is_date(&c)) {
		return false;
	}
	ret->year = c.year;
	ret->month = c.month;
	ret->day = c.day;
	return true;
}

bool m4_time(const struct m4_value *v, struct civil *ret)
{
	const uint8_t *d = v->data.data;
	if (v->tag != M4_TIME || v->data.size != 4) {
		return false;
	}
	struct civil c = {.hour = d[3], .minute = d[2], .second = d[1]};
	if (!is_time(&c)) {
		return false;
	}
	ret->hour = c.hour;
	ret->minute = c.minute;
	ret->second = c.second;
	return true;
}

bool m4_param(const struct m4_value *v, unsigned *ret_channel, unsigned *ret_number)
{
	if (v->tag != M4_PARAM || v->data.size != 3) {
		return false;
	}
	*ret_channel = v->data.data[0];
	*ret_number = v->data.data[1] | (unsigned)v->data.data[2] << 8;
	return true;
}

/* ---- text: cp1251 ---- */

/* Letters are one run; of the rest what meters write. */
static const struct {
	uint8_t byte;
	uint16_t rune;
} signs[] = {{0xa8, 0x401}, {0xb8, 0x451}, {0xb0, 0xb0}, {0xb9, 0x2116}};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

static uint8_t byte_of(unsigned rune)
{
	if (rune >= 0x410 && rune <= 0x44f) {
		return (uint8_t)(rune - 0x410u + 0xc0u);
	}
	for (size_t i = 0; rune >= 0x80 && i < SIGNS; i++) {
		if (signs[i].rune == rune) {
			return signs[i].byte;
		}
	}
	return rune >= 0x20 && rune < 0x7f ? (uint8_t)rune : '?';
}

bool m4_text(const struct m4_value *v, char *to, size_t cap)
{
	bool is_text = v->tag == M4_TEXT;
	(void)text_to_utf8(
		to, cap, (const char *)v->data.data, is_text ? v->data.size : 0, TEXT_CP1251);
	return is_text;
}

/* ---- writing ---- */

/* For `n` bytes and the two of the CRC. */
static bool has_room(const struct m4_out *o, size_t n)
{
	return !o->is_full && n <= sizeof(o->data) - 2 - o->size;
}

static size_t length_size(size_t n)
{
	return n < 0x80 ? 1 : n < 0x100 ? 2 : 3;
}

static void put_length(uint8_t *to, size_t n)
{
	size_t bytes = length_size(n);
	if (bytes > 1) {
		*to++ = (uint8_t)(0x80 | (bytes - 1));
	}
	if (bytes > 2) {
		*to++ = (uint8_t)(n >> 8);
	}
	*to = (uint8_t)n;
}

void m4_put(struct m4_out *o, unsigned tag, const void *data, size_t n)
{
	size_t head = 1 + length_size(n);
	if (n > M4_MESSAGE_MAX || !has_room(o, head + n)) {
		o->is_full = true;
		return;
	}
	uint8_t *to = o->data + o->size;
	*to = (uint8_t)tag;
	put_length(to + 1, n);
	if (n) {
		memcpy(to + head, data, n);
	}
	o->size += head + n;
}

void m4_put_null(struct m4_out *o)
{
	m4_put(o, M4_NULL, NULL, 0);
}

void m4_put_octets(struct m4_out *o, const void *data, size_t n)
{
	m4_put(o, M4_OCTETS, data, n);
}

void m4_put_text(struct m4_out *o, const char *utf8)
{
	const uint8_t *s = (const uint8_t *)utf8;
	uint8_t bytes[M4_MESSAGE_MAX / 4];
	size_t n = 0;
	while (*s && n < sizeof(bytes)) {
		unsigned rune = *s++;
		int more = rune < 0xc0 ? 0 : rune < 0xe0 ? 1 : rune < 0xf0 ? 2 : 3;
		rune = more == 0 ? rune : rune & (0x3fu >> more);
		for (; more > 0 && (*s & 0xc0) == 0x80; more--) {
			rune = rune << 6 | (*s++ & 0x3fu);
		}
		bytes[n++] = byte_of(rune);
	}
	m4_put(o, M4_TEXT, bytes, n);
}

void m4_put_uint(struct m4_out *o, uint32_t v)
{
	uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
	m4_put(o, M4_UINT, bytes, sizeof(bytes));
}

static void float_bytes(uint8_t to[static 4], double v)
{
	float f = (float)v;
	uint32_t bits;
	memcpy(&bits, &f, sizeof(bits));
	for (unsigned i = 0; i < 4; i++) {
		to[i] = (uint8_t)(bits >> 8 * i);
	}
}

void m4_put_float(struct m4_out *o, double v)
{
	uint8_t bytes[4];
	if (isnan(v)) {
		m4_put_null(o);
		return;
	}
	float_bytes(bytes, v);
	m4_put(o, M4_FLOAT, bytes, sizeof(bytes));
}

void m4_put_mixed(struct m4_out *o, double v)
{
	uint8_t bytes[8];
	if (!(fabs(v) < 2147483647)) {
		m4_put_null(o);
		return;
	}
	int32_t whole = (int32_t)floor(v);
	for (unsigned i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)((uint32_t)whole >> 8 * i);
	}
	float_bytes(bytes + 4, v - whole);
	m4_put(o, M4_MIXED, bytes, sizeof(bytes));
}

void m4_put_flags(struct m4_out *o, const uint32_t *words, size_t bytes)
{
	uint8_t to[32] = {0};
	bytes = bytes < sizeof(to) ? bytes : sizeof(to);
	for (size_t i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
	}
	m4_put(o, M4_FLAGS, to, bytes);
}

void m4_put_param(struct m4_out *o, unsigned channel, unsigned number)
{
	uint8_t bytes[3] = {(uint8_t)channel, (uint8_t)number, (uint8_t)(number >> 8)};
	m4_put(o, M4_PARAM, bytes, sizeof(bytes));
}

void m4_put_date(struct m4_out *o, struct civil c)
{
	int64_t days = civil_to_utc((struct civil){c.year, c.month, c.day, 0, 0, 0}) / 86400;
	uint8_t weekday = (uint8_t)((days % 7 + 10) % 7); /* 1970-01-01 was a Thursday, 3 */
	uint8_t bytes[4] = {(uint8_t)c.day, (uint8_t)c.month, (uint8_t)(c.year - 2000), weekday};
	m4_put(o, M4_DATE, bytes, sizeof(bytes));
}

void m4_put_time(struct m4_out *o, struct civil c)
{
	uint8_t bytes[4] = {0, (uint8_t)c.second, (uint8_t)c.minute, (uint8_t)c.hour};
	m4_put(o, M4_TIME, bytes, sizeof(bytes));
}

void m4_put_archdate(struct m4_out *o, struct civil c, int fields)
{
	uint8_t bytes[ARCHDATE_FIELDS] = {(uint8_t)(c.year - 2000), (uint8_t)c.month,
		(uint8_t)c.day, (uint8_t)c.hour, (uint8_t)c.minute, (uint8_t)c.second};
	size_t n = fields < 0 ? 0 : (size_t)fields;
	m4_put(o, M4_ARCHDATE, bytes, n < sizeof(bytes) ? n : sizeof(bytes));
}

size_t m4_open(struct m4_out *o)
{
	if (has_room(o, 4)) {
		o->data[o->size] = M4_SEQUENCE;
		o->size += 4;
	} else {
		o->is_full = true;
	}
	return o->size;
}

void m4_close(struct m4_out *o, size_t mark)
{
	if (o->is_full) {
		return;
	}
	size_t n = o->size - mark, bytes = length_size(n);
	uint8_t *at = o->data + mark;
	put_length(at - 3, n);
	memmove(at - 3 + bytes, at, n);
	o->size -= 3 - bytes;
}
