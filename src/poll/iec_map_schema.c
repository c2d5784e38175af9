/*
 * iec_map_schema.c - the format of meters/iec/ files as a schema; see meter_map_schema.c
 */
#include "poll/meter_map_cyaml.h"

static const cyaml_strval_t bcc_names[] = {
	{"xor", IEC_BCC_XOR}, {"sum", IEC_BCC_SUM}, {"none", IEC_BCC_NONE}};
static const cyaml_strval_t list_names[] = {{"one", IEC_ONE}, {"tariffs", IEC_TARIFFS},
	{"phases", IEC_PHASES}, {"numbered", IEC_NUMBERED}};
static const cyaml_strval_t type_names[] = {{"decimal", IEC_DECIMAL}, {"hex", IEC_HEX}};
static const cyaml_strval_t error_names[] = {{"unsupported", ERR_UNSUPP}, {"denied", ERR_DENIED},
	{"no_data", ERR_NODATA}, {"busy", ERR_BUSY}, {"too_long", ERR_LIMIT}};

static const cyaml_schema_field_t band_fields[] = {
	CYAML_FIELD_FLOAT("from", CYAML_FLAG_DEFAULT, struct iec_band, from),
	CYAML_FIELD_FLOAT("minus", CYAML_FLAG_DEFAULT, struct iec_band, minus),
	CYAML_FIELD_BOOL("negative", OPTIONAL, struct iec_band, is_negative), CYAML_FIELD_END};

static const cyaml_schema_value_t band_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_band, band_fields)};

static const cyaml_schema_field_t register_fields[] = {
	CYAML_FIELD_STRING("ask", OPTIONAL, struct iec_register, ask, 1),
	CYAML_FIELD_STRING("id", OPTIONAL, struct iec_register, id, 1),
	CYAML_FIELD_STRING("key", CYAML_FLAG_DEFAULT, struct iec_register, key, 1),
	ENUM("quantity", OPTIONAL, struct iec_register, quantity, meter_quantity_names),
	ENUM("unit", OPTIONAL, struct iec_register, unit, meter_unit_names),
	ENUM("list", OPTIONAL, struct iec_register, list, list_names),
	ENUM("type", OPTIONAL, struct iec_register, type, type_names),
	CYAML_FIELD_UINT("part", OPTIONAL, struct iec_register, part),
	CYAML_FIELD_SEQUENCE("bands", CYAML_FLAG_POINTER | OPTIONAL, struct iec_register, bands,
		&band_value, 1, 4),
	CYAML_FIELD_END};

static const cyaml_schema_value_t register_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_register, register_fields)};

static const cyaml_schema_field_t archive_fields[] = {
	ENUM("period", CYAML_FLAG_DEFAULT, struct iec_archive, period, meter_period_names),
	ENUM("form", CYAML_FLAG_DEFAULT, struct iec_archive, form, meter_form_names),
	CYAML_FIELD_STRING("ask", CYAML_FLAG_DEFAULT, struct iec_archive, ask, 1),
	CYAML_FIELD_STRING("key", CYAML_FLAG_DEFAULT, struct iec_archive, key, 1),
	ENUM("quantity", OPTIONAL, struct iec_archive, quantity, meter_quantity_names),
	ENUM("unit", CYAML_FLAG_DEFAULT, struct iec_archive, unit, meter_unit_names),
	ENUM("list", OPTIONAL, struct iec_archive, list, list_names),
	CYAML_FIELD_STRING("stamp", OPTIONAL, struct iec_archive, stamp, 1),
	CYAML_FIELD_UINT("first", OPTIONAL, struct iec_archive, first),
	CYAML_FIELD_UINT("depth", OPTIONAL, struct iec_archive, depth), CYAML_FIELD_END};

static const cyaml_schema_value_t archive_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_archive, archive_fields)};

static const cyaml_schema_field_t column_fields[] = {
	CYAML_FIELD_STRING("ask", CYAML_FLAG_DEFAULT, struct iec_column, ask, 1),
	CYAML_FIELD_STRING("key", CYAML_FLAG_DEFAULT, struct iec_column, key, 1),
	ENUM("quantity", OPTIONAL, struct iec_column, quantity, meter_quantity_names),
	ENUM("unit", CYAML_FLAG_DEFAULT, struct iec_column, unit, meter_unit_names),
	CYAML_FIELD_END};

static const cyaml_schema_value_t column_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_column, column_fields)};

static const cyaml_schema_field_t profile_fields[] = {
	CYAML_FIELD_STRING("interval", OPTIONAL, struct iec_profile, interval, 1),
	CYAML_FIELD_UINT("minutes", OPTIONAL, struct iec_profile, minutes),
	CYAML_FIELD_UINT("days", OPTIONAL, struct iec_profile, days),
	CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, struct iec_profile, columns,
		&column_value, 1, IEC_COLUMNS_MAX),
	CYAML_FIELD_END};

static const cyaml_schema_field_t clock_fields[] = {
	CYAML_FIELD_STRING("date", CYAML_FLAG_DEFAULT, struct iec_clock, date, 1),
	CYAML_FIELD_STRING("date_layout", CYAML_FLAG_DEFAULT, struct iec_clock, date_layout, 1),
	CYAML_FIELD_STRING("time", OPTIONAL, struct iec_clock, time, 1),
	CYAML_FIELD_STRING("time_layout", OPTIONAL, struct iec_clock, time_layout, 1),
	CYAML_FIELD_END};

static const cyaml_schema_field_t unit_fields[] = {
	CYAML_FIELD_STRING("text", CYAML_FLAG_DEFAULT, struct iec_unit, text, 1),
	ENUM("unit", CYAML_FLAG_DEFAULT, struct iec_unit, unit, meter_unit_names), CYAML_FIELD_END};

static const cyaml_schema_value_t unit_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_unit, unit_fields)};

static const cyaml_schema_field_t error_fields[] = {
	CYAML_FIELD_STRING("text", CYAML_FLAG_DEFAULT, struct iec_error, text, 1),
	ENUM("is", CYAML_FLAG_DEFAULT, struct iec_error, is, error_names), CYAML_FIELD_END};

static const cyaml_schema_value_t error_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct iec_error, error_fields)};

static const cyaml_schema_value_t ident_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 32)};

static const cyaml_schema_field_t map_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct iec_map, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct iec_map, title, 1),
	CYAML_FIELD_STRING("maker", CYAML_FLAG_DEFAULT, struct iec_map, maker, 1),
	CYAML_FIELD_STRING("medium", CYAML_FLAG_DEFAULT, struct iec_map, medium, 1),
	CYAML_FIELD_STRING("flag", CYAML_FLAG_DEFAULT, struct iec_map, flag, 3),
	CYAML_FIELD_SEQUENCE(
		"idents", CYAML_FLAG_POINTER, struct iec_map, idents, &ident_value, 1, 16),
	ENUM("confidence", CYAML_FLAG_DEFAULT, struct iec_map, confidence, meter_confidence_names),
	CYAML_FIELD_SEQUENCE(
		"sources", CYAML_FLAG_POINTER, struct iec_map, sources, &meter_source_value, 1, 16),
	CYAML_FIELD_STRING_PTR(
		"notes", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, notes, 1, 4000),
	CYAML_FIELD_MAPPING("line", OPTIONAL, struct iec_map, line, meter_line_fields),
	ENUM("bcc", CYAML_FLAG_DEFAULT, struct iec_map, bcc, bcc_names),
	CYAML_FIELD_BOOL("readout", OPTIONAL, struct iec_map, is_readout),
	CYAML_FIELD_STRING("select", OPTIONAL, struct iec_map, select, 1),
	CYAML_FIELD_STRING("separator", OPTIONAL, struct iec_map, separator_text, 1),
	CYAML_FIELD_UINT("wake", OPTIONAL, struct iec_map, wake),
	CYAML_FIELD_STRING("password", OPTIONAL, struct iec_map, password, 1),
	CYAML_FIELD_BOOL("login", OPTIONAL, struct iec_map, has_login),
	CYAML_FIELD_STRING("serial", OPTIONAL, struct iec_map, serial, 1),
	CYAML_FIELD_STRING("version", OPTIONAL, struct iec_map, version, 1),
	CYAML_FIELD_MAPPING("clock", OPTIONAL, struct iec_map, clock, clock_fields),
	CYAML_FIELD_SEQUENCE(
		"units", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, units, &unit_value, 1, 16),
	CYAML_FIELD_SEQUENCE("errors", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, errors,
		&error_value, 1, 32),
	CYAML_FIELD_SEQUENCE("registers", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, registers,
		&register_value, 1, IEC_REGISTERS_MAX),
	CYAML_FIELD_SEQUENCE("archives", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, archives,
		&archive_value, 1, 16),
	CYAML_FIELD_MAPPING_PTR(
		"profile", CYAML_FLAG_POINTER | OPTIONAL, struct iec_map, profile, profile_fields),
	CYAML_FIELD_END};

static const cyaml_schema_value_t map_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct iec_map, map_fields)};

enum err iec_schema_read(
	struct slice yaml, struct iec_map **ret_map, size_t *ret_line, size_t cap, char *text)
{
	void *data = NULL;
	enum err e = schema_read(&map_value, yaml, &data, ret_line, cap, text);
	if (!e) {
		*ret_map = data;
	}
	return e;
}

void iec_schema_free(struct iec_map *map)
{
	schema_free(&map_value, map);
}
