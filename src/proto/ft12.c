/*
 * ft12.c - FT 1.2 frames; see ft12.h
 */
#include "proto/ft12.h"

#include <string.h>

#define START_FIXED    0x10
#define START_VARIABLE 0x68
#define END            0x16
#define FIXED_SIZE     9
#define AROUND         6 /* of a variable frame: 68 L L 68 .. SUM 16 */

static const struct ft12_cut junk = {FT12_CUT_JUNK, 1};

static uint8_t sum_of(const uint8_t *d, size_t n)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum = (uint8_t)(sum + d[i]);
	}
	return sum;
}

struct ft12_cut ft12_cut(struct slice so_far)
{
	const uint8_t *d = so_far.data;
	size_t size = FIXED_SIZE, from = 1;
	if (so_far.size == 0) {
		return (struct ft12_cut){FT12_CUT_MORE, FIXED_SIZE};
	}
	if (d[0] == START_VARIABLE) {
		for (size_t i = 2; i < 4 && i < so_far.size; i++) {
			if (d[i] != (i == 2 ? d[1] : START_VARIABLE)) {
				return junk;
			}
		}
		if (so_far.size < 4) {
			return (struct ft12_cut){FT12_CUT_MORE, AROUND + 2};
		}
		if (d[1] < 2) {
			return junk;
		}
		size = AROUND + (size_t)d[1];
		from = 4;
	} else if (d[0] != START_FIXED) {
		return junk;
	}
	if (so_far.size < size) {
		return (struct ft12_cut){FT12_CUT_MORE, size};
	}
	if (d[size - 1] != END || d[size - 2] != sum_of(d + from, size - 2 - from)) {
		return junk;
	}
	return (struct ft12_cut){FT12_CUT_FULL, size};
}

static bool is_single(struct slice s)
{
	return s.size == 1 && (s.data[0] == FT12_DONE || s.data[0] == FT12_REFUSED);
}

struct ft12_cut ft12_cut_reply(struct slice so_far)
{
	return is_single(so_far) ? (struct ft12_cut){FT12_CUT_FULL, 1} : ft12_cut(so_far);
}

bool ft12_decode(struct slice bytes, struct ft12_frame *ret_frame)
{
	struct ft12_frame f = {.form = FT12_FIXED};
	if (is_single(bytes)) {
		*ret_frame = (struct ft12_frame){.form = FT12_BYTE, .byte = bytes.data[0]};
		return true;
	}
	struct ft12_cut cut = ft12_cut(bytes);
	if (cut.state != FT12_CUT_FULL || cut.size != bytes.size) {
		return false;
	}
	size_t from = 1;
	if (bytes.data[0] == START_VARIABLE) {
		f.form = FT12_VARIABLE;
		from = 4;
	}
	f.control = bytes.data[from];
	f.address = bytes.data[from + 1];
	f.data = (struct slice){bytes.data + from + 2, bytes.size - from - 4};
	*ret_frame = f;
	return true;
}

struct slice ft12_encode(const struct ft12_frame *frame, struct ft12_out *o)
{
	bool is_fixed = frame->form == FT12_FIXED;
	size_t n = frame->data.size, from = is_fixed ? 1 : 4;
	o->size = 0;
	if (frame->form == FT12_BYTE) {
		o->data[0] = frame->byte;
		o->size = 1;
		return (struct slice){o->data, o->size};
	}
	if (is_fixed ? n != 4 : n > FT12_DATA_MAX) {
		return (struct slice){o->data, 0};
	}
	o->data[0] = is_fixed ? START_FIXED : START_VARIABLE;
	if (!is_fixed) {
		o->data[1] = o->data[2] = (uint8_t)(n + 2);
		o->data[3] = START_VARIABLE;
	}
	o->data[from] = frame->control;
	o->data[from + 1] = frame->address;
	if (n) {
		memcpy(o->data + from + 2, frame->data.data, n);
	}
	o->size = from + 2 + n;
	o->data[o->size] = sum_of(o->data + from, n + 2);
	o->data[o->size + 1] = END;
	o->size += 2;
	return (struct slice){o->data, o->size};
}
