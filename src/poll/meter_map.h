/*
 * meter_map.h - the files of meters/, loaded once and shared
 *
 * Where they lie and how long they live: meter_file.h.
 */
#ifndef DOMOVOI_METER_MAP_H
#define DOMOVOI_METER_MAP_H

#include "drivers/modbus_map.h"

/* ERR_NOTFOUND: no such file; ERR_PARSE: "sdm630.yaml:12: ..." in diag->text, the line in offset. */
enum err meter_map_load(const char *name, const struct modbus_map **ret_map, struct diag *diag);

/* Names of all files, sorted; free with meter_file_list_free. */
enum err meter_map_list(char ***ret_names, size_t *ret_n, struct diag *diag);

/* One document from memory, not shared: for tests and fuzzing. `name` is what errors call it. */
enum err meter_map_parse(
	const char *name, struct slice text, struct modbus_map **ret_map, struct diag *diag);
void meter_map_free(struct modbus_map *map); /* NULL is fine */

#endif
