/*
 * bench.h - parts of `domovoi bench`: each fills `out` with its numbers
 */
#ifndef DOMOVOI_BENCH_H
#define DOMOVOI_BENCH_H

#include "store/store.h"

#include <jansson.h>

enum err bench_mbus(json_t *out, bool is_quick, struct diag *diag);
enum err bench_store(json_t *out, bool is_quick, struct diag *diag);
enum err bench_line(json_t *out, bool is_quick, struct diag *diag);
enum err bench_poll(json_t *out, bool is_quick, struct diag *diag);
enum err bench_modbus_tcp(json_t *out, bool is_quick, struct diag *diag);
enum err bench_node(json_t *out, bool is_quick, struct diag *diag);

/* Make `site` the configuration of an empty store. */
enum err bench_fill(struct store *store, const struct site *site, struct diag *diag);

#endif
