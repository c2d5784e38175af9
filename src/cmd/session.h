/*
 * session.h - one meter or one line, opened from the command line
 *
 * What read and scan share: options, driver, link, talk, trace file and Ctrl-C. Messages are
 * printed here; the functions return an exit code.
 */
#ifndef DOMOVOI_CMD_SESSION_H
#define DOMOVOI_CMD_SESSION_H

#include "cmd/opt.h"
#include "link/trace.h"
#include "poll/talk.h"

struct session_options {
	const char *driver, *link, *framing, *zone, *trace;
	int64_t baud, reply_ms, retries; /* 0, 0, -1: as the driver says */
	bool has_echo, wants_json;
	struct opt_list set; /* "name=value" */
};

/* The rows of a table of struct opt that fill struct session_options. */
#define SESSION_OPTIONS(o)                                                                       \
	{"driver", OPT_TEXT, &(o).driver}, {"link", OPT_TEXT, &(o).link},                        \
		{"framing", OPT_TEXT, &(o).framing}, {"zone", OPT_TEXT, &(o).zone},              \
		{"trace", OPT_TEXT, &(o).trace}, {"reply-ms", OPT_INT, &(o).reply_ms, 1, 60000}, \
		{"retries", OPT_INT, &(o).retries, 0, 10}, {"echo", OPT_FLAG, &(o).has_echo},    \
		{"json", OPT_FLAG, &(o).wants_json},                                             \
	{                                                                                        \
		"set", OPT_LIST, &(o).set                                                        \
	}

struct session {
	const char *cmd;
	const struct driver *driver;
	const struct zone *zone;
	struct link *link;
	struct talk *talk;
	struct trace *trace; /* NULL: none; may be set between open and talk_attach */
	FILE *trace_file;
	struct trace_writer writer;
};

/* Zone, trace file and link; no driver yet. On failure the session needs no close. */
int session_open(const char *cmd, const struct session_options *o, struct session *ret_session);
/* (Re)make the talk for a driver; `baud` 0: the driver's. `is_scan`: parameters that must be given
 * but are not get the least value allowed. */
int session_talk(struct session *s, const struct session_options *o, const struct driver *driver,
	int64_t baud, bool is_scan);
/* False if something could not be written to the trace file. */
bool session_close(struct session *s);

/* From here on Ctrl-C (SIGINT, SIGTERM) cancels the talk of the session instead of ending the program. */
void session_catch_interrupt(void);
bool session_is_interrupted(void);

/* The driver of that name, or a message and NULL. */
const struct driver *session_driver(const char *cmd, const char *name);

#endif
