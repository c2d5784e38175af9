/*
 * axdr_compact.c - compact arrays of A-XDR: the type of the elements once, then their bare values
 *
 *     13 | type | length | value value ...
 *     type   01 count 2, type        an array of so many
 *            02 n type ...           a structure
 *            another tag             that
 *
 * Expanded it is what axdr.h reads. Facts: the grammar of COSEM Data (DLMS UA Green Book); see axdr.h.
 */
#include "proto/axdr.h"
#include "proto/cosem_out.h"

#define FIELDS_MAX 255

static bool has_length(enum axdr_tag tag)
{
	return tag == AXDR_OCTETS || tag == AXDR_VISIBLE || tag == AXDR_UTF8 || tag == AXDR_BITS;
}

static bool skip(struct reader *r, int depth)
{
	enum axdr_tag tag = (enum axdr_tag)reader_u8(r);
	if (r->is_short || depth > AXDR_DEPTH) {
		return false;
	}
	if (tag == AXDR_ARRAY) {
		(void)reader_u16be(r);
		return skip(r, depth + 1);
	}
	if (tag != AXDR_STRUCTURE) {
		return tag == AXDR_NULL || axdr_size(tag) > 0 || has_length(tag);
	}
	size_t n = axdr_length(r);
	if (r->is_short || n > FIELDS_MAX) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!skip(r, depth + 1)) {
			return false;
		}
	}
	return true;
}

bool axdr_type_skip(struct reader *r)
{
	return skip(r, 0);
}

static bool put(struct reader *type, struct reader *in, struct cosem_out *o);

static bool put_many(struct reader *type, struct reader *in, struct cosem_out *o)
{
	size_t n = reader_u16be(type);
	const struct reader one = *type;
	out_u8(o, AXDR_ARRAY);
	out_length(o, n);
	for (size_t i = 0; i < n; i++) {
		*type = one;
		if (!put(type, in, o)) {
			return false;
		}
	}
	return n > 0 || axdr_type_skip(type);
}

static bool put_string(enum axdr_tag tag, struct reader *in, struct cosem_out *o)
{
	size_t n = axdr_length(in), bytes = tag == AXDR_BITS ? (n + 7) / 8 : n;
	if (in->is_short || n > UINT16_MAX || bytes > reader_left(in)) {
		return false;
	}
	out_u8(o, tag);
	out_length(o, n);
	out_slice(o, reader_bytes(in, bytes));
	return true;
}

/* One value of the type that begins at `type`. Each call writes a byte at least, so that `o` bounds them all;
 * the depth was seen to be bounded when the type was skipped. */
static bool put(struct reader *type, struct reader *in, struct cosem_out *o)
{
	enum axdr_tag tag = (enum axdr_tag)reader_u8(type);
	if (type->is_short || o->is_full) {
		return false;
	}
	if (tag == AXDR_ARRAY) {
		return put_many(type, in, o);
	}
	if (has_length(tag)) {
		return put_string(tag, in, o);
	}
	out_u8(o, tag);
	if (tag != AXDR_STRUCTURE) {
		size_t n = axdr_size(tag);
		out_slice(o, reader_bytes(in, n));
		return !in->is_short && !o->is_full;
	}
	size_t n = axdr_length(type);
	out_length(o, n);
	for (size_t i = 0; i < n; i++) {
		if (!put(type, in, o)) {
			return false;
		}
	}
	return true;
}

#define HEAD 4 /* 01 82 and the number of elements */

bool axdr_expand(const struct axdr *compact, uint8_t *out, size_t cap, size_t *ret_n)
{
	struct reader r = reader_of(compact->bytes);
	struct cosem_out o = {out, cap, 0, false};
	size_t n = 0;
	if (compact->tag != AXDR_COMPACT || !axdr_type_skip(&r) || cap < HEAD) {
		return false;
	}
	struct reader in = reader_of(reader_bytes(&r, axdr_length(&r)));
	if (r.is_short) {
		return false;
	}
	out_u8(&o, AXDR_ARRAY);
	out_u8(&o, 0x82);
	out_u16(&o, 0);
	while (reader_left(&in) > 0) {
		struct reader type = reader_of(compact->bytes);
		size_t before = in.at;
		if (!put(&type, &in, &o) || in.at == before || ++n > UINT16_MAX) {
			return false;
		}
	}
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	*ret_n = out_size(&o);
	return !o.is_full;
}
