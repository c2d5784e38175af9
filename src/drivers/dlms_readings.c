/*
 * dlms_readings.c - daily and monthly profiles of a DLMS meter: readings at 0:00; see dlms_driver.h
 *
 * A row holds the registers as they stood at its stamp: readings of that moment. Maxima of the month that
 * ended then are told as values of that month.
 *
 * A meter that had no power at the moment writes the row when power is back, with what it had when power
 * went: rows without consumption and then a jump. Such a row - the same registers as the one before,
 * and the journal of power has a cut over the moment, or cannot be read - is told as SUSPECT, so that sums
 * go from the last reading to the next and spread what the jump holds.
 *
 * Rows at other moments than the ends of days and months of the meter (a person may take one at any time)
 * are not told.
 */
#include "drivers/dlms_driver.h"
#include "drivers/emit.h"

#include <math.h>
#include <string.h>

#define CLASS_SCHEDULE 22
#define SNAP_S         30
#define DAY_S          86400
#define READING_MAX    96 /* columns that are compared */

struct readings {
	struct dlms_peer *peer;
	enum dlms_layout_id id;
	enum period period;
	struct span span; /* of moments, its end included */
	const struct calendar *calendar;
	struct sink *out;
	struct dlms_offs offs;
	bool knows_offs;   /* the journal was asked */
	int64_t waits_utc; /* rows from here on wait for the journal; INT64_MAX: none does */
	int64_t told_utc;  /* rows before were told in an earlier pass */
	bool has_put;
	bool has_last;
	int64_t last_utc;
	double last[READING_MAX];
};

static bool is_border(const struct readings *r, int64_t *utc)
{
	struct span p = period_of(r->calendar, r->period, *utc);
	if (*utc - p.from <= SNAP_S) {
		*utc = p.from;
		return true;
	}
	if (p.till - *utc <= SNAP_S) {
		*utc = p.till;
		return true;
	}
	return false;
}

static bool is_counter(const struct dlms_measure *m)
{
	return m->meaning.kind == OBIS_NOW && quantity_kind(m->meaning.quantity) == KIND_COUNTER;
}

/* Registers that only grow, all as they were in the row before. */
static bool is_flat(struct readings *r, const struct dlms_row *row)
{
	const struct dlms_state *s = r->peer->state;
	const struct dlms_layout *y = &s->layouts[r->id];
	bool is_same = r->has_last && r->last_utc < row->utc, has_counter = false;
	for (size_t i = 0; i < row->n && i < READING_MAX; i++) {
		struct dlms_measure m;
		double v = NAN;
		if (dlms_measure_of(&s->columns[y->first + i], &m) && is_counter(&m)) {
			v = dlms_measured(&m, &row->cells[i]);
		}
		has_counter = has_counter || !isnan(v);
		is_same = is_same && (isnan(v) ? isnan(r->last[i]) : v == r->last[i]);
		r->last[i] = v;
	}
	r->has_last = true;
	r->last_utc = row->utc;
	return is_same && has_counter;
}

static enum err put(struct readings *r, const struct dlms_column *c, const struct axdr *cell,
	int64_t utc, bool is_suspect)
{
	struct dlms_measure m;
	if (!dlms_measure_of(c, &m) || (!is_counter(&m) && m.meaning.kind != OBIS_MAXIMUM)) {
		return ERR_OK; /* a voltage at midnight is no mean of the day */
	}
	double v = dlms_measured(&m, cell);
	enum quality_class class = isnan(v)                     ? QUALITY_MISSING :
				   is_suspect && is_counter(&m) ? QUALITY_SUSPECT :
								  QUALITY_MEASURED;
	struct sample x = {.key = m.meaning.key,
		.quantity = m.meaning.quantity,
		.unit = m.unit,
		.form = is_counter(&m) ? FORM_POINT : FORM_AMOUNT,
		.period = r->period,
		.utc = is_counter(&m) ? utc : period_prev(r->calendar, r->period, utc),
		.value = v,
		.decimals = m.decimals,
		.quality = quality_make(class, SOURCE_NONE, 0)};
	r->has_put = true;
	return r->out->put(r->out, &x);
}

static enum err take_row(void *ctx, const struct dlms_row *row)
{
	struct readings *r = ctx;
	const struct dlms_state *s = r->peer->state;
	const struct dlms_layout *y = &s->layouts[r->id];
	int64_t utc = row->utc;
	if (!row->has_time) {
		return ERR_OK;
	}
	bool is_same = is_flat(r, row);
	if (utc < r->span.from - SNAP_S || utc > r->span.till + SNAP_S || !is_border(r, &utc)) {
		return ERR_OK;
	}
	if (is_same && !r->knows_offs && r->waits_utc == INT64_MAX) {
		r->waits_utc = utc;
	}
	if (utc >= r->waits_utc || utc < r->told_utc) {
		return ERR_OK;
	}
	bool is_filled = is_same &&
			 (!r->offs.is_known || dlms_offs_touch(&r->offs, utc - 1, utc + 1));
	enum err e = ERR_OK;
	for (size_t i = 0; i < row->n && !e; i++) {
		e = put(r, &s->columns[y->first + i], &row->cells[i], utc, is_filled);
	}
	return e;
}

static enum err read_rows(struct readings *r)
{
	struct dlms_peer *p = r->peer;
	const struct obis object = dlms_layout_object(r->id);
	/* the row before the first one tells whether that was filled */
	struct span asked = {period_prev(r->calendar, r->period, r->span.from), r->span.till};
	enum err e = ERR_CONFLICT;
	r->waits_utc = INT64_MAX;
	for (int i = 0; i < 2 && e == ERR_CONFLICT; i++) {
		r->has_last = false;
		e = dlms_layout_learn(p, r->id);
		e = e ? e :
			dlms_rows_read(p, &object, &p->state->layouts[r->id].shape,
				r->period == PERIOD_MONTH ? 0 : DAY_S, asked, take_row, r);
		if (e == ERR_CONFLICT) {
			dlms_layout_forget(p, r->id);
		}
	}
	return e;
}

enum err dlms_read_readings(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct dlms_peer peer;
	struct readings r = {.peer = &peer,
		.id = period == PERIOD_MONTH ? DLMS_MONTHS : DLMS_DAYS,
		.period = period,
		.calendar = talk_calendar(t),
		.span = span,
		.told_utc = INT64_MIN,
		.out = out};
	enum err e = dlms_peer_init(t, &peer);
	e = e ? e : read_rows(&r);
	if (!e && r.waits_utc < INT64_MAX) {
		r.told_utc = r.waits_utc;
		r.knows_offs = true;
		e = dlms_offs_read(&peer,
			(struct span){
				r.told_utc - INT64_C(2) * DAY_S, span.till + INT64_C(2) * DAY_S},
			true, &r.offs);
		e = e ? e : read_rows(&r);
	}
	return e ? e : r.has_put ? ERR_OK : ERR_NODATA;
}

/* ---- when months end ---- */

struct billing {
	int day; /* 0: no row so far */
};

static enum err take_billing(void *ctx, const struct dlms_row *row)
{
	struct billing *b = ctx;
	const struct civil *c = &row->local;
	if (row->has_time && c->hour == 0 && c->minute == 0 && c->second < SNAP_S) {
		b->day = c->day;
	}
	return ERR_OK;
}

/* The schedule of billing: {time, date} whose date says a day and leaves month and year open. 0: none. */
static enum err scheduled_day(struct dlms_peer *p, int *ret_day)
{
	const struct obis schedule = dlms_obis("0.0.15.0.0.255");
	struct axdr list, entry, time, date;
	enum err e = dlms_read(p, CLASS_SCHEDULE, &schedule, 4);
	*ret_day = 0;
	if (e) {
		return err_is_answer(e) ? ERR_OK : e;
	}
	if (!dlms_value_get(p, &list) || list.tag != AXDR_ARRAY || list.count != 1) {
		return ERR_OK;
	}
	struct reader r = reader_of(list.bytes);
	if (!axdr_get(&r, &entry) || entry.tag != AXDR_STRUCTURE || entry.count != 2) {
		return ERR_OK;
	}
	r = reader_of(entry.bytes);
	if (!axdr_get(&r, &time) || !axdr_get(&r, &date) || time.bytes.size != 4 ||
		date.bytes.size != 5) {
		return ERR_OK;
	}
	const uint8_t *d = date.bytes.data;
	bool is_monthly = d[0] == 0xff && d[1] == 0xff && d[2] == 0xff;
	*ret_day = is_monthly && d[3] >= 1 && d[3] <= 31 ? d[3] : 0;
	return ERR_OK;
}

/* Days end at 0:00 by the standard; months on the day of the schedule, else as their newest row is
 * stamped. An hour other than 0 is not told, since days are not cut by it. */
enum err dlms_report_time(struct talk *t, int *ret_hour, int *ret_day)
{
	struct dlms_peer peer;
	struct billing b = {0};
	const struct obis object = dlms_layout_object(DLMS_MONTHS);
	int64_t now = talk_now(t);
	enum err e = dlms_peer_init(t, &peer);
	e = e ? e : scheduled_day(&peer, &b.day);
	if (!e && !b.day) {
		struct span span = {now - INT64_C(63) * DAY_S, now + DAY_S};
		e = dlms_layout_learn(&peer, DLMS_MONTHS);
		e = e ? e :
			dlms_rows_read(&peer, &object, &peer.state->layouts[DLMS_MONTHS].shape, 0,
				span, take_billing, &b);
	}
	if (e == ERR_CONFLICT) {
		dlms_layout_forget(&peer, DLMS_MONTHS);
		return talk_fail(t, ERR_BUSY, "the monthly profile has got other columns");
	}
	if (e) {
		return e;
	}
	if (!b.day) {
		return talk_fail(t, ERR_NODATA, "the meter has no monthly reading yet");
	}
	*ret_hour = 0;
	*ret_day = b.day;
	return ERR_OK;
}
