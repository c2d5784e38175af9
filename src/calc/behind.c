/*
 * behind.c - see behind.h
 */
#include "calc/behind.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define PAUSE_US 5000000
#define RETRY_US 5000000

struct behind {
	struct store_listener listener;
	struct store *store;
	struct behind_options options;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t wake; /* the thread waits */
	pthread_cond_t done; /* behind_settle waits */
	bool is_stopping;
	bool has_news;
	int64_t wanted, settled; /* rounds: settled >= wanted says all of then is worked off */
	enum err last_error;
};

static void news(struct behind *b)
{
	(void)pthread_mutex_lock(&b->lock);
	b->has_news = true;
	if (b->options.is_on_clock) {
		clock_kick();
	}
	(void)pthread_cond_signal(&b->wake);
	(void)pthread_mutex_unlock(&b->lock);
}

static void on_commit(struct store_listener *l, const struct last_reading *readings, size_t n)
{
	(void)readings;
	(void)n;
	news((struct behind *)l);
}

static void on_site(struct store_listener *l)
{
	news((struct behind *)l);
}

/*
 * Work until nothing is left. Steps do not wait for their commits on a virtual clock; who wants a
 * settled archive does: what was committed comes back and must have been seen.
 */
static enum err work_all(struct behind *b, bool is_wanted)
{
	enum err e = ERR_OK;
	bool has_more = true, is_flushed = !is_wanted;
	while ((has_more || !is_flushed) && !e) {
		(void)pthread_mutex_lock(&b->lock);
		bool is_stopping = b->is_stopping;
		(void)pthread_mutex_unlock(&b->lock);
		if (is_stopping) {
			return ERR_CANCELLED;
		}
		if (!has_more) {
			e = store_flush(b->store);
			is_flushed = true;
		}
		if (!e) {
			e = b->options.step(b->options.ctx, &has_more);
			is_flushed = is_flushed && !(is_wanted && has_more);
		}
	}
	return e;
}

static void note_result(struct behind *b, enum err e, int64_t round)
{
	if (e && e != b->last_error) {
		log_warn(b->options.name, "%s: %s; trying again", b->options.failing,
			err_text(e, LANG_EN));
	} else if (!e && b->last_error) {
		log_info(b->options.name, "%s", b->options.working);
	}
	b->last_error = e;
	b->settled = round;
	(void)pthread_cond_broadcast(&b->done);
}

/* With the lock held: wait until `until_us`, or until somebody asks for more than a commit does. */
static void rest(struct behind *b, int64_t until_us)
{
	while (!b->is_stopping && b->wanted == b->settled && clock_now_us() < until_us) {
		clock_wait(&b->wake, &b->lock, until_us);
	}
}

/* Months pass while virtual time steps: a second of the wall's lets some of them gather. */
static void rest_real(struct behind *b)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	int e = 0;
	while (!b->is_stopping && b->wanted == b->settled && e == 0) {
		e = pthread_cond_timedwait(&b->wake, &b->lock, &until);
	}
}

static void pause_after(struct behind *b, enum err e)
{
	if (e) {
		b->has_news = true;
		rest(b, clock_now_us() + RETRY_US);
	} else if (!clock_is_virtual()) {
		rest(b, clock_now_us() + PAUSE_US);
	} else if (!b->options.is_on_clock) {
		rest_real(b);
	}
}

static void *run(void *arg)
{
	struct behind *b = arg;
	if (b->options.is_on_clock) {
		clock_enter();
	}
	(void)pthread_mutex_lock(&b->lock);
	while (!b->is_stopping) {
		if (!b->has_news && b->wanted == b->settled) {
			clock_wait(&b->wake, &b->lock, INT64_MAX);
			continue;
		}
		int64_t round = b->wanted;
		bool is_wanted = round != b->settled;
		b->has_news = false;
		(void)pthread_mutex_unlock(&b->lock);
		enum err e = work_all(b, is_wanted);
		(void)pthread_mutex_lock(&b->lock);
		if (e == ERR_CANCELLED) {
			break;
		}
		note_result(b, e, round);
		pause_after(b, e);
	}
	(void)pthread_cond_broadcast(&b->done);
	(void)pthread_mutex_unlock(&b->lock);
	if (b->options.is_on_clock) {
		clock_leave();
	}
	return NULL;
}

enum err behind_start(struct store *store, const struct behind_options *options,
	struct behind **ret_behind, struct diag *diag)
{
	struct behind *b = calloc(1, sizeof(*b));
	if (!b) {
		return err_set(diag, ERR_NOMEM, "%s", options->name);
	}
	b->listener = (struct store_listener){.committed = on_commit, .site_changed = on_site};
	b->store = store;
	b->options = *options;
	b->has_news = true;
	(void)pthread_mutex_init(&b->lock, NULL);
	(void)pthread_cond_init(&b->wake, NULL);
	(void)pthread_cond_init(&b->done, NULL);
	enum err e = store_listen(store, &b->listener);
	if (e) {
		free(b);
		return err_set(diag, e, "%s", options->name);
	}
	if (pthread_create(&b->thread, NULL, run, b) != 0) {
		store_unlisten(store, &b->listener);
		free(b);
		return err_set(diag, ERR_NOMEM, "thread of the %s", options->name);
	}
	(void)pthread_setname_np(b->thread, options->name); /* for top -H */
	*ret_behind = b;
	return ERR_OK;
}

enum err behind_settle(struct behind *b)
{
	enum err e = store_flush(b->store);
	if (e) {
		return e;
	}
	(void)pthread_mutex_lock(&b->lock);
	int64_t round = ++b->wanted;
	clock_kick();
	(void)pthread_cond_signal(&b->wake);
	while (!b->is_stopping && b->settled < round) {
		(void)pthread_cond_wait(&b->done, &b->lock);
	}
	e = b->settled < round ? ERR_CANCELLED : b->last_error;
	(void)pthread_mutex_unlock(&b->lock);
	return e;
}

void behind_stop(struct behind *b)
{
	if (!b) {
		return;
	}
	store_unlisten(b->store, &b->listener);
	(void)pthread_mutex_lock(&b->lock);
	b->is_stopping = true;
	clock_kick();
	(void)pthread_cond_signal(&b->wake);
	(void)pthread_mutex_unlock(&b->lock);
	(void)pthread_join(b->thread, NULL);
	(void)pthread_cond_destroy(&b->wake);
	(void)pthread_cond_destroy(&b->done);
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}
