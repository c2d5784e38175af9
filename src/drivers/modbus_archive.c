/*
 * modbus_archive.c - records of a meter's memory, by number
 *
 * A record says itself when it was made, so numbers are only the way to it. Numbers run backwards:
 *
 *     number   first   first+1   first+2  ...  first+depth-1
 *     time      <------------------------------ older
 *
 * SLOTS: a number is a period of the calendar. Where the wanted one lies follows from the time; a
 * record found elsewhere shows by how much the meter's clock is off, and the numbers are moved.
 * RECORDS: power cuts leave no records, so the wanted ones lie nearer than the calendar says; the
 * oldest of them is searched by time and the walk goes from there to the newer ones.
 *
 * While a period ends in the middle of the walk every record moves by one number. In a walk towards
 * newer records one is read twice, towards older ones one is missed; it stays a gap and is asked
 * for again.
 */
#include "drivers/modbus.h"

#include <math.h>

#define MOVES_MAX   2 /* times the numbers may be moved before the meter is not believed */
#define FUTURE_S    (366 * 86400LL) /* a meter's clock is not looked for further ahead */
#define GUESSES_MAX 6               /* interpolations of a search before it halves */

struct walk {
	struct modbus_peer peer;
	const struct modbus_archive *archive;
	struct calendar calendar;
	struct span span;
	struct sink *out;
	unsigned first, last; /* numbers there are */
	bool has_put;
};

/* `k` records from number `n` on; the first begins at ret_reply->data. */
static enum err records_read(
	const struct walk *w, unsigned n, unsigned k, struct modbus_reply *ret_reply)
{
	const struct modbus_archive *a = w->archive;
	struct modbus_request q = {.function = a->function, .address = a->at, .count = a->size};
	uint8_t index[2] = {(uint8_t)(n >> 8), (uint8_t)n};
	enum err e = ERR_OK;
	switch (a->access) {
	case MODBUS_ACCESS_FILE:
		q.function = MODBUS_READ_FILE;
		q.file = a->file;
		q.reference = a->reference;
		q.address = (uint16_t)n;
		break;
	case MODBUS_ACCESS_INDEX: {
		struct modbus_request select = {.function = a->index_function,
			.address = a->index_at,
			.data = {index, sizeof(index)}};
		e = modbus_ask(&w->peer, &select, false, ret_reply);
		break;
	}
	case MODBUS_ACCESS_DIRECT:
		q.address = (uint16_t)(a->at + n * a->stride);
		q.count = (uint16_t)((k - 1) * a->stride + a->size);
		break;
	}
	return e ? e : modbus_ask(&w->peer, &q, false, ret_reply);
}

/* Half of the shortest period of its kind. */
static int64_t half_s(enum period p)
{
	switch (p) {
	case PERIOD_HALF_HOUR: return 900;
	case PERIOD_HOUR: return 1800;
	case PERIOD_DAY: return 23 * 1800;
	default: return 28 * 43200;
	}
}

/* When the record was made and which period it is of. False: there is no record here. */
static bool record_time(
	const struct walk *w, const uint8_t *record, int64_t *ret_utc, int64_t *ret_start)
{
	const struct modbus_archive *a = w->archive;
	const struct modbus_stamp *s = &a->stamp;
	int64_t utc;
	if (!modbus_stamp_get(s, w->calendar.zone, record + 2 * (size_t)s->at, &utc)) {
		return false;
	}
	/* the middle of the period: 23:59:59 and 00:00:00 both end the day before, and so does the
	 * midnight of a meter that lives in another zone than its building */
	int64_t half = half_s(a->period);
	int64_t inside = a->label == MODBUS_LABEL_END ? utc - half : utc + half;
	*ret_start = period_of(&w->calendar, a->period, inside).from;
	*ret_utc = utc;
	return true;
}

static enum err record_put(struct walk *w, const uint8_t *record, int64_t utc, int64_t start)
{
	const struct modbus_archive *a = w->archive;
	unsigned flags = 0;
	if (a->abnormal_field >= 0) {
		const struct modbus_register *r = &a->fields[a->abnormal_field];
		double code = modbus_register_get(r, record + 2 * (size_t)r->at);
		flags = !isnan(code) && code != 0 ? QUALITY_ABNORMAL : 0;
	}
	for (unsigned i = 0; i < a->fields_count; i++) {
		const struct modbus_register *r = &a->fields[i];
		double v = modbus_register_get(r, record + 2 * (size_t)r->at);
		double ratio = w->peer.ratio[r->ratio];
		struct sample s = {.key = r->key,
			.quantity = r->quantity,
			.unit = r->unit,
			.form = r->form,
			.period = a->period,
			.utc = r->form == FORM_POINT ? utc : start,
			.value = ratio == 1 ? v : v * ratio,
			.decimals = r->decimals_or_less,
			.capacity = r->wraps_at * ratio,
			.quality = quality_make(
				isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, flags)};
		enum err e = w->out->put(w->out, &s);
		if (e) {
			return e;
		}
	}
	w->has_put = true;
	return ERR_OK;
}

static bool is_wanted(const struct walk *w, int64_t start)
{
	return start >= w->span.from && start < w->span.till;
}

/* Periods from `from` to `to`, negative backwards. */
static int64_t distance(const struct walk *w, int64_t from, int64_t to)
{
	enum period p = w->archive->period;
	if (from <= to) {
		return (int64_t)period_count(&w->calendar, p, (struct span){from, to});
	}
	return -(int64_t)period_count(&w->calendar, p, (struct span){to, from});
}

/* Start of the newest period that is over by our clock; its number should be the first. */
static int64_t newest_start(const struct walk *w)
{
	struct span now = period_of(&w->calendar, w->archive->period, talk_now(w->peer.talk));
	return period_prev(&w->calendar, w->archive->period, now.from);
}

/* ---- slots ---- */

/* Records n .. n+k-1, of which the first should start at `start`. *ret_move: by how many periods
 * a record lies beside its number, 0 if all are in place. */
static enum err slots_put(struct walk *w, unsigned k, int64_t start,
	const struct modbus_reply *reply, int64_t *ret_move)
{
	*ret_move = 0;
	for (unsigned i = 0; i < k; i++) {
		const uint8_t *record = reply->data.data + 2 * (size_t)i * w->archive->stride;
		int64_t utc, found;
		if (record_time(w, record, &utc, &found)) {
			*ret_move = distance(w, start, found);
			enum err e = *ret_move == 0 && is_wanted(w, found) ?
					     record_put(w, record, utc, found) :
					     ERR_OK;
			if (e || *ret_move) {
				return e;
			}
		}
		start = period_prev(&w->calendar, w->archive->period, start);
	}
	return ERR_OK;
}

/* From the newest wanted record to the oldest, taking number `first` for the period `newest`. */
static enum err slots_walk(struct walk *w, int64_t newest, int64_t *ret_move)
{
	struct calendar *c = &w->calendar;
	enum period p = w->archive->period;
	int64_t start = period_of(c, p, w->span.till - 1).from;
	start = start > newest ? newest : start;
	int64_t n = w->first + distance(w, start, newest);
	unsigned k = w->archive->batch;
	*ret_move = 0;
	while (start >= w->span.from && n <= w->last && *ret_move == 0) {
		struct modbus_reply reply;
		unsigned left = (unsigned)(w->last - n + 1);
		unsigned wanted = 1 + (unsigned)distance(w, w->span.from, start);
		k = k > left ? left : k;
		k = k > wanted ? wanted : k;
		enum err e = records_read(w, (unsigned)n, k, &reply);
		if (err_is_answer(e) && k > 1) {
			k /= 2; /* one of them is refused: which? */
			continue;
		}
		if (e == ERR_OK) {
			e = slots_put(w, k, start, &reply, ret_move);
		}
		if (e && !err_is_answer(e)) {
			return e;
		}
		for (n += k; k > 0; k--) {
			start = period_prev(c, p, start);
		}
		k = w->archive->batch;
	}
	return ERR_OK;
}

static enum err slots_read(struct walk *w)
{
	int64_t newest = newest_start(w);
	int64_t move = 0;
	for (int moves = 0; moves <= MOVES_MAX; moves++) {
		enum err e = slots_walk(w, newest, &move);
		if (e || move == 0) {
			return e;
		}
		for (; move > 0; move--) {
			newest = period_next(&w->calendar, w->archive->period, newest);
		}
		for (; move < 0; move++) {
			newest = period_prev(&w->calendar, w->archive->period, newest);
		}
	}
	return talk_fail(w->peer.talk, ERR_PROTO, "the meter's archive records are out of order");
}

/* ---- records ---- */

/* Is record `n` older than what is wanted, or not there at all? */
static enum err is_older(struct walk *w, unsigned n, bool *ret_older, int64_t *ret_start)
{
	struct modbus_reply reply;
	int64_t utc;
	enum err e = records_read(w, n, 1, &reply);
	*ret_start = INT64_MIN;
	if (e == ERR_OK && record_time(w, reply.data.data, &utc, ret_start)) {
		*ret_older = *ret_start < w->span.from;
		return ERR_OK;
	}
	*ret_older = true;
	return err_is_answer(e) ? ERR_OK : e;
}

/* The oldest wanted record lies at *ret_n; first - 1 if all are older. */
static enum err records_find(struct walk *w, int64_t *ret_n)
{
	int64_t newer = (int64_t)w->first - 1, older = (int64_t)w->last + 1;
	int64_t guess = w->first + distance(w, w->span.from, newest_start(w));
	for (int guesses = 0; older - newer > 1; guesses++) {
		bool is;
		int64_t start;
		if (guess <= newer || guess >= older || guesses >= GUESSES_MAX) {
			guess = newer + (older - newer) / 2;
		}
		enum err e = is_older(w, (unsigned)guess, &is, &start);
		if (e) {
			return e;
		}
		if (is) {
			older = guess;
		} else {
			newer = guess;
		}
		/* towards the wanted time, at least one step beyond this record */
		int64_t step = start == INT64_MIN ? 0 : distance(w, w->span.from, start);
		guess += is ? (step < -1 ? step : -1) : (step > 1 ? step : 1);
	}
	*ret_n = newer;
	return ERR_OK;
}

static enum err records_walk(struct walk *w)
{
	int64_t n;
	enum err e = records_find(w, &n);
	for (; e == ERR_OK && n >= w->first; n--) {
		struct modbus_reply reply;
		int64_t utc, start;
		e = records_read(w, (unsigned)n, 1, &reply);
		if (err_is_answer(e)) {
			e = ERR_OK;
			continue;
		}
		if (e || !record_time(w, reply.data.data, &utc, &start)) {
			continue;
		}
		if (start >= w->span.till) {
			break;
		}
		if (is_wanted(w, start)) {
			e = record_put(w, reply.data.data, utc, start);
		}
	}
	return e;
}

enum err modbus_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.out = out, .span = span};
	enum err e = modbus_peer_with_map(t, &w.peer);
	if (e) {
		return e;
	}
	w.archive = modbus_map_archive(w.peer.map, period);
	if (!w.archive) {
		return ERR_UNSUPP;
	}
	w.calendar = *talk_calendar(t);
	w.first = w.archive->first;
	w.last = w.archive->first + w.archive->depth - 1;
	w.span.from = span.from > 0 ? span.from : 0;
	w.span.till = span.till < talk_now(t) + FUTURE_S ? span.till : talk_now(t) + FUTURE_S;
	if (w.span.from >= w.span.till) {
		return ERR_NODATA;
	}
	/* a span may begin inside a period: the first that starts in it */
	struct span begin = period_of(&w.calendar, period, w.span.from);
	if (begin.from < w.span.from) {
		w.span.from = begin.till;
	}
	if (w.span.from >= w.span.till) {
		return ERR_NODATA;
	}
	e = w.archive->numbering == MODBUS_NUMBER_SLOTS ? slots_read(&w) : records_walk(&w);
	return e == ERR_OK && !w.has_put ? ERR_NODATA : e;
}
