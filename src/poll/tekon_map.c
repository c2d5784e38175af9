/*
 * tekon_map.c - the files of meters/tekon/, checked; see tekon_map.h
 */
#include "poll/tekon_map.h"

#include "base/str.h"
#include "poll/meter_file.h"
#include "poll/meter_map_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BATCH_SAFE 31 /* elements that old firmware fits into a reply */

/* ---- what the schema cannot say ---- */

/* `at` "registers/3", `name` "unit" or "": the place; then what is wrong with it. */
__attribute__((format(printf, 4, 5))) static enum err wrong(
	struct meter_fault *fault, const char *at, const char *name, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	int n = snprintf(fault->path, sizeof(fault->path), "%s/%s", at, name);
	if (n < 0 || n >= (int)sizeof(fault->path)) {
		(void)STR_COPY(fault->path, at);
	}
	return ERR_PARSE;
}

static enum err check_register(const struct tekon_map *m, struct tekon_register *r, const char *at,
	struct meter_fault *fault)
{
	if (!str_is_key(r->key)) {
		return wrong(fault, at, "key", "key '%s': only a-z 0-9 _ . : -", r->key);
	}
	if (r->quantity == QUANTITY_UNKNOWN && !meter_quantity_of_key(r->key, &r->quantity)) {
		return wrong(fault, at, "key",
			"key '%s' does not begin with a quantity; say which with 'quantity'",
			r->key);
	}
	if (quantity_kind(r->quantity) != KIND_INFO &&
		unit_dimension(r->unit) != unit_dimension(quantity_unit(r->quantity))) {
		return wrong(fault, at, "unit", "%s: unit '%s' does not measure %s", r->key,
			unit_code(r->unit), quantity_code(r->quantity));
	}
	if (r->type == TEKON_F17 && m->device != TEKON_17) {
		return wrong(fault, at, "type", "%s: f17 is a number of a Tekon-17", r->key);
	}
	return ERR_OK;
}

static enum err check_list(const struct tekon_map *m, struct tekon_register *registers, unsigned n,
	const char *list, struct meter_fault *fault)
{
	char at[64];
	enum err e = ERR_OK;
	for (unsigned i = 0; i < n && e == ERR_OK; i++) {
		(void)snprintf(at, sizeof(at), "%s/%u", list, i);
		e = check_register(m, &registers[i], at, fault);
		for (unsigned k = 0; k < i && e == ERR_OK; k++) {
			if (strcmp(registers[k].key, registers[i].key) == 0) {
				e = wrong(fault, at, "key", "key '%s' is there twice",
					registers[i].key);
			}
		}
	}
	return e;
}

static enum err check_archive(struct tekon_map *m, unsigned number, struct meter_fault *fault)
{
	struct tekon_archive *a = &m->archives[number];
	char at[32], list[40];
	(void)snprintf(at, sizeof(at), "archives/%u", number);
	(void)snprintf(list, sizeof(list), "archives/%u/fields", number);
	if (tekon_slots(a->period) == 0) {
		return wrong(fault, at, "period", "archives of hours, days and months");
	}
	if (m->device == TEKON_17) {
		return wrong(fault, at, "period", "archives of a Tekon-17 are not known");
	}
	for (unsigned i = 0; i < number; i++) {
		if (m->archives[i].period == a->period) {
			return wrong(
				fault, at, "period", "an archive of this period is there already");
		}
	}
	enum err e = check_list(m, a->fields, a->fields_count, list, fault);
	for (unsigned i = 0; i < a->fields_count && e == ERR_OK; i++) {
		a->fields[i].form = a->fields[i].form ? a->fields[i].form : FORM_AMOUNT;
		if (quantity_kind(a->fields[i].quantity) == KIND_INFO ||
			a->fields[i].type != TEKON_F32) {
			e = wrong(fault, list, "", "%s: elements of an archive are numbers",
				a->fields[i].key);
		}
	}
	return e;
}

static enum err check(struct tekon_map *m, struct meter_fault *fault)
{
	enum err e = meter_line_check(&m->line, fault);
	if (e) {
		return e;
	}
	m->batch = m->batch ? m->batch : BATCH_SAFE;
	if (m->batch > TEKON_ELEMENTS) {
		return wrong(fault, "batch", "", "at most %d elements", TEKON_ELEMENTS);
	}
	e = check_list(m, m->registers, m->registers_count, "registers", fault);
	for (unsigned i = 0; i < m->archives_count && e == ERR_OK; i++) {
		e = check_archive(m, i, fault);
	}
	return e;
}

/* ---- loading ---- */

enum err tekon_map_parse(
	const char *name, struct slice text, struct tekon_map **ret_map, struct diag *diag)
{
	struct tekon_map *map = NULL;
	struct meter_fault fault = {.path = ""};
	size_t line = 0;
	enum err e = tekon_schema_read(text, &map, &line, sizeof(fault.text), fault.text);
	if (!e) {
		e = check(map, &fault);
		if (!e) {
			*ret_map = map;
			return ERR_OK;
		}
		line = schema_line(text, fault.path);
		tekon_schema_free(map);
	}
	return err_set_at(diag, e, line, "%s.yaml:%zu: %s", name, line, fault.text);
}

void tekon_map_free(struct tekon_map *map)
{
	tekon_schema_free(map);
}

static enum err parse(const char *path, struct slice text, void **ret_map, struct diag *diag)
{
	struct tekon_map *map = NULL;
	enum err e = tekon_map_parse(path, text, &map, diag);
	*ret_map = map;
	return e;
}

static void free_map(void *map)
{
	tekon_map_free(map);
}

static const char *name_of(const void *map)
{
	return ((const struct tekon_map *)map)->name;
}

enum err tekon_map_load(const char *name, const struct tekon_map **ret_map, struct diag *diag)
{
	static struct meter_kind kind = {"tekon", parse, free_map, name_of, NULL};
	const void *map = NULL;
	enum err e = meter_file_load(&kind, name, &map, diag);
	if (!e) {
		*ret_map = map;
	}
	return e;
}
