/*
 * magika.c - frames and numbers of Magika heat meters; see magika.h
 */
#include "proto/magika.h"

#include <math.h>
#include <string.h>

#define BIAS 127

/* ---- frames ---- */

static struct magika_cut cut(enum magika_cut_state state, size_t size)
{
	return (struct magika_cut){state, size};
}

/* `have` bytes of a frame that has `size`. */
static struct magika_cut cut_at(size_t have, size_t size)
{
	return cut(have < size ? MAGIKA_CUT_MORE : MAGIKA_CUT_FULL, size);
}

struct magika_cut magika_cut_request(struct slice s)
{
	if (s.size == 0) {
		return cut(MAGIKA_CUT_MORE, 1);
	}
	if (s.data[0] == MAGIKA_OK || s.data[0] == MAGIKA_STOP) {
		return cut(MAGIKA_CUT_FULL, 1);
	}
	if (s.data[0] != MAGIKA_START) {
		return cut(MAGIKA_CUT_JUNK, 1);
	}
	if (s.size < 2) {
		return cut(MAGIKA_CUT_MORE, 2);
	}
	return cut_at(s.size, s.data[1] == MAGIKA_SESSION ? 2 + MAGIKA_SERIAL_SIZE : 2);
}

struct magika_cut magika_cut_ok(struct slice s)
{
	size_t n = 0;
	while (n < s.size && s.data[n] != MAGIKA_OK) {
		n++;
	}
	return n ? cut(MAGIKA_CUT_JUNK, n) : cut_at(s.size, 1);
}

struct magika_cut magika_cut_config(struct slice s)
{
	return cut_at(s.size, 4);
}

static bool is_size(size_t size, size_t least, size_t most)
{
	return size == 0 || (size >= least && size <= most);
}

struct magika_cut magika_cut_first(struct slice s, size_t least, size_t most)
{
	if (s.size == 0) {
		return cut(MAGIKA_CUT_MORE, 1);
	}
	if (s.data[0] == MAGIKA_EMPTY && s.size == 1) {
		return cut(MAGIKA_CUT_FULL, 1); /* in the middle of others it is April */
	}
	if (s.data[0] != MAGIKA_OK) {
		return cut(MAGIKA_CUT_JUNK, 1);
	}
	if (s.size < 2) {
		return cut(MAGIKA_CUT_MORE, 2);
	}
	return is_size(s.data[1], least, most) ? cut_at(s.size, 2 + (size_t)s.data[1]) :
						 cut(MAGIKA_CUT_JUNK, 1);
}

struct magika_cut magika_cut_next(struct slice s, size_t least, size_t most)
{
	if (s.size == 0) {
		return cut(MAGIKA_CUT_MORE, 1);
	}
	if (s.data[0] == MAGIKA_OK) {
		struct magika_cut c = magika_cut_first(s, least, most);
		return c.state == MAGIKA_CUT_JUNK ? cut(MAGIKA_CUT_JUNK, s.size) : c;
	}
	bool is_end = s.data[0] == 0 && s.size == 1;
	bool is_record = s.data[0] && is_size(s.data[0], least, most);
	return is_end || is_record ? cut_at(s.size, 1 + (size_t)s.data[0]) :
				     cut(MAGIKA_CUT_JUNK, s.size);
}

struct slice magika_data(struct slice frame)
{
	size_t head = frame.size > 1 && frame.data[0] == MAGIKA_OK ? 2 : 1;
	if (frame.size <= head || frame.data[head - 1] != frame.size - head) {
		return (struct slice){frame.data, 0};
	}
	return (struct slice){frame.data + head, frame.size - head};
}

/* ---- values ---- */

unsigned magika_uint(struct slice s, size_t at, size_t bytes)
{
	unsigned v = 0;
	for (size_t i = 0; i < bytes && at + i < s.size; i++) {
		v = v << 8 | s.data[at + i];
	}
	return v;
}

double magika_float(struct slice s, size_t at)
{
	unsigned v = magika_uint(s, at, 4);
	int exponent = (int)(v >> 24);
	if (exponent == 0 || at + 4 > s.size) {
		return 0;
	}
	double m = ldexp((double)((v & 0x7fffffu) | 0x800000u), exponent - BIAS - 23);
	return v & 0x800000u ? -m : m;
}

static int bcd(uint8_t b)
{
	return (b & 15) < 10 && b >> 4 < 10 ? 10 * (b >> 4) + (b & 15) : -1;
}

static bool is_date(const struct civil *c)
{
	return c->year >= 2000 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month);
}

bool magika_clock(struct slice totals, struct civil *ret)
{
	if (totals.size < 8) {
		return false;
	}
	const uint8_t *d = totals.data;
	struct civil c = {.year = 2000 + bcd(d[6]),
		.month = bcd(d[5]),
		.day = bcd(d[4]),
		.hour = bcd(d[2]),
		.minute = bcd(d[1]),
		.second = bcd(d[0])};
	*ret = c;
	return is_date(&c) && c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60 &&
	       c.second >= 0 && c.second < 60;
}

bool magika_label(struct slice record, struct civil *ret)
{
	if (record.size < 4) {
		return false;
	}
	const uint8_t *d = record.data;
	struct civil c = {
		.year = 2000 + bcd(d[3]), .month = bcd(d[1]), .day = bcd(d[0]), .hour = bcd(d[2])};
	if (!is_date(&c) || c.hour < 0 || c.hour > 24) {
		return false;
	}
	*ret = civil_from_utc(civil_to_utc(c));
	return true;
}

void magika_uint_put(uint8_t *to, size_t bytes, unsigned v)
{
	for (size_t i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	}
}

void magika_float_put(uint8_t to[4], double v)
{
	int exponent;
	double m = frexp(fabs(v), &exponent); /* 0.5 .. 1 */
	unsigned bits = (unsigned)lround(ldexp(m, 24));
	exponent += BIAS - 1;
	if (bits == 0x1000000u) {
		bits >>= 1;
		exponent++;
	}
	memset(to, 0, 4);
	if (isfinite(v) && v != 0 && exponent > 0 && exponent < 256) {
		magika_uint_put(to, 4,
			(unsigned)exponent << 24 | (v < 0 ? 0x800000u : 0) | (bits & 0x7fffffu));
	}
}

static uint8_t to_bcd(int v)
{
	return (uint8_t)(v / 10 % 10 << 4 | v % 10);
}

void magika_clock_put(uint8_t to[8], const struct civil *c)
{
	const int fields[] = {c->second, c->minute, c->hour, 0, c->day, c->month, c->year % 100, 0};
	for (size_t i = 0; i < 8; i++) {
		to[i] = to_bcd(fields[i]);
	}
}

void magika_label_put(uint8_t to[4], const struct civil *last)
{
	to[0] = to_bcd(last->day);
	to[1] = to_bcd(last->month);
	to[2] = to_bcd(last->hour + 1);
	to[3] = to_bcd(last->year % 100);
}
