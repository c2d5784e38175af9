/*
 * bench_line.c - how much of a line's time carries bytes, with 50 meters that always answer
 *
 * The simulator paces every byte at the baud rate, on a pseudo-terminal; the node's own poll keeps
 * the line busy (each meter is due every second, which no such line can serve). Of the time that
 * passed, reported:
 *
 *   wire        bytes on the wire: start, data, parity, stop bits at this speed
 *   busy        from the first byte of a request to the last of its reply: wire + the meters' own
 *               turnaround + what pacing of the simulator costs
 *   gaps        silence the protocol demands before each request
 *   of_limit    busy + gaps: what remains is the scheduler's share
 */
#include "base/clock.h"
#include "cmd/bench.h"
#include "poll/poll.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define METERS 50

static enum err fill_store(struct store *store, struct sim *sim, struct diag *diag)
{
	struct site *site = NULL;
	enum err e = sim_site(sim, &site, diag);
	if (e) {
		return e;
	}
	for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
		site->meters[i].poll_s = 1;
		site->meters[i].clock_s = 0;
		site->meters[i].archives = false;
	}
	e = bench_fill(store, site, diag);
	site_unref(site);
	return e;
}

static void report(json_t *out, const struct line_state *line, double seconds, int baud, int bits)
{
	const struct talk_counters *c = &line->counters;
	double busy = (double)c->busy_us / 1e6 / seconds, gaps = (double)c->gap_us / 1e6 / seconds;
	double wire = (double)(c->bytes_out + c->bytes_in) * bits / baud;
	(void)json_object_set_new(out, "meters", json_integer(METERS));
	(void)json_object_set_new(out, "seconds", json_real(seconds));
	(void)json_object_set_new(out, "exchanges", json_integer(c->exchanges));
	(void)json_object_set_new(out, "failed", json_integer(c->timeouts + c->noises));
	(void)json_object_set_new(out, "bytes", json_integer(c->bytes_out + c->bytes_in));
	(void)json_object_set_new(out, "wire", json_real(wire / seconds));
	(void)json_object_set_new(out, "busy", json_real(busy));
	(void)json_object_set_new(out, "gaps", json_real(gaps));
	(void)json_object_set_new(out, "of_limit", json_real(busy + gaps));
}

static enum err measure(
	struct store *store, int seconds, int baud, int bits, json_t *out, struct diag *diag)
{
	struct poll *poll = NULL;
	struct line_state *before = NULL, *after = NULL;
	size_t n;
	enum err e = poll_start(store, &poll, diag);
	if (e) {
		return e;
	}
	(void)sleep(1); /* open the port, speak to the first meters */
	int64_t start_us = clock_mono_us();
	e = poll_lines(poll, &before, &n);
	if (!e) {
		(void)sleep((unsigned)seconds);
		e = poll_lines(poll, &after, &n);
	}
	if (!e && n == 1) {
		struct talk_counters *a = &after->counters;
		const struct talk_counters *b = &before->counters;
		a->exchanges -= b->exchanges;
		a->timeouts -= b->timeouts;
		a->noises -= b->noises;
		a->bytes_in -= b->bytes_in;
		a->bytes_out -= b->bytes_out;
		a->busy_us -= b->busy_us;
		a->gap_us -= b->gap_us;
		report(out, after, (double)(clock_mono_us() - start_us) / 1e6, baud, bits);
	}
	free(before);
	free(after);
	poll_stop(poll);
	return e;
}

static enum err one_line(
	const char *plan, int baud, int bits, int seconds, json_t *out, struct diag *diag)
{
	char path[] = "/tmp/domovoi-bench-XXXXXX", url[64], db[64], wal[64];
	struct sim *sim = NULL;
	struct store *store = NULL;
	int fd = mkstemp(path);
	if (fd < 0) {
		return err_set_errno(diag, "temporary database");
	}
	(void)close(fd);
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	struct sim_options options = {
		.plan = plan, .meters = METERS, .baud = baud, .is_paced = true};
	enum err e = sim_start(&options, &sim, diag);
	if (!e) {
		e = store_open(url, STORE_CREATE, &store, diag);
	}
	if (!e) {
		e = fill_store(store, sim, diag);
	}
	if (!e) {
		e = measure(store, seconds, baud, bits, out, diag);
	}
	store_close(store);
	sim_stop(sim);
	(void)snprintf(db, sizeof(db), "%s-shm", path);
	(void)snprintf(wal, sizeof(wal), "%s-wal", path);
	(void)unlink(path);
	(void)unlink(db);
	(void)unlink(wal);
	return e;
}

enum err bench_line(json_t *out, bool is_quick, struct diag *diag)
{
	const struct {
		const char *name;
		const char *plan;
		int baud, bits;
	} lines[] = {
		{"mbus_2400", "mbus", 2400, 11},
		{"mbus_9600", "mbus", 9600, 11},
		{"modbus_2400", "sdm120", 2400, 10},
		{"modbus_9600", "sdm120", 9600, 10},
	};
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && !e; i++) {
		json_t *line = json_object();
		e = one_line(
			lines[i].plan, lines[i].baud, lines[i].bits, is_quick ? 5 : 20, line, diag);
		(void)json_object_set_new(out, lines[i].name, line);
	}
	return e;
}
