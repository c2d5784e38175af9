/*
 * http_path.h - the texts of HTTP that are ours to read: routes, listen addresses, cookies, queries
 *
 * Pure functions of their input, so that they can be fuzzed alone.
 */
#ifndef DOMOVOI_HTTP_PATH_H
#define DOMOVOI_HTTP_PATH_H

#include "base/zone.h"

#include <stddef.h>

/* Does `path` match the pattern, where {id} stands for a positive number without leading zeros? */
bool http_path_match(const char *pattern, const char *path, int64_t *ret_id);

/* "host:port", "[v6]:port", ":port"; false when the text is none or a part does not fit. */
bool http_split_listen(const char *text, char *host, size_t host_cap, char *port, size_t port_cap);

/* Value of the cookie `name` in a Cookie header (RFC 6265 section 4.2.1). False: absent or longer
 * than fits. */
bool http_cookie(const char *header, const char *name, char *ret_value, size_t cap);

/* UTC seconds or ISO 8601, local where it has no offset. */
enum err http_time(const char *text, const struct zone *zone, int64_t *ret_utc);

/* A path below a directory of files: no empty, "." or ".." parts, no backslash, no control
 * characters, nothing hidden. `path` begins with "/". */
bool http_path_is_safe(const char *path);

#endif
