/*
 * tem104_meter.c - the meter's side of TEM-104, TEM-106 and TEM-104-1
 *
 * Written from docs/protocols/tem104.md; driver and meter share one reading of the same documents and the
 * tables of proto/tem_models.c. Memories are made up when a part of them is read. A model is chosen by
 * device.model ("TEM-104" if it is none of the names).
 *
 * One system is in use. What cannot be read is met with silence, as the documents have it.
 */
#include "proto/tem.h"
#include "sim/fill.h"

#include <stdlib.h>
#include <string.h>

#define TIMER_SIZE  0x800
#define RTC_SIZE    0x80
#define ENERGY_CODE 1 /* Gcal */
#define COMMA       4
#define POWER_HIGH  0x80 /* TEM-104: high byte of teherr; TEM-106: the code itself */

struct view {
	const struct sim_device *device;
	const struct tem_model *model;
	int64_t now_us;
};

static const struct tem_model *model_of(const struct sim_device *d)
{
	struct slice name = {(const uint8_t *)d->model, strlen(d->model)};
	const struct tem_model *m = tem_model_find(name);
	return m ? m : &tem_104;
}

static void put_u32(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

/* Numbers of the first system; amounts as the place of their decimal point wants them. */
static void put_table(const struct sim_fill *fill, const struct tem_model *m,
	const struct tem_table *table, uint8_t *to, size_t size)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct cell *f = &table->cells[i];
		double scale = m->commas_at < 0 ? 1 : tem_comma(f->quantity, COMMA);
		cell_put(f, sim_fill_value(fill, f) * scale, to, size);
	}
}

/* ---- memories ---- */

static void fill_clock(const struct view *v, uint8_t *memory)
{
	struct calendar c = sim_calendar(v->device);
	struct civil now = zone_civil(c.zone, sim_meter_now(v->device, v->now_us));
	const uint16_t *at = v->model->clock_at;
	memory[at[0]] = tem_bcd_put(now.second);
	memory[at[1]] = tem_bcd_put(now.minute);
	memory[at[2]] = tem_bcd_put(now.hour);
	memory[at[3]] = tem_bcd_put(now.day);
	memory[at[4]] = tem_bcd_put(now.month);
	memory[at[5]] = tem_bcd_put(now.year % 100);
}

static struct sim_ring ring_of(const struct view *v, enum period p)
{
	return (struct sim_ring){v->device, p, v->model->rings[p].count, v->now_us};
}

static void fill_pointers(const struct view *v, uint8_t *timer)
{
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH};
	for (size_t i = 0; i < 3; i++) {
		struct sim_ring ring = ring_of(v, periods[i]);
		uint32_t at = v->model->rings[periods[i]].at +
			      sim_ring_next(&ring) * (uint32_t)v->model->record_size;
		put_u32(timer + v->model->pointers_at + 4 * i, TEM_FLASH_BASE + at);
	}
}

static void fill_timer(const struct view *v, uint8_t *timer)
{
	const struct tem_model *m = v->model;
	struct sim_fill fill = {v->device, NULL, v->now_us, FORM_NOW, UNIT_GCAL};
	if (m->systems_at >= 0) {
		timer[m->systems_at] = 1;
	}
	if (m->energy_at >= 0) {
		timer[m->energy_at] = ENERGY_CODE;
	}
	if (m->commas_at >= 0) {
		memset(timer + m->commas_at, COMMA, TEM_SYSTEMS);
	}
	if (m->is_serial_text) {
		memcpy(timer + m->serial_at, v->device->serial, 6);
	} else {
		put_u32(timer + m->serial_at, (uint32_t)strtoul(v->device->serial, NULL, 10));
	}
	if (m->clock_in == TEM_TIMER) {
		fill_clock(v, timer);
	}
	fill_pointers(v, timer);
	put_table(&fill, m, &m->totals[0], timer + m->totals_at, m->totals_size);
	if (m->ram_in == TEM_TIMER) {
		put_table(&fill, m, &m->now[0], timer + m->ram_at, m->ram_size);
	}
}

static void fill_record(const struct view *v, const struct sim_record *r, uint8_t *to)
{
	const struct tem_model *m = v->model;
	struct sim_fill fill = {v->device, r, v->now_us, FORM_POINT, UNIT_GCAL};
	struct calendar c = sim_calendar(v->device);
	size_t size = m->record_size;
	memset(to, 0, size);
	tem_date_put(zone_civil(c.zone, r->period.till), to);
	if (m == &tem_104) {
		tem_date_put(zone_civil(c.zone, r->period.from), to + 4);
		to[0xc0] = r->off_h > 0 ? POWER_HIGH : 0;
	}
	if (m == &tem_106) {
		tem_date_put(zone_civil(c.zone, r->period.from), to + 0x175);
		to[0x16a] = r->off_h > 0 ? POWER_HIGH : 0;
		memset(to + m->record_commas_at, COMMA, TEM_SYSTEMS);
	}
	put_table(&fill, m, &m->record[0], to, size);
	to[size - 1] = tem_record_sum((struct slice){to, size});
}

/* Part of a ring that is one whole record, or of nothing: bytes of erased flash. */
static void read_flash(const struct view *v, uint32_t address, size_t size, uint8_t *to)
{
	uint8_t record[TEM_RECORD_CAP];
	uint32_t record_size = (uint32_t)v->model->record_size;
	uint32_t have_at = UINT32_MAX;
	for (size_t i = 0; i < size; i++) {
		uint32_t at = address + (uint32_t)i;
		to[i] = 0xff;
		for (int p = PERIOD_HOUR; p <= PERIOD_MONTH; p++) {
			struct tem_ring ring = v->model->rings[p];
			if (at < ring.at || at >= ring.at + ring.count * record_size) {
				continue;
			}
			unsigned slot = (at - ring.at) / record_size;
			uint32_t begin = ring.at + slot * record_size;
			if (begin != have_at) {
				struct sim_ring r = ring_of(v, (enum period)p);
				struct sim_record known;
				memset(record, 0xff, sizeof(record));
				if (sim_ring_at(&r, slot, &known)) {
					fill_record(v, &known, record);
				}
				have_at = begin;
			}
			to[i] = record[at - begin];
		}
	}
}

static bool read_part(const uint8_t *memory, size_t begin, size_t memory_size, uint32_t address,
	size_t size, uint8_t *to)
{
	if (address < begin || address + size > begin + memory_size) {
		return false;
	}
	memcpy(to, memory + (address - begin), size);
	return true;
}

static bool read_memory(
	const struct view *v, enum tem_memory memory, uint32_t address, size_t size, uint8_t *to)
{
	uint8_t bytes[TIMER_SIZE] = {0};
	const struct tem_model *m = v->model;
	struct sim_fill fill = {v->device, NULL, v->now_us, FORM_NOW, UNIT_GCAL};
	switch (memory) {
	case TEM_TIMER:
		fill_timer(v, bytes);
		return read_part(bytes, 0, m == &tem_104_1 ? 0x200 : TIMER_SIZE, address, size, to);
	case TEM_RTC:
		if (m->clock_in == TEM_RTC) {
			fill_clock(v, bytes);
		}
		return read_part(bytes, 0, RTC_SIZE, address, size, to);
	case TEM_RAM:
		if (m->ram_in != TEM_RAM) {
			return false;
		}
		put_table(&fill, m, &m->now[0], bytes, m->ram_size);
		return read_part(bytes, m->ram_at, 0x248, address, size, to);
	case TEM_FLASH: read_flash(v, address, size, to); return true;
	default: return false;
	}
}

/* ---- requests ---- */

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	uint8_t data[256], bytes[TEM_FRAME_CAP];
	struct tem_frame f = tem_frame_get(request);
	struct view v = {d, model_of(d), now_us};
	enum tem_memory memory;
	uint32_t address;
	size_t size;
	if (f.address != d->address || !tem_read_get(v.model, &f, &memory, &address, &size)) {
		return false;
	}
	if (memory == TEM_IDENTIFY) {
		size = strlen(v.model->names[0]);
		memcpy(data, v.model->names[0], size);
	} else if (!read_memory(&v, memory, address, size, data)) {
		return false;
	}
	f.data = (struct slice){data, size};
	buf_put(out, bytes, tem_frame_put(TEM_REPLY, &f, bytes));
	return true;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct tem_cut cut = tem_cut(TEM_REQUEST, so_far);
	return (struct frame_verdict){cut.state == TEM_CUT_FULL ? FRAME_FULL :
				      cut.state == TEM_CUT_MORE ? FRAME_MORE :
								  FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_tem104 = {.name = "tem104", .frame = frame, .answer = answer};
