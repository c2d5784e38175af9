/*
 * dlms_current.c - what a DLMS meter says now; see dlms_driver.h
 *
 * A meter with the Russian profile has all of it in one row, the snapshot 1.0.94.7.0.255, taken when
 * its method "capture" is called. Where it may not be called the row counts if its clock is the meter's; where
 * there is no such row registers are read one by one: those of the profile's lists for three-phase and
 * single-phase meters that the meter turns out to have.
 *
 * Ratios of transformers are settings, read once an hour.
 */
#include "drivers/dlms_driver.h"
#include "drivers/emit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STALE_S  300
#define RATIOS_S 3600

/* Registers 1.0.C.D.0 to E, and 1.0.C+20.D.0, +40, +60 of the phases. */
static const struct {
	uint8_t c, d, e_max;
	bool has_phases;
} registers[] = {
	{1, 8, 8, true},
	{2, 8, 0, true},
	{3, 8, 0, true},
	{4, 8, 0, false},
	{1, 7, 0, true},
	{3, 7, 0, true},
	{9, 7, 0, true},
	{11, 7, 0, true},
	{12, 7, 0, true},
	{13, 7, 0, true},
	{14, 7, 0, false},
	{91, 7, 0, false},
};

#define PHASE_STEP 20

struct now {
	struct dlms_peer *peer;
	struct emit *to;
	bool is_stale;
	bool has_row;
	int64_t meter_utc; /* what its clock says; INT64_MIN: not asked */
};

static enum err put(struct now *n, const struct dlms_column *c, const struct axdr *cell)
{
	struct dlms_measure m;
	if (!dlms_measure_of(c, &m) || m.meaning.kind != OBIS_NOW) {
		return ERR_OK;
	}
	return emit_value(n->to, m.meaning.key, m.meaning.quantity, m.unit, dlms_measured(&m, cell),
		m.decimals);
}

/* ---- the snapshot ---- */

static enum err take_row(void *ctx, const struct dlms_row *row)
{
	struct now *n = ctx;
	const struct dlms_state *s = n->peer->state;
	const struct dlms_layout *y = &s->layouts[DLMS_SNAPSHOT];
	enum err e = ERR_OK;
	if (n->meter_utc != INT64_MIN &&
		(!row->has_time || llabs(row->utc - n->meter_utc) > STALE_S)) {
		n->is_stale = true;
		return ERR_OK;
	}
	n->has_row = true;
	for (size_t i = 0; i < row->n && !e; i++) {
		e = put(n, &s->columns[y->first + i], &row->cells[i]);
	}
	return e;
}

/* Call "capture"; if the meter does not let us, its clock tells how old a row is. */
static enum err take_snapshot(struct now *n, const struct obis *object)
{
	struct dlms_peer *p = n->peer;
	const struct dlms_target capture = {*object, 7, 2, {NULL, 0}};
	static const uint8_t zero[] = {0x0f, 0x00};
	struct axdr cell;
	struct civil c;
	uint8_t status;
	enum err e = p->state->is_capture_denied ? ERR_DENIED :
						   dlms_action(p, &capture, SLICE(zero));
	n->meter_utc = INT64_MIN;
	if (!err_is_answer(e)) {
		return e;
	}
	p->state->is_capture_denied = true;
	const struct obis clock = dlms_obis("0.0.1.0.0.255");
	e = dlms_read(p, 8, &clock, 2);
	if (!e && (!dlms_value_get(p, &cell) || !axdr_time(&cell, &c, &status))) {
		e = ERR_NODATA;
	}
	if (!e) {
		n->meter_utc = dlms_utc(talk_zone(p->talk), c, status, INT64_MIN);
	}
	return e;
}

/* NODATA: no snapshot that can be used. */
static enum err read_snapshot(struct now *n)
{
	struct dlms_peer *p = n->peer;
	const struct obis object = dlms_layout_object(DLMS_SNAPSHOT);
	enum err e = ERR_CONFLICT;
	for (int i = 0; i < 2 && e == ERR_CONFLICT; i++) {
		struct span all = {INT64_MIN, INT64_MAX};
		e = dlms_layout_learn(p, DLMS_SNAPSHOT);
		e = e ? e : take_snapshot(n, &object);
		e = e ? e :
			dlms_rows_read(p, &object, &p->state->layouts[DLMS_SNAPSHOT].shape, 0, all,
				take_row, n);
		if (e == ERR_CONFLICT) {
			dlms_layout_forget(p, DLMS_SNAPSHOT);
		}
	}
	return e ? e : n->has_row ? ERR_OK : ERR_NODATA;
}

/* ---- registers one by one ---- */

/* Which of the lists the meter has: those whose value it gives. Asked once. */
static enum err learn_register(struct dlms_peer *p, struct obis object)
{
	struct dlms_state *s = p->state;
	struct dlms_layout *y = &s->layouts[DLMS_REGISTERS];
	struct dlms_column column = {.obis = object, .class_id = 3, .attribute = 2};
	if (s->columns_n == DLMS_COLUMNS_MAX || y->first + y->count != (int)s->columns_n) {
		return ERR_OK;
	}
	enum err error = dlms_unit_learn(p, &column);
	if (!error && column.unit) {
		s->columns[s->columns_n++] = column;
		y->count++;
	}
	return err_is_answer(error) ? ERR_OK : error;
}

static enum err learn_registers(struct dlms_peer *p)
{
	struct dlms_layout *y = &p->state->layouts[DLMS_REGISTERS];
	enum err e = ERR_OK;
	if (y->is_known) {
		return ERR_OK;
	}
	y->first = (uint8_t)p->state->columns_n;
	y->count = 0;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		int phases = registers[i].has_phases ? 3 : 0;
		for (int phase = 0; phase <= phases && !e; phase++) {
			uint8_t c = (uint8_t)(registers[i].c + PHASE_STEP * phase);
			int tariffs = phase ? 0 : registers[i].e_max;
			for (int t = 0; t <= tariffs && !e; t++) {
				e = learn_register(p,
					(struct obis){{1, 0, c, registers[i].d, (uint8_t)t, 255}});
			}
		}
	}
	e = e ? e : learn_register(p, dlms_obis("0.0.96.9.0.255")); /* its own temperature */
	if (e) { /* the line failed: what was learnt so far is not all */
		p->state->columns_n = y->first;
		y->count = 0;
		return e;
	}
	y->is_known = true;
	return y->count ? ERR_OK :
			  talk_fail(p->talk, ERR_NODATA, "the meter shows this client no register");
}

static enum err read_registers(struct now *n)
{
	struct dlms_peer *p = n->peer;
	const struct dlms_layout *y = &p->state->layouts[DLMS_REGISTERS];
	enum err e = learn_registers(p), refusal = ERR_NODATA;
	for (unsigned i = 0; i < y->count && !e; i++) {
		const struct dlms_column *c = &p->state->columns[y->first + i];
		struct axdr cell;
		e = dlms_read(p, c->class_id, &c->obis, 2);
		if (!e && dlms_value_get(p, &cell)) {
			e = put(n, c, &cell);
		} else if (err_is_answer(e)) {
			refusal = e;
			e = ERR_OK;
		}
	}
	return e ? e : n->to->has_put ? ERR_OK : refusal;
}

/* ---- ratios ---- */

static enum err read_ratios(struct dlms_peer *p)
{
	static const char *const objects[] = {"1.0.0.4.2.255", "1.0.0.4.3.255"};
	struct dlms_state *s = p->state;
	int64_t now = talk_now(p->talk);
	if (s->has_ratios && now - s->ratios_utc < RATIOS_S) {
		return ERR_OK;
	}
	for (int i = 0; i < 2; i++) {
		const struct obis o = dlms_obis(objects[i]);
		struct axdr cell;
		if (s->has_ratios && isnan(s->ratios[i])) {
			continue; /* it does not tell */
		}
		enum err e = dlms_read(p, 1, &o, 2);
		if (e && !err_is_answer(e)) {
			return e;
		}
		s->ratios[i] = !e && dlms_value_get(p, &cell) ? cell.number : NAN;
	}
	s->has_ratios = true;
	s->ratios_utc = now;
	return ERR_OK;
}

static enum err put_ratios(struct now *n)
{
	static const enum quantity quantities[] = {QUANTITY_RATIO_CURRENT, QUANTITY_RATIO_VOLTAGE};
	enum err e = read_ratios(n->peer);
	for (int i = 0; i < 2 && !e; i++) {
		double v = n->peer->state->ratios[i];
		if (!isnan(v)) {
			e = emit_value(n->to, quantity_code(quantities[i]), quantities[i],
				UNIT_NONE, v, 0);
		}
	}
	return e;
}

enum err dlms_read_current(struct talk *t, struct sink *out)
{
	struct dlms_peer peer;
	struct emit to = {.out = out, .period = PERIOD_NONE, .counters = FORM_NOW};
	struct now n = {.peer = &peer, .to = &to, .meter_utc = INT64_MIN};
	enum err e = dlms_peer_init(t, &peer);
	e = e ? e : read_snapshot(&n);
	if (err_is_answer(e)) {
		e = read_registers(&n);
	}
	return e ? e : put_ratios(&n);
}
