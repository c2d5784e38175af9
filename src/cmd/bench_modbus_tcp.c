/*
 * bench_modbus_tcp.c - CPU this program spends per register read over Modbus TCP on loopback
 *
 * A child process is the slave (100 simulated meters behind one address); the parent reads all
 * registers of each, over and over, through link, talk and driver, into a sink that only counts.
 * CPU is the parent's own (getrusage), so the slave's work is not in it.
 */
#include "base/clock.h"
#include "base/str.h"
#include "cmd/bench.h"
#include "poll/talk.h"
#include "sim/sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct counting_sink {
	struct sink sink;
	size_t n;
};

static enum err count(struct sink *s, const struct sample *sample)
{
	(void)sample;
	((struct counting_sink *)s)->n++;
	return ERR_OK;
}

/* The child: a building with meters on TCP; its site goes through the pipe as "url\nparams\n"... */
static void be_slave(int to)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct sim_options options = {.flats = 12, .has_tcp = true};
	struct sim *sim = NULL;
	struct site *site = NULL;
	struct diag diag = {0};
	FILE *f = fdopen(to, "w");
	if (!f || sim_start(&options, &sim, &diag) || sim_site(sim, &site, &diag)) {
		_exit(1);
	}
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		const struct meter *m = &site->meters[i];
		const struct line *line = site_find(site, OBJECT_LINE, m->line);
		if (line && strncmp(line->link, "tcp:", 4) == 0 &&
			strcmp(m->driver, "modbus") == 0) {
			(void)fprintf(f, "%s\t%s\n", line->link, m->params);
		}
	}
	(void)fclose(f);
	for (;;) {
		(void)pause();
	}
}

static double cpu_seconds(void)
{
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static enum err read_all(struct talk **talks, size_t n, int rounds, struct counting_sink *sink)
{
	const struct driver *driver = driver_find("modbus");
	for (int r = 0; r < rounds; r++) {
		for (size_t i = 0; i < n; i++) {
			enum err e = talk_begin(talks[i], 0);
			if (!e) {
				e = driver->read_current(talks[i], &sink->sink);
			}
			if (e) {
				return e;
			}
		}
	}
	return ERR_OK;
}

static enum err measure(FILE *from, json_t *out, const struct bench_options *o, struct diag *diag)
{
	char text[1024];
	struct talk *talks[256];
	struct link *link = NULL;
	size_t n = 0;
	struct counting_sink sink = {.sink = {.put = count}};
	const struct zone *utc;
	enum err e = zone_get("UTC", &utc, diag);
	while (!e && n < 256 && fgets(text, sizeof(text), from)) {
		struct line line;
		struct meter meter;
		char *tab = strchr(text, '\t');
		object_init(OBJECT_LINE, &line);
		object_init(OBJECT_METER, &meter);
		if (!tab) {
			break;
		}
		*tab = 0;
		tab[1 + strcspn(tab + 1, "\n")] = 0;
		(void)STR_COPY(line.link, text);
		(void)STR_COPY(meter.params, tab + 1);
		e = link ? ERR_OK :
			   link_open(
				   line.link, &(struct link_setup){.framing = "8N1"}, &link, diag);
		if (!e) {
			e = talk_new(driver_find("modbus"), &line, &meter, utc, &talks[n], diag);
		}
		if (!e) {
			talk_attach(talks[n++], link, NULL);
		}
	}
	if (!e && n == 0) {
		e = err_set(
			diag, ERR_INTERNAL, "the simulated building has no Modbus meter on TCP");
	}
	if (!e) {
		e = read_all(talks, n, 20, &sink); /* warm */
	}
	if (!e) {
		sink.n = 0;
		int rounds = o->is_quick ? 200 : 2000;
		double cpu = cpu_seconds();
		int64_t start_us = clock_mono_us();
		e = read_all(talks, n, rounds, &sink);
		cpu = cpu_seconds() - cpu;
		double wall = (double)(clock_mono_us() - start_us) / 1e6;
		(void)json_object_set_new(out, "meters", json_integer((json_int_t)n));
		(void)json_object_set_new(out, "register_reads", json_integer((json_int_t)sink.n));
		(void)json_object_set_new(
			out, "cpu_us_per_read", json_real(cpu * 1e6 / (double)sink.n));
		(void)json_object_set_new(out, "reads_per_s", json_real((double)sink.n / wall));
	}
	for (size_t i = 0; i < n; i++) {
		talk_free(talks[i]);
	}
	link_close(link);
	return e;
}

enum err bench_modbus_tcp(json_t *out, const struct bench_options *o, struct diag *diag)
{
	int ends[2];
	if (pipe(ends)) {
		return err_set_errno(diag, "pipe");
	}
	pid_t child = fork();
	if (child < 0) {
		return err_set_errno(diag, "fork");
	}
	if (child == 0) {
		(void)close(ends[0]);
		be_slave(ends[1]);
	}
	(void)close(ends[1]);
	FILE *from = fdopen(ends[0], "r");
	enum err e = from ? measure(from, out, o, diag) : err_set_errno(diag, "pipe");
	if (from) {
		(void)fclose(from);
	}
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	return e;
}
