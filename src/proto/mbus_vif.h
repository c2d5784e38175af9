/*
 * mbus_vif.h - what VIF and VIFE codes mean, and how values are coded; private to mbus_*.c
 *
 * A row covers the codes first..last. FORM_NUMBER rows raise the power of ten by one with each code,
 * FORM_CLOCK rows step s, min, h, day; FORM_SPAN rows h, day, month, year.
 */
#ifndef DOMOVOI_PROTO_MBUS_VIF_H
#define DOMOVOI_PROTO_MBUS_VIF_H

#include "proto/mbus.h"

enum mbus_form {
	MBUS_FORM_NUMBER, /* signed, scaled */
	MBUS_FORM_CLOCK,  /* duration in s, min, h, day */
	MBUS_FORM_SPAN,   /* duration in h, day, month, year */
	MBUS_FORM_TIME,   /* date, time or both by the size of the data */
	MBUS_FORM_CODE,   /* unsigned: bits, identification, address */
};

struct mbus_vif {
	uint8_t first, last;
	enum quantity quantity;
	enum unit unit;
	int8_t exponent; /* of `first` */
	enum mbus_form form;
	const char *name;
};

enum mbus_vif_table {
	MBUS_VIF_PRIMARY,
	MBUS_VIF_FB,
	MBUS_VIF_FD,
	MBUS_VIF_FDFD,
	MBUS_VIF_TABLES
};

/* NULL: reserved. `code` without the extension bit. */
const struct mbus_vif *mbus_vif_find(enum mbus_vif_table table, uint8_t code);

enum mbus_vife_kind {
	MBUS_VIFE_RESERVED,
	MBUS_VIFE_RECORD_ERROR,
	MBUS_VIFE_PER,       /* `symbol` goes behind the unit; the value is another quantity */
	MBUS_VIFE_NEUTRAL,   /* the value stays what it is */
	MBUS_VIFE_MODIFIER,  /* the same unit, another meaning */
	MBUS_VIFE_COUNT,     /* a count of events */
	MBUS_VIFE_CLOCK,     /* a duration; nn of the code selects s, min, h, day */
	MBUS_VIFE_TIME,      /* a moment */
	MBUS_VIFE_FACTOR,    /* power of ten, exponent + (code - first) */
	MBUS_VIFE_ADD,       /* add 10^(exponent + (code - first)) */
	MBUS_VIFE_EXTENSION, /* next VIFE from the second table */
	MBUS_VIFE_MAKER,     /* the rest is the manufacturer's */
};

struct mbus_vife {
	uint8_t first, last;
	enum mbus_vife_kind kind;
	int8_t exponent;
	const char *text; /* symbol of PER, else what it says */
};

/* Never NULL: RESERVED where unknown. */
const struct mbus_vife *mbus_vife_find(uint8_t code);
/* The table behind 7C. */
const struct mbus_vife *mbus_vife_extension_find(uint8_t code);
const char *mbus_record_error_name(uint8_t code);

/* What DIF and VIF say about how the data are coded. */
struct mbus_coding {
	uint8_t field; /* data field of the DIF */
	uint8_t lvar;  /* of MBUS_FIELD_TEXT: what the data are */
	enum mbus_form form;
	int exponent; /* VIF and factors */
	bool has_offset;
	struct decimal offset;
	bool is_high_first;
};

/* r->data into type, number, time, text (mbus_value.c). */
void mbus_value_decode(struct mbus_record *r, const struct mbus_coding *coding);

#endif
