/*
 * test_parts.c - the whole is the sum of its parts: however time is cut, whatever meter was there
 */
#include "rollup_test.h"

#include "calc/form.h"
#include "sim/rng.h"

/* Midnight of the building, 1 January 2025. */
#define MONTH "2024-12-31T19:00:00Z"
#define HOURS 744

/* ---- cutting time ---- */

#define READINGS 1000
#define DAYS     10

/* A counter that grows by up to 5 an hour and wraps at 100: readings at random moments, at both ends. */
static size_t random_readings(uint64_t key, struct point *points, double *ret_total)
{
	int64_t span = DAYS * 24 * HOUR_S, at = 0;
	double counted = 90 * sim_hash01(key, 1), first = counted;
	size_t n = 0;
	for (int i = 0; at < span && n < READINGS; i++) {
		points[n++] = (struct point){at, fmod(counted, 100), MEASURED(POLLED)};
		int64_t step = 600 + (int64_t)(sim_hash01(key, 2 * i + 10) * 3000);
		step = at + step > span ? span - at : step;
		counted += 5 * sim_hash01(key, 2 * i + 11) * (double)step / HOUR_S;
		at += step;
	}
	points[n++] = (struct point){at, fmod(counted, 100), MEASURED(POLLED)};
	*ret_total = counted - first;
	return n;
}

static double sum_in_steps(const struct point *points, size_t n, int64_t step)
{
	static struct form_value values[DAYS * 24 * 4];
	const struct register_limits limits = {.capacity = 100, .max_rate = 6};
	size_t count = (size_t)(DAYS * 24 * HOUR_S / step);
	double sum = 0;
	register_intervals(&limits, &boundary_rule_default, points, n, 0, step, values, count);
	for (size_t i = 0; i < count; i++) {
		sum += values[i].value;
	}
	return sum;
}

static void splitting_an_interval_never_changes_a_sum(void **state)
{
	(void)state;
	static struct point points[READINGS + 1];
	for (uint64_t key = 1; key <= 200; key++) {
		double total;
		size_t n = random_readings(key, points, &total);
		assert_true(n < READINGS);
		for (int64_t step = 900; step <= 24 * HOUR_S; step *= 2) {
			if (24 * HOUR_S % step == 0) {
				assert_true(
					fabs(sum_in_steps(points, n, step) - total) < 1e-9 * total);
			}
		}
	}
}

/* ---- meters that come and go ---- */

/* A month of one channel in which meters are replaced `changes` times, each change inside an hour and
 * written down; each begins somewhere near the end of its dial, so that it wraps too. */
static void run_replacements(struct fixture *f, uint64_t key, int changes)
{
	int64_t month = utc(MONTH), end = month + HOURS * HOUR_S, from = month;
	int64_t channel = add_channel(f, QUANTITY_COLD_WATER, UNIT_M3);
	double total = 0;
	for (int i = 0; i <= changes; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "m%llu.%d", (unsigned long long)key, i);
		struct meter_register conf = counter_conf(f, name);
		conf.capacity = 1000;
		int64_t reg = put_object(f, OBJECT_REGISTER, &conf);
		int64_t till = i == changes ? end :
					      month + (i + 1) * (end - month) / (changes + 1) +
						      1234 * (i + 1);
		double fitted = floor((900 + 100 * sim_hash01(key, i)) * 1000) / 1000,
		       counted = fitted;
		struct binding b = binding_conf(channel, reg);
		b.from_utc = i ? from : INT64_MIN;
		b.till_utc = i == changes ? INT64_MAX : till;
		b.reading_fitted = i ? fitted : NAN;
		for (int64_t at = from; at <= till;) {
			read_at(f, reg, at, floor(fmod(counted, 1000) * 1000 + 0.5) / 1000);
			int64_t next = at - at % 900 + 900;
			next = at < till && next > till ? till : next;
			counted += next <= till ? floor(700 * sim_hash01(key, next / 60) *
							  (double)(next - at) / 900) /
							  1000 :
						  0;
			at = next;
		}
		counted = floor(counted * 1000 + 0.5) / 1000;
		b.reading_removed = i == changes ? NAN :
						   floor(fmod(counted, 1000) * 1000 + 0.5) / 1000;
		total += counted - fitted;
		put_object(f, OBJECT_BINDING, &b);
		from = till;
	}
	settle(f);
	double hours = 0, days = 0;
	for (int i = 0; i < HOURS; i++) {
		hours += value_at(f, channel, PERIOD_HOUR, month + i * HOUR_S).value;
	}
	for (int i = 0; i < 31; i++) {
		days += value_at(f, channel, PERIOD_DAY, month + i * 24 * HOUR_S).value;
	}
	double whole = value_at(f, channel, PERIOD_MONTH, month).value;
	assert_true(total > 100);
	assert_true(fabs(hours - total) < 1e-6);
	assert_true(fabs(days - total) < 1e-6);
	assert_true(fabs(whole - total) < 1e-6);
}

static void consumption_over_replacements_and_rollovers_is_the_sum_of_the_parts(void **state)
{
	struct fixture *f = *state;
	for (uint64_t key = 1; key <= 6; key++) {
		run_replacements(f, key, (int)key - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting_an_interval_never_changes_a_sum),
		cmocka_unit_test_setup_teardown(
			consumption_over_replacements_and_rollovers_is_the_sum_of_the_parts, set_up,
			tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
