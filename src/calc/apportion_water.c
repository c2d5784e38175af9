/*
 * apportion_water.c - cold and hot water, electricity, sewerage, the heat of hot water
 */
#include "calc/apportion_impl.h"

static void take_norm(
	struct apportion *a, enum charge_service s, size_t i, struct charge_line *line)
{
	const struct charge_flat *f = &a->flats[i];
	line->basis = f->meters[s].is_fitted ? CHARGE_BY_NORM_UNREAD : CHARGE_BY_NORM;
	line->individual = line_value(a, line, APPORTION_NORM);
	bool is_known = !isnan(line->individual);
	line->quality = quality_make(
		is_known ? QUALITY_SUBSTITUTED : QUALITY_MISSING, SOURCE_NONE, 0);
	line->completeness = is_known ? 1 : 0;
	if (!is_known) {
		line->basis = CHARGE_BY_NOTHING;
		warn(a, isnan(f->people) ? CHARGE_PEOPLE_UNKNOWN : CHARGE_NORM_UNKNOWN, s,
			f->place);
	}
}

static void take_individuals(struct apportion *a, enum charge_service s)
{
	for (size_t i = 0; i < a->n; i++) {
		struct charge_line *line = &a->lines[i];
		line->norm = a->flats[i].people * a->flats[i].norms[s];
		if (!take_meter(a, s, i, line)) {
			take_norm(a, s, i, line);
		}
		line->volume = line->individual;
		line->vars[APPORTION_V_I] = line->individual;
	}
}

/* What the law adds where a meter could be fitted and is not. */
static void add_raise(struct apportion *a, enum charge_service s, size_t i)
{
	struct charge_line line = a->lines[i];
	if (!a->flats[i].is_raised[s] || line.basis != CHARGE_BY_NORM) {
		return;
	}
	line.part = CHARGE_RAISE;
	line.role_count = 0;
	line.vars[APPORTION_K_UP] = a->house->raising;
	line.individual = line.volume = line_value(a, &line, APPORTION_RAISE);
	line.norm = NAN;
	line_finish(a, &line);
}

/* How much of the common volume is charged; NaN: unknown. False: there is nothing to charge. */
static bool common_volume(struct apportion *a, enum charge_service s, double *ret_volume)
{
	struct charge_total *t = &a->result->totals[s];
	bool has_meter = a->house->common[s].is_fitted;
	bool is_by_norm = t->mode == CHARGE_COMMON_NORM_CAP;
	*ret_volume = t->rest;
	if (t->mode == CHARGE_COMMON_OFF || (!has_meter && !is_by_norm)) {
		return false;
	}
	if (!has_meter && isnan(a->house->common_norms[s])) {
		return false;
	}
	if (!is_by_norm || t->rest <= 0) {
		return true;
	}
	a->vars[APPORTION_V_CAP] = t->cap = rule_value(a, s, APPORTION_CAP, a->vars);
	if (isnan(t->cap)) {
		bool is_norm = isnan(a->house->common_norms[s]);
		warn(a, is_norm ? CHARGE_NORM_UNKNOWN : CHARGE_COMMON_AREA_UNKNOWN, s, 0);
	}
	*ret_volume = !has_meter                      ? t->cap :
		      isnan(t->rest) || isnan(t->cap) ? NAN :
							fmin(t->rest, t->cap);
	return true;
}

static void common_finish(
	struct apportion *a, enum charge_service s, size_t i, const struct charge_total *t)
{
	struct charge_line *line = &a->commons[i];
	line->volume = line->common;
	line->basis = isnan(line->common) ? CHARGE_BY_NOTHING :
		      t->common < 0       ? CHARGE_BY_PEOPLE :
					    CHARGE_BY_AREA;
	line->norm = t->cap * a->flats[i].area / a->area;
	/* all of the rest, whether it is charged or not */
	double vars[APPORTION_VAR_COUNT];
	for (int k = 0; k < APPORTION_VAR_COUNT; k++) {
		vars[k] = line->vars[k];
	}
	vars[APPORTION_V_ODN] = t->rest;
	bool has_meter = a->house->common[s].is_fitted;
	line->common_full = !has_meter || t->rest <= 0 ? line->common :
							 rule_value(a, s, APPORTION_COMMON, vars);
	if (s == CHARGE_HOT_WATER) {
		a->common_hot[i] = line->common;
	}
	line_finish(a, line);
}

static void common_run(struct apportion *a, enum charge_service s)
{
	struct charge_total *t = &a->result->totals[s];
	double volume;
	if (!common_volume(a, s, &volume)) {
		return;
	}
	t->has_common = true;
	lines_begin(a, s, CHARGE_COMMON, a->commons);
	for (size_t i = 0; i < a->n; i++) {
		if (a->house->common[s].is_fitted) {
			line_rule(&a->commons[i], APPORTION_REST);
		}
		if (t->mode == CHARGE_COMMON_NORM_CAP && !isnan(t->cap)) {
			line_rule(&a->commons[i], APPORTION_CAP);
		}
	}
	share_common(a, s, APPORTION_COMMON, a->commons, volume);
	t->common = volume;
	double sum = t->individual;
	for (size_t i = 0; i < a->n; i++) {
		common_finish(a, s, i, t);
		sum += a->commons[i].volume;
	}
	double whole = t->individual + volume;
	if (fabs(sum - whole) > 1e-6 * fmax(1, fabs(whole))) {
		warn(a, CHARGE_NOT_SUM, s, 0);
	}
}

void water_run(struct apportion *a, enum charge_service s)
{
	struct charge_total *t = &a->result->totals[s];
	service_begin(a, s);
	a->vars[APPORTION_V_D] = t->supplied = common_supply(a, s);
	a->vars[APPORTION_V_MAKE] = isnan(a->house->water_made_hot) ? a->hot_volume :
								      a->house->water_made_hot;
	a->vars[APPORTION_N_ODN] = a->house->common_norms[s];
	lines_begin(a, s, CHARGE_INDIVIDUAL, a->lines);
	take_individuals(a, s);
	a->vars[APPORTION_V_SUM] = t->individual = individual_sum(a);
	t->mode = a->house->common_modes[s];
	t->role = APPORTION_COMMON;
	if (a->house->common[s].is_fitted) {
		a->vars[APPORTION_V_REST] = t->rest = rule_value(a, s, APPORTION_REST, a->vars);
	}
	for (size_t i = 0; i < a->n; i++) {
		if (s == CHARGE_COLD_WATER || s == CHARGE_HOT_WATER) {
			a->volumes[s == CHARGE_HOT_WATER][i] = a->lines[i].volume;
		}
		add_raise(a, s, i);
		line_finish(a, &a->lines[i]);
	}
	common_run(a, s);
	if (s == CHARGE_HOT_WATER) {
		a->hot_volume = a->house->common[s].is_fitted ? t->supplied :
				t->has_common                 ? t->individual + t->common :
								t->individual;
	}
}

/* ---- services that follow the water ---- */

void sewer_run(struct apportion *a)
{
	struct charge_total *t = &a->result->totals[CHARGE_SEWER];
	service_begin(a, CHARGE_SEWER);
	t->mode = CHARGE_COMMON_OFF;
	t->role = APPORTION_WATER;
	lines_begin(a, CHARGE_SEWER, CHARGE_INDIVIDUAL, a->lines);
	for (size_t i = 0; i < a->n; i++) {
		struct charge_line *line = &a->lines[i];
		line->vars[APPORTION_V_CW] = a->volumes[0][i];
		line->vars[APPORTION_V_HW] = a->volumes[1][i];
		line->individual = line->volume = line_value(a, line, APPORTION_WATER);
		bool is_known = !isnan(line->volume);
		line->basis = is_known ? CHARGE_BY_WATER : CHARGE_BY_NOTHING;
		line->quality = quality_make(
			is_known ? QUALITY_CALCULATED : QUALITY_MISSING, SOURCE_NONE, 0);
		line->completeness = is_known ? 1 : 0;
		line->norm = a->flats[i].people * (a->flats[i].norms[CHARGE_COLD_WATER] +
							  a->flats[i].norms[CHARGE_HOT_WATER]);
		line_finish(a, line);
	}
	t->individual = individual_sum(a);
}

static void heat_of(struct apportion *a, struct charge_line *lines, const double *water,
	enum apportion_role role)
{
	bool is_common = role == APPORTION_HEAT_COMMON;
	for (size_t i = 0; i < a->n; i++) {
		struct charge_line *line = &lines[i];
		line->vars[is_common ? APPORTION_V_C : APPORTION_V_I] = water[i];
		line->volume = line_value(a, line, role);
		*(is_common ? &line->common : &line->individual) = line->volume;
		bool is_known = !isnan(line->volume);
		line->basis = is_known ? CHARGE_BY_WATER : CHARGE_BY_NOTHING;
		line->quality = quality_make(
			is_known ? QUALITY_CALCULATED : QUALITY_MISSING, SOURCE_NONE, 0);
		line->completeness = is_known ? 1 : 0;
		line->norm = is_common ? NAN :
					 a->flats[i].people * a->flats[i].norms[CHARGE_HOT_WATER] *
						 a->house->water_heat;
		line_finish(a, line);
	}
}

void hot_water_heat_run(struct apportion *a)
{
	struct charge_total *t = &a->result->totals[CHARGE_HOT_WATER_HEAT];
	const struct charge_total *water = &a->result->totals[CHARGE_HOT_WATER];
	service_begin(a, CHARGE_HOT_WATER_HEAT);
	a->vars[APPORTION_Q_HW] = a->house->water_heat;
	t->mode = water->mode;
	t->role = APPORTION_HEAT;
	if (isnan(a->house->water_heat)) {
		warn(a, CHARGE_NORM_UNKNOWN, CHARGE_HOT_WATER_HEAT, 0);
	}
	lines_begin(a, CHARGE_HOT_WATER_HEAT, CHARGE_INDIVIDUAL, a->lines);
	heat_of(a, a->lines, a->volumes[1], APPORTION_HEAT);
	t->individual = individual_sum(a);
	if (water->has_common) {
		lines_begin(a, CHARGE_HOT_WATER_HEAT, CHARGE_COMMON, a->commons);
		heat_of(a, a->commons, a->common_hot, APPORTION_HEAT_COMMON);
		t->common = water->common * a->house->water_heat;
	}
}
