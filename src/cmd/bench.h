/*
 * bench.h - parts of `domovoi bench`: each fills `out` with its numbers
 */
#ifndef DOMOVOI_BENCH_H
#define DOMOVOI_BENCH_H

#include "store/store.h"

#include <jansson.h>

struct bench_options {
	bool is_quick;
	const char *kind; /* of simulated meters, the only one for `poll`; NULL: all */
};

enum err bench_mbus(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_calc(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_store(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_line(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_poll(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_modbus_tcp(json_t *out, const struct bench_options *o, struct diag *diag);
enum err bench_node(json_t *out, const struct bench_options *o, struct diag *diag);

/* A line of `meters` meters of one kind, each due all the time; `baud` 0: their own. */
enum err bench_full_line(
	const char *plan, int meters, int baud, int seconds, json_t *out, struct diag *diag);
/* Make `site` the configuration of an empty store. */
enum err bench_fill(struct store *store, const struct site *site, struct diag *diag);

#endif
