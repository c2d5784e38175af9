/*
 * test_logika_twin.c - the driver for legacy Logika against simulated meters, and what it puts on the wire
 *
 * What must be asked for is written as bytes, from the documents. The line is slow_line.h.
 */
#include "slow_line.h"
#include "twin.h"

#include "proto/logika.h"
#include "proto/m4.h"

struct bench {
	struct slow_line line;
	const struct driver *driver;
	struct talk *talk;
	struct sample_list got;
	struct calendar calendar;
};

static void lay(struct bench *b, const char *family, const char *zone)
{
	static const struct sim_source source = {.at = twin_at};
	const struct sim_family *f = sim_family_find(family);
	assert_non_null(f);
	memset(b, 0, sizeof(*b));
	b->driver = driver_find(f->driver);
	assert_int_equal(sim_family_device(f, 5, TWIN_BORN, &b->line.device, NULL), ERR_OK);
	assert_int_equal(zone_get(zone, &b->line.device.zone, NULL), ERR_OK);
	b->line.device.source = &source;
	(void)STR_COPY(b->line.device.serial, "410023");
}

static void open_talk(struct bench *b, const char *params, int64_t now)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	b->line.link.ops = &slow_line_ops;
	b->line.now_us = now * 1000000;
	buf_init(&b->line.in, 4096);
	buf_init(&b->line.out, 1 << 16);
	b->calendar = sim_calendar(&b->line.device);
	(void)STR_COPY(meter.params, params);
	if (talk_new(b->driver, &line, &meter, b->line.device.zone, &b->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(b->talk, &b->line.link, NULL);
	assert_int_equal(talk_begin(b->talk, now), ERR_OK);
	sample_list_init(&b->got);
}

static void done(struct bench *b)
{
	talk_free(b->talk);
	buf_fini(&b->line.in);
	buf_fini(&b->line.out);
	sample_list_fini(&b->got);
}

static void must(const struct bench *b, enum err e)
{
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(b->talk)->text);
	}
}

static enum err read_span(struct bench *b, enum period p, int64_t from, int64_t till)
{
	sample_list_fini(&b->got);
	sample_list_init(&b->got);
	return b->driver->read_archive(b->talk, p, (struct span){from, till}, &b->got.sink);
}

static const struct sample *sample_of(const struct bench *b, const char *key, int64_t utc)
{
	for (size_t i = 0; i < b->got.n; i++) {
		const struct sample *s = &b->got.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (s->form == FORM_NOW || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static void expect(const struct bench *b, const char *key, int64_t utc, double value, double slack)
{
	const struct sample *s = sample_of(b, key, utc);
	if (!s) {
		fail_msg("no %s", key);
		return;
	}
	if (!(fabs(s->value - value) <= slack)) {
		fail_msg("%s is %.9g, not %.9g", key, s->value, value);
	}
}

/* Was this asked, byte by byte? */
static int times_asked(const struct bench *b, struct slice bytes)
{
	int n = 0;
	for (size_t i = 0; i < b->line.asked_n; i++) {
		const struct asked *a = &b->line.asked[i];
		n += a->n == bytes.size && memcmp(a->bytes, bytes.data, a->n) == 0;
	}
	return n;
}

static int times_asked_hex(const struct bench *b, const char *hex)
{
	struct buf bytes;
	buf_init(&bytes, 128);
	assert_int_equal(str_unhex(hex, strlen(hex), &bytes, NULL), ERR_OK);
	int n = times_asked(b, buf_slice(&bytes));
	buf_fini(&bytes);
	return n;
}

/* 2025-01-10T00:00:00 UTC and neighbours */
#define JAN_10 1736467200
#define DEC_1  1733011200
#define HOUR   3600
#define DAY    86400

static void hours_are_named_by_their_end(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10 - HOUR, JAN_10 + HOUR));
	/* 23:00 of the 9th is hour 0 of the 10th; 00:00 is hour 1; year 7D = 125 from 1900 */
	assert_int_equal(times_asked_hex(&b, "10 05 48 7D 01 0A 00 2A 16"), 1);
	assert_int_equal(times_asked_hex(&b, "10 05 48 7D 01 0A 01 29 16"), 1);
	expect(&b, "heat_energy", JAN_10 - HOUR, 0.125, 1e-6);
	expect(&b, "heat_energy", JAN_10, 0.125, 1e-6);
	assert_null(sample_of(&b, "heat_energy", JAN_10 + HOUR));
	done(&b);
}

static void days_and_months_are_named_by_their_end(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	b.line.device.report_day = 25;
	b.line.device.report_hour = 10;
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	/* the day from the 8th 10:00 to the 9th 10:00 */
	int64_t from = JAN_10 - 2 * DAY + 10 * HOUR;
	must(&b, read_span(&b, PERIOD_DAY, from, from + DAY));
	assert_int_equal(times_asked_hex(&b, "10 05 59 7D 01 09 00 1A 16"), 1);
	expect(&b, "heat_energy", from, 24 * 0.125, 1e-5);
	/* the month from the 25th of November 10:00 to the 25th of December 10:00: December */
	from = DEC_1 - 6 * DAY + 10 * HOUR;
	must(&b, read_span(&b, PERIOD_MONTH, from, from + 30 * DAY));
	assert_int_equal(times_asked_hex(&b, "10 05 4D 7C 0C 00 00 25 16"), 1);
	expect(&b, "heat_energy", from, 30 * 24 * 0.125, 1e-4);
	done(&b);
}

static void the_old_meter_names_days_and_months_by_themselves(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt941", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_DAY, JAN_10 - DAY, JAN_10 + DAY));
	assert_int_equal(times_asked_hex(&b, "10 05 59 7D 01 09 00 1A 16"), 1);
	expect(&b, "heat_energy", JAN_10 - DAY, 24 * 0.125, 1e-5);
	assert_null(sample_of(&b, "heat_energy", JAN_10)); /* not over: refused */
	must(&b, read_span(&b, PERIOD_MONTH, DEC_1, DEC_1 + 31 * DAY));
	assert_int_equal(times_asked_hex(&b, "10 05 4D 7C 0C 00 00 25 16"), 1);
	expect(&b, "heat_energy", DEC_1, 31 * 24 * 0.125, 1e-4);
	done(&b);
}

/* Berlin, 2024-10-27: 02:00 to 03:00 local comes twice; labels 02 (of 01-02 and 02-03 summer) differ. */
static void an_hour_with_two_names_is_not_read(void **state)
{
	(void)state;
	struct bench b;
	int64_t change = 1729990800; /* 2024-10-27T01:00:00Z */
	lay(&b, "spt943_old", "Europe/Berlin");
	open_talk(&b, "address=5 systems=1", change + 5 * DAY);
	must(&b, read_span(&b, PERIOD_HOUR, change - 3 * HOUR, change + 3 * HOUR));
	/* ends 02:00 summer and 02:00 winter look alike: 00:00Z and 01:00Z */
	assert_null(sample_of(&b, "heat_energy", change - 2 * HOUR));
	assert_null(sample_of(&b, "heat_energy", change - HOUR));
	expect(&b, "heat_energy", change - 3 * HOUR, 0.125, 1e-6);
	expect(&b, "heat_energy", change, 0.125, 1e-6);
	expect(&b, "heat_energy", change + 2 * HOUR, 0.125, 1e-6);
	done(&b);
}

static void the_second_system_is_another(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt942", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + HOUR));
	expect(&b, "mass_supply", JAN_10, 2.5, 1e-5);
	expect(&b, "mass_supply.u2", JAN_10, 1.25, 1e-5);
	expect(&b, "temperature_supply.u2", JAN_10, 90.25, 1e-5);
	must(&b, b.driver->read_current(b.talk, &b.got.sink));
	double total = twin_reading(QUANTITY_HEAT_ENERGY, TWIN_NOW);
	expect(&b, "heat_energy", 0, total, 1e-3);
	expect(&b, "heat_energy.u2", 0, total / 2, 1e-3);
	expect(&b, "operating_time.u2", 0, twin_reading(QUANTITY_OPERATING_TIME, TWIN_NOW), 1e-2);
	expect(&b, "flow_supply.u2", 0, 1.375, 1e-5);
	done(&b);
}

static void units_are_those_of_the_setting(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	must(&b, b.driver->read_current(b.talk, &b.got.sink));
	assert_int_equal(sample_of(&b, "heat_energy", 0)->unit, UNIT_GCAL);
	assert_int_equal(sample_of(&b, "pressure_supply", 0)->unit, UNIT_KGF_CM2);
	done(&b);
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 systems=1 units=1", TWIN_NOW);
	must(&b, b.driver->read_current(b.talk, &b.got.sink));
	assert_int_equal(sample_of(&b, "heat_energy", 0)->unit, UNIT_GJ);
	assert_int_equal(sample_of(&b, "pressure_supply", 0)->unit, UNIT_MPA);
	done(&b);
}

static void abnormal_situations_are_told_and_mark_what_they_touched(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	b.line.device.status = 1 << 14 | 1 << 10; /* flow 1 too low, t1 out of range */
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + HOUR));
	expect(&b, "error_code", JAN_10, 0x4400, 0);
	expect(&b, "abnormal", JAN_10, 1 | 8, 0);
	assert_true(sample_of(&b, "heat_energy", JAN_10)->quality & QUALITY_ABNORMAL);
	done(&b);
	lay(&b, "spt943_old", "UTC");
	b.line.device.status = 1; /* the battery is low: nothing is touched */
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + HOUR));
	expect(&b, "abnormal", JAN_10, 0, 0);
	assert_false(sample_of(&b, "heat_energy", JAN_10)->quality & QUALITY_ABNORMAL);
	done(&b);
}

/* Two minutes around a full hour, one second for each request: the meter saves in between. */
static void a_total_saved_between_two_requests_is_neither_lost_nor_doubled(void **state)
{
	(void)state;
	for (int64_t before = 0; before < 14; before++) {
		struct bench b;
		lay(&b, "spt943_old", "UTC");
		open_talk(&b, "address=5 systems=1 wake_ms=0", TWIN_NOW - before);
		b.line.step_us = 1000000;
		must(&b, b.driver->read_current(b.talk, &b.got.sink));
		int64_t now = b.line.now_us / 1000000;
		expect(&b, "mass_supply", 0, twin_reading(QUANTITY_MASS_SUPPLY, now), 0.02);
		done(&b);
	}
}

static void a_late_reply_is_not_taken_for_the_next(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	/* so that two hours differ: the meter was without power for half of the first */
	b.line.device.off_from_utc = JAN_10;
	b.line.device.off_till_utc = JAN_10 + HOUR / 2;
	open_talk(&b, "address=5 systems=1", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10 - HOUR, JAN_10));
	b.line.prompt = 2; /* session and system */
	b.line.slow = 2;   /* the first hour, twice */
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + 3 * HOUR));
	expect(&b, "operating_time", JAN_10, 0.5, 1e-6);
	expect(&b, "operating_time", JAN_10 + HOUR, 1, 1e-6);
	expect(&b, "operating_time", JAN_10 + 2 * HOUR, 1, 1e-6);
	done(&b);
}

static void another_number_and_a_sleeping_meter_are_silent(void **state)
{
	(void)state;
	struct bench b;
	int64_t utc;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=6", TWIN_NOW);
	assert_int_equal(b.driver->read_clock(b.talk, &utc), ERR_TIMEOUT);
	done(&b);
}

static bool says(struct sim_device *d, const char *hex, int64_t now, const char *reply)
{
	struct buf request, out, want;
	buf_init(&request, 128);
	buf_init(&out, 1024);
	buf_init(&want, 1024);
	assert_int_equal(str_unhex(hex, strlen(hex), &request, NULL), ERR_OK);
	bool has = d->protocol->answer(d, buf_slice(&request), now * 1000000, &out);
	if (has && reply) {
		assert_int_equal(str_unhex(reply, strlen(reply), &want, NULL), ERR_OK);
		assert_int_equal(out.size, want.size);
		assert_memory_equal(out.data, want.data, out.size);
	}
	buf_fini(&request);
	buf_fini(&out);
	buf_fini(&want);
	return has;
}

static void the_twin_behaves_as_the_documents_say(void **state)
{
	(void)state;
	static const char ff[] = "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF";
	static const char session[] = "10 FF 3F 00 00 00 00 C1 16";
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	struct sim_device *d = &b.line.device;
	assert_false(says(d, session, TWIN_NOW, NULL));    /* asleep */
	assert_false(says(d, "FF FF FF", TWIN_NOW, NULL)); /* too few */
	assert_false(says(d, session, TWIN_NOW, NULL));
	assert_false(says(d, ff, TWIN_NOW, NULL));
	assert_true(says(d, session, TWIN_NOW, "10 FF 3F 54 2B 03 3F 16"));
	/* no record: error 3; a month 13: error 2; extended frames: error 0, as captured */
	assert_true(says(d, "10 FF 59 75 01 11 00 20 16", TWIN_NOW, "10 FF 21 03 DC 16"));
	assert_true(says(d, "10 FF 59 7D 0D 01 00 1C 16", TWIN_NOW, "10 FF 21 02 DD 16"));
	assert_true(says(d, "10 FF 90 03 00 0B 00 72 4A 03 00 01 04 4A 03 00 00 04 B1 F0", TWIN_NOW,
		"10 FF 90 03 00 02 00 21 00 1E 92"));
	/* another number: silent until the next FF */
	assert_false(says(d, "10 06 3F 00 00 00 00 BA 16", TWIN_NOW, NULL));
	assert_false(says(d, session, TWIN_NOW, NULL));
	assert_false(says(d, ff, TWIN_NOW, NULL));
	assert_true(says(d, "10 05 3F 00 00 00 00 BB 16", TWIN_NOW, "10 05 3F 54 2B 03 39 16"));
	/* minutes of silence end the session */
	assert_false(says(d, session, TWIN_NOW + 300, NULL));
	/* the first SPT941 does not search: error 0 */
	lay(&b, "spt941_old", "UTC");
	assert_false(says(d, ff, TWIN_NOW, NULL));
	assert_true(says(d, session, TWIN_NOW, "10 FF 3F 54 29 00 44 16"));
	assert_true(says(d, "10 FF 59 7D 01 09 00 20 16", TWIN_NOW, "10 FF 21 00 DF 16"));
}

static void the_clock_is_set_by_two_texts(void **state)
{
	(void)state;
	struct bench b;
	struct m4_out out;
	uint8_t block[64];
	int64_t utc = 0;
	lay(&b, "spt943_old", "Europe/Moscow");
	b.line.device.clock_offset_s = -3000;
	open_talk(&b, "address=5", TWIN_NOW);
	must(&b, b.driver->set_clock(b.talk, TWIN_NOW)); /* 09:00:00 of the 10th of January 2025 */
	must(&b, b.driver->read_clock(b.talk, &utc));
	assert_true(llabs(utc - TWIN_NOW) <= 10);
	memset(block, ' ', sizeof(block));
	block[63] = 0;
	memcpy(block, "10-01-25", 8);
	assert_int_equal(times_asked(&b, m4_short(&out, 5, M4_OLD_SETTING, SLICE(block))), 1);
	memcpy(block, "09-00-00", 8);
	assert_int_equal(times_asked(&b, m4_short(&out, 5, M4_OLD_SETTING, SLICE(block))), 1);
	assert_int_equal(times_asked_hex(&b, "10 05 44 02 00 00 00 B4 16"), 1); /* date */
	assert_int_equal(times_asked_hex(&b, "10 05 44 01 00 00 00 B5 16"), 1); /* time */
	done(&b);
	lay(&b, "spt941", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	assert_int_equal(b.driver->set_clock(b.talk, TWIN_NOW), ERR_UNSUPP);
	done(&b);
}

static void a_faster_speed_is_taken_and_given_back(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 fast_baud=19200", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + 3 * HOUR));
	expect(&b, "mass_supply.u2", JAN_10, 1.25, 1e-5);
	assert_int_equal(times_asked_hex(&b, "10 05 42 03 00 00 00 B5 16"), 1);
	assert_int_equal(times_asked_hex(&b, "10 05 42 00 00 00 00 B8 16"), 1);
	assert_int_equal(b.line.device.baud, 2400);
	assert_int_equal(b.line.baud, 2400);
	done(&b);
	/* one that cannot is read at its own speed, and not asked again */
	lay(&b, "spt941", "UTC");
	open_talk(&b, "address=5 fast_baud=19200", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + HOUR));
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10, JAN_10 + HOUR));
	assert_int_equal(times_asked_hex(&b, "10 05 42 03 00 00 00 B5 16"), 1);
	done(&b);
}

/* The acknowledge is lost: the meter is fast, we are not. */
static void a_lost_acknowledge_of_the_speed_is_waited_out(void **state)
{
	(void)state;
	struct bench b;
	int64_t utc;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 wake_ms=0", TWIN_NOW);
	must(&b, b.driver->read_clock(b.talk, &utc));
	done(&b);
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5 fast_baud=19200", TWIN_NOW);
	b.line.device.baud = 9600; /* as if it had been left so: deaf to us */
	assert_int_equal(b.driver->read_clock(b.talk, &utc), ERR_TIMEOUT);
	b.line.device.baud = 2400; /* its ten seconds are over */
	must(&b, b.driver->read_clock(b.talk, &utc));
	done(&b);
}

static void a_journal_is_read_by_its_times(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt943_old", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	must(&b, b.driver->read_events(
			 b.talk, (struct span){TWIN_BORN, TWIN_BORN + 2 * HOUR}, &b.got.sink));
	int seen[3] = {0};
	for (size_t i = 0; i < b.got.event_n; i++) {
		const char *code = b.got.events[i].code;
		seen[0] += strcmp(code, "situation.13.begin") == 0;
		seen[1] += strcmp(code, "situation.14.begin.u2") == 0;
		seen[2] += strncmp(code, "setting_changed", 15) == 0;
		assert_null(strstr(code, ".end"));
	}
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 1);
	assert_int_equal(seen[2], 2);
	done(&b);
	lay(&b, "spt942", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	assert_int_equal(
		b.driver->read_events(b.talk, (struct span){0, TWIN_NOW}, &b.got.sink), ERR_UNSUPP);
	done(&b);
}

static void a_ring_is_read_in_few_requests(void **state)
{
	(void)state;
	struct bench b;
	lay(&b, "spt941_old", "UTC");
	open_talk(&b, "address=5", TWIN_NOW);
	must(&b, read_span(&b, PERIOD_HOUR, JAN_10 - 44 * DAY, JAN_10 - 42 * DAY));
	expect(&b, "heat_energy", JAN_10 - 44 * DAY, 0.125, 1e-6);
	expect(&b, "heat_energy", JAN_10 - 42 * DAY - HOUR, 0.125, 1e-6);
	/* wake, session, number of the last, 68 pages of headers, 24 or 25 of data: eight at a time */
	assert_true(b.line.asked_n <= 18);
	done(&b);
}

static void a_meter_of_the_newer_kind_is_sent_to_its_driver(void **state)
{
	(void)state;
	struct bench b;
	struct identity id;
	lay(&b, "spt941_20", "UTC");
	b.driver = driver_find("logika");
	b.line.device.baud = 2400;
	open_talk(&b, "address=5", TWIN_NOW);
	assert_int_equal(b.driver->identify(b.talk, &id), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(b.talk)->text, "logika_m4"));
	done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_named_by_their_end),
		cmocka_unit_test(days_and_months_are_named_by_their_end),
		cmocka_unit_test(the_old_meter_names_days_and_months_by_themselves),
		cmocka_unit_test(an_hour_with_two_names_is_not_read),
		cmocka_unit_test(the_second_system_is_another),
		cmocka_unit_test(units_are_those_of_the_setting),
		cmocka_unit_test(abnormal_situations_are_told_and_mark_what_they_touched),
		cmocka_unit_test(a_total_saved_between_two_requests_is_neither_lost_nor_doubled),
		cmocka_unit_test(a_late_reply_is_not_taken_for_the_next),
		cmocka_unit_test(another_number_and_a_sleeping_meter_are_silent),
		cmocka_unit_test(the_twin_behaves_as_the_documents_say),
		cmocka_unit_test(the_clock_is_set_by_two_texts),
		cmocka_unit_test(a_faster_speed_is_taken_and_given_back),
		cmocka_unit_test(a_lost_acknowledge_of_the_speed_is_waited_out),
		cmocka_unit_test(a_journal_is_read_by_its_times),
		cmocka_unit_test(a_ring_is_read_in_few_requests),
		cmocka_unit_test(a_meter_of_the_newer_kind_is_sent_to_its_driver),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
