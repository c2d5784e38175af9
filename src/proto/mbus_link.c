/*
 * mbus_link.c - frames of the link layer, EN 13757-2 (FT 1.2 of IEC 60870-5-1); map in mbus.h
 *
 * The length is trusted only when it stands there twice between two 68; a frame that fails any
 * test costs one byte, and the search for a start goes on behind it.
 */
#include "proto/mbus.h"

#include <string.h>

#define START_SHORT   0x10
#define START_LONG    0x68
#define STOP          0x16
#define SHORT_SIZE    5
#define LONG_HEAD     4 /* 68 L L 68 */
#define LONG_OVERHEAD 6 /* and checksum and stop */
#define LONG_MIN      3 /* C A CI */

static uint8_t checksum(const uint8_t *bytes, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += bytes[i];
	}
	return (uint8_t)sum;
}

static enum mbus_cut junk(size_t *ret_size)
{
	*ret_size = 1;
	return MBUS_CUT_JUNK;
}

static enum mbus_cut cut_short(struct slice s, size_t *ret_size)
{
	*ret_size = SHORT_SIZE;
	if (s.size < SHORT_SIZE) {
		return MBUS_CUT_MORE;
	}
	bool is_good = s.data[3] == checksum(s.data + 1, 2) && s.data[4] == STOP;
	return is_good ? MBUS_CUT_FULL : junk(ret_size);
}

static enum mbus_cut cut_long(struct slice s, size_t *ret_size)
{
	*ret_size = LONG_HEAD + LONG_MIN + 2;
	if (s.size > 1 && s.data[1] < LONG_MIN) {
		return junk(ret_size);
	}
	if (s.size > 2 && s.data[2] != s.data[1]) {
		return junk(ret_size);
	}
	if (s.size > 3 && s.data[3] != START_LONG) {
		return junk(ret_size);
	}
	if (s.size < LONG_HEAD) {
		return MBUS_CUT_MORE;
	}
	size_t n = s.data[1];
	*ret_size = n + LONG_OVERHEAD;
	if (s.size < *ret_size) {
		return MBUS_CUT_MORE;
	}
	bool is_good = s.data[LONG_HEAD + n] == checksum(s.data + LONG_HEAD, n) &&
		       s.data[LONG_HEAD + n + 1] == STOP;
	return is_good ? MBUS_CUT_FULL : junk(ret_size);
}

enum mbus_cut mbus_cut(struct slice so_far, unsigned kinds, size_t *ret_size)
{
	*ret_size = 1;
	if (so_far.size == 0) {
		return MBUS_CUT_MORE;
	}
	switch (so_far.data[0]) {
	case MBUS_ACK: return kinds & MBUS_CUT_ACK ? MBUS_CUT_FULL : MBUS_CUT_JUNK;
	case START_SHORT:
		return kinds & MBUS_CUT_SHORT ? cut_short(so_far, ret_size) : MBUS_CUT_JUNK;
	case START_LONG: return kinds & MBUS_CUT_LONG ? cut_long(so_far, ret_size) : MBUS_CUT_JUNK;
	default: return MBUS_CUT_JUNK;
	}
}

static enum err fail_size(struct slice bytes, size_t want, struct diag *diag)
{
	if (bytes.size < want) {
		return err_set_at(diag, ERR_PROTO, bytes.size,
			"byte %zu: the frame breaks off, %zu bytes of %zu", bytes.size, bytes.size,
			want);
	}
	return err_set_at(diag, ERR_PROTO, want, "byte %zu: %zu bytes too many behind the frame",
		want, bytes.size - want);
}

/* Checksum over [from, at), checksum at `at`, stop behind it. */
static enum err check_tail(const uint8_t *data, size_t from, size_t at, struct diag *diag)
{
	uint8_t want = checksum(data + from, at - from);
	if (data[at] != want) {
		return err_set_at(diag, ERR_PROTO, at, "byte %zu: checksum %02X, computed %02X", at,
			data[at], want);
	}
	if (data[at + 1] != STOP) {
		return err_set_at(diag, ERR_PROTO, at + 1, "byte %zu: stop byte %02X, not 16",
			at + 1, data[at + 1]);
	}
	return ERR_OK;
}

static enum err decode_short(struct slice bytes, struct mbus_frame *ret, struct diag *diag)
{
	if (bytes.size != SHORT_SIZE) {
		return fail_size(bytes, SHORT_SIZE, diag);
	}
	enum err e = check_tail(bytes.data, 1, 3, diag);
	if (!e) {
		*ret = (struct mbus_frame){
			.kind = MBUS_KIND_SHORT, .c = bytes.data[1], .a = bytes.data[2]};
	}
	return e;
}

static enum err decode_long(struct slice bytes, struct mbus_frame *ret, struct diag *diag)
{
	const uint8_t *d = bytes.data;
	if (bytes.size < LONG_HEAD) {
		return fail_size(bytes, LONG_HEAD, diag);
	}
	if (d[1] != d[2]) {
		return err_set_at(
			diag, ERR_PROTO, 2, "byte 2: length %02X, but %02X at byte 1", d[2], d[1]);
	}
	if (d[1] < LONG_MIN) {
		return err_set_at(diag, ERR_PROTO, 1, "byte 1: length %u, less than 3", d[1]);
	}
	if (d[3] != START_LONG) {
		return err_set_at(diag, ERR_PROTO, 3, "byte 3: %02X, not the second 68", d[3]);
	}
	size_t n = d[1];
	if (bytes.size != n + LONG_OVERHEAD) {
		return fail_size(bytes, n + LONG_OVERHEAD, diag);
	}
	enum err e = check_tail(d, LONG_HEAD, LONG_HEAD + n, diag);
	if (!e) {
		*ret = (struct mbus_frame){.kind = MBUS_KIND_LONG,
			.c = d[4],
			.a = d[5],
			.ci = d[6],
			.data = {d + LONG_HEAD + LONG_MIN, n - LONG_MIN}};
	}
	return e;
}

enum err mbus_frame_decode(struct slice bytes, struct mbus_frame *ret, struct diag *diag)
{
	if (bytes.size == 0) {
		return err_set_at(diag, ERR_PROTO, 0, "byte 0: no bytes");
	}
	switch (bytes.data[0]) {
	case MBUS_ACK:
		if (bytes.size != 1) {
			return fail_size(bytes, 1, diag);
		}
		*ret = (struct mbus_frame){.kind = MBUS_KIND_ACK};
		return ERR_OK;
	case START_SHORT: return decode_short(bytes, ret, diag);
	case START_LONG: return decode_long(bytes, ret, diag);
	default:
		return err_set_at(diag, ERR_PROTO, 0, "byte 0: start byte %02X, not 68, 10 or E5",
			bytes.data[0]);
	}
}

struct slice mbus_short(struct mbus_out *out, uint8_t c, uint8_t a)
{
	const uint8_t bytes[SHORT_SIZE] = {START_SHORT, c, a, (uint8_t)(c + a), STOP};
	memcpy(out->data, bytes, sizeof(bytes));
	out->size = sizeof(bytes);
	out->is_full = false;
	return (struct slice){out->data, out->size};
}

size_t mbus_room(const struct mbus_out *out)
{
	return out->is_full ? 0 : sizeof(out->data) - 2 - out->size;
}

void mbus_put(struct mbus_out *out, const void *bytes, size_t n)
{
	if (n > mbus_room(out)) {
		out->is_full = true;
	} else if (n) {
		memcpy(out->data + out->size, bytes, n);
		out->size += n;
	}
}

void mbus_put_u8(struct mbus_out *out, uint8_t v)
{
	mbus_put(out, &v, 1);
}

void mbus_begin(struct mbus_out *out, uint8_t c, uint8_t a, uint8_t ci)
{
	const uint8_t head[] = {START_LONG, 0, 0, START_LONG, c, a, ci};
	out->size = 0;
	out->is_full = false;
	mbus_put(out, head, sizeof(head));
}

struct slice mbus_end(struct mbus_out *out)
{
	if (out->is_full) {
		return (struct slice){out->data, 0};
	}
	size_t n = out->size - LONG_HEAD;
	out->data[1] = out->data[2] = (uint8_t)n;
	out->data[out->size] = checksum(out->data + LONG_HEAD, n);
	out->data[out->size + 1] = STOP;
	return (struct slice){out->data, n + LONG_OVERHEAD};
}

static const int bauds[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 38400};

int mbus_baud_of_ci(uint8_t ci)
{
	return ci >= MBUS_CI_BAUD && ci < MBUS_CI_BAUD + 8 ? bauds[ci - MBUS_CI_BAUD] : 0;
}

bool mbus_ci_of_baud(int baud, uint8_t *ret_ci)
{
	for (size_t i = 0; i < sizeof(bauds) / sizeof(bauds[0]); i++) {
		if (bauds[i] == baud) {
			*ret_ci = (uint8_t)(MBUS_CI_BAUD + i);
			return true;
		}
	}
	return false;
}
