/*
 * priv.h - what the files of the store share
 *
 * Threads: the writer's thread alone uses the writing connection and the applier. Reading takes a
 * connection from a pool for the length of one call. Locks are leaves: nobody holds two of them.
 */
#ifndef DOMOVOI_STORE_PRIV_H
#define DOMOVOI_STORE_PRIV_H

#include "store/last.h"
#include "store/sql.h"
#include "store/store.h"

#include <pthread.h>

#define LISTENERS_MAX 8
#define READERS_KEPT  4

struct writer;

struct store {
	char *url; /* owned */
	unsigned flags;

	pthread_mutex_t site_lock;
	const struct site *site; /* one reference */

	pthread_mutex_t pool_lock;
	struct sql *pool[READERS_KEPT]; /* idle connections, owned */
	size_t pool_n;

	struct last last;

	pthread_mutex_t listen_lock; /* held during calls of listeners */
	struct store_listener *listeners[LISTENERS_MAX];

	struct store_retention retention;
	site_rule *rule;       /* NULL: none */
	struct writer *writer; /* NULL when read-only */
};

/* A connection for reading, to be given back by the same thread. */
enum err store_reader(struct store *s, struct sql **ret_db);
void store_reader_done(struct store *s, struct sql *db);

/*
 * Something to do on the writer's thread between groups of batches, in a transaction of its own.
 * `after` (may be NULL) is called when it is committed.
 */
struct writer_job {
	enum err (*run)(struct store *s, struct sql *db, void *ctx, struct diag *diag);
	void (*after)(struct store *s, void *ctx);
	void *ctx;
};
enum err store_job(struct store *s, const struct writer_job *job, struct diag *diag);

/* One step of upkeep on the writer's thread (it opens its own transactions); *ret_n: what it did. */
struct applier;
enum err store_step(struct store *s,
	enum err (*run)(struct store *s, struct applier *a, int64_t now, size_t *ret_n),
	int64_t now, size_t *ret_n);

/* Replace the snapshot; takes over the reference. Tells the listeners. */
void store_set_site(struct store *s, const struct site *fresh);
enum err site_load(struct sql *db, struct site **ret_site, struct diag *diag);
void store_notify(struct store *s, const struct last_reading *readings, size_t n);

enum err writer_start(struct store *s, struct writer **ret_writer, struct diag *diag);
void writer_stop(struct writer *w); /* everything submitted is safe, or the log says what is not */

#endif
