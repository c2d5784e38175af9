/*
 * What meters write for their units is understood in each of their code pages.
 */
#include "model/unit_text.h"
#include "test.h"

#include <string.h>

static void must_be(const char *bytes, enum text_page page, enum unit want)
{
	enum unit u = UNIT_NONE;
	if (!unit_from_text(bytes, strlen(bytes), page, &u) || u != want) {
		fail_msg("'%s' is %s, not %s", bytes, unit_code(u), unit_code(want));
	}
}

/* The property reply printed in the maker's protocol description of VKT-7, and its meaning there. */
static void test_strings_of_vkt7_in_cp866(void **state)
{
	(void)state;
	must_be("\xf8\x43", TEXT_CP866, UNIT_DEGC);
	must_be("\xac\x33\x2f\xe7", TEXT_CP866, UNIT_M3_H);
	must_be("\x20\xac\x33", TEXT_CP866, UNIT_M3);
	must_be("\x20\xe2", TEXT_CP866, UNIT_T);
	must_be("\xaa\xa3\x2f\xe1\xac\x32", TEXT_CP866, UNIT_KGF_CM2);
	must_be("\x83\xaa\xa0\xab", TEXT_CP866, UNIT_GCAL);
	must_be("\xe7", TEXT_CP866, UNIT_H);
}

/* From a published answer of an SPT961: the c of cm is a Latin one. */
static void test_letters_that_look_alike_are_one(void **state)
{
	(void)state;
	must_be("кгс/cм2", TEXT_UTF8, UNIT_KGF_CM2);
	must_be("'C", TEXT_UTF8, UNIT_DEGC);
}

static void test_ways_to_write_powers_and_products_are_one(void **state)
{
	(void)state;
	must_be("кгс/см²", TEXT_UTF8, UNIT_KGF_CM2);
	must_be("КГС/СМ^2", TEXT_UTF8, UNIT_KGF_CM2);
	must_be("МВт·ч", TEXT_UTF8, UNIT_MWH);
	must_be("МВт*ч", TEXT_UTF8, UNIT_MWH);
	must_be("кВт.ч", TEXT_UTF8, UNIT_KWH);
	must_be("м³/ч", TEXT_UTF8, UNIT_M3_H);
}

static void test_cp1251(void **state)
{
	(void)state;
	must_be("\xc3\xea\xe0\xeb", TEXT_CP1251, UNIT_GCAL);
	must_be("\xc3\xc4\xe6", TEXT_CP1251, UNIT_GJ);
	must_be("\xec\xb3", TEXT_CP1251, UNIT_M3);
	must_be("\xcc\xcf\xe0", TEXT_CP1251, UNIT_MPA);
	must_be("\xf2/\xf7", TEXT_CP1251, UNIT_T_H);
	must_be("\xb0\x43", TEXT_CP1251, UNIT_DEGC);
}

static void test_a_capital_c_is_degrees_and_a_small_one_seconds(void **state)
{
	(void)state;
	must_be("C", TEXT_UTF8, UNIT_DEGC);
	must_be(" С", TEXT_UTF8, UNIT_DEGC);
	must_be("с", TEXT_UTF8, UNIT_S);
}

static void test_every_symbol_of_ours_for_heat_and_water_is_understood(void **state)
{
	(void)state;
	static const enum unit units[] = {UNIT_GCAL, UNIT_GJ, UNIT_MWH, UNIT_KWH, UNIT_MJ, UNIT_M3,
		UNIT_L, UNIT_T, UNIT_KG, UNIT_M3_H, UNIT_L_H, UNIT_T_H, UNIT_KGF_CM2, UNIT_MPA,
		UNIT_KPA, UNIT_BAR, UNIT_DEGC, UNIT_K, UNIT_H, UNIT_MIN, UNIT_GCAL_H, UNIT_GJ_H,
		UNIT_MW, UNIT_KW};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		must_be(unit_symbol(units[i]), TEXT_UTF8, units[i]);
		must_be(unit_symbol_ru(units[i]), TEXT_UTF8, units[i]);
	}
}

static void test_what_is_no_unit_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "  ", "-", "abc", "\xff\xff", "м33", "кгс/см2/кгс/см2/кгс/см2/ч"};
	enum unit u = UNIT_NONE;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(unit_from_text(bad[i], strlen(bad[i]), TEXT_UTF8, &u));
		assert_int_equal(u, UNIT_NONE);
	}
	assert_true(unit_from_text("\xe7\0rest", 6, TEXT_CP866, &u)); /* a zero ends it */
}

static void test_text_becomes_utf8(void **state)
{
	(void)state;
	char to[32];
	assert_true(text_to_utf8(
		to, sizeof(to), "\x8d\xa5\xe2 \xa4\xa0\xad\xad\xeb\xe5? ", 12, TEXT_CP866));
	assert_string_equal(to, "Нет данных?");
	assert_true(text_to_utf8(to, sizeof(to), "  \xc4\xee\xec\x01 ", 7, TEXT_CP1251));
	assert_string_equal(to, "Дом?");
	assert_false(text_to_utf8(to, 4, "\xc4\xee\xec", 3, TEXT_CP1251));
	assert_string_equal(to, "Д"); /* cut between letters */
	assert_true(text_to_utf8(to, sizeof(to), "\xd0", 1, TEXT_UTF8));
	assert_string_equal(to, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings_of_vkt7_in_cp866),
		cmocka_unit_test(test_letters_that_look_alike_are_one),
		cmocka_unit_test(test_ways_to_write_powers_and_products_are_one),
		cmocka_unit_test(test_cp1251),
		cmocka_unit_test(test_a_capital_c_is_degrees_and_a_small_one_seconds),
		cmocka_unit_test(test_every_symbol_of_ours_for_heat_and_water_is_understood),
		cmocka_unit_test(test_what_is_no_unit_is_refused),
		cmocka_unit_test(test_text_becomes_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
