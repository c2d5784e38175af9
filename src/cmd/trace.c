/*
 * trace.c - domovoi trace: what passes on a line, in the recording format
 *
 * Nothing is sent, so it cannot be told who speaks: every byte is written as a reply.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "cmd/cmd.h"
#include "cmd/session.h"

#include <errno.h>

#define LOOK_MS 100

static int listen_on(struct link *link, FILE *out, int64_t seconds, struct diag *diag)
{
	struct trace_writer w;
	trace_writer_init(&w, out);
	int64_t until_us = seconds ? clock_mono_us() + seconds * 1000000 : INT64_MAX;
	enum err e = ERR_OK;
	while (!e && !session_is_interrupted() && clock_mono_us() < until_us) {
		uint8_t bytes[512];
		size_t n = 0;
		e = link_read(link, bytes, sizeof(bytes), LOOK_MS, &n, diag);
		if (!e) {
			struct slice got = {bytes, n};
			w.trace.bytes(&w.trace, TRACE_GOT, got, clock_mono_us());
		} else if (e == ERR_TIMEOUT) {
			e = trace_writer_flush(&w) ? ERR_OK : err_set_errno(diag, "writing");
		}
	}
	if (!trace_writer_flush(&w) && !e) {
		e = err_set_errno(diag, "writing");
	}
	trace_writer_fini(&w);
	return e ? cmd_fail("trace", e, diag) : EXIT_DONE;
}

static int run(int argc, char **argv)
{
	const char *url = NULL;
	const char *path = NULL;
	const char *framing = "8N1";
	int64_t baud = 9600;
	int64_t seconds = 0;
	struct diag diag = {0};
	const struct opt opts[] = {{"link", OPT_TEXT, &url}, {"out", OPT_TEXT, &path},
		{"baud", OPT_INT, &baud, 50, 4000000}, {"framing", OPT_TEXT, &framing},
		{"seconds", OPT_INT, &seconds, 1, 31536000}, {.name = NULL}};
	if (!opt_parse(argc, argv, opts, NULL)) {
		return EXIT_USAGE;
	}
	if (!url || !link_url_is_valid(url) || link_char_bits(framing) == 0) {
		return !url ? cmd_usage(argv[0],
				      "--link says which line, as in serial:/dev/ttyUSB0") :
			      cmd_usage(argv[0], "'%s' at '%s' is not a line", url, framing);
	}
	struct link_setup setup = {.baud = (int)baud};
	(void)STR_COPY(setup.framing, framing);
	struct link *link;
	enum err e = link_open(url, &setup, &link, &diag);
	if (e) {
		return cmd_fail(argv[0], e, &diag);
	}
	int code;
	FILE *out = path ? fopen(path, "we") : stdout;
	if (out) {
		char time[TIME_TEXT_CAP];
		(void)fprintf(out, "# source: domovoi trace on %s at %lld %s\n# now: %s\n", url,
			(long long)baud, framing, time_text_utc(time, clock_now()));
		session_catch_interrupt();
		code = listen_on(link, out, seconds, &diag);
	} else {
		e = err_set_errno(&diag, "%s", path);
		code = cmd_fail(argv[0], e, &diag);
	}
	if (path && out && fclose(out) != 0 && !code) {
		code = cmd_fail(argv[0], ERR_IO, NULL);
	}
	link_close(link);
	return code;
}

extern const struct cmd cmd_trace;
const struct cmd cmd_trace = {
	.name = "trace",
	.summary = "what passes on a line, in the recording format",
	.help = "usage: domovoi trace --link URL [--baud N] [--framing 8E1] [--out FILE] [--seconds N]\n\n"
		"Listens without sending and writes what it hears as a recording, until Ctrl-C or for N\n"
		"seconds. Who speaks cannot be told from listening: all bytes are written as replies.\n"
		"To record a conversation of this program, use domovoi read --trace FILE.\n\n"
		"exit codes: 0 done, 1 the line failed, 2 wrong command line\n",
	.run = run,
};
