/*
 * magika_now.c - current values, totals and the clock of Magika heat meters
 *
 * Each block is read twice and, where the two do not agree about everything, a third time. A value is
 * MEASURED when two readings agree about it, and then it is the later one's:
 *
 *   gauges     differ by an eighth and a floor at most: flow and power change from one measurement to
 *              the next, and a damaged exponent or sign changes them more
 *   counters   do not fall, and grow by no more than a large meter counts in a few seconds
 *
 * Flow follows from an amount and the interval it was measured in, both in the meter's own ticks.
 */
#include "drivers/magika_driver.h"

#include <math.h>

#define READS     3
#define VALUES    24
#define TICKS_H   (3600000 / 1.024) /* of the meter's time in an hour */
#define COUNT_MAX 16777216.0        /* 24 bits */
#define CLOCK_S   60                /* between two readings of a block, at most */

struct value {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	double floor; /* gauges: of what two readings may differ; counters: the most they may grow */
	int decimals;
};

struct block {
	uint8_t command;
	frame_fn *frame;
	const struct value *values;
	size_t n;
	bool is_counters;
	void (*get)(const struct magika *m, struct slice data, double *to); /* NaN: no value */
};

/* In the order of current_get. */
static const struct value current_values[] = {
	{"flow_supply", QUANTITY_FLOW_SUPPLY, UNIT_M3_H, 0.05, -1},
	{"flow_return", QUANTITY_FLOW_RETURN, UNIT_M3_H, 0.05, -1},
	{"flow.3", QUANTITY_FLOW, UNIT_M3_H, 0.05, -1},
	{"flow.4", QUANTITY_FLOW, UNIT_M3_H, 0.05, -1},
	{"mass_flow_supply", QUANTITY_MASS_FLOW_SUPPLY, UNIT_T_H, 0.05, -1},
	{"mass_flow_return", QUANTITY_MASS_FLOW_RETURN, UNIT_T_H, 0.05, -1},
	{"mass_flow.3", QUANTITY_MASS_FLOW, UNIT_T_H, 0.05, -1},
	{"mass_flow.4", QUANTITY_MASS_FLOW, UNIT_T_H, 0.05, -1},
	{"heat_power", QUANTITY_HEAT_POWER, UNIT_GCAL_H, 0.002, -1},
	{"heat_power.u2", QUANTITY_HEAT_POWER, UNIT_GCAL_H, 0.002, -1},
	{"heat_power.3", QUANTITY_HEAT_POWER, UNIT_GCAL_H, 0.002, -1},
	{"temperature_supply", QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 0.5, -1},
	{"temperature_return", QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 0.5, -1},
	{"temperature.3", QUANTITY_TEMPERATURE, UNIT_DEGC, 0.5, -1},
	{"temperature.4", QUANTITY_TEMPERATURE, UNIT_DEGC, 0.5, -1},
	{"pressure_supply", QUANTITY_PRESSURE_SUPPLY, UNIT_NONE, 0.02, -1},
	{"pressure_return", QUANTITY_PRESSURE_RETURN, UNIT_NONE, 0.02, -1},
};
#define PRESSURES_AT 15 /* in current_values, to the end */

/* In the order of totals_get; the two series differ in the last of heats and times. */
static const struct value totals_e[] = {
	{"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, 0.2, -1},
	{"mass_return", QUANTITY_MASS_RETURN, UNIT_T, 0.2, -1},
	{"mass.3", QUANTITY_MASS, UNIT_T, 0.2, -1},
	{"mass.4", QUANTITY_MASS, UNIT_T, 0.2, -1},
	{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.02, -1},
	{"heat_energy_hot_water", QUANTITY_HEAT_ENERGY_HOT_WATER, UNIT_GCAL, 0.02, -1},
	{"heat_energy.3", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.02, -1},
	{"operating_time", QUANTITY_OPERATING_TIME, UNIT_MIN, 1, 0},
	{"operating_time.u2", QUANTITY_OPERATING_TIME, UNIT_MIN, 1, 0},
	{"on_time", QUANTITY_ON_TIME, UNIT_MIN, 1, 0},
};
static const struct value totals_a[] = {
	{"mass_supply", QUANTITY_MASS_SUPPLY, UNIT_T, 0.2, -1},
	{"mass_return", QUANTITY_MASS_RETURN, UNIT_T, 0.2, -1},
	{"mass.3", QUANTITY_MASS, UNIT_T, 0.2, -1},
	{"mass.4", QUANTITY_MASS, UNIT_T, 0.2, -1},
	{"heat_energy", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.02, -1},
	{"heat_energy.2", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.02, -1},
	{"heat_energy.3", QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0.02, -1},
	{"operating_time", QUANTITY_OPERATING_TIME, UNIT_MIN, 1, 0},
	{"on_time", QUANTITY_ON_TIME, UNIT_MIN, 1, 0},
};
#define AMOUNTS 7

/* ---- blocks ---- */

static struct frame_verdict current_frame(struct slice so_far)
{
	return magika_verdict(magika_cut_first(so_far, MAGIKA_CURRENT_SIZE, MAGIKA_CURRENT_SIZE));
}

static struct frame_verdict totals_frame(struct slice so_far)
{
	return magika_verdict(magika_cut_first(so_far, MAGIKA_TOTALS_SIZE - 3, MAGIKA_TOTALS_SIZE));
}

/*
 *  0 volume  4 volume, return  8 mass  12 mass, return  16 heat 1  20 interval of volumes
 * 24 t1  28 t2  32 t3  36 t4  40 P1  44 P2
 * 48 volume 3  52 volume 4  56 mass 3  60 mass 4  64 interval of those  68 heat 2  72 heat 3
 */
static void current_get(const struct magika *m, struct slice d, double *to)
{
	static const uint8_t volumes[] = {0, 4, 48, 52}, intervals[] = {20, 20, 64, 64};
	static const uint8_t rates[] = {8, 12, 56, 60, 16, 68, 72};
	double *at = to;
	for (size_t i = 0; i < 4; i++) {
		double interval = magika_float(d, intervals[i]);
		double flow = magika_float(d, volumes[i]) * TICKS_H / interval;
		*at++ = interval > 0 ? magika_within(flow, -1e4, 1e4) : NAN;
	}
	for (size_t i = 0; i < 7; i++) {
		*at++ = magika_within(magika_float(d, rates[i]) * TICKS_H, -1e4, 1e4);
	}
	for (size_t i = 0; i < 4; i++) {
		*at++ = magika_sensor(magika_float(d, 24 + 4 * i), -60, 200);
	}
	for (size_t i = 0; i < 2; i++) {
		*at++ = magika_sensor(magika_float(d, 40 + 4 * i), -100, 1e4);
	}
	(void)m;
}

/* 0 clock  8 + 4 i fractions, FLO32  36 + 3 i whole parts, INT24  57 times, INT24 each */
static void totals_get(const struct magika *m, struct slice d, double *to)
{
	size_t times = m->is_e ? 3 : 2;
	for (size_t i = 0; i < AMOUNTS; i++) {
		double fraction = magika_float(d, 8 + 4 * i);
		bool is_true = fraction >= 0 && fraction < 1;
		to[i] = is_true ? magika_uint(d, 36 + 3 * i, 3) + fraction : NAN;
	}
	for (size_t i = 0; i < times; i++) {
		to[AMOUNTS + i] = magika_uint(d, 57 + 3 * i, 3);
	}
}

static const struct block current_block = {MAGIKA_CURRENT, current_frame, current_values,
	sizeof(current_values) / sizeof(current_values[0]), false, current_get};
static const struct block totals_e_block = {MAGIKA_TOTALS, totals_frame, totals_e,
	sizeof(totals_e) / sizeof(totals_e[0]), true, totals_get};
static const struct block totals_a_block = {MAGIKA_TOTALS, totals_frame, totals_a,
	sizeof(totals_a) / sizeof(totals_a[0]), true, totals_get};

/* ---- confirmation ---- */

static bool agree(const struct block *b, const struct value *v, double first, double second)
{
	if (isnan(first) || isnan(second)) {
		return isnan(first) && isnan(second);
	}
	double by = second - first;
	if (b->is_counters) {
		return by >= 0 && by <= v->floor;
	}
	return fabs(by) <= v->floor + fmax(fabs(first), fabs(second)) / 8;
}

/* `n` readings, the oldest first. */
static double choose(const struct block *b, const struct value *v, const double *readings, int n,
	enum quality_class *ret_class)
{
	double last = NAN;
	for (int later = n - 1; later > 0; later--) {
		for (int i = later - 1; i >= 0; i--) {
			if (agree(b, v, readings[i], readings[later])) {
				*ret_class = isnan(readings[later]) ? QUALITY_MISSING :
								      QUALITY_MEASURED;
				return readings[later];
			}
		}
	}
	for (int i = 0; i < n; i++) {
		last = isnan(readings[i]) ? last : readings[i];
	}
	*ret_class = isnan(last) ? QUALITY_MISSING : QUALITY_SUSPECT;
	return last;
}

/* The data are the talk's until the next exchange, so `get` takes what is wanted before the meter is
 * told that they came. */
static enum err read_block(struct magika *m, const struct block *b, double *to, int64_t *ret_utc)
{
	const uint8_t request[] = {MAGIKA_START, b->command};
	struct slice reply;
	struct civil now;
	enum err e = magika_ask(m, SLICE(request), b->frame, &reply);
	if (e) {
		return e;
	}
	struct slice data = magika_data(reply);
	if (data.size == 0 || (m->is_e && b->is_counters && data.size != MAGIKA_TOTALS_SIZE)) {
		magika_forget(m);
		return talk_fail(m->talk, ERR_PROTO, "%zu bytes of data", data.size);
	}
	b->get(m, data, to);
	if (ret_utc) {
		bool is_clock = magika_clock(data, &now);
		*ret_utc = is_clock ? zone_utc(talk_zone(m->talk), now, false) : INT64_MIN;
	}
	return magika_say(m, MAGIKA_OK);
}

static enum err put_block(struct magika *m, const struct block *b, struct sink *out)
{
	double readings[READS][VALUES], column[READS];
	int n = 0;
	bool is_agreed = false;
	while (n < READS && !is_agreed) {
		enum err e = read_block(m, b, readings[n], NULL);
		if (e == ERR_NOISE && n > 0) {
			break; /* once was heard well */
		}
		if (e) {
			return e;
		}
		is_agreed = n > 0;
		for (size_t i = 0; i < b->n && n > 0; i++) {
			is_agreed = is_agreed &&
				    agree(b, &b->values[i], readings[n - 1][i], readings[n][i]);
		}
		n++;
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct value *v = &b->values[i];
		bool is_pressure = !b->is_counters && i >= PRESSURES_AT;
		enum quality_class class;
		if (is_pressure && m->pressure_unit == UNIT_NONE) {
			continue;
		}
		for (int k = 0; k < n; k++) {
			column[k] = readings[k][i];
		}
		struct sample s = {.key = v->key,
			.quantity = v->quantity,
			.unit = is_pressure ? m->pressure_unit : v->unit,
			.form = FORM_NOW,
			.value = choose(b, v, column, n, &class),
			.decimals = v->decimals};
		s.quality = quality_make(class, SOURCE_NONE, 0);
		enum err e = out->put(out, &s);
		if (e) {
			return e;
		}
	}
	return ERR_OK;
}

/* ---- slots ---- */

enum err magika_read_current(struct talk *t, struct sink *out)
{
	struct magika m;
	enum err e = magika_open(&m, t);
	e = e ? e : put_block(&m, &current_block, out);
	return e ? e : put_block(&m, m.is_e ? &totals_e_block : &totals_a_block, out);
}

enum err magika_read_clock(struct talk *t, int64_t *ret_utc)
{
	struct magika m;
	double totals[VALUES];
	int64_t utc[READS];
	enum err e = magika_open(&m, t);
	for (int n = 0; n < READS && !e; n++) {
		const struct block *b = m.is_e ? &totals_e_block : &totals_a_block;
		e = read_block(&m, b, totals, &utc[n]);
		for (int i = 0; i < n && !e; i++) {
			bool is_known = utc[i] != INT64_MIN && utc[n] != INT64_MIN;
			if (is_known && utc[n] >= utc[i] && utc[n] - utc[i] <= CLOCK_S) {
				*ret_utc = utc[n];
				return ERR_OK;
			}
		}
	}
	return e ? e : talk_fail(t, ERR_NOISE, "no two readings of the clock agree");
}
