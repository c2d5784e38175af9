/*
 * sim.h - a virtual building: start it, use its lines as if meters hung on them, stop it
 *
 *   sim_start ─> building.c   what meters there are, on which lines, measuring what
 *                model.c      consumption as a pure function of time (or real data: profile.c)
 *                port.c       pseudo-terminals and TCP ports, one thread, faults, pacing
 *                *_meter.c    the meter's side of each protocol (device.h)
 *
 * The meters live by clock_now_us(): join or create a shared clock (base/clock.h) before sim_start
 * where they shall live in virtual time. docs/simulator.md is the page for people.
 */
#ifndef DOMOVOI_SIM_H
#define DOMOVOI_SIM_H

#include "base/buf.h"
#include "base/err.h"
#include "model/site.h"

#include <stdint.h>

struct sim;

struct sim_options {
	/* symlinks to the ptys are made here; made itself when absent. NULL: none */
	const char *dir;
	/* NULL or "building": flats, supply input, several lines. Else kinds of meters (families.h) on
	 * one pty line, addresses from 1: "mbus" with `meters` of them, "vkt7,spt943" one of each */
	const char *plan;
	int flats;            /* of a building; 0: 12 */
	int meters;           /* of a line with one kind; 0: 1 */
	int baud;             /* of all meters of a line; 0: each its own */
	int report_hour;      /* at which the meters' days end, and the building's */
	int report_day;       /* on which their months do; 0: 1 */
	uint64_t seed;        /* same seed, same building, same faults */
	int64_t born_utc;     /* fitting of the meters: archives begin here; 0: 2015-01-01 */
	const char *zone;     /* IANA name; NULL: Europe/Moscow */
	enum lang lang;       /* of the names of places and meters in sim_site */
	bool has_tcp;         /* some meters behind a Modbus TCP gateway on 127.0.0.1 ... */
	int tcp_port;         /* ... at this port; 0: any free one */
	bool is_paced;        /* bytes take the time they take at the line's baud rate */
	bool is_strict_speed; /* a meter hears only its own baud rate (pty) */
	/* ports are there, but nobody answers before sim_release: a clock is awaited */
	bool is_held;
	/* UNIX socket for commands (docs/simulator.md); NULL: none */
	const char *control;
	/* "FILE.csv[,key=value...]", see profile.h; ends with NULL, or NULL */
	const char *const *profiles;
	/* "TARGET:KIND[:key=value,...]", see fault.h; ends with NULL, or NULL */
	const char *const *faults;
};

/* What is copied: everything. The building answers when the call returns. */
enum err sim_start(const struct sim_options *options, struct sim **ret_sim, struct diag *diag);
enum err sim_release(struct sim *sim, struct diag *diag); /* once, if it was held */
void sim_stop(struct sim *sim); /* closes the ports, removes the symlinks; NULL is fine */

/* The lines, for whoever wants to talk to them. Valid until sim_stop. */
struct sim_line {
	const char *name; /* "mbus-1" */
	const char *url;  /* "serial:/run/sim/mbus-1", "tcp://127.0.0.1:5020" */
	int baud;
	const char *framing;
	size_t meters;
};
size_t sim_line_count(const struct sim *sim);
struct sim_line sim_line(const struct sim *sim, size_t index);

/* One command of the control language; the reply, text lines, is appended. Any thread. */
enum err sim_command(struct sim *sim, const char *command, struct buf *reply, struct diag *diag);

/* The matching configuration: places, lines, meters, the registers their drivers will report, channels
 * and bindings. Asks every meter through its driver once, in memory. */
enum err sim_site(struct sim *sim, struct site **ret_site, struct diag *diag);

/* What the meters have answered since the start. */
struct sim_counts {
	uint64_t requests; /* whole frames heard, by whichever protocol */
	uint64_t replies;
	uint64_t collisions;
	uint64_t faults;
};
struct sim_counts sim_counts(const struct sim *sim);

#endif
