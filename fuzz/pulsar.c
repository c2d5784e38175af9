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
#include "liar.h"

#include "proto/pulsar.h"

#define NOW 1790000000

struct meter_side {
	struct liar liar; /* first */
	struct pulsar_out out;
};

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct pulsar_frame f;
	struct slice s = liar_piece(liar);
	if (s.size % 2) {
		liar->now = s;
	} else if (s.size > 0 && pulsar_decode(request, &f) == ERR_OK) {
		f.function = s.data[0] ? f.function : PULSAR_REFUSAL;
		f.data = (struct slice){s.data + 1, s.size - 1};
		if (pulsar_encode(&f, &m->out) == ERR_OK) {
			liar->now = (struct slice){m->out.data, m->out.size};
		}
	}
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
	struct sink sink = liar_sink();
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
	struct meter_side m = {.liar = {.answer = answer, .writes_max = 50000}};
	if (size == 0) {
		return 0;
	}
	struct slice input = {data + 1, size - 1};
	check_codec(input);
	struct talk *t = liar_talk(&m.liar, "pulsar",
		data[0] & 0x80 ? "address=12345678 id=1" : "address=12345678 id=1 kind=heat", input,
		NOW);
	if (t) {
		ask(t, data[0] & 0x7fu);
	}
	talk_free(t);
	return 0;
}
