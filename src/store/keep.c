/*
 * keep.c - making a group of batches safe: in the database, or else in the spill file
 *
 * When a transaction fails the connection is closed, the group goes to the spill file, and the
 * database is tried again at growing distances; then what was spilled is taken over first.
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/migrations.h"
#include "store/pack.h"
#include "store/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_BYTES (4u << 20)
#define LOOK_US      2000000   /* another program's changes are seen within two seconds */
#define SAVE_US      300000000 /* last readings are saved every five minutes */
#define RETRY_US     250000
#define RETRY_MAX_US 30000000
#define PACK_ROWS    100000 /* late rows that are packed without waiting for the day's upkeep */

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
	st->spilled_bytes = w->spill.records ? w->spill.size : 0;
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
	int64_t version = w->data_version;
	enum err e = sql_others(w->db, &version);
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
		if (!w->is_holding) { /* said once; this thread alone writes it */
			log_error("store", "%s cannot be written either: %s; check %s",
				w->spill.path, err_text(e, LANG_EN), err_check(e, LANG_EN));
		}
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
	if (records == 0) {
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

enum err keep_ready(struct writer *w)
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

void keep_look(struct writer *w)
{
	w->look_us = clock_mono_us() + LOOK_US;
	if (!w->db) {
		return;
	}
	enum err e = sql_begin_read(w->db); /* what is read anew must be of one moment */
	e = e ? e : notice_others(w, false);
	e = e ? e : sql_commit(w->db);
	if (e) {
		(void)fail_away(w, e);
	}
}

enum err keep_group(struct writer *w, struct batch *list)
{
	bool is_asked = false;
	enum err e = keep_ready(w);
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

void keep_late_rows(struct writer *w)
{
	size_t blocks = 1;
	while (w->db && blocks && w->applier.late_rows >= PACK_ROWS) {
		enum err e = pack_step(&w->applier, clock_now(), &blocks);
		if (e) {
			(void)fail_away(w, e);
		} else {
			sql_upkeep(w->db);
		}
	}
}

enum err keep_job(struct writer *w, struct job *j)
{
	enum err e = keep_ready(w);
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

void keep_finish(struct writer *w)
{
	if (!w->db || !w->is_dirty || sql_begin(w->db) != ERR_OK) {
		return;
	}
	if (save_last(w) != ERR_OK || sql_commit(w->db) != ERR_OK) {
		sql_rollback(w->db); /* no harm: rebuilt from the readings */
	}
}
