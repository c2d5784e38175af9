/*
 * A balance that stays out of limits, a leak, reverse flow: each is said once, on the day it begins.
 */
#include "balance_house.h"
#include "calc/balance_events.h"

#define START INT64_C(1772323200) /* 2026-03-01, UTC: the house has no zone */
#define DAY_S 86400
#define DAYS  30
#define BAD   20 /* from this day on the house loses water and flat 14 leaks */

static struct fixture fx;

static void put_hours(struct batch *b, int d)
{
	bool is_bad = d >= BAD;
	for (int h = 0; h < 24; h++) {
		int64_t at = START + (int64_t)d * DAY_S + h * 3600;
		double use = h >= 7 && h < 23 ? 0.02 : 0;
		put_value(b, INPUT, PERIOD_HOUR, at, FLATS * use + (is_bad ? 0.11 : 0));
		put_value(b, 102, PERIOD_HOUR, at, 0);
		for (int i = 1; i <= FLATS; i++) {
			double leak = is_bad && i == 4 ? 0.01 : 0;
			put_value(b, 110 + i, PERIOD_HOUR, at, use + leak);
		}
	}
}

static int open_house(void **state)
{
	(void)state;
	fixture_open(&fx, balance_house());
	struct batch *b = batch_new();
	for (int d = 0; d < DAYS; d++) {
		int64_t at = START + (int64_t)d * DAY_S;
		bool is_bad = d >= BAD;
		double use = 16 * 0.02;
		put_hours(b, d);
		put_value(b, INPUT, PERIOD_DAY, at, FLATS * use + (is_bad ? 24 * 0.11 : 0));
		put_value(b, 102, PERIOD_DAY, at, 0);
		for (int i = 1; i <= FLATS; i++) {
			double leak = is_bad && i == 4 ? 24 * 0.01 : 0;
			put_value(b, 110 + i, PERIOD_DAY, at, use + leak);
		}
	}
	assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
	return 0;
}

static int close_house(void **state)
{
	(void)state;
	return fixture_close(&fx);
}

struct told {
	const char *code;
	int64_t place;
	int64_t utc;
	size_t n;
};

static enum err count(void *ctx, const struct event *e)
{
	struct told *t = ctx;
	if (strcmp(e->code, t->code) == 0 && e->object == t->place) {
		t->n++;
		t->utc = e->utc;
	}
	return ERR_OK;
}

static void assert_told(const char *code, int64_t place, size_t n, int day)
{
	struct told t = {.code = code, .place = place};
	assert_int_equal(
		event_list(fx.store, 0, (struct span){0, INT64_MAX}, 1000, count, &t), ERR_OK);
	assert_int_equal(t.n, n);
	if (n > 0) {
		assert_int_equal((t.utc - START) / DAY_S, day);
	}
}

static void each_thing_is_said_once_on_the_day_it_begins(void **state)
{
	(void)state;
	for (int d = 10; d < DAYS; d++) {
		struct daily_day day = {.store = fx.store,
			.site = fx.site,
			.building = site_find(fx.site, OBJECT_PLACE, 1),
			.calendar = site_calendar(fx.site, 1),
			.day = {START + (int64_t)d * DAY_S, START + (int64_t)(d + 1) * DAY_S}};
		struct batch *b = batch_new();
		assert_int_equal(balance_events_of(&day, b, NULL), ERR_OK);
		assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
	}
	assert_told("balance.loss", 1, 1, BAD + 2); /* the third day in a row */
	assert_told("balance.excess", 1, 0, 0);
	/* three of five nights; of 110 l/h flat 14 loses 10 */
	assert_told("leak.house", 1, 1, BAD + 2);
	assert_told("leak.toilet", 14, 1, BAD);
	assert_told("leak.toilet", 13, 0, 0);
	assert_told("leak.reverse", 12, 0, 0);
	assert_told("leak.burst", 14, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_is_said_once_on_the_day_it_begins),
	};
	return cmocka_run_group_tests(tests, open_house, close_house);
}
