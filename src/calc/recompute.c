/*
 * recompute.c - the rollup's jobs over a configuration, without the store; see recompute.h
 */
#include "calc/recompute.h"

#include "calc/rollup_impl.h"

struct asking {
	struct work_preview preview;
	enum err (*each)(void *ctx, const struct recompute_change *change);
	void *ctx;
	size_t order;
};

static enum err tell(struct work_preview *p, int64_t channel, enum period period, int64_t start,
	struct form_value old, struct form_value fresh)
{
	struct asking *a = (struct asking *)p;
	const struct recompute_change change = {channel, period, start, a->order++, old, fresh};
	return a->each(a->ctx, &change);
}

static void force_jobs(struct work *w, const struct recompute_ask *ask)
{
	for (size_t i = 0; i < ask->channel_count; i++) {
		jobs_force(w, ask->channels[i], ask->from);
	}
	for (size_t i = 0; ask->is_all && i < w->view->site->counts[OBJECT_CHANNEL]; i++) {
		jobs_force(w, w->view->site->channels[i].id, ask->from);
	}
}

static enum err work_jobs(struct work *w)
{
	bool has_more = true;
	enum err e = ERR_OK;
	while (has_more && !e) {
		work_begin(w);
		e = jobs_step(w, &has_more);
		e = e ? e : work_form(w);
		e = e ? e : w->preview_error;
	}
	return e;
}

enum err recompute_preview(const struct recompute_ask *ask,
	enum err (*each)(void *ctx, const struct recompute_change *change), void *ctx,
	struct diag *diag)
{
	struct asking asking = {.preview.put = tell, .each = each, .ctx = ctx};
	struct work *w = work_new(ask->store);
	if (!w) {
		return err_set(diag, ERR_NOMEM, "recomputing");
	}
	w->preview = &asking.preview;
	const struct site *present = store_site(ask->store);
	enum err e = work_load(w);
	e = e ? e : work_take(w, ask->proposed ? ask->proposed : present);
	if (!e) {
		force_jobs(w, ask);
		e = work_jobs(w);
	}
	site_unref(present);
	work_free(w);
	return e ? err_set(diag, e, "recomputing the archive") : ERR_OK;
}
