/*
 * mercury206.c - frames and numbers of Mercury 200 to 206; see mercury206.h
 */
#include "proto/mercury206.h"

#include "proto/crc.h"

#include <string.h>

#define HEAD 5
#define TAIL 2

void m206_frame(uint32_t address, uint8_t command, struct slice data, struct m206_out *ret)
{
	size_t n = data.size < M206_DATA_MAX ? data.size : M206_DATA_MAX;
	for (int i = 0; i < 4; i++) {
		ret->data[i] = (uint8_t)(address >> (24 - 8 * i));
	}
	ret->data[4] = command;
	if (n) {
		memcpy(ret->data + HEAD, data.data, n);
	}
	ret->size = HEAD + n;
	uint16_t crc = crc16_modbus((struct slice){ret->data, ret->size});
	ret->data[ret->size++] = (uint8_t)crc;
	ret->data[ret->size++] = (uint8_t)(crc >> 8);
}

bool m206_unframe(
	struct slice frame, uint32_t *ret_address, uint8_t *ret_command, struct slice *ret_data)
{
	if (frame.size < HEAD + TAIL) {
		return false;
	}
	size_t n = frame.size - TAIL;
	uint16_t crc = crc16_modbus((struct slice){frame.data, n});
	if (frame.data[n] != (uint8_t)crc || frame.data[n + 1] != (uint8_t)(crc >> 8)) {
		return false;
	}
	struct reader r = reader_of(frame);
	*ret_address = reader_u32be(&r);
	*ret_command = frame.data[4];
	*ret_data = (struct slice){frame.data + HEAD, n - HEAD};
	return true;
}

bool m206_reply_size(uint8_t command, size_t *ret_least, size_t *ret_most)
{
	static const struct {
		uint8_t command, least, most;
	} sizes[] = {{M206_SET_CLOCK, 0, 0}, {M206_CLOCK, 7, 7}, {M206_POWER, 2, 2},
		{M206_ENERGY, 16, 16}, {M206_VERSION, 6, 7}, {M206_BATTERY, 2, 2},
		{M206_LAST_OFF, 7, 7}, {M206_LAST_ON, 7, 7}, {M206_SERIAL, 4, 4},
		{M206_MONTH, 16, 16}, {M206_JOURNAL_POWER, 7, 7}, {M206_JOURNAL_CASE, 7, 7},
		{M206_SLICE, 24, 24}, {M206_TARIFF, 1, 1}, {M206_INSTANT, 7, 7}, {M206_MADE, 3, 3},
		{M206_HOURS, 6, 6}, {M206_LINE, 10, 10}, {M206_REACTIVE, 16, 16}};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i].command == command) {
			*ret_least = sizes[i].least;
			*ret_most = sizes[i].most;
			return true;
		}
	}
	return false;
}

int64_t m206_number(const uint8_t *b, size_t n)
{
	int64_t v = 0;
	for (size_t i = 0; i < n; i++) {
		if ((b[i] >> 4) > 9 || (b[i] & 15) > 9) {
			return -1;
		}
		v = v * 100 + (b[i] >> 4) * 10 + (b[i] & 15);
	}
	return v;
}

void m206_number_put(int64_t v, size_t n, uint8_t *to)
{
	for (size_t i = n; i > 0; i--, v /= 100) {
		to[i - 1] = (uint8_t)(v / 10 % 10 << 4 | v % 10);
	}
}

bool m206_clock(const uint8_t *b, struct civil *ret)
{
	*ret = (struct civil){.hour = (int)m206_number(b + 1, 1),
		.minute = (int)m206_number(b + 2, 1),
		.second = (int)m206_number(b + 3, 1),
		.day = (int)m206_number(b + 4, 1),
		.month = (int)m206_number(b + 5, 1),
		.year = 2000 + (int)m206_number(b + 6, 1)};
	return ret->hour >= 0 && ret->hour < 24 && ret->minute >= 0 && ret->minute < 60 &&
	       ret->second >= 0 && ret->second < 60 && ret->month >= 1 && ret->month <= 12 &&
	       ret->year >= 2000 && ret->day >= 1 &&
	       ret->day <= civil_month_days(ret->year, ret->month);
}

void m206_clock_put(const struct civil *c, uint8_t *to)
{
	to[0] = (uint8_t)civil_weekday(*c);
	m206_number_put(c->hour, 1, to + 1);
	m206_number_put(c->minute, 1, to + 2);
	m206_number_put(c->second, 1, to + 3);
	m206_number_put(c->day, 1, to + 4);
	m206_number_put(c->month, 1, to + 5);
	m206_number_put(c->year % 100, 1, to + 6);
}
