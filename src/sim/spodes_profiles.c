/*
 * spodes_profiles.c - profiles and journals of a simulated SPODES meter; see spodes_inner.h
 *
 * Rows are made when they are asked for. Columns stand in another order in each kind, as makers put
 * them. Power cuts (docs/protocols/dlms.md, traps):
 *
 *   load profile   nothing while the power is off; what was counted till then is a row stamped with the
 *                  moment, or, in spodes_d, rows of zeros at the full hours if the day had power at all
 *   days, months   rows of a moment without power are written when it is back, with the registers as
 *                  they stood when it went
 */
#include "sim/spodes_inner.h"

#include <assert.h>
#include <string.h>

/* ---- profiles ---- */

struct column {
	struct obis obis;
	uint8_t class_id, attribute;
};

#define CLOCK                                \
	{                                    \
		{{0, 0, 1, 0, 0, 255}}, 8, 2 \
	}
#define REGISTER(c, d, e)                    \
	{                                    \
		{{1, 0, c, d, e, 255}}, 3, 2 \
	}

static const struct column load_3[] = {
	CLOCK, REGISTER(1, 29, 0), REGISTER(2, 29, 0), REGISTER(3, 29, 0), REGISTER(4, 29, 0)};
static const struct column load_1[] = {
	REGISTER(3, 29, 0), {{{0, 0, 96, 9, 0, 255}}, 3, 2}, REGISTER(1, 29, 0), CLOCK};
static const struct column load_more[] = {REGISTER(4, 29, 0), REGISTER(3, 29, 0),
	REGISTER(2, 29, 0), REGISTER(1, 29, 0), CLOCK, {{{0, 0, 96, 8, 0, 255}}, 1, 2}};
static const struct column days_3[] = {CLOCK, REGISTER(1, 8, 1), REGISTER(1, 8, 2),
	REGISTER(1, 8, 3), REGISTER(1, 8, 4), REGISTER(1, 8, 0), REGISTER(2, 8, 0),
	REGISTER(3, 8, 0), REGISTER(4, 8, 0)};
static const struct column days_1[] = {
	REGISTER(3, 8, 0), REGISTER(1, 8, 0), REGISTER(1, 8, 2), CLOCK, REGISTER(1, 8, 1)};
static const struct column months_3[] = {CLOCK, REGISTER(1, 8, 0), REGISTER(1, 8, 1),
	REGISTER(1, 8, 2), REGISTER(1, 8, 3), REGISTER(1, 8, 4), REGISTER(3, 8, 0),
	REGISTER(4, 8, 0), REGISTER(2, 8, 0)};
static const struct column months_1[] = {
	REGISTER(1, 8, 1), REGISTER(1, 8, 2), CLOCK, REGISTER(1, 8, 0)};
static const struct column snapshot_3[] = {REGISTER(32, 7, 0), REGISTER(52, 7, 0),
	REGISTER(72, 7, 0), REGISTER(31, 7, 0), REGISTER(51, 7, 0), REGISTER(71, 7, 0),
	REGISTER(1, 7, 0), REGISTER(3, 7, 0), REGISTER(9, 7, 0), REGISTER(13, 7, 0),
	REGISTER(14, 7, 0), CLOCK, REGISTER(1, 8, 0), REGISTER(1, 8, 1), REGISTER(1, 8, 2),
	REGISTER(2, 8, 0), REGISTER(3, 8, 0), REGISTER(4, 8, 0), REGISTER(21, 7, 0),
	REGISTER(41, 7, 0), REGISTER(61, 7, 0)};
static const struct column power[] = {
	CLOCK, {{{0, 0, 96, 11, 2, 255}}, 1, 2}, {{{0, 0, 96, 8, 0, 255}}, 3, 2}};
static const struct column tamper[] = {{{{0, 0, 96, 11, 4, 255}}, 1, 2}, CLOCK};

enum rows_of {
	ROWS_LOAD,
	ROWS_DAYS,
	ROWS_MONTHS,
	ROWS_SNAPSHOT,
	ROWS_POWER,
	ROWS_NONE
};

struct profile_of {
	struct obis object;
	const struct column *columns[2]; /* three phases, one phase; NULL: none */
	size_t n[2];
	enum rows_of rows;
	int shift;     /* of energies' scalers, as told by the profile of scales */
	uint8_t scale; /* E of that */
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
static const struct profile_of profiles[] = {
	{{{1, 0, 99, 1, 0, 255}}, {load_3, load_1}, {COUNT(load_3), COUNT(load_1)}, ROWS_LOAD, 0,
		4},
	{{{1, 0, 98, 2, 0, 255}}, {days_3, days_1}, {COUNT(days_3), COUNT(days_1)}, ROWS_DAYS, 1,
		2},
	{{{1, 0, 98, 1, 0, 255}}, {months_3, months_1}, {COUNT(months_3), COUNT(months_1)},
		ROWS_MONTHS, 1, 1},
	{{{1, 0, 94, 7, 0, 255}}, {snapshot_3, NULL}, {COUNT(snapshot_3), 0}, ROWS_SNAPSHOT, 0, 3},
	{{{0, 0, 99, 98, 2, 255}}, {power, power}, {COUNT(power), COUNT(power)}, ROWS_POWER, 0, 0},
	{{{0, 0, 99, 98, 4, 255}}, {tamper, tamper}, {COUNT(tamper), COUNT(tamper)}, ROWS_NONE, 0,
		0},
};

/* ---- rows ---- */

enum row_kind {
	ROW_WHOLE,
	ROW_ZEROS,
	ROW_EVENT
};

struct row {
	int64_t stamp;      /* UTC */
	int64_t from, till; /* what it counts */
	enum row_kind kind;
	int number; /* of an event */
};

struct writer {
	const struct spodes *meter;
	const struct profile_of *profile;
	const struct column *columns;
	size_t columns_n;
	int64_t from, till;  /* of stamps, both included */
	int64_t first, last; /* of numbers, from 1 */
	int64_t n, written;
	int64_t last_stamp, step_s; /* of rows; a clock that is one step further may be left out */
	int shift;
	bool has_clock;
	struct buf *out;
};

static void put_cell(const struct writer *w, const struct column *c, const struct row *row)
{
	const struct spodes *m = w->meter;
	const uint8_t *v = c->obis.v;
	int phase;
	if (c->class_id == 8) {
		bool follows = w->written && w->step_s && row->stamp == w->last_stamp + w->step_s;
		if (m->has_clockless_rows && follows) {
			buf_u8(w->out, 0);
			return;
		}
		spodes_put_clock(m, w->out, row->stamp);
	} else if (v[OBIS_C] == 96 && v[OBIS_D] == 9) {
		spodes_put_number(w->out, 0x10, 23);
	} else if (v[OBIS_C] == 96 && v[OBIS_D] == 11) {
		spodes_put_number(w->out, 0x11, row->number);
	} else if (v[OBIS_C] == 96) {
		spodes_put_number(w->out, 0x06, (row->stamp - m->device->born_utc) / 60);
	} else if (v[OBIS_D] == 29) {
		struct obis total = c->obis;
		total.v[OBIS_D] = 8;
		int64_t amount = spodes_reading(m, &total, row->till * 1000000, 0) -
				 spodes_reading(m, &total, row->from * 1000000, 0);
		spodes_put_number(w->out, 0x12, row->kind == ROW_ZEROS ? 0 : amount);
	} else {
		const struct spodes_reg *r = spodes_reg_of(m, &c->obis, &phase);
		assert(r);
		int shift = r->d == 8 ? w->shift : 0;
		spodes_put_number(
			w->out, r->tag, spodes_reading(m, &c->obis, row->till * 1000000, shift));
	}
}

/* A row counts, and is written if it was asked for. */
static void put_row(struct writer *w, const struct row *row)
{
	w->n++;
	if (row->stamp < w->from || row->stamp > w->till || w->n < w->first || w->n > w->last) {
		return;
	}
	spodes_put_length(w->out, 0x02, w->columns_n);
	for (size_t i = 0; i < w->columns_n; i++) {
		put_cell(w, &w->columns[i], row);
	}
	w->written++;
	w->last_stamp = row->stamp;
}

static bool is_off(const struct sim_device *d, int64_t utc)
{
	return utc >= d->off_from_utc && utc < d->off_till_utc;
}

/* Has the civil day of this moment a moment with power? */
static bool day_had_power(const struct spodes *m, int64_t utc)
{
	struct calendar c = {.zone = sim_calendar(m->device).zone, .report_day = 1};
	struct span day = period_of(&c, PERIOD_DAY, utc);
	return !(is_off(m->device, day.from) && is_off(m->device, day.till - 1));
}

static void load_rows(struct writer *w)
{
	const struct spodes *m = w->meter;
	const struct sim_device *d = m->device;
	struct sim_device whole = *d; /* as if it had had power */
	int64_t step = m->minutes * 60;
	struct calendar c = sim_calendar(d);
	int64_t open = period_of(&c, m->period, sim_meter_now(d, m->now_us)).from;
	int64_t start = open - sim_depth(d, m->period) * step;
	if (w->first == 1 && w->from > start + 2 * step && w->from < INT64_MAX) {
		start += (w->from - 2 * step - start) / step * step; /* no numbers are asked for */
	}
	w->step_s = step;
	whole.off_from_utc = whole.off_till_utc = 0;
	for (; start < open && start <= w->till; start += step) {
		struct sim_record r;
		struct row row = {start + step, start, start + step, ROW_WHOLE, 0};
		if (sim_record_of(d, m->period, start, m->now_us, &r)) {
			put_row(w, &row);
			continue;
		}
		if (!sim_record_of(&whole, m->period, start, m->now_us, &r)) {
			continue;
		}
		if (m->has_blocks_of_days && day_had_power(m, start)) {
			row.kind = ROW_ZEROS;
			put_row(w, &row);
		} else if (d->off_from_utc > start) {
			row.stamp = row.till = d->off_from_utc;
			put_row(w, &row);
		}
	}
}

static void reading_rows(struct writer *w, enum period p)
{
	struct sim_device d = *w->meter->device; /* days end at 0:00, months as set, at 0:00 */
	struct row row = {.kind = ROW_WHOLE};
	d.report_hour = 0;
	d.report_day = p == PERIOD_DAY ? 1 : d.report_day;
	struct calendar c = sim_calendar(&d);
	int64_t off = d.off_from_utc, back = d.off_till_utc;
	int64_t open = period_of(&c, p, sim_meter_now(&d, w->meter->now_us)).from;
	int64_t start = open;
	for (int i = 0; i < sim_depth(&d, p) && start > d.born_utc; i++) {
		start = period_prev(&c, p, start);
	}
	d.off_from_utc = d.off_till_utc = 0;
	for (; start < open; start = period_next(&c, p, start)) {
		struct sim_record r;
		if (!sim_record_of(&d, p, start, w->meter->now_us, &r)) {
			continue;
		}
		row.stamp = row.till = r.period.till;
		if (row.stamp > off && row.stamp < back) {
			row.till = off; /* written when the power was back */
		}
		put_row(w, &row);
	}
}

static void power_rows(struct writer *w)
{
	const struct sim_device *d = w->meter->device;
	int64_t now = w->meter->now_us / 1000000;
	put_row(w, &(struct row){.stamp = d->born_utc, .kind = ROW_EVENT, .number = 2});
	if (d->off_till_utc > d->off_from_utc && d->off_till_utc <= now) {
		put_row(w, &(struct row){.stamp = d->off_from_utc, .kind = ROW_EVENT, .number = 1});
		put_row(w, &(struct row){.stamp = d->off_till_utc, .kind = ROW_EVENT, .number = 2});
	}
}

static void all_rows(struct writer *w)
{
	const struct spodes *m = w->meter;
	int64_t now = m->now_us / 1000000;
	switch (w->profile->rows) {
	case ROWS_LOAD: load_rows(w); break;
	case ROWS_DAYS: reading_rows(w, PERIOD_DAY); break;
	case ROWS_MONTHS: reading_rows(w, PERIOD_MONTH); break;
	case ROWS_SNAPSHOT:
		put_row(w,
			&(struct row){sim_meter_now(m->device, m->now_us), now, now, ROW_WHOLE, 0});
		break;
	case ROWS_POWER: power_rows(w); break;
	case ROWS_NONE: break;
	}
}

/* Selector 1: from, till of the clock; 2: first and last number. */
static enum cosem_result select_rows(struct writer *w, struct slice selection)
{
	static const uint8_t by_clock[] = {0x02, 0x04, 0x02, 0x04, 0x12, 0x00, 0x08, 0x09, 0x06,
		0x00, 0x00, 0x01, 0x00, 0x00, 0xff, 0x0f, 0x02, 0x12, 0x00, 0x00};
	w->from = INT64_MIN;
	w->till = w->last = INT64_MAX;
	w->first = 1;
	if (selection.size == 0) {
		return COSEM_SUCCESS;
	}
	const uint8_t *b = selection.data + 1;
	int status = w->meter->device->status;
	if ((b[-1] == 1 && (status & SPODES_NO_RANGE)) ||
		(b[-1] == 2 && (status & SPODES_NO_ENTRIES))) {
		return COSEM_TYPE_UNMATCHED;
	}
	if (b[-1] == 1 && selection.size == 1 + sizeof(by_clock) + 30 &&
		memcmp(b, by_clock, sizeof(by_clock)) == 0) {
		bool is_good = w->has_clock && spodes_get_clock(w->meter, b + 20, &w->from) &&
			       spodes_get_clock(w->meter, b + 34, &w->till);
		return is_good ? COSEM_SUCCESS : COSEM_TYPE_UNMATCHED;
	}
	if (b[-1] == 2 && selection.size == 19 && b[2] == 0x06 && b[7] == 0x06) {
		struct reader r = reader_of((struct slice){b + 3, 9});
		w->first = reader_u32be(&r);
		(void)reader_u8(&r);
		w->last = reader_u32be(&r);
		return w->first >= 1 ? COSEM_SUCCESS : COSEM_TYPE_UNMATCHED;
	}
	return COSEM_TYPE_UNMATCHED;
}

static void writer_init(struct writer *w, const struct spodes *m, const struct profile_of *p)
{
	*w = (struct writer){.meter = m,
		.profile = p,
		.columns = p->columns[m->is_single],
		.columns_n = p->n[m->is_single],
		.shift = m->is_single ? 0 : p->shift};
	if (p->rows == ROWS_LOAD && (m->device->status & SPODES_NEW_COLUMNS)) {
		w->columns = load_more;
		w->columns_n = COUNT(load_more);
	}
	for (size_t i = 0; i < w->columns_n; i++) {
		w->has_clock = w->has_clock || w->columns[i].class_id == 8;
	}
}

static enum cosem_result put_buffer(struct writer *w, struct slice selection, struct buf *out)
{
	struct buf rows;
	enum cosem_result result = select_rows(w, selection);
	if (result != COSEM_SUCCESS) {
		return result;
	}
	buf_init(&rows, 1u << 20);
	w->out = &rows;
	all_rows(w);
	spodes_put_length(out, 0x01, (size_t)w->written);
	buf_put(out, rows.data, rows.size);
	buf_fini(&rows);
	return COSEM_SUCCESS;
}

static void put_columns(const struct writer *w, int attribute, struct buf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < w->columns_n; i++) {
		n += attribute == 0 || w->columns[i].class_id == 3;
	}
	spodes_put_length(out, 0x01, n);
	for (size_t i = 0; i < w->columns_n; i++) {
		const struct column *c = &w->columns[i];
		if (attribute && c->class_id != 3) {
			continue;
		}
		spodes_put_length(out, 0x02, 4);
		spodes_put_number(out, 0x12, c->class_id);
		spodes_put_name(out, &c->obis);
		spodes_put_number(out, 0x0f, attribute ? attribute : c->attribute);
		spodes_put_number(out, 0x12, 0);
	}
}

static enum cosem_result profile_get(const struct spodes *m, const struct profile_of *p,
	int attribute, struct slice selection, struct buf *out)
{
	struct writer w;
	struct buf nothing;
	writer_init(&w, m, p);
	switch (attribute) {
	case 1: spodes_put_name(out, &p->object); return COSEM_SUCCESS;
	case 2: return put_buffer(&w, selection, out);
	case 3: put_columns(&w, 0, out); return COSEM_SUCCESS;
	case 4:
		spodes_put_number(out, 0x06, p->rows == ROWS_LOAD ? m->minutes * 60 : 0);
		return COSEM_SUCCESS;
	case 7:
		(void)select_rows(&w, (struct slice){NULL, 0});
		buf_init(&nothing, 1u << 20);
		w.out = &nothing;
		all_rows(&w);
		buf_fini(&nothing);
		spodes_put_number(out, 0x06, w.n);
		return COSEM_SUCCESS;
	case 8:
		spodes_put_number(out, 0x06,
			p->rows == ROWS_LOAD   ? sim_depth(m->device, m->period) :
			p->rows == ROWS_DAYS   ? m->device->depth.days :
			p->rows == ROWS_MONTHS ? m->device->depth.months :
						 100);
		return COSEM_SUCCESS;
	default: return COSEM_READ_WRITE_DENIED;
	}
}

/* ---- scales ---- */

static enum cosem_result scales_get(
	const struct spodes *m, const struct profile_of *p, int attribute, struct buf *out)
{
	struct writer w;
	size_t n = 0;
	int phase;
	writer_init(&w, m, p);
	for (size_t i = 0; i < w.columns_n; i++) {
		n += w.columns[i].class_id == 3;
	}
	if (attribute == 3) {
		put_columns(&w, 3, out);
		return COSEM_SUCCESS;
	}
	if (attribute != 2) {
		return COSEM_READ_WRITE_DENIED;
	}
	spodes_put_length(out, 0x01, 1);
	spodes_put_length(out, 0x02, n);
	for (size_t i = 0; i < w.columns_n; i++) {
		const struct spodes_reg *r = spodes_reg_of(m, &w.columns[i].obis, &phase);
		if (r) {
			spodes_put_scale(r, w.shift, out);
		}
	}
	return COSEM_SUCCESS;
}

enum cosem_result spodes_profile_get(const struct spodes *m, const struct obis *object,
	int attribute, struct slice selection, struct buf *out)
{
	for (size_t i = 0; i < COUNT(profiles); i++) {
		const struct profile_of *p = &profiles[i];
		struct obis scales = {{1, 0, 94, 7, p->scale, 255}};
		bool is_lacking = p->rows == ROWS_POWER && (m->device->status & SPODES_NO_POWER);
		bool is_there = p->columns[m->is_single] && !is_lacking;
		if (is_there && obis_equal(object, &p->object)) {
			return profile_get(m, p, attribute, selection, out);
		}
		if (is_there && p->scale && !m->is_single && obis_equal(object, &scales)) {
			return scales_get(m, p, attribute, out);
		}
	}
	return COSEM_OBJECT_UNDEFINED;
}
