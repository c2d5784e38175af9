/*
 * spbus_names.c - what a parameter of an SPBus meter measures; see spbus.h
 *
 *   number   < 100 of the meter, < 300 of a pipe, else of a consumer (channel: which)
 *   archive  hour n, day n + 1, month n + 3
 *
 * The same number means different things in different meters and settings, so the unit the meter
 * names must measure what the rule says; else the value keeps its number.
 *
 * In a heat calculator the pipes have roles (parameters supply and return of the driver, because the
 * meter's own scheme is not read); in a gas corrector the first pipe has no suffix.
 */
#include "drivers/spbus.h"

#include "model/unit_text.h"

#include <stdio.h>
#include <string.h>

#define PIPE_FROM     100
#define CONSUMER_FROM 300
#define ALL           (SPBUS_HEAT | SPBUS_GAS)

struct rule {
	int number;
	unsigned kinds;
	enum quantity quantity;
	const char *key; /* of a parameter of the meter, where the quantity is not enough */
};

static const struct rule of_now[] = {
	{63, SPBUS_HEAT, QUANTITY_TEMPERATURE_OUTDOOR, NULL},
	{65, SPBUS_HEAT, QUANTITY_TEMPERATURE_COLD, NULL},
	{66, SPBUS_HEAT, QUANTITY_PRESSURE, "pressure.cold"},
	{154, ALL & ~(unsigned)SPBUS_SPT961, QUANTITY_PRESSURE, NULL},
	{155, SPBUS_SPT961, QUANTITY_PRESSURE, NULL},
	{156, ALL, QUANTITY_TEMPERATURE, NULL},
	{158, SPBUS_GAS, QUANTITY_FLOW, NULL},
	{160, ALL, QUANTITY_MASS, NULL},
	{161, SPBUS_HEAT, QUANTITY_HEAT_ENERGY, NULL},
	{162, SPBUS_GAS, QUANTITY_GAS, NULL},
	{163, ALL, QUANTITY_VOLUME, NULL},
	{171, SPBUS_SPT962, QUANTITY_FLOW, NULL},
	{171, SPBUS_SPT962, QUANTITY_MASS_FLOW, NULL},
	{360, SPBUS_HEAT, QUANTITY_MASS_LEAK, NULL},
	{361, SPBUS_HEAT, QUANTITY_HEAT_ENERGY, NULL},
};

static const struct rule of_hour[] = {
	{71, SPBUS_HEAT, QUANTITY_TEMPERATURE_COLD, NULL},
	{74, SPBUS_HEAT, QUANTITY_PRESSURE, "pressure.cold"},
	{78, ALL, QUANTITY_PRESSURE, "pressure.barometric"},
	{82, ALL, QUANTITY_TEMPERATURE_OUTDOOR, NULL},
	{90, ALL, QUANTITY_OPERATING_TIME, NULL},
	{195, SPBUS_GAS, QUANTITY_FLOW, NULL},
	{200, ALL, QUANTITY_TEMPERATURE, NULL},
	{205, ALL, QUANTITY_PRESSURE, NULL},
	{210, ALL, QUANTITY_MASS, NULL},
	{210, SPBUS_SPG761, QUANTITY_GAS, NULL},
	{215, SPBUS_HEAT, QUANTITY_HEAT_ENERGY, NULL},
	{215, SPBUS_SPG762, QUANTITY_GAS, NULL},
	{220, ALL, QUANTITY_VOLUME, NULL},
	{220, SPBUS_SPG761, QUANTITY_MASS, NULL},
	{234, ALL, QUANTITY_OPERATING_TIME, NULL},
	{245, SPBUS_GAS, QUANTITY_ERROR_CODE, NULL},
	{400, SPBUS_HEAT, QUANTITY_MASS_LEAK, NULL},
	{405, SPBUS_HEAT, QUANTITY_HEAT_ENERGY, NULL},
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What the two pipes with roles measure. */
static const struct {
	enum quantity of_any, of_supply, of_return;
} roles[] = {
	{QUANTITY_TEMPERATURE, QUANTITY_TEMPERATURE_SUPPLY, QUANTITY_TEMPERATURE_RETURN},
	{QUANTITY_PRESSURE, QUANTITY_PRESSURE_SUPPLY, QUANTITY_PRESSURE_RETURN},
	{QUANTITY_MASS, QUANTITY_MASS_SUPPLY, QUANTITY_MASS_RETURN},
	{QUANTITY_VOLUME, QUANTITY_VOLUME_SUPPLY, QUANTITY_VOLUME_RETURN},
	{QUANTITY_FLOW, QUANTITY_FLOW_SUPPLY, QUANTITY_FLOW_RETURN},
	{QUANTITY_MASS_FLOW, QUANTITY_MASS_FLOW_SUPPLY, QUANTITY_MASS_FLOW_RETURN},
};

static bool has_unit(struct slice unit, enum unit *ret_unit)
{
	*ret_unit = UNIT_NONE;
	return unit_from_text((const char *)unit.data, unit.size, TEXT_CP866, ret_unit);
}

static bool measures(enum quantity q, struct slice unit, enum unit *ret_unit)
{
	bool is_known = has_unit(unit, ret_unit);
	if (quantity_kind(q) == KIND_STATE) {
		return !is_known;
	}
	return is_known && unit_dimension(*ret_unit) == unit_dimension(quantity_unit(q));
}

static bool channel_fits(const struct spbus_pointer *which, int number)
{
	return number < PIPE_FROM ? which->channel == 0 : which->channel > 0;
}

/* Quantity and suffix of a pipe's value. */
static void name_of_pipe(
	const struct spbus_peer *p, enum quantity q, int pipe, struct spbus_name *ret_name)
{
	ret_name->quantity = q;
	bool is_bare = (p->kind & SPBUS_GAS) && pipe == 1;
	for (size_t i = 0; (p->kind & SPBUS_HEAT) && i < COUNT_OF(roles); i++) {
		if (roles[i].of_any == q && (pipe == p->supply || pipe == p->ret)) {
			ret_name->quantity = pipe == p->supply ? roles[i].of_supply :
								 roles[i].of_return;
			is_bare = true;
		}
	}
	if (is_bare) {
		(void)snprintf(ret_name->key, sizeof(ret_name->key), "%s",
			quantity_code(ret_name->quantity));
	} else {
		(void)snprintf(
			ret_name->key, sizeof(ret_name->key), "%s.%d", quantity_code(q), pipe);
	}
}

static void name_by_rule(const struct spbus_peer *p, const struct rule *r, int channel,
	enum unit unit, struct spbus_name *ret_name)
{
	*ret_name = (struct spbus_name){.quantity = r->quantity, .unit = unit};
	if (r->number >= PIPE_FROM && r->number < CONSUMER_FROM) {
		name_of_pipe(p, r->quantity, channel, ret_name);
	} else if (r->number >= CONSUMER_FROM && channel > 1) {
		(void)snprintf(ret_name->key, sizeof(ret_name->key), "%s.u%d",
			quantity_code(r->quantity), channel);
	} else {
		(void)snprintf(ret_name->key, sizeof(ret_name->key), "%s",
			r->key ? r->key : quantity_code(r->quantity));
	}
}

/* What a value of this dimension is called when nothing else is known of it. */
static enum quantity quantity_of(enum unit unit)
{
	switch (unit_dimension(unit)) {
	case DIM_TEMPERATURE: return QUANTITY_TEMPERATURE;
	case DIM_TEMPERATURE_DIFF: return QUANTITY_TEMPERATURE_DIFFERENCE;
	case DIM_PRESSURE: return QUANTITY_PRESSURE;
	case DIM_VOLUME: return QUANTITY_VOLUME;
	case DIM_MASS: return QUANTITY_MASS;
	case DIM_ENERGY: return QUANTITY_HEAT_ENERGY;
	case DIM_FLOW: return QUANTITY_FLOW;
	case DIM_MASS_FLOW: return QUANTITY_MASS_FLOW;
	case DIM_POWER: return QUANTITY_HEAT_POWER;
	default: return QUANTITY_UNKNOWN; /* shown, not archived */
	}
}

void spbus_name_number(struct spbus_pointer which, struct slice unit, struct spbus_name *ret_name)
{
	struct spbus_name name = {.key = ""};
	(void)has_unit(unit, &name.unit);
	name.quantity = quantity_of(name.unit);
	if (which.channel > 0) {
		(void)snprintf(name.key, sizeof(name.key), "p%d.u%d", which.number, which.channel);
	} else {
		(void)snprintf(name.key, sizeof(name.key), "p%d", which.number);
	}
	*ret_name = name;
}

bool spbus_name_now(const struct spbus_peer *p, struct spbus_pointer which, struct slice unit,
	struct spbus_name *ret_name)
{
	enum unit u;
	for (size_t i = 0; i < COUNT_OF(of_now); i++) {
		const struct rule *r = &of_now[i];
		if (r->number == which.number && (r->kinds & p->kind) &&
			channel_fits(&which, r->number) && measures(r->quantity, unit, &u)) {
			name_by_rule(p, r, which.channel, u, ret_name);
			return true;
		}
	}
	spbus_name_number(which, unit, ret_name);
	return false;
}

static int offset_of(enum period period)
{
	return period == PERIOD_DAY   ? SPBUS_DAY_OFFSET :
	       period == PERIOD_MONTH ? SPBUS_MONTH_OFFSET :
					0;
}

bool spbus_name_column(const struct spbus_peer *p, enum period period, struct spbus_pointer which,
	struct slice unit, struct spbus_name *ret_name)
{
	enum unit u;
	for (size_t i = 0; i < COUNT_OF(of_hour); i++) {
		const struct rule *r = &of_hour[i];
		if (r->number + offset_of(period) == which.number && (r->kinds & p->kind) &&
			channel_fits(&which, r->number) && measures(r->quantity, unit, &u)) {
			name_by_rule(p, r, which.channel, u, ret_name);
			return true;
		}
	}
	spbus_name_number(which, unit, ret_name);
	return false;
}

/* The `*i`-th channel of a set, counting down *i over those there are. */
static bool channel_at(uint32_t set, unsigned *i, int *ret_channel)
{
	for (int c = 1; c < 32; c++) {
		if ((set >> c & 1) && (*i)-- == 0) {
			*ret_channel = c;
			return true;
		}
	}
	return false;
}

bool spbus_now(const struct spbus_peer *p, uint32_t pipes, uint32_t consumers, unsigned i,
	struct spbus_pointer *ret_which)
{
	int last = 0;
	for (size_t k = 0; k < COUNT_OF(of_now); k++) {
		const struct rule *r = &of_now[k];
		if (!(r->kinds & p->kind) || r->number == last) {
			continue;
		}
		last = r->number;
		uint32_t set = r->number < CONSUMER_FROM ? pipes : consumers;
		int channel = 0;
		if (r->number < PIPE_FROM ? i-- == 0 : channel_at(set, &i, &channel)) {
			*ret_which = (struct spbus_pointer){channel, r->number};
			return true;
		}
	}
	return false;
}
