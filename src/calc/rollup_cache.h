/*
 * rollup_cache.h - archive values at hand: what the store holds, and what this pass adds to it
 *
 * Stages B and C ask for single values by (series, period, start); the store answers whole slices
 * (one start, many series) or ranges (one series, many starts) far faster. cache_slice and
 * cache_range fetch what is not there yet; cache_get then finds it. A value that nobody fetched is
 * fetched alone, so an answer is always right and only its cost depends on foresight.
 *
 * Entries stay until the journal says that they changed or there are too many. Values computed in a
 * pass are put over them as own ones and become the stored ones with the pass's batch; when the batch
 * is lost the whole cache must go (cache_clear). Own values come back in the journal: cache_doubt
 * forgets a value and says what it was, and if the store still has just that, nothing has changed.
 */
#ifndef DOMOVOI_ROLLUP_CACHE_H
#define DOMOVOI_ROLLUP_CACHE_H

#include "calc/form.h"

#include "base/err.h"

/* Where values come from; the store in earnest, a table in tests. */
struct value_source {
	/* One start of n series; class MISSING, source NONE where there is none. */
	enum err (*slice)(struct value_source *s, const int64_t *series, size_t n,
		enum period period, int64_t start, struct form_value *ret_values);
	/* All of one series in `span`, by start, handed to `each`. */
	enum err (*range)(struct value_source *s, int64_t series, enum period period,
		struct span span, enum err (*each)(void *ctx, int64_t start, struct form_value v),
		void *ctx);
};

struct cache;

struct cache *cache_new(struct value_source *source);
void cache_free(struct cache *c);
void cache_clear(struct cache *c);
/* Between passes: keep to about `limit` entries by dropping those that are not of the last days
 * before `newest_utc`. */
void cache_trim(struct cache *c, size_t limit, int64_t newest_utc);

/* After a failure of the source: all answers are MISSING and this says why, until cache_clear. */
enum err cache_error(const struct cache *c);

struct form_value cache_get(struct cache *c, int64_t series, enum period period, int64_t start);
bool cache_has(const struct cache *c, int64_t series, enum period period, int64_t start);
void cache_put_own(
	struct cache *c, int64_t series, enum period period, int64_t start, struct form_value v);
void cache_slice(
	struct cache *c, const int64_t *series, size_t n, enum period period, int64_t start);
/* Every start of the calendar's grid in `span` is known afterwards. */
void cache_range(struct cache *c, int64_t series, enum period period,
	const struct calendar *calendar, struct span span);
/* Forget a value; true if it was an own one, which is put into *ret_own. */
bool cache_doubt(struct cache *c, int64_t series, enum period period, int64_t start,
	struct form_value *ret_own);
/* What was fetched after a doubt is the own value. */
void cache_confirm(struct cache *c, int64_t series, enum period period, int64_t start);

#endif
