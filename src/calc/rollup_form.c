/*
 * rollup_form.c - stages B and C over what is marked; see rollup_impl.h
 *
 * The lists are in order of time. Values are fetched ahead in the shape that is cheaper: where many
 * channels have few intervals (the live case) as slices of one start, where few channels have many
 * (an archive read after an outage, a job) as ranges of one series.
 */
#include "calc/rollup_impl.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

#define REACH_S 7200 /* readings an hour depends on lie that far around it */

static bool is_missing(struct form_value v)
{
	return quality_class(v.quality) == QUALITY_MISSING || isnan(v.value);
}

void work_channel_changed(
	struct work *w, const struct view_channel *c, enum period period, int64_t start)
{
	uint32_t index = (uint32_t)(c - w->view->channels);
	enum period next = period == PERIOD_HOUR ? PERIOD_DAY : PERIOD_MONTH;
	work_mark_readers(w, c, period, start);
	if (period != PERIOD_HOUR && period != PERIOD_DAY) {
		return;
	}
	int64_t longer = period_of(&c->calendar, next, start).from;
	dirty_add(work_dirty(w, next), index, longer);
	for (uint32_t i = c->weighed; i; i = w->view->channels[i - 1].next_weighed) {
		dirty_add(work_dirty(w, next), i - 1, longer);
	}
}

static void mark_interval(struct work *w, const struct view_register *r,
	const struct view_channel *c, enum period period, int64_t start)
{
	uint32_t index = (uint32_t)(c - w->view->channels);
	struct dirty *list = work_dirty(w, period);
	if (r->kind == KIND_COUNTER && r->conf->form != FORM_AMOUNT) {
		/* a reading ends one interval, begins the next, and is what noise is measured from */
		struct span here = period_of(&c->calendar, period, start);
		dirty_add(list, index, period_prev(&c->calendar, period, here.from));
		dirty_add(list, index, here.from);
		if (r->limits.noise > 0) {
			dirty_add(list, index, here.till);
		}
	} else {
		dirty_add(list, index, period_of(&c->calendar, period, start).from);
	}
}

/* A reading at an end of a day or month tells its amount, whatever becomes of the hours beside it. */
static void mark_ends(struct work *w, const struct view_channel *c, int64_t at)
{
	uint32_t index = (uint32_t)(c - w->view->channels);
	if (period_of(&c->calendar, PERIOD_DAY, at).from != at) {
		return; /* months begin with a day */
	}
	dirty_add(&w->days, index, at);
	dirty_add(&w->days, index, period_prev(&c->calendar, PERIOD_DAY, at));
	if (period_of(&c->calendar, PERIOD_MONTH, at).from == at) {
		dirty_add(&w->months, index, at);
		dirty_add(&w->months, index, period_prev(&c->calendar, PERIOD_MONTH, at));
	}
}

/* A reading also ends or begins the line across a hole. */
static void mark_hole(struct work *w, const struct view_register *r, const struct view_channel *c,
	int64_t start, int direction)
{
	struct point p;
	uint32_t index = (uint32_t)(c - w->view->channels);
	if (!register_neighbour(r, start, direction, w->cache, &p)) {
		return;
	}
	int64_t from = p.utc < start ? p.utc : start, till = p.utc < start ? start : p.utc;
	for (int64_t at = from; at < till; at += 3600) {
		dirty_add(&w->hours, index, period_of(&c->calendar, PERIOD_HOUR, at).from);
	}
}

void work_register_changed(
	struct work *w, const struct view_register *r, enum period period, int64_t start)
{
	for (uint32_t i = 0; i < r->use_count; i++) {
		const struct view_channel *c = &w->view->channels[w->view->uses[r->first_use + i]];
		uint32_t index = (uint32_t)(c - w->view->channels);
		if (period == PERIOD_HALF_HOUR || period == PERIOD_HOUR) {
			mark_interval(w, r, c, period, start);
		}
		if (period == PERIOD_HALF_HOUR) {
			mark_interval(w, r, c, PERIOD_HOUR, start);
		}
		if (period == PERIOD_HOUR && r->kind == KIND_COUNTER &&
			r->conf->form != FORM_AMOUNT) {
			mark_ends(w, c, start);
			mark_hole(w, r, c, start, -1);
			mark_hole(w, r, c, start, 1);
		}
		if (period == PERIOD_DAY || period == PERIOD_MONTH) {
			/* a reading at `start` ends one period and begins the next */
			struct span here = period_of(&c->calendar, period, start);
			dirty_add(work_dirty(w, period), index, here.from);
			dirty_add(work_dirty(w, period), index,
				period_prev(&c->calendar, period, here.from));
		}
	}
}

/* Into the batch, or to who asked what would be. */
static void store_value(struct work *w, int64_t channel, enum period period, int64_t start,
	struct form_value old, struct form_value v, const struct verdict *verdict)
{
	if (w->preview) {
		enum err e = w->preview->put(w->preview, channel, period, start, old, v);
		w->preview_error = e ? e : w->preview_error;
		return;
	}
	if (verdict) {
		work_name_verdict(w, verdict);
	}
	batch_archive(w->batch, channel, period, start, v.value, v.quality, true);
	if (verdict) {
		work_name_verdict(w, NULL);
	}
}

void work_emit(struct work *w, const struct view_channel *c, enum period period, int64_t start,
	struct form_value v, enum jump jump)
{
	struct form_value old = cache_get(w->cache, c->conf->id, period, start);
	if (quality_source(old.quality) > SOURCE_METER) {
		return; /* a person's or an imported value */
	}
	const struct verdict *verdict;
	v = overlay_apply(&w->overlay, c->conf->id, period, start, v, &verdict);
	if (is_missing(v)) {
		bool is_kept = quality_source(old.quality) != SOURCE_NONE;
		if (!is_kept && jump == JUMP_NONE) {
			return; /* nothing is known and nothing was ever said */
		}
		v.value = NAN;
		if (quality_source(v.quality) == SOURCE_NONE) {
			v.quality = quality_make(
				QUALITY_MISSING, SOURCE_ESTIMATE, quality_flags(v.quality));
		}
	}
	bool is_same = old.quality == v.quality && (old.value == v.value || is_missing(v));
	if (is_same) {
		return;
	}
	store_value(w, c->conf->id, period, start, old, v, verdict);
	cache_put_own(w->cache, c->conf->id, period, start, v);
	w->emitted++;
	work_channel_changed(w, c, period, start);
	if (jump != JUMP_NONE && !w->preview) {
		batch_event(w->batch, start, c->conf->id, "jump", jump_text(jump));
	}
}

/* ---- values ahead of their use ---- */

struct ids {
	int64_t *items;
	size_t n;
};

static size_t ids_cap(const struct work *w)
{
	return 2 * w->view->site->counts[OBJECT_CHANNEL] + w->view->site->counts[OBJECT_BINDING];
}

/* The channels of the items [from, till) of a list, and what weighs them. */
static void channel_ids(
	const struct work *w, const struct dirty *d, size_t from, size_t till, struct ids *ids)
{
	ids->n = 0;
	for (size_t i = from; i < till; i++) {
		const struct view_channel *c = &w->view->channels[d->items[i].channel];
		ids->items[ids->n++] = c->conf->id;
		if (c->weight) {
			ids->items[ids->n++] = w->view->channels[c->weight - 1].conf->id;
		}
	}
}

static bool is_near(const struct binding *b, int64_t start)
{
	const int64_t reach = 40LL * 86400; /* longer than any period */
	return (b->from_utc < 0 || b->from_utc - reach <= start) &&
	       (b->till_utc == INT64_MAX || b->till_utc >= start - reach);
}

static void register_ids(const struct work *w, const struct dirty *d, size_t from, size_t till,
	size_t cap, struct ids *ids)
{
	ids->n = 0;
	for (size_t i = from; i < till; i++) {
		const struct view_channel *c = &w->view->channels[d->items[i].channel];
		for (size_t k = 0; k < c->binding_count && ids->n < cap; k++) {
			const struct binding *b = view_binding(w->view, c, k);
			if (is_near(b, d->items[i].start)) {
				ids->items[ids->n++] = b->meter_register;
			}
		}
	}
}

static size_t group_end(const struct dirty *d, size_t from)
{
	size_t till = from + 1;
	while (till < d->n && d->items[till].start == d->items[from].start) {
		till++;
	}
	return till;
}

static size_t count_starts(const struct dirty *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n; i = group_end(d, i)) {
		n++;
	}
	return n;
}

static void fetch_channel_ranges(
	struct work *w, const struct view_channel *c, enum period period, struct span span)
{
	for (size_t k = 0; k < c->binding_count; k++) {
		const struct binding *b = view_binding(w->view, c, k);
		const struct view_register *r = view_register(w->view, b->meter_register);
		struct span s = {span.from - REACH_S, span.till + REACH_S};
		s.from = b->from_utc > s.from ? b->from_utc - REACH_S : s.from;
		s.till = b->till_utc < s.till ? b->till_utc + REACH_S : s.till;
		if (!r || s.from >= s.till) {
			continue;
		}
		cache_range(w->cache, r->conf->id, period, &r->calendar, s);
		if (r->has_half_hours) {
			cache_range(w->cache, r->conf->id, PERIOD_HALF_HOUR, &r->calendar, s);
		}
	}
	cache_range(w->cache, c->conf->id, period, &c->calendar, span);
}

/* Ranges for channels that have many intervals to be formed. */
static enum err fetch_intervals(struct work *w, const struct dirty *d, enum period period)
{
	size_t channels = w->view->site->counts[OBJECT_CHANNEL];
	struct seen {
		int64_t first, last;
		size_t n;
	} *seen = calloc(channels + 1, sizeof(*seen));
	size_t starts = count_starts(d), live = 0;
	if (!seen) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < d->n; i++) {
		struct seen *s = &seen[d->items[i].channel];
		s->first = s->n++ ? s->first : d->items[i].start;
		s->last = d->items[i].start;
		live += s->n == 1;
	}
	for (size_t k = 0; k < channels; k++) {
		if (seen[k].n) {
			work_fetch_inputs(w, &w->view->channels[k], period,
				(struct span){seen[k].first, seen[k].last + 3600});
		}
		if (seen[k].n > 8 && starts > 8 && starts * 2 > live) {
			fetch_channel_ranges(w, &w->view->channels[k], period,
				(struct span){seen[k].first, seen[k].last + 3600});
		}
	}
	free(seen);
	return ERR_OK;
}

/* ---- stage B ---- */

static void form_interval(
	struct work *w, const struct view_channel *c, enum period period, int64_t start)
{
	struct span span = period_of(&c->calendar, period, start);
	enum jump jump = JUMP_NONE;
	struct form_value v;
	enum scheme_answer answer = work_scheme_value(w, c, period, span, &v);
	if (answer == SCHEME_KEPT) {
		return;
	}
	if (answer == SCHEME_NONE) {
		v = channel_interval(w->view, c, period, span, w->cache, &jump);
	}
	work_emit(w, c, period, start, v, jump);
}

static enum err form_intervals(struct work *w, enum period period)
{
	struct dirty *d = &w->now;
	size_t cap = ids_cap(w);
	struct ids ids = {.items = calloc(cap + 1, sizeof(int64_t))};
	enum err e = ids.items ? fetch_intervals(w, d, period) : ERR_NOMEM;
	for (size_t i = 0, till; i < d->n && !e; i = till) {
		int64_t start = d->items[i].start;
		till = group_end(d, i);
		register_ids(w, d, i, till, cap, &ids);
		cache_slice(w->cache, ids.items, ids.n, period, start);
		int64_t step = period == PERIOD_HOUR ? 3600 : 1800;
		cache_slice(w->cache, ids.items, ids.n, period, start + step);
		cache_slice(w->cache, ids.items, ids.n, period, start - step);
		channel_ids(w, d, i, till, &ids);
		cache_slice(w->cache, ids.items, ids.n, period, start);
		for (size_t k = i; k < till; k++) {
			const struct view_channel *c = &w->view->channels[d->items[k].channel];
			form_interval(w, c, period, start);
		}
		e = cache_error(w->cache);
	}
	free(ids.items);
	return e;
}

/* ---- stage C ---- */

static bool is_same_calendar(const struct calendar *a, const struct calendar *b)
{
	return a->zone == b->zone && a->report_hour == b->report_hour &&
	       a->report_day == b->report_day;
}

/* Parts of channel and weight: many that are absent as a range; true if some still are. */
static bool fetch_range(struct work *w, const struct view_channel *c, const struct cut *cut)
{
	size_t absent = 0;
	for (size_t i = 0; i < cut->n; i++) {
		absent += !cache_has(w->cache, c->conf->id, cut->part, cut->starts[i]);
	}
	if (absent <= 3) {
		return absent > 0;
	}
	cache_range(w->cache, c->conf->id, cut->part, &c->calendar, cut->span);
	if (c->weight) {
		const struct view_channel *by = &w->view->channels[c->weight - 1];
		cache_range(w->cache, by->conf->id, cut->part, &by->calendar, cut->span);
	}
	return false;
}

/* Form the items [from, till) of one start and calendar. */
static void form_group(struct work *w, const struct dirty *d, size_t from, size_t till,
	const struct cut *cut, size_t cap, struct ids *ids)
{
	bool is_absent = false;
	for (size_t k = from; k < till; k++) {
		is_absent |= fetch_range(w, &w->view->channels[d->items[k].channel], cut);
	}
	channel_ids(w, d, from, till, ids);
	for (size_t i = 0; i < cut->n && is_absent; i++) {
		cache_slice(w->cache, ids->items, ids->n, cut->part, cut->starts[i]);
	}
	cache_slice(w->cache, ids->items, ids->n, cut->period, cut->span.from);
	register_ids(w, d, from, till, cap, ids);
	cache_slice(w->cache, ids->items, ids->n, PERIOD_HOUR, cut->span.from);
	cache_slice(w->cache, ids->items, ids->n, PERIOD_HOUR, cut->span.till);
	for (size_t k = from; k < till; k++) {
		const struct view_channel *c = &w->view->channels[d->items[k].channel];
		struct form_value v;
		work_fetch_inputs(w, c, cut->period, cut->span);
		enum scheme_answer answer = work_scheme_value(w, c, cut->period, cut->span, &v);
		if (answer == SCHEME_NONE) {
			v = channel_long(w->view, c, cut, w->cache);
		}
		if (answer != SCHEME_KEPT) {
			work_emit(w, c, cut->period, cut->span.from, v, JUMP_NONE);
		}
	}
}

static enum err form_long(struct work *w, enum period period)
{
	struct dirty *d = &w->now;
	size_t cap = ids_cap(w);
	struct ids ids = {.items = calloc(cap + 1, sizeof(int64_t))};
	enum err e = ids.items ? ERR_OK : ERR_NOMEM;
	for (size_t i = 0, till; i < d->n && !e; i = till) {
		const struct calendar *calendar = &w->view->channels[d->items[i].channel].calendar;
		struct cut cut = cut_of(calendar, period, d->items[i].start);
		till = i + 1;
		while (till < d->n && d->items[till].start == d->items[i].start &&
			is_same_calendar(
				calendar, &w->view->channels[d->items[till].channel].calendar)) {
			till++;
		}
		form_group(w, d, i, till, &cut, cap, &ids);
		e = cache_error(w->cache);
	}
	free(ids.items);
	return e;
}

struct rank {
	const struct schemes *schemes;
	uint32_t of;
};

static bool is_of_rank(const void *ctx, uint32_t channel)
{
	const struct rank *r = ctx;
	return r->schemes->ranks[channel] == r->of;
}

/* All of a rank before the next: formulas read what was formed before them, and mark only what
 * stands behind them. */
static enum err form_rank(struct work *w, uint32_t rank)
{
	const struct rank r = {w->view->schemes, rank};
	enum err e = ERR_OK;
	for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT && !e; p++) {
		struct dirty *d = work_dirty(w, p);
		dirty_clear(&w->now);
		dirty_move(d, is_of_rank, &r, &w->now);
		dirty_sort(&w->now);
		bool is_short = p == PERIOD_HALF_HOUR || p == PERIOD_HOUR;
		e = w->now.is_broken || d->is_broken ? ERR_NOMEM :
		    is_short                         ? form_intervals(w, p) :
						       form_long(w, p);
	}
	return e;
}

enum err work_form(struct work *w)
{
	enum err e = ERR_OK;
	for (uint32_t rank = 0; rank <= w->view->schemes->rank_max && !e; rank++) {
		e = form_rank(w, rank);
	}
	if (w->half_hours.is_broken || w->hours.is_broken || w->days.is_broken ||
		w->months.is_broken) {
		e = ERR_NOMEM;
	}
	return e;
}
