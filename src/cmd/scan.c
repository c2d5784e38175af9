/*
 * scan.c - domovoi scan: who answers on this line
 */
#include "base/clock.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/samples.h"
#include "cmd/session.h"

#include <string.h>
#include <unistd.h>

#define BAUD_CEILING  16
#define PROGRESS_US   200000
#define FOUND_CEILING 4096

struct found {
	const struct driver *driver;
	int64_t baud;
	struct identity who;
};

struct scan {
	struct trace trace; /* counts requests for the progress line, then hands on */
	struct trace *next;
	bool shows_progress;
	int64_t asked, shown_us;
	const struct driver *driver;
	int64_t baud;
	struct buf found; /* struct found, one after another */
	size_t n;
};

static void show_progress(struct scan *s, bool is_last)
{
	if (s->shows_progress) {
		(void)fprintf(stderr, "\r%s at %lld baud: asked %lld, found %zu %s",
			s->driver->name, (long long)s->baud, (long long)s->asked, s->n,
			is_last ? "\n" : "");
	}
}

static void watch(struct trace *t, enum trace_way way, struct slice bytes, int64_t at_us)
{
	struct scan *s = (struct scan *)t; /* trace is the first member */
	s->asked += way == TRACE_SENT;
	if (at_us - s->shown_us > PROGRESS_US) {
		s->shown_us = at_us;
		show_progress(s, false);
	}
	if (s->next) {
		s->next->bytes(s->next, way, bytes, at_us);
	}
}

static enum err keep(void *ctx, const struct identity *who)
{
	struct scan *s = ctx;
	struct found f = {.driver = s->driver, .baud = s->baud, .who = *who};
	buf_put(&s->found, &f, sizeof(f));
	if (s->found.is_full) {
		return ERR_LIMIT;
	}
	s->n++;
	return ERR_OK;
}

static struct found found_at(const struct scan *s, size_t i)
{
	struct found f;
	memcpy(&f, s->found.data + i * sizeof(f), sizeof(f));
	return f;
}

static void print_json(const struct scan *s, const char *link)
{
	struct buf text;
	buf_init(&text, 16U << 20);
	struct json_out j = {.to = &text};
	json_open(&j, NULL, '{');
	json_put_text(&j, "link", link);
	json_open(&j, "found", '[');
	for (size_t i = 0; i < s->n; i++) {
		struct found f = found_at(s, i);
		json_open(&j, NULL, '{');
		json_put_text(&j, "driver", f.driver->name);
		json_put_int(&j, "baud", f.baud);
		identity_json(&j, "identity", &f.who);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	(void)puts(buf_cstr(&text));
	buf_fini(&text);
}

static void print_table(const struct scan *s)
{
	static const char *const headings[] = {
		"DRIVER", "BAUD", "ADDRESS", "SERIAL", "MAKER", "MODEL", "VERSION", "MEDIUM"};
	struct table t;
	table_init(&t, 8, "lrllllll");
	for (size_t i = 0; i < 8 && s->n > 0; i++) {
		table_cell(&t, headings[i]);
	}
	for (size_t i = 0; i < s->n; i++) {
		struct found f = found_at(s, i);
		char baud[24];
		(void)snprintf(baud, sizeof(baud), "%lld", (long long)f.baud);
		const char *const cells[] = {f.driver->name, baud, f.who.address, f.who.serial,
			f.who.maker, f.who.model, f.who.version, f.who.medium};
		for (size_t k = 0; k < 8; k++) {
			table_cell(&t, cells[k]);
		}
	}
	table_print(&t);
}

/* "2400" or "300,2400,9600" into `bauds`; 0 numbers for NULL, negative for nonsense. */
static int parse_bauds(const char *text, int64_t bauds[static BAUD_CEILING])
{
	int n = 0;
	char word[16];
	while (text && *text) {
		size_t size = strcspn(text, ",");
		if (size >= sizeof(word) || n == BAUD_CEILING) {
			return -1;
		}
		memcpy(word, text, size);
		word[size] = 0;
		if (str_to_int(word, &bauds[n]) || bauds[n] < 50 || bauds[n] > 4000000) {
			return -1;
		}
		n++;
		text += size + (text[size] == ',');
	}
	return n;
}

/* One driver at one speed. A line that fails ends everything; silence is no failure here. */
static int scan_with(struct session *session, const struct session_options *o, struct scan *s)
{
	int code = session_talk(session, o, s->driver, s->baud, true);
	if (code) {
		return code;
	}
	enum err e = s->driver->scan(session->talk, keep, s);
	show_progress(s, true);
	if (e && e != ERR_TIMEOUT && e != ERR_NODATA) {
		return cmd_fail("scan", e, talk_diag(session->talk));
	}
	return session_is_interrupted() ? cmd_fail("scan", ERR_CANCELLED, NULL) : EXIT_DONE;
}

static int scan_all(struct session *session, const struct session_options *o, struct scan *s,
	const struct driver *only, const int64_t *bauds, int baud_n)
{
	int code = EXIT_DONE;
	for (size_t i = 0; drivers[i] && !code; i++) {
		if (only ? drivers[i] != only :
			   !(drivers[i]->caps & CAP_SCAN && drivers[i]->scan)) {
			continue;
		}
		s->driver = drivers[i];
		for (int k = 0; k < (baud_n ? baud_n : 1) && !code; k++) {
			s->baud = baud_n ? bauds[k] : drivers[i]->timing.baud;
			code = scan_with(session, o, s);
		}
	}
	return code;
}

static int run(int argc, char **argv)
{
	struct session_options o = {.retries = -1};
	const char *baud = NULL;
	int64_t bauds[BAUD_CEILING];
	const struct opt opts[] = {SESSION_OPTIONS(o), {"baud", OPT_TEXT, &baud}, {.name = NULL}};
	if (!opt_parse(argc, argv, opts, NULL)) {
		return EXIT_USAGE;
	}
	int baud_n = parse_bauds(baud, bauds);
	if (baud_n < 0) {
		return cmd_usage(argv[0], "--baud '%s' is not a list like 300,2400,9600", baud);
	}
	const struct driver *only = o.driver ? session_driver(argv[0], o.driver) : NULL;
	if (o.driver && !only) {
		return EXIT_USAGE;
	}
	if (only && !only->scan) {
		return cmd_usage(argv[0], "driver %s cannot search", only->name);
	}
	struct session session;
	int code = session_open(argv[0], &o, &session);
	if (code) {
		return code;
	}
	struct scan s = {.trace = {.bytes = watch}, .shows_progress = isatty(STDERR_FILENO)};
	s.next = session.trace;
	session.trace = &s.trace;
	buf_init(&s.found, FOUND_CEILING * sizeof(struct found));
	session_catch_interrupt();
	code = scan_all(&session, &o, &s, only, bauds, baud_n);
	if (o.wants_json) {
		print_json(&s, o.link);
	} else {
		print_table(&s);
	}
	if (!code && s.n == 0) {
		code = cmd_fail(argv[0], ERR_TIMEOUT, &(struct diag){.text = "nobody was found"});
	}
	buf_fini(&s.found);
	if (!session_close(&session) && !code) {
		code = cmd_fail(argv[0], ERR_IO, NULL);
	}
	return code;
}

extern const struct cmd cmd_scan;
const struct cmd cmd_scan = {
	.name = "scan",
	.summary = "who answers on this line",
	.help = "usage: domovoi scan --link URL [--driver NAME] [--baud N[,N]...] [option]...\n\n"
		"Searches a line for meters: with one driver, or with all that can search.\n\n"
		"  --link URL        serial:/dev/ttyUSB0 or tcp://host:port\n"
		"  --driver NAME     how to speak to them (domovoi drivers)\n"
		"  --baud N,N        speeds to try; as the driver says if not given\n"
		"  --framing 8E1     --reply-ms N, --retries N, --echo, --trace FILE: as for domovoi read\n"
		"  --set NAME=VALUE  a parameter of the driver\n"
		"  --json            for machines\n\n"
		"Ctrl-C ends the search and prints who was found until then.\n\n"
		"exit codes: 0 somebody answered, 1 nobody or the line failed, 2 wrong command line\n",
	.run = run,
};
