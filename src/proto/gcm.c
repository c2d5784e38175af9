/*
 * gcm.c - AES-128-GCM by libnettle; see gcm.h
 */
#include "proto/gcm.h"

#include <nettle/gcm.h>
#include <nettle/memops.h>
#include <string.h>

static void begin(const struct gcm *g, struct gcm_aes128_ctx *ctx)
{
	gcm_aes128_set_key(ctx, g->key);
	gcm_aes128_set_iv(ctx, GCM_VECTOR_SIZE, g->vector);
	if (g->aad.size) {
		gcm_aes128_update(ctx, g->aad.size, g->aad.data);
	}
}

bool gcm_open(const struct gcm *g, struct slice cipher, struct slice tag, uint8_t *plain)
{
	struct gcm_aes128_ctx ctx;
	uint8_t made[GCM_TAG_MAX];
	if (tag.size == 0 || tag.size > sizeof(made)) {
		return false;
	}
	begin(g, &ctx);
	gcm_aes128_decrypt(&ctx, cipher.size, plain, cipher.data);
	gcm_aes128_digest(&ctx, tag.size, made);
	bool is_same = memeql_sec(made, tag.data, tag.size);
	if (!is_same) {
		memset(plain, 0, cipher.size);
	}
	explicit_bzero(&ctx, sizeof(ctx));
	return is_same;
}

void gcm_seal(
	const struct gcm *g, struct slice plain, uint8_t *cipher, uint8_t *tag, size_t tag_size)
{
	struct gcm_aes128_ctx ctx;
	begin(g, &ctx);
	gcm_aes128_encrypt(&ctx, plain.size, cipher, plain.data);
	gcm_aes128_digest(&ctx, tag_size, tag);
	explicit_bzero(&ctx, sizeof(ctx));
}
