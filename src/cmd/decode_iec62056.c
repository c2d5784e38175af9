/*
 * decode_iec62056.c - domovoi decode iec62056: readouts, programming messages and what a master sends
 *
 * The file holds the bytes as they went over the line, or the text of a readout alone: an identification,
 * then a message. A check is tried as the standard's exclusive or, then as the sum of some makers; text
 * without STX has none. What a set means says the dialect of the identification (meters/iec/), else the
 * dialect that knows its name, else its OBIS code.
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "model/obis.h"
#include "poll/iec_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct found {
	const struct iec_register *row; /* NULL: none */
	const struct iec_map *map;
	unsigned storage; /* of a row: a past value, "*01" */
	bool is_obis;
	struct obis code;
	struct obis_meaning meaning;
};

static const struct iec_register *row_of(const struct iec_map *m, struct slice id)
{
	for (unsigned i = 0; m && i < m->registers_count; i++) {
		if (iec_equal(id, m->registers[i].id)) {
			return &m->registers[i];
		}
	}
	return NULL;
}

/* "6.8*01" is a past value of "6.8". */
static const struct iec_register *past_row_of(
	const struct iec_map *m, struct slice id, unsigned *ret_storage)
{
	const uint8_t *star = id.size ? memchr(id.data, '*', id.size) : NULL;
	size_t size = star ? (size_t)(star - id.data) : 0;
	for (size_t i = size + 1; star && i < id.size; i++) {
		unsigned digit = (unsigned)id.data[i] - '0';
		if (digit > 9) {
			return NULL;
		}
		*ret_storage = (*ret_storage * 10 + digit) % 1000;
	}
	return star ? row_of(m, (struct slice){id.data, size}) : NULL;
}

static void find(const struct iec_map *map, struct slice id, struct found *ret)
{
	*ret = (struct found){.map = map, .row = row_of(map, id)};
	if (map && map->registers_count) { /* codes of a dialect of its own */
		ret->row = ret->row ? ret->row : past_row_of(map, id, &ret->storage);
		return;
	}
	size_t n = obis_parse((const char *)id.data, id.size, &ret->code);
	bool is_code = n == id.size && n > 0;
	ret->is_obis = is_code && obis_meaning(&ret->code, &ret->meaning);
	for (size_t i = 0; !map && !ret->row && !is_code && iec_map_at(i); i++) {
		ret->map = iec_map_at(i);
		ret->row = row_of(ret->map, id);
	}
}

static void text_of(struct slice s, size_t cap, char *to)
{
	size_t n = s.size < cap - 1 ? s.size : cap - 1;
	if (n) {
		memcpy(to, s.data, n);
	}
	to[n] = 0;
}

/* One value of a set; false: it should be a number and is none. */
static bool put_value(struct decode_out *o, const struct found *f, const struct iec_set *set,
	struct slice value, struct slice unit_text, unsigned index)
{
	char name[64], text[160], unit[24];
	enum unit u = UNIT_NONE;
	double v;
	int decimals;
	const struct iec_register *r = f->row;
	enum unit usual = r ? r->unit : f->is_obis ? f->meaning.unit : UNIT_NONE;
	text_of(set->id, sizeof(name), name);
	text_of(value, sizeof(text), text);
	text_of(unit_text, sizeof(unit), unit);
	struct decode_record x = {.raw = set->value, .name = name};
	x.quantity = r ? r->quantity : f->is_obis ? f->meaning.quantity : QUANTITY_UNKNOWN;
	bool is_unit = iec_map_unit(f->map, unit_text, usual, &u);
	x.unit = is_unit ? unit_symbol(u) : unit;
	bool is_unknown = x.quantity == QUANTITY_UNKNOWN;
	bool is_info = is_unknown ? unit_text.size == 0 || !is_unit :
				    quantity_kind(x.quantity) == KIND_INFO;
	bool is_hex = r && r->type == IEC_HEX;
	if (!is_hex && !is_info && iec_number(value, &v, &decimals)) {
		x.type = DECODE_NUMBER;
		x.number = r ? iec_map_banded(r, v) : v;
	} else {
		x.text = *text ? text : "no value";
	}
	if (f->is_obis) {
		x.function = f->meaning.kind == OBIS_MAXIMUM ? "maximum" : NULL;
		x.storage = f->code.v[OBIS_F] == OBIS_CURRENT ? 0 : f->code.v[OBIS_F];
		x.tariff = quantity_kind(x.quantity) == KIND_COUNTER ? f->code.v[OBIS_E] : 0;
	} else if (r) {
		x.storage = f->storage;
		x.tariff = r->list == IEC_TARIFFS ? index : 0;
		x.subunit = r->list == IEC_PHASES ? index + 1 : 0;
	}
	decode_record(o, &x);
	bool is_error = value.size && (value.data[0] == 'E' || value.data[0] == '-');
	return x.type == DECODE_NUMBER || is_hex || is_info || is_unknown || value.size == 0 ||
	       is_error || quantity_kind(x.quantity) == KIND_STATE;
}

static enum err put_sets(
	struct decode_out *o, const struct iec_map *map, struct slice text, struct diag *diag)
{
	struct iec_walk w = iec_walk_of(text);
	struct iec_set set;
	enum err e = ERR_OK;
	while (iec_walk_next(&w, &set)) {
		struct found f;
		struct slice value, unit;
		find(map, set.id, &f);
		char mark = f.map && f.row ? f.map->separator : 0;
		for (unsigned i = 0; iec_part(set.value, mark, i, &value, &unit); i++) {
			if (!put_value(o, &f, &set, value, unit, set.n + i) && !e) {
				size_t at = (size_t)(set.value.data - text.data);
				e = err_set_at(diag, ERR_PROTO, at, "%.*s is no number: %.*s",
					(int)set.id.size, (const char *)set.id.data,
					(int)set.value.size, (const char *)set.value.data);
			}
		}
	}
	return e;
}

/* ---- messages ---- */

/* Which check is right; NONE: none is. */
static enum iec_bcc bcc_of(struct slice frame, size_t *ret_size)
{
	if (iec_cut_message(IEC_BCC_XOR, frame, ret_size) == IEC_CUT_FULL) {
		return IEC_BCC_XOR;
	}
	return iec_cut_message(IEC_BCC_SUM, frame, ret_size) == IEC_CUT_FULL ? IEC_BCC_SUM :
									       IEC_BCC_NONE;
}

static enum err put_checked(
	struct decode_out *o, const struct iec_map *map, struct slice frame, struct diag *diag)
{
	static struct iec_message m;
	size_t size = 0;
	enum iec_bcc kind = bcc_of(frame, &size);
	if (kind == IEC_BCC_NONE) {
		return err_set_at(diag, ERR_PROTO, 0,
			memchr(frame.data, IEC_ETX, frame.size) ||
					memchr(frame.data, IEC_EOT, frame.size) ?
				"the check is wrong, both as exclusive or and as sum" :
				"the message has no end");
	}
	enum err e = iec_message_parse(kind, (struct slice){frame.data, size}, &m);
	decode_text(o, "link", "bcc", kind == IEC_BCC_XOR ? "xor" : "sum");
	decode_text(o, "link", "command", m.command);
	struct slice text = {(const uint8_t *)m.text, m.size};
	return e ? e : put_sets(o, map, text, diag);
}

/* Text without STX: up to '!', which must be there. */
static enum err put_unchecked(
	struct decode_out *o, const struct iec_map *map, struct slice text, struct diag *diag)
{
	size_t n = 0;
	while (n < text.size && !(text.data[n] == '!' && (n == 0 || text.data[n - 1] == '\n' ||
								 text.data[n - 1] == ')'))) {
		n++;
	}
	decode_null(o, "link", "bcc");
	enum err e = put_sets(o, map, (struct slice){text.data, n}, diag);
	return n < text.size ?
		       e :
		       err_set_at(diag, ERR_PROTO, n, "byte %zu: the readout ends without '!'", n);
}

/* The identification before a message; returns its bytes, 0: there is none. */
static size_t take_ident(struct slice in, struct iec_ident *ret)
{
	char line[48];
	size_t n = 0;
	while (n < in.size && n + 3 < sizeof(line) && in.data[n] != '\n') {
		char c = (char)(in.data[n] & 0x7f);
		line[n++] = c < ' ' && c != '\r' ? '?' : c; /* a broken escape in a file of text */
	}
	if (n == 0 || n == in.size || line[0] != '/' || (in.data[n] & 0x7f) != '\n') {
		return 0;
	}
	size_t size = line[n - 1] == '\r' ? n - 1 : n; /* files of text have lost the CR */
	memcpy(line + size, "\r\n", 2);
	return iec_ident_parse((struct slice){(const uint8_t *)line, size + 2}, ret) ? n + 1 : 0;
}

static void put_ident(struct decode_out *o, const struct iec_ident *id)
{
	bool is_b;
	decode_text(o, NULL, "manufacturer", id->maker);
	decode_text(o, "link", "ident", id->ident);
	decode_int(o, "link", "baud", iec_speed(id->speed, &is_b));
	decode_text(o, "link", "mode", id->has_hdlc ? "E" : is_b ? "B" : "C");
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct decode_out o;
	struct iec_ident id;
	const struct iec_map *map = NULL;
	size_t n = take_ident(in->frame, &id);
	struct slice rest = {in->frame.data + n, in->frame.size - n};
	decode_open(&o, in->is_json);
	if (n) {
		put_ident(&o, &id);
		map = iec_map_find(id.maker, id.ident);
	}
	const uint8_t *stx = rest.size ? memchr(rest.data, IEC_STX, rest.size) : NULL;
	const uint8_t *soh = rest.size ? memchr(rest.data, IEC_SOH, rest.size) : NULL;
	const uint8_t *start = soh ? soh : stx;
	enum err e;
	if (start) {
		size_t at = (size_t)(start - rest.data);
		e = put_checked(&o, map, (struct slice){start, rest.size - at}, diag);
	} else if (rest.size == 0 && n) {
		e = ERR_OK; /* an identification alone */
	} else {
		e = put_unchecked(&o, map, rest, diag);
	}
	if (!e && !n && !o.has_record && !start) {
		e = err_set_at(diag, ERR_PROTO, 0, "neither an identification nor a set of data");
	}
	return decode_close(&o, e, diag);
}

const struct decode_protocol decode_iec62056 = {.name = "iec62056",
	.summary = "IEC 62056-21 readouts and messages",
	.is_text = true,
	.print = print};
