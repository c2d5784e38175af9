/*
 * meter_map_cyaml.h - what the schemas of meters/ files share (private to meter_map_schema.c and
 * iec_map_schema.c)
 */
#ifndef DOMOVOI_METER_MAP_CYAML_H
#define DOMOVOI_METER_MAP_CYAML_H

#include "poll/meter_map_schema.h"

#include <cyaml/cyaml.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONAL        CYAML_FLAG_OPTIONAL
#define STRICT          (CYAML_FLAG_STRICT)
#define ENUM(key, flags, type, member, table) \
	CYAML_FIELD_ENUM(key, (flags) | CYAML_FLAG_STRICT, type, member, table, COUNT_OF(table))

extern const cyaml_strval_t meter_quantity_names[QUANTITY_COUNT];
extern const cyaml_strval_t meter_unit_names[2 * UNIT_COUNT];
extern const cyaml_strval_t meter_period_names[4];
extern const cyaml_strval_t meter_form_names[2];
extern const cyaml_strval_t meter_confidence_names[3];
extern const cyaml_schema_field_t meter_line_fields[];
extern const cyaml_schema_value_t meter_source_value;

#endif
