/*
 * pulsar.h - protocol of the Pulsar meters (Teplovodokhran): frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock. Request and reply look alike:
 *
 *     AA AA AA AA | FF | LL | data .. | II II | CC CC
 *
 * A: address, the meter's number of 8 decimal digits, two in a byte, first digits first
 * F: function; of a refusal 00, its data are the code
 * L: bytes of the whole frame, 10 .. 255
 * I: any two bytes; the reply repeats them, which makes it the reply to this request
 * C: CRC-16/MODBUS of all before it, low byte first
 *
 * Numbers in the data are low byte first. A mask (u32) has bit n - 1 for channel n.
 * Two frames are of another shape, those of the search for the only meter on a line:
 *
 *     F0 0F 0F F0 00 00 00 00 00 A5 44            request
 *     F0 0F 0F F0 AA AA AA AA CC CC               reply
 *
 * Facts: docs/protocols/pulsar.md.
 */
#ifndef DOMOVOI_PROTO_PULSAR_H
#define DOMOVOI_PROTO_PULSAR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define PULSAR_FRAME_MAX    255
#define PULSAR_DATA_MAX     (PULSAR_FRAME_MAX - 10)
#define PULSAR_ADDRESS_MAX  99999999
#define PULSAR_CHANNEL_MAX  32
#define PULSAR_ARCHIVE_MAX  58 /* values of one archive reply: what a frame holds */
#define PULSAR_ARCHIVE_HEAD 10 /* mask and first time stamp before them */

/* functions */
#define PULSAR_REFUSAL      0x00
#define PULSAR_READ         0x01
#define PULSAR_WRITE        0x03
#define PULSAR_READ_CLOCK   0x04
#define PULSAR_WRITE_CLOCK  0x05
#define PULSAR_READ_ARCHIVE 0x06
#define PULSAR_READ_WEIGHT  0x07
#define PULSAR_WRITE_WEIGHT 0x08
#define PULSAR_TEST_LINE    0x09
#define PULSAR_READ_PARAM   0x0a
#define PULSAR_WRITE_PARAM  0x0b
#define PULSAR_READ_INPUTS  0x19
#define PULSAR_READ_FLOW    0x3e

/* codes of a refusal */
enum pulsar_refusal {
	PULSAR_UNKNOWN_ERROR,
	PULSAR_NO_FUNCTION,
	PULSAR_BAD_MASK,
	PULSAR_BAD_LENGTH,
	PULSAR_NO_PARAM,
	PULSAR_NOT_ALLOWED,
	PULSAR_BAD_VALUE,
	PULSAR_NO_ARCHIVE,
	PULSAR_TOO_MANY
};

struct pulsar_frame {
	uint32_t address;
	uint8_t function;
	uint16_t id;       /* as sent: high byte first */
	struct slice data; /* borrowed */
};

struct pulsar_out {
	uint8_t data[PULSAR_FRAME_MAX];
	size_t size;
};

/* ERR_RANGE: an address above 8 digits or more data than a frame holds. */
enum err pulsar_encode(const struct pulsar_frame *f, struct pulsar_out *ret);
/* `bytes` must be one whole frame as pulsar_cut found it. ERR_PROTO otherwise. */
enum err pulsar_decode(struct slice bytes, struct pulsar_frame *ret);

/*
 * Where a frame ends in a stream: MORE (at least `ret_size` bytes in all), FULL (the first `ret_size`
 * bytes are a frame with a right checksum), JUNK (drop `ret_size` and look again).
 */
enum pulsar_cut {
	PULSAR_CUT_MORE,
	PULSAR_CUT_FULL,
	PULSAR_CUT_JUNK
};
enum pulsar_cut pulsar_cut(struct slice so_far, size_t *ret_size);

/* The search. The reply is told from the request by its length. */
void pulsar_search_request(struct pulsar_out *ret);
void pulsar_search_reply(uint32_t address, struct pulsar_out *ret);
bool pulsar_is_search_request(struct slice frame);
bool pulsar_search_decode(struct slice frame, uint32_t *ret_address);

/* Times are six bytes: year since 2000, month, day, hour, minute, second, binary. False: none. */
#define PULSAR_TIME_SIZE 6
bool pulsar_time_get(const uint8_t *bytes, struct civil *ret);
void pulsar_time_put(struct civil c, uint8_t *ret_bytes);

uint32_t pulsar_u32(const uint8_t *bytes);
/* A float of 4 bytes (the shortest decimal that reads back to it) or a double of 8. NaN: the meter
 * has no value (FFFFFFF1 is one of the NaNs, and so is every other), or an infinity. */
double pulsar_value(const uint8_t *bytes, size_t width);
void pulsar_value_put(double v, size_t width, struct buf *out); /* NaN: FFFFFFF1 */

#endif
