/*
 * store_test.h - a store in a directory of its own, and a small site
 */
#ifndef DOMOVOI_STORE_TEST_H
#define DOMOVOI_STORE_TEST_H

#include "base/str.h"
#include "store/store.h"
#include "test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define HOUR 3600

struct fixture {
	char dir[64];
	char url[160];
	char path[128];
	struct store *store;
};

static inline int set_up_store(void **state)
{
	static struct fixture f;
	struct diag d = {0};
	(void)snprintf(f.dir, sizeof(f.dir), "/tmp/domovoi-store-XXXXXX");
	if (!mkdtemp(f.dir)) {
		return -1;
	}
	(void)snprintf(f.path, sizeof(f.path), "%s/test.db", f.dir);
	(void)snprintf(f.url, sizeof(f.url), "sqlite:%s", f.path);
	if (store_open(f.url, STORE_CREATE, &f.store, &d) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		return -1;
	}
	*state = &f;
	return 0;
}

static inline int tear_down_store(void **state)
{
	struct fixture *f = *state;
	char command[160];
	store_close(f->store);
	f->store = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	return system(command);
}

static inline void reopen_store(struct fixture *f)
{
	struct diag d = {0};
	store_close(f->store);
	f->store = NULL;
	if (store_open(f->url, 0, &f->store, &d) != ERR_OK) {
		fail_msg("reopening: %s", d.text);
	}
}

/* Building 1, line 2, meter 3, registers 4 and 5, channel 6, binding 7. */
static inline void put_small_site(struct store *s)
{
	union any_object o;
	object_init(OBJECT_PLACE, &o);
	(void)STR_COPY(o.place.name, "Дом");
	(void)STR_COPY(o.place.zone, "Europe/Moscow");
	assert_int_equal(store_put(s, OBJECT_PLACE, &o, "test", NULL), ERR_OK);
	assert_int_equal(o.id, 1);
	object_init(OBJECT_LINE, &o);
	(void)STR_COPY(o.line.name, "RS-485");
	(void)STR_COPY(o.line.link, "tcp://127.0.0.1:4001");
	assert_int_equal(store_put(s, OBJECT_LINE, &o, "test", NULL), ERR_OK);
	object_init(OBJECT_METER, &o);
	o.meter.line = 2;
	o.meter.place = 1;
	(void)STR_COPY(o.meter.name, "Heat");
	(void)STR_COPY(o.meter.driver, "mbus");
	assert_int_equal(store_put(s, OBJECT_METER, &o, "test", NULL), ERR_OK);
	struct meter_register r[2];
	struct object_put both[2] = {{OBJECT_REGISTER, &r[0]}, {OBJECT_REGISTER, &r[1]}};
	for (int i = 0; i < 2; i++) {
		object_init(OBJECT_REGISTER, &r[i]);
		r[i].meter = 3;
		r[i].quantity = i ? QUANTITY_TEMPERATURE_SUPPLY : QUANTITY_HEAT_ENERGY;
		r[i].unit = i ? UNIT_DEGC : UNIT_MWH;
		(void)STR_COPY(r[i].key, i ? "temperature_supply" : "heat_energy");
	}
	assert_int_equal(store_put_many(s, both, 2, "test", NULL), ERR_OK);
	assert_int_equal(r[1].id, 5);
	object_init(OBJECT_CHANNEL, &o);
	o.channel.place = 1;
	o.channel.quantity = QUANTITY_HEAT_ENERGY;
	o.channel.unit = UNIT_GCAL;
	assert_int_equal(store_put(s, OBJECT_CHANNEL, &o, "test", NULL), ERR_OK);
	object_init(OBJECT_BINDING, &o);
	o.binding.channel = 6;
	o.binding.meter_register = 4;
	assert_int_equal(store_put(s, OBJECT_BINDING, &o, "test", NULL), ERR_OK);
	assert_int_equal(o.id, 7);
}

static inline uint16_t good(void)
{
	return quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
}

static inline void put_value(struct store *s, int64_t series, enum period period, int64_t start,
	double value, uint16_t quality)
{
	struct batch *b = batch_new();
	batch_archive(b, series, period, start, value, quality, false);
	assert_int_equal(store_submit(s, b, true), ERR_OK);
}

#endif
