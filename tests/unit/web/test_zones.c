/*
 * test_zones.c - the profile of a channel in zones of the day: the numbers of house.h, rights, refusals
 */
#include "client.h"

#define ZONES "/api/v1/channels/25/zones"

static struct pass root;

static int start(void **state)
{
	int e = set_up_house(state);
	if (!e) {
		root = log_in(&house, "root");
	}
	return e;
}

static void calendars_name_their_zones_and_where_they_come_from(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/zone-calendars", NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(text_at(&a, "items.0.name"), "population_2");
	assert_string_equal(text_at(&a, "items.0.zones.1.name"), "night");
	assert_int_equal(int_at(&a, "items.0.zones.1.tariff"), 2);
	assert_string_equal(text_at(&a, "items.0.versions.0.rules.0.hours.0"), "23:00-07:00");
	assert_non_null(strstr(text_at(&a, "items.0.versions.0.source.en"), "1473-e"));
	assert_string_equal(text_at(&a, "items.1.name"), "population_3");
	answer_free(&a);
}

static void days_fall_into_zones_and_keep_their_hole(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET",
		ZONES "?calendar=population_3&period=day&from=2026-01-10&till=2026-01-12", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "periods"), 2);
	assert_int_equal(int_at(&a, "periods.0.start"), HOUSE_START);
	assert_int_equal(int_at(&a, "periods.0.end"), HOUSE_START + 86400);
	/* peak 7-10 and 17-21, of which the hour 7 was corrected to 0.25 */
	assert_true(fabs(real_at(&a, "periods.0.zones.0.value") - 6.25) < 1e-9);
	assert_string_equal(text_at(&a, "periods.0.zones.0.quality"), "EDITED");
	assert_true(fabs(real_at(&a, "periods.0.zones.1.value") - 9) < 1e-9);
	/* night: the hour 5 is missing, the hour 6 estimated */
	assert_true(fabs(real_at(&a, "periods.0.zones.2.value") - 7) < 1e-9);
	assert_string_equal(text_at(&a, "periods.0.zones.2.quality"), "PARTIAL");
	assert_true(fabs(real_at(&a, "periods.0.zones.2.completeness") - 7.0 / 8) < 1e-9);
	assert_true(fabs(real_at(&a, "periods.0.total.value") - 22.25) < 1e-9);
	assert_true(fabs(real_at(&a, "periods.0.zones.2.share") - 7 / 22.25) < 1e-9);
	assert_true(fabs(real_at(&a, "periods.1.zones.0.value") - 7) < 1e-9);
	assert_string_equal(text_at(&a, "periods.1.zones.0.quality"), "MEASURED");
	assert_true(json_is_null(at(&a, "periods.0.unassigned.value")));
	assert_true(json_is_null(at(&a, "periods.0.meter")));
	answer_free(&a);
}

static void months_are_beside_the_tariffs_of_the_meter(void **state)
{
	(void)state;
	/* the meter of flat 1 gets two tariffs; its readings are a month of one hour a day too many */
	struct batch *b = batch_new();
	for (int i = 1; i <= 2; i++) {
		struct meter_register r;
		object_init(OBJECT_REGISTER, &r);
		r.meter = FIRST_METER + 1;
		(void)snprintf(r.key, sizeof(r.key), "cold_water.t%d", i);
		r.quantity = QUANTITY_COLD_WATER;
		r.unit = UNIT_M3;
		r.form = FORM_POINT;
		assert_int_equal(house_add(house.store, OBJECT_REGISTER, &r), ERR_OK);
		int64_t from = 1764536400, till = 1767214800; /* December 2025 in Moscow */
		uint16_t good = quality_make(QUALITY_MEASURED, SOURCE_METER, 0);
		batch_archive(b, r.id, PERIOD_MONTH, from, 1000, good, false);
		batch_archive(
			b, r.id, PERIOD_MONTH, till, 1000 + 31 * (i == 1 ? 17 : 7), good, false);
		for (int64_t t = from; t < till && i == 1; t += 3600) {
			batch_archive(b, CHANNEL_OF_FLAT_1, PERIOD_HOUR, t, 1, good, false);
		}
	}
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	struct answer a = client(&house, &root, "GET",
		ZONES "?calendar=population_2&period=month&from=2025-12-01&till=2026-01-01", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "periods"), 1);
	assert_true(fabs(real_at(&a, "periods.0.zones.0.value") - 31 * 16) < 1e-9);
	assert_int_equal(count_at(&a, "periods.0.meter.tariffs"), 2);
	assert_true(fabs(real_at(&a, "periods.0.meter.value.0") - 31 * 17) < 1e-6);
	assert_true(fabs(real_at(&a, "periods.0.meter.difference_percent.0") + 100.0 / 17) < 1e-6);
	assert_true(json_is_true(at(&a, "periods.0.meter.is_hint")));
	assert_true(json_is_false(at(&a, "periods.0.meter.is_other_schedule")));
	answer_free(&a);
	a = client(&house, &root, "GET",
		ZONES "?calendar=population_3&period=month&from=2025-12-01&till=2026-01-01", NULL);
	assert_true(json_is_true(at(&a, "periods.0.meter.is_other_schedule")));
	assert_true(json_is_null(at(&a, "periods.0.meter.difference_percent.0")));
	answer_free(&a);
}

static void a_period_that_has_not_begun_is_not_there(void **state)
{
	(void)state;
	char path[160];
	int64_t now = clock_now();
	(void)snprintf(path, sizeof(path), ZONES "?period=day&from=%lld&till=%lld",
		(long long)now - 86400, (long long)now + 864000);
	struct answer a = client(&house, &root, "GET", path, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "periods"), 1);
	assert_true(json_is_true(at(&a, "periods.0.is_running")));
	assert_true(json_is_null(at(&a, "periods.0.zones.0.value")));
	answer_free(&a);
}

static void odd_questions_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"?period=day",
		"?period=hour&from=2026-01-10&till=2026-01-12",
		"?period=day&from=2026-01-12&till=2026-01-10",
		"?period=day&from=2020-01-12&till=2026-01-10",
		"?period=day&from=-9223372036854775807&till=2026-01-10",
		"?period=day&from=2026-01-10&till=2026-01-12&calendar=nobody",
	};
	char path[160];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(path, sizeof(path), ZONES "%s", bad[i]);
		int status = client_status(&house, &root, "GET", path, NULL);
		if (status != 400) {
			fail_msg("%s: %d", bad[i], status);
		}
	}
}

static void who_may_see_the_values_may_see_the_zones(void **state)
{
	(void)state;
	static const struct {
		const char *who;
		const char *channel;
		int status;
	} cases[] = {{"resident", "25", 200}, {"resident", "26", 404}, {"manager", "25", 200},
		{"supplier", "25", 404}, {"city", "25", 404}, {"root", "99", 404}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char zones[160], archive[160];
		struct pass p = log_in(&house, cases[i].who);
		(void)snprintf(zones, sizeof(zones),
			"/api/v1/channels/%s/zones?period=day&from=2026-01-10&till=2026-01-11",
			cases[i].channel);
		(void)snprintf(archive, sizeof(archive),
			"/api/v1/channels/%s/archive?period=day&from=2026-01-10&till=2026-01-11",
			cases[i].channel);
		int status = client_status(&house, &p, "GET", zones, NULL);
		assert_int_equal(status, client_status(&house, &p, "GET", archive, NULL));
		if (status != cases[i].status) {
			fail_msg("%s: %d", cases[i].who, status);
		}
	}
	assert_int_equal(client_status(&house, NULL, "GET", "/api/v1/zone-calendars", NULL), 401);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(calendars_name_their_zones_and_where_they_come_from),
		T(days_fall_into_zones_and_keep_their_hole),
		T(months_are_beside_the_tariffs_of_the_meter),
		T(a_period_that_has_not_begun_is_not_there),
		T(odd_questions_are_refused),
		T(who_may_see_the_values_may_see_the_zones),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
