/*
 * unit_text.c - units as meters write them; see unit_text.h
 *
 * Both the meter's text and the table are folded to the same shape before they are compared:
 *
 *     "кгс/cм2"  "КГС/СМ²"  " kгс/cm^2"   all fold to   k г c / c m 2
 *
 * lower case; blanks, points, signs of multiplication and of power dropped; superscripts to digits;
 * а е к м о р с т х to the Latin letters they look like.
 */
#include "model/unit_text.h"

#include <stdint.h>
#include <string.h>

#define FOLD_CAP 24

static const struct {
	const char *text;
	enum unit unit;
} names[] = {
	{"°C", UNIT_DEGC},
	{"'C", UNIT_DEGC},
	{"oC", UNIT_DEGC},
	{"degC", UNIT_DEGC},
	{"град", UNIT_DEGC},
	{"град C", UNIT_DEGC},
	{"K", UNIT_K},
	{"Гкал", UNIT_GCAL},
	{"Gcal", UNIT_GCAL},
	{"Мкал", UNIT_MCAL},
	{"Mcal", UNIT_MCAL},
	{"ккал", UNIT_KCAL},
	{"kcal", UNIT_KCAL},
	{"ГДж", UNIT_GJ},
	{"GJ", UNIT_GJ},
	{"МДж", UNIT_MJ},
	{"MJ", UNIT_MJ},
	{"кДж", UNIT_KJ},
	{"kJ", UNIT_KJ},
	{"Дж", UNIT_J},
	{"J", UNIT_J},
	{"МВт·ч", UNIT_MWH},
	{"MWh", UNIT_MWH},
	{"кВт·ч", UNIT_KWH},
	{"kWh", UNIT_KWH},
	{"Вт·ч", UNIT_WH},
	{"Wh", UNIT_WH},
	{"Гкал/ч", UNIT_GCAL_H},
	{"Gcal/h", UNIT_GCAL_H},
	{"ккал/ч", UNIT_KCAL_H},
	{"ГДж/ч", UNIT_GJ_H},
	{"GJ/h", UNIT_GJ_H},
	{"МДж/ч", UNIT_MJ_H},
	{"MJ/h", UNIT_MJ_H},
	{"кДж/ч", UNIT_KJ_H},
	{"МВт", UNIT_MW},
	{"MW", UNIT_MW},
	{"кВт", UNIT_KW},
	{"kW", UNIT_KW},
	{"Вт", UNIT_W},
	{"W", UNIT_W},
	{"kvarh", UNIT_KVARH},
	{"varh", UNIT_VARH},
	{"kvar", UNIT_KVAR},
	{"var", UNIT_VAR},
	{"kVAh", UNIT_KVAH},
	{"kVA", UNIT_KVA},
	{"VA", UNIT_VA},
	{"V", UNIT_V},
	{"A", UNIT_A},
	{"м3", UNIT_M3},
	{"куб.м", UNIT_M3},
	{"дм3", UNIT_DM3},
	{"dm3", UNIT_DM3},
	{"л", UNIT_L},
	{"l", UNIT_L},
	{"т", UNIT_T},
	{"тонн", UNIT_T},
	{"ton", UNIT_T},
	{"кг", UNIT_KG},
	{"kg", UNIT_KG},
	{"м3/ч", UNIT_M3_H},
	{"м3/час", UNIT_M3_H},
	{"m3/h", UNIT_M3_H},
	{"м3/мин", UNIT_M3_MIN},
	{"м3/с", UNIT_M3_S},
	{"m3/s", UNIT_M3_S},
	{"л/ч", UNIT_L_H},
	{"l/h", UNIT_L_H},
	{"л/мин", UNIT_L_MIN},
	{"l/min", UNIT_L_MIN},
	{"л/с", UNIT_L_S},
	{"l/s", UNIT_L_S},
	{"т/ч", UNIT_T_H},
	{"т/час", UNIT_T_H},
	{"t/h", UNIT_T_H},
	{"кг/ч", UNIT_KG_H},
	{"kg/h", UNIT_KG_H},
	{"кг/с", UNIT_KG_S},
	{"кгс/см2", UNIT_KGF_CM2},
	{"кг/см2", UNIT_KGF_CM2}, /* VKT-7: seven characters are not enough for the force */
	{"kgf/cm2", UNIT_KGF_CM2},
	{"МПа", UNIT_MPA},
	{"MPa", UNIT_MPA},
	{"кПа", UNIT_KPA},
	{"kPa", UNIT_KPA},
	{"Па", UNIT_PA},
	{"Pa", UNIT_PA},
	{"бар", UNIT_BAR},
	{"bar", UNIT_BAR},
	{"ат", UNIT_AT},
	{"атм", UNIT_ATM},
	{"мм рт.ст.", UNIT_MMHG},
	{"м вод.ст.", UNIT_MH2O},
	{"ч", UNIT_H},
	{"час", UNIT_H},
	{"h", UNIT_H},
	{"мин", UNIT_MIN},
	{"min", UNIT_MIN},
	{"с", UNIT_S},
	{"сек", UNIT_S},
	{"s", UNIT_S},
	{"сут", UNIT_DAY},
	{"%", UNIT_PERCENT},
	{"Гц", UNIT_HZ},
	{"Hz", UNIT_HZ},
};

/* ---- code pages ---- */

static uint32_t of_cp866(unsigned c)
{
	if (c >= 0x80 && c <= 0xaf) {
		return 0x0410 + (c - 0x80);
	}
	if (c >= 0xe0 && c <= 0xef) {
		return 0x0440 + (c - 0xe0);
	}
	switch (c) {
	case 0xf0: return 0x0401;
	case 0xf1: return 0x0451;
	case 0xf8: return 0x00b0;
	case 0xf9:
	case 0xfa: return 0x00b7;
	case 0xfc: return 0x2116;
	case 0xfd: return 0x00b2; /* of CP437, which some keep up there */
	default: return 0;
	}
}

static uint32_t of_cp1251(unsigned c)
{
	if (c >= 0xc0) {
		return 0x0410 + (c - 0xc0);
	}
	switch (c) {
	case 0xa8: return 0x0401;
	case 0xb8: return 0x0451;
	case 0xb9: return 0x2116;
	case 0xa0: return ' ';
	case 0xb0: /* degree; B2 and B3, letters in CP1251, are powers in */
	case 0xb2: /* Latin-1, and no unit has the letters */
	case 0xb3:
	case 0xb7: return c;
	default: return 0;
	}
}

/* One character of UTF-8; 0 and one byte where there is none. */
static uint32_t of_utf8(const uint8_t *s, size_t n, size_t *ret_used)
{
	size_t more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : 1;
	uint32_t c = s[0] & (0x3fu >> more);
	*ret_used = 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n <= more) {
		return 0;
	}
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			return 0;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	bool is_long = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
	if (is_long || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		return 0;
	}
	*ret_used = more + 1;
	return c;
}

/* The next character; 0: none that can be shown. */
static uint32_t next(const uint8_t *s, size_t n, enum text_page page, size_t *ret_used)
{
	*ret_used = 1;
	if (s[0] < 0x80) {
		return s[0] >= 0x20 && s[0] != 0x7f ? s[0] : 0;
	}
	switch (page) {
	case TEXT_CP866: return of_cp866(s[0]);
	case TEXT_CP1251: return of_cp1251(s[0]);
	default: return of_utf8(s, n, ret_used);
	}
}

/* ---- folding ---- */

static uint32_t fold_letter(uint32_t c)
{
	static const struct {
		uint16_t cyrillic;
		char latin;
	} alike[] = {{0x430, 'a'}, {0x435, 'e'}, {0x43a, 'k'}, {0x43c, 'm'}, {0x43e, 'o'},
		{0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x445, 'x'}};
	c = c >= 'A' && c <= 'Z' ? c + 32 : c;
	c = c >= 0x410 && c <= 0x42f ? c + 32 : c;
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++) {
		if (alike[i].cyrillic == c) {
			return (uint32_t)(unsigned char)alike[i].latin;
		}
	}
	return c == 0xb2 ? '2' : c == 0xb3 ? '3' : c;
}

static bool is_dropped(uint32_t c)
{
	return c == ' ' || c == '.' || c == '*' || c == '^' || c == '-' || c == '_' || c == 0xb7 ||
	       c == 0xd7 || c == 0x22c5 || c == 0xa0;
}

/* False: longer than any unit, or not text. */
static bool fold(const char *text, size_t n, enum text_page page, uint32_t to[FOLD_CAP])
{
	const uint8_t *s = (const uint8_t *)text;
	size_t k = 0, used;
	for (size_t i = 0; i < n && s[i]; i += used) {
		uint32_t c = next(s + i, n - i, page, &used);
		if (is_dropped(c)) {
			continue;
		}
		if (c == 0 || k == FOLD_CAP - 1) {
			return false;
		}
		to[k++] = fold_letter(c);
	}
	to[k] = 0;
	return k > 0;
}

static bool is_same(const uint32_t *a, const uint32_t *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* A lone capital C is of degrees, a small one of seconds. */
static bool is_capital_c(const char *text, size_t n, enum text_page page)
{
	size_t used, at = 0;
	while (at < n && text[at] == ' ') {
		at++;
	}
	uint32_t c = at < n ? next((const uint8_t *)text + at, n - at, page, &used) : 0;
	return c == 'C' || c == 0x421;
}

bool unit_from_text(const char *text, size_t n, enum text_page page, enum unit *ret_unit)
{
	uint32_t want[FOLD_CAP], have[FOLD_CAP];
	if (!fold(text, n, page, want)) {
		return false;
	}
	if (want[0] == 'c' && want[1] == 0 && is_capital_c(text, n, page)) {
		*ret_unit = UNIT_DEGC;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fold(names[i].text, strlen(names[i].text), TEXT_UTF8, have) &&
			is_same(want, have)) {
			*ret_unit = names[i].unit;
			return true;
		}
	}
	return false;
}

/* ---- text ---- */

static size_t put_utf8(char to[4], uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	size_t k = c < 0x10000 ? 3 : 4;
	to[0] = (char)(k == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
	for (size_t i = 1; i < k; i++) {
		to[i] = (char)(0x80 | (c >> 6 * (k - 1 - i) & 0x3f));
	}
	return k;
}

bool text_to_utf8(char *to, size_t cap, const char *text, size_t n, enum text_page page)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t k = 0, used;
	bool is_whole = true;
	for (size_t i = 0; i < n && s[i]; i += used) {
		char one[4];
		uint32_t c = next(s + i, n - i, page, &used);
		size_t size = put_utf8(one, c ? c : '?');
		if (k == 0 && c == ' ') {
			continue;
		}
		if (k + size >= cap) {
			is_whole = false;
			break;
		}
		memcpy(to + k, one, size);
		k += size;
	}
	while (k > 0 && to[k - 1] == ' ') {
		k--;
	}
	to[k] = 0;
	return is_whole;
}
