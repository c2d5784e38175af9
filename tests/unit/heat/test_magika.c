/*
 * Magika heat meters: every captured exchange is reproduced and understood, and nothing counts that two
 * readings do not agree about.
 *
 * Expectations: vectors/heat.jsonl, families magika and assv_gateway. One exception: the decoded numbers
 * of the file take the exponent of FLO32 for 2 more than it is, so that all of them are a quarter of what
 * the meter said. Fractions of totals would all be below 0.25 then, and water would weigh 242 kg/m3.
 */
#include "exchange.h"

#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/magika.h"
#include "proto/spbus.h"
#include "sim/ask.h"

#include <math.h>

#define EXPONENT_ERROR 4          /* of the decoded numbers of the vectors */
#define NOW            1452620200 /* 2016-01-12T17:36:40Z */

static const uint8_t config_e[] = {0xd8, 0, 0, 0x80};
/* An hour's record before those of the vectors' "01". */
static const uint8_t hour_13[MAGIKA_HOUR_E_SIZE + 2] = {MAGIKA_OK, MAGIKA_HOUR_E_SIZE, 0x12, 1,
	0x13, 0x16, 0, 0x28, 0, 0, 0, 60, 0, 60, 0, 0x80, 8};

/* ---- a meter that says what the test wants ---- */

struct meter_of_test {
	const struct exchange *x; /* its request is answered by its reply, the first time */
	bool is_tunnel;
	bool is_asked;                   /* for x */
	const struct sim_protocol *twin; /* answers; NULL: x and little else */
	void (*spoil)(struct slice request, int nth, struct buf *reply, size_t from);
	uint8_t last_command;
	int nth; /* walk or reading of this command, from 0 */
	int nth_of[256];
};
static struct meter_of_test script;

static bool is_request(struct slice request, struct slice of)
{
	return request.size == of.size && memcmp(request.data, of.data, of.size) == 0;
}

static void put_zeros(struct buf *reply, uint8_t size)
{
	buf_u8(reply, MAGIKA_OK);
	buf_u8(reply, size);
	for (int i = 0; i < size; i++) {
		buf_u8(reply, 0);
	}
}

static bool answer_of_x(struct slice request, struct buf *reply)
{
	const struct exchange *x = script.x;
	if (is_request(request, x->request) && !script.is_asked) {
		script.is_asked = true;
		buf_put(reply, x->reply.data, x->reply.size);
	} else if (is_request(request, x->request) && request.size == 2) {
		buf_put(reply, x->reply.data, x->reply.size);
	} else if (request.size > 2) {
		buf_u8(reply, MAGIKA_OK);
	} else if (request.size == 2 && request.data[1] == MAGIKA_CONFIG_MORE) {
		buf_put(reply, config_e, sizeof(config_e));
	} else if (request.size == 2 && request.data[1] == MAGIKA_CURRENT) {
		put_zeros(reply, MAGIKA_CURRENT_SIZE);
	} else if (request.size == 2 && request.data[1] == MAGIKA_TOTALS) {
		put_zeros(reply, MAGIKA_TOTALS_SIZE);
	} else if (request.size == 2 && request.data[1] == MAGIKA_HOURS) {
		script.is_asked = false; /* x follows */
		buf_put(reply, hour_13, sizeof(hour_13));
	} else if (request.size == 1 && request.data[0] == MAGIKA_OK) {
		buf_u8(reply, 0);
	}
	return reply->size > 0;
}

static bool test_answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct spbus_head head;
	struct slice body = request;
	size_t from = reply->size;
	if (script.is_tunnel) {
		assert_true(spbus_unwrap(request, &head, &body));
		if (is_request(request, script.x->request)) {
			script.is_asked = true;
		}
	}
	if (!script.twin) {
		return answer_of_x(body, reply);
	}
	bool is_answered = script.twin->answer(d, body, now_us, reply);
	if (body.size == 2) {
		script.last_command = body.data[1];
		script.nth = script.nth_of[body.data[1]]++;
	}
	if (is_answered && script.spoil) {
		script.spoil(body, script.nth, reply, from);
	}
	return is_answered;
}

static struct frame_verdict test_frame(struct slice so_far)
{
	if (script.is_tunnel) {
		struct spbus_cut c = spbus_cut(so_far);
		return (struct frame_verdict){
			c.state == SPBUS_CUT_FULL ? FRAME_FULL : FRAME_MORE, c.size};
	}
	struct magika_cut c = magika_cut_request(so_far);
	assert_true(c.state != MAGIKA_CUT_JUNK);
	return (struct frame_verdict){c.state == MAGIKA_CUT_FULL ? FRAME_FULL : FRAME_MORE, c.size};
}

static const struct sim_protocol test_protocol = {
	.name = "magika", .frame = test_frame, .answer = test_answer};

/* ---- who reads it ---- */

struct bench {
	const struct driver *driver;
	struct link *link;
	struct talk *talk;
	struct sample_list list;
};

static double steady(const struct sim_source *s, enum quantity q, int64_t us)
{
	double h = (double)us / 3600e6 - (double)NOW / 3600 + 1000;
	(void)s;
	switch (q) {
	case QUANTITY_MASS_SUPPLY: return 1.25 * h;
	case QUANTITY_HEAT_ENERGY: return 0.05 * h;
	case QUANTITY_FLOW_SUPPLY: return 1.3;
	case QUANTITY_TEMPERATURE_SUPPLY: return 70;
	default: return NAN;
	}
}
static const struct sim_source steady_source = {steady};

static void lay(struct bench *b, const char *params)
{
	struct sim_device d = {.protocol = &test_protocol,
		.source = &steady_source,
		.depth = {.hours = 100, .days = 10},
		.born_utc = NOW - 40 * 86400};
	struct line line;
	struct meter meter;
	struct diag diag = {0};
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	(void)snprintf(meter.params, sizeof(meter.params), "%s", params);
	*b = (struct bench){.driver = driver_find("magika")};
	if (talk_new(b->driver, &line, &meter, NULL, &b->talk, &diag)) {
		fail_msg("%s", diag.text);
	}
	b->link = sim_link_new(&d, NOW * 1000000LL);
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, NOW), ERR_OK);
	sample_list_init(&b->list);
}

static void clear(struct bench *b)
{
	sample_list_fini(&b->list);
	talk_free(b->talk);
	b->link->ops->close(b->link);
}

static const struct sample *find(const struct bench *b, const char *key, int64_t utc)
{
	for (size_t i = 0; i < b->list.n; i++) {
		const struct sample *s = &b->list.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (s->form == FORM_NOW || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static void assert_value(
	const struct bench *b, const char *key, int64_t utc, double v, enum quality_class class)
{
	const struct sample *s = find(b, key, utc);
	if (!s) {
		fail_msg("no %s", key);
	}
	bool is_same = isnan(v) ? isnan(s->value) : fabs(s->value - v) <= 1e-6 * fmax(1, fabs(v));
	if (!is_same || quality_class(s->quality) != class) {
		fail_msg("%s is %.9g %s, must be %.9g %s", key, s->value,
			quality_class_name(quality_class(s->quality)), v,
			quality_class_name(class));
	}
}

static void begin(struct bench *b, const struct meter_of_test *what, const char *params)
{
	script = *what;
	lay(b, params);
}

/* ---- every captured exchange ---- */

static int two(const json_t *response, const char *key)
{
	return (int)strtol(exchange_text(response, key), NULL, 10);
}

/* RTC "ss mm hh dow dd mm yy ctl" in BCD, so its hex digits are what the clock shows. */
static int64_t rtc_of(const char *text)
{
	int f[8];
	assert_int_equal(
		sscanf(text, "%d %d %d %*s %d %d %d", &f[0], &f[1], &f[2], &f[4], &f[5], &f[6]), 6);
	return civil_to_utc((struct civil){2000 + f[6], f[5], f[4], f[2], f[1], f[0]});
}

static void check_totals(const struct exchange *x, const json_t *r)
{
	static const char *const keys[] = {"mass_supply", "mass_return", "mass.3", "mass.4",
		"heat_energy", "heat_energy_hot_water", "heat_energy.3"};
	static const char *const wholes[] = {
		"int_m1", "int_m2", "int_imp1", "int_imp2", "int_q1", "int_q2", "int_q3"};
	static const char *const times[][2] = {{"operating_time", "t_normal_min"},
		{"operating_time.u2", "t_60"}, {"on_time", "t_63"}};
	struct bench b;
	int64_t utc;
	begin(&b, &(struct meter_of_test){.x = x}, "serial=ED808121");
	assert_int_equal(b.driver->read_clock(b.talk, &utc), ERR_OK);
	assert_int_equal(utc, rtc_of(exchange_text(r, "rtc_bcd_ss_mm_hh_dow_dd_mm_yy_ctl")));
	clear(&b);
	begin(&b, &(struct meter_of_test){.x = x}, "serial=ED808121");
	assert_int_equal(b.driver->read_current(b.talk, &b.list.sink), ERR_OK);
	for (size_t i = 0; i < 7; i++) {
		double told = json_number_value(json_array_get(json_object_get(r, "frac"), i));
		double whole = json_number_value(json_object_get(r, wholes[i]));
		assert_true(EXPONENT_ERROR * told >= 0 && EXPONENT_ERROR * told < 1);
		assert_value(&b, keys[i], 0, whole + EXPONENT_ERROR * told, QUALITY_MEASURED);
	}
	for (size_t i = 0; i < 3; i++) {
		double minutes = json_number_value(json_object_get(r, times[i][1]));
		assert_value(&b, times[i][0], 0, minutes, QUALITY_MEASURED);
		assert_int_equal(find(&b, times[i][0], 0)->unit, UNIT_MIN);
	}
	clear(&b);
}

static void check_current(const struct exchange *x, const json_t *r)
{
	struct bench b;
	struct slice data = magika_data(x->reply);
	assert_int_equal(data.size, json_integer_value(json_object_get(r, "len")));
	for (size_t i = 0; i < 19; i++) {
		double told = json_number_value(json_array_get(json_object_get(r, "floats"), i));
		assert_true(fabs(magika_float(data, 4 * i) - EXPONENT_ERROR * told) < 1e-6);
	}
	begin(&b, &(struct meter_of_test){.x = x}, "serial=ED808121 pressure_unit=bar");
	assert_int_equal(b.driver->read_current(b.talk, &b.list.sink), ERR_OK);
	assert_value(&b, "flow_supply", 0, 0, QUALITY_MEASURED);
	assert_value(&b, "mass_flow.4", 0, 0, QUALITY_MEASURED);
	assert_value(&b, "heat_power", 0, 0, QUALITY_MEASURED);
	assert_value(&b, "temperature_supply", 0, NAN, QUALITY_MISSING);
	assert_value(&b, "pressure_return", 0, NAN, QUALITY_MISSING);
	clear(&b);
}

static void check_record(const struct exchange *x, const json_t *r, enum period period)
{
	struct bench b;
	bool is_day = period == PERIOD_DAY;
	int64_t end = civil_to_utc((struct civil){
		2000 + two(r, "year"), two(r, "month"), two(r, "day"), two(r, "hour"), 0, 0});
	int64_t start = end - (is_day ? 86400 : 3600);
	struct span span = {start, end};
	assert_int_equal(magika_data(x->reply).size, json_integer_value(json_object_get(r, "len")));
	begin(&b, &(struct meter_of_test){.x = x}, "serial=ED808121");
	assert_int_equal(b.driver->read_archive(b.talk, period, span, &b.list.sink), ERR_OK);
	assert_value(&b, "on_time", start, is_day ? 1440 : 60, QUALITY_MEASURED);
	assert_value(&b, "operating_time", start, 0, QUALITY_MEASURED);
	assert_value(&b, "time_failure", start, is_day ? 1440 : 60, QUALITY_MEASURED);
	assert_value(&b, "time_failure.u2", start, is_day ? 1440 : 60, QUALITY_MEASURED);
	assert_value(&b, "error_code", start, 0x28, QUALITY_MEASURED);
	assert_value(&b, "error_code.u2", start, 8, QUALITY_MEASURED);
	assert_value(&b, "status", start, 0x80, QUALITY_MEASURED);
	assert_value(&b, "abnormal", start, 8, QUALITY_MEASURED);
	assert_value(&b, "mass_supply", start, 0, QUALITY_MEASURED);
	assert_true(find(&b, "mass_supply", start)->quality & QUALITY_ABNORMAL);
	assert_value(&b, "temperature_supply", start, NAN, QUALITY_MISSING);
	if (is_day) { /* totals of the day are those of the block, of its last minute */
		assert_int_equal(magika_uint(magika_data(x->reply), 121, 3), 34889);
		assert_int_equal(magika_uint(magika_data(x->reply), 142, 3), 333134);
	}
	clear(&b);
}

static void check_session(const struct exchange *x)
{
	struct bench b;
	struct identity who = {0};
	begin(&b, &(struct meter_of_test){.x = x}, "serial=ED808121");
	assert_int_equal(b.driver->identify(b.talk, &who), ERR_OK);
	assert_string_equal(who.serial, "ED808121");
	assert_string_equal(who.model, "Magika E");
	clear(&b);
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	const json_t *r = json_object_get(x->decoded, "response");
	int *kinds = ctx;
	uint8_t command = x->request.size > 1 ? x->request.data[1] : MAGIKA_OK;
	switch (command) {
	case MAGIKA_SESSION: check_session(x); break;
	case MAGIKA_TOTALS: check_totals(x, r); break;
	case MAGIKA_CURRENT: check_current(x, r); break;
	case MAGIKA_DAYS: check_record(x, r, PERIOD_DAY); break;
	case MAGIKA_OK:
	case MAGIKA_HOURS: check_record(x, r, PERIOD_HOUR); break;
	default: fail_msg("line %d: what is %02X?", x->line, command);
	}
	if (!script.is_asked) {
		fail_msg("line %d: never asked for", x->line);
	}
	kinds[command]++;
}

static void every_captured_exchange_is_reproduced_and_understood(void **state)
{
	int kinds[256] = {0};
	(void)state;
	assert_int_equal(heat_each("magika", check_exchange, kinds), 36);
	assert_int_equal(kinds[MAGIKA_SESSION] + kinds[MAGIKA_TOTALS] + kinds[MAGIKA_CURRENT] +
				 kinds[MAGIKA_DAYS] + kinds[MAGIKA_HOURS] + kinds[MAGIKA_OK],
		36);
}

static void check_gateway(const struct exchange *x, void *ctx)
{
	struct bench b;
	(void)ctx;
	begin(&b, &(struct meter_of_test){.x = x, .is_tunnel = true, .twin = &sim_magika},
		"serial=ED808125 gateway=assv");
	assert_int_equal(b.driver->read_current(b.talk, &b.list.sink), ERR_OK);
	if (!script.is_asked) {
		fail_msg("line %d: never asked for", x->line);
	}
	assert_value(&b, "mass_supply", 0, 1250, QUALITY_MEASURED);
	clear(&b);
}

static void every_captured_request_goes_through_the_gateway(void **state)
{
	(void)state;
	assert_int_equal(heat_each("assv_gateway", check_gateway, NULL), 4);
}

/* ---- numbers ---- */

static void numbers_are_written_as_they_are_read(void **state)
{
	static const double values[] = {
		0, 1, -1, 585, 0.5, 0.8935, 85.845, 1e-9, -3.25e7, 16777215, 0.99999999};
	static const uint8_t captured[] = {0x88, 0x12, 0x40, 0};
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint8_t bytes[4];
		magika_float_put(bytes, values[i]);
		double back = magika_float(SLICE(bytes), 0);
		assert_true(fabs(back - values[i]) <= 6e-8 * fabs(values[i]));
	}
	assert_true(magika_float(SLICE(captured), 0) == 585);
}

static void a_label_names_the_end_and_midnight_is_24(void **state)
{
	uint8_t label[4];
	struct civil c = {2016, 1, 31, 23, 59, 59};
	(void)state;
	magika_label_put(label, &c);
	assert_int_equal(label[2], 0x24);
	assert_true(magika_label(SLICE(label), &c));
	assert_true(c.month == 2 && c.day == 1 && c.hour == 0);
	label[2] = 0x25;
	assert_false(magika_label(SLICE(label), &c));
	label[2] = 0x1a;
	assert_false(magika_label(SLICE(label), &c));
}

/* ---- damage ---- */

static int spoil_most; /* readings or walks that are damaged */

/* The whole part of the first mass, differently each time; 02 is the head. */
static void spoil_mass(struct slice request, int nth, struct buf *reply, size_t from)
{
	if (request.size == 2 && request.data[1] == MAGIKA_TOTALS && nth < spoil_most) {
		reply->data[from + 2 + 36] ^= (uint8_t)(0x10 << nth);
	}
}

static void read_spoilt(struct bench *b, int most)
{
	spoil_most = most;
	begin(b, &(struct meter_of_test){.twin = &sim_magika, .spoil = spoil_mass},
		"serial=ED808121");
	assert_int_equal(b->driver->read_current(b->talk, &b->list.sink), ERR_OK);
}

static void a_value_counts_when_two_readings_agree(void **state)
{
	struct bench b;
	(void)state;
	for (int most = 0; most < 2; most++) {
		read_spoilt(&b, most);
		assert_value(&b, "mass_supply", 0, 1250, QUALITY_MEASURED);
		assert_value(&b, "heat_energy", 0, 50, QUALITY_MEASURED);
		assert_int_equal(script.nth_of[MAGIKA_TOTALS], 2 + most);
		clear(&b);
	}
}

static void a_value_no_two_readings_agree_about_is_suspect(void **state)
{
	struct bench b;
	(void)state;
	read_spoilt(&b, 3);
	assert_int_equal(quality_class(find(&b, "mass_supply", 0)->quality), QUALITY_SUSPECT);
	assert_value(&b, "heat_energy", 0, 50, QUALITY_MEASURED);
	clear(&b);
}

static void spoil_totals_out_of_range(struct slice request, int nth, struct buf *reply, size_t from)
{
	(void)nth;
	if (request.size == 2 && request.data[1] == MAGIKA_TOTALS) {
		reply->data[from + 2 + 8] = 0x90; /* a fraction of thousands */
	}
}

static void what_cannot_be_true_is_no_value(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &(struct meter_of_test){.twin = &sim_magika, .spoil = spoil_totals_out_of_range},
		"serial=ED808121");
	assert_int_equal(b.driver->read_current(b.talk, &b.list.sink), ERR_OK);
	assert_value(&b, "mass_supply", 0, NAN, QUALITY_MISSING);
	clear(&b);
}

#define HOUR(n) (NOW - NOW % 3600 - (n)*3600)

/* In the first `spoil_most` walks: the mass of the second record, differently each time, the label of the
 * third, and the fourth is lost. The second is of 15 h. */
static void spoil_walk(struct slice request, int nth, struct buf *reply, size_t from)
{
	static int record;
	record = request.size == 2 ? 0 : record + 1;
	if (script.last_command != MAGIKA_HOURS || nth >= spoil_most || reply->size == from) {
		return;
	}
	if (record == 1) {
		reply->data[from + 1 + 27] ^= (uint8_t)(1 << nth);
	} else if (record == 2) {
		reply->data[from + 1 + 2] ^= 0x02;
	} else if (record == 3) {
		reply->size = from;
	}
}

static void read_walks(struct bench *b, int most)
{
	struct span span = {HOUR(6), HOUR(0)};
	spoil_most = most;
	begin(b, &(struct meter_of_test){.twin = &sim_magika, .spoil = spoil_walk},
		"serial=ED808121");
	assert_int_equal(
		b->driver->read_archive(b->talk, PERIOD_HOUR, span, &b->list.sink), ERR_OK);
}

static void a_record_counts_when_two_walks_agree(void **state)
{
	struct bench b;
	(void)state;
	for (int most = 0; most < 2; most++) {
		read_walks(&b, most);
		assert_int_equal(script.nth_of[MAGIKA_HOURS], 2 + most);
		for (int n = 1; n <= 6; n++) {
			assert_value(&b, "mass_supply", HOUR(n), 1.25, QUALITY_MEASURED);
		}
		clear(&b);
	}
}

static void a_record_different_each_time_is_suspect(void **state)
{
	struct bench b;
	(void)state;
	read_walks(&b, 3);
	assert_value(&b, "mass_supply", HOUR(1), 1.25, QUALITY_MEASURED);
	assert_int_equal(quality_class(find(&b, "mass_supply", HOUR(2))->quality), QUALITY_SUSPECT);
	assert_null(find(&b, "mass_supply", HOUR(3))); /* its label was wrong each time */
	assert_value(&b, "mass_supply", HOUR(6), 1.25, QUALITY_MEASURED);
	clear(&b);
}

static void spoil_config(struct slice request, int nth, struct buf *reply, size_t from)
{
	if (request.size == 2 && request.data[1] == MAGIKA_CONFIG_MORE) {
		reply->data[from] = (uint8_t)(0xec + nth);
	}
}

static void a_configuration_never_the_same_is_not_believed(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, &(struct meter_of_test){.twin = &sim_magika, .spoil = spoil_config},
		"serial=ED808121");
	assert_int_equal(b.driver->read_current(b.talk, &b.list.sink), ERR_NOISE);
	assert_int_equal(b.list.n, 0);
	clear(&b);
}

/* ---- series A and DR, after the document: nobody has captured one ---- */

static const char *config_a;

static bool answer_a(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct civil last = {2016, 1, 12, 16, 59, 59};
	uint8_t record[58] = {0};
	size_t longer = *config_a == 'M' ? 4 : 0;
	uint8_t *p = record + longer;
	(void)d;
	(void)now_us;
	if (request.size == 1) {
		buf_u8(reply, 0);
	} else if (request.data[1] == MAGIKA_SESSION) {
		buf_u8(reply, MAGIKA_OK);
	} else if (request.data[1] == MAGIKA_CONFIG_MORE) {
		buf_u8(reply, longer ? 0x20 : 0);
		buf_put(reply, "\0\0\x40", 3);
	} else if (request.data[1] == MAGIKA_HOURS) {
		magika_label_put(record, &last);
		record[4] = 40;
		record[8] = 15;
		record[9] = 55;
		magika_float_put(record + 14, 0.125);
		magika_float_put(p + 18, 2.5);
		magika_float_put(p + 22, 2.25);
		magika_float_put(p + 30, 71.5);
		magika_float_put(p + 46, 0.375);
		buf_u8(reply, MAGIKA_OK);
		buf_u8(reply, (uint8_t)(50 + longer));
		buf_put(reply, record, 50 + longer);
	}
	return reply->size > 0;
}
static const struct sim_protocol series_a = {.name = "magika", .frame = NULL, .answer = answer_a};

static void hours_of_series_a_are_those_of_the_document(void **state)
{
	static const char *const configs[] = {"A", "MTK"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		struct identity who = {0};
		struct span span = {HOUR(1), HOUR(0)};
		config_a = configs[i];
		begin(&b, &(struct meter_of_test){.twin = &series_a},
			"serial=AD000001 pressure_unit=MPa");
		assert_int_equal(b.driver->identify(b.talk, &who), ERR_OK);
		assert_string_equal(who.model, i ? "Magika A-MTK" : "Magika A/DR");
		assert_int_equal(
			b.driver->read_archive(b.talk, PERIOD_HOUR, span, &b.list.sink), ERR_OK);
		assert_value(&b, "operating_time", HOUR(1), 40, QUALITY_MEASURED);
		assert_value(&b, "time_dt_low", HOUR(1), 15, QUALITY_MEASURED);
		assert_value(&b, "heat_energy", HOUR(1), 0.125, QUALITY_MEASURED);
		assert_value(&b, "mass_supply", HOUR(1), 2.5, QUALITY_MEASURED);
		assert_value(&b, "mass_return", HOUR(1), 2.25, QUALITY_MEASURED);
		assert_value(&b, "temperature_supply", HOUR(1), 71.5, QUALITY_MEASURED);
		assert_value(&b, "pressure_return", HOUR(1), 0.375, QUALITY_MEASURED);
		/* dT below minimum, and no power for five minutes */
		assert_value(&b, "abnormal", HOUR(1), 0x24, QUALITY_MEASURED);
		assert_null(find(&b, "heat_energy_hot_water", HOUR(1)));
		clear(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_captured_exchange_is_reproduced_and_understood),
		cmocka_unit_test(every_captured_request_goes_through_the_gateway),
		cmocka_unit_test(numbers_are_written_as_they_are_read),
		cmocka_unit_test(a_label_names_the_end_and_midnight_is_24),
		cmocka_unit_test(a_value_counts_when_two_readings_agree),
		cmocka_unit_test(a_value_no_two_readings_agree_about_is_suspect),
		cmocka_unit_test(what_cannot_be_true_is_no_value),
		cmocka_unit_test(a_record_counts_when_two_walks_agree),
		cmocka_unit_test(a_record_different_each_time_is_suspect),
		cmocka_unit_test(a_configuration_never_the_same_is_not_believed),
		cmocka_unit_test(hours_of_series_a_are_those_of_the_document),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
