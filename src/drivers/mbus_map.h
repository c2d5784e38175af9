/*
 * mbus_map.h - what is special about a maker's M-Bus meters
 *
 * M-Bus says of every value what it is; a map of meters/mbus/ says where a maker means something else.
 * The structures a file is loaded into (poll/mbus_map.c, format: docs/meter-maps.md) and the pure
 * functions over them. A map is chosen by the header of a reply: maker, version, medium. It is
 * immutable once loaded.
 */
#ifndef DOMOVOI_MBUS_MAP_H
#define DOMOVOI_MBUS_MAP_H

#include "drivers/modbus_map.h"
#include "proto/mbus.h"

/* The readings of one storage number are those of a day of the year, whose year the meter does not
 * send: the last such day. */
struct mbus_due {
	uint16_t storage;
	uint16_t *dates; /* storage numbers whose date names the day */
	unsigned dates_count;
};

/* What bits of the error flags (VIF FD 17) mean. */
struct mbus_flag {
	uint32_t bits;
	unsigned situation; /* one of ABNORMAL_* (model/abnormal.h) */
};

/* A record that is another quantity than its VIF or its tariff says. */
struct mbus_meaning {
	char vib[2 * MBUS_VIB_MAX + 1]; /* hex; "": any */
	enum quantity of;               /* as the driver would have taken it; UNKNOWN: any */
	uint32_t *tariff, *subunit;     /* NULL: any */
	enum quantity quantity;         /* what it is */

	/* derived */
	uint8_t bytes[MBUS_VIB_MAX];
	size_t bytes_n;
};

struct mbus_map {
	char name[48]; /* as the file is called */
	char title[96];
	char maker[4];             /* "LUG" */
	uint8_t *versions, *media; /* none: all */
	unsigned versions_count, media_count;
	enum modbus_confidence confidence;
	char **sources;
	unsigned sources_count;
	char *notes;            /* may be NULL */
	uint16_t telegrams;     /* that hold the current values; 0: all */
	uint8_t *status;        /* bits of the status byte that are to be believed; NULL: all */
	bool is_error_no_value; /* a gauge of function "error" is no value at all */
	struct mbus_due *due;   /* NULL: none */
	uint16_t month_storage; /* readings of the last end of a month, without a date; 0: none */
	uint32_t logs_from;     /* storage numbers below are no log */
	struct mbus_flag *flags;
	unsigned flags_count;
	struct mbus_meaning *records;
	unsigned records_count;
};

bool mbus_map_fits(const struct mbus_map *m, const char *maker, int version, int medium);
/* The functions below take NULL for "nothing special". */
const struct mbus_meaning *mbus_map_meaning(
	const struct mbus_map *m, const struct mbus_record *r, enum quantity q);
uint8_t mbus_map_status(const struct mbus_map *m, uint8_t status);
/* ABNORMAL_* of the error flags. */
unsigned mbus_map_situations(const struct mbus_map *m, uint32_t flags);
/* Does a date of this storage number name the day of m->due? */
bool mbus_map_is_due(const struct mbus_map *m, uint64_t storage);

#endif
