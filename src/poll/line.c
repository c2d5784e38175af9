/*
 * line.c - the thread of one line: whose turn is it; see line.h
 */
#include "poll/line.h"

#include "base/log.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void trace_bytes(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us)
{
	struct line_worker *w = (struct line_worker *)((char *)t -
						       offsetof(struct line_worker, trace));
	(void)pthread_mutex_lock(&w->lock);
	for (size_t at = 0; at < bytes.size;) {
		struct trace_entry *e = &w->ring[w->ring_at++ % TRACE_RING];
		e->way = way;
		e->at_us = at_us;
		e->size = bytes.size - at < sizeof(e->bytes) ? bytes.size - at : sizeof(e->bytes);
		memcpy(e->bytes, bytes.data + at, e->size);
		at += e->size;
	}
	(void)pthread_mutex_unlock(&w->lock);
}

struct choice {
	struct line_meter *meter;
	struct job job;
};

/* With the lock held: the due job with the earliest deadline of all meters, or the next due time. */
static struct choice choose(struct line_worker *w, int64_t now)
{
	struct choice best = {.job = {.class = JOB_NONE, .due = INT64_MAX}};
	w->state.queue = 0;
	for (size_t i = 0; i < w->meter_count; i++) {
		struct line_meter *m = w->meters[i];
		if (!m->talk || !m->conf.is_enabled) {
			continue;
		}
		m->schedule.is_asked_now = m->asked != m->answered_ask;
		struct job job = schedule_pick(&m->schedule, now);
		m->state.next_utc = job.class == JOB_NONE ? job.due : now;
		if (job.class == JOB_NONE) {
			if (best.job.class == JOB_NONE && job.due < best.job.due) {
				best.job.due = job.due;
			}
			continue;
		}
		w->state.queue++;
		if (best.job.class == JOB_NONE || job.deadline < best.job.deadline) {
			best = (struct choice){m, job};
		}
	}
	return best;
}

/* With the lock held. */
static void sum_up(struct line_worker *w)
{
	struct line_state *s = &w->state;
	s->meters = (int64_t)w->meter_count;
	s->meters_silent = 0;
	size_t enabled = 0;
	for (size_t i = 0; i < w->meter_count; i++) {
		s->meters_silent += w->meters[i]->state.health == HEALTH_SILENT;
		enabled += w->meters[i]->conf.is_enabled;
	}
	if (s->last_error == ERR_LINK) {
		s->health = HEALTH_FAILED;
	} else if (!enabled) {
		s->health = HEALTH_DISABLED;
	} else if (s->meters_silent == (int64_t)enabled) {
		s->health = HEALTH_SILENT;
	} else {
		s->health = s->meters_silent ? HEALTH_WARNING : HEALTH_OK;
	}
}

static void *line_thread(void *arg)
{
	struct line_worker *w = arg;
	clock_enter();
	(void)pthread_mutex_lock(&w->lock);
	w->is_started = true;
	(void)pthread_cond_broadcast(&w->done);
	while (!w->is_stopping) {
		int64_t now = clock_now();
		if (w->next_site) {
			const struct site *site = w->next_site;
			w->next_site = NULL;
			line_take_site(w, site, now);
			site_unref(site);
		}
		struct choice next = choose(w, now);
		sum_up(w);
		if (next.job.class == JOB_NONE) {
			int64_t due = next.job.due;
			if (line_hears(w)) {
				(void)pthread_mutex_unlock(&w->lock);
				line_listen(w, due);
				(void)pthread_mutex_lock(&w->lock);
				continue;
			}
			clock_wait(&w->wake, &w->lock,
				due < INT64_MAX / 1000000 ? due * 1000000 : INT64_MAX);
			continue;
		}
		(void)pthread_mutex_unlock(&w->lock);
		line_turn(w, next.meter, &next.job, now);
		(void)pthread_mutex_lock(&w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	clock_leave();
	return NULL;
}

static void worker_free(struct line_worker *w)
{
	line_drop_meters(w);
	link_close(w->link);
	site_unref(w->next_site);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_cond_destroy(&w->done);
	free(w->ring);
	free(w);
}

struct line_worker *line_start(struct store *store, const struct site *site, int64_t line)
{
	struct line_worker *w = calloc(1, sizeof(*w));
	if (!w) {
		return NULL;
	}
	w->store = store;
	w->id = line;
	w->state.line = line;
	w->trace.bytes = trace_bytes;
	w->ring = calloc(TRACE_RING, sizeof(*w->ring));
	w->next_site = site_ref(site);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	(void)pthread_cond_init(&w->done, NULL);
	if (!w->ring || pthread_create(&w->thread, NULL, line_thread, w)) {
		worker_free(w);
		return NULL;
	}
	(void)pthread_mutex_lock(&w->lock);
	while (!w->is_started) { /* a stepped clock must know the thread before it may move */
		(void)pthread_cond_wait(&w->done, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return w;
}

void line_stop(struct line_worker *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	for (size_t i = 0; i < w->meter_count; i++) {
		if (w->meters[i]->talk) {
			talk_cancel(w->meters[i]->talk);
		}
	}
	clock_kick();
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_cond_broadcast(&w->done);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_mutex_lock(&w->lock);
	while (w->asking) {
		(void)pthread_cond_wait(&w->done, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	worker_free(w);
}

void line_new_site(struct line_worker *w, const struct site *site)
{
	(void)pthread_mutex_lock(&w->lock);
	site_unref(w->next_site);
	w->next_site = site_ref(site);
	clock_kick();
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}
