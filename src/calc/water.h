/*
 * water.h - properties of liquid water: IAPWS-IF97 regions 1 and 4
 *
 * Facts: IAPWS R7-97(2012), equation 7 (region 1) and the saturation line of region 4; EN 1434-1 for
 * the heat coefficient. Temperatures in °C, pressures in MPa absolute (gauge plus the barometer).
 * Densities in kg/m3, enthalpies in kJ/kg. Pure functions; nothing is clamped: what the equations do
 * not hold for is said, never computed.
 */
#ifndef DOMOVOI_WATER_H
#define DOMOVOI_WATER_H

#include <stdbool.h>

enum water_state {
	WATER_OK,
	WATER_NO_DATA,      /* an argument is NaN */
	WATER_OUT_OF_RANGE, /* not in 0..200 °C and 0.05..10 MPa: no water of a heating system */
	WATER_STEAM,        /* below the saturation pressure */
};

struct water {
	double volume;        /* m3/kg */
	double density;       /* kg/m3 */
	double enthalpy;      /* kJ/kg */
	double heat_capacity; /* isobaric, kJ/(kg K) */
};

/* Of a heating system; `ret` is filled only with WATER_OK. */
enum water_state water_at(double t_c, double p_mpa, struct water *ret);
/* The same over the whole of region 1: 273.15..623.15 K, saturation..100 MPa. */
enum water_state water_region1(double t_k, double p_mpa, struct water *ret);

/* NaN outside 0..373.946 °C and the pressures that belong to it. */
double water_saturation_pressure(double t_c);
double water_saturation_temperature(double p_mpa);

/* EN 1434-1: MJ/(m3 K) of the volume measured in the flow, or in the return; NaN where there is no
 * water or no difference of temperatures. Norm pressure 1.6 MPa. */
double water_heat_coefficient(double t_flow, double t_return, double p_mpa, bool is_in_flow);

/* МИ 2412, as many heat calculators have it: to reproduce their arithmetic, not for our own. */
enum water_state water_mi2412(double t_c, double p_mpa, double *ret_density, double *ret_enthalpy);

#endif
