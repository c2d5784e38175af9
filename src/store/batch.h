/*
 * batch.h - the bytes of a batch: what submitters fill, the writer applies and the spill file keeps
 *
 * A batch is a string of records, one letter each; numbers are varints, signed ones zigzag,
 * differences are to the last record of the same letter:
 *
 *   F meter utc |request| |reply|          kept frame; later values of the batch refer to it
 *   R reg(diff) utc(diff) value8 quality2  reading
 *   A period1 series(diff) start(diff) value8 quality2      archive value; period | 0x80: forced, 0x40: revision,
 *                                          0x20: taken back
 *   W |who| |why|                          for the history of what follows
 *   E object utc |code| |text|             event
 *   S |name| |body|                        state of a consumer
 *   C |name| reading journal               cursor of a consumer
 *   V |verdict|                            doubt about a value (verdicts.c)
 *
 * |x| is a length and bytes. The reader trusts nothing: a spill file may be damaged.
 */
#ifndef DOMOVOI_BATCH_H
#define DOMOVOI_BATCH_H

#include "store/store.h"

struct waiter;

struct batch {
	struct buf bytes;
	int64_t reg, utc, series, start; /* of the last record, for differences */
	size_t values;                   /* readings and archive values */
	struct batch *next;              /* in the writer's queue */
	struct waiter *waiter;           /* who waits for it; NULL: nobody */
	int64_t queued_us;
	int64_t witness_reading, witness_frame; /* ids of a try to commit, see spill.h */
};

struct batch_item {
	char tag;
	enum period period;
	bool is_forced, is_revision, is_restore;
	uint16_t quality;
	double value;
	int64_t id;        /* meter, reg, series, object, reading cursor */
	int64_t utc;       /* utc, start, journal cursor */
	struct slice a, b; /* request/reply, who/why, code/text, name/body */
};

struct batch_reader {
	struct reader in;
	int64_t reg, utc, series, start;
};

struct batch_reader batch_read(struct slice bytes);
/* NODATA at the end, CORRUPT where the bytes make no sense. */
enum err batch_next(struct batch_reader *r, struct batch_item *ret_item);

#endif
