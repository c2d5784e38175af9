/*
 * test_rehearse.c - a recording against a driver: what must come out, and how a difference is named
 */
#include "test.h"

#include "poll/rehearse.h"
#include "tiny.h"

#define EXCHANGE "> AA 05 AF\n< 55 05 04 40 E2 01 00 81\n" /* 123456 litres */

static enum err check(const char *text, struct replay_options options, struct diag *diag)
{
	struct rec rec;
	struct rehearsal r;
	struct slice s = {(const uint8_t *)text, strlen(text)};
	*diag = (struct diag){0};
	assert_int_equal(rec_parse(s, &rec, diag), ERR_OK);
	enum err e = rehearse(&rec, &tiny_driver, &options, &r, diag);
	if (!e) {
		e = rehearsal_check(&rec, &r, diag);
		rehearsal_fini(&r);
	}
	rec_fini(&rec);
	return e;
}

static void met_expectations_pass_and_others_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err err;
		const char *says;
	} cases[] = {
		{EXCHANGE, ERR_OK, ""},
		{EXCHANGE "= volume 123.456 m3 MEASURED\n", ERR_OK, ""},
		{EXCHANGE "= volume 123.457 m3\n", ERR_CONFLICT, "line 4: volume: 123.456 m3"},
		{EXCHANGE "= volume 123.456 kWh\n", ERR_CONFLICT, "line 4"},
		{EXCHANGE "= volume missing m3\n", ERR_CONFLICT, "line 4"},
		{EXCHANGE "= volume \"123.456\"\n", ERR_CONFLICT, "line 4"},
		{EXCHANGE "= volume 123.456 m3 SUSPECT\n", ERR_CONFLICT, "line 4"},
		{EXCHANGE "= energy 1 kWh\n", ERR_CONFLICT, "line 4: energy: did not come out"},
		{EXCHANGE "= error TIMEOUT\n", ERR_CONFLICT, "line 4: error: OK"},
		{"> AA 05 AF\n= error TIMEOUT\n", ERR_OK, ""},
		{"> AA 05 AF\n", ERR_CONFLICT, "no answer"},
		{"> AA 06 B0\n< 00\n", ERR_CONFLICT, "not in the recording: AA 05 AF"},
		{"> AA 05 AF\n< 55 05 01 07 62\n= error PROTO\n", ERR_OK, ""},
		{"> AA 05 AF\n< 55 09 04 40 E2 01 00 85\n< 55 05 04 40 E2 01 00 81\n= volume 123.456 m3\n",
			ERR_OK, ""}, /* another meter first */
		{"@ clock\n= error UNSUPP\n@ current\n" EXCHANGE "= volume 123.456 m3\n", ERR_OK,
			""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[400];
		struct diag diag;
		(void)snprintf(text, sizeof(text), "# params: address=5\n%s", cases[i].text);
		enum err e = check(text, REPLAY_AS_IS, &diag);
		if (e != cases[i].err || !strstr(diag.text, cases[i].says)) {
			fail_msg("case %zu: %s, '%s'", i, err_name(e), diag.text);
		}
	}
}

static void digits_written_say_how_exact_a_value_must_be(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		enum err err;
	} cases[] = {
		{"123.456", ERR_OK}, {"123.4560000", ERR_OK}, {"123.45600001", ERR_CONFLICT},
		{"123.4561", ERR_CONFLICT}, {"123.46", ERR_OK}, /* rounded */
		{"123.45", ERR_CONFLICT}, {"123.5", ERR_CONFLICT},
		{"123", ERR_CONFLICT}, /* rounding, but of more than a ten-thousandth */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		struct diag diag;
		(void)snprintf(text, sizeof(text),
			"# params: address=5\n" EXCHANGE "= volume %s m3\n", cases[i].value);
		enum err e = check(text, REPLAY_AS_IS, &diag);
		if (e != cases[i].err) {
			fail_msg("%s: %s", cases[i].value, diag.text);
		}
	}
}

static void pieces_change_nothing_and_a_cut_reply_gives_no_value(void **state)
{
	(void)state;
	const char *text = "# params: address=5\n" EXCHANGE "= volume 123.456 m3\n";
	struct diag diag;
	struct replay_options options = REPLAY_AS_IS;
	options.most_per_read = 1;
	assert_int_equal(check(text, options, &diag), ERR_OK);
	for (options.cut_at = 0; options.cut_at < 8; options.cut_at++) {
		assert_int_equal(check(text, options, &diag), ERR_CONFLICT);
	}
}

static void params_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	struct diag diag;
	assert_int_equal(check("# params: colour=red\n" EXCHANGE, REPLAY_AS_IS, &diag), ERR_INVAL);
	assert_int_equal(
		check("# params: address=5\n# zone: Mars/Olympus\n" EXCHANGE, REPLAY_AS_IS, &diag),
		ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(met_expectations_pass_and_others_are_named),
		cmocka_unit_test(digits_written_say_how_exact_a_value_must_be),
		cmocka_unit_test(pieces_change_nothing_and_a_cut_reply_gives_no_value),
		cmocka_unit_test(params_that_do_not_fit_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
