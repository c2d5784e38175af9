/*
 * rollup_fold.h - stage A: readings of registers, in order of time, into hour values
 *
 *   counter   value of an hour start = reading at that moment, from the two readings around it
 *   gauge     value of an hour = its time-weighted mean; formed when a reading behind its end has come
 *   state     value of an hour = the last one in it
 *
 * Per register only what is needed to go on is held: a counter's last reading, a gauge's readings of
 * the running hour and the one before. This survives a restart as one state body (fold_save).
 *
 * A reading that is older than what has been folded is FOLD_LATE; whoever has all readings around it
 * calls fold_late, which forms the hours it touches from them. Both ways give the same values: an
 * hour value depends on the readings only, not on the order in which they came.
 */
#ifndef DOMOVOI_ROLLUP_FOLD_H
#define DOMOVOI_ROLLUP_FOLD_H

#include "base/buf.h"
#include "calc/rollup_view.h"

struct fold;

/* `is_late`: the value stands for all that is known, a worse or missing one too. */
struct fold_out {
	enum err (*put)(struct fold_out *o, const struct view_register *r, int64_t start,
		struct form_value v, bool is_late);
};

enum fold_result {
	FOLD_TAKEN,
	FOLD_LATE,
	FOLD_FAILED
};

struct fold *fold_new(void);
void fold_free(struct fold *f);
/* FOLD_FAILED: memory ran out or `out` failed. Zero readings before the first are known. */
enum fold_result fold_reading(
	struct fold *f, const struct view_register *r, struct point reading, struct fold_out *out);
/* Form the hours of gauges and states that can get no more readings, as all readings are of
 * `newest_utc` by now. */
enum err fold_close(struct fold *f, const struct view *v, int64_t newest_utc, struct fold_out *out);

/* The clock was wrong and is set back: forget readings behind `utc`, or all later ones are late. */
void fold_forget_after(struct fold *f, int64_t utc);

/*
 * Do the `n` readings of *ret_span suffice to form the hours touched by readings of [late.from,
 * late.till]? If not, the span to be read next is put there; begin with an empty span at late.from.
 */
bool fold_late_span(const struct view_register *r, struct span late, const struct point *readings,
	size_t n, struct span *ret_span);
/* All readings of that span, in order of time, for a counter without NaN. Hours that are not yet
 * formed are left to fold_reading. */
enum err fold_late(struct fold *f, const struct view_register *r, struct span late,
	const struct point *readings, size_t n, struct fold_out *out);

void fold_save(const struct fold *f, struct buf *out);
enum err fold_load(struct fold *f, struct reader *in); /* CORRUPT: not a state */

#endif
