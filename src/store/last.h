/*
 * last.h - the latest reading of every register, in memory
 *
 * Rewriting a row per register and reading would wear out flash. The list is kept in memory; now
 * and then it is saved as one state ("last"), and at start it is rebuilt from that and from the
 * readings after it.
 */
#ifndef DOMOVOI_LAST_H
#define DOMOVOI_LAST_H

#include "store/sql.h"
#include "store/store.h"

#include <pthread.h>

struct last {
	pthread_mutex_t lock;
	struct last_reading *items; /* sorted by reg, owned */
	size_t n, cap;
};

bool last_init(struct last *l);
void last_fini(struct last *l);
/* Take over readings that are newer than what is known. Memory may run out: then some are missing
 * until they are read again. */
void last_update(struct last *l, const struct last_reading *fresh, size_t n);
enum err last_copy(struct last *l, struct last_reading **ret_items, size_t *ret_n);

/* Inside a transaction: save the list as of reading `seq`. */
enum err last_save(struct last *l, struct sql *db, int64_t seq);
enum err last_load(struct last *l, struct sql *db);

/* Readings of one row lie this near to the time of the row. */
#define READING_ROW_S 3600

/* Readings of one row of the table, `seq`, `utc` and `frame` from its columns. */
enum err reading_row_each(struct slice body, int64_t seq, int64_t utc, int64_t frame,
	enum err (*each)(void *ctx, const struct reading_row *r), void *ctx);

#endif
