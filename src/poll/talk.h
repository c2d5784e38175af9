/*
 * talk.h - one meter's turn on a line: what drivers call, and how the line worker makes it
 *
 * The talk owns time-outs, retries, echo suppression, flushing of stale bytes, the trace and the
 * counters; the driver owns the words. One talk per meter, used by the thread of its line.
 */
#ifndef DOMOVOI_TALK_H
#define DOMOVOI_TALK_H

#include "drivers/driver.h"
#include "link/link.h"
#include "link/trace.h"
#include "model/site.h"

/*
 * All counts since talk_new; times in microseconds, real. An exchange may take several requests
 * (exchanges + retries were sent); each request ends in a reply, a time-out or noise.
 */
struct talk_counters {
	int64_t exchanges, replies, timeouts, noises, retries, foreign;
	int64_t bytes_out, bytes_in, stale_bytes;
	int64_t busy_us; /* from the first byte of a request to the last of the reply or the time-out */
	int64_t gap_us;  /* silence kept because the protocol demands it */
	int64_t wire_us; /* the bytes alone, at the speed in force */
	int64_t last_rtt_us;
};

/*
 * Parameters of a meter are "name=value name=\"with blanks\" ...". Besides the driver's own table
 * every meter takes those of talk_params: speed and framing belong to the meter, the port to the line.
 */
extern const struct driver_param talk_params[]; /* ends with name NULL */

/* `meter` gives driver, params and zone; `line` speed, echo and time-outs. Both are copied. ERR_INVAL
 * with the parameter's name when params do not fit the driver. `zone` NULL: UTC. */
enum err talk_new(const struct driver *driver, const struct line *line, const struct meter *meter,
	const struct zone *zone, struct talk **ret_talk, struct diag *diag);
void talk_free(struct talk *t); /* NULL is fine */
/* What the meter told about its own days and months, for talk_calendar. */
void talk_set_report(struct talk *t, int hour, int day);

/* The link may come and go between uses; `trace` may be NULL; neither is owned. */
void talk_attach(struct talk *t, struct link *link, struct trace *trace);
/* Apply speed and framing of this meter to the link. Call before the first exchange of a turn. */
enum err talk_begin(struct talk *t, int64_t now_utc);
/* How often an unanswered request is repeated from now on; negative: as the driver says. A meter that
 * was silent before is asked once. */
void talk_set_retries(struct talk *t, int retries);
const struct talk_counters *talk_counters(const struct talk *t);
const struct diag *talk_diag(const struct talk *t); /* of the last failure */
/* Bytes of the last exchanges since talk_begin, for the kept frames: request then reply of the most
 * recent good exchange. Valid until the next exchange. */
struct slice talk_last_request(const struct talk *t);
struct slice talk_last_reply(const struct talk *t);
/* From any thread or a signal handler: what runs and what follows until the next talk_begin returns
 * ERR_CANCELLED within a quarter of a second. */
void talk_cancel(struct talk *t);
/* Time of one character at the meter's speed, for the line's use of its baud rate. */
int64_t talk_char_us(const struct talk *t);

/*
 * For drivers with `hear`: take every telegram that has come and wait for one if none has, up to
 * `wait_ms` (real time; negative: as long as the driver says). TIMEOUT: none came; else, when none of
 * those that came meant anything, why the last one did not.
 */
enum err talk_hear(struct talk *t, int wait_ms, struct sink *out);

/* "address=5 baud=2400" against the driver's table: names, types, limits, required ones. */
enum err talk_check_params(const struct driver *driver, const char *params, struct diag *diag);

#endif
