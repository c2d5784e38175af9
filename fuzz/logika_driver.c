/*
 * A legacy Logika meter that answers anything: the driver ends every conversation in bounded time, and
 * what it says has a key and a known unit.
 *
 * Input: first byte what is asked, second which meter; then replies, each a length byte L and L bytes.
 * L odd: the bytes as they are. L even: a short frame with the code of the request (first byte odd:
 * an error) and the other bytes, repeated to the length that was asked for, as its data.
 */
#include "liar.h"

#include "proto/logika.h"
#include "proto/m4.h"

#define NOW 1790000000

struct meter_side {
	struct liar liar; /* first */
	uint8_t id[3];
	uint8_t out[LOGIKA_PAGES_MAX * (LOGIKA_PAGE + 5)];
};

static size_t size_asked(const struct meter_side *m, const struct m4_frame *q)
{
	enum logika_kind kind = logika_kind_of(m->id);
	const struct logika_layout *y = logika_layout_of(kind);
	switch (q->code) {
	case M4_SESSION: return 3;
	case M4_OLD_RAM: return q->data.data[2] <= LOGIKA_RAM_MAX ? q->data.data[2] : 0;
	case M4_OLD_FLASH: return LOGIKA_PAGE;
	case M4_OLD_HOUR: return y ? y->record_size[PERIOD_HOUR] : 0;
	case M4_OLD_DAY:
	case M4_OLD_MONTH: return y ? y->record_size[PERIOD_DAY] : 0;
	default: return 0;
	}
}

/* A frame that fits the request, of what bytes there are. */
static struct slice well_formed(struct meter_side *m, const struct m4_frame *q, struct slice s)
{
	struct m4_out o;
	uint8_t data[LOGIKA_RECORD_MAX];
	bool is_error = s.data[0] & 1;
	size_t n = is_error ? 1 : size_asked(m, q), at = 0;
	unsigned frames = q->code == M4_OLD_FLASH && !is_error ? q->data.data[2] : 1;
	for (unsigned k = 0; k < frames && k < LOGIKA_PAGES_MAX; k++) {
		for (size_t i = 0; i < n; i++) {
			data[i] = s.data[1 + (i + 7 * (size_t)k) % (s.size - 1)];
		}
		if (q->code == M4_SESSION && !is_error) {
			memcpy(data, m->id, 3);
		}
		struct slice f = m4_short(
			&o, q->nt, is_error ? M4_ERROR : q->code, (struct slice){data, n});
		memcpy(m->out + at, f.data, f.size);
		at += f.size;
	}
	return (struct slice){m->out, at};
}

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct m4_frame q;
	if (!m4_decode(request, &q)) {
		return; /* the bytes that wake it */
	}
	if (q.code == M4_SESSION && m->id[0]) { /* without an id nothing else is ever asked */
		static const uint8_t nothing[] = {0, 0};
		liar->now = well_formed(m, &q, SLICE(nothing));
		return;
	}
	struct slice s = liar_piece(liar);
	liar->now = s.size % 2 || s.size < 2 ? s : well_formed(m, &q, s);
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("logika");
	const struct span span = {NOW / 86400 * 86400 - 86400LL * (what / 8 % 16), NOW};
	struct sink sink = liar_sink();
	struct identity id;
	int64_t utc;
	int hour, day;
	switch (what % 8) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1: (void)d->read_archive(t, PERIOD_HOUR, span, &sink); break;
	case 2: (void)d->read_archive(t, PERIOD_DAY, span, &sink); break;
	case 3: (void)d->read_archive(t, PERIOD_MONTH, span, &sink); break;
	case 4: (void)d->read_clock(t, &utc); break;
	case 5: (void)d->read_events(t, (struct span){0, NOW}, &sink); break;
	case 6: (void)d->identify(t, &id); break;
	default:
		(void)d->set_clock(t, NOW);
		(void)d->report_time(t, &hour, &day);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t ids[8][3] = {{0x54, 0x2b, 3}, {0x54, 0x29, 0}, {0x54, 0x29, 3},
		{0x92, 0x29, 0}, {0x54, 0x2a, 1}, {0x47, 0x29, 1}, {0, 0, 0}, {0x54, 0x2c, 0}};
	struct meter_side m = {.liar.answer = answer};
	if (size < 2) {
		return 0;
	}
	memcpy(m.id, ids[data[1] % 8], 3);
	struct talk *t = liar_talk(&m.liar, "logika",
		data[1] & 8 ? "fast_baud=9600" : "address=5 units=1",
		(struct slice){data + 2, size - 2}, NOW);
	if (t) {
		ask(t, data[0]);
	}
	talk_free(t);
	return 0;
}
