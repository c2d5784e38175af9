/*
 * document.c - a document held by a link; see document.h
 */
#include "link/document.h"

#include <string.h>

void document_init(struct document *d, const struct link_ops *ops)
{
	*d = (struct document){.link = {.ops = ops}};
	buf_init(&d->body, DOCUMENT_MAX);
	buf_init(&d->answer, PIECE_HEAD_MAX + PIECE_MAX);
}

void document_fini(struct document *d)
{
	buf_fini(&d->body);
	buf_fini(&d->answer);
}

void document_clear(struct document *d)
{
	buf_clear(&d->body);
	buf_clear(&d->answer);
	d->head = (struct piece){0};
	d->given = 0;
	d->has_body = false;
}

enum err document_answer(struct document *d, size_t at)
{
	buf_clear(&d->answer);
	d->given = 0;
	piece_write(&d->answer, &d->head, buf_slice(&d->body), at);
	return d->answer.is_full ? ERR_NOMEM : ERR_OK;
}

enum err document_give(struct document *d, uint8_t *to, size_t cap, size_t *ret_n)
{
	size_t left = d->answer.size - d->given;
	if (left == 0) {
		return ERR_TIMEOUT;
	}
	size_t n = left < cap ? left : cap;
	memcpy(to, d->answer.data + d->given, n);
	d->given += n;
	*ret_n = n;
	return ERR_OK;
}

size_t document_discard(struct link *l)
{
	struct document *d = (struct document *)l;
	size_t left = d->answer.size - d->given;
	d->given = d->answer.size;
	return left;
}
