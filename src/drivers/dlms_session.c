/*
 * dlms_session.c - association with a DLMS meter and its services; see dlms_driver.h
 *
 * An association is kept over calls. When it has rested for longer than meters wait, or the meter
 * turns out to have forgotten it (DM, FRMR, an exception, silence), it is made anew and the request
 * sent once more.
 *
 * Of the mechanisms none, LLS (a password) and HLS with GMAC are spoken; the latter with APDUs in the clear or
 * enciphered. The challenge we send is made of our key, the counter and the clock: nobody without the key
 * can tell it beforehand, and drivers have no dice.
 */
#include "drivers/dlms_driver.h"

#include <string.h>

#define REST_S         100 /* meters drop a silent client after 120 s unless they are set otherwise */
#define BLOCKS_MAX     3000
#define INVOKE_MASK    0x0f
#define DIAG_CONTEXT   0x02
#define DIAG_MECHANISM 0x0b
#define DIAG_REFUSED   0x0d
#define DIAG_REQUIRED  0x0e
#define COUNTER_EPOCH  1735689600 /* 2025-01-01; the counter lasts till 2042 */
#define COUNTER_PACE   8          /* a second: more than is asked in the long run */

/* ---- keys ---- */

/* Counters only rise, over restarts as well: they start from the clock. */
static struct dlms_speaker speaker(struct dlms_peer *p)
{
	struct dlms_speaker s;
	int64_t given = talk_param(p->talk, "counter");
	int64_t clock = (talk_now(p->talk) - COUNTER_EPOCH) * COUNTER_PACE;
	uint32_t least = (uint32_t)(given >= 0 ? given : clock);
	if (!p->state->has_counter || (given < 0 && p->state->counter < least)) {
		p->state->has_counter = true;
		p->state->counter = least;
	}
	memcpy(s.title, p->title, sizeof(s.title));
	s.counter = p->state->counter++;
	return s;
}

/* p->apdu into the clear. */
static enum err decipher(struct dlms_peer *p)
{
	uint8_t plain[DLMS_APDU_CAP];
	uint32_t counter;
	size_t n = 0;
	uint8_t said = p->apdu_n ? p->apdu[0] : 0;
	if (said == COSEM_EXCEPTION) {
		return ERR_OK; /* the only thing that may come in the clear */
	}
	if (!dlms_plain_tag(said) ||
		!dlms_open(&p->keys, p->state->server_title, (struct slice){p->apdu, p->apdu_n},
			plain, sizeof(plain), &n, &counter)) {
		return talk_fail(p->talk, ERR_DENIED,
			"what the meter says is not enciphered with our keys: check ek and ak");
	}
	memcpy(p->apdu, plain, n);
	p->apdu_n = n;
	return ERR_OK;
}

/* ---- association ---- */

static size_t make_aarq(struct dlms_peer *p, const uint8_t *challenge, uint8_t *to, size_t cap)
{
	uint8_t plain[32], hidden[64];
	const struct cosem_initiate wants = {p->conformance, p->pdu};
	struct cosem_association a = {.is_ciphered = p->is_ciphered, .mechanism = p->mechanism};
	a.initiate = (struct slice){plain, cosem_initiate_put(false, &wants, plain, sizeof(plain))};
	if (p->mechanism == COSEM_LLS) {
		a.secret = (struct slice){p->secret, p->secret_n};
	} else if (p->mechanism == COSEM_HLS_GMAC) {
		a.secret = (struct slice){challenge, DLMS_CHALLENGE};
	}
	if (p->is_ciphered || p->mechanism == COSEM_HLS_GMAC) {
		a.title = (struct slice){p->title, sizeof(p->title)};
	}
	if (p->is_ciphered) {
		const struct dlms_speaker s = speaker(p);
		a.initiate = (struct slice){hidden, dlms_seal(&p->keys, &s, DLMS_GLO_INITIATE,
							    a.initiate, hidden, sizeof(hidden))};
	}
	return cosem_aarq_put(&a, to, cap);
}

static enum err refused(struct dlms_peer *p, const struct cosem_association *a)
{
	switch (a->diagnostic) {
	case DIAG_CONTEXT:
		return talk_fail(p->talk, ERR_UNSUPP, "the meter does not know this context: %s",
			p->is_ciphered ? "enciphered APDUs" : "APDUs in the clear");
	case DIAG_MECHANISM:
		return talk_fail(p->talk, ERR_DENIED,
			"client %d does not use this kind of authentication: check auth",
			p->client);
	case DIAG_REFUSED:
	case DIAG_REQUIRED:
		return talk_fail(p->talk, ERR_DENIED,
			"access refused: check password and client (%d)", p->client);
	default:
		return talk_fail(p->talk, ERR_DENIED,
			"association refused (result %d, diagnostic %d): check client %d and auth",
			a->result, a->diagnostic, p->client);
	}
}

/* What the meter offers. */
static enum err take_initiate(struct dlms_peer *p, struct slice bytes)
{
	struct cosem_initiate offer;
	uint8_t plain[64];
	uint32_t counter;
	size_t n = 0;
	if (p->is_ciphered) {
		if (!dlms_open(&p->keys, p->state->server_title, bytes, plain, sizeof(plain), &n,
			    &counter)) {
			return talk_fail(p->talk, ERR_DENIED,
				"the meter's answer is not enciphered with our keys: check ek and ak");
		}
		bytes = (struct slice){plain, n};
	}
	if (!cosem_initiate_get(bytes, &offer)) {
		return talk_fail(
			p->talk, ERR_DENIED, "the meter refuses to begin (client %d)", p->client);
	}
	p->state->conformance = offer.conformance;
	p->state->server_pdu = offer.pdu;
	return ERR_OK;
}

static enum err ask(struct dlms_peer *p, struct cosem_request *q, struct cosem_reply *ret);

/* Prove that we know the keys, and see that the meter does. */
static enum err prove(struct dlms_peer *p, struct slice theirs, const uint8_t *ours)
{
	static const struct obis association = {{0, 0, 40, 0, 0, 255}};
	uint8_t data[2 + DLMS_GMAC_SIZE] = {AXDR_OCTETS, DLMS_GMAC_SIZE};
	struct cosem_request q = {.kind = COSEM_ACTION_REQUEST,
		.class_id = 15,
		.object = association,
		.member = 1,
		.data = SLICE(data)};
	struct cosem_reply reply;
	struct axdr d;
	const struct dlms_speaker s = speaker(p);
	dlms_gmac(&p->keys, &s, theirs, data + 2);
	enum err e = ask(p, &q, &reply);
	if (e) {
		return e;
	}
	struct reader r = reader_of(reply.data);
	bool is_proof = reply.result == COSEM_SUCCESS && axdr_get(&r, &d) &&
			dlms_gmac_fits(&p->keys, p->state->server_title,
				(struct slice){ours, DLMS_CHALLENGE}, d.bytes);
	return is_proof ? ERR_OK :
			  talk_fail(p->talk, ERR_DENIED,
				  "access refused: check ek, ak and client (%d)", p->client);
}

static void make_challenge(struct dlms_peer *p, uint8_t to[static DLMS_CHALLENGE])
{
	uint8_t bytes[DLMS_GMAC_SIZE];
	int64_t now = talk_now(p->talk);
	const struct dlms_speaker s = speaker(p);
	dlms_gmac(&p->keys, &s, (struct slice){(const uint8_t *)&now, sizeof(now)}, bytes);
	memcpy(to, bytes + DLMS_GMAC_SIZE - DLMS_CHALLENGE, DLMS_CHALLENGE);
}

static enum err associate(struct dlms_peer *p)
{
	uint8_t request[COSEM_REQUEST_MAX], challenge[DLMS_CHALLENGE], theirs[COSEM_SECRET_MAX];
	struct cosem_association a;
	if (p->mechanism == COSEM_HLS_GMAC) {
		make_challenge(p, challenge);
	}
	size_t n = make_aarq(p, challenge, request, sizeof(request));
	enum err e = dlms_link_exchange(p, (struct slice){request, n});
	while (!e && (p->apdu_n == 0 || p->apdu[0] != COSEM_AARE) && p->is_wrapper) {
		e = dlms_link_again(p);
	}
	if (e) {
		return e;
	}
	if (cosem_association_get((struct slice){p->apdu, p->apdu_n}, &a) || a.result < 0) {
		return talk_fail(p->talk, ERR_PROTO, "no answer to an association");
	}
	if (a.result != 0) {
		return refused(p, &a);
	}
	if (a.title.size == COSEM_TITLE_SIZE) {
		memcpy(p->state->server_title, a.title.data, COSEM_TITLE_SIZE);
	}
	/* what follows reuses p->apdu */
	size_t theirs_n = a.secret.size <= sizeof(theirs) ? a.secret.size : 0;
	if (theirs_n) {
		memcpy(theirs, a.secret.data, theirs_n);
	}
	e = take_initiate(p, a.initiate);
	if (!e && p->mechanism == COSEM_HLS_GMAC) {
		e = prove(p, (struct slice){theirs, theirs_n}, challenge);
	}
	return e;
}

static enum err join(struct dlms_peer *p)
{
	p->state->is_open = false;
	p->is_lost = false;
	enum err e = dlms_link_open(p);
	e = e ? e : associate(p);
	p->state->is_open = !e;
	return e;
}

/* ---- a request and its reply ---- */

static bool is_reply_to(const struct cosem_request *q, const struct cosem_reply *r)
{
	return r->kind == COSEM_EXCEPTION ||
	       (r->kind == q->kind + (COSEM_GET_REPLY - COSEM_GET_REQUEST) &&
		       (r->invoke & INVOKE_MASK) == (q->invoke & INVOKE_MASK));
}

/* The id tells replies apart where frames have no numbers. */
static uint8_t next_invoke(struct dlms_peer *p)
{
	uint8_t *id = &p->state->invoke;
	*id = p->is_wrapper ? (uint8_t)(*id % INVOKE_MASK + 1) : 1;
	return (uint8_t)(p->priority | *id);
}

static enum err ask(struct dlms_peer *p, struct cosem_request *q, struct cosem_reply *ret)
{
	uint8_t plain[COSEM_REQUEST_MAX], hidden[COSEM_REQUEST_MAX];
	q->invoke = q->is_next ? (uint8_t)(p->priority | p->state->invoke) : next_invoke(p);
	struct slice request = {plain, cosem_request_put(q, plain, sizeof(plain))};
	if (p->is_ciphered) {
		const struct dlms_speaker s = speaker(p);
		request = (struct slice){hidden, dlms_seal(&p->keys, &s, dlms_glo_tag(plain[0]),
							 request, hidden, sizeof(hidden))};
	}
	if (request.size == 0) {
		return talk_fail(p->talk, ERR_INTERNAL, "a request that is too long");
	}
	enum err e = dlms_link_exchange(p, request);
	for (;;) {
		if (!e && p->is_ciphered) {
			e = decipher(p);
		}
		if (e) {
			return e;
		}
		e = cosem_reply_get((struct slice){p->apdu, p->apdu_n}, ret);
		if (!e && is_reply_to(q, ret)) {
			break;
		}
		if (e && !p->is_wrapper) {
			p->state->is_open = false;
			return talk_fail(p->talk, e,
				"the meter's answer (%02X) is no answer to this",
				p->apdu_n ? p->apdu[0] : 0);
		}
		e = dlms_link_again(p);
	}
	if (ret->kind == COSEM_EXCEPTION) {
		p->is_lost = true;
		p->state->is_open = false;
		return talk_fail(p->talk, ERR_UNSUPP,
			"the meter does not serve the request (exception %d, %d)", ret->state_error,
			ret->service_error);
	}
	return ERR_OK;
}

/* Within a session, which is made if there is none and made anew if it was forgotten. */
static enum err transact(struct dlms_peer *p, struct cosem_request *q, struct cosem_reply *ret)
{
	struct dlms_state *s = p->state;
	int64_t rest = talk_now(p->talk) - s->used_utc;
	bool is_old = s->is_open && rest >= 0 && rest <= REST_S;
	p->access_result = -1;
	enum err e = is_old ? ERR_OK : join(p);
	if (e) {
		return e;
	}
	p->is_lost = false;
	e = ask(p, q, ret);
	bool may_be_lost = p->is_lost || ((e == ERR_TIMEOUT || e == ERR_BUSY) && is_old);
	if (!e || !may_be_lost) {
		return e;
	}
	e = join(p);
	return e ? e : ask(p, q, ret);
}

static enum err refuse(struct dlms_peer *p, const struct dlms_target *x, int result)
{
	char text[OBIS_CAP];
	enum err e = ERR_UNSUPP;
	switch (result) {
	case COSEM_HARDWARE_FAULT:
	case COSEM_TEMPORARY_FAILURE: /* said of empty profiles, too */
	case COSEM_OBJECT_UNDEFINED:
	case COSEM_OBJECT_UNAVAILABLE:
	case COSEM_BLOCK_UNAVAILABLE: e = ERR_NODATA; break;
	case COSEM_READ_WRITE_DENIED:
	case COSEM_SCOPE_VIOLATED: e = ERR_DENIED; break;
	default: break;
	}
	p->access_result = result;
	return talk_fail(p->talk, e, "%s, attribute %d: %s (%d)", obis_text(text, &x->obis),
		x->attribute, cosem_result_text(result), result);
}

static struct cosem_request request_of(enum cosem_kind kind, const struct dlms_target *x)
{
	return (struct cosem_request){.kind = kind,
		.class_id = x->class_id,
		.object = x->obis,
		.member = x->attribute,
		.selection = x->selection};
}

enum err dlms_get(
	struct dlms_peer *p, const struct dlms_target *target, dlms_chunk_fn *fn, void *ctx)
{
	struct cosem_request q = request_of(COSEM_GET_REQUEST, target);
	struct cosem_reply reply;
	enum err e = transact(p, &q, &reply);
	for (uint32_t block = 1; !e && block <= BLOCKS_MAX; block++) {
		if (reply.result != COSEM_SUCCESS) {
			return refuse(p, target, reply.result);
		}
		if (!reply.is_block && block > 1) {
			return talk_fail(p->talk, ERR_PROTO, "a value where a block must come");
		}
		if (reply.is_block && reply.block != block) {
			return talk_fail(
				p->talk, ERR_PROTO, "block %u instead of %u", reply.block, block);
		}
		e = fn(ctx, reply.data);
		if (e || !reply.is_block || reply.is_last) {
			return e;
		}
		q.is_next = true;
		q.block = block;
		e = ask(p, &q, &reply);
	}
	return e ? e : talk_fail(p->talk, ERR_PROTO, "blocks without end");
}

enum err dlms_set(struct dlms_peer *p, const struct dlms_target *target, struct slice data)
{
	struct cosem_request q = request_of(COSEM_SET_REQUEST, target);
	struct cosem_reply reply;
	q.data = data;
	enum err e = transact(p, &q, &reply);
	return e ? e : reply.result == COSEM_SUCCESS ? ERR_OK : refuse(p, target, reply.result);
}

enum err dlms_action(struct dlms_peer *p, const struct dlms_target *target, struct slice data)
{
	struct cosem_request q = request_of(COSEM_ACTION_REQUEST, target);
	struct cosem_reply reply;
	q.data = data;
	enum err e = transact(p, &q, &reply);
	return e ? e : reply.result == COSEM_SUCCESS ? ERR_OK : refuse(p, target, reply.result);
}

static enum err take_value(void *ctx, struct slice raw)
{
	struct dlms_peer *p = ctx;
	if (raw.size > sizeof(p->value) - p->value_n) {
		return talk_fail(
			p->talk, ERR_PROTO, "a value of more than %d bytes", DLMS_VALUE_CAP);
	}
	memcpy(p->value + p->value_n, raw.data, raw.size);
	p->value_n += raw.size;
	return ERR_OK;
}

enum err dlms_read(struct dlms_peer *p, uint16_t class_id, const struct obis *o, int attribute)
{
	const struct dlms_target target = {*o, class_id, attribute, {NULL, 0}};
	p->value_n = 0;
	return dlms_get(p, &target, take_value, p);
}

bool dlms_value_get(const struct dlms_peer *p, struct axdr *ret)
{
	struct reader r = reader_of((struct slice){p->value, p->value_n});
	return axdr_get(&r, ret);
}
