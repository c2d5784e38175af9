/*
 * The Vzlet text protocol: 58 exchanges of an MT-200DS and a TSR made and understood, then the driver over
 * its twins - replies without a checksum, a ring that lies elsewhere, records that were not made.
 *
 * No exception: every request is made by our encoder, every reply gives what the vectors say.
 */
#include "exchange.h"
#include "slow_line.h"
#include "twin.h"

#include "model/abnormal.h"
#include "model/unit_text.h"
#include "proto/mt200.h"

/* ---- published exchanges ---- */

struct tally {
	int texts, numbers, refusals, records;
};

static int number(const json_t *o, const char *key)
{
	return (int)json_number_value(json_object_get(o, key));
}

static void same(const struct exchange *x, struct slice made)
{
	if (made.size != x->request.size || memcmp(made.data, x->request.data, made.size) != 0) {
		fail_msg("heat.jsonl:%d: another request", x->line);
	}
}

static void check_degrees(const json_t *o, const char *key, double have)
{
	int want = number(o, key);
	if (want > 25000) {
		assert_true(isnan(have)); /* no sensor */
	} else {
		assert_true(have == want / 100.0);
	}
}

static void check_record(const struct exchange *x, struct tally *t)
{
	const json_t *q = json_object_get(x->decoded, "request");
	const json_t *o = json_object_get(x->decoded, "response");
	uint16_t at = (uint16_t)strtol(exchange_text(q, "address"), NULL, 16);
	uint8_t n = (uint8_t)number(q, "pattern_len"), again[MT200_HOUR_BYTES];
	struct mt200_frame f;
	struct mt200_record r;
	struct slice record;
	char date[32];
	same(x, mt200_ask_memory(&f, MT200_RS232, at, n));
	struct mt200_cut cut = mt200_cut_reply(x->reply, false, n);
	assert_int_equal(cut.state, MT200_CUT_FULL);
	assert_int_equal(cut.size, x->reply.size);
	assert_int_equal(mt200_memory_decode(x->reply, false, at, n, &record), ERR_OK);
	assert_int_equal(mt200_record_decode(record, &r), ERR_OK);
	(void)snprintf(date, sizeof(date), "%04d-%02d-%02d hour %d", r.at.year, r.at.month,
		r.at.day, r.at.hour);
	assert_string_equal(date, exchange_text(o, "date"));
	/* the place the document gives it */
	int64_t slot = mt200_ordinal(MT200_DAYS, r.at) % mt200_rings[MT200_DAYS].records;
	assert_int_equal(mt200_rings[MT200_DAYS].start + slot * n, at);
	static const char *const volumes[] = {"V1", "V2", "V3", "V4"};
	for (int i = 0; i < 4; i++) {
		double want = json_number_value(json_object_get(o, volumes[i]));
		assert_true(fabs(r.volume[i] - want) <= 5e-7 * want);
	}
	for (int i = 0; i < 2; i++) { /* given to seven digits */
		double want = json_number_value(json_object_get(o, i ? "heat2_MJ" : "heat1_MJ"));
		assert_true(fabs(r.heat[i] - want) <= 5e-7 * want);
	}
	check_degrees(o, "t1_x100", r.temperature[0]);
	check_degrees(o, "t2_x100", r.temperature[1]);
	check_degrees(o, "t3_x100", r.temperature[2]);
	check_degrees(o, "t4_x100", r.temperature[3]);
	assert_int_equal(r.fault_min, number(o, "alarm_time_min"));
	assert_int_equal(mt200_record_encode(&r, again), n);
	assert_memory_equal(again, record.data, 30); /* missing sensors are written otherwise */
	t->records++;
}

static void check_text(const struct exchange *x, struct tally *t)
{
	const json_t *q = json_object_get(x->decoded, "request");
	const char *want = exchange_text(json_object_get(x->decoded, "response"), "text");
	uint8_t command = (uint8_t)strtol(exchange_text(q, "cmd"), NULL, 16);
	char text[MT200_TEXT_CAP], utf8[2 * MT200_TEXT_CAP];
	struct mt200_frame f;
	double value;
	int decimals;
	same(x, mt200_ask(&f, MT200_RS232, command, (uint8_t)number(q, "index")));
	struct mt200_cut cut = mt200_cut_reply(x->reply, false, 0);
	assert_int_equal(cut.state, MT200_CUT_FULL);
	assert_int_equal(cut.size, x->reply.size);
	enum err e = mt200_text_decode(x->reply, false, text);
	assert_true(text_to_utf8(utf8, sizeof(utf8), text, strlen(text), TEXT_CP866));
	assert_string_equal(utf8, want + strspn(want, " "));
	bool is_refusal = strcmp(want, "Not implemented") == 0 || strstr(want, "понимаю");
	assert_int_equal(e, is_refusal ? ERR_UNSUPP : ERR_OK);
	t->refusals += is_refusal;
	t->texts += !is_refusal;
	struct civil at = {0};
	uint16_t bits;
	if (is_refusal || command == MT200_NAME_MT || command == MT200_NAME_TSR) {
		return;
	}
	if (command == MT200_DATE || command == MT200_TIME) {
		assert_true(command == MT200_DATE ? mt200_date(text, &at) : mt200_time(text, &at));
	} else if (command == MT200_ERRORS) {
		assert_true(mt200_bits(text, &bits));
		assert_int_equal(bits, 1u << 3);
		assert_int_equal(mt200_abnormal(bits), ABNORMAL_FLOW_LOW);
	} else {
		assert_int_equal(mt200_number(text, &value, &decimals), ERR_OK);
		assert_true(strstr(want, "---") ? isnan(value) : value == strtod(want, NULL));
		t->numbers++;
	}
}

static void check(const struct exchange *x, void *ctx)
{
	if (json_object_get(json_object_get(x->decoded, "request"), "address")) {
		check_record(x, ctx);
	} else {
		check_text(x, ctx);
	}
}

static void every_published_exchange_is_made_and_understood(void **state)
{
	(void)state;
	struct tally t = {0};
	int n = heat_each("mt200_tsr", check, &t);
	assert_int_equal(n, 58);
	assert_int_equal(t.texts + t.refusals + t.records, n);
	assert_int_equal(t.records, 3);
	assert_in_range(t.numbers, 30, 50);
}

/* ---- frames ---- */

static void the_worked_request_has_the_worked_checksum(void **state)
{
	(void)state;
	static const uint8_t want[] = {0x04, 0x31, 0x01, 0xcc};
	static const uint8_t want_485[] = {0x0b, 0x04, 0x31, 0x01, 0xcc};
	struct mt200_frame f;
	struct slice made = mt200_ask(&f, MT200_RS232, MT200_FLOW, 1);
	assert_int_equal(made.size, sizeof(want));
	assert_memory_equal(made.data, want, sizeof(want));
	made = mt200_ask(&f, 11, MT200_FLOW, 1);
	assert_int_equal(made.size, sizeof(want_485));
	assert_memory_equal(made.data, want_485, sizeof(want_485));
}

static void a_damaged_reply_on_rs485_is_none(void **state)
{
	(void)state;
	struct mt200_frame f;
	uint8_t bytes[MT200_FRAME_CAP];
	struct slice good = mt200_text(&f, true, "   50.119");
	assert_int_equal(mt200_cut_reply(good, true, 0).state, MT200_CUT_FULL);
	for (size_t n = 0; n < good.size; n++) {
		struct slice cut = {good.data, n};
		assert_int_equal(mt200_cut_reply(cut, true, 0).state, MT200_CUT_MORE);
	}
	for (size_t bit = 0; bit < 8 * good.size; bit++) {
		memcpy(bytes, good.data, good.size);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		struct slice bad = {bytes, good.size};
		assert_int_not_equal(mt200_cut_reply(bad, true, 0).state, MT200_CUT_FULL);
	}
}

static void a_refusal_is_told_from_memory(void **state)
{
	(void)state;
	struct mt200_frame f;
	uint8_t record[MT200_DAY_BYTES];
	struct slice got;
	struct slice no = mt200_text(&f, false, "Not implemented");
	struct mt200_cut cut = mt200_cut_reply(no, false, MT200_DAY_BYTES);
	assert_int_equal(cut.state, MT200_CUT_FULL);
	assert_int_equal(mt200_memory_decode(no, false, 0x4e6f, MT200_DAY_BYTES, &got), ERR_UNSUPP);
	/* memory never written, at an address that reads as letters */
	for (int fill = 0; fill <= 0xff; fill += 0xff) {
		memset(record, fill, sizeof(record));
		struct slice all = mt200_memory(&f, false, 0x4e6f, SLICE(record), (uint8_t)fill);
		cut = mt200_cut_reply(all, false, MT200_DAY_BYTES);
		assert_int_equal(cut.state, MT200_CUT_FULL);
		assert_int_equal(cut.size, all.size);
		assert_int_equal(
			mt200_memory_decode(all, false, 0x4e6f, MT200_DAY_BYTES, &got), ERR_OK);
		struct mt200_record r;
		assert_int_equal(mt200_record_decode(got, &r), ERR_NODATA);
		assert_int_equal(mt200_memory_decode(all, false, 0x4e70, MT200_DAY_BYTES, &got),
			ERR_FOREIGN);
	}
}

/* ---- the driver ---- */

static struct {
	int moved;     /* slots the rings lie elsewhere */
	int damage;    /* of so many replies one is damaged; 0: none */
	bool has_none; /* refuses memory */
	int requests;
} liar;

static bool lie(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct mt200_request q;
	struct mt200_frame f;
	int address;
	size_t from = reply->size;
	liar.requests++;
	assert_int_equal(mt200_request_decode(request, false, &address, &q), ERR_OK);
	if (q.command == MT200_MEMORY && liar.has_none) {
		struct slice no = mt200_text(&f, false, "Not implemented");
		buf_put(reply, no.data, no.size);
		return true;
	}
	if (q.command == MT200_MEMORY && liar.moved) {
		enum mt200_ring ring = q.at < mt200_rings[MT200_DAYS].start   ? MT200_HOURS :
				       q.at < mt200_rings[MT200_MONTHS].start ? MT200_DAYS :
										MT200_MONTHS;
		const struct mt200_ring_facts *facts = &mt200_rings[ring];
		int slot = ((q.at - facts->start) / facts->bytes + liar.moved) % facts->records;
		struct slice other = mt200_ask_memory(&f, MT200_RS232,
			(uint16_t)(facts->start + slot * facts->bytes), facts->bytes);
		assert_true(sim_mt200.answer(d, other, now_us, reply));
		reply->data[from + 1] = (uint8_t)(q.at >> 8);
		reply->data[from + 2] = (uint8_t)q.at;
	} else if (!sim_mt200.answer(d, request, now_us, reply)) {
		return false;
	}
	if (liar.damage && liar.requests % liar.damage == 0) {
		reply->data[from + 3 + (size_t)liar.requests % 4] ^= 0x01;
	}
	return true;
}

static struct sim_protocol lying;

static void open_meter(struct twin *w, const char *params)
{
	lying = (struct sim_protocol){
		.name = sim_mt200.name, .frame = sim_mt200.frame, .answer = lie};
	twin_new(w, "mt200");
	w->device.protocol = &lying;
	twin_open(w, params, TWIN_NOW);
}

static int64_t day_of(const struct twin *w, int back)
{
	return period_of(&w->calendar, PERIOD_DAY, TWIN_NOW).from - back * (int64_t)TWIN_DAY;
}

static void expect_day(const struct twin *w, int back)
{
	int64_t end = day_of(w, back) + TWIN_DAY;
	double heat = twin_reading(QUANTITY_HEAT_ENERGY, end) * 4186.8;
	double mass = twin_reading(QUANTITY_MASS_SUPPLY, end);
	twin_expect(w, "heat_energy.1", end, heat, 1e-7 * heat);
	twin_expect(w, "mass_supply", end, mass, 1e-7 * mass);
	twin_expect(w, "temperature_supply", end - TWIN_DAY, 90.25, 0);
	assert_int_equal(twin_sample(w, "mass_supply", end)->form, FORM_POINT);
	assert_int_equal(twin_sample(w, "temperature_supply", end - TWIN_DAY)->form, FORM_AMOUNT);
	assert_true(isnan(twin_sample(w, "temperature.4", end - TWIN_DAY)->value));
}

static void a_ring_that_lies_elsewhere_is_found(void **state)
{
	(void)state;
	for (int moved = 0; moved < 60; moved += 7) {
		struct twin w;
		memset(&liar, 0, sizeof(liar));
		liar.moved = moved;
		open_meter(&w, "");
		twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 60), day_of(&w, 0)));
		for (int i = 1; i <= 60; i++) {
			expect_day(&w, i);
		}
		twin_must(&w, twin_read(&w, PERIOD_HOUR, TWIN_NOW - 11 * TWIN_HOUR, TWIN_NOW));
		assert_int_equal(twin_count(&w, "mass_supply"), 10);
		twin_must(&w, twin_read(&w, PERIOD_MONTH, TWIN_NOW - 200LL * TWIN_DAY, TWIN_NOW));
		assert_int_equal(twin_count(&w, "mass_supply"), 6);
		twin_close(&w);
	}
}

static void a_day_that_was_not_recorded_is_not_made_up(void **state)
{
	(void)state;
	struct twin w;
	memset(&liar, 0, sizeof(liar));
	open_meter(&w, "");
	w.device.off_from_utc = day_of(&w, 5) + 7200;
	w.device.off_till_utc = day_of(&w, 3) + 7200;
	twin_plug(&w, TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 8), day_of(&w, 0)));
	for (int i = 1; i <= 8; i++) {
		const struct sample *s = twin_sample(&w, "temperature_supply", day_of(&w, i));
		assert_true((s != NULL) == (i != 4 && i != 5));
	}
	/* an hour the power went away in, and came back */
	twin_must(&w, twin_read(&w, PERIOD_HOUR, day_of(&w, 3), day_of(&w, 2)));
	twin_expect(&w, "error_code", day_of(&w, 3) + 7200, 0, 0);
	assert_null(twin_sample(&w, "error_code", day_of(&w, 3)));
	twin_close(&w);
}

static void damaged_replies_without_a_checksum_do_no_harm(void **state)
{
	(void)state;
	for (int damage = 3; damage < 9; damage++) {
		struct twin w;
		memset(&liar, 0, sizeof(liar));
		liar.damage = damage;
		open_meter(&w, "");
		enum err e = twin_read(&w, PERIOD_DAY, day_of(&w, 20), day_of(&w, 0));
		assert_true(e == ERR_OK || e == ERR_NOISE);
		for (int i = 1; i <= 20; i++) {
			if (twin_sample(&w, "mass_supply", day_of(&w, i) + TWIN_DAY)) {
				expect_day(&w, i);
			}
		}
		twin_close(&w);
	}
}

static void an_archive_that_is_refused_is_not_asked_for_again(void **state)
{
	(void)state;
	struct twin w;
	memset(&liar, 0, sizeof(liar));
	liar.has_none = true;
	open_meter(&w, "");
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_DAY);
	assert_int_equal(twin_read(&w, PERIOD_DAY, day_of(&w, 5), day_of(&w, 0)), ERR_UNSUPP);
	assert_false(w.driver->caps_of(w.talk) & CAP_ARCHIVE_DAY);
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_HOUR);
	int asked = liar.requests;
	assert_int_equal(twin_read(&w, PERIOD_DAY, day_of(&w, 5), day_of(&w, 0)), ERR_UNSUPP);
	assert_int_equal(liar.requests, asked);
	twin_close(&w);
}

static void values_come_in_the_units_the_meter_tells(void **state)
{
	(void)state;
	struct twin w;
	memset(&liar, 0, sizeof(liar));
	open_meter(&w, "pressure_unit=MPa");
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "mass_supply", 0, twin_reading(QUANTITY_MASS_SUPPLY, TWIN_NOW), 0.0005);
	assert_int_equal(twin_sample(&w, "mass_supply", 0)->unit, UNIT_T);
	assert_int_equal(twin_sample(&w, "mass_flow_supply", 0)->unit, UNIT_T_H);
	assert_int_equal(twin_sample(&w, "heat_energy", 0)->unit, UNIT_GCAL);
	assert_int_equal(twin_sample(&w, "heat_power.1", 0)->unit, UNIT_GCAL_H);
	twin_expect(&w, "pressure_supply", 0, 0.75, 0);
	assert_true(isnan(twin_sample(&w, "temperature.4", 0)->value));
	twin_close(&w);
	open_meter(&w, "");
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_null(twin_sample(&w, "pressure_supply", 0)); /* in no unit anybody told */
	twin_close(&w);
}

static uint8_t unit_told;

static bool answer_unit(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct mt200_request q;
	struct mt200_frame f;
	int address;
	assert_int_equal(mt200_request_decode(request, false, &address, &q), ERR_OK);
	if (q.command != MT200_UNIT) {
		return sim_mt200.answer(d, request, now_us, reply);
	}
	struct slice told = mt200_text(&f, false, unit_told == 1 ? "     1" : "     2");
	buf_put(reply, told.data, told.size);
	return true;
}

static void a_unit_set_anew_in_the_meter_is_noticed(void **state)
{
	(void)state;
	struct twin w;
	struct identity who;
	memset(&liar, 0, sizeof(liar));
	unit_told = 2;
	open_meter(&w, "");
	lying.answer = answer_unit;
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_int_equal(twin_sample(&w, "mass_supply", 0)->unit, UNIT_T);
	unit_told = 1;
	twin_forget(&w);
	assert_int_equal(talk_begin(w.talk, TWIN_NOW + TWIN_DAY), ERR_OK);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_null(twin_sample(&w, "mass_supply", 0));
	assert_int_equal(twin_sample(&w, "volume_supply", 0)->unit, UNIT_M3);
	unit_told = 2;
	twin_forget(&w);
	twin_must(&w, w.driver->identify(w.talk, &who)); /* another meter may be there */
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_int_equal(twin_sample(&w, "mass_supply", 0)->unit, UNIT_T);
	twin_close(&w);
}

/* A modem link: every reply comes after the request was repeated, and so do those to the repetitions. */
static void a_late_reply_is_not_that_to_the_next_command(void **state)
{
	(void)state;
	static struct slow_line l;
	struct twin w;
	struct line line = {.is_enabled = true};
	struct meter meter = {.params = "reply_ms=500"}; /* three requests before the first reply */
	struct diag diag = {0};
	twin_new(&w, "mt200");
	l = (struct slow_line){.link.ops = &slow_line_ops,
		.device = w.device,
		.now_us = TWIN_NOW * INT64_C(1000000),
		.slow = 1000000};
	buf_init(&l.in, 4096);
	buf_init(&l.out, 1 << 16);
	assert_int_equal(talk_new(w.driver, &line, &meter, w.device.zone, &w.talk, &diag), ERR_OK);
	talk_attach(w.talk, &l.link, NULL);
	assert_int_equal(talk_begin(w.talk, TWIN_NOW), ERR_OK);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	/* minutes of waiting: counters go on */
	twin_expect(&w, "mass_supply", 0, twin_reading(QUANTITY_MASS_SUPPLY, TWIN_NOW), 3);
	twin_expect(&w, "mass_return", 0, twin_reading(QUANTITY_MASS_RETURN, TWIN_NOW), 3);
	twin_expect(&w, "temperature_supply", 0, 90.25, 0);
	twin_expect(&w, "temperature_return", 0, 60.5, 0);
	twin_expect(&w, "temperature_difference", 0, 29.75, 0);
	assert_int_equal(twin_sample(&w, "mass_supply", 0)->unit, UNIT_T);
	twin_close(&w);
	buf_fini(&l.in);
	buf_fini(&l.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_made_and_understood),
		cmocka_unit_test(the_worked_request_has_the_worked_checksum),
		cmocka_unit_test(a_damaged_reply_on_rs485_is_none),
		cmocka_unit_test(a_refusal_is_told_from_memory),
		cmocka_unit_test(a_ring_that_lies_elsewhere_is_found),
		cmocka_unit_test(a_day_that_was_not_recorded_is_not_made_up),
		cmocka_unit_test(damaged_replies_without_a_checksum_do_no_harm),
		cmocka_unit_test(an_archive_that_is_refused_is_not_asked_for_again),
		cmocka_unit_test(values_come_in_the_units_the_meter_tells),
		cmocka_unit_test(a_unit_set_anew_in_the_meter_is_noticed),
		cmocka_unit_test(a_late_reply_is_not_that_to_the_next_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
