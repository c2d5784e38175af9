/*
 * json_out.c - JSON as it is written; see json_out.h
 */
#include "cmd/json_out.h"

#include "base/str.h"
#include "base/zone.h"

#include <inttypes.h>
#include <string.h>

static void quote(struct buf *to, const char *text)
{
	buf_str(to, "\"");
	for (const char *s = text; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\') {
			buf_printf(to, "\\%c", c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(to, "\\u%04x", c);
		} else {
			buf_u8(to, c);
		}
	}
	buf_str(to, "\"");
}

static void begin(struct json_out *j, const char *key)
{
	if (j->needs_comma) {
		buf_str(j->to, ",");
	}
	if (key) {
		quote(j->to, key);
		buf_str(j->to, ":");
	}
	j->needs_comma = true;
}

void json_open(struct json_out *j, const char *key, char bracket)
{
	begin(j, key);
	buf_u8(j->to, (uint8_t)bracket);
	j->needs_comma = false;
}

void json_close(struct json_out *j, char bracket)
{
	buf_u8(j->to, (uint8_t)bracket);
	j->needs_comma = true;
}

void json_put_text(struct json_out *j, const char *key, const char *text)
{
	begin(j, key);
	if (!text) {
		buf_str(j->to, "null");
	} else if (str_is_utf8((struct slice){(const uint8_t *)text, strlen(text)})) {
		quote(j->to, text);
	} else {
		quote(j->to, "?"); /* a meter's text in a code page nobody named */
	}
}

void json_put_real(struct json_out *j, const char *key, double value)
{
	char text[STR_DOUBLE_CAP];
	begin(j, key);
	buf_str(j->to, str_double(text, value));
}

void json_put_int(struct json_out *j, const char *key, int64_t value)
{
	begin(j, key);
	buf_printf(j->to, "%" PRId64, value);
}

void json_put_bool(struct json_out *j, const char *key, bool value)
{
	begin(j, key);
	buf_str(j->to, value ? "true" : "false");
}

void json_put_null(struct json_out *j, const char *key)
{
	begin(j, key);
	buf_str(j->to, "null");
}

void json_put_time(struct json_out *j, const char *key, int64_t utc)
{
	char text[TIME_TEXT_CAP];
	json_put_text(j, key, time_text_utc(text, utc));
}
