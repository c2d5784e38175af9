/*
 * leak_report.h - leaks of a building and of its flats over some days, out of the store
 *
 *   hours of the input       ──> least hour of each night ──> what the house loses
 *   hours of flats, by night ──> whether it is lost in pipes or in flats
 *   hours of each water meter ─> pauses, bursts, reverse flow
 *   mass there and back      ──> does the heating circuit lose water
 *
 * Hours that were measured count; estimated ones spread use over time and would hide every pause.
 * One range is read per channel and folded at once, so the cost is that of the values.
 */
#ifndef DOMOVOI_LEAK_REPORT_H
#define DOMOVOI_LEAK_REPORT_H

#include "calc/balance_tree.h"
#include "calc/leak.h"
#include "store/store.h"

struct leak_question {
	struct store *store;
	const struct site *site;
	const struct figures *figures;
	int64_t place; /* building or what lies in it */
	struct span span;
	int64_t now;
};

#define LEAK_DAYS_MAX 62

struct leak_night_row {
	struct span span;
	double minimum;          /* of the input, m3/h; NaN: an hour is not known */
	double input, flats;     /* m3 in the night; NaN: not all known */
	double imbalance, limit; /* m3/h */
};

struct leak_channel {
	int64_t channel;
	int64_t place; /* the flat or common place */
	enum quantity quantity;
	double used; /* m3 in the span, of known hours; NaN: none */
	struct leak_flat flat;
	struct leak_reverse reverse;
	double reverse_m3; /* NaN: the meter does not tell */
	int64_t burst_utc; /* 0: none in the last day */
	int64_t till_utc;  /* end of the last known hour; 0: none */
};

struct leak_heating {
	bool is_there; /* the house has both masses */
	struct closed_balance balance;
	double supply, back; /* t */
};

struct leak_report {
	struct span span; /* whole hours */
	bool is_building; /* the part of the house is there */
	bool has_input;   /* of cold water */
	struct leak_night night;
	size_t nights_wanted;
	double residents; /* NaN: unknown, then nothing is legitimate and the leak may be use */
	enum leak_where where;
	double night_imbalance, night_limit; /* medians, m3/h */
	double tariff;                       /* currency/m3; NaN: none */
	struct leak_heating heating;
	struct leak_night_row *nights; /* owned */
	size_t night_count;
	struct leak_channel *channels; /* owned; of flats and common places */
	size_t channel_count;
};

/* ERR_LIMIT: too many days; ERR_NOTFOUND: the place lies in no building. */
enum err leak_report_new(const struct leak_question *q, struct leak_report **ret_report);
void leak_report_free(struct leak_report *r); /* NULL is fine */

#endif
