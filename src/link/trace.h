/*
 * trace.h - seeing the bytes of a line as they pass
 *
 * A trace is told every byte. Two kinds are made here, both write the recording format
 * (docs/recordings.md): one into a buffer of its own that keeps only the last bytes of a line, for
 * the page; one into a stream, for `domovoi trace` and `--trace`.
 */
#ifndef DOMOVOI_TRACE_H
#define DOMOVOI_TRACE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

enum trace_way {
	TRACE_SENT,
	TRACE_GOT,
	TRACE_NOTE
};

/* Sees every byte; `at_us` is clock_mono_us. Called on the line's thread; must not block. */
struct trace {
	void (*bytes)(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us);
};

#endif
