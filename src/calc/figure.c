/*
 * figure.c - sets of figures: looking up, tables; see figure.h
 */
#include "calc/figure_set.h"

#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 64 /* as deep as a tree of places may be */

static int compare_figures(const void *a, const void *b)
{
	const struct figure *x = a, *y = b;
	int by_code = strcmp(x->code, y->code);
	if (by_code) {
		return by_code;
	}
	if (x->place != y->place) {
		return x->place < y->place ? -1 : 1;
	}
	return (x->from_date > y->from_date) - (x->from_date < y->from_date);
}

void figures_sort(struct figures *f)
{
	if (f->count > 1) {
		qsort(f->items, f->count, sizeof(*f->items), compare_figures);
	}
}

bool figures_add(struct figures *f, const struct figure *item)
{
	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 256;
		struct figure *items = realloc(f->items, cap * sizeof(*items));
		if (!items) {
			return false;
		}
		f->items = items;
		f->cap = cap;
	}
	f->items[f->count++] = *item;
	return true;
}

/* The last version of (code, place) whose date is not after `date`: the last item not greater. */
static const struct figure *version_at(
	const struct figures *f, const char *code, int64_t place, int date)
{
	const struct figure wanted = {.code = code, .place = place, .from_date = date};
	size_t low = 0, high = f->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_figures(&f->items[middle], &wanted) <= 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	const struct figure *found = low ? &f->items[low - 1] : NULL;
	return found && found->place == place && strcmp(found->code, code) == 0 ? found : NULL;
}

const struct figure *figure_at(const struct figures *f, int64_t place, const char *code, int date)
{
	const struct figure *found = NULL;
	for (int depth = 0; place && f->site && !found && depth < PLACES_MAX; depth++) {
		const struct place *p = site_find(f->site, OBJECT_PLACE, place);
		found = version_at(f, code, place, date);
		place = p ? p->parent : 0;
	}
	found = found ? found : version_at(f, code, 0, date);
	found = found ? found : version_at(f, code, FIGURE_OF_FILE, date);
	return found && (!isnan(found->value) || found->text[0]) ? found : NULL;
}

double figure_number(const struct figures *f, int64_t place, const char *code, int date)
{
	const struct figure *found = figure_at(f, place, code, date);
	return found ? found->value : NAN;
}

int figure_date(const struct calendar *c, int64_t utc)
{
	struct civil local = c->zone ? zone_civil(c->zone, utc) : civil_from_utc(utc);
	return local.year * 10000 + local.month * 100 + local.day;
}

size_t figures_count(const struct figures *f)
{
	return f->count;
}

const struct figure *figures_item(const struct figures *f, size_t i)
{
	return i < f->count ? &f->items[i] : NULL;
}

/* ---- tables ---- */

static bool is_end_of_row(char c)
{
	return c == '\n' || c == ';' || c == 0;
}

/* The next word of a row into `word` ("" at its end), and the text behind it. */
static const char *word_next(const char *text, char word[static 32])
{
	size_t n = 0;
	while (*text == ' ' || *text == '\t' || *text == '\r') {
		text++;
	}
	for (; !is_end_of_row(*text) && *text != ' ' && *text != '\t' && *text != '\r'; text++) {
		if (n < 31) {
			word[n++] = *text;
		}
	}
	word[n] = 0;
	return text;
}

static const char *row_end(const char *text)
{
	while (!is_end_of_row(*text)) {
		text++;
	}
	return *text ? text + 1 : text;
}

/* Numbers of a row; false if there is a word that is none. */
static bool row_read(const char *text, struct figure_row *ret)
{
	char word[32];
	*ret = (struct figure_row){.n = 0};
	for (text = word_next(text, word); word[0]; text = word_next(text, word)) {
		double v = NAN;
		if (ret->n == FIGURE_COLUMNS ||
			(strcmp(word, "-") != 0 && str_to_double(word, &v) != ERR_OK)) {
			return false;
		}
		ret->v[ret->n++] = v;
	}
	return true;
}

bool figure_column(const struct figure *f, const char *column, size_t *ret_index)
{
	char word[32];
	const char *text = word_next(f->text, word);
	for (size_t i = 0; word[0] && i < FIGURE_COLUMNS; i++) {
		if (strcmp(word, column) == 0) {
			*ret_index = i;
			return true;
		}
		text = word_next(text, word);
	}
	return false;
}

size_t figure_rows(const struct figure *f, struct figure_row *rows, size_t cap)
{
	size_t n = 0;
	struct figure_row row;
	for (const char *text = row_end(f->text); *text; text = row_end(text)) {
		if (!row_read(text, &row)) {
			return 0;
		}
		if (row.n == 0) {
			continue;
		}
		if (n < cap) {
			rows[n] = row;
		}
		n++;
	}
	return n;
}

double figure_interp(const struct figure *f, const char *column, double x)
{
	size_t at;
	struct figure_row below = {.n = 0}, above = {.n = 0}, row;
	if (isnan(x) || !figure_column(f, column, &at)) {
		return NAN;
	}
	for (const char *text = row_end(f->text); *text; text = row_end(text)) {
		if (!row_read(text, &row)) {
			return NAN;
		}
		if (row.n <= at || isnan(row.v[0]) || isnan(row.v[at])) {
			continue;
		}
		if (row.v[0] <= x && (below.n == 0 || row.v[0] > below.v[0])) {
			below = row;
		}
		if (row.v[0] >= x && (above.n == 0 || row.v[0] < above.v[0])) {
			above = row;
		}
	}
	if (below.n == 0 && above.n == 0) {
		return NAN;
	}
	if (below.n == 0 || above.n == 0 || above.v[0] == below.v[0]) {
		return below.n ? below.v[at] : above.v[at];
	}
	double share = (x - below.v[0]) / (above.v[0] - below.v[0]);
	return below.v[at] + share * (above.v[at] - below.v[at]);
}
