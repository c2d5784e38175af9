/*
 * rollup_jobs.c - channels whose configuration changed are formed anew; see rollup_impl.h
 *
 * A job walks the time from EPOCH on in steps of a year and marks every interval for which one of
 * the channel's registers, or the channel itself, has a value. Values at starts that the calendar no
 * longer knows (another report hour) are taken back.
 */
#include "calc/rollup_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH        946684800 /* 2000-01-01: no meter's archive is older */
#define CHUNK_S      (366LL * 86400)
#define ENOUGH       5000 /* intervals marked in one step */
#define JOBS_VERSION 1

enum err jobs_update(struct work *w)
{
	size_t n = w->view->site->counts[OBJECT_CHANNEL], old = 0;
	struct known_channel *known = calloc(n + 1, sizeof(*known));
	if (!known) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		const struct view_channel *c = &w->view->channels[i];
		while (old < w->known_count && w->known[old].id < c->conf->id) {
			old++;
		}
		bool is_known = old < w->known_count && w->known[old].id == c->conf->id;
		if (is_known && w->known[old].print == c->print) {
			known[i] = w->known[old];
			continue;
		}
		known[i] = (struct known_channel){
			.id = c->conf->id, .print = c->print, .has_job = true, .job_utc = EPOCH};
		w->known_changed = true;
	}
	w->known_changed |= n != w->known_count;
	free(w->known);
	w->known = known;
	w->known_count = n;
	return ERR_OK;
}

void jobs_force(struct work *w, int64_t channel, int64_t from_utc)
{
	for (size_t i = 0; i < w->known_count; i++) {
		if (w->known[i].id == channel) {
			w->known[i].has_job = true;
			w->known[i].job_utc = from_utc > EPOCH ? from_utc : EPOCH;
		}
	}
}

/* ---- one job ---- */

struct marking {
	struct work *w;
	const struct view_register *r;
	const struct view_channel *c;
	enum period period;
};

/* Days and months even where the hours stay what they are: the calendar may have changed. */
static void mark_longer(struct marking *m, int64_t start)
{
	uint32_t index = (uint32_t)(m->c - m->w->view->channels);
	if (m->period < PERIOD_MONTH) {
		dirty_add(&m->w->days, index, period_of(&m->c->calendar, PERIOD_DAY, start).from);
	}
	dirty_add(&m->w->months, index, period_of(&m->c->calendar, PERIOD_MONTH, start).from);
}

static enum err mark_register(void *ctx, int64_t start, struct form_value v)
{
	struct marking *m = ctx;
	(void)v;
	work_register_changed(m->w, m->r, m->period, start);
	mark_longer(m, start);
	return ERR_OK;
}

static enum err mark_channel(void *ctx, int64_t start, struct form_value v)
{
	struct marking *m = ctx;
	uint32_t index = (uint32_t)(m->c - m->w->view->channels);
	if (period_of(&m->c->calendar, m->period, start).from == start) {
		dirty_add(work_dirty(m->w, m->period), index, start);
		mark_longer(m, start);
	} else if (!isnan(v.value)) {
		struct form_value none = {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
		work_emit(m->w, m->c, m->period, start, none, JUMP_NONE);
	}
	return ERR_OK;
}

static enum err mark_span(struct work *w, const struct view_channel *c, struct span span)
{
	struct value_source *source = &w->source;
	enum err e = ERR_OK;
	for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT && !e; p++) {
		struct marking m = {.w = w, .c = c, .period = p};
		for (size_t k = 0; k < c->binding_count && !e; k++) {
			m.r = view_register(w->view, view_binding(w->view, c, k)->meter_register);
			e = m.r ? source->range(source, m.r->conf->id, p, span, mark_register, &m) :
				  ERR_OK;
		}
		if (!e) {
			e = source->range(source, c->conf->id, p, span, mark_channel, &m);
		}
	}
	return e ? e : work_mark_inputs(w, c, span);
}

static enum err newest_of(struct work *w, int64_t series, enum period period, int64_t *newest)
{
	struct archive_value v;
	enum err e = archive_latest(w->store, series, period, INT64_MAX, &v);
	if (!e && v.start > *newest) {
		*newest = v.start;
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

/* How far the archives of a register reach; only those are asked for that it was seen to have, as
 * the store finds out slowly that there is nothing. */
static enum err newest_of_register(struct work *w, const struct view_register *r, int64_t *newest)
{
	enum err e = newest_of(w, r->conf->id, PERIOD_HOUR, newest);
	if (!e && r->has_half_hours) {
		e = newest_of(w, r->conf->id, PERIOD_HALF_HOUR, newest);
	}
	if (!e && r->has_days) {
		e = newest_of(w, r->conf->id, PERIOD_DAY, newest);
	}
	if (!e && r->has_months) {
		e = newest_of(w, r->conf->id, PERIOD_MONTH, newest);
	}
	return e;
}

static enum err job_step(struct work *w, struct known_channel *k)
{
	const struct view_channel *c = view_channel(w->view, k->id);
	int64_t newest = INT64_MIN;
	if (!c) {
		return ERR_INTERNAL; /* known channels are those of the view */
	}
	enum err e = newest_of(w, c->conf->id, PERIOD_HOUR, &newest);
	for (size_t i = 0; i < c->binding_count && !e; i++) {
		const struct view_register *r = view_register(
			w->view, view_binding(w->view, c, i)->meter_register);
		e = r ? newest_of_register(w, r, &newest) : ERR_OK;
	}
	e = e ? e : work_newest_input(w, c, &newest);
	while (!e && k->job_utc <= newest && w->hours.n < ENOUGH) {
		e = mark_span(w, c, (struct span){k->job_utc, k->job_utc + CHUNK_S});
		k->job_utc += CHUNK_S;
	}
	k->has_job = k->job_utc <= newest;
	w->known_changed = true;
	return e;
}

enum err jobs_step(struct work *w, bool *ret_more)
{
	enum err e = ERR_OK;
	*ret_more = false;
	for (size_t i = 0; i < w->known_count && !e; i++) {
		if (!w->known[i].has_job) {
			continue;
		}
		if (w->hours.n >= ENOUGH) {
			*ret_more = true;
			break;
		}
		e = job_step(w, &w->known[i]);
		*ret_more |= w->known[i].has_job;
	}
	return e;
}

/* ---- state ---- */

void jobs_save(const struct work *w, struct buf *out)
{
	buf_u8(out, JOBS_VERSION);
	buf_varint(out, w->known_count);
	for (size_t i = 0; i < w->known_count; i++) {
		const struct known_channel *k = &w->known[i];
		buf_varint(out, zigzag(k->id));
		buf_u64le(out, k->print);
		buf_u8(out, k->has_job);
		if (k->has_job) {
			buf_varint(out, zigzag(k->job_utc));
		}
	}
}

enum err jobs_load(struct work *w, struct reader *in)
{
	if (reader_u8(in) != JOBS_VERSION) {
		return ERR_CORRUPT;
	}
	uint64_t n = reader_varint(in);
	if (in->is_short || n > reader_left(in)) {
		return ERR_CORRUPT;
	}
	struct known_channel *known = calloc((size_t)n + 1, sizeof(*known));
	if (!known) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		known[i].id = unzigzag(reader_varint(in));
		known[i].print = reader_u64le(in);
		known[i].has_job = reader_u8(in) != 0;
		known[i].job_utc = known[i].has_job ? unzigzag(reader_varint(in)) : 0;
		if (in->is_short || (i > 0 && known[i].id <= known[i - 1].id)) {
			free(known);
			return ERR_CORRUPT;
		}
	}
	free(w->known);
	w->known = known;
	w->known_count = (size_t)n;
	return ERR_OK;
}
