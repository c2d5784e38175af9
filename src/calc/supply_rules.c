/*
 * supply_rules.c - one row per figure; see supply_rules.h
 */
#include "calc/supply_rules.h"

#include <math.h>
#include <string.h>

#define CODE(text) "supply_quality." text
#define AT(field)  offsetof(struct supply_rules, field)
#define NOWHERE    SIZE_MAX /* more than a number; read by name below */

struct row {
	const char *code;
	size_t offset;
};

static const struct row cold_water[] = {
	{CODE("cold_water.break.total_h"), AT(cut.total_h)},
	{CODE("cold_water.break.once_h"), AT(cut.once_h)},
	{CODE("cold_water.break.percent"), AT(cut.percent)},
	{CODE("cold_water.break.pressure_none_mpa"), AT(cut.pressure_none)},
	{CODE("cold_water.pressure.min_mpa"), AT(pressure.min)},
	{CODE("cold_water.pressure.max_mpa"), AT(pressure.max)},
	{CODE("cold_water.pressure.percent"), AT(pressure.percent)},
	{CODE("cold_water.pressure.severe_share"), AT(pressure.severe)},
	{NULL, 0},
};

#define DEAD_END   CODE("hot_water.dead_end")
#define DEAD_END_H CODE("hot_water.break.dead_end_h")
#define STEP       CODE("hot_water.temperature.step")
#define BASE       CODE("hot_water.temperature.base")

static const struct row hot_water[] = {
	{CODE("hot_water.break.total_h"), AT(cut.total_h)},
	{CODE("hot_water.break.once_h"), AT(cut.once_h)},
	{DEAD_END, NOWHERE},
	{DEAD_END_H, NOWHERE},
	{CODE("hot_water.break.percent"), AT(cut.percent)},
	{CODE("hot_water.break.pressure_none_mpa"), AT(cut.pressure_none)},
	{CODE("hot_water.temperature.min_c"), AT(temperature.min)},
	{CODE("hot_water.temperature.max_c"), AT(temperature.max)},
	{CODE("hot_water.temperature.allow_day_k"), AT(temperature.allow_day)},
	{CODE("hot_water.temperature.allow_night_k"), AT(temperature.allow_night)},
	{CODE("hot_water.temperature.percent"), AT(temperature.percent)},
	{CODE("hot_water.temperature.per_k"), AT(temperature.per_k)},
	{STEP, NOWHERE},
	{BASE, NOWHERE},
	{CODE("hot_water.temperature.cold_below_c"), AT(temperature.cold_below)},
	{CODE("hot_water.temperature.offset_k"), AT(temperature.offset)},
	{CODE("night.from_h"), AT(times.night_from_h)},
	{CODE("night.till_h"), AT(times.night_till_h)},
	{CODE("hot_water.pressure.min_mpa"), AT(pressure.min)},
	{CODE("hot_water.pressure.max_mpa"), AT(pressure.max)},
	{CODE("hot_water.pressure.percent"), AT(pressure.percent)},
	{CODE("hot_water.pressure.severe_share"), AT(pressure.severe)},
	{NULL, 0},
};

#define ONCE       CODE("heating.break.once")
#define COLD_BELOW CODE("heating.room.cold_region_below_c")
#define COLD_MIN   CODE("heating.room.cold_region_min_c")
#define CORNER     CODE("heating.room.corner")
#define CORNER_K   CODE("heating.room.corner_k")
#define ROOM_STEP  CODE("heating.room.step")
#define STATIC     CODE("heating.pressure.static_mpa")
#define ABOVE      CODE("heating.pressure.above_static_mpa")
#define DESIGN     "building.design_outdoor_temperature"

static const struct row heating[] = {
	{CODE("heating.break.total_h"), AT(cut.total_h)},
	{ONCE, NOWHERE},
	{CODE("heating.break.percent"), AT(cut.percent)},
	{CODE("heating.break.pressure_none_mpa"), AT(cut.pressure_none)},
	{CODE("heating.room.min_c"), AT(room.min)},
	{DESIGN, NOWHERE},
	{COLD_BELOW, NOWHERE},
	{COLD_MIN, NOWHERE},
	{CORNER, NOWHERE},
	{CORNER_K, NOWHERE},
	{CODE("heating.room.night_drop_k"), AT(room.night_drop)},
	{CODE("heating.room.over_k"), AT(room.over)},
	{CODE("heating.room.percent"), AT(room.percent)},
	{CODE("heating.room.per_k"), AT(room.per_k)},
	{ROOM_STEP, NOWHERE},
	{CODE("night.from_h"), AT(times.night_from_h)},
	{CODE("night.till_h"), AT(times.night_till_h)},
	{CODE("heating.pressure.max_mpa"), AT(pressure.max)},
	{STATIC, NOWHERE},
	{ABOVE, NOWHERE},
	{CODE("heating.pressure.severe_share"), AT(pressure.severe)},
	{CODE("heating.season.from_mmdd"), AT(times.season_from)},
	{CODE("heating.season.till_mmdd"), AT(times.season_till)},
	{NULL, 0},
};

#define SUPPLIES CODE("electricity.supplies")
#define TWO_H    CODE("electricity.break.two_supplies_h")
#define ONE_H    CODE("electricity.break.one_supply_h")

static const struct row electricity[] = {
	{SUPPLIES, NOWHERE},
	{TWO_H, NOWHERE},
	{ONE_H, NOWHERE},
	{CODE("electricity.break.percent"), AT(cut.percent)},
	{CODE("electricity.break.voltage_none_v"), AT(cut.voltage_none)},
	{CODE("electricity.voltage.min_v"), AT(voltage.min)},
	{CODE("electricity.voltage.max_v"), AT(voltage.max)},
	{CODE("electricity.voltage.percent"), AT(voltage.percent)},
	{CODE("electricity.frequency.min_hz"), AT(frequency.min)},
	{CODE("electricity.frequency.max_hz"), AT(frequency.max)},
	{CODE("electricity.frequency.percent"), AT(frequency.percent)},
	{NULL, 0},
};

static const struct row sewer[] = {
	{CODE("sewer.break.total_h"), AT(cut.total_h)},
	{CODE("sewer.break.once_h"), AT(cut.once_h)},
	{CODE("sewer.break.percent"), AT(cut.percent)},
	{NULL, 0},
};

static const struct row gas[] = {
	{CODE("gas.break.total_h"), AT(cut.total_h)},
	{CODE("gas.break.percent"), AT(cut.percent)},
	{NULL, 0},
};

static const struct row *const services[SUPPLY_SERVICE_COUNT] = {
	[SUPPLY_COLD_WATER] = cold_water,
	[SUPPLY_HOT_WATER] = hot_water,
	[SUPPLY_HEATING] = heating,
	[SUPPLY_ELECTRICITY] = electricity,
	[SUPPLY_SEWER] = sewer,
	[SUPPLY_GAS] = gas,
};

const char *supply_rules_code(enum supply_service service, size_t i)
{
	return services[service][i].code;
}

/* Where and when a figure is asked for. */
struct where {
	const struct figures *f;
	int64_t place;
	int date;
};

static double number(const struct where *w, const char *code)
{
	return figure_number(w->f, w->place, code, w->date);
}

/* A word of a figure; what the rules say without it stays. */
static enum err take_word(const struct where *w, const char *code, int *inout_value,
	bool (*from_name)(const char *name, int *ret), struct diag *diag)
{
	const struct figure *f = figure_at(w->f, w->place, code, w->date);
	if (f && !from_name(f->text, inout_value)) {
		return err_set(diag, ERR_INVAL, "%s: '%.40s' is not allowed", code, f->text);
	}
	return ERR_OK;
}

static bool step_word(const char *name, int *ret)
{
	enum supply_step s;
	bool is_known = supply_step_from_name(name, &s);
	*ret = is_known ? (int)s : *ret;
	return is_known;
}

static bool base_word(const char *name, int *ret)
{
	enum supply_base b;
	bool is_known = supply_base_from_name(name, &b);
	*ret = is_known ? (int)b : *ret;
	return is_known;
}

static enum err take_step(
	const struct where *w, const char *code, enum supply_step *inout, struct diag *diag)
{
	int value = (int)*inout;
	enum err e = take_word(w, code, &value, step_word, diag);
	*inout = (enum supply_step)value;
	return e;
}

static enum err finish_hot_water(const struct where *w, struct supply_rules *r, struct diag *diag)
{
	int base = (int)r->temperature.base;
	if (number(w, DEAD_END) > 0) {
		r->cut.total_h = r->cut.once_h = number(w, DEAD_END_H);
	}
	enum err e = take_step(w, STEP, &r->temperature.step, diag);
	e = e ? e : take_word(w, BASE, &base, base_word, diag);
	r->temperature.base = (enum supply_base)base;
	return e;
}

static enum err finish_heating(const struct where *w, struct supply_rules *r, struct diag *diag)
{
	struct figure_row rows[4];
	const struct figure *once = figure_at(w->f, w->place, ONCE, w->date);
	size_t n = once ? figure_rows(once, rows, 4) : 0;
	if (once && (n == 0 || n > 4)) {
		return err_set(
			diag, ERR_INVAL, "%s: a table 'room once' of up to 4 rows", once->code);
	}
	for (size_t i = 0; i < n; i++) {
		r->cut.by_room[i].room_c = rows[i].v[0];
		r->cut.by_room[i].once_h = rows[i].n > 1 ? rows[i].v[1] : NAN;
	}
	r->cut.by_room_n = n;
	if (number(w, DESIGN) <= number(w, COLD_BELOW)) {
		r->room.min = number(w, COLD_MIN);
	}
	if (number(w, CORNER) > 0) {
		r->room.min += number(w, CORNER_K);
	}
	r->pressure.min = number(w, STATIC) + number(w, ABOVE);
	return take_step(w, ROOM_STEP, &r->room.step, diag);
}

enum err supply_rules_read(const struct figures *f, int64_t place, enum supply_service service,
	int date, struct supply_rules *ret, struct diag *diag)
{
	struct where w = {f, place, date};
	enum err e = ERR_OK;
	supply_rules_init(ret);
	for (const struct row *row = services[service]; row->code; row++) {
		double v = row->offset == NOWHERE ? NAN : number(&w, row->code);
		if (!isnan(v)) {
			memcpy((char *)ret + row->offset, &v, sizeof(v));
		}
	}
	if (service == SUPPLY_HOT_WATER) {
		e = finish_hot_water(&w, ret, diag);
	} else if (service == SUPPLY_HEATING) {
		e = finish_heating(&w, ret, diag);
	} else if (service == SUPPLY_ELECTRICITY) {
		ret->cut.total_h = number(&w, number(&w, SUPPLIES) >= 2 ? TWO_H : ONE_H);
	}
	if (!e && (!(ret->temperature.per_k > 0) || !(ret->room.per_k > 0))) {
		e = err_set(diag, ERR_INVAL, "supply_quality.%s: per_k must be above 0",
			supply_service_name(service));
	}
	return e;
}
