/*
 * exchange.c - request and reply; the second half of talk.h
 *
 * Times of an attempt (real time):
 *
 *   |gap| request on the wire |   reply_us   | first byte ... idle_us between bytes ... |
 *
 * reply_us is the driver's at the driver's speed, longer in proportion when the meter runs slower,
 * and the operator's word when the line or the meter has one. Between bytes of a reply the talk waits
 * as long as characters could still come at this speed (and converters and gateways may hold them).
 *
 * What arrives is looked at from the front: the driver's frame function says more, whole or junk. A
 * byte of noise may look like the beginning of a long frame; so when the line falls silent in the
 * middle of one, the bytes behind its first are looked at again before the attempt is given up. A
 * few bytes of junk are a glitch of a line that changes direction, and the reply is still waited
 * for; more than that was the reply, damaged.
 *
 * Time is counted down, not compared with a clock, wherever a link has waited: a recording answers
 * "nothing came in 2 s" at once.
 */
#include "base/clock.h"
#include "base/str.h"
#include "poll/talk_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define GLITCH_BYTES    3
#define JUNK_CEILING    600 /* two of the longest frames of meters: nobody speaks sense here */
#define LISTEN_CEILING  (4 * TALK_REPLY_CAP) /* a listener may come in the middle of a telegram */
#define REFUSED_CEILING 8 /* telegrams in a row that mean nothing to the driver */
#define FOREIGN_CEILING 8 /* replies of others that one exchange puts up with */
#define STALE_CEILING   4096
#define IDLE_MIN_US     100000 /* USB converters and loaded gateways hold bytes back that long */
#define IDLE_CHARS      40
#define NET_US          500000 /* what a gateway may add to a reply, and between its bytes */

/* ---- times ---- */

/* Somebody between us and the meter: a gateway, or a recording that may come from one. */
static bool is_far(const struct talk *t)
{
	return !link_has_speed(t->link) || t->link->ops->pause;
}

/* From the moment the request is handed to the port to the first byte of the reply. */
static int64_t reply_us(const struct talk *t)
{
	const struct driver_timing *timing = &t->timing;
	int64_t us = t->reply_ms * 1000;
	if (us == 0) {
		us = (int64_t)timing->reply_ms * 1000;
		if (timing->baud > t->setup.baud) {
			us = us * timing->baud / t->setup.baud;
		}
	}
	us += (int64_t)t->request_n * talk_char_us(t);
	return is_far(t) ? us + NET_US : us;
}

static int64_t idle_us(const struct talk *t)
{
	int64_t us = IDLE_CHARS * talk_char_us(t);
	us = us > IDLE_MIN_US ? us : IDLE_MIN_US;
	return is_far(t) ? us + NET_US : us;
}

/* ---- bytes in ---- */

static void tell(struct talk *t, enum trace_way way, struct slice bytes)
{
	if (t->trace) {
		t->trace->bytes(t->trace, way, bytes, clock_mono_us());
	}
}

static void tell_note(struct talk *t, const char *text)
{
	tell(t, TRACE_NOTE, (struct slice){(const uint8_t *)text, strlen(text)});
}

static size_t held(const struct talk *t)
{
	return t->till - t->from;
}

static void drop_junk(struct talk *t, size_t n)
{
	for (size_t i = 0; i < n; i++, t->junk_n++) {
		if (t->junk_n < sizeof(t->junk)) {
			t->junk[t->junk_n] = t->rx[t->from + i];
		}
	}
	t->from += n;
}

/* Bytes of the line into rx, waiting `wait_us`; TIMEOUT, LINK or CANCELLED. */
static enum err receive(struct talk *t, int64_t wait_us)
{
	if (t->from > 0) {
		memmove(t->rx, t->rx + t->from, held(t));
		t->till -= t->from;
		t->from = 0;
	}
	assert(t->till < sizeof(t->rx));
	for (;;) {
		if (atomic_load(&t->is_cancelled)) {
			return ERR_CANCELLED;
		}
		int64_t part_us = wait_us < CANCEL_LOOK_US ? wait_us : CANCEL_LOOK_US;
		int64_t from_us = clock_mono_us();
		size_t n = 0;
		enum err e = link_read(t->link, t->rx + t->till, sizeof(t->rx) - t->till,
			(int)((part_us + 999) / 1000), &n, &t->diag);
		int64_t passed_us = clock_mono_us() - from_us;
		if (e == ERR_TIMEOUT && passed_us < part_us) {
			passed_us = part_us; /* a recording's time */
		}
		t->reply_left_us -= passed_us;
		wait_us -= passed_us;
		if (!e) {
			tell(t, TRACE_GOT, (struct slice){t->rx + t->till, n});
			t->till += n;
			t->counters.bytes_in += (int64_t)n;
			t->counters.wire_us += (int64_t)n * talk_char_us(t);
			return ERR_OK;
		}
		if (e != ERR_TIMEOUT || wait_us <= 0) {
			return e;
		}
	}
}

/* False while what has come may still turn out to be our own request. */
static bool strip_echo(struct talk *t)
{
	if (!t->awaits_echo || held(t) == 0) {
		return true;
	}
	size_t n = held(t) < t->request_n ? held(t) : t->request_n;
	if (memcmp(t->rx + t->from, t->request, n) != 0) {
		t->awaits_echo = false;
		tell_note(t, "no echo, though the line is said to have one");
		return true;
	}
	if (n < t->request_n) {
		return false;
	}
	t->from += n;
	t->awaits_echo = false;
	return true;
}

/* What the driver says about the bytes held, within what it may say. */
static struct frame_verdict judge(const struct talk *t, frame_fn *frame)
{
	struct frame_verdict v = frame((struct slice){t->rx + t->from, held(t)});
	assert(v.state == FRAME_MORE || v.size > 0);
	assert(v.state != FRAME_FULL || v.size <= held(t));
	if (v.state == FRAME_JUNK && v.size > held(t)) {
		v.size = held(t);
	}
	return v;
}

/* OK: a frame of frame_n bytes stands at `from`; NODATA: more bytes are needed; NOISE: hopeless. */
static enum err look(struct talk *t, frame_fn *frame)
{
	if (!strip_echo(t)) {
		return ERR_NODATA;
	}
	while (held(t) > 0) {
		struct frame_verdict v = judge(t, frame);
		if (v.state == FRAME_FULL) {
			t->frame_n = v.size;
			return ERR_OK;
		}
		if (v.state == FRAME_MORE) {
			return held(t) < sizeof(t->rx) ? ERR_NODATA : ERR_NOISE;
		}
		drop_junk(t, v.size);
		if (t->junk_n > (t->is_listening ? LISTEN_CEILING : JUNK_CEILING)) {
			return ERR_NOISE;
		}
	}
	return ERR_NODATA;
}

/* The line fell silent inside what looked like a frame: is there one behind its first byte? */
static enum err look_behind(struct talk *t, frame_fn *frame)
{
	enum err e = ERR_NODATA;
	t->awaits_echo = t->awaits_echo && held(t) == 0;
	while (e == ERR_NODATA && held(t) > 0) {
		drop_junk(t, 1);
		e = look(t, frame);
	}
	return e;
}

static enum err await_frame(struct talk *t, frame_fn *frame)
{
	for (;;) {
		enum err e = look(t, frame);
		if (e != ERR_NODATA) {
			return e;
		}
		bool is_answering = held(t) > 0 || (t->junk_n > GLITCH_BYTES && !t->is_listening);
		e = receive(t, is_answering ? idle_us(t) : t->reply_left_us);
		if (e && e != ERR_TIMEOUT) {
			return e;
		}
		if (!e) {
			continue;
		}
		e = look_behind(t, frame);
		if (e != ERR_NODATA) {
			return e;
		}
		if ((t->junk_n > GLITCH_BYTES && !t->is_listening) || t->reply_left_us <= 0) {
			return t->junk_n > 0 ? ERR_NOISE : ERR_TIMEOUT;
		}
	}
}

/* ---- bytes out ---- */

/* Late replies and noise of the time nobody listened; a line in the middle of one is heard out. */
static enum err flush_stale(struct talk *t, size_t *ret_n)
{
	size_t total = held(t) - t->frame_n; /* what stood behind the last reply */
	int wait_ms = 0;
	t->from = t->till = t->frame_n = 0;
	while (total < STALE_CEILING) {
		size_t n = 0;
		enum err e = link_read(t->link, t->rx, sizeof(t->rx), wait_ms, &n, &t->diag);
		if (e == ERR_TIMEOUT) {
			break;
		}
		if (e) {
			return e;
		}
		if (total == 0) {
			tell_note(t, "stale bytes");
		}
		tell(t, TRACE_GOT, (struct slice){t->rx, n});
		total += n;
		wait_ms = (int)(talk_char_us(t) * 5 / 1000) + 5;
	}
	t->counters.stale_bytes += (int64_t)total;
	*ret_n = total;
	return ERR_OK;
}

/*
 * A reply nobody waited for any more may still be on its way. Where replies do not say what they
 * answer (Modbus RTU, records without a date) it would be taken for that to the next request, and
 * every reply after it for the one after: whatever comes is heard out before something else is asked.
 */
static enum err hear_late(struct talk *t)
{
	int64_t begin_us = clock_mono_us(), left_us = t->late_till_us - begin_us;
	enum err e = ERR_OK;
	t->late_till_us = 0;
	while (t->link && left_us > 0 && !atomic_load(&t->is_cancelled)) {
		int64_t part_us = left_us < CANCEL_LOOK_US ? left_us : CANCEL_LOOK_US;
		size_t n = 0;
		e = link_read(
			t->link, t->rx, sizeof(t->rx), (int)((part_us + 999) / 1000), &n, &t->diag);
		if (e == ERR_TIMEOUT) {
			left_us -= part_us;
			continue;
		}
		if (e) {
			return e;
		}
		tell_note(t, "a late reply");
		tell(t, TRACE_GOT, (struct slice){t->rx, n});
		t->counters.stale_bytes += (int64_t)n;
		left_us -= talk_char_us(t) * (int64_t)n;
	}
	t->counters.gap_us += clock_mono_us() - begin_us;
	return ERR_OK;
}

/* A gateway keeps the silence of its bus itself; an operator's word holds everywhere. */
static enum err keep_gap(struct talk *t)
{
	for (int turn = 0; turn < 4; turn++) {
		int64_t now_us = clock_mono_us();
		int64_t left_us = t->link->busy_till_us + t->gap_ms * 1000 - now_us;
		if (t->gap_ms > 0 && left_us > 0 && (t->has_own_gap || !is_far(t))) {
			talk_pause(t, (int)((left_us + 999) / 1000));
			t->counters.gap_us += clock_mono_us() - now_us;
		}
		size_t stale;
		enum err e = flush_stale(t, &stale);
		if (e || stale == 0) {
			return e;
		}
	}
	return ERR_OK; /* somebody talks without end: our request is one noise more */
}

static enum err send_request(struct talk *t)
{
	if (!t->link) {
		return talk_no_link(t);
	}
	enum err e = keep_gap(t);
	if (!e && atomic_load(&t->is_cancelled)) {
		e = ERR_CANCELLED;
	}
	if (e) {
		return e;
	}
	struct slice bytes = {t->request, t->request_n};
	t->from = t->till = t->frame_n = 0;
	t->junk_n = 0;
	t->awaits_echo = t->has_echo;
	t->is_listening = false;
	t->sent_us = clock_mono_us();
	t->reply_left_us = reply_us(t);
	t->asked++;
	tell(t, TRACE_SENT, bytes);
	e = link_write(t->link, bytes, &t->diag);
	if (!e) {
		t->counters.bytes_out += (int64_t)bytes.size;
		t->counters.wire_us += (int64_t)bytes.size * talk_char_us(t);
	}
	return e;
}

/* ---- exchanges ---- */

static void count(struct talk *t, enum err e)
{
	int64_t took_us = clock_mono_us() - t->sent_us;
	t->counters.busy_us += took_us;
	switch (e) {
	case ERR_OK:
		t->counters.replies++;
		t->counters.last_rtt_us = took_us;
		break;
	case ERR_TIMEOUT: t->counters.timeouts++; break;
	case ERR_NOISE:
		t->counters.noises++;
		drop_junk(t, held(t));
		t->noise_n = t->junk_n;
		break;
	default: break;
	}
}

/* Why the exchange failed, in words for the operator. */
static enum err explain(struct talk *t, enum err e)
{
	char speed[32] = "";
	if (t->link && link_has_speed(t->link)) {
		(void)snprintf(speed, sizeof(speed), " at %d %s", t->setup.baud, t->setup.framing);
	}
	const char *times = t->asked == 1 ? "once" : t->asked == 2 ? "twice" : NULL;
	char asked[64];
	if (times) {
		(void)snprintf(asked, sizeof(asked), "asked %s%s", times, speed);
	} else {
		(void)snprintf(asked, sizeof(asked), "asked %d times%s", t->asked, speed);
	}
	if (e == ERR_TIMEOUT && t->noise_n > 0) {
		e = ERR_NOISE; /* an answer, damaged, tells more than the silence after it */
	}
	if (t->foreign_n > 0) {
		return err_set(&t->diag, ERR_FOREIGN, "%s, %d answers were of others", asked,
			t->foreign_n);
	}
	if (e == ERR_TIMEOUT) {
		return err_set(&t->diag, e, "%s, nothing came%s", asked,
			t->awaits_echo ? ", not even the echo" : "");
	}
	if (e == ERR_NOISE) {
		struct buf hex;
		buf_init(&hex, 64);
		size_t n = t->noise_n < sizeof(t->junk) ? t->noise_n : sizeof(t->junk);
		str_hex(&hex, (struct slice){t->junk, n}, ' ');
		e = err_set(&t->diag, e, "%s, %zu bytes came that are no frame: %s%s", asked,
			t->noise_n, buf_cstr(&hex), t->noise_n > n ? " ..." : "");
		buf_fini(&hex);
	}
	return e;
}

/* Wait for the reply and ask again while there are tries left; `must_ask`: begin with asking. */
static enum err converse(struct talk *t, frame_fn *frame, bool must_ask, struct slice *ret_reply)
{
	for (;;) {
		enum err e = must_ask ? send_request(t) : ERR_OK;
		if (!e) {
			e = await_frame(t, frame);
			count(t, e);
		}
		if (e == ERR_TIMEOUT || (!e && t->late_till_us)) {
			/* what came may answer the first of `asked` requests: then the meter takes up to
			 * that many waits, and the reply to the last one comes so long after it */
			t->late_till_us = t->sent_us + (t->asked + (e != ERR_OK)) * reply_us(t);
		}
		if (!e) {
			*ret_reply = talk_last_reply(t);
			return ERR_OK;
		}
		if (e != ERR_TIMEOUT && e != ERR_NOISE) {
			return e; /* the link is gone or somebody wants us to stop */
		}
		if (t->tries_left == 0) {
			return explain(t, e);
		}
		t->tries_left--;
		t->counters.retries++;
		must_ask = true;
	}
}

static enum err exchange(
	struct talk *t, struct slice request, frame_fn *frame, int retries, struct slice *ret_reply)
{
	assert(request.size <= sizeof(t->request));
	/* a driver may build its request in the reply it was just given */
	memmove(t->request, request.data, request.size);
	t->request_n = request.size;
	t->tries_left = retries;
	t->asked = t->foreign_n = 0;
	t->noise_n = 0;
	t->from += t->frame_n;
	t->frame_n = 0;
	t->diag = (struct diag){0};
	if (t->link && !t->link->ops->pause) { /* a recording's time stands still */
		t->now_utc = t->begin_utc + (clock_now() - t->begin_clock);
	}
	t->counters.exchanges++;
	enum err e = t->late_till_us ? hear_late(t) : ERR_OK;
	return e ? e : converse(t, frame, true, ret_reply);
}

enum err talk_exchange(
	struct talk *t, struct slice request, frame_fn *frame, struct slice *ret_reply)
{
	return exchange(t, request, frame, t->retries, ret_reply);
}

enum err talk_once(struct talk *t, struct slice request, frame_fn *frame, struct slice *ret_reply)
{
	return exchange(t, request, frame, 0, ret_reply);
}

enum err talk_again(struct talk *t, frame_fn *frame, struct slice *ret_reply)
{
	if (!t->link) {
		return talk_no_link(t);
	}
	t->counters.foreign++;
	t->counters.replies--;
	t->from += t->frame_n;
	t->frame_n = 0;
	if (++t->foreign_n > FOREIGN_CEILING) {
		t->tries_left = 0;
		return explain(t, ERR_FOREIGN);
	}
	tell_note(t, "not ours");
	t->sent_us = clock_mono_us(); /* busy until now is counted */
	t->reply_left_us = reply_us(t);
	return converse(t, frame, false, ret_reply);
}

enum err talk_send(struct talk *t, struct slice request)
{
	assert(request.size <= sizeof(t->request));
	memmove(t->request, request.data, request.size);
	t->request_n = request.size;
	t->diag = (struct diag){0};
	t->counters.exchanges++;
	enum err e = send_request(t);
	if (!e) {
		/* on the wire before the driver changes the speed or waits */
		int64_t left_us = t->link->busy_till_us - clock_mono_us();
		talk_pause(t, (int)((left_us + 999) / 1000));
		t->counters.busy_us += clock_mono_us() - t->sent_us;
	}
	return e;
}

/* ---- meters that speak by themselves ---- */

static enum err explain_silence(struct talk *t, enum err e, int64_t wait_us)
{
	if (e == ERR_NOISE && t->noise_n > 0) {
		t->asked = 0;
		return err_set(&t->diag, e,
			"%zu bytes came in %lld s that are no telegram of this kind: is the speed right?",
			t->noise_n, (long long)(wait_us / 1000000));
	}
	return e == ERR_TIMEOUT ? err_set(&t->diag, e,
					  "no telegram came in %lld s: does the meter send, is the "
					  "reading head in its place?",
					  (long long)(wait_us / 1000000)) :
				  e;
}

/* Not `is_patient`: that nothing came in time is no failure, and is not counted. */
static enum err listen(
	struct talk *t, frame_fn *frame, int64_t wait_us, bool is_patient, struct slice *ret_frame)
{
	if (!t->link) {
		return talk_no_link(t);
	}
	t->from += t->frame_n;
	t->frame_n = t->request_n = t->junk_n = t->noise_n = 0;
	t->awaits_echo = false;
	t->is_listening = true;
	t->late_till_us = 0;
	t->sent_us = clock_mono_us();
	t->reply_left_us = wait_us;
	if (!t->link->ops->pause) {
		t->now_utc = t->begin_utc + (clock_now() - t->begin_clock);
	}
	enum err e = await_frame(t, frame);
	if ((e == ERR_TIMEOUT || e == ERR_NOISE) && !is_patient) {
		return ERR_TIMEOUT;
	}
	t->counters.exchanges++;
	count(t, e);
	if (e) {
		return explain_silence(t, e, wait_us);
	}
	*ret_frame = talk_last_reply(t);
	return ERR_OK;
}

enum err talk_listen(struct talk *t, frame_fn *frame, struct slice *ret_frame)
{
	t->diag = (struct diag){0};
	t->request_n = 0;
	return listen(t, frame, reply_us(t), true, ret_frame);
}

/* What is heard and refused - foreign, damaged, encrypted - may go on for ever: the reason is told after
 * some of it, or when silence follows. */
enum err talk_hear(struct talk *t, int wait_ms, struct sink *out)
{
	const struct driver *d = t->driver;
	struct slice frame;
	struct diag why = {0};
	enum err e, refusal = ERR_OK;
	int heard = 0, refused = 0;
	t->diag = (struct diag){0};
	t->request_n = 0;
	int64_t wait_us = wait_ms < 0 ? reply_us(t) : wait_ms * INT64_C(1000);
	while (refused < REFUSED_CEILING && !(e = listen(t, d->hear_frame, heard ? 0 : wait_us,
						      wait_ms < 0 && !heard, &frame))) {
		e = d->hear(t, frame, out);
		t->counters.foreign += e == ERR_FOREIGN;
		if (e && e != ERR_FOREIGN && !err_is_answer(e) && e != ERR_PROTO) {
			return e;
		}
		heard += !e;
		if (e) {
			refused++;
			refusal = e;
			why = t->diag;
		}
	}
	if (refused < REFUSED_CEILING && e != ERR_TIMEOUT && e != ERR_NOISE) {
		return e;
	}
	if (heard == 0 && refusal) {
		t->diag = why;
		return refusal;
	}
	return heard ? ERR_OK : e;
}
