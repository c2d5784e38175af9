/*
 * spans.h - a set of moments as sorted, disjoint spans: the archive records known to be missing
 */
#ifndef DOMOVOI_SPANS_H
#define DOMOVOI_SPANS_H

#include "model/period.h"

struct spans {
	struct span *items; /* owned; sorted, disjoint, not touching, none empty */
	size_t n, cap;
};

void spans_fini(struct spans *s);
/* False: out of memory, the set is as it was. Empty spans change nothing. */
bool spans_add(struct spans *s, struct span x);
bool spans_remove(struct spans *s, struct span x);
bool spans_have(const struct spans *s, int64_t at);
/* How many periods start inside. */
size_t spans_count(const struct spans *s, const struct calendar *c, enum period p);

#endif
