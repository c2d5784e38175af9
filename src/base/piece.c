/*
 * piece.c - documents in pieces; see piece.h
 */
#include "base/piece.h"

#include <stdio.h>
#include <string.h>

#define WORD "doc "

size_t piece_ask(char out[static PIECE_ASK_MAX], size_t at)
{
	int n = at == 0 ? snprintf(out, PIECE_ASK_MAX, "get\n") :
			  snprintf(out, PIECE_ASK_MAX, "at %zu\n", at);
	return n > 0 ? (size_t)n : 0;
}

/* Digits, at most `max`; what follows them stays. */
static bool take_number(struct slice *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n = 0;
	while (n < s->size && n < 12 && s->data[n] >= '0' && s->data[n] <= '9') {
		v = v * 10 + (uint64_t)(s->data[n++] - '0');
	}
	s->data += n;
	s->size -= n;
	*ret = v;
	return n > 0 && v <= max;
}

static bool take_byte(struct slice *s, uint8_t byte)
{
	bool is_there = s->size > 0 && s->data[0] == byte;
	if (is_there) {
		s->data++;
		s->size--;
	}
	return is_there;
}

bool piece_asked(struct slice request, bool *ret_is_new, size_t *ret_at)
{
	uint64_t at = 0;
	*ret_is_new = request.size == 4 && memcmp(request.data, "get\n", 4) == 0;
	if (!*ret_is_new) {
		if (request.size < 5 || memcmp(request.data, "at ", 3) != 0) {
			return false;
		}
		struct slice s = {request.data + 3, request.size - 3};
		if (!take_number(&s, DOCUMENT_MAX, &at) || !take_byte(&s, '\n') || s.size > 0) {
			return false;
		}
	}
	*ret_at = (size_t)at;
	return true;
}

void piece_write(struct buf *out, const struct piece *like, struct slice document, size_t at)
{
	at = at < document.size ? at : document.size;
	size_t n = document.size - at;
	n = n < PIECE_MAX ? n : PIECE_MAX;
	/* nothing of what a server calls its document may look like the end of the head */
	char type[sizeof(like->type)] = "-";
	for (size_t i = 0; like->type[i] && i + 1 < sizeof(type); i++) {
		char c = like->type[i];
		type[i] = c > ' ' && c < 0x7f ? c : '_';
		type[i + 1] = 0;
	}
	buf_printf(out, WORD "%d %zu %zu %zu %lld %s\n", like->status, document.size, at, n,
		(long long)(like->changed_utc > 0 ? like->changed_utc : 0), type);
	if (n > 0) { /* an empty document has no bytes to point at */
		buf_put(out, document.data + at, n);
	}
}

/* The numbers of a head, each followed by a blank. */
static bool read_numbers(struct slice *s, uint64_t v[5])
{
	static const uint64_t most[5] = {
		999, DOCUMENT_MAX, DOCUMENT_MAX, PIECE_MAX, UINT64_C(99999999999)};
	for (int i = 0; i < 5; i++) {
		if (!take_number(s, most[i], &v[i]) || !take_byte(s, ' ')) {
			return false;
		}
	}
	return v[2] <= v[1] && v[3] <= v[1] - v[2];
}

enum piece_state piece_read(struct slice so_far, struct piece *ret, size_t *ret_size)
{
	size_t word = strlen(WORD);
	size_t same = so_far.size < word ? so_far.size : word;
	*ret_size = 1;
	if (same && memcmp(so_far.data, WORD, same) != 0) {
		return PIECE_JUNK;
	}
	const uint8_t *end = same ? memchr(so_far.data, '\n', so_far.size) : NULL;
	if (!end) {
		bool is_long = so_far.size >= PIECE_HEAD_MAX;
		*ret_size = is_long ? 1 : 0;
		return is_long ? PIECE_JUNK : PIECE_MORE;
	}
	uint64_t v[5];
	struct slice s = {so_far.data + word, (size_t)(end - so_far.data) - word};
	if (!read_numbers(&s, v) || s.size == 0 || s.size >= sizeof(ret->type)) {
		return PIECE_JUNK;
	}
	size_t head = (size_t)(end - so_far.data) + 1, n = (size_t)v[3];
	*ret_size = head + n;
	if (so_far.size < *ret_size) {
		return PIECE_MORE;
	}
	*ret = (struct piece){.status = (int)v[0],
		.total = (size_t)v[1],
		.at = (size_t)v[2],
		.changed_utc = (int64_t)v[4],
		.bytes = {so_far.data + head, n}};
	memcpy(ret->type, s.data, s.size);
	if (strcmp(ret->type, "-") == 0) {
		ret->type[0] = 0;
	}
	return PIECE_WHOLE;
}
