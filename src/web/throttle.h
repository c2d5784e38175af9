/*
 * throttle.h - slows down who guesses passwords
 *
 * Failures are counted by three keys: login and address together, login alone, address alone. Past
 * a key's free tries every further failure doubles the time until the next try is heard, up to
 * 15 minutes; a key is forgotten after an hour of peace. The table has a fixed size: when it is
 * full the entry longest at peace gives way. In memory only; times are wall clock seconds.
 */
#ifndef DOMOVOI_THROTTLE_H
#define DOMOVOI_THROTTLE_H

#include "base/err.h"

#include <pthread.h>
#include <stdint.h>

#define THROTTLE_ENTRIES 1024

struct throttle_entry {
	uint64_t key; /* 0: free */
	int64_t last_s;
	int64_t until_s;
	int failures;
};

struct throttle {
	pthread_mutex_t lock;
	struct throttle_entry entries[THROTTLE_ENTRIES];
};

void throttle_init(struct throttle *t);
void throttle_fini(struct throttle *t);
/* Seconds to wait, 0: go on. */
int throttle_wait(struct throttle *t, const char *login, const char *peer, int64_t now_s);
void throttle_failed(struct throttle *t, const char *login, const char *peer, int64_t now_s);
void throttle_passed(struct throttle *t, const char *login, const char *peer);

#endif
