/*
 * A meter is asked on the grid, rarer when silent, and for what is missing before it is lost.
 */
#include "poll/schedule.h"
#include "test.h"

#include <string.h>

#define T0    1764547200LL     /* 2025-12-01T00:00:00Z */
#define FIRST (T0 - 95 * 3600) /* of the records known */

static struct calendar utc(void)
{
	struct calendar c = {.report_hour = 0, .report_day = 1};
	assert_int_equal(zone_get("UTC", &c.zone, NULL), ERR_OK);
	return c;
}

static struct schedule schedule_of(int64_t poll_s, int64_t now)
{
	struct meter m;
	struct schedule s;
	struct calendar c = utc();
	object_init(OBJECT_METER, &m);
	m.poll_s = poll_s;
	m.clock_s = 0;
	schedule_init(&s, &m, &c, now);
	return s;
}

static void currents_stay_on_the_grid_however_late_they_are(void **state)
{
	(void)state;
	struct schedule s = schedule_of(60, T0 + 7);
	struct job job = schedule_pick(&s, T0 + 7);
	assert_int_equal(job.class, JOB_CURRENT); /* a new meter at once */
	schedule_done(&s, &job, TURN_ANSWERED, T0 + 9);
	job = schedule_pick(&s, T0 + 9);
	assert_int_equal(job.class, JOB_NONE);
	assert_int_equal(job.due, T0 + 60);
	job = schedule_pick(
		&s, T0 + 187); /* two turns were missed: one reading, then the grid again */
	assert_int_equal(job.class, JOB_CURRENT);
	schedule_done(&s, &job, TURN_ANSWERED, T0 + 187);
	assert_int_equal(schedule_pick(&s, T0 + 188).due, T0 + 240);
	schedule_fini(&s);
}

static void a_silent_meter_is_asked_ever_more_rarely_with_a_ceiling(void **state)
{
	(void)state;
	struct schedule s = schedule_of(10, T0);
	int64_t now = T0, waits[9];
	for (int i = 0; i < 9; i++) {
		struct job job = schedule_pick(&s, now);
		assert_int_equal(job.class, JOB_CURRENT);
		schedule_done(&s, &job, TURN_FAILED, now);
		job = schedule_pick(&s, now + 1);
		assert_int_equal(job.class, JOB_NONE);
		waits[i] = job.due - now;
		now = job.due;
	}
	const int64_t expect[9] = {10, 20, 40, 80, 160, 320, 600, 600, 600};
	assert_memory_equal(waits, expect, sizeof(expect));
	struct job job = schedule_pick(&s, now);
	schedule_done(&s, &job, TURN_ANSWERED, now); /* one answer and it is back on the grid */
	assert_int_equal(schedule_pick(&s, now).due, now / 10 * 10 + 10);
	schedule_fini(&s);
}

static void an_operator_is_served_even_while_backed_off(void **state)
{
	(void)state;
	struct schedule s = schedule_of(60, T0);
	struct job job = schedule_pick(&s, T0);
	schedule_done(&s, &job, TURN_FAILED, T0);
	s.is_asked_now = true;
	assert_int_equal(schedule_pick(&s, T0 + 1).class, JOB_NOW);
	schedule_fini(&s);
}

static void an_hour_is_fetched_after_it_closed(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	schedule_archive(&s, PERIOD_HOUR, 100, NULL, 0, FIRST, T0);
	struct job job = schedule_pick(&s, T0 + 3600 + SETTLE_S - 1);
	assert_int_equal(job.class, JOB_NONE);
	assert_int_equal(job.due, T0 + 3600 + SETTLE_S);
	job = schedule_pick(&s, T0 + 3600 + SETTLE_S);
	assert_int_equal(job.class, JOB_ARCHIVE);
	assert_int_equal(job.span.from, T0);
	assert_int_equal(job.span.till, T0 + 3600);
	schedule_stored(&s, PERIOD_HOUR, T0, false);
	schedule_done(&s, &job, TURN_ANSWERED, T0 + 3600 + SETTLE_S);
	assert_int_equal(schedule_pick(&s, T0 + 3600 + SETTLE_S).due, T0 + 7200 + SETTLE_S);
	schedule_fini(&s);
}

static void gaps_are_asked_for_oldest_first_and_told_when_they_are_lost(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	struct span gaps[] = {{T0 - 90 * 3600, T0 - 80 * 3600}, {T0 - 10 * 3600, T0 - 5 * 3600}};
	schedule_archive(&s, PERIOD_HOUR, 100, gaps, 2, FIRST, T0);
	assert_int_equal(schedule_loss_utc(&s, PERIOD_HOUR), T0 + 11 * 3600);
	struct job job = schedule_pick(&s, T0);
	assert_int_equal(job.span.from, gaps[0].from);
	assert_int_equal(job.span.till, gaps[0].till);
	for (int64_t t = job.span.from; t < job.span.till; t += 3600) {
		schedule_stored(&s, PERIOD_HOUR, t, false);
	}
	schedule_done(&s, &job, TURN_ANSWERED, T0);
	assert_int_equal(schedule_pick(&s, T0).span.from, gaps[1].from);
	/* nobody answers until the meter has overwritten them */
	(void)schedule_pick(&s, T0 + 200 * 3600);
	assert_int_equal(
		s.archive[PERIOD_HOUR].lost, 5 + 100); /* hours 100 to 199 are still there */
	schedule_fini(&s);
}

static void what_the_meter_does_not_have_is_asked_again_and_then_given_up(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	struct span gap = {T0 - 3 * 3600, T0};
	schedule_archive(&s, PERIOD_HOUR, 100, &gap, 1, FIRST, T0);
	int64_t now = T0;
	int asked = 0;
	for (int i = 0; i < 50; i++) {
		struct job job = schedule_pick(&s, now);
		if (job.class == JOB_ARCHIVE) {
			asked += job.span.from == gap.from;
			for (int64_t t = job.span.from; t < job.span.till; t += 3600) {
				if (t != gap.from + 3600) { /* this one it does not have */
					schedule_stored(&s, PERIOD_HOUR, t, false);
				}
			}
			schedule_done(&s, &job, TURN_ANSWERED, now);
		} else {
			now = job.due;
		}
	}
	assert_int_equal(asked, 1);
	assert_int_equal(s.archive[PERIOD_HOUR].lost, 1);
	assert_int_equal(s.archive[PERIOD_HOUR].absent.n, 0);
	schedule_fini(&s);
}

/* A clock that is behind closes hours after they are asked for the first time. */
static void a_slow_clock_loses_no_record(void **state)
{
	(void)state;
	const int64_t behind = 200, till = T0 + 30 * 3600;
	struct schedule s = schedule_of(0, T0);
	schedule_archive(&s, PERIOD_HOUR, 100, NULL, 0, FIRST, T0);
	int stored = 0, in_vain = 0;
	for (int64_t now = T0; now < till;) {
		struct job job = schedule_pick(&s, now);
		if (job.class != JOB_ARCHIVE) {
			now = job.due;
			continue;
		}
		for (int64_t t = job.span.from; t < job.span.till; t += 3600) {
			bool is_there = t + 3600 + behind <= now;
			if (is_there) {
				schedule_stored(&s, PERIOD_HOUR, t, false);
			}
			stored += is_there;
			in_vain += !is_there;
		}
		schedule_done(&s, &job, TURN_ANSWERED, now);
		if (now > T0 + 15 * 3600) {
			schedule_clock(&s, -behind); /* now it is known */
		}
	}
	assert_int_equal(s.archive[PERIOD_HOUR].lost, 0);
	assert_in_range(stored, 28, 30);
	assert_in_range(in_vain, 14, 17);
	schedule_fini(&s);
}

/* A locked meter says nothing about what it remembers, of known depth or not. */
static void what_a_locked_meter_refuses_is_asked_for_until_it_is_unlocked(void **state)
{
	(void)state;
	for (int64_t depth = 0; depth <= 100; depth += 100) {
		struct schedule s = schedule_of(0, T0);
		struct span gap = {T0 - 90 * 3600, T0};
		int refusals = 0, stored = 0;
		schedule_archive(&s, PERIOD_HOUR, depth, &gap, 1, gap.from, T0);
		for (int64_t now = T0; now < T0 + 9 * 3600 + 1800;) {
			struct job job = schedule_pick(&s, now);
			if (job.class != JOB_ARCHIVE) {
				now = job.due;
				continue;
			}
			bool is_locked = now < T0 + 7 * 3600;
			for (int64_t t = job.span.from; t < job.span.till && !is_locked;
				t += 3600) {
				schedule_stored(&s, PERIOD_HOUR, t, false);
				stored++;
			}
			schedule_done(&s, &job, is_locked ? TURN_REFUSED : TURN_ANSWERED, now);
			refusals += is_locked;
		}
		assert_in_range(refusals, 7, 30); /* once an hour, not again and again */
		assert_int_equal(stored, 90 + 9);
		assert_int_equal(s.archive[PERIOD_HOUR].lost, 0);
		assert_int_equal(s.failures, 0);
		schedule_fini(&s);
	}
}

static void what_is_older_than_the_memory_is_not_missing(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	struct span all = schedule_horizon(&s.calendar, PERIOD_HOUR, 100, T0);
	schedule_archive(&s, PERIOD_HOUR, 100, &all, 1, INT64_MAX, T0);
	const int64_t fitted = T0 - 60 * 3600; /* the meter was fitted then */
	for (struct job job; (job = schedule_pick(&s, T0)).class == JOB_ARCHIVE;) {
		for (int64_t t = job.span.from; t < job.span.till; t += 3600) {
			if (t >= fitted) {
				schedule_stored(&s, PERIOD_HOUR, t, false);
			}
		}
		schedule_done(&s, &job, TURN_ANSWERED, T0);
	}
	assert_int_equal(s.archive[PERIOD_HOUR].lost, 0);
	assert_int_equal(s.archive[PERIOD_HOUR].absent.n, 0);
	assert_int_equal(s.archive[PERIOD_HOUR].first_utc, fitted);
	schedule_fini(&s);
	/* nor after a restart, which finds them stored from `fitted` on */
	s = schedule_of(0, T0);
	struct span before = {all.from, fitted};
	schedule_archive(&s, PERIOD_HOUR, 100, &before, 1, fitted, T0);
	assert_int_equal(schedule_pick(&s, T0).class, JOB_NONE);
	schedule_fini(&s);
}

static void readings_at_a_moment_are_there_when_it_has_come(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	schedule_archive(&s, PERIOD_DAY, 100, NULL, 0, FIRST, T0);
	schedule_stored(&s, PERIOD_DAY, T0 - 86400, true);
	struct job job = schedule_pick(&s, T0 + SETTLE_S); /* midnight's reading, not tomorrow's */
	assert_int_equal(job.class, JOB_ARCHIVE);
	assert_true(job.span.from <= T0 && job.span.till > T0);
	schedule_stored(&s, PERIOD_DAY, T0, true);
	schedule_done(&s, &job, TURN_ANSWERED, T0 + SETTLE_S);
	assert_int_equal(schedule_pick(&s, T0 + SETTLE_S).due, T0 + 86400 + SETTLE_S);
	schedule_fini(&s);
}

static void a_memory_of_unknown_depth_is_read_from_its_new_end(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	struct span gap = schedule_horizon(&s.calendar, PERIOD_HOUR, 0, T0);
	schedule_archive(&s, PERIOD_HOUR, 0, &gap, 1, FIRST, T0);
	struct job job = schedule_pick(&s, T0);
	assert_int_equal(job.span.till, T0);
	for (int64_t t = job.span.from; t < job.span.till; t += 3600) {
		schedule_stored(&s, PERIOD_HOUR, t, false);
	}
	schedule_done(&s, &job, TURN_ANSWERED, T0);
	job = schedule_pick(&s, T0);
	assert_int_equal(job.class, JOB_ARCHIVE);
	schedule_done(&s, &job, TURN_ANSWERED, T0); /* nothing came: the memory ends here */
	assert_int_equal(schedule_pick(&s, T0).class, JOB_NONE);
	assert_int_equal(s.archive[PERIOD_HOUR].missing.n, 0);
	schedule_fini(&s);
}

static void months_close_on_the_report_day(void **state)
{
	(void)state;
	struct schedule s = schedule_of(0, T0);
	s.calendar.report_day = 25;
	struct span h = schedule_horizon(&s.calendar, PERIOD_MONTH, 2, T0);
	assert_int_equal(h.till, T0 - 6 * 86400);  /* 2025-11-25 */
	assert_int_equal(h.from, T0 - 67 * 86400); /* 2025-09-25 */
	schedule_fini(&s);
}

static void spans_merge_split_and_count(void **state)
{
	(void)state;
	struct spans s = {0};
	struct calendar c = utc();
	assert_true(spans_add(&s, (struct span){T0, T0 + 3600}));
	assert_true(spans_add(&s, (struct span){T0 + 7200, T0 + 10800}));
	assert_int_equal(s.n, 2);
	assert_true(spans_add(&s, (struct span){T0 + 3600, T0 + 7200}));
	assert_int_equal(s.n, 1);
	assert_int_equal(spans_count(&s, &c, PERIOD_HOUR), 3);
	assert_true(spans_remove(&s, (struct span){T0 + 3600, T0 + 7200}));
	assert_int_equal(s.n, 2);
	assert_true(spans_have(&s, T0));
	assert_false(spans_have(&s, T0 + 3600));
	assert_true(spans_remove(&s, (struct span){T0 - 1, T0 + 99999}));
	assert_int_equal(s.n, 0);
	spans_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(currents_stay_on_the_grid_however_late_they_are),
		cmocka_unit_test(a_silent_meter_is_asked_ever_more_rarely_with_a_ceiling),
		cmocka_unit_test(an_operator_is_served_even_while_backed_off),
		cmocka_unit_test(an_hour_is_fetched_after_it_closed),
		cmocka_unit_test(gaps_are_asked_for_oldest_first_and_told_when_they_are_lost),
		cmocka_unit_test(what_the_meter_does_not_have_is_asked_again_and_then_given_up),
		cmocka_unit_test(a_slow_clock_loses_no_record),
		cmocka_unit_test(what_a_locked_meter_refuses_is_asked_for_until_it_is_unlocked),
		cmocka_unit_test(what_is_older_than_the_memory_is_not_missing),
		cmocka_unit_test(readings_at_a_moment_are_there_when_it_has_come),
		cmocka_unit_test(a_memory_of_unknown_depth_is_read_from_its_new_end),
		cmocka_unit_test(months_close_on_the_report_day),
		cmocka_unit_test(spans_merge_split_and_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
