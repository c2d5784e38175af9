/*
 * cell.h - values at fixed places of a record, as tables
 *
 * Many heat calculators keep a record as a structure of fixed places. One row of a table says what
 * lies where; driver and simulated meter share the table, as they share the description it is from.
 *
 *     at          where the value begins, in bytes from the start of the record
 *     fraction_at CELL_U32_F32BE: a whole number at `at`, its fraction as a float here
 *     divisor     value = number / divisor; 0 means 1
 *
 * A place outside the record and a float that is no number give NaN. Pure functions.
 */
#ifndef DOMOVOI_PROTO_CELL_H
#define DOMOVOI_PROTO_CELL_H

#include "base/buf.h"
#include "model/quantity.h"

enum cell_type {
	CELL_U8,
	CELL_U16BE,
	CELL_I16BE,
	CELL_U32BE,
	CELL_F32BE,
	CELL_U32LE,
	CELL_F32LE,
	CELL_F32CDAB, /* low word first, bytes of a word high first */
	CELL_U32_F32BE
};

struct cell {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	enum cell_type type;
	uint16_t at;
	uint16_t fraction_at;
	uint16_t divisor;
	int8_t decimals; /* digits the meter resolves; negative: unknown */
};

double cell_get(const struct cell *f, struct slice record);
/* NaN is written as a float that is no number or as zero; what does not fit is cut to the limit. */
void cell_put(const struct cell *f, double value, uint8_t *record, size_t size);
size_t cell_size(enum cell_type type); /* bytes at `at` */

#endif
