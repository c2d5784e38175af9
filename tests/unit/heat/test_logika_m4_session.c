/*
 * The driver of Logika M4 devices in conversations that go wrong: other numbers, old devices, encryption,
 * refusals, replies to others, damaged bodies; and its changes of speed.
 */
#include "logika_m4_bench.h"

/* ---- sessions ---- */

static void the_speed_is_switched_for_a_readout_and_back(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.baud = 2400;
	bench_init(&b, &d, "address=7 fast_baud=19200");
	int64_t utc;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	assert_int_equal(requests, 4);
	assert_true(codes[0] == M4_SESSION && codes[1] == M4_SPEED && codes[3] == M4_SPEED);
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	bench_fini(&b);
	/* too fast for it: it is read at the first speed */
	bench_init(&b, &d, "address=7 fast_baud=57600");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	assert_int_equal(requests, 3);
	bench_fini(&b);
	bench_init(&b, &d, "address=7 fast_baud=12345");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_INVAL);
	bench_fini(&b);
}

static void a_meter_of_another_number_is_silent(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	int64_t utc;
	bench_init(&b, &d, "address=8");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_TIMEOUT);
	bench_fini(&b);
}

static void an_old_meter_is_named_with_its_driver(void **state)
{
	(void)state;
	struct bench b;
	struct identity who;
	struct sim_device d = device("spt943_old");
	bench_init(&b, &d, "address=7");
	assert_int_equal(m4()->identify(b.talk, &who), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(b.talk)->text, "driver logika"));
	bench_fini(&b);
	/* and when it is taken for a new one, it refuses */
	bench_init(&b, &d, "address=7 device=spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(b.talk)->text, "driver logika"));
	bench_fini(&b);
}

static void encryption_is_refused_in_words(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = ENCRYPTED;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(b.talk)->text, "encrypt"));
	twist = REFUSED;
	twist_error = M4_SECURED_ONLY;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(b.talk)->text, "secured"));
	bench_fini(&b);
}

static void refusals_are_answers(void **state)
{
	static const enum err means[] = {
		ERR_UNSUPP, ERR_DENIED, ERR_UNSUPP, ERR_NODATA, ERR_DENIED, ERR_DENIED, ERR_UNSUPP};
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = REFUSED;
	for (uint8_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		int64_t utc;
		twist_error = i;
		assert_int_equal(m4()->read_clock(b.talk, &utc), means[i]);
	}
	bench_fini(&b);
}

static void replies_to_others_are_not_taken(void **state)
{
	static const enum twist twists[] = {LATE_ID, OTHER_NT};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		bench_model(&b, "spt943");
		twist = twists[i];
		enum err e = m4()->read_current(b.talk, &b.got.sink);
		assert_true(e == ERR_FOREIGN || e == ERR_TIMEOUT);
		assert_int_equal(b.got.n, 0);
		bench_fini(&b);
	}
}

static void damaged_bodies_are_no_values(void **state)
{
	(void)state;
	struct bench b;
	int64_t utc;
	bench_model(&b, "spt943");
	twist = CUT_VALUES;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_PROTO);
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
		ERR_PROTO);
	twist = NO_VALUES;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_PROTO);
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_PROTO);
	bench_fini(&b);
}

static void a_clock_nobody_knows_how_to_set_is_left_alone(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt944");
	assert_int_equal(m4()->set_clock(b.talk, NOW), ERR_UNSUPP);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_speed_is_switched_for_a_readout_and_back),
		cmocka_unit_test(a_meter_of_another_number_is_silent),
		cmocka_unit_test(an_old_meter_is_named_with_its_driver),
		cmocka_unit_test(encryption_is_refused_in_words),
		cmocka_unit_test(refusals_are_answers),
		cmocka_unit_test(replies_to_others_are_not_taken),
		cmocka_unit_test(damaged_bodies_are_no_values),
		cmocka_unit_test(a_clock_nobody_knows_how_to_set_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
