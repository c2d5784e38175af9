/*
 * What a block gives back is bit for bit what was put in, whatever it was; damaged blocks are
 * refused, never misread beyond their memory.
 */
#include "store/block.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_HOURS 744
#define T0          1735689600 /* 2025-01-01T00:00:00Z */

static uint64_t seed = 1;

static uint64_t random_u64(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed ^ seed >> 29;
}

static double random_unit(void)
{
	return (double)(random_u64() >> 11) / 9007199254740992.0;
}

static struct archive_value items[BLOCK_VALUES_MAX], back[BLOCK_VALUES_MAX];

static void expect_round_trip(size_t n, size_t at_most)
{
	struct buf out;
	size_t back_n = 0;
	buf_init(&out, 1 << 20);
	assert_int_equal(block_encode(items, n, &out), ERR_OK);
	if (at_most && out.size > at_most) {
		fail_msg("%zu bytes for %zu values, expected at most %zu", out.size, n, at_most);
	}
	assert_int_equal(block_decode(buf_slice(&out), back, &back_n), ERR_OK);
	assert_int_equal(back_n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(items[i].start == back[i].start);
		assert_true(isnan(items[i].value) ? isnan(back[i].value) :
						    items[i].value == back[i].value);
		assert_int_equal(items[i].quality, back[i].quality);
		assert_true(items[i].frame == back[i].frame);
	}
	buf_fini(&out);
}

static size_t fill_month(double first, double step, double grain)
{
	for (size_t i = 0; i < MONTH_HOURS; i++) {
		double v = nearbyint((first + step * (double)i + random_unit()) / grain) * grain;
		items[i] = (struct archive_value){
			T0 + (int64_t)i * 3600, strtod("0", NULL) + v, 0x30, 0};
	}
	return MONTH_HOURS;
}

static void one_value_and_nothing_but_missing_ones(void **state)
{
	(void)state;
	items[0] = (struct archive_value){T0, 0.1, 0x30, 7};
	expect_round_trip(1, 0);
	for (size_t i = 0; i < MONTH_HOURS; i++) {
		items[i] = (struct archive_value){T0 + (int64_t)i * 3600, NAN, 8, 0};
	}
	expect_round_trip(MONTH_HOURS, 40);
}

static void a_month_of_a_counter_takes_about_a_byte_per_value(void **state)
{
	(void)state;
	char text[40];
	size_t n = fill_month(1234, 0.5, 0.001);
	for (size_t i = 0; i < n; i++) { /* what a meter says: three decimals, nearest double */
		(void)snprintf(text, sizeof(text), "%.3f", items[i].value);
		items[i].value = strtod(text, NULL);
	}
	expect_round_trip(n, MONTH_HOURS * 2);
}

static void extreme_numbers_survive(void **state)
{
	(void)state;
	static const double odd[] = {0, 1e300, -1e300, 5e-324, 1.0 / 3, 9007199254740993.0, 0.1,
		1e-12, 9007199254740992.0, -9007199254740992.0, 123456789012.5, 1e22, 4.35, 2e-13};
	size_t n = sizeof(odd) / sizeof(odd[0]);
	for (size_t first = 0; first < n; first++) {
		for (size_t i = 0; i < n; i++) {
			items[i] = (struct archive_value){T0 + (int64_t)i, odd[(first + i / 2) % n],
				(uint16_t)i, INT32_MAX - (int64_t)i};
		}
		expect_round_trip(n, 0);
	}
}

/* Any mixture of gaps, qualities, frames, resolutions and irregular starts. */
static size_t fill_at_random(void)
{
	size_t n = 1 + random_u64() % (random_u64() % 4 ? 800 : BLOCK_VALUES_MAX);
	int64_t start = T0 + (int64_t)(random_u64() % 1000), step = random_u64() % 2 ? 3600 : 1800;
	int64_t frame = (int64_t)(random_u64() % 100000);
	unsigned decimals = random_u64() % 8;
	double scale = pow(10, decimals), level = random_unit() * 1e6;
	for (size_t i = 0; i < n; i++) {
		bool is_raw = decimals == 7;
		level += random_unit() * 10 - (random_u64() % 50 == 0 ? 1000 : 0);
		double v = is_raw ? level : nearbyint(level * scale) / scale;
		bool is_missing = random_u64() % 9 == 0;
		frame += (int64_t)(random_u64() % 3);
		items[i] = (struct archive_value){
			.start = start,
			.value = is_missing ? NAN : v,
			.quality = is_missing ? 8 :
						(uint16_t)(random_u64() % 30 ? 0x30 : random_u64()),
			.frame = random_u64() % 5 ? frame : 0,
		};
		start += step * (random_u64() % 20 ? 1 : 1 + (int64_t)(random_u64() % 7));
		start += random_u64() % 100 ? 0 : 900;
	}
	return n;
}

static void anything_comes_back_exactly(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		expect_round_trip(fill_at_random(), 0);
	}
}

static void damaged_blocks_are_refused_or_at_least_bounded(void **state)
{
	(void)state;
	struct buf out;
	size_t n;
	buf_init(&out, 1 << 20);
	for (int round = 0; round < 20; round++) {
		buf_clear(&out);
		assert_int_equal(block_encode(items, fill_at_random() % 200 + 1, &out), ERR_OK);
		for (size_t cut = 0; cut < out.size; cut++) {
			/* exact memory, so that a sanitizer sees a read behind the end */
			uint8_t *copy = malloc(cut ? cut : 1);
			assert_non_null(copy);
			memcpy(copy, out.data, cut);
			assert_int_equal(
				block_decode((struct slice){copy, cut}, back, &n), ERR_CORRUPT);
			free(copy);
		}
		for (int flip = 0; flip < 500; flip++) {
			size_t at = random_u64() % out.size;
			uint8_t bit = (uint8_t)(1u << random_u64() % 8);
			out.data[at] ^= bit;
			enum err e = block_decode(buf_slice(&out), back, &n);
			assert_true(e == ERR_CORRUPT || (e == ERR_OK && n <= BLOCK_VALUES_MAX));
			out.data[at] ^= bit;
		}
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_and_nothing_but_missing_ones),
		cmocka_unit_test(a_month_of_a_counter_takes_about_a_byte_per_value),
		cmocka_unit_test(extreme_numbers_survive),
		cmocka_unit_test(anything_comes_back_exactly),
		cmocka_unit_test(damaged_blocks_are_refused_or_at_least_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
