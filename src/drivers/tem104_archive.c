/*
 * tem104_archive.c - records of TEM calculators: rings in flash
 *
 *     slot     0  1  2 ...                next ... count-1
 *     time     ------> newest              oldest ----->
 *
 * The meter keeps a pointer to the slot that is written next. Records say themselves when they were
 * made (hour, day, month, year), so slots are only the way to them: the oldest wanted one is searched,
 * guessing by the calendar and halving when power cuts have left holes, the walk goes from there to the
 * newer ones. A search reads dates alone. The pointer is read once, slots stay where they are while
 * a period ends in the middle of a walk.
 *
 * A record holds the integrators as they stood when it was written, at the end of its interval: it is
 * a reading of that moment. Temperatures, pressures and flow are taken for those of the interval.
 */
#include "drivers/tem104.h"

#define GUESSES_MAX 6 /* guesses of a search before it halves */
#define DATE_SIZE   4
#define NO_STAMP    INT64_MIN

struct walk {
	struct talk *talk;
	const struct tem_meter *meter;
	const struct tem_model *model;
	struct tem_ring ring;
	enum period period;
	struct span span;
	unsigned next; /* slot written next */
	uint8_t bytes[TEM_RECORD_CAP];
	uint32_t bytes_at; /* flash address of what is in bytes */
	size_t bytes_size;
	struct emit to;
};

/* Flash address of record `n`, 0 the newest. */
static uint32_t address_of(const struct walk *w, unsigned n)
{
	unsigned slot = (w->next + w->ring.count - 1 - n % w->ring.count) % w->ring.count;
	return w->ring.at + slot * (uint32_t)w->model->record_size;
}

/* `after`: stamp of the record before it, NO_STAMP if that is not known. An hour the clock shows twice
 * is the second one behind the first. */
static int64_t stamp_of(const struct walk *w, const uint8_t *date, int64_t after)
{
	struct civil c;
	if (!tem_date_get(date, &c)) {
		return NO_STAMP;
	}
	int64_t stamp = zone_utc(talk_zone(w->talk), c, false);
	return stamp == after ? zone_utc(talk_zone(w->talk), c, true) : stamp;
}

static enum err read_stamp(struct walk *w, unsigned n, int64_t *ret_utc)
{
	uint8_t date[DATE_SIZE];
	enum err e = tem_read(w->talk, w->model, TEM_FLASH, address_of(w, n), sizeof(date), date);
	if (!e) {
		*ret_utc = stamp_of(w, date, NO_STAMP);
	}
	return e;
}

/* The record and as many newer ones as one request brings. */
static enum err read_record(struct walk *w, unsigned n, const uint8_t **ret_record)
{
	size_t size = w->model->record_size;
	uint32_t at = address_of(w, n), end = w->ring.at + w->ring.count * (uint32_t)size;
	bool is_here = at >= w->bytes_at && at + size <= w->bytes_at + w->bytes_size;
	if (!is_here) {
		size_t k = (size_t)talk_param(w->talk, "block") / size;
		k = k > n + 1 ? n + 1 : k < 1 ? 1 : k;
		k = k > (end - at) / size ? (end - at) / size : k;
		w->bytes_size = 0;
		enum err e = tem_read(w->talk, w->model, TEM_FLASH, at, k * size, w->bytes);
		if (e) {
			return e;
		}
		w->bytes_at = at;
		w->bytes_size = k * size;
	}
	*ret_record = w->bytes + (at - w->bytes_at);
	return ERR_OK;
}

/* ---- where it is ---- */

/* How many periods end in (from, till]. */
static int64_t periods_between(const struct walk *w, int64_t from, int64_t till)
{
	switch (w->period) {
	case PERIOD_HOUR: return (till - from) / 3600;
	case PERIOD_DAY: return (till - from + 43200) / 86400;
	default: return (till - from + 15 * 86400) / (30 * 86400);
	}
}

/* The oldest record that is newer than span.from; -1: all are older. */
static enum err find_oldest(struct walk *w, int64_t *ret_n)
{
	int64_t newer = -1, older = w->ring.count, guess = 0;
	for (int guesses = 0; older - newer > 1; guesses++) {
		int64_t stamp = NO_STAMP;
		if (guess <= newer || guess >= older || guesses > GUESSES_MAX) {
			guess = newer + (older - newer) / 2;
		}
		enum err e = read_stamp(w, (unsigned)guess, &stamp);
		if (e) {
			return e;
		}
		if (stamp > w->span.from) {
			int64_t step = periods_between(w, w->span.from, stamp) - 1;
			newer = guess;
			guess += step > 1 ? step : 1;
		} else {
			int64_t step = stamp == NO_STAMP ?
					       0 :
					       periods_between(w, stamp, w->span.from) + 1;
			older = guess;
			guess -= step > 1 ? step : 1;
		}
	}
	*ret_n = newer;
	return ERR_OK;
}

static uint32_t pointer_at(const uint8_t *b)
{
	uint32_t p = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return p >= TEM_FLASH_BASE ? p - TEM_FLASH_BASE : p;
}

static enum err find_ring(struct walk *w)
{
	static const int index[PERIOD_COUNT] = {
		[PERIOD_HOUR] = 0, [PERIOD_DAY] = 1, [PERIOD_MONTH] = 2};
	uint8_t pointers[12];
	enum err e = tem_read(
		w->talk, w->model, TEM_TIMER, w->model->pointers_at, sizeof(pointers), pointers);
	if (e) {
		return e;
	}
	uint32_t p = pointer_at(pointers + 4 * index[w->period]);
	uint32_t at = w->ring.at, size = (uint32_t)w->model->record_size;
	if (p < at || p > at + w->ring.count * size || (p - at) % size) {
		return talk_fail(w->talk, ERR_UNSUPP,
			"the pointer to the next %s record is 0x%06lX, outside its memory; this "
			"firmware keeps it elsewhere",
			period_name(w->period), (unsigned long)p);
	}
	w->next = (p - at) / size % w->ring.count;
	return ERR_OK;
}

/* ---- what it says ---- */

/* The interval that ends at `stamp`: the meter's by all we know, else cut as the stamp says. */
static struct span interval_of(const struct walk *w, int64_t stamp)
{
	const struct calendar *known = talk_calendar(w->talk);
	struct span interval = period_of(known, w->period, stamp - 1);
	if (interval.till != stamp && w->period != PERIOD_HOUR) {
		struct civil c = zone_civil(known->zone, stamp);
		struct calendar by = {known->zone, c.hour, c.day};
		interval = period_of(&by, w->period, stamp - 1);
	}
	return interval;
}

static enum err put_record(struct walk *w, const uint8_t *record)
{
	const struct tem_model *m = w->model;
	struct slice bytes = {record, m->record_size};
	enum err e = ERR_OK;
	for (unsigned i = 0; i < w->meter->systems && !e; i++) {
		e = tem_put_codes(&w->to, m, bytes, i);
		if (!e) {
			e = tem_put(&w->to, &m->record[i], bytes,
				m->record_commas_at < 0 ? NULL : record + m->record_commas_at + i);
		}
	}
	return e;
}

static enum err walk_newer(struct walk *w, int64_t n)
{
	int64_t last = NO_STAMP;
	if (n + 2 < w->ring.count && emit_is_twice(talk_zone(w->talk), w->span.from)) {
		n += 2; /* to see both of them */
	}
	for (; n >= 0; n--) {
		const uint8_t *record;
		enum err e = read_record(w, (unsigned)n, &record);
		if (e) {
			return e;
		}
		int64_t stamp = stamp_of(w, record, last);
		struct slice bytes = {record, w->model->record_size};
		last = stamp;
		if (stamp == NO_STAMP ||
			tem_record_sum(bytes) != record[w->model->record_size - 1]) {
			continue; /* empty, or being written: it stays a gap and is asked for again */
		}
		w->to.interval = interval_of(w, stamp);
		if (w->to.interval.from >= w->span.till) {
			return ERR_OK;
		}
		if (w->to.interval.from >= w->span.from) {
			e = put_record(w, record);
		}
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

enum err tem_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct walk w = {.talk = t, .period = period, .span = span};
	int64_t n;
	enum err e = tem_learn(t, false, &w.meter);
	if (e) {
		return e;
	}
	w.model = w.meter->model;
	w.ring = w.model->rings[period];
	w.to = (struct emit){
		.out = out, .period = period, .counters = FORM_POINT, .energy = w.meter->energy};
	if (w.ring.count == 0) {
		return ERR_UNSUPP;
	}
	w.span.from = span.from > 0 ? span.from : 0;
	if (w.span.from >= w.span.till) {
		return ERR_NODATA;
	}
	e = find_ring(&w);
	if (!e) {
		e = find_oldest(&w, &n);
	}
	if (!e) {
		e = walk_newer(&w, n);
	}
	return e ? e : w.to.has_put ? ERR_OK : ERR_NODATA;
}
