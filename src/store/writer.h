/*
 * writer.h - the thread that owns the writing connection: what writer.c and keep.c share
 *
 *   submit ──> queue ──> group ──> one transaction ──> acknowledged
 *                          └─ failed ─> spill file ──> acknowledged; replayed when it works again
 *
 * writer.c has the queue and the thread, keep.c makes a group safe.
 */
#ifndef DOMOVOI_STORE_WRITER_H
#define DOMOVOI_STORE_WRITER_H

#include "store/apply.h"
#include "store/priv.h"
#include "store/spill.h"

struct waiter {
	enum err result;
	bool is_done;
};

struct job {
	struct job *next;
	const struct writer_job *job; /* or: */
	enum err (*step)(struct store *s, struct applier *a, int64_t now, size_t *ret_n);
	int64_t now;
	size_t n;
	enum err result;
	struct diag diag;
	bool is_done;
};

struct writer {
	struct store *s;
	pthread_t thread;
	bool is_running;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* the writer */
	pthread_cond_t done; /* everybody else */
	struct batch *head, **tail;
	size_t queued_bytes, queued;
	size_t waiters; /* batches in the queue that somebody waits for */
	struct job *jobs, **jobs_tail;
	bool is_stopping;
	bool is_holding; /* neither database nor spill file takes anything */
	struct store_status status;

	/* the writer's thread only */
	struct sql *db; /* NULL: away */
	struct applier applier;
	struct spill spill;
	int64_t retry_us, backoff_us, saved_us, look_us;
	int64_t data_version; /* of the database: changes when another program writes */
	bool is_dirty;        /* readings since last readings were saved */
};

/* All of these on the writer's thread, without the lock. */
enum err keep_group(struct writer *w, struct batch *list); /* commit or spill */
enum err keep_job(struct writer *w, struct job *j);
void keep_late_rows(struct writer *w); /* pack them when there are many */
enum err keep_ready(struct writer *w); /* open the database if it is away and a try is due */
void keep_look(struct writer *w);      /* has another program written? */
void keep_finish(struct writer *w);    /* before the connection is closed */

#endif
