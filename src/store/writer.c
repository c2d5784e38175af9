/*
 * writer.c - the queue of batches and jobs, and the thread that works it off; see writer.h
 *
 * A group is what has gathered while the last one was being committed; without anybody waiting it
 * may gather for GROUP_DELAY_US more, so that a bad flash card is not written for every meter.
 *
 * The queue is bounded: a submitter waits while it is full. When neither database nor spill file
 * takes anything, batches stay in the queue, whoever waits for one is told, and with a full queue
 * new ones are refused.
 */
#include "store/writer.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QUEUE_BYTES    (8u << 20)
#define GROUP_BYTES    (2u << 20)
#define GROUP_DELAY_US 200000

/* ---- the queue; lock held ---- */

static struct batch *take_group(struct writer *w)
{
	struct batch *list = w->head, **end = &list;
	size_t bytes = 0;
	while (*end && (bytes == 0 || bytes + (*end)->bytes.size <= GROUP_BYTES)) {
		struct batch *b = *end;
		bytes += b->bytes.size;
		w->queued--;
		w->waiters -= b->waiter != NULL;
		end = &b->next;
	}
	w->head = *end;
	if (!w->head) {
		w->tail = &w->head;
	}
	*end = NULL;
	w->queued_bytes -= bytes;
	return list;
}

/* The group is safe, or (with an error) stays in the queue except where somebody waits. */
static void settle(struct writer *w, struct batch *list, enum err e)
{
	struct batch *keep = NULL, **end = &keep;
	w->is_holding = e != ERR_OK;
	while (list) {
		struct batch *b = list;
		list = b->next;
		if (b->waiter) {
			b->waiter->result = e;
			b->waiter->is_done = true;
		} else if (e) {
			*end = b;
			end = &b->next;
			w->queued++;
			w->queued_bytes += b->bytes.size;
			continue;
		}
		batch_free(b);
	}
	if (keep) {
		*end = w->head;
		w->tail = w->head ? w->tail : end;
		w->head = keep;
	}
	w->status.queued = (int64_t)w->queued;
	(void)pthread_cond_broadcast(&w->done);
}

/* When the queue must be looked at; 0: now, INT64_MAX: when somebody knocks. */
static int64_t due_us(struct writer *w)
{
	int64_t due = INT64_MAX;
	if (w->jobs || w->is_stopping) {
		return 0;
	}
	if (w->head) {
		if (w->is_holding) {
			due = w->waiters ? 0 : w->retry_us;
		} else if (w->waiters || w->queued_bytes >= GROUP_BYTES || clock_is_virtual()) {
			due = 0;
		} else {
			due = w->head->queued_us + GROUP_DELAY_US;
		}
	}
	if (w->status.is_writable && w->look_us < due) {
		due = w->look_us;
	}
	if (!w->status.is_writable && w->retry_us < due) {
		due = w->retry_us;
	}
	return due;
}

static void sleep_until(struct writer *w, int64_t due)
{
	if (due == INT64_MAX) {
		(void)pthread_cond_wait(&w->wake, &w->lock);
		return;
	}
	struct timespec ts = {.tv_sec = due / 1000000, .tv_nsec = due % 1000000 * 1000};
	(void)pthread_cond_timedwait(&w->wake, &w->lock, &ts);
}

static void run_jobs(struct writer *w)
{
	while (w->jobs) {
		struct job *j = w->jobs;
		w->jobs = j->next;
		if (!w->jobs) {
			w->jobs_tail = &w->jobs;
		}
		(void)pthread_mutex_unlock(&w->lock);
		enum err e = keep_job(w, j);
		(void)pthread_mutex_lock(&w->lock);
		j->result = e;
		j->is_done = true;
		(void)pthread_cond_broadcast(&w->done);
	}
}

static void *work(void *ctx)
{
	struct writer *w = ctx;
	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		int64_t due = due_us(w);
		if (due > clock_mono_us()) {
			sleep_until(w, due);
			continue;
		}
		if (w->is_stopping) {
			w->retry_us = 0; /* one last try */
		}
		run_jobs(w);
		if (w->head) {
			struct batch *list = take_group(w);
			(void)pthread_mutex_unlock(&w->lock);
			enum err e = keep_group(w, list);
			keep_late_rows(w);
			(void)pthread_mutex_lock(&w->lock);
			settle(w, list, e);
			if (e && w->is_stopping) {
				break;
			}
		} else if (w->is_stopping) {
			break;
		} else {
			bool is_writable = w->status.is_writable;
			(void)pthread_mutex_unlock(&w->lock);
			if (is_writable) {
				keep_look(w);
			} else {
				(void)keep_ready(w);
			}
			(void)pthread_mutex_lock(&w->lock);
		}
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- the other threads ---- */

enum err store_submit(struct store *s, struct batch *b, bool wait)
{
	struct writer *w = s->writer;
	struct waiter me = {0};
	if (!w || batch_is_broken(b)) {
		batch_free(b);
		return w ? ERR_NOMEM : ERR_READONLY;
	}
	b->next = NULL;
	b->waiter = wait ? &me : NULL;
	b->queued_us = clock_mono_us();
	(void)pthread_mutex_lock(&w->lock);
	while (w->head && w->queued_bytes + b->bytes.size > QUEUE_BYTES) {
		if (w->is_holding) {
			enum err e = w->status.last_error;
			(void)pthread_mutex_unlock(&w->lock);
			batch_free(b);
			return e ? e : ERR_FULL;
		}
		(void)pthread_cond_signal(&w->wake);
		(void)pthread_cond_wait(&w->done, &w->lock);
	}
	*w->tail = b;
	w->tail = &b->next;
	w->queued++;
	w->waiters += wait;
	w->queued_bytes += b->bytes.size;
	w->status.queued = (int64_t)w->queued;
	(void)pthread_cond_signal(&w->wake);
	while (wait && !me.is_done) {
		(void)pthread_cond_wait(&w->done, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return me.result;
}

enum err store_flush(struct store *s)
{
	/* batches become safe in order: an empty one at the end tells of all before it */
	return store_submit(s, batch_new(), true);
}

static enum err wait_for(struct writer *w, struct job *j, struct diag *diag)
{
	(void)pthread_mutex_lock(&w->lock);
	*w->jobs_tail = j;
	w->jobs_tail = &j->next;
	(void)pthread_cond_signal(&w->wake);
	while (!j->is_done) {
		(void)pthread_cond_wait(&w->done, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	if (j->result && diag) {
		*diag = j->diag;
	}
	return j->result;
}

enum err store_job(struct store *s, const struct writer_job *job, struct diag *diag)
{
	struct job j = {.job = job};
	if (!s->writer) {
		return err_set(diag, ERR_READONLY, "the store was opened for reading");
	}
	return wait_for(s->writer, &j, diag);
}

enum err store_step(struct store *s,
	enum err (*run)(struct store *s, struct applier *a, int64_t now, size_t *ret_n),
	int64_t now, size_t *ret_n)
{
	struct job j = {.step = run, .now = now};
	if (!s->writer) {
		return ERR_READONLY;
	}
	enum err e = wait_for(s->writer, &j, NULL);
	*ret_n = j.n;
	return e;
}

static int64_t file_bytes(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;
	int n = snprintf(name, sizeof(name), "%s%s", path, suffix);
	return n > 0 && (size_t)n < sizeof(name) && stat(name, &st) == 0 ? st.st_size : 0;
}

void store_status(struct store *s, struct store_status *ret_status)
{
	struct writer *w = s->writer;
	const char *colon = strchr(s->url, ':');
	*ret_status = (struct store_status){0};
	if (w) {
		(void)pthread_mutex_lock(&w->lock);
		*ret_status = w->status;
		(void)pthread_mutex_unlock(&w->lock);
	}
	if (colon) {
		ret_status->bytes_on_disk = file_bytes(colon + 1, "") +
					    file_bytes(colon + 1, "-wal");
	}
	struct sql *db;
	if (store_reader(s, &db) == ERR_OK) {
		ret_status->bytes_used = sql_bytes(db);
		store_reader_done(s, db);
	}
}

static bool init_writer(struct writer *w)
{
	pthread_condattr_t attr;
	bool is_good = pthread_mutex_init(&w->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0;
	is_good = is_good && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		  pthread_cond_init(&w->wake, &attr) == 0 && pthread_cond_init(&w->done, NULL) == 0;
	w->tail = &w->head;
	w->jobs_tail = &w->jobs;
	w->status.is_writable = true;
	w->saved_us = clock_mono_us();
	w->spill.fd = -1;
	return is_good && applier_init(&w->applier) == ERR_OK;
}

enum err writer_start(struct store *s, struct writer **ret_writer, struct diag *diag)
{
	char path[4096];
	const char *colon = strchr(s->url, ':');
	struct writer *w = calloc(1, sizeof(*w));
	if (!w || !init_writer(w)) {
		free(w);
		return err_set(diag, ERR_NOMEM, "starting the writer");
	}
	w->s = s;
	(void)snprintf(path, sizeof(path), "%s.spill", colon ? colon + 1 : s->url);
	enum err e = spill_open(&w->spill, path, diag);
	if (!e) {
		(void)keep_ready(w); /* away: starts spilling */
		w->is_running = pthread_create(&w->thread, NULL, work, w) == 0;
		e = w->is_running ? ERR_OK : err_set(diag, ERR_NOMEM, "starting the writer");
	}
	if (e) {
		writer_stop(w);
		return e;
	}
	*ret_writer = w;
	return ERR_OK;
}

void writer_stop(struct writer *w)
{
	if (!w) {
		return;
	}
	if (w->is_running) {
		(void)pthread_mutex_lock(&w->lock);
		w->is_stopping = true;
		(void)pthread_cond_signal(&w->wake);
		(void)pthread_mutex_unlock(&w->lock);
		(void)pthread_join(w->thread, NULL);
	}
	if (w->queued) {
		log_error("store", "%zu batches could not be kept and are lost", w->queued);
	}
	while (w->head) {
		struct batch *b = w->head;
		w->head = b->next;
		batch_free(b);
	}
	keep_finish(w);
	applier_fini(&w->applier);
	sql_close(w->db);
	spill_close(&w->spill);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_cond_destroy(&w->done);
	free(w);
}
