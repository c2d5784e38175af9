/*
 * csv.h - lines of a plain comma-separated file (no quoting) for tests
 */
#ifndef DOMOVOI_TEST_CSV_H
#define DOMOVOI_TEST_CSV_H

#include <stdio.h>
#include <string.h>

#define CSV_FIELDS 16

struct csv {
	FILE *file;
	char line[1024];
	char *fields[CSV_FIELDS];
	size_t n;
};

/* Next line split into fields; false at the end of the file. */
static inline int csv_next(struct csv *c)
{
	if (!fgets(c->line, sizeof(c->line), c->file)) {
		return 0;
	}
	c->line[strcspn(c->line, "\r\n")] = 0;
	c->n = 0;
	for (char *p = c->line; p && c->n < CSV_FIELDS; c->n++) {
		c->fields[c->n] = p;
		p = strchr(p, ',');
		if (p) {
			*p++ = 0;
		}
	}
	return 1;
}

#endif
