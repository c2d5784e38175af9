/*
 * apportion.c - a run over a house: its services one by one, sharing, pricing, the result
 */
#include "calc/apportion_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- defaults ---- */

void charge_house_init(struct charge_house *h)
{
	*h = (struct charge_house){.area = NAN,
		.common_area = NAN,
		.is_heating_season = true,
		.is_season_known = true,
		.heat_last_year = NAN,
		.water_heat = NAN,
		.raising = NAN};
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		h->common[s].volume = h->common_norms[s] = NAN;
	}
	for (int i = 0; i < TARIFF_ZONES; i++) {
		h->common_zones[i] = NAN;
	}
}

void charge_flat_init(struct charge_flat *f, int64_t place)
{
	*f = (struct charge_flat){.place = place, .area = NAN, .people = NAN, .heat_load = NAN};
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		f->norms[s] = f->meters[s].volume = NAN;
		for (int i = 0; i < CHARGE_HISTORY; i++) {
			f->meters[s].history[i] = NAN;
		}
		for (int i = 0; i < TARIFF_STEPS; i++) {
			f->steps[s][i] = NAN;
		}
	}
	for (int i = 0; i < TARIFF_ZONES; i++) {
		f->zones[i] = NAN;
	}
}

static enum charge_common common_mode(
	const struct figures *f, int64_t place, enum charge_service s, int date)
{
	char code[96];
	(void)snprintf(code, sizeof(code), "apportionment.%s.common_needs", charge_service_name(s));
	const struct figure *found = figure_at(f, place, code, date);
	const char *text = found ? found->text : "";
	return strcmp(text, "fact") == 0 ? CHARGE_COMMON_FACT :
	       strcmp(text, "off") == 0  ? CHARGE_COMMON_OFF :
					   CHARGE_COMMON_NORM_CAP;
}

static int whole_number(const struct figures *f, int64_t place, const char *code, int date)
{
	double v = figure_number(f, place, code, date);
	return v >= 0 && v < 1000 ? (int)v : 0;
}

void charge_house_rules(struct charge_house *h, const struct figures *f, int64_t place, int date)
{
	const struct figure *mode = figure_at(f, place, "apportionment.heat.mode", date);
	h->is_heat_evenly = mode && strcmp(mode->text, "evenly") == 0;
	h->raising = figure_number(f, place, "apportionment.raising_coefficient", date);
	h->average_months = whole_number(
		f, place, "apportionment.missing_reading.average_months", date);
	h->history_min = whole_number(
		f, place, "apportionment.missing_reading.history_min_months", date);
	double least = figure_number(f, place, "apportionment.completeness_min", date);
	h->completeness_min = isnan(least) ? 1 : least;
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		char code[96];
		(void)snprintf(code, sizeof(code), "apportionment.%s.is_charged",
			charge_service_name((enum charge_service)s));
		h->is_off[s] = figure_number(f, place, code, date) == 0;
	}
	h->common_modes[CHARGE_COLD_WATER] = common_mode(f, place, CHARGE_COLD_WATER, date);
	h->common_modes[CHARGE_HOT_WATER] = common_mode(f, place, CHARGE_HOT_WATER, date);
	h->common_modes[CHARGE_ELECTRICITY] = common_mode(f, place, CHARGE_ELECTRICITY, date);
}

double charge_average(const double *history, size_t n, int min)
{
	double sum = 0;
	int known = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(history[i])) {
			sum += history[i];
			known++;
		}
	}
	return known > 0 && known >= min ? sum / known : NAN;
}

/* ---- parts of a run ---- */

void warn(struct apportion *a, enum charge_fault fault, enum charge_service s, int64_t place)
{
	struct charge_result *r = a->result;
	const struct charge_warning *last = r->warning_count ? &r->warnings[r->warning_count - 1] :
							       NULL;
	bool is_again = place ? last && last->fault == fault && last->service == s &&
					last->place == place :
				(a->warned[s] >> fault & 1) != 0;
	if (is_again) {
		return;
	}
	a->warned[s] |= place ? 0 : 1u << fault;
	if (r->warning_count == r->warning_cap) {
		size_t cap = r->warning_cap ? r->warning_cap * 2 : 16;
		struct charge_warning *more = realloc(r->warnings, cap * sizeof(*more));
		if (!more) {
			r->is_broken = true;
			return;
		}
		r->warnings = more;
		r->warning_cap = cap;
	}
	r->warnings[r->warning_count++] = (struct charge_warning){fault, s, place};
}

void service_begin(struct apportion *a, enum charge_service s)
{
	struct charge_total *t = &a->result->totals[s];
	for (int i = 0; i < APPORTION_VAR_COUNT; i++) {
		a->vars[i] = NAN;
	}
	a->vars[APPORTION_S_OB] = a->area;
	a->vars[APPORTION_S_OI] = a->house->common_area;
	a->vars[APPORTION_N_OB] = a->people;
	t->supplied = t->individual = t->rest = t->cap = t->common = NAN;
	t->is_charged = true;
}

void lines_begin(struct apportion *a, enum charge_service s, enum charge_part part,
	struct charge_line *lines)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct charge_flat *f = &a->flats[i];
		struct charge_line *line = &lines[i];
		*line = (struct charge_line){.bill = i,
			.service = s,
			.part = part,
			.individual = NAN,
			.common = NAN,
			.common_full = NAN,
			.volume = NAN,
			.norm = NAN,
			.quality = quality_make(QUALITY_MISSING, SOURCE_NONE, 0),
			.tariff = f->tariffs[s],
			.rule_service = s};
		memcpy(line->vars, a->vars, sizeof(line->vars));
		line->vars[APPORTION_S_I] = f->area;
		line->vars[APPORTION_N_I] = f->people;
		line->vars[APPORTION_N_STD] = f->norms[s];
	}
}

double common_supply(struct apportion *a, enum charge_service s)
{
	const struct charge_meter *m = &a->house->common[s];
	a->result->totals[s].quality = m->quality;
	if (!m->is_fitted) {
		return NAN;
	}
	bool is_usable = !isnan(m->volume) && quality_class(m->quality) != QUALITY_SUSPECT &&
			 m->completeness >= a->house->completeness_min;
	if (!is_usable) {
		warn(a, CHARGE_COMMON_NO_DATA, s, 0);
	}
	return is_usable ? m->volume : NAN;
}

bool take_meter(struct apportion *a, enum charge_service s, size_t i, struct charge_line *line)
{
	const struct charge_meter *m = &a->flats[i].meters[s];
	if (!m->is_fitted) {
		return false;
	}
	bool is_usable = !isnan(m->volume) && quality_class(m->quality) < QUALITY_SUSPECT &&
			 m->completeness >= a->house->completeness_min;
	if (is_usable) {
		line->basis = CHARGE_BY_METER;
		line->individual = m->volume;
		line->quality = m->quality;
		line->completeness = m->completeness;
		return true;
	}
	warn(a, CHARGE_METER_UNREAD, s, a->flats[i].place);
	line->unread_months = m->unread_months > 0 ? m->unread_months : 1;
	double average = charge_average(m->history, CHARGE_HISTORY, a->house->history_min);
	if (isnan(average) || line->unread_months > a->house->average_months) {
		return false;
	}
	line->basis = CHARGE_BY_AVERAGE;
	line->individual = average;
	line->quality = quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0);
	line->completeness = isnan(m->volume) ? 0 : m->completeness;
	return true;
}

double individual_sum(const struct apportion *a)
{
	double sum = 0;
	for (size_t i = 0; i < a->n; i++) {
		sum += a->lines[i].individual;
	}
	return sum;
}

/* ---- the common part ---- */

/* Premises that a reduction has not yet brought to nothing. */
struct active {
	double area, people;
	size_t n;
};

static struct active active_of(const struct apportion *a, const struct charge_line *lines)
{
	struct active r = {0};
	for (size_t i = 0; i < a->n; i++) {
		if (isnan(lines[i].common)) {
			r.area += a->flats[i].area;
			r.people += a->flats[i].people;
			r.n++;
		}
	}
	return r;
}

/* What premises that a reduction would bring below zero can take; they take part no longer. */
static double take_least(struct apportion *a, enum charge_service s, struct charge_line *lines,
	double left, const struct active *active, bool *ret_any)
{
	double taken = 0;
	*ret_any = false;
	for (size_t i = 0; i < a->n; i++) {
		double *vars = lines[i].vars;
		double individual = a->lines[i].individual;
		if (!isnan(lines[i].common)) {
			continue;
		}
		vars[APPORTION_V_ODN] = left;
		vars[APPORTION_S_OB] = active->area;
		vars[APPORTION_N_OB] = active->people;
		double share = rule_value(a, s, APPORTION_NEGATIVE, vars);
		if (individual + share < 0) {
			lines[i].common = vars[APPORTION_V_C] = -individual;
			taken += individual;
			*ret_any = true;
		}
	}
	return taken;
}

static void share_negative(
	struct apportion *a, enum charge_service s, struct charge_line *lines, double volume)
{
	double left = volume;
	bool is_any = true;
	warn(a, CHARGE_NEGATIVE_COMMON, s, 0);
	for (size_t i = 0; i < a->n; i++) {
		lines[i].common = NAN;
		line_rule(&lines[i], APPORTION_NEGATIVE);
	}
	struct active active = active_of(a, lines);
	while (is_any && active.n > 0) {
		left += take_least(a, s, lines, left, &active, &is_any);
		active = is_any ? active_of(a, lines) : active;
	}
	for (size_t i = 0; i < a->n; i++) {
		if (isnan(lines[i].common)) {
			lines[i].common = line_value(a, &lines[i], APPORTION_NEGATIVE);
		}
	}
}

void share_common(struct apportion *a, enum charge_service s, enum apportion_role role,
	struct charge_line *lines, double volume)
{
	uint16_t quality = quality_worst(
		a->house->common[s].is_fitted ? a->house->common[s].quality : 0,
		quality_make(QUALITY_CALCULATED, SOURCE_NONE, 0));
	if (volume < 0) {
		share_negative(a, s, lines, volume);
	}
	for (size_t i = 0; i < a->n; i++) {
		struct charge_line *line = &lines[i];
		if (!(volume < 0)) {
			line->vars[APPORTION_V_ODN] = volume;
			line->common = line_value(a, line, role);
		}
		bool is_known = !isnan(line->common);
		bool is_own = line->part == CHARGE_COMMON;
		line->quality = !is_known ? quality_make(QUALITY_MISSING, SOURCE_NONE, 0) :
				is_own    ? quality :
					    quality_worst(line->quality, quality);
		double completeness = a->house->common[s].is_fitted ?
					      a->house->common[s].completeness :
					      1;
		line->completeness = !is_known ? 0 :
				     is_own    ? completeness :
						 fmin(line->completeness, completeness);
	}
}

/* ---- prices ---- */

/* Zones of a volume that has none of its own: those of the common meter, in proportion. */
static bool zones_of(
	const struct apportion *a, const struct charge_line *line, struct tariff_volume *v)
{
	const struct charge_flat *f = &a->flats[line->bill];
	bool is_own = line->part == CHARGE_INDIVIDUAL && line->basis == CHARGE_BY_METER;
	double sum = 0;
	for (size_t i = 0; i < line->tariff->zone_count; i++) {
		v->zones[i] = is_own ? f->zones[i] : a->house->common_zones[i];
		sum += v->zones[i];
	}
	for (size_t i = 0; i < line->tariff->zone_count && !is_own; i++) {
		v->zones[i] = sum > 0 ? line->volume * v->zones[i] / sum : NAN;
	}
	return !isnan(sum) && (is_own || sum > 0);
}

static void price(struct apportion *a, struct charge_line *line)
{
	struct tariff_volume v = tariff_volume_of(line->volume);
	const struct charge_flat *f = &a->flats[line->bill];
	line->charge = MONEY_NONE;
	if (!line->tariff || !tariff_is_known(line->tariff)) {
		warn(a, CHARGE_TARIFF_UNKNOWN, line->service, 0);
	}
	if (!line->tariff) {
		return;
	}
	if (line->tariff->zone_count && !zones_of(a, line, &v) && !isnan(line->volume)) {
		warn(a, CHARGE_ZONES_UNKNOWN, line->service, f->place);
	}
	if (line->basis == CHARGE_BY_METER) {
		memcpy(v.steps, f->steps[line->service], sizeof(v.steps));
	}
	line->charge = tariff_charge(
		line->tariff, &v, line->parts, TARIFF_PARTS, &line->part_count);
}

/* Volume of a service that takes part in its totals. */
static bool is_volume(const struct charge_line *line)
{
	return line->part == CHARGE_WHOLE || line->part == CHARGE_INDIVIDUAL ||
	       line->part == CHARGE_COMMON;
}

void line_finish(struct apportion *a, struct charge_line *line)
{
	struct charge_total *t = &a->result->totals[line->service];
	price(a, line);
	if (is_volume(line)) {
		t->volume += line->volume;
		t->flats++;
		t->known += isnan(line->volume) ? 0 : 1;
	}
	t->charge = money_add(t->charge, line->charge);
	t->charge_known += line->charge == MONEY_NONE ? 0 : line->charge;
	if (!charge_result_add(a->result, line)) {
		a->result->is_broken = true;
	}
}

/* ---- the run ---- */

static bool is_active(const struct apportion *a, enum charge_service s)
{
	bool is_there = a->house->common[s].is_fitted;
	if (a->house->is_off[s]) {
		return false;
	}
	for (size_t i = 0; i < a->n && !is_there; i++) {
		is_there = a->flats[i].tariffs[s] || a->flats[i].meters[s].is_fitted;
	}
	return is_there;
}

static void sum_house(struct apportion *a)
{
	double area = 0;
	for (size_t i = 0; i < a->n; i++) {
		area += a->flats[i].area;
		a->people += a->flats[i].people;
		a->volumes[0][i] = a->volumes[1][i] = 0;
		a->common_hot[i] = NAN;
		if (isnan(a->flats[i].area)) {
			warn(a, CHARGE_AREA_UNKNOWN, CHARGE_HEAT, a->flats[i].place);
		}
	}
	a->area = isnan(a->house->area) ? area : a->house->area;
}

/* What all would cost as one amount, less what the rounded lines sum to. */
static void settle_rounding(struct apportion *a)
{
	struct charge_result *r = a->result;
	double exact[CHARGE_SERVICE_COUNT] = {0};
	for (size_t i = 0; i < r->line_count; i++) {
		const struct charge_line *line = &r->lines[i];
		for (size_t k = 0; k < line->part_count; k++) {
			exact[line->service] += line->parts[k].volume * line->parts[k].rate;
		}
	}
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		struct charge_total *t = &r->totals[s];
		int64_t whole = money_of(round_decimal(exact[s], 6));
		t->rounding = t->charge == MONEY_NONE || whole == MONEY_NONE ? MONEY_NONE :
									       whole - t->charge;
	}
}

static void run_services(struct apportion *a)
{
	static const enum charge_service by_volume[] = {
		CHARGE_HOT_WATER, CHARGE_COLD_WATER, CHARGE_ELECTRICITY};
	for (size_t i = 0; i < sizeof(by_volume) / sizeof(by_volume[0]); i++) {
		if (is_active(a, by_volume[i])) {
			water_run(a, by_volume[i]);
		}
	}
	if (is_active(a, CHARGE_HOT_WATER_HEAT)) {
		hot_water_heat_run(a);
	}
	if (is_active(a, CHARGE_SEWER)) {
		sewer_run(a);
	}
	if (is_active(a, CHARGE_HEAT)) {
		heat_run(a);
	}
}

enum err apportion_run(const struct apportion_rules *rules, const struct charge_house *h,
	const struct charge_flat *flats, size_t n, struct charge_result **ret_result)
{
	struct apportion a = {
		.rules = rules, .house = h, .flats = flats, .n = n, .hot_volume = NAN};
	double *volumes = calloc(3 * n + 1, sizeof(*volumes));
	struct charge_line *lines = calloc(2 * n + 1, sizeof(*lines));
	struct charge_result *r = a.result = calloc(1, sizeof(*r));
	struct charge_bill *bills = calloc(n + 1, sizeof(*bills));
	bool is_whole = volumes && lines && r && bills;
	if (is_whole) {
		a.lines = lines;
		a.commons = lines + n;
		a.volumes[0] = volumes;
		a.volumes[1] = volumes + n;
		a.common_hot = volumes + 2 * n;
		r->bills = bills;
		r->bill_count = n;
		bills = NULL;
		for (size_t i = 0; i < n; i++) {
			r->bills[i].place = flats[i].place;
		}
		sum_house(&a);
		run_services(&a);
		settle_rounding(&a);
		charge_result_group(r);
		is_whole = !r->is_broken;
	}
	free(volumes);
	free(lines);
	free(bills);
	if (!is_whole) {
		charge_result_free(r);
		return ERR_NOMEM;
	}
	*ret_result = r;
	return ERR_OK;
}
