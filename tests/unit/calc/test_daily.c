/*
 * test_daily.c - work of finished days: once, in order, caught up, by the building's own days; and
 * violations of supply as events
 */
#include "calc/daily.h"
#include "calc/supply_events.h"
#include "rollup_test.h"

#include <stdatomic.h>

#define DAY INT64_C(86400)

/* What the job was called for. */
static struct {
	int64_t building;
	struct span day;
} seen[100];
static size_t seen_n;
static enum err answer;

static enum err look(const struct daily_day *d, struct batch *b, struct diag *diag)
{
	(void)b;
	assert_in_range(seen_n, 0, 99);
	if (answer) {
		return err_set(diag, answer, "not today");
	}
	seen[seen_n].building = d->building->id;
	seen[seen_n++].day = d->day;
	return ERR_OK;
}

static const struct daily_job jobs[] = {{"look", look}, {NULL, NULL}};

static int64_t run_at(struct fixture *f, int64_t now)
{
	struct diag d = {0};
	int64_t next = 0;
	seen_n = 0;
	enum err e = daily_run(f->store, jobs, now, &next, &d);
	assert_int_equal(e, answer);
	return next;
}

static void every_day_is_done_once_after_it_is_over(void **state)
{
	struct fixture *f = *state;
	answer = ERR_OK;
	/* days begin at 19:00 UTC: on the 10th at noon the one of the 9th is the last that is over */
	int64_t next = run_at(f, utc("2026-01-10T12:00"));
	assert_int_equal(seen_n, 1);
	assert_int_equal(seen[0].day.from, utc("2026-01-08T19:00"));
	assert_int_equal(seen[0].day.till, utc("2026-01-09T19:00"));
	assert_int_equal(next, utc("2026-01-10T19:00") + DAILY_DELAY_S);
	(void)run_at(f, utc("2026-01-10T12:00"));
	assert_int_equal(seen_n, 0);
	(void)run_at(f, next - 1);
	assert_int_equal(seen_n, 0);
	(void)run_at(f, next);
	assert_int_equal(seen_n, 1);
	assert_int_equal(seen[0].day.from, utc("2026-01-09T19:00"));
}

static void days_missed_are_caught_up_in_order(void **state)
{
	struct fixture *f = *state;
	answer = ERR_OK;
	(void)run_at(f, utc("2026-01-10T12:00"));
	(void)run_at(f, utc("2026-01-15T12:00"));
	assert_int_equal(seen_n, 5);
	for (size_t i = 0; i < seen_n; i++) {
		assert_int_equal(seen[i].day.from, utc("2026-01-09T19:00") + (int64_t)i * DAY);
	}
	(void)run_at(f, utc("2026-12-31T12:00")); /* too long ago is left out */
	assert_int_equal(seen_n, DAILY_CATCH_UP);
	assert_int_equal(seen[seen_n - 1].day.till, utc("2026-12-30T19:00"));
	/* a clock that goes back does nothing twice */
	(void)run_at(f, utc("2026-06-01T12:00"));
	assert_int_equal(seen_n, 0);
}

static void what_failed_is_done_again(void **state)
{
	struct fixture *f = *state;
	answer = ERR_BUSY;
	int64_t now = utc("2026-01-10T12:00");
	int64_t next = run_at(f, now);
	assert_int_equal(seen_n, 0);
	assert_true(next > now && next < now + 3600);
	answer = ERR_OK;
	(void)run_at(f, next);
	assert_int_equal(seen_n, 1);
}

static void every_building_has_its_own_days(void **state)
{
	struct fixture *f = *state;
	struct place p;
	object_init(OBJECT_PLACE, &p);
	(void)STR_COPY(p.name, "Berlin");
	(void)STR_COPY(p.zone, "Europe/Berlin");
	int64_t berlin = put_object(f, OBJECT_PLACE, &p);
	object_init(OBJECT_PLACE, &p);
	(void)STR_COPY(p.name, "flat");
	p.parent = berlin;
	p.kind = PLACE_FLAT;
	(void)put_object(f, OBJECT_PLACE, &p);
	answer = ERR_OK;
	int64_t next = run_at(f, utc("2026-03-29T12:00"));
	assert_int_equal(seen_n, 2);
	assert_int_equal(seen[1].building, berlin);
	(void)next;
	(void)run_at(f, utc("2026-03-30T12:00"));
	assert_int_equal(seen_n, 2);
	assert_int_equal(seen[1].day.from, utc("2026-03-28T23:00"));
	assert_int_equal(seen[1].day.till, utc("2026-03-29T22:00")); /* a day of 23 hours */
}

/* ---- the thread ---- */

static atomic_int done;

static enum err count_days(const struct daily_day *d, struct batch *b, struct diag *diag)
{
	(void)d;
	(void)b;
	(void)diag;
	atomic_fetch_add(&done, 1);
	return ERR_OK;
}

static void wait_for(int days)
{
	for (int i = 0; i < 1000 && atomic_load(&done) < days; i++) {
		(void)usleep(10000);
	}
	assert_int_equal(atomic_load(&done), days);
}

static void the_thread_does_what_is_due_for_new_buildings_too_and_stops(void **state)
{
	static const struct daily_job counted[] = {{"count", count_days}, {NULL, NULL}};
	struct fixture *f = *state;
	struct daily *daily = NULL;
	struct diag d = {0};
	atomic_store(&done, 0);
	assert_int_equal(daily_start(f->store, f->rollup, counted, &daily, &d), ERR_OK);
	wait_for(1);
	struct place p;
	object_init(OBJECT_PLACE, &p);
	(void)STR_COPY(p.name, "another");
	(void)STR_COPY(p.zone, "Europe/Berlin");
	(void)put_object(f, OBJECT_PLACE, &p);
	wait_for(2);
	daily_stop(daily);
	/* and knows when it comes back what has been done */
	assert_int_equal(daily_start(f->store, f->rollup, counted, &daily, &d), ERR_OK);
	(void)usleep(200000);
	daily_stop(daily);
	assert_int_equal(atomic_load(&done), 2);
}

/* ---- violations ---- */

static struct {
	int64_t utc;
	char code[48], text[256];
} told[16];
static size_t told_n;

static enum err take(void *ctx, const struct event *e)
{
	(void)ctx;
	assert_in_range(told_n, 0, 15);
	told[told_n].utc = e->utc;
	(void)STR_COPY(told[told_n].code, e->code);
	(void)STR_COPY(told[told_n].text, e->text);
	told_n++;
	return ERR_OK;
}

static void list_events(struct fixture *f)
{
	struct span ever = {0, INT64_MAX};
	told_n = 0;
	assert_int_equal(event_list(f->store, f->place, ever, 100, take, NULL), ERR_OK);
}

static void hot_water_for(struct fixture *f, int64_t channel, const char *from, int hours, double t)
{
	struct batch *b = batch_new();
	for (int i = 0; i < hours; i++) {
		batch_archive(b, channel, PERIOD_HOUR, utc(from) + i * 3600, t,
			/* imported: the rollup takes back what nothing feeds */
			quality_make(QUALITY_MEASURED, SOURCE_IMPORT, 0), true);
	}
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
}

static void run_supply(struct fixture *f, const char *now)
{
	static const struct daily_job supply[] = {{"supply", supply_events_of}, {NULL, NULL}};
	struct diag d = {0};
	int64_t next;
	if (daily_run(f->store, supply, utc(now), &next, &d)) {
		fail_msg("%s", d.text);
	}
	list_events(f);
}

static void violations_are_told_once_when_they_have_ended(void **state)
{
	struct fixture *f = *state;
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = f->place;
	c.quantity = QUANTITY_TEMPERATURE_HOT_WATER;
	c.unit = UNIT_DEGC;
	int64_t channel = put_object(f, OBJECT_CHANNEL, &c);
	hot_water_for(f, channel, "2026-01-08T19:00", 96, 65);
	hot_water_for(f, channel, "2026-01-09T02:00", 3, 58);  /* takes nothing off: no full 3 K */
	hot_water_for(f, channel, "2026-01-09T06:00", 4, 51);  /* 07:00 - 11:00 UTC+5 less 4 */
	hot_water_for(f, channel, "2026-01-09T17:00", 10, 52); /* across the end of the day */
	run_supply(f, "2026-01-10T12:00");
	assert_int_equal(told_n, 1);
	assert_int_equal(told[0].utc, utc("2026-01-09T06:00"));
	assert_string_equal(told[0].code, "supply.hot_water.temperature");
	/* 9 K below 60 in four hours: 4 * 3 * 0.1 % */
	assert_string_equal(told[0].text,
		"2026-01-09T11:00:00+05:00 - 2026-01-09T15:00:00+05:00, 4 h: 51 °C, limit 60 °C, "
		"1.2 %");
	run_supply(f, "2026-01-10T23:00"); /* the next day is over */
	assert_int_equal(told_n, 2);
	assert_int_equal(told[0].utc, utc("2026-01-09T17:00"));
	run_supply(f, "2026-01-12T23:00");
	assert_int_equal(told_n, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_day_is_done_once_after_it_is_over),
		T(days_missed_are_caught_up_in_order),
		T(what_failed_is_done_again),
		T(every_building_has_its_own_days),
		T(the_thread_does_what_is_due_for_new_buildings_too_and_stops),
		T(violations_are_told_once_when_they_have_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
