/*
 * spodes_objects.c - registers, clock and data of a simulated SPODES meter; see spodes_inner.h
 */
#include "sim/spodes_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT_WH_CODE   30
#define UNIT_VARH_CODE 32
#define READER         32
#define READER_STEP_S  900 /* a reader corrects the clock by that much */
#define PUBLIC         16

/* ---- registers ---- */

static const struct spodes_reg regs[] = {
	{1, 8, 0, QUANTITY_ACTIVE_ENERGY, UNIT_WH, 0x06, 0, UNIT_WH_CODE},
	{2, 8, 0, QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_WH, 0x06, 0, UNIT_WH_CODE},
	{3, 8, 0, QUANTITY_REACTIVE_ENERGY, UNIT_VARH, 0x06, 0, UNIT_VARH_CODE},
	{4, 8, 0, QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_VARH, 0x06, 0, UNIT_VARH_CODE},
	{1, 29, 0, QUANTITY_ACTIVE_ENERGY, UNIT_WH, 0x12, 0, UNIT_WH_CODE},
	{2, 29, 0, QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_WH, 0x12, 0, UNIT_WH_CODE},
	{3, 29, 0, QUANTITY_REACTIVE_ENERGY, UNIT_VARH, 0x12, 0, UNIT_VARH_CODE},
	{4, 29, 0, QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_VARH, 0x12, 0, UNIT_VARH_CODE},
	{1, 7, 0, QUANTITY_ACTIVE_POWER, UNIT_W, 0x05, -2, 27},
	{3, 7, 0, QUANTITY_REACTIVE_POWER, UNIT_VAR, 0x05, -2, 29},
	{9, 7, 0, QUANTITY_APPARENT_POWER, UNIT_VA, 0x06, -2, 28},
	{11, 7, 0, QUANTITY_CURRENT, UNIT_A, 0x06, -3, 33},
	{12, 7, 0, QUANTITY_VOLTAGE, UNIT_V, 0x12, -2, 35},
	{13, 7, 0, QUANTITY_POWER_FACTOR, UNIT_RATIO, 0x10, -3, 255},
	{14, 7, 0, QUANTITY_FREQUENCY, UNIT_HZ, 0x12, -2, 44},
	{1, 6, 0, QUANTITY_ACTIVE_POWER, UNIT_W, 0x06, -2, 27},
};

#define PHASE_STEP 20

/* The row of a register and its phase (0 all); NULL: no such thing in this kind of meter. */
const struct spodes_reg *spodes_reg_of(const struct spodes *m, const struct obis *o, int *ret_phase)
{
	unsigned c = o->v[OBIS_C], d = o->v[OBIS_D], e = o->v[OBIS_E];
	int phase = c > PHASE_STEP && c <= 4 * PHASE_STEP ? (int)((c - 1) / PHASE_STEP) : 0;
	bool is_per_phase = c == 11 || c == 12;
	if (o->v[OBIS_A] != 1 || o->v[OBIS_B] || (m->is_single ? phase > 0 : is_per_phase)) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		bool is_it = regs[i].c == c - (unsigned)phase * PHASE_STEP && regs[i].d == d;
		bool has_tariffs = d == 8 && regs[i].c == 1 && !phase && e <= 4;
		if (is_it && (e == 0 || has_tariffs) && (!phase || d == 7 || d == 8)) {
			*ret_phase = phase;
			return &regs[i];
		}
	}
	return NULL;
}

/* The number a register shows at a moment, in its unit and with its scaler moved by `shift`. */
int64_t spodes_reading(const struct spodes *m, const struct obis *o, int64_t utc_us, int shift)
{
	int phase = 0, tariff = o->v[OBIS_E];
	const struct spodes_reg *r = spodes_reg_of(m, o, &phase);
	double v = 0;
	if (!r) {
		return 0;
	}
	if (r->d == 8 && tariff) {
		v = sim_tariff_reading(m->device, r->quantity, r->unit, tariff, utc_us);
	} else {
		v = sim_reading(m->device, r->quantity, r->unit, utc_us);
	}
	bool is_divided = phase && r->c != 11 && r->c != 12 && r->c != 13;
	if (isnan(v)) {
		v = r->c == 13 ? 0.92 : 0;
	}
	v = is_divided ? v / 3 : v;
	return llround(v / pow(10, r->scaler + shift));
}

/* ---- numbers and dates ---- */

void spodes_put_number(struct buf *out, uint8_t tag, int64_t v)
{
	buf_u8(out, tag);
	switch (tag) {
	case 0x0f:
	case 0x11:
	case 0x16: buf_u8(out, (uint8_t)v); break;
	case 0x10:
	case 0x12: buf_u16be(out, (uint16_t)v); break;
	default: buf_u32be(out, (uint32_t)v); break;
	}
}

static void put_text(struct buf *out, const char *text)
{
	buf_u8(out, 0x09);
	buf_u8(out, (uint8_t)strlen(text));
	buf_str(out, text);
}

void spodes_put_name(struct buf *out, const struct obis *o)
{
	buf_u8(out, 0x09);
	buf_u8(out, OBIS_GROUPS);
	buf_put(out, o->v, OBIS_GROUPS);
}

void spodes_put_length(struct buf *out, uint8_t tag, size_t n)
{
	buf_u8(out, tag);
	if (n >= 0x100) {
		buf_u8(out, 0x82);
		buf_u16be(out, (uint16_t)n);
		return;
	}
	if (n >= 0x80) {
		buf_u8(out, 0x81);
	}
	buf_u8(out, (uint8_t)n);
}

static bool is_summer(const struct zone *z, int64_t utc)
{
	struct civil c = zone_civil(z, utc);
	int january = zone_offset(z, civil_to_utc((struct civil){c.year, 1, 1, 0, 0, 0}));
	int july = zone_offset(z, civil_to_utc((struct civil){c.year, 7, 1, 0, 0, 0}));
	return zone_offset(z, utc) > (january < july ? january : july);
}

/* Deviation from UTC has the sign of GOST's text in one kind and that of the DLMS books in the other. */
void spodes_put_clock(const struct spodes *m, struct buf *out, int64_t utc)
{
	const struct zone *z = sim_calendar(m->device).zone;
	struct civil c = zone_civil(z, utc);
	int offset = zone_offset(z, utc) / 60;
	const int64_t monday = 345600; /* 1970-01-05 */
	int weekday = (int)(((civil_to_utc(c) - monday) / 86400 % 7 + 7) % 7) + 1;
	buf_u8(out, 0x09);
	buf_u8(out, 12);
	buf_u16be(out, (uint16_t)c.year);
	buf_u8(out, (uint8_t)c.month);
	buf_u8(out, (uint8_t)c.day);
	buf_u8(out, (uint8_t)weekday);
	buf_u8(out, (uint8_t)c.hour);
	buf_u8(out, (uint8_t)c.minute);
	buf_u8(out, (uint8_t)c.second);
	buf_u8(out, 0);
	buf_u16be(out, (uint16_t)(int16_t)(m->is_single ? -offset : offset));
	buf_u8(out, is_summer(z, utc) ? 0x80 : 0);
}

/* A date and time as clients write it: 09 0C and twelve bytes. */
bool spodes_get_clock(const struct spodes *m, const uint8_t *b, int64_t *ret_utc)
{
	struct civil c = {b[2] << 8 | b[3], b[4], b[5], b[7], b[8], b[9]};
	if (b[0] != 0x09 || b[1] != 12 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 ||
		c.hour > 23 || c.minute > 59) {
		return false;
	}
	c.second = c.second > 59 ? 0 : c.second;
	*ret_utc = zone_utc(sim_calendar(m->device).zone, c, !(b[13] & 0x80));
	return true;
}

void spodes_put_scale(const struct spodes_reg *r, int shift, struct buf *out)
{
	spodes_put_length(out, 0x02, 2);
	spodes_put_number(out, 0x0f, r->scaler + (r->d == 8 ? shift : 0));
	spodes_put_number(out, 0x16, r->unit_code);
}

/* ---- the rest ---- */

static enum cosem_result register_get(
	const struct spodes *m, const struct obis *o, int attribute, struct buf *out)
{
	int phase;
	const struct spodes_reg *r = spodes_reg_of(m, o, &phase);
	bool is_temperature = o->v[OBIS_C] == 96 && o->v[OBIS_D] == 9 && m->is_single;
	if (is_temperature && attribute == 2) {
		spodes_put_number(out, 0x10, 23);
		return COSEM_SUCCESS;
	}
	if (is_temperature && attribute == 3) {
		spodes_put_length(out, 0x02, 2);
		spodes_put_number(out, 0x0f, 0);
		spodes_put_number(out, 0x16, 9);
		return COSEM_SUCCESS;
	}
	if (!r || r->d == 6) {
		return COSEM_OBJECT_UNDEFINED;
	}
	switch (attribute) {
	case 1: spodes_put_name(out, o); return COSEM_SUCCESS;
	case 2:
		if (r->d == 29) {
			return COSEM_READ_WRITE_DENIED;
		}
		spodes_put_number(out, r->tag, spodes_reading(m, o, m->now_us, 0));
		return COSEM_SUCCESS;
	case 3: spodes_put_scale(r, 0, out); return COSEM_SUCCESS;
	default: return COSEM_READ_WRITE_DENIED;
	}
}

static enum cosem_result data_get(
	const struct spodes *m, const struct obis *o, int attribute, struct buf *out)
{
	char text[64];
	static const char *const texts[] = {"", "SPODES-3", "1.07", "DOMOVOI", "2024-05-17"};
	const uint8_t *v = o->v;
	if (attribute != 2) {
		return attribute == 1 ? (spodes_put_name(out, o), COSEM_SUCCESS) :
					COSEM_READ_WRITE_DENIED;
	}
	if (v[OBIS_A] == 0 && v[OBIS_C] == 42) {
		(void)snprintf(text, sizeof(text), "DMV%.10s", m->device->serial);
		put_text(out, text);
	} else if (v[OBIS_A] == 0 && v[OBIS_C] == 96 && v[OBIS_D] == 1 && v[OBIS_E] == 0) {
		put_text(out, m->device->serial);
	} else if (v[OBIS_A] == 0 && v[OBIS_C] == 96 && v[OBIS_D] == 1 && v[OBIS_E] <= 4) {
		put_text(out, m->is_single && v[OBIS_E] == 1 ? "SPODES-1" : texts[v[OBIS_E]]);
	} else if (v[OBIS_A] == 1 && v[OBIS_C] == 0 && v[OBIS_D] == 4 &&
		   (v[OBIS_E] == 2 || v[OBIS_E] == 3) && !m->is_single) {
		spodes_put_number(out, 0x12, v[OBIS_E] == 2 ? 40 : 1);
	} else if (v[OBIS_A] == 1 && v[OBIS_C] == 0 && v[OBIS_D] == 8 && v[OBIS_E] == 4) {
		spodes_put_number(out, 0x11, m->minutes);
	} else {
		return COSEM_OBJECT_UNDEFINED;
	}
	return COSEM_SUCCESS;
}

/* When a month ends: {time, date} with month and year open. */
static enum cosem_result schedule_get(
	const struct spodes *m, const struct obis *o, int attribute, struct buf *out)
{
	static const struct obis billing = {{0, 0, 15, 0, 0, 255}};
	int day = m->device->report_day ? m->device->report_day : 1;
	const uint8_t when[] = {0x01, 0x01, 0x02, 0x02, 0x09, 4, 0, 0, 0, 0, 0x09, 5, 0xff, 0xff,
		0xff, (uint8_t)day, 0xff};
	if ((m->device->status & SPODES_NO_SCHEDULE) || !obis_equal(o, &billing)) {
		return COSEM_OBJECT_UNDEFINED;
	}
	if (attribute != 4) {
		return COSEM_READ_WRITE_DENIED;
	}
	buf_put(out, when, sizeof(when));
	return COSEM_SUCCESS;
}

enum cosem_result spodes_get(const struct spodes *m, uint16_t class_id, const struct obis *object,
	int attribute, struct slice selection, struct buf *out)
{
	static const struct obis clock = {{0, 0, 1, 0, 0, 255}};
	bool is_name = object->v[OBIS_A] == 0 && object->v[OBIS_C] == 42;
	bool is_clock = class_id == 8 && obis_equal(object, &clock);
	if (m->client == PUBLIC && !is_clock && !is_name) {
		return COSEM_READ_WRITE_DENIED;
	}
	if (is_clock) {
		if (attribute != 2) {
			return COSEM_READ_WRITE_DENIED;
		}
		spodes_put_clock(m, out, sim_meter_now(m->device, m->now_us));
		return COSEM_SUCCESS;
	}
	if (class_id == 22) {
		return schedule_get(m, object, attribute, out);
	}
	if (class_id == 7) {
		return spodes_profile_get(m, object, attribute, selection, out);
	}
	return class_id == 3 ? register_get(m, object, attribute, out) :
	       class_id == 1 ? data_get(m, object, attribute, out) :
			       COSEM_OBJECT_UNDEFINED;
}

enum cosem_result spodes_set(const struct spodes *m, uint16_t class_id, const struct obis *object,
	int attribute, struct slice data)
{
	static const struct obis clock = {{0, 0, 1, 0, 0, 255}};
	int64_t utc;
	if (class_id != 8 || !obis_equal(object, &clock) || attribute != 2) {
		return COSEM_READ_WRITE_DENIED;
	}
	if (data.size != 14 || !spodes_get_clock(m, data.data, &utc)) {
		return COSEM_TYPE_UNMATCHED;
	}
	int64_t by = utc - sim_meter_now(m->device, m->now_us);
	if (m->client == PUBLIC || (m->client == READER && llabs(by) > READER_STEP_S)) {
		return COSEM_READ_WRITE_DENIED;
	}
	sim_set_clock(m->device, m->now_us, utc);
	return COSEM_SUCCESS;
}
