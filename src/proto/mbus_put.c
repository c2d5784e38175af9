/*
 * mbus_put.c - headers and records, written; see mbus.h
 */
#include "proto/mbus.h"

#include <stdlib.h>
#include <string.h>

#define NO_DATA 0x15 /* record error of a VIFE */

static void put_le(struct mbus_out *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mbus_put_u8(out, (uint8_t)(v >> (8 * i)));
	}
}

void mbus_put_header(struct mbus_out *out, const struct mbus_header *h)
{
	struct mbus_secondary s;
	mbus_secondary_of(h, &s);
	mbus_put(out, s.bytes, sizeof(s.bytes));
	mbus_put_u8(out, h->access);
	mbus_put_u8(out, h->status);
	put_le(out, h->config, 2);
}

static void put_dif(struct mbus_out *out, const struct mbus_slot *slot, enum mbus_field field)
{
	uint64_t storage = slot->storage >> 1;
	uint32_t tariff = slot->tariff;
	unsigned subunit = slot->subunit;
	unsigned dif = (unsigned)field | (unsigned)slot->function << 4 |
		       (slot->storage & 1 ? 0x40u : 0u);
	bool has_more = storage || tariff || subunit;
	mbus_put_u8(out, (uint8_t)(dif | (has_more ? 0x80u : 0u)));
	for (int i = 0; i < 10 && has_more; i++) {
		unsigned dife = (unsigned)(storage & 15) | (tariff & 3) << 4 | (subunit & 1) << 6;
		storage >>= 4;
		tariff >>= 2;
		subunit >>= 1;
		has_more = storage || tariff || subunit;
		mbus_put_u8(out, (uint8_t)(dife | (has_more ? 0x80u : 0u)));
	}
}

static void put_vif(struct mbus_out *out, uint32_t vif)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		if (vif >> shift || shift == 0) {
			mbus_put_u8(out, (uint8_t)(vif >> shift));
		}
	}
}

void mbus_put_dib(
	struct mbus_out *out, const struct mbus_slot *slot, enum mbus_field field, uint32_t vif)
{
	put_dif(out, slot, field);
	put_vif(out, vif);
}

static size_t field_size(enum mbus_field field)
{
	static const uint8_t sizes[16] = {0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0};
	return sizes[(unsigned)field & 15];
}

static bool is_bcd(enum mbus_field field)
{
	return (field >= MBUS_FIELD_BCD2 && field <= MBUS_FIELD_BCD8) || field == MBUS_FIELD_BCD12;
}

/* F as top digit is the sign, so a negative number has one digit less. */
static bool encode_bcd(int64_t value, size_t size, uint64_t *ret)
{
	size_t digits = 2 * size - (value < 0 ? 1 : 0);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, bcd = 0;
	for (size_t i = 0; i < digits; i++) {
		bcd |= rest % 10 << (4 * i);
		rest /= 10;
	}
	if (value < 0) {
		bcd |= 15ULL << (4 * digits);
	}
	*ret = bcd;
	return rest == 0;
}

static bool encode_int(int64_t value, size_t size, uint64_t *ret)
{
	int64_t limit = size < 8 ? (int64_t)1 << (8 * size - 1) : INT64_MAX;
	*ret = (uint64_t)value;
	return value < limit && value > -limit;
}

void mbus_put_number(struct mbus_out *out, const struct mbus_slot *slot, enum mbus_field field,
	uint32_t vif, int64_t value)
{
	size_t size = field_size(field);
	uint64_t bits = 0;
	bool fits = is_bcd(field) ? encode_bcd(value, size, &bits) : encode_int(value, size, &bits);
	if (field == MBUS_FIELD_FLOAT) {
		float f = (float)value;
		uint32_t word;
		memcpy(&word, &f, sizeof(word));
		bits = word;
		fits = true;
	}
	if (!fits) {
		/* the last VIFE gets the extension bit, and "no data" behind it */
		mbus_put_dib(out, slot, MBUS_FIELD_NONE, vif << 8 | 0x8000u | NO_DATA);
		return;
	}
	mbus_put_dib(out, slot, field, vif);
	put_le(out, bits, size);
}

void mbus_put_text(
	struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif, const char *text)
{
	size_t n = strlen(text) < 0xbf ? strlen(text) : 0xbf;
	mbus_put_dib(out, slot, MBUS_FIELD_TEXT, vif);
	mbus_put_u8(out, (uint8_t)n);
	for (size_t i = n; i-- > 0;) {
		mbus_put_u8(out, (uint8_t)text[i]);
	}
}

static unsigned date_bits(struct civil c)
{
	unsigned yy = (unsigned)(c.year % 100);
	return (unsigned)c.day | (yy & 7) << 5 | (unsigned)c.month << 8 | (yy >> 3) << 12;
}

void mbus_put_date(struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif, struct civil c)
{
	mbus_put_dib(out, slot, MBUS_FIELD_INT16, vif);
	put_le(out, date_bits(c), 2);
}

void mbus_put_date_time(struct mbus_out *out, const struct mbus_slot *slot, uint32_t vif,
	struct civil c, bool is_summer)
{
	unsigned hundreds = (unsigned)(c.year - 1900) / 100;
	mbus_put_dib(out, slot, MBUS_FIELD_INT32, vif);
	mbus_put_u8(out, (uint8_t)c.minute);
	mbus_put_u8(
		out, (uint8_t)((unsigned)c.hour | (hundreds & 3) << 5 | (is_summer ? 0x80u : 0u)));
	put_le(out, date_bits(c), 2);
}
