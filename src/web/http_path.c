/*
 * http_path.c - routes, listen addresses, cookies, queries as text; see http_path.h
 */
#include "web/http_path.h"

#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ID_DIGITS 18 /* as many as always fit an int64_t */

static bool read_id(const char **at, int64_t *ret_id)
{
	int64_t id = 0;
	int digits = 0;
	const char *p = *at;
	for (; *p >= '0' && *p <= '9' && digits < ID_DIGITS; p++, digits++) {
		id = id * 10 + (*p - '0');
		if (id == 0) {
			return false;
		}
	}
	if (digits == 0) { /* a digit too many does not fit what follows */
		return false;
	}
	*at = p;
	*ret_id = id;
	return true;
}

bool http_path_match(const char *pattern, const char *path, int64_t *ret_id)
{
	int64_t id = 0;
	while (*pattern) {
		if (strncmp(pattern, "{id}", 4) == 0) {
			if (!read_id(&path, &id)) {
				return false;
			}
			pattern += 4;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	if (*path) {
		return false;
	}
	*ret_id = id;
	return true;
}

bool http_split_listen(const char *text, char *host, size_t host_cap, char *port, size_t port_cap)
{
	const char *colon = strrchr(text, ':');
	int64_t number;
	if (!colon || str_to_int(colon + 1, &number) != ERR_OK || number < 0 || number > 65535) {
		return false;
	}
	const char *from = text;
	size_t n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && colon[-1] == ']') {
		from++;
		n -= 2;
	} else if (memchr(text, ':', n)) {
		return false; /* an IPv6 address wants brackets */
	}
	if (n >= host_cap) {
		return false;
	}
	memcpy(host, from, n);
	host[n] = '\0';
	int written = snprintf(port, port_cap, "%d", (int)number);
	return written > 0 && (size_t)written < port_cap;
}

bool http_cookie(const char *header, const char *name, char *ret_value, size_t cap)
{
	size_t name_size = strlen(name);
	for (const char *p = header; p && *p;) {
		p += strspn(p, " ;");
		const char *end = p + strcspn(p, ";");
		if (strncmp(p, name, name_size) == 0 && p[name_size] == '=') {
			const char *value = p + name_size + 1;
			size_t n = (size_t)(end - value);
			while (n > 0 && value[n - 1] == ' ') {
				n--;
			}
			if (n >= cap) {
				return false;
			}
			memcpy(ret_value, value, n);
			ret_value[n] = '\0';
			return true;
		}
		p = end;
	}
	return false;
}

enum err http_time(const char *text, const struct zone *zone, int64_t *ret_utc)
{
	/* beyond these years calendars mean nothing, and sums of seconds stay far from overflow */
	const int64_t earliest = -62135596800; /* year 1 */
	const int64_t latest = 253402300800;   /* year 10000 */
	int64_t utc;
	bool is_number = *text && text[strspn(text, "-0123456789")] == '\0' &&
			 !strchr(text + 1, '-');
	enum err e = is_number ? str_to_int(text, &utc) : time_parse(text, zone, &utc);
	if (e) {
		return e;
	}
	if (utc < earliest || utc > latest) {
		return ERR_RANGE;
	}
	*ret_utc = utc;
	return ERR_OK;
}

bool http_path_is_safe(const char *path)
{
	if (path[0] != '/') {
		return false;
	}
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\') {
			return false;
		}
		if (*p == '/' && (p[1] == '.' || p[1] == '/')) {
			return false;
		}
	}
	return true;
}
