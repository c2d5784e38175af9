/*
 * logika.h - what legacy Logika heat calculators hold in RAM, FLASH and archives: SPT941, SPT941.10/11,
 * SPT942, SPT943 before M4, SPG741
 *
 * Frames are those of m4.h; here is what their data mean. One layout per kind of meter says where
 * things lie, so that the reader and the simulated meter share a table and no code:
 *
 *     RAM      current values, the clock, what was counted since totals were last saved
 *     FLASH    settings of 16 bytes, totals, journals, archives; read in pages of 64 bytes
 *     record   one hour, day or month, found by date; the oldest SPT941 only lets its FLASH be read
 *
 * Numbers are floats of their own kind, see logika_float. Facts: docs/protocols/logika.md.
 */
#ifndef DOMOVOI_PROTO_LOGIKA_H
#define DOMOVOI_PROTO_LOGIKA_H

#include "base/buf.h"
#include "base/zone.h"
#include "model/period.h"
#include "model/quantity.h"

#define LOGIKA_PAGE       64 /* bytes of FLASH in one frame */
#define LOGIKA_PAGES_MAX  64 /* of one request */
#define LOGIKA_RAM_MAX    64 /* bytes of one request */
#define LOGIKA_RECORD_MAX 68
#define LOGIKA_FIELDS_MAX 16
#define LOGIKA_NONE       0xff /* no such setting */
#define LOGIKA_INDEX_PAGE 4    /* of the first SPT941 */

enum logika_kind {
	LOGIKA_UNKNOWN,
	LOGIKA_M4, /* newer firmware of the same names: not for this codec */
	LOGIKA_SPT941,
	LOGIKA_SPT941_10,
	LOGIKA_SPT942,
	LOGIKA_SPT943,
	LOGIKA_SPG741
};

/* A value at `at` bytes from the beginning of its block. Pressures and energies have the unit of
 * the meter's setting: here that of setting 0, see logika_unit. */
struct logika_field {
	const char *key;
	enum quantity quantity;
	enum unit unit;
	uint8_t at;
};

struct logika_fields {
	const struct logika_field *items;
	uint8_t n;
};

/* A ring of records in FLASH: headers of 4 bytes with the time, data of record_size elsewhere. */
struct logika_ring {
	uint16_t index_at; /* u16 in page LOGIKA_INDEX_PAGE: number of the last record */
	uint32_t headers_at, data_at;
	uint16_t slots;
	uint8_t record_size;
};

struct logika_layout {
	enum logika_kind kind;
	const char *model;
	uint8_t systems;        /* heat systems (TV), 1 or 2 */
	bool is_named_by_start; /* days and months are; hours are named by their end */
	uint8_t record_size
		[PERIOD_COUNT]; /* of the reply to a request by date; 0: no such archive */

	uint16_t clock_at; /* RAM: yy mm dd hh mi ss */
	uint16_t ram_at[2];
	uint8_t ram_size;
	struct logika_fields currents;
	int8_t ram_ns_at; /* of the block: abnormal situations, 3 bytes, then the scheme; -1: none */
	uint16_t flow_at;      /* RAM: two flows that lie apart; 0: none */
	uint16_t ns_at;        /* RAM: one byte of abnormal situations that lies apart; 0: none */
	uint32_t totals_at[2]; /* FLASH: u32 and float each, in the order of `totals`; 0: unknown */
	uint16_t added_at[2];  /* RAM: floats, counted since FLASH was written */
	struct logika_fields totals;

	struct logika_fields record;
	int8_t record_ns_at, record_scheme_at; /* -1: none */
	bool settings;                         /* FLASH 0x200 + 16 N are settings */
	uint8_t units_no, time_no, date_no, day_no, hour_no, id_no; /* numbers N or LOGIKA_NONE */
	uint32_t changes_at[2], situations_at[2]; /* journals in FLASH; 0: unknown */
	const uint8_t *abnormal;                  /* common situation (abnormal.h) of each bit */
	uint8_t abnormal_n;
};

/* By the three bytes a session request is answered with. */
enum logika_kind logika_kind_of(const uint8_t id[static 3]);
/* The first SPT941 do not search their archive. */
bool logika_is_searching(const uint8_t id[static 3]);
const struct logika_layout *logika_layout_of(enum logika_kind kind); /* NULL: none */
/* Ring of the first SPT941; NULL for periods it has none of. */
const struct logika_ring *logika_ring_of(enum period p);

/* ---- values ---- */

/*
 * 4 bytes MM MM SM EE: (-1)^S (1 + M / 2^23) 2^(E - 127), low byte of M first; zeros are 0. The bits of a
 * float32 in another order, so what comes out is the shortest decimal that is the same float32.
 * FF FF FF FF is erased FLASH: NaN.
 */
double logika_float(const uint8_t b[static 4]);
void logika_float_put(uint8_t to[static 4], double v); /* NaN: FF FF FF FF */
/* Total of 8 bytes and what was added since. NaN where they hold no total. */
double logika_total(const uint8_t saved[static 8], const uint8_t added[static 4]);
void logika_total_put(uint8_t saved[static 8], uint8_t added[static 4], double v, double since);

/* The unit of a field when the meter's setting of units is 0, 1 or 2; others mean 0 to the meter. */
enum unit logika_unit(enum unit of_field, unsigned setting);
/* Bits of abnormal.h. */
unsigned logika_abnormal(const struct logika_layout *l, uint32_t situations);

/* ---- time ---- */

/* yy mm dd hh mi ss of the clock, year - 2000. False: no such time. */
bool logika_clock(const uint8_t b[static 6], struct civil *ret);
void logika_clock_put(uint8_t to[static 6], struct civil c);
/* yy mm dd hh of a request by date or a ring's header, year - 1900. */
bool logika_stamp(const uint8_t b[static 4], struct civil *ret);
void logika_stamp_put(uint8_t to[static 4], enum period p, struct civil c);
/* 10 yy mm dd hh mi at the beginning of a journal's entry, year - 2000. */
bool logika_entry(const uint8_t b[static 6], struct civil *ret);
void logika_entry_put(uint8_t to[static 6], struct civil c);

/* ---- records ---- */

struct logika_record {
	uint32_t situations; /* bits of abnormal situations (NS) */
	bool has_situations;
	uint8_t scheme;                   /* SP, of consumption */
	uint16_t has;                     /* bit n: values[n] is part of this record */
	double values[LOGIKA_FIELDS_MAX]; /* in the order of layout.record */
};

/* False: too short for this kind and period. */
bool logika_record_get(
	const struct logika_layout *l, enum period p, struct slice data, struct logika_record *ret);
/* Fills `size` bytes, FF where nothing lies. */
void logika_record_put(const struct logika_layout *l, enum period p, const struct logika_record *r,
	uint8_t *to, size_t size);

/* The text of a setting, without blanks; "" where nothing was ever set. `b` is 16 bytes. */
void logika_setting(const uint8_t b[static 16], char to[static 9]);
void logika_setting_put(uint8_t to[static 16], const char *text, bool is_operative);

#endif
