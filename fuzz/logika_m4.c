/*
 * A meter that answers anything: the driver of Logika M4 devices ends every conversation in bounded
 * time, and what it says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked (bits 0..2) and of which device; then replies, each a byte L and L
 * bytes: L odd the bytes as they are, L even the body of a reply to whatever was asked. A session is
 * always granted.
 */
#include "liar.h"

#include "proto/m4.h"

#define NOW 1790000000

static const uint8_t idents[4][3] = {
	{0x92, 0x29, 0x80}, {0x54, 0x2b, 0x0a}, {0x54, 0x2c, 0}, {0x54, 0x2b, 3}};

struct meter_side {
	struct liar liar; /* first */
	const uint8_t *ident;
	struct m4_out out;
};

static void answer_body(struct meter_side *m, const struct m4_frame *f)
{
	size_t n = reader_u8(&m->liar.replies) * (size_t)2;
	n = n < reader_left(&m->liar.replies) ? n : reader_left(&m->liar.replies);
	struct slice s = reader_bytes(&m->liar.replies, n);
	if (n / 2 % 2) {
		m->liar.now = s;
		return;
	}
	m4_begin(&m->out, f->nt, f->id, n > 2 && s.data[0] == M4_ERROR ? M4_ERROR : f->code);
	memcpy(m->out.data + m->out.size, s.data, n);
	m->out.size += n;
	m->liar.now = m4_end(&m->out);
}

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct m4_frame f;
	while (request.size > 0 && request.data[0] == 0xff) {
		request.data++;
		request.size--;
	}
	if (request.size == 0) {
		return; /* a wake-up alone */
	}
	if (!m4_decode(request, &f)) {
		abort();
	}
	if (f.code == M4_SESSION) {
		liar->now = m4_short(
			&m->out, f.nt, f.code, (struct slice){m->ident, sizeof(idents[0])});
	} else if (reader_left(&liar->replies) > 0) {
		answer_body(m, &f);
	}
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("logika_m4");
	struct sink sink = liar_sink();
	struct span span = {NOW / 86400 * 86400 - 9 * 86400, NOW};
	struct identity id;
	int64_t utc;
	int hour, day;
	switch (what % 8) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1: (void)d->read_archive(t, PERIOD_HOUR, span, &sink); break;
	case 2: (void)d->read_archive(t, PERIOD_DAY, span, &sink); break;
	case 3: (void)d->read_archive(t, PERIOD_MONTH, span, &sink); break;
	case 4: (void)d->read_clock(t, &utc); break;
	case 5: (void)d->read_events(t, span, &sink); break;
	case 6: (void)d->set_clock(t, NOW); break;
	default:
		(void)d->identify(t, &id);
		(void)d->report_time(t, &hour, &day);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct meter_side m = {.liar.answer = answer};
	if (size == 0) {
		return 0;
	}
	m.ident = idents[data[0] / 8 % 4];
	struct talk *t = liar_talk(&m.liar, "logika_m4",
		data[0] & 0x80 ? "address=7 fast_baud=19200" : "address=7",
		(struct slice){data + 1, size - 1}, NOW);
	if (t) {
		ask(t, data[0]);
	}
	talk_free(t);
	return 0;
}
