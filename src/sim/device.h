/*
 * device.h - the meter's side: a simulated meter as its protocol sees it
 *
 * What a meter measures is a pure function of time (sim_source), so that its archives need no
 * storage: the reading at any past hour is computed when asked for. A protocol (sim/mbus_meter.c,
 * sim/modbus_meter.c) turns requests into replies; ports, faults, pacing and echoes are the
 * business of sim/port.c.
 */
#ifndef DOMOVOI_DEVICE_H
#define DOMOVOI_DEVICE_H

#include "drivers/driver.h"

struct sim_source {
	/* Counter reading or instantaneous value at a true moment, in quantity_unit(q); NaN: this
	 * meter does not measure that. Counters never fall between replacements. */
	double (*at)(const struct sim_source *s, enum quantity q, int64_t utc_us);
};

struct sim_protocol;

struct sim_device {
	const struct sim_protocol *protocol;
	const struct sim_source *source; /* borrowed */
	int address;
	char serial[24]; /* decimal digits */
	char maker[8];   /* "KAM" */
	int medium;      /* M-Bus device type: 4 heat, 6 warm water, 7 water, 2 electricity */
	char model[64];  /* modbus: register map in meters/ */
	const struct zone *zone;     /* the meter's clock runs in it; NULL: UTC */
	int report_hour, report_day; /* at which its days and on which its months end; day 0: 1 */
	struct archive_depth depth;  /* what its memory holds; 0: no such archive */
	int64_t born_utc;            /* archives begin here, counters of time at zero */
	int64_t clock_offset_s; /* meter's clock minus true time at this moment, settings included; kept by sim/ */
	int64_t clock_set_s; /* sum of what "set clock" requests added; a request adds to both */
	int64_t off_from_utc,
		off_till_utc; /* power cut: no archive records in [from, till); 0: none */
	int status;           /* M-Bus status byte */
	int baud; /* speed it listens and answers at, 0: any; a request may change it, from the next one on */
	uint8_t memory[512]; /* the protocol's own: selected, FCB, ... zero at birth */
};

struct sim_protocol {
	const char *name; /* the driver it answers to */
	frame_fn *frame;  /* cuts requests out of the byte stream */
	/* Handle one whole request; append the reply. False: not addressed, or no answer. */
	bool (*answer)(
		struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply);
	/* A meter that speaks by itself says this every push_ms. NULL: it waits to be asked. */
	void (*push)(struct sim_device *d, int64_t now_us, struct buf *out);
	int push_ms;
};

extern const struct sim_protocol sim_ce102; /* ce102_meter.c */
extern const struct sim_protocol sim_dsmr;  /* dsmr_meter.c */
extern const struct sim_protocol sim_dsmr_encrypted;
extern const struct sim_protocol sim_dlms_push;  /* dlms_push_meter.c */
extern const struct sim_protocol sim_elf;        /* elf_meter.c */
extern const struct sim_protocol sim_iec62056;   /* iec62056_meter.c */
extern const struct sim_protocol sim_karat30x;   /* karat30x_meter.c */
extern const struct sim_protocol sim_kmp;        /* kmp_meter.c */
extern const struct sim_protocol sim_logika;     /* logika_meter.c */
extern const struct sim_protocol sim_m4;         /* m4_meter.c */
extern const struct sim_protocol sim_magika;     /* magika_meter.c */
extern const struct sim_protocol sim_mbus;       /* mbus_meter.c */
extern const struct sim_protocol sim_mercury206; /* mercury206_meter.c */
extern const struct sim_protocol sim_mercury230; /* mercury230_meter.c */
extern const struct sim_protocol sim_milur;      /* milur_meter.c */
extern const struct sim_protocol sim_modbus_rtu; /* modbus_meter.c */
extern const struct sim_protocol sim_modbus_tcp;
extern const struct sim_protocol sim_mt200; /* mt200_meter.c */
extern const struct sim_protocol sim_mt200_485;
extern const struct sim_protocol sim_pulsar; /* pulsar_meter.c */
extern const struct sim_protocol sim_set4tm; /* set4tm_meter.c */
extern const struct sim_protocol sim_set4tm_ks;
extern const struct sim_protocol sim_sml;    /* sml_meter.c */
extern const struct sim_protocol sim_spbus;  /* spbus_meter.c */
extern const struct sim_protocol sim_spodes; /* spodes_meter.c */
extern const struct sim_protocol sim_spodes_tcp;
extern const struct sim_protocol sim_tekon;  /* tekon_meter.c */
extern const struct sim_protocol sim_tem104; /* tem104_meter.c */
extern const struct sim_protocol sim_tsrv;   /* tsrv_meter.c */
extern const struct sim_protocol sim_vkt5;   /* vkt5_meter.c */
extern const struct sim_protocol sim_vkt7;   /* vkt7_meter.c */

#endif
