/*
 * A meter that answers anything: the driver of Logika M4 devices ends every conversation in bounded
 * time, and what it says has a key, a known unit and a quantity.
 *
 * Input: first byte what is asked (bits 0..2) and of which device; then replies, each a byte L and L
 * bytes: L odd the bytes as they are, L even the body of a reply to whatever was asked. A session is
 * always granted.
 */
#include "base/str.h"
#include "poll/talk.h"
#include "proto/m4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW        1790000000
#define WRITES_MAX 20000

static const uint8_t idents[4][3] = {
	{0x92, 0x29, 0x80}, {0x54, 0x2b, 0x0a}, {0x54, 0x2c, 0}, {0x54, 0x2b, 3}};

struct liar {
	struct link link; /* first */
	struct reader replies;
	const uint8_t *ident;
	struct m4_out out;
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

static void answer(struct liar *liar, const struct m4_frame *f)
{
	size_t n = reader_u8(&liar->replies) * (size_t)2;
	n = n < reader_left(&liar->replies) ? n : reader_left(&liar->replies);
	struct slice s = reader_bytes(&liar->replies, n);
	if (n / 2 % 2) {
		liar->now = s;
		return;
	}
	m4_begin(&liar->out, f->nt, f->id, n > 2 && s.data[0] == M4_ERROR ? M4_ERROR : f->code);
	memcpy(liar->out.data + liar->out.size, s.data, n);
	liar->out.size += n;
	liar->now = m4_end(&liar->out);
}

static enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	struct m4_frame f;
	(void)diag;
	if (++liar->writes > WRITES_MAX) {
		abort();
	}
	while (bytes.size > 0 && bytes.data[0] == 0xff) {
		bytes.data++;
		bytes.size--;
	}
	liar->now = (struct slice){NULL, 0};
	if (bytes.size == 0) {
		return ERR_OK; /* a wake-up alone */
	}
	if (!m4_decode(bytes, &f)) {
		abort();
	}
	if (f.code == M4_SESSION) {
		liar->now = m4_short(
			&liar->out, f.nt, f.code, (struct slice){liar->ident, sizeof(idents[0])});
	} else if (reader_left(&liar->replies) > 0) {
		answer(liar, &f);
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
	const struct driver *d = driver_find("logika_m4");
	struct sink sink = {.put = take, .event = hear};
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
	liar.ident = idents[data[0] / 8 % 4];
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)STR_COPY(meter.params, data[0] & 0x80 ? "address=7 fast_baud=19200" : "address=7");
	if (talk_new(driver_find("logika_m4"), &line, &meter, NULL, &t, NULL)) {
		return 0;
	}
	talk_attach(t, &liar.link, NULL);
	if (talk_begin(t, NOW) == ERR_OK) {
		ask(t, data[0]);
	}
	talk_free(t);
	return 0;
}
