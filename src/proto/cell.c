/*
 * cell.c - numbers into bytes and back by a table; see cell.h
 */
#include "proto/cell.h"

#include <math.h>
#include <string.h>

size_t cell_size(enum cell_type type)
{
	switch (type) {
	case CELL_U8: return 1;
	case CELL_U16BE:
	case CELL_I16BE: return 2;
	default: return 4;
	}
}

static uint32_t u32be(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t u32le(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static void put_be(uint8_t *b, uint32_t v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	}
}

static uint32_t swapped(uint32_t v)
{
	return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

static double float_of(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof(f));
	return isfinite(f) ? (double)f : NAN;
}

static uint32_t bits_of(double v)
{
	float f = (float)v;
	uint32_t bits;
	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

static bool is_inside(const struct cell *f, size_t size)
{
	bool is_double = f->type == CELL_U32_F32BE;
	return f->at + cell_size(f->type) <= size &&
	       (!is_double || (size_t)f->fraction_at + 4 <= size);
}

double cell_get(const struct cell *f, struct slice record)
{
	if (!is_inside(f, record.size)) {
		return NAN;
	}
	const uint8_t *b = record.data + f->at;
	double v = NAN;
	switch (f->type) {
	case CELL_U8: v = b[0]; break;
	case CELL_U16BE: v = b[0] << 8 | b[1]; break;
	case CELL_I16BE: v = (int16_t)(b[0] << 8 | b[1]); break;
	case CELL_U32BE: v = u32be(b); break;
	case CELL_F32BE: v = float_of(u32be(b)); break;
	case CELL_U32LE: v = u32le(b); break;
	case CELL_F32LE: v = float_of(u32le(b)); break;
	case CELL_F32CDAB: v = float_of(u32be(b) << 16 | u32be(b) >> 16); break;
	case CELL_U32_F32BE: v = u32be(b) + float_of(u32be(record.data + f->fraction_at)); break;
	}
	return f->divisor ? v / f->divisor : v;
}

static double limited(double v, double low, double high)
{
	v = isnan(v) ? 0 : round(v);
	return v < low ? low : v > high ? high : v;
}

void cell_put(const struct cell *f, double value, uint8_t *record, size_t size)
{
	if (!is_inside(f, size)) {
		return;
	}
	uint8_t *b = record + f->at;
	double v = f->divisor ? value * f->divisor : value;
	uint32_t bits;
	switch (f->type) {
	case CELL_U8: b[0] = (uint8_t)limited(v, 0, UINT8_MAX); break;
	case CELL_U16BE: put_be(b, (uint32_t)limited(v, 0, UINT16_MAX), 2); break;
	case CELL_I16BE: put_be(b, (uint16_t)(int16_t)limited(v, INT16_MIN, INT16_MAX), 2); break;
	case CELL_U32BE: put_be(b, (uint32_t)limited(v, 0, UINT32_MAX), 4); break;
	case CELL_F32BE: put_be(b, bits_of(v), 4); break;
	case CELL_U32LE: put_be(b, swapped((uint32_t)limited(v, 0, UINT32_MAX)), 4); break;
	case CELL_F32LE: put_be(b, swapped(bits_of(v)), 4); break;
	case CELL_F32CDAB:
		bits = bits_of(v);
		put_be(b, bits << 16 | bits >> 16, 4);
		break;
	case CELL_U32_F32BE:
		v = isnan(v) || v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : v;
		put_be(b, (uint32_t)floor(v), 4);
		put_be(record + f->fraction_at, bits_of(v - floor(v)), 4);
		break;
	}
}
