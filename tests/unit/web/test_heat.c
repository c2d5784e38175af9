/*
 * test_heat.c - supply inputs over HTTP: the numbers of house.h, rights, refusals
 */
#include "client.h"

#define HEAT "/api/v1/places/2/heat"
#define SPAN "&from=2026-01-10&till=2026-01-13"

static struct pass root;

static int start(void **state)
{
	int e = set_up_house(state);
	if (!e) {
		root = log_in(&house, "root");
	}
	return e;
}

static void schemes_say_what_they_need(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/heat-schemes", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "items"), 12);
	assert_string_equal(text_at(&a, "items.0.code"), "S1");
	assert_string_equal(text_at(&a, "items.0.formula.ru"), "Q = M1·(h1 − h2)");
	assert_string_equal(text_at(&a, "items.0.needs.0"), "mass_supply");
	answer_free(&a);
}

static void days_of_a_meter_of_heat_alone_have_no_own_heat(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", HEAT "?period=day" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "inputs"), 1);
	assert_int_equal(count_at(&a, "inputs.0.rows"), HOUSE_DAYS);
	assert_int_equal(int_at(&a, "inputs.0.rows.0.start"), HOUSE_START);
	assert_true(json_is_null(at(&a, "inputs.0.scheme")));
	assert_true(json_is_null(at(&a, "inputs.0.rows.0.own.value")));
	assert_string_equal(text_at(&a, "inputs.0.rows.0.own.quality"), "MISSING");
	assert_true(fabs(real_at(&a, "inputs.0.rows.0.meter.value") - 12) < 1e-9);
	assert_true(fabs(real_at(&a, "inputs.0.sum.meter.value") - 36) < 1e-9);
	/* a channel of 36 Gcal whose register counted 36 MWh: nothing explains it */
	assert_true(fabs(real_at(&a, "inputs.0.checks.0.rows") - 36) < 1e-9);
	assert_true(fabs(real_at(&a, "inputs.0.checks.0.integrators") - 36 / 1.163) < 1e-9);
	assert_true(json_is_false(at(&a, "inputs.0.checks.0.is_equal")));
	answer_free(&a);
}

static void a_building_shows_its_heating_points(void **state)
{
	(void)state;
	struct answer a = client(
		&house, &root, "GET", "/api/v1/places/1/heat?period=day" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "inputs.0.place"), 2);
	assert_int_equal(count_at(&a, "classes"), 9);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places/8/heat?period=day" SPAN, NULL);
	assert_int_equal(count_at(&a, "inputs"), 0);
	answer_free(&a);
}

static void questions_without_sense_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {HEAT, HEAT "?period=day", HEAT "?period=half_hour" SPAN,
		HEAT "?period=day&from=2026-01-10&till=2026-01-09",
		HEAT "?period=day&from=-9223372036854775807&till=9223372036854775807",
		HEAT "?period=hour&from=2025-01-10&till=2026-01-09",
		HEAT "?period=day&cause=laziness" SPAN};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct answer a = client(&house, &root, "GET", wrong[i], NULL);
		if (a.status < 400 || a.status >= 500) {
			fail_msg("%s: %d", wrong[i], a.status);
		}
		answer_free(&a);
	}
}

static void who_may_not_see_the_place_does_not_see_its_heat(void **state)
{
	(void)state;
	static const struct {
		const char *login, *path;
		int status;
	} cases[] = {{"resident", HEAT "?period=day" SPAN, 200},
		{"resident", "/api/v1/places/5/heat?period=day" SPAN, 404},
		{"manager", "/api/v1/places/8/heat?period=day" SPAN, 404}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pass p = log_in(&house, cases[i].login);
		struct answer a = client(&house, &p, "GET", cases[i].path, NULL);
		assert_int_equal(a.status, cases[i].status);
		answer_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schemes_say_what_they_need),
		cmocka_unit_test(days_of_a_meter_of_heat_alone_have_no_own_heat),
		cmocka_unit_test(a_building_shows_its_heating_points),
		cmocka_unit_test(questions_without_sense_are_refused),
		cmocka_unit_test(who_may_not_see_the_place_does_not_see_its_heat),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
