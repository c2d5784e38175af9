/*
 * Any bytes as what a browser sends: the body of an object's write, a cookie, a query's time, a path, a
 * listen address; and any bytes as a text the server writes.
 *
 * Input: first byte modulo 12 says as what, the rest is the text. An object that was read is written
 * and read again as the same object; what is written is JSON to another implementation; a path that
 * is called safe has no part that begins with a dot.
 */
#include "base/str.h"
#include "model/object_json.h"
#include "web/auth.h"
#include "web/http_path.h"
#include "web/jsonw.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void read_body(enum object_kind kind, const char *text, size_t size)
{
	union any_object a, b;
	struct diag diag = {0};
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json) {
		return;
	}
	memset(&a, 0, sizeof(a));
	object_init(kind, &a);
	enum err e = object_from_json(kind, json, &a, &diag);
	json_decref(json);
	must(!e || diag.text[0]);
	if (e) {
		return;
	}
	json = object_to_json(kind, &a);
	must(json != NULL);
	memset(&b, 0, sizeof(b));
	object_init(kind, &b);
	must(object_from_json(kind, json, &b, &diag) == ERR_OK);
	json_t *again = object_to_json(kind, &b);
	must(json_equal(json, again));
	json_decref(json);
	json_decref(again);
}

static void write_text(const char *text)
{
	struct buf b;
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_array(&w, NULL);
	jsonw_str(&w, NULL, text);
	jsonw_error(&w, NULL, ERR_INVAL, text);
	jsonw_end(&w);
	json_t *json = json_loads(buf_cstr(&b), 0, NULL);
	must(b.is_full || json);
	const char *back = json_string_value(json_array_get(json, 0));
	bool is_utf8 = str_is_utf8((struct slice){(const uint8_t *)text, strlen(text)});
	must(!json || !is_utf8 || strcmp(back, text) == 0);
	json_decref(json);
	buf_fini(&b);
}

static void read_cookie(const char *text)
{
	char value[AUTH_COOKIE_CAP];
	uint8_t token[32];
	int64_t user = 0;
	if (http_cookie(text, AUTH_COOKIE_NAME, value, sizeof(value))) {
		must(strlen(value) < sizeof(value) && !strchr(value, ';'));
		must(!auth_cookie_parse(value, &user, token) || user > 0);
	}
	must(!auth_cookie_parse(text, &user, token) || user > 0);
}

static void read_path(const char *text)
{
	int64_t id = 1;
	must(!http_path_match("/api/v1/places/{id}/summary", text, &id) || id > 0);
	must(!http_path_match("/{id}", text, &id) || id > 0);
	if (http_path_is_safe(text)) {
		must(text[0] == '/' && !strstr(text, "/.") && !strstr(text, "//") &&
			!strchr(text, '\\'));
	}
}

static void read_words(const char *text)
{
	char host[32];
	char port[8];
	int64_t utc = 0;
	if (http_split_listen(text, host, sizeof(host), port, sizeof(port))) {
		must(strlen(host) < sizeof(host) && atoi(port) >= 0 && atoi(port) < 65536);
	}
	if (http_time(text, NULL, &utc) == ERR_OK) {
		must(utc >= -62135596800 && utc <= 253402300800);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	char *text = malloc(size);
	must(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	unsigned as = data[0] % 12;
	switch (as) {
	case 6: read_cookie(text); break;
	case 7: read_path(text); break;
	case 8: read_words(text); break;
	case 9: write_text(text); break;
	default: read_body((enum object_kind)(as % OBJECT_KIND_COUNT), text, size - 1); break;
	}
	free(text);
	return 0;
}
