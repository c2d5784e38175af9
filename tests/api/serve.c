/*
 * serve.c - a server over the houses of house.h, for tests in other languages
 *
 * Prints its port on a line and serves until standard input ends.
 */
#include "house.h"

#include "base/log.h"

/* 36 a channel that is computed, 37 its formula, 38 and 39 a parameter of a house and one of everybody */
static enum err add_computed(struct store *s)
{
	union any_object o;
	memset(&o, 0, sizeof(o));
	object_init(OBJECT_CHANNEL, &o);
	o.channel.place = 1;
	o.channel.quantity = QUANTITY_COLD_WATER;
	o.channel.unit = UNIT_M3;
	(void)STR_COPY(o.channel.code, "water.common");
	enum err e = house_add(s, OBJECT_CHANNEL, &o);
	memset(&o, 0, sizeof(o));
	object_init(OBJECT_FORMULA, &o);
	o.formula.channel = FIRST_BIND + CHANNELS;
	(void)STR_COPY(o.formula.text, "2 * input");
	e = e ? e : house_add(s, OBJECT_FORMULA, &o);
	memset(&o, 0, sizeof(o));
	const struct site *site = store_site(s);
	o.channel = *(const struct channel *)site_find(site, OBJECT_CHANNEL, CHANNEL_OF_FLAT_1);
	site_unref(site);
	(void)STR_COPY(o.channel.code, "input");
	e = e ? e : store_put(s, OBJECT_CHANNEL, &o, "test", NULL);
	for (int i = 0; i < 2 && !e; i++) {
		memset(&o, 0, sizeof(o));
		object_init(OBJECT_PARAMETER, &o);
		o.parameter.place = i == 0;
		(void)STR_COPY(o.parameter.code, "norm.cold_water");
		(void)STR_COPY(o.parameter.valid_from, "2025-01-01");
		o.parameter.value = 4.5;
		e = house_add(s, OBJECT_PARAMETER, &o);
	}
	return e;
}

int main(void)
{
	struct house h = {0};
	log_level = LOG_ERROR;
	if (house_open(&h) != 0 || add_computed(h.store) != ERR_OK || house_serve(&h, NULL) != 0) {
		(void)house_close(&h);
		return 1;
	}
	(void)printf("%d\n", web_port(h.web));
	(void)fflush(stdout);
	while (getchar() != EOF) {
	}
	return house_close(&h) ? 1 : 0;
}
