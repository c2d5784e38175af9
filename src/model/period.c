/*
 * period.c - how time is cut into archive intervals; see period.h
 */
#include "model/period.h"

#include <assert.h>
#include <string.h>

static const char *const names[PERIOD_COUNT] = {
	[PERIOD_NONE] = "none",
	[PERIOD_HALF_HOUR] = "half_hour",
	[PERIOD_HOUR] = "hour",
	[PERIOD_DAY] = "day",
	[PERIOD_MONTH] = "month",
};

static const struct calendar utc_calendar = {.zone = NULL, .report_hour = 0, .report_day = 1};

const char *period_name(enum period p)
{
	return (unsigned)p < PERIOD_COUNT ? names[p] : names[PERIOD_NONE];
}

bool period_from_name(const char *name, enum period *ret_p)
{
	for (int i = 0; i < PERIOD_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_p = (enum period)i;
			return true;
		}
	}
	return false;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int offset_at(const struct calendar *c, int64_t utc)
{
	return c->zone ? zone_offset(c->zone, utc) : 0;
}

static int64_t moment(const struct calendar *c, struct civil local)
{
	return c->zone ? zone_utc(c->zone, local, false) : civil_to_utc(local);
}

/* By how much intervals of `step` seconds are shifted against UTC. */
static int phase_at(const struct calendar *c, int64_t utc, int step)
{
	int phase = offset_at(c, utc) % step;
	return phase < 0 ? phase + step : phase;
}

static struct span short_period(const struct calendar *c, int step, int64_t utc)
{
	int phase = phase_at(c, utc, step);
	struct span s = {.from = floor_div(utc + phase, step) * step - phase};
	s.till = s.from + step;
	if (c->zone) {
		int64_t from, till;
		zone_stretch(c->zone, utc, &from, &till);
		if (s.from < from && phase_at(c, from - 1, step) != phase) {
			s.from = from;
		}
		if (s.till > till && phase_at(c, till, step) != phase) {
			s.till = till;
		}
	}
	return s;
}

/* Start of the report day that bears the civil date; fields out of range are carried over. */
static int64_t day_start(const struct calendar *c, struct civil date)
{
	return moment(c, (struct civil){date.year, date.month, date.day, c->report_hour, 0, 0});
}

static struct span day_period(const struct calendar *c, int64_t utc)
{
	struct civil date = civil_from_utc(utc + offset_at(c, utc));
	struct civil neighbour = date;
	int64_t start = day_start(c, date);
	if (utc < start) {
		neighbour.day--;
		return (struct span){day_start(c, neighbour), start};
	}
	neighbour.day++;
	return (struct span){start, day_start(c, neighbour)};
}

/* When the report month closes; month 0 and 13 are the neighbours'. */
static int64_t month_close(const struct calendar *c, int year, int month)
{
	year += month < 1 ? -1 : month > 12 ? 1 : 0;
	month = month < 1 ? 12 : month > 12 ? 1 : month;
	int last = civil_month_days(year, month);
	int day = c->report_day < last ? c->report_day : last;
	return day_start(c, (struct civil){.year = year, .month = month, .day = day});
}

static struct span month_period(const struct calendar *c, int64_t utc)
{
	struct civil date = civil_from_utc(utc + offset_at(c, utc));
	int64_t close = month_close(c, date.year, date.month);
	if (utc < close) {
		return (struct span){month_close(c, date.year, date.month - 1), close};
	}
	return (struct span){close, month_close(c, date.year, date.month + 1)};
}

struct span period_of(const struct calendar *c, enum period p, int64_t utc)
{
	c = c ? c : &utc_calendar;
	switch (p) {
	case PERIOD_HALF_HOUR: return short_period(c, 1800, utc);
	case PERIOD_HOUR: return short_period(c, 3600, utc);
	case PERIOD_DAY: return day_period(c, utc);
	case PERIOD_MONTH: return month_period(c, utc);
	case PERIOD_NONE:
	case PERIOD_COUNT: break;
	}
	assert(false && "a period of the archive");
	return (struct span){utc, utc + 1};
}

int64_t period_next(const struct calendar *c, enum period p, int64_t start)
{
	return period_of(c, p, start).till;
}

int64_t period_prev(const struct calendar *c, enum period p, int64_t start)
{
	return period_of(c, p, start - 1).from;
}

size_t period_count(const struct calendar *c, enum period p, struct span span)
{
	size_t n = 0;
	if (span.from >= span.till) {
		return 0;
	}
	struct span s = period_of(c, p, span.from);
	int64_t start = s.from < span.from ? s.till : s.from;
	if (p == PERIOD_HOUR || p == PERIOD_HALF_HOUR) {
		int64_t step = p == PERIOD_HOUR ? 3600 : 1800;
		int64_t from, till = INT64_MAX;
		while (start < span.till) { /* a stretch of one offset at a time */
			if (c && c->zone) {
				zone_stretch(c->zone, start, &from, &till);
			}
			int64_t end = till < span.till ? till : span.till;
			int64_t whole = (end - start + step - 1) /
					step; /* starts in [start, end) */
			n += (size_t)whole;
			start = period_of(c, p, start + (whole - 1) * step).till;
		}
		return n;
	}
	for (; start < span.till; start = period_next(c, p, start)) {
		n++;
	}
	return n;
}

struct span period_report_month(const struct calendar *c, int year, int month)
{
	c = c ? c : &utc_calendar;
	return (struct span){month_close(c, year, month - 1), month_close(c, year, month)};
}
