/*
 * logika_layout.c - where legacy Logika calculators keep what; see logika.h
 *
 * Addresses and numbers as in docs/protocols/logika.md, with their confidence there.
 */
#include "proto/logika.h"

#include "model/abnormal.h"

#include <stddef.h>

#define COUNT(array) ((uint8_t)(sizeof(array) / sizeof((array)[0])))
#define FIELDS(array)                 \
	{                             \
		(array), COUNT(array) \
	}

#define P1(at)                                                                  \
	{                                                                       \
		"pressure_supply", QUANTITY_PRESSURE_SUPPLY, UNIT_KGF_CM2, (at) \
	}
#define P2(at)                                                                  \
	{                                                                       \
		"pressure_return", QUANTITY_PRESSURE_RETURN, UNIT_KGF_CM2, (at) \
	}
#define T1(at)                                                                     \
	{                                                                          \
		"temperature_supply", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, (at) \
	}
#define T2(at)                                                                     \
	{                                                                          \
		"temperature_return", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, (at) \
	}
#define T3(at)                                                         \
	{                                                              \
		"temperature.3", QUANTITY_TEMPERATURE, UNIT_DEGC, (at) \
	}
#define DT(at)                                                                          \
	{                                                                               \
		"temperature_difference", QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, (at) \
	}
#define TX(at)                                                                 \
	{                                                                      \
		"temperature_cold", QUANTITY_TEMPERATURE_COLD, UNIT_DEGC, (at) \
	}
#define TV(at)                                                                       \
	{                                                                            \
		"temperature_outdoor", QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, (at) \
	}
#define G1(at)                                                       \
	{                                                            \
		"flow_supply", QUANTITY_FLOW_SUPPLY, UNIT_M3_H, (at) \
	}
#define G2(at)                                                       \
	{                                                            \
		"flow_return", QUANTITY_FLOW_RETURN, UNIT_M3_H, (at) \
	}
#define G3(at)                                           \
	{                                                \
		"flow.3", QUANTITY_FLOW, UNIT_M3_H, (at) \
	}
#define V1(at)                                                         \
	{                                                              \
		"volume_supply", QUANTITY_VOLUME_SUPPLY, UNIT_M3, (at) \
	}
#define V2(at)                                                         \
	{                                                              \
		"volume_return", QUANTITY_VOLUME_RETURN, UNIT_M3, (at) \
	}
#define V3(at)                                             \
	{                                                  \
		"volume.3", QUANTITY_VOLUME, UNIT_M3, (at) \
	}
#define M1(at)                                                    \
	{                                                         \
		"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, (at) \
	}
#define M2(at)                                                    \
	{                                                         \
		"mass_return", QUANTITY_MASS_RETURN, UNIT_T, (at) \
	}
#define M3(at)                                        \
	{                                             \
		"mass.3", QUANTITY_MASS, UNIT_T, (at) \
	}
#define Q(at)                                                        \
	{                                                            \
		"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, (at) \
	}
#define QG(at)                                                                           \
	{                                                                                \
		"heat_energy_hot_water", QUANTITY_HEAT_ENERGY_HOT_WATER, UNIT_GCAL, (at) \
	}
#define TI(at)                                                          \
	{                                                               \
		"operating_time", QUANTITY_OPERATING_TIME, UNIT_H, (at) \
	}

/* ---- current values, offsets in the block of a heat system ---- */

static const struct logika_field currents_943[] = {G1(0x04), G2(0x08), G3(0x0c), P1(0x10), P2(0x14),
	T1(0x18), T2(0x1c), DT(0x20), T3(0x24), TX(0x28), TV(0x2c)};
static const struct logika_field currents_942[] = {
	G1(0x04), G2(0x08), G3(0x0c), P1(0x10), P2(0x14), T1(0x18), T2(0x1c), DT(0x20)};
static const struct logika_field currents_941_10[] = {
	G1(0x04), G2(0x08), G3(0x0c), T1(0x10), T2(0x14), DT(0x18)};
static const struct logika_field currents_941[] = {T1(0), T2(4)};
static const struct logika_field currents_741[] = {
	{"temperature.1", QUANTITY_TEMPERATURE, UNIT_DEGC, 0x08},
	{"flow.1", QUANTITY_FLOW, UNIT_M3_H, 0x0c},
	{"temperature.2", QUANTITY_TEMPERATURE, UNIT_DEGC, 0x24},
	{"flow.2", QUANTITY_FLOW, UNIT_M3_H, 0x28},
};

/* ---- totals, in their order ---- */

static const struct logika_field totals_943[] = {
	V1(0), V2(1), V3(2), M1(3), M2(4), M3(5), Q(6), TI(7), QG(8)};
static const struct logika_field totals_others[] = {
	V1(0), V2(1), V3(2), M1(3), M2(4), M3(5), Q(6), TI(7)};

/* ---- records of archives ---- */

static const struct logika_field record_943[] = {P1(4), P2(8), T1(12), T2(16), T3(20), TX(24),
	TV(28), V1(32), V2(36), V3(40), M1(44), M2(48), M3(52), Q(56), TI(60), QG(64)};
static const struct logika_field record_942[] = {P1(4), P2(8), T1(12), T2(16), V1(20), V2(24),
	V3(28), M1(32), M2(36), M3(40), Q(44), TI(48)};
static const struct logika_field record_941[] = {
	T1(4), T2(8), V1(12), V2(16), V3(20), M1(24), M2(28), M3(32), Q(36), TI(40)};
static const struct logika_field record_741[] = {
	{"temperature.1", QUANTITY_TEMPERATURE, UNIT_DEGC, 12},
	{"volume.1", QUANTITY_VOLUME, UNIT_M3, 16},
	{"gas.1", QUANTITY_GAS, UNIT_M3, 20},
	{"temperature.2", QUANTITY_TEMPERATURE, UNIT_DEGC, 28},
	{"volume.2", QUANTITY_VOLUME, UNIT_M3, 32},
	{"gas.2", QUANTITY_GAS, UNIT_M3, 36},
};

/* ---- abnormal situations, bit by bit; 0: does not touch the integration ---- */

#define LOW    ABNORMAL_FLOW_LOW
#define HIGH   ABNORMAL_FLOW_HIGH
#define FAILED ABNORMAL_FAILURE
#define COLD   ABNORMAL_DT_LOW /* heat would be negative */

static const uint8_t abnormal_943[] = {0, FAILED, 0, FAILED, 0, 0, 0, 0, FAILED, FAILED, FAILED,
	FAILED, FAILED, HIGH, LOW, HIGH, LOW, HIGH, LOW, FAILED, COLD, 0};
static const uint8_t abnormal_942[] = {0, FAILED, 0, 0, 0, 0, 0, 0, FAILED, FAILED, FAILED, FAILED,
	HIGH, LOW, HIGH, LOW, HIGH, LOW, FAILED, COLD};
static const uint8_t abnormal_941_10[] = {0, FAILED, 0, 0, 0, 0, 0, 0, FAILED, FAILED, HIGH, LOW,
	HIGH, LOW, HIGH, LOW, FAILED, COLD, 0};
static const uint8_t abnormal_941[] = {0, FAILED, FAILED, FAILED, FAILED, COLD};

#define ABNORMAL(array) .abnormal = (array), .abnormal_n = COUNT(array)

static const struct logika_layout layouts[] = {
	{
		.kind = LOGIKA_SPT941,
		.model = "SPT941",
		.systems = 1,
		.is_named_by_start = true,
		.record_size = {[PERIOD_HOUR] = 32, [PERIOD_DAY] = 64, [PERIOD_MONTH] = 64},
		.clock_at = 0x64,
		.ram_at = {0xe8},
		.ram_size = 8,
		.currents = FIELDS(currents_941),
		.ram_ns_at = -1,
		.flow_at = 0x148,
		.ns_at = 0x5b,
		.record = FIELDS(record_941),
		.record_ns_at = -1,
		.record_scheme_at = 2,
		.units_no = LOGIKA_NONE,
		.time_no = LOGIKA_NONE,
		.date_no = LOGIKA_NONE,
		.day_no = LOGIKA_NONE,
		.hour_no = LOGIKA_NONE,
		.id_no = LOGIKA_NONE,
		ABNORMAL(abnormal_941),
	},
	{
		.kind = LOGIKA_SPT941_10,
		.model = "SPT941.10",
		.systems = 1,
		.record_size = {[PERIOD_HOUR] = 64, [PERIOD_DAY] = 64, [PERIOD_MONTH] = 64},
		.clock_at = 0xf3,
		.ram_at = {0x200},
		.ram_size = 36,
		.currents = FIELDS(currents_941_10),
		.ram_ns_at = 0,
		.totals_at = {0x424a},
		.added_at = {0x520},
		.totals = FIELDS(totals_others),
		.record = FIELDS(record_941),
		.record_ns_at = 0,
		.record_scheme_at = 3,
		.settings = true,
		.units_no = 0,
		.time_no = 2,
		.date_no = 3,
		.day_no = 4,
		.hour_no = 5,
		.id_no = 36,
		ABNORMAL(abnormal_941_10),
	},
	{
		.kind = LOGIKA_SPT942,
		.model = "SPT942",
		.systems = 2,
		.record_size = {[PERIOD_HOUR] = 64, [PERIOD_DAY] = 64, [PERIOD_MONTH] = 64},
		.clock_at = 0xf3,
		.ram_at = {0x220, 0x244},
		.ram_size = 36,
		.currents = FIELDS(currents_942),
		.ram_ns_at = 0,
		.totals_at = {0x483e, 0x5dac},
		.added_at = {0x29c, 0x2d0},
		.totals = FIELDS(totals_others),
		.record = FIELDS(record_942),
		.record_ns_at = 0,
		.record_scheme_at = 3,
		.settings = true,
		.units_no = 0,
		.time_no = 2,
		.date_no = 3,
		.day_no = 5,
		.hour_no = 6,
		.id_no = 10,
		ABNORMAL(abnormal_942),
	},
	{
		.kind = LOGIKA_SPT943,
		.model = "SPT943",
		.systems = 2,
		.record_size = {[PERIOD_HOUR] = 68, [PERIOD_DAY] = 68, [PERIOD_MONTH] = 68},
		.clock_at = 0xf3,
		.ram_at = {0x200, 0x230},
		.ram_size = 48,
		.currents = FIELDS(currents_943),
		.ram_ns_at = 0,
		.totals_at = {0x424a, 0x677b},
		.added_at = {0x520, 0x568},
		.totals = FIELDS(totals_943),
		.record = FIELDS(record_943),
		.record_ns_at = 0,
		.record_scheme_at = 3,
		.settings = true,
		.units_no = 0,
		.time_no = 1,
		.date_no = 2,
		.day_no = 3,
		.hour_no = 4,
		.id_no = 7,
		.changes_at = {0x5adc, 0x800d},
		.situations_at = {0x643c, 0x896d},
		ABNORMAL(abnormal_943),
	},
	{
		.kind = LOGIKA_SPG741,
		.model = "SPG741",
		.systems = 1,
		.record_size = {[PERIOD_HOUR] = 64, [PERIOD_DAY] = 64, [PERIOD_MONTH] = 64},
		.clock_at = 0xf3,
		.ram_at = {0x228},
		.ram_size = 48,
		.currents = FIELDS(currents_741),
		.ram_ns_at = -1,
		.record = FIELDS(record_741),
		.record_ns_at = -1,
		.record_scheme_at = -1,
		.units_no = LOGIKA_NONE,
		.time_no = LOGIKA_NONE,
		.date_no = LOGIKA_NONE,
		.day_no = LOGIKA_NONE,
		.hour_no = LOGIKA_NONE,
		.id_no = LOGIKA_NONE,
	},
};

const struct logika_layout *logika_layout_of(enum logika_kind kind)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].kind == kind) {
			return &layouts[i];
		}
	}
	return NULL;
}

enum logika_kind logika_kind_of(const uint8_t id[static 3])
{
	switch (id[0] << 8 | id[1]) {
	case 0x5429: return LOGIKA_SPT941;
	case 0x9229: return id[2] < 0x80 ? LOGIKA_SPT941_10 : LOGIKA_M4;
	case 0x542a: return LOGIKA_SPT942;
	case 0x542b: return id[2] < 0x0a ? LOGIKA_SPT943 : LOGIKA_M4;
	case 0x542c: return LOGIKA_M4;
	case 0x4729: return LOGIKA_SPG741;
	default: return LOGIKA_UNKNOWN;
	}
}

bool logika_is_searching(const uint8_t id[static 3])
{
	return logika_kind_of(id) != LOGIKA_SPT941 || id[2] != 0;
}

/*
 * FLASH of the first SPT941: page 4 numbers of the last records; from page 8 headers, hours first;
 * from pages 91, 632 and 817 the data of hours, days and months. Each area has a page more than these
 * counts of records fill.
 */
#define OLD_HEADERS 0x200u
#define OLD_HOURS   1080
#define OLD_DAYS    184
#define OLD_MONTHS  48

const struct logika_ring *logika_ring_of(enum period p)
{
	static const struct logika_ring hours = {20, OLD_HEADERS, 91 * LOGIKA_PAGE, OLD_HOURS, 32};
	static const struct logika_ring days = {
		22, OLD_HEADERS + 4 * OLD_HOURS, 632 * LOGIKA_PAGE, OLD_DAYS, 64};
	static const struct logika_ring months = {
		24, OLD_HEADERS + 4 * (OLD_HOURS + OLD_DAYS), 817 * LOGIKA_PAGE, OLD_MONTHS, 64};
	return p == PERIOD_HOUR  ? &hours :
	       p == PERIOD_DAY   ? &days :
	       p == PERIOD_MONTH ? &months :
				   NULL;
}
