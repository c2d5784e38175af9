/*
 * test_climate.c - pages about a whole building over HTTP: who sees what of flats, what is refused, and
 * that nothing known is null
 */
#include "client.h"

#define PLACE "/api/v1/places/1/"
#define SPAN  "from=2026-01-10&till=2026-01-13"

static struct pass root;

/* January of the four flats: 10, 20, 30, 40 m3; two people in each. */
static int start(void **state)
{
	int e = set_up_house(state);
	if (e) {
		return e;
	}
	struct batch *b = batch_new();
	for (int i = 0; i < 4; i++) {
		struct place p;
		const struct site *s = store_site(house.store);
		p = *(const struct place *)site_find(s, OBJECT_PLACE, FLAT_1 + i);
		site_unref(s);
		p.people = 2;
		p.floor = i / 2 + 1;
		if (house_add(house.store, OBJECT_PLACE, &p)) {
			return -1;
		}
		batch_archive(b, CHANNEL_OF_FLAT_1 + i, PERIOD_MONTH, 1767214800, 10 * (i + 1),
			quality_make(QUALITY_MEASURED, SOURCE_METER, 0), false);
	}
	struct parameter norm;
	object_init(OBJECT_PARAMETER, &norm);
	norm.place = 1;
	norm.value = 6;
	(void)STR_COPY(norm.code, "norm.cold_water");
	e = store_submit(house.store, b, true) || house_add(house.store, OBJECT_PARAMETER, &norm);
	root = log_in(&house, "root");
	return e;
}

static void who_sees_all_flats_sees_each_and_the_classes(void **state)
{
	(void)state;
	struct answer a = client(
		&house, &root, "GET", PLACE "comparison?resource=cold_water&month=2026-01", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "flats"), 4);
	/* norm 12: 10 normal, 20 above, 30 and 40 above twice */
	assert_int_equal(int_at(&a, "classes.normal"), 1);
	assert_int_equal(int_at(&a, "classes.attention"), 1);
	assert_int_equal(int_at(&a, "classes.critical"), 2);
	assert_true(fabs(real_at(&a, "over_norm") - (8 + 18 + 28)) < 1e-9);
	assert_true(fabs(real_at(&a, "house.median") - 12.5) < 1e-9);
	assert_int_equal(count_at(&a, "floors"), 2);
	assert_true(fabs(real_at(&a, "floors.0.mean") - 7.5) < 1e-9);
	assert_int_equal(int_at(&a, "crowd"), 0);
	answer_free(&a);
}

/* Four flats are no crowd: from their mean and one's own the others could be told. */
static void a_resident_sees_the_own_flat_and_no_small_group(void **state)
{
	(void)state;
	struct pass resident = log_in(&house, "resident");
	struct answer a = client(&house, &resident, "GET",
		PLACE "comparison?resource=cold_water&month=2026-01", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "flats"), 1);
	assert_int_equal(int_at(&a, "flats.0.place"), FLAT_1);
	assert_true(json_is_null(at(&a, "classes")));
	assert_true(json_is_null(at(&a, "house.median")));
	assert_true(json_is_null(at(&a, "house.max")));
	assert_true(json_is_true(at(&a, "floors.0.is_hidden")));
	assert_true(json_is_null(at(&a, "floors.0.mean")));
	answer_free(&a);
}

static void a_building_without_a_graph_is_told_so(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", PLACE "temperature-graph?" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_true(json_is_null(at(&a, "graph")));
	assert_true(json_is_null(at(&a, "refused")));
	assert_int_equal(count_at(&a, "days"), 3);
	assert_string_equal(text_at(&a, "days.0.state"), "unknown");
	assert_int_equal(int_at(&a, "summary.judged"), 0);
	assert_true(json_is_false(at(&a, "limit_supply.is_confirmed")));
	answer_free(&a);
}

static void a_graph_out_of_order_is_refused_with_its_row(void **state)
{
	(void)state;
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = 1;
	(void)STR_COPY(p.code, "temperature_graph.typo");
	(void)STR_COPY(p.text, "t_out t1 t2; -22 120.9 65; -21 128.5 64; -20 116.1 63");
	assert_int_equal(house_add(house.store, OBJECT_PARAMETER, &p), ERR_OK);
	struct answer a = client(&house, &root, "GET", PLACE "temperature-graph?" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_true(json_is_null(at(&a, "graph")));
	assert_non_null(strstr(text_at(&a, "refused"), "row 2 (t_out -21)"));
	answer_free(&a);
}

static void days_without_outdoor_temperature_make_no_signature(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", PLACE "signature?" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(text_at(&a, "state"), "too_few_days");
	assert_true(json_is_null(at(&a, "fit")));
	assert_int_equal(int_at(&a, "rejected"), 3);
	answer_free(&a);
}

/* Channel 24 holds 0.5 Gcal an hour, 12 a day, three days. */
static void months_sum_the_known_days_and_say_how_many(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", PLACE "efficiency?" SPAN, NULL);
	assert_int_equal(a.status, 200);
	assert_true(fabs(real_at(&a, "total.heat.value") - 36) < 1e-9);
	assert_int_equal(int_at(&a, "total.days"), 3);
	assert_true(fabs(real_at(&a, "months.0.heat.completeness") - 3.0 / 31) < 1e-9);
	assert_string_equal(text_at(&a, "months.0.heat.quality"), "PARTIAL");
	assert_true(json_is_null(at(&a, "months.0.kwh_per_m2")));
	assert_true(json_is_null(at(&a, "class.label")));
	assert_int_equal(count_at(&a, "class.bounds"), 9);
	answer_free(&a);
}

static void odd_questions_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int status;
	} cases[] = {{PLACE "signature", 400},
		{PLACE "signature?from=2026-01-12&till=2026-01-10", 400},
		{PLACE "efficiency?from=2010-01-12&till=2026-01-10", 400},
		{PLACE "comparison?resource=gas&month=2026-01", 400},
		{PLACE "comparison?month=January", 400}, {"/api/v1/places/3/risers?" SPAN, 404},
		{"/api/v1/places/99/risers?" SPAN, 404}, {PLACE "risers?" SPAN, 200}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = client_status(&house, &root, "GET", cases[i].path, NULL);
		if (status != cases[i].status) {
			fail_msg("%s: %d", cases[i].path, status);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sees_all_flats_sees_each_and_the_classes),
		cmocka_unit_test(a_resident_sees_the_own_flat_and_no_small_group),
		cmocka_unit_test(a_building_without_a_graph_is_told_so),
		cmocka_unit_test(a_graph_out_of_order_is_refused_with_its_row),
		cmocka_unit_test(days_without_outdoor_temperature_make_no_signature),
		cmocka_unit_test(months_sum_the_known_days_and_say_how_many),
		cmocka_unit_test(odd_questions_are_refused),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
