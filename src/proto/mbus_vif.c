/*
 * mbus_vif.c - tables of VIF and VIFE codes, EN 13757-3; see mbus_vif.h
 *
 * Facts: docs/protocols/mbus.md. Rows marked 2013 are of the second edition and were seen in other
 * decoders, not in the M-Bus documentation 4.8. Codes without a row are reserved.
 */
#include "proto/mbus_vif.h"

#include <stddef.h>

#define N       MBUS_FORM_NUMBER
#define CLOCK   MBUS_FORM_CLOCK
#define SPAN    MBUS_FORM_SPAN
#define TIME    MBUS_FORM_TIME
#define CODE    MBUS_FORM_CODE
#define Q(name) QUANTITY_##name
#define U(name) UNIT_##name

/* clang-format off */
static const struct mbus_vif primary[] = {
	{0x00, 0x07, Q(ENERGY), U(KWH), -6, N, "energy"},
	{0x08, 0x0f, Q(ENERGY), U(MJ), -6, N, "energy"},
	{0x10, 0x17, Q(VOLUME), U(M3), -6, N, "volume"},
	{0x18, 0x1f, Q(MASS), U(KG), -3, N, "mass"},
	{0x20, 0x23, Q(ON_TIME), U(NONE), 0, CLOCK, "on time"},
	{0x24, 0x27, Q(OPERATING_TIME), U(NONE), 0, CLOCK, "operating time"},
	{0x28, 0x2f, Q(POWER), U(W), -3, N, "power"},
	{0x30, 0x37, Q(POWER), U(MJ_H), -6, N, "power"},
	{0x38, 0x3f, Q(FLOW), U(M3_H), -6, N, "volume flow"},
	{0x40, 0x47, Q(FLOW), U(M3_MIN), -7, N, "volume flow"},
	{0x48, 0x4f, Q(FLOW), U(M3_S), -9, N, "volume flow"},
	{0x50, 0x57, Q(MASS_FLOW), U(KG_H), -3, N, "mass flow"},
	{0x58, 0x5b, Q(TEMPERATURE_SUPPLY), U(DEGC), -3, N, "flow temperature"},
	{0x5c, 0x5f, Q(TEMPERATURE_RETURN), U(DEGC), -3, N, "return temperature"},
	{0x60, 0x63, Q(TEMPERATURE_DIFFERENCE), U(K), -3, N, "temperature difference"},
	{0x64, 0x67, Q(TEMPERATURE_OUTDOOR), U(DEGC), -3, N, "external temperature"},
	{0x68, 0x6b, Q(PRESSURE), U(BAR), -3, N, "pressure"},
	{0x6c, 0x6c, Q(DATE), U(NONE), 0, TIME, "date"},
	{0x6d, 0x6d, Q(TIME_POINT), U(NONE), 0, TIME, "date and time"},
	{0x6e, 0x6e, Q(HCA_UNITS), U(HCA), 0, N, "units for heat cost allocation"},
	{0x70, 0x73, Q(DURATION), U(NONE), 0, CLOCK, "averaging duration"},
	{0x74, 0x77, Q(DURATION), U(NONE), 0, CLOCK, "actuality duration"},
	{0x78, 0x78, Q(SERIAL_NUMBER), U(NONE), 0, CODE, "fabrication number"},
	{0x79, 0x79, Q(IDENTIFICATION), U(NONE), 0, CODE, "identification"},
	{0x7a, 0x7a, Q(BUS_ADDRESS), U(NONE), 0, CODE, "bus address"},
	{0x7e, 0x7e, Q(UNKNOWN), U(NONE), 0, N, "any VIF"},
	{0x7f, 0x7f, Q(MANUFACTURER_SPECIFIC), U(NONE), 0, N, "manufacturer specific"},
};

static const struct mbus_vif table_fb[] = {
	{0x00, 0x01, Q(ENERGY), U(MWH), -1, N, "energy"},
	{0x02, 0x03, Q(REACTIVE_ENERGY), U(KVARH), 0, N, "reactive energy"},      /* 2013 */
	{0x04, 0x05, Q(APPARENT_ENERGY), U(KVAH), 0, N, "apparent energy"},       /* 2013 */
	{0x08, 0x09, Q(ENERGY), U(GJ), -1, N, "energy"},
	{0x0c, 0x0f, Q(ENERGY), U(MCAL), -1, N, "energy"},                        /* 2013 */
	{0x10, 0x11, Q(VOLUME), U(M3), 2, N, "volume"},
	{0x14, 0x17, Q(REACTIVE_POWER), U(KVAR), -3, N, "reactive power"},        /* 2013 */
	{0x18, 0x19, Q(MASS), U(T), 2, N, "mass"},
	{0x1a, 0x1b, Q(HUMIDITY), U(PERCENT), -1, N, "relative humidity"},        /* 2013 */
	{0x20, 0x20, Q(VOLUME), U(FT3), 0, N, "volume"},
	{0x21, 0x21, Q(VOLUME), U(FT3), -1, N, "volume"},
	{0x22, 0x23, Q(VOLUME), U(GAL_US), -1, N, "volume"},
	{0x24, 0x24, Q(FLOW), U(GPM_US), -3, N, "volume flow"},
	{0x25, 0x25, Q(FLOW), U(GPM_US), 0, N, "volume flow"},
	{0x26, 0x26, Q(FLOW), U(GAL_H), 0, N, "volume flow"},
	{0x28, 0x29, Q(POWER), U(MW), -1, N, "power"},
	{0x2a, 0x2a, Q(PHASE_ANGLE), U(DEG), -1, N, "phase angle U-U"},           /* 2013 */
	{0x2b, 0x2b, Q(PHASE_ANGLE), U(DEG), -1, N, "phase angle U-I"},           /* 2013 */
	{0x2c, 0x2f, Q(FREQUENCY), U(HZ), -3, N, "frequency"},                    /* 2013 */
	{0x30, 0x31, Q(POWER), U(GJ_H), -1, N, "power"},
	{0x34, 0x37, Q(APPARENT_POWER), U(KVA), -3, N, "apparent power"},         /* 2013 */
	{0x58, 0x5b, Q(TEMPERATURE_SUPPLY), U(DEGF), -3, N, "flow temperature"},
	{0x5c, 0x5f, Q(TEMPERATURE_RETURN), U(DEGF), -3, N, "return temperature"},
	{0x60, 0x63, Q(TEMPERATURE_DIFFERENCE), U(DEGF_DIFF), -3, N, "temperature difference"},
	{0x64, 0x67, Q(TEMPERATURE_OUTDOOR), U(DEGF), -3, N, "external temperature"},
	{0x68, 0x68, Q(DIMENSIONLESS), U(NONE), 0, N, "rating factor K"},         /* 2013 */
	{0x69, 0x69, Q(DIMENSIONLESS), U(NONE), 0, N, "rating factor KQ"},        /* 2013 */
	{0x6a, 0x6a, Q(DIMENSIONLESS), U(NONE), 0, N, "rating factor KC total"},  /* 2013 */
	{0x6b, 0x6b, Q(DIMENSIONLESS), U(NONE), 0, N, "rating factor KC room"},   /* 2013 */
	{0x6c, 0x6c, Q(DIMENSIONLESS), U(NONE), 0, N, "rating factor KC heater"}, /* 2013 */
	{0x6d, 0x6d, Q(DIMENSIONLESS), U(NONE), 0, N, "starting temperature rating"}, /* 2013 */
	{0x6e, 0x6e, Q(DIMENSIONLESS), U(NONE), 0, N, "rating type"},             /* 2013 */
	{0x70, 0x73, Q(TEMPERATURE_LIMIT), U(DEGF), -3, N, "temperature limit"},
	{0x74, 0x77, Q(TEMPERATURE_LIMIT), U(DEGC), -3, N, "temperature limit"},
	{0x78, 0x7f, Q(POWER), U(W), -3, N, "cumulated maximum power"},
};

static const struct mbus_vif table_fd[] = {
	{0x00, 0x03, Q(CREDIT), U(CURRENCY), -3, N, "credit"},
	{0x04, 0x07, Q(DEBIT), U(CURRENCY), -3, N, "debit"},
	{0x08, 0x08, Q(UNKNOWN), U(NONE), 0, CODE, "access number"},
	{0x09, 0x09, Q(UNKNOWN), U(NONE), 0, CODE, "medium"},
	{0x0a, 0x0a, Q(IDENTIFICATION), U(NONE), 0, CODE, "manufacturer"},
	{0x0b, 0x0b, Q(IDENTIFICATION), U(NONE), 0, CODE, "parameter set"},
	{0x0c, 0x0c, Q(IDENTIFICATION), U(NONE), 0, CODE, "model or version"},
	{0x0d, 0x0d, Q(FIRMWARE), U(NONE), 0, CODE, "hardware version"},
	{0x0e, 0x0e, Q(FIRMWARE), U(NONE), 0, CODE, "firmware version"},
	{0x0f, 0x0f, Q(FIRMWARE), U(NONE), 0, CODE, "software version"},
	{0x10, 0x10, Q(IDENTIFICATION), U(NONE), 0, CODE, "customer location"},
	{0x11, 0x11, Q(IDENTIFICATION), U(NONE), 0, CODE, "customer"},
	{0x12, 0x12, Q(UNKNOWN), U(NONE), 0, CODE, "access code user"},
	{0x13, 0x13, Q(UNKNOWN), U(NONE), 0, CODE, "access code operator"},
	{0x14, 0x14, Q(UNKNOWN), U(NONE), 0, CODE, "access code system operator"},
	{0x15, 0x15, Q(UNKNOWN), U(NONE), 0, CODE, "access code developer"},
	{0x16, 0x16, Q(UNKNOWN), U(NONE), 0, CODE, "password"},
	{0x17, 0x17, Q(ERROR_CODE), U(NONE), 0, CODE, "error flags"},
	{0x18, 0x18, Q(UNKNOWN), U(NONE), 0, CODE, "error mask"},
	{0x19, 0x19, Q(UNKNOWN), U(NONE), 0, CODE, "security key"},               /* 2013 */
	{0x1a, 0x1a, Q(DIGITAL_OUTPUT), U(NONE), 0, CODE, "digital output"},
	{0x1b, 0x1b, Q(DIGITAL_INPUT), U(NONE), 0, CODE, "digital input"},
	{0x1c, 0x1c, Q(UNKNOWN), U(NONE), 0, CODE, "baud rate"},
	{0x1d, 0x1d, Q(UNKNOWN), U(NONE), 0, CODE, "response delay"},
	{0x1e, 0x1e, Q(UNKNOWN), U(NONE), 0, CODE, "retries"},
	{0x1f, 0x1f, Q(UNKNOWN), U(NONE), 0, CODE, "remote control"},             /* 2013 */
	{0x20, 0x20, Q(UNKNOWN), U(NONE), 0, CODE, "first storage of cyclic block"},
	{0x21, 0x21, Q(UNKNOWN), U(NONE), 0, CODE, "last storage of cyclic block"},
	{0x22, 0x22, Q(UNKNOWN), U(NONE), 0, CODE, "size of storage block"},
	{0x23, 0x23, Q(UNKNOWN), U(NONE), 0, CODE, "descriptor of tariff and subunit"}, /* 2013 */
	{0x24, 0x27, Q(DURATION), U(NONE), 0, CLOCK, "storage interval"},
	{0x28, 0x28, Q(DURATION), U(MONTH), 0, N, "storage interval"},
	{0x29, 0x29, Q(DURATION), U(YEAR), 0, N, "storage interval"},
	{0x2a, 0x2a, Q(UNKNOWN), U(NONE), 0, CODE, "operator data"},              /* 2013 */
	{0x2b, 0x2b, Q(UNKNOWN), U(NONE), 0, CODE, "second of time point"},       /* 2013 */
	{0x2c, 0x2f, Q(DURATION), U(NONE), 0, CLOCK, "duration since last readout"},
	{0x30, 0x30, Q(TIME_POINT), U(NONE), 0, TIME, "start of tariff"},
	{0x31, 0x31, Q(DURATION), U(MIN), 0, N, "duration of tariff"},
	{0x32, 0x32, Q(DURATION), U(H), 0, N, "duration of tariff"},
	{0x33, 0x33, Q(DURATION), U(DAY), 0, N, "duration of tariff"},
	{0x34, 0x37, Q(DURATION), U(NONE), 0, CLOCK, "period of tariff"},
	{0x38, 0x38, Q(DURATION), U(MONTH), 0, N, "period of tariff"},
	{0x39, 0x39, Q(DURATION), U(YEAR), 0, N, "period of tariff"},
	{0x3a, 0x3a, Q(DIMENSIONLESS), U(NONE), 0, N, "dimensionless"},
	{0x3b, 0x3b, Q(UNKNOWN), U(NONE), 0, CODE, "wireless container"},         /* 2013 */
	{0x3c, 0x3f, Q(DURATION), U(NONE), 0, CLOCK, "transmission period"},      /* 2013 */
	{0x40, 0x4f, Q(VOLTAGE), U(V), -9, N, "voltage"},
	{0x50, 0x5f, Q(CURRENT), U(A), -12, N, "current"},
	{0x60, 0x60, Q(EVENT_COUNT), U(NONE), 0, N, "reset counter"},
	{0x61, 0x61, Q(EVENT_COUNT), U(NONE), 0, N, "cumulation counter"},
	{0x62, 0x62, Q(UNKNOWN), U(NONE), 0, CODE, "control signal"},
	{0x63, 0x63, Q(UNKNOWN), U(NONE), 0, CODE, "day of week"},
	{0x64, 0x64, Q(UNKNOWN), U(NONE), 0, CODE, "week number"},
	{0x65, 0x65, Q(UNKNOWN), U(NONE), 0, CODE, "time point of day change"},
	{0x66, 0x66, Q(UNKNOWN), U(NONE), 0, CODE, "state of parameter activation"},
	{0x67, 0x67, Q(UNKNOWN), U(NONE), 0, CODE, "supplier information"},
	{0x68, 0x6b, Q(DURATION), U(NONE), 0, SPAN, "duration since last cumulation"},
	{0x6c, 0x6f, Q(BATTERY_TIME), U(NONE), 0, SPAN, "operating time of battery"},
	{0x70, 0x70, Q(DATE), U(NONE), 0, TIME, "date of battery change"},
	{0x71, 0x71, Q(SIGNAL_LEVEL), U(DBM), 0, N, "level of radio signal"},     /* 2013 */
	{0x72, 0x72, Q(UNKNOWN), U(NONE), 0, CODE, "daylight saving"},            /* 2013 */
	{0x73, 0x73, Q(UNKNOWN), U(NONE), 0, CODE, "listening window"},           /* 2013 */
	{0x74, 0x74, Q(BATTERY_LEFT), U(DAY), 0, N, "battery life left"},         /* 2013 */
	{0x75, 0x75, Q(EVENT_COUNT), U(NONE), 0, N, "count of stops"},            /* 2013 */
	{0x76, 0x76, Q(MANUFACTURER_SPECIFIC), U(NONE), 0, CODE, "manufacturer container"}, /* 2013 */
};

static const struct mbus_vif table_fdfd[] = {
	{0x00, 0x00, Q(UNKNOWN), U(NONE), 0, CODE, "selected application"},       /* 2013 */
	{0x02, 0x02, Q(BATTERY_LEFT), U(MONTH), 0, N, "battery life left"},       /* 2013 */
	{0x03, 0x03, Q(BATTERY_LEFT), U(YEAR), 0, N, "battery life left"},        /* 2013 */
	{0x3e, 0x3e, Q(UNKNOWN), U(PERCENT), 0, N, "moisture"},                   /* 2013 */
};

static const struct mbus_vife vifes[] = {
	{0x00, 0x11, MBUS_VIFE_RECORD_ERROR, 0, "record error"},
	{0x12, 0x12, MBUS_VIFE_MODIFIER, 0, "average"},                           /* 2013 */
	{0x13, 0x13, MBUS_VIFE_MODIFIER, 0, "inverse compact profile"},           /* 2013 */
	{0x14, 0x14, MBUS_VIFE_MODIFIER, 0, "relative deviation"},                /* 2013 */
	{0x15, 0x1c, MBUS_VIFE_RECORD_ERROR, 0, "record error"},
	{0x1d, 0x1d, MBUS_VIFE_NEUTRAL, 0, "standard conform"},                   /* 2013 */
	{0x1e, 0x1e, MBUS_VIFE_MODIFIER, 0, "compact profile with registers"},    /* 2013 */
	{0x1f, 0x1f, MBUS_VIFE_MODIFIER, 0, "compact profile"},                   /* 2013 */
	{0x20, 0x20, MBUS_VIFE_PER, 0, "/s"},
	{0x21, 0x21, MBUS_VIFE_PER, 0, "/min"},
	{0x22, 0x22, MBUS_VIFE_PER, 0, "/h"},
	{0x23, 0x23, MBUS_VIFE_PER, 0, "/day"},
	{0x24, 0x24, MBUS_VIFE_PER, 0, "/week"},
	{0x25, 0x25, MBUS_VIFE_PER, 0, "/month"},
	{0x26, 0x26, MBUS_VIFE_PER, 0, "/year"},
	{0x27, 0x27, MBUS_VIFE_PER, 0, "/revolution"},
	{0x28, 0x29, MBUS_VIFE_MODIFIER, 0, "increment per input pulse"},
	{0x2a, 0x2b, MBUS_VIFE_MODIFIER, 0, "increment per output pulse"},
	{0x2c, 0x2c, MBUS_VIFE_PER, 0, "/l"},
	{0x2d, 0x2d, MBUS_VIFE_PER, 0, "/m3"},
	{0x2e, 0x2e, MBUS_VIFE_PER, 0, "/kg"},
	{0x2f, 0x2f, MBUS_VIFE_PER, 0, "/K"},
	{0x30, 0x30, MBUS_VIFE_PER, 0, "/kWh"},
	{0x31, 0x31, MBUS_VIFE_PER, 0, "/GJ"},
	{0x32, 0x32, MBUS_VIFE_PER, 0, "/kW"},
	{0x33, 0x33, MBUS_VIFE_PER, 0, "/(K*l)"},
	{0x34, 0x34, MBUS_VIFE_PER, 0, "/V"},
	{0x35, 0x35, MBUS_VIFE_PER, 0, "/A"},
	{0x36, 0x36, MBUS_VIFE_PER, 0, "*s"},
	{0x37, 0x37, MBUS_VIFE_PER, 0, "*s/V"},
	{0x38, 0x38, MBUS_VIFE_PER, 0, "*s/A"},
	{0x39, 0x39, MBUS_VIFE_TIME, 0, "start date"},
	{0x3a, 0x3a, MBUS_VIFE_MODIFIER, 0, "uncorrected"},
	{0x3b, 0x3b, MBUS_VIFE_MODIFIER, 0, "forward only"},
	{0x3c, 0x3c, MBUS_VIFE_MODIFIER, 0, "backward only"},
	{0x3d, 0x3d, MBUS_VIFE_MODIFIER, 0, "non-metric"},                        /* 2013 */
	{0x3e, 0x3e, MBUS_VIFE_MODIFIER, 0, "at base conditions"},                /* 2013 */
	{0x3f, 0x3f, MBUS_VIFE_MODIFIER, 0, "OBIS declaration"},                  /* 2013 */
	{0x40, 0x40, MBUS_VIFE_MODIFIER, 0, "lower limit"},
	{0x41, 0x41, MBUS_VIFE_COUNT, 0, "count of lower limit exceeds"},
	{0x42, 0x43, MBUS_VIFE_TIME, 0, "moment of first lower limit exceed"},
	{0x46, 0x47, MBUS_VIFE_TIME, 0, "moment of last lower limit exceed"},
	{0x48, 0x48, MBUS_VIFE_MODIFIER, 0, "upper limit"},
	{0x49, 0x49, MBUS_VIFE_COUNT, 0, "count of upper limit exceeds"},
	{0x4a, 0x4b, MBUS_VIFE_TIME, 0, "moment of first upper limit exceed"},
	{0x4e, 0x4f, MBUS_VIFE_TIME, 0, "moment of last upper limit exceed"},
	{0x50, 0x53, MBUS_VIFE_CLOCK, 0, "duration of first lower limit exceed"},
	{0x54, 0x57, MBUS_VIFE_CLOCK, 0, "duration of last lower limit exceed"},
	{0x58, 0x5b, MBUS_VIFE_CLOCK, 0, "duration of first upper limit exceed"},
	{0x5c, 0x5f, MBUS_VIFE_CLOCK, 0, "duration of last upper limit exceed"},
	{0x60, 0x63, MBUS_VIFE_CLOCK, 0, "duration of first"},
	{0x64, 0x67, MBUS_VIFE_CLOCK, 0, "duration of last"},
	{0x68, 0x68, MBUS_VIFE_MODIFIER, 0, "value during lower limit exceed"},
	{0x69, 0x69, MBUS_VIFE_MODIFIER, 0, "leakage"},
	{0x6a, 0x6b, MBUS_VIFE_TIME, 0, "moment of first"},
	{0x6c, 0x6c, MBUS_VIFE_MODIFIER, 0, "value during upper limit exceed"},
	{0x6d, 0x6d, MBUS_VIFE_MODIFIER, 0, "overflow"},
	{0x6e, 0x6f, MBUS_VIFE_TIME, 0, "moment of last"},
	{0x70, 0x77, MBUS_VIFE_FACTOR, -6, "factor"},
	{0x78, 0x7b, MBUS_VIFE_ADD, -3, "offset"},
	{0x7c, 0x7c, MBUS_VIFE_EXTENSION, 0, "extension"},
	{0x7d, 0x7d, MBUS_VIFE_FACTOR, 3, "factor"},
	{0x7e, 0x7e, MBUS_VIFE_MODIFIER, 0, "future value"},
	{0x7f, 0x7f, MBUS_VIFE_MAKER, 0, "manufacturer specific"},
};

static const struct mbus_vife extensions[] = {
	{0x01, 0x03, MBUS_VIFE_NEUTRAL, 0, "phase"},                              /* 2013 */
	{0x04, 0x04, MBUS_VIFE_MODIFIER, 0, "neutral"},                           /* 2013 */
	{0x05, 0x05, MBUS_VIFE_MODIFIER, 0, "between L1 and L2"},                 /* 2013 */
	{0x06, 0x06, MBUS_VIFE_MODIFIER, 0, "between L2 and L3"},                 /* 2013 */
	{0x07, 0x07, MBUS_VIFE_MODIFIER, 0, "between L3 and L1"},                 /* 2013 */
	{0x08, 0x0b, MBUS_VIFE_MODIFIER, 0, "quadrant"},                          /* 2013 */
	{0x0c, 0x0c, MBUS_VIFE_MODIFIER, 0, "import minus export"},               /* 2013 */
	{0x10, 0x10, MBUS_VIFE_MODIFIER, 0, "sum of absolute values"},            /* 2013 */
	{0x11, 0x12, MBUS_VIFE_NEUTRAL, 0, "data type"},                          /* 2013 */
	{0x13, 0x13, MBUS_VIFE_TIME, 0, "end date"},                              /* 2013 */
};
/* clang-format on */

static const struct mbus_vife reserved = {0, 0x7f, MBUS_VIFE_RESERVED, 0, "reserved"};

#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])

static const struct {
	const struct mbus_vif *rows;
	size_t n;
} tables[MBUS_VIF_TABLES] = {
	[MBUS_VIF_PRIMARY] = {ROWS(primary)},
	[MBUS_VIF_FB] = {ROWS(table_fb)},
	[MBUS_VIF_FD] = {ROWS(table_fd)},
	[MBUS_VIF_FDFD] = {ROWS(table_fdfd)},
};

const struct mbus_vif *mbus_vif_find(enum mbus_vif_table table, uint8_t code)
{
	for (size_t i = 0; i < tables[table].n; i++) {
		const struct mbus_vif *row = &tables[table].rows[i];
		if (code <= row->last) {
			return code >= row->first ? row : NULL;
		}
	}
	return NULL;
}

static const struct mbus_vife *find(const struct mbus_vife *rows, size_t n, uint8_t code)
{
	for (size_t i = 0; i < n; i++) {
		if (code <= rows[i].last) {
			return code >= rows[i].first ? &rows[i] : &reserved;
		}
	}
	return &reserved;
}

const struct mbus_vife *mbus_vife_find(uint8_t code)
{
	return find(ROWS(vifes), code);
}

const struct mbus_vife *mbus_vife_extension_find(uint8_t code)
{
	return find(ROWS(extensions), code);
}

const char *mbus_record_error_name(uint8_t code)
{
	static const char *const names[] = {
		[0x01] = "too many DIFE",
		[0x02] = "storage number not implemented",
		[0x03] = "unit number not implemented",
		[0x04] = "tariff number not implemented",
		[0x05] = "function not implemented",
		[0x06] = "data class not implemented",
		[0x07] = "data size not implemented",
		[0x0b] = "too many VIFE",
		[0x0c] = "illegal VIF group",
		[0x0d] = "illegal VIF exponent",
		[0x0e] = "VIF and DIF do not match",
		[0x0f] = "action not implemented",
		[0x15] = "no data",
		[0x16] = "overflow",
		[0x17] = "underflow",
		[0x18] = "data error",
		[0x1c] = "premature end of record",
	};
	const char *name = code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
	return name ? name : "reserved error";
}
