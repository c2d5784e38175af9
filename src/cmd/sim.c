/*
 * sim.c - domovoi sim: a virtual building: meters that answer as real ones do
 *
 * Order at the start: ports are opened, what listens where is printed, the site's text is written (its
 * appearance says that everything is there), a clock that does not exist yet is waited for, meters
 * begin to answer. Signals are taken by sigtimedwait, so that no handler is needed.
 */
#include "sim/sim.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "cmd/cmd.h"
#include "cmd/json_out.h"
#include "cmd/opt.h"
#include "sim/families.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CLOCK_LOOK_MS 20
#define SITE_CEILING  ((size_t)64 << 20)

struct sim_args {
	struct sim_options options;
	int64_t flats, meters, baud, seed, tcp, rate, seconds, poll_s, report_hour, report_day;
	const char *born, *lang, *clock, *start, *site;
	bool has_no_tcp, wants_json, wants_list, dies_with_parent;
	struct opt_list profiles, faults;
};

/* ---- command line ---- */

static int settle(struct sim_args *a, const char *cmd)
{
	struct sim_options *o = &a->options;
	struct sim_kind kinds[SIM_LINE_MAX];
	int n;
	struct diag diag = {0};
	a->wants_list = o->plan && strcmp(o->plan, "list") == 0;
	if (o->plan && !a->wants_list && strcmp(o->plan, "building") != 0 &&
		sim_kinds_parse(o->plan, kinds, SIM_LINE_MAX, &n, &diag)) {
		return cmd_usage(cmd, "--plan %s: %s", o->plan, diag.text);
	}
	if (strcmp(a->lang, "en") != 0 && strcmp(a->lang, "ru") != 0) {
		return cmd_usage(cmd, "--lang is en or ru");
	}
	if (a->born && time_parse(a->born, NULL, &o->born_utc)) {
		return cmd_usage(cmd, "--born '%s' is not a time", a->born);
	}
	if (a->profiles.n == OPT_LIST_CEILING || a->faults.n == OPT_LIST_CEILING) {
		return cmd_usage(cmd, "fewer than %d of --profile and --fault", OPT_LIST_CEILING);
	}
	o->lang = a->lang[0] == 'r' ? LANG_RU : LANG_EN;
	o->flats = (int)a->flats;
	o->meters = (int)a->meters;
	o->baud = (int)a->baud;
	o->report_hour = (int)a->report_hour;
	o->report_day = (int)a->report_day;
	o->seed = (uint64_t)a->seed;
	o->has_tcp = !a->has_no_tcp;
	o->tcp_port = (int)a->tcp;
	o->profiles = a->profiles.items; /* the list is zero behind its end */
	o->faults = a->faults.items;
	return EXIT_DONE;
}

static int parse(int argc, char **argv, struct sim_args *a)
{
	struct sim_options *o = &a->options;
	const struct opt opts[] = {
		{"dir", OPT_TEXT, &o->dir},
		{"plan", OPT_TEXT, &o->plan},
		{"report-hour", OPT_INT, &a->report_hour, 0, 23},
		{"report-day", OPT_INT, &a->report_day, 1, 31},
		{"flats", OPT_INT, &a->flats, 1, 800},
		{"meters", OPT_INT, &a->meters, 1, 247},
		{"baud", OPT_INT, &a->baud, 50, 4000000},
		{"seed", OPT_INT, &a->seed, 0, INT64_MAX},
		{"born", OPT_TEXT, &a->born},
		{"zone", OPT_TEXT, &o->zone},
		{"lang", OPT_TEXT, &a->lang},
		{"tcp", OPT_INT, &a->tcp, 0, 65535},
		{"no-tcp", OPT_FLAG, &a->has_no_tcp},
		{"pace", OPT_FLAG, &o->is_paced},
		{"strict-speed", OPT_FLAG, &o->is_strict_speed},
		{"profile", OPT_LIST, &a->profiles},
		{"fault", OPT_LIST, &a->faults},
		{"control", OPT_TEXT, &o->control},
		{"clock", OPT_TEXT, &a->clock},
		{"start", OPT_TEXT, &a->start},
		{"rate", OPT_INT, &a->rate, 1, 1000000},
		{"site", OPT_TEXT, &a->site},
		{"poll", OPT_INT, &a->poll_s, 1, 86400},
		{"for", OPT_INT, &a->seconds, 1, 31536000},
		{"json", OPT_FLAG, &a->wants_json},
		{"die-with-parent", OPT_FLAG, &a->dies_with_parent},
		{.name = NULL},
	};
	return opt_parse(argc, argv, opts, NULL) ? settle(a, argv[0]) : EXIT_USAGE;
}

/* ---- what is said ---- */

static void print_lines(const struct sim *sim)
{
	for (size_t i = 0; i < sim_line_count(sim); i++) {
		struct sim_line l = sim_line(sim, i);
		(void)printf("%-14s %6d %s  %3zu meters  %s\n", l.name, l.baud, l.framing, l.meters,
			l.url);
	}
}

static void print_json(const struct sim *sim, const char *control)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	struct json_out j = {.to = &b};
	json_open(&j, NULL, '{');
	json_open(&j, "lines", '[');
	for (size_t i = 0; i < sim_line_count(sim); i++) {
		struct sim_line l = sim_line(sim, i);
		json_open(&j, NULL, '{');
		json_put_text(&j, "name", l.name);
		json_put_text(&j, "url", l.url);
		json_put_int(&j, "baud", l.baud);
		json_put_text(&j, "framing", l.framing);
		json_put_int(&j, "meters", (int64_t)l.meters);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_put_text(&j, "control", control);
	json_close(&j, '}');
	(void)puts(buf_cstr(&b));
	buf_fini(&b);
}

/* Under another name first: who sees the file sees it whole. */
static enum err write_whole(const char *path, struct slice text, struct diag *diag)
{
	char aside[300];
	if (strcmp(path, "-") == 0) {
		return fwrite(text.data, 1, text.size, stdout) == text.size ?
			       ERR_OK :
			       err_set_errno(diag, "standard output");
	}
	int n = snprintf(aside, sizeof(aside), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(aside)) {
		return err_set(diag, ERR_RANGE, "path too long: %s", path);
	}
	FILE *f = fopen(aside, "we");
	if (!f) {
		return err_set_errno(diag, "%s", aside);
	}
	bool is_written = fwrite(text.data, 1, text.size, f) == text.size;
	is_written = fclose(f) == 0 && is_written;
	if (!is_written || rename(aside, path) < 0) {
		return err_set_errno(diag, "%s", path);
	}
	return ERR_OK;
}

static enum err write_site(struct sim *sim, const struct sim_args *a, struct diag *diag)
{
	struct site *site = NULL;
	struct buf text;
	buf_init(&text, SITE_CEILING);
	enum err e = sim_site(sim, &site, diag);
	for (size_t i = 0; !e && a->poll_s && i < site->counts[OBJECT_METER]; i++) {
		site->meters[i].poll_s = a->poll_s;
	}
	if (!e) {
		e = site_export(site, &text, diag);
	}
	if (!e) {
		e = text.is_full ? ERR_NOMEM : write_whole(a->site, buf_slice(&text), diag);
	}
	site_unref(site);
	buf_fini(&text);
	return e;
}

/* ---- time ---- */

/* True when one of the signals has come within `ms`; negative: wait for ever. Being stopped and
 * continued interrupts the wait and is no reason to end. */
static bool wait_signal(const sigset_t *signals, int64_t ms)
{
	int64_t until_us = clock_mono_us() + ms * 1000;
	for (;;) {
		int64_t left_us = ms < 0 ? INT64_C(3600000000) : until_us - clock_mono_us();
		if (left_us < 0) {
			return false;
		}
		struct timespec t = {
			.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
		if (sigtimedwait(signals, NULL, &t) > 0) {
			return true;
		}
	}
}

/* A clock of its own, from --start; a shared one may be named and is otherwise nobody's. */
static enum err own_clock(const struct sim_args *a, struct diag *diag)
{
	char nobodys[] = "/tmp/domovoi-clock-XXXXXX";
	int64_t utc;
	if (time_parse(a->start, NULL, &utc)) {
		return err_set(diag, ERR_PARSE, "--start '%s' is not a time", a->start);
	}
	if (a->clock) {
		return clock_share_paced(a->clock, utc, (double)a->rate, diag);
	}
	int fd = mkstemp(nobodys);
	if (fd < 0) {
		return err_set_errno(diag, "%s", nobodys);
	}
	(void)close(fd);
	enum err e = clock_share_paced(nobodys, utc, (double)a->rate, diag);
	(void)unlink(nobodys);
	return e;
}

/* CANCELLED: a signal came first. */
static enum err await_clock(const char *path, const sigset_t *signals, struct diag *diag)
{
	enum err e = clock_join(path, diag);
	while (e &&
		(access(path, R_OK) < 0 || e == ERR_CORRUPT)) { /* not there, or just being made */
		if (wait_signal(signals, CLOCK_LOOK_MS)) {
			return ERR_CANCELLED;
		}
		e = clock_join(path, diag);
	}
	return e;
}

static enum err serve(
	struct sim *sim, const struct sim_args *a, const sigset_t *signals, struct diag *diag)
{
	enum err e = ERR_OK;
	if (a->wants_json) {
		print_json(sim, a->options.control);
	} else {
		print_lines(sim);
	}
	if (a->site) {
		e = write_site(sim, a, diag);
	}
	(void)fflush(stdout);
	if (!e && a->options.is_held) {
		e = await_clock(a->clock, signals, diag);
		e = e ? e : sim_release(sim, diag);
	}
	if (!e) {
		(void)wait_signal(signals, a->seconds ? a->seconds * 1000 : -1);
	}
	return e == ERR_CANCELLED ? ERR_OK : e;
}

static int print_families(void)
{
	for (const struct sim_family *f = sim_families; f->name; f++) {
		(void)printf("%-16s %-14s %6d %s%s\n", f->name, f->driver, f->baud, f->framing,
			f->is_alone ? "  alone on its line" : "");
	}
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	struct sim_args a = {.lang = "en", .rate = 1, .seed = 1};
	struct sim *sim = NULL;
	struct diag diag = {0};
	sigset_t signals;
	int code = parse(argc, argv, &a);
	if (code) {
		return code;
	}
	if (a.wants_list) {
		return print_families();
	}
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL); /* the simulator's thread inherits this */
	pid_t parent = getppid();
	if (a.dies_with_parent) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent) {
			return EXIT_DONE;
		}
	}
	enum err e = a.start ? own_clock(&a, &diag) : ERR_OK;
	a.options.is_held = a.clock && !a.start;
	if (!e) {
		e = sim_start(&a.options, &sim, &diag);
	}
	if (!e) {
		e = serve(sim, &a, &signals, &diag);
	}
	sim_stop(sim);
	return e ? cmd_fail(argv[0], e, &diag) : EXIT_DONE;
}

extern const struct cmd cmd_sim;
const struct cmd cmd_sim = {
	.name = "sim",
	.summary = "a virtual building: meters that answer as real ones do",
	.help = "usage: domovoi sim [options]          (docs/simulator.md)\n\n"
		"Meters of a building that does not exist, on pseudo-terminals and TCP. Prints what listens\n"
		"where; runs until SIGINT or SIGTERM.\n\n"
		"  --dir DIR             symlinks to the pseudo-terminals: DIR/mbus-1 ...\n"
		"  --flats N             12\n"
		"  --plan KIND           building, or one line of a kind of meters: mbus, vkt7, pulsar ...;\n"
		"                        or of one of each: vkt7,spt943,pulsar_water@1200\n"
		"  --plan list           print the kinds there are\n"
		"  --meters N, --baud B  of a line of one kind\n"
		"  --report-day D, --report-hour H   on which the meters' months and days end\n"
		"  --seed N              another building, other chances\n"
		"  --born TIME           when the meters were fitted: their archives begin\n"
		"  --zone NAME           Europe/Moscow\n"
		"  --tcp PORT, --no-tcp  where the Modbus TCP gateway listens; any free port\n"
		"  --pace                bytes take their time at the line's baud rate\n"
		"  --strict-speed        a meter hears only its own baud rate\n"
		"  --profile FILE[,...]  real consumption from a CSV file; may be repeated\n"
		"  --fault TARGET:KIND[:key=value,...]   silence, noise, late, checksum, foreign,\n"
		"                        truncate, echo, clock, power; may be repeated\n"
		"  --control PATH        UNIX socket for commands while it runs\n"
		"  --clock FILE          live by the shared clock in FILE; waits until there is one\n"
		"  --start TIME          live from TIME on, --rate times faster than the wall clock\n"
		"  --rate N              1\n"
		"  --site FILE           write the configuration for `domovoi db import`\n"
		"  --poll SECONDS        of the meters in it\n"
		"  --lang en|ru          of the names in it\n"
		"  --for SECONDS         end by itself\n"
		"  --json                print lines as JSON\n"
		"  --die-with-parent     end when the process that started it ends\n",
	.run = run,
};
