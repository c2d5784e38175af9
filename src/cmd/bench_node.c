/*
 * bench_node.c - memory and CPU of a node that reads the demonstration building every ten seconds
 *
 * A child process runs this program's own `run`; the simulator lives in this process. Resident
 * memory and CPU time of the child come from /proc.
 */
#include "base/clock.h"
#include "cmd/bench.h"
#include "sim/sim.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_S 10

static void be_node(const char *url)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (n > 0) {
		self[n] = 0;
		(void)execl(
			self, self, "run", "--db", url, "--listen", "127.0.0.1:0", (char *)NULL);
	}
	_exit(1);
}

/* VmRSS in bytes, utime + stime in seconds. */
static bool look(pid_t pid, double *ret_rss, double *ret_cpu)
{
	char path[64], line[512];
	double kb = -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "VmRSS:", 6) == 0) {
			kb = strtod(line + 6, NULL);
		}
	}
	if (f) {
		(void)fclose(f);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	bool is_read = f && fgets(line, sizeof(line), f);
	if (f) {
		(void)fclose(f);
	}
	char *at = is_read ? strrchr(line, ')') : NULL;
	for (int field = 0; at && field < 12;
		field++) { /* utime is the 12th field behind the name */
		at = strchr(at + 1, ' ');
	}
	if (!at || kb < 0) {
		return false;
	}
	char *end;
	double ticks = strtod(at, &end);
	ticks += strtod(end, NULL);
	*ret_rss = kb * 1024;
	*ret_cpu = ticks / (double)sysconf(_SC_CLK_TCK);
	return true;
}

static enum err fill(const char *url, struct sim *sim, size_t *ret_meters, struct diag *diag)
{
	struct store *store = NULL;
	struct site *site = NULL;
	enum err e = store_open(url, STORE_CREATE, &store, diag);
	if (!e) {
		e = sim_site(sim, &site, diag);
	}
	if (!e) {
		*ret_meters = site->counts[OBJECT_METER];
		for (size_t i = 0; i < site->counts[OBJECT_METER]; i++) {
			site->meters[i].poll_s = POLL_S;
			site->meters[i].archives = false;
		}
		e = bench_fill(store, site, diag);
	}
	site_unref(site);
	store_close(store);
	return e;
}

enum err bench_node(json_t *out, const struct bench_options *o, struct diag *diag)
{
	char dir[] = "/tmp/domovoi-bench-XXXXXX", url[80], lines[64], command[80];
	struct sim *sim = NULL;
	size_t meters = 0;
	double rss0, cpu0, rss, cpu;
	const unsigned seconds = o->is_quick ? 10 : 30;
	if (!mkdtemp(dir)) {
		return err_set_errno(diag, "temporary directory");
	}
	(void)snprintf(url, sizeof(url), "sqlite:%s/domovoi.db", dir);
	(void)snprintf(lines, sizeof(lines), "%s/lines", dir);
	struct sim_options options = {.dir = lines, .has_tcp = true};
	enum err e = sim_start(&options, &sim, diag);
	if (!e) {
		e = fill(url, sim, &meters, diag);
	}
	pid_t child = e ? -1 : fork();
	if (child == 0) {
		be_node(url);
	}
	if (child > 0) {
		(void)sleep(5); /* first readings, registers, caches */
		bool is_seen = look(child, &rss0, &cpu0);
		(void)sleep(seconds);
		is_seen = is_seen && look(child, &rss, &cpu);
		(void)kill(child, SIGTERM);
		(void)waitpid(child, NULL, 0);
		if (!is_seen) {
			e = err_set(diag, ERR_INTERNAL, "the node ended early");
		} else {
			(void)json_object_set_new(out, "meters", json_integer((json_int_t)meters));
			(void)json_object_set_new(out, "poll_s", json_integer(POLL_S));
			(void)json_object_set_new(out, "rss_bytes", json_real(rss));
			(void)json_object_set_new(
				out, "cpu_share_of_core", json_real((cpu - cpu0) / seconds));
		}
	}
	sim_stop(sim);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) && !e ? err_set(diag, ERR_IO, "cannot remove %s", dir) : e;
}
