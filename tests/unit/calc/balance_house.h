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
#include "test.h"

#include <math.h>
#include <string.h>

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

#endif
