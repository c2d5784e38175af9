/*
 * schedule.h - what a meter is to be asked, and when
 *
 * Pure: time is handed in, nothing is read or sent. One struct schedule per meter. A job becomes
 * due on the wall-clock grid; among the due jobs of a line the one with the earliest deadline goes
 * first, and the class of a job decides how long it may wait:
 *
 *   class     due                                        deadline
 *   NOW       when an operator asks                       at once
 *   CURRENT   every poll_s on the grid                    due + poll_s
 *   ARCHIVE   SETTLE_S after a period closes, and while   known + 1 hour, or when the first missing
 *             records are missing (gaps)                  record will be overwritten, if sooner
 *   CLOCK     every clock_s on the grid                   due + clock_s
 *   EVENTS    at start and every EVENTS_S on the grid     due + 1 hour
 *
 * A meter that does not answer is asked ever more rarely: BACKOFF_FIRST_S doubling to
 * BACKOFF_MOST_S; in between it costs its neighbours nothing.
 *
 * Records a meter was asked for and did not have are set aside and asked for again after
 * ABSENT_AGAIN_S, twice; then they are lost. What would be older than the oldest record known is not
 * missing: the meter's memory begins there. A meter whose clock is behind closes its periods later,
 * and is asked later.
 */
#ifndef DOMOVOI_SCHEDULE_H
#define DOMOVOI_SCHEDULE_H

#include "drivers/driver.h"
#include "model/site.h"
#include "poll/spans.h"

#define SETTLE_S        90
#define EVENTS_S        86400 /* journals of a meter are read this often */
#define BACKOFF_FIRST_S 10
#define BACKOFF_MOST_S  600
#define ABSENT_AGAIN_S  3600
#define ABSENT_TRIES    3

enum job_class {
	JOB_NONE,
	JOB_NOW,
	JOB_CURRENT,
	JOB_ARCHIVE,
	JOB_CLOCK,
	JOB_EVENTS
};

struct job {
	enum job_class class;
	enum period period; /* JOB_ARCHIVE */
	struct span span;   /* JOB_ARCHIVE: records to ask for in this turn; JOB_EVENTS: entries */
	int64_t due, deadline;
};

struct archive_plan {
	bool is_read;     /* the meter keeps this archive and it is wanted */
	bool is_point;    /* records are readings at `start`: there as soon as it has come */
	bool has_amounts; /* some register reports amounts: a record is there when its interval ends */
	int64_t first_utc; /* the oldest record known; INT64_MAX none. The meter's memory begins there */
	int64_t depth;        /* records the meter keeps; 0 unknown */
	struct spans missing; /* not stored yet */
	struct spans absent;  /* asked for, not delivered: wait till absent_again_utc */
	struct spans tried[ABSENT_TRIES - 1]; /* asked for in vain once, twice */
	int64_t absent_again_utc;
	int64_t closed_till; /* periods that start before this are accounted for */
	int64_t known_utc;   /* when the missing ones became known */
	int64_t lost;        /* records given up */
};

struct schedule {
	struct calendar calendar;
	int64_t poll_s, clock_s;
	int64_t behind_s; /* the meter's clock is that much late, as far as is known */
	int64_t current_due, clock_due, events_due; /* INT64_MAX: never */
	int64_t events_from;                        /* journals are read up to here */
	bool is_asked_now;
	int failures;      /* in a row */
	int64_t retry_utc; /* backed off until then; 0 not */
	struct archive_plan archive[PERIOD_COUNT];
};

void schedule_init(struct schedule *s, const struct meter *meter, const struct calendar *calendar,
	int64_t now);
void schedule_fini(struct schedule *s);

/* Archive of `period` is kept by the meter, `depth` records of it (0 unknown); `stored_gaps` are the
 * records not stored yet within what schedule_horizon named, `first_utc` the oldest that is stored
 * (INT64_MAX: none yet). */
void schedule_archive(struct schedule *s, enum period period, int64_t depth,
	const struct span *stored_gaps, size_t n, int64_t first_utc, int64_t now);
/* The oldest record worth asking for at `now` and the end of the last closed period. */
struct span schedule_horizon(
	const struct calendar *c, enum period period, int64_t depth, int64_t now);

/* What a clock check found: the meter's clock minus true time. */
void schedule_clock(struct schedule *s, int64_t offset_s);
/* The meter keeps journals: they are to be read. */
void schedule_events(struct schedule *s, int64_t now);

/* The due job with the earliest deadline, or class JOB_NONE and the time of the next in `due`. */
struct job schedule_pick(struct schedule *s, int64_t now);

/* How a job ended: the meter answered (whatever the answer was), it did not, it was not spoken to, or it
 * will not tell until somebody changes a setting: nothing is learnt about what it remembers. */
enum turn {
	TURN_ANSWERED,
	TURN_REFUSED,
	TURN_FAILED,
	TURN_QUIET
};
void schedule_done(struct schedule *s, const struct job *job, enum turn turn, int64_t now);
/* Record `start` of `period` has been stored; `is_point`: it is a reading at that moment. */
void schedule_stored(struct schedule *s, enum period period, int64_t start, bool is_point);

/* When the oldest missing record of `period` will be overwritten; INT64_MAX unknown or none. */
int64_t schedule_loss_utc(const struct schedule *s, enum period period);

#endif
