/*
 * test_formulas.c - formulas while they are written: the verdict, the trial with the numbers of house.h,
 * who may see what
 */
#include "client.h"

#define CHECK "/api/v1/formulas/check"

static struct pass root;

static int start(void **state)
{
	int e = set_up_house(state);
	if (!e) {
		root = log_in(&house, "root");
	}
	return e;
}

static void give_code(int64_t channel, const char *code)
{
	char path[64], body[96];
	(void)snprintf(path, sizeof(path), "/api/v1/channels/%lld", (long long)channel);
	(void)snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	assert_int_equal(client_status(&house, &root, "PUT", path, body), 200);
}

static void a_wrong_formula_says_where(void **state)
{
	(void)state;
	struct answer a = client(
		&house, &root, "POST", CHECK, "{\"place\":1,\"text\":\"95 °C + + 1\"}");
	assert_int_equal(a.status, 200);
	assert_true(json_is_false(at(&a, "ok")));
	assert_string_equal(text_at(&a, "error.code"), "PARSE");
	assert_int_equal(int_at(&a, "error.column"), 8); /* characters, not bytes */
	assert_non_null(strstr(text_at(&a, "error.text"), "unexpected '+'"));
	assert_true(json_is_null(at(&a, "trial")));
	answer_free(&a);
	a = client(&house, &root, "POST", CHECK, "{\"place\":1,\"text\":\"1 t\"}");
	assert_non_null(strstr(text_at(&a, "error.text"), "reads no channel"));
	answer_free(&a);
	give_code(CHANNEL_OF_FLAT_1, "flat1.cold");
	a = client(&house, &root, "POST", CHECK, "{\"channel\":25,\"text\":\"2 * flat1.cold\"}");
	assert_string_equal(text_at(&a, "error.code"), "CONFLICT");
	answer_free(&a);
	a = client(&house, &root, "POST", CHECK,
		"{\"place\":1,\"unit\":\"GJ\",\"text\":\"flat1.cold\"}");
	assert_non_null(strstr(text_at(&a, "error.text"), "gives m3, wanted is GJ"));
	answer_free(&a);
}

static void a_good_formula_is_tried(void **state)
{
	(void)state;
	give_code(CHANNEL_OF_FLAT_1, "flat1.cold");
	struct answer a = client(&house, &root, "POST", CHECK,
		"{\"place\":1,\"period\":\"hour\",\"unit\":\"m3\",\"text\":\"ifna(flat1.cold, 7 m3)\"}");
	assert_int_equal(a.status, 200);
	assert_true(json_is_true(at(&a, "ok")));
	assert_string_equal(text_at(&a, "unit.ru"), "м³");
	assert_int_equal(
		int_at(&a, "trial.span.till_utc") - int_at(&a, "trial.span.from_utc"), 3600);
	assert_int_equal(count_at(&a, "trial.inputs"), 1);
	assert_string_equal(text_at(&a, "trial.inputs.0.code"), "flat1.cold");
	/* the archive of house.h ended long ago */
	assert_true(json_is_null(at(&a, "trial.inputs.0.value")));
	assert_int_equal((int)real_at(&a, "trial.value"), 7);
	assert_string_equal(text_at(&a, "trial.quality"), "CALCULATED");
	assert_string_equal(text_at(&a, "trial.explanation.ru"), "ifna(нет данных; 7 м³) = 7 м³");
	assert_true(json_is_null(at(&a, "trial.fault")));
	answer_free(&a);
}

static void only_who_may_set_up_asks(void **state)
{
	(void)state;
	static const char body[] = "{\"place\":1,\"text\":\"1\"}";
	struct pass resident = log_in(&house, "resident"), tech = log_in(&house, "tech");
	assert_int_equal(client_status(&house, &resident, "POST", CHECK, body), 403);
	assert_int_equal(client_status(&house, &root, "POST", CHECK, body), 200);
	/* of the other house a technician knows nothing */
	assert_int_equal(
		client_status(&house, &tech, "POST", CHECK, "{\"place\":8,\"text\":\"1\"}"), 404);
	assert_int_equal(client_status(&house, &root, "POST", CHECK, "{\"text\":\"1\"}"), 400);
	assert_int_equal(client_status(&house, &root, "POST", CHECK, "{\"place\":1}"), 400);
	assert_int_equal(client_status(&house, &root, "POST", CHECK,
				 "{\"place\":1,\"text\":\"1\",\"unit\":\"parsec\"}"),
		400);
}

static void functions_are_told_in_both_languages(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/formulas/functions", NULL);
	assert_int_equal(a.status, 200);
	assert_true(count_at(&a, "items") > 40);
	assert_string_equal(text_at(&a, "items.0.name"), "abs");
	assert_string_equal(text_at(&a, "items.0.group.ru"), "Арифметика");
	answer_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_formula_says_where),
		cmocka_unit_test(a_good_formula_is_tried),
		cmocka_unit_test(only_who_may_set_up_asks),
		cmocka_unit_test(functions_are_told_in_both_languages),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
