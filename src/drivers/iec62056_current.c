/*
 * iec62056_current.c - values of now of IEC 62056-21 meters, and their clock
 *
 * With a map the meter is asked for one thing after another, or its readout is looked through for the
 * map's sets. Without one the readout speaks for itself: its sets are called by OBIS codes. Values of
 * past billing periods (*01, *02 ...) are left alone: when they were taken only a map could say.
 *
 * Facts: docs/protocols/iec62056.md.
 */
#include "drivers/emit.h"
#include "drivers/iec62056_driver.h"
#include "model/obis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value without a check of the message may be anything. */
static enum err put(const struct iec_session *s, struct sink *out, const char *key, enum quantity q,
	enum unit u, double v, int decimals)
{
	enum quality_class class = isnan(v)               ? QUALITY_MISSING :
				   s->bcc == IEC_BCC_NONE ? QUALITY_SUSPECT :
							    QUALITY_MEASURED;
	struct sample x = {.key = key,
		.quantity = q,
		.unit = u,
		.form = FORM_NOW,
		.value = v,
		.decimals = decimals,
		.quality = quality_make(class, SOURCE_NONE, 0)};
	return out->put(out, &x);
}

static bool hex_number(struct slice text, double *ret_v)
{
	char digits[12], *end;
	if (text.size == 0 || text.size > 8) {
		return false;
	}
	memcpy(digits, text.data, text.size);
	digits[text.size] = 0;
	*ret_v = (double)strtoul(digits, &end, 16);
	return *end == 0 && digits[0] != '-' && digits[0] != '+' && digits[0] != ' ';
}

static enum err put_value(const struct iec_session *s, struct sink *out,
	const struct iec_register *r, const char *key, struct slice value, struct slice unit)
{
	double v = NAN;
	int decimals = 0;
	enum unit u = r->unit;
	bool is_known = iec_map_unit(s->map, unit, r->unit, &u) &&
			unit_dimension(u) == unit_dimension(quantity_unit(r->quantity));
	bool is_number = r->type == IEC_HEX ? hex_number(value, &v) :
					      iec_number(value, &v, &decimals);
	v = is_known && is_number ? iec_map_banded(r, v) : NAN;
	return put(s, out, key, r->quantity, is_known ? u : r->unit, v, decimals);
}

/* What the last answer, or the readout, says about a row. */
static enum err put_row(const struct iec_session *s, struct sink *out, const struct iec_register *r)
{
	struct iec_values walk = iec_values_of(s, r->id);
	unsigned n = iec_values_count(walk);
	struct slice value, unit;
	char key[REGISTER_KEY_CAP];
	enum err e = ERR_OK;
	for (unsigned i = 0; !e && iec_values_next(&walk, &value, &unit); i++) {
		if (r->list == IEC_ONE && i != r->part) {
			continue;
		}
		if (!iec_map_key(r->list, r->key, r->list == IEC_ONE ? 0 : i, n, key)) {
			break;
		}
		e = put_value(s, out, r, key, value, unit);
	}
	return e;
}

static enum err ask_rows(struct iec_session *s, struct sink *out)
{
	const struct iec_map *m = s->map;
	enum err e = ERR_OK, answer = ERR_OK;
	bool has_put = false;
	for (unsigned i = 0; i < m->registers_count; i++) {
		const struct iec_register *r = &m->registers[i];
		bool is_same = i && strcmp(r->ask, m->registers[i - 1].ask) == 0;
		if (!is_same) {
			answer = s->state->absent >> i & 1 ? ERR_UNSUPP : iec_ask(s, r->ask);
		}
		if (answer == ERR_UNSUPP) {
			s->state->absent |= is_same ? 0 : UINT64_C(1) << i;
		}
		if (iec_is_refusal(answer)) {
			e = answer;
			continue;
		}
		e = answer ? answer : put_row(s, out, r);
		if (e) {
			return e;
		}
		has_put = true;
	}
	return has_put ? ERR_OK : e;
}

/* ---- readouts ---- */

static enum err put_obis(
	const struct iec_session *s, struct sink *out, const struct iec_set *set, bool *ret_has_put)
{
	struct obis code;
	struct obis_meaning m;
	struct slice value, unit;
	enum unit u;
	double v;
	int decimals;
	size_t n = obis_parse((const char *)set->id.data, set->id.size, &code);
	if (set->n || !n || n != set->id.size || code.v[OBIS_F] != OBIS_CURRENT ||
		!obis_meaning(&code, &m) || m.kind == OBIS_INFO || m.kind == OBIS_INTERVAL ||
		!iec_part(set->value, 0, 0, &value, &unit) ||
		!iec_map_unit(NULL, unit, m.unit, &u) ||
		unit_dimension(u) != unit_dimension(quantity_unit(m.quantity))) {
		return ERR_OK;
	}
	bool is_hex = m.quantity == QUANTITY_ERROR_CODE;
	decimals = 0;
	if (is_hex ? !hex_number(value, &v) : !iec_number(value, &v, &decimals)) {
		v = NAN;
	}
	*ret_has_put = true;
	return put(s, out, m.key, m.quantity, u, v, decimals);
}

static enum err put_readout(const struct iec_session *s, struct sink *out)
{
	struct iec_walk w = iec_walk_of(s->text);
	struct iec_set set;
	bool has_put = false;
	enum err e = ERR_OK;
	while (!e && iec_walk_next(&w, &set)) {
		e = put_obis(s, out, &set, &has_put);
	}
	return e || has_put ?
		       e :
		       talk_fail(s->talk, ERR_NODATA,
			       "the readout of %s%s has no OBIS code that is known: is there a variant?",
			       s->ident.maker, s->ident.ident);
}

enum err iec_read_current(struct talk *t, struct sink *out)
{
	struct iec_session s;
	enum err e = iec_open(t, &s);
	if (e) {
		return e;
	}
	if (!iec_is_readout(&s)) {
		e = ask_rows(&s, out);
	} else if (!s.map || !s.map->registers_count) {
		e = put_readout(&s, out);
	} else {
		for (unsigned i = 0; i < s.map->registers_count && !e; i++) {
			e = put_row(&s, out, &s.map->registers[i]);
		}
	}
	iec_close(&s);
	return e;
}

/* ---- the clock ---- */

/* One part of it into *ret. */
static enum err clock_part(
	struct iec_session *s, const char *ask, const char *layout, struct civil *ret)
{
	enum err e = iec_is_readout(s) ? ERR_OK : iec_ask(s, ask);
	char id[IEC_ID_CAP];
	(void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(ask, "("), ask);
	struct iec_walk w = iec_walk_of(s->text);
	struct iec_set set;
	while (!e) {
		if (!iec_walk_next(&w, &set)) {
			return talk_fail(s->talk, ERR_NODATA, "the meter tells no %s", id);
		}
		if (iec_equal(set.id, id)) {
			return iec_time_get(layout, set.value, ret) ?
				       ERR_OK :
				       talk_fail(s->talk, ERR_PROTO, "%s: no time like %s: %.*s",
					       id, layout, (int)set.value.size,
					       (const char *)set.value.data);
		}
	}
	return e;
}

/* Date, time, and the date again: midnight may fall between. */
static enum err clock_of_two(struct iec_session *s, const struct iec_clock *c, struct civil *ret)
{
	struct civil before = *ret, after = *ret;
	enum err e = clock_part(s, c->date, c->date_layout, &before);
	e = e ? e : clock_part(s, c->time, c->time_layout, &before);
	after = before;
	if (!e && before.hour == 0 && before.minute == 0 && !iec_is_readout(s)) {
		e = clock_part(s, c->date, c->date_layout, &after);
	}
	*ret = after;
	return e;
}

/* Of a readout: 0.9.1 and 0.9.2, or the clock of P1 ports. */
static enum err clock_of_readout(struct iec_session *s, struct civil *ret)
{
	static const struct iec_clock usual[] = {
		{"0-0:1.0.0", "YYMMDDhhmmssS", "", ""},
		{"0.9.2", "YY-MM-DD", "0.9.1", "hh:mm:ss"},
		{"0.9.2", "YYMMDD", "0.9.1", "hhmmss"},
		{"0.9.2", "YYYY-MM-DD", "0.9.1", "hh:mm:ss"},
	};
	enum err e = ERR_NODATA;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && e; i++) {
		e = usual[i].time[0] ? clock_of_two(s, &usual[i], ret) :
				       clock_part(s, usual[i].date, usual[i].date_layout, ret);
	}
	return e == ERR_PROTO ? ERR_NODATA : e;
}

enum err iec_read_clock(struct iec_session *s, struct civil *ret)
{
	*ret = (struct civil){2000, 1, 1, 0, 0, 0};
	if (!s->map) {
		return clock_of_readout(s, ret);
	}
	const struct iec_clock *c = &s->map->clock;
	return !c->date[0] ? ERR_UNSUPP :
	       c->time[0]  ? clock_of_two(s, c, ret) :
			     clock_part(s, c->date, c->date_layout, ret);
}
