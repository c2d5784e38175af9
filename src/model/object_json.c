/*
 * object_json.c - configuration objects as JSON; see object_json.h
 */
#include "model/object_json.h"

#include "base/str.h"

#include <math.h>
#include <string.h>

json_t *field_to_json(const struct field *f, const void *object)
{
	const uint8_t *p = (const uint8_t *)object + f->offset;
	char text[TIME_TEXT_CAP];
	int64_t i;
	double real;
	int code;
	bool yes;
	switch (f->type) {
	case FIELD_TEXT: return json_string((const char *)p);
	case FIELD_REAL:
		memcpy(&real, p, sizeof(real));
		return isfinite(real) ? json_real(real) : json_null();
	case FIELD_BOOL: memcpy(&yes, p, sizeof(yes)); return json_boolean(yes);
	case FIELD_ENUM: memcpy(&code, p, sizeof(code)); return json_string(f->enum_name(code));
	case FIELD_INT:
	case FIELD_REF:
	case FIELD_TIME: break;
	}
	memcpy(&i, p, sizeof(i));
	if (f->type != FIELD_TIME) {
		return json_integer(i);
	}
	return i == INT64_MIN || i == INT64_MAX ? json_null() : json_string(time_text_utc(text, i));
}

json_t *object_to_json(enum object_kind kind, const void *object)
{
	const struct object_kind_info *info = object_kind_info(kind);
	json_t *json = json_object();
	for (size_t i = 0; json && i < info->field_count; i++) {
		if (json_object_set_new(json, info->fields[i].name,
			    field_to_json(&info->fields[i], object)) != 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static enum err wrong(const struct field *f, struct diag *diag, const char *wanted)
{
	return err_set(diag, ERR_INVAL, "%s: %s", f->name, wanted);
}

static enum err time_from_json(enum object_kind kind, const struct field *f, const json_t *value,
	void *object, struct diag *diag)
{
	union any_object defaults;
	int64_t utc;
	if (json_is_null(value)) {
		object_init(kind, &defaults);
		memcpy((uint8_t *)object + f->offset, (const uint8_t *)&defaults + f->offset,
			sizeof(utc));
		return ERR_OK;
	}
	const char *text = json_string_value(value);
	if (json_is_integer(value)) {
		utc = json_integer_value(value);
	} else if (!text || time_parse(text, NULL, &utc) != ERR_OK) {
		return wrong(f, diag, "must be a time like 2025-01-10T05:00:00Z or null");
	}
	memcpy((uint8_t *)object + f->offset, &utc, sizeof(utc));
	return ERR_OK;
}

static enum err text_from_json(
	const struct field *f, const json_t *value, void *object, struct diag *diag)
{
	const char *text = json_string_value(value);
	if (!text) {
		return wrong(f, diag, "must be text");
	}
	if (strlen(text) != json_string_length(value)) {
		return wrong(f, diag, "contains a zero byte");
	}
	if (strlen(text) >= f->cap) {
		return err_set(
			diag, ERR_RANGE, "%s: is longer than %zu bytes", f->name, f->cap - 1);
	}
	memset((char *)object + f->offset, 0, f->cap);
	memcpy((char *)object + f->offset, text, strlen(text));
	return ERR_OK;
}

enum err field_from_json(enum object_kind kind, const struct field *f, const json_t *value,
	void *object, struct diag *diag)
{
	uint8_t *p = (uint8_t *)object + f->offset;
	int64_t i = json_integer_value(value);
	double real = json_is_null(value) ? NAN : json_number_value(value);
	bool yes = json_is_true(value);
	const char *text = json_string_value(value);
	int code;
	switch (f->type) {
	case FIELD_TIME: return time_from_json(kind, f, value, object, diag);
	case FIELD_TEXT: return text_from_json(f, value, object, diag);
	case FIELD_INT:
	case FIELD_REF:
		if (!json_is_integer(value)) {
			return wrong(f, diag, "must be a whole number");
		}
		memcpy(p, &i, sizeof(i));
		return ERR_OK;
	case FIELD_REAL:
		if (!json_is_number(value) && !json_is_null(value)) {
			return wrong(f, diag, "must be a number");
		}
		memcpy(p, &real, sizeof(real));
		return ERR_OK;
	case FIELD_BOOL:
		if (!json_is_boolean(value)) {
			return wrong(f, diag, "must be true or false");
		}
		memcpy(p, &yes, sizeof(yes));
		return ERR_OK;
	case FIELD_ENUM:
		if (!text || !f->enum_value(text, &code)) {
			return wrong(f, diag, "is not one of the known names");
		}
		memcpy(p, &code, sizeof(code));
		return ERR_OK;
	}
	return ERR_INTERNAL;
}

static const struct field *field_of(const struct object_kind_info *info, const char *name)
{
	for (size_t i = 0; i < info->field_count; i++) {
		if (strcmp(info->fields[i].name, name) == 0) {
			return &info->fields[i];
		}
	}
	return NULL;
}

enum err object_from_json(
	enum object_kind kind, const json_t *json, void *object, struct diag *diag)
{
	const struct object_kind_info *info = object_kind_info(kind);
	const char *key;
	json_t *value;
	if (!json_is_object(json)) {
		return err_set(diag, ERR_INVAL, "a %s must be an object", info->name);
	}
	/* jansson's iteration wants a pointer that is not const; nothing is changed */
	json_object_foreach((json_t *)json, key, value)
	{
		const struct field *f = field_of(info, key);
		if (!f) {
			return err_set(diag, ERR_INVAL, "a %s has no field %.40s", info->name, key);
		}
		enum err e = field_from_json(kind, f, value, object, diag);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}
