/*
 * test_driver.c - the driver against meters whose measurements are known by formula
 *
 * Expectations: the formulas of `source_at`, computed here a second time, and the exceptions of the
 * Modbus application protocol.
 */
#include "loop.h"

#include "poll/meter_map.h"
#include "proto/modbus.h"

static const struct zone *moscow;
static int64_t born;

static double hours_since(int64_t utc)
{
	return (double)(utc - born) / 3600;
}

/* Energy grows quadratically, so every hour has another amount. */
static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = hours_since(utc_us / 1000000);
	(void)s;
	switch (q) {
	case QUANTITY_HEAT_ENERGY: return h * h * 0.001;
	case QUANTITY_MASS_SUPPLY: return h * 2.5;
	case QUANTITY_ACTIVE_ENERGY: return h * 3;
	case QUANTITY_ACTIVE_POWER: return 3;
	case QUANTITY_VOLTAGE: return 230.4;
	case QUANTITY_CURRENT: return 4.25;
	case QUANTITY_FREQUENCY: return 49.98;
	case QUANTITY_TEMPERATURE_SUPPLY: return 20 + h * 0.01;
	case QUANTITY_TEMPERATURE_OUTDOOR: return -7.25;
	case QUANTITY_OPERATING_TIME: return h;
	case QUANTITY_ERROR_CODE: return 0;
	default: return NAN;
	}
}

static const struct sim_source source = {.at = source_at};

static struct sim_device device(const char *model, int address)
{
	struct sim_device d = {.protocol = &sim_modbus_rtu,
		.source = &source,
		.address = address,
		.serial = "12345678",
		.zone = moscow,
		.born_utc = born,
		.depth = {.hours = 1488, .days = 1096, .months = 120}};
	(void)STR_COPY(d.model, model);
	return d;
}

/* ---- current values ---- */

static void current_values_are_those_of_the_meter(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
	must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
	double h = hours_since(LOOP_START);
	must_have(&l, "heat_energy", round(h * h * 1000) / 1000000);
	must_have(&l, "mass_supply", h * 2.5);
	must_have(&l, "temperature_outdoor", -7.25);
	must_have(&l, "operating_time", h * 3600);
	must_have(&l, "error_code", 0);
	must_have(&l, "pressure_return", NAN);
	const struct sample *s = loop_sample(&l, "pressure_return", 0);
	assert_int_equal(quality_class(s->quality), QUALITY_MISSING);
	s = loop_sample(&l, "mass_supply", 0);
	assert_int_equal(quality_class(s->quality), QUALITY_MEASURED);
	assert_int_equal(s->unit, UNIT_T);
	assert_int_equal(s->decimals, 3);
	assert_true(s->capacity == 4294967.296);
	assert_null(loop_sample(&l, "serial_number", 0));
	assert_int_equal(l.requests, 1);
	loop_fini(&l);
}

static void a_block_the_meter_refuses_does_not_cost_the_others(void **state)
{
	struct sim_device d = device("sdm120", 7); /* has no phase angle */
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=7 model=sdm220", NULL);
	must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
	must_have(&l, "voltage", 230.4);
	must_have(&l, "frequency", 49.98);
	assert_null(loop_sample(&l, "phase_angle", 0));
	loop_fini(&l);
	d = device("kbr_f144", 7); /* has nothing of the kind */
	loop_init(&l, &d, "address=7 model=pro380", NULL);
	assert_int_equal(driver_modbus.read_current(l.talk, &l.got.sink), ERR_NODATA);
	assert_non_null(strstr(talk_diag(l.talk)->text, "no such register"));
	loop_fini(&l);
}

static void power_in_two_registers_is_their_difference(void **state)
{
	struct sim_device d = device("dvh4013", 1);
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=1 model=dvh4013", NULL);
	must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
	must_have(&l, "active_power", 3000);
	loop_fini(&l);
}

static void transformer_ratios_are_applied_where_the_map_says_so(void **state)
{
	struct sim_device d = device("dtsu666", 1);
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=1 model=dtsu666 ct=100/5 vt=10", NULL);
	must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
	must_have(&l, "voltage.l1", 2304);
	must_have(&l, "current.l2", 85);
	must_have(&l, "active_power", 3000 * 200.0);
	must_have(&l, "active_energy", hours_since(LOOP_START) * 3 * 200);
	must_have(&l, "frequency", 49.98);
	loop_fini(&l);
}

static void parameters_that_make_no_sense_are_named(void **state)
{
	static const struct {
		const char *params, *word;
	} cases[] = {{"address=1", "model"}, {"address=0 model=sdm120", "address"},
		{"address=250 model=sdm120", "address"},
		{"address=1 model=sdm120 transport=udp", "transport"},
		{"address=1 model=sdm120 ct=0", "ct"}, {"address=1 model=sdm120 vt=1/0", "vt"},
		{"address=1 model=sdm120 ct=5/x", "ct"}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct loop l;
		loop_init(&l, NULL, cases[i].params, NULL);
		assert_int_equal(driver_modbus.read_current(l.talk, &l.got.sink), ERR_INVAL);
		assert_int_equal(
			strncmp(talk_diag(l.talk)->text, cases[i].word, strlen(cases[i].word)), 0);
		loop_fini(&l);
	}
}

/* ---- replies that are not ours ---- */

static int exception_code;

static void say_exception(struct loop *l, struct buf *reply)
{
	struct modbus_head head = {.unit = 5};
	struct modbus_pdu pdu = {.data = {0x84, (uint8_t)exception_code}, .size = 2};
	struct modbus_adu adu;
	(void)l;
	modbus_wrap(&head, &pdu, &adu);
	buf_clear(reply);
	buf_put(reply, adu.data, adu.size);
}

static void exceptions_become_errors_that_say_what_they_mean(void **state)
{
	static const struct {
		int code;
		enum err e;
	} cases[] = {{1, ERR_UNSUPP}, {2, ERR_NODATA}, {3, ERR_NODATA}, {4, ERR_BUSY},
		{5, ERR_BUSY}, {6, ERR_BUSY}, {10, ERR_TIMEOUT}, {11, ERR_TIMEOUT},
		{99, ERR_UNSUPP}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_device d = device("domovoi_heat", 5);
		struct loop l;
		loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
		l.spoil = say_exception;
		exception_code = cases[i].code;
		assert_int_equal(driver_modbus.read_current(l.talk, &l.got.sink), cases[i].e);
		assert_int_equal(l.got.n, 0);
		loop_fini(&l);
	}
}

/* Before the reply comes another: of unit 9, or of the same unit and another length. */
static void add_foreign(struct loop *l, struct buf *reply)
{
	static const uint8_t data[2 * MODBUS_READ_MAX];
	struct modbus_pdu pdu;
	struct modbus_adu adu;
	uint8_t own[300];
	size_t n = reply->size;
	memcpy(own, reply->data, n);
	buf_clear(reply);
	struct modbus_head head = {.unit = 9};
	struct modbus_reply r = {.function = 4, .data = {data, own[2]}};
	assert_int_equal(modbus_reply_encode(&r, &pdu), ERR_OK);
	modbus_wrap(&head, &pdu, &adu);
	buf_put(reply, adu.data, adu.size);
	head.unit = own[0];
	r.data.size = own[2] - 2u;
	assert_int_equal(modbus_reply_encode(&r, &pdu), ERR_OK);
	modbus_wrap(&head, &pdu, &adu);
	buf_put(reply, adu.data, adu.size);
	buf_put(reply, own, n);
	(void)l;
}

static void a_foreign_reply_is_not_taken_for_ours(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
	l.spoil = add_foreign;
	must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
	must_have(&l, "temperature_outdoor", -7.25);
	assert_int_equal(talk_counters(l.talk)->foreign, 2);
	loop_fini(&l);
}

static void only_foreign(struct loop *l, struct buf *reply)
{
	add_foreign(l, reply);
	reply->size = reply->size / 3; /* the first of three */
}

static void nothing_but_foreign_replies_is_an_error_and_no_value(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
	l.spoil = only_foreign;
	enum err e = driver_modbus.read_current(l.talk, &l.got.sink);
	assert_true(e == ERR_FOREIGN || e == ERR_NOISE);
	assert_int_equal(l.got.n, 0);
	loop_fini(&l);
}

/* A reply to an earlier request of ours arrives first: same unit, same length, other values. */
static void add_late(struct loop *l, struct buf *reply)
{
	uint8_t late[300], own[300];
	size_t n = reply->size;
	(void)l;
	memcpy(own, reply->data, n);
	memcpy(late, own, n);
	late[1]--;
	memset(late + 9, 0x11, n - 9);
	buf_clear(reply);
	buf_put(reply, late, n);
	buf_put(reply, own, n);
}

static void over_tcp_a_late_reply_is_known_by_its_transaction(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct loop l;
	(void)state;
	d.protocol = &sim_modbus_tcp;
	loop_init(&l, &d, "address=5 model=domovoi_heat transport=tcp", moscow);
	l.spoil = add_late;
	for (int i = 0; i < 3; i++) {
		loop_forget(&l);
		must(&l, driver_modbus.read_current(l.talk, &l.got.sink));
		must_have(&l, "temperature_outdoor", -7.25);
	}
	assert_int_equal(talk_counters(l.talk)->foreign, 3);
	loop_fini(&l);
}

/* ---- who and when ---- */

static void a_meter_says_who_it_is(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct identity who;
	struct loop l;
	(void)state;
	loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
	must(&l, driver_modbus.identify(l.talk, &who));
	assert_string_equal(who.serial, "12345678");
	assert_string_equal(who.address, "address=5");
	assert_string_equal(who.maker, "Domovoi");
	loop_fini(&l);
	d = device("sdm120", 5); /* says nothing about itself: its map does */
	loop_init(&l, &d, "address=5 model=sdm120", NULL);
	must(&l, driver_modbus.identify(l.talk, &who));
	assert_string_equal(who.model, "Eastron SDM120");
	d.address = 6;
	assert_int_equal(driver_modbus.identify(l.talk, &who), ERR_TIMEOUT);
	loop_fini(&l);
}

struct found {
	char text[100];
	int stop_after;
};

static enum err take_found(void *ctx, const struct identity *who)
{
	struct found *f = ctx;
	strncat(f->text, who->address, sizeof(f->text) - strlen(f->text) - 2);
	strncat(f->text, ";", 2);
	return --f->stop_after == 0 ? ERR_CANCELLED : ERR_OK;
}

static void a_scan_finds_all_meters_of_a_line_whatever_they_are(void **state)
{
	struct sim_device a = device("sdm120", 3), b = device("mag11", 17);
	struct sim_device c = device("domovoi_heat", 247);
	struct found f = {.text = ""};
	struct loop l;
	(void)state;
	loop_init(&l, &a, "", NULL);
	l.devices[l.device_count++] = &b;
	l.devices[l.device_count++] = &c;
	must(&l, driver_modbus.scan(l.talk, take_found, &f));
	assert_string_equal(f.text, "address=3;address=17;address=247;");
	f = (struct found){.text = "", .stop_after = 2};
	assert_int_equal(driver_modbus.scan(l.talk, take_found, &f), ERR_CANCELLED);
	assert_string_equal(f.text, "address=3;address=17;");
	loop_fini(&l);
}

static void the_clock_is_read_and_set_in_the_zone_of_the_meter(void **state)
{
	struct sim_device d = device("domovoi_heat", 5);
	struct loop l;
	int64_t utc;
	(void)state;
	d.clock_offset_s = -90;
	loop_init(&l, &d, "address=5 model=domovoi_heat", moscow);
	must(&l, driver_modbus.read_clock(l.talk, &utc));
	assert_int_equal(utc, LOOP_START - 90);
	must(&l, driver_modbus.set_clock(l.talk, LOOP_START));
	assert_int_equal(d.clock_set_s, 90);
	must(&l, driver_modbus.read_clock(l.talk, &utc));
	assert_int_equal(utc, LOOP_START);
	loop_fini(&l);
	d = device("sdm120", 5);
	loop_init(&l, &d, "address=5 model=sdm120", NULL);
	assert_int_equal(driver_modbus.read_clock(l.talk, &utc), ERR_UNSUPP);
	assert_int_equal(driver_modbus.set_clock(l.talk, utc), ERR_UNSUPP);
	loop_fini(&l);
}

static void a_model_says_what_it_can(void **state)
{
	struct loop l;
	(void)state;
	loop_init(&l, NULL, "model=domovoi_heat", NULL);
	uint32_t caps = driver_modbus.caps_of(l.talk);
	assert_int_equal(caps, CAP_CURRENT | CAP_ARCHIVE_HOUR | CAP_ARCHIVE_DAY |
				       CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SET_CLOCK | CAP_SCAN |
				       CAP_IDENTIFY);
	assert_int_equal(driver_modbus.depth(l.talk).hours, 1488);
	loop_fini(&l);
	loop_init(&l, NULL, "model=karat_compact", NULL);
	caps = driver_modbus.caps_of(l.talk);
	assert_int_equal(
		caps, CAP_CURRENT | CAP_ARCHIVE_MONTH | CAP_CLOCK | CAP_SCAN | CAP_IDENTIFY);
	loop_fini(&l);
	loop_init(&l, NULL, "", NULL);
	assert_int_equal(driver_modbus.caps_of(l.talk), CAP_SCAN);
	loop_fini(&l);
}

int main(void)
{
	if (zone_get("Europe/Moscow", &moscow, NULL)) {
		return 1;
	}
	born = civil_to_utc((struct civil){2024, 9, 1, 0, 0, 0});
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(current_values_are_those_of_the_meter),
		cmocka_unit_test(a_block_the_meter_refuses_does_not_cost_the_others),
		cmocka_unit_test(power_in_two_registers_is_their_difference),
		cmocka_unit_test(transformer_ratios_are_applied_where_the_map_says_so),
		cmocka_unit_test(parameters_that_make_no_sense_are_named),
		cmocka_unit_test(exceptions_become_errors_that_say_what_they_mean),
		cmocka_unit_test(a_foreign_reply_is_not_taken_for_ours),
		cmocka_unit_test(nothing_but_foreign_replies_is_an_error_and_no_value),
		cmocka_unit_test(over_tcp_a_late_reply_is_known_by_its_transaction),
		cmocka_unit_test(a_meter_says_who_it_is),
		cmocka_unit_test(a_scan_finds_all_meters_of_a_line_whatever_they_are),
		cmocka_unit_test(the_clock_is_read_and_set_in_the_zone_of_the_meter),
		cmocka_unit_test(a_model_says_what_it_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
