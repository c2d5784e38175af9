/*
 * bill_places.c - what figures say of the house and its premises
 *
 * Most premises have no figures of their own: theirs are the building's, looked up once.
 */
#include "calc/bill_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Service of the figures "norm.<>", "norm.common_needs.<>"; NULL: none. */
static const char *const norm_names[CHARGE_SERVICE_COUNT] = {[CHARGE_HEAT] = "heating",
	[CHARGE_COLD_WATER] = "cold_water",
	[CHARGE_HOT_WATER] = "hot_water",
	[CHARGE_ELECTRICITY] = "active_energy"};
/* Quantity in "balance.not_connected.<>". */
static const char *const quantity_names[CHARGE_SERVICE_COUNT] = {[CHARGE_HEAT] = "heat_energy",
	[CHARGE_COLD_WATER] = "cold_water",
	[CHARGE_HOT_WATER] = "hot_water",
	[CHARGE_ELECTRICITY] = "active_energy"};

static double number(const struct bill *b, int64_t place, const char *code)
{
	return figure_number(b->q.figures, place, code, b->date);
}

static double number_of(const struct bill *b, int64_t place, const char *stem, const char *name)
{
	char code[CODE_CAP + 32];
	(void)snprintf(code, sizeof(code), "%s.%s", stem, name);
	return number(b, place, code);
}

static const char *text_of(const struct bill *b, int64_t place, const char *code)
{
	const struct figure *f = figure_at(b->q.figures, place, code, b->date);
	return f ? f->text : "";
}

/* ---- rates ---- */

struct tariff_name bill_tariff_name(const struct bill *b, int64_t place, enum charge_service s)
{
	static const char *const services[CHARGE_SERVICE_COUNT] = {[CHARGE_HEAT] = "heat",
		[CHARGE_COLD_WATER] = "cold_water",
		[CHARGE_HOT_WATER] = "hot_water",
		[CHARGE_HOT_WATER_HEAT] = "hot_water",
		[CHARGE_SEWER] = "sewer",
		[CHARGE_ELECTRICITY] = "electricity"};
	struct tariff_name name = {.service = services[s],
		.component = s == CHARGE_HOT_WATER_HEAT ? "heat" : NULL,
		.group = text_of(b, place, "tariff.group")};
	if (s == CHARGE_ELECTRICITY && b->zones) {
		for (size_t i = 0; i < b->zones->zones_count && i < TARIFF_ZONES; i++) {
			name.zones[i] = b->zones->zones[i].name;
		}
	}
	return name;
}

static bool is_any(const struct tariff *t)
{
	for (size_t i = 0; i < t->step_count; i++) {
		for (size_t k = 0; k < TARIFF_ZONES; k++) {
			if (t->steps[i].figures[k]) {
				return true;
			}
		}
	}
	return false;
}

static void rates_read(const struct bill *b, int64_t place, struct bill_rates *ret)
{
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		struct tariff_name name = bill_tariff_name(b, place, (enum charge_service)s);
		tariff_read(b->q.figures, place, &name, &b->calendar, b->q.month, &ret->tariffs[s]);
		ret->is_there[s] = is_any(&ret->tariffs[s]);
	}
	struct tariff_name capacity = bill_tariff_name(b, place, CHARGE_HEAT);
	capacity.component = "capacity";
	tariff_read(b->q.figures, place, &capacity, &b->calendar, b->q.month, &ret->capacity);
	ret->has_capacity = is_any(&ret->capacity);
}

static void rates_use(struct charge_flat *f, const struct bill_rates *r)
{
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		f->tariffs[s] = r->is_there[s] ? &r->tariffs[s] : NULL;
	}
	f->capacity = r->has_capacity ? &r->capacity : NULL;
}

/* ---- who has figures of its own ---- */

struct owners {
	int64_t *places; /* with parameters, sorted */
	size_t n;
};

static int compare_ids(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

static enum err owners_of(const struct bill *b, struct owners *ret)
{
	size_t n = b->q.site->counts[OBJECT_PARAMETER];
	ret->places = calloc(n + 1, sizeof(*ret->places));
	if (!ret->places) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		ret->places[ret->n++] = b->q.site->parameters[i].place;
	}
	if (n > 1) {
		qsort(ret->places, n, sizeof(*ret->places), compare_ids);
	}
	return ERR_OK;
}

/* A parameter stands between the building and the premises, or at them. */
static bool has_own(const struct bill *b, const struct owners *o, int64_t place)
{
	for (int depth = 0; place && place != b->q.building && depth < 64; depth++) {
		const struct place *p = site_find(b->q.site, OBJECT_PLACE, place);
		if (bsearch(&place, o->places, o->n, sizeof(*o->places), compare_ids)) {
			return true;
		}
		place = p ? p->parent : 0;
	}
	return false;
}

/* ---- premises ---- */

static void flat_figures(const struct bill *b, int64_t place, struct charge_flat *f)
{
	f->has_own_heat = number(b, place, "flat.individual_heat") > 0;
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		if (!norm_names[s]) {
			continue;
		}
		f->norms[s] = number_of(b, place, "norm", norm_names[s]);
		f->is_raised[s] = number_of(b, place, "flat.meter_possible",
					  charge_service_name((enum charge_service)s)) > 0;
		/* who is not connected uses nothing, by any norm */
		if (number_of(b, place, "balance.not_connected", quantity_names[s]) > 0) {
			f->norms[s] = 0;
			f->is_raised[s] = false;
			f->has_own_heat = f->has_own_heat || s == CHARGE_HEAT;
		}
	}
}

static void flat_facts(const struct place *p, struct charge_flat *f)
{
	f->area = p->area_m2 > 0 ? p->area_m2 : NAN;
	/* in an office nobody lives; in a flat without persons their number is not known */
	f->people = p->people > 0 ? (double)p->people : p->kind == PLACE_OFFICE ? 0 : NAN;
}

static void flat_make(struct bill *b, const struct owners *o, const struct place *p,
	const struct charge_flat *common)
{
	struct charge_flat *f = &b->flats[b->n++];
	*f = *common;
	f->place = p->id;
	flat_facts(p, f);
	if (has_own(b, o, p->id)) {
		struct bill_rates *r = &b->rates[b->rates_count++];
		flat_figures(b, p->id, f);
		rates_read(b, p->id, r);
		rates_use(f, r);
	}
}

static enum err read_flats(struct bill *b)
{
	const struct site *s = b->q.site;
	struct owners o = {0};
	struct charge_flat common;
	size_t n = 0, owned = 0;
	enum err e = owners_of(b, &o);
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && !e; i++) {
		const struct place *p = &s->places[i];
		bool is_premises = (p->kind == PLACE_FLAT || p->kind == PLACE_OFFICE) &&
				   site_is_within(s, p->id, b->q.building);
		n += is_premises ? 1 : 0;
		owned += is_premises && has_own(b, &o, p->id) ? 1 : 0;
	}
	b->flats = calloc(n + 1, sizeof(*b->flats));
	b->rates = calloc(owned + 1, sizeof(*b->rates));
	e = e ? e : b->flats && b->rates ? ERR_OK : ERR_NOMEM;
	if (!e) {
		b->rates_count = 1;
		rates_read(b, b->q.building, &b->rates[0]);
		charge_flat_init(&common, 0);
		flat_figures(b, b->q.building, &common);
		rates_use(&common, &b->rates[0]);
	}
	for (size_t i = 0; i < s->counts[OBJECT_PLACE] && !e; i++) {
		const struct place *p = &s->places[i];
		if ((p->kind == PLACE_FLAT || p->kind == PLACE_OFFICE) &&
			site_is_within(s, p->id, b->q.building)) {
			flat_make(b, &o, p, &common);
		}
	}
	free(o.places);
	return e;
}

/* Contract load of premises: their own, or the building's by area. */
static void share_load(struct bill *b)
{
	double load = number(b, b->q.building, "contract.heat_load_gcal_h");
	double area = 0;
	for (size_t i = 0; i < b->n; i++) {
		area += b->flats[i].area;
	}
	for (size_t i = 0; i < b->n; i++) {
		const struct figure *own = figure_at(
			b->q.figures, b->flats[i].place, "contract.heat_load_gcal_h", b->date);
		bool is_own = own && own->place == b->flats[i].place;
		b->flats[i].heat_load = is_own ? own->value : load * b->flats[i].area / area;
	}
}

/* ---- the house ---- */

static enum err read_zone_calendar(struct bill *b, struct diag *diag)
{
	const char *name = text_of(b, b->q.building, "tariff.electricity.zones");
	if (!name[0]) {
		return ERR_OK;
	}
	enum err e = zones_load(&b->zone_set, diag);
	b->zones = e ? NULL : zones_find(b->zone_set, name);
	return e || b->zones ? e :
			       err_set(diag, ERR_INVAL,
				       "tariff.electricity.zones: no zone calendar '%s'", name);
}

static void read_house(struct bill *b)
{
	struct charge_house *h = &b->house;
	int64_t place = b->q.building;
	double season = number(b, place, "building.heating_season");
	charge_house_init(h);
	charge_house_rules(h, b->q.figures, place, b->date);
	h->area = number(b, place, "building.area_m2");
	h->common_area = number(b, place, "building.common_area_m2");
	h->is_heating_season = isnan(season) || season > 0;
	h->is_season_known = !isnan(season);
	h->heating_share = number(b, place, "norm.heating_months") / 12;
	h->heat_last_year = number(b, place, "building.heat_last_year_gcal");
	h->heat_has_water = number(b, place, "building.heat_meter_counts_hot_water") > 0;
	h->water_heat = number(b, place, "norm.heat_per_m3_hot_water");
	bool is_made_here = number(b, place, "balance.cold_inlet_includes_hot") > 0;
	h->water_made_hot = is_made_here ? NAN : 0;
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		if (norm_names[s]) {
			h->common_norms[s] = number_of(
				b, place, "norm.common_needs", norm_names[s]);
		}
	}
}

enum err bill_read_places(struct bill *b, struct diag *diag)
{
	enum err e = read_zone_calendar(b, diag);
	if (e) {
		return e;
	}
	read_house(b);
	e = read_flats(b);
	if (!e && b->rates[0].has_capacity) {
		share_load(b);
	}
	return e;
}
