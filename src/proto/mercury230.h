/*
 * mercury230.h - protocol of Mercury 203.2TD, 204, 208, 230 to 238 (Incotex): frames, both directions
 *
 * Pure functions over bytes: no I/O, no memory, no clock.
 *
 *     AA | KK | data .. | CC CC          request
 *     AA | data .. | CC CC               reply; a status alone is AA SS CC CC
 *
 * A: address, 0 anybody alone on the line, 1 .. F0, FE all    K: command
 * C: CRC-16/MODBUS of all before it, low byte first
 *
 * A reply says neither its length nor what it answers: both follow from the request.
 *
 * Behind an HTC or PPL concentrator the frame travels in another one:
 *
 *     01 | LL | 1n | 00 00 00 | NN NN NN .. | 40 | frame | SS SS         request
 *     01 | LL | 01 | NN NN NN | 00 00 00    | 40 | frame | SS SS         reply
 *
 * L: bytes from itself to the end of the frame    n + 1 nodes of the route N, high byte first
 * S: htc_checksum of all behind the first byte, low byte first; no frame: the meter did not answer
 *
 * Facts: docs/protocols/mercury230.md.
 */
#ifndef DOMOVOI_PROTO_MERCURY230_H
#define DOMOVOI_PROTO_MERCURY230_H

#include "base/buf.h"
#include "base/err.h"
#include "base/zone.h"

#define M230_FRAME_MAX   300
#define M230_ANY         0x00
#define M230_BROADCAST   0xfe
#define M230_RECORD      15 /* bytes of a profile record; one stands every 16 */
#define M230_STRIDE      16
#define M230_BATCH       17   /* records of one relative read: 255 bytes */
#define M230_LONG        0xff /* bytes of a long read of the memory */
#define M230_LONG_BATCH  16   /* records of it, the last without its 16th byte */
#define HTC_NODES_MAX    8
#define HTC_OVERHEAD_MAX (12 + 3 * HTC_NODES_MAX)

enum m230_command {
	M230_TEST = 0x00,
	M230_OPEN = 0x01,
	M230_CLOSE = 0x02,
	M230_WRITE = 0x03,
	M230_TIME = 0x04, /* clock and journals */
	M230_ENERGY = 0x05,
	M230_MEMORY = 0x06,
	M230_PARAMETER = 0x08,
	M230_QUADRANTS = 0x15,
	M230_RELATIVE = 0x16,
	M230_SLICE = 0x18
};

enum m230_status {
	M230_OK,
	M230_ILLEGAL,
	M230_INTERNAL,
	M230_NO_ACCESS,
	M230_CLOCK_DONE, /* already corrected today */
	M230_NOT_OPEN
};

struct m230_out {
	uint8_t data[M230_FRAME_MAX];
	size_t size;
};

void m230_frame(uint8_t address, struct slice body, struct m230_out *ret);
/* Address and what stands behind it. False: too short, wrong checksum. */
bool m230_unframe(struct slice frame, uint8_t *ret_address, struct slice *ret_body);

/* Energy and counters, Wh: b1 b0 b3 b2. All ones: not measured, NaN. */
double m230_energy(const uint8_t *b);
void m230_energy_put(double wh, uint8_t *to); /* NaN: all ones */
/* Three bytes: a value of 22 bits, two directions. */
struct m230_value {
	uint32_t raw;
	bool is_reverse, is_reactive_reverse;
};
struct m230_value m230_instant(const uint8_t *b);
void m230_instant_put(const struct m230_value *v, uint8_t *to);
/* "ss mm hh dow DD MM YY w": 8 bytes, BCD. False: no time. */
bool m230_clock(const uint8_t *b, struct civil *ret, bool *ret_is_winter);
void m230_clock_put(const struct civil *c, bool is_winter, uint8_t *to);
/* "ss mm hh DD MM YY" of a journal. False: an empty entry. */
bool m230_moment(const uint8_t *b, struct civil *ret);
/* Eight digits out of four bytes of two digits each, binary. False: no number. */
bool m230_serial(const uint8_t *b, char out[static 9]);
/* Of the status word: bit n - 1 for error E-n. Three words, the highest first, each low byte first. */
uint64_t m230_errors(const uint8_t *b);
int m230_constant(uint8_t variant_byte_2); /* impulses per kWh; 0: unknown */

struct m230_record {
	unsigned status;
	struct civil end; /* local, of the interval */
	int minutes;
	double n[4]; /* A+ A- R+ R-, half impulses; NaN: not measured */
};
#define M230_RECORD_WRAPPED    0x01u /* the ring has been full once */
#define M230_RECORD_INCOMPLETE 0x02u
#define M230_RECORD_INIT       0x04u
#define M230_RECORD_WINTER     0x08u
#define M230_RECORD_SECOND     0x10u                         /* of the second profile */
bool m230_record(const uint8_t *b, struct m230_record *ret); /* false: none stands here */
void m230_record_put(const struct m230_record *r, uint8_t *to);

uint16_t htc_checksum(struct slice bytes);
/* `route`: nodes of 24 bits. */
void htc_wrap(const uint32_t *route, size_t nodes, struct slice frame, struct m230_out *ret);
/* A whole packet: 0 junk at the front, the bytes needed if more must come (greater than s.size), else
 * its size. `ret_frame` empty: the meter did not answer. */
size_t htc_cut(struct slice s, uint32_t *ret_node, struct slice *ret_frame);

#endif
