/*
 * rollup.c - the thread of the rollup; see rollup.h and rollup_work.h
 *
 * Woken by commits of the store, its own too: what it wrote comes back in the journal and is found to
 * be what it wrote. On the wall clock it lets PAUSE_US pass between two rounds, so that the hours of
 * many meters, which arrive within a minute, leave in few commits. After an error it says so once and
 * tries again.
 */
#include "calc/rollup.h"

#include "base/clock.h"
#include "base/log.h"
#include "calc/rollup_work.h"

#include <stdlib.h>

#define PAUSE_US 5000000
#define RETRY_US 5000000

struct rollup {
	struct store_listener listener;
	struct store *store;
	struct work *work; /* of the thread */
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* the thread waits */
	pthread_cond_t done; /* rollup_settle waits */
	bool is_stopping;
	bool has_news;
	int64_t wanted, settled; /* rounds: settled >= wanted says all of then is worked off */
	enum err last_error;
};

static void news(struct rollup *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->has_news = true;
	clock_kick();
	(void)pthread_cond_signal(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
}

static void on_commit(struct store_listener *l, const struct last_reading *readings, size_t n)
{
	(void)readings;
	(void)n;
	news((struct rollup *)l);
}

static void on_site(struct store_listener *l)
{
	news((struct rollup *)l);
}

/*
 * Work until nothing is left. Steps do not wait for their commits on a virtual clock; who wants a
 * settled archive does: what was committed comes back in the journal and must have been seen.
 */
static enum err work_all(struct rollup *r, bool is_wanted)
{
	enum err e = ERR_OK;
	bool has_more = true, is_flushed = !is_wanted;
	while ((has_more || !is_flushed) && !e) {
		(void)pthread_mutex_lock(&r->lock);
		bool is_stopping = r->is_stopping;
		(void)pthread_mutex_unlock(&r->lock);
		if (is_stopping) {
			return ERR_CANCELLED;
		}
		if (!has_more) {
			e = store_flush(r->store);
			is_flushed = true;
		}
		if (!e) {
			e = work_step(r->work, &has_more);
			is_flushed = is_flushed && !(is_wanted && has_more);
		}
	}
	return e;
}

static void note_result(struct rollup *r, enum err e, int64_t round)
{
	if (e && e != r->last_error) {
		log_warn("rollup", "archives are not formed: %s; trying again",
			err_text(e, LANG_EN));
	} else if (!e && r->last_error) {
		log_info("rollup", "archives are formed again");
	}
	r->last_error = e;
	r->settled = round;
	(void)pthread_cond_broadcast(&r->done);
}

/* With the lock held: wait until `until_us`, or until somebody asks for more than a commit does. */
static void rest(struct rollup *r, int64_t until_us)
{
	while (!r->is_stopping && r->wanted == r->settled && clock_now_us() < until_us) {
		clock_wait(&r->wake, &r->lock, until_us);
	}
}

static void *run(void *arg)
{
	struct rollup *r = arg;
	clock_enter();
	(void)pthread_mutex_lock(&r->lock);
	while (!r->is_stopping) {
		if (!r->has_news && r->wanted == r->settled) {
			clock_wait(&r->wake, &r->lock, INT64_MAX);
			continue;
		}
		int64_t round = r->wanted;
		bool is_wanted = round != r->settled;
		r->has_news = false;
		(void)pthread_mutex_unlock(&r->lock);
		enum err e = work_all(r, is_wanted);
		(void)pthread_mutex_lock(&r->lock);
		if (e == ERR_CANCELLED) {
			break;
		}
		note_result(r, e, round);
		if (e) {
			r->has_news = true;
			rest(r, clock_now_us() + RETRY_US);
		} else if (!clock_is_virtual()) {
			rest(r, clock_now_us() + PAUSE_US);
		}
	}
	(void)pthread_cond_broadcast(&r->done);
	(void)pthread_mutex_unlock(&r->lock);
	clock_leave();
	return NULL;
}

enum err rollup_start(struct store *store, struct rollup **ret_rollup, struct diag *diag)
{
	struct rollup *r = calloc(1, sizeof(*r));
	enum err e;
	if (!r) {
		return err_set(diag, ERR_NOMEM, "rollup");
	}
	r->listener = (struct store_listener){.committed = on_commit, .site_changed = on_site};
	r->store = store;
	r->has_news = true;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->wake, NULL);
	(void)pthread_cond_init(&r->done, NULL);
	r->work = work_new(store);
	e = r->work ? store_listen(store, &r->listener) : ERR_NOMEM;
	if (e) {
		work_free(r->work);
		free(r);
		return err_set(diag, e, "rollup");
	}
	if (pthread_create(&r->thread, NULL, run, r) != 0) {
		store_unlisten(store, &r->listener);
		work_free(r->work);
		free(r);
		return err_set(diag, ERR_NOMEM, "thread of the rollup");
	}
	(void)pthread_setname_np(r->thread, "rollup"); /* for top -H */
	*ret_rollup = r;
	return ERR_OK;
}

enum err rollup_settle(struct rollup *r)
{
	enum err e = store_flush(r->store);
	if (e) {
		return e;
	}
	(void)pthread_mutex_lock(&r->lock);
	int64_t round = ++r->wanted;
	clock_kick();
	(void)pthread_cond_signal(&r->wake);
	while (!r->is_stopping && r->settled < round) {
		(void)pthread_cond_wait(&r->done, &r->lock);
	}
	e = r->settled < round ? ERR_CANCELLED : r->last_error;
	(void)pthread_mutex_unlock(&r->lock);
	return e;
}

void rollup_stop(struct rollup *r)
{
	if (!r) {
		return;
	}
	store_unlisten(r->store, &r->listener);
	(void)pthread_mutex_lock(&r->lock);
	r->is_stopping = true;
	clock_kick();
	(void)pthread_cond_signal(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->thread, NULL);
	(void)work_finish(r->work); /* not written: folded again at the next start */
	work_free(r->work);
	(void)pthread_cond_destroy(&r->wake);
	(void)pthread_cond_destroy(&r->done);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
