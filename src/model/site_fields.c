/*
 * site_fields.c - the kinds of configuration objects as tables of fields; see site.h
 *
 * SQL, JSON, the text export and the configuration history are written from these tables. The order
 * of the fields is the order people see in the export; a field is never renamed (columns of
 * databases and keys of files), a new one goes in with a migration of the store.
 */
#include "model/site.h"

#include <math.h>
#include <string.h>

static const char *const place_kind_names[PLACE_KIND_COUNT] = {
	[PLACE_BUILDING] = "building",
	[PLACE_ENTRANCE] = "entrance",
	[PLACE_FLOOR] = "floor",
	[PLACE_RISER] = "riser",
	[PLACE_FLAT] = "flat",
	[PLACE_HEATING_POINT] = "heating_point",
	[PLACE_OFFICE] = "office",
	[PLACE_COMMON] = "common",
	[PLACE_OTHER] = "other",
};

const char *place_kind_name(enum place_kind k)
{
	return place_kind_names[(unsigned)k < PLACE_KIND_COUNT ? k : PLACE_OTHER];
}

bool place_kind_from_name(const char *name, enum place_kind *ret_k)
{
	for (int i = 0; i < PLACE_KIND_COUNT; i++) {
		if (strcmp(place_kind_names[i], name) == 0) {
			*ret_k = (enum place_kind)i;
			return true;
		}
	}
	return false;
}

/* ---- names of enumerations; NULL for a value that has none ---- */

static const char *place_kind_text(int v)
{
	return v >= 0 && v < PLACE_KIND_COUNT ? place_kind_names[v] : NULL;
}

static bool place_kind_value(const char *name, int *ret)
{
	enum place_kind k;
	if (!place_kind_from_name(name, &k)) {
		return false;
	}
	*ret = (int)k;
	return true;
}

static const char *quantity_name(int v)
{
	return v >= 0 && v < QUANTITY_COUNT ? quantity_code((enum quantity)v) : NULL;
}

static bool quantity_value(const char *name, int *ret)
{
	enum quantity q;
	if (!quantity_from_code(name, &q)) {
		return false;
	}
	*ret = (int)q;
	return true;
}

static const char *unit_name(int v)
{
	return v >= 0 && v < UNIT_COUNT ? unit_code((enum unit)v) : NULL;
}

static bool unit_value(const char *name, int *ret)
{
	enum unit u;
	if (!unit_from_name(name, &u)) {
		return false;
	}
	*ret = (int)u;
	return true;
}

static const char *const form_names[] = {
	[FORM_NOW] = "now",
	[FORM_POINT] = "point",
	[FORM_AMOUNT] = "amount",
};

static const char *form_name(int v)
{
	return v >= FORM_NOW && v <= FORM_AMOUNT ? form_names[v] : NULL;
}

static bool form_value(const char *name, int *ret)
{
	for (int i = FORM_NOW; i <= FORM_AMOUNT; i++) {
		if (strcmp(form_names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static const char *period_text(int v)
{
	return v > PERIOD_NONE && v < PERIOD_COUNT ? period_name((enum period)v) : NULL;
}

static bool period_value(const char *name, int *ret)
{
	enum period p;
	if (!period_from_name(name, &p) || p == PERIOD_NONE) {
		return false;
	}
	*ret = (int)p;
	return true;
}

/* ---- the tables ---- */

#define AT(object, member)  .offset = offsetof(struct object, member)
#define CAP(object, member) .cap = sizeof(((struct object *)0)->member)
#define INT(object, member)                            \
	{                                              \
#member, FIELD_INT, AT(object, member) \
	}
#define REAL(object, member)                            \
	{                                               \
#member, FIELD_REAL, AT(object, member) \
	}
#define BOOL(object, member)                            \
	{                                               \
#member, FIELD_BOOL, AT(object, member) \
	}
#define TIME(object, member)                            \
	{                                               \
#member, FIELD_TIME, AT(object, member) \
	}
#define TEXT(object, member, ...)                                                         \
	{                                                                                 \
#member, FIELD_TEXT, AT(object, member), CAP(object, member), __VA_ARGS__ \
	}
#define REF(object, member, name, kind, ...)                                       \
	{                                                                          \
		name, FIELD_REF, AT(object, member), .target = (kind), __VA_ARGS__ \
	}
#define ENUM(object, member, prefix)                                                  \
	{                                                                             \
#member, FIELD_ENUM, AT(object, member), .enum_name = prefix##_name,  \
							 .enum_value = prefix##_value \
	}
#define REQUIRED .is_required = true
#define OPTIONAL .is_required = false

static const struct field place_fields[] = {
	INT(place, id),
	REF(place, parent, "parent", OBJECT_PLACE, OPTIONAL),
	{"kind", FIELD_ENUM, AT(place, kind), .enum_name = place_kind_text,
		.enum_value = place_kind_value},
	TEXT(place, name, REQUIRED),
	INT(place, sort),
	TEXT(place, zone, OPTIONAL),
	INT(place, report_hour),
	INT(place, report_day),
	REAL(place, area_m2),
	INT(place, people),
	INT(place, floor),
	TEXT(place, address, OPTIONAL),
	TEXT(place, note, OPTIONAL),
};

static const struct field line_fields[] = {
	INT(line, id),
	TEXT(line, name, REQUIRED),
	TEXT(line, link, REQUIRED),
	INT(line, baud),
	TEXT(line, framing, OPTIONAL),
	INT(line, reply_ms),
	INT(line, gap_ms),
	BOOL(line, has_echo),
	BOOL(line, is_enabled),
	TEXT(line, note, OPTIONAL),
};

static const struct field meter_fields[] = {
	INT(meter, id),
	REF(meter, line, "line", OBJECT_LINE, REQUIRED),
	REF(meter, place, "place", OBJECT_PLACE, OPTIONAL),
	TEXT(meter, name, REQUIRED),
	TEXT(meter, driver, REQUIRED),
	TEXT(meter, params, OPTIONAL),
	TEXT(meter, serial, OPTIONAL),
	TEXT(meter, model, OPTIONAL),
	INT(meter, poll_s),
	INT(meter, clock_s),
	BOOL(meter, archives),
	BOOL(meter, is_enabled),
	TEXT(meter, zone, OPTIONAL),
	INT(meter, report_hour),
	INT(meter, report_day),
	TEXT(meter, note, OPTIONAL),
};

static const struct field register_fields[] = {
	INT(meter_register, id),
	REF(meter_register, meter, "meter", OBJECT_METER, REQUIRED),
	TEXT(meter_register, key, REQUIRED),
	ENUM(meter_register, quantity, quantity),
	ENUM(meter_register, unit, unit),
	ENUM(meter_register, form, form),
	INT(meter_register, decimals),
	REAL(meter_register, capacity),
	REAL(meter_register, max_rate),
	BOOL(meter_register, is_ignored),
};

static const struct field channel_fields[] = {
	INT(channel, id),
	REF(channel, place, "place", OBJECT_PLACE, REQUIRED),
	ENUM(channel, quantity, quantity),
	ENUM(channel, unit, unit),
	TEXT(channel, name, OPTIONAL),
	TEXT(channel, code, OPTIONAL),
	REF(channel, upstream, "upstream", OBJECT_CHANNEL, OPTIONAL),
	INT(channel, sort),
	TEXT(channel, note, OPTIONAL),
};

static const struct field binding_fields[] = {
	INT(binding, id),
	REF(binding, channel, "channel", OBJECT_CHANNEL, REQUIRED),
	REF(binding, meter_register, "register", OBJECT_REGISTER, REQUIRED),
	TIME(binding, from_utc),
	TIME(binding, till_utc),
	REAL(binding, multiplier),
	REAL(binding, reading_fitted),
	REAL(binding, reading_removed),
	TEXT(binding, note, OPTIONAL),
};

static const struct field formula_fields[] = {
	INT(formula_text, id),
	REF(formula_text, channel, "channel", OBJECT_CHANNEL, REQUIRED),
	TIME(formula_text, from_utc),
	TIME(formula_text, till_utc),
	{"period", FIELD_ENUM, AT(formula_text, period), .enum_name = period_text,
		.enum_value = period_value},
	TEXT(formula_text, text, REQUIRED),
	TEXT(formula_text, note, OPTIONAL),
};

static const struct field parameter_fields[] = {
	INT(parameter, id),
	REF(parameter, place, "place", OBJECT_PLACE, OPTIONAL),
	TEXT(parameter, code, REQUIRED),
	TEXT(parameter, valid_from, OPTIONAL),
	REAL(parameter, value),
	TEXT(parameter, unit, OPTIONAL),
	TEXT(parameter, text, OPTIONAL),
	TEXT(parameter, source, OPTIONAL),
	BOOL(parameter, is_confirmed),
	TEXT(parameter, note, OPTIONAL),
};

/* every enumeration is an int wide: one accessor serves them all */
_Static_assert(sizeof(enum place_kind) == sizeof(int) && sizeof(enum quantity) == sizeof(int) &&
		       sizeof(enum unit) == sizeof(int) &&
		       sizeof(enum sample_form) == sizeof(int) &&
		       sizeof(enum period) == sizeof(int),
	"enumerations are stored as int");

#define KIND(name, plural, type, table)                                                      \
	{                                                                                    \
		name, plural, sizeof(struct type), table, sizeof(table) / sizeof((table)[0]) \
	}

static const struct object_kind_info kinds[OBJECT_KIND_COUNT] = {
	[OBJECT_PLACE] = KIND("place", "places", place, place_fields),
	[OBJECT_LINE] = KIND("line", "lines", line, line_fields),
	[OBJECT_METER] = KIND("meter", "meters", meter, meter_fields),
	[OBJECT_REGISTER] = KIND("register", "registers", meter_register, register_fields),
	[OBJECT_CHANNEL] = KIND("channel", "channels", channel, channel_fields),
	[OBJECT_BINDING] = KIND("binding", "bindings", binding, binding_fields),
	[OBJECT_FORMULA] = KIND("formula", "formulas", formula_text, formula_fields),
	[OBJECT_PARAMETER] = KIND("parameter", "parameters", parameter, parameter_fields),
};

const struct object_kind_info *object_kind_info(enum object_kind kind)
{
	return &kinds[kind];
}

bool object_kind_from_name(const char *name, enum object_kind *ret_kind)
{
	for (int i = 0; i < OBJECT_KIND_COUNT; i++) {
		if (strcmp(kinds[i].name, name) == 0 || strcmp(kinds[i].plural, name) == 0) {
			*ret_kind = (enum object_kind)i;
			return true;
		}
	}
	return false;
}

void object_init(enum object_kind kind, void *object)
{
	memset(object, 0, kinds[kind].size);
	switch (kind) {
	case OBJECT_PLACE: ((struct place *)object)->report_hour = -1; break;
	case OBJECT_LINE: ((struct line *)object)->is_enabled = true; break;
	case OBJECT_METER: {
		struct meter *m = object;
		m->poll_s = 60;
		m->clock_s = 3600;
		m->archives = true;
		m->report_hour = -1;
		m->is_enabled = true;
		break;
	}
	case OBJECT_REGISTER: ((struct meter_register *)object)->decimals = -1; break;
	case OBJECT_CHANNEL: break;
	case OBJECT_BINDING: {
		struct binding *b = object;
		b->from_utc = INT64_MIN;
		b->till_utc = INT64_MAX;
		b->multiplier = 1;
		b->reading_fitted = NAN;
		b->reading_removed = NAN;
		break;
	}
	case OBJECT_FORMULA: {
		struct formula_text *f = object;
		f->from_utc = INT64_MIN;
		f->till_utc = INT64_MAX;
		f->period = PERIOD_HOUR;
		break;
	}
	case OBJECT_PARAMETER: ((struct parameter *)object)->value = NAN; break;
	case OBJECT_KIND_COUNT: break;
	}
}
