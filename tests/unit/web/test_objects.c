/*
 * test_objects.c - configuration over HTTP: add, change, delete, history, and what is refused
 */
#include "client.h"

static struct pass root;

static void a_place_is_added_changed_listed_and_deleted(void **state)
{
	(void)state;
	char path[64];
	struct answer a = client(&house, &root, "POST", "/api/v1/places",
		"{\"name\":\"кв. 5 «угловая»\",\"kind\":\"flat\",\"parent\":3,\"area_m2\":54.3}");
	assert_int_equal(a.status, 201);
	json_int_t id = int_at(&a, "id");
	assert_true(id > 0);
	assert_string_equal(text_at(&a, "name"), "кв. 5 «угловая»");
	assert_true(real_at(&a, "area_m2") == 54.3);
	assert_int_equal(int_at(&a, "report_hour"), -1); /* default: inherited */
	answer_free(&a);

	(void)snprintf(path, sizeof(path), "/api/v1/places/%lld", id);
	a = client(&house, &root, "PUT", path, "{\"people\":3}");
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "people"), 3);
	assert_true(real_at(&a, "area_m2") == 54.3); /* what is left out stays */
	answer_free(&a);
	a = client(&house, &root, "GET", path, NULL);
	assert_int_equal(int_at(&a, "people"), 3);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/places?parent=3", NULL);
	assert_int_equal(count_at(&a, "items"), 5);
	answer_free(&a);
	assert_int_equal(client_status(&house, &root, "DELETE", path, NULL), 204);
	assert_int_equal(client_status(&house, &root, "GET", path, NULL), 404);
	assert_int_equal(client_status(&house, &root, "DELETE", path, NULL), 404);
}

static void history_says_who_before_and_after(void **state)
{
	(void)state;
	assert_int_equal(
		client_status(&house, &root, "PUT", "/api/v1/meters/14", "{\"serial\":\"A1\"}"),
		200);
	struct answer a = client(&house, &root, "GET", "/api/v1/meters/14/history", NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(text_at(&a, "items.0.who"), "root");
	assert_string_equal(text_at(&a, "items.0.before.serial"), "");
	assert_string_equal(text_at(&a, "items.0.after.serial"), "A1");
	assert_string_equal(text_at(&a, "items.1.who"), "test");
	assert_true(json_is_null(at(&a, "items.1.before")));
	answer_free(&a);
}

static void times_open_at_an_end_are_null_and_come_back(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/bindings/31", NULL);
	assert_true(json_is_null(at(&a, "from_utc")));
	assert_true(json_is_null(at(&a, "till_utc")));
	assert_true(json_is_null(at(&a, "reading_fitted")));
	answer_free(&a);
	a = client(&house, &root, "PUT", "/api/v1/bindings/31",
		"{\"till_utc\":1800000000,\"reading_removed\":12.5}");
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "till_utc"), 1800000000);
	answer_free(&a);
	a = client(&house, &root, "PUT", "/api/v1/bindings/31",
		"{\"till_utc\":null,\"reading_removed\":null}");
	assert_true(json_is_null(at(&a, "till_utc")));
	assert_true(json_is_null(at(&a, "reading_removed")));
	answer_free(&a);
	const struct site *s = store_site(house.store);
	const struct binding *b = site_find(s, OBJECT_BINDING, 31);
	assert_true(b->till_utc == INT64_MAX && isnan(b->reading_removed));
	site_unref(s);
}

static void what_does_not_fit_is_refused_and_says_which_field(void **state)
{
	(void)state;
	static const struct {
		const char *path, *body, *says;
	} cases[] = {
		{"/api/v1/places/4", "{\"colour\":\"red\"}", "colour"},
		{"/api/v1/places/4", "{\"name\":5}", "name"},
		{"/api/v1/places/4", "{\"name\":\"a\\u0000b\"}", "NUL"},
		{"/api/v1/places/4", "{\"people\":1.5}", "people"},
		{"/api/v1/places/4", "{\"kind\":\"castle\"}", "kind"},
		{"/api/v1/places/4", "{\"zone\":\"Mars/Base\"}", "zone"},
		{"/api/v1/places/4", "{\"id\":5}", "id"},
		{"/api/v1/places/4", "[1]", "object"},
		{"/api/v1/places/4", "{\"people\":1,\"people\":2}", "line 1"},
		{"/api/v1/places/4", "{", "line 1"},
		{"/api/v1/places/4", "{\"people\":99999999999999999999}", "integer"},
		{"/api/v1/meters/13", "{\"driver\":\"\"}", "driver"},
		{"/api/v1/bindings/31", "{\"till_utc\":\"tomorrow\"}", "till_utc"},
		{"/api/v1/channels/25", "{\"unit\":\"parsec\"}", "unit"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer a = client(&house, &root, "PUT", cases[i].path, cases[i].body);
		if (a.status != 400 || !strstr(text_at(&a, "detail"), cases[i].says)) {
			fail_msg("%s: %d %s", cases[i].body, a.status, a.body);
		}
		answer_free(&a);
	}
}

static void an_object_in_use_is_not_deleted(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "DELETE", "/api/v1/lines/10", NULL);
	assert_int_equal(a.status, 409);
	assert_string_equal(text_at(&a, "error"), "CONFLICT");
	assert_true(strlen(text_at(&a, "check.ru")) > 0);
	answer_free(&a);
}

static void a_loop_in_the_tree_is_refused(void **state)
{
	(void)state;
	int status = client_status(&house, &root, "PUT", "/api/v1/places/1", "{\"parent\":4}");
	assert_true(status == 400 || status == 409);
}

static void numbers_in_paths_are_positive_and_plain(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"0", "-1", "01", "1x", "", "99999999999999999999", "1/", "1/nothing", "%31%00"};
	char path[96];
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)snprintf(path, sizeof(path), "/api/v1/places/%s", paths[i]);
		int status = client_status(&house, &root, "GET", path, NULL);
		if (status != 404 && strcmp(paths[i], "%31%00") != 0) {
			fail_msg("%s: %d", path, status);
		}
	}
	assert_int_equal(client_status(&house, &root, "GET", "/api/v1/places?parent=x", NULL), 400);
}

static void references_are_told_in_both_languages(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/quality", NULL);
	assert_int_equal(count_at(&a, "classes"), QUALITY_CLASS_COUNT);
	assert_string_equal(text_at(&a, "classes.8.text.ru"), "нет данных");
	assert_int_equal(int_at(&a, "flags.6.code"), QUALITY_LATE);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/units", NULL);
	assert_int_equal(count_at(&a, "items"), UNIT_COUNT);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/zones", NULL);
	assert_true(count_at(&a, "items") > 200);
	assert_non_null(strstr(a.body, "\"Asia/Yekaterinburg\""));
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/drivers", NULL);
	assert_non_null(strstr(a.body, "\"mbus\""));
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
		cmocka_unit_test(a_place_is_added_changed_listed_and_deleted),
		cmocka_unit_test(history_says_who_before_and_after),
		cmocka_unit_test(times_open_at_an_end_are_null_and_come_back),
		cmocka_unit_test(what_does_not_fit_is_refused_and_says_which_field),
		cmocka_unit_test(an_object_in_use_is_not_deleted),
		cmocka_unit_test(a_loop_in_the_tree_is_refused),
		cmocka_unit_test(numbers_in_paths_are_positive_and_plain),
		cmocka_unit_test(references_are_told_in_both_languages),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down_house);
}
