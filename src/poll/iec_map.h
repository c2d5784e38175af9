/*
 * iec_map.h - the files of meters/iec/, loaded once and shared
 *
 * Searched where register maps are (meter_file.h), in iec/ below. All are read at the first question,
 * in the order of their names; one that is wrong is left out and said so in the log. Maps live until
 * the process ends; any thread may call.
 */
#ifndef DOMOVOI_POLL_IEC_MAP_H
#define DOMOVOI_POLL_IEC_MAP_H

#include "drivers/iec_map.h"

/* By what a meter says of itself; NULL: none. */
const struct iec_map *iec_map_find(const char *flag, const char *ident);
const struct iec_map *iec_map_named(const char *name); /* NULL: there is none */
const struct iec_map *iec_map_at(size_t i);            /* NULL behind the last */

/* One document from memory, not shared. ERR_PARSE: "neva_mt.yaml:12: ..." in diag->text. */
enum err iec_map_parse(
	const char *name, struct slice text, struct iec_map **ret_map, struct diag *diag);
void iec_map_free(struct iec_map *map); /* NULL is fine */

#endif
