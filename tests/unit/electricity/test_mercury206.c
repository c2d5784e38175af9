/*
 * Mercury 200, 206: every published exchange of vectors/electricity.jsonl, and the driver over both
 * simulated meters.
 *
 * Battery, display, limits and switch tables are not among the exchanges and not read.
 */
#include "exchange.h"
#include "proto/mercury206.h"
#include "test.h"
#include "twin.h"

#include <stdio.h>

/* ---- every published exchange ---- */

static void same(struct slice have, uint32_t address, uint8_t command, struct slice data, int line)
{
	struct m206_out out;
	m206_frame(address, command, data, &out);
	if (out.size != have.size || memcmp(out.data, have.data, out.size) != 0) {
		fail_msg("line %d: encoded otherwise", line);
	}
}

/* A number of the line, where it has one; `digits` behind the point. Counts what it has looked at. */
static void check_number(const struct exchange *x, const char *name, const uint8_t *b, size_t n,
	double divisor, int *ret_checked)
{
	const json_t *v = json_object_get(x->decoded, name);
	if (v) {
		assert_true(fabs((double)m206_number(b, n) / divisor - json_number_value(v)) <
			    0.5 / divisor);
		++*ret_checked;
	}
}

static void check_time(
	const struct exchange *x, const char *name, const uint8_t *b, int *ret_checked)
{
	const char *want = exchange_text(x->decoded, name);
	struct civil c;
	char text[32];
	if (!*want) {
		return;
	}
	assert_true(m206_clock(b, &c));
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
		c.hour, c.minute, c.second);
	assert_string_equal(text, want);
	assert_int_equal(b[0], json_integer_value(json_object_get(x->decoded, "dow")));
	++*ret_checked;
}

static void check_date(
	const struct exchange *x, const char *name, const uint8_t *b, int *ret_checked)
{
	const char *want = exchange_text(x->decoded, name);
	char text[16];
	if (*want) {
		(void)snprintf(text, sizeof(text), "20%02x-%02x-%02x", b[2], b[1], b[0]);
		assert_string_equal(text, want);
		++*ret_checked;
	}
}

static void check_meaning(uint8_t command, struct slice d, const struct exchange *x)
{
	static const char *const tariffs[] = {"T1_kWh", "T2_kWh", "T3_kWh", "T4_kWh"};
	int checked = 0;
	for (size_t i = 0; command == M206_ENERGY && i < M206_TARIFFS; i++) {
		check_number(x, tariffs[i], d.data + 4 * i, 4, 100, &checked);
	}
	if (command == M206_INSTANT) {
		check_number(x, "U_V", d.data, 2, 10, &checked);
		check_number(x, "I_A", d.data + 2, 2, 100, &checked);
		check_number(x, "P_W", d.data + 4, 3, 1, &checked);
	} else if (command == M206_POWER) {
		assert_string_equal(exchange_text(x->decoded, "power_raw_bcd2"), "0000");
		assert_int_equal(m206_number(d.data, 2), 0);
		checked++;
	} else if (command == M206_VERSION) {
		char text[16];
		(void)snprintf(
			text, sizeof(text), "%02x %02x %02x", d.data[0], d.data[1], d.data[2]);
		assert_string_equal(exchange_text(x->decoded, "version"), text);
		check_date(x, "date", d.data + 3, &checked);
	} else if (command == M206_SERIAL) {
		struct reader r = reader_of(d);
		assert_int_equal(reader_u32be(&r),
			json_integer_value(json_object_get(x->decoded, "serial")));
		checked++;
	} else if (command == M206_LAST_OFF || command == M206_LAST_ON) {
		check_time(x, "last_power_on", d.data, &checked);
		check_time(x, "last_power_off", d.data, &checked);
	} else if (command == M206_MADE) {
		check_date(x, "made", d.data, &checked);
	}
	if (checked == 0) {
		fail_msg("line %d: nothing was compared", x->line);
	}
}

static void check(const struct exchange *x, void *ctx)
{
	uint32_t address, from;
	uint8_t asked, command;
	struct slice q, r;
	size_t least, most;
	(void)ctx;
	assert_true(m206_unframe(x->request, &address, &asked, &q));
	same(x->request, address, asked, q, x->line);
	assert_true(m206_unframe(x->reply, &from, &command, &r));
	same(x->reply, from, command, r, x->line);
	assert_true(from == address && command == asked);
	assert_true(m206_reply_size(command, &least, &most));
	assert_in_range(r.size, least, most);
	check_meaning(command, r, x);
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("mercury206", check, NULL), 10);
}

static void the_checksum_is_that_of_the_worked_example(void **state)
{
	static const uint8_t want[] = {0x00, 0x06, 0x47, 0x5e, 0x63, 0xec, 0xd4};
	struct m206_out out;
	(void)state;
	m206_frame(411486, M206_INSTANT, (struct slice){NULL, 0}, &out);
	assert_int_equal(out.size, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));
}

static void digits_that_are_none_are_no_number_and_no_time(void **state)
{
	static const uint8_t ones[7] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t february[7] = {0, 0, 0, 0, 0x30, 0x02, 0x25};
	struct civil c;
	(void)state;
	assert_int_equal(m206_number(ones, 4), -1);
	assert_false(m206_clock(ones, &c));
	assert_false(m206_clock(february, &c));
}

/* ---- the driver ---- */

static void tariffs_and_their_sum_are_told_and_those_not_counted_are_not(void **state)
{
	static const char *const kinds[] = {"mercury200", "mercury206"};
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct twin w;
		twin_new(&w, kinds[i]);
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
		twin_expect(&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW),
			0.005);
		assert_non_null(twin_sample(&w, "active_energy.t1", 0));
		assert_non_null(twin_sample(&w, "active_energy.t2", 0));
		assert_null(twin_sample(&w, "active_energy.t3", 0));
		assert_null(twin_sample(&w, "reactive_energy", 0));
		twin_close(&w);
	}
}

static void slices_are_readings_at_the_beginning_of_their_date(void **state)
{
	struct twin w;
	int64_t day = TWIN_NOW - 9 * TWIN_HOUR; /* midnight of 10 January in Moscow */
	(void)state;
	twin_new(&w, "mercury206");
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day - 3 * TWIN_DAY, day));
	for (int k = 0; k < 3; k++) {
		int64_t at = day - k * TWIN_DAY;
		twin_expect(
			&w, "active_energy", at, twin_reading(QUANTITY_ACTIVE_ENERGY, at), 0.005);
	}
	twin_must(&w, twin_read(&w, PERIOD_MONTH, day - 32 * TWIN_DAY, day));
	int64_t january = day - 9 * TWIN_DAY;
	twin_expect(
		&w, "active_energy", january, twin_reading(QUANTITY_ACTIVE_ENERGY, january), 0.005);
	twin_close(&w);
}

static void a_meter_without_slices_is_told_from_one_that_is_silent(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "mercury200");
	twin_open(&w, "address=5", TWIN_NOW);
	assert_int_equal(twin_read(&w, PERIOD_DAY, TWIN_NOW - 3 * TWIN_DAY, TWIN_NOW), ERR_UNSUPP);
	twin_close(&w);
	twin_new(&w, "mercury200");
	twin_open(&w, "address=6", TWIN_NOW); /* nobody there */
	assert_int_equal(twin_read(&w, PERIOD_DAY, TWIN_NOW - 3 * TWIN_DAY, TWIN_NOW), ERR_TIMEOUT);
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(the_checksum_is_that_of_the_worked_example),
		cmocka_unit_test(digits_that_are_none_are_no_number_and_no_time),
		cmocka_unit_test(tariffs_and_their_sum_are_told_and_those_not_counted_are_not),
		cmocka_unit_test(slices_are_readings_at_the_beginning_of_their_date),
		cmocka_unit_test(a_meter_without_slices_is_told_from_one_that_is_silent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
