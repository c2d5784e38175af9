/*
 * A Magika meter that answers anything: the driver ends every conversation in bounded time, and what it says
 * has a key, a known unit and a quantity. The cutters never claim more than there is.
 *
 * Input: first byte what is asked (bit 6: series A, bit 5: through a gateway); then replies, each a length
 * byte L and L bytes: L = 0 an acknowledge, 255 the configuration, else the bytes. The last is said again
 * until nobody asks.
 */
#include "proto/magika.h"
#include "base/str.h"
#include "poll/talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct liar {
	struct link link; /* first */
	struct reader replies;
	struct slice last, now;
	uint8_t config[4];
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
	static const uint8_t ok[] = {MAGIKA_OK};
	struct liar *liar = (struct liar *)l;
	(void)bytes;
	(void)diag;
	if (++liar->writes > 200000) {
		abort();
	}
	if (reader_left(&liar->replies) > 0) {
		size_t n = reader_u8(&liar->replies);
		if (n == 0) {
			liar->last = SLICE(ok);
		} else if (n == 255) {
			liar->last = SLICE(liar->config);
		} else {
			size_t left = reader_left(&liar->replies);
			liar->last = reader_bytes(&liar->replies, n < left ? n : left);
		}
	}
	liar->now = liar->last;
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

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static enum err take(struct sink *sink, const struct sample *s)
{
	(void)sink;
	check(str_is_key(s->key) && s->unit < UNIT_COUNT && s->quantity < QUANTITY_COUNT);
	check(!isinf(s->value));
	check(isnan(s->value) == (quality_class(s->quality) == QUALITY_MISSING));
	return ERR_OK;
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("magika");
	struct sink sink = {.put = take};
	struct span span = {1452000000, 1453000000}; /* January 2016 */
	struct identity id = {0};
	int64_t utc;
	switch (what % 5) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1: (void)d->read_archive(t, PERIOD_HOUR, span, &sink); break;
	case 2: (void)d->read_archive(t, PERIOD_DAY, span, &sink); break;
	case 3: (void)d->read_clock(t, &utc); break;
	default: (void)d->identify(t, &id); break;
	}
}

static void cut(struct slice s)
{
	const struct magika_cut cuts[] = {magika_cut_request(s), magika_cut_ok(s),
		magika_cut_config(s), magika_cut_first(s, 50, 66), magika_cut_next(s, 50, 66)};
	struct civil c;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		check(cuts[i].size > 0);
		check(cuts[i].state == MAGIKA_CUT_MORE ? cuts[i].size > s.size :
							 cuts[i].size <= s.size);
		if (cuts[i].state == MAGIKA_CUT_FULL) {
			struct slice data = magika_data((struct slice){s.data, cuts[i].size});
			check(data.size < s.size);
			(void)magika_clock(data, &c);
		}
	}
	if (magika_label(s, &c)) {
		check(c.year >= 2000 && c.hour < 24);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = {
		liar_close, liar_setup, liar_write, liar_read, liar_discard, liar_pause};
	struct liar liar = {.link.ops = &ops, .config = {0xd8, 0, 0, 0x80}};
	struct line line;
	struct meter meter;
	struct talk *t;
	if (size == 0) {
		return 0;
	}
	liar.config[3] = data[0] & 0x40 ? 0x40 : 0x80;
	liar.replies = reader_of((struct slice){data + 1, size - 1});
	cut(liar.replies.in);
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, data[0] & 0x20 ? "serial=ED808121 gateway=assv" :
						      "serial=ED808121 pressure_unit=MPa");
	if (talk_new(driver_find("magika"), &line, &meter, NULL, &t, NULL)) {
		return 0;
	}
	talk_attach(t, &liar.link, NULL);
	if (talk_begin(t, 1452620200) == ERR_OK) {
		ask(t, data[0] & 0x1fu);
	}
	talk_free(t);
	return 0;
}
