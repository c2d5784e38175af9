/*
 * Readings and meters' archives become hours, days and months of channels (calculations.md section
 * 3), through a real store and across restarts.
 */
#include "rollup_test.h"

/* Midnight of the building, 10 January 2025. */
#define DAY "2025-01-09T19:00:00Z"

static void hours_and_days_come_out_of_polled_readings(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_L);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 4 * 24; i++) { /* 0.1 m3 every quarter of an hour */
		read_at(f, reg, day + i * 900, 50 + i * 0.1);
		if (i % 7 == 0) {
			commit(f);
		}
	}
	settle(f);
	for (int h = 0; h < 24; h++) {
		int64_t at = day + h * HOUR_S;
		assert_value(f, reg, PERIOD_HOUR, at, 50 + h * 0.4, MEASURED(POLLED));
		assert_value(f, ch, PERIOD_HOUR, at, 400, MEASURED(POLLED));
	}
	assert_value(f, ch, PERIOD_DAY, day, 9600, MEASURED(POLLED));
	/* the month has one day yet */
	assert_value(f, ch, PERIOD_MONTH, utc("2024-12-31T19:00:00Z"), 9600,
		quality_make(QUALITY_PARTIAL, SOURCE_POLLED, 0));
	assert_value(f, ch, PERIOD_HOUR, day + 24 * HOUR_S, NAN,
		quality_make(QUALITY_MISSING, SOURCE_NONE, 0));
}

static void the_running_day_grows_with_its_hours(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h < 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h);
		settle(f);
		if (h > 0) {
			assert_value(f, ch, PERIOD_DAY, day, h,
				quality_make(QUALITY_PARTIAL, SOURCE_POLLED, 0));
		}
	}
	read_at(f, reg, day + 24 * HOUR_S, 34);
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day, 24, MEASURED(POLLED));
}

static void an_outage_makes_hours_estimated_and_leaves_the_day_measured(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) { /* silent between 3:00 and 8:00: 5.5 m3 in 5 h */
		if (h <= 3 || h >= 8) {
			read_at(f, reg, day + h * HOUR_S, h <= 3 ? 200 + h : 208.5 + (h - 8));
		}
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 2 * HOUR_S, 1, MEASURED(POLLED));
	for (int h = 3; h < 8; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 1.1,
			quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0));
	}
	assert_value(f, ch, PERIOD_DAY, day, 24.5, MEASURED(POLLED));
}

static void the_meters_own_archive_replaces_estimates(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	read_at(f, reg, day, 100);
	read_at(f, reg, day + 6 * HOUR_S, 106);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 2 * HOUR_S, 1,
		quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0));
	for (int h = 0; h <= 6; h++) {
		meter_says(f, reg, PERIOD_HOUR, day + h * HOUR_S, 100 + h * h / 6.0);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 2 * HOUR_S, 5 / 6.0, MEASURED(METER));
	/* a worse value does not come back */
	read_at(f, reg, day + 6 * HOUR_S + 100, 106);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 5 * HOUR_S, 11 / 6.0, MEASURED(METER));
}

static void a_replacement_inside_an_hour_counts_both_meters(void **state)
{
	struct fixture *f = *state;
	int64_t old = add_counter(f, "volume.u1"), fresh = add_counter(f, "volume.u2");
	int64_t ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	int64_t day = utc(DAY), change = day + 8 * HOUR_S + 1200;
	struct binding a = binding_conf(ch, old), b = binding_conf(ch, fresh);
	a.till_utc = b.from_utc = change;
	a.reading_removed = 814.1;
	b.reading_fitted = 0.01;
	int64_t first = put_object(f, OBJECT_BINDING, &a);
	put_object(f, OBJECT_BINDING, &b);
	for (int h = 0; h <= 24; h++) {
		if (h <= 8) {
			read_at(f, old, day + h * HOUR_S, 812.345 + 0.1 * h);
		} else {
			read_at(f, fresh, day + h * HOUR_S, 0.25 + 0.1 * (h - 9));
		}
	}
	settle(f);
	uint16_t replaced = quality_make(QUALITY_MEASURED, SOURCE_POLLED, QUALITY_REPLACED);
	assert_value(f, ch, PERIOD_HOUR, day + 7 * HOUR_S, 0.1, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_HOUR, day + 8 * HOUR_S, 814.1 - 813.145 + 0.24, replaced);
	assert_value(f, ch, PERIOD_DAY, day, 0.8 + 1.195 + 1.5, replaced);
	assert_int_equal(events_of(f, ch, "jump").n, 0);
	/* the same without the last reading of the old meter: nothing is made up */
	a.id = first;
	a.reading_removed = NAN;
	put_object(f, OBJECT_BINDING, &a);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 8 * HOUR_S, NAN,
		quality_make(QUALITY_MISSING, SOURCE_ESTIMATE, QUALITY_REPLACED));
	assert_value(f, ch, PERIOD_DAY, day, 0.8 + 1.5,
		quality_make(QUALITY_PARTIAL, SOURCE_POLLED, QUALITY_REPLACED));
	struct event_count e = events_of(f, ch, "jump");
	assert_int_equal(e.n, 1);
	assert_non_null(strstr(e.text, "replaced"));
}

static void a_rollover_is_counted_and_marked(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 48; i++) { /* wraps between the readings of 6:00 and 6:30 */
		double v = 99994 + 0.5 * i;
		read_at(f, reg, day + i * 1800, v >= 100000 ? v - 100000 : v);
	}
	settle(f);
	uint16_t wrapped = quality_make(QUALITY_MEASURED, SOURCE_POLLED, QUALITY_ROLLOVER);
	assert_value(f, ch, PERIOD_HOUR, day + 4 * HOUR_S, 1, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_HOUR, day + 5 * HOUR_S, 1, wrapped);
	assert_value(f, ch, PERIOD_DAY, day, 24, wrapped);
	assert_int_equal(events_of(f, ch, "jump").n, 0);
}

static void an_unexplained_fall_is_set_aside(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, (h < 10 ? 5000 : 4000) + h);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 9 * HOUR_S, NAN,
		quality_make(QUALITY_MISSING, SOURCE_POLLED, QUALITY_RESET_SUSPECT));
	assert_value(f, ch, PERIOD_HOUR, day + 10 * HOUR_S, 1, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_DAY, day, 23,
		quality_make(QUALITY_PARTIAL, SOURCE_POLLED, QUALITY_RESET_SUSPECT));
	assert_int_equal(events_of(f, ch, "jump").n, 1);
	/* a person says what it was */
	batch_archive(open_batch(f), ch, PERIOD_HOUR, day + 9 * HOUR_S, 1.5,
		quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0), true);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 9 * HOUR_S, 1.5,
		quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0));
	assert_value(f, ch, PERIOD_DAY, day, 24.5,
		quality_make(QUALITY_EDITED, SOURCE_POLLED, QUALITY_BY_HAND));
	assert_int_equal(events_of(f, ch, "jump").n, 1);
}

static void a_fall_hidden_between_two_hours_is_not_overlooked(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	read_at(f, reg, day, 1000);
	read_at(f, reg, day + 1200, 1001);
	read_at(f, reg, day + 2400, 998); /* fell by three and rose again: no hour end tells */
	read_at(f, reg, day + 3000, 999.5);
	read_at(f, reg, day + HOUR_S, 1000.6);
	read_at(f, reg, day + 2 * HOUR_S, 1001.6);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day, 0.6,
		quality_make(QUALITY_SUSPECT, SOURCE_POLLED, QUALITY_RESET_SUSPECT));
	assert_value(f, ch, PERIOD_HOUR, day + HOUR_S, 1, MEASURED(POLLED));
	assert_int_equal(events_of(f, ch, "jump").n, 1);
}

static void too_much_is_kept_and_not_summed(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, (h < 10 ? 100 : 5000) + h);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 9 * HOUR_S, 4901,
		quality_make(QUALITY_SUSPECT, SOURCE_POLLED, QUALITY_HIGH_SUSPECT));
	assert_value(f, ch, PERIOD_DAY, day, 23,
		quality_make(QUALITY_PARTIAL, SOURCE_POLLED, QUALITY_HIGH_SUSPECT));
	assert_int_equal(events_of(f, ch, "jump").n, 1);
}

static void noise_is_not_consumption(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + (h % 2 ? 0.001 : 0));
	}
	settle(f);
	for (int h = 1; h < 24; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 0, MEASURED(POLLED));
	}
}

static void gauges_become_means(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t1"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 4 * 24; i++) { /* rises by 1 K every 15 min */
		read_at(f, reg, day + i * 900, i);
	}
	settle(f);
	for (int h = 0; h < 24; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 4 * h + 2, MEASURED(INTEGRATED));
	}
	assert_value(f, ch, PERIOD_DAY, day, 48, MEASURED(INTEGRATED));
}

static void an_hour_seen_in_part_is_partial(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t1"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	read_at(f, reg, day, 60);
	read_at(f, reg, day + 900, 62);
	read_at(f, reg, day + 1800, 64);
	read_at(f, reg, day + 3 * HOUR_S, 60); /* silent for 2.5 h */
	settle(f);
	assert_value(
		f, ch, PERIOD_HOUR, day, 62, quality_make(QUALITY_PARTIAL, SOURCE_INTEGRATED, 0));
	assert_true(isnan(value_at(f, ch, PERIOD_HOUR, day + HOUR_S).value));
}

static void meters_polled_by_the_hour_have_whole_hours(void **state)
{
	struct fixture *f = *state;
	f->meter = add_meter(f, 3600);
	int64_t reg = add_gauge(f, "t1"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, h);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 5 * HOUR_S, 5.5, MEASURED(INTEGRATED));
	assert_value(f, ch, PERIOD_DAY, day, 12, MEASURED(INTEGRATED));
}

static void the_last_hour_of_a_silent_gauge_is_formed(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t1"), other = add_gauge(f, "t2");
	int64_t ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i < 4; i++) {
		read_at(f, reg, day + i * 900, 60);
	}
	read_at(f, other, day + 2 * HOUR_S, 50);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day, 60, MEASURED(INTEGRATED)); /* 45 min of 60 */
}

static void states_keep_their_last_value(void **state)
{
	struct fixture *f = *state;
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = f->meter;
	(void)STR_COPY(r.key, "status");
	r.quantity = QUANTITY_STATUS;
	r.form = FORM_NOW;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_STATUS, quantity_unit(QUANTITY_STATUS));
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 8; i++) {
		read_at(f, reg, day + i * 900, i % 4 == 3 ? 8 : 0);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day, 8, MEASURED(INTEGRATED));
	assert_value(f, ch, PERIOD_HOUR, day + HOUR_S, 8, MEASURED(INTEGRATED));
}

static void amounts_of_the_meter_are_taken_as_they_are(void **state)
{
	struct fixture *f = *state;
	struct meter_register r = counter_conf(f, "volume.amount");
	r.form = FORM_AMOUNT;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h < 24; h++) {
		meter_says(f, reg, PERIOD_HOUR, day + h * HOUR_S, 0.25);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 23 * HOUR_S, 0.25, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, day, 6, MEASURED(METER));
	/* its own day, which may know more than the hours, comes first */
	meter_says(f, reg, PERIOD_DAY, day, 6.1);
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day, 6.1, MEASURED(METER));
}

static void half_hours_make_hours(void **state)
{
	struct fixture *f = *state;
	struct meter_register r = counter_conf(f, "volume.amount");
	r.form = FORM_AMOUNT;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int i = 0; i < 48; i++) {
		meter_says(f, reg, PERIOD_HALF_HOUR, day + i * 1800, 0.1 * (1 + i % 2));
	}
	settle(f);
	assert_value(f, ch, PERIOD_HALF_HOUR, day + 1800, 0.2, MEASURED(METER));
	assert_value(f, ch, PERIOD_HOUR, day, 0.3, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, day, 7.2, MEASURED(METER));
}

static void day_readings_of_the_meter_make_days_and_months(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t month = utc("2024-12-31T19:00:00Z");
	for (int d = 0; d <= 31; d++) {
		meter_says(f, reg, PERIOD_DAY, month + d * 24 * HOUR_S, 70 + 0.5 * d);
	}
	settle(f);
	assert_value(f, ch, PERIOD_DAY, month + 9 * 24 * HOUR_S, 0.5, MEASURED(METER));
	assert_value(f, ch, PERIOD_MONTH, month, 15.5, MEASURED(METER));
}

static void a_changed_multiplier_forms_the_archive_anew(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	int64_t other = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	struct binding b = binding_conf(ch, reg);
	put_object(f, OBJECT_BINDING, &b);
	bind(f, other, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h);
	}
	settle(f);
	b.multiplier = 10;
	put_object(f, OBJECT_BINDING, &b);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day, 10, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_DAY, day, 240, MEASURED(POLLED));
	assert_value(f, other, PERIOD_DAY, day, 24, MEASURED(POLLED));
	/* a binding that begins later takes back what was formed before it */
	b.from_utc = day + 12 * HOUR_S;
	put_object(f, OBJECT_BINDING, &b);
	settle(f);
	assert_true(isnan(value_at(f, ch, PERIOD_HOUR, day + 11 * HOUR_S).value));
	assert_value(f, ch, PERIOD_DAY, day, 120, quality_make(QUALITY_PARTIAL, SOURCE_POLLED, 0));
}

static void a_channel_bound_later_gets_its_past(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume");
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h);
	}
	settle(f);
	int64_t ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day, 24, MEASURED(POLLED));
}

static void another_report_hour_moves_the_days(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 72; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h + (h > 24 ? h - 24 : 0));
	}
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day + 24 * HOUR_S, 48, MEASURED(POLLED));
	const struct site *site = store_site(f->store);
	struct place p = *(const struct place *)site_find(site, OBJECT_PLACE, f->place);
	site_unref(site);
	p.report_hour = 10;
	put_object(f, OBJECT_PLACE, &p);
	settle(f);
	assert_true(isnan(value_at(f, ch, PERIOD_DAY, day + 24 * HOUR_S).value));
	assert_value(f, ch, PERIOD_DAY, day + 10 * HOUR_S, 14 + 20, MEASURED(POLLED));
}

static void a_late_reading_is_put_in_its_place(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	int64_t t1 = add_gauge(f, "t1"),
		mean = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	bind(f, mean, t1);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 12; i++) {
		if (i % 4 != 2) {
			read_at(f, t1, day + i * 900, 50);
		}
	}
	read_at(f, reg, day, 100);
	read_at(f, reg, day + 10 * HOUR_S, 110);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 3 * HOUR_S, 1,
		quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0));
	assert_value(f, mean, PERIOD_HOUR, day + HOUR_S, 50,
		quality_make(QUALITY_PARTIAL, SOURCE_INTEGRATED, 0));
	read_at(f, reg, day + 3 * HOUR_S, 101);
	read_at(f, reg, day + 4 * HOUR_S, 103);
	read_at(f, t1, day + HOUR_S + 1800, 54);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 3 * HOUR_S, 2, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_HOUR, day + HOUR_S, 1 / 3.0,
		quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0));
	assert_value(f, ch, PERIOD_HOUR, day + 6 * HOUR_S, 7 / 6.0,
		quality_make(QUALITY_ESTIMATED, SOURCE_POLLED, 0));
	assert_value(f, mean, PERIOD_HOUR, day + HOUR_S, 51, MEASURED(INTEGRATED));
}

static void a_reading_from_the_future_stops_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	int64_t t1 = add_gauge(f, "t1");
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 3; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h);
		read_at(f, t1, day + h * HOUR_S, 50);
		if (h == 1) {
			read_at(f, reg, utc("2099-01-01"), 11);
			read_at(f, t1, utc("2099-01-01"), 50);
		}
		settle(f);
	}
	for (int h = 0; h < 3; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 1, MEASURED(POLLED));
	}
	assert_true(isnan(value_at(f, reg, PERIOD_HOUR, utc("2099-01-01")).value));
}

static void a_revision_never_goes_over_a_better_source(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), day = utc(DAY);
	uint16_t polled = MEASURED(POLLED), none = quality_make(QUALITY_MISSING, SOURCE_POLLED, 0);
	meter_says(f, reg, PERIOD_HOUR, day, 5);
	batch_archive(open_batch(f), reg, PERIOD_HOUR, day + HOUR_S, 6, polled, false);
	commit(f);
	batch_revision(open_batch(f), reg, PERIOD_HOUR, day, 4, polled);
	batch_revision(open_batch(f), reg, PERIOD_HOUR, day + HOUR_S, NAN, none);
	settle(f);
	assert_value(f, reg, PERIOD_HOUR, day, 5, MEASURED(METER));
	assert_value(f, reg, PERIOD_HOUR, day + HOUR_S, NAN, none);
}

static void a_long_day_has_25_hours(void **state)
{
	struct fixture *f = *state;
	struct place p;
	object_init(OBJECT_PLACE, &p);
	(void)STR_COPY(p.name, "Haus");
	(void)STR_COPY(p.zone, "Europe/Berlin");
	f->place = put_object(f, OBJECT_PLACE, &p);
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc("2024-10-26T22:00:00Z");
	for (int h = 0; h <= 49; h++) {
		read_at(f, reg, day + h * HOUR_S, 10 + h);
	}
	settle(f);
	assert_value(f, ch, PERIOD_DAY, day, 25, MEASURED(POLLED));
	assert_value(f, ch, PERIOD_DAY, day + 25 * HOUR_S, 24, MEASURED(POLLED));
}

static void it_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	int64_t t1 = add_gauge(f, "t1"),
		mean = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	bind(f, mean, t1);
	int64_t day = utc(DAY);
	for (int i = 0; i <= 96; i++) {
		read_at(f, reg, day + i * 900, 10 + 0.25 * i);
		read_at(f, t1, day + i * 900, i);
		if (i % 10 == 0) {
			commit(f);
			restart(f);
		}
	}
	settle(f);
	for (int h = 0; h < 24; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 1, MEASURED(POLLED));
		assert_value(
			f, mean, PERIOD_HOUR, day + h * HOUR_S, 4 * h + 2, MEASURED(INTEGRATED));
	}
	assert_value(f, ch, PERIOD_DAY, day, 24, MEASURED(POLLED));
	assert_int_equal(events_of(f, ch, "jump").n, 0);
}

static void a_hole_in_the_meters_archive_is_bridged_until_it_heals(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	int64_t day = utc(DAY);
	for (int h = 0; h <= 24; h++) {
		if (h <= 1 || h >= 6) {
			meter_says(f, reg, PERIOD_HOUR, day + h * HOUR_S,
				h <= 1 ? 200 + h : 206.5 + (h - 6) * 0.5);
		}
	}
	settle(f);
	uint16_t estimated = quality_make(QUALITY_ESTIMATED, SOURCE_METER, 0);
	for (int h = 1; h < 6; h++) {
		assert_value(f, ch, PERIOD_HOUR, day + h * HOUR_S, 1.1, estimated);
	}
	assert_value(f, ch, PERIOD_DAY, day, 15.5, MEASURED(METER));
	meter_says(f, reg, PERIOD_HOUR, day + 4 * HOUR_S, 206);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + HOUR_S, 5 / 3.0, estimated);
	assert_value(f, ch, PERIOD_HOUR, day + 5 * HOUR_S, 0.25,
		quality_make(QUALITY_INTERPOLATED, SOURCE_METER, 0));
	for (int h = 2; h < 6; h++) {
		meter_says(f, reg, PERIOD_HOUR, day + h * HOUR_S, 203 + h * 0.5);
	}
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, day + 2 * HOUR_S, 0.5, MEASURED(METER));
}

static void temperatures_of_pipes_are_weighted_by_mass(void **state)
{
	struct fixture *f = *state;
	struct meter_register r = counter_conf(f, "mass_supply.amount");
	r.quantity = QUANTITY_MASS_SUPPLY;
	r.unit = UNIT_T;
	r.form = FORM_AMOUNT;
	int64_t mass = put_object(f, OBJECT_REGISTER, &r), t1 = add_gauge(f, "t1");
	int64_t m = add_channel(f, QUANTITY_MASS_SUPPLY, UNIT_T);
	int64_t t = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, m, mass);
	bind(f, t, t1);
	int64_t day = utc(DAY);
	/* the case R24 of the vectors: 5 t at 90, 1 t at 60, nothing at 20 degrees */
	const double tonnes[] = {5, 1, 0}, degrees[] = {90, 60, 20};
	for (int h = 0; h < 3; h++) {
		meter_says(f, t1, PERIOD_HOUR, day + h * HOUR_S, degrees[h]);
	}
	settle(f);
	uint16_t partial = quality_make(QUALITY_PARTIAL, SOURCE_METER, 0);
	assert_value(f, t, PERIOD_DAY, day, 170 / 3.0, partial);
	for (int h = 0; h < 3; h++) {
		meter_says(f, mass, PERIOD_HOUR, day + h * HOUR_S, tonnes[h]);
	}
	settle(f);
	assert_value(f, t, PERIOD_DAY, day, 85, partial);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(hours_and_days_come_out_of_polled_readings),
		T(the_running_day_grows_with_its_hours),
		T(an_outage_makes_hours_estimated_and_leaves_the_day_measured),
		T(the_meters_own_archive_replaces_estimates),
		T(a_replacement_inside_an_hour_counts_both_meters),
		T(a_rollover_is_counted_and_marked),
		T(an_unexplained_fall_is_set_aside),
		T(a_fall_hidden_between_two_hours_is_not_overlooked),
		T(too_much_is_kept_and_not_summed),
		T(noise_is_not_consumption),
		T(gauges_become_means),
		T(an_hour_seen_in_part_is_partial),
		T(meters_polled_by_the_hour_have_whole_hours),
		T(the_last_hour_of_a_silent_gauge_is_formed),
		T(states_keep_their_last_value),
		T(amounts_of_the_meter_are_taken_as_they_are),
		T(half_hours_make_hours),
		T(day_readings_of_the_meter_make_days_and_months),
		T(a_changed_multiplier_forms_the_archive_anew),
		T(a_channel_bound_later_gets_its_past),
		T(another_report_hour_moves_the_days),
		T(a_late_reading_is_put_in_its_place),
		T(a_reading_from_the_future_stops_nothing),
		T(a_revision_never_goes_over_a_better_source),
		T(a_long_day_has_25_hours),
		T(it_goes_on_after_a_restart),
		T(a_hole_in_the_meters_archive_is_bridged_until_it_heals),
		T(temperatures_of_pipes_are_weighted_by_mass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
