/*
 * bill.h - the charges of a building and a month, out of the store
 *
 *   site, figures ──> premises, areas, persons, norms, rates ─┐
 *   balance trees ──> which channels count where              ├──> apportion_run ──> lines
 *   archive       ──> volumes of month, days, months before ──┘
 *
 * Which channel is the common meter and which a flat's own is what the balance says (balance_tree.h),
 * so that a volume cannot be in a balance and not in a bill. Everything else is figures of the places
 * by code: docs/calc/apportionment.md has the list.
 *
 * A closed month (closing.h) is billed by the values it was closed with, whatever the archive says
 * now; what was charged in it as corrections stands in lines of their own. In the first month that is
 * not closed yet these are the pending ones. A running month has what is known of it so far; its
 * completeness is of the days that are over.
 *
 * Read in slices of all channels at once: the cost is that of the values.
 */
#ifndef DOMOVOI_BILL_H
#define DOMOVOI_BILL_H

#include "calc/apportion.h"
#include "calc/zones.h"
#include "store/store.h"

struct bill_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t building;
	struct span month; /* a report month of the building */
	int64_t now;
};

/* Rates of a place. */
struct bill_rates {
	struct tariff tariffs[CHARGE_SERVICE_COUNT];
	struct tariff capacity;
	bool is_there[CHARGE_SERVICE_COUNT];
	bool has_capacity;
};

/* A channel that counts. */
struct bill_item {
	int64_t channel;
	size_t flat; /* BILL_HOUSE: the common meter */
	enum charge_service service;
	double factor; /* into the unit of the service; negative: taken out */
	/* what was read */
	struct form_value month;
	double days_sum, days_known, days_expected;
	double steps[TARIFF_STEPS];
	double history[CHARGE_HISTORY + 4];
};
#define BILL_HOUSE SIZE_MAX

struct bill {
	struct bill_question q;
	struct calendar calendar;
	int date; /* first day of the month: which rules hold */
	bool is_running, is_closed;
	struct closing closing;
	struct apportion_rules *rules; /* owned, as all below */
	struct charge_house house;
	struct charge_flat *flats; /* premises, by id */
	size_t n;
	struct bill_item *items;
	size_t item_count, item_cap;
	struct bill_rates *rates; /* [0] of the building, others of premises with their own */
	size_t rates_count;
	struct zones_set *zone_set;
	const struct zones_calendar *zones; /* NULL: one rate the day round */
	struct charge_result *result;
	bool has_house_correction; /* a common meter's closed month is known better now */
};

/* ERR_PARSE, ERR_INVAL: a formula in force is none. */
enum err bill_new(const struct bill_question *q, struct bill **ret_bill, struct diag *diag);
void bill_free(struct bill *b); /* NULL is fine */
/* Index of the premises of a place; false: it is none of the building's. */
bool bill_find(const struct bill *b, int64_t place, size_t *ret_flat);
/* What the premises' own meters counted in a month, by service; NaN where unknown. */
enum err bill_month(const struct bill *b, size_t flat, struct span month,
	struct form_value ret_volumes[static CHARGE_SERVICE_COUNT]);

#endif
