/*
 * unit.h - units of measurement and exact conversion between them
 *
 * unit.def is the table: X(ID, code, symbol, Russian symbol, DIMENSION, numerator, denominator,
 * offset). `code` is the name in calculations (units.csv: "Gcal_IT"), `symbol` what files, JSON and
 * English pages show ("Gcal", "m3/h", "°C"). value_in_base = value * numerator / denominator +
 * offset; the base unit of each dimension is the SI one (calculations.md section 12).
 */
#ifndef DOMOVOI_UNIT_H
#define DOMOVOI_UNIT_H

#include "base/err.h"

enum dimension {
	DIM_NONE,
	DIM_ENERGY,
	DIM_POWER,
	DIM_PRESSURE,
	DIM_VOLUME,
	DIM_FLOW,
	DIM_MASS,
	DIM_MASS_FLOW,
	DIM_TEMPERATURE,
	DIM_TEMPERATURE_DIFF,
	DIM_TIME,
	DIM_REACTIVE_ENERGY,
	DIM_APPARENT_ENERGY,
	DIM_REACTIVE_POWER,
	DIM_APPARENT_POWER,
	DIM_VOLTAGE,
	DIM_CURRENT,
	DIM_FREQUENCY,
	DIM_ANGLE,
	DIM_AREA,
	DIM_RATIO,
	DIM_COUNT_OF,
	DIM_VOLUME_TEMPERATURE,
	DIM_SPECIFIC_ENERGY,
	DIM_DENSITY,
	DIM_MONEY,
	DIM_LEVEL,
	DIM_COUNT
};

enum unit {
#define X(id, code, symbol, ru, dim, num, den, offset) UNIT_##id,
#include "model/unit.def"
#undef X
	UNIT_COUNT
};

const char *unit_code(enum unit u);
const char *unit_symbol(enum unit u);
const char *unit_symbol_ru(enum unit u);
enum dimension unit_dimension(enum unit u);
/* value in the base unit of the dimension = value * factor + offset; for pages, not for conversion */
double unit_factor(enum unit u);
double unit_offset(enum unit u);
/* The factor as the fraction it is defined by. */
void unit_fraction(enum unit u, double *ret_num, double *ret_den);
/* By code or by symbol. */
bool unit_from_name(const char *name, enum unit *ret_u);
/* ERR_INVAL when the dimensions differ. */
enum err unit_convert(double value, enum unit from, enum unit to, double *ret_value);

#endif
