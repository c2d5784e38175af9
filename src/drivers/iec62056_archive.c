/*
 * iec62056_archive.c - days, months and the load profile of IEC 62056-21 meters
 *
 * What is asked for follows from the map: by date, by number counted back from the running period, or
 * by number with a stamp in the answer. A stamp that is not the one wanted tells how far the number is
 * off, since a meter without power writes no record. Only what is over by the meter's own clock is
 * asked for: some meters answer for the running day, too.
 *
 * The profile is mean power; a civil time that comes twice in autumn cannot be told apart and is left
 * out.
 *
 * Facts: docs/protocols/iec62056.md.
 */
#include "drivers/emit.h"
#include "drivers/iec62056_driver.h"
#include "drivers/profile.h"

#include <math.h>
#include <string.h>

#define CHUNK        48 /* intervals asked for at once */
#define STAMP_TRIES  4
#define MIDNIGHT_MIN 2 /* before midnight a number may be of another day when the answer comes */

struct iec_reading {
	struct iec_session *s;
	struct sink *out;
	enum period period;
	struct span span;
	struct calendar calendar; /* civil */
	struct civil today;       /* of the meter's clock */
	int64_t now_utc;          /* by it */
	bool has_put;
};

int64_t iec_utc_of(const struct talk *t, struct civil c)
{
	int64_t first = zone_utc(talk_zone(t), c, false), second = zone_utc(talk_zone(t), c, true);
	int64_t now = talk_now(t);
	int64_t a = first > now ? first - now : now - first;
	int64_t b = second > now ? second - now : now - second;
	return b < a ? second : first;
}

/* ---- days and months ---- */

/* Whole periods from the one that holds `from` to that of `till`. */
static int64_t periods_between(enum period p, struct civil from, struct civil till)
{
	struct civil a = {from.year, from.month, from.day, 0, 0, 0};
	struct civil b = {till.year, till.month, till.day, 0, 0, 0};
	return p == PERIOD_MONTH ? (till.year - from.year) * 12 + till.month - from.month :
				   (civil_to_utc(b) - civil_to_utc(a)) / 86400;
}

static enum err put_record(struct iec_reading *r, const struct iec_archive *a, struct span period)
{
	struct emit to = {.out = r->out,
		.period = r->period,
		.interval = period,
		.counters = a->form,
		.flags = r->s->bcc == IEC_BCC_NONE ? QUALITY_TIME_SUSPECT : 0};
	struct iec_values walk = iec_values_of(r->s, NULL);
	unsigned n = iec_values_count(walk), skip = a->stamp[0] != 0;
	struct slice value, unit;
	char key[REGISTER_KEY_CAP];
	enum err e = ERR_OK;
	for (unsigned i = 0; !e && iec_values_next(&walk, &value, &unit); i++) {
		double v;
		int decimals = 0;
		enum unit u;
		if (i < skip) {
			continue;
		}
		if (!iec_map_key(a->list, a->key, i - skip, n - skip, key)) {
			break;
		}
		if (!iec_number(value, &v, &decimals) ||
			!iec_map_unit(r->s->map, unit, a->unit, &u)) {
			u = a->unit;
			v = NAN;
		}
		e = emit_value(&to, key, a->quantity, u, v, decimals);
		r->has_put = r->has_put || !e;
	}
	return e;
}

/* The stamp of an answer; false: none that can be read. */
static bool stamp_of(const struct iec_reading *r, const struct iec_archive *a, struct civil *ret)
{
	struct iec_values walk = iec_values_of(r->s, NULL);
	struct slice value, unit;
	*ret = (struct civil){2000, 1, 1, 0, 0, 0};
	return iec_values_next(&walk, &value, &unit) && iec_time_get(a->stamp, value, ret);
}

static enum err ask_record(struct iec_reading *r, const struct iec_archive *a, struct iec_place *at)
{
	char what[IEC_ASK_CAP];
	return iec_map_ask(a->ask, at, what) ? iec_ask(r->s, what) : ERR_INTERNAL;
}

/* NODATA where the meter has none. */
static enum err find_record(struct iec_reading *r, const struct iec_archive *a, struct civil day)
{
	int64_t index = a->first + periods_between(r->period, day, r->today) - 1;
	bool is_counted = iec_map_counts_back(a->ask);
	for (int i = 0; i < STAMP_TRIES; i++) {
		struct civil stamp;
		if (index < 0 || index > 255 ||
			(is_counted && a->depth && index >= a->first + a->depth)) {
			return ERR_NODATA;
		}
		struct iec_place at = {.day = day, .index = (unsigned)index};
		enum err e = ask_record(r, a, &at);
		if (e || !a->stamp[0]) {
			return e;
		}
		if (!stamp_of(r, a, &stamp)) {
			return ERR_NODATA; /* never written */
		}
		int64_t off = periods_between(r->period, day, stamp);
		if (off == 0) {
			return ERR_OK;
		}
		if (!is_counted) {
			return ERR_NODATA; /* asked by date, and another one comes */
		}
		index += off;
	}
	return ERR_NODATA;
}

/* A refusal of one record may mean the record or the whole archive: the newest one there must be says. */
static enum err is_absent(struct iec_reading *r, unsigned row, bool *ret_is_absent)
{
	int64_t open = period_of(&r->calendar, r->period, r->now_utc).from;
	int64_t newest = period_prev(&r->calendar, r->period, open);
	enum err e = find_record(
		r, &r->s->map->archives[row], zone_civil(r->calendar.zone, newest));
	*ret_is_absent = e == ERR_UNSUPP;
	return iec_is_refusal(e) ? ERR_OK : e;
}

static enum err read_rows(struct iec_reading *r, unsigned row)
{
	const struct iec_archive *a = &r->s->map->archives[row];
	struct iec_state *state = r->s->state;
	uint16_t bit = (uint16_t)(1u << row);
	int64_t from = period_of(&r->calendar, r->period, r->span.from).from;
	from = from < r->span.from ? period_next(&r->calendar, r->period, from) : from;
	for (; from < r->span.till; from = period_next(&r->calendar, r->period, from)) {
		struct span period = {from, period_next(&r->calendar, r->period, from)};
		if (period.till > r->now_utc) {
			break;
		}
		enum err e = find_record(r, a, zone_civil(r->calendar.zone, from));
		if (e == ERR_UNSUPP && !(state->has_archives & bit)) {
			bool is_none;
			e = is_absent(r, row, &is_none);
			if (e || is_none) {
				state->no_archives |= e ? 0 : bit;
				return e;
			}
			e = ERR_NODATA;
		}
		state->has_archives |= e == ERR_OK ? bit : 0;
		e = e ? e : put_record(r, a, period);
		if (e == ERR_DENIED || (e && !iec_is_refusal(e))) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err read_records(struct iec_reading *r)
{
	const struct iec_map *m = r->s->map;
	enum err e = ERR_OK;
	for (unsigned i = 0; i < m->archives_count && !e; i++) {
		if (m->archives[i].period == r->period && !(r->s->state->no_archives >> i & 1)) {
			e = read_rows(r, i);
		}
	}
	return e ? e : r->has_put ? ERR_OK : ERR_NODATA;
}

/* ---- the load profile ---- */

struct iec_chunk {
	struct civil day;
	unsigned first, n; /* intervals of the day, from 0 */
	double value[IEC_COLUMNS_MAX][CHUNK];
};

static enum err learn_minutes(struct iec_reading *r)
{
	const struct iec_profile *p = r->s->map->profile;
	double v = p->minutes;
	int decimals;
	struct slice value, unit;
	if (r->s->state->minutes) {
		return ERR_OK;
	}
	if (p->interval[0]) {
		enum err e = iec_ask(r->s, p->interval);
		struct iec_values walk = iec_values_of(r->s, NULL);
		if (e) {
			return e;
		}
		if (!iec_values_next(&walk, &value, &unit) || !iec_number(value, &v, &decimals)) {
			return talk_fail(r->s->talk, ERR_PROTO, "%s: no interval", p->interval);
		}
	}
	if (!(v >= 1 && v <= 60) || 60 % (int)v) {
		return talk_fail(r->s->talk, ERR_UNSUPP, "a profile of intervals of %g minutes", v);
	}
	r->s->state->minutes = (uint8_t)v;
	return ERR_OK;
}

static enum unit power_unit(enum quantity q)
{
	enum dimension d = unit_dimension(quantity_unit(q));
	return d == DIM_REACTIVE_ENERGY ? UNIT_KVAR : d == DIM_APPARENT_ENERGY ? UNIT_KVA : UNIT_KW;
}

/* Values of one column of a chunk, [first, first + n) of its intervals. */
static enum err ask_column(
	struct iec_reading *r, struct iec_chunk *c, unsigned column, unsigned from, unsigned n)
{
	const struct iec_column *col = &r->s->map->profile->columns[column];
	unsigned minutes = r->s->state->minutes;
	struct iec_place at = {.day = c->day,
		.first = c->first + from + 1,
		.n = n,
		.index = (unsigned)periods_between(PERIOD_DAY, c->day, r->today)};
	char what[IEC_ASK_CAP];
	struct slice value, unit;
	bool is_whole = !strstr(col->ask, "{n}"); /* the whole day comes */
	if (!iec_map_ask(col->ask, &at, what)) {
		return ERR_INTERNAL;
	}
	enum err e = iec_ask(r->s, what);
	struct iec_values walk = iec_values_of(r->s, NULL);
	unsigned skip = is_whole ? c->first + from : 0;
	for (unsigned i = 0; !e && i < skip + n && iec_values_next(&walk, &value, &unit); i++) {
		double v;
		int decimals;
		if (i >= skip && iec_number(value, &v, &decimals) &&
			!unit_convert(v, col->unit, power_unit(col->quantity), &v)) {
			c->value[column][from + i - skip] = v * minutes / 60;
		}
	}
	return e;
}

/* In one piece, or hour by hour where the meter does not like that. */
static enum err fill_column(struct iec_reading *r, struct iec_chunk *c, unsigned column)
{
	struct iec_state *state = r->s->state;
	unsigned hour = 60u / state->minutes;
	bool is_whole = !strstr(r->s->map->profile->columns[column].ask, "{n}");
	enum err e = ERR_OK;
	if (!state->is_stepwise || is_whole) {
		e = ask_column(r, c, column, 0, c->n);
		bool is_large = c->n > hour && !is_whole;
		state->is_batched = state->is_batched || (!e && is_large);
		if (!is_large || state->is_batched || !iec_is_refusal(e) || e == ERR_UNSUPP) {
			return e;
		}
	}
	unsigned told = 0;
	for (unsigned from = 0, n; from < c->n; from += n) {
		n = hour - (c->first + from) % hour;
		n = n < c->n - from ? n : c->n - from;
		e = ask_column(r, c, column, from, n);
		if (e && !iec_is_refusal(e)) {
			return e;
		}
		told += !e;
		if (e && !told) {
			return e;
		}
	}
	state->is_stepwise = state->is_stepwise || told > 0;
	return ERR_OK;
}

static enum err put_chunk(
	struct iec_reading *r, const struct iec_chunk *c, struct profile *profile, uint8_t columns)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < c->n && !e; i++) {
		struct civil at = c->day;
		at.minute = (int)((c->first + i) * r->s->state->minutes);
		at = civil_from_utc(civil_to_utc(at));
		int64_t utc = zone_utc(r->calendar.zone, at, false);
		struct civil back = zone_civil(r->calendar.zone, utc);
		struct profile_slot slot = {.start_utc = utc, .minutes = r->s->state->minutes};
		bool is_time = back.hour == at.hour && back.minute == at.minute;
		bool has_value = false;
		unsigned n = 0;
		for (unsigned k = 0; k < r->s->map->profile->columns_count; k++) {
			if (columns >> k & 1) {
				has_value = has_value || !isnan(c->value[k][i]);
				slot.value[n++] = c->value[k][i];
			}
		}
		if (is_time && has_value && !emit_is_twice(r->calendar.zone, utc)) {
			e = profile_put(profile, &slot);
		}
	}
	return e;
}

/* Intervals of a day that are asked for and over: *ret_from to *ret_till. */
static void wanted_of(
	const struct iec_reading *r, struct civil day, unsigned *ret_from, unsigned *ret_till)
{
	int minutes = r->s->state->minutes;
	unsigned all = 1440u / (unsigned)minutes;
	*ret_from = all;
	*ret_till = 0;
	for (unsigned i = 0; i < all; i++) {
		struct civil at = day;
		at.minute = (int)i * minutes;
		at = civil_from_utc(civil_to_utc(at));
		int64_t utc = zone_utc(r->calendar.zone, at, false);
		if (utc >= r->span.from && utc < r->span.till && utc + minutes * 60 <= r->now_utc) {
			*ret_from = i < *ret_from ? i : *ret_from;
			*ret_till = i + 1;
		}
	}
}

static uint8_t columns_of(const struct iec_reading *r)
{
	unsigned all = (1u << r->s->map->profile->columns_count) - 1;
	return (uint8_t)(all & ~(unsigned)r->s->state->no_columns);
}

static enum err read_chunk(struct iec_reading *r, struct iec_chunk *c, struct profile *profile)
{
	for (unsigned k = 0; k < IEC_COLUMNS_MAX; k++) {
		for (unsigned i = 0; i < CHUNK; i++) {
			c->value[k][i] = NAN;
		}
	}
	for (unsigned k = 0; k < r->s->map->profile->columns_count; k++) {
		enum err e = columns_of(r) >> k & 1 ? fill_column(r, c, k) : ERR_OK;
		if (e == ERR_DENIED || (e && !iec_is_refusal(e))) {
			return e;
		}
	}
	return put_chunk(r, c, profile, columns_of(r));
}

/* The columns the meter has are known when it was asked for an interval of yesterday. */
static enum err learn_columns(struct iec_reading *r)
{
	struct civil day = {r->today.year, r->today.month, r->today.day - 1, 0, 0, 0};
	day = civil_from_utc(civil_to_utc(day));
	for (unsigned k = 0; k < r->s->map->profile->columns_count; k++) {
		struct iec_chunk c = {.day = day, .n = 1};
		enum err e = columns_of(r) >> k & 1 ? ask_column(r, &c, k, 0, 1) : ERR_OK;
		if (e == ERR_UNSUPP) {
			r->s->state->no_columns |= (uint8_t)(1u << k);
		} else if (e && !iec_is_refusal(e)) {
			return e;
		}
	}
	r->s->state->has_columns = true;
	return ERR_OK;
}

static enum err read_profile(struct iec_reading *r)
{
	struct profile_column columns[IEC_COLUMNS_MAX];
	struct profile profile;
	size_t n = 0;
	struct civil day = zone_civil(r->calendar.zone, r->span.from);
	struct civil end = zone_civil(r->calendar.zone, r->span.till - 1);
	enum err e = learn_minutes(r);
	if (!e && !profile_fits(r->s->state->minutes, r->period)) {
		e = talk_fail(r->s->talk, ERR_UNSUPP,
			"the meter's profile has intervals of %d minutes", r->s->state->minutes);
	}
	day.hour = day.minute = day.second = 0;
	e = e ? e : r->s->state->has_columns ? ERR_OK : learn_columns(r);
	for (unsigned k = 0; k < r->s->map->profile->columns_count; k++) {
		const struct iec_column *c = &r->s->map->profile->columns[k];
		if (columns_of(r) >> k & 1) {
			columns[n++] = (struct profile_column){
				c->key, c->quantity, quantity_unit(c->quantity), -1};
		}
	}
	profile_begin(&profile, r->out, r->period, r->span, &r->calendar, columns, n);
	while (!e && n && civil_to_utc(day) <= civil_to_utc(end)) {
		unsigned from, till;
		wanted_of(r, day, &from, &till);
		for (; !e && from < till; from += CHUNK) {
			struct iec_chunk c = {.day = day,
				.first = from,
				.n = till - from < CHUNK ? till - from : CHUNK};
			e = read_chunk(r, &c, &profile);
		}
		day.day++;
		day = civil_from_utc(civil_to_utc(day));
	}
	enum err last = profile_end(&profile);
	return e ? e : n ? last : ERR_UNSUPP;
}

/* ---- ---- */

/* A meter just fitted has no record yet and may say so as if it knew none: each day is asked anew. */
static void forget_refusals(struct iec_reading *r)
{
	struct iec_state *state = r->s->state;
	struct civil day = {r->today.year, r->today.month, r->today.day, 0, 0, 0};
	int64_t number = civil_to_utc(day) / 86400;
	if (state->learnt_day != number) {
		state->learnt_day = number;
		state->no_archives = 0;
		state->has_columns = state->has_columns && !state->no_columns;
		state->no_columns = 0;
	}
}

enum err iec_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct iec_session s;
	enum err e = iec_open(t, &s);
	if (e) {
		return e;
	}
	struct iec_reading r = {.s = &s,
		.out = out,
		.period = period,
		.span = span,
		.calendar = {talk_zone(t), 0, 1}};
	bool is_profile = period == PERIOD_HALF_HOUR || period == PERIOD_HOUR;
	if (!s.map || iec_is_readout(&s) || (is_profile && !s.map->profile)) {
		e = ERR_UNSUPP;
	}
	e = e ? e : iec_read_clock(&s, &r.today);
	if (!e && r.today.hour == 23 && r.today.minute >= 60 - MIDNIGHT_MIN) {
		e = talk_fail(t, ERR_BUSY, "the meter's clock is about to begin another day");
	}
	if (!e) {
		forget_refusals(&r);
		r.now_utc = iec_utc_of(t, r.today);
		e = is_profile ? read_profile(&r) : read_records(&r);
	}
	iec_close(&s);
	return e;
}
