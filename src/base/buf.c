/*
 * buf.c - bounded readers and buffers; see buf.h
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader reader_of(struct slice in)
{
	return (struct reader){.in = in};
}

size_t reader_left(const struct reader *r)
{
	return r->in.size - r->at;
}

struct slice reader_bytes(struct reader *r, size_t n)
{
	if (n > reader_left(r)) {
		r->is_short = true;
		r->at = r->in.size;
		return (struct slice){NULL, 0};
	}
	struct slice s = {r->in.data + r->at, n};
	r->at += n;
	return s;
}

uint64_t reader_uint_le(struct reader *r, size_t n)
{
	struct slice s = reader_bytes(r, n);
	uint64_t v = 0;
	for (size_t i = s.size; i-- > 0;) {
		v = v << 8 | s.data[i];
	}
	return v;
}

int64_t reader_int_le(struct reader *r, size_t n)
{
	uint64_t v = reader_uint_le(r, n);
	if (n == 0 || n >= 8) {
		return (int64_t)v;
	}
	uint64_t sign = 1ULL << (8 * n - 1);
	return (int64_t)((v ^ sign) - sign);
}

static uint64_t uint_be(struct reader *r, size_t n)
{
	struct slice s = reader_bytes(r, n);
	uint64_t v = 0;
	for (size_t i = 0; i < s.size; i++) {
		v = v << 8 | s.data[i];
	}
	return v;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_uint_le(r, 1);
}

uint16_t reader_u16le(struct reader *r)
{
	return (uint16_t)reader_uint_le(r, 2);
}

uint16_t reader_u16be(struct reader *r)
{
	return (uint16_t)uint_be(r, 2);
}

uint32_t reader_u32le(struct reader *r)
{
	return (uint32_t)reader_uint_le(r, 4);
}

uint32_t reader_u32be(struct reader *r)
{
	return (uint32_t)uint_be(r, 4);
}

uint64_t reader_u64le(struct reader *r)
{
	return reader_uint_le(r, 8);
}

uint64_t reader_u64be(struct reader *r)
{
	return uint_be(r, 8);
}

uint64_t reader_varint(struct reader *r)
{
	size_t left = reader_left(r);
	uint64_t v = 0;
	for (size_t i = 0; i < left && i < 10; i++) {
		uint8_t byte = r->in.data[r->at + i];
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			r->at += i + 1;
			return v;
		}
	}
	r->is_short = true; /* more than 64 bits is as broken as too few bytes */
	r->at = r->in.size;
	return 0;
}

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){.ceiling = ceiling};
}

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.ceiling = b->ceiling};
}

void buf_clear(struct buf *b)
{
	b->size = 0;
	b->is_full = false;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	if (b->is_full || n > b->ceiling - b->size) {
		b->is_full = true;
		return NULL;
	}
	if (b->size + n > b->cap || !b->data) { /* room for nothing is an address too */
		size_t cap = b->cap ? b->cap : 64;
		while (cap < b->size + n) {
			cap *= 2;
		}
		uint8_t *data = realloc(b->data, cap);
		if (!data) {
			b->is_full = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->size;
}

void buf_put(struct buf *b, const void *data, size_t n)
{
	uint8_t *room = buf_room(b, n);
	if (room && n) {
		memcpy(room, data, n);
		b->size += n;
	}
}

void buf_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

static void put_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < n; i++) {
		bytes[i] = (uint8_t)(v >> (8 * i));
	}
	buf_put(b, bytes, n);
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < n; i++) {
		bytes[n - 1 - i] = (uint8_t)(v >> (8 * i));
	}
	buf_put(b, bytes, n);
}

void buf_u16le(struct buf *b, uint16_t v)
{
	put_le(b, v, 2);
}

void buf_u16be(struct buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void buf_u32le(struct buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void buf_u32be(struct buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void buf_u64le(struct buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	uint8_t *room = n < 0 ? NULL : buf_room(b, (size_t)n + 1);
	if (!room) {
		b->is_full = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf((char *)room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->size += (size_t)n;
}

struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->data, b->size};
}

const char *buf_cstr(struct buf *b)
{
	size_t ceiling = b->ceiling;
	b->ceiling = b->size < SIZE_MAX ? b->size + 1 : ceiling; /* the zero is not contents */
	bool was_full = b->is_full;
	b->is_full = false;
	uint8_t *room = buf_room(b, 1);
	b->ceiling = ceiling;
	b->is_full = was_full || !room;
	if (!room) {
		return "";
	}
	*room = 0;
	return (const char *)b->data;
}

void buf_varint(struct buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;
	while (v >= 0x80) {
		bytes[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	bytes[n++] = (uint8_t)v;
	/* without a call for each of many */
	if (!b->is_full && b->cap - b->size >= sizeof(bytes) && b->ceiling - b->size >= n) {
		memcpy(b->data + b->size, bytes, sizeof(bytes));
		b->size += n;
		return;
	}
	buf_put(b, bytes, n);
}
