/*
 * spans.c - sets of moments; see spans.h
 */
#include "poll/spans.h"

#include <stdlib.h>
#include <string.h>

void spans_fini(struct spans *s)
{
	free(s->items);
	*s = (struct spans){0};
}

static bool reserve(struct spans *s)
{
	if (s->n + 1 > s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		struct span *items = realloc(s->items, cap * sizeof(*items));
		if (!items) {
			return false;
		}
		s->items = items;
		s->cap = cap;
	}
	return true;
}

static void replace(struct spans *s, size_t first, size_t count, const struct span *with, size_t n)
{
	memmove(s->items + first + n, s->items + first + count,
		(s->n - first - count) * sizeof(*s->items));
	for (size_t i = 0; i < n; i++) {
		s->items[first + i] = with[i];
	}
	s->n = s->n - count + n;
}

bool spans_add(struct spans *s, struct span x)
{
	if (x.from >= x.till) {
		return true;
	}
	if (!reserve(s)) {
		return false;
	}
	size_t first = 0, last;
	while (first < s->n && s->items[first].till < x.from) {
		first++;
	}
	for (last = first; last < s->n && s->items[last].from <= x.till; last++) {
		x.from = s->items[last].from < x.from ? s->items[last].from : x.from;
		x.till = s->items[last].till > x.till ? s->items[last].till : x.till;
	}
	replace(s, first, last - first, &x, 1);
	return true;
}

bool spans_remove(struct spans *s, struct span x)
{
	if (x.from >= x.till) {
		return true;
	}
	if (!reserve(s)) {
		return false;
	}
	size_t first = 0, last, n = 0;
	struct span rest[2];
	while (first < s->n && s->items[first].till <= x.from) {
		first++;
	}
	for (last = first; last < s->n && s->items[last].from < x.till; last++) {
		if (s->items[last].from < x.from) {
			rest[n++] = (struct span){s->items[last].from, x.from};
		}
		if (s->items[last].till > x.till) {
			rest[n++] = (struct span){x.till, s->items[last].till};
		}
	}
	replace(s, first, last - first, rest, n);
	return true;
}

bool spans_have(const struct spans *s, int64_t at)
{
	for (size_t i = 0; i < s->n; i++) {
		if (at >= s->items[i].from && at < s->items[i].till) {
			return true;
		}
	}
	return false;
}

size_t spans_count(const struct spans *s, const struct calendar *c, enum period p)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		n += period_count(c, p, s->items[i]);
	}
	return n;
}
