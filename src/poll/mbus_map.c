/*
 * mbus_map.c - the files of meters/mbus/, found, read once and shared; see mbus_map.h
 */
#include "poll/mbus_map.h"

#include "base/str.h"
#include "poll/meter_file.h"
#include "poll/meter_map_schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "mbus"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const void **maps; /* immutable after `once` */
static size_t map_n;

/* "0f" at `p`. */
static bool hex_byte(const char *p, uint8_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	const char *high = p[0] ? strchr(digits, p[0]) : NULL;
	const char *low = high && p[1] ? strchr(digits, p[1]) : NULL;
	if (!low) {
		return false;
	}
	*ret = (uint8_t)((high - digits) << 4 | (low - digits));
	return true;
}

static bool vib_parse(struct mbus_meaning *m)
{
	for (const char *p = m->vib; *p; p += 2) {
		if (m->bytes_n == sizeof(m->bytes) || !hex_byte(p, &m->bytes[m->bytes_n++])) {
			return false;
		}
	}
	return true;
}

/* What the schema cannot say; `fault->path` names the place. */
static enum err check(struct mbus_map *m, struct meter_fault *fault)
{
	uint16_t code;
	if (!str_is_key(m->name)) {
		(void)STR_COPY(fault->path, "name");
		(void)STR_COPY(fault->text, "name: only a-z 0-9 _ . : -");
		return ERR_PARSE;
	}
	if (!mbus_manufacturer_code(m->maker, &code)) {
		(void)STR_COPY(fault->path, "maker");
		(void)STR_COPY(fault->text, "maker: three capital letters");
		return ERR_PARSE;
	}
	for (unsigned i = 0; i < m->records_count; i++) {
		struct mbus_meaning *r = &m->records[i];
		bool is_bad = !vib_parse(r);
		if (is_bad || (!r->bytes_n && r->of == QUANTITY_UNKNOWN)) {
			(void)snprintf(fault->path, sizeof(fault->path), "records/%u", i);
			(void)STR_COPY(fault->text, is_bad ? "vib: hex bytes in small letters" :
							     "either vib or of must be there");
			return ERR_PARSE;
		}
	}
	return ERR_OK;
}

enum err mbus_map_parse(
	const char *name, struct slice text, struct mbus_map **ret_map, struct diag *diag)
{
	struct mbus_map *map = NULL;
	struct meter_fault fault = {.path = ""};
	size_t line = 0;
	enum err e = mbus_schema_read(text, &map, &line, sizeof(fault.text), fault.text);
	if (!e) {
		e = check(map, &fault);
		if (!e) {
			*ret_map = map;
			return ERR_OK;
		}
		line = schema_line(text, fault.path);
		mbus_schema_free(map);
	}
	return err_set_at(diag, e, line, "%s.yaml:%zu: %s", name, line, fault.text);
}

void mbus_map_free(struct mbus_map *map)
{
	mbus_schema_free(map);
}

static enum err parse(const char *path, struct slice text, void **ret_map, struct diag *diag)
{
	struct mbus_map *map = NULL;
	enum err e = mbus_map_parse(path, text, &map, diag);
	*ret_map = map;
	return e;
}

static void free_map(void *map)
{
	mbus_map_free(map);
}

static const char *name_of(const void *map)
{
	return ((const struct mbus_map *)map)->name;
}

static void load_all(void)
{
	static struct meter_kind kind = {FOLDER, parse, free_map, name_of, NULL};
	meter_file_load_all(&kind, &maps, &map_n);
}

const struct mbus_map *mbus_map_at(size_t i)
{
	(void)pthread_once(&once, load_all);
	return i < map_n ? maps[i] : NULL;
}

const struct mbus_map *mbus_map_find(const char *maker, int version, int medium)
{
	const struct mbus_map *m, *found = NULL;
	for (size_t i = 0; (m = mbus_map_at(i)); i++) {
		bool is_better = !found || (m->versions_count && !found->versions_count);
		if (is_better && mbus_map_fits(m, maker, version, medium)) {
			found = m;
		}
	}
	return found;
}

const struct mbus_map *mbus_map_named(const char *name)
{
	const struct mbus_map *m;
	for (size_t i = 0; (m = mbus_map_at(i)); i++) {
		if (strcmp(m->name, name) == 0) {
			return m;
		}
	}
	return NULL;
}
