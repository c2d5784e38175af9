/*
 * rollup_state.c - what the rollup knows between steps and across restarts; see rollup_impl.h
 *
 *   "rollup"           cursors, newest moment, archives that registers have, the fold
 *   "rollup.channels"  prints of the channels, jobs
 */
#include "calc/rollup_impl.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>

#define STATE_NAME    "rollup"
#define CHANNELS_NAME "rollup.channels"
#define STATE_MAX     (64u << 20)
#define STATE_VERSION 1

static enum err newest_start(
	struct work *w, const struct view_register *r, enum period period, int64_t *ret_start)
{
	struct archive_value v;
	enum err e = archive_latest(w->store, r->conf->id, period, INT64_MAX, &v);
	*ret_start = e ? INT64_MIN : v.start;
	return e == ERR_NODATA ? ERR_OK : e;
}

static enum err note_archives(struct work *w, struct view_register *r)
{
	int64_t half_hour = INT64_MIN, day = INT64_MIN, month = INT64_MIN;
	enum err e = newest_start(w, r, PERIOD_HALF_HOUR, &half_hour);
	if (!e) {
		e = newest_start(w, r, PERIOD_HOUR, &r->newest_hour);
	}
	if (!e) {
		e = newest_start(w, r, PERIOD_DAY, &day);
	}
	if (!e) {
		e = newest_start(w, r, PERIOD_MONTH, &month);
	}
	r->has_half_hours = half_hour != INT64_MIN;
	r->has_days = day != INT64_MIN;
	r->has_months = month != INT64_MIN;
	return e;
}

static void apply_archives(const struct work *w, struct view *v)
{
	for (size_t i = 0; i < w->archives_count; i++) {
		const struct known_archives *k = &w->archives[i];
		const struct view_register *r = view_register(v, k->reg);
		if (r) {
			struct view_register *own = view_own(v, r);
			own->has_half_hours = k->half_hours;
			own->has_days = k->days;
			own->has_months = k->months;
			own->newest_hour = k->newest_hour;
		}
	}
}

/* Which archives the registers have: from the view before, the state, or the store; of what comes
 * later the journal tells. */
static enum err inherit_archives(struct work *w, struct view *v)
{
	enum err e = ERR_OK;
	size_t n = v->site->counts[OBJECT_REGISTER];
	if (!w->view && w->archives_known) {
		apply_archives(w, v);
		return ERR_OK;
	}
	for (size_t i = 0; i < n && !e; i++) {
		struct view_register *r = &v->registers[i];
		const struct view_register *old = w->view ? view_register(w->view, r->conf->id) :
							    NULL;
		if (old) {
			r->has_half_hours = old->has_half_hours;
			r->has_days = old->has_days;
			r->has_months = old->has_months;
			r->newest_hour = old->newest_hour;
		} else if (!w->view) {
			e = note_archives(w, r);
		}
	}
	return e;
}

static void tell_broken(const struct schemes *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!s->items[i].formula) {
			log_warn("schemes", "formula %lld is not worked out: %s",
				(long long)s->items[i].conf->id, s->items[i].fault);
		}
	}
}

enum err work_take_site(struct work *w)
{
	const struct site *site = store_site(w->store);
	uint64_t stamp = figures_stamp();
	enum err e = ERR_OK;
	if (!w->view || w->view->site->generation != site->generation ||
		(stamp != w->figures_stamp && site->counts[OBJECT_FORMULA])) {
		e = work_take(w, site);
		w->figures_stamp = stamp;
		if (!e) {
			tell_broken(w->view->schemes);
		}
	}
	site_unref(site);
	return e;
}

enum err work_take(struct work *w, const struct site *site)
{
	struct view *v = view_new(site);
	enum err e = v ? inherit_archives(w, v) : ERR_NOMEM;
	if (e) {
		view_free(v);
		return e;
	}
	view_free(w->view);
	v->overlay = &w->overlay;
	w->view = v;
	return jobs_update(w);
}

static void save_archives(const struct work *w, struct buf *out)
{
	size_t n = w->view->site->counts[OBJECT_REGISTER];
	buf_varint(out, n);
	for (size_t i = 0; i < n; i++) {
		const struct view_register *r = &w->view->registers[i];
		buf_varint(out, zigzag(r->conf->id));
		buf_u8(out, (uint8_t)(r->has_half_hours | r->has_days << 1 | r->has_months << 2));
		buf_varint(out, zigzag(r->newest_hour));
	}
}

static enum err load_archives(struct work *w, struct reader *in)
{
	uint64_t n = reader_varint(in);
	if (in->is_short || n > reader_left(in)) {
		return ERR_CORRUPT;
	}
	w->archives = calloc((size_t)n + 1, sizeof(*w->archives));
	if (!w->archives) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		w->archives[i].reg = unzigzag(reader_varint(in));
		uint8_t bits = reader_u8(in);
		w->archives[i].half_hours = bits & 1;
		w->archives[i].days = bits & 2;
		w->archives[i].months = bits & 4;
		w->archives[i].newest_hour = unzigzag(reader_varint(in));
	}
	w->archives_count = (size_t)n;
	w->archives_known = !in->is_short;
	return in->is_short ? ERR_CORRUPT : ERR_OK;
}

/*
 * The state need not be of the last step: readings are kept until the cursor in the store has passed
 * them, and folding them again gives the values that are there already.
 */
void work_save(struct work *w)
{
	struct buf body;
	buf_init(&body, STATE_MAX);
	buf_u8(&body, STATE_VERSION);
	buf_varint(&body, (uint64_t)w->reading_seq);
	buf_varint(&body, (uint64_t)w->journal_seq);
	buf_varint(&body, zigzag(w->newest_utc));
	save_archives(w, &body);
	fold_save(w->fold, &body);
	if (!body.is_full) {
		batch_state(w->batch, STATE_NAME, buf_slice(&body));
		batch_cursor(w->batch, STATE_NAME, w->reading_seq, w->journal_seq);
		w->saved_reading_seq = w->reading_seq;
		w->saved_us = clock_mono_us();
	}
	buf_fini(&body);
}

void work_save_channels(struct work *w)
{
	struct buf body;
	buf_init(&body, STATE_MAX);
	jobs_save(w, &body);
	if (!body.is_full) {
		batch_state(w->batch, CHANNELS_NAME, buf_slice(&body));
		w->known_changed = false;
	}
	buf_fini(&body);
}

static enum err load_state(struct work *w)
{
	struct buf body;
	buf_init(&body, STATE_MAX);
	enum err e = store_state(w->store, STATE_NAME, &body);
	if (!e) {
		struct reader in = reader_of(buf_slice(&body));
		e = reader_u8(&in) == STATE_VERSION ? ERR_OK : ERR_CORRUPT;
		w->reading_seq = (int64_t)reader_varint(&in);
		w->journal_seq = (int64_t)reader_varint(&in);
		w->newest_utc = unzigzag(reader_varint(&in));
		e = e ? e : load_archives(w, &in);
		e = e ? e : fold_load(w->fold, &in);
	}
	if (e == ERR_CORRUPT) {
		/* all readings that are still there are folded again, all channels formed anew */
		log_warn("rollup", "the stored state is not readable; beginning anew");
		fold_free(w->fold);
		w->fold = fold_new();
		w->reading_seq = w->journal_seq = w->newest_utc = 0;
		w->archives_known = false;
		e = w->fold ? ERR_OK : ERR_NOMEM;
	}
	buf_clear(&body);
	if (!e || e == ERR_NODATA) {
		e = store_state(w->store, CHANNELS_NAME, &body);
	}
	if (!e) {
		struct reader in = reader_of(buf_slice(&body));
		e = jobs_load(w, &in);
		e = e == ERR_CORRUPT ? ERR_OK : e; /* none known: all get a job */
	}
	buf_fini(&body);
	return e == ERR_NODATA ? ERR_OK : e;
}

void work_forget(struct work *w)
{
	cache_clear(w->cache);
	fold_free(w->fold);
	w->fold = NULL;
	view_free(w->view);
	w->view = NULL;
	free(w->archives);
	w->archives = NULL;
	w->archives_count = 0;
	w->archives_known = false;
	free(w->known);
	w->known = NULL;
	w->known_count = 0;
	w->known_changed = false;
	w->reading_seq = w->journal_seq = w->saved_reading_seq = 0;
	w->newest_utc = 0;
	w->is_loaded = false;
}

enum err work_load(struct work *w)
{
	work_forget(w);
	w->fold = fold_new();
	enum err e = w->fold ? load_state(w) : ERR_NOMEM;
	e = e ? e : work_load_verdicts(w);
	w->saved_reading_seq = w->reading_seq;
	w->is_loaded = e == ERR_OK;
	return e;
}
