/*
 * rollup_dirty.c - see rollup_dirty.h
 */
#include "calc/rollup_dirty.h"

#include <stdlib.h>

void dirty_add(struct dirty *d, uint32_t channel, int64_t start)
{
	/* the same interval is marked by several neighbours in a row */
	for (size_t i = d->n; i > 0 && i + 4 > d->n; i--) {
		if (d->items[i - 1].start == start && d->items[i - 1].channel == channel) {
			return;
		}
	}
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 256;
		struct dirty_item *items = realloc(d->items, cap * sizeof(*items));
		if (!items) {
			d->is_broken = true;
			return;
		}
		d->items = items;
		d->cap = cap;
	}
	d->items[d->n++] = (struct dirty_item){start, channel};
}

static int compare(const void *a, const void *b)
{
	const struct dirty_item *x = a, *y = b;
	if (x->start != y->start) {
		return x->start < y->start ? -1 : 1;
	}
	return (x->channel > y->channel) - (x->channel < y->channel);
}

void dirty_sort(struct dirty *d)
{
	size_t n = 0;
	if (d->n > 1) {
		qsort(d->items, d->n, sizeof(*d->items), compare);
	}
	for (size_t i = 0; i < d->n; i++) {
		if (n == 0 || compare(&d->items[n - 1], &d->items[i]) != 0) {
			d->items[n++] = d->items[i];
		}
	}
	d->n = n;
}

void dirty_move(struct dirty *from, bool (*is_wanted)(const void *ctx, uint32_t channel),
	const void *ctx, struct dirty *to)
{
	size_t kept = 0;
	for (size_t i = 0; i < from->n; i++) {
		struct dirty_item item = from->items[i];
		if (is_wanted(ctx, item.channel)) {
			dirty_add(to, item.channel, item.start);
		} else {
			from->items[kept++] = item;
		}
	}
	from->n = kept;
}

void dirty_clear(struct dirty *d)
{
	d->n = 0;
	d->is_broken = false;
}

void dirty_fini(struct dirty *d)
{
	free(d->items);
	*d = (struct dirty){0};
}
