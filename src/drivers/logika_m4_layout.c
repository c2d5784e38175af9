/*
 * logika_m4_layout.c - what the models call what; see logika_m4.h
 *
 * Facts: docs/protocols/logika_m4.md. Numbers of parameters and the order of archive records come from
 * the maker's documents of each model, checked against captures of SPT943.1 and SPT941.20; the
 * meaning of the flags from a second source.
 *
 * Passed over: the timers CT (what they count is set by the operator), flows and temperatures that
 * repeat others.
 */
#include "drivers/logika_m4.h"

#include "model/abnormal.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* system, channel, number: where the value belongs and is found */
#define NUM(s, c, n, key, q, u)                                      \
	{                                                            \
		M4_KIND_NUMBER, s, c, n, key, QUANTITY_##q, UNIT_##u \
	}
#define PRES(s, c, n, key, q)                                           \
	{                                                               \
		M4_KIND_PRESSURE, s, c, n, key, QUANTITY_##q, UNIT_NONE \
	}
#define HEAT(s, c, n, key, q)                                       \
	{                                                           \
		M4_KIND_HEAT, s, c, n, key, QUANTITY_##q, UNIT_NONE \
	}
#define SPECIAL(kind, s, c, n)                                             \
	{                                                                  \
		M4_KIND_##kind, s, c, n, NULL, QUANTITY_UNKNOWN, UNIT_NONE \
	}
#define SKIP                                                             \
	{                                                                \
		M4_KIND_NONE, 0, 0, 0, NULL, QUANTITY_UNKNOWN, UNIT_NONE \
	}
#define SKIP4 SKIP, SKIP, SKIP, SKIP

#define VOLUMES(s, c, n)                                              \
	NUM(s, c, n, "volume_supply", VOLUME_SUPPLY, M3),             \
		NUM(s, c, n + 1, "volume_return", VOLUME_RETURN, M3), \
		NUM(s, c, n + 2, "volume.3", VOLUME, M3)
#define MASSES(s, c, n)                                          \
	NUM(s, c, n, "mass_supply", MASS_SUPPLY, T),             \
		NUM(s, c, n + 1, "mass_return", MASS_RETURN, T), \
		NUM(s, c, n + 2, "mass.3", MASS, T)
#define FLOWS(s, c, n)                                              \
	NUM(s, c, n, "flow_supply", FLOW_SUPPLY, M3_H),             \
		NUM(s, c, n + 1, "flow_return", FLOW_RETURN, M3_H), \
		NUM(s, c, n + 2, "flow.3", FLOW, M3_H)
#define MASS_FLOWS(s, c, n)                                                  \
	NUM(s, c, n, "mass_flow_supply", MASS_FLOW_SUPPLY, T_H),             \
		NUM(s, c, n + 1, "mass_flow_return", MASS_FLOW_RETURN, T_H), \
		NUM(s, c, n + 2, "mass_flow.3", MASS_FLOW, T_H)
#define T1(s, c, n)     NUM(s, c, n, "temperature_supply", TEMPERATURE_SUPPLY, DEGC)
#define T2(s, c, n)     NUM(s, c, n, "temperature_return", TEMPERATURE_RETURN, DEGC)
#define DT(s, c, n)     NUM(s, c, n, "temperature_difference", TEMPERATURE_DIFFERENCE, K)
#define TN(s, c, n, i)  NUM(s, c, n, "temperature." i, TEMPERATURE, DEGC)
#define TX(s, c, n)     NUM(s, c, n, "temperature_cold", TEMPERATURE_COLD, DEGC)
#define TV(s, c, n)     NUM(s, c, n, "temperature_outdoor", TEMPERATURE_OUTDOOR, DEGC)
#define P1(s, c, n)     PRES(s, c, n, "pressure_supply", PRESSURE_SUPPLY)
#define P2(s, c, n)     PRES(s, c, n, "pressure_return", PRESSURE_RETURN)
#define PN(s, c, n, i)  PRES(s, c, n, "pressure." i, PRESSURE)
#define Q(s, c, n)      HEAT(s, c, n, "heat_energy", HEAT_ENERGY)
#define QG(s, c, n)     HEAT(s, c, n, "heat_energy_hot_water", HEAT_ENERGY_HOT_WATER)
#define TI(s, c, n)     NUM(s, c, n, "operating_time", OPERATING_TIME, H)
#define TFAULT(s, c, n) NUM(s, c, n, "error_time", ERROR_TIME, H)
#define TGOOD(s, c, n)  NUM(s, c, n, "operating_time.2", OPERATING_TIME, H)
#define TIMERS(s, c, n)                                                \
	NUM(s, c, n, "time_flow_low", TIME_FLOW_LOW, H),               \
		NUM(s, c, n + 1, "time_flow_high", TIME_FLOW_HIGH, H), \
		NUM(s, c, n + 2, "time_dt_low", TIME_DT_LOW, H),       \
		NUM(s, c, n + 3, "time_power_off", TIME_POWER_OFF, H), \
		NUM(s, c, n + 4, "time_failure", TIME_FAILURE, H)

/* ---- SPT943.1, firmware from 2.0.0.3.00 ---- */

#define SYSTEM_943(s, c)                                                                          \
	SPECIAL(SCHEME, s, c, 1024), FLOWS(s, c, 1025), P1(s, c, 1028), P2(s, c, 1029),           \
		T1(s, c, 1030), T2(s, c, 1031), DT(s, c, 1032), TN(s, c, 1033, "3"),              \
		TX(s, c, 1034), TV(s, c, 1035), SPECIAL(NS, s, c, 1036), SPECIAL(DS, s, c, 1037), \
		VOLUMES(s, c, 2048), MASSES(s, c, 2051), Q(s, c, 2054), QG(s, c, 2055),           \
		TI(s, c, 2056), TIMERS(s, c, 2057), TFAULT(s, c, 2062), TGOOD(s, c, 2063)

static const struct m4_field currents_943[] = {SYSTEM_943(1, 1), SYSTEM_943(2, 2), TX(0, 0, 1026),
	TV(0, 0, 1027), SPECIAL(NS, 0, 0, 1028), SPECIAL(DS, 0, 0, 1029), Q(0, 0, 2048)};

/* The system is that of the channel asked for. */
static const struct m4_field record_943[] = {SPECIAL(SCHEME, 1, 0, 0), P1(1, 0, 0), P2(1, 0, 0),
	T1(1, 0, 0), T2(1, 0, 0), DT(1, 0, 0), TN(1, 0, 0, "3"), TX(1, 0, 0), TV(1, 0, 0),
	VOLUMES(1, 0, 0), MASSES(1, 0, 0), Q(1, 0, 0), QG(1, 0, 0), TI(1, 0, 0), TIMERS(1, 0, 0),
	TFAULT(1, 0, 0), TGOOD(1, 0, 0), SPECIAL(NS, 1, 0, 0), SPECIAL(DS, 1, 0, 0)};

static const struct m4_meaning meanings_943[] = {{7, ABNORMAL_POWER}, {8, ABNORMAL_FAILURE},
	{9, ABNORMAL_FAILURE}, {10, ABNORMAL_FAILURE}, {11, ABNORMAL_FAILURE},
	{12, ABNORMAL_FAILURE}, {13, ABNORMAL_FLOW_HIGH}, {14, ABNORMAL_FLOW_LOW},
	{15, ABNORMAL_FLOW_HIGH}, {16, ABNORMAL_FLOW_LOW}, {17, ABNORMAL_FLOW_HIGH},
	{18, ABNORMAL_FLOW_LOW}, {23, ABNORMAL_DT_LOW}};

/* ---- SPT941.20 ---- */

static const struct m4_field currents_941[] = {SPECIAL(SCHEME, 1, 0, 1026), FLOWS(1, 0, 1027),
	MASS_FLOWS(1, 0, 1030), T1(1, 0, 1033), T2(1, 0, 1034), DT(1, 0, 1035), TN(1, 0, 1036, "3"),
	TX(1, 0, 1037), TN(1, 0, 1038, "4"), P1(1, 0, 1039), P2(1, 0, 1040), PN(1, 0, 1041, "3"),
	PN(1, 0, 1042, "cold"), PN(1, 0, 1043, "4"), SPECIAL(DS, 1, 0, 1044),
	SPECIAL(NS, 1, 0, 1045), VOLUMES(1, 0, 2048), MASSES(1, 0, 2051), Q(1, 0, 2054),
	QG(1, 0, 2055), TI(1, 0, 2056), TFAULT(1, 0, 2057), TGOOD(1, 0, 2058)};

static const struct m4_field record_941[] = {SPECIAL(TIME, 1, 0, 0), SPECIAL(DATE, 1, 0, 0),
	SPECIAL(SCHEME, 1, 0, 0), T1(1, 0, 0), T2(1, 0, 0), DT(1, 0, 0), TN(1, 0, 0, "3"),
	TX(1, 0, 0), TN(1, 0, 0, "4"), P1(1, 0, 0), P2(1, 0, 0), PN(1, 0, 0, "3"),
	PN(1, 0, 0, "cold"), PN(1, 0, 0, "4"), VOLUMES(1, 0, 0), MASSES(1, 0, 0), Q(1, 0, 0),
	QG(1, 0, 0), TI(1, 0, 0), TFAULT(1, 0, 0), TGOOD(1, 0, 0), SKIP4, SKIP4, SKIP4, SKIP4,
	SPECIAL(DS, 1, 0, 0), SPECIAL(NS, 1, 0, 0)};

static const struct m4_meaning meanings_941[] = {{1, ABNORMAL_POWER}, {32, ABNORMAL_FAILURE},
	{33, ABNORMAL_FAILURE}, {34, ABNORMAL_FAILURE}, {35, ABNORMAL_FAILURE},
	{36, ABNORMAL_FAILURE}, {37, ABNORMAL_FAILURE}, {38, ABNORMAL_FLOW_HIGH},
	{39, ABNORMAL_FLOW_LOW}, {40, ABNORMAL_FLOW_LOW}, {41, ABNORMAL_FLOW_HIGH},
	{42, ABNORMAL_FLOW_LOW}, {43, ABNORMAL_FLOW_LOW}, {44, ABNORMAL_FLOW_HIGH},
	{45, ABNORMAL_FLOW_LOW}, {46, ABNORMAL_FLOW_LOW}};

/* ---- SPT944 ---- */

#define SYSTEM_944(s, c)                                                                         \
	SPECIAL(SCHEME, s, c, 1024), FLOWS(s, c, 1025), MASS_FLOWS(s, c, 1028), T1(s, c, 1031),  \
		T2(s, c, 1032), DT(s, c, 1033), TN(s, c, 1034, "3"), TN(s, c, 1035, "schedule"), \
		P1(s, c, 1036), P2(s, c, 1037), PN(s, c, 1038, "3"), VOLUMES(s, c, 2048),        \
		MASSES(s, c, 2051), Q(s, c, 2054), QG(s, c, 2055)

static const struct m4_field currents_944[] = {SYSTEM_944(1, 1), SYSTEM_944(2, 2),
	SPECIAL(SCHEME, 0, 0, 1026), TX(1, 0, 1027), TV(1, 0, 1028), TN(1, 0, 1029, "4"),
	TN(1, 0, 1030, "5"), TN(1, 0, 1031, "6"), PN(1, 0, 1032, "cold"), PN(1, 0, 1033, "4"),
	PN(1, 0, 1034, "5"), PN(1, 0, 1035, "6"), SPECIAL(NS, 1, 0, 1036), SPECIAL(DS, 1, 0, 1037),
	Q(0, 0, 2048), TI(1, 0, 2049), TFAULT(1, 0, 2050), TGOOD(1, 0, 2051)};

#define RECORD_944(s)                                                                      \
	SPECIAL(SCHEME, s, 0, 0), T1(s, 0, 0), T2(s, 0, 0), DT(s, 0, 0), TN(s, 0, 0, "3"), \
		TN(s, 0, 0, "schedule"), P1(s, 0, 0), P2(s, 0, 0), PN(s, 0, 0, "3"),       \
		VOLUMES(s, 0, 0), MASSES(s, 0, 0), Q(s, 0, 0), QG(s, 0, 0)

static const struct m4_field record_944[] = {SPECIAL(TIME, 1, 0, 0), SPECIAL(DATE, 1, 0, 0),
	SPECIAL(SCHEME, 0, 0, 0), TX(1, 0, 0), TV(1, 0, 0), TN(1, 0, 0, "4"), TN(1, 0, 0, "5"),
	TN(1, 0, 0, "6"), PN(1, 0, 0, "cold"), PN(1, 0, 0, "4"), PN(1, 0, 0, "5"), PN(1, 0, 0, "6"),
	Q(0, 0, 0), TI(1, 0, 0), TFAULT(1, 0, 0), TGOOD(1, 0, 0), SKIP4, SKIP4, SKIP4, SKIP4, SKIP4,
	SPECIAL(NS, 1, 0, 0), SPECIAL(DS, 1, 0, 0), RECORD_944(1), RECORD_944(2)};

static const struct m4_meaning meanings_944[] = {{1, ABNORMAL_POWER}, {7, ABNORMAL_FAILURE},
	{8, ABNORMAL_FAILURE}, {9, ABNORMAL_FAILURE}, {10, ABNORMAL_FAILURE},
	{11, ABNORMAL_FAILURE}, {12, ABNORMAL_FAILURE}, {13, ABNORMAL_FAILURE},
	{14, ABNORMAL_FAILURE}, {15, ABNORMAL_FAILURE}, {16, ABNORMAL_FAILURE},
	{17, ABNORMAL_FAILURE}, {18, ABNORMAL_FAILURE}, {19, ABNORMAL_FLOW_HIGH},
	{20, ABNORMAL_FLOW_LOW}, {21, ABNORMAL_FLOW_LOW}, {22, ABNORMAL_FLOW_HIGH},
	{23, ABNORMAL_FLOW_LOW}, {24, ABNORMAL_FLOW_LOW}, {25, ABNORMAL_FLOW_HIGH},
	{26, ABNORMAL_FLOW_LOW}, {27, ABNORMAL_FLOW_LOW}, {28, ABNORMAL_FLOW_HIGH},
	{29, ABNORMAL_FLOW_LOW}, {30, ABNORMAL_FLOW_LOW}, {31, ABNORMAL_FLOW_HIGH},
	{32, ABNORMAL_FLOW_LOW}, {33, ABNORMAL_FLOW_LOW}, {34, ABNORMAL_FLOW_HIGH},
	{35, ABNORMAL_FLOW_LOW}, {36, ABNORMAL_FLOW_LOW}, {68, ABNORMAL_DT_LOW},
	{84, ABNORMAL_DT_LOW}};

/* ---- SPG742, gas: no more is known ---- */

static const struct m4_field currents_742[] = {NUM(1, 0, 1024, "flow", FLOW, M3_H),
	NUM(1, 0, 1025, "flow.2", FLOW, M3_H), NUM(1, 0, 1027, "temperature", TEMPERATURE, DEGC),
	NUM(1, 0, 2048, "volume", VOLUME, M3), NUM(1, 0, 2049, "gas", GAS, M3)};

/* ---- models ---- */

static const uint8_t systems[] = {1, 2};
static const uint8_t whole[] = {0};

#define RECORDS(model) \
	currents_##model, COUNT(currents_##model), record_##model, COUNT(record_##model)
#define MEANINGS(model) meanings_##model, COUNT(meanings_##model)

static const struct m4_layout layouts[] = {
	{"SPT941.20", 0x9229, 0x80, 0xff, RECORDS(941), whole, 1, MEANINGS(941), .unit_pressure = 1,
		.unit_heat = 2, .report_day = 6, .report_hour = 7, .set_time = 3, .set_date = 4,
		.nt = 57},
	{"SPT943.1", 0x542b, 0x0a, 0x1f, RECORDS(943), systems, 2, MEANINGS(943),
		.unit_pressure = 0, .unit_heat = 0, .report_day = 3, .report_hour = 4,
		.set_time = 1, .set_date = 2, .nt = 6},
	{"SPT944", 0x542c, 0x00, 0x0a, RECORDS(944), whole, 1, MEANINGS(944), .unit_pressure = 5,
		.unit_heat = 6, .report_day = 10, .report_hour = 11, .set_time = -1, .set_date = -1,
		.nt = 58},
	/* its code was never seen: chosen by name alone */
	{"SPG742", 0, 1, 0, currents_742, COUNT(currents_742), NULL, 0, whole, 1, NULL, 0,
		.unit_pressure = -1, .unit_heat = -1, .report_day = -1, .report_hour = -1,
		.set_time = -1, .set_date = -1, .nt = -1},
};

const struct m4_layout *m4_layout_of(uint16_t ident, uint8_t version)
{
	for (size_t i = 0; i < COUNT(layouts); i++) {
		const struct m4_layout *l = &layouts[i];
		if (l->ident == ident && version >= l->version_from && version <= l->version_till) {
			return l;
		}
	}
	return NULL;
}

const struct m4_layout *m4_layout_named(const char *model)
{
	static const char *const names[] = {"spt941_20", "spt943", "spt944", "spg742"};
	for (size_t i = 0; i < COUNT(layouts); i++) {
		if (strcmp(names[i], model) == 0) {
			return &layouts[i];
		}
	}
	return NULL;
}

const char *m4_legacy_name(uint16_t ident, uint8_t version)
{
	switch (ident) {
	case 0x5429: return "SPT941";
	case 0x542a: return "SPT942";
	case 0x542b: return version < 0x0a ? "SPT943" : NULL;
	case 0x9229: return version < 0x80 ? "SPT941.10" : NULL;
	default: return NULL;
	}
}

unsigned m4_abnormal_of(const struct m4_layout *l, const struct m4_value *flags)
{
	unsigned set = 0;
	for (size_t i = 0; i < l->meanings_n; i++) {
		const struct m4_meaning *m = &l->meanings[i];
		set |= m4_flags(flags, m->bit / 32u) >> m->bit % 32u & 1u ? m->abnormal : 0u;
	}
	return set;
}
