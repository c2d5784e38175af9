/*
 * logika_meter.c - the meter's side of legacy Logika: SPT941 (with and without search), 941.10, 942, 943
 *
 * Sixteen FF wake it; it then listens to its number NT or to FF, and a request for another number puts
 * it to sleep until the next FF. A session ends after minutes of silence. It answers short frames; an
 * extended one with error 0, as a captured SPT943 does. What it remembers: logika_memory.c.
 */
#include "proto/m4.h"
#include "sim/logika_inner.h"

#include <assert.h>
#include <string.h>

#define FLASH_PAGES    3750
#define FALL_BACK_US   10000000
#define SESSION_US     120000000LL
#define OLD_SESSION_US 420000000LL /* of the old SPT941 */

static const struct logika_device kinds[] = {
	{"spt943", LOGIKA_SPT943, {0x54, 0x2b, 0x03}},
	{"spt942", LOGIKA_SPT942, {0x54, 0x2a, 0x01}},
	{"spt941_10", LOGIKA_SPT941_10, {0x92, 0x29, 0x00}},
	{"spt941", LOGIKA_SPT941, {0x54, 0x29, 0x03}},
	{"spt941_old", LOGIKA_SPT941, {0x54, 0x29, 0x00}},
};

static struct logika_memory *memory_of(struct sim_device *d)
{
	static_assert(sizeof(struct logika_memory) <= sizeof(d->memory), "memory of a device");
	return (struct logika_memory *)(void *)d->memory;
}

static const struct logika_device *kind_of(const struct sim_device *d)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].model, d->model) == 0) {
			return &kinds[i];
		}
	}
	return &kinds[0];
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
static bool named_moment(
	const struct logika_meter *m, enum period p, const uint8_t *b, int64_t *ret)
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

static bool find(
	const struct logika_meter *m, const struct m4_frame *f, enum period p, struct buf *out)
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
	logika_record_fill(m, system, p, &r, record, m->layout->record_size[p]);
	return reply(f, f->code, (struct slice){record, m->layout->record_size[p]}, out);
}

static bool read_ram(const struct logika_meter *m, const struct m4_frame *f, struct buf *out)
{
	uint8_t ram[LOGIKA_RAM_SIZE];
	unsigned at = f->data.data[0] | (unsigned)f->data.data[1] << 8, n = f->data.data[2];
	if (n == 0 || n > LOGIKA_RAM_MAX || at + n > LOGIKA_RAM_SIZE) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	logika_ram_fill(m, ram);
	return reply(f, f->code, (struct slice){ram + at, n}, out);
}

static bool read_flash(const struct logika_meter *m, const struct m4_frame *f, struct buf *out)
{
	unsigned at = f->data.data[0] | (unsigned)f->data.data[1] << 8, n = f->data.data[2];
	if (n == 0 || n > LOGIKA_PAGES_MAX || at + n > FLASH_PAGES) {
		return refuse(f, M4_BAD_VALUE, out);
	}
	for (unsigned i = 0; i < n; i++) {
		uint8_t page[LOGIKA_PAGE];
		logika_page_fill(m, at + i, page);
		(void)reply(f, f->code, SLICE(page), out);
	}
	return true;
}

static bool set_speed(const struct logika_meter *m, const struct m4_frame *f, struct buf *out)
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
static bool set_clock(const struct logika_meter *m, int number, const uint8_t *text)
{
	struct civil c = logika_clock_of(m);
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

static bool write_setting(const struct logika_meter *m, const struct m4_frame *f, struct buf *out)
{
	struct logika_memory *memory = m->memory;
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

static bool serve(const struct logika_meter *m, const struct m4_frame *f, struct buf *out)
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
static void grow_old(struct sim_device *d, struct logika_memory *memory, int64_t now_us)
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
	struct logika_memory *memory = memory_of(d);
	const struct logika_device *kind = kind_of(d);
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
	struct logika_meter m = {.device = d,
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
