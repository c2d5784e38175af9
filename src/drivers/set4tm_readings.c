/*
 * set4tm_readings.c - days and months of the SET-4TM family; see set4tm_driver.h
 *
 * Newer meters keep readings at the beginning of days and months (arrays 83 to 86). Others only what was
 * consumed yesterday and in each of eleven months (arrays 5 and 3). All of them name a day or month by
 * its number alone: the date is looked at again when a record was read, and what was read over a midnight
 * is dropped. Of two dates with one number the meter has the later.
 *
 * A record whose registers are all zero was not written yet: left out, never nothing consumed.
 */
#include "drivers/set4tm_driver.h"

#define ARRAY_MONTH     0x03
#define ARRAY_YESTERDAY 0x05
#define ARRAY_DAY       0x06
#define STARTS          0x80 /* of the same array */

struct readings {
	const struct set4 *m;
	struct calendar calendar; /* civil: the meter has no other */
	struct span span;
	struct emit to;
	struct civil today;
};

struct record {
	uint8_t array, number;
	struct span interval; /* amounts: of it; readings: at its end */
};

static bool is_empty(const struct set4_energies *x)
{
	uint32_t any = 0;
	for (int i = 0; i < SET4_ENERGIES; i++) {
		any |= x->mask >> i & 1 ? x->n[i] : 0;
	}
	return any == 0;
}

/* All tariffs of a record, before anybody is told. */
static enum err put_record(struct readings *r, const struct record *rec)
{
	struct set4_energies kept[SET4_TARIFFS + 1];
	int n = 0, tariffs = (int)talk_param(r->m->talk, "tariffs");
	struct civil after;
	bool is_winter;
	enum err e = ERR_OK;
	for (; n <= tariffs && !e; n++) {
		e = set4_energies(r->m, rec->array, rec->number, n, &kept[n]);
		if (e == ERR_UNSUPP || (!e && n == 0 && is_empty(&kept[0]))) {
			e = ERR_OK;
			break;
		}
	}
	e = e || n == 0 ? e : set4_civil(r->m, &after, &is_winter);
	if (!e && n && after.day != r->today.day) {
		return talk_fail(r->m->talk, ERR_BUSY,
			"the meter's date changed while it was read: again next time");
	}
	r->to.interval = rec->interval;
	for (int i = 0; i < n && !e; i++) {
		e = set4_put_energies(r->m, i, &kept[i], &r->to);
	}
	return e;
}

/* Local midnight; day and month may lie outside their limits. */
static int64_t moment_of(const struct readings *r, int month, int day)
{
	struct civil c = {r->today.year, month, day, 0, 0, 0};
	return zone_utc(r->calendar.zone, civil_from_utc(civil_to_utc(c)), false);
}

static bool is_in(const struct readings *r, int64_t from, int64_t till)
{
	bool is_point = r->to.counters == FORM_POINT;
	int64_t label = is_point ? till : from;
	return label >= r->span.from && (is_point ? label <= r->span.till : label < r->span.till);
}

/* The period before the beginning of the one so many back: 0 is the running one. */
static struct span before(const struct readings *r, int back)
{
	bool is_day = r->to.period == PERIOD_DAY;
	int month = r->today.month - (is_day ? 0 : back), day = is_day ? r->today.day - back : 1;
	return (struct span){moment_of(r, is_day ? month : month - 1, is_day ? day - 1 : day),
		moment_of(r, month, day)};
}

/* Is there a later date with this number, up to the running day? */
static bool is_hidden(const struct readings *r, const struct civil *c)
{
	struct civil later = {c->year, c->month + 1, c->day, 0, 0, 0};
	struct civil today = {r->today.year, r->today.month, r->today.day, 0, 0, 0};
	return civil_to_utc(later) <= civil_to_utc(today);
}

/* Readings at the beginning of a period stand for the end of the one before. */
static enum err read_starts(struct readings *r)
{
	bool is_day = r->to.period == PERIOD_DAY;
	enum err e = ERR_OK;
	for (int back = (is_day ? SET4_DAYS : SET4_MONTHS) - 1; back >= 0 && !e; back--) {
		struct record rec = {.interval = before(r, back)};
		struct civil c = zone_civil(r->calendar.zone, rec.interval.till);
		if (!is_in(r, rec.interval.from, rec.interval.till) ||
			(is_day && is_hidden(r, &c))) {
			continue;
		}
		rec.number = (uint8_t)(!is_day ? c.month : back > 1 ? c.day : 0);
		rec.array = (uint8_t)(STARTS + (!is_day          ? ARRAY_MONTH :
						       back == 0 ? ARRAY_YESTERDAY - 1 :
						       back == 1 ? ARRAY_YESTERDAY :
								   ARRAY_DAY));
		e = put_record(r, &rec);
	}
	return e;
}

static enum err read_amounts(struct readings *r)
{
	bool is_day = r->to.period == PERIOD_DAY;
	enum err e = ERR_OK;
	for (int back = is_day ? 0 : SET4_MONTHS - 2; back >= 0 && !e; back--) {
		struct record rec = {.interval = before(r, back)};
		struct civil c = zone_civil(r->calendar.zone, rec.interval.from);
		rec.array = is_day ? ARRAY_YESTERDAY : ARRAY_MONTH;
		rec.number = (uint8_t)(is_day ? 0 : c.month);
		if (is_in(r, rec.interval.from, rec.interval.till)) {
			e = put_record(r, &rec);
		}
	}
	return e;
}

/* Every meter that keeps such readings has one of the running day. */
static enum err learn_starts(const struct set4 *m)
{
	struct set4_state *s = m->state;
	enum err e = set4_learn_energies(m);
	if (!e && s->energies != SET4_ABLE) {
		s->starts = SET4_UNABLE;
	}
	if (!e && s->starts == SET4_UNKNOWN) {
		uint8_t body[] = {SET4_ENERGY_MORE, STARTS + ARRAY_YESTERDAY - 1, 0, 0, s->mask, 0};
		struct slice data;
		e = set4_try(m, body, sizeof(body), s->mask == 0x0f ? 16 : 32, &s->starts, &data);
		e = e == ERR_UNSUPP ? ERR_OK : e;
	}
	return e;
}

enum err set4_read_readings(
	const struct set4 *m, enum period period, struct span span, struct sink *out)
{
	struct readings r = {.m = m,
		.calendar = {talk_zone(m->talk), 0, 1},
		.span = span,
		.to = {.out = out, .period = period, .counters = FORM_POINT}};
	bool is_winter;
	enum err e = learn_starts(m);
	e = e ? e : set4_civil(m, &r.today, &is_winter);
	if (!e && m->state->starts != SET4_ABLE) {
		r.to.counters = FORM_AMOUNT;
		e = read_amounts(&r);
	} else if (!e) {
		e = read_starts(&r);
	}
	return e ? e : r.to.has_put ? ERR_OK : ERR_NODATA;
}
