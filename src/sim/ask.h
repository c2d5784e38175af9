/*
 * ask.h - a simulated device behind a link in memory: no port, no thread, no time
 *
 * For whoever wants to know what a driver makes of a simulated meter. The link owns a copy of the
 * device; answers are there at once, silence is a time-out at once.
 */
#ifndef DOMOVOI_ASK_H
#define DOMOVOI_ASK_H

#include "link/link.h"
#include "sim/device.h"

/* The device lives at the moment `now_us`. Close with link_close. NULL: no memory. */
struct link *sim_link_new(const struct sim_device *device, int64_t now_us);

#endif
