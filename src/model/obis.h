/*
 * obis.h - OBIS codes (IEC 62056-61): what a value of a meter is called
 *
 *     A-B:C.D.E*F      A medium  B channel  C quantity  D processing  E tariff or phase  F billing period
 *
 * One table for everything that speaks OBIS: IEC 62056-21 readouts, DLMS/COSEM, SML and P1 ports. It
 * gives the quantity and the key of the register; the unit a meter sends with the value wins over the
 * one named here. Pure functions.
 *
 * Source: IEC 62056-61:2006 tables 4 to 16; GOST R 58940-2020 annex B for the Russian profile.
 */
#ifndef DOMOVOI_OBIS_H
#define DOMOVOI_OBIS_H

#include "model/sample.h"

#define OBIS_CAP     28  /* text with the zero */
#define OBIS_CURRENT 255 /* F of a value that is none of a past billing period */

enum obis_group {
	OBIS_A,
	OBIS_B,
	OBIS_C,
	OBIS_D,
	OBIS_E,
	OBIS_F,
	OBIS_GROUPS
};

struct obis {
	uint8_t v[OBIS_GROUPS];
};

/* What kind of statement the code makes of its quantity. */
enum obis_kind {
	OBIS_NOW,      /* reading of a counter, instantaneous value, state */
	OBIS_INTERVAL, /* amount (counter) or mean (gauge) of a recording interval */
	OBIS_MAXIMUM,  /* of the running billing period */
	OBIS_INFO      /* identification, date, time */
};

struct obis_meaning {
	enum obis_kind kind;
	enum quantity quantity;
	enum unit unit;             /* usual where the meter names none */
	char key[REGISTER_KEY_CAP]; /* with phase and tariff */
};

/*
 * "1-0:1.8.1*255", "1-0:1.8.1", "1.8.1", "1.8.0*01", "1.8.0&01", "C.1.0", "F.F": groups that are not
 * written are A 1 (electricity), B 0, E 0, F 255. Letters stand for C 96, F 97, L 98, P 99. Returns how
 * many characters belong to the code, 0: none.
 */
size_t obis_parse(const char *text, size_t n, struct obis *ret_code);
/* "1.0.1.8.0.255", as DLMS writes it; hex of no kind. */
bool obis_parse_dotted(const char *text, struct obis *ret_code);
/* "1-0:1.8.0*255"; without "*255". */
const char *obis_text(char out[static OBIS_CAP], const struct obis *code);
bool obis_equal(const struct obis *a, const struct obis *b);
/* False: nothing here knows the code. F other than 255 does not matter to the meaning: whoever knows
 * which period it counts says when the value was taken. */
bool obis_meaning(const struct obis *code, struct obis_meaning *ret_meaning);

/* Unit codes of COSEM and SML (IEC 62056-62 table 4): value in *ret_unit = value * *ret_factor.
 * 255 is UNIT_NONE. False: a code nothing is metered in here. */
bool unit_from_dlms(int code, enum unit *ret_unit, double *ret_factor);

#endif
