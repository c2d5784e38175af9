/*
 * test_karat30x.c - KARAT-306, 307, 308: the clock of a published register dump, codes, the driver over a
 * simulated meter
 *
 * Expectations: the dump of 2016-11-25 (its day of the week proves the layout), the codes three programs
 * agree on, typed here a second time; the straight lines of twin.h. No traffic has been published: that
 * driver and twin agree shows that they are consistent, not that they are right.
 */
#include "twin.h"

#include "model/abnormal.h"
#include "proto/karat30x.h"
#include "proto/modbus.h"

#define HOUR   TWIN_HOUR
#define DAY    TWIN_DAY
#define NOW    TWIN_NOW
#define PARAMS "address=5 energy_unit=Gcal"

/* ---- codec ---- */

static void the_clock_of_the_published_dump_is_a_friday(void **state)
{
	static const uint8_t reply[] = {
		0x01, 0x03, 0x08, 0x00, 0x0e, 0x0d, 0x19, 0x05, 0x0b, 0xe0, 0x07, 0x1f, 0xc4};
	static const uint8_t request[] = {0x01, 0x03, 0x00, 0x62, 0x00, 0x04, 0xe5, 0xd7};
	struct modbus_request q = {.function = MODBUS_READ_HOLDING, .address = 0x62, .count = 4};
	struct modbus_head head = {.unit = 1};
	struct modbus_pdu pdu;
	struct modbus_adu adu;
	struct slice body;
	struct modbus_reply r;
	struct civil c;
	uint8_t back[8];
	(void)state;
	assert_int_equal(modbus_request_encode(&q, &pdu), ERR_OK);
	modbus_wrap(&head, &pdu, &adu);
	assert_memory_equal(adu.data, request, sizeof(request));
	assert_true(modbus_unwrap(false, SLICE(reply), &head, &body));
	assert_int_equal(modbus_reply_decode(body, &r), ERR_OK);
	assert_true(karat_clock_get(r.data, &c));
	assert_int_equal(civil_to_utc(c), 1480079640); /* 2016-11-25T13:14:00 */
	karat_clock_put(c, 5, back);
	assert_memory_equal(back, r.data.data, 8);
}

static void codes_are_quantities_of_channels(void **state)
{
	static const struct {
		uint8_t code;
		const char *key;
		enum unit unit;
		enum cell_type type;
	} codes[] = {
		{0x10, "volume_supply", UNIT_M3, CELL_F32LE},
		{0x12, "volume.3", UNIT_M3, CELL_F32LE},
		{0x21, "mass_return", UNIT_T, CELL_F32LE},
		{0x30, "temperature_supply", UNIT_DEGC, CELL_F32LE},
		{0x31, "temperature_return", UNIT_DEGC, CELL_F32LE},
		{0x32, "temperature_difference", UNIT_K, CELL_F32LE},
		{0x33, "temperature.4", UNIT_DEGC, CELL_F32LE},
		{0x41, "pressure_return", UNIT_MPA, CELL_F32LE},
		{0x50, "heat_energy", UNIT_NONE, CELL_F32LE},
		{0x51, "heat_energy.u2", UNIT_NONE, CELL_F32LE},
		{0x60, "active_energy.t1", UNIT_KWH, CELL_F32LE},
		{0x91, "active_energy.t4.u2", UNIT_KWH, CELL_F32LE},
		{0xb0, "operating_time", UNIT_MIN, CELL_U32LE},
		{0xc0, "error_code", UNIT_NONE, CELL_U32LE},
		{0xd1, "time_flow_low", UNIT_MIN, CELL_U32LE},
		{0xd2, "time_flow_high", UNIT_MIN, CELL_U32LE},
		{0xd3, "time_dt_low", UNIT_MIN, CELL_U32LE},
		{0xd4, "time_failure", UNIT_MIN, CELL_U32LE},
		{0xd5, "time_power_off", UNIT_MIN, CELL_U32LE},
	};
	static const uint8_t none[] = {0x00, 0x0f, 0xa0, 0xd0, 0xd6, 0xe0, 0xf0, 0xff};
	struct karat_value v;
	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_true(karat_value_of(codes[i].code, &v));
		assert_string_equal(v.key, codes[i].key);
		assert_int_equal(v.unit, codes[i].unit);
		assert_int_equal(v.type, codes[i].type);
	}
	for (size_t i = 0; i < sizeof(none); i++) {
		assert_false(karat_value_of(none[i], &v));
	}
}

static void the_list_ends_at_its_mark(void **state)
{
	static const uint8_t list[] = {0x50, 0x30, 0x31, 0xf0, 0x10};
	uint8_t codes[KARAT_LIST_MAX], many[112];
	(void)state;
	assert_int_equal(karat_list_get(SLICE(list), codes), 3);
	memset(many, 0x30, sizeof(many));
	assert_int_equal(karat_list_get(SLICE(many), codes), KARAT_LIST_MAX);
	many[0] = 0xff;
	assert_int_equal(karat_list_get(SLICE(many), codes), 0);
}

static void error_bits_have_their_place_in_the_common_set(void **state)
{
	(void)state;
	assert_int_equal(karat_abnormal(1u << 0), ABNORMAL_FLOW_LOW);
	assert_int_equal(karat_abnormal(1u << 4), ABNORMAL_FLOW_LOW);
	assert_int_equal(karat_abnormal(1u << 1), ABNORMAL_FLOW_HIGH);
	assert_int_equal(karat_abnormal(1u << 2), ABNORMAL_FAILURE);
	assert_int_equal(karat_abnormal(1u << 10), ABNORMAL_FAILURE);
	assert_int_equal(karat_abnormal(1u << 18), ABNORMAL_FAILURE);
	assert_int_equal(karat_abnormal(1u << 26), ABNORMAL_FAILURE);
	assert_int_equal(karat_abnormal(1u << 12), 0);
	assert_int_equal(karat_abnormal(0), 0);
}

static void a_record_without_a_date_is_none(void **state)
{
	uint8_t r[240] = {0};
	struct civil c;
	(void)state;
	memset(r + 13, 0xff, 5);
	assert_false(karat_date_get(SLICE(r), &c));
	r[13] = 0;
	r[14] = 17;
	r[15] = 26;
	r[16] = 11;
	r[17] = 16;
	assert_true(karat_date_get(SLICE(r), &c));
	assert_int_equal(c.year, 2016);
	assert_int_equal(c.hour, 17);
	assert_false(karat_date_get((struct slice){r, 17}, &c));
}

/* ---- the driver over the simulated meter ---- */

static void who_and_when(void **state)
{
	struct twin w;
	struct identity id;
	int64_t utc;
	(void)state;
	twin_new(&w, "karat307");
	w.device.clock_offset_s = -40;
	twin_open(&w, PARAMS, NOW);
	twin_must(&w, w.driver->identify(w.talk, &id));
	assert_string_equal(id.serial, "410023");
	assert_string_equal(id.model, "KARAT-307");
	twin_must(&w, w.driver->read_clock(w.talk, &utc));
	assert_int_equal(utc, NOW - 40);
	assert_null(w.driver->set_clock);
	twin_close(&w);
}

static void values_now_are_those_of_the_list(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "karat307");
	twin_open(&w, PARAMS, NOW);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "heat_energy", 0, twin_reading(QUANTITY_HEAT_ENERGY, NOW), 1e-3);
	twin_expect(&w, "temperature_difference", 0, 29.75, 1e-5);
	twin_expect(&w, "operating_time", 0, (double)(NOW - TWIN_BORN) / 60, 1);
	assert_int_equal(twin_sample(&w, "heat_energy", 0)->unit, UNIT_GCAL);
	twin_close(&w);
	twin_new(&w, "karat308");
	twin_open(&w, "address=5 energy_unit=GJ device=308", NOW);
	twin_must(&w, w.driver->read_current(w.talk, &w.got.sink));
	twin_expect(&w, "operating_time", 0, (double)(NOW - TWIN_BORN) / 60, 1);
	assert_int_equal(twin_sample(&w, "heat_energy", 0)->unit, UNIT_GJ);
	twin_close(&w);
}

static void the_unit_of_heat_must_be_given_and_be_one(void **state)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {.params = "address=5"};
	struct talk *t;
	struct diag diag = {0};
	struct twin w;
	(void)state;
	assert_int_equal(
		talk_new(driver_find("karat30x"), &line, &meter, NULL, &t, &diag), ERR_INVAL);
	assert_non_null(strstr(diag.text, "energy_unit"));
	twin_new(&w, "karat307");
	twin_open(&w, "address=5 energy_unit=MPa", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

static void archives_are_readings_at_the_end_of_the_period_they_are_dated_by(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "karat307");
	w.device.report_hour = 10;
	w.device.report_day = 25;
	twin_open(&w, PARAMS, NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 72 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "mass_supply"), 72);
	for (int64_t s = NOW - 71 * HOUR; s <= NOW; s += HOUR) {
		twin_expect(&w, "mass_supply", s, twin_reading(QUANTITY_MASS_SUPPLY, s), 0.01);
	}
	assert_int_equal(twin_sample(&w, "mass_supply", NOW)->form, FORM_POINT);
	/* the list, the first record by date, the others one after another */
	assert_int_equal(talk_counters(w.talk)->exchanges, 1 + 2 + 71);
	int64_t day = period_of(&w.calendar, PERIOD_DAY, NOW - 9 * DAY).from;
	twin_must(&w, twin_read(&w, PERIOD_DAY, day, day + 5 * DAY));
	assert_int_equal(twin_count(&w, "mass_supply"), 5);
	twin_expect(
		&w, "mass_return", day + DAY, twin_reading(QUANTITY_MASS_RETURN, day + DAY), 0.01);
	struct span month = period_report_month(&w.calendar, 2024, 11);
	twin_must(&w, twin_read(&w, PERIOD_MONTH, month.from, month.till));
	twin_expect(&w, "heat_energy", month.till, twin_reading(QUANTITY_HEAT_ENERGY, month.till),
		1e-3);
	twin_expect(&w, "temperature_supply", month.from, 90.25, 1e-5);
	twin_close(&w);
}

static void records_may_be_said_to_be_amounts(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "karat307");
	twin_open(&w, PARAMS " amounts=yes", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - HOUR, NOW));
	assert_int_equal(twin_sample(&w, "heat_energy", NOW - HOUR)->form, FORM_AMOUNT);
	twin_close(&w);
}

static void a_hole_is_skipped_and_what_comes_instead_is_not_taken_for_it(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "karat307");
	w.device.off_from_utc = NOW - 20 * HOUR + 600;
	w.device.off_till_utc = NOW - 10 * HOUR + 600;
	twin_open(&w, PARAMS, NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 24 * HOUR, NOW + 5 * HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 14);
	assert_null(twin_sample(&w, "heat_energy", NOW - 15 * HOUR));
	twin_expect(&w, "heat_energy", NOW - 9 * HOUR,
		twin_reading(QUANTITY_HEAT_ENERGY, NOW - 9 * HOUR), 1e-3);
	assert_int_equal(
		twin_read(&w, PERIOD_HOUR, NOW - 1600 * HOUR, NOW - 1590 * HOUR), ERR_NODATA);
	assert_int_equal(twin_read(&w, PERIOD_HALF_HOUR, NOW - DAY, NOW), ERR_UNSUPP);
	twin_close(&w);
}

/* The clock shows one hour twice: which of both a date means cannot be told, so neither is read. */
static void the_hour_that_comes_twice_is_a_gap(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "karat307");
	assert_int_equal(zone_get("Europe/Berlin", &w.device.zone, NULL), ERR_OK);
	twin_open(&w, PARAMS, TWIN_AUTUMN + 20 * DAY);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, TWIN_AUTUMN - 12 * HOUR, TWIN_AUTUMN + 12 * HOUR));
	assert_int_equal(twin_count(&w, "mass_supply"), 22);
	for (int64_t s = TWIN_AUTUMN - 12 * HOUR; s < TWIN_AUTUMN + 12 * HOUR; s += HOUR) {
		if (s == TWIN_AUTUMN - HOUR || s == TWIN_AUTUMN) {
			assert_null(twin_sample(&w, "mass_supply", s + HOUR));
			continue;
		}
		twin_expect(&w, "mass_supply", s + HOUR,
			twin_reading(QUANTITY_MASS_SUPPLY, s + HOUR), 0.01);
	}
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_of_the_published_dump_is_a_friday),
		cmocka_unit_test(codes_are_quantities_of_channels),
		cmocka_unit_test(the_list_ends_at_its_mark),
		cmocka_unit_test(error_bits_have_their_place_in_the_common_set),
		cmocka_unit_test(a_record_without_a_date_is_none),
		cmocka_unit_test(who_and_when),
		cmocka_unit_test(values_now_are_those_of_the_list),
		cmocka_unit_test(the_unit_of_heat_must_be_given_and_be_one),
		cmocka_unit_test(archives_are_readings_at_the_end_of_the_period_they_are_dated_by),
		cmocka_unit_test(records_may_be_said_to_be_amounts),
		cmocka_unit_test(a_hole_is_skipped_and_what_comes_instead_is_not_taken_for_it),
		cmocka_unit_test(the_hour_that_comes_twice_is_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
