/*
 * jsonw.c - JSON text into a buffer; see jsonw.h
 */
#include "web/jsonw.h"

#include "base/str.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void jsonw_init(struct jsonw *w, struct buf *out)
{
	*w = (struct jsonw){.out = out};
}

/* Length of the UTF-8 character at `s`, 0 if the bytes there are none. */
static size_t character(const uint8_t *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) { /* the final zero ends the walk too */
			return 0;
		}
	}
	return n && str_is_utf8((struct slice){s, n}) ? n : 0;
}

static void quoted(struct buf *out, const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	buf_u8(out, '"');
	while (*s) {
		const uint8_t *from = s;
		while (*s >= 0x20 && *s < 0x7f && *s != '"' && *s != '\\' && *s != '<') {
			s++;
		}
		buf_put(out, from, (size_t)(s - from));
		if (!*s) {
			break;
		}
		size_t n = character(s);
		if (n == 0) {
			buf_str(out, "\xef\xbf\xbd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			buf_u8(out, '\\');
			buf_u8(out, *s);
		} else if (*s < 0x20 || *s == 0x7f || *s == '<') {
			/* '<' too: no answer can be taken for a page, whoever embeds it */
			buf_printf(out, "\\u%04x", *s);
		} else {
			buf_put(out, s, n);
		}
		s += n;
	}
	buf_u8(out, '"');
}

static void begin_item(struct jsonw *w, const char *key)
{
	uint32_t bit = 1u << w->depth;
	if (w->has_item & bit) {
		buf_u8(w->out, ',');
	}
	w->has_item |= bit;
	assert(!key == (w->depth == 0 || (w->is_array & bit)));
	if (key) {
		quoted(w->out, key);
		buf_u8(w->out, ':');
	}
}

static void open_level(struct jsonw *w, const char *key, bool is_array)
{
	begin_item(w, key);
	assert(w->depth + 1 < JSONW_DEPTH);
	w->depth++;
	uint32_t bit = 1u << w->depth;
	w->has_item &= ~bit;
	w->is_array = is_array ? w->is_array | bit : w->is_array & ~bit;
	buf_u8(w->out, is_array ? '[' : '{');
}

void jsonw_object(struct jsonw *w, const char *key)
{
	open_level(w, key, false);
}

void jsonw_array(struct jsonw *w, const char *key)
{
	open_level(w, key, true);
}

void jsonw_end(struct jsonw *w)
{
	assert(w->depth > 0);
	buf_u8(w->out, w->is_array & (1u << w->depth) ? ']' : '}');
	w->depth--;
}

void jsonw_str(struct jsonw *w, const char *key, const char *value)
{
	begin_item(w, key);
	if (value) {
		quoted(w->out, value);
	} else {
		buf_str(w->out, "null");
	}
}

void jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
	begin_item(w, key);
	buf_printf(w->out, "%" PRId64, value);
}

void jsonw_real(struct jsonw *w, const char *key, double value)
{
	char text[STR_DOUBLE_CAP];
	begin_item(w, key);
	buf_str(w->out, str_double(text, value));
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
	begin_item(w, key);
	buf_str(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w, const char *key)
{
	begin_item(w, key);
	buf_str(w->out, "null");
}

void jsonw_time(struct jsonw *w, const char *key, int64_t utc)
{
	if (utc == INT64_MIN || utc == INT64_MAX) {
		jsonw_null(w, key);
	} else {
		jsonw_int(w, key, utc);
	}
}

void jsonw_time_or_never(struct jsonw *w, const char *key, int64_t utc)
{
	jsonw_time(w, key, utc ? utc : INT64_MIN);
}

void jsonw_text(struct jsonw *w, const char *key, const char *en, const char *ru)
{
	jsonw_object(w, key);
	jsonw_str(w, "en", en);
	jsonw_str(w, "ru", ru);
	jsonw_end(w);
}

void jsonw_error(struct jsonw *w, const char *key, enum err e, const char *detail)
{
	if (!e) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object(w, key);
	jsonw_str(w, "error", err_name(e));
	jsonw_text(w, "text", err_text(e, LANG_EN), err_text(e, LANG_RU));
	jsonw_text(w, "check", err_check(e, LANG_EN), err_check(e, LANG_RU));
	jsonw_str(w, "detail", detail);
	jsonw_end(w);
}

void jsonw_raw(struct jsonw *w, const char *key, const char *json)
{
	begin_item(w, key);
	buf_str(w->out, json);
}
