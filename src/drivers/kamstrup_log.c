/*
 * kamstrup_log.c - daily and monthly logs, by record number; see kamstrup.h
 *
 *     number     1 ──── 2 ──── 3 ───► older          1 the newest, of the period that ended last
 *     date    25.11  24.11  21.11                    a period the meter slept through has no record
 *
 * Every register of a record is a request of its own, its date (register 1003) too: a piece of up to
 * 16 records is the dates and then each register. Meanwhile a period may end and all numbers move by
 * one: the date of number 1 is read before and after, and a piece that moved is read again.
 *
 * Because records may be missing, the wanted ones have at most the numbers the calendar gives: the walk
 * starts there, steps nearer if what lies there is too old, and goes to the older ones.
 *
 * Months hold readings at the date. Days hold what was counted in the day where a value is shorter than
 * its register (2 bytes for 4), readings where it is as long, means of temperatures and pressures.
 * Whether a day's date is its own or that of the next is seen at number 1.
 * A number beyond the memory is answered too, with records of anywhere: none is asked for, and dates that do
 * not go back end the walk. A log without dates is counted from the meter's clock, and its values say so (TIME_SUSPECT).
 */
#include "drivers/kamstrup.h"

#include <math.h>
#include <string.h>

#define REGISTER_BYTES 4 /* mantissa of a counter's own register */
#define MOVES_MAX      2

static const unsigned depths[KAMSTRUP_LOGS] = {
	[KAMSTRUP_LOG_DAYS] = 460, [KAMSTRUP_LOG_MONTHS] = 36};

struct column {
	const struct kamstrup_register *reg;
	struct kmp_form form;
	unsigned n;
	struct decimal values[KMP_RECORDS];
};

struct walk {
	struct kamstrup k;
	enum kamstrup_log log;
	enum period period;
	struct calendar calendar;
	struct span span;
	struct sink *out;
	int64_t open_start; /* of the running period, by the meter's clock */
	struct decimal newest;
	bool has_dates;
	unsigned n; /* records of this piece */
	int64_t starts[KMP_RECORDS];
	struct column columns[KAMSTRUP_REGISTERS];
	unsigned columns_n;
	bool has_put;
};

static int64_t steps_back(const struct walk *w, int64_t start, int64_t n)
{
	for (; n > 0; n--) {
		start = period_prev(&w->calendar, w->period, start);
	}
	return start;
}

/* Local midnight or report hour of a date. */
static int64_t utc_of(const struct walk *w, struct civil date)
{
	date.hour = w->calendar.report_hour;
	date.minute = date.second = 0;
	return zone_utc(w->calendar.zone, date, false);
}

/* The period a date names: a day; of months the one that begins at the reading. */
static bool start_of(const struct walk *w, struct decimal yymmdd, int64_t *ret_start)
{
	struct civil date;
	if (!kmp_date(yymmdd, &date)) {
		return false;
	}
	int64_t utc = utc_of(w, date);
	*ret_start = w->period == PERIOD_DAY && w->k.state->is_end_label ?
			     period_prev(&w->calendar, PERIOD_DAY, utc) :
			     utc;
	return true;
}

static enum err read_dates(const struct walk *w, unsigned first, int count,
	struct kmp_message *message, struct kmp_log *ret)
{
	struct kmp_ask q = kmp_ask_log(KMP_REG_DATE, (uint16_t)first, count);
	return kamstrup_ask_log(&w->k, w->log, KMP_REG_DATE, &q, message, ret);
}

/* The date of number 1. NODATA: the log has no dates, or no records. */
static enum err read_newest(const struct walk *w, struct decimal *ret)
{
	struct kmp_message m;
	struct kmp_log log;
	enum err e = read_dates(w, 1, 1, &m, &log);
	if (!e) {
		*ret = kmp_log_value(&log, 0);
	}
	return e;
}

static void learn_label(struct walk *w)
{
	const char *how = talk_param_text(w->k.talk, "day_label");
	struct civil date;
	if (strcmp(how, "end") == 0 || strcmp(how, "start") == 0) {
		w->k.state->is_end_label = how[0] == 'e';
	} else if (w->has_dates && w->period == PERIOD_DAY && kmp_date(w->newest, &date) &&
		   utc_of(w, date) >= w->open_start) {
		w->k.state->is_end_label = true; /* a closed day cannot bear the running date */
	}
}

/* Starts of records `first` and older; w->n of them. */
static enum err read_starts(struct walk *w, unsigned first)
{
	struct kmp_message m;
	struct kmp_log log;
	w->n = 0;
	if (!w->has_dates) {
		bool is_day = w->period == PERIOD_DAY;
		int64_t start = steps_back(w, w->open_start, is_day ? first : first - 1);
		for (; w->n < KMP_RECORDS; w->n++) {
			w->starts[w->n] = start;
			start = period_prev(&w->calendar, w->period, start);
		}
		return ERR_OK;
	}
	enum err e = read_dates(w, first, -1, &m, &log);
	for (unsigned i = 0; !e && i < log.n && i < KMP_RECORDS; i++) {
		if (!start_of(w, kmp_log_value(&log, i), &w->starts[i]) ||
			(i > 0 && w->starts[i] >= w->starts[i - 1])) {
			break; /* zero: no more records */
		}
		w->n++;
	}
	return e;
}

static enum err read_column(struct walk *w, unsigned first, const struct kamstrup_register *r)
{
	/* without a count the meter sends 16 */
	int count = w->n < KMP_RECORDS ? (int)w->n : -1;
	struct kmp_ask q = kmp_ask_log(r->id, (uint16_t)first, count);
	struct kmp_message m;
	struct kmp_log log;
	enum err e = kamstrup_ask_log(&w->k, w->log, r->id, &q, &m, &log);
	if (e) {
		return err_is_answer(e) && kamstrup_has_log(w->k.state, w->log) ? ERR_OK : e;
	}
	struct column *c = &w->columns[w->columns_n++];
	c->reg = r;
	c->form = log.form;
	c->n = log.n < w->n ? log.n : w->n;
	for (unsigned i = 0; i < c->n; i++) {
		c->values[i] = kmp_log_value(&log, i);
	}
	return ERR_OK;
}

static enum err read_columns(struct walk *w, unsigned first)
{
	uint8_t where = w->period == PERIOD_DAY ? KAMSTRUP_DAY : KAMSTRUP_MONTH;
	enum err e = ERR_OK;
	w->columns_n = 0;
	for (unsigned i = 0; i < KAMSTRUP_REGISTERS && !e; i++) {
		const struct kamstrup_register *r = &kamstrup_registers[i];
		if (r->where & where && w->k.state->counted >> i & 1) {
			e = read_column(w, first, r);
		}
	}
	return e;
}

/* ---- records out ---- */

static enum err put_field(struct walk *w, const struct column *c, unsigned i, unsigned flags)
{
	struct sample s;
	enum quantity_kind kind = quantity_kind(c->reg->quantity);
	bool is_reading = kind == KIND_COUNTER &&
			  (w->period == PERIOD_MONTH || c->form.size >= REGISTER_BYTES);
	if (i >= c->n || !kamstrup_fill(c->reg, &c->form, c->values[i], &s)) {
		return ERR_OK;
	}
	s.period = w->period;
	s.utc = w->starts[i];
	s.form = FORM_AMOUNT;
	if (is_reading) {
		s.form = FORM_POINT;
		s.utc = w->period == PERIOD_DAY ? period_next(&w->calendar, PERIOD_DAY, s.utc) :
						  s.utc;
	}
	s.quality |= (uint16_t)flags;
	w->has_put = true;
	enum err e = w->out->put(w->out, &s);
	unsigned abnormal;
	if (e || s.quantity != QUANTITY_ERROR_CODE || !(s.value >= 0 && s.value <= UINT32_MAX) ||
		!kamstrup_abnormal(&w->k, (uint32_t)s.value, &abnormal)) {
		return e;
	}
	s.key = "abnormal";
	s.quantity = QUANTITY_ABNORMAL;
	s.value = abnormal;
	return w->out->put(w->out, &s);
}

/* A code that is known and means nothing for counting does not make a day abnormal. */
static unsigned flags_of(const struct walk *w, unsigned i)
{
	unsigned flags = w->has_dates ? 0 : QUALITY_TIME_SUSPECT;
	const struct column *c = w->columns_n ? &w->columns[0] : NULL;
	unsigned abnormal;
	if (!c || c->reg->id != KMP_REG_INFO || i >= c->n || c->values[i].mantissa == 0) {
		return flags;
	}
	bool is_known = kamstrup_abnormal(&w->k, (uint32_t)c->values[i].mantissa, &abnormal);
	return is_known && !abnormal ? flags : flags | QUALITY_ABNORMAL;
}

static enum err put_piece(struct walk *w)
{
	enum err e = ERR_OK;
	for (unsigned i = 0; i < w->n && !e; i++) {
		/* a reading belongs to both periods it stands between */
		bool is_wanted = w->starts[i] >= w->span.from &&
				 (w->period == PERIOD_DAY ? w->starts[i] < w->span.till :
							    w->starts[i] <= w->span.till);
		unsigned flags = flags_of(w, i);
		for (unsigned k = 0; is_wanted && k < w->columns_n && !e; k++) {
			e = put_field(w, &w->columns[k], i, flags);
		}
	}
	return e;
}

/* ---- the walk ---- */

static int64_t distance(const struct walk *w, int64_t older, int64_t newer)
{
	return older >= newer ?
		       0 :
		       (int64_t)period_count(&w->calendar, w->period, (struct span){older, newer});
}

/* Number of the newest wanted record, w->starts read from there. NODATA: all are older. */
static enum err find_first(struct walk *w, unsigned *ret_first)
{
	int64_t newest_wanted = period_of(&w->calendar, w->period, w->span.till - 1).from;
	int64_t back = distance(w, newest_wanted, w->open_start);
	int64_t first = w->period == PERIOD_DAY ? back : back + 1;
	first = first < 1 ? 1 : first;
	if (w->period == PERIOD_MONTH && first > 1) {
		first--; /* the reading that ends the last month too */
	}
	/* what was missed makes numbers smaller, never larger */
	first = first < depths[w->log] ? first : depths[w->log];
	enum err e = read_starts(w, (unsigned)first);
	while ((!e || e == ERR_NODATA) && first > 1 &&
		(w->n == 0 || w->starts[0] < newest_wanted)) {
		/* nearer by as much as it is too old; the log may end before: half of the way */
		int64_t step = w->n ? distance(w, w->starts[0], newest_wanted) : (first + 1) / 2;
		first = step < first ? first - step : 1;
		e = read_starts(w, (unsigned)first);
	}
	*ret_first = (unsigned)first;
	return e ? e : w->n ? ERR_OK : ERR_NODATA;
}

static enum err walk_once(struct walk *w, bool *ret_moved)
{
	unsigned first;
	struct decimal newest = {0, 0};
	enum err e = find_first(w, &first);
	*ret_moved = false;
	int64_t older_than = INT64_MAX;
	while (!e && w->n && w->starts[0] >= w->span.from && w->starts[0] <= older_than &&
		first <= depths[w->log]) {
		unsigned n = w->n;
		older_than = w->starts[n - 1];
		bool is_last = w->starts[n - 1] < w->span.from || n < KMP_RECORDS;
		while (w->n > 1 && w->starts[w->n - 1] < w->span.from) {
			w->n--;
		}
		e = read_columns(w, first);
		if (!e && w->has_dates) {
			e = read_newest(w, &newest);
			*ret_moved = !e && newest.mantissa != w->newest.mantissa;
		}
		if (e || *ret_moved) {
			return e;
		}
		e = put_piece(w);
		if (e || is_last || w->columns_n == 0) {
			return e;
		}
		first += n;
		e = read_starts(w, first);
	}
	return e;
}

static enum err begin(struct walk *w)
{
	struct civil now;
	enum err e = w->k.state->is_learnt ? ERR_OK : kamstrup_currents(&w->k, NULL);
	/* the record before the clock: if a day ends between them the record looks too old, which is
	 * noticed later, never too new */
	e = e ? e : read_newest(w, &w->newest);
	w->has_dates = e == ERR_OK;
	e = e == ERR_NODATA ? ERR_OK : e;
	e = e ? e : kamstrup_clock(&w->k, &now);
	if (!e) {
		int64_t utc = zone_utc(w->calendar.zone, now, false);
		w->open_start = period_of(&w->calendar, w->period, utc).from;
		learn_label(w);
	}
	return e;
}

enum err kamstrup_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.k = kamstrup_open(t),
		.log = period == PERIOD_DAY ? KAMSTRUP_LOG_DAYS : KAMSTRUP_LOG_MONTHS,
		.period = period,
		.calendar = *talk_calendar(t),
		.span = span,
		.out = out};
	bool has_moved = true;
	if (period == PERIOD_HOUR && kamstrup_has_log(w.k.state, KAMSTRUP_LOG_HOURS)) {
		return kamstrup_read_hours(&w.k, span, out);
	}
	if ((period != PERIOD_DAY && period != PERIOD_MONTH) ||
		!kamstrup_has_log(w.k.state, w.log)) {
		return ERR_UNSUPP;
	}
	if (span.from >= span.till) {
		return ERR_NODATA;
	}
	enum err e = ERR_OK;
	for (int moves = 0; moves <= MOVES_MAX && has_moved && !e; moves++) {
		e = begin(&w);
		e = e ? e : walk_once(&w, &has_moved);
	}
	if (e == ERR_OK && has_moved) {
		return talk_fail(t, ERR_BUSY, "the meter's log moves while it is read");
	}
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e == ERR_NODATA && w.has_put ? ERR_OK : e;
}
