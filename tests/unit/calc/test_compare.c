/*
 * test_compare.c - groups against the house, flats that stand out, privacy of small groups, classes
 */
#include "calc/compare.h"
#include "vectors.h"

#define NEAR 1e-6

static void test_published_floors(void **state)
{
	double values[15];
	double scratch[15];
	int64_t floors[15];
	size_t n = 0;
	(void)state;
	json_t *document = vectors_load("calc/degree_days_signature.json");
	NEED_VECTORS(document);
	const json_t *c = vectors_case(document, "D08");
	const char *name;
	json_t *items;
	json_object_foreach(json_object_get(json_object_get(c, "input"), "floors"), name, items)
	{
		for (size_t i = 0; i < json_array_size(items); i++) {
			values[n] = json_number_value(json_array_get(items, i));
			floors[n++] = strtol(name, NULL, 10);
		}
	}
	struct compare_scale s = compare_scale_of(values, n, scratch);
	vectors_near(s.median, vectors_number(c, "expect/median"), NEAR);
	vectors_near(s.mad, vectors_number(c, "expect/mad"), NEAR);
	for (int64_t floor = 1; floor <= 5; floor++) {
		char path[64];
		struct compare_group g = compare_group_of(&s, values, floors, n, floor, 0);
		(void)snprintf(path, sizeof(path), "expect/floor_mean/%d", (int)floor);
		vectors_near(g.mean, vectors_number(c, path), NEAR);
		(void)snprintf(path, sizeof(path), "expect/floor_ratio/%d", (int)floor);
		vectors_near(g.ratio, vectors_number(c, path), NEAR);
	}
	double most = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		most = fmax(most, compare_z(&s, values[i]));
	}
	vectors_near(most, vectors_number(c, "expect/robust_z_max"), NEAR);
	json_decref(document);
}

/* Privacy: the mean of a few flats would tell a neighbour's. Unknown flats do not make a crowd. */
static void test_small_groups_are_hidden(void **state)
{
	double values[] = {1, 2, 3, 4, NAN, 5};
	int64_t groups[] = {1, 1, 1, 1, 1, 1};
	double scratch[6];
	(void)state;
	struct compare_scale s = compare_scale_of(values, 6, scratch);
	struct compare_group g = compare_group_of(&s, values, groups, 6, 1, 6);
	assert_true(g.is_hidden && isnan(g.mean) && isnan(g.ratio));
	assert_int_equal(g.known, 5);
	assert_int_equal(g.flats, 6);
	g = compare_group_of(&s, values, groups, 6, 1, 5);
	assert_true(!g.is_hidden && g.mean == 3 && g.ratio == 1);
}

static void test_unknown_flats_move_nothing(void **state)
{
	double values[] = {NAN, 5, NAN, 7, 9};
	double none[] = {NAN};
	double scratch[5];
	(void)state;
	struct compare_scale s = compare_scale_of(values, 5, scratch);
	assert_true(s.median == 7 && s.mad == 2 && s.known == 3);
	assert_true(s.min == 5 && s.max == 9 && s.quartile_low == 6);
	s = compare_scale_of(none, 1, scratch);
	assert_true(isnan(s.median) && isnan(compare_z(&s, 1)));
}

static void test_flats_that_are_all_alike_have_no_outlier(void **state)
{
	double values[] = {4, 4, 4, 4, 9};
	double scratch[5];
	(void)state;
	struct compare_scale s = compare_scale_of(values, 5, scratch);
	assert_true(s.mad == 0 && isnan(compare_z(&s, 9)));
}

static void test_classes_of_flats_in_their_order(void **state)
{
	static const struct flat_limits l = {1, 0.1, 1, 2};
	static const struct {
		struct flat_use use;
		enum flat_class want;
	} rows[] = {
		{{1.1, 0, 0, true}, FLAT_NOBODY},
		{{1.0, 0, 0, true}, FLAT_NORMAL},
		{{9.0, 4, 2, true}, FLAT_CRITICAL},
		{{8.0, 4, 2, true}, FLAT_ATTENTION},
		{{4.0, 4, 2, true}, FLAT_NORMAL},
		{{0.05, 4, 2, true}, FLAT_FAULT},
		{{0, 4, 2, true}, FLAT_FAULT},
		{{0, 0, 0, true}, FLAT_NORMAL},
		{{NAN, 4, 2, true}, FLAT_NO_DATA},
		{{NAN, 4, 2, false}, FLAT_NO_METER},
		{{3, NAN, 2, true}, FLAT_NO_NORM},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(flat_class_of(&l, &rows[i].use), rows[i].want);
	}
}

static void test_forecast_is_known_plus_the_mean_of_what_is_left(void **state)
{
	double last[] = {2, NAN, 4};
	double none[] = {NAN};
	(void)state;
	struct forecast f = forecast_by_mean(30, last, 3, 10);
	assert_true(f.left == 30 && f.total == 60);
	f = forecast_by_mean(30, none, 1, 10);
	assert_true(isnan(f.total));
	f = forecast_by_mean(30, none, 1, 0);
	assert_true(f.total == 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_floors),
		cmocka_unit_test(test_small_groups_are_hidden),
		cmocka_unit_test(test_unknown_flats_move_nothing),
		cmocka_unit_test(test_flats_that_are_all_alike_have_no_outlier),
		cmocka_unit_test(test_classes_of_flats_in_their_order),
		cmocka_unit_test(test_forecast_is_known_plus_the_mean_of_what_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
