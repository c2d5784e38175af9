/*
 * SML: bytes that may be frames, data that may be messages, contents that may be a list; then the driver
 * hears them. What it says has a key, a known unit and a quantity.
 *
 * Input: first byte how the rest is wrapped (0 not at all, 1 as data of a frame, 2 as contents of a list
 * message) and, from bit 4, what is asked.
 */
#include "liar.h"

#include "proto/sml.h"

#define NOW 1790000000

static void answer(struct liar *liar, struct slice request)
{
	(void)liar;
	(void)request;
	abort(); /* nobody asks a meter that speaks by itself */
}

static void wrap(unsigned how, struct slice s, struct buf *out)
{
	struct buf data;
	if (how == 0) {
		buf_put(out, s.data, s.size);
		return;
	}
	buf_init(&data, SML_DATA_MAX);
	if (how == 1) {
		buf_put(&data, s.data, s.size);
	} else {
		size_t begin = sml_begin(&data, (struct slice){NULL, 0}, SML_LIST_REPLY);
		buf_put(&data, s.data, s.size);
		sml_end(&data, begin);
	}
	sml_frame(out, buf_slice(&data));
	buf_fini(&data);
}

/* What was framed is a frame, and holds what was put into it. */
static void check_frame(struct slice bytes, struct slice inside, bool is_framed)
{
	struct sml_data data;
	size_t size;
	bool is_whole = sml_cut(bytes, &size) == SML_CUT_FULL;
	if (is_framed && (!is_whole || size != bytes.size)) {
		abort();
	}
	if (is_whole && sml_open((struct slice){bytes.data, size}, &data)) {
		abort();
	}
	if (is_framed && (data.size != inside.size ||
				 (inside.size && memcmp(data.bytes, inside.data, data.size)))) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct liar liar = {.answer = answer};
	const struct driver *d = driver_find("sml");
	struct sink sink = liar_sink();
	struct identity id;
	struct buf bytes;
	if (size == 0 || size > 3000) {
		return 0;
	}
	struct slice input = {data + 1, size - 1};
	unsigned how = (data[0] & 15u) % 3;
	buf_init(&bytes, 16384);
	wrap(how, input, &bytes);
	check_frame(buf_slice(&bytes), input, how == 1);
	struct talk *t = liar_talk(
		&liar, "sml", data[0] & 0x20 ? "unsigned_power=yes" : "checksum=x25", input, NOW);
	if (t) {
		liar.now = buf_slice(&bytes);
		(void)(data[0] & 0x10 ? d->identify(t, &id) : talk_hear(t, -1, &sink));
	}
	talk_free(t);
	buf_fini(&bytes);
	return 0;
}
