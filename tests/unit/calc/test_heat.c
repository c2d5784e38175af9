/*
 * test_heat.c - heat by scheme: every computed row of closed and open schemes, the identities between
 * schemes, intervals split at will, and what is missing, failed or no water
 */
#include "base/str.h"
#include "calc/heat.h"
#include "csv.h"
#include "test.h"

#include <math.h>

#define MEASURED quality_make(QUALITY_MEASURED, SOURCE_METER, 0)

static double number(const char *text)
{
	double v = NAN;
	if (text[0] && str_to_double(text, &v) != ERR_OK) {
		fail_msg("'%s' is no number", text);
	}
	return v;
}

static void assert_within(double got, double want, double by, const char *what)
{
	if (!(fabs(got - want) <= by)) {
		fail_msg("%s: %.12g instead of %.12g", what, got, want);
	}
}

static struct form_value measured(double v)
{
	return isnan(v) ? (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)} :
			  (struct form_value){v, MEASURED};
}

static struct heat_contract no_contract(void)
{
	struct heat_contract c = {.cold_c = NAN, .mass_mpe_percent = NAN};
	for (int i = 0; i < HEAT_PIPE_COUNT; i++) {
		c.pressure_mpa[i] = NAN;
	}
	return c;
}

/* ---- the tables ---- */

static void check_heat(const char *id, const struct heat_result *r, char **want)
{
	static const enum unit units[] = {UNIT_GJ, UNIT_GCAL, UNIT_MWH};
	assert_int_equal(r->fault, HEAT_OK);
	assert_int_equal(quality_class(r->q.quality), QUALITY_MEASURED);
	for (int i = 0; i < 3; i++) {
		double in_unit = NAN, expected = number(want[i]);
		assert_int_equal(unit_convert(r->q.value, UNIT_GJ, units[i], &in_unit), ERR_OK);
		assert_within(in_unit, expected, 1e-6 * fabs(expected), id);
	}
}

static void every_closed_row_is_reproduced(void **state)
{
	(void)state;
	const char *path = vector_path("calc/heat_closed.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	struct heat_contract none = no_contract();
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	for (; csv_next(&c); rows++) {
		char **f = c.fields;
		const struct heat_scheme *s = heat_scheme_find(f[1]);
		struct heat_measured m[HEAT_PIPE_COUNT];
		assert_non_null(s);
		heat_measured_init(m);
		for (int i = 0; i < 2; i++) {
			m[HEAT_SUPPLY + i].volume = measured(number(f[2 + i]));
			m[HEAT_SUPPLY + i].temperature = measured(number(f[4 + i]));
			m[HEAT_SUPPLY + i].pressure = measured(number(f[6 + i]));
		}
		struct heat_result r = heat_energy(s, m, &none);
		check_heat(f[0], &r, &f[14]);
		/* EN 1434 is at its own pressure; the mass and enthalpies of its rows are not */
		for (int i = 0; i < 2 && !s->is_norm; i++) {
			assert_within(r.enthalpy[HEAT_SUPPLY + i], number(f[12 + i]), 1e-6, f[0]);
			if (f[8 + i][0]) {
				assert_within(
					r.mass[HEAT_SUPPLY + i], number(f[8 + i]), 1e-7, f[0]);
				assert_true(r.warnings & HEAT_MASS_OF_VOLUME);
			}
		}
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 12);
}

/* Columns of mass, temperature, pressure, enthalpy; 0: none. */
static const int columns[HEAT_PIPE_COUNT][4] = {
	[HEAT_SUPPLY] = {2, 7, 12, 17},
	[HEAT_RETURN] = {3, 8, 13, 18},
	[HEAT_HOT_WATER] = {5, 10, 15, 20},
	[HEAT_CIRCULATION] = {6, 11, 16, 21},
	[HEAT_MAKE_UP] = {4, 0, 0, 0},
	[HEAT_COLD] = {0, 9, 14, 19},
};

static struct form_value column(const struct csv *c, enum heat_pipe p, int which)
{
	int at = columns[p][which];
	return measured(at ? number(c->fields[at]) : NAN);
}

static void every_open_row_is_reproduced(void **state)
{
	(void)state;
	const char *path = vector_path("calc/heat_open.csv");
	NEED_VECTORS(path);
	struct csv c = {.file = fopen(path, "re")};
	struct heat_contract none = no_contract();
	int rows = 0;
	assert_non_null(c.file);
	assert_true(csv_next(&c));
	for (; csv_next(&c); rows++) {
		char **f = c.fields;
		char code[8] = "";
		/* S4b, S5b and S8b name the same heat written differently: of S4b the return is what
		 * the make-up leaves of the supply, in an open scheme */
		bool is_identity = strchr(f[1], 'b') != NULL;
		(void)STR_COPY(code, f[1]);
		code[strcspn(code, "b")] = 0;
		struct heat_measured m[HEAT_PIPE_COUNT];
		heat_measured_init(m);
		for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
			m[p].mass = column(&c, (enum heat_pipe)p, 0);
			m[p].temperature = column(&c, (enum heat_pipe)p, 1);
			m[p].pressure = column(&c, (enum heat_pipe)p, 2);
		}
		if (is_identity && strcmp(code, "S4") == 0) {
			m[HEAT_RETURN].mass = measured(
				m[HEAT_SUPPLY].mass.value - m[HEAT_MAKE_UP].mass.value);
			(void)STR_COPY(code, "S5");
		}
		assert_non_null(heat_scheme_find(code));
		struct heat_result r = heat_energy(heat_scheme_find(code), m, &none);
		check_heat(f[0], &r, &f[22]);
		assert_int_equal(r.warnings & ~HEAT_NEGATIVE_DRAW, 0);
		for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
			if (!isnan(r.enthalpy[p])) {
				assert_within(r.enthalpy[p], column(&c, (enum heat_pipe)p, 3).value,
					1e-6, f[0]);
			}
		}
	}
	(void)fclose(c.file);
	assert_int_equal(rows, 13);
}

/* ---- properties ---- */

static uint32_t dice = 1;
static double roll(double from, double till)
{
	dice = dice * 1664525u + 1013904223u;
	return from + (till - from) * (double)(dice >> 8) / 16777216.0;
}

static void random_pipes(struct heat_measured m[HEAT_PIPE_COUNT])
{
	heat_measured_init(m);
	for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
		m[p].mass = measured(roll(0, 100));
		m[p].volume = measured(roll(0, 100));
		m[p].temperature = measured(p == HEAT_COLD ? roll(1, 20) : roll(30, 140));
		m[p].pressure = measured(roll(0.5, 1.6));
	}
}

static double heat(const char *code, const struct heat_measured *m)
{
	struct heat_contract none = no_contract();
	struct heat_result r = heat_energy(heat_scheme_find(code), m, &none);
	assert_int_equal(r.fault, HEAT_OK);
	return r.q.value;
}

static void schemes_of_the_same_water_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct heat_measured m[HEAT_PIPE_COUNT];
		struct heat_contract none = no_contract();
		random_pipes(m);
		struct heat_result open = heat_energy(heat_scheme_find("S5"), m, &none);
		struct heat_result hot = heat_energy(heat_scheme_find("S8"), m, &none);
		const double *h = open.enthalpy, *hh = hot.enthalpy;
		double m1 = m[0].mass.value, m2 = m[1].mass.value;
		double m3 = m[2].mass.value, m4 = m[3].mass.value;
		assert_within(open.q.value,
			(m1 * (h[0] - h[1]) + (m1 - m2) * (h[1] - h[HEAT_COLD])) / 1000, 1e-9,
			"S5 by its draw-off");
		assert_within(hot.q.value,
			(m3 * (hh[2] - hh[3]) + (m3 - m4) * (hh[3] - hh[HEAT_COLD])) / 1000, 1e-9,
			"S8 by its draw-off");
		m[HEAT_HOT_WATER].mass = measured(m1 - m2);
		m[HEAT_MAKE_UP].mass = measured(m1 - m2);
		assert_within(heat("S6", m), open.q.value, 1e-9, "S6 with M1 = M2 + Mhw");
		assert_within(heat("S6r", m), open.q.value, 1e-9, "S6r with M1 = M2 + Mhw");
		assert_within(heat("S4", m), open.q.value, 1e-9, "S4 with M1 = M2 + Mmu");
		assert_within(heat("S9", m), open.q.value, 1e-9, "S9 with M1 = M2 + Mmu");
		assert_within(heat("S10", m), -heat("S1", m), 1e-9, "cooling is heat backwards");
	}
}

static void splitting_an_interval_never_changes_the_sum(void **state)
{
	(void)state;
	struct heat_contract none = no_contract();
	for (int i = 0; i < 500; i++) {
		struct heat_measured m[HEAT_PIPE_COUNT], part[HEAT_PIPE_COUNT];
		random_pipes(m);
		for (size_t k = 0; k < heat_scheme_count(); k++) {
			const struct heat_scheme *s = heat_scheme_at(k);
			double left = 1, sum = 0;
			for (int n = 0; n < 7; n++) {
				double share = n == 6 ? left : left * roll(0, 1);
				left -= share;
				memcpy(part, m, sizeof(part));
				for (int p = 0; p < HEAT_PIPE_COUNT; p++) {
					part[p].mass.value *= share;
					part[p].volume.value *= share;
				}
				sum += heat_energy(s, part, &none).q.value;
			}
			assert_within(sum, heat_energy(s, m, &none).q.value, 1e-9, s->code);
		}
	}
}

/* 5 t at 90/50 and 1 t at 60/45, as calculated with the enthalpies of 0.6 and 0.4 MPa. */
static void means_weighted_by_mass_keep_the_heat_of_the_day(void **state)
{
	(void)state;
	const double mass[] = {5, 1}, t1[] = {90, 60}, t2[] = {50, 45};
	double true_q = 0;
	struct heat_measured m[HEAT_PIPE_COUNT];
	heat_measured_init(m);
	m[HEAT_SUPPLY].pressure = measured(0.6);
	m[HEAT_RETURN].pressure = measured(0.4);
	for (int i = 0; i < 2; i++) {
		m[HEAT_SUPPLY].mass = measured(mass[i]);
		m[HEAT_SUPPLY].temperature = measured(t1[i]);
		m[HEAT_RETURN].temperature = measured(t2[i]);
		true_q += heat("S1", m);
	}
	assert_within(true_q, 0.901402, 1e-6, "hour by hour");
	m[HEAT_SUPPLY].mass = measured(6);
	m[HEAT_SUPPLY].temperature = measured(mass_weighted_temperature(mass, t1, 2).by_mass);
	m[HEAT_RETURN].temperature = measured(mass_weighted_temperature(mass, t2, 2).by_mass);
	assert_within(heat("S1", m), 0.901100, 1e-6, "by mass");
	m[HEAT_SUPPLY].temperature = measured(75);
	m[HEAT_RETURN].temperature = measured(47.5);
	assert_within(heat("S1", m), 0.691215, 1e-6, "by time");
}

/* ---- what is missing or wrong ---- */

static void winter(struct heat_measured m[HEAT_PIPE_COUNT])
{
	heat_measured_init(m);
	m[HEAT_SUPPLY] = (struct heat_measured){
		measured(10), measured(NAN), measured(95), measured(0.6)};
	m[HEAT_RETURN] = (struct heat_measured){
		measured(8), measured(NAN), measured(70), measured(0.4)};
	m[HEAT_COLD].temperature = measured(5);
	m[HEAT_COLD].pressure = measured(0.3);
}

static void a_failed_pressure_sensor_never_stops_heat(void **state)
{
	(void)state;
	struct heat_measured m[HEAT_PIPE_COUNT];
	struct heat_contract c = no_contract();
	c.pressure_mpa[HEAT_SUPPLY] = 0.6;
	c.pressure_mpa[HEAT_RETURN] = 0.4;
	const struct form_value failed[] = {measured(NAN), measured(0), measured(99),
		{0.7, quality_make(QUALITY_SUSPECT, SOURCE_METER, 0)},
		{0.7, quality_make(QUALITY_PARTIAL, SOURCE_METER, 0)}};
	for (size_t i = 0; i < sizeof(failed) / sizeof(failed[0]); i++) {
		winter(m);
		m[HEAT_SUPPLY].pressure = failed[i];
		struct heat_result r = heat_energy(heat_scheme_find("S1"), m, &c);
		assert_int_equal(r.fault, HEAT_OK);
		assert_int_equal(r.warnings, HEAT_PRESSURE_CONTRACT);
		/* 10 t of C01 and O12: h(95, 0.6) - h(70, 0.4) = 105.092023 kJ/kg */
		assert_within(r.q.value, 1.05092023, 1e-8, "heat");
		assert_int_equal(quality_class(r.q.quality), QUALITY_MEASURED);
	}
}

static void a_sensor_by_which_hot_water_would_boil_is_taken_for_failed(void **state)
{
	(void)state;
	struct heat_measured m[HEAT_PIPE_COUNT];
	struct heat_contract c = no_contract();
	winter(m);
	m[HEAT_SUPPLY].temperature = measured(130);
	m[HEAT_SUPPLY].pressure = measured(0.101325); /* gauge 0 */
	assert_int_equal(heat_energy(heat_scheme_find("S1"), m, &c).fault, HEAT_STEAM);
	c.pressure_mpa[HEAT_SUPPLY] = 1.0;
	struct heat_result r = heat_energy(heat_scheme_find("S1"), m, &c);
	assert_int_equal(r.warnings, HEAT_PRESSURE_CONTRACT);
	/* O11 has h(130, 1.0) = 546.881539 */
	assert_within(r.enthalpy[HEAT_SUPPLY], 546.881539, 1e-6, "enthalpy");
	c.pressure_mpa[HEAT_SUPPLY] = 0.2; /* steam by the contract too: 0.27 MPa at 130 °C */
	assert_int_equal(heat_energy(heat_scheme_find("S1"), m, &c).fault, HEAT_STEAM);
	c.pressure_mpa[HEAT_SUPPLY] = NAN;
	m[HEAT_SUPPLY].pressure = measured(NAN);
	assert_int_equal(heat_energy(heat_scheme_find("S1"), m, &c).fault, HEAT_NO_PRESSURE);
}

static void water_that_is_none_gives_no_value_and_the_reason(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	const struct {
		double t1, p1;
		enum heat_fault fault;
	} cases[] = {{150, 0.4, HEAT_STEAM}, {-3, 0.6, HEAT_OUT_OF_RANGE},
		{220, 3.0, HEAT_OUT_OF_RANGE}, {NAN, 0.6, HEAT_NO_TEMPERATURE}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heat_measured m[HEAT_PIPE_COUNT];
		winter(m);
		m[HEAT_SUPPLY].temperature = measured(cases[i].t1);
		m[HEAT_SUPPLY].pressure = measured(cases[i].p1);
		struct heat_result r = heat_energy(heat_scheme_find("S1"), m, &c);
		assert_int_equal(r.fault, cases[i].fault);
		assert_int_equal(r.fault_pipe, HEAT_SUPPLY);
		assert_true(isnan(r.q.value));
		assert_int_equal(quality_class(r.q.quality), QUALITY_MISSING);
	}
}

static void a_missing_mass_is_no_zero(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	struct heat_measured m[HEAT_PIPE_COUNT];
	winter(m);
	m[HEAT_RETURN].mass = measured(NAN);
	struct heat_result r = heat_energy(heat_scheme_find("S5"), m, &c);
	assert_int_equal(r.fault, HEAT_NO_MASS);
	assert_int_equal(r.fault_pipe, HEAT_RETURN);
	assert_true(isnan(r.q.value) && isnan(r.drawn_t));
	/* no flow and no temperature is nothing known either */
	winter(m);
	m[HEAT_SUPPLY].mass = measured(0);
	m[HEAT_SUPPLY].temperature = measured(NAN);
	assert_true(isnan(heat_energy(heat_scheme_find("S1"), m, &c).q.value));
}

static void heat_is_as_good_as_the_worst_of_what_it_is_made_of(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	struct heat_measured m[HEAT_PIPE_COUNT];
	winter(m);
	m[HEAT_RETURN].temperature.quality = quality_make(
		QUALITY_ESTIMATED, SOURCE_INTEGRATED, QUALITY_TIME_SUSPECT);
	m[HEAT_RETURN].mass.quality = quality_make(QUALITY_SUSPECT, SOURCE_METER, 0);
	struct heat_result r = heat_energy(heat_scheme_find("S1"), m, &c);
	/* the return's mass only tells the leak */
	assert_int_equal(quality_class(r.q.quality), QUALITY_ESTIMATED);
	assert_int_equal(quality_source(r.q.quality), SOURCE_INTEGRATED);
	assert_int_equal(quality_flags(r.q.quality), QUALITY_TIME_SUSPECT);
	r = heat_energy(heat_scheme_find("S5"), m, &c);
	assert_int_equal(quality_class(r.q.quality), QUALITY_SUSPECT);
}

static void masses_within_their_limits_are_made_equal_only_where_the_contract_says(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	struct heat_measured m[HEAT_PIPE_COUNT];
	const struct heat_scheme *s5 = heat_scheme_find("S5");
	winter(m);
	m[HEAT_SUPPLY].mass = measured(5);
	m[HEAT_RETURN].mass = measured(5.06);
	/* O13 and O12 of the table; 2 sqrt((2 % 5)^2 + (2 % 5.06)^2) / sqrt(3) = 0.1643 t */
	c.mass_mpe_percent = 2;
	struct heat_result r = heat_energy(s5, m, &c);
	assert_within(r.q.value, 0.5091399709, 1e-9, "as measured");
	assert_int_equal(r.warnings, HEAT_NEGATIVE_DRAW);
	assert_within(r.drawn_t, -0.06, 1e-12, "drawn");
	c.do_equalise = true;
	r = heat_energy(s5, m, &c);
	assert_within(r.q.value, 0.5254601149, 1e-9, "equalised");
	assert_int_equal(r.warnings, HEAT_M_EQUALISED);
	m[HEAT_RETURN].mass = measured(5.2); /* beyond the limit */
	assert_int_equal(heat_energy(s5, m, &c).warnings, HEAT_NEGATIVE_DRAW);
	/* the month of a closed system: 1240 and 1221.5 t, 1240 and 1178 t */
	assert_within(heat_mass_limit(1240, 1221.5, 2), 40.20, 0.005, "limit");
	assert_within(heat_mass_limit(1240, 1178, 2), 39.50, 0.005, "limit");
}

static void the_leak_of_a_closed_system_is_told_apart(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	struct heat_measured m[HEAT_PIPE_COUNT];
	winter(m);
	struct heat_result r = heat_energy(heat_scheme_find("S1"), m, &c);
	assert_within(r.q.value, 1.05092023, 1e-8, "heat");
	assert_within(r.leak_t, 2, 1e-12, "leak");
	/* (293.319518 - 21.3171174) * 2 / 1000; together they are O01 */
	assert_within(r.leak_gj, 0.544004801, 1e-8, "heat with the leak");
	assert_within(r.q.value + r.leak_gj, 1.594925030, 2e-9, "both");
	m[HEAT_RETURN].mass = measured(NAN);
	r = heat_energy(heat_scheme_find("S1"), m, &c);
	assert_int_equal(r.fault, HEAT_OK);
	assert_true(isnan(r.leak_t) && isnan(r.leak_gj));
	assert_true(isnan(heat_energy(heat_scheme_find("S7"), m, &c).leak_t));
}

static void cold_water_is_the_contracts_until_it_is_measured(void **state)
{
	(void)state;
	struct heat_contract c = no_contract();
	struct heat_measured m[HEAT_PIPE_COUNT];
	winter(m);
	m[HEAT_COLD].temperature = measured(NAN);
	assert_int_equal(heat_energy(heat_scheme_find("S5"), m, &c).fault, HEAT_NO_TEMPERATURE);
	c.cold_c = 5;
	struct heat_result r = heat_energy(heat_scheme_find("S5"), m, &c);
	assert_within(r.q.value, 1.594925030, 2e-9, "heat");
	assert_int_equal(r.warnings, HEAT_COLD_CONTRACT);
	/* 2 t at 2.4 instead of 5 °C */
	double more = heat_cold_correction(r.drawn_t, 5, 2.4, 0.3);
	double gcal;
	assert_within(more, 0.021878, 1e-6, "correction");
	assert_int_equal(unit_convert(more, UNIT_GJ, UNIT_GCAL, &gcal), ERR_OK);
	assert_within(gcal, 0.005225, 1e-6, "correction, Gcal");
	/* which is what measuring it would have given */
	m[HEAT_COLD].temperature = measured(2.4);
	assert_within(heat("S5", m), r.q.value + more, 1e-12, "with the true temperature");
	assert_true(isnan(heat_cold_correction(2, 5, NAN, 0.3)));
}

static void a_scheme_says_what_it_needs(void **state)
{
	(void)state;
	const struct heat_scheme *s8 = heat_scheme_find("S8"), *k2 = heat_scheme_find("K2");
	assert_true(heat_needs_mass(s8, HEAT_HOT_WATER) && heat_needs_mass(s8, HEAT_CIRCULATION));
	assert_false(heat_needs_mass(s8, HEAT_SUPPLY) || heat_needs_mass(s8, HEAT_COLD));
	assert_true(heat_needs_temperature(s8, HEAT_COLD));
	assert_true(heat_needs_mass(k2, HEAT_RETURN) && heat_needs_temperature(k2, HEAT_SUPPLY));
	assert_null(heat_scheme_find("S3"));
	assert_null(heat_scheme_at(heat_scheme_count()));
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_closed_row_is_reproduced),
		T(every_open_row_is_reproduced),
		T(schemes_of_the_same_water_agree),
		T(splitting_an_interval_never_changes_the_sum),
		T(means_weighted_by_mass_keep_the_heat_of_the_day),
		T(a_failed_pressure_sensor_never_stops_heat),
		T(a_sensor_by_which_hot_water_would_boil_is_taken_for_failed),
		T(water_that_is_none_gives_no_value_and_the_reason),
		T(a_missing_mass_is_no_zero),
		T(heat_is_as_good_as_the_worst_of_what_it_is_made_of),
		T(masses_within_their_limits_are_made_equal_only_where_the_contract_says),
		T(the_leak_of_a_closed_system_is_told_apart),
		T(cold_water_is_the_contracts_until_it_is_measured),
		T(a_scheme_says_what_it_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
