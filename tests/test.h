/*
 * test.h - what unit tests share: cmocka, and the folder of foreign vectors
 */
#ifndef DOMOVOI_TEST_H
#define DOMOVOI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Path of `name` below the vectors folder in a static buffer, or NULL when the folder is absent. */
static inline const char *vector_path(const char *name)
{
	static char path[1024];
	const char *root = getenv("DOMOVOI_VECTORS");
	const char *source = getenv("DOMOVOI_SOURCE");
	struct stat st;
	if (root) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	} else {
		(void)snprintf(
			path, sizeof(path), "%s/../shared/vectors/%s", source ? source : ".", name);
	}
	return stat(path, &st) == 0 ? path : NULL;
}

/* Use at the top of a test that needs vectors. */
#define NEED_VECTORS(path)                                                             \
	do {                                                                           \
		if (!(path)) {                                                         \
			(void)puts("skipped: no folder of vectors (DOMOVOI_VECTORS)"); \
			skip();                                                        \
		}                                                                      \
	} while (0)

#endif
