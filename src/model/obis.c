/*
 * obis.c - OBIS codes, their text and their meaning; see obis.h
 */
#include "model/obis.h"

#include <stdio.h>
#include <string.h>

/* ---- text ---- */

/* One group: a number 0..255 or one of the letters. Returns the characters used. */
static size_t group(const char *text, size_t n, unsigned *ret_value)
{
	static const struct {
		char letter;
		uint8_t value;
	} letters[] = {{'C', 96}, {'F', 97}, {'L', 98}, {'P', 99}};
	for (size_t i = 0; n > 0 && i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (text[0] == letters[i].letter) {
			*ret_value = letters[i].value;
			return 1;
		}
	}
	unsigned v = 0;
	size_t at = 0;
	while (at < n && at < 3 && text[at] >= '0' && text[at] <= '9') {
		v = v * 10 + (unsigned)(text[at++] - '0');
	}
	*ret_value = v;
	return v <= 255 ? at : 0;
}

size_t obis_parse(const char *text, size_t n, struct obis *ret_code)
{
	/* which group stands before this separator */
	struct obis o = {{1, 0, 0, 0, 0, OBIS_CURRENT}};
	size_t at = 0;
	int next = OBIS_C;
	bool is_done = false, has_d = false;
	if (n == 0) {
		return 0;
	}
	while (!is_done) {
		unsigned v;
		size_t used = group(text + at, n - at, &v);
		char mark = used && at + used < n ? text[at + used] : 0;
		if (!used) {
			return 0;
		}
		if (mark == '-' && at == 0) {
			o.v[OBIS_A] = (uint8_t)v;
			next = OBIS_B;
		} else if (mark == ':' && next <= OBIS_C && !o.v[OBIS_C]) {
			o.v[OBIS_B] = (uint8_t)v;
			next = OBIS_C;
		} else if (next == OBIS_B) {
			return 0; /* A without B */
		} else {
			has_d = has_d || next == OBIS_D;
			o.v[next++] = (uint8_t)v;
			bool is_more = next == OBIS_F ? mark == '*' || mark == '&' :
							mark == '.' && next < OBIS_F;
			if (next == OBIS_E && (mark == '*' || mark == '&')) {
				next = OBIS_F; /* "1.6*01" */
				is_more = true;
			}
			is_done = !is_more || next > OBIS_F;
		}
		at += used + !is_done;
	}
	if (!has_d) {
		return 0;
	}
	*ret_code = o;
	return at;
}

bool obis_parse_dotted(const char *text, struct obis *ret_code)
{
	struct obis o;
	for (int i = 0; i < OBIS_GROUPS; i++) {
		unsigned v;
		size_t used = group(text, strlen(text), &v);
		if (!used || text[used] != (i + 1 < OBIS_GROUPS ? '.' : 0)) {
			return false;
		}
		o.v[i] = (uint8_t)v;
		text += used + 1;
	}
	*ret_code = o;
	return true;
}

const char *obis_text(char out[static OBIS_CAP], const struct obis *code)
{
	const uint8_t *v = code->v;
	int n = snprintf(out, OBIS_CAP, "%u-%u:%u.%u.%u", v[0], v[1], v[2], v[3], v[4]);
	if (v[OBIS_F] != OBIS_CURRENT) {
		(void)snprintf(out + n, OBIS_CAP - (size_t)n, "*%u", v[OBIS_F]);
	}
	return out;
}

bool obis_equal(const struct obis *a, const struct obis *b)
{
	return memcmp(a->v, b->v, sizeof(a->v)) == 0;
}

/* ---- meaning ---- */

/* Electricity: what C measures, by how it is processed. */
struct electric {
	uint8_t c;
	enum quantity counted, instant; /* UNKNOWN: no such thing */
};

static const struct electric electric[] = {
	{1, QUANTITY_ACTIVE_ENERGY, QUANTITY_ACTIVE_POWER},
	{2, QUANTITY_ACTIVE_ENERGY_EXPORT, QUANTITY_ACTIVE_POWER_EXPORT},
	{3, QUANTITY_REACTIVE_ENERGY, QUANTITY_REACTIVE_POWER},
	{4, QUANTITY_REACTIVE_ENERGY_EXPORT, QUANTITY_REACTIVE_POWER_EXPORT},
	{5, QUANTITY_REACTIVE_ENERGY_Q1, QUANTITY_UNKNOWN},
	{6, QUANTITY_REACTIVE_ENERGY_Q2, QUANTITY_UNKNOWN},
	{7, QUANTITY_REACTIVE_ENERGY_Q3, QUANTITY_UNKNOWN},
	{8, QUANTITY_REACTIVE_ENERGY_Q4, QUANTITY_UNKNOWN},
	{9, QUANTITY_APPARENT_ENERGY, QUANTITY_APPARENT_POWER},
	{11, QUANTITY_UNKNOWN, QUANTITY_CURRENT},
	{12, QUANTITY_UNKNOWN, QUANTITY_VOLTAGE},
	{13, QUANTITY_UNKNOWN, QUANTITY_POWER_FACTOR},
	{14, QUANTITY_UNKNOWN, QUANTITY_FREQUENCY},
	{15, QUANTITY_ACTIVE_ENERGY_SUM, QUANTITY_POWER}, /* import plus export */
	{16, QUANTITY_UNKNOWN, QUANTITY_ACTIVE_POWER_SUM},
};

#define PHASE_STEP 20 /* C 21 to 40 are phase 1 of what C 1 to 20 are of all, and so on */
#define C_NEUTRAL  91 /* current */
#define C_ANGLE    81

/* Other media: D of the counter's reading is 0, as in "8-0:1.0.0". */
static const struct {
	uint8_t a, c;
	enum quantity counted;
} media[] = {
	{4, 1, QUANTITY_HCA_UNITS},
	{5, 1, QUANTITY_COOLING_ENERGY},
	{5, 2, QUANTITY_VOLUME},
	{6, 1, QUANTITY_HEAT_ENERGY},
	{6, 2, QUANTITY_VOLUME},
	{7, 1, QUANTITY_GAS},
	{7, 3, QUANTITY_GAS},
	{8, 1, QUANTITY_COLD_WATER},
	{9, 1, QUANTITY_HOT_WATER},
};

/* Codes of one meaning; A 0 or 1 as they are written, E and B do not matter where they are ANY. */
#define ANY 0x100
static const struct {
	uint16_t a, c, d, e;
	enum quantity quantity;
	enum obis_kind kind;
	const char *suffix; /* of the key */
} single[] = {
	{0, 0, 2, 0, QUANTITY_FIRMWARE, OBIS_INFO},
	{1, 0, 2, 0, QUANTITY_FIRMWARE, OBIS_INFO},
	{0, 1, 0, 0, QUANTITY_TIME_POINT, OBIS_INFO},
	{1, 0, 0, ANY, QUANTITY_SERIAL_NUMBER, OBIS_INFO},
	{1, 0, 4, 2, QUANTITY_RATIO_CURRENT, OBIS_NOW},
	{1, 0, 4, 3, QUANTITY_RATIO_VOLTAGE, OBIS_NOW},
	{1, 0, 9, 1, QUANTITY_TIME_POINT, OBIS_INFO},
	{1, 0, 9, 2, QUANTITY_TIME_POINT, OBIS_INFO},
	{0, 96, 1, 0, QUANTITY_SERIAL_NUMBER, OBIS_INFO},
	{1, 96, 1, 0, QUANTITY_SERIAL_NUMBER, OBIS_INFO},
	{0, 96, 9, 0, QUANTITY_TEMPERATURE, OBIS_NOW},
	{0, 96, 14, 0, QUANTITY_TARIFF, OBIS_NOW},
	{1, 96, 14, 0, QUANTITY_TARIFF, OBIS_NOW},
	{0, 96, 3, 10, QUANTITY_DIGITAL_OUTPUT, OBIS_NOW}, /* the breaker */
	{0, 96, 7, 9, QUANTITY_EVENT_COUNT, OBIS_NOW, ".power_off_long"},
	{0, 96, 7, 21, QUANTITY_EVENT_COUNT, OBIS_NOW, ".power_off"},
	{1, 96, 5, 0, QUANTITY_STATUS, OBIS_NOW},
	{0, 97, 97, ANY, QUANTITY_ERROR_CODE, OBIS_NOW},
	{1, 97, 97, ANY, QUANTITY_ERROR_CODE, OBIS_NOW},
};

static bool plain(struct obis_meaning *m, enum quantity q, enum obis_kind kind)
{
	m->kind = kind;
	m->quantity = q;
	m->unit = quantity_unit(q);
	(void)snprintf(m->key, sizeof(m->key), "%s", quantity_code(q));
	return true;
}

static const struct electric *find_electric(unsigned c)
{
	for (size_t i = 0; i < sizeof(electric) / sizeof(electric[0]); i++) {
		if (electric[i].c == c) {
			return &electric[i];
		}
	}
	return NULL;
}

/* ".t" and 2, ".max" and nothing. */
static void append(struct obis_meaning *m, const char *suffix, unsigned n)
{
	size_t at = strlen(m->key);
	(void)snprintf(m->key + at, sizeof(m->key) - at, n ? "%s%u" : "%s", suffix, n);
}

static bool is_line_voltage(const struct obis *o)
{
	return o->v[OBIS_C] == 12 && o->v[OBIS_D] == 7 && o->v[OBIS_E] >= 1 && o->v[OBIS_E] <= 3;
}

/* Instantaneous values; E is no tariff there. */
static bool instant(const struct obis *o, enum quantity q, unsigned phase, struct obis_meaning *m)
{
	if (q == QUANTITY_UNKNOWN) {
		return false;
	}
	(void)plain(m, q, OBIS_NOW);
	if (is_line_voltage(o)) {
		static const unsigned ends[] = {12, 23, 31};
		append(m, ".l", ends[o->v[OBIS_E] - 1]);
	} else if (o->v[OBIS_E] != 0) {
		return false; /* harmonics and what makers put there */
	}
	if (phase) {
		append(m, ".l", phase);
	}
	return true;
}

static bool counted(const struct obis *o, enum quantity q, unsigned phase, struct obis_meaning *m)
{
	unsigned d = o->v[OBIS_D], e = o->v[OBIS_E];
	if (q == QUANTITY_UNKNOWN || e > 63) {
		return false;
	}
	(void)plain(m, q, d == 29 ? OBIS_INTERVAL : OBIS_NOW);
	if (phase) {
		append(m, ".l", phase);
	}
	if (e) {
		append(m, ".t", e);
	}
	return true;
}

/* How often a phase's voltage was below or above its limit. */
static bool disturbances(
	const struct obis *o, const struct electric *x, unsigned phase, struct obis_meaning *m)
{
	if (x->instant != QUANTITY_VOLTAGE || !phase || o->v[OBIS_E] != 0) {
		return false;
	}
	(void)plain(m, QUANTITY_EVENT_COUNT, OBIS_NOW);
	append(m, ".l", phase);
	append(m, o->v[OBIS_D] == 32 ? ".sag" : ".swell", 0);
	return true;
}

static bool electricity(const struct obis *o, struct obis_meaning *m)
{
	unsigned c = o->v[OBIS_C], d = o->v[OBIS_D], e = o->v[OBIS_E];
	unsigned phase = c > PHASE_STEP && c <= 4 * PHASE_STEP ? (c - 1) / PHASE_STEP : 0;
	if (c == C_NEUTRAL && d == 7 && e == 0) {
		(void)plain(m, QUANTITY_CURRENT, OBIS_NOW);
		append(m, ".n", 0);
		return true;
	}
	if (c == C_ANGLE && d == 7 && e) {
		(void)plain(m, QUANTITY_PHASE_ANGLE, OBIS_NOW);
		append(m, ".", e);
		return true;
	}
	const struct electric *x = find_electric(c - phase * PHASE_STEP);
	if (!x) {
		return false;
	}
	switch (d) {
	case 7: return instant(o, x->instant, phase, m);
	case 8:
	case 29: return counted(o, x->counted, phase, m);
	case 32:
	case 36: return disturbances(o, x, phase, m);
	case 6:
		if (phase || e > 63 || x->counted == QUANTITY_UNKNOWN ||
			x->instant == QUANTITY_UNKNOWN) {
			return false;
		}
		(void)plain(m, x->instant, OBIS_MAXIMUM);
		if (e) {
			append(m, ".t", e);
		}
		append(m, ".max", 0);
		return true;
	default: return false;
	}
}

static bool medium(const struct obis *o, struct obis_meaning *m)
{
	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		if (media[i].a == o->v[OBIS_A] && media[i].c == o->v[OBIS_C] && o->v[OBIS_D] == 0 &&
			o->v[OBIS_E] == 0) {
			return plain(m, media[i].counted, OBIS_NOW);
		}
	}
	return false;
}

bool obis_meaning(const struct obis *code, struct obis_meaning *ret_meaning)
{
	const uint8_t *v = code->v;
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		if (single[i].a == v[OBIS_A] && single[i].c == v[OBIS_C] &&
			single[i].d == v[OBIS_D] &&
			(single[i].e == ANY || single[i].e == v[OBIS_E])) {
			(void)plain(ret_meaning, single[i].quantity, single[i].kind);
			append(ret_meaning, single[i].suffix ? single[i].suffix : "", 0);
			return true;
		}
	}
	return v[OBIS_A] == 1 ? electricity(code, ret_meaning) :
	       v[OBIS_A] >= 4 ? medium(code, ret_meaning) :
				false;
}

/* ---- units ---- */

bool unit_from_dlms(int code, enum unit *ret_unit, double *ret_factor)
{
	static const struct {
		int code;
		enum unit unit;
		double factor;
	} units[] = {{2, UNIT_MONTH, 1}, {3, UNIT_WEEK, 1}, {4, UNIT_DAY, 1}, {5, UNIT_H, 1},
		{6, UNIT_MIN, 1}, {7, UNIT_S, 1}, {8, UNIT_DEG, 1}, {9, UNIT_DEGC, 1},
		{13, UNIT_M3, 1}, {14, UNIT_M3, 1}, {15, UNIT_M3_H, 1}, {16, UNIT_M3_H, 1},
		{19, UNIT_L, 1}, {20, UNIT_KG, 1}, {23, UNIT_PA, 1}, {24, UNIT_BAR, 1},
		{25, UNIT_J, 1}, {26, UNIT_J_H, 1}, {27, UNIT_W, 1}, {28, UNIT_VA, 1},
		{29, UNIT_VAR, 1}, {30, UNIT_WH, 1}, {31, UNIT_KVAH, 1e-3}, {32, UNIT_VARH, 1},
		{33, UNIT_A, 1}, {35, UNIT_V, 1}, {44, UNIT_HZ, 1}, {56, UNIT_PERCENT, 1},
		{255, UNIT_NONE, 1}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].code == code) {
			*ret_unit = units[i].unit;
			*ret_factor = units[i].factor;
			return true;
		}
	}
	return false;
}
