/*
 * meter_file.h - the files of meters/ and its folders: found, read once and shared
 *
 * Searched in the directory DOMOVOI_METERS of the environment if set, else in the source tree the
 * program was built from, else where it was installed. What was read lives until the process ends;
 * any thread may call. A file that was wrong is read again at the next call.
 */
#ifndef DOMOVOI_METER_FILE_H
#define DOMOVOI_METER_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* One kind of file: where it lies and what is made of it. Static; `cache` is meter_file.c's own. */
struct meter_kind {
	const char *folder; /* below meters/; "": meters/ itself */
	/* `path` is what errors call it: "tekon/boiler". ERR_PARSE with the line in diag->offset. */
	enum err (*parse)(const char *path, struct slice text, void **ret_map, struct diag *diag);
	void (*free)(void *map);
	const char *(*name)(const void *map); /* as it is called inside: that of the file */
	struct meter_cached *cache;
};

/* ERR_NOTFOUND: no such file; ERR_PARSE: "sdm630.yaml:12: ..." in diag->text. */
enum err meter_file_load(
	struct meter_kind *kind, const char *name, const void **ret_map, struct diag *diag);
/* All of a folder that can be read, by name; what is wrong with the others is logged. The array lives as
 * long as the process. */
void meter_file_load_all(struct meter_kind *kind, const void ***ret_maps, size_t *ret_n);
/* Names of all files of a folder, sorted. */
enum err meter_file_list(const char *folder, char ***ret_names, size_t *ret_n, struct diag *diag);
void meter_file_list_free(char **names, size_t n);

#endif
