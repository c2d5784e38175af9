/*
 * overlay.h - what doubts and decisions make of computed values
 *
 * The rollup computes a channel's archive anew whenever something it depends on changes. What was
 * found or decided about a value (store/verdict.h) must survive that as long as the value is the
 * same, and fall when it is not. So verdicts are not written into the archive but laid over what is
 * computed, by the rollup itself, at the one place where values of channels leave it:
 *
 *   computed value   verdict of the same value      archive
 *   12.5             none, or gone                  12.5
 *   12.5             open, a failure                12.5 SUSPECT: in no sum
 *   12.5 SUSPECT     accepted                       12.5 MEASURED, flags kept
 *   12.5             rejected                       none, MISSING
 *   12.5 or none     estimated, fill 3.1            3.1 ESTIMATED
 *   3.0              any of the above about 12.5    3.0: late data win by themselves
 *
 * Where a part of a day or month is doubted, rejected or estimated, the sum of the parts counts.
 * What a person entered is an archive value of its own source and never reaches this.
 */
#ifndef DOMOVOI_OVERLAY_H
#define DOMOVOI_OVERLAY_H

#include "calc/rollup_cache.h"
#include "store/store.h"

struct overlay {
	struct verdict *items; /* owned; by series, period, start, then id */
	size_t n, cap;
	int64_t seq; /* of the last verdict taken */
};

void overlay_fini(struct overlay *o);
/* Take a verdict that is new or changed; those without effect are left out. False: out of memory. */
bool overlay_take(struct overlay *o, const struct verdict *v);
/* What becomes of a computed value; *ret_verdict (may be NULL) is what changed it, or NULL. */
struct form_value overlay_apply(const struct overlay *o, int64_t series, enum period period,
	int64_t start, struct form_value v, const struct verdict **ret_verdict);

/*
 * What holds for the intervals shorter than `period` in a span: where there is a doubt or a decision,
 * a day is the sum of its hours and not the difference of readings at its ends, which would bring back
 * what was taken out.
 */
enum overlay_hold {
	OVERLAY_FREE,
	OVERLAY_DOUBT,
	OVERLAY_DECISION,
};
enum overlay_hold overlay_hold(const struct overlay *o, struct cache *cache, int64_t series,
	enum period period, struct span span);

/* A verdict is about this value. */
bool verdict_is_about(const struct verdict *v, double value);

#endif
