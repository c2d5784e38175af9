/*
 * mbus_record.c - records of a message one after another, EN 13757-3; see mbus.h
 *
 * The DIF alone says how long the data are, so a record whose VIF is unknown or whose number is
 * none is still stepped over, and the records behind it are read. A plain-text VIF (7C) has its
 * string (length, characters, last first) straight behind the VIF in most meters and behind the
 * VIFEs in some; the first is taken when it makes printable text.
 */
#include "proto/mbus_vif.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXTENDED  0x80 /* another DIFE or VIFE follows */
#define CHAIN_MAX 10   /* DIFEs; VIFEs */
#define VIF_PLAIN 0x7c

struct mbus_cursor mbus_records(const struct mbus_message *m)
{
	return (struct mbus_cursor){.message = m};
}

const char *mbus_function_name(enum mbus_function f)
{
	static const char *const names[] = {"instantaneous", "maximum", "minimum", "error"};
	return names[(unsigned)f & 3];
}

static enum err broken(
	const struct mbus_record *r, const struct reader *in, const char *what, struct diag *diag)
{
	size_t at = r->at + in->at;
	return err_set_at(diag, ERR_PROTO, at, "byte %zu: %s in the record that begins at byte %zu",
		at, what, r->at);
}

static enum err read_dib(struct reader *in, struct mbus_record *r, struct diag *diag)
{
	uint8_t byte = r->dif = reader_u8(in);
	r->slot.function = (enum mbus_function)(byte >> 4 & 3);
	r->slot.storage = byte >> 6 & 1;
	for (unsigned i = 0; byte & EXTENDED; i++) {
		if (i == CHAIN_MAX) {
			return broken(r, in, "more than 10 DIFE", diag);
		}
		byte = reader_u8(in);
		if (in->is_short) {
			return broken(r, in, "end of data after a DIF", diag);
		}
		r->slot.storage |= (uint64_t)(byte & 15) << (1 + 4 * i);
		r->slot.tariff |= (uint32_t)(byte >> 4 & 3) << (2 * i);
		r->slot.subunit |= (uint16_t)((byte >> 6 & 1) << i);
	}
	return ERR_OK;
}

/* A length byte and that many printable characters here? */
static bool is_plain_text(const struct reader *in)
{
	struct reader look = *in;
	size_t n = reader_u8(&look);
	struct slice s = reader_bytes(&look, n);
	if (look.is_short || n == 0) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (s.data[i] < 0x20 || s.data[i] == 0x7f) {
			return false;
		}
	}
	return true;
}

static void copy_reversed(char *to, size_t cap, struct slice s)
{
	size_t n = 0;
	for (size_t i = s.size; i-- > 0 && n + 2 < cap;) {
		uint8_t ch = s.data[i];
		if (ch < 0x80) {
			to[n++] = ch < 0x20 || ch == 0x7f ? ' ' : (char)ch;
		} else {
			to[n++] = (char)(0xc0 | ch >> 6);
			to[n++] = (char)(0x80 | (ch & 0x3f));
		}
	}
	to[n] = 0;
}

static enum err read_plain_text(struct reader *in, struct mbus_record *r, struct diag *diag)
{
	size_t n = reader_u8(in);
	struct slice s = reader_bytes(in, n);
	if (in->is_short) {
		return broken(r, in, "end of data in a plain-text VIF", diag);
	}
	copy_reversed(r->unit_text, sizeof(r->unit_text), s);
	return ERR_OK;
}

static enum err read_vib(struct reader *in, struct mbus_record *r, struct diag *diag)
{
	uint8_t byte = reader_u8(in);
	if (in->is_short) {
		return broken(r, in, "end of data after a DIF", diag);
	}
	r->vib[r->vib_size++] = byte;
	bool is_plain = (byte & 0x7f) == VIF_PLAIN;
	if (is_plain && (!(byte & EXTENDED) || is_plain_text(in))) {
		is_plain = false;
		enum err e = read_plain_text(in, r, diag);
		if (e) {
			return e;
		}
	}
	while (byte & EXTENDED) {
		if (r->vib_size > CHAIN_MAX) {
			return broken(r, in, "more than 10 VIFE", diag);
		}
		byte = reader_u8(in);
		if (in->is_short) {
			return broken(r, in, "end of data after a VIF", diag);
		}
		r->vib[r->vib_size++] = byte;
	}
	return is_plain ? read_plain_text(in, r, diag) : ERR_OK;
}

/* Bytes of a variable-length field; false: reserved. */
static bool lvar_size(uint8_t lvar, size_t *ret_n)
{
	if (lvar < 0xc0) {
		*ret_n = lvar;
	} else if (lvar <= 0xc9 || (lvar >= 0xd0 && lvar <= 0xd9) ||
		   (lvar >= 0xe0 && lvar <= 0xef)) {
		*ret_n = lvar & 15u;
	} else if (lvar >= 0xf0 && lvar <= 0xf4) {
		*ret_n = 4 * (lvar - 0xecu);
	} else if (lvar == 0xf5 || lvar == 0xf6) {
		*ret_n = lvar == 0xf5 ? 48 : 64;
	} else {
		return false;
	}
	return true;
}

static enum err read_data(
	struct reader *in, struct mbus_record *r, struct mbus_coding *c, struct diag *diag)
{
	static const uint8_t sizes[16] = {0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0};
	size_t n = sizes[c->field];
	if (c->field == MBUS_FIELD_TEXT) {
		c->lvar = reader_u8(in);
		if (!in->is_short && !lvar_size(c->lvar, &n)) {
			return broken(r, in, "reserved length code", diag);
		}
	}
	r->data = reader_bytes(in, n);
	return in->is_short ? broken(r, in, "end of data", diag) : ERR_OK;
}

/* ---- what the VIB means ---- */

static void set_clock_unit(struct mbus_record *r, unsigned step)
{
	static const enum unit units[] = {UNIT_S, UNIT_MIN, UNIT_H, UNIT_DAY};
	r->unit = units[step & 3];
}

static void take_row(
	struct mbus_record *r, struct mbus_coding *c, const struct mbus_vif *row, uint8_t code)
{
	static const enum unit spans[] = {UNIT_H, UNIT_DAY, UNIT_MONTH, UNIT_YEAR};
	unsigned step = (unsigned)code - row->first;
	r->name = row->name;
	r->quantity = row->quantity;
	r->unit = row->unit;
	c->form = row->form;
	c->exponent = row->form == MBUS_FORM_NUMBER ? row->exponent + (int)step : 0;
	if (row->form == MBUS_FORM_CLOCK) {
		set_clock_unit(r, step);
	} else if (row->form == MBUS_FORM_SPAN) {
		r->unit = spans[step & 3];
	}
}

static void take_plain_unit(struct mbus_record *r)
{
	static const struct {
		enum dimension dimension;
		enum quantity quantity;
	} usual[] = {
		{DIM_ENERGY, QUANTITY_ENERGY},
		{DIM_POWER, QUANTITY_POWER},
		{DIM_VOLUME, QUANTITY_VOLUME},
		{DIM_FLOW, QUANTITY_FLOW},
		{DIM_MASS, QUANTITY_MASS},
		{DIM_REACTIVE_ENERGY, QUANTITY_REACTIVE_ENERGY},
		{DIM_PRESSURE, QUANTITY_PRESSURE},
	};
	enum unit u;
	r->name = "";
	if (strcmp(r->unit_text, "%RH") == 0) {
		r->unit = UNIT_PERCENT;
		r->quantity = QUANTITY_HUMIDITY;
		return;
	}
	if (!unit_from_name(r->unit_text, &u) || strcmp(unit_symbol(u), r->unit_text) != 0) {
		return;
	}
	r->unit = u;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (usual[i].dimension == unit_dimension(u)) {
			r->quantity = usual[i].quantity;
		}
	}
}

/* Returns how many bytes of the VIB the VIF proper takes. */
static size_t take_vif(struct mbus_record *r, struct mbus_coding *c)
{
	const struct mbus_vif *row;
	uint8_t vif = r->vib[0], code = vif & 0x7f;
	size_t used = 1;
	if (code == VIF_PLAIN) {
		take_plain_unit(r);
		return used;
	}
	enum mbus_vif_table table = MBUS_VIF_PRIMARY;
	if ((vif == 0xfb || vif == 0xfd) && r->vib_size > 1) {
		table = vif == 0xfb ? MBUS_VIF_FB : MBUS_VIF_FD;
		used = 2;
		if (vif == 0xfd && r->vib[1] == 0xfd && r->vib_size > 2) {
			table = MBUS_VIF_FDFD;
			used = 3;
		}
		code = r->vib[used - 1] & 0x7f;
	}
	row = mbus_vif_find(table, code);
	if (row) {
		take_row(r, c, row, code);
	} else {
		r->name = "reserved VIF";
		r->is_maker_coded = true;
	}
	if (table == MBUS_VIF_PRIMARY && code == 0x7f) {
		r->is_maker_coded = true;
	}
	return used;
}

static void set_per(struct mbus_record *r, const char *symbol)
{
	size_t n = strlen(r->unit_text);
	(void)snprintf(r->unit_text + n, sizeof(r->unit_text) - n, "%s", symbol);
}

static void take_vife(struct mbus_record *r, struct mbus_coding *c, const struct mbus_vife *row,
	uint8_t code, char *per, size_t per_cap)
{
	unsigned step = (unsigned)code - row->first;
	switch (row->kind) {
	case MBUS_VIFE_RECORD_ERROR: r->error = code; break;
	case MBUS_VIFE_PER: (void)snprintf(per, per_cap, "%s", row->text); break;
	case MBUS_VIFE_COUNT:
		r->quantity = QUANTITY_EVENT_COUNT;
		r->unit = UNIT_NONE;
		c->exponent = 0;
		break;
	case MBUS_VIFE_CLOCK:
		r->quantity = QUANTITY_DURATION;
		set_clock_unit(r, step);
		c->exponent = 0;
		break;
	case MBUS_VIFE_TIME:
		r->quantity = QUANTITY_TIME_POINT;
		r->unit = UNIT_NONE;
		c->form = MBUS_FORM_TIME;
		c->exponent = 0;
		break;
	case MBUS_VIFE_FACTOR: c->exponent += row->exponent + (int)step; break;
	case MBUS_VIFE_ADD:
		/* in the unit of the VIF: Wh or J where ours are kWh and MJ */
		c->has_offset = true;
		c->offset = (struct decimal){1, row->exponent + (int)step};
		c->offset.exponent -= r->unit == UNIT_KWH                        ? 3 :
				      r->unit == UNIT_MJ || r->unit == UNIT_MJ_H ? 6 :
										   0;
		break;
	case MBUS_VIFE_RESERVED:
	case MBUS_VIFE_MAKER: r->is_maker_coded = true; break;
	default: break;
	}
	bool is_other = row->kind != MBUS_VIFE_NEUTRAL && row->kind != MBUS_VIFE_FACTOR &&
			row->kind != MBUS_VIFE_ADD && row->kind != MBUS_VIFE_RECORD_ERROR;
	if (is_other && !r->modifier) {
		r->modifier = code;
	}
}

/* The VIFE behind 7C; its modifier has the top bit set. */
static void take_extension(struct mbus_record *r, struct mbus_coding *c, uint8_t code)
{
	const struct mbus_vife *row = mbus_vife_extension_find(code);
	if (code >= 1 && code <= 3) {
		r->phase = code;
		return;
	}
	if (row->kind == MBUS_VIFE_TIME) {
		c->form = MBUS_FORM_TIME;
		r->unit = UNIT_NONE;
	}
	if (row->kind != MBUS_VIFE_NEUTRAL && !r->modifier) {
		r->modifier = (uint8_t)(0x80 | code);
	}
}

void mbus_record_note(const struct mbus_record *r, struct mbus_note *ret)
{
	size_t n = 0;
	const char *comma = "";
	ret->text[0] = 0;
	if (r->phase) {
		n += (size_t)snprintf(ret->text, sizeof(ret->text), "phase L%d", r->phase);
		comma = ", ";
	}
	if (r->modifier) {
		const struct mbus_vife *row = r->modifier & 0x80 ?
						      mbus_vife_extension_find(r->modifier & 0x7f) :
						      mbus_vife_find(r->modifier);
		n += (size_t)snprintf(
			ret->text + n, sizeof(ret->text) - n, "%s%s", comma, row->text);
		comma = ", ";
	}
	if (r->is_maker_coded) {
		(void)snprintf(
			ret->text + n, sizeof(ret->text) - n, "%smanufacturer's coding", comma);
	}
}

static void take_vib(struct mbus_record *r, struct mbus_coding *c, bool is_request)
{
	char per[16] = "";
	for (size_t i = take_vif(r, c); i < r->vib_size && !r->is_maker_coded; i++) {
		uint8_t code = r->vib[i] & 0x7f;
		const struct mbus_vife *row = mbus_vife_find(code);
		if (row->kind == MBUS_VIFE_EXTENSION && i + 1 < r->vib_size) {
			i++;
			take_extension(r, c, r->vib[i] & 0x7f);
		} else if (is_request && code < 0x20) {
			r->modifier = code; /* an action on the object, no error */
		} else {
			take_vife(r, c, row, code, per, sizeof(per));
		}
	}
	if (r->unit != UNIT_NONE) {
		(void)snprintf(r->unit_text, sizeof(r->unit_text), "%s", unit_symbol(r->unit));
	}
	if (per[0]) {
		r->unit = UNIT_NONE;
		set_per(r, per);
	}
}

static void finish(struct mbus_record *r, const struct mbus_coding *c)
{
	if (r->error) {
		r->type = MBUS_TYPE_INVALID;
		(void)snprintf(r->text, sizeof(r->text), "%s", mbus_record_error_name(r->error));
	} else if (c->field == MBUS_FIELD_NONE || c->field == MBUS_FIELD_SELECT) {
		r->type = MBUS_TYPE_NONE;
	} else {
		mbus_value_decode(r, c);
	}
}

static void take_maker_data(struct reader *in, struct mbus_record *r)
{
	r->name = r->dif == MBUS_DIF_MORE ? "manufacturer data, more records follow" :
					    "manufacturer data";
	r->quantity = QUANTITY_MANUFACTURER_SPECIFIC;
	r->is_maker_coded = true;
	r->type = MBUS_TYPE_BYTES;
	r->slot = (struct mbus_slot){0};
	r->data = reader_bytes(in, reader_left(in));
}

static enum err read_record(
	struct mbus_cursor *cur, struct reader *in, struct mbus_record *r, struct diag *diag)
{
	struct mbus_coding c = {.is_high_first = cur->message->is_high_first};
	uint8_t dif = in->in.data[0];
	enum err e;
	if (dif == MBUS_DIF_MAKER || dif == MBUS_DIF_MORE) {
		cur->has_more = dif == MBUS_DIF_MORE;
		r->dif = reader_u8(in);
		take_maker_data(in, r);
		return ERR_OK;
	}
	if (dif == MBUS_DIF_READOUT) {
		r->dif = reader_u8(in);
		r->name = "global readout request";
		return ERR_OK;
	}
	if ((dif & 15) == 15) {
		return broken(r, in, "reserved DIF", diag);
	}
	c.field = dif & 15;
	e = read_dib(in, r, diag);
	e = e ? e : read_vib(in, r, diag);
	if (e) {
		return e;
	}
	take_vib(r, &c, cur->message->is_request);
	e = read_data(in, r, &c, diag);
	if (!e) {
		finish(r, &c);
	}
	return e;
}

/* ---- fixed data structure: two counters ---- */

/* Unit codes 00..3F as steps of x1, x10, x100 from a power of ten. */
static void take_fixed_unit(struct mbus_record *r, struct mbus_coding *c, uint8_t code)
{
	static const struct {
		uint8_t first, last;
		int8_t exponent;
		enum quantity quantity;
		enum unit unit;
	} rows[] = {
		{0x02, 0x0a, -3, QUANTITY_ENERGY, UNIT_KWH},
		{0x0b, 0x13, -3, QUANTITY_ENERGY, UNIT_MJ},
		{0x14, 0x1c, 0, QUANTITY_POWER, UNIT_W},
		{0x1d, 0x25, -3, QUANTITY_POWER, UNIT_MJ_H},
		{0x26, 0x2e, -6, QUANTITY_VOLUME, UNIT_M3},
		{0x2f, 0x37, -6, QUANTITY_FLOW, UNIT_M3_H},
		{0x38, 0x38, -3, QUANTITY_TEMPERATURE, UNIT_DEGC},
		{0x39, 0x39, 0, QUANTITY_HCA_UNITS, UNIT_HCA},
	};
	r->name = "counter";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (code >= rows[i].first && code <= rows[i].last) {
			r->quantity = rows[i].quantity;
			r->unit = rows[i].unit;
			c->exponent = rows[i].exponent + (code - rows[i].first);
		}
	}
	(void)snprintf(r->unit_text, sizeof(r->unit_text), "%s", unit_symbol(r->unit));
}

static enum err next_fixed(struct mbus_cursor *cur, struct mbus_record *r)
{
	const struct mbus_message *m = cur->message;
	size_t index = cur->at;
	if (index > 1 || m->records.size < 10) {
		return ERR_NODATA;
	}
	cur->at++;
	const uint8_t *d = m->records.data; /* unit 1, unit 2, counter 1, counter 2 */
	uint8_t code = d[index] & 0x3f;
	bool is_binary = m->header.status & 1, is_stored = m->header.status & 2;
	struct mbus_coding c = {.field = is_binary ? MBUS_FIELD_INT32 : MBUS_FIELD_BCD8,
		.is_high_first = m->is_high_first};
	r->raw = (struct slice){d + 2 + 4 * index, 4};
	r->data = r->raw;
	r->at = m->records_at + 2 + 4 * index;
	r->dif = c.field;
	if (index == 1 && code == 0x3e) {
		code = d[0] & 0x3f;
		r->slot.storage = 1;
	}
	if (is_stored) {
		r->slot.storage = 1;
	}
	if (code <= 1 || code == 0x3f) {
		/* hours-minutes-seconds, day-month-year, no unit: nothing to scale */
		r->name = code == 0x3f ? "counter without unit" : "time or date";
		r->quantity = code == 0x3f ? QUANTITY_DIMENSIONLESS : QUANTITY_UNKNOWN;
	} else {
		take_fixed_unit(r, &c, code);
	}
	mbus_value_decode(r, &c);
	return ERR_OK;
}

enum err mbus_next(struct mbus_cursor *c, struct mbus_record *ret, struct diag *diag)
{
	const struct mbus_message *m = c->message;
	*ret = (struct mbus_record){.name = "", .value = NAN, .decimals = -1};
	if (m->body == MBUS_BODY_FIXED) {
		return next_fixed(c, ret);
	}
	if (m->body != MBUS_BODY_RECORDS && m->body != MBUS_BODY_SELECT) {
		return ERR_NODATA;
	}
	while (c->at < m->records.size && m->records.data[c->at] == MBUS_DIF_FILLER) {
		c->at++;
	}
	if (c->at >= m->records.size) {
		return ERR_NODATA;
	}
	struct reader in = reader_of(
		(struct slice){m->records.data + c->at, m->records.size - c->at});
	ret->at = m->records_at + c->at;
	enum err e = read_record(c, &in, ret, diag);
	ret->raw = (struct slice){in.in.data, in.at};
	c->at = e ? m->records.size : c->at + in.at;
	return e;
}
