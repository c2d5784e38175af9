/*
 * hdlc.c - HDLC frames of DLMS meters; see hdlc.h
 */
#include "proto/hdlc.h"

#include "proto/crc.h"

#include <string.h>

#define FLAG     0x7e
#define TYPE_3   0xa0
#define LEN_MIN  7 /* format, two addresses of a byte, control, FCS */
#define CRC_SIZE 2

static bool is_type_3(uint8_t format)
{
	return (format & 0xf0) == TYPE_3;
}

static bool checks(struct slice bytes)
{
	struct slice body = {bytes.data, bytes.size - CRC_SIZE};
	uint16_t crc = crc16_x25(body);
	return bytes.data[body.size] == (crc & 0xff) && bytes.data[body.size + 1] == crc >> 8;
}

enum hdlc_cut hdlc_cut(struct slice so_far, size_t *ret_size)
{
	const uint8_t *b = so_far.data;
	*ret_size = 1;
	if (so_far.size == 0) {
		return HDLC_CUT_MORE;
	}
	if (b[0] != FLAG || (so_far.size > 1 && !is_type_3(b[1]))) {
		return HDLC_CUT_JUNK;
	}
	*ret_size = LEN_MIN + 2;
	if (so_far.size < 3) {
		return HDLC_CUT_MORE;
	}
	size_t len = (size_t)(b[1] & 7) << 8 | b[2];
	*ret_size = len + 2;
	if (len < LEN_MIN) {
		*ret_size = 1;
		return HDLC_CUT_JUNK;
	}
	if (so_far.size < len + 2) {
		return HDLC_CUT_MORE;
	}
	if (b[len + 1] != FLAG || !checks((struct slice){b + 1, len})) {
		*ret_size = 1;
		return HDLC_CUT_JUNK;
	}
	if (so_far.size > len + 2 && is_type_3(b[len + 2])) {
		*ret_size = len + 1; /* the next frame begins with our flag */
	}
	return HDLC_CUT_FULL;
}

static bool address_get(struct reader *r, struct hdlc_address *ret)
{
	*ret = (struct hdlc_address){.size = 0};
	while (ret->size < HDLC_ADDRESS_MAX && reader_left(r) > 0) {
		uint8_t b = reader_u8(r);
		ret->bytes[ret->size++] = b;
		if (b & 1) {
			return ret->size != 3;
		}
	}
	return false;
}

enum err hdlc_decode(struct slice bytes, struct hdlc_frame *ret)
{
	struct hdlc_frame f = {.control = 0};
	if (bytes.size < LEN_MIN + 1 || bytes.data[0] != FLAG || !is_type_3(bytes.data[1])) {
		return ERR_PROTO;
	}
	size_t len = (size_t)(bytes.data[1] & 7) << 8 | bytes.data[2];
	if (len < LEN_MIN || bytes.size < len + 1 || !checks((struct slice){bytes.data + 1, len})) {
		return ERR_PROTO;
	}
	struct reader r = reader_of((struct slice){bytes.data + 1, len - CRC_SIZE});
	f.is_segmented = reader_u16be(&r) & 0x0800;
	if (!address_get(&r, &f.dest) || !address_get(&r, &f.source)) {
		return ERR_PROTO;
	}
	f.control = reader_u8(&r);
	if (r.is_short) {
		return ERR_PROTO;
	}
	if (reader_left(&r) > 0) {
		if (reader_left(&r) < CRC_SIZE ||
			!checks((struct slice){bytes.data + 1, r.at + CRC_SIZE})) {
			return ERR_PROTO;
		}
		(void)reader_u16le(&r);
		f.info = reader_bytes(&r, reader_left(&r));
	}
	*ret = f;
	return ERR_OK;
}

static size_t put_crc(uint8_t *out, size_t n)
{
	uint16_t crc = crc16_x25((struct slice){out + 1, n - 1});
	out[n] = (uint8_t)crc;
	out[n + 1] = (uint8_t)(crc >> 8);
	return n + CRC_SIZE;
}

size_t hdlc_encode(const struct hdlc_frame *f, uint8_t out[static HDLC_FRAME_MAX])
{
	size_t head = 2u + f->dest.size + f->source.size + 1;
	size_t len = head + CRC_SIZE + (f->info.size ? CRC_SIZE + f->info.size : 0);
	size_t n = 3;
	if (len > 0x7ff || f->info.size > HDLC_INFO_MAX) {
		return 0;
	}
	out[0] = FLAG;
	out[1] = (uint8_t)(TYPE_3 | (f->is_segmented ? 8 : 0) | len >> 8);
	out[2] = (uint8_t)len;
	memcpy(out + n, f->dest.bytes, f->dest.size);
	n += f->dest.size;
	memcpy(out + n, f->source.bytes, f->source.size);
	n += f->source.size;
	out[n++] = f->control;
	if (f->info.size) {
		n = put_crc(out, n);
		memcpy(out + n, f->info.data, f->info.size);
		n += f->info.size;
	}
	n = put_crc(out, n);
	out[n++] = FLAG;
	return n;
}

struct hdlc_address hdlc_client(unsigned sap)
{
	return (struct hdlc_address){{(uint8_t)(sap << 1 | 1)}, 1};
}

struct hdlc_address hdlc_server(unsigned upper, unsigned lower, int size)
{
	struct hdlc_address a = {.size = (uint8_t)size};
	if (size == 0) {
		a.size = upper > 0x7f || lower > 0x7f ? 4 : lower ? 2 : 1;
	}
	switch (a.size) {
	case 1: a.bytes[0] = (uint8_t)(upper << 1 | 1); break;
	case 2:
		a.bytes[0] = (uint8_t)(upper << 1 & 0xfe);
		a.bytes[1] = (uint8_t)(lower << 1 | 1);
		break;
	default:
		a.size = 4;
		a.bytes[0] = (uint8_t)(upper >> 7 << 1);
		a.bytes[1] = (uint8_t)(upper << 1 & 0xfe);
		a.bytes[2] = (uint8_t)(lower >> 7 << 1);
		a.bytes[3] = (uint8_t)(lower << 1 | 1);
	}
	return a;
}

bool hdlc_address_equal(const struct hdlc_address *a, const struct hdlc_address *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* ---- limits ---- */

size_t hdlc_limits_put(const struct hdlc_limits *l, uint8_t out[static HDLC_LIMITS_MAX])
{
	const unsigned values[] = {l->info_out, l->info_in, l->window_out, l->window_in};
	size_t n = 3;
	out[0] = 0x81;
	out[1] = 0x80;
	for (size_t i = 0; i < 4; i++) {
		size_t size = i >= 2 ? 4 : values[i] < 0x100 ? 1 : 2;
		out[n++] = (uint8_t)(5 + i);
		out[n++] = (uint8_t)size;
		for (size_t k = size; k > 0; k--) {
			out[n++] = (uint8_t)(values[i] >> 8 * (k - 1));
		}
	}
	out[2] = (uint8_t)(n - 3);
	return n;
}

bool hdlc_limits_get(struct slice info, struct hdlc_limits *ret)
{
	struct hdlc_limits l = {HDLC_INFO_LEAST, HDLC_INFO_LEAST, 1, 1};
	unsigned *const places[] = {&l.info_out, &l.info_in, &l.window_out, &l.window_in};
	struct reader r = reader_of(info);
	if (info.size > 0) {
		if (reader_u8(&r) != 0x81 || reader_u8(&r) != 0x80) {
			return false;
		}
		(void)reader_u8(&r);
	}
	while (reader_left(&r) > 0) {
		unsigned id = reader_u8(&r), size = reader_u8(&r), v = 0;
		for (unsigned i = 0; i < size; i++) {
			v = v << 8 | reader_u8(&r);
		}
		if (r.is_short || size > 4) {
			return false;
		}
		if (id >= 5 && id <= 8) {
			*places[id - 5] = v;
		}
	}
	*ret = l;
	return true;
}
