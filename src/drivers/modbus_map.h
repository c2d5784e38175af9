/*
 * modbus_map.h - a meter that is a table of registers
 *
 * The structures a file of meters/ is loaded into (poll/meter_map.c, format: docs/meter-maps.md)
 * and the pure functions over them that the driver, the simulator and the tests share. A map is
 * immutable once loaded. Members marked "derived" are not in the file; the loader computes them.
 *
 *   map ──< register          what read_current asks for, merged into blocks
 *       ──< block             one read request each
 *       ─── clock             where the time stands
 *       ──< archive ──< field one record per period, reached in one of three ways
 */
#ifndef DOMOVOI_MODBUS_MAP_H
#define DOMOVOI_MODBUS_MAP_H

#include "base/zone.h"
#include "model/sample.h"
#include "proto/modbus.h"

/* Factors a reader has to apply because the meter does not: current and voltage transformers. */
enum modbus_ratio {
	MODBUS_RATIO_NONE,
	MODBUS_RATIO_CT,
	MODBUS_RATIO_VT,
	MODBUS_RATIO_CT_VT
};

/* Bits that mean "no value". Floats that are no number always do. */
enum modbus_missing {
	MODBUS_MISSING_INHERIT,
	MODBUS_MISSING_NEVER,
	MODBUS_MISSING_LIMIT, /* modbus_limit() of the type */
};

struct modbus_register {
	char key[REGISTER_KEY_CAP];
	enum quantity quantity; /* derived from the key where the file does not say */
	enum unit unit;
	int function; /* 3 or 4 */
	uint16_t at;  /* address; in a record of an archive: registers from its start */
	enum modbus_type type;
	enum modbus_order order;
	uint16_t words; /* registers the value takes; given for text only */
	char scale[24]; /* "0.01"; "" is 1 */
	enum modbus_ratio ratio;
	enum modbus_missing missing;
	uint64_t *missing_bits; /* one more pattern; NULL none */
	uint16_t *minus;   /* address of a register of the same kind to be subtracted; NULL none */
	int *decimals;     /* NULL: from the scale, unknown for floats */
	char capacity[24]; /* "1000000"; "" unknown */
	enum sample_form form; /* archives; FORM_NOW: the archive's */

	/* derived */
	double numerator, denominator; /* value = bits * numerator / denominator, exact integers */
	int decimals_or_less;          /* negative: unknown */
	double wraps_at;               /* 0: unknown */
};

struct modbus_block {
	int function;
	uint16_t at;
	uint16_t count;
};

/* A time in registers. Layout: "epoch" (seconds since 1970, u32) or a token for each byte. */
#define MODBUS_STAMP_CAP 16
enum modbus_time {
	MODBUS_TIME_LOCAL,
	MODBUS_TIME_UTC
};
struct modbus_stamp {
	int function;
	uint16_t at;
	char layout[64];
	enum modbus_order order; /* of an epoch */
	enum modbus_time time;   /* local: of the zone the meter's clock runs in */
	bool is_bcd;
	int write_function; /* 6 or 16; 0: the clock cannot be set */

	/* derived */
	char token[MODBUS_STAMP_CAP]; /* see modbus_map.c */
	size_t size;                  /* bytes; even */
	bool is_epoch;
};

/*
 * How a record is reached. Records are numbered backwards from `first`, the newest finished one.
 *   FILE    function 20: file and record number
 *   INDEX   write the record number to register `index_at`, then read at `at`
 *   DIRECT  read at `at` + number * stride; several records in one read
 */
enum modbus_access {
	MODBUS_ACCESS_FILE,
	MODBUS_ACCESS_INDEX,
	MODBUS_ACCESS_DIRECT
};

/*
 * What numbers count. SLOTS: periods of the calendar, a period without a record is refused or
 * empty. RECORDS: records that exist, so that a hole moves the numbers of all before it.
 */
enum modbus_numbering {
	MODBUS_NUMBER_SLOTS,
	MODBUS_NUMBER_RECORDS
};

/* Which end of its period the time stamp of a record names. */
enum modbus_label {
	MODBUS_LABEL_BEGIN,
	MODBUS_LABEL_END
};

struct modbus_archive {
	enum period period;
	uint32_t depth; /* records */
	enum sample_form form;
	enum modbus_label label;
	enum modbus_access access;
	enum modbus_numbering numbering;
	int function; /* of reading the window: 3 or 4 */
	uint16_t at;
	uint16_t size;   /* registers of a record that are read */
	uint16_t stride; /* DIRECT: registers from record to record; 0: size */
	uint16_t first;  /* number of the newest finished record */
	uint16_t file;
	uint8_t reference;
	uint16_t index_at;
	int index_function;              /* 6 or 16 */
	struct modbus_stamp stamp;       /* `at` from the record's start */
	char abnormal[REGISTER_KEY_CAP]; /* field that is not 0 in an abnormal situation; "" none */
	struct modbus_register *fields;
	unsigned fields_count;

	/* derived */
	uint16_t batch;     /* records in one read */
	int abnormal_field; /* index, -1 none */
};

enum modbus_confidence {
	MODBUS_CONFIDENCE_A,
	MODBUS_CONFIDENCE_B,
	MODBUS_CONFIDENCE_C
};

struct modbus_line {
	int baud;
	char framing[8];
	int gap_ms;
	int reply_ms;
};

struct modbus_map {
	char name[48]; /* as the file is called, and the value of the driver's parameter "model" */
	char title[96];
	char maker[32];
	char medium[32];
	enum modbus_confidence confidence;
	char **sources;
	unsigned sources_count;
	char *notes;             /* may be NULL */
	struct modbus_line line; /* as delivered; zeros and "" unknown */
	int function;            /* defaults of the registers */
	enum modbus_order order;
	enum modbus_missing missing;
	uint16_t block_max;                /* most registers in one read */
	uint16_t block_gap;                /* undefined registers that may be read over */
	struct modbus_register *registers; /* derived: sorted by function and address */
	unsigned registers_count;
	struct modbus_block *blocks; /* of the file, or derived */
	unsigned blocks_count;
	struct modbus_stamp *clock; /* NULL: none known */
	struct modbus_archive *archives;
	unsigned archives_count;
};

/* The value in the register's unit without ratios; NaN where the meter says there is none.
 * `bytes` holds r->words registers. */
double modbus_register_get(const struct modbus_register *r, const uint8_t *bytes);
void modbus_register_put(const struct modbus_register *r, double value, uint8_t *ret_bytes);
/* A text register, without trailing blanks and zeros; bytes that are not ASCII become '?'. */
void modbus_register_text(
	const struct modbus_register *r, const uint8_t *bytes, size_t cap, char *ret_text);

/* False: empty (all ones or all zeros) or no time. `zone` is the meter's. */
bool modbus_stamp_get(const struct modbus_stamp *s, const struct zone *zone, const uint8_t *bytes,
	int64_t *ret_utc);
void modbus_stamp_put(
	const struct modbus_stamp *s, const struct zone *zone, int64_t utc, uint8_t *ret_bytes);

const struct modbus_archive *modbus_map_archive(const struct modbus_map *m, enum period period);

/* What the loader derives from text; false: no decimal number, no layout. */
bool modbus_scale_parse(
	const char *text, double *ret_numerator, double *ret_denominator, int *ret_decimals);
bool modbus_stamp_prepare(struct modbus_stamp *s);

#endif
