/*
 * tariff.h - what an amount costs: rates by date, zone and block, two-part tariffs, VAT
 *
 * Rates are figures (calc/figure.h) and nothing else:
 *
 *   tariff.<service>[.<component>][.<zone>][.<group>]      in force by the local date of consumption
 *
 * `group` is the group of consumers; where it has no rate of its own the general one holds. A rate is a
 * number, or a table of increasing blocks: columns "limit rate", a limit is of the month's whole volume
 * of a household, '-' is without limit.
 *
 * Where a rate changes inside a period, the volume is divided at midnight of that day: by what the
 * archive knows, else by days, which is an estimate and says so. Every part is charged and rounded by
 * itself, the total is the sum of the parts.
 *
 * Facts: calculations.md section 10 of the project's sources, checked by tariffs.json. Money in
 * hundredths (calc/money.h); what is unknown is MONEY_NONE. Pure functions.
 */
#ifndef DOMOVOI_TARIFF_H
#define DOMOVOI_TARIFF_H

#include "calc/figure.h"
#include "calc/money.h"

#define TARIFF_STEPS  3 /* rates in force one after the other within a period */
#define TARIFF_ZONES  4
#define TARIFF_BLOCKS 8
#define TARIFF_PARTS  (TARIFF_STEPS * TARIFF_ZONES)

struct tariff_step {
	int from_date;                              /* yyyymmdd; of the first the period's own */
	int64_t from_utc;                           /* local midnight */
	double days;                                /* share of the period's days */
	const struct figure *figures[TARIFF_ZONES]; /* NULL: no rate in force */
};

/* What holds for one service within one period. */
struct tariff {
	struct tariff_step steps[TARIFF_STEPS];
	size_t step_count;
	size_t zone_count;               /* 0: one rate the day round */
	const char *zones[TARIFF_ZONES]; /* borrowed */
	bool is_cut; /* more changes than there are steps: the last ones are missing */
};

struct tariff_name {
	const char *service, *component, *group; /* NULL or "": none */
	const char *zones[TARIFF_ZONES];         /* to be looked for; the first NULL ends them */
};

/* The figure of one rate; NULL: none. */
const struct figure *tariff_at(const struct figures *f, int64_t place,
	const struct tariff_name *name, const char *zone, int date);
/* The rates of a period. Zones are used where one of them has a rate on its first day. */
void tariff_read(const struct figures *f, int64_t place, const struct tariff_name *name,
	const struct calendar *calendar, struct span period, struct tariff *ret_tariff);
bool tariff_is_known(const struct tariff *t); /* a rate for every step and zone */

/* One product of a bill. */
struct tariff_part {
	int from_date;
	int8_t zone; /* -1: none */
	double volume, rate;
	int64_t charge;
	bool is_by_days;
};

/* An amount to be charged. */
struct tariff_volume {
	double whole;
	double zones[TARIFF_ZONES]; /* NaN: unknown; not looked at without zones */
	double steps[TARIFF_STEPS]; /* by the archive: proportions; NaN: divide by days */
};
/* An amount of which no more is known. */
struct tariff_volume tariff_volume_of(double whole);

/* The parts, and their sum; MONEY_NONE where a volume or a rate is unknown. */
int64_t tariff_charge(const struct tariff *t, const struct tariff_volume *v,
	struct tariff_part *ret_parts, size_t cap, size_t *ret_n);

/* A volume divided in the proportions of days, all but the last rounded to six decimals. */
void tariff_split_days(double volume, const double *days, size_t n, double *ret_volumes);

/* ---- blocks ---- */

struct tariff_block {
	double limit; /* INFINITY: the last */
	double rate;
};
/* Blocks of a figure; 0: it is no such table. */
size_t tariff_blocks(const struct figure *f, struct tariff_block *blocks, size_t cap);
/* Volume by block and its charge; `share` of a full month scales the limits. */
int64_t tariff_charge_blocks(double volume, const struct tariff_block *blocks, size_t n,
	double share, double *ret_volumes, int64_t *ret_charges);

/* ---- two-part heat, VAT ---- */

struct tariff_two_part {
	int64_t capacity, energy, total;
};
/* Contract load (Gcal/h) by its monthly rate, and energy. */
struct tariff_two_part tariff_charge_two_part(
	double load, double capacity_rate, double energy, double energy_rate);

struct tariff_vat {
	int64_t net, vat, gross;
};
struct tariff_vat tariff_vat_of_gross(int64_t gross, double percent);
struct tariff_vat tariff_vat_of_net(int64_t net, double percent);

#endif
