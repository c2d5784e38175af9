/*
 * Killed at random moments under load, the store loses nothing that it acknowledged and is whole.
 *
 * A child writes batches from three threads, with corrections, packing and configuration changes
 * between them, and says on a pipe which ones were acknowledged. The parent kills it after a random
 * time, opens the database and looks for every batch that was.
 */
#include "base/clock.h"
#include "test.h"

#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS  50
#define WRITERS 3
#define SERIES  20 /* of each writer */
#define T0      1735689600
#define HOUR    3600
#define COUNT   1000000

static char dir[64], url[128];
static int acks[2];
static uint32_t next_batch[WRITERS]; /* first number not acknowledged */

struct writer {
	struct store *store;
	uint32_t number, from;
};

/* Batch k of a writer: a reading, and the hour k / SERIES of one of its series. */
static struct batch *make_batch(uint32_t writer, uint32_t k)
{
	uint16_t quality = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	const uint8_t bytes[] = {0x68, 0x0b, 0x0b, 0x68, (uint8_t)k, 0x16};
	int64_t series = 100 + (int64_t)(writer * SERIES + k % SERIES);
	struct batch *b = batch_new();
	batch_frame(b, writer + 1, T0 + k, SLICE(bytes), SLICE(bytes));
	batch_reading(b, writer + 1, T0 + k, k, quality);
	batch_archive(b, series, PERIOD_HOUR, T0 + (int64_t)(k / SERIES) * HOUR, k, quality, false);
	return b;
}

static void *write_batches(void *ctx)
{
	struct writer *w = ctx;
	for (uint32_t k = w->from; k < COUNT; k++) {
		if (store_submit(w->store, make_batch(w->number, k), true) != ERR_OK) {
			_exit(1);
		}
		uint32_t ack[2] = {w->number, k};
		if (write(acks[1], ack, sizeof(ack)) != sizeof(ack)) {
			_exit(1);
		}
	}
	return NULL;
}

static void run_child(void)
{
	struct store *store;
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	struct diag d = {0};
	if (store_open(url, STORE_CREATE, &store, &d) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		_exit(1);
	}
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){store, i, next_batch[i]};
		if (pthread_create(&threads[i], NULL, write_batches, &writers[i]) != 0) {
			_exit(1);
		}
	}
	for (;;) { /* what else goes on in a node */
		union any_object o;
		object_init(OBJECT_PLACE, &o);
		(void)strcpy(o.place.name, "x");
		if (store_put(store, OBJECT_PLACE, &o, "test", NULL) != ERR_OK ||
			archive_pack(store, clock_now(), NULL) != ERR_OK) {
			_exit(1);
		}
		(void)usleep(10000);
	}
}

static void take_acks(void)
{
	uint32_t ack[2];
	while (read(acks[0], ack, sizeof(ack)) == sizeof(ack)) {
		assert_true(ack[0] < WRITERS && ack[1] == next_batch[ack[0]]);
		next_batch[ack[0]] = ack[1] + 1;
	}
}

static void finding(void *ctx, const char *text)
{
	(void)ctx;
	fail_msg("%s", text);
}

/* Hours of one series: as many as were acknowledged, and perhaps one more. */
static void expect_series(struct store *s, uint32_t writer, uint32_t i)
{
	struct archive_value *items;
	size_t n;
	uint32_t acknowledged = next_batch[writer];
	size_t least = acknowledged / SERIES + (acknowledged % SERIES > i);
	struct span all = {T0, T0 + (int64_t)COUNT * HOUR};
	assert_int_equal(
		archive_range(s, 100 + writer * SERIES + i, PERIOD_HOUR, all, &items, &n), ERR_OK);
	assert_true(n == least || n == least + 1);
	for (size_t h = 0; h < n; h++) {
		assert_int_equal(items[h].start, T0 + (int64_t)h * HOUR);
		assert_true(items[h].value == (double)(h * SERIES + i));
	}
	free(items);
}

static void expect_everything(void)
{
	struct store *s;
	struct diag d = {0};
	struct last_reading *last;
	size_t n;
	if (store_open(url, 0, &s, &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	assert_int_equal(store_check(s, finding, NULL), ERR_OK);
	assert_int_equal(store_last(s, &last, &n), ERR_OK);
	for (uint32_t w = 0; w < WRITERS; w++) {
		for (uint32_t i = 0; i < SERIES; i++) {
			expect_series(s, w, i);
		}
		for (size_t k = 0; k < n; k++) {
			if (last[k].reg == w + 1) {
				assert_true(last[k].value + 1 >= next_batch[w]);
			}
		}
	}
	free(last);
	store_close(s);
}

/* The batch under way when the child died may be there; the next child begins behind it or repeats
 * it, which changes nothing. */
static void nothing_acknowledged_is_lost_when_killed(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/domovoi-crash-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(url, sizeof(url), "sqlite:%s/test.db", dir);
	unsigned seed = (unsigned)clock_mono_us();
	(void)printf("seed %u\n", seed);
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(pipe(acks), 0);
		pid_t pid = fork();
		if (pid == 0) {
			(void)close(acks[0]);
			run_child();
		}
		(void)close(acks[1]);
		(void)usleep(20000 + (useconds_t)(rand_r(&seed) % 300000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		take_acks();
		(void)close(acks[0]);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		expect_everything();
	}
	uint32_t total = next_batch[0] + next_batch[1] + next_batch[2];
	(void)printf("%u batches acknowledged in %d lives\n", total, ROUNDS);
	assert_true(total > ROUNDS);
	char command[96];
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_when_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
