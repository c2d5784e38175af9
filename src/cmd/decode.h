/*
 * decode.h - protocols `domovoi decode` knows; one file each, one sorted table (decode.c)
 */
#ifndef DOMOVOI_DECODE_H
#define DOMOVOI_DECODE_H

#include "base/buf.h"
#include "base/err.h"

struct decode_protocol {
	const char *name;
	const char *summary;
	/* Print `frame` to stdout; what could be read is printed even when an error is returned. */
	enum err (*print)(struct slice frame, bool is_json, struct diag *diag);
};

extern const struct decode_protocol decode_mbus;

#endif
