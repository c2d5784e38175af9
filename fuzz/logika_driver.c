/*
 * A legacy Logika meter that answers anything: the driver ends every conversation in bounded time, and
 * what it says has a key and a known unit.
 *
 * Input: first byte what is asked, second which meter; then replies, each a length byte L and L bytes.
 * L odd: the bytes as they are. L even: a short frame with the code of the request (first byte odd:
 * an error) and the other bytes, repeated to the length that was asked for, as its data.
 */
#include "base/str.h"
#include "poll/talk.h"
#include "proto/logika.h"
#include "proto/m4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1790000000

struct liar {
	struct link link; /* first */
	struct reader replies;
	uint8_t id[3];
	uint8_t out[LOGIKA_PAGES_MAX * (LOGIKA_PAGE + 5)];
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

static size_t size_asked(const struct liar *liar, const struct m4_frame *q)
{
	enum logika_kind kind = logika_kind_of(liar->id);
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
static struct slice well_formed(struct liar *liar, const struct m4_frame *q, struct slice s)
{
	struct m4_out o;
	uint8_t data[LOGIKA_RECORD_MAX];
	bool is_error = s.data[0] & 1;
	size_t n = is_error ? 1 : size_asked(liar, q), at = 0;
	unsigned frames = q->code == M4_OLD_FLASH && !is_error ? q->data.data[2] : 1;
	for (unsigned k = 0; k < frames && k < LOGIKA_PAGES_MAX; k++) {
		for (size_t i = 0; i < n; i++) {
			data[i] = s.data[1 + (i + 7 * (size_t)k) % (s.size - 1)];
		}
		if (q->code == M4_SESSION && !is_error) {
			memcpy(data, liar->id, 3);
		}
		struct slice f = m4_short(
			&o, q->nt, is_error ? M4_ERROR : q->code, (struct slice){data, n});
		memcpy(liar->out + at, f.data, f.size);
		at += f.size;
	}
	return (struct slice){liar->out, at};
}

static enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	struct m4_frame q;
	(void)diag;
	if (++liar->writes > 20000) {
		abort();
	}
	liar->now = (struct slice){NULL, 0};
	if (!m4_decode(bytes, &q)) {
		return ERR_OK; /* the bytes that wake it */
	}
	if (q.code == M4_SESSION && liar->id[0]) { /* without an id nothing else is ever asked */
		static const uint8_t nothing[] = {0, 0};
		liar->now = well_formed(liar, &q, SLICE(nothing));
		return ERR_OK;
	}
	if (reader_left(&liar->replies) == 0) {
		return ERR_OK;
	}
	size_t n = reader_u8(&liar->replies);
	n = n < reader_left(&liar->replies) ? n : reader_left(&liar->replies);
	struct slice s = reader_bytes(&liar->replies, n);
	liar->now = n % 2 || n < 2 ? s : well_formed(liar, &q, s);
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

static enum err hear(struct sink *sink, const struct meter_event *e)
{
	(void)sink;
	if (!str_is_key(e->code) ||
		!str_is_utf8((struct slice){(const uint8_t *)e->text, strlen(e->text)})) {
		abort();
	}
	return ERR_OK;
}

static void ask(struct talk *t, unsigned what)
{
	const struct driver *d = driver_find("logika");
	const struct span span = {NOW / 86400 * 86400 - 86400LL * (what / 8 % 16), NOW};
	struct sink sink = {.put = take, .event = hear};
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
	static const struct link_ops ops = {
		liar_close, liar_setup, liar_write, liar_read, liar_discard, liar_pause};
	static const uint8_t ids[8][3] = {{0x54, 0x2b, 3}, {0x54, 0x29, 0}, {0x54, 0x29, 3},
		{0x92, 0x29, 0}, {0x54, 0x2a, 1}, {0x47, 0x29, 1}, {0, 0, 0}, {0x54, 0x2c, 0}};
	struct liar liar = {.link.ops = &ops};
	struct line line;
	struct meter meter;
	struct talk *t;
	if (size < 2) {
		return 0;
	}
	memcpy(liar.id, ids[data[1] % 8], 3);
	liar.replies = reader_of((struct slice){data + 2, size - 2});
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, data[1] & 8 ? "fast_baud=9600" : "address=5 units=1");
	if (talk_new(driver_find("logika"), &line, &meter, NULL, &t, NULL)) {
		return 0;
	}
	talk_attach(t, &liar.link, NULL);
	if (talk_begin(t, NOW) == ERR_OK) {
		ask(t, data[0]);
	}
	talk_free(t);
	return 0;
}
