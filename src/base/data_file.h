/*
 * data_file.h - files the program comes with and people may edit: meters/, tariffs/
 */
#ifndef DOMOVOI_DATA_FILE_H
#define DOMOVOI_DATA_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Where such files are: in the directory that variable `env` names if it is set, else in the source
 * tree the program was built from, else where it was installed. */
struct data_place {
	const char *env, *source, *installed;
};
const char *data_directory(const struct data_place *p);

/* A whole file; ERR_NOTFOUND without a text where there is none, ERR_LIMIT over the buffer's ceiling. */
enum err data_file_read(const char *path, struct buf *to, struct diag *diag);

#endif
