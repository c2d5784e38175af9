/*
 * The Pulsar codec and driver: bytes that may be frames, then a meter that answers anything.
 *
 * What is cut out as a frame decodes, and encodes to the same bytes. The driver ends every
 * conversation in bounded time, and what it says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked; then replies, each a length byte L and L bytes: L = 0 silence, L
 * odd the bytes as they are, L even the data of a reply to the request, the first byte its function
 * where it is 0, else the request's.
 */
#include "proto/pulsar.h"
#include "base/str.h"
#include "poll/talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1790000000

struct liar {
	struct link link; /* first */
	struct reader replies;
	struct pulsar_out out;
	struct slice now;
	int writes;
};

static void liar_close(struct link *l)
{
	(void)l;
}

static enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	struct pulsar_frame f;
	(void)diag;
	if (++liar->writes > 50000) {
		abort();
	}
	liar->now = (struct slice){NULL, 0};
	if (reader_left(&liar->replies) == 0) {
		return ERR_OK;
	}
	size_t n = reader_u8(&liar->replies);
	n = n < reader_left(&liar->replies) ? n : reader_left(&liar->replies);
	struct slice s = reader_bytes(&liar->replies, n);
	if (n % 2) {
		liar->now = s;
	} else if (n > 0 && pulsar_decode(bytes, &f) == ERR_OK) {
		f.function = s.data[0] ? f.function : PULSAR_REFUSAL;
		f.data = (struct slice){s.data + 1, n - 1};
		if (pulsar_encode(&f, &liar->out) == ERR_OK) {
			liar->now = (struct slice){liar->out.data, liar->out.size};
		}
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

static enum err found(void *ctx, const struct identity *who)
{
	(void)ctx;
	return who->serial[0] ? ERR_OK : ERR_INTERNAL;
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("pulsar");
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	const struct span span = {NOW / 86400 * 86400 - 30 * 86400, NOW};
	const struct span months = {1785542400, NOW}; /* 2026-08-01 */
	struct sink sink = {.put = take};
	struct identity id;
	int64_t utc;
	enum period p = periods[what / 8 % 3];
	switch (what % 8) {
	case 0: (void)d->read_clock(t, &utc); break;
	case 1: (void)d->identify(t, &id); break;
	case 2: (void)d->set_clock(t, NOW); break;
	case 3: (void)d->scan(t, found, NULL); break;
	case 4:
	case 5: (void)d->read_archive(t, p, p == PERIOD_MONTH ? months : span, &sink); break;
	default: (void)d->read_current(t, &sink); break;
	}
}

static void check_codec(struct slice s)
{
	struct pulsar_frame f;
	struct pulsar_out out;
	size_t n = 0;
	uint32_t address;
	while (s.size > 0) {
		enum pulsar_cut c = pulsar_cut(s, &n);
		if (c == PULSAR_CUT_MORE) {
			if (n <= s.size) {
				abort();
			}
			return;
		}
		struct slice whole = {s.data, n};
		bool is_frame = c == PULSAR_CUT_FULL && pulsar_decode(whole, &f) == ERR_OK;
		if (is_frame && (pulsar_encode(&f, &out) || out.size != n ||
					memcmp(out.data, s.data, n) != 0)) {
			abort();
		}
		(void)pulsar_search_decode(whole, &address);
		s.data += n;
		s.size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = {.close = liar_close,
		.write = liar_write,
		.read = liar_read,
		.discard = liar_discard,
		.pause = liar_pause};
	struct liar liar = {.link.ops = &ops};
	struct line line;
	struct meter meter;
	struct talk *t;
	if (size == 0) {
		return 0;
	}
	check_codec((struct slice){data + 1, size - 1});
	liar.replies = reader_of((struct slice){data + 1, size - 1});
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params,
		data[0] & 0x80 ? "address=12345678 id=1" : "address=12345678 id=1 kind=heat");
	if (talk_new(driver_find("pulsar"), &line, &meter, NULL, &t, NULL)) {
		return 0;
	}
	talk_attach(t, &liar.link, NULL);
	if (talk_begin(t, NOW) == ERR_OK) {
		ask(t, data[0] & 0x7fu);
	}
	talk_free(t);
	return 0;
}
