/*
 * rollup.c - the rollup behind the store; see rollup.h, rollup_work.h and behind.h
 *
 * What it wrote comes back in the journal and is found to be what it wrote.
 */
#include "calc/rollup.h"

#include "calc/behind.h"
#include "calc/rollup_work.h"

#include <stdlib.h>

struct rollup {
	struct behind *behind;
	struct work *work; /* of the thread */
};

static enum err step(void *ctx, bool *ret_more)
{
	struct rollup *r = ctx;
	return work_step(r->work, ret_more);
}

enum err rollup_start(struct store *store, struct rollup **ret_rollup, struct diag *diag)
{
	struct rollup *r = calloc(1, sizeof(*r));
	if (!r) {
		return err_set(diag, ERR_NOMEM, "rollup");
	}
	const struct behind_options options = {.name = "rollup",
		.failing = "archives are not formed",
		.working = "archives are formed again",
		.is_on_clock = true,
		.step = step,
		.ctx = r};
	r->work = work_new(store);
	enum err e = r->work ? behind_start(store, &options, &r->behind, diag) :
			       err_set(diag, ERR_NOMEM, "rollup");
	if (e) {
		work_free(r->work);
		free(r);
		return e;
	}
	*ret_rollup = r;
	return ERR_OK;
}

enum err rollup_settle(struct rollup *r)
{
	return behind_settle(r->behind);
}

void rollup_stop(struct rollup *r)
{
	if (!r) {
		return;
	}
	behind_stop(r->behind);
	(void)work_finish(r->work); /* not written: folded again at the next start */
	work_free(r->work);
	free(r);
}
