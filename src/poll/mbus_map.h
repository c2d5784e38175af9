/*
 * mbus_map.h - the files of meters/mbus/, loaded once and shared
 *
 * Searched where register maps are (meter_file.h), in mbus/ below. All are read at the first question,
 * in the order of their names; one that is wrong is left out and said so in the log. Maps live until
 * the process ends; any thread may call.
 */
#ifndef DOMOVOI_POLL_MBUS_MAP_H
#define DOMOVOI_POLL_MBUS_MAP_H

#include "drivers/mbus_map.h"

/* Of those that fit a reply's header the one that names versions goes first. NULL: none. */
const struct mbus_map *mbus_map_find(const char *maker, int version, int medium);
const struct mbus_map *mbus_map_named(const char *name); /* NULL: there is none */
const struct mbus_map *mbus_map_at(size_t i);            /* NULL behind the last */

/* One document from memory, not shared. ERR_PARSE: "zenner.yaml:12: ..." in diag->text. */
enum err mbus_map_parse(
	const char *name, struct slice text, struct mbus_map **ret_map, struct diag *diag);
void mbus_map_free(struct mbus_map *map); /* NULL is fine */

#endif
