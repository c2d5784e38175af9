/*
 * The Pulsar codec and driver: every published frame, a simulated meter of each kind, and meters that
 * answer wrongly.
 *
 * Expectations: vectors/heat.jsonl (values printed in the maker's documents or by other
 * implementations beside the bytes) and, for the simulated meters, the formula of source_at.
 * Exceptions: four lines have a request alone, two a reply alone; those sides are checked.
 */
#include "base/str.h"
#include "exchange.h"
#include "model/abnormal.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/pulsar.h"
#include "sim/ask.h"

#include <math.h>

#define NOW 1792326645 /* 2026-10-18T12:30:45Z */

static const struct driver *pulsar(void)
{
	return driver_find("pulsar");
}

/* ---- published frames ---- */

static double number_of(const struct exchange *x, const char *key)
{
	const json_t *v = json_object_get(x->decoded, key);
	if (!json_is_number(v)) {
		fail_msg("heat.jsonl:%d: no %s", x->line, key);
	}
	return json_number_value(v);
}

static bool has(const struct exchange *x, const char *key)
{
	return json_object_get(x->decoded, key) != NULL;
}

static struct civil time_of(const struct exchange *x, const char *key)
{
	struct civil c = {0};
	const char *text = json_string_value(json_object_get(x->decoded, key));
	assert_non_null(text);
	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d", &c.year, &c.month, &c.day, &c.hour,
				 &c.minute, &c.second),
		6);
	return c;
}

/* The mask, which the file gives as a number, as hex text, or as the number of one channel. */
static uint32_t mask_of(const struct exchange *x)
{
	static const char *const channels[] = {"write_channel"};
	const json_t *v = json_object_get(x->decoded, "mask");
	int64_t mask = 0;
	if (json_is_string(v)) {
		assert_int_equal(str_to_int(json_string_value(v), &mask), ERR_OK);
		return (uint32_t)mask;
	}
	if (json_is_integer(v)) {
		return (uint32_t)json_integer_value(v);
	}
	if (has(x, "line_test_mask")) {
		return (uint32_t)number_of(x, "line_test_mask");
	}
	return has(x, channels[0]) ? 1u << ((unsigned)number_of(x, channels[0]) - 1) : 1;
}

static void put_time(struct buf *b, struct civil c)
{
	uint8_t bytes[PULSAR_TIME_SIZE];
	pulsar_time_put(c, bytes);
	buf_put(b, bytes, sizeof(bytes));
}

/* The data of the request, made of what the file says about it. */
static void request_data(const struct exchange *x, int function, struct buf *b)
{
	switch (function) {
	case PULSAR_READ_CLOCK: return;
	case PULSAR_WRITE_CLOCK: put_time(b, time_of(x, "set_time")); return;
	default: buf_u32le(b, mask_of(x));
	}
	if (function == PULSAR_WRITE && has(x, "double")) {
		pulsar_value_put(number_of(x, "double"), 8, b);
	} else if (function == PULSAR_WRITE) {
		pulsar_value_put(number_of(x, "write_volume_float"), 4, b);
	} else if (function == PULSAR_WRITE_WEIGHT) {
		pulsar_value_put(number_of(x, "write_weight_ch1"), 4, b);
	} else if (function == PULSAR_READ_ARCHIVE) {
		const struct civil from = {2012, 7, 23, 0, 0, 0}, till = {2012, 7, 23, 9, 0, 0};
		buf_u16le(b, 1);
		put_time(b, from); /* the line of the request alone does not repeat them */
		put_time(b, till);
	}
}

static void check_request(const struct exchange *x)
{
	struct pulsar_frame f;
	struct pulsar_out out;
	struct buf b;
	size_t size = 0;
	assert_int_equal(pulsar_cut(x->request, &size), PULSAR_CUT_FULL);
	assert_int_equal(size, x->request.size);
	assert_int_equal(pulsar_decode(x->request, &f), ERR_OK);
	int function = has(x, "fn") ? (int)number_of(x, "fn") : PULSAR_READ;
	assert_int_equal(f.function, function);
	buf_init(&b, PULSAR_DATA_MAX);
	request_data(x, function, &b);
	f.data = buf_slice(&b);
	assert_int_equal(pulsar_encode(&f, &out), ERR_OK);
	assert_int_equal(out.size, x->request.size);
	assert_memory_equal(out.data, x->request.data, out.size);
	buf_fini(&b);
}

static void check_archive(const struct exchange *x, struct slice data)
{
	const json_t *values = json_object_get(x->decoded, "values");
	struct civil c;
	assert_int_equal(data.size, PULSAR_ARCHIVE_HEAD + 4 * json_array_size(values));
	assert_true(pulsar_time_get(data.data + 4, &c));
	assert_int_equal(civil_to_utc(c), civil_to_utc(time_of(x, "start")));
	for (size_t i = 0; i < json_array_size(values); i++) {
		assert_true(pulsar_value(data.data + PULSAR_ARCHIVE_HEAD + 4 * i, 4) ==
			    json_number_value(json_array_get(values, i)));
	}
}

static void check_reply(const struct exchange *x)
{
	struct pulsar_frame f;
	struct civil c;
	size_t size = 0;
	assert_int_equal(pulsar_cut(x->reply, &size), PULSAR_CUT_FULL);
	assert_int_equal(size, x->reply.size);
	assert_int_equal(pulsar_decode(x->reply, &f), ERR_OK);
	assert_int_equal(f.function, (int)number_of(x, "fn"));
	if (has(x, "addr")) {
		assert_int_equal(
			f.address, atoi(json_string_value(json_object_get(x->decoded, "addr"))));
	}
	switch (f.function) {
	case PULSAR_READ:
		if (has(x, "float")) {
			assert_true((float)pulsar_value(f.data.data, 4) ==
				    (float)number_of(x, "float"));
			assert_int_equal(f.data.size, 4);
		} else {
			assert_true(
				pulsar_value(f.data.data, 8) == number_of(x, "channel2_double"));
			assert_int_equal(f.data.size, 8);
		}
		break;
	case PULSAR_READ_CLOCK:
		assert_true(pulsar_time_get(f.data.data, &c));
		assert_int_equal(civil_to_utc(c), civil_to_utc(time_of(x, "time")));
		break;
	case PULSAR_WRITE_CLOCK:
		assert_int_equal(f.data.data[0], (int)number_of(x, "result"));
		break;
	case PULSAR_READ_ARCHIVE: check_archive(x, f.data); break;
	case PULSAR_READ_WEIGHT:
		assert_true(pulsar_value(f.data.data, 4) == number_of(x, "weight_float"));
		break;
	case PULSAR_TEST_LINE:
		assert_int_equal(f.data.data[0], (int)number_of(x, "result_mask"));
		break;
	case PULSAR_READ_PARAM:
		assert_true(fabs(pulsar_value(f.data.data, 4) - number_of(x, "param_value_float")) <
			    5e-5);
		break;
	default: assert_int_equal(f.data.data[0], mask_of(x)); break;
	}
}

static void check_exchange(const struct exchange *x, void *ctx)
{
	(void)ctx;
	if (x->request.size > 0) {
		check_request(x);
	}
	if (x->reply.size > 0) {
		check_reply(x);
	}
}

static void every_published_frame_is_made_and_read(void **state)
{
	(void)state;
	assert_int_equal(heat_each("pulsar", check_exchange, NULL), 13);
}

static void a_frame_is_found_behind_noise_and_in_pieces(void **state)
{
	(void)state;
	uint8_t bytes[] = {
		0x00, 0x12, 0x34, 0x56, 0x12, 0x34, 0x56, 0x78, 0x04, 0x0a, 0x78, 0x8a, 0x9b, 0xb4};
	size_t size, at = 0;
	enum pulsar_cut c;
	while ((c = pulsar_cut((struct slice){bytes + at, sizeof(bytes) - at}, &size)) ==
		PULSAR_CUT_JUNK) {
		assert_int_equal(size, 1);
		at++;
	}
	assert_int_equal(c, PULSAR_CUT_FULL);
	assert_int_equal(at, 4);
	for (size_t n = 0; n < 10; n++) {
		assert_int_equal(pulsar_cut((struct slice){bytes + 4, n}, &size), PULSAR_CUT_MORE);
		assert_true(size > n);
	}
	for (size_t bit = 0; bit < 80; bit++) {
		bytes[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(
			pulsar_cut((struct slice){bytes + 4, 10}, &size), PULSAR_CUT_FULL);
		bytes[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* The bytes two independent implementations send. */
static void the_search_is_the_known_one(void **state)
{
	static const uint8_t known[] = {
		0xf0, 0x0f, 0x0f, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa5, 0x44};
	struct pulsar_out out;
	uint32_t address = 0;
	size_t size;
	(void)state;
	pulsar_search_request(&out);
	assert_int_equal(out.size, sizeof(known));
	assert_memory_equal(out.data, known, sizeof(known));
	assert_int_equal(pulsar_cut(SLICE(known), &size), PULSAR_CUT_FULL);
	assert_false(pulsar_search_decode(SLICE(known), &address));
	pulsar_search_reply(4026591, &out);
	assert_int_equal(pulsar_cut((struct slice){out.data, out.size}, &size), PULSAR_CUT_FULL);
	assert_true(pulsar_search_decode((struct slice){out.data, out.size}, &address));
	assert_int_equal(address, 4026591);
}

/* ---- a driver and a meter in memory ---- */

struct bench {
	struct link *link;
	struct talk *talk;
	struct sample_list got;
};

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = (double)(utc_us / 1000000 - (NOW - 500 * 86400)) / 3600;
	(void)s;
	switch (q) {
	case QUANTITY_COLD_WATER: return floor(h * 13) / 1000; /* whole litres */
	case QUANTITY_HEAT_ENERGY: return floor(h * 25) / 100000;
	case QUANTITY_VOLUME: return floor(h * 40) / 1000;
	case QUANTITY_TEMPERATURE_SUPPLY: return 71.25;
	default: return NAN;
	}
}

static const struct zone *zone(const char *name)
{
	const struct zone *z = NULL;
	assert_int_equal(zone_get(name, &z, NULL), ERR_OK);
	return z;
}

static struct sim_device device(const char *model)
{
	static const struct sim_source source = {source_at};
	struct sim_device d = {.protocol = &sim_pulsar,
		.source = &source,
		.address = 10264061,
		.zone = zone("Asia/Yekaterinburg"),
		.born_utc = NOW - 500 * 86400,
		.depth = {.hours = 1488, .days = 184, .months = 60}};
	(void)STR_COPY(d.model, model);
	return d;
}

static void attach(struct bench *b, const char *params, int64_t now)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	(void)STR_COPY(meter.params, params);
	if (talk_new(pulsar(), &line, &meter, zone("Asia/Yekaterinburg"), &b->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, now), ERR_OK);
	sample_list_init(&b->got);
}

static void bench_init(struct bench *b, const struct sim_device *d, const char *params)
{
	b->link = sim_link_new(d, NOW * INT64_C(1000000));
	assert_non_null(b->link);
	attach(b, params, NOW);
}

static void bench_fini(struct bench *b)
{
	talk_free(b->talk);
	sample_list_fini(&b->got);
	link_close(b->link);
}

static const struct sample *find(const struct bench *b, const char *key, int64_t utc)
{
	for (size_t i = 0; i < b->got.n; i++) {
		const struct sample *s = &b->got.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (utc == 0 || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static void must_have(const struct bench *b, const char *key, double v)
{
	const struct sample *s = find(b, key, 0);
	if (!s || fabs(s->value - v) > 1e-6 * (1 + fabs(v))) {
		fail_msg("%s: %g instead of %g", key, s ? s->value : NAN, v);
	}
}

static void must(struct bench *b, enum err e)
{
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(b->talk)->text);
	}
}

static void the_kind_is_seen_from_the_channels(void **state)
{
	static const struct {
		const char *model, *said;
		size_t channels;
	} cases[] = {{"pulsar_24", "Pulsar pulse counter", 24}, /* has a channel 20, too */
		{"pulsar_16", "Pulsar pulse counter", 16}, {"pulsar_2", "Pulsar pulse counter", 2},
		{"pulsar_water", "Pulsar water meter", 1},
		{"pulsar_heat", "Pulsar heat meter", 12}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_device d = device(cases[i].model);
		struct identity who;
		struct bench b;
		bench_init(&b, &d, "address=10264061 quantities=cold_water");
		must(&b, pulsar()->identify(b.talk, &who));
		assert_string_equal(who.model, cases[i].said);
		assert_string_equal(who.serial, "10264061");
		assert_string_equal(who.version, "258");
		must(&b, pulsar()->read_current(b.talk, &b.got.sink));
		size_t n = 0;
		for (size_t k = 0; k < b.got.n; k++) {
			const struct sample *s = &b.got.items[k]->sample;
			n += s->quantity != QUANTITY_BATTERY_VOLTAGE &&
			     s->quantity != QUANTITY_ON_TIME &&
			     quantity_kind(s->quantity) != KIND_INFO &&
			     quantity_kind(s->quantity) != KIND_STATE &&
			     strcmp(s->key, "temperature") != 0;
		}
		assert_int_equal(n, cases[i].channels);
		bench_fini(&b);
	}
}

/* A recorder by radio: as the wired one, and floats. */
static bool answer_floats(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct pulsar_frame f;
	struct pulsar_out out;
	struct buf wide, narrow;
	buf_init(&wide, 256);
	buf_init(&narrow, 256);
	bool is_told = sim_pulsar.answer(d, request, now_us, &wide);
	if (is_told && !pulsar_decode(buf_slice(&wide), &f) && f.function == PULSAR_READ) {
		for (size_t at = 0; at + 8 <= f.data.size; at += 8) {
			pulsar_value_put(pulsar_value(f.data.data + at, 8), 4, &narrow);
		}
		f.data = buf_slice(&narrow);
		assert_int_equal(pulsar_encode(&f, &out), ERR_OK);
		buf_put(reply, out.data, out.size);
	} else if (is_told) {
		buf_put(reply, wide.data, wide.size);
	}
	buf_fini(&wide);
	buf_fini(&narrow);
	return is_told;
}

static void a_counter_with_a_channel_20_is_not_read_as_a_heat_meter(void **state)
{
	(void)state;
	struct sim_protocol floats = {
		.name = sim_pulsar.name, .frame = sim_pulsar.frame, .answer = answer_floats};
	struct sim_device d = device("pulsar_24");
	struct bench b;
	d.protocol = &floats;
	bench_init(&b, &d, "address=10264061 quantities=cold_water");
	assert_int_equal(pulsar()->read_current(b.talk, &b.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(b.talk)->text, "kind"));
	assert_int_equal(b.got.n, 0);
	bench_fini(&b);
	bench_init(&b, &d, "address=10264061 quantities=cold_water kind=counter");
	must(&b, pulsar()->read_current(b.talk, &b.got.sink));
	assert_non_null(find(&b, "cold_water.24", 0));
	bench_fini(&b);
}

/* Refuses (6) an archive from before its memory, which holds two days of hours. */
static bool answer_young(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	static const uint8_t bad_value[] = {PULSAR_BAD_VALUE};
	struct pulsar_frame f;
	struct pulsar_out out;
	struct civil from;
	bool is_old = !pulsar_decode(request, &f) && f.function == PULSAR_READ_ARCHIVE &&
		      pulsar_time_get(f.data.data + 6, &from) &&
		      zone_utc(d->zone, from, false) < NOW - 47 * 3600;
	if (!is_old) {
		return sim_pulsar.answer(d, request, now_us, reply);
	}
	f.function = PULSAR_REFUSAL;
	f.data = SLICE(bad_value);
	assert_int_equal(pulsar_encode(&f, &out), ERR_OK);
	buf_put(reply, out.data, out.size);
	return true;
}

static void what_lies_behind_a_refused_place_is_read(void **state)
{
	(void)state;
	struct sim_protocol young = {
		.name = sim_pulsar.name, .frame = sim_pulsar.frame, .answer = answer_young};
	struct sim_device d = device("pulsar_heat");
	struct bench b;
	int64_t open = NOW / 3600 * 3600;
	d.protocol = &young;
	bench_init(&b, &d, "address=10264061 kind=heat channels=7");
	must(&b, pulsar()->read_archive(b.talk, PERIOD_HOUR,
			 (struct span){open - 49 * 3600, open - 1 * 3600}, &b.got.sink));
	for (int i = 1; i <= 44; i++) { /* five at once: the batch with the edge in it is refused */
		const struct sample *s = find(&b, "heat_energy", open - i * 3600);
		assert_non_null(s);
		assert_true(!isnan(s->value));
	}
	assert_null(find(&b, "heat_energy", open - 49 * 3600)); /* refused is not "not recorded" */
	bench_fini(&b);
}

static void doubles_and_floats_are_told_by_their_size(void **state)
{
	static const char *const models[] = {"pulsar_4", "pulsar_water"};
	static const char *const keys[] = {"cold_water.1", "cold_water"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_device d = device(models[i]);
		struct bench b;
		bench_init(&b, &d, "address=10264061 quantities=cold_water,pulses");
		must(&b, pulsar()->read_current(b.talk, &b.got.sink));
		must_have(
			&b, keys[i], source_at(NULL, QUANTITY_COLD_WATER, NOW * INT64_C(1000000)));
		assert_int_equal(find(&b, keys[i], 0)->unit, UNIT_M3);
		assert_true((i == 0) == (find(&b, "pulses.4", 0) != NULL));
		if (i == 0) {
			assert_int_equal(find(&b, "cold_water.1", 0)->decimals, 3);
			must_have(&b, "pulse_weight.4", 0.001);
		}
		bench_fini(&b);
	}
}

static void a_heat_meter_says_what_it_measures(void **state)
{
	struct sim_device d = device("pulsar_heat");
	struct bench b;
	(void)state;
	bench_init(&b, &d, "address=10264061 kind=heat");
	must(&b, pulsar()->read_current(b.talk, &b.got.sink));
	must_have(&b, "heat_energy", source_at(NULL, QUANTITY_HEAT_ENERGY, NOW * INT64_C(1000000)));
	assert_int_equal(find(&b, "heat_energy", 0)->unit, UNIT_GCAL);
	must_have(&b, "temperature_supply", 71.25);
	must_have(&b, "operating_time", 12000);
	must_have(&b, "volume.4", 0);
	/* not measured is no zero */
	assert_true(isnan(find(&b, "heat_power", 0)->value));
	assert_int_equal(quality_class(find(&b, "heat_power", 0)->quality), QUALITY_MISSING);
	bench_fini(&b);
}

static void diagnostics_are_read_by_the_kind_of_meter(void **state)
{
	static const struct {
		const char *model;
		int status;
		double abnormal;
	} cases[] = {{"pulsar_4", 0x04, ABNORMAL_FAILURE}, {"pulsar_4", 0x40, 0},
		{"pulsar_water", 0x04, ABNORMAL_CLOCK}, {"pulsar_water", 0x40, ABNORMAL_REVERSE},
		{"pulsar_water", 0x01, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_device d = device(cases[i].model);
		struct bench b;
		d.status = cases[i].status;
		bench_init(&b, &d, "address=10264061");
		must(&b, pulsar()->read_current(b.talk, &b.got.sink));
		must_have(&b, "error_code", cases[i].status);
		must_have(&b, "abnormal", cases[i].abnormal);
		const char *key = strcmp(cases[i].model, "pulsar_water") ? "volume.1" : "volume";
		bool is_marked = quality_flags(find(&b, key, 0)->quality) & QUALITY_ABNORMAL;
		assert_int_equal(is_marked, cases[i].abnormal == ABNORMAL_FAILURE ||
						    cases[i].abnormal == ABNORMAL_REVERSE);
		bench_fini(&b);
	}
}

static void the_clock_is_read_and_set(void **state)
{
	struct sim_device d = device("pulsar_2");
	struct bench b;
	int64_t utc = 0;
	(void)state;
	d.clock_offset_s = -95;
	bench_init(&b, &d, "address=10264061");
	must(&b, pulsar()->read_clock(b.talk, &utc));
	assert_int_equal(utc, NOW - 95);
	must(&b, pulsar()->set_clock(b.talk, NOW));
	must(&b, pulsar()->read_clock(b.talk, &utc));
	assert_int_equal(utc, NOW);
	bench_fini(&b);
}

/* ---- archives ---- */

static int64_t local(int year, int month, int day, int hour)
{
	return zone_utc(zone("Asia/Yekaterinburg"),
		(struct civil){.year = year, .month = month, .day = day, .hour = hour}, false);
}

/* Every border of the span has its reading, and the last one closes the last period. */
static void check_readings(struct bench *b, const char *key, enum quantity q, enum period p,
	struct span span, size_t wanted)
{
	struct calendar c = {.zone = zone("Asia/Yekaterinburg"), .report_day = 1};
	size_t n = 0;
	for (int64_t at = span.from; at <= span.till; at = period_next(&c, p, at)) {
		const struct sample *s = find(b, key, at);
		double v = source_at(NULL, q, at * 1000000);
		if (!s || fabs(s->value - v) > 1e-6 * (1 + v)) {
			fail_msg("%s at %lld: %g instead of %g", key, (long long)at,
				s ? s->value : NAN, v);
		}
		assert_int_equal(s->form, FORM_POINT);
		assert_int_equal(s->period, p);
		n++;
	}
	assert_int_equal(n, wanted);
}

static void hours_days_and_months_are_readings_at_their_borders(void **state)
{
	static const struct {
		const char *model, *params, *key;
		enum quantity quantity;
	} cases[] = {{"pulsar_16", "channels=1,16 quantities=cold_water", "cold_water.16",
			     QUANTITY_COLD_WATER},
		{"pulsar_heat", "kind=heat", "heat_energy", QUANTITY_HEAT_ENERGY},
		{"pulsar_heat", "kind=auto", "volume", QUANTITY_VOLUME}};
	const struct span hours = {local(2026, 10, 1, 7), local(2026, 10, 8, 19)},
			  days = {local(2026, 8, 1, 0), local(2026, 10, 10, 0)},
			  months = {local(2025, 8, 1, 0), local(2026, 10, 1, 0)};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_device d = device(cases[i].model);
		struct bench b;
		char params[100];
		(void)snprintf(params, sizeof(params), "address=10264061 %s", cases[i].params);
		bench_init(&b, &d, params);
		must(&b, pulsar()->read_archive(b.talk, PERIOD_HOUR, hours, &b.got.sink));
		check_readings(&b, cases[i].key, cases[i].quantity, PERIOD_HOUR, hours, 181);
		sample_list_fini(&b.got);
		sample_list_init(&b.got);
		must(&b, pulsar()->read_archive(b.talk, PERIOD_DAY, days, &b.got.sink));
		check_readings(&b, cases[i].key, cases[i].quantity, PERIOD_DAY, days, 71);
		sample_list_fini(&b.got);
		sample_list_init(&b.got);
		must(&b, pulsar()->read_archive(b.talk, PERIOD_MONTH, months, &b.got.sink));
		check_readings(&b, cases[i].key, cases[i].quantity, PERIOD_MONTH, months, 15);
		bench_fini(&b);
	}
}

static void what_was_not_recorded_is_missing_and_what_is_not_formed_yet_is_not_told(void **state)
{
	struct sim_device d = device("pulsar_2");
	struct bench b;
	const int64_t noon = local(2026, 10, 17, 12);
	(void)state;
	d.off_from_utc = noon - 1800;
	d.off_till_utc = noon + 9 * 3600 + 60; /* ten full hours fall into it */
	d.clock_offset_s = -3000;              /* its hour is not over when ours is */
	bench_init(&b, &d, "address=10264061 channels=1 quantities=cold_water");
	must(&b, pulsar()->read_archive(b.talk, PERIOD_HOUR,
			 (struct span){noon - 7200, local(2026, 10, 18, 19)}, &b.got.sink));
	for (int i = -2; i < 12; i++) {
		const struct sample *s = find(&b, "cold_water.1", noon + i * 3600);
		assert_non_null(s);
		bool is_off = i >= 0 && i < 10;
		assert_int_equal(isnan(s->value), is_off);
		assert_int_equal(
			quality_class(s->quality), is_off ? QUALITY_MISSING : QUALITY_MEASURED);
	}
	assert_null(find(&b, "cold_water.1", local(2026, 10, 18, 17)));
	assert_non_null(find(&b, "cold_water.1", local(2026, 10, 18, 16)));
	bench_fini(&b);
}

static void what_the_meter_forgot_is_no_data(void **state)
{
	struct sim_device d = device("pulsar_2");
	struct bench b;
	(void)state;
	bench_init(&b, &d, "address=10264061");
	const struct span old = {local(2026, 7, 1, 0), local(2026, 7, 3, 0)};
	assert_int_equal(pulsar()->read_archive(b.talk, PERIOD_HOUR, old, &b.got.sink), ERR_NODATA);
	assert_int_equal(b.got.n, 0);
	/* over the edge of its memory: what is older is missing, what is younger is there */
	const int64_t edge = local(2026, 10, 18, 17) - INT64_C(1488) * 3600;
	must(&b, pulsar()->read_archive(b.talk, PERIOD_HOUR,
			 (struct span){edge - 86400, edge + 86400}, &b.got.sink));
	assert_true(isnan(find(&b, "volume.1", edge)->value));
	assert_true(!isnan(find(&b, "volume.1", edge + 3600)->value));
	bench_fini(&b);
}

static void days_of_another_report_hour_are_not_made_up(void **state)
{
	struct sim_device d = device("pulsar_2");
	struct bench b;
	(void)state;
	bench_init(&b, &d, "address=10264061");
	assert_int_equal(
		pulsar()->read_archive(b.talk, PERIOD_DAY,
			(struct span){local(2026, 10, 1, 10), local(2026, 10, 5, 10)}, &b.got.sink),
		ERR_NODATA);
	assert_int_equal(
		pulsar()->read_archive(b.talk, PERIOD_MONTH,
			(struct span){local(2026, 8, 25, 0), local(2026, 9, 25, 0)}, &b.got.sink),
		ERR_NODATA);
	assert_int_equal(b.got.n, 0);
	bench_fini(&b);
}

/* ---- a meter that answers wrongly ---- */

struct liar {
	struct link link; /* first */
	void (*say)(struct pulsar_frame *f, struct buf *data);
	struct pulsar_out now;
	size_t at;
};

static void liar_close(struct link *l)
{
	(void)l;
}

static enum err liar_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	struct pulsar_frame f;
	struct buf data;
	(void)diag;
	assert_int_equal(pulsar_decode(bytes, &f), ERR_OK);
	buf_init(&data, PULSAR_DATA_MAX);
	liar->say(&f, &data);
	f.data = buf_slice(&data);
	assert_int_equal(pulsar_encode(&f, &liar->now), ERR_OK);
	liar->at = 0;
	buf_fini(&data);
	return ERR_OK;
}

static enum err liar_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct liar *liar = (struct liar *)l;
	size_t n = liar->now.size - liar->at;
	(void)timeout_ms;
	(void)diag;
	if (n == 0) {
		return ERR_TIMEOUT;
	}
	n = n < cap ? n : cap;
	memcpy(to, liar->now.data + liar->at, n);
	liar->at += n;
	*ret_n = n;
	return ERR_OK;
}

static size_t liar_discard(struct link *l)
{
	struct liar *liar = (struct liar *)l;
	size_t n = liar->now.size - liar->at;
	liar->at = liar->now.size;
	return n;
}

static void liar_pause(struct link *l, int ms)
{
	(void)l;
	(void)ms;
}

static enum err current_of(void (*say)(struct pulsar_frame *, struct buf *), const char *params,
	size_t *ret_n, int *ret_foreign)
{
	static const struct link_ops ops = {.close = liar_close,
		.write = liar_write,
		.read = liar_read,
		.discard = liar_discard,
		.pause = liar_pause};
	struct liar liar = {.link.ops = &ops, .say = say};
	struct bench b = {.link = &liar.link};
	attach(&b, params, NOW);
	enum err e = pulsar()->read_current(b.talk, &b.got.sink);
	*ret_n = b.got.n;
	*ret_foreign = (int)talk_counters(b.talk)->foreign;
	talk_free(b.talk);
	sample_list_fini(&b.got);
	return e;
}

static void say_four(struct buf *data)
{
	pulsar_value_put(4, 4, data);
}

static void another_id(struct pulsar_frame *f, struct buf *data)
{
	f->id++;
	say_four(data);
}

static void another_address(struct pulsar_frame *f, struct buf *data)
{
	f->address++;
	say_four(data);
}

static void another_function(struct pulsar_frame *f, struct buf *data)
{
	f->function = PULSAR_READ_CLOCK;
	say_four(data);
}

static void three_bytes(struct pulsar_frame *f, struct buf *data)
{
	(void)f;
	buf_put(data, "abc", 3);
}

static void not_allowed(struct pulsar_frame *f, struct buf *data)
{
	f->function = PULSAR_REFUSAL;
	buf_u8(data, PULSAR_NOT_ALLOWED);
}

static void unknown_code(struct pulsar_frame *f, struct buf *data)
{
	f->function = PULSAR_REFUSAL;
	buf_u32le(data, 0x77);
}

static void a_wrong_answer_is_an_error_and_no_value(void **state)
{
	static const struct {
		void (*say)(struct pulsar_frame *, struct buf *);
		enum err e;
		int foreign;
	} cases[] = {{another_id, ERR_FOREIGN, 1}, {another_address, ERR_FOREIGN, 1},
		{another_function, ERR_FOREIGN, 1}, {three_bytes, ERR_PROTO, 0},
		{not_allowed, ERR_DENIED, 0}, {unknown_code, ERR_UNSUPP, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n;
		int foreign;
		enum err e = current_of(cases[i].say,
			"address=12345678 kind=counter channels=1 service=no", &n, &foreign);
		if (cases[i].foreign) {
			assert_true(e == ERR_FOREIGN || e == ERR_TIMEOUT);
			assert_true(foreign > 0);
		} else {
			assert_int_equal(e, cases[i].e);
		}
		assert_int_equal(n, 0);
	}
}

static void parameters_that_make_no_sense_are_named(void **state)
{
	static const struct {
		const char *params, *word;
	} cases[] = {{"kind=gas", "kind"}, {"channels=0", "channels"}, {"channels=3-1", "channels"},
		{"channels=1,33", "channels"}, {"channels=a", "channels"},
		{"quantities=voltage", "quantities"}, {"quantities=volume,,pulses", "quantities"}};
	struct sim_device d = device("pulsar_2");
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		char params[100];
		(void)snprintf(params, sizeof(params), "address=10264061 %s", cases[i].params);
		bench_init(&b, &d, params);
		assert_int_equal(pulsar()->read_current(b.talk, &b.got.sink), ERR_INVAL);
		assert_int_equal(
			strncmp(talk_diag(b.talk)->text, cases[i].word, strlen(cases[i].word)), 0);
		bench_fini(&b);
	}
}

static enum err keep(void *ctx, const struct identity *who)
{
	char *text = ctx;
	(void)strcat(strcat(text, who->address), " ");
	return ERR_OK;
}

static void a_meter_is_found_alone_or_among_numbers(void **state)
{
	struct sim_device d = device("pulsar_2");
	(void)state;
	static const char *const params[] = {"address=0", "address=0 scan=10264058-10264064"};
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		char found[200] = "";
		bench_init(&b, &d, params[i]);
		must(&b, pulsar()->scan(b.talk, keep, found));
		assert_string_equal(found, "address=10264061 ");
		bench_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_frame_is_made_and_read),
		cmocka_unit_test(a_frame_is_found_behind_noise_and_in_pieces),
		cmocka_unit_test(the_search_is_the_known_one),
		cmocka_unit_test(the_kind_is_seen_from_the_channels),
		cmocka_unit_test(a_counter_with_a_channel_20_is_not_read_as_a_heat_meter),
		cmocka_unit_test(what_lies_behind_a_refused_place_is_read),
		cmocka_unit_test(doubles_and_floats_are_told_by_their_size),
		cmocka_unit_test(a_heat_meter_says_what_it_measures),
		cmocka_unit_test(diagnostics_are_read_by_the_kind_of_meter),
		cmocka_unit_test(the_clock_is_read_and_set),
		cmocka_unit_test(hours_days_and_months_are_readings_at_their_borders),
		cmocka_unit_test(
			what_was_not_recorded_is_missing_and_what_is_not_formed_yet_is_not_told),
		cmocka_unit_test(what_the_meter_forgot_is_no_data),
		cmocka_unit_test(days_of_another_report_hour_are_not_made_up),
		cmocka_unit_test(a_wrong_answer_is_an_error_and_no_value),
		cmocka_unit_test(parameters_that_make_no_sense_are_named),
		cmocka_unit_test(a_meter_is_found_alone_or_among_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
