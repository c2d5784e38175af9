/*
 * document.h - a document held by a link and given out in pieces (base/piece.h); private to src/link
 *
 * What files and web services have in common: the last document fetched, and the answer that is being
 * read. The kind of link fetches it into `body` and fills `head` (status, type, time).
 */
#ifndef DOMOVOI_LINK_DOCUMENT_H
#define DOMOVOI_LINK_DOCUMENT_H

#include "base/piece.h"
#include "link/link.h"

struct document {
	struct link link;  /* first */
	struct buf body;   /* owned; at most DOCUMENT_MAX */
	struct buf answer; /* owned; what is read now */
	struct piece head;
	size_t given; /* bytes of the answer that were read */
	bool has_body;
};

void document_init(struct document *d, const struct link_ops *ops);
void document_fini(struct document *d);
/* Forget the document and what was not read of it. */
void document_clear(struct document *d);
/* The piece from `at` on is what can be read next. ERR_NOMEM. */
enum err document_answer(struct document *d, size_t at);
/* TIMEOUT: nothing is left. */
enum err document_give(struct document *d, uint8_t *to, size_t cap, size_t *ret_n);
size_t document_discard(struct link *l); /* of struct link_ops */

#endif
