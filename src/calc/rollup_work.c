/*
 * rollup_work.c - one step of the rollup; see rollup_work.h
 */
#include "calc/rollup_impl.h"

#include "base/clock.h"
#include "base/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX      5000      /* rows of readings or journal asked for at once */
#define FOLDED_MAX    20000     /* hours of registers in one step, more or less */
#define DIRTY_MAX     20000     /* intervals of channels in one step, more or less */
#define SAVE_US       600000000 /* the state is written at most every ten minutes ... */
#define SAVE_READINGS 5000      /* ... or so many polls: it may lag, see work_save */
#define CACHED        80        /* values per series worth keeping: 25 hours, 31 days and some */
#define CACHED_MIN    20000
#define FUTURE_S      300 /* readings farther ahead of the clock are not believed */
#define CHANGE_MAX_S  (50LL * 366 * 86400) /* a longer change is a fault */

/* ---- values out of the store ---- */

static struct form_value value_of(const struct archive_value *v)
{
	if (isnan(v->value) || quality_class(v->quality) == QUALITY_MISSING) {
		return (struct form_value){
			NAN, quality_make(QUALITY_MISSING, quality_source(v->quality),
				     quality_flags(v->quality))};
	}
	return (struct form_value){v->value, v->quality};
}

static enum err store_slice(struct value_source *s, const int64_t *series, size_t n,
	enum period period, int64_t start, struct form_value *ret_values)
{
	struct work *w = (struct work *)((char *)s - offsetof(struct work, source));
	struct archive_value *items = calloc(n + 1, sizeof(*items));
	if (!items) {
		return ERR_NOMEM;
	}
	enum err e = archive_at(w->store, series, n, period, start, items);
	for (size_t i = 0; i < n && !e; i++) {
		ret_values[i] = value_of(&items[i]);
	}
	free(items);
	return e;
}

static enum err store_range(struct value_source *s, int64_t series, enum period period,
	struct span span, enum err (*each)(void *ctx, int64_t start, struct form_value v),
	void *ctx)
{
	struct work *w = (struct work *)((char *)s - offsetof(struct work, source));
	struct archive_value *items = NULL;
	size_t n = 0;
	enum err e = archive_range(w->store, series, period, span, &items, &n);
	if (e == ERR_NODATA) {
		e = ERR_OK;
	}
	for (size_t i = 0; i < n && !e; i++) {
		e = each(ctx, items[i].start, value_of(&items[i]));
	}
	free(items);
	return e;
}

/* ---- stage A ---- */

static enum err keep_folded(struct fold_out *o, const struct view_register *r, int64_t start,
	struct form_value v, bool is_late)
{
	struct work *w = (struct work *)((char *)o - offsetof(struct work, out));
	if (w->folded_count == w->folded_cap) {
		size_t cap = w->folded_cap ? w->folded_cap * 2 : 256;
		struct folded_value *items = realloc(w->folded, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		w->folded = items;
		w->folded_cap = cap;
	}
	w->folded[w->folded_count++] = (struct folded_value){start, r->conf->id, v, is_late};
	return ERR_OK;
}

static enum err keep_late(struct work *w, int64_t reg, int64_t utc)
{
	if (w->late_count == w->late_cap) {
		size_t cap = w->late_cap ? w->late_cap * 2 : 64;
		struct late_reading *items = realloc(w->late, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		w->late = items;
		w->late_cap = cap;
	}
	w->late[w->late_count++] = (struct late_reading){reg, utc};
	return ERR_OK;
}

static enum err each_reading(void *ctx, const struct reading_row *row)
{
	struct work *w = ctx;
	if (row->seq != w->list_seq && w->folded_count + w->late_count > FOLDED_MAX) {
		return ERR_CANCELLED; /* enough for this step; polls are taken whole */
	}
	w->list_seq = row->seq;
	w->list_count++;
	const struct view_register *r = view_register(w->view, row->reg);
	if (!r || row->utc > w->future_utc) {
		w->met_unknown |= !r;
		return ERR_OK; /* deleted since, or new; or read while the clock was wrong */
	}
	if (row->utc > w->newest_utc) {
		w->newest_utc = row->utc;
	}
	struct form_value v = value_of(
		&(struct archive_value){.value = row->value, .quality = row->quality});
	switch (fold_reading(w->fold, r, (struct point){row->utc, v.value, v.quality}, &w->out)) {
	case FOLD_TAKEN: return ERR_OK;
	case FOLD_LATE: return keep_late(w, row->reg, row->utc);
	case FOLD_FAILED: break;
	}
	return ERR_NOMEM;
}

struct points {
	struct point *items;
	size_t n, cap;
	bool is_counter;
};

static enum err each_point(void *ctx, const struct reading_row *row)
{
	struct points *p = ctx;
	struct form_value v = value_of(
		&(struct archive_value){.value = row->value, .quality = row->quality});
	if (p->is_counter && isnan(v.value)) {
		return ERR_OK;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 256;
		struct point *items = realloc(p->items, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		p->items = items;
		p->cap = cap;
	}
	p->items[p->n++] = (struct point){row->utc, v.value, v.quality};
	return ERR_OK;
}

static enum err fold_around(struct work *w, int64_t reg, struct span late)
{
	const struct view_register *r = view_register(w->view, reg);
	if (!r) {
		return ERR_OK;
	}
	struct points p = {.is_counter = r->kind == KIND_COUNTER};
	struct span span = {late.from, late.from};
	enum err e = ERR_OK;
	while (!e && !fold_late_span(r, late, p.items, p.n, &span)) {
		p.n = 0;
		e = reading_range(w->store, reg, span, each_point, &p);
		e = e == ERR_NODATA ? ERR_OK : e;
	}
	if (!e) {
		e = fold_late(w->fold, r, late, p.items, p.n, &w->out);
	}
	free(p.items);
	return e;
}

static int compare_late(const void *a, const void *b)
{
	const struct late_reading *x = a, *y = b;
	if (x->reg != y->reg) {
		return x->reg < y->reg ? -1 : 1;
	}
	return (x->utc > y->utc) - (x->utc < y->utc);
}

static enum err fold_late_readings(struct work *w)
{
	enum err e = ERR_OK;
	if (w->late_count > 1) {
		qsort(w->late, w->late_count, sizeof(*w->late), compare_late);
	}
	for (size_t i = 0, till; i < w->late_count && !e; i = till) {
		/* neighbours within a day are folded together */
		for (till = i + 1; till < w->late_count && w->late[till].reg == w->late[i].reg &&
				   w->late[till].utc - w->late[till - 1].utc < 86400;
			till++) {
		}
		e = fold_around(
			w, w->late[i].reg, (struct span){w->late[i].utc, w->late[till - 1].utc});
	}
	return e;
}

static int compare_folded(const void *a, const void *b)
{
	const struct folded_value *x = a, *y = b;
	if (x->start != y->start) {
		return x->start < y->start ? -1 : 1;
	}
	if (x->reg != y->reg) {
		return x->reg < y->reg ? -1 : 1;
	}
	return (int)x->is_late - (int)y->is_late; /* what knows all readings comes last */
}

static void put_folded(struct work *w, const struct folded_value *x)
{
	const struct view_register *r = view_register(w->view, x->reg);
	struct form_value old = cache_get(w->cache, x->reg, PERIOD_HOUR, x->start);
	bool is_nothing = isnan(x->v.value) && quality_source(old.quality) == SOURCE_NONE &&
			  !quality_flags(x->v.quality);
	bool may = x->is_late ? quality_source(old.quality) <= SOURCE_POLLED || isnan(old.value) :
				quality_replaces(x->v.quality, old.quality);
	bool is_same = old.quality == x->v.quality &&
		       (old.value == x->v.value || (isnan(old.value) && isnan(x->v.value)));
	if (!r || is_nothing || is_same || !may) {
		return;
	}
	if (x->is_late) {
		batch_revision(w->batch, x->reg, PERIOD_HOUR, x->start, x->v.value, x->v.quality);
	} else {
		batch_archive(
			w->batch, x->reg, PERIOD_HOUR, x->start, x->v.value, x->v.quality, false);
	}
	cache_put_own(w->cache, x->reg, PERIOD_HOUR, x->start, x->v);
	w->emitted++;
	struct view_register *own = view_own(w->view, r);
	own->newest_hour = x->start > own->newest_hour ? x->start : own->newest_hour;
	work_register_changed(w, r, PERIOD_HOUR, x->start);
}

static enum err put_all_folded(struct work *w)
{
	int64_t *ids = calloc(w->folded_count + 1, sizeof(*ids));
	if (!ids) {
		return ERR_NOMEM;
	}
	if (w->folded_count > 1) {
		qsort(w->folded, w->folded_count, sizeof(*w->folded), compare_folded);
	}
	for (size_t i = 0, till; i < w->folded_count; i = till) {
		size_t n = 0;
		for (till = i;
			till < w->folded_count && w->folded[till].start == w->folded[i].start;
			till++) {
			ids[n++] = w->folded[till].reg;
		}
		cache_slice(w->cache, ids, n, PERIOD_HOUR, w->folded[i].start);
		for (size_t k = i; k < till; k++) {
			put_folded(w, &w->folded[k]);
		}
	}
	free(ids);
	return cache_error(w->cache);
}

static enum err take_readings(struct work *w)
{
	w->list_seq = w->reading_seq;
	w->list_count = 0;
	w->future_utc = clock_now() + FUTURE_S;
	if (w->newest_utc > w->future_utc) {
		log_warn("rollup", "the clock was set back; readings from the future are left out");
		fold_forget_after(w->fold, w->future_utc);
		w->newest_utc = w->future_utc - FUTURE_S;
	}
	enum err e = reading_list(w->store, w->reading_seq, LIST_MAX, each_reading, w);
	if (e && e != ERR_CANCELLED && e != ERR_NODATA) {
		return e;
	}
	w->reading_seq = w->list_seq;
	e = w->list_count ? fold_close(w->fold, w->view, w->newest_utc, &w->out) : ERR_OK;
	if (!e) {
		e = fold_late_readings(w);
	}
	return e ? e : put_all_folded(w);
}

/* ---- the journal ---- */

/* A value changed: forget it, and mark what depends on it, unless it may be our own doing. */
static enum err value_change(
	struct work *w, int64_t series, enum period period, int64_t start, bool *ret_is_news)
{
	struct doubt x = {.series = series, .start = start, .period = period};
	*ret_is_news = !cache_doubt(w->cache, series, period, start, &x.own);
	if (*ret_is_news) {
		return ERR_OK;
	}
	if (w->doubt_count == w->doubt_cap) {
		size_t cap = w->doubt_cap ? w->doubt_cap * 2 : 256;
		struct doubt *items = realloc(w->doubts, cap * sizeof(*items));
		if (!items) {
			return ERR_NOMEM;
		}
		w->doubts = items;
		w->doubt_cap = cap;
	}
	w->doubts[w->doubt_count++] = x;
	return ERR_OK;
}

static enum err register_change(struct work *w, struct view_register *r, const struct change *c)
{
	enum err e = ERR_OK;
	r->has_half_hours |= c->period == PERIOD_HALF_HOUR;
	r->has_days |= c->period == PERIOD_DAY;
	r->has_months |= c->period == PERIOD_MONTH;
	if (c->period == PERIOD_HOUR && c->span.till - 3600 > r->newest_hour) {
		r->newest_hour = c->span.till - 3600;
	}
	for (int64_t at = c->span.from; at < c->span.till && !e;
		at = period_next(&r->calendar, c->period, at)) {
		bool is_news;
		e = value_change(w, c->series, c->period, at, &is_news);
		if (!e && is_news && r->use_count) {
			work_register_changed(w, r, c->period, at);
		}
	}
	return e;
}

/*
 * Somebody else wrote a channel's value: a person or an import, whose value stays, or this program
 * out of an older state of things, whose value does not.
 */
static void channel_news(
	struct work *w, const struct view_channel *c, enum period period, int64_t start)
{
	if (period_of(&c->calendar, period, start).from == start) {
		dirty_add(work_dirty(w, period), (uint32_t)(c - w->view->channels), start);
	}
	work_channel_changed(w, c, period, start);
}

static enum err channel_change(struct work *w, const struct view_channel *v, const struct change *c)
{
	enum err e = ERR_OK;
	for (int64_t at = c->span.from; at < c->span.till && !e;
		at = period_next(&v->calendar, c->period, at)) {
		bool is_news;
		e = value_change(w, c->series, c->period, at, &is_news);
		if (!e && is_news) {
			channel_news(w, v, c->period, at);
		}
	}
	return e;
}

static enum err each_change(void *ctx, const struct change *c)
{
	struct work *w = ctx;
	size_t dirty = w->hours.n + w->half_hours.n + w->days.n;
	if (c->seq != w->list_seq && dirty > DIRTY_MAX) {
		return ERR_CANCELLED;
	}
	w->list_seq = c->seq;
	w->list_count++;
	if (c->span.till - c->span.from > CHANGE_MAX_S) {
		log_warn("rollup", "a change of series %lld over %lld days is not believed",
			(long long)c->series, (long long)((c->span.till - c->span.from) / 86400));
		return ERR_OK;
	}
	const struct view_register *r = view_register(w->view, c->series);
	const struct view_channel *v = r ? NULL : view_channel(w->view, c->series);
	if (r) {
		return register_change(w, view_own(w->view, r), c);
	}
	w->met_unknown |= !v;
	return v ? channel_change(w, v, c) : ERR_OK;
}

static int compare_doubts(const void *a, const void *b)
{
	const struct doubt *x = a, *y = b;
	if (x->period != y->period) {
		return x->period < y->period ? -1 : 1;
	}
	return (x->start > y->start) - (x->start < y->start);
}

/* Is what the store has what we computed? Then what depends on it was formed in the same step. */
static void settle_doubt(struct work *w, const struct doubt *x)
{
	struct form_value now = cache_get(w->cache, x->series, x->period, x->start);
	bool is_same = now.quality == x->own.quality &&
		       (now.value == x->own.value || (isnan(now.value) && isnan(x->own.value)));
	const struct view_register *r = view_register(w->view, x->series);
	const struct view_channel *c = r ? NULL : view_channel(w->view, x->series);
	if (is_same) {
		cache_confirm(w->cache, x->series, x->period, x->start);
	} else if (r) {
		work_register_changed(w, r, x->period, x->start);
	} else if (c) {
		channel_news(w, c, x->period, x->start);
	}
}

static enum err settle_doubts(struct work *w)
{
	int64_t *ids = calloc(w->doubt_count + 1, sizeof(*ids));
	if (!ids) {
		return ERR_NOMEM;
	}
	if (w->doubt_count > 1) {
		qsort(w->doubts, w->doubt_count, sizeof(*w->doubts), compare_doubts);
	}
	for (size_t i = 0, till; i < w->doubt_count; i = till) {
		size_t n = 0;
		for (till = i; till < w->doubt_count &&
			       compare_doubts(&w->doubts[till], &w->doubts[i]) == 0;
			till++) {
			ids[n++] = w->doubts[till].series;
		}
		cache_slice(w->cache, ids, n, w->doubts[i].period, w->doubts[i].start);
		for (size_t k = i; k < till; k++) {
			settle_doubt(w, &w->doubts[k]);
		}
	}
	free(ids);
	return cache_error(w->cache);
}

static enum err take_journal(struct work *w)
{
	w->list_seq = w->journal_seq;
	w->list_count = 0;
	enum err e = journal_list(w->store, w->journal_seq, LIST_MAX, each_change, w);
	if (e && e != ERR_CANCELLED && e != ERR_NODATA) {
		return e;
	}
	w->journal_seq = w->list_seq;
	return settle_doubts(w);
}

/* ---- a step ---- */

struct work *work_new(struct store *store)
{
	struct work *w = calloc(1, sizeof(*w));
	if (!w) {
		return NULL;
	}
	w->store = store;
	w->source = (struct value_source){.slice = store_slice, .range = store_range};
	w->out.put = keep_folded;
	w->cache = cache_new(&w->source);
	if (!w->cache) {
		free(w);
		return NULL;
	}
	return w;
}

void work_free(struct work *w)
{
	if (!w) {
		return;
	}
	work_forget(w);
	overlay_fini(&w->overlay);
	cache_free(w->cache);
	free(w->folded);
	free(w->late);
	free(w->doubts);
	dirty_fini(&w->half_hours);
	dirty_fini(&w->hours);
	dirty_fini(&w->days);
	dirty_fini(&w->months);
	dirty_fini(&w->now);
	free(w);
}

void work_begin(struct work *w)
{
	w->emitted = w->folded_count = w->late_count = 0;
	w->met_unknown = false;
	dirty_clear(&w->half_hours);
	dirty_clear(&w->hours);
	dirty_clear(&w->days);
	dirty_clear(&w->months);
	w->doubt_count = 0;
	if (w->view) {
		const size_t *n = w->view->site->counts;
		size_t series = n[OBJECT_REGISTER] + n[OBJECT_CHANNEL];
		cache_trim(w->cache, CACHED_MIN + CACHED * series, w->newest_utc);
	}
}

static enum err finish(struct work *w, bool is_last)
{
	bool is_due = is_last || clock_mono_us() - w->saved_us > SAVE_US ||
		      w->reading_seq - w->saved_reading_seq > SAVE_READINGS;
	struct batch *b = w->batch;
	bool is_worth = w->emitted > 0 || w->known_changed ||
			w->reading_seq - w->saved_reading_seq > SAVE_READINGS || is_last;
	if (!is_worth) {
		return ERR_OK;
	}
	if (is_due || w->known_changed) {
		work_save(w);
	}
	if (w->known_changed) {
		work_save_channels(w);
	}
	if (batch_is_broken(b)) {
		return ERR_NOMEM;
	}
	w->batch = NULL;
	/* virtual time must not wait for the disk; a node in earnest knows at once when it fails */
	return store_submit(w->store, b, !clock_is_virtual());
}

/*
 * The lists told of a series that the view does not have: it was deleted - or it was made, and its
 * first values committed, between taking the site and reading the lists. Then the site is newer.
 */
static bool is_overtaken(struct work *w)
{
	if (!w->met_unknown) {
		return false;
	}
	const struct site *site = store_site(w->store);
	bool is_newer = site->generation != w->view->site->generation;
	site_unref(site);
	return is_newer;
}

enum err work_step(struct work *w, bool *ret_more)
{
	bool has_jobs = false;
	int64_t readings = w->reading_seq, journal = w->journal_seq;
	*ret_more = false;
	work_begin(w);
	w->batch = batch_new();
	if (!w->batch) {
		return ERR_NOMEM;
	}
	work_name_verdict(w, NULL);
	enum err e = w->is_loaded ? ERR_OK : work_load(w);
	if (!e) {
		e = work_take_site(w);
	}
	if (!e) {
		e = take_journal(w);
	}
	if (!e) {
		e = work_take_verdicts(w);
	}
	if (!e) {
		e = take_readings(w);
	}
	if (!e && is_overtaken(w)) {
		/* again from the saved cursors, with the newer site; steps are idempotent */
		work_forget(w);
		batch_free(w->batch);
		w->batch = NULL;
		*ret_more = true;
		return store_flush(w->store);
	}
	if (!e) {
		e = jobs_step(w, &has_jobs);
	}
	if (!e) {
		e = work_form(w);
	}
	if (!e) {
		e = finish(w, false);
	}
	if (e) {
		work_forget(w);
	} else {
		*ret_more = has_jobs || w->emitted > 0 || w->reading_seq != readings ||
			    w->journal_seq != journal;
	}
	batch_free(w->batch);
	w->batch = NULL;
	return e;
}

enum err work_finish(struct work *w)
{
	if (!w->is_loaded) {
		return ERR_OK;
	}
	work_begin(w);
	w->batch = batch_new();
	enum err e = w->batch ? finish(w, true) : ERR_NOMEM;
	batch_free(w->batch);
	w->batch = NULL;
	return e;
}
