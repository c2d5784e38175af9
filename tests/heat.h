/*
 * heat.h - the real exchanges of vectors/heat.jsonl, for unit tests
 *
 * One line of the file is one exchange of a heat or water meter, with what it means and where it was
 * published. Needs test.h.
 */
#ifndef DOMOVOI_TEST_HEAT_H
#define DOMOVOI_TEST_HEAT_H

#include "base/buf.h"
#include "test.h"

#include <jansson.h>
#include <string.h>

#define HEAT_FRAME_MAX 2048

struct heat_exchange {
	int line;                           /* of the file, from 1 */
	const char *device, *source, *note; /* "" if there is none */
	struct slice request, reply;        /* empty if there is none */
	const json_t *decoded;
};

static inline size_t heat_hex(const char *text, uint8_t *to)
{
	size_t n = 0;
	for (; *text; text += 2) {
		char *end;
		char pair[3] = {0};
		while (*text == ' ') {
			text++;
		}
		if (!*text) {
			break;
		}
		memcpy(pair, text, 2);
		assert_true(n < HEAT_FRAME_MAX);
		to[n++] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2) {
			fail_msg("no hex: %s", text);
		}
	}
	return n;
}

static inline const char *heat_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* Calls `fn` for every exchange of `family`; returns how many. Skips the test, aloud, when the file is
 * not there. */
static inline int heat_each(
	const char *family, void (*fn)(const struct heat_exchange *x, void *ctx), void *ctx)
{
	const char *path = vector_path("heat.jsonl");
	NEED_VECTORS(path);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	char *text = NULL;
	size_t cap = 0;
	int n = 0;
	for (int line = 1; getline(&text, &cap, f) > 0; line++) {
		static uint8_t request[HEAT_FRAME_MAX], reply[HEAT_FRAME_MAX];
		json_error_t error;
		json_t *o = json_loads(text, JSON_ALLOW_NUL, &error);
		if (!o) {
			fail_msg("heat.jsonl:%d: %s", line, error.text);
		}
		if (strcmp(heat_text(o, "family"), family) == 0) {
			struct heat_exchange x = {.line = line,
				.device = heat_text(o, "device"),
				.source = heat_text(o, "source"),
				.note = heat_text(o, "note"),
				.request = {request,
					heat_hex(heat_text(o, "request_hex"), request)},
				.reply = {reply, heat_hex(heat_text(o, "response_hex"), reply)},
				.decoded = json_object_get(o, "decoded")};
			fn(&x, ctx);
			n++;
		}
		json_decref(o);
	}
	free(text);
	(void)fclose(f);
	return n;
}

#endif
