/*
 * unit.c - the table of units and conversion; see unit.h
 */
#include "model/unit.h"

#include <string.h>

static const struct {
	const char *code, *symbol, *ru;
	enum dimension dim;
	double num, den, offset;
} units[UNIT_COUNT] = {
#define X(id, code, symbol, ru, dim, num, den, offset) \
	[UNIT_##id] = {code, symbol, ru, DIM_##dim, num, den, offset},
#include "model/unit.def"
#undef X
};

const char *unit_code(enum unit u)
{
	return units[u < UNIT_COUNT ? u : UNIT_NONE].code;
}

const char *unit_symbol(enum unit u)
{
	return units[u < UNIT_COUNT ? u : UNIT_NONE].symbol;
}

const char *unit_symbol_ru(enum unit u)
{
	return units[u < UNIT_COUNT ? u : UNIT_NONE].ru;
}

enum dimension unit_dimension(enum unit u)
{
	return units[u < UNIT_COUNT ? u : UNIT_NONE].dim;
}

double unit_factor(enum unit u)
{
	enum unit known = u < UNIT_COUNT ? u : UNIT_NONE;
	return units[known].num / units[known].den;
}

double unit_offset(enum unit u)
{
	return units[u < UNIT_COUNT ? u : UNIT_NONE].offset;
}

void unit_fraction(enum unit u, double *ret_num, double *ret_den)
{
	enum unit known = u < UNIT_COUNT ? u : UNIT_NONE;
	*ret_num = units[known].num;
	*ret_den = units[known].den;
}

bool unit_from_name(const char *name, enum unit *ret_u)
{
	for (int i = 0; i < UNIT_COUNT; i++) {
		if (strcmp(units[i].code, name) == 0 || strcmp(units[i].symbol, name) == 0) {
			*ret_u = (enum unit)i;
			return true;
		}
	}
	return false;
}

enum err unit_convert(double value, enum unit from, enum unit to, double *ret_value)
{
	if (from >= UNIT_COUNT || to >= UNIT_COUNT || units[from].dim != units[to].dim) {
		return ERR_INVAL;
	}
	if (from == to) {
		*ret_value = value;
		return ERR_OK;
	}
	/* one fraction: 1 MWh -> GJ must not pick up the rounding of a detour through joules */
	double num = units[from].num * units[to].den;
	double den = units[from].den * units[to].num;
	double shift = units[from].offset - units[to].offset;
	*ret_value = value * num / den + shift * units[to].den / units[to].num;
	return ERR_OK;
}
