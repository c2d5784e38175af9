/*
 * twin.h - a driver over the simulated meter it reads, in memory
 *
 * What is measured is simple on purpose: every quantity a straight line of time, so that a test can say
 * what must come out without asking the code it tests. Needs test.h.
 */
#ifndef DOMOVOI_TEST_TWIN_H
#define DOMOVOI_TEST_TWIN_H

#include "test.h"

#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/families.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

#define TWIN_HOUR 3600
#define TWIN_DAY  86400
#define TWIN_BORN 1640995200 /* 2022-01-01T00:00:00Z */
#define TWIN_NOW  1736488800 /* 2025-01-10T06:00:00Z, 09:00 in Moscow */

struct twin {
	struct sim_device device;
	struct calendar calendar; /* the meter's */
	const struct driver *driver;
	struct talk *talk;
	struct link *link;
	struct sample_list got;
};

/* Per hour since birth. */
static inline double twin_rate(enum quantity q)
{
	switch (q) {
	case QUANTITY_ACTIVE_ENERGY: return 1.25; /* kWh */
	case QUANTITY_HEAT_ENERGY: return 0.125;  /* Gcal */
	case QUANTITY_MASS:
	case QUANTITY_MASS_SUPPLY: return 2.5;
	case QUANTITY_MASS_RETURN: return 2.25;
	case QUANTITY_VOLUME:
	case QUANTITY_VOLUME_SUPPLY: return 2.75;
	case QUANTITY_VOLUME_RETURN: return 2.5;
	default: return NAN;
	}
}

static inline double twin_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	double h = ((double)utc_us / 1e6 - TWIN_BORN) / 3600;
	(void)s;
	switch (q) {
	case QUANTITY_TEMPERATURE_SUPPLY: return 90.25;
	case QUANTITY_TEMPERATURE_RETURN: return 60.5;
	case QUANTITY_TEMPERATURE_DIFFERENCE: return 29.75;
	case QUANTITY_PRESSURE_SUPPLY: return 0.75;
	case QUANTITY_PRESSURE_RETURN: return 0.5;
	case QUANTITY_FLOW:
	case QUANTITY_FLOW_SUPPLY: return 2.75;
	case QUANTITY_MASS_FLOW:
	case QUANTITY_MASS_FLOW_SUPPLY: return 2.5;
	case QUANTITY_OPERATING_TIME:
	case QUANTITY_ON_TIME: return h;
	default: return twin_rate(q) * h;
	}
}

/* Hand the device over as it is now. */
static inline void twin_plug(struct twin *w, int64_t now)
{
	if (w->link) {
		link_close(w->link);
	}
	w->link = sim_link_new(&w->device, now * 1000000);
	assert_non_null(w->link);
	talk_attach(w->talk, w->link, NULL);
	assert_int_equal(talk_begin(w->talk, now), ERR_OK);
}

static inline void twin_forget(struct twin *w)
{
	sample_list_fini(&w->got);
	sample_list_init(&w->got);
}

/* Set up w->device and w->calendar further between twin_new and twin_open. */
static inline void twin_new(struct twin *w, const char *family)
{
	static const struct sim_source source = {.at = twin_at};
	const struct sim_family *f = sim_family_find(family);
	assert_non_null(f);
	*w = (struct twin){.driver = driver_find(f->driver)};
	assert_non_null(w->driver);
	assert_int_equal(sim_family_device(f, 5, TWIN_BORN, &w->device, NULL), ERR_OK);
	assert_int_equal(zone_get("Europe/Moscow", &w->device.zone, NULL), ERR_OK);
	w->device.source = &source;
	(void)STR_COPY(w->device.serial, "410023");
	sample_list_init(&w->got);
}

static inline void twin_open(struct twin *w, const char *params, int64_t now)
{
	struct line line = {.is_enabled = true};
	struct meter meter = {0};
	struct diag diag = {0};
	w->calendar = sim_calendar(&w->device);
	(void)STR_COPY(meter.params, params);
	if (talk_new(w->driver, &line, &meter, w->device.zone, &w->talk, &diag)) {
		fail_msg("talk: %s", diag.text);
	}
	talk_set_report(w->talk, w->calendar.report_hour, w->calendar.report_day);
	twin_plug(w, now);
}

static inline void twin_close(struct twin *w)
{
	talk_free(w->talk);
	link_close(w->link);
	sample_list_fini(&w->got);
}

static inline void twin_must(const struct twin *w, enum err e)
{
	if (e) {
		fail_msg("%s: %s", err_name(e), talk_diag(w->talk)->text);
	}
}

static inline enum err twin_read(struct twin *w, enum period p, int64_t from, int64_t till)
{
	twin_forget(w);
	return w->driver->read_archive(w->talk, p, (struct span){from, till}, &w->got.sink);
}

/* NULL: there is none. `utc` is ignored for what is now. */
static inline const struct sample *twin_sample(const struct twin *w, const char *key, int64_t utc)
{
	for (size_t i = 0; i < w->got.n; i++) {
		const struct sample *s = &w->got.items[i]->sample;
		if (strcmp(s->key, key) == 0 && (s->form == FORM_NOW || s->utc == utc)) {
			return s;
		}
	}
	return NULL;
}

static inline void twin_expect(
	const struct twin *w, const char *key, int64_t utc, double value, double slack)
{
	const struct sample *s = twin_sample(w, key, utc);
	char time[TIME_TEXT_CAP];
	if (!s) {
		fail_msg("no %s of %s", key, time_text_utc(time, utc));
		return;
	}
	if (!(fabs(s->value - value) <= slack)) {
		fail_msg("%s of %s is %.9g, not %.9g", key, time_text_utc(time, utc), s->value,
			value);
	}
}

static inline int twin_count(const struct twin *w, const char *key)
{
	int n = 0;
	for (size_t i = 0; i < w->got.n; i++) {
		n += strcmp(w->got.items[i]->key, key) == 0;
	}
	return n;
}

/* The night summer time ended in Berlin in 2024; the clock shows 02:00 to 03:00 twice. */
#define TWIN_AUTUMN 1729990800 /* 2024-10-27T01:00:00Z, the second 02:00 */
#define TWIN_SPRING 1711846800 /* 2024-03-31T01:00:00Z, 03:00 after 02:00 */

static inline double twin_reading(enum quantity q, int64_t utc)
{
	return twin_at(NULL, q, utc * 1000000);
}

static inline double twin_amount(enum quantity q, int64_t from, int64_t till)
{
	return twin_reading(q, till) - twin_reading(q, from);
}

#endif
