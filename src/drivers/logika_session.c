/*
 * logika_session.c - talking to a legacy Logika calculator; see logika_driver.h
 *
 *   FF x 16, silence        wakes all devices of the line
 *   3F CH                   the addressed one stays, the others sleep until the next FF; says what it is
 *   42 S                    speed, acknowledged at the old one
 *   52, 45, 48, 59, 4D ...  RAM, FLASH, archive
 *
 * Replies name neither address nor date, and a short frame not even its length: a reply that comes late
 * would be taken for that of the next request. So nothing is repeated before a silence in which all
 * that was late has come and gone.
 */
#include "drivers/logika_driver.h"

#include <string.h>

#define WAKES     3 /* of a meter that was there the last time */
#define TRIES     3
#define LATE_MS   2500  /* the slowest reply of the documents is 2.2 s */
#define SETTLE_MS 250   /* after the acknowledge of another speed */
#define FALL_MS   11000 /* after so much silence a meter is back at its own speed */
#define AWAKE_S   60    /* of a session that lasts two minutes at least */
#define CHUNK     8     /* pages of one request */

static struct frame_verdict verdict(struct m4_cut cut)
{
	return (struct frame_verdict){cut.state == M4_CUT_FULL ? FRAME_FULL :
				      cut.state == M4_CUT_MORE ? FRAME_MORE :
								 FRAME_JUNK,
		cut.size};
}

/* Frames have no length: it is that of the request. */
#define SHORT_FRAME(n)                                             \
	static struct frame_verdict short_##n(struct slice so_far) \
	{                                                          \
		return verdict(m4_cut_reply(so_far, (n)));         \
	}
SHORT_FRAME(0)
SHORT_FRAME(3)
SHORT_FRAME(6)
SHORT_FRAME(8)
SHORT_FRAME(32)
SHORT_FRAME(36)
SHORT_FRAME(48)
SHORT_FRAME(64)
SHORT_FRAME(68)

static frame_fn *short_frame(size_t n)
{
	switch (n) {
	case 0: return short_0;
	case 3: return short_3;
	case 6: return short_6;
	case 8: return short_8;
	case 32: return short_32;
	case 36: return short_36;
	case 48: return short_48;
	case 64: return short_64;
	case 68: return short_68;
	default: return NULL;
	}
}

/* `pages` frames in a row, or an error. */
static struct frame_verdict pages_frame(struct slice so_far, size_t pages)
{
	size_t at = 0;
	for (size_t i = 0; i < pages; i++) {
		struct slice rest = {so_far.data + at, so_far.size - at};
		struct m4_cut cut = m4_cut_reply(rest, LOGIKA_PAGE);
		bool is_page = rest.size > 2 && rest.data[2] == M4_OLD_FLASH;
		if (cut.state == M4_CUT_FULL && i == 0 && !is_page) {
			return verdict(cut);
		}
		if (cut.state == M4_CUT_JUNK || (cut.state == M4_CUT_FULL && !is_page)) {
			return (struct frame_verdict){FRAME_JUNK, 1};
		}
		if (cut.state == M4_CUT_MORE) {
			return (struct frame_verdict){FRAME_MORE, at + cut.size};
		}
		at += cut.size;
	}
	return (struct frame_verdict){FRAME_FULL, at};
}

#define PAGES_FRAME(n)                                             \
	static struct frame_verdict pages_##n(struct slice so_far) \
	{                                                          \
		return pages_frame(so_far, (n));                   \
	}
PAGES_FRAME(1)
PAGES_FRAME(2)
PAGES_FRAME(3)
PAGES_FRAME(4)
PAGES_FRAME(5)
PAGES_FRAME(6)
PAGES_FRAME(7)
PAGES_FRAME(8)
static frame_fn *const pages_frames[CHUNK] = {
	pages_1, pages_2, pages_3, pages_4, pages_5, pages_6, pages_7, pages_8};

static enum err refusal(struct logika *l, uint8_t code)
{
	static const enum err errors[] = {
		ERR_UNSUPP, ERR_DENIED, ERR_NODATA, ERR_NODATA, ERR_DENIED, ERR_PROTO};
	enum err e = code < sizeof(errors) / sizeof(errors[0]) ? errors[code] : ERR_PROTO;
	return talk_fail(l->talk, e, "the meter answers: %s", m4_error_text(code));
}

/* One request without repetition; the data of the first frame of the reply, or all of it. */
static enum err ask_once(struct logika *l, uint8_t code, struct slice data, frame_fn *frame,
	struct slice *ret_whole, struct m4_frame *ret)
{
	struct slice reply;
	enum err e = talk_once(l->talk, m4_short(&l->out, l->nt, code, data), frame, &reply);
	while (!e) {
		struct m4_frame f;
		size_t first = code == M4_OLD_FLASH && reply.size > LOGIKA_PAGE + 5 ?
				       LOGIKA_PAGE + 5 :
				       reply.size;
		bool is_ours = m4_decode((struct slice){reply.data, first}, &f) && f.nt == l->nt &&
			       !f.is_extended && (f.code == code || f.code == M4_ERROR);
		if (is_ours && f.code == M4_ERROR) {
			return refusal(l, f.data.size ? f.data.data[0] : 0xff);
		}
		if (is_ours) {
			*ret_whole = reply;
			*ret = f;
			return ERR_OK;
		}
		e = talk_again(l->talk, frame, &reply);
	}
	return e;
}

static bool is_lost(enum err e)
{
	return e == ERR_TIMEOUT || e == ERR_NOISE || e == ERR_FOREIGN;
}

static enum err ask(struct logika *l, uint8_t code, struct slice data, frame_fn *frame,
	struct slice *ret_whole, struct m4_frame *ret)
{
	for (int i = 1;; i++) {
		enum err e = ask_once(l, code, data, frame, ret_whole, ret);
		if (!is_lost(e) || i == TRIES) {
			return e;
		}
		talk_pause(l->talk, LATE_MS);
	}
}

/* ---- session ---- */

static enum err request_session(struct logika *l, unsigned channel)
{
	const uint8_t data[4] = {(uint8_t)channel};
	struct slice whole;
	struct m4_frame f;
	enum err e = ask_once(l, M4_SESSION, SLICE(data), short_3, &whole, &f);
	if (!e) {
		memcpy(l->id, f.data.data, sizeof(l->id));
		l->state->awake_utc = l->nt == M4_ANY ? talk_now(l->talk) : 0;
	}
	return e;
}

static enum err wake(struct logika *l)
{
	uint8_t ff[M4_WAKE_BYTES];
	memset(ff, 0xff, sizeof(ff));
	enum err e = talk_send(l->talk, SLICE(ff));
	if (!e) {
		talk_pause(l->talk, (int)talk_param(l->talk, "wake_ms"));
	}
	return e;
}

static enum err begin_session(struct logika *l)
{
	int64_t since = talk_now(l->talk) - l->state->awake_utc;
	enum err e = ERR_TIMEOUT;
	if (l->state->awake_utc && since >= 0 && since < AWAKE_S) {
		e = request_session(l, 0);
		l->state->awake_utc = is_lost(e) ? 0 : l->state->awake_utc;
	}
	int wakes = l->state->is_silent ? 1 : WAKES;
	for (int i = 0; i < wakes && is_lost(e); i++) {
		e = wake(l);
		e = e ? e : request_session(l, 0);
	}
	l->state->is_silent = is_lost(e);
	return e;
}

static enum err recognise(struct logika *l)
{
	const uint8_t *id = l->id;
	enum logika_kind kind = logika_kind_of(id);
	l->layout = logika_layout_of(kind);
	if (kind == LOGIKA_M4) {
		return talk_fail(l->talk, ERR_UNSUPP,
			"device %02X %02X %02X speaks M4: choose the driver logika_m4", id[0],
			id[1], id[2]);
	}
	if (!l->layout) {
		return talk_fail(l->talk, ERR_UNSUPP, "device %02X %02X %02X is not known", id[0],
			id[1], id[2]);
	}
	return ERR_OK;
}

static int speed_code(int64_t baud)
{
	static const int bauds[] = {2400, 4800, 9600, 19200};
	for (int i = 0; i < 4; i++) {
		if (bauds[i] == baud) {
			return i;
		}
	}
	return -1;
}

/* The meter's speed and ours; whether it answers there is not known yet. */
static enum err switch_speed(struct logika *l, int64_t baud)
{
	const uint8_t data[4] = {(uint8_t)speed_code(baud)};
	struct slice whole;
	struct m4_frame f;
	enum err e = ask_once(l, M4_SPEED, SLICE(data), short_0, &whole, &f);
	if (!e) {
		talk_pause(l->talk, SETTLE_MS);
		e = talk_speed(l->talk, (int)baud, "8N1");
	}
	return e;
}

static enum err go_fast(struct logika *l)
{
	int home = talk_baud(l->talk);
	int64_t fast = talk_param(l->talk, "fast_baud");
	if (fast == 0 || fast == home || l->state->is_slow || speed_code(fast) < 0 ||
		speed_code(home) < 0) {
		return ERR_OK;
	}
	if (talk_speed(l->talk, home, "8N1")) { /* a gateway: its speed is not ours to change */
		l->state->is_slow = true;
		return ERR_OK;
	}
	enum err e = switch_speed(l, fast);
	if (err_is_answer(e)) {
		l->state->is_slow = true;
		return ERR_OK;
	}
	l->is_fast = !e && request_session(l, 0) == ERR_OK;
	if (l->is_fast) {
		return ERR_OK;
	}
	l->state->is_slow = true;
	(void)talk_speed(l->talk, home, "8N1");
	if (e && !is_lost(e)) {
		return e;
	}
	talk_pause(l->talk, FALL_MS);
	l->state->awake_utc = 0;
	return begin_session(l);
}

enum err logika_open(struct logika *l, struct talk *t)
{
	*l = (struct logika){.talk = t,
		.state = talk_state(t, sizeof(struct logika_state)),
		.nt = (uint8_t)talk_param(t, "address")};
	enum err e = begin_session(l);
	e = e ? e : recognise(l);
	return e ? e : go_fast(l);
}

void logika_close(struct logika *l)
{
	if (!l->is_fast) {
		return;
	}
	int home = talk_baud(l->talk);
	l->is_fast = false;
	enum err e = switch_speed(l, home);
	if (e) {
		(void)talk_speed(l->talk, home, "8N1");
	}
	if (is_lost(e)) {
		talk_pause(l->talk, FALL_MS);
		l->state->awake_utc = 0;
	}
}

/* ---- requests ---- */

enum err logika_select(struct logika *l, unsigned channel)
{
	uint8_t id[3];
	memcpy(id, l->id, sizeof(id));
	enum err e = ERR_TIMEOUT;
	for (int i = 1; is_lost(e) && i <= TRIES; i++) {
		e = request_session(l, channel);
		if (is_lost(e)) {
			talk_pause(l->talk, LATE_MS);
		}
	}
	if (!e && memcmp(id, l->id, sizeof(id)) != 0) {
		return talk_fail(l->talk, ERR_FOREIGN, "another kind of meter answers now");
	}
	return e;
}

enum err logika_ram(struct logika *l, unsigned at, size_t n, struct slice *ret)
{
	const uint8_t data[4] = {(uint8_t)at, (uint8_t)(at >> 8), (uint8_t)n};
	struct slice whole;
	struct m4_frame f;
	enum err e = ask(l, M4_OLD_RAM, SLICE(data), short_frame(n), &whole, &f);
	if (!e) {
		*ret = f.data;
	}
	return e;
}

static enum err flash_chunk(struct logika *l, unsigned page, size_t n, uint8_t *to)
{
	const uint8_t data[4] = {(uint8_t)page, (uint8_t)(page >> 8), (uint8_t)n};
	struct slice whole;
	struct m4_frame f;
	enum err e = ask(l, M4_OLD_FLASH, SLICE(data), pages_frames[n - 1], &whole, &f);
	for (size_t i = 0; !e && i < n; i++) {
		memcpy(to + i * LOGIKA_PAGE, whole.data + i * (LOGIKA_PAGE + 5) + 3, LOGIKA_PAGE);
	}
	return e;
}

enum err logika_flash(struct logika *l, unsigned page, size_t n, uint8_t *to)
{
	enum err e = ERR_OK;
	while (!e && n > 0) {
		size_t some = n < CHUNK ? n : CHUNK;
		e = flash_chunk(l, page, some, to);
		page += (unsigned)some;
		to += some * LOGIKA_PAGE;
		n -= some;
	}
	return e;
}

enum err logika_find(struct logika *l, enum period p, struct civil label, struct slice *ret)
{
	uint8_t data[4];
	struct slice whole;
	struct m4_frame f;
	uint8_t code = p == PERIOD_HOUR ? M4_OLD_HOUR : p == PERIOD_DAY ? M4_OLD_DAY : M4_OLD_MONTH;
	logika_stamp_put(data, p, label);
	enum err e = ask(l, code, SLICE(data), short_frame(l->layout->record_size[p]), &whole, &f);
	if (!e) {
		*ret = f.data;
	}
	return e;
}

enum err logika_write(struct logika *l, unsigned number, const char *text)
{
	const uint8_t data[4] = {(uint8_t)number, (uint8_t)(number >> 8)};
	uint8_t block[64];
	struct slice whole;
	struct m4_frame f;
	size_t n = strlen(text);
	memset(block, ' ', sizeof(block));
	memcpy(block, text, n < 8 ? n : 8);
	block[63] = 0;
	enum err e = ask(l, M4_OLD_SETTING, SLICE(data), short_0, &whole, &f);
	return e ? e : ask_once(l, M4_OLD_SETTING, SLICE(block), short_0, &whole, &f);
}
