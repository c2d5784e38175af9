/*
 * exchange.h - the real exchanges of vectors/heat.jsonl and electricity.jsonl, for unit tests
 *
 * One line of a file is one exchange with a meter, with what it means and where it was
 * published. Needs test.h.
 */
#ifndef DOMOVOI_TEST_EXCHANGE_H
#define DOMOVOI_TEST_EXCHANGE_H

#include "base/buf.h"
#include "test.h"

#include <jansson.h>
#include <string.h>

#define EXCHANGE_FRAME_MAX 2048

struct exchange {
	int line;                           /* of the file, from 1 */
	const char *device, *source, *note; /* "" if there is none */
	struct slice request, reply;        /* empty if there is none */
	const json_t *decoded;
};

static inline size_t exchange_hex(const char *text, uint8_t *to)
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
		assert_true(n < EXCHANGE_FRAME_MAX);
		to[n++] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2) {
			fail_msg("no hex: %s", text);
		}
	}
	return n;
}

/* The other way. */
static inline void exchange_to_hex(struct slice s, char *to, size_t cap)
{
	assert_true(2 * s.size < cap);
	to[0] = 0;
	for (size_t i = 0; i < s.size; i++) {
		(void)snprintf(to + 2 * i, cap - 2 * i, "%02x", s.data[i]);
	}
}

static inline const char *exchange_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* Calls `fn` for every exchange of `family` in a file of the vectors; returns how many. Skips the test, aloud, when the file is
 * not there. */
static inline int exchange_each(const char *file, const char *family,
	void (*fn)(const struct exchange *x, void *ctx), void *ctx)
{
	const char *path = vector_path(file);
	NEED_VECTORS(path);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	char *text = NULL;
	size_t cap = 0;
	int n = 0;
	for (int line = 1; getline(&text, &cap, f) > 0; line++) {
		static uint8_t request[EXCHANGE_FRAME_MAX], reply[EXCHANGE_FRAME_MAX];
		json_error_t error;
		json_t *o = json_loads(text, JSON_ALLOW_NUL, &error);
		if (!o) {
			fail_msg("%s:%d: %s", file, line, error.text);
		}
		if (strcmp(exchange_text(o, "family"), family) == 0) {
			struct exchange x = {.line = line,
				.device = exchange_text(o, "device"),
				.source = exchange_text(o, "source"),
				.note = exchange_text(o, "note"),
				.request = {request,
					exchange_hex(exchange_text(o, "request_hex"), request)},
				.reply = {reply,
					exchange_hex(exchange_text(o, "response_hex"), reply)},
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

static inline int electricity_each(
	const char *family, void (*fn)(const struct exchange *x, void *ctx), void *ctx)
{
	return exchange_each("electricity.jsonl", family, fn, ctx);
}

static inline int heat_each(
	const char *family, void (*fn)(const struct exchange *x, void *ctx), void *ctx)
{
	return exchange_each("heat.jsonl", family, fn, ctx);
}

#endif
