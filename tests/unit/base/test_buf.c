/*
 * Readers never leave their slice, buffers never exceed their ceiling.
 */
#include "base/buf.h"
#include "test.h"

static void reader_past_the_end_is_short_and_zero(void **state)
{
	(void)state;
	const uint8_t bytes[] = {1, 2, 3};
	struct reader r = reader_of(SLICE(bytes));
	assert_int_equal(reader_u16le(&r), 0x0201);
	assert_int_equal(reader_u16le(&r), 0);
	assert_true(r.is_short);
	assert_int_equal(reader_left(&r), 0);
}

static void signed_integers_of_odd_width_are_extended(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0xff, 0xff, 0xff, 0x01, 0x00, 0x80};
	struct reader r = reader_of(SLICE(bytes));
	assert_int_equal(reader_int_le(&r, 3), -1);
	assert_int_equal(reader_int_le(&r, 3), -0x7fffff);
}

static void an_append_beyond_the_ceiling_changes_nothing(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4);
	buf_str(&b, "abc");
	buf_str(&b, "de");
	assert_true(b.is_full);
	assert_int_equal(b.size, 3);
	assert_string_equal(buf_cstr(&b), "abc");
	buf_fini(&b);
}

static void varints_round_trip(void **state)
{
	(void)state;
	const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
	struct buf b;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		buf_varint(&b, values[i]);
	}
	struct reader r = reader_of(buf_slice(&b));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(reader_varint(&r) == values[i]);
	}
	assert_false(r.is_short);
	assert_true(unzigzag(zigzag(INT64_MIN)) == INT64_MIN);
	assert_true(unzigzag(zigzag(-1)) == -1);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_past_the_end_is_short_and_zero),
		cmocka_unit_test(signed_integers_of_odd_width_are_extended),
		cmocka_unit_test(an_append_beyond_the_ceiling_changes_nothing),
		cmocka_unit_test(varints_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
