/*
 * drivers.c - the list of drivers, sorted by name
 */
#include "drivers/driver.h"

#include <string.h>

extern const struct driver driver_dlms;
extern const struct driver driver_dlms_push;
extern const struct driver driver_ce102;
extern const struct driver driver_dsmr;
extern const struct driver driver_elf;
extern const struct driver driver_iec62056_21;
extern const struct driver driver_kamstrup_kmp;
extern const struct driver driver_karat30x;
extern const struct driver driver_km5;
extern const struct driver driver_logika;
extern const struct driver driver_logika_m4;
extern const struct driver driver_magika;
extern const struct driver driver_mbus;
extern const struct driver driver_mercury206;
extern const struct driver driver_mercury230;
extern const struct driver driver_milur;
extern const struct driver driver_modbus;
extern const struct driver driver_mt200;
extern const struct driver driver_pulsar;
extern const struct driver driver_set4tm;
extern const struct driver driver_sml;
extern const struct driver driver_spbus;
extern const struct driver driver_tekon;
extern const struct driver driver_tem104;
extern const struct driver driver_tsrv;
extern const struct driver driver_vkt5;
extern const struct driver driver_vkt7;
extern const struct driver driver_weather;

const struct driver *const drivers[] = {
	&driver_dlms,
	&driver_dlms_push,
	&driver_ce102,
	&driver_dsmr,
	&driver_elf,
	&driver_iec62056_21,
	&driver_kamstrup_kmp,
	&driver_karat30x,
	&driver_km5,
	&driver_logika,
	&driver_logika_m4,
	&driver_magika,
	&driver_mbus,
	&driver_mercury206,
	&driver_mercury230,
	&driver_milur,
	&driver_modbus,
	&driver_mt200,
	&driver_pulsar,
	&driver_set4tm,
	&driver_sml,
	&driver_spbus,
	&driver_tekon,
	&driver_tem104,
	&driver_tsrv,
	&driver_vkt5,
	&driver_vkt7,
	&driver_weather,
	NULL,
};

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; drivers[i]; i++) {
		if (strcmp(drivers[i]->name, name) == 0) {
			return drivers[i];
		}
	}
	return NULL;
}

const char *driver_grade_name(enum driver_grade g)
{
	static const char *const names[] = {
		"unverified", "experimental", "recorded", "field_proven"};
	return names[(unsigned)g < 4 ? g : 0];
}
