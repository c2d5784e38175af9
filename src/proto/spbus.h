/*
 * spbus.h - frames of the Logika SPBus (SPT961, SPG761 to 763) and the tagged text inside them
 *
 *   [FF ...] 10 01 [DAD SAD] 10 1F FNC [text] 10 02 body 10 03 CRC-high CRC-low
 *
 * DAD and SAD are there both or not at all; an address byte 10 is doubled. The checksum is
 * CRC-16/XMODEM over what stands between the first 10 01 and the CRC, 10 03 included. Nothing in the
 * body is escaped: of meters it is text in CP866,
 *
 *   tag   = (HT field)+ FF         HT = 09, FF = 0C
 *
 * and of a gateway it may be bytes (function SPBUS_TUNNEL), which must then not hold 10 03.
 * The codec works both ways. Nothing allocates; slices point into what was given.
 *
 * Facts: docs/protocols/spbus.md. Not done: the wake-up of the optical port, write index array.
 */
#ifndef DOMOVOI_PROTO_SPBUS_H
#define DOMOVOI_PROTO_SPBUS_H

#include "base/buf.h"
#include "base/zone.h"

/* Functions; the reply to a read is the request plus 8, except for parameters. */
#define SPBUS_READ         0x1d
#define SPBUS_VALUES       0x03 /* reply to READ, and the request to write */
#define SPBUS_DONE         0x7f /* written */
#define SPBUS_READ_INDEX   0x0c
#define SPBUS_INDEX        0x14
#define SPBUS_READ_TIME    0x0e
#define SPBUS_TIME         0x16
#define SPBUS_READ_SLICE   0x18
#define SPBUS_SLICE        0x20
#define SPBUS_READ_LAYOUT  0x19
#define SPBUS_LAYOUT       0x21
#define SPBUS_TUNNEL       0x28 /* ASSV gateway: the body goes to the meter as it is */

#define SPBUS_CAP          4096 /* bytes of a frame */
#define SPBUS_TEXT_MAX     16   /* between function and body */
#define SPBUS_TAGS_OF_READ 24   /* parameters in one request */

struct spbus_head {
	bool has_address;
	uint8_t to, from;
	uint8_t function;
	struct slice text; /* packet number or whatever stands behind the function; may be empty */
};

/* ---- frames in ---- */

enum spbus_cut_state {
	SPBUS_CUT_MORE,
	SPBUS_CUT_FULL,
	SPBUS_CUT_JUNK
};

/* MORE: `size` 0; FULL: bytes of the frame with the FF before it; JUNK: bytes to drop. */
struct spbus_cut {
	enum spbus_cut_state state;
	size_t size;
};

struct spbus_cut spbus_cut(struct slice so_far);
/* False unless `frame` is exactly one whole frame. */
bool spbus_unwrap(struct slice frame, struct spbus_head *ret_head, struct slice *ret_body);

/* ---- frames out ---- */

struct spbus_out {
	uint8_t data[SPBUS_CAP];
	size_t size;
	size_t body; /* where the body begins */
	bool is_full;
};

void spbus_begin(struct spbus_out *o, const struct spbus_head *head);
void spbus_bytes(struct spbus_out *o, struct slice bytes);           /* of a body as they are */
void spbus_field(struct spbus_out *o, struct slice text);            /* HT text */
void spbus_field_int(struct spbus_out *o, int v);                    /* HT decimal */
void spbus_tag_end(struct spbus_out *o);                             /* FF */
void spbus_pointer(struct spbus_out *o, int channel, int parameter); /* a tag of two */
void spbus_date(struct spbus_out *o, const struct civil *c);         /* a tag of six, day first */
struct slice spbus_end(struct spbus_out *o);        /* the whole frame; empty if it did not fit */
struct slice spbus_body(const struct spbus_out *o); /* of a frame that was not ended yet */

/* ---- tags ---- */

#define SPBUS_FIELDS_MAX 8

struct spbus_tag {
	struct slice field[SPBUS_FIELDS_MAX];
	unsigned n;
};

/* The next tag of a body; false at its end, and with `is_short` set where it is no tag. */
bool spbus_tag_next(struct reader *body, struct spbus_tag *ret_tag);

/* A whole number without sign, up to 65535; blanks and zeros before it do not count. */
bool spbus_int(struct slice field, int *ret_v);
/* NaN: no number. *ret_decimals: digits behind the point, -1 unknown. */
double spbus_number(struct slice field, int *ret_decimals);
bool spbus_is_error(struct slice field);   /* ends with '?' */
bool spbus_is_no_data(struct slice field); /* "no data?", in CP866 and in the meter's language */
/* Do both tags say the same numbers? "013" is "13", and the year of a date may lack its century. */
bool spbus_tag_equals(const struct spbus_tag *a, const struct spbus_tag *b);

/* The six fields of a date, or three numbers of one text ("14-10-13", " 9:05:00") or six of it
 * ("14-10-13/ 0:00:00"). False: not that, or no such date. */
bool spbus_tag_date(const struct spbus_tag *tag, struct civil *ret_c);
bool spbus_text_numbers(struct slice text, unsigned n, int *ret_numbers);
bool spbus_text_stamp(struct slice text, struct civil *ret_c);

#endif
