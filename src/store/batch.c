/*
 * batch.c - filling and reading batches; see batch.h
 */
#include "store/batch.h"

#include "store/apply_verdict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How an archive value goes over what is there, beside the period in one byte. */
#define FORCED   0x80u
#define REVISION 0x40u
#define RESTORE  0x20u

/* a month of half-hours of 500 series in one batch is far more than anybody has to say at once */
#define BATCH_MAX (32u << 20)

struct batch *batch_new(void)
{
	struct batch *b = calloc(1, sizeof(*b));
	if (b) {
		buf_init(&b->bytes, BATCH_MAX);
	}
	return b;
}

void batch_free(struct batch *b)
{
	if (b) {
		buf_fini(&b->bytes);
		free(b);
	}
}

bool batch_is_broken(const struct batch *b)
{
	return !b || b->bytes.is_full;
}

/* A batch that could not be made takes everything in silence: batch_is_broken tells. */
static bool open_record(struct batch *b, char tag)
{
	if (b) {
		buf_u8(&b->bytes, (uint8_t)tag);
	}
	return b;
}

static void put_int(struct batch *b, int64_t v)
{
	buf_varint(&b->bytes, zigzag(v));
}

/* differences may wrap: the reader adds them up the same way */
static void put_diff(struct batch *b, int64_t v, int64_t *last)
{
	put_int(b, (int64_t)((uint64_t)v - (uint64_t)*last));
	*last = v;
}

static void put_bytes(struct batch *b, struct slice s)
{
	buf_varint(&b->bytes, s.size);
	buf_put(&b->bytes, s.data, s.size);
}

static void put_text(struct batch *b, const char *s)
{
	put_bytes(b, (struct slice){(const uint8_t *)s, strlen(s)});
}

/* What is stored is a finite number, or NaN of class MISSING; and no negative zero. */
static void put_value(struct batch *b, double value, uint16_t quality)
{
	uint64_t bits;
	if (!isfinite(value) || quality_class(quality) == QUALITY_MISSING) {
		value = NAN;
		quality = (uint16_t)((quality & ~15u) | QUALITY_MISSING);
	}
	value += 0.0;
	memcpy(&bits, &value, sizeof(bits));
	buf_u64le(&b->bytes, bits);
	buf_u16le(&b->bytes, quality);
	b->values++;
}

void batch_frame(
	struct batch *b, int64_t meter, int64_t utc, struct slice request, struct slice reply)
{
	if (!open_record(b, 'F')) {
		return;
	}
	put_int(b, meter);
	put_int(b, utc);
	put_bytes(b, request);
	put_bytes(b, reply);
}

void batch_reading(struct batch *b, int64_t reg, int64_t utc, double value, uint16_t quality)
{
	if (!open_record(b, 'R')) {
		return;
	}
	put_diff(b, reg, &b->reg);
	put_diff(b, utc, &b->utc);
	put_value(b, value, quality);
}

static void put_archive(struct batch *b, int64_t series, enum period period, int64_t start,
	double value, uint16_t quality, unsigned how)
{
	assert(period > PERIOD_NONE && period < PERIOD_COUNT);
	if (!open_record(b, 'A')) {
		return;
	}
	buf_u8(&b->bytes, (uint8_t)((unsigned)period | how));
	put_diff(b, series, &b->series);
	put_diff(b, start, &b->start);
	put_value(b, value, quality);
}

void batch_archive(struct batch *b, int64_t series, enum period period, int64_t start, double value,
	uint16_t quality, bool is_forced)
{
	put_archive(b, series, period, start, value, quality, is_forced ? FORCED : 0);
}

void batch_revision(struct batch *b, int64_t series, enum period period, int64_t start,
	double value, uint16_t quality)
{
	put_archive(b, series, period, start, value, quality, REVISION);
}

void batch_restore(struct batch *b, int64_t series, enum period period, int64_t start)
{
	put_archive(b, series, period, start, NAN, quality_make(QUALITY_MISSING, SOURCE_NONE, 0),
		RESTORE);
}

void batch_verdict(struct batch *b, const struct verdict *v)
{
	struct buf body;
	if (!open_record(b, 'V')) {
		return;
	}
	buf_init(&body, VERDICT_BYTES);
	verdict_pack(v, &body);
	put_bytes(b, buf_slice(&body));
	b->bytes.is_full |= body.is_full;
	buf_fini(&body);
}

void batch_who(struct batch *b, const char *who, const char *why)
{
	if (!open_record(b, 'W')) {
		return;
	}
	put_text(b, who);
	put_text(b, why);
}

void batch_event(struct batch *b, int64_t utc, int64_t object, const char *code, const char *text)
{
	if (!open_record(b, 'E')) {
		return;
	}
	put_int(b, object);
	put_int(b, utc);
	put_text(b, code);
	put_text(b, text);
}

void batch_state(struct batch *b, const char *name, struct slice body)
{
	if (!open_record(b, 'S')) {
		return;
	}
	put_text(b, name);
	put_bytes(b, body);
}

void batch_cursor(struct batch *b, const char *consumer, int64_t reading_seq, int64_t journal_seq)
{
	if (!open_record(b, 'C')) {
		return;
	}
	put_text(b, consumer);
	put_int(b, reading_seq);
	put_int(b, journal_seq);
}

/* ---- reading ---- */

struct batch_reader batch_read(struct slice bytes)
{
	return (struct batch_reader){.in = reader_of(bytes)};
}

static int64_t get_int(struct reader *in)
{
	return unzigzag(reader_varint(in));
}

static int64_t get_diff(struct reader *in, int64_t *last)
{
	*last = (int64_t)((uint64_t)*last + (uint64_t)get_int(in));
	return *last;
}

static struct slice get_bytes(struct reader *in)
{
	uint64_t n = reader_varint(in);
	if (n > reader_left(in)) {
		in->is_short = true;
		return (struct slice){NULL, 0};
	}
	return reader_bytes(in, (size_t)n);
}

static void get_value(struct reader *in, struct batch_item *item)
{
	uint64_t bits = reader_u64le(in);
	memcpy(&item->value, &bits, sizeof(bits));
	item->quality = reader_u16le(in);
}

static bool get_archive(struct batch_reader *r, struct batch_item *item)
{
	uint8_t period = reader_u8(&r->in);
	item->is_forced = period & FORCED;
	item->is_revision = period & REVISION;
	item->is_restore = period & RESTORE;
	period &= (uint8_t) ~(FORCED | REVISION | RESTORE);
	item->period = (enum period)period;
	item->id = get_diff(&r->in, &r->series);
	item->utc = get_diff(&r->in, &r->start);
	get_value(&r->in, item);
	return period > PERIOD_NONE && period < PERIOD_COUNT;
}

enum err batch_next(struct batch_reader *r, struct batch_item *ret_item)
{
	struct reader *in = &r->in;
	struct batch_item item = {0};
	bool is_known = true;
	if (reader_left(in) == 0) {
		return ERR_NODATA;
	}
	item.tag = (char)reader_u8(in);
	switch (item.tag) {
	case 'F':
	case 'E':
		item.id = get_int(in);
		item.utc = get_int(in);
		item.a = get_bytes(in);
		item.b = get_bytes(in);
		break;
	case 'R':
		item.id = get_diff(in, &r->reg);
		item.utc = get_diff(in, &r->utc);
		get_value(in, &item);
		break;
	case 'A': is_known = get_archive(r, &item); break;
	case 'W':
	case 'S':
		item.a = get_bytes(in);
		item.b = get_bytes(in);
		break;
	case 'C':
		item.a = get_bytes(in);
		item.id = get_int(in);
		item.utc = get_int(in);
		break;
	case 'V': item.a = get_bytes(in); break;
	default: is_known = false; break;
	}
	if (in->is_short || !is_known) {
		return ERR_CORRUPT;
	}
	*ret_item = item;
	return ERR_OK;
}
