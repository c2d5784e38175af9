/*
 * line_meters.c - the meters of a line as configured; see line.h
 */
#include "base/log.h"
#include "base/str.h"
#include "poll/line.h"

#include <stdlib.h>
#include <string.h>

static void meter_free(struct line_meter *m)
{
	if (m) {
		talk_free(m->talk);
		heard_fini(&m->heard);
		schedule_fini(&m->schedule);
		free(m);
	}
}

void line_drop_meters(struct line_worker *w)
{
	for (size_t i = 0; i < w->meter_count; i++) {
		meter_free(w->meters[i]);
	}
	free(w->meters);
	w->meters = NULL;
	w->meter_count = 0;
}

static struct line_meter *meter_new(const struct line *line, const struct meter *conf,
	const struct calendar *calendar, int64_t now)
{
	struct line_meter *m = calloc(1, sizeof(*m));
	if (!m) {
		return NULL;
	}
	struct diag diag = {0};
	m->conf = *conf;
	m->calendar = *calendar;
	m->state.meter = conf->id;
	m->driver = driver_find(conf->driver);
	heard_init(&m->heard);
	schedule_init(&m->schedule, conf, calendar, now);
	if (!m->driver) {
		m->state.last_error = err_set(&diag, ERR_NOTFOUND, "driver '%s'", conf->driver);
	} else {
		m->state.last_error = talk_new(
			m->driver, line, conf, calendar->zone, &m->talk, &diag);
	}
	if (m->state.last_error) {
		log_warn("poll", "meter %s: %s: %s", conf->name,
			err_text(m->state.last_error, LANG_EN), diag.text);
		(void)STR_COPY(m->state.error_text, diag.text);
		m->state.health = HEALTH_FAILED;
	}
	if (!conf->is_enabled) {
		m->state.health = HEALTH_DISABLED;
	}
	return m;
}

static bool same_calendar(const struct calendar *a, const struct calendar *b)
{
	return a->zone == b->zone && a->report_hour == b->report_hour &&
	       a->report_day == b->report_day;
}

static struct line_meter *keep_meter(
	struct line_worker *w, const struct meter *conf, const struct calendar *calendar)
{
	for (size_t i = 0; i < w->meter_count; i++) {
		struct line_meter *m = w->meters[i];
		if (m && m->conf.id == conf->id && memcmp(&m->conf, conf, sizeof(*conf)) == 0 &&
			same_calendar(&m->calendar, calendar)) {
			w->meters[i] = NULL;
			return m;
		}
	}
	return NULL;
}

void line_take_site(struct line_worker *w, const struct site *site, int64_t now)
{
	const struct line *line = site_find(site, OBJECT_LINE, w->id);
	struct line_meter **meters = calloc(
		site->counts[OBJECT_METER] + 1, sizeof(struct line_meter *));
	size_t n = 0;
	if (!line || !meters) {
		free(meters);
		return; /* a line that is gone is stopped by poll.c in a moment */
	}
	bool is_same = memcmp(&w->conf, line, sizeof(*line)) == 0;
	if (!is_same) {
		link_close(w->link);
		w->link = NULL;
		w->link_retry_utc = 0;
		w->conf = *line;
	}
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		const struct meter *conf = &site->meters[i];
		if (conf->line != w->id) {
			continue;
		}
		struct calendar calendar = site_meter_calendar(site, conf);
		struct line_meter *m = is_same ? keep_meter(w, conf, &calendar) : NULL;
		if (!m) {
			m = meter_new(&w->conf, conf, &calendar, now);
		}
		if (m) {
			meters[n++] = m;
		}
	}
	line_drop_meters(w);
	w->meters = meters;
	w->meter_count = n;
}
