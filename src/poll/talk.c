/*
 * talk.c - a talk's life, settings and what drivers ask about them; see talk.h
 *
 * The exchanges themselves are in exchange.c.
 */
#include "base/clock.h"
#include "base/str.h"
#include "poll/iec_map.h"
#include "poll/mbus_map.h"
#include "poll/meter_model.h"
#include "poll/talk_impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- birth ---- */

static void take_line(struct talk *t, const struct modbus_line *line)
{
	if (line->baud) {
		t->timing.baud = line->baud;
	}
	if (line->framing[0]) {
		t->timing.framing = line->framing;
	}
	if (line->reply_ms) {
		t->timing.reply_ms = line->reply_ms;
	}
	if (line->gap_ms) {
		t->timing.gap_ms = line->gap_ms;
	}
}

/* The map a parameter "model" names, and what it says about the line as delivered. */
static enum err take_model(struct talk *t, struct diag *diag)
{
	const struct param_value *model = params_find(&t->params, "model");
	if (!model || !*model->text) {
		return ERR_OK;
	}
	struct meter_model m;
	struct diag why = {0};
	enum err e = meter_model_load(t->driver->name, model->text, &m, &why);
	if (e) {
		return err_set(diag, e == ERR_NOMEM ? e : ERR_INVAL, "model: %s", why.text);
	}
	t->model = m.map;
	take_line(t, m.line);
	return ERR_OK;
}

/* Parameter "quirks" of M-Bus meters: a name must be that of a map. */
static enum err take_quirks(struct talk *t, struct diag *diag)
{
	const struct param_value *quirks = params_find(&t->params, "quirks");
	t->has_quirks = quirks && strcmp(quirks->text, "none") != 0;
	if (!t->has_quirks || strcmp(quirks->text, "auto") == 0) {
		return ERR_OK;
	}
	t->quirks = mbus_map_named(quirks->text);
	return t->quirks ? ERR_OK :
			   err_set(diag, ERR_INVAL,
				   "quirks: auto, none or a map of meters/mbus/, not '%s'",
				   quirks->text);
}

/* Parameter "variant" of IEC 62056-21 meters: a name must be that of a map. */
static enum err take_variant(struct talk *t, struct diag *diag)
{
	const struct param_value *variant = params_find(&t->params, "variant");
	t->has_variants = variant && strcmp(variant->text, "auto") == 0;
	if (!variant || t->has_variants || strcmp(variant->text, "none") == 0) {
		return ERR_OK;
	}
	const struct iec_map *map = iec_map_named(variant->text);
	if (!map) {
		return err_set(diag, ERR_INVAL,
			"variant: auto, none or a file of meters/iec/, not '%s'", variant->text);
	}
	t->variant = map;
	take_line(t, &map->line);
	return ERR_OK;
}

/* What the meter's parameters say, else the line's, else the model's or the driver's. */
static enum err take_speed(struct talk *t, const struct line *line, struct diag *diag)
{
	int64_t baud = params_find(&t->params, "baud")->number;
	const char *framing = params_find(&t->params, "framing")->text;
	baud = baud ? baud : line->baud ? line->baud : t->timing.baud ? t->timing.baud : 9600;
	framing = *framing ? framing : line->framing;
	if (!*framing) {
		framing = t->timing.framing ? t->timing.framing : "8N1";
	}
	if (baud < 50 || baud > 4000000) {
		return err_set(
			diag, ERR_INVAL, "baud: %lld is not within 50 to 4000000", (long long)baud);
	}
	if (link_char_bits(framing) == 0) {
		return err_set(diag, ERR_INVAL, "framing: '%s' is not like 8N1 or 7E1", framing);
	}
	t->home.baud = (int)baud;
	(void)STR_COPY(t->home.framing, framing);
	t->setup = t->home;
	return ERR_OK;
}

static void take_times(struct talk *t, const struct line *line)
{
	int64_t reply_ms = params_find(&t->params, "reply_ms")->number;
	int64_t gap_ms = params_find(&t->params, "gap_ms")->number;
	const struct param_value *retries = params_find(&t->params, "retries");
	t->reply_ms = reply_ms ? reply_ms : line->reply_ms;
	t->has_own_gap = gap_ms || line->gap_ms;
	t->gap_ms = gap_ms ? gap_ms : line->gap_ms ? line->gap_ms : t->timing.gap_ms;
	t->retries_own = retries->is_given ? (int)retries->number : t->timing.retries;
	t->retries = t->retries_own;
	t->has_echo = line->has_echo;
}

enum err talk_new(const struct driver *driver, const struct line *line, const struct meter *meter,
	const struct zone *zone, struct talk **ret_talk, struct diag *diag)
{
	struct talk *t = calloc(1, sizeof(*t));
	if (!t) {
		return ERR_NOMEM;
	}
	t->driver = driver;
	t->timing = driver->timing;
	t->calendar.zone = zone;
	talk_set_report(t, meter->report_hour < 0 ? 0 : (int)meter->report_hour,
		meter->report_day == 0 ? 1 : (int)meter->report_day);
	enum err e = zone ? ERR_OK : zone_get("UTC", &t->calendar.zone, diag);
	if (!e) {
		e = params_parse(&t->params, driver, meter->params, diag);
	}
	if (!e) {
		e = take_model(t, diag);
	}
	if (!e) {
		e = take_quirks(t, diag);
	}
	if (!e) {
		e = take_variant(t, diag);
	}
	if (!e) {
		e = take_speed(t, line, diag);
	}
	if (e) {
		free(t);
		return e;
	}
	take_times(t, line);
	*ret_talk = t;
	return ERR_OK;
}

void talk_free(struct talk *t)
{
	free(t);
}

void talk_attach(struct talk *t, struct link *link, struct trace *trace)
{
	t->link = link;
	t->trace = trace;
	t->from = t->till = t->frame_n = 0; /* what a former link said is of no use */
	t->late_till_us = 0;
}

/* ---- what drivers and workers ask for ---- */

enum err talk_begin(struct talk *t, int64_t now_utc)
{
	atomic_store(&t->is_cancelled, false);
	t->diag = (struct diag){0};
	t->begin_utc = t->now_utc = now_utc;
	t->begin_clock = clock_now();
	t->setup = t->home;
	t->from = t->till = t->frame_n = 0;
	if (!t->link) {
		return talk_no_link(t);
	}
	return link_has_speed(t->link) ? link_setup(t->link, &t->setup, &t->diag) : ERR_OK;
}

enum err talk_speed(struct talk *t, int baud, const char *framing)
{
	struct link_setup setup = {.baud = baud};
	if (!t->link) {
		return talk_no_link(t);
	}
	(void)STR_COPY(setup.framing, framing);
	enum err e = link_setup(t->link, &setup, &t->diag);
	if (!e) {
		t->setup = setup;
	}
	return e;
}

int talk_baud(const struct talk *t)
{
	return t->home.baud;
}

void talk_set_retries(struct talk *t, int retries)
{
	t->retries = retries < 0 ? t->retries_own : retries;
}

/* In virtual time the other side is simulated and needs no silence; months would wait for it. */
void talk_pause(struct talk *t, int ms)
{
	if (clock_is_virtual()) {
		return;
	}
	while (t->link && ms > 0 && !atomic_load(&t->is_cancelled)) {
		int part = ms < CANCEL_LOOK_US / 1000 ? ms : CANCEL_LOOK_US / 1000;
		link_pause(t->link, part);
		ms -= part;
	}
}

int64_t talk_param(const struct talk *t, const char *name)
{
	const struct param_value *v = params_find(&t->params, name);
	assert(v &&
		v->param->type != PARAM_TEXT); /* the driver asks for what is not in its table */
	return v->number;
}

const char *talk_param_text(const struct talk *t, const char *name)
{
	const struct param_value *v = params_find(&t->params, name);
	assert(v);
	return v->text;
}

void *talk_state(struct talk *t, size_t size)
{
	assert(size <= sizeof(t->state));
	(void)size;
	return t->state;
}

const struct zone *talk_zone(const struct talk *t)
{
	return t->calendar.zone;
}

const struct calendar *talk_calendar(const struct talk *t)
{
	return &t->calendar;
}

void talk_set_report(struct talk *t, int hour, int day)
{
	t->calendar.report_hour = hour;
	t->calendar.report_day = day;
}

const void *talk_model(const struct talk *t)
{
	return t->model;
}

const void *talk_quirks(const struct talk *t, const char *maker, int version, int medium)
{
	return t->quirks ? t->quirks : t->has_quirks ? mbus_map_find(maker, version, medium) : NULL;
}

const void *talk_variant(const struct talk *t, const char *flag, const char *ident)
{
	return t->variant ? t->variant : t->has_variants && flag ? iec_map_find(flag, ident) : NULL;
}

int64_t talk_now(const struct talk *t)
{
	return t->now_utc;
}

const struct talk_counters *talk_counters(const struct talk *t)
{
	return &t->counters;
}

const struct diag *talk_diag(const struct talk *t)
{
	return &t->diag;
}

void talk_cancel(struct talk *t)
{
	atomic_store(&t->is_cancelled, true);
}

struct slice talk_last_request(const struct talk *t)
{
	return (struct slice){t->request, t->frame_n ? t->request_n : 0};
}

struct slice talk_last_reply(const struct talk *t)
{
	return (struct slice){t->rx + t->from, t->frame_n};
}

enum err talk_fail(struct talk *t, enum err e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	t->diag = (struct diag){0};
	(void)vsnprintf(t->diag.text, sizeof(t->diag.text), fmt, ap);
	va_end(ap);
	return e;
}

int64_t talk_char_us(const struct talk *t)
{
	return ((int64_t)link_char_bits(t->setup.framing) * 1000000 + t->setup.baud - 1) /
	       t->setup.baud;
}
