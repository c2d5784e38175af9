/*
 * vectors.h - published cases in JSON for tests: the document, a case by its id, numbers of it
 */
#ifndef DOMOVOI_TEST_VECTORS_H
#define DOMOVOI_TEST_VECTORS_H

#include "test.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* The document, or NULL where the folder is absent; the caller decrefs. */
static inline json_t *vectors_load(const char *name)
{
	const char *path = vector_path(name);
	json_error_t fault;
	if (!path) {
		return NULL;
	}
	json_t *document = json_load_file(path, 0, &fault);
	if (!document) {
		fail_msg("%s:%d: %s", name, fault.line, fault.text);
	}
	return document;
}

static inline json_t *vectors_case(const json_t *document, const char *id)
{
	size_t i;
	json_t *item;
	json_array_foreach(json_object_get(document, "cases"), i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "id")), id) == 0) {
			return item;
		}
	}
	fail_msg("no case %s", id);
	return NULL;
}

/* A number at a path of keys, "expect/h_nodes/3"; NaN for null. */
static inline double vectors_number(const json_t *from, const char *path)
{
	char key[64];
	const json_t *at = from;
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		(void)snprintf(key, sizeof(key), "%.*s", (int)n, p);
		at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(key, NULL, 10)) :
					 json_object_get(at, key);
		p += n + (p[n] == '/');
	}
	if (!at) {
		fail_msg("no '%s' in the case", path);
	}
	return json_is_number(at) ? json_number_value(at) : (double)NAN;
}

static inline double vectors_item(const json_t *from, const char *path, size_t i)
{
	char full[96];
	(void)snprintf(full, sizeof(full), "%s/%zu", path, i);
	return vectors_number(from, full);
}

static inline void vectors_near(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fmax(1, fabs(want)))) {
		fail_msg("%.12g instead of %.12g", got, want);
	}
}

#endif
