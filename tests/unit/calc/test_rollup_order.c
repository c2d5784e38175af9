/*
 * The archive is a function of what came in, not of the order it came in: the same readings and
 * meters' records, shuffled, in batches of any size, across restarts, give the same values.
 */
#include "rollup_test.h"

#define DAYS       3
#define ITEMS_MAX  4000
#define VALUES_MAX 4000

struct item {
	int64_t reg;
	int64_t utc;
	double value;
	bool is_archive;
};

static uint64_t random_state;

static uint32_t dice(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

struct series {
	int64_t volume, heat, t1, t2, archive;
	int64_t channels[5];
};

static struct series add_site(struct fixture *f)
{
	struct series s = {
		.volume = add_counter(f, "volume.u1"),
		.heat = add_counter(f, "volume.u2"),
		.t1 = add_gauge(f, "t1"),
		.t2 = add_gauge(f, "t2"),
		.archive = add_counter(f, "volume.u3"),
	};
	for (int i = 0; i < 5; i++) {
		s.channels[i] = i < 2 || i == 4 ?
					add_channel(f, QUANTITY_COLD_WATER, UNIT_L) :
					add_channel(f, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC);
	}
	bind(f, s.channels[0], s.volume);
	bind(f, s.channels[1], s.heat);
	bind(f, s.channels[2], s.t1);
	bind(f, s.channels[3], s.t2);
	bind(f, s.channels[4], s.archive);
	return s;
}

static void add(struct item *items, size_t *n, int64_t reg, int64_t at, double value, bool archive)
{
	assert_true(*n < ITEMS_MAX);
	items[(*n)++] = (struct item){reg, at, value, archive};
}

/* Polls that are not on the grid, an outage, a wrap, a reset, an unexplained fall, some records. */
static size_t make_items(const struct series *s, int64_t from, struct item *items)
{
	size_t n = 0;
	double volume = 99990, heat = 500;
	random_state = 7;
	for (int64_t at = from; at < from + DAYS * 86400; at += 600 + dice(600)) {
		int64_t hour = (at - from) / HOUR_S;
		volume += 0.1 + dice(100) / 1000.0;
		heat += 0.2;
		volume = volume >= 100000 ? volume - 100000 : volume;
		if (hour == 40) {
			volume = 0.5; /* reset */
		}
		if (hour >= 55 && heat > 500) {
			heat = 300; /* no explanation */
		}
		if (hour >= 20 && hour < 27) {
			continue; /* outage */
		}
		add(items, &n, s->volume, at, round(volume * 1000) / 1000, false);
		add(items, &n, s->heat, at, round(heat * 1000) / 1000, false);
		add(items, &n, s->t1, at, dice(20) == 0 ? NAN : 60 + dice(50) / 10.0, false);
		if (dice(3)) {
			add(items, &n, s->t2, at, 40 + dice(50) / 10.0, false);
		}
	}
	for (int h = 10; h < 30; h++) {
		add(items, &n, s->heat, from + 780 + h * HOUR_S, 500 + h * 0.9, true);
		add(items, &n, s->t2, from + 780 + h * HOUR_S, 42 + h * 0.1, true);
	}
	for (int h = 0; h < DAYS * 24; h += 1 + (int)dice(3) * (int)dice(3)) { /* holes up to 5 h */
		add(items, &n, s->archive, from + 780 + h * HOUR_S, 20 + h * 0.3, true);
	}
	return n;
}

static void feed(struct fixture *f, const struct item *items, size_t n, bool is_rough)
{
	for (size_t i = 0; i < n; i++) {
		const struct item *x = &items[i];
		if (x->is_archive) {
			meter_says(f, x->reg, PERIOD_HOUR, x->utc, x->value);
		} else {
			read_at(f, x->reg, x->utc, x->value);
		}
		if (!is_rough) {
			continue;
		}
		if (dice(40) == 0) {
			commit(f);
		}
		if (dice(150) == 0) {
			settle(f);
		}
		if (dice(400) == 0) {
			commit(f);
			restart(f);
		}
	}
	settle(f);
}

static void shuffle(struct item *items, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = dice((uint32_t)i);
		struct item x = items[i - 1];
		items[i - 1] = items[k];
		items[k] = x;
	}
}

struct kept {
	int64_t series;
	enum period period;
	struct archive_value v;
};

static size_t keep_values(struct fixture *f, const struct series *s, int64_t from, struct kept *ret)
{
	const int64_t ids[] = {s->volume, s->heat, s->t1, s->t2, s->archive, s->channels[0],
		s->channels[1], s->channels[2], s->channels[3], s->channels[4]};
	size_t n = 0;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
			struct archive_value *items = NULL;
			size_t count = 0;
			struct span all = {from - 40 * 86400LL, from + 40 * 86400LL};
			assert_int_equal(
				archive_range(f->store, ids[i], p, all, &items, &count), ERR_OK);
			for (size_t k = 0; k < count; k++) {
				if (isnan(items[k].value)) {
					continue; /* that nothing is known may be written or not */
				}
				assert_true(n < VALUES_MAX);
				ret[n++] = (struct kept){ids[i], p, items[k]};
			}
			free(items);
		}
	}
	return n;
}

static void compare(const struct kept *a, size_t an, const struct kept *b, size_t bn)
{
	char text[TIME_TEXT_CAP];
	for (size_t i = 0; i < an && i < bn; i++) {
		bool is_same = a[i].series == b[i].series && a[i].period == b[i].period &&
			       a[i].v.start == b[i].v.start && a[i].v.value == b[i].v.value &&
			       a[i].v.quality == b[i].v.quality;
		if (!is_same) {
			fail_msg(
				"series %lld %s %s: %.17g %04x in order, series %lld %s %.17g %04x shuffled",
				(long long)a[i].series, period_name(a[i].period),
				time_text_utc(text, a[i].v.start), a[i].v.value, a[i].v.quality,
				(long long)b[i].series, period_name(b[i].period), b[i].v.value,
				b[i].v.quality);
		}
	}
	assert_int_equal(an, bn);
}

/* Without its state the rollup begins anew and comes to the same archive. */
static void lose_state(struct fixture *f)
{
	const uint8_t damaged[] = {0xff, 0x01};
	rollup_stop(f->rollup);
	batch_state(open_batch(f), "rollup", SLICE(damaged));
	batch_state(open_batch(f), "rollup.channels", SLICE(damaged));
	commit(f);
	assert_int_equal(rollup_start(f->store, &f->rollup, NULL), ERR_OK);
	settle(f);
}

static void any_order_gives_the_same_archive(void **state)
{
	(void)state;
	static struct item items[ITEMS_MAX];
	static struct kept expected[VALUES_MAX], got[VALUES_MAX];
	size_t wanted = 0;
	int64_t from = utc("2025-01-09T18:47:00Z");
	for (int round = 0; round < 6; round++) {
		void *fixture = NULL;
		assert_int_equal(set_up(&fixture), 0);
		struct fixture *f = fixture;
		struct series s = add_site(f);
		size_t n = make_items(&s, from, items);
		random_state = (uint64_t)round * 12345 + 1;
		if (round > 1) {
			shuffle(items, n);
		}
		feed(f, items, n, round > 0);
		if (round == 0) {
			wanted = keep_values(f, &s, from, expected);
			assert_true(wanted > DAYS * 24 * 6);
		} else {
			size_t have = keep_values(f, &s, from, got);
			compare(expected, wanted, got, have);
			lose_state(f);
			have = keep_values(f, &s, from, got);
			compare(expected, wanted, got, have);
		}
		assert_int_equal(tear_down(&fixture), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_gives_the_same_archive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
