/*
 * bench_poll.c - how fast each kind of meter gives back sixty days of hours after an outage, and how
 * long 32 of it on one line take for their current values
 *
 * Catching up: one paced meter on a pseudo-terminal, its driver, and nothing else: the archive is read in pieces as
 * a line worker asks for it, the oldest first, until the sixty days or the time are over. Reported:
 *
 *   hours             records told, of 1440
 *   bytes_per_hour    on the wire, both ways, per record
 *   of_limit          wire + the meter's turnaround + gaps the protocol demands, of the time it took
 *   catch_up_s        what sixty days take at this rate
 *   wire_limit_s      what their bytes alone take at the speed in force (some agree on a faster one
 *                     than theirs): no meter could be faster with this protocol and this driver
 *   ratio             wire_limit_s / catch_up_s
 *
 * Load profiles count their half-hours as halves. A full line ("line"): see bench_line.c; a kind without
 * address is alone on its line.
 */
#include "base/clock.h"
#include "base/str.h"
#include "cmd/bench.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/families.h"
#include "sim/sim.h"

#include <stdio.h>
#include <string.h>

#define DAYS        60
#define HOURS       (DAYS * 24)
#define CHUNK_H     48
#define HOUR_S      3600

#define LINE_METERS 32 /* as many as an RS-485 line drives without a repeater */

static void report(
	json_t *out, const struct sim_family *f, const struct talk *t, int hours, double seconds)
{
	const struct talk_counters *c = talk_counters(t);
	double wire = (double)c->wire_us / 1e6;
	double limit = (double)(c->busy_us + c->gap_us) / 1e6;
	(void)json_object_set_new(out, "driver", json_string(f->driver));
	(void)json_object_set_new(out, "baud", json_integer(f->baud));
	(void)json_object_set_new(out, "hours", json_integer(hours));
	(void)json_object_set_new(out, "exchanges", json_integer(c->exchanges));
	(void)json_object_set_new(out, "failed", json_integer(c->timeouts + c->noises));
	(void)json_object_set_new(
		out, "bytes_per_hour", json_real((double)(c->bytes_out + c->bytes_in) / hours));
	(void)json_object_set_new(out, "of_limit", json_real(limit / seconds));
	(void)json_object_set_new(out, "catch_up_s", json_real(seconds * HOURS / hours));
	(void)json_object_set_new(out, "wire_limit_s", json_real(wire * HOURS / hours));
	(void)json_object_set_new(out, "ratio", json_real(wire / seconds));
}

/* Which hours of `all` the list tells; of half-hours both must come. */
static void note_told(
	const struct sample_list *list, struct span all, enum period period, int told[static HOURS])
{
	for (size_t i = 0; i < list->n; i++) {
		int64_t at = list->items[i]->sample.utc - all.from, hour = at / HOUR_S;
		if (at >= 0 && hour < HOURS) {
			told[hour] |= period == PERIOD_HOUR ? 3 : at % HOUR_S ? 2 : 1;
		}
	}
}

static enum err read_hours(struct talk *t, const struct driver *d, enum period period,
	struct span all, int seconds, int *ret_hours, double *ret_seconds)
{
	int64_t begin_us = clock_mono_us(), till_us = begin_us + seconds * 1000000LL;
	int n = (int)((all.till - all.from) / HOUR_S), hours = 0;
	int told[HOURS] = {0};
	int chunk = period == PERIOD_HOUR ? CHUNK_H : CHUNK_H / 2;
	enum err e = ERR_OK;
	for (int at = 0; at < n && clock_mono_us() < till_us && !e; at += chunk) {
		int last = at + chunk < n ? at + chunk : n;
		struct span span = {
			all.from + at * (int64_t)HOUR_S, all.from + last * (int64_t)HOUR_S};
		struct sample_list list;
		if (told[at] == 3 && told[last - 1] == 3) {
			continue; /* told on the way to others */
		}
		sample_list_init(&list);
		e = talk_begin(t, clock_now());
		e = e ? e : d->read_archive(t, period, span, &list.sink);
		e = err_is_answer(e) ? ERR_OK : e;
		note_told(&list, all, period, told);
		sample_list_fini(&list);
	}
	for (int i = 0; i < n; i++) {
		hours += told[i] == 3;
	}
	*ret_hours = hours ? hours : 1;
	*ret_seconds = (double)(clock_mono_us() - begin_us) / 1e6;
	return e;
}

static enum err measure(const struct sim_family *f, struct sim *sim, struct span all, int seconds,
	json_t *out, struct diag *diag)
{
	const struct driver *d = driver_find(f->driver);
	struct line line;
	struct meter meter;
	struct link *link = NULL;
	struct talk *t = NULL;
	struct link_setup setup = {.baud = f->baud};
	enum period period = f->depth.half_hours ? PERIOD_HALF_HOUR : PERIOD_HOUR;
	(void)STR_COPY(setup.framing, f->framing);
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	line.baud = f->baud;
	(void)STR_COPY(line.framing, f->framing);
	(void)snprintf(meter.params, sizeof(meter.params), "%s%s", f->is_alone ? "" : "address=1 ",
		f->params);
	if (!d) {
		return err_set(diag, ERR_NOTFOUND, "driver '%s'", f->driver);
	}
	enum err e = link_open(sim_line(sim, 0).url, &setup, &link, diag);
	e = e ? e : talk_new(d, &line, &meter, NULL, &t, diag);
	if (!e) {
		int hours;
		double took;
		talk_attach(t, link, NULL);
		e = read_hours(t, d, period, all, seconds, &hours, &took);
		if (e) {
			(void)err_set(diag, e, "%s: %s", f->name, talk_diag(t)->text);
		} else {
			report(out, f, t, hours, took);
		}
	}
	talk_free(t);
	link_close(link);
	return e;
}

/* Sixty days back, or what it remembers. */
static enum err catch_up(const struct sim_family *f, const struct sim_device *device,
	const struct bench_options *o, json_t *out, struct diag *diag)
{
	int64_t now = clock_now(), till = now - now % HOUR_S;
	int depth = device->depth.half_hours ? device->depth.half_hours / 2 : device->depth.hours;
	struct sim *sim = NULL;
	/* some remember 45 days only; the oldest of them would go while it is read */
	int hours = depth - 2 < HOURS ? depth - 2 : HOURS;
	struct span all = {till - hours / CHUNK_H * CHUNK_H * (int64_t)HOUR_S, till};
	struct sim_options options = {
		.plan = f->name, .zone = "UTC", .born_utc = all.from - 86400, .is_paced = true};
	enum err e = sim_start(&options, &sim, diag);
	e = e ? e : measure(f, sim, all, o->is_quick ? 1 : 5, out, diag);
	sim_stop(sim);
	return e;
}

enum err bench_poll(json_t *out, const struct bench_options *o, struct diag *diag)
{
	int64_t born = clock_now() - DAYS * 86400LL;
	enum err e = ERR_OK;
	for (const struct sim_family *f = sim_families; f->name && !e; f++) {
		struct sim_device device;
		if (o->kind && strcmp(o->kind, f->name) != 0) {
			continue;
		}
		json_t *one = json_object(), *line = json_object();
		(void)json_object_set_new(out, f->name, one);
		(void)json_object_set_new(one, "line", line);
		e = sim_family_device(f, 1, born, &device, diag);
		if (!e && (device.depth.hours || device.depth.half_hours)) {
			e = catch_up(f, &device, o, one, diag);
		}
		e = e ? e :
			bench_full_line(f->name, f->is_alone ? 1 : LINE_METERS, 0,
				o->is_quick ? 1 : 5, line, diag);
	}
	return e;
}
