/*
 * dlms_cipher.h - what DLMS enciphers and signs with AES-128-GCM, security suite 0
 *
 *     glo APDU   tag | length | SC | IC 4 | cipher text | tag 12
 *     GMAC       SC 10 | IC 4 | tag 12 over SC, AK, challenge
 *
 * The vector is the system title of who speaks and the invocation counter; the signed part begins with SC
 * and the authentication key. SC: 10 signed, 20 hidden, 30 both.
 *
 * Facts: docs/protocols/dlms.md. Pure functions.
 */
#ifndef DOMOVOI_PROTO_DLMS_CIPHER_H
#define DOMOVOI_PROTO_DLMS_CIPHER_H

#include "proto/cosem.h"
#include "proto/gcm.h"

#define DLMS_SIGNED             0x10
#define DLMS_HIDDEN             0x20
#define DLMS_TAG_SIZE           12
#define DLMS_GMAC_SIZE          (1 + 4 + DLMS_TAG_SIZE)

#define DLMS_GLO_INITIATE       0x21
#define DLMS_GLO_INITIATE_REPLY 0x28

struct dlms_keys {
	uint8_t encryption[GCM_KEY_SIZE], authentication[GCM_KEY_SIZE];
	bool is_bare; /* nothing is signed beside the hidden part: some meters that push have no
			 authentication key */
};

/* Who speaks, and the how-manieth time. */
struct dlms_speaker {
	uint8_t title[COSEM_TITLE_SIZE];
	uint32_t counter;
};

/* f(challenge). */
void dlms_gmac(const struct dlms_keys *k, const struct dlms_speaker *s, struct slice challenge,
	uint8_t out[static DLMS_GMAC_SIZE]);
/* Is this the peer's f(challenge)? The counter is the one it says. */
bool dlms_gmac_fits(const struct dlms_keys *k, const uint8_t title[static COSEM_TITLE_SIZE],
	struct slice challenge, struct slice said);

/* The tag of an APDU once it is enciphered; 0: it never is. And back. */
uint8_t dlms_glo_tag(uint8_t plain);
uint8_t dlms_plain_tag(uint8_t glo);
/* A whole APDU, signed and hidden, under `tag`. Bytes written; 0: does not fit. */
size_t dlms_seal(const struct dlms_keys *k, const struct dlms_speaker *s, uint8_t tag,
	struct slice plain, uint8_t *out, size_t cap);
/* Back; plain text into `out`. False: not signed with these keys, or none of these APDUs. */
bool dlms_open(const struct dlms_keys *k, const uint8_t title[static COSEM_TITLE_SIZE],
	struct slice apdu, uint8_t *out, size_t cap, size_t *ret_n, uint32_t *ret_counter);

#endif
