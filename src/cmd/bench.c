/*
 * bench.c - domovoi bench: measured on this machine, now, as JSON
 *
 * Each part lives next to what it measures (bench_*.c) and adds one object. Every figure stands
 * beside its limit - the baud rate, the disk, the aim of docs/performance.md -, and a ratio.
 */
#include "cmd/bench.h"

#include "cmd/cmd.h"
#include "cmd/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err bench_fill(struct store *store, const struct site *site, struct diag *diag)
{
	struct buf text;
	buf_init(&text, 16 << 20);
	enum err e = site_export(site, &text, diag);
	if (!e) {
		e = store_import(store, buf_slice(&text), "bench", diag);
	}
	buf_fini(&text);
	return e;
}

static const struct {
	const char *name;
	enum err (*run)(json_t *out, const struct bench_options *o, struct diag *diag);
} parts[] = {
	{"mbus", bench_mbus},
	{"store", bench_store},
	{"calc", bench_calc},
	{"line", bench_line},
	{"poll", bench_poll},
	{"modbus_tcp", bench_modbus_tcp},
	{"node", bench_node},
};

static bool is_wanted(const struct opt_list *only, const char *name)
{
	bool is_named = only->n == 0;
	for (size_t i = 0; i < only->n; i++) {
		is_named |= strcmp(only->items[i], name) == 0;
	}
	return is_named;
}

/* NULL: all that is named is known. */
static const char *unknown_part(const struct opt_list *only)
{
	for (size_t i = 0; i < only->n; i++) {
		bool is_known = false;
		for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
			is_known |= strcmp(only->items[i], parts[k].name) == 0;
		}
		if (!is_known) {
			return only->items[i];
		}
	}
	return NULL;
}

static int run(int argc, char **argv)
{
	struct opt_list only = {.n = 0};
	const char *one = NULL;
	struct bench_options o = {0};
	const struct opt options[] = {
		{"only", OPT_TEXT, &one, 0, 0},
		{"kind", OPT_TEXT, &o.kind, 0, 0},
		{"quick", OPT_FLAG, &o.is_quick, 0, 0},
		{NULL, OPT_FLAG, NULL, 0, 0},
	};
	if (!opt_parse(argc, argv, options, &only)) {
		return EXIT_USAGE;
	}
	if (one && only.n < OPT_LIST_CEILING) {
		only.items[only.n++] = one;
	}
	if (unknown_part(&only)) {
		return cmd_usage(argv[0], "no part '%s'", unknown_part(&only));
	}
	struct diag diag = {0};
	json_t *all = json_object();
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !e; i++) {
		if (!is_wanted(&only, parts[i].name)) {
			continue;
		}
		json_t *out = json_object();
		(void)fprintf(stderr, "bench: %s ...\n", parts[i].name);
		e = parts[i].run(out, &o, &diag);
		(void)json_object_set_new(all, parts[i].name, out);
	}
	char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	if (text) {
		(void)puts(text);
	}
	free(text);
	json_decref(all);
	return e ? cmd_fail(argv[0], e, &diag) : EXIT_DONE;
}

extern const struct cmd cmd_bench;
const struct cmd cmd_bench = {
	.name = "bench",
	.summary = "the numbers of docs/performance.md",
	.help = "usage: domovoi bench [PART ...] [--quick] [--kind NAME]\n\n"
		"Measures on this machine and prints JSON.\n\n"
		"  mbus        decoding of M-Bus frames\n"
		"  store       1000 channels x 1 year, hour by hour, into SQLite\n"
		"  calc        a month of a house of 30, 300, 3000 flats: rollup, balance, bill; a formula\n"
		"  line        use of a line against its baud rate, 50 simulated meters at 2400 and 9600\n"
		"  poll        sixty days of hours out of the archive of each kind of meter, against its line\n"
		"  modbus_tcp  CPU per register read over TCP on loopback\n"
		"  node        memory and CPU of an idle node\n\n"
		"  --quick     smaller work, rougher numbers\n"
		"  --kind      poll: this kind of simulated meter alone (domovoi sim --plan list)\n",
	.run = run,
};
