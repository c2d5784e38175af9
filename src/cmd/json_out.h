/*
 * json_out.h - JSON as it is written to a terminal or pipe
 *
 * Numbers are the shortest text that reads back to the same double, which the JSON library's printer
 * does not offer; what is not known is null. Commas are kept here, the nesting by the caller.
 */
#ifndef DOMOVOI_JSON_OUT_H
#define DOMOVOI_JSON_OUT_H

#include "base/buf.h"

struct json_out {
	struct buf *to; /* borrowed */
	bool needs_comma;
};

/* `key` NULL: an element of an array. `bracket` '{' or '['. */
void json_open(struct json_out *j, const char *key, char bracket);
void json_close(struct json_out *j, char bracket);                         /* '}' or ']' */
void json_put_text(struct json_out *j, const char *key, const char *text); /* NULL: null */
void json_put_real(struct json_out *j, const char *key, double value);     /* not finite: null */
void json_put_int(struct json_out *j, const char *key, int64_t value);
void json_put_bool(struct json_out *j, const char *key, bool value);
void json_put_null(struct json_out *j, const char *key);
void json_put_time(struct json_out *j, const char *key, int64_t utc); /* ISO 8601, UTC */

#endif
