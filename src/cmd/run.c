/*
 * run.c - domovoi run: the node itself
 *
 * Starts store, rollup, validation, polling and the web server, in the order in which values flow,
 * and stops them in the reverse order on SIGINT or SIGTERM.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "calc/balance_events.h"
#include "calc/daily.h"
#include "calc/rollup.h"
#include "calc/scheme.h"
#include "calc/supply_events.h"
#include "calc/validator.h"
#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "poll/poll.h"
#include "web/web.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Closed months are packed and old readings dropped this often, in real time. */
#define PACK_EVERY_US         600000000LL
#define PACK_VIRTUAL_EVERY_US 5000000LL /* months pass in seconds */

struct settings {
	const char *db, *listen, *ui, *clock, *start, *until;
	double rate;
	int64_t until_utc; /* INT64_MAX: a signal ends it; 0: when the wall's time is reached */
	bool no_web;
};

static enum err set_clock(struct settings *o, struct diag *diag)
{
	int64_t start = 0;
	o->until_utc = INT64_MAX;
	if (o->until && strcmp(o->until, "now") == 0) {
		o->until_utc = 0;
	} else if (o->until && time_parse(o->until, NULL, &o->until_utc)) {
		return err_set(
			diag, ERR_INVAL, "--until: neither a time nor \"now\": %s", o->until);
	}
	if (!o->clock) {
		return o->start || o->rate > 0 || o->until ?
			       err_set(diag, ERR_INVAL,
				       "--start, --rate and --until need --clock FILE") :
			       ERR_OK;
	}
	if (!o->start || time_parse(o->start, NULL, &start)) {
		return err_set(
			diag, ERR_INVAL, "--start: not a time: %s", o->start ? o->start : "");
	}
	return o->rate > 0 ? clock_share_paced(o->clock, start, o->rate, diag) :
			     clock_share_stepped(o->clock, start, diag);
}

/* Where the built application lies: next to the program in a source tree, or installed. */
static const char *find_ui(const char *given, char *to, size_t cap)
{
	static const char *const places[] = {"/../ui/dist", "/../share/domovoi/ui"};
	char self[400];
	struct stat st;
	if (given) {
		return given;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0) {
		return NULL;
	}
	self[n] = 0;
	char *slash = strrchr(self, '/');
	if (slash) {
		*slash = 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(to, cap, "%s%s", self, places[i]);
		if (stat(to, &st) == 0) {
			return to;
		}
	}
	return NULL;
}

/*
 * Ends the node at a virtual time. The thread takes part in the clock and goes on "working" when its
 * time has come, so a stepped clock stands still from then on: nothing later than that is polled.
 */
struct end {
	int64_t until_us;
	pthread_barrier_t entered;
};

static void *end_at(void *arg)
{
	struct end *end = arg;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	clock_enter();
	(void)pthread_barrier_wait(&end->entered);
	(void)pthread_mutex_lock(&lock);
	while (clock_now_us() < end->until_us) {
		clock_wait(&never, &lock, end->until_us);
	}
	(void)pthread_mutex_unlock(&lock);
	(void)kill(getpid(), SIGTERM);
	for (;;) {
		(void)pause();
	}
	return NULL;
}

/* Until a signal comes, or the virtual time has become the wall's where that is the end. */
static void wait_for_end(struct store *store, const sigset_t *signals, bool until_now)
{
	int64_t packed_us = clock_mono_us();
	for (;;) {
		bool is_virtual = clock_is_virtual();
		struct timespec look = {
			.tv_sec = !is_virtual, .tv_nsec = is_virtual ? 10000000 : 0};
		if ((until_now && !is_virtual) || sigtimedwait(signals, NULL, &look) > 0) {
			return;
		}
		if (clock_mono_us() - packed_us >
			(is_virtual ? PACK_VIRTUAL_EVERY_US : PACK_EVERY_US)) {
			size_t blocks = 0;
			packed_us = clock_mono_us();
			enum err e = archive_pack(store, clock_now(), &blocks);
			if (e) {
				log_warn("run", "packing closed months: %s", err_text(e, LANG_EN));
			} else if (blocks) {
				log_info("run", "%zu month blocks packed", blocks);
			}
		}
	}
}

static enum err start_end(struct end *end, int64_t until_utc, struct diag *diag)
{
	pthread_t thread;
	if (until_utc <= 0 || until_utc == INT64_MAX) {
		return ERR_OK;
	}
	end->until_us = until_utc * 1000000;
	(void)pthread_barrier_init(&end->entered, NULL, 2);
	if (pthread_create(&thread, NULL, end_at, end)) {
		return err_set(diag, ERR_NOMEM, "no thread");
	}
	(void)pthread_barrier_wait(&end->entered);
	(void)pthread_detach(thread);
	return ERR_OK;
}

static const struct daily_job daily_jobs[] = {
	{"balance", balance_events_of},
	{"supply", supply_events_of},
	{NULL, NULL},
};

static enum err run_node(const struct settings *o, const sigset_t *signals, struct diag *diag)
{
	struct store *store = NULL;
	struct rollup *rollup = NULL;
	struct daily *daily = NULL;
	struct validator *validator = NULL;
	struct poll *poll = NULL;
	struct web *web = NULL;
	static struct end end; /* its thread lives as long as the process */
	char ui[512];
	enum err e = store_open(o->db, STORE_CREATE, &store, diag);
	if (e) {
		return e;
	}
	store_set_rule(store, scheme_check);
	e = rollup_start(store, &rollup, diag);
	e = e ? e : validator_start(store, &validator, diag);
	if (e) {
		goto out;
	}
	clock_enter(); /* time stands still until lines and end are there */
	e = start_end(&end, o->until_utc, diag);
	/* it waits for the end of a day: before the lines wait for theirs, time would jump there */
	e = e ? e : daily_start(store, rollup, daily_jobs, &daily, diag);
	e = e ? e : poll_start(store, &poll, diag);
	clock_leave();
	if (e) {
		goto out;
	}
	if (!o->no_web) {
		struct web_options options = {.listen = o->listen, .store = store, .poll = poll};
		options.ui_dir = find_ui(o->ui, ui, sizeof(ui));
		e = web_start(&options, &web, diag);
		if (e) {
			goto out;
		}
		log_info("run", "listening on %s (port %d)", o->listen, web_port(web));
		if (!options.ui_dir) {
			log_warn("run",
				"the application is not built (ui/dist): only the API is served");
		}
	}
	wait_for_end(store, signals, o->until_utc == 0);
	log_info("run", "stopping");
out:
	web_stop(web);
	poll_stop(poll);
	daily_stop(daily);
	if (rollup && !e) {
		e = rollup_settle(rollup);
	}
	validator_stop(validator);
	rollup_stop(rollup);
	store_close(store);
	return e;
}

static int run(int argc, char **argv)
{
	struct settings o = {.listen = "127.0.0.1:8080"};
	bool is_verbose = false;
	int64_t rate = 0;
	const struct opt options[] = {
		{"db", OPT_TEXT, &o.db, 0, 0},
		{"listen", OPT_TEXT, &o.listen, 0, 0},
		{"ui", OPT_TEXT, &o.ui, 0, 0},
		{"clock", OPT_TEXT, &o.clock, 0, 0},
		{"start", OPT_TEXT, &o.start, 0, 0},
		{"rate", OPT_INT, &rate, 1, 1000000},
		{"until", OPT_TEXT, &o.until, 0, 0},
		{"no-web", OPT_FLAG, &o.no_web, 0, 0},
		{"verbose", OPT_FLAG, &is_verbose, 0, 0},
		{NULL, OPT_FLAG, NULL, 0, 0},
	};
	if (!opt_parse(argc, argv, options, NULL)) {
		return EXIT_USAGE;
	}
	o.rate = (double)rate;
	if (is_verbose) {
		log_level = LOG_DEBUG;
	}
	o.db = opt_db(o.db);
	/* blocked in every thread, taken by wait_for_end */
	sigset_t signals;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	struct diag diag = {0};
	enum err e = set_clock(&o, &diag);
	if (!e) {
		e = run_node(&o, &signals, &diag);
	}
	return e ? cmd_fail(argv[0], e, &diag) : EXIT_DONE;
}

extern const struct cmd cmd_run;
const struct cmd cmd_run = {
	.name = "run",
	.summary = "the node itself: poll, archive, serve",
	.help = "usage: domovoi run [--db URL] [--listen HOST:PORT] [--ui DIR] [--no-web] [--verbose]\n"
		"                   [--clock FILE --start TIME [--rate N] [--until TIME|now]]\n\n"
		"Polls the meters of the database, forms archives, serves the web site, until SIGINT or SIGTERM.\n\n"
		"  --db URL         database, default $DOMOVOI_DB or sqlite:domovoi.db\n"
		"  --listen H:P     address of the web site, default 127.0.0.1:8080\n"
		"  --ui DIR         built web application, default found next to the program\n"
		"  --no-web         poll only\n"
		"  --clock FILE     virtual time, shared through FILE with the simulator; it begins at --start and\n"
		"                   steps from deadline to deadline as fast as the lines can work, or runs --rate\n"
		"                   times as fast as the wall's; a stepped clock that has caught up is the wall's\n"
		"  --until TIME     end then; \"now\": when the wall's time is reached\n",
	.run = run,
};
