/*
 * rollup_scheme.c - computed channels in the rollup; see rollup_impl.h and scheme.h
 *
 * A value that changed marks the intervals of every formula that reads it. Channels are formed rank by
 * rank, so that a formula finds what it reads already formed in the same step.
 */
#include "calc/rollup_impl.h"

#include <math.h>

#define FEW 3 /* values that are fetched one by one */

uint32_t work_rank(const struct work *w, const struct view_channel *c)
{
	return w->view->schemes->ranks[c - w->view->channels];
}

static int64_t limited(int64_t a, int64_t b)
{
	int64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? (b < 0 ? INT64_MIN / 2 : INT64_MAX / 2) : sum;
}

/* Intervals [a,b) with a - before <= start < b + after. */
void work_mark_readers(
	struct work *w, const struct view_channel *c, enum period period, int64_t start)
{
	size_t n;
	const struct schemes *all = w->view->schemes;
	const struct scheme_reader *r = schemes_readers(all, (uint32_t)(c - w->view->channels), &n);
	for (size_t i = 0; i < n; i++) {
		const struct scheme *s = &all->items[r[i].scheme];
		if (r[i].input.period != period || !s->formula) {
			continue;
		}
		int64_t last = limited(start, r[i].input.before_s);
		int64_t at = period_of(
			&s->calendar, s->conf->period, limited(start, -r[i].input.after_s))
				     .from;
		for (; at <= last; at = period_next(&s->calendar, s->conf->period, at)) {
			dirty_add(work_dirty(w, s->conf->period), s->channel, at);
		}
	}
}

struct cached_values {
	struct formula_values values;
	struct cache *cache;
};

static struct form_value cached_get(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	return cache_get(((struct cached_values *)v)->cache, channel, period, start);
}

enum scheme_answer work_scheme_value(struct work *w, const struct view_channel *c,
	enum period period, struct span span, struct form_value *ret_v)
{
	const struct scheme *s = scheme_at(
		w->view->schemes, (uint32_t)(c - w->view->channels), span.from);
	struct cached_values values = {.values.get = cached_get, .cache = w->cache};
	if (!s || (s->formula && s->conf->period < period)) {
		return SCHEME_NONE; /* fed by registers, or summed from what the formula gave */
	}
	if (!s->formula) {
		return SCHEME_KEPT;
	}
	*ret_v = (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	if (s->conf->period == period) {
		*ret_v = scheme_value(s, &values.values, span);
	}
	return SCHEME_FORMED;
}

/* ---- ahead of their use ---- */

static void fetch_input(
	struct work *w, const struct scheme *s, const struct formula_input *in, struct span span)
{
	const struct view_channel *c = view_channel(w->view, in->channel);
	size_t absent = 0;
	if (!c) {
		return;
	}
	span = (struct span){limited(span.from, -in->before_s), limited(span.till, in->after_s)};
	int64_t at = period_of(&s->calendar, in->period, span.from).from;
	for (; at < span.till && absent <= FEW; at = period_next(&s->calendar, in->period, at)) {
		absent += !cache_has(w->cache, c->conf->id, in->period, at);
	}
	if (absent > FEW) {
		cache_range(w->cache, c->conf->id, in->period, &c->calendar, span);
	}
}

void work_fetch_inputs(
	struct work *w, const struct view_channel *c, enum period period, struct span starts)
{
	size_t n;
	const struct scheme *s = schemes_of(
		w->view->schemes, (uint32_t)(c - w->view->channels), &n);
	for (size_t i = 0; i < n; i++) {
		const struct formula_input *inputs;
		size_t k = s[i].formula && s[i].conf->period == period ?
				   formula_inputs(s[i].formula, &inputs) :
				   0;
		struct span span = starts;
		span.from = s[i].conf->from_utc > span.from ? s[i].conf->from_utc : span.from;
		span.till = s[i].conf->till_utc < span.till ? s[i].conf->till_utc : span.till;
		for (size_t j = 0; j < k && span.from < span.till; j++) {
			fetch_input(w, &s[i], &inputs[j], span);
		}
	}
}

/* ---- jobs ---- */

struct input_marking {
	struct work *w;
	const struct scheme *s;
	const struct formula_input *input;
};

static enum err mark_input(void *ctx, int64_t start, struct form_value v)
{
	struct input_marking *m = ctx;
	const int64_t reach[] = {0, m->input->before_s, -m->input->after_s};
	(void)v;
	for (size_t i = 0; i < 3; i++) {
		int64_t at = period_of(
			&m->s->calendar, m->s->conf->period, limited(start, reach[i]))
				     .from;
		if (m->s->conf->from_utc <= at && at < m->s->conf->till_utc) {
			dirty_add(work_dirty(m->w, m->s->conf->period), m->s->channel, at);
		}
	}
	return ERR_OK;
}

enum err work_mark_inputs(struct work *w, const struct view_channel *c, struct span span)
{
	size_t n;
	enum err e = ERR_OK;
	const struct scheme *s = schemes_of(
		w->view->schemes, (uint32_t)(c - w->view->channels), &n);
	for (size_t i = 0; i < n && !e; i++) {
		const struct formula_input *inputs;
		size_t k = s[i].formula ? formula_inputs(s[i].formula, &inputs) : 0;
		for (size_t j = 0; j < k && !e; j++) {
			struct input_marking m = {w, &s[i], &inputs[j]};
			e = w->source.range(&w->source, inputs[j].channel, inputs[j].period, span,
				mark_input, &m);
		}
	}
	return e;
}

enum err work_newest_input(struct work *w, const struct view_channel *c, int64_t *inout_newest)
{
	size_t n;
	enum err e = ERR_OK;
	const struct scheme *s = schemes_of(
		w->view->schemes, (uint32_t)(c - w->view->channels), &n);
	for (size_t i = 0; i < n && !e; i++) {
		const struct formula_input *inputs;
		size_t k = s[i].formula ? formula_inputs(s[i].formula, &inputs) : 0;
		for (size_t j = 0; j < k && !e; j++) {
			struct archive_value v;
			e = archive_latest(
				w->store, inputs[j].channel, inputs[j].period, INT64_MAX, &v);
			if (!e && v.start > *inout_newest) {
				*inout_newest = v.start;
			}
			e = e == ERR_NODATA ? ERR_OK : e;
		}
	}
	return e;
}
