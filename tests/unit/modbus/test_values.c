/*
 * test_values.c - numbers in registers: types, word orders, "no value", exact scales
 *
 * Expectations: the worked frames of the makers (SDM630, PZEM, ABB) and IEEE 754 by hand.
 */
#include "test.h"

#include "base/str.h"
#include "drivers/modbus_map.h"

#include <math.h>
#include <string.h>

static double number(enum modbus_type type, enum modbus_order order, const char *hex)
{
	struct buf b;
	buf_init(&b, 64);
	assert_int_equal(str_unhex(hex, strlen(hex), &b, NULL), ERR_OK);
	assert_int_equal(b.size, modbus_type_words(type) * 2);
	double v = modbus_number(type, modbus_bits_get(type, order, b.data));
	buf_fini(&b);
	return v;
}

static void worked_frames_give_the_numbers_of_the_makers(void **state)
{
	(void)state;
	/* the manual says 230.2, the bits are one step above the float nearest to that */
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "43 66 33 34") == 230.20001);
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "43 66 33 33") == 230.2);
	assert_true(number(MODBUS_U32, MODBUS_CDAB, "37 57 00 00") == 14167);
	assert_true(number(MODBUS_U64, MODBUS_ABCD, "00 00 00 00 00 0D 12 90") == 856720);
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "C1 48 00 00") == -12.5);
}

static void each_order_finds_the_same_value(void **state)
{
	(void)state;
	assert_true(number(MODBUS_U32, MODBUS_ABCD, "12 34 56 78") == 0x12345678);
	assert_true(number(MODBUS_U32, MODBUS_CDAB, "56 78 12 34") == 0x12345678);
	assert_true(number(MODBUS_U32, MODBUS_BADC, "34 12 78 56") == 0x12345678);
	assert_true(number(MODBUS_U32, MODBUS_DCBA, "78 56 34 12") == 0x12345678);
	/* 64 bits: 0x0001020304050607, small enough for a double to hold all of it */
	double v = 0x0001020304050607;
	assert_true(number(MODBUS_U64, MODBUS_ABCD, "00 01 02 03 04 05 06 07") == v);
	assert_true(number(MODBUS_U64, MODBUS_CDAB, "06 07 04 05 02 03 00 01") == v);
	assert_true(number(MODBUS_U64, MODBUS_BADC, "01 00 03 02 05 04 07 06") == v);
	assert_true(number(MODBUS_U64, MODBUS_DCBA, "07 06 05 04 03 02 01 00") == v);
	assert_true(number(MODBUS_U16, MODBUS_BADC, "34 12") == 0x1234);
	assert_true(number(MODBUS_F64, MODBUS_ABCD, "40 09 21 FB 54 44 2D 18") == M_PI);
	assert_true(number(MODBUS_F64, MODBUS_CDAB, "2D 18 54 44 21 FB 40 09") == M_PI);
}

static void signed_types_go_below_zero(void **state)
{
	(void)state;
	assert_true(number(MODBUS_I16, MODBUS_ABCD, "FF FF") == -1);
	assert_true(number(MODBUS_I32, MODBUS_ABCD, "80 00 00 00") == -2147483648.0);
	assert_true(number(MODBUS_I64, MODBUS_ABCD, "FF FF FF FF FF FF FF FE") == -2);
	assert_true(number(MODBUS_U16, MODBUS_ABCD, "FF FF") == 65535);
}

static void bcd_counts_decimal_digits_and_refuses_others(void **state)
{
	(void)state;
	assert_true(number(MODBUS_BCD16, MODBUS_ABCD, "12 34") == 1234);
	assert_true(number(MODBUS_BCD32, MODBUS_CDAB, "56 78 12 34") == 12345678);
	assert_true(isnan(number(MODBUS_BCD16, MODBUS_ABCD, "1A 34")));
}

static void a_float_is_the_shortest_decimal_of_the_same_bits(void **state)
{
	(void)state;
	/* 46 2A 75 22 is 10909.283203125 exactly; the meter knows seven digits of it */
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "46 2A 75 22") == 10909.283);
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "3D CC CC CD") == 0.1);
	assert_true(number(MODBUS_F32, MODBUS_ABCD, "4B 7F FF FF") == 16777215);
	assert_true(isnan(number(MODBUS_F32, MODBUS_ABCD, "7F C0 00 00")));
	assert_true(isnan(number(MODBUS_F32, MODBUS_ABCD, "FF FF FF FF")));
	/* whatever is printed must read back as the same float */
	uint32_t x = 0x3c000001;
	for (int i = 0; i < 20000; i++) {
		float f;
		x = x * 1664525u + 1013904223u;
		uint32_t bits = (x & 0x0fffffffu) + 0x38000000u; /* 3e-5 .. 2e24 */
		memcpy(&f, &bits, sizeof(f));
		assert_true((float)modbus_number(MODBUS_F32, bits) == f);
	}
}

static void a_number_put_into_registers_comes_back(void **state)
{
	static const struct {
		enum modbus_type type;
		double value;
	} cases[] = {{MODBUS_U16, 65535}, {MODBUS_I16, -32768}, {MODBUS_U32, 4294967295.0},
		{MODBUS_I32, -1}, {MODBUS_U64, 9007199254740992.0}, {MODBUS_I64, -5},
		{MODBUS_F32, 230.2}, {MODBUS_F64, -0.1}, {MODBUS_BCD16, 9999},
		{MODBUS_BCD32, 12345678}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int order = MODBUS_ABCD; order <= MODBUS_DCBA; order++) {
			uint8_t bytes[8];
			enum modbus_type type = cases[i].type;
			modbus_bits_put(type, (enum modbus_order)order,
				modbus_number_bits(type, cases[i].value), bytes);
			assert_true(
				modbus_number(type, modbus_bits_get(type, (enum modbus_order)order,
							    bytes)) == cases[i].value);
		}
	}
}

static void a_number_too_large_stops_at_the_end_of_its_type(void **state)
{
	(void)state;
	assert_int_equal(modbus_number_bits(MODBUS_U16, 70000), 0xffff);
	assert_int_equal(modbus_number_bits(MODBUS_U16, -3), 0);
	assert_int_equal(modbus_number_bits(MODBUS_I16, -40000), 0x8000);
	assert_int_equal(modbus_number_bits(MODBUS_I64, -1e30), (uint64_t)INT64_MIN);
	assert_true(modbus_number_bits(MODBUS_I64, 1e30) == INT64_MAX);
	assert_true(modbus_number_bits(MODBUS_U64, 1e30) == UINT64_MAX);
	assert_int_equal(modbus_number_bits(MODBUS_BCD16, 12345), 0x9999);
}

static void scales_are_exact_fractions(void **state)
{
	static const struct {
		const char *text;
		double numerator, denominator;
		int decimals;
	} good[] = {{"1", 1, 1, 0}, {"0.01", 1, 100, 2}, {"0.010", 1, 100, 2}, {"-1", -1, 1, 0},
		{"1000", 1000, 1, 0}, {"1e-12", 1, 1e12, 12}, {"3.125e-06", 3125, 1e9, 9},
		{"2.5", 25, 10, 1}, {"1E3", 1000, 1, 0}, {"0.00032", 32, 100000, 5}};
	static const char *const bad[] = {"", "0", "x", "1.2.3", "1e", "1e99", "0,1", "1 ", "1/10",
		"0x10", "nan", "12345678901234567890", "--1"};
	(void)state;
	double n, d;
	int k;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(modbus_scale_parse(good[i].text, &n, &d, &k));
		assert_true(n == good[i].numerator && d == good[i].denominator);
		assert_int_equal(k, good[i].decimals);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(modbus_scale_parse(bad[i], &n, &d, &k));
	}
}

static void hundredths_come_out_as_exact_decimals(void **state)
{
	struct modbus_register r = {.type = MODBUS_U32, .order = MODBUS_ABCD, .scale = "0.01"};
	uint8_t bytes[4];
	char text[STR_DOUBLE_CAP], expected[32];
	int decimals;
	(void)state;
	assert_true(modbus_scale_parse(r.scale, &r.numerator, &r.denominator, &decimals));
	for (uint32_t raw = 1; raw < 4000000000u; raw += 7654321) {
		modbus_bits_put(MODBUS_U32, MODBUS_ABCD, raw, bytes);
		(void)snprintf(expected, sizeof(expected), "%u.%02u", raw / 100, raw % 100);
		double v;
		assert_int_equal(str_to_double(expected, &v), ERR_OK);
		assert_true(modbus_register_get(&r, bytes) == v);
		assert_non_null(str_double(text, v));
	}
}

static void no_value_is_missing_and_never_a_number(void **state)
{
	static const uint8_t ones[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t most[4] = {0x7f, 0xff, 0xff, 0xff};
	uint64_t bits = 0x80000000;
	(void)state;
	struct modbus_register r = {.type = MODBUS_U64,
		.order = MODBUS_ABCD,
		.missing = MODBUS_MISSING_LIMIT,
		.numerator = 1,
		.denominator = 1};
	assert_true(isnan(modbus_register_get(&r, ones)));
	r.type = MODBUS_I32;
	assert_true(isnan(modbus_register_get(&r, most)));
	assert_true(modbus_register_get(&r, ones) == -1);
	r.missing = MODBUS_MISSING_NEVER;
	assert_true(modbus_register_get(&r, most) == 2147483647);
	r.missing_bits = &bits;
	assert_true(isnan(modbus_register_get(&r, (const uint8_t[]){0x80, 0, 0, 0})));
}

/* ---- times ---- */

static struct modbus_stamp stamp(const char *layout, enum modbus_time time, bool is_bcd)
{
	struct modbus_stamp s = {.order = MODBUS_ABCD, .time = time, .is_bcd = is_bcd};
	(void)STR_COPY(s.layout, layout);
	if (!modbus_stamp_prepare(&s)) {
		fail_msg("layout %s", layout);
	}
	return s;
}

static void stamps_read_bytes_of_meters(void **state)
{
	const struct zone *moscow;
	int64_t utc;
	(void)state;
	assert_int_equal(zone_get("Europe/Moscow", &moscow, NULL), ERR_OK);
	int64_t expected = civil_to_utc((struct civil){2016, 11, 25, 13, 14, 0});
	/* KARAT-307: clock register read on 2016-11-25, a Friday */
	struct modbus_stamp s = stamp("ss mi hh dd wd mo YL YH", MODBUS_TIME_UTC, false);
	const uint8_t karat[] = {0x00, 0x0e, 0x0d, 0x19, 0x05, 0x0b, 0xe0, 0x07};
	assert_true(modbus_stamp_get(&s, moscow, karat, &utc));
	assert_int_equal(utc, expected);
	s.time = MODBUS_TIME_LOCAL;
	assert_true(modbus_stamp_get(&s, moscow, karat, &utc));
	assert_int_equal(utc, expected - 3 * 3600);

	s = stamp("yy mo dd hh", MODBUS_TIME_UTC, true);
	const uint8_t bcd[] = {0x16, 0x11, 0x25, 0x13};
	assert_true(modbus_stamp_get(&s, moscow, bcd, &utc));
	assert_int_equal(utc, expected - 14 * 60);

	s = stamp("epoch", MODBUS_TIME_UTC, false);
	const uint8_t epoch[] = {0x58, 0x38, 0x37, 0x08}; /* 1480079112 */
	assert_true(modbus_stamp_get(&s, moscow, epoch, &utc));
	assert_int_equal(utc, 1480079112);
}

static void a_stamp_that_is_no_time_is_refused(void **state)
{
	const struct zone *zone;
	int64_t utc;
	(void)state;
	assert_int_equal(zone_get("UTC", &zone, NULL), ERR_OK);
	struct modbus_stamp s = stamp("yy mo dd hh", MODBUS_TIME_UTC, true);
	const uint8_t cases[][4] = {{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0}, {0x16, 0x13, 1, 0},
		{0x16, 0x02, 0x30, 0}, {0x16, 0x02, 0x01, 0x24}, {0x16, 0x0a, 0x01, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(modbus_stamp_get(&s, zone, cases[i], &utc));
	}
}

static void a_stamp_written_reads_back(void **state)
{
	static const char *const layouts[] = {
		"epoch", "YH YL mo dd hh mi ss --", "ss mi hh dd wd mo YL YH", "yy mo dd hh mi ss"};
	const struct zone *zone;
	(void)state;
	assert_int_equal(zone_get("Asia/Yekaterinburg", &zone, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		for (int variant = 0; variant < 4; variant++) {
			struct modbus_stamp s = stamp(
				layouts[i], (enum modbus_time)(variant & 1), variant & 2);
			uint8_t bytes[MODBUS_STAMP_CAP];
			int64_t utc;
			modbus_stamp_put(&s, zone, 1736488867, bytes);
			assert_true(modbus_stamp_get(&s, zone, bytes, &utc));
			assert_int_equal(utc, 1736488867);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_frames_give_the_numbers_of_the_makers),
		cmocka_unit_test(each_order_finds_the_same_value),
		cmocka_unit_test(signed_types_go_below_zero),
		cmocka_unit_test(bcd_counts_decimal_digits_and_refuses_others),
		cmocka_unit_test(a_float_is_the_shortest_decimal_of_the_same_bits),
		cmocka_unit_test(a_number_put_into_registers_comes_back),
		cmocka_unit_test(a_number_too_large_stops_at_the_end_of_its_type),
		cmocka_unit_test(scales_are_exact_fractions),
		cmocka_unit_test(hundredths_come_out_as_exact_decimals),
		cmocka_unit_test(no_value_is_missing_and_never_a_number),
		cmocka_unit_test(stamps_read_bytes_of_meters),
		cmocka_unit_test(a_stamp_that_is_no_time_is_refused),
		cmocka_unit_test(a_stamp_written_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
