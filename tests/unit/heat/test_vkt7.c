/*
 * VKT-7: the driver against the simulated meter, and what single elements become.
 */
#include "drivers/vkt7.h"
#include "model/abnormal.h"
#include "vkt_line.h"

#include <stdio.h>

#define HOUR_S 3600
#define DAY_S  86400

/* ---- against the simulated meter ---- */

/* Counts by `rate` an hour, no two hours alike. */
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
	case QUANTITY_VOLUME_SUPPLY: return counted(11.83, us);
	case QUANTITY_VOLUME_RETURN: return counted(11.19, us);
	case QUANTITY_FLOW_SUPPLY: return 11.83;
	case QUANTITY_FLOW_RETURN: return 11.19;
	case QUANTITY_TEMPERATURE_SUPPLY: return 84.37;
	case QUANTITY_TEMPERATURE_RETURN: return -1.13;
	case QUANTITY_TEMPERATURE_DIFFERENCE: return 85.5;
	case QUANTITY_PRESSURE_SUPPLY: return 0.617;
	case QUANTITY_PRESSURE_RETURN: return 0.433;
	default: return NAN;
	}
}

static const struct sim_source source = {source_at};

static void make(struct sim_device *d, const char *words)
{
	extern const struct sim_protocol sim_vkt7;
	*d = (struct sim_device){.protocol = &sim_vkt7,
		.source = &source,
		.address = 1,
		.serial = "12345678",
		.depth = {.hours = 1152, .days = 128, .months = 32},
		.born_utc = LINE_NOW - 1200LL * DAY_S,
		.report_day = 25};
	(void)STR_COPY(d->model, words);
	assert_int_equal(zone_get("Asia/Yekaterinburg", &d->zone, NULL), ERR_OK);
}

static void lay(struct vkt_line *l, struct sim_device *d, const char *words, const char *params)
{
	int hour, day;
	make(d, words);
	vkt_line_init(l, "vkt7", d, params, d->zone);
	vkt_must(l, driver_find("vkt7")->report_time(l->talk, &hour, &day));
	assert_int_equal(hour, 0);
	assert_int_equal(day, 25);
	talk_set_report(l->talk, hour, day);
}

static enum err read_archive(struct vkt_line *l, enum period p, int64_t from, int64_t till)
{
	vkt_line_forget(l);
	return driver_find("vkt7")->read_archive(
		l->talk, p, (struct span){from, till}, &l->got.sink);
}

static void must_be(double have, double want, double tolerance, const char *what)
{
	if (!(fabs(have - want) <= tolerance)) {
		fail_msg("%s is %.9g, not %.9g", what, have, want);
	}
}

/* `n` periods that end with the newest closed one, against what the meter measured. */
static void check_archive(struct vkt_line *l, enum period p, int n, const char *suffix)
{
	struct calendar c = sim_calendar(l->device);
	int64_t till = period_of(&c, p, LINE_NOW).from, from = till;
	for (int i = 0; i < n; i++) {
		from = period_prev(&c, p, from);
	}
	vkt_must(l, read_archive(l, p, from, LINE_NOW));
	static const struct {
		const char *key;
		enum quantity q;
		enum unit unit;
		int digits;
	} counters[] = {{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 3},
		{"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, 2},
		{"volume_return", QUANTITY_VOLUME_RETURN, UNIT_M3, 2},
		{"operating_time", QUANTITY_OPERATING_TIME, UNIT_H, 0}};
	for (int64_t at = from; at < till; at = period_next(&c, p, at)) {
		struct span span = {at, period_next(&c, p, at)};
		char key[64];
		for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
			(void)snprintf(key, sizeof(key), "%s%s", counters[i].key, suffix);
			must_be(vkt_value(l, key, at),
				sim_amount(l->device, counters[i].q, counters[i].unit,
					counters[i].digits, span),
				1e-9, key);
		}
		(void)snprintf(key, sizeof(key), "temperature_return%s", suffix);
		must_be(vkt_value(l, key, at), -1.13, 1e-9, key);
	}
	assert_null(vkt_sample(l, "heat_energy", till)); /* not over yet */
}

static void archives_of_all_variants_equal_what_was_measured(void **state)
{
	(void)state;
	static const char *const variants[] = {"", "v0", "ns", "tb2", "tb2 v0 ns", "tb2 pipe3"};
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct sim_device d;
		struct vkt_line l;
		lay(&l, &d, variants[i], "address=1");
		for (int s = 0; s < (strstr(variants[i], "tb2") ? 2 : 1); s++) {
			const char *suffix = s ? ".u2" : "";
			check_archive(&l, PERIOD_HOUR, 30, suffix);
			check_archive(&l, PERIOD_DAY, 40, suffix);
			check_archive(&l, PERIOD_MONTH, 12, suffix);
		}
		vkt_line_fini(&l);
	}
}

/* 23:00 of the report day is the last hour of the report month; here the 24th, for months that end when
 * the 25th begins. */
static void a_month_is_dated_by_the_last_hour_of_its_report_day(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	const struct memory_date {
		uint8_t head[3], date[4];
	} *m = (const void *)d.memory;
	struct calendar c = sim_calendar(&d);
	int64_t start = period_prev(&c, PERIOD_MONTH, period_of(&c, PERIOD_MONTH, LINE_NOW).from);
	vkt_must(&l, read_archive(&l, PERIOD_MONTH, start, start + 1));
	const uint8_t want[] = {24, 9, 26, 23}; /* September */
	assert_memory_equal(m->date, want, 4);
	vkt_line_fini(&l);
}

static void a_report_day_of_the_last_is_the_civil_month(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	int hour, day;
	make(&d, "");
	d.report_day = 1; /* the meter says 31 */
	vkt_line_init(&l, "vkt7", &d, "address=1", d.zone);
	vkt_must(&l, driver_find("vkt7")->report_time(l.talk, &hour, &day));
	assert_int_equal(hour, 0);
	assert_int_equal(day, 1);
	talk_set_report(l.talk, hour, day);
	check_archive(&l, PERIOD_MONTH, 14, ""); /* over a February */
	vkt_line_fini(&l);
}

static void spoil_sizes(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)l;
	assert_true(request.size <= 256);
	assert_true(reply->size <= 256 || request.data[3] == 0xfc); /* the meter's own list */
}

static void no_list_or_reply_outgrows_the_buffer_of_old_firmware(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "tb2 pipe3", "address=1");
	l.spoil = spoil_sizes;
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	must_be(vkt_value(&l, "heat_energy.u2", 0),
		round(counted(0.4173, LINE_NOW * 1000000LL) * 1000) / 1000, 1e-9, "heat_energy.u2");
	must_be(vkt_value(&l, "flow_supply.u2", 0), 11.83, 1e-6, "flow_supply.u2");
	check_archive(&l, PERIOD_HOUR, 5, ".u2");
	vkt_line_fini(&l);
}

/* 34 elements make the count of bytes that begins a session: nobody knows what a meter makes of that. */
static void spoil_lists(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)reply;
	if (request.data[1] == VKT_WRITE && request.data[3] == 0xff) {
		assert_true(request.data[6] != 0xcc || request.size == 13);
		l->told++;
	}
}

static void no_list_looks_like_the_begin_of_a_session(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "tb2", "address=1"); /* has 34 */
	l.spoil = spoil_lists;
	check_archive(&l, PERIOD_HOUR, 5, ".u2");
	assert_true(l.told > 3);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "flow_return.u2", 0));
	vkt_line_fini(&l);
}

static void currents_are_gauges_and_totals_are_counters(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	must_be(vkt_value(&l, "temperature_return", 0), -1.13, 1e-9, "t2");
	must_be(vkt_value(&l, "pressure_supply", 0), 6.29, 1e-9, "p1");
	must_be(vkt_value(&l, "mass_supply", 0),
		round(counted(11.31, LINE_NOW * 1000000LL) * 100) / 100, 1e-9, "M1");
	assert_int_equal(vkt_sample(&l, "pressure_supply", 0)->unit, UNIT_KGF_CM2);
	assert_int_equal(vkt_sample(&l, "heat_energy", 0)->decimals, 3);
	assert_int_equal(vkt_sample(&l, "temperature_difference", 0)->unit, UNIT_K);
	/* no meaning in the scheme: no value at all, and none of the leftovers in it */
	assert_null(vkt_sample(&l, "heat_energy_hot_water", 0));
	for (size_t i = 0; i < l.got.n; i++) {
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(
				l.got.items[i]->sample.key, l.got.items[k]->sample.key);
		}
	}
	vkt_line_fini(&l);
}

static void what_was_learnt_is_kept_for_an_hour(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 1);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 1);
	assert_int_equal(talk_begin(l.talk, LINE_NOW + HOUR_S), ERR_OK);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_int_equal(l.starts[0xfc], 2);
	vkt_line_fini(&l);
}

static void a_date_without_a_record_is_a_gap(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	d.off_from_utc = hour - 10 * HOUR_S;
	d.off_till_utc = hour - 7 * HOUR_S - 600;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 12 * HOUR_S, hour));
	for (int i = 1; i <= 12; i++) {
		bool is_gap = i == 10 || i == 9; /* the power came back within the third */
		assert_int_equal(!vkt_sample(&l, "heat_energy", hour - i * HOUR_S), is_gap);
	}
	int64_t part = hour - 8 * HOUR_S;
	assert_true(vkt_sample(&l, "heat_energy", part)->quality & QUALITY_ABNORMAL);
	must_be(vkt_value(&l, "error_code", part), 2, 0, "error_code");
	assert_false(vkt_sample(&l, "heat_energy", hour - HOUR_S)->quality & QUALITY_ABNORMAL);
	must_be(vkt_value(&l, "error_code", hour - HOUR_S), 0, 0, "error_code");
	assert_int_equal(
		read_archive(&l, PERIOD_HOUR, hour - 10 * HOUR_S, hour - 8 * HOUR_S), ERR_NODATA);
	vkt_line_fini(&l);
}

static void what_is_older_than_the_memory_is_not_asked_for(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.requests = 0;
	assert_int_equal(read_archive(&l, PERIOD_HOUR, 0, LINE_NOW - 49LL * DAY_S), ERR_NODATA);
	assert_true(l.requests < 20);
	vkt_line_fini(&l);
}

static void durations_of_m_firmware_are_hours_and_situations(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "ns", "address=1");
	struct calendar c = sim_calendar(&d);
	int64_t day = period_prev(&c, PERIOD_DAY, period_of(&c, PERIOD_DAY, LINE_NOW).from);
	d.off_from_utc = day + 5 * HOUR_S;
	d.off_till_utc = day + 8 * HOUR_S;
	vkt_must(&l, read_archive(&l, PERIOD_DAY, day, day + 1));
	must_be(vkt_value(&l, "time_power_off", day), 3, 0, "time_power_off");
	must_be(vkt_value(&l, "time_flow_low", day), 0, 0, "time_flow_low");
	must_be(vkt_value(&l, "operating_time", day), 21, 0, "operating_time");
	must_be(vkt_value(&l, "abnormal", day), ABNORMAL_POWER, 0, "abnormal");
	vkt_line_fini(&l);
}

static void after_a_change_of_the_scheme_reading_goes_on(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	assert_non_null(vkt_sample(&l, "temperature_difference", 0));
	(void)STR_COPY(d.model, "tb2 other v0");
	/* the list was written under the old scheme: told when data are asked for */
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 2 * HOUR_S, hour));
	vkt_line_forget(&l);
	vkt_must(&l, driver_find("vkt7")->read_current(l.talk, &l.got.sink));
	vkt_line_fini(&l);
}

/* Changes the scheme in the middle of a walk. */
static void spoil_scheme(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)reply;
	if (request.data[3] == 0xfb && l->starts[0xfb] == 3) {
		(void)STR_COPY(l->device->model, "tb2 other v0");
	}
}

static void a_scheme_that_changes_within_an_archive_is_learnt_there(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_scheme;
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	vkt_must(&l, read_archive(&l, PERIOD_HOUR, hour - 5 * HOUR_S, hour));
	assert_null(vkt_sample(&l, "heat_energy.u2", hour - 4 * HOUR_S));
	for (int i = 1; i <= 3; i++) {
		assert_non_null(vkt_sample(&l, "heat_energy", hour - i * HOUR_S));
		assert_non_null(vkt_sample(&l, "heat_energy.u2", hour - i * HOUR_S));
		assert_null(vkt_sample(&l, "temperature_difference", hour - i * HOUR_S));
	}
	vkt_line_fini(&l);
}

static void reframe(struct buf *reply, struct vkt_reply *r)
{
	struct vkt_frame f;
	assert_int_equal(vkt_reply_encode(r, &f), ERR_OK);
	buf_clear(reply);
	buf_put(reply, f.data, f.size);
}

/* Says "the scheme changed" whenever data are asked for. */
static void spoil_always(struct vkt_line *l, struct slice request, struct buf *reply)
{
	(void)l;
	struct vkt_reply r = {.address = 1, .function = VKT_READ, .is_refused = true, .code = 5};
	bool is_archive = request.data[1] == VKT_READ && request.data[3] == 0xfe &&
			  ((const uint8_t *)l->device->memory)[0] != VKT7_PROPERTIES;
	if (is_archive) {
		reframe(reply, &r);
	}
}

static void a_meter_that_changes_its_scheme_for_ever_is_left_alone(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_always;
	int64_t hour = LINE_NOW / HOUR_S * HOUR_S;
	assert_int_equal(read_archive(&l, PERIOD_HOUR, hour - 20 * HOUR_S, hour), ERR_PROTO);
	assert_int_equal(driver_find("vkt7")->read_current(l.talk, &l.got.sink), ERR_PROTO);
	assert_true(l.requests < 80);
	vkt_line_fini(&l);
}

/* An answer of earlier comes first. */
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

static void late_replies_are_not_taken_for_others(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	lay(&l, &d, "", "address=1");
	l.spoil = spoil_late;
	check_archive(&l, PERIOD_HOUR, 10, "");
	vkt_line_fini(&l);
}

static void spoil_extended(struct vkt_line *l, struct slice request, struct buf *reply)
{
	uint8_t all[400];
	(void)l;
	(void)request;
	memcpy(all, reply->data, reply->size);
	size_t n = reply->size;
	buf_clear(reply);
	buf_u8(reply, 3);
	buf_put(reply, all, n);
}

static void an_extended_address_stands_before_the_frame(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	const struct vkt_coat coat = {false, 3};
	const struct vkt_request q = {.address = 5, .function = VKT_READ, .start = VKT7_DATA};
	struct vkt_frame f, bare;
	assert_int_equal(vkt_request_encode(&q, &coat, &f), ERR_OK);
	assert_int_equal(vkt_request_encode(&q, NULL, &bare), ERR_OK);
	assert_int_equal(f.data[0], 3);
	assert_memory_equal(f.data + 1, bare.data, bare.size);
	lay(&l, &d, "", "address=1 extended=3 wake_up=no");
	check_archive(&l, PERIOD_HOUR, 3, ""); /* replies without it */
	l.spoil = spoil_extended;
	check_archive(&l, PERIOD_HOUR, 3, ""); /* and with it: which is right is not known */
	vkt_line_fini(&l);
}

static void spoil_clock(struct vkt_line *l, struct slice request, struct buf *reply)
{
	struct vkt_reply r;
	uint8_t data[32];
	assert_true(vkt_reply_decode(buf_slice(reply), &r));
	if (r.data.size == 0 || r.data.size > sizeof(data)) {
		return;
	}
	memcpy(data, r.data.data, r.data.size);
	r.data.data = data;
	if (request.data[3] == 0xfb) {
		data[4] = data[5] = 0;
	} else if (request.data[3] == 0xf9) {
		data[0] = (uint8_t)l->told; /* firmware the test wants */
	}
	reframe(reply, &r);
}

static void a_clock_without_minutes_is_no_clock(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	int64_t utc;
	lay(&l, &d, "", "address=1");
	d.clock_offset_s = 37;
	vkt_must(&l, driver_find("vkt7")->read_clock(l.talk, &utc));
	assert_int_equal(utc, LINE_NOW + 37);
	l.spoil = spoil_clock;
	l.told = 0x26;
	assert_int_equal(driver_find("vkt7")->read_clock(l.talk, &utc), ERR_UNSUPP);
	l.told = 0x27;
	vkt_must(&l, driver_find("vkt7")->read_clock(l.talk, &utc)); /* it is just the full hour */
	assert_int_equal(utc, LINE_NOW / HOUR_S * HOUR_S);
	vkt_line_fini(&l);
}

static void it_says_who_it_is(void **state)
{
	(void)state;
	struct sim_device d;
	struct vkt_line l;
	struct identity id;
	lay(&l, &d, "tb2", "address=0");
	vkt_must(&l, driver_find("vkt7")->identify(l.talk, &id));
	assert_string_equal(id.serial, "12345678");
	assert_string_equal(id.version, "2.8");
	assert_string_equal(id.address, "address=1");
	vkt_line_fini(&l);
}

/* ---- single values ---- */

static double put_one(
	const struct vkt7_layout *l, enum vkt7_type type, struct vkt7_item item, struct sample *ret)
{
	struct vkt7_layout layout = *l;
	struct vkt7 v = {.layout = &layout, .type = type};
	const struct vkt7_when when = {FORM_NOW, PERIOD_NONE, 0};
	struct sample_list got;
	sample_list_init(&got);
	assert_int_equal(vkt7_put(&v, &item, 1, &when, &got.sink), ERR_OK);
	assert_int_equal(got.n, 1);
	*ret = got.items[0]->sample;
	ret->key = NULL;
	sample_list_fini(&got);
	return ret->value;
}

static void what_cannot_be_understood_is_missing_and_never_zero(void **state)
{
	(void)state;
	static const uint8_t five[] = {5, 0, 0, 0}, hours[] = {0x17, 0x2b, 0xff, 0xff};
	struct vkt7_layout l = {.digits = {2, 0, 2, 2, 2, 2, 2, 2, 2, 3}};
	struct sample s;
	memset(l.units, UNIT_GCAL, sizeof(l.units));
	struct vkt7_item qo = {VKT7_QO, {five, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_TOTALS, qo, &s) == 0.005);
	qo.quality = 0x0c; /* out of range */
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	assert_int_equal(quality_class(s.quality), QUALITY_MISSING);
	assert_true(s.quality & QUALITY_ABNORMAL);
	qo.quality = 0xc0;
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = VKT7_UNKNOWN;
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = UNIT_M3; /* of another kind */
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	l.units[VKT7_UNIT_QO - VKT7_UNIT_T] = UNIT_GJ;
	assert_true(put_one(&l, VKT7_TOTALS, qo, &s) == 0.005);
	assert_int_equal(s.unit, UNIT_GJ);
	l.digits[9] = VKT7_UNKNOWN;
	assert_true(isnan(put_one(&l, VKT7_TOTALS, qo, &s)));
	/* digits of masses and of their leak differ: nobody knows which are right */
	l.units[VKT7_UNIT_MG - VKT7_UNIT_T] = UNIT_T;
	l.digits[8] = 3;
	struct vkt7_item mg = {VKT7_MG, {five, 4}, 0xc0, 0};
	(void)put_one(&l, VKT7_TOTALS, mg, &s);
	assert_int_equal(quality_class(s.quality), QUALITY_SUSPECT);
	/* hours whose upper half is all ones are of the lower half */
	l.units[VKT7_UNIT_BNR - VKT7_UNIT_T] = UNIT_H;
	struct vkt7_item bnr = {VKT7_BNR, {hours, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_TOTALS, bnr, &s) == 0x2b17);
}

static void flows_in_tonnes_are_mass_flows(void **state)
{
	(void)state;
	static const uint8_t two_and_a_half[] = {0, 0, 0x20, 0x40};
	struct vkt7_layout l = {.units = {UNIT_DEGC, UNIT_T_H}};
	struct sample s;
	struct vkt7_item g = {VKT7_G1, {two_and_a_half, 4}, 0xc0, 0};
	assert_true(put_one(&l, VKT7_CURRENT, g, &s) == 2.5);
	assert_int_equal(s.quantity, QUANTITY_MASS_FLOW_SUPPLY);
	assert_int_equal(s.unit, UNIT_T_H);
}

/* ---- the simulated meter refuses as the document says ---- */

static int refusal(struct sim_device *d, const struct vkt_request *q)
{
	struct vkt_frame f;
	struct vkt_reply r = {0};
	struct buf out;
	buf_init(&out, 1000);
	assert_int_equal(vkt_request_encode(q, NULL, &f), ERR_OK);
	assert_true(
		d->protocol->answer(d, (struct slice){f.data, f.size}, LINE_NOW * 1000000LL, &out));
	assert_true(vkt_reply_decode(buf_slice(&out), &r));
	int code = r.is_refused ? r.code : 0;
	buf_fini(&out);
	return code;
}

static void the_simulated_meter_refuses_by_the_document(void **state)
{
	(void)state;
	struct sim_device d;
	uint8_t bytes[VKT7_ELEMENTS_MAX * VKT7_ELEMENT_SIZE];
	struct vkt7_element list[VKT7_ELEMENTS_MAX];
	static const uint8_t hour[] = {VKT7_HOUR, 0}, unknown[] = {9, 0}, date[] = {1, 1, 30, 0},
			     outputs[] = {0, 1};
	struct vkt_request q = {.function = VKT_WRITE, .start = 0x3ffd, .data = SLICE(hour)};
	make(&d, "");
	assert_int_equal(refusal(&d, &q), 0);
	q.data = SLICE(unknown);
	assert_int_equal(refusal(&d, &q), 2);
	q = (struct vkt_request){.function = VKT_WRITE, .start = 0x3ffb, .data = SLICE(date)};
	assert_int_equal(refusal(&d, &q), 3);
	for (size_t i = 0; i < 30; i++) {
		list[i] = (struct vkt7_element){VKT7_NS_TIMES, 10};
	}
	q.start = VKT7_LIST;
	q.data = (struct slice){bytes, vkt7_list_put(bytes, list, 30)};
	assert_int_equal(refusal(&d, &q), 5); /* does not fit the buffer */
	q = (struct vkt_request){
		.function = VKT_WRITE, .start = VKT7_OUTPUTS, .claimed = 1, .data = SLICE(outputs)};
	assert_int_equal(refusal(&d, &q), 7);
}

/* 65 bytes into the first data after a session has begun. */
static void the_simulated_meter_tells_its_server_version(void **state)
{
	(void)state;
	static const uint8_t begin[] = {0x80, 0, 0, 0};
	for (int version = 0; version < 2; version++) {
		struct sim_device d;
		struct vkt_frame f;
		struct buf out;
		struct vkt_request q = {.function = VKT_WRITE,
			.start = VKT7_LIST,
			.claimed = VKT7_SESSION,
			.data = SLICE(begin)};
		make(&d, version ? "v1" : "v0");
		assert_int_equal(refusal(&d, &q), 0);
		buf_init(&out, 1000);
		q = (struct vkt_request){.function = VKT_READ, .start = VKT7_DATA};
		assert_int_equal(vkt_request_encode(&q, NULL, &f), ERR_OK);
		assert_true(d.protocol->answer(
			&d, (struct slice){f.data, f.size}, LINE_NOW * 1000000LL, &out));
		assert_true(out.size > 65);
		assert_int_equal(out.data[64], version);
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archives_of_all_variants_equal_what_was_measured),
		cmocka_unit_test(a_month_is_dated_by_the_last_hour_of_its_report_day),
		cmocka_unit_test(a_report_day_of_the_last_is_the_civil_month),
		cmocka_unit_test(no_list_or_reply_outgrows_the_buffer_of_old_firmware),
		cmocka_unit_test(no_list_looks_like_the_begin_of_a_session),
		cmocka_unit_test(currents_are_gauges_and_totals_are_counters),
		cmocka_unit_test(what_was_learnt_is_kept_for_an_hour),
		cmocka_unit_test(a_date_without_a_record_is_a_gap),
		cmocka_unit_test(what_is_older_than_the_memory_is_not_asked_for),
		cmocka_unit_test(durations_of_m_firmware_are_hours_and_situations),
		cmocka_unit_test(after_a_change_of_the_scheme_reading_goes_on),
		cmocka_unit_test(a_scheme_that_changes_within_an_archive_is_learnt_there),
		cmocka_unit_test(a_meter_that_changes_its_scheme_for_ever_is_left_alone),
		cmocka_unit_test(late_replies_are_not_taken_for_others),
		cmocka_unit_test(an_extended_address_stands_before_the_frame),
		cmocka_unit_test(a_clock_without_minutes_is_no_clock),
		cmocka_unit_test(it_says_who_it_is),
		cmocka_unit_test(what_cannot_be_understood_is_missing_and_never_zero),
		cmocka_unit_test(flows_in_tonnes_are_mass_flows),
		cmocka_unit_test(the_simulated_meter_refuses_by_the_document),
		cmocka_unit_test(the_simulated_meter_tells_its_server_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
