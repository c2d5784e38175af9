/*
 * apportion_heat.c - heating: by norm, without meters, with some, with all; evenly over the year
 */
#include "calc/apportion_impl.h"

/* What the volumes of premises without a meter follow, and the common one. */
struct situation {
	enum apportion_role individual, common;
	enum charge_basis basis;
	bool has_common;
};

/* Premises that take part and those of them with a meter that counts. */
struct metered {
	size_t all, with_meter;
	double volume, area;
};

static bool is_without_season(const struct charge_house *h)
{
	bool is_heat_of_water = h->heat_has_water || !h->common[CHARGE_HEAT].is_fitted;
	return !h->is_heating_season && !h->is_heat_evenly && is_heat_of_water;
}

static void take_meters(struct apportion *a, struct metered *m)
{
	*m = (struct metered){0};
	for (size_t i = 0; i < a->n; i++) {
		if (a->flats[i].has_own_heat) {
			continue;
		}
		m->all++;
		if (take_meter(a, CHARGE_HEAT, i, &a->lines[i])) {
			m->with_meter++;
			m->volume += a->lines[i].individual;
			m->area += a->flats[i].area;
		}
	}
}

static struct situation situation_of(const struct charge_house *h, const struct metered *m)
{
	if (h->is_heat_evenly) {
		return (struct situation){
			APPORTION_EVEN, APPORTION_COMMON, CHARGE_BY_LAST_YEAR, false};
	}
	if (!h->common[CHARGE_HEAT].is_fitted) {
		bool is_evenly = h->heating_share > 0;
		return (struct situation){is_evenly ? APPORTION_NORM_EVENLY : APPORTION_NORM,
			APPORTION_COMMON, CHARGE_BY_NORM, false};
	}
	if (m->with_meter == 0) {
		return (struct situation){APPORTION_AREA, APPORTION_COMMON, CHARGE_BY_AREA, true};
	}
	return (struct situation){APPORTION_SPECIFIC,
		m->with_meter == m->all ? APPORTION_COMMON_METERED : APPORTION_COMMON_MIXED,
		CHARGE_BY_SPECIFIC, true};
}

static void take_individual(
	struct apportion *a, size_t i, const struct situation *s, struct charge_line *line)
{
	const struct charge_flat *f = &a->flats[i];
	bool is_by_meter = s->has_common && line->basis != CHARGE_BY_NOTHING;
	line->norm = f->area * f->norms[CHARGE_HEAT];
	if (is_without_season(a->house)) {
		line->basis = CHARGE_NO_SEASON;
		line->individual = 0;
	} else if (f->has_own_heat) {
		line->basis = CHARGE_OWN_HEAT;
		line->individual = 0;
	} else if (!is_by_meter) {
		line->basis = s->basis;
		line->individual = line_value(a, line, s->individual);
		line->completeness = isnan(line->individual) ? 0 : 1;
		bool is_norm = s->basis == CHARGE_BY_NORM;
		line->quality = quality_make(isnan(line->individual) ? QUALITY_MISSING :
					     is_norm                 ? QUALITY_SUBSTITUTED :
								       QUALITY_CALCULATED,
			SOURCE_NONE, 0);
	}
	if (is_without_season(a->house) || f->has_own_heat) {
		line->quality = quality_make(QUALITY_CALCULATED, SOURCE_NONE, 0);
		line->completeness = 1;
	}
	line->vars[APPORTION_V_I] = line->individual;
	if (isnan(line->individual)) {
		line->basis = CHARGE_BY_NOTHING;
	}
	if (s->basis == CHARGE_BY_NORM && isnan(f->norms[CHARGE_HEAT]) &&
		!is_without_season(a->house)) {
		warn(a, CHARGE_NORM_UNKNOWN, CHARGE_HEAT, f->place);
	}
}

static double own_area(const struct apportion *a)
{
	double area = 0;
	for (size_t i = 0; i < a->n; i++) {
		area += a->flats[i].has_own_heat ? a->flats[i].area : 0;
	}
	return area;
}

/* The variables of the house, before its lines take them over. */
static void take_supply(struct apportion *a)
{
	double *v = a->vars;
	double supplied = common_supply(a, CHARGE_HEAT);
	v[APPORTION_S_IND] = own_area(a);
	v[APPORTION_K_M] = a->house->heating_share;
	v[APPORTION_V_YEAR] = a->house->heat_last_year;
	v[APPORTION_V_D] = supplied;
	if (a->house->heat_has_water) {
		v[APPORTION_Q_D] = supplied;
		v[APPORTION_Q_HW] = a->house->water_heat;
		v[APPORTION_V_HW] = a->hot_volume;
		v[APPORTION_V_D] = rule_value(a, CHARGE_HEAT, APPORTION_SUPPLY, v);
	}
	if (is_without_season(a->house)) {
		v[APPORTION_V_D] = a->house->common[CHARGE_HEAT].is_fitted ? 0 : NAN;
	}
}

static void set_all(struct apportion *a, enum apportion_var var, double value)
{
	a->vars[var] = value;
	for (size_t i = 0; i < a->n; i++) {
		a->lines[i].vars[var] = value;
	}
}

static void share_rest(struct apportion *a, const struct situation *s, struct charge_total *t)
{
	set_all(a, APPORTION_V_SUM, individual_sum(a));
	double rest = is_without_season(a->house) ?
			      0 :
			      rule_value(a, CHARGE_HEAT, APPORTION_REST, a->vars);
	set_all(a, APPORTION_V_REST, rest);
	t->rest = rest;
	for (size_t i = 0; i < a->n && !is_without_season(a->house); i++) {
		if (a->house->heat_has_water) {
			line_rule(&a->lines[i], APPORTION_SUPPLY);
		}
		line_rule(&a->lines[i], APPORTION_REST);
	}
	share_common(a, CHARGE_HEAT, s->common, a->lines, rest);
	t->common = rest;
}

static void check_sum(struct apportion *a, const struct charge_total *t)
{
	double sum = 0;
	for (size_t i = 0; i < a->n; i++) {
		sum += a->lines[i].volume;
	}
	if (fabs(sum - t->supplied) > 1e-6 * fmax(1, fabs(t->supplied))) {
		warn(a, CHARGE_NOT_SUM, CHARGE_HEAT, 0);
	}
}

static void add_capacity(struct apportion *a, size_t i)
{
	const struct charge_flat *f = &a->flats[i];
	struct charge_line line = a->lines[i];
	if (!f->capacity) {
		return;
	}
	line.part = CHARGE_CAPACITY;
	line.basis = isnan(f->heat_load) ? CHARGE_BY_NOTHING : CHARGE_BY_NORM;
	line.individual = line.volume = f->heat_load;
	line.common = line.common_full = line.norm = NAN;
	line.tariff = f->capacity;
	line.role_count = 0;
	line.quality = quality_make(
		isnan(f->heat_load) ? QUALITY_MISSING : QUALITY_SUBSTITUTED, SOURCE_NONE, 0);
	line.completeness = isnan(f->heat_load) ? 0 : 1;
	line_finish(a, &line);
}

void heat_run(struct apportion *a)
{
	struct charge_total *t = &a->result->totals[CHARGE_HEAT];
	struct metered m = {0};
	service_begin(a, CHARGE_HEAT);
	take_supply(a);
	lines_begin(a, CHARGE_HEAT, CHARGE_WHOLE, a->lines);
	if (!is_without_season(a->house)) {
		take_meters(a, &m);
	}
	struct situation s = situation_of(a->house, &m);
	set_all(a, APPORTION_V_R, m.volume);
	set_all(a, APPORTION_S_R, m.area);
	for (size_t i = 0; i < a->n; i++) {
		take_individual(a, i, &s, &a->lines[i]);
	}
	t->supplied = a->vars[APPORTION_V_D];
	t->individual = individual_sum(a);
	t->role = s.has_common ? s.common : s.individual;
	t->mode = CHARGE_COMMON_FACT;
	bool is_season_needed = a->house->heat_has_water ||
				!a->house->common[CHARGE_HEAT].is_fitted;
	if (!a->house->is_season_known && is_season_needed && !a->house->is_heat_evenly) {
		warn(a, CHARGE_SEASON_UNKNOWN, CHARGE_HEAT, 0);
	}
	t->has_common = s.has_common;
	if (s.has_common) {
		share_rest(a, &s, t);
	}
	for (size_t i = 0; i < a->n; i++) {
		struct charge_line *line = &a->lines[i];
		line->common = s.has_common ? line->common : 0;
		line->common_full = line->common;
		line->volume = line->individual + line->common;
	}
	if (s.has_common) {
		check_sum(a, t);
	}
	for (size_t i = 0; i < a->n; i++) {
		add_capacity(a, i);
		line_finish(a, &a->lines[i]);
	}
}
