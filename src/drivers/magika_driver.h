/*
 * magika_driver.h - parts of the Magika driver
 *
 *   magika.c          parameters, session, configuration, clock, identification
 *   magika_now.c      current values and totals, confirmed
 *   magika_archive.c  hours and days, confirmed
 *
 * There is no checksum, so a value counts when it is plausible and two readings agree about it; how is
 * said in the two files. What is plausible but was not confirmed leaves with class SUSPECT, what is not
 * plausible with class MISSING.
 */
#ifndef DOMOVOI_MAGIKA_DRIVER_H
#define DOMOVOI_MAGIKA_DRIVER_H

#include "drivers/driver.h"
#include "proto/magika.h"

#include <math.h>

struct magika {
	struct talk *talk;
	bool is_tunnel; /* requests go through an ASSV gateway */
	bool is_e;      /* series E; else A or DR */
	uint32_t config;
	enum unit pressure_unit; /* UNIT_NONE: pressures are not told */
};

/* Begin a session with the meter and learn its series. */
enum err magika_open(struct magika *m, struct talk *t);
/* What the meter said of itself turned out to be wrong: ask again next time. */
void magika_forget(struct magika *m);

enum err magika_ask(
	struct magika *m, struct slice request, frame_fn *frame, struct slice *ret_reply);
/* 01 or 08, which nobody answers. */
enum err magika_say(struct magika *m, uint8_t what);
struct frame_verdict magika_verdict(struct magika_cut cut);
/* The meter's clock, to be sure of. */
enum err magika_read_clock(struct talk *t, int64_t *ret_utc);

enum err magika_read_current(struct talk *t, struct sink *out);
enum err magika_read_archive(
	struct talk *t, enum period period, struct span span, struct sink *out);

/* NaN when `v` cannot be true. */
static inline double magika_within(double v, double least, double most)
{
	return v >= least && v <= most ? v : NAN;
}
/* A sensor that is not there says zero to the last bit; one that is never does. */
static inline double magika_sensor(double v, double least, double most)
{
	return v == 0 ? NAN : magika_within(v, least, most);
}

#endif
