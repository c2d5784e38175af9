/*
 * set4tm_profile.c - the load profile of the SET-4TM family; see set4tm_driver.h
 *
 * Memory is a ring of blocks, one an hour: a header with date, interval and checksum, then a record for
 * each interval. A block that would not fit at the end is not begun. An hour wholly without power has no
 * block; the rest of the hour in which it failed, and the beginning of that in which it came back, are
 * zeros. So the place of an hour is only bounded, and it is searched by bisection over the headers; an
 * interval of zeros beside such a gap is told as incomplete, never as nothing consumed.
 *
 * Labels are beginnings. Energy of an interval is N / 2A.
 */
#include "drivers/profile.h"
#include "drivers/set4tm_driver.h"

#include <math.h>
#include <string.h>

#define PROBES  40
#define SLICES  60 /* of an hour, at most */
#define HOUR_S  3600
#define PARTIAL 0x8000u

struct ring {
	const struct set4 *m;
	unsigned bytes, block; /* of memory, of an hour */
	unsigned blocks, newest;
	int minutes;
	int64_t newest_start;        /* of the hour that is being written */
	uint8_t kept[SET4_READ_NEW]; /* blocks read at once */
	unsigned kept_from, kept_n;  /* the first of them, how many */
};

struct hour {
	int64_t start;
	int minutes;
	uint8_t slices[SLICES * SET4_SLICE];
};

static enum err read_memory(const struct ring *r, unsigned at, unsigned n, struct slice *ret_data)
{
	uint8_t body[] = {SET4_MEMORY, 3, (uint8_t)(at >> 8), (uint8_t)at, (uint8_t)n};
	return set4_ask(r->m, body, sizeof(body), n, ret_data);
}

static enum err open_ring(const struct set4 *m, struct ring *ret)
{
	static const uint8_t pointer[] = {SET4_PARAMETER, 0x04},
			     interval[] = {SET4_PARAMETER, 0x06};
	int64_t own = talk_param(m->talk, "records");
	int type = m->state->variant.type;
	bool is_small = type == 3 || type == 5 || type == 9; /* PSCH .05, SEB-1TM.02 */
	struct slice data;
	struct ring r = {.m = m,
		.bytes = (unsigned)(own      ? own :
				    is_small ? 4096 :
					       8192) *
			 SET4_SLICE};
	enum err e = set4_ask(m, interval, sizeof(interval), 2, &data);
	if (e) {
		return e;
	}
	r.minutes = data.data[1];
	if (r.minutes < 1 || 60 % r.minutes) {
		return talk_fail(m->talk, ERR_PROTO, "an interval of %d minutes", r.minutes);
	}
	r.block = (unsigned)(60 / r.minutes + 1) * SET4_SLICE;
	r.blocks = r.bytes / r.block;
	e = set4_ask(m, pointer, sizeof(pointer), 7, &data);
	if (e) {
		return e;
	}
	int minute = set4_bcd(data.data[0] & 0x7f);
	unsigned at = set4_number(data.data + 5, 2);
	unsigned head = (unsigned)(minute / r.minutes + 1) * SET4_SLICE;
	struct civil c = {.hour = set4_bcd(data.data[1]),
		.day = set4_bcd(data.data[2]),
		.month = set4_bcd(data.data[3]),
		.year = 2000 + set4_bcd(data.data[4])};
	if (minute < 0 || c.hour < 0 || c.day < 1 || c.month < 1 || at < head ||
		(at - head) % r.block || (at - head) / r.block >= r.blocks) {
		return talk_fail(m->talk, ERR_PROTO,
			"the profile's pointer %u does not fit blocks of %u bytes", at, r.block);
	}
	r.newest = (at - head) / r.block;
	r.newest_start = set4_utc(m, &c, true);
	*ret = r;
	return ERR_OK;
}

/* The header of the block so many back. */
static enum err read_header(
	const struct ring *r, unsigned back, struct set4_hour *ret, bool *ret_there)
{
	unsigned block = (r->newest + r->blocks - back % r->blocks) % r->blocks;
	struct slice data;
	enum err e = read_memory(r, block * r->block, SET4_SLICE, &data);
	if (!e) {
		*ret_there = set4_hour(data.data, ret) && ret->minutes == r->minutes;
	}
	return e;
}

/* A whole block, in as few replies as the meter can. */
static enum err read_block(struct ring *r, unsigned back, struct hour *ret, bool *ret_there)
{
	unsigned block = (r->newest + r->blocks - back) % r->blocks;
	unsigned most = r->m->state->variant.type == 0 ? SET4_READ_OLD : SET4_READ_NEW;
	uint8_t bytes[SLICES * SET4_SLICE + SET4_SLICE];
	struct set4_hour h;
	struct slice data;
	bool is_kept = block >= r->kept_from && block < r->kept_from + r->kept_n;
	if (!is_kept && most >= r->block) { /* some more hours in the same reply */
		unsigned n = most / r->block, left = r->blocks - block;
		n = n < left ? n : left;
		n = n < back + 1 ? n : back + 1;
		enum err e = read_memory(r, block * r->block, n * r->block, &data);
		if (e) {
			return e;
		}
		memcpy(r->kept, data.data, n * r->block);
		r->kept_from = block;
		r->kept_n = n;
		is_kept = true;
	}
	if (is_kept) {
		memcpy(bytes, r->kept + (block - r->kept_from) * r->block, r->block);
	}
	for (unsigned at = 0; !is_kept && at < r->block;) {
		unsigned n = r->block - at < most ? r->block - at : most;
		enum err e = read_memory(r, block * r->block + at, n, &data);
		if (e) {
			return e;
		}
		memcpy(bytes + at, data.data, n);
		at += n;
	}
	*ret_there = set4_hour(bytes, &h) && h.minutes == r->minutes;
	if (*ret_there) {
		ret->start = set4_utc(r->m, &h.start, h.is_winter);
		ret->minutes = h.minutes;
		memcpy(ret->slices, bytes + SET4_SLICE, r->block - SET4_SLICE);
	}
	return ERR_OK;
}

/* Steps back to the oldest hour that begins at `want` or later; the newest one does. */
static enum err search(const struct ring *r, int64_t want, unsigned *ret_back)
{
	int64_t most = (r->newest_start - want) / HOUR_S +
		       1; /* the season of the pointer is not told */
	unsigned good = 0, probe = most < r->blocks - 1 ? (unsigned)most : r->blocks - 1;
	unsigned bad = probe + 1;
	for (int i = 0; i < PROBES && bad - good > 1; i++) {
		struct set4_hour h;
		bool is_there;
		enum err e = read_header(r, probe, &h, &is_there);
		if (e) {
			return e;
		}
		if (is_there && set4_utc(r->m, &h.start, h.is_winter) >= want) {
			good = probe;
		} else {
			bad = probe;
		}
		probe = good + (bad - good) / 2;
	}
	*ret_back = good;
	return ERR_OK;
}

static enum err put_hour(
	const struct ring *r, const struct hour *h, bool is_by_gap, int64_t now, struct profile *p)
{
	double worth = 2.0 * r->m->state->variant.constant;
	enum err e = ERR_OK;
	for (int i = 0; i < 60 / h->minutes && !e; i++) {
		const uint8_t *b = h->slices + i * SET4_SLICE;
		struct profile_slot slot = {.start_utc = h->start + i * h->minutes * INT64_C(60),
			.minutes = h->minutes};
		bool is_zero = true;
		for (int k = 0; k < SET4_COLUMNS; k++) {
			unsigned n = set4_number(b + 2 * k, 2);
			is_zero = is_zero && n == 0;
			slot.is_incomplete = slot.is_incomplete || (n & PARTIAL);
			slot.value[k] = (n & ~PARTIAL) / worth;
		}
		slot.is_incomplete = slot.is_incomplete || (is_zero && is_by_gap);
		if (slot.start_utc + h->minutes * INT64_C(60) <=
			now) { /* the running one is not over */
			e = profile_put(p, &slot);
		}
	}
	return e;
}

static enum err put_hours(struct ring *r, unsigned back, struct span span, struct profile *p)
{
	static const uint8_t clock[] = {SET4_TIME, 0x00};
	struct hour hours[2];
	bool has_last = false, by_gap = false;
	struct slice data;
	struct civil c;
	enum err e = set4_ask(r->m, clock, sizeof(clock), 8, &data);
	if (e || !set4_clock(data.data, &c)) {
		return e ? e : ERR_PROTO;
	}
	int64_t now = set4_utc(r->m, &c, data.data[7] == 1);
	for (int at = (int)back; at >= 0 && !e; at--) {
		struct hour *next = &hours[at % 2], *last = &hours[(at + 1) % 2];
		bool is_there;
		e = read_block(r, (unsigned)at, next, &is_there);
		if (e || !is_there) {
			has_last = has_last && !e && is_there;
			continue;
		}
		bool is_gap = has_last && next->start != last->start + HOUR_S;
		if (has_last) {
			e = put_hour(r, last, by_gap || is_gap, now, p);
		}
		by_gap = is_gap;
		has_last = true;
		if (next->start >= span.till) {
			return e;
		}
	}
	return e || !has_last ? e : put_hour(r, &hours[0], by_gap, now, p);
}

enum err set4_read_profile(
	const struct set4 *m, enum period period, struct span span, struct sink *out)
{
	struct profile_column columns[SET4_COLUMNS];
	struct profile p;
	struct ring r;
	unsigned back = 0;
	int decimals = (int)floor(log10(2.0 * m->state->variant.constant) + 1e-9);
	enum err e = open_ring(m, &r);
	if (!e && !profile_fits(r.minutes, period)) {
		return ERR_UNSUPP;
	}
	if (e || r.newest_start + HOUR_S <= span.from) {
		return e ? e : ERR_NODATA;
	}
	for (int i = 0; i < SET4_COLUMNS; i++) {
		columns[i] = (struct profile_column){set4_columns[i].key, set4_columns[i].quantity,
			set4_columns[i].unit, decimals};
	}
	/* the hour before, to see whether there is a gap */
	e = search(&r, span.from - 2 * HOUR_S + 1, &back);
	profile_begin(&p, out, period, span, talk_calendar(m->talk), columns, SET4_COLUMNS);
	e = e ? e : put_hours(&r, back, span, &p);
	return e ? e : profile_end(&p);
}
