/*
 * spill.h - batches kept in a file while the database cannot be written
 *
 *   0   "DVSPILL1"
 *   8   16 random bytes that name the file
 *   24  records: size u32, checksum u64, reading id u64, frame id u64, bytes of the batch
 *
 * The file is there all the time, with SPILL_RESERVE bytes of disk taken in advance: a full disk is
 * the usual reason for spilling. A file without records gets a new name whenever it is opened.
 *
 * All little-endian; the checksum (SipHash-2-4) covers everything behind it. An append is on the disk
 * (fdatasync) before it counts. A torn last record was never acknowledged and is dropped.
 *
 * Reading id and frame id are witnesses, 0 where there are none: the first ids that the batch got
 * in a transaction whose commit failed. A commit can fail and yet have reached the disk; then the
 * database holds those ids, and the batch is not applied again.
 */
#ifndef DOMOVOI_SPILL_H
#define DOMOVOI_SPILL_H

#include "base/buf.h"
#include "base/err.h"

#define SPILL_RESERVE (4u << 20)
#define SPILL_MAX     (256u << 20)
#define SPILL_NAME_N  16

struct spill {
	char *path; /* owned */
	int fd;     /* -1: the file could not be made */
	uint8_t name[SPILL_NAME_N];
	int64_t size;
	int64_t records;
};

struct spill_record {
	int64_t reading, frame;
	struct slice bytes;
};

/* Finds what a file left over holds, or makes one; that it cannot be made is no failure. */
enum err spill_open(struct spill *s, const char *path, struct diag *diag);
void spill_close(struct spill *s);
/* All records are on the disk, or none counts. */
enum err spill_append(struct spill *s, const struct spill_record *records, size_t n);
/* Each readable record in order; `index` counts from 0. *ret_damaged: records skipped. */
enum err spill_each(struct spill *s,
	enum err (*each)(void *ctx, int64_t index, const struct spill_record *record), void *ctx,
	int64_t *ret_damaged);
/* Everything has been taken over: empty the file; keep a copy aside if part of it was damaged. */
void spill_done(struct spill *s, bool keep_copy);

/* One record of `in`: NODATA at the end, CORRUPT (skip it), PARSE (nothing behind it is readable). */
enum err spill_record_read(struct reader *in, struct spill_record *ret_record);

#endif
