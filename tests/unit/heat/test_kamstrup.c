/*
 * The Kamstrup driver over its twin: what the tests of all families do not ask - holes and shifts of the
 * logs, missing modules, wrong answers.
 */
#include "exchange.h"
#include "twin.h"

#include "drivers/kamstrup.h"
#include "model/abnormal.h"

/* ---- a meter that answers in another way ---- */

enum lie {
	LIE_NONE,
	LIE_NO_DATES,    /* the daily log has no register 1003 */
	LIE_END_LABEL,   /* its dates are those of the next day */
	LIE_READINGS,    /* its values are readings of four bytes */
	LIE_ONE_AT_ONCE, /* is silent about more than one register */
	LIE_MUTE_T1,     /* its daily log is silent about register 86 */
	LIE_NO_LOG,      /* as if all requests for the daily log were lost */
	LIE_NO_TARGET    /* has no register 98 */
};

static struct {
	enum lie how;
	int requests;
	int midnight_at; /* the clock passes midnight before this request */
	int64_t jump_us;
} liar;

static double grow_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = ((double)utc_us / 1e6 - TWIN_BORN) / 3600;
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return h * h * 1e-6;
	case QUANTITY_VOLUME_SUPPLY: return h * h * 1e-5;
	case QUANTITY_TEMPERATURE_SUPPLY: return 70 + 10 * sin(h / 50);
	default: return NAN;
	}
}

static void next_day(struct kmp_log *log, struct buf *data)
{
	kmp_put_form(data, &log->form);
	for (unsigned i = 0; i < log->n; i++) {
		struct civil c = {0};
		assert_true(kmp_date(kmp_log_value(log, i), &c));
		c = civil_from_utc(civil_to_utc(c) + TWIN_DAY);
		kmp_put_mantissa(data, &log->form, (c.year % 100 * 100 + c.month) * 100 + c.day);
	}
}

static void widen(struct kmp_log *log, struct buf *data)
{
	log->form.size = 4;
	kmp_put_form(data, &log->form);
	for (unsigned i = 0; i < log->n; i++) {
		kmp_put_mantissa(data, &log->form,
			1000 + (log->form.sign_exp ? decimal_double((struct decimal){i, -2}) : i));
	}
}

static void falsify(const struct kmp_message *q, const struct kmp_log_ask *asked, struct buf *data)
{
	struct kmp_log log;
	struct kmp_message copy = *q;
	struct slice is = {copy.bytes + 2, q->data.size};
	buf_clear(data);
	if (liar.how == LIE_NO_DATES && asked->id == KMP_REG_DATE) {
		buf_u16be(data, 0xffff);
	} else if (kmp_log_decode(q->cid, is, &log) == ERR_OK && liar.how == LIE_END_LABEL &&
		   asked->id == KMP_REG_DATE) {
		next_day(&log, data);
	} else if (liar.how == LIE_READINGS && asked->id == 60 &&
		   kmp_log_decode(q->cid, is, &log) == ERR_OK) {
		widen(&log, data);
	} else {
		buf_put(data, is.data, is.size);
	}
}

static bool lie(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct kmp_message q, honest;
	struct kmp_log_ask asked;
	struct kmp_out out;
	struct buf first, data;
	liar.requests++;
	if (liar.midnight_at && liar.requests >= liar.midnight_at) {
		now_us += liar.jump_us;
	}
	assert_int_equal(kmp_decode(request, &q), ERR_OK);
	if (liar.how == LIE_ONE_AT_ONCE && q.cid == KMP_REGISTERS && q.data.data[0] > 1) {
		return false;
	}
	if (liar.how == LIE_NO_TARGET && q.cid == KMP_REGISTERS && q.data.size == 3 &&
		q.data.data[2] == KMP_REG_TARGET) {
		struct slice none = kmp_frame(
			&out, KMP_FROM_METER, q.dest, q.cid, (struct slice){NULL, 0});
		buf_put(reply, none.data, none.size);
		return true;
	}
	bool is_days = q.cid == KMP_LOG_DAYS && !kmp_log_asked(q.data, &asked);
	if (is_days && (liar.how == LIE_NO_LOG || (liar.how == LIE_MUTE_T1 && asked.id == 86))) {
		return false;
	}
	if (liar.how == LIE_NONE || q.cid != KMP_LOG_DAYS || kmp_log_asked(q.data, &asked)) {
		return sim_kmp.answer(d, request, now_us, reply);
	}
	buf_init(&first, KMP_FRAME_CAP);
	buf_init(&data, KMP_DATA_CAP);
	assert_true(sim_kmp.answer(d, request, now_us, &first));
	assert_int_equal(kmp_decode(buf_slice(&first), &honest), ERR_OK);
	falsify(&honest, &asked, &data);
	struct slice frame = kmp_frame(&out, KMP_FROM_METER, q.dest, q.cid, buf_slice(&data));
	buf_put(reply, frame.data, frame.size);
	buf_fini(&first);
	buf_fini(&data);
	return true;
}

static struct sim_protocol lying;

static void open_meter(struct twin *w, const char *family, const char *params, enum lie how)
{
	static const struct sim_source growing = {.at = grow_at};
	memset(&liar, 0, sizeof(liar));
	liar.how = how;
	lying = (struct sim_protocol){.name = sim_kmp.name, .frame = sim_kmp.frame, .answer = lie};
	twin_new(w, family);
	w->device.protocol = &lying;
	w->device.source = &growing;
	twin_open(w, params, TWIN_NOW);
}

/* ---- helpers ---- */

static int64_t day_of(const struct twin *w, int back)
{
	int64_t start = period_of(&w->calendar, PERIOD_DAY, TWIN_NOW).from;
	for (; back > 0; back--) {
		start = period_prev(&w->calendar, PERIOD_DAY, start);
	}
	return start;
}

static double grown(enum quantity q, int64_t from, int64_t till)
{
	return grow_at(NULL, q, till * 1000000) - grow_at(NULL, q, from * 1000000);
}

static void expect_days(const struct twin *w, int newest, int oldest)
{
	for (int i = newest; i <= oldest; i++) {
		int64_t from = day_of(w, i);
		twin_expect(w, "volume_supply", from,
			grown(QUANTITY_VOLUME_SUPPLY, from, from + TWIN_DAY), 0.011);
		twin_expect(w, "heat_energy", from,
			grown(QUANTITY_HEAT_ENERGY, from, from + TWIN_DAY), 0.0011);
	}
}

/* ---- tests ---- */

static void days_behind_a_hole_have_their_own_values(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NONE);
	w.device.off_from_utc = day_of(&w, 20) + 7200;
	w.device.off_till_utc = day_of(&w, 10) + 7200;
	twin_plug(&w, TWIN_NOW);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 60), day_of(&w, 0)));
	expect_days(&w, 1, 10);
	expect_days(&w, 21, 60);
	for (int i = 11; i <= 20; i++) {
		assert_null(twin_sample(&w, "volume_supply", day_of(&w, i)));
	}
	/* the day the power came back in was not whole */
	const struct sample *s = twin_sample(&w, "volume_supply", day_of(&w, 10));
	assert_true(quality_flags(s->quality) & QUALITY_ABNORMAL);
	twin_expect(&w, "error_code", day_of(&w, 10), 1, 0);
	twin_expect(&w, "abnormal", day_of(&w, 10), ABNORMAL_POWER, 0);
	s = twin_sample(&w, "volume_supply", day_of(&w, 9));
	assert_false(quality_flags(s->quality) & QUALITY_ABNORMAL);
	/* a piece that lies in the hole alone */
	assert_int_equal(twin_read(&w, PERIOD_DAY, day_of(&w, 15), day_of(&w, 12)), ERR_NODATA);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 25), day_of(&w, 15)));
	expect_days(&w, 21, 25);
	twin_close(&w);
}

static void days_before_the_memory_are_not_asked_for_without_end(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NONE);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	int asked = liar.requests;
	assert_int_equal(twin_read(&w, PERIOD_DAY, day_of(&w, 900), day_of(&w, 800)), ERR_NODATA);
	assert_true(liar.requests - asked < 10);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 470), day_of(&w, 440)));
	expect_days(&w, 441, 460);
	assert_null(twin_sample(&w, "volume_supply", day_of(&w, 461)));
	twin_close(&w);
}

static void a_midnight_while_the_log_is_read_shifts_nothing(void **state)
{
	(void)state;
	for (int at = 1; at < 40; at++) {
		struct twin w;
		open_meter(&w, "multical_601", "", LIE_NONE);
		liar.midnight_at = at;
		liar.jump_us = TWIN_DAY * 1000000LL;
		enum err e = twin_read(&w, PERIOD_DAY, day_of(&w, 40), day_of(&w, 0));
		twin_must(&w, e);
		expect_days(&w, 1, 40);
		twin_close(&w);
	}
}

static void months_end_on_the_target_day_at_midnight(void **state)
{
	(void)state;
	struct twin w;
	int hour = -1, day = -1;
	open_meter(&w, "multical_601", "", LIE_NONE);
	w.device.report_day = 25;
	w.device.report_hour = 10; /* no such thing in this meter */
	twin_plug(&w, TWIN_NOW);
	twin_must(&w, w.driver->report_time(w.talk, &hour, &day));
	assert_int_equal(hour, 0);
	assert_int_equal(day, 25);
	talk_set_report(w.talk, hour, day);
	struct calendar c = {w.device.zone, hour, day};
	int64_t newest = period_of(&c, PERIOD_MONTH, TWIN_NOW).from, oldest = newest;
	for (int i = 0; i < 12; i++) {
		oldest = period_prev(&c, PERIOD_MONTH, oldest);
	}
	twin_must(&w, twin_read(&w, PERIOD_MONTH, oldest, newest));
	for (int64_t end = oldest; end <= newest; end = period_next(&c, PERIOD_MONTH, end)) {
		twin_expect(&w, "volume_supply", end,
			grow_at(NULL, QUANTITY_VOLUME_SUPPLY, end * 1000000), 0.011);
		assert_int_equal(twin_sample(&w, "volume_supply", end)->form, FORM_POINT);
	}
	twin_close(&w);
}

static void a_log_that_names_the_next_day_is_noticed(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_END_LABEL);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 30), day_of(&w, 0)));
	expect_days(&w, 1, 30);
	twin_close(&w);
	open_meter(&w, "multical_601", "day_label=start", LIE_END_LABEL);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 30), day_of(&w, 0)));
	twin_expect(&w, "volume_supply", day_of(&w, 9),
		grown(QUANTITY_VOLUME_SUPPLY, day_of(&w, 10), day_of(&w, 9)), 0.011);
	twin_close(&w);
}

static void a_log_without_dates_is_counted_and_says_so(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NO_DATES);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 30), day_of(&w, 0)));
	expect_days(&w, 1, 30);
	const struct sample *s = twin_sample(&w, "volume_supply", day_of(&w, 3));
	assert_true(quality_flags(s->quality) & QUALITY_TIME_SUSPECT);
	twin_close(&w);
}

static void values_as_long_as_registers_are_readings(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_READINGS);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	const struct sample *s = twin_sample(&w, "heat_energy", day_of(&w, 0));
	assert_non_null(s);
	assert_int_equal(s->form, FORM_POINT);
	s = twin_sample(&w, "volume_supply", day_of(&w, 1));
	assert_int_equal(s->form, FORM_AMOUNT);
	twin_close(&w);
}

static void a_missing_top_module_costs_two_tries(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_402", "", LIE_NONE);
	struct span day = {TWIN_NOW - TWIN_DAY, TWIN_NOW};
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_HOUR);
	enum err e = twin_read(&w, PERIOD_HOUR, day.from, day.till);
	assert_int_equal(e, ERR_TIMEOUT);
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_HOUR);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, day.from, day.till), ERR_UNSUPP);
	assert_false(w.driver->caps_of(w.talk) & CAP_ARCHIVE_HOUR);
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_DAY);
	int asked = liar.requests;
	assert_int_equal(twin_read(&w, PERIOD_HOUR, day.from, day.till), ERR_UNSUPP);
	assert_int_equal(liar.requests, asked);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	twin_close(&w);
}

static void a_register_the_log_is_silent_about_is_left_out(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_MUTE_T1);
	assert_int_equal(twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)), ERR_TIMEOUT);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	expect_days(&w, 1, 3);
	assert_null(twin_sample(&w, "temperature_supply", day_of(&w, 1)));
	int asked = liar.requests;
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	asked = liar.requests - asked;
	liar.how = LIE_NONE; /* it was the line: the next day it is there again */
	assert_int_equal(talk_begin(w.talk, TWIN_NOW + TWIN_DAY), ERR_OK);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	assert_non_null(twin_sample(&w, "temperature_supply", day_of(&w, 1)));
	assert_true(asked < 20);
	twin_close(&w);
}

static void a_log_that_has_answered_is_never_given_up(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NONE);
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	liar.how = LIE_NO_LOG;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(
			twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)), ERR_TIMEOUT);
	}
	assert_true(w.driver->caps_of(w.talk) & CAP_ARCHIVE_DAY);
	liar.how = LIE_NONE;
	twin_must(&w, twin_read(&w, PERIOD_DAY, day_of(&w, 3), day_of(&w, 0)));
	expect_days(&w, 1, 3);
	twin_close(&w);
}

static void days_end_at_midnight_though_the_target_day_is_not_told(void **state)
{
	(void)state;
	struct twin w;
	int hour = -1, day = -1;
	open_meter(&w, "multical_601", "", LIE_NO_TARGET);
	talk_set_report(w.talk, 10, 25); /* as of the building */
	twin_must(&w, w.driver->report_time(w.talk, &hour, &day));
	assert_int_equal(hour, 0);
	assert_int_equal(day, 25);
	twin_close(&w);
}

static void a_day_that_does_not_fit_its_bytes_is_not_trusted(void **state)
{
	(void)state;
	/* as captured: V1 of a day in two bytes, hundredths of a m3 */
	static const struct kmp_form form = {.id = 68, .unit = 40, .size = 2, .sign_exp = 0x42};
	const struct kamstrup_register *v1 = &kamstrup_registers[2];
	struct sample s;
	assert_int_equal(v1->id, 68);
	assert_true(kamstrup_fill(v1, &form, (struct decimal){0x08ff, -2}, &s));
	assert_int_equal(quality_class(s.quality), QUALITY_MEASURED);
	assert_true(kamstrup_fill(v1, &form, (struct decimal){0xffff, -2}, &s));
	assert_int_equal(quality_class(s.quality), QUALITY_SUSPECT);
}

static void a_sensor_that_is_not_there_has_no_value(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NONE);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	const struct sample *s = twin_sample(&w, "temperature.3", 0);
	assert_non_null(s);
	assert_true(isnan(s->value) && quality_class(s->quality) == QUALITY_MISSING);
	assert_null(twin_sample(&w, "cooling_energy", 0)); /* left out by the meter */
	s = twin_sample(&w, "heat_energy", 0);
	assert_int_equal(s->decimals, 3);
	assert_int_equal(s->unit, UNIT_GCAL);
	int asked = liar.requests;
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_true(liar.requests - asked < 3); /* what is not there is asked for once */
	twin_close(&w);
}

static void a_meter_of_one_register_at_once_is_read(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_ONE_AT_ONCE);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_TIMEOUT);
	twin_close(&w);
	open_meter(&w, "multical_601", "batch=1", LIE_ONE_AT_ONCE);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	assert_non_null(twin_sample(&w, "heat_energy", 0));
	assert_non_null(twin_sample(&w, "volume_supply", 0));
	twin_close(&w);
}

static void changes_of_the_info_code_are_events(void **state)
{
	(void)state;
	struct twin w;
	open_meter(&w, "multical_601", "", LIE_NONE);
	w.device.off_from_utc = day_of(&w, 20) + 7200;
	w.device.off_till_utc = day_of(&w, 10) + 7200;
	twin_plug(&w, TWIN_NOW);
	twin_must(&w, w.driver->read_events(
			      w.talk, (struct span){day_of(&w, 100), TWIN_NOW}, &w.got.sink));
	assert_int_equal(w.got.event_n, 2);
	assert_string_equal(w.got.events[0].code, "info.0");
	assert_int_equal(w.got.events[0].utc, day_of(&w, 10));
	assert_string_equal(w.got.events[1].code, "info.1");
	assert_string_equal(w.got.events[1].text, "power off");
	assert_int_equal(w.got.events[1].utc, day_of(&w, 20));
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_behind_a_hole_have_their_own_values),
		cmocka_unit_test(days_before_the_memory_are_not_asked_for_without_end),
		cmocka_unit_test(a_midnight_while_the_log_is_read_shifts_nothing),
		cmocka_unit_test(months_end_on_the_target_day_at_midnight),
		cmocka_unit_test(a_log_that_names_the_next_day_is_noticed),
		cmocka_unit_test(a_log_without_dates_is_counted_and_says_so),
		cmocka_unit_test(values_as_long_as_registers_are_readings),
		cmocka_unit_test(a_missing_top_module_costs_two_tries),
		cmocka_unit_test(a_register_the_log_is_silent_about_is_left_out),
		cmocka_unit_test(a_log_that_has_answered_is_never_given_up),
		cmocka_unit_test(days_end_at_midnight_though_the_target_day_is_not_told),
		cmocka_unit_test(a_day_that_does_not_fit_its_bytes_is_not_trusted),
		cmocka_unit_test(a_sensor_that_is_not_there_has_no_value),
		cmocka_unit_test(a_meter_of_one_register_at_once_is_read),
		cmocka_unit_test(changes_of_the_info_code_are_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
