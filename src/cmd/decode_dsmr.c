/*
 * decode_dsmr.c - domovoi decode dsmr: the first whole telegram of a P1 port, plain or encrypted
 *
 * Files of telegrams have often lost what the checksum counts: line ends of two characters, the last of
 * them. They are put back before anything is judged.
 */
#include "base/str.h"
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/dsmr.h"

#include <stdio.h>
#include <string.h>

#define TEXT_CAP 128
#define FILE_MAX (1u << 18)

/* ---- the bytes as the line had them ---- */

static bool has_byte(struct slice s, int c)
{
	return s.size && memchr(s.data, c, s.size);
}

static enum err restore(struct slice s, struct buf *out, struct diag *diag)
{
	bool is_hex = s.size > 4 && !has_byte(s, '/') && (s.data[0] | 0x20) == 'd' &&
		      (s.data[1] | 0x20) == 'b';
	if (is_hex) { /* encrypted ones are often kept so */
		return str_unhex((const char *)s.data, s.size, out, diag);
	}
	if (dsmr_is_encrypted(s)) {
		buf_put(out, s.data, s.size);
	} else {
		bool is_bare = !has_byte(s, '\r');
		for (size_t i = 0; i < s.size; i++) {
			if (s.data[i] == '\n' && is_bare) {
				buf_u8(out, '\r');
			}
			buf_u8(out, s.data[i]);
		}
		if (s.size && s.data[s.size - 1] != '\n') {
			buf_str(out, "\r\n");
		}
	}
	return out->is_full ? err_set(diag, ERR_LIMIT, "more than %u bytes", FILE_MAX) : ERR_OK;
}

static enum err find(struct slice s, struct slice *ret_telegram, struct diag *diag)
{
	size_t at = 0, size = 0;
	while (at < s.size) {
		struct slice left = {s.data + at, s.size - at};
		enum dsmr_cut cut = dsmr_cut(left, &size);
		if (cut == DSMR_CUT_FULL) {
			*ret_telegram = (struct slice){left.data, size};
			return ERR_OK;
		}
		if (cut == DSMR_CUT_MORE) {
			break;
		}
		at += size;
	}
	return err_set_at(diag, ERR_PROTO, at, "no telegram from '/' to '!' in %zu bytes", s.size);
}

static enum err decrypt(
	const struct decode_input *in, uint8_t *plain, struct slice *telegram, struct diag *diag)
{
	const struct dsmr_keys keys = {in->key, in->auth_key};
	enum err e = dsmr_decrypt(*telegram, &keys, plain, telegram);
	return e == ERR_DENIED ?
		       err_set(diag, e,
			       in->key.size ? "--key or --auth-key does not fit, or the "
					      "telegram is damaged" :
					      "the telegram is encrypted: --key is needed, "
					      "often --auth-key too") :
	       e ? err_set(diag, e, "no encrypted telegram") :
		   e;
}

/* ---- what it says ---- */

static const char *time_of(const struct dsmr_time *t, char out[static TEXT_CAP])
{
	const struct civil *c = &t->local;
	(void)snprintf(out, TEXT_CAP, "%04d-%02d-%02dT%02d:%02d:%02d", c->year, c->month, c->day,
		c->hour, c->minute, c->second);
	return out;
}

static void copy(struct slice s, char out[static TEXT_CAP])
{
	size_t n = 0;
	for (size_t i = 0; i < s.size && n + 1 < TEXT_CAP; i++) {
		out[n++] = s.data[i] >= 0x20 && s.data[i] < 0x7f ? (char)s.data[i] : ' ';
	}
	out[n] = 0;
}

/* The reading of a meter behind this one has the quantity and unit of its channel. */
static bool take_channel(const struct dsmr_telegram *t, const struct dsmr_object *x,
	struct decode_record *r, enum unit *unit)
{
	unsigned n = x->code.v[OBIS_B];
	struct dsmr_channel c;
	bool is_reading = dsmr_is(x, n, 24, 2, 1) || dsmr_is(x, n, 24, 2, 3) ||
			  dsmr_is(x, n, 24, 3, 0);
	if (n < 1 || n > DSMR_CHANNELS || !is_reading) {
		return false;
	}
	dsmr_channel(t, n, &c);
	r->quantity = c.quantity;
	*unit = c.has_value ? c.unit : UNIT_NONE;
	return true;
}

static void put_object(
	struct decode_out *o, const struct dsmr_telegram *t, const struct dsmr_object *x)
{
	char code[OBIS_CAP], text[TEXT_CAP] = "", note[TEXT_CAP] = "";
	struct obis_meaning m = {.quantity = QUANTITY_UNKNOWN};
	struct slice first = {NULL, 0}, last, unit_text;
	struct decimal number;
	struct dsmr_time time;
	enum unit unit = UNIT_NONE;
	(void)obis_meaning(&x->code, &m);
	struct decode_record r = {.quantity = m.quantity,
		.function = m.kind == OBIS_MAXIMUM ? "maximum" : NULL,
		.tariff = x->code.v[OBIS_D] == 8 ? x->code.v[OBIS_E] : 0,
		.subunit = x->code.v[OBIS_B],
		.raw = x->line,
		.text = text,
		.note = note,
		.name = obis_text(code, &x->code)};
	bool has_any = dsmr_group(x, 0, &first);
	bool has_last = dsmr_last_group(x, &last);
	bool is_channel = take_channel(t, x, &r, &unit);
	bool has_time = has_any && dsmr_time(first, &time) && first.size == 13;
	has_time = has_time || (is_channel && has_any && dsmr_time(first, &time));
	bool is_number = has_last && dsmr_number(last, &number, &unit_text) &&
			 m.kind != OBIS_INFO && (unit_text.size || r.quantity != QUANTITY_UNKNOWN);
	if (is_number) {
		(void)(unit_text.size && dsmr_unit(unit_text, &unit));
		r.type = DECODE_NUMBER;
		r.number = decimal_double(number);
		r.unit = unit_symbol(unit);
		if (has_time) {
			(void)time_of(&time, note);
		}
	} else if (has_time && last.data == first.data) {
		r.type = DECODE_TIME;
		r.time = time_of(&time, text);
		r.text = "";
	} else if (m.quantity == QUANTITY_SERIAL_NUMBER || x->code.v[OBIS_C] == 96) {
		dsmr_text(first, text, sizeof(text));
	} else {
		copy(x->groups, text);
	}
	decode_record(o, &r);
}

static enum err put_telegram(
	struct decode_out *o, struct slice text, bool is_encrypted, struct diag *diag)
{
	static const char *const sums[] = {"good", "bad", "none"};
	struct dsmr_telegram t;
	struct dsmr_object x;
	char serial[TEXT_CAP];
	enum err e = dsmr_open(text, &t);
	if (e) {
		return err_set(diag, e, "no telegram of a P1 port");
	}
	dsmr_serial(&t, serial, sizeof(serial));
	decode_text(o, "link", "checksum", sums[t.checksum]);
	decode_text(o, "link", "encrypted", is_encrypted ? "yes" : "no");
	decode_text(o, "link", "ident", t.ident);
	if (serial[0]) {
		decode_text(o, NULL, "id", serial);
	}
	decode_text(o, NULL, "manufacturer", t.maker);
	if (t.version) {
		decode_int(o, NULL, "version", t.version);
	}
	struct reader r = reader_of(t.objects);
	while (!dsmr_next(&r, &x)) {
		put_object(o, &t, &x);
	}
	/* what is signed needs no checksum */
	return t.checksum == DSMR_CHECKSUM_BAD && !is_encrypted ?
		       err_set(diag, ERR_PROTO, "the checksum is wrong") :
		       ERR_OK;
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	uint8_t plain[DSMR_TELEGRAM_MAX];
	struct slice telegram;
	struct buf bytes;
	buf_init(&bytes, 2 * FILE_MAX);
	enum err e = restore(in->frame, &bytes, diag);
	e = e ? e : find(buf_slice(&bytes), &telegram, diag);
	bool is_encrypted = !e && dsmr_is_encrypted(telegram);
	if (is_encrypted) {
		e = decrypt(in, plain, &telegram, diag);
	}
	if (!e) {
		struct decode_out o;
		decode_open(&o, in->is_json);
		e = put_telegram(&o, telegram, is_encrypted, diag);
		e = decode_close(&o, e, diag);
	}
	buf_fini(&bytes);
	return e;
}

const struct decode_protocol decode_dsmr = {.name = "dsmr",
	.summary = "telegrams of a P1 port, plain or encrypted: the first whole one",
	.is_text = true,
	.print = print};
