/*
 * dsmr_object.c - what stands in a telegram of the P1 port; see dsmr.h
 */
#include "proto/dsmr.h"

#include "model/unit_text.h"

#include <ctype.h>
#include <string.h>

#define DIGITS_MAX 17 /* of a number: what 64 bits hold for sure */

/* ---- objects ---- */

static bool is_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* The next line that is not empty; false: none. */
static bool take_line(struct reader *r, struct slice *ret_line)
{
	const uint8_t *s = r->in.data;
	while (r->at < r->in.size && is_end(s[r->at])) {
		r->at++;
	}
	size_t begin = r->at;
	while (r->at < r->in.size && !is_end(s[r->at])) {
		r->at++;
	}
	*ret_line = (struct slice){s + begin, r->at - begin};
	return r->at > begin;
}

/* Lines that begin with a bracket belong to the one before. */
static void take_rest(struct reader *r, struct slice *line)
{
	for (;;) {
		struct reader ahead = *r;
		struct slice more;
		if (!take_line(&ahead, &more) || more.data[0] != '(') {
			return;
		}
		line->size = (size_t)(more.data + more.size - line->data);
		*r = ahead;
	}
}

enum err dsmr_next(struct reader *r, struct dsmr_object *ret_object)
{
	struct slice line;
	while (take_line(r, &line)) {
		take_rest(r, &line);
		struct dsmr_object x = {.line = line};
		const uint8_t *bracket = memchr(line.data, '(', line.size);
		size_t n = bracket ? (size_t)(bracket - line.data) : 0;
		size_t used = n ? obis_parse((const char *)line.data, n, &x.code) : 0;
		/* ".255" behind the code, of one maker, says nothing */
		bool is_known = used == n ||
				(used && n - used == 4 && memcmp(line.data + used, ".255", 4) == 0);
		if (used && is_known && line.data[line.size - 1] == ')') {
			x.groups = (struct slice){bracket, line.size - n};
			*ret_object = x;
			return ERR_OK;
		}
	}
	return ERR_NODATA;
}

/* Group that begins at or behind `*at`, which moves behind it. */
static bool step(struct slice groups, size_t *at, struct slice *ret_text)
{
	size_t i = *at;
	while (i < groups.size && is_end(groups.data[i])) {
		i++;
	}
	if (i == groups.size || groups.data[i] != '(') {
		return false;
	}
	const uint8_t *text = groups.data + i + 1;
	const uint8_t *close = memchr(text, ')', groups.size - i - 1);
	if (!close) {
		return false;
	}
	*ret_text = (struct slice){text, (size_t)(close - text)};
	*at = (size_t)(close - groups.data) + 1;
	return true;
}

bool dsmr_group(const struct dsmr_object *x, unsigned n, struct slice *ret_text)
{
	size_t at = 0;
	struct slice text;
	for (unsigned i = 0; step(x->groups, &at, &text); i++) {
		if (i == n) {
			*ret_text = text;
			return true;
		}
	}
	return false;
}

bool dsmr_last_group(const struct dsmr_object *x, struct slice *ret_text)
{
	size_t at = 0;
	bool has_any = false;
	while (step(x->groups, &at, ret_text)) {
		has_any = true;
	}
	return has_any && at == x->groups.size;
}

/* ---- values ---- */

bool dsmr_number(struct slice text, struct decimal *ret_number, struct slice *ret_unit)
{
	struct decimal d = {0, 0};
	const uint8_t *s = text.data;
	size_t at = text.size > 0 && s[0] == '-', digits = 0;
	bool is_negative = at > 0, is_behind = false;
	for (; at < text.size && s[at] != '*'; at++) {
		if (s[at] == '.' && !is_behind && digits > 0) {
			is_behind = true;
			continue;
		}
		if (!isdigit(s[at])) {
			return false;
		}
		d.mantissa = d.mantissa * 10 + (s[at] - '0');
		d.exponent -= is_behind;
		digits++;
		if (d.mantissa >= INT64_C(100000000000000000)) {
			return false;
		}
	}
	if (digits == 0 || digits > 2 * DIGITS_MAX) {
		return false;
	}
	d.mantissa = is_negative ? -d.mantissa : d.mantissa;
	*ret_number = d;
	*ret_unit = at < text.size ? (struct slice){s + at + 1, text.size - at - 1} :
				     (struct slice){NULL, 0};
	return true;
}

static int two(const uint8_t *s)
{
	return isdigit(s[0]) && isdigit(s[1]) ? (s[0] - '0') * 10 + (s[1] - '0') : -1;
}

bool dsmr_time(struct slice text, struct dsmr_time *ret_time)
{
	int v[6];
	if (text.size != 12 && text.size != 13) {
		return false;
	}
	for (int i = 0; i < 6; i++) {
		v[i] = two(text.data + 2 * i);
	}
	char season = text.size == 13 ? (char)text.data[12] : 0;
	struct civil c = {2000 + v[0], v[1], v[2], v[3], v[4], v[5]};
	if (v[0] < 0 || v[0] >= 70 || v[1] < 1 || v[1] > 12 || v[2] < 1 ||
		v[2] > civil_month_days(c.year, c.month) || v[3] < 0 || v[3] > 23 || v[4] < 0 ||
		v[4] > 59 || v[5] < 0 || v[5] > 59 || (season && season != 'S' && season != 'W')) {
		return false;
	}
	*ret_time = (struct dsmr_time){c, season};
	return true;
}

static int nibble(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

void dsmr_text(struct slice digits, char *to, size_t cap)
{
	size_t n = 0;
	bool is_hex = digits.size > 0 && digits.size % 2 == 0;
	for (size_t i = 0; is_hex && i < digits.size; i += 2) {
		int high = nibble(digits.data[i]), low = nibble(digits.data[i + 1]);
		int c = high < 0 || low < 0 ? 0 : high << 4 | low;
		is_hex = c >= 0x20 && c < 0x7f;
		if (is_hex && n + 1 < cap) {
			to[n++] = (char)c;
		}
	}
	for (size_t i = 0; !is_hex && i < digits.size; i++) {
		n = i ? n : 0;
		if (n + 1 < cap) {
			bool is_plain = digits.data[i] >= 0x20 && digits.data[i] < 0x7f;
			to[n++] = is_plain ? (char)digits.data[i] : '?';
		}
	}
	to[digits.size ? n : 0] = 0;
}

bool dsmr_unit(struct slice text, enum unit *ret_unit)
{
	return unit_from_text((const char *)text.data, text.size, TEXT_UTF8, ret_unit);
}

/* ---- who ---- */

bool dsmr_is(const struct dsmr_object *x, unsigned b, unsigned c, unsigned d, unsigned e)
{
	const uint8_t *v = x->code.v;
	return v[OBIS_A] == 0 && v[OBIS_B] == b && v[OBIS_C] == c && v[OBIS_D] == d &&
	       v[OBIS_E] == e;
}

void dsmr_serial(const struct dsmr_telegram *t, char *to, size_t cap)
{
	/* E 255: EasyMeter; 42: Luxembourg's name of the device */
	static const struct {
		uint8_t c, d, e;
	} places[] = {{96, 1, 1}, {96, 1, 0}, {96, 1, 255}, {42, 0, 0}};
	to[0] = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !to[0]; i++) {
		struct reader r = reader_of(t->objects);
		struct dsmr_object x;
		struct slice text;
		while (!to[0] && !dsmr_next(&r, &x)) {
			if (dsmr_is(&x, 0, places[i].c, places[i].d, places[i].e) &&
				dsmr_group(&x, 0, &text)) {
				dsmr_text(text, to, cap);
			}
		}
	}
}

/* ---- meters behind it ---- */

/* "(time)(value*unit)", or before version 4 "(time)(..)(60)(1)(0-1:24.2.1)(m3)(value)". */
static void take_reading(const struct dsmr_object *x, bool is_old, struct dsmr_channel *c)
{
	struct slice time, text, unit;
	if (!dsmr_group(x, 0, &time) || !dsmr_time(time, &c->time) || !dsmr_last_group(x, &text) ||
		!dsmr_number(text, &c->number, &unit)) {
		return; /* nothing was ever received */
	}
	bool has_unit = is_old ? dsmr_group(x, 5, &unit) : unit.size > 0;
	c->has_value = has_unit && dsmr_unit(unit, &c->unit);
}

static enum quantity quantity_of(const struct dsmr_channel *c)
{
	static const struct {
		int type;
		enum quantity quantity;
	} types[] = {{2, QUANTITY_ACTIVE_ENERGY}, {3, QUANTITY_GAS}, {4, QUANTITY_HEAT_ENERGY},
		{6, QUANTITY_HOT_WATER}, {7, QUANTITY_COLD_WATER}, {10, QUANTITY_COOLING_ENERGY},
		{11, QUANTITY_COOLING_ENERGY}, {12, QUANTITY_HEAT_ENERGY}};
	enum dimension d = unit_dimension(c->unit);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == c->type &&
			unit_dimension(quantity_unit(types[i].quantity)) == d) {
			return types[i].quantity;
		}
	}
	return d == DIM_VOLUME ? QUANTITY_VOLUME :
	       d == DIM_ENERGY ? QUANTITY_ENERGY :
				 QUANTITY_UNKNOWN;
}

void dsmr_channel(const struct dsmr_telegram *t, unsigned n, struct dsmr_channel *ret_channel)
{
	struct reader r = reader_of(t->objects);
	struct dsmr_object x;
	struct slice text, unit;
	struct decimal type;
	struct dsmr_channel c = {.type = -1};
	while (!dsmr_next(&r, &x)) {
		if (dsmr_is(&x, n, 24, 1, 0) && dsmr_group(&x, 0, &text) &&
			dsmr_number(text, &type, &unit) && type.mantissa < 256) {
			c.type = (int)type.mantissa;
		} else if (dsmr_is(&x, n, 24, 2, 1) || dsmr_is(&x, n, 24, 2, 3)) {
			take_reading(&x, false, &c);
		} else if (dsmr_is(&x, n, 24, 3, 0)) {
			take_reading(&x, true, &c);
		}
	}
	c.quantity = c.has_value ? quantity_of(&c) : QUANTITY_UNKNOWN;
	*ret_channel = c;
}
