/*
 * decode_out.h - what `domovoi decode` prints: the same shape for every protocol
 *
 * JSON or a table. A head (who speaks, link layer) and records; a head field that is never named is
 * null, so that every protocol has link, id, manufacturer, version, medium, access, status and
 * records. Names and types of a record are those of `domovoi decode --help`.
 */
#ifndef DOMOVOI_DECODE_OUT_H
#define DOMOVOI_DECODE_OUT_H

#include "base/buf.h"
#include "base/err.h"
#include "model/quantity.h"

#include <jansson.h>

struct decode_out {
	bool is_json;
	json_t *root;    /* owned; NULL when memory ran out */
	json_t *records; /* of root */
	int digits;      /* that numbers of this frame need */
	bool has_record;
};

enum decode_value {
	DECODE_NONE, /* null */
	DECODE_NUMBER,
	DECODE_TIME, /* ISO 8601 text in `time` */
};

struct decode_record {
	const char *function; /* NULL: "instantaneous" */
	uint64_t storage;
	unsigned tariff, subunit;
	enum quantity quantity;
	const char *unit; /* symbol; NULL: "" */
	enum decode_value type;
	double number;
	const char *time;
	const char *text; /* text data, or why there is no value; NULL or "": none */
	struct slice raw;
	const char *name; /* in words, or the code the protocol has for it */
	const char *note; /* NULL or "": none */
};

void decode_open(struct decode_out *o, bool is_json);
/* Fields of the head; `group` NULL: of the root, else of its object of that name
 * ("link"; one that is not there yet is made). Shown by the table as they come. */
void decode_text(struct decode_out *o, const char *group, const char *name, const char *text);
void decode_int(struct decode_out *o, const char *group, const char *name, int64_t v);
void decode_null(struct decode_out *o, const char *group, const char *name); /* not shown */
void decode_hex(struct decode_out *o, const char *group, const char *name, struct slice bytes);
void decode_record(struct decode_out *o, const struct decode_record *r);
/* Print what JSON has, `e` among it, and let go. Returns `e`, or NOMEM. */
enum err decode_close(struct decode_out *o, enum err e, struct diag *diag);

#endif
