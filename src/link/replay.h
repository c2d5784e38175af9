/*
 * replay.h - a recording as a link: it answers what was answered
 *
 * A request is looked for in the recording from where the last one was found, going round at the end;
 * its reply chunks then come in the recorded pieces and at the recorded moments of a time of its
 * own, which passes only by waiting: nothing ever sleeps. A request that is not in the recording is
 * met with silence. The link takes any speed.
 *
 * For tests the reply bytes can be delivered differently: in small pieces, cut off, damaged. A request
 * that repeats the one whose reply was damaged is a retry and gets the same answer.
 */
#ifndef DOMOVOI_REPLAY_H
#define DOMOVOI_REPLAY_H

#include "link/link.h"
#include "link/rec.h"

struct replay_options {
	size_t most_per_read; /* 0: as recorded */
	size_t cut_at;        /* reply bytes of the whole recording that arrive; SIZE_MAX all */
	size_t flip_bit;      /* which bit of the reply bytes is inverted; SIZE_MAX none */
};

#define REPLAY_AS_IS ((struct replay_options){.cut_at = SIZE_MAX, .flip_bit = SIZE_MAX})

/* `rec` is borrowed and must outlive the link. */
enum err replay_new(
	const struct rec *rec, const struct replay_options *options, struct link **ret_link);
/* A request that was not in the recording since the link was made, for messages; empty if none. */
struct slice replay_unknown(const struct link *l);

#endif
