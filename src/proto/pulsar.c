/*
 * pulsar.c - frames of the Pulsar meters; see pulsar.h
 */
#include "proto/pulsar.h"

#include "proto/crc.h"
#include "proto/decimal.h"

#include <math.h>
#include <string.h>

#define OVERHEAD       10 /* address, function, length, identifier, checksum */
#define SEARCH_REQUEST 11
#define SEARCH_REPLY   10
#define NO_VALUE       0xfffffff1u

static const uint8_t anybody[4] = {0xf0, 0x0f, 0x0f, 0xf0};

static bool is_digits(uint8_t byte)
{
	return byte >> 4 <= 9 && (byte & 15) <= 9;
}

static void address_put(uint32_t address, uint8_t *to)
{
	for (int i = 3; i >= 0; i--) {
		to[i] = (uint8_t)((address / 10 % 10) << 4 | address % 10);
		address /= 100;
	}
}

static bool address_get(const uint8_t *bytes, uint32_t *ret)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		if (!is_digits(bytes[i])) {
			return false;
		}
		v = v * 100 + (bytes[i] >> 4) * 10u + (bytes[i] & 15u);
	}
	*ret = v;
	return true;
}

static void seal(struct pulsar_out *out)
{
	uint16_t crc = crc16_modbus((struct slice){out->data, out->size});
	out->data[out->size++] = (uint8_t)crc;
	out->data[out->size++] = (uint8_t)(crc >> 8);
}

static bool is_sealed(struct slice frame)
{
	uint16_t crc = crc16_modbus((struct slice){frame.data, frame.size - 2});
	return frame.data[frame.size - 2] == (uint8_t)crc &&
	       frame.data[frame.size - 1] == (uint8_t)(crc >> 8);
}

enum err pulsar_encode(const struct pulsar_frame *f, struct pulsar_out *ret)
{
	if (f->address > PULSAR_ADDRESS_MAX || f->data.size > PULSAR_DATA_MAX) {
		return ERR_RANGE;
	}
	address_put(f->address, ret->data);
	ret->data[4] = f->function;
	ret->data[5] = (uint8_t)(OVERHEAD + f->data.size);
	if (f->data.size > 0) {
		memcpy(ret->data + 6, f->data.data, f->data.size);
	}
	ret->size = 6 + f->data.size;
	ret->data[ret->size++] = (uint8_t)(f->id >> 8);
	ret->data[ret->size++] = (uint8_t)f->id;
	seal(ret);
	return ERR_OK;
}

enum err pulsar_decode(struct slice bytes, struct pulsar_frame *ret)
{
	struct pulsar_frame f;
	if (bytes.size < OVERHEAD || bytes.data[5] != bytes.size || !is_sealed(bytes) ||
		!address_get(bytes.data, &f.address)) {
		return ERR_PROTO;
	}
	f.function = bytes.data[4];
	f.data = (struct slice){bytes.data + 6, bytes.size - OVERHEAD};
	f.id = (uint16_t)(bytes.data[bytes.size - 4] << 8 | bytes.data[bytes.size - 3]);
	*ret = f;
	return ERR_OK;
}

static bool is_function(uint8_t f)
{
	static const uint8_t known[] = {PULSAR_REFUSAL, PULSAR_READ, PULSAR_WRITE,
		PULSAR_READ_CLOCK, PULSAR_WRITE_CLOCK, PULSAR_READ_ARCHIVE, PULSAR_READ_WEIGHT,
		PULSAR_WRITE_WEIGHT, PULSAR_TEST_LINE, PULSAR_READ_PARAM, PULSAR_WRITE_PARAM,
		PULSAR_READ_INPUTS, PULSAR_READ_FLOW};
	return memchr(known, f, sizeof(known)) != NULL;
}

/* Nobody's address: the search, ten bytes or eleven. */
static enum pulsar_cut cut_search(struct slice s, size_t *ret_size)
{
	size_t n = s.size < sizeof(anybody) ? s.size : sizeof(anybody);
	if (memcmp(s.data, anybody, n) != 0) {
		*ret_size = 1;
		return PULSAR_CUT_JUNK;
	}
	for (size_t size = SEARCH_REPLY; size <= SEARCH_REQUEST; size++) {
		*ret_size = size;
		if (s.size < size) {
			return PULSAR_CUT_MORE;
		}
		if (is_sealed((struct slice){s.data, size})) {
			return PULSAR_CUT_FULL;
		}
	}
	*ret_size = 1;
	return PULSAR_CUT_JUNK;
}

enum pulsar_cut pulsar_cut(struct slice s, size_t *ret_size)
{
	*ret_size = OVERHEAD;
	if (s.size == 0) {
		return PULSAR_CUT_MORE;
	}
	if (s.data[0] == anybody[0]) {
		return cut_search(s, ret_size);
	}
	bool is_head = true;
	for (size_t i = 0; i < 4 && i < s.size; i++) {
		is_head = is_head && is_digits(s.data[i]);
	}
	is_head = is_head && (s.size < 5 || is_function(s.data[4])) &&
		  (s.size < 6 || s.data[5] >= OVERHEAD);
	size_t size = s.size < 6 ? OVERHEAD : s.data[5];
	if (is_head && s.size < size) {
		*ret_size = size;
		return PULSAR_CUT_MORE;
	}
	if (is_head && is_sealed((struct slice){s.data, size})) {
		*ret_size = size;
		return PULSAR_CUT_FULL;
	}
	*ret_size = 1;
	return PULSAR_CUT_JUNK;
}

/* ---- the search ---- */

void pulsar_search_request(struct pulsar_out *ret)
{
	*ret = (struct pulsar_out){.size = SEARCH_REQUEST - 2};
	memcpy(ret->data, anybody, sizeof(anybody));
	seal(ret);
}

void pulsar_search_reply(uint32_t address, struct pulsar_out *ret)
{
	*ret = (struct pulsar_out){.size = SEARCH_REPLY - 2};
	memcpy(ret->data, anybody, sizeof(anybody));
	address_put(address, ret->data + 4);
	seal(ret);
}

bool pulsar_is_search_request(struct slice frame)
{
	struct pulsar_out wanted;
	pulsar_search_request(&wanted);
	return frame.size == wanted.size && memcmp(frame.data, wanted.data, wanted.size) == 0;
}

bool pulsar_search_decode(struct slice frame, uint32_t *ret_address)
{
	return frame.size == SEARCH_REPLY && memcmp(frame.data, anybody, sizeof(anybody)) == 0 &&
	       is_sealed(frame) && address_get(frame.data + 4, ret_address);
}

/* ---- what the data are made of ---- */

bool pulsar_time_get(const uint8_t *bytes, struct civil *ret)
{
	struct civil c = {2000 + bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]};
	if (bytes[0] > 99 || c.day < 1 || c.day > civil_month_days(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 59) {
		return false;
	}
	*ret = c;
	return true;
}

void pulsar_time_put(struct civil c, uint8_t *ret_bytes)
{
	ret_bytes[0] = (uint8_t)(c.year % 100);
	ret_bytes[1] = (uint8_t)c.month;
	ret_bytes[2] = (uint8_t)c.day;
	ret_bytes[3] = (uint8_t)c.hour;
	ret_bytes[4] = (uint8_t)c.minute;
	ret_bytes[5] = (uint8_t)c.second;
}

uint32_t pulsar_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static double float_value(const uint8_t *bytes)
{
	uint32_t bits = pulsar_u32(bytes);
	struct decimal d;
	float f;
	memcpy(&f, &bits, sizeof(f));
	return decimal_of_float(f, &d) ? decimal_double(d) : NAN;
}

double pulsar_value(const uint8_t *bytes, size_t width)
{
	if (width == 4) {
		return float_value(bytes);
	}
	uint64_t bits = 0;
	double v;
	for (size_t i = 8; i > 0; i--) {
		bits = bits << 8 | bytes[i - 1];
	}
	memcpy(&v, &bits, sizeof(v));
	return isfinite(v) ? v : NAN;
}

void pulsar_value_put(double v, size_t width, struct buf *out)
{
	float f = (float)v;
	uint32_t low;
	uint64_t bits;
	if (width == 4) {
		memcpy(&low, &f, sizeof(low));
		buf_u32le(out, isnan(v) ? NO_VALUE : low);
		return;
	}
	memcpy(&bits, &v, sizeof(bits));
	buf_u64le(out, isnan(v) ? 0xffffffff00000000u | NO_VALUE : bits);
}
