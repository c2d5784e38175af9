/*
 * test_params.c - parameters of a meter against its driver's table, and where speed comes from
 */
#include "test.h"

#include "poll/params.h"
#include "poll/talk.h"
#include "tiny.h"

static void values_defaults_and_quotes_are_understood(void **state)
{
	(void)state;
	struct params p;
	assert_int_equal(params_parse(&p, &tiny_driver,
				 "  address=0x10 fast=yes\tpassword=\"a b\" baud=300 ", NULL),
		ERR_OK);
	assert_int_equal(params_find(&p, "address")->number, 16);
	assert_int_equal(params_find(&p, "fast")->number, 1);
	assert_string_equal(params_find(&p, "password")->text, "a b");
	assert_int_equal(params_find(&p, "depth")->number, 3);
	assert_false(params_find(&p, "depth")->is_given);
	assert_int_equal(params_find(&p, "baud")->number, 300);
	assert_null(params_find(&p, "colour"));
	assert_int_equal(params_parse(&p, &tiny_driver, "address=1 password=\"\"", NULL), ERR_OK);
	assert_string_equal(params_find(&p, "password")->text, "");
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum err err;
		const char *says;
	} cases[] = {
		{"", ERR_INVAL, "address: must be given"},
		{"address", ERR_INVAL, "address: no value"},
		{"address=", ERR_OK, ""},
		{"address=five", ERR_INVAL, "address: 'five'"},
		{"address=0", ERR_RANGE, "address: 0"},
		{"address=251", ERR_RANGE, "address: 251"},
		{"address=5 address=6", ERR_INVAL, "address: given twice"},
		{"address=5 colour=red", ERR_INVAL, "colour"},
		{"address=5 fast=maybe", ERR_INVAL, "fast"},
		{"address=5 password=123456789", ERR_RANGE, "password"},
		{"address=5 baud=9000000", ERR_RANGE, "baud"},
		{"address=5 framing=8X1", ERR_INVAL, "framing"},
		{"address=5 retries=11", ERR_RANGE, "retries"},
		{"=5", ERR_INVAL, "no such parameter"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag diag = {0};
		enum err e = talk_check_params(&tiny_driver, cases[i].text, &diag);
		if (e != cases[i].err || !strstr(diag.text, cases[i].says)) {
			fail_msg("'%s': %s, '%s'", cases[i].text, err_name(e), diag.text);
		}
	}
	char long_text[600];
	memset(long_text, ' ', sizeof(long_text));
	long_text[599] = 0;
	assert_int_equal(talk_check_params(&tiny_driver, long_text, NULL), ERR_LIMIT);
}

static int64_t char_us(int64_t line_baud, const char *line_framing, const char *params)
{
	struct line line = {.baud = line_baud};
	struct meter meter = {0};
	struct talk *t;
	(void)snprintf(line.framing, sizeof(line.framing), "%s", line_framing);
	(void)snprintf(meter.params, sizeof(meter.params), "address=5 %s", params);
	assert_int_equal(talk_new(&tiny_driver, &line, &meter, NULL, &t, NULL), ERR_OK);
	int64_t us = talk_char_us(t);
	talk_free(t);
	return us;
}

static void speed_is_the_meters_else_the_lines_else_the_drivers(void **state)
{
	(void)state;
	assert_int_equal(char_us(0, "", ""), 1146);                  /* 9600 8E1 */
	assert_int_equal(char_us(2400, "", ""), 4584);               /* 2400 8E1 */
	assert_int_equal(char_us(2400, "8N1", ""), 4167);            /* 2400 8N1 */
	assert_int_equal(char_us(2400, "8N1", "baud=300"), 33334);   /* 300 8N1 */
	assert_int_equal(char_us(2400, "8N1", "framing=7E1"), 4167); /* 2400 7E1 */
}

static void a_line_or_driver_that_makes_no_sense_gives_no_talk(void **state)
{
	(void)state;
	struct meter meter = {.params = "address=5"};
	struct talk *t;
	assert_int_equal(talk_new(&tiny_driver, &(struct line){.baud = -5}, &meter, NULL, &t, NULL),
		ERR_INVAL);
	assert_int_equal(
		talk_new(&tiny_driver, &(struct line){.framing = "5N1"}, &meter, NULL, &t, NULL),
		ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_defaults_and_quotes_are_understood),
		cmocka_unit_test(what_does_not_fit_is_refused_by_name),
		cmocka_unit_test(speed_is_the_meters_else_the_lines_else_the_drivers),
		cmocka_unit_test(a_line_or_driver_that_makes_no_sense_gives_no_talk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
