/* OBIS codes: IEC 62056-61, as real telegrams write them. */
#include "model/obis.h"
#include "test.h"

#include <string.h>

static void a_code_is_read_as_it_is_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t used;
		struct obis code;
	} cases[] = {
		{"1-0:1.8.1*255(000123)", 13, {{1, 0, 1, 8, 1, 255}}},
		{"1-0:1.8.0(1)", 9, {{1, 0, 1, 8, 0, 255}}},
		{"1.8.0(1)", 5, {{1, 0, 1, 8, 0, 255}}},
		{"1.8.0*01(1)", 8, {{1, 0, 1, 8, 0, 1}}},
		{"1.8.2&11", 8, {{1, 0, 1, 8, 2, 11}}},
		{"0-1:24.2.1(1)", 10, {{0, 1, 24, 2, 1, 255}}},
		{"C.1.0(12)", 5, {{1, 0, 96, 1, 0, 255}}},
		{"F.F(00)", 3, {{1, 0, 97, 97, 0, 255}}},
		{"0-0:C.1.0", 9, {{0, 0, 96, 1, 0, 255}}},
		{"1.6*02", 6, {{1, 0, 1, 6, 0, 2}}},
		{"129-129:199.130.3*255", 21, {{129, 129, 199, 130, 3, 255}}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct obis o = {{0}};
		assert_int_equal(
			obis_parse(cases[i].text, strlen(cases[i].text), &o), cases[i].used);
		assert_memory_equal(o.v, cases[i].code.v, sizeof(o.v));
	}
}

static void what_is_no_code_is_none(void **state)
{
	(void)state;
	static const char *const cases[] = {"", "(", "1", "1.", "1-", "1-0:", "256.8.0", "1-8.0",
		"x.8.0", "1..0", "1-0:1.", "-1.8.0"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct obis o;
		if (obis_parse(cases[i], strlen(cases[i]), &o)) {
			fail_msg("'%s'", cases[i]);
		}
	}
}

static void a_code_means_what_the_standard_says(void **state)
{
	(void)state;
	static const struct {
		const char *dotted, *key;
		enum quantity quantity;
		enum obis_kind kind;
	} cases[] = {
		{"1.0.1.8.0.255", "active_energy", QUANTITY_ACTIVE_ENERGY, OBIS_NOW},
		{"1.0.2.8.2.255", "active_energy_export.t2", QUANTITY_ACTIVE_ENERGY_EXPORT,
			OBIS_NOW},
		{"1.0.3.29.0.255", "reactive_energy", QUANTITY_REACTIVE_ENERGY, OBIS_INTERVAL},
		{"1.0.21.8.0.255", "active_energy.l1", QUANTITY_ACTIVE_ENERGY, OBIS_NOW},
		{"1.0.36.7.0.255", "active_power_sum.l1", QUANTITY_ACTIVE_POWER_SUM, OBIS_NOW},
		{"1.0.61.7.0.255", "active_power.l3", QUANTITY_ACTIVE_POWER, OBIS_NOW},
		{"1.0.16.7.0.255", "active_power_sum", QUANTITY_ACTIVE_POWER_SUM, OBIS_NOW},
		{"1.0.72.7.0.255", "voltage.l3", QUANTITY_VOLTAGE, OBIS_NOW},
		{"1.0.12.7.3.255", "voltage.l31", QUANTITY_VOLTAGE, OBIS_NOW},
		{"1.0.91.7.0.255", "current.n", QUANTITY_CURRENT, OBIS_NOW},
		{"1.0.53.7.0.255", "power_factor.l2", QUANTITY_POWER_FACTOR, OBIS_NOW},
		{"1.0.1.6.1.255", "active_power.t1.max", QUANTITY_ACTIVE_POWER, OBIS_MAXIMUM},
		{"1.0.0.4.2.255", "ratio_current", QUANTITY_RATIO_CURRENT, OBIS_NOW},
		{"0.0.96.1.0.255", "serial_number", QUANTITY_SERIAL_NUMBER, OBIS_INFO},
		{"1.0.15.7.0.255", "power", QUANTITY_POWER, OBIS_NOW},
		{"0.0.96.7.21.255", "event_count.power_off", QUANTITY_EVENT_COUNT, OBIS_NOW},
		{"1.0.52.32.0.255", "event_count.l2.sag", QUANTITY_EVENT_COUNT, OBIS_NOW},
		{"1.0.72.36.0.255", "event_count.l3.swell", QUANTITY_EVENT_COUNT, OBIS_NOW},
		{"8.0.1.0.0.255", "cold_water", QUANTITY_COLD_WATER, OBIS_NOW},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct obis o;
		struct obis_meaning m;
		assert_true(obis_parse_dotted(cases[i].dotted, &o));
		if (!obis_meaning(&o, &m)) {
			fail_msg("%s is not known", cases[i].dotted);
		}
		assert_string_equal(m.key, cases[i].key);
		assert_int_equal(m.quantity, cases[i].quantity);
		assert_int_equal(m.kind, cases[i].kind);
	}
	struct obis harmonic = {{1, 0, 32, 7, 5, 255}}, maker = {{129, 129, 199, 130, 3, 255}};
	struct obis_meaning m;
	assert_false(obis_meaning(&harmonic, &m));
	assert_false(obis_meaning(&maker, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_read_as_it_is_written),
		cmocka_unit_test(what_is_no_code_is_none),
		cmocka_unit_test(a_code_means_what_the_standard_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
