/*
 * closing.h - closing a month of a building, and what later becomes known of it
 *
 * Closing keeps the month values of every channel of the place as billed. The archive goes on to be
 * mended by late data, edits and recomputation; what then differs from the bill is a correction:
 * pending until the next month is closed, and charged there.
 *
 *   billed 120.5   now 123.0   corrected so far 0   -> pending +2.5   (form.h, billing_correction)
 *
 * A value that was unknown when the month was closed and is known now is a correction too; one that is
 * no longer known is none: nobody is paid back for what may still come.
 */
#ifndef DOMOVOI_CLOSING_H
#define DOMOVOI_CLOSING_H

#include "store/store.h"

/* Close the report month that holds `utc`. ERR_INVAL while it is running; ERR_EXISTS when it is. */
enum err closing_make(struct store *s, int64_t place, int64_t utc, const char *who,
	const char *note, struct closing *ret, struct diag *diag);
/* Open the last closed month again: for mistakes, not for corrections. */
enum err closing_undo(struct store *s, int64_t id, const char *who, struct diag *diag);

/* Corrections not yet charged, of all closed months of a place: `closing` is 0 in them. */
enum err closing_pending(struct store *s, int64_t place,
	enum err (*each)(void *ctx, const struct closing *of, const struct correction *c),
	void *ctx);

/* The closing that a moment of a place lies in; ERR_NODATA: none. A place is closed with the one
 * above it. */
enum err closing_at(
	struct store *s, const struct site *site, int64_t place, int64_t utc, struct closing *ret);

#endif
