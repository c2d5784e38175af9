/* Intervals of a load profile become half-hours and hours. */
#include "drivers/profile.h"
#include "poll/sample_list.h"
#include "test.h"

#include <math.h>

#define H0 1792324800 /* 2026-10-18T12:00:00Z */

static const struct profile_column columns[] = {
	{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH, 3},
	{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH, 3},
};

static struct sample_list list;
static struct profile profile;

static void begin(enum period period, int64_t from, int64_t till)
{
	static const struct calendar utc = {NULL, 0, 1};
	sample_list_init(&list);
	profile_begin(&profile, &list.sink, period, (struct span){from, till}, &utc, columns, 2);
}

static void put(int64_t start, int minutes, double a, double r, bool is_incomplete)
{
	struct profile_slot slot = {start, minutes, is_incomplete, {a, r}};
	assert_int_equal(profile_put(&profile, &slot), ERR_OK);
}

static void an_interval_fits_the_longest_period_it_divides(void **state)
{
	(void)state;
	for (int minutes = 0; minutes <= 61; minutes++) {
		bool is_half = minutes == 1 || minutes == 2 || minutes == 3 || minutes == 5 ||
			       minutes == 6 || minutes == 10 || minutes == 15 || minutes == 30;
		bool is_hour = minutes == 4 || minutes == 12 || minutes == 20 || minutes == 60;
		assert_int_equal(profile_fits(minutes, PERIOD_HALF_HOUR), is_half);
		assert_int_equal(profile_fits(minutes, PERIOD_HOUR), is_hour);
	}
}

static void quarters_make_half_hours_and_what_is_not_whole_is_left_out(void **state)
{
	(void)state;
	begin(PERIOD_HALF_HOUR, H0, H0 + 7200);
	put(H0 - 900, 15, 9, 9, false); /* half of what begins before the span */
	put(H0, 15, 0.25, 0.1, false);
	put(H0 + 900, 15, 0.5, NAN, false);
	put(H0 + 900, 15, 7, 7, false); /* the same again */
	put(H0 + 1800, 15, 1, 1, false);
	put(H0 + 3600, 15, 2, 2, true);
	put(H0 + 4500, 15, 3, 3, false);
	put(H0 + 7200, 30, 5, 5, false); /* behind the span */
	assert_int_equal(profile_end(&profile), ERR_OK);
	assert_int_equal(list.n, 4);
	const struct sample *x = &list.items[0]->sample;
	assert_int_equal(x->utc, H0);
	assert_float_equal(x->value, 0.75, 1e-12);
	assert_int_equal(x->form, FORM_AMOUNT);
	assert_int_equal(quality_class(x->quality), QUALITY_MEASURED);
	assert_int_equal(quality_class(list.items[1]->sample.quality), QUALITY_MISSING);
	x = &list.items[2]->sample;
	assert_int_equal(x->utc, H0 + 3600);
	assert_float_equal(x->value, 5, 1e-12);
	assert_int_equal(quality_class(x->quality), QUALITY_PARTIAL);
	sample_list_fini(&list);
}

static void a_profile_without_a_whole_period_has_no_data(void **state)
{
	(void)state;
	begin(PERIOD_HOUR, H0, H0 + 7200);
	put(H0, 20, 1, 1, false);
	put(H0 + 1200, 20, 1, 1, false);
	assert_int_equal(profile_end(&profile), ERR_NODATA);
	assert_int_equal(list.n, 0);
	sample_list_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interval_fits_the_longest_period_it_divides),
		cmocka_unit_test(quarters_make_half_hours_and_what_is_not_whole_is_left_out),
		cmocka_unit_test(a_profile_without_a_whole_period_has_no_data),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
