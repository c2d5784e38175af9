/*
 * meter_map.c - the files of meters/, found, read once and shared
 */
#include "poll/meter_map.h"

#include "base/str.h"
#include "domovoi_version.h"
#include "poll/meter_map_schema.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (256 * 1024)
#define SUFFIX   ".yaml"

struct cached {
	struct cached *next;
	struct modbus_map *map;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cached *cache; /* guarded by lock; lives until the process ends */

static const char *directory(void)
{
	struct stat st;
	const char *set = getenv("DOMOVOI_METERS");
	if (set && *set) {
		return set;
	}
	return stat(DOMOVOI_SOURCE_METERS, &st) == 0 ? DOMOVOI_SOURCE_METERS : DOMOVOI_DATA_METERS;
}

enum err meter_map_parse(
	const char *name, struct slice text, struct modbus_map **ret_map, struct diag *diag)
{
	struct modbus_map *map = NULL;
	struct meter_fault fault = {.path = ""};
	size_t line = 0;
	enum err e = meter_schema_read(text, &map, &line, sizeof(fault.text), fault.text);
	if (e == ERR_OK) {
		e = meter_check(map, &fault);
		if (e == ERR_OK) {
			*ret_map = map;
			return ERR_OK;
		}
		line = meter_schema_line(text, fault.path);
		meter_schema_free(map);
	}
	return err_set_at(diag, e, line, "%s" SUFFIX ":%zu: %s", name, line, fault.text);
}

void meter_map_free(struct modbus_map *map)
{
	meter_schema_free(map);
}

static enum err file_read(const char *path, struct buf *to, struct diag *diag)
{
	FILE *f = fopen(path, "re");
	if (!f) {
		return errno == ENOENT ? ERR_NOTFOUND : err_set_errno(diag, "%s", path);
	}
	uint8_t chunk[4096];
	size_t n;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0 && !to->is_full) {
		buf_put(to, chunk, n);
	}
	enum err e = ERR_OK;
	if (ferror(f)) {
		e = err_set_errno(diag, "%s", path);
	} else if (to->is_full) {
		e = err_set(diag, ERR_LIMIT, "%s is larger than %d bytes", path, FILE_MAX);
	}
	(void)fclose(f);
	return e;
}

enum err meter_file_read(const char *name, struct buf *to, struct diag *diag)
{
	char path[512];
	int n = snprintf(path, sizeof(path), "%s/%s" SUFFIX, directory(), name);
	return n < (int)sizeof(path) ? file_read(path, to, diag) : ERR_LIMIT;
}

static enum err load_file(const char *name, struct modbus_map **ret_map, struct diag *diag)
{
	struct buf text;
	buf_init(&text, FILE_MAX);
	enum err e = meter_file_read(name, &text, diag);
	if (e == ERR_NOTFOUND) {
		(void)err_set(diag, e, "no register map '%s' in %s", name, directory());
	} else if (e == ERR_OK) {
		e = meter_map_parse(name, buf_slice(&text), ret_map, diag);
	}
	buf_fini(&text);
	if (e == ERR_OK && strcmp((*ret_map)->name, name) != 0) {
		e = err_set_at(diag, ERR_PARSE, 1, "%s" SUFFIX ":1: is called '%s' inside", name,
			(*ret_map)->name);
		meter_map_free(*ret_map);
	}
	return e;
}

static const struct modbus_map *cache_find(const char *name)
{
	for (struct cached *c = cache; c; c = c->next) {
		if (strcmp(c->map->name, name) == 0) {
			return c->map;
		}
	}
	return NULL;
}

enum err meter_map_load(const char *name, const struct modbus_map **ret_map, struct diag *diag)
{
	struct modbus_map *fresh = NULL;
	enum err e = ERR_OK;
	if (!str_is_key(name)) {
		return err_set(diag, ERR_NOTFOUND, "no register map '%s'", name);
	}
	(void)pthread_mutex_lock(&lock);
	const struct modbus_map *map = cache_find(name);
	if (!map) {
		e = load_file(name, &fresh, diag);
	}
	if (!map && e == ERR_OK) {
		struct cached *c = calloc(1, sizeof(*c));
		if (c) {
			*c = (struct cached){.next = cache, .map = fresh};
			cache = c;
			map = fresh;
		} else {
			meter_map_free(fresh);
			e = ERR_NOMEM;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	if (e == ERR_OK) {
		*ret_map = map;
	}
	return e;
}

static int is_map(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), m = strlen(SUFFIX);
	return str_is_key(entry->d_name) && n > m && strcmp(entry->d_name + n - m, SUFFIX) == 0;
}

enum err meter_folder_list(const char *folder, char ***ret_names, size_t *ret_n, struct diag *diag)
{
	struct dirent **entries;
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/%s", directory(), folder);
	int n = scandir(path, &entries, is_map, alphasort);
	if (n < 0) {
		return err_set_errno(diag, "%s", path);
	}
	char **names = calloc((size_t)n + 1, sizeof(*names));
	enum err e = names ? ERR_OK : ERR_NOMEM;
	for (int i = 0; i < n; i++) {
		if (names && e == ERR_OK) {
			size_t length = strlen(entries[i]->d_name) - strlen(SUFFIX);
			names[i] = strndup(entries[i]->d_name, length);
			e = names[i] ? ERR_OK : ERR_NOMEM;
		}
		free(entries[i]);
	}
	free(entries);
	if (e) {
		meter_map_list_free(names, (size_t)n);
		return e;
	}
	*ret_names = names;
	*ret_n = (size_t)n;
	return ERR_OK;
}

enum err meter_map_list(char ***ret_names, size_t *ret_n, struct diag *diag)
{
	return meter_folder_list("", ret_names, ret_n, diag);
}

void meter_map_list_free(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++) {
		free(names[i]);
	}
	free(names);
}
