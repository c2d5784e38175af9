/*
 * rollup_channel.h - stages B and C: values of a channel out of the archives of its registers
 *
 * B  channel_interval: an hour (or half-hour) across the bindings that were in force during it.
 *
 *      binding 1 ----------| removed      reading_removed - r(from)
 *      binding 2           |------------  r(till) - reading_fitted
 *
 * C  channel_long: a day out of the hours, a month out of the days; a counter that one register fed
 *    without incident from the readings at the period's own ends, so that hours estimated in between
 *    do not make the sum uncertain; the meter's own day and month archives by the order of sources.
 *
 * A register that lacks readings at some hours (a meter's archive with holes that nobody could heal)
 * is bridged in stage B by the line between the nearest readings it has, up to 31 days apart.
 *
 * Pure functions of what the cache answers.
 */
#ifndef DOMOVOI_ROLLUP_CHANNEL_H
#define DOMOVOI_ROLLUP_CHANNEL_H

#include "calc/overlay.h"
#include "calc/rollup_view.h"

/* What a person should look at. */
enum jump {
	JUMP_NONE,
	JUMP_HIGH,
	JUMP_RESET,
	JUMP_NEGATIVE,
	JUMP_NO_FINAL
};
const char *jump_text(enum jump j); /* for the event */

struct form_value channel_interval(const struct view *v, const struct view_channel *c,
	enum period period, struct span span, struct cache *cache, enum jump *ret_jump);

/* The nearest hour before (direction -1) or behind (1) `at` for which a register has a reading. */
bool register_neighbour(const struct view_register *r, int64_t at, int direction,
	struct cache *cache, struct point *ret);

/* A day cut into its hours, or a month into its days: 23 to 25, 28 to 31. */
#define PARTS_MAX 64
struct cut {
	enum period period, part;
	struct span span;
	int64_t starts[PARTS_MAX + 1]; /* and the end */
	size_t n;
};
struct cut cut_of(const struct calendar *c, enum period period, int64_t utc);

struct form_value channel_long(const struct view *v, const struct view_channel *c,
	const struct cut *cut, struct cache *cache);

#endif
