/*
 * The acquisition server against simulated meters on a pseudo-terminal, into a real database.
 *
 * Values are compared with what the simulator's model says the meters measure, not with what the
 * driver read.
 */
#include "base/clock.h"
#include "base/str.h"
#include "poll/poll.h"
#include "sim/sim.h"
#include "test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define METERS 3

struct stage {
	char dir[64], db[128];
	struct sim *sim;
	struct store *store;
	struct poll *poll;
};

static struct stage stage;

static void wait_until(bool (*is_true)(void), const char *what)
{
	for (int i = 0; i < 1500; i++) {
		if (is_true()) {
			return;
		}
		(void)usleep(10000);
	}
	fail_msg("waited in vain for %s", what);
}

static struct meter_state meter_state(size_t index)
{
	struct meter_state *items, x = {0};
	size_t n;
	assert_int_equal(poll_meters(stage.poll, &items, &n), ERR_OK);
	if (index < n) {
		x = items[index];
	}
	free(items);
	return x;
}

static size_t last_readings(void)
{
	struct last_reading *items = NULL;
	size_t n = 0;
	assert_int_equal(store_last(stage.store, &items, &n), ERR_OK);
	free(items);
	return n;
}

static void command(const char *text)
{
	struct buf reply;
	struct diag diag = {0};
	buf_init(&reply, 100000);
	if (sim_command(stage.sim, text, &reply, &diag)) {
		fail_msg("%s: %s", text, diag.text);
	}
	buf_fini(&reply);
}

static int setup(void **state)
{
	(void)state;
	struct diag diag = {0};
	struct site *site = NULL;
	struct buf text;
	(void)STR_COPY(stage.dir, "/tmp/domovoi-poll-XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	(void)snprintf(stage.db, sizeof(stage.db), "sqlite:%s/d.db", stage.dir);
	struct sim_options options = {.plan = "domovoi_heat",
		.meters = METERS,
		.zone = "UTC",
		.born_utc = clock_now() - 3 * 86400};
	if (sim_start(&options, &stage.sim, &diag) || sim_site(stage.sim, &site, &diag) ||
		store_open(stage.db, STORE_CREATE, &stage.store, &diag)) {
		fail_msg("%s", diag.text);
	}
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		site->meters[i].poll_s = 1;
	}
	for (size_t i = 0; i < site->counts[OBJECT_LINE]; i++) {
		site->lines[i].reply_ms = 100;
	}
	buf_init(&text, 1 << 20);
	if (site_export(site, &text, &diag) ||
		store_import(stage.store, buf_slice(&text), "test", &diag) ||
		poll_start(stage.store, &stage.poll, &diag)) {
		fail_msg("%s", diag.text);
	}
	buf_fini(&text);
	site_unref(site);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char text[128];
	poll_stop(stage.poll);
	store_close(stage.store);
	sim_stop(stage.sim);
	(void)snprintf(text, sizeof(text), "rm -rf '%s'", stage.dir);
	return system(text);
}

static bool all_are_read(void)
{
	for (size_t i = 0; i < METERS; i++) {
		if (meter_state(i).health != HEALTH_OK) {
			return false;
		}
	}
	return last_readings() > 0;
}

static void meters_are_read_and_their_state_is_good(void **state)
{
	(void)state;
	wait_until(all_are_read, "all meters to be read");
	struct line_state *lines;
	size_t n;
	assert_int_equal(poll_lines(stage.poll, &lines, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(lines[0].health, HEALTH_OK);
	assert_int_equal(lines[0].meters, METERS);
	assert_true(lines[0].counters.replies > 0);
	free(lines);
}

static void the_archive_of_the_meter_is_read_to_its_beginning(void **state)
{
	(void)state;
	int64_t till = clock_now() / 3600 * 3600, from = till - 48 * 3600;
	const struct site *site = store_site(stage.store);
	struct archive_value *items = NULL;
	size_t n = 0, series = 0;
	for (int tries = 0; tries < 1000 && series == 0; tries++) {
		(void)usleep(20000);
		site_unref(site);
		site = store_site(stage.store);
		for (size_t i = 0; i < site->counts[OBJECT_REGISTER]; i++) {
			free(items);
			items = NULL;
			assert_int_equal(
				archive_range(stage.store, site->registers[i].id, PERIOD_HOUR,
					(struct span){from, till}, &items, &n),
				ERR_OK);
			series += n >= 47;
		}
	}
	free(items);
	site_unref(site);
	assert_true(series > 0); /* forty-eight hours, the newest perhaps not settled */
}

static bool first_is_silent(void)
{
	return meter_state(0).health == HEALTH_SILENT;
}

static bool first_answers(void)
{
	return meter_state(0).health == HEALTH_OK;
}

static void a_silent_meter_is_told_and_read_now_brings_it_back(void **state)
{
	(void)state;
	wait_until(all_are_read, "all meters to be read");
	command("line rs485-1 down");
	wait_until(first_is_silent, "the meter to be silent");
	struct meter_state s = meter_state(0);
	assert_int_equal(s.last_error, ERR_TIMEOUT);
	assert_true(s.silent_since_utc > 0);
	struct diag diag = {0};
	assert_int_equal(poll_read_now(stage.poll, s.meter, &diag), ERR_TIMEOUT);
	command("line rs485-1 up");
	assert_int_equal(poll_read_now(stage.poll, s.meter, &diag), ERR_OK);
	wait_until(first_answers, "the meter to answer");
	assert_int_equal(meter_state(0).silent_since_utc, 0);
	assert_int_equal(poll_read_now(stage.poll, 999999, &diag), ERR_NOTFOUND);
}

static size_t expected_meters;

static bool meter_count_is(void)
{
	struct meter_state *items;
	size_t n;
	assert_int_equal(poll_meters(stage.poll, &items, &n), ERR_OK);
	free(items);
	return n == expected_meters;
}

static void a_meter_added_or_changed_takes_effect_without_restart(void **state)
{
	(void)state;
	struct diag diag = {0};
	const struct site *site = store_site(stage.store);
	struct meter m = site->meters[0];
	m.id = 0;
	(void)STR_COPY(m.name, "added");
	assert_int_equal(store_put(stage.store, OBJECT_METER, &m, "test", &diag), ERR_OK);
	expected_meters = METERS + 1;
	wait_until(meter_count_is, "the added meter");
	m.is_enabled = false;
	assert_int_equal(store_put(stage.store, OBJECT_METER, &m, "test", &diag), ERR_OK);
	struct line line = site->lines[0];
	line.is_enabled = false;
	assert_int_equal(store_put(stage.store, OBJECT_LINE, &line, "test", &diag), ERR_OK);
	expected_meters = 0;
	wait_until(meter_count_is, "the line to be gone");
	line.is_enabled = true;
	assert_int_equal(store_put(stage.store, OBJECT_LINE, &line, "test", &diag), ERR_OK);
	expected_meters = METERS + 1;
	wait_until(meter_count_is, "the line to be back");
	site_unref(site);
}

static void the_trace_of_a_line_is_a_recording(void **state)
{
	(void)state;
	wait_until(all_are_read, "all meters to be read");
	const struct site *site = store_site(stage.store);
	struct buf text;
	buf_init(&text, 1 << 20);
	assert_int_equal(poll_trace(stage.poll, site->lines[0].id, &text), ERR_OK);
	assert_non_null(strstr(buf_cstr(&text), "\n> "));
	assert_non_null(strstr(buf_cstr(&text), "\n< "));
	buf_fini(&text);
	site_unref(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			meters_are_read_and_their_state_is_good, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_archive_of_the_meter_is_read_to_its_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_silent_meter_is_told_and_read_now_brings_it_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_meter_added_or_changed_takes_effect_without_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_trace_of_a_line_is_a_recording, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
