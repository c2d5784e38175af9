/*
 * dlms_push.c - telegrams of DLMS meters that speak by themselves; see dlms_push.h
 */
#include "proto/dlms_push.h"

#include "proto/mbus.h"

#include <string.h>

#define FLAG        0x7e
#define FRAMES_MAX  32
#define MBUS_START  0x68
#define MBUS_LAST   0x10 /* of CI 00 .. 1F, whose low four bits count the segments */
#define MBUS_POINTS 2    /* service access points of both sides, before the part of the APDU */
#define LAST_BLOCK  0x80
#define COMPRESSED  0x80 /* of SC */
#define SUITE_MASK  0x0f
#define TITLE_HEAD  (2 + COSEM_TITLE_SIZE)

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
	uint8_t tag = s.size > COSEM_WRAPPER_SIZE ? s.data[COSEM_WRAPPER_SIZE] : DLMS_NOTIFICATION;
	if (length < 2 || length > 4000 || (tag != DLMS_NOTIFICATION && tag != DLMS_GENERAL_GLO)) {
		*ret_size = 1;
		return HDLC_CUT_JUNK;
	}
	return s.size < *ret_size ? HDLC_CUT_MORE : HDLC_CUT_FULL;
}

/* The part of the APDU in an M-Bus frame, number `i` of its telegram. */
static bool mbus_payload(struct slice bytes, unsigned i, struct slice *ret, bool *ret_is_last)
{
	struct mbus_frame f;
	struct diag ignored;
	if (mbus_frame_decode(bytes, &f, &ignored) || f.kind != MBUS_KIND_LONG ||
		f.ci > (MBUS_LAST | 0x0f) || (f.ci & 0x0f) != (i & 0x0f) ||
		f.data.size <= MBUS_POINTS) {
		return false;
	}
	*ret = (struct slice){f.data.data + MBUS_POINTS, f.data.size - MBUS_POINTS};
	*ret_is_last = f.ci & MBUS_LAST;
	return true;
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

/* The next frame of a telegram, number `i` of it: FULL with what it carries. */
static enum hdlc_cut frame_cut(
	struct slice rest, unsigned i, size_t *ret_size, struct slice *ret, bool *ret_is_last)
{
	struct hdlc_frame f;
	if (rest.size > 0 && rest.data[0] == MBUS_START) {
		enum mbus_cut m = mbus_cut(rest, MBUS_CUT_LONG, ret_size);
		struct slice bytes = {rest.data, *ret_size};
		return m == MBUS_CUT_MORE                       ? HDLC_CUT_MORE :
		       m == MBUS_CUT_JUNK                       ? HDLC_CUT_JUNK :
		       mbus_payload(bytes, i, ret, ret_is_last) ? HDLC_CUT_FULL :
								  HDLC_CUT_JUNK;
	}
	enum hdlc_cut c = hdlc_cut(rest, ret_size);
	if (c != HDLC_CUT_FULL) {
		return c;
	}
	bool is_good = !hdlc_decode((struct slice){rest.data, *ret_size}, &f) &&
		       payload(&f, ret, ret_is_last);
	return is_good ? HDLC_CUT_FULL : HDLC_CUT_JUNK;
}

enum hdlc_cut dlms_push_cut(struct slice so_far, size_t *ret_size)
{
	size_t at = 0;
	if (is_wrapped(so_far)) {
		return wrapped_cut(so_far, ret_size);
	}
	for (unsigned i = 0; i < FRAMES_MAX; i++) {
		struct slice s, rest = {so_far.data + at, so_far.size - at};
		bool is_last = false;
		size_t size = 0;
		enum hdlc_cut c = frame_cut(rest, i, &size, &s, &is_last);
		*ret_size = c == HDLC_CUT_JUNK ? 1 : at + size;
		if (c != HDLC_CUT_FULL) {
			return c;
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
	size_t n = 0, at = 0;
	if (is_wrapped(telegram)) {
		n = telegram.size - COSEM_WRAPPER_SIZE;
		if (telegram.size <= COSEM_WRAPPER_SIZE || n > cap) {
			return ERR_PROTO;
		}
		memcpy(out, telegram.data + COSEM_WRAPPER_SIZE, n);
		*ret_n = n;
		return ERR_OK;
	}
	for (unsigned i = 0; at < telegram.size; i++) {
		struct slice s, rest = {telegram.data + at, telegram.size - at};
		bool is_last;
		size_t size = 0;
		if (frame_cut(rest, i, &size, &s, &is_last) != HDLC_CUT_FULL || s.size > cap - n) {
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
	n.body = (struct slice){apdu.data + r.at, reader_left(&r)};
	bool is_whole = axdr_get(&r, &body) && reader_left(&r) == 0;
	if (!is_whole && dlms_items_of(n.body).kind != DLMS_ITEMS_PLACED) {
		return ERR_PROTO;
	}
	*ret = n;
	return ERR_OK;
}
