/*
 * api_comparison.c - floors, entrances and flats of a building side by side; classes of flats
 *
 * Who may not see every flat sees groups of at least `comparison.crowd` known flats, no extremes, and of
 * the flats only their own.
 */
#include "web/building_question.h"

#include "base/clock.h"
#include "calc/flat_use.h"

#include <math.h>
#include <stdlib.h>

struct comparison {
	struct http_request *r;
	struct jsonw *w;
	struct flat_question q;
	struct flat_table table;
	struct calendar calendar;
	double *values;  /* owned: specific, by row */
	int64_t *groups; /* owned */
	bool sees_all;
	size_t crowd; /* 0: sees all */
};

static bool may_see(struct http_request *r, const struct flat_row *row)
{
	return access_at(&who_of(r)->access, site_of(r), row->flat->id) & ACCESS_DATA;
}

static void write_row(const struct comparison *c, const struct flat_row *row)
{
	struct jsonw *w = c->w;
	jsonw_object(w, NULL);
	jsonw_int(w, "place", row->flat->id);
	jsonw_str(w, "name", row->flat->name);
	jsonw_int(w, "entrance", row->entrance);
	jsonw_int(w, "floor", row->floor);
	jsonw_real(w, "area_m2", row->flat->area_m2 > 0 ? row->flat->area_m2 : (double)NAN);
	jsonw_int(w, "people", row->flat->people);
	jsonw_real(w, "value", row->value.value);
	jsonw_str(w, "quality", quality_class_name(quality_class(row->value.quality)));
	jsonw_real(w, "specific", row->specific);
	jsonw_real(w, "norm", row->norm);
	jsonw_real(w, "z", row->z);
	jsonw_str(w, "class", flat_class_name(row->class));
	jsonw_end(w);
}

static void write_group(const struct comparison *c, int64_t group, const char *name)
{
	struct jsonw *w = c->w;
	struct compare_group g = compare_group_of(
		&c->table.scale, c->values, c->groups, c->table.count, group, c->crowd);
	jsonw_object(w, NULL);
	jsonw_int(w, "id", group);
	jsonw_str(w, "name", name);
	jsonw_int(w, "flats", (int64_t)g.flats);
	jsonw_int(w, "known", (int64_t)g.known);
	jsonw_bool(w, "is_hidden", g.is_hidden);
	jsonw_real(w, "mean", g.mean);
	jsonw_real(w, "ratio", g.ratio);
	jsonw_end(w);
}

static bool is_first_of_group(const struct comparison *c, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (c->groups[i] == c->groups[at]) {
			return false;
		}
	}
	return true;
}

static void write_groups(struct comparison *c, const char *key, bool by_floor)
{
	jsonw_array(c->w, key);
	for (size_t i = 0; i < c->table.count; i++) {
		const struct flat_row *row = &c->table.rows[i];
		c->groups[i] = by_floor ? row->floor : row->entrance;
	}
	for (size_t i = 0; i < c->table.count; i++) {
		const struct place *p =
			by_floor ? NULL : site_find(site_of(c->r), OBJECT_PLACE, c->groups[i]);
		if (c->groups[i] && is_first_of_group(c, i)) {
			write_group(c, c->groups[i], p ? p->name : "");
		}
	}
	jsonw_end(c->w);
}

static void write_scale(const struct comparison *c)
{
	const struct compare_scale *s = &c->table.scale;
	bool is_hidden = s->known < c->crowd;
	struct jsonw *w = c->w;
	jsonw_object(w, "house");
	jsonw_int(w, "flats", (int64_t)c->table.count);
	jsonw_int(w, "known", (int64_t)s->known);
	jsonw_real(w, "median", is_hidden ? (double)NAN : s->median);
	jsonw_real(w, "quartile_low", is_hidden ? (double)NAN : s->quartile_low);
	jsonw_real(w, "quartile_high", is_hidden ? (double)NAN : s->quartile_high);
	jsonw_real(w, "min", c->sees_all ? s->min : (double)NAN);
	jsonw_real(w, "max", c->sees_all ? s->max : (double)NAN);
	jsonw_end(w);
}

/* How many flats of each class, and what it comes to; for who may see each. */
static void write_classes(const struct comparison *c)
{
	struct jsonw *w = c->w;
	if (!c->sees_all) {
		jsonw_null(w, "classes");
		jsonw_null(w, "over_norm");
		jsonw_null(w, "nobody");
		return;
	}
	jsonw_object(w, "classes");
	for (int i = 0; i < FLAT_CLASS_COUNT; i++) {
		jsonw_int(w, flat_class_name((enum flat_class)i), (int64_t)c->table.classes[i]);
	}
	jsonw_end(w);
	jsonw_real(w, "over_norm", c->table.over_norm);
	jsonw_real(w, "nobody", c->table.nobody);
}

static void write_answer(struct comparison *c)
{
	struct jsonw *w = c->w;
	bool is_heat = c->q.quantity == QUANTITY_HEAT_ENERGY;
	jsonw_object(w, NULL);
	jsonw_int(w, "place", c->q.building);
	jsonw_calendar(w, "calendar", &c->calendar);
	jsonw_span(w, "month", c->q.month);
	jsonw_bool(w, "is_running", c->q.month.till > c->q.now);
	jsonw_quantity(w, "quantity", c->q.quantity);
	jsonw_unit(w, "unit", c->table.unit);
	jsonw_str(w, "per", is_heat ? "m2" : "person");
	jsonw_int(w, "crowd", (int64_t)c->crowd);
	write_scale(c);
	write_groups(c, "floors", true);
	write_groups(c, "entrances", false);
	write_classes(c);
	jsonw_array(w, "flats");
	for (size_t i = 0; i < c->table.count; i++) {
		if (may_see(c->r, &c->table.rows[i])) {
			write_row(c, &c->table.rows[i]);
		}
	}
	jsonw_end(w);
	jsonw_end(w);
}

static enum err take_question(
	struct http_request *r, const struct place *building, struct comparison *c)
{
	const char *resource = http_query(r, "resource");
	enum unit unit;
	struct named_month month;
	c->calendar = site_calendar(site_of(r), building->id);
	c->q = (struct flat_question){.store = web_of(r)->store,
		.site = site_of(r),
		.building = building->id,
		.quantity = QUANTITY_HEAT_ENERGY,
		.now = clock_now()};
	if (resource && (!quantity_from_code(resource, &c->q.quantity) ||
				!flat_resource_unit(c->q.quantity, &unit))) {
		return err_set(&r->diag, ERR_INVAL,
			"resource: heat_energy, cold_water, hot_water or active_energy");
	}
	enum err e = query_month(r, &c->calendar, c->q.now, &month);
	if (!e) {
		c->q.month = month.span;
		c->q.date = figure_date(&c->calendar, c->q.month.from);
	}
	return e;
}

enum err place_comparison_h(struct http_request *r)
{
	const void *object;
	struct figures *figures = NULL;
	struct comparison c = {.r = r, .sees_all = true};
	enum err e = find_object(r, OBJECT_PLACE, r->id, ACCESS_DATA, &object);
	if (!e && ((const struct place *)object)->kind != PLACE_BUILDING) {
		e = err_set(&r->diag, ERR_NOTFOUND, "this place is no building");
	}
	e = e ? e : take_question(r, object, &c);
	e = e ? e : figures_load(site_of(r), &figures, &r->diag);
	c.q.figures = figures;
	e = e ? e : flat_table_read(&c.q, &c.table);
	if (!e) {
		c.values = calloc(c.table.count + 1, sizeof(*c.values));
		c.groups = calloc(c.table.count + 1, sizeof(*c.groups));
		e = c.values && c.groups ? ERR_OK : ERR_NOMEM;
	}
	if (!e) {
		for (size_t i = 0; i < c.table.count; i++) {
			c.values[i] = c.table.rows[i].specific;
			c.sees_all = c.sees_all && may_see(r, &c.table.rows[i]);
		}
		double crowd = figure_number(figures, c.q.building, "comparison.crowd", c.q.date);
		c.crowd = c.sees_all ? 0 : crowd > 1 ? (size_t)crowd : 5;
		struct jsonw w = reply_json(r);
		c.w = &w;
		write_answer(&c);
	}
	free(c.values);
	free(c.groups);
	flat_table_fini(&c.table);
	figures_free(figures);
	return e;
}
