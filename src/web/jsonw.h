/*
 * jsonw.h - writes JSON text straight into a buffer
 *
 * No tree is built: an archive of 20000 points costs its text and nothing else. Numbers are the
 * shortest that read back the same (str_double); NaN and infinities become null, because unknown is
 * never a number. Keys are NULL inside arrays. What does not fit sets out->is_full, asked once at
 * the end.
 *
 *   jsonw_object(w, NULL); jsonw_int(w, "id", 7); jsonw_array(w, "value"); jsonw_real(w, NULL, 1.5);
 *   jsonw_end(w); jsonw_end(w);             {"id":7,"value":[1.5]}
 *
 * Texts that are not UTF-8 come out with U+FFFD for each wrong byte: what is in the store is shown,
 * and the answer stays JSON.
 */
#ifndef DOMOVOI_JSONW_H
#define DOMOVOI_JSONW_H

#include "base/buf.h"
#include "base/err.h"

#define JSONW_DEPTH 32 /* deeper nesting is a fault of the program */

struct jsonw {
	struct buf *out;
	unsigned depth;
	uint32_t is_array; /* one bit per level */
	uint32_t has_item;
};

void jsonw_init(struct jsonw *w, struct buf *out);
void jsonw_object(struct jsonw *w, const char *key);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_end(struct jsonw *w);
void jsonw_str(struct jsonw *w, const char *key, const char *value); /* NULL: null */
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_real(struct jsonw *w, const char *key, double value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
/* A moment: INT64_MIN and INT64_MAX (since ever, still there) are null. */
void jsonw_time(struct jsonw *w, const char *key, int64_t utc);
/* A moment of which 0 means never. */
void jsonw_time_or_never(struct jsonw *w, const char *key, int64_t utc);
/* {"en": ..., "ru": ...} */
void jsonw_text(struct jsonw *w, const char *key, const char *en, const char *ru);
/* What went wrong: {"error", "text", "check", "detail"}; ERR_OK is null. */
void jsonw_error(struct jsonw *w, const char *key, enum err e, const char *detail);
/* Text that is JSON already (configuration history). */
void jsonw_raw(struct jsonw *w, const char *key, const char *json);

#endif
