/*
 * What was found or decided about a value stays with it through recomputation and falls when the
 * value changes (docs/decisions/005-verdicts.md).
 */
#include "calc/overlay.h"
#include "rollup_test.h"

/* Midnight of the building, 10 January 2025. */
#define DAY   "2025-01-09T19:00:00Z"
#define MONTH "2024-12-31T19:00:00Z"

static struct verdict about(int64_t series, int64_t start, double value)
{
	struct verdict v = {.series = series,
		.period = PERIOD_HOUR,
		.start = start,
		.rule = "V-SPIKE",
		.is_failure = true,
		.value = value,
		.measure = 2.5,
		.bound = 1.8,
		.other = 1,
		.fill = NAN,
		.found_utc = start};
	return v;
}

static enum err keep_last(void *ctx, const struct verdict *v)
{
	*(struct verdict *)ctx = *v;
	return ERR_OK;
}

/* The newest verdict of a series. */
static struct verdict verdict_of(struct fixture *f, int64_t series)
{
	struct verdict v = {0};
	struct verdict_query q = {.series = series, .span = {INT64_MIN, INT64_MAX}, .limit = 1};
	assert_int_equal(verdict_list(f->store, &q, keep_last, &v), ERR_OK);
	return v;
}

static void put_verdict(struct fixture *f, const struct verdict *v)
{
	batch_verdict(open_batch(f), v);
	settle(f);
}

/* A meter with an hourly archive of readings: 1 m3 an hour, 3 in the hour 12. */
static int64_t day_with_a_spike(struct fixture *f, int64_t *ret_channel)
{
	int64_t reg = add_counter(f, "volume"), ch = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	bind(f, ch, reg);
	for (int h = 0; h <= 24; h++) {
		meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 100 + h + (h > 12 ? 2 : 0));
	}
	settle(f);
	*ret_channel = ch;
	return reg;
}

static void a_doubted_hour_is_in_no_sum_until_a_person_accepts_it(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	(void)day_with_a_spike(f, &ch);
	assert_value(f, ch, PERIOD_HOUR, at, 3, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, utc(DAY), 26, MEASURED(METER));
	struct verdict v = about(ch, at, 3);
	put_verdict(f, &v);
	assert_value(f, ch, PERIOD_HOUR, at, 3, quality_make(QUALITY_SUSPECT, SOURCE_METER, 0));
	/* readings at the day's ends would bring the hour back: the sum of the others counts */
	assert_value(
		f, ch, PERIOD_DAY, utc(DAY), 23, quality_make(QUALITY_PARTIAL, SOURCE_METER, 0));
	assert_value(f, ch, PERIOD_MONTH, utc(MONTH), 23,
		quality_make(QUALITY_PARTIAL, SOURCE_METER, 0));
	v = verdict_of(f, ch);
	v.state = VERDICT_ACCEPTED;
	(void)STR_COPY(v.decided_by, "anna");
	put_verdict(f, &v);
	assert_value(f, ch, PERIOD_HOUR, at, 3, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, utc(DAY), 26, MEASURED(METER));
}

static void a_doubt_survives_recomputation_and_a_restart(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	int64_t reg = day_with_a_spike(f, &ch);
	struct verdict v = about(ch, at, 3);
	put_verdict(f, &v);
	/* the day is formed anew when the meter tells more */
	meter_says(f, reg, PERIOD_HOUR, utc(DAY) + 25 * HOUR_S, 127);
	settle(f);
	restart(f);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 3, quality_make(QUALITY_SUSPECT, SOURCE_METER, 0));
	assert_value(
		f, ch, PERIOD_DAY, utc(DAY), 23, quality_make(QUALITY_PARTIAL, SOURCE_METER, 0));
}

static void a_doubt_falls_with_its_value(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	int64_t reg = day_with_a_spike(f, &ch);
	struct verdict v = about(ch, at, 3);
	put_verdict(f, &v);
	/* the meter corrects its reading at 13:00: 1.5 in the hour before, 2.5 in the hour behind */
	batch_archive(open_batch(f), reg, PERIOD_HOUR, at + HOUR_S, 113.5, MEASURED(METER), true);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 1.5, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, utc(DAY), 26, MEASURED(METER));
}

static void a_rejected_hour_has_no_value_and_an_estimate_stands_for_it(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	(void)day_with_a_spike(f, &ch);
	struct verdict v = about(ch, at, 3);
	put_verdict(f, &v);
	v = verdict_of(f, ch);
	v.state = VERDICT_REJECTED;
	(void)STR_COPY(v.decided_by, "anna");
	put_verdict(f, &v);
	assert_value(
		f, ch, PERIOD_HOUR, at, NAN, quality_make(QUALITY_MISSING, SOURCE_ESTIMATE, 0));
	struct archive_value day = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_true(day.value == 23);
	assert_int_equal(quality_class(day.quality), QUALITY_PARTIAL);
	v.state = VERDICT_ESTIMATED;
	v.fill = 1.25;
	put_verdict(f, &v);
	assert_value(
		f, ch, PERIOD_HOUR, at, 1.25, quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0));
	day = value_at(f, ch, PERIOD_DAY, utc(DAY));
	assert_true(day.value == 24.25);
	assert_int_equal(quality_class(day.quality), QUALITY_ESTIMATED);
}

struct replaced {
	int n;
	struct replaced_value v;
};

static enum err keep_replaced(void *ctx, const struct replaced_value *v)
{
	struct replaced *r = ctx;
	r->n++;
	r->v = *v;
	return ERR_OK;
}

static void the_original_and_who_rejected_it_are_in_the_history(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	(void)day_with_a_spike(f, &ch);
	struct verdict v = about(ch, at, 3);
	v.state = VERDICT_ESTIMATED;
	v.fill = 1.25;
	(void)STR_COPY(v.decided_by, "anna");
	(void)STR_COPY(v.reason, "meter_defect");
	put_verdict(f, &v);
	struct replaced r = {0};
	assert_int_equal(archive_history(f->store, ch, PERIOD_HOUR, (struct span){at, at + 1},
				 keep_replaced, &r),
		ERR_OK);
	assert_int_equal(r.n, 1);
	assert_true(r.v.old.value == 3);
	assert_string_equal(r.v.who, "anna");
	assert_non_null(strstr(r.v.why, "meter_defect"));
}

static void an_estimate_for_a_hole_gives_way_to_late_data(void **state)
{
	struct fixture *f = *state;
	int64_t reg = add_gauge(f, "t"),
		ch = add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	int64_t at = utc(DAY) + 5 * HOUR_S;
	bind(f, ch, reg);
	for (int h = 0; h < 24; h++) {
		if (h != 5) {
			meter_says(f, reg, PERIOD_HOUR, utc(DAY) + h * HOUR_S, 60);
		}
	}
	settle(f);
	struct verdict v = about(ch, at, NAN);
	v.state = VERDICT_ESTIMATED;
	v.fill = 61;
	put_verdict(f, &v);
	assert_value(
		f, ch, PERIOD_HOUR, at, 61, quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0));
	meter_says(f, reg, PERIOD_HOUR, at, 65);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 65, MEASURED(METER));
}

static void what_a_person_takes_back_is_computed_again(void **state)
{
	struct fixture *f = *state;
	int64_t ch, at = utc(DAY) + 12 * HOUR_S;
	int64_t reg = day_with_a_spike(f, &ch);
	uint16_t edited = quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0);
	batch_archive(open_batch(f), ch, PERIOD_HOUR, at, 2, edited, true);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 2, edited);
	assert_true(value_at(f, ch, PERIOD_DAY, utc(DAY)).value == 25);
	/* recomputation keeps it */
	batch_archive(open_batch(f), reg, PERIOD_HOUR, at + HOUR_S, 113.5, MEASURED(METER), true);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 2, edited);
	batch_restore(open_batch(f), ch, PERIOD_HOUR, at);
	settle(f);
	assert_value(f, ch, PERIOD_HOUR, at, 1.5, MEASURED(METER));
	assert_value(f, ch, PERIOD_DAY, utc(DAY), 26, MEASURED(METER));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_doubted_hour_is_in_no_sum_until_a_person_accepts_it),
		TEST(a_doubt_survives_recomputation_and_a_restart),
		TEST(a_doubt_falls_with_its_value),
		TEST(a_rejected_hour_has_no_value_and_an_estimate_stands_for_it),
		TEST(the_original_and_who_rejected_it_are_in_the_history),
		TEST(an_estimate_for_a_hole_gives_way_to_late_data),
		TEST(what_a_person_takes_back_is_computed_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
