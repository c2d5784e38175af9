/*
 * Frames and numbers of the Kamstrup Meter Protocol against 676 exchanges of a Multical 601.
 *
 * Requests are made by our encoder from what the vectors say they mean, and must be the same bytes, but
 * for one: a request for the year 225, which is framed from its data. (The published program asked
 * command 67 with a date where a record number belongs: the bytes are made as the number they are.)
 */
#include "exchange.h"
#include "test.h"

#include "model/abnormal.h"
#include "proto/kmp.h"

#include <math.h>

struct tally {
	int encoded, framed, registers, logs, nodata, silent, others;
};

static int number(const json_t *o, const char *key, int missing)
{
	const json_t *v = json_object_get(o, key);
	return json_is_number(v) ? (int)json_number_value(v) : missing;
}

static int hex(const json_t *o, const char *key)
{
	return (int)strtol(exchange_text(o, key), NULL, 16);
}

static int part(const json_t *dates, size_t i)
{
	return (int)json_integer_value(json_array_get(dates, i));
}

static void same(const struct exchange *x, struct slice made)
{
	if (made.size != x->request.size || memcmp(made.data, x->request.data, made.size) != 0) {
		fail_msg("heat.jsonl:%d: another request", x->line);
	}
}

/* The data of a request by its meaning; false: an exception of the head comment. */
static bool ask_of(const json_t *q, struct kmp_ask *ret)
{
	const json_t *dates = json_object_get(q, "date_yy_mm_dd_hh");
	const json_t *ids = json_object_get(q, "registers");
	uint16_t id = (uint16_t)number(q, "register", 0);
	switch (hex(q, "cid")) {
	case KMP_TYPE:
	case KMP_SERIAL: *ret = (struct kmp_ask){.size = 0}; return true;
	case KMP_REGISTERS: {
		uint16_t list[KMP_BATCH];
		size_t n = json_array_size(ids);
		assert_true(n <= KMP_BATCH);
		for (size_t i = 0; i < n; i++) {
			list[i] = (uint16_t)part(ids, i);
		}
		*ret = kmp_ask_registers(list, n);
		return true;
	}
	case KMP_LOG_DAYS:
		*ret = kmp_ask_log(id, (uint16_t)number(q, "days_back", 0), number(q, "count", -1));
		return true;
	case KMP_LOG_INFO:
		if (json_array_size(dates) < 4) {
			*ret = kmp_ask_log(id, (uint16_t)(part(dates, 0) << 8 | part(dates, 1)),
				json_array_size(dates) < 3 ? -1 : part(dates, 2));
			return true;
		} /* fall through */
	case KMP_LOG_HOURS: {
		struct civil c = {.year = 2000 + part(dates, 0),
			.month = part(dates, 1),
			.day = part(dates, 2),
			.hour = part(dates, 3)};
		c.year = c.year == 2255 ? 0 : c.year;
		*ret = kmp_ask_hours(id, c);
		return c.year < 2100;
	}
	default: fail_msg("what is command %02X?", (unsigned)hex(q, "cid")); return false;
	}
}

static void check_request(const struct exchange *x, struct tally *t)
{
	const json_t *q = json_object_get(x->decoded, "request");
	struct kmp_message m;
	struct kmp_out out;
	struct kmp_ask ask;
	assert_int_equal(kmp_decode(x->request, &m), ERR_OK);
	assert_int_equal(m.dest, hex(q, "dest"));
	assert_int_equal(m.cid, hex(q, "cid"));
	if (ask_of(q, &ask)) {
		same(x, kmp_frame(&out, KMP_TO_METER, m.dest, m.cid,
				(struct slice){ask.bytes, ask.size}));
		t->encoded++;
	} else {
		same(x, kmp_frame(&out, KMP_TO_METER, m.dest, m.cid, m.data));
		t->framed++;
	}
}

static void check_items(const struct exchange *x, struct slice data, const json_t *items)
{
	struct reader r = reader_of(data);
	struct kmp_value v;
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *o = json_array_get(items, i);
		assert_int_equal(kmp_next_value(&r, &v), ERR_OK);
		assert_int_equal(v.form.id, number(o, "register", -1));
		assert_int_equal(v.form.unit, number(o, "unit_code", -1));
		assert_int_equal(v.form.size, number(o, "size", -1));
		assert_int_equal(v.form.sign_exp, hex(o, "sign_exp"));
		double want = json_number_value(json_object_get(o, "value"));
		if (!v.is_number || decimal_double(v.number) != want) {
			fail_msg("heat.jsonl:%d: %.9g", x->line, decimal_double(v.number));
		}
	}
	assert_int_equal(kmp_next_value(&r, &v), ERR_NODATA);
}

static void check_log(const struct exchange *x, uint8_t cid, struct slice data, const json_t *o)
{
	static const struct {
		const char *text;
		enum unit unit;
	} units[] = {{"m3", UNIT_M3}, {"Gcal", UNIT_GCAL}, {"ton", UNIT_T}, {"degC", UNIT_DEGC}};
	const json_t *values = json_object_get(o, "values_newest_first");
	struct kmp_log log;
	enum unit unit = UNIT_NONE;
	int exponent = 9;
	assert_int_equal(kmp_log_decode(cid, data, &log), ERR_OK);
	assert_int_equal(log.form.id, number(o, "register", -1));
	assert_int_equal(log.form.size, number(o, "size", -1));
	assert_int_equal(log.n, json_array_size(values));
	assert_true(kmp_unit(log.form.unit, &unit, &exponent) && exponent == 0);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(exchange_text(o, "unit"), units[i].text) == 0) {
			assert_int_equal(unit, units[i].unit);
		}
	}
	for (unsigned i = 0; i < log.n; i++) {
		double want = json_number_value(json_array_get(values, i));
		if (decimal_double(kmp_log_value(&log, i)) != want) {
			fail_msg("heat.jsonl:%d: value %u", x->line, i);
		}
	}
}

static void check_reply(const struct exchange *x, struct tally *t)
{
	const json_t *o = json_object_get(x->decoded, "response");
	struct kmp_message m;
	struct kmp_out out;
	struct kmp_log log;
	if (x->reply.size == 0) {
		t->silent++; /* the hourly log of a module that is not there */
		return;
	}
	struct kmp_cut cut = kmp_cut(KMP_FROM_METER, x->reply);
	assert_int_equal(cut.state, KMP_CUT_FULL);
	assert_int_equal(cut.size, x->reply.size);
	assert_int_equal(kmp_decode(x->reply, &m), ERR_OK);
	assert_int_equal(m.cid, hex(o, "cid"));
	struct slice again = kmp_frame(&out, KMP_FROM_METER, m.dest, m.cid, m.data);
	assert_int_equal(again.size, x->reply.size);
	assert_memory_equal(again.data, x->reply.data, again.size);
	if (json_object_get(o, "items")) {
		check_items(x, m.data, json_object_get(o, "items"));
		t->registers++;
	} else if (json_object_get(o, "no_data")) {
		assert_int_equal(kmp_log_decode(m.cid, m.data, &log), ERR_NODATA);
		t->nodata++;
	} else if (json_object_get(o, "values_newest_first")) {
		check_log(x, m.cid, m.data, o);
		t->logs++;
	} else {
		struct reader r = reader_of(m.data);
		assert_int_equal(m.data.size, 4);
		uint32_t all = reader_u32be(&r);
		assert_true(m.cid == KMP_SERIAL ? all == (uint32_t)number(o, "serial", 0) :
						  all == 0x00010501);
		t->others++;
	}
}

static void check(const struct exchange *x, void *ctx)
{
	check_request(x, ctx);
	check_reply(x, ctx);
}

static void every_published_exchange_is_made_and_understood(void **state)
{
	(void)state;
	struct tally t = {0};
	int n = heat_each("kmp", check, &t);
	assert_int_equal(n, 676);
	assert_int_equal(t.encoded + t.framed, n);
	assert_int_equal(t.framed, 1);
	assert_int_equal(t.silent, 2);
	assert_int_equal(t.others, 2);
	assert_int_equal(t.registers + t.logs + t.nodata, n - 4);
}

/* The frame of the sheet: a serial number of bytes that must be stuffed. */
static void control_bytes_travel_stuffed(void **state)
{
	(void)state;
	static const uint8_t data[] = {0x80, 0x40, 0x0d, 0x06, 0x1b};
	static const uint8_t body[] = {
		0x40, 0x3f, 0x02, 0x1b, 0x7f, 0x1b, 0xbf, 0x1b, 0xf2, 0x1b, 0xf9, 0x1b, 0xe4};
	struct kmp_out out;
	struct kmp_message m;
	struct slice frame = kmp_frame(&out, KMP_FROM_METER, KMP_METER, KMP_SERIAL, SLICE(data));
	assert_memory_equal(frame.data, body, sizeof(body));
	assert_int_equal(kmp_decode(frame, &m), ERR_OK);
	assert_int_equal(m.data.size, sizeof(data));
	assert_memory_equal(m.data.data, data, sizeof(data));
}

static void a_damaged_frame_is_never_a_frame(void **state)
{
	(void)state;
	static const uint8_t good[] = {0x40, 0x3f, 0x10, 0x00, 0x44, 0x28, 0x04, 0x42, 0x00, 0x1b,
		0xbf, 0x28, 0x33, 0x23, 0x9c, 0x0d};
	uint8_t bytes[sizeof(good)];
	struct kmp_message m;
	assert_int_equal(kmp_decode(SLICE(good), &m), ERR_OK);
	for (size_t bit = 0; bit < 8 * sizeof(good); bit++) {
		memcpy(bytes, good, sizeof(good));
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_not_equal(kmp_cut(KMP_FROM_METER, SLICE(bytes)).state, KMP_CUT_FULL);
	}
	for (size_t n = 0; n < sizeof(good); n++) {
		assert_int_equal(
			kmp_cut(KMP_FROM_METER, (struct slice){good, n}).state, KMP_CUT_MORE);
	}
}

/* An optical head echoes the request; the reply behind it is found. */
static void what_stands_before_a_frame_is_dropped(void **state)
{
	(void)state;
	static const uint8_t heard[] = {0x80, 0x3f, 0x01, 0x05, 0x8a, 0x0d, 0x40, 0x3f, 0x01, 0x00,
		0x01, 0x05, 0x01, 0x98, 0x3a, 0x0d};
	struct kmp_cut cut = kmp_cut(KMP_FROM_METER, SLICE(heard));
	assert_int_equal(cut.state, KMP_CUT_JUNK);
	assert_int_equal(cut.size, 6);
	cut = kmp_cut(KMP_FROM_METER, (struct slice){heard + 6, sizeof(heard) - 6});
	assert_int_equal(cut.state, KMP_CUT_FULL);
	assert_int_equal(cut.size, 10);
}

static void mantissas_are_made_as_they_are_read(void **state)
{
	(void)state;
	static const struct {
		struct kmp_form form;
		double value, back;
	} cases[] = {
		{{1, 12, 4, 0x43}, 1234.567, 1234.567},
		{{1, 40, 2, 0x42}, 23.03, 23.03},
		{{1, 40, 2, 0x42}, 1e9, 655.35}, /* saturates */
		{{1, 37, 4, 0xc2}, -12.5, -12.5},
		{{1, 41, 4, 0x01}, 1230, 1230},
		{{1, 41, 1, 0x00}, NAN, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		struct kmp_value v;
		buf_init(&b, 64);
		kmp_put_form(&b, &cases[i].form);
		kmp_put_mantissa(&b, &cases[i].form, cases[i].value);
		struct reader r = reader_of(buf_slice(&b));
		assert_int_equal(kmp_next_value(&r, &v), ERR_OK);
		assert_true(decimal_double(v.number) == cases[i].back);
		buf_fini(&b);
	}
}

/* Multical 602, technical description 5512-931 N1, page 49. */
static void info_codes_mean_what_the_maker_says(void **state)
{
	(void)state;
	assert_int_equal(kmp_info_abnormal(0), 0);
	assert_int_equal(kmp_info_abnormal(1), ABNORMAL_POWER);
	assert_int_equal(kmp_info_abnormal(4 + 8), ABNORMAL_FAILURE);
	assert_int_equal(kmp_info_abnormal(16), ABNORMAL_FAILURE);
	assert_int_equal(kmp_info_abnormal(64 + 256 + 512), 0);
	assert_int_equal(kmp_info_abnormal(4096), ABNORMAL_NO_FLOW);
	assert_int_equal(kmp_info_abnormal(32768 + 1), ABNORMAL_REVERSE | ABNORMAL_POWER);
}

static void impossible_dates_are_none(void **state)
{
	(void)state;
	struct civil c = {0};
	assert_true(kmp_date((struct decimal){170328, 0}, &c));
	assert_true(c.year == 2017 && c.month == 3 && c.day == 28);
	assert_true(kmp_clock((struct decimal){105200, 0}, &c));
	assert_true(c.hour == 10 && c.minute == 52 && c.second == 0);
	assert_false(kmp_date((struct decimal){0, 0}, &c));
	assert_false(kmp_date((struct decimal){170229, 0}, &c));
	assert_false(kmp_date((struct decimal){1703281, 0}, &c));
	assert_false(kmp_date((struct decimal){170328, 1}, &c));
	assert_false(kmp_clock((struct decimal){240000, 0}, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_is_made_and_understood),
		cmocka_unit_test(control_bytes_travel_stuffed),
		cmocka_unit_test(a_damaged_frame_is_never_a_frame),
		cmocka_unit_test(what_stands_before_a_frame_is_dropped),
		cmocka_unit_test(mantissas_are_made_as_they_are_read),
		cmocka_unit_test(info_codes_mean_what_the_maker_says),
		cmocka_unit_test(impossible_dates_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
