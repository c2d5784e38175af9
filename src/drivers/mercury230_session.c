/*
 * mercury230_session.c - one request and its reply, the channel, concentrators; see mercury230_driver.h
 *
 * The meter speaks only over an open channel, which it closes by itself after a while: "not open" is
 * answered with opening it and asking once more. Which of two encodings of the password the meter wants
 * depends on its model; both are tried, and the one that fitted is remembered.
 *
 * A reply does not say what it answers. Its size, its address and its checksum must be right.
 */
#include "drivers/mercury230_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD    6
#define STATUS_BODY 1
#define OVERHEAD    3 /* address and checksum */

static const struct m230_size m230_status_size = {STATUS_BODY, STATUS_BODY};

/* ---- frames ---- */

/*
 * A status, or data of one of two sizes; each may have the command in front, as meters with "repeat the
 * request code" switched on send it.
 */
static struct frame_verdict cut(struct slice s, size_t size, size_t or_size)
{
	const size_t sizes[] = {STATUS_BODY, STATUS_BODY + 1, size, size + 1, or_size, or_size + 1};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t address;
		struct slice body;
		size_t n = sizes[i] + OVERHEAD;
		if (s.size < n) {
			return (struct frame_verdict){FRAME_MORE, n};
		}
		if (m230_unframe((struct slice){s.data, n}, &address, &body) &&
			(body.size > 2 || body.data[body.size - 1] < 0x10)) {
			return (struct frame_verdict){FRAME_FULL, n};
		}
	}
	return (struct frame_verdict){FRAME_JUNK, 1};
}

/* A frame function knows nothing but the bytes: one for each size, or two of them, asked for. */
#define FRAME_OF(a, b)                                              \
	static struct frame_verdict frame_##a##_##b(struct slice s) \
	{                                                           \
		return cut(s, a, b);                                \
	}
/* clang-format off */
FRAME_OF(1, 1) FRAME_OF(3, 3) FRAME_OF(3, 9) FRAME_OF(3, 12) FRAME_OF(4, 4) FRAME_OF(6, 6)
FRAME_OF(7, 7) FRAME_OF(8, 8) FRAME_OF(9, 9) FRAME_OF(12, 12) FRAME_OF(13, 13) FRAME_OF(15, 15)
FRAME_OF(16, 16) FRAME_OF(255, 255)

static const struct {
	size_t size, or_size;
	frame_fn *frame;
} frames[] = {{1, 1, frame_1_1}, {3, 3, frame_3_3}, {3, 9, frame_3_9}, {3, 12, frame_3_12},
	{4, 4, frame_4_4}, {6, 6, frame_6_6}, {7, 7, frame_7_7}, {8, 8, frame_8_8},
	{9, 9, frame_9_9}, {12, 12, frame_12_12}, {13, 13, frame_13_13}, {15, 15, frame_15_15},
	{16, 16, frame_16_16}, {255, 255, frame_255_255}};
/* clang-format on */

static struct frame_verdict frame_htc(struct slice so_far)
{
	uint32_t node;
	struct slice inner;
	size_t n = htc_cut(so_far, &node, &inner);
	return n == 0          ? (struct frame_verdict){FRAME_JUNK, 1} :
	       n > so_far.size ? (struct frame_verdict){FRAME_MORE, n} :
				 (struct frame_verdict){FRAME_FULL, n};
}

/* NULL: no code of ours asks for that. */
static frame_fn *frame_of(const struct m230_size *want)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (frames[i].size == want->size && frames[i].or_size == want->or_size) {
			return frames[i].frame;
		}
	}
	return NULL;
}

/* ---- a request and its reply ---- */

struct m230 m230_of(struct talk *t)
{
	return (struct m230){t, talk_state(t, sizeof(struct m230_state))};
}

/* The nodes of the route; 0: no concentrator. -1: what stands there is no route. */
static int route_of(const struct m230 *m, uint32_t route[static HTC_NODES_MAX])
{
	const char *at = talk_param_text(m->talk, "htc_node");
	int n = 0;
	while (*at) {
		char *end;
		unsigned long v = strtoul(at, &end, 10);
		if (end == at || v > 0xffffff || n == HTC_NODES_MAX || (*end && *end != ',')) {
			return -1;
		}
		route[n++] = (uint32_t)v;
		at = *end ? end + 1 : end;
	}
	return n;
}

/* An adapter that echoes, though the line's settings do not say so: some requests look like replies. That
 * to a link test is the same as the test. */
static bool is_echo(const struct m230_out *out, struct slice reply)
{
	return out->data[1] != M230_TEST && reply.size == out->size &&
	       memcmp(reply.data, out->data, out->size) == 0;
}

/* Has the reply a size it may have? The command in front of it is dropped. */
static bool is_wanted(uint8_t command, const struct m230_size *want, struct slice *body)
{
	size_t n = body->size;
	if (n == STATUS_BODY || n == want->size || n == want->or_size) {
		return true;
	}
	if (body->data[0] != command ||
		(n != STATUS_BODY + 1 && n != want->size + 1 && n != want->or_size + 1)) {
		return false;
	}
	*body = (struct slice){body->data + 1, n - 1};
	return true;
}

static bool is_ours(const struct m230_out *out, const struct m230_size *want, struct slice reply,
	struct slice *ret_body)
{
	uint8_t from, to = out->data[0];
	return !is_echo(out, reply) && m230_unframe(reply, &from, ret_body) &&
	       (from == to || to == M230_ANY) && is_wanted(out->data[1], want, ret_body);
}

static enum err exchange_direct(const struct m230 *m, const struct m230_out *out,
	const struct m230_size *want, struct slice *ret_body)
{
	frame_fn *frame = frame_of(want);
	struct slice reply;
	if (!frame) {
		return ERR_UNSUPP;
	}
	enum err e = talk_exchange(m->talk, (struct slice){out->data, out->size}, frame, &reply);
	while (!e && !is_ours(out, want, reply, ret_body)) {
		e = talk_again(m->talk, frame, &reply);
	}
	return e;
}

/* The last node of the route is the one that answers. */
static enum err exchange_htc(const struct m230 *m, const struct m230_out *out,
	const uint32_t *route, size_t nodes, const struct m230_size *want, struct slice *ret_body)
{
	struct m230_out packet;
	struct slice reply, inner;
	uint32_t node;
	htc_wrap(route, nodes, (struct slice){out->data, out->size}, &packet);
	enum err e = talk_exchange(
		m->talk, (struct slice){packet.data, packet.size}, frame_htc, &reply);
	for (; !e; e = talk_again(m->talk, frame_htc, &reply)) {
		(void)htc_cut(reply, &node, &inner);
		if (node != route[nodes - 1]) {
			continue;
		}
		if (inner.size == 0) {
			return talk_fail(m->talk, ERR_TIMEOUT,
				"the concentrator got no answer of the meter behind node %u", node);
		}
		if (is_ours(out, want, inner, ret_body)) {
			return ERR_OK;
		}
	}
	return e;
}

static enum err exchange(const struct m230 *m, const uint8_t *body, size_t n,
	const struct m230_size *want, struct slice *ret_body)
{
	uint32_t route[HTC_NODES_MAX];
	int nodes = route_of(m, route);
	struct m230_out out;
	if (nodes < 0) {
		return talk_fail(m->talk, ERR_INVAL, "htc_node '%s' is not a list of nodes",
			talk_param_text(m->talk, "htc_node"));
	}
	m230_frame((uint8_t)talk_param(m->talk, "address"), (struct slice){body, n}, &out);
	return nodes ? exchange_htc(m, &out, route, (size_t)nodes, want, ret_body) :
		       exchange_direct(m, &out, want, ret_body);
}

static enum err refuse(const struct m230 *m, const uint8_t *body, unsigned status)
{
	static const struct {
		enum err e;
		const char *text;
	} meanings[] = {
		[M230_OK] = {ERR_PROTO, "says OK where data were asked for"},
		[M230_ILLEGAL] = {ERR_UNSUPP, "does not know the command or its parameter"},
		[M230_INTERNAL] = {ERR_BUSY, "reports an internal error"},
		[M230_NO_ACCESS] = {ERR_DENIED, "refuses the access level: is the password right?"},
		[M230_CLOCK_DONE] = {ERR_DENIED, "has corrected its clock today already"},
		[M230_NOT_OPEN] = {ERR_DENIED, "closes the channel at once"},
	};
	unsigned i = status & 15;
	bool is_known = i < sizeof(meanings) / sizeof(meanings[0]);
	return talk_fail(m->talk, is_known ? meanings[i].e : ERR_UNSUPP,
		"the meter %s (command %02X, status %u)", is_known ? meanings[i].text : "refuses",
		body[0], i);
}

/* ---- the channel ---- */

/* Form 0: digits as numbers, "111111" is 01 x 6; form 1: characters. False: no password of this form. */
static bool password_bytes(const char *text, int level, int form, uint8_t to[static PASSWORD])
{
	char factory[PASSWORD + 1];
	(void)snprintf(factory, sizeof(factory), "%s", level == 1 ? "111111" : "222222");
	text = *text ? text : factory;
	size_t n = strlen(text);
	if (n == 2 * PASSWORD) {
		for (int i = 0; i < PASSWORD; i++) {
			char pair[3] = {text[2 * i], text[2 * i + 1], 0}, *end;
			to[i] = (uint8_t)strtoul(pair, &end, 16);
			if (*end) {
				return false;
			}
		}
		return form == 0;
	}
	for (int i = 0; i < PASSWORD; i++) {
		bool is_digit = n == PASSWORD && text[i] >= '0' && text[i] <= '9';
		if (n != PASSWORD || (form == 0 && !is_digit)) {
			return false;
		}
		to[i] = (uint8_t)(form == 0 ? text[i] - '0' : text[i]);
	}
	return true;
}

static enum err open_as(const struct m230 *m, int level, const char *text, int form)
{
	uint8_t body[2 + PASSWORD] = {M230_OPEN, (uint8_t)level};
	struct slice status;
	if (!password_bytes(text, level, form, body + 2)) {
		return ERR_NOTFOUND;
	}
	enum err e = exchange(m, body, sizeof(body), &m230_status_size, &status);
	if (!e && (status.data[0] & 15) == M230_OK) {
		m->state->password_form = (uint8_t)(1 + form);
		return ERR_OK;
	}
	return e ? e : ERR_DENIED;
}

enum err m230_open(const struct m230 *m, int level, const char *text)
{
	int first = m->state->password_form == 2;
	enum err e = ERR_NOTFOUND;
	for (int i = 0; i < 2 && (e == ERR_NOTFOUND || e == ERR_DENIED); i++) {
		enum err step = open_as(m, level, text, first ^ i);
		e = step == ERR_NOTFOUND ? e : step;
	}
	if (e == ERR_NOTFOUND) {
		return talk_fail(
			m->talk, ERR_INVAL, "a password is six characters or twelve hex digits");
	}
	return e == ERR_DENIED ?
		       talk_fail(m->talk, e, "the meter does not take the password of level %d",
			       level) :
		       e;
}

enum err m230_ask_either(const struct m230 *m, const uint8_t *body, size_t n,
	const struct m230_size *want, struct slice *ret_data)
{
	bool wants_status = want->size == STATUS_BODY;
	for (int round = 0;; round++) {
		enum err e = exchange(m, body, n, want, ret_data);
		if (e) {
			return e;
		}
		unsigned status = ret_data->data[0] & 15u;
		bool is_status = ret_data->size == STATUS_BODY;
		if (!is_status || (wants_status && status == M230_OK)) {
			return ERR_OK;
		}
		if (status == M230_NOT_OPEN && round == 0) {
			e = m230_open(m, (int)talk_param(m->talk, "level"),
				talk_param_text(m->talk, "password"));
			if (e) {
				return e;
			}
			continue;
		}
		return refuse(m, body, status);
	}
}

enum err m230_ask(
	const struct m230 *m, const uint8_t *body, size_t n, size_t size, struct slice *ret_data)
{
	const struct m230_size want = {size, size};
	return m230_ask_either(m, body, n, &want, ret_data);
}
