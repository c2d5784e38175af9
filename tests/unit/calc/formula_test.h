/*
 * formula_test.h - channels and series a test's formulas know
 */
#ifndef DOMOVOI_FORMULA_TEST_H
#define DOMOVOI_FORMULA_TEST_H

#include "base/str.h"
#include "calc/figure.h"
#include "calc/formula.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORLD_CHANNELS 16
#define WORLD_VALUES   64

/* One value of the period asked for, or a row of values by hour. */
struct world_channel {
	char name[32];
	enum unit unit;
	enum period period; /* PERIOD_NONE: the same value in any interval */
	int64_t start;
	struct form_value values[WORLD_VALUES];
	size_t n;
};

struct world {
	struct formula_scope scope;   /* first: callbacks get it back */
	struct formula_values values; /* likewise, see world_of_values */
	struct calendar calendar;
	struct world_channel channels[WORLD_CHANNELS];
	size_t n;
	size_t reads;
	int64_t first_read, last_read;
};

static inline bool world_find(
	const struct formula_scope *s, const char *name, struct formula_channel *ret)
{
	const struct world *w = (const struct world *)s;
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->channels[i].name, name) == 0) {
			*ret = (struct formula_channel){
				(int64_t)i + 1, KIND_GAUGE, w->channels[i].unit};
			return true;
		}
	}
	return false;
}

static inline const char *world_name(const struct formula_scope *s, size_t i)
{
	const struct world *w = (const struct world *)s;
	return i < w->n ? w->channels[i].name : NULL;
}

static inline struct form_value world_get(
	struct formula_values *v, int64_t channel, enum period period, int64_t start)
{
	struct world *w = (struct world *)((char *)v - offsetof(struct world, values));
	const struct world_channel *c = &w->channels[channel - 1];
	struct form_value none = {NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
	w->first_read = w->reads == 0 || start < w->first_read ? start : w->first_read;
	w->last_read = w->reads == 0 || start > w->last_read ? start : w->last_read;
	w->reads++;
	if (c->period == PERIOD_NONE) {
		return c->values[0];
	}
	if (c->period != period) {
		return none;
	}
	int64_t at = c->start;
	for (size_t i = 0; i < c->n; i++) {
		if (at == start) {
			return c->values[i];
		}
		at = period_next(&w->calendar, period, at);
	}
	return none;
}

static inline void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->calendar = (struct calendar){.report_day = 1};
	w->scope = (struct formula_scope){
		.channel = world_find, .name = world_name, .calendar = &w->calendar};
	w->values.get = world_get;
}

static inline struct world_channel *world_add(struct world *w, const char *name, enum unit unit)
{
	struct world_channel *c = &w->channels[w->n++];
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	c->unit = unit;
	return c;
}

static inline void world_put(struct world_channel *c, double value, enum quality_class class)
{
	enum quality_class of = isnan(value) ? QUALITY_MISSING : class;
	c->values[c->n++] = (struct form_value){value, quality_make(of, SOURCE_METER, 0)};
}

#define HOUR_S INT64_C(3600)
#define FRIDAY INT64_C(1736485200) /* 2025-01-10T05:00:00Z */

static struct figures *figures; /* of the usual world */

static inline struct span hour_at(int64_t start)
{
	return (struct span){start, start + HOUR_S};
}

static inline struct formula *compiled(struct world *w, const char *text, enum unit unit)
{
	struct formula *f = NULL;
	struct diag d = {0};
	if (formula_compile(text, &w->scope, PERIOD_HOUR, unit, &f, &d)) {
		fail_msg("%s\n%*s^ %s", text, (int)d.offset, "", d.text);
	}
	return f;
}

static inline struct formula_result evaluated(struct world *w, const char *text, enum unit unit)
{
	struct formula *f = compiled(w, text, unit);
	struct formula_result r = formula_eval(f, &w->values, hour_at(FRIDAY));
	formula_free(f);
	return r;
}

static inline void assert_number(struct world *w, const char *text, double want)
{
	struct formula_result r = evaluated(w, text, UNIT_NONE);
	if (!(fabs(r.value - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%s = %.15g instead of %.15g", text, r.value, want);
	}
}

static inline void assert_refused(
	struct world *w, const char *text, enum err e, size_t column, const char *why)
{
	struct formula *f = NULL;
	struct diag d = {0};
	enum err got = formula_compile(text, &w->scope, PERIOD_HOUR, UNIT_NONE, &f, &d);
	formula_free(f);
	if (got != e || d.offset != column || !strstr(d.text, why)) {
		fail_msg("%s: %s at %zu '%s' instead of %s at %zu '%s'", text, err_name(got),
			d.offset, d.text, err_name(e), column, why);
	}
}

static inline struct figures *figures_of(const char *yaml)
{
	struct figures *f = NULL;
	struct diag d = {0};
	if (figures_parse("test.yaml", (struct slice){(const uint8_t *)yaml, strlen(yaml)}, NULL,
		    &f, &d)) {
		fail_msg("%s", d.text);
	}
	return f;
}

static const char usual_figures[] =
	"figures:\n"
	"  - {code: temperature_graph.g105_70, title: g, title_ru: g, values: [{valid_from: 1990-01-01,\n"
	"     text: \"t_out t1 t2; -16 83 68; -15 81 66.5\", source: contract}]}\n"
	"  - {code: tariff.ee, title: e, title_ru: e, unit: rub/kWh, values: [\n"
	"     {valid_from: 2024-07-01, value: 5.38, source: order},\n"
	"     {valid_from: 2025-07-01, value: 5.92, source: order},\n"
	"     {valid_from: 2026-07-01, source: repealed}]}\n"
	"  - {code: norm.cold_water, title: n, title_ru: n, unit: m3, values: [\n"
	"     {valid_from: 2024-01-01, value: 4.2, source: order}]}\n"
	"  - {code: building.common_area_m2, title: a, title_ru: a, unit: m2, values: [\n"
	"     {valid_from: 2000-01-01, value: 412, source: passport}]}\n"
	"  - {code: calculation.night.from_hour, title: a, title_ru: a, values: [\n"
	"     {valid_from: 2000-01-01, value: 23, source: x}]}\n"
	"  - {code: calculation.night.till_hour, title: a, title_ru: a, values: [\n"
	"     {valid_from: 2000-01-01, value: 7, source: x}]}\n"
	"  - {code: calculation.days, title: a, title_ru: a, values: [{valid_from: 2000-01-01,\n"
	"     text: \"date is_workday; 20250108 0; 20250111 1\", source: x}]}\n"
	"  - {code: heating_season, title: a, title_ru: a, values: [{valid_from: 2000-01-01,\n"
	"     text: \"from till; 20240925 20250512; 20251001 -\", source: x}]}\n";

/* t1 95 °C, t2 70 °C, M1 10 t, M2 9.95 t estimated, V1 10 m3, p1 0.6 MPa, Qm missing, V by hour */
static inline void usual_world(struct world *w)
{
	static const double volumes[] = {1, 2, NAN, 4, 5, 6};
	world_init(w);
	world_put(world_add(w, "t1", UNIT_DEGC), 95, QUALITY_MEASURED);
	world_put(world_add(w, "t2", UNIT_DEGC), 70, QUALITY_MEASURED);
	world_put(world_add(w, "M1", UNIT_T), 10, QUALITY_MEASURED);
	world_put(world_add(w, "M2", UNIT_T), 9.95, QUALITY_ESTIMATED);
	world_put(world_add(w, "V1", UNIT_M3), 10, QUALITY_MEASURED);
	world_put(world_add(w, "p1", UNIT_MPA), 0.6, QUALITY_MEASURED);
	world_put(world_add(w, "Qm", UNIT_GJ), NAN, QUALITY_MISSING);
	struct world_channel *v = world_add(w, "V", UNIT_M3);
	v->period = PERIOD_HOUR;
	v->start = FRIDAY - 5 * HOUR_S;
	for (size_t i = 0; i < 6; i++) {
		world_put(v, volumes[i], QUALITY_MEASURED);
	}
	w->scope.figures = figures;
}

/* cmocka's fixtures around a file's tests */
static inline int load_figures_once(void **state)
{
	(void)state;
	figures = figures_of(usual_figures);
	return 0;
}

static inline int free_figures(void **state)
{
	(void)state;
	figures_free(figures);
	return 0;
}

#endif
