/*
 * On a stepped clock, where nobody waits for the disk, no hour is lost: weeks pass as fast as the
 * work allows, and the archive is whole at the end.
 */
#include "base/clock.h"
#include "rollup_test.h"

#define DAYS     20
#define COUNTERS 12
#define GAUGES   8

static void weeks_pass_and_every_hour_is_there(void **state)
{
	struct fixture *f = *state;
	int64_t reg[COUNTERS + GAUGES], ch[COUNTERS + GAUGES];
	int64_t day = utc("2025-01-09T19:00:00Z");
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	for (int i = 0; i < COUNTERS + GAUGES; i++) {
		char key[16];
		(void)snprintf(key, sizeof(key), "r.u%d", i);
		reg[i] = i < COUNTERS ? add_counter(f, key) : add_gauge(f, key);
		ch[i] = i < COUNTERS ? add_channel(f, QUANTITY_COLD_WATER, UNIT_M3) :
				       add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
		bind(f, ch[i], reg[i]);
	}
	clock_enter();
	for (int i = 0; i <= DAYS * 96; i++) {
		int64_t at = day + i * 900;
		(void)pthread_mutex_lock(&lock);
		while (clock_now() < at) {
			clock_wait(&cond, &lock, at * 1000000);
		}
		(void)pthread_mutex_unlock(&lock);
		for (int k = 0; k < COUNTERS + GAUGES; k++) {
			read_at(f, reg[k], at, k < COUNTERS ? 10 + k + 0.25 * i : 50 + k);
		}
		struct batch *b = f->batch;
		f->batch = NULL;
		assert_int_equal(store_submit(f->store, b, false), ERR_OK);
	}
	clock_leave();
	settle(f);
	for (int k = 0; k < COUNTERS + GAUGES; k++) {
		uint16_t q = k < COUNTERS ? MEASURED(POLLED) : MEASURED(INTEGRATED);
		for (int h = 0; h < DAYS * 24; h++) {
			assert_value(f, ch[k], PERIOD_HOUR, day + h * HOUR_S,
				k < COUNTERS ? 1 : 50 + k, q);
		}
		for (int d = 0; d < DAYS; d++) {
			assert_value(f, ch[k], PERIOD_DAY, day + d * 24 * HOUR_S,
				k < COUNTERS ? 24 : 50 + k, q);
		}
		assert_value(f, ch[k], PERIOD_MONTH, utc("2024-12-31T19:00:00Z"),
			k < COUNTERS ? 24 * DAYS : 50 + k, (q & ~15u) | QUALITY_PARTIAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			weeks_pass_and_every_hour_is_there, set_up, tear_down),
	};
	char path[] = "/tmp/domovoi-clock-XXXXXX";
	int fd = mkstemp(path);
	struct diag d = {0};
	if (fd < 0 || clock_share_stepped(path, 1736445600, &d) != ERR_OK) {
		(void)fprintf(stderr, "no clock: %s\n", d.text);
		return 1;
	}
	(void)close(fd);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
