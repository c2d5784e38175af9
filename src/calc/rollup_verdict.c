/*
 * rollup_verdict.c - doubts and decisions laid over what is computed; see overlay.h
 *
 * Verdicts that are new or changed mark their interval like a changed register does; forming it
 * anew gives the same number, and what the verdict makes of it. How far they are worked off is a
 * state of its own, saved with the values ("rollup.verdicts"); reading them again gives the same.
 */
#include "calc/rollup_impl.h"

#include <stdio.h>

#define STATE_NAME "rollup.verdicts"

static enum err keep_verdict(void *ctx, const struct verdict *v)
{
	struct work *w = ctx;
	return overlay_take(&w->overlay, v) ? ERR_OK : ERR_NOMEM;
}

static enum err take_verdict(void *ctx, const struct verdict *v)
{
	struct work *w = ctx;
	const struct view_channel *c = view_channel(w->view, v->series);
	if (c && period_of(&c->calendar, v->period, v->start).from == v->start) {
		dirty_add(work_dirty(w, v->period), (uint32_t)(c - w->view->channels), v->start);
	}
	return keep_verdict(w, v);
}

enum err work_take_verdicts(struct work *w)
{
	struct verdict_query q = {.is_by_seq = true, .after_seq = w->verdict_seq};
	enum err e = verdict_list(w->store, &q, take_verdict, w);
	if (e || w->overlay.seq <= w->verdict_seq) {
		return e;
	}
	struct buf body;
	w->verdict_seq = w->overlay.seq;
	buf_init(&body, 16);
	buf_varint(&body, (uint64_t)w->verdict_seq);
	batch_state(w->batch, STATE_NAME, buf_slice(&body));
	buf_fini(&body);
	return ERR_OK;
}

enum err work_load_verdicts(struct work *w)
{
	struct verdict_query q = {.is_by_seq = true};
	struct buf body;
	overlay_fini(&w->overlay);
	w->verdict_seq = 0;
	buf_init(&body, 16);
	enum err e = store_state(w->store, STATE_NAME, &body);
	if (!e) {
		struct reader in = reader_of(buf_slice(&body));
		w->verdict_seq = (int64_t)reader_varint(&in);
	}
	buf_fini(&body);
	e = e == ERR_NODATA ? ERR_OK : e;
	return e ? e : verdict_list(w->store, &q, keep_verdict, w);
}

void work_name_verdict(struct work *w, const struct verdict *v)
{
	char why[256];
	if (!v) {
		batch_who(w->batch, "rollup", "formed anew");
	} else if (v->state == VERDICT_OPEN) {
		(void)snprintf(
			why, sizeof(why), "%s: %g against %g", v->rule, v->measure, v->bound);
		batch_who(w->batch, "validate", why);
	} else {
		(void)snprintf(why, sizeof(why), "%s %s: %s %s", v->rule,
			verdict_state_name(v->state), v->reason, v->document);
		batch_who(w->batch, v->decided_by, why);
	}
}
