/*
 * password.c - Argon2id hashes; see password.h
 */
#include "web/password.h"

#include "base/str.h"

#include <sodium.h>
#include <string.h>

#define PASSES       2
#define MEMORY_BYTES ((size_t)19 << 20)

_Static_assert(crypto_pwhash_STRBYTES <= PASSWORD_HASH_CAP, "a hash must fit");

enum err password_check(const char *password, struct diag *diag)
{
	size_t n = strlen(password);
	if (n < PASSWORD_SHORTEST || n > PASSWORD_LONGEST) {
		return err_set(diag, ERR_RANGE, "password: %d to %d bytes", PASSWORD_SHORTEST,
			PASSWORD_LONGEST);
	}
	if (!str_is_utf8((struct slice){(const uint8_t *)password, n})) {
		return err_set(diag, ERR_INVAL, "password: not UTF-8");
	}
	return ERR_OK;
}

enum err password_hash(const char *password, char ret_hash[static PASSWORD_HASH_CAP])
{
	if (sodium_init() < 0) {
		return ERR_INTERNAL;
	}
	memset(ret_hash, 0, PASSWORD_HASH_CAP);
	return crypto_pwhash_str_alg(ret_hash, password, strlen(password), PASSES, MEMORY_BYTES,
		       crypto_pwhash_ALG_ARGON2ID13) == 0 ?
		       ERR_OK :
		       ERR_NOMEM;
}

bool password_fits(const char *password, const char *hash)
{
	char scratch[PASSWORD_HASH_CAP];
	if (sodium_init() < 0) {
		return false;
	}
	if (!hash || !*hash) {
		(void)password_hash(password, scratch);
		return false;
	}
	/* libsodium reads exactly STRBYTES */
	memset(scratch, 0, sizeof(scratch));
	(void)str_copy(scratch, crypto_pwhash_STRBYTES, hash);
	return crypto_pwhash_str_verify(scratch, password, strlen(password)) == 0;
}
