/*
 * spbus.c - frames and tags of the Logika SPBus; see spbus.h
 *
 *   10 01 | DAD SAD  10 1F FNC text  10 02 body  10 03 | CRC CRC
 *         |<------------- under the checksum --------->|
 */
#include "proto/spbus.h"

#include "base/str.h"
#include "proto/crc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DLE      0x10
#define SOH      0x01
#define ISI      0x1f
#define STX      0x02
#define ETX      0x03
#define HT       0x09
#define FF       0x0c
#define IDLE     0xff
#define IDLE_MAX 32 /* bytes FF before a frame */

/* ---- frames in ---- */

/* Where the parts of a frame stand. */
struct places {
	struct spbus_head head;
	size_t sum_from; /* of the checksum */
	size_t body, etx;
	size_t size;
};

static const struct spbus_cut more = {SPBUS_CUT_MORE, 0};
static const struct spbus_cut junk = {SPBUS_CUT_JUNK, 1};

/* FULL here: two bytes stand at `at` and are these. */
static enum spbus_cut_state pair_at(struct slice s, size_t at, uint8_t a, uint8_t b)
{
	if (at >= s.size) {
		return SPBUS_CUT_MORE;
	}
	if (s.data[at] != a) {
		return SPBUS_CUT_JUNK;
	}
	if (at + 1 >= s.size) {
		return SPBUS_CUT_MORE;
	}
	return s.data[at + 1] == b ? SPBUS_CUT_FULL : SPBUS_CUT_JUNK;
}

/* One address byte at *at, moved behind it. */
static enum spbus_cut_state address_at(struct slice s, size_t *at, uint8_t *ret_address)
{
	if (*at >= s.size) {
		return SPBUS_CUT_MORE;
	}
	*ret_address = s.data[*at];
	if (*ret_address == DLE) {
		enum spbus_cut_state state = pair_at(s, *at, DLE, DLE);
		*at += 2;
		return state;
	}
	*at += 1;
	return SPBUS_CUT_FULL;
}

/* Addresses, 10 1F and the function; *at moves behind them. */
static enum spbus_cut_state head_at(struct slice s, size_t *at, struct spbus_head *h)
{
	enum spbus_cut_state state = pair_at(s, *at, DLE, ISI);
	if (state == SPBUS_CUT_MORE) {
		return state;
	}
	if (state == SPBUS_CUT_JUNK) {
		h->has_address = true;
		state = address_at(s, at, &h->to);
		if (state == SPBUS_CUT_FULL) {
			state = address_at(s, at, &h->from);
		}
		if (state == SPBUS_CUT_FULL) {
			state = pair_at(s, *at, DLE, ISI);
		}
	}
	if (state != SPBUS_CUT_FULL) {
		return state;
	}
	if (*at + 2 >= s.size) {
		return SPBUS_CUT_MORE;
	}
	h->function = s.data[*at + 2];
	*at += 3;
	return SPBUS_CUT_FULL;
}

/* From behind the function to 10 03; a frame may lack the body. */
static enum spbus_cut_state body_at(struct slice s, size_t at, struct places *p)
{
	size_t text = at;
	while (at < s.size && s.data[at] != DLE) {
		if (++at - text > SPBUS_TEXT_MAX) {
			return SPBUS_CUT_JUNK;
		}
	}
	p->head.text = (struct slice){s.data + text, at - text};
	enum spbus_cut_state state = pair_at(s, at, DLE, STX);
	if (state == SPBUS_CUT_JUNK) {
		p->body = p->etx = at;
		return pair_at(s, at, DLE, ETX);
	}
	if (state == SPBUS_CUT_MORE) {
		return state;
	}
	p->body = at + 2;
	for (at = p->body; at + 1 < s.size; at++) {
		if (s.data[at] == DLE && s.data[at + 1] == ETX) {
			p->etx = at;
			return SPBUS_CUT_FULL;
		}
	}
	return s.size < SPBUS_CAP ? SPBUS_CUT_MORE : SPBUS_CUT_JUNK;
}

static enum spbus_cut_state look(struct slice s, struct places *ret_places)
{
	struct places p = {.size = 0};
	size_t at = 0;
	while (at < s.size && at < IDLE_MAX && s.data[at] == IDLE) {
		at++;
	}
	enum spbus_cut_state state = pair_at(s, at, DLE, SOH);
	p.sum_from = at += 2;
	if (state == SPBUS_CUT_FULL) {
		state = head_at(s, &at, &p.head);
	}
	if (state == SPBUS_CUT_FULL) {
		state = body_at(s, at, &p);
	}
	if (state != SPBUS_CUT_FULL) {
		return state;
	}
	p.size = p.etx + 4;
	if (p.size > SPBUS_CAP) {
		return SPBUS_CUT_JUNK;
	}
	if (p.size > s.size) {
		return SPBUS_CUT_MORE;
	}
	/* over a message and its checksum the sum is zero */
	if (crc16_xmodem((struct slice){s.data + p.sum_from, p.size - p.sum_from}) != 0) {
		return SPBUS_CUT_JUNK;
	}
	*ret_places = p;
	return SPBUS_CUT_FULL;
}

struct spbus_cut spbus_cut(struct slice so_far)
{
	struct places p;
	switch (look(so_far, &p)) {
	case SPBUS_CUT_MORE: return more;
	case SPBUS_CUT_FULL: return (struct spbus_cut){SPBUS_CUT_FULL, p.size};
	case SPBUS_CUT_JUNK: break;
	}
	return junk;
}

bool spbus_unwrap(struct slice frame, struct spbus_head *ret_head, struct slice *ret_body)
{
	struct places p;
	if (look(frame, &p) != SPBUS_CUT_FULL || p.size != frame.size) {
		return false;
	}
	*ret_head = p.head;
	*ret_body = (struct slice){frame.data + p.body, p.etx - p.body};
	return true;
}

/* ---- frames out ---- */

void spbus_bytes(struct spbus_out *o, struct slice bytes)
{
	if (o->is_full || bytes.size > sizeof(o->data) - o->size) {
		o->is_full = true;
		return;
	}
	if (bytes.size) {
		memcpy(o->data + o->size, bytes.data, bytes.size);
		o->size += bytes.size;
	}
}

static void put_u8(struct spbus_out *o, uint8_t v)
{
	spbus_bytes(o, (struct slice){&v, 1});
}

static void put_pair(struct spbus_out *o, uint8_t a, uint8_t b)
{
	put_u8(o, a);
	put_u8(o, b);
}

static void put_address(struct spbus_out *o, uint8_t address)
{
	if (address == DLE) {
		put_u8(o, DLE);
	}
	put_u8(o, address);
}

void spbus_begin(struct spbus_out *o, const struct spbus_head *head)
{
	o->size = 0;
	o->is_full = false;
	put_pair(o, DLE, SOH);
	if (head->has_address) {
		put_address(o, head->to);
		put_address(o, head->from);
	}
	put_pair(o, DLE, ISI);
	put_u8(o, head->function);
	spbus_bytes(o, head->text);
	put_pair(o, DLE, STX);
	o->body = o->size;
}

void spbus_field(struct spbus_out *o, struct slice text)
{
	put_u8(o, HT);
	spbus_bytes(o, text);
}

void spbus_field_int(struct spbus_out *o, int v)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", v);
	spbus_field(o, (struct slice){(const uint8_t *)text, (size_t)n});
}

void spbus_tag_end(struct spbus_out *o)
{
	put_u8(o, FF);
}

void spbus_pointer(struct spbus_out *o, int channel, int parameter)
{
	spbus_field_int(o, channel);
	spbus_field_int(o, parameter);
	spbus_tag_end(o);
}

void spbus_date(struct spbus_out *o, const struct civil *c)
{
	spbus_field_int(o, c->day);
	spbus_field_int(o, c->month);
	spbus_field_int(o, c->year);
	spbus_field_int(o, c->hour);
	spbus_field_int(o, c->minute);
	spbus_field_int(o, c->second);
	spbus_tag_end(o);
}

struct slice spbus_body(const struct spbus_out *o)
{
	return (struct slice){o->data + o->body, o->size - o->body};
}

struct slice spbus_end(struct spbus_out *o)
{
	put_pair(o, DLE, ETX);
	if (!o->is_full) {
		uint16_t crc = crc16_xmodem((struct slice){o->data + 2, o->size - 2});
		put_pair(o, (uint8_t)(crc >> 8), (uint8_t)crc);
	}
	return (struct slice){o->data, o->is_full ? 0 : o->size};
}

/* ---- tags ---- */

bool spbus_tag_next(struct reader *body, struct spbus_tag *ret_tag)
{
	struct spbus_tag tag = {.n = 0};
	if (reader_left(body) == 0) {
		return false;
	}
	const uint8_t *d = body->in.data;
	size_t at = body->at, end = body->in.size;
	while (at < end && d[at] == HT && tag.n < SPBUS_FIELDS_MAX) {
		size_t from = ++at;
		while (at < end && d[at] != HT && d[at] != FF) {
			at++;
		}
		tag.field[tag.n++] = (struct slice){d + from, at - from};
	}
	if (tag.n == 0 || at >= end || d[at] != FF) {
		body->is_short = true;
		return false;
	}
	body->at = at + 1;
	*ret_tag = tag;
	return true;
}

static struct slice trimmed(struct slice s)
{
	while (s.size > 0 && s.data[0] == ' ') {
		s.data++;
		s.size--;
	}
	while (s.size > 0 && s.data[s.size - 1] == ' ') {
		s.size--;
	}
	return s;
}

bool spbus_int(struct slice field, int *ret_v)
{
	struct slice s = trimmed(field);
	int v = 0;
	for (size_t i = 0; i < s.size; i++) {
		if (s.data[i] < '0' || s.data[i] > '9') {
			return false;
		}
		v = v * 10 + (s.data[i] - '0');
		if (v > 65535) {
			return false;
		}
	}
	*ret_v = v;
	return s.size > 0;
}

double spbus_number(struct slice field, int *ret_decimals)
{
	char text[40];
	struct slice s = trimmed(field);
	double v;
	*ret_decimals = -1;
	if (s.size > 0 && s.data[0] == '+') {
		s.data++;
		s.size--;
	}
	if (s.size == 0 || s.size >= sizeof(text)) {
		return NAN;
	}
	memcpy(text, s.data, s.size);
	text[s.size] = 0;
	if (strspn(text, "0123456789.-+eE") != s.size || str_to_double(text, &v)) {
		return NAN;
	}
	if (!strpbrk(text, "eE")) {
		const char *point = strchr(text, '.');
		*ret_decimals = point ? (int)strlen(point + 1) : 0;
	}
	return v;
}

bool spbus_is_error(struct slice field)
{
	struct slice s = trimmed(field);
	return s.size > 0 && s.data[s.size - 1] == '?';
}

bool spbus_is_no_data(struct slice field)
{
	static const uint8_t text[] = {
		0x8d, 0xa5, 0xe2, ' ', 0xa4, 0xa0, 0xad, 0xad, 0xeb, 0xe5, '?'};
	struct slice s = trimmed(field);
	return s.size == sizeof(text) && memcmp(s.data, text, sizeof(text)) == 0;
}

bool spbus_tag_equals(const struct spbus_tag *a, const struct spbus_tag *b)
{
	if (a->n != b->n) {
		return false;
	}
	for (unsigned i = 0; i < a->n; i++) {
		int x, y;
		if (!spbus_int(a->field[i], &x) || !spbus_int(b->field[i], &y)) {
			return false;
		}
		bool is_year = a->n == 6 && i == 2;
		if (is_year ? x % 100 != y % 100 : x != y) {
			return false;
		}
	}
	return true;
}

/* ---- dates ---- */

static bool civil_of(const int n[static 6], struct civil *ret_c)
{
	struct civil c = {.year = n[2] < 100 ? 2000 + n[2] : n[2],
		.month = n[1],
		.day = n[0],
		.hour = n[3],
		.minute = n[4],
		.second = n[5]};
	if (c.year < 2000 || c.year > 2099 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > civil_month_days(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
		c.second > 59) {
		return false;
	}
	*ret_c = c;
	return true;
}

bool spbus_tag_date(const struct spbus_tag *tag, struct civil *ret_c)
{
	int n[6];
	for (unsigned i = 0; i < 6; i++) {
		if (tag->n != 6 || !spbus_int(tag->field[i], &n[i])) {
			return false;
		}
	}
	return civil_of(n, ret_c);
}

bool spbus_text_numbers(struct slice text, unsigned n, int *ret_numbers)
{
	unsigned found = 0;
	for (size_t i = 0; i < text.size;) {
		size_t from = i;
		while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9') {
			i++;
		}
		if (i == from) {
			i++;
			continue;
		}
		if (found == n || !spbus_int((struct slice){text.data + from, i - from},
					  &ret_numbers[found])) {
			return false;
		}
		found++;
	}
	return found == n;
}

bool spbus_text_stamp(struct slice text, struct civil *ret_c)
{
	int n[6];
	return spbus_text_numbers(text, 6, n) && civil_of(n, ret_c);
}
