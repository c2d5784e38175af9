/*
 * csv_tail.c - the newest line of a growing text file; see csv_tail.h
 */
#include "proto/csv_tail.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIELDS 32

/* ---- lines ---- */

void csv_tail_init(struct csv_tail *t)
{
	*t = (struct csv_tail){.n = 0};
}

static bool is_counting(const struct csv_line *l)
{
	size_t blanks = strspn(l->text, " \t;,");
	return l->text[blanks] != 0 && l->text[strspn(l->text, " \t")] != '#';
}

void csv_tail_put(struct csv_tail *t, struct slice bytes)
{
	for (size_t i = 0; i < bytes.size; i++, t->position++) {
		uint8_t c = bytes.data[i];
		if (c == '\n') {
			t->lines++;
			if (is_counting(&t->pending)) {
				t->last = t->pending;
				t->last.number = t->lines;
			}
			t->pending = (struct csv_line){.at = t->position + 1};
			t->n = 0;
		} else if (c == '\r') {
			continue;
		} else if (t->n + 1 < sizeof(t->pending.text)) {
			t->pending.number = t->lines + 1;
			t->pending.text[t->n++] = (char)(c ? c : '?');
			t->pending.text[t->n] = 0;
		} else {
			t->pending.is_cut = true;
		}
	}
}

/* ---- numbers ---- */

/* A copy without blanks around it and with an ASCII minus; false: too long. */
static bool trim(const char *text, char *to, size_t cap)
{
	static const char minus[] = "\xe2\x88\x92";
	text += strspn(text, " \t\"");
	size_t n = strlen(text);
	while (n && strchr(" \t\"", text[n - 1])) {
		n--;
	}
	bool is_minus = n > 3 && memcmp(text, minus, 3) == 0;
	size_t skip = is_minus ? 3 : 0, at = 0;
	if (is_minus) {
		to[at++] = '-';
	}
	if (n - skip + at + 1 > cap) {
		return false;
	}
	memcpy(to + at, text + skip, n - skip);
	to[at + n - skip] = 0;
	return true;
}

bool number_read(const char *text, double *ret)
{
	char t[40];
	if (!trim(text, t, sizeof(t))) {
		return false;
	}
	size_t sign = t[0] == '+' || t[0] == '-';
	if (t[sign] < '0' || t[sign] > '9') {
		return false; /* no ".5", no hexadecimal, no words */
	}
	char *comma = strchr(t, ',');
	if (comma && (strchr(comma + 1, ',') || strchr(t, '.'))) {
		return false;
	}
	if (comma) {
		*comma = '.';
	}
	if (strspn(t + sign, "0123456789.eE+-") != strlen(t + sign)) {
		return false;
	}
	return str_to_double(t[0] == '+' ? t + 1 : t, ret) == ERR_OK;
}

/* ---- moments ---- */

static bool take_digits(const char **p, size_t n, int *ret)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if ((*p)[i] < '0' || (*p)[i] > '9') {
			return false;
		}
		v = v * 10 + ((*p)[i] - '0');
	}
	*p += n;
	*ret = v;
	return true;
}

/* "25.11.2026 12:00[:00]" as "2026-11-25T12:00[:00]". */
static bool from_dotted(const char *text, char *to, size_t cap)
{
	int day, month, year;
	const char *p = text;
	if (!take_digits(&p, 2, &day) || *p++ != '.' || !take_digits(&p, 2, &month) ||
		*p++ != '.' || !take_digits(&p, 4, &year)) {
		return false;
	}
	const char *clock = *p == ' ' || *p == 'T' ? p + 1 : p;
	int n = snprintf(to, cap, "%04d-%02d-%02d%s%s", year, month, day, *clock ? "T" : "", clock);
	return n > 0 && (size_t)n < cap;
}

bool moment_read(const char *text, const struct zone *zone, int64_t *ret_utc)
{
	char t[48], iso[64];
	int64_t seconds;
	if (!trim(text, t, sizeof(t))) {
		return false;
	}
	size_t n = strlen(t);
	if (n >= 9 && strspn(t, "0123456789") == n) {
		bool is_it = !str_to_int(t, &seconds) && seconds < INT64_C(99999999999);
		*ret_utc = is_it ? seconds : *ret_utc;
		return is_it;
	}
	if (!from_dotted(t, iso, sizeof(iso))) {
		(void)STR_COPY(iso, t);
		if (n > 10 && iso[10] == ' ') {
			iso[10] = 'T';
		}
	}
	return time_parse(iso, zone, ret_utc) == ERR_OK;
}

/* ---- rows ---- */

/* What parts the columns; 0: one column. A comma parts only where it is not that of a number. */
static char separator_of(const char *text)
{
	double v;
	if (strchr(text, ';')) {
		return ';';
	}
	if (strchr(text, '\t')) {
		return '\t';
	}
	return strchr(text, ',') && !number_read(text, &v) ? ',' : 0;
}

static size_t split(char *text, char separator, char *fields[FIELDS])
{
	size_t n = 0;
	for (char *p = text; p && n < FIELDS; n++) {
		fields[n] = p;
		p = separator ? strchr(p, separator) : NULL;
		if (p) {
			*p++ = 0;
		}
	}
	return n;
}

/* "2026-11-25 12:00,-3,5": a time, then a number with a comma of its own. */
static size_t join_comma(char separator, char *fields[FIELDS], size_t n)
{
	double v;
	if (separator == ',' && n == 3) {
		char *comma = fields[2] - 1;
		*comma = ',';
		if (number_read(fields[1], &v) && !strchr(fields[1], '.')) {
			return 2;
		}
		*comma = 0;
	}
	return n;
}

static bool is_nothing(const char *text)
{
	static const char *const words[] = {"", "-", "nan", "NaN", "null", "NULL", "N/A"};
	char t[40];
	if (!trim(text, t, sizeof(t))) {
		return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], t) == 0) {
			return true;
		}
	}
	return false;
}

enum err csv_row_read(const struct csv_line *line, unsigned column, const struct zone *zone,
	struct csv_row *ret, struct diag *diag)
{
	char text[CSV_LINE];
	char *fields[FIELDS];
	struct csv_row row = {.value = NAN};
	(void)STR_COPY(text, line->text);
	if (line->is_cut) {
		return err_set(diag, ERR_PARSE, "line %zu is longer than %d characters",
			line->number, CSV_LINE - 1);
	}
	char separator = separator_of(text);
	size_t n = split(text, separator, fields);
	n = join_comma(separator, fields, n);
	size_t at = column ? column - 1 : n > 1;
	if (at >= n) {
		return err_set(diag, ERR_PARSE, "line %zu '%.60s' has %zu columns, not %zu",
			line->number, line->text, n, at + 1);
	}
	if (at > 0) {
		row.has_time = moment_read(fields[0], zone, &row.utc);
		if (!row.has_time) {
			return err_set(diag, ERR_PARSE, "line %zu: '%.40s' is no date and time",
				line->number, fields[0]);
		}
	}
	if (!is_nothing(fields[at]) && !number_read(fields[at], &row.value)) {
		return err_set(diag, ERR_PARSE, "line %zu: '%.40s' is no number", line->number,
			fields[at]);
	}
	*ret = row;
	return ERR_OK;
}
