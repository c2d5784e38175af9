/*
 * data_file.c - files the program comes with and people may edit; see data_file.h
 */
#include "base/data_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *data_directory(const struct data_place *p)
{
	struct stat st;
	const char *set = getenv(p->env);
	if (set && *set) {
		return set;
	}
	return stat(p->source, &st) == 0 ? p->source : p->installed;
}

enum err data_file_read(const char *path, struct buf *to, struct diag *diag)
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
		e = err_set(diag, ERR_LIMIT, "%s is larger than %zu bytes", path, to->ceiling);
	}
	(void)fclose(f);
	return e;
}
