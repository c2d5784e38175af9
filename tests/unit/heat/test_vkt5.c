/*
 * VKT-5: every published exchange, and the driver against the simulated meter.
 *
 * Not asked by the driver: function 5 (undocumented, one record of the archive in 266 bytes; frame, date
 * and checksum are checked), settings sectors (array 10), screen (0C), regulators (15, 16), current
 * durations (04). Those of function 3 are decoded as frames all the same.
 */
#include "drivers/vkt5.h"
#include "model/abnormal.h"
#include "proto/crc.h"
#include "vkt_line.h"

#include <stdio.h>

#define HOUR_S 3600
#define DAY_S  86400

/* ---- every published exchange ---- */

struct count {
	int requests, replies, inputs, undocumented;
};

static double real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void must_be(int line, double have, double want)
{
	if (!(fabs(have - want) <= 1e-6 * fabs(want) + 1e-45)) {
		fail_msg("heat.jsonl:%d: %.9g, not %.9g", line, have, want);
	}
}

static void check_input(const struct exchange *x, const json_t *want, struct slice data)
{
	struct vkt5_input in;
	bool is_totals = x->request.data[2] & 0x80;
	const json_t *pipes = json_object_get(want, "pipes");
	assert_true(vkt5_input_get(data, is_totals, &in));
	assert_int_equal(in.n, json_array_size(pipes));
	for (size_t i = 0; i < in.n; i++) {
		const json_t *p = json_array_get(pipes, i);
		must_be(x->line, in.pipes[i].temperature, real(p, "T"));
		must_be(x->line, in.pipes[i].pressure, real(p, "P"));
		must_be(x->line, in.pipes[i].mass, real(p, "M"));
	}
	must_be(x->line, in.mass, real(want, "M"));
	must_be(x->line, in.heat, real(want, "W"));
	must_be(x->line, in.heat_without_hot, real(want, "W_without_dhw"));
	must_be(x->line, in.heat_hot, real(want, "W_dhw"));
	must_be(x->line, in.norm, real(want, "t_norm"));
	assert_int_equal(in.has_norm, json_object_get(want, "t_norm") != NULL);
}

static void check_again(const struct exchange *x, struct slice data)
{
	struct buf again;
	struct vkt5_input in;
	struct vkt5_trouble trouble;
	struct vkt5_config config;
	unsigned array = x->request.data[2] & 0x3f;
	buf_init(&again, 1000);
	if (array == VKT5_INPUT && vkt5_input_get(data, x->request.data[2] & 0x80, &in)) {
		vkt5_input_put(&again, x->request.data[2] & 0x80, &in);
	} else if (array == VKT5_TROUBLE) {
		assert_true(vkt5_trouble_get(data, &trouble));
		vkt5_trouble_put(&again, &trouble);
	} else if (array == VKT5_CONFIG) {
		assert_true(vkt5_config_get(data, &config));
		vkt5_config_put(&again, &config);
		/* pipes 5 and 6 are supply and return of heat input 1 (the maker's program) */
		assert_int_equal(config.pipes[4].input, 1);
		assert_int_equal(config.pipes[4].purpose, VKT5_SUPPLY);
		assert_int_equal(config.pipes[5].input, 1);
		assert_int_equal(config.pipes[5].purpose, VKT5_RETURN);
	} else {
		buf_put(&again, data.data, data.size);
	}
	assert_int_equal(again.size, data.size);
	assert_memory_equal(again.data, data.data, data.size);
	buf_fini(&again);
}

static void check_reply(const struct exchange *x, struct count *n)
{
	struct vkt_reply reply;
	struct vkt_frame again;
	const json_t *want = json_object_get(x->decoded, "response");
	const json_t *exception = json_object_get(want, "exception");
	const char *clock = exchange_text(want, "clock"), *firmware = exchange_text(want, "fw");
	struct modbus_cut cut = vkt_cut_reply(x->reply);
	assert_int_equal(cut.state, MODBUS_CUT_FULL);
	assert_int_equal(cut.size, x->reply.size);
	assert_true(vkt_reply_decode(x->reply, &reply));
	assert_int_equal(vkt_reply_encode(&reply, &again), ERR_OK);
	assert_int_equal(again.size, x->reply.size);
	assert_memory_equal(again.data, x->reply.data, again.size);
	assert_int_equal(reply.is_refused, exception != NULL);
	n->replies++;
	if (exception) {
		assert_int_equal(reply.code, json_integer_value(exception));
		return;
	}
	check_again(x, reply.data);
	const uint8_t *d = reply.data.data;
	char text[80];
	if (json_object_get(want, "heat_input")) {
		check_input(x, want, reply.data);
		n->inputs++;
	} else if (*clock) {
		(void)snprintf(text, sizeof(text), "%d-%02d-%02d %02d:%02d", d[0] << 8 | d[1], d[3],
			d[5], d[7], d[9]);
		assert_string_equal(text, clock);
	} else if (*firmware) {
		(void)snprintf(text, sizeof(text), "%02d.%02d", d[1] >> 4, d[1] & 15);
		assert_string_equal(text, firmware);
	} else if (json_object_get(want, "data_len")) {
		assert_int_equal(reply.data.size, (size_t)real(want, "data_len"));
	}
}

/* 05 05, year, month, day, hour, 256 bytes of unknown layout. */
static void check_undocumented(const struct exchange *x, struct count *n)
{
	char text[80];
	const uint8_t *d = x->reply.data;
	assert_int_equal(x->request.size, 8);
	assert_int_equal(crc16_modbus(x->request), 0);
	assert_int_equal(x->reply.size, 266);
	assert_int_equal(crc16_modbus(x->reply), 0);
	(void)snprintf(
		text, sizeof(text), "%d-%02d-%02d hour %d", d[3] << 8 | d[4], d[5], d[6], d[7]);
	assert_string_equal(
		text, exchange_text(json_object_get(x->decoded, "response"), "record_date"));
	n->undocumented++;
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	struct count *n = ctx;
	const json_t *asked = json_object_get(x->decoded, "request");
	struct vkt_request q = {.address = (uint8_t)real(asked, "addr"),
		.function = (int)strtol(exchange_text(asked, "fn"), NULL, 16),
		.start = (uint16_t)strtoul(exchange_text(asked, "start"), NULL, 16),
		.count = (uint16_t)real(asked, "points")};
	struct vkt_frame f;
	if (q.function == 5) {
		check_undocumented(x, n);
		return;
	}
	assert_int_equal(vkt_request_encode(&q, NULL, &f), ERR_OK);
	assert_int_equal(f.size, x->request.size);
	assert_memory_equal(f.data, x->request.data, f.size);
	assert_true(vkt_request_decode(x->request, &q));
	n->requests++;
	check_reply(x, n);
}

static void every_published_exchange_means_what_is_written_beside_it(void **state)
{
	(void)state;
	struct count n = {0};
	int all = heat_each("vkt5", check_exchange, &n);
	(void)printf("%d exchanges: %d of function 3, %d heat inputs; %d undocumented\n", all,
		n.requests, n.inputs, n.undocumented);
	assert_true(all >= 84 && n.requests == n.replies && n.inputs >= 5);
	assert_int_equal(n.requests + n.undocumented, all);
}

/* ---- against the simulated meter ---- */

static double counted(double rate, int64_t us)
{
	double h = (double)us / 3600e6 - 490000;
	return rate * (h + 0.4 * sin(h / 3) + 0.3 * sin(h / 17));
}

static double source_at(const struct sim_source *s, enum quantity q, int64_t us)
{
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return counted(0.4173, us);
	case QUANTITY_MASS_SUPPLY: return counted(11.31, us);
	case QUANTITY_MASS_RETURN: return counted(11.07, us);
	case QUANTITY_TEMPERATURE_SUPPLY: return 84.5;
	case QUANTITY_TEMPERATURE_RETURN: return 51.25;
	case QUANTITY_PRESSURE_SUPPLY: return 0.625;
	case QUANTITY_PRESSURE_RETURN: return 0.5;
	default: return NAN;
	}
}

static const struct sim_source source = {source_at};

static void lay(struct vkt_line *l, struct sim_device *d, const char *words)
{
	extern const struct sim_protocol sim_vkt5;
	*d = (struct sim_device){.protocol = &sim_vkt5,
		.source = &source,
		.address = 3,
		.depth = {.hours = 45 * 24, .days = 45},
		.born_utc = LINE_NOW - 1200LL * DAY_S};
	(void)STR_COPY(d->model, words);
	assert_int_equal(zone_get("Asia/Yekaterinburg", &d->zone, NULL), ERR_OK);
	vkt_line_init(l, "vkt5", d, "address=3", d->zone);
}

static enum err read_archive(struct vkt_line *l, enum period p, int64_t from, int64_t till)
{
	vkt_line_forget(l);
	return driver_find("vkt5")->read_archive(
		l->talk, p, (struct span){from, till}, &l->got.sink);
}

static void is_near(double have, double want)
{
	if (!(fabs(have - want) <= 1e-6 * fabs(want) + 1e-9)) {
		fail_msg("%.9g, not %.9g", have, want);
	}
}

static void check_archive(struct vkt_line *l, enum period p, int n, const char *suffix)
{
	struct calendar c = sim_calendar(l->device);
	int64_t till = period_of(&c, p, LINE_NOW).from, from = till;
	for (int i = 0; i < n; i++) {
		from = period_prev(&c, p, from);
	}
	vkt_must(l, read_archive(l, p, from, LINE_NOW));
	for (int64_t at = from; at < till; at = period_next(&c, p, at)) {
		struct span span = {at, period_next(&c, p, at)};
		char key[64];
		(void)snprintf(key, sizeof(key), "heat_energy%s", suffix);
		is_near(vkt_value(l, key, at),
			sim_amount(l->device, QUANTITY_HEAT_ENERGY, UNIT_GJ, 6, span));
		(void)snprintf(key, sizeof(key), "mass_supply%s", suffix);
		is_near(vkt_value(l, key, at),
			sim_amount(l->device, QUANTITY_MASS_SUPPLY, UNIT_T, 6, span));
		(void)snprintf(key, sizeof(key), "temperature_supply%s", suffix);
		is_near(vkt_value(l, key, at), 84.5);
	}
	assert_null(vkt_sample(l, "heat_energy", till)); /* not over yet */
}

static void archives_equal_what_was_measured(void **state)
{
	(void)state;
	static const char *const variants[] = {"", "two"};
	for (size_t i = 0; i < 2; i++) {
		struct sim_device d;
		struct vkt_line l;
		lay(&l, &d, variants[i]);
		check_archive(&l, PERIOD_HOUR, 45 * 24, i ? ".u2" : "");
		check_archive(&l, PERIOD_DAY, 45, i ? ".u2" : "");
		assert_int_equal(read_archive(&l, PERIOD_MONTH, 0, LINE_NOW), ERR_UNSUPP);
		vkt_line_fini(&l);
	}
}

static void pipes_are_named_by_purpose_and_inputs_by_number(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "two");
	vkt_must(&l, driver_find("vkt5")->read_current(l.talk, &l.got.sink));
	is_near(vkt_value(&l, "temperature_return", 0), 51.25);
	is_near(vkt_value(&l, "pressure_supply", 0), 0.625);
	is_near(vkt_value(&l, "mass_return", 0), counted(11.07, LINE_NOW * 1000000LL));
	is_near(vkt_value(&l, "temperature_supply.u2", 0), 84.5);
	assert_null(vkt_sample(&l, "temperature_return.u2", 0));
	/* what somebody wrote down was not measured */
	assert_int_equal(quality_class(vkt_sample(&l, "pressure_supply.u2", 0)->quality),
		QUALITY_SUBSTITUTED);
	assert_int_equal(
		quality_class(vkt_sample(&l, "pressure_supply", 0)->quality), QUALITY_MEASURED);
	assert_int_equal(vkt_sample(&l, "heat_energy", 0)->unit, UNIT_GJ);
	vkt_line_fini(&l);
}

static void a_date_without_a_record_is_a_gap_and_time_without_power_is_told(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "");
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	d.off_from_utc = hour - 10 * HOUR_S;
	d.off_till_utc = hour - 8 * HOUR_S + 900;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 12 * HOUR_S, hour));
	for (int i = 1; i <= 12; i++) {
		bool is_gap = i == 10 || i == 9;
		assert_int_equal(!vkt_sample(&l, "heat_energy", hour - i * HOUR_S), is_gap);
	}
	int64_t part = hour - 8 * HOUR_S;
	is_near(vkt_value(&l, "time_power_off", part), 15);
	is_near(vkt_value(&l, "abnormal", part), ABNORMAL_POWER);
	assert_true(vkt_sample(&l, "mass_supply", part)->quality & QUALITY_ABNORMAL);
	assert_false(vkt_sample(&l, "mass_supply", hour - HOUR_S)->quality & QUALITY_ABNORMAL);
	is_near(vkt_value(&l, "abnormal", hour - HOUR_S), 0);
	vkt_line_fini(&l);
}

static void what_is_older_than_the_memory_is_not_asked_for(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "");
	assert_int_equal(read_archive(&l, PERIOD_HOUR, 0, LINE_NOW - 60LL * DAY_S), ERR_NODATA);
	assert_true(l.requests < 5);
	d.born_utc = LINE_NOW; /* nothing was archived yet */
	assert_int_equal(
		read_archive(&l, PERIOD_HOUR, LINE_NOW - 30LL * DAY_S, LINE_NOW), ERR_NODATA);
	assert_true(l.requests < 8);
	vkt_line_fini(&l);
}

static void spoil_late(struct vkt_line *l, struct slice request, struct buf *reply)
{
	static struct vkt_frame before;
	struct vkt_frame now;
	(void)l;
	(void)request;
	memcpy(now.data, reply->data, reply->size);
	now.size = reply->size;
	buf_clear(reply);
	buf_put(reply, before.data, before.size);
	buf_put(reply, now.data, now.size);
	before = now;
}

/* No two replies of the same kind and size follow each other in an archive. */
static void late_replies_of_an_archive_are_not_taken_for_others(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "");
	l.spoil = spoil_late;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, LINE_NOW - 6 * HOUR_S, LINE_NOW));
	assert_non_null(vkt_sample(&l, "heat_energy", LINE_NOW / HOUR_S * HOUR_S - HOUR_S));
	for (size_t i = 0; i < l.got.n; i++) {
		const struct sample *s = &l.got.items[i]->sample;
		if (strcmp(s->key, "heat_energy") == 0) {
			struct span span = {s->utc, s->utc + HOUR_S};
			is_near(s->value, sim_amount(&d, QUANTITY_HEAT_ENERGY, UNIT_GJ, 6, span));
		}
	}
	vkt_line_fini(&l);
}

/* Reply with other data, and its checksum. */
static void put_reply(struct buf *reply, struct vkt_reply changed)
{
	struct vkt_frame f;
	assert_int_equal(vkt_reply_encode(&changed, &f), ERR_OK);
	buf_clear(reply);
	buf_put(reply, f.data, f.size);
}

/* Before firmware 6 there is no disbalance: durations of two pipes are 40 bytes, as are the values. */
static void spoil_old_and_late(struct vkt_line *l, struct slice request, struct buf *reply)
{
	struct vkt_reply r;
	bool is_trouble = request.data[1] == VKT_READ_ARCHIVE &&
			  (request.data[2] & 0x3f) == VKT5_TROUBLE;
	if (is_trouble && vkt_reply_decode(buf_slice(reply), &r) && !r.is_refused) {
		assert_int_equal(r.data.size, 42);
		r.data.size -= 2;
		put_reply(reply, r);
	}
	spoil_late(l, request, reply);
}

static void late_durations_of_the_size_of_values_are_not_taken_for_them(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	int64_t last = LINE_NOW / HOUR_S * HOUR_S - HOUR_S;
	lay(&l, &d, "");
	l.spoil = spoil_old_and_late;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, last, LINE_NOW));
	is_near(vkt_value(&l, "heat_energy", last), sim_amount(&d, QUANTITY_HEAT_ENERGY, UNIT_GJ, 6,
							    (struct span){last, last + HOUR_S}));
	is_near(vkt_value(&l, "temperature_supply", last), 84.5);
	vkt_line_fini(&l);
}

static void spoil_electricity(struct vkt_line *l, struct slice request, struct buf *reply)
{
	struct vkt_reply r;
	uint8_t data[60];
	(void)l;
	if (request.data[2] != VKT5_CONFIG || !vkt_reply_decode(buf_slice(reply), &r)) {
		return;
	}
	assert_int_equal(r.data.size, sizeof(data));
	memcpy(data, r.data.data, sizeof(data));
	data[7 + 1] = VKT5_ELECTRICITY; /* the second pipe */
	r.data.data = data;
	put_reply(reply, r);
}

static void electricity_is_not_told_as_tonnes(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "");
	l.spoil = spoil_electricity;
	vkt_must(&l, driver_find("vkt5")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "mass_supply", 0));
	assert_null(vkt_sample(&l, "mass_return", 0));
	assert_null(vkt_sample(&l, "mass.2", 0));
	vkt_line_fini(&l);
}

static void spoil_refused(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)l;
	put_reply(reply, (struct vkt_reply){.address = request.data[0],
				 .function = request.data[1],
				 .is_refused = true,
				 .code = 2});
}

/* As a VKT-7 answers. */
static void a_meter_without_pipes_is_another_meter_and_not_an_empty_archive(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "");
	l.spoil = spoil_refused;
	assert_int_equal(read_archive(&l, PERIOD_HOUR, LINE_NOW - DAY_S, LINE_NOW), ERR_PROTO);
	vkt_line_fini(&l);
}

static void spoil_config(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)reply;
	if (request.data[2] == VKT5_CONFIG) {
		(void)STR_COPY(l->device->model, ""); /* input 2 is gone behind our back */
	}
}

static void an_input_that_is_gone_is_left_out(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "two");
	l.spoil = spoil_config;
	vkt_must(&l, driver_find("vkt5")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "heat_energy", 0));
	assert_null(vkt_sample(&l, "heat_energy.u2", 0));
	vkt_line_fini(&l);
}

static void it_says_who_it_is_and_what_time_it_has(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	struct identity id;
	int64_t utc;
	lay(&l, &d, "");
	d.clock_offset_s = 200;
	vkt_must(&l, driver_find("vkt5")->identify(l.talk, &id));
	assert_string_equal(id.version, "07.13");
	vkt_must(&l, driver_find("vkt5")->read_clock(l.talk, &utc));
	assert_int_equal(utc, (LINE_NOW + 200) / 60 * 60); /* it shows minutes */
	vkt_line_fini(&l);
}

static void sizes_that_fit_nothing_are_refused(void **state)
{
	(void)state;
	static const uint8_t zeros[300];
	struct vkt5_input in;
	struct vkt5_trouble t;
	struct vkt5_config c;
	static const size_t bad[] = {0, 4, 12, 24, 43, 45, 160};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(vkt5_input_get((struct slice){zeros, bad[i]}, false, &in));
		assert_false(vkt5_config_get((struct slice){zeros, bad[i]}, &c));
	}
	assert_false(vkt5_trouble_get((struct slice){zeros, 41}, &t));
	assert_false(vkt5_trouble_get((struct slice){zeros, 2}, &t));
	assert_false(vkt5_trouble_get((struct slice){zeros, 200}, &t));
	assert_true(vkt5_trouble_get((struct slice){zeros, 40}, &t)); /* without disbalance */
	assert_false(t.has_disbalance);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_exchange_means_what_is_written_beside_it),
		cmocka_unit_test(archives_equal_what_was_measured),
		cmocka_unit_test(pipes_are_named_by_purpose_and_inputs_by_number),
		cmocka_unit_test(a_date_without_a_record_is_a_gap_and_time_without_power_is_told),
		cmocka_unit_test(what_is_older_than_the_memory_is_not_asked_for),
		cmocka_unit_test(late_replies_of_an_archive_are_not_taken_for_others),
		cmocka_unit_test(late_durations_of_the_size_of_values_are_not_taken_for_them),
		cmocka_unit_test(electricity_is_not_told_as_tonnes),
		cmocka_unit_test(a_meter_without_pipes_is_another_meter_and_not_an_empty_archive),
		cmocka_unit_test(an_input_that_is_gone_is_left_out),
		cmocka_unit_test(it_says_who_it_is_and_what_time_it_has),
		cmocka_unit_test(sizes_that_fit_nothing_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
