/*
 * test_csv.c - every register of protocols/modbus-meters.csv stands in a map of meters/, as it is there
 *
 * The table was put together from the sources it names (columns: model, function, wire address, registers,
 * type, order, factor, unit, quantity). It lies beside the vectors.
 */
#include "test.h"

#include "base/str.h"
#include "poll/meter_map.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum column {
	COLUMN_MODEL,
	COLUMN_FUNCTION,
	COLUMN_HEX,
	COLUMN_ADDRESS,
	COLUMN_REGISTERS,
	COLUMN_TYPE,
	COLUMN_ORDER,
	COLUMN_FACTOR,
	COLUMN_UNIT,
	COLUMN_QUANTITY,
	COLUMN_CONFIDENCE,
	COLUMN_SOURCES,
	COLUMNS
};

static const struct {
	const char *model, *map;
} models[] = {
	{"ABB A41/A43/A44, B21/B23/B24", "abb_b23"},
	{"Acrel ADW300", "adw300"},
	{"Saia-Burgess ALE3 / AWD3 (PCD)", "ale3"},
	{"Artemes AM-2", "am2"},
	{"Camille Bauer APLUS", "aplus"},
	{"Socomec Countis E23/E24/E27/E28", "countis_e2x"},
	{"Socomec Countis E34/E44, Diris A14", "countis_e3x"},
	{"DDM18SD", "ddm18sd"},
	{"Hiking / TOMZN DDS238-1, DDS238-2, DDS238-4 ZN/S", "dds238"},
	{"Chint DDSU666 (1-phase)", "ddsu666"},
	{"Socomec Diris A10", "diris_a10"},
	{"Lovato DMG610", "dmg610"},
	{"B+G DS100", "ds100"},
	{"Eltako DSZ15DZMOD / DSZ16 (integer format)", "dsz15"},
	{"Chint DTSU666 (own firmware)", "dtsu666"},
	{"Chint DTSU666 quick-manual variant (energy block)", "dtsu666_4000"},
	{"Chint DTSU666-H (Huawei)", "dtsu666_h"},
	{"DZG DVH4013/4014 (also DVG4013)", "dvh4013"},
	{"Hager ECR380D", "ecr380d"},
	{"Phoenix Contact EEM (EMpro)", "eem"},
	{"Carlo Gavazzi EM1xx (EM111/EM112)", "em111"},
	{"Carlo Gavazzi EM24 RS-485", "em24"},
	{"Carlo Gavazzi EM24 Ethernet", "em24_ethernet"},
	{"B-Control EM300 (TQ)", "em300_tq"},
	{"Carlo Gavazzi EM330/EM340/ET330/ET340", "em340"},
	{"Finder 7M.24", "finder_7m24"},
	{"Finder 7M.38", "finder_7m38"},
	{"Schneider iEM3000 (iEM3155/3255/3355...), Acti9 Smartlink map", "iem3000"},
	{"Janitza B23/B24 (B-series)", "janitza_b23"},
	{"KBR multicomp F144", "kbr_f144"},
	{"2FLOW MAG-11 heat/cooling meter", "mag11"},
	{"Bernecker MPM3PM", "mpm3pm"},
	{"ORNO OR-WE-504/505 (= NOARK Ex9EM map)", "or_we_504"},
	{"ORNO OR-WE-514/515", "or_we_514"},
	{"ORNO OR-WE-516/517 (= B+G DRT428M-2 map)", "or_we_516"},
	{"ORNO OR-WE-525/526", "or_we_525"},
	{"Siemens PAC1600 / 7KT1665", "pac1600"},
	{"Siemens SENTRON PAC2200 (PAC3200 family)", "pac2200"},
	{"PD561Z / PD194 panel meter", "pd561z"},
	{"Inepro PRO380 (= WAGO 879-30xx, KDK PUCT2 map)", "pro380"},
	{"PZEM-004T v3 / PZEM-014/016", "pzem_004t"},
	{"Eastron SDM120", "sdm120"},
	{"Eastron SDM220", "sdm220"},
	{"Eastron SDM230", "sdm230"},
	{"Eastron SDM54", "sdm54"},
	{"Eastron SDM630 / SDM630MCT / X96-1A family", "sdm630"},
	{"Eastron SDM72D-M v2", "sdm72d"},
	{"SolarEdge SE-MTR-3Y (WattNode style)", "se_mtr_3y"},
	{"Siemens SICAM T 7KG966", "sicam_t"},
	{"SUTO S401 gas flow", "suto_s401"},
	{"Equysis ULTRA E/F heat meter", "ultra_ef"},
	{"PQ Plus UMD 96", "umd96"},
	{"Janitza UMG 104 / UMG 604", "umg104"},
	{"Janitza UMG 511", "umg511"},
	{"Janitza UMG 806", "umg806"},
	{"Janitza UMG 96RM-E / UMG801 / PQ Plus UMD97 / Weidmueller Energy Meter 525", "umg96rm"},
	{"Wiren Board WB-MAP12H (fw2)", "wb_map12h"},
	{"Wiren Board WB-MAP3E (fw1)", "wb_map3e"},
	{"B+G WS100", "ws100"},
	{"Eastron X96-1A", "x96_1a"},
};

/* Rows no map has, and why. */
static const struct {
	const char *map, *quantity, *why;
} left_out[] = {
	{"aplus", "VoltageSys", "of the system: which mean it is, nobody says"},
	{"ds100", "Current", "a mean of the phases"},
	{"ds100", "Export", "the address is doubted in the table itself"},
	{"ds100", "Voltage", "a mean of the phases"},
	{"dtsu666_4000", "Demand", "over which time, nobody says"},
	{"dtsu666_h", "VoltageAvg", "a mean of the phases"},
};

/* Commas inside quotes do not part. */
static size_t split(char *line, char *fields[static COLUMNS])
{
	size_t n = 0;
	for (char *at = line; n < COLUMNS; n++) {
		bool is_quoted = *at == '"';
		fields[n] = at += is_quoted;
		char *end = strpbrk(at, is_quoted ? "\"" : ",\r\n");
		if (!end) {
			return n + 1;
		}
		bool is_last = *end != ',' && !is_quoted;
		*end++ = 0;
		if (is_last) {
			return n + 1;
		}
		at = end + is_quoted;
	}
	return n;
}

static const char *map_of(const char *model)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(models[i].model, model) == 0) {
			return models[i].map;
		}
	}
	fail_msg("no map for %s", model);
	return NULL;
}

static const struct modbus_register *find(
	const struct modbus_map *m, int function, unsigned at, bool *ret_is_minus)
{
	for (unsigned i = 0; i < m->registers_count; i++) {
		const struct modbus_register *r = &m->registers[i];
		*ret_is_minus = r->minus && *r->minus == at;
		if (r->function == function && (r->at == at || *ret_is_minus)) {
			return r;
		}
	}
	return NULL;
}

static bool is_left_out(const char *map, const char *quantity)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (strcmp(left_out[i].map, map) == 0 &&
			strcmp(left_out[i].quantity, quantity) == 0) {
			return true;
		}
	}
	return false;
}

static enum modbus_type type_of(const char *text)
{
	static const struct {
		const char *text;
		enum modbus_type type;
	} types[] = {{"u16", MODBUS_U16}, {"i16", MODBUS_I16}, {"u32", MODBUS_U32},
		{"i32", MODBUS_I32}, {"float32", MODBUS_F32}, {"u64", MODBUS_U64},
		{"i64", MODBUS_I64}, {"f64", MODBUS_F64}, {"float64", MODBUS_F64}};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].text, text) == 0) {
			return types[i].type;
		}
	}
	fail_msg("type %s", text);
	return MODBUS_U16;
}

static enum modbus_order order_of(const char *text)
{
	return strcmp(text, "CDAB") == 0 || strcmp(text, "LSW first") == 0 ? MODBUS_CDAB :
	       strcmp(text, "DCBA") == 0                                   ? MODBUS_DCBA :
									     MODBUS_ABCD;
}

static double factor_in(const struct modbus_register *r, const char *unit)
{
	static const struct {
		const char *text;
		enum unit unit;
	} units[] = {{"V", UNIT_V}, {"A", UNIT_A}, {"W", UNIT_W}, {"var", UNIT_VAR},
		{"VA", UNIT_VA}, {"Hz", UNIT_HZ}, {"kWh", UNIT_KWH}, {"kvarh", UNIT_KVARH},
		{"deg", UNIT_DEG}, {"%", UNIT_PERCENT}, {"-", UNIT_RATIO}, {"C", UNIT_DEGC},
		{"K", UNIT_K}, {"kW", UNIT_KW}, {"m3/h", UNIT_M3_H}};
	double v = r->numerator / r->denominator;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].text, unit) == 0) {
			double converted = NAN;
			(void)unit_convert(v, r->unit, units[i].unit, &converted);
			return converted;
		}
	}
	return NAN; /* a setting of the meter: the map's notes say which it must be */
}

static int complaints;

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	complaints++;
}

static void check_row(char *fields[static COLUMNS], int line)
{
	const char *name = map_of(fields[COLUMN_MODEL]), *quantity = fields[COLUMN_QUANTITY];
	const struct modbus_map *m;
	struct diag diag = {0};
	bool is_minus = false;
	if (meter_map_load(name, &m, &diag)) {
		fail_msg("%s", diag.text);
	}
	unsigned at = (unsigned)strtoul(fields[COLUMN_ADDRESS], NULL, 10);
	const struct modbus_register *r = find(m, atoi(fields[COLUMN_FUNCTION]), at, &is_minus);
	if (!r != is_left_out(name, quantity)) {
		complain("line %d: %s %s at %u %s", line, name, quantity, at,
			r ? "is said to be left out" : "is not in the map");
	}
	if (!r || is_minus) {
		return;
	}
	const char *want = fields[COLUMN_FACTOR];
	double factor = factor_in(r, fields[COLUMN_UNIT]);
	if (r->type != type_of(fields[COLUMN_TYPE]) ||
		(r->words > 1 && r->order != order_of(fields[COLUMN_ORDER])) ||
		(!isnan(factor) && fabs(factor - strtod(want, NULL)) > 1e-5 * fabs(factor))) {
		complain("line %d: %s %s: type %d, order %d, factor %g, not %s %s %s", line, name,
			r->key, (int)r->type, (int)r->order, factor, fields[COLUMN_TYPE],
			fields[COLUMN_ORDER], want);
	}
	size_t n = strlen(quantity);
	char end[4] = {'.', 0, 0, 0};
	bool has_phase = n > 2 && (quantity[n - 2] == 'L' || quantity[n - 2] == 'T') &&
			 strncmp(quantity, "T", 1) != 0;
	if (has_phase) {
		end[1] = (char)(quantity[n - 2] + ('a' - 'A'));
		end[2] = quantity[n - 1];
		if (!strstr(r->key, end)) {
			complain("line %d: %s %s is %s", line, name, quantity, r->key);
		}
	}
}

static void every_register_of_the_table_is_in_a_map_as_it_is_there(void **state)
{
	(void)state;
	const char *path = vector_path("../protocols/modbus-meters.csv");
	NEED_VECTORS(path);
	FILE *f = fopen(path, "re");
	char text[1024];
	int line = 1, rows = 0;
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	while (fgets(text, sizeof(text), f)) {
		char *fields[COLUMNS] = {0};
		line++;
		assert_int_equal(split(text, fields), COLUMNS);
		check_row(fields, line);
		rows++;
	}
	(void)fclose(f);
	assert_int_equal(rows, 1168);
	assert_int_equal(complaints, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_register_of_the_table_is_in_a_map_as_it_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
