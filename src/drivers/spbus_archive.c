/*
 * spbus_archive.c - hours, days, months and the journal of an SPBus meter; see spbus.c
 *
 *   layout   HT 0 HT archive FF                  ->  the same, then per column
 *                                                    HT name HT unit HT channel HT number FF
 *   slice    HT 0 HT archive FF, date FF         ->  the same, two dates FF, HT value FF per column
 *   times    HT ch HT par FF, till FF, from FF   ->  the same, HT value HT unit HT stamp FF each,
 *                                                    the newest first
 *
 *   archive  65530 hours, 65532 days, 65534 months
 *
 * The layout is read in every call, because a column means what the layout says and operators change
 * it. Behind the asked date come up to two more, by model: of the nearest record, and of the nearest one
 * in the past. A record is taken when one of them is what was asked for, or none is there; otherwise
 * there is no such record, and a later date says where to go on.
 *
 * A meter without a layout of months is asked for the months of its day columns one by one, as time
 * arrays. Stamps name the end of an interval (parameter label); of days and months the hour is not
 * looked at, because the report hour is known.
 */
#include "drivers/spbus.h"

#include "base/str.h"
#include "model/unit_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX   200
#define PIPE_FROM     100
#define CONSUMER_FROM 300
#define CHANNEL_LAST  31
#define PAR_JOURNAL   98
#define JOURNAL_S     (7 * 86400LL) /* of the journal in one request */
#define MONTHS_MAX    36            /* of a time array in one request */

/* ---- layout ---- */

struct column {
	uint16_t number;
	uint8_t channel;
	uint8_t unit_size;
	uint8_t unit[14]; /* as the meter writes it */
	bool has_unit;    /* of its own: not that of the column before */
	bool is_known;    /* a rule names it */
	struct spbus_name name;
};

struct layout {
	struct column columns[COLUMNS_MAX];
	size_t n;
};

static int archive_number(enum period period)
{
	return period == PERIOD_HOUR  ? 65530 :
	       period == PERIOD_DAY   ? 65532 :
	       period == PERIOD_MONTH ? 65534 :
					0;
}

/* False: it is no column. A unit that is left out is that of the column before. */
static bool column_of(const struct spbus_tag *tag, const struct column *before, struct column *ret)
{
	int channel, number;
	if (tag->n < 4 || !spbus_int(tag->field[2], &channel) ||
		!spbus_int(tag->field[3], &number) || channel > 99) {
		return false;
	}
	struct column c = {.number = (uint16_t)number, .channel = (uint8_t)channel};
	struct slice unit = tag->field[1];
	if (unit.size == 0 && before) {
		memcpy(c.unit, before->unit, sizeof(c.unit));
		c.unit_size = before->unit_size;
	} else if (unit.size > 0 && unit.size <= sizeof(c.unit)) {
		memcpy(c.unit, unit.data, unit.size);
		c.unit_size = (uint8_t)unit.size;
	}
	c.has_unit = unit.size > 0;
	*ret = c;
	return true;
}

static struct slice unit_of(const struct column *c)
{
	return (struct slice){c->unit, c->unit_size};
}

/* No unit may mean that of the column before, or that there is none: a code has none. A second column
 * of the same name keeps its number. */
static void layout_name(const struct spbus_peer *p, enum period period, struct layout *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct column *c = &l->columns[i];
		struct spbus_pointer which = {c->channel, c->number};
		struct slice none = {NULL, 0};
		c->is_known = (!c->has_unit &&
				      spbus_name_column(p, period, which, none, &c->name)) ||
			      spbus_name_column(p, period, which, unit_of(c), &c->name);
		for (size_t k = 0; c->is_known && k < i; k++) {
			if (strcmp(l->columns[k].name.key, c->name.key) == 0) {
				spbus_name_number(which, unit_of(c), &c->name);
				c->is_known = false;
			}
		}
	}
}

/* NODATA: the meter has no such archive. */
static enum err layout_read(const struct spbus_peer *p, enum period period, struct layout *ret)
{
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag;
	ret->n = 0;
	spbus_request(p, SPBUS_READ_LAYOUT, &o);
	spbus_pointer(&o, 0, archive_number(period));
	enum err e = spbus_ask(p, &o, &rest);
	while (!e && ret->n < COLUMNS_MAX && spbus_tag_next(&rest, &tag)) {
		if (tag.n == 1 && spbus_is_error(tag.field[0])) {
			return ERR_NODATA;
		}
		if (!column_of(&tag, ret->n ? &ret->columns[ret->n - 1] : NULL,
			    &ret->columns[ret->n])) {
			return talk_fail(p->talk, ERR_PROTO,
				"column %zu of archive %d has no channel and number", ret->n + 1,
				archive_number(period));
		}
		ret->n++;
	}
	if (!e && (rest.is_short || reader_left(&rest))) {
		return talk_fail(p->talk, ERR_PROTO, "the layout of archive %d cannot be read",
			archive_number(period));
	}
	layout_name(p, period, ret);
	return e || ret->n ? e : ERR_NODATA;
}

enum err spbus_channels(const struct spbus_peer *p, struct spbus_memory *ret_memory)
{
	struct spbus_memory *m = talk_state(p->talk, sizeof(*m));
	struct layout l;
	enum err e = m->is_known ? ERR_OK : layout_read(p, PERIOD_HOUR, &l);
	if (err_is_answer(e) && e != ERR_OK) {
		/* nothing to learn from: one supply, one return, one consumer */
		*ret_memory = (struct spbus_memory){.pipes = 6, .consumers = 2};
		return ERR_OK;
	}
	for (size_t i = 0; !e && !m->is_known && i < l.n; i++) {
		const struct column *c = &l.columns[i];
		if (c->channel < 1 || c->channel > CHANNEL_LAST || c->number < PIPE_FROM) {
			continue;
		}
		if (c->number < CONSUMER_FROM) {
			m->pipes |= 1U << c->channel;
		} else {
			m->consumers |= 1U << c->channel;
		}
	}
	if (!e) {
		m->is_known = true;
		*ret_memory = *m;
	}
	return e;
}

/* ---- periods and stamps ---- */

struct walk {
	struct spbus_peer peer;
	struct calendar calendar;
	enum period period;
	struct span span;
	struct sink *out;
	struct layout layout;
	bool has_put;
};

static bool is_of_calendar(const struct walk *w)
{
	return w->period == PERIOD_DAY || w->period == PERIOD_MONTH;
}

/* What the meter calls the period that starts at `start`. */
static struct civil stamp_of(const struct walk *w, int64_t start)
{
	int64_t utc = w->peer.is_begin ? start : period_next(&w->calendar, w->period, start);
	return zone_civil(w->calendar.zone, utc);
}

static bool is_same_stamp(const struct walk *w, const struct civil *a, const struct civil *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day &&
	       (is_of_calendar(w) || a->hour == b->hour);
}

/* The start of the period a stamp names. */
static int64_t start_of(const struct walk *w, struct civil stamp)
{
	if (is_of_calendar(w)) {
		stamp.hour = w->calendar.report_hour;
		stamp.minute = stamp.second = 0;
	}
	int64_t utc = zone_utc(w->calendar.zone, stamp, false);
	return period_of(&w->calendar, w->period, w->peer.is_begin ? utc : utc - 1).from;
}

/* A record of a period that is not over says less than it will. */
static bool is_over(const struct walk *w, int64_t start)
{
	return period_next(&w->calendar, w->period, start) <= talk_now(w->peer.talk);
}

/* ---- slices ---- */

/* A code that is no number is one all the same. */
static bool is_wrong(const struct sample *s, struct slice value)
{
	return s->quantity == QUANTITY_ERROR_CODE &&
	       (isnan(s->value) ? value.size > 0 && !spbus_is_error(value) : s->value != 0);
}

/* The values behind the dates: is there one at all, and does one say that something was wrong? */
static enum err values_look(
	const struct walk *w, struct reader rest, bool *ret_any, unsigned *ret_flags)
{
	struct spbus_tag tag;
	size_t n = 0;
	*ret_any = false;
	*ret_flags = 0;
	bool is_good = true;
	for (; spbus_tag_next(&rest, &tag); n++) {
		is_good = is_good && tag.n == 1 && n < w->layout.n;
		if (is_good) {
			struct sample s = spbus_sample(&w->layout.columns[n].name, tag.field[0]);
			*ret_any = *ret_any || !isnan(s.value);
			*ret_flags |= is_wrong(&s, tag.field[0]) ? QUALITY_ABNORMAL : 0;
		}
	}
	if (!is_good || rest.is_short || n != w->layout.n) {
		return talk_fail(w->peer.talk, ERR_PROTO,
			"a record of %zu columns in an archive of %zu", n, w->layout.n);
	}
	return ERR_OK;
}

static enum err values_put(struct walk *w, struct reader rest, int64_t start)
{
	struct spbus_tag tag;
	bool has_any;
	unsigned flags;
	enum err e = values_look(w, rest, &has_any, &flags);
	for (size_t i = 0; !e && has_any && spbus_tag_next(&rest, &tag); i++) {
		struct sample s = spbus_sample(&w->layout.columns[i].name, tag.field[0]);
		s.form = FORM_AMOUNT;
		s.period = w->period;
		s.utc = start;
		s.quality |= (uint16_t)flags;
		e = w->out->put(w->out, &s);
		w->has_put = true;
	}
	return e;
}

/* The record of the period at `start`, if there is one; *ret_next: where to look next. */
static enum err slice_read(struct walk *w, int64_t start, int64_t *ret_next)
{
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag = {.n = 0};
	struct civil asked = stamp_of(w, start), found;
	bool is_there = false, has_dates = false;
	*ret_next = period_next(&w->calendar, w->period, start);
	if (start_of(w, asked) != start) {
		return ERR_OK; /* an hour that comes twice has one name: the first is taken */
	}
	spbus_request(&w->peer, SPBUS_READ_SLICE, &o);
	spbus_pointer(&o, 0, archive_number(w->period));
	spbus_date(&o, &asked);
	enum err e = spbus_ask(&w->peer, &o, &rest);
	if (e) {
		return e;
	}
	for (struct reader ahead = rest; spbus_tag_next(&ahead, &tag) && tag.n == 6; rest = ahead) {
		has_dates = true;
		if (!spbus_tag_date(&tag, &found)) {
			continue; /* there is none on this side */
		}
		int64_t at = start_of(w, found);
		is_there = is_there || is_same_stamp(w, &asked, &found);
		*ret_next = !is_there && at > *ret_next ? at : *ret_next;
	}
	bool is_refused = tag.n == 1 && spbus_is_error(tag.field[0]) && w->layout.n > 1 &&
			  reader_left(&rest) == tag.field[0].size + 2;
	if (is_refused || (has_dates && !is_there)) {
		return ERR_OK;
	}
	return values_put(w, rest, start);
}

static enum err slices_walk(struct walk *w)
{
	int64_t start = w->span.from;
	enum err e = ERR_OK;
	while (!e && start < w->span.till && is_over(w, start)) {
		int64_t next;
		e = slice_read(w, start, &next);
		start = next;
	}
	return e;
}

/* ---- time arrays ---- */

typedef enum err element_fn(void *ctx, struct slice value, struct slice unit, struct civil stamp);

/* Elements of an array between two stamps, both included. */
static enum err times_read(const struct spbus_peer *p, struct spbus_pointer which,
	const struct civil *from, const struct civil *till, element_fn *take, void *ctx)
{
	struct spbus_out o;
	struct reader rest;
	struct spbus_tag tag;
	struct slice unit = {NULL, 0};
	spbus_request(p, SPBUS_READ_TIME, &o);
	spbus_pointer(&o, which.channel, which.number);
	spbus_date(&o, till);
	spbus_date(&o, from);
	enum err e = spbus_ask(p, &o, &rest);
	while (!e && spbus_tag_next(&rest, &tag)) {
		struct civil stamp;
		if (tag.n == 1 && spbus_is_error(tag.field[0])) {
			return ERR_NODATA;
		}
		/* the unit may be left out: the stamp is what stands last */
		if (tag.n < 2 || !spbus_text_stamp(tag.field[tag.n - 1], &stamp)) {
			continue;
		}
		unit = tag.n > 2 && tag.field[1].size > 0 ? tag.field[1] : unit;
		e = take(ctx, tag.field[0], unit, stamp);
	}
	return e;
}

struct months {
	struct walk *walk;
	struct column column; /* of the month */
};

static enum err take_month(void *ctx, struct slice value, struct slice unit, struct civil stamp)
{
	struct months *m = ctx;
	struct walk *w = m->walk;
	struct spbus_name name;
	int64_t start = start_of(w, stamp);
	struct spbus_pointer which = {m->column.channel, m->column.number};
	bool is_wanted = start >= w->span.from && start < w->span.till && is_over(w, start);
	if (!is_wanted || spbus_is_error(value)) {
		return ERR_OK;
	}
	(void)spbus_name_column(
		&w->peer, PERIOD_MONTH, which, unit.size ? unit : unit_of(&m->column), &name);
	struct sample s = spbus_sample(&name, value);
	s.form = FORM_AMOUNT;
	s.period = PERIOD_MONTH;
	s.utc = start;
	w->has_put = true;
	return w->out->put(w->out, &s);
}

static enum err months_by_column(struct walk *w)
{
	int64_t from = w->span.from;
	enum err e = layout_read(&w->peer, PERIOD_DAY, &w->layout);
	while (!e && from < w->span.till && is_over(w, from)) {
		int64_t last = from;
		for (int i = 1; i < MONTHS_MAX; i++) {
			int64_t next = period_next(&w->calendar, w->period, last);
			last = next < w->span.till && is_over(w, next) ? next : last;
		}
		struct civil first_stamp = stamp_of(w, from), last_stamp = stamp_of(w, last);
		for (size_t i = 0; !e && i < w->layout.n; i++) {
			struct months m = {w, w->layout.columns[i]};
			m.column.number += SPBUS_MONTH_OFFSET - SPBUS_DAY_OFFSET;
			struct spbus_pointer which = {m.column.channel, m.column.number};
			if (m.column.is_known) {
				e = times_read(
					&w->peer, which, &first_stamp, &last_stamp, take_month, &m);
			}
			e = err_is_answer(e) ? ERR_OK : e;
		}
		from = period_next(&w->calendar, w->period, last);
	}
	return e;
}

/* ---- what the driver offers ---- */

enum err spbus_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.period = period, .out = out, .calendar = *talk_calendar(t)};
	if (archive_number(period) == 0) {
		return ERR_UNSUPP;
	}
	enum err e = spbus_peer_init(t, &w.peer);
	if (e) {
		return e;
	}
	/* a span may begin inside a period: the first that starts in it */
	struct span begin = period_of(&w.calendar, period, span.from);
	w.span = (struct span){begin.from < span.from ? begin.till : span.from, span.till};
	e = layout_read(&w.peer, period, &w.layout);
	if (!e) {
		e = slices_walk(&w);
	} else if (err_is_answer(e) && period == PERIOD_MONTH) {
		e = months_by_column(&w);
	}
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}

struct journal {
	struct talk *talk;
	struct sink *out;
	size_t entries;
};

static enum err take_entry(void *ctx, struct slice value, struct slice unit, struct civil stamp)
{
	struct journal *j = ctx;
	char text[160];
	(void)unit;
	if (spbus_is_error(value) || !j->out->event) {
		return ERR_OK;
	}
	(void)text_to_utf8(text, sizeof(text), (const char *)value.data, value.size, TEXT_CP866);
	struct meter_event event = {
		.utc = zone_utc(talk_zone(j->talk), stamp, false), .code = "journal", .text = text};
	j->entries++;
	return j->out->event(j->out, &event);
}

enum err spbus_read_events(struct talk *t, struct span span, struct sink *out)
{
	struct spbus_peer p = {0};
	struct journal j = {.talk = t, .out = out};
	const struct spbus_pointer which = {0, PAR_JOURNAL};
	int64_t till_utc = span.till < talk_now(t) ? span.till : talk_now(t);
	enum err e = spbus_peer_init(t, &p);
	for (int64_t at = span.from; !e && at < till_utc; at += JOURNAL_S) {
		int64_t end = at + JOURNAL_S < till_utc ? at + JOURNAL_S : till_utc;
		struct civil from = zone_civil(talk_zone(t), at);
		struct civil till = zone_civil(talk_zone(t), end - 1);
		e = times_read(&p, which, &from, &till, take_entry, &j);
		e = err_is_answer(e) ? ERR_OK : e;
	}
	return e ? e : j.entries ? ERR_OK : ERR_NODATA;
}
