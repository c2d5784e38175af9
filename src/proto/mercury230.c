/*
 * mercury230.c - frames and numbers of the Mercury 230 family; see mercury230.h
 */
#include "proto/mercury230.h"

#include "proto/bcd.h"
#include "proto/crc.h"

#include <math.h>
#include <string.h>

#define NOT_MEASURED_32 0xffffffffu
#define NOT_MEASURED_16 0xffffu
#define HTC_START       0x01
#define HTC_TRANSPARENT 0x40
#define HTC_REPLY_HEAD  10 /* up to the frame */

/* ---- frames ---- */

void m230_frame(uint8_t address, struct slice body, struct m230_out *ret)
{
	ret->data[0] = address;
	ret->size = body.size < M230_FRAME_MAX - 3 ? body.size : M230_FRAME_MAX - 3;
	memcpy(ret->data + 1, body.data, ret->size);
	ret->size++;
	uint16_t crc = crc16_modbus((struct slice){ret->data, ret->size});
	ret->data[ret->size++] = (uint8_t)crc;
	ret->data[ret->size++] = (uint8_t)(crc >> 8);
}

bool m230_unframe(struct slice frame, uint8_t *ret_address, struct slice *ret_body)
{
	if (frame.size < 4) {
		return false;
	}
	size_t n = frame.size - 2;
	uint16_t crc = crc16_modbus((struct slice){frame.data, n});
	if (frame.data[n] != (uint8_t)crc || frame.data[n + 1] != (uint8_t)(crc >> 8)) {
		return false;
	}
	*ret_address = frame.data[0];
	*ret_body = (struct slice){frame.data + 1, n - 1};
	return true;
}

/* ---- numbers ---- */

double m230_energy(const uint8_t *b)
{
	uint32_t v = (uint32_t)b[1] << 24 | (uint32_t)b[0] << 16 | (uint32_t)b[3] << 8 | b[2];
	return v == NOT_MEASURED_32 ? NAN : (double)v;
}

void m230_energy_put(double wh, uint8_t *to)
{
	uint32_t v = isnan(wh) ? NOT_MEASURED_32 : (uint32_t)(int64_t)floor(wh + 0.5);
	to[0] = (uint8_t)(v >> 16);
	to[1] = (uint8_t)(v >> 24);
	to[2] = (uint8_t)v;
	to[3] = (uint8_t)(v >> 8);
}

struct m230_value m230_instant(const uint8_t *b)
{
	return (struct m230_value){
		.raw = (uint32_t)(b[0] & 0x3f) << 16 | (uint32_t)b[2] << 8 | b[1],
		.is_reverse = (b[0] & 0x80) != 0,
		.is_reactive_reverse = (b[0] & 0x40) != 0};
}

void m230_instant_put(const struct m230_value *v, uint8_t *to)
{
	to[0] = (uint8_t)((v->raw >> 16 & 0x3f) | (v->is_reverse ? 0x80u : 0) |
			  (v->is_reactive_reverse ? 0x40u : 0));
	to[1] = (uint8_t)v->raw;
	to[2] = (uint8_t)(v->raw >> 8);
}

static bool is_time(const struct civil *c)
{
	return c->second >= 0 && c->second < 60 && c->minute >= 0 && c->minute < 60 &&
	       c->hour >= 0 && c->hour < 24 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->year >= 2000 && c->day <= civil_month_days(c->year, c->month);
}

bool m230_clock(const uint8_t *b, struct civil *ret, bool *ret_is_winter)
{
	*ret = (struct civil){.second = bcd_get(b[0]),
		.minute = bcd_get(b[1]),
		.hour = bcd_get(b[2]),
		.day = bcd_get(b[4]),
		.month = bcd_get(b[5]),
		.year = 2000 + bcd_get(b[6])};
	*ret_is_winter = b[7] == 1;
	return is_time(ret) && b[7] <= 1;
}

void m230_clock_put(const struct civil *c, bool is_winter, uint8_t *to)
{
	to[0] = bcd_put(c->second);
	to[1] = bcd_put(c->minute);
	to[2] = bcd_put(c->hour);
	to[3] = (uint8_t)((civil_weekday(*c) + 6) % 7 + 1); /* 1 Monday .. 7 Sunday */
	to[4] = bcd_put(c->day);
	to[5] = bcd_put(c->month);
	to[6] = bcd_put(c->year % 100);
	to[7] = is_winter;
}

bool m230_moment(const uint8_t *b, struct civil *ret)
{
	*ret = (struct civil){.second = bcd_get(b[0]),
		.minute = bcd_get(b[1]),
		.hour = bcd_get(b[2]),
		.day = bcd_get(b[3]),
		.month = bcd_get(b[4]),
		.year = 2000 + bcd_get(b[5])};
	return is_time(ret);
}

bool m230_serial(const uint8_t *b, char out[static 9])
{
	for (int i = 0; i < 4; i++) {
		if (b[i] > 99) {
			return false;
		}
		out[2 * i] = (char)('0' + b[i] / 10);
		out[2 * i + 1] = (char)('0' + b[i] % 10);
	}
	out[8] = 0;
	return true;
}

uint64_t m230_errors(const uint8_t *b)
{
	uint64_t v = 0;
	for (int i = 0; i < 3; i++) {
		v = v << 16 | (uint64_t)b[2 * i + 1] << 8 | b[2 * i];
	}
	return v;
}

int m230_constant(uint8_t variant_byte_2)
{
	static const int constants[] = {5000, 25000, 1250, 500, 1000, 250};
	unsigned i = variant_byte_2 & 15;
	return i < sizeof(constants) / sizeof(constants[0]) ? constants[i] : 0;
}

/* ---- the profile ---- */

bool m230_record(const uint8_t *b, struct m230_record *ret)
{
	struct m230_record r = {.status = b[0],
		.end = {.hour = bcd_get(b[1]),
			.minute = bcd_get(b[2]),
			.day = bcd_get(b[3]),
			.month = bcd_get(b[4]),
			.year = 2000 + bcd_get(b[5])},
		.minutes = b[6]};
	bool is_midnight = r.end.hour == 24 && r.end.minute == 0;
	r.end.hour = is_midnight ? 0 : r.end.hour;
	if (!is_time(&r.end) || r.minutes < 1 || r.minutes > 60) {
		return false;
	}
	r.end.day += is_midnight;
	for (int i = 0; i < 4; i++) {
		unsigned n = (unsigned)(b[7 + 2 * i] | b[8 + 2 * i] << 8);
		r.n[i] = n == NOT_MEASURED_16 ? NAN : (double)n;
	}
	*ret = r;
	return true;
}

void m230_record_put(const struct m230_record *r, uint8_t *to)
{
	to[0] = (uint8_t)r->status;
	to[1] = bcd_put(r->end.hour);
	to[2] = bcd_put(r->end.minute);
	to[3] = bcd_put(r->end.day);
	to[4] = bcd_put(r->end.month);
	to[5] = bcd_put(r->end.year % 100);
	to[6] = (uint8_t)r->minutes;
	for (int i = 0; i < 4; i++) {
		unsigned n = isnan(r->n[i]) ? NOT_MEASURED_16 : (unsigned)r->n[i];
		to[7 + 2 * i] = (uint8_t)n;
		to[8 + 2 * i] = (uint8_t)(n >> 8);
	}
}

/* ---- concentrators ---- */

uint16_t htc_checksum(struct slice bytes)
{
	unsigned s = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			unsigned feed = (bytes.data[i] >> bit ^ s ^ s >> 4 ^ s >> 7 ^ s >> 9) & 1;
			s = s >> 1 | feed << 15;
		}
	}
	return (uint16_t)s;
}

void htc_wrap(const uint32_t *route, size_t nodes, struct slice frame, struct m230_out *ret)
{
	size_t n = 6;
	uint8_t *to = ret->data;
	to[0] = HTC_START;
	to[2] = (uint8_t)(0x10 + nodes - 1);
	memset(to + 3, 0, 3);
	for (size_t i = 0; i < nodes; i++) {
		to[n++] = (uint8_t)(route[i] >> 16);
		to[n++] = (uint8_t)(route[i] >> 8);
		to[n++] = (uint8_t)route[i];
	}
	to[n++] = HTC_TRANSPARENT;
	size_t room = M230_FRAME_MAX - 2 - n, size = frame.size < room ? frame.size : room;
	memcpy(to + n, frame.data, size);
	n += size;
	to[1] = (uint8_t)(n - 1);
	uint16_t sum = htc_checksum((struct slice){to + 1, n - 1});
	to[n++] = (uint8_t)sum;
	to[n++] = (uint8_t)(sum >> 8);
	ret->size = n;
}

size_t htc_cut(struct slice s, uint32_t *ret_node, struct slice *ret_frame)
{
	if (s.size > 0 && s.data[0] != HTC_START) {
		return 0;
	}
	if (s.size < 2) {
		return 2;
	}
	size_t size = (size_t)s.data[1] + 3;
	if (size < HTC_REPLY_HEAD + 2) {
		return 0;
	}
	if (s.size < size) {
		return size;
	}
	uint16_t sum = htc_checksum((struct slice){s.data + 1, size - 3});
	if (s.data[size - 2] != (uint8_t)sum || s.data[size - 1] != (uint8_t)(sum >> 8)) {
		return 0;
	}
	*ret_node = (uint32_t)s.data[3] << 16 | (uint32_t)s.data[4] << 8 | s.data[5];
	*ret_frame = (struct slice){s.data + HTC_REPLY_HEAD, size - HTC_REPLY_HEAD - 2};
	return size;
}
