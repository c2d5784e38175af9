/*
 * object_json.h - configuration objects as JSON, written and read from the tables of fields
 *
 * Integers and references are numbers, reals numbers or null (unknown), enumerations their names,
 * times ISO 8601 text in UTC or null (since ever, still there); UTC seconds are read too.
 */
#ifndef DOMOVOI_OBJECT_JSON_H
#define DOMOVOI_OBJECT_JSON_H

#include "model/site.h"

#include <jansson.h>

/* NULL when memory ran out. */
json_t *object_to_json(enum object_kind kind, const void *object);
/* Sets the fields that `json` names and leaves the others as they are, so that one call serves new
 * objects (object_init first) and changes. Unknown keys and wrong types are ERR_INVAL. */
enum err object_from_json(
	enum object_kind kind, const json_t *json, void *object, struct diag *diag);

/* One field as JSON, and back. */
json_t *field_to_json(const struct field *f, const void *object);
enum err field_from_json(enum object_kind kind, const struct field *f, const json_t *value,
	void *object, struct diag *diag);

#endif
