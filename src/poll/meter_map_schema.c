/*
 * meter_map_schema.c - the formats of meters/ files as schemas of libcyaml (base/schema.h)
 */
#include "poll/meter_map_cyaml.h"

#include "base/schema.h"
#include "model/abnormal.h"

const cyaml_strval_t meter_quantity_names[] = {
#define X(id, code, en, ru, kind, unit, decimals) {code, QUANTITY_##id},
#include "model/quantity.def"
#undef X
};
const cyaml_strval_t meter_unit_names[] = {
#define X(id, code, symbol, ru, dim, num, den, offset) {code, UNIT_##id}, {symbol, UNIT_##id},
#include "model/unit.def"
#undef X
};
static const cyaml_strval_t type_names[] = {{"u16", MODBUS_U16}, {"i16", MODBUS_I16},
	{"u32", MODBUS_U32}, {"i32", MODBUS_I32}, {"f32", MODBUS_F32}, {"u64", MODBUS_U64},
	{"i64", MODBUS_I64}, {"f64", MODBUS_F64}, {"bcd16", MODBUS_BCD16}, {"bcd32", MODBUS_BCD32},
	{"text", MODBUS_TEXT}};
static const cyaml_strval_t order_names[] = {
	{"ABCD", MODBUS_ABCD}, {"CDAB", MODBUS_CDAB}, {"BADC", MODBUS_BADC}, {"DCBA", MODBUS_DCBA}};
static const cyaml_strval_t ratio_names[] = {{"none", MODBUS_RATIO_NONE}, {"ct", MODBUS_RATIO_CT},
	{"vt", MODBUS_RATIO_VT}, {"ct_vt", MODBUS_RATIO_CT_VT}};
static const cyaml_strval_t missing_names[] = {
	{"never", MODBUS_MISSING_NEVER}, {"limit", MODBUS_MISSING_LIMIT}};
const cyaml_strval_t meter_form_names[] = {{"point", FORM_POINT}, {"amount", FORM_AMOUNT}};
static const cyaml_strval_t time_names[] = {{"local", MODBUS_TIME_LOCAL}, {"utc", MODBUS_TIME_UTC}};
const cyaml_strval_t meter_period_names[] = {{"half_hour", PERIOD_HALF_HOUR}, {"hour", PERIOD_HOUR},
	{"day", PERIOD_DAY}, {"month", PERIOD_MONTH}};
static const cyaml_strval_t access_names[] = {{"file", MODBUS_ACCESS_FILE},
	{"index", MODBUS_ACCESS_INDEX}, {"direct", MODBUS_ACCESS_DIRECT}};
static const cyaml_strval_t numbering_names[] = {
	{"slots", MODBUS_NUMBER_SLOTS}, {"records", MODBUS_NUMBER_RECORDS}};
static const cyaml_strval_t label_names[] = {
	{"begin", MODBUS_LABEL_BEGIN}, {"end", MODBUS_LABEL_END}};
const cyaml_strval_t meter_confidence_names[] = {
	{"A", MODBUS_CONFIDENCE_A}, {"B", MODBUS_CONFIDENCE_B}, {"C", MODBUS_CONFIDENCE_C}};

static const cyaml_schema_field_t register_fields[] = {
	CYAML_FIELD_STRING("key", CYAML_FLAG_DEFAULT, struct modbus_register, key, 1),
	ENUM("quantity", OPTIONAL, struct modbus_register, quantity, meter_quantity_names),
	ENUM("unit", OPTIONAL, struct modbus_register, unit, meter_unit_names),
	CYAML_FIELD_INT("function", OPTIONAL, struct modbus_register, function),
	CYAML_FIELD_UINT("at", CYAML_FLAG_DEFAULT, struct modbus_register, at),
	ENUM("type", CYAML_FLAG_DEFAULT, struct modbus_register, type, type_names),
	ENUM("order", OPTIONAL, struct modbus_register, order, order_names),
	CYAML_FIELD_UINT("words", OPTIONAL, struct modbus_register, words),
	CYAML_FIELD_STRING("scale", OPTIONAL, struct modbus_register, scale, 1),
	ENUM("ratio", OPTIONAL, struct modbus_register, ratio, ratio_names),
	ENUM("missing", OPTIONAL, struct modbus_register, missing, missing_names),
	CYAML_FIELD_UINT_PTR("missing_bits", OPTIONAL, struct modbus_register, missing_bits),
	CYAML_FIELD_UINT_PTR("minus", OPTIONAL, struct modbus_register, minus),
	CYAML_FIELD_INT_PTR("decimals", OPTIONAL, struct modbus_register, decimals),
	CYAML_FIELD_STRING("capacity", OPTIONAL, struct modbus_register, capacity, 1),
	ENUM("form", OPTIONAL, struct modbus_register, form, meter_form_names), CYAML_FIELD_END};

static const cyaml_schema_value_t register_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct modbus_register, register_fields)};

static const cyaml_schema_field_t block_fields[] = {
	CYAML_FIELD_INT("function", OPTIONAL, struct modbus_block, function),
	CYAML_FIELD_UINT("at", CYAML_FLAG_DEFAULT, struct modbus_block, at),
	CYAML_FIELD_UINT("count", CYAML_FLAG_DEFAULT, struct modbus_block, count), CYAML_FIELD_END};

static const cyaml_schema_value_t block_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct modbus_block, block_fields)};

static const cyaml_schema_field_t stamp_fields[] = {
	CYAML_FIELD_INT("function", OPTIONAL, struct modbus_stamp, function),
	CYAML_FIELD_UINT("at", CYAML_FLAG_DEFAULT, struct modbus_stamp, at),
	CYAML_FIELD_STRING("layout", CYAML_FLAG_DEFAULT, struct modbus_stamp, layout, 1),
	ENUM("order", OPTIONAL, struct modbus_stamp, order, order_names),
	ENUM("time", CYAML_FLAG_DEFAULT, struct modbus_stamp, time, time_names),
	CYAML_FIELD_BOOL("bcd", OPTIONAL, struct modbus_stamp, is_bcd),
	CYAML_FIELD_INT("write", OPTIONAL, struct modbus_stamp, write_function), CYAML_FIELD_END};

static const cyaml_schema_field_t archive_fields[] = {
	ENUM("period", CYAML_FLAG_DEFAULT, struct modbus_archive, period, meter_period_names),
	CYAML_FIELD_UINT("depth", CYAML_FLAG_DEFAULT, struct modbus_archive, depth),
	ENUM("form", CYAML_FLAG_DEFAULT, struct modbus_archive, form, meter_form_names),
	ENUM("label", CYAML_FLAG_DEFAULT, struct modbus_archive, label, label_names),
	ENUM("access", CYAML_FLAG_DEFAULT, struct modbus_archive, access, access_names),
	ENUM("numbering", CYAML_FLAG_DEFAULT, struct modbus_archive, numbering, numbering_names),
	CYAML_FIELD_INT("function", OPTIONAL, struct modbus_archive, function),
	CYAML_FIELD_UINT("at", OPTIONAL, struct modbus_archive, at),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct modbus_archive, size),
	CYAML_FIELD_UINT("stride", OPTIONAL, struct modbus_archive, stride),
	CYAML_FIELD_UINT("first", OPTIONAL, struct modbus_archive, first),
	CYAML_FIELD_UINT("file", OPTIONAL, struct modbus_archive, file),
	CYAML_FIELD_UINT("reference", OPTIONAL, struct modbus_archive, reference),
	CYAML_FIELD_UINT("index_at", OPTIONAL, struct modbus_archive, index_at),
	CYAML_FIELD_INT("index_function", OPTIONAL, struct modbus_archive, index_function),
	CYAML_FIELD_MAPPING(
		"stamp", CYAML_FLAG_DEFAULT, struct modbus_archive, stamp, stamp_fields),
	CYAML_FIELD_STRING("abnormal", OPTIONAL, struct modbus_archive, abnormal, 1),
	CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct modbus_archive, fields,
		&register_value, 1, 64),
	CYAML_FIELD_END};

static const cyaml_schema_value_t archive_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct modbus_archive, archive_fields)};

const cyaml_schema_field_t meter_line_fields[] = {
	CYAML_FIELD_INT("baud", OPTIONAL, struct modbus_line, baud),
	CYAML_FIELD_STRING("framing", OPTIONAL, struct modbus_line, framing, 1),
	CYAML_FIELD_INT("gap_ms", OPTIONAL, struct modbus_line, gap_ms),
	CYAML_FIELD_INT("reply_ms", OPTIONAL, struct modbus_line, reply_ms), CYAML_FIELD_END};

const cyaml_schema_value_t meter_source_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 400)};

static const cyaml_schema_field_t map_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct modbus_map, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct modbus_map, title, 1),
	CYAML_FIELD_STRING("maker", CYAML_FLAG_DEFAULT, struct modbus_map, maker, 1),
	CYAML_FIELD_STRING("medium", CYAML_FLAG_DEFAULT, struct modbus_map, medium, 1),
	ENUM("confidence", CYAML_FLAG_DEFAULT, struct modbus_map, confidence,
		meter_confidence_names),
	CYAML_FIELD_SEQUENCE("sources", CYAML_FLAG_POINTER, struct modbus_map, sources,
		&meter_source_value, 1, 16),
	CYAML_FIELD_STRING_PTR(
		"notes", CYAML_FLAG_POINTER | OPTIONAL, struct modbus_map, notes, 1, 4000),
	CYAML_FIELD_MAPPING("line", OPTIONAL, struct modbus_map, line, meter_line_fields),
	CYAML_FIELD_INT("function", OPTIONAL, struct modbus_map, function),
	ENUM("order", OPTIONAL, struct modbus_map, order, order_names),
	ENUM("missing", OPTIONAL, struct modbus_map, missing, missing_names),
	CYAML_FIELD_UINT("block_max", OPTIONAL, struct modbus_map, block_max),
	CYAML_FIELD_UINT("block_gap", OPTIONAL, struct modbus_map, block_gap),
	CYAML_FIELD_SEQUENCE("registers", CYAML_FLAG_POINTER, struct modbus_map, registers,
		&register_value, 1, 512),
	CYAML_FIELD_SEQUENCE("blocks", CYAML_FLAG_POINTER | OPTIONAL, struct modbus_map, blocks,
		&block_value, 1, 512),
	CYAML_FIELD_MAPPING_PTR(
		"clock", CYAML_FLAG_POINTER | OPTIONAL, struct modbus_map, clock, stamp_fields),
	CYAML_FIELD_SEQUENCE("archives", CYAML_FLAG_POINTER | OPTIONAL, struct modbus_map, archives,
		&archive_value, 1, 4),
	CYAML_FIELD_END};

static const cyaml_schema_value_t map_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct modbus_map, map_fields)};

/* ---- meters/mbus/ ---- */

static const cyaml_strval_t situation_names[] = {{"flow_low", ABNORMAL_FLOW_LOW},
	{"flow_high", ABNORMAL_FLOW_HIGH}, {"dt_low", ABNORMAL_DT_LOW},
	{"failure", ABNORMAL_FAILURE}, {"reverse", ABNORMAL_REVERSE}, {"power", ABNORMAL_POWER},
	{"no_flow", ABNORMAL_NO_FLOW}, {"clock", ABNORMAL_CLOCK}};

static const cyaml_schema_value_t byte_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint8_t)};
static const cyaml_schema_value_t storage_value = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t)};

static const cyaml_schema_field_t due_fields[] = {
	CYAML_FIELD_UINT("storage", CYAML_FLAG_DEFAULT, struct mbus_due, storage),
	CYAML_FIELD_SEQUENCE(
		"dates", CYAML_FLAG_POINTER, struct mbus_due, dates, &storage_value, 1, 8),
	CYAML_FIELD_END};

static const cyaml_schema_field_t flag_fields[] = {
	CYAML_FIELD_UINT("bits", CYAML_FLAG_DEFAULT, struct mbus_flag, bits),
	ENUM("situation", CYAML_FLAG_DEFAULT, struct mbus_flag, situation, situation_names),
	CYAML_FIELD_END};

static const cyaml_schema_value_t flag_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct mbus_flag, flag_fields)};

static const cyaml_schema_field_t meaning_fields[] = {
	CYAML_FIELD_STRING("vib", OPTIONAL, struct mbus_meaning, vib, 1),
	ENUM("of", OPTIONAL, struct mbus_meaning, of, meter_quantity_names),
	CYAML_FIELD_UINT_PTR("tariff", OPTIONAL, struct mbus_meaning, tariff),
	CYAML_FIELD_UINT_PTR("subunit", OPTIONAL, struct mbus_meaning, subunit),
	ENUM("quantity", CYAML_FLAG_DEFAULT, struct mbus_meaning, quantity, meter_quantity_names),
	CYAML_FIELD_END};

static const cyaml_schema_value_t meaning_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct mbus_meaning, meaning_fields)};

static const cyaml_schema_field_t mbus_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct mbus_map, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct mbus_map, title, 1),
	CYAML_FIELD_STRING("maker", CYAML_FLAG_DEFAULT, struct mbus_map, maker, 3),
	CYAML_FIELD_SEQUENCE("versions", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, versions,
		&byte_value, 1, 16),
	CYAML_FIELD_SEQUENCE(
		"media", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, media, &byte_value, 1, 16),
	ENUM("confidence", CYAML_FLAG_DEFAULT, struct mbus_map, confidence, meter_confidence_names),
	CYAML_FIELD_SEQUENCE("sources", CYAML_FLAG_POINTER, struct mbus_map, sources,
		&meter_source_value, 1, 16),
	CYAML_FIELD_STRING_PTR(
		"notes", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, notes, 1, 4000),
	CYAML_FIELD_UINT("telegrams", OPTIONAL, struct mbus_map, telegrams),
	CYAML_FIELD_UINT_PTR("status", OPTIONAL, struct mbus_map, status),
	CYAML_FIELD_BOOL("error_is_no_value", OPTIONAL, struct mbus_map, is_error_no_value),
	CYAML_FIELD_MAPPING_PTR(
		"due", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, due, due_fields),
	CYAML_FIELD_UINT("month_storage", OPTIONAL, struct mbus_map, month_storage),
	CYAML_FIELD_UINT("logs_from", OPTIONAL, struct mbus_map, logs_from),
	CYAML_FIELD_SEQUENCE(
		"flags", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, flags, &flag_value, 1, 32),
	CYAML_FIELD_SEQUENCE("records", CYAML_FLAG_POINTER | OPTIONAL, struct mbus_map, records,
		&meaning_value, 1, 64),
	CYAML_FIELD_END};

static const cyaml_schema_value_t mbus_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct mbus_map, mbus_fields)};

/* ---- meters/tekon/ ---- */

static const cyaml_strval_t device_names[] = {{"tekon_19", TEKON_19}, {"tekon_17", TEKON_17}};
static const cyaml_strval_t tekon_type_names[] = {
	{"f32", TEKON_F32}, {"f17", TEKON_F17}, {"uint", TEKON_UINT}, {"bcd", TEKON_BCD}};
static const cyaml_strval_t ring_label_names[] = {
	{"begin", TEKON_LABEL_BEGIN}, {"end", TEKON_LABEL_END}};

static const cyaml_schema_field_t tekon_register_fields[] = {
	CYAML_FIELD_STRING("key", CYAML_FLAG_DEFAULT, struct tekon_register, key, 1),
	ENUM("quantity", OPTIONAL, struct tekon_register, quantity, meter_quantity_names),
	ENUM("unit", OPTIONAL, struct tekon_register, unit, meter_unit_names),
	CYAML_FIELD_UINT("at", CYAML_FLAG_DEFAULT, struct tekon_register, at),
	ENUM("type", OPTIONAL, struct tekon_register, type, tekon_type_names),
	ENUM("form", OPTIONAL, struct tekon_register, form, meter_form_names), CYAML_FIELD_END};

static const cyaml_schema_value_t tekon_register_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tekon_register, tekon_register_fields)};

static const cyaml_schema_field_t tekon_archive_fields[] = {
	ENUM("period", CYAML_FLAG_DEFAULT, struct tekon_archive, period, meter_period_names),
	ENUM("label", OPTIONAL, struct tekon_archive, label, ring_label_names),
	CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct tekon_archive, fields,
		&tekon_register_value, 1, TEKON_FIELDS_MAX),
	CYAML_FIELD_END};

static const cyaml_schema_value_t tekon_archive_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tekon_archive, tekon_archive_fields)};

static const cyaml_schema_field_t tekon_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct tekon_map, name, 1),
	CYAML_FIELD_STRING("title", CYAML_FLAG_DEFAULT, struct tekon_map, title, 1),
	CYAML_FIELD_STRING("maker", CYAML_FLAG_DEFAULT, struct tekon_map, maker, 1),
	CYAML_FIELD_STRING("medium", CYAML_FLAG_DEFAULT, struct tekon_map, medium, 1),
	ENUM("confidence", CYAML_FLAG_DEFAULT, struct tekon_map, confidence,
		meter_confidence_names),
	CYAML_FIELD_SEQUENCE("sources", CYAML_FLAG_POINTER, struct tekon_map, sources,
		&meter_source_value, 1, 16),
	CYAML_FIELD_STRING_PTR(
		"notes", CYAML_FLAG_POINTER | OPTIONAL, struct tekon_map, notes, 1, 4000),
	CYAML_FIELD_MAPPING("line", OPTIONAL, struct tekon_map, line, meter_line_fields),
	ENUM("device", CYAML_FLAG_DEFAULT, struct tekon_map, device, device_names),
	CYAML_FIELD_UINT("batch", OPTIONAL, struct tekon_map, batch),
	CYAML_FIELD_SEQUENCE("registers", CYAML_FLAG_POINTER, struct tekon_map, registers,
		&tekon_register_value, 1, TEKON_REGISTERS_MAX),
	CYAML_FIELD_SEQUENCE("archives", CYAML_FLAG_POINTER | OPTIONAL, struct tekon_map, archives,
		&tekon_archive_value, 1, 3),
	CYAML_FIELD_END};

static const cyaml_schema_value_t tekon_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct tekon_map, tekon_fields)};

/* ---- reading ---- */

enum err meter_schema_read(
	struct slice yaml, struct modbus_map **ret_map, size_t *ret_line, size_t cap, char *text)
{
	void *data = NULL;
	enum err e = schema_read(&map_value, yaml, &data, ret_line, cap, text);
	if (!e) {
		*ret_map = data;
	}
	return e;
}

void meter_schema_free(struct modbus_map *map)
{
	schema_free(&map_value, map);
}

enum err mbus_schema_read(
	struct slice yaml, struct mbus_map **ret_map, size_t *ret_line, size_t cap, char *text)
{
	void *data = NULL;
	enum err e = schema_read(&mbus_value, yaml, &data, ret_line, cap, text);
	if (!e) {
		*ret_map = data;
	}
	return e;
}

void mbus_schema_free(struct mbus_map *map)
{
	schema_free(&mbus_value, map);
}

enum err tekon_schema_read(
	struct slice yaml, struct tekon_map **ret_map, size_t *ret_line, size_t cap, char *text)
{
	void *data = NULL;
	enum err e = schema_read(&tekon_value, yaml, &data, ret_line, cap, text);
	if (!e) {
		*ret_map = data;
	}
	return e;
}

void tekon_schema_free(struct tekon_map *map)
{
	schema_free(&tekon_value, map);
}
