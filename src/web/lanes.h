/*
 * lanes.h - worker threads behind bounded queues, one queue per lane
 *
 * A job is anything with a `next`; it runs once on a worker of its lane. A full lane refuses, it
 * never blocks: the caller is the epoll thread.
 */
#ifndef DOMOVOI_LANES_H
#define DOMOVOI_LANES_H

#include "base/err.h"

struct lane_job {
	struct lane_job *next;
	void (*run)(struct lane_job *j);
};

struct lane_setup {
	const char *name;
	int workers;
	int ceiling; /* jobs that may wait */
};

struct lanes;

enum err lanes_new(const struct lane_setup *setup, size_t n, struct lanes **ret_lanes);
bool lanes_push(struct lanes *l, size_t lane, struct lane_job *job); /* false: full or closing */
/* Runs what waits, ends the threads, refuses from now on. */
void lanes_close(struct lanes *l);
void lanes_free(struct lanes *l); /* closes, if that was not done; NULL is fine */

#endif
