/*
 * liar.h - a meter that answers anything, for fuzz targets of drivers
 *
 * A link whose replies a target makes up out of its input, and a sink that aborts on what no driver
 * may say: a key that is none, an unknown unit or quantity, an infinite value. A target puts struct
 * liar first in a struct of its own and gives `answer`, which sets `now`. No time passes.
 *
 * Input: replies, each a length byte L and L bytes; what they become is the target's.
 */
#ifndef DOMOVOI_FUZZ_LIAR_H
#define DOMOVOI_FUZZ_LIAR_H

#include "base/str.h"
#include "poll/talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct liar {
	struct link link;      /* first */
	struct reader replies; /* what is left of the input */
	struct slice now;      /* the reply, as far as it was not read yet */
	void (*answer)(struct liar *liar, struct slice request);
	int writes, writes_max; /* a conversation that does not end */
};

/* The next piece of the input; empty when it is used up. */
static inline struct slice liar_piece(struct liar *liar)
{
	if (reader_left(&liar->replies) == 0) {
		return (struct slice){NULL, 0};
	}
	size_t n = reader_u8(&liar->replies), left = reader_left(&liar->replies);
	return reader_bytes(&liar->replies, n < left ? n : left);
}

static inline void liar_close(struct link *l)
{
	(void)l;
}

static inline enum err liar_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)l;
	(void)setup;
	(void)diag;
	return ERR_OK;
}

static inline enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	(void)diag;
	if (++liar->writes > liar->writes_max) {
		abort();
	}
	liar->now = (struct slice){NULL, 0};
	liar->answer(liar, bytes);
	return ERR_OK;
}

static inline enum err liar_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	size_t n = liar->now.size < cap ? liar->now.size : cap;
	(void)timeout_ms;
	(void)diag;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	memcpy(to, liar->now.data, n);
	liar->now.data += n;
	liar->now.size -= n;
	*ret_n = n;
	return ERR_OK;
}

static inline size_t liar_discard(struct link *l)
{
	((struct liar *)l)->now.size = 0;
	return 0;
}

static inline void liar_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static inline enum err liar_take(struct sink *sink, const struct sample *s)
{
	(void)sink;
	if (!str_is_key(s->key) || s->unit >= UNIT_COUNT || s->quantity >= QUANTITY_COUNT ||
		isinf(s->value)) {
		abort();
	}
	return ERR_OK;
}

static inline enum err liar_hear(struct sink *sink, const struct meter_event *e)
{
	(void)sink;
	if (!str_is_key(e->code) ||
		!str_is_utf8((struct slice){(const uint8_t *)e->text, strlen(e->text)})) {
		abort();
	}
	return ERR_OK;
}

static inline struct sink liar_sink(void)
{
	return (struct sink){.put = liar_take, .event = liar_hear};
}

/* A conversation that began at `now`; NULL: the parameters do not fit the driver. */
static inline struct talk *liar_talk(
	struct liar *liar, const char *driver, const char *params, struct slice input, int64_t now)
{
	static const struct link_ops ops = {
		liar_close, liar_setup, liar_write, liar_read, liar_discard, liar_pause};
	struct line line;
	struct meter meter;
	struct talk *t;
	liar->link = (struct link){.ops = &ops};
	liar->replies = reader_of(input);
	liar->writes_max = liar->writes_max ? liar->writes_max : 20000;
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, params);
	if (talk_new(driver_find(driver), &line, &meter, NULL, &t, NULL)) {
		return NULL;
	}
	talk_attach(t, &liar->link, NULL);
	if (talk_begin(t, now)) {
		talk_free(t);
		return NULL;
	}
	return t;
}

#endif
