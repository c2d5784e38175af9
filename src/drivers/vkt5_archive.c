/*
 * vkt5_archive.c - hours and days of a VKT-5, by date
 *
 *     write 0B00   year, month, day, hour          which record
 *     04 x4NN      abnormal durations of input N   x: 0 day, 4 hour
 *     write 0B00   the same
 *     04 x0SS      the input, S = N * 28
 *
 * From the maker's document; no answer to function 4 was ever captured. An hour is named by its begin: the
 * first record of a meter that began to count at 16:27 is that of hour 16, with 30 minutes (captured by
 * another, undocumented request). Days are taken for civil days.
 */
#include "drivers/vkt5.h"

#define LOOK_AT    24 /* records from which it pays to ask where the memory begins */
#define MOMENT     10 /* bytes: year, month, day, hour, minute */
#define DATE_WORDS 4

struct walk {
	struct vkt5 vkt;
	enum period period;
	enum vkt5_kind kind;
	struct calendar calendar;
	struct span span;
	struct sink *out;
	bool has_put;
};

static enum err select_record(struct walk *w, struct civil l)
{
	const int words[DATE_WORDS] = {
		l.year, l.month, l.day, w->period == PERIOD_HOUR ? l.hour : 0};
	uint8_t bytes[2 * DATE_WORDS];
	struct vkt_reply reply;
	for (size_t i = 0; i < DATE_WORDS; i++) {
		bytes[2 * i] = (uint8_t)(words[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)words[i];
	}
	struct vkt_request q = {.function = VKT_WRITE,
		.start = vkt5_start(VKT5_CURRENT, VKT5_CLOCK, 0),
		.count = DATE_WORDS,
		.data = SLICE(bytes)};
	enum err e = vkt_ask(&w->vkt.peer, &q, (struct vkt_sizes){0, 0}, &reply);
	return !e && reply.is_refused ? ERR_NODATA : e;
}

/* Durations first: whether something was abnormal is a flag of the values. Meters that do not have them
 * are read without. The date is written before each array: arrays of the same size (durations and
 * values of two pipes have 40 bytes both) would else be taken for each other when one is late. */
static enum err read_input(struct walk *w, int64_t start, unsigned input)
{
	const struct civil l = zone_civil(w->calendar.zone, start);
	struct vkt5_input in;
	struct vkt5_trouble trouble;
	struct slice data;
	size_t words = vkt5_pipes(&w->vkt, input) * VKT5_DURATIONS + 2;
	const struct vkt5_when when = {FORM_AMOUNT, w->period, start, input};
	enum err e = select_record(w, l);
	if (e) {
		return e;
	}
	e = vkt5_read(&w->vkt, VKT_READ_ARCHIVE, vkt5_start(w->kind, VKT5_TROUBLE, input), 0,
		(struct vkt_sizes){words * 2, words * 2 + 2}, &data);
	bool has_trouble = !e && vkt5_trouble_get(data, &trouble);
	if (e && !err_is_answer(e)) {
		return e;
	}
	unsigned flags = has_trouble && vkt5_abnormal(&trouble) ? QUALITY_ABNORMAL : 0;
	e = select_record(w, l);
	e = e ? e : vkt5_read_input(&w->vkt, VKT_READ_ARCHIVE, w->kind, input, &in);
	e = e ? e : vkt5_put_means(&w->vkt, &in, &when, flags, w->out);
	e = e ? e : vkt5_put_amounts(&w->vkt, &in, &when, flags, w->out);
	e = e || !has_trouble ? e : vkt5_put_trouble(&trouble, &when, w->out);
	w->has_put = w->has_put || !e;
	return e;
}

static enum err read_record(struct walk *w, int64_t start)
{
	struct civil l = zone_civil(w->calendar.zone, start);
	struct civil hour = l;
	hour.minute = hour.second = 0;
	if (w->period == PERIOD_HOUR && zone_utc(w->calendar.zone, hour, false) != start) {
		return ERR_NODATA; /* the second of two equal hours in autumn has no date of its own */
	}
	enum err e = ERR_OK;
	unsigned inputs = vkt5_inputs(&w->vkt);
	for (unsigned n = 1; !e && n <= VKT5_INPUTS; n++) {
		e = inputs & 1u << n ? read_input(w, start, n) : ERR_OK;
		e = err_is_answer(e) ? ERR_OK : e;
	}
	return e;
}

static enum err clip(struct walk *w)
{
	struct slice data;
	if (period_count(&w->calendar, w->period, w->span) < LOOK_AT) {
		return ERR_OK;
	}
	enum err e = vkt5_read(&w->vkt, VKT_READ, vkt5_start(VKT5_CURRENT, VKT5_RANGE, 0), 0,
		(struct vkt_sizes){2 * MOMENT, 3 * MOMENT}, &data);
	if (err_is_answer(e)) {
		return e == ERR_NODATA ? e : ERR_OK;
	}
	if (e || data.size < MOMENT) {
		return e;
	}
	struct reader r = reader_of(data);
	struct civil c = {.year = reader_u16be(&r)};
	c.month = reader_u16be(&r);
	c.day = reader_u16be(&r);
	c.hour = reader_u16be(&r);
	if (c.year < 2000 || c.year > 2099 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > 31 || c.hour > 23) {
		return ERR_OK;
	}
	int64_t first = zone_utc(w->calendar.zone, c, false);
	if (first < talk_now(w->vkt.peer.talk)) {
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
		if (next > now) {
			break; /* not over yet */
		}
		e = read_record(w, start);
		if (e && !err_is_answer(e)) {
			return e;
		}
		start = next;
	}
	return ERR_OK;
}

enum err vkt5_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.period = period, .calendar = *talk_calendar(t), .span = span, .out = out};
	if (period != PERIOD_HOUR && period != PERIOD_DAY) {
		return ERR_UNSUPP;
	}
	w.kind = period == PERIOD_HOUR ? VKT5_HOUR : VKT5_DAY;
	int64_t oldest = talk_now(t) - 20 * 366 * 86400LL; /* no memory reaches further */
	w.span.from = w.span.from > oldest ? w.span.from : oldest;
	if (w.span.from >= w.span.till) {
		return ERR_NODATA;
	}
	enum err e = vkt5_open(&w.vkt, t);
	e = e ? e : walk(&w);
	if (e == ERR_CONFLICT) {
		struct vkt5_layout *l = talk_state(t, sizeof(*l));
		l->is_known = false;
		return talk_fail(t, ERR_PROTO,
			"the record has other pipes than the configuration: did it change?");
	}
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}
