/*
 * site_schemes.c - codes of the building's channels and what is computed of them
 *
 *   heat.Q_own     heat by masses, temperatures and pressures, beside what the calculator counts
 *   water.common   cold water of the house less all that its flats drew: common needs and losses
 *   power.common   the same of electricity
 *   heat.common    heat of the house less that of its flats
 *
 * A house of very many flats gets the first alone: a formula is a text that a person reads.
 */
#include "sim/site_schemes.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum quantity quantity;
	const char *code; /* at the heating point */
} inputs[] = {
	{QUANTITY_HEAT_ENERGY, "heat.Q"},
	{QUANTITY_MASS_SUPPLY, "heat.M1"},
	{QUANTITY_MASS_RETURN, "heat.M2"},
	{QUANTITY_TEMPERATURE_SUPPLY, "heat.t1"},
	{QUANTITY_TEMPERATURE_RETURN, "heat.t2"},
	{QUANTITY_PRESSURE_SUPPLY, "heat.p1"},
	{QUANTITY_PRESSURE_RETURN, "heat.p2"},
	{QUANTITY_TEMPERATURE_OUTDOOR, "t_out"},
	{QUANTITY_COLD_WATER, "water.in"},
	{QUANTITY_ACTIVE_ENERGY, "power.in"},
};

static const struct {
	enum quantity quantity;
	const char *part; /* of "flat12.cold" */
} draws[] = {
	{QUANTITY_COLD_WATER, "cold"},
	{QUANTITY_HOT_WATER, "hot"},
	{QUANTITY_HEAT_ENERGY, "heat"},
	{QUANTITY_ACTIVE_ENERGY, "power"},
};

static bool has_code(const struct site *s, const char *code)
{
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		if (strcmp(s->channels[i].code, code) == 0) {
			return true;
		}
	}
	return false;
}

/* What the channel is called in a house; "" nothing. */
static void code_of(
	const struct site *s, const struct channel *c, int64_t point, char code[CODE_CAP])
{
	const struct place *p = site_find(s, OBJECT_PLACE, c->place);
	bool is_flat = p && p->kind == PLACE_FLAT;
	code[0] = 0;
	for (size_t k = 0; c->place == point && k < sizeof(inputs) / sizeof(inputs[0]); k++) {
		if (inputs[k].quantity == c->quantity) {
			(void)snprintf(code, CODE_CAP, "%s", inputs[k].code);
		}
	}
	for (size_t k = 0; is_flat && k < sizeof(draws) / sizeof(draws[0]); k++) {
		if (draws[k].quantity == c->quantity) {
			(void)snprintf(
				code, CODE_CAP, "flat%lld.%s", (long long)p->sort, draws[k].part);
		}
	}
}

/* False: two channels would be called the same; a line of many meters is no house. */
static bool name_channels(struct site *s, int64_t point)
{
	char code[CODE_CAP];
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		code_of(s, &s->channels[i], point, code);
		if (code[0] && has_code(s, code)) {
			return false;
		}
		(void)STR_COPY(s->channels[i].code, code);
	}
	return true;
}

struct computed {
	int64_t place;
	enum quantity quantity;
	enum unit unit;
	const char *code, *name, *text;
};

static bool add_computed(struct site *s, const struct computed *x, int64_t *inout_id)
{
	struct channel c;
	struct formula_text f;
	object_init(OBJECT_CHANNEL, &c);
	object_init(OBJECT_FORMULA, &f);
	c.id = ++*inout_id;
	c.place = x->place;
	c.quantity = x->quantity;
	c.unit = x->unit;
	c.sort = 100;
	(void)STR_COPY(c.code, x->code);
	(void)STR_COPY(c.name, x->name);
	f.id = ++*inout_id;
	f.channel = c.id;
	bool fits = STR_COPY(f.text, x->text);
	return fits && site_add(s, OBJECT_CHANNEL, &c) && site_add(s, OBJECT_FORMULA, &f);
}

/* "water.in - flat1.cold - flat1.hot ..."; false: nobody draws it, or it does not fit. */
static bool rest_text(
	const struct site *s, const char *input, enum quantity a, enum quantity b, struct buf *out)
{
	size_t n = 0;
	buf_printf(out, "%s", input);
	for (size_t i = 0; i < s->counts[OBJECT_CHANNEL]; i++) {
		const struct channel *c = &s->channels[i];
		bool is_draw = strncmp(c->code, "flat", 4) == 0;
		if (is_draw && (c->quantity == a || c->quantity == b)) {
			buf_printf(out, " - %s", c->code);
			n++;
		}
	}
	return n > 0 && !out->is_full && has_code(s, input);
}

bool site_schemes(
	struct site *s, int64_t building, int64_t point, bool is_russian, int64_t *inout_id)
{
	static const struct {
		const char *input, *code, *en, *ru;
		enum quantity a, b;
		enum unit unit;
	} rests[] = {
		{"water.in", "water.common", "Common needs and losses, water",
			"Общедомовые нужды и потери воды", QUANTITY_COLD_WATER, QUANTITY_HOT_WATER,
			UNIT_M3},
		{"power.in", "power.common", "Common needs, electricity",
			"Общедомовые нужды, электроэнергия", QUANTITY_ACTIVE_ENERGY,
			QUANTITY_ACTIVE_ENERGY, UNIT_KWH},
		{"heat.Q", "heat.common", "Heat less that of the flats", "Тепло за вычетом квартир",
			QUANTITY_HEAT_ENERGY, QUANTITY_HEAT_ENERGY, UNIT_GCAL},
	};
	bool is_good = true;
	if (!name_channels(s, point)) {
		return true;
	}
	if (has_code(s, "heat.M1") && has_code(s, "heat.p2")) {
		const struct computed own = {point, QUANTITY_HEAT_ENERGY, UNIT_GCAL, "heat.Q_own",
			is_russian ? "Тепло по массе и энтальпиям" : "Heat by mass and enthalpies",
			"heat.M1 * (h(heat.t1, heat.p1) - h(heat.t2, heat.p2))"};
		is_good = add_computed(s, &own, inout_id);
	}
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]) && is_good; i++) {
		struct buf text;
		buf_init(&text, 1000);
		if (rest_text(s, rests[i].input, rests[i].a, rests[i].b, &text)) {
			const struct computed rest = {building, rests[i].a, rests[i].unit,
				rests[i].code, is_russian ? rests[i].ru : rests[i].en,
				buf_cstr(&text)};
			is_good = add_computed(s, &rest, inout_id);
		}
		buf_fini(&text);
	}
	return is_good;
}
