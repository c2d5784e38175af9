/*
 * zone.h - time zones by IANA name, civil time, report day and report month
 *
 * Reads the system's compiled zone files (TZif, RFC 8536: 64-bit data and the POSIX rule of the
 * footer) itself, because the C library knows one zone per process. A zone is immutable after
 * zone_get and shared: any thread may use it, it lives until the process ends.
 *
 * Day d of a place runs from d H:00 to d+1 H:00 local time, H the report hour; the report month m
 * closes on day min(D, last day of m) at H:00 (calculations.md section 3.7). Days of 23 and 25
 * hours come out of the zone. Nothing here assumes 86400 seconds.
 */
#ifndef DOMOVOI_ZONE_H
#define DOMOVOI_ZONE_H

#include "base/err.h"

#include <stdint.h>

struct zone;

/* Civil (proleptic Gregorian) time. month 1..12, day 1..31. */
struct civil {
	int year, month, day, hour, minute, second;
};

/* "Europe/Moscow", "UTC". Names with "..", absolute paths or unknown files are ERR_NOTFOUND. */
enum err zone_get(const char *name, const struct zone **ret_zone, struct diag *diag);
const char *zone_name(const struct zone *z);
int zone_offset(const struct zone *z, int64_t utc); /* seconds east of UTC at that moment */
/* The stretch [from, till) of one offset around `utc`; INT64_MIN and INT64_MAX where it is open. */
void zone_stretch(const struct zone *z, int64_t utc, int64_t *ret_from, int64_t *ret_till);

int64_t civil_to_utc(struct civil c); /* as if c were UTC; fields out of range are carried over */
struct civil civil_from_utc(int64_t utc);
int civil_month_days(int year, int month);
/* "2026-01-31", a day that exists; the time is 00:00:00. */
bool civil_from_date(const char *text, struct civil *ret_c);
int civil_weekday(struct civil c); /* 0 Sunday .. 6 Saturday */

struct civil zone_civil(const struct zone *z, int64_t utc);
/*
 * Moment of a local civil time. A time that does not exist (spring) gives the moment the clock
 * jumps; a time that exists twice (autumn) gives the first, or the second if `is_second`.
 */
int64_t zone_utc(const struct zone *z, struct civil local, bool is_second);

/* ISO 8601: "2025-01-10T05:00:00Z" and "2025-01-10T10:00:00+05:00". */
#define TIME_TEXT_CAP 40
const char *time_text_utc(char out[static TIME_TEXT_CAP], int64_t utc);
const char *time_text_local(char out[static TIME_TEXT_CAP], const struct zone *z, int64_t utc);
/* Accepts the two forms above and "2025-01-10", "2025-01-10T05:00[:00]" meaning local in `z` (NULL: UTC). */
enum err time_parse(const char *text, const struct zone *z, int64_t *ret_utc);

#endif
