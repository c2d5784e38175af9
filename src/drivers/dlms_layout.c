/*
 * dlms_layout.c - columns of profiles and their units; see dlms_driver.h
 *
 * Which objects a profile captures is read from its attribute 3, never assumed: makers change it when a
 * customer asks. Scaler and unit of a column come from the profile of scales that belongs to it
 * (1.0.94.7.1 to 4), all in one read, else from attribute 3 of each object: units in a profile may be
 * others than those of the register of the same quantity, so a column whose unit nobody tells is left out.
 *
 * Columns of all profiles share one place in what is kept over calls. When it is full, everything is
 * forgotten and learnt as it is asked for.
 */
#include "drivers/dlms_driver.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CLASS_REGISTER 3
#define CLASS_EXTENDED 4
#define CLASS_PROFILE  7
#define CLASS_CLOCK    8
#define UNIT_NOT_READ  0
#define UNIT_COUNTLESS 255

static const struct {
	const char *object, *scales; /* "" none */
} profiles[DLMS_LAYOUTS] = {
	[DLMS_LOAD] = {"1.0.99.1.0.255", "1.0.94.7.4.255"},
	[DLMS_DAYS] = {"1.0.98.2.0.255", "1.0.94.7.2.255"},
	[DLMS_MONTHS] = {"1.0.98.1.0.255", "1.0.94.7.1.255"},
	[DLMS_SNAPSHOT] = {"1.0.94.7.0.255", "1.0.94.7.3.255"},
};

struct obis dlms_obis(const char *dotted)
{
	struct obis o = {{0}};
	bool is_code = obis_parse_dotted(dotted, &o);
	assert(is_code);
	(void)is_code;
	return o;
}

struct obis dlms_layout_object(enum dlms_layout_id id)
{
	return dlms_obis(profiles[id].object);
}

void dlms_layout_forget(struct dlms_peer *p, enum dlms_layout_id id)
{
	p->state->layouts[id].is_known = false;
	p->state->layouts[id].is_absent = false;
}

/* ---- capture objects ---- */

/* structure {class, object, attribute, element} */
static bool column_get(struct reader *r, struct dlms_column *ret)
{
	struct axdr row, parts[4];
	if (!axdr_get(r, &row) || row.tag != AXDR_STRUCTURE || row.count != 4) {
		return false;
	}
	struct reader in = reader_of(row.bytes);
	for (size_t i = 0; i < 4; i++) {
		if (!axdr_get(&in, &parts[i])) {
			return false;
		}
	}
	if (parts[1].bytes.size != OBIS_GROUPS ||
		!(parts[0].number >= 0 && parts[0].number < 256) ||
		!(fabs(parts[2].number) < 128)) {
		return false;
	}
	*ret = (struct dlms_column){.class_id = (uint8_t)parts[0].number,
		.attribute = (uint8_t)(int8_t)parts[2].number};
	memcpy(ret->obis.v, parts[1].bytes.data, OBIS_GROUPS);
	return true;
}

enum err dlms_columns_read(struct dlms_peer *p, const struct obis *object, struct dlms_column *ret,
	unsigned cap, unsigned *ret_n, struct dlms_shape *ret_shape)
{
	struct dlms_shape shape = {.clock = DLMS_NO_CLOCK};
	char text[OBIS_CAP];
	struct axdr list;
	enum err e = dlms_read(p, CLASS_PROFILE, object, 3);
	if (e) {
		return e;
	}
	if (!dlms_value_get(p, &list) || list.tag != AXDR_ARRAY || list.count > cap) {
		return talk_fail(p->talk, ERR_PROTO, "%s: its list of columns is none, or too long",
			obis_text(text, object));
	}
	struct reader r = reader_of(list.bytes);
	size_t n = list.count;
	for (size_t i = 0; i < n; i++) {
		if (!column_get(&r, &ret[i])) {
			return talk_fail(p->talk, ERR_PROTO, "%s: column %zu is no object",
				obis_text(text, object), i + 1);
		}
		if (ret[i].class_id == CLASS_CLOCK && ret[i].attribute == 2 &&
			shape.clock == DLMS_NO_CLOCK) {
			shape.clock = (uint8_t)i;
		}
	}
	if (n == 0) {
		return talk_fail(p->talk, ERR_NODATA, "%s has no columns", obis_text(text, object));
	}
	shape.width = (uint8_t)n;
	*ret_n = (unsigned)n;
	*ret_shape = shape;
	return ERR_OK;
}

/* ---- units ---- */

/* structure {scaler, unit} */
static bool scaler_get(struct reader *r, struct dlms_column *c)
{
	struct axdr pair, scaler, unit;
	if (!axdr_get(r, &pair) || pair.tag != AXDR_STRUCTURE || pair.count != 2) {
		return false;
	}
	struct reader in = reader_of(pair.bytes);
	if (!axdr_get(&in, &scaler) || !axdr_get(&in, &unit) || !(fabs(scaler.number) <= 20) ||
		!(unit.number >= 0 && unit.number < 256)) {
		return false;
	}
	c->scaler = (int8_t)scaler.number;
	c->unit = (uint8_t)unit.number;
	return true;
}

enum err dlms_unit_learn(struct dlms_peer *p, struct dlms_column *c)
{
	bool has_unit = c->class_id == CLASS_REGISTER || c->class_id == CLASS_EXTENDED;
	struct obis_meaning m;
	if (!has_unit) {
		c->unit = UNIT_COUNTLESS;
		return ERR_OK;
	}
	if (c->attribute != 2 || !obis_meaning(&c->obis, &m)) {
		return ERR_OK; /* nobody asks for it */
	}
	enum err e = dlms_read(p, c->class_id, &c->obis, 3);
	struct reader r = reader_of((struct slice){p->value, p->value_n});
	if (!e && !scaler_get(&r, c)) {
		c->unit = UNIT_NOT_READ;
	}
	return e;
}

struct scales {
	struct dlms_column *columns; /* to be completed */
	unsigned columns_n;
	struct dlms_column own[80]; /* of the profile of scales */
	unsigned n;
};

static bool has_all_units(const struct dlms_column *columns, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (columns[i].unit == UNIT_NOT_READ && columns[i].attribute == 2) {
			return false;
		}
	}
	return true;
}

static void apply_scale(struct scales *s, const struct dlms_column *scale)
{
	for (unsigned i = 0; i < s->columns_n; i++) {
		struct dlms_column *c = &s->columns[i];
		if (obis_equal(&c->obis, &scale->obis) && c->class_id == scale->class_id) {
			c->scaler = scale->scaler;
			c->unit = scale->unit;
		}
	}
}

/* The profile of scales: its columns are attribute 3 of the objects, its only row their values. */
static enum err read_scales(struct dlms_peer *p, const char *object, struct scales *s)
{
	struct dlms_shape shape;
	const struct obis o = dlms_obis(object);
	struct axdr rows, row;
	enum err e = dlms_columns_read(
		p, &o, s->own, sizeof(s->own) / sizeof(s->own[0]), &s->n, &shape);
	e = e ? e : dlms_read(p, CLASS_PROFILE, &o, 2);
	if (e) {
		return e;
	}
	struct reader r = reader_of((struct slice){p->value, p->value_n});
	if (!axdr_open(&r, &rows) || rows.tag != AXDR_ARRAY || rows.count == 0 ||
		!axdr_open(&r, &row) || row.tag != AXDR_STRUCTURE || row.count != s->n) {
		return ERR_NODATA; /* it says nothing: each object is asked */
	}
	for (unsigned i = 0; i < s->n; i++) {
		struct axdr skipped;
		bool is_scale = s->own[i].attribute == 3;
		if (is_scale ? !scaler_get(&r, &s->own[i]) : !axdr_get(&r, &skipped)) {
			return ERR_NODATA;
		}
		if (is_scale) {
			apply_scale(s, &s->own[i]);
		}
	}
	return ERR_OK;
}

static enum err learn_units(
	struct dlms_peer *p, enum dlms_layout_id id, struct dlms_column *columns, unsigned n)
{
	struct scales s = {.columns = columns, .columns_n = n};
	for (unsigned i = 0; i < n; i++) {
		bool has_unit = columns[i].class_id == CLASS_REGISTER ||
				columns[i].class_id == CLASS_EXTENDED;
		columns[i].unit = has_unit ? UNIT_NOT_READ : UNIT_COUNTLESS;
	}
	if (has_all_units(columns, n)) {
		return ERR_OK;
	}
	enum err e = read_scales(p, profiles[id].scales, &s);
	if (e && !err_is_answer(e) && e != ERR_PROTO) {
		return e;
	}
	for (unsigned i = 0; i < n && !has_all_units(columns, n); i++) {
		if (columns[i].unit == UNIT_NOT_READ) {
			e = dlms_unit_learn(p, &columns[i]);
			if (e && !err_is_answer(e)) {
				return e;
			}
		}
	}
	return ERR_OK;
}

/* ---- all of it ---- */

static void forget_all(struct dlms_state *s)
{
	memset(s->layouts, 0, sizeof(s->layouts));
	s->columns_n = 0;
}

enum err dlms_layout_learn(struct dlms_peer *p, enum dlms_layout_id id)
{
	struct dlms_state *s = p->state;
	struct dlms_column columns[DLMS_ROW_COLUMNS];
	const struct obis object = dlms_layout_object(id);
	struct dlms_shape shape;
	unsigned n = 0;
	char text[OBIS_CAP];
	if (s->layouts[id].is_known) {
		return ERR_OK;
	}
	if (s->layouts[id].is_absent) {
		return talk_fail(p->talk, ERR_NODATA, "the meter has no profile %s",
			obis_text(text, &object));
	}
	enum err e = dlms_columns_read(p, &object, columns, DLMS_ROW_COLUMNS, &n, &shape);
	if (err_is_answer(e)) {
		s->layouts[id].is_absent = true;
	}
	e = e ? e : learn_units(p, id, columns, n);
	if (e) {
		return e;
	}
	if (s->columns_n + n > DLMS_COLUMNS_MAX) {
		forget_all(s);
	}
	s->layouts[id] = (struct dlms_layout){.is_known = true,
		.first = (uint8_t)s->columns_n,
		.count = (uint8_t)n,
		.shape = shape};
	memcpy(s->columns + s->columns_n, columns, n * sizeof(columns[0]));
	s->columns_n += n;
	return ERR_OK;
}

/* Numbers of kilowatt hours come as watt hours with an exponent of 3: these digits are not there. */
static enum unit thousands_of(enum unit u)
{
	switch (u) {
	case UNIT_WH: return UNIT_KWH;
	case UNIT_VARH: return UNIT_KVARH;
	case UNIT_W: return UNIT_KW;
	case UNIT_VAR: return UNIT_KVAR;
	case UNIT_VA: return UNIT_KVA;
	default: return UNIT_NONE;
	}
}

bool dlms_measure_of(const struct dlms_column *c, struct dlms_measure *ret)
{
	struct dlms_measure m = {.exponent = c->scaler, .factor = 1};
	if (c->attribute != 2 || c->obis.v[OBIS_F] != OBIS_CURRENT || c->unit == UNIT_NOT_READ ||
		!obis_meaning(&c->obis, &m.meaning) ||
		!unit_from_dlms(c->unit, &m.unit, &m.factor)) {
		return false;
	}
	enum dimension d = unit_dimension(quantity_unit(m.meaning.quantity));
	if (m.unit == UNIT_NONE && (d == DIM_RATIO || d == DIM_NONE)) {
		m.unit = quantity_unit(m.meaning.quantity);
	}
	if (unit_dimension(m.unit) != d) {
		return false;
	}
	enum unit thousands = c->scaler > 0 ? thousands_of(m.unit) : UNIT_NONE;
	if (thousands != UNIT_NONE) {
		m.unit = thousands;
		m.exponent -= 3;
	}
	m.decimals = m.factor != 1 ? -1 : m.exponent < 0 ? -m.exponent : 0;
	*ret = m;
	return true;
}

double dlms_measured(const struct dlms_measure *m, const struct axdr *cell)
{
	/* a power of ten is exact, its reciprocal is not */
	double v = m->exponent < 0 ? cell->number / pow(10, -m->exponent) :
				     cell->number * pow(10, m->exponent);
	return m->factor == 1 ? v : v * m->factor;
}
