/*
 * gzip.c - gzip of a whole buffer with zlib; see gzip.h
 *
 * Level 3: on JSON a few per cent larger than level 6 at a third of its time; the processor is a
 * controller's, the other end often a modem.
 */
#include "web/gzip.h"

#include <zlib.h>

#include <stdlib.h>

bool gzip_buf(struct buf *b)
{
	z_stream z = {0};
	struct buf out;
	buf_init(&out, b->ceiling);
	if (deflateInit2(&z, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		return false;
	}
	uint8_t *room = buf_room(&out, b->size);
	bool is_done = false;
	if (room) {
		z.next_in = b->data;
		z.avail_in = (uInt)b->size;
		z.next_out = room;
		z.avail_out = (uInt)b->size;
		is_done = deflate(&z, Z_FINISH) == Z_STREAM_END;
		out.size = b->size - z.avail_out;
	}
	(void)deflateEnd(&z);
	if (!is_done) {
		buf_fini(&out);
		return false;
	}
	buf_fini(b);
	*b = out;
	return true;
}
