/*
 * rollup_cache.c - see rollup_cache.h
 */
#include "calc/rollup_cache.h"

#include <math.h>
#include <stdlib.h>

#define DAY_S 86400LL

/* How long before the newest moment a value of the period is likely to be asked for. */
static const int64_t lifetime[PERIOD_COUNT] = {
	[PERIOD_HALF_HOUR] = 2 * DAY_S,
	[PERIOD_HOUR] = 2 * DAY_S,
	[PERIOD_DAY] = 35 * DAY_S,
	[PERIOD_MONTH] = 35 * DAY_S,
};

enum entry_state {
	FORGOTTEN, /* to be fetched again */
	FETCHED,
	CONFIRMED, /* computed, and the store was seen to have it */
	OWN,       /* computed, on its way into the store */
};

struct entry {
	int64_t series; /* 0: free place */
	int64_t start;
	double value;
	uint16_t quality;
	uint8_t period;
	uint8_t state;
};

struct cache {
	struct value_source *source;
	struct entry *items; /* open addressing */
	size_t count, cap;
	enum err error;
};

struct cache *cache_new(struct value_source *source)
{
	struct cache *c = calloc(1, sizeof(*c));
	if (c) {
		c->source = source;
	}
	return c;
}

void cache_free(struct cache *c)
{
	if (c) {
		free(c->items);
		free(c);
	}
}

void cache_clear(struct cache *c)
{
	free(c->items);
	c->items = NULL;
	c->count = c->cap = 0;
	c->error = ERR_OK;
}

enum err cache_error(const struct cache *c)
{
	return c->error;
}

static struct form_value nothing(void)
{
	return (struct form_value){NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0)};
}

static size_t place_of(
	const struct entry *items, size_t cap, int64_t series, enum period period, int64_t start)
{
	uint64_t h = (uint64_t)series * 0x9e3779b97f4a7c15u;
	h = (h ^ ((uint64_t)start + (uint64_t)period)) * 0xd6e8feb86659fd93u;
	size_t at = (size_t)(h >> 29) & (cap - 1);
	while (items[at].series && (items[at].series != series || items[at].start != start ||
					   items[at].period != (uint8_t)period)) {
		at = (at + 1) & (cap - 1);
	}
	return at;
}

static struct entry *look(const struct cache *c, int64_t series, enum period period, int64_t start)
{
	if (!c->cap) {
		return NULL;
	}
	struct entry *e = &c->items[place_of(c->items, c->cap, series, period, start)];
	return e->series ? e : NULL;
}

/*
 * Rebuild the table with the entries that are known and young enough, and with all that is still on
 * its way into the store: until it has come there only the cache has it.
 */
static bool rebuild(struct cache *c, size_t cap, int64_t newest_utc)
{
	size_t count = 0;
	struct entry *items = calloc(cap, sizeof(*items));
	if (!items) {
		return false;
	}
	for (size_t i = 0; i < c->cap; i++) {
		const struct entry *e = &c->items[i];
		bool is_young = e->start >= newest_utc - lifetime[e->period];
		if (e->series && (e->state == OWN || (e->state != FORGOTTEN && is_young))) {
			items[place_of(items, cap, e->series, (enum period)e->period, e->start)] =
				*e;
			count++;
		}
	}
	free(c->items);
	c->items = items;
	c->cap = cap;
	c->count = count;
	return true;
}

void cache_trim(struct cache *c, size_t limit, int64_t newest_utc)
{
	size_t cap = 1024;
	if (c->count <= limit) {
		return;
	}
	while (cap < limit * 2) {
		cap *= 2;
	}
	/* a limit too small for the site would have it rebuilt every time */
	if (cap < c->count || !rebuild(c, cap, newest_utc) || c->count > limit * 3 / 4) {
		cache_clear(c);
	}
}

static bool grow(struct cache *c)
{
	if (!rebuild(c, c->cap ? c->cap * 2 : 1024, INT64_MIN + 40 * DAY_S)) {
		c->error = ERR_NOMEM;
		return false;
	}
	return true;
}

static void put(struct cache *c, int64_t series, enum period period, int64_t start,
	struct form_value v, enum entry_state state)
{
	if (c->count * 2 >= c->cap && !grow(c)) {
		return;
	}
	struct entry *e = &c->items[place_of(c->items, c->cap, series, period, start)];
	c->count += e->series == 0;
	*e = (struct entry){.series = series,
		.start = start,
		.value = v.value,
		.quality = v.quality,
		.period = (uint8_t)period,
		.state = (uint8_t)state};
}

void cache_put_own(
	struct cache *c, int64_t series, enum period period, int64_t start, struct form_value v)
{
	put(c, series, period, start, v, OWN);
}

bool cache_doubt(struct cache *c, int64_t series, enum period period, int64_t start,
	struct form_value *ret_own)
{
	struct entry *e = look(c, series, period, start);
	if (!e || e->state == FORGOTTEN) {
		return false;
	}
	bool is_own = e->state != FETCHED;
	*ret_own = (struct form_value){e->value, e->quality};
	e->state = FORGOTTEN;
	return is_own;
}

void cache_confirm(struct cache *c, int64_t series, enum period period, int64_t start)
{
	struct entry *e = look(c, series, period, start);
	if (e && e->state != FORGOTTEN) {
		e->state = CONFIRMED;
	}
}

bool cache_has(const struct cache *c, int64_t series, enum period period, int64_t start)
{
	const struct entry *e = look(c, series, period, start);
	return e && e->state != FORGOTTEN;
}

struct form_value cache_get(struct cache *c, int64_t series, enum period period, int64_t start)
{
	const struct entry *e = look(c, series, period, start);
	if (!e || e->state == FORGOTTEN) {
		cache_slice(c, &series, 1, period, start);
		e = look(c, series, period, start);
	}
	return e && e->state != FORGOTTEN && !c->error ? (struct form_value){e->value, e->quality} :
							 nothing();
}

void cache_slice(
	struct cache *c, const int64_t *series, size_t n, enum period period, int64_t start)
{
	int64_t *wanted = calloc(n + 1, sizeof(*wanted));
	struct form_value *values = calloc(n + 1, sizeof(*values));
	size_t count = 0;
	if (!wanted || !values) {
		c->error = ERR_NOMEM;
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		if (!cache_has(c, series[i], period, start)) {
			wanted[count++] = series[i];
		}
	}
	if (count == 0 || c->error) {
		goto out;
	}
	enum err e = c->source->slice(c->source, wanted, count, period, start, values);
	if (e) {
		c->error = e;
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		put(c, wanted[i], period, start, values[i], FETCHED);
	}
out:
	free(wanted);
	free(values);
}

struct filling {
	struct cache *c;
	int64_t series;
	enum period period;
};

static enum err fill(void *ctx, int64_t start, struct form_value v)
{
	struct filling *f = ctx;
	if (!cache_has(f->c, f->series, f->period, start)) { /* what this pass computed stays */
		put(f->c, f->series, f->period, start, v, FETCHED);
	}
	return f->c->error;
}

void cache_range(struct cache *c, int64_t series, enum period period,
	const struct calendar *calendar, struct span span)
{
	struct filling f = {c, series, period};
	if (c->error || span.from >= span.till) {
		return;
	}
	enum err e = c->source->range(c->source, series, period, span, fill, &f);
	if (e) {
		c->error = e;
		return;
	}
	struct span s = period_of(calendar, period, span.from);
	for (int64_t start = s.from < span.from ? s.till : s.from; start < span.till && !c->error;
		start = period_next(calendar, period, start)) {
		if (!cache_has(c, series, period, start)) {
			put(c, series, period, start, nothing(), FETCHED);
		}
	}
}
