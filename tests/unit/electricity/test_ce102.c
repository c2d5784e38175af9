/*
 * CE102: the published exchanges of vectors/electricity.jsonl, both generations of parameters, and what
 * a meter may answer instead.
 */
#include "drivers/driver.h"
#include "exchange.h"
#include "proto/ce102.h"
#include "test.h"
#include "twin.h"

#include <stdio.h>
#include <string.h>

/* ---- every published exchange ---- */

static void same(struct slice have, const struct ce102_frame *f, int line)
{
	struct ce102_out out;
	ce102_encode(f, &out);
	if (out.size != have.size || memcmp(out.data, have.data, out.size) != 0) {
		fail_msg("line %d: encoded otherwise", line);
	}
}

static void check_time(const struct ce102_frame *f, const char *want)
{
	struct civil c;
	char text[32];
	assert_int_equal(f->size, 7);
	assert_true(ce102_time(f->data, &c));
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day,
		c.hour, c.minute, c.second);
	assert_string_equal(text, want);
}

/* What the line says it means: "0100 version" with the raw data, a time, a part of the number. */
static void check_meaning(const struct ce102_frame *f, const struct exchange *x)
{
	const char *raw = exchange_text(x->decoded, "raw"),
		   *time = exchange_text(x->decoded, "time");
	const char *text = exchange_text(x->decoded, "text");
	if (*time) {
		check_time(f, time);
	} else if (*raw) {
		uint8_t bytes[EXCHANGE_FRAME_MAX];
		size_t n = exchange_hex(raw, bytes);
		assert_int_equal(f->size, n);
		assert_memory_equal(f->data, bytes, n);
	} else {
		size_t n = strcspn(text, "\\"); /* a zero byte is written \\0 there */
		assert_int_equal(f->size, 8);
		assert_memory_equal(f->data, text, n);
		assert_true(n == 8 || f->data[n] == 0);
	}
}

static void check(const struct exchange *x, void *ctx)
{
	struct ce102_frame q, r;
	unsigned command = (unsigned)strtoul(exchange_text(x->decoded, "cmd"), NULL, 16);
	(void)ctx;
	assert_int_equal(ce102_decode(x->request, true, &q), ERR_OK);
	same(x->request, &q, x->line);
	assert_int_equal(q.command, command);
	assert_int_equal(q.from, 253);
	if (x->reply.size == 0) {
		return; /* the request alone was published */
	}
	assert_int_equal(ce102_decode(x->reply, false, &r), ERR_OK);
	same(x->reply, &r, x->line);
	assert_true(r.to == q.from && r.from == q.to && r.command == q.command);
	check_meaning(&r, x);
}

static void every_published_exchange_is_understood_and_rebuilt(void **state)
{
	(void)state;
	assert_int_equal(electricity_each("ce102", check, NULL), 10);
}

/* ---- the protocol ---- */

static void the_checksum_is_that_of_the_worked_example(void **state)
{
	(void)state;
	/* running values of the capture of 2016-11-10, an IEK meter */
	static const uint8_t bytes[] = {0x48, 0x01, 0, 0xfd, 0, 0, 0, 0, 0, 0xd0, 0x01, 0};
	static const uint8_t running[] = {
		0xa6, 0xec, 0x20, 0xe1, 0x88, 0xc3, 0x0f, 0x77, 0xa5, 0x7a, 0xb8, 0xb7};
	for (size_t n = 1; n <= sizeof(bytes); n++) {
		assert_int_equal(ce102_crc8((struct slice){bytes, n}), running[n - 1]);
	}
}

static void marks_inside_a_frame_are_sent_as_two_bytes(void **state)
{
	(void)state;
	struct ce102_frame f = {.to = 0xc0db,
				   .from = 0xdbc0,
				   .class = CE102_CLASS_COMMAND,
				   .command = 0xc0c0,
				   .size = 3,
				   .data = {0xc0, 0xdb, 0xdc}},
			   back;
	struct ce102_out out;
	size_t n;
	ce102_encode(&f, &out);
	assert_null(memchr(out.data + 1, 0xc0, out.size - 2));
	struct slice s = {out.data, out.size};
	assert_int_equal(ce102_cut(s, false, &n), CE102_CUT_FULL);
	assert_int_equal(n, out.size);
	assert_int_equal(ce102_decode(s, false, &back), ERR_OK);
	same(s, &back, 0);
	assert_true(back.to == f.to && back.from == f.from && back.command == f.command);
	assert_int_equal(back.size, f.size);
	assert_memory_equal(back.data, f.data, f.size);
	assert_int_equal(ce102_decode(s, true, &back), ERR_PROTO); /* it is no request */
}

/* ---- the driver ---- */

static void open_meter(struct twin *w, const char *kind, const char *params)
{
	twin_new(w, kind);
	twin_open(w, params, TWIN_NOW);
}

static void both_generations_give_readings_of_tariffs_now_and_at_the_end_of_days(void **state)
{
	(void)state;
	static const char *const kinds[] = {"ce102", "ce102_r5"};
	for (int i = 0; i < 2; i++) {
		struct twin w;
		int64_t day = TWIN_NOW - 9 * TWIN_HOUR; /* midnight of 10 January in Moscow */
		open_meter(&w, kinds[i], "address=5");
		twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
		twin_expect(&w, "active_energy", 0, twin_reading(QUANTITY_ACTIVE_ENERGY, TWIN_NOW),
			0.005);
		assert_non_null(twin_sample(&w, "active_energy.t2", 0));
		/* number 0 is a tariff of the older generation and the sum of the newer one */
		assert_true(!twin_sample(&w, "active_energy.t0", 0) == (i == 1));
		twin_must(&w, twin_read(&w, PERIOD_DAY, day - 3 * TWIN_DAY, day + TWIN_DAY));
		for (int k = 0; k < 4; k++) {
			int64_t at = day - k * TWIN_DAY;
			twin_expect(&w, "active_energy", at,
				twin_reading(QUANTITY_ACTIVE_ENERGY, at), 0.005);
		}
		twin_must(&w, twin_read(&w, PERIOD_MONTH, day - 32 * TWIN_DAY, day));
		/* the end of December */
		twin_expect(&w, "active_energy", day - 9 * TWIN_DAY,
			twin_reading(QUANTITY_ACTIVE_ENERGY, day - 9 * TWIN_DAY), 0.005);
		twin_close(&w);
	}
}

static void the_newer_generation_has_no_profile_that_is_known(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "ce102_r5", "address=5");
	assert_int_equal(
		twin_read(&w, PERIOD_HALF_HOUR, TWIN_NOW - TWIN_DAY, TWIN_NOW), ERR_UNSUPP);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, TWIN_NOW - TWIN_DAY, TWIN_NOW), ERR_UNSUPP);
	twin_close(&w);
}

static void a_wrong_password_is_a_refusal_in_words(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "ce102", "address=5 password=123");
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(w.talk)->text, "password"));
	twin_close(&w);
	open_meter(&w, "ce102", "address=5"); /* the reader's may not set the clock */
	assert_int_equal(w.driver->set_clock(w.talk, TWIN_NOW), ERR_DENIED);
	twin_close(&w);
}

/* ---- a meter whose midnight comes while it is read ---- */

static int asked_for_days;

static bool answer_over_midnight(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct ce102_frame q;
	if (ce102_decode(request, true, &q) == ERR_OK && q.command == CE102_DAY_SUM &&
		++asked_for_days == 2) {
		d->clock_offset_s += TWIN_DAY; /* its days count from another one now */
	}
	return sim_ce102.answer(d, request, now_us, reply);
}

static void what_was_read_over_the_meters_midnight_is_thrown_away(void **state)
{
	(void)state;
	static struct sim_protocol late;
	struct twin w;
	int64_t day = TWIN_NOW - 9 * TWIN_HOUR;
	late = (struct sim_protocol){
		.name = "ce102", .frame = sim_ce102.frame, .answer = answer_over_midnight};
	asked_for_days = 0;
	twin_new(&w, "ce102");
	w.device.protocol = &late;
	twin_open(&w, "address=5", TWIN_NOW);
	assert_int_equal(twin_read(&w, PERIOD_DAY, day - 3 * TWIN_DAY, day), ERR_BUSY);
	assert_non_null(twin_sample(&w, "active_energy", day)); /* before it happened */
	assert_null(twin_sample(&w, "active_energy", day - TWIN_DAY));
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_understood_and_rebuilt),
		cmocka_unit_test(the_checksum_is_that_of_the_worked_example),
		cmocka_unit_test(marks_inside_a_frame_are_sent_as_two_bytes),
		cmocka_unit_test(
			both_generations_give_readings_of_tariffs_now_and_at_the_end_of_days),
		cmocka_unit_test(the_newer_generation_has_no_profile_that_is_known),
		cmocka_unit_test(a_wrong_password_is_a_refusal_in_words),
		cmocka_unit_test(what_was_read_over_the_meters_midnight_is_thrown_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
