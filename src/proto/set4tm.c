/*
 * set4tm.c - frames and numbers of the SET-4TM family; see set4tm.h
 */
#include "proto/set4tm.h"

#include "proto/crc.h"

#include <string.h>

void set4_frame(struct set4_address address, struct slice body, struct set4_out *ret)
{
	size_t n = 0;
	if (address.is_extended) {
		ret->data[n++] = SET4_EXTENDED;
		set4_number_put(address.value, 4, ret->data + n);
		n += 4;
	} else {
		ret->data[n++] = (uint8_t)address.value;
	}
	size_t size = body.size < SET4_FRAME_MAX - 8 ? body.size : SET4_FRAME_MAX - 8;
	memcpy(ret->data + n, body.data, size);
	n += size;
	uint16_t crc = crc16_modbus((struct slice){ret->data, n});
	ret->data[n++] = (uint8_t)crc;
	ret->data[n++] = (uint8_t)(crc >> 8);
	ret->size = n;
}

bool set4_unframe(struct slice frame, struct set4_address *ret_address, struct slice *ret_body)
{
	size_t head = frame.size > 0 && frame.data[0] == SET4_EXTENDED ? 5 : 1;
	if (frame.size < head + 3) {
		return false;
	}
	size_t n = frame.size - 2;
	uint16_t crc = crc16_modbus((struct slice){frame.data, n});
	if (frame.data[n] != (uint8_t)crc || frame.data[n + 1] != (uint8_t)(crc >> 8)) {
		return false;
	}
	ret_address->is_extended = head == 5;
	ret_address->value = head == 5 ? set4_number(frame.data + 1, 4) : frame.data[0];
	*ret_body = (struct slice){frame.data + head, n - head};
	return true;
}

uint32_t set4_number(const uint8_t *b, size_t n)
{
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | b[i];
	}
	return v;
}

void set4_number_put(uint32_t v, size_t n, uint8_t *to)
{
	for (size_t i = n; i > 0; i--, v >>= 8) {
		to[i - 1] = (uint8_t)v;
	}
}

int set4_bcd(uint8_t b)
{
	return (b >> 4) < 10 && (b & 15) < 10 ? (b >> 4) * 10 + (b & 15) : -1;
}

uint8_t set4_to_bcd(int v)
{
	return (uint8_t)(v / 10 % 10 << 4 | v % 10);
}

static bool is_date(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->year >= 2000 - 1 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month);
}

/* Two digits: the examples of the maker are of 1999, no meter is older. */
static int year_of(int digits)
{
	return digits == 99 ? 1999 : 2000 + digits;
}

bool set4_clock(const uint8_t *b, struct civil *ret)
{
	int year = set4_bcd(b[6]);
	*ret = (struct civil){.second = set4_bcd(b[0]),
		.minute = set4_bcd(b[1]),
		.hour = set4_bcd(b[2]),
		.day = set4_bcd(b[4]),
		.month = set4_bcd(b[5]),
		.year = year_of(year)};
	return year >= 0 && ret->second >= 0 && ret->second < 60 && ret->minute >= 0 &&
	       ret->minute < 60 && ret->hour >= 0 && ret->hour < 24 && is_date(ret);
}

void set4_clock_put(const struct civil *c, uint8_t *to)
{
	int64_t days = civil_to_utc((struct civil){c->year, c->month, c->day, 0, 0, 0}) / 86400;
	to[0] = set4_to_bcd(c->second);
	to[1] = set4_to_bcd(c->minute);
	to[2] = set4_to_bcd(c->hour);
	to[3] = (uint8_t)((days + 3) % 7 + 1); /* 1970-01-01 was a Thursday, number 4 */
	to[4] = set4_to_bcd(c->day);
	to[5] = set4_to_bcd(c->month);
	to[6] = set4_to_bcd(c->year % 100);
}

/* The constant follows from voltage and current, and Kc with it: low voltage or small current has 1. */
struct set4_variant set4_variant(const uint8_t *b)
{
	static const struct {
		int constant, kc, ci;
	} rows[] = {{5000, 1, 1}, {25000, 1, 1}, {1250, 2, 1}, {6250, 1, 1}, {500, 10, 10},
		{250, 20, 1}};
	struct set4_variant v = {.type = b[2] >> 4};
	unsigned i = b[1] & 15;
	if (i < sizeof(rows) / sizeof(rows[0])) {
		v.constant = rows[i].constant;
		v.kc = rows[i].kc;
		v.ci = rows[i].ci;
	}
	return v;
}

bool set4_hour(const uint8_t *b, struct set4_hour *ret)
{
	uint8_t sum = 0;
	for (int i = 0; i < 6; i++) {
		sum = (uint8_t)(sum + b[i]);
	}
	int year = set4_bcd(b[3]);
	*ret = (struct set4_hour){.start = {.hour = set4_bcd(b[0]),
					  .day = set4_bcd(b[1]),
					  .month = set4_bcd(b[2]),
					  .year = year_of(year)},
		.is_winter = b[4] == 1,
		.minutes = b[5]};
	return sum == b[6] && year >= 0 && b[4] <= 1 && ret->start.hour >= 0 &&
	       ret->start.hour < 24 && is_date(&ret->start) && ret->minutes >= 1 &&
	       ret->minutes <= 60 && 60 % ret->minutes == 0;
}

void set4_hour_put(const struct set4_hour *h, uint8_t *to)
{
	to[0] = set4_to_bcd(h->start.hour);
	to[1] = set4_to_bcd(h->start.day);
	to[2] = set4_to_bcd(h->start.month);
	to[3] = set4_to_bcd(h->start.year % 100);
	to[4] = h->is_winter;
	to[5] = (uint8_t)h->minutes;
	to[6] = to[7] = 0;
	for (int i = 0; i < 6; i++) {
		to[6] = (uint8_t)(to[6] + to[i]);
	}
}
