/*
 * families.c - the kinds of simulated meters; see families.h
 */
#include "sim/families.h"

#include "base/str.h"
#include "poll/meter_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sim_family sim_families[] = {
	{"ce102", "ce102", &sim_ce102, SIM_FLAT_ELECTRICITY, "s7", 0x02, 9600, "8N1",
		{.half_hours = 45 * 48, .days = 45, .months = 13}, "password=777777", false, true},
	{"ce102_r5", "ce102", &sim_ce102, SIM_FLAT_ELECTRICITY, "r5", 0x02, 9600, "8N1",
		{.days = 36, .months = 12}, "password=777777", false, true},
	{"ce102m", "iec62056_21", &sim_iec62056, SIM_FLAT_ELECTRICITY, "ce102m", 0, 9600, "7E1",
		{.days = 45, .months = 13}, "variant=energomera_ce102m", false},
	{"ce301", "iec62056_21", &sim_iec62056, SIM_INPUT_ELECTRICITY, "ce301", 0, 9600, "7E1",
		{.half_hours = 3024, .days = 45, .months = 13}, "variant=energomera_ce301", false},
	{"ce303", "iec62056_21", &sim_iec62056, SIM_INPUT_ELECTRICITY, "ce303", 0, 300, "7E1",
		{.half_hours = 3024, .days = 45, .months = 13}, "", false},
	{"ce308", "iec62056_21", &sim_iec62056, SIM_INPUT_ELECTRICITY, "ce308", 0, 9600, "7E1",
		{.days = 127, .months = 40}, "variant=energomera_ce308 login=p2", false},
	{"domovoi_heat", "modbus", &sim_modbus_rtu, SIM_INPUT_HEAT, "domovoi_heat", 0, 19200, "8N1",
		{0}, "model=domovoi_heat", false},
	{"domovoi_water", "modbus", &sim_modbus_rtu, SIM_INPUT_COLD, "domovoi_water", 0, 9600,
		"8N1", {0}, "model=domovoi_water", false},
	{"dsmr5", "dsmr", &sim_dsmr, SIM_FLAT_ELECTRICITY, NULL, 0, 115200, "8N1", {0}, "", true},
	{"dsmr_encrypted", "dsmr", &sim_dsmr_encrypted, SIM_FLAT_ELECTRICITY, NULL, 0, 115200,
		"8N1", {0}, "key=00112233445566778899AABBCCDDEE0F", true},
	{"dlms_han", "dlms_push", &sim_dlms_push, SIM_FLAT_ELECTRICITY, NULL, 0, 2400, "8E1", {0},
		"", true},
	{"elf", "elf", &sim_elf, SIM_INPUT_HEAT, NULL, 0x04, 9600, "8N1",
		{.hours = 1488, .days = 366, .months = 48}, "unverified=yes energy_unit=Gcal",
		false},
	{"iec_generic", "iec62056_21", &sim_iec62056, SIM_INPUT_ELECTRICITY, "iec_generic", 0, 300,
		"7E1", {0}, "", false},
	{"karat307", "karat30x", &sim_karat30x, SIM_INPUT_HEAT, "307", 0x04, 9600, "8N1",
		{.hours = 1488, .days = 366, .months = 48}, "energy_unit=Gcal", false},
	{"karat308", "karat30x", &sim_karat30x, SIM_INPUT_HEAT, "308", 0x04, 9600, "8N1",
		{.hours = 1488, .days = 366, .months = 48}, "energy_unit=Gcal device=308", false},
	{"karat_compact", "modbus", &sim_modbus_rtu, SIM_FLAT_HEAT, "karat_compact", 0, 9600, "8N1",
		{0}, "model=karat_compact", false},
	{"magika", "magika", &sim_magika, SIM_INPUT_HEAT, NULL, 0x04, 19200, "8N1",
		{.hours = 1440, .days = 60}, "serial=ED808121 pressure_unit=MPa", true},
	{"mbus", "mbus", &sim_mbus, SIM_FLAT_COLD, NULL, 0x16, 2400, "8E1", {.months = 15},
		"log_month=32", false},
	{"mbus_heat", "mbus", &sim_mbus, SIM_FLAT_HEAT, NULL, 0x04, 2400, "8E1",
		{.days = 60, .months = 15}, "log_month=32 log_day=48", false},
	{"mbus_hot", "mbus", &sim_mbus, SIM_FLAT_HOT, NULL, 0x06, 2400, "8E1", {.months = 15},
		"log_month=32", false},
	{"mercury200", "mercury206", &sim_mercury206, SIM_FLAT_ELECTRICITY, "200", 0x02, 9600,
		"8N1", {.months = 12}, "", false, true},
	{"mercury206", "mercury206", &sim_mercury206, SIM_FLAT_ELECTRICITY, "206", 0x02, 9600,
		"8N1", {.days = 184, .months = 12}, "", false, true},
	{"mercury230", "mercury230", &sim_mercury230, SIM_INPUT_ELECTRICITY, "230", 0x02, 9600,
		"8N1", {.half_hours = 4096, .days = 2, .months = 12}, "", false, true},
	{"mercury234", "mercury230", &sim_mercury230, SIM_INPUT_ELECTRICITY, "234", 0x02, 9600,
		"8N1", {.half_hours = 8192, .days = 123, .months = 36}, "", false, true},
	{"milur107", "milur", &sim_milur, SIM_FLAT_ELECTRICITY, "107", 0x02, 9600, "8N1",
		{.half_hours = 128 * 48, .days = 128}, "long_address=yes profile_unit=energy",
		false, true},
	{"mt200", "mt200", &sim_mt200, SIM_INPUT_HEAT, NULL, 0, 19200, "8N1",
		{.hours = 1428, .days = 60, .months = 24}, "", true},
	{"multical_402", "kamstrup_kmp", &sim_kmp, SIM_INPUT_HEAT, NULL, 0, 1200, "8N2",
		{.days = 460, .months = 36}, "", true},
	{"multical_601", "kamstrup_kmp", &sim_kmp, SIM_INPUT_HEAT, NULL, 0, 1200, "8N2",
		{.hours = 1392, .days = 460, .months = 36}, "", true},
	{"neva_mt324", "iec62056_21", &sim_iec62056, SIM_INPUT_ELECTRICITY, "neva_mt324", 0, 9600,
		"7E1", {.half_hours = 6096, .days = 128, .months = 12}, "variant=neva_mt", false},
	{"psch4tm_05", "set4tm", &sim_set4tm, SIM_INPUT_ELECTRICITY, "psch", 0x02, 9600, "8O1",
		{.half_hours = 2 * 1364 + 1, .days = 30, .months = 12}, "", false, true},
	{"pulsar_16", "pulsar", &sim_pulsar, SIM_FLAT_COLD, "pulsar_16", 0, 9600, "8N1",
		{.hours = 1488, .days = 184, .months = 24}, "quantities=cold_water", false},
	{"pulsar_heat", "pulsar", &sim_pulsar, SIM_FLAT_HEAT, "pulsar_heat", 0, 9600, "8N1",
		{.hours = 1488, .days = 184, .months = 60}, "kind=heat quantities=cold_water",
		false},
	{"pulsar_water", "pulsar", &sim_pulsar, SIM_FLAT_HOT, "pulsar_water", 0, 9600, "8N1",
		{.hours = 1488, .days = 184, .months = 24}, "kind=water quantities=hot_water",
		false},
	{"sdm120", "modbus", &sim_modbus_rtu, SIM_FLAT_ELECTRICITY, "sdm120", 0, 9600, "8N1", {0},
		"model=sdm120", false},
	{"sdm230", "modbus", &sim_modbus_rtu, SIM_FLAT_ELECTRICITY, "sdm230", 0, 9600, "8N1", {0},
		"model=sdm230", false},
	{"sdm630", "modbus", &sim_modbus_rtu, SIM_INPUT_ELECTRICITY, "sdm630", 0, 9600, "8N1", {0},
		"model=sdm630", false},
	{"set4tm_02", "set4tm", &sim_set4tm_ks, SIM_INPUT_ELECTRICITY, "02", 0x02, 9600, "8O1",
		{.half_hours = 2 * 2729 + 1, .days = 1, .months = 11}, "check=ks", false, true},
	{"set4tm_03m", "set4tm", &sim_set4tm, SIM_INPUT_ELECTRICITY, "03m", 0x02, 9600, "8O1",
		{.half_hours = 2 * 2729 + 1, .days = 30, .months = 12}, "", false, true},
	{"sml_ehz", "sml", &sim_sml, SIM_FLAT_ELECTRICITY, NULL, 0, 9600, "8N1", {0}, "", true},
	{"spg762", "spbus", &sim_spbus, SIM_INPUT_COLD, "spg762", 0, 9600, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "type=spg762", false},
	{"spodes", "dlms", &sim_spodes, SIM_INPUT_ELECTRICITY, "spodes", 0x02, 9600, "8N1",
		{.half_hours = 4320, .days = 128, .months = 36}, "password=111111", false},
	{"spodes_d", "dlms", &sim_spodes, SIM_FLAT_ELECTRICITY, "spodes_d", 0x02, 9600, "8N1",
		{.hours = 4320, .days = 36, .months = 12}, "password=111111", false},
	{"spodes_gmac", "dlms", &sim_spodes, SIM_INPUT_ELECTRICITY, "spodes_gmac", 0x02, 9600,
		"8N1", {.half_hours = 4320, .days = 128, .months = 36},
		"client=48 auth=gmac ciphered=yes ek=000102030405060708090A0B0C0D0E0F "
		"ak=D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",
		false},
	{"spodes_tcp", "dlms", &sim_spodes_tcp, SIM_INPUT_ELECTRICITY, "spodes_tcp", 0x02, 9600,
		"8N1", {.hours = 4320, .days = 128, .months = 36},
		"transport=wrapper password=111111", true},
	{"spt941", "logika", &sim_logika, SIM_INPUT_HEAT, "spt941", 0, 2400, "8N1",
		{.hours = 1080, .days = 184, .months = 48}, "", false, true},
	{"spt941_10", "logika", &sim_logika, SIM_INPUT_HEAT, "spt941_10", 0, 2400, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "", false},
	{"spt941_20", "logika_m4", &sim_m4, SIM_INPUT_HEAT, "spt941_20", 0, 9600, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "", false},
	{"spt941_old", "logika", &sim_logika, SIM_INPUT_HEAT, "spt941_old", 0, 2400, "8N1",
		{.hours = 1080, .days = 184, .months = 48}, "", false, true},
	{"spt942", "logika", &sim_logika, SIM_INPUT_HEAT, "spt942", 0, 2400, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "", false},
	{"spt943", "logika_m4", &sim_m4, SIM_INPUT_HEAT, "spt943", 0, 2400, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "fast_baud=19200", false},
	{"spt943_1", "logika_m4", &sim_m4, SIM_INPUT_HEAT, "spt943", 0, 2400, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "systems=1 fast_baud=19200", false},
	{"spt943_old", "logika", &sim_logika, SIM_INPUT_HEAT, "spt943", 0, 2400, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "", false},
	{"spt944", "logika_m4", &sim_m4, SIM_INPUT_HEAT, "spt944", 0, 19200, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "device=spt944", false},
	{"spt961", "spbus", &sim_spbus, SIM_INPUT_HEAT, "spt961", 0, 9600, "8N1",
		{.hours = 1080, .days = 365, .months = 100}, "type=spt961", false},
	{"tekon_19", "tekon", &sim_tekon, SIM_INPUT_HEAT, "tekon_19_example", 0, 9600, "8N1",
		{.hours = 1535, .days = 364, .months = 47}, "model=tekon_19_example", false},
	{"tekon_19_k105", "tekon", &sim_tekon, SIM_INPUT_HEAT, "tekon_19_example", 0, 9600, "8N1",
		{.hours = 1535, .days = 364, .months = 47},
		"adapter=100 password=09C1067924 model=tekon_19_example", false},
	{"tem104", "tem104", &sim_tem104, SIM_INPUT_HEAT, "TEM-104", 0x04, 9600, "8N1",
		{.hours = 1536, .days = 368, .months = 128}, "", false},
	{"tem104_1", "tem104", &sim_tem104, SIM_INPUT_HEAT, "TEM-104-1", 0x04, 9600, "8N1",
		{.hours = 1536, .days = 368, .months = 128}, "energy_unit=Gcal", false},
	{"tem106", "tem104", &sim_tem104, SIM_INPUT_HEAT, "TEM-106", 0x04, 9600, "8N1",
		{.hours = 864, .days = 368, .months = 128}, "energy_unit=Gcal", false},
	{"tsrv020", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "020", 0x04, 9600, "8N1",
		{.hours = 1500, .days = 366, .months = 48}, "", false},
	{"tsrv023", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "023", 0x04, 9600, "8N1",
		{.hours = 1500, .days = 366, .months = 48}, "", false},
	{"tsrv024", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "024", 0x04, 9600, "8N1",
		{.hours = 1488, .days = 366, .months = 48}, "", false},
	{"tsrv024m_plus", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "024M+", 0x04, 9600, "8N1",
		{.hours = 1488, .days = 366, .months = 48}, "", false},
	{"tsrv030", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "030", 0x04, 9600, "8N1",
		{.hours = 1080, .days = 60, .months = 48}, "channels=mass", false},
	{"tsrv030_03", "tsrv", &sim_tsrv, SIM_INPUT_HEAT, "030.03", 0x04, 9600, "8N1",
		{.hours = 1080, .days = 60, .months = 48}, "channels=mass", false},
	{"vzlet_tsr", "mt200", &sim_mt200_485, SIM_INPUT_HEAT, NULL, 0, 19200, "8N1",
		{.hours = 1428, .days = 60, .months = 24}, "", false},
	{"vkt5", "vkt5", &sim_vkt5, SIM_INPUT_HEAT, NULL, 0, 9600, "8N1",
		{.hours = 45 * 24, .days = 45}, "", false},
	{"vkt7", "vkt7", &sim_vkt7, SIM_INPUT_HEAT, "ns", 0, 9600, "8N2",
		{.hours = 1152, .days = 128, .months = 32}, "", false},
	{.name = NULL},
};

const struct sim_family *sim_family_find(const char *name)
{
	for (const struct sim_family *f = sim_families; f->name; f++) {
		if (strcmp(f->name, name) == 0) {
			return f;
		}
	}
	return NULL;
}

static enum err parse_kind(const char *text, size_t n, struct sim_kind *ret_kind, struct diag *diag)
{
	char name[48];
	(void)snprintf(name, sizeof(name), "%.*s", (int)n, text);
	char *at = strchr(name, '@'), *end = NULL;
	long baud = 0;
	if (at) {
		*at++ = 0;
		baud = strtol(at, &end, 10);
		if (*end || baud < 50 || baud > 4000000) {
			return err_set(diag, ERR_INVAL, "'%s' is no baud rate", at);
		}
	}
	*ret_kind = (struct sim_kind){sim_family_find(name), (int)baud};
	if (!ret_kind->family) {
		return err_set(diag, ERR_NOTFOUND, "there is no kind of meter '%s'", name);
	}
	ret_kind->baud = baud ? (int)baud : ret_kind->family->baud;
	return ERR_OK;
}

enum err sim_kinds_parse(
	const char *names, struct sim_kind *ret_kinds, int cap, int *ret_n, struct diag *diag)
{
	int n = 0;
	for (const char *at = names; *at;) {
		size_t length = strcspn(at, ",");
		if (n == cap) {
			return err_set(diag, ERR_LIMIT, "at most %d meters on a line", cap);
		}
		enum err e = parse_kind(at, length, &ret_kinds[n++], diag);
		if (e) {
			return e;
		}
		at += at[length] ? length + 1 : length;
	}
	*ret_n = n;
	return n ? ERR_OK : err_set(diag, ERR_INVAL, "no kind of meter named");
}

/* Depths of a register map's archives. */
static enum err depth_of(const char *model, struct archive_depth *ret, struct diag *diag)
{
	const struct modbus_map *map;
	enum err e = meter_map_load(model, &map, diag);
	if (e) {
		return e;
	}
	*ret = (struct archive_depth){0};
	for (unsigned i = 0; i < map->archives_count; i++) {
		int n = (int)map->archives[i].depth;
		switch (map->archives[i].period) {
		case PERIOD_HALF_HOUR: ret->half_hours = n; break;
		case PERIOD_HOUR: ret->hours = n; break;
		case PERIOD_DAY: ret->days = n; break;
		case PERIOD_MONTH: ret->months = n; break;
		case PERIOD_NONE:
		case PERIOD_COUNT: break;
		}
	}
	return ERR_OK;
}

enum err sim_family_device(const struct sim_family *f, int address, int64_t born_utc,
	struct sim_device *ret_device, struct diag *diag)
{
	struct sim_device d = {.protocol = f->protocol,
		.address = address,
		.maker = "DMV",
		.medium = f->medium,
		.depth = f->depth,
		.born_utc = born_utc,
		.baud = f->baud};
	(void)STR_COPY(d.model, f->model ? f->model : "");
	bool is_map = f->protocol == &sim_modbus_rtu || f->protocol == &sim_modbus_tcp;
	enum err e = is_map ? depth_of(f->model, &d.depth, diag) : ERR_OK;
	if (!e) {
		*ret_device = d;
	}
	return e;
}
