/*
 * logika_meter.c - the meter's side of legacy Logika: SPT941 (with and without search), 941.10, 942, 943
 *
 * Sixteen FF wake it; it then listens to its number NT or to FF, and a request for another number puts
 * it to sleep until the next FF. A session ends after minutes of silence. It answers short frames; an
 * extended one with error 0, as a captured SPT943 does.
 *
 *     RAM       made when asked for: clock, values of the moment, what was counted since the full hour
 *     FLASH     settings, totals of the last full hour, journals, and the rings of the first SPT941
 *     archives  sim/memory.h, by the date that names them
 *
 * The second heat system counts half of what the source says. A quantity the source does not measure
 * is zero, as it is in a meter without such a sensor. `status` of the device are the bits of abnormal
 * situations. The rings hold records in the order they were written, so that a power cut leaves no hole
 * but shifts all that follow.
 */
#include "base/str.h"
#include "proto/logika.h"
#include "proto/m4.h"
#include "sim/device.h"
#include "sim/memory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define RAM_SIZE       0x680
#define FLASH_PAGES    3750
#define DECIMALS       9 /* more than a float of an hour has */
#define SETTINGS_AT    0x200u
#define SETTING_SIZE   16u
#define FALL_BACK_US   10000000
#define SESSION_US     120000000LL
#define OLD_SESSION_US 420000000LL /* of the old SPT941 */
#define YEAR_2000      946684800
#define DAY_S          86400

/* In sim_device.memory. */
struct memory {
	bool is_awake;
	unsigned ff_n; /* FF heard in a row */
	uint8_t channel;
	int64_t last_us; /* of the last request it understood */
	int setting;     /* whose block is to come, + 1 */
	int home_baud;   /* while another is in force */
};

struct kind {
	const char *model; /* of sim_device */
	enum logika_kind kind;
	uint8_t id[3];
};

static const struct kind kinds[] = {
	{"spt943", LOGIKA_SPT943, {0x54, 0x2b, 0x03}},
	{"spt942", LOGIKA_SPT942, {0x54, 0x2a, 0x01}},
	{"spt941_10", LOGIKA_SPT941_10, {0x92, 0x29, 0x00}},
	{"spt941", LOGIKA_SPT941, {0x54, 0x29, 0x03}},
	{"spt941_old", LOGIKA_SPT941, {0x54, 0x29, 0x00}},
};

/* One request being answered. */
struct meter {
	struct sim_device *device;
	struct memory *memory;
	const struct kind *kind;
	const struct logika_layout *layout;
	int64_t now_us;
	struct calendar calendar;
};

static struct memory *memory_of(struct sim_device *d)
{
	static_assert(sizeof(struct memory) <= sizeof(d->memory), "memory of a device");
	return (struct memory *)(void *)d->memory;
}

static const struct kind *kind_of(const struct sim_device *d)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].model, d->model) == 0) {
			return &kinds[i];
		}
	}
	return &kinds[0];
}

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
	const struct meter *m, unsigned system, const struct logika_field *f, int64_t us)
{
	return share(system, f) * or_zero(sim_reading(m->device, f->quantity, f->unit, us));
}

static double recorded(const struct meter *m, unsigned system, const struct logika_field *f,
	const struct sim_record *r)
{
	bool is_amount = quantity_kind(f->quantity) == KIND_COUNTER;
	double v = is_amount ? sim_amount(m->device, f->quantity, f->unit, DECIMALS, r->period) :
			       sim_mean(m->device, f->quantity, f->unit, r->period);
	return share(system, f) * or_zero(v);
}

static void put_record(const struct meter *m, unsigned system, enum period p,
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

static struct civil clock_of(const struct meter *m)
{
	return zone_civil(m->calendar.zone, sim_meter_now(m->device, m->now_us));
}

static int64_t saved_us(const struct meter *m)
{
	return m->now_us / 3600000000LL * 3600000000LL;
}

static void ram_fill(const struct meter *m, uint8_t *ram)
{
	const struct logika_layout *y = m->layout;
	memset(ram, 0, RAM_SIZE);
	logika_clock_put(ram + y->clock_at, clock_of(m));
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

static void put_settings(const struct meter *m, struct page *p)
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

static void put_totals(const struct meter *m, struct page *p)
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
static void put_journals(const struct meter *m, struct page *p)
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

static int64_t ordinal_at(const struct meter *m, enum period p, int64_t utc)
{
	return sim_ordinal(m->device, p, period_of(&m->calendar, p, utc).from);
}

/* Some moment inside the period with this ordinal. */
static int64_t moment_of(const struct meter *m, enum period p, int64_t ordinal)
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

static struct ring ring_of(const struct meter *m, enum period p)
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
	const struct meter *m, const struct ring *r, unsigned slot, struct sim_record *ret)
{
	int64_t back = (r->newest - slot) % r->at->slots;
	back += back < 0 ? r->at->slots : 0;
	int64_t number = r->newest - back;
	int64_t ordinal = r->hole != INT64_MAX && number >= r->hole ? number + r->lost : number;
	return r->newest >= 0 && sim_record_of(m->device, r->period,
					 moment_of(m, r->period, ordinal), m->now_us, ret);
}

static void put_headers(const struct meter *m, const struct ring *r, struct page *p)
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

static void put_data(const struct meter *m, const struct ring *r, struct page *p)
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
			put_record(m, 0, r->period, &record, b, size);
			page_put(p, r->at->data_at + size * slot, b, size);
		}
	}
}

static void put_rings(const struct meter *m, struct page *p)
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

static void page_fill(const struct meter *m, unsigned number, struct page *p)
{
	p->at = number * LOGIKA_PAGE;
	memset(p->bytes, 0xff, sizeof(p->bytes));
	put_settings(m, p);
	put_totals(m, p);
	put_journals(m, p);
	put_rings(m, p);
}

/* ---- requests ---- */

static bool reply(const struct m4_frame *f, uint8_t code, struct slice data, struct buf *out)
{
	struct m4_out o;
	struct slice bytes = m4_short(&o, f->nt, code, data);
	buf_put(out, bytes.data, bytes.size);
	return true;
}

static bool refuse(const struct m4_frame *f, enum m4_error error, struct buf *out)
{
	const uint8_t data[] = {(uint8_t)error};
	return reply(f, M4_ERROR, SLICE(data), out);
}

/* To the true moment, if the date can name one. */
static bool named_moment(const struct meter *m, enum period p, const uint8_t *b, int64_t *ret)
{
	struct civil c = {.year = 1900 + b[0], .month = b[1], .day = b[2], .hour = b[3]};
	bool is_by_start = p != PERIOD_HOUR && m->layout->is_named_by_start;
	if (c.month < 1 || c.month > 12) {
		return false;
	}
	if (p == PERIOD_MONTH) {
		int days = civil_month_days(c.year, c.month);
		c.day = m->calendar.report_day < days ? m->calendar.report_day : days;
	}
	c.hour = p == PERIOD_HOUR ? c.hour : m->calendar.report_hour;
	if (c.day < 1 || c.day > civil_month_days(c.year, c.month) || c.hour > 23) {
		return false;
	}
	*ret = zone_utc(m->calendar.zone, c, false) - (is_by_start ? 0 : 1);
	return true;
}

static bool find(const struct meter *m, const struct m4_frame *f, enum period p, struct buf *out)
{
	uint8_t record[LOGIKA_RECORD_MAX];
	struct sim_record r;
	int64_t moment;
	unsigned system = m->layout->systems > 1 && m->memory->channel == 2;
	if (!logika_is_searching(m->kind->id)) {
		return refuse(f, M4_BAD_REQUEST, out);
	}
	if (!named_moment(m, p, f->data.data, &moment)) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	if (!sim_record_of(m->device, p, moment, m->now_us, &r)) {
		return refuse(f, M4_NO_DATA, out);
	}
	put_record(m, system, p, &r, record, m->layout->record_size[p]);
	return reply(f, f->code, (struct slice){record, m->layout->record_size[p]}, out);
}

static bool read_ram(const struct meter *m, const struct m4_frame *f, struct buf *out)
{
	uint8_t ram[RAM_SIZE];
	unsigned at = f->data.data[0] | (unsigned)f->data.data[1] << 8, n = f->data.data[2];
	if (n == 0 || n > LOGIKA_RAM_MAX || at + n > RAM_SIZE) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	ram_fill(m, ram);
	return reply(f, f->code, (struct slice){ram + at, n}, out);
}

static bool read_flash(const struct meter *m, const struct m4_frame *f, struct buf *out)
{
	unsigned at = f->data.data[0] | (unsigned)f->data.data[1] << 8, n = f->data.data[2];
	if (n == 0 || n > LOGIKA_PAGES_MAX || at + n > FLASH_PAGES) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	for (unsigned i = 0; i < n; i++) {
		struct page page;
		page_fill(m, at + i, &page);
		(void)reply(f, f->code, SLICE(page.bytes), out);
	}
	return true;
}

static bool set_speed(const struct meter *m, const struct m4_frame *f, struct buf *out)
{
	static const int bauds[] = {2400, 4800, 9600, 19200};
	struct sim_device *d = m->device;
	unsigned code = f->data.data[0];
	if (code > 3 || m->layout->kind == LOGIKA_SPT941) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	if (d->baud) {
		m->memory->home_baud = m->memory->home_baud ? m->memory->home_baud : d->baud;
		d->baud = bauds[code];
	}
	return reply(f, f->code, (struct slice){NULL, 0}, out);
}

/* "dd-mm-yy" or "hh-mm-ss" into the clock; false: neither. */
static bool set_clock(const struct meter *m, int number, const uint8_t *text)
{
	struct civil c = clock_of(m);
	int v[3];
	for (int i = 0; i < 3; i++) {
		const uint8_t *t = text + 3 * i;
		if (t[0] < '0' || t[0] > '9' || t[1] < '0' || t[1] > '9' ||
			(i < 2 && t[2] != '-')) {
			return false;
		}
		v[i] = (t[0] - '0') * 10 + t[1] - '0';
	}
	if (number == m->layout->date_no) {
		c.day = v[0];
		c.month = v[1];
		c.year = 2000 + v[2];
	} else {
		c.hour = v[0];
		c.minute = v[1];
		c.second = v[2];
	}
	sim_set_clock(m->device, m->now_us, zone_utc(m->calendar.zone, c, false));
	return true;
}

static bool write_setting(const struct meter *m, const struct m4_frame *f, struct buf *out)
{
	struct memory *memory = m->memory;
	if (f->data.size == 4) {
		int number = f->data.data[0] | f->data.data[1] << 8;
		if (number != m->layout->time_no && number != m->layout->date_no) {
			return refuse(f, M4_WRITE_PROTECTED, out);
		}
		memory->setting = number + 1;
	} else {
		int number = memory->setting - 1;
		memory->setting = 0;
		if (number < 0 || !set_clock(m, number, f->data.data)) {
			return refuse(f, M4_BAD_VALUE, out);
		}
	}
	return reply(f, f->code, (struct slice){NULL, 0}, out);
}

static bool serve(const struct meter *m, const struct m4_frame *f, struct buf *out)
{
	switch (f->code) {
	case M4_SESSION:
		m->memory->channel = f->data.data[0];
		return reply(f, f->code, SLICE(m->kind->id), out);
	case M4_OLD_RAM: return read_ram(m, f, out);
	case M4_OLD_FLASH: return read_flash(m, f, out);
	case M4_OLD_HOUR: return find(m, f, PERIOD_HOUR, out);
	case M4_OLD_DAY: return find(m, f, PERIOD_DAY, out);
	case M4_OLD_MONTH: return find(m, f, PERIOD_MONTH, out);
	case M4_OLD_SETTING: return write_setting(m, f, out);
	case M4_SPEED: return set_speed(m, f, out);
	case M4_CONTROL:
	case M4_OLD_LEAVE: return reply(f, f->code, (struct slice){NULL, 0}, out);
	default: return refuse(f, M4_BAD_REQUEST, out);
	}
}

static bool refuse_extended(const struct m4_frame *f, struct buf *out)
{
	struct m4_out o;
	m4_begin(&o, f->nt, f->id, M4_ERROR);
	o.data[o.size++] = M4_BAD_REQUEST;
	struct slice bytes = m4_end(&o);
	buf_put(out, bytes.data, bytes.size);
	return true;
}

/* After silence the speed is the old one, and the session over. */
static void grow_old(struct sim_device *d, struct memory *memory, int64_t now_us)
{
	int64_t silent_us = now_us - memory->last_us;
	bool is_old = kind_of(d)->kind == LOGIKA_SPT941;
	if (silent_us > FALL_BACK_US && memory->home_baud) {
		d->baud = memory->home_baud;
		memory->home_baud = 0;
	}
	if (silent_us > (is_old ? OLD_SESSION_US : SESSION_US)) {
		memory->is_awake = false;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	struct memory *memory = memory_of(d);
	const struct kind *kind = kind_of(d);
	struct m4_frame f;
	grow_old(d, memory, now_us);
	if (request.data[0] == 0xff) {
		memory->ff_n += (unsigned)request.size;
		if (memory->ff_n >= M4_WAKE_BYTES) {
			memory->is_awake = true;
			memory->last_us = now_us;
		}
		return false;
	}
	memory->ff_n = 0;
	if (!m4_decode(request, &f)) {
		return false;
	}
	if (f.nt != M4_ANY && f.nt != d->address) {
		memory->is_awake = false;
	}
	if (!memory->is_awake) {
		return false;
	}
	memory->last_us = now_us;
	struct meter m = {.device = d,
		.memory = memory,
		.kind = kind,
		.layout = logika_layout_of(kind->kind),
		.now_us = now_us,
		.calendar = sim_calendar(d)};
	return f.is_extended ? refuse_extended(&f, out) : serve(&m, &f, out);
}

static struct frame_verdict frame(struct slice so_far)
{
	size_t n = 0;
	while (n < so_far.size && so_far.data[n] == 0xff) {
		n++;
	}
	if (n > 0) {
		return (struct frame_verdict){FRAME_FULL, n};
	}
	while (n < so_far.size && so_far.data[n] != 0x10 && so_far.data[n] != 0xff) {
		n++;
	}
	if (n > 0) {
		return (struct frame_verdict){FRAME_JUNK, n};
	}
	struct m4_cut cut = m4_cut_request(so_far);
	return (struct frame_verdict){cut.state == M4_CUT_FULL ? FRAME_FULL :
				      cut.state == M4_CUT_MORE ? FRAME_MORE :
								 FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_logika = {.name = "logika", .frame = frame, .answer = answer};
