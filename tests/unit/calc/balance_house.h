/*
 * balance_house.h - a house for tests of balances, built by hand
 *
 *   1 house   2 heating point   3, 4 entrances   5 common place
 *   11..14 flats of entrance 1, 15..17 of entrance 2; two residents each
 *   101 cold water input at the heating point; 102 cold water of the common place
 *   111..117 cold water of the flats, 121..127 hot water
 */
#ifndef DOMOVOI_TEST_BALANCE_HOUSE_H
#define DOMOVOI_TEST_BALANCE_HOUSE_H

#include "base/str.h"
#include "calc/balance_tree.h"
#include "store/store.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT 101
#define FLATS 7

static inline void put_place(struct site *s, int64_t id, int64_t parent, enum place_kind kind)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	p.id = id;
	p.parent = parent;
	p.kind = kind;
	p.people = kind == PLACE_FLAT ? 2 : 0;
	(void)snprintf(p.name, sizeof(p.name), "place %d", (int)id);
	assert_true(site_add(s, OBJECT_PLACE, &p));
}

static inline void put_channel(
	struct site *s, int64_t id, int64_t place, enum quantity q, int64_t upstream)
{
	struct channel c;
	object_init(OBJECT_CHANNEL, &c);
	c.id = id;
	c.place = place;
	c.quantity = q;
	c.unit = quantity_unit(q);
	c.upstream = upstream;
	assert_true(site_add(s, OBJECT_CHANNEL, &c));
}

static inline void put_parameter(
	struct site *s, int64_t id, int64_t place, const char *code, double value)
{
	struct parameter p;
	object_init(OBJECT_PARAMETER, &p);
	p.id = id;
	p.place = place;
	p.value = value;
	(void)STR_COPY(p.code, code);
	assert_true(site_add(s, OBJECT_PARAMETER, &p));
}

static inline void put_places(struct site *s)
{
	put_place(s, 1, 0, PLACE_BUILDING);
	put_place(s, 2, 1, PLACE_HEATING_POINT);
	put_place(s, 3, 1, PLACE_ENTRANCE);
	put_place(s, 4, 1, PLACE_ENTRANCE);
	put_place(s, 5, 1, PLACE_COMMON);
	for (int64_t i = 1; i <= FLATS; i++) {
		put_place(s, 10 + i, i <= 4 ? 3 : 4, PLACE_FLAT);
	}
}

static inline void put_channels(struct site *s)
{
	put_channel(s, INPUT, 2, QUANTITY_COLD_WATER, 0);
	put_channel(s, 102, 5, QUANTITY_COLD_WATER, 0);
	for (int64_t i = 1; i <= FLATS; i++) {
		put_channel(s, 110 + i, 10 + i, QUANTITY_COLD_WATER, 0);
		put_channel(s, 120 + i, 10 + i, QUANTITY_HOT_WATER, 0);
	}
}

/* The whole house; more may be added before site_sort. */
static inline struct site *balance_house(void)
{
	struct site *s = site_new();
	assert_non_null(s);
	put_places(s);
	put_channels(s);
	return s;
}

/* The same in a store of its own. */
struct fixture {
	char dir[64];
	struct store *store;
	const struct site *site;
	struct figures *figures;
};

static inline void fixture_open(struct fixture *fx, struct site *s)
{
	char url[128];
	struct diag d = {0};
	struct buf text;
	(void)STR_COPY(fx->dir, "/tmp/domovoi-balance-XXXXXX");
	assert_non_null(mkdtemp(fx->dir));
	(void)snprintf(url, sizeof(url), "sqlite:%s/b.db", fx->dir);
	assert_int_equal(store_open(url, STORE_CREATE, &fx->store, &d), ERR_OK);
	assert_true(site_sort(s));
	buf_init(&text, (size_t)1 << 20);
	assert_int_equal(site_export(s, &text, &d), ERR_OK);
	assert_int_equal(store_import(fx->store, buf_slice(&text), "test", &d), ERR_OK);
	buf_fini(&text);
	site_unref(s);
	fx->site = store_site(fx->store);
	assert_int_equal(figures_load(fx->site, &fx->figures, &d), ERR_OK);
}

static inline int fixture_close(struct fixture *fx)
{
	char command[128];
	figures_free(fx->figures);
	site_unref(fx->site);
	store_close(fx->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", fx->dir);
	return system(command);
}

static inline void put_value(
	struct batch *b, int64_t channel, enum period p, int64_t start, double v)
{
	uint16_t q = quality_make(isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_METER, 0);
	batch_archive(b, channel, p, start, v, q, true);
}

/* A small generator with a state of its own. */
static inline double random01(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (double)(*x >> 11) / 9007199254740992.0;
}

static inline void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-9 * fmax(1, fabs(want)))) {
		fail_msg("%.15g instead of %.15g", got, want);
	}
}

#endif
