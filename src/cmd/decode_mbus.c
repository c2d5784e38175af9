/*
 * decode_mbus.c - domovoi decode mbus: wired M-Bus frames as a table or as JSON
 */
#include "base/str.h"
#include "cmd/decode.h"
#include "proto/mbus.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *hex(struct slice bytes)
{
	struct buf b;
	buf_init(&b, 4 * MBUS_FRAME_MAX);
	str_hex(&b, bytes, 0);
	json_t *j = json_string(buf_cstr(&b));
	buf_fini(&b);
	return j;
}

/* Digits that this value needs to be read back as it is. */
static int digits_of(double v)
{
	char text[40];
	for (int digits = 15; digits < 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v) {
			return digits;
		}
	}
	return 17;
}

static json_t *number(const struct mbus_record *r, int *digits)
{
	if (r->number.exponent >= 0 && r->value < 1e15 && r->value > -1e15) {
		return json_integer((json_int_t)r->value);
	}
	int need = digits_of(r->value);
	*digits = need > *digits ? need : *digits;
	return json_real(r->value);
}

static json_t *value(const struct mbus_record *r, int *digits)
{
	switch (r->type) {
	case MBUS_TYPE_NUMBER: return number(r, digits);
	case MBUS_TYPE_TIME: return r->time.is_every ? json_null() : json_string(r->text);
	default: return json_null();
	}
}

static json_t *record_json(const struct mbus_record *r, int *digits)
{
	struct mbus_note note;
	bool has_text = r->type != MBUS_TYPE_TIME || r->time.is_every;
	const char *text = has_text ? r->text : "";
	mbus_record_note(r, &note);
	json_t *j = json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:s}", "function",
		mbus_function_name(r->slot.function), "storage", (json_int_t)r->slot.storage,
		"tariff", (json_int_t)r->slot.tariff, "subunit", (json_int_t)r->slot.subunit,
		"quantity", quantity_code(r->quantity), "unit", r->unit_text, "value",
		value(r, digits), "text", text_or_null(text), "raw", hex(r->raw), "name", r->name);
	if (j && note.text[0]) {
		(void)json_object_set_new(j, "note", json_string(note.text));
	}
	return j;
}

static json_t *number_if(bool is_there, int v)
{
	return is_there ? json_integer(v) : json_null();
}

static json_t *message_json(const struct mbus_message *m)
{
	static const char *const kinds[] = {"ack", "short", "long"};
	const struct mbus_frame *f = &m->frame;
	const struct mbus_header *h = &m->header;
	bool has_maker = m->has_header && m->body != MBUS_BODY_FIXED;
	bool is_long = f->kind == MBUS_KIND_LONG;
	return json_pack("{s:{s:o, s:o, s:o, s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:[]}",
		"link", "c", number_if(f->kind != MBUS_KIND_ACK, f->c), "a",
		number_if(f->kind != MBUS_KIND_ACK, f->a), "ci", number_if(is_long, f->ci), "kind",
		kinds[f->kind], "ci_name", is_long ? mbus_ci_name(f->ci) : "", "id",
		m->has_header ? json_string(h->id) : json_null(), "manufacturer",
		has_maker ? json_string(h->manufacturer) : json_null(), "version",
		number_if(has_maker, h->version), "medium", number_if(m->has_header, h->medium),
		"medium_name",
		m->has_header ? json_string(mbus_medium_name(h->medium)) : json_null(), "access",
		number_if(m->has_access, h->access), "status", number_if(m->has_access, h->status),
		"records");
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

static enum err print_json(const struct mbus_message *m, struct diag *diag)
{
	struct mbus_cursor cur = mbus_records(m);
	struct mbus_record r;
	int digits = 15;
	enum err e = message_error(m, diag), step;
	json_t *j = message_json(m);
	json_t *records = json_object_get(j, "records");
	while (!(step = mbus_next(&cur, &r, diag))) {
		(void)json_array_append_new(records, record_json(&r, &digits));
	}
	e = e || step == ERR_NODATA ? e : step;
	if (m->body == MBUS_BODY_ALARM || m->body == MBUS_BODY_RESET ||
		m->body == MBUS_BODY_ERROR) {
		(void)json_object_set_new(j, "code", json_integer(m->code));
	}
	if (e) {
		(void)json_object_set_new(j, "error",
			json_string(m->body == MBUS_BODY_ERROR ? mbus_error_name(m->code) :
								 diag->text));
	}
	bool is_good = j && json_dumpf(j, stdout,
				    (size_t)(JSON_INDENT(2) | JSON_REAL_PRECISION(digits))) == 0;
	json_decref(j);
	(void)putchar('\n');
	return is_good ? e : err_set(diag, ERR_NOMEM, "no memory for the answer");
}

static void print_head(const struct mbus_message *m)
{
	const struct mbus_frame *f = &m->frame;
	const struct mbus_header *h = &m->header;
	if (f->kind == MBUS_KIND_ACK) {
		(void)puts("acknowledge");
		return;
	}
	(void)printf("C %02X  A %u", f->c, f->a);
	if (f->kind == MBUS_KIND_LONG) {
		const char *name = mbus_ci_name(f->ci);
		(void)printf("  CI %02X%s%s", f->ci, *name ? " " : "", name);
	}
	(void)putchar('\n');
	if (m->has_header) {
		(void)printf("id %s", h->id);
		if (m->body != MBUS_BODY_FIXED) {
			(void)printf("  manufacturer %s  version %u", h->manufacturer, h->version);
		}
		(void)printf("  medium %u %s", h->medium, mbus_medium_name(h->medium));
	}
	if (m->has_access) {
		(void)printf("  access %u  status %02X", h->access, h->status);
	}
	if (m->has_header || m->has_access) {
		(void)putchar('\n');
	}
	if (m->body == MBUS_BODY_ALARM || m->body == MBUS_BODY_RESET) {
		(void)printf("code %02X\n", m->code);
	}
}

static void print_record(const struct mbus_record *r)
{
	char text[STR_DOUBLE_CAP];
	struct mbus_note note;
	struct buf raw;
	buf_init(&raw, 4 * MBUS_FRAME_MAX);
	mbus_record_note(r, &note);
	bool is_number = r->type == MBUS_TYPE_NUMBER;
	const char *v = is_number ? str_double(text, r->value) : r->text;
	if (r->type == MBUS_TYPE_BYTES) {
		str_hex(&raw, r->data, ' ');
		v = buf_cstr(&raw);
	}
	(void)printf("%-13s %7" PRIu64 " %6u %7u  %-24s %s%s%s%s%s%s\n",
		mbus_function_name(r->slot.function), r->slot.storage, r->slot.tariff,
		r->slot.subunit, *r->name ? r->name : "plain-text VIF", *v ? v : "-",
		is_number && *r->unit_text ? " " : "", is_number ? r->unit_text : "",
		note.text[0] ? "  (" : "", note.text, note.text[0] ? ")" : "");
	buf_fini(&raw);
}

static enum err print_table(const struct mbus_message *m, struct diag *diag)
{
	struct mbus_cursor cur = mbus_records(m);
	struct mbus_record r;
	enum err e = message_error(m, diag), step;
	print_head(m);
	bool is_first = true;
	while (!(step = mbus_next(&cur, &r, diag))) {
		if (is_first) {
			(void)puts(
				"function      storage tariff subunit  name                     value");
			is_first = false;
		}
		print_record(&r);
	}
	return e || step == ERR_NODATA ? e : step;
}

static enum err print(struct slice bytes, bool is_json, struct diag *diag)
{
	struct mbus_frame frame;
	struct mbus_message m;
	enum err e = mbus_frame_decode(bytes, &frame, diag);
	e = e ? e : mbus_message_decode(&frame, &m, diag);
	if (e) {
		return e;
	}
	return is_json ? print_json(&m, diag) : print_table(&m, diag);
}

const struct decode_protocol decode_mbus = {"mbus", "wired M-Bus, EN 13757-2/3", print};
