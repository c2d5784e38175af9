/*
 * dlms_rows.c - rows of a profile as they come; see dlms_driver.h
 *
 * A buffer is one array of structures, cut into data blocks without regard to rows: what came of a row is
 * held until the rest of it is there, so that a memory of half a year passes through two kilobytes.
 */
#include "drivers/dlms_driver.h"

#include <math.h>
#include <string.h>

#define CLASS_PROFILE   7
#define ENTRIES_ATTR    7
#define ENTRIES_AT_ONCE 48
#define DAY_S           86400
#define SUMMER          0x80 /* of the status of a date and time */

/* ---- moments ---- */

int64_t dlms_utc(const struct zone *z, struct civil c, uint8_t status, int64_t last_utc)
{
	int64_t first = zone_utc(z, c, false), second = zone_utc(z, c, true);
	if (first == second) {
		return first;
	}
	if (status == 0xff) { /* not specified: as the rows follow each other */
		return first > last_utc ? first : second;
	}
	return status & SUMMER ? first : second;
}

/* ---- rows out of chunks ---- */

struct rows {
	struct dlms_peer *peer;
	const struct dlms_shape *shape;
	const struct zone *zone;
	int step_s;
	dlms_row_fn *fn;
	void *ctx;
	bool has_head;
	bool is_conflict; /* another width */
	size_t left;      /* rows still to come */
	size_t told;
	bool has_last;
	int64_t last_utc;
	size_t n;
	uint8_t bytes[DLMS_ROW_CAP];
};

static int64_t next_of(const struct rows *w)
{
	struct civil c = zone_civil(w->zone, w->last_utc);
	if (w->step_s && w->step_s < DAY_S) {
		return w->last_utc + w->step_s;
	}
	c.day += w->step_s ? w->step_s / DAY_S : 0;
	c.month += w->step_s ? 0 : 1;
	return zone_utc(w->zone, civil_from_utc(civil_to_utc(c)), false);
}

/* The clock of a row; left out it is one step behind that of the row before. */
static void set_time(struct rows *w, const struct axdr *cells, struct dlms_row *row)
{
	const struct axdr *clock = &cells[w->shape->clock];
	uint8_t status = 0xff;
	if (clock->tag == AXDR_NULL) {
		row->has_time = w->has_last && w->step_s >= 0;
		row->utc = row->has_time ? next_of(w) : 0;
		row->local = zone_civil(w->zone, row->utc);
	} else if (axdr_time(clock, &row->local, &status)) {
		row->has_time = true;
		row->utc = dlms_utc(
			w->zone, row->local, status, w->has_last ? w->last_utc : INT64_MIN);
	}
	if (row->has_time) {
		w->has_last = true;
		w->last_utc = row->utc;
	}
}

static enum err take_row(struct rows *w, struct slice bytes)
{
	struct axdr cells[DLMS_ROW_COLUMNS], head;
	struct reader r = reader_of(bytes);
	struct dlms_row row = {.cells = cells};
	if (!axdr_open(&r, &head) || head.tag != AXDR_STRUCTURE) {
		return talk_fail(w->peer->talk, ERR_PROTO, "a row of a profile is no structure");
	}
	size_t n = head.count;
	if (n != w->shape->width || n > DLMS_ROW_COLUMNS) {
		w->is_conflict = true;
		return ERR_OK;
	}
	for (size_t i = 0; i < n; i++) {
		if (!axdr_get(&r, &cells[i])) {
			return talk_fail(w->peer->talk, ERR_PROTO,
				"column %zu of a row cannot be read", i + 1);
		}
	}
	row.n = n;
	if (w->shape->clock < n) {
		set_time(w, cells, &row);
	}
	w->told++;
	return w->fn(w->ctx, &row);
}

/* As many rows as are whole. */
static enum err drain(struct rows *w)
{
	size_t at = 0;
	enum err e = ERR_OK;
	while (!e && !w->is_conflict && at < w->n) {
		struct reader r = reader_of((struct slice){w->bytes + at, w->n - at});
		struct axdr cell;
		if (!w->has_head) {
			if (!axdr_open(&r, &cell) && r.is_short) {
				break;
			}
			if (cell.tag != AXDR_ARRAY) {
				return talk_fail(w->peer->talk, ERR_PROTO,
					"the buffer of a profile is no array");
			}
			w->has_head = true;
			w->left = cell.count;
		} else if (w->left == 0) {
			return talk_fail(
				w->peer->talk, ERR_PROTO, "bytes behind the last row of a profile");
		} else if (!axdr_get(&r, &cell)) {
			break;
		} else {
			w->left--;
			e = take_row(w, (struct slice){w->bytes + at, r.at});
		}
		at += r.at;
	}
	w->n -= at;
	memmove(w->bytes, w->bytes + at, w->n);
	return e;
}

static enum err take_chunk(void *ctx, struct slice raw)
{
	struct rows *w = ctx;
	enum err e = ERR_OK;
	while (raw.size > 0 && !e && !w->is_conflict) {
		size_t n = sizeof(w->bytes) - w->n;
		n = n < raw.size ? n : raw.size;
		if (n == 0) {
			return talk_fail(w->peer->talk, ERR_PROTO,
				"a row of a profile is longer than %d bytes, or cannot be read",
				DLMS_ROW_CAP);
		}
		memcpy(w->bytes + w->n, raw.data, n);
		w->n += n;
		raw.data += n;
		raw.size -= n;
		e = drain(w);
	}
	return e;
}

static enum err fetch(struct rows *w, const struct obis *object, struct slice selection)
{
	const struct dlms_target target = {*object, CLASS_PROFILE, 2, selection};
	w->has_head = w->is_conflict = false;
	w->left = w->n = 0;
	w->has_last = false;
	enum err e = dlms_get(w->peer, &target, take_chunk, w);
	if (w->is_conflict) {
		return talk_fail(w->peer->talk, ERR_CONFLICT,
			"rows of a profile have another width than its columns");
	}
	if (!e && (!w->has_head || w->left > 0 || w->n > 0)) {
		return talk_fail(w->peer->talk, ERR_PROTO, "the rows of a profile end too early");
	}
	return e;
}

/* ---- which rows ---- */

/* A refusal to select, not to show. */
static bool is_refused(const struct dlms_peer *p, enum err e)
{
	return err_is_answer(e) && p->access_result != COSEM_OBJECT_UNDEFINED &&
	       p->access_result != COSEM_READ_WRITE_DENIED;
}

/* An hour the clock shows twice: the earlier one begins, the later one ends. */
static struct civil bound(const struct zone *z, int64_t utc, int by)
{
	struct civil c = zone_civil(z, utc);
	if (zone_utc(z, c, false) != zone_utc(z, c, true)) {
		c.hour += by;
		c = civil_from_utc(civil_to_utc(c));
	}
	return c;
}

/* Parts that are not specified: day of the week, deviation. */
static size_t put_time(struct civil c, uint8_t *to)
{
	const uint8_t bytes[] = {AXDR_OCTETS, AXDR_TIME_SIZE, (uint8_t)(c.year >> 8),
		(uint8_t)c.year, (uint8_t)c.month, (uint8_t)c.day, 0xff, (uint8_t)c.hour,
		(uint8_t)c.minute, (uint8_t)c.second, 0, 0x80, 0, 0};
	memcpy(to, bytes, sizeof(bytes));
	return sizeof(bytes);
}

/* Selector 1: {clock object, from, till, all columns}. */
static size_t put_range(struct civil from, struct civil till, uint8_t to[static DLMS_SELECTION])
{
	static const uint8_t head[] = {0x01, 0x02, 0x04, 0x02, 0x04, 0x12, 0x00, 0x08, 0x09, 0x06,
		0x00, 0x00, 0x01, 0x00, 0x00, 0xff, 0x0f, 0x02, 0x12, 0x00, 0x00};
	size_t n = sizeof(head);
	memcpy(to, head, n);
	n += put_time(from, to + n);
	n += put_time(till, to + n);
	to[n++] = AXDR_ARRAY;
	to[n++] = 0;
	return n;
}

/* Selector 2: {first, last, all columns}. */
static size_t put_entries(uint32_t first, uint32_t last, uint8_t to[static DLMS_SELECTION])
{
	const uint8_t bytes[] = {0x02, 0x02, 0x04, AXDR_U32, (uint8_t)(first >> 24),
		(uint8_t)(first >> 16), (uint8_t)(first >> 8), (uint8_t)first, AXDR_U32,
		(uint8_t)(last >> 24), (uint8_t)(last >> 16), (uint8_t)(last >> 8), (uint8_t)last,
		AXDR_U16, 0, 1, AXDR_U16, 0, 0};
	memcpy(to, bytes, sizeof(bytes));
	return sizeof(bytes);
}

static enum err fetch_range(struct rows *w, const struct obis *object, struct span span)
{
	uint8_t selection[DLMS_SELECTION];
	size_t n = put_range(
		bound(w->zone, span.from, -1), bound(w->zone, span.till, 1), selection);
	return fetch(w, object, (struct slice){selection, n});
}

static enum err read_number(struct dlms_peer *p, const struct obis *o, int attribute, double *ret)
{
	struct axdr cell;
	enum err e = dlms_read(p, CLASS_PROFILE, o, attribute);
	if (e) {
		return e;
	}
	if (!dlms_value_get(p, &cell) || isnan(cell.number)) {
		return talk_fail(p->talk, ERR_PROTO, "attribute %d is no number", attribute);
	}
	*ret = cell.number;
	return ERR_OK;
}

/* At most so many rows were written from this moment on; the clock may be a day ahead. */
static int64_t periods_since(const struct rows *w, int64_t from)
{
	int64_t now = talk_now(w->peer->talk) + DAY_S;
	if (w->step_s) {
		return (now - from) / w->step_s + 2;
	}
	struct civil a = zone_civil(w->zone, from), b = zone_civil(w->zone, now);
	return (b.year - a.year) * 12 + b.month - a.month + 1;
}

/*
 * By number, 1 the oldest. Rows of power cuts are missing, so the row of a moment is at most as far from the
 * newest as periods have passed since: from there on, until the rows are behind the span.
 */
static enum err fetch_entries(struct rows *w, const struct obis *object, struct span span)
{
	double entries = 0;
	enum err e = read_number(w->peer, object, ENTRIES_ATTR, &entries);
	if (e || !(entries >= 1 && entries < 1e6)) {
		return e ? e : ERR_NODATA;
	}
	int64_t back = periods_since(w, span.from);
	int64_t first = (int64_t)entries - back + 1, last = (int64_t)entries;
	for (first = first < 1 ? 1 : first; first <= last && !e; first += ENTRIES_AT_ONCE) {
		uint8_t selection[DLMS_SELECTION];
		int64_t till = first + ENTRIES_AT_ONCE - 1;
		size_t n = put_entries(
			(uint32_t)first, (uint32_t)(till < last ? till : last), selection);
		e = fetch(w, object, (struct slice){selection, n});
		if (!e && w->has_last && w->last_utc > span.till) {
			break;
		}
	}
	return e;
}

enum err dlms_rows_read(struct dlms_peer *p, const struct obis *object, struct dlms_shape *shape,
	int step_s, struct span span, dlms_row_fn *fn, void *ctx)
{
	struct rows w = {.peer = p,
		.shape = shape,
		.zone = talk_zone(p->talk),
		.step_s = step_s,
		.fn = fn,
		.ctx = ctx};
	bool wants_all = span.from == INT64_MIN || shape->clock == DLMS_NO_CLOCK;
	bool has_no_range = wants_all || shape->has_no_range;
	bool has_no_entry = wants_all || shape->has_no_entry || step_s < 0;
	enum err e = ERR_UNSUPP;
	if (!has_no_range) {
		e = fetch_range(&w, object, span);
		if (!is_refused(p, e)) {
			return e;
		}
	}
	if (!has_no_entry) {
		e = fetch_entries(&w, object, span);
		if (!is_refused(p, e)) {
			shape->has_no_range = shape->has_no_range || !e;
			return e;
		}
	}
	e = fetch(&w, object, (struct slice){NULL, 0});
	if (!e && !wants_all) { /* only what works instead shows that the other does not */
		shape->has_no_range = shape->has_no_entry = true;
	}
	return e;
}
