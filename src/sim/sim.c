/*
 * sim.c - a virtual building: plan, model and ports put together; see sim.h
 */
#include "sim/sim.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "sim/building.h"
#include "sim/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct sim {
	struct building building;
	struct sim_model *model;
	struct sim_ports *ports;
	enum lang lang;
};

/* ---- real data ---- */

static enum err play(struct sim *s, const char *text, struct diag *diag)
{
	struct sim_profile_spec spec;
	struct sim_profile p;
	enum err e = sim_profile_spec_parse(text, &spec, diag);
	if (e) {
		return e;
	}
	FILE *f = fopen(spec.path, "re");
	if (!f) {
		return err_set_errno(diag, "%s", spec.path);
	}
	e = sim_profile_read(f, &spec, s->building.zone, s->building.flats, &p, diag);
	(void)fclose(f);
	if (e) {
		return e;
	}
	log_info("sim", "%s: %zu counters, %zu rows, %zu rows refused, %zu readings raised",
		spec.path, p.n, p.rows, p.refused, p.fallen);
	for (size_t i = 0; i < p.n; i++) {
		sim_model_replay(s->model, p.tracks[i].point, p.tracks[i].flat, p.tracks[i].series);
		p.tracks[i].series = NULL;
	}
	sim_profile_fini(&p);
	return ERR_OK;
}

/* ---- ports ---- */

static enum err open_lines(struct sim *s, const struct sim_options *o, struct diag *diag)
{
	char dir[256] = "";
	enum err e = ERR_OK;
	if (o->dir) {
		char *real = mkdir(o->dir, 0777) < 0 && errno != EEXIST ? NULL :
									  realpath(o->dir, NULL);
		if (!real) {
			return err_set_errno(diag, "%s", o->dir);
		}
		bool fits = STR_COPY(dir, real) && strlen(dir) + SIM_NAME_CAP + 2 < sizeof(dir);
		free(real);
		if (!fits) {
			return err_set(diag, ERR_RANGE, "path too long: %s", o->dir);
		}
	}
	for (size_t i = 0; i < s->building.line_count && !e; i++) {
		struct building_line *l = &s->building.lines[i];
		char path[256 + SIM_NAME_CAP];
		(void)snprintf(path, sizeof(path), "%s/%s", dir, l->name);
		e = l->is_tcp ?
			    sim_ports_tcp(s->ports, l->name, "127.0.0.1", o->tcp_port, l->baud,
				    &l->port, diag) :
			    sim_ports_pty(s->ports, l->name, o->dir ? path : NULL, &l->port, diag);
	}
	return e;
}

static enum err hang_meters(struct sim *s, struct diag *diag)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < s->building.meter_count && !e; i++) {
		struct building_meter *m = &s->building.meters[i];
		m->source = sim_model_source(s->model, m->source.point, m->source.flat);
		m->sim.device.source = &m->source.source;
		e = sim_ports_attach(s->ports, s->building.lines[m->line].port, &m->sim, diag);
	}
	return e;
}

static enum err break_things(struct sim *s, const char *const *faults, struct diag *diag)
{
	struct buf none;
	enum err e = ERR_OK;
	buf_init(&none, 64);
	for (; faults && *faults && !e; faults++) {
		char command[300];
		(void)snprintf(command, sizeof(command), "fault %s", *faults);
		e = sim_ports_command(s->ports, command, &none, diag);
	}
	buf_fini(&none);
	return e;
}

static enum err build(struct sim *s, const struct sim_options *o, struct diag *diag)
{
	enum err e = building_plan(o, &s->building, diag);
	if (e) {
		return e;
	}
	struct sim_model_options mo = {.seed = o->seed,
		.flats = s->building.flats,
		.utc_offset_s = s->building.standard_offset_s};
	struct sim_ports_options po = {
		.seed = o->seed, .is_paced = o->is_paced, .is_strict_speed = o->is_strict_speed};
	s->lang = o->lang;
	s->model = sim_model_new(&mo);
	s->ports = sim_ports_new(&po);
	if (!s->model || !s->ports) {
		return ERR_NOMEM;
	}
	for (const char *const *p = o->profiles; p && *p && !e; p++) {
		e = play(s, *p, diag);
	}
	if (!e) {
		e = open_lines(s, o, diag);
	}
	if (!e) {
		e = hang_meters(s, diag);
	}
	if (!e) {
		e = break_things(s, o->faults, diag);
	}
	if (!e && o->control) {
		e = sim_ports_control(s->ports, o->control, diag);
	}
	return e || o->is_held ? e : sim_ports_start(s->ports, diag);
}

enum err sim_start(const struct sim_options *options, struct sim **ret_sim, struct diag *diag)
{
	struct sim *s = calloc(1, sizeof(*s));
	if (!s) {
		return ERR_NOMEM;
	}
	enum err e = build(s, options, diag);
	if (e) {
		sim_stop(s);
		return e;
	}
	*ret_sim = s;
	return ERR_OK;
}

enum err sim_release(struct sim *sim, struct diag *diag)
{
	return sim_ports_start(sim->ports, diag);
}

void sim_stop(struct sim *sim)
{
	if (!sim) {
		return;
	}
	sim_ports_free(sim->ports);
	sim_model_free(sim->model);
	building_fini(&sim->building);
	free(sim);
}

/* ---- what others ask ---- */

size_t sim_line_count(const struct sim *sim)
{
	return sim->building.line_count;
}

struct sim_line sim_line(const struct sim *sim, size_t index)
{
	const struct building_line *l = &sim->building.lines[index];
	return (struct sim_line){
		.name = l->name,
		.url = sim_ports_url(sim->ports, l->port),
		.baud = l->baud,
		.framing = l->framing,
		.meters = l->meters,
	};
}

enum err sim_command(struct sim *sim, const char *command, struct buf *reply, struct diag *diag)
{
	return sim_ports_command(sim->ports, command, reply, diag);
}

enum err sim_site(struct sim *sim, struct site **ret_site, struct diag *diag)
{
	return building_site(
		&sim->building, sim->model, sim->ports, sim->lang, clock_now(), ret_site, diag);
}

struct sim_counts sim_counts(const struct sim *sim)
{
	return sim_ports_counts(sim->ports);
}
