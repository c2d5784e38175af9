/*
 * overlay.c - see overlay.h
 */
#include "calc/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void overlay_fini(struct overlay *o)
{
	free(o->items);
	*o = (struct overlay){0};
}

static int compare(const struct verdict *a, int64_t series, enum period period, int64_t start)
{
	if (a->series != series) {
		return a->series < series ? -1 : 1;
	}
	if (a->period != period) {
		return a->period < period ? -1 : 1;
	}
	return (a->start > start) - (a->start < start);
}

/* The first item that is not before the interval. */
static size_t lower_bound(
	const struct overlay *o, int64_t series, enum period period, int64_t start)
{
	size_t low = 0, high = o->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&o->items[middle], series, period, start) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool has_effect(const struct verdict *v)
{
	switch (v->state) {
	case VERDICT_OPEN:
	case VERDICT_ACCEPTING:
	case VERDICT_REJECTING:
	case VERDICT_ESTIMATING:
	case VERDICT_EDITING: return v->is_failure;
	case VERDICT_ACCEPTED:
	case VERDICT_REJECTED:
	case VERDICT_ESTIMATED: return true;
	default: return false;
	}
}

static bool insert(struct overlay *o, size_t at, const struct verdict *v)
{
	if (o->n == o->cap) {
		size_t cap = o->cap ? 2 * o->cap : 64;
		struct verdict *items = realloc(o->items, cap * sizeof(*items));
		if (!items) {
			return false;
		}
		o->items = items;
		o->cap = cap;
	}
	memmove(&o->items[at + 1], &o->items[at], (o->n - at) * sizeof(*o->items));
	o->items[at] = *v;
	o->n++;
	return true;
}

bool overlay_take(struct overlay *o, const struct verdict *v)
{
	size_t at = lower_bound(o, v->series, v->period, v->start);
	while (at < o->n && compare(&o->items[at], v->series, v->period, v->start) == 0 &&
		o->items[at].id < v->id) {
		at++;
	}
	bool is_there = at < o->n && o->items[at].id == v->id;
	bool is_taken = true;
	if (is_there && has_effect(v)) {
		o->items[at] = *v;
	} else if (is_there) {
		memmove(&o->items[at], &o->items[at + 1], (o->n - at - 1) * sizeof(*o->items));
		o->n--;
	} else if (has_effect(v)) {
		is_taken = insert(o, at, v);
	}
	if (is_taken && v->seq > o->seq) {
		o->seq = v->seq;
	}
	return is_taken;
}

/* Is the interval now what the verdict made of it? */
static enum overlay_hold hold_of(const struct verdict *v, struct form_value now)
{
	enum quality_class class = quality_class(now.quality);
	switch (v->state) {
	case VERDICT_OPEN:
	case VERDICT_ACCEPTING:
	case VERDICT_REJECTING:
	case VERDICT_ESTIMATING:
	case VERDICT_EDITING: return class == QUALITY_SUSPECT ? OVERLAY_DOUBT : OVERLAY_FREE;
	case VERDICT_REJECTED:
		return class == QUALITY_MISSING && !isnan(v->value) ? OVERLAY_DECISION :
								      OVERLAY_FREE;
	case VERDICT_ESTIMATED:
		return class == QUALITY_ESTIMATED && now.value == v->fill ? OVERLAY_DECISION :
									    OVERLAY_FREE;
	default: return OVERLAY_FREE;
	}
}

enum overlay_hold overlay_hold(const struct overlay *o, struct cache *cache, int64_t series,
	enum period period, struct span span)
{
	enum overlay_hold worst = OVERLAY_FREE;
	for (enum period p = PERIOD_HOUR; p < period; p++) {
		size_t at = lower_bound(o, series, p, span.from);
		for (; at < o->n && o->items[at].series == series && o->items[at].period == p &&
			o->items[at].start < span.till;
			at++) {
			const struct verdict *v = &o->items[at];
			enum overlay_hold h = hold_of(v, cache_get(cache, series, p, v->start));
			worst = h > worst ? h : worst;
		}
	}
	return worst;
}

bool verdict_is_about(const struct verdict *v, double value)
{
	return v->value == value || (isnan(v->value) && isnan(value));
}

static struct form_value with_class(struct form_value v, enum quality_class c)
{
	v.quality = quality_make(c, quality_source(v.quality), quality_flags(v.quality));
	return v;
}

static struct form_value decided(const struct verdict *d, struct form_value v)
{
	unsigned flags = quality_flags(v.quality);
	switch (d->state) {
	case VERDICT_ACCEPTED:
		return quality_class(v.quality) == QUALITY_SUSPECT ?
			       with_class(v, QUALITY_MEASURED) :
			       v;
	case VERDICT_REJECTED:
		return (struct form_value){
			NAN, quality_make(QUALITY_MISSING, SOURCE_ESTIMATE, flags)};
	case VERDICT_ESTIMATED:
		return isnan(d->fill) ?
			       v :
			       (struct form_value){d->fill,
				       quality_make(QUALITY_ESTIMATED, SOURCE_ESTIMATE, flags)};
	default: return v;
	}
}

struct form_value overlay_apply(const struct overlay *o, int64_t series, enum period period,
	int64_t start, struct form_value v, const struct verdict **ret_verdict)
{
	const struct verdict *decision = NULL, *doubt = NULL;
	double value = quality_class(v.quality) == QUALITY_MISSING ? NAN : v.value;
	size_t at = lower_bound(o, series, period, start);
	for (; at < o->n && compare(&o->items[at], series, period, start) == 0; at++) {
		const struct verdict *x = &o->items[at];
		if (!verdict_is_about(x, value)) {
			continue;
		}
		if (x->state == VERDICT_OPEN || x->state >= VERDICT_ACCEPTING) {
			doubt = x;
		} else if (!decision || x->seq > decision->seq) {
			decision = x; /* the latest word of a person */
		}
	}
	struct form_value out = v;
	if (decision) {
		out = decided(decision, v);
	} else if (doubt && !isnan(value)) {
		out = with_class(v, QUALITY_SUSPECT);
	}
	if (ret_verdict) {
		bool is_changed = out.quality != v.quality ||
				  (out.value != v.value && !(isnan(out.value) && isnan(v.value)));
		*ret_verdict = !is_changed ? NULL : decision ? decision : doubt;
	}
	return out;
}
