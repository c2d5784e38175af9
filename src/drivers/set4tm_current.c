/*
 * set4tm_current.c - energies and instantaneous values of the SET-4TM family; see set4tm_driver.h
 *
 * Energies come with 05 (A+ A- R+ R-) from every meter and with 0A, which also has the quadrants, from
 * newer ones. E = N / 2A at the terminals; P = N Kc / 1000 W, I = N Ci / 10 mA, the rest N / 100.
 */
#include "drivers/set4tm_driver.h"

#include <math.h>
#include <stdio.h>

#define ARRAY_TOTAL  0x00
#define ARRAY_LOSSES 0x10
#define MASK_ALL     0xff
#define MASK_FOUR    0x0f
#define LACKS_LOSSES 31 /* bits of state.lacks: groups, then these */
#define LACKS_STATUS 30
#define LACKS_DEGREE 29

const struct set4_column set4_columns[SET4_ENERGIES] = {
	{"active_energy", QUANTITY_ACTIVE_ENERGY, UNIT_KWH},
	{"active_energy_export", QUANTITY_ACTIVE_ENERGY_EXPORT, UNIT_KWH},
	{"reactive_energy", QUANTITY_REACTIVE_ENERGY, UNIT_KVARH},
	{"reactive_energy_export", QUANTITY_REACTIVE_ENERGY_EXPORT, UNIT_KVARH},
	{"reactive_energy_q1", QUANTITY_REACTIVE_ENERGY_Q1, UNIT_KVARH},
	{"reactive_energy_q2", QUANTITY_REACTIVE_ENERGY_Q2, UNIT_KVARH},
	{"reactive_energy_q3", QUANTITY_REACTIVE_ENERGY_Q3, UNIT_KVARH},
	{"reactive_energy_q4", QUANTITY_REACTIVE_ENERGY_Q4, UNIT_KVARH},
};

/* ---- energies ---- */

static enum err ask_more(const struct set4 *m, uint8_t array, uint8_t number, int tariff,
	uint8_t mask, struct set4_energies *ret)
{
	uint8_t body[] = {SET4_ENERGY_MORE, array, number, (uint8_t)tariff, mask, 0};
	struct slice data;
	size_t size = 0, at = 0;
	for (int i = 0; i < SET4_ENERGIES; i++) {
		size += (mask >> i & 1) * 4u;
	}
	enum err e = set4_ask(m, body, sizeof(body), size, &data);
	ret->mask = mask;
	for (int i = 0; i < SET4_ENERGIES && !e; i++) {
		if (mask >> i & 1) {
			ret->n[i] = set4_number(data.data + at, 4);
			at += 4;
		}
	}
	return e;
}

/* Is there 0A, and does it know the quadrants? */
enum err set4_learn_energies(const struct set4 *m)
{
	static const uint8_t masks[] = {MASK_ALL, MASK_FOUR};
	struct set4_state *s = m->state;
	enum err e = ERR_OK;
	if (!set4_is_extended(s->variant.type)) {
		s->energies = SET4_UNABLE;
	}
	for (int i = 0; i < 2 && s->energies == SET4_UNKNOWN && !e; i++) {
		uint8_t body[] = {SET4_ENERGY_MORE, ARRAY_TOTAL, 0, 0, masks[i], 0};
		size_t size = masks[i] == MASK_ALL ? 32 : 16;
		enum set4_ability ability = SET4_UNKNOWN;
		struct slice data;
		e = set4_try(m, body, sizeof(body), size, &ability, &data);
		s->mask = masks[i];
		s->energies = !e ? SET4_ABLE : e == ERR_UNSUPP && i ? SET4_UNABLE : SET4_UNKNOWN;
		e = e == ERR_UNSUPP ? ERR_OK : e;
	}
	return e;
}

enum err set4_energies(
	const struct set4 *m, uint8_t array, uint8_t number, int tariff, struct set4_energies *ret)
{
	if (m->state->energies == SET4_ABLE) {
		return ask_more(m, array, number, tariff, m->state->mask, ret);
	}
	uint8_t body[] = {SET4_ENERGY, (uint8_t)(array << 4 | number), (uint8_t)tariff};
	struct slice data;
	if (array > 0x0f) {
		return ERR_UNSUPP;
	}
	enum err e = set4_ask(m, body, sizeof(body), 16, &data);
	ret->mask = MASK_FOUR;
	for (int i = 0; i < 4 && !e; i++) {
		ret->n[i] = set4_number(data.data + 4 * i, 4);
	}
	return e;
}

enum err set4_put_energies(
	const struct set4 *m, int tariff, const struct set4_energies *x, struct emit *to)
{
	double worth = 2.0 * m->state->variant.constant;
	enum err e = ERR_OK;
	for (int i = 0; i < SET4_ENERGIES && !e; i++) {
		const struct set4_column *c = &set4_columns[i];
		char key[REGISTER_KEY_CAP];
		bool is_export = c->quantity == QUANTITY_ACTIVE_ENERGY_EXPORT;
		if (!(x->mask >> i & 1) || x->n[i] == UINT32_MAX ||
			(is_export && m->state->variant.is_one_direction)) {
			continue; /* it has no such register */
		}
		(void)snprintf(key, sizeof(key), tariff ? "%s.t%d" : "%s", c->key, tariff);
		e = emit_value(to, key, c->quantity, c->unit, x->n[i] / worth, set4_decimals(m));
	}
	return e;
}

static enum err put_totals(const struct set4 *m, struct emit *to)
{
	int tariffs = (int)talk_param(m->talk, "tariffs");
	enum err e = set4_learn_energies(m);
	for (int tariff = 0; tariff <= tariffs && !e; tariff++) {
		struct set4_energies x;
		e = set4_energies(m, ARRAY_TOTAL, 0, tariff, &x);
		e = e ? e : set4_put_energies(m, tariff, &x, to);
		if (tariff && e == ERR_UNSUPP) {
			return ERR_OK; /* it has no more */
		}
	}
	return e;
}

/* ---- what not every meter has ---- */

/* Asked once; what was refused is not asked again until the next identification. */
static enum err ask_once(const struct set4 *m, int bit, const uint8_t *body, size_t n, size_t size,
	struct slice *ret_data)
{
	if (m->state->lacks >> bit & 1) {
		return ERR_UNSUPP;
	}
	enum err e = set4_ask(m, body, n, size, ret_data);
	if (e == ERR_UNSUPP) {
		m->state->lacks |= 1u << bit;
	}
	return e;
}

static enum err put_rest(const struct set4 *m, struct emit *to)
{
	static const uint8_t losses[] = {SET4_ENERGY_MORE, ARRAY_LOSSES, 0, 0, 0x01, 0};
	static const uint8_t degrees[] = {SET4_PARAMETER, 0x01}, status[] = {SET4_PARAMETER, 0x0a};
	struct slice d;
	enum err e = m->state->energies != SET4_ABLE ?
			     ERR_UNSUPP :
			     ask_once(m, LACKS_LOSSES, losses, sizeof(losses), 4, &d);
	if (!e) {
		e = emit_value(to, "active_energy_loss", QUANTITY_ACTIVE_ENERGY_LOSS, UNIT_KWH,
			set4_number(d.data, 4) / (2.0 * m->state->variant.constant),
			set4_decimals(m));
	}
	e = e == ERR_UNSUPP ? ERR_OK : e;
	e = e ? e : ask_once(m, LACKS_DEGREE, degrees, sizeof(degrees), 2, &d);
	if (!e) {
		e = emit_value(
			to, "temperature", QUANTITY_TEMPERATURE, UNIT_DEGC, (int8_t)d.data[1], 0);
	}
	e = e == ERR_UNSUPP ? ERR_OK : e;
	e = e ? e : ask_once(m, LACKS_STATUS, status, sizeof(status), 4, &d);
	if (!e) { /* four bytes or five */
		double bits = set4_number(d.data, 4);
		bits = d.size > 4 ? bits * 256 + d.data[4] : bits;
		e = emit_value(to, "status", QUANTITY_STATUS, UNIT_NONE, bits, 0);
	}
	return e == ERR_UNSUPP ? ERR_OK : e;
}

static enum err put_ratios(const struct set4 *m, struct emit *to)
{
	static const uint8_t ratios[] = {SET4_PARAMETER, 0x02};
	static const struct cell cells[] = {
		{"ratio_voltage", QUANTITY_RATIO_VOLTAGE, UNIT_NONE, CELL_U16BE, 0, 0, 0, 0},
		{"ratio_current", QUANTITY_RATIO_CURRENT, UNIT_NONE, CELL_U16BE, 2, 0, 0, 0}};
	struct slice data;
	enum err e = set4_ask(m, ratios, sizeof(ratios), 10, &data);
	e = e ? e : emit_cells(to, cells, 2, data);
	return e == ERR_UNSUPP ? ERR_OK : e;
}

/* ---- instantaneous values ---- */

enum scale {
	BY_KC,
	BY_CI,
	BY_100
};

struct group {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	uint8_t rwri; /* of all phases; that of one phase is one more */
	enum scale scale;
	char sign;         /* 'p': the active direction, 'q': the reactive one, 0: none */
	bool has_sum;      /* of voltages and currents the first repeats phase 1 */
	bool is_line;      /* between phases */
	bool is_for_three; /* a meter of one phase has none */
};

static const struct group groups[] = {
	{"active_power", QUANTITY_ACTIVE_POWER, UNIT_W, 0x00, BY_KC, 'p', true, false, false},
	{"reactive_power", QUANTITY_REACTIVE_POWER, UNIT_VAR, 0x04, BY_KC, 'q', true, false, false},
	{"apparent_power", QUANTITY_APPARENT_POWER, UNIT_VA, 0x08, BY_KC, 0, true, false, false},
	{"voltage", QUANTITY_VOLTAGE, UNIT_V, 0x10, BY_100, 0, false, false, false},
	{"voltage", QUANTITY_VOLTAGE, UNIT_V, 0x14, BY_100, 0, false, true, true},
	{"current", QUANTITY_CURRENT, UNIT_A, 0x20, BY_CI, 0, false, false, false},
	{"power_factor", QUANTITY_POWER_FACTOR, UNIT_RATIO, 0x30, BY_100, 'p', true, false, false},
	{"thd", QUANTITY_THD, UNIT_PERCENT, 0x80, BY_100, 0, false, false, true},
};
#define FREQUENCY   0x40
#define LACKS_HERTZ 28
#define VALUES      4 /* of a group */

static double scaled(const struct set4 *m, const struct group *g, const uint8_t *b)
{
	const struct set4_variant *v = &m->state->variant;
	struct set4_value x = set4_value(b);
	bool is_minus = (g->sign == 'p' && x.is_reverse) ||
			(g->sign == 'q' && x.is_reactive_reverse);
	double n = is_minus ? -(double)x.raw : x.raw;
	return g->scale == BY_KC ? n * v->kc / 1000 :
	       g->scale == BY_CI ? n * v->ci / 10000 :
				   n / 100;
}

static int decimals_of(const struct set4 *m, const struct group *g)
{
	const struct set4_variant *v = &m->state->variant;
	return g->scale == BY_KC ? (v->kc >= 10 ? 2 : 3) :
	       g->scale == BY_CI ? (v->ci >= 10 ? 3 : 4) :
				   2;
}

static enum err put_phases(const struct set4 *m, const struct group *g, int bit, struct emit *to)
{
	static const char *const lines[] = {"", ".l12", ".l23", ".l31"};
	uint8_t body[] = {SET4_PARAMETER, 0x16, g->rwri};
	struct slice data;
	enum err e = ask_once(m, bit, body, sizeof(body), 3 * VALUES, &data);
	for (int i = g->has_sum ? 0 : 1; i < VALUES && !e; i++) {
		char key[REGISTER_KEY_CAP], phase[8] = "";
		if (i && !g->is_line) {
			(void)snprintf(phase, sizeof(phase), ".l%d", i);
		}
		(void)snprintf(key, sizeof(key), "%s%s", g->key, g->is_line ? lines[i] : phase);
		e = emit_value(to, key, g->quantity, g->unit, scaled(m, g, data.data + 3 * i),
			decimals_of(m, g));
	}
	return e == ERR_UNSUPP ? ERR_OK : e;
}

static enum err put_single(const struct set4 *m, const struct group *g, int bit, struct emit *to)
{
	uint8_t body[] = {SET4_PARAMETER, 0x11, g->rwri};
	struct slice data;
	enum err e = ask_once(m, bit, body, sizeof(body), 3, &data);
	e = e ? e :
		emit_value(to, g->key, g->quantity, g->unit, scaled(m, g, data.data),
			decimals_of(m, g));
	return e == ERR_UNSUPP ? ERR_OK : e;
}

static enum err put_groups(const struct set4 *m, struct emit *to)
{
	static const struct group hertz = {
		"frequency", QUANTITY_FREQUENCY, UNIT_HZ, FREQUENCY, BY_100, 0, true, false, false};
	const struct set4_variant *v = &m->state->variant;
	enum err e = ERR_OK;
	for (int i = 0; i < (int)(sizeof(groups) / sizeof(groups[0])) && !e; i++) {
		struct group g = groups[i];
		bool is_unknown = (g.scale == BY_KC && !v->kc) || (g.scale == BY_CI && !v->ci);
		if (is_unknown || (v->is_one_phase && g.is_for_three)) {
			continue;
		}
		g.rwri += v->is_one_phase;
		e = v->is_one_phase ? put_single(m, &g, i, to) : put_phases(m, &g, i, to);
	}
	return e ? e : put_single(m, &hertz, LACKS_HERTZ, to);
}

enum err set4_read_current(const struct set4 *m, struct sink *out)
{
	struct emit to = {.out = out, .counters = FORM_NOW};
	enum err e = put_ratios(m, &to);
	e = e ? e : put_totals(m, &to);
	e = e ? e : put_groups(m, &to);
	return e ? e : put_rest(m, &to);
}
