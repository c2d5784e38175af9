/*
 * text_out.c - a site as text; see text.h
 */
#include "base/str.h"
#include "store/priv.h"
#include "store/text.h"

#include <ctype.h>
#include <string.h>

/* Words that other readers of YAML take for something else than text. */
static bool is_reserved(const char *s)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "true", "false", "on", "off", "null"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i], s) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_plain(const char *s)
{
	static const char more[] = "_./-";
	if (!isalpha((unsigned char)*s) || is_reserved(s)) {
		return false;
	}
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr(more, *s)) {
			return false;
		}
	}
	return true;
}

/* Length of a UTF-8 character and its code point; the text has been checked. */
static size_t decode(const char *s, uint32_t *ret_code)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? c : c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		code = code << 6 | ((unsigned char)s[i] & 0x3fu);
	}
	*ret_code = code;
	return n;
}

/* Characters that YAML does not print, or takes for a line break. */
static bool is_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0x2028 || code == 0x2029 ||
	       code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

static void put_text(struct buf *out, const char *s)
{
	if (is_plain(s)) {
		buf_str(out, s);
		return;
	}
	buf_u8(out, '"');
	while (*s) {
		uint32_t code;
		size_t n = decode(s, &code);
		if (code == '"' || code == '\\') {
			buf_printf(out, "\\%c", (char)code);
		} else if (code == '\n') {
			buf_str(out, "\\n");
		} else if (code == '\t') {
			buf_str(out, "\\t");
		} else if (is_hidden(code)) {
			buf_printf(out, code > 0xffff ? "\\U%08X" : "\\u%04X", code);
		} else {
			buf_put(out, s, n);
		}
		s += n;
	}
	buf_u8(out, '"');
}

static void put_value(struct buf *out, const struct field *f, const uint8_t *p)
{
	char text[STR_DOUBLE_CAP], time[TIME_TEXT_CAP];
	int64_t i;
	double real;
	int code;
	bool yes;
	switch (f->type) {
	case FIELD_TEXT: put_text(out, (const char *)p); return;
	case FIELD_REAL:
		memcpy(&real, p, sizeof(real));
		buf_str(out, str_double(text, real));
		return;
	case FIELD_BOOL:
		memcpy(&yes, p, sizeof(yes));
		buf_str(out, yes ? "true" : "false");
		return;
	case FIELD_ENUM:
		memcpy(&code, p, sizeof(code));
		buf_str(out, f->enum_name(code));
		return;
	case FIELD_TIME:
		memcpy(&i, p, sizeof(i));
		buf_str(out, i == INT64_MIN || i == INT64_MAX ? "null" : time_text_utc(time, i));
		return;
	case FIELD_INT:
	case FIELD_REF: break;
	}
	memcpy(&i, p, sizeof(i));
	buf_printf(out, "%lld", (long long)i);
}

static size_t size_of(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT: return f->cap;
	case FIELD_BOOL: return sizeof(bool);
	case FIELD_ENUM: return sizeof(int);
	case FIELD_INT:
	case FIELD_REF:
	case FIELD_REAL:
	case FIELD_TIME: break;
	}
	return sizeof(int64_t);
}

static bool is_default(const struct field *f, const uint8_t *object, const uint8_t *defaults)
{
	if (f->type == FIELD_ENUM) {
		return false; /* people want to read what a thing is */
	}
	if (f->type == FIELD_TEXT) {
		return strcmp((const char *)object + f->offset,
			       (const char *)defaults + f->offset) == 0;
	}
	return memcmp(object + f->offset, defaults + f->offset, size_of(f)) == 0;
}

static void put_object(struct buf *out, enum object_kind kind, const void *object)
{
	const struct object_kind_info *info = object_kind_info(kind);
	union any_object defaults;
	object_init(kind, &defaults);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field *f = &info->fields[i];
		if (i > 0 && is_default(f, object, (const uint8_t *)&defaults)) {
			continue;
		}
		buf_printf(out, "  %s %s: ", i ? " " : "-", f->name);
		put_value(out, f, (const uint8_t *)object + f->offset);
		buf_u8(out, '\n');
	}
}

enum err site_export(const struct site *site, struct buf *out, struct diag *diag)
{
	enum err e = site_check(site, diag);
	if (e) {
		return e;
	}
	buf_str(out, "# configuration of a domovoi node\nformat: 1\n");
	for (int k = 0; k < OBJECT_KIND_COUNT; k++) {
		size_t n = site->counts[k];
		buf_printf(out, "\n%s:%s\n", object_kind_info((enum object_kind)k)->plural,
			n ? "" : " []");
		for (size_t i = 0; i < n; i++) {
			put_object(out, (enum object_kind)k, site_at(site, (enum object_kind)k, i));
		}
	}
	return out->is_full ? err_set(diag, ERR_LIMIT, "the text grew too large") : ERR_OK;
}

enum err store_export(struct store *s, struct buf *out, struct diag *diag)
{
	const struct site *site = store_site(s);
	enum err e = site_export(site, out, diag);
	site_unref(site);
	return e;
}
