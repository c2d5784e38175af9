/*
 * poll.h - the acquisition server: one thread per line, and what is known about lines and meters
 *
 * poll_start reads the site of the store, follows its changes (a meter added or changed is polled
 * from its next turn without restart) and submits what the meters say. Other threads see copies of
 * its state.
 */
#ifndef DOMOVOI_POLL_H
#define DOMOVOI_POLL_H

#include "poll/talk.h"
#include "store/store.h"

struct poll;

enum err poll_start(struct store *store, struct poll **ret_poll, struct diag *diag);
void poll_stop(struct poll *p); /* waits for the lines' threads; NULL is fine */

/* What a meter or line is like, worst last. */
enum health {
	HEALTH_UNKNOWN,
	HEALTH_OK,
	HEALTH_DISABLED,
	HEALTH_WARNING,
	HEALTH_SILENT,
	HEALTH_FAILED
};
const char *health_name(enum health h); /* "ok" */

struct line_state {
	int64_t line;
	enum health health;
	enum err last_error; /* of opening or using the link */
	char error_text[240];
	int64_t error_utc;
	int64_t turns;                 /* of meters that were spoken to, since start */
	int64_t turned_us;             /* clock_mono_us when the last of them ended */
	struct talk_counters counters; /* sum over the line's meters, since start */
	double use;  /* share of time the line was busy over the last minutes, 0..1 */
	double wire; /* share that the bytes on the wire alone took at this baud rate, 0..1 */
	int64_t meters, meters_silent;
	int64_t queue; /* jobs due now and not done */
};

struct meter_state {
	int64_t meter;
	enum health health;
	enum err last_error;
	char error_text[240];
	int64_t last_ok_utc;      /* 0: never */
	int64_t silent_since_utc; /* first failure after the last good exchange; 0 */
	int64_t next_utc;         /* when it is asked next */
	int64_t backoff_s;        /* 0: not backed off */
	struct talk_counters counters;
	int64_t clock_offset_s;    /* meter minus true */
	int64_t clock_checked_utc; /* 0: never */
	int64_t gap_records;       /* records known missing that the meter may still have */
	int64_t gap_oldest_utc;    /* start of the oldest of them; 0 none */
	int64_t gap_loss_utc; /* when the first of them is overwritten; 0 none or depth unknown */
	int64_t lost_records; /* missing for good: older than the meter's memory */
};

/* malloc'ed arrays sorted by id. */
enum err poll_lines(struct poll *p, struct line_state **ret_items, size_t *ret_n);
enum err poll_meters(struct poll *p, struct meter_state **ret_items, size_t *ret_n);

/* "Read now": currents at once, ahead of everything; returns when done or failed. */
enum err poll_read_now(struct poll *p, int64_t meter, struct diag *diag);

/* The last bytes that passed on a line, as text in the recording format, appended to `out`. */
enum err poll_trace(struct poll *p, int64_t line, struct buf *out);

#endif
