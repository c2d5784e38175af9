/*
 * auth.c - log-in and sessions; see auth.h
 */
#include "web/auth.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "web/password.h"
#include "web/throttle.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDLE_S       ((int64_t)7 * 86400)
#define LONGEST_S    ((int64_t)30 * 86400)
#define SEEN_EVERY_S 3600 /* how often the last use is written down */
#define KEPT_MAX     64   /* sessions in memory while the database cannot be written */
#define TOKEN_BYTES  32

struct auth {
	struct store *store;
	struct throttle throttle;
	pthread_mutex_t lock;
	struct session kept[KEPT_MAX]; /* user 0: free */
	size_t kept_next;
};

/* the wall's time: browsers know no other */
static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

enum err auth_new(struct store *store, struct auth **ret_auth)
{
	if (sodium_init() < 0) {
		return ERR_INTERNAL;
	}
	struct auth *a = calloc(1, sizeof(*a));
	if (!a) {
		return ERR_NOMEM;
	}
	a->store = store;
	throttle_init(&a->throttle);
	(void)pthread_mutex_init(&a->lock, NULL);
	*ret_auth = a;
	return ERR_OK;
}

void auth_free(struct auth *a)
{
	if (a) {
		throttle_fini(&a->throttle);
		(void)pthread_mutex_destroy(&a->lock);
		free(a);
	}
}

void who_fini(struct who *w)
{
	access_fini(&w->access);
	sodium_memzero(w, sizeof(*w));
}

/* ---- tokens ---- */

static bool unhex_exact(const char *text, uint8_t *to, size_t n)
{
	size_t got = 0;
	const char *end = NULL;
	return strlen(text) == 2 * n && sodium_hex2bin(to, n, text, 2 * n, NULL, &got, &end) == 0 &&
	       got == n;
}

bool auth_cookie_parse(const char *cookie, int64_t *ret_user, uint8_t ret_token[static 32])
{
	char digits[24];
	const char *dot = strchr(cookie, '.');
	size_t n = dot ? (size_t)(dot - cookie) : 0;
	int64_t user;
	if (n == 0 || n >= sizeof(digits) || strspn(cookie, "0123456789") != n) {
		return false;
	}
	memcpy(digits, cookie, n);
	digits[n] = '\0';
	if (str_to_int(digits, &user) != ERR_OK || user <= 0 ||
		!unhex_exact(dot + 1, ret_token, TOKEN_BYTES)) {
		return false;
	}
	*ret_user = user;
	return true;
}

static void hash_token(
	const struct user *u, const uint8_t token[static TOKEN_BYTES], uint8_t ret_hash[static 32])
{
	uint8_t key[32];
	(void)crypto_generichash(
		key, sizeof(key), (const uint8_t *)u->hash, strlen(u->hash), NULL, 0);
	(void)crypto_generichash(ret_hash, 32, token, TOKEN_BYTES, key, sizeof(key));
}

void auth_csrf_text(const struct who *w, char ret_text[static AUTH_CSRF_CAP])
{
	(void)sodium_bin2hex(ret_text, AUTH_CSRF_CAP, w->session.csrf, sizeof(w->session.csrf));
}

bool auth_csrf_fits(const struct who *w, const char *text)
{
	uint8_t given[sizeof(w->session.csrf)];
	return text && unhex_exact(text, given, sizeof(given)) &&
	       sodium_memcmp(given, w->session.csrf, sizeof(given)) == 0;
}

/* ---- sessions: in the store, or in memory while it cannot be written ---- */

static struct session *kept_find(struct auth *a, const uint8_t hash[static 32])
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		if (a->kept[i].user && memcmp(a->kept[i].token_hash, hash, 32) == 0) {
			return &a->kept[i];
		}
	}
	return NULL;
}

static void keep(struct auth *a, const struct session *x)
{
	(void)pthread_mutex_lock(&a->lock);
	struct session *slot = kept_find(a, x->token_hash);
	if (!slot) {
		slot = &a->kept[a->kept_next++ % KEPT_MAX];
	}
	*slot = *x;
	(void)pthread_mutex_unlock(&a->lock);
}

static bool take_kept(struct auth *a, const uint8_t hash[static 32], struct session *ret_session)
{
	(void)pthread_mutex_lock(&a->lock);
	const struct session *found = kept_find(a, hash);
	if (found) {
		*ret_session = *found;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return found != NULL;
}

static bool drop_kept(struct auth *a, const uint8_t hash[static 32])
{
	(void)pthread_mutex_lock(&a->lock);
	struct session *found = kept_find(a, hash);
	if (found) {
		*found = (struct session){0};
	}
	(void)pthread_mutex_unlock(&a->lock);
	return found != NULL;
}

static void put_session(struct auth *a, const struct session *x)
{
	enum err e = session_put(a->store, x);
	if (e) {
		log_warn("web", "session kept in memory only: %s", err_text(e, LANG_EN));
		keep(a, x);
	}
}

static int64_t expiry(int64_t created, int64_t seen)
{
	int64_t idle = seen + IDLE_S;
	int64_t end = created + LONGEST_S;
	return idle < end ? idle : end;
}

enum err auth_open(struct auth *a, const struct user *user, struct who *ret_who,
	char ret_cookie[static AUTH_COOKIE_CAP])
{
	struct who w = {.user = *user};
	uint8_t token[TOKEN_BYTES];
	char hex[2 * TOKEN_BYTES + 1];
	int64_t now = wall_s();
	enum err e = access_load(a->store, user->id, &w.access);
	if (e) {
		return e;
	}
	randombytes_buf(token, sizeof(token));
	randombytes_buf(w.session.csrf, sizeof(w.session.csrf));
	hash_token(user, token, w.session.token_hash);
	w.session.user = user->id;
	w.session.created_utc = now;
	w.session.seen_utc = now;
	w.session.expires_utc = expiry(now, now);
	put_session(a, &w.session);
	(void)sodium_bin2hex(hex, sizeof(hex), token, sizeof(token));
	(void)snprintf(ret_cookie, AUTH_COOKIE_CAP, "%" PRId64 ".%s", user->id, hex);
	sodium_memzero(token, sizeof(token));
	*ret_who = w;
	return ERR_OK;
}

static enum err verify(
	struct auth *a, const struct credentials *given, const char *hash, int *ret_wait_s)
{
	int wait = throttle_wait(&a->throttle, given->login, given->peer, wall_s());
	if (wait > 0) {
		*ret_wait_s = wait;
		return ERR_BUSY;
	}
	if (!password_fits(given->password, hash)) {
		throttle_failed(&a->throttle, given->login, given->peer, wall_s());
		return ERR_DENIED;
	}
	throttle_passed(&a->throttle, given->login, given->peer);
	return ERR_OK;
}

enum err auth_verify(struct auth *a, const struct user *user, const char *password,
	const char *peer, int *ret_wait_s)
{
	struct credentials given = {user->login, password, peer};
	return verify(a, &given, user->hash, ret_wait_s);
}

/* What a stranger typed must not break the lines of the log. */
static void log_login(const char *login, const char *peer, enum err e)
{
	char shown[64];
	size_t i = 0;
	for (; login[i] && i + 1 < sizeof(shown); i++) {
		bool is_plain = (unsigned char)login[i] > ' ' && (unsigned char)login[i] < 0x7f;
		shown[i] = login[i];
		if (!is_plain || login[i] == '"') {
			shown[i] = '?';
		}
	}
	shown[i] = '\0';
	log_info("web", "log-in of \"%s\" from %.45s: %s", shown, peer, err_name(e));
}

enum err auth_login(struct auth *a, const struct credentials *given, struct who *ret_who,
	char ret_cookie[static AUTH_COOKIE_CAP], int *ret_wait_s)
{
	struct user user = {0};
	enum err e = user_find(a->store, given->login, &user);
	if (e && e != ERR_NOTFOUND && e != ERR_NODATA) {
		return e;
	}
	bool is_known = !e && user.is_enabled && user.hash[0];
	e = verify(a, given, is_known ? user.hash : NULL, ret_wait_s);
	if (!e) {
		e = auth_open(a, &user, ret_who, ret_cookie);
	}
	log_login(given->login, given->peer, e);
	sodium_memzero(&user, sizeof(user));
	return e;
}

static enum err find_session(
	struct auth *a, const uint8_t hash[static 32], struct session *ret_session)
{
	if (take_kept(a, hash, ret_session)) {
		return ERR_OK;
	}
	enum err e = session_find(a->store, hash, ret_session);
	return e == ERR_NOTFOUND || e == ERR_NODATA ? ERR_DENIED : e;
}

enum err auth_find(struct auth *a, const char *cookie, struct who *ret_who)
{
	struct who w = {0};
	uint8_t token[TOKEN_BYTES];
	uint8_t hash[32];
	int64_t user;
	int64_t now = wall_s();
	if (!auth_cookie_parse(cookie, &user, token)) {
		return ERR_DENIED;
	}
	enum err e = user_get(a->store, user, &w.user);
	if (e) {
		return e == ERR_NOTFOUND || e == ERR_NODATA ? ERR_DENIED : e;
	}
	hash_token(&w.user, token, hash);
	e = find_session(a, hash, &w.session);
	if (!e && (w.session.user != user || !w.user.is_enabled)) {
		e = ERR_DENIED;
	}
	if (!e && now >= w.session.expires_utc) {
		(void)session_delete(a->store, w.session.token_hash);
		e = ERR_DENIED;
	}
	if (!e) {
		e = access_load(a->store, user, &w.access);
	}
	if (e) {
		who_fini(&w);
		return e;
	}
	if (now - w.session.seen_utc >= SEEN_EVERY_S) {
		w.session.seen_utc = now;
		w.session.expires_utc = expiry(w.session.created_utc, now);
		put_session(a, &w.session);
	}
	*ret_who = w;
	return ERR_OK;
}

enum err auth_recheck(struct auth *a, struct who *who)
{
	struct session session;
	struct user user;
	struct access access;
	enum err e = user_get(a->store, who->user.id, &user);
	if (!e) {
		e = find_session(a, who->session.token_hash, &session);
	}
	if (!e) {
		e = access_load(a->store, user.id, &access);
	}
	if (e) {
		return e == ERR_NOTFOUND || e == ERR_NODATA ? ERR_DENIED : e;
	}
	if (!user.is_enabled || strcmp(user.hash, who->user.hash) != 0 || session.user != user.id ||
		wall_s() >= session.expires_utc) {
		access_fini(&access);
		return ERR_DENIED;
	}
	access_fini(&who->access);
	*who = (struct who){user, session, access};
	return ERR_OK;
}

enum err auth_logout(struct auth *a, const struct who *who)
{
	bool was_kept = drop_kept(a, who->session.token_hash);
	enum err e = session_delete(a->store, who->session.token_hash);
	return was_kept || e == ERR_NOTFOUND || e == ERR_NODATA ? ERR_OK : e;
}
