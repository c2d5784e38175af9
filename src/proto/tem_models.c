/*
 * tem_models.c - where things lie in the memories of TEM-104, TEM-106 and TEM-104-1; see tem.h
 *
 * Facts and what is left out as unknown: docs/protocols/tem104.md. Names of the columns: `i` index of
 * the system from 0, `u` suffix of its keys.
 */
#include "proto/tem.h"

#include "model/abnormal.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define AMOUNT(key, q, u, whole, fraction)                                          \
	{                                                                           \
		key, QUANTITY_##q, UNIT_##u, CELL_U32_F32BE, whole, fraction, 0, -1 \
	}
#define SECONDS(key, q, at)                                        \
	{                                                          \
		key, QUANTITY_##q, UNIT_S, CELL_U32BE, at, 0, 0, 0 \
	}
#define FLOAT(key, q, u, at)                                          \
	{                                                             \
		key, QUANTITY_##q, UNIT_##u, CELL_F32BE, at, 0, 0, -1 \
	}
#define CENTI(key, q, u, at, type)                                      \
	{                                                               \
		key, QUANTITY_##q, UNIT_##u, CELL_##type, at, 0, 100, 2 \
	}

/* The fault bytes of one system: bits 0..2 flow below, 3..5 above, 6 and 7 difference below. */
static int meaning_of_flow_bits(unsigned tek)
{
	return (tek & 0x07 ? ABNORMAL_FLOW_LOW : 0) | (tek & 0x38 ? ABNORMAL_FLOW_HIGH : 0) |
	       (tek & 0xc0 ? ABNORMAL_DT_LOW : 0);
}

/* ---- TEM-104: record and integrators are one structure of 256 bytes ---- */

#define SYSINT(i, u)                                                                \
	AMOUNT("heat_energy" u, HEAT_ENERGY, NONE, 0x58 + 4 * (i), 0x28 + 4 * (i)), \
		AMOUNT("mass" u, MASS, T, 0x48 + 4 * (i), 0x18 + 4 * (i)),          \
		AMOUNT("volume" u, VOLUME, M3, 0x38 + 4 * (i), 0x08 + 4 * (i)),     \
		SECONDS("operating_time" u, OPERATING_TIME, 0x6c + 4 * (i)),        \
		SECONDS("time_flow_low" u, TIME_FLOW_LOW, 0x7c + 4 * (i)),          \
		SECONDS("time_flow_high" u, TIME_FLOW_HIGH, 0x8c + 4 * (i)),        \
		SECONDS("time_dt_low" u, TIME_DT_LOW, 0x9c + 4 * (i)),              \
		SECONDS("time_failure" u, TIME_FAILURE, 0xac + 4 * (i))

#define SYSINT_NOW(i, u)                                                                        \
	CENTI("temperature_supply" u, TEMPERATURE_SUPPLY, DEGC, 0xc8 + 6 * (i), I16BE),         \
		CENTI("temperature_return" u, TEMPERATURE_RETURN, DEGC, 0xca + 6 * (i), I16BE), \
		CENTI("temperature.3" u, TEMPERATURE, DEGC, 0xcc + 6 * (i), I16BE),             \
		CENTI("pressure_supply" u, PRESSURE_SUPPLY, MPA, 0xe0 + 3 * (i), U8),           \
		CENTI("pressure_return" u, PRESSURE_RETURN, MPA, 0xe1 + 3 * (i), U8),           \
		CENTI("pressure.3" u, PRESSURE, MPA, 0xe2 + 3 * (i), U8),                       \
		FLOAT("flow" u, FLOW, M3_H, 0xec + 4 * (i))

#define ON_TIME(at) SECONDS("on_time", ON_TIME, at)

static const struct cell sysint_1[] = {SYSINT(0, ""), ON_TIME(0x68), SYSINT_NOW(0, "")};
static const struct cell sysint_2[] = {SYSINT(1, ".u2"), SYSINT_NOW(1, ".u2")};
static const struct cell sysint_3[] = {SYSINT(2, ".u3"), SYSINT_NOW(2, ".u3")};
static const struct cell sysint_4[] = {SYSINT(3, ".u4"), SYSINT_NOW(3, ".u4")};
#define SYSINT_AMOUNTS 8 /* rows before the measured ones */

#define SYSPAR(u)                                                                              \
	FLOAT("temperature_supply" u, TEMPERATURE_SUPPLY, DEGC, 0x00),                         \
		FLOAT("temperature_return" u, TEMPERATURE_RETURN, DEGC, 0x04),                 \
		FLOAT("temperature.3" u, TEMPERATURE, DEGC, 0x08),                             \
		FLOAT("pressure_supply" u, PRESSURE_SUPPLY, MPA, 0x10),                        \
		FLOAT("pressure_return" u, PRESSURE_RETURN, MPA, 0x14),                        \
		FLOAT("pressure.3" u, PRESSURE, MPA, 0x18), FLOAT("flow" u, FLOW, M3_H, 0x40), \
		FLOAT("mass_flow" u, MASS_FLOW, T_H, 0x50)

static const struct cell syspar_1[] = {SYSPAR("")};
static const struct cell syspar_2[] = {SYSPAR(".u2")};
static const struct cell syspar_3[] = {SYSPAR(".u3")};
static const struct cell syspar_4[] = {SYSPAR(".u4")};

static int codes_104(struct slice record, unsigned n, int *ret_abnormal)
{
	unsigned tek = record.data[0xbc + n];
	unsigned teh = (unsigned)record.data[0xc0 + 2 * n] << 8 | record.data[0xc1 + 2 * n];
	*ret_abnormal = meaning_of_flow_bits(tek) | (teh & 0x01ff ? ABNORMAL_FAILURE : 0) |
			(teh & 0x0600 ? ABNORMAL_REVERSE : 0) | (teh & 0x8000 ? ABNORMAL_POWER : 0);
	return (int)(teh << 8 | tek);
}

const struct tem_model tem_104 = {
	.name = "TEM-104",
	.names = {"TEM-104"},
	.systems_max = 4,
	.systems_at = 0x0000,
	.energy_at = 0x0007,
	.commas_at = -1,
	.serial_at = 0x007c,
	.clock_in = TEM_RTC,
	.clock_at = {0x10, 0x12, 0x14, 0x17, 0x18, 0x19},
	.pointers_at = 0x00f4,
	.rings = {[PERIOD_HOUR] = {0x00000, 1536},
		[PERIOD_DAY] = {0x60000, 368},
		[PERIOD_MONTH] = {0x78000, 128}},
	.record_size = 256,
	.record_commas_at = -1,
	.totals_at = 0x0200,
	.totals_size = 256,
	.ram_in = TEM_RAM,
	.ram_at = 0x2200,
	.ram_size = 0x60,
	.ram_stride = 0x92,
	.record = {{sysint_1, COUNT(sysint_1)}, {sysint_2, COUNT(sysint_2)},
		{sysint_3, COUNT(sysint_3)}, {sysint_4, COUNT(sysint_4)}},
	.totals = {{sysint_1, SYSINT_AMOUNTS + 1}, {sysint_2, SYSINT_AMOUNTS},
		{sysint_3, SYSINT_AMOUNTS}, {sysint_4, SYSINT_AMOUNTS}},
	.now = {{syspar_1, COUNT(syspar_1)}, {syspar_2, COUNT(syspar_2)},
		{syspar_3, COUNT(syspar_3)}, {syspar_4, COUNT(syspar_4)}},
	.codes = codes_104,
};

/* ---- TEM-106, TSM-104 ---- */

#define RECORD_106(i, u)                                                            \
	AMOUNT("heat_energy" u, HEAT_ENERGY, NONE, 0x7c + 4 * (i), 0x64 + 4 * (i)), \
		AMOUNT("mass" u, MASS, T, 0x4c + 4 * (i), 0x34 + 4 * (i)),          \
		AMOUNT("volume" u, VOLUME, M3, 0x1c + 4 * (i), 0x04 + 4 * (i)),     \
		FLOAT("flow" u, FLOW, M3_H, 0x152 + 4 * (i))

/* Sensors are numbered through the meter, not by system; the first two are taken for the first
 * system's supply and return. */
#define SENSORS(t, p)                                                           \
	FLOAT("temperature_supply", TEMPERATURE_SUPPLY, DEGC, (t)),             \
		FLOAT("temperature_return", TEMPERATURE_RETURN, DEGC, (t) + 4), \
		FLOAT("temperature.3", TEMPERATURE, DEGC, (t) + 8),             \
		FLOAT("temperature.4", TEMPERATURE, DEGC, (t) + 12),            \
		FLOAT("temperature.5", TEMPERATURE, DEGC, (t) + 16),            \
		FLOAT("temperature.6", TEMPERATURE, DEGC, (t) + 20),            \
		FLOAT("temperature.7", TEMPERATURE, DEGC, (t) + 24),            \
		FLOAT("pressure_supply", PRESSURE_SUPPLY, MPA, (p)),            \
		FLOAT("pressure_return", PRESSURE_RETURN, MPA, (p) + 4),        \
		FLOAT("pressure.3", PRESSURE, MPA, (p) + 8),                    \
		FLOAT("pressure.4", PRESSURE, MPA, (p) + 12),                   \
		FLOAT("pressure.5", PRESSURE, MPA, (p) + 16),                   \
		FLOAT("pressure.6", PRESSURE, MPA, (p) + 20)

static const struct cell record_106_1[] = {RECORD_106(0, ""), ON_TIME(0x9c), SENSORS(0x11e, 0x13a)};
static const struct cell record_106_2[] = {RECORD_106(1, ".u2")};
static const struct cell record_106_3[] = {RECORD_106(2, ".u3")};
static const struct cell record_106_4[] = {RECORD_106(3, ".u4")};
static const struct cell record_106_5[] = {RECORD_106(4, ".u5")};
static const struct cell record_106_6[] = {RECORD_106(5, ".u6")};

#define TOTALS_106(i, u)                                                            \
	AMOUNT("heat_energy" u, HEAT_ENERGY, NONE, 0x78 + 4 * (i), 0x60 + 4 * (i)), \
		AMOUNT("mass" u, MASS, T, 0x48 + 4 * (i), 0x30 + 4 * (i)),          \
		AMOUNT("volume" u, VOLUME, M3, 0x18 + 4 * (i), 0x00 + 4 * (i))

static const struct cell totals_106_1[] = {TOTALS_106(0, ""), ON_TIME(0x100)};
static const struct cell totals_106_2[] = {TOTALS_106(1, ".u2")};
static const struct cell totals_106_3[] = {TOTALS_106(2, ".u3")};
static const struct cell totals_106_4[] = {TOTALS_106(3, ".u4")};
static const struct cell totals_106_5[] = {TOTALS_106(4, ".u5")};
static const struct cell totals_106_6[] = {TOTALS_106(5, ".u6")};

#define NOW_106(i, u)                                \
	FLOAT("flow" u, FLOW, M3_H, 0x88 + 4 * (i)), \
		FLOAT("mass_flow" u, MASS_FLOW, T_H, 0xa0 + 4 * (i))

static const struct cell now_106_1[] = {NOW_106(0, ""), SENSORS(0x00, 0x34)};
static const struct cell now_106_2[] = {NOW_106(1, ".u2")};
static const struct cell now_106_3[] = {NOW_106(2, ".u3")};
static const struct cell now_106_4[] = {NOW_106(3, ".u4")};
static const struct cell now_106_5[] = {NOW_106(4, ".u5")};
static const struct cell now_106_6[] = {NOW_106(5, ".u6")};

static int codes_106(struct slice record, unsigned n, int *ret_abnormal)
{
	if (record.size <= 0x16a + n) {
		return -1; /* the timer has no codes that are known */
	}
	unsigned code = record.data[0x16a + n];
	*ret_abnormal = (code & 0x03 ? ABNORMAL_FLOW_LOW : 0) |
			(code & 0x0c ? ABNORMAL_FLOW_HIGH : 0) |
			(code & 0x10 ? ABNORMAL_DT_LOW : 0) | (code & 0x60 ? ABNORMAL_FAILURE : 0) |
			(code & 0x80 ? ABNORMAL_POWER : 0);
	return (int)code;
}

const struct tem_model tem_106 = {
	.name = "TEM-106",
	.names = {"TEM-106", "TSM-104"},
	.systems_max = 6,
	.systems_at = 0x0000,
	.energy_at = -1,
	.commas_at = 0x02fa,
	.serial_at = 0x0152,
	.clock_in = TEM_TIMER,
	.clock_at = {0x482, 0x483, 0x484, 0x485, 0x486, 0x487},
	.pointers_at = 0x04f4,
	.rings = {[PERIOD_HOUR] = {0x00000, 864},
		[PERIOD_DAY] = {0x51000, 368},
		[PERIOD_MONTH] = {0x73800, 128}},
	.record_size = 384,
	.record_commas_at = 0x118,
	.totals_at = 0x0300,
	.totals_size = 0x104,
	.ram_in = TEM_TIMER,
	.ram_at = 0x0200,
	.ram_size = 0xb8,
	.ram_stride = 0,
	.record = {{record_106_1, COUNT(record_106_1)}, {record_106_2, COUNT(record_106_2)},
		{record_106_3, COUNT(record_106_3)}, {record_106_4, COUNT(record_106_4)},
		{record_106_5, COUNT(record_106_5)}, {record_106_6, COUNT(record_106_6)}},
	.totals = {{totals_106_1, COUNT(totals_106_1)}, {totals_106_2, COUNT(totals_106_2)},
		{totals_106_3, COUNT(totals_106_3)}, {totals_106_4, COUNT(totals_106_4)},
		{totals_106_5, COUNT(totals_106_5)}, {totals_106_6, COUNT(totals_106_6)}},
	.now = {{now_106_1, COUNT(now_106_1)}, {now_106_2, COUNT(now_106_2)},
		{now_106_3, COUNT(now_106_3)}, {now_106_4, COUNT(now_106_4)},
		{now_106_5, COUNT(now_106_5)}, {now_106_6, COUNT(now_106_6)}},
	.codes = codes_106,
};

/* ---- TEM-104-1 ---- */

static const struct cell record_104_1[] = {
	AMOUNT("heat_energy", HEAT_ENERGY, NONE, 0x14, 0x18),
	AMOUNT("mass", MASS, T, 0x0c, 0x10),
	AMOUNT("volume", VOLUME, M3, 0x04, 0x08),
	ON_TIME(0x1c),
	SECONDS("operating_time", OPERATING_TIME, 0x20),
	SECONDS("time_failure", TIME_FAILURE, 0x24),
	SECONDS("time_dt_low", TIME_DT_LOW, 0x28),
	SECONDS("time_flow_low", TIME_FLOW_LOW, 0x2c),
	SECONDS("time_flow_high", TIME_FLOW_HIGH, 0x30),
	CENTI("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 0x36, I16BE),
	CENTI("temperature_return", TEMPERATURE_RETURN, DEGC, 0x38, I16BE),
	CENTI("pressure_supply", PRESSURE_SUPPLY, MPA, 0x3a, U8),
	CENTI("pressure_return", PRESSURE_RETURN, MPA, 0x3b, U8),
};

/* From 0144. The times of flow above and below have changed places against the record. */
static const struct cell totals_104_1[] = {
	AMOUNT("heat_energy", HEAT_ENERGY, NONE, 0x10, 0x14),
	AMOUNT("mass", MASS, T, 0x08, 0x0c),
	AMOUNT("volume", VOLUME, M3, 0x00, 0x04),
	ON_TIME(0x18),
	SECONDS("operating_time", OPERATING_TIME, 0x1c),
	SECONDS("time_failure", TIME_FAILURE, 0x20),
	SECONDS("time_dt_low", TIME_DT_LOW, 0x24),
	SECONDS("time_flow_high", TIME_FLOW_HIGH, 0x28),
	SECONDS("time_flow_low", TIME_FLOW_LOW, 0x2c),
};
#define TOTALS_104_1_CODES 0x30
#define RECORD_104_1_CODES 0x34

static const struct cell now_104_1[] = {
	FLOAT("flow", FLOW, M3_H, 0x00),
	FLOAT("mass_flow", MASS_FLOW, T_H, 0x04),
	FLOAT("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 0x08),
	FLOAT("temperature_return", TEMPERATURE_RETURN, DEGC, 0x0c),
	FLOAT("pressure_supply", PRESSURE_SUPPLY, MPA, 0x10),
	FLOAT("pressure_return", PRESSURE_RETURN, MPA, 0x14),
};

static int codes_104_1(struct slice record, unsigned n, int *ret_abnormal)
{
	const uint8_t *d = record.data +
			   (record.size == 64 ? RECORD_104_1_CODES : TOTALS_104_1_CODES);
	(void)n;
	*ret_abnormal = meaning_of_flow_bits(d[0]) | (d[1] ? ABNORMAL_FAILURE : 0);
	return d[1] << 8 | d[0];
}

const struct tem_model tem_104_1 = {
	.name = "TEM-104-1",
	.names = {"TEM-104-1", "TEM104-1"},
	.systems_max = 1,
	.systems_at = -1,
	.energy_at = -1,
	.commas_at = -1,
	.serial_at = 0x0000,
	.is_serial_text = true,
	.is_length_last = true,
	.clock_in = TEM_RTC,
	.clock_at = {0x00, 0x01, 0x02, 0x04, 0x05, 0x06},
	.pointers_at = 0x01b8,
	.rings = {[PERIOD_HOUR] = {0x00000, 1536},
		[PERIOD_DAY] = {0x18000, 368},
		[PERIOD_MONTH] = {0x1e000, 128}},
	.record_size = 64,
	.record_commas_at = -1,
	.totals_at = 0x0144,
	.totals_size = 0x32,
	.ram_in = TEM_RAM,
	.ram_at = 0x00b8,
	.ram_size = 0x18,
	.ram_stride = 0,
	.record = {{record_104_1, COUNT(record_104_1)}},
	.totals = {{totals_104_1, COUNT(totals_104_1)}},
	.now = {{now_104_1, COUNT(now_104_1)}},
	.codes = codes_104_1,
};

const struct tem_model *tem_model_find(struct slice name)
{
	static const struct tem_model *const models[] = {&tem_104, &tem_106, &tem_104_1};
	while (name.size > 0 &&
		(name.data[name.size - 1] == 0 || name.data[name.size - 1] == ' ')) {
		name.size--;
	}
	for (size_t i = 0; i < COUNT(models); i++) {
		for (size_t j = 0; j < COUNT(models[i]->names) && models[i]->names[j]; j++) {
			const char *known = models[i]->names[j];
			if (strlen(known) == name.size &&
				memcmp(known, name.data, name.size) == 0) {
				return models[i];
			}
		}
	}
	return NULL;
}
