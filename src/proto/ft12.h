/*
 * ft12.h - link frames after IEC 60870-5-1 FT 1.2, as Tekon devices use them
 *
 *   10 C A d0 d1 d2 d3 SUM 16                fixed: always four bytes of data
 *   68 L L 68 C A data(L - 2) SUM 16         variable
 *   A2 or E5                                 one byte: done, refused
 *
 * SUM: low byte of the arithmetic sum from C to the last byte of data. C: 40h + number 0 to 15 in a
 * request, the number alone in its reply. A: address, or what the protocol above makes of it.
 * Codec both ways; nothing allocates; slices point into what was given.
 */
#ifndef DOMOVOI_PROTO_FT12_H
#define DOMOVOI_PROTO_FT12_H

#include "base/buf.h"

#define FT12_DONE     0xa2
#define FT12_REFUSED  0xe5
#define FT12_REQUEST  0x40 /* bit of C */
#define FT12_CAP      261
#define FT12_DATA_MAX 253

enum ft12_form {
	FT12_FIXED,
	FT12_VARIABLE,
	FT12_BYTE
};

struct ft12_frame {
	enum ft12_form form;
	uint8_t control, address;
	uint8_t byte;      /* FT12_BYTE: DONE or REFUSED */
	struct slice data; /* FIXED: four bytes */
};

enum ft12_cut_state {
	FT12_CUT_MORE,
	FT12_CUT_FULL,
	FT12_CUT_JUNK
};

/* MORE: at least `size` bytes in all are needed; FULL: of the frame; JUNK: to drop. */
struct ft12_cut {
	enum ft12_cut_state state;
	size_t size;
};

/* Frames with a sum only; ft12_cut_reply takes a single byte too, if nothing stands behind it. */
struct ft12_cut ft12_cut(struct slice so_far);
struct ft12_cut ft12_cut_reply(struct slice so_far);
/* False unless `bytes` is exactly one frame. */
bool ft12_decode(struct slice bytes, struct ft12_frame *ret_frame);

struct ft12_out {
	uint8_t data[FT12_CAP];
	size_t size;
};

/* The bytes of a frame; empty if the data do not fit its form. */
struct slice ft12_encode(const struct ft12_frame *frame, struct ft12_out *o);

#endif
