/*
 * daily.h - work done once for every finished day of every building
 *
 * A job is called for each day of each building, in order, when the day has been over for DAILY_DELAY_S
 * and the archives of what was stored until then are formed. What it says and how far it has come are
 * committed together, so a day is done once; after a stop the days missed are caught up, up to
 * DAILY_CATCH_UP of them. A building that is seen for the first time begins with the day that ended
 * last. A job that fails is tried again; the other jobs go on.
 */
#ifndef DOMOVOI_DAILY_H
#define DOMOVOI_DAILY_H

#include "calc/rollup.h"

#define DAILY_DELAY_S  7200 /* archives of the last hour are read by then */
#define DAILY_CATCH_UP 62

struct daily_day {
	struct store *store;
	const struct site *site;
	const struct place *building;
	struct calendar calendar;
	struct span day;
};

struct daily_job {
	const char *name; /* NULL ends a list */
	/* Fill the batch; it is submitted by who calls. */
	enum err (*run)(const struct daily_day *d, struct batch *b, struct diag *diag);
};

/* What is due at `now`: the work of the thread, for tests callable by itself. *ret_next: when something
 * will be due again. The first error, after all has been tried. */
enum err daily_run(struct store *store, const struct daily_job *jobs, int64_t now,
	int64_t *ret_next, struct diag *diag);

struct daily;
/* `rollup` is asked to settle before days are worked on. Both and the jobs must outlive it. */
enum err daily_start(struct store *store, struct rollup *rollup, const struct daily_job *jobs,
	struct daily **ret_daily, struct diag *diag);
void daily_stop(struct daily *d); /* NULL is fine */

#endif
