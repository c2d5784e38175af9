/*
 * set4tm_profile.c - the load profile of the SET-4TM family; see set4tm_driver.h
 *
 * Memory is a ring of blocks, one an hour: a header with date, interval and checksum, then a record for
 * each interval. A block that would not fit at the end is not begun. An hour wholly without power has no
 * block. So the place of an hour is only bounded: the block where it would lie without power cuts is
 * looked at, its own date corrects the guess, by bisection, which ends at once where nothing is missing.
 * From there on one record follows the other, as many in one reply as the meter gives.
 *
 * The rest of the hour in which the power failed, and the beginning of that in which it came back, are
 * zeros in memory that nobody measured. What is known of cuts is
 *   - the journal of power: ten entries, exact;
 *   - the mark of an incomplete interval, where the meter is set to give it;
 *   - hours without a block: the zeros on both sides of them were not measured, and the intervals next
 *     to those zeros are not whole.
 * An interval of zeros from before the journal's first entry may be either, and counts as incomplete.
 *
 * Labels are beginnings. Energy of an interval is N / 2A.
 */
#include "drivers/profile.h"
#include "drivers/set4tm_driver.h"

#include <math.h>
#include <string.h>

#define PROBES     40 /* more than bisecting the largest ring takes */
#define SLICES     60 /* of an hour, at most */
#define HOUR_S     3600
#define INCOMPLETE 0x8000u
#define COLUMNS    4 /* P+ P- Q+ Q- */
#define WINDOW     96

struct ring {
	const struct set4 *m;
	unsigned bytes, block;   /* of memory, of an hour */
	unsigned blocks, newest; /* of memory; that of the running hour */
	unsigned at;             /* where the running interval will stand */
	bool has_wrapped;
	int minutes;
	int64_t newest_start;
	bool is_ahead; /* what follows is read next: many records at once */
	uint8_t window[WINDOW];
	unsigned window_at, window_n;
};

struct hour {
	int64_t start;
	int n; /* intervals that are over */
	uint8_t slices[SLICES * SET4_SLICE];
};

/* Power cuts that count for the hours at hand: the journal's, and those guessed from missing hours. */
struct cuts {
	struct set4_outage guessed[2]; /* before the hour, behind it */
};

/* ---- memory ---- */

static enum err read_memory(const struct ring *r, unsigned at, unsigned n, struct slice *ret_data)
{
	struct set4_state *s = r->m->state;
	uint8_t brief[] = {SET4_MEMORY, 3, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)n};
	uint8_t id = ++s->id;
	uint8_t more[] = {SET4_MEMORY_MORE, id, 3, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)n};
	enum err e = ERR_UNSUPP;
	if (set4_is_extended(s->variant.type)) {
		e = set4_try(r->m, more, sizeof(more), n + 1, &s->memory, ret_data);
	}
	if (e == ERR_UNSUPP) {
		return set4_ask(r->m, brief, sizeof(brief), n, ret_data);
	}
	if (!e) { /* behind the number and, in some, two bytes nobody explained */
		ret_data->data += ret_data->size - n;
		ret_data->size = n;
	}
	return e;
}

/* One record, out of what was read last or with what follows it. */
static enum err fetch(struct ring *r, unsigned at, const uint8_t **ret_record)
{
	bool is_there = at >= r->window_at && at + SET4_SLICE <= r->window_at + r->window_n;
	if (!is_there) {
		unsigned end = at < r->at ? r->at : r->blocks * r->block;
		unsigned most = (unsigned)set4_read_most(r->m->state->variant.type);
		unsigned n = r->is_ahead ? most : SET4_SLICE;
		struct slice data;
		n = end > at && n > end - at ? end - at : n;
		enum err e = read_memory(r, at, n, &data);
		if (e) {
			return e;
		}
		memcpy(r->window, data.data, n);
		r->window_at = at;
		r->window_n = n;
	}
	*ret_record = r->window + (at - r->window_at);
	return ERR_OK;
}

static unsigned block_at(const struct ring *r, unsigned back)
{
	return (r->newest + r->blocks - back % r->blocks) % r->blocks * r->block;
}

static enum err read_header(struct ring *r, unsigned back, int64_t *ret_start, bool *ret_there)
{
	struct set4_hour h;
	const uint8_t *record;
	enum err e = fetch(r, block_at(r, back), &record);
	if (!e) {
		*ret_there = set4_hour(record, &h) && h.minutes == r->minutes;
		*ret_start = *ret_there ? set4_utc(r->m, &h.start, h.is_winter) : 0;
		*ret_there = *ret_there &&
			     *ret_start <= r->newest_start; /* not overwritten since */
	}
	return e;
}

static enum err read_block(struct ring *r, unsigned back, struct hour *ret, bool *ret_there)
{
	unsigned from = block_at(r, back);
	enum err e = read_header(r, back, &ret->start, ret_there);
	ret->n = 0;
	for (int i = 0; i < 60 / r->minutes && !e && *ret_there; i++) {
		unsigned at = from + (unsigned)(i + 1) * SET4_SLICE;
		const uint8_t *record;
		if (back == 0 && at >= r->at) {
			break; /* it still runs: what stands here is old */
		}
		e = fetch(r, at, &record);
		if (!e) {
			memcpy(ret->slices + i * SET4_SLICE, record, SET4_SLICE);
			ret->n = i + 1;
		}
	}
	return e;
}

/* ---- the ring ---- */

int set4_profile_records(const struct set4 *m)
{
	int64_t own = talk_param(m->talk, "records");
	return own ? (int)own : set4_records(m->state->variant.type);
}

static enum err learn_minutes(const struct set4 *m)
{
	static const uint8_t interval[] = {SET4_PARAMETER, 0x06};
	struct slice data;
	enum err e = set4_ask(m, interval, sizeof(interval), 2, &data);
	if (!e && (data.data[1] < 1 || data.data[1] > 60 || 60 % data.data[1])) {
		return talk_fail(m->talk, ERR_PROTO, "an interval of %d minutes", data.data[1]);
	}
	m->state->minutes = e ? 0 : data.data[1];
	return e;
}

/* The pointer stands in the block of the running hour; its header must be of that hour. */
static enum err find_newest(struct ring *r, const struct civil *hour)
{
	struct set4_hour h;
	const uint8_t *record;
	enum err e = fetch(r, block_at(r, 0), &record);
	if (e) {
		return e;
	}
	bool is_there = set4_hour(record, &h) && h.minutes == r->minutes;
	bool is_same = !hour || (h.start.hour == hour->hour && h.start.day == hour->day &&
					h.start.month == hour->month);
	if (!is_there || !is_same) {
		return talk_fail(r->m->talk, ERR_PROTO,
			"the profile has no header of the running hour where its pointer %u shows",
			r->at);
	}
	r->newest_start = set4_utc(r->m, &h.start, h.is_winter);
	return ERR_OK;
}

static enum err open_ring(const struct set4 *m, struct ring *ret)
{
	static const uint8_t body[] = {SET4_PARAMETER, 0x04};
	struct slice data;
	struct set4_pointer p;
	struct ring r = {.m = m, .minutes = m->state->minutes};
	enum err e = set4_ask(m, body, sizeof(body), 7, &data);
	if (e) {
		return e;
	}
	bool is_pointer = set4_pointer(data.data, &p);
	r.has_wrapped = p.has_wrapped;
	r.at = p.at;
	r.bytes = (unsigned)set4_profile_records(m) * SET4_SLICE;
	if (r.at >= r.bytes && r.bytes < 65536) {
		r.bytes = 65536; /* more than its type was said to have */
	}
	r.block = (unsigned)(60 / r.minutes + 1) * SET4_SLICE;
	r.blocks = r.bytes / r.block;
	/* the running interval stands behind the header of its hour, in its own place; at the full hour
	 * the pointer may still show where the header will be */
	unsigned place = (unsigned)(p.start.minute / r.minutes + 1) * SET4_SLICE;
	bool is_header = p.start.minute == 0 && r.at % r.block == 0;
	if (!is_pointer || (!is_header && r.at % r.block != place)) {
		return talk_fail(m->talk, ERR_PROTO,
			"the profile's pointer %u does not fit hours of %u bytes", r.at, r.block);
	}
	if (is_header && r.at == 0 && !p.has_wrapped) {
		return talk_fail(m->talk, ERR_NODATA, "there is no profile yet");
	}
	r.newest = (r.at / r.block + r.blocks - is_header) % r.blocks;
	r.at = is_header ? (r.newest + 1) * r.block : r.at;
	r.newest_start = INT64_MAX;
	e = find_newest(&r, is_header ? NULL : &p.start);
	*ret = r;
	return e;
}

/* Steps back to the oldest hour that begins at `want` or later; the newest one does. */
static enum err search(struct ring *r, int64_t want, unsigned *ret_back)
{
	unsigned least = r->has_wrapped ? r->blocks - 1 : r->newest; /* there are not more */
	int64_t most = (r->newest_start - want) / HOUR_S;
	unsigned good = 0, probe = most < least ? (unsigned)most : least, bad = probe + 1;
	for (int i = 0; i < PROBES && bad - good > 1; i++) {
		int64_t start;
		bool is_there;
		enum err e = read_header(r, probe, &start, &is_there);
		if (e) {
			return e;
		}
		if (is_there && start >= want) {
			good = probe;
		} else {
			bad = probe;
		}
		probe = good + (bad - good) / 2;
	}
	*ret_back = good < least ? good + 1 : good; /* the hour before, to see what lies between */
	return ERR_OK;
}

/* ---- what was measured ---- */

static bool is_zero(const struct hour *h, int i)
{
	static const uint8_t zeros[SET4_SLICE] = {0};
	return memcmp(h->slices + i * SET4_SLICE, zeros, SET4_SLICE) == 0;
}

/* Does the journal tell why there are no hours in [from, till)? */
static bool is_told(const struct set4_state *s, int64_t from, int64_t till)
{
	for (int i = 0; i < s->outages_n; i++) {
		if (s->outages[i].off <= from && s->outages[i].on >= till) {
			return true;
		}
	}
	return false;
}

/* A cut between two hours that do not follow one another, as long as the zeros around it; a second more
 * on each side takes in the intervals it began and ended in. */
static struct set4_outage guess(
	const struct ring *r, const struct hour *last, const struct hour *next)
{
	int before = last->n, behind = 0;
	while (before > 0 && is_zero(last, before - 1)) {
		before--;
	}
	while (behind < next->n && is_zero(next, behind)) {
		behind++;
	}
	return (struct set4_outage){last->start + before * r->minutes * 60 - 1,
		next->start + behind * r->minutes * 60 + 1};
}

/* What is known of an interval; false: nothing of its period was measured. */
static bool mark(const struct ring *r, const struct cuts *cuts, const struct profile *p,
	bool is_empty, struct profile_slot *slot)
{
	const struct set4_state *s = r->m->state;
	int64_t from = slot->start_utc, till = from + r->minutes * INT64_C(60), first = INT64_MAX;
	struct span period = period_of(p->calendar, p->period, from);
	for (int i = 0; i < s->outages_n + 2; i++) {
		const struct set4_outage *o = i < s->outages_n ? &s->outages[i] :
								 &cuts->guessed[i - s->outages_n];
		bool is_over = o->off <= period.from && o->on >= period.till;
		if (is_over) {
			return false;
		}
		slot->is_incomplete = slot->is_incomplete || (o->off < till && o->on > from);
		first = i < s->outages_n && o->off < first ? o->off : first;
	}
	slot->is_incomplete = slot->is_incomplete || (is_empty && s->has_more && from < first);
	return true;
}

static enum err put_hour(
	const struct ring *r, const struct hour *h, const struct cuts *cuts, struct profile *p)
{
	double worth = 2.0 * r->m->state->variant.constant;
	enum err e = ERR_OK;
	for (int i = 0; i < h->n && !e; i++) {
		struct profile_slot slot = {.start_utc = h->start + i * r->minutes * INT64_C(60),
			.minutes = r->minutes};
		for (size_t k = 0; k < p->columns_n; k++) {
			size_t place = k && r->m->state->variant.is_one_direction ? k + 1 : k;
			unsigned n = set4_number(h->slices + i * SET4_SLICE + 2 * place, 2);
			slot.is_incomplete = slot.is_incomplete || (n & INCOMPLETE);
			slot.value[k] = (n & ~INCOMPLETE) / worth;
		}
		if (mark(r, cuts, p, is_zero(h, i), &slot)) {
			e = profile_put(p, &slot);
		}
	}
	return e;
}

/* One hour behind: what follows an hour says whether its zeros were measured. */
static enum err put_hours(struct ring *r, unsigned back, struct span span, struct profile *p)
{
	struct hour hours[2];
	struct hour *last = NULL, *next = &hours[0];
	struct cuts cuts = {0};
	enum err e = ERR_OK;
	r->is_ahead = true;
	for (int at = (int)back; at >= 0 && !e; at--) {
		bool is_there = false;
		e = read_block(r, (unsigned)at, next, &is_there);
		if (e || !is_there || (last && next->start <= last->start)) {
			continue;
		}
		if (last) {
			int64_t end = last->start + HOUR_S;
			bool is_gap = next->start > end && !is_told(r->m->state, end, next->start);
			cuts.guessed[1] = is_gap ? guess(r, last, next) : (struct set4_outage){0};
			e = put_hour(r, last, &cuts, p);
			cuts.guessed[0] = cuts.guessed[1];
		}
		last = next;
		next = next == &hours[0] ? &hours[1] : &hours[0];
		if (last->start >= span.till) {
			return e;
		}
	}
	cuts.guessed[1] = (struct set4_outage){0};
	return e || !last ? e : put_hour(r, last, &cuts, p);
}

/* SEB-1TM: voltage, current and temperature stand behind P+; a meter of one direction has no P-. */
static size_t columns_of(const struct set4 *m, struct profile_column *to)
{
	const struct set4_variant *v = &m->state->variant;
	bool is_seb = v->type == SET4_SEB || v->type == SET4_SEBD;
	size_t n = 0;
	for (size_t i = 0; i < (is_seb ? 1 : COLUMNS); i++) {
		const struct set4_column *c = &set4_columns[i];
		if (i != 1 || !v->is_one_direction) {
			to[n++] = (struct profile_column){
				c->key, c->quantity, c->unit, set4_decimals(m)};
		}
	}
	return n;
}

enum err set4_read_profile(
	const struct set4 *m, enum period period, struct span span, struct sink *out)
{
	struct profile_column columns[COLUMNS];
	struct profile p;
	struct ring r;
	unsigned back = 0;
	size_t n = columns_of(m, columns);
	enum err e = learn_minutes(m);
	if (!e && !profile_fits(m->state->minutes, period)) {
		return ERR_UNSUPP;
	}
	e = e ? e : open_ring(m, &r);
	if (e || r.newest_start + HOUR_S <= span.from) {
		return e ? e : ERR_NODATA;
	}
	e = set4_learn_outages(m, span.till);
	e = e ? e : search(&r, span.from - HOUR_S + 1, &back);
	profile_begin(&p, out, period, span, talk_calendar(m->talk), columns, n);
	e = e ? e : put_hours(&r, back, span, &p);
	return e ? e : profile_end(&p);
}
