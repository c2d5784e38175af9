/*
 * Any bytes are a path and a document, lines of text, a piece: read in one go or byte by byte they say
 * the same, nothing is found where a path does not lead, and what is refused says why.
 */
#include "base/piece.h"
#include "proto/csv_tail.h"
#include "proto/json_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static enum err scan(const struct json_path *p, struct slice text, size_t step, struct json_scan *s)
{
	enum err e = ERR_OK;
	struct diag d = {0};
	json_scan_init(s, p);
	for (size_t at = 0; at < text.size && !e; at += step) {
		size_t left = text.size - at;
		e = json_scan_put(s, (struct slice){text.data + at, left < step ? left : step}, &d);
	}
	e = e ? e : json_scan_end(s, &d);
	check(!e || d.text[0]);
	return e;
}

static void use_json(const char *path, struct slice text)
{
	struct json_path p;
	struct json_scan whole, parts;
	struct diag d = {0};
	char shown[100];
	if (json_path_read(path, &p, &d)) {
		check(d.text[0] != 0);
		return;
	}
	json_path_text(&p, p.n, shown, sizeof(shown));
	enum err e = scan(&p, text, text.size + 1, &whole);
	check(scan(&p, text, 1, &parts) == e);
	check(whole.kind == parts.kind && strcmp(whole.value, parts.value) == 0);
	check(whole.kind == FOUND_NOTHING || whole.at < text.size);
	check(whole.reached <= p.n && strlen(whole.beside) < sizeof(whole.beside));
}

static void use_lines(struct slice text)
{
	struct csv_tail whole, parts;
	struct csv_row row;
	csv_tail_init(&whole);
	csv_tail_init(&parts);
	csv_tail_put(&whole, text);
	for (size_t i = 0; i < text.size; i++) {
		csv_tail_put(&parts, (struct slice){text.data + i, 1});
	}
	check(strcmp(whole.last.text, parts.last.text) == 0);
	check(strcmp(whole.pending.text, parts.pending.text) == 0);
	for (unsigned column = 0; column < 4; column++) {
		struct diag d = {0};
		if (csv_row_read(&whole.last, column, NULL, &row, &d)) {
			check(d.text[0] != 0);
		} else {
			check(isnan(row.value) || isfinite(row.value));
		}
	}
}

static void use_piece(struct slice text)
{
	struct piece p;
	size_t n = 0, at;
	bool is_new;
	enum piece_state state = piece_read(text, &p, &n);
	check(state != PIECE_WHOLE || (n <= text.size && p.at + p.bytes.size <= p.total));
	check(state != PIECE_JUNK || n >= 1);
	if (piece_asked(text, &is_new, &at)) {
		check(at <= DOCUMENT_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	char path[256] = "$.a.b";
	struct slice text = {data, size};
	if (end && (size_t)(end - data) < sizeof(path)) {
		memcpy(path, data, (size_t)(end - data));
		path[end - data] = 0;
		text = (struct slice){end + 1, size - (size_t)(end - data) - 1};
	}
	use_json(path, text);
	use_lines(text);
	use_piece((struct slice){data, size});
	return 0;
}
