/*
 * climate.c - degree days, heating curve, deviation from the graph, classes; see climate.h
 */
#include "calc/climate.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- degree days ---- */

static const char *const kinds[] = {[DEGREE_DAYS_SIMPLE] = "simple",
	[DEGREE_DAYS_EUROSTAT] = "eurostat",
	[DEGREE_DAYS_GERMAN] = "german",
	[DEGREE_DAYS_GSOP] = "gsop"};

const char *degree_days_name(enum degree_days_kind k)
{
	return k < DEGREE_DAYS_KIND_COUNT ? kinds[k] : "";
}

bool degree_days_rule_of(const struct figures *f, int64_t place, enum degree_days_kind kind,
	int date, struct degree_days_rule *ret_rule)
{
	char code[CODE_CAP];
	struct degree_days_rule rule = {.kind = kind};
	(void)snprintf(code, sizeof(code), "degree_days.%s.base", degree_days_name(kind));
	rule.base = figure_number(f, place, code, date);
	(void)snprintf(code, sizeof(code), "degree_days.%s.limit", degree_days_name(kind));
	rule.limit = kind == DEGREE_DAYS_SIMPLE ? rule.base : figure_number(f, place, code, date);
	if (isnan(rule.base) || isnan(rule.limit)) {
		return false;
	}
	*ret_rule = rule;
	return true;
}

static bool is_heating_day(const struct degree_days_rule *rule, double t)
{
	switch (rule->kind) {
	case DEGREE_DAYS_SIMPLE: return t < rule->base;
	case DEGREE_DAYS_GERMAN: return t < rule->limit;
	default: return t <= rule->limit;
	}
}

double degree_days_of(const struct degree_days_rule *rule, double t)
{
	if (isnan(t)) {
		return NAN;
	}
	return is_heating_day(rule, t) ? rule->base - t : 0;
}

struct degree_days degree_days_sum(const struct degree_days_rule *rule, const double *t, size_t n)
{
	struct degree_days d = {.sum = 0, .expected = n};
	for (size_t i = 0; i < n; i++) {
		if (!isnan(t[i])) {
			d.sum += degree_days_of(rule, t[i]);
			d.heating_days += is_heating_day(rule, t[i]);
			d.known++;
		}
	}
	d.sum = d.known ? d.sum : NAN;
	return d;
}

double degree_days_season(double indoor, double mean, double days)
{
	return (indoor - mean) * days;
}

/* ---- heating curve ---- */

struct curve_point curve_at(const struct heating_curve *c, double outdoor)
{
	double q = (c->indoor - outdoor) / (c->indoor - c->design);
	q = q < 0 ? 0 : q > 1 ? 1 : q; /* NaN stays NaN */
	double half = (c->house - c->ret) / 2;
	double body = c->indoor +
		      ((c->house + c->ret) / 2 - c->indoor) * pow(q, 1 / (1 + c->radiator));
	struct curve_point p = {
		.load = q,
		.supply = body + (c->supply - c->ret - half) * q,
		.house = body + half * q,
		.ret = body - half * q,
	};
	p.is_broken = p.supply < c->least;
	p.supply = p.is_broken ? c->least : p.supply;
	p.is_cut = p.supply > c->most;
	p.supply = p.is_cut ? c->most : p.supply;
	return p;
}

/* ---- graph ---- */

static enum err bad_row(
	struct diag *diag, const struct figure *f, size_t row, double outdoor, const char *what)
{
	return err_set(
		diag, ERR_PARSE, "%s: row %zu (t_out %g): %s", f->code, row + 1, outdoor, what);
}

/*
 * The supply of row k is higher than that of the row before: which of the two is wrong? The one
 * without which the others are in order.
 */
static size_t wrong_row(const struct figure_row *rows, size_t n, size_t column, size_t k)
{
	bool fits_without_k = k + 1 >= n || rows[k + 1].v[column] <= rows[k - 1].v[column];
	bool fits_without_before = k < 2 || rows[k].v[column] <= rows[k - 2].v[column];
	return fits_without_before && !fits_without_k ? k - 1 : k;
}

static enum err check_row(const struct figure *f, const struct figure_row *rows, size_t n, size_t k,
	const size_t *columns, struct diag *diag)
{
	const struct figure_row *row = &rows[k];
	char what[80];
	double supply = row->v[columns[1]];
	double ret = row->v[columns[2]];
	for (size_t i = 0; i < 3; i++) {
		if (columns[i] >= row->n || isnan(row->v[columns[i]])) {
			return bad_row(diag, f, k, row->v[0], "a temperature is missing");
		}
	}
	if (ret >= supply) {
		(void)snprintf(what, sizeof(what), "return %g is not below supply %g", ret, supply);
		return bad_row(diag, f, k, row->v[0], what);
	}
	if (k > 0 && row->v[0] <= rows[k - 1].v[0]) {
		return bad_row(diag, f, k, row->v[0], "outdoor temperatures must rise");
	}
	if (k > 0 && supply > rows[k - 1].v[columns[1]]) {
		size_t at = wrong_row(rows, n, columns[1], k);
		(void)snprintf(what, sizeof(what), "t1 %g is out of order with its neighbours",
			rows[at].v[columns[1]]);
		return bad_row(diag, f, at, rows[at].v[0], what);
	}
	return ERR_OK;
}

enum err graph_check(const struct figure *graph, struct diag *diag)
{
	static const char *const names[] = {"t_out", "t1", "t2"};
	struct figure_row rows[GRAPH_ROWS_MAX];
	size_t columns[3];
	for (size_t i = 0; i < 3; i++) {
		if (!figure_column(graph, names[i], &columns[i]) || (i == 0 && columns[0] != 0)) {
			return err_set(diag, ERR_PARSE, "%s: the first row must name t_out, t1, t2",
				graph->code);
		}
	}
	size_t n = figure_rows(graph, rows, GRAPH_ROWS_MAX);
	if (n < 2 || n > GRAPH_ROWS_MAX) {
		return err_set(diag, ERR_PARSE, "%s: a graph has 2 to %d rows of numbers",
			graph->code, GRAPH_ROWS_MAX);
	}
	enum err e = ERR_OK;
	for (size_t k = 0; k < n && !e; k++) {
		e = check_row(graph, rows, n, k, columns, diag);
	}
	return e;
}

struct graph_norm graph_at(const struct graph *g, double outdoor)
{
	if (g->table) {
		return (struct graph_norm){figure_interp(g->table, "t1", outdoor),
			figure_interp(g->table, "t2", outdoor)};
	}
	struct curve_point p = curve_at(&g->curve, outdoor);
	return (struct graph_norm){p.supply, p.ret};
}

struct graph_deviation graph_deviation_of(const struct graph *g, const struct graph_fact *fact)
{
	struct graph_deviation d = {.norm = graph_at(g, fact->outdoor)};
	d.supply_k = fact->supply - d.norm.supply;
	d.return_k = fact->ret - d.norm.ret;
	d.supply_percent = d.supply_k / d.norm.supply * 100;
	d.return_percent = d.return_k / d.norm.ret * 100;
	d.is_known = !isnan(d.supply_percent);
	d.is_supply_low = d.supply_percent < -g->supply_percent;
	d.is_supply_high = d.supply_percent > g->supply_percent;
	d.is_return_high = d.is_known && !d.is_supply_low && !d.is_supply_high &&
			   d.return_percent > g->return_percent;
	/* 1 kcal/(kg K): t and K give Gcal */
	d.unused_gcal = d.is_return_high ? fact->mass_t * d.return_k / 1000 : 0;
	return d;
}

/* ---- years and houses ---- */

double weather_normalised(double base, double heating, double days_norm, double days_fact)
{
	return days_fact > 0 ? base + heating * days_norm / days_fact : NAN;
}

double specific_consumption(double gcal, double area_m2)
{
	double kwh = NAN;
	if (!(area_m2 > 0) || unit_convert(gcal, UNIT_GCAL, UNIT_KWH, &kwh)) {
		return NAN;
	}
	return kwh / area_m2;
}

double specific_per_degree_day(double kwh_per_m2, double degree_days)
{
	return degree_days > 0 ? kwh_per_m2 * 1000 / degree_days : NAN;
}

/* ---- class of energy efficiency ---- */

static const struct {
	const char *code, *label;
} labels[ENERGY_CLASSES_MAX] = {
	{"energy_class.a_plus_plus", "A++"},
	{"energy_class.a_plus", "A+"},
	{"energy_class.a", "A"},
	{"energy_class.b_plus_plus", "B++"},
	{"energy_class.b_plus", "B+"},
	{"energy_class.b", "B"},
	{"energy_class.c", "C"},
	{"energy_class.d", "D"},
	{"energy_class.e", "E"},
	{"energy_class.f", "F"},
	{"energy_class.g", "G"},
};

size_t energy_classes(const struct figures *f, int64_t place, int date,
	struct energy_class ret_classes[ENERGY_CLASSES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < ENERGY_CLASSES_MAX && labels[i].code; i++) {
		const struct figure *figure = figure_at(f, place, labels[i].code, date);
		if (figure) {
			ret_classes[n++] = (struct energy_class){labels[i].label,
				isnan(figure->value) ? (double)INFINITY : figure->value, figure};
		}
	}
	return n;
}

struct energy_verdict energy_class_of(
	const struct energy_class *classes, size_t n, bool is_whole, double fact, double base)
{
	struct energy_verdict v = {NAN, -1};
	if (!(base > 0) || isnan(fact)) {
		return v;
	}
	v.deviation_percent = (fact - base) / base * 100;
	/* what is exactly at a bound must not fall beyond it by the last bit of the division */
	double judged = is_whole ? round(v.deviation_percent) :
				   round(v.deviation_percent * 1e9) / 1e9;
	for (size_t i = 0; i < n && v.index < 0; i++) {
		v.index = judged <= classes[i].upper ? (int)i : -1;
	}
	return v;
}
