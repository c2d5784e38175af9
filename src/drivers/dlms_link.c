/*
 * dlms_link.c - one APDU to a DLMS meter and one back, over HDLC or the TCP wrapper; see dlms_driver.h
 *
 * HDLC: window 1, numbers modulo 8 strictly. A request nobody answered is repeated as the identical frame,
 * so that a meter which has carried it out already answers again and does nothing twice; a frame with
 * another number than the one whose turn it is is a late one. Long APDUs are cut into frames of what was
 * negotiated; between the meter's each is acknowledged. A meter that has the request and no answer yet
 * (RR, RNR) is polled. DM and FRMR: it knows nothing of the session.
 *
 * The wrapper has no numbers: who calls compares the id of the request.
 */
#include "drivers/dlms_driver.h"

#include <string.h>

#define POLLS_MAX    8
#define POLL_MS      200
#define SEGMENTS_MAX 256

/* ---- frames ---- */

static struct frame_verdict hdlc_frame_of(struct slice so_far)
{
	static const enum frame_state states[] = {
		[HDLC_CUT_MORE] = FRAME_MORE,
		[HDLC_CUT_FULL] = FRAME_FULL,
		[HDLC_CUT_JUNK] = FRAME_JUNK,
	};
	struct frame_verdict v = {FRAME_MORE, 0};
	v.state = states[hdlc_cut(so_far, &v.size)];
	return v;
}

static struct frame_verdict wrapper_frame_of(struct slice so_far)
{
	unsigned source, dest;
	size_t length;
	const uint8_t *b = so_far.data;
	bool is_head = (so_far.size < 1 || b[0] == 0) && (so_far.size < 2 || b[1] == 1);
	if (!is_head) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	if (!cosem_wrapper_get(so_far, &source, &dest, &length)) {
		return (struct frame_verdict){FRAME_MORE, COSEM_WRAPPER_SIZE};
	}
	size_t size = COSEM_WRAPPER_SIZE + length;
	if (length == 0 || size > DLMS_APDU_CAP) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	return (struct frame_verdict){so_far.size < size ? FRAME_MORE : FRAME_FULL, size};
}

static bool is_ours(const struct dlms_peer *p, struct slice bytes, struct hdlc_frame *ret)
{
	return hdlc_decode(bytes, ret) == ERR_OK && hdlc_address_equal(&ret->dest, &p->own) &&
	       hdlc_address_equal(&ret->source, &p->server);
}

static enum err hear_on(struct dlms_peer *p, struct hdlc_frame *ret)
{
	struct slice bytes;
	enum err e;
	do {
		e = talk_again(p->talk, hdlc_frame_of, &bytes);
	} while (!e && !is_ours(p, bytes, ret));
	return e;
}

/* A frame there, one from our meter back. */
static enum err swap(struct dlms_peer *p, uint8_t control, bool is_segmented, struct slice info,
	bool is_once, struct hdlc_frame *ret)
{
	uint8_t request[HDLC_FRAME_MAX];
	struct slice bytes;
	const struct hdlc_frame f = {p->server, p->own, control, is_segmented, info};
	size_t n = hdlc_encode(&f, request);
	enum err e = is_once ?
			     talk_once(p->talk, (struct slice){request, n}, hdlc_frame_of, &bytes) :
			     talk_exchange(
				     p->talk, (struct slice){request, n}, hdlc_frame_of, &bytes);
	if (!e && !is_ours(p, bytes, ret)) {
		e = hear_on(p, ret);
	}
	if (!e) {
		p->state->used_utc = talk_now(p->talk);
	}
	return e;
}

static enum err lose(struct dlms_peer *p, const struct hdlc_frame *f)
{
	p->is_lost = true;
	p->state->is_open = false;
	return talk_fail(p->talk, ERR_PROTO, "the meter has closed the connection (control %02X)",
		f->control);
}

static bool is_closing(uint8_t control)
{
	return control == HDLC_DM || control == HDLC_FRMR || control == HDLC_DISC ||
	       control == (HDLC_DM & ~HDLC_FINAL) || control == (HDLC_FRMR & ~HDLC_FINAL);
}

static uint8_t next(uint8_t n)
{
	return (n + 1) & 7;
}

/* The I-frame whose turn it is, with an acknowledgement of all we sent. */
static enum err await_information(struct dlms_peer *p, struct hdlc_frame *f)
{
	const struct dlms_state *s = p->state;
	enum err e = ERR_OK;
	int polls = 0;
	while (!e) {
		bool has_all = hdlc_receive_number(f->control) == s->send_n;
		if (hdlc_is_information(f->control) && has_all &&
			hdlc_send_number(f->control) == s->receive_n) {
			return ERR_OK;
		}
		if (is_closing(f->control)) {
			return lose(p, f);
		}
		bool is_waiting = hdlc_is_ready(f->control) || hdlc_is_not_ready(f->control);
		if (!is_waiting || !has_all) {
			e = hear_on(p, f);
			continue;
		}
		if (polls++ == POLLS_MAX) {
			return talk_fail(
				p->talk, ERR_BUSY, "the meter has the request and no answer");
		}
		talk_pause(p->talk, hdlc_is_not_ready(f->control) ? POLL_MS : 0);
		e = swap(p, hdlc_ready(s->receive_n), false, (struct slice){NULL, 0}, false, f);
	}
	return e;
}

/* ---- HDLC ---- */

/* All segments of the request; the reply to the last one in `f`. */
static enum err send_segments(struct dlms_peer *p, struct slice info, struct hdlc_frame *f)
{
	struct dlms_state *s = p->state;
	for (size_t at = 0; at < info.size;) {
		size_t left = info.size - at, n = left < s->info_out ? left : s->info_out;
		uint8_t control = hdlc_information(s->send_n, s->receive_n);
		enum err e = swap(
			p, control, n < left, (struct slice){info.data + at, n}, false, f);
		s->send_n = next(s->send_n);
		at += n;
		while (!e && at < info.size) {
			bool is_ready = hdlc_is_ready(f->control) &&
					hdlc_receive_number(f->control) == s->send_n;
			if (is_ready) {
				break;
			}
			e = is_closing(f->control) ? lose(p, f) : hear_on(p, f);
		}
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err take_segments(struct dlms_peer *p, struct hdlc_frame *f)
{
	struct dlms_state *s = p->state;
	p->apdu_n = 0;
	for (int i = 0; i < SEGMENTS_MAX; i++) {
		enum err e = await_information(p, f);
		struct slice info = f->info;
		if (e) {
			return e;
		}
		if (i == 0 && (info.size < COSEM_LLC_SIZE ||
				      memcmp(info.data, cosem_llc_reply, COSEM_LLC_SIZE) != 0)) {
			return talk_fail(p->talk, ERR_PROTO, "the reply has no LLC header");
		}
		if (i == 0) {
			info.data += COSEM_LLC_SIZE;
			info.size -= COSEM_LLC_SIZE;
		}
		if (info.size > sizeof(p->apdu) - p->apdu_n) {
			return talk_fail(p->talk, ERR_PROTO,
				"the meter sends more than the %u bytes it was told we take",
				p->pdu);
		}
		if (info.size) {
			memcpy(p->apdu + p->apdu_n, info.data, info.size);
		}
		p->apdu_n += info.size;
		s->receive_n = next(s->receive_n);
		if (!f->is_segmented) {
			return ERR_OK;
		}
		e = swap(p, hdlc_ready(s->receive_n), false, (struct slice){NULL, 0}, false, f);
		if (e) {
			return e;
		}
	}
	return talk_fail(p->talk, ERR_PROTO, "a reply without end");
}

static enum err hdlc_exchange(struct dlms_peer *p, struct slice apdu)
{
	uint8_t info[COSEM_LLC_SIZE + COSEM_REQUEST_MAX];
	struct hdlc_frame f;
	memcpy(info, cosem_llc_request, COSEM_LLC_SIZE);
	memcpy(info + COSEM_LLC_SIZE, apdu.data, apdu.size);
	enum err e = send_segments(p, (struct slice){info, COSEM_LLC_SIZE + apdu.size}, &f);
	e = e ? e : take_segments(p, &f);
	if (e) {
		p->state->is_open = false; /* whose turn it is, nobody knows */
	}
	return e;
}

/* What the meter sends at most is what we may receive, and the other way round. */
static enum err take_limits(struct dlms_peer *p, struct slice info)
{
	struct hdlc_limits l;
	if (!hdlc_limits_get(info, &l) || l.info_in < 16) {
		return talk_fail(p->talk, ERR_PROTO, "limits in the meter's UA cannot be read");
	}
	unsigned out = l.info_in < p->info_max ? l.info_in : p->info_max;
	p->state->info_out = (uint16_t)out;
	p->state->info_in = (uint16_t)l.info_out;
	p->state->send_n = p->state->receive_n = 0;
	return ERR_OK;
}

/* DISC closes what a former session left open; some meters answer it only then. */
static enum err hdlc_open(struct dlms_peer *p)
{
	uint8_t limits[HDLC_LIMITS_MAX];
	const struct hdlc_limits wanted = {p->info_max, p->info_max, 1, 1};
	struct hdlc_frame f;
	struct slice info = {limits, 0};
	if (p->info_max != HDLC_INFO_LEAST) {
		info.size = hdlc_limits_put(&wanted, limits);
	}
	enum err e = swap(p, HDLC_DISC, false, (struct slice){NULL, 0}, true, &f);
	if (e && e != ERR_TIMEOUT && e != ERR_NOISE && e != ERR_FOREIGN) {
		return e;
	}
	e = swap(p, HDLC_SNRM, false, info, false, &f);
	while (!e && f.control != HDLC_UA) {
		if (f.control == HDLC_DM) {
			return talk_fail(p->talk, ERR_DENIED,
				"the meter refuses the connection: is client %d known to it, or "
				"all its sessions taken?",
				p->client);
		}
		e = hear_on(p, &f);
	}
	return e ? e : take_limits(p, f.info);
}

/* ---- the wrapper ---- */

/* The first wrapper from our meter to us. */
static enum err take_wrapped(struct dlms_peer *p, enum err e, struct slice bytes)
{
	unsigned source = 0, dest = 0;
	size_t length = 0;
	while (!e && (!cosem_wrapper_get(bytes, &source, &dest, &length) || source != p->logical ||
			     dest != p->client)) {
		e = talk_again(p->talk, wrapper_frame_of, &bytes);
	}
	if (!e) {
		p->apdu_n = bytes.size - COSEM_WRAPPER_SIZE;
		memcpy(p->apdu, bytes.data + COSEM_WRAPPER_SIZE, p->apdu_n);
		p->state->used_utc = talk_now(p->talk);
	}
	return e;
}

static enum err wrapper_exchange(struct dlms_peer *p, struct slice apdu)
{
	uint8_t request[COSEM_WRAPPER_SIZE + COSEM_REQUEST_MAX];
	struct slice bytes = {NULL, 0};
	cosem_wrapper_put(p->client, p->logical, apdu.size, request);
	memcpy(request + COSEM_WRAPPER_SIZE, apdu.data, apdu.size);
	enum err e = talk_exchange(p->talk, (struct slice){request, COSEM_WRAPPER_SIZE + apdu.size},
		wrapper_frame_of, &bytes);
	e = take_wrapped(p, e, bytes);
	if (e) {
		p->state->is_open = false;
	}
	return e;
}

/* ---- both ---- */

enum err dlms_link_open(struct dlms_peer *p)
{
	return p->is_wrapper ? ERR_OK : hdlc_open(p);
}

enum err dlms_link_exchange(struct dlms_peer *p, struct slice apdu)
{
	return p->is_wrapper ? wrapper_exchange(p, apdu) : hdlc_exchange(p, apdu);
}

enum err dlms_link_again(struct dlms_peer *p)
{
	struct slice bytes = {NULL, 0};
	if (!p->is_wrapper) {
		return talk_fail(p->talk, ERR_PROTO, "the meter answers another request");
	}
	enum err e = talk_again(p->talk, wrapper_frame_of, &bytes);
	return take_wrapped(p, e, bytes);
}
