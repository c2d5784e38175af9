/*
 * set4tm.c - frames and numbers of the SET-4TM family; see set4tm.h
 */
#include "proto/set4tm.h"

#include "proto/bcd.h"
#include "proto/crc.h"

#include <string.h>

size_t set4_check_size(enum set4_check check)
{
	return check == SET4_KS ? 1 : 2;
}

/* As a number of set4_check_size bytes, in the order they are sent. */
static unsigned checksum(enum set4_check check, const uint8_t *b, size_t n)
{
	unsigned ks = 0xff;
	if (check == SET4_CRC) {
		uint16_t crc = crc16_modbus((struct slice){b, n});
		return (unsigned)(crc << 8 | crc >> 8) & 0xffff;
	}
	for (size_t i = 0; i < n; i++) {
		ks ^= b[i];
	}
	return ks;
}

void set4_frame(
	enum set4_check check, struct set4_address address, struct slice body, struct set4_out *ret)
{
	size_t n = 0, sum_size = set4_check_size(check);
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
	set4_number_put(checksum(check, ret->data, n), sum_size, ret->data + n);
	ret->size = n + sum_size;
}

bool set4_unframe(enum set4_check check, struct slice frame, struct set4_address *ret_address,
	struct slice *ret_body)
{
	size_t head = frame.size > 0 && frame.data[0] == SET4_EXTENDED ? 5 : 1;
	size_t sum_size = set4_check_size(check);
	if (frame.size < head + 1 + sum_size) {
		return false;
	}
	size_t n = frame.size - sum_size;
	if (set4_number(frame.data + n, sum_size) != checksum(check, frame.data, n)) {
		return false;
	}
	ret_address->is_extended = head == 5;
	ret_address->value = head == 5 ? set4_number(frame.data + 1, 4) : frame.data[0];
	*ret_body = (struct slice){frame.data + head, n - head};
	return true;
}

/* ---- numbers ---- */

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
	int year = bcd_get(b[6]);
	*ret = (struct civil){.second = bcd_get(b[0]),
		.minute = bcd_get(b[1]),
		.hour = bcd_get(b[2]),
		.day = bcd_get(b[4]),
		.month = bcd_get(b[5]),
		.year = year_of(year)};
	return year >= 0 && ret->second >= 0 && ret->second < 60 && ret->minute >= 0 &&
	       ret->minute < 60 && ret->hour >= 0 && ret->hour < 24 && is_date(ret);
}

void set4_clock_put(const struct civil *c, uint8_t *to)
{
	to[0] = bcd_put(c->second);
	to[1] = bcd_put(c->minute);
	to[2] = bcd_put(c->hour);
	to[3] = (uint8_t)((civil_weekday(*c) + 6) % 7 + 1); /* 1 Monday .. 7 Sunday */
	to[4] = bcd_put(c->day);
	to[5] = bcd_put(c->month);
	to[6] = bcd_put(c->year % 100);
}

struct set4_value set4_value(const uint8_t *b)
{
	return (struct set4_value){.raw = set4_number(b, 3) & 0x3fffff,
		.is_reverse = (b[0] & 0x80) != 0,
		.is_reactive_reverse = (b[0] & 0x40) != 0};
}

void set4_value_put(const struct set4_value *v, uint8_t *to)
{
	set4_number_put((v->raw & 0x3fffff) | (v->is_reverse ? 0x800000u : 0) |
				(v->is_reactive_reverse ? 0x400000u : 0),
		3, to);
}

/* ---- types ---- */

static const struct {
	const char *name;
	bool is_extended;
	uint8_t read_most;
	uint16_t records;
} types[SET4_TYPES] = {
	[SET4_TM02] = {"SET-4TM.02, SET-1M.01", false, 16, 8192},
	[SET4_TM03] = {"SET-4TM.03", true, 88, 8192},
	[SET4_SEB] = {"SEB-1TM", true, 16, 4096},
	[SET4_PSCH4] = {"PSCH-4TM.05", true, 88, 4096},
	[SET4_SEO] = {"SEO-1.16", false, 16, 4096},
	[SET4_PSCH3] = {"PSCH-3TM.05", true, 88, 4096},
	[SET4_PSCH4M] = {"PSCH-4TM.05M", true, 88, 8192},
	[SET4_PSCH3M] = {"PSCH-3TM.05M", true, 88, 8192},
	[SET4_TM03M] = {"SET-4TM.02M, .03M", true, 88, 8192},
	[SET4_SEBD] = {"SEB-1TM.02D", true, 16, 4096},
	[SET4_PSCHD] = {"PSCH-3TM.05D, PSCH-4TM.05D", true, 88, 8192},
	[SET4_PSCHMK] = {"PSCH-3TM.05MK, PSCH-4TM.05MK", true, 88, 8192},
};

const char *set4_type_name(unsigned type)
{
	return type < SET4_TYPES ? types[type].name : "SET-4TM";
}

bool set4_is_extended(unsigned type)
{
	return type < SET4_TYPES && types[type].is_extended;
}

size_t set4_read_most(unsigned type)
{
	return type < SET4_TYPES ? types[type].read_most : 16;
}

int set4_records(unsigned type)
{
	return type < SET4_TYPES ? types[type].records : 4096;
}

void set4_scales(int constant, int *ret_kc, int *ret_ci)
{
	static const struct {
		int constant, kc, ci;
	} rows[] = {{5000, 1, 1}, {25000, 1, 1}, {1250, 2, 1}, {6250, 1, 1}, {500, 10, 10},
		{250, 20, 1}};
	*ret_kc = *ret_ci = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].constant == constant) {
			*ret_kc = rows[i].kc;
			*ret_ci = rows[i].ci;
		}
	}
}

struct set4_variant set4_variant(const uint8_t *b)
{
	static const int constants[] = {5000, 25000, 1250, 6250, 500, 250, 6400};
	struct set4_variant v = {.type = b[2] >> 4};
	unsigned i = b[1] & 15;
	v.constant = i < sizeof(constants) / sizeof(constants[0]) ? constants[i] : 0;
	v.is_one_direction = (b[1] & 0x80) != 0;
	v.is_one_phase = (b[1] & 0x30) != 0 || v.type == SET4_SEB || v.type == SET4_SEBD ||
			 v.type == SET4_SEO;
	set4_scales(v.constant, &v.kc, &v.ci);
	return v;
}

/* ---- the profile ---- */

bool set4_pointer(const uint8_t *b, struct set4_pointer *ret)
{
	int year = bcd_get(b[4]);
	*ret = (struct set4_pointer){.start = {.minute = bcd_get(b[0] & 0x7f),
					     .hour = bcd_get(b[1]),
					     .day = bcd_get(b[2]),
					     .month = bcd_get(b[3]),
					     .year = year_of(year)},
		.has_wrapped = (b[0] & 0x80) != 0,
		.at = (uint16_t)set4_number(b + 5, 2)};
	return year >= 0 && ret->start.minute >= 0 && ret->start.minute < 60 &&
	       ret->start.hour >= 0 && ret->start.hour < 24 && is_date(&ret->start);
}

void set4_pointer_put(const struct set4_pointer *p, uint8_t *to)
{
	to[0] = (uint8_t)(bcd_put(p->start.minute) | (p->has_wrapped ? 0x80 : 0));
	to[1] = bcd_put(p->start.hour);
	to[2] = bcd_put(p->start.day);
	to[3] = bcd_put(p->start.month);
	to[4] = bcd_put(p->start.year % 100);
	set4_number_put(p->at, 2, to + 5);
}

bool set4_hour(const uint8_t *b, struct set4_hour *ret)
{
	uint8_t sum = 0;
	for (int i = 0; i < 6; i++) {
		sum = (uint8_t)(sum + b[i]);
	}
	int year = bcd_get(b[3]);
	*ret = (struct set4_hour){.start = {.hour = bcd_get(b[0]),
					  .day = bcd_get(b[1]),
					  .month = bcd_get(b[2]),
					  .year = year_of(year)},
		.is_winter = b[4] == 1,
		.minutes = b[5]};
	return sum == b[6] && year >= 0 && b[4] <= 1 && ret->start.hour >= 0 &&
	       ret->start.hour < 24 && is_date(&ret->start) && ret->minutes >= 1 &&
	       ret->minutes <= 60 && 60 % ret->minutes == 0;
}

void set4_hour_put(const struct set4_hour *h, uint8_t *to)
{
	to[0] = bcd_put(h->start.hour);
	to[1] = bcd_put(h->start.day);
	to[2] = bcd_put(h->start.month);
	to[3] = bcd_put(h->start.year % 100);
	to[4] = h->is_winter;
	to[5] = (uint8_t)h->minutes;
	to[6] = to[7] = 0;
	for (int i = 0; i < 6; i++) {
		to[6] = (uint8_t)(to[6] + to[i]);
	}
}
