/*
 * samples.h - what a meter said, for people and for machines
 */
#ifndef DOMOVOI_CMD_SAMPLES_H
#define DOMOVOI_CMD_SAMPLES_H

#include "cmd/json_out.h"
#include "drivers/driver.h"
#include "poll/sample_list.h"

/* "samples":[{...}] and, if there are any, "events":[{...}] into the object that is open. */
void samples_json(struct json_out *j, const struct sample_list *list);
/* A table on stdout; times in `zone`. */
void samples_table(const struct sample_list *list, const struct zone *zone);

void identity_json(struct json_out *j, const char *key, const struct identity *who);

/* One table of text, columns as wide as they must be; `right` columns are aligned to the right. */
#define TABLE_COLUMNS 8
struct table {
	struct buf cells; /* zero-terminated texts, row after row */
	size_t columns;
	size_t rows;
	const char *right; /* one character per column, 'r' or 'l' */
};
void table_init(struct table *t, size_t columns, const char *right);
void table_cell(struct table *t, const char *text); /* rows * columns of them, headings first */
void table_print(struct table *t);                  /* to stdout; frees the table */

#endif
