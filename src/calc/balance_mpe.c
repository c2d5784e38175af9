/*
 * balance_mpe.c - how far the meter of a channel may be off; see balance_tree.h
 */
#include "calc/balance_tree.h"

#include <math.h>
#include <stdio.h>

#define HOUR_S 3600.0
#define GCAL_PER_M3 \
	1e-3 /* and K: what a cubic metre of water gives by cooling, near enough for an error */

double balance_mpe(const struct figures *figures, int64_t place, enum quantity q, int date)
{
	char code[CODE_CAP];
	if (!figures) {
		return NAN;
	}
	(void)snprintf(code, sizeof(code), "accuracy.mpe_percent.%s", quantity_code(q));
	const struct figure *own = figure_at(figures, place, code, date);
	const struct figure *any = figure_at(figures, place, "accuracy.mpe_percent", date);
	/* what somebody entered for the place goes before what standards say of meters in general */
	const struct figure *best = own && own->parameter ? own : any ? any : own;
	return best ? best->value : NAN;
}

static double or_else(const struct figures *f, int64_t place, const char *code, int date, double v)
{
	double told = figure_number(f, place, code, date);
	return isnan(told) ? v : told;
}

struct balance_heat balance_heat_of(const struct figures *figures, int64_t place, int date)
{
	struct balance_heat h = {.qp = NAN};
	const struct figure *table = figures ? figure_at(figures, place, "accuracy.en1434", date) :
					       NULL;
	if (!table) {
		return h;
	}
	double class = or_else(figures, place, "accuracy.en1434.class", date, 2);
	h.class = (struct en1434_class){
		.flow_base = figure_interp(table, "flow_base", class),
		.flow_slope = figure_interp(table, "flow_slope", class),
		.flow_max = figure_interp(table, "flow_max", class),
		.calculator_base = figure_interp(table, "calculator_base", class),
		.calculator_slope = figure_interp(table, "calculator_slope", class),
		.sensors_base = figure_interp(table, "sensors_base", class),
		.sensors_slope = figure_interp(table, "sensors_slope", class),
	};
	h.qp = figure_number(figures, place, "accuracy.en1434.qp", date);
	h.dt = or_else(figures, place, "accuracy.en1434.dt", date, 20);
	h.dt_min = or_else(figures, place, "accuracy.en1434.dt_min", date, 3);
	return h;
}

double balance_heat_mpe(const struct balance_heat *heat, double gcal, int64_t seconds)
{
	if (isnan(heat->qp) || !(gcal > 0) || seconds <= 0 || !(heat->dt > 0)) {
		return NAN;
	}
	double q = gcal / ((double)seconds / HOUR_S) / (heat->dt * GCAL_PER_M3);
	return mpe_en1434(&heat->class, heat->qp, q, heat->dt, heat->dt_min).sum;
}
