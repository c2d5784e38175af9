/*
 * csv.h - lines of a comma-separated file for tests
 */
#ifndef DOMOVOI_TEST_CSV_H
#define DOMOVOI_TEST_CSV_H

#include <stdio.h>
#include <string.h>

#define CSV_FIELDS 32

struct csv {
	FILE *file;
	char line[2048];
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

/* The same where fields may be quoted: "{""a"": 1, ""b"": 2}". */
static inline int csv_next_quoted(struct csv *c)
{
	if (!fgets(c->line, sizeof(c->line), c->file)) {
		return 0;
	}
	c->line[strcspn(c->line, "\r\n")] = 0;
	c->n = 0;
	int is_open = 0;
	char *to = c->line;
	c->fields[c->n++] = to;
	for (const char *p = c->line; *p; p++) {
		if (*p == '"' && is_open && p[1] == '"') {
			*to++ = *p++;
		} else if (*p == '"') {
			is_open = !is_open;
		} else if (*p == ',' && !is_open && c->n < CSV_FIELDS) {
			*to++ = 0;
			c->fields[c->n++] = to;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return 1;
}

#endif
