/*
 * iec_map.h - a maker's dialect of IEC 62056-21
 *
 * The standard leaves open what values are called and how an archive is asked for; a file of
 * meters/iec/ says it for one family of meters. The structures a file is loaded into
 * (poll/iec_map.c, format: docs/protocols/iec62056.md) and the pure functions over them. A map is
 * chosen by the identification of the meter or by name, and is immutable once loaded.
 *
 * `ask` is what R1 asks for, "ET0PE()"; in those of archives stand for themselves, in braces: DD MM YY
 * of the day or month, i the number of the record counted back (ii in two hex digits), first and n of
 * intervals.
 */
#ifndef DOMOVOI_DRIVERS_IEC_MAP_H
#define DOMOVOI_DRIVERS_IEC_MAP_H

#include "drivers/modbus_map.h"
#include "proto/iec62056.h"

#define IEC_ASK_CAP       64
#define IEC_REGISTERS_MAX 64
#define IEC_COLUMNS_MAX   8

/* What the values of one answer are. */
enum iec_list {
	IEC_ONE,
	IEC_TARIFFS, /* sum, T1, T2 ... */
	IEC_PHASES,  /* L1, L2, L3; one value alone: the meter has one phase */
	IEC_NUMBERED /* 1, 2, 3 ... */
};

enum iec_type {
	IEC_DECIMAL,
	IEC_HEX
};

/* Numbers from `from` on mean themselves less `minus`, negative if so said: sign and quadrant of some
 * meters. The first band that fits counts. */
struct iec_band {
	double from, minus;
	bool is_negative;
};

struct iec_register {
	char ask[IEC_ASK_CAP]; /* "": a set of the readout */
	char id[IEC_ID_CAP];   /* of the set; derived from `ask` where the file does not say */
	char key[REGISTER_KEY_CAP];
	enum quantity quantity; /* derived from the key where the file does not say */
	enum unit unit;         /* where the meter sends none */
	enum iec_list list;
	enum iec_type type;
	uint8_t part; /* of a value cut at the map's separator, from 0 */
	struct iec_band *bands;
	unsigned bands_count;
};

struct iec_unit {
	char text[8]; /* as the meter writes it */
	enum unit unit;
};

/* What an error text means: one of UNSUPP, DENIED, NODATA, BUSY, LIMIT. */
struct iec_error {
	char text[16];
	enum err is;
};

struct iec_clock {
	char date[IEC_ASK_CAP], date_layout[IEC_ID_CAP];
	char time[IEC_ASK_CAP], time_layout[IEC_ID_CAP]; /* "": the first says both */
};

struct iec_archive {
	enum period period;
	enum sample_form form; /* POINT: reading at the end; AMOUNT */
	char ask[IEC_ASK_CAP];
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	enum unit unit;
	enum iec_list list;
	char stamp[IEC_ID_CAP]; /* layout of the first value, the day or month; "": no stamp */
	uint16_t first;         /* number of the newest that is over */
	uint16_t depth;         /* records; 0: unknown */
};

struct iec_column {
	char ask[IEC_ASK_CAP];
	char key[REGISTER_KEY_CAP];
	enum quantity quantity; /* of the energy */
	enum unit unit;         /* of the mean power */
};

struct iec_profile {
	char interval[IEC_ASK_CAP]; /* asks for the minutes */
	uint8_t minutes;            /* where it cannot be asked for */
	uint16_t days;              /* depth; 0: unknown */
	struct iec_column *columns;
	unsigned columns_count;
};

struct iec_map {
	char name[48]; /* as the file is called */
	char title[96];
	char maker[32];  /* in words */
	char medium[32]; /* "electricity" */
	char flag[4];    /* three letters of the identification */
	char **idents;   /* beginnings of what follows them */
	unsigned idents_count;
	enum modbus_confidence confidence;
	char **sources;
	unsigned sources_count;
	char *notes; /* may be NULL */
	struct modbus_line line;
	enum iec_bcc bcc;
	bool is_readout; /* values come with the readout, of OBIS codes where there are no registers; else
			  * each is asked for */
	char select[3]; /* of the readout: protocol and mode; "": 00 */
	char separator; /* derived */
	char separator_text[2];
	uint8_t wake; /* NUL bytes before the sign-on */
	char password[IEC_ID_CAP];
	bool has_login; /* nothing is said before the password */
	char serial[IEC_ASK_CAP], version[IEC_ASK_CAP];
	struct iec_clock clock;
	struct iec_unit *units;
	unsigned units_count;
	struct iec_error *errors;
	unsigned errors_count;
	struct iec_register *registers;
	unsigned registers_count;
	struct iec_archive *archives;
	unsigned archives_count;
	struct iec_profile *profile; /* NULL: none */
};

bool iec_map_fits(const struct iec_map *m, const char *flag, const char *ident);
/* UNSUPP where the text is not known. */
enum err iec_map_error(const struct iec_map *m, struct slice text);
/* The unit of a set; `usual` where it names none. False: a unit nothing is metered in. */
bool iec_map_unit(const struct iec_map *m, struct slice text, enum unit usual, enum unit *ret);
double iec_map_banded(const struct iec_register *r, double v);
/* Key of value `i` of `n`. False: a list of tariffs has no more than 8, of phases 3. */
bool iec_map_key(enum iec_list list, const char *key, unsigned i, unsigned n,
	char out[static REGISTER_KEY_CAP]);

struct iec_place {
	struct civil day;
	unsigned index, first, n;
};
/* False: unknown braces, or too long. */
bool iec_map_ask(const char *form, const struct iec_place *at, char out[static IEC_ASK_CAP]);
bool iec_map_counts_back(const char *form); /* asks by number, not by date */

#endif
