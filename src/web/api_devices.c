/*
 * api_devices.c - state of lines and meters, gaps, the trace, "read now", last readings
 *
 * A node without a poll (it collects from others) knows no states: every meter is UNKNOWN, traces
 * and "read now" are UNSUPP.
 */
#include "web/live.h"
#include "web/view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define GAP_DAYS 62 /* how far back gaps are shown unless asked */
#define GAPS_MAX 1000
#define DAY_S    86400

static void write_counters(struct jsonw *w, const struct talk_counters *c)
{
	jsonw_object(w, "counters");
	jsonw_int(w, "exchanges", c->exchanges);
	jsonw_int(w, "replies", c->replies);
	jsonw_int(w, "timeouts", c->timeouts);
	jsonw_int(w, "noises", c->noises);
	jsonw_int(w, "retries", c->retries);
	jsonw_int(w, "foreign", c->foreign);
	jsonw_int(w, "bytes_out", c->bytes_out);
	jsonw_int(w, "bytes_in", c->bytes_in);
	jsonw_int(w, "stale_bytes", c->stale_bytes);
	jsonw_int(w, "busy_us", c->busy_us);
	jsonw_int(w, "last_rtt_us", c->last_rtt_us);
	jsonw_end(w);
}

void jsonw_line_state(struct jsonw *w, const struct line *l, const struct line_state *s)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "line", l->id);
	jsonw_str(w, "name", l->name);
	jsonw_str(w, "health", health_name(s->health));
	jsonw_error(w, "error", s->last_error, s->error_text);
	jsonw_time_or_never(w, "error_utc", s->error_utc);
	write_counters(w, &s->counters);
	jsonw_real(w, "use", s->use);
	jsonw_real(w, "wire", s->wire);
	jsonw_int(w, "meters", s->meters);
	jsonw_int(w, "meters_silent", s->meters_silent);
	jsonw_int(w, "queue", s->queue);
	jsonw_end(w);
}

void jsonw_meter_state(struct jsonw *w, const struct meter *m, const struct meter_state *s)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "meter", m->id);
	jsonw_str(w, "name", m->name);
	jsonw_int(w, "line", m->line);
	jsonw_int(w, "place", m->place);
	jsonw_str(w, "health", health_name(m->is_enabled ? s->health : HEALTH_DISABLED));
	jsonw_error(w, "error", s->last_error, s->error_text);
	jsonw_time_or_never(w, "last_ok_utc", s->last_ok_utc);
	jsonw_time_or_never(w, "silent_since_utc", s->silent_since_utc);
	jsonw_time_or_never(w, "next_utc", s->next_utc);
	jsonw_int(w, "backoff_s", s->backoff_s);
	write_counters(w, &s->counters);
	if (s->clock_checked_utc) {
		jsonw_int(w, "clock_offset_s", s->clock_offset_s);
	} else {
		jsonw_null(w, "clock_offset_s");
	}
	jsonw_time_or_never(w, "clock_checked_utc", s->clock_checked_utc);
	jsonw_int(w, "gap_records", s->gap_records);
	jsonw_time_or_never(w, "gap_oldest_utc", s->gap_oldest_utc);
	jsonw_time_or_never(w, "gap_loss_utc", s->gap_loss_utc);
	jsonw_int(w, "lost_records", s->lost_records);
	jsonw_end(w);
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static struct line_state state_of_line(
	const struct line *l, const struct line_state *states, size_t n)
{
	const struct line_state *found = n ? bsearch(&l->id, states, n, sizeof(*states), by_id) :
					     NULL;
	return found ? *found :
		       (struct line_state){.line = l->id,
			       .health = l->is_enabled ? HEALTH_UNKNOWN : HEALTH_DISABLED,
			       .use = NAN,
			       .wire = NAN};
}

enum err line_states_h(struct http_request *r)
{
	const struct site *s = site_of(r);
	struct line_state *states = NULL;
	size_t n = 0;
	enum err e = web_of(r)->poll ? poll_lines(web_of(r)->poll, &states, &n) : ERR_OK;
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < s->counts[OBJECT_LINE]; i++) {
		const struct line *l = &s->lines[i];
		if (access_object(&who_of(r)->access, s, OBJECT_LINE, l) & ACCESS_DEVICES) {
			struct line_state state = state_of_line(l, states, n);
			jsonw_line_state(&w, l, &state);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	free(states);
	return ERR_OK;
}

static struct meter_state state_of_meter(const struct now_view *v, const struct meter *m)
{
	const struct meter_state *found = now_meter(v, m->id);
	return found ? *found : (struct meter_state){.meter = m->id, .health = HEALTH_UNKNOWN};
}

enum err meter_states_h(struct http_request *r)
{
	const struct site *s = site_of(r);
	struct now_view v;
	enum err e = now_view_init(&v, web_of(r), s);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < s->counts[OBJECT_METER]; i++) {
		const struct meter *m = &s->meters[i];
		if (access_object(&who_of(r)->access, s, OBJECT_METER, m) & ACCESS_DEVICES) {
			struct meter_state state = state_of_meter(&v, m);
			jsonw_meter_state(&w, m, &state);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	now_view_fini(&v);
	return ERR_OK;
}

/* ---- gaps ---- */

struct gap_list {
	struct http_request *r;
	struct jsonw *w;
	struct calendar calendar;
	struct span span;
	size_t left;
};

/* Start of the first value in the span that came out of the meter's own archive; NODATA if none did. */
static enum err first_of_meter(
	struct gap_list *g, int64_t reg, enum period period, struct span span, int64_t *ret_start)
{
	struct archive_value *values = NULL;
	size_t n = 0;
	enum err e = archive_range(web_of(g->r)->store, reg, period, span, &values, &n);
	size_t i = 0;
	while (i < n && quality_source(values[i].quality) < SOURCE_METER) {
		i++;
	}
	if (!e && i == n) {
		e = ERR_NODATA;
	}
	if (!e) {
		*ret_start = values[i].start;
	}
	free(values);
	return e;
}

/* Where the archive that the meter keeps of a register begins in the span. What the node forms itself
 * is no archive of the meter; a look at the newest days tells, without reading all. */
static enum err find_beginning(
	struct gap_list *g, int64_t reg, enum period period, int64_t *ret_start)
{
	struct archive_value newest;
	enum err e = archive_latest(web_of(g->r)->store, reg, period, g->span.till, &newest);
	if (e || newest.start < g->span.from) {
		return e ? e : ERR_NODATA;
	}
	struct span tail = {newest.start - 3 * (int64_t)DAY_S, newest.start + 1};
	e = first_of_meter(g, reg, period, tail, ret_start);
	return e ? e : first_of_meter(g, reg, period, g->span, ret_start);
}

static enum err write_register_gaps(
	struct gap_list *g, const struct meter_register *reg, enum period period)
{
	struct span *gaps = NULL;
	size_t n = 0;
	/* the running period is not missing yet */
	int64_t running = period_of(&g->calendar, period, clock_now()).from;
	struct span span = {0, g->span.till < running ? g->span.till : running};
	enum err e = find_beginning(g, reg->id, period, &span.from);
	if (!e && span.from < span.till) {
		e = archive_gaps(web_of(g->r)->store, reg->id, period, &g->calendar, span,
			SOURCE_METER, &gaps, &n);
	}
	for (size_t i = 0; i < n && !e && g->left > 0; i++, g->left--) {
		jsonw_object(g->w, NULL);
		jsonw_int(g->w, "register", reg->id);
		jsonw_str(g->w, "key", reg->key);
		jsonw_str(g->w, "quantity", quantity_code(reg->quantity));
		jsonw_str(g->w, "period", period_name(period));
		jsonw_int(g->w, "from_utc", gaps[i].from);
		jsonw_int(g->w, "till_utc", gaps[i].till);
		jsonw_int(g->w, "records", (int64_t)period_count(&g->calendar, period, gaps[i]));
		jsonw_end(g->w);
	}
	free(gaps);
	return e == ERR_NODATA ? ERR_OK : e;
}

static enum err write_gaps(struct gap_list *g, const struct meter *m)
{
	const struct site *s = site_of(g->r);
	enum err e = ERR_OK;
	for (size_t i = 0; i < s->counts[OBJECT_REGISTER] && !e; i++) {
		const struct meter_register *reg = &s->registers[i];
		if (reg->meter != m->id || reg->is_ignored) {
			continue;
		}
		for (int p = PERIOD_HALF_HOUR; p < PERIOD_COUNT && !e; p++) {
			e = write_register_gaps(g, reg, (enum period)p);
		}
	}
	return e;
}

enum err meter_gaps_h(struct http_request *r)
{
	const void *object;
	struct now_view v;
	enum err e = find_object(r, OBJECT_METER, r->id, ACCESS_DEVICES, &object);
	if (e) {
		return e;
	}
	const struct meter *m = object;
	int64_t now = clock_now();
	struct jsonw w = reply_json(r);
	struct gap_list g = {.r = r,
		.w = &w,
		.calendar = site_meter_calendar(site_of(r), m),
		.span = {now - GAP_DAYS * (int64_t)DAY_S, now},
		.left = GAPS_MAX};
	e = query_time(r, "from", g.calendar.zone, &g.span.from);
	e = e ? e : query_time(r, "till", g.calendar.zone, &g.span.till);
	if (!e && g.span.till - g.span.from > (int64_t)1100 * DAY_S) {
		e = err_set(&r->diag, ERR_LIMIT, "at most three years");
	}
	e = e ? e : now_view_init(&v, web_of(r), site_of(r));
	if (e) {
		return e;
	}
	struct meter_state state = state_of_meter(&v, m);
	now_view_fini(&v);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "meter", m->id);
	jsonw_int(&w, "gap_records", state.gap_records);
	jsonw_time_or_never(&w, "gap_oldest_utc", state.gap_oldest_utc);
	jsonw_time_or_never(&w, "gap_loss_utc", state.gap_loss_utc);
	jsonw_int(&w, "lost_records", state.lost_records);
	jsonw_array(&w, "items");
	e = write_gaps(&g, m);
	jsonw_end(&w);
	jsonw_end(&w);
	return e;
}

/* ---- trace and read now ---- */

enum err line_trace_h(struct http_request *r)
{
	const void *line;
	enum err e = find_object(r, OBJECT_LINE, r->id, ACCESS_OPERATE, &line);
	if (e) {
		return e;
	}
	if (!web_of(r)->poll) {
		return err_set(&r->diag, ERR_UNSUPP, "this node reads no meters");
	}
	r->reply.type = "text/plain; charset=utf-8";
	return poll_trace(web_of(r)->poll, r->id, &r->reply.body);
}

/* Last readings of the registers that `wants` names. */
static enum err write_last(struct http_request *r, int64_t place, int64_t meter)
{
	const struct site *s = site_of(r);
	struct now_view v;
	enum err e = now_view_init(&v, web_of(r), s);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < v.last_count; i++) {
		const struct meter_register *reg = site_find(s, OBJECT_REGISTER, v.last[i].reg);
		const struct meter *m = reg ? site_find(s, OBJECT_METER, reg->meter) : NULL;
		if (!m || (meter && m->id != meter) ||
			(place && !site_is_within(s, m->place, place))) {
			continue;
		}
		if (access_at(&who_of(r)->access, s, m->place) & (ACCESS_DATA | ACCESS_DEVICES)) {
			jsonw_last_item(&w, &v, &v.last[i]);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	now_view_fini(&v);
	return ERR_OK;
}

enum err last_list_h(struct http_request *r)
{
	const void *object;
	int64_t place = 0;
	int64_t meter = 0;
	enum err e = query_int(r, "place", 1, INT64_MAX, &place);
	e = e ? e : query_int(r, "meter", 1, INT64_MAX, &meter);
	if (!e && place) {
		e = find_object(r, OBJECT_PLACE, place, ACCESS_SEE, &object);
	}
	if (!e && meter) {
		e = find_object(r, OBJECT_METER, meter, ACCESS_SEE, &object);
	}
	return e ? e : write_last(r, place, meter);
}

enum err meter_read_h(struct http_request *r)
{
	const void *meter;
	enum err e = find_object(r, OBJECT_METER, r->id, ACCESS_OPERATE, &meter);
	if (e) {
		return e;
	}
	if (!web_of(r)->poll) {
		return err_set(&r->diag, ERR_UNSUPP, "this node reads no meters");
	}
	e = poll_read_now(web_of(r)->poll, r->id, &r->diag);
	if (err_is_answer(e)) {
		r->reply.status = 502; /* the meter's no, not ours */
	}
	if (e) {
		return e;
	}
	/* registers seen for the first time are in a newer configuration */
	site_unref(local_of(r)->site);
	local_of(r)->site = NULL;
	return write_last(r, 0, r->id);
}
