/*
 * heat.h - heat energy of a supply input: the catalogue of schemes, and one interval by a scheme
 *
 * Every scheme is a sum of terms, a mass of one pipe times a difference of enthalpies:
 *
 *   S5   M1 (h1 - hx) - M2 (h2 - hx)        M in t, h in kJ/kg, Q in MJ, told in GJ
 *
 * so a scheme is a row of a table, and what it needs follows from its terms. K1 and K2 are EN 1434:
 * V k dT is V rho (hf - hr) with everything at the norm pressure of 1.6 MPa, which also holds where
 * k is undefined (no difference of temperatures).
 *
 *   pipe          quantities                                      in formulas
 *   supply        mass_supply, volume_supply, t, p                1
 *   return        mass_return, volume_return, t, p                2
 *   hot water     mass_hot_water, hot_water, t, p                 3 (mass drawn off in S6: hw)
 *   circulation   mass_circulation, t, p                          4
 *   make-up       mass_make_up                                    mu
 *   cold water    t, p                                            x
 *
 * What is not known: a mass comes from the volume of the same pipe, the temperature and pressure of
 * cold water and any pressure from the contract, each with a warning; a failed pressure sensor never
 * stops heat (dh/dp is 1 kJ/kg per MPa at most). A mass or a temperature that is missing, and water
 * that would be steam or is out of range, give no value and the reason. Quality is the worst of what
 * was measured and used. Nothing is clamped: a negative draw-off reduces heat.
 *
 * Pressures absolute, MPa. Pure functions, no allocation.
 * Facts: calculations.md sections 1.5 to 2.2 of the project's sources, checked by their 25 cases.
 */
#ifndef DOMOVOI_HEAT_H
#define DOMOVOI_HEAT_H

#include "calc/form.h"
#include "model/quantity.h"

enum heat_pipe {
	HEAT_SUPPLY,
	HEAT_RETURN,
	HEAT_HOT_WATER,
	HEAT_CIRCULATION,
	HEAT_MAKE_UP,
	HEAT_COLD,
	HEAT_PIPE_COUNT,
	HEAT_NO_PIPE = HEAT_PIPE_COUNT
};

#define HEAT_TERMS 3

struct heat_term {
	int sign;                      /* 0: none */
	enum heat_pipe mass, from, to; /* sign * M(mass) * (h(from) - h(to)); h of no pipe is 0 */
};

struct heat_scheme {
	const char *code; /* "S5", as the parameter heat.scheme names it */
	const char *title, *title_ru;
	const char *formula, *formula_ru;
	struct heat_term terms[HEAT_TERMS];
	bool is_closed; /* what is lost between supply and return is a leak */
	bool is_norm;   /* volumes at the norm pressure (EN 1434) */
	bool is_hot_water;
};

size_t heat_scheme_count(void);
const struct heat_scheme *heat_scheme_at(size_t i);
const struct heat_scheme *heat_scheme_find(const char *code); /* NULL: none */

bool heat_needs_mass(const struct heat_scheme *s, enum heat_pipe p);
bool heat_needs_temperature(const struct heat_scheme *s, enum heat_pipe p);

/* The quantities a pipe is measured in; QUANTITY_UNKNOWN where there is none. */
struct heat_pipe_info {
	const char *name;   /* "supply" */
	const char *letter; /* in formulas */
	enum quantity mass, volume, temperature, pressure;
};
const struct heat_pipe_info *heat_pipe_info(enum heat_pipe p);

/* What was measured in one interval; missing is NaN. */
struct heat_measured {
	struct form_value mass;        /* t */
	struct form_value volume;      /* m3 */
	struct form_value temperature; /* °C, weighted by mass */
	struct form_value pressure;    /* MPa absolute */
};
/* Everything missing. */
void heat_measured_init(struct heat_measured pipes[static HEAT_PIPE_COUNT]);

/* What the contract says; NaN: nothing. */
struct heat_contract {
	double pressure_mpa[HEAT_PIPE_COUNT];
	double cold_c;
	bool do_equalise;        /* M2 := M1 where they differ by less than their limits allow */
	double mass_mpe_percent; /* of either mass */
	double cold_actual_c;    /* as became known after the month; NaN: did not */
};

enum heat_fault {
	HEAT_OK,
	HEAT_NO_MASS,
	HEAT_NO_TEMPERATURE,
	HEAT_NO_PRESSURE, /* neither measured nor in the contract */
	HEAT_OUT_OF_RANGE,
	HEAT_STEAM,
	HEAT_FAULT_COUNT
};
const char *heat_fault_name(enum heat_fault f); /* "no_mass" */

#define HEAT_PRESSURE_CONTRACT 0x01u /* some pressure is the contract's */
#define HEAT_COLD_CONTRACT     0x02u /* so is the temperature of cold water */
#define HEAT_MASS_OF_VOLUME    0x04u /* some mass was made of a volume */
#define HEAT_M_EQUALISED       0x08u
#define HEAT_NEGATIVE_DRAW     0x10u /* more came back than went out */
/* Names of the warnings, lowest bit first; NULL behind the last. */
const char *heat_warning_name(size_t i, unsigned *ret_bit);

struct heat_result {
	struct form_value q; /* GJ */
	enum heat_fault fault;
	enum heat_pipe fault_pipe;
	unsigned warnings;
	double mass[HEAT_PIPE_COUNT];     /* t, as used; NaN: not needed or unknown */
	double enthalpy[HEAT_PIPE_COUNT]; /* kJ/kg, likewise */
	double drawn_t; /* water that did not come back: what hx counts for; NaN unknown */
	/* A closed system with both masses known loses this; told apart, never added to q. */
	double leak_t, leak_gj;
};

struct heat_result heat_energy(const struct heat_scheme *s,
	const struct heat_measured pipes[static HEAT_PIPE_COUNT], const struct heat_contract *c);

/* What the masses of supply and return may differ by, each within `mpe_percent` (uniform errors,
 * coverage 2). */
double heat_mass_limit(double m1, double m2, double mpe_percent);

/* When the month is closed and the true temperature of cold water is known: what is to be added to
 * the heat of `drawn_t` tonnes, GJ. NaN where there is no such water. */
double heat_cold_correction(double drawn_t, double contract_c, double actual_c, double p_mpa);

#endif
