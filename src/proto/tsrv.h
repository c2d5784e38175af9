/*
 * tsrv.h - Vzlet TSRV-020..024 and 030: which registers, which archives, what a record holds
 *
 * The meter speaks Modbus RTU. Function 17 names it; function 65 reads a record of an archive:
 *
 *   request   UU 41 AAAA CCCC 01 ss mm hh dd MM yy KK KK     by time; A: array, C: 1
 *             UU 41 AAAA CCCC 00 IIII KK KK                  by index
 *   reply     UU 41 nn record(nn) KK KK                      or an exception
 *
 * Every model has a map of its own, chosen by its name. Numbers are high byte first, times seconds since
 * 1970 on the meter's own clock. Driver and simulated meter share the tables. Facts:
 * docs/protocols/tsrv.md.
 */
#ifndef DOMOVOI_PROTO_TSRV_H
#define DOMOVOI_PROTO_TSRV_H

#include "base/zone.h"
#include "model/period.h"
#include "proto/cell.h"
#include "proto/modbus.h"

#define TSRV_SYSTEMS    3
#define TSRV_BLOCKS     3
#define TSRV_RECORD_CAP 250

struct tsrv_table {
	const struct cell *cells;
	size_t n;
};

/* What a record holds: the same of every system, and what belongs to none. */
struct tsrv_layout {
	size_t size;
	struct tsrv_table system; /* from system_at + n * system_stride */
	uint16_t system_at;
	uint16_t system_stride; /* 0: each system has an array of its own */
	struct tsrv_table common;
	bool is_total; /* integrators as they stood at the end of the interval, no amounts */
};

struct tsrv_archive {
	const struct tsrv_layout *layout; /* NULL: no such archive */
	uint16_t array;                   /* of the first system */
	uint16_t array_step;              /* to the next system's; 0: all are in one */
	unsigned depth;
};

struct tsrv_block {
	int function;
	uint16_t address;
	uint16_t count; /* 0: no more blocks */
	struct tsrv_table table;
};

enum tsrv_clock {
	TSRV_CLOCK_FIELDS, /* holding 3..8: yy MM dd hh mm ss, one register each */
	TSRV_CLOCK_EPOCH,  /* u32, seconds since 1970 on the meter's clock */
};

struct tsrv_model {
	const char *name; /* parameter "device" */
	const char *title;
	bool is_last_second; /* a record is stamped with the last second of its interval, else with its start */
	unsigned systems_max;
	struct tsrv_archive archives[PERIOD_COUNT];
	struct tsrv_block blocks[TSRV_BLOCKS];
	enum tsrv_clock clock;
	int clock_function;
	uint16_t clock_address;
	bool is_clock_set;   /* writing to holding clock_address sets it */
	int serial_function; /* 0: none known */
	uint16_t serial_address;
};

extern const struct tsrv_model tsrv_020, tsrv_023, tsrv_024, tsrv_024m_plus, tsrv_030_01,
	tsrv_030_03;
extern const struct tsrv_model *const tsrv_models[]; /* ends with NULL */
const struct tsrv_model *tsrv_model_named(const char *name);
/* By the text function 17 gives, whatever its code page. NULL: none of these. */
const struct tsrv_model *tsrv_model_find(struct slice text);
/* Models of one map may have records of another size: the layout that fits, or NULL. */
const struct tsrv_layout *tsrv_layout_of(const struct tsrv_archive *a, size_t size);

struct tsrv_request {
	uint16_t array;
	uint16_t count;
	bool is_by_time;
	struct civil time;
	uint16_t index;
	bool is_year_1900; /* yy is the year less 1900, not its last two digits */
};
void tsrv_request_put(const struct tsrv_request *q, struct modbus_pdu *ret_pdu);
/* False: not such a request. Years below 100 are 20xx, the others are counted from 1900. */
bool tsrv_request_get(struct slice pdu, struct tsrv_request *ret_q);

#endif
