/*
 * test_tem104.c - TEM-104, TEM-104-1, TEM-106: frames and places by the maker's documents, the driver
 * over a simulated meter
 *
 * Expectations: the one published request; addresses, scales and bits as the documents print them,
 * typed here a second time; the straight lines of twin.h. No meter has answered yet: that driver and
 * twin agree shows that they are consistent, not that they are right.
 */
#include "twin.h"

#include "exchange.h"
#include "model/abnormal.h"
#include "proto/tem.h"

#define HOUR TWIN_HOUR
#define DAY  TWIN_DAY
#define NOW  TWIN_NOW

/* ---- frames ---- */

static void compare_request(const struct exchange *x, void *ctx)
{
	struct tem_frame q;
	uint8_t data[5], bytes[TEM_FRAME_CAP];
	(void)ctx;
	(void)tem_read_put(NULL, TEM_IDENTIFY, 0, 0, &q, data);
	q.address = x->request.data[1];
	assert_int_equal(tem_frame_put(TEM_REQUEST, &q, bytes), x->request.size);
	assert_memory_equal(bytes, x->request.data, x->request.size);
	assert_int_equal(tem_cut(TEM_REQUEST, x->request).state, TEM_CUT_FULL);
	assert_int_equal(x->reply.size, 0);
}

static void the_published_request_is_reproduced(void **state)
{
	(void)state;
	assert_int_equal(heat_each("tem104", compare_request, NULL), 1);
}

static void the_sum_printed_in_the_first_document_is_refused(void **state)
{
	static const uint8_t misprint[] = {0x55, 0x01, 0xfe, 0x00, 0x00, 0x00, 0x54};
	(void)state;
	assert_int_equal(tem_cut(TEM_REQUEST, SLICE(misprint)).state, TEM_CUT_JUNK);
}

static void a_reply_is_whole_only_with_its_last_byte_and_right_in_every_bit(void **state)
{
	static const uint8_t name[] = "TEM-104";
	struct tem_frame f = {.address = 5, .data = {name, 7}};
	uint8_t bytes[TEM_FRAME_CAP];
	size_t n = tem_frame_put(TEM_REPLY, &f, bytes);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(tem_cut(TEM_REPLY, (struct slice){bytes, i}).state, TEM_CUT_MORE);
	}
	assert_int_equal(tem_cut(TEM_REPLY, (struct slice){bytes, n}).size, n);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(
			tem_cut(TEM_REPLY, (struct slice){bytes, n}).state, TEM_CUT_FULL);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void length_stands_first_or_last_in_flash_requests_by_model(void **state)
{
	static const uint8_t first[] = {0x40, 0x00, 0x06, 0x01, 0x40};
	static const uint8_t last[] = {0x00, 0x01, 0x80, 0x40, 0x40};
	struct tem_frame q;
	uint8_t data[5];
	(void)state;
	assert_int_equal(tem_read_put(&tem_104, TEM_FLASH, 0x60140, 64, &q, data), 5);
	assert_memory_equal(data, first, 5);
	assert_int_equal(tem_read_put(&tem_104_1, TEM_FLASH, 0x18040, 64, &q, data), 5);
	assert_memory_equal(data, last, 5);
	assert_int_equal(q.group, 0x0f);
	assert_int_equal(q.command, 0x03);
	enum tem_memory memory;
	uint32_t address;
	size_t size;
	assert_true(tem_read_get(&tem_104_1, &q, &memory, &address, &size));
	assert_int_equal(memory, TEM_FLASH);
	assert_int_equal(address, 0x18040);
	assert_int_equal(size, 64);
	assert_int_equal(tem_read_put(&tem_104, TEM_TIMER, 0x00f4, 12, &q, data), 3);
	assert_int_equal(data[0] << 8 | data[1], 0xf4);
	assert_int_equal(data[2], 12);
	assert_int_equal(tem_read_put(&tem_104, TEM_RTC, 0x10, 10, &q, data), 2);
}

static void two_hundred_and_fifty_six_bytes_have_length_zero(void **state)
{
	uint8_t data[256] = {0}, bytes[TEM_FRAME_CAP];
	struct tem_frame f = {
		.address = 5, .group = 0x0f, .command = 3, .data = {data, sizeof(data)}};
	(void)state;
	size_t n = tem_frame_put(TEM_REPLY, &f, bytes);
	assert_int_equal(n, 263);
	assert_int_equal(bytes[5], 0);
	assert_int_equal(tem_cut(TEM_REPLY, (struct slice){bytes, n}).size, 263);
}

/* ---- records ---- */

static void put32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(v >> 8 * (3 - i));
	}
}

static double value_of(const struct tem_table *t, struct slice record, const char *key)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->cells[i].key, key) == 0) {
			return cell_get(&t->cells[i], record);
		}
	}
	fail_msg("no %s", key);
	return NAN;
}

static void a_record_of_tem_104_is_read_at_the_documents_places(void **state)
{
	uint8_t r[256] = {0x14, 0x09, 0x01, 0x25};
	struct slice record = SLICE(r);
	struct civil date;
	int abnormal;
	(void)state;
	put32(r + 0x38, 1234);       /* whole cubic metres of system 1 */
	put32(r + 0x08, 0x3f000000); /* and a half */
	put32(r + 0x4c, 77);         /* tonnes of system 2 */
	put32(r + 0x1c, 0x3e800000); /* and a quarter */
	put32(r + 0x64, 9);          /* heat of system 4 */
	put32(r + 0x68, 7200);
	put32(r + 0x6c, 3600);
	put32(r + 0x80, 60); /* flow below, system 2 */
	put32(r + 0xac, 30);
	r[0xc8] = 0x23;
	r[0xc9] = 0x41; /* 90.25 degrees */
	r[0xe1] = 75;
	put32(r + 0xec, 0x40300000); /* 2.75 */
	assert_true(tem_date_get(r, &date));
	assert_int_equal(date.hour, 14);
	assert_int_equal(date.day, 9);
	assert_int_equal(date.year, 2025);
	assert_true(value_of(&tem_104.record[0], record, "volume") == 1234.5);
	assert_true(value_of(&tem_104.record[1], record, "mass.u2") == 77.25);
	assert_true(value_of(&tem_104.record[3], record, "heat_energy.u4") == 9);
	assert_true(value_of(&tem_104.record[0], record, "on_time") == 7200);
	assert_true(value_of(&tem_104.record[0], record, "operating_time") == 3600);
	assert_true(value_of(&tem_104.record[1], record, "time_flow_low.u2") == 60);
	assert_true(value_of(&tem_104.record[0], record, "time_failure") == 30);
	assert_true(value_of(&tem_104.record[0], record, "temperature_supply") == 90.25);
	assert_true(value_of(&tem_104.record[0], record, "pressure_return") == 0.75);
	assert_true(value_of(&tem_104.record[0], record, "flow") == 2.75);
	r[0xbd] = 0x41; /* system 2: flow 1 below, difference below */
	r[0xc2] = 0x82; /* power off, reverse */
	r[0xc3] = 0x08; /* a temperature sensor */
	assert_int_equal(tem_104.codes(record, 1, &abnormal), 0x820841);
	assert_int_equal(abnormal, ABNORMAL_FLOW_LOW | ABNORMAL_DT_LOW | ABNORMAL_POWER |
					   ABNORMAL_REVERSE | ABNORMAL_FAILURE);
	assert_int_equal(tem_104.codes(record, 0, &abnormal), 0);
	assert_int_equal(abnormal, 0);
}

static void tem_106_divides_by_the_place_of_its_decimal_point(void **state)
{
	static const double heat[] = {1, 1, 10, 100, 1000, 1e4, 1e5};
	static const double other[] = {1, 1, 1, 10, 100, 1000, 1};
	uint8_t r[384] = {0};
	int abnormal;
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		assert_true(tem_comma(QUANTITY_HEAT_ENERGY, i) == heat[i]);
		assert_true(tem_comma(QUANTITY_MASS, i) == other[i]);
		assert_true(tem_comma(QUANTITY_VOLUME, i) == other[i]);
	}
	assert_true(tem_comma(QUANTITY_HEAT_ENERGY, 255) == 1);
	assert_true(tem_comma(QUANTITY_TEMPERATURE_SUPPLY, 6) == 1);
	put32(r + 0x20, 500); /* volume of system 2 */
	put32(r + 0x11e, 0x42b48000);
	r[0x16b] = 0x92;
	assert_true(value_of(&tem_106.record[1], SLICE(r), "volume.u2") == 500);
	assert_true(value_of(&tem_106.record[0], SLICE(r), "temperature_supply") == 90.25);
	assert_int_equal(tem_106.codes(SLICE(r), 1, &abnormal), 0x92);
	assert_int_equal(abnormal, ABNORMAL_FLOW_LOW | ABNORMAL_DT_LOW | ABNORMAL_POWER);
}

static void empty_flash_is_no_date(void **state)
{
	static const uint8_t erased[4] = {0xff, 0xff, 0xff, 0xff}, zeros[4] = {0};
	static const uint8_t day_30_of_february[4] = {0x00, 0x30, 0x02, 0x25};
	struct civil c;
	(void)state;
	assert_false(tem_date_get(erased, &c));
	assert_false(tem_date_get(zeros, &c));
	assert_false(tem_date_get(day_30_of_february, &c));
}

/* ---- the driver over the simulated meter ---- */

static const char *const kinds[] = {"tem104", "tem104_1", "tem106"};
static const char *const params_of_kinds[] = {
	"address=5", "address=5 energy_unit=Gcal", "address=5 energy_unit=Gcal block=256"};

static void who_it_is_and_what_time_it_thinks_it_is(void **state)
{
	static const char *const models[] = {"TEM-104", "TEM-104-1", "TEM-106"};
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct twin w;
		struct identity id;
		int64_t utc;
		twin_new(&w, kinds[i]);
		w.device.clock_offset_s = -75;
		twin_open(&w, params_of_kinds[i], NOW);
		twin_must(&w, w.driver->identify(w.talk, &id));
		assert_string_equal(id.model, models[i]);
		assert_string_equal(id.serial, "410023");
		assert_string_equal(id.address, "address=5");
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		assert_int_equal(utc, NOW - 75);
		twin_close(&w);
	}
}

static void what_is_measured_now_and_the_totals(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct twin w;
		twin_new(&w, kinds[i]);
		twin_open(&w, params_of_kinds[i], NOW);
		twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
		twin_expect(&w, "heat_energy", 0, twin_reading(QUANTITY_HEAT_ENERGY, NOW), 1e-3);
		twin_expect(&w, "mass", 0, twin_reading(QUANTITY_MASS, NOW), 1e-2);
		twin_expect(&w, "volume", 0, twin_reading(QUANTITY_VOLUME, NOW), 1e-2);
		twin_expect(&w, "on_time", 0, (double)(NOW - TWIN_BORN), 1);
		twin_expect(&w, "temperature_supply", 0, 90.25, 1e-4);
		twin_expect(&w, "pressure_return", 0, 0.5, 1e-4);
		twin_expect(&w, "flow", 0, 2.75, 1e-4);
		assert_int_equal(twin_sample(&w, "heat_energy", 0)->unit, UNIT_GCAL);
		assert_null(twin_sample(&w, "heat_energy.u2", 0));
		twin_close(&w);
	}
}

static void must_be_readings(struct twin *w, enum period p, int64_t from, int64_t till, int n)
{
	twin_must(w, twin_read(w, p, from, till));
	assert_int_equal(twin_count(w, "heat_energy"), n);
	for (int64_t s = from; s < till; s = period_next(&w->calendar, p, s)) {
		int64_t end = period_next(&w->calendar, p, s);
		if (!twin_sample(w, "heat_energy", end)) {
			continue;
		}
		twin_expect(w, "heat_energy", end, twin_reading(QUANTITY_HEAT_ENERGY, end), 1e-3);
		twin_expect(w, "volume", end, twin_reading(QUANTITY_VOLUME, end), 1e-2);
		assert_int_equal(twin_sample(w, "mass", end)->form, FORM_POINT);
		twin_expect(w, "temperature_return", s, 60.5, 1e-4);
		assert_int_equal(twin_sample(w, "temperature_return", s)->form, FORM_AMOUNT);
	}
}

static void hours_days_and_months_are_readings_at_their_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct twin w;
		twin_new(&w, kinds[i]);
		w.device.report_hour = 10;
		w.device.report_day = 25;
		twin_open(&w, params_of_kinds[i], NOW);
		must_be_readings(&w, PERIOD_HOUR, NOW - 100 * HOUR, NOW - 28 * HOUR, 72);
		must_be_readings(&w, PERIOD_HOUR, NOW - 3 * HOUR, NOW, 3);
		int64_t day = period_of(&w.calendar, PERIOD_DAY, NOW - 40 * DAY).from;
		must_be_readings(&w, PERIOD_DAY, day, day + 31 * DAY, 31);
		int64_t month = period_report_month(&w.calendar, 2024, 2).from;
		must_be_readings(&w, PERIOD_MONTH, month,
			period_report_month(&w.calendar, 2024, 12).till, 11);
		twin_close(&w);
	}
}

static void months_that_end_on_the_31st_end_earlier_where_they_are_shorter(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem104");
	w.device.report_day = 31;
	twin_open(&w, "address=5", NOW);
	must_be_readings(&w, PERIOD_MONTH, period_report_month(&w.calendar, 2024, 1).from,
		period_report_month(&w.calendar, 2024, 12).till, 12);
	twin_close(&w);
}

static void nothing_is_there_before_birth_beyond_the_ring_and_of_what_runs(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem106");
	twin_open(&w, params_of_kinds[2], NOW + 1800);
	int64_t oldest = NOW - 864 * HOUR;
	must_be_readings(&w, PERIOD_HOUR, oldest - 5 * HOUR, oldest + 3 * HOUR, 3);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, oldest - 9 * HOUR, oldest), ERR_NODATA);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, NOW, NOW + 9 * HOUR), ERR_NODATA);
	assert_int_equal(twin_read(&w, PERIOD_HALF_HOUR, NOW - DAY, NOW), ERR_UNSUPP);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, 5, 4), ERR_NODATA);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, INT64_MIN, INT64_MAX));
	assert_int_equal(twin_count(&w, "heat_energy"), 864);
	twin_close(&w);
	twin_new(&w, "tem104_1");
	w.device.born_utc = NOW - 10 * HOUR;
	twin_open(&w, params_of_kinds[1], NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 48 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy"), 10);
	twin_close(&w);
}

static void summer_time_loses_no_hour_and_mixes_none(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem104");
	assert_int_equal(zone_get("Europe/Berlin", &w.device.zone, NULL), ERR_OK);
	twin_open(&w, "address=5", TWIN_AUTUMN + 20 * DAY);
	must_be_readings(&w, PERIOD_HOUR, TWIN_AUTUMN - 12 * HOUR, TWIN_AUTUMN + 12 * HOUR, 24);
	for (int64_t s = TWIN_AUTUMN - 3 * HOUR; s < TWIN_AUTUMN + 3 * HOUR; s += HOUR) {
		must_be_readings(&w, PERIOD_HOUR, s, s + HOUR, 1);
	}
	int64_t day = period_of(&w.calendar, PERIOD_DAY, TWIN_AUTUMN).from;
	must_be_readings(&w, PERIOD_DAY, day, period_next(&w.calendar, PERIOD_DAY, day), 1);
	twin_plug(&w, TWIN_SPRING + 20 * DAY);
	must_be_readings(&w, PERIOD_HOUR, TWIN_SPRING - 12 * HOUR, TWIN_SPRING + 12 * HOUR, 24);
	twin_close(&w);
}

static void a_power_cut_leaves_no_slots_and_its_hour_is_abnormal(void **state)
{
	struct twin w;
	int64_t off = NOW - 300 * HOUR + 600;
	(void)state;
	twin_new(&w, "tem104");
	w.device.off_from_utc = off;
	w.device.off_till_utc = off + 200 * HOUR;
	twin_open(&w, "address=5", NOW);
	must_be_readings(&w, PERIOD_HOUR, NOW - 310 * HOUR, NOW - 90 * HOUR, 20);
	int64_t end = NOW - 99 * HOUR; /* the hour in which power came back */
	const struct sample *s = twin_sample(&w, "abnormal", end - HOUR);
	assert_non_null(s);
	assert_true(s->value == ABNORMAL_POWER);
	s = twin_sample(&w, "heat_energy", end);
	assert_int_equal(quality_flags(s->quality), QUALITY_ABNORMAL);
	assert_int_equal(quality_class(s->quality), QUALITY_MEASURED);
	s = twin_sample(&w, "heat_energy", end + HOUR);
	assert_int_equal(quality_flags(s->quality), 0);
	twin_close(&w);
}

static void a_meter_that_does_not_say_its_unit_of_heat_must_be_told(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem106");
	twin_open(&w, "address=5", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	assert_non_null(strstr(talk_diag(w.talk)->text, "energy_unit"));
	assert_int_equal(w.got.n, 0);
	twin_close(&w);
	twin_new(&w, "tem106");
	twin_open(&w, "address=5 energy_unit=m3", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

/* ---- wrong answers: whole frames, but not what was asked for ---- */

static void (*spoil)(struct tem_frame *f, uint8_t *data);

static bool answer_spoiled(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	uint8_t data[256], bytes[TEM_FRAME_CAP];
	size_t before = out->size;
	if (!sim_tem104.answer(d, request, now_us, out)) {
		return false;
	}
	struct tem_frame f = tem_frame_get((struct slice){out->data + before, out->size - before});
	memcpy(data, f.data.data, f.data.size);
	f.data.data = data;
	spoil(&f, data);
	out->size = before;
	buf_put(out, bytes, tem_frame_put(TEM_REPLY, &f, bytes));
	return true;
}

static void spoiled_open(struct twin *w, void (*how)(struct tem_frame *f, uint8_t *data))
{
	static struct sim_protocol wrong = {.answer = answer_spoiled};
	spoil = how;
	wrong.frame = sim_tem104.frame;
	twin_new(w, "tem104_1");
	w->device.protocol = &wrong;
	twin_open(w, params_of_kinds[1], NOW);
}

/* The record of three o'clock, as if it was being written just now. */
static void spoil_record(struct tem_frame *f, uint8_t *data)
{
	data[20] ^= f->data.size == 64 && data[0] == 0x03;
}

static void a_record_whose_sum_is_wrong_stays_a_gap(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_record);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 24 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy"), 23);
	assert_null(twin_sample(&w, "heat_energy", NOW - 6 * HOUR)); /* 03:00 in Moscow */
	twin_close(&w);
}

static void spoil_address(struct tem_frame *f, uint8_t *data)
{
	(void)data;
	f->address = 7;
}

static void spoil_command(struct tem_frame *f, uint8_t *data)
{
	(void)data;
	f->command ^= 0x10;
}

static void replies_of_others_and_to_other_requests_are_not_taken(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_address);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_FOREIGN);
	twin_close(&w);
	spoiled_open(&w, spoil_command);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_FOREIGN);
	assert_int_equal(w.got.n, 0);
	twin_close(&w);
}

/* Past the end of the hours' ring. */
static void spoil_pointers(struct tem_frame *f, uint8_t *data)
{
	if (f->data.size == 12) {
		data[1] = 0x7f;
	}
}

static void a_pointer_outside_its_ring_refuses_the_archive_in_words(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_pointers);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, NOW - DAY, NOW), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(w.talk)->text, "pointer"));
	twin_close(&w);
}

static void spoil_name(struct tem_frame *f, uint8_t *data)
{
	if (f->group == 0) {
		memcpy(data, "TEM-104M", 8);
		f->data.size = 8;
	}
}

static void a_model_without_a_layout_is_refused_by_its_name(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_name);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(w.talk)->text, "TEM-104M"));
	twin_close(&w);
}

static void larger_blocks_bring_several_small_records_at_once(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem104_1");
	twin_open(&w, "address=5 energy_unit=Gcal block=256", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 50 * HOUR, NOW - 2 * HOUR));
	int64_t before = talk_counters(w.talk)->exchanges;
	must_be_readings(&w, PERIOD_HOUR, NOW - 50 * HOUR, NOW - 2 * HOUR, 48);
	/* the pointers, three dates, then four records a request and one behind what is wanted */
	assert_in_range(talk_counters(w.talk)->exchanges - before, 1 + 12, 1 + 3 + 13);
	twin_close(&w);
}

static void another_address_is_silent(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tem104");
	twin_open(&w, "address=6", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_TIMEOUT);
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_request_is_reproduced),
		cmocka_unit_test(the_sum_printed_in_the_first_document_is_refused),
		cmocka_unit_test(a_reply_is_whole_only_with_its_last_byte_and_right_in_every_bit),
		cmocka_unit_test(length_stands_first_or_last_in_flash_requests_by_model),
		cmocka_unit_test(two_hundred_and_fifty_six_bytes_have_length_zero),
		cmocka_unit_test(a_record_of_tem_104_is_read_at_the_documents_places),
		cmocka_unit_test(tem_106_divides_by_the_place_of_its_decimal_point),
		cmocka_unit_test(empty_flash_is_no_date),
		cmocka_unit_test(who_it_is_and_what_time_it_thinks_it_is),
		cmocka_unit_test(what_is_measured_now_and_the_totals),
		cmocka_unit_test(hours_days_and_months_are_readings_at_their_ends),
		cmocka_unit_test(months_that_end_on_the_31st_end_earlier_where_they_are_shorter),
		cmocka_unit_test(nothing_is_there_before_birth_beyond_the_ring_and_of_what_runs),
		cmocka_unit_test(summer_time_loses_no_hour_and_mixes_none),
		cmocka_unit_test(a_power_cut_leaves_no_slots_and_its_hour_is_abnormal),
		cmocka_unit_test(a_meter_that_does_not_say_its_unit_of_heat_must_be_told),
		cmocka_unit_test(a_record_whose_sum_is_wrong_stays_a_gap),
		cmocka_unit_test(replies_of_others_and_to_other_requests_are_not_taken),
		cmocka_unit_test(a_pointer_outside_its_ring_refuses_the_archive_in_words),
		cmocka_unit_test(a_model_without_a_layout_is_refused_by_its_name),
		cmocka_unit_test(larger_blocks_bring_several_small_records_at_once),
		cmocka_unit_test(another_address_is_silent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
