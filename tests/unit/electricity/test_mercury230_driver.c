/*
 * The driver of Mercury 230 over both simulated meters, and over ones that do something otherwise:
 * repeat the command, hide behind a concentrator, forget the channel, write a record meanwhile.
 *
 * Expectations: what is measured is a line of time (twin.h).
 */
#include "proto/mercury230.h"
#include "test.h"
#include "twin.h"

#define HALF  1800
#define DAY_0 (TWIN_NOW - 9 * TWIN_HOUR) /* midnight of 10 January in Moscow */

/* ---- a meter that does something otherwise ---- */

static struct odd {
	int asked[256]; /* by command */
	bool repeats_code, loses_channel, has_moved;
} odd;

static bool odd_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	uint8_t address, body[300];
	struct slice q, r;
	struct m230_out out;
	struct buf inner;
	if (!m230_unframe(request, &address, &q)) {
		return false;
	}
	int n = ++odd.asked[q.data[0]];
	if (odd.loses_channel && q.data[0] == M230_MEMORY && n % 3 == 0) {
		memset(d->memory, 0, sizeof(d->memory));
	}
	/* between the request for the place of the newest record and this one another was written */
	int64_t later = odd.has_moved && q.data[0] == M230_RELATIVE ? HALF * INT64_C(1000000) : 0;
	now_us += later;
	if (later) { /* the first word of the twin's memory: when it was asked last, lest it closes */
		memcpy(d->memory, &now_us, sizeof(now_us));
	}
	buf_init(&inner, 300);
	bool is_answered = sim_mercury230.answer(d, request, now_us, &inner);
	if (is_answered && m230_unframe(buf_slice(&inner), &address, &r)) {
		body[0] = q.data[0];
		memcpy(body + odd.repeats_code, r.data, r.size);
		m230_frame(address, (struct slice){body, r.size + odd.repeats_code}, &out);
		buf_put(reply, out.data, out.size);
	}
	buf_fini(&inner);
	return is_answered;
}

static struct sim_protocol oddly; /* sim_mercury230 with the answer above */

static void odd_new(struct twin *w, const char *kind, struct odd how)
{
	odd = how;
	oddly = sim_mercury230;
	oddly.answer = odd_answer;
	twin_new(w, kind);
	w->device.protocol = &oddly;
}

static void expect_halves(struct twin *w, int64_t from, int64_t till)
{
	for (int64_t at = from; at < till; at += HALF) {
		twin_expect(w, "active_energy", at,
			twin_amount(QUANTITY_ACTIVE_ENERGY, at, at + HALF), 0.0006);
		assert_int_equal(quality_class(twin_sample(w, "active_energy", at)->quality),
			QUALITY_MEASURED);
	}
}

/* ---- passwords, the channel ---- */

static void either_encoding_of_the_password_of_the_maker_opens_the_channel(void **state)
{
	static const char *const kinds[] = {"mercury230", "mercury234"};
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct twin w;
		odd_new(&w, kinds[i], (struct odd){0});
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
		twin_expect(&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW),
			0.00051);
		assert_non_null(twin_sample(&w, "active_energy.t2", 0));
		assert_non_null(twin_sample(&w, "voltage.l3", 0));
		assert_non_null(twin_sample(&w, "ratio_current", 0));
		twin_expect(&w, "error_code", 0, 0, 0);
		assert_null(twin_sample(&w, "active_energy_export", 0)); /* not measured */
		assert_int_equal(odd.asked[M230_OPEN], 1 + i); /* and is not tried again */
		twin_close(&w);
	}
}

static void a_wrong_password_is_said_to_be_wrong(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "mercury230");
	twin_open(&w, "address=5 password=654321", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(w.talk)->text, "password of level 1"));
	twin_close(&w);
	twin_new(&w, "mercury230");
	twin_open(&w, "address=5 password=010101010101", TWIN_NOW); /* hex digits */
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_close(&w);
	twin_new(&w, "mercury230");
	twin_open(&w, "address=5 password=short", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

static void a_channel_that_closes_is_opened_again(void **state)
{
	struct twin w;
	(void)state;
	odd_new(&w, "mercury230", (struct odd){.loses_channel = true});
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, DAY_0, DAY_0 + 6 * TWIN_HOUR));
	expect_halves(&w, DAY_0, DAY_0 + 6 * TWIN_HOUR);
	assert_true(odd.asked[M230_OPEN] > 2);
	twin_close(&w);
}

static void a_meter_that_repeats_the_command_is_understood(void **state)
{
	struct twin w;
	struct identity id;
	(void)state;
	odd_new(&w, "mercury234", (struct odd){.repeats_code = true});
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, w.driver->identify(w.talk, &id));
	assert_string_equal(id.serial, "00410023");
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(
		&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW), 0.00051);
	twin_close(&w);
}

static void whoever_is_alone_answers_to_address_0_and_takes_no_settings_there(void **state)
{
	struct twin w;
	int64_t utc = 0;
	(void)state;
	twin_new(&w, "mercury230");
	twin_open(&w, "address=0", TWIN_NOW);
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, TWIN_NOW);
	assert_int_equal(w.driver->set_clock(w.talk, TWIN_NOW), ERR_UNSUPP);
	twin_close(&w);
}

/* ---- behind a concentrator ---- */

static struct frame_verdict htc_frame(struct slice s)
{
	uint32_t node;
	struct slice inner;
	size_t n = htc_cut(s, &node, &inner);
	return n == 0     ? (struct frame_verdict){FRAME_JUNK, 1} :
	       n > s.size ? (struct frame_verdict){FRAME_MORE, n} :
			    (struct frame_verdict){FRAME_FULL, n};
}

/* Of a request with one node: it stands where a reply has the zeros, the frame follows it. */
static bool htc_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static const uint8_t zeros[3] = {0};
	struct buf inner, packet;
	if (request.size < 14 || request.data[2] != 0x10 || request.data[9] != 0x40) {
		return false;
	}
	struct slice asked = {request.data + 10, request.size - 12};
	buf_init(&inner, 300);
	buf_init(&packet, 300);
	(void)sim_mercury230.answer(d, asked, now_us, &inner);
	buf_u8(&packet, (uint8_t)(9 + inner.size));
	buf_u8(&packet, 1);
	buf_put(&packet, request.data + 6, 3);
	buf_put(&packet, zeros, sizeof(zeros));
	buf_u8(&packet, 0x40);
	buf_put(&packet, inner.data, inner.size);
	uint16_t sum = htc_checksum(buf_slice(&packet));
	buf_u8(reply, 1);
	buf_put(reply, packet.data, packet.size);
	buf_u16le(reply, sum);
	buf_fini(&inner);
	buf_fini(&packet);
	return true;
}

static void a_meter_behind_a_concentrator_is_read_like_any_other(void **state)
{
	static const struct sim_protocol htc = {
		.name = "mercury230", .frame = htc_frame, .answer = htc_answer};
	struct twin w;
	(void)state;
	twin_new(&w, "mercury230");
	w.device.protocol = &htc;
	twin_open(&w, "address=5 htc_node=137516", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, DAY_0, DAY_0 + TWIN_HOUR));
	expect_halves(&w, DAY_0, DAY_0 + TWIN_HOUR);
	twin_close(&w);
	twin_new(&w, "mercury230");
	w.device.protocol = &htc;
	twin_open(&w, "address=6 htc_node=137516", TWIN_NOW); /* nobody behind it */
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_TIMEOUT);
	assert_non_null(strstr(talk_diag(w.talk)->text, "concentrator"));
	twin_close(&w);
	twin_new(&w, "mercury230");
	twin_open(&w, "address=5 htc_node=1;2", TWIN_NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

/* ---- the load profile ---- */

/* A meter of three years has written over its ring many times: its records say so, and are whole. */
static void a_profile_is_whole_however_its_records_are_read(void **state)
{
	static const struct {
		const char *kind, *params;
		int memory_most; /* requests 06 */
	} rows[] = {{"mercury234", "address=5", 20}, {"mercury230", "address=5", 120},
		{"mercury230", "address=5 long_reply=yes", 30}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct twin w;
		odd_new(&w, rows[i].kind, (struct odd){0});
		twin_open(&w, rows[i].params, TWIN_NOW);
		int64_t from = DAY_0 - 2 * TWIN_DAY;
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, from, from + 2 * TWIN_DAY));
		expect_halves(&w, from, from + 2 * TWIN_DAY);
		assert_int_equal(twin_count(&w, "active_energy"), 96);
		assert_in_range(odd.asked[M230_MEMORY], 1, rows[i].memory_most);
		assert_int_equal(twin_read(&w, PERIOD_HOUR, from, from + TWIN_DAY), ERR_UNSUPP);
		twin_close(&w);
	}
}

static void a_record_written_meanwhile_makes_no_hole(void **state)
{
	struct twin w;
	(void)state;
	odd_new(&w, "mercury234", (struct odd){.has_moved = true});
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, DAY_0 - TWIN_DAY, DAY_0));
	expect_halves(&w, DAY_0 - TWIN_DAY, DAY_0);
	twin_close(&w);
}

/* 5 hours, from within one half-hour into another: neither was written whole. */
static void a_power_cut_leaves_a_hole_and_a_partial_record(void **state)
{
	static const char *const kinds[] = {"mercury230", "mercury234"};
	int64_t cut = DAY_0 - 3 * TWIN_DAY + 600, back = cut + 5 * TWIN_HOUR;
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct twin w;
		twin_new(&w, kinds[i]);
		w.device.off_from_utc = cut;
		w.device.off_till_utc = back;
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, twin_read(&w, PERIOD_HALF_HOUR, DAY_0 - 4 * TWIN_DAY, DAY_0));
		expect_halves(&w, DAY_0 - 4 * TWIN_DAY, cut - 600);
		assert_null(twin_sample(&w, "active_energy", cut - 600));
		const struct sample *partial = twin_sample(&w, "active_energy", back - 600);
		assert_non_null(partial);
		assert_int_equal(quality_class(partial->quality), QUALITY_PARTIAL);
		expect_halves(&w, back - 600 + HALF, DAY_0);
		sample_list_fini(&w.got);
		sample_list_init(&w.got);
		twin_must(&w, w.driver->read_events(w.talk,
				      (struct span){DAY_0 - 4 * TWIN_DAY, DAY_0}, &w.got.sink));
		assert_int_equal(w.got.event_n, 2);
		assert_string_equal(w.got.events[0].code, "power_on");
		assert_int_equal(w.got.events[0].utc, back);
		assert_string_equal(w.got.events[1].code, "power_off");
		assert_int_equal(w.got.events[1].utc, cut);
		twin_close(&w);
	}
}

/* ---- readings ---- */

static void readings_are_those_of_midnight_and_of_the_first(void **state)
{
	static const char *const kinds[] = {"mercury230", "mercury234"};
	int64_t january = DAY_0 - 9 * TWIN_DAY, december = january - 31 * TWIN_DAY;
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct twin w;
		odd_new(&w, kinds[i], (struct odd){0});
		twin_open(&w, "address=5", TWIN_NOW);
		twin_must(&w, twin_read(&w, PERIOD_DAY, DAY_0 - TWIN_DAY, DAY_0));
		for (int64_t at = DAY_0 - TWIN_DAY; at <= DAY_0; at += TWIN_DAY) {
			twin_expect(&w, "active_energy", at,
				twin_reading(QUANTITY_ACTIVE_ENERGY, at), 0.00051);
			assert_int_equal(twin_sample(&w, "active_energy", at)->form, FORM_POINT);
			assert_non_null(twin_sample(&w, "active_energy.t1", at));
		}
		twin_must(&w, twin_read(&w, PERIOD_MONTH, december, january));
		twin_expect(&w, "active_energy", december,
			twin_reading(QUANTITY_ACTIVE_ENERGY, december), 0.00051);
		twin_expect(&w, "active_energy", january,
			twin_reading(QUANTITY_ACTIVE_ENERGY, january), 0.00051);
		/* what older firmware does not answer it is asked for once: with its repetitions */
		assert_true(i == 1 || odd.asked[M230_SLICE] <= 3);
		twin_close(&w);
	}
}

static void the_clock_is_set_with_the_rights_of_level_2(void **state)
{
	struct twin w;
	int64_t utc = 0;
	(void)state;
	twin_new(&w, "mercury230");
	w.device.clock_offset_s = 300;
	twin_open(&w, "address=5", TWIN_NOW);
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, TWIN_NOW + 300);
	twin_must(&w, w.driver->set_clock(w.talk, TWIN_NOW));
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, TWIN_NOW);
	twin_close(&w);
	twin_new(&w, "mercury230");
	twin_open(&w, "address=5 password2=333333", TWIN_NOW);
	assert_int_equal(w.driver->set_clock(w.talk, TWIN_NOW), ERR_DENIED);
	assert_non_null(strstr(talk_diag(w.talk)->text, "password of level 2"));
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_encoding_of_the_password_of_the_maker_opens_the_channel),
		cmocka_unit_test(a_wrong_password_is_said_to_be_wrong),
		cmocka_unit_test(a_channel_that_closes_is_opened_again),
		cmocka_unit_test(a_meter_that_repeats_the_command_is_understood),
		cmocka_unit_test(whoever_is_alone_answers_to_address_0_and_takes_no_settings_there),
		cmocka_unit_test(a_meter_behind_a_concentrator_is_read_like_any_other),
		cmocka_unit_test(a_profile_is_whole_however_its_records_are_read),
		cmocka_unit_test(a_record_written_meanwhile_makes_no_hole),
		cmocka_unit_test(a_power_cut_leaves_a_hole_and_a_partial_record),
		cmocka_unit_test(readings_are_those_of_midnight_and_of_the_first),
		cmocka_unit_test(the_clock_is_set_with_the_rights_of_level_2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
