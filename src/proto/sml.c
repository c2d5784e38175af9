/*
 * sml.c - Smart Message Language: frames; see sml.h
 */
#include "proto/sml.h"

#include "proto/crc.h"

#include <string.h>

#define WORD       4
#define START_SIZE 8
#define END_SIZE   8
#define PAD_MAX    3

static const uint8_t start_mark[START_SIZE] = {0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1};
static const uint8_t escape[WORD] = {0x1b, 0x1b, 0x1b, 0x1b};

static bool is_at(struct slice s, size_t at, const uint8_t *what, size_t n)
{
	return at + n <= s.size && memcmp(s.data + at, what, n) == 0;
}

static bool is_summed(struct slice frame, enum sml_checksum *ret_checksum)
{
	size_t n = frame.size - 2;
	unsigned sent = frame.data[n] | (unsigned)frame.data[n + 1] << 8;
	struct slice bytes = {frame.data, n};
	*ret_checksum = sent == crc16_x25(bytes) ? SML_X25 : SML_KERMIT;
	return *ret_checksum == SML_X25 || sent == crc16_kermit(bytes);
}

/* Where a start may begin at or after `from`: a whole one, or what the end of the bytes has of it. */
static size_t find_start(struct slice s, size_t from)
{
	for (size_t at = from; at < s.size; at++) {
		size_t n = s.size - at < START_SIZE ? s.size - at : START_SIZE;
		if (memcmp(s.data + at, start_mark, n) == 0) {
			return at;
		}
	}
	return s.size;
}

/* A whole start inside a frame; one behind an escape of the data is none. */
static bool find_restart(struct slice s, size_t *ret_at)
{
	size_t at = START_SIZE;
	while ((at = find_start(s, at)) + START_SIZE <= s.size) {
		bool is_doubled = at % WORD == 0 && is_at(s, at - WORD, escape, WORD);
		if (!is_doubled) {
			*ret_at = at;
			return true;
		}
		at++;
	}
	return false;
}

/* What follows a start: FULL only with the right checksum. */
static enum sml_cut scan(struct slice s, size_t *ret_size)
{
	enum sml_checksum checksum;
	size_t at = START_SIZE;
	for (; at + 2 * WORD <= s.size; at += WORD) {
		if (!is_at(s, at, escape, WORD)) {
			continue;
		}
		if (is_at(s, at + WORD, escape, WORD)) {
			at += WORD;
			continue;
		}
		const uint8_t *next = s.data + at + WORD;
		*ret_size = at + END_SIZE;
		bool is_good = next[0] == 0x1a && next[1] <= PAD_MAX &&
			       *ret_size <= SML_FRAME_MAX &&
			       is_summed((struct slice){s.data, *ret_size}, &checksum);
		return is_good ? SML_CUT_FULL : SML_CUT_JUNK;
	}
	return at > SML_FRAME_MAX - END_SIZE ? SML_CUT_JUNK : SML_CUT_MORE;
}

enum sml_cut sml_cut(struct slice so_far, size_t *ret_size)
{
	size_t begin = find_start(so_far, 0);
	*ret_size = 0;
	if (begin > 0) {
		*ret_size = begin;
		return SML_CUT_JUNK;
	}
	if (so_far.size < START_SIZE) {
		return SML_CUT_MORE;
	}
	enum sml_cut cut = scan(so_far, ret_size);
	if (cut == SML_CUT_FULL) {
		return cut;
	}
	if (find_restart(so_far, ret_size)) {
		return SML_CUT_JUNK;
	}
	*ret_size = cut == SML_CUT_JUNK;
	return cut;
}

enum err sml_open(struct slice frame, struct sml_data *ret_data)
{
	size_t size;
	if (sml_cut(frame, &size) != SML_CUT_FULL || size != frame.size ||
		!is_summed(frame, &ret_data->checksum)) {
		return ERR_PROTO;
	}
	size_t end = frame.size - END_SIZE, n = 0;
	for (size_t at = START_SIZE; at < end; at += WORD) {
		memcpy(ret_data->bytes + n, frame.data + at, WORD);
		n += WORD;
		if (is_at(frame, at, escape, WORD)) {
			at += WORD;
		}
	}
	unsigned pad = frame.data[end + WORD + 1];
	if (pad > n) {
		return ERR_PROTO;
	}
	ret_data->size = n - pad;
	return ERR_OK;
}

void sml_frame(struct buf *out, struct slice data)
{
	size_t begin = out->size, pad = (WORD - data.size % WORD) % WORD;
	static const uint8_t zeros[PAD_MAX] = {0};
	buf_put(out, start_mark, sizeof(start_mark));
	size_t at = 0;
	for (; at + WORD <= data.size; at += WORD) {
		if (is_at(data, at, escape, WORD)) {
			buf_put(out, escape, WORD);
		}
		buf_put(out, data.data + at, WORD);
	}
	buf_put(out, data.data + at, data.size - at);
	buf_put(out, zeros, pad);
	buf_put(out, escape, WORD);
	buf_u8(out, 0x1a);
	buf_u8(out, (uint8_t)pad);
	if (!out->is_full) {
		buf_u16le(out, crc16_x25((struct slice){out->data + begin, out->size - begin}));
	}
}
