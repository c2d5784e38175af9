/*
 * schema.h - YAML documents read by a schema of libcyaml, with the line of what is wrong
 *
 * libcyaml refuses unknown keys and wrong values itself; a key that is left out is zero in the
 * structure. Aliases are refused: they would let a small file grow without bound. The schema belongs
 * to who calls; what was read is freed with the same one.
 */
#ifndef DOMOVOI_SCHEMA_H
#define DOMOVOI_SCHEMA_H

#include "base/buf.h"
#include "base/err.h"

struct cyaml_schema_value;

/* ERR_PARSE or ERR_NOMEM: *ret_line is the line (0 unknown) and `text` says what is wrong. */
enum err schema_read(const struct cyaml_schema_value *schema, struct slice yaml, void **ret_data,
	size_t *ret_line, size_t cap, char *text);
void schema_free(const struct cyaml_schema_value *schema, void *data); /* NULL is fine */

/* The line of a value in a document, by a path such as "archives/0/fields/3/unit"; of the nearest
 * thing around it when the last steps are not there; 0 when nothing is. */
size_t schema_line(struct slice yaml, const char *path);

#endif
