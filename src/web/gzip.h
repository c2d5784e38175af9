/*
 * gzip.h - replace the contents of a buffer by its gzip form
 */
#ifndef DOMOVOI_GZIP_H
#define DOMOVOI_GZIP_H

#include "base/buf.h"

/* False: left as it was (no memory, or it did not get smaller). */
bool gzip_buf(struct buf *b);

#endif
