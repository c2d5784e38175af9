/*
 * trace.c - bytes of a line, written as a recording; see trace.h
 */
#include "link/trace.h"

#include "link/rec.h"

/* Closer together than this is one chunk: what a USB converter collects between two deliveries. */
#define CHUNK_GAP_US 25000
/* Whole requests and replies of meters are shorter. */
#define CHUNK_CEILING 2048

static void put(
	struct trace_writer *w, char mark, struct slice bytes, int64_t from_us, int64_t till_us)
{
	struct buf text;
	buf_init(&text, (size_t)16 * CHUNK_CEILING);
	int64_t delay_us = w->last_us && mark == '<' ? from_us - w->last_us : 0;
	rec_print_bytes(&text, mark, (int)(delay_us / 1000), bytes);
	(void)fputs(buf_cstr(&text), w->out);
	buf_fini(&text);
	w->last_us = till_us;
}

bool trace_writer_flush(struct trace_writer *w)
{
	if (w->chunk.size > 0) {
		put(w, '<', buf_slice(&w->chunk), w->chunk_us, w->chunk_last_us);
		buf_clear(&w->chunk);
	}
	return fflush(w->out) == 0 && !ferror(w->out);
}

static void write_bytes(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us)
{
	struct trace_writer *w = (struct trace_writer *)t; /* trace is the first member */
	bool goes_on = way == TRACE_GOT && w->chunk.size > 0 &&
		       at_us - w->chunk_last_us < CHUNK_GAP_US &&
		       w->chunk.size + bytes.size <= CHUNK_CEILING;
	if (!goes_on) {
		(void)trace_writer_flush(w);
	}
	switch (way) {
	case TRACE_SENT: put(w, '>', bytes, at_us, at_us); break;
	case TRACE_NOTE:
		(void)fprintf(w->out, "# %.*s\n", (int)bytes.size, (const char *)bytes.data);
		break;
	case TRACE_GOT:
		w->chunk_us = goes_on ? w->chunk_us : at_us;
		w->chunk_last_us = at_us;
		buf_put(&w->chunk, bytes.data, bytes.size);
		break;
	}
}

void trace_writer_init(struct trace_writer *w, FILE *out)
{
	*w = (struct trace_writer){.trace = {.bytes = write_bytes}, .out = out};
	buf_init(&w->chunk, 16384);
}

void trace_writer_fini(struct trace_writer *w)
{
	(void)trace_writer_flush(w);
	buf_fini(&w->chunk);
}
