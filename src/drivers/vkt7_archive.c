/*
 * vkt7_archive.c - hours, days and months of a VKT-7, by date
 *
 *     date written   dd mm yy hh      the record of
 *     hour           hh of that day   hh:00 to hh+1:00
 *     day            hh = 23          that civil day
 *     month          hh = 23          the report month that ends with that day: its report day, or the
 *                                     last day of a shorter month
 *
 * All of them name the last hour of the record. A date without a record is refused with code 3: a gap.
 * Code 5 instead of the data: the record was made under another scheme; properties and list are read
 * again with this date set, once for each record.
 */
#include "drivers/vkt7.h"

#define DATE       0x3ffb
#define RANGE      0x3ff6
#define RANGE_SIZE 12 /* first hour, now, first day: dd mm yy hh each */
#define LAST_HOUR  23
#define YEAR_0     2000
#define LOOK_AT    24 /* records from which it pays to ask where the memory begins */

struct walk {
	struct vkt7 vkt;
	enum period period;
	struct calendar calendar;
	struct span span;
	struct sink *out;
	bool has_put;
};

/* The date of a record that starts at `start`. False: no date is its alone. */
static bool date_of(const struct walk *w, int64_t start, uint8_t ret_date[4])
{
	const struct calendar *c = &w->calendar;
	struct civil l = zone_civil(c->zone, start);
	if (w->period == PERIOD_HOUR) {
		/* the second of two equal hours in autumn has no date of its own */
		struct civil hour = l;
		hour.minute = hour.second = 0;
		if (zone_utc(c->zone, hour, false) != start) {
			return false;
		}
	} else {
		l.hour = LAST_HOUR;
	}
	if (w->period == PERIOD_MONTH) {
		int64_t till = period_next(c, PERIOD_MONTH, start);
		int report_day = c->report_day > 1 ? c->report_day - 1 : 31;
		l = zone_civil(c->zone, till - 1);
		int last = civil_month_days(l.year, l.month);
		l.day = report_day < last ? report_day : last;
		l.hour = LAST_HOUR;
	}
	ret_date[0] = (uint8_t)l.day;
	ret_date[1] = (uint8_t)l.month;
	ret_date[2] = (uint8_t)(l.year - YEAR_0);
	ret_date[3] = (uint8_t)l.hour;
	return l.year >= YEAR_0 && l.year < YEAR_0 + 100;
}

/* All elements of the record, in as many lists as they need. */
static enum err read_record(struct walk *w, int64_t start, const uint8_t date[4])
{
	struct vkt7 *v = &w->vkt;
	const struct vkt7_when when = {FORM_AMOUNT, w->period, start};
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < v->chunk_n; i++) {
		struct vkt7_item items[VKT7_ELEMENTS_MAX];
		e = vkt7_select(v, i);
		e = e ? e : vkt7_write(v, DATE, (struct slice){date, 4});
		e = e ? e : vkt7_read_items(v, items);
		e = e ? e : vkt7_put(v, items, v->chunks[i].n, &when, w->out);
		w->has_put = w->has_put || !e;
	}
	return e;
}

static enum err read_under_old_scheme(struct walk *w, int64_t start, const uint8_t date[4])
{
	struct vkt7 *v = &w->vkt;
	enum vkt7_type type = v->type;
	enum err e = vkt7_read_properties(v);
	e = e ? e : vkt7_set_type(v, type);
	e = e ? e : vkt7_write(v, DATE, (struct slice){date, 4});
	e = e ? e : vkt7_read_list(v);
	e = e ? e : read_record(w, start, date);
	return e != ERR_CONFLICT ?
		       e :
		       talk_fail(v->peer.talk, ERR_PROTO,
			       "the meter says its scheme changed, and says so again with the new "
			       "list");
}

static bool moment_of(const struct walk *w, const uint8_t date[4], int64_t *ret_utc)
{
	struct civil c = {YEAR_0 + date[2], date[1], date[0], date[3], 0, 0};
	if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 23) {
		return false;
	}
	*ret_utc = zone_utc(w->calendar.zone, c, false);
	return true;
}

/* Do not ask for what is older than the memory; a meter that cannot tell is asked for all of it. */
static enum err clip(struct walk *w)
{
	struct slice data;
	int64_t first;
	if (w->period == PERIOD_MONTH || period_count(&w->calendar, w->period, w->span) < LOOK_AT) {
		return ERR_OK;
	}
	enum err e = vkt7_read(&w->vkt, RANGE, 0, &data);
	if (err_is_answer(e)) {
		return e == ERR_NODATA ? e : ERR_OK;
	}
	if (e || data.size != RANGE_SIZE) {
		return e;
	}
	const uint8_t *date = data.data + (w->period == PERIOD_HOUR ? 0 : 8);
	if (moment_of(w, date, &first) && first < talk_now(w->vkt.peer.talk)) {
		first = period_of(&w->calendar, w->period, first).from;
		w->span.from = first > w->span.from ? first : w->span.from;
	}
	return ERR_OK;
}

static enum err walk(struct walk *w)
{
	int64_t now = talk_now(w->vkt.peer.talk);
	enum err e = clip(w);
	if (e) {
		return e;
	}
	int64_t start = period_of(&w->calendar, w->period, w->span.from).from;
	if (start < w->span.from) {
		start = period_next(&w->calendar, w->period, start);
	}
	while (start < w->span.till) {
		int64_t next = period_next(&w->calendar, w->period, start);
		uint8_t date[4];
		if (next > now) {
			break; /* not over yet: whatever the meter says of it is not the whole */
		}
		if (date_of(w, start, date)) {
			e = read_record(w, start, date);
			e = e == ERR_CONFLICT ? read_under_old_scheme(w, start, date) : e;
			if (e && e != ERR_NODATA) {
				return e;
			}
		}
		start = next;
	}
	return ERR_OK;
}

enum err vkt7_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.period = period, .calendar = *talk_calendar(t), .span = span, .out = out};
	enum vkt7_type type = VKT7_HOUR;
	switch (period) {
	case PERIOD_HOUR: break;
	case PERIOD_DAY: type = VKT7_DAY; break;
	case PERIOD_MONTH: type = VKT7_MONTH; break;
	default: return ERR_UNSUPP;
	}
	int64_t oldest = talk_now(t) - 20 * 366 * 86400LL; /* the family is not older */
	w.span.from = w.span.from > oldest ? w.span.from : oldest;
	if (w.span.from >= w.span.till) {
		return ERR_NODATA;
	}
	enum err e = vkt7_open(&w.vkt, t, type);
	e = e ? e : walk(&w);
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}
