/*
 * block.c - encoding of a month of values; see block.h
 */
#include "store/block.h"

#include "store/rows.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define VERSION     1
#define FLAG_ZSTD   1u
#define SCALE_MAX   12
#define SCALE_RAW   255
#define ZSTD_LEVEL  1
#define EXACT_MAX   9007199254740992.0 /* 2^53 */
#define ORDER_COUNT 3
#define START_MAX   ((int64_t)1 << 40) /* far beyond any calendar */

static const double power10[SCALE_MAX + 1] = {
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

/* What a thread needs again and again: arrays too big for its stack, and the state of zstd. */
struct scratch {
	int64_t ints[BLOCK_VALUES_MAX];
	double present[BLOCK_VALUES_MAX];
	struct buf payload;
	struct buf trial;
	ZSTD_CCtx *pack;
	ZSTD_DCtx *unpack;
};

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool has_key;

static void free_scratch(void *p)
{
	struct scratch *s = p;
	buf_fini(&s->payload);
	buf_fini(&s->trial);
	(void)ZSTD_freeCCtx(s->pack);
	(void)ZSTD_freeDCtx(s->unpack);
	free(s);
}

static void make_key(void)
{
	has_key = pthread_key_create(&scratch_key, free_scratch) == 0;
}

/* The thread's own; NULL when memory ran out. Freed when the thread ends. */
static struct scratch *get_scratch(void)
{
	(void)pthread_once(&scratch_once, make_key);
	struct scratch *s = has_key ? pthread_getspecific(scratch_key) : NULL;
	if (s || !has_key) {
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		return NULL;
	}
	buf_init(&s->payload, BLOCK_BYTES_MAX);
	buf_init(&s->trial, BLOCK_BYTES_MAX);
	s->pack = ZSTD_createCCtx();
	s->unpack = ZSTD_createDCtx();
	if (!s->pack || !s->unpack || pthread_setspecific(scratch_key, s) != 0) {
		free_scratch(s);
		return NULL;
	}
	return s;
}

/* ---- encoding ---- */

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static void put_starts(const struct archive_value *v, size_t n, struct buf *out)
{
	int64_t unit = 0;
	for (size_t i = 1; i < n; i++) {
		unit = gcd(v[i].start - v[i - 1].start, unit);
	}
	unit = unit ? unit : 1;
	buf_varint(out, zigzag(v[0].start));
	buf_varint(out, (uint64_t)unit);
	for (size_t i = 1; i < n;) {
		int64_t distance = v[i].start - v[i - 1].start;
		size_t run = 1;
		while (i + run < n && v[i + run].start - v[i + run - 1].start == distance) {
			run++;
		}
		buf_varint(out, run);
		buf_varint(out, (uint64_t)(distance / unit));
		i += run;
	}
}

static void put_missing(const struct archive_value *v, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		size_t present = 0, missing = 0;
		while (i < n && !isnan(v[i].value)) {
			present++;
			i++;
		}
		while (i < n && isnan(v[i].value)) {
			missing++;
			i++;
		}
		buf_varint(out, present);
		buf_varint(out, missing);
	}
}

/* Whole number of `v` at `scale` decimals that divides back to exactly `v`. */
static bool is_whole(double v, int scale, int64_t *ret_int)
{
	double scaled = nearbyint(v * power10[scale]);
	if (!(fabs(scaled) <= EXACT_MAX) || scaled / power10[scale] != v) {
		return false;
	}
	*ret_int = (int64_t)scaled;
	return true;
}

static int find_scale(const double *v, size_t n, int64_t *ints)
{
	int scale = 0;
	for (size_t i = 0; i < n; i++) {
		while (scale <= SCALE_MAX && !is_whole(v[i], scale, &ints[i])) {
			scale++;
		}
		if (scale > SCALE_MAX) {
			return SCALE_RAW;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_whole(v[i], scale, &ints[i])) { /* fits fewer decimals only: too big here */
			return SCALE_RAW;
		}
	}
	return scale;
}

/* differences wrap like unsigned numbers; the decoder adds the same way */
static void put_ints(const int64_t *v, size_t n, int order, struct buf *out)
{
	uint64_t last = 0, last_diff = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t diff = (uint64_t)v[i] - last;
		uint64_t told = order == 0 ? (uint64_t)v[i] : order == 1 ? diff : diff - last_diff;
		buf_varint(out, zigzag((int64_t)told));
		last = (uint64_t)v[i];
		last_diff = i ? diff : 0; /* the first difference is the value itself: no slope */
	}
}

static void put_planes(const double *v, size_t n, struct buf *out)
{
	for (unsigned plane = 0; plane < 8; plane++) {
		for (size_t i = 0; i < n; i++) {
			uint64_t bits;
			memcpy(&bits, &v[i], sizeof(bits));
			buf_u8(out, (uint8_t)(bits >> (8 * plane)));
		}
	}
}

static void put_quality_and_frames(const struct archive_value *v, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		size_t run = 1;
		while (i + run < n && v[i + run].quality == v[i].quality) {
			run++;
		}
		buf_varint(out, run);
		buf_varint(out, v[i].quality);
		i += run;
	}
	for (size_t i = 0; i < n;) {
		int64_t diff = minus(v[i].frame, i ? v[i - 1].frame : 0);
		size_t run = 1;
		while (i + run < n && minus(v[i + run].frame, v[i + run - 1].frame) == diff) {
			run++;
		}
		buf_varint(out, run);
		buf_varint(out, zigzag(diff));
		i += run;
	}
}

static void put_payload(const struct archive_value *v, size_t n, int order, const struct scratch *s,
	size_t present, int scale, struct buf *out)
{
	buf_varint(out, n);
	put_starts(v, n, out);
	put_missing(v, n, out);
	buf_u8(out, (uint8_t)scale);
	buf_u8(out, (uint8_t)order);
	if (scale == SCALE_RAW) {
		put_planes(s->present, present, out);
	} else {
		put_ints(s->ints, present, order, out);
	}
	put_quality_and_frames(v, n, out);
}

/*
 * Which order packs best: the one whose bytes carry the least information (entropy of single bytes),
 * which is what the compressor comes close to. In units of 1/256 bit.
 */
static uint64_t information(struct slice bytes)
{
	uint32_t counts[256] = {0};
	double bits = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		counts[bytes.data[i]]++;
	}
	for (int i = 0; i < 256; i++) {
		if (counts[i]) {
			bits += counts[i] * log2((double)bytes.size / counts[i]);
		}
	}
	return (uint64_t)(bits * 256);
}

static int best_order(struct scratch *s, size_t present)
{
	uint64_t least = UINT64_MAX;
	int best = 0;
	for (int order = 0; order < ORDER_COUNT; order++) {
		buf_clear(&s->trial);
		put_ints(s->ints, present, order, &s->trial);
		uint64_t size = information(buf_slice(&s->trial));
		if (size < least) {
			least = size;
			best = order;
		}
	}
	return best;
}

/* Header and payload, compressed where that helps. */
static enum err put_block(struct scratch *s, struct buf *out)
{
	struct slice payload = buf_slice(&s->payload);
	size_t header = out->size;
	buf_u8(out, VERSION);
	buf_u8(out, FLAG_ZSTD);
	buf_varint(out, payload.size);
	size_t bound = ZSTD_compressBound(payload.size);
	uint8_t *room = buf_room(out, bound);
	if (!room) {
		return ERR_NOMEM;
	}
	size_t packed = ZSTD_compressCCtx(
		s->pack, room, bound, payload.data, payload.size, ZSTD_LEVEL);
	if (!ZSTD_isError(packed) && packed < payload.size) {
		out->size += packed;
		return ERR_OK;
	}
	out->data[header + 1] = 0;
	buf_put(out, payload.data, payload.size);
	return out->is_full ? ERR_NOMEM : ERR_OK;
}

enum err block_encode(const struct archive_value *items, size_t n, struct buf *out)
{
	assert(n > 0 && n <= BLOCK_VALUES_MAX);
	struct scratch *s = get_scratch();
	size_t present = 0;
	if (!s) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (!isnan(items[i].value)) {
			s->present[present++] = items[i].value;
		}
	}
	int scale = find_scale(s->present, present, s->ints);
	int order = scale == SCALE_RAW ? 0 : best_order(s, present);
	buf_clear(&s->payload);
	put_payload(items, n, order, s, present, scale, &s->payload);
	return s->payload.is_full || s->trial.is_full ? ERR_NOMEM : put_block(s, out);
}

/* ---- decoding ---- */

static bool get_starts(struct reader *r, struct archive_value *v, size_t n)
{
	v[0].start = unzigzag(reader_varint(r));
	uint64_t unit = reader_varint(r);
	if (v[0].start < -START_MAX || v[0].start > START_MAX) {
		return false;
	}
	for (size_t i = 1; i < n;) {
		uint64_t run = reader_varint(r);
		uint64_t distance = reader_varint(r);
		if (r->is_short || run == 0 || run > n - i || distance == 0) {
			return false;
		}
		for (; run > 0; run--, i++) {
			v[i].start = (int64_t)((uint64_t)v[i - 1].start + distance * unit);
			if (v[i].start <= v[i - 1].start || v[i].start > START_MAX) {
				return false;
			}
		}
	}
	return !r->is_short;
}

/* Marks the values that are present with 0, the others with NaN; false: damaged. */
static bool get_missing(struct reader *r, struct archive_value *v, size_t n, size_t *ret_present)
{
	size_t present = 0;
	for (size_t i = 0; i < n;) {
		uint64_t here = reader_varint(r);
		uint64_t gone = reader_varint(r);
		if (r->is_short || here > n - i || gone > n - i - here || here + gone == 0) {
			return false;
		}
		present += here;
		for (; here > 0; here--) {
			v[i++].value = 0;
		}
		for (; gone > 0; gone--) {
			v[i++].value = NAN;
		}
	}
	*ret_present = present;
	return true;
}

static bool get_ints(struct reader *r, struct archive_value *v, size_t n, int scale, int order)
{
	uint64_t last = 0, slope = 0;
	bool is_first = true;
	for (size_t i = 0; i < n; i++) {
		if (isnan(v[i].value)) {
			continue;
		}
		uint64_t told = (uint64_t)unzigzag(reader_varint(r));
		uint64_t diff = order == 2 ? told + slope : told;
		uint64_t value = order == 0 ? told : last + diff;
		v[i].value = (double)(int64_t)value / power10[scale];
		slope = is_first ? 0 : diff;
		last = value;
		is_first = false;
	}
	return !r->is_short;
}

static bool get_planes(struct reader *r, struct archive_value *v, size_t n, size_t present)
{
	struct slice planes = reader_bytes(r, present * 8);
	if (r->is_short) {
		return false;
	}
	for (size_t i = 0, k = 0; i < n; i++) {
		if (isnan(v[i].value)) {
			continue;
		}
		uint64_t bits = 0;
		for (size_t plane = 8; plane-- > 0;) {
			bits = bits << 8 | planes.data[plane * present + k];
		}
		memcpy(&v[i].value, &bits, sizeof(bits));
		k++;
	}
	return true;
}

static bool get_quality_and_frames(struct reader *r, struct archive_value *v, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t run = reader_varint(r);
		uint64_t quality = reader_varint(r);
		if (r->is_short || run == 0 || run > n - i || quality > UINT16_MAX) {
			return false;
		}
		for (; run > 0; run--) {
			v[i++].quality = (uint16_t)quality;
		}
	}
	uint64_t frame = 0;
	for (size_t i = 0; i < n;) {
		uint64_t run = reader_varint(r);
		uint64_t diff = (uint64_t)unzigzag(reader_varint(r));
		if (r->is_short || run == 0 || run > n - i) {
			return false;
		}
		for (; run > 0; run--) {
			frame += diff;
			v[i++].frame = (int64_t)frame;
		}
	}
	return reader_left(r) == 0;
}

static bool get_payload(struct slice payload, struct archive_value *v, size_t *ret_n)
{
	struct reader r = reader_of(payload);
	uint64_t n = reader_varint(&r);
	size_t present;
	if (n == 0 || n > BLOCK_VALUES_MAX || !get_starts(&r, v, (size_t)n) ||
		!get_missing(&r, v, (size_t)n, &present)) {
		return false;
	}
	int scale = reader_u8(&r);
	int order = reader_u8(&r);
	if (order >= ORDER_COUNT || (scale > SCALE_MAX && scale != SCALE_RAW)) {
		return false;
	}
	bool is_good = scale == SCALE_RAW ? get_planes(&r, v, (size_t)n, present) :
					    get_ints(&r, v, (size_t)n, scale, order);
	*ret_n = (size_t)n;
	return is_good && get_quality_and_frames(&r, v, (size_t)n);
}

enum err block_decode(struct slice block, struct archive_value *items, size_t *ret_n)
{
	struct reader r = reader_of(block);
	uint8_t version = reader_u8(&r);
	uint8_t flags = reader_u8(&r);
	uint64_t size = reader_varint(&r);
	struct slice body = reader_bytes(&r, reader_left(&r));
	if (r.is_short || version != VERSION || flags > FLAG_ZSTD || size > BLOCK_BYTES_MAX) {
		return ERR_CORRUPT;
	}
	if (!(flags & FLAG_ZSTD)) {
		return body.size == size && get_payload(body, items, ret_n) ? ERR_OK : ERR_CORRUPT;
	}
	struct scratch *s = get_scratch();
	if (!s) {
		return ERR_NOMEM;
	}
	buf_clear(&s->payload);
	uint8_t *room = buf_room(&s->payload, size ? (size_t)size : 1);
	if (!room) {
		return ERR_NOMEM;
	}
	size_t got = ZSTD_decompressDCtx(s->unpack, room, (size_t)size, body.data, body.size);
	bool is_good = got == size && get_payload((struct slice){room, (size_t)size}, items, ret_n);
	return is_good ? ERR_OK : ERR_CORRUPT;
}
