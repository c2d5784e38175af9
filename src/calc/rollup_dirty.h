/*
 * rollup_dirty.h - intervals of channels that must be formed, as a growing list
 */
#ifndef DOMOVOI_ROLLUP_DIRTY_H
#define DOMOVOI_ROLLUP_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirty_item {
	int64_t start;
	uint32_t channel; /* index in the view */
};

struct dirty {
	struct dirty_item *items; /* owned */
	size_t n, cap;
	bool is_broken; /* memory ran out */
};

void dirty_add(struct dirty *d, uint32_t channel, int64_t start);
/* By start, then channel, each once. */
void dirty_sort(struct dirty *d);
/* Move the items of channels for which `is_wanted` says yes. */
void dirty_move(struct dirty *from, bool (*is_wanted)(const void *ctx, uint32_t channel),
	const void *ctx, struct dirty *to);
void dirty_clear(struct dirty *d);
void dirty_fini(struct dirty *d);

#endif
