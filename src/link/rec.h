/*
 * rec.h - recordings: a conversation with a meter as text (docs/recordings.md)
 *
 *   # source: where the bytes come from           header: known words, before the first step
 *   # driver: mbus
 *   # params: address=5
 *   @ current                                     what the driver is asked to do
 *   > 10 7B 05 80 16                              a whole request
 *   < +35 68 0B 0B 68 ...                         one chunk of a reply, 35 ms after what came before
 *       02 00                                     a line that begins with a blank goes on
 *   = volume 12.345 m3                            what must come out
 *
 * All text ends in errors by line: diag->offset is the line, counted from 1. A struct rec owns all
 * it points to; it is read-only once parsed and may be shared by threads.
 */
#ifndef DOMOVOI_REC_H
#define DOMOVOI_REC_H

#include "base/buf.h"
#include "base/err.h"
#include "model/period.h"
#include "model/quality.h"
#include "model/unit.h"

#define REC_FILE_CEILING  (4U << 20)
#define REC_CHUNK_CEILING 65536U

enum rec_verb {
	REC_CURRENT,
	REC_IDENTIFY,
	REC_CLOCK,
	REC_SET_CLOCK, /* span.from: the time set */
	REC_ARCHIVE,   /* period and span */
	REC_EVENTS,    /* span */
	REC_HEAR,      /* every chunk is a frame the meter sent by itself */
	REC_VERB_COUNT
};

struct rec_step {
	enum rec_verb verb;
	enum period period;
	struct span span;
	size_t line;
};

struct rec_chunk {
	bool is_request;
	int delay_ms;
	size_t at, size; /* in rec.bytes */
	size_t reply_at; /* reply bytes of the whole recording before this chunk */
	size_t step;
	size_t line;
};

/* What must come out of a step. A key "error" holds the name of the error it ends with. */
struct rec_expect {
	char key[48];
	bool is_number; /* else text */
	double value;   /* NaN: the meter says it has no value */
	double slack;   /* how far a value may be off: from the digits written */
	const char *text;
	bool has_unit, has_utc, has_class;
	enum unit unit;
	int64_t utc;
	enum quality_class class;
	size_t step;
	size_t line;
};

struct rec {
	char driver[32];
	char params[512];
	char zone[48];      /* of the meter's clock; "" UTC */
	char source[512];   /* where the bytes come from */
	char evidence[256]; /* what the expectations rest on */
	int64_t now_utc;    /* when it took place, for drivers that ask; 0 unknown */
	bool has_checksum;  /* damage must be noticed; "# checksum: none" says it cannot */
	struct rec_step *steps;
	size_t step_n;
	struct rec_chunk *chunks;
	size_t chunk_n;
	struct rec_expect *expects;
	size_t expect_n;
	struct buf bytes;
	size_t reply_size; /* bytes of all reply chunks */
	char *texts;       /* private: a copy of the file, cut up */
};

/* ERR_PARSE with line; LIMIT for too large a text. `ret_rec` needs rec_fini only on success. */
enum err rec_parse(struct slice text, struct rec *ret_rec, struct diag *diag);
enum err rec_load(const char *path, struct rec *ret_rec, struct diag *diag);
void rec_fini(struct rec *r);

const char *rec_verb_name(enum rec_verb v);
static inline struct slice rec_bytes(const struct rec *r, const struct rec_chunk *c)
{
	return c->size ? (struct slice){r->bytes.data + c->at, c->size} :
			 (struct slice){(const uint8_t *)"", 0};
}

/* The whole recording as text that parses to the same. */
void rec_print(const struct rec *r, struct buf *out);
/* One chunk: `mark` '>' or '<'; delay_ms 0 is left out. */
void rec_print_bytes(struct buf *out, char mark, int delay_ms, struct slice bytes);

#endif
