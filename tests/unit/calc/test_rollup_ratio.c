/*
 * test_rollup_ratio.c - a ratio of transformers that changes on a date: two bindings of one register
 * back to back, for readings and for a load profile, at borders of hours and inside them
 *
 * Transformers 100/5 give way to 200/5; on the high side 10000/100 besides.
 */
#include "rollup_test.h"

/* Midnight of the building, 10 January 2025. */
#define DAY    "2025-01-09T19:00:00Z"
#define MONTH  "2024-12-31T19:00:00Z"
#define BEFORE 20.0 /* 100/5 */
#define AFTER  40.0 /* 200/5 */

static struct meter_register energy(struct fixture *f, const char *key, enum sample_form form)
{
	struct meter_register r = counter_conf(f, key);
	r.quantity = QUANTITY_ACTIVE_ENERGY;
	r.unit = UNIT_KWH;
	r.form = form;
	r.max_rate = 100;
	return r;
}

struct ratio_change {
	int64_t channel, reg, first, second;
	struct binding a, b;
};

/* Ratio BEFORE till `at`, AFTER from then on. */
static struct ratio_change bind_both(struct fixture *f, int64_t reg, int64_t at)
{
	struct ratio_change c = {.reg = reg};
	c.channel = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	c.a = binding_conf(c.channel, reg);
	c.b = c.a;
	c.a.multiplier = BEFORE;
	c.b.multiplier = AFTER;
	c.a.till_utc = c.b.from_utc = at;
	put_object(f, OBJECT_BINDING, &c.a);
	put_object(f, OBJECT_BINDING, &c.b);
	return c;
}

static void readings_count_with_the_ratio_of_their_day(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy", FORM_POINT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t month = utc(MONTH), day = utc(DAY), change = day + 8 * HOUR_S;
	struct ratio_change c = bind_both(f, reg, change);
	for (int64_t t = month, i = 0; t <= day + 22 * 24 * HOUR_S; t += HOUR_S, i++) {
		read_at(f, reg, t, 100 + 0.5 * (double)i);
	}
	settle(f);
	assert_value(f, c.channel, PERIOD_HOUR, change - HOUR_S, 0.5 * BEFORE, MEASURED(POLLED));
	assert_value(f, c.channel, PERIOD_HOUR, change, 0.5 * AFTER, MEASURED(POLLED));
	assert_value(f, c.channel, PERIOD_DAY, day - 24 * HOUR_S, 12 * BEFORE, MEASURED(POLLED));
	assert_value(f, c.channel, PERIOD_DAY, day, 4 * BEFORE + 8 * AFTER, MEASURED(POLLED));
	assert_value(f, c.channel, PERIOD_DAY, day + 24 * HOUR_S, 12 * AFTER, MEASURED(POLLED));
	assert_value(f, c.channel, PERIOD_MONTH, month,
		(9 * 12 + 4) * BEFORE + (8 + 21 * 12) * AFTER, MEASURED(POLLED));
	assert_int_equal(events_of(f, c.channel, "jump").n, 0);
}

static void a_ratio_corrected_afterwards_forms_the_archive_anew(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy", FORM_POINT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	int64_t day = utc(DAY), change = day + 12 * HOUR_S;
	struct binding a = binding_conf(ch, reg);
	a.multiplier = BEFORE;
	put_object(f, OBJECT_BINDING, &a);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 1000 + h);
	}
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day, 24 * BEFORE, MEASURED(POLLED));
	struct binding b = binding_conf(ch, reg);
	a.till_utc = b.from_utc = change;
	b.multiplier = 100 / 5.0 * 10000 / 100;
	put_object(f, OBJECT_BINDING, &a);
	put_object(f, OBJECT_BINDING, &b);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, change - HOUR_S, BEFORE, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_HOUR, change, 2000, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_DAY, day, 12 * BEFORE + 12 * 2000, MEASURED(POLLED));
}

static void inside_an_hour_the_reading_at_the_change_divides_it(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy", FORM_POINT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 1200;
	struct ratio_change c = bind_both(f, reg, change);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 500 + 3 * h);
	}
	settle(f);
	/* not written down: between the readings around it */
	uint16_t between = quality_make(QUALITY_INTERPOLATED, SOURCE_POLLED, QUALITY_REPLACED);
	assert_value(f, c.channel, PERIOD_HOUR, day + 8 * HOUR_S, 1 * BEFORE + 2 * AFTER, between);
	assert_value(f, c.channel, PERIOD_DAY, day, 25 * BEFORE + (2 + 15 * 3) * AFTER, between);
	assert_int_equal(events_of(f, c.channel, "jump").n, 0);
	/* written down, at one of the two ends or at both */
	uint16_t known = quality_make(QUALITY_MEASURED, SOURCE_POLLED, QUALITY_REPLACED);
	c.a.reading_removed = 524.5;
	put_object(f, OBJECT_BINDING, &c.a);
	settle(f);
	assert_value(
		f, c.channel, PERIOD_HOUR, day + 8 * HOUR_S, 0.5 * BEFORE + 2.5 * AFTER, known);
	c.b.reading_fitted = 524.5;
	put_object(f, OBJECT_BINDING, &c.b);
	settle(f);
	assert_value(
		f, c.channel, PERIOD_HOUR, day + 8 * HOUR_S, 0.5 * BEFORE + 2.5 * AFTER, known);
	c.a.reading_removed = NAN;
	put_object(f, OBJECT_BINDING, &c.a);
	settle(f);
	assert_value(
		f, c.channel, PERIOD_HOUR, day + 8 * HOUR_S, 0.5 * BEFORE + 2.5 * AFTER, known);
}

/* A profile of half-hours: 2 kWh in every first half, 1 in every second. */
static void put_profile(struct fixture *f, int64_t reg, int64_t from, int64_t till)
{
	for (int64_t t = from; t < till; t += 1800) {
		meter_says(f, reg, PERIOD_HALF_HOUR, t, t % HOUR_S ? 1 : 2);
	}
}

static void a_profile_counts_with_the_ratio_of_its_half_hour(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t month = utc(MONTH), day = utc(DAY), change = day + 8 * HOUR_S;
	struct ratio_change c = bind_both(f, reg, change);
	put_profile(f, reg, month, month + INT64_C(31) * 24 * HOUR_S);
	settle(f);
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change - 1800, BEFORE, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change, 2 * AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HOUR, change - HOUR_S, 3 * BEFORE, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HOUR, change, 3 * AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_DAY, day - 24 * HOUR_S, 72 * BEFORE, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_DAY, day, 24 * BEFORE + 48 * AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_DAY, day + 24 * HOUR_S, 72 * AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_MONTH, month,
		(9 * 72 + 24) * BEFORE + (48 + 21 * 72) * AFTER, MEASURED(METER));
}

static void a_change_at_the_half_divides_the_hour_by_its_half_hours(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 1800;
	struct ratio_change c = bind_both(f, reg, change);
	put_profile(f, reg, day, day + 24 * HOUR_S);
	settle(f);
	uint16_t known = quality_make(QUALITY_MEASURED, SOURCE_METER, QUALITY_REPLACED);
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change - 1800, 2 * BEFORE, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change, AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HOUR, change - 1800, 2 * BEFORE + AFTER, known);
	assert_value(f, c.channel, PERIOD_DAY, day, 26 * BEFORE + (1 + 15 * 3) * AFTER, known);
}

static void a_change_inside_a_half_hour_divides_it_by_time_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 600;
	struct ratio_change c = bind_both(f, reg, change);
	put_profile(f, reg, day, day + 24 * HOUR_S);
	settle(f);
	uint16_t guess = quality_make(QUALITY_ESTIMATED, SOURCE_METER, QUALITY_REPLACED);
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change - 600,
		2 / 3.0 * BEFORE + 4 / 3.0 * AFTER, guess);
	assert_value(f, c.channel, PERIOD_HALF_HOUR, change + 1200, AFTER, MEASURED(METER));
}

static void hours_of_a_meter_without_half_hours_are_divided_by_time(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 900;
	struct ratio_change c = bind_both(f, reg, change);
	for (int h = 0; h < 24; h++) {
		meter_says(f, reg, PERIOD_HOUR, day + h * HOUR_S, 4);
	}
	settle(f);
	uint16_t guess = quality_make(QUALITY_ESTIMATED, SOURCE_METER, QUALITY_REPLACED);
	assert_value(f, c.channel, PERIOD_HOUR, day + 8 * HOUR_S, BEFORE + 3 * AFTER, guess);
	assert_value(f, c.channel, PERIOD_HOUR, day + 7 * HOUR_S, 4 * BEFORE, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_HOUR, day + 9 * HOUR_S, 4 * AFTER, MEASURED(METER));
	assert_value(f, c.channel, PERIOD_DAY, day, 33 * BEFORE + 63 * AFTER, guess);
}

static void another_meter_in_the_hour_keeps_all_it_counted(void **state)
{
	struct fixture *f = *state;
	struct meter_register conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t old = put_object(f, OBJECT_REGISTER, &conf);
	f->meter = add_meter(f, 900);
	conf = energy(f, "active_energy.amount", FORM_AMOUNT);
	int64_t fresh = put_object(f, OBJECT_REGISTER, &conf);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 900;
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	struct binding a = binding_conf(ch, old), b = binding_conf(ch, fresh);
	a.till_utc = b.from_utc = change;
	put_object(f, OBJECT_BINDING, &a);
	put_object(f, OBJECT_BINDING, &b);
	/* each wrote what it counted of this hour */
	meter_says(f, old, PERIOD_HOUR, day + 8 * HOUR_S, 1);
	meter_says(f, fresh, PERIOD_HOUR, day + 8 * HOUR_S, 3);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 8 * HOUR_S, 4,
		quality_make(QUALITY_MEASURED, SOURCE_METER, QUALITY_REPLACED));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(readings_count_with_the_ratio_of_their_day),
		T(a_ratio_corrected_afterwards_forms_the_archive_anew),
		T(inside_an_hour_the_reading_at_the_change_divides_it),
		T(a_profile_counts_with_the_ratio_of_its_half_hour),
		T(a_change_at_the_half_divides_the_hour_by_its_half_hours),
		T(a_change_inside_a_half_hour_divides_it_by_time_and_says_so),
		T(hours_of_a_meter_without_half_hours_are_divided_by_time),
		T(another_meter_in_the_hour_keeps_all_it_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
