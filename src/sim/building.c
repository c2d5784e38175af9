/*
 * building.c - plans of virtual buildings; see building.h
 */
#include "sim/building.h"

#include "base/str.h"
#include "sim/families.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTU_PER_LINE 60
#define TCP_MAX      240
/* A meter about to be placed. */
struct fitting {
	enum sim_point point;
	int flat;
	int line;
	int address;      /* 0: M-Bus, answers to its secondary address only */
	const char *name; /* behind "flat-N." */
	const struct sim_family *family;
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

/* What the node has to be told to reach it. */
static void set_params(const struct building *b, struct building_meter *m, const struct fitting *f)
{
	const struct building_line *line = &b->lines[f->line];
	char *to = m->params;
	int cap = (int)sizeof(m->params), n;
	const char *rest = f->family->params;
	if (f->family->is_alone) {
		n = snprintf(to, (size_t)cap, "%s", rest);
	} else if (f->address) {
		n = snprintf(to, (size_t)cap, "address=%d%s%s", f->address, *rest ? " " : "", rest);
	} else {
		n = snprintf(to, (size_t)cap, "secondary=%s %s", m->sim.device.serial, rest);
	}
	if (line->is_tcp) {
		(void)snprintf(to + n, (size_t)(cap - n), " transport=tcp");
		return;
	}
	if (f->baud != line->baud) {
		n += snprintf(to + n, (size_t)(cap - n), " baud=%d", f->baud);
	}
	if (strcmp(f->family->framing, line->framing) != 0) {
		(void)snprintf(to + n, (size_t)(cap - n), " framing=%s", f->family->framing);
	}
}

/* Eight digits: kind, building, flat. */
static void set_serial(const struct building *b, struct sim_device *d, const struct fitting *f)
{
	static const int kinds[SIM_POINT_COUNT] = {31, 32, 41, 51, 42, 33, 52};
	(void)snprintf(d->serial, sizeof(d->serial), "%02d%03d%03d", kinds[f->point],
		(int)(sim_subkey(b->seed, 9) % 1000), (f->flat + 1) % 1000);
}

static enum err add_meter(
	struct building *b, const struct sim_options *o, const struct fitting *f, struct diag *diag)
{
	struct building_meter *m = &b->meters[b->meter_count];
	struct sim_device *d = &m->sim.device;
	bool is_flat = f->point <= SIM_FLAT_ELECTRICITY;
	enum err e = sim_family_device(
		f->family, f->address, o->born_utc ? o->born_utc : SIM_EPOCH_UTC, d, diag);
	if (e) {
		return e;
	}
	if (is_flat) {
		(void)snprintf(
			m->sim.name, sizeof(m->sim.name), "flat-%d.%s", f->flat + 1, f->name);
	} else {
		(void)STR_COPY(m->sim.name, f->name);
	}
	m->driver = f->family->driver;
	m->source.point = f->point;
	m->source.flat = f->flat;
	m->line = f->line;
	d->zone = b->meter_zone;
	d->report_hour = b->report_hour;
	d->report_day = b->report_day;
	d->baud = b->lines[f->line].is_tcp ? 0 : f->baud;
	if (b->lines[f->line].is_tcp) {
		d->protocol = &sim_modbus_tcp;
	}
	(void)STR_COPY(m->sim.framing, f->family->framing);
	set_serial(b, d, f);
	set_clock(&m->sim, sim_subkey(b->seed, 1000 + b->meter_count), is_flat);
	set_params(b, m, f);
	b->lines[f->line].meters++;
	b->meter_count++;
	return ERR_OK;
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
			static const char *const families[] = {"mbus", "mbus_hot", "mbus_heat"};
			for (int k = 0; k < 3 && !e; k++) {
				f.point = (enum sim_point)(SIM_FLAT_COLD + k);
				f.name = names[k];
				f.family = sim_family_find(families[k]);
				f.address = at ? at + k : 0;
				e = add_meter(b, o, &f, diag);
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
			.family = sim_family_find(flat < rtu ? "sdm120" : "sdm230")};
		e = add_meter(b, o, &f, diag);
	}
	return e;
}

static enum err plan_building(struct building *b, const struct sim_options *o, struct diag *diag)
{
	enum err e = plan_entrances(b, o, diag);
	if (!e) {
		e = plan_electricity(b, o, diag);
	}
	int line = add_line(b, "heating-point", 0, 9600, "8N1");
	const struct fitting inputs[] = {
		{SIM_INPUT_HEAT, 0, line, 1, "input.heat", sim_family_find("spt943_1"), 2400},
		{SIM_INPUT_COLD, 0, line, 2, "input.water", sim_family_find("domovoi_water"), 9600},
		{SIM_INPUT_ELECTRICITY, 0, line, 3, "input.electricity",
			sim_family_find("mercury234"), 9600},
	};
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]) && !e; i++) {
		e = add_meter(b, o, &inputs[i], diag);
	}
	return e;
}

/* One line: `o->meters` of one kind, or one of each kind that is named. */
static enum err plan_line(struct building *b, const struct sim_options *o,
	const struct sim_kind *kinds, int kind_n, struct diag *diag)
{
	static const char *const names[SIM_POINT_COUNT] = {
		"cold", "hot", "heat", "electricity", "input", "water", "electricity"};
	int baud = o->baud ? o->baud : kinds[0].baud;
	bool is_mbus = kinds[0].family->protocol == &sim_mbus;
	int line = add_line(b, is_mbus ? "mbus" : "rs485", 1, baud, kinds[0].family->framing);
	enum err e = ERR_OK;
	for (int i = 0; i < b->flats && !e; i++) {
		const struct sim_kind *kind = &kinds[i % kind_n];
		const struct sim_family *family = kind->family;
		bool is_flat = family->point <= SIM_FLAT_ELECTRICITY;
		char name[32];
		(void)snprintf(
			name, sizeof(name), is_flat ? "%s" : "%s-%d", names[family->point], i + 1);
		struct fitting f = {.point = family->point,
			.flat = i,
			.line = line,
			.address = i + 1,
			.name = name,
			.family = family,
			.baud = o->baud ? o->baud : kind->baud};
		if (family->is_alone && b->flats > 1) {
			return err_set(diag, ERR_CONFLICT,
				"'%s' has no address: it must be alone on its line", family->name);
		}
		e = add_meter(b, o, &f, diag);
	}
	return e;
}

enum err building_plan(
	const struct sim_options *options, struct building *ret_building, struct diag *diag)
{
	struct building b = {.seed = sim_subkey(options->seed, 0x6275696cu),
		.report_hour = options->report_hour,
		.report_day = options->report_day ? options->report_day : 1};
	struct sim_kind kinds[SIM_LINE_MAX];
	bool is_building = !options->plan || strcmp(options->plan, "building") == 0;
	int kind_n = 0;
	if (!is_building) {
		enum err e = sim_kinds_parse(options->plan, kinds, SIM_LINE_MAX, &kind_n, diag);
		if (e) {
			return e;
		}
	}
	int asked = is_building ? options->flats : kind_n > 1 ? kind_n : options->meters;
	int most = is_building ? BUILDING_FLATS_MAX : SIM_LINE_MAX;
	b.flats = asked ? asked : is_building ? 12 : 1;
	if (b.flats < 1 || b.flats > most) {
		return err_set(
			diag, ERR_RANGE, "1 to %d %s", most, is_building ? "flats" : "meters");
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
	e = is_building ? plan_building(&b, options, diag) :
			  plan_line(&b, options, kinds, kind_n, diag);
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
