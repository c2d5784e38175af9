/*
 * zones.h - electricity by zones of the day: our own calendar over the profile
 *
 * A zone calendar says which half-hour of the local day belongs to which zone, by month and kind of
 * day, from a date on. Calendars are data (tariffs/zones.yaml, DOMOVOI_TARIFFS names another
 * directory), read anew at every question, so an edit holds at once. Half-hours and hours of a
 * channel are folded into the zones:
 *
 *   hour   22        23        00      ..      06        07        08
 *          |   day   |           night         |      peak ..
 *
 * An hour belongs to the zone it lies in. An hour that a border cuts is divided by its half-hours;
 * where these are not known its amount is nobody's (`unassigned`), as is what was measured before the
 * first version of the calendar. The zones and what is unassigned always sum to the total. What is
 * missing is missing from its zone and never made up.
 *
 * Pure functions of their arguments except zones_load and zones_meter_read. Which numbers bind: the
 * registers of the meter do, the profile only checks them (calculations.md section 10).
 */
#ifndef DOMOVOI_ZONES_H
#define DOMOVOI_ZONES_H

#include "calc/form.h"

#include "base/buf.h"

#define ZONES_MAX 8
#define ZONES_DAY 48 /* half-hours */

enum zones_day {
	ZONES_WORKDAY,
	ZONES_WEEKEND,
	ZONES_HOLIDAY,
	ZONES_DAY_COUNT
};

struct zones_rule {
	char zone[32];
	char **hours; /* none: all */
	unsigned hours_count;
	int *days; /* enum zones_day; none: all */
	unsigned days_count;
	uint8_t *months; /* none: all */
	unsigned months_count;
};

struct zones_version {
	char valid_from[16];
	char *source;
	char *source_ru; /* NULL: as source */
	struct zones_rule *rules;
	unsigned rules_count;
	char **holidays;
	unsigned holidays_count;
	char **workdays;
	unsigned workdays_count;
	/* derived */
	int from_date; /* yyyymmdd */
	uint8_t table[12][ZONES_DAY_COUNT][ZONES_DAY];
};

struct zones_zone {
	char name[32];
	char title[64];
	char title_ru[64];
	uint8_t tariff; /* of meters; 0: none */
};

struct zones_calendar {
	char name[32];
	char title[96];
	char title_ru[96];
	struct zones_zone *zones;
	unsigned zones_count;
	struct zones_version *versions; /* by date */
	unsigned versions_count;
};

struct zones_set {
	struct zones_calendar *calendars;
	unsigned calendars_count;
};

/* All calendars. ERR_PARSE: "zones.yaml:12: ..." in diag->text. */
enum err zones_load(struct zones_set **ret_set, struct diag *diag);
/* One document from memory; `name` is what errors call it. */
enum err zones_parse(
	const char *name, struct slice text, struct zones_set **ret_set, struct diag *diag);
void zones_free(struct zones_set *set); /* NULL is fine */
const struct zones_calendar *zones_find(const struct zones_set *set, const char *name);

/* The version that holds on a local date; NULL before the first. */
const struct zones_version *zones_version_at(
	const struct zones_calendar *c, const struct civil *local);
/* What kind of day a local date is. */
enum zones_day zones_day_of(const struct zones_version *v, const struct civil *c);
/* Index of the zone at a local moment; -1 before the first version. */
int zones_at(const struct zones_calendar *c, const struct civil *local);

/* One interval of a profile. */
struct zones_interval {
	int64_t start;
	struct form_value v;
};

struct zones_sum {
	struct form_value v; /* of what is known; PARTIAL where something is missing */
	int64_t expected_s;  /* that have passed */
	int64_t present_s;   /* of these with a usable value */
};
double zones_completeness(const struct zones_sum *s); /* NaN: nothing has passed */

struct zones_period {
	struct span span;
	struct zones_sum total;
	struct zones_sum zones[ZONES_MAX];
	struct zones_sum unassigned; /* expected_s: seconds no zone could be given to */
};

struct zones_profile {
	const struct calendar *calendar;                 /* of the building */
	int64_t now;                                     /* what ends later has not passed */
	const struct zones_interval *hours, *half_hours; /* in any order */
	size_t hour_count, half_hour_count;
};

/* Fold a day or a month. ERR_NOMEM; ERR_INVAL: longer than 40 days. */
enum err zones_fold(const struct zones_calendar *c, const struct zones_profile *p, struct span span,
	struct zones_period *ret);

#endif
