/*
 * A Magika meter that answers anything: the driver ends every conversation in bounded time, and what it says
 * has a key, a known unit and a quantity. The cutters never claim more than there is.
 *
 * Input: first byte what is asked (bit 6: series A, bit 5: through a gateway); then replies, each a length
 * byte L and L bytes: L = 0 an acknowledge, 255 the configuration, else the bytes. The last is said again
 * until nobody asks.
 */
#include "liar.h"

#include "proto/magika.h"

struct meter_side {
	struct liar liar; /* first */
	struct slice last;
	uint8_t config[4];
};

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void answer(struct liar *liar, struct slice request)
{
	static const uint8_t ok[] = {MAGIKA_OK};
	struct meter_side *m = (struct meter_side *)liar;
	(void)request;
	if (reader_left(&liar->replies) > 0) {
		size_t n = reader_u8(&liar->replies), left = reader_left(&liar->replies);
		m->last = n == 0   ? SLICE(ok) :
			  n == 255 ? SLICE(m->config) :
				     reader_bytes(&liar->replies, n < left ? n : left);
	}
	liar->now = m->last;
}

/* What is unknown says so. */
static enum err take(struct sink *sink, const struct sample *s)
{
	check(isnan(s->value) == (quality_class(s->quality) == QUALITY_MISSING));
	return liar_take(sink, s);
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
	struct meter_side m = {
		.liar = {.answer = answer, .writes_max = 200000}, .config = {0xd8, 0, 0, 0x80}};
	if (size == 0) {
		return 0;
	}
	struct slice input = {data + 1, size - 1};
	m.config[3] = data[0] & 0x40 ? 0x40 : 0x80;
	cut(input);
	struct talk *t = liar_talk(&m.liar, "magika",
		data[0] & 0x20 ? "serial=ED808121 gateway=assv" :
				 "serial=ED808121 pressure_unit=MPa",
		input, 1452620200);
	if (t) {
		ask(t, data[0] & 0x1fu);
	}
	talk_free(t);
	return 0;
}
