/*
 * verdict.h - doubts about archive values and what persons decided about them
 *
 * A verdict is one rule's finding about one value: the value itself is part of it, so that a verdict
 * holds only as long as the archive has that value. Every change of a verdict gets the next number of
 * `seq`, by which whoever follows them finds what is new.
 *
 *   OPEN ──> ACCEPTED    the value stays and counts
 *        ──> REJECTED    there is no value
 *        ──> ESTIMATED   `fill` stands for it
 *        ──> EDITED      a person entered another one (into the archive)
 *        ──> GONE        the value changed, or passes now
 *
 * In a closed month a second person must say the same; until then a verdict is ACCEPTING ... EDITING
 * and has the effect of an open one.
 *
 * The one who finds says GONE, of open ones only; all else persons say. Included by store.h.
 */
#ifndef DOMOVOI_VERDICT_H
#define DOMOVOI_VERDICT_H

#include "model/period.h"
#include "model/site.h"

enum verdict_state {
	VERDICT_OPEN,
	VERDICT_ACCEPTED,
	VERDICT_REJECTED,
	VERDICT_ESTIMATED,
	VERDICT_EDITED,
	VERDICT_GONE,
	/* the same words of a first person where a second one is needed */
	VERDICT_ACCEPTING,
	VERDICT_REJECTING,
	VERDICT_ESTIMATING,
	VERDICT_EDITING,
	VERDICT_STATE_COUNT
};
const char *verdict_state_name(enum verdict_state s); /* "open" */
bool verdict_state_from_name(const char *name, enum verdict_state *ret_s);

struct verdict {
	int64_t id;  /* 0: new */
	int64_t seq; /* given by the store */
	int64_t series;
	enum period period;
	int64_t start;
	char rule[16];                /* "V-SPIKE" */
	bool is_failure;              /* the value is SUSPECT; otherwise a warning */
	double value;                 /* that was judged, NaN: missing */
	double measure, bound, other; /* what was compared, with what, taken against what */
	int64_t found_utc;
	enum verdict_state state;
	double fill;     /* ESTIMATED: stands for the value */
	char method[24]; /* how it was estimated */
	char decided_by[NAME_CAP];
	int64_t decided_utc; /* 0: not decided */
	char reason[32];     /* of a list */
	char document[128];
	char comment[256];
};

struct verdict_query {
	bool is_by_seq; /* those changed after `after_seq`, in that order; else by start, newest first */
	int64_t after_seq;
	int64_t series;   /* 0: all */
	struct span span; /* of starts */
	unsigned states;  /* bit mask, 1u << state; 0: all */
	size_t limit;     /* 0: all */
};

#endif
