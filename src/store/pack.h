/*
 * pack.h - moving half-hours and hours from rows into the blocks of their months
 *
 * A month (UTC) is packed in four slices, at the 1st, 9th, 17th and 25th; a slice is due two days
 * after its end. Rows of due slices, new ones and late ones alike, are merged into the block of
 * their series and month, rows winning, and deleted in the same transaction: at every moment each
 * value is in one of the two. Why slices: rows of a whole month would have to be held in memory or
 * be read once per group of series; and a range of one series reads one row per hour.
 */
#ifndef DOMOVOI_PACK_H
#define DOMOVOI_PACK_H

#include "store/apply.h"

int64_t pack_cut(int64_t now); /* starts before it should lie in blocks */
/* Newest start in blocks per period; INT64_MIN without blocks. */
enum err pack_known(struct sql *db, int64_t packed[static PERIOD_COUNT]);
/* One transaction's worth of packing; *ret_blocks 0: nothing left to do. */
enum err pack_step(struct applier *a, int64_t now, size_t *ret_blocks);

#endif
