/*
 * session.c - one meter or one line, opened from the command line; see session.h
 */
#include "cmd/session.h"

#include "base/clock.h"
#include "base/str.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What the signal handler needs; one session at a time. */
static struct talk *_Atomic current_talk;
static atomic_bool is_interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	atomic_store(&is_interrupted, true);
	struct talk *t = atomic_load(&current_talk);
	if (t) {
		talk_cancel(t); /* one atomic store */
	}
}

void session_catch_interrupt(void)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

bool session_is_interrupted(void)
{
	return atomic_load(&is_interrupted);
}

const struct driver *session_driver(const char *cmd, const char *name)
{
	const struct driver *d = driver_find(name);
	if (!d) {
		(void)cmd_usage(cmd, "no driver '%s' (domovoi drivers lists them)", name);
	}
	return d;
}

int session_open(const char *cmd, const struct session_options *o, struct session *ret_session)
{
	struct session s = {.cmd = cmd};
	struct diag diag = {0};
	if (!o->link) {
		return cmd_usage(cmd, "--link says where the meter is, as in serial:/dev/ttyUSB0");
	}
	if (!link_url_is_valid(o->link)) {
		return cmd_usage(cmd,
			"'%s' is not serial:/dev/..., tcp://host:port, udp://host:port, file:NAME, "
			"http(s)://host/... or replay:file",
			o->link);
	}
	if (o->framing && link_char_bits(o->framing) == 0) {
		return cmd_usage(cmd, "--framing '%s' is not like 8N1 or 7E1", o->framing);
	}
	if (zone_get(o->zone ? o->zone : "UTC", &s.zone, &diag)) {
		return cmd_usage(cmd, "--zone: %s", diag.text);
	}
	enum err e = link_open(o->link, NULL, &s.link, &diag);
	if (e) {
		return cmd_fail(cmd, e, &diag);
	}
	if (o->trace) {
		s.trace_file = fopen(o->trace, "we");
		if (!s.trace_file) {
			e = err_set_errno(&diag, "%s", o->trace);
			link_close(s.link);
			return cmd_fail(cmd, e, &diag);
		}
		(void)fprintf(s.trace_file, "# source: domovoi %s on %s\n", cmd, o->link);
	}
	*ret_session = s;
	if (s.trace_file) {
		trace_writer_init(&ret_session->writer, s.trace_file);
		ret_session->trace = &ret_session->writer.trace;
	}
	return EXIT_DONE;
}

/* --set pairs as parameters of a meter; a value with blanks gets its quotes. */
static bool join_params(const struct session_options *o, struct buf *out)
{
	for (size_t i = 0; i < o->set.n; i++) {
		const char *item = o->set.items[i];
		size_t name = strcspn(item, "=");
		bool is_quoted = item[name] && strpbrk(item + name, " \t\"");
		buf_printf(out, "%s%.*s", i ? " " : "", (int)name, item);
		if (item[name]) {
			const char *quote = is_quoted ? "\"" : "";
			buf_printf(out, "=%s%s%s", quote, item + name + 1, quote);
		}
	}
	return !out->is_full;
}

static bool is_set(const struct session_options *o, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < o->set.n; i++) {
		if (strncmp(o->set.items[i], name, n) == 0 && o->set.items[i][n] == '=') {
			return true;
		}
	}
	return false;
}

/* What must be given to speak to one meter is not known before a scan. */
static void fill_params(const struct session_options *o, const struct driver *d, struct buf *out)
{
	for (const struct driver_param *p = d->params; p->name; p++) {
		if (!p->default_text && !is_set(o, p->name)) {
			buf_printf(out, p->type == PARAM_TEXT ? " %s=\"\"" : " %s=%lld", p->name,
				(long long)p->min);
		}
	}
}

int session_talk(struct session *s, const struct session_options *o, const struct driver *driver,
	int64_t baud, bool is_scan)
{
	struct line line = {
		.baud = baud, .reply_ms = o->reply_ms, .has_echo = o->has_echo, .is_enabled = true};
	struct meter meter = {.is_enabled = true};
	struct diag diag = {0};
	struct buf params;
	buf_init(&params, sizeof(meter.params) - 1);
	bool fits = join_params(o, &params);
	if (is_scan) {
		fill_params(o, driver, &params);
	}
	(void)STR_COPY(meter.params, buf_cstr(&params));
	buf_fini(&params);
	if (!fits) {
		return cmd_usage(s->cmd, "--set: too much text");
	}
	if (o->framing) {
		(void)STR_COPY(line.framing, o->framing);
	}
	atomic_store(&current_talk, NULL);
	talk_free(s->talk);
	s->talk = NULL;
	enum err e = talk_new(driver, &line, &meter, s->zone, &s->talk, &diag);
	if (e == ERR_INVAL || e == ERR_RANGE) {
		return cmd_usage(s->cmd, "--set %s", diag.text);
	}
	if (e) {
		return cmd_fail(s->cmd, e, &diag);
	}
	if (o->retries >= 0) {
		talk_set_retries(s->talk, (int)o->retries);
	}
	s->driver = driver;
	if (s->trace_file) {
		(void)fprintf(
			s->trace_file, "# driver: %s\n# params: %s\n", driver->name, meter.params);
	}
	talk_attach(s->talk, s->link, s->trace);
	e = talk_begin(s->talk, clock_now());
	atomic_store(&current_talk, s->talk);
	if (session_is_interrupted()) {
		talk_cancel(s->talk); /* it came while there was no talk */
	}
	return e ? cmd_fail(s->cmd, e, talk_diag(s->talk)) : EXIT_DONE;
}

bool session_close(struct session *s)
{
	bool is_whole = true;
	atomic_store(&current_talk, NULL);
	talk_free(s->talk);
	link_close(s->link);
	if (s->trace_file) {
		is_whole = trace_writer_flush(&s->writer);
		trace_writer_fini(&s->writer);
		is_whole = fclose(s->trace_file) == 0 && is_whole;
	}
	*s = (struct session){0};
	return is_whole;
}
