/*
 * mbus_archive.c - records with storage numbers become archive values; see mbus_driver.h
 *
 * A meter's log comes in two shapes, and in mixtures:
 *
 *   dated    storage n: date or time, values       storage n+1: date or time, values ...
 *   block    storage interval (FD 24..29), first and last storage number (FD 20, 21), the time of one
 *            storage number, then values: each step away from the dated number is one interval
 *            older. Meters number upwards or downwards; the dated one is the newest.
 *
 * Counters are readings at a moment (FORM_POINT); gauges are taken only as means (VIFE 12): means
 * of the interval that ends at the moment. A date alone means the end of that day, except the first
 * of a month, which means its beginning; hh:59 means the full hour.
 *
 * Without a storage interval a record belongs to the period asked for when its moment is a border of
 * that period and its neighbours are one period away (a month's need not be). Logs that begin with
 * the newest are read only as far back as asked; then the meter gets its default readout back.
 */
#include "drivers/mbus_driver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DATES_MAX 80
#define AVERAGE   0x12 /* VIFE */

struct dated {
	uint64_t storage;
	int64_t utc;
};

struct archive {
	struct mbus_session *session;
	enum period period;
	struct span span;
	struct sink *out;
	const struct zone *zone;
	bool is_selected; /* by subcode: the meter sends this period and nothing else */

	enum period interval; /* of the block; NONE: not sent, or another */
	bool has_interval;
	bool has_base;
	struct dated base; /* the newest of the block */

	int64_t meter_now;             /* by the clock in this telegram, else by ours */
	struct dated dates[DATES_MAX]; /* of this telegram */
	size_t date_n;
	struct mbus_keys keys; /* of this storage number */
	uint64_t key_storage;

	bool has_seen;
	int64_t first_utc, last_utc, newest_utc; /* of the values of this telegram */
	bool is_newest_first;
	int64_t put_n;
};

static enum period period_of_interval(const struct mbus_record *r)
{
	double seconds = NAN;
	if (r->unit == UNIT_MONTH) {
		return r->value == 1 ? PERIOD_MONTH : PERIOD_NONE;
	}
	if (r->type != MBUS_TYPE_NUMBER || unit_convert(r->value, r->unit, UNIT_S, &seconds)) {
		return PERIOD_NONE;
	}
	if (seconds == 1800) {
		return PERIOD_HALF_HOUR;
	}
	if (seconds == 3600) {
		return PERIOD_HOUR;
	}
	return seconds == 86400 ? PERIOD_DAY : PERIOD_NONE;
}

static bool is_interval(const struct mbus_record *r)
{
	uint8_t code = r->vib_size == 2 ? r->vib[1] & 0x7f : 0;
	return r->vib[0] == 0xfd && code >= 0x24 && code <= 0x29;
}

static bool is_date(const struct mbus_record *r)
{
	return (r->vib[0] == 0x6c || r->vib[0] == 0x6d) && r->slot.storage > 0 &&
	       r->slot.function == MBUS_INSTANTANEOUS;
}

static int64_t clock_in(const struct archive *a, const struct mbus_message *m)
{
	struct mbus_cursor cur = mbus_records(m);
	struct mbus_record r;
	int64_t utc;
	while (!mbus_next(&cur, &r, NULL)) {
		if (mbus_is_clock(&r) && mbus_moment(&r, a->zone, true, &utc)) {
			return utc;
		}
	}
	return talk_now(a->session->talk);
}

/* The last time it was this day of the year, by its beginning or end as in mbus_moment. */
static bool due_moment(const struct archive *a, const struct mbus_record *r, int64_t *ret_utc)
{
	struct civil c = {.month = r->time.local.month, .day = r->time.local.day};
	int year = zone_civil(a->zone, a->meter_now).year;
	if (r->type != MBUS_TYPE_TIME || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31) {
		return false;
	}
	c.day += c.day != 1 && r->time.local.hour < 0;
	for (int back = 0; back < 2; back++) {
		c.year = year - back;
		*ret_utc = zone_utc(a->zone, civil_from_utc(civil_to_utc(c)), false);
		if (*ret_utc <= a->meter_now) {
			return true;
		}
	}
	return false;
}

/* When the records of a storage number were stored; false: this record does not say it. */
static bool dated_of(const struct archive *a, const struct mbus_record *r, struct dated *ret)
{
	const struct mbus_map *map = a->session->map;
	if (!is_date(r)) {
		return false;
	}
	if (mbus_map_is_due(map, r->slot.storage)) {
		ret->storage = map->due->storage;
		/* a year that is sent is believed: "none" is 2000 or "every" */
		bool has_year = r->type == MBUS_TYPE_TIME && r->time.local.year > 2000 &&
				mbus_moment(r, a->zone, false, &ret->utc) &&
				ret->utc <= a->meter_now;
		return has_year || due_moment(a, r, &ret->utc);
	}
	ret->storage = r->slot.storage;
	return mbus_moment(r, a->zone, false, &ret->utc);
}

/* First pass over a telegram: what dates its records. */
static void learn(struct archive *a, const struct mbus_message *m)
{
	struct mbus_cursor cur = mbus_records(m);
	struct mbus_record r;
	struct dated d;
	const struct mbus_map *map = a->session->map;
	a->date_n = 0;
	a->meter_now = clock_in(a, m);
	while (!mbus_next(&cur, &r, NULL)) {
		if (is_interval(&r)) {
			a->has_interval = true;
			a->interval = period_of_interval(&r);
			a->has_base = false;
		} else if (dated_of(a, &r, &d)) {
			if (a->date_n < DATES_MAX) {
				a->dates[a->date_n++] = d;
			}
			if (!a->has_base) {
				a->base = d;
				a->has_base = true;
			}
		}
	}
	if (map && map->month_storage && a->date_n < DATES_MAX) {
		struct civil c = zone_civil(a->zone, a->meter_now);
		struct civil first = {.year = c.year, .month = c.month, .day = 1};
		a->dates[a->date_n++] = (struct dated){
			map->month_storage, zone_utc(a->zone, first, false)};
	}
}

static struct civil shift(struct civil c, enum period p, int64_t steps)
{
	if (p == PERIOD_MONTH) {
		c.month -= (int)steps; /* carried over by civil_to_utc */
		return civil_from_utc(civil_to_utc(c));
	}
	return civil_from_utc(civil_to_utc(c) - steps * 86400);
}

static bool moment_of(const struct archive *a, uint64_t storage, int64_t *ret_utc)
{
	for (size_t i = 0; i < a->date_n; i++) {
		if (a->dates[i].storage == storage) {
			*ret_utc = a->dates[i].utc;
			return true;
		}
	}
	if (!a->has_interval || a->interval == PERIOD_NONE || !a->has_base) {
		return false;
	}
	uint64_t away = storage > a->base.storage ? storage - a->base.storage :
						    a->base.storage - storage;
	if (away > 100000) {
		return false;
	}
	int64_t steps = (int64_t)away;
	if (a->interval == PERIOD_HOUR || a->interval == PERIOD_HALF_HOUR) {
		*ret_utc = a->base.utc - steps * (a->interval == PERIOD_HOUR ? 3600 : 1800);
	} else {
		*ret_utc = zone_utc(a->zone,
			shift(zone_civil(a->zone, a->base.utc), a->interval, steps), false);
	}
	return true;
}

/* Is `utc` a border of the period? span.from is one. */
static bool is_border(const struct archive *a, int64_t utc)
{
	struct civil c = zone_civil(a->zone, utc), from = zone_civil(a->zone, a->span.from);
	bool is_same_time = c.hour == from.hour && c.minute == from.minute && c.second == 0;
	switch (a->period) {
	case PERIOD_HALF_HOUR: return utc % 1800 == 0;
	case PERIOD_HOUR: return (utc - a->span.from) % 3600 == 0;
	case PERIOD_DAY: return is_same_time;
	case PERIOD_MONTH:
		return is_same_time && (c.day == from.day || (c.day >= 28 && from.day >= 28));
	default: return false;
	}
}

/* The shortest way between two dates of the telegram: the rhythm of a log without interval. */
static int64_t spacing(const struct archive *a)
{
	int64_t least = INT64_MAX;
	for (size_t i = 1; i < a->date_n; i++) {
		int64_t d = llabs(a->dates[i].utc - a->dates[i - 1].utc);
		if (d > 0 && d < least) {
			least = d;
		}
	}
	return least;
}

static bool is_rhythm(const struct archive *a)
{
	if (a->has_interval) {
		return a->interval == a->period;
	}
	if (a->is_selected || a->period == PERIOD_MONTH) {
		return true;
	}
	int64_t s = spacing(a);
	switch (a->period) {
	case PERIOD_HALF_HOUR: return s == 1800;
	case PERIOD_HOUR: return s == 3600;
	default: return s >= 23 * 3600 && s <= 25 * 3600;
	}
}

static void see(struct archive *a, int64_t utc)
{
	if (!a->has_seen) {
		a->is_newest_first = a->is_newest_first || utc < a->last_utc;
		a->first_utc = a->newest_utc = utc;
		a->has_seen = true;
	}
	a->newest_utc = utc > a->newest_utc ? utc : a->newest_utc;
	a->is_newest_first = a->is_newest_first || utc < a->first_utc;
	a->last_utc = utc;
}

static int64_t start_of_interval(const struct archive *a, int64_t end)
{
	switch (a->period) {
	case PERIOD_HALF_HOUR: return end - 1800;
	case PERIOD_HOUR: return end - 3600;
	default: return zone_utc(a->zone, shift(zone_civil(a->zone, end), a->period, 1), false);
	}
}

/* Values, and the hours with an error. */
static bool is_logged(const struct mbus_record *r)
{
	return r->slot.function == MBUS_INSTANTANEOUS ||
	       (r->slot.function == MBUS_ERROR && r->quantity == QUANTITY_ON_TIME);
}

static enum err put_value(struct archive *a, struct mbus_record *r, const struct mbus_header *h)
{
	char key[REGISTER_KEY_CAP];
	struct sample x;
	int64_t utc;
	bool is_mean = r->modifier == AVERAGE;
	const struct mbus_map *map = a->session->map;
	if (r->slot.storage == 0 || (map && r->slot.storage < map->logs_from) || !is_logged(r) ||
		r->type != MBUS_TYPE_NUMBER || !moment_of(a, r->slot.storage, &utc)) {
		return ERR_OK;
	}
	see(a, utc);
	if (r->slot.storage != a->key_storage) {
		a->key_storage = r->slot.storage;
		a->keys.n = 0;
	}
	r->modifier = is_mean ? 0 : r->modifier;
	if (!mbus_sample_of(r, h, a->session->map, &a->keys, key, &x) || !is_border(a, utc)) {
		return ERR_OK;
	}
	enum quantity_kind kind = quantity_kind(x.quantity);
	x.period = a->period;
	x.utc = utc;
	x.form = FORM_POINT;
	if (kind == KIND_GAUGE && is_mean) {
		x.form = FORM_AMOUNT;
		x.utc = start_of_interval(a, utc);
	} else if (kind != KIND_COUNTER || is_mean) {
		return ERR_OK;
	}
	/* the reading at the end of the span closes its last period */
	if (x.utc < a->span.from || x.utc > a->span.till ||
		(x.form == FORM_AMOUNT && x.utc == a->span.till)) {
		return ERR_OK;
	}
	a->put_n++;
	return a->out->put(a->out, &x);
}

/* A telegram; *ret_is_enough: nothing behind it can be of the span. */
static enum err work(struct archive *a, const struct mbus_message *m, struct mbus_cursor *cur,
	bool *ret_is_enough)
{
	struct mbus_record r;
	struct diag diag = {0};
	enum err e, put = ERR_OK;
	learn(a, m);
	bool is_wanted = is_rhythm(a);
	a->has_seen = false;
	while (!(e = mbus_next(cur, &r, &diag))) {
		put = is_wanted ? put_value(a, &r, &m->header) : ERR_OK;
		if (put) {
			return put;
		}
	}
	*ret_is_enough = a->has_seen && a->is_newest_first && a->newest_utc < a->span.from;
	return e == ERR_NODATA ? ERR_OK : talk_fail(a->session->talk, e, "%s", diag.text);
}

static enum err read_log(struct archive *a)
{
	struct mbus_session *s = a->session;
	int limit = (int)talk_param(s->talk, a->is_selected ? "log_telegrams" : "telegrams");
	for (;;) {
		struct mbus_message m;
		bool is_enough = false;
		enum err e = mbus_readout(s, &m);
		if (e) {
			return e == ERR_NODATA && s->telegrams > 0 ? ERR_OK : e;
		}
		struct mbus_cursor cur = mbus_records(&m);
		e = work(a, &m, &cur, &is_enough);
		if (e) {
			return e;
		}
		if (is_enough || !mbus_has_more(s, &cur, limit)) {
			return ERR_OK;
		}
	}
}

static int64_t subcode_of(struct talk *t, enum period period)
{
	switch (period) {
	case PERIOD_HALF_HOUR: return talk_param(t, "log_half_hour");
	case PERIOD_HOUR: return talk_param(t, "log_hour");
	case PERIOD_DAY: return talk_param(t, "log_day");
	case PERIOD_MONTH: return talk_param(t, "log_month");
	default: return -1;
	}
}

static enum err select_log(struct mbus_session *s, int64_t subcode)
{
	if (subcode < 0) {
		return ERR_OK;
	}
	s->state->is_reset_due = true; /* whatever becomes of the acknowledge */
	return mbus_reset(s, subcode);
}

static void restore(struct mbus_session *s)
{
	if (s->state->is_reset_due) {
		s->state->is_reset_due = mbus_reset(s, talk_param(s->talk, "reset")) != ERR_OK;
	}
}

enum err mbus_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct mbus_session s;
	int64_t subcode = subcode_of(t, period);
	struct archive a = {.session = &s,
		.period = period,
		.span = span,
		.out = out,
		.zone = talk_zone(t),
		.is_selected = subcode >= 0,
		.last_utc = INT64_MIN};
	enum err e = mbus_open(&s, t);
	e = e ? e : select_log(&s, subcode);
	e = e ? e : read_log(&a);
	if (e != ERR_CANCELLED && e != ERR_LINK && e != ERR_TIMEOUT) {
		restore(&s);
		mbus_close(&s);
	}
	if (!e && a.put_n == 0) {
		return talk_fail(t, ERR_NODATA, "no records of this period");
	}
	return e;
}
