/*
 * recompute_list.h - the answer of recompute_preview as a list, by channel, period and start
 */
#ifndef DOMOVOI_RECOMPUTE_LIST_H
#define DOMOVOI_RECOMPUTE_LIST_H

#include "calc/recompute.h"

#define RECOMPUTE_MAX 2000000 /* changes in one answer */

struct recompute_list {
	struct recompute_change *items; /* owned */
	size_t n, cap;
	size_t counts[PERIOD_COUNT];
};

/* Changes that start in `span` only; ERR_LIMIT above RECOMPUTE_MAX. */
enum err recompute_collect(const struct recompute_ask *ask, struct span span,
	struct recompute_list *ret, struct diag *diag);
void recompute_list_fini(struct recompute_list *l);
/* Write them: what is replaced goes to the history with `who` and `why`. A running node forms the same
 * values and finds them there. */
enum err recompute_apply(struct store *s, const struct recompute_list *l, const char *who,
	const char *why, struct diag *diag);

#endif
