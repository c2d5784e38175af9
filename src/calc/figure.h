/*
 * figure.h - dated numbers of law, contract and norm, each with its source
 *
 * Nothing that a legislator or a contract may change stands in code. A figure is named by a code
 * ("supply_quality.hot_water.temperature.allow_day") and has versions by local date. Versions come
 * from rules/ (*.yaml, what the program comes with; DOMOVOI_RULES names another directory) and from
 * the parameters of the site, which win:
 *
 *   parameters of the place > of its parent ... > of everywhere (place 0) > files
 *
 * The first of these that has a version in force on the date answers. A version of a file with
 * neither value nor text ends the figure: none is in force from then on.
 *
 * A figure is a number, or a text: a formula, or a table whose first row names the columns:
 *
 *   t_out t1 t2
 *   -24   93 76        rows end with a line break or ';', '-' is an unknown number
 *
 * A set is immutable and may be read by any thread; it keeps a reference to the site.
 */
#ifndef DOMOVOI_FIGURE_H
#define DOMOVOI_FIGURE_H

#include "base/buf.h"
#include "model/site.h"

#define FIGURE_COLUMNS 8

struct figure {
	const char *code;
	int from_date;    /* yyyymmdd; 0: since ever */
	double value;     /* NaN: none */
	const char *unit; /* "currency/kWh" */
	const char *text; /* "" none */
	const char *title, *title_ru, *source, *source_ru;
	bool is_confirmed; /* compared with the source's own text */
	int64_t place;     /* of a parameter */
	int64_t parameter; /* its id; 0: of a file */
};

struct figures;

/* Files of the directory and parameters of `site` (NULL: files only). ERR_PARSE: "file.yaml:12: ...". */
enum err figures_load(const struct site *site, struct figures **ret_figures, struct diag *diag);
/* One document from memory; `name` is what errors call it. */
enum err figures_parse(const char *name, struct slice text, const struct site *site,
	struct figures **ret_figures, struct diag *diag);
void figures_free(struct figures *f); /* NULL is fine */
/* Changes when a file of the directory does. */
uint64_t figures_stamp(void);

/* In force at a place on a local date; NULL: none. */
const struct figure *figure_at(const struct figures *f, int64_t place, const char *code, int date);
double figure_number(const struct figures *f, int64_t place, const char *code, int date); /* NaN */
/* Local date of a moment, yyyymmdd. */
int figure_date(const struct calendar *c, int64_t utc);

/* All versions, by code, place and date. */
size_t figures_count(const struct figures *f);
const struct figure *figures_item(const struct figures *f, size_t i);

/* ---- tables ---- */

struct figure_row {
	double v[FIGURE_COLUMNS]; /* NaN: unknown */
	size_t n;
};
/* The number of rows; at most `cap` are filled in. 0: the text is no table. */
size_t figure_rows(const struct figure *f, struct figure_row *rows, size_t cap);
bool figure_column(const struct figure *f, const char *column, size_t *ret_index);
/* Linear between the rows around x in the first column, end rows outside; NaN: no such table. */
double figure_interp(const struct figure *f, const char *column, double x);

#endif
