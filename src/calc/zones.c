/*
 * zones.c - hours and half-hours folded into the zones of a calendar; see zones.h
 */
#include "calc/zones.h"

#include <math.h>
#include <stdlib.h>

#define HALF_HOUR_S 1800
#define QUARTER_S   900 /* zones of time are offset by whole quarters */
#define FOLD_DAYS   40
#define CUT         (-2) /* a border lies inside */

/* A profile by its half-hours from the start of the period on; start 0: nothing known. */
struct slots {
	struct zones_interval *hours, *half_hours;
	size_t n;
	int64_t from;
};

/* The values of one sum, to be judged together. */
struct heap {
	struct form_value *v;
	size_t n;
};

static bool is_usable(struct form_value v)
{
	return !isnan(v.value) && quality_class(v.quality) < QUALITY_SUSPECT;
}

static struct form_value missing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

double zones_completeness(const struct zones_sum *s)
{
	return s->expected_s > 0 ? (double)s->present_s / (double)s->expected_s : NAN;
}

static void put_slots(
	struct slots *s, struct zones_interval *to, const struct zones_interval *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t at = (items[i].start - s->from) / HALF_HOUR_S;
		if (items[i].start >= s->from && at < (int64_t)s->n) {
			to[at] = items[i];
		}
	}
}

static struct form_value slot_value(
	const struct slots *s, const struct zones_interval *items, int64_t start)
{
	size_t at = (size_t)((start - s->from) / HALF_HOUR_S);
	return at < s->n && items[at].start == start ? items[at].v : missing();
}

static struct civil local_at(const struct zone *z, int64_t utc)
{
	return z ? zone_civil(z, utc) : civil_from_utc(utc);
}

/* The zone of a whole interval: its index, -1 none, CUT where it lies in several. */
static int zone_of(const struct zones_calendar *c, const struct zone *z, int64_t from, int64_t till)
{
	struct civil local = local_at(z, from);
	int first = zones_at(c, &local);
	for (int64_t t = from + QUARTER_S; t < till; t += QUARTER_S) {
		local = local_at(z, t);
		if (zones_at(c, &local) != first) {
			return CUT;
		}
	}
	return first;
}

struct folding {
	const struct zones_calendar *calendar;
	const struct zones_profile *profile;
	struct zones_period *out;
	struct slots slots;
	struct heap total, zones[ZONES_MAX], unassigned;
};

static void add(struct heap *h, struct zones_sum *s, int64_t length, struct form_value v)
{
	h->v[h->n++] = v;
	s->expected_s += length;
	s->present_s += is_usable(v) ? length : 0;
}

static void add_zone(struct folding *f, int zone, int64_t length, struct form_value v)
{
	if (zone < 0) {
		add(&f->unassigned, &f->out->unassigned, length, v);
	} else {
		add(&f->zones[zone], &f->out->zones[zone], length, v);
	}
}

/* The seconds of an hour that nothing divides are missing from the zones they lie in. */
static void miss_zones(struct folding *f, int64_t from, int64_t till)
{
	for (int64_t t = from; t < till; t += QUARTER_S) {
		struct civil local = local_at(f->profile->calendar->zone, t);
		int zone = zones_at(f->calendar, &local);
		if (zone >= 0) {
			add_zone(f, zone, till - t < QUARTER_S ? till - t : QUARTER_S, missing());
		}
	}
}

/* Two known halves that make the hour. A corrected hour does not say which half was wrong. */
static bool do_divide(struct form_value hour, struct form_value a, struct form_value b)
{
	if (!is_usable(a) || !is_usable(b)) {
		return false;
	}
	double sum = a.value + b.value;
	return !is_usable(hour) || fabs(sum - hour.value) <= 1e-6 * fmax(1, fabs(sum));
}

static void fold_hour(struct folding *f, int64_t from, int64_t till)
{
	const struct zone *z = f->profile->calendar->zone;
	int64_t middle = from + HALF_HOUR_S < till ? from + HALF_HOUR_S : till;
	struct form_value hour = slot_value(&f->slots, f->slots.hours, from);
	struct form_value a = slot_value(&f->slots, f->slots.half_hours, from);
	struct form_value b = slot_value(&f->slots, f->slots.half_hours, middle);
	int zone = zone_of(f->calendar, z, from, till);
	if (zone != CUT && (is_usable(hour) || (!is_usable(a) && !is_usable(b)))) {
		add(&f->total, &f->out->total, till - from, hour);
		add_zone(f, zone, till - from, hour);
		return;
	}
	if (is_usable(hour) && !do_divide(hour, a, b)) {
		add(&f->total, &f->out->total, till - from, hour);
		add(&f->unassigned, &f->out->unassigned, till - from, hour);
		miss_zones(f, from, till);
		return;
	}
	for (int i = 0; i < 2; i++) {
		int64_t start = i ? middle : from, end = i ? till : middle;
		struct form_value v = i ? b : a;
		int half = start < end ? zone_of(f->calendar, z, start, end) : CUT;
		if (start >= end) {
			continue;
		}
		add(&f->total, &f->out->total, end - start, v);
		if (half == CUT) {
			add(&f->unassigned, &f->out->unassigned, end - start, v);
			miss_zones(f, start, end);
		} else {
			add_zone(f, half, end - start, v);
		}
	}
}

static struct form_value sum_of(const struct heap *h)
{
	struct completeness c = form_completeness(h->v, h->n, h->n);
	return completeness_sum(&c);
}

enum err zones_fold(const struct zones_calendar *c, const struct zones_profile *p, struct span span,
	struct zones_period *ret)
{
	if (span.till <= span.from || span.till - span.from > INT64_C(86400) * FOLD_DAYS) {
		return ERR_INVAL;
	}
	size_t n = (size_t)((span.till - span.from) / HALF_HOUR_S) + 2;
	/* of each heap: whole hours or halves, or four quarters of an hour that nothing divides */
	size_t room = 2 * n + 8, heaps = c->zones_count + 2;
	struct folding f = {.calendar = c, .profile = p, .out = ret};
	*ret = (struct zones_period){.span = span};
	f.slots = (struct slots){.n = n, .from = span.from};
	f.slots.hours = calloc(2 * n, sizeof(*f.slots.hours));
	struct form_value *values = calloc(room * heaps, sizeof(*values));
	if (!f.slots.hours || !values) {
		free(f.slots.hours);
		free(values);
		return ERR_NOMEM;
	}
	f.slots.half_hours = f.slots.hours + n;
	f.total.v = values;
	f.unassigned.v = values + room;
	for (size_t i = 0; i < c->zones_count; i++) {
		f.zones[i].v = values + room * (i + 2);
	}
	put_slots(&f.slots, f.slots.hours, p->hours, p->hour_count);
	put_slots(&f.slots, f.slots.half_hours, p->half_hours, p->half_hour_count);
	for (int64_t from = span.from, till; from < span.till; from = till) {
		till = period_next(p->calendar, PERIOD_HOUR, from);
		till = till < span.till ? till : span.till;
		if (till <= p->now) {
			fold_hour(&f, from, till);
		}
	}
	ret->total.v = sum_of(&f.total);
	ret->unassigned.v = sum_of(&f.unassigned);
	for (size_t i = 0; i < c->zones_count; i++) {
		ret->zones[i].v = sum_of(&f.zones[i]);
	}
	free(f.slots.hours);
	free(values);
	return ERR_OK;
}
