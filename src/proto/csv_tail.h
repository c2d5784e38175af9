/*
 * csv_tail.h - the newest line of a text file that somebody appends to, read in pieces
 *
 *   2026-11-25 12:00;-3,5            time;value, also parted by tabs or commas
 *   25.11.2026 12:10;-3.4;78         the column is chosen
 *   -3,5                             a value alone: the whole file may be it
 *   # anything                       not looked at, nor are empty lines
 *
 * A line counts when it is whole: it ends in a line break. What stands behind the last one is being
 * written; whether it may be taken nevertheless (a file without any line break) says the caller.
 * Memory is bounded: the last line that counts, and the one being read.
 */
#ifndef DOMOVOI_CSV_TAIL_H
#define DOMOVOI_CSV_TAIL_H

#include "base/buf.h"
#include "base/zone.h"

#define CSV_LINE 200

struct csv_line {
	char text[CSV_LINE]; /* without the line break; "" none */
	size_t number;       /* from 1 in what was read */
	size_t at;           /* where it begins in the document */
	bool is_cut;         /* longer than fits: its columns are not trusted */
};

struct csv_tail {
	struct csv_line last;    /* the newest whole line that is no comment */
	struct csv_line pending; /* behind the last line break */
	/* private */
	size_t n, position, lines;
};

void csv_tail_init(struct csv_tail *t);
void csv_tail_put(struct csv_tail *t, struct slice bytes);

struct csv_row {
	bool has_time;
	int64_t utc;
	double value; /* NaN: the line says there is none ("", "-", "nan", "null") */
};
/*
 * Column `column` from 1 (0: the second, or the first where there is only one); the first column is the
 * time where there are two and it is one, by `zone` where it says none. ERR_PARSE with what was found.
 */
enum err csv_row_read(const struct csv_line *line, unsigned column, const struct zone *zone,
	struct csv_row *ret, struct diag *diag);

/* "-3.5", "-3,5", "+12", U+2212 as minus. Finite; the whole text but blanks around it. */
bool number_read(const char *text, double *ret);
/* ISO 8601 with or without zone, also with a blank for the T, "25.11.2026 12:00[:00]", seconds of 1970. */
bool moment_read(const char *text, const struct zone *zone, int64_t *ret_utc);

#endif
