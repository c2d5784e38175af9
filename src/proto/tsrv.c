/*
 * tsrv.c - maps of the TSRV models; see tsrv.h
 *
 * The manuals number registers 3xxxxx and 4xxxxx; what goes on the wire is less by 300001 and 400001.
 * Keys of columns: the first of several has no number; channel 1 is taken for the supply, 2 for the
 * return of the first system.
 */
#include "proto/tsrv.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE(array)                  \
	{                             \
		(array), COUNT(array) \
	}

#define F32(key, q, u, at)                                            \
	{                                                             \
		key, QUANTITY_##q, UNIT_##u, CELL_F32BE, at, 0, 0, -1 \
	}
#define U32(key, q, u, at, divisor, d)                                     \
	{                                                                  \
		key, QUANTITY_##q, UNIT_##u, CELL_U32BE, at, 0, divisor, d \
	}
#define U16(key, q, u, at, divisor, d)                                     \
	{                                                                  \
		key, QUANTITY_##q, UNIT_##u, CELL_U16BE, at, 0, divisor, d \
	}
#define I16(key, q, u, at, divisor, d)                                     \
	{                                                                  \
		key, QUANTITY_##q, UNIT_##u, CELL_I16BE, at, 0, divisor, d \
	}
#define U8(key, q, u, at)                                         \
	{                                                         \
		key, QUANTITY_##q, UNIT_##u, CELL_U8, at, 0, 0, 0 \
	}
#define SUM(key, q, u, at)                                                       \
	{                                                                        \
		key, QUANTITY_##q, UNIT_##u, CELL_U32_F32BE, at, (at) + 4, 0, -1 \
	}

/* ---- 020, 021, 022: 171 bytes described, 175 declared ---- */

static const struct cell system_020[] = {
	F32("heat_energy", HEAT_ENERGY, GJ, 4),
	F32("heat_energy.2", HEAT_ENERGY, GJ, 8),
	F32("heat_energy.3", HEAT_ENERGY, GJ, 12),
	U32("operating_time", OPERATING_TIME, S, 16, 0, 0),
	U32("time_failure", TIME_FAILURE, S, 20, 0, 0),
	U32("error_time.1", ERROR_TIME, S, 24, 0, 0),
	U32("error_time.2", ERROR_TIME, S, 28, 0, 0),
	U32("error_time.3", ERROR_TIME, S, 32, 0, 0),
};

#define CHANNEL_020(at, mass, t, tq, p, pq, mq, state)            \
	F32(mass, mq, T, at), I16(t, tq, DEGC, (at) + 4, 100, 2), \
		I16(p, pq, MPA, (at) + 6, 100, 2), U8(state, STATUS, NONE, (at) + 8)
#define CHANNEL_N(macro, at, n)                                                            \
	macro(at, "mass." n, "temperature." n, TEMPERATURE, "pressure." n, PRESSURE, MASS, \
		"status." n)
#define CHANNELS(macro, at, step)                                                                 \
	CHANNEL_N(macro, (at), "0"),                                                              \
		macro((at) + (step), "mass_supply", "temperature_supply", TEMPERATURE_SUPPLY,     \
			"pressure_supply", PRESSURE_SUPPLY, MASS_SUPPLY, "status.1"),             \
		macro((at) + 2 * (step), "mass_return", "temperature_return", TEMPERATURE_RETURN, \
			"pressure_return", PRESSURE_RETURN, MASS_RETURN, "status.2"),             \
		CHANNEL_N(macro, (at) + 3 * (step), "3"),                                         \
		CHANNEL_N(macro, (at) + 4 * (step), "4"),                                         \
		CHANNEL_N(macro, (at) + 5 * (step), "5"), CHANNEL_N(macro, (at) + 6 * (step), "6")

static const struct cell common_020[] = {CHANNELS(CHANNEL_020, 108, 9)};

static const struct tsrv_layout layout_020 = {
	.size = 171, .system = TABLE(system_020), .system_stride = 36, .common = TABLE(common_020)};

/* ---- 023 ---- */

static const struct cell system_023[] = {
	F32("heat_energy", HEAT_ENERGY, GJ, 0),
	F32("heat_energy.2", HEAT_ENERGY, GJ, 4),
	F32("heat_energy.3", HEAT_ENERGY, GJ, 8),
	U32("operating_time", OPERATING_TIME, S, 12, 0, 0),
	U32("time_failure", TIME_FAILURE, S, 16, 0, 0),
	U32("error_time.1", ERROR_TIME, S, 20, 0, 0),
	U32("error_time.2", ERROR_TIME, S, 24, 0, 0),
	U32("error_time.3", ERROR_TIME, S, 28, 0, 0),
	U32("error_time.0", ERROR_TIME, S, 32, 0, 0),
	U32("error_code", ERROR_CODE, NONE, 40, 0, 0),
};

/* A volume (u32 at 8) of unknown scale is left out. */
#define CHANNEL_023(at, mass, t, tq, p, pq, mq, state)            \
	F32(mass, mq, T, at), I16(t, tq, DEGC, (at) + 4, 100, 2), \
		I16(p, pq, MPA, (at) + 6, 100, 2), U16(state, STATUS, NONE, (at) + 12, 0, 0)

static const struct cell common_023[] = {
	CHANNELS(CHANNEL_023, 136, 14),
	F32("heat_energy.total", HEAT_ENERGY, GJ, 234),
};

static const struct tsrv_layout layout_023 = {.size = 250,
	.system = TABLE(system_023),
	.system_at = 4,
	.system_stride = 44,
	.common = TABLE(common_023)};

#define POWERS(at, suffix)                                            \
	F32("heat_power" suffix, HEAT_POWER, MW, at),                 \
		F32("heat_power.2" suffix, HEAT_POWER, MW, (at) + 4), \
		F32("heat_power.3" suffix, HEAT_POWER, MW, (at) + 8)
#define CHANNEL_NOW(n, t, tq, p, pq, m, mq)                                      \
	F32(t, tq, DEGC, 60 + 20 * ((n)-1)), F32(p, pq, MPA, 64 + 20 * ((n)-1)), \
		F32(m, mq, KG_S, 68 + 20 * ((n)-1))

/* From 349153 on. */
static const struct cell now_020[] = {
	POWERS(0, ""),
	POWERS(12, ".u2"),
	POWERS(24, ".u3"),
	F32("temperature.0", TEMPERATURE, DEGC, 44),
	F32("pressure.0", PRESSURE, MPA, 48),
	CHANNEL_NOW(1, "temperature_supply", TEMPERATURE_SUPPLY, "pressure_supply", PRESSURE_SUPPLY,
		"mass_flow_supply", MASS_FLOW_SUPPLY),
	CHANNEL_NOW(2, "temperature_return", TEMPERATURE_RETURN, "pressure_return", PRESSURE_RETURN,
		"mass_flow_return", MASS_FLOW_RETURN),
	CHANNEL_NOW(
		3, "temperature.3", TEMPERATURE, "pressure.3", PRESSURE, "mass_flow.3", MASS_FLOW),
	CHANNEL_NOW(
		4, "temperature.4", TEMPERATURE, "pressure.4", PRESSURE, "mass_flow.4", MASS_FLOW),
	CHANNEL_NOW(
		5, "temperature.5", TEMPERATURE, "pressure.5", PRESSURE, "mass_flow.5", MASS_FLOW),
	CHANNEL_NOW(
		6, "temperature.6", TEMPERATURE, "pressure.6", PRESSURE, "mass_flow.6", MASS_FLOW),
};
/* 316385..316387 */
static const struct cell state_020[] = {
	U16("error_code", ERROR_CODE, NONE, 0, 0, 0),
	U16("error_code.u2", ERROR_CODE, NONE, 2, 0, 0),
	U16("error_code.u3", ERROR_CODE, NONE, 4, 0, 0),
};
#define BLOCKS_020                                                     \
	{                                                              \
		{MODBUS_READ_INPUT, 0xc000, 86, TABLE(now_020)},       \
		{                                                      \
			MODBUS_READ_INPUT, 0x4000, 3, TABLE(state_020) \
		}                                                      \
	}

const struct tsrv_model tsrv_020 = {
	.name = "020",
	.title = "TSRV-020, 021, 022",
	.systems_max = 3,
	.archives = {[PERIOD_HOUR] = {&layout_020, 1, 0, 1500},
		[PERIOD_DAY] = {&layout_020, 2, 0, 366},
		[PERIOD_MONTH] = {&layout_020, 3, 0, 48}},
	.blocks = BLOCKS_020,
	.clock = TSRV_CLOCK_FIELDS,
	.clock_function = MODBUS_READ_HOLDING,
	.clock_address = 3,
};

const struct tsrv_model tsrv_023 = {
	.name = "023",
	.title = "TSRV-023",
	.systems_max = 3,
	.archives = {[PERIOD_HOUR] = {&layout_023, 1, 0, 1500},
		[PERIOD_DAY] = {&layout_023, 2, 0, 366},
		[PERIOD_MONTH] = {&layout_023, 3, 0, 48}},
	.blocks = BLOCKS_020,
	.clock = TSRV_CLOCK_FIELDS,
	.clock_function = MODBUS_READ_HOLDING,
	.clock_address = 3,
	.serial_function = MODBUS_READ_HOLDING,
	.serial_address = 0x8000,
};

/* ---- 024, 024M: amounts; 024M+: integrators ---- */

static const struct cell system_024[] = {
	F32("heat_energy", HEAT_ENERGY, GCAL, 84),
	F32("heat_energy_hot_water", HEAT_ENERGY_HOT_WATER, GCAL, 88),
	F32("mass", MASS, T, 92),
	F32("heat_energy.1", HEAT_ENERGY, GCAL, 96),
	F32("heat_energy.2", HEAT_ENERGY, GCAL, 100),
	F32("heat_energy.3", HEAT_ENERGY, GCAL, 104),
	F32("heat_energy.4", HEAT_ENERGY, GCAL, 108),
	F32("mass_supply", MASS_SUPPLY, T, 112),
	F32("mass_return", MASS_RETURN, T, 116),
	F32("mass.3", MASS, T, 120),
	F32("mass.4", MASS, T, 124),
	F32("volume_supply", VOLUME_SUPPLY, M3, 128),
	F32("volume_return", VOLUME_RETURN, M3, 132),
	F32("volume.3", VOLUME, M3, 136),
	F32("volume.4", VOLUME, M3, 140),
	U16("temperature.w1", TEMPERATURE, DEGC, 144, 100, 2),
	U16("temperature.w2", TEMPERATURE, DEGC, 146, 100, 2),
	U16("temperature.w3", TEMPERATURE, DEGC, 148, 100, 2),
	U16("temperature.w4", TEMPERATURE, DEGC, 150, 100, 2),
	I16("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 152, 100, 2),
	I16("temperature_return", TEMPERATURE_RETURN, DEGC, 154, 100, 2),
	I16("temperature.3", TEMPERATURE, DEGC, 156, 100, 2),
	I16("temperature.4", TEMPERATURE, DEGC, 158, 100, 2),
	U16("pressure_supply", PRESSURE_SUPPLY, MPA, 160, 1000, 3),
	U16("pressure_return", PRESSURE_RETURN, MPA, 162, 1000, 3),
	U16("pressure.3", PRESSURE, MPA, 164, 1000, 3),
	U16("pressure.4", PRESSURE, MPA, 166, 1000, 3),
	U16("temperature_cold", TEMPERATURE_COLD, DEGC, 168, 100, 2),
	U16("operating_time", OPERATING_TIME, MIN, 4, 0, 0),
	U16("time_power_off", TIME_POWER_OFF, MIN, 6, 0, 0),
	U16("time_failure", TIME_FAILURE, MIN, 8, 0, 0),
	U16("error_time", ERROR_TIME, MIN, 10, 0, 0),
	U32("error_code", ERROR_CODE, NONE, 80, 0, 0),
};
static const struct tsrv_layout layout_024 = {.size = 172, .system = TABLE(system_024)};

static const struct cell system_024m_plus[] = {
	SUM("heat_energy", HEAT_ENERGY, GCAL, 60),
	SUM("heat_energy_hot_water", HEAT_ENERGY_HOT_WATER, GCAL, 68),
	SUM("mass", MASS, T, 76),
	SUM("mass_supply", MASS_SUPPLY, T, 84),
	SUM("mass_return", MASS_RETURN, T, 92),
	SUM("mass.3", MASS, T, 100),
	SUM("mass.4", MASS, T, 108),
	SUM("volume_supply", VOLUME_SUPPLY, M3, 116),
	SUM("volume_return", VOLUME_RETURN, M3, 124),
	SUM("volume.3", VOLUME, M3, 132),
	SUM("volume.4", VOLUME, M3, 140),
	U16("temperature.w1", TEMPERATURE, DEGC, 148, 100, 2),
	U16("temperature.w2", TEMPERATURE, DEGC, 150, 100, 2),
	U16("temperature.w3", TEMPERATURE, DEGC, 152, 100, 2),
	U16("temperature.w4", TEMPERATURE, DEGC, 154, 100, 2),
	I16("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 156, 100, 2),
	I16("temperature_return", TEMPERATURE_RETURN, DEGC, 158, 100, 2),
	I16("temperature.3", TEMPERATURE, DEGC, 160, 100, 2),
	I16("temperature.4", TEMPERATURE, DEGC, 162, 100, 2),
	U16("pressure_supply", PRESSURE_SUPPLY, MPA, 164, 1000, 3),
	U16("pressure_return", PRESSURE_RETURN, MPA, 166, 1000, 3),
	U16("pressure.3", PRESSURE, MPA, 168, 1000, 3),
	U16("pressure.4", PRESSURE, MPA, 170, 1000, 3),
	U16("temperature_cold", TEMPERATURE_COLD, DEGC, 172, 100, 2),
	I16("temperature_outdoor", TEMPERATURE_OUTDOOR, DEGC, 174, 100, 2),
	U32("operating_time", OPERATING_TIME, MIN, 4, 0, 0),
	U32("time_power_off", TIME_POWER_OFF, MIN, 8, 0, 0),
	U32("time_failure", TIME_FAILURE, MIN, 12, 0, 0),
	U32("error_time", ERROR_TIME, MIN, 16, 0, 0),
	U32("error_code", ERROR_CODE, NONE, 56, 0, 0),
};
static const struct tsrv_layout layout_024m_plus = {
	.size = 186, .system = TABLE(system_024m_plus), .is_total = true};

/* From 349213 on. */
static const struct cell now_024[] = {
	F32("pressure_supply", PRESSURE_SUPPLY, MPA, 0),
	F32("pressure_return", PRESSURE_RETURN, MPA, 4),
	F32("pressure.3", PRESSURE, MPA, 8),
	F32("pressure.4", PRESSURE, MPA, 12),
	F32("pressure.5", PRESSURE, MPA, 16),
	F32("pressure.6", PRESSURE, MPA, 20),
	F32("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 24),
	F32("temperature_return", TEMPERATURE_RETURN, DEGC, 28),
	F32("temperature.3", TEMPERATURE, DEGC, 32),
	F32("temperature.4", TEMPERATURE, DEGC, 36),
	F32("temperature.5", TEMPERATURE, DEGC, 40),
	F32("temperature.6", TEMPERATURE, DEGC, 44),
	F32("temperature.7", TEMPERATURE, DEGC, 48),
	F32("temperature.8", TEMPERATURE, DEGC, 52),
	F32("temperature.9", TEMPERATURE, DEGC, 56),
};
/* From 349327 on; the meter's unit of heat is a setting whose codes are not known. */
static const struct cell totals_024[] = {
	SUM("heat_energy.total", HEAT_ENERGY, NONE, 0),
	SUM("mass.total", MASS, T, 8),
};
#define MODEL_024(its_name, its_title, layout)                                  \
	{                                                                       \
		.name = its_name, .title = its_title, .systems_max = 3,         \
		.archives = {[PERIOD_HOUR] = {layout, 0, 3, 1488},              \
			[PERIOD_DAY] = {layout, 1, 3, 366},                     \
			[PERIOD_MONTH] = {layout, 2, 3, 48}},                   \
		.blocks = {{MODBUS_READ_INPUT, 0xc03c, 30, TABLE(now_024)},     \
			{MODBUS_READ_INPUT, 0xc0ae, 8, TABLE(totals_024)}},     \
		.clock = TSRV_CLOCK_EPOCH, .clock_function = MODBUS_READ_INPUT, \
		.clock_address = 0x8000, .is_clock_set = true,                  \
		.serial_function = MODBUS_READ_INPUT, .serial_address = 0x8002, \
	}

const struct tsrv_model tsrv_024 = MODEL_024("024", "TSRV-024, 024M", &layout_024);
const struct tsrv_model tsrv_024m_plus = MODEL_024("024M+", "TSRV-024M+", &layout_024m_plus);

/* ---- 030 ---- */

/* Channels count mass or volume, as they are set; the parameter "channels" says which. */
#define CHANNELS_030(at)                                            \
	U32("channel.1", UNKNOWN, NONE, at, 1000, 3),               \
		U32("channel.2", UNKNOWN, NONE, (at) + 4, 1000, 3), \
		U32("channel.3", UNKNOWN, NONE, (at) + 8, 1000, 3)
#define TEMPERATURES_030(at)                                                           \
	I16("temperature_supply", TEMPERATURE_SUPPLY, DEGC, at, 100, 2),               \
		I16("temperature_return", TEMPERATURE_RETURN, DEGC, (at) + 2, 100, 2), \
		I16("temperature.3", TEMPERATURE, DEGC, (at) + 4, 100, 2)
#define TIMES_030(at)                                               \
	U16("error_code", ERROR_CODE, NONE, (at)-2, 0, 0),          \
		U32("operating_time", OPERATING_TIME, S, at, 0, 0), \
		U32("time_failure", TIME_FAILURE, S, (at) + 4, 0, 0)

static const struct cell system_030_01[] = {
	U32("heat_energy", HEAT_ENERGY, GJ, 4, 1000, 3),
	CHANNELS_030(8),
	TEMPERATURES_030(20),
	TIMES_030(28),
	U16("error_time.1", ERROR_TIME, MIN, 36, 0, 0),
	U16("error_time.2", ERROR_TIME, MIN, 38, 0, 0),
	U16("error_time.3", ERROR_TIME, MIN, 40, 0, 0),
	U16("error_time.4", ERROR_TIME, MIN, 42, 0, 0),
	U16("error_time.5", ERROR_TIME, MIN, 44, 0, 0),
};
static const struct tsrv_layout layout_030_01 = {.size = 52, .system = TABLE(system_030_01)};

#define HEAT_030_03                                                \
	U32("heat_energy.4", HEAT_ENERGY, GJ, 4, 1000, 3),         \
		U32("heat_energy.5", HEAT_ENERGY, GJ, 8, 1000, 3), \
		U32("heat_energy.6", HEAT_ENERGY, GJ, 12, 1000, 3)
static const struct cell hours_030_03[] = {
	HEAT_030_03,
	CHANNELS_030(16),
	TEMPERATURES_030(28),
	TIMES_030(36),
	U8("error_time.1", ERROR_TIME, MIN, 44),
	U8("error_time.2", ERROR_TIME, MIN, 45),
	U8("error_time.3", ERROR_TIME, MIN, 46),
	U8("error_time.4", ERROR_TIME, MIN, 47),
	U8("error_time.5", ERROR_TIME, MIN, 48),
};
static const struct cell days_030_03[] = {
	HEAT_030_03,
	CHANNELS_030(16),
	TEMPERATURES_030(28),
	TIMES_030(36),
	U16("error_time.1", ERROR_TIME, MIN, 44, 0, 0),
	U16("error_time.2", ERROR_TIME, MIN, 46, 0, 0),
	U16("error_time.3", ERROR_TIME, MIN, 48, 0, 0),
	U16("error_time.4", ERROR_TIME, MIN, 50, 0, 0),
	U16("error_time.5", ERROR_TIME, MIN, 52, 0, 0),
};
static const struct tsrv_layout layout_hours_030_03 = {.size = 53, .system = TABLE(hours_030_03)};
static const struct tsrv_layout layout_days_030_03 = {.size = 60, .system = TABLE(days_030_03)};

/* From 349153 on. */
static const struct cell now_030[] = {
	F32("temperature_supply", TEMPERATURE_SUPPLY, DEGC, 0),
	F32("temperature_return", TEMPERATURE_RETURN, DEGC, 4),
	F32("temperature.3", TEMPERATURE, DEGC, 8),
	F32("heat_power", HEAT_POWER, GJ_H, 24),
	F32("heat_power.2", HEAT_POWER, GJ_H, 28),
	F32("heat_power.3", HEAT_POWER, GJ_H, 32),
};
#define MODEL_030(its_name, its_title, hours, days)                                             \
	{                                                                                       \
		.name = its_name, .title = its_title, .systems_max = 1, .is_last_second = true, \
		.archives = {[PERIOD_HOUR] = {hours, 0, 0, 1080},                               \
			[PERIOD_DAY] = {days, 1, 0, 60},                                        \
			[PERIOD_MONTH] = {days, 2, 0, 48}},                                     \
		.blocks = {{MODBUS_READ_INPUT, 0xc000, 18, TABLE(now_030)}},                    \
		.clock = TSRV_CLOCK_EPOCH, .clock_function = MODBUS_READ_HOLDING,               \
		.clock_address = 0x8010, .serial_function = MODBUS_READ_HOLDING,                \
		.serial_address = 0x8000,                                                       \
	}

const struct tsrv_model tsrv_030_01 = MODEL_030(
	"030", "TSRV-030 63.01.01", &layout_030_01, &layout_030_01);
const struct tsrv_model tsrv_030_03 = MODEL_030(
	"030.03", "TSRV-030 63.01.03", &layout_hours_030_03, &layout_days_030_03);

/* ---- which ---- */

const struct tsrv_model *const tsrv_models[] = {
	&tsrv_020, &tsrv_023, &tsrv_024, &tsrv_024m_plus, &tsrv_030_01, &tsrv_030_03, NULL};

const struct tsrv_model *tsrv_model_named(const char *name)
{
	for (size_t i = 0; tsrv_models[i]; i++) {
		if (strcmp(tsrv_models[i]->name, name) == 0) {
			return tsrv_models[i];
		}
	}
	return NULL;
}

static bool has(struct slice text, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= text.size; i++) {
		if (memcmp(text.data + i, word, n) == 0) {
			return true;
		}
	}
	return false;
}

const struct tsrv_model *tsrv_model_find(struct slice text)
{
	const uint8_t *end = text.size ? memchr(text.data, 0, text.size) : NULL;
	text.size = end ? (size_t)(end - text.data) : text.size;
	if (has(text, "-020") || has(text, "-021") || has(text, "-022")) {
		return &tsrv_020;
	}
	if (has(text, "-023")) {
		return &tsrv_023;
	}
	if (has(text, "-024")) {
		return has(text, "+") ? &tsrv_024m_plus : &tsrv_024;
	}
	if (has(text, "-030")) {
		return has(text, "63.01.03") ? &tsrv_030_03 :
		       has(text, "63.01.01") ? &tsrv_030_01 :
					       NULL;
	}
	return NULL;
}

const struct tsrv_layout *tsrv_layout_of(const struct tsrv_archive *a, size_t size)
{
	const struct tsrv_layout *l = a->layout;
	if (l == &layout_020 && size >= layout_020.size && size <= 175) {
		return l;
	}
	if ((l == &layout_024 || l == &layout_024m_plus) && size == layout_024.size) {
		return &layout_024;
	}
	if ((l == &layout_024 || l == &layout_024m_plus) && size == layout_024m_plus.size) {
		return &layout_024m_plus;
	}
	return size == l->size ? l : NULL;
}

/* ---- requests ---- */

void tsrv_request_put(const struct tsrv_request *q, struct modbus_pdu *ret_pdu)
{
	const struct civil *c = &q->time;
	uint8_t *d = ret_pdu->data;
	d[0] = MODBUS_VZLET_ARCHIVE;
	d[1] = (uint8_t)(q->array >> 8);
	d[2] = (uint8_t)q->array;
	d[3] = (uint8_t)(q->count >> 8);
	d[4] = (uint8_t)q->count;
	d[5] = q->is_by_time;
	if (!q->is_by_time) {
		d[6] = (uint8_t)(q->index >> 8);
		d[7] = (uint8_t)q->index;
		ret_pdu->size = 8;
		return;
	}
	d[6] = (uint8_t)c->second;
	d[7] = (uint8_t)c->minute;
	d[8] = (uint8_t)c->hour;
	d[9] = (uint8_t)c->day;
	d[10] = (uint8_t)c->month;
	d[11] = (uint8_t)(q->is_year_1900 ? c->year - 1900 : c->year % 100);
	ret_pdu->size = 12;
}

bool tsrv_request_get(struct slice pdu, struct tsrv_request *ret_q)
{
	const uint8_t *d = pdu.data;
	if (pdu.size < 8 || d[0] != MODBUS_VZLET_ARCHIVE || d[5] > 1 ||
		pdu.size != (d[5] ? 12u : 8u)) {
		return false;
	}
	struct tsrv_request q = {.array = (uint16_t)(d[1] << 8 | d[2]),
		.count = (uint16_t)(d[3] << 8 | d[4]),
		.is_by_time = d[5]};
	if (q.is_by_time) {
		q.time = (struct civil){
			d[11] + (d[11] < 100 ? 2000 : 1900), d[10], d[9], d[8], d[7], d[6]};
	} else {
		q.index = (uint16_t)(d[6] << 8 | d[7]);
	}
	*ret_q = q;
	return true;
}
