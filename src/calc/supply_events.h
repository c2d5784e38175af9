/*
 * supply_events.h - violations of supply become events of the node, as a job of finished days
 *
 * An event "supply.<service>.<kind>" at the place, at the moment it began, with start, end, extreme and
 * limit in its text, once: on the day after the one it ended on. Those that take nothing off the bill
 * are on the page only. Later data change the page, not the event.
 */
#ifndef DOMOVOI_SUPPLY_EVENTS_H
#define DOMOVOI_SUPPLY_EVENTS_H

#include "calc/daily.h"

/* Of the building by what it is supplied with, of flats and offices by sensors of their own. */
enum err supply_events_of(const struct daily_day *d, struct batch *b, struct diag *diag);

#endif
