/*
 * totals.h - what has passed of today and of this month, for many channels at once
 *
 * Today is made of the hours that have passed, the month of its days before today and of today. A
 * sum is of what is known and never scaled up: `completeness` says how much of the time that has
 * passed is covered, and a sum with a hole is at best PARTIAL. Means are weighted by time.
 */
#ifndef DOMOVOI_TOTALS_H
#define DOMOVOI_TOTALS_H

#include "web/jsonw.h"

#include "store/store.h"

struct total {
	double sum;
	double weighted;   /* value times seconds */
	int64_t covered_s; /* with a value */
	int64_t ended_s;   /* of all intervals that have ended */
	uint16_t quality;
	bool has_value;
};

void total_add(struct total *t, double value, uint16_t quality, struct span interval, int64_t now);
void total_merge(struct total *into, const struct total *part);     /* of other times or channels */
double total_completeness(const struct total *t);                   /* NaN: nothing has ended */
double total_value(const struct total *t, enum quantity_kind kind); /* NaN: unknown */
void jsonw_total(struct jsonw *w, const char *key, const struct total *t, enum quantity_kind kind);

struct totals_plan {
	struct store *store;
	const struct calendar *calendar;
	int64_t now;
	const int64_t *channels;
	size_t n;
};

/* Arrays of `n` results belong to the channels in order. */
enum err totals_read(const struct totals_plan *p, struct total *ret_today, struct total *ret_month);

#endif
