/*
 * Many threads at once: what each wrote is there, whoever reads meanwhile sees whole states.
 */
#include "store_test.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define T0      1735689600 /* 2025-01-01T00:00:00Z */
#define WRITERS 4
#define BATCHES 150

static atomic_bool is_over;

struct job {
	struct store *store;
	int number;
	pthread_t thread;
};

/* Batch k of a writer: two series get the same value, so that a reader can tell half a batch. */
static void *write_batches(void *ctx)
{
	struct job *j = ctx;
	for (int k = 0; k < BATCHES; k++) {
		struct batch *b = batch_new();
		int64_t series = 100 + j->number * 2;
		batch_reading(b, series, T0 + k, k, good());
		batch_archive(b, series, PERIOD_HOUR, T0 + k * HOUR, k, good(), false);
		batch_archive(b, series + 1, PERIOD_HOUR, T0 + k * HOUR, k, good(), false);
		assert_int_equal(store_submit(j->store, b, k % 10 == 0), ERR_OK);
	}
	assert_int_equal(store_flush(j->store), ERR_OK);
	return NULL;
}

static void *read_archives(void *ctx)
{
	struct job *j = ctx;
	while (!atomic_load(&is_over)) {
		for (int w = 0; w < WRITERS; w++) {
			struct archive_value v[2];
			int64_t series[] = {100 + w * 2, 101 + w * 2};
			int64_t start = T0 + (int64_t)(rand() % BATCHES) * HOUR;
			assert_int_equal(
				archive_at(j->store, series, 2, PERIOD_HOUR, start, v), ERR_OK);
			assert_true(v[0].value == v[1].value ||
				    (isnan(v[0].value) && isnan(v[1].value)));
		}
		struct last_reading *last;
		size_t n;
		assert_int_equal(store_last(j->store, &last, &n), ERR_OK);
		free(last);
		struct store_status st;
		store_status(j->store, &st);
		assert_true(st.is_writable);
	}
	return NULL;
}

static void *change_site(void *ctx)
{
	struct job *j = ctx;
	while (!atomic_load(&is_over)) {
		union any_object o;
		object_init(OBJECT_PLACE, &o);
		(void)STR_COPY(o.place.name, "x");
		assert_int_equal(store_put(j->store, OBJECT_PLACE, &o, "test", NULL), ERR_OK);
		const struct site *site = store_site(j->store);
		assert_non_null(site_find(site, OBJECT_PLACE, o.id));
		site_unref(site);
		assert_int_equal(store_delete(j->store, OBJECT_PLACE, o.id, "test", NULL), ERR_OK);
	}
	return NULL;
}

static void *keep_up(void *ctx)
{
	struct job *j = ctx;
	while (!atomic_load(&is_over)) {
		assert_int_equal(archive_pack(j->store, clock_now(), NULL), ERR_OK);
		(void)usleep(1000);
	}
	return NULL;
}

static void on_commit(struct store_listener *l, const struct last_reading *readings, size_t n)
{
	(void)l;
	for (size_t i = 0; i < n; i++) {
		assert_true(readings[i].reg >= 100);
	}
}

static void *listen(void *ctx)
{
	struct job *j = ctx;
	struct store_listener l = {.committed = on_commit};
	while (!atomic_load(&is_over)) {
		assert_int_equal(store_listen(j->store, &l), ERR_OK);
		(void)usleep(500);
		store_unlisten(j->store, &l);
	}
	return NULL;
}

static void everybody_at_once(void **state)
{
	struct fixture *f = *state;
	void *(*const others[])(void *) = {
		read_archives, read_archives, change_site, keep_up, listen};
	const int n_others = (int)(sizeof(others) / sizeof(others[0]));
	struct job jobs[WRITERS + 5];
	for (int i = 0; i < WRITERS + n_others; i++) {
		jobs[i] = (struct job){.store = f->store, .number = i};
		void *(*run)(void *) = i < WRITERS ? write_batches : others[i - WRITERS];
		assert_int_equal(pthread_create(&jobs[i].thread, NULL, run, &jobs[i]), 0);
	}
	for (int i = 0; i < WRITERS + n_others; i++) {
		if (i == WRITERS) {
			atomic_store(&is_over, true);
		}
		assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
	}
	reopen_store(f);
	for (int64_t series = 100; series < 100 + 2 * WRITERS; series++) {
		struct archive_value *items;
		size_t n;
		struct span all = {T0, T0 + BATCHES * HOUR};
		assert_int_equal(
			archive_range(f->store, series, PERIOD_HOUR, all, &items, &n), ERR_OK);
		assert_int_equal(n, BATCHES);
		for (size_t k = 0; k < n; k++) {
			assert_true(items[k].value == (double)k);
		}
		free(items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everybody_at_once, set_up_store, tear_down_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
