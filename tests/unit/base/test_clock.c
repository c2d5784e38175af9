/*
 * A stepped clock moves when everybody waits, and never over work just handed over.
 */
#include "base/clock.h"
#include "test.h"

#include <unistd.h>

#define START 1700000000LL
#define DAYS  200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int64_t handed, taken, taken_at_us, handed_at_us;
static _Atomic int64_t late;
static _Atomic int here; /* threads that take part */
static int hours_done[3];

static void *worker(void *arg)
{
	int *count = arg;
	pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	clock_enter();
	here++;
	(void)pthread_mutex_lock(&mine);
	for (int64_t hour = 1; hour <= 24 * DAYS; hour++) {
		int64_t until = (START + hour * 3600) * 1000000;
		while (clock_now_us() < until) {
			clock_wait(&never, &mine, until);
		}
		late += clock_now_us() != until;
		(*count)++;
		if (count == &hours_done[0]) { /* hand something over every hour */
			(void)pthread_mutex_lock(&lock);
			handed++;
			handed_at_us = clock_now_us();
			clock_kick();
			(void)pthread_cond_signal(&cond);
			(void)pthread_mutex_unlock(&lock);
		}
	}
	(void)pthread_mutex_unlock(&mine);
	clock_leave();
	return NULL;
}

static void *taker(void *arg)
{
	int64_t *wrong = arg;
	clock_enter();
	here++;
	(void)pthread_mutex_lock(&lock);
	while (taken < 24 * DAYS) {
		while (handed == taken) {
			clock_wait(&cond, &lock, INT64_MAX);
		}
		taken = handed;
		taken_at_us = clock_now_us();
		*wrong += taken_at_us != handed_at_us;
	}
	(void)pthread_mutex_unlock(&lock);
	clock_leave();
	return NULL;
}

static void months_pass_in_lock_step(void **state)
{
	(void)state;
	char path[] = "/tmp/domovoi-clock-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(clock_share_stepped(path, START, NULL), ERR_OK);
	pthread_t threads[3];
	int64_t wrong = 0;
	clock_enter(); /* nobody runs ahead before all are here */
	assert_int_equal(pthread_create(&threads[0], NULL, taker, &wrong), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&threads[i + 1], NULL, worker, &hours_done[i]), 0);
	}
	while (here < 3) {
		(void)usleep(1000);
	}
	clock_leave();
	for (int i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	assert_int_equal(hours_done[0], 24 * DAYS);
	assert_int_equal(hours_done[1], 24 * DAYS);
	assert_int_equal(taken, 24 * DAYS);
	assert_int_equal(wrong, 0);
	assert_int_equal(late, 0);
	assert_true(clock_is_virtual());
	(void)unlink(path);
}

static void a_file_of_another_kind_is_refused(void **state)
{
	(void)state;
	struct diag d = {0};
	assert_int_equal(clock_join("/nonexistent/clock", &d), ERR_NOTFOUND);
	assert_int_equal(clock_join("/etc/passwd", &d), ERR_CORRUPT);
	assert_false(clock_is_virtual());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_another_kind_is_refused),
		cmocka_unit_test(months_pass_in_lock_step),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
