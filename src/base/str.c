/*
 * str.c - text helpers; see str.h
 */
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool str_copy(char *to, size_t cap, const char *from)
{
	size_t n = strlen(from);
	bool fits = n < cap;
	if (!fits) {
		n = cap - 1;
		while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80) {
			n--;
		}
	}
	memmove(to, from, n);
	to[n] = 0;
	return fits;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

enum err str_unhex(const char *text, size_t size, struct buf *out, struct diag *diag)
{
	int high = -1;
	for (size_t i = 0; i < size; i++) {
		int v = nibble(text[i]);
		if (v < 0) {
			if (high < 0 && text[i] && strchr(" \t\r\n:-", text[i])) {
				continue;
			}
			return err_set_at(
				diag, ERR_PARSE, i, "not a pair of hex digits at position %zu", i);
		}
		if (high < 0) {
			high = v;
		} else {
			buf_u8(out, (uint8_t)(high << 4 | v));
			high = -1;
		}
	}
	if (high >= 0) {
		return err_set_at(diag, ERR_PARSE, size, "odd number of hex digits");
	}
	return out->is_full ? err_set(diag, ERR_LIMIT, "too many bytes") : ERR_OK;
}

void str_hex(struct buf *out, struct slice bytes, char sep)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < bytes.size; i++) {
		if (i && sep) {
			buf_u8(out, (uint8_t)sep);
		}
		buf_u8(out, (uint8_t)digits[bytes.data[i] >> 4]);
		buf_u8(out, (uint8_t)digits[bytes.data[i] & 15]);
	}
}

enum err str_to_int(const char *text, int64_t *ret_v)
{
	char *end;
	if (!*text || strchr(" \t\n\v\f\r", *text)) {
		return ERR_PARSE;
	}
	errno = 0;
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	long long v = strtoll(text, &end, is_hex ? 16 : 10);
	if (end == text || *end) {
		return ERR_PARSE;
	}
	if (errno == ERANGE) {
		return ERR_RANGE;
	}
	*ret_v = v;
	return ERR_OK;
}

enum err str_to_double(const char *text, double *ret_v)
{
	char *end;
	/* strtod follows the C locale: setlocale is never called */
	if (!*text || strchr(" \t\n\v\f\r", *text) ||
		strspn(text, "+-.0123456789eE") != strlen(text)) {
		return ERR_PARSE;
	}
	double v = strtod(text, &end);
	if (end == text || *end) {
		return ERR_PARSE;
	}
	if (!isfinite(v)) {
		return ERR_RANGE;
	}
	*ret_v = v;
	return ERR_OK;
}

const char *str_double(char out[static STR_DOUBLE_CAP], double v)
{
	if (!isfinite(v)) {
		(void)snprintf(out, STR_DOUBLE_CAP, "null");
		return out;
	}
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(out, STR_DOUBLE_CAP, "%.*g", digits, v);
		if (strtod(out, NULL) == v) {
			break;
		}
	}
	return out;
}

static size_t utf8_length(uint8_t lead)
{
	if (lead < 0x80) {
		return 1;
	}
	if (lead >= 0xc2 && lead < 0xe0) {
		return 2;
	}
	if (lead >= 0xe0 && lead < 0xf0) {
		return 3;
	}
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

bool str_is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.size;) {
		size_t n = utf8_length(s.data[i]);
		if (n == 0 || n > s.size - i) {
			return false;
		}
		for (size_t k = 1; k < n; k++) {
			if ((s.data[i + k] & 0xc0) != 0x80) {
				return false;
			}
		}
		uint8_t second = n > 1 ? s.data[i + 1] : 0;
		if ((s.data[i] == 0xe0 && second < 0xa0) || (s.data[i] == 0xed && second > 0x9f) ||
			(s.data[i] == 0xf0 && second < 0x90) ||
			(s.data[i] == 0xf4 && second > 0x8f)) {
			return false; /* overlong, surrogate or beyond U+10FFFF */
		}
		i += n;
	}
	return true;
}

bool str_is_key(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.:-") == strlen(s);
}
