/*
 * Time is cut without holes and overlaps, whatever the zone does.
 */
#include "model/period.h"
#include "test.h"

#include <string.h>

static struct calendar calendar(const char *zone, int hour, int day)
{
	struct calendar c = {.report_hour = hour, .report_day = day};
	assert_int_equal(zone_get(zone, &c.zone, NULL), ERR_OK);
	return c;
}

static int64_t utc(const char *text)
{
	int64_t t = 0;
	assert_int_equal(time_parse(text, NULL, &t), ERR_OK);
	return t;
}

static const struct {
	const char *zone;
	int hour, day;
} calendars[] = {
	{"UTC", 0, 1},
	{"Europe/Moscow", 0, 1},
	{"Europe/Berlin", 10, 25},
	{"Asia/Yekaterinburg", 10, 31},
	{"Asia/Kathmandu", 0, 1},
	{"Australia/Lord_Howe", 2, 15},
	{"America/St_Johns", 23, 30},
	{"Africa/Cairo", 0, 1}, /* steps at midnight */
	{"Pacific/Apia", 0, 1}, /* lost a day in 2011 */
	{"Europe/Volgograd", 2, 27},
};

static void periods_follow_each_other_without_holes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calendars) / sizeof(calendars[0]); i++) {
		struct calendar c = calendar(
			calendars[i].zone, calendars[i].hour, calendars[i].day);
		for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
			int64_t from = utc(p < PERIOD_DAY ? "2024-10-01" : "2009-01-01");
			int64_t till = utc(p < PERIOD_DAY ? "2025-05-01" : "2026-12-01");
			struct span s = period_of(&c, p, from);
			size_t n = 0;
			for (int64_t start = s.from; start < till; start = s.till) {
				s = period_of(&c, p, start);
				assert_int_equal(s.from, start);
				assert_true(s.till > start);
				assert_int_equal(period_of(&c, p, s.till - 1).from, start);
				assert_int_equal(period_next(&c, p, start), s.till);
				assert_int_equal(period_prev(&c, p, s.till), start);
				n += start >= from;
			}
			assert_int_equal(period_count(&c, p, (struct span){from, till}), n);
		}
	}
}

static void days_and_months_begin_at_the_report_hour(void **state)
{
	(void)state;
	struct calendar c = calendar("Europe/Berlin", 10, 25);
	for (int64_t t = utc("2020-01-01"); t < utc("2026-01-01"); t += 86400) {
		struct civil day = zone_civil(c.zone, period_of(&c, PERIOD_DAY, t).from);
		struct civil month = zone_civil(c.zone, period_of(&c, PERIOD_MONTH, t).from);
		assert_int_equal(day.hour, 10);
		assert_int_equal(month.hour, 10);
		assert_int_equal(month.day, 25);
	}
}

static void the_civil_month_is_the_default(void **state)
{
	(void)state;
	struct calendar c = calendar("Europe/Moscow", 0, 1);
	struct span s = period_of(&c, PERIOD_MONTH, utc("2025-01-31T20:59:59Z"));
	assert_int_equal(s.from, utc("2024-12-31T21:00:00Z"));
	assert_int_equal(s.till, utc("2025-01-31T21:00:00Z"));
	assert_int_equal(period_of(NULL, PERIOD_MONTH, s.from).from, utc("2024-12-01"));
}

static void hours_of_a_zone_with_quarters_are_local(void **state)
{
	(void)state;
	struct calendar c = calendar("Asia/Kathmandu", 0, 1); /* +05:45 */
	struct span s = period_of(&c, PERIOD_HOUR, utc("2025-01-10T05:20:00Z"));
	assert_int_equal(s.from, utc("2025-01-10T05:15:00Z"));
	assert_int_equal(s.till, utc("2025-01-10T06:15:00Z"));
	s = period_of(&c, PERIOD_HALF_HOUR, utc("2025-01-10T05:20:00Z"));
	assert_int_equal(s.from, utc("2025-01-10T05:15:00Z"));
	assert_int_equal(s.till, utc("2025-01-10T05:45:00Z"));
}

static void days_have_as_many_hours_as_the_zone_gives_them(void **state)
{
	(void)state;
	struct calendar c = calendar("Europe/Berlin", 0, 1);
	struct span s = period_of(&c, PERIOD_DAY, utc("2024-03-31T12:00:00Z"));
	assert_int_equal(period_count(&c, PERIOD_HOUR, s), 23);
	s = period_of(&c, PERIOD_DAY, utc("2024-10-27T12:00:00Z"));
	assert_int_equal(period_count(&c, PERIOD_HOUR, s), 25);
	assert_int_equal(period_count(&c, PERIOD_HALF_HOUR, s), 50);
}

static void names_are_read_back(void **state)
{
	(void)state;
	for (enum period p = PERIOD_NONE; p < PERIOD_COUNT; p++) {
		enum period back = PERIOD_COUNT;
		assert_true(period_from_name(period_name(p), &back));
		assert_int_equal(back, p);
	}
	enum period p;
	assert_false(period_from_name("week", &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_follow_each_other_without_holes),
		cmocka_unit_test(days_and_months_begin_at_the_report_hour),
		cmocka_unit_test(the_civil_month_is_the_default),
		cmocka_unit_test(hours_of_a_zone_with_quarters_are_local),
		cmocka_unit_test(days_have_as_many_hours_as_the_zone_gives_them),
		cmocka_unit_test(names_are_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
