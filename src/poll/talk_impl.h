/*
 * talk_impl.h - what a talk is made of (private to talk.c and exchange.c)
 */
#ifndef DOMOVOI_TALK_IMPL_H
#define DOMOVOI_TALK_IMPL_H

#include "poll/params.h"
#include "poll/talk.h"

#include <stdatomic.h>
#include <stddef.h>

#define TALK_REPLY_CAP   4096
#define TALK_REQUEST_CAP 1024
#define TALK_STATE_CAP   4096
#define CANCEL_LOOK_US   250000 /* a wait looks that often whether it is still wanted */

struct talk {
	const struct driver *driver;
	struct driver_timing timing; /* the driver's, with what the model says */
	struct calendar calendar;    /* of the meter; its zone is never NULL */
	struct params params;
	struct link_setup home;  /* what this meter is configured for */
	struct link_setup setup; /* what is in force now */
	int64_t reply_ms;        /* the operator's; 0: the driver's */
	int64_t gap_ms;
	bool has_own_gap;         /* set by the meter's parameters or the line, not by the driver */
	int retries_own, retries; /* of the settings, and in force */
	bool has_echo;
	const void *model;
	bool has_quirks;     /* look for the map of an M-Bus meter */
	const void *quirks;  /* the one it was given; NULL: by the header of the reply */
	bool has_variants;   /* look for the dialect of an IEC 62056-21 meter */
	const void *variant; /* the one it was given; NULL: by its identification */

	struct link *link;   /* borrowed, may be NULL */
	struct trace *trace; /* borrowed, may be NULL */
	atomic_bool is_cancelled;
	int64_t begin_utc, begin_clock, now_utc;
	struct talk_counters counters;
	struct diag diag;

	uint8_t request[TALK_REQUEST_CAP];
	size_t request_n;
	int tries_left, asked, foreign_n;
	size_t noise_n; /* junk of the last damaged reply */
	bool awaits_echo;
	bool is_listening;     /* nothing was asked: what comes may begin anywhere */
	int64_t sent_us;       /* when the request began */
	int64_t reply_left_us; /* for the first byte */
	int64_t late_till_us;  /* a reply nobody waited for may still come until then; 0: none */

	uint8_t rx[TALK_REPLY_CAP]; /* rx[from..till): received and not yet dropped */
	size_t from, till;
	size_t frame_n;   /* size of the frame handed out, at `from` */
	size_t junk_n;    /* dropped since the request */
	uint8_t junk[16]; /* the first of them, for the operator */

	_Alignas(max_align_t) uint8_t state[TALK_STATE_CAP];
};

static inline enum err talk_no_link(struct talk *t)
{
	return err_set(&t->diag, ERR_LINK, "the line is not open");
}

#endif
