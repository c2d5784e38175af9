/*
 * logika_driver.h - the parts of the driver for legacy Logika calculators; private to drivers/logika*.c
 *
 *   logika.c           parameters, identify, clock, settings
 *   logika_session.c   a conversation: wake, select, speed, RAM, FLASH, errors
 *   logika_current.c   current values and totals
 *   logika_archive.c   archives by date, and the ring of the first SPT941
 *   logika_events.c    journals
 */
#ifndef DOMOVOI_LOGIKA_DRIVER_H
#define DOMOVOI_LOGIKA_DRIVER_H

#include "drivers/driver.h"
#include "proto/logika.h"
#include "proto/m4.h"

#include <math.h>

/* What outlives a call: zero at first. */
struct logika_state {
	int64_t awake_utc; /* it answered then, and nobody else is on its line */
	bool is_silent;    /* the last time nobody answered */
	bool is_slow;      /* it does not go faster, or the line does not */
	bool has_settings;
	int64_t settings_utc;
	uint8_t units, report_hour, report_day;
	bool has_report;
};

/* One conversation with one meter. */
struct logika {
	struct talk *talk;
	struct logika_state *state;
	const struct logika_layout *layout;
	uint8_t id[3];
	uint8_t nt;
	bool is_fast;
	struct m4_out out;
};

/* Wake the meter, learn what it is, switch to the faster speed where that is wished. */
enum err logika_open(struct logika *l, struct talk *t);
/* Take back what logika_open changed; errors do not matter any more. */
void logika_close(struct logika *l);

/* A heat system for what follows: 0 the meter itself, 1, 2. */
enum err logika_select(struct logika *l, unsigned channel);
/* 6, 8, 36 or 48 bytes; borrowed until the next exchange. */
enum err logika_ram(struct logika *l, unsigned at, size_t n, struct slice *ret);
/* Any number of pages of 64 bytes. */
enum err logika_flash(struct logika *l, unsigned page, size_t n, uint8_t *to);
/* The record of a date, as bytes: NODATA where there is none. */
enum err logika_find(struct logika *l, enum period p, struct civil label, struct slice *ret);
/* Write a setting of the meter itself. */
enum err logika_write(struct logika *l, unsigned number, const char *text);

/* Units, report day and hour, as the meter has them; asked for once a day. */
enum err logika_settings(struct logika *l);
enum err logika_clock_now(struct logika *l, int64_t *ret_utc);
struct calendar logika_calendar(const struct logika *l);

/* ---- samples ---- */

/* What is common to the values of one block or record. */
struct logika_values {
	const struct logika *logika;
	struct sink *out;
	unsigned system; /* 0 or 1 */
	enum sample_form form;
	enum period period;
	int64_t utc;
	unsigned flags; /* of the quality */
};
enum err logika_put(const struct logika_values *v, const struct logika_field *field, double value);
/* Code of the meter and common situations. */
enum err logika_put_situations(const struct logika_values *v, uint32_t situations);

enum err logika_read_current(struct talk *t, struct sink *out);
enum err logika_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out);
enum err logika_read_events(struct talk *t, struct span span, struct sink *out);

#endif
