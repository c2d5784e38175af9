/*
 * milur.c - protocol of Milur meters; see milur.h
 */
#include "proto/milur.h"

#include "proto/crc.h"

#include <string.h>

static void seal(struct milur_out *o)
{
	uint16_t crc = crc16_modbus((struct slice){o->data, o->size});
	o->data[o->size++] = (uint8_t)crc;
	o->data[o->size++] = (uint8_t)(crc >> 8);
}

static bool is_sealed(const uint8_t *b, size_t n)
{
	uint16_t crc = crc16_modbus((struct slice){b, n - 2});
	return b[n - 2] == (uint8_t)crc && b[n - 1] == (uint8_t)(crc >> 8);
}

static void put_address(unsigned width, uint32_t address, struct milur_out *o)
{
	o->size = 0;
	for (unsigned i = 0; i < width; i++) {
		o->data[o->size++] = (uint8_t)(address >> (8 * i));
	}
}

void milur_request(unsigned width, uint32_t address, uint8_t function, struct slice data,
	struct milur_out *ret)
{
	put_address(width, address, ret);
	ret->data[ret->size++] = function;
	if (data.size) {
		memcpy(ret->data + ret->size, data.data, data.size);
	}
	ret->size += data.size;
	seal(ret);
}

void milur_reply(unsigned width, const struct milur_frame *f, struct milur_out *ret)
{
	put_address(width, f->address, ret);
	ret->data[ret->size++] = f->function;
	ret->data[ret->size++] = f->object;
	if (f->function & 0x80) {
		ret->data[ret->size++] = 0;
	} else if (f->function != MILUR_OPEN) {
		ret->data[ret->size++] = (uint8_t)f->data.size;
		if (f->data.size) {
			memcpy(ret->data + ret->size, f->data.data, f->data.size);
		}
		ret->size += f->data.size;
	}
	seal(ret);
}

size_t milur_cut(unsigned width, struct slice s, struct milur_frame *ret)
{
	size_t n = width + 4; /* the shortest there is */
	if (s.size < n) {
		return n;
	}
	*ret = (struct milur_frame){.function = s.data[width], .object = s.data[width + 1]};
	ret->address = (uint32_t)milur_number(s.data, width, false);
	if (ret->function & 0x80) {
		n++;
	} else if (ret->function != MILUR_OPEN) {
		ret->data = (struct slice){s.data + width + 3, s.data[width + 2]};
		n += 1 + ret->data.size;
	}
	if (n > MILUR_FRAME_MAX) {
		return 0;
	}
	return s.size < n || is_sealed(s.data, n) ? n : 0;
}

bool milur_request_get(unsigned width, struct slice frame, struct milur_frame *ret)
{
	if (frame.size < width + 3u || !is_sealed(frame.data, frame.size)) {
		return false;
	}
	*ret = (struct milur_frame){.address = (uint32_t)milur_number(frame.data, width, false),
		.function = frame.data[width],
		.data = {frame.data + width + 1, frame.size - width - 3}};
	ret->object = ret->data.size ? ret->data.data[0] : 0;
	return true;
}

int64_t milur_digits(const uint8_t *b)
{
	int64_t v = 0;
	for (int i = 3; i >= 0; i--) {
		if ((b[i] >> 4) > 9 || (b[i] & 15) > 9) {
			return -1;
		}
		v = v * 100 + (b[i] >> 4) + 10 * (b[i] & 15);
	}
	return v;
}

void milur_digits_put(int64_t v, uint8_t *to)
{
	for (int i = 0; i < 4; i++, v /= 100) {
		to[i] = (uint8_t)(v % 10 << 4 | v / 10 % 10);
	}
}

int64_t milur_number(const uint8_t *b, size_t n, bool is_signed)
{
	struct reader r = reader_of((struct slice){b, n});
	return is_signed ? reader_int_le(&r, n) : (int64_t)reader_uint_le(&r, n);
}

bool milur_stamp(const uint8_t *b, struct civil *ret)
{
	*ret = (struct civil){2000 + b[4], b[3], b[2], b[1], b[0], 0};
	return b[0] < 60 && b[1] < 24 && b[3] >= 1 && b[3] <= 12 && b[4] < 100 && b[2] >= 1 &&
	       b[2] <= civil_month_days(ret->year, ret->month);
}

void milur_stamp_put(const struct civil *c, uint8_t *to)
{
	to[0] = (uint8_t)c->minute;
	to[1] = (uint8_t)c->hour;
	to[2] = (uint8_t)c->day;
	to[3] = (uint8_t)c->month;
	to[4] = (uint8_t)(c->year % 100);
}
