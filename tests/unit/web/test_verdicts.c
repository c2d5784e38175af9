/*
 * test_verdicts.c - doubts, decisions and edits over HTTP: rights, four eyes, what is written
 */
#include "client.h"

#include "calc/closing.h"

#define HOUR(h) (HOUSE_START + (h)*INT64_C(3600))
#define WORD    "\"reason\":\"act\",\"document\":\"7\""

static struct pass root, manager, tech, supplier, resident;

static int start(void **state)
{
	int e = set_up_house(state);
	if (!e) {
		root = log_in(&house, "root");
		manager = log_in(&house, "manager");
		tech = log_in(&house, "tech");
		supplier = log_in(&house, "supplier");
		resident = log_in(&house, "resident");
	}
	return e;
}

static struct archive_value hour_of_flat_1(int64_t h)
{
	struct archive_value v;
	int64_t ch = CHANNEL_OF_FLAT_1;
	assert_int_equal(archive_at(house.store, &ch, 1, PERIOD_HOUR, HOUR(h), &v), ERR_OK);
	return v;
}

static void the_queue_shows_what_is_in_no_sum_first_and_only_what_one_may_see(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/verdicts?place=1", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "total"), 2);
	assert_int_equal(int_at(&a, "failures"), 1);
	assert_int_equal(int_at(&a, "items.0.id"), 1);
	assert_string_equal(text_at(&a, "items.0.rule"), "V-SPIKE");
	assert_string_equal(text_at(&a, "items.0.rule_text.ru"), "Выброс за сутки");
	assert_true(json_is_true(at(&a, "items.0.may_decide")));
	answer_free(&a);
	a = client(&house, &resident, "GET", "/api/v1/verdicts", NULL);
	assert_int_equal(int_at(&a, "total"), 1); /* the own flat's */
	assert_true(json_is_false(at(&a, "items.0.may_decide")));
	answer_free(&a);
	a = client(&house, &supplier, "GET", "/api/v1/verdicts", NULL);
	assert_int_equal(int_at(&a, "total"), 0); /* flats are not theirs */
	answer_free(&a);
	assert_int_equal(client_status(&house, &supplier, "GET", "/api/v1/verdicts/1", NULL), 404);
	a = client(&house, &root, "GET", "/api/v1/verdicts?place=8", NULL);
	assert_int_equal(int_at(&a, "total"), 0);
	answer_free(&a);
}

static void a_doubt_comes_with_its_neighbourhood_and_a_proposal(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/verdicts/1", NULL);
	assert_int_equal(a.status, 200);
	assert_true(count_at(&a, "around.start") > 40);
	assert_int_equal(count_at(&a, "around.start"), count_at(&a, "around.value"));
	/* hours 9 and 11 are 1 each: the line between them */
	assert_int_equal(count_at(&a, "proposals"), 1);
	assert_string_equal(text_at(&a, "proposals.0.method"), "linear");
	assert_true(real_at(&a, "proposals.0.value") == 1);
	answer_free(&a);
}

static void only_those_with_the_right_decide_and_enter(void **state)
{
	(void)state;
	static const char decision[] = "{\"decision\":\"accept\"," WORD "}";
	char values[160];
	(void)snprintf(values, sizeof(values),
		"{\"period\":\"hour\",\"values\":[{\"start\":%lld,\"value\":3}]," WORD "}",
		(long long)HOUR(20));
	assert_int_equal(
		client_status(&house, &resident, "POST", "/api/v1/verdicts/1/decision", decision),
		403);
	assert_int_equal(
		client_status(&house, &tech, "POST", "/api/v1/verdicts/1/decision", decision),
		403); /* of a flat a technician sees that it works, no values */
	assert_int_equal(
		client_status(&house, &supplier, "POST", "/api/v1/verdicts/1/decision", decision),
		404);
	assert_int_equal(
		client_status(&house, &resident, "PUT", "/api/v1/channels/25/values", values), 403);
	assert_int_equal(client_status(&house, &tech, "PUT", "/api/v1/channels/24/values", values),
		200); /* the heating point is common */
	assert_int_equal(
		client_status(&house, &manager, "PUT", "/api/v1/channels/25/values", values), 200);
	struct archive_value v = hour_of_flat_1(20);
	assert_true(v.value == 3);
	assert_int_equal(v.quality, quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0));
}

static void original_and_accepted_stand_side_by_side(void **state)
{
	(void)state;
	char path[160];
	(void)snprintf(path, sizeof(path), "/api/v1/channels/25/provenance?period=hour&start=%lld",
		(long long)HOUR(20));
	struct answer a = client(&house, &root, "GET", path, NULL);
	assert_true(real_at(&a, "value.value") == 3);
	assert_string_equal(text_at(&a, "value.quality"), "EDITED");
	assert_true(real_at(&a, "history.0.value") == 1);
	assert_string_equal(text_at(&a, "history.0.who"), "manager");
	assert_string_equal(text_at(&a, "history.0.why"), "act: 7");
	answer_free(&a);
	char body[160];
	(void)snprintf(body, sizeof(body),
		"{\"period\":\"hour\",\"values\":[{\"start\":%lld,\"is_restore\":true}]," WORD "}",
		(long long)HOUR(20));
	assert_int_equal(
		client_status(&house, &manager, "PUT", "/api/v1/channels/25/values", body), 200);
	/* nobody computes here: the value is unknown, and no person's any more */
	assert_int_equal(hour_of_flat_1(20).quality, quality_make(QUALITY_MISSING, SOURCE_NONE, 0));
}

static void odd_edits_are_refused_as_a_whole(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"{}",
		"{\"period\":\"hour\",\"values\":[]," WORD "}",
		"{\"period\":\"week\",\"values\":[{\"start\":1767992400,\"value\":3}]," WORD "}",
		"{\"period\":\"hour\",\"values\":[{\"start\":1767992401,\"value\":3}]," WORD "}",
		"{\"period\":\"hour\",\"values\":[{\"start\":1767992400}]," WORD "}",
		"{\"period\":\"hour\",\"values\":[{\"start\":1767992400,\"value\":\"3\"}]," WORD
		"}",
		"{\"period\":\"hour\",\"values\":[{\"start\":1767992400,\"value\":3}]}",
		"{\"period\":\"hour\",\"values\":[{\"start\":1767992400,\"value\":3}],"
		"\"reason\":\"because\"}",
		"{\"period\":\"hour\",\"values\":[{\"start\":99999993600,\"value\":3}]," WORD "}",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			client_status(&house, &root, "PUT", "/api/v1/channels/25/values", bad[i]),
			400);
	}
	assert_true(hour_of_flat_1(0).value == 1);
	assert_int_equal(client_status(&house, &root, "POST", "/api/v1/verdicts/1/decision",
				 "{\"decision\":\"edit\"," WORD "}"),
		400);
}

static void what_is_accepted_leaves_the_queue(void **state)
{
	(void)state;
	struct answer a = client(&house, &manager, "POST", "/api/v1/verdicts/1/decision",
		"{\"decision\":\"accept\"," WORD "}");
	assert_int_equal(a.status, 200);
	assert_string_equal(text_at(&a, "state"), "accepted");
	assert_string_equal(text_at(&a, "decided_by"), "manager");
	answer_free(&a);
	a = client(&house, &manager, "POST", "/api/v1/verdicts/decisions",
		"{\"ids\":[2,99],\"decision\":\"estimate\"," WORD "}");
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "refused"), 1);
	assert_string_equal(text_at(&a, "items.0.state"), "estimated");
	assert_true(real_at(&a, "items.0.fill") == 1.5);
	assert_string_equal(text_at(&a, "items.0.method"), "linear");
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/verdicts", NULL);
	assert_int_equal(int_at(&a, "total"), 0);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/verdicts?state=decided", NULL);
	assert_int_equal(int_at(&a, "total"), 2);
	answer_free(&a);
}

static void a_closed_month_wants_two_persons(void **state)
{
	(void)state;
	struct closing c;
	struct diag d = {0};
	assert_int_equal(closing_make(house.store, 1, HOUR(0), "root", "bill", &c, &d), ERR_OK);
	char body[200];
	(void)snprintf(body, sizeof(body),
		"{\"period\":\"hour\",\"values\":[{\"start\":%lld,\"value\":7}]," WORD "}",
		(long long)HOUR(30));
	struct answer a = client(&house, &manager, "PUT", "/api/v1/channels/25/values", body);
	assert_int_equal(a.status, 200);
	assert_int_equal(int_at(&a, "written"), 0);
	assert_int_equal(int_at(&a, "waiting"), 1);
	answer_free(&a);
	assert_true(hour_of_flat_1(30).value == 1);
	a = client(&house, &root, "GET", "/api/v1/verdicts", NULL);
	assert_string_equal(text_at(&a, "items.0.rule"), "EDIT");
	assert_true(json_is_true(at(&a, "items.0.is_waiting")));
	assert_true(real_at(&a, "items.0.fill") == 7);
	char path[96];
	(void)snprintf(path, sizeof(path), "/api/v1/verdicts/%lld/decision",
		(long long)int_at(&a, "items.0.id"));
	answer_free(&a);
	static const char yes[] = "{\"decision\":\"accept\"," WORD "}";
	assert_int_equal(client_status(&house, &manager, "POST", path, yes), 409);
	a = client(&house, &root, "POST", path, yes);
	assert_int_equal(a.status, 200);
	assert_string_equal(text_at(&a, "decided_by"), "manager, root");
	answer_free(&a);
	assert_true(hour_of_flat_1(30).value == 7);
	/* a decision likewise: first word, the same person again, another person */
	a = client(&house, &manager, "POST", "/api/v1/verdicts/1/decision",
		"{\"decision\":\"reject\"," WORD "}");
	assert_string_equal(text_at(&a, "state"), "rejecting");
	answer_free(&a);
	assert_int_equal(client_status(&house, &manager, "POST", "/api/v1/verdicts/1/decision",
				 "{\"decision\":\"reject\"," WORD "}"),
		409);
	a = client(&house, &root, "POST", "/api/v1/verdicts/1/decision",
		"{\"decision\":\"reject\"," WORD "}");
	assert_string_equal(text_at(&a, "state"), "rejected");
	assert_string_equal(text_at(&a, "decided_by"), "manager, root");
	answer_free(&a);
}

static void rules_are_listed_with_the_limits_of_a_place(void **state)
{
	(void)state;
	struct answer a = client(&house, &root, "GET", "/api/v1/validation-rules?place=4", NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(count_at(&a, "items"), 20);
	assert_string_equal(text_at(&a, "items.0.id"), "V-RANGE");
	assert_true(count_at(&a, "items.0.limits") > 10);
	answer_free(&a);
	a = client(&house, &root, "GET", "/api/v1/edit-reasons", NULL);
	assert_string_equal(text_at(&a, "items.0.code"), "meter_defect");
	answer_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_queue_shows_what_is_in_no_sum_first_and_only_what_one_may_see),
		cmocka_unit_test(a_doubt_comes_with_its_neighbourhood_and_a_proposal),
		cmocka_unit_test(only_those_with_the_right_decide_and_enter),
		cmocka_unit_test(original_and_accepted_stand_side_by_side),
		cmocka_unit_test(odd_edits_are_refused_as_a_whole),
		cmocka_unit_test(what_is_accepted_leaves_the_queue),
		cmocka_unit_test(rules_are_listed_with_the_limits_of_a_place),
		cmocka_unit_test(a_closed_month_wants_two_persons),
	};
	return cmocka_run_group_tests(tests, start, tear_down_house);
}
