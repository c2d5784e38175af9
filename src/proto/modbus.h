/*
 * modbus.h - Modbus application protocol, serial (RTU) and TCP framing, and the values in registers
 *
 * One PDU (function code and data) travels in two coats:
 *
 *   RTU   unit | PDU | CRC-16, low byte first                     4..256 bytes
 *   TCP   transaction(2) 0000 length(2) unit | PDU                8..260 bytes
 *
 * The codec works both ways: a master encodes requests and decodes replies, a slave the reverse.
 * Functions 03 and 04 (read registers), 06 and 16 (write), 20 (read file record, one group). The
 * cutters know 17 and 65, too, whose data are bytes and not registers.
 * Addresses are what goes on the wire, from 0; registers are 16-bit words, high byte first.
 * Nothing allocates; slices point into what was given.
 *
 * Facts: docs/protocols/modbus.md. Not done: coils and discrete inputs, function 20 with several
 * groups, function 43, ASCII framing.
 */
#ifndef DOMOVOI_PROTO_MODBUS_H
#define DOMOVOI_PROTO_MODBUS_H

#include "base/buf.h"
#include "base/err.h"

#define MODBUS_READ_HOLDING   3
#define MODBUS_READ_INPUT     4
#define MODBUS_WRITE_ONE      6
#define MODBUS_WRITE_MANY     16
#define MODBUS_DEVICE_ID      17
#define MODBUS_READ_FILE      20
#define MODBUS_VZLET_ARCHIVE  65 /* of one maker: proto/tsrv.h */

#define MODBUS_READ_MAX       125 /* registers in one read */
#define MODBUS_WRITE_MAX      123 /* registers in one write */
#define MODBUS_FILE_MAX       121 /* registers of a file in one read */
#define MODBUS_PDU_CAP        253
#define MODBUS_ADU_CAP        260
#define MODBUS_FILE_REFERENCE 6 /* the standard's; KARAT-Compact wants 10 */

enum modbus_exception {
	MODBUS_ILLEGAL_FUNCTION = 1,
	MODBUS_ILLEGAL_ADDRESS = 2,
	MODBUS_ILLEGAL_VALUE = 3,
	MODBUS_DEVICE_FAILURE = 4,
	MODBUS_ACKNOWLEDGE = 5,
	MODBUS_BUSY = 6,
	MODBUS_NO_PATH = 10,
	MODBUS_NO_ANSWER = 11,
};

/* ---- PDU ---- */

struct modbus_request {
	int function;
	uint16_t address;  /* first register; of function 20 the record number */
	uint16_t count;    /* registers */
	uint16_t file;     /* function 20 */
	uint8_t reference; /* function 20; 0 means MODBUS_FILE_REFERENCE */
	struct slice data; /* functions 6 and 16: registers to write, high bytes first */
};

struct modbus_reply {
	int function;      /* without the exception bit */
	int exception;     /* 0: none */
	struct slice data; /* functions 3, 4, 20: registers, high bytes first */
	uint16_t address;  /* functions 6, 16: echoed */
	uint16_t count;
	uint8_t reference; /* function 20 */
};

struct modbus_pdu {
	uint8_t data[MODBUS_PDU_CAP];
	size_t size;
};

/* ERR_UNSUPP: another function; ERR_RANGE: more registers than a PDU holds. */
enum err modbus_request_encode(const struct modbus_request *q, struct modbus_pdu *ret_pdu);
enum err modbus_reply_encode(const struct modbus_reply *reply, struct modbus_pdu *ret_pdu);
/* ERR_UNSUPP: another function (`function` is set all the same, a slave refuses it with exception
 * 1); ERR_PROTO: lengths that contradict each other. */
enum err modbus_request_decode(struct slice in, struct modbus_request *ret_q);
enum err modbus_reply_decode(struct slice in, struct modbus_reply *ret_r);

/* ---- coats ---- */

struct modbus_head {
	bool is_tcp;
	uint16_t transaction; /* TCP */
	uint8_t unit;
};

struct modbus_adu {
	uint8_t data[MODBUS_ADU_CAP];
	size_t size;
};

void modbus_wrap(
	const struct modbus_head *head, const struct modbus_pdu *pdu, struct modbus_adu *ret_adu);
/* `frame` as a cutter below found it whole; false when it is not. */
bool modbus_unwrap(
	bool is_tcp, struct slice frame, struct modbus_head *ret_head, struct slice *ret_pdu);

/*
 * Where a frame ends in a stream of bytes. Over a gateway the silence between frames is lost, so
 * the length is computed from the function code. MORE: `size` bytes in all are needed at least;
 * FULL: the first `size` bytes are a frame with a good checksum; JUNK: drop `size` bytes.
 */
enum modbus_cut_state {
	MODBUS_CUT_MORE,
	MODBUS_CUT_FULL,
	MODBUS_CUT_JUNK
};
struct modbus_cut {
	enum modbus_cut_state state;
	size_t size;
};
struct modbus_cut modbus_cut_rtu_reply(struct slice so_far);
struct modbus_cut modbus_cut_rtu_request(struct slice so_far);
struct modbus_cut modbus_cut_tcp(struct slice so_far); /* both directions */

/* ---- values ---- */

enum modbus_type {
	MODBUS_TYPE_NONE,
	MODBUS_U16,
	MODBUS_I16,
	MODBUS_U32,
	MODBUS_I32,
	MODBUS_F32,
	MODBUS_U64,
	MODBUS_I64,
	MODBUS_F64,
	MODBUS_BCD16,
	MODBUS_BCD32, /* two decimal digits in a byte */
	MODBUS_TEXT,  /* bytes, two in a register, ended by a zero byte */
};

/*
 * How a value of several registers lies in them, named by the bytes of a 32-bit one; A is the
 * highest. 64-bit values likewise: ABCD four registers high to low, CDAB low register first, BADC
 * high register first with the bytes of each swapped, DCBA little-endian throughout.
 */
enum modbus_order {
	MODBUS_ORDER_NONE,
	MODBUS_ABCD,
	MODBUS_CDAB,
	MODBUS_BADC,
	MODBUS_DCBA
};

size_t modbus_type_words(enum modbus_type type); /* registers; 0 for TEXT and NONE */

/* The bits of a value, right-aligned, and back; `bytes` holds modbus_type_words(type) registers. */
uint64_t modbus_bits_get(enum modbus_type type, enum modbus_order order, const uint8_t *bytes);
void modbus_bits_put(
	enum modbus_type type, enum modbus_order order, uint64_t bits, uint8_t *ret_bytes);

/* The number the bits stand for. NaN: a float that is none, or BCD with digits above 9. A float32
 * comes out as the shortest decimal fraction that is the same float32: 0x43663333 is 230.2. */
double modbus_number(enum modbus_type type, uint64_t bits);
/* The bits nearest to the number, saturated at the ends of the type; NaN gives modbus_limit. */
uint64_t modbus_number_bits(enum modbus_type type, double number);
/* The bits many makers send for "no such value": all ones of unsigned and BCD types, the greatest
 * value of signed ones, NaN of floats. */
uint64_t modbus_limit(enum modbus_type type);

#endif
