/*
 * spodes_meter.c - the meter's side of DLMS: HDLC or wrapper, association, services; see spodes_inner.h
 *
 * What a reply holds is not kept but made again when its next segment or block is asked for, at the moment
 * of the first request. A request that comes a second time (an I-frame with the number of the one before)
 * gets the reply of the first time; SET and ACTION are not carried out again.
 *
 * Passwords: "111111" of the reader, LLS; the public client needs none. spodes_gmac wants its keys (EK
 * 000102...0F, AK D0D1...DF) of every client but the public one, and enciphered APDUs.
 */
#include "sim/spodes_inner.h"

#include "base/str.h"
#include "proto/dlms_cipher.h"
#include "proto/hdlc.h"

#include <assert.h>
#include <string.h>

#define PASSWORD  "111111"
#define INFO_MAX  128
#define KEPT_MAX  180 /* longest reply that is kept, and request in segments */
#define ASKED_MAX 100 /* longest GET */
#define CONFORMANCE \
	0x00101du /* block get, get, set, selective access, action: as a real meter says it */
#define PUBLIC         16
#define REJECTED       1
#define DIAG_REFUSED   0x0d
#define DIAG_REQUIRED  0x0e
#define DIAG_MECHANISM 0x0b
#define DIAG_CONTEXT   0x02

static const struct dlms_keys keys = {
	{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
		0x0f},
	{0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde,
		0xdf},
};
static const uint8_t title[COSEM_TITLE_SIZE] = {'D', 'M', 'V', 0, 0, 0, 0, 1};
static const char challenge[] = "P6wRJ21F";

/* What it remembers between frames. */
struct memory {
	bool is_connected, is_associated, is_proving, is_ciphered;
	uint8_t client; /* of the session */
	/* HDLC */
	uint8_t send_n, receive_n; /* of the frame told last, of the one expected */
	bool is_told;              /* it is not acknowledged yet */
	uint16_t segment;          /* of the reply, told last */
	/* counters of enciphered APDUs: its own, the client's */
	uint32_t counter, heard;
	uint8_t peer_title[COSEM_TITLE_SIZE], peer_challenge[8];
	/* the last GET, in the clear, and which block of it was told */
	int64_t asked_us;
	uint32_t block;
	uint16_t asked_n;
	uint8_t invoke;
	uint8_t asked[ASKED_MAX];
	/* the last reply, if it is short; a request while it comes in segments */
	uint16_t kept_n;
	bool is_partial;
	uint8_t kept[KEPT_MAX];
};

static struct memory *memory_of(struct sim_device *d)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "a twin's memory");
	return (struct memory *)(void *)d->memory;
}

void spodes_become(struct sim_device *d, int64_t now_us, struct spodes *ret)
{
	struct memory *m = memory_of(d);
	bool is_single = strcmp(d->model, "spodes_d") == 0;
	*ret = (struct spodes){.device = d,
		.now_us = now_us,
		.is_single = is_single,
		.is_wrapper = strcmp(d->model, "spodes_tcp") == 0,
		.is_gmac = strcmp(d->model, "spodes_gmac") == 0,
		.has_blocks_of_days = is_single,
		.client = m->client};
	/* enciphered replies are not made twice: each fits into a frame */
	ret->pdu = is_single ? 100 : ret->is_gmac ? 120 : 1024;
	ret->has_clockless_rows = ret->is_wrapper;
	ret->period = d->depth.half_hours ? PERIOD_HALF_HOUR : PERIOD_HOUR;
	ret->minutes = ret->period == PERIOD_HALF_HOUR ? 30 : 60;
}

/* ---- services ---- */

static void refuse(struct buf *out, int state, int service)
{
	const struct cosem_reply r = {
		.kind = COSEM_EXCEPTION, .state_error = state, .service_error = service};
	cosem_reply_put(&r, out);
}

/* Bytes of Data that fit into a block, with the head of the reply and its cipher. */
static size_t block_size(const struct spodes *m)
{
	return (size_t)m->pdu - 12 - (m->is_gmac ? 22 : 0);
}

static void get(
	const struct spodes *m, const struct cosem_request *q, uint32_t block, struct buf *out)
{
	struct cosem_reply r = {.kind = COSEM_GET_REPLY, .invoke = q->invoke};
	struct buf data;
	size_t size = block_size(m), from = block ? (block - 1) * size : 0;
	buf_init(&data, 1u << 20);
	r.result = (int)spodes_get(m, q->class_id, &q->object, q->member, q->selection, &data);
	r.data = buf_slice(&data);
	if (r.result == COSEM_SUCCESS && (block || data.size > size)) {
		r.is_block = true;
		r.block = block ? block : 1;
		r.result = from < data.size ? COSEM_SUCCESS : COSEM_BLOCK_UNAVAILABLE;
		size_t left = from < data.size ? data.size - from : 0;
		r.data = (struct slice){data.data + from, left < size ? left : size};
		r.is_last = left <= size;
	}
	cosem_reply_put(&r, out);
	buf_fini(&data);
}

/* A block of the last GET, as things were when that came. */
static bool get_again(struct spodes *m, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	struct cosem_request q;
	if (!w->asked_n || cosem_request_get((struct slice){w->asked, w->asked_n}, &q)) {
		return false;
	}
	m->now_us = w->asked_us;
	q.invoke = w->invoke;
	get(m, &q, w->block, out);
	return true;
}

/* Method 1 of the association: the client's proof, and ours. */
static void prove(struct spodes *m, const struct cosem_request *q, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	uint8_t proof[2 + DLMS_GMAC_SIZE] = {AXDR_OCTETS, DLMS_GMAC_SIZE};
	struct cosem_reply r = {.kind = COSEM_ACTION_REPLY, .invoke = q->invoke};
	struct axdr d;
	struct reader in = reader_of(q->data);
	bool is_good = axdr_get(&in, &d) &&
		       dlms_gmac_fits(&keys, w->peer_title,
			       (struct slice){(const uint8_t *)challenge, 8}, d.bytes);
	if (is_good) {
		struct dlms_speaker s = {.counter = ++w->counter};
		memcpy(s.title, title, sizeof(title));
		dlms_gmac(&keys, &s, (struct slice){w->peer_challenge, 8}, proof + 2);
		r.data = SLICE(proof);
		w->is_proving = false;
	} else {
		r.result = COSEM_READ_WRITE_DENIED;
		w->is_associated = false;
	}
	cosem_reply_put(&r, out);
}

static void act(struct spodes *m, const struct cosem_request *q, struct buf *out)
{
	static const struct obis snapshot = {{1, 0, 94, 7, 0, 255}};
	struct cosem_reply r = {.kind = COSEM_ACTION_REPLY, .invoke = q->invoke};
	bool is_capture = q->class_id == 7 && q->member == 2 && obis_equal(&q->object, &snapshot);
	r.result = m->client == PUBLIC         ? COSEM_READ_WRITE_DENIED :
		   is_capture && !m->is_single ? COSEM_SUCCESS :
						 COSEM_OBJECT_UNDEFINED;
	cosem_reply_put(&r, out);
}

/* The reply in the clear to a request in the clear. */
static void serve(struct spodes *m, struct slice request, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	struct cosem_request q;
	enum err e = cosem_request_get(request, &q);
	if (!w->is_associated) {
		refuse(out, 1, 1);
		return;
	}
	if (e) {
		refuse(out, 2, 2);
		return;
	}
	bool is_proof = q.kind == COSEM_ACTION_REQUEST && q.class_id == 15;
	if (w->is_proving && !is_proof) {
		refuse(out, 1, 1);
		return;
	}
	if (q.kind == COSEM_SET_REQUEST) {
		struct cosem_reply r = {.kind = COSEM_SET_REPLY, .invoke = q.invoke};
		r.result = (int)spodes_set(m, q.class_id, &q.object, q.member, q.data);
		cosem_reply_put(&r, out);
	} else if (q.kind == COSEM_ACTION_REQUEST && is_proof) {
		prove(m, &q, out);
	} else if (q.kind == COSEM_ACTION_REQUEST) {
		act(m, &q, out);
	} else if (!q.is_next) {
		w->asked_n = 0;
		if (request.size <= sizeof(w->asked)) {
			memcpy(w->asked, request.data, request.size);
			w->asked_n = (uint16_t)request.size;
		}
		w->asked_us = m->now_us;
		w->block = 0;
		w->invoke = q.invoke;
		get(m, &q, 0, out);
	} else {
		struct cosem_reply none = {
			.kind = COSEM_GET_REPLY, .invoke = q.invoke, .result = 16};
		w->block = q.block + 1;
		w->invoke = q.invoke;
		if (!get_again(m, out)) {
			cosem_reply_put(&none, out);
		}
	}
}

/* ---- association ---- */

static int diagnose(const struct spodes *m, int client, const struct cosem_association *a)
{
	bool has_password = a->secret.size == strlen(PASSWORD) &&
			    memcmp(a->secret.data, PASSWORD, a->secret.size) == 0;
	bool is_open = client == PUBLIC;
	if (m->is_gmac && !is_open) {
		return a->mechanism != COSEM_HLS_GMAC ? DIAG_MECHANISM :
		       !a->is_ciphered                ? DIAG_CONTEXT :
							0;
	}
	if (a->is_ciphered) {
		return DIAG_CONTEXT;
	}
	return is_open                           ? 0 :
	       a->mechanism == COSEM_NO_SECURITY ? DIAG_REQUIRED :
	       a->mechanism != COSEM_LLS         ? DIAG_MECHANISM :
	       has_password                      ? 0 :
						   DIAG_REFUSED;
}

static void associate(struct spodes *m, int client, struct slice request, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	struct cosem_association a, reply = {0};
	uint8_t plain[32], hidden[64], apdu[200];
	struct cosem_initiate wants, offer = {CONFORMANCE, m->pdu};
	size_t n = 0;
	if (cosem_association_get(request, &a)) {
		refuse(out, 1, 2);
		return;
	}
	reply.diagnostic = diagnose(m, client, &a);
	reply.is_ciphered = a.is_ciphered;
	if (!reply.diagnostic && a.is_ciphered) {
		bool is_good = a.title.size == COSEM_TITLE_SIZE && a.secret.size == 8 &&
			       dlms_open(&keys, a.title.data, a.initiate, plain, sizeof(plain), &n,
				       &w->heard);
		reply.diagnostic = is_good ? 0 : DIAG_REFUSED;
		a.initiate = (struct slice){plain, n};
	}
	if (!reply.diagnostic && !cosem_initiate_get(a.initiate, &wants)) {
		reply.diagnostic = 1;
	}
	reply.result = reply.diagnostic ? REJECTED : 0;
	w->is_associated = !reply.result;
	w->client = (uint8_t)client;
	w->is_ciphered = a.is_ciphered;
	if (w->is_associated) {
		offer.conformance &= wants.conformance;
		reply.initiate = (struct slice){
			plain, cosem_initiate_put(true, &offer, plain, sizeof(plain))};
	}
	if (w->is_associated && a.mechanism == COSEM_HLS_GMAC) {
		struct dlms_speaker s = {.counter = ++w->counter};
		memcpy(s.title, title, sizeof(title));
		memcpy(w->peer_title, a.title.data, sizeof(w->peer_title));
		memcpy(w->peer_challenge, a.secret.data, sizeof(w->peer_challenge));
		w->is_proving = true;
		reply.diagnostic = DIAG_REQUIRED;
		reply.mechanism = COSEM_HLS_GMAC;
		reply.title = SLICE(title);
		reply.secret = (struct slice){(const uint8_t *)challenge, 8};
		reply.initiate = (struct slice){
			hidden, dlms_seal(&keys, &s, DLMS_GLO_INITIATE_REPLY, reply.initiate,
					hidden, sizeof(hidden))};
	}
	buf_put(out, apdu, cosem_aare_put(&reply, apdu, sizeof(apdu)));
}

/* ---- enciphered ---- */

static void serve_ciphered(struct spodes *m, struct slice request, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	uint8_t plain[COSEM_REQUEST_MAX], *hidden;
	size_t n = 0;
	uint32_t counter;
	struct buf clear;
	bool is_good = request.size > 0 && dlms_plain_tag(request.data[0]) &&
		       dlms_open(&keys, w->peer_title, request, plain, sizeof(plain), &n, &counter);
	if (!is_good || counter <= w->heard) { /* an old one is a recording of somebody */
		refuse(out, 1, 3);
		return;
	}
	w->heard = counter;
	buf_init(&clear, 4096);
	serve(m, (struct slice){plain, n}, &clear);
	uint8_t tag = clear.size ? dlms_glo_tag(clear.data[0]) : 0;
	struct dlms_speaker s = {.counter = ++w->counter};
	memcpy(s.title, title, sizeof(title));
	hidden = tag ? buf_room(out, clear.size + 32) : NULL;
	if (hidden) {
		out->size += dlms_seal(&keys, &s, tag, buf_slice(&clear), hidden, clear.size + 32);
	} else {
		buf_put(out, clear.data, clear.size);
	}
	buf_fini(&clear);
}

static void answer_apdu(struct spodes *m, int client, struct slice request, struct buf *out)
{
	struct memory *w = memory_of(m->device);
	if (request.size && request.data[0] == COSEM_AARQ) {
		associate(m, client, request, out);
	} else if (w->is_associated && w->is_ciphered) {
		serve_ciphered(m, request, out);
	} else {
		serve(m, request, out);
	}
}

/* ---- HDLC ---- */

static void put_frame(const struct hdlc_frame *request, uint8_t control, bool is_segmented,
	struct slice info, struct buf *reply)
{
	uint8_t bytes[HDLC_FRAME_MAX];
	const struct hdlc_frame f = {request->source, request->dest, control, is_segmented, info};
	buf_put(reply, bytes, hdlc_encode(&f, bytes));
}

static uint8_t next(uint8_t n)
{
	return (n + 1) & 7;
}

/* The segment of the reply whose turn it is. False: there are no more. */
static bool put_segment(struct spodes *m, const struct hdlc_frame *request, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	uint8_t info[INFO_MAX];
	struct buf apdu;
	buf_init(&apdu, 4096);
	buf_put(&apdu, cosem_llc_reply, COSEM_LLC_SIZE);
	if (w->kept_n) {
		buf_put(&apdu, w->kept, w->kept_n);
	} else {
		(void)get_again(m, &apdu);
	}
	size_t from = (size_t)w->segment * INFO_MAX, n = apdu.size > from ? apdu.size - from : 0;
	bool is_more = n > INFO_MAX;
	n = is_more ? INFO_MAX : n;
	if (n) {
		memcpy(info, apdu.data + from, n);
		put_frame(request, hdlc_information(w->send_n, w->receive_n), is_more,
			(struct slice){info, n}, reply);
		w->is_told = true;
	}
	buf_fini(&apdu);
	return n > 0;
}

/* A request has come as a whole. */
static void take_request(
	struct spodes *m, const struct hdlc_frame *f, struct slice info, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	struct buf apdu;
	if (info.size < COSEM_LLC_SIZE ||
		memcmp(info.data, cosem_llc_request, COSEM_LLC_SIZE) != 0) {
		return;
	}
	buf_init(&apdu, 4096);
	answer_apdu(m, f->source.bytes[0] >> 1,
		(struct slice){info.data + COSEM_LLC_SIZE, info.size - COSEM_LLC_SIZE}, &apdu);
	w->kept_n = 0;
	w->is_partial = false;
	if (apdu.size <= sizeof(w->kept)) {
		memcpy(w->kept, apdu.data, apdu.size);
		w->kept_n = (uint16_t)apdu.size;
	}
	w->segment = 0;
	(void)put_segment(m, f, reply);
	buf_fini(&apdu);
}

/* Segments of a request are gathered. */
static void take_information(struct spodes *m, const struct hdlc_frame *f, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	uint8_t whole[KEPT_MAX + INFO_MAX];
	size_t n = w->is_partial ? w->kept_n : 0;
	if (hdlc_send_number(f->control) == ((w->receive_n + 7) & 7) && w->is_told) {
		(void)put_segment(m, f, reply); /* it did not hear the reply */
		return;
	}
	w->send_n = w->is_told ? next(w->send_n) : w->send_n;
	w->is_told = false;
	if (hdlc_send_number(f->control) != w->receive_n ||
		hdlc_receive_number(f->control) != w->send_n || f->info.size > INFO_MAX) {
		put_frame(f, HDLC_FRMR, false, (struct slice){NULL, 0}, reply);
		w->is_connected = w->is_associated = false;
		return;
	}
	w->receive_n = next(w->receive_n);
	memcpy(whole, w->kept, n);
	if (f->info.size) {
		memcpy(whole + n, f->info.data, f->info.size);
	}
	n += f->info.size;
	if (!f->is_segmented) {
		take_request(m, f, (struct slice){whole, n}, reply);
		return;
	}
	w->is_partial = n <= KEPT_MAX;
	w->kept_n = (uint16_t)(w->is_partial ? n : 0);
	memcpy(w->kept, whole, w->kept_n);
	put_frame(f, hdlc_ready(w->receive_n), false, (struct slice){NULL, 0}, reply);
}

static void take_ready(struct spodes *m, const struct hdlc_frame *f, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	bool is_heard = w->is_told && hdlc_receive_number(f->control) == next(w->send_n);
	if (is_heard) {
		w->send_n = next(w->send_n);
		w->segment++;
	}
	if (!w->is_told || !put_segment(m, f, reply)) {
		w->is_told = false;
		put_frame(f, hdlc_ready(w->receive_n), false, (struct slice){NULL, 0}, reply);
	}
}

static void connect(struct spodes *m, const struct hdlc_frame *f, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	uint8_t info[HDLC_LIMITS_MAX];
	const struct hdlc_limits limits = {INFO_MAX, INFO_MAX, 1, 1};
	uint32_t counter = w->counter, heard = w->heard;
	*w = (struct memory){.is_connected = true,
		.client = f->source.bytes[0] >> 1,
		.counter = counter,
		.heard = heard};
	put_frame(f, HDLC_UA, false, (struct slice){info, hdlc_limits_put(&limits, info)}, reply);
}

static bool answer_hdlc(struct spodes *m, struct slice request, struct buf *reply)
{
	struct memory *w = memory_of(m->device);
	struct hdlc_frame f;
	if (hdlc_decode(request, &f) || f.source.size != 1) {
		return false;
	}
	struct hdlc_address own = hdlc_server(1, (unsigned)m->device->address, f.dest.size);
	if (!hdlc_address_equal(&own, &f.dest)) {
		return false;
	}
	bool is_ours = w->is_connected && w->client == f.source.bytes[0] >> 1;
	if (f.control == HDLC_SNRM) {
		connect(m, &f, reply);
	} else if (!is_ours) {
		put_frame(&f, HDLC_DM, false, (struct slice){NULL, 0}, reply);
	} else if (f.control == HDLC_DISC) {
		w->is_connected = w->is_associated = false;
		put_frame(&f, HDLC_UA, false, (struct slice){NULL, 0}, reply);
	} else if (hdlc_is_information(f.control)) {
		take_information(m, &f, reply);
	} else if (hdlc_is_ready(f.control)) {
		take_ready(m, &f, reply);
	} else {
		put_frame(&f, HDLC_FRMR, false, (struct slice){NULL, 0}, reply);
	}
	return reply->size > 0;
}

/* ---- wrapper ---- */

static bool answer_wrapper(struct spodes *m, struct slice request, struct buf *reply)
{
	unsigned source, dest;
	size_t length;
	uint8_t head[COSEM_WRAPPER_SIZE];
	struct buf apdu;
	if (!cosem_wrapper_get(request, &source, &dest, &length) || dest != 1 || source > 127 ||
		request.size != COSEM_WRAPPER_SIZE + length) {
		return false;
	}
	buf_init(&apdu, 4096);
	answer_apdu(
		m, (int)source, (struct slice){request.data + COSEM_WRAPPER_SIZE, length}, &apdu);
	cosem_wrapper_put(dest, source, apdu.size, head);
	buf_put(reply, head, sizeof(head));
	buf_put(reply, apdu.data, apdu.size);
	buf_fini(&apdu);
	return true;
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct spodes m;
	spodes_become(d, now_us, &m);
	return m.is_wrapper ? answer_wrapper(&m, request, reply) : answer_hdlc(&m, request, reply);
}

static struct frame_verdict hdlc_frame_of(struct slice so_far)
{
	struct frame_verdict v = {FRAME_MORE, 0};
	enum hdlc_cut c = hdlc_cut(so_far, &v.size);
	v.state = c == HDLC_CUT_MORE ? FRAME_MORE : c == HDLC_CUT_FULL ? FRAME_FULL : FRAME_JUNK;
	return v;
}

static struct frame_verdict wrapper_frame_of(struct slice so_far)
{
	unsigned source, dest;
	size_t length;
	if (so_far.size >= 2 && (so_far.data[0] || so_far.data[1] != 1)) {
		return (struct frame_verdict){FRAME_JUNK, 1};
	}
	if (!cosem_wrapper_get(so_far, &source, &dest, &length)) {
		return (struct frame_verdict){FRAME_MORE, COSEM_WRAPPER_SIZE};
	}
	size_t size = COSEM_WRAPPER_SIZE + length;
	return length > COSEM_REQUEST_MAX ?
		       (struct frame_verdict){FRAME_JUNK, 1} :
		       (struct frame_verdict){so_far.size < size ? FRAME_MORE : FRAME_FULL, size};
}

const struct sim_protocol sim_spodes = {.name = "dlms", .frame = hdlc_frame_of, .answer = answer};
const struct sim_protocol sim_spodes_tcp = {
	.name = "dlms", .frame = wrapper_frame_of, .answer = answer};
