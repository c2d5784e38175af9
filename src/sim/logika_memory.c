/*
 * logika_memory.c - what a simulated legacy Logika calculator holds; see logika_inner.h
 *
 *     RAM      made when asked for: clock, values of the moment, what was counted since the full hour
 *     FLASH    settings, totals of the last full hour, journals, and the rings of the first SPT941
 *
 * The second heat system counts half of what the source says. A quantity the source does not measure
 * is zero, as it is in a meter without such a sensor. `status` of the device are the bits of abnormal
 * situations. The rings hold records in the order they were written, so that a power cut leaves no hole
 * but shifts all that follow.
 */
#include "sim/logika_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS     9 /* more than a float of an hour has */
#define SETTINGS_AT  0x200u
#define SETTING_SIZE 16u
#define YEAR_2000    946684800
#define DAY_S        86400

/* ---- what it measures ---- */

static double share(unsigned system, const struct logika_field *f)
{
	bool is_flow = f->quantity == QUANTITY_FLOW || f->quantity == QUANTITY_FLOW_SUPPLY ||
		       f->quantity == QUANTITY_FLOW_RETURN;
	bool is_time = f->quantity == QUANTITY_OPERATING_TIME;
	bool is_sum = quantity_kind(f->quantity) == KIND_COUNTER && !is_time;
	return system == 1 && (is_sum || is_flow) ? 0.5 : 1;
}

static double or_zero(double v)
{
	return isnan(v) ? 0 : v;
}

static double reading(
	const struct logika_meter *m, unsigned system, const struct logika_field *f, int64_t us)
{
	return share(system, f) * or_zero(sim_reading(m->device, f->quantity, f->unit, us));
}

static double recorded(const struct logika_meter *m, unsigned system, const struct logika_field *f,
	const struct sim_record *r)
{
	bool is_amount = quantity_kind(f->quantity) == KIND_COUNTER;
	double v = is_amount ? sim_amount(m->device, f->quantity, f->unit, DECIMALS, r->period) :
			       sim_mean(m->device, f->quantity, f->unit, r->period);
	return share(system, f) * or_zero(v);
}

void logika_record_fill(const struct logika_meter *m, unsigned system, enum period p,
	const struct sim_record *r, uint8_t *to, size_t size)
{
	const struct logika_fields *f = &m->layout->record;
	struct logika_record record = {.situations = (uint32_t)m->device->status};
	for (unsigned i = 0; i < f->n; i++) {
		record.values[i] = recorded(m, system, &f->items[i], r);
	}
	logika_record_put(m->layout, p, &record, to, size);
}

/* ---- RAM ---- */

struct civil logika_clock_of(const struct logika_meter *m)
{
	return zone_civil(m->calendar.zone, sim_meter_now(m->device, m->now_us));
}

static int64_t saved_us(const struct logika_meter *m)
{
	return m->now_us / 3600000000LL * 3600000000LL;
}

void logika_ram_fill(const struct logika_meter *m, uint8_t *ram)
{
	const struct logika_layout *y = m->layout;
	memset(ram, 0, LOGIKA_RAM_SIZE);
	logika_clock_put(ram + y->clock_at, logika_clock_of(m));
	for (unsigned s = 0; s < y->systems; s++) {
		uint8_t *block = ram + y->ram_at[s];
		for (unsigned i = 0; i < y->currents.n; i++) {
			const struct logika_field *f = &y->currents.items[i];
			logika_float_put(block + f->at, reading(m, s, f, m->now_us));
		}
		for (int i = 0; i < 3 && y->ram_ns_at >= 0; i++) {
			block[y->ram_ns_at + i] = (uint8_t)(m->device->status >> 8 * i);
		}
		for (unsigned i = 0; i < y->totals.n && y->totals_at[s]; i++) {
			const struct logika_field *f = &y->totals.items[i];
			uint8_t saved[8];
			double v = reading(m, s, f, m->now_us);
			logika_total_put(saved, ram + y->added_at[s] + 4 * (size_t)i, v,
				v - reading(m, s, f, saved_us(m)));
		}
	}
	static const struct logika_field flows[] = {
		{"", QUANTITY_FLOW_SUPPLY, UNIT_M3_H, 0}, {"", QUANTITY_FLOW_RETURN, UNIT_M3_H, 4}};
	for (unsigned i = 0; i < 2 && y->flow_at; i++) {
		logika_float_put(
			ram + y->flow_at + flows[i].at, reading(m, 0, &flows[i], m->now_us));
	}
	if (y->ns_at) {
		ram[y->ns_at] = (uint8_t)m->device->status;
	}
}

/* ---- FLASH ---- */

/* One page that fills up. */
struct page {
	uint32_t at;
	uint8_t bytes[LOGIKA_PAGE];
};

static bool is_met(const struct page *p, uint32_t at, size_t n)
{
	return at < p->at + LOGIKA_PAGE && at + n > p->at;
}

static void page_put(struct page *p, uint32_t at, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at + i >= p->at && at + i < p->at + LOGIKA_PAGE) {
			p->bytes[at + i - p->at] = bytes[i];
		}
	}
}

static void put_setting(struct page *p, unsigned no, const char *text)
{
	uint8_t b[SETTING_SIZE];
	logika_setting_put(b, text, false);
	page_put(p, SETTINGS_AT + SETTING_SIZE * no, b, sizeof(b));
}

static void put_settings(const struct logika_meter *m, struct page *p)
{
	const struct logika_layout *y = m->layout;
	static const uint8_t model[] = {'1'};
	char text[16];
	if (!y->settings) {
		return;
	}
	page_put(p, 0x30, model, sizeof(model));
	put_setting(p, y->units_no, "0");
	(void)snprintf(text, sizeof(text), "%d", m->calendar.report_day);
	put_setting(p, y->day_no, text);
	(void)snprintf(text, sizeof(text), "%02d", m->calendar.report_hour);
	put_setting(p, y->hour_no, text);
	put_setting(p, y->id_no, m->device->serial);
	put_setting(p, y->time_no, "00-00-00");
	put_setting(p, y->date_no, "01-01-15");
}

static void put_totals(const struct logika_meter *m, struct page *p)
{
	const struct logika_layout *y = m->layout;
	for (unsigned s = 0; s < y->systems; s++) {
		for (unsigned i = 0; i < y->totals.n && y->totals_at[s]; i++) {
			uint8_t saved[8], added[4];
			uint32_t at = y->totals_at[s] + 8 * i;
			if (is_met(p, at, sizeof(saved))) {
				double v = reading(m, s, &y->totals.items[i], saved_us(m));
				logika_total_put(saved, added, v, 0);
				page_put(p, at, saved, sizeof(saved));
			}
		}
	}
}

/* A situation that came and went on the day the meter was fitted, and a setting changed there. */
static void put_journals(const struct logika_meter *m, struct page *p)
{
	const struct logika_layout *y = m->layout;
	for (unsigned s = 0; s < y->systems && y->situations_at[s]; s++) {
		for (unsigned i = 0; i < 2; i++) {
			uint8_t b[8];
			int64_t utc = m->device->born_utc + 3600 * (1 + (int64_t)i);
			logika_entry_put(b, zone_civil(m->calendar.zone, utc));
			b[6] = (uint8_t)(13 + s);
			b[7] = i == 0;
			page_put(p, y->situations_at[s] + 8 * i, b, sizeof(b));
		}
		uint8_t c[24];
		memset(c, ' ', sizeof(c));
		logika_entry_put(c, zone_civil(m->calendar.zone, m->device->born_utc));
		memcpy(c + 8, "\xa8\xa1=25  24", 8);
		page_put(p, y->changes_at[s], c, sizeof(c));
	}
}

/* ---- rings of the first SPT941 ---- */

struct ring {
	enum period period;
	const struct logika_ring *at;
	int64_t hole, lost; /* ordinal of the first record the power cut swallowed, and how many */
	int64_t newest;     /* number of the newest record, counted over records; negative: none */
};

static int64_t ordinal_at(const struct logika_meter *m, enum period p, int64_t utc)
{
	return sim_ordinal(m->device, p, period_of(&m->calendar, p, utc).from);
}

/* Some moment inside the period with this ordinal. */
static int64_t moment_of(const struct logika_meter *m, enum period p, int64_t ordinal)
{
	int64_t first = period_of(&m->calendar, p, YEAR_2000).from;
	struct civil c = zone_civil(m->calendar.zone, first);
	if (p == PERIOD_HOUR) {
		return first + ordinal * 3600;
	}
	if (p == PERIOD_DAY) {
		return first + ordinal * DAY_S + DAY_S / 2;
	}
	c.month += (int)ordinal;
	c = civil_from_utc(civil_to_utc(c));
	return zone_utc(m->calendar.zone, c, false);
}

static struct ring ring_of(const struct logika_meter *m, enum period p)
{
	const struct sim_device *d = m->device;
	struct ring r = {.period = p, .at = logika_ring_of(p), .hole = INT64_MAX, .newest = -1};
	int64_t open = ordinal_at(m, p, sim_meter_now(d, m->now_us));
	if (d->off_till_utc > d->off_from_utc && d->off_from_utc * 1000000 <= m->now_us) {
		r.hole = ordinal_at(m, p, d->off_from_utc);
		r.lost = ordinal_at(m, p, d->off_till_utc) - r.hole;
	}
	for (int64_t back = 1; back <= r.at->slots; back++) {
		struct sim_record record;
		if (sim_record_of(d, p, moment_of(m, p, open - back), m->now_us, &record)) {
			int64_t ordinal = open - back;
			r.newest = ordinal >= r.hole + r.lost ? ordinal - r.lost : ordinal;
			break;
		}
	}
	return r;
}

static bool slot_record(
	const struct logika_meter *m, const struct ring *r, unsigned slot, struct sim_record *ret)
{
	int64_t back = (r->newest - slot) % r->at->slots;
	back += back < 0 ? r->at->slots : 0;
	int64_t number = r->newest - back;
	int64_t ordinal = r->hole != INT64_MAX && number >= r->hole ? number + r->lost : number;
	return r->newest >= 0 && sim_record_of(m->device, r->period,
					 moment_of(m, r->period, ordinal), m->now_us, ret);
}

static void put_headers(const struct logika_meter *m, const struct ring *r, struct page *p)
{
	if (!is_met(p, r->at->headers_at, 4u * r->at->slots)) {
		return;
	}
	unsigned slot = p->at > r->at->headers_at ? (p->at - r->at->headers_at) / 4 : 0;
	for (; slot < r->at->slots && r->at->headers_at + 4 * slot < p->at + LOGIKA_PAGE; slot++) {
		struct sim_record record;
		uint8_t b[4];
		if (slot_record(m, r, slot, &record)) {
			int64_t named = r->period == PERIOD_HOUR ? record.period.till :
								   record.period.from;
			logika_stamp_put(b, r->period, zone_civil(m->calendar.zone, named));
			page_put(p, r->at->headers_at + 4 * slot, b, sizeof(b));
		}
	}
}

static void put_data(const struct logika_meter *m, const struct ring *r, struct page *p)
{
	uint32_t size = r->at->record_size;
	if (!is_met(p, r->at->data_at, size * r->at->slots)) {
		return;
	}
	unsigned slot = (p->at - r->at->data_at) / size; /* areas begin with a page */
	for (; slot < r->at->slots && r->at->data_at + size * slot < p->at + LOGIKA_PAGE; slot++) {
		struct sim_record record;
		uint8_t b[LOGIKA_PAGE];
		if (slot_record(m, r, slot, &record)) {
			logika_record_fill(m, 0, r->period, &record, b, size);
			page_put(p, r->at->data_at + size * slot, b, size);
		}
	}
}

static void put_rings(const struct logika_meter *m, struct page *p)
{
	if (logika_is_searching(m->kind->id)) {
		return;
	}
	for (enum period period = PERIOD_HOUR; period <= PERIOD_MONTH; period++) {
		struct ring r = ring_of(m, period);
		uint8_t b[2];
		if (r.newest >= 0) {
			unsigned slot = (unsigned)(r.newest % r.at->slots);
			b[0] = (uint8_t)slot;
			b[1] = (uint8_t)(slot >> 8);
			page_put(p, LOGIKA_INDEX_PAGE * LOGIKA_PAGE + r.at->index_at, b, 2);
		}
		put_headers(m, &r, p);
		put_data(m, &r, p);
	}
}

void logika_page_fill(const struct logika_meter *m, unsigned number, uint8_t to[static LOGIKA_PAGE])
{
	struct page p = {.at = number * LOGIKA_PAGE};
	memset(p.bytes, 0xff, sizeof(p.bytes));
	put_settings(m, &p);
	put_totals(m, &p);
	put_journals(m, &p);
	put_rings(m, &p);
	memcpy(to, p.bytes, sizeof(p.bytes));
}
