/*
 * balance_events.h - balances out of limits, leaks and reverse flow become events, as a job of finished days
 *
 *   balance.loss, balance.excess   at a node, on the day its run of days out of limits gets long enough
 *   leak.house                     night flow beyond what residents may use, and beyond the meters' errors
 *   leak.drip, .toilet, .flow      at a flat whose water has not stopped for a day
 *   leak.reverse, leak.burst       at a flat
 *
 * Each once, on the day it begins to hold: what held the day before as well is no news. Later data change
 * the page, not the event.
 */
#ifndef DOMOVOI_BALANCE_EVENTS_H
#define DOMOVOI_BALANCE_EVENTS_H

#include "calc/daily.h"

enum err balance_events_of(const struct daily_day *d, struct batch *b, struct diag *diag);

#endif
