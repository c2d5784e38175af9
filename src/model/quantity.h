/*
 * quantity.h - what is measured
 *
 * quantity.def is the published naming standard: X(ID, code, English, Russian, KIND, default unit,
 * decimals shown). The code is what drivers, files, JSON and formulas say; docs/quantities.md is
 * generated from the table. Phase, tariff, sub-unit belong to the register key, not to the quantity.
 */
#ifndef DOMOVOI_QUANTITY_H
#define DOMOVOI_QUANTITY_H

#include "model/unit.h"

/*
 * COUNTER  a register that only grows (energy, volume, time in operation); a period's value is the amount
 * GAUGE    an instantaneous value; a period's value is the time-weighted mean
 * STATE    codes and flags; a period's value is the last one; never averaged
 * INFO     identification, dates, texts: not archived
 */
enum quantity_kind {
	KIND_COUNTER,
	KIND_GAUGE,
	KIND_STATE,
	KIND_INFO
};

enum quantity {
#define X(id, code, en, ru, kind, unit, decimals) QUANTITY_##id,
#include "model/quantity.def"
#undef X
	QUANTITY_COUNT
};

const char *quantity_code(enum quantity q); /* "heat_energy" */
const char *quantity_text(enum quantity q, enum lang lang);
enum quantity_kind quantity_kind(enum quantity q);
enum unit quantity_unit(enum quantity q); /* what values of channels are stored and shown in */
int quantity_decimals(enum quantity q);
bool quantity_from_code(const char *code, enum quantity *ret_q);

#endif
