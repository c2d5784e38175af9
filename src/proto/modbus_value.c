/*
 * modbus_value.c - numbers in registers
 */
#include "proto/modbus.h"

#include <math.h>
#include <string.h>

size_t modbus_type_words(enum modbus_type type)
{
	switch (type) {
	case MODBUS_U16:
	case MODBUS_I16:
	case MODBUS_BCD16: return 1;
	case MODBUS_U32:
	case MODBUS_I32:
	case MODBUS_F32:
	case MODBUS_BCD32: return 2;
	case MODBUS_U64:
	case MODBUS_I64:
	case MODBUS_F64: return 4;
	case MODBUS_TYPE_NONE:
	case MODBUS_TEXT: break;
	}
	return 0;
}

/* Where byte `i` (0 the highest) of a value of `size` bytes lies. */
static size_t place(enum modbus_order order, size_t size, size_t i)
{
	bool is_low_word_first = order == MODBUS_CDAB || order == MODBUS_DCBA;
	bool is_swapped = order == MODBUS_BADC || order == MODBUS_DCBA;
	size_t word = is_low_word_first ? size / 2 - 1 - i / 2 : i / 2;
	return word * 2 + (is_swapped ? 1 - i % 2 : i % 2);
}

uint64_t modbus_bits_get(enum modbus_type type, enum modbus_order order, const uint8_t *bytes)
{
	size_t size = modbus_type_words(type) * 2;
	uint64_t bits = 0;
	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | bytes[place(order, size, i)];
	}
	return bits;
}

void modbus_bits_put(
	enum modbus_type type, enum modbus_order order, uint64_t bits, uint8_t *ret_bytes)
{
	size_t size = modbus_type_words(type) * 2;
	for (size_t i = size; i-- > 0;) {
		ret_bytes[place(order, size, i)] = (uint8_t)bits;
		bits >>= 8;
	}
}

/* Powers of ten that a double holds exactly. */
static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * n / 10^k with n of 6 to 9 digits is the double nearest to that decimal fraction, because both
 * numbers are exact; 9 digits always tell one float32 from the next.
 */
static double shortest(float f)
{
	double v = (double)f;
	if (!isfinite(v) || fabs(v) < 1e-10 || fabs(v) >= 1e9) {
		return v;
	}
	int whole = (int)floor(log10(fabs(v))) + 1; /* digits before the point, may be negative */
	for (int digits = 6; digits <= 9; digits++) {
		int k = digits - whole;
		double d = k >= 0 ? round(v * tens[k]) / tens[k] : round(v / tens[-k]) * tens[-k];
		if ((float)d == f) {
			return d;
		}
	}
	return v;
}

static double bcd(uint64_t bits, int digits)
{
	double v = 0;
	for (int i = digits - 1; i >= 0; i--) {
		unsigned digit = (unsigned)(bits >> (4 * i)) & 15;
		if (digit > 9) {
			return NAN;
		}
		v = v * 10 + digit;
	}
	return v;
}

double modbus_number(enum modbus_type type, uint64_t bits)
{
	switch (type) {
	case MODBUS_U16:
	case MODBUS_U32:
	case MODBUS_U64: return (double)bits;
	case MODBUS_I16: return (int16_t)(uint16_t)bits;
	case MODBUS_I32: return (int32_t)(uint32_t)bits;
	case MODBUS_I64: return (double)(int64_t)bits;
	case MODBUS_F32: {
		uint32_t word = (uint32_t)bits;
		float f;
		memcpy(&f, &word, sizeof(f));
		return shortest(f);
	}
	case MODBUS_F64: {
		double d;
		memcpy(&d, &bits, sizeof(d));
		return d;
	}
	case MODBUS_BCD16: return bcd(bits, 4);
	case MODBUS_BCD32: return bcd(bits, 8);
	case MODBUS_TYPE_NONE:
	case MODBUS_TEXT: break;
	}
	return NAN;
}

uint64_t modbus_limit(enum modbus_type type)
{
	switch (type) {
	case MODBUS_U16:
	case MODBUS_BCD16: return 0xffff;
	case MODBUS_U32:
	case MODBUS_BCD32: return 0xffffffff;
	case MODBUS_U64: return UINT64_MAX;
	case MODBUS_I16: return 0x7fff;
	case MODBUS_I32: return 0x7fffffff;
	case MODBUS_I64: return INT64_MAX;
	case MODBUS_F32: return 0x7fc00000;
	case MODBUS_F64: return 0x7ff8000000000000;
	case MODBUS_TYPE_NONE:
	case MODBUS_TEXT: break;
	}
	return 0;
}

static uint64_t whole_bits(double number, double min, double max, uint64_t mask)
{
	double v = round(number);
	if (v <= min) {
		return min < 0 ? (uint64_t)(int64_t)min & mask : 0;
	}
	if (v >= max) { /* 2^63 and 2^64 are no integers of their types */
		return mask == UINT64_MAX ? (min < 0 ? (uint64_t)INT64_MAX : UINT64_MAX) :
					    (uint64_t)max;
	}
	return v < 0 ? (uint64_t)(int64_t)v & mask : (uint64_t)v;
}

static uint64_t bcd_bits(double number, int digits)
{
	double v = round(number);
	v = v < 0 ? 0 : v >= tens[digits] ? tens[digits] - 1 : v;
	uint64_t whole = (uint64_t)v;
	uint64_t bits = 0;
	for (int i = 0; i < digits; i++) {
		bits |= (whole % 10) << (4 * i);
		whole /= 10;
	}
	return bits;
}

uint64_t modbus_number_bits(enum modbus_type type, double number)
{
	if (isnan(number)) {
		return modbus_limit(type);
	}
	switch (type) {
	case MODBUS_U16: return whole_bits(number, 0, 0xffff, 0xffff);
	case MODBUS_I16: return whole_bits(number, INT16_MIN, INT16_MAX, 0xffff);
	case MODBUS_U32: return whole_bits(number, 0, 0xffffffff, 0xffffffff);
	case MODBUS_I32: return whole_bits(number, INT32_MIN, INT32_MAX, 0xffffffff);
	case MODBUS_U64: return whole_bits(number, 0, 0x1p64, UINT64_MAX);
	case MODBUS_I64: return whole_bits(number, -0x1p63, 0x1p63, UINT64_MAX);
	case MODBUS_F32: {
		float f = (float)number;
		uint32_t word;
		memcpy(&word, &f, sizeof(word));
		return word;
	}
	case MODBUS_F64: {
		uint64_t bits;
		memcpy(&bits, &number, sizeof(bits));
		return bits;
	}
	case MODBUS_BCD16: return bcd_bits(number, 4);
	case MODBUS_BCD32: return bcd_bits(number, 8);
	case MODBUS_TYPE_NONE:
	case MODBUS_TEXT: break;
	}
	return 0;
}
