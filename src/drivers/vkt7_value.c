/*
 * vkt7_value.c - data elements of a VKT-7 become samples
 *
 *     value   quality   ns
 *             C0 good, 50 good but something abnormal happened, 04 no such element in the scheme or
 *             no meaning in this type (the bytes are leftovers), 0C out of range
 *                       00 nothing, FF nothing with this element, otherwise a code of the meter
 *
 * The codes have no published meaning, so error_code is the greatest of the record, and the common set
 * comes from what is known: the durations of "m" firmware, hours without integration (BOS), elements
 * out of range.
 */
#include "drivers/vkt7.h"

#include "model/abnormal.h"
#include "proto/decimal.h"

#include <math.h>
#include <stdio.h>

#define SECOND(id)     ((id) >= VKT7_SYSTEM_2 && (id) < VKT7_UNIT_T)
#define IN_CURRENT     (1u << VKT7_CURRENT)
#define IN_TOTALS      (1u << VKT7_TOTALS)
#define IN_ARCHIVE     (1u << VKT7_HOUR | 1u << VKT7_DAY | 1u << VKT7_MONTH)
#define GAUGE          (IN_CURRENT | IN_ARCHIVE)
#define COUNT          (IN_TOTALS | IN_ARCHIVE)
#define NO_DIGITS      0

#define QUALITY_NONE   0x04
#define QUALITY_FAILED 0x0c
#define NS_NOTHING     0x00
#define NS_ELSEWHERE   0xff
#define NS_FLAG        '*'

struct kind {
	uint8_t id, unit, digits; /* digits: of system 1, NO_DIGITS whole numbers */
	unsigned types;
	enum quantity quantity;
	enum dimension dimension;
	const char *key;
};

static const struct kind kinds[] = {
	{VKT7_T1, VKT7_UNIT_T, VKT7_DIGITS_T, GAUGE, QUANTITY_TEMPERATURE_SUPPLY, DIM_TEMPERATURE,
		"temperature_supply"},
	{VKT7_T2, VKT7_UNIT_T, VKT7_DIGITS_T, GAUGE, QUANTITY_TEMPERATURE_RETURN, DIM_TEMPERATURE,
		"temperature_return"},
	{VKT7_T3, VKT7_UNIT_T, VKT7_DIGITS_T, GAUGE, QUANTITY_TEMPERATURE, DIM_TEMPERATURE,
		"temperature.3"},
	{VKT7_V1, VKT7_UNIT_V, VKT7_DIGITS_V, COUNT, QUANTITY_VOLUME_SUPPLY, DIM_VOLUME,
		"volume_supply"},
	{VKT7_V2, VKT7_UNIT_V, VKT7_DIGITS_V, COUNT, QUANTITY_VOLUME_RETURN, DIM_VOLUME,
		"volume_return"},
	{VKT7_V3, VKT7_UNIT_V, VKT7_DIGITS_V, COUNT, QUANTITY_VOLUME, DIM_VOLUME, "volume.3"},
	{VKT7_M1, VKT7_UNIT_M, VKT7_DIGITS_M, COUNT, QUANTITY_MASS_SUPPLY, DIM_MASS, "mass_supply"},
	{VKT7_M2, VKT7_UNIT_M, VKT7_DIGITS_M, COUNT, QUANTITY_MASS_RETURN, DIM_MASS, "mass_return"},
	{VKT7_M3, VKT7_UNIT_M, VKT7_DIGITS_M, COUNT, QUANTITY_MASS, DIM_MASS, "mass.3"},
	{VKT7_P1, VKT7_UNIT_P, VKT7_DIGITS_P, GAUGE, QUANTITY_PRESSURE_SUPPLY, DIM_PRESSURE,
		"pressure_supply"},
	{VKT7_P2, VKT7_UNIT_P, VKT7_DIGITS_P, GAUGE, QUANTITY_PRESSURE_RETURN, DIM_PRESSURE,
		"pressure_return"},
	{VKT7_P3, VKT7_UNIT_P, VKT7_DIGITS_P, GAUGE, QUANTITY_PRESSURE, DIM_PRESSURE, "pressure.3"},
	{VKT7_MG, VKT7_UNIT_MG, VKT7_DIGITS_MG, COUNT, QUANTITY_MASS_LEAK, DIM_MASS, "mass_leak"},
	{VKT7_QO, VKT7_UNIT_QO, VKT7_DIGITS_Q, COUNT, QUANTITY_HEAT_ENERGY, DIM_ENERGY,
		"heat_energy"},
	{VKT7_QG, VKT7_UNIT_QG, VKT7_DIGITS_Q, COUNT, QUANTITY_HEAT_ENERGY_HOT_WATER, DIM_ENERGY,
		"heat_energy_hot_water"},
	{VKT7_DT, VKT7_UNIT_DT, VKT7_DIGITS_DT, GAUGE, QUANTITY_TEMPERATURE_DIFFERENCE,
		DIM_TEMPERATURE_DIFF, "temperature_difference"},
	{VKT7_TX, VKT7_UNIT_TX, VKT7_DIGITS_TX, GAUGE, QUANTITY_TEMPERATURE_COLD, DIM_TEMPERATURE,
		"temperature_cold"},
	{VKT7_TA, VKT7_UNIT_TA, VKT7_DIGITS_TA, GAUGE, QUANTITY_TEMPERATURE_OUTDOOR,
		DIM_TEMPERATURE, "temperature_outdoor"},
	{VKT7_BNR, VKT7_UNIT_BNR, NO_DIGITS, COUNT, QUANTITY_OPERATING_TIME, DIM_TIME,
		"operating_time"},
	{VKT7_BOS, VKT7_UNIT_BOS, NO_DIGITS, COUNT, QUANTITY_ERROR_TIME, DIM_TIME, "error_time"},
	{VKT7_G1, VKT7_UNIT_G, NO_DIGITS, IN_CURRENT, QUANTITY_FLOW_SUPPLY, DIM_FLOW,
		"flow_supply"},
	{VKT7_G2, VKT7_UNIT_G, NO_DIGITS, IN_CURRENT, QUANTITY_FLOW_RETURN, DIM_FLOW,
		"flow_return"},
	{VKT7_G3, VKT7_UNIT_G, NO_DIGITS, IN_CURRENT, QUANTITY_FLOW, DIM_FLOW, "flow.3"},
};

/* The same flows where the meter shows them in tonnes. */
static const struct {
	const char *key, *mass_key;
	enum quantity quantity;
} mass_flows[] = {
	{"flow_supply", "mass_flow_supply", QUANTITY_MASS_FLOW_SUPPLY},
	{"flow_return", "mass_flow_return", QUANTITY_MASS_FLOW_RETURN},
	{"flow.3", "mass_flow.3", QUANTITY_MASS_FLOW},
};

/* Durations in elements 79 and 80, u16 each, hours. */
static const struct {
	const char *key;
	enum quantity quantity;
	unsigned bit;
} durations[] = {
	{"time_power_off", QUANTITY_TIME_POWER_OFF, ABNORMAL_POWER},
	{"time_flow_low", QUANTITY_TIME_FLOW_LOW, ABNORMAL_FLOW_LOW},
	{"time_flow_high", QUANTITY_TIME_FLOW_HIGH, ABNORMAL_FLOW_HIGH},
	{"time_failure", QUANTITY_TIME_FAILURE, ABNORMAL_FAILURE},
	{"time_dt_low", QUANTITY_TIME_DT_LOW, ABNORMAL_DT_LOW},
};

#define COUNT_OF(a)   (sizeof(a) / sizeof((a)[0]))
#define DURATION_SIZE (2 * COUNT_OF(durations))

static const struct kind *kind_of(uint8_t id)
{
	uint8_t first = SECOND(id) ? id - VKT7_SYSTEM_2 : id;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		bool has_second = kinds[i].id != VKT7_TX && kinds[i].id != VKT7_TA;
		if (kinds[i].id == first && (first == id || has_second)) {
			return &kinds[i];
		}
	}
	return NULL;
}

unsigned vkt7_types_of(uint8_t id)
{
	const struct kind *k = kind_of(id);
	if (k) {
		return k->types;
	}
	switch (id) {
	case VKT7_NS:
	case VKT7_NS_2: return IN_CURRENT | IN_ARCHIVE;
	case VKT7_NS_TIMES:
	case VKT7_NS_TIMES_2: return IN_ARCHIVE;
	default: return 0;
	}
}

static bool is_of_second(uint8_t id)
{
	return SECOND(id) || id == VKT7_NS_2 || id == VKT7_NS_TIMES_2;
}

/* ---- one value ---- */

static bool is_failed(const struct vkt7_item *i)
{
	return (i->quality & 0x80) == 0 && (i->quality & 0x40) == 0;
}

static uint16_t quality_of(const struct vkt7_item *i, double value)
{
	bool is_abnormal = is_failed(i) || (i->quality & 0xc0) == 0x40;
	return quality_make(isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE,
		is_abnormal ? QUALITY_ABNORMAL : 0);
}

static double whole_of(const struct vkt7_item *i, uint8_t digits)
{
	struct reader r = reader_of(i->value);
	struct decimal d = {.exponent = -digits};
	if (i->value.size != 2 && i->value.size != 4) {
		return NAN;
	}
	d.mantissa = reader_int_le(&r, i->value.size);
	uint8_t id = SECOND(i->id) ? i->id - VKT7_SYSTEM_2 : i->id;
	bool is_hours = id == VKT7_BNR || id == VKT7_BOS;
	if (is_hours && d.mantissa < 0 && d.mantissa >= -0x10000) {
		d.mantissa += 0x10000; /* some meters fill the upper half of hours with ones */
	}
	return is_hours && d.mantissa < 0 ? NAN : decimal_double(d);
}

static double float_of(const struct vkt7_item *i)
{
	struct reader r = reader_of(i->value);
	return i->value.size == 4 ? modbus_number(MODBUS_F32, reader_u32le(&r)) : NAN;
}

/* A unit of the right kind; those of temperatures serve their differences. */
static bool fit_unit(uint8_t byte, enum dimension want, enum unit *ret)
{
	enum unit u = (enum unit)byte;
	if (byte == VKT7_UNKNOWN) {
		return false;
	}
	if (want == DIM_TEMPERATURE_DIFF && u == UNIT_DEGC) {
		u = UNIT_K;
	}
	*ret = u;
	return unit_dimension(u) == want;
}

/* What is known of the element without its value. */
static struct sample sample_of(const struct vkt7 *v, const struct vkt7_item *i,
	const struct kind *k, const struct vkt7_when *when, double *ret_value)
{
	const struct vkt7_layout *l = v->layout;
	struct sample s = {.key = k->key,
		.quantity = k->quantity,
		.unit = quantity_unit(k->quantity),
		.form = when->form,
		.period = when->period,
		.utc = when->utc};
	uint8_t unit = l->units[k->unit - VKT7_UNIT_T];
	size_t row = (size_t)(k->digits - VKT7_DIGITS_T);
	/* temperature and P3 have digits in system 1 only */
	bool has_second = SECOND(i->id) && k->digits != VKT7_DIGITS_T;
	uint8_t digits = k->digits == NO_DIGITS ? 0 : l->digits[row + (has_second ? 10 : 0)];
	bool is_fit = fit_unit(unit, k->dimension, &s.unit);
	bool is_float = k->types == IN_CURRENT;
	s.decimals = is_float ? -1 : digits == VKT7_UNKNOWN ? -1 : digits;
	*ret_value = is_float ? float_of(i) : digits == VKT7_UNKNOWN ? NAN : whole_of(i, digits);
	for (size_t n = 0; is_float && !is_fit && n < COUNT_OF(mass_flows); n++) {
		if (mass_flows[n].key == k->key && fit_unit(unit, DIM_MASS_FLOW, &s.unit)) {
			s.key = mass_flows[n].mass_key;
			s.quantity = mass_flows[n].quantity;
			is_fit = true;
		}
	}
	if (!is_fit) {
		s.unit = quantity_unit(s.quantity);
		*ret_value = NAN;
	}
	return s;
}

static enum err put_named(struct sink *out, struct sample *s, bool is_second)
{
	char key[REGISTER_KEY_CAP];
	const char *name = s->key;
	(void)snprintf(key, sizeof(key), "%s%s", name, is_second ? ".u2" : "");
	s->key = key;
	enum err e = out->put(out, s);
	s->key = name;
	return e;
}

/* The document gives the leak digits of its own and says elsewhere that it has those of the masses. */
static bool is_leak_doubtful(const struct vkt7 *v, bool is_second)
{
	const uint8_t *digits = v->layout->digits + (is_second ? VKT7_DIGITS_2 - VKT7_DIGITS_T : 0);
	return digits[VKT7_DIGITS_MG - VKT7_DIGITS_T] != digits[VKT7_DIGITS_M - VKT7_DIGITS_T];
}

static enum err put_item(const struct vkt7 *v, const struct vkt7_item *i,
	const struct vkt7_when *when, struct sink *out)
{
	const struct kind *k = kind_of(i->id);
	double value;
	if (!k || !(k->types & 1u << v->type) || i->quality == QUALITY_NONE) {
		return ERR_OK;
	}
	struct sample s = sample_of(v, i, k, when, &value);
	s.value = is_failed(i) ? NAN : value;
	s.quality = quality_of(i, s.value);
	if (k->id == VKT7_MG && is_leak_doubtful(v, SECOND(i->id)) && !isnan(s.value)) {
		s.quality = quality_make(QUALITY_SUSPECT, SOURCE_NONE, quality_flags(s.quality));
	}
	return put_named(out, &s, SECOND(i->id));
}

/* ---- abnormal situations ---- */

/* Of one system in one record. */
struct trouble {
	unsigned code, bits;
};

static uint16_t duration_at(const struct vkt7_item *i, size_t n)
{
	return (uint16_t)(i->value.data[2 * n] | i->value.data[2 * n + 1] << 8);
}

static void look(const struct vkt7 *v, const struct vkt7_item *i, struct trouble *t)
{
	const struct kind *k = kind_of(i->id);
	bool is_record = (1u << v->type) & IN_ARCHIVE;
	if (i->quality == QUALITY_NONE || !(vkt7_types_of(i->id) & 1u << v->type)) {
		return;
	}
	if (i->ns != NS_NOTHING && i->ns != NS_ELSEWHERE && i->ns > t->code) {
		t->code = i->ns;
	}
	if (is_failed(i)) {
		t->bits |= ABNORMAL_FAILURE;
	} else if (k && k->quantity == QUANTITY_ERROR_TIME && is_record && whole_of(i, 0) > 0) {
		t->bits |= ABNORMAL_FAILURE;
	}
	bool is_times = i->id == VKT7_NS_TIMES || i->id == VKT7_NS_TIMES_2;
	for (size_t n = 0; is_times && i->value.size == DURATION_SIZE && n < COUNT_OF(durations);
		n++) {
		t->bits |= duration_at(i, n) ? durations[n].bit : 0;
	}
}

static enum err put_state(const struct vkt7_when *when, bool is_second, const char *key,
	enum quantity q, unsigned value, struct sink *out)
{
	struct sample s = {.key = key,
		.quantity = q,
		.unit = UNIT_NONE,
		.form = when->form,
		.period = when->period,
		.utc = when->utc,
		.value = value};
	return put_named(out, &s, is_second);
}

static enum err put_durations(
	const struct vkt7_item *i, const struct vkt7_when *when, bool is_second, struct sink *out)
{
	if (i->quality == QUALITY_NONE || i->value.size != DURATION_SIZE) {
		return ERR_OK;
	}
	for (size_t n = 0; n < COUNT_OF(durations); n++) {
		struct sample s = {.key = durations[n].key,
			.quantity = durations[n].quantity,
			.unit = UNIT_H,
			.form = when->form,
			.period = when->period,
			.utc = when->utc,
			.value = is_failed(i) ? NAN : duration_at(i, n)};
		s.quality = quality_of(i, s.value);
		enum err e = put_named(out, &s, is_second);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

/* The states of a system go with its flag. */
static enum err put_special(const struct vkt7 *v, const struct vkt7_item *i,
	const struct trouble *t, const struct vkt7_when *when, struct sink *out)
{
	bool is_second = is_of_second(i->id);
	if (!(vkt7_types_of(i->id) & 1u << v->type) || i->quality == QUALITY_NONE) {
		return ERR_OK;
	}
	if (i->id == VKT7_NS_TIMES || i->id == VKT7_NS_TIMES_2) {
		return put_durations(i, when, is_second, out);
	}
	if (i->id != VKT7_NS && i->id != VKT7_NS_2) {
		return ERR_OK;
	}
	enum err e = put_state(when, is_second, "error_code", QUANTITY_ERROR_CODE, t->code, out);
	return e ? e : put_state(when, is_second, "abnormal", QUANTITY_ABNORMAL, t->bits, out);
}

enum err vkt7_put(const struct vkt7 *v, const struct vkt7_item *items, size_t n,
	const struct vkt7_when *when, struct sink *out)
{
	struct trouble troubles[2] = {{0, 0}, {0, 0}};
	enum err e = ERR_OK;
	for (size_t i = 0; i < n; i++) {
		look(v, &items[i], &troubles[is_of_second(items[i].id)]);
	}
	for (size_t i = 0; !e && i < n; i++) {
		e = kind_of(items[i].id) ? put_item(v, &items[i], when, out) :
					   put_special(v, &items[i],
						   &troubles[is_of_second(items[i].id)], when, out);
	}
	return e;
}
