/*
 * mbus_value.c - data of a record into a number, a time or a text, EN 13757-3; see mbus.h
 *
 *     A  BCD; a top digit A, B, C counts 10, 11, 12 (overflow), F is a minus sign, E stands for
 *        "-1x" (E321 = 321 - 2000); any other digit above 9: no value
 *     B  signed binary; only the top bit set: no value
 *     C, D  unsigned binary, bits: identification, flags
 *     F  mmmmmm.I hhhhhYYS dddddyyy MMMMyyyy        date and time, 4 bytes
 *     G  dddddyyy MMMMyyyy                          date, 2 bytes
 *     I  ssssss.. mmmmmm.I hhhhhwww dddddyyy MMMMyyyy ........   6 bytes
 *     J  ssssss.. mmmmmm.. hhhhh...                 time, 3 bytes
 *
 * (lowest bit first as drawn, low byte first) m: minute I: invalid h: hour Y: hundreds of years
 * since 1900 S: summer time d: day y: year, low three bits first M: month w: day of week s: second
 */
#include "proto/mbus_vif.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DATA_MAX     0xc0
#define YEAR_OLD     80 /* two-digit years above are of the last century */
#define YEAR_EVERY   127
#define MONTH_EVERY  15
#define HOUR_EVERY   31
#define MINUTE_EVERY 63

static void put_text(struct mbus_record *r, const char *text)
{
	(void)STR_COPY(r->text, text);
}

/* Hex of `bytes`, which are low byte first, as one number. */
static void put_hex(struct mbus_record *r, const uint8_t *bytes, size_t n)
{
	size_t cap = sizeof(r->text) - 1;
	size_t to = 0;
	for (size_t i = n; i-- > 0 && to + 2 <= cap;) {
		r->text[to++] = "0123456789ABCDEF"[bytes[i] >> 4];
		r->text[to++] = "0123456789ABCDEF"[bytes[i] & 15];
	}
	r->text[to] = 0;
}

static void set_invalid(struct mbus_record *r, const char *why)
{
	r->type = MBUS_TYPE_INVALID;
	put_text(r, why);
}

static void set_number(
	struct mbus_record *r, const struct mbus_coding *c, int64_t mantissa, int exponent)
{
	struct decimal d = {mantissa, exponent + c->exponent};
	if (c->has_offset && !decimal_add(&d, c->offset)) {
		set_invalid(r, "number too large");
		return;
	}
	r->type = MBUS_TYPE_NUMBER;
	r->number = d;
	r->value = decimal_double(d);
	r->decimals = d.exponent < 0 ? -d.exponent : 0;
}

static int bcd_digit(const uint8_t *bytes, size_t i)
{
	return bytes[i / 2] >> (i % 2 * 4) & 15;
}

static void decode_bcd(struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes,
	size_t n, bool is_negative)
{
	size_t digits = 2 * n;
	int64_t v = 0, power = 1;
	r->digits = (int)digits;
	for (size_t i = 0; i < digits; i++) {
		int digit = bcd_digit(bytes, i);
		bool is_top = i + 1 == digits && c->field != MBUS_FIELD_TEXT;
		if (digit == 0xf && is_top) {
			v = -v;
		} else if (digit == 0xe && is_top) {
			v -= 2 * power;
		} else if (digit <= 9 || (digit <= 0xc && is_top)) {
			v += digit * power;
		} else {
			char why[64] = "no number: ";
			put_hex(r, bytes, n);
			(void)snprintf(why + strlen(why), 40, "%.32s", r->text);
			set_invalid(r, why);
			return;
		}
		power *= i < 17 ? 10 : 1;
	}
	set_number(r, c, is_negative ? -v : v, 0);
}

/* An identification keeps its digits, leading zeros and letters too. */
static void decode_bcd_code(
	struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes, size_t n)
{
	decode_bcd(r, c, bytes, n, false);
	if (r->type == MBUS_TYPE_INVALID || r->number.mantissa < 0) {
		r->type = MBUS_TYPE_TEXT;
		r->value = NAN;
	}
	put_hex(r, bytes, n);
}

static uint64_t uint_le(const uint8_t *bytes, size_t n)
{
	struct reader rd = reader_of((struct slice){bytes, n});
	return reader_uint_le(&rd, n);
}

static void decode_signed(
	struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes, size_t n)
{
	struct reader rd = reader_of((struct slice){bytes, n});
	int64_t v = reader_int_le(&rd, n);
	int64_t none = n < 8 ? -((int64_t)1 << (8 * n - 1)) : INT64_MIN;
	if (v == none) {
		set_invalid(r, "no value");
	} else {
		set_number(r, c, v, 0);
	}
}

static void decode_unsigned(
	struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes, size_t n)
{
	uint64_t v = uint_le(bytes, n);
	if (r->quantity == QUANTITY_IDENTIFICATION && n == 8) {
		struct mbus_secondary s;
		memcpy(s.bytes, bytes, sizeof(s.bytes));
		mbus_secondary_text(&s, r->text);
		r->type = MBUS_TYPE_TEXT;
	} else if (v > INT64_MAX) {
		put_hex(r, bytes, n);
		r->type = MBUS_TYPE_BYTES;
	} else {
		set_number(r, c, (int64_t)v, 0);
		if (quantity_kind(r->quantity) == KIND_INFO) {
			(void)snprintf(r->text, sizeof(r->text), "%llu", (unsigned long long)v);
		}
	}
}

static void decode_binary(
	struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes, size_t n)
{
	if (n > 8) {
		put_hex(r, bytes, n);
		r->type = MBUS_TYPE_BYTES;
	} else if (n == 0) {
		r->type = MBUS_TYPE_NONE;
	} else if (c->form == MBUS_FORM_CODE) {
		decode_unsigned(r, c, bytes, n);
	} else {
		decode_signed(r, c, bytes, n);
	}
}

static void decode_float(struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes)
{
	uint32_t word = (uint32_t)uint_le(bytes, 4);
	float f;
	struct decimal d;
	memcpy(&f, &word, sizeof(f));
	if (!decimal_of_float(f, &d)) {
		set_invalid(r, "no value");
		return;
	}
	set_number(r, c, d.mantissa, d.exponent);
	r->decimals = -1;
}

/* Latin-1, last character first (first in mode 2), into UTF-8. */
static void decode_text(struct mbus_record *r, const uint8_t *bytes, size_t n)
{
	size_t to = 0;
	for (size_t i = n; i-- > 0;) {
		uint8_t ch = bytes[i];
		if (ch == 0) {
			continue; /* padding */
		}
		if (ch < 0x20 || ch == 0x7f || (ch >= 0x80 && ch < 0xa0)) {
			ch = ' ';
		}
		if (ch < 0x80) {
			r->text[to++] = (char)ch;
		} else {
			r->text[to++] = (char)(0xc0 | ch >> 6);
			r->text[to++] = (char)(0x80 | (ch & 0x3f));
		}
	}
	r->text[to] = 0;
	r->type = MBUS_TYPE_TEXT;
}

static void decode_lvar(
	struct mbus_record *r, const struct mbus_coding *c, const uint8_t *bytes, size_t n)
{
	if (c->lvar < 0xc0) {
		decode_text(r, bytes, n);
	} else if (n == 0) {
		r->type = MBUS_TYPE_NONE;
	} else if (c->lvar < 0xe0) {
		decode_bcd(r, c, bytes, n, c->lvar >= 0xd0);
	} else {
		decode_binary(r, c, bytes, n);
	}
}

/* ---- times ---- */

static int year_of(unsigned yy, unsigned hundreds)
{
	if (yy == YEAR_EVERY) {
		return -1;
	}
	if (hundreds == 0) {
		return yy <= YEAR_OLD ? 2000 + (int)yy : 1900 + (int)yy;
	}
	return 1900 + 100 * (int)hundreds + (int)yy;
}

/* False: no date. Free fields become -1. */
static bool date_of(uint16_t bits, unsigned hundreds, struct mbus_time *t)
{
	unsigned day = bits & 31u, month = bits >> 8 & 15u;
	unsigned yy = (bits >> 5 & 7u) | (unsigned)(bits >> 12) << 3;
	if ((yy > 99 && yy != YEAR_EVERY) || month == 0 || (month > 12 && month != MONTH_EVERY) ||
		bits == 0xffff) {
		return false;
	}
	t->local.year = year_of(yy, hundreds);
	t->local.month = month == MONTH_EVERY ? -1 : (int)month;
	t->local.day = day == 0 ? -1 : (int)day;
	t->is_every = t->local.year < 0 || t->local.month < 0 || t->local.day < 0;
	if (t->local.month > 0) {
		int leap_or_own = t->local.year < 0 ? 2000 : t->local.year;
		return t->local.day <= civil_month_days(leap_or_own, t->local.month);
	}
	return true;
}

static bool clock_of(unsigned hour, unsigned minute, unsigned second, struct mbus_time *t)
{
	t->local.hour = hour == HOUR_EVERY ? -1 : (int)hour;
	t->local.minute = minute == MINUTE_EVERY ? -1 : (int)minute;
	t->local.second = (int)second;
	t->is_every = t->is_every || t->local.hour < 0 || t->local.minute < 0;
	return t->local.hour < 24 && t->local.minute < 60 && second < 60;
}

/* False: the fields are no time. */
static bool time_of(const uint8_t *b, size_t n, struct mbus_time *t)
{
	*t = (struct mbus_time){.local = {.hour = -1}};
	if (n == 2) {
		return date_of((uint16_t)uint_le(b, 2), 0, t);
	}
	if (n == 3) {
		return clock_of(b[2] & 31u, b[1] & 63u, b[0] & 63u, t);
	}
	if (n == 4) {
		t->is_invalid = b[0] & 0x80;
		t->is_summer = b[1] & 0x80;
		return date_of((uint16_t)uint_le(b + 2, 2), b[1] >> 5 & 3u, t) &&
		       clock_of(b[1] & 31u, b[0] & 63u, 0, t);
	}
	t->is_invalid = b[1] & 0x80;
	t->is_summer = b[0] & 0x40;
	return date_of((uint16_t)uint_le(b + 3, 2), 0, t) &&
	       clock_of(b[2] & 31u, b[1] & 63u, b[0] & 63u, t);
}

static void field_text(char *out, size_t cap, int value, int width)
{
	if (value < 0) {
		(void)snprintf(out, cap, "*");
	} else {
		(void)snprintf(out, cap, "%0*d", width, value % 10000);
	}
}

const char *mbus_time_text(char out[static MBUS_TIME_CAP], const struct mbus_time *t)
{
	char year[8], month[8], day[8], hour[8], minute[8];
	field_text(year, sizeof(year), t->local.year, 4);
	field_text(month, sizeof(month), t->local.month, 2);
	field_text(day, sizeof(day), t->local.day, 2);
	field_text(hour, sizeof(hour), t->local.hour, 2);
	field_text(minute, sizeof(minute), t->local.minute, 2);
	bool has_date = t->local.year != 0;
	bool has_time = !has_date || t->local.hour >= 0 || t->local.minute > 0 ||
			t->local.minute < 0;
	out[0] = 0;
	if (has_date) {
		(void)snprintf(out, MBUS_TIME_CAP, "%.4s-%.2s-%.2s", year, month, day);
	}
	if (has_time) {
		size_t n = strlen(out);
		(void)snprintf(out + n, MBUS_TIME_CAP - n, "%s%.2s:%.2s:%02d", has_date ? "T" : "",
			hour, minute, (int)((unsigned)t->local.second % 60));
	}
	return out;
}

static void decode_time(struct mbus_record *r, const uint8_t *bytes, size_t n)
{
	if (!time_of(bytes, n, &r->time)) {
		char why[48] = "no valid date: ";
		put_hex(r, bytes, n);
		(void)snprintf(why + strlen(why), 16, "%.12s", r->text);
		set_invalid(r, why);
		return;
	}
	char text[MBUS_TIME_CAP];
	(void)mbus_time_text(text, &r->time);
	if (r->time.is_invalid) {
		r->type = MBUS_TYPE_INVALID;
		(void)snprintf(r->text, sizeof(r->text), "marked invalid by the meter: %s", text);
		return;
	}
	r->type = MBUS_TYPE_TIME;
	put_text(r, text);
}

void mbus_value_decode(struct mbus_record *r, const struct mbus_coding *c)
{
	uint8_t bytes[DATA_MAX];
	size_t n = r->data.size < sizeof(bytes) ? r->data.size : sizeof(bytes);
	for (size_t i = 0; i < n; i++) {
		bytes[i] = r->data.data[c->is_high_first ? n - 1 - i : i];
	}
	switch (c->field) {
	case MBUS_FIELD_FLOAT: decode_float(r, c, bytes); break;
	case MBUS_FIELD_TEXT: decode_lvar(r, c, bytes, n); break;
	case MBUS_FIELD_BCD2:
	case MBUS_FIELD_BCD4:
	case MBUS_FIELD_BCD6:
	case MBUS_FIELD_BCD8:
	case MBUS_FIELD_BCD12:
		if (c->form == MBUS_FORM_CODE) {
			decode_bcd_code(r, c, bytes, n);
		} else {
			decode_bcd(r, c, bytes, n, false);
		}
		break;
	default:
		if (c->form == MBUS_FORM_TIME && (n == 2 || n == 3 || n == 4 || n == 6)) {
			decode_time(r, bytes, n);
		} else {
			decode_binary(r, c, bytes, n);
		}
	}
}
