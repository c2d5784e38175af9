/*
 * recompute.h - what would change: the archive worked out anew, before anything is written
 *
 * The rollup's own stages B and C run over a configuration - the present one, or one that is only
 * proposed - and tell each value that would differ, instead of storing it. A changed formula, tariff,
 * area or binding concerns exactly the channels whose print differs and what is computed from them.
 *
 * The stored archive may be changed meanwhile by a running node: the answer is of about this moment.
 */
#ifndef DOMOVOI_RECOMPUTE_H
#define DOMOVOI_RECOMPUTE_H

#include "calc/form.h"
#include "store/store.h"

struct recompute_ask {
	struct store *store;
	const struct site *proposed; /* NULL: the configuration in use */
	const int64_t *channels;     /* worked out whatever is known of them ... */
	size_t channel_count;
	bool is_all;  /* ... or all */
	int64_t from; /* nothing before it is looked at for those */
};

struct recompute_change {
	int64_t channel;
	enum period period;
	int64_t start;
	size_t order;                 /* in which it was told */
	struct form_value old, fresh; /* class MISSING, value NaN: none */
};

/* `each` returns ERR_OK to go on; what else it returns ends the work and is returned. */
enum err recompute_preview(const struct recompute_ask *ask,
	enum err (*each)(void *ctx, const struct recompute_change *change), void *ctx,
	struct diag *diag);

#endif
