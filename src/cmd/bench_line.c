/*
 * bench_line.c - how much of a line's time carries bytes, full of meters that always answer
 *
 * The simulator paces every byte at the baud rate, on a pseudo-terminal; the node's own poll keeps
 * the line busy (each meter is due every second, which no such line can serve). Of the time that
 * passed, reported:
 *
 *   wire        bytes on the wire: start, data, parity, stop bits at this speed
 *   busy        from the first byte of a request to the last of its reply: wire + the meters' own
 *               turnaround + what pacing of the simulator costs
 *   gaps        silence the protocol demands before each request
 *   of_limit    busy + gaps
 *   overhead    1 - of_limit: the scheduler's share
 *   meter_s, meter_wire_s   of one meter's turn, and of its bytes alone
 */
#include "base/clock.h"
#include "cmd/bench.h"
#include "poll/poll.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define METERS      50
#define TURN_MOST_S 60

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

static void report(
	json_t *out, const struct line_state *line, double seconds, int meters, int64_t turns)
{
	const struct talk_counters *c = &line->counters;
	double busy = (double)c->busy_us / 1e6 / seconds, gaps = (double)c->gap_us / 1e6 / seconds;
	double wire = (double)c->wire_us / 1e6;
	(void)json_object_set_new(out, "meters", json_integer(meters));
	(void)json_object_set_new(out, "seconds", json_real(seconds));
	(void)json_object_set_new(out, "exchanges", json_integer(c->exchanges));
	(void)json_object_set_new(out, "failed", json_integer(c->timeouts + c->noises));
	(void)json_object_set_new(out, "bytes", json_integer(c->bytes_out + c->bytes_in));
	(void)json_object_set_new(out, "wire", json_real(wire / seconds));
	(void)json_object_set_new(out, "busy", json_real(busy));
	(void)json_object_set_new(out, "gaps", json_real(gaps));
	(void)json_object_set_new(out, "of_limit", json_real(busy + gaps));
	(void)json_object_set_new(out, "overhead", json_real(1 - busy - gaps));
	(void)json_object_set_new(out, "meter_s", json_real(seconds / (double)turns));
	(void)json_object_set_new(out, "meter_wire_s", json_real(wire / (double)turns));
}

/* The line's state after more than `turns` turns; the first ones open the port. */
static enum err wait_for_turn(struct poll *poll, int64_t turns, struct line_state **ret_state)
{
	for (int i = 0; i < 10 * TURN_MOST_S; i++) {
		struct line_state *s;
		size_t n;
		enum err e = poll_lines(poll, &s, &n);
		if (e || (n == 1 && s->turns > turns)) {
			*ret_state = e ? NULL : s;
			return e;
		}
		free(s);
		(void)usleep(100000);
	}
	return ERR_TIMEOUT;
}

static enum err measure(
	struct store *store, int meters, int seconds, json_t *out, struct diag *diag)
{
	struct poll *poll = NULL;
	struct line_state *before = NULL, *after = NULL;
	enum err e = poll_start(store, &poll, diag);
	if (e) {
		return e;
	}
	e = wait_for_turn(poll, 0, &before);
	if (!e) {
		(void)sleep((unsigned)seconds);
		e = wait_for_turn(poll, before->turns, &after);
	}
	if (!e) { /* from the end of a turn to that of another */
		struct talk_counters *a = &after->counters;
		const struct talk_counters *b = &before->counters;
		a->exchanges -= b->exchanges;
		a->timeouts -= b->timeouts;
		a->noises -= b->noises;
		a->bytes_in -= b->bytes_in;
		a->bytes_out -= b->bytes_out;
		a->busy_us -= b->busy_us;
		a->gap_us -= b->gap_us;
		a->wire_us -= b->wire_us;
		report(out, after, (double)(after->turned_us - before->turned_us) / 1e6, meters,
			after->turns - before->turns);
	}
	free(before);
	free(after);
	poll_stop(poll);
	return e;
}

enum err bench_full_line(
	const char *plan, int meters, int baud, int seconds, json_t *out, struct diag *diag)
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
		.plan = plan, .meters = meters, .baud = baud, .is_paced = true};
	enum err e = sim_start(&options, &sim, diag);
	if (!e) {
		e = store_open(url, STORE_CREATE, &store, diag);
	}
	if (!e) {
		e = fill_store(store, sim, diag);
	}
	if (!e) {
		e = measure(store, meters, seconds, out, diag);
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

enum err bench_line(json_t *out, const struct bench_options *o, struct diag *diag)
{
	const struct {
		const char *name;
		const char *plan;
		int baud;
	} lines[] = {
		{"mbus_2400", "mbus", 2400},
		{"mbus_9600", "mbus", 9600},
		{"modbus_2400", "sdm120", 2400},
		{"modbus_9600", "sdm120", 9600},
	};
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && !e; i++) {
		json_t *line = json_object();
		e = bench_full_line(
			lines[i].plan, METERS, lines[i].baud, o->is_quick ? 5 : 20, line, diag);
		(void)json_object_set_new(out, lines[i].name, line);
	}
	return e;
}
