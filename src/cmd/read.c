/*
 * read.c - domovoi read: one meter, once, to the terminal
 */
#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/samples.h"
#include "cmd/session.h"
#include "poll/params.h"

#include <inttypes.h>
#include <string.h>

struct wanted {
	struct session_options o;
	const char *archive, *from, *till;
	bool clock, identify, current;
	enum period period;
	struct span span;
};

struct said {
	struct sample_list list;
	struct identity who;
	bool has_who, has_clock;
	int64_t clock_utc, true_utc;
	const char *step; /* what was asked for last */
};

/* The archive asked for: period and span; the default span is the last of what a person wants to see. */
static int check_archive(struct wanted *w, const struct zone *zone)
{
	static const int64_t usual_days[PERIOD_COUNT] = {
		[PERIOD_HALF_HOUR] = 1, [PERIOD_HOUR] = 2, [PERIOD_DAY] = 31, [PERIOD_MONTH] = 366};
	if (!period_from_name(w->archive, &w->period) || w->period == PERIOD_NONE) {
		return cmd_usage(
			"read", "--archive '%s' is not half_hour, hour, day or month", w->archive);
	}
	w->span.till = clock_now();
	if (w->till && time_parse(w->till, zone, &w->span.till)) {
		return cmd_usage("read",
			"--till '%s' is not a time like 2025-01-10 or 2025-01-10T05:00", w->till);
	}
	w->span.from = w->span.till - 86400 * usual_days[w->period];
	if (w->from && time_parse(w->from, zone, &w->span.from)) {
		return cmd_usage("read",
			"--from '%s' is not a time like 2025-01-10 or 2025-01-10T05:00", w->from);
	}
	if (w->span.from >= w->span.till) {
		return cmd_usage("read", "--from is not before --till");
	}
	return EXIT_DONE;
}

static enum err cannot(struct session *s, const char *what)
{
	return talk_fail(s->talk, ERR_UNSUPP, "driver %s does not read %s", s->driver->name, what);
}

static void begin(struct session *s, struct said *said, const char *name, const char *step)
{
	said->step = name;
	if (s->trace_file) {
		(void)trace_writer_flush(&s->writer);
		(void)fprintf(s->trace_file, "@ %s\n", step);
	}
}

/* The meter's own days and months; where it does not tell, civil ones. */
static void learn_report_time(struct session *s)
{
	int hour, day;
	if (s->driver->report_time && !s->driver->report_time(s->talk, &hour, &day)) {
		talk_set_report(s->talk, hour, day);
	}
}

static enum err ask(struct session *s, const struct wanted *w, struct said *said)
{
	const struct driver *d = s->driver;
	enum err e = ERR_OK;
	if (w->identify) {
		begin(s, said, "identification", "identify");
		e = d->identify ? d->identify(s->talk, &said->who) : cannot(s, "an identification");
		said->has_who = !e;
	}
	if (!e && w->clock) {
		begin(s, said, "clock", "clock");
		e = d->read_clock ? d->read_clock(s->talk, &said->clock_utc) : cannot(s, "a clock");
		said->true_utc = talk_now(s->talk);
		said->has_clock = !e;
	}
	if (!e && w->current) {
		begin(s, said, "current values", d->hear ? "hear" : "current");
		e = d->read_current ? d->read_current(s->talk, &said->list.sink) :
		    d->hear         ? talk_hear(s->talk, -1, &said->list.sink) :
				      cannot(s, "current values");
	}
	if (!e && w->archive) {
		char step[128], from[TIME_TEXT_CAP], till[TIME_TEXT_CAP];
		(void)snprintf(step, sizeof(step), "archive %s %s %s", period_name(w->period),
			time_text_utc(from, w->span.from), time_text_utc(till, w->span.till));
		begin(s, said, "archive", step);
		learn_report_time(s);
		e = d->read_archive ?
			    d->read_archive(s->talk, w->period, w->span, &said->list.sink) :
			    cannot(s, "archives");
	}
	return e;
}

static void print_json(const struct session *s, const struct said *said, enum err e)
{
	struct buf text;
	buf_init(&text, 256U << 20);
	struct json_out j = {.to = &text};
	json_open(&j, NULL, '{');
	json_put_text(&j, "driver", s->driver->name);
	json_put_text(&j, "link", s->link->url);
	if (said->has_who) {
		identity_json(&j, "identity", &said->who);
	}
	if (said->has_clock) {
		json_open(&j, "clock", '{');
		json_put_time(&j, "utc", said->clock_utc);
		json_put_int(&j, "offset_s", said->clock_utc - said->true_utc);
		json_close(&j, '}');
	}
	samples_json(&j, &said->list);
	if (e) {
		json_put_text(&j, "error", err_name(e));
	}
	json_close(&j, '}');
	(void)puts(buf_cstr(&text));
	buf_fini(&text);
}

/* What the meter told of itself; not every family tells everything. */
static void print_identity(const struct identity *who)
{
	const struct {
		const char *name, *value;
	} facts[] = {{"maker", who->maker}, {"model", who->model}, {"serial number", who->serial},
		{"version", who->version}, {"medium", who->medium}};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (*facts[i].value) {
			(void)printf("%s: %s\n", facts[i].name, facts[i].value);
		}
	}
}

static void print_text(const struct session *s, const struct said *said)
{
	if (said->has_who) {
		print_identity(&said->who);
	}
	if (said->has_clock) {
		char time[TIME_TEXT_CAP];
		(void)printf("clock %s, %+" PRId64 " s from this computer's\n",
			time_text_local(time, s->zone, said->clock_utc),
			said->clock_utc - said->true_utc);
	}
	samples_table(&said->list, s->zone);
}

/* The talk's or driver's own words, else what was being read. */
static int fail(const struct session *s, const struct said *said, enum err e)
{
	struct diag diag = *talk_diag(s->talk);
	if (!diag.text[0]) {
		(void)err_set(&diag, e, "%s", said->step);
	}
	return cmd_fail("read", e, &diag);
}

static int run(int argc, char **argv)
{
	struct wanted w = {.o = {.retries = -1}};
	const struct opt opts[] = {SESSION_OPTIONS(w.o), {"baud", OPT_INT, &w.o.baud, 50, 4000000},
		{"archive", OPT_TEXT, &w.archive}, {"from", OPT_TEXT, &w.from},
		{"till", OPT_TEXT, &w.till}, {"clock", OPT_FLAG, &w.clock},
		{"identify", OPT_FLAG, &w.identify}, {"current", OPT_FLAG, &w.current},
		{.name = NULL}};
	if (!opt_parse(argc, argv, opts, NULL)) {
		return EXIT_USAGE;
	}
	if (!w.o.driver) {
		return cmd_usage(argv[0], "--driver says how to speak to the meter");
	}
	const struct driver *driver = session_driver(argv[0], w.o.driver);
	if (!driver) {
		return EXIT_USAGE;
	}
	w.current = w.current || !(w.archive || w.clock || w.identify);
	struct session s;
	int code = session_open(argv[0], &w.o, &s);
	if (code) {
		return code;
	}
	code = w.archive ? check_archive(&w, s.zone) : EXIT_DONE;
	if (!code) {
		code = session_talk(&s, &w.o, driver, w.o.baud, false);
	}
	if (!code) {
		struct said said = {0};
		sample_list_init(&said.list);
		session_catch_interrupt();
		enum err e = ask(&s, &w, &said);
		if (w.o.wants_json) {
			print_json(&s, &said, e);
		} else {
			print_text(&s, &said);
		}
		code = e ? fail(&s, &said, e) : EXIT_DONE;
		sample_list_fini(&said.list);
	}
	if (!session_close(&s) && !code) {
		code = cmd_fail(argv[0], ERR_IO, NULL);
	}
	return code;
}

extern const struct cmd cmd_read;
const struct cmd cmd_read = {
	.name = "read",
	.summary = "one meter, once, to the terminal",
	.help = "usage: domovoi read --driver NAME --link URL [--set NAME=VALUE]... [option]...\n\n"
		"Reads one meter and prints what it says.\n\n"
		"  --driver NAME     how to speak to it (domovoi drivers)\n"
		"  --link URL        serial:/dev/ttyUSB0, tcp://host:port, udp://host:port or replay:file.rec\n"
		"  --set NAME=VALUE  a parameter of the driver, as in address=5 (domovoi drivers NAME)\n"
		"  --baud N          speed; --framing 8E1; both as the driver says if not given\n"
		"  --reply-ms N      how long to wait for an answer; --retries N; --echo: the line echoes\n"
		"  --current         present values; what is read if nothing else is asked for\n"
		"  --archive PERIOD  half_hour, hour, day or month; --from TIME --till TIME\n"
		"  --clock           the meter's clock and how far it is off\n"
		"  --identify        maker, model, serial number\n"
		"  --zone NAME       zone the meter's clock runs in, as in Europe/Moscow; UTC if not given\n"
		"  --trace FILE      write the conversation as a recording\n"
		"  --json            for machines\n\n"
		"exit codes: 0 read, 1 no or no good answer, 2 wrong command line\n",
	.run = run,
};
