/*
 * heat.c - heat energy by scheme; see heat.h
 */
#include "calc/heat.h"

#include "calc/water.h"

#include <math.h>
#include <string.h>

#define NORM_MPA 1.6 /* EN 1434-1: 16 bar */

#define T1       HEAT_SUPPLY
#define T2       HEAT_RETURN
#define T3       HEAT_HOT_WATER
#define T4       HEAT_CIRCULATION
#define MU       HEAT_MAKE_UP
#define X        HEAT_COLD
#define NO       HEAT_NO_PIPE

static const struct heat_scheme schemes[] = {
	{"S1", "closed, flow meter in the supply", "закрытая, расходомер на подаче",
		"Q = M1·(h1 − h2)", "Q = M1·(h1 − h2)", .terms = {{1, T1, T1, T2}},
		.is_closed = true},
	{"S2", "closed, flow meter in the return", "закрытая, расходомер на обратке",
		"Q = M2·(h1 − h2)", "Q = M2·(h1 − h2)", .terms = {{1, T2, T1, T2}},
		.is_closed = true},
	{"S4", "independent connection, make-up from the return main",
		"независимая, подпитка из обратного трубопровода",
		"Q = M1·(h1 − h2) + Mmu·(h2 − hx)", "Q = M1·(h1 − h2) + Mп·(h2 − hх)",
		.terms = {{1, T1, T1, T2}, {1, MU, T2, X}}},
	{"S5", "open, two pipes", "открытая, двухтрубная", "Q = M1·(h1 − hx) − M2·(h2 − hx)",
		"Q = M1·(h1 − hх) − M2·(h2 − hх)", .terms = {{1, T1, T1, X}, {-1, T2, T2, X}}},
	{"S6", "open, flow meters in the supply and on hot water drawn after heating",
		"открытая, расходомеры на подаче и на ГВС после системы отопления",
		"Q = M1·(h1 − h2) + Mhw·(h2 − hx)", "Q = M1·(h1 − h2) + Mгв·(h2 − hх)",
		.terms = {{1, T1, T1, T2}, {1, T3, T2, X}}},
	{"S6r", "open, flow meters in the return and on hot water drawn from the supply",
		"открытая, расходомеры на обратке и на ГВС из подающего трубопровода",
		"Q = M2·(h1 − h2) + Mhw·(h1 − hx)", "Q = M2·(h1 − h2) + Mгв·(h1 − hх)",
		.terms = {{1, T2, T1, T2}, {1, T3, T1, X}}},
	{"S7", "hot water, dead-end", "ГВС тупиковая", "Q = M3·(h3 − hx)", "Q = M3·(h3 − hх)",
		.terms = {{1, T3, T3, X}}, .is_hot_water = true},
	{"S8", "hot water with circulation", "ГВС с циркуляцией", "Q = M3·(h3 − hx) − M4·(h4 − hx)",
		"Q = M3·(h3 − hх) − M4·(h4 − hх)", .terms = {{1, T3, T3, X}, {-1, T4, T4, X}},
		.is_hot_water = true},
	{"S9", "heat source, measured make-up", "источник тепла, подпитка измеряется",
		"Q = M1·h1 − M2·h2 − Mmu·hx", "Q = M1·h1 − M2·h2 − Mп·hх",
		.terms = {{1, T1, T1, NO}, {-1, T2, T2, NO}, {-1, MU, X, NO}}},
	{"S10", "cooling", "холодоснабжение", "Q = M1·(h2 − h1)", "Q = M1·(h2 − h1)",
		.terms = {{1, T1, T2, T1}}, .is_closed = true},
	{"K1", "EN 1434, flow sensor in the flow pipe",
		"EN 1434, датчик расхода в подающем трубопроводе", "Q = V1·k·(t1 − t2)",
		"Q = V1·k·(t1 − t2)", .terms = {{1, T1, T1, T2}}, .is_closed = true,
		.is_norm = true},
	{"K2", "EN 1434, flow sensor in the return pipe",
		"EN 1434, датчик расхода в обратном трубопроводе", "Q = V2·k·(t1 − t2)",
		"Q = V2·k·(t1 − t2)", .terms = {{1, T2, T1, T2}}, .is_closed = true,
		.is_norm = true},
};

static const struct heat_pipe_info pipe_infos[HEAT_PIPE_COUNT] = {
	[HEAT_SUPPLY] = {"supply", "1", QUANTITY_MASS_SUPPLY, QUANTITY_VOLUME_SUPPLY,
		QUANTITY_TEMPERATURE_SUPPLY, QUANTITY_PRESSURE_SUPPLY},
	[HEAT_RETURN] = {"return", "2", QUANTITY_MASS_RETURN, QUANTITY_VOLUME_RETURN,
		QUANTITY_TEMPERATURE_RETURN, QUANTITY_PRESSURE_RETURN},
	[HEAT_HOT_WATER] = {"hot_water", "3", QUANTITY_MASS_HOT_WATER, QUANTITY_HOT_WATER,
		QUANTITY_TEMPERATURE_HOT_WATER, QUANTITY_PRESSURE_HOT_WATER},
	[HEAT_CIRCULATION] = {"circulation", "4", QUANTITY_MASS_CIRCULATION, QUANTITY_UNKNOWN,
		QUANTITY_TEMPERATURE_CIRCULATION, QUANTITY_UNKNOWN},
	[HEAT_MAKE_UP] = {"make_up", "mu", QUANTITY_MASS_MAKE_UP, QUANTITY_UNKNOWN,
		QUANTITY_UNKNOWN, QUANTITY_UNKNOWN},
	[HEAT_COLD] = {"cold", "x", QUANTITY_UNKNOWN, QUANTITY_UNKNOWN, QUANTITY_TEMPERATURE_COLD,
		QUANTITY_PRESSURE_COLD_WATER},
};

#undef T1
#undef T2
#undef T3
#undef T4
#undef MU
#undef X
#undef NO

size_t heat_scheme_count(void)
{
	return sizeof(schemes) / sizeof(schemes[0]);
}

const struct heat_scheme *heat_scheme_at(size_t i)
{
	return i < heat_scheme_count() ? &schemes[i] : NULL;
}

const struct heat_scheme *heat_scheme_find(const char *code)
{
	for (size_t i = 0; i < heat_scheme_count(); i++) {
		if (strcmp(schemes[i].code, code) == 0) {
			return &schemes[i];
		}
	}
	return NULL;
}

const struct heat_pipe_info *heat_pipe_info(enum heat_pipe p)
{
	return &pipe_infos[p];
}

bool heat_needs_mass(const struct heat_scheme *s, enum heat_pipe p)
{
	for (int i = 0; i < HEAT_TERMS; i++) {
		if (s->terms[i].sign && s->terms[i].mass == p) {
			return true;
		}
	}
	return false;
}

bool heat_needs_temperature(const struct heat_scheme *s, enum heat_pipe p)
{
	for (int i = 0; i < HEAT_TERMS; i++) {
		const struct heat_term *t = &s->terms[i];
		bool is_of_volume = s->is_norm && t->mass == p;
		if (t->sign && (t->from == p || t->to == p || is_of_volume)) {
			return true;
		}
	}
	return false;
}

const char *heat_fault_name(enum heat_fault f)
{
	static const char *const names[HEAT_FAULT_COUNT] = {
		"none", "no_mass", "no_temperature", "no_pressure", "out_of_range", "steam"};
	return f < HEAT_FAULT_COUNT ? names[f] : "none";
}

const char *heat_warning_name(size_t i, unsigned *ret_bit)
{
	static const char *const names[] = {"pressure_contract", "cold_contract", "mass_of_volume",
		"m_equalised", "negative_draw"};
	if (i >= sizeof(names) / sizeof(names[0])) {
		return NULL;
	}
	*ret_bit = 1u << i;
	return names[i];
}

/* ---- one interval ---- */

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

void heat_measured_init(struct heat_measured pipes[static HEAT_PIPE_COUNT])
{
	for (int i = 0; i < HEAT_PIPE_COUNT; i++) {
		pipes[i] = (struct heat_measured){missing(), missing(), missing(), missing()};
	}
}

static bool is_known(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) != QUALITY_MISSING;
}

/* One interval being worked out. */
struct working {
	const struct heat_scheme *scheme;
	const struct heat_measured *pipes;
	const struct heat_contract *contract;
	struct heat_result *r;
	struct water water[HEAT_PIPE_COUNT];
	bool has_water[HEAT_PIPE_COUNT];
	bool is_first; /* nothing measured was used yet */
	uint16_t quality;
};

static void use(struct working *k, uint16_t quality)
{
	k->quality = k->is_first ? quality : quality_worst(k->quality, quality);
	k->is_first = false;
}

static bool fail(struct working *k, enum heat_fault fault, enum heat_pipe pipe)
{
	if (k->r->fault == HEAT_OK) {
		k->r->fault = fault;
		k->r->fault_pipe = pipe;
	}
	return false;
}

static bool is_sane(struct form_value p)
{
	return is_known(p) && quality_class(p.quality) < QUALITY_PARTIAL && p.value >= 0.05 &&
	       p.value <= 10;
}

/* With the pressure measured, else with the contract's: a sensor that shows so little that the water
 * would boil is taken for failed, as long as the contract says it is water. */
static enum water_state water_of(struct working *k, enum heat_pipe p, double t_c)
{
	struct form_value measured = k->pipes[p].pressure;
	enum water_state state = WATER_NO_DATA, by_contract;
	if (k->scheme->is_norm) {
		return water_at(t_c, NORM_MPA, &k->water[p]);
	}
	if (is_sane(measured)) {
		state = water_at(t_c, measured.value, &k->water[p]);
	}
	if (state == WATER_OK) {
		use(k, measured.quality);
		return state;
	}
	by_contract = water_at(t_c, k->contract->pressure_mpa[p], &k->water[p]);
	if (by_contract == WATER_OK) {
		k->r->warnings |= HEAT_PRESSURE_CONTRACT;
	}
	return by_contract == WATER_NO_DATA && state != WATER_NO_DATA ? state : by_contract;
}

static bool need_water(struct working *k, enum heat_pipe p)
{
	if (p == HEAT_NO_PIPE || k->has_water[p]) {
		return true;
	}
	struct form_value t = k->pipes[p].temperature;
	if (is_known(t)) {
		use(k, t.quality);
	} else if (p == HEAT_COLD && !isnan(k->contract->cold_c)) {
		t.value = k->contract->cold_c;
		k->r->warnings |= HEAT_COLD_CONTRACT;
	} else {
		return fail(k, HEAT_NO_TEMPERATURE, p);
	}
	switch (water_of(k, p, t.value)) {
	case WATER_OK: break;
	case WATER_STEAM: return fail(k, HEAT_STEAM, p);
	case WATER_OUT_OF_RANGE: return fail(k, HEAT_OUT_OF_RANGE, p);
	case WATER_NO_DATA: return fail(k, HEAT_NO_PRESSURE, p);
	}
	k->has_water[p] = true;
	k->r->enthalpy[p] = k->water[p].enthalpy;
	return true;
}

static bool need_mass(struct working *k, enum heat_pipe p)
{
	const struct heat_measured *m = &k->pipes[p];
	if (!isnan(k->r->mass[p])) {
		return true;
	}
	if (is_known(m->mass) && !k->scheme->is_norm) {
		use(k, m->mass.quality);
		k->r->mass[p] = m->mass.value;
		return true;
	}
	if (!is_known(m->volume)) {
		return fail(k, HEAT_NO_MASS, p);
	}
	if (!need_water(k, p)) {
		return false;
	}
	use(k, m->volume.quality);
	k->r->mass[p] = m->volume.value * k->water[p].density / 1000;
	k->r->warnings |= k->scheme->is_norm ? 0 : HEAT_MASS_OF_VOLUME;
	return true;
}

double heat_mass_limit(double m1, double m2, double mpe_percent)
{
	return 2 * hypot(mpe_percent / 100 * m1, mpe_percent / 100 * m2) / sqrt(3);
}

/* Where supply and return are both in the formula. */
static void equalise(struct working *k)
{
	double *m = k->r->mass;
	double limit = heat_mass_limit(
		m[HEAT_SUPPLY], m[HEAT_RETURN], k->contract->mass_mpe_percent);
	if (k->contract->do_equalise && heat_needs_mass(k->scheme, HEAT_SUPPLY) &&
		heat_needs_mass(k->scheme, HEAT_RETURN) &&
		fabs(m[HEAT_SUPPLY] - m[HEAT_RETURN]) <= limit &&
		m[HEAT_SUPPLY] != m[HEAT_RETURN]) {
		m[HEAT_RETURN] = m[HEAT_SUPPLY];
		k->r->warnings |= HEAT_M_EQUALISED;
	}
}

static double enthalpy_of(const struct working *k, enum heat_pipe p)
{
	return p == HEAT_NO_PIPE ? 0 : k->water[p].enthalpy;
}

static void sum_terms(struct working *k)
{
	double q = 0, drawn = 0;
	for (int i = 0; i < HEAT_TERMS; i++) {
		const struct heat_term *t = &k->scheme->terms[i];
		if (t->sign) {
			double m = t->sign * k->r->mass[t->mass];
			q += m * (enthalpy_of(k, t->from) - enthalpy_of(k, t->to));
			drawn += m * ((t->to == HEAT_COLD) - (t->from == HEAT_COLD));
		}
	}
	k->r->q = (struct form_value){q / 1000, k->quality};
	k->r->drawn_t = drawn;
	k->r->warnings |= drawn < 0 ? HEAT_NEGATIVE_DRAW : 0;
}

/* Told beside the heat, so that what it cannot be made of is no fault and no quality of the heat. */
static void find_leak(struct working *k)
{
	static const enum heat_pipe both[] = {HEAT_SUPPLY, HEAT_RETURN};
	struct heat_result keep = *k->r;
	uint16_t quality = k->quality;
	bool is_whole = k->scheme->is_closed && k->scheme->terms[0].from == HEAT_SUPPLY;
	for (int i = 0; i < 2 && is_whole; i++) {
		is_whole = need_mass(k, both[i]);
	}
	is_whole = is_whole && need_water(k, HEAT_COLD);
	if (is_whole) {
		keep.leak_t = k->r->mass[HEAT_SUPPLY] - k->r->mass[HEAT_RETURN];
		keep.leak_gj = keep.leak_t *
			       (k->water[HEAT_RETURN].enthalpy - k->water[HEAT_COLD].enthalpy) /
			       1000;
	}
	*k->r = keep;
	k->quality = quality;
}

struct heat_result heat_energy(const struct heat_scheme *s,
	const struct heat_measured pipes[static HEAT_PIPE_COUNT], const struct heat_contract *c)
{
	struct heat_result r = {.q = missing(),
		.fault_pipe = HEAT_NO_PIPE,
		.drawn_t = NAN,
		.leak_t = NAN,
		.leak_gj = NAN};
	struct working k = {.scheme = s, .pipes = pipes, .contract = c, .r = &r, .is_first = true};
	bool is_whole = true;
	for (int i = 0; i < HEAT_PIPE_COUNT; i++) {
		r.mass[i] = NAN;
		r.enthalpy[i] = NAN;
	}
	for (int i = 0; i < HEAT_TERMS; i++) {
		const struct heat_term *t = &s->terms[i];
		if (t->sign) {
			is_whole &= need_mass(&k, t->mass);
			is_whole &= need_water(&k, t->from);
			is_whole &= need_water(&k, t->to);
		}
	}
	if (is_whole) {
		equalise(&k);
		sum_terms(&k);
		find_leak(&k);
	}
	return r;
}

double heat_cold_correction(double drawn_t, double contract_c, double actual_c, double p_mpa)
{
	struct water by_contract, actual;
	if (water_at(contract_c, p_mpa, &by_contract) != WATER_OK ||
		water_at(actual_c, p_mpa, &actual) != WATER_OK) {
		return NAN;
	}
	return drawn_t * (by_contract.enthalpy - actual.enthalpy) / 1000;
}
