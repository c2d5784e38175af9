/*
 * mercury230_readings.c - readings at the beginning of days and months; see mercury230_driver.h
 *
 * Newer firmware keeps 123 days and 36 months, asked for by date. Older one does not answer that and
 * keeps the beginnings of today, of yesterday and of twelve months, which it names by their distance:
 * the clock is read before and after, and what was read over its midnight is dropped.
 *
 * A reading at the beginning of a period is that at the end of the one before.
 */
#include "drivers/mercury230_driver.h"
#include "proto/bcd.h"

#include <string.h>

#define ARRAY_MONTH     0xb0 /* and the month */
#define ARRAY_TODAY     0xc0
#define ARRAY_YESTERDAY 0xd0
#define MONTHS          12

struct readings {
	const struct m230 *m;
	enum period period;
	struct span span;
	struct sink *out;
	struct calendar calendar; /* civil: the meter has no other */
	struct civil date;        /* the meter's */
	bool has_put;
};

static bool is_wanted(const struct readings *r, int64_t moment)
{
	return moment >= r->span.from && moment <= r->span.till;
}

/* ---- newer firmware ---- */

static enum err ask_slice(
	const struct readings *r, int64_t moment, int tariff, struct slice *ret_data)
{
	struct civil c = zone_civil(r->calendar.zone, moment);
	uint8_t body[] = {M230_SLICE, r->period == PERIOD_MONTH, bcd_put(c.day), bcd_put(c.month),
		bcd_put(c.year % 100), (uint8_t)tariff};
	return m230_ask(r->m, body, sizeof(body), 16, ret_data);
}

static enum err put_slices(struct readings *r, int64_t moment)
{
	const struct sample x = {.form = FORM_POINT, .period = r->period, .utc = moment};
	enum err e = ERR_OK;
	for (int tariff = 0; tariff <= M230_TARIFFS && !e; tariff++) {
		struct slice data;
		e = ask_slice(r, moment, tariff, &data);
		e = e ? e : m230_put_energies(data, tariff, &x, r->out, &r->has_put);
		if (err_is_answer(e) && e != ERR_DENIED) {
			return ERR_OK; /* no record of that day */
		}
	}
	return e;
}

/* Whether it can, is asked for the beginning of the running day, which every meter with slices has. */
static enum err learn_slices(struct readings *r)
{
	static const uint8_t test[] = {M230_TEST};
	struct slice data;
	struct civil today = {r->date.year, r->date.month, r->date.day, 0, 0, 0};
	struct readings probe = *r;
	probe.period = PERIOD_DAY;
	enum err e = ask_slice(&probe, zone_utc(r->calendar.zone, today, false), 0, &data);
	if (e == ERR_TIMEOUT) { /* silence: does it live? */
		enum err alive = m230_ask(r->m, test, sizeof(test), 1, &data);
		e = alive ? alive : ERR_UNSUPP;
	}
	if (!e || e == ERR_UNSUPP) {
		r->m->state->slices = e ? M230_UNABLE : M230_ABLE;
		return ERR_OK;
	}
	return e;
}

static enum err read_slices(struct readings *r)
{
	int64_t now = m230_utc(r->m, &r->date, true);
	int64_t moment = period_of(&r->calendar, r->period, r->span.from).from;
	enum err e = ERR_OK;
	for (; moment <= r->span.till && moment <= now && !e;
		moment = period_next(&r->calendar, r->period, moment)) {
		if (is_wanted(r, moment)) {
			e = put_slices(r, moment);
		}
	}
	return e;
}

/* ---- older firmware ---- */

/* All tariffs of one array, before anybody else is told: 5 replies of 16 bytes. */
static enum err read_array(struct readings *r, uint8_t array, int64_t moment)
{
	const struct sample x = {.form = FORM_POINT, .period = r->period, .utc = moment};
	uint8_t kept[M230_TARIFFS + 1][16];
	int n = 0;
	struct civil after;
	bool is_winter;
	enum err e = ERR_OK;
	for (; n <= M230_TARIFFS && !e; n++) {
		uint8_t body[] = {M230_ENERGY, array, (uint8_t)n};
		struct slice data;
		e = m230_ask(r->m, body, sizeof(body), 16, &data);
		if (err_is_answer(e) && e != ERR_DENIED) {
			e = ERR_OK; /* a tariff it does not have */
			break;
		}
		if (!e) {
			memcpy(kept[n], data.data, sizeof(kept[n]));
		}
	}
	e = e ? e : m230_civil(r->m, &after, &is_winter);
	if (!e && after.day != r->date.day) {
		return talk_fail(r->m->talk, ERR_BUSY,
			"the meter's date changed while it was read: again next time");
	}
	for (int tariff = 0; tariff < n && !e; tariff++) {
		e = m230_put_energies(SLICE(kept[tariff]), tariff, &x, r->out, &r->has_put);
	}
	return e;
}

static enum err read_days(struct readings *r)
{
	struct civil c = {r->date.year, r->date.month, r->date.day, 0, 0, 0};
	int64_t today = zone_utc(r->calendar.zone, c, false);
	int64_t yesterday = period_prev(&r->calendar, PERIOD_DAY, today);
	enum err e = is_wanted(r, yesterday) ? read_array(r, ARRAY_YESTERDAY, yesterday) : ERR_OK;
	return e || !is_wanted(r, today) ? e : read_array(r, ARRAY_TODAY, today);
}

static enum err read_months(struct readings *r)
{
	enum err e = ERR_OK;
	for (int back = MONTHS - 1; back >= 0 && !e; back--) {
		struct civil c = {r->date.year, r->date.month - back, 1, 0, 0, 0};
		c = civil_from_utc(civil_to_utc(c));
		int64_t moment = zone_utc(r->calendar.zone, c, false);
		if (is_wanted(r, moment)) {
			e = read_array(r, (uint8_t)(ARRAY_MONTH | c.month), moment);
		}
	}
	return e;
}

enum err m230_read_readings(
	const struct m230 *m, enum period period, struct span span, struct sink *out)
{
	struct readings r = {.m = m,
		.period = period,
		.span = span,
		.out = out,
		.calendar = {talk_zone(m->talk), 0, 1}};
	bool is_winter;
	enum err e = m230_civil(m, &r.date, &is_winter);
	if (!e && m->state->slices == M230_UNKNOWN) {
		e = learn_slices(&r);
	}
	if (e) {
		return e;
	}
	e = m->state->slices == M230_ABLE ? read_slices(&r) :
	    period == PERIOD_DAY          ? read_days(&r) :
					    read_months(&r);
	return e ? e : r.has_put ? ERR_OK : ERR_NODATA;
}
