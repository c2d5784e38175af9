/*
 * meter_file.c - the files of meters/, found, read once and shared; see meter_file.h
 */
#include "poll/meter_file.h"

#include "base/data_file.h"
#include "base/log.h"
#include "base/str.h"
#include "domovoi_version.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (256 * 1024)
#define SUFFIX   ".yaml"

struct meter_cached {
	struct meter_cached *next;
	void *map;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the caches of all kinds */

static const struct data_place place = {
	"DOMOVOI_METERS", DOMOVOI_SOURCE_METERS, DOMOVOI_DATA_METERS};

static const char *directory(void)
{
	return data_directory(&place);
}

static enum err load(
	const struct meter_kind *kind, const char *name, void **ret_map, struct diag *diag)
{
	char path[128], file[512];
	struct buf text;
	int n = snprintf(
		path, sizeof(path), "%s%s%s", kind->folder, *kind->folder ? "/" : "", name);
	int m = snprintf(file, sizeof(file), "%s/%s" SUFFIX, directory(), path);
	if (n >= (int)sizeof(path) || m >= (int)sizeof(file)) {
		return err_set(diag, ERR_LIMIT, "the name '%s' is too long", name);
	}
	buf_init(&text, FILE_MAX);
	enum err e = data_file_read(file, &text, diag);
	if (e == ERR_NOTFOUND) {
		(void)err_set(diag, e, "no register map '%s' in %s", path, directory());
	} else if (!e) {
		e = kind->parse(path, buf_slice(&text), ret_map, diag);
	}
	buf_fini(&text);
	if (!e && strcmp(kind->name(*ret_map), name) != 0) {
		e = err_set_at(diag, ERR_PARSE, 1, "%s" SUFFIX ":1: is called '%s' inside", path,
			kind->name(*ret_map));
		kind->free(*ret_map);
	}
	return e;
}

/* With the lock held. */
static enum err load_cached(
	struct meter_kind *kind, const char *name, const void **ret_map, struct diag *diag)
{
	for (struct meter_cached *c = kind->cache; c; c = c->next) {
		if (strcmp(kind->name(c->map), name) == 0) {
			*ret_map = c->map;
			return ERR_OK;
		}
	}
	struct meter_cached *c = calloc(1, sizeof(*c));
	enum err e = c ? load(kind, name, &c->map, diag) : ERR_NOMEM;
	if (e) {
		free(c);
		return e;
	}
	c->next = kind->cache;
	kind->cache = c;
	*ret_map = c->map;
	return ERR_OK;
}

enum err meter_file_load(
	struct meter_kind *kind, const char *name, const void **ret_map, struct diag *diag)
{
	if (!str_is_key(name)) {
		return err_set(diag, ERR_NOTFOUND, "no register map '%s'", name);
	}
	(void)pthread_mutex_lock(&lock);
	enum err e = load_cached(kind, name, ret_map, diag);
	(void)pthread_mutex_unlock(&lock);
	return e;
}

static int is_map(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), m = strlen(SUFFIX);
	return str_is_key(entry->d_name) && n > m && strcmp(entry->d_name + n - m, SUFFIX) == 0;
}

enum err meter_file_list(const char *folder, char ***ret_names, size_t *ret_n, struct diag *diag)
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
		meter_file_list_free(names, (size_t)n);
		return e;
	}
	*ret_names = names;
	*ret_n = (size_t)n;
	return ERR_OK;
}

void meter_file_list_free(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++) {
		free(names[i]);
	}
	free(names);
}

void meter_file_load_all(struct meter_kind *kind, const void ***ret_maps, size_t *ret_n)
{
	char **names = NULL;
	size_t n = 0;
	struct diag diag = {0};
	*ret_maps = NULL;
	*ret_n = 0;
	if (meter_file_list(kind->folder, &names, &n, &diag)) {
		log_warn("meters", "%s", diag.text);
		return;
	}
	const void **maps = calloc(n + 1, sizeof(*maps));
	size_t kept = 0;
	for (size_t i = 0; maps && i < n; i++) {
		if (meter_file_load(kind, names[i], &maps[kept], &diag) == ERR_OK) {
			kept++;
		} else {
			log_warn("meters", "%s", diag.text);
		}
	}
	meter_file_list_free(names, n);
	*ret_maps = maps;
	*ret_n = kept;
}
