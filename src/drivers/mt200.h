/*
 * mt200.h - the parts of the MT-200 driver; private to drivers/mt200*.c
 *
 *   mt200.c           parameters, texts, current values, clock, identification
 *   mt200_archive.c   hours, days, months from the meter's memory
 */
#ifndef DOMOVOI_DRIVERS_MT200_H
#define DOMOVOI_DRIVERS_MT200_H

#include "drivers/driver.h"
#include "proto/mt200.h"

/* What outlives a call: zero at first. */
struct mt200_state {
	bool has_units;
	int64_t units_utc;                /* when they were told: asked for again a day later */
	enum unit volume[MT200_CHANNELS]; /* UNIT_L, UNIT_M3, UNIT_T; UNIT_NONE: not told */
	enum unit heat;                   /* UNIT_GJ, UNIT_MWH, UNIT_GCAL; UNIT_NONE: not told */
	uint32_t refused;                 /* lines of the table of current values */
	bool has_no_ring[MT200_RINGS];    /* the meter does not know the request */
	bool has_moved[MT200_RINGS];      /* a record was found where it should be */
	int16_t moved[MT200_RINGS];       /* slots from where the document puts it */
};

struct mt200 {
	struct talk *talk;
	struct mt200_state *state;
	int address; /* MT200_RS232: none */
	bool is_485;
	bool is_repeated; /* replies without a checksum: read until two agree */
};

struct mt200 mt200_open(struct talk *t);
/* Which unit each channel and the heat are in. */
enum err mt200_learn_units(const struct mt200 *m);
/* Quantity, unit and key of what channel 1..5 counts (or passes, `is_flow`); false: not told. */
bool mt200_channel(const struct mt200 *m, int channel, bool is_flow, struct sample *ret);

enum err mt200_read_archive(struct talk *t, enum period period, struct span span, struct sink *out);

#endif
