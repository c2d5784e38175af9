/*
 * writer.c - the thread that owns the writing connection
 *
 *   submit ──> queue ──> group ──> one transaction ──> acknowledged
 *                          └─ failed ─> spill file ──> acknowledged; replayed when it works again
 *
 * A group is what has gathered while the last one was being committed; without anybody waiting it
 * may gather for GROUP_DELAY_US more, so that a bad flash card is not written for every meter.
 *
 * When a transaction fails the connection is closed, the group goes to the spill file, and the
 * database is tried again at growing distances. If the spill file cannot be written either, batches
 * stay in the queue (it is bounded), and whoever waits for one is told.
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/apply.h"
#include "store/migrations.h"
#include "store/pack.h"
#include "store/priv.h"
#include "store/spill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QUEUE_BYTES    (8u << 20)
#define GROUP_BYTES    (2u << 20)
#define REPLAY_BYTES   (4u << 20)
#define GROUP_DELAY_US 200000
#define SAVE_US        300000000 /* last readings are saved every five minutes */
#define RETRY_US       250000
#define RETRY_MAX_US   30000000
#define PACK_ROWS      150000 /* late rows that are packed without waiting for the day's upkeep */

struct waiter {
	enum err result;
	bool is_done;
};

struct job {
	struct job *next;
	const struct writer_job *job; /* or: */
	enum err (*step)(struct store *s, struct applier *a, int64_t now, size_t *ret_n);
	int64_t now;
	size_t n;
	enum err result;
	struct diag diag;
	bool is_done;
};

struct writer {
	struct store *s;
	pthread_t thread;
	bool is_running;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* the writer */
	pthread_cond_t done; /* everybody else */
	struct batch *head, **tail;
	size_t queued_bytes, queued;
	size_t waiters; /* batches in the queue that somebody waits for */
	struct job *jobs, **jobs_tail;
	bool is_stopping;
	bool is_holding; /* neither database nor spill file takes anything */
	struct store_status status;

	/* the writer's thread only */
	struct sql *db; /* NULL: away */
	struct applier applier;
	struct spill spill;
	int64_t retry_us, backoff_us, saved_us;
	int64_t data_version; /* of the database: changes when another program writes */
	bool is_dirty;        /* readings since last readings were saved */
};

/* ---- state of the database ---- */

static void set_state(struct writer *w, enum err e, const char *text)
{
	(void)pthread_mutex_lock(&w->lock);
	struct store_status *st = &w->status;
	if (e && st->is_writable) {
		st->failing_since_utc = clock_now();
	}
	st->is_writable = e == ERR_OK;
	st->last_error = e;
	(void)snprintf(st->last_error_text, sizeof(st->last_error_text), "%s", e ? text : "");
	if (!e) {
		st->failing_since_utc = 0;
	}
	st->spilled_batches = w->spill.records;
	st->spilled_bytes = w->spill.size;
	(void)pthread_mutex_unlock(&w->lock);
}

static bool is_writable(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	bool is = w->status.is_writable;
	(void)pthread_mutex_unlock(&w->lock);
	return is;
}

/* The database is away from now on. Said once, not at every try. */
static void went_away(struct writer *w, enum err e, const char *text)
{
	if (is_writable(w)) {
		log_error("store", "%s: %s; values are kept aside; check %s", err_text(e, LANG_EN),
			text, err_check(e, LANG_EN));
		w->backoff_us = RETRY_US;
	} else {
		w->backoff_us = w->backoff_us * 2 < RETRY_MAX_US ? w->backoff_us * 2 : RETRY_MAX_US;
	}
	w->retry_us = clock_mono_us() + w->backoff_us;
	set_state(w, e, text);
	sql_close(w->db);
	w->db = NULL;
}

static enum err fail_away(struct writer *w, enum err e)
{
	char text[sizeof(w->status.last_error_text)];
	(void)snprintf(text, sizeof(text), "%s", w->db ? sql_error(w->db) : "");
	if (w->db) {
		sql_rollback(w->db);
	}
	went_away(w, e, text);
	return e;
}

/* Another program (domovoi db, domovoi user) has written: what is in memory is read again. */
static enum err notice_others(struct writer *w, bool is_first)
{
	struct sql_stmt *st = sql_prepare(w->db, "PRAGMA data_version");
	int64_t version = sql_step(st) ? sql_int(st, 0) : w->data_version;
	enum err e = sql_done(st);
	if (e || version == w->data_version) {
		return e;
	}
	w->data_version = version;
	if (is_first) {
		return ERR_OK;
	}
	struct site *site;
	e = applier_attach(&w->applier, w->db);
	e = e ? e : site_load(w->db, &site, NULL);
	if (!e) {
		store_set_site(w->s, site);
	}
	return e;
}

/* ---- groups ---- */

static enum err save_last(struct writer *w)
{
	return last_save(&w->s->last, w->db, w->applier.reading - 1);
}

/* One transaction for the batches of `list`; *ret_asked: the commit was asked for. */
static enum err commit_group(struct writer *w, struct batch *list, bool *ret_asked)
{
	struct applier *a = &w->applier;
	int64_t now = clock_now();
	*ret_asked = false;
	enum err e = sql_begin(w->db);
	e = e ? e : notice_others(w, false);
	bool is_due = w->is_dirty && clock_mono_us() - w->saved_us > SAVE_US;
	if (!e && is_due) {
		e = save_last(w);
	}
	apply_begin(a, now);
	for (struct batch *b = list; b && !e; b = b->next) {
		int64_t reading = a->reading, frame = a->frame;
		e = apply_batch(a, buf_slice(&b->bytes));
		b->witness_reading = a->reading > reading ? reading : 0;
		b->witness_frame = a->frame > frame ? frame : 0;
	}
	e = e ? e : apply_end(a, now);
	if (!e) {
		*ret_asked = true;
		e = sql_commit(w->db);
	}
	if (!e) {
		w->is_dirty = is_due ? a->fresh_n > 0 : w->is_dirty || a->fresh_n > 0;
		w->saved_us = is_due ? clock_mono_us() : w->saved_us;
	}
	return e;
}

static void count_values(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->status.commits++;
	w->status.values_in += w->applier.values;
	(void)pthread_mutex_unlock(&w->lock);
}

static void publish(struct writer *w)
{
	struct applier *a = &w->applier;
	last_update(&w->s->last, a->fresh, a->fresh_n);
	count_values(w);
	store_notify(w->s, a->fresh, a->fresh_n);
}

/* Readings of batches in the spill file are shown as well; their frames have no number yet. */
static void publish_spilled(struct writer *w, struct batch *list)
{
	for (; list; list = list->next) {
		struct batch_reader r = batch_read(buf_slice(&list->bytes));
		struct batch_item item;
		while (batch_next(&r, &item) == ERR_OK) {
			if (item.tag != 'R') {
				continue;
			}
			struct last_reading one = {
				.reg = item.id,
				.utc = item.utc,
				.value = item.value,
				.quality = item.quality,
			};
			last_update(&w->s->last, &one, 1);
			store_notify(w->s, &one, 1);
		}
	}
}

static enum err spill_group(struct writer *w, struct batch *list, bool is_ambiguous)
{
	size_t n = 0;
	for (struct batch *b = list; b; b = b->next) {
		n++;
	}
	struct spill_record *records = calloc(n, sizeof(*records));
	if (!records) {
		return ERR_NOMEM;
	}
	n = 0;
	for (struct batch *b = list; b; b = b->next) {
		records[n++] = (struct spill_record){
			.reading = is_ambiguous ? b->witness_reading : 0,
			.frame = is_ambiguous ? b->witness_frame : 0,
			.bytes = buf_slice(&b->bytes),
		};
	}
	enum err e = spill_append(&w->spill, records, n);
	free(records);
	if (e) {
		log_error("store", "%s cannot be written either: %s; check %s", w->spill.path,
			err_text(e, LANG_EN), err_check(e, LANG_EN));
		return e;
	}
	publish_spilled(w, list);
	(void)pthread_mutex_lock(&w->lock);
	w->status.spilled_batches = w->spill.records;
	w->status.spilled_bytes = w->spill.size;
	(void)pthread_mutex_unlock(&w->lock);
	return ERR_OK;
}

/* ---- recovery ---- */

struct replay {
	struct writer *w;
	int64_t next;           /* index of the first record not applied yet */
	int64_t reading, frame; /* ids the database had when the replay began */
	size_t bytes;           /* applied in the open transaction */
	bool is_open;
	uint8_t name[SPILL_NAME_N];
};

static bool is_readable(struct slice bytes)
{
	struct batch_reader r = batch_read(bytes);
	struct batch_item item;
	enum err e;
	do {
		e = batch_next(&r, &item);
	} while (e == ERR_OK);
	return e == ERR_NODATA;
}

/* Progress is committed together with what was applied: a crash repeats nothing. */
static enum err replay_commit(struct replay *p)
{
	struct writer *w = p->w;
	struct buf body;
	if (!p->is_open) {
		return ERR_OK;
	}
	enum err e = apply_end(&w->applier, clock_now());
	buf_init(&body, 64);
	buf_put(&body, p->name, SPILL_NAME_N);
	buf_varint(&body, (uint64_t)p->next);
	if (!e) {
		struct sql_stmt *st = sql_prepare(
			w->db, "REPLACE INTO state (name, body) VALUES ('spill', ?)");
		sql_put_blob(st, buf_slice(&body));
		e = sql_run(st);
	}
	buf_fini(&body);
	e = e ? e : sql_commit(w->db);
	if (!e) {
		p->is_open = false;
		p->bytes = 0;
		publish(w);
		w->is_dirty = true;
	}
	return e;
}

static enum err replay_record(void *ctx, int64_t index, const struct spill_record *record)
{
	struct replay *p = ctx;
	struct writer *w = p->w;
	enum err e = ERR_OK;
	if (index < p->next) {
		return ERR_OK;
	}
	bool is_there = (record->reading && record->reading <= p->reading) ||
			(record->frame && record->frame <= p->frame);
	if (!is_readable(record->bytes)) {
		log_error("store", "a batch in %s makes no sense and is left out", w->spill.path);
		is_there = true;
	}
	if (!is_there) {
		if (!p->is_open) {
			e = sql_begin(w->db);
			apply_begin(&w->applier, clock_now());
			p->is_open = e == ERR_OK;
		}
		e = e ? e : apply_batch(&w->applier, record->bytes);
		p->bytes += record->bytes.size;
	}
	p->next = index + 1;
	return e || p->bytes < REPLAY_BYTES ? e : replay_commit(p);
}

static enum err replay_start(struct writer *w, struct replay *p)
{
	*p = (struct replay){
		.w = w, .reading = w->applier.reading - 1, .frame = w->applier.frame - 1};
	memcpy(p->name, w->spill.name, SPILL_NAME_N);
	struct sql_stmt *st = sql_prepare(w->db, "SELECT body FROM state WHERE name='spill'");
	if (sql_step(st)) {
		struct reader r = reader_of(sql_blob(st, 0));
		struct slice name = reader_bytes(&r, SPILL_NAME_N);
		if (!r.is_short && memcmp(name.data, p->name, SPILL_NAME_N) == 0) {
			p->next = (int64_t)reader_varint(&r);
		}
	}
	return sql_done(st);
}

static enum err replay_spill(struct writer *w)
{
	struct replay p;
	int64_t records = w->spill.records, damaged = 0;
	if (w->spill.fd < 0) {
		return ERR_OK;
	}
	enum err e = replay_start(w, &p);
	e = e ? e : spill_each(&w->spill, replay_record, &p, &damaged);
	e = e ? e : replay_commit(&p);
	if (e) {
		return e;
	}
	log_info("store", "%lld batches kept aside are in the database now", (long long)records);
	if (damaged) {
		log_error("store", "%lld batches of %s were damaged", (long long)damaged,
			w->spill.path);
	}
	spill_done(&w->spill, damaged > 0);
	return ERR_OK;
}

/* Open the database, take over what was kept aside. */
static enum err come_back(struct writer *w)
{
	struct diag d = {0};
	enum err e = sql_open(w->s->url, 0, &w->db, &d);
	if (e) {
		went_away(w, e, d.text);
		return e;
	}
	e = migrations_run(w->db, &d);
	e = e ? e : applier_attach(&w->applier, w->db);
	e = e ? e : notice_others(w, true);
	e = e ? e : replay_spill(w);
	if (e) {
		return fail_away(w, e);
	}
	if (!is_writable(w)) {
		log_info("store", "the database can be written again");
	}
	set_state(w, ERR_OK, "");
	return ERR_OK;
}

static enum err ready(struct writer *w)
{
	if (w->db) {
		return ERR_OK;
	}
	if (clock_mono_us() < w->retry_us) {
		return w->status.last_error; /* only this thread writes it */
	}
	return come_back(w);
}

/* ---- the work of the thread ---- */

static enum err make_safe(struct writer *w, struct batch *list)
{
	bool is_asked = false;
	enum err e = ready(w);
	if (!e) {
		e = commit_group(w, list, &is_asked);
		if (e == ERR_CONFLICT) { /* ids given by another program meanwhile */
			sql_rollback(w->db);
			e = applier_attach(&w->applier, w->db);
			e = e ? e : commit_group(w, list, &is_asked);
		}
		if (!e) {
			publish(w);
			sql_upkeep(w->db);
			return ERR_OK;
		}
		(void)fail_away(w, e);
	}
	return spill_group(w, list, is_asked);
}

static void pack_late(struct writer *w)
{
	size_t blocks;
	if (!w->db || w->applier.late_rows < PACK_ROWS) {
		return;
	}
	w->applier.late_rows = 0;
	enum err e = pack_step(&w->applier, clock_now(), &blocks);
	if (e) {
		(void)fail_away(w, e);
	} else {
		sql_upkeep(w->db);
	}
}

static enum err run_job(struct writer *w, struct job *j)
{
	enum err e = ready(w);
	if (e) {
		return err_set(&j->diag, e, "%s", w->status.last_error_text);
	}
	if (j->step) {
		e = j->step(w->s, &w->applier, j->now, &j->n);
		if (e) {
			return fail_away(w, e);
		}
		sql_upkeep(w->db);
		return ERR_OK;
	}
	e = sql_begin(w->db);
	e = e ? e : notice_others(w, false);
	if (e) {
		(void)sql_diag(w->db, e, &j->diag);
		return fail_away(w, e);
	}
	e = j->job->run(w->s, w->db, j->job->ctx, &j->diag);
	if (e) {
		sql_rollback(w->db);
		return e;
	}
	e = sql_commit(w->db);
	if (e) {
		(void)sql_diag(w->db, e, &j->diag);
		return fail_away(w, e);
	}
	if (j->job->after) {
		j->job->after(w->s, j->job->ctx);
	}
	return ERR_OK;
}

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
		enum err e = run_job(w, j);
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
			enum err e = make_safe(w, list);
			pack_late(w);
			(void)pthread_mutex_lock(&w->lock);
			settle(w, list, e);
			if (e && w->is_stopping) {
				break;
			}
		} else if (w->is_stopping) {
			break;
		} else if (!w->status.is_writable) {
			(void)pthread_mutex_unlock(&w->lock);
			(void)ready(w);
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
		(void)come_back(w); /* away: starts spilling */
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
	if (w->db && w->is_dirty && sql_begin(w->db) == ERR_OK) {
		if (save_last(w) != ERR_OK || sql_commit(w->db) != ERR_OK) {
			sql_rollback(w->db); /* no harm: rebuilt from the readings */
		}
	}
	applier_fini(&w->applier);
	sql_close(w->db);
	spill_close(&w->spill);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_cond_destroy(&w->done);
	free(w);
}
