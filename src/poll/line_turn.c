/*
 * line_turn.c - one turn of one meter: open the line, talk, hand the values over; see line.h
 */
#include "base/log.h"
#include "base/str.h"
#include "poll/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_WAIT_FIRST_S 2
#define LINK_WAIT_MOST_S  60
#define DRIFT_WARN_S      300 /* archives are still assigned well; beyond it somebody should look */
#define DRIFT_SUSPECT_S   900

static enum err open_link(
	struct line_worker *w, const struct line_meter *m, int64_t now, struct diag *diag)
{
	if (w->link) {
		return ERR_OK;
	}
	if (now < w->link_retry_utc) {
		return err_set(diag, ERR_LINK, "%s", w->state.error_text);
	}
	struct link_setup setup = {.baud = (int)w->conf.baud};
	if (!setup.baud) {
		setup.baud = m->driver->timing.baud;
	}
	(void)STR_COPY(
		setup.framing, w->conf.framing[0] ? w->conf.framing : m->driver->timing.framing);
	enum err e = link_open(w->conf.link, &setup, &w->link, diag);
	if (e) {
		w->link_wait_s = w->link_wait_s ? 2 * w->link_wait_s : LINK_WAIT_FIRST_S;
		if (w->link_wait_s > LINK_WAIT_MOST_S) {
			w->link_wait_s = LINK_WAIT_MOST_S;
		}
		w->link_retry_utc = now + w->link_wait_s;
		return ERR_LINK;
	}
	w->link_wait_s = 0;
	w->link_retry_utc = 0;
	char shown[LINK_SHOWN_CAP];
	log_info("poll", "line %s: %s is open", w->conf.name, link_url_shown(w->conf.link, shown));
	return ERR_OK;
}

static uint32_t meter_caps(const struct line_meter *m)
{
	return m->driver->caps_of ? m->driver->caps_of(m->talk) : m->driver->caps;
}

/* Write down what the meter says about its own days and months; the configuration that comes back
 * (line_take_site) is then the same as m->conf. */
static void keep_report_time(struct line_worker *w, struct line_meter *m, struct batch *batch,
	int hour, int day, int64_t now)
{
	char text[96];
	(void)snprintf(text, sizeof(text), "day %d, %02d:00 (was %d, %02d:00)", day, hour,
		m->calendar.report_day, m->calendar.report_hour);
	const struct site *site = store_site(w->store);
	const struct meter *have = site_find(site, OBJECT_METER, m->conf.id);
	struct diag diag = {0};
	struct meter conf = have ? *have : m->conf;
	site_unref(site);
	conf.report_hour = hour;
	conf.report_day = day;
	enum err e = have ? store_put(w->store, OBJECT_METER, &conf, "node", &diag) : ERR_OK;
	if (e) {
		log_warn("poll", "meter %s: report time not kept: %s %s", m->conf.name,
			err_text(e, LANG_EN), diag.text);
		return;
	}
	m->conf.report_hour = hour;
	m->conf.report_day = day;
	m->calendar.report_hour = m->schedule.calendar.report_hour = hour;
	m->calendar.report_day = m->schedule.calendar.report_day = day;
	talk_set_report(m->talk, hour, day);
	m->is_planned = false; /* what is missing is other days and months now */
	batch_event(batch, now, m->conf.id, "report_time", text);
	log_info("poll", "meter %s: its months end on %s", m->conf.name, text);
}

static enum err learn_report_time(struct line_worker *w, struct line_meter *m, int64_t now)
{
	int hour = 0, day = 1;
	if (!m->driver->report_time) {
		return ERR_OK;
	}
	enum err e = m->driver->report_time(m->talk, &hour, &day);
	if (e) {
		return err_is_answer(e) ? ERR_OK : e;
	}
	bool is_same = hour == m->calendar.report_hour && day == m->calendar.report_day;
	if (is_same || hour < 0 || hour > 23 || day < 1 || day > 31) {
		return ERR_OK;
	}
	struct batch *batch = batch_new();
	if (!batch) {
		return ERR_NOMEM;
	}
	keep_report_time(w, m, batch, hour, day, now);
	e = store_submit(w->store, batch, false);
	if (e) {
		log_warn("poll", "meter %s: events not kept: %s", m->conf.name,
			err_text(e, LANG_EN));
	}
	return ERR_OK;
}

static void plan_archives(struct line_worker *w, struct line_meter *m, int64_t now)
{
	m->is_planned = true;
	if (m->conf.archives && m->driver->read_events && (meter_caps(m) & CAP_EVENTS)) {
		schedule_events(&m->schedule, now);
	}
	if (!m->conf.archives || !m->driver->read_archive) {
		return;
	}
	struct archive_depth depth = {0};
	if (m->driver->depth) {
		depth = m->driver->depth(m->talk);
	}
	enum err e = collect_gaps(w->store, &m->conf, &m->schedule, meter_caps(m), &depth, now);
	if (e) {
		log_warn("poll", "meter %s: gaps: %s", m->conf.name, err_text(e, LANG_EN));
	}
}

static enum err check_clock(
	struct line_worker *w, struct line_meter *m, struct collect *c, int64_t now)
{
	if (!m->driver->read_clock) {
		m->schedule.clock_due = INT64_MAX;
		return ERR_UNSUPP;
	}
	int64_t meter_utc;
	enum err e = m->driver->read_clock(m->talk, &meter_utc);
	if (e) {
		return e;
	}
	int64_t offset = meter_utc - now;
	bool is_wrong = llabs(offset) > DRIFT_WARN_S;
	schedule_clock(&m->schedule, offset);
	if (is_wrong && !m->drift_is_told) {
		char text[64];
		(void)snprintf(text, sizeof(text), "%+lld s", (long long)offset);
		batch_event(c->batch, now, m->conf.id, "clock_wrong", text);
		c->values++;
	}
	m->drift_is_told = is_wrong;
	(void)pthread_mutex_lock(&w->lock);
	m->state.clock_offset_s = offset;
	m->state.clock_checked_utc = now;
	(void)pthread_mutex_unlock(&w->lock);
	return ERR_OK;
}

static enum err ask_current(struct line_worker *w, struct line_meter *m, struct sink *out)
{
	if (m->driver->read_current) {
		return m->driver->read_current(m->talk, out);
	}
	if (!m->driver->hear) {
		return ERR_UNSUPP;
	}
	enum err e = heard_tell(&m->heard, out);
	if (e != ERR_NODATA) {
		return e;
	}
	(void)link_discard(w->link); /* said before: how long ago nobody knows */
	return talk_hear(m->talk, -1, out);
}

static enum err ask(struct line_worker *w, struct line_meter *m, const struct job *job, int64_t now)
{
	struct collect c;
	if (!collect_init(&c, w->store, &m->conf, m->talk, &m->schedule, now)) {
		return ERR_NOMEM;
	}
	if (llabs(m->state.clock_offset_s) > DRIFT_SUSPECT_S) {
		c.flags = QUALITY_TIME_SUSPECT;
	}
	enum err e = ERR_UNSUPP;
	switch (job->class) {
	case JOB_NOW:
	case JOB_CURRENT: e = ask_current(w, m, &c.sink); break;
	case JOB_ARCHIVE: {
		struct span span = job->span;
		if (m->schedule.archive[job->period].is_point) {
			/* the reading at `from` closes the interval before it */
			span.from = period_prev(&m->calendar, job->period, span.from);
		}
		e = m->driver->read_archive(m->talk, job->period, span, &c.sink);
		break;
	}
	case JOB_CLOCK:
		e = check_clock(w, m, &c, now);
		if (!e) {
			e = learn_report_time(w, m, now);
		}
		if (!m->is_planned) { /* what was missing were other days and months */
			plan_archives(w, m, now);
		}
		break;
	case JOB_EVENTS: e = m->driver->read_events(m->talk, job->span, &c.sink); break;
	case JOB_NONE: break;
	}
	enum err kept = collect_finish(&c);
	if (kept) {
		log_warn("poll", "meter %s: values not kept: %s", m->conf.name,
			err_text(kept, LANG_EN));
	}
	return e;
}

void line_count(struct line_worker *w, const struct line_meter *m)
{
	const struct talk_counters *a = &m->before, *b = talk_counters(m->talk);
	struct talk_counters *sum = &w->state.counters;
	sum->exchanges += b->exchanges - a->exchanges;
	sum->replies += b->replies - a->replies;
	sum->timeouts += b->timeouts - a->timeouts;
	sum->noises += b->noises - a->noises;
	sum->retries += b->retries - a->retries;
	sum->foreign += b->foreign - a->foreign;
	sum->bytes_out += b->bytes_out - a->bytes_out;
	sum->bytes_in += b->bytes_in - a->bytes_in;
	sum->stale_bytes += b->stale_bytes - a->stale_bytes;
	sum->busy_us += b->busy_us - a->busy_us;
	sum->gap_us += b->gap_us - a->gap_us;
	sum->wire_us += b->wire_us - a->wire_us;
	sum->last_rtt_us = b->last_rtt_us;

	int64_t minute = clock_mono_us() / 60000000;
	size_t slot = (size_t)minute % USE_SLOTS;
	if (w->use[slot].minute != minute) {
		w->use[slot].minute = minute;
		w->use[slot].busy_us = w->use[slot].wire_us = 0;
	}
	w->use[slot].busy_us += b->busy_us - a->busy_us;
	w->use[slot].wire_us += b->wire_us - a->wire_us;
}

static void note_oldest(struct meter_state *s, const struct spans *gaps)
{
	if (gaps->n && (!s->gap_oldest_utc || gaps->items[0].from < s->gap_oldest_utc)) {
		s->gap_oldest_utc = gaps->items[0].from;
	}
}

static void note_gaps(struct line_meter *m)
{
	struct meter_state *s = &m->state;
	s->gap_records = s->gap_oldest_utc = s->gap_loss_utc = s->lost_records = 0;
	for (enum period p = PERIOD_HALF_HOUR; p < PERIOD_COUNT; p++) {
		const struct archive_plan *a = &m->schedule.archive[p];
		if (!a->is_read) {
			continue;
		}
		s->lost_records += a->lost;
		s->gap_records += (int64_t)(spans_count(&a->missing, &m->calendar, p) +
					    spans_count(&a->absent, &m->calendar, p));
		int64_t loss = schedule_loss_utc(&m->schedule, p);
		note_oldest(s, &a->missing);
		note_oldest(s, &a->absent);
		if (loss != INT64_MAX && (!s->gap_loss_utc || loss < s->gap_loss_utc)) {
			s->gap_loss_utc = loss;
		}
	}
}

/* With the lock held. */
static void note_result(struct line_worker *w, struct line_meter *m, enum turn turn, enum err e,
	const char *text, int64_t now)
{
	struct meter_state *s = &m->state;
	s->counters = *talk_counters(m->talk);
	s->backoff_s = m->schedule.retry_utc > now ? m->schedule.retry_utc - now : 0;
	note_gaps(m);
	line_count(w, m);
	if (turn == TURN_QUIET) {
		return;
	}
	w->state.turns++;
	w->state.turned_us = clock_mono_us();
	if (turn == TURN_REFUSED) {
		if (s->last_error != e) {
			log_warn("poll", "meter %s: %s%s%s", m->conf.name, err_text(e, LANG_EN),
				text[0] ? ": " : "", text);
		}
		s->silent_since_utc = 0;
		s->last_error = e;
		(void)STR_COPY(s->error_text, text);
		s->health = HEALTH_WARNING;
		return;
	}
	if (turn == TURN_ANSWERED) {
		if (s->silent_since_utc) {
			log_info("poll", "meter %s answers again", m->conf.name);
		}
		s->last_ok_utc = now;
		s->silent_since_utc = 0;
		s->last_error = ERR_OK;
		s->error_text[0] = 0;
		s->health = llabs(s->clock_offset_s) > DRIFT_WARN_S ? HEALTH_WARNING : HEALTH_OK;
		return;
	}
	if (!s->silent_since_utc) {
		s->silent_since_utc = now;
		log_warn("poll", "meter %s: %s%s%s", m->conf.name, err_text(e, LANG_EN),
			text[0] ? ": " : "", text);
	}
	s->last_error = e;
	(void)STR_COPY(s->error_text, text);
	s->health = HEALTH_SILENT;
}

/* With the lock held. */
static void note_link(struct line_worker *w, enum err e, const char *text, int64_t now)
{
	if (e == ERR_LINK) {
		if (w->state.last_error != ERR_LINK) {
			log_warn("poll", "line %s: %s", w->conf.name, text);
		}
		w->state.last_error = e;
		(void)STR_COPY(w->state.error_text, text);
		w->state.error_utc = now;
		link_close(w->link);
		w->link = NULL;
		if (w->link_retry_utc <= now) { /* it opened and then failed in use */
			w->link_retry_utc = now + LINK_WAIT_FIRST_S;
		}
	} else {
		w->state.last_error = ERR_OK;
	}
}

static enum turn turn_of(const struct line_meter *m, enum err e)
{
	if (e == ERR_DENIED) {
		return TURN_REFUSED; /* a setting must change: the text says which */
	}
	if (e && !err_is_answer(e)) {
		return TURN_FAILED;
	}
	bool has_talked = talk_counters(m->talk)->exchanges != m->before.exchanges ||
			  m->driver->hear; /* between its turns */
	return has_talked ? TURN_ANSWERED : TURN_QUIET;
}

void line_turn(struct line_worker *w, struct line_meter *m, const struct job *job, int64_t now)
{
	struct diag diag = {0};
	m->before = *talk_counters(m->talk);
	enum err e = open_link(w, m, now, &diag);
	if (!e) {
		talk_attach(m->talk, w->link, &w->trace);
		talk_set_retries(m->talk, m->schedule.failures ? 0 : -1);
		e = talk_begin(m->talk, now);
		if (!e && !m->is_planned) {
			e = learn_report_time(w, m, now);
			if (!e) {
				plan_archives(w, m, now);
			}
		}
		if (!e &&
			!(job->class == JOB_ARCHIVE && !m->schedule.archive[job->period].is_read)) {
			e = ask(w, m, job, now);
		}
		if (e) {
			diag = *talk_diag(m->talk);
		}
		talk_attach(m->talk, NULL, NULL);
	}
	if (e == ERR_CANCELLED) {
		return; /* the line is being stopped: nothing is known about the meter */
	}
	(void)pthread_mutex_lock(&w->lock);
	enum turn turn = turn_of(m, e);
	if (e == ERR_UNSUPP && job->class == JOB_ARCHIVE) {
		m->schedule.archive[job->period].is_read = false;
	}
	if (e == ERR_UNSUPP && job->class == JOB_EVENTS) {
		m->schedule.events_due = INT64_MAX;
	}
	note_link(w, e, diag.text, now);
	schedule_done(&m->schedule, job, turn, now);
	note_result(w, m, turn, e, diag.text, now);
	if (job->class == JOB_NOW) {
		m->answered_ask = m->asked;
		m->ask_error = err_is_answer(e) ? ERR_OK : e;
		(void)pthread_cond_broadcast(&w->done);
	}
	(void)pthread_mutex_unlock(&w->lock);
}
