/*
 * decode_sml.c - domovoi decode sml: the first whole telegram of a dump
 */
#include "base/str.h"
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/decimal.h"
#include "proto/sml.h"

#include <stdio.h>
#include <string.h>

static void put_entry(struct decode_out *o, const struct sml_entry *x)
{
	char code[OBIS_CAP], text[2 * SML_ID_CAP] = "", note[48] = "", maker[4], id[SML_ID_CAP];
	struct obis_meaning m = {.quantity = QUANTITY_UNKNOWN};
	enum unit unit = UNIT_NONE;
	double factor = 1;
	(void)obis_meaning(&x->code, &m);
	bool has_unit = x->unit >= 0 && unit_from_dlms(x->unit, &unit, &factor);
	struct decode_record r = {.quantity = m.quantity,
		.tariff = x->code.v[OBIS_D] == 8 ? x->code.v[OBIS_E] : 0,
		.unit = has_unit ? unit_symbol(unit) : "",
		.raw = x->raw,
		.text = text,
		.note = note,
		.name = obis_text(code, &x->code)};
	bool is_number = x->value.type == SML_INT || x->value.type == SML_UINT;
	if (is_number) {
		r.type = DECODE_NUMBER;
		r.number = decimal_double((struct decimal){x->value.number, x->scaler}) * factor;
	} else if (x->value.type == SML_OCTETS) {
		size_t n = x->value.octets.size;
		bool is_text = n < sizeof(text);
		for (size_t i = 0; i < n && is_text; i++) {
			is_text = x->value.octets.data[i] >= 0x20 && x->value.octets.data[i] < 0x7f;
		}
		sml_id_text(x->value.octets, id, maker);
		(void)snprintf(text, sizeof(text), "%.*s", is_text ? (int)n : SML_ID_CAP,
			is_text ? (const char *)x->value.octets.data : id);
	} else if (x->value.type == SML_BOOL) {
		(void)snprintf(text, sizeof(text), "%s", x->value.number ? "true" : "false");
	}
	if (x->has_status) {
		(void)snprintf(note, sizeof(note), "status %llX", (unsigned long long)x->status);
	}
	decode_record(o, &r);
}

static void put_head(struct decode_out *o, const struct sml_list *list)
{
	char id[SML_ID_CAP], maker[4];
	struct sml_list probe = *list;
	struct sml_entry x;
	sml_id_text(list->server, id, maker);
	decode_text(o, NULL, "id", id);
	if (maker[0]) {
		decode_text(o, NULL, "manufacturer", maker);
	}
	while (!sml_list_next(&probe, &x)) {
		if (x.has_status) {
			decode_int(o, NULL, "status", (int64_t)x.status);
			break;
		}
	}
	if (list->time.type != SML_TIME_NONE) {
		decode_int(o, "link", list->time.type == SML_TIME_UTC ? "utc" : "seconds",
			list->time.value);
	}
	decode_hex(o, "link", "server", list->server);
}

/* Where a telegram is; PROTO: there is none. */
static enum err find(struct slice dump, struct slice *ret_frame, size_t *ret_at, struct diag *diag)
{
	size_t at = 0, size = 0;
	while (at < dump.size) {
		struct slice left = {dump.data + at, dump.size - at};
		enum sml_cut cut = sml_cut(left, &size);
		if (cut == SML_CUT_FULL) {
			*ret_frame = (struct slice){left.data, size};
			*ret_at = at;
			return ERR_OK;
		}
		if (cut == SML_CUT_MORE) {
			break;
		}
		at += size;
	}
	return err_set_at(diag, ERR_PROTO, at,
		"no whole telegram with a right checksum in %zu bytes", dump.size);
}

static enum err put_messages(struct decode_out *o, const struct sml_data *data, struct diag *diag)
{
	struct reader r = reader_of((struct slice){data->bytes, data->size});
	struct sml_message m;
	struct sml_list list;
	struct sml_entry x;
	enum err e;
	while (!(e = sml_next(&r, data->checksum, &m))) {
		enum err step = m.tag == SML_LIST_REPLY ? sml_list_open(&m, &list) : ERR_NODATA;
		if (!step) {
			put_head(o, &list);
		}
		while (!step && !(step = sml_list_next(&list, &x))) {
			put_entry(o, &x);
		}
		if (step != ERR_NODATA) {
			return err_set(diag, step, "the list of values is not whole");
		}
	}
	return e == ERR_NODATA ?
		       ERR_OK :
		       err_set_at(diag, e, r.at,
			       "byte %zu of the data: no message, or its checksum is wrong", r.at);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct slice frame;
	struct sml_data data;
	size_t at = 0;
	enum err e = find(in->frame, &frame, &at, diag);
	e = e ? e : sml_open(frame, &data);
	if (e) {
		return e;
	}
	struct decode_out o;
	decode_open(&o, in->is_json);
	decode_int(&o, "link", "offset", (int64_t)at);
	decode_int(&o, "link", "size", (int64_t)frame.size);
	decode_text(&o, "link", "checksum", data.checksum == SML_X25 ? "x25" : "kermit");
	e = put_messages(&o, &data, diag);
	return decode_close(&o, e, diag);
}

const struct decode_protocol decode_sml = {.name = "sml",
	.summary = "Smart Message Language of optical heads: the first whole telegram",
	.print = print};
