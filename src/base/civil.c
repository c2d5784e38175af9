/*
 * civil.c - the proleptic Gregorian calendar and ISO 8601 texts; see zone.h
 *
 * Days are counted in years that begin in March, so that the leap day is the last of its year: day
 * d of month m (March = 0) is day (153 m + 2) / 5 + d of the year, and 400 years have 146097 days.
 */
#include "base/zone.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400
/* Moments beyond are taken for the last that has a year of type int. */
#define UTC_LIMIT 60000000000000000

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_of(int64_t year, int month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t civil_to_utc(struct civil c)
{
	int64_t months = (int64_t)c.year * 12 + c.month - 1;
	int64_t year = floor_div(months, 12);
	int month = (int)(months - year * 12) + 1;
	return days_of(year, month, c.day) * DAY + (int64_t)c.hour * 3600 + (int64_t)c.minute * 60 +
	       c.second;
}

struct civil civil_from_utc(int64_t utc)
{
	if (utc > UTC_LIMIT) {
		utc = UTC_LIMIT;
	} else if (utc < -UTC_LIMIT) {
		utc = -UTC_LIMIT;
	}
	int64_t days = floor_div(utc, DAY);
	int second = (int)(utc - days * DAY);
	days += 719468;
	int64_t era = floor_div(days, 146097);
	int64_t of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t march = (5 * of_year + 2) / 153;
	int month = (int)(march < 10 ? march + 3 : march - 9);
	return (struct civil){
		.year = (int)(year + era * 400 + (month <= 2)),
		.month = month,
		.day = (int)(of_year - (153 * march + 2) / 5 + 1),
		.hour = second / 3600,
		.minute = second / 60 % 60,
		.second = second % 60,
	};
}

int civil_month_days(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (month < 1 || month > 12) {
		return 0;
	}
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && is_leap);
}

static size_t print_civil(char out[static TIME_TEXT_CAP], struct civil c)
{
	int n = snprintf(out, TIME_TEXT_CAP, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
		c.day, c.hour, c.minute, c.second);
	return n > 0 ? (size_t)n : 0; /* at most 27: the year has up to 11 characters */
}

const char *time_text_utc(char out[static TIME_TEXT_CAP], int64_t utc)
{
	size_t n = print_civil(out, civil_from_utc(utc));
	(void)snprintf(out + n, TIME_TEXT_CAP - n, "Z");
	return out;
}

const char *time_text_local(char out[static TIME_TEXT_CAP], const struct zone *z, int64_t utc)
{
	int offset = zone_offset(z, utc);
	int size = offset < 0 ? -offset : offset;
	size_t n = print_civil(out, zone_civil(z, utc));
	(void)snprintf(out + n, TIME_TEXT_CAP - n, "%c%02d:%02d", offset < 0 ? '-' : '+',
		size / 3600, size / 60 % 60);
	if (size % 60) { /* mean solar time of the 19th century */
		n += 6;
		(void)snprintf(out + n, TIME_TEXT_CAP - n, ":%02d", size % 60);
	}
	return out;
}

/* Exactly `digits` digits at *p in [low, high]; moves *p. */
static bool take_number(const char **p, int digits, int low, int high, int *ret)
{
	int v = 0;
	for (int i = 0; i < digits; i++) {
		char c = (*p)[i];
		if (c < '0' || c > '9') {
			return false;
		}
		v = v * 10 + (c - '0');
	}
	*p += digits;
	*ret = v;
	return v >= low && v <= high;
}

static bool take_char(const char **p, char wanted)
{
	if (**p != wanted) {
		return false;
	}
	(*p)++;
	return true;
}

/* "T05:00[:00[.000]]" */
static bool take_clock(const char **p, struct civil *c)
{
	if (!take_number(p, 2, 0, 23, &c->hour) || !take_char(p, ':') ||
		!take_number(p, 2, 0, 59, &c->minute)) {
		return false;
	}
	if (!take_char(p, ':')) {
		return true;
	}
	if (!take_number(p, 2, 0, 59, &c->second)) {
		return false;
	}
	if (take_char(p, '.')) { /* fractions, as browsers print them, are cut off */
		size_t n = strspn(*p, "0123456789");
		*p += n;
		return n > 0;
	}
	return true;
}

/* "+05:00[:00]" */
static bool take_offset(const char **p, int *ret_seconds)
{
	int hours, minutes, seconds = 0;
	bool is_west = **p == '-';
	if (!is_west && **p != '+') {
		return false;
	}
	(*p)++;
	if (!take_number(p, 2, 0, 26, &hours) || !take_char(p, ':') ||
		!take_number(p, 2, 0, 59, &minutes)) {
		return false;
	}
	if (take_char(p, ':') && !take_number(p, 2, 0, 59, &seconds)) {
		return false;
	}
	int size = hours * 3600 + minutes * 60 + seconds;
	*ret_seconds = is_west ? -size : size;
	return true;
}

enum err time_parse(const char *text, const struct zone *z, int64_t *ret_utc)
{
	struct civil c = {0};
	const char *p = text;
	int offset;
	if (!take_number(&p, 4, 0, 9999, &c.year) || !take_char(&p, '-') ||
		!take_number(&p, 2, 1, 12, &c.month) || !take_char(&p, '-') ||
		!take_number(&p, 2, 1, civil_month_days(c.year, c.month), &c.day)) {
		return ERR_PARSE;
	}
	if (take_char(&p, 'T')) {
		if (!take_clock(&p, &c)) {
			return ERR_PARSE;
		}
		if (take_char(&p, 'Z')) {
			offset = 0;
		} else if (*p) {
			if (!take_offset(&p, &offset)) {
				return ERR_PARSE;
			}
		} else {
			goto local;
		}
		*ret_utc = civil_to_utc(c) - offset;
		return *p ? ERR_PARSE : ERR_OK;
	}
	if (*p) {
		return ERR_PARSE;
	}
local:
	*ret_utc = z ? zone_utc(z, c, false) : civil_to_utc(c);
	return ERR_OK;
}

bool civil_from_date(const char *text, struct civil *ret_c)
{
	static const int at[] = {0, 1, 2, 3, 5, 6, 8, 9};
	int digits[8];
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') {
		return false;
	}
	for (int i = 0; i < 8; i++) {
		digits[i] = text[at[i]] - '0';
		if (digits[i] < 0 || digits[i] > 9) {
			return false;
		}
	}
	struct civil c = {
		.year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
		.month = digits[4] * 10 + digits[5],
		.day = digits[6] * 10 + digits[7],
	};
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > civil_month_days(c.year, c.month)) {
		return false;
	}
	*ret_c = c;
	return true;
}

int civil_weekday(struct civil c)
{
	c.hour = c.minute = c.second = 0;
	int64_t days = civil_to_utc(c) / 86400; /* 1970-01-01 was a Thursday; none is before 1970 */
	return (int)((days + 4) % 7);
}
