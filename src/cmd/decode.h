/*
 * decode.h - protocols `domovoi decode` knows; one file each, one sorted table (decode.c)
 */
#ifndef DOMOVOI_DECODE_H
#define DOMOVOI_DECODE_H

#include "base/buf.h"
#include "base/err.h"

struct decode_input {
	struct slice frame;
	struct slice request;       /* what the frame answers; empty: not given */
	struct slice key, auth_key; /* empty: not given */
	bool is_json;
};

struct decode_protocol {
	const char *name;
	const char *summary;
	bool is_text; /* files hold the bytes themselves; else hex digits unless --raw */
	/* Print the frame to stdout (cmd/decode_out.h); what could be read is printed even when an error
	 * is returned. */
	enum err (*print)(const struct decode_input *in, struct diag *diag);
};

extern const struct decode_protocol decode_ce102;
extern const struct decode_protocol decode_dlms;
extern const struct decode_protocol decode_dsmr;
extern const struct decode_protocol decode_iec62056;
extern const struct decode_protocol decode_mbus;
extern const struct decode_protocol decode_mercury206;
extern const struct decode_protocol decode_mercury230;
extern const struct decode_protocol decode_set4tm;
extern const struct decode_protocol decode_sml;

#endif
