/*
 * rehearse.h - a recording against its driver: what comes out, and whether it is what must
 *
 * One talk runs through all steps of the recording, as a line worker would in one turn. No time
 * passes. What comes out is kept, then compared with the expectations.
 */
#ifndef DOMOVOI_REHEARSE_H
#define DOMOVOI_REHEARSE_H

#include "drivers/driver.h"
#include "link/replay.h"
#include "poll/sample_list.h"

/* How one step ended. */
struct rehearse_step {
	enum err err;
	struct diag diag;
	size_t first, n; /* samples of this step in the list */
	bool has_clock;
	int64_t clock_utc;
	bool has_identity;
	struct identity identity;
};

struct rehearsal {
	struct sample_list list;
	struct rehearse_step *steps; /* owned; as many as the recording has */
	uint8_t unknown[64];         /* the first request the recording does not have */
	size_t unknown_n;
};

/* ERR_INVAL when driver or params do not fit; a step that fails is not a failure of the rehearsal. */
enum err rehearse(const struct rec *rec, const struct driver *driver,
	const struct replay_options *options, struct rehearsal *ret_rehearsal, struct diag *diag);
void rehearsal_fini(struct rehearsal *r);

/* ERR_CONFLICT and the line of the first expectation that is not met; a step that ends in an error
 * nobody expected is one. */
enum err rehearsal_check(const struct rec *rec, const struct rehearsal *r, struct diag *diag);

#endif
