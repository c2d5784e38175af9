/*
 * poll.c - one worker per line, following the configuration; see poll.h
 *
 * A supervisor thread waits for changes of the site and starts, stops or informs the workers; the
 * store's listener only sets a flag, because it runs on the writer's thread.
 */
#include "poll/poll.h"

#include "base/log.h"
#include "base/str.h"
#include "link/trace.h"
#include "poll/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct poll {
	struct store *store;
	struct store_listener listener;
	pthread_t thread;
	pthread_mutex_t lock; /* taken before a worker's lock */
	pthread_cond_t wake;
	bool is_stopping, is_changed;
	struct line_worker **workers;
	size_t n;
};

const char *health_name(enum health h)
{
	static const char *const names[] = {
		"unknown", "ok", "disabled", "warning", "silent", "failed"};
	return names[(unsigned)h < sizeof(names) / sizeof(names[0]) ? h : 0];
}

static void site_changed(struct store_listener *l)
{
	struct poll *p = (struct poll *)((char *)l - offsetof(struct poll, listener));
	(void)pthread_mutex_lock(&p->lock);
	p->is_changed = true;
	clock_kick();
	(void)pthread_cond_signal(&p->wake);
	(void)pthread_mutex_unlock(&p->lock);
}

static struct line_worker *find_worker(const struct poll *p, int64_t line)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->workers[i]->id == line) {
			return p->workers[i];
		}
	}
	return NULL;
}

/* Bring the workers in line with the site; called by the supervisor only, without the lock. */
static void follow_site(struct poll *p)
{
	const struct site *site = store_site(p->store);
	struct line_worker **workers = calloc(site->counts[OBJECT_LINE] + 1, sizeof(*workers));
	size_t n = 0;
	if (!workers) {
		site_unref(site);
		return;
	}
	for (size_t i = 0; i < site->counts[OBJECT_LINE]; i++) {
		const struct line *line = &site->lines[i];
		struct line_worker *w = find_worker(p, line->id);
		if (!line->is_enabled) {
			continue;
		}
		if (w) {
			line_new_site(w, site);
		} else {
			w = line_start(p->store, site, line->id);
		}
		if (w) {
			workers[n++] = w;
		} else {
			log_error("poll", "line %s: no thread", line->name);
		}
	}
	(void)pthread_mutex_lock(&p->lock);
	struct line_worker **old = p->workers;
	size_t old_n = p->n;
	p->workers = workers;
	p->n = n;
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < old_n; i++) {
		if (!find_worker(p, old[i]->id)) {
			line_stop(old[i]);
		}
	}
	free(old);
	site_unref(site);
}

static void *supervise(void *arg)
{
	struct poll *p = arg;
	clock_enter();
	(void)pthread_mutex_lock(&p->lock);
	while (!p->is_stopping) {
		if (p->is_changed) {
			p->is_changed = false;
			(void)pthread_mutex_unlock(&p->lock);
			follow_site(p);
			(void)pthread_mutex_lock(&p->lock);
			continue;
		}
		clock_wait(&p->wake, &p->lock, INT64_MAX);
	}
	(void)pthread_mutex_unlock(&p->lock);
	clock_leave();
	return NULL;
}

enum err poll_start(struct store *store, struct poll **ret_poll, struct diag *diag)
{
	struct poll *p = calloc(1, sizeof(*p));
	if (!p) {
		return ERR_NOMEM;
	}
	p->store = store;
	p->listener.site_changed = site_changed;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->wake, NULL);
	clock_enter(); /* a stepped clock waits until all lines are up */
	follow_site(p);
	enum err e = store_listen(store, &p->listener);
	if (!e && pthread_create(&p->thread, NULL, supervise, p)) {
		store_unlisten(store, &p->listener);
		e = err_set(diag, ERR_NOMEM, "no thread for polling");
	}
	clock_leave();
	if (e) {
		for (size_t i = 0; i < p->n; i++) {
			line_stop(p->workers[i]);
		}
		free(p->workers);
		free(p);
		return e;
	}
	*ret_poll = p;
	return ERR_OK;
}

void poll_stop(struct poll *p)
{
	if (!p) {
		return;
	}
	store_unlisten(p->store, &p->listener);
	(void)pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	clock_kick();
	(void)pthread_cond_signal(&p->wake);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	for (size_t i = 0; i < p->n; i++) {
		line_stop(p->workers[i]);
	}
	free(p->workers);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->wake);
	free(p);
}

static void count_shares(struct line_worker *w, struct line_state *s)
{
	int64_t now_us = clock_mono_us(), minute = now_us / 60000000, busy = 0, wire = 0;
	int64_t passed = now_us % 60000000 + (USE_SLOTS - 1) * 60000000LL;
	for (size_t i = 0; i < USE_SLOTS; i++) {
		if (w->use[i].minute > minute - USE_SLOTS) {
			busy += w->use[i].busy_us;
			wire += w->use[i].wire_us;
		}
	}
	s->use = (double)busy / (double)passed;
	s->wire = (double)wire / (double)passed;
}

enum err poll_lines(struct poll *p, struct line_state **ret_items, size_t *ret_n)
{
	(void)pthread_mutex_lock(&p->lock);
	struct line_state *items = calloc(p->n + 1, sizeof(*items));
	size_t n = 0;
	for (size_t i = 0; items && i < p->n; i++) {
		struct line_worker *w = p->workers[i];
		(void)pthread_mutex_lock(&w->lock);
		items[n] = w->state;
		count_shares(w, &items[n++]);
		(void)pthread_mutex_unlock(&w->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (!items) {
		return ERR_NOMEM;
	}
	*ret_items = items;
	*ret_n = n;
	return ERR_OK;
}

static int by_meter(const void *a, const void *b)
{
	int64_t x = ((const struct meter_state *)a)->meter,
		y = ((const struct meter_state *)b)->meter;
	return (x > y) - (x < y);
}

enum err poll_meters(struct poll *p, struct meter_state **ret_items, size_t *ret_n)
{
	struct meter_state *items = NULL;
	size_t n = 0;
	enum err e = ERR_OK;
	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && !e; i++) {
		struct line_worker *w = p->workers[i];
		(void)pthread_mutex_lock(&w->lock);
		struct meter_state *more = realloc(
			items, (n + w->meter_count + 1) * sizeof(*items));
		if (more) {
			items = more;
		} else {
			e = ERR_NOMEM;
		}
		for (size_t k = 0; !e && k < w->meter_count; k++) {
			items[n] = w->meters[k]->state;
			/* a line that does not open makes its meters unreachable, whatever they were */
			if (w->state.last_error == ERR_LINK && items[n].health > HEALTH_DISABLED) {
				items[n].health = HEALTH_SILENT;
				items[n].last_error = ERR_LINK;
				(void)STR_COPY(items[n].error_text, w->state.error_text);
			}
			n++;
		}
		(void)pthread_mutex_unlock(&w->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (e) {
		free(items);
		return e;
	}
	if (n) {
		qsort(items, n, sizeof(*items), by_meter);
	}
	*ret_items = items;
	*ret_n = n;
	return ERR_OK;
}

static struct line_meter *find_meter(struct line_worker *w, int64_t meter)
{
	for (size_t i = 0; i < w->meter_count; i++) {
		if (w->meters[i]->conf.id == meter) {
			return w->meters[i];
		}
	}
	return NULL;
}

/* With the worker's lock held; waits for the answer. */
static enum err ask_now(
	struct line_worker *w, struct line_meter *m, int64_t meter, struct diag *diag)
{
	if (!m->talk || !m->conf.is_enabled) {
		return err_set(diag, ERR_INVAL, "meter %s is disabled or its settings are wrong",
			m->conf.name);
	}
	m->asked++;
	clock_kick();
	(void)pthread_cond_signal(&w->wake);
	while (!w->is_stopping && m && m->asked != m->answered_ask) {
		(void)pthread_cond_wait(&w->done, &w->lock);
		m = find_meter(w, meter); /* the configuration may have changed meanwhile */
	}
	if (w->is_stopping || !m) {
		return ERR_CANCELLED;
	}
	return m->ask_error ? err_set(diag, m->ask_error, "%s", m->state.error_text) : ERR_OK;
}

enum err poll_read_now(struct poll *p, int64_t meter, struct diag *diag)
{
	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++) {
		struct line_worker *w = p->workers[i];
		(void)pthread_mutex_lock(&w->lock);
		struct line_meter *m = find_meter(w, meter);
		if (m) {
			w->asking++;
			(void)pthread_mutex_unlock(&p->lock);
			enum err e = ask_now(w, m, meter, diag);
			w->asking--;
			(void)pthread_cond_broadcast(&w->done);
			(void)pthread_mutex_unlock(&w->lock);
			return e;
		}
		(void)pthread_mutex_unlock(&w->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return err_set(diag, ERR_NOTFOUND, "no enabled line has meter %lld", (long long)meter);
}

/* With the worker's lock held. */
static enum err write_ring(const struct line_worker *w, FILE *to)
{
	struct trace_writer writer;
	trace_writer_init(&writer, to);
	for (size_t i = w->ring_at > TRACE_RING ? w->ring_at - TRACE_RING : 0; i < w->ring_at;
		i++) {
		const struct trace_entry *t = &w->ring[i % TRACE_RING];
		writer.trace.bytes(
			&writer.trace, t->way, (struct slice){t->bytes, t->size}, t->at_us);
	}
	bool is_written = trace_writer_flush(&writer);
	trace_writer_fini(&writer);
	return is_written ? ERR_OK : ERR_NOMEM;
}

enum err poll_trace(struct poll *p, int64_t line, struct buf *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	if (!to) {
		return ERR_NOMEM;
	}
	enum err e = ERR_NOTFOUND;
	(void)pthread_mutex_lock(&p->lock);
	struct line_worker *w = find_worker(p, line);
	if (w) {
		(void)pthread_mutex_lock(&w->lock);
		e = write_ring(w, to);
		(void)pthread_mutex_unlock(&w->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (fclose(to) && !e) {
		e = ERR_NOMEM;
	}
	if (!e) {
		buf_put(out, text, size);
	}
	free(text);
	return e;
}
