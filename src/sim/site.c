/*
 * site.c - the configuration a node needs to read a virtual building
 *
 * Places, lines, meters and channels follow from the plan. Registers do not: what a driver makes of
 * a meter is its own business. So every meter is asked once, through its driver, over a link in
 * memory (ask.h), for current values and for the newest records of its archives; what comes out are
 * the registers the node would make by itself at the first reading, and channels can be bound to them.
 */
#include "sim/building.h"
#include "sim/site_charges.h"
#include "sim/site_climate.h"
#include "sim/site_schemes.h"

#include "base/str.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_S        60
#define CLOCK_S       21600

#define W_PER_M2      70 /* of the contract: heating at the design temperature and hot water */
#define KW_PER_GCAL_H 1163

struct maker {
	const struct building *b;
	const struct sim_model *model;
	const struct sim_ports *ports;
	bool is_russian;
	int64_t now_utc;
	struct site *site;
	int64_t next_id;
	int64_t *lines; /* ids */
	int64_t *flats;
	int64_t *meters;
	int64_t building, point;
	struct diag *diag;
};

/* What a channel is fed from: the first register of these keys that the meter has. */
static const struct {
	enum sim_point point;
	enum quantity quantity;
	const char *keys[4];
} feeds[] = {
	{SIM_FLAT_COLD, QUANTITY_COLD_WATER, {"volume", "cold_water", "cold_water.1", "volume.1"}},
	{SIM_FLAT_HOT, QUANTITY_HOT_WATER, {"volume", "hot_water", "hot_water.1", "volume.1"}},
	{SIM_FLAT_HEAT, QUANTITY_HEAT_ENERGY, {"heat_energy", "energy"}},
	{SIM_FLAT_HEAT, QUANTITY_HEAT_POWER, {"heat_power", "power"}},
	{SIM_FLAT_HEAT, QUANTITY_TEMPERATURE_SUPPLY, {"temperature_supply"}},
	{SIM_FLAT_HEAT, QUANTITY_TEMPERATURE_RETURN, {"temperature_return"}},
	{SIM_FLAT_ELECTRICITY, QUANTITY_ACTIVE_ENERGY, {"active_energy", "active_energy_sum"}},
	{SIM_FLAT_ELECTRICITY, QUANTITY_ACTIVE_POWER, {"active_power"}},
	{SIM_FLAT_ELECTRICITY, QUANTITY_VOLTAGE, {"voltage", "voltage.l1"}},
	{SIM_INPUT_HEAT, QUANTITY_HEAT_ENERGY, {"heat_energy"}},
	{SIM_INPUT_HEAT, QUANTITY_MASS_SUPPLY, {"mass_supply"}},
	{SIM_INPUT_HEAT, QUANTITY_MASS_RETURN, {"mass_return"}},
	{SIM_INPUT_HEAT, QUANTITY_VOLUME_SUPPLY, {"volume_supply"}},
	{SIM_INPUT_HEAT, QUANTITY_VOLUME_RETURN, {"volume_return"}},
	{SIM_INPUT_HEAT, QUANTITY_OPERATING_TIME, {"operating_time"}},
	{SIM_INPUT_HEAT, QUANTITY_HEAT_POWER, {"heat_power"}},
	{SIM_INPUT_HEAT, QUANTITY_FLOW_SUPPLY, {"flow_supply"}},
	{SIM_INPUT_HEAT, QUANTITY_TEMPERATURE_SUPPLY, {"temperature_supply"}},
	{SIM_INPUT_HEAT, QUANTITY_TEMPERATURE_RETURN, {"temperature_return"}},
	{SIM_INPUT_HEAT, QUANTITY_TEMPERATURE_OUTDOOR, {"temperature_outdoor"}},
	{SIM_INPUT_HEAT, QUANTITY_PRESSURE_SUPPLY, {"pressure_supply"}},
	{SIM_INPUT_HEAT, QUANTITY_PRESSURE_RETURN, {"pressure_return"}},
	{SIM_INPUT_COLD, QUANTITY_COLD_WATER, {"volume", "cold_water"}},
	{SIM_INPUT_COLD, QUANTITY_FLOW, {"flow"}},
	{SIM_INPUT_ELECTRICITY, QUANTITY_ACTIVE_ENERGY, {"active_energy", "active_energy_sum"}},
	{SIM_INPUT_ELECTRICITY, QUANTITY_ACTIVE_POWER, {"active_power"}},
};

static const char *const point_words[SIM_POINT_COUNT][2] = {
	[SIM_FLAT_COLD] = {"cold water", "холодная вода"},
	[SIM_FLAT_HOT] = {"hot water", "горячая вода"},
	[SIM_FLAT_HEAT] = {"heat", "тепло"},
	[SIM_FLAT_ELECTRICITY] = {"electricity", "электроэнергия"},
	[SIM_INPUT_HEAT] = {"Input, heat", "Ввод, тепло"},
	[SIM_INPUT_COLD] = {"Input, cold water", "Ввод, холодная вода"},
	[SIM_INPUT_ELECTRICITY] = {"Input, electricity", "Ввод, электроэнергия"},
};

static const char *word(const struct maker *k, const char *en, const char *ru)
{
	return k->is_russian ? ru : en;
}

/* Append with the next id; `object` begins with its id. */
static bool add(struct maker *k, enum object_kind kind, void *object)
{
	int64_t id = ++k->next_id;
	memcpy(object, &id, sizeof(id));
	return site_add(k->site, kind, object);
}

/* ---- places ---- */

static int64_t add_place(struct maker *k, int64_t parent, enum place_kind kind, const char *name,
	int number, struct place *p)
{
	p->parent = parent;
	p->kind = kind;
	p->sort = number;
	if (number) {
		(void)snprintf(p->name, sizeof(p->name), "%s %d", name, number);
	} else {
		(void)STR_COPY(p->name, name);
	}
	return add(k, OBJECT_PLACE, p) ? p->id : 0;
}

static struct place new_place(void)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	return p;
}

static bool add_flats(struct maker *k, int entrance, int64_t entrance_id)
{
	const struct building *b = k->b;
	int64_t floor_id = 0;
	int last_floor = 0;
	for (int flat = entrance * b->per_entrance;
		flat < b->flats && building_entrance(b, flat) == entrance; flat++) {
		int floor = building_floor(b, flat);
		struct place p = new_place();
		if (floor != last_floor) {
			p.floor = floor;
			floor_id = add_place(
				k, entrance_id, PLACE_FLOOR, word(k, "Floor", "Этаж"), floor, &p);
			last_floor = floor;
			p = new_place();
		}
		struct sim_flat_facts facts = sim_model_flat(k->model, flat);
		p.floor = floor;
		p.area_m2 = facts.area_m2;
		p.people = facts.people;
		k->flats[flat] = add_place(
			k, floor_id, PLACE_FLAT, word(k, "Flat", "Квартира"), flat + 1, &p);
		if (!k->flats[flat]) {
			return false;
		}
	}
	return true;
}

static bool add_places(struct maker *k)
{
	const struct building *b = k->b;
	struct place p = new_place();
	(void)STR_COPY(p.zone, zone_name(b->zone));
	p.report_hour = b->report_hour;
	p.report_day = b->report_day;
	(void)STR_COPY(p.address, word(k, "Sample street 1", "Примерная ул., 1"));
	for (int flat = 0; flat < b->flats; flat++) {
		struct sim_flat_facts facts = sim_model_flat(k->model, flat);
		p.area_m2 += facts.area_m2;
		p.people += facts.people;
	}
	p.area_m2 = round(p.area_m2 * 10) / 10;
	k->building = add_place(k, 0, PLACE_BUILDING, word(k, "House", "Дом"), 1, &p);
	p = new_place();
	k->point = add_place(k, k->building, PLACE_HEATING_POINT,
		word(k, "Heating point", "Тепловой пункт"), 0, &p);
	for (int entrance = 0; entrance < b->entrances; entrance++) {
		p = new_place();
		int64_t id = add_place(k, k->building, PLACE_ENTRANCE,
			word(k, "Entrance", "Подъезд"), entrance + 1, &p);
		if (!id || !add_flats(k, entrance, id)) {
			return false;
		}
	}
	return true;
}

/* ---- numbers of the contract ---- */

static bool add_parameter(struct maker *k, const char *code, double value, const char *unit,
	const char *text, const char *source)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = k->building;
	p.value = value;
	p.is_confirmed = true;
	(void)STR_COPY(p.code, code);
	(void)STR_COPY(p.unit, unit);
	(void)STR_COPY(p.text, text);
	(void)STR_COPY(p.source, source);
	return add(k, OBJECT_PARAMETER, &p);
}

/* What the heat of the input is checked and replaced by. */
static bool add_heat_contract(struct maker *k)
{
	const char *source = word(k, "heat supply contract of the sample house",
		"договор теплоснабжения примерного дома");
	const struct place *house = &k->site->places[0];
	double load = house->area_m2 * W_PER_M2 / 1e3 / KW_PER_GCAL_H;
	return add_parameter(k, "heat.scheme", NAN, "", "S1", source) &&
	       add_parameter(k, "contract.heat_load_gcal_h", round(load * 1e4) / 1e4, "Gcal/h", "",
		       source) &&
	       add_parameter(k, "abnormal.flow_min", 0.05, "t/h", "", source) &&
	       add_parameter(k, "abnormal.flow_max", 10, "t/h", "", source);
}

/* ---- lines and meters ---- */

static bool add_lines(struct maker *k)
{
	for (size_t i = 0; i < k->b->line_count; i++) {
		const struct building_line *from = &k->b->lines[i];
		struct line l;
		object_init(OBJECT_LINE, &l);
		(void)STR_COPY(l.name, from->name);
		(void)STR_COPY(l.link, sim_ports_url(k->ports, from->port));
		l.baud = from->is_tcp ? 0 : from->baud;
		(void)STR_COPY(l.framing, from->is_tcp ? "" : from->framing);
		if (!add(k, OBJECT_LINE, &l)) {
			return false;
		}
		k->lines[i] = l.id;
	}
	return true;
}

/* A register as the node would make it (poll/collect.c): amounts of counters have one of their own. */
static bool add_register(struct maker *k, int64_t meter, const struct sample *x)
{
	bool is_amount = x->form == FORM_AMOUNT && quantity_kind(x->quantity) == KIND_COUNTER;
	char key[REGISTER_KEY_CAP];
	int n = snprintf(key, sizeof(key), "%s%s", x->key, is_amount ? ".amount" : "");
	if (quantity_kind(x->quantity) == KIND_INFO || x->text || n >= (int)sizeof(key)) {
		return true;
	}
	for (size_t i = k->site->counts[OBJECT_REGISTER]; i-- > 0;) {
		struct meter_register *r = &k->site->registers[i];
		if (r->meter != meter) {
			break; /* those of one meter stand together */
		}
		if (strcmp(r->key, key) == 0) {
			r->form = x->form == FORM_NOW ? r->form : x->form;
			return true;
		}
	}
	struct meter_register r;
	object_init(OBJECT_REGISTER, &r);
	r.meter = meter;
	(void)STR_COPY(r.key, key);
	r.quantity = x->quantity;
	r.unit = x->unit;
	r.form = x->form;
	r.decimals = x->decimals;
	r.capacity = x->capacity;
	return add(k, OBJECT_REGISTER, &r);
}

static enum err ask(struct maker *k, const struct sim_device *d, const struct driver *driver,
	struct talk *t, struct sample_list *list)
{
	static const struct {
		uint32_t cap;
		enum period period;
		int periods; /* asked for: the newest */
	} archives[] = {
		{CAP_ARCHIVE_HALF_HOUR, PERIOD_HALF_HOUR, 3},
		{CAP_ARCHIVE_HOUR, PERIOD_HOUR, 3},
		{CAP_ARCHIVE_DAY, PERIOD_DAY, 3},
		{CAP_ARCHIVE_MONTH, PERIOD_MONTH, 2},
	};
	struct calendar calendar = {.zone = k->b->meter_zone,
		.report_hour = k->b->report_hour,
		.report_day = k->b->report_day};
	enum err e = talk_begin(t, k->now_utc);
	if (!e) {
		e = driver->hear ? talk_hear(t, -1, &list->sink) :
				   driver->read_current(t, &list->sink);
	}
	uint32_t caps = driver->caps_of ? driver->caps_of(t) : driver->caps;
	for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]) && !e; i++) {
		struct span span = period_of(&calendar, archives[i].period, k->now_utc);
		span.till = span.from;
		for (int n = 0; n < archives[i].periods; n++) {
			span.from = period_prev(&calendar, archives[i].period, span.from);
		}
		if ((caps & archives[i].cap) && sim_depth(d, archives[i].period)) {
			e = driver->read_archive(t, archives[i].period, span, &list->sink);
			e = err_is_answer(e) ? ERR_OK : e;
		}
	}
	return e;
}

static enum err add_registers(struct maker *k, const struct building_meter *from,
	const struct line *line, const struct meter *meter)
{
	const struct driver *driver = driver_find(from->driver);
	struct talk *t = NULL;
	struct sample_list list;
	sample_list_init(&list);
	struct link *link = sim_link_new(&from->sim.device, k->now_utc * 1000000);
	enum err e = !driver ? ERR_NOTFOUND : !link ? ERR_NOMEM : ERR_OK;
	if (!e) {
		e = talk_new(driver, line, meter, k->b->meter_zone, &t, k->diag);
	}
	if (!e) {
		talk_attach(t, link, NULL);
		e = ask(k, &from->sim.device, driver, t, &list);
		if (e) {
			(void)err_set(k->diag, e, "%s: %s", from->sim.name, talk_diag(t)->text);
		}
	}
	for (size_t i = 0; i < list.n && !e; i++) {
		e = add_register(k, meter->id, &list.items[i]->sample) ? ERR_OK : ERR_NOMEM;
	}
	talk_free(t);
	if (link) {
		link->ops->close(link);
	}
	sample_list_fini(&list);
	return e;
}

static bool has_archive(const struct sim_device *d)
{
	return d->depth.half_hours || d->depth.hours || d->depth.days || d->depth.months;
}

static bool is_of_flat(enum sim_point p)
{
	return p <= SIM_FLAT_ELECTRICITY;
}

static const struct meter_register *feed_register(
	const struct maker *k, int64_t meter, const char *const *keys)
{
	for (int i = 0; i < 4 && keys[i]; i++) {
		char amount[REGISTER_KEY_CAP];
		(void)snprintf(amount, sizeof(amount), "%s.amount", keys[i]);
		/* where the meter keeps amounts, its archive is what counts */
		const struct meter_register *r = site_register(k->site, meter, amount);
		r = r ? r : site_register(k->site, meter, keys[i]);
		if (r) {
			return r;
		}
	}
	return NULL;
}

static bool add_channels(
	struct maker *k, const struct building_meter *from, const struct meter *meter)
{
	for (size_t i = 0; i < sizeof(feeds) / sizeof(feeds[0]); i++) {
		if (feeds[i].point != from->source.point) {
			continue;
		}
		const struct meter_register *r = feed_register(k, meter->id, feeds[i].keys);
		if (!r) {
			continue;
		}
		struct channel c;
		struct binding b;
		object_init(OBJECT_CHANNEL, &c);
		object_init(OBJECT_BINDING, &b);
		c.place = meter->place;
		c.quantity = feeds[i].quantity;
		c.unit = quantity_unit(c.quantity);
		c.sort = (int64_t)i;
		b.meter_register = r->id;
		if (!add(k, OBJECT_CHANNEL, &c)) {
			return false;
		}
		b.channel = c.id;
		if (!add(k, OBJECT_BINDING, &b)) {
			return false;
		}
	}
	return true;
}

/* When the registers of all meters are known and sorted. */
static bool add_all_channels(struct maker *k)
{
	for (size_t i = 0; i < k->b->meter_count; i++) {
		const struct meter *m = site_find(k->site, OBJECT_METER, k->meters[i]);
		if (!add_channels(k, &k->b->meters[i], m)) {
			return false;
		}
	}
	return true;
}

static enum err add_meter(struct maker *k, const struct building_meter *from)
{
	const struct building_line *on = &k->b->lines[from->line];
	const char *what = point_words[from->source.point][k->is_russian];
	bool in_flat = is_of_flat(from->source.point);
	struct meter m;
	object_init(OBJECT_METER, &m);
	m.line = k->lines[from->line];
	m.place = in_flat ? k->flats[from->source.flat] : k->point;
	if (in_flat) {
		(void)snprintf(m.name, sizeof(m.name), "%s %d, %s", word(k, "Flat", "Квартира"),
			from->source.flat + 1, what);
	} else {
		(void)STR_COPY(m.name, what);
	}
	(void)STR_COPY(m.driver, from->driver);
	(void)STR_COPY(m.params, from->params);
	(void)STR_COPY(m.serial, from->sim.device.serial);
	(void)STR_COPY(m.model, from->sim.device.model);
	m.poll_s = POLL_S;
	m.clock_s = CLOCK_S;
	m.archives = has_archive(&from->sim.device);
	if (k->b->meter_zone != k->b->zone) {
		(void)STR_COPY(m.zone, zone_name(k->b->meter_zone));
	}
	const struct driver *driver = driver_find(from->driver);
	if (driver && !driver->report_time) { /* nobody but a person can know */
		m.report_hour = k->b->report_hour;
		m.report_day = k->b->report_day;
	}
	struct line l;
	object_init(OBJECT_LINE, &l);
	l.baud = on->baud;
	(void)STR_COPY(l.framing, on->framing);
	if (!add(k, OBJECT_METER, &m)) {
		return ERR_NOMEM;
	}
	k->meters[from - k->b->meters] = m.id;
	return add_registers(k, from, &l, &m);
}

enum err building_site(const struct building *b, const struct sim_model *m,
	const struct sim_ports *ports, enum lang lang, int64_t now_utc, struct site **ret_site,
	struct diag *diag)
{
	struct maker k = {.b = b,
		.model = m,
		.ports = ports,
		.is_russian = lang == LANG_RU,
		.now_utc = now_utc,
		.site = site_new(),
		.diag = diag};
	k.lines = calloc(b->line_count, sizeof(*k.lines));
	k.flats = calloc((size_t)b->flats, sizeof(*k.flats));
	k.meters = calloc(b->meter_count, sizeof(*k.meters));
	enum err e = ERR_NOMEM;
	if (k.site && k.lines && k.flats && k.meters && add_places(&k) && add_heat_contract(&k) &&
		add_lines(&k)) {
		e = ERR_OK;
	}
	for (size_t i = 0; i < b->meter_count && !e; i++) {
		e = add_meter(&k, &b->meters[i]);
	}
	if (!e) {
		site_sort(k.site); /* look-ups from here on */
		bool is_whole = add_all_channels(&k) &&
				site_schemes(
					k.site, k.building, k.point, k.is_russian, &k.next_id) &&
				site_charges(k.site, k.building, k.is_russian, &k.next_id) &&
				site_climate(k.site, k.building, k.is_russian, &k.next_id);
		e = is_whole ? ERR_OK : ERR_NOMEM;
	}
	if (!e) {
		site_sort(k.site);
		e = site_check(k.site, diag);
	}
	free(k.lines);
	free(k.flats);
	free(k.meters);
	if (e) {
		site_unref(k.site);
		return e;
	}
	*ret_site = k.site;
	return ERR_OK;
}
