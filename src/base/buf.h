/*
 * buf.h - bytes: a borrowed view, a bounded reader, a growing buffer with a ceiling
 *
 * struct slice borrows; it never owns. struct reader walks a slice and can never leave it: a read
 * past the end gives zero and sets `is_short`, so a codec reads a whole structure and asks once.
 * struct buf owns its bytes; a ceiling is given at birth, and an append beyond it sets `is_full`
 * and leaves the contents as they were.
 */
#ifndef DOMOVOI_BUF_H
#define DOMOVOI_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const uint8_t *data;
	size_t size;
};

#define SLICE(array) ((struct slice){(array), sizeof(array)})

struct reader {
	struct slice in;
	size_t at;
	bool is_short;
};

struct reader reader_of(struct slice in);
size_t reader_left(const struct reader *r);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16le(struct reader *r);
uint16_t reader_u16be(struct reader *r);
uint32_t reader_u32le(struct reader *r);
uint32_t reader_u32be(struct reader *r);
uint64_t reader_u64le(struct reader *r);
uint64_t reader_u64be(struct reader *r);
/* `n` bytes little-endian, 1..8, zero- or sign-extended. */
uint64_t reader_uint_le(struct reader *r, size_t n);
int64_t reader_int_le(struct reader *r, size_t n);
struct slice reader_bytes(struct reader *r, size_t n);

struct buf {
	uint8_t *data; /* owned */
	size_t size;
	size_t cap;
	size_t ceiling;
	bool is_full; /* an append did not fit or memory ran out; sticky */
};

void buf_init(struct buf *b, size_t ceiling);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory, resets is_full */
/* Make room for `n` more bytes and return where they go, or NULL; the caller adds to b->size. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *data, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u16le(struct buf *b, uint16_t v);
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32le(struct buf *b, uint32_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64le(struct buf *b, uint64_t v);
void buf_str(struct buf *b, const char *s); /* without the terminating zero */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct slice buf_slice(const struct buf *b);
/* The contents as a C string; adds a zero behind the last byte. "" when memory ran out. */
const char *buf_cstr(struct buf *b);

/* LEB128 and zigzag, the integers of archive blocks and spill files. */
void buf_varint(struct buf *b, uint64_t v);
uint64_t reader_varint(struct reader *r);
static inline uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
