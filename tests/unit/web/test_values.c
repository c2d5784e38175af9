/*
 * test_values.c - archives, summaries, provenance, last readings: the numbers of house.h come back,
 * holes stay holes
 */
#include "client.h"

static struct pass root;

#define ARCHIVE "/api/v1/channels/25/archive"

static void a_day_of_hours_shows_its_hole_as_a_hole(void **state)
{
	(void)state;
	struct answer a = client(
		&house, &root, "GET", ARCHIVE "?period=hour&from=2026-01-10&till=2026-01-11", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "start"), 24);
	assert_int_equal(int_at(&a, "start.0"), HOUSE_START); /* a bare date is the building's */
	assert_true(json_is_null(at(&a, "value.5")));
	assert_int_equal(int_at(&a, "quality.5"), QUALITY_MISSING);
	assert_int_equal(int_at(&a, "quality.6"), QUALITY_ESTIMATED);
	assert_int_equal(int_at(&a, "source.7"), SOURCE_MANUAL);
	assert_true(real_at(&a, "value.4") == 1.0);
	assert_true(real_at(&a, "value.7") == 0.25);
	/* 22 hours of 1.0 and one of 0.25; the hole adds nothing and is counted */
	assert_true(fabs(real_at(&a, "totals.sum") - 22.25) < 1e-9);
	assert_true(fabs(real_at(&a, "totals.mean") - 22.25 / 23) < 1e-9);
	assert_true(real_at(&a, "totals.min") == 0.25);
	assert_int_equal(int_at(&a, "totals.min_start"), HOUSE_START + 7 * 3600);
	assert_string_equal(text_at(&a, "totals.quality"), "PARTIAL");
	assert_int_equal(int_at(&a, "completeness.expected"), 24);
	assert_int_equal(int_at(&a, "completeness.present"), 23);
	assert_int_equal(int_at(&a, "completeness.classes.MEASURED"), 21);
	assert_int_equal(int_at(&a, "completeness.classes.MISSING"), 1);
	answer_free(&a);
}

static void an_archive_nobody_filled_is_all_holes_not_zeros(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET",
		ARCHIVE "?period=month&from=2025-01-01&till=2025-07-01", NULL);
	assert_int_equal(count_at(&a, "value"), 6);
	assert_true(json_is_null(at(&a, "value.0")));
	assert_true(json_is_null(at(&a, "totals.sum")));
	assert_true(json_is_null(at(&a, "totals.mean")));
	assert_string_equal(text_at(&a, "totals.quality"), "MISSING");
	assert_true(real_at(&a, "completeness.share") == 0.0);
	answer_free(&a);
}

static void days_of_23_and_25_hours_have_their_hours(void **state)
{
	(void)state;
	/* Berlin: 29 March 2026 has 23 hours, 26 October 2025 has 25 */
	assert_int_equal(client_status(&house, &root, "PUT", "/api/v1/places/8",
				 "{\"zone\":\"Europe/Berlin\"}"),
		200);
	struct answer a = client(&house, &root, "GET",
		"/api/v1/channels/29/archive?period=hour&from=2026-03-29&till=2026-03-30", NULL);
	assert_int_equal(count_at(&a, "start"), 23);
	answer_free(&a);
	a = client(&house, &root, "GET",
		"/api/v1/channels/29/archive?period=hour&from=2025-10-26&till=2025-10-27", NULL);
	assert_int_equal(count_at(&a, "start"), 25);
	answer_free(&a);
}

static void a_period_that_runs_appears_and_is_not_missing_yet(void **state)
{
	(void)state;
	char path[160];
	int64_t now = clock_now();
	(void)snprintf(path, sizeof(path), ARCHIVE "?period=hour&from=%lld&till=%lld",
		(long long)(now - now % 3600 - 3600), (long long)(now + 86400));
	struct answer a = client(&house, &root, "GET", path, NULL);
	assert_true(count_at(&a, "start") >= 2);
	assert_int_equal(int_at(&a, "completeness.expected"), (int)count_at(&a, "start") - 1);
	answer_free(&a);
}

static void too_many_points_and_odd_questions_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"?period=hour&from=2000-01-01&till=2026-01-01",
		"?period=hour&from=2026-01-01",
		"?period=hour",
		"",
		"?period=week&from=2026-01-01&till=2026-01-02",
		"?period=none&from=2026-01-01&till=2026-01-02",
		"?period=hour&from=yesterday&till=2026-01-02",
		"?period=hour&from=2026-01-02&till=2026-01-01",
		"?period=hour&from=-99999999999999999&till=99999999999999999",
		"?period=hour&from=9223372036854775807&till=9223372036854775807",
	};
	char path[160];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(path, sizeof(path), ARCHIVE "%s", bad[i]);
		int status = client_status(&house, &root, "GET", path, NULL);
		if (status != 400) {
			fail_msg("%s: %d", bad[i], status);
		}
	}
	/* 20000 hours exactly are served */
	(void)snprintf(path, sizeof(path), ARCHIVE "?period=hour&from=%lld&till=%lld",
		(long long)HOUSE_START - 72000000 + 259200, (long long)HOUSE_START + 259200);
	struct answer a = client(&house, &root, "GET", path, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "start"), 20000);
	answer_free(&a);
}

static void a_register_of_readings_has_no_sum(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET",
		"/api/v1/registers/19/archive?period=hour&from=2026-01-10&till=2026-01-11", NULL);
	assert_int_equal(a.status, 200);
	assert_true(real_at(&a, "value.1") == 101.0);
	assert_true(json_is_null(at(&a, "totals.sum")));
	assert_string_equal(text_at(&a, "unit.symbol"), "l");
	answer_free(&a);
}

static void a_last_value_comes_in_the_unit_of_the_channel(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/channels/25/summary", NULL);
	assert_int_equal(a.status, 200);
	/* the meter says 2000 l */
	assert_true(fabs(real_at(&a, "last.value") - 2.0) < 1e-12);
	assert_string_equal(text_at(&a, "unit.symbol"), "m3");
	assert_string_equal(text_at(&a, "unit.text.ru"), "м³");
	assert_string_equal(text_at(&a, "path.0.name"), "Дом 1");
	assert_string_equal(text_at(&a, "path.2.name"), "кв. 1");
	assert_string_equal(text_at(&a, "meter.name"), "device 1");
	assert_string_equal(text_at(&a, "meter.health"), "unknown"); /* nobody polls here */
	assert_int_equal(int_at(&a, "binding.register"), 19);
	assert_int_equal(count_at(&a, "archives"), 2);
	/* nothing is known of today: null, not 0 */
	assert_true(json_is_null(at(&a, "today.value")));
	assert_string_equal(text_at(&a, "today.quality"), "MISSING");
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/last?meter=13", NULL);
	assert_int_equal(count_at(&a, "items"), 1);
	assert_true(real_at(&a, "items.0.value") == 2000.0);
	assert_int_equal(int_at(&a, "items.0.channels.0"), 25);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/last?place=3", NULL);
	assert_int_equal(count_at(&a, "items"), 4);
	answer_free(&a);
}

/* What today and the month hold: hours of the running day and days of the running month. */
static void put_today(double per_hour, double per_day, int *ret_hours, int *ret_days)
{
	const struct site *s = store_site(house.store);
	struct calendar c = site_calendar(s, 1);
	uint16_t good = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	int64_t now = clock_now();
	struct span day = period_of(&c, PERIOD_DAY, now);
	struct span month = period_of(&c, PERIOD_MONTH, now);
	struct batch *b = batch_new();
	*ret_hours = 0;
	*ret_days = 0;
	for (int k = 1; k <= 4; k++) {
		for (int64_t t = day.from; t + 3600 <= now; t += 3600) {
			batch_archive(b, FIRST_CHAN + k, PERIOD_HOUR, t, per_hour, good, false);
			*ret_hours += k == 1;
		}
		for (int64_t t = month.from; t < day.from; t = period_next(&c, PERIOD_DAY, t)) {
			batch_archive(b, FIRST_CHAN + k, PERIOD_DAY, t, per_day, good, false);
			*ret_days += k == 1;
		}
	}
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	site_unref(s);
}

static const json_t *resource(const struct answer *a, size_t building, const char *code)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "items.%zu.resources", building);
	const json_t *list = at(a, path);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *r = json_array_get(list, i);
		const char *name = json_string_value(
			json_object_get(json_object_get(r, "quantity"), "code"));
		if (name && strcmp(name, code) == 0) {
			return r;
		}
	}
	return NULL;
}

static double member(const json_t *r, const char *which, const char *name)
{
	const json_t *v = json_object_get(json_object_get(r, which), name);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void the_overview_sums_inputs_or_flats(void **state)
{
	(void)state;
	int hours;
	int days;
	put_today(0.5, 10.0, &hours, &days);
	struct answer a = client(&house, &root, "GET", "/api/v1/buildings", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "items"), 2);
	assert_string_equal(text_at(&a, "items.0.name"), "Дом 1");
	assert_int_equal(int_at(&a, "items.0.flats"), 4);
	assert_int_equal(int_at(&a, "items.0.meters.total"), 5);
	assert_int_equal(int_at(&a, "items.0.last_utc"), HOUSE_START + 100);
	const json_t *water = resource(&a, 0, "cold_water");
	const json_t *heat = resource(&a, 0, "heat_energy");
	assert_string_equal(json_string_value(json_object_get(water, "basis")), "flats");
	assert_string_equal(json_string_value(json_object_get(heat, "basis")), "input");
	if (hours > 0) { /* not in the first hour of a day */
		assert_true(fabs(member(water, "today", "value") - 4 * 0.5 * hours) < 1e-9);
		assert_true(member(water, "today", "completeness") == 1.0);
	}
	if (hours + days > 0) {
		double month = 4 * (0.5 * hours + 10.0 * days);
		assert_true(fabs(member(water, "month", "value") - month) < 1e-9);
	}
	assert_true(isnan(member(heat, "today", "value"))); /* unknown, not zero */
	assert_true(json_is_null(json_object_get(json_object_get(heat, "today"), "value")));
	answer_free(&a);
	/* a resident gets the sum of the house, and only the own channel by number */
	struct pass p = log_in(&house, "resident");
	a = client(&house, &p, "GET", "/api/v1/buildings", NULL);
	assert_int_equal(count_at(&a, "items"), 1);
	water = resource(&a, 0, "cold_water");
	assert_int_equal(json_array_size(json_object_get(water, "channels")), 1);
	if (hours > 0) {
		assert_true(fabs(member(water, "today", "value") - 4 * 0.5 * hours) < 1e-9);
	}
	answer_free(&a);
}

static void a_place_comes_with_everything_below_it(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/places/1/summary", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "places"), 7);
	assert_int_equal(int_at(&a, "places.0.id"), 1);
	assert_int_equal(int_at(&a, "places.1.channels.0.id"), FIRST_CHAN);
	assert_string_equal(
		text_at(&a, "places.1.channels.0.quantity.text.ru"), "тепловая энергия");
	assert_string_equal(text_at(&a, "calendar.zone"), "Europe/Moscow");
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/4/summary?totals=false", NULL);
	assert_int_equal(count_at(&a, "places"), 1);
	assert_true(json_is_null(at(&a, "places.0.channels.0.today")));
	answer_free(&a);
}

static void a_value_names_its_registers_frames_and_what_it_was_before(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET",
		"/api/v1/channels/25/provenance?period=hour&start=2026-01-10T07:30:00", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "span.from_utc"), HOUSE_START + 7 * 3600);
	assert_true(real_at(&a, "value.value") == 0.25);
	assert_string_equal(text_at(&a, "value.quality"), "EDITED");
	assert_true(real_at(&a, "history.0.value") == 1.0);
	assert_string_equal(text_at(&a, "history.0.who"), "root");
	assert_string_equal(text_at(&a, "history.0.why"), "seal was broken");
	assert_true(real_at(&a, "inputs.0.values.0.value") == 107.0);
	assert_true(real_at(&a, "inputs.0.values.1.value") == 108.0);
	assert_string_equal(text_at(&a, "inputs.0.driver.name"), "mbus");
	assert_string_equal(text_at(&a, "frames.0.request"), "10 5B 01 5C 16");
	assert_string_equal(text_at(&a, "frames.0.reply"), "E5");
	answer_free(&a);
	a = client(&house, &root, "GET",
		"/api/v1/channels/25/provenance?period=day&start=2026-01-10", NULL);
	assert_string_equal(text_at(&a, "parts.period"), "hour");
	assert_int_equal(int_at(&a, "parts.expected"), 24);
	assert_int_equal(int_at(&a, "parts.present"), 23);
	/* readings at both ends of the day */
	assert_true(real_at(&a, "inputs.0.values.0.value") == 100.0);
	assert_true(real_at(&a, "inputs.0.values.1.value") == 124.0);
	answer_free(&a);
}

static void devices_have_states_even_where_nobody_polls(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/meters/state", NULL);
	assert_int_equal(count_at(&a, "items"), 6);
	assert_string_equal(text_at(&a, "items.0.health"), "unknown");
	assert_true(json_is_null(at(&a, "items.0.last_ok_utc")));
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/lines/state", NULL);
	assert_int_equal(count_at(&a, "items"), 2);
	answer_free(&a);
	assert_int_equal(client_status(&house, &root, "GET", "/api/v1/lines/10/trace", NULL), 501);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/meters/13/read", NULL), 501);
}

static void gaps_are_of_what_the_meter_keeps_itself(void **state)
{
	(void)state;
	static const char path[] = "/api/v1/meters/13/gaps?from=2026-01-10&till=2026-01-15";
	/* hours that the node formed are no archive of the meter */
	struct answer a = client(&house, &root, "GET", path, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "items"), 0);
	answer_free(&a);
	struct batch *b = batch_new();
	for (int i = 2; i <= 72; i++) {
		if (i != 10 && i != 11) {
			batch_archive(b, FIRST_REG + 1, PERIOD_HOUR, HOUSE_START + i * 3600, 50 + i,
				quality_make(QUALITY_MEASURED, SOURCE_METER, 0), false);
		}
	}
	assert_int_equal(store_submit(house.store, b, true), ERR_OK);
	a = client(&house, &root, "GET", path, NULL);
	assert_int_equal(count_at(&a, "items"), 2);
	assert_int_equal(int_at(&a, "items.0.from_utc"), HOUSE_START + 10 * 3600);
	assert_int_equal(int_at(&a, "items.0.records"), 2);
	assert_int_equal(int_at(&a, "items.1.from_utc"), HOUSE_START + 73 * 3600);
	assert_int_equal(int_at(&a, "items.1.records"), 47);
	answer_free(&a);
}

static void a_channel_of_amounts_shows_the_reading_beside_them(void **state)
{
	(void)state;
	union any_object o;
	/* the input's heat comes as amounts of the meter's archive; its counter is another register */
	object_init(OBJECT_REGISTER, &o);
	o.meter_register.meter = FIRST_METER;
	(void)STR_COPY(o.meter_register.key, "heat_energy.amount");
	o.meter_register.quantity = QUANTITY_HEAT_ENERGY;
	o.meter_register.unit = UNIT_GCAL;
	o.meter_register.form = FORM_AMOUNT;
	assert_int_equal(store_put(house.store, OBJECT_REGISTER, &o, "test", NULL), ERR_OK);
	char body[64];
	(void)snprintf(body, sizeof(body), "{\"register\":%lld}", (long long)o.id);
	assert_int_equal(client_status(&house, &root, "PUT", "/api/v1/bindings/30", body), 200);
	struct answer a = client(&house, &root, "GET", "/api/v1/channels/24/summary", NULL);
	/* 1000 MWh in Gcal: 3600 / 4.1868 */
	assert_true(fabs(real_at(&a, "last.value") - 859.8452278589853) < 1e-9);
	assert_string_equal(text_at(&a, "binding.key"), "heat_energy.amount");
	answer_free(&a);
}

static void events_come_newest_first_with_the_name_of_their_object(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/events?till=2026-02-01", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "items"), 2);
	assert_true(json_is_null(at(&a, "items.0.object_kind")));
	assert_string_equal(text_at(&a, "items.1.object_kind"), "meter");
	assert_string_equal(text_at(&a, "items.1.object_name"), "device 0");
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/events?object=12&limit=1", NULL);
	assert_int_equal(count_at(&a, "items"), 1);
	answer_free(&a);
}

static void the_status_counts_what_there_is(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/status", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "counts.places"), 9);
	assert_int_equal(int_at(&a, "counts.meters"), 6);
	assert_true(json_is_true(at(&a, "store.is_writable")));
	assert_true(json_is_null(at(&a, "store.error")));
	assert_true(json_is_false(at(&a, "has_poll")));
	answer_free(&a);
}

static int set_up(void **state)
{
	int result = set_up_house(state);
	if (!result) {
		root = log_in(&house, "root");
	}
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_of_hours_shows_its_hole_as_a_hole),
		cmocka_unit_test(an_archive_nobody_filled_is_all_holes_not_zeros),
		cmocka_unit_test(days_of_23_and_25_hours_have_their_hours),
		cmocka_unit_test(a_period_that_runs_appears_and_is_not_missing_yet),
		cmocka_unit_test(too_many_points_and_odd_questions_are_refused),
		cmocka_unit_test(a_register_of_readings_has_no_sum),
		cmocka_unit_test(a_last_value_comes_in_the_unit_of_the_channel),
		cmocka_unit_test(the_overview_sums_inputs_or_flats),
		cmocka_unit_test(a_place_comes_with_everything_below_it),
		cmocka_unit_test(a_value_names_its_registers_frames_and_what_it_was_before),
		cmocka_unit_test(devices_have_states_even_where_nobody_polls),
		cmocka_unit_test(gaps_are_of_what_the_meter_keeps_itself),
		cmocka_unit_test(a_channel_of_amounts_shows_the_reading_beside_them),
		cmocka_unit_test(events_come_newest_first_with_the_name_of_their_object),
		cmocka_unit_test(the_status_counts_what_there_is),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down_house);
}
