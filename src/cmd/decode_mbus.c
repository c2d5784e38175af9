/*
 * decode_mbus.c - domovoi decode mbus: wired M-Bus frames
 */
#include "cmd/decode.h"
#include "cmd/decode_out.h"
#include "proto/mbus.h"

#include <stdio.h>

static void put_number(
	struct decode_out *o, const char *group, const char *name, bool is_there, int v)
{
	if (is_there) {
		decode_int(o, group, name, v);
	} else {
		decode_null(o, group, name);
	}
}

static void put_head(struct decode_out *o, const struct mbus_message *m)
{
	static const char *const kinds[] = {"ack", "short", "long"};
	const struct mbus_frame *f = &m->frame;
	const struct mbus_header *h = &m->header;
	bool is_long = f->kind == MBUS_KIND_LONG;
	put_number(o, "link", "c", f->kind != MBUS_KIND_ACK, f->c);
	put_number(o, "link", "a", f->kind != MBUS_KIND_ACK, f->a);
	put_number(o, "link", "ci", is_long, f->ci);
	decode_text(o, "link", "kind", kinds[f->kind]);
	decode_text(o, "link", "ci_name", is_long ? mbus_ci_name(f->ci) : "");
	if (m->has_header) {
		decode_text(o, NULL, "id", h->id);
		if (m->body != MBUS_BODY_FIXED) {
			decode_text(o, NULL, "manufacturer", h->manufacturer);
			decode_int(o, NULL, "version", h->version);
		}
		decode_int(o, NULL, "medium", h->medium);
		decode_text(o, NULL, "medium_name", mbus_medium_name(h->medium));
	}
	if (m->has_access) {
		decode_int(o, NULL, "access", h->access);
		decode_int(o, NULL, "status", h->status);
	}
	if (m->body == MBUS_BODY_ERROR) {
		decode_text(o, NULL, "error", mbus_error_name(m->code));
	}
	if (m->body == MBUS_BODY_ALARM || m->body == MBUS_BODY_RESET ||
		m->body == MBUS_BODY_ERROR) {
		decode_int(o, NULL, "code", m->code);
	}
}

/* An error that the frame itself reports, or that keeps its records from being read. */
static enum err message_error(const struct mbus_message *m, struct diag *diag)
{
	if (m->body == MBUS_BODY_ERROR) {
		return err_set_at(diag, ERR_UNSUPP, 7,
			"byte 7: the meter reports an application error: %s",
			mbus_error_name(m->code));
	}
	if (m->body == MBUS_BODY_ENCRYPTED) {
		return err_set_at(diag, ERR_DENIED, m->records_at,
			"byte %zu: the data are encrypted, mode %u", m->records_at,
			m->header.config >> 8 & 0x1fu);
	}
	return ERR_OK;
}

static void put_record(struct decode_out *o, const struct mbus_record *r)
{
	struct mbus_note note;
	mbus_record_note(r, &note);
	struct decode_record x = {.function = mbus_function_name(r->slot.function),
		.storage = r->slot.storage,
		.tariff = r->slot.tariff,
		.subunit = r->slot.subunit,
		.quantity = r->quantity,
		.unit = r->unit_text,
		.number = r->value,
		.text = r->text,
		.raw = r->raw,
		.name = *r->name || o->is_json ? r->name : "plain-text VIF",
		.note = note.text};
	if (r->type == MBUS_TYPE_NUMBER) {
		x.type = DECODE_NUMBER;
	} else if (r->type == MBUS_TYPE_TIME && !r->time.is_every) {
		x.type = DECODE_TIME;
		x.time = r->text;
		x.text = NULL;
	}
	decode_record(o, &x);
}

static enum err print(const struct decode_input *in, struct diag *diag)
{
	struct mbus_frame frame;
	struct mbus_message m;
	enum err e = mbus_frame_decode(in->frame, &frame, diag);
	e = e ? e : mbus_message_decode(&frame, &m, diag);
	if (e) {
		return e;
	}
	struct decode_out o;
	struct mbus_cursor cur = mbus_records(&m);
	struct mbus_record r;
	decode_open(&o, in->is_json);
	put_head(&o, &m);
	enum err step;
	e = message_error(&m, diag);
	while (!(step = mbus_next(&cur, &r, diag))) {
		put_record(&o, &r);
	}
	return decode_close(&o, e || step == ERR_NODATA ? e : step, diag);
}

const struct decode_protocol decode_mbus = {
	.name = "mbus", .summary = "wired M-Bus, EN 13757-2/3", .print = print};
