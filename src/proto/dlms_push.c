/*
 * dlms_push.c - telegrams of DLMS meters that speak by themselves; see dlms_push.h
 */
#include "proto/dlms_push.h"

#include <string.h>

#define FLAG       0x7e
#define FRAMES_MAX 32
#define LAST_BLOCK 0x80
#define COMPRESSED 0x80 /* of SC */
#define SUITE_MASK 0x0f
#define TITLE_HEAD (2 + COSEM_TITLE_SIZE)

/* ---- telegrams ---- */

static bool is_wrapped(struct slice s)
{
	return s.size > 0 && s.data[0] == 0;
}

static enum hdlc_cut wrapped_cut(struct slice s, size_t *ret_size)
{
	unsigned source, dest;
	size_t length;
	*ret_size = COSEM_WRAPPER_SIZE;
	if (s.size >= 2 && s.data[1] != 1) {
		*ret_size = 1;
		return HDLC_CUT_JUNK;
	}
	if (!cosem_wrapper_get(s, &source, &dest, &length)) {
		return HDLC_CUT_MORE;
	}
	*ret_size = COSEM_WRAPPER_SIZE + length;
	if (length < 2 || length > 4000) {
		*ret_size = 1;
		return HDLC_CUT_JUNK;
	}
	return s.size < *ret_size ? HDLC_CUT_MORE : HDLC_CUT_FULL;
}

/* What a frame carries of the APDU, without LLC and the head of a block. */
static bool payload(const struct hdlc_frame *f, struct slice *ret, bool *ret_is_last)
{
	struct slice s = f->info;
	*ret_is_last = !f->is_segmented;
	if (s.size >= COSEM_LLC_SIZE && s.data[0] == 0xe6 && (s.data[1] & 0xfe) == 0xe6) {
		s.data += COSEM_LLC_SIZE;
		s.size -= COSEM_LLC_SIZE;
	}
	if (s.size > 0 && s.data[0] == DLMS_BLOCK) {
		struct reader r = reader_of(s);
		(void)reader_u8(&r);
		*ret_is_last = reader_u8(&r) & LAST_BLOCK;
		(void)reader_u32be(&r); /* number of the block, acknowledged */
		size_t n = axdr_length(&r);
		if (r.is_short || n != reader_left(&r)) {
			return false;
		}
		s = reader_bytes(&r, n);
	}
	*ret = s;
	return true;
}

enum hdlc_cut dlms_push_cut(struct slice so_far, size_t *ret_size)
{
	size_t at = 0;
	if (is_wrapped(so_far)) {
		return wrapped_cut(so_far, ret_size);
	}
	for (int i = 0; i < FRAMES_MAX; i++) {
		struct hdlc_frame f;
		struct slice s;
		bool is_last = false;
		size_t size = 0;
		enum hdlc_cut c = hdlc_cut(
			(struct slice){so_far.data + at, so_far.size - at}, &size);
		*ret_size = c == HDLC_CUT_JUNK ? 1 : at + size;
		if (c != HDLC_CUT_FULL) {
			return c;
		}
		if (hdlc_decode((struct slice){so_far.data + at, size}, &f) ||
			!payload(&f, &s, &is_last)) {
			*ret_size = 1;
			return HDLC_CUT_JUNK;
		}
		at += size;
		if (is_last) {
			return HDLC_CUT_FULL;
		}
	}
	*ret_size = 1;
	return HDLC_CUT_JUNK;
}

enum err dlms_push_apdu(struct slice telegram, uint8_t *out, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	if (is_wrapped(telegram)) {
		n = telegram.size - COSEM_WRAPPER_SIZE;
		if (telegram.size <= COSEM_WRAPPER_SIZE || n > cap) {
			return ERR_PROTO;
		}
		memcpy(out, telegram.data + COSEM_WRAPPER_SIZE, n);
		*ret_n = n;
		return ERR_OK;
	}
	for (size_t at = 0; at < telegram.size;) {
		struct hdlc_frame f;
		struct slice s;
		bool is_last;
		size_t size = 0;
		struct slice rest = {telegram.data + at, telegram.size - at};
		if (hdlc_cut(rest, &size) != HDLC_CUT_FULL ||
			hdlc_decode((struct slice){rest.data, size}, &f) ||
			!payload(&f, &s, &is_last) || s.size > cap - n) {
			return ERR_PROTO;
		}
		if (s.size) {
			memcpy(out + n, s.data, s.size);
		}
		n += s.size;
		at += size;
		if (is_last) {
			break;
		}
	}
	*ret_n = n;
	return n > 0 ? ERR_OK : ERR_PROTO;
}

/* ---- ciphers ---- */

/* Without a tag: counter mode is its own inverse. */
static bool open_unsigned(const struct dlms_keys *k, const uint8_t *title, struct reader *r,
	uint8_t *out, size_t cap, size_t *ret_n)
{
	uint8_t vector[GCM_VECTOR_SIZE], tag[GCM_TAG_MAX];
	struct slice counter = reader_bytes(r, 4), cipher = reader_bytes(r, reader_left(r));
	if (r->is_short || cipher.size > cap) {
		return false;
	}
	memcpy(vector, title, COSEM_TITLE_SIZE);
	memcpy(vector + COSEM_TITLE_SIZE, counter.data, counter.size);
	const struct gcm g = {k->encryption, vector, {NULL, 0}};
	gcm_seal(&g, cipher, out, tag, sizeof(tag));
	*ret_n = cipher.size;
	return true;
}

enum err dlms_push_open(
	const struct dlms_keys *k, struct slice apdu, uint8_t *out, size_t cap, size_t *ret_n)
{
	struct reader r = reader_of(apdu);
	uint32_t counter;
	if (reader_u8(&r) != DLMS_GENERAL_GLO || reader_u8(&r) != COSEM_TITLE_SIZE) {
		return ERR_PROTO;
	}
	struct slice title = reader_bytes(&r, COSEM_TITLE_SIZE);
	size_t length = axdr_length(&r);
	if (r.is_short || length != reader_left(&r) || length < 5) {
		return ERR_PROTO;
	}
	uint8_t sc = apdu.data[r.at];
	if (sc & (COMPRESSED | SUITE_MASK) || !(sc & DLMS_HIDDEN)) {
		return ERR_UNSUPP;
	}
	if (sc & DLMS_SIGNED) {
		/* from the length on it is like any other enciphered APDU; the byte before is its tag */
		struct slice glo = {apdu.data + TITLE_HEAD - 1, apdu.size - TITLE_HEAD + 1};
		return dlms_open(k, title.data, glo, out, cap, ret_n, &counter) ? ERR_OK :
										  ERR_DENIED;
	}
	(void)reader_u8(&r);
	return open_unsigned(k, title.data, &r, out, cap, ret_n) ? ERR_OK : ERR_PROTO;
}

/* ---- notifications ---- */

enum err dlms_notification_get(struct slice apdu, struct dlms_notification *ret)
{
	struct reader r = reader_of(apdu);
	struct dlms_notification n = {.has_time = false};
	uint8_t tag = reader_u8(&r);
	n.id = reader_u32be(&r);
	size_t length = axdr_length(&r);
	if (tag == DLMS_NOTIFICATION && length == 0x09) { /* with the tag of a string */
		length = axdr_length(&r);
	}
	struct axdr time = {.tag = AXDR_OCTETS, .bytes = reader_bytes(&r, length)};
	if (tag != DLMS_NOTIFICATION || r.is_short || (length && length != AXDR_TIME_SIZE)) {
		return ERR_PROTO;
	}
	n.has_time = axdr_time(&time, &n.time, &n.status);
	struct axdr body;
	size_t from = r.at;
	if (!axdr_get(&r, &body)) {
		return ERR_PROTO;
	}
	n.body = (struct slice){apdu.data + from, r.at - from};
	*ret = n;
	return ERR_OK;
}

static bool code_of(const struct axdr *d, struct obis *ret)
{
	if (d->tag != AXDR_OCTETS || d->bytes.size != OBIS_GROUPS) {
		return false;
	}
	memcpy(ret->v, d->bytes.data, OBIS_GROUPS);
	return true;
}

/* A structure {class, code, attribute, element}. */
static bool object_of(const struct axdr *d, struct obis *ret)
{
	struct reader r = reader_of(d->bytes);
	struct axdr class_id, code;
	return d->tag == AXDR_STRUCTURE && d->count == 4 && axdr_get(&r, &class_id) &&
	       class_id.tag == AXDR_U16 && axdr_get(&r, &code) && code_of(&code, ret);
}

struct dlms_items dlms_items_of(struct slice body)
{
	struct dlms_items l = {.kind = DLMS_ITEMS_NONE};
	struct reader r = reader_of(body);
	struct axdr list, first, entry;
	struct obis o;
	if (!axdr_get(&r, &list) || (list.tag != AXDR_ARRAY && list.tag != AXDR_STRUCTURE)) {
		return l;
	}
	l.in = reader_of(list.bytes);
	l.left = list.count;
	struct reader peek = l.in;
	if (!axdr_get(&peek, &first)) {
		return l;
	}
	struct reader in = reader_of(first.bytes);
	if (first.tag == AXDR_STRUCTURE && axdr_get(&in, &entry) && code_of(&entry, &o)) {
		l.kind = DLMS_ITEMS_SCALED;
		return l;
	}
	in = reader_of(first.bytes);
	if ((first.tag == AXDR_ARRAY || first.tag == AXDR_STRUCTURE) && axdr_get(&in, &entry) &&
		object_of(&entry, &o)) {
		l.kind = DLMS_ITEMS_LISTED;
		l.in = peek;
		l.objects = in; /* the first object is the list itself */
		l.left = first.count - 1 < list.count - 1 ? first.count - 1 : list.count - 1;
		return l;
	}
	if (first.tag == AXDR_VISIBLE || first.tag == AXDR_OCTETS || first.tag == AXDR_UTF8) {
		bool is_name = !code_of(&first, &o);
		l.kind = DLMS_ITEMS_NAMED;
		if (is_name) {
			l.in = peek;
			l.left--;
		}
	}
	return l;
}

static bool scaled_next(struct dlms_items *l, struct dlms_item *ret)
{
	struct axdr row, code, scale, part[2];
	if (!axdr_get(&l->in, &row) || row.tag != AXDR_STRUCTURE || row.count < 2) {
		return false;
	}
	struct reader r = reader_of(row.bytes);
	if (!axdr_get(&r, &code) || !code_of(&code, &ret->code) || !axdr_get(&r, &ret->value)) {
		return false;
	}
	if (row.count > 2 && axdr_get(&r, &scale) && scale.tag == AXDR_STRUCTURE &&
		scale.count == 2) {
		struct reader in = reader_of(scale.bytes);
		ret->has_scale = axdr_get(&in, &part[0]) && axdr_get(&in, &part[1]) &&
				 part[0].tag == AXDR_I8 && part[1].tag == AXDR_ENUM;
		ret->scaler = (int)part[0].integer;
		ret->unit = (int)part[1].integer;
	}
	return true;
}

/* Austrian lists have a structure {scaler, unit} behind each value. */
static bool named_next(struct dlms_items *l, struct dlms_item *ret)
{
	struct axdr code, scale, part[2];
	do {
		if (l->left < 2 || !axdr_get(&l->in, &code)) {
			return false;
		}
		l->left--;
	} while (!code_of(&code, &ret->code));
	if (!axdr_get(&l->in, &ret->value)) {
		return false;
	}
	struct reader peek = l->in;
	if (l->left > 1 && axdr_get(&peek, &scale) && scale.tag == AXDR_STRUCTURE &&
		scale.count == 2) {
		struct reader in = reader_of(scale.bytes);
		ret->has_scale = axdr_get(&in, &part[0]) && axdr_get(&in, &part[1]) &&
				 part[0].tag == AXDR_I8 && part[1].tag == AXDR_ENUM;
		ret->scaler = (int)part[0].integer;
		ret->unit = (int)part[1].integer;
		l->in = peek;
		l->left--;
	}
	return true;
}

static bool listed_next(struct dlms_items *l, struct dlms_item *ret)
{
	struct axdr object;
	return axdr_get(&l->objects, &object) && object_of(&object, &ret->code) &&
	       axdr_get(&l->in, &ret->value);
}

bool dlms_items_next(struct dlms_items *l, struct dlms_item *ret)
{
	*ret = (struct dlms_item){.has_scale = false};
	if (l->left == 0) {
		return false;
	}
	bool is_there = l->kind == DLMS_ITEMS_SCALED ? scaled_next(l, ret) :
			l->kind == DLMS_ITEMS_NAMED  ? named_next(l, ret) :
			l->kind == DLMS_ITEMS_LISTED ? listed_next(l, ret) :
						       false;
	l->left -= l->left > 0;
	return is_there;
}
