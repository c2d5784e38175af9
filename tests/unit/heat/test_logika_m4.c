/*
 * The driver of Logika M4 devices against simulated ones: what each model says, and what becomes of
 * answers that are wrong, refused, empty or without end.
 *
 * Expectations: the formula of source_at and the maker's tables as docs/protocols/logika_m4.md has
 * them. Archives against the truth: tests/unit/sim/test_twins.c.
 */
#include "base/str.h"
#include "model/abnormal.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "proto/m4.h"
#include "sim/ask.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define NOW    1792326645 /* 2026-10-18T12:30:45Z */
#define HOUR_S 3600
#define DAY_S  86400

static const struct driver *m4(void)
{
	return driver_find("logika_m4");
}

/* ---- a driver and a meter in memory ---- */

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = (double)(utc_us / 1000000 - (NOW - 500 * DAY_S)) / HOUR_S;
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return h * 0.04;
	case QUANTITY_VOLUME_SUPPLY: return h * 1.25;
	case QUANTITY_VOLUME_RETURN: return h * h / 1000; /* no two hours are equal */
	case QUANTITY_FLOW_SUPPLY: return 1.25;
	case QUANTITY_TEMPERATURE_SUPPLY: return 71.25;
	case QUANTITY_PRESSURE_SUPPLY: return 0.5;
	default: return NAN;
	}
}

/* What a meter under test does to its replies, besides being one. */
enum twist {
	STRAIGHT,
	ENCRYPTED,
	LATE_ID,
	OTHER_NT,
	REFUSED,    /* error `twist_error` to everything but the session */
	CIRCLES,    /* the pointer of an archive leads back to the first date */
	CUT_VALUES, /* the body is cut, the checksum right */
	NO_VALUES,
	NOT_IN_SERVICE, /* scheme 99 */
	NO_REPORT,      /* report day and hour are not set */
	SITUATION       /* flags FF.. in every record */
};
static enum twist twist;
static uint8_t twist_error;
static int requests, wakes;
static uint8_t codes[4000];

static void rewrite_values(struct slice body, struct m4_out *o);

static void rewrite_value(const struct m4_value *v, struct m4_out *o)
{
	static const uint32_t all[3] = {~0u, ~0u, ~0u};
	if (v->tag == M4_SEQUENCE) {
		size_t mark = m4_open(o);
		rewrite_values(v->data, o);
		m4_close(o, mark);
	} else if (v->tag == M4_UINT && twist == NOT_IN_SERVICE) {
		m4_put_uint(o, 99);
	} else if (v->tag == M4_TEXT && twist == NO_REPORT && v->data.size == 2) {
		m4_put_null(o);
	} else if (v->tag == M4_FLAGS && twist == SITUATION) {
		m4_put_flags(o, all, v->data.size);
	} else if (v->tag == M4_ARCHDATE && twist == CIRCLES && v->data.size > 0) {
		m4_put_archdate(o, (struct civil){2020, 1, 1, 0, 0, 0}, (int)v->data.size);
	} else {
		m4_put(o, v->tag, v->data.data, v->data.size);
	}
}

static void rewrite_values(struct slice body, struct m4_out *o)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	while (m4_next(&r, &v)) {
		rewrite_value(&v, o);
	}
}

static void put_bytes(struct m4_out *o, struct slice bytes)
{
	memcpy(o->data + o->size, bytes.data, bytes.size);
	o->size += bytes.size;
}

static void twist_reply(struct buf *reply)
{
	struct m4_frame f;
	struct m4_out o;
	assert_true(m4_decode(buf_slice(reply), &f));
	if (!f.is_extended || twist == STRAIGHT) {
		return;
	}
	m4_begin(&o, (uint8_t)(f.nt + (twist == OTHER_NT)), (uint8_t)(f.id - (twist == LATE_ID)),
		twist == REFUSED ? M4_ERROR : f.code);
	switch (twist) {
	case REFUSED: put_bytes(&o, (struct slice){&twist_error, 1}); break;
	case CUT_VALUES:
		put_bytes(&o, (struct slice){f.data.data, f.data.size - (f.data.size > 0)});
		break;
	case NO_VALUES: break;
	case NOT_IN_SERVICE:
	case NO_REPORT:
	case SITUATION:
	case CIRCLES: rewrite_values(f.data, &o); break;
	default: put_bytes(&o, f.data); break;
	}
	o.data[4] = twist == ENCRYPTED;
	struct slice bytes = m4_end(&o);
	buf_clear(reply);
	buf_put(reply, bytes.data, bytes.size);
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	struct m4_frame f;
	assert_true(m4_decode(request, &f));
	codes[requests++ % (int)sizeof(codes)] = f.code;
	wakes += f.code == M4_SESSION;
	if (!sim_m4.answer(d, request, now_us, reply)) {
		return false;
	}
	twist_reply(reply);
	return true;
}

static struct sim_protocol twisted = {.name = "logika_m4", .answer = answer};

struct bench {
	struct link *link;
	struct talk *talk;
	struct sample_list got;
};

static struct sim_device device(const char *model)
{
	static const struct sim_source source = {source_at};
	struct sim_device d = {.protocol = &twisted,
		.source = &source,
		.address = 7,
		.born_utc = NOW - 500 * DAY_S,
		.depth = {.hours = 1080, .days = 365, .months = 100},
		.report_hour = 10,
		.report_day = 25};
	twisted.frame = sim_m4.frame;
	(void)STR_COPY(d.model, model);
	(void)STR_COPY(d.serial, "55150");
	assert_int_equal(zone_get("Asia/Yekaterinburg", &d.zone, NULL), ERR_OK);
	return d;
}

static void bench_init(struct bench *b, const struct sim_device *d, const char *params)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	twist = STRAIGHT;
	requests = wakes = 0;
	b->link = sim_link_new(d, NOW * INT64_C(1000000));
	assert_non_null(b->link);
	(void)STR_COPY(meter.params, params);
	if (talk_new(m4(), &line, &meter, d->zone, &b->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_attach(b->talk, b->link, NULL);
	assert_int_equal(talk_begin(b->talk, NOW), ERR_OK);
	sample_list_init(&b->got);
}

static void bench_fini(struct bench *b)
{
	talk_free(b->talk);
	sample_list_fini(&b->got);
	link_close(b->link);
}

static void bench_model(struct bench *b, const char *model)
{
	struct sim_device d = device(model);
	bench_init(b, &d, "address=7");
}

static const struct sample *find(const struct bench *b, const char *key)
{
	for (size_t i = 0; i < b->got.n; i++) {
		if (strcmp(b->got.items[i]->key, key) == 0) {
			return &b->got.items[i]->sample;
		}
	}
	return NULL;
}

static void must_be(const struct bench *b, const char *key, double v, enum unit unit)
{
	const struct sample *s = find(b, key);
	if (!s || s->unit != unit || !(fabs(s->value - v) <= 1e-6 * (1 + fabs(v)))) {
		fail_msg("%s: %g %s instead of %g", key, s ? s->value : NAN,
			s ? unit_code(s->unit) : "", v);
	}
}

static void must_be_missing(const struct bench *b, const char *key)
{
	const struct sample *s = find(b, key);
	assert_true(s && isnan(s->value) && quality_class(s->quality) == QUALITY_MISSING);
}

static struct span hours_before(int from, int n)
{
	int64_t start = NOW / HOUR_S * HOUR_S - (int64_t)from * HOUR_S;
	return (struct span){start, start + (int64_t)n * HOUR_S};
}

/* ---- models ---- */

static void each_model_says_who_it_is(void **state)
{
	static const char *const models[][2] = {
		{"spt941_20", "SPT941.20"}, {"spt943", "SPT943.1"}, {"spt944", "SPT944"}};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench b;
		struct identity who;
		struct sim_device d = device(models[i][0]);
		bench_init(&b, &d, ""); /* addressed without number */
		assert_int_equal(m4()->identify(b.talk, &who), ERR_OK);
		assert_string_equal(who.model, models[i][1]);
		assert_string_equal(who.serial, "55150");
		assert_string_equal(who.address, "address=7");
		bench_fini(&b);
	}
}

static void two_heat_systems_have_keys_of_their_own(void **state)
{
	static const char *const models[] = {"spt943", "spt944"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		bench_model(&b, models[i]);
		assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
		must_be(&b, "volume_supply", 500 * 24 * 1.25, UNIT_M3);
		must_be(&b, "volume_supply.u2", 500 * 24 * 0.625, UNIT_M3);
		must_be(&b, "flow_supply", 1.25, UNIT_M3_H);
		must_be(&b, "heat_energy", 500 * 24 * 0.04, UNIT_GCAL);
		must_be(&b, "heat_energy.u2", 500 * 24 * 0.02, UNIT_GCAL);
		must_be(&b, "temperature_supply.u2", 71.25, UNIT_DEGC);
		must_be(&b, "pressure_supply", 5.0985811, UNIT_KGF_CM2);
		must_be(&b, "volume.3.u2", 0, UNIT_M3);
		must_be(&b, "error_code", 0, UNIT_NONE);
		must_be(&b, "abnormal", 0, UNIT_NONE);
		for (size_t k = 0; k < b.got.n; k++) { /* keys are unique */
			assert_true(str_is_key(b.got.items[k]->key));
			for (size_t j = 0; j < k; j++) {
				assert_string_not_equal(b.got.items[k]->key, b.got.items[j]->key);
			}
		}
		bench_fini(&b);
	}
}

static void a_sensor_that_is_not_there_has_no_value(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	must_be_missing(&b, "temperature.3");
	must_be_missing(&b, "pressure_return");
	must_be_missing(&b, "temperature_cold.u2");
	bench_fini(&b);
}

static void a_system_out_of_service_says_only_that(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = NOT_IN_SERVICE;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	must_be(&b, "status", 99, UNIT_NONE);
	must_be(&b, "status.u2", 99, UNIT_NONE);
	assert_null(find(&b, "heat_energy"));
	assert_null(find(&b, "temperature_supply.u2"));
	assert_non_null(find(&b, "heat_energy.u0"));
	bench_fini(&b);
}

static void the_second_system_can_be_left_out(void **state)
{
	static const char *const models[] = {"spt943", "spt944"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		struct sim_device d = device(models[i]);
		bench_init(&b, &d, "address=7 systems=1");
		assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
		assert_int_equal(
			m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 2), &b.got.sink),
			ERR_OK);
		assert_non_null(find(&b, "heat_energy"));
		for (size_t k = 0; k < b.got.n; k++) {
			assert_null(strstr(b.got.items[k]->key, ".u2"));
		}
		bench_fini(&b);
	}
}

static void current_values_take_few_requests(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_OK);
	assert_true(requests <= 5); /* session, settings, 65 values by 32 */
	bench_fini(&b);
}

static void gas_is_read_by_name_alone(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt941_20");
	bench_init(&b, &d, "device=spg742");
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
		ERR_UNSUPP);
	assert_int_equal(m4()->caps_of(b.talk) & (CAP_ARCHIVE_HOUR | CAP_SET_CLOCK), 0);
	bench_fini(&b);
	bench_init(&b, &d, "device=spt961");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_INVAL);
	bench_fini(&b);
}

/* ---- archives ---- */

static void as_many_records_as_fit_come_in_one_reply(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt941_20");
	bench_init(&b, &d, "address=7");
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(30, 24), &b.got.sink), ERR_OK);
	assert_true(requests <= 2 + 24 / 3); /* session, settings; 267 of 1024 bytes each */
	bench_fini(&b);
}

static void a_pointer_that_leads_back_is_not_followed_for_ever(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = CIRCLES;
	enum err e = m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(30, 24), &b.got.sink);
	assert_int_equal(e, ERR_NODATA);
	assert_true(requests < 100);
	bench_fini(&b);
}

static void a_hole_ends_the_search_behind_the_span(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.off_from_utc = NOW - 20 * DAY_S;
	d.off_till_utc = NOW - 5 * DAY_S;
	bench_init(&b, &d, "address=7");
	struct span span = hours_before(15 * 24, 48);
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_NODATA);
	assert_int_equal(b.got.n, 0);
	assert_true(requests <= 6);
	bench_fini(&b);
}

static void the_running_hour_is_not_there_yet(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(0, 1), &b.got.sink),
		ERR_NODATA);
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HALF_HOUR, hours_before(9, 1), &b.got.sink),
		ERR_UNSUPP);
	bench_fini(&b);
}

/* Berlin, 2026-10-25: 02:00 to 03:00 exists twice. */
static void an_hour_that_exists_twice_is_two_hours(void **state)
{
	static const int64_t autumn = 1792890000; /* 2026-10-25T01:00:00Z: the second begins */
	(void)state;
	for (int chunk = 1; chunk <= 6; chunk += 5) {
		struct bench b;
		struct sim_device d = device("spt943");
		assert_int_equal(zone_get("Europe/Berlin", &d.zone, NULL), ERR_OK);
		d.clock_offset_s = 20 * DAY_S; /* it is November there */
		bench_init(&b, &d, "address=7");
		for (int64_t at = autumn - 3 * HOUR_S; at < autumn + 3 * HOUR_S;
			at += (int64_t)chunk * HOUR_S) {
			struct span span = {at, at + (int64_t)chunk * HOUR_S};
			assert_int_equal(
				m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_OK);
		}
		int n = 0;
		for (size_t i = 0; i < b.got.n; i++) {
			const struct sample *s = &b.got.items[i]->sample;
			double h = (double)(s->utc - (NOW - 500 * DAY_S)) / HOUR_S;
			if (strcmp(s->key, "volume_return") == 0) {
				assert_true(fabs(s->value - (2 * h + 1) / 1000) < 1e-5);
				n++;
			}
		}
		assert_int_equal(n, 6);
		bench_fini(&b);
	}
}

static void a_situation_marks_the_record(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt944");
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 1), &b.got.sink), ERR_OK);
	assert_int_equal(quality_flags(find(&b, "heat_energy")->quality), 0);
	sample_list_fini(&b.got);
	sample_list_init(&b.got);
	twist = SITUATION;
	assert_int_equal(
		m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 1), &b.got.sink), ERR_OK);
	must_be(&b, "error_code", 4294967295.0, UNIT_NONE);
	must_be(&b, "error_code.2", 4294967295.0, UNIT_NONE);
	must_be(&b, "error_code.3", 0xffffff, UNIT_NONE); /* 11 bytes */
	must_be(&b, "abnormal",
		ABNORMAL_POWER | ABNORMAL_FAILURE | ABNORMAL_FLOW_LOW | ABNORMAL_FLOW_HIGH |
			ABNORMAL_DT_LOW,
		UNIT_NONE);
	assert_int_equal(quality_flags(find(&b, "heat_energy.u2")->quality), QUALITY_ABNORMAL);
	bench_fini(&b);
}

static void a_power_cut_has_its_time_and_its_flag(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	struct span span = hours_before(9, 1);
	d.off_from_utc = span.from + 600;
	d.off_till_utc = span.from + 2400;
	bench_init(&b, &d, "address=7");
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, span, &b.got.sink), ERR_OK);
	must_be(&b, "time_power_off", 0.5, UNIT_H);
	must_be(&b, "operating_time", 0.5, UNIT_H);
	must_be(&b, "abnormal", ABNORMAL_POWER, UNIT_NONE);
	assert_int_equal(quality_flags(find(&b, "volume_supply")->quality), QUALITY_ABNORMAL);
	bench_fini(&b);
}

static void journals_are_told_by_system(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.off_from_utc = NOW - 3 * DAY_S;
	d.off_till_utc = NOW - 2 * DAY_S;
	bench_init(&b, &d, "address=7");
	struct span span = {NOW - 4 * DAY_S, NOW};
	assert_int_equal(m4()->read_events(b.talk, span, &b.got.sink), ERR_OK);
	assert_int_equal(b.got.event_n, 2);
	assert_string_equal(b.got.events[0].code, "power_off");
	assert_string_equal(b.got.events[1].code, "power_off.u2");
	assert_int_equal(b.got.events[0].utc, d.off_from_utc);
	assert_string_equal(b.got.events[0].text, "Перерыв питания");
	bench_fini(&b);
}

static void a_report_time_that_is_not_said_is_not_made_up(void **state)
{
	(void)state;
	struct bench b;
	int hour = -1, day = -1;
	bench_model(&b, "spt943");
	twist = NO_REPORT;
	assert_int_equal(m4()->report_time(b.talk, &hour, &day), ERR_NODATA);
	assert_true(hour == -1 && day == -1);
	twist = STRAIGHT;
	assert_int_equal(m4()->report_time(b.talk, &hour, &day), ERR_OK);
	assert_true(hour == 10 && day == 25);
	bench_fini(&b);
}

/* ---- sessions ---- */

static void the_speed_is_switched_for_a_readout_and_back(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	d.baud = 2400;
	bench_init(&b, &d, "address=7 fast_baud=19200");
	int64_t utc;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	assert_int_equal(requests, 4);
	assert_true(codes[0] == M4_SESSION && codes[1] == M4_SPEED && codes[3] == M4_SPEED);
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	bench_fini(&b);
	/* too fast for it: it is read at the first speed */
	bench_init(&b, &d, "address=7 fast_baud=57600");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_OK);
	assert_int_equal(requests, 3);
	bench_fini(&b);
	bench_init(&b, &d, "address=7 fast_baud=12345");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_INVAL);
	bench_fini(&b);
}

static void a_meter_of_another_number_is_silent(void **state)
{
	(void)state;
	struct bench b;
	struct sim_device d = device("spt943");
	int64_t utc;
	bench_init(&b, &d, "address=8");
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_TIMEOUT);
	bench_fini(&b);
}

static void an_old_meter_is_named_with_its_driver(void **state)
{
	(void)state;
	struct bench b;
	struct identity who;
	struct sim_device d = device("spt943_old");
	bench_init(&b, &d, "address=7");
	assert_int_equal(m4()->identify(b.talk, &who), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(b.talk)->text, "driver logika"));
	bench_fini(&b);
	/* and when it is taken for a new one, it refuses */
	bench_init(&b, &d, "address=7 device=spt943");
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(b.talk)->text, "driver logika"));
	bench_fini(&b);
}

static void encryption_is_refused_in_words(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = ENCRYPTED;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(b.talk)->text, "encrypt"));
	twist = REFUSED;
	twist_error = M4_SECURED_ONLY;
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_DENIED);
	assert_non_null(strstr(talk_diag(b.talk)->text, "secured"));
	bench_fini(&b);
}

static void refusals_are_answers(void **state)
{
	static const enum err means[] = {
		ERR_UNSUPP, ERR_DENIED, ERR_UNSUPP, ERR_NODATA, ERR_DENIED, ERR_DENIED, ERR_UNSUPP};
	(void)state;
	struct bench b;
	bench_model(&b, "spt943");
	twist = REFUSED;
	for (uint8_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		int64_t utc;
		twist_error = i;
		assert_int_equal(m4()->read_clock(b.talk, &utc), means[i]);
	}
	bench_fini(&b);
}

static void replies_to_others_are_not_taken(void **state)
{
	static const enum twist twists[] = {LATE_ID, OTHER_NT};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench b;
		bench_model(&b, "spt943");
		twist = twists[i];
		enum err e = m4()->read_current(b.talk, &b.got.sink);
		assert_true(e == ERR_FOREIGN || e == ERR_TIMEOUT);
		assert_int_equal(b.got.n, 0);
		bench_fini(&b);
	}
}

static void damaged_bodies_are_no_values(void **state)
{
	(void)state;
	struct bench b;
	int64_t utc;
	bench_model(&b, "spt943");
	twist = CUT_VALUES;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_PROTO);
	assert_int_equal(m4()->read_archive(b.talk, PERIOD_HOUR, hours_before(9, 3), &b.got.sink),
		ERR_PROTO);
	twist = NO_VALUES;
	assert_int_equal(m4()->read_clock(b.talk, &utc), ERR_PROTO);
	assert_int_equal(m4()->read_current(b.talk, &b.got.sink), ERR_PROTO);
	bench_fini(&b);
}

static void a_clock_nobody_knows_how_to_set_is_left_alone(void **state)
{
	(void)state;
	struct bench b;
	bench_model(&b, "spt944");
	assert_int_equal(m4()->set_clock(b.talk, NOW), ERR_UNSUPP);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_model_says_who_it_is),
		cmocka_unit_test(two_heat_systems_have_keys_of_their_own),
		cmocka_unit_test(a_sensor_that_is_not_there_has_no_value),
		cmocka_unit_test(a_system_out_of_service_says_only_that),
		cmocka_unit_test(the_second_system_can_be_left_out),
		cmocka_unit_test(current_values_take_few_requests),
		cmocka_unit_test(gas_is_read_by_name_alone),
		cmocka_unit_test(as_many_records_as_fit_come_in_one_reply),
		cmocka_unit_test(a_pointer_that_leads_back_is_not_followed_for_ever),
		cmocka_unit_test(a_hole_ends_the_search_behind_the_span),
		cmocka_unit_test(the_running_hour_is_not_there_yet),
		cmocka_unit_test(an_hour_that_exists_twice_is_two_hours),
		cmocka_unit_test(a_situation_marks_the_record),
		cmocka_unit_test(a_power_cut_has_its_time_and_its_flag),
		cmocka_unit_test(journals_are_told_by_system),
		cmocka_unit_test(a_report_time_that_is_not_said_is_not_made_up),
		cmocka_unit_test(the_speed_is_switched_for_a_readout_and_back),
		cmocka_unit_test(a_meter_of_another_number_is_silent),
		cmocka_unit_test(an_old_meter_is_named_with_its_driver),
		cmocka_unit_test(encryption_is_refused_in_words),
		cmocka_unit_test(refusals_are_answers),
		cmocka_unit_test(replies_to_others_are_not_taken),
		cmocka_unit_test(damaged_bodies_are_no_values),
		cmocka_unit_test(a_clock_nobody_knows_how_to_set_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
