/*
 * tekon_map.h - the files of meters/tekon/: what the parameters of a site's Tekon mean
 *
 * As poll/meter_map.h: loaded once, shared, errors by line.
 */
#ifndef DOMOVOI_POLL_TEKON_MAP_H
#define DOMOVOI_POLL_TEKON_MAP_H

#include "drivers/tekon_map.h"

enum err tekon_map_load(const char *name, const struct tekon_map **ret_map, struct diag *diag);

/* One document from memory, not shared: for tests and fuzzing. */
enum err tekon_map_parse(
	const char *name, struct slice text, struct tekon_map **ret_map, struct diag *diag);
void tekon_map_free(struct tekon_map *map); /* NULL is fine */

#endif
