/*
 * auth.h - log-in, sessions, and the token every write carries
 *
 * Cookie: "<user id>.<64 hex digits>". The digits are a random token of 32 bytes; the store keeps
 * BLAKE2b(token) keyed with a hash of the user's password hash. So a stolen database gives no
 * sessions, and a changed password ends all sessions of that user without a list of them.
 *
 * A session ends after 7 days without a request or 30 days after the log-in, by the wall clock
 * (a node may live on a virtual one; browsers do not). Users, grants and `is_enabled` are looked
 * up at every request: taking a right away works at once.
 *
 * When the database cannot be written, sessions live in memory (a bounded number, until restart):
 * a full disk must not lock out the person who comes to see why.
 */
#ifndef DOMOVOI_AUTH_H
#define DOMOVOI_AUTH_H

#include "web/access.h"

#define AUTH_COOKIE_NAME "domovoi_session"
#define AUTH_COOKIE_CAP  96
#define AUTH_CSRF_CAP    65

struct auth;

struct who {
	struct user user;
	struct session session;
	struct access access;
};

enum err auth_new(struct store *store, struct auth **ret_auth);
void auth_free(struct auth *a); /* NULL is fine */

struct credentials {
	const char *login, *password;
	const char *peer; /* address they came from */
};

/* DENIED: wrong login or password, or the user is disabled; BUSY: too many failures, wait
 * *ret_wait_s. Takes the time and memory of Argon2id. */
enum err auth_login(struct auth *a, const struct credentials *given, struct who *ret_who,
	char ret_cookie[static AUTH_COOKIE_CAP], int *ret_wait_s);
/* A session for a user already known to be right (password just changed). */
enum err auth_open(struct auth *a, const struct user *user, struct who *ret_who,
	char ret_cookie[static AUTH_COOKIE_CAP]);
/* Is it this user's password? Counts failures as auth_login does. */
enum err auth_verify(struct auth *a, const struct user *user, const char *password,
	const char *peer, int *ret_wait_s);
/* DENIED: no such session. */
enum err auth_find(struct auth *a, const char *cookie, struct who *ret_who);
/* Is a session found earlier still good? Refreshes user and rights; DENIED: no longer. */
enum err auth_recheck(struct auth *a, struct who *who);
enum err auth_logout(struct auth *a, const struct who *who);
void who_fini(struct who *w);

void auth_csrf_text(const struct who *w, char ret_text[static AUTH_CSRF_CAP]);
bool auth_csrf_fits(const struct who *w, const char *text); /* NULL never fits */

/* Parts of a cookie's value; false when it is none of ours. */
bool auth_cookie_parse(const char *cookie, int64_t *ret_user, uint8_t ret_token[static 32]);

#endif
