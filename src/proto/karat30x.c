/*
 * karat30x.c - parameter codes and dates of KARAT-306, 307, 308; see karat30x.h
 *
 *   code      value                      type
 *   1n  2n    volume, mass of channel n  float, low byte first
 *   30 31 32  t1, t2, t1 - t2; 3n t      float
 *   4n  5n    pressure, heat             float
 *   6n .. 9n  electricity, tariffs 1..4  float
 *   A0        date of the record         hh dd MM yy
 *   Bn        time in operation          u32, low byte first
 *   Cn        error flags                u32
 *   D1 .. D5  flow below, above, dT, failures, power off: times, u32
 */
#include "proto/karat30x.h"

#include "model/abnormal.h"

#include <stdio.h>
#include <string.h>

#define LIST_END 0xf0

/* Channel 0 is taken for the supply, 1 for the return, the others keep their number from 1. */
static void pipe_key(struct karat_value *v, unsigned channel, enum quantity supply,
	enum quantity back, enum quantity other)
{
	v->quantity = channel == 0 ? supply : channel == 1 ? back : other;
	if (channel < 2) {
		(void)snprintf(v->key, sizeof(v->key), "%s", quantity_code(v->quantity));
	} else {
		(void)snprintf(v->key, sizeof(v->key), "%s.%u", quantity_code(other), channel + 1);
	}
}

/* Second and further systems. */
static void unit_key(struct karat_value *v, enum quantity q, unsigned channel)
{
	v->quantity = q;
	(void)snprintf(
		v->key, sizeof(v->key), channel ? "%s.u%u" : "%s", quantity_code(q), channel + 1);
}

static bool time_of(unsigned n, struct karat_value *v)
{
	static const enum quantity times[] = {
		[1] = QUANTITY_TIME_FLOW_LOW,
		[2] = QUANTITY_TIME_FLOW_HIGH,
		[3] = QUANTITY_TIME_DT_LOW,
		[4] = QUANTITY_TIME_FAILURE,
		[5] = QUANTITY_TIME_POWER_OFF,
	};
	if (n < 1 || n > 5) {
		return false;
	}
	unit_key(v, times[n], 0);
	v->unit = UNIT_MIN;
	return true;
}

bool karat_value_of(uint8_t code, struct karat_value *ret_value)
{
	struct karat_value v = {.type = code < 0xa0 ? CELL_F32LE : CELL_U32LE};
	unsigned n = code & 15, kind = code >> 4;
	switch (kind) {
	case 1:
		pipe_key(&v, n, QUANTITY_VOLUME_SUPPLY, QUANTITY_VOLUME_RETURN, QUANTITY_VOLUME);
		v.unit = UNIT_M3;
		break;
	case 2:
		pipe_key(&v, n, QUANTITY_MASS_SUPPLY, QUANTITY_MASS_RETURN, QUANTITY_MASS);
		v.unit = UNIT_T;
		break;
	case 3:
		pipe_key(&v, n, QUANTITY_TEMPERATURE_SUPPLY, QUANTITY_TEMPERATURE_RETURN,
			QUANTITY_TEMPERATURE);
		v.unit = UNIT_DEGC;
		if (n == 2) {
			unit_key(&v, QUANTITY_TEMPERATURE_DIFFERENCE, 0);
			v.unit = UNIT_K;
		}
		break;
	case 4:
		pipe_key(&v, n, QUANTITY_PRESSURE_SUPPLY, QUANTITY_PRESSURE_RETURN,
			QUANTITY_PRESSURE);
		v.unit = UNIT_MPA;
		break;
	case 5: unit_key(&v, QUANTITY_HEAT_ENERGY, n); break;
	case 6:
	case 7:
	case 8:
	case 9:
		v.quantity = QUANTITY_ACTIVE_ENERGY;
		v.unit = UNIT_KWH;
		(void)snprintf(v.key, sizeof(v.key),
			n ? "active_energy.t%u.u%u" : "active_energy.t%u", kind - 5, n + 1);
		break;
	case 0xb:
		unit_key(&v, QUANTITY_OPERATING_TIME, n);
		v.unit = UNIT_MIN;
		break;
	case 0xc: unit_key(&v, QUANTITY_ERROR_CODE, n); break;
	case 0xd:
		if (!time_of(n, &v)) {
			return false;
		}
		break;
	default: return false;
	}
	*ret_value = v;
	return true;
}

size_t karat_list_get(struct slice data, uint8_t ret_codes[KARAT_LIST_MAX])
{
	size_t n = 0;
	while (n < data.size && n < KARAT_LIST_MAX && data.data[n] < LIST_END) {
		ret_codes[n] = data.data[n];
		n++;
	}
	return n;
}

/* Bits 0..3 stop the count of flow, 4..7 warn of the same; 8..10 temperature, 16..18 pressure; 12..14 and
 * 20..22 warn; 26 heat cannot be computed, 30 heat is negative. */
int karat_abnormal(uint32_t flags)
{
	return (flags & 0x00000011u ? ABNORMAL_FLOW_LOW : 0) |
	       (flags & 0x00000022u ? ABNORMAL_FLOW_HIGH : 0) |
	       (flags & 0x0404070cu ? ABNORMAL_FAILURE : 0);
}

/* ---- dates ---- */

static bool is_date(struct civil c)
{
	return c.month >= 1 && c.month <= 12 && c.day >= 1 &&
	       c.day <= civil_month_days(c.year, c.month) && c.hour <= 23 && c.minute <= 59 &&
	       c.second <= 59;
}

bool karat_date_get(struct slice record, struct civil *ret_date)
{
	if (record.size < KARAT_VALUES_AT) {
		return false;
	}
	const uint8_t *d = record.data + KARAT_DATE_AT;
	struct civil c = {2000 + d[4], d[3], d[2], d[1], d[0], 0};
	if (d[4] > 99 || !is_date(c)) {
		return false;
	}
	*ret_date = c;
	return true;
}

void karat_date_put(struct civil date, uint8_t *record)
{
	uint8_t *d = record + KARAT_DATE_AT;
	d[0] = (uint8_t)date.minute;
	d[1] = (uint8_t)date.hour;
	d[2] = (uint8_t)date.day;
	d[3] = (uint8_t)date.month;
	d[4] = (uint8_t)(date.year % 100);
}

bool karat_clock_get(struct slice data, struct civil *ret_time)
{
	if (data.size < 8) {
		return false;
	}
	const uint8_t *d = data.data;
	struct civil c = {d[6] | d[7] << 8, d[5], d[3], d[2], d[1], d[0]};
	if (c.year < 2000 || c.year > 2099 || !is_date(c)) {
		return false;
	}
	*ret_time = c;
	return true;
}

void karat_clock_put(struct civil time, int day_of_week, uint8_t ret_bytes[8])
{
	ret_bytes[0] = (uint8_t)time.second;
	ret_bytes[1] = (uint8_t)time.minute;
	ret_bytes[2] = (uint8_t)time.hour;
	ret_bytes[3] = (uint8_t)time.day;
	ret_bytes[4] = (uint8_t)day_of_week;
	ret_bytes[5] = (uint8_t)time.month;
	ret_bytes[6] = (uint8_t)time.year;
	ret_bytes[7] = (uint8_t)(time.year >> 8);
}
