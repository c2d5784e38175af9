/*
 * behind.h - a thread that works behind the store: woken by its commits, done when nothing is left
 *
 * What such a worker wrote comes back to it with the next commit, so a step must find that there is
 * nothing to do when there is nothing. On the wall clock it lets some seconds pass between two rounds,
 * so that the values of many meters, which arrive within a minute, leave in few commits. After an
 * error it says so once and tries again.
 */
#ifndef DOMOVOI_BEHIND_H
#define DOMOVOI_BEHIND_H

#include "store/store.h"

struct behind;

struct behind_options {
	const char *name;    /* of the thread, and in the log; at most 15 letters */
	const char *failing; /* "archives are not formed" */
	const char *working; /* "archives are formed again" */
	bool is_on_clock;    /* virtual time waits for it */
	/* Work off what there is, up to a limit; *ret_more: at once again. */
	enum err (*step)(void *ctx, bool *ret_more);
	void *ctx;
};

enum err behind_start(struct store *store, const struct behind_options *options,
	struct behind **ret_behind, struct diag *diag);
/* Everything committed before the call has been worked off and is committed. */
enum err behind_settle(struct behind *b);
void behind_stop(struct behind *b); /* NULL is fine */

#endif
