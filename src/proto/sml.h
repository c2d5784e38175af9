/*
 * sml.h - Smart Message Language: transport version 1 and messages, both directions
 *
 * Pure functions over bytes: no I/O, no memory of their own, no clock. A frame:
 *
 *     1B 1B 1B 1B 01 01 01 01 | data | 00 .. | 1B 1B 1B 1B 1A PP CC CC
 *
 * data: messages; padded with PP (0..3) zeros to a multiple of 4; 1B 1B 1B 1B in it, counted from the
 *       start in fours, is sent twice
 * C:    checksum of all bytes before it, low byte first: X.25, of a few meters Kermit's
 *
 * All data are elements: a byte of type and length, more of them while bit 7 is set, then the bytes.
 *
 *     bits 6-4   0 octets   4 boolean   5 signed   6 unsigned   7 list
 *     bits 3-0   length, these bytes included; of a list the number of its elements
 *     01         left out, where an element may be       00  end of a message
 *
 * Numbers are high byte first and of any length from 1 to 8 bytes. A message is a list of six:
 * transaction, group, what to do on errors, body (list of tag and contents), checksum, end. The checksum
 * is that of the transport over all elements before it, sent with its bytes exchanged.
 *
 * Facts: docs/protocols/sml.md.
 */
#ifndef DOMOVOI_PROTO_SML_H
#define DOMOVOI_PROTO_SML_H

#include "base/err.h"
#include "model/obis.h"

#define SML_FRAME_MAX 4096 /* the longest seen has 528 */
#define SML_DATA_MAX  (SML_FRAME_MAX - 16)

/* tags of message bodies */
#define SML_OPEN_REPLY  0x0101
#define SML_CLOSE_REPLY 0x0201
#define SML_LIST_REPLY  0x0701

enum sml_checksum {
	SML_X25,
	SML_KERMIT
};

enum sml_cut {
	SML_CUT_MORE,
	SML_CUT_FULL,
	SML_CUT_JUNK
};

/* About the bytes so far, as a frame function says it (drivers/driver.h). Either checksum will do. A
 * start inside a frame means that the frame was cut off. */
enum sml_cut sml_cut(struct slice so_far, size_t *ret_size);

/* What a frame carries, without padding and doubled escapes. */
struct sml_data {
	uint8_t bytes[SML_DATA_MAX];
	size_t size;
	enum sml_checksum checksum; /* which one was right */
};

/* `frame` as sml_cut found it; ERR_PROTO otherwise. */
enum err sml_open(struct slice frame, struct sml_data *ret_data);

struct sml_message {
	struct slice transaction; /* borrowed, as all slices here */
	uint32_t tag;
	struct slice body; /* the elements of the contents */
};

/* The next message; NODATA: that was the last. PROTO: it is none, or its checksum is wrong: X.25, where
 * SML_KERMIT is given either. */
enum err sml_next(struct reader *r, enum sml_checksum checksum, struct sml_message *ret_message);

struct sml_time {
	enum {
		SML_TIME_NONE,
		SML_TIME_INDEX, /* seconds the meter has been at work */
		SML_TIME_UTC    /* UNIX time */
	} type;
	uint32_t value;
};

enum sml_type {
	SML_NONE,
	SML_OCTETS,
	SML_BOOL,
	SML_INT,  /* `number` */
	SML_UINT, /* `number`, unless it takes all 64 bits: NONE then, no meter sends that */
	SML_OTHER /* a list */
};

struct sml_value {
	enum sml_type type;
	uint8_t width; /* bytes it was sent in */
	int64_t number;
	struct slice octets;
};

struct sml_entry {
	struct obis code;
	bool has_status;
	uint64_t status;
	struct sml_time time;
	int unit;   /* code of IEC 62056-62; -1: none */
	int scaler; /* number * 10^scaler is in `unit` */
	struct sml_value value;
	struct slice raw; /* the whole entry */
};

/* Body of SML_LIST_REPLY. */
struct sml_list {
	struct slice server; /* who measures */
	struct slice name;
	struct sml_time time;
	struct reader entries;
	size_t left; /* entries not yet taken */
};

enum err sml_list_open(const struct sml_message *m, struct sml_list *ret_list);
/* NODATA: that was the last. */
enum err sml_list_next(struct sml_list *list, struct sml_entry *ret_entry);

/*
 * "1DZG0042082910" of the ten bytes 0A 01 44 5A 47 00 02 82 22 5E (DIN 43863-5), else the hex digits.
 * `ret_maker`: three letters, or "".
 */
#define SML_ID_CAP 65
void sml_id_text(struct slice server, char ret_id[static SML_ID_CAP], char ret_maker[static 4]);

/* ---- the meter's side ---- */

void sml_put_list(struct buf *out, size_t elements);
void sml_put_octets(struct buf *out, struct slice octets);
void sml_put_none(struct buf *out);
/* In as many bytes as given, 1..8. */
void sml_put_uint(struct buf *out, uint64_t v, unsigned width);
void sml_put_int(struct buf *out, int64_t v, unsigned width);
/* Up to the list of the contents, which the caller puts; then the end. Returns where it began. */
size_t sml_begin(struct buf *out, struct slice transaction, uint16_t tag);
void sml_end(struct buf *out, size_t begin);
/* Data of messages into a frame. */
void sml_frame(struct buf *out, struct slice data);

#endif
