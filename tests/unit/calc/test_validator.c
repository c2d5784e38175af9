/*
 * Values are doubted behind the store, through rollup and validation together, by the rules and limits
 * that come with the program (rules/validation.yaml).
 */
#include "calc/validator.h"
#include "rollup_test.h"

#define DAY "2025-01-09T19:00:00Z" /* midnight of the building, Friday 10 January 2025 */

static struct validator *validator;

static int start(void **state)
{
	int e = set_up(state);
	struct fixture *f = *state;
	if (!e) {
		assert_int_equal(validator_start(f->store, &validator, NULL), ERR_OK);
	}
	return e;
}

static int stop(void **state)
{
	validator_stop(validator);
	validator = NULL;
	return tear_down(state);
}

/* Values formed, judged, and formed by what was found. */
static void judge(struct fixture *f)
{
	settle(f);
	assert_int_equal(validator_settle(validator), ERR_OK);
	settle(f);
	assert_int_equal(validator_settle(validator), ERR_OK);
}

struct found {
	const char *rule; /* NULL: all */
	int n, standing;
	int64_t seq;
	struct verdict last;
};

static enum err count_verdict(void *ctx, const struct verdict *v)
{
	struct found *x = ctx;
	if (x->rule && strcmp(x->rule, v->rule) != 0) {
		return ERR_OK;
	}
	if (x->n++ == 0) {
		x->last = *v;
	}
	x->standing += v->state == VERDICT_OPEN;
	x->seq = v->seq > x->seq ? v->seq : x->seq;
	return ERR_OK;
}

static struct found found_of(struct fixture *f, int64_t series, const char *rule)
{
	struct found x = {.rule = rule};
	struct verdict_query q = {.series = series, .span = {INT64_MIN, INT64_MAX}};
	assert_int_equal(verdict_list(f->store, &q, count_verdict, &x), ERR_OK);
	return x;
}

static int64_t energy_channel(struct fixture *f, int64_t *ret_register)
{
	struct meter_register r = counter_conf(f, "active_energy");
	r.quantity = QUANTITY_ACTIVE_ENERGY;
	r.unit = UNIT_KWH;
	r.max_rate = 0;
	*ret_register = put_object(f, OBJECT_REGISTER, &r);
	int64_t ch = add_channel(f, QUANTITY_ACTIVE_ENERGY, UNIT_KWH);
	bind(f, ch, *ret_register);
	return ch;
}

/* The published day: 25.6 kWh with a highest hour of 2.3, and with 7.4 at noon. */
static const double published[24] = {0.4, 0.3, 0.3, 0.3, 0.3, 0.4, 0.9, 1.4, 1.1, 0.8, 0.7, 0.8,
	0.9, 0.8, 0.7, 0.8, 1.2, 1.9, 2.3, 2.1, 1.8, 1.3, 0.8, 0.5};

static double sum_of(const double *v, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++) {
		sum += v[i];
	}
	return sum;
}

/* Readings of the published day and two hours more. */
static void published_day(struct fixture *f, int64_t reg, double noon)
{
	double reading = 1000;
	for (int h = 0; h <= 26; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, reading);
		reading += h == 12 ? noon : published[h % 24];
	}
}

static void a_spike_of_the_published_day_is_suspect_and_in_no_sum(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg), noon = utc(DAY) + 12 * HOUR_S;
	published_day(f, reg, 7.4);
	judge(f);
	struct found x = found_of(f, ch, "V-SPIKE");
	assert_int_equal(x.n, 1);
	assert_int_equal(x.last.start, noon);
	assert_true(fabs(x.last.measure - 2.52381) < 1e-5);
	assert_true(x.last.bound == 1.8);
	assert_true(fabs(x.last.other - 2.1) < 1e-9);
	assert_true(x.last.is_failure);
	struct archive_value v = value_at(f, ch, PERIOD_HOUR, noon);
	assert_int_equal(quality_class(v.quality), QUALITY_SUSPECT);
	assert_true(fabs(v.value - 7.4) < 1e-9);
	struct archive_value day = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_int_equal(quality_class(day.quality), QUALITY_PARTIAL);
	assert_true(fabs(day.value - (sum_of(published, 24) - 0.9)) < 1e-9);
	assert_int_equal(events_of(f, ch, "suspect").n, 1);
}

static void a_normal_day_is_not_doubted(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg);
	published_day(f, reg, 0.9);
	judge(f);
	assert_int_equal(found_of(f, ch, NULL).n, 0);
}

static void judging_twice_changes_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg);
	published_day(f, reg, 7.4);
	judge(f);
	struct found before = found_of(f, ch, NULL);
	struct archive_value v = value_at(f, ch, PERIOD_DAY, utc(DAY));
	/* the day is formed and judged again: by a further hour, by a restart without state */
	meter_says(f, reg, PERIOD_HOUR, utc(DAY) + 27 * HOUR_S, 2000);
	judge(f);
	validator_stop(validator);
	batch_state(open_batch(f), "validate", (struct slice){(const uint8_t *)"", 0});
	commit(f);
	assert_int_equal(validator_start(f->store, &validator, NULL), ERR_OK);
	judge(f);
	struct found after = found_of(f, ch, NULL);
	assert_int_equal(after.n, before.n);
	assert_int_equal(after.seq, before.seq);
	struct archive_value again = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_true(again.value == v.value && again.quality == v.quality);
}

static void late_data_put_everything_right(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg), noon = utc(DAY) + 12 * HOUR_S;
	published_day(f, reg, 7.4);
	judge(f);
	/* the meter's readings from 13:00 on were 6.5 too high and are put right */
	double reading = 1000 + sum_of(published, 13);
	for (int h = 13; h <= 26; h++) {
		batch_archive(open_batch(f), reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, reading,
			MEASURED(METER), true);
		reading += published[h % 24];
	}
	judge(f);
	struct found x = found_of(f, ch, "V-SPIKE");
	assert_int_equal(x.n, 1);
	assert_int_equal(x.last.state, VERDICT_GONE);
	assert_int_equal(found_of(f, ch, NULL).standing, 0);
	struct archive_value v = value_at(f, ch, PERIOD_HOUR, noon);
	assert_int_equal(v.quality, MEASURED(METER));
	v = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_int_equal(v.quality, MEASURED(METER));
	assert_true(fabs(v.value - sum_of(published, 24)) < 1e-9);
}

static void what_was_accepted_is_not_asked_again(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg), noon = utc(DAY) + 12 * HOUR_S;
	published_day(f, reg, 7.4);
	judge(f);
	struct verdict v = found_of(f, ch, "V-SPIKE").last;
	v.state = VERDICT_ACCEPTED;
	(void)STR_COPY(v.decided_by, "anna");
	batch_verdict(open_batch(f), &v);
	judge(f);
	assert_int_equal(value_at(f, ch, PERIOD_HOUR, noon).quality, MEASURED(METER));
	meter_says(f, reg, PERIOD_HOUR, utc(DAY) + 27 * HOUR_S, 2000);
	judge(f);
	struct found x = found_of(f, ch, "V-SPIKE");
	assert_int_equal(x.n, 1);
	assert_int_equal(x.last.state, VERDICT_ACCEPTED);
	assert_true(fabs(value_at(f, ch, PERIOD_DAY, utc(DAY)).value -
			    (sum_of(published, 24) + 6.5)) < 1e-9);
}

static void gaps_are_told_with_their_number_and_fall_when_filled(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	for (int h = 0; h <= 26; h++) {
		if (h < 5 || h >= 11) {
			meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 60 + h % 7);
		}
	}
	judge(f);
	struct found x = found_of(f, ch, "V-GAP");
	assert_int_equal(x.standing, 1);
	assert_true(x.last.measure == 6);
	assert_false(x.last.is_failure);
	for (int h = 5; h < 11; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 60 + h % 7);
	}
	judge(f);
	assert_int_equal(found_of(f, ch, NULL).standing, 0);
}

static void a_temperature_out_of_range_is_suspect_at_once(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	meter_says(f, reg, PERIOD_HOUR, utc(DAY), 80);
	meter_says(f, reg, PERIOD_HOUR, utc(DAY) + HOUR_S, 161);
	judge(f);
	struct found x = found_of(f, ch, "V-RANGE");
	assert_int_equal(x.standing, 1);
	assert_true(x.last.bound == 160);
	assert_int_equal(quality_class(value_at(f, ch, PERIOD_HOUR, utc(DAY) + HOUR_S).quality),
		QUALITY_SUSPECT);
	struct archive_value day = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_true(day.value == 80);
}

static void more_than_a_meter_can_pass_waits_for_a_person(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	for (int h = 0; h <= 4; h++) { /* at most 3 m3/h: 20 in the hour 2 */
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, h <= 2 ? h : h + 19);
	}
	judge(f);
	struct verdict v = found_of(f, ch, "V-CAP").last;
	assert_int_equal(v.start, utc(DAY) + 2 * HOUR_S);
	assert_true(v.value == 20 && v.bound == 3);
	v.state = VERDICT_ACCEPTED;
	batch_verdict(open_batch(f), &v);
	judge(f);
	assert_value(f, ch, PERIOD_HOUR, v.start, 20,
		quality_make(QUALITY_MEASURED, SOURCE_METER, QUALITY_HIGH_SUSPECT));
	assert_int_equal(found_of(f, ch, "V-CAP").standing, 0);
}

static void a_flat_that_never_stops_leaks_and_its_values_stay(void **state)
{
	struct fixture *f = *state;
	struct place flat;
	object_init(OBJECT_PLACE, &flat);
	flat.parent = f->place;
	flat.kind = PLACE_FLAT;
	(void)STR_COPY(flat.name, "1");
	int64_t house = f->place;
	f->place = put_object(f, OBJECT_PLACE, &flat);
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_HOT_WATER, UNIT_M3);
	f->place = house;
	bind(f, ch, reg);
	for (int h = 0; h <= 26; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 5 + h * 0.004);
	}
	judge(f);
	struct found x = found_of(f, ch, "V-NOZERO");
	assert_int_equal(x.standing, 1);
	assert_false(x.last.is_failure);
	assert_true(fabs(x.last.measure - 0.004) < 1e-9);
	assert_int_equal(value_at(f, ch, PERIOD_DAY, utc(DAY)).quality, MEASURED(METER));
}

static void a_person_s_value_is_kept_and_warned_about_only(void **state)
{
	struct fixture *f = *state;
	int64_t reg, ch = energy_channel(f, &reg), noon = utc(DAY) + 12 * HOUR_S;
	uint16_t edited = quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0);
	published_day(f, reg, 0.9);
	judge(f);
	batch_archive(open_batch(f), ch, PERIOD_HOUR, noon, 7.4, edited, true);
	judge(f);
	struct found x = found_of(f, ch, "V-SPIKE");
	assert_int_equal(x.standing, 1);
	assert_false(x.last.is_failure);
	assert_value(f, ch, PERIOD_HOUR, noon, 7.4, edited);
	batch_restore(open_batch(f), ch, PERIOD_HOUR, noon);
	judge(f);
	assert_int_equal(found_of(f, ch, NULL).standing, 0);
	assert_int_equal(value_at(f, ch, PERIOD_HOUR, noon).quality, MEASURED(METER));
}

static void what_goes_on_for_days_is_told_once(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_INDOOR, UNIT_DEGC);
	bind(f, ch, reg);
	/* stuck from the second hour on; longer than 48 h on the third day */
	for (int h = 0; h <= 4 * 24 + 2; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, h == 0 ? 20 : 21.5);
	}
	judge(f);
	struct found x = found_of(f, ch, "V-FLAT");
	assert_int_equal(x.n, 1);
	assert_int_equal(x.last.start, utc(DAY) + 48 * HOUR_S);
}

static void nothing_is_missed_before_the_first_value(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	bind(f, ch, reg);
	for (int h = 10; h <= 26; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 60 + h % 7);
	}
	judge(f);
	assert_int_equal(found_of(f, ch, "V-GAP").n, 0);
}

static int64_t add_amounts(struct fixture *f, const char *key, enum quantity q, enum unit u)
{
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = f->meter;
	(void)STR_COPY(r.key, key);
	r.quantity = q;
	r.unit = u;
	r.form = FORM_AMOUNT;
	r.decimals = 3;
	int64_t reg = put_object(f, OBJECT_REGISTER, &r), ch = add_channel(f, q, u);
	bind(f, ch, reg);
	return reg;
}

static void a_closed_system_is_checked_against_itself(void **state)
{
	struct fixture *f = *state;
	int64_t m1 = add_amounts(f, "m1", QUANTITY_MASS_SUPPLY, UNIT_T);
	int64_t m2 = add_amounts(f, "m2", QUANTITY_MASS_RETURN, UNIT_T);
	int64_t t1 = add_amounts(f, "t1", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	int64_t t2 = add_amounts(f, "t2", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC);
	int64_t q = add_amounts(f, "q", QUANTITY_HEAT_ENERGY, UNIT_GJ);
	for (int h = 0; h <= 26; h++) {
		int64_t at = utc(DAY) + h * HOUR_S;
		meter_says(f, m1, PERIOD_HOUR, at, 10);
		meter_says(f, m2, PERIOD_HOUR, at, 10.3); /* 3 % more comes back */
		meter_says(f, t1, PERIOD_HOUR, at, h == 7 ? 60 : 90 + h % 3);
		meter_says(f, t2, PERIOD_HOUR, at, h == 7 ? 61 : 70 - h % 3);
		meter_says(f, q, PERIOD_HOUR, at, 1); /* some 0.9 by mass and enthalpy */
	}
	judge(f);
	struct found x = found_of(f, m2 + 1, "V-MB"); /* the channel's id follows the register's */
	assert_int_equal(x.standing, 1);
	assert_true(fabs(x.last.measure - 3) < 1e-9);
	x = found_of(f, t1 + 1, "V-DT");
	assert_int_equal(x.standing, 1);
	assert_int_equal(x.last.start, utc(DAY) + 7 * HOUR_S);
	assert_true(fabs(x.last.measure - 1) < 1e-9);
	x = found_of(f, q + 1, "V-Q");
	assert_int_equal(x.standing, 1);
	assert_true(x.last.measure > 5 && x.last.measure < 25);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_spike_of_the_published_day_is_suspect_and_in_no_sum),
		TEST(a_normal_day_is_not_doubted),
		TEST(judging_twice_changes_nothing),
		TEST(late_data_put_everything_right),
		TEST(what_was_accepted_is_not_asked_again),
		TEST(gaps_are_told_with_their_number_and_fall_when_filled),
		TEST(a_temperature_out_of_range_is_suspect_at_once),
		TEST(more_than_a_meter_can_pass_waits_for_a_person),
		TEST(a_flat_that_never_stops_leaks_and_its_values_stay),
		TEST(a_person_s_value_is_kept_and_warned_about_only),
		TEST(what_goes_on_for_days_is_told_once),
		TEST(nothing_is_missed_before_the_first_value),
		TEST(a_closed_system_is_checked_against_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
