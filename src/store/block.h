/*
 * block.h - one series' values of a month in a few hundred bytes
 *
 *   0   version, 1
 *   1   flags: bit 0 the payload is compressed (zstd)
 *   2   size of the payload before compression (varint)
 *   ..  payload
 *
 * Payload, all integers varints, signed ones zigzag:
 *
 *   n                     values, 1..BLOCK_VALUES_MAX
 *   first start           UTC seconds
 *   unit                  seconds: greatest common divisor of the distances (1 when n is 1)
 *   starts                runs (count, distance / unit) until n - 1 distances are told
 *   missing               runs (present, missing) until n values are told; missing ones are NaN
 *   scale                 decimals at which every value is a whole number, or 255
 *   order                 0 values, 1 differences, 2 differences of differences
 *   values                of the present ones: scaled integers, or with scale 255 the eight bytes
 *                         of the doubles, plane by plane (all first bytes, all second ...)
 *   qualities             runs (count, quality)
 *   frames                runs (count, difference)
 *
 * A month of an hourly counter with three decimals takes about 700 bytes. Encoding is exact: what
 * comes out is bit for bit what went in (negative zero and infinities never go in, see batch.c).
 * Decoding trusts nothing.
 */
#ifndef DOMOVOI_BLOCK_H
#define DOMOVOI_BLOCK_H

#include "store/store.h"

#define BLOCK_VALUES_MAX 45000 /* a value a minute */
#define BLOCK_BYTES_MAX  (BLOCK_VALUES_MAX * 40u)

/* Appends to `out`. Values ascending by start, 1..BLOCK_VALUES_MAX of them. */
enum err block_encode(const struct archive_value *items, size_t n, struct buf *out);
/* Room for BLOCK_VALUES_MAX values is expected at `items`. */
enum err block_decode(struct slice block, struct archive_value *items, size_t *ret_n);

#endif
