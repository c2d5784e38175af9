/*
 * dsmr.c - telegrams of the P1 port: where they begin and end, encryption; see dsmr.h
 */
#include "proto/dsmr.h"

#include "proto/crc.h"
#include "proto/gcm.h"

#include <ctype.h>
#include <string.h>

#define HEAD_SIZE    5 /* '/', maker, baud rate */
#define CRC_DIGITS   4
#define CIPHER_MARK  0xdb
#define TITLE_SIZE   8
#define SECURITY     0x30 /* encrypted and signed */
#define COUNTER_SIZE 4
#define TAG_SIZE     12
#define CIPHER_HEAD  13 /* up to the length */
#define CIPHER_LEAST (1 + COUNTER_SIZE + TAG_SIZE)

/* ---- telegrams of text ---- */

/* "/XXXZ": a slash within a text is followed by something else. */
static bool is_head(struct slice s, size_t at)
{
	for (size_t i = 1; i < HEAD_SIZE && at + i < s.size; i++) {
		bool is_good = i < HEAD_SIZE - 1 ? isalpha(s.data[at + i]) :
						   isalnum(s.data[at + i]);
		if (!is_good) {
			return false;
		}
	}
	return s.data[at] == '/';
}

struct tail {
	size_t mark; /* '!' */
	size_t end;  /* behind the line */
	unsigned digits, sum;
};

/* The line of '!' at `at`. */
static enum dsmr_cut take_tail(struct slice s, size_t at, struct tail *ret)
{
	struct tail t = {.mark = at};
	for (at++; at < s.size && t.digits < CRC_DIGITS && isxdigit(s.data[at]); at++) {
		unsigned c = (unsigned)tolower(s.data[at]);
		t.sum = t.sum << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
		t.digits++;
	}
	at += at < s.size && s.data[at] == '\r';
	t.end = at + 1;
	*ret = t;
	return at == s.size ? DSMR_CUT_MORE : s.data[at] == '\n' ? DSMR_CUT_FULL : DSMR_CUT_JUNK;
}

/* The first line that begins with '!', behind `from`; its mark is 0 where there is none. */
static enum dsmr_cut find_tail(struct slice s, size_t from, struct tail *ret)
{
	*ret = (struct tail){.mark = 0};
	for (size_t at = from + 1; at < s.size; at++) {
		if (s.data[at] != '!' || s.data[at - 1] != '\n') {
			continue;
		}
		enum dsmr_cut cut = take_tail(s, at, ret);
		if (cut != DSMR_CUT_JUNK) {
			return cut;
		}
	}
	ret->mark = 0;
	return DSMR_CUT_MORE;
}

static bool is_summed(struct slice s, size_t begin, const struct tail *t)
{
	struct slice bytes = {s.data + begin, t->mark + 1 - begin};
	return t->digits > 0 && crc16_arc(bytes) == t->sum;
}

/* Where the telegram that ends there begins: the one of the heads that the checksum fits, else the
 * last, because what stands before was cut off. */
static size_t find_head(struct slice s, size_t begin, const struct tail *t)
{
	size_t last = begin;
	for (size_t at = begin; at < t->mark; at++) {
		if (is_head(s, at)) {
			if (is_summed(s, at, t)) {
				return at;
			}
			last = at;
		}
	}
	return last;
}

static enum dsmr_cut cut_text(struct slice s, size_t *ret_size)
{
	struct tail tail;
	enum dsmr_cut cut = find_tail(s, 0, &tail);
	if (cut == DSMR_CUT_MORE) {
		*ret_size = s.size >= DSMR_TELEGRAM_MAX;
		return *ret_size ? DSMR_CUT_JUNK : DSMR_CUT_MORE;
	}
	size_t head = find_head(s, 0, &tail);
	*ret_size = head ? head : tail.end;
	return head ? DSMR_CUT_JUNK : DSMR_CUT_FULL;
}

/* ---- encrypted ones ---- */

bool dsmr_is_encrypted(struct slice telegram)
{
	return telegram.size > 0 && telegram.data[0] == CIPHER_MARK;
}

static enum dsmr_cut cut_cipher(struct slice s, size_t *ret_size)
{
	static const struct {
		uint8_t at, value;
	} fixed[] = {{1, TITLE_SIZE}, {10, 0x82}, {CIPHER_HEAD, SECURITY}};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (fixed[i].at < s.size && s.data[fixed[i].at] != fixed[i].value) {
			*ret_size = 1;
			return DSMR_CUT_JUNK;
		}
	}
	if (s.size < CIPHER_HEAD) {
		return DSMR_CUT_MORE;
	}
	size_t size = (size_t)s.data[11] << 8 | s.data[12];
	if (size < CIPHER_LEAST || size + CIPHER_HEAD > DSMR_TELEGRAM_MAX) {
		*ret_size = 1;
		return DSMR_CUT_JUNK;
	}
	*ret_size = size + CIPHER_HEAD;
	return s.size < *ret_size ? DSMR_CUT_MORE : DSMR_CUT_FULL;
}

enum dsmr_cut dsmr_cut(struct slice so_far, size_t *ret_size)
{
	size_t begin = 0;
	while (begin < so_far.size && so_far.data[begin] != CIPHER_MARK &&
		!is_head(so_far, begin)) {
		begin++;
	}
	*ret_size = begin;
	if (begin > 0) {
		return DSMR_CUT_JUNK;
	}
	if (so_far.size == 0) {
		return DSMR_CUT_MORE;
	}
	return dsmr_is_encrypted(so_far) ? cut_cipher(so_far, ret_size) :
					   cut_text(so_far, ret_size);
}

static struct gcm cipher_of(const struct dsmr_keys *keys, const uint8_t *title,
	const uint8_t *counter, uint8_t vector[static GCM_VECTOR_SIZE],
	uint8_t aad[static 1 + GCM_KEY_SIZE])
{
	memcpy(vector, title, TITLE_SIZE);
	memcpy(vector + TITLE_SIZE, counter, COUNTER_SIZE);
	struct gcm g = {.key = keys->key.data, .vector = vector};
	if (keys->auth_key.size == GCM_KEY_SIZE) {
		aad[0] = SECURITY;
		memcpy(aad + 1, keys->auth_key.data, GCM_KEY_SIZE);
		g.aad = (struct slice){aad, 1 + GCM_KEY_SIZE};
	}
	return g;
}

enum err dsmr_decrypt(struct slice frame, const struct dsmr_keys *keys, uint8_t *plain,
	struct slice *ret_telegram)
{
	size_t size;
	uint8_t vector[GCM_VECTOR_SIZE], aad[1 + GCM_KEY_SIZE];
	if (!dsmr_is_encrypted(frame) || cut_cipher(frame, &size) != DSMR_CUT_FULL ||
		size != frame.size) {
		return ERR_PROTO;
	}
	if (keys->key.size != GCM_KEY_SIZE) {
		return ERR_DENIED;
	}
	const uint8_t *counter = frame.data + CIPHER_HEAD + 1;
	struct slice tag = {frame.data + size - TAG_SIZE, TAG_SIZE};
	struct slice cipher = {counter + COUNTER_SIZE, size - CIPHER_HEAD - CIPHER_LEAST};
	struct gcm g = cipher_of(keys, frame.data + 2, counter, vector, aad);
	*ret_telegram = (struct slice){plain, cipher.size};
	if (gcm_open(&g, cipher, tag, plain)) {
		return ERR_OK;
	}
	g.aad = (struct slice){NULL, 0};
	return gcm_open(&g, cipher, tag, plain) ? ERR_OK : ERR_DENIED;
}

void dsmr_encrypt(struct slice telegram, const struct dsmr_keys *keys, const uint8_t *title,
	uint32_t counter, struct buf *out)
{
	uint8_t vector[GCM_VECTOR_SIZE], aad[1 + GCM_KEY_SIZE], tag[TAG_SIZE];
	const uint8_t mark[] = {CIPHER_MARK, TITLE_SIZE};
	buf_put(out, mark, sizeof(mark));
	buf_put(out, title, TITLE_SIZE);
	buf_u8(out, 0x82);
	buf_u16be(out, (uint16_t)(telegram.size + CIPHER_LEAST));
	buf_u8(out, SECURITY);
	size_t at = out->size;
	buf_u32be(out, counter);
	uint8_t *room = buf_room(out, telegram.size);
	if (!room) {
		return;
	}
	struct gcm g = cipher_of(keys, title, out->data + at, vector, aad);
	gcm_seal(&g, telegram, room, tag, sizeof(tag));
	out->size += telegram.size;
	buf_put(out, tag, sizeof(tag));
}

void dsmr_seal(struct buf *telegram, size_t begin)
{
	buf_u8(telegram, '!');
	if (!telegram->is_full) {
		buf_printf(telegram, "%04X\r\n",
			crc16_arc((struct slice){telegram->data + begin, telegram->size - begin}));
	}
}

/* ---- the head ---- */

static bool is_code(const struct obis *o, unsigned a, unsigned c, unsigned d, unsigned e)
{
	return o->v[OBIS_A] == a && o->v[OBIS_B] == (a == 1 ? 3 : 0) && o->v[OBIS_C] == c &&
	       o->v[OBIS_D] == d && o->v[OBIS_E] == e;
}

static int version_of(struct slice objects)
{
	struct reader r = reader_of(objects);
	struct dsmr_object x;
	struct decimal v;
	struct slice text, unit;
	while (!dsmr_next(&r, &x)) {
		bool is_version = is_code(&x.code, 1, 0, 2, 8) || is_code(&x.code, 0, 96, 1, 4);
		if (is_version && dsmr_group(&x, 0, &text) && dsmr_number(text, &v, &unit) &&
			v.mantissa > 0) {
			/* "50221", of Belgium: version 5.0 of its parent */
			while (v.mantissa > 99) {
				v.mantissa /= 10;
			}
			return (int)v.mantissa;
		}
	}
	return 0;
}

enum err dsmr_open(struct slice telegram, struct dsmr_telegram *ret_telegram)
{
	struct dsmr_telegram t = {.version = 0};
	struct tail tail;
	if (telegram.size < HEAD_SIZE || !is_head(telegram, 0)) {
		return ERR_PROTO;
	}
	/* encrypted ones may come without the end of their last line */
	(void)find_tail(telegram, 0, &tail);
	if (tail.mark == 0) {
		return ERR_PROTO;
	}
	memcpy(t.maker, telegram.data + 1, 3);
	size_t at = HEAD_SIZE, n = 0;
	for (; at < tail.mark && telegram.data[at] != '\r' && telegram.data[at] != '\n'; at++) {
		bool is_plain = telegram.data[at] >= 0x20 && telegram.data[at] < 0x7f;
		if (n + 1 < sizeof(t.ident)) {
			t.ident[n++] = is_plain ? (char)telegram.data[at] : '?';
		}
	}
	t.objects = (struct slice){telegram.data + at, tail.mark - at};
	t.version = version_of(t.objects);
	t.checksum = tail.digits == 0              ? DSMR_CHECKSUM_NONE :
		     is_summed(telegram, 0, &tail) ? DSMR_CHECKSUM_GOOD :
						     DSMR_CHECKSUM_BAD;
	*ret_telegram = t;
	return ERR_OK;
}
