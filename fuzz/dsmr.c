/*
 * P1 telegrams: bytes that may be some, and objects in a telegram whose checksum is right or that was
 * encrypted; then the driver hears them. What it says has a key, a known unit and a quantity.
 *
 * Input: first byte how the rest is wrapped (0 not at all, 1 as objects of a telegram, 2 as objects of an
 * encrypted one) and, from bit 4, what is asked.
 */
#include "liar.h"

#include "proto/dsmr.h"

#define NOW 1790000000

static const uint8_t key[16] = {1};

static void answer(struct liar *liar, struct slice request)
{
	(void)liar;
	(void)request;
	abort(); /* nobody asks a meter that speaks by itself */
}

static void wrap(unsigned how, struct slice s, struct buf *out)
{
	const struct dsmr_keys keys = {SLICE(key), {NULL, 0}};
	struct buf text;
	if (how == 0) {
		buf_put(out, s.data, s.size);
		return;
	}
	buf_init(&text, DSMR_TELEGRAM_MAX);
	buf_str(&text, "/DMV5X\r\n\r\n");
	buf_put(&text, s.data, s.size);
	buf_str(&text, "\r\n");
	dsmr_seal(&text, 0);
	if (how == 1) {
		buf_put(out, text.data, text.size);
	} else {
		dsmr_encrypt(buf_slice(&text), &keys, key, 7, out);
	}
	buf_fini(&text);
}

static void ask(const struct driver *d, struct talk *t, unsigned what)
{
	const struct span span = {0, NOW};
	struct sink sink = liar_sink();
	struct identity id;
	int64_t utc;
	switch (what % 4) {
	case 0: (void)talk_hear(t, -1, &sink); break;
	case 1: (void)d->identify(t, &id); break;
	case 2: (void)d->read_clock(t, &utc); break;
	default: (void)d->read_events(t, span, &sink); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct liar liar = {.answer = answer};
	struct buf bytes;
	if (size == 0 || size > 3000) {
		return 0;
	}
	struct slice input = {data + 1, size - 1};
	buf_init(&bytes, 16384);
	wrap((data[0] & 15u) % 3, input, &bytes);
	struct talk *t = liar_talk(
		&liar, "dsmr", "checksum=ignore key=01000000000000000000000000000000", input, NOW);
	if (t) {
		liar.now = buf_slice(&bytes);
		ask(driver_find("dsmr"), t, data[0] >> 4);
	}
	talk_free(t);
	buf_fini(&bytes);
	return 0;
}
