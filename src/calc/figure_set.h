/*
 * figure_set.h - how a set of figures is held; private to figure.c and figure_file.c
 */
#ifndef DOMOVOI_FIGURE_SET_H
#define DOMOVOI_FIGURE_SET_H

#include "calc/figure.h"

#define FIGURE_OF_FILE INT64_MAX /* the place of what stands in a file */

/* One file of rules/ as it was read; figures point into it. */
struct figure_document {
	struct figure_document *next;
	void *data; /* of the schema, owned */
};

struct figures {
	struct figure *items; /* owned; by code, place, date */
	size_t count, cap;
	struct figure_document *documents; /* owned */
	const struct site *site;           /* a reference, or NULL */
};

bool figures_add(struct figures *f, const struct figure *item);
void figures_sort(struct figures *f);

#endif
