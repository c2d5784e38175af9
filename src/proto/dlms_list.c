/*
 * dlms_list.c - lists that DLMS meters push, item by item; see dlms_push.h
 *
 * Two tables hold what the telegrams do not say: the order of values that come without codes, and
 * the scale of values that come without units, by who made the list.
 */
#include "proto/dlms_push.h"

#include <math.h>
#include <string.h>

/* ---- scales ---- */

/* Scaler and COSEM's code of the unit. */
struct scale {
	enum dimension dimension;
	int8_t scaler;
	uint8_t unit;
};

struct dlms_dialect {
	const struct scale *scales;
	size_t n;
	bool is_kamstrup;
};

#define UNIT_CODE_W    27
#define UNIT_CODE_VAR  29
#define UNIT_CODE_WH   30
#define UNIT_CODE_VARH 32
#define UNIT_CODE_A    33
#define UNIT_CODE_V    35

static const struct scale kamstrup_scales[] = {{DIM_POWER, 0, UNIT_CODE_W},
	{DIM_REACTIVE_POWER, 0, UNIT_CODE_VAR}, {DIM_CURRENT, -2, UNIT_CODE_A},
	{DIM_VOLTAGE, 0, UNIT_CODE_V}, {DIM_ENERGY, 1, UNIT_CODE_WH},
	{DIM_REACTIVE_ENERGY, 1, UNIT_CODE_VARH}};
static const struct scale kaifa_scales[] = {{DIM_POWER, 0, UNIT_CODE_W},
	{DIM_REACTIVE_POWER, 0, UNIT_CODE_VAR}, {DIM_CURRENT, -3, UNIT_CODE_A},
	{DIM_VOLTAGE, -1, UNIT_CODE_V}, {DIM_ENERGY, 0, UNIT_CODE_WH},
	{DIM_REACTIVE_ENERGY, 0, UNIT_CODE_VARH}};
static const struct scale iskra_scales[] = {{DIM_POWER, 0, UNIT_CODE_W},
	{DIM_REACTIVE_POWER, 0, UNIT_CODE_VAR}, {DIM_CURRENT, -2, UNIT_CODE_A},
	{DIM_VOLTAGE, -1, UNIT_CODE_V}, {DIM_ENERGY, 0, UNIT_CODE_WH},
	{DIM_REACTIVE_ENERGY, 0, UNIT_CODE_VARH}};
/* currents and voltages: nothing is known */
static const struct scale common_scales[] = {{DIM_POWER, 0, UNIT_CODE_W},
	{DIM_REACTIVE_POWER, 0, UNIT_CODE_VAR}, {DIM_ENERGY, 0, UNIT_CODE_WH},
	{DIM_REACTIVE_ENERGY, 0, UNIT_CODE_VARH}};
static const struct scale power_scales[] = {
	{DIM_POWER, 0, UNIT_CODE_W}, {DIM_REACTIVE_POWER, 0, UNIT_CODE_VAR}};

#define DIALECT(t, k)                             \
	{                                         \
		t, sizeof(t) / sizeof((t)[0]), k, \
	}
static const struct dlms_dialect kamstrup = DIALECT(kamstrup_scales, true);
static const struct dlms_dialect kaifa = DIALECT(kaifa_scales, false);
static const struct dlms_dialect iskra = DIALECT(iskra_scales, false);
static const struct dlms_dialect common = DIALECT(common_scales, false);
static const struct dlms_dialect unknown = DIALECT(power_scales, false);

static const uint8_t kamstrup_type[OBIS_GROUPS] = {1, 1, 96, 1, 1, OBIS_CURRENT};

/* Type numbers of meters behind current transformers; what their currents are counted in is not sure. */
static bool is_behind_transformers(const struct dlms_item *x)
{
	return memcmp(x->code.v, kamstrup_type, OBIS_GROUPS) == 0 && x->value.bytes.size >= 3 &&
	       memcmp(x->value.bytes.data, "685", 3) == 0;
}

static void add_scale(struct dlms_items *l, struct dlms_item *x)
{
	struct obis_meaning m;
	const struct dlms_dialect *d = l->dialect;
	l->is_behind_transformers = l->is_behind_transformers ||
				    (d && d->is_kamstrup && is_behind_transformers(x));
	if (x->has_scale || !d || !obis_meaning(&x->code, &m) || m.kind != OBIS_NOW) {
		return;
	}
	enum dimension is = unit_dimension(quantity_unit(m.quantity));
	for (size_t i = 0; i < d->n; i++) {
		if (d->scales[i].dimension == is &&
			!(l->is_behind_transformers && is == DIM_CURRENT)) {
			x->has_scale = true;
			x->scaler = d->scales[i].scaler;
			x->unit = d->scales[i].unit;
		}
	}
	if (d->is_kamstrup && is == DIM_VOLTAGE && x->value.number > 1000) {
		x->scaler = -2; /* of one firmware */
	}
}

/* ---- lists whose values have no codes ---- */

#define CODE(a, c, d, e)                            \
	{                                           \
		{                                   \
			a, 0, c, d, e, OBIS_CURRENT \
		}                                   \
	}

/* Norwegian lists of Kaifa; the shorter ones are the beginning of the longer ones. */
static const struct obis kaifa_three[] = {CODE(1, 0, 2, 129), CODE(0, 96, 1, 0), CODE(0, 96, 1, 7),
	CODE(1, 1, 7, 0), CODE(1, 2, 7, 0), CODE(1, 3, 7, 0), CODE(1, 4, 7, 0), CODE(1, 31, 7, 0),
	CODE(1, 51, 7, 0), CODE(1, 71, 7, 0), CODE(1, 32, 7, 0), CODE(1, 52, 7, 0),
	CODE(1, 72, 7, 0), CODE(0, 1, 0, 0), CODE(1, 1, 8, 0), CODE(1, 2, 8, 0), CODE(1, 3, 8, 0),
	CODE(1, 4, 8, 0)};
static const struct obis kaifa_one[] = {CODE(1, 0, 2, 129), CODE(0, 96, 1, 0), CODE(0, 96, 1, 7),
	CODE(1, 1, 7, 0), CODE(1, 2, 7, 0), CODE(1, 3, 7, 0), CODE(1, 4, 7, 0), CODE(1, 31, 7, 0),
	CODE(1, 32, 7, 0), CODE(0, 1, 0, 0), CODE(1, 1, 8, 0), CODE(1, 2, 8, 0), CODE(1, 3, 8, 0),
	CODE(1, 4, 8, 0)};
static const struct obis kaifa_power[] = {CODE(1, 1, 7, 0)};
/* Slovenian port I1 */
static const struct obis slovenia_now[] = {CODE(0, 42, 0, 0), CODE(0, 96, 1, 2), CODE(1, 1, 7, 0),
	CODE(1, 2, 7, 0), CODE(1, 3, 7, 0), CODE(1, 4, 7, 0), CODE(1, 32, 7, 0), CODE(1, 52, 7, 0),
	CODE(1, 72, 7, 0), CODE(1, 31, 7, 0), CODE(1, 51, 7, 0), CODE(1, 71, 7, 0),
	CODE(1, 21, 7, 0), CODE(1, 41, 7, 0), CODE(1, 61, 7, 0), CODE(1, 22, 7, 0),
	CODE(1, 42, 7, 0), CODE(1, 62, 7, 0)};
static const struct obis slovenia_counters[] = {CODE(0, 42, 0, 0), CODE(0, 96, 1, 3),
	CODE(0, 96, 3, 10), CODE(0, 96, 14, 0), CODE(1, 1, 8, 0), CODE(1, 1, 8, 1),
	CODE(1, 1, 8, 2), CODE(1, 2, 8, 0), CODE(1, 2, 8, 1), CODE(1, 2, 8, 2), CODE(1, 3, 8, 0),
	CODE(1, 4, 8, 0)};
/* A list that says it has twelve values and ends before; the first is the code of the list, the next a
 * name, a time and a date without codes. */
#define NO_CODE CODE(255, 255, 255, 255)
static const struct obis iskra_list[] = {NO_CODE, NO_CODE, NO_CODE, NO_CODE, CODE(1, 1, 8, 0),
	CODE(1, 2, 8, 0), CODE(1, 3, 8, 0), CODE(1, 4, 8, 0)};
static const uint8_t iskra_code[OBIS_GROUPS] = {0, 6, 25, 9, 0, OBIS_CURRENT};

/* By number and kinds of values: t text or octets, n number, p the code of the list. */
static const struct {
	size_t count;
	const char *kinds;
	const struct obis *codes;
	const struct dlms_dialect *dialect;
} placed[] = {
	{1, "n", kaifa_power, &kaifa},
	{9, "tttnnnnnn", kaifa_one, &kaifa},
	{13, "tttnnnnnnnnnn", kaifa_three, &kaifa},
	{14, "tttnnnnnntnnnn", kaifa_one, &kaifa},
	{18, "tttnnnnnnnnnntnnnn", kaifa_three, &kaifa},
	{18, "ttnnnnnnnnnnnnnnnn", slovenia_now, &iskra},
	{12, "ttntnnnnnnnn", slovenia_counters, &iskra},
	{12, "ptttnnnn", iskra_list, &iskra},
};
#define PLACED (sizeof(placed) / sizeof(placed[0]))

static bool is_text(const struct axdr *d)
{
	return d->tag == AXDR_OCTETS || d->tag == AXDR_VISIBLE || d->tag == AXDR_UTF8;
}

static bool is_of_kind(const struct axdr *d, char kind)
{
	switch (kind) {
	case 'n': return !isnan(d->number);
	case 'p':
		return d->tag == AXDR_OCTETS && d->bytes.size == OBIS_GROUPS &&
		       memcmp(d->bytes.data, iskra_code, OBIS_GROUPS) == 0;
	default: return is_text(d);
	}
}

/* All values `kinds` names are there and of these kinds. */
static bool is_of_kinds(struct reader r, const char *kinds)
{
	struct axdr d;
	for (; *kinds; kinds++) {
		if (!axdr_get(&r, &d) || !is_of_kind(&d, *kinds)) {
			return false;
		}
	}
	return true;
}

static bool placed_of(struct slice body, struct dlms_items *ret)
{
	struct reader r = reader_of(body);
	struct axdr list;
	if (!axdr_open(&r, &list) || list.tag != AXDR_STRUCTURE) {
		return false;
	}
	for (size_t i = 0; i < PLACED; i++) {
		if (list.count == placed[i].count && is_of_kinds(r, placed[i].kinds)) {
			*ret = (struct dlms_items){.in = r,
				.kind = DLMS_ITEMS_PLACED,
				.left = strlen(placed[i].kinds),
				.codes = placed[i].codes,
				.dialect = placed[i].dialect};
			return true;
		}
	}
	return false;
}

/* ---- items ---- */

static bool code_of(const struct axdr *d, struct obis *ret)
{
	if (d->tag != AXDR_OCTETS || d->bytes.size != OBIS_GROUPS) {
		return false;
	}
	memcpy(ret->v, d->bytes.data, OBIS_GROUPS);
	return true;
}

/* A structure {class, code, attribute, element}. */
static bool object_of(const struct axdr *d, struct obis *ret)
{
	struct reader r = reader_of(d->bytes);
	struct axdr class_id, code;
	return d->tag == AXDR_STRUCTURE && d->count == 4 && axdr_get(&r, &class_id) &&
	       class_id.tag == AXDR_U16 && axdr_get(&r, &code) && code_of(&code, ret);
}

static bool starts_with(const struct axdr *d, const char *text)
{
	size_t n = strlen(text);
	return d->bytes.size >= n && memcmp(d->bytes.data, text, n) == 0;
}

/* Who made a list of codes and values without units. */
static const struct dlms_dialect *dialect_of(const struct axdr *name, struct reader after)
{
	struct axdr version;
	struct obis o;
	if (starts_with(name, "Kamstrup")) {
		return &kamstrup;
	}
	bool is_kaifa = code_of(name, &o) && axdr_get(&after, &version) && is_text(&version) &&
			starts_with(&version, "KFM_");
	return is_kaifa ? &kaifa : &unknown;
}

struct dlms_items dlms_items_of(struct slice body)
{
	struct dlms_items l = {.kind = DLMS_ITEMS_NONE};
	struct reader r = reader_of(body);
	struct axdr list, first, entry;
	struct obis o;
	if (placed_of(body, &l)) {
		return l;
	}
	if (!axdr_get(&r, &list) || (list.tag != AXDR_ARRAY && list.tag != AXDR_STRUCTURE)) {
		return l;
	}
	l.in = reader_of(list.bytes);
	l.left = list.count;
	struct reader peek = l.in;
	if (!axdr_get(&peek, &first)) {
		return l;
	}
	struct reader in = reader_of(first.bytes);
	if (first.tag == AXDR_STRUCTURE && axdr_get(&in, &entry) && code_of(&entry, &o)) {
		l.kind = DLMS_ITEMS_SCALED;
		return l;
	}
	in = reader_of(first.bytes);
	if ((first.tag == AXDR_ARRAY || first.tag == AXDR_STRUCTURE) && axdr_get(&in, &entry) &&
		object_of(&entry, &o)) {
		l.kind = DLMS_ITEMS_LISTED;
		l.dialect = &common;
		l.in = peek;
		l.objects = in; /* the first object is the list itself */
		l.left = first.count - 1 < list.count - 1 ? first.count - 1 : list.count - 1;
		return l;
	}
	if (is_text(&first)) {
		l.kind = DLMS_ITEMS_NAMED;
		l.dialect = dialect_of(&first, peek);
		if (!code_of(&first, &o)) { /* its name, or the time */
			l.in = peek;
			l.left--;
		}
	}
	return l;
}

static bool scaled_next(struct dlms_items *l, struct dlms_item *ret)
{
	struct axdr row, code, scale, part[2];
	if (!axdr_get(&l->in, &row) || row.tag != AXDR_STRUCTURE || row.count < 2) {
		return false;
	}
	struct reader r = reader_of(row.bytes);
	if (!axdr_get(&r, &code) || !code_of(&code, &ret->code) || !axdr_get(&r, &ret->value)) {
		return false;
	}
	if (row.count > 2 && axdr_get(&r, &scale) && scale.tag == AXDR_STRUCTURE &&
		scale.count == 2) {
		struct reader in = reader_of(scale.bytes);
		ret->has_scale = axdr_get(&in, &part[0]) && axdr_get(&in, &part[1]) &&
				 part[0].tag == AXDR_I8 && part[1].tag == AXDR_ENUM;
		ret->scaler = (int)part[0].integer;
		ret->unit = (int)part[1].integer;
	}
	return true;
}

/* Austrian lists have a structure {scaler, unit} behind each value, and end with the number of the
 * meter, which has no code. */
static bool named_next(struct dlms_items *l, struct dlms_item *ret)
{
	static const struct obis serial = CODE(0, 96, 1, 0);
	struct axdr code, scale, part[2];
	do {
		if (!axdr_get(&l->in, &code)) {
			return false;
		}
		if (l->left < 2) {
			ret->code = serial;
			ret->value = code;
			return l->has_scales && is_text(&code);
		}
		l->left--;
	} while (!code_of(&code, &ret->code));
	if (!axdr_get(&l->in, &ret->value)) {
		return false;
	}
	struct reader peek = l->in;
	if (l->left > 1 && axdr_get(&peek, &scale) && scale.tag == AXDR_STRUCTURE &&
		scale.count == 2) {
		struct reader in = reader_of(scale.bytes);
		ret->has_scale = axdr_get(&in, &part[0]) && axdr_get(&in, &part[1]) &&
				 part[0].tag == AXDR_I8 && part[1].tag == AXDR_ENUM;
		ret->scaler = (int)part[0].integer;
		ret->unit = (int)part[1].integer;
		l->in = peek;
		l->left--;
		l->has_scales = true;
	}
	return true;
}

static bool listed_next(struct dlms_items *l, struct dlms_item *ret)
{
	struct axdr object;
	return axdr_get(&l->objects, &object) && object_of(&object, &ret->code) &&
	       axdr_get(&l->in, &ret->value);
}

static bool placed_next(struct dlms_items *l, struct dlms_item *ret)
{
	while (l->left > 1 && l->codes->v[OBIS_C] == 255) {
		(void)axdr_get(&l->in, &ret->value); /* there when the list was recognized */
		l->codes++;
		l->left--;
	}
	ret->code = *l->codes++;
	return axdr_get(&l->in, &ret->value);
}

bool dlms_items_next(struct dlms_items *l, struct dlms_item *ret)
{
	*ret = (struct dlms_item){.has_scale = false};
	if (l->left == 0) {
		return false;
	}
	bool is_there = l->kind == DLMS_ITEMS_SCALED ? scaled_next(l, ret) :
			l->kind == DLMS_ITEMS_NAMED  ? named_next(l, ret) :
			l->kind == DLMS_ITEMS_LISTED ? listed_next(l, ret) :
			l->kind == DLMS_ITEMS_PLACED ? placed_next(l, ret) :
						       false;
	l->left -= l->left > 0;
	if (is_there) {
		add_scale(l, ret);
	}
	return is_there;
}
