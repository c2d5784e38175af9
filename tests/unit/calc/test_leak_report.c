/*
 * Leaks out of the store: of the house at night, in pipes or in flats; of a flat; backwards.
 */
#include "balance_house.h"
#include "calc/leak_report.h"

#define START  INT64_C(1772323200) /* 2026-03-01, UTC: the house has no zone */
#define HOUR_S 3600
#define DAYS   10
#define HOURS  (DAYS * 24)
#define BACK   131 /* reverse volume of flat 12 */

static struct fixture fx;

/* Flats use water by day only, 20 l/h; flat 14 loses 10 l/h always. The input has `lost` more. */
static void put_hours(double lost)
{
	struct batch *b = batch_new();
	for (int h = 0; h < HOURS; h++) {
		int64_t at = START + h * HOUR_S;
		double use = h % 24 >= 7 && h % 24 < 23 ? 0.02 : 0;
		put_value(b, INPUT, PERIOD_HOUR, at, FLATS * use + 0.01 + lost);
		put_value(b, 102, PERIOD_HOUR, at, 0);
		for (int i = 1; i <= FLATS; i++) {
			put_value(b, 110 + i, PERIOD_HOUR, at, use + (i == 4 ? 0.01 : 0));
			put_value(b, 120 + i, PERIOD_HOUR, at, use);
		}
		put_value(b, BACK, PERIOD_HOUR, at, h % 24 == 12 ? 0.004 : 0);
	}
	put_value(b, 115, PERIOD_HOUR, START + 30 * HOUR_S, NAN);
	assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
}

static int open_house(void **state)
{
	struct site *s = balance_house();
	(void)state;
	put_channel(s, BACK, 12, QUANTITY_VOLUME_REVERSE, 112);
	put_parameter(s, 900, 1, "tariff.cold_water", 50);
	put_parameter(s, 901, 1, "leak.nights", 5);
	fixture_open(&fx, s);
	return 0;
}

static int close_house(void **state)
{
	(void)state;
	return fixture_close(&fx);
}

static struct leak_report *report_of(int64_t place)
{
	struct leak_report *r = NULL;
	struct leak_question q = {fx.store, fx.site, fx.figures, place,
		{START, START + HOURS * HOUR_S}, START + HOURS * HOUR_S};
	assert_int_equal(leak_report_new(&q, &r), ERR_OK);
	return r;
}

static const struct leak_channel *channel_of(const struct leak_report *r, int64_t id)
{
	for (size_t i = 0; i < r->channel_count; i++) {
		if (r->channels[i].channel == id) {
			return &r->channels[i];
		}
	}
	fail_msg("channel %d is not there", (int)id);
	return NULL;
}

/* 14 residents may use 8.4 l/h; 110 flow at night, 10 of them in flat 14. */
static void a_leak_in_the_pipes_is_told_from_one_in_a_flat(void **state)
{
	(void)state;
	put_hours(0.1);
	struct leak_report *r = report_of(1);
	assert_int_equal(r->night_count, DAYS);
	assert_near(r->night.minimum, 0.11);
	assert_near(r->residents, 14);
	assert_near(r->night.leak, 0.1016);
	assert_near(r->night.month, 0.1016 * 720);
	assert_near(r->night_imbalance, 0.1);
	assert_int_equal(r->where, LEAK_PIPES);
	assert_near(r->tariff, 50);
	assert_int_equal(r->nights_wanted, 5);
	/* the night with the hole (its hours 25 to 28 are whole, hour 30 is not one of them) */
	assert_near(r->nights[1].imbalance, 0.1);
	leak_report_free(r);
}

static void the_flat_that_leaks_is_named_with_its_litres(void **state)
{
	(void)state;
	put_hours(0);
	struct leak_report *r = report_of(1);
	assert_int_equal(r->channel_count, 2 * FLATS + 1);
	const struct leak_channel *bad = channel_of(r, 114);
	assert_int_equal(bad->flat.kind, LEAK_FLAT_TOILET);
	assert_near(bad->flat.least, 0.01);
	assert_int_equal(bad->flat.running, HOURS);
	assert_near(bad->flat.month, 7.2);
	const struct leak_channel *good = channel_of(r, 111);
	assert_int_equal(good->flat.kind, LEAK_FLAT_NONE);
	assert_int_equal(good->flat.longest_pause, 8);
	assert_near(good->used, DAYS * 16 * 0.02);
	assert_int_equal(channel_of(r, 115)->flat.known, HOURS - 1);
	/* 10 l/h at night less 8.4 that residents may use: hardly a leak, and not in the pipes */
	assert_near(r->night.leak, 0.0016);
	assert_int_not_equal(r->where, LEAK_PIPES);
	leak_report_free(r);
}

static void a_flat_alone_is_only_its_own_meters(void **state)
{
	(void)state;
	put_hours(0);
	struct leak_report *r = report_of(14);
	assert_int_equal(r->channel_count, 2);
	assert_false(r->is_building);
	assert_int_equal(channel_of(r, 114)->flat.kind, LEAK_FLAT_TOILET);
	leak_report_free(r);
}

static void water_that_runs_backwards_is_reported(void **state)
{
	(void)state;
	put_hours(0);
	struct leak_report *r = report_of(12);
	const struct leak_channel *c = channel_of(r, 112);
	assert_near(c->reverse_m3, 0.04); /* 4 l a day */
	assert_near(c->reverse.net, DAYS * 0.32 - 0.04);
	assert_true(c->reverse.is_flagged);
	assert_true(isnan(channel_of(r, 122)->reverse_m3));
	assert_false(channel_of(r, 122)->reverse.is_flagged);
	leak_report_free(r);
}

static void hours_that_were_guessed_are_no_flow(void **state)
{
	struct batch *b = batch_new();
	(void)state;
	put_hours(0);
	for (int h = 0; h < HOURS; h++) {
		batch_archive(b, 111, PERIOD_HOUR, START + h * HOUR_S, 0.013,
			quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0), true);
	}
	assert_int_equal(store_submit(fx.store, b, true), ERR_OK);
	struct leak_report *r = report_of(1);
	assert_int_equal(channel_of(r, 111)->flat.kind, LEAK_FLAT_UNKNOWN);
	assert_true(isnan(r->night_imbalance));
	assert_true(!isnan(r->night.minimum)); /* the input is known all the same */
	leak_report_free(r);
}

static void too_long_or_nowhere_is_refused(void **state)
{
	struct leak_report *r = NULL;
	struct leak_question q = {fx.store, fx.site, fx.figures, 1,
		{START, START + 90 * 24 * HOUR_S}, START + 90 * 24 * HOUR_S};
	(void)state;
	assert_int_equal(leak_report_new(&q, &r), ERR_LIMIT);
	q.place = 999;
	assert_int_equal(leak_report_new(&q, &r), ERR_NOTFOUND);
	q.place = 1;
	q.span.till = q.span.from - 5;
	assert_int_equal(leak_report_new(&q, &r), ERR_OK);
	assert_int_equal(r->night_count, 0);
	leak_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leak_in_the_pipes_is_told_from_one_in_a_flat),
		cmocka_unit_test(the_flat_that_leaks_is_named_with_its_litres),
		cmocka_unit_test(a_flat_alone_is_only_its_own_meters),
		cmocka_unit_test(water_that_runs_backwards_is_reported),
		cmocka_unit_test(hours_that_were_guessed_are_no_flow),
		cmocka_unit_test(too_long_or_nowhere_is_refused),
	};
	return cmocka_run_group_tests(tests, open_house, close_house);
}
