/*
 * test_tsrv.c - Vzlet TSRV: requests and places by the maker's documents, the driver over a simulated meter
 *
 * Expectations: the worked request and the byte numbers of the documents, typed here a second time; the
 * straight lines of twin.h. No meter has answered yet: that driver and twin agree shows that they are
 * consistent, not that they are right.
 */
#include "twin.h"

#include "model/abnormal.h"
#include "proto/crc.h"
#include "proto/tsrv.h"

#define HOUR    TWIN_HOUR
#define DAY     TWIN_DAY
#define NOW     TWIN_NOW
#define GJ_GCAL 4.1868

/* ---- frames ---- */

static void the_worked_request_is_reproduced(void **state)
{
	static const uint8_t worked[] = {0x01, 0x41, 0x00, 0x01, 0x00, 0x01, 0x01, 0x00, 0x00, 0x0a,
		0x1c, 0x03, 0x11, 0x7f, 0xbd};
	struct tsrv_request q = {
		.array = 1, .count = 1, .is_by_time = true, .time = {2017, 3, 28, 10, 0, 0}};
	struct modbus_head head = {.unit = 1};
	struct modbus_pdu pdu;
	struct modbus_adu adu;
	(void)state;
	tsrv_request_put(&q, &pdu);
	modbus_wrap(&head, &pdu, &adu);
	assert_int_equal(adu.size, sizeof(worked));
	assert_memory_equal(adu.data, worked, sizeof(worked));
	assert_int_equal(modbus_cut_rtu_request(SLICE(worked)).state, MODBUS_CUT_FULL);
	struct tsrv_request back;
	assert_true(tsrv_request_get((struct slice){pdu.data, pdu.size}, &back));
	assert_int_equal(back.time.year, 2017);
	assert_int_equal(back.time.hour, 10);
}

static void the_year_may_be_counted_from_1900(void **state)
{
	struct tsrv_request q = {.array = 1,
		.count = 1,
		.is_by_time = true,
		.is_year_1900 = true,
		.time = {2016, 1, 1, 0, 0, 0}};
	struct modbus_pdu pdu;
	(void)state;
	tsrv_request_put(&q, &pdu);
	assert_int_equal(pdu.data[11], 0x74);
	q = (struct tsrv_request){.array = 2, .count = 1, .index = 0x1234};
	tsrv_request_put(&q, &pdu);
	assert_int_equal(pdu.size, 8);
	assert_int_equal(pdu.data[6], 0x12);
}

static void an_archive_reply_is_cut_by_its_count_of_bytes(void **state)
{
	uint8_t reply[3 + 53 + 2] = {0x05, 0x41, 53};
	(void)state;
	uint16_t crc = crc16_modbus((struct slice){reply, sizeof(reply) - 2});
	reply[56] = (uint8_t)crc;
	reply[57] = (uint8_t)(crc >> 8);
	for (size_t n = 0; n < sizeof(reply); n++) {
		assert_int_equal(
			modbus_cut_rtu_reply((struct slice){reply, n}).state, MODBUS_CUT_MORE);
	}
	assert_int_equal(modbus_cut_rtu_reply(SLICE(reply)).size, sizeof(reply));
	reply[20] ^= 1;
	assert_int_equal(modbus_cut_rtu_reply(SLICE(reply)).state, MODBUS_CUT_JUNK);
}

static void the_map_is_chosen_by_the_name_the_meter_gives(void **state)
{
	static const struct {
		const char *text;
		const struct tsrv_model *model;
	} names[] = {
		{"\xc2\xe7\xeb\xb8\xf2 \xd2\xd1\xd0\xc2-020", &tsrv_020},
		{"TSRV-022", &tsrv_020},
		{"\xd2\xd1\xd0\xc2-023", &tsrv_023},
		{"\xd2\xd1\xd0\xc2-024\xcc", &tsrv_024},
		{"\xd2\xd1\xd0\xc2-024\xcc+", &tsrv_024m_plus},
		{"\xd2\xd1\xd0\xc2-030 63.01.01.07", &tsrv_030_01},
		{"\xd2\xd1\xd0\xc2-030 63.01.03.01", &tsrv_030_03},
		{"\xd2\xd1\xd0\xc2-030 63.01.99.01", NULL},
		{"\xd2\xd1\xd0\xc2-034", NULL},
		{"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice s = {(const uint8_t *)names[i].text, strlen(names[i].text)};
		assert_ptr_equal(tsrv_model_find(s), names[i].model);
	}
}

/* ---- places ---- */

static double cell_of(
	const struct tsrv_table *t, const char *key, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->cells[i].key, key) == 0) {
			return cell_get(&t->cells[i], (struct slice){bytes, size});
		}
	}
	fail_msg("no %s", key);
	return NAN;
}

static void put32(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(v >> 8 * (3 - i));
	}
}

/* The document counts bytes from 1. */
static void a_record_of_020_is_read_at_the_documents_places(void **state)
{
	uint8_t r[171] = {0};
	const struct tsrv_layout *l = tsrv_layout_of(&tsrv_020.archives[PERIOD_HOUR], 171);
	(void)state;
	assert_non_null(l);
	assert_ptr_equal(tsrv_layout_of(&tsrv_020.archives[PERIOD_HOUR], 175), l);
	assert_null(tsrv_layout_of(&tsrv_020.archives[PERIOD_HOUR], 172 - 2));
	put32(r + 5 - 1, 0x40100000);       /* Q1 of system 1: 2.25 */
	put32(r + 17 - 1, 3600);            /* in work */
	put32(r + 45 - 1, 0x3f000000);      /* Q2 of system 2 */
	put32(r + 57 - 1, 60);              /* fault of system 2 */
	put32(r + 109 - 1 + 9, 0x41200000); /* mass of channel 1 */
	r[109 - 1 + 9 + 4] = 0x23;
	r[109 - 1 + 9 + 5] = 0x41;
	r[109 - 1 + 18 + 7] = 75; /* pressure of channel 2 */
	r[171 - 1] = 3;           /* state of channel 6 */
	assert_true(cell_of(&l->system, "heat_energy", r, 171) == 2.25);
	assert_true(cell_of(&l->system, "operating_time", r, 171) == 3600);
	const uint8_t *second = r + l->system_stride;
	assert_true(cell_of(&l->system, "heat_energy.2", second, 100) == 0.5);
	assert_true(cell_of(&l->system, "time_failure", second, 100) == 60);
	assert_true(cell_of(&l->common, "mass_supply", r, 171) == 10);
	assert_true(cell_of(&l->common, "temperature_supply", r, 171) == 90.25);
	assert_true(cell_of(&l->common, "pressure_return", r, 171) == 0.75);
	assert_true(cell_of(&l->common, "status.6", r, 171) == 3);
}

static void records_of_the_others_are_read_at_the_documents_places(void **state)
{
	uint8_t r[250] = {0};
	const struct tsrv_layout *l = tsrv_023.archives[PERIOD_DAY].layout;
	(void)state;
	put32(r + 92 + 8, 0x3f800000); /* Q3 of system 3 */
	put32(r + 48 + 40, 0x00010000);
	put32(r + 136 + 14 * 6, 0x40000000);
	put32(r + 234, 0x40400000);
	assert_true(cell_of(&l->system, "heat_energy.3", r + 4 + 88, 100) == 1);
	assert_true(cell_of(&l->system, "error_code", r + 4 + 44, 100) == 65536);
	assert_true(cell_of(&l->common, "mass.6", r, 250) == 2);
	assert_true(cell_of(&l->common, "heat_energy.total", r, 250) == 3);
	memset(r, 0, sizeof(r));
	l = tsrv_024.archives[PERIOD_DAY].layout;
	r[5] = 60;
	r[160 + 2] = 0x01;
	r[160 + 3] = 0xf4; /* 500 */
	put32(r + 116, 0x40000000);
	assert_true(cell_of(&l->system, "operating_time", r, 172) == 60);
	assert_true(cell_of(&l->system, "pressure_return", r, 172) == 0.5);
	assert_true(cell_of(&l->system, "mass_return", r, 172) == 2);
	memset(r, 0, sizeof(r));
	l = tsrv_layout_of(&tsrv_024.archives[PERIOD_HOUR], 186);
	assert_true(l->is_total);
	put32(r + 60, 7);
	put32(r + 64, 0x3e800000);
	assert_true(cell_of(&l->system, "heat_energy", r, 186) == 7.25);
	memset(r, 0, sizeof(r));
	l = tsrv_030_01.archives[PERIOD_HOUR].layout;
	put32(r + 4, 1234);
	put32(r + 16, 5678);
	put32(r + 28, 3599);
	assert_true(cell_of(&l->system, "heat_energy", r, 52) == 1.234);
	assert_true(cell_of(&l->system, "channel.3", r, 52) == 5.678);
	assert_true(cell_of(&l->system, "operating_time", r, 52) == 3599);
	memset(r, 0, sizeof(r));
	put32(r + 12, 1500);
	r[48] = 7;
	l = tsrv_030_03.archives[PERIOD_HOUR].layout;
	assert_int_equal(l->size, 53);
	assert_true(cell_of(&l->system, "heat_energy.6", r, 53) == 1.5);
	assert_true(cell_of(&l->system, "error_time.5", r, 53) == 7);
	r[53] = 9;
	l = tsrv_030_03.archives[PERIOD_MONTH].layout;
	assert_int_equal(l->size, 60);
	assert_true(cell_of(&l->system, "error_time.5", r, 60) == 9);
}

/* ---- the driver over the simulated meter ---- */

static void each_model_is_known_by_its_name_and_its_clock_is_read(void **state)
{
	static const char *const kinds[] = {
		"tsrv020", "tsrv023", "tsrv024", "tsrv024m_plus", "tsrv030", "tsrv030_03"};
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct twin w;
		struct identity id;
		int64_t utc;
		twin_new(&w, kinds[i]);
		w.device.clock_offset_s = 130;
		twin_open(&w, "address=5", NOW);
		twin_must(&w, w.driver->identify(w.talk, &id));
		assert_non_null(strstr(id.model, "ТСРВ-0"));
		assert_string_equal(id.serial, i == 0 ? "" : "410023");
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		assert_int_equal(utc, NOW + 130);
		bool can_set = i == 2 || i == 3;
		assert_int_equal(
			w.driver->set_clock(w.talk, NOW + 7), can_set ? ERR_OK : ERR_UNSUPP);
		twin_must(&w, w.driver->read_clock(w.talk, &utc));
		assert_int_equal(utc, can_set ? NOW + 7 : NOW + 130);
		twin_close(&w);
	}
}

static void amounts_of_hours_days_and_months(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv020");
	w.device.report_hour = 10;
	w.device.report_day = 25;
	twin_open(&w, "address=5", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 48 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy"), 48);
	twin_expect(&w, "heat_energy", NOW - HOUR, 0.125 * GJ_GCAL, 1e-6);
	twin_expect(&w, "mass_supply", NOW - 2 * HOUR, 2.5, 1e-6);
	twin_expect(&w, "temperature_return", NOW - HOUR, 60.5, 1e-9);
	twin_expect(&w, "operating_time", NOW - HOUR, 3600, 0);
	assert_int_equal(twin_sample(&w, "mass_supply", NOW - HOUR)->form, FORM_AMOUNT);
	assert_null(twin_sample(&w, "heat_energy.u2", NOW - HOUR));
	int64_t month = period_report_month(&w.calendar, 2024, 11).from;
	int64_t till = period_report_month(&w.calendar, 2024, 11).till;
	twin_must(&w, twin_read(&w, PERIOD_MONTH, month, till));
	twin_expect(&w, "heat_energy", month,
		twin_amount(QUANTITY_HEAT_ENERGY, month, till) * GJ_GCAL, 1e-3);
	int64_t day = period_of(&w.calendar, PERIOD_DAY, NOW - 9 * DAY).from;
	twin_must(&w, twin_read(&w, PERIOD_DAY, day, day + 3 * DAY));
	assert_int_equal(twin_count(&w, "heat_energy"), 3);
	twin_expect(&w, "mass_return", day, 2.25 * 24, 1e-4);
	twin_close(&w);
}

static void integrators_of_024m_plus_are_readings(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv024m_plus");
	twin_open(&w, "address=5 device=024M+", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 5 * HOUR, NOW));
	const struct sample *s = twin_sample(&w, "heat_energy", NOW);
	assert_non_null(s);
	assert_int_equal(s->form, FORM_POINT);
	twin_expect(&w, "heat_energy", NOW, twin_reading(QUANTITY_HEAT_ENERGY, NOW), 1e-3);
	twin_expect(&w, "pressure_supply", NOW - HOUR, 0.75, 1e-9);
	twin_close(&w);
}

static void systems_of_024_are_arrays_of_their_own_and_may_be_empty(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv024");
	twin_open(&w, "address=5 systems=3", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 5 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy"), 5);
	assert_int_equal(twin_count(&w, "heat_energy.u2"), 0);
	twin_close(&w);
	twin_new(&w, "tsrv020");
	twin_open(&w, "address=5 systems=3", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 5 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy.2.u3"), 5);
	assert_int_equal(twin_count(&w, "mass_supply"), 5);
	twin_close(&w);
}

static void channels_of_030_are_left_out_until_it_is_said_what_they_count(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv030");
	twin_open(&w, "address=5", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 2 * HOUR, NOW));
	assert_int_equal(twin_count(&w, "heat_energy"), 2);
	assert_int_equal(twin_count(&w, "mass_supply"), 0);
	twin_close(&w);
	twin_new(&w, "tsrv030");
	twin_open(&w, "address=5 channels=mass", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 2 * HOUR, NOW));
	twin_expect(&w, "mass_supply", NOW - 2 * HOUR, 2.5, 1e-9);
	twin_expect(&w, "mass_return", NOW - HOUR, 2.25, 1e-9);
	twin_close(&w);
}

/* As if this meter stamped the end: what it gives for 10:00 is then the hour before, and the driver asks
 * an hour later. */
static void questions_move_when_stamps_say_that_another_record_came(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv024");
	twin_open(&w, "address=5 stamp=end", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 5 * HOUR, NOW - HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 4);
	assert_int_equal(talk_counters(w.talk)->exchanges, 1 + 4 + 1);
	twin_close(&w);
}

static void what_is_not_there_is_all_zeros_and_no_value(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv030");
	w.device.off_from_utc = NOW - 20 * HOUR + 600;
	w.device.off_till_utc = NOW - 10 * HOUR + 600;
	twin_open(&w, "address=5", NOW);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 24 * HOUR, NOW + 9 * HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 24 - 10);
	assert_null(twin_sample(&w, "heat_energy", NOW));
	int64_t oldest = NOW - 1080 * HOUR;
	assert_int_equal(twin_read(&w, PERIOD_HOUR, oldest - 9 * HOUR, oldest), ERR_NODATA);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, INT64_MIN, oldest + HOUR));
	assert_int_equal(twin_count(&w, "heat_energy"), 1);
	assert_int_equal(twin_read(&w, PERIOD_HALF_HOUR, NOW - DAY, NOW), ERR_UNSUPP);
	twin_close(&w);
}

/* ---- wrong answers: whole frames, but not what was asked for ---- */

static void (*spoil)(struct modbus_head *head, struct modbus_pdu *pdu);

static bool answer_spoiled(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	struct modbus_head head;
	struct slice bytes;
	struct modbus_pdu pdu;
	struct modbus_adu adu;
	size_t before = out->size;
	if (!sim_tsrv.answer(d, request, now_us, out) ||
		!modbus_unwrap(false, (struct slice){out->data + before, out->size - before}, &head,
			&bytes)) {
		return false;
	}
	memcpy(pdu.data, bytes.data, bytes.size);
	pdu.size = bytes.size;
	spoil(&head, &pdu);
	modbus_wrap(&head, &pdu, &adu);
	out->size = before;
	buf_put(out, adu.data, adu.size);
	return true;
}

static void spoiled_open(
	struct twin *w, void (*how)(struct modbus_head *head, struct modbus_pdu *pdu))
{
	static struct sim_protocol wrong = {.answer = answer_spoiled};
	spoil = how;
	wrong.frame = sim_tsrv.frame;
	twin_new(w, "tsrv020");
	w->device.protocol = &wrong;
	twin_open(w, "address=5 device=020", NOW);
}

static void spoil_unit(struct modbus_head *head, struct modbus_pdu *pdu)
{
	(void)pdu;
	head->unit = 9;
}

static void spoil_size(struct modbus_head *head, struct modbus_pdu *pdu)
{
	(void)head;
	pdu->data[1] -= 2;
	pdu->size -= 2;
}

static void replies_of_others_and_to_other_reads_are_not_taken(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_unit);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_FOREIGN);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, NOW - DAY, NOW), ERR_FOREIGN);
	twin_close(&w);
	spoiled_open(&w, spoil_size);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_FOREIGN);
	assert_int_equal(w.got.n, 0);
	twin_close(&w);
}

/* Exception 3: a record whose own sum is broken. */
static void spoil_some_records(struct modbus_head *head, struct modbus_pdu *pdu)
{
	(void)head;
	if (pdu->data[0] == MODBUS_VZLET_ARCHIVE && pdu->data[4] % 2) {
		pdu->data[0] |= 0x80;
		pdu->data[1] = MODBUS_ILLEGAL_VALUE;
		pdu->size = 2;
	}
}

static void a_refused_record_is_left_out_and_the_others_are_read(void **state)
{
	struct twin w;
	(void)state;
	spoiled_open(&w, spoil_some_records);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, NOW - 100 * HOUR, NOW));
	assert_in_range(twin_count(&w, "heat_energy"), 20, 80);
	twin_close(&w);
}

static void a_map_of_another_model_is_noticed_by_the_size_of_records(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv023");
	twin_open(&w, "address=5 device=020", NOW);
	assert_int_equal(twin_read(&w, PERIOD_HOUR, NOW - 2 * HOUR, NOW), ERR_UNSUPP);
	assert_non_null(strstr(talk_diag(w.talk)->text, "250 bytes"));
	twin_close(&w);
	twin_new(&w, "tsrv023");
	twin_open(&w, "address=5 device=99", NOW);
	assert_int_equal(w.driver->read_current(w.talk, &w.got.sink), ERR_INVAL);
	twin_close(&w);
}

/* The clock shows one hour twice: which of both a date means cannot be told, so neither is read. */
static void the_hour_that_comes_twice_is_a_gap(void **state)
{
	struct twin w;
	(void)state;
	twin_new(&w, "tsrv020");
	assert_int_equal(zone_get("Europe/Berlin", &w.device.zone, NULL), ERR_OK);
	twin_open(&w, "address=5", TWIN_AUTUMN + 20 * DAY);
	twin_must(&w, twin_read(&w, PERIOD_HOUR, TWIN_AUTUMN - 12 * HOUR, TWIN_AUTUMN + 12 * HOUR));
	assert_int_equal(twin_count(&w, "mass_supply"), 22);
	for (int64_t s = TWIN_AUTUMN - 12 * HOUR; s < TWIN_AUTUMN + 12 * HOUR; s += HOUR) {
		if (s == TWIN_AUTUMN - HOUR || s == TWIN_AUTUMN) {
			assert_null(twin_sample(&w, "mass_supply", s));
			continue;
		}
		twin_expect(&w, "mass_supply", s, 2.5, 1e-5);
	}
	twin_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_request_is_reproduced),
		cmocka_unit_test(the_year_may_be_counted_from_1900),
		cmocka_unit_test(an_archive_reply_is_cut_by_its_count_of_bytes),
		cmocka_unit_test(the_map_is_chosen_by_the_name_the_meter_gives),
		cmocka_unit_test(a_record_of_020_is_read_at_the_documents_places),
		cmocka_unit_test(records_of_the_others_are_read_at_the_documents_places),
		cmocka_unit_test(each_model_is_known_by_its_name_and_its_clock_is_read),
		cmocka_unit_test(amounts_of_hours_days_and_months),
		cmocka_unit_test(integrators_of_024m_plus_are_readings),
		cmocka_unit_test(systems_of_024_are_arrays_of_their_own_and_may_be_empty),
		cmocka_unit_test(channels_of_030_are_left_out_until_it_is_said_what_they_count),
		cmocka_unit_test(questions_move_when_stamps_say_that_another_record_came),
		cmocka_unit_test(what_is_not_there_is_all_zeros_and_no_value),
		cmocka_unit_test(replies_of_others_and_to_other_reads_are_not_taken),
		cmocka_unit_test(a_refused_record_is_left_out_and_the_others_are_read),
		cmocka_unit_test(a_map_of_another_model_is_noticed_by_the_size_of_records),
		cmocka_unit_test(the_hour_that_comes_twice_is_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
