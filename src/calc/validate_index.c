/*
 * validate_index.c - the configuration as the validation asks for it; see validate_desk.h
 */
#include "calc/validate_desk.h"

#include <math.h>
#include <stdlib.h>

/* ---- indexes ---- */

static int64_t key_of_binding(const void *p)
{
	return ((const struct binding *)p)->channel;
}

static int64_t key_of_formula(const void *p)
{
	return ((const struct formula_text *)p)->channel;
}

static int64_t key_of_place(const void *p)
{
	return ((const struct channel *)p)->place;
}

static int64_t key_of_upstream(const void *p)
{
	return ((const struct channel *)p)->upstream;
}

#define BY(name)                                                                       \
	static int by_##name(const void *a, const void *b)                             \
	{                                                                              \
		const void *x = *(const void *const *)a, *y = *(const void *const *)b; \
		int64_t kx = key_of_##name(x), ky = key_of_##name(y);                  \
		if (kx != ky) {                                                        \
			return kx < ky ? -1 : 1;                                       \
		}                                                                      \
		return (object_id(x) > object_id(y)) - (object_id(x) < object_id(y));  \
	}
BY(binding)
BY(formula)
BY(place)
BY(upstream)

/* Pointers to all objects of a kind, sorted; NULL: out of memory. */
static const void **index_of(
	const struct site *s, enum object_kind kind, int (*compare)(const void *, const void *))
{
	size_t n = s->counts[kind];
	const void **items = calloc(n + 1, sizeof(*items));
	for (size_t i = 0; items && i < n; i++) {
		items[i] = site_at(s, kind, i);
	}
	if (items && n > 1) {
		qsort(items, n, sizeof(*items), compare);
	}
	return items;
}

/* The stretch of an index with one key. */
static const void **stretch(const void *const *index, size_t n, int64_t (*key)(const void *),
	int64_t wanted, size_t *ret_n)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (key(index[middle]) < wanted) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	size_t till = low;
	while (till < n && key(index[till]) == wanted) {
		till++;
	}
	*ret_n = till - low;
	return (const void **)&index[low];
}

const struct channel **desk_at_place(const struct desk *d, int64_t place, size_t *ret_n)
{
	return (const struct channel **)stretch((const void *const *)d->by_place,
		d->site->counts[OBJECT_CHANNEL], key_of_place, place, ret_n);
}

const struct channel **desk_behind(const struct desk *d, int64_t upstream, size_t *ret_n)
{
	return (const struct channel **)stretch((const void *const *)d->by_upstream,
		d->site->counts[OBJECT_CHANNEL], key_of_upstream, upstream, ret_n);
}

static const struct binding **bindings_of(const struct desk *d, int64_t channel, size_t *ret_n)
{
	return (const struct binding **)stretch((const void *const *)d->by_channel,
		d->site->counts[OBJECT_BINDING], key_of_binding, channel, ret_n);
}

/* Who tells of a meter's journal: the first channel of a counter that it feeds. */
static void find_speakers(struct desk *d)
{
	const struct site *s = d->site;
	for (size_t i = 0; i < s->counts[OBJECT_BINDING]; i++) {
		const struct binding *b = &s->bindings[i];
		const struct meter_register *r = site_find(s, OBJECT_REGISTER, b->meter_register);
		const struct meter *m = r ? site_find(s, OBJECT_METER, r->meter) : NULL;
		if (!m || quantity_kind(r->quantity) != KIND_COUNTER) {
			continue;
		}
		int64_t *speaker = &d->speakers[m - s->meters];
		*speaker = *speaker == 0 || b->channel < *speaker ? b->channel : *speaker;
	}
}

static enum err make_indexes(struct desk *d)
{
	const struct site *s = d->site;
	d->by_channel = (const struct binding **)index_of(s, OBJECT_BINDING, by_binding);
	d->of_channel = (const struct formula_text **)index_of(s, OBJECT_FORMULA, by_formula);
	d->by_place = (const struct channel **)index_of(s, OBJECT_CHANNEL, by_place);
	d->by_upstream = (const struct channel **)index_of(s, OBJECT_CHANNEL, by_upstream);
	d->speakers = calloc(s->counts[OBJECT_METER] + 1, sizeof(*d->speakers));
	if (!d->by_channel || !d->of_channel || !d->by_place || !d->by_upstream || !d->speakers) {
		return ERR_NOMEM;
	}
	find_speakers(d);
	return ERR_OK;
}

enum err desk_init(struct desk *d, struct store *store, struct diag *diag)
{
	*d = (struct desk){.store = store, .site = store_site(store)};
	enum err e = figures_load(d->site, &d->figures, diag);
	e = e ? e : make_indexes(d);
	if (e) {
		desk_fini(d);
		return e;
	}
	if (zones_load(&d->zones, NULL) != ERR_OK) {
		d->zones = NULL;
	}
	return ERR_OK;
}

void desk_fini(struct desk *d)
{
	free(d->by_channel);
	free(d->of_channel);
	free(d->by_place);
	free(d->by_upstream);
	free(d->speakers);
	zones_free(d->zones);
	figures_free(d->figures);
	site_unref(d->site);
	*d = (struct desk){0};
}

/* ---- calendar ---- */

static bool is_holiday(const struct desk *d, const struct civil *local)
{
	if (!d->zones || d->zones->calendars_count == 0) {
		return false;
	}
	const struct zones_version *v = zones_version_at(&d->zones->calendars[0], local);
	return v && zones_day_of(v, local) == ZONES_HOLIDAY;
}

void desk_days(const struct desk *d, const struct calendar *c, int64_t utc, struct like_day *days,
	struct span *spans, size_t n)
{
	int64_t start = period_of(c, PERIOD_DAY, utc).from;
	for (size_t i = 0; i < n; i++) {
		struct civil local = c->zone ? zone_civil(c->zone, start) : civil_from_utc(start);
		spans[i] = period_of(c, PERIOD_DAY, start);
		days[i] = (struct like_day){civil_weekday(local), is_holiday(d, &local), false};
		start = period_prev(c, PERIOD_DAY, start);
	}
}

bool is_like_value(struct form_value v)
{
	switch (quality_class(v.quality)) {
	case QUALITY_MEASURED:
	case QUALITY_INTERPOLATED:
	case QUALITY_CALCULATED: return !isnan(v.value);
	default: return false;
	}
}

/* ---- configuration ---- */

const struct channel *desk_channel(const struct desk *d, int64_t place, enum quantity q)
{
	size_t n;
	const struct channel **items = desk_at_place(d, place, &n);
	for (size_t i = 0; i < n; i++) {
		if (items[i]->quantity == q) {
			return items[i];
		}
	}
	return NULL;
}

const struct binding *desk_binding(const struct desk *d, int64_t channel, struct span span)
{
	const struct binding *found = NULL;
	size_t n;
	const struct binding **items = bindings_of(d, channel, &n);
	for (size_t i = 0; i < n; i++) {
		const struct binding *b = items[i];
		if (b->from_utc >= span.till || b->till_utc <= span.from) {
			continue;
		}
		if (found || b->from_utc > span.from || b->till_utc < span.till) {
			return NULL;
		}
		found = b;
	}
	return found;
}

double desk_factor(const struct binding *b, const struct meter_register *r, const struct channel *c)
{
	double one = NAN, zero = NAN;
	if (unit_convert(1, r->unit, c->unit, &one) != ERR_OK ||
		unit_convert(0, r->unit, c->unit, &zero) != ERR_OK) {
		return NAN;
	}
	return (one - zero) * b->multiplier;
}

/* Something feeds the channel throughout, by the hour. */
bool desk_is_fed(const struct desk *d, int64_t channel, struct span span)
{
	size_t n;
	const struct binding **bindings = bindings_of(d, channel, &n);
	for (size_t i = 0; i < n; i++) {
		if (bindings[i]->from_utc <= span.from && bindings[i]->till_utc >= span.till) {
			return true;
		}
	}
	const struct formula_text **formulas = (const struct formula_text **)stretch(
		(const void *const *)d->of_channel, d->site->counts[OBJECT_FORMULA], key_of_formula,
		channel, &n);
	for (size_t i = 0; i < n; i++) {
		const struct formula_text *f = formulas[i];
		if (f->from_utc <= span.from && f->till_utc >= span.till &&
			f->period <= PERIOD_HOUR) {
			return true;
		}
	}
	return false;
}

bool desk_is_private(const struct site *s, int64_t place)
{
	for (const struct place *p = site_find(s, OBJECT_PLACE, place); p;
		p = site_find(s, OBJECT_PLACE, p->parent)) {
		if (p->kind == PLACE_FLAT || p->kind == PLACE_OFFICE) {
			return true;
		}
	}
	return false;
}

bool desk_is_vacant(const struct desk *d, int64_t place, int date)
{
	return figure_number(d->figures, place, "flat.vacant", date) >= 1;
}
