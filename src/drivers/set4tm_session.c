/*
 * set4tm_session.c - frames, checksums and the channel of the SET-4TM family; see set4tm_driver.h
 *
 * A reply says neither what it answers nor how long it is: its size, address and checksum must be right,
 * and that to 0C repeats the number of the request.
 *
 * Which checksum a meter has is seen from the link test, as the maker says: what is wrong it does not
 * answer. What was learnt is dropped when the meter is silent.
 */
#include "drivers/set4tm_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MOST 3
#define REPEAT_MS  250 /* "repeat within half a second" */
#define WAIT_MS    1000

/* ---- frames ---- */

/* Some replies come in two sizes: status words of 4 or 5 bytes, memory with two bytes more in front. */
static size_t other_size(size_t size)
{
	return size == 4 ? 5 : size > 8 && size % 8 == 1 ? size + 2 : size;
}

/* `first`: 0 a status may come, too; 1 only data. */
static struct frame_verdict cut(struct slice s, size_t size, enum set4_check check, int first)
{
	struct set4_address address;
	struct slice body;
	size_t head = s.size > 0 && s.data[0] == SET4_EXTENDED ? 5 : 1;
	size_t around = head + set4_check_size(check);
	size_t sizes[] = {around + 1, around + size, around + other_size(size)};
	for (int i = first; i < 3; i++) {
		if (s.size < sizes[i]) {
			return (struct frame_verdict){FRAME_MORE, sizes[i]};
		}
		if (set4_unframe(check, (struct slice){s.data, sizes[i]}, &address, &body)) {
			return (struct frame_verdict){FRAME_FULL, sizes[i]};
		}
	}
	return (struct frame_verdict){FRAME_JUNK, 1};
}

/* A frame function knows nothing but the bytes: one for each size and checksum. */
/* clang-format off */
#define SIZES(X) \
	X(1) X(2) X(3) X(4) X(7) X(8) X(9) X(10) \
	X(12) X(14) X(16) X(17) X(24) X(25) X(32) X(33) \
	X(40) X(41) X(48) X(49) X(56) X(57) X(64) X(65) \
	X(72) X(73) X(80) X(81) X(88) X(89)
/* clang-format on */
#define FRAMES_OF(n)                                              \
	static struct frame_verdict crc_##n(struct slice so_far)  \
	{                                                         \
		return cut(so_far, n, SET4_CRC, 0);               \
	}                                                         \
	static struct frame_verdict ks_##n(struct slice so_far)   \
	{                                                         \
		return cut(so_far, n, SET4_KS, 0);                \
	}                                                         \
	static struct frame_verdict data_##n(struct slice so_far) \
	{                                                         \
		return cut(so_far, n, SET4_KS, 1);                \
	}
#define ROW_OF(n) {n, {crc_##n, ks_##n, data_##n}},
#define KS_DATA   2

SIZES(FRAMES_OF)

static frame_fn *frame_of(size_t size, int kind)
{
	static const struct {
		size_t size;
		frame_fn *frames[3]; /* enum set4_check, or KS_DATA */
	} rows[] = {SIZES(ROW_OF)};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].size == size) {
			return rows[i].frames[kind];
		}
	}
	return rows[0].frames[kind];
}

/* ---- a request and its reply ---- */

/* An adapter may echo without the line's settings saying so: some requests look like replies. That to a
 * link test is the same as the test. */
static bool is_reply(const struct set4_out *out, struct slice reply, const uint8_t *body,
	struct set4_address to, enum set4_check check, struct slice *ret_body)
{
	struct set4_address from;
	bool is_echo = body[0] != SET4_TEST && reply.size == out->size &&
		       memcmp(reply.data, out->data, out->size) == 0;
	bool is_any = !to.is_extended && to.value == SET4_ANY;
	if (is_echo || !set4_unframe(check, reply, &from, ret_body)) {
		return false;
	}
	bool is_other = body[0] == SET4_MEMORY_MORE && ret_body->size > 1 &&
			ret_body->data[0] != body[1];
	return !is_other &&
	       (is_any || (from.value == to.value && from.is_extended == to.is_extended));
}

static enum err exchange_as(const struct set4 *m, enum set4_check check, const uint8_t *body,
	size_t n, size_t size, struct slice *ret_body)
{
	int64_t address = talk_param(m->talk, "address");
	struct set4_address to = {address > 0xef, (uint32_t)address};
	struct set4_out out;
	struct slice reply;
	frame_fn *frame = frame_of(size, (int)check);
	set4_frame(check, to, (struct slice){body, n}, &out);
	struct slice request = {out.data, out.size};
	enum err e = talk_exchange(m->talk, request, frame, &reply);
	while (!e && !is_reply(&out, reply, body, to, check, ret_body)) {
		e = talk_again(m->talk, frame, &reply);
	}
	if (e || check != SET4_KS || size == 1 || ret_body->size > 1) {
		return e;
	}
	/* With one byte of checksum, one reply in 256 begins like a status. So that is asked again and only
	 * data are listened to; if there are none, it was one. */
	uint8_t status = ret_body->data[0];
	frame = frame_of(size, KS_DATA);
	e = talk_once(m->talk, request, frame, &reply);
	if (!e && is_reply(&out, reply, body, to, check, ret_body)) {
		return ERR_OK;
	}
	m->state->status = status;
	*ret_body = (struct slice){&m->state->status, 1};
	return err_is_answer(e) || !e || e == ERR_TIMEOUT || e == ERR_NOISE ? ERR_OK : e;
}

static enum err learn_check(const struct set4 *m)
{
	static const uint8_t test[] = {SET4_TEST};
	const char *text = talk_param_text(m->talk, "check");
	struct set4_state *s = m->state;
	struct slice status;
	enum err e = ERR_OK;
	if (s->has_check) {
		return ERR_OK;
	}
	s->check = strcmp(text, "ks") == 0 ? SET4_KS : SET4_CRC;
	if (strcmp(text, "auto") == 0) {
		e = exchange_as(m, SET4_CRC, test, sizeof(test), 1, &status);
	} else if (strcmp(text, "ks") != 0 && strcmp(text, "crc") != 0) {
		return talk_fail(m->talk, ERR_INVAL, "check '%s' is none of auto, crc, ks", text);
	}
	if (e == ERR_TIMEOUT && !exchange_as(m, SET4_KS, test, sizeof(test), 1, &status)) {
		s->check = SET4_KS;
		e = ERR_OK;
	}
	s->has_check = e == ERR_OK;
	return e;
}

static enum err exchange(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_body)
{
	enum err e = learn_check(m);
	e = e ? e : exchange_as(m, m->state->check, body, n, size, ret_body);
	if (e) {
		m->state->has_check = false;
	}
	return e;
}

static enum err refuse(const struct set4 *m, const uint8_t *body, unsigned status)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[SET4_OK] = {ERR_PROTO, "says OK where data were asked for"},
		[SET4_ILLEGAL] = {ERR_UNSUPP, "does not allow the command or its parameter"},
		[SET4_INTERNAL] = {ERR_BUSY, "reports an internal error"},
		[SET4_NO_ACCESS] = {ERR_DENIED, "wants the owner's password"},
		[SET4_CLOCK_DONE] = {ERR_DENIED, "has corrected its clock today already"},
		[SET4_NOT_OPEN] = {ERR_DENIED, "closes the channel at once"},
		[SET4_REPEAT] = {ERR_BUSY, "asks to be asked again and again"},
		[SET4_NOT_READY] = {ERR_BUSY, "has no result yet"},
		[SET4_BUSY] = {ERR_BUSY, "is busy"},
	};
	unsigned i = status & 15;
	bool is_known = i < sizeof(meanings) / sizeof(meanings[0]);
	return talk_fail(m->talk, is_known ? meanings[i].e : ERR_UNSUPP,
		"the meter %s (command %02X, status %u)", is_known ? meanings[i].text : "refuses",
		body[0], i);
}

/* How long to wait before the same request; 0: this status is final. */
static int pause_of(unsigned status, size_t wanted)
{
	unsigned code = status & 15, seconds = status >> 4;
	switch (code) {
	case SET4_OK: return wanted > 1 && seconds ? (int)seconds * 1000 : 0; /* not yet */
	case SET4_REPEAT: return REPEAT_MS;
	case SET4_NOT_READY:
	case SET4_BUSY: return seconds ? (int)seconds * 1000 : WAIT_MS;
	default: return 0;
	}
}

enum err set4_ask(
	const struct set4 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data)
{
	bool has_opened = false;
	for (int again = 0;;) {
		enum err e = exchange(m, body, n, size, ret_data);
		if (e || ret_data->size != 1) {
			return e;
		}
		unsigned status = ret_data->data[0];
		int ms = pause_of(status, size);
		if (size == 1 && (status & 15) == SET4_OK) {
			if (status >> 4) { /* done, but busy with it for so many seconds */
				talk_pause(m->talk, (int)(status >> 4) * 1000);
			}
			return ERR_OK;
		}
		if ((status & 15) == SET4_NOT_OPEN && !has_opened) {
			has_opened = true;
			e = set4_open(m, "password");
			if (e) {
				return e;
			}
		} else if (ms && again++ < AGAIN_MOST) {
			talk_pause(m->talk, ms);
		} else {
			return refuse(m, body, status);
		}
	}
}

enum err set4_try(const struct set4 *m, const uint8_t *body, size_t n, size_t size,
	enum set4_ability *ability, struct slice *ret_data)
{
	static const uint8_t test[] = {SET4_TEST};
	if (*ability == SET4_UNABLE) {
		return ERR_UNSUPP;
	}
	enum err e = set4_ask(m, body, n, size, ret_data);
	if (e == ERR_TIMEOUT && *ability == SET4_UNKNOWN) {
		enum err alive = set4_ask(m, test, sizeof(test), 1, ret_data);
		e = alive ? e : ERR_UNSUPP;
	}
	if ((!e || e == ERR_UNSUPP) && *ability == SET4_UNKNOWN) {
		*ability = e ? SET4_UNABLE : SET4_ABLE;
	}
	return e;
}

/* ---- the channel ---- */

/* Six characters, or twelve hex digits. */
static bool password_bytes(const char *text, uint8_t to[static SET4_PASSWORD])
{
	if (strlen(text) == SET4_PASSWORD) {
		memcpy(to, text, SET4_PASSWORD);
		return true;
	}
	for (size_t i = 0; i < SET4_PASSWORD; i++) {
		char pair[3] = {0}, *end;
		if (strlen(text) != 2 * SET4_PASSWORD) {
			return false;
		}
		memcpy(pair, text + 2 * i, 2);
		to[i] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2) {
			return false;
		}
	}
	return true;
}

enum err set4_open(const struct set4 *m, const char *param)
{
	uint8_t body[1 + SET4_PASSWORD] = {SET4_OPEN};
	const char *text = talk_param_text(m->talk, param);
	struct slice status;
	if (!password_bytes(*text ? text : talk_param_text(m->talk, "password"), body + 1)) {
		return talk_fail(m->talk, ERR_INVAL,
			"%s is neither six characters nor twelve hex digits", param);
	}
	enum err e = exchange(m, body, sizeof(body), 1, &status);
	if (!e && (status.data[0] & 15) != SET4_OK) {
		return talk_fail(m->talk, ERR_DENIED, "the meter does not take the password");
	}
	return e;
}

void set4_close(const struct set4 *m)
{
	static const uint8_t body[] = {SET4_CLOSE};
	struct slice status;
	/* a failure shows at the next request */
	(void)exchange(m, body, sizeof(body), 1, &status);
}
