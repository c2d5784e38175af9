/*
 * house_test.h - a store with a building for tests that read days: an input, a riser with three nodes,
 * three flats with water
 *
 * UTC; day 0 is 2026-01-01. Flats lie on the floors 3, 1, 2 in the order they are made. Figures of the
 * building: norm.cold_water 4 m3, climate.norm_degree_days 3000.
 */
#ifndef DOMOVOI_HOUSE_TEST_H
#define DOMOVOI_HOUSE_TEST_H

#include "base/str.h"
#include "calc/figure.h"
#include "store/store.h"
#include "test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define HOUSE_TEST(test) cmocka_unit_test_setup_teardown(test, house_set_up, house_tear_down)

struct house_fixture {
	char dir[64];
	char url[160];
	struct store *store;
	const struct site *site;
	struct figures *figures;
	struct batch *batch;
	int64_t building, heat, outdoor;
	int64_t riser_heat, riser_supply, riser_return;
	int64_t nodes[3]; /* by floor 1, 2, 3 */
	int64_t water[3];
};

static inline int64_t day_start(int day)
{
	return INT64_C(1767225600) + INT64_C(86400) * day;
}

static inline int64_t house_put(struct house_fixture *f, enum object_kind kind, void *object)
{
	struct diag d = {0};
	if (store_put(f->store, kind, object, "test", &d) != ERR_OK) {
		fail_msg("%s", d.text);
	}
	return object_id(object);
}

static inline int64_t house_place(
	struct house_fixture *f, int64_t parent, enum place_kind kind, int floor, int people)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	p.parent = parent;
	p.kind = kind;
	p.floor = floor;
	p.people = people;
	p.area_m2 = 50;
	(void)STR_COPY(p.name, "place");
	(void)STR_COPY(p.zone, parent ? "" : "UTC");
	return house_put(f, OBJECT_PLACE, &p);
}

static inline int64_t house_channel(
	struct house_fixture *f, int64_t place, enum quantity q, enum unit unit, int64_t upstream)
{
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.place = place;
	c.quantity = q;
	c.unit = unit;
	c.upstream = upstream;
	return house_put(f, OBJECT_CHANNEL, &c);
}

static inline void house_parameter(struct house_fixture *f, const char *code, double value)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.place = f->building;
	p.value = value;
	(void)STR_COPY(p.code, code);
	(void)house_put(f, OBJECT_PARAMETER, &p);
}

static inline int house_set_up(void **state)
{
	static struct house_fixture f;
	struct diag d = {0};
	f = (struct house_fixture){0};
	(void)snprintf(f.dir, sizeof(f.dir), "/tmp/domovoi-house-XXXXXX");
	if (!mkdtemp(f.dir)) {
		return -1;
	}
	(void)snprintf(f.url, sizeof(f.url), "sqlite:%s/test.db", f.dir);
	if (store_open(f.url, STORE_CREATE, &f.store, &d) != ERR_OK) {
		return -1;
	}
	f.building = house_place(&f, 0, PLACE_BUILDING, 0, 0);
	int64_t point = house_place(&f, f.building, PLACE_HEATING_POINT, 0, 0);
	int64_t riser = house_place(&f, f.building, PLACE_RISER, 0, 0);
	f.heat = house_channel(&f, point, QUANTITY_HEAT_ENERGY, UNIT_GCAL, 0);
	f.outdoor = house_channel(&f, point, QUANTITY_TEMPERATURE_OUTDOOR, UNIT_DEGC, 0);
	f.riser_heat = house_channel(&f, riser, QUANTITY_HEAT_ENERGY, UNIT_MJ, f.heat);
	f.riser_supply = house_channel(&f, riser, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, 0);
	f.riser_return = house_channel(&f, riser, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, 0);
	static const int floors[] = {3, 1, 2};
	for (int i = 0; i < 3; i++) {
		int at = floors[i] - 1;
		int64_t flat = house_place(&f, f.building, PLACE_FLAT, floors[i], at < 2 ? 2 : 0);
		f.nodes[at] = house_channel(
			&f, flat, QUANTITY_TEMPERATURE_RISER, UNIT_DEGC, f.riser_heat);
		f.water[at] = house_channel(&f, flat, QUANTITY_COLD_WATER, UNIT_M3, 0);
	}
	house_parameter(&f, "norm.cold_water", 4);
	house_parameter(&f, "climate.norm_degree_days", 3000);
	f.site = store_site(f.store);
	if (figures_load(f.site, &f.figures, &d)) {
		(void)fprintf(stderr, "%s\n", d.text);
		return -1;
	}
	*state = &f;
	return 0;
}

static inline int house_tear_down(void **state)
{
	struct house_fixture *f = *state;
	char command[160];
	figures_free(f->figures);
	site_unref(f->site);
	batch_free(f->batch);
	store_close(f->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	return system(command);
}

static inline void put_value(
	struct house_fixture *f, int64_t series, enum period period, int64_t start, double value)
{
	f->batch = f->batch ? f->batch : batch_new();
	batch_archive(f->batch, series, period, start, value,
		quality_make(isnan(value) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_METER, 0),
		true);
}

static inline void put_day(struct house_fixture *f, int64_t series, int day, double value)
{
	put_value(f, series, PERIOD_DAY, day_start(day), value);
}

static inline void put_month(struct house_fixture *f, int64_t series, int64_t start, double value)
{
	put_value(f, series, PERIOD_MONTH, start, value);
}

static inline void put_all(struct house_fixture *f)
{
	assert_int_equal(store_submit(f->store, f->batch, true), ERR_OK);
	f->batch = NULL;
}

#endif
