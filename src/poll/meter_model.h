/*
 * meter_model.h - what parameter "model" of a driver may name: a file of meters/ or a folder of it
 *
 *   modbus   a register map (meter_map.h)
 *   tekon    the parameters of a site (tekon_map.h)
 *
 * A model lives until the process ends; any thread may call.
 */
#ifndef DOMOVOI_METER_MODEL_H
#define DOMOVOI_METER_MODEL_H

#include "drivers/modbus_map.h"

struct meter_model {
	const void *map; /* what talk_model gives the driver */
	const char *title, *maker, *medium;
	const struct modbus_line *line; /* as delivered */
};

bool meter_has_models(const char *driver);
/* Errors as of meter_map_load. */
enum err meter_model_load(
	const char *driver, const char *name, struct meter_model *ret_model, struct diag *diag);
/* As meter_file_list. */
enum err meter_model_list(const char *driver, char ***ret_names, size_t *ret_n, struct diag *diag);

#endif
