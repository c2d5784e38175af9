/*
 * sml_message.c - Smart Message Language: elements and messages; see sml.h
 *
 * What is not understood is skipped by counting elements, not by recursion: no nesting is too deep.
 */
#include "proto/crc.h"
#include "proto/sml.h"

#include <stdio.h>
#include <string.h>

#define HEADS_MAX     4 /* bytes of type and length */
#define END           0x00
#define LEFT_OUT      0x01
#define HEAD_OCTETS   0x00
#define HEAD_BOOL     0x40
#define HEAD_INT      0x50
#define HEAD_UINT     0x60
#define HEAD_LIST     0x70
#define TYPE          0x70
#define LENGTH        0x0f
#define IS_MORE       0x80
#define MESSAGE_PARTS 6
#define LIST_PARTS    7
#define ENTRY_PARTS   7

struct head {
	uint8_t type; /* HEAD_... */
	size_t size;  /* of a list: elements; else bytes of data */
};

/* ---- elements ---- */

static bool take_head(struct reader *r, struct head *ret_head)
{
	uint8_t b = reader_u8(r);
	size_t length = b & LENGTH, heads = 1;
	ret_head->type = b & TYPE;
	while (b & IS_MORE) {
		b = reader_u8(r);
		if (++heads > HEADS_MAX || b & TYPE) {
			return false;
		}
		length = length << 4 | (b & LENGTH);
	}
	bool is_list = ret_head->type == HEAD_LIST;
	if (r->is_short || (!is_list && length < heads)) {
		return false;
	}
	ret_head->size = is_list ? length : length - heads;
	return ret_head->size <= reader_left(r);
}

static bool skip(struct reader *r, size_t elements)
{
	while (elements > 0) {
		struct head h;
		if (!take_head(r, &h)) {
			return false;
		}
		elements--;
		if (h.type == HEAD_LIST) {
			elements += h.size;
		} else {
			(void)reader_bytes(r, h.size);
		}
		if (elements > reader_left(r)) {
			return false;
		}
	}
	return true;
}

static bool take_list(struct reader *r, size_t elements)
{
	struct head h;
	return take_head(r, &h) && h.type == HEAD_LIST && h.size == elements;
}

static struct sml_value integer(struct slice s, bool is_signed)
{
	struct sml_value v = {SML_UINT, (uint8_t)s.size, 0, s};
	uint64_t bits = is_signed && s.data[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < s.size; i++) {
		bits = bits << 8 | s.data[i];
	}
	v.type = is_signed ? SML_INT : bits > INT64_MAX ? SML_NONE : SML_UINT;
	v.number = v.type == SML_NONE ? 0 : (int64_t)bits;
	return v;
}

static bool take_value(struct reader *r, struct sml_value *ret_value)
{
	struct head h;
	*ret_value = (struct sml_value){.type = SML_NONE};
	size_t begin = r->at;
	if (!take_head(r, &h)) {
		return false;
	}
	if (h.type == HEAD_LIST) {
		ret_value->type = SML_OTHER;
		r->at = begin;
		return skip(r, 1);
	}
	struct slice s = reader_bytes(r, h.size);
	switch (h.type) {
	case HEAD_OCTETS:
		*ret_value = (struct sml_value){SML_OCTETS, 0, 0, s};
		if (s.size == 0) {
			ret_value->type = SML_NONE;
		}
		return true;
	case HEAD_BOOL:
		*ret_value = (struct sml_value){SML_BOOL, 1, s.size && s.data[0], s};
		return s.size == 1;
	case HEAD_INT:
	case HEAD_UINT:
		if (s.size < 1 || s.size > 8) {
			return false;
		}
		*ret_value = integer(s, h.type == HEAD_INT);
		return true;
	default: return false;
	}
}

/* Octets, empty where they are left out. */
static bool take_octets(struct reader *r, struct slice *ret_octets)
{
	struct sml_value v;
	if (!take_value(r, &v) || (v.type != SML_OCTETS && v.type != SML_NONE)) {
		return false;
	}
	*ret_octets = v.type == SML_OCTETS ? v.octets : (struct slice){NULL, 0};
	return true;
}

static bool take_uint(struct reader *r, size_t width, uint32_t *ret_number)
{
	struct sml_value v;
	if (!take_value(r, &v) || v.type != SML_UINT || v.width > width) {
		return false;
	}
	*ret_number = (uint32_t)v.number;
	return true;
}

/* A choice of two, or, from some meters, the number alone. */
static bool take_time(struct reader *r, struct sml_time *ret_time)
{
	size_t begin = r->at;
	struct sml_value v;
	*ret_time = (struct sml_time){.type = SML_TIME_NONE};
	if (!take_value(r, &v)) {
		return false;
	}
	if (v.type == SML_OTHER) {
		uint32_t choice, number;
		struct reader in = *r;
		in.at = begin;
		if (take_list(&in, 2) && take_uint(&in, 1, &choice) && take_uint(&in, 4, &number) &&
			in.at == r->at && (choice == 1 || choice == 2)) {
			ret_time->type = choice == 1 ? SML_TIME_INDEX : SML_TIME_UTC;
			ret_time->value = number;
		}
		return true; /* a local time with its offset is skipped */
	}
	if (v.type == SML_UINT && v.width <= 4) {
		*ret_time = (struct sml_time){SML_TIME_INDEX, (uint32_t)v.number};
		return true;
	}
	return v.type == SML_NONE;
}

/* ---- messages ---- */

static bool is_summed(struct slice bytes, enum sml_checksum checksum, uint32_t sent)
{
	unsigned swapped = (sent & 0xff) << 8 | sent >> 8;
	return swapped == crc16_x25(bytes) ||
	       (checksum == SML_KERMIT && swapped == crc16_kermit(bytes));
}

enum err sml_next(struct reader *r, enum sml_checksum checksum, struct sml_message *ret_message)
{
	struct sml_message m = {.tag = 0};
	uint32_t sent;
	if (reader_left(r) == 0) {
		return ERR_NODATA;
	}
	size_t begin = r->at;
	if (!take_list(r, MESSAGE_PARTS) || !take_octets(r, &m.transaction) || !skip(r, 2) ||
		!take_list(r, 2) || !take_uint(r, 4, &m.tag)) {
		return ERR_PROTO;
	}
	m.body = (struct slice){r->in.data + r->at, 0};
	if (!skip(r, 1)) {
		return ERR_PROTO;
	}
	size_t end = r->at;
	m.body.size = (size_t)(r->in.data + end - m.body.data);
	if (!take_uint(r, 2, &sent) || reader_u8(r) != END || r->is_short ||
		!is_summed((struct slice){r->in.data + begin, end - begin}, checksum, sent)) {
		return ERR_PROTO;
	}
	*ret_message = m;
	return ERR_OK;
}

enum err sml_list_open(const struct sml_message *m, struct sml_list *ret_list)
{
	struct slice client;
	struct head h;
	struct sml_list list = {.entries = reader_of(m->body)};
	struct reader *r = &list.entries;
	if (m->tag != SML_LIST_REPLY || !take_list(r, LIST_PARTS) || !take_octets(r, &client) ||
		!take_octets(r, &list.server) || !take_octets(r, &list.name) ||
		!take_time(r, &list.time) || !take_head(r, &h) || h.type != HEAD_LIST) {
		return ERR_PROTO;
	}
	list.left = h.size;
	*ret_list = list;
	return ERR_OK;
}

static bool take_status(struct reader *r, struct sml_entry *to)
{
	struct sml_value v;
	if (!take_value(r, &v)) {
		return false;
	}
	to->has_status = v.type == SML_UINT || v.type == SML_INT;
	to->status = (uint64_t)v.number;
	return true;
}

static bool take_unit(struct reader *r, struct sml_entry *to)
{
	struct sml_value v;
	to->unit = -1;
	if (!take_value(r, &v)) {
		return false;
	}
	if (v.type == SML_UINT && v.width == 1) {
		to->unit = (int)v.number;
	}
	if (!take_value(r, &v)) {
		return false;
	}
	if (v.type == SML_INT && v.width == 1) {
		to->scaler = (int)v.number;
	}
	return true;
}

enum err sml_list_next(struct sml_list *list, struct sml_entry *ret_entry)
{
	struct reader *r = &list->entries;
	struct sml_entry x = {.unit = -1};
	struct slice name;
	if (list->left == 0) {
		return ERR_NODATA;
	}
	size_t begin = r->at;
	list->left--;
	if (!take_list(r, ENTRY_PARTS) || !take_octets(r, &name) || name.size != sizeof(x.code.v) ||
		!take_status(r, &x) || !take_time(r, &x.time) || !take_unit(r, &x) ||
		!take_value(r, &x.value) || !skip(r, 1)) {
		list->left = 0;
		return ERR_PROTO;
	}
	memcpy(x.code.v, name.data, sizeof(x.code.v));
	x.raw = (struct slice){r->in.data + begin, r->at - begin};
	*ret_entry = x;
	return ERR_OK;
}

/* ---- who ---- */

static bool is_letters(const uint8_t *s)
{
	for (int i = 0; i < 3; i++) {
		if (s[i] < 'A' || s[i] > 'Z') {
			return false;
		}
	}
	return true;
}

void sml_id_text(struct slice server, char ret_id[static SML_ID_CAP], char ret_maker[static 4])
{
	static const char digits[] = "0123456789ABCDEF";
	const uint8_t *s = server.data;
	ret_maker[0] = ret_id[0] = 0;
	bool is_din = server.size == 10 && s[0] == 0x0a && is_letters(s + 2);
	bool is_old = server.size == 10 && s[0] == 0x06 && is_letters(s + 1);
	if (is_din || is_old) {
		memcpy(ret_maker, s + (is_din ? 2 : 1), 3);
		ret_maker[3] = 0;
	}
	if (is_din && s[1] < 10) {
		unsigned number = (unsigned)s[6] << 24 | (unsigned)s[7] << 16 |
				  (unsigned)s[8] << 8 | s[9];
		(void)snprintf(ret_id, SML_ID_CAP, "%u%.3s%02X%08u", s[1], ret_maker, s[5], number);
		return;
	}
	size_t n = server.size < SML_ID_CAP / 2 ? server.size : SML_ID_CAP / 2;
	for (size_t i = 0; i < n; i++) {
		ret_id[2 * i] = digits[s[i] >> 4];
		ret_id[2 * i + 1] = digits[s[i] & 15];
	}
	ret_id[2 * n] = 0;
}

/* ---- the meter's side ---- */

static void put_head(struct buf *out, uint8_t type, size_t length)
{
	int nibbles = length > 0xff ? 2 : length > 0x0f ? 1 : 0;
	for (int i = nibbles; i >= 0; i--) {
		uint8_t b = (uint8_t)(length >> (4 * i) & LENGTH);
		buf_u8(out, (uint8_t)(b | (i == nibbles ? type : 0) | (i > 0 ? IS_MORE : 0)));
	}
}

void sml_put_list(struct buf *out, size_t elements)
{
	put_head(out, HEAD_LIST, elements);
}

void sml_put_octets(struct buf *out, struct slice octets)
{
	size_t n = octets.size;
	put_head(out, HEAD_OCTETS, n + (n + 1 > 0x0f ? 1 : 0) + (n + 2 > 0xff ? 1 : 0) + 1);
	buf_put(out, octets.data, n);
}

void sml_put_none(struct buf *out)
{
	buf_u8(out, LEFT_OUT);
}

static void put_number(struct buf *out, uint8_t type, uint64_t v, unsigned width)
{
	put_head(out, type, width + 1);
	for (unsigned i = width; i-- > 0;) {
		buf_u8(out, (uint8_t)(v >> (8 * i)));
	}
}

void sml_put_uint(struct buf *out, uint64_t v, unsigned width)
{
	put_number(out, HEAD_UINT, v, width);
}

void sml_put_int(struct buf *out, int64_t v, unsigned width)
{
	put_number(out, HEAD_INT, (uint64_t)v, width);
}

size_t sml_begin(struct buf *out, struct slice transaction, uint16_t tag)
{
	size_t begin = out->size;
	sml_put_list(out, MESSAGE_PARTS);
	sml_put_octets(out, transaction);
	sml_put_uint(out, 0, 1);
	sml_put_uint(out, 0, 1);
	sml_put_list(out, 2);
	sml_put_uint(out, tag, 2);
	return begin;
}

void sml_end(struct buf *out, size_t begin)
{
	if (out->is_full) {
		return;
	}
	unsigned sum = crc16_x25((struct slice){out->data + begin, out->size - begin});
	sml_put_uint(out, (sum & 0xff) << 8 | sum >> 8, 2);
	buf_u8(out, END);
}
