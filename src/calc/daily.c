/*
 * daily.c - jobs of finished days and their thread; see daily.h
 */
#include "calc/daily.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_S 600

struct daily {
	struct store_listener listener;
	struct store *store;
	struct rollup *rollup;
	const struct daily_job *jobs;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_stopping, has_news;
	enum err last_error; /* of the thread */
};

/* ---- days ---- */

#define STATE_NAME_CAP 64

static void state_name(char out[static STATE_NAME_CAP], const char *job, int64_t building)
{
	(void)snprintf(out, STATE_NAME_CAP, "daily.%.24s.%" PRId64, job, building);
}

/* The end of the last day done; NODATA: none yet. */
static enum err read_done(struct store *store, const char *name, int64_t *ret_till)
{
	struct buf state;
	buf_init(&state, 64);
	enum err e = store_state(store, name, &state);
	struct reader r = reader_of(buf_slice(&state));
	*ret_till = (int64_t)reader_u64le(&r);
	e = e ? e : r.is_short ? ERR_NODATA : ERR_OK;
	buf_fini(&state);
	return e;
}

static enum err do_day(
	const struct daily_day *d, const struct daily_job *job, const char *name, struct diag *diag)
{
	struct buf state;
	struct batch *b = batch_new();
	if (!b) {
		return ERR_NOMEM;
	}
	enum err e = job->run(d, b, diag);
	if (e) {
		batch_free(b);
		return e;
	}
	buf_init(&state, 64);
	buf_u64le(&state, (uint64_t)d->day.till);
	batch_state(b, name, buf_slice(&state));
	buf_fini(&state);
	if (batch_is_broken(b)) {
		batch_free(b);
		return ERR_NOMEM;
	}
	return store_submit(d->store, b, true);
}

/* All days of one building that are due to one job. */
static enum err catch_up(struct daily_day *d, const struct daily_job *job, int64_t now,
	int64_t *inout_next, struct diag *diag)
{
	char name[STATE_NAME_CAP];
	int64_t done;
	state_name(name, job->name, d->building->id);
	int64_t over = period_of(&d->calendar, PERIOD_DAY, now - DAILY_DELAY_S).from;
	enum err e = read_done(d->store, name, &done);
	if (e == ERR_NODATA) {
		done = period_prev(&d->calendar, PERIOD_DAY, over);
		e = ERR_OK;
	}
	int64_t earliest = over;
	for (int i = 0; i < DAILY_CATCH_UP && earliest > done; i++) {
		earliest = period_prev(&d->calendar, PERIOD_DAY, earliest);
	}
	done = done > earliest ? done : earliest;
	while (!e && done < over) {
		d->day = (struct span){done, period_next(&d->calendar, PERIOD_DAY, done)};
		e = do_day(d, job, name, diag);
		done = d->day.till;
	}
	int64_t next = e ? now + RETRY_S :
			   period_next(&d->calendar, PERIOD_DAY, over) + DAILY_DELAY_S;
	*inout_next = next < *inout_next ? next : *inout_next;
	return e;
}

enum err daily_run(struct store *store, const struct daily_job *jobs, int64_t now,
	int64_t *ret_next, struct diag *diag)
{
	const struct site *site = store_site(store);
	enum err first = ERR_OK;
	*ret_next = INT64_MAX;
	for (size_t i = 0; i < site->counts[OBJECT_PLACE]; i++) {
		struct daily_day d = {.store = store, .site = site, .building = &site->places[i]};
		if (site_building(site, d.building->id) != d.building->id) {
			continue;
		}
		d.calendar = site_calendar(site, d.building->id);
		for (const struct daily_job *job = jobs; job->name; job++) {
			struct diag why = {0};
			enum err e = catch_up(&d, job, now, ret_next, &why);
			if (e && !first) {
				first = err_set(diag, e, "%s of %.60s: %s", job->name,
					d.building->name, why.text);
			}
		}
	}
	site_unref(site);
	return first;
}

/* ---- the thread ---- */

static void on_commit(struct store_listener *l, const struct last_reading *readings, size_t n)
{
	(void)l;
	(void)readings;
	(void)n;
}

/* A building may be new, or cut its days otherwise. */
static void on_site(struct store_listener *l)
{
	struct daily *d = (struct daily *)l; /* the listener is the first member */
	(void)pthread_mutex_lock(&d->lock);
	d->has_news = true;
	clock_kick();
	(void)pthread_cond_signal(&d->wake);
	(void)pthread_mutex_unlock(&d->lock);
}

static int64_t work(struct daily *d)
{
	struct diag diag = {0};
	int64_t now = clock_now(), next = now + RETRY_S;
	enum err e = rollup_settle(d->rollup);
	e = e ? e : daily_run(d->store, d->jobs, now, &next, &diag);
	if (e && e != d->last_error && e != ERR_CANCELLED) {
		log_warn("daily", "work of a day is not done: %s %s; trying again",
			err_text(e, LANG_EN), diag.text);
	} else if (!e && d->last_error) {
		log_info("daily", "the work of days is done again");
	}
	d->last_error = e;
	return next;
}

static void *run(void *arg)
{
	struct daily *d = arg;
	int64_t next = 0;
	clock_enter();
	(void)pthread_mutex_lock(&d->lock);
	while (!d->is_stopping) {
		if (!d->has_news && clock_now() < next) {
			clock_wait(&d->wake, &d->lock,
				next > INT64_MAX / 1000000 ? INT64_MAX : next * 1000000);
			continue;
		}
		d->has_news = false;
		(void)pthread_mutex_unlock(&d->lock);
		next = work(d);
		(void)pthread_mutex_lock(&d->lock);
	}
	(void)pthread_mutex_unlock(&d->lock);
	clock_leave();
	return NULL;
}

enum err daily_start(struct store *store, struct rollup *rollup, const struct daily_job *jobs,
	struct daily **ret_daily, struct diag *diag)
{
	struct daily *d = calloc(1, sizeof(*d));
	if (!d) {
		return err_set(diag, ERR_NOMEM, "daily");
	}
	d->listener = (struct store_listener){.committed = on_commit, .site_changed = on_site};
	d->store = store;
	d->rollup = rollup;
	d->jobs = jobs;
	d->has_news = true;
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_cond_init(&d->wake, NULL);
	enum err e = store_listen(store, &d->listener);
	if (!e && pthread_create(&d->thread, NULL, run, d) != 0) {
		store_unlisten(store, &d->listener);
		e = ERR_NOMEM;
	}
	if (e) {
		free(d);
		return err_set(diag, e, "thread of daily work");
	}
	(void)pthread_setname_np(d->thread, "daily");
	*ret_daily = d;
	return ERR_OK;
}

void daily_stop(struct daily *d)
{
	if (!d) {
		return;
	}
	store_unlisten(d->store, &d->listener);
	(void)pthread_mutex_lock(&d->lock);
	d->is_stopping = true;
	clock_kick();
	(void)pthread_cond_signal(&d->wake);
	(void)pthread_mutex_unlock(&d->lock);
	(void)pthread_join(d->thread, NULL);
	(void)pthread_cond_destroy(&d->wake);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}
