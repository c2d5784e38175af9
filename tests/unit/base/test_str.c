/*
 * Text in and out is exact, bounded and independent of the locale.
 */
#include "base/str.h"
#include "test.h"

#include <math.h>
#include <string.h>

static void doubles_print_in_their_shortest_exact_form(void **state)
{
	(void)state;
	char text[STR_DOUBLE_CAP];
	assert_string_equal(str_double(text, 0.1), "0.1");
	assert_string_equal(str_double(text, 218.37), "218.37");
	assert_string_equal(str_double(text, 1.0 / 3), "0.3333333333333333");
	assert_string_equal(str_double(text, NAN), "null");
}

static void hex_names_the_position_of_a_wrong_character(void **state)
{
	(void)state;
	struct buf b;
	struct diag d = {0};
	buf_init(&b, 100);
	assert_int_equal(str_unhex("68 0b\n0B", 8, &b, &d), ERR_OK);
	assert_int_equal(b.size, 3);
	assert_int_equal(str_unhex("68 zz", 5, &b, &d), ERR_PARSE);
	assert_int_equal(d.offset, 3);
	assert_int_equal(str_unhex("6", 1, &b, &d), ERR_PARSE);
	buf_fini(&b);
}

static void numbers_must_be_whole(void **state)
{
	(void)state;
	int64_t i = 7;
	double v = 7;
	assert_int_equal(str_to_int("0x1F", &i), ERR_OK);
	assert_int_equal(i, 31);
	assert_int_equal(str_to_int("12a", &i), ERR_PARSE);
	assert_int_equal(str_to_int("", &i), ERR_PARSE);
	assert_int_equal(str_to_double("1,5", &v), ERR_PARSE);
	assert_int_equal(str_to_double("inf", &v), ERR_PARSE);
	assert_int_equal(str_to_double("1e999", &v), ERR_RANGE);
	assert_int_equal(str_to_double("-1.5e3", &v), ERR_OK);
	assert_true(v == -1500);
}

static void a_cut_never_splits_a_character(void **state)
{
	(void)state;
	char out[4];
	assert_false(STR_COPY(out, "дом"));
	assert_string_equal(out, "д");
}

static void utf8_rejects_what_is_not(void **state)
{
	(void)state;
	const char *good = "тепло";
	assert_true(str_is_utf8((struct slice){(const uint8_t *)good, strlen(good)}));
	const uint8_t overlong[] = {0xc0, 0xaf}, surrogate[] = {0xed, 0xa0, 0x80}, cut[] = {0xd0};
	assert_false(str_is_utf8(SLICE(overlong)));
	assert_false(str_is_utf8(SLICE(surrogate)));
	assert_false(str_is_utf8(SLICE(cut)));
}

static void a_message_is_utf8_whatever_it_quotes(void **state)
{
	(void)state;
	struct diag d;
	(void)err_set(&d, ERR_INVAL, "%.3s, \xff, тепло", "дом");
	assert_string_equal(d.text, "д?, ?, тепло");
	for (int i = 230; i < 245; i++) {
		(void)err_set(&d, ERR_INVAL, "%*sтепло", i, "");
		assert_true(str_is_utf8((struct slice){(const uint8_t *)d.text, strlen(d.text)}));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_print_in_their_shortest_exact_form),
		cmocka_unit_test(hex_names_the_position_of_a_wrong_character),
		cmocka_unit_test(numbers_must_be_whole),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(utf8_rejects_what_is_not),
		cmocka_unit_test(a_message_is_utf8_whatever_it_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
