/*
 * piece.h - a document fetched and handed on in pieces, between a link and a driver
 *
 * Links to documents (file:, http:, https:) answer requests of one line; what a talk holds at once is
 * less than a document may be:
 *
 *   get           fetch it now and give the first piece       at 3072      the piece from there on
 *
 *   doc 200 5321 3072 2249 1766661234 text/csv\n<2249 bytes>
 *       |   |    |    |    |          type as told, "-" none
 *       |   |    |    |    changed at, UTC seconds, 0 unknown
 *       |   |    |    bytes of this piece
 *       |   |    where it begins
 *       |   bytes of the whole document
 *       status of HTTP; 200 of files
 *
 * Both sides and the bounds of all numbers are here, so that neither trusts the other.
 */
#ifndef DOMOVOI_PIECE_H
#define DOMOVOI_PIECE_H

#include "base/buf.h"
#include "base/err.h"

#define DOCUMENT_MAX   65536
#define PIECE_MAX      3072 /* bytes of a document in one piece */
#define PIECE_HEAD_MAX 128
#define PIECE_ASK_MAX  24

struct piece {
	int status;
	size_t total, at;
	int64_t changed_utc;
	char type[40];
	struct slice bytes; /* borrowed */
};

/* A request; the length without the zero. `at` 0: fetch anew. */
size_t piece_ask(char out[static PIECE_ASK_MAX], size_t at);
/* What a request asks for: *ret_is_new of "get". False: it is none. */
bool piece_asked(struct slice request, bool *ret_is_new, size_t *ret_at);

/* Append head and bytes of [at, at + PIECE_MAX) of the document. */
void piece_write(struct buf *out, const struct piece *like, struct slice document, size_t at);

enum piece_state {
	PIECE_MORE, /* *ret_size: at least this many in all, 0 unknown */
	PIECE_WHOLE,
	PIECE_JUNK
};
enum piece_state piece_read(struct slice so_far, struct piece *ret, size_t *ret_size);

#endif
