/*
 * meter_map_schema.h - the steps of loading a file of meters/ (private to meter_map*.c, iec_map*.c,
 * mbus_map.c, tekon_map.c)
 */
#ifndef DOMOVOI_METER_MAP_SCHEMA_H
#define DOMOVOI_METER_MAP_SCHEMA_H

#include "base/schema.h"
#include "drivers/iec_map.h"
#include "drivers/mbus_map.h"
#include "drivers/modbus_map.h"
#include "drivers/tekon_map.h"

/* YAML to structures. On failure *ret_line is the line (0 unknown) and `text` says what is wrong. */
enum err meter_schema_read(
	struct slice yaml, struct modbus_map **ret_map, size_t *ret_line, size_t cap, char *text);
void meter_schema_free(struct modbus_map *map);
/* The same for what is special about a maker's M-Bus meters. */
enum err mbus_schema_read(
	struct slice yaml, struct mbus_map **ret_map, size_t *ret_line, size_t cap, char *text);
void mbus_schema_free(struct mbus_map *map);
/* The same for the parameters of a site's Tekon. */
enum err tekon_schema_read(
	struct slice yaml, struct tekon_map **ret_map, size_t *ret_line, size_t cap, char *text);
void tekon_schema_free(struct tekon_map *map);
/* The same for a maker's dialect of IEC 62056-21. */
enum err iec_schema_read(
	struct slice yaml, struct iec_map **ret_map, size_t *ret_line, size_t cap, char *text);
void iec_schema_free(struct iec_map *map);

/* What the schema cannot say, and all that is derived. On failure `path` names the place. */
struct meter_fault {
	char path[96];
	char text[160];
};
enum err meter_check(struct modbus_map *m, struct meter_fault *fault);
/* "active_energy.t1" is a quantity and more. */
bool meter_quantity_of_key(const char *key, enum quantity *ret_q);
enum err meter_line_check(const struct modbus_line *line, struct meter_fault *fault);

#endif
