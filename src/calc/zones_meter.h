/*
 * zones_meter.h - what the meter itself counted by tariff, beside the zones of our own calendar
 *
 * The meter that feeds a channel from register "active_energy" (or "active_energy.amount", its
 * profile) may count tariffs in "active_energy.t1" .. "t8". Their amounts of a period are what is
 * paid by; the profile only checks them: where a zone differs from its tariff by more than one
 * per cent, the meter's clock or its tariff schedule is wrong.
 */
#ifndef DOMOVOI_ZONES_METER_H
#define DOMOVOI_ZONES_METER_H

#include "calc/zones.h"

#include "model/site.h"
#include "store/store.h"

#define ZONES_TARIFFS      8
#define ZONES_HINT_PERCENT 1.0

/* Amounts by tariff, tariff 1 first, in the unit of the channel. */
struct zones_tariffs {
	bool is_there[ZONES_TARIFFS];       /* the meter has the register */
	struct form_value v[ZONES_TARIFFS]; /* MISSING where a reading at an end is not known */
	double step;                        /* what the registers resolve; 0 unknown */
};

/* NODATA: no meter fed the channel over the whole of `span`, or it has no tariffs. */
enum err zones_tariffs_read(struct store *store, const struct site *s, const struct channel *c,
	struct span span, struct zones_tariffs *ret);

struct zones_check {
	double meter[ZONES_MAX];      /* of the tariff of each zone; NaN: unknown */
	double difference[ZONES_MAX]; /* zone minus tariff, % of the tariff; NaN: not comparable */
	bool is_other_schedule; /* the meter counts in other tariffs than the calendar names */
	bool is_hint;           /* a difference that the clock or the schedule must explain */
};
/* Compares whole zones only: what is missing from the profile is no fault of the meter. */
struct zones_check zones_compare(const struct zones_calendar *c, const struct zones_period *p,
	const struct zones_tariffs *t);

#endif
