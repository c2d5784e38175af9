/*
 * line.h - the thread of one line (private to src/poll)
 *
 * Everything below `lock` is shared between the line's thread and those who look or ask; the thread
 * gives the lock up while it talks. The configuration in use is the snapshot `site`; a new one in
 * `next_site` is taken over between two turns, and meters whose settings did not change keep their
 * talk, their learnt state and their schedule.
 */
#ifndef DOMOVOI_LINE_H
#define DOMOVOI_LINE_H

#include "base/clock.h"
#include "poll/collect.h"
#include "poll/poll.h"
#include "poll/sample_list.h"

#define USE_SLOTS  5 /* minutes over which the use of a line is told */
#define TRACE_RING 256

/* What a meter that speaks by itself said since its last turn: the latest of each register, and all
 * that has a time of its own. */
struct heard {
	struct sink sink; /* first */
	struct sample_list list;
};

struct line_meter {
	struct meter conf; /* copies: the snapshot may go while the meter is talked to */
	const struct driver *driver;
	struct talk *talk; /* NULL: settings are wrong, see state.error_text */
	struct calendar calendar;
	struct schedule schedule;
	struct talk_counters before; /* at the beginning of the turn, for the line's sums */
	bool is_planned;             /* archive gaps are loaded */
	bool drift_is_told;
	struct meter_state state;
	struct heard heard;
	int64_t asked, answered_ask; /* "read now" requests and those done */
	enum err ask_error;
};

struct trace_entry {
	enum trace_way way;
	int64_t at_us;
	size_t size;
	uint8_t bytes[300];
};

struct line_worker {
	struct store *store;
	int64_t id;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t done; /* a "read now" was answered */
	bool is_stopping, is_started;
	int asking; /* threads inside poll_read_now: the worker stays until they have left */
	const struct site *next_site; /* owned reference; NULL: nothing new */
	struct line conf;
	struct calendar calendar;
	struct link *link;
	int64_t link_retry_utc;
	int64_t link_wait_s;
	struct line_meter **meters;
	size_t meter_count;
	struct line_state state;
	/* time used, microseconds, per real minute */
	struct {
		int64_t minute, busy_us, wire_us;
	} use[USE_SLOTS];
	struct trace trace;
	struct trace_entry *ring; /* TRACE_RING entries */
	size_t ring_at;
};

/* Starts the thread. NULL: out of memory or threads. Takes a reference of `site`. */
struct line_worker *line_start(struct store *store, const struct site *site, int64_t line);
void line_stop(struct line_worker *w); /* joins and frees */
void line_new_site(struct line_worker *w, const struct site *site);

/* line_meters.c: take over `site` (with the lock held). */
void line_take_site(struct line_worker *w, const struct site *site, int64_t now);
void line_drop_meters(struct line_worker *w);
/* line_listen.c: between turns. Is there a meter that speaks by itself, and a link to hear it on?
 * (With the lock held.) */
bool line_hears(const struct line_worker *w);
/* Listen to it until `until` (UTC) or until the worker has something else to do. Without the lock. */
void line_listen(struct line_worker *w, int64_t until);
void heard_init(struct heard *h);
void heard_fini(struct heard *h);
/* Hand on what was heard and forget it. NODATA: nothing. */
enum err heard_tell(struct heard *h, struct sink *out);
/* line_turn.c: what the talk with `m` cost since m->before, added to the line's sums; lock held. */
void line_count(struct line_worker *w, const struct line_meter *m);
/* line_turn.c: one job with a meter; called without the lock, only by the line's thread. */
void line_turn(struct line_worker *w, struct line_meter *m, const struct job *job, int64_t now);

#endif
