/*
 * modbus_map.c - values, times and scales of meters described by a table of registers
 *
 * Layout of a time: "epoch", or a token for each byte as it comes on the wire:
 *
 *   YH YL  year, high and low byte     mo dd hh mi ss  month, day, hour, minute, second
 *   yy     year since 2000             wd --           day of the week and anything: not looked at
 *
 * A layout without day, hour, minute or second means the first of its kind.
 */
#include "drivers/modbus_map.h"

#include <math.h>
#include <string.h>

/* Exact integers stay below this. */
#define EXACT_MAX 9007199254740992.0

static const struct {
	char text[3];
	char token;
} tokens[] = {{"YH", 'Y'}, {"YL", 'y'}, {"yy", 'z'}, {"mo", 'o'}, {"dd", 'd'}, {"hh", 'h'},
	{"mi", 'm'}, {"ss", 's'}, {"wd", '-'}, {"--", '-'}};

double modbus_register_get(const struct modbus_register *r, const uint8_t *bytes)
{
	uint64_t bits = modbus_bits_get(r->type, r->order, bytes);
	if ((r->missing == MODBUS_MISSING_LIMIT && bits == modbus_limit(r->type)) ||
		(r->missing_bits && bits == *r->missing_bits)) {
		return NAN;
	}
	double v = modbus_number(r->type, bits) * r->numerator / r->denominator;
	return isfinite(v) ? v : NAN;
}

void modbus_register_put(const struct modbus_register *r, double value, uint8_t *ret_bytes)
{
	double v = value * r->denominator / r->numerator;
	uint64_t bits = isnan(v) && r->missing_bits ? *r->missing_bits :
						      modbus_number_bits(r->type, v);
	modbus_bits_put(r->type, r->order, bits, ret_bytes);
}

void modbus_register_text(
	const struct modbus_register *r, const uint8_t *bytes, size_t cap, char *ret_text)
{
	bool is_swapped = r->order == MODBUS_BADC || r->order == MODBUS_DCBA;
	size_t n = 0;
	while (n < 2 * (size_t)r->words && n + 1 < cap) {
		uint8_t c = bytes[is_swapped ? n ^ 1u : n];
		if (c == 0 || c == 0xff) {
			break;
		}
		ret_text[n++] = (char)(c >= ' ' && c <= '~' ? c : '?');
	}
	while (n > 0 && ret_text[n - 1] == ' ') {
		n--;
	}
	ret_text[n] = 0;
}

static bool is_filled_with(const uint8_t *bytes, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != value) {
			return false;
		}
	}
	return true;
}

static bool civil_is_real(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
	       c->second <= 59;
}

/* False: two decimal digits were expected and are not there. */
static bool byte_get(const struct modbus_stamp *s, uint8_t byte, int *ret_v)
{
	if (!s->is_bcd) {
		*ret_v = byte;
		return true;
	}
	*ret_v = (byte >> 4) * 10 + (byte & 15);
	return byte >> 4 <= 9 && (byte & 15) <= 9;
}

bool modbus_stamp_get(const struct modbus_stamp *s, const struct zone *zone, const uint8_t *bytes,
	int64_t *ret_utc)
{
	if (is_filled_with(bytes, s->size, 0) || is_filled_with(bytes, s->size, 0xff)) {
		return false;
	}
	struct civil c = {.year = 0, .month = 1, .day = 1};
	if (s->is_epoch) {
		uint64_t bits = modbus_bits_get(MODBUS_U32, s->order, bytes);
		c = civil_from_utc((int64_t)bits);
	}
	for (size_t i = 0; i < s->size && !s->is_epoch; i++) {
		int v;
		if (s->token[i] != '-' && !byte_get(s, bytes[i], &v)) {
			return false;
		}
		switch (s->token[i]) {
		case 'Y': c.year += s->is_bcd ? v * 100 : v * 256; break;
		case 'y': c.year += v; break;
		case 'z': c.year = 2000 + v; break;
		case 'o': c.month = v; break;
		case 'd': c.day = v; break;
		case 'h': c.hour = v; break;
		case 'm': c.minute = v; break;
		case 's': c.second = v; break;
		default: break;
		}
	}
	if (!civil_is_real(&c) || c.year < 1970) {
		return false;
	}
	*ret_utc = s->time == MODBUS_TIME_UTC ? civil_to_utc(c) : zone_utc(zone, c, false);
	return true;
}

void modbus_stamp_put(
	const struct modbus_stamp *s, const struct zone *zone, int64_t utc, uint8_t *ret_bytes)
{
	struct civil c = s->time == MODBUS_TIME_UTC ? civil_from_utc(utc) : zone_civil(zone, utc);
	if (s->is_epoch) {
		modbus_bits_put(MODBUS_U32, s->order, (uint64_t)civil_to_utc(c), ret_bytes);
		return;
	}
	int century = s->is_bcd ? 100 : 256;
	for (size_t i = 0; i < s->size; i++) {
		int v = 0;
		switch (s->token[i]) {
		case 'Y': v = c.year / century; break;
		case 'y': v = c.year % century; break;
		case 'z': v = c.year % 100; break;
		case 'o': v = c.month; break;
		case 'd': v = c.day; break;
		case 'h': v = c.hour; break;
		case 'm': v = c.minute; break;
		case 's': v = c.second; break;
		default: break;
		}
		ret_bytes[i] = (uint8_t)(s->is_bcd ? v / 10 * 16 + v % 10 : v);
	}
}

const struct modbus_archive *modbus_map_archive(const struct modbus_map *m, enum period period)
{
	for (unsigned i = 0; i < m->archives_count; i++) {
		if (m->archives[i].period == period) {
			return &m->archives[i];
		}
	}
	return NULL;
}

/* Digits of `*text` into `*number`; counts those behind the point. False: none, or too many. */
static bool digits_parse(const char **text, double *ret_number, int *ret_behind)
{
	const char *p = *text;
	bool has_point = false, has_digit = false;
	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !has_point); p++) {
		if (*p == '.') {
			has_point = true;
			continue;
		}
		has_digit = true;
		*ret_number = *ret_number * 10 + (*p - '0');
		*ret_behind += has_point;
		if (*ret_number > EXACT_MAX) {
			return false;
		}
	}
	*text = p;
	return has_digit;
}

bool modbus_scale_parse(
	const char *text, double *ret_numerator, double *ret_denominator, int *ret_decimals)
{
	const char *p = text;
	double sign = *p == '-' ? -1 : 1;
	double number = 0, exponent = 0;
	int behind = 0, unused = 0;
	p += *p == '-' || *p == '+';
	if (!digits_parse(&p, &number, &behind) || number == 0) {
		return false;
	}
	if (*p == 'e' || *p == 'E') {
		bool is_negative = *++p == '-';
		p += *p == '-' || *p == '+';
		if (!digits_parse(&p, &exponent, &unused) || unused || exponent > 22) {
			return false;
		}
		behind += is_negative ? (int)exponent : -(int)exponent;
	}
	while (behind > 0 && fmod(number, 10) == 0) {
		number /= 10;
		behind--;
	}
	double tens = 1;
	for (int i = behind < 0 ? -behind : behind; i > 0; i--) {
		tens *= 10;
	}
	if (*p || behind > 22 || (behind < 0 && number * tens > EXACT_MAX)) {
		return false;
	}
	*ret_numerator = sign * (behind < 0 ? number * tens : number);
	*ret_denominator = behind > 0 ? tens : 1;
	*ret_decimals = behind > 0 ? behind : 0;
	return true;
}

static char token_of(const char *text)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		if (strncmp(text, tokens[i].text, 2) == 0) {
			return tokens[i].token;
		}
	}
	return 0;
}

bool modbus_stamp_prepare(struct modbus_stamp *s)
{
	if (strcmp(s->layout, "epoch") == 0) {
		s->is_epoch = true;
		s->size = 4;
		return true;
	}
	size_t n = 0;
	for (const char *p = s->layout; *p;) {
		if (*p == ' ') {
			p++;
			continue;
		}
		char token = token_of(p);
		if (!token || n == MODBUS_STAMP_CAP || (p[2] && p[2] != ' ')) {
			return false;
		}
		s->token[n++] = token;
		p += 2;
	}
	s->size = n;
	bool has_year = memchr(s->token, 'z', n) ||
			(memchr(s->token, 'Y', n) && memchr(s->token, 'y', n));
	return n >= 2 && n % 2 == 0 && has_year && memchr(s->token, 'o', n);
}
