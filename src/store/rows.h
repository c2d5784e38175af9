/*
 * rows.h - bodies of the tables reading and journal
 *
 *   reading   reg(diff) utc(diff from the row's) quality number, repeated
 *   journal   gap run, repeated: `run` neighbouring series numbers after a gap of `gap`
 *   number    255 and eight bytes, 254 for NaN, or decimals and a scaled integer
 */
#ifndef DOMOVOI_ROWS_H
#define DOMOVOI_ROWS_H

#include "base/buf.h"

/* Sums and differences of what may come from damaged bytes: they wrap. */
static inline int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

void put_number(struct buf *out, double v);
double get_number(struct reader *r);

#endif
