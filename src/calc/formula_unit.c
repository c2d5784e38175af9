/*
 * formula_unit.c - units as a formula sees them: dimensions, factors, temperatures, names
 *
 * Factors stay fractions as in unit.def as long as they are whole numbers, so that t·kJ/kg becomes GJ
 * by one exact division. Names of compounds are found by trying the units people use; what has none is
 * written in SI units.
 */
#include "base/str.h"
#include "calc/formula_impl.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const struct measure measure_none = {.num = 1, .den = 1};

struct dims {
	int8_t m, kg, s, k, a, money, count, reactive, apparent, level;
};

static const struct dims dims_of[DIM_COUNT] = {
	[DIM_ENERGY] = {.m = 2, .kg = 1, .s = -2},
	[DIM_POWER] = {.m = 2, .kg = 1, .s = -3},
	[DIM_PRESSURE] = {.m = -1, .kg = 1, .s = -2},
	[DIM_VOLUME] = {.m = 3},
	[DIM_FLOW] = {.m = 3, .s = -1},
	[DIM_MASS] = {.kg = 1},
	[DIM_MASS_FLOW] = {.kg = 1, .s = -1},
	[DIM_TEMPERATURE] = {.k = 1},
	[DIM_TEMPERATURE_DIFF] = {.k = 1},
	[DIM_TIME] = {.s = 1},
	[DIM_REACTIVE_ENERGY] = {.m = 2, .kg = 1, .s = -2, .reactive = 1},
	[DIM_APPARENT_ENERGY] = {.m = 2, .kg = 1, .s = -2, .apparent = 1},
	[DIM_REACTIVE_POWER] = {.m = 2, .kg = 1, .s = -3, .reactive = 1},
	[DIM_APPARENT_POWER] = {.m = 2, .kg = 1, .s = -3, .apparent = 1},
	[DIM_VOLTAGE] = {.m = 2, .kg = 1, .s = -3, .a = -1},
	[DIM_CURRENT] = {.a = 1},
	[DIM_FREQUENCY] = {.s = -1},
	[DIM_AREA] = {.m = 2},
	[DIM_COUNT_OF] = {.count = 1},
	[DIM_VOLUME_TEMPERATURE] = {.m = 3, .k = 1},
	[DIM_MONEY] = {.money = 1},
	[DIM_LEVEL] = {.level = 1},
	[DIM_SPECIFIC_ENERGY] = {.m = 2, .s = -2},
	[DIM_DENSITY] = {.m = -3, .kg = 1},
};

struct measure measure_of(enum unit u)
{
	enum dimension dim = unit_dimension(u);
	const struct dims *d = &dims_of[dim];
	const int8_t whole[MEASURE_DIMS] = {d->m, d->kg, d->s, d->k, d->a, d->money, d->count,
		d->reactive, d->apparent, d->level};
	struct measure m = {.den = 1, .is_point = dim == DIM_TEMPERATURE};
	for (size_t i = 0; i < MEASURE_DIMS; i++) {
		m.exp[i] = (int8_t)(2 * whole[i]);
	}
	unit_fraction(u, &m.num, &m.den);
	m.offset = m.is_point ? unit_offset(u) : 0;
	if (dim == DIM_REACTIVE_ENERGY || dim == DIM_APPARENT_ENERGY) {
		m.num *= 3.6e6; /* their base is the kvarh, that of their power the var */
	}
	return m;
}

bool measure_is_number(const struct measure *m)
{
	for (size_t i = 0; i < MEASURE_DIMS; i++) {
		if (m->exp[i]) {
			return false;
		}
	}
	return true;
}

bool measure_is_alike(const struct measure *a, const struct measure *b)
{
	return a->is_point == b->is_point && memcmp(a->exp, b->exp, sizeof(a->exp)) == 0;
}

static bool is_whole(double x)
{
	return x >= 1 && x < 9e15 && x == floor(x);
}

static void reduce(struct measure *m)
{
	if (m->num == m->den) {
		m->num = m->den = 1;
		return;
	}
	if (!is_whole(m->num) || !is_whole(m->den)) {
		m->num /= m->den; /* no whole numbers any more: a fraction would only grow */
		m->den = 1;
		return;
	}
	double a = m->num, b = m->den;
	while (b != 0) {
		double rest = fmod(a, b);
		a = b;
		b = rest;
	}
	m->num /= a;
	m->den /= a;
}

/* a * b^sign */
static struct measure combine(const struct measure *a, const struct measure *b, int sign)
{
	struct measure m = {.num = a->num, .den = a->den};
	for (size_t i = 0; i < MEASURE_DIMS; i++) {
		int e = a->exp[i] + sign * b->exp[i];
		m.exp[i] = (int8_t)(e > 127 ? 127 : e < -127 ? -127 : e);
	}
	m.num *= sign > 0 ? b->num : b->den;
	m.den *= sign > 0 ? b->den : b->num;
	reduce(&m);
	return m;
}

struct measure measure_times(const struct measure *a, const struct measure *b)
{
	return combine(a, b, 1);
}

struct measure measure_over(const struct measure *a, const struct measure *b)
{
	return combine(a, b, -1);
}

bool measure_power(const struct measure *a, double exponent, struct measure *ret)
{
	struct measure m = {.num = 1, .den = 1};
	for (size_t i = 0; i < MEASURE_DIMS; i++) {
		double e = a->exp[i] * exponent;
		if (e != floor(e) || fabs(e) > 100) {
			return false;
		}
		m.exp[i] = (int8_t)e;
	}
	m.num = pow(a->num / a->den, exponent);
	if (!isfinite(m.num) || m.num <= 0) {
		return false;
	}
	*ret = m;
	return true;
}

struct measure measure_difference(const struct measure *a)
{
	struct measure m = *a;
	m.is_point = false;
	m.offset = 0;
	return m;
}

double measure_convert(double value, const struct measure *from, const struct measure *to)
{
	double num = from->num * to->den, den = from->den * to->num;
	double shift = (from->offset - to->offset) * to->den / to->num;
	return num == den ? value + shift : value * num / den + shift;
}

/* ---- names ---- */

/* Of each dimension the unit that results come in, and what compounds are made of, in this order. */
static const enum unit usual[] = {UNIT_GJ, UNIT_KWH, UNIT_GCAL, UNIT_MWH, UNIT_MJ, UNIT_KJ, UNIT_KW,
	UNIT_W, UNIT_MW, UNIT_GCAL_H, UNIT_MPA, UNIT_KPA, UNIT_BAR, UNIT_KGF_CM2, UNIT_M3, UNIT_L,
	UNIT_M3_H, UNIT_KG, UNIT_T, UNIT_T_H, UNIT_K, UNIT_H, UNIT_DAY, UNIT_MONTH, UNIT_YEAR,
	UNIT_S, UNIT_MIN, UNIT_M2, UNIT_KVARH, UNIT_KVAR, UNIT_KVAH, UNIT_KVA, UNIT_V, UNIT_A,
	UNIT_HZ, UNIT_HCA, UNIT_CURRENCY, UNIT_DBM, UNIT_DEGC};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

static bool is_same(const struct measure *a, const struct measure *b)
{
	double ratio = a->num * b->den / (a->den * b->num);
	return measure_is_alike(a, b) && fabs(ratio - 1) < 1e-12 &&
	       fabs(a->offset - b->offset) < 1e-9;
}

enum unit measure_unit(const struct measure *m, bool *ret_is_same)
{
	enum unit alike = UNIT_NONE;
	*ret_is_same = true;
	if (is_same(m, &measure_none)) {
		return UNIT_NONE;
	}
	for (size_t i = 0; i < USUAL + UNIT_COUNT; i++) {
		enum unit u = i < USUAL ? usual[i] : (enum unit)(i - USUAL);
		struct measure other = measure_of(u);
		if (u == UNIT_NONE || u == UNIT_DEG || !measure_is_alike(m, &other)) {
			continue;
		}
		if (is_same(m, &other)) {
			return u;
		}
		alike = alike ? alike : u;
	}
	*ret_is_same = false;
	return alike;
}

static const char *symbol_of(enum unit u, enum lang lang)
{
	return lang == LANG_RU ? unit_symbol_ru(u) : unit_symbol(u);
}

/* `a` joined with a usual unit; `name` is what stands before the joint. */
static bool joined(const struct measure *m, const struct measure *a, const char *name, int sign,
	enum unit second, enum lang lang, char *out, size_t cap)
{
	struct measure b = measure_of(second), both;
	if (a->is_point || b.is_point) {
		return false;
	}
	both = combine(a, &b, sign);
	if (!is_same(m, &both)) {
		return false;
	}
	(void)snprintf(out, cap, "%s%s%s", name, sign > 0 ? "·" : "/", symbol_of(second, lang));
	return true;
}

/* 1/b, a/b or a·b out of usual units, the first denominator that does: kJ/kg, not MJ/t. */
static bool pair_text(const struct measure *m, enum lang lang, char *out, size_t cap)
{
	for (size_t k = 0; k < USUAL; k++) {
		if (joined(m, &measure_none, "1", -1, usual[k], lang, out, cap)) {
			return true;
		}
	}
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t k = 0; k < USUAL; k++) {
			for (size_t i = 0; i < USUAL; i++) {
				struct measure a = measure_of(usual[i]);
				if (unit_dimension(usual[i]) == DIM_PRESSURE) {
					continue; /* MJ/(m3·K), not MPa/K */
				}
				if (joined(m, &a, symbol_of(usual[i], lang), pass ? 1 : -1,
					    usual[k], lang, out, cap)) {
					return true;
				}
			}
		}
	}
	return false;
}

/* a/(b·c), c out of what rates are per: kJ/(kg·K), currency/(kW·month). */
static bool compound_text(const struct measure *m, enum lang lang, char *out, size_t cap)
{
	static const enum unit per[] = {UNIT_K, UNIT_M2, UNIT_MONTH, UNIT_YEAR, UNIT_DAY, UNIT_H};
	char pair[FORMULA_CAP];
	if (pair_text(m, lang, out, cap)) {
		return true;
	}
	for (size_t i = 0; i < sizeof(per) / sizeof(per[0]); i++) {
		struct measure c = measure_of(per[i]), whole = combine(m, &c, 1);
		char *slash;
		if (pair_text(&whole, lang, pair, sizeof(pair)) && (slash = strchr(pair, '/')) &&
			!strchr(slash + 1, '/')) {
			*slash = 0;
			(void)snprintf(
				out, cap, "%s/(%s·%s)", pair, slash + 1, symbol_of(per[i], lang));
			return true;
		}
	}
	return false;
}

static void si_text(const struct measure *m, struct buf *b)
{
	static const char *const names[MEASURE_DIMS] = {
		"m", "kg", "s", "K", "A", "currency", "pcs", "(reactive)", "(apparent)", "(level)"};
	char number[STR_DOUBLE_CAP];
	double factor = m->num / m->den;
	if (factor != 1) {
		buf_printf(b, "%s", str_double(number, factor));
	}
	for (size_t i = 0; i < MEASURE_DIMS; i++) {
		if (!m->exp[i]) {
			continue;
		}
		buf_str(b, b->size ? "·" : "");
		buf_str(b, names[i]);
		if (m->exp[i] != 2) {
			buf_printf(b, "^%s", str_double(number, m->exp[i] / 2.0));
		}
	}
}

struct measure measure_presentable(const struct measure *m)
{
	char name[FORMULA_CAP];
	struct measure si = *m;
	if (!compound_text(m, LANG_EN, name, sizeof(name))) {
		si.num = si.den = 1;
	}
	return si;
}

size_t measure_text(const struct measure *m, enum lang lang, char *out, size_t cap)
{
	bool is_exact;
	enum unit u = measure_unit(m, &is_exact);
	if (is_exact) {
		(void)str_copy(out, cap, u == UNIT_NONE ? "" : symbol_of(u, lang));
	} else if (!compound_text(m, lang, out, cap)) {
		struct buf b;
		buf_init(&b, 256);
		si_text(m, &b);
		(void)str_copy(out, cap, buf_cstr(&b));
		buf_fini(&b);
	}
	return strlen(out);
}

/* ---- reading ---- */

/* Characters of a unit's name with those that mean the same: m³ and m3. Zero at the end. */
static unsigned next_char(const char **at)
{
	const unsigned char *s = (const unsigned char *)*at;
	if (s[0] == 0xc2 && (s[1] == 0xb2 || s[1] == 0xb3)) {
		*at += 2;
		return s[1] == 0xb2 ? '2' : '3';
	}
	*at += *s != 0;
	return *s;
}

static size_t name_length(const char *text, const char *name)
{
	const char *t = text, *n = name;
	while (*n) {
		if (next_char(&n) != next_char(&t)) {
			return 0;
		}
	}
	return (size_t)(t - text);
}

static bool is_word(unsigned char c)
{
	return isalnum(c) || c == '_' || (c >= 0xd0 && c <= 0xd1);
}

/* Bytes of `name` at the text if a word ends there too. */
static size_t match(const char *text, const char *name)
{
	size_t n = *name ? name_length(text, name) : 0;
	if (n == 0) {
		return 0;
	}
	unsigned char last = (unsigned char)text[n - 1], next = (unsigned char)text[n];
	bool is_open = isalnum(last) || last >= 0x80;
	bool is_sign = last == 0xb2 || last == 0xb3 ||
		       (n >= 2 && (unsigned char)text[n - 2] == 0xc2);
	return is_open && !is_sign && (is_word(next) || next == '(') ? 0 : n;
}

static const struct {
	const char *name;
	enum unit unit;
} aliases[] = {{"rub", UNIT_CURRENCY}, {"RUB", UNIT_CURRENCY}, {"руб.", UNIT_CURRENCY},
	{"руб", UNIT_CURRENCY}, {"₽", UNIT_CURRENCY}, {"EUR", UNIT_CURRENCY}, {"К", UNIT_K},
	{"сут.", UNIT_DAY}, {"kWh", UNIT_KWH}};

static size_t unit_at(const char *text, struct measure *ret)
{
	size_t best = 0;
	enum unit found = UNIT_NONE;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		size_t n = match(text, aliases[i].name);
		if (n > best) {
			best = n;
			found = aliases[i].unit;
		}
	}
	for (int i = UNIT_NONE + 1; i < UNIT_COUNT; i++) {
		enum unit u = (enum unit)i;
		const char *names[] = {unit_code(u), unit_symbol(u), unit_symbol_ru(u)};
		for (size_t k = 0; k < 3; k++) {
			size_t n = isdigit((unsigned char)names[k][0]) ? 0 : match(text, names[k]);
			if (n > best) {
				best = n;
				found = u;
			}
		}
	}
	if (best) {
		*ret = measure_of(found);
	}
	return best;
}

static size_t blanks(const char *text, bool are_allowed)
{
	return are_allowed ? strspn(text, " \t") : 0;
}

/* '·' or '*': 1, '/': -1, with the bytes taken; 0: neither. */
static int joint_at(const char *text, size_t *ret_n)
{
	static const char dot[] = "\302\267";
	*ret_n = strncmp(text, dot, 2) == 0 ? 2 : 1;
	return *text == '/' ? -1 : *text == '*' || *ret_n == 2 ? 1 : 0;
}

static size_t factor_at(const char *text, bool allows_blanks, unsigned depth, struct measure *ret);

static size_t product_at(const char *text, bool allows_blanks, unsigned depth, struct measure *ret)
{
	size_t n = factor_at(text, allows_blanks, depth, ret);
	while (n) {
		size_t sign_n, at = n + blanks(text + n, allows_blanks);
		int sign = joint_at(text + at, &sign_n);
		if (!sign || ret->is_point) {
			break;
		}
		at += sign_n + blanks(text + at + sign_n, allows_blanks);
		struct measure next;
		size_t took = factor_at(text + at, allows_blanks, depth, &next);
		if (!took || next.is_point) {
			break;
		}
		*ret = combine(ret, &next, sign);
		n = at + took;
	}
	return n;
}

static size_t factor_at(const char *text, bool allows_blanks, unsigned depth, struct measure *ret)
{
	if (*text == '1' && text[1] == '/') { /* 1/K */
		*ret = measure_none;
		return 1;
	}
	if (*text != '(' || depth > 4) {
		return unit_at(text, ret);
	}
	size_t n = product_at(text + 1, allows_blanks, depth + 1, ret);
	size_t at = 1 + n + blanks(text + 1 + n, allows_blanks);
	return n && text[at] == ')' ? at + 1 : 0;
}

size_t measure_parse(const char *text, bool allows_blanks, struct measure *ret)
{
	return *text == '1' || *text == '(' ? 0 : product_at(text, allows_blanks, 0, ret);
}

bool measure_from_text(const char *text, struct measure *ret)
{
	text += strspn(text, " \t");
	if (strcmp(text, "1") == 0) {
		*ret = measure_none;
		return true;
	}
	struct measure m;
	size_t n = product_at(text, true, 0, &m);
	if (n == 0 || text[n + strspn(text + n, " \t")]) {
		return false;
	}
	*ret = m;
	return true;
}
