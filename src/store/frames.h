/*
 * frames.h - kept frames: the bytes behind the values
 *
 * A frame is stored as it comes (table frame). Once a day frames older than an hour are put
 * together in packs of neighbouring ids (table frame_pack): the same meters say nearly the same
 * things again and again, and together they compress far better than alone.
 *
 *   body of a frame   flags (1: zstd), size before compression, |request| request reply
 *   body of a pack    flags, size before compression, then per frame: id(diff) meter(diff)
 *                     utc(diff) |request| |reply|
 */
#ifndef DOMOVOI_FRAMES_H
#define DOMOVOI_FRAMES_H

#include "store/sql.h"

#include <stdint.h>

#define FRAMES_BYTES_MAX (4u << 20) /* of a frame or a pack before compression */

/* flags, size and the bytes, compressed if that makes them smaller; appended to `out`. */
enum err pack_bytes(struct slice bytes, struct buf *out);
/* Appends at most `limit` bytes to `out`. */
enum err unpack_bytes(struct slice packed, size_t limit, struct buf *out);

enum err frame_body(struct slice request, struct slice reply, struct buf *out);
/* Put frames up to `before` into packs, up to `limit` of them; and drop what is older than `oldest`. */
enum err frames_pack(struct sql *db, int64_t before, size_t limit, size_t *ret_packed);
enum err frames_prune(struct sql *db, int64_t oldest);

#endif
