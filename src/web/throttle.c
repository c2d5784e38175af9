/*
 * throttle.c - failures by key with growing waits; see throttle.h
 */
#include "web/throttle.h"

#include <sodium.h>
#include <string.h>

#define LONGEST_WAIT_S 900
#define PEACE_S        3600
#define KEYS           3

/* tries without a wait: a person mistypes, a house shares one address */
static const int free_tries[KEYS] = {5, 20, 50};

static void make_keys(const char *login, const char *peer, uint64_t ret_keys[static KEYS])
{
	const char *parts[KEYS][2] = {{login, peer}, {login, ""}, {"", peer}};
	for (size_t i = 0; i < KEYS; i++) {
		crypto_generichash_state state;
		uint8_t which = (uint8_t)i;
		(void)crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES_MIN);
		uint8_t hash[crypto_generichash_BYTES_MIN];
		(void)crypto_generichash_update(&state, &which, 1);
		for (size_t k = 0; k < 2; k++) {
			(void)crypto_generichash_update(
				&state, (const uint8_t *)parts[i][k], strlen(parts[i][k]) + 1);
		}
		(void)crypto_generichash_final(&state, hash, sizeof(hash));
		memcpy(&ret_keys[i], hash, sizeof(ret_keys[i]));
		ret_keys[i] |= 1; /* 0 means a free entry */
	}
}

static struct throttle_entry *find(struct throttle *t, uint64_t key)
{
	for (size_t i = 0; i < THROTTLE_ENTRIES; i++) {
		if (t->entries[i].key == key) {
			return &t->entries[i];
		}
	}
	return NULL;
}

static struct throttle_entry *find_or_take(struct throttle *t, uint64_t key)
{
	struct throttle_entry *e = find(t, key);
	if (e) {
		return e;
	}
	e = &t->entries[0];
	for (size_t i = 1; i < THROTTLE_ENTRIES && e->key; i++) {
		if (!t->entries[i].key || t->entries[i].last_s < e->last_s) {
			e = &t->entries[i];
		}
	}
	*e = (struct throttle_entry){.key = key};
	return e;
}

void throttle_init(struct throttle *t)
{
	memset(t, 0, sizeof(*t));
	(void)pthread_mutex_init(&t->lock, NULL);
}

void throttle_fini(struct throttle *t)
{
	(void)pthread_mutex_destroy(&t->lock);
}

int throttle_wait(struct throttle *t, const char *login, const char *peer, int64_t now_s)
{
	uint64_t keys[KEYS];
	int64_t wait = 0;
	make_keys(login, peer, keys);
	(void)pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < KEYS; i++) {
		const struct throttle_entry *e = find(t, keys[i]);
		if (e && e->until_s - now_s > wait) {
			wait = e->until_s - now_s;
		}
	}
	(void)pthread_mutex_unlock(&t->lock);
	return wait > LONGEST_WAIT_S ? LONGEST_WAIT_S : (int)wait; /* the clock was set back */
}

void throttle_failed(struct throttle *t, const char *login, const char *peer, int64_t now_s)
{
	uint64_t keys[KEYS];
	make_keys(login, peer, keys);
	(void)pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < KEYS; i++) {
		struct throttle_entry *e = find_or_take(t, keys[i]);
		if (now_s - e->last_s > PEACE_S) {
			e->failures = 0;
		}
		e->last_s = now_s;
		e->failures++;
		int past = e->failures - free_tries[i];
		if (past >= 0) {
			int64_t wait = past < 10 ? (int64_t)1 << past : LONGEST_WAIT_S;
			e->until_s = now_s + (wait < LONGEST_WAIT_S ? wait : LONGEST_WAIT_S);
		}
	}
	(void)pthread_mutex_unlock(&t->lock);
}

void throttle_passed(struct throttle *t, const char *login, const char *peer)
{
	uint64_t keys[KEYS];
	make_keys(login, peer, keys);
	(void)pthread_mutex_lock(&t->lock);
	struct throttle_entry *e = find(t, keys[0]);
	if (e) {
		*e = (struct throttle_entry){0};
	}
	(void)pthread_mutex_unlock(&t->lock);
}
