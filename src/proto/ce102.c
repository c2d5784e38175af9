/*
 * ce102.c - frames of the CE102 protocol; see ce102.h
 */
#include "proto/ce102.h"
#include "proto/bcd.h"

#include <string.h>

#define MARK      0xc0
#define ESCAPE    0xdb
#define ESCAPED_C 0xdc /* after ESCAPE: MARK */
#define ESCAPED_D 0xdd /* ESCAPE itself */
#define OPTIONS   0x48 /* 16-bit addresses, CRC-8 */
#define HEAD      5    /* options and addresses */
#define PASSWORD  4
#define SERVICE   3 /* class and command */

uint8_t ce102_crc8(struct slice bytes)
{
	unsigned crc = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		crc ^= bytes.data[i];
		for (int k = 0; k < 8; k++) {
			crc = (crc << 1 ^ (crc & 0x80 ? 0xb5u : 0)) & 0xff;
		}
	}
	return (uint8_t)crc;
}

uint32_t ce102_number(const uint8_t *bytes, size_t n)
{
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++) {
		v |= (uint32_t)bytes[i] << 8 * i;
	}
	return v;
}

void ce102_number_put(uint32_t v, size_t n, uint8_t *to)
{
	for (size_t i = 0; i < n; i++) {
		to[i] = (uint8_t)(v >> 8 * i);
	}
}

static void stuff(struct ce102_out *out, uint8_t byte)
{
	if (byte == MARK || byte == ESCAPE) {
		out->data[out->size++] = ESCAPE;
		byte = byte == MARK ? ESCAPED_C : ESCAPED_D;
	}
	out->data[out->size++] = byte;
}

void ce102_encode(const struct ce102_frame *f, struct ce102_out *ret)
{
	uint8_t plain[CE102_PLAIN_MAX] = {OPTIONS};
	size_t n = HEAD;
	ce102_number_put(f->to, 2, plain + 1);
	ce102_number_put(f->from, 2, plain + 3);
	if (f->is_request) {
		ce102_number_put(f->password, PASSWORD, plain + n);
		n += PASSWORD;
	}
	uint8_t size = f->size < CE102_DATA_MAX ? f->size : CE102_DATA_MAX;
	plain[n++] = (uint8_t)((f->is_request ? 0x80 : 0) | f->class << 4 | size);
	plain[n++] = (uint8_t)(f->command >> 8);
	plain[n++] = (uint8_t)f->command;
	memcpy(plain + n, f->data, size);
	n += size;
	plain[n] = ce102_crc8((struct slice){plain, n});
	n++;
	*ret = (struct ce102_out){.data = {MARK}, .size = 1};
	for (size_t i = 0; i < n; i++) {
		stuff(ret, plain[i]);
	}
	ret->data[ret->size++] = MARK;
}

/* What stands between the marks. 0: not stuffed as it must be, or too long. */
static size_t unstuff(struct slice s, uint8_t plain[static CE102_PLAIN_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s.size; i++, n++) {
		uint8_t byte = s.data[i];
		if (n == CE102_PLAIN_MAX) {
			return 0;
		}
		if (byte == ESCAPE) {
			byte = ++i < s.size ? s.data[i] : 0;
			if (byte != ESCAPED_C && byte != ESCAPED_D) {
				return 0;
			}
			byte = byte == ESCAPED_C ? MARK : ESCAPE;
		}
		plain[n] = byte;
	}
	return n;
}

enum err ce102_decode(struct slice bytes, bool is_request, struct ce102_frame *ret)
{
	uint8_t plain[CE102_PLAIN_MAX];
	size_t at = HEAD + (is_request ? PASSWORD : 0);
	if (bytes.size < 3 || bytes.data[0] != MARK || bytes.data[bytes.size - 1] != MARK) {
		return ERR_PROTO;
	}
	size_t n = unstuff((struct slice){bytes.data + 1, bytes.size - 2}, plain);
	if (n < at + SERVICE + 1 || plain[0] != OPTIONS ||
		ce102_crc8((struct slice){plain, n}) != 0) {
		return ERR_PROTO;
	}
	struct ce102_frame f = {.is_request = (plain[at] & 0x80) != 0,
		.to = (uint16_t)ce102_number(plain + 1, 2),
		.from = (uint16_t)ce102_number(plain + 3, 2),
		.password = is_request ? ce102_number(plain + HEAD, PASSWORD) : 0,
		.class = (enum ce102_class)(plain[at] >> 4 & 7),
		.command = (uint16_t)(plain[at + 1] << 8 | plain[at + 2]),
		.size = plain[at] & 15};
	if (f.is_request != is_request || n != at + SERVICE + f.size + 1 ||
		(f.class != CE102_CLASS_COMMAND && f.class != CE102_CLASS_ERROR)) {
		return ERR_PROTO;
	}
	memcpy(f.data, plain + at + SERVICE, f.size);
	*ret = f;
	return ERR_OK;
}

enum ce102_cut ce102_cut(struct slice s, bool is_request, size_t *ret_size)
{
	struct ce102_frame f;
	*ret_size = 1;
	if (s.size > 0 && s.data[0] != MARK) {
		return CE102_CUT_JUNK;
	}
	const uint8_t *end = s.size > 1 ? memchr(s.data + 1, MARK, s.size - 1) : NULL;
	if (!end) {
		if (s.size >= CE102_FRAME_MAX) {
			return CE102_CUT_JUNK;
		}
		*ret_size = s.size + 1;
		return CE102_CUT_MORE;
	}
	size_t n = (size_t)(end - s.data) + 1;
	if (ce102_decode((struct slice){s.data, n}, is_request, &f)) {
		return CE102_CUT_JUNK;
	}
	*ret_size = n;
	return CE102_CUT_FULL;
}

/* ---- what the data are made of ---- */

bool ce102_time(const uint8_t *b, struct civil *ret)
{
	struct civil c = {.second = bcd_get(b[0]),
		.minute = bcd_get(b[1]),
		.hour = bcd_get(b[2]),
		.day = bcd_get(b[4]),
		.month = bcd_get(b[5]),
		.year = 2000 + bcd_get(b[6])};
	bool is_time = c.second >= 0 && c.second < 60 && c.minute >= 0 && c.minute < 60 &&
		       c.hour >= 0 && c.hour < 24 && c.day >= 1 && c.day <= 31 && c.month >= 1 &&
		       c.month <= 12 && c.year >= 2000;
	*ret = c;
	return is_time;
}

void ce102_time_put(const struct civil *c, uint8_t *to)
{
	to[0] = bcd_put(c->second);
	to[1] = bcd_put(c->minute);
	to[2] = bcd_put(c->hour);
	to[3] = (uint8_t)civil_weekday(*c);
	to[4] = bcd_put(c->day);
	to[5] = bcd_put(c->month);
	to[6] = bcd_put(c->year % 100);
}

const char *ce102_error_text(int code)
{
	switch (code) {
	case 0x00: return "does not know the command";
	case 0x01: return "found the request damaged";
	case 0x02: return "wants a password of a higher level";
	case 0x03: return "wants other parameters";
	case 0x04: return "is configured not to allow it";
	case 0x05: return "wants its Access button pressed";
	case 0x10: return "refuses the value of a parameter";
	case 0x20: return "has no such record";
	case 0x40: return "has a wrong tariff program";
	case 0x80: return "has an error of its external memory";
	default: return "refuses";
	}
}
