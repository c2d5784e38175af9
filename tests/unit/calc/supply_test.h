/*
 * supply_test.h - a month of hours being made and judged, for the tests of supply quality
 */
#ifndef DOMOVOI_SUPPLY_TEST_H
#define DOMOVOI_SUPPLY_TEST_H

#include "calc/supply_rules.h"
#include "test.h"

#include <math.h>
#include <string.h>

#define HOUR_S   3600
#define MEASURED quality_make(QUALITY_MEASURED, SOURCE_METER, 0)
#define HOURS    800

static struct figures *figures;

static inline int load(void **state)
{
	struct diag d = {0};
	(void)state;
	enum err e = figures_load(NULL, &figures, &d);
	if (e) {
		(void)fprintf(stderr, "%s\n", d.text);
	}
	return e ? -1 : 0;
}

static inline int unload(void **state)
{
	(void)state;
	figures_free(figures);
	return 0;
}

static inline void assert_near(double got, double want, const char *what)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%s: %.12g instead of %.12g", what, got, want);
	}
}

static inline struct form_value known(double v)
{
	return (struct form_value){v, MEASURED};
}

static inline struct form_value unknown(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

/* ---- a month being made ---- */

struct month {
	struct supply_rules rules;
	struct supply_hour hours[HOURS];
	struct supply_event events[HOURS * 2];
	bool is_judged[SUPPLY_KIND_COUNT];
	size_t n;
	struct supply_result r;
};

/* `n` hours from a local midnight on, of which nothing is known. */
static inline struct month *month_of(size_t n)
{
	static struct month m;
	memset(&m, 0, sizeof(m));
	supply_rules_init(&m.rules);
	assert_true(n <= HOURS);
	for (size_t i = 0; i < n; i++) {
		m.hours[i] = (struct supply_hour){.start = (int64_t)i * HOUR_S,
			.end = (int64_t)(i + 1) * HOUR_S,
			.day = (int)(i / 24),
			.is_night = i % 24 < 5,
			.rules = &m.rules,
			.flow = unknown(),
			.temperature = unknown(),
			.pressure = unknown(),
			.room = unknown(),
			.voltage = unknown(),
			.frequency = unknown()};
	}
	m.n = n;
	return &m;
}

static inline const struct supply_result *judged(struct month *m)
{
	m->r.events = m->events;
	m->r.event_cap = sizeof(m->events) / sizeof(m->events[0]);
	supply_judge(m->hours, m->n, m->is_judged, &m->r);
	return &m->r;
}

/* The rules of the files, in force on a date. */
static inline void rules_on(struct month *m, enum supply_service service, int date)
{
	struct diag d = {0};
	if (supply_rules_read(figures, 0, service, date, &m->rules, &d)) {
		fail_msg("%s", d.text);
	}
}

#endif
