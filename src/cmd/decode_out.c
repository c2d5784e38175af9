/*
 * decode_out.c - records of a decoded frame as a table or as JSON; see decode_out.h
 */
#include "cmd/decode_out.h"

#include "base/str.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_CEILING (1u << 20)

void decode_open(struct decode_out *o, bool is_json)
{
	*o = (struct decode_out){.is_json = is_json, .digits = 15};
	o->root = json_pack("{s:{}, s:n, s:n, s:n, s:n, s:n, s:n, s:[]}", "link", "id",
		"manufacturer", "version", "medium", "access", "status", "records");
	o->records = json_object_get(o->root, "records");
}

static json_t *group_of(struct decode_out *o, const char *group)
{
	if (group && o->root && !json_object_get(o->root, group)) {
		(void)json_object_set_new(o->root, group, json_object());
	}
	return group ? json_object_get(o->root, group) : o->root;
}

static void show(const struct decode_out *o, const char *name, const char *text)
{
	if (!o->is_json && *text) {
		(void)printf("%-14s %s\n", name, text);
	}
}

void decode_text(struct decode_out *o, const char *group, const char *name, const char *text)
{
	(void)json_object_set_new(group_of(o, group), name, json_string(text));
	show(o, name, text);
}

void decode_int(struct decode_out *o, const char *group, const char *name, int64_t v)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%" PRId64, v);
	(void)json_object_set_new(group_of(o, group), name, json_integer(v));
	show(o, name, text);
}

void decode_null(struct decode_out *o, const char *group, const char *name)
{
	(void)json_object_set_new(group_of(o, group), name, json_null());
}

static json_t *hex_text(struct slice bytes, char sep)
{
	struct buf b;
	buf_init(&b, HEX_CEILING);
	str_hex(&b, bytes, sep);
	json_t *j = json_string(buf_cstr(&b));
	buf_fini(&b);
	return j;
}

void decode_hex(struct decode_out *o, const char *group, const char *name, struct slice bytes)
{
	json_t *j = hex_text(bytes, 0);
	if (j) {
		show(o, name, json_string_value(j));
	}
	(void)json_object_set_new(group_of(o, group), name, j);
}

/* ---- records ---- */

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

static json_t *number(struct decode_out *o, double v)
{
	if (!isfinite(v)) {
		return json_null();
	}
	if (v == trunc(v) && fabs(v) < 1e15) {
		return json_integer((json_int_t)v);
	}
	int need = digits_of(v);
	o->digits = need > o->digits ? need : o->digits;
	return json_real(v);
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static void add_record(struct decode_out *o, const struct decode_record *r)
{
	json_t *value = r->type == DECODE_NUMBER ? number(o, r->number) :
			r->type == DECODE_TIME   ? json_string(r->time) :
						   json_null();
	json_t *j = json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:s}", "function",
		r->function ? r->function : "instantaneous", "storage", (json_int_t)r->storage,
		"tariff", (json_int_t)r->tariff, "subunit", (json_int_t)r->subunit, "quantity",
		quantity_code(r->quantity), "unit", r->unit ? r->unit : "", "value", value, "text",
		text_or_null(r->text), "raw", hex_text(r->raw, 0), "name", r->name ? r->name : "");
	if (j && r->note && *r->note) {
		(void)json_object_set_new(j, "note", json_string(r->note));
	}
	(void)json_array_append_new(o->records, j);
}

static void show_record(struct decode_out *o, const struct decode_record *r)
{
	char text[STR_DOUBLE_CAP];
	json_t *raw = NULL;
	const char *unit = r->unit ? r->unit : "", *v = r->text ? r->text : "";
	if (!o->has_record) {
		(void)puts("function      storage tariff subunit  name                     value");
	}
	if (r->type == DECODE_NUMBER && isfinite(r->number)) {
		v = str_double(text, r->number);
	} else {
		unit = "";
		v = r->type == DECODE_TIME ? r->time : v;
	}
	if (!*v && r->raw.size) {
		raw = hex_text(r->raw, ' ');
		v = raw ? json_string_value(raw) : "";
	}
	bool has_note = r->note && *r->note;
	(void)printf("%-13s %7" PRIu64 " %6u %7u  %-24s %s%s%s%s%s%s\n",
		r->function ? r->function : "instantaneous", r->storage, r->tariff, r->subunit,
		r->name ? r->name : "", *v ? v : "-", *unit ? " " : "", unit, has_note ? "  (" : "",
		has_note ? r->note : "", has_note ? ")" : "");
	json_decref(raw);
}

void decode_record(struct decode_out *o, const struct decode_record *r)
{
	if (o->is_json) {
		add_record(o, r);
	} else {
		show_record(o, r);
	}
	o->has_record = true;
}

enum err decode_close(struct decode_out *o, enum err e, struct diag *diag)
{
	bool is_good = true;
	if (o->is_json) {
		if (e && !json_object_get(o->root, "error")) { /* it may have a name */
			(void)json_object_set_new(o->root, "error", json_string(diag->text));
		}
		size_t flags = (size_t)(JSON_INDENT(2) | JSON_REAL_PRECISION(o->digits));
		is_good = o->root && json_dumpf(o->root, stdout, flags) == 0;
		(void)putchar('\n');
	}
	json_decref(o->root);
	return is_good ? e : err_set(diag, ERR_NOMEM, "no memory for the answer");
}
