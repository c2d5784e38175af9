/*
 * json_path.h - one value out of a JSON text that comes in pieces, by a path
 *
 *   $.current.temperature_2m     main.temp     list[0].main.temp     $['a key']['b.c'][3]
 *
 * A path names keys and indices from the top down; "$." may be left out. The text is read byte by byte
 * with bounded memory (RFC 8259; depth to JSON_DEPTH): nothing is kept but the value looked for and the
 * names around it, so that what is missing can be told. Of equal keys the first counts.
 */
#ifndef DOMOVOI_JSON_PATH_H
#define DOMOVOI_JSON_PATH_H

#include "base/buf.h"
#include "base/err.h"

#define JSON_STEPS 12
#define JSON_KEY   64
#define JSON_DEPTH 64

struct json_step {
	bool is_index;
	uint32_t index;
	char key[JSON_KEY];
};

struct json_path {
	struct json_step steps[JSON_STEPS];
	size_t n;
};

/* ERR_PARSE with the position (offset) and what is wrong. */
enum err json_path_read(const char *text, struct json_path *ret, struct diag *diag);
/* "$.list[0].temp" of the first `n` steps. */
void json_path_text(const struct json_path *p, size_t n, char *to, size_t cap);

enum json_kind {
	FOUND_NOTHING, /* not there */
	FOUND_NUMBER,
	FOUND_TEXT,
	FOUND_BOOLEAN,
	FOUND_NULL, /* NaN and infinities as well, which some write */
	FOUND_OBJECT,
	FOUND_ARRAY
};
const char *json_kind_name(enum json_kind k); /* "a number" */

struct json_scan {
	const struct json_path *path; /* borrowed */
	/* found */
	enum json_kind kind;
	char value[JSON_KEY]; /* text of a number or a string; cut if longer */
	bool is_cut;
	size_t at; /* where the value begins in the document */
	/* how far the path led, what is there instead, and what else there is beside */
	size_t reached;
	enum json_kind reached_kind;
	char beside[160];
	/* private */
	int state;
	size_t position, depth;
	size_t on; /* containers open that lie on the path; all of them while on == depth */
	size_t beside_depth;
	bool is_array[JSON_DEPTH + 1];
	uint32_t index[JSON_STEPS + 2];
	char key[JSON_KEY], word[48];
	size_t key_n, word_n, value_n;
	bool is_key, is_target, is_key_cut;
	int hex_left;
	uint32_t hex;
};

void json_scan_init(struct json_scan *s, const struct json_path *path);
/* ERR_PARSE: no JSON, diag->offset is where. */
enum err json_scan_put(struct json_scan *s, struct slice bytes, struct diag *diag);
/* The text is over. ERR_PARSE: it was not whole. */
enum err json_scan_end(struct json_scan *s, struct diag *diag);

#endif
