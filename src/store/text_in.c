/*
 * text_in.c - a site out of its text; see text.h
 *
 * The events of libyaml are followed through three levels: the document, a list of one kind, one
 * object. Where each object stood is remembered, so that what site_check finds gets a line too.
 */
#include "base/str.h"
#include "model/object_json.h"
#include "store/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FORMAT 1

struct place_in_text {
	struct site_fault object;
	size_t line;
};

struct parse {
	yaml_parser_t yaml;
	yaml_event_t event; /* valid while has_event */
	bool has_event;
	struct site *site;
	struct place_in_text *lines; /* owned */
	size_t n, cap;
	struct diag *diag;
};

static size_t line_of(const struct parse *p)
{
	return p->event.start_mark.line + 1;
}

static enum err fail(struct parse *p, size_t line, enum err e, const char *what)
{
	return err_set_at(p->diag, e, line, "line %zu: %s", line, what);
}

/* The next event; its kind is p->event.type. */
static enum err next(struct parse *p)
{
	if (p->has_event) {
		yaml_event_delete(&p->event);
		p->has_event = false;
	}
	if (!yaml_parser_parse(&p->yaml, &p->event)) {
		size_t line = p->yaml.problem_mark.line + 1;
		const char *problem = p->yaml.problem ? p->yaml.problem : "cannot be read";
		bool is_memory = p->yaml.error == YAML_MEMORY_ERROR;
		return fail(p, line, is_memory ? ERR_NOMEM : ERR_PARSE, problem);
	}
	p->has_event = true;
	if (p->event.type == YAML_ALIAS_EVENT) {
		return fail(p, line_of(p), ERR_PARSE, "references (*) are not used here");
	}
	return ERR_OK;
}

static enum err expect(struct parse *p, yaml_event_type_t type, const char *what)
{
	enum err e = next(p);
	if (!e && p->event.type != type) {
		e = fail(p, line_of(p), ERR_PARSE, what);
	}
	return e;
}

/* Text of a scalar event; NULL if it holds a zero byte. */
static const char *scalar(const struct parse *p)
{
	const char *text = (const char *)p->event.data.scalar.value;
	return strlen(text) == p->event.data.scalar.length ? text : NULL;
}

static bool is_null(const struct parse *p, const char *text)
{
	return p->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0);
}

/* The scalar as JSON of the type the field wants; NULL if it cannot be. */
static json_t *value_of(const struct parse *p, const struct field *f)
{
	const char *text = scalar(p);
	int64_t i;
	double real;
	if (!text) {
		return NULL;
	}
	switch (f->type) {
	case FIELD_INT:
	case FIELD_REF: return str_to_int(text, &i) == ERR_OK ? json_integer(i) : NULL;
	case FIELD_REAL:
		if (is_null(p, text)) {
			return json_null();
		}
		return str_to_double(text, &real) == ERR_OK ? json_real(real) : NULL;
	case FIELD_BOOL:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
			return NULL;
		}
		return json_boolean(*text == 't');
	case FIELD_TIME:
		if (is_null(p, text)) {
			return json_null();
		}
		break;
	case FIELD_TEXT:
	case FIELD_ENUM: break;
	}
	return json_string(text);
}

static const char *wanted(const struct field *f)
{
	switch (f->type) {
	case FIELD_INT:
	case FIELD_REF: return "must be a whole number";
	case FIELD_REAL: return "must be a number or null";
	case FIELD_BOOL: return "must be true or false";
	case FIELD_TIME:
	case FIELD_TEXT:
	case FIELD_ENUM: break;
	}
	return "must be UTF-8 text";
}

static enum err parse_value(
	struct parse *p, enum object_kind kind, const struct field *f, union any_object *object)
{
	struct diag inner = {0};
	char what[400];
	enum err e = next(p);
	if (e) {
		return e;
	}
	size_t line = line_of(p);
	if (p->event.type != YAML_SCALAR_EVENT) {
		(void)snprintf(what, sizeof(what), "%s: %s", f->name, wanted(f));
		return fail(p, line, ERR_PARSE, what);
	}
	json_t *json = value_of(p, f);
	if (!json) {
		(void)snprintf(what, sizeof(what), "%s: %s", f->name, wanted(f));
		return fail(p, line, ERR_PARSE, what);
	}
	e = field_from_json(kind, f, json, object, &inner);
	json_decref(json);
	return e ? fail(p, line, e, inner.text) : ERR_OK;
}

static const struct field *find_field(
	const struct object_kind_info *info, const char *name, size_t *ret_i)
{
	for (size_t i = 0; name && i < info->field_count; i++) {
		if (strcmp(info->fields[i].name, name) == 0) {
			*ret_i = i;
			return &info->fields[i];
		}
	}
	return NULL;
}

static enum err remember(struct parse *p, enum object_kind kind, int64_t id, size_t line)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct place_in_text *grown = realloc(p->lines, cap * sizeof(*grown));
		if (!grown) {
			return fail(p, line, ERR_NOMEM, "out of memory");
		}
		p->lines = grown;
		p->cap = cap;
	}
	p->lines[p->n++] = (struct place_in_text){{kind, id}, line};
	return ERR_OK;
}

/* One object; its opening event has been read. */
static enum err parse_object(struct parse *p, enum object_kind kind)
{
	const struct object_kind_info *info = object_kind_info(kind);
	union any_object object;
	size_t line = line_of(p), index = 0;
	uint64_t seen = 0;
	char what[160];
	object_init(kind, &object);
	for (;;) {
		enum err e = next(p);
		if (e || p->event.type == YAML_MAPPING_END_EVENT) {
			if (!e && !(seen & 1)) {
				(void)snprintf(what, sizeof(what), "a %s without id", info->name);
				return fail(p, line, ERR_PARSE, what);
			}
			e = e ? e : remember(p, kind, object.id, line);
			if (!e && !site_add(p->site, kind, &object)) {
				e = fail(p, line, ERR_NOMEM, "out of memory");
			}
			return e;
		}
		const char *key = p->event.type == YAML_SCALAR_EVENT ? scalar(p) : NULL;
		const struct field *f = find_field(info, key, &index);
		if (!f || (seen >> index & 1)) {
			(void)snprintf(what, sizeof(what),
				f ? "%s: stands here twice" : "a %s has no field %.60s",
				f ? f->name : info->name, key ? key : "of this form");
			return fail(p, line_of(p), ERR_PARSE, what);
		}
		seen |= UINT64_C(1) << index;
		e = parse_value(p, kind, f, &object);
		if (e) {
			return e;
		}
	}
}

static enum err parse_list(struct parse *p, enum object_kind kind)
{
	enum err e = next(p);
	char what[120];
	if (!e && p->event.type == YAML_SCALAR_EVENT && scalar(p) && is_null(p, scalar(p))) {
		return ERR_OK; /* "meters:" and nothing below */
	}
	if (!e && p->event.type != YAML_SEQUENCE_START_EVENT) {
		(void)snprintf(
			what, sizeof(what), "%s: must be a list", object_kind_info(kind)->plural);
		return fail(p, line_of(p), ERR_PARSE, what);
	}
	while (!e) {
		e = next(p);
		if (e || p->event.type == YAML_SEQUENCE_END_EVENT) {
			break;
		}
		if (p->event.type != YAML_MAPPING_START_EVENT) {
			(void)snprintf(what, sizeof(what), "a %s must be a list of fields",
				object_kind_info(kind)->name);
			return fail(p, line_of(p), ERR_PARSE, what);
		}
		e = parse_object(p, kind);
	}
	return e;
}

static enum err parse_format(struct parse *p)
{
	int64_t format = 0;
	enum err e = next(p);
	if (e) {
		return e;
	}
	bool is_number = p->event.type == YAML_SCALAR_EVENT && scalar(p) &&
			 str_to_int(scalar(p), &format) == ERR_OK;
	if (!is_number || format != FORMAT) {
		return fail(p, line_of(p), ERR_PARSE, "format: this program reads format 1");
	}
	return ERR_OK;
}

static enum err parse_document(struct parse *p)
{
	uint64_t seen = 0;
	bool has_format = false;
	char what[120];
	enum err e = expect(p, YAML_STREAM_START_EVENT, "not a text");
	e = e ? e : expect(p, YAML_DOCUMENT_START_EVENT, "the text is empty");
	e = e ? e : expect(p, YAML_MAPPING_START_EVENT, "must begin with format: 1");
	while (!e) {
		e = next(p);
		if (e || p->event.type == YAML_MAPPING_END_EVENT) {
			break;
		}
		enum object_kind kind;
		const char *key = p->event.type == YAML_SCALAR_EVENT ? scalar(p) : NULL;
		if (key && !has_format && strcmp(key, "format") == 0) {
			has_format = true;
			e = parse_format(p);
			continue;
		}
		if (!key || !object_kind_from_name(key, &kind) || (seen >> kind & 1)) {
			(void)snprintf(what, sizeof(what),
				"%.60s: is unknown here, or stands here twice", key ? key : "this");
			return fail(p, line_of(p), ERR_PARSE, what);
		}
		seen |= UINT64_C(1) << kind;
		e = parse_list(p, kind);
	}
	if (!e && !has_format) {
		return fail(p, 1, ERR_PARSE, "format: is missing");
	}
	e = e ? e : expect(p, YAML_DOCUMENT_END_EVENT, "one document only");
	return e ? e : expect(p, YAML_STREAM_END_EVENT, "one document only");
}

static enum err check(struct parse *p)
{
	struct site_fault fault;
	struct diag inner = {0};
	if (!site_sort(p->site)) {
		return err_set(p->diag, ERR_NOMEM, "reading the text");
	}
	enum err e = site_check_at(p->site, &fault, &inner);
	if (!e) {
		return ERR_OK;
	}
	for (size_t i = 0; fault.id && i < p->n; i++) {
		if (p->lines[i].object.kind == fault.kind && p->lines[i].object.id == fault.id) {
			return fail(p, p->lines[i].line, e, inner.text);
		}
	}
	return err_set(p->diag, e, "%s", inner.text);
}

enum err site_from_text(struct slice text, struct site **ret_site, struct diag *diag)
{
	struct parse p = {.diag = diag};
	if (text.size > SITE_TEXT_MAX) {
		return err_set(
			diag, ERR_LIMIT, "the text is larger than %u MB", SITE_TEXT_MAX >> 20);
	}
	p.site = site_new();
	if (!p.site || !yaml_parser_initialize(&p.yaml)) {
		site_unref(p.site);
		return err_set(diag, ERR_NOMEM, "reading the text");
	}
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&p.yaml, text.data ? text.data : (const uint8_t *)"", text.size);
	enum err e = parse_document(&p);
	e = e ? e : check(&p);
	if (p.has_event) {
		yaml_event_delete(&p.event);
	}
	yaml_parser_delete(&p.yaml);
	free(p.lines);
	if (e) {
		site_unref(p.site);
		return e;
	}
	*ret_site = p.site;
	return ERR_OK;
}
