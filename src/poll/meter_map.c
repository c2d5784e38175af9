/*
 * meter_map.c - register maps: files of meters/; see meter_map.h
 */
#include "poll/meter_map.h"

#include "poll/meter_file.h"
#include "poll/meter_map_schema.h"

enum err meter_map_parse(
	const char *name, struct slice text, struct modbus_map **ret_map, struct diag *diag)
{
	struct modbus_map *map = NULL;
	struct meter_fault fault = {.path = ""};
	size_t line = 0;
	enum err e = meter_schema_read(text, &map, &line, sizeof(fault.text), fault.text);
	if (e == ERR_OK) {
		e = meter_check(map, &fault);
		if (e == ERR_OK) {
			*ret_map = map;
			return ERR_OK;
		}
		line = schema_line(text, fault.path);
		meter_schema_free(map);
	}
	return err_set_at(diag, e, line, "%s.yaml:%zu: %s", name, line, fault.text);
}

void meter_map_free(struct modbus_map *map)
{
	meter_schema_free(map);
}

static enum err parse(const char *path, struct slice text, void **ret_map, struct diag *diag)
{
	struct modbus_map *map = NULL;
	enum err e = meter_map_parse(path, text, &map, diag);
	*ret_map = map;
	return e;
}

static void free_map(void *map)
{
	meter_map_free(map);
}

static const char *name_of(const void *map)
{
	return ((const struct modbus_map *)map)->name;
}

enum err meter_map_load(const char *name, const struct modbus_map **ret_map, struct diag *diag)
{
	static struct meter_kind kind = {"", parse, free_map, name_of, NULL};
	const void *map = NULL;
	enum err e = meter_file_load(&kind, name, &map, diag);
	if (!e) {
		*ret_map = map;
	}
	return e;
}

enum err meter_map_list(char ***ret_names, size_t *ret_n, struct diag *diag)
{
	return meter_file_list("", ret_names, ret_n, diag);
}
