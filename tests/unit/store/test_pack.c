/*
 * Rows and blocks are one archive: whatever was put, replaced, packed and put again, every way of
 * reading gives what a plain table in memory gives.
 */
#include "store_test.h"

#include "base/clock.h"

#include <stdlib.h>

#define T0     1735689600 /* 2025-01-01T00:00:00Z */
#define HOURS  (70 * 24)
#define SERIES 6
#define DAY    86400

static uint64_t seed = 7;

static uint64_t random_u64(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed ^ seed >> 29;
}

/* The plain table: quality 0xffff where nothing was ever put. */
struct cell {
	double value;
	uint16_t quality;
};
static struct cell table[SERIES][HOURS];

static const int64_t series_ids[SERIES] = {4, 5, 6, 1000, 70000, 5000000000};

static void forget(void)
{
	for (int s = 0; s < SERIES; s++) {
		for (int h = 0; h < HOURS; h++) {
			table[s][h] = (struct cell){NAN, 0xffff};
		}
	}
}

static void put_cell(struct batch *b, int s, int h, double value, uint16_t quality, bool is_forced)
{
	struct cell *c = &table[s][h];
	bool is_new = c->quality == 0xffff;
	bool hides = isnan(value) && !is_new && !isnan(c->value);
	bool may = is_new || is_forced || (!hides && quality_replaces(quality, c->quality));
	if (isnan(value)) {
		quality = (uint16_t)((quality & ~15u) | QUALITY_MISSING);
	}
	batch_archive(b, series_ids[s], PERIOD_HOUR, T0 + h * HOUR, value, quality, is_forced);
	if (may) {
		*c = (struct cell){value, quality};
	}
}

/* Mostly in order of time; now and then something late, missing, better or forced. */
static void put_some(struct store *store, int from, int till)
{
	struct batch *b = batch_new();
	for (int h = from; h < till; h++) {
		for (int s = 0; s < SERIES; s++) {
			uint16_t q = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
			if (random_u64() % 20) {
				put_cell(b, s, h, (double)(random_u64() % 100000) / 1000, q, false);
			}
			if (random_u64() % 15 == 0) {
				int late = (int)(random_u64() % (uint64_t)(h + 1));
				q = quality_make((enum quality_class)(random_u64() % 4),
					(enum quality_source)(1 + random_u64() % 5), 0);
				put_cell(b, (int)(random_u64() % SERIES), late,
					random_u64() % 4 ? (double)(random_u64() % 100) : NAN, q,
					random_u64() % 10 == 0);
			}
		}
	}
	assert_int_equal(store_submit(store, b, true), ERR_OK);
}

static void expect_range(struct store *store, int s, int from, int till)
{
	struct archive_value *items;
	size_t n, k = 0;
	struct span span = {T0 + from * HOUR, T0 + till * HOUR};
	assert_int_equal(
		archive_range(store, series_ids[s], PERIOD_HOUR, span, &items, &n), ERR_OK);
	for (int h = from; h < till; h++) {
		const struct cell *c = &table[s][h];
		if (c->quality == 0xffff) {
			continue;
		}
		assert_true(k < n);
		assert_int_equal(items[k].start, T0 + h * HOUR);
		assert_int_equal(items[k].quality, c->quality);
		assert_true(isnan(c->value) ? isnan(items[k].value) : items[k].value == c->value);
		k++;
	}
	assert_int_equal(k, n);
	free(items);
}

static void expect_hour(struct store *store, int h)
{
	struct archive_value v[SERIES];
	assert_int_equal(
		archive_at(store, series_ids, SERIES, PERIOD_HOUR, T0 + h * HOUR, v), ERR_OK);
	for (int s = 0; s < SERIES; s++) {
		const struct cell *c = &table[s][h];
		assert_true(isnan(c->value) ? isnan(v[s].value) : v[s].value == c->value);
	}
}

static void expect_latest(struct store *store, int s, int h)
{
	struct archive_value v;
	enum err e = archive_latest(store, series_ids[s], PERIOD_HOUR, T0 + h * HOUR + 1, &v);
	while (h >= 0 && isnan(table[s][h].value)) {
		h--;
	}
	assert_int_equal(e, h < 0 ? ERR_NODATA : ERR_OK);
	if (h >= 0) {
		assert_int_equal(v.start, T0 + h * HOUR);
		assert_true(v.value == table[s][h].value);
	}
}

static void expect_all(struct store *store, int till)
{
	for (int s = 0; s < SERIES; s++) {
		expect_range(store, s, 0, till);
		for (int i = 0; i < 10; i++) {
			int from = (int)(random_u64() % (uint64_t)till);
			expect_range(store, s, from,
				from + (int)(random_u64() % (uint64_t)(till - from)) + 1);
			expect_hour(store, from);
			expect_latest(store, s, from);
		}
	}
}

static void no_finding(void *ctx, const char *text)
{
	(void)ctx;
	fail_msg("%s", text);
}

static void a_mixture_of_rows_and_blocks_reads_as_one_archive(void **state)
{
	struct fixture *f = *state;
	size_t blocks, total = 0;
	forget();
	for (int h = 0; h < HOURS; h += 60) {
		int till = h + 60 < HOURS ? h + 60 : HOURS;
		put_some(f->store, h, till);
		if (h % 240 == 0) {
			assert_int_equal(archive_pack(f->store, T0 + till * HOUR, &blocks), ERR_OK);
			total += blocks;
		}
		if (h % 600 == 0) {
			reopen_store(f);
		}
		if (h % 420 == 0) {
			expect_all(f->store, till);
		}
	}
	assert_true(total > 0);
	expect_all(f->store, HOURS);
	assert_int_equal(archive_pack(f->store, T0 + 200 * DAY, &blocks), ERR_OK);
	assert_true(blocks >= SERIES);
	expect_all(f->store, HOURS);
	assert_int_equal(store_check(f->store, no_finding, NULL), ERR_OK);
}

/* An archive that is none: a value every thirty seconds for a month. */
static void more_than_a_block_holds_is_cut_off_and_harms_nobody(void **state)
{
	struct fixture *f = *state;
	struct archive_value *items;
	size_t n;
	struct batch *b = batch_new();
	for (int i = 0; i < 2 * 30 * 1440; i++) {
		batch_archive(b, 4, PERIOD_HOUR, T0 + i * 30, i, good(), false);
	}
	batch_archive(b, 5, PERIOD_HOUR, T0 + 29 * DAY, 5, good(), false);
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	assert_int_equal(archive_pack(f->store, T0 + 200 * DAY, NULL), ERR_OK);
	struct span all = {T0, T0 + 31 * DAY};
	assert_int_equal(archive_range(f->store, 4, PERIOD_HOUR, all, &items, &n), ERR_OK);
	assert_true(n >= 30 * 1440 && n < 2 * 30 * 1440);
	free(items);
	assert_int_equal(archive_range(f->store, 5, PERIOD_HOUR, all, &items, &n), ERR_OK);
	assert_int_equal(n, 1);
	free(items);
	assert_int_equal(store_check(f->store, no_finding, NULL), ERR_OK);
}

static enum err count_row(void *ctx, const struct reading_row *r)
{
	(void)r;
	++*(size_t *)ctx;
	return ERR_OK;
}

static enum err count_change(void *ctx, const struct change *c)
{
	(void)c;
	++*(size_t *)ctx;
	return ERR_OK;
}

static enum err see_frame(void *ctx, const struct kept_frame *frame)
{
	assert_int_equal(frame->request.size, 3);
	*(uint64_t *)ctx = frame->reply.data[0];
	return ERR_OK;
}

static void put_poll(struct store *store, int i)
{
	uint8_t request[] = {1, 2, 3}, reply[200];
	struct batch *b = batch_new();
	memset(reply, i, sizeof(reply));
	batch_frame(b, 3, T0 + i * 600, SLICE(request), SLICE(reply));
	batch_reading(b, 4, T0 + i * 600, i, good());
	batch_archive(b, 4, PERIOD_DAY, T0 + i * DAY, i, good(), false);
	assert_int_equal(store_submit(store, b, false), ERR_OK);
}

static void what_is_past_its_time_goes_unless_a_consumer_has_not_seen_it(void **state)
{
	struct fixture *f = *state;
	size_t n = 0;
	uint64_t reply = 0;
	for (int i = 0; i < 100; i++) {
		put_poll(f->store, i);
	}
	struct batch *b = batch_new();
	batch_cursor(b, "rollup", 40, 40);
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	assert_int_equal(archive_pack(f->store, clock_now(), NULL), ERR_OK);
	assert_int_equal(reading_list(f->store, 0, 1000, count_row, &n), ERR_OK);
	assert_int_equal(n, 60); /* old, but not seen */
	b = batch_new();
	batch_cursor(b, "rollup", 1000, 1000);
	assert_int_equal(store_submit(f->store, b, true), ERR_OK);
	assert_int_equal(archive_pack(f->store, T0 + 50 * 600 + 7 * DAY, NULL), ERR_OK);
	n = 0;
	assert_int_equal(reading_list(f->store, 0, 1000, count_row, &n), ERR_OK);
	assert_int_equal(n, 50);
	assert_int_equal(archive_pack(f->store, clock_now() + 100 * DAY, NULL), ERR_OK);
	n = 0;
	assert_int_equal(reading_list(f->store, 0, 1000, count_row, &n), ERR_OK);
	assert_int_equal(n, 1); /* the newest stays: counting goes on from it */
	n = 0;
	assert_int_equal(journal_list(f->store, 0, 1000, count_change, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(frame_get(f->store, 99, see_frame, &reply), ERR_NOTFOUND);
	reopen_store(f);
	struct last_reading *last;
	assert_int_equal(store_last(f->store, &last, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_true(last->value == 99);
	free(last);
	put_poll(f->store, 7);
	assert_int_equal(store_flush(f->store), ERR_OK);
	assert_int_equal(frame_get(f->store, 101, see_frame, &reply), ERR_OK);
	assert_int_equal(reply, 7);
}

static void packed_frames_are_found_by_their_ids(void **state)
{
	struct fixture *f = *state;
	struct store_retention forever = {10000, 10000, 10000};
	uint64_t reply;
	store_retain(f->store, forever);
	for (int i = 0; i < 200; i++) {
		put_poll(f->store, i);
	}
	assert_int_equal(store_flush(f->store), ERR_OK);
	/* half of them are an hour old */
	assert_int_equal(archive_pack(f->store, T0 + 100 * 600 + HOUR, NULL), ERR_OK);
	for (int64_t id = 1; id <= 200; id++) {
		assert_int_equal(frame_get(f->store, id, see_frame, &reply), ERR_OK);
		assert_int_equal(reply, id - 1);
	}
	assert_int_equal(frame_get(f->store, 201, see_frame, &reply), ERR_NOTFOUND);
	assert_int_equal(frame_get(f->store, 0, see_frame, &reply), ERR_NOTFOUND);
	assert_int_equal(store_check(f->store, no_finding, NULL), ERR_OK);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(a_mixture_of_rows_and_blocks_reads_as_one_archive),
		WITH_STORE(more_than_a_block_holds_is_cut_off_and_harms_nobody),
		WITH_STORE(what_is_past_its_time_goes_unless_a_consumer_has_not_seen_it),
		WITH_STORE(packed_frames_are_found_by_their_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
