/*
 * cosem.c - APDUs of DLMS; see cosem.h
 */
#include "proto/cosem.h"

#include "proto/axdr.h"
#include "proto/cosem_out.h"

#include <string.h>

const uint8_t cosem_llc_request[COSEM_LLC_SIZE] = {0xe6, 0xe6, 0x00};
const uint8_t cosem_llc_reply[COSEM_LLC_SIZE] = {0xe6, 0xe7, 0x00};

/* joint-iso-ccitt country 756 identified-organization DLMS-UA: 7.2.16.756.5.8 */
static const uint8_t oid[] = {0x60, 0x85, 0x74, 0x05, 0x08};
#define OID_CONTEXT   1
#define OID_MECHANISM 2
#define CONTEXT_LN    1
#define CONTEXT_GLO   3

const char *cosem_result_text(int result)
{
	switch (result) {
	case COSEM_SUCCESS: return "success";
	case COSEM_HARDWARE_FAULT: return "hardware fault";
	case COSEM_TEMPORARY_FAILURE: return "temporary failure";
	case COSEM_READ_WRITE_DENIED: return "access denied to this client";
	case COSEM_OBJECT_UNDEFINED: return "no such object";
	case COSEM_CLASS_INCONSISTENT: return "the object is of another class";
	case COSEM_OBJECT_UNAVAILABLE: return "the object is not available";
	case COSEM_TYPE_UNMATCHED: return "another type of data is wanted";
	case COSEM_SCOPE_VIOLATED: return "scope of access violated";
	case COSEM_BLOCK_UNAVAILABLE: return "the data block is not available";
	case 15: return "a long reading was aborted";
	case 16: return "no long reading is in progress";
	case COSEM_OTHER: return "other reason";
	default: return "unknown reason";
	}
}

/* ---- association ---- */

size_t cosem_initiate_put(bool is_reply, const struct cosem_initiate *i, uint8_t *to, size_t cap)
{
	struct cosem_out o = {to, cap, 0, false};
	static const uint8_t request[] = {0x01, 0x00, 0x00, 0x00, 0x06, 0x5f, 0x1f, 0x04, 0x00};
	static const uint8_t reply[] = {0x08, 0x00, 0x06, 0x5f, 0x1f, 0x04, 0x00};
	if (is_reply) {
		out_bytes(&o, reply, sizeof(reply));
	} else {
		out_bytes(&o, request, sizeof(request));
	}
	out_u8(&o, i->conformance >> 16);
	out_u16(&o, i->conformance & 0xffff);
	out_u16(&o, i->pdu);
	if (is_reply) {
		out_u16(&o, 7); /* name of the association object: LN */
	}
	return out_size(&o);
}

bool cosem_initiate_get(struct slice bytes, struct cosem_initiate *ret)
{
	struct reader r = reader_of(bytes);
	uint8_t tag = reader_u8(&r);
	if (tag == 0x01) {
		if (reader_u8(&r)) { /* dedicated key */
			(void)reader_bytes(&r, axdr_length(&r));
		}
		if (reader_u8(&r)) { /* response allowed */
			(void)reader_u8(&r);
		}
	} else if (tag != 0x08) {
		return false;
	}
	if (reader_u8(&r)) { /* quality of service */
		(void)reader_u8(&r);
	}
	(void)reader_u8(&r); /* version */
	if (reader_u16be(&r) != 0x5f1f || reader_u8(&r) != 4 || reader_u8(&r) != 0) {
		return false;
	}
	struct cosem_initiate i = {.conformance = (uint32_t)reader_u8(&r) << 16};
	i.conformance |= reader_u16be(&r);
	i.pdu = reader_u16be(&r);
	if (r.is_short) {
		return false;
	}
	*ret = i;
	return true;
}

static void put_oid(
	struct cosem_out *o, unsigned tag, bool is_explicit, unsigned arc, unsigned number)
{
	out_u8(o, tag);
	out_length(o, sizeof(oid) + 2 + (is_explicit ? 2 : 0));
	if (is_explicit) {
		out_u8(o, 0x06);
		out_length(o, sizeof(oid) + 2);
	}
	out_bytes(o, oid, sizeof(oid));
	out_u8(o, arc);
	out_u8(o, number);
}

/* Wrapped in a choice or an octet string within a tag. */
static void put_wrapped(struct cosem_out *o, unsigned tag, unsigned inner, struct slice s)
{
	size_t head = s.size < 0x80 ? 2 : s.size < 0x100 ? 3 : 4;
	out_u8(o, tag);
	out_length(o, head + s.size);
	out_u8(o, inner);
	out_length(o, s.size);
	out_slice(o, s);
}

static size_t put_apdu(unsigned tag, const struct cosem_out *body, uint8_t *to, size_t cap)
{
	struct cosem_out o = {to, cap, 0, false};
	out_u8(&o, tag);
	out_length(&o, body->n);
	out_bytes(&o, body->to, body->n);
	return body->is_full ? 0 : out_size(&o);
}

#define SENDER_REQUIRES 0x8a
#define REPLY_REQUIRES  0x88
static const uint8_t requires[] = {0x02, 0x07, 0x80};

size_t cosem_aarq_put(const struct cosem_association *a, uint8_t *to, size_t cap)
{
	uint8_t bytes[200];
	struct cosem_out o = {bytes, sizeof(bytes), 0, false};
	put_oid(&o, 0xa1, true, OID_CONTEXT, a->is_ciphered ? CONTEXT_GLO : CONTEXT_LN);
	if (a->title.size) {
		put_wrapped(&o, 0xa6, 0x04, a->title);
	}
	if (a->mechanism != COSEM_NO_SECURITY) {
		out_u8(&o, SENDER_REQUIRES);
		out_bytes(&o, requires, sizeof(requires));
		put_oid(&o, 0x8b, false, OID_MECHANISM, a->mechanism);
		put_wrapped(&o, 0xac, 0x80, a->secret);
	}
	put_wrapped(&o, 0xbe, 0x04, a->initiate);
	return put_apdu(COSEM_AARQ, &o, to, cap);
}

size_t cosem_aare_put(const struct cosem_association *a, uint8_t *to, size_t cap)
{
	uint8_t bytes[200];
	struct cosem_out o = {bytes, sizeof(bytes), 0, false};
	const uint8_t result[] = {0xa2, 0x03, 0x02, 0x01, (uint8_t)a->result};
	const uint8_t diagnostic[] = {0xa3, 0x05, 0xa1, 0x03, 0x02, 0x01, (uint8_t)a->diagnostic};
	put_oid(&o, 0xa1, true, OID_CONTEXT, a->is_ciphered ? CONTEXT_GLO : CONTEXT_LN);
	out_bytes(&o, result, sizeof(result));
	out_bytes(&o, diagnostic, sizeof(diagnostic));
	if (a->title.size) {
		put_wrapped(&o, 0xa4, 0x04, a->title);
	}
	if (a->mechanism > COSEM_LLS) {
		out_u8(&o, REPLY_REQUIRES);
		out_bytes(&o, requires, sizeof(requires));
		put_oid(&o, 0x89, false, OID_MECHANISM, a->mechanism);
		put_wrapped(&o, 0xaa, 0x80, a->secret);
	}
	if (a->initiate.size) {
		put_wrapped(&o, 0xbe, 0x04, a->initiate);
	}
	return put_apdu(COSEM_AARE, &o, to, cap);
}

/* What stands in a tag within a tag. */
static struct slice inner(struct slice s)
{
	struct reader r = reader_of(s);
	(void)reader_u8(&r);
	size_t n = axdr_length(&r);
	return n <= reader_left(&r) ? reader_bytes(&r, n) : (struct slice){NULL, 0};
}

static int last_byte(struct slice s)
{
	return s.size ? s.data[s.size - 1] : -1;
}

enum err cosem_association_get(struct slice apdu, struct cosem_association *ret)
{
	struct reader r = reader_of(apdu);
	struct cosem_association a = {.result = -1, .diagnostic = -1};
	uint8_t kind = reader_u8(&r);
	size_t length = axdr_length(&r);
	bool is_reply = kind == COSEM_AARE;
	if ((kind != COSEM_AARQ && !is_reply) || length != reader_left(&r)) {
		return ERR_PROTO;
	}
	while (reader_left(&r) > 0) {
		uint8_t tag = reader_u8(&r);
		size_t n = axdr_length(&r);
		if (r.is_short || n > reader_left(&r)) {
			return ERR_PROTO;
		}
		struct slice s = reader_bytes(&r, n);
		switch (tag) {
		case 0xa1: a.is_ciphered = last_byte(s) == CONTEXT_GLO; break;
		case 0xa2: a.result = is_reply ? last_byte(s) : -1; break;
		case 0xa3: a.diagnostic = is_reply ? last_byte(s) : -1; break;
		case 0xa4:
			if (is_reply) {
				a.title = inner(s);
			}
			break;
		case 0xa6:
			if (!is_reply) {
				a.title = inner(s);
			}
			break;
		case 0x89:
		case 0x8b: a.mechanism = (enum cosem_mechanism)last_byte(s); break;
		case 0xaa:
		case 0xac: a.secret = inner(s); break;
		case 0xbe: a.initiate = inner(s); break;
		default: break;
		}
	}
	*ret = a;
	return ERR_OK;
}

size_t cosem_release_put(const struct cosem_release *x, uint8_t *to, size_t cap)
{
	uint8_t bytes[200];
	struct cosem_out o = {bytes, sizeof(bytes), 0, false};
	if (x->reason >= 0) {
		out_u8(&o, 0x80);
		out_u8(&o, 1);
		out_u8(&o, (unsigned)x->reason);
	}
	if (x->initiate.size) {
		put_wrapped(&o, 0xbe, 0x04, x->initiate);
	}
	return put_apdu(x->is_reply ? COSEM_RLRE : COSEM_RLRQ, &o, to, cap);
}

enum err cosem_release_get(struct slice apdu, struct cosem_release *ret)
{
	struct reader r = reader_of(apdu);
	uint8_t kind = reader_u8(&r);
	struct cosem_release x = {.is_reply = kind == COSEM_RLRE, .reason = -1};
	size_t length = axdr_length(&r);
	if ((kind != COSEM_RLRQ && !x.is_reply) || r.is_short || length != reader_left(&r)) {
		return ERR_PROTO;
	}
	while (reader_left(&r) > 0) {
		uint8_t tag = reader_u8(&r);
		size_t n = axdr_length(&r);
		if (r.is_short || n > reader_left(&r)) {
			return ERR_PROTO;
		}
		struct slice s = reader_bytes(&r, n);
		if (tag == 0x80) {
			x.reason = last_byte(s);
		} else if (tag == 0xbe) {
			x.initiate = inner(s);
		}
	}
	*ret = x;
	return ERR_OK;
}

/* ---- requests ---- */

size_t cosem_request_put(const struct cosem_request *q, uint8_t *to, size_t cap)
{
	struct cosem_out o = {to, cap, 0, false};
	out_u8(&o, q->kind);
	out_u8(&o, q->is_next ? 2 : 1);
	out_u8(&o, q->invoke);
	if (q->is_next) {
		out_u32(&o, q->block);
		return out_size(&o);
	}
	out_u16(&o, q->class_id);
	out_bytes(&o, q->object.v, sizeof(q->object.v));
	out_u8(&o, (unsigned)q->member);
	if (q->kind == COSEM_ACTION_REQUEST) {
		out_u8(&o, q->data.size > 0);
	} else {
		out_u8(&o, q->selection.size > 0);
		out_slice(&o, q->selection);
	}
	out_slice(&o, q->data);
	return out_size(&o);
}

enum err cosem_request_get(struct slice apdu, struct cosem_request *ret)
{
	struct reader r = reader_of(apdu);
	struct cosem_request q = {.kind = (enum cosem_kind)reader_u8(&r)};
	unsigned type = reader_u8(&r);
	q.invoke = reader_u8(&r);
	q.is_next = type == 2 && q.kind == COSEM_GET_REQUEST;
	if (q.kind != COSEM_GET_REQUEST && q.kind != COSEM_SET_REQUEST &&
		q.kind != COSEM_ACTION_REQUEST) {
		return ERR_PROTO;
	}
	if (type != 1 && !q.is_next) {
		return ERR_UNSUPP;
	}
	if (q.is_next) {
		q.block = reader_u32be(&r);
		r.is_short = r.is_short || reader_left(&r) > 0;
	} else {
		q.class_id = reader_u16be(&r);
		struct slice name = reader_bytes(&r, OBIS_GROUPS);
		if (r.is_short) {
			return ERR_PROTO;
		}
		memcpy(q.object.v, name.data, OBIS_GROUPS);
		q.member = (int8_t)reader_u8(&r);
		bool has_more = reader_u8(&r);
		struct slice rest = reader_bytes(&r, reader_left(&r));
		bool is_set = q.kind == COSEM_SET_REQUEST;
		if (is_set && has_more) {
			return ERR_UNSUPP; /* a part of an attribute */
		}
		if (!is_set && has_more != (rest.size > 0)) {
			return ERR_PROTO;
		}
		if (q.kind == COSEM_GET_REQUEST) {
			q.selection = rest;
		} else {
			q.data = rest;
		}
	}
	if (r.is_short) {
		return ERR_PROTO;
	}
	*ret = q;
	return ERR_OK;
}

/* ---- replies ---- */

static enum err get_reply(struct reader *r, unsigned type, struct cosem_reply *p)
{
	if (type != 1 && type != 2) {
		return ERR_UNSUPP;
	}
	p->is_block = type == 2;
	if (p->is_block) {
		p->is_last = reader_u8(r);
		p->block = reader_u32be(r);
	}
	bool is_refused = reader_u8(r);
	if (is_refused) {
		p->result = reader_u8(r);
		return r->is_short || p->result == COSEM_SUCCESS ? ERR_PROTO : ERR_OK;
	}
	size_t n = p->is_block ? axdr_length(r) : reader_left(r);
	if (r->is_short || n > reader_left(r)) {
		return ERR_PROTO;
	}
	p->data = reader_bytes(r, n);
	return reader_left(r) == 0 && n > 0 ? ERR_OK : ERR_PROTO;
}

enum err cosem_reply_get(struct slice apdu, struct cosem_reply *ret)
{
	struct reader r = reader_of(apdu);
	struct cosem_reply p = {.kind = (enum cosem_kind)reader_u8(&r)};
	enum err e = ERR_OK;
	if (p.kind == COSEM_EXCEPTION) {
		p.state_error = reader_u8(&r);
		p.service_error = reader_u8(&r);
	} else {
		unsigned type = reader_u8(&r);
		p.invoke = reader_u8(&r);
		switch (p.kind) {
		case COSEM_GET_REPLY: e = get_reply(&r, type, &p); break;
		case COSEM_SET_REPLY:
			p.result = reader_u8(&r);
			e = type == 1 ? ERR_OK : ERR_UNSUPP;
			break;
		case COSEM_ACTION_REPLY:
			p.result = reader_u8(&r);
			if (reader_left(&r) > 0 && reader_u8(&r) && reader_u8(&r) == 0) {
				p.data = reader_bytes(&r, reader_left(&r));
			}
			e = type == 1 ? ERR_OK : ERR_UNSUPP;
			break;
		default: e = ERR_PROTO;
		}
	}
	if (!e && r.is_short) {
		e = ERR_PROTO;
	}
	if (!e) {
		*ret = p;
	}
	return e;
}

static void buf_length(struct buf *b, size_t n)
{
	if (n >= 0x100) {
		buf_u8(b, 0x82);
		buf_u16be(b, (uint16_t)n);
		return;
	}
	if (n >= 0x80) {
		buf_u8(b, 0x81);
	}
	buf_u8(b, (uint8_t)n);
}

void cosem_reply_put(const struct cosem_reply *p, struct buf *out)
{
	buf_u8(out, (uint8_t)p->kind);
	if (p->kind == COSEM_EXCEPTION) {
		buf_u8(out, (uint8_t)p->state_error);
		buf_u8(out, (uint8_t)p->service_error);
		return;
	}
	buf_u8(out, p->is_block ? 2 : 1);
	buf_u8(out, p->invoke);
	if (p->kind != COSEM_GET_REPLY) {
		buf_u8(out, (uint8_t)p->result);
		if (p->kind == COSEM_ACTION_REPLY) {
			buf_u8(out, p->data.size > 0);
			if (p->data.size) {
				buf_u8(out, 0);
				buf_put(out, p->data.data, p->data.size);
			}
		}
		return;
	}
	if (p->is_block) {
		buf_u8(out, p->is_last);
		buf_u32be(out, p->block);
	}
	buf_u8(out, p->result != COSEM_SUCCESS);
	if (p->result != COSEM_SUCCESS) {
		buf_u8(out, (uint8_t)p->result);
		return;
	}
	if (p->is_block) {
		buf_length(out, p->data.size);
	}
	buf_put(out, p->data.data, p->data.size);
}

/* ---- wrapper ---- */

void cosem_wrapper_put(unsigned source, unsigned dest, size_t length, uint8_t out[static 8])
{
	const unsigned words[] = {1, source, dest, (unsigned)length};
	for (size_t i = 0; i < 4; i++) {
		out[2 * i] = (uint8_t)(words[i] >> 8);
		out[2 * i + 1] = (uint8_t)words[i];
	}
}

bool cosem_wrapper_get(
	struct slice bytes, unsigned *ret_source, unsigned *ret_dest, size_t *ret_length)
{
	struct reader r = reader_of(bytes);
	if (reader_u16be(&r) != 1 || bytes.size < COSEM_WRAPPER_SIZE) {
		return false;
	}
	*ret_source = reader_u16be(&r);
	*ret_dest = reader_u16be(&r);
	*ret_length = reader_u16be(&r);
	return true;
}
