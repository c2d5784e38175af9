/*
 * rollup_work.h - the rollup without its thread: one step works off what there is, up to a limit
 *
 *   journal, readings ──> fold (A) ──> registers' hours ──> channels' hours (B) ──> days ──> months (C)
 *
 * All of a step leaves in one batch, together with the cursors and the state of the fold, so that a
 * node that dies goes on where it stopped. What a step wrote comes back in the journal, is compared with
 * what was computed, and formed again only if somebody else has changed it.
 *
 * A channel whose configuration changed is formed anew from its registers' archives by a job, a year
 * per step; jobs and the prints of all channels are a state of their own.
 */
#ifndef DOMOVOI_ROLLUP_WORK_H
#define DOMOVOI_ROLLUP_WORK_H

#include "store/store.h"

struct work;

struct work *work_new(struct store *store); /* NULL: out of memory */
void work_free(struct work *w);
/* `ret_more`: there is more to do at once. After an error the next step begins with what is stored. */
enum err work_step(struct work *w, bool *ret_more);
/* Write the state, so that the next start has nothing to fold again. */
enum err work_finish(struct work *w);

#endif
