/*
 * site.h - the configuration: places, lines, meters, registers, channels, bindings, formulas, parameters, as one
 * snapshot
 *
 *   place ──< place                     building, entrance, floor, flat ... (a tree)
 *   line ──< meter ──< meter_register   what is spoken to, and what it reports
 *   place ──< channel ──< binding >── meter_register   which register feeds a channel, from - till
 *             channel ──< formula                       or of which others it is computed, from - till
 *   place ──< parameter                                 dated numbers of contract, norm and tariff
 *
 * All ids come from one sequence, so an id alone names an object, and a register and a channel can
 * both own archive series (series = id of the register or channel). Id 0 means none.
 *
 * Every kind is described by a table of fields (object_kind_info); SQL, JSON, the text export and
 * the configuration history are written from that table and know no field by name.
 *
 * A struct site is immutable and reference-counted; a change makes a new one.
 */
#ifndef DOMOVOI_SITE_H
#define DOMOVOI_SITE_H

#include "model/period.h"
#include "model/quantity.h"
#include "model/sample.h"

enum object_kind {
	OBJECT_PLACE,
	OBJECT_LINE,
	OBJECT_METER,
	OBJECT_REGISTER,
	OBJECT_CHANNEL,
	OBJECT_BINDING,
	OBJECT_FORMULA,
	OBJECT_PARAMETER,
	OBJECT_KIND_COUNT
};

enum place_kind {
	PLACE_BUILDING,
	PLACE_ENTRANCE,
	PLACE_FLOOR,
	PLACE_RISER,
	PLACE_FLAT,
	PLACE_HEATING_POINT,
	PLACE_OFFICE,
	PLACE_COMMON,
	PLACE_OTHER,
	PLACE_KIND_COUNT
};

#define NAME_CAP 128
#define CODE_CAP 64

struct place {
	int64_t id;
	int64_t parent; /* 0: top */
	enum place_kind kind;
	char name[NAME_CAP];
	int64_t sort;
	char zone[48];       /* IANA name; "" inherits from the parent, UTC at the top */
	int64_t report_hour; /* -1 inherits (0 at the top) */
	int64_t report_day;  /* 0 inherits (1 at the top) */
	double area_m2;      /* 0: unknown */
	int64_t people;
	int64_t floor;
	char address[256];
	char note[512];
};

struct line {
	int64_t id;
	char name[NAME_CAP];
	char link[256];   /* serial:/dev/ttyUSB0, tcp://host:port ... (link.h) */
	int64_t baud;     /* default of the line's meters; 0: the driver's */
	char framing[8];  /* "8E1"; "" the driver's */
	int64_t reply_ms; /* first byte of a reply at the latest; 0: the driver's */
	int64_t gap_ms;   /* silence before a request; 0: the protocol's */
	bool has_echo;    /* the converter echoes what is sent */
	bool is_enabled;
	char note[512];
};

struct meter {
	int64_t id;
	int64_t line;
	int64_t place;
	char name[NAME_CAP];
	char driver[32];
	char params[512]; /* "address=5 baud=2400": driver parameters, blank-separated */
	char serial[48];
	char model[NAME_CAP];
	int64_t poll_s;  /* grid of current values, seconds; 0: never */
	int64_t clock_s; /* grid of clock checks; 0: never */
	bool archives;   /* read the meter's own archives where the driver can */
	bool is_enabled;
	char zone[48];       /* zone the meter's clock runs in; "" the building's standard time */
	int64_t report_hour; /* at which the meter's own days end; -1: 0 as far as is known */
	int64_t report_day;  /* on which its months do; 0: 1 as far as is known */
	char note[512];
};

/* Appears by itself when the meter first reports it. */
struct meter_register {
	int64_t id;
	int64_t meter;
	char key[REGISTER_KEY_CAP];
	enum quantity quantity;
	enum unit unit;
	enum sample_form
		form; /* of its archive series: POINT (readings) or AMOUNT; NOW: none seen yet */
	int64_t decimals;
	double capacity; /* where a counter wraps, in `unit`; 0 unknown */
	double max_rate; /* most the meter can pass, `unit` per hour; 0 unknown */
	bool is_ignored;
};

struct channel {
	int64_t id;
	int64_t place;
	enum quantity quantity;
	enum unit unit;
	char name[NAME_CAP]; /* "" the quantity's */
	char code[CODE_CAP]; /* its name in formulas, unique within the building; "" none */
	int64_t upstream; /* the channel that what flows here has passed before: the balance tree and
	                      * the order on a riser; 0: by the tree of places */
	int64_t sort;
	char note[512];
};

struct binding {
	int64_t id;
	int64_t channel;
	int64_t meter_register;
	int64_t from_utc; /* fitted; INT64_MIN: since ever */
	int64_t till_utc; /* removed; INT64_MAX: still there */
	double multiplier; /* pulse weight, CT ratio: channel unit value = converted register * multiplier */
	double reading_fitted;  /* register reading at from_utc, NaN unknown */
	double reading_removed; /* register reading at till_utc, NaN unknown */
	char note[512];
};

/* What a computed channel is computed of (calc/formula.h). */
struct formula_text {
	int64_t id;
	int64_t channel;
	int64_t from_utc; /* in force from; INT64_MIN: since ever */
	int64_t till_utc;
	enum period
		period; /* the interval it is worked out for; longer ones are summed or averaged */
	char text[1024];
	char note[512];
};

/* A number of law, contract or norm for a place and all below it (calc/figure.h). */
struct parameter {
	int64_t id;
	int64_t place; /* 0: everywhere */
	char code[CODE_CAP];
	char valid_from[12]; /* local date, "2026-01-31"; "" since ever */
	double value;        /* NaN: none, the text counts */
	char unit[32];       /* "K", "currency/kWh" */
	char text[2048];     /* a table or a formula */
	char source[256];
	bool is_confirmed; /* against the source's own text */
	char note[512];
};

/* Room for an object of any kind. */
union any_object {
	int64_t id;
	struct place place;
	struct line line;
	struct meter meter;
	struct meter_register meter_register;
	struct channel channel;
	struct binding binding;
	struct formula_text formula;
	struct parameter parameter;
};

enum field_type {
	FIELD_INT,
	FIELD_REAL,
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_TIME,
	FIELD_REF,
	FIELD_ENUM
};

struct field {
	const char *name; /* SQL column and JSON key */
	enum field_type type;
	size_t offset;
	size_t cap;                                     /* FIELD_TEXT: bytes with the zero */
	enum object_kind target;                        /* FIELD_REF */
	const char *(*enum_name)(int value);            /* FIELD_ENUM; NULL for one outside */
	bool (*enum_value)(const char *name, int *ret); /* FIELD_ENUM */
	bool is_required;                               /* text not empty, reference not 0 */
};

struct object_kind_info {
	const char *name;   /* "place", SQL table and JSON resource */
	const char *plural; /* "places" */
	size_t size;
	const struct field *fields; /* fields[0] is id */
	size_t field_count;
};

const struct object_kind_info *object_kind_info(enum object_kind kind);
bool object_kind_from_name(const char *name, enum object_kind *ret_kind); /* "place" or "places" */
/* Fill `object` (size of its kind) with defaults: strings empty, enabled, multiplier 1, NaN ... */
void object_init(enum object_kind kind, void *object);
static inline int64_t object_id(const void *object)
{
	return *(const int64_t *)object;
}

const char *place_kind_name(enum place_kind k);
bool place_kind_from_name(const char *name, enum place_kind *ret_k);

struct site {
	struct place *places;
	struct line *lines;
	struct meter *meters;
	struct meter_register *registers;
	struct channel *channels;
	struct binding *bindings;
	struct formula_text *formulas;
	struct parameter *parameters; /* all arrays sorted by id */
	size_t counts[OBJECT_KIND_COUNT];
	int64_t generation;                   /* grows with every change */
	const struct meter_register **by_key; /* private: registers by (meter, key) */
	struct site_code *by_code; /* private: channels with a code by (building, code) */
	size_t code_count;         /* private */
	int refs;                  /* private */
};

struct site *site_new(void);
struct site *site_ref(const struct site *s);
void site_unref(const struct site *s); /* NULL is fine */
/* Append a copy of `object`; site_sort when all are in, before any look-up. False: out of memory. */
bool site_add(struct site *s, enum object_kind kind, const void *object);
bool site_sort(struct site *s);
const void *site_find(const struct site *s, enum object_kind kind, int64_t id);
const void *site_at(const struct site *s, enum object_kind kind, size_t index);
/* By its code among the channels of a building (site_building; 0: of what lies in none). */
const struct channel *site_channel(const struct site *s, int64_t building, const char *code);
const struct meter_register *site_register(const struct site *s, int64_t meter, const char *key);
/* The register with the readings of what "KEY.amount" tells by period (sample.h); NULL: there is none, or
 * `amounts` is no such register. */
const struct meter_register *site_readings_of(
	const struct site *s, const struct meter_register *amounts);

/* A formula makes the channel, or did: not what a meter says. */
bool site_is_computed(const struct site *s, int64_t channel);

/* How the place cuts time: its own settings or its nearest ancestor's that has them. */
struct calendar site_calendar(const struct site *s, int64_t place);
/* How the meter itself cuts time: its zone (the building's where none is set), its report hour and
 * day. Its archives are kept by this, whatever the building's calendar says. */
struct calendar site_meter_calendar(const struct site *s, const struct meter *m);
/* The building (topmost place of kind BUILDING on the way up) of a place; 0 if none. */
int64_t site_building(const struct site *s, int64_t place);
bool site_is_within(const struct site *s, int64_t place, int64_t ancestor);
/* In a flat or an office, whose values are personal data; a place that does not exist is, too. */
bool site_is_private(const struct site *s, int64_t place);

/* Everything that must hold before a site is used: references, no loops in the tree, zones known,
 * bindings and formulas of one channel not overlapping, codes of channels unique in a building, units of register and channel convertible. */
enum err site_check(const struct site *s, struct diag *diag);
/* The same; on an error *ret_fault (may be NULL) names the object, id 0 where it is no single one. */
struct site_fault {
	enum object_kind kind;
	int64_t id;
};
enum err site_check_at(const struct site *s, struct site_fault *ret_fault, struct diag *diag);

#endif
