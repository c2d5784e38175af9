/*
 * formula_test.h - channels and series a test's formulas know
 */
#ifndef DOMOVOI_FORMULA_TEST_H
#define DOMOVOI_FORMULA_TEST_H

#include "calc/formula.h"

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

#endif
