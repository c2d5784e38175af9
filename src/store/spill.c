/*
 * spill.c - batches kept in a file while the database cannot be written; see spill.h
 */
#include "store/spill.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC       "DVSPILL1"
#define MAGIC_N     8
#define HEADER_N    (MAGIC_N + SPILL_NAME_N)
#define SUM_N       crypto_shorthash_BYTES
#define RECORD_HEAD (4 + SUM_N + 16)
#define RECORD_MAX  (64u << 20)

/* a checksum, not a secret */
static const uint8_t key[crypto_shorthash_KEYBYTES] = "domovoi spill 1";

static bool write_all(int fd, const uint8_t *data, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, data, n, (off_t)at);
		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return false;
		}
		data += put;
		n -= (size_t)put;
		at += put;
	}
	return true;
}

static bool read_all(int fd, uint8_t *data, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, data, n, (off_t)at);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return false;
		}
		data += got;
		n -= (size_t)got;
		at += got;
	}
	return true;
}

enum err spill_record_read(struct reader *in, struct spill_record *ret_record)
{
	if (reader_left(in) == 0) {
		return ERR_NODATA;
	}
	uint32_t size = reader_u32le(in);
	struct slice sum = reader_bytes(in, SUM_N);
	if (in->is_short || size > RECORD_MAX || size > reader_left(in) || size < 16) {
		return ERR_PARSE;
	}
	struct slice body = reader_bytes(in, size);
	uint8_t real[SUM_N];
	(void)crypto_shorthash(real, body.data, body.size, key);
	if (memcmp(real, sum.data, SUM_N) != 0) {
		return ERR_CORRUPT;
	}
	struct reader r = reader_of(body);
	*ret_record = (struct spill_record){
		.reading = (int64_t)reader_u64le(&r),
		.frame = (int64_t)reader_u64le(&r),
	};
	ret_record->bytes = reader_bytes(&r, reader_left(&r));
	return ERR_OK;
}

/*
 * The record at `*at`, which is moved behind it; results as of spill_record_read. One record at a
 * time: the file may be larger than a controller's memory.
 */
static enum err next_record(struct spill *s, int64_t *at, int64_t end, struct buf *scratch,
	struct spill_record *ret_record)
{
	uint8_t head[4];
	buf_clear(scratch);
	if (*at >= end) {
		return ERR_NODATA;
	}
	if (end - *at < RECORD_HEAD || !read_all(s->fd, head, sizeof(head), *at)) {
		return ERR_PARSE;
	}
	struct reader size = reader_of(SLICE(head));
	uint64_t n = 4 + SUM_N + (uint64_t)reader_u32le(&size);
	if (n > RECORD_MAX || n > (uint64_t)(end - *at)) {
		return ERR_PARSE;
	}
	uint8_t *room = buf_room(scratch, (size_t)n);
	if (!room) {
		return ERR_NOMEM;
	}
	if (!read_all(s->fd, room, (size_t)n, *at)) {
		return ERR_IO;
	}
	struct reader in = reader_of((struct slice){room, (size_t)n});
	*at += (int64_t)n;
	return spill_record_read(&in, ret_record);
}

/* Position behind the last whole record, and how many there are. */
static enum err measure(struct spill *s)
{
	struct buf scratch;
	struct spill_record record;
	struct stat st;
	int64_t at = HEADER_N;
	enum err e = fstat(s->fd, &st) == 0 ? ERR_OK : ERR_IO;
	s->size = HEADER_N;
	s->records = 0;
	buf_init(&scratch, RECORD_MAX);
	while (!e) {
		e = next_record(s, &at, st.st_size, &scratch, &record);
		/* a last record of the right size and the wrong contents was torn by a power cut */
		if (e == ERR_CORRUPT && at < st.st_size) {
			e = ERR_OK;
		}
		if (!e) {
			s->size = at;
			s->records++;
		}
	}
	buf_fini(&scratch);
	if (e != ERR_NODATA && e != ERR_PARSE && e != ERR_CORRUPT) {
		return e;
	}
	if (st.st_size > s->size && ftruncate(s->fd, (off_t)s->size) != 0) {
		log_warn("store", "%s: the torn end cannot be cut off", s->path);
	}
	return ERR_OK;
}

static void sync_directory(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof(dir)) {
		return;
	}
	(void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(n ? n : 1) : 1, slash ? path : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
}

static enum err make_file(struct spill *s)
{
	s->size = s->records = 0;
	s->fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (s->fd < 0) {
		enum err e = err_from_errno(errno);
		return e ? e : ERR_IO;
	}
	sync_directory(s->path);
	return ERR_OK;
}

/* No records, a new name, and disk space taken in advance where there is some. */
static enum err start_anew(struct spill *s)
{
	uint8_t head[HEADER_N];
	randombytes_buf(s->name, sizeof(s->name));
	memcpy(head, MAGIC, MAGIC_N);
	memcpy(head + MAGIC_N, s->name, SPILL_NAME_N);
	s->size = s->records = 0;
	if (ftruncate(s->fd, 0) != 0 || !write_all(s->fd, head, sizeof(head), 0) ||
		fdatasync(s->fd) != 0) {
		enum err e = err_from_errno(errno);
		(void)close(s->fd);
		s->fd = -1;
		return e ? e : ERR_IO;
	}
	s->size = HEADER_N;
	(void)fallocate(s->fd, FALLOC_FL_KEEP_SIZE, 0, SPILL_RESERVE);
	return ERR_OK;
}

static void put_aside(struct spill *s)
{
	char aside[PATH_MAX];
	int n = snprintf(aside, sizeof(aside), "%s.damaged", s->path);
	if (n > 0 && (size_t)n < sizeof(aside) && rename(s->path, aside) == 0) {
		log_warn("store", "a copy of the damaged spill file is kept in %s", aside);
	}
	if (s->fd >= 0) {
		(void)close(s->fd);
		s->fd = -1;
	}
}

/* What an existing file holds; false: it is none of ours. */
static bool take_over(struct spill *s, enum err *ret_e)
{
	uint8_t head[HEADER_N];
	struct stat st;
	*ret_e = ERR_OK;
	if (fstat(s->fd, &st) == 0 && st.st_size < HEADER_N) {
		return true; /* made and not written yet */
	}
	if (!read_all(s->fd, head, sizeof(head), 0) || memcmp(head, MAGIC, MAGIC_N) != 0) {
		return false;
	}
	memcpy(s->name, head + MAGIC_N, SPILL_NAME_N);
	*ret_e = measure(s);
	return true;
}

enum err spill_open(struct spill *s, const char *path, struct diag *diag)
{
	enum err e = ERR_OK;
	*s = (struct spill){.fd = -1};
	s->path = strdup(path);
	if (!s->path) {
		return err_set(diag, ERR_NOMEM, "opening the spill file");
	}
	s->fd = open(path, O_RDWR | O_CLOEXEC);
	if (s->fd < 0) {
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (s->fd < 0 && errno != ENOENT) {
		return err_set_errno(diag, "%s", path);
	}
	if (s->fd >= 0 && !take_over(s, &e)) {
		log_warn("store", "%s is not a spill file", path);
		put_aside(s);
	}
	if (e) {
		return err_set(diag, e, "%s", path);
	}
	if (s->fd < 0 && make_file(s) != ERR_OK) {
		return ERR_OK; /* tried again when it is needed */
	}
	if (s->records == 0) {
		(void)start_anew(s);
	}
	return ERR_OK;
}

void spill_close(struct spill *s)
{
	if (s->fd >= 0) {
		(void)close(s->fd);
	}
	free(s->path);
	*s = (struct spill){.fd = -1};
}

static void put_record(struct buf *out, const struct spill_record *record)
{
	size_t at = out->size;
	buf_u32le(out, (uint32_t)(16 + record->bytes.size));
	buf_u64le(out, 0);
	buf_u64le(out, (uint64_t)record->reading);
	buf_u64le(out, (uint64_t)record->frame);
	buf_put(out, record->bytes.data, record->bytes.size);
	if (!out->is_full) {
		size_t body = at + 4 + SUM_N;
		(void)crypto_shorthash(out->data + at + 4, out->data + body, out->size - body, key);
	}
}

enum err spill_append(struct spill *s, const struct spill_record *records, size_t n)
{
	struct buf out;
	enum err e = ERR_OK;
	if (s->fd < 0) {
		e = make_file(s);
		e = e ? e : start_anew(s);
	}
	if (e) {
		return e;
	}
	buf_init(&out, SPILL_MAX);
	for (size_t i = 0; i < n; i++) {
		put_record(&out, &records[i]);
	}
	if (out.is_full || s->size + (int64_t)out.size > SPILL_MAX) {
		e = ERR_FULL;
	} else if (!write_all(s->fd, out.data, out.size, s->size) || fdatasync(s->fd) != 0) {
		e = err_from_errno(errno);
		e = e ? e : ERR_IO;
		(void)!ftruncate(
			s->fd, (off_t)s->size); /* what is half written must not be found */
	} else {
		s->size += (int64_t)out.size;
		s->records += (int64_t)n;
	}
	buf_fini(&out);
	return e;
}

enum err spill_each(struct spill *s,
	enum err (*each)(void *ctx, int64_t index, const struct spill_record *record), void *ctx,
	int64_t *ret_damaged)
{
	struct buf scratch;
	struct spill_record record;
	int64_t at = HEADER_N;
	enum err e = s->fd < 0 ? ERR_NODATA : ERR_OK;
	*ret_damaged = 0;
	buf_init(&scratch, RECORD_MAX);
	for (int64_t index = 0; !e; index++) {
		e = next_record(s, &at, s->size, &scratch, &record);
		if (e == ERR_CORRUPT) {
			(*ret_damaged)++;
			e = ERR_OK;
		} else if (!e) {
			e = each(ctx, index, &record);
		}
	}
	buf_fini(&scratch);
	if (e == ERR_PARSE) {
		(*ret_damaged)++;
	}
	return e == ERR_NODATA || e == ERR_PARSE ? ERR_OK : e;
}

void spill_done(struct spill *s, bool keep_copy)
{
	if (keep_copy) {
		put_aside(s);
		(void)make_file(s);
	}
	if (s->fd >= 0) {
		(void)start_anew(s);
	}
	s->records = 0;
}
