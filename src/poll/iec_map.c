/*
 * iec_map.c - the files of meters/iec/, checked; see iec_map.h
 */
#include "poll/iec_map.h"

#include "base/str.h"
#include "poll/meter_file.h"
#include "poll/meter_map_schema.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "iec"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const void **maps; /* immutable after `once` */
static size_t map_n;

/* ---- what the schema cannot say ---- */

__attribute__((format(printf, 4, 5))) static enum err wrong(
	struct meter_fault *fault, const char *list, unsigned i, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	(void)snprintf(fault->path, sizeof(fault->path), "%s/%u", list, i);
	return ERR_PARSE;
}

static enum err check_key(const char *key, enum quantity *q, enum unit unit, const char *list,
	unsigned i, struct meter_fault *fault)
{
	if (!str_is_key(key)) {
		return wrong(fault, list, i, "key '%s': only a-z 0-9 _ . : -", key);
	}
	if (*q == QUANTITY_UNKNOWN && !meter_quantity_of_key(key, q)) {
		return wrong(fault, list, i,
			"key '%s' does not begin with a quantity; say which with 'quantity'", key);
	}
	if (list[0] != 'p' && unit_dimension(unit) != unit_dimension(quantity_unit(*q))) {
		return wrong(fault, list, i, "%s: unit '%s' does not measure %s", key,
			unit_code(unit), quantity_code(*q));
	}
	return ERR_OK;
}

static enum err check_ask(const char *ask, const char *list, unsigned i, struct meter_fault *fault)
{
	char text[IEC_ASK_CAP];
	struct iec_place place = {
		.day = {2025, 12, 31, 0, 0, 0}, .index = 100, .first = 100, .n = 10};
	return iec_map_ask(ask, &place, text) ?
		       ERR_OK :
		       wrong(fault, list, i, "ask '%s': DD MM YY i ii first n in braces", ask);
}

static enum err check_registers(struct iec_map *m, struct meter_fault *fault)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < m->registers_count && !e; i++) {
		struct iec_register *r = &m->registers[i];
		e = check_key(r->key, &r->quantity, r->unit, "registers", i, fault);
		if (!e && !r->id[0]) {
			(void)STR_COPY(r->id, r->ask);
			r->id[strcspn(r->id, "(")] = 0;
		}
		if (!e && (!r->id[0] || m->is_readout == (r->ask[0] != 0))) {
			e = wrong(fault, "registers", i,
				"%s: readouts have 'id', other meters 'ask'", r->key);
		}
	}
	return e;
}

static enum err check_archives(struct iec_map *m, struct meter_fault *fault)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < m->archives_count && !e; i++) {
		struct iec_archive *a = &m->archives[i];
		e = check_key(a->key, &a->quantity, a->unit, "archives", i, fault);
		e = e ? e : check_ask(a->ask, "archives", i, fault);
		if (!e && a->period != PERIOD_DAY && a->period != PERIOD_MONTH) {
			e = wrong(fault, "archives", i, "archives of days and months");
		}
	}
	return e;
}

static enum err check_profile(struct iec_profile *p, struct meter_fault *fault)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < p->columns_count && !e; i++) {
		struct iec_column *c = &p->columns[i];
		e = check_key(c->key, &c->quantity, c->unit, "profile/columns", i, fault);
		e = e ? e : check_ask(c->ask, "profile/columns", i, fault);
	}
	if (!e && !p->interval[0] && (p->minutes == 0 || 60 % p->minutes)) {
		e = wrong(fault, "profile", 0, "the interval: minutes that divide an hour");
	}
	return e;
}

static enum err check(struct iec_map *m, struct meter_fault *fault)
{
	if (!str_is_key(m->name)) {
		return wrong(fault, "name", 0, "name: only a-z 0-9 _ . : -");
	}
	m->separator = m->separator_text[0];
	if (m->select[0] && strlen(m->select) != 2) {
		return wrong(fault, "select", 0, "select: two characters, protocol and mode");
	}
	if (!m->is_readout && !m->registers_count) {
		return wrong(fault, "name", 0, "registers: what is to be asked for?");
	}
	enum err e = meter_line_check(&m->line, fault);
	e = e ? e : check_registers(m, fault);
	e = e ? e : check_archives(m, fault);
	return e || !m->profile ? e : check_profile(m->profile, fault);
}

/* ---- loading ---- */

enum err iec_map_parse(
	const char *name, struct slice text, struct iec_map **ret_map, struct diag *diag)
{
	struct iec_map *map = NULL;
	struct meter_fault fault = {.path = ""};
	size_t line = 0;
	enum err e = iec_schema_read(text, &map, &line, sizeof(fault.text), fault.text);
	if (!e) {
		e = check(map, &fault);
		if (!e) {
			*ret_map = map;
			return ERR_OK;
		}
		line = schema_line(text, fault.path);
		iec_schema_free(map);
	}
	return err_set_at(diag, e, line, "%s.yaml:%zu: %s", name, line, fault.text);
}

void iec_map_free(struct iec_map *map)
{
	iec_schema_free(map);
}

static enum err parse(const char *path, struct slice text, void **ret_map, struct diag *diag)
{
	struct iec_map *map = NULL;
	enum err e = iec_map_parse(path, text, &map, diag);
	*ret_map = map;
	return e;
}

static void free_map(void *map)
{
	iec_map_free(map);
}

static const char *name_of(const void *map)
{
	return ((const struct iec_map *)map)->name;
}

static void load_all(void)
{
	static struct meter_kind kind = {FOLDER, parse, free_map, name_of, NULL};
	meter_file_load_all(&kind, &maps, &map_n);
}

const struct iec_map *iec_map_at(size_t i)
{
	(void)pthread_once(&once, load_all);
	return i < map_n ? maps[i] : NULL;
}

const struct iec_map *iec_map_find(const char *flag, const char *ident)
{
	const struct iec_map *m;
	for (size_t i = 0; (m = iec_map_at(i)); i++) {
		if (iec_map_fits(m, flag, ident)) {
			return m;
		}
	}
	return NULL;
}

const struct iec_map *iec_map_named(const char *name)
{
	const struct iec_map *m;
	for (size_t i = 0; (m = iec_map_at(i)); i++) {
		if (strcmp(m->name, name) == 0) {
			return m;
		}
	}
	return NULL;
}
