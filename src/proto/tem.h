/*
 * tem.h - heat calculators TEM-104, TEM-106 (TSM-104) and TEM-104-1: frames, memories, records
 *
 *   request   55 AA ~A GG CC LL data(LL) SS      reply   AA AA ~A GG CC LL data(LL) SS
 *
 * The first byte is the signature; A: address, ~A its complement, GG CC: group and command, LL: bytes
 * of data, SS: complement of the low byte of the sum of everything before. In replies of the reading
 * groups LL 0 is 256. Numbers are high byte first.
 *
 * A meter has four memories that are read by address: timer (settings, integrators, pointers into the
 * archive), RTC, RAM (what is measured now) and flash (three rings of records). Where things lie differs
 * by model: struct tem_model. The codec works both ways. Facts: docs/protocols/tem104.md.
 */
#ifndef DOMOVOI_PROTO_TEM_H
#define DOMOVOI_PROTO_TEM_H

#include "base/zone.h"
#include "model/period.h"
#include "proto/cell.h"

#define TEM_REQUEST    0x55
#define TEM_REPLY      0xaa
#define TEM_FRAME_CAP  263
#define TEM_BLOCK_MAX  64 /* what every firmware gives at once; from 2R.37 on 256 */
#define TEM_SYSTEMS    6
#define TEM_RECORD_CAP 384
#define TEM_FLASH_BASE 0x200000 /* pointers to the archive count from here */

enum tem_memory {
	TEM_IDENTIFY,
	TEM_TIMER,
	TEM_RTC,
	TEM_FLASH,
	TEM_RAM
};

struct tem_frame {
	uint8_t address;
	uint8_t group, command;
	struct slice data;
};

/* Appends nothing longer than TEM_FRAME_CAP; returns the size. */
size_t tem_frame_put(
	uint8_t signature, const struct tem_frame *f, uint8_t ret_bytes[TEM_FRAME_CAP]);

enum tem_cut_state {
	TEM_CUT_MORE,
	TEM_CUT_FULL,
	TEM_CUT_JUNK
};
struct tem_cut {
	enum tem_cut_state state;
	size_t size;
};
struct tem_cut tem_cut(uint8_t signature, struct slice so_far);
/* `bytes` as tem_cut found them whole. */
struct tem_frame tem_frame_get(struct slice bytes);

/* ---- models ---- */

struct tem_ring {
	uint32_t at; /* first byte in flash */
	unsigned count;
};

/* One system (circuit) of a model. Rows may be asked of records, of the timer or of RAM. */
struct tem_table {
	const struct cell *cells;
	size_t n;
};

struct tem_model {
	const char *name;     /* for people */
	const char *names[3]; /* what identify answers */
	unsigned systems_max;
	int systems_at; /* timer: number of systems in use, one byte; -1: always one */
	int energy_at;  /* timer: code of the energy unit (tem_energy_unit); -1: not known where */
	int commas_at;  /* timer, one byte a system; -1: numbers are as they are */
	int serial_at;  /* timer: u32; -1: none */
	bool is_serial_text; /* six characters instead */
	bool is_length_last; /* order of a flash request */
	enum tem_memory clock_in;
	uint16_t clock_at[6]; /* second minute hour day month year, BCD */
	uint16_t pointers_at; /* timer: next hour, day, month record, u32 each */
	struct tem_ring rings[PERIOD_COUNT];
	size_t record_size; /* date first, checksum last */
	int record_commas_at;
	uint16_t totals_at; /* timer: read from here, totals_size bytes */
	uint16_t totals_size;
	uint16_t ram_at; /* RAM: likewise, for each system; TEM-106 keeps these in the timer */
	uint16_t ram_size;
	uint16_t ram_stride;
	enum tem_memory ram_in;
	struct tem_table record[TEM_SYSTEMS]; /* places from the start of a record */
	struct tem_table totals[TEM_SYSTEMS]; /* from totals_at */
	struct tem_table now[TEM_SYSTEMS];    /* from ram_at + system * ram_stride */
	/* Codes of system `n` in a record or in the totals: raw, and what they mean (model/abnormal.h). */
	int (*codes)(struct slice record, unsigned n, int *ret_abnormal);
};

extern const struct tem_model tem_104, tem_106, tem_104_1;
/* By what identify answers. NULL: none of these. */
const struct tem_model *tem_model_find(struct slice name);

/* Data of a request that reads `size` (1..256) bytes at `address` of `memory`; returns its length,
 * group and command. */
size_t tem_read_put(const struct tem_model *m, enum tem_memory memory, uint32_t address,
	size_t size, struct tem_frame *ret_frame, uint8_t ret_data[5]);
/* The reverse; false: no request to read. */
bool tem_read_get(const struct tem_model *m, const struct tem_frame *f, enum tem_memory *ret_memory,
	uint32_t *ret_address, size_t *ret_size);

bool tem_energy_unit(unsigned code, enum unit *ret_unit);
/* By how much TEM-106 divides what it keeps, from the place of its decimal point. */
double tem_comma(enum quantity q, unsigned comma);

/* hh dd mm yy, BCD. False: no such date, an empty place. */
bool tem_date_get(const uint8_t bytes[4], struct civil *ret_date);
void tem_date_put(struct civil date, uint8_t ret_bytes[4]);
int tem_bcd_get(uint8_t b); /* negative: not BCD */
uint8_t tem_bcd_put(int v);

/* Sum of all bytes but the last. */
uint8_t tem_record_sum(struct slice record);

#endif
