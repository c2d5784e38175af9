/*
 * collect.h - the sink of a meter: what its driver says becomes a batch for the store
 *
 * Registers appear when first reported. A value is converted to the unit its register was born with
 * (an M-Bus meter may change from Wh to kWh by itself). Amounts of counters get a register of their
 * own, "<key>.amount", because a series holds either readings or amounts, never both.
 */
#ifndef DOMOVOI_COLLECT_H
#define DOMOVOI_COLLECT_H

#include "poll/schedule.h"
#include "poll/talk.h"
#include "store/store.h"

struct collect {
	struct sink sink; /* first: the driver's view */
	struct store *store;
	const struct meter *meter;
	struct talk *talk;
	struct schedule *schedule;
	int64_t now_utc;
	unsigned flags;          /* QUALITY_TIME_SUSPECT while the meter's clock is wrong */
	const struct site *site; /* a reference of its own */
	struct batch *batch;
	int64_t framed_replies; /* replies counted when the last frame was kept */
	size_t values;          /* kept so far */
};

/* False: out of memory. */
bool collect_init(struct collect *c, struct store *store, const struct meter *meter,
	struct talk *talk, struct schedule *schedule, int64_t now_utc);
/* Hand what was collected to the store (nothing collected: nothing submitted) and let go. */
enum err collect_finish(struct collect *c);

/* Give every archive plan of `s` its missing records, from what the store has for this meter. */
enum err collect_gaps(struct store *store, const struct meter *meter, struct schedule *s,
	uint32_t caps, const struct archive_depth *depth, int64_t now);

#endif
