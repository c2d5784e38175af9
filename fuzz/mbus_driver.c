/*
 * A meter that answers anything: the M-Bus driver ends every conversation in bounded time, and what it
 * says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked; then replies, each a length byte L and L bytes: L = 0 an
 * acknowledge, L odd the bytes as they are, L even a reply of meter 1 with the bytes as its data.
 */
#include "base/str.h"
#include "poll/talk.h"
#include "proto/mbus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct liar {
	struct link link; /* first */
	struct reader replies;
	struct mbus_out out;
	struct slice now;
	int writes;
};

static void liar_close(struct link *l)
{
	(void)l;
}

static enum err liar_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	(void)l;
	(void)setup;
	(void)diag;
	return ERR_OK;
}

static enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	static const uint8_t ack[] = {MBUS_ACK};
	struct liar *liar = (struct liar *)l;
	(void)bytes;
	(void)diag;
	if (++liar->writes > 20000) {
		abort();
	}
	liar->now = (struct slice){NULL, 0};
	if (reader_left(&liar->replies) == 0) {
		return ERR_OK;
	}
	size_t n = reader_u8(&liar->replies);
	n = n < reader_left(&liar->replies) ? n : reader_left(&liar->replies);
	struct slice s = reader_bytes(&liar->replies, n);
	if (n == 0) {
		liar->now = SLICE(ack);
	} else if (n % 2) {
		liar->now = s;
	} else {
		mbus_begin(
			&liar->out, MBUS_RSP_UD, 1, s.data[0] % 4 ? MBUS_CI_VARIABLE : s.data[1]);
		mbus_put(&liar->out, s.data, s.size);
		liar->now = mbus_end(&liar->out);
	}
	return ERR_OK;
}

static enum err liar_read(
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

static size_t liar_discard(struct link *l)
{
	((struct liar *)l)->now.size = 0;
	return 0;
}

static void liar_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static enum err take(struct sink *sink, const struct sample *s)
{
	(void)sink;
	if (!str_is_key(s->key) || s->unit >= UNIT_COUNT || s->quantity >= QUANTITY_COUNT ||
		isinf(s->value)) {
		abort();
	}
	return ERR_OK;
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("mbus");
	struct sink sink = {.put = take};
	struct identity id;
	int64_t utc;
	switch (what % 4) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1:
		(void)d->read_archive(t, (enum period)(1 + what / 4 % 4),
			(struct span){1780000000 / 86400 * 86400, 1790000000}, &sink);
		break;
	case 2: (void)d->read_clock(t, &utc); break;
	default: (void)d->identify(t, &id); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = {
		liar_close, liar_setup, liar_write, liar_read, liar_discard, liar_pause};
	struct liar liar = {.link.ops = &ops};
	struct line line;
	struct meter meter;
	struct talk *t;
	if (size == 0) {
		return 0;
	}
	liar.replies = reader_of((struct slice){data + 1, size - 1});
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, data[0] & 0x80 ? "address=1 log_hour=0x60 log_day=0x30" :
						      "secondary=FFFFFFFF fast_baud=9600");
	if (talk_new(driver_find("mbus"), &line, &meter, NULL, &t, NULL)) {
		return 0;
	}
	talk_attach(t, &liar.link, NULL);
	if (talk_begin(t, 1790000000) == ERR_OK) {
		ask(t, data[0] & 0x7fu);
	}
	talk_free(t);
	return 0;
}
