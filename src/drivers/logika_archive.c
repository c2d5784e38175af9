/*
 * logika_archive.c - hours, days and months of a legacy Logika calculator; see logika_driver.h
 *
 * A record is asked for by the date that names it, and the reply names nothing. What the date means:
 *
 *     hour     its end: hour 0 of a day is 23:00 to 24:00 of the day before
 *     day      its end, a report hour; of the old SPT941 the day itself
 *     month    its end, the report day; of the old SPT941 the month itself
 *
 * Where a zone turns its clock back, two hours end at the same local time. Which of them the meter
 * keeps is not known: neither is read.
 *
 * The first SPT941 do not search. Their rings lie in FLASH: headers that hold the date and, at the
 * same number, data. From the number of the last record one walks backwards over headers until they
 * are older than what is wanted, then reads the data of what was passed.
 */
#include "drivers/logika_driver.h"

#include <string.h>

#define RING_MAX   1100
#define RING_PAGES 8
#define INDEX_ALSO 12 /* the document's 20, 22, 24 may be hexadecimal */

struct archive {
	struct logika *logika;
	enum period period;
	struct span span;
	struct sink *out;
	struct calendar calendar;
	int put_n;
};

static enum err put_record(struct archive *a, unsigned system, int64_t start, struct slice data)
{
	const struct logika_layout *y = a->logika->layout;
	struct logika_record r;
	if (!logika_record_get(y, a->period, data, &r)) {
		return talk_fail(a->logika->talk, ERR_PROTO, "a record of %zu bytes", data.size);
	}
	unsigned abnormal = r.has_situations ? logika_abnormal(y, r.situations) : 0;
	struct logika_values v = {.logika = a->logika,
		.out = a->out,
		.system = system,
		.form = FORM_AMOUNT,
		.period = a->period,
		.utc = start,
		.flags = abnormal ? QUALITY_ABNORMAL : 0};
	enum err e = ERR_OK;
	for (unsigned i = 0; !e && i < y->record.n; i++) {
		if (r.has >> i & 1) {
			e = logika_put(&v, &y->record.items[i], r.values[i]);
		}
	}
	v.flags = 0;
	if (!e && r.has_situations) {
		e = logika_put_situations(&v, r.situations);
	}
	a->put_n++;
	return e;
}

/* ---- by date ---- */

/* The local time that names a period; false: it names two. */
static bool label_of(const struct archive *a, struct span p, struct civil *ret)
{
	const struct zone *z = a->calendar.zone;
	bool is_by_start = a->period != PERIOD_HOUR && a->logika->layout->is_named_by_start;
	int64_t moment = is_by_start ? p.from : p.till;
	struct civil c = zone_civil(z, moment);
	if (a->period == PERIOD_HOUR && zone_utc(z, c, false) != zone_utc(z, c, true)) {
		return false;
	}
	*ret = c;
	return true;
}

static enum err read_one(struct archive *a, unsigned system, struct span p)
{
	struct civil label;
	struct slice data;
	if (!label_of(a, p, &label)) {
		return ERR_OK;
	}
	enum err e = logika_find(a->logika, a->period, label, &data);
	if (e) {
		return e == ERR_NODATA ? ERR_OK : e;
	}
	return put_record(a, system, p.from, data);
}

static enum err read_system(struct archive *a, unsigned system)
{
	bool is_double = a->logika->layout->systems > 1;
	enum err e = is_double ? logika_select(a->logika, system + 1) : ERR_OK;
	struct span p = period_of(&a->calendar, a->period, a->span.from);
	if (p.from < a->span.from) {
		p = period_of(&a->calendar, a->period, p.till);
	}
	while (!e && p.from < a->span.till) {
		e = read_one(a, system, p);
		p = period_of(&a->calendar, a->period, p.till);
	}
	return e;
}

static enum err read_by_date(struct archive *a)
{
	unsigned systems = (unsigned)talk_param(a->logika->talk, "systems");
	enum err e = ERR_OK;
	for (unsigned i = 0; !e && i < a->logika->layout->systems && i < systems; i++) {
		e = read_system(a, i);
		e = i > 0 && err_is_answer(e) ? ERR_OK : e; /* a modification without the second */
	}
	return e;
}

/* ---- the ring of the first SPT941 ---- */

struct ring {
	const struct logika_ring *at;
	unsigned first_page, pages; /* of the headers held; 0 pages: none */
	uint8_t held[RING_PAGES * LOGIKA_PAGE];
	unsigned last;            /* number of the newest record */
	int64_t starts[RING_MAX]; /* of the records wanted, by steps back from the newest */
	unsigned from, till;      /* steps back: [from, till) are wanted */
};

/* When the record with this header began; false: no record. */
static bool start_of(const struct archive *a, const uint8_t *header, int64_t *ret)
{
	uint8_t b[4];
	struct civil c;
	memcpy(b, header, sizeof(b));
	b[3] = a->period == PERIOD_HOUR ? b[3] : 0;
	b[2] = a->period == PERIOD_MONTH ? 1 : b[2];
	if (!logika_stamp(b, &c)) {
		return false;
	}
	int64_t named = zone_utc(a->calendar.zone, c, false);
	*ret = a->period == PERIOD_HOUR ? named - 3600 : named;
	return true;
}

/* The header of a slot; pages are read in the direction of the walk, backwards. */
static enum err header_of(struct archive *a, struct ring *r, unsigned slot, const uint8_t **ret)
{
	uint32_t at = r->at->headers_at + 4u * slot;
	unsigned page = at / LOGIKA_PAGE, lowest = r->at->headers_at / LOGIKA_PAGE;
	if (r->pages == 0 || page < r->first_page || page >= r->first_page + r->pages) {
		unsigned first = page >= lowest + RING_PAGES - 1 ? page - (RING_PAGES - 1) : lowest;
		r->pages = 0;
		enum err e = logika_flash(a->logika, first, page - first + 1, r->held);
		if (e) {
			return e;
		}
		r->first_page = first;
		r->pages = page - first + 1;
	}
	*ret = r->held + (at - r->first_page * LOGIKA_PAGE);
	return ERR_OK;
}

/* Of the two places where the number of the last record may stand, the one whose header is newer. */
static enum err find_last(struct archive *a, struct ring *r)
{
	uint8_t page[LOGIKA_PAGE];
	int64_t newest = INT64_MIN;
	enum err e = logika_flash(a->logika, LOGIKA_INDEX_PAGE, 1, page);
	for (unsigned i = 0; !e && i < 2; i++) {
		const uint8_t *b = page + r->at->index_at + INDEX_ALSO * i;
		unsigned slot = b[0] | (unsigned)b[1] << 8;
		const uint8_t *header;
		int64_t start;
		if (slot >= r->at->slots) {
			continue;
		}
		e = header_of(a, r, slot, &header);
		if (!e && start_of(a, header, &start) && start > newest) {
			newest = start;
			r->last = slot;
		}
	}
	if (!e && newest == INT64_MIN) {
		return talk_fail(a->logika->talk, ERR_NODATA,
			"the archive in FLASH is empty, or lies where nobody knows");
	}
	return e;
}

/* Steps back whose records are wanted. Records follow each other in time, so the walk ends with the
 * first that is too old; what is out of order (a clock set back) is passed over. */
static enum err walk(struct archive *a, struct ring *r)
{
	enum err e = ERR_OK;
	bool is_old = false;
	for (unsigned k = 0; !e && !is_old && k < r->at->slots && k < RING_MAX; k++) {
		unsigned slot = (r->last + r->at->slots - k) % r->at->slots;
		const uint8_t *header;
		int64_t start = INT64_MIN;
		e = header_of(a, r, slot, &header);
		if (e) {
			break;
		}
		bool is_there = start_of(a, header, &start);
		is_old = is_there && start < a->span.from;
		r->starts[k] = is_there ? start : INT64_MIN;
		if (is_there && start < a->span.till && !is_old) {
			r->from = r->till == 0 ? k : r->from;
			r->till = k + 1;
		}
	}
	return e;
}

/* Records of the slots from `first`, `n` of them in a row; `back` is the step of the first. */
static enum err read_slots(
	struct archive *a, struct ring *r, unsigned first, unsigned n, unsigned back)
{
	uint8_t pages[RING_PAGES * LOGIKA_PAGE];
	uint32_t at = r->at->data_at + (uint32_t)first * r->at->record_size;
	uint32_t end = at + (uint32_t)n * r->at->record_size;
	unsigned page = at / LOGIKA_PAGE;
	enum err e = logika_flash(
		a->logika, page, (end + LOGIKA_PAGE - 1) / LOGIKA_PAGE - page, pages);
	for (unsigned i = 0; !e && i < n; i++) {
		int64_t start = r->starts[back - i];
		const uint8_t *b = pages + (at - page * LOGIKA_PAGE) + i * r->at->record_size;
		if (start >= a->span.from && start < a->span.till) {
			e = put_record(a, 0, start, (struct slice){b, r->at->record_size});
		}
	}
	return e;
}

static enum err read_ring(struct archive *a)
{
	struct ring r = {.at = logika_ring_of(a->period)};
	unsigned some_max;
	if (!r.at) {
		return talk_fail(a->logika->talk, ERR_UNSUPP, "no such archive");
	}
	enum err e = find_last(a, &r);
	e = e ? e : walk(a, &r);
	some_max = (RING_PAGES - 1) * LOGIKA_PAGE / r.at->record_size;
	for (unsigned k = r.till; !e && k > r.from;) { /* oldest first: pages in rising order */
		unsigned slot = (r.last + r.at->slots - (k - 1)) % r.at->slots;
		unsigned n = k - r.from < some_max ? k - r.from : some_max;
		n = slot + n > r.at->slots ? r.at->slots - slot : n;
		e = read_slots(a, &r, slot, n, k - 1);
		k -= n;
	}
	return e;
}

static enum err read_archive(struct logika *l, struct archive *a)
{
	enum err e = logika_settings(l);
	if (e) {
		return e;
	}
	if (l->layout->record_size[a->period] == 0) {
		return talk_fail(
			l->talk, ERR_UNSUPP, "%s has no archive of this period", l->layout->model);
	}
	a->calendar = logika_calendar(l);
	return logika_is_searching(l->id) ? read_by_date(a) : read_ring(a);
}

enum err logika_read_archive(struct talk *t, enum period period, struct span span, struct sink *out)
{
	struct logika l;
	struct archive a = {.logika = &l, .period = period, .span = span, .out = out};
	enum err e = logika_open(&l, t);
	e = e ? e : read_archive(&l, &a);
	logika_close(&l);
	if (!e && a.put_n == 0) {
		return talk_fail(t, ERR_NODATA, "no records of this period");
	}
	return e;
}
