/*
 * rollup.h - from readings to hours, days and months (calculations.md section 3)
 *
 * Three stages, each a pure function of what is stored, so that it gives the same archive whenever
 * it runs:
 *
 *   A  readings of a register    -> hour archive of the register (reading at the boundary of
 *                                   counters, time-weighted mean of gauges)
 *   B  archives of registers     -> hour archive of a channel, across its bindings (amounts:
 *      + bindings                   differences of readings, rollover, replacement, multiplier)
 *   C  hour archive of a channel -> its days and months on the building's calendar; counters from
 *      + register boundaries        readings at the day's own boundaries where those exist
 *
 * A meter's own archive (SOURCE_METER) enters before B and wins over stage A by its source.
 * rollup_start runs the stages behind the store: A from new readings (reading_list), B and C from
 * the change journal, each with its cursor committed together with its values (batch_state).
 */
#ifndef DOMOVOI_ROLLUP_H
#define DOMOVOI_ROLLUP_H

#include "store/store.h"

struct rollup;
enum err rollup_start(struct store *store, struct rollup **ret_rollup, struct diag *diag);
/* Everything committed before the call has been worked off and is committed. */
enum err rollup_settle(struct rollup *r);
void rollup_stop(struct rollup *r);

#endif
