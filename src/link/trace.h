/*
 * trace.h - seeing the bytes of a line as they pass
 *
 * A trace is told every byte. The writer here puts them into a stream in the recording format
 * (docs/recordings.md), for `domovoi trace` and `--trace`: bytes that come close together become one
 * chunk, notes become comments.
 */
#ifndef DOMOVOI_TRACE_H
#define DOMOVOI_TRACE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <stdio.h>

enum trace_way {
	TRACE_SENT,
	TRACE_GOT,
	TRACE_NOTE
};

/* Sees every byte; `at_us` is clock_mono_us. Called on the line's thread; must not block. */
struct trace {
	void (*bytes)(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us);
};

struct trace_writer {
	struct trace trace;              /* give this to the talk */
	FILE *out;                       /* borrowed */
	struct buf chunk;                /* got, not yet written */
	int64_t chunk_us, chunk_last_us; /* of its first and last byte */
	int64_t last_us;                 /* of what was written before; 0 nothing */
};

void trace_writer_init(struct trace_writer *w, FILE *out);
/* Write what is held back. False when the stream has failed. */
bool trace_writer_flush(struct trace_writer *w);
void trace_writer_fini(struct trace_writer *w); /* does not close the stream */

#endif
