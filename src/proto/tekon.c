/*
 * tekon.c - requests, numbers and archive rings of Tekon devices; see tekon.h
 */
#include "proto/tekon.h"

#include <math.h>
#include <string.h>

#define CMD_READ          0x01
#define CMD_READ_SLAVE    0x11
#define CMD_TUNNEL        0x14
#define CMD_INDEXED       0x15
#define CMD_LEVEL         0x17
#define CMD_INDEXED_SLAVE 0x19
#define CMD_AUTHORISE     0x1b

/* Behind the length and the device of a tunnel. */
#define TUNNEL_WRITE   0x03
#define TUNNEL_LEVEL   0x05
#define TUNNEL_JOURNAL 0x08

#define DAY_S          86400

/* ---- requests out ---- */

struct body {
	uint8_t bytes[FT12_DATA_MAX];
	size_t n;
};

static void put(struct body *b, unsigned v)
{
	b->bytes[b->n++] = (uint8_t)v;
}

static void put_number(struct body *b, const struct tekon_request *q, uint16_t number)
{
	put(b, q->is_high_first ? number >> 8 : number & 0xffU);
	put(b, q->is_high_first ? number & 0xffU : number >> 8);
}

static void put_data(struct body *b, struct slice data)
{
	if (data.size) {
		memcpy(b->bytes + b->n, data.data, data.size);
		b->n += data.size;
	}
}

static void put_indexed(struct body *b, const struct tekon_request *q)
{
	put(b, q->has_adapter ? CMD_INDEXED_SLAVE : CMD_INDEXED);
	if (q->has_adapter) {
		put(b, q->device);
	}
	put_number(b, q, q->number);
	put_number(b, q, q->index);
	if (q->count) {
		put(b, q->count);
	}
}

/* False: what this way does not carry. */
static bool put_tunnel(struct body *b, const struct tekon_request *q)
{
	put(b, CMD_TUNNEL);
	switch (q->what) {
	case TEKON_LEVEL:
		put(b, 3);
		put(b, q->device);
		put(b, TUNNEL_LEVEL);
		put(b, q->level);
		return true;
	case TEKON_WRITE:
		if (q->data.size > FT12_DATA_MAX - 6) {
			return false;
		}
		put(b, (unsigned)q->data.size + 4);
		put(b, q->device);
		put(b, TUNNEL_WRITE);
		put_number(b, q, q->number);
		put_data(b, q->data);
		return true;
	case TEKON_JOURNAL:
		put(b, 6);
		put(b, q->device);
		put(b, TUNNEL_JOURNAL);
		put_number(b, q, q->number);
		put_number(b, q, q->index);
		return true;
	default: return false;
	}
}

/* The four bytes of a fixed frame and what stands in the place of its address. */
static uint8_t put_fixed(struct body *b, const struct tekon_request *q)
{
	uint8_t address = q->has_adapter ? q->adapter : q->device;
	if (q->what == TEKON_LEVEL) {
		put(b, CMD_LEVEL);
		put(b, q->level);
		put(b, 0);
		put(b, 0);
		return address;
	}
	bool is_swapped = q->is_command_first && !q->has_adapter;
	if (q->has_adapter) {
		put(b, CMD_READ_SLAVE);
		put(b, q->device);
	} else {
		put(b, is_swapped ? q->device : CMD_READ);
	}
	put_number(b, q, q->number);
	if (!q->has_adapter) {
		put(b, 0);
	}
	return is_swapped ? CMD_READ : address;
}

struct slice tekon_encode(const struct tekon_request *q, unsigned n, struct ft12_out *o)
{
	struct body b = {.n = 0};
	struct ft12_frame f = {.form = FT12_VARIABLE,
		.control = (uint8_t)(FT12_REQUEST | (n & 15U)),
		.address = q->has_adapter ? q->adapter : q->device};
	bool is_known = true;
	switch (q->what) {
	case TEKON_READ:
		f.form = FT12_FIXED;
		f.address = put_fixed(&b, q);
		break;
	case TEKON_READ_INDEXED: put_indexed(&b, q); break;
	case TEKON_LEVEL:
		if (q->has_adapter) {
			is_known = put_tunnel(&b, q);
		} else {
			f.form = FT12_FIXED;
			f.address = put_fixed(&b, q);
		}
		break;
	case TEKON_WRITE:
	case TEKON_JOURNAL: is_known = q->has_adapter && put_tunnel(&b, q); break;
	case TEKON_AUTHORISE:
		is_known = q->has_adapter && q->data.size == TEKON_PASSWORD_N;
		put(&b, CMD_AUTHORISE);
		put_data(&b, is_known ? q->data : (struct slice){NULL, 0});
		break;
	}
	f.data = (struct slice){b.bytes, b.n};
	return is_known ? ft12_encode(&f, o) : (struct slice){o->data, 0};
}

/* ---- requests in ---- */

static uint16_t get_number(struct reader *r, const struct tekon_request *q)
{
	return q->is_high_first ? reader_u16be(r) : reader_u16le(r);
}

static bool get_fixed(const struct ft12_frame *f, struct tekon_request *q)
{
	struct reader r = reader_of(f->data);
	uint8_t command = reader_u8(&r);
	if (command == CMD_LEVEL) {
		q->what = TEKON_LEVEL;
		q->level = reader_u8(&r);
		return true;
	}
	q->what = TEKON_READ;
	if (q->is_command_first && f->address == CMD_READ) {
		q->device = command;
	} else if (command == CMD_READ_SLAVE) {
		q->has_adapter = true;
		q->device = reader_u8(&r);
	} else if (command != CMD_READ) {
		return false;
	}
	q->number = get_number(&r, q);
	return !r.is_short;
}

static bool get_tunnel(struct reader *r, struct tekon_request *q)
{
	size_t left = reader_u8(r);
	q->has_adapter = true;
	q->device = reader_u8(r);
	uint8_t command = reader_u8(r);
	switch (command) {
	case TUNNEL_LEVEL:
		q->what = TEKON_LEVEL;
		q->level = reader_u8(r);
		return left == 3;
	case TUNNEL_WRITE:
		q->what = TEKON_WRITE;
		q->number = get_number(r, q);
		q->data = reader_bytes(r, left >= 4 ? left - 4 : 0);
		return left >= 4;
	case TUNNEL_JOURNAL:
		q->what = TEKON_JOURNAL;
		q->number = get_number(r, q);
		q->index = get_number(r, q);
		return left == 6;
	default: return false;
	}
}

static bool get_variable(const struct ft12_frame *f, struct tekon_request *q)
{
	struct reader r = reader_of(f->data);
	bool is_good = true;
	switch (reader_u8(&r)) {
	case CMD_INDEXED_SLAVE:
		q->has_adapter = true;
		q->device = reader_u8(&r);
		/* fall through */
	case CMD_INDEXED:
		q->what = TEKON_READ_INDEXED;
		q->number = get_number(&r, q);
		q->index = get_number(&r, q);
		q->count = reader_left(&r) ? reader_u8(&r) : 0;
		break;
	case CMD_TUNNEL: is_good = get_tunnel(&r, q); break;
	case CMD_AUTHORISE:
		q->what = TEKON_AUTHORISE;
		q->has_adapter = true;
		q->data = reader_bytes(&r, TEKON_PASSWORD_N);
		break;
	default: return false;
	}
	return is_good && !r.is_short && reader_left(&r) == 0;
}

bool tekon_decode(const struct ft12_frame *f, bool is_command_first, bool is_high_first,
	struct tekon_request *ret_q)
{
	struct tekon_request q = {.adapter = f->address,
		.device = f->address,
		.is_command_first = is_command_first,
		.is_high_first = is_high_first};
	bool is_good = (f->control & 0xf0) == FT12_REQUEST &&
		       ((f->form == FT12_FIXED && get_fixed(f, &q)) ||
			       (f->form == FT12_VARIABLE && get_variable(f, &q)));
	if (is_good) {
		*ret_q = q;
	}
	return is_good;
}

/* ---- numbers ---- */

double tekon_float(const uint8_t *bytes)
{
	uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
			(uint32_t)bytes[3] << 24;
	float v;
	memcpy(&v, &bits, sizeof(v));
	return isfinite(v) ? (double)v : NAN;
}

void tekon_float_put(double v, uint8_t *ret_bytes)
{
	float single = (float)v;
	uint32_t bits = 0xffffffff;
	if (isfinite(single)) {
		memcpy(&bits, &single, sizeof(bits));
	}
	for (int i = 0; i < 4; i++) {
		ret_bytes[i] = (uint8_t)(bits >> 8 * i);
	}
}

double tekon_float17(const uint8_t *bytes)
{
	static const uint8_t none[4] = {0xff, 0xff, 0xff, 0xff};
	if (memcmp(bytes, none, sizeof(none)) == 0) {
		return NAN;
	}
	if (bytes[0] == 0) {
		return 0;
	}
	uint32_t mantissa = (uint32_t)(bytes[1] | 0x80) << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	double v = ldexp((double)mantissa, bytes[0] - 128 - 24);
	return bytes[1] & 0x80 ? -v : v;
}

bool tekon_bcd_get(uint8_t byte, int *ret_v)
{
	*ret_v = (byte >> 4) * 10 + (byte & 15);
	return byte >> 4 <= 9 && (byte & 15) <= 9;
}

uint8_t tekon_bcd_byte(int v)
{
	return (uint8_t)(v / 10 % 10 << 4 | v % 10);
}

double tekon_bcd(struct slice bytes)
{
	double v = 0;
	for (size_t i = bytes.size; i-- > 0;) {
		int digits;
		if (!tekon_bcd_get(bytes.data[i], &digits)) {
			return NAN;
		}
		v = v * 100 + digits;
	}
	return bytes.size ? v : NAN;
}

/* ---- rings ---- */

int tekon_slots(enum period p)
{
	return p == PERIOD_HOUR  ? TEKON_HOURS :
	       p == PERIOD_DAY   ? TEKON_DAYS :
	       p == PERIOD_MONTH ? TEKON_MONTHS :
				   0;
}

static int days_since(int year, const struct civil *c)
{
	int64_t from = civil_to_utc((struct civil){.year = year, .month = 1, .day = 1});
	int64_t at = civil_to_utc(
		(struct civil){.year = c->year, .month = c->month, .day = c->day});
	return (int)((at - from) / DAY_S);
}

int tekon_slot(enum period p, const struct civil *c)
{
	switch (p) {
	case PERIOD_HOUR: return 24 * (days_since(2000, c) % 64) + c->hour;
	case PERIOD_DAY: return days_since(c->year, c);
	case PERIOD_MONTH: return 12 * (c->year % 4) + c->month - 1;
	default: return 0;
	}
}
