/*
 * zones_file.c - tariffs/zones.yaml: found, read, checked and made into tables; see zones.h
 */
#include "calc/zones.h"

#include "base/data_file.h"
#include "base/schema.h"
#include "base/str.h"
#include "domovoi_version.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX_BYTES (256 * 1024)
#define NO_ZONE        0xff
#define COUNT_OF(a)    (sizeof(a) / sizeof((a)[0]))
#define OPTIONAL_LIST  (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t day_names[] = {
	{"workday", ZONES_WORKDAY}, {"weekend", ZONES_WEEKEND}, {"holiday", ZONES_HOLIDAY}};

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 32)};
static const cyaml_schema_value_t day_value = {
	CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, int, day_names, COUNT_OF(day_names))};
static const cyaml_schema_value_t month_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint8_t)};

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_STRING("zone", CYAML_FLAG_DEFAULT, struct zones_rule, zone, 1),
	CYAML_FIELD_SEQUENCE("hours", OPTIONAL_LIST, struct zones_rule, hours, &text_value, 1, 24),
	CYAML_FIELD_SEQUENCE("days", OPTIONAL_LIST, struct zones_rule, days, &day_value, 1, 3),
	CYAML_FIELD_SEQUENCE(
		"months", OPTIONAL_LIST, struct zones_rule, months, &month_value, 1, 12),
	CYAML_FIELD_END};
static const cyaml_schema_value_t rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct zones_rule, rule_fields)};

static const cyaml_schema_field_t version_fields[] = {
	CYAML_FIELD_STRING("valid_from", CYAML_FLAG_DEFAULT, struct zones_version, valid_from, 10),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct zones_version, source, 1, 400),
	CYAML_FIELD_STRING_PTR("source_ru", OPTIONAL_LIST, struct zones_version, source_ru, 1, 800),
	CYAML_FIELD_SEQUENCE(
		"rules", CYAML_FLAG_POINTER, struct zones_version, rules, &rule_value, 1, 64),
	CYAML_FIELD_SEQUENCE(
		"holidays", OPTIONAL_LIST, struct zones_version, holidays, &text_value, 1, 400),
	CYAML_FIELD_SEQUENCE(
		"workdays", OPTIONAL_LIST, struct zones_version, workdays, &text_value, 1, 400),
	CYAML_FIELD_END};
static const cyaml_schema_value_t version_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct zones_version, version_fields)};

static const cyaml_schema_field_t zone_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct zones_zone, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct zones_zone, title, 1),
	CYAML_FIELD_STRING("title_ru", CYAML_FLAG_DEFAULT, struct zones_zone, title_ru, 1),
	CYAML_FIELD_UINT("tariff", CYAML_FLAG_OPTIONAL, struct zones_zone, tariff),
	CYAML_FIELD_END};
static const cyaml_schema_value_t zone_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct zones_zone, zone_fields)};

static const cyaml_schema_field_t calendar_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct zones_calendar, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct zones_calendar, title, 1),
	CYAML_FIELD_STRING("title_ru", CYAML_FLAG_DEFAULT, struct zones_calendar, title_ru, 1),
	CYAML_FIELD_SEQUENCE("zones", CYAML_FLAG_POINTER, struct zones_calendar, zones, &zone_value,
		1, ZONES_MAX),
	CYAML_FIELD_SEQUENCE("versions", CYAML_FLAG_POINTER, struct zones_calendar, versions,
		&version_value, 1, 64),
	CYAML_FIELD_END};
static const cyaml_schema_value_t calendar_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct zones_calendar, calendar_fields)};

static const cyaml_schema_field_t set_fields[] = {
	CYAML_FIELD_SEQUENCE("calendars", CYAML_FLAG_POINTER, struct zones_set, calendars,
		&calendar_value, 1, 64),
	CYAML_FIELD_END};
static const cyaml_schema_value_t set_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct zones_set, set_fields)};

/* ---- what the schema cannot say ---- */

/* Where a fault is and what is wrong. */
struct fault {
	char path[96];
	char text[160];
};

static int two_digits(const char *p)
{
	bool is_number = p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
	return is_number ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

/* "2026-01-31" to 20260131, and "01-31" to 131 (every year). */
static bool date_read(const char *text, bool is_yearly_allowed, int *ret_date)
{
	size_t n = strlen(text);
	int year = 0;
	if (n == 10 && text[4] == '-') {
		int century = two_digits(text), rest = two_digits(text + 2);
		if (century < 0 || rest < 0) {
			return false;
		}
		year = century * 100 + rest;
		text += 5;
	} else if (n != 5 || !is_yearly_allowed) {
		return false;
	}
	int month = two_digits(text), day = two_digits(text + 3);
	if (text[2] != '-' || month < 1 || month > 12 || day < 1 ||
		day > civil_month_days(year ? year : 2000, month)) {
		return false;
	}
	*ret_date = year * 10000 + month * 100 + day;
	return true;
}

/* "07:00-10:00" to half-hours of the day [from, till); till may lie behind midnight. */
static bool hours_read(const char *text, unsigned *ret_from, unsigned *ret_till)
{
	if (strlen(text) != 11 || text[2] != ':' || text[5] != '-' || text[8] != ':') {
		return false;
	}
	int h1 = two_digits(text), m1 = two_digits(text + 3);
	int h2 = two_digits(text + 6), m2 = two_digits(text + 9);
	if (h1 < 0 || h1 > 23 || h2 < 0 || h2 > 24 || (m1 != 0 && m1 != 30) ||
		(m2 != 0 && m2 != 30) || (h2 == 24 && m2 != 0)) {
		return false;
	}
	*ret_from = (unsigned)(h1 * 2 + m1 / 30);
	*ret_till = (unsigned)(h2 * 2 + m2 / 30);
	if (*ret_till <= *ret_from) {
		*ret_till += ZONES_DAY;
	}
	return true;
}

static bool has_month(const struct zones_rule *r, unsigned month)
{
	bool has = r->months_count == 0;
	for (unsigned i = 0; i < r->months_count; i++) {
		has |= r->months[i] == month;
	}
	return has;
}

static bool has_day(const struct zones_rule *r, int day)
{
	bool has = r->days_count == 0;
	for (unsigned i = 0; i < r->days_count; i++) {
		has |= r->days[i] == day;
	}
	return has;
}

/* Give the half-hours of `hours` that no rule before took to `zone`. */
static void table_fill(
	struct zones_version *v, const struct zones_rule *r, const bool *hours, uint8_t zone)
{
	for (unsigned month = 0; month < 12; month++) {
		for (int day = 0; has_month(r, month + 1) && day < ZONES_DAY_COUNT; day++) {
			uint8_t *of = v->table[month][day];
			for (unsigned h = 0; has_day(r, day) && h < ZONES_DAY; h++) {
				of[h] = hours[h] && of[h] == NO_ZONE ? zone : of[h];
			}
		}
	}
}

static bool rule_take(const struct zones_calendar *c, struct zones_version *v, unsigned index,
	struct fault *fault)
{
	const struct zones_rule *r = &v->rules[index];
	bool hours[ZONES_DAY] = {false};
	unsigned zone = 0;
	while (zone < c->zones_count && strcmp(c->zones[zone].name, r->zone) != 0) {
		zone++;
	}
	if (zone == c->zones_count) {
		(void)snprintf(fault->text, sizeof(fault->text), "zone: no zone '%s'", r->zone);
		return false;
	}
	for (unsigned i = 0; i < r->months_count; i++) {
		if (r->months[i] < 1 || r->months[i] > 12) {
			(void)STR_COPY(fault->text, "months: 1 to 12");
			return false;
		}
	}
	for (unsigned i = 0; i < r->hours_count; i++) {
		unsigned from, till;
		if (!hours_read(r->hours[i], &from, &till)) {
			(void)STR_COPY(fault->text, "hours: as \"23:00-07:00\", to the half-hour");
			return false;
		}
		for (unsigned h = from; h < till; h++) {
			hours[h % ZONES_DAY] = true;
		}
	}
	for (unsigned h = 0; h < ZONES_DAY && r->hours_count == 0; h++) {
		hours[h] = true;
	}
	table_fill(v, r, hours, (uint8_t)zone);
	return true;
}

static bool dates_check(char *const *dates, unsigned n, bool is_yearly_allowed)
{
	int unused;
	for (unsigned i = 0; i < n; i++) {
		if (!date_read(dates[i], is_yearly_allowed, &unused)) {
			return false;
		}
	}
	return true;
}

static bool version_check(
	const struct zones_calendar *c, unsigned ci, unsigned vi, struct fault *fault)
{
	struct zones_version *v = &c->versions[vi];
	(void)snprintf(fault->path, sizeof(fault->path), "calendars/%u/versions/%u", ci, vi);
	if (!date_read(v->valid_from, false, &v->from_date)) {
		(void)STR_COPY(fault->text, "valid_from: a date as \"2014-01-01\"");
		return false;
	}
	if (vi > 0 && c->versions[vi - 1].from_date >= v->from_date) {
		(void)STR_COPY(fault->text, "versions: in rising order of valid_from");
		return false;
	}
	if (!dates_check(v->holidays, v->holidays_count, true) ||
		!dates_check(v->workdays, v->workdays_count, false)) {
		(void)STR_COPY(fault->text,
			"holidays: \"MM-DD\" or \"YYYY-MM-DD\"; workdays: \"YYYY-MM-DD\"");
		return false;
	}
	memset(v->table, NO_ZONE, sizeof(v->table));
	for (unsigned i = 0; i < v->rules_count; i++) {
		if (!rule_take(c, v, i, fault)) {
			(void)snprintf(fault->path, sizeof(fault->path),
				"calendars/%u/versions/%u/rules/%u", ci, vi, i);
			return false;
		}
	}
	const uint8_t *hole = memchr(v->table, NO_ZONE, sizeof(v->table));
	if (hole) {
		size_t at = (size_t)(hole - &v->table[0][0][0]);
		(void)snprintf(fault->text, sizeof(fault->text),
			"rules: no zone at %02zu:%02zu of a %s in month %zu", at % ZONES_DAY / 2,
			at % 2 * 30, day_names[at / ZONES_DAY % ZONES_DAY_COUNT].str,
			at / ZONES_DAY / ZONES_DAY_COUNT + 1);
		return false;
	}
	return true;
}

static bool set_check(const struct zones_set *set, struct fault *fault)
{
	for (unsigned i = 0; i < set->calendars_count; i++) {
		const struct zones_calendar *c = &set->calendars[i];
		(void)snprintf(fault->path, sizeof(fault->path), "calendars/%u", i);
		if (!str_is_key(c->name) || zones_find(set, c->name) != c) {
			(void)STR_COPY(fault->text, "name: only a-z 0-9 _ . : -, each once");
			return false;
		}
		for (unsigned k = 0; k < c->versions_count; k++) {
			if (!version_check(c, i, k, fault)) {
				return false;
			}
		}
	}
	return true;
}

/* ---- loading ---- */

enum err zones_parse(
	const char *name, struct slice text, struct zones_set **ret_set, struct diag *diag)
{
	struct fault fault = {.path = ""};
	void *data = NULL;
	size_t line = 0;
	enum err e = schema_read(&set_value, text, &data, &line, sizeof(fault.text), fault.text);
	if (!e && !set_check(data, &fault)) {
		e = ERR_PARSE;
		line = schema_line(text, fault.path);
		zones_free(data);
	}
	if (e) {
		return err_set_at(diag, e, line, "%s:%zu: %s", name, line, fault.text);
	}
	*ret_set = data;
	return ERR_OK;
}

enum err zones_load(struct zones_set **ret_set, struct diag *diag)
{
	static const struct data_place place = {
		"DOMOVOI_TARIFFS", DOMOVOI_SOURCE_TARIFFS, DOMOVOI_DATA_TARIFFS};
	static const char name[] = "zones.yaml";
	char path[512];
	struct buf text;
	int n = snprintf(path, sizeof(path), "%s/%s", data_directory(&place), name);
	if (n >= (int)sizeof(path)) {
		return err_set(diag, ERR_LIMIT, "the name of the directory of tariffs is too long");
	}
	buf_init(&text, FILE_MAX_BYTES);
	enum err e = data_file_read(path, &text, diag);
	if (e == ERR_NOTFOUND) {
		(void)err_set(diag, e, "no tariff zones: %s is not there", path);
	} else if (!e) {
		e = zones_parse(name, buf_slice(&text), ret_set, diag);
	}
	buf_fini(&text);
	return e;
}

void zones_free(struct zones_set *set)
{
	schema_free(&set_value, set);
}

const struct zones_calendar *zones_find(const struct zones_set *set, const char *name)
{
	for (unsigned i = 0; i < set->calendars_count; i++) {
		if (strcmp(set->calendars[i].name, name) == 0) {
			return &set->calendars[i];
		}
	}
	return NULL;
}

/* ---- looking up ---- */

static bool is_among(char *const *dates, unsigned n, const struct civil *c)
{
	int today = c->year * 10000 + c->month * 100 + c->day, date;
	for (unsigned i = 0; i < n; i++) {
		if (date_read(dates[i], true, &date) && (date == today || date == today % 10000)) {
			return true;
		}
	}
	return false;
}

enum zones_day zones_day_of(const struct zones_version *v, const struct civil *c)
{
	struct civil noon = {c->year, c->month, c->day, 12, 0, 0};
	int64_t days = civil_to_utc(noon) / 86400;  /* 1970-01-01 was a Thursday */
	int64_t weekday = ((days + 3) % 7 + 7) % 7; /* Monday 0 */
	if (is_among(v->holidays, v->holidays_count, c)) {
		return ZONES_HOLIDAY;
	}
	bool is_worked = is_among(v->workdays, v->workdays_count, c);
	return weekday >= 5 && !is_worked ? ZONES_WEEKEND : ZONES_WORKDAY;
}

const struct zones_version *zones_version_at(
	const struct zones_calendar *c, const struct civil *local)
{
	int date = local->year * 10000 + local->month * 100 + local->day;
	for (unsigned i = c->versions_count; i-- > 0;) {
		if (c->versions[i].from_date <= date) {
			return &c->versions[i];
		}
	}
	return NULL;
}

int zones_at(const struct zones_calendar *c, const struct civil *local)
{
	const struct zones_version *v = zones_version_at(c, local);
	if (!v) {
		return -1;
	}
	int half = local->hour * 2 + (local->minute >= 30);
	return v->table[local->month - 1][zones_day_of(v, local)][half];
}
