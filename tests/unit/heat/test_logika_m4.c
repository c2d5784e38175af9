/*
 * The driver of Logika M4 devices against simulated ones: what each model says and its archives give.
 *
 * Expectations: the formula of source_at and the maker's tables as docs/protocols/logika_m4.md has
 * them. Archives against the truth: tests/unit/sim/test_twins.c.
 */
#include "logika_m4_bench.h"

/* ---- models ---- */

static void each_model_says_who_it_is(void **state)
{
	static const char *const models[][2] = {
		{"spt941_20", "SPT941.20"}, {"spt943", "SPT943.1"}, {"spt944", "SPT944"}};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench b;
		struct identity who;
		struct sim_device d = device(models[i][0]);
		bench_init(&b, &d, ""); /* addressed without number */
		assert_int_equal(m4()->identify(b.talk, &who), ERR_OK);
		assert_string_equal(who.model, models[i][1]);
		assert_string_equal(who.serial, "55150");
		assert_string_equal(who.address, "address=7");
		bench_fini(&b);
	}
}

static void two_heat_systems_have_keys_of_their_own(void **state)
{
	static const char *const models[] = {"spt943", "spt944"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		bench_model(&b, models[i]);
		assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
		must_be(&b, "volume_supply", 500 * 24 * 1.25, UNIT_M3);
		must_be(&b, "volume_supply.u2", 500 * 24 * 0.625, UNIT_M3);
		must_be(&b, "flow_supply", 1.25, UNIT_M3_H);
		must_be(&b, "heat_energy", 500 * 24 * 0.04, UNIT_GCAL);
		must_be(&b, "heat_energy.u2", 500 * 24 * 0.02, UNIT_GCAL);
		must_be(&b, "temperature_supply.u2", 71.25, UNIT_DEGC);
		must_be(&b, "pressure_supply", 5.0985811, UNIT_KGF_CM2);
		must_be(&b, "volume.3.u2", 0, UNIT_M3);
		must_be(&b, "error_code", 0, UNIT_NONE);
		must_be(&b, "abnormal", 0, UNIT_NONE);
		for (size_t k = 0; k < b.got.n; k++) { /* keys are unique */
			assert_true(str_is_key(b.got.items[k]->key));
			for (size_t j = 0; j < k; j++) {
				assert_string_not_equal(b.got.items[k]->key, b.got.items[j]->key);
			}
		}
		bench_fini(&b);
	}
}

static void a_sensor_that_is_not_there_has_no_value(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	must_be_missing(&b, "temperature.3");
	must_be_missing(&b, "pressure_return");
	must_be_missing(&b, "temperature_cold.u2");
	bench_fini(&b);
}

static void a_system_out_of_service_says_only_that(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = NOT_IN_SERVICE;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	must_be(&b, "status", 99, UNIT_NONE);
	must_be(&b, "status.u2", 99, UNIT_NONE);
	assert_null(find(&b, "heat_energy"));
	assert_null(find(&b, "temperature_supply.u2"));
	assert_non_null(find(&b, "heat_energy.u0"));
	bench_fini(&b);
}

static void the_second_system_can_be_left_out(void **state)
{
	static const char *const models[] = {"spt943", "spt944"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		struct sim_device d = device(models[i]);
		bench_init(&b, &d, "address=7 systems=1");
		assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
		assert_int_equal(
			m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 2), &b.got.sink),
			ERR_OK);
		assert_non_null(find(&b, "heat_energy"));
		for (size_t k = 0; k < b.got.n; k++) {
			assert_null(strstr(b.got.items[k]->key, ".u2"));
		}
		bench_fini(&b);
	}
}

static void current_values_take_few_requests(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	assert_true(requests <= 5); /* session, settings, 65 values by 32 */
	bench_fini(&b);
}

static void gas_is_read_by_name_alone(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt941_20");
	bench_init(&b, &d, "device=spg742");
	/* a meter that says what it is is not read as another: its numbers mean other things */
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(b.talk)->text, "SPT941.20"));
	assert_int_equal(b.got.n, 0);
	twist = OTHER_IDENT;
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
		ERR_UNSUPP);
	assert_int_equal(m4()->caps_of(b.talk) & (CAP_ARCHIVE_HOUR | CAP_SET_CLOCK), 0);
	bench_fini(&b);
	bench_init(&b, &d, "device=spt961");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_INVAL);
	bench_fini(&b);
}

/* ---- archives ---- */

static void as_many_records_as_fit_come_in_one_reply(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt941_20");
	bench_init(&b, &d, "address=7");
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(30, 24), &b.got.sink), ERR_OK);
	assert_true(requests <= 2 + 24 / 3); /* session, settings; 267 of 1024 bytes each */
	bench_fini(&b);
}

static void a_pointer_that_leads_back_is_not_followed_for_ever(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = CIRCLES;
	enum err e = m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(30, 24), &b.got.sink);
	assert_int_equal(e, ERR_NODATA);
	assert_true(requests < 100);
	bench_fini(&b);
}

static void a_hole_ends_the_search_behind_the_span(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.off_from_utc = NOW - 20 * DAY_S;
	d.off_till_utc = NOW - 5 * DAY_S;
	bench_init(&b, &d, "address=7");
	struct span span = hours_before(15 * 24, 48);
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_NODATA);
	assert_int_equal(b.got.n, 0);
	assert_true(requests <= 6);
	bench_fini(&b);
}

/* The maker's tables count the values of a record; one more and nobody knows which is which. */
static void a_record_of_another_layout_gives_no_values(void **state)
{
	static const char *const models[] = {"spt943", "spt941_20", "spt944"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench b;
		bench_model(&b, models[i]);
		twist = ONE_MORE;
		assert_int_equal(
			m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
			ERR_PROTO);
		assert_int_equal(b.got.n, 0);
		bench_fini(&b);
	}
}

static void a_refused_second_system_leaves_the_first(void **state)
{
	(void)state;
	for (uint8_t error = M4_BAD_VALUE; error <= M4_NO_DATA; error++) {
		struct bench b;
		bench_model(&b, "spt943");
		twist = NO_SECOND;
		twist_error = error;
		assert_int_equal(
			m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
			ERR_OK);
		assert_non_null(find(&b, "heat_energy"));
		bench_fini(&b);
	}
}

static void the_running_hour_is_not_there_yet(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(0, 1), &b.got.sink),
		ERR_NODATA);
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HALF_HOUR, hours_before(9, 1), &b.got.sink),
		ERR_UNSUPP);
	bench_fini(&b);
}

/* Berlin, 2026-10-25: 02:00 to 03:00 exists twice. */
static void an_hour_that_exists_twice_is_two_hours(void **state)
{
	static const int64_t autumn = 1792890000; /* 2026-10-25T01:00:00Z: the second begins */
	(void)state;
	for (int chunk = 1; chunk <= 6; chunk += 5) {
		struct bench b;
		struct sim_device d = device("spt943");
		assert_int_equal(zone_get("Europe/Berlin", &d.zone, NULL), ERR_OK);
		d.clock_offset_s = 20 * DAY_S; /* it is November there */
		bench_init(&b, &d, "address=7");
		for (int64_t at = autumn - 3 * HOUR_S; at < autumn + 3 * HOUR_S;
			at += (int64_t)chunk * HOUR_S) {
			struct span span = {at, at + (int64_t)chunk * HOUR_S};
			assert_int_equal(
				m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_OK);
		}
		int n = 0;
		for (size_t i = 0; i < b.got.n; i++) {
			const struct sample *s = &b.got.items[i]->sample;
			double h = (double)(s->utc - (NOW - 500 * DAY_S)) / HOUR_S;
			if (strcmp(s->key, "volume_return") == 0) {
				assert_true(fabs(s->value - (2 * h + 1) / 1000) < 1e-5);
				n++;
			}
		}
		assert_int_equal(n, 6);
		bench_fini(&b);
	}
}

static void a_situation_marks_the_record(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt944");
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 1), &b.got.sink), ERR_OK);
	assert_int_equal(quality_flags(find(&b, "heat_energy")->quality), 0);
	sample_list_fini(&b.got);
	sample_list_init(&b.got);
	twist = SITUATION;
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 1), &b.got.sink), ERR_OK);
	must_be(&b, "error_code", 4294967295.0, UNIT_NONE);
	must_be(&b, "error_code.2", 4294967295.0, UNIT_NONE);
	must_be(&b, "error_code.3", 0xffffff, UNIT_NONE); /* 11 bytes */
	must_be(&b, "abnormal",
		ABNORMAL_POWER | ABNORMAL_FAILURE | ABNORMAL_FLOW_LOW | ABNORMAL_FLOW_HIGH |
			ABNORMAL_DT_LOW,
		UNIT_NONE);
	assert_int_equal(quality_flags(find(&b, "heat_energy.u2")->quality), QUALITY_ABNORMAL);
	bench_fini(&b);
}

static void a_power_cut_has_its_time_and_its_flag(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	struct span span = hours_before(9, 1);
	d.off_from_utc = span.from + 600;
	d.off_till_utc = span.from + 2400;
	bench_init(&b, &d, "address=7");
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_OK);
	must_be(&b, "time_power_off", 0.5, UNIT_H);
	must_be(&b, "operating_time", 0.5, UNIT_H);
	must_be(&b, "abnormal", ABNORMAL_POWER, UNIT_NONE);
	assert_int_equal(quality_flags(find(&b, "volume_supply")->quality), QUALITY_ABNORMAL);
	bench_fini(&b);
}

static void journals_are_told_by_system(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.off_from_utc = NOW - 3 * DAY_S;
	d.off_till_utc = NOW - 2 * DAY_S;
	bench_init(&b, &d, "address=7");
	struct span span = {NOW - 4 * DAY_S, NOW};
	assert_int_equal(m4()->read_events(b.talk, span, &b.got.sink), ERR_OK);
	assert_int_equal(b.got.event_n, 2);
	assert_string_equal(b.got.events[0].code, "power_off");
	assert_string_equal(b.got.events[1].code, "power_off.u2");
	assert_int_equal(b.got.events[0].utc, d.off_from_utc);
	assert_string_equal(b.got.events[0].text, "Перерыв питания");
	bench_fini(&b);
}

static void a_report_time_that_is_not_said_is_not_made_up(void **state)
{
	(void)state;
	struct bench b;
	int hour = -1, day = -1;
	bench_model(&b, "spt943");
	twist = NO_REPORT;
	assert_int_equal(m4()->report_time(b.talk, &hour, &day), ERR_NODATA);
	assert_true(hour == -1 && day == -1);
	twist = STRAIGHT;
	assert_int_equal(m4()->report_time(b.talk, &hour, &day), ERR_OK);
	assert_true(hour == 10 && day == 25);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_model_says_who_it_is),
		cmocka_unit_test(two_heat_systems_have_keys_of_their_own),
		cmocka_unit_test(a_sensor_that_is_not_there_has_no_value),
		cmocka_unit_test(a_system_out_of_service_says_only_that),
		cmocka_unit_test(the_second_system_can_be_left_out),
		cmocka_unit_test(current_values_take_few_requests),
		cmocka_unit_test(gas_is_read_by_name_alone),
		cmocka_unit_test(as_many_records_as_fit_come_in_one_reply),
		cmocka_unit_test(a_pointer_that_leads_back_is_not_followed_for_ever),
		cmocka_unit_test(a_hole_ends_the_search_behind_the_span),
		cmocka_unit_test(a_record_of_another_layout_gives_no_values),
		cmocka_unit_test(a_refused_second_system_leaves_the_first),
		cmocka_unit_test(the_running_hour_is_not_there_yet),
		cmocka_unit_test(an_hour_that_exists_twice_is_two_hours),
		cmocka_unit_test(a_situation_marks_the_record),
		cmocka_unit_test(a_power_cut_has_its_time_and_its_flag),
		cmocka_unit_test(journals_are_told_by_system),
		cmocka_unit_test(a_report_time_that_is_not_said_is_not_made_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
