/*
 * house.h - a store with two houses, users of every role, and archives of known values
 *
 *   1 building "Дом 1", Europe/Moscow           users (password "correct horse"):
 *     2 heating point                             root       administrator of everything
 *     3 entrance                                  tech       technician of house 1
 *       4..7 flats 1..4                           manager    manager of house 1
 *   8 building "House 2", Asia/Yekaterinburg      supplier   supplier of house 1
 *     9 flat 1                                    city       city, everything
 *                                                 resident   resident of flat 1 (place 4)
 *   10, 11 lines of house 1 and 2                 gone       disabled, administrator
 *   12 heat meter at 2, 13..16 water meters at 4..7, 17 water meter at 9
 *   18..23 their registers, 24..29 channels of the same places, 30..35 bindings
 *
 * Hours of channel k (0 heat, 1..4 water of flats, 5 the other house) hold (k + 1) * 0.5 from
 * 2026-01-10T00:00 Moscow for three days, except that hour 5 of the first day is missing and hour 6
 * is estimated. Hour 10 of flats 1 and 2 is doubted (verdicts 1 and 2).
 */
#ifndef DOMOVOI_TEST_HOUSE_H
#define DOMOVOI_TEST_HOUSE_H

#include "base/clock.h"
#include "base/str.h"
#include "store/store.h"
#include "web/password.h"
#include "web/web.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD          "correct horse"
#define HOUSE_START       ((int64_t)1767992400) /* 2026-01-09T21:00:00Z, midnight in Moscow */
#define HOUSE_DAYS        3
#define FIRST_METER       12
#define FIRST_REG         18
#define FIRST_CHAN        24
#define FIRST_BIND        30
#define CHANNELS          6
#define FLAT_1            4
#define CHANNEL_OF_FLAT_1 25
#define CHANNEL_OF_FLAT_2 26

struct house {
	char dir[64];
	char url[128];
	struct store *store;
	struct web *web;
};

static inline enum err house_add(struct store *s, enum object_kind kind, void *object)
{
	struct diag d = {0};
	enum err e = store_put(s, kind, object, "test", &d);
	if (e) {
		(void)fprintf(stderr, "%s: %s\n", err_name(e), d.text);
	}
	return e;
}

static inline enum err house_place(
	struct store *s, int64_t parent, enum place_kind kind, const char *name, const char *zone)
{
	struct place p;
	object_init(OBJECT_PLACE, &p);
	p.parent = parent;
	p.kind = kind;
	(void)STR_COPY(p.name, name);
	(void)STR_COPY(p.zone, zone);
	return house_add(s, OBJECT_PLACE, &p);
}

static inline enum err house_places(struct store *s)
{
	enum err e = house_place(s, 0, PLACE_BUILDING, "Дом 1", "Europe/Moscow");
	e = e ? e : house_place(s, 1, PLACE_HEATING_POINT, "ИТП", "");
	e = e ? e : house_place(s, 1, PLACE_ENTRANCE, "1", "");
	for (int i = 1; i <= 4 && !e; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "кв. %d", i);
		e = house_place(s, 3, PLACE_FLAT, name, "");
	}
	e = e ? e : house_place(s, 0, PLACE_BUILDING, "House 2", "Asia/Yekaterinburg");
	return e ? e : house_place(s, 8, PLACE_FLAT, "flat 1", "");
}

static inline enum err house_devices(struct store *s)
{
	static const int64_t places[CHANNELS] = {2, 4, 5, 6, 7, 9};
	union any_object o;
	enum err e = ERR_OK;
	for (int i = 0; i < 2 && !e; i++) {
		object_init(OBJECT_LINE, &o);
		(void)snprintf(o.line.name, sizeof(o.line.name), "RS-485 %d", i + 1);
		(void)snprintf(o.line.link, sizeof(o.line.link), "tcp://127.0.0.1:%d", 9001 + i);
		e = house_add(s, OBJECT_LINE, &o);
	}
	for (int i = 0; i < CHANNELS && !e; i++) {
		object_init(OBJECT_METER, &o);
		o.meter.line = i == 5 ? 11 : 10;
		o.meter.place = places[i];
		(void)snprintf(o.meter.name, sizeof(o.meter.name), "device %d", i);
		(void)STR_COPY(o.meter.driver, "mbus");
		(void)snprintf(o.meter.params, sizeof(o.meter.params), "address=%d", i + 1);
		e = house_add(s, OBJECT_METER, &o);
	}
	for (int i = 0; i < CHANNELS && !e; i++) {
		object_init(OBJECT_REGISTER, &o);
		o.meter_register.meter = FIRST_METER + i;
		(void)STR_COPY(o.meter_register.key, i ? "cold_water" : "heat_energy");
		o.meter_register.quantity = i ? QUANTITY_COLD_WATER : QUANTITY_HEAT_ENERGY;
		o.meter_register.unit = i ? UNIT_L : UNIT_MWH;
		o.meter_register.form = FORM_POINT;
		e = house_add(s, OBJECT_REGISTER, &o);
	}
	for (int i = 0; i < CHANNELS && !e; i++) {
		object_init(OBJECT_CHANNEL, &o);
		o.channel.place = places[i];
		o.channel.quantity = i ? QUANTITY_COLD_WATER : QUANTITY_HEAT_ENERGY;
		o.channel.unit = quantity_unit(o.channel.quantity);
		e = house_add(s, OBJECT_CHANNEL, &o);
	}
	for (int i = 0; i < CHANNELS && !e; i++) {
		object_init(OBJECT_BINDING, &o);
		o.binding.channel = FIRST_CHAN + i;
		o.binding.meter_register = FIRST_REG + i;
		e = house_add(s, OBJECT_BINDING, &o);
	}
	return e;
}

static inline enum err house_user(
	struct store *s, const char *login, const char *hash, enum role role, int64_t place)
{
	struct user u = {.is_enabled = strcmp(login, "gone") != 0};
	(void)STR_COPY(u.login, login);
	(void)STR_COPY(u.name, login);
	(void)STR_COPY(u.hash, hash);
	enum err e = user_put(s, &u, "test", NULL);
	struct grant g = {.user = u.id, .role = role, .place = place};
	return e ? e : grant_put(s, &g, "test", NULL);
}

static inline enum err house_users(struct store *s)
{
	char hash[PASSWORD_HASH_CAP];
	enum err e = password_hash(PASSWORD, hash);
	e = e ? e : house_user(s, "root", hash, ROLE_ADMINISTRATOR, 0);
	e = e ? e : house_user(s, "tech", hash, ROLE_TECHNICIAN, 1);
	e = e ? e : house_user(s, "manager", hash, ROLE_MANAGER, 1);
	e = e ? e : house_user(s, "supplier", hash, ROLE_SUPPLIER, 1);
	e = e ? e : house_user(s, "city", hash, ROLE_CITY, 0);
	e = e ? e : house_user(s, "resident", hash, ROLE_RESIDENT, FLAT_1);
	return e ? e : house_user(s, "gone", hash, ROLE_ADMINISTRATOR, 0);
}

static inline enum err house_values(struct store *s)
{
	static const uint8_t request[] = {0x10, 0x5b, 0x01, 0x5c, 0x16};
	static const uint8_t reply[] = {0xe5};
	struct batch *b = batch_new();
	uint16_t good = quality_make(QUALITY_MEASURED, SOURCE_POLLED, 0);
	uint16_t guess = quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, 0);
	for (int k = 0; k < CHANNELS; k++) {
		double value = (k + 1) * 0.5;
		for (int i = 0; i < HOUSE_DAYS * 24; i++) {
			if (i != 5) {
				batch_archive(b, FIRST_CHAN + k, PERIOD_HOUR,
					HOUSE_START + i * 3600, value, i == 6 ? guess : good,
					false);
			}
		}
		for (int i = 0; i < HOUSE_DAYS; i++) {
			batch_archive(b, FIRST_CHAN + k, PERIOD_DAY, HOUSE_START + i * 86400,
				value * 24, good, false);
		}
		batch_frame(b, FIRST_METER + k, HOUSE_START,
			(struct slice){request, sizeof(request)},
			(struct slice){reply, sizeof(reply)});
		for (int i = 0; i <= HOUSE_DAYS * 24; i++) {
			batch_archive(b, FIRST_REG + k, PERIOD_HOUR, HOUSE_START + i * 3600,
				100 + i * value, good, false);
		}
		batch_reading(b, FIRST_REG + k, HOUSE_START + 100, 1000.0 * (k + 1), good);
	}
	for (int i = 1; i <= 2; i++) { /* verdicts 1 and 2: hours 10 of flats 1 and 2 */
		struct verdict v = {.series = FIRST_CHAN + i,
			.period = PERIOD_HOUR,
			.start = HOUSE_START + 10 * 3600,
			.rule = "V-SPIKE",
			.is_failure = i == 1,
			.value = (i + 1) * 0.5,
			.measure = 2.5,
			.bound = 1.8,
			.other = 0.2,
			.fill = NAN,
			.found_utc = HOUSE_START + 86400};
		batch_verdict(b, &v);
	}
	batch_event(b, HOUSE_START + 50, FIRST_METER, "power_off", "supply failed");
	batch_event(b, HOUSE_START + 60, 0, "start", "node started");
	enum err e = store_submit(s, b, true);
	/* a person corrects one hour of flat 1 */
	if (!e) {
		b = batch_new();
		batch_who(b, "root", "seal was broken");
		batch_archive(b, CHANNEL_OF_FLAT_1, PERIOD_HOUR, HOUSE_START + 7 * 3600, 0.25,
			quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0), true);
		e = store_submit(s, b, true);
	}
	return e;
}

static inline enum err house_open(struct house *h)
{
	struct diag d = {0};
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/domovoi-web-XXXXXX");
	if (!mkdtemp(h->dir)) {
		return ERR_IO;
	}
	(void)snprintf(h->url, sizeof(h->url), "sqlite:%s/web.db", h->dir);
	enum err e = store_open(h->url, STORE_CREATE, &h->store, &d);
	e = e ? e : house_places(h->store);
	e = e ? e : house_devices(h->store);
	e = e ? e : house_users(h->store);
	e = e ? e : house_values(h->store);
	if (e) {
		(void)fprintf(stderr, "%s: %s\n", err_name(e), d.text);
	}
	return e;
}

static inline enum err house_serve(struct house *h, const char *ui_dir)
{
	struct diag d = {0};
	struct web_options o = {.listen = "127.0.0.1:0", .ui_dir = ui_dir, .store = h->store};
	enum err e = web_start(&o, &h->web, &d);
	if (e) {
		(void)fprintf(stderr, "%s: %s\n", err_name(e), d.text);
	}
	return e;
}

static inline int house_close(struct house *h)
{
	char command[128];
	web_stop(h->web);
	store_close(h->store);
	h->web = NULL;
	h->store = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", h->dir);
	return system(command);
}

#endif
