/*
 * dlms_cipher.c - enciphered and signed APDUs of DLMS; see dlms_cipher.h
 */
#include "proto/dlms_cipher.h"

#include "proto/axdr.h"

#include <string.h>

#define SUITE_MASK 0x0f
#define AAD_MAX    (1 + GCM_KEY_SIZE + COSEM_SECRET_MAX)

static void vector_of(const uint8_t *title, uint32_t counter, uint8_t out[static GCM_VECTOR_SIZE])
{
	memcpy(out, title, COSEM_TITLE_SIZE);
	for (size_t i = 0; i < 4; i++) {
		out[COSEM_TITLE_SIZE + i] = (uint8_t)(counter >> (24 - 8 * i));
	}
}

/* What is signed beside the hidden part: SC, the key, and what stands in the clear. */
static size_t signed_part(
	const struct dlms_keys *k, uint8_t sc, struct slice clear, uint8_t out[static AAD_MAX])
{
	size_t n = clear.size <= COSEM_SECRET_MAX ? clear.size : COSEM_SECRET_MAX;
	out[0] = sc;
	memcpy(out + 1, k->authentication, GCM_KEY_SIZE);
	if (n) {
		memcpy(out + 1 + GCM_KEY_SIZE, clear.data, n);
	}
	return 1 + GCM_KEY_SIZE + n;
}

/* Of an APDU that is hidden as a whole. */
static struct slice signed_beside(
	const struct dlms_keys *k, uint8_t sc, uint8_t out[static AAD_MAX])
{
	return k->is_bare ? (struct slice){NULL, 0} :
			    (struct slice){out, signed_part(k, sc, (struct slice){NULL, 0}, out)};
}

static void gmac(const struct dlms_keys *k, const uint8_t *title, uint32_t counter,
	struct slice challenge, uint8_t out[static DLMS_GMAC_SIZE])
{
	uint8_t vector[GCM_VECTOR_SIZE], aad[AAD_MAX];
	size_t n = signed_part(k, DLMS_SIGNED, challenge, aad);
	vector_of(title, counter, vector);
	struct gcm g = {k->encryption, vector, {aad, n}};
	out[0] = DLMS_SIGNED;
	memcpy(out + 1, vector + COSEM_TITLE_SIZE, 4);
	gcm_seal(&g, (struct slice){NULL, 0}, NULL, out + 5, DLMS_TAG_SIZE);
}

void dlms_gmac(const struct dlms_keys *k, const struct dlms_speaker *s, struct slice challenge,
	uint8_t out[static DLMS_GMAC_SIZE])
{
	gmac(k, s->title, s->counter, challenge, out);
}

bool dlms_gmac_fits(const struct dlms_keys *k, const uint8_t title[static COSEM_TITLE_SIZE],
	struct slice challenge, struct slice said)
{
	uint8_t own[DLMS_GMAC_SIZE], different = 0;
	struct reader r = reader_of(said);
	if (said.size != DLMS_GMAC_SIZE || reader_u8(&r) != DLMS_SIGNED) {
		return false;
	}
	gmac(k, title, reader_u32be(&r), challenge, own);
	for (size_t i = 0; i < DLMS_GMAC_SIZE; i++) {
		different |= own[i] ^ said.data[i];
	}
	return different == 0;
}

static const struct {
	uint8_t plain, glo;
} tags[] = {{COSEM_GET_REQUEST, 0xc8}, {COSEM_SET_REQUEST, 0xc9}, {COSEM_ACTION_REQUEST, 0xcb},
	{COSEM_GET_REPLY, 0xcc}, {COSEM_SET_REPLY, 0xcd}, {COSEM_ACTION_REPLY, 0xcf},
	{0x01, DLMS_GLO_INITIATE}, {0x08, DLMS_GLO_INITIATE_REPLY}};

uint8_t dlms_glo_tag(uint8_t plain)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (tags[i].plain == plain) {
			return tags[i].glo;
		}
	}
	return 0;
}

uint8_t dlms_plain_tag(uint8_t glo)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (tags[i].glo == glo) {
			return tags[i].plain;
		}
	}
	return 0;
}

size_t dlms_seal(const struct dlms_keys *k, const struct dlms_speaker *s, uint8_t tag,
	struct slice plain, uint8_t *out, size_t cap)
{
	uint8_t vector[GCM_VECTOR_SIZE], aad[AAD_MAX];
	size_t length = 1 + 4 + plain.size + DLMS_TAG_SIZE;
	size_t head = length < 0x80 ? 2 : length < 0x100 ? 3 : 4;
	if (length > 0xffff || head + length > cap) {
		return 0;
	}
	uint8_t sc = DLMS_SIGNED | DLMS_HIDDEN;
	struct gcm g = {k->encryption, vector, signed_beside(k, sc, aad)};
	vector_of(s->title, s->counter, vector);
	out[0] = tag;
	out[1] = (uint8_t)(head == 2 ? length : 0x80 + head - 2);
	for (size_t i = 2; i < head; i++) {
		out[i] = (uint8_t)(length >> 8 * (head - 1 - i));
	}
	out[head] = sc;
	memcpy(out + head + 1, vector + COSEM_TITLE_SIZE, 4);
	gcm_seal(&g, plain, out + head + 5, out + head + 5 + plain.size, DLMS_TAG_SIZE);
	return head + length;
}

bool dlms_open(const struct dlms_keys *k, const uint8_t title[static COSEM_TITLE_SIZE],
	struct slice apdu, uint8_t *out, size_t cap, size_t *ret_n, uint32_t *ret_counter)
{
	uint8_t vector[GCM_VECTOR_SIZE], aad[AAD_MAX];
	struct reader r = reader_of(apdu);
	(void)reader_u8(&r);
	size_t length = axdr_length(&r);
	if (r.is_short || length != reader_left(&r) || length < 5 + DLMS_TAG_SIZE) {
		return false;
	}
	uint8_t sc = reader_u8(&r);
	uint32_t counter = reader_u32be(&r);
	struct slice cipher = reader_bytes(&r, length - 5 - DLMS_TAG_SIZE);
	struct slice tag = reader_bytes(&r, DLMS_TAG_SIZE);
	if ((sc & ~SUITE_MASK) != (DLMS_SIGNED | DLMS_HIDDEN) || cipher.size > cap) {
		return false;
	}
	struct gcm g = {k->encryption, vector, signed_beside(k, sc, aad)};
	vector_of(title, counter, vector);
	if (!gcm_open(&g, cipher, tag, out)) {
		return false;
	}
	*ret_n = cipher.size;
	*ret_counter = counter;
	return true;
}
