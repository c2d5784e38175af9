/*
 * str.h - text: hex, numbers without locale, bounded copies, UTF-8
 *
 * Numbers are printed and read with a decimal point whatever the environment says; the shortest
 * text that reads back to the same double is used, so 0.1 prints "0.1".
 */
#ifndef DOMOVOI_STR_H
#define DOMOVOI_STR_H

#include "base/buf.h"
#include "base/err.h"

/* Copy with truncation at a UTF-8 character border; always terminated. False if it was cut. */
bool str_copy(char *to, size_t cap, const char *from);
#define STR_COPY(array, from) str_copy((array), sizeof(array), (from))

/* Hex digits with blanks, line breaks, ':' or '-' between bytes allowed; anything else, or an odd
 * number of digits, is ERR_PARSE with the position in diag->offset. */
enum err str_unhex(const char *text, size_t size, struct buf *out, struct diag *diag);
/* "68 0B 0B": upper case; `sep` 0 for none. */
void str_hex(struct buf *out, struct slice bytes, char sep);

enum err str_to_int(const char *text, int64_t *ret_v);   /* whole text; decimal or 0x.. */
enum err str_to_double(const char *text, double *ret_v); /* whole text; decimal point; finite */
/* Shortest decimal that reads back as `v`; "nan", "inf" never appear: not finite prints "null". */
#define STR_DOUBLE_CAP 32
const char *str_double(char out[static STR_DOUBLE_CAP], double v);

bool str_is_utf8(struct slice s);
/* True if every byte is in [a-z0-9_.:-] and there is at least one. */
bool str_is_key(const char *s);

#endif
