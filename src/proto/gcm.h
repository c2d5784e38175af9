/*
 * gcm.h - AES-128 in Galois/counter mode, as meters use it to hide and to sign what they say
 *
 * A vector of 12 bytes (system title and frame counter) is never used twice with one key. The tag may
 * be shorter than 16 bytes: meters send 12. Nothing is allocated; the key schedule lives on the stack.
 *
 * Source: NIST SP 800-38D. The cipher is that of libnettle.
 */
#ifndef DOMOVOI_PROTO_GCM_H
#define DOMOVOI_PROTO_GCM_H

#include "base/buf.h"

#define GCM_KEY_SIZE    16
#define GCM_VECTOR_SIZE 12
#define GCM_TAG_MAX     16

struct gcm {
	const uint8_t *key;    /* GCM_KEY_SIZE bytes */
	const uint8_t *vector; /* GCM_VECTOR_SIZE bytes */
	struct slice aad;      /* signed, not hidden; may be empty */
};

/* Decrypts into `plain` (of cipher.size bytes; may be cipher itself) and compares the tag: false, and
 * `plain` wiped, where it does not fit. */
bool gcm_open(const struct gcm *g, struct slice cipher, struct slice tag, uint8_t *plain);
/* Encrypts into `cipher` (of plain.size bytes) and makes `tag_size` bytes of tag. */
void gcm_seal(
	const struct gcm *g, struct slice plain, uint8_t *cipher, uint8_t *tag, size_t tag_size);

#endif
