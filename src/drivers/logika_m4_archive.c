/*
 * logika_m4_archive.c - interval archives and journals of Logika M4 devices; see logika_m4.h
 *
 *   61  section FFFF, channel, type, N; first date      up to N records from that date on, oldest
 *                                                       first, as many as fit a message
 *       date, values     ...     date, nothing          the last: where to go on; empty: no more
 *
 * A record bears the moment its interval ended: hour 00 of a day is 23:00-24:00 of the day before, a
 * day's date and the report hour are its end, a month's the report day. SPT941.20 and 944 write date
 * and time into the record as well; that counts. The search is inexact: what comes first may lie
 * behind what was asked for. An hour the clock shows twice comes twice.
 */
#include "drivers/logika_m4.h"

#include "base/str.h"

#include <string.h>

#define RECORDS_MAX    80 /* of one request, as the maker's program asks */
#define TURNS_MAX      2000
#define SEQUENCE_EMPTY 0

struct archive {
	struct m4_session session;
	struct m4_put put;
	enum period period;
	struct span span;
	uint8_t channel;
	int64_t last_end;       /* of the record before, of this reply */
	bool is_done;           /* behind the span */
	int64_t put_n, other_n; /* records put; not of this calendar */
};

static int type_of(enum period p)
{
	return p == PERIOD_HOUR ? 0 : p == PERIOD_DAY ? 1 : p == PERIOD_MONTH ? 3 : -1;
}

static void request_archive(struct m4_session *s, uint8_t channel, int type, int n, struct civil c)
{
	uint8_t head[5] = {0xff, 0xff, channel, (uint8_t)type, (uint8_t)n};
	m4_request(s, M4_ARCHIVE);
	m4_put_octets(&s->out, head, sizeof(head));
	m4_put_archdate(&s->out, c, 8);
}

/* ---- records ---- */

/* The local moment a record bears that was written down with it; false: none was. */
static bool exact_label(const struct m4_layout *l, struct slice values, struct civil *ret)
{
	struct reader r = reader_of(values);
	struct m4_value v;
	bool has_time = false, has_date = false;
	for (size_t i = 0; i < l->record_n && m4_next(&r, &v); i++) {
		has_time = has_time || (l->record[i].kind == M4_KIND_TIME && m4_time(&v, ret));
		has_date = has_date || (l->record[i].kind == M4_KIND_DATE && m4_date(&v, ret));
	}
	return has_time && has_date;
}

/* The interval that ended at a label; of an hour that exists twice the one after `last_end`. */
static struct span period_ended(
	const struct archive *a, struct civil label, int64_t last_end, int64_t *ret_end)
{
	const struct calendar *c = &a->session.calendar;
	int64_t end = zone_utc(c->zone, label, false);
	if (end <= last_end) {
		end = zone_utc(c->zone, label, true);
	}
	*ret_end = end;
	return a->period == PERIOD_MONTH ? period_report_month(c, label.year, label.month) :
					   period_of(c, a->period, end - 1);
}

/* Dates of days and months are without hour, those of months without day. */
static struct civil full_label(const struct archive *a, struct civil date)
{
	const struct calendar *c = &a->session.calendar;
	if (a->period == PERIOD_HOUR) {
		date.minute = date.second = 0;
		return date;
	}
	date.hour = c->report_hour;
	if (a->period == PERIOD_MONTH) {
		int last = civil_month_days(date.year, date.month);
		date.day = c->report_day < last ? c->report_day : last;
	}
	date.minute = date.second = 0;
	return date;
}

/* False: it ended at another hour or day than the meter is set to now; such a record is older than
 * the setting and belongs to no period of this calendar. */
static bool period_of_record(
	struct archive *a, struct civil date, struct slice values, struct span *ret_period)
{
	struct civil label = date;
	int64_t end;
	if (!exact_label(a->session.layout, values, &label)) {
		label = full_label(a, date);
	}
	*ret_period = period_ended(a, label, a->last_end, &end);
	a->last_end = end;
	return end == ret_period->till;
}

/* Quality of all values of a record: did a situation touch what was counted? */
static unsigned flags_of(const struct m4_layout *l, struct slice values)
{
	struct reader r = reader_of(values);
	struct m4_value v;
	bool is_touched = false;
	for (size_t i = 0; i < l->record_n && m4_next(&r, &v); i++) {
		enum quantity q = l->record[i].quantity;
		bool is_timer = q == QUANTITY_TIME_FLOW_LOW || q == QUANTITY_TIME_FLOW_HIGH ||
				q == QUANTITY_TIME_DT_LOW || q == QUANTITY_TIME_FAILURE ||
				q == QUANTITY_TIME_POWER_OFF;
		is_touched = is_touched || (is_timer && m4_number(&v) > 0) ||
			     (l->record[i].kind == M4_KIND_NS && m4_abnormal_of(l, &v));
	}
	return is_touched ? QUALITY_ABNORMAL : 0;
}

static size_t values_of(struct slice values)
{
	struct reader r = reader_of(values);
	struct m4_value v;
	size_t n = 0;
	while (m4_next(&r, &v)) {
		n++;
	}
	return n + r.is_short; /* what is cut is one as well */
}

static enum err put_record(struct archive *a, struct civil date, struct slice values)
{
	const struct m4_layout *l = a->session.layout;
	struct reader r = reader_of(values);
	struct m4_value v;
	struct span p;
	/* values have no names but their places: of another layout they would be taken for others */
	if (values_of(values) != l->record_n) {
		return talk_fail(a->session.talk, ERR_PROTO,
			"a record of %zu values, while those of a %s have %zu", values_of(values),
			l->model, l->record_n);
	}
	bool is_ours = period_of_record(a, date, values, &p);
	a->is_done = p.from >= a->span.till;
	a->other_n += !is_ours;
	if (!is_ours || a->is_done || p.from < a->span.from) {
		return ERR_OK;
	}
	a->put.utc = p.from;
	a->put.flags = flags_of(l, values);
	a->put.is_off = false;
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < l->record_n && m4_next(&r, &v); i++) {
		e = m4_put_value(&a->put, &l->record[i], &v);
	}
	if (!e && r.is_short) {
		return talk_fail(a->session.talk, ERR_PROTO, "a damaged record");
	}
	a->put_n++;
	return e;
}

/*
 * The next record of a reply: its date and values. NODATA: none; then `ret_date` is where to go on
 * and *ret_fields 0 when there is nothing more.
 */
static enum err next_record(struct talk *t, struct reader *r, struct civil *ret_date,
	int *ret_fields, struct m4_value *ret)
{
	struct m4_value date;
	*ret_fields = 0;
	if (!m4_next(r, &date)) {
		return r->is_short ? talk_fail(t, ERR_PROTO, "a damaged archive reply") :
				     ERR_NODATA;
	}
	int fields = m4_archdate(&date, ret_date);
	if (fields < 0 || !m4_next(r, ret)) {
		return talk_fail(t, ERR_PROTO, "an archive reply without dates");
	}
	*ret_fields = fields;
	return ret->tag == M4_SEQUENCE && ret->data.size == SEQUENCE_EMPTY ? ERR_NODATA : ERR_OK;
}

/*
 * Where to go on: the date the meter points to, or a step if that does not lead on, lest it is
 * followed for ever. False: behind the span.
 */
static bool go_on(const struct archive *a, struct civil pointer, struct civil *at)
{
	int64_t step = a->period == PERIOD_HOUR ? 3600 : 86400;
	int64_t next = civil_to_utc(pointer), now = civil_to_utc(*at), end;
	*at = civil_from_utc(next > now ? next : now + step);
	return period_ended(a, full_label(a, *at), INT64_MIN, &end).from < a->span.till;
}

static enum err put_records(struct archive *a, struct slice body, struct civil *at, bool *ret_more)
{
	struct reader r = reader_of(body);
	struct m4_value v;
	struct civil date;
	int fields;
	enum err e;
	*ret_more = false;
	a->last_end = INT64_MIN;
	while (!(e = next_record(a->session.talk, &r, &date, &fields, &v))) {
		e = v.tag == M4_SEQUENCE ?
			    put_record(a, date, v.data) :
			    talk_fail(a->session.talk, ERR_PROTO,
				    "an archive record of another kind (%02X)", v.tag);
		if (e || a->is_done) {
			return e;
		}
	}
	*ret_more = e == ERR_NODATA && fields > 0 && go_on(a, date, at);
	return e == ERR_NODATA ? ERR_OK : e;
}

/* The label of the first record asked for, as early as it can be written. */
static struct civil first_label(const struct archive *a, int64_t end)
{
	struct civil c = zone_civil(a->session.calendar.zone, end);
	if (a->period == PERIOD_DAY) {
		c.hour = 0;
	}
	if (a->period == PERIOD_MONTH) {
		c.day = 1;
		c.hour = 0;
	}
	c.minute = c.second = 0;
	return c;
}

static enum err read_channel(struct archive *a)
{
	const struct calendar *c = &a->session.calendar;
	struct span p = period_of(c, a->period, a->span.from);
	if (p.from < a->span.from) {
		p = period_of(c, a->period, p.till);
	}
	size_t n = period_count(c, a->period, a->span);
	bool has_more = n > 0;
	struct civil at = first_label(a, p.till);
	/* of an hour that exists twice the first comes first */
	n += zone_utc(c->zone, at, false) != zone_utc(c->zone, at, true);
	struct slice body;
	enum err e = ERR_OK;
	a->is_done = false;
	for (int turn = 0; !e && has_more && turn < TURNS_MAX; turn++) {
		request_archive(&a->session, a->channel, type_of(a->period),
			n < RECORDS_MAX ? (int)n : RECORDS_MAX, at);
		e = m4_ask(&a->session, &body);
		e = e ? e : put_records(a, body, &at, &has_more);
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

enum err m4_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct archive a = {.period = period, .span = span};
	if (type_of(period) < 0) {
		return ERR_UNSUPP;
	}
	enum err e = m4_open_session(&a.session, t);
	if (!e && !a.session.layout->record) {
		e = talk_fail(t, ERR_UNSUPP, "the archives of a %s are not known",
			a.session.layout->model);
	}
	e = e ? e : m4_read_settings(&a.session);
	for (size_t i = 0; !e && i < a.session.layout->channels_n; i++) {
		a.channel = a.session.layout->channels[i];
		if (a.channel > a.session.systems) {
			break;
		}
		a.put = (struct m4_put){.session = &a.session,
			.out = out,
			.form = FORM_AMOUNT,
			.period = period,
			.system = a.channel};
		e = read_channel(&a);
		/* a meter that refuses its second system still has the first */
		e = i > 0 && err_is_answer(e) ? ERR_OK : e;
	}
	m4_close_session(&a.session);
	if (!e && !a.put_n && a.other_n) {
		return talk_fail(t, ERR_NODATA,
			"%lld records end at another moment than report day %d and hour %d, as set in the meter",
			(long long)a.other_n, a.session.calendar.report_day,
			a.session.calendar.report_hour);
	}
	return e ? e : a.put_n ? ERR_OK : ERR_NODATA;
}

/* ---- journals ---- */

struct journal {
	int type;
	const char *code;
};
static const struct journal journals[] = {
	{4, "setting_changed"}, {5, "power_off"}, {6, "abnormal"}};
#define JOURNALS (sizeof(journals) / sizeof(journals[0]))

struct events {
	struct m4_session session;
	struct span span;
	struct sink *out;
	uint8_t channel;
	bool is_done;
};

static enum err put_event(
	struct events *v, const char *name, struct civil date, const struct m4_value *text)
{
	char words[256], code[REGISTER_KEY_CAP];
	struct meter_event event = {.utc = zone_utc(v->session.calendar.zone, date, false),
		.text = words,
		.code = code};
	v->is_done = event.utc >= v->span.till;
	if (v->is_done || event.utc < v->span.from) {
		return ERR_OK;
	}
	(void)STR_COPY(code, name);
	if (v->channel == 2) {
		(void)strncat(code, ".u2", sizeof(code) - strlen(code) - 1);
	}
	(void)m4_text(text, words, sizeof(words));
	return v->out->event(v->out, &event);
}

static enum err put_events(
	struct events *v, const char *name, struct slice body, struct civil *at, bool *ret_more)
{
	struct reader r = reader_of(body);
	struct m4_value text;
	struct civil date;
	int fields;
	enum err e;
	*ret_more = false;
	while (!(e = next_record(v->session.talk, &r, &date, &fields, &text))) {
		e = put_event(v, name, date, &text);
		if (e || v->is_done) {
			return e;
		}
	}
	if (e == ERR_NODATA && fields > 0) {
		/* more entries of one second than fit a message: the rest of them is given up */
		int64_t next = civil_to_utc(date), now = civil_to_utc(*at);
		*at = civil_from_utc(next > now ? next : now + 1);
		*ret_more = true;
	}
	return e == ERR_NODATA ? ERR_OK : e;
}

static enum err read_journal(struct events *v, const struct journal *j)
{
	struct civil at = zone_civil(v->session.calendar.zone, v->span.from);
	bool has_more = true;
	struct slice body;
	enum err e = ERR_OK;
	v->is_done = false;
	for (int turn = 0; !e && has_more && turn < TURNS_MAX; turn++) {
		request_archive(&v->session, v->channel, j->type, RECORDS_MAX, at);
		e = m4_ask(&v->session, &body);
		e = e ? e : put_events(v, j->code, body, &at, &has_more);
	}
	return err_is_answer(e) ? ERR_OK : e; /* no such journal */
}

enum err m4_read_events(struct talk *t, struct span span, struct sink *out)
{
	struct events v = {.span = span, .out = out};
	if (!out->event) {
		return ERR_OK;
	}
	enum err e = m4_open_session(&v.session, t);
	if (e) {
		m4_close_session(&v.session);
		return e;
	}
	v.session.calendar.zone = talk_zone(t);
	for (size_t i = 0; !e && i < v.session.layout->channels_n * JOURNALS; i++) {
		v.channel = v.session.layout->channels[i / JOURNALS];
		if (v.channel > v.session.systems) {
			break;
		}
		e = read_journal(&v, &journals[i % JOURNALS]);
	}
	m4_close_session(&v.session);
	return e;
}
