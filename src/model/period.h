/*
 * period.h - the intervals archives are made of, and how a building cuts its time
 *
 * A period is named by its start in UTC seconds. Half-hours and hours are cut on UTC (every zone in
 * use is offset by a multiple of 15 minutes; hours of zones offset by 30 or 45 minutes are cut on
 * local time by `calendar`); days and months follow the calendar of the building: zone, report hour
 * and report day.
 *
 * Where a zone changes its offset by a part of an hour (Lord Howe Island), the hour the change falls
 * into is cut there, so that periods never overlap. A calendar of NULL, or without a zone, is UTC's.
 */
#ifndef DOMOVOI_PERIOD_H
#define DOMOVOI_PERIOD_H

#include "base/zone.h"

enum period {
	PERIOD_NONE,
	PERIOD_HALF_HOUR,
	PERIOD_HOUR,
	PERIOD_DAY,
	PERIOD_MONTH,
	PERIOD_COUNT
};

struct span {
	int64_t from; /* included */
	int64_t till; /* excluded */
};

/* How a building cuts time. report_day 1..31, report_hour 0..23; 1 and 0 are the civil month. */
struct calendar {
	const struct zone *zone;
	int report_hour;
	int report_day;
};

const char *period_name(enum period p); /* "hour" */
bool period_from_name(const char *name, enum period *ret_p);

/* The period that holds `utc`: [from, till). */
struct span period_of(const struct calendar *c, enum period p, int64_t utc);
int64_t period_next(const struct calendar *c, enum period p, int64_t start);
int64_t period_prev(const struct calendar *c, enum period p, int64_t start);
/* How many periods p start in [from, till). */
size_t period_count(const struct calendar *c, enum period p, struct span span);
/* Report month `month` of `year` (closing on report_day of that month). */
struct span period_report_month(const struct calendar *c, int year, int month);

#endif
