/*
 * building.c - plans of virtual buildings; see building.h
 */
#include "sim/building.h"

#include "base/str.h"
#include "poll/meter_map.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEDIUM_HEAT  0x04
#define MEDIUM_HOT   0x06
#define MEDIUM_COLD  0x16
#define RTU_PER_LINE 60
#define TCP_MAX      240
/* records in the logs of M-Bus meters, and the subcodes that select them */
#define MBUS_MONTHS    15
#define MBUS_DAYS      60
#define MBUS_LOGS      " log_month=32"
#define MBUS_LOGS_HEAT " log_month=32 log_day=48"

/* A meter about to be placed. */
struct fitting {
	enum sim_point point;
	int flat;
	int line;
	int address;       /* 0: M-Bus, answers to its secondary address only */
	const char *name;  /* behind "flat-N." */
	const char *model; /* Modbus */
	int baud;
};

/* ---- zones ---- */

/* Meters do not follow summer time: the offset that is the lesser of January's and July's. */
static enum err settle_zone(struct building *b, const char *name, struct diag *diag)
{
	enum err e = zone_get(name ? name : "Europe/Moscow", &b->zone, diag);
	if (e) {
		return e;
	}
	int january = zone_offset(b->zone, 1767225600), july = zone_offset(b->zone, 1782864000);
	b->standard_offset_s = january < july ? january : july;
	b->meter_zone = b->zone;
	if (january != july) {
		char fixed[32]; /* the sign of these names is that of the POSIX rules */
		(void)snprintf(
			fixed, sizeof(fixed), "Etc/GMT%+d", (int)(-b->standard_offset_s / 3600));
		e = zone_get(b->standard_offset_s % 3600 ? "UTC" : fixed, &b->meter_zone, diag);
	}
	return e;
}

/* ---- lines and meters ---- */

static int add_line(struct building *b, const char *kind, int number, int baud, const char *framing)
{
	struct building_line *l = &b->lines[b->line_count];
	if (number) {
		(void)snprintf(l->name, sizeof(l->name), "%s-%d", kind, number);
	} else {
		(void)STR_COPY(l->name, kind);
	}
	l->baud = baud;
	(void)STR_COPY(l->framing, framing);
	return (int)b->line_count++;
}

/* Depths of a register map's archives. */
static enum err depth_of(const char *model, struct archive_depth *ret, struct diag *diag)
{
	const struct modbus_map *map;
	enum err e = meter_map_load(model, &map, diag);
	if (e) {
		return e;
	}
	*ret = (struct archive_depth){0};
	for (unsigned i = 0; i < map->archives_count; i++) {
		int n = (int)map->archives[i].depth;
		switch (map->archives[i].period) {
		case PERIOD_HALF_HOUR: ret->half_hours = n; break;
		case PERIOD_HOUR: ret->hours = n; break;
		case PERIOD_DAY: ret->days = n; break;
		case PERIOD_MONTH: ret->months = n; break;
		case PERIOD_NONE:
		case PERIOD_COUNT: break;
		}
	}
	return ERR_OK;
}

static void set_clock(struct sim_meter *s, uint64_t key, bool may_be_old)
{
	s->drift_ppm = 40 * (sim_hash01(key, 1) - 0.5);
	s->clock_s = (int64_t)(16 * (sim_hash01(key, 2) - 0.5));
	if (may_be_old && sim_hash01(key, 3) < 0.04) { /* a quartz that has aged */
		s->drift_ppm *= 5;
		s->clock_s *= 15;
	}
	s->turnaround_ms = 15 + (int)(40 * sim_hash01(key, 4));
}

static void set_mbus(struct building_meter *m, const struct fitting *f)
{
	struct sim_device *d = &m->sim.device;
	m->driver = "mbus";
	d->protocol = &sim_mbus;
	(void)STR_COPY(d->maker, "DMV");
	(void)STR_COPY(m->sim.framing, "8E1");
	d->medium = f->point == SIM_FLAT_HEAT ? MEDIUM_HEAT :
		    f->point == SIM_FLAT_HOT  ? MEDIUM_HOT :
						MEDIUM_COLD;
	d->depth.months = MBUS_MONTHS;
	d->depth.days = f->point == SIM_FLAT_HEAT ? MBUS_DAYS : 0;
	const char *logs = f->point == SIM_FLAT_HEAT ? MBUS_LOGS_HEAT : MBUS_LOGS;
	if (f->address) {
		(void)snprintf(m->params, sizeof(m->params), "address=%d%s", f->address, logs);
	} else {
		(void)snprintf(m->params, sizeof(m->params), "secondary=%s%s", d->serial, logs);
	}
}

static enum err set_modbus(
	struct building *b, struct building_meter *m, const struct fitting *f, struct diag *diag)
{
	struct sim_device *d = &m->sim.device;
	const struct building_line *line = &b->lines[f->line];
	m->driver = "modbus";
	d->protocol = line->is_tcp ? &sim_modbus_tcp : &sim_modbus_rtu;
	(void)STR_COPY(m->sim.framing, "8N1");
	(void)STR_COPY(d->model, f->model);
	int n = snprintf(m->params, sizeof(m->params), "address=%d model=%s", f->address, f->model);
	if (line->is_tcp) {
		(void)snprintf(m->params + n, sizeof(m->params) - (size_t)n, " transport=tcp");
	} else if (f->baud != line->baud) {
		(void)snprintf(m->params + n, sizeof(m->params) - (size_t)n, " baud=%d", f->baud);
	}
	return depth_of(f->model, &d->depth, diag);
}

/* Eight digits: kind, building, flat. */
static void set_serial(const struct building *b, struct sim_device *d, const struct fitting *f)
{
	static const int kinds[SIM_POINT_COUNT] = {31, 32, 41, 51, 42, 33, 52};
	(void)snprintf(d->serial, sizeof(d->serial), "%02d%03d%03d", kinds[f->point],
		(int)(sim_subkey(b->seed, 9) % 1000), (f->flat + 1) % 1000);
}

static enum err add_meter(
	struct building *b, int64_t born_utc, const struct fitting *f, struct diag *diag)
{
	struct building_meter *m = &b->meters[b->meter_count];
	struct sim_device *d = &m->sim.device;
	bool is_flat = f->point <= SIM_FLAT_ELECTRICITY;
	if (is_flat) {
		(void)snprintf(
			m->sim.name, sizeof(m->sim.name), "flat-%d.%s", f->flat + 1, f->name);
	} else {
		(void)STR_COPY(m->sim.name, f->name);
	}
	m->source.point = f->point;
	m->source.flat = f->flat;
	m->line = f->line;
	d->address = f->address;
	d->zone = b->meter_zone;
	d->born_utc = born_utc ? born_utc : SIM_EPOCH_UTC;
	d->baud = b->lines[f->line].is_tcp ? 0 : f->baud;
	set_serial(b, d, f);
	set_clock(&m->sim, sim_subkey(b->seed, 1000 + b->meter_count), is_flat);
	b->lines[f->line].meters++;
	b->meter_count++;
	if (!f->model) {
		set_mbus(m, f);
		return ERR_OK;
	}
	return set_modbus(b, m, f, diag);
}

/* ---- plans ---- */

static enum err plan_entrances(struct building *b, const struct sim_options *o, struct diag *diag)
{
	enum err e = ERR_OK;
	for (int entrance = 0; entrance < b->entrances; entrance++) {
		int first = entrance * b->per_entrance;
		int end = first + b->per_entrance < b->flats ? first + b->per_entrance : b->flats;
		int line = add_line(b, "mbus", entrance + 1, 2400, "8E1");
		for (int flat = first; flat < end && !e; flat++) {
			bool is_secondary = flat == end - 1 && end - first > 1;
			int at = is_secondary ? 0 : 3 * (flat - first) + 1;
			struct fitting f = {.flat = flat, .line = line, .baud = 2400};
			static const char *const names[] = {"cold", "hot", "heat"};
			for (int k = 0; k < 3 && !e; k++) {
				f.point = (enum sim_point)(SIM_FLAT_COLD + k);
				f.name = names[k];
				f.address = at ? at + k : 0;
				e = add_meter(b, o->born_utc, &f, diag);
			}
		}
	}
	return e;
}

static enum err plan_electricity(struct building *b, const struct sim_options *o, struct diag *diag)
{
	int tcp = o->has_tcp ? b->flats / 3 : 0;
	tcp = tcp > TCP_MAX ? TCP_MAX : tcp;
	int rtu = b->flats - tcp, line = -1, number = 0;
	enum err e = ERR_OK;
	for (int flat = 0; flat < b->flats && !e; flat++) {
		int on_line = flat < rtu ? flat % RTU_PER_LINE : flat - rtu;
		if (flat < rtu && on_line == 0) {
			line = add_line(b, "rs485", ++number, 9600, "8N1");
		} else if (flat == rtu) {
			line = add_line(b, "tcp", 1, 9600, "8N1");
			b->lines[line].is_tcp = true;
		}
		struct fitting f = {.point = SIM_FLAT_ELECTRICITY,
			.flat = flat,
			.line = line,
			.address = on_line + 1,
			.name = "electricity",
			.baud = 9600,
			.model = flat < rtu ? "sdm120" : "sdm230"};
		e = add_meter(b, o->born_utc, &f, diag);
	}
	return e;
}

static enum err plan_building(struct building *b, const struct sim_options *o, struct diag *diag)
{
	enum err e = plan_entrances(b, o, diag);
	if (!e) {
		e = plan_electricity(b, o, diag);
	}
	int line = add_line(b, "heating-point", 0, 19200, "8N1");
	const struct fitting inputs[] = {
		{SIM_INPUT_HEAT, 0, line, 1, "input.heat", "domovoi_heat", 19200},
		{SIM_INPUT_COLD, 0, line, 2, "input.water", "domovoi_water", 9600},
		{SIM_INPUT_ELECTRICITY, 0, line, 3, "input.electricity", "sdm630", 9600},
	};
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]) && !e; i++) {
		e = add_meter(b, o->born_utc, &inputs[i], diag);
	}
	return e;
}

/* One line with equal meters, for benches and tests. */
static enum err plan_line(struct building *b, const struct sim_options *o, struct diag *diag)
{
	static const struct {
		enum sim_point point;
		const char *line, *framing, *name, *model;
		int baud;
	} plans[] = {
		[SIM_PLAN_MBUS] = {SIM_FLAT_COLD, "mbus", "8E1", "cold", NULL, 2400},
		[SIM_PLAN_MODBUS] = {SIM_FLAT_ELECTRICITY, "rs485", "8N1", "electricity", "sdm120",
			9600},
		[SIM_PLAN_ARCHIVE] = {SIM_INPUT_HEAT, "rs485", "8N1", "input", "domovoi_heat",
			19200},
	};
	int baud = o->baud ? o->baud : plans[o->plan].baud;
	int line = add_line(b, plans[o->plan].line, 1, baud, plans[o->plan].framing);
	enum err e = ERR_OK;
	for (int i = 0; i < b->flats && !e; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), o->plan == SIM_PLAN_ARCHIVE ? "%s-%d" : "%s",
			plans[o->plan].name, i + 1);
		struct fitting f = {
			plans[o->plan].point, i, line, i + 1, name, plans[o->plan].model, baud};
		e = add_meter(b, o->born_utc, &f, diag);
	}
	return e;
}

enum err building_plan(
	const struct sim_options *options, struct building *ret_building, struct diag *diag)
{
	struct building b = {.seed = sim_subkey(options->seed, 0x6275696cu)};
	int asked = options->plan == SIM_PLAN_BUILDING ? options->flats : options->meters;
	int most = options->plan == SIM_PLAN_BUILDING ? BUILDING_FLATS_MAX : 247;
	b.flats = asked ? asked : options->plan == SIM_PLAN_BUILDING ? 12 : 1;
	if (b.flats < 1 || b.flats > most) {
		return err_set(diag, ERR_RANGE, "1 to %d %s", most,
			options->plan == SIM_PLAN_BUILDING ? "flats" : "meters");
	}
	enum err e = settle_zone(&b, options->zone, diag);
	if (e) {
		return e;
	}
	b.entrances = b.flats < 4 ? 1 : b.flats <= 40 ? 2 : (b.flats + 19) / 20;
	b.per_entrance = (b.flats + b.entrances - 1) / b.entrances;
	b.entrances = (b.flats + b.per_entrance - 1) / b.per_entrance;
	b.per_floor = b.per_entrance <= 8 ? 2 : 4;
	b.lines = calloc(SIM_PORTS_MAX, sizeof(*b.lines));
	b.meters = calloc((size_t)b.flats * 4 + 3, sizeof(*b.meters));
	if (!b.lines || !b.meters) {
		building_fini(&b);
		return ERR_NOMEM;
	}
	e = options->plan == SIM_PLAN_BUILDING ? plan_building(&b, options, diag) :
						 plan_line(&b, options, diag);
	if (e) {
		building_fini(&b);
		return e;
	}
	*ret_building = b;
	return ERR_OK;
}

void building_fini(struct building *b)
{
	free(b->lines);
	free(b->meters);
	*b = (struct building){0};
}
