/*
 * vkt7_meter.c - the meter's side of a VKT-7
 *
 * A session selects a type of values, a list of elements and a date; then "data" answers with what the
 * list names, every element with its quality and code. What has no meaning in a type is answered, too,
 * with leftovers for a value and quality 04, as the real one does.
 *
 * The words of `model` choose the variant:
 *
 *     tb2     two heat systems; the second measures what the first does
 *     v0      server version 0: names of units are seven characters (otherwise 1: length and text)
 *     ns      "m" firmware: durations of abnormal situations
 *     other   another scheme of measurement: no t1 - t2; changing the words changes the scheme, which
 *             is told once with code 5
 *     pipe3   elements of a third pipe, none of them measured; with tb2 the list does not fit the buffer
 *             at once (and not with ns)
 *
 * Days end at midnight whatever report_hour says: the meter has no such setting. Facts:
 * docs/protocols/vkt7.md; codes of abnormal situations are unknown, 02 is the one that was seen.
 */
#include "proto/vkt.h"
#include "proto/vkt7.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

#define FIRMWARE     0x28
#define BUFFER       264
#define CODE_UNKNOWN 2
#define CODE_NO_DATA 3
#define CODE_SCHEME  5
#define CODE_OUTPUTS 7
#define GOOD         0xc0
#define UNCERTAIN    0x50
#define MEANINGLESS  0x04
#define TYPE_NONE    0xff /* a session has begun, nothing was chosen */
#define VERSION_AT   61   /* byte 65 of the frame, counted from 1 */

/* What it remembers between requests; sim_device.memory. */
struct memory {
	uint8_t type, scheme, n;
	uint8_t date[4];
	struct vkt7_element list[VKT7_ELEMENTS_MAX];
};

/* One request being answered. */
struct turn {
	struct sim_device device; /* with civil days */
	struct memory *memory;
	int64_t now_us;
	struct sim_record record; /* of the date, for archive types */
	uint8_t leftover[8];      /* of the element before */
};

struct measured {
	uint8_t id;
	enum quantity quantity;
	enum unit unit;
	int digits;
	unsigned types; /* bit set of enum vkt7_type */
	uint8_t size;
};

#define ARCHIVES (1u << VKT7_HOUR | 1u << VKT7_DAY | 1u << VKT7_MONTH)
#define GAUGES   (ARCHIVES | 1u << VKT7_CURRENT)
#define COUNTS   (ARCHIVES | 1u << VKT7_TOTALS | 1u << VKT7_TOTALS_AT)
#define FLOWS    (1u << VKT7_CURRENT)

/* Of system 1. */
static const struct measured measured[] = {
	{VKT7_T1, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 2, GAUGES, 2},
	{VKT7_T2, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 2, GAUGES, 2},
	{VKT7_V1, QUANTITY_VOLUME_SUPPLY, UNIT_M3, 2, COUNTS, 4},
	{VKT7_V2, QUANTITY_VOLUME_RETURN, UNIT_M3, 2, COUNTS, 4},
	{VKT7_M1, QUANTITY_MASS_SUPPLY, UNIT_T, 2, COUNTS, 4},
	{VKT7_M2, QUANTITY_MASS_RETURN, UNIT_T, 2, COUNTS, 4},
	{VKT7_P1, QUANTITY_PRESSURE_SUPPLY, UNIT_KGF_CM2, 2, GAUGES, 2},
	{VKT7_P2, QUANTITY_PRESSURE_RETURN, UNIT_KGF_CM2, 2, GAUGES, 2},
	{VKT7_MG, QUANTITY_MASS_LEAK, UNIT_T, 2, COUNTS, 4},
	{VKT7_QO, QUANTITY_HEAT_ENERGY, UNIT_GCAL, 3, COUNTS, 4},
	{VKT7_QG, QUANTITY_HEAT_ENERGY_HOT_WATER, UNIT_GCAL, 3, COUNTS, 4},
	{VKT7_DT, QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K, 2, GAUGES, 2},
	{VKT7_BNR, QUANTITY_OPERATING_TIME, UNIT_H, 0, COUNTS, 4},
	{VKT7_BOS, QUANTITY_ERROR_TIME, UNIT_H, 0, COUNTS, 4},
	{VKT7_G1, QUANTITY_FLOW_SUPPLY, UNIT_M3_H, -1, FLOWS, 4},
	{VKT7_G2, QUANTITY_FLOW_RETURN, UNIT_M3_H, -1, FLOWS, 4},
};

#define MEASURED_COUNT (sizeof(measured) / sizeof(measured[0]))

static bool has_word(const struct turn *t, const char *word)
{
	return strstr(t->device.model, word) != NULL;
}

static uint8_t scheme_of(const struct turn *t)
{
	return (uint8_t)(1 + has_word(t, "tb2") + 2 * has_word(t, "other"));
}

static int version_of(const struct turn *t)
{
	return has_word(t, "v0") ? 0 : 1;
}

static const struct measured *find(uint8_t id)
{
	uint8_t first = id >= VKT7_SYSTEM_2 && id < VKT7_UNIT_T ? id - VKT7_SYSTEM_2 : id;
	for (size_t i = 0; i < MEASURED_COUNT; i++) {
		if (measured[i].id == first) {
			return &measured[i];
		}
	}
	return NULL;
}

/* ---- the list ---- */

static size_t active_list(const struct turn *t, struct vkt7_element to[static VKT7_ELEMENTS_MAX])
{
	static const struct vkt7_element third[] = {
		{VKT7_T3, 2}, {VKT7_V3, 4}, {VKT7_M3, 4}, {VKT7_G3, 4}};
	int systems = has_word(t, "tb2") ? 2 : 1;
	size_t n = 0;
	for (int s = 0; s < systems; s++) {
		for (size_t i = 0; i < MEASURED_COUNT; i++) {
			if (measured[i].id == VKT7_DT && has_word(t, "other")) {
				continue;
			}
			to[n++] = (struct vkt7_element){
				(uint8_t)(measured[i].id + s * VKT7_SYSTEM_2), measured[i].size};
		}
		for (size_t i = 0; has_word(t, "pipe3") && i < 4; i++) {
			to[n++] = (struct vkt7_element){
				(uint8_t)(third[i].id + s * VKT7_SYSTEM_2), third[i].size};
		}
	}
	for (int s = 0; s < systems; s++) {
		to[n++] = (struct vkt7_element){(uint8_t)(VKT7_NS + s), 1};
		if (has_word(t, "ns")) {
			to[n++] = (struct vkt7_element){(uint8_t)(VKT7_NS_TIMES + s), 10};
		}
	}
	return n;
}

static bool is_archive(uint8_t type)
{
	return type <= VKT7_TOTALS_AT;
}

/* ---- values ---- */

/* In units of the last digit. NaN: not measured. */
static double raw_of(const struct turn *t, const struct measured *m)
{
	const struct sim_device *d = &t->device;
	double v;
	if (m->quantity == QUANTITY_MASS_LEAK) {
		return raw_of(t, find(VKT7_M1)) - raw_of(t, find(VKT7_M2));
	}
	int digits = m->digits < 0 ? 3 : m->digits;
	bool is_counter = quantity_kind(m->quantity) == KIND_COUNTER;
	if (t->memory->type == VKT7_TOTALS_AT) {
		v = sim_reading(d, m->quantity, m->unit, t->record.period.till * 1000000);
	} else if (!is_archive(t->memory->type)) {
		v = sim_reading(d, m->quantity, m->unit, t->now_us);
	} else if (is_counter) {
		v = sim_amount(d, m->quantity, m->unit, digits, t->record.period);
	} else {
		v = sim_mean(d, m->quantity, m->unit, t->record.period);
	}
	return round(v * pow(10, digits));
}

static void put_bits(uint8_t *to, uint32_t bits, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		to[i] = (uint8_t)(bits >> 8 * i);
	}
}

static void put_measured(
	struct turn *t, const struct measured *m, struct vkt7_item *item, uint8_t bytes[static 8])
{
	bool is_meant = m->types & 1u << t->memory->type;
	double raw = is_meant ? raw_of(t, m) : NAN;
	bool is_abnormal = is_archive(t->memory->type) && t->record.off_h > 0;
	item->value = (struct slice){bytes, m->size};
	if (isnan(raw)) {
		memcpy(bytes, t->leftover, m->size);
		item->quality = MEANINGLESS;
		return;
	}
	if (m->digits < 0) {
		put_bits(bytes,
			(uint32_t)modbus_number_bits(MODBUS_F32, (double)(float)(raw / 1000)), 4);
	} else {
		put_bits(bytes, (uint32_t)(int32_t)raw, m->size);
	}
	item->quality = is_abnormal ? UNCERTAIN : GOOD;
	item->ns = !is_abnormal ? 0 : m->quantity == QUANTITY_HEAT_ENERGY ? 2 : 0xff;
	memcpy(t->leftover, bytes, m->size);
}

/* The flag and the durations. */
static void put_special(
	struct turn *t, const struct vkt7_element *e, struct vkt7_item *item, uint8_t bytes[32])
{
	bool is_record = is_archive(t->memory->type);
	bool is_abnormal = is_record && t->record.off_h > 0;
	bool is_flag = e->id == VKT7_NS || e->id == VKT7_NS_2;
	bool is_times = e->id == VKT7_NS_TIMES || e->id == VKT7_NS_TIMES_2;
	memset(bytes, 0, 32);
	item->value = (struct slice){bytes, e->size};
	item->quality = MEANINGLESS;
	if (is_flag && t->memory->type != VKT7_TOTALS) {
		bytes[0] = is_abnormal ? '*' : ' ';
		item->quality = is_abnormal ? UNCERTAIN : GOOD;
		item->ns = is_abnormal ? 0xff : 0;
	} else if (is_times && is_record) {
		put_bits(bytes,
			(uint32_t)sim_amount(
				&t->device, QUANTITY_TIME_POWER_OFF, UNIT_H, 0, t->record.period),
			2);
		item->quality = GOOD;
	}
}

static void put_property(
	const struct vkt7_element *e, struct vkt7_item *item, uint8_t bytes[32], int version)
{
	static const char *const names[VKT7_UNIT_COUNT] = {
		"\xf8"
		"C",
		"\xac"
		"3/\xe7",
		" \xac"
		"3",
		" \xe2",
		"\xaa\xa3/\xe1\xac"
		"2",
		"\xf8"
		"C",
		"\xf8"
		"C",
		"\xf8"
		"C",
		" \xe2", "\x83\xaa\xa0\xab", "\x83\xaa\xa0\xab", "\xe7", "\xe7"};
	static const uint8_t digits[VKT7_DIGITS_COUNT] = {
		2, 0, 2, 2, 2, 2, 2, 2, 2, 3, 2, 0, 2, 2, 2, 2, 2, 2, 2, 3};
	item->quality = GOOD;
	item->value = (struct slice){bytes, e->size};
	memset(bytes, ' ', 32);
	if (e->id >= VKT7_DIGITS_T && e->id < VKT7_DIGITS_T + VKT7_DIGITS_COUNT) {
		bytes[0] = digits[e->id - VKT7_DIGITS_T];
	} else if (e->id >= VKT7_UNIT_T && e->id < VKT7_DIGITS_T) {
		const char *name = names[e->id - VKT7_UNIT_T];
		memcpy(bytes, name, strlen(name));
		item->value.size = version ? strlen(name) : VKT7_UNIT_SIZE;
	} else {
		item->quality = MEANINGLESS;
	}
}

/* ---- archive ---- */

/* The moment a date names, if it is one this type of archive has. */
static bool date_moment(const struct turn *t, const uint8_t date[4], int64_t *ret_utc)
{
	struct calendar c = sim_calendar(&t->device);
	struct civil l = {2000 + date[2], date[1], date[0], date[3], 0, 0};
	if (l.month < 1 || l.month > 12 || l.day < 1 || l.day > civil_month_days(l.year, l.month) ||
		l.hour > 23) {
		return false;
	}
	*ret_utc = zone_utc(c.zone, l, false);
	int report_day = c.report_day > 1 ? c.report_day - 1 : 31;
	int last = civil_month_days(l.year, l.month);
	bool is_end = l.day == (report_day < last ? report_day : last);
	switch (t->memory->type) {
	case VKT7_HOUR: return true;
	case VKT7_DAY: return l.hour == 23;
	default: return l.hour == 23 && is_end;
	}
}

static bool find_record(struct turn *t, const uint8_t date[4])
{
	static const enum period periods[] = {PERIOD_HOUR, PERIOD_DAY, PERIOD_MONTH, PERIOD_MONTH};
	int64_t utc;
	return is_archive(t->memory->type) && date_moment(t, date, &utc) &&
	       sim_record_of(&t->device, periods[t->memory->type], utc, t->now_us, &t->record);
}

static void put_date(const struct turn *t, struct buf *to, int64_t utc)
{
	struct civil l = zone_civil(sim_calendar(&t->device).zone, utc);
	buf_u8(to, (uint8_t)l.day);
	buf_u8(to, (uint8_t)l.month);
	buf_u8(to, (uint8_t)(l.year - 2000));
	buf_u8(to, (uint8_t)l.hour);
}

static int64_t oldest(const struct turn *t, enum period p)
{
	struct calendar c = sim_calendar(&t->device);
	int64_t start = period_of(&c, p, sim_meter_now(&t->device, t->now_us)).from;
	for (int i = 0; i < sim_depth(&t->device, p) && start > t->device.born_utc; i++) {
		start = period_prev(&c, p, start);
	}
	return start;
}

/* ---- requests ---- */

/* 0 or the code of a refusal. */
static int read_data(struct turn *t, struct buf *to)
{
	struct memory *m = t->memory;
	if (m->type == TYPE_NONE) {
		uint8_t hello[VERSION_AT + 3] = {0};
		hello[VERSION_AT] = (uint8_t)version_of(t);
		buf_put(to, hello, sizeof(hello));
		return 0;
	}
	if (m->type != VKT7_PROPERTIES && m->scheme != scheme_of(t)) {
		return CODE_SCHEME;
	}
	if (is_archive(m->type) && !find_record(t, m->date)) {
		return CODE_NO_DATA;
	}
	for (size_t i = 0; i < m->n; i++) {
		uint8_t bytes[32];
		struct vkt7_item item = {.id = m->list[i].id};
		const struct measured *x = find(item.id);
		if (m->type == VKT7_PROPERTIES) {
			put_property(&m->list[i], &item, bytes, version_of(t));
		} else if (x && x->size == m->list[i].size) {
			put_measured(t, x, &item, bytes);
		} else {
			put_special(t, &m->list[i], &item, bytes);
		}
		vkt7_item_put(to, &item, version_of(t));
	}
	return 0;
}

static void read_service(const struct turn *t, struct buf *to)
{
	const struct sim_device *d = &t->device;
	int day = sim_calendar(d).report_day;
	char id[8];
	memset(id, ' ', sizeof(id));
	memcpy(id, d->serial, strnlen(d->serial, sizeof(id)));
	buf_u8(to, FIRMWARE);
	buf_u16le(to, scheme_of(t));
	buf_u16le(to, has_word(t, "tb2") ? 1 : 0);
	buf_put(to, id, sizeof(id));
	buf_u8(to, (uint8_t)d->address);
	buf_u8(to, (uint8_t)(day > 1 ? day - 1 : 31));
	buf_u8(to, 4);
}

static void read_clock(const struct turn *t, struct buf *to)
{
	int64_t now = sim_meter_now(&t->device, t->now_us);
	struct civil l = zone_civil(sim_calendar(&t->device).zone, now);
	put_date(t, to, now);
	buf_u8(to, (uint8_t)l.minute);
	buf_u8(to, (uint8_t)l.second);
	buf_u16le(to, GOOD);
}

static int read(struct turn *t, const struct vkt_request *q, struct buf *to)
{
	struct vkt7_element list[VKT7_ELEMENTS_MAX];
	uint8_t bytes[VKT7_ELEMENTS_MAX * VKT7_ELEMENT_SIZE];
	switch (q->start) {
	case 0x3ffc: buf_put(to, bytes, vkt7_list_put(bytes, list, active_list(t, list))); return 0;
	case 0x3ffb: read_clock(t, to); return 0;
	case VKT7_DATA: return read_data(t, to);
	case 0x3ff9: read_service(t, to); return 0;
	case 0x3ff6:
		put_date(t, to, oldest(t, PERIOD_HOUR));
		put_date(t, to, sim_meter_now(&t->device, t->now_us));
		put_date(t, to, oldest(t, PERIOD_DAY));
		return 0;
	case 0x3ecd:
	case 0x3f5b:
		buf_u8(to, q->start == 0x3ecd ? scheme_of(t) : has_word(t, "tb2"));
		buf_u16le(to, GOOD);
		return q->count == 1 ? 0 : CODE_UNKNOWN;
	case 0x3fe9:
		buf_u8(to, 0);
		buf_u16le(to, GOOD);
		return q->count == 1 ? 0 : CODE_UNKNOWN;
	case 0x3ea6:
		buf_u16le(to, (uint16_t)strlen(t->device.serial));
		buf_str(to, t->device.serial);
		buf_u16le(to, GOOD);
		return 0;
	default: return CODE_UNKNOWN;
	}
}

static int write_list(struct turn *t, const struct vkt_request *q)
{
	struct memory *m = t->memory;
	size_t n, size = 5;
	if (q->claimed == VKT7_SESSION && q->data.size != VKT7_SESSION) {
		*m = (struct memory){.type = TYPE_NONE};
		return 0;
	}
	if (!vkt7_list_get(q->data, m->list, &n) || n * VKT7_ELEMENT_SIZE != q->data.size) {
		return CODE_UNKNOWN;
	}
	for (size_t i = 0; i < n; i++) {
		size += m->list[i].size + 2u;
	}
	m->n = size > BUFFER ? 0 : (uint8_t)n;
	m->scheme = scheme_of(t);
	return size > BUFFER ? CODE_SCHEME : 0;
}

static int write(struct turn *t, const struct vkt_request *q)
{
	struct memory *m = t->memory;
	switch (q->start) {
	case VKT7_LIST: return write_list(t, q);
	case 0x3ffd:
		if (q->data.size != 2 || q->data.data[0] > VKT7_PROPERTIES) {
			return CODE_UNKNOWN;
		}
		m->type = q->data.data[0];
		return 0;
	case 0x3ffb:
		if (q->data.size != 4 || !find_record(t, q->data.data)) {
			return CODE_NO_DATA;
		}
		memcpy(m->date, q->data.data, sizeof(m->date));
		return 0;
	case VKT7_OUTPUTS: return CODE_OUTPUTS;
	default: return CODE_UNKNOWN;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct turn t = {.device = *d, .memory = (void *)d->memory, .now_us = now_us};
	struct vkt_request q;
	struct vkt_frame f;
	struct buf data;
	if (!vkt_request_decode(request, &q) || (q.address && q.address != d->address)) {
		return false;
	}
	t.device.report_hour = 0;
	buf_init(&data, VKT_DATA_MAX);
	struct vkt_reply reply = {
		.address = q.address, .function = q.function, .start = q.start, .count = q.count};
	reply.code = q.function == VKT_WRITE ? write(&t, &q) :
		     q.function == VKT_READ  ? read(&t, &q, &data) :
					       CODE_UNKNOWN;
	reply.is_refused = reply.code != 0;
	reply.data = buf_slice(&data);
	bool is_told = !data.is_full && vkt_reply_encode(&reply, &f) == ERR_OK;
	if (is_told) {
		buf_put(out, f.data, f.size);
	}
	buf_fini(&data);
	return is_told;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct modbus_cut cut = vkt_cut_request(so_far);
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_vkt7 = {.name = "vkt7", .frame = frame, .answer = answer};
