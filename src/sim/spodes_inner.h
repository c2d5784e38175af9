/*
 * spodes_inner.h - the parts of the simulated SPODES meter; private to sim/spodes_*.c
 *
 *   spodes_meter.c     HDLC and wrapper, association, requests and their blocks
 *   spodes_objects.c   registers, clock, identification
 *   spodes_profiles.c  profiles and journals
 *
 * What it is follows from the device's model:
 *
 *   spodes        three phases, HDLC, 30 min, PDU of 1024 bytes; a row is written when power goes
 *   spodes_d      one phase (category D), HDLC, 60 min, PDU of 100 bytes, no profiles of scales, no
 *                 snapshot; a day with power for a part has all its rows, zeros where it was off
 *   spodes_tcp    as spodes, wrapper, 60 min
 *   spodes_gmac   as spodes, HLS-GMAC and enciphered, for the configurator
 */
#ifndef DOMOVOI_SIM_SPODES_INNER_H
#define DOMOVOI_SIM_SPODES_INNER_H

#include "proto/axdr.h"
#include "proto/cosem.h"
#include "sim/memory.h"

/* What a meter of these kinds may lack: the device's status, in tests. */
#define SPODES_NO_RANGE    0x01 /* refuses to select by clock */
#define SPODES_NO_ENTRIES  0x02 /* ... by number */
#define SPODES_NO_POWER    0x04 /* has no journal of switching on and off */
#define SPODES_NEW_COLUMNS 0x08 /* its load profile has one column more */
#define SPODES_NO_SCHEDULE 0x10 /* does not tell when months end */

struct spodes {
	struct sim_device *device;
	int64_t now_us;
	bool is_single; /* one phase */
	bool is_wrapper;
	bool is_gmac;
	bool has_blocks_of_days; /* all rows of a day that had power for a part */
	bool has_clockless_rows; /* the clock is null where it follows from the row before */
	uint16_t pdu;
	int minutes; /* of the load profile */
	enum period period;
	int client; /* SAP */
};

void spodes_become(struct sim_device *d, int64_t now_us, struct spodes *ret);

/* spodes_objects.c */

struct spodes_reg {
	uint8_t c, d, e;
	enum quantity quantity;
	enum unit unit; /* of its number, before the scaler */
	uint8_t tag;    /* type of its number */
	int8_t scaler;
	uint8_t unit_code;
};

/* The row of a register and its phase (0 all); NULL: no such thing in this kind of meter. */
const struct spodes_reg *spodes_reg_of(
	const struct spodes *m, const struct obis *o, int *ret_phase);
/* The number a register shows at a moment, in its unit and with its scaler moved by `shift`. */
int64_t spodes_reading(const struct spodes *m, const struct obis *o, int64_t utc_us, int shift);
void spodes_put_number(struct buf *out, uint8_t tag, int64_t v);
void spodes_put_name(struct buf *out, const struct obis *o);
void spodes_put_length(struct buf *out, uint8_t tag, size_t n);
void spodes_put_scale(const struct spodes_reg *r, int shift, struct buf *out);
void spodes_put_clock(const struct spodes *m, struct buf *out, int64_t utc);
/* A date and time as clients write it: 09 0C and twelve bytes. */
bool spodes_get_clock(const struct spodes *m, const uint8_t *b, int64_t *ret_utc);

/* spodes_profiles.c */
enum cosem_result spodes_profile_get(const struct spodes *m, const struct obis *object,
	int attribute, struct slice selection, struct buf *out);

/* Data of an attribute; the result the meter gives. */
enum cosem_result spodes_get(const struct spodes *m, uint16_t class_id, const struct obis *object,
	int attribute, struct slice selection, struct buf *out);
enum cosem_result spodes_set(const struct spodes *m, uint16_t class_id, const struct obis *object,
	int attribute, struct slice data);

#endif
