/*
 * replay.c - a recording as a link; see replay.h
 */
#include "link/replay.h"

#include "link/open.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_CEILING 64 /* chunks on their way at once */

struct pending {
	size_t chunk;
	size_t done; /* bytes of it already read */
	int64_t at_ms;
};

struct replay {
	struct link link;
	struct rec own; /* of replay_open */
	const struct rec *rec;
	struct replay_options options;
	size_t cursor;  /* chunk where the search for the next request begins */
	size_t last;    /* the request answered last */
	bool is_spoilt; /* and its reply was damaged or cut */
	int64_t now_ms; /* the recording's time */
	struct pending pending[PENDING_CEILING];
	size_t first, n;
	uint8_t unknown[64];
	size_t unknown_n;
};

static struct replay *replay_of(struct link *l)
{
	return (struct replay *)l; /* link is the first member */
}

static void replay_close(struct link *l)
{
	struct replay *r = replay_of(l);
	if (r->rec == &r->own) {
		rec_fini(&r->own);
	}
	free(r);
}

static enum err replay_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)l;
	(void)setup;
	(void)diag;
	return ERR_OK;
}

/* What came from chunk `i` of a step on, up to the next request. */
static void queue_chunks(struct replay *r, size_t i)
{
	int64_t at_ms = r->now_ms;
	size_t step = i < r->rec->chunk_n ? r->rec->chunks[i].step : 0;
	for (; i < r->rec->chunk_n && !r->rec->chunks[i].is_request &&
		r->rec->chunks[i].step == step;
		i++) {
		at_ms += r->rec->chunks[i].delay_ms;
		if (r->n < PENDING_CEILING) {
			size_t slot = (r->first + r->n++) % PENDING_CEILING;
			r->pending[slot] = (struct pending){.chunk = i, .at_ms = at_ms};
		}
	}
	r->cursor = i;
	r->is_spoilt = false;
}

static void queue_replies(struct replay *r, size_t request)
{
	r->cursor = request + 1;
	r->last = request;
	r->is_spoilt = false;
	if (r->cursor < r->rec->chunk_n &&
		r->rec->chunks[r->cursor].step == r->rec->chunks[request].step) {
		queue_chunks(r, r->cursor);
	}
}

/* A meter that speaks by itself: nobody has to ask for what stands next. */
static void queue_unasked(struct replay *r)
{
	if (r->n == 0 && r->cursor < r->rec->chunk_n && !r->rec->chunks[r->cursor].is_request) {
		queue_chunks(r, r->cursor);
	}
}

static bool is_request(const struct replay *r, size_t i, struct slice bytes)
{
	const struct rec_chunk *c = &r->rec->chunks[i];
	return c->is_request && c->size == bytes.size &&
	       memcmp(rec_bytes(r->rec, c).data, bytes.data, bytes.size) == 0;
}

static enum err replay_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct replay *r = replay_of(l);
	(void)diag;
	/* The same words mean another record after another date: a retry is not the next one of them. */
	if (r->is_spoilt && is_request(r, r->last, bytes)) {
		queue_replies(r, r->last);
		return ERR_OK;
	}
	for (size_t k = 0; k < r->rec->chunk_n; k++) {
		size_t i = (r->cursor + k) % r->rec->chunk_n;
		if (is_request(r, i, bytes)) {
			queue_replies(r, i);
			return ERR_OK;
		}
	}
	if (r->unknown_n == 0) {
		r->unknown_n = bytes.size < sizeof(r->unknown) ? bytes.size : sizeof(r->unknown);
		memcpy(r->unknown, bytes.data, r->unknown_n);
	}
	return ERR_OK;
}

/* Up to `cap` bytes of the chunk at the head of the queue, with the damage the test wants. */
static size_t take(struct replay *r, uint8_t *to, size_t cap)
{
	struct pending *p = &r->pending[r->first];
	const struct rec_chunk *c = &r->rec->chunks[p->chunk];
	size_t at = c->reply_at + p->done;
	size_t n = c->size - p->done;
	if (at + n > r->options.cut_at) {
		n = at < r->options.cut_at ? r->options.cut_at - at : 0;
	}
	bool is_cut = n < c->size - p->done;
	if (r->options.most_per_read && n > r->options.most_per_read) {
		n = r->options.most_per_read;
	}
	n = n < cap ? n : cap;
	if (n > 0) {
		memcpy(to, rec_bytes(r->rec, c).data + p->done, n);
	}
	if (r->options.flip_bit != SIZE_MAX && r->options.flip_bit / 8 >= at &&
		r->options.flip_bit / 8 < at + n) {
		to[r->options.flip_bit / 8 - at] ^= (uint8_t)(1U << r->options.flip_bit % 8);
		r->is_spoilt = true;
	}
	r->is_spoilt = r->is_spoilt || is_cut;
	p->done += n;
	if (p->done == c->size || (is_cut && n == 0)) {
		r->first = (r->first + 1) % PENDING_CEILING;
		r->n--;
	}
	return n;
}

static enum err replay_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct replay *r = replay_of(l);
	int64_t until_ms = r->now_ms + timeout_ms;
	(void)diag;
	queue_unasked(r);
	while (r->n > 0 && r->pending[r->first].at_ms <= until_ms) {
		int64_t at_ms = r->pending[r->first].at_ms;
		r->now_ms = at_ms > r->now_ms ? at_ms : r->now_ms;
		size_t n = take(r, to, cap);
		if (n > 0) {
			*ret_n = n;
			return ERR_OK;
		}
	}
	r->now_ms = until_ms;
	return ERR_TIMEOUT;
}

static size_t replay_discard(struct link *l)
{
	uint8_t bytes[256];
	size_t n;
	size_t total = 0;
	while (replay_read(l, bytes, sizeof(bytes), 0, &n, NULL) == ERR_OK) {
		total += n;
	}
	return total;
}

static void replay_pause(struct link *l, int ms)
{
	replay_of(l)->now_ms += ms;
}

static const struct link_ops replay_ops = {
	.close = replay_close,
	.setup = replay_setup,
	.write = replay_write,
	.read = replay_read,
	.discard = replay_discard,
	.pause = replay_pause,
};

enum err replay_new(
	const struct rec *rec, const struct replay_options *options, struct link **ret_link)
{
	struct replay *r = calloc(1, sizeof(*r));
	if (!r) {
		return ERR_NOMEM;
	}
	r->link.ops = &replay_ops;
	r->rec = rec;
	r->options = *options;
	*ret_link = &r->link;
	return ERR_OK;
}

struct slice replay_unknown(const struct link *l)
{
	const struct replay *r = (const struct replay *)l;
	return (struct slice){r->unknown, l->ops == &replay_ops ? r->unknown_n : 0};
}

bool replay_is_valid(const char *rest)
{
	return *rest != 0;
}

enum err replay_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	struct rec rec;
	enum err e = rec_load(rest, &rec, diag);
	if (e) {
		return e == ERR_PARSE || e == ERR_LIMIT ? e : ERR_LINK;
	}
	e = replay_new(&rec, &REPLAY_AS_IS, ret_link);
	if (e) {
		rec_fini(&rec);
		return e;
	}
	struct replay *r = replay_of(*ret_link);
	r->own = rec;
	r->rec = &r->own;
	return ERR_OK;
}
