/*
 * cosem_out.h - writing APDUs into storage of a fixed size; for the codecs of DLMS alone
 *
 * What does not fit is not written and sets is_full; the size of such an APDU is 0.
 */
#ifndef DOMOVOI_PROTO_COSEM_OUT_H
#define DOMOVOI_PROTO_COSEM_OUT_H

#include "base/buf.h"

#include <string.h>

struct cosem_out {
	uint8_t *to;
	size_t cap, n;
	bool is_full;
};

static inline void out_bytes(struct cosem_out *o, const void *bytes, size_t n)
{
	if (o->cap - o->n < n) {
		o->is_full = true;
		return;
	}
	if (n) {
		memcpy(o->to + o->n, bytes, n);
	}
	o->n += n;
}

static inline void out_u8(struct cosem_out *o, unsigned v)
{
	uint8_t b = (uint8_t)v;
	out_bytes(o, &b, 1);
}

static inline void out_u16(struct cosem_out *o, unsigned v)
{
	out_u8(o, v >> 8);
	out_u8(o, v);
}

static inline void out_u32(struct cosem_out *o, uint32_t v)
{
	out_u16(o, v >> 16);
	out_u16(o, v & 0xffff);
}

static inline void out_slice(struct cosem_out *o, struct slice s)
{
	out_bytes(o, s.data, s.size);
}

static inline void out_length(struct cosem_out *o, size_t n)
{
	if (n >= 0x80) {
		out_u8(o, n < 0x100 ? 0x81 : 0x82);
	}
	if (n >= 0x100) {
		out_u8(o, (unsigned)(n >> 8));
	}
	out_u8(o, (unsigned)n & 0xff);
}

static inline size_t out_size(const struct cosem_out *o)
{
	return o->is_full ? 0 : o->n;
}

#endif
