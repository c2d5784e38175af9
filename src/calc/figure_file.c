/*
 * figure_file.c - rules/ and the parameters of a site become a set of figures; see figure.h
 */
#include "calc/figure_set.h"

#include "base/data_file.h"
#include "base/schema.h"
#include "base/str.h"
#include "domovoi_version.h"

#include <cyaml/cyaml.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (512 * 1024)
#define FILES_MAX      64
#define OPTIONAL       (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

struct file_value {
	char valid_from[16];
	double *value; /* NULL: none */
	char *text;
	char *source;
	char *source_ru; /* NULL: as source */
	bool is_confirmed;
};

struct file_figure {
	char code[CODE_CAP];
	char *title;
	char *title_ru;
	char *unit; /* NULL: none */
	struct file_value *values;
	unsigned values_count;
};

struct file_set {
	struct file_figure *figures;
	unsigned figures_count;
};

static const cyaml_schema_field_t value_fields[] = {
	CYAML_FIELD_STRING("valid_from", CYAML_FLAG_DEFAULT, struct file_value, valid_from, 10),
	CYAML_FIELD_FLOAT_PTR("value", OPTIONAL, struct file_value, value),
	CYAML_FIELD_STRING_PTR("text", OPTIONAL, struct file_value, text, 1, 8192),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct file_value, source, 1, 600),
	CYAML_FIELD_STRING_PTR("source_ru", OPTIONAL, struct file_value, source_ru, 1, 1200),
	CYAML_FIELD_BOOL("is_confirmed", CYAML_FLAG_OPTIONAL, struct file_value, is_confirmed),
	CYAML_FIELD_END};
static const cyaml_schema_value_t value_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_value, value_fields)};

static const cyaml_schema_field_t figure_fields[] = {
	CYAML_FIELD_STRING("code", CYAML_FLAG_DEFAULT, struct file_figure, code, 1),
	CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, struct file_figure, title, 1, 300),
	CYAML_FIELD_STRING_PTR(
		"title_ru", CYAML_FLAG_POINTER, struct file_figure, title_ru, 1, 600),
	CYAML_FIELD_STRING_PTR("unit", OPTIONAL, struct file_figure, unit, 0, 31),
	CYAML_FIELD_SEQUENCE(
		"values", CYAML_FLAG_POINTER, struct file_figure, values, &value_value, 1, 100),
	CYAML_FIELD_END};
static const cyaml_schema_value_t figure_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_figure, figure_fields)};

static const cyaml_schema_field_t set_fields[] = {
	CYAML_FIELD_SEQUENCE(
		"figures", CYAML_FLAG_POINTER, struct file_set, figures, &figure_value, 1, 2000),
	CYAML_FIELD_END};
static const cyaml_schema_value_t set_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_set, set_fields)};

/* yyyymmdd of a date; 0 of "". */
static bool date_of(const char *text, int *ret_date)
{
	struct civil c;
	if (!text[0]) {
		*ret_date = 0;
		return true;
	}
	if (!civil_from_date(text, &c)) {
		return false;
	}
	*ret_date = c.year * 10000 + c.month * 100 + c.day;
	return true;
}

/* ---- files ---- */

/* Where a fault is and what is wrong. */
struct fault {
	char path[64];
	char text[160];
};

static enum err take_value(struct figures *f, const struct file_figure *of, unsigned i, int last,
	struct figure *item, struct fault *fault)
{
	const struct file_value *v = &of->values[i];
	item->value = v->value ? *v->value : NAN;
	item->text = v->text ? v->text : "";
	item->source = v->source;
	item->source_ru = v->source_ru ? v->source_ru : v->source;
	item->is_confirmed = v->is_confirmed;
	if (!date_of(v->valid_from, &item->from_date)) {
		(void)STR_COPY(fault->text, "valid_from: a date as 2014-01-01");
		return ERR_PARSE;
	}
	if (i > 0 && item->from_date <= last) {
		(void)STR_COPY(fault->text, "values: in rising order of valid_from");
		return ERR_PARSE;
	}
	return figures_add(f, item) ? ERR_OK : ERR_NOMEM;
}

static enum err take_document(struct figures *f, const struct file_set *set, struct fault *fault)
{
	for (unsigned k = 0; k < set->figures_count; k++) {
		const struct file_figure *of = &set->figures[k];
		struct figure item = {.code = of->code,
			.title = of->title,
			.title_ru = of->title_ru,
			.unit = of->unit ? of->unit : "",
			.place = FIGURE_OF_FILE};
		(void)snprintf(fault->path, sizeof(fault->path), "figures/%u", k);
		if (!str_is_key(of->code)) {
			(void)STR_COPY(fault->text, "code: only a-z 0-9 _ . : -");
			return ERR_PARSE;
		}
		for (unsigned i = 0; i < of->values_count; i++) {
			enum err e = take_value(f, of, i, item.from_date, &item, fault);
			if (e) {
				return e;
			}
		}
	}
	return ERR_OK;
}

static enum err add_document(
	struct figures *f, const char *name, struct slice text, struct diag *diag)
{
	struct fault fault = {.path = ""};
	struct figure_document *d = calloc(1, sizeof(*d));
	size_t line = 0;
	if (!d) {
		return err_set(diag, ERR_NOMEM, "%s", name);
	}
	enum err e = schema_read(&set_value, text, &d->data, &line, sizeof(fault.text), fault.text);
	if (e) {
		free(d);
		return err_set_at(diag, e, line, "%s:%zu: %s", name, line, fault.text);
	}
	d->next = f->documents;
	f->documents = d;
	e = take_document(f, d->data, &fault);
	if (e) {
		line = schema_line(text, fault.path);
		(void)err_set_at(diag, e, line, "%s:%zu: %s", name, line, fault.text);
	}
	return e;
}

/* ---- a set ---- */

static bool add_parameters(struct figures *f)
{
	for (size_t i = 0; f->site && i < f->site->counts[OBJECT_PARAMETER]; i++) {
		const struct parameter *p = &f->site->parameters[i];
		struct figure item = {.code = p->code,
			.value = p->value,
			.unit = p->unit,
			.text = p->text,
			.title = p->note,
			.title_ru = p->note,
			.source = p->source,
			.source_ru = p->source,
			.is_confirmed = p->is_confirmed,
			.place = p->place,
			.parameter = p->id};
		/* site_check has seen the date */
		if (date_of(p->valid_from, &item.from_date) && !figures_add(f, &item)) {
			return false;
		}
	}
	return true;
}

/* The same code in two files would be decided by the order of their names: refused. */
static enum err finish(struct figures *f, struct diag *diag)
{
	if (!add_parameters(f)) {
		return err_set(diag, ERR_NOMEM, "parameters");
	}
	figures_sort(f);
	for (size_t i = 1; i < f->count; i++) {
		const struct figure *a = &f->items[i - 1], *b = &f->items[i];
		if (a->place == FIGURE_OF_FILE && b->place == FIGURE_OF_FILE &&
			a->from_date == b->from_date && strcmp(a->code, b->code) == 0) {
			return err_set(diag, ERR_PARSE, "rules: %s stands there twice", a->code);
		}
	}
	return ERR_OK;
}

static struct figures *figures_new(const struct site *site)
{
	struct figures *f = calloc(1, sizeof(*f));
	if (f && site) {
		f->site = site_ref(site);
	}
	return f;
}

enum err figures_parse(const char *name, struct slice text, const struct site *site,
	struct figures **ret_figures, struct diag *diag)
{
	struct figures *f = figures_new(site);
	enum err e = f ? add_document(f, name, text, diag) : ERR_NOMEM;
	e = e ? e : finish(f, diag);
	if (e) {
		figures_free(f);
		return e;
	}
	*ret_figures = f;
	return ERR_OK;
}

static int is_yaml(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static enum err add_file(
	struct figures *f, const char *directory, const char *name, struct diag *diag)
{
	char path[512];
	struct buf text;
	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		return err_set(diag, ERR_LIMIT, "the name of the directory of rules is too long");
	}
	buf_init(&text, FILE_MAX_BYTES);
	enum err e = data_file_read(path, &text, diag);
	e = e ? e : add_document(f, name, buf_slice(&text), diag);
	buf_fini(&text);
	return e;
}

static const char *rules_directory(void)
{
	static const struct data_place place = {
		"DOMOVOI_RULES", DOMOVOI_SOURCE_RULES, DOMOVOI_DATA_RULES};
	return data_directory(&place);
}

uint64_t figures_stamp(void)
{
	const char *directory = rules_directory();
	struct dirent **names = NULL;
	uint64_t stamp = 0xcbf29ce484222325;
	int n = scandir(directory, &names, is_yaml, alphasort);
	for (int i = 0; i < n; i++) {
		char path[512];
		struct stat st = {0};
		if (snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name) <
				(int)sizeof(path) &&
			stat(path, &st) == 0) {
			const int64_t parts[] = {(int64_t)st.st_ino, (int64_t)st.st_size,
				(int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec};
			for (size_t k = 0; k < 4; k++) {
				stamp = (stamp ^ (uint64_t)parts[k]) * 0x100000001b3;
			}
		}
		free(names[i]);
	}
	free(names);
	return stamp;
}

enum err figures_load(const struct site *site, struct figures **ret_figures, struct diag *diag)
{
	const char *directory = rules_directory();
	struct dirent **names = NULL;
	int n = scandir(directory, &names, is_yaml, alphasort);
	if (n < 0) {
		return err_set_errno(diag, "rules: %s", directory);
	}
	struct figures *f = figures_new(site);
	enum err e = f ? ERR_OK : ERR_NOMEM;
	for (int i = 0; i < n; i++) {
		if (!e && i >= FILES_MAX) {
			e = err_set(diag, ERR_LIMIT, "rules: more than %d files", FILES_MAX);
		}
		e = e ? e : add_file(f, directory, names[i]->d_name, diag);
		free(names[i]);
	}
	free(names);
	e = e ? e : finish(f, diag);
	if (e) {
		figures_free(f);
		return e;
	}
	*ret_figures = f;
	return ERR_OK;
}

void figures_free(struct figures *f)
{
	if (!f) {
		return;
	}
	while (f->documents) {
		struct figure_document *d = f->documents;
		f->documents = d->next;
		schema_free(&set_value, d->data);
		free(d);
	}
	site_unref(f->site);
	free(f->items);
	free(f);
}
