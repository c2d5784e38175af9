/*
 * password.h - making and checking password hashes (Argon2id, libsodium)
 *
 * 19 MiB and two passes: what OWASP's password storage guidance names for Argon2id, and little
 * enough that a controller with 128 MB survives a log-in; the web server makes one at a time.
 */
#ifndef DOMOVOI_PASSWORD_H
#define DOMOVOI_PASSWORD_H

#include "base/err.h"

#define PASSWORD_HASH_CAP 160
#define PASSWORD_SHORTEST 8
#define PASSWORD_LONGEST  256

/* Length and UTF-8; RANGE or INVAL with the reason. */
enum err password_check(const char *password, struct diag *diag);
enum err password_hash(const char *password, char ret_hash[static PASSWORD_HASH_CAP]);
/* A NULL hash costs the same time and never fits, so that a login that does not exist cannot be
 * told by its answer's delay. */
bool password_fits(const char *password, const char *hash);

#endif
