/*
 * apportion_text.c - a line of a bill in words, in Russian and English
 *
 * A formula is printed by its own text: names of variables become their numbers, signs those of print.
 * Volumes have six decimals, as many as they are charged with to within a hundredth; nothing is
 * printed rounder than the reader needs to work it out again.
 */
#include "calc/apportion_impl.h"

#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NBSP "\302\240"

enum measure_of {
	MEASURE_VOLUME,
	MEASURE_WATER,
	MEASURE_ENERGY,
	MEASURE_AREA,
	MEASURE_PEOPLE,
	MEASURE_NORM,
	MEASURE_RATIO,
	MEASURE_MONEY,
	MEASURE_UNITS
};

static const enum measure_of measures[] = {
#define X(id, name, measure, en, ru) MEASURE_##measure,
#include "calc/apportion_var.def"
#undef X
};

/* ---- numbers ---- */

static void put_decimal(
	struct buf *b, double v, int least, int most, bool is_grouped, enum lang lang)
{
	char text[400];
	if (isnan(v)) {
		buf_str(b, lang == LANG_RU ? "нет данных" : "no data");
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*f", most, fabs(round_decimal(v, most)));
	size_t n = strlen(text), whole = strcspn(text, ".");
	while (n > whole + 1 + (size_t)least && text[n - 1] == '0') {
		n--;
	}
	n = n == whole + 1 ? whole : n;
	bool is_zero = strspn(text, "0.") == strlen(text);
	buf_str(b, v < 0 && !is_zero ? "−" : "");
	for (size_t i = 0; i < n; i++) {
		if (is_grouped && i > 0 && i < whole && (whole - i) % 3 == 0) {
			buf_str(b, NBSP);
		}
		buf_put(b, text[i] == '.' && lang == LANG_RU ? "," : &text[i], 1);
	}
}

static void put_volume(struct buf *b, double v, enum lang lang)
{
	put_decimal(b, v, 6, 6, false, lang);
}

static void put_money(struct buf *b, int64_t money, enum lang lang)
{
	put_decimal(b, money_value(money), 2, 2, true, lang);
}

static void put_var(
	struct buf *b, const struct charge_line *line, enum apportion_var v, enum lang lang)
{
	double value = line->vars[v];
	switch (measures[v]) {
	case MEASURE_AREA: put_decimal(b, value, 1, 2, false, lang); return;
	case MEASURE_PEOPLE: put_decimal(b, value, 0, 2, false, lang); return;
	case MEASURE_NORM: put_decimal(b, value, 0, 9, false, lang); return;
	case MEASURE_RATIO: put_decimal(b, value, 0, 6, false, lang); return;
	case MEASURE_MONEY: put_decimal(b, value, 2, 2, true, lang); return;
	case MEASURE_UNITS: put_decimal(b, value, 0, 3, false, lang); return;
	default: put_volume(b, value, lang); return;
	}
}

static const char *unit_text(enum unit u, enum lang lang)
{
	return lang == LANG_RU ? unit_symbol_ru(u) : u == UNIT_M3 ? "m³" : unit_symbol(u);
}

static const char *line_unit(const struct charge_line *line, enum lang lang)
{
	return unit_text(
		line->part == CHARGE_CAPACITY ? UNIT_GCAL_H : charge_service_unit(line->service),
		lang);
}

void apportion_var_text(
	const struct charge_line *line, enum apportion_var v, enum lang lang, struct buf *out)
{
	const char *unit = "";
	put_var(out, line, v, lang);
	switch (measures[v]) {
	case MEASURE_VOLUME: unit = unit_text(charge_service_unit(line->service), lang); break;
	case MEASURE_WATER: unit = unit_text(UNIT_M3, lang); break;
	case MEASURE_ENERGY: unit = unit_text(UNIT_GCAL, lang); break;
	case MEASURE_AREA: unit = lang == LANG_RU ? "м²" : "m²"; break;
	case MEASURE_PEOPLE: unit = lang == LANG_RU ? "чел." : "persons"; break;
	default: break;
	}
	if (unit[0] && !isnan(line->vars[v])) {
		buf_printf(out, NBSP "%s", unit);
	}
}

void apportion_volume_text(
	const struct charge_line *line, double volume, enum lang lang, struct buf *out)
{
	put_volume(out, volume, lang);
	if (!isnan(volume)) {
		buf_printf(out, NBSP "%s", line_unit(line, lang));
	}
}

/* ---- formulas ---- */

static bool var_named(const char *name, size_t n, enum apportion_var *ret_var)
{
	for (int i = 0; i < APPORTION_VAR_COUNT; i++) {
		const char *known = apportion_var_name((enum apportion_var)i);
		if (strlen(known) == n && memcmp(known, name, n) == 0) {
			*ret_var = (enum apportion_var)i;
			return true;
		}
	}
	return false;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static const char *put_word(
	struct buf *b, const struct charge_line *line, const char *at, enum lang lang)
{
	size_t n = 0;
	enum apportion_var v;
	while (is_name(at[n])) {
		n++;
	}
	if (var_named(at, n, &v)) {
		bool is_bracketed = line->vars[v] < 0;
		buf_str(b, is_bracketed ? "(" : "");
		put_var(b, line, v, lang);
		buf_str(b, is_bracketed ? ")" : "");
		return at + n;
	}
	for (size_t i = 0; i < n; i++) {
		bool is_point = at[i] == '.' && isdigit((unsigned char)at[0]) && lang == LANG_RU;
		buf_put(b, is_point ? "," : &at[i], 1);
	}
	return at + n;
}

void apportion_fill(const struct apportion_rule *rule, const struct charge_line *line,
	enum lang lang, struct buf *out)
{
	const char *at = rule->figure ? rule->figure->text : "";
	while (*at) {
		if (is_name(*at)) {
			at = put_word(out, line, at, lang);
			continue;
		}
		switch (*at) {
		case '*': buf_str(out, "×"); break;
		case '/': buf_str(out, "÷"); break;
		case '-': buf_str(out, "−"); break;
		case '\n': break;
		default: buf_put(out, at, 1); break;
		}
		at++;
	}
}

static void fill(struct buf *b, const struct apportion_rules *rules, const struct charge_line *line,
	enum apportion_role role, enum lang lang)
{
	apportion_fill(&rules->rules[line->rule_service][role], line, lang, b);
}

static bool has_role(const struct charge_line *line, enum apportion_role role)
{
	for (size_t i = 0; i < line->role_count; i++) {
		if (line->roles[i] == role) {
			return true;
		}
	}
	return false;
}

/* The formula an individual volume came from. */
static bool individual_role(const struct charge_line *line, enum apportion_role *ret_role)
{
	for (size_t i = 0; i < line->role_count; i++) {
		enum apportion_role r = line->roles[i];
		if (r == APPORTION_RAISE || (r >= APPORTION_NORM && r <= APPORTION_HEAT)) {
			*ret_role = r;
			return true;
		}
	}
	return false;
}

static bool common_role(const struct charge_line *line, enum apportion_role *ret_role)
{
	for (size_t i = 0; i < line->role_count; i++) {
		enum apportion_role r = line->roles[i];
		if (r >= APPORTION_COMMON && r <= APPORTION_HEAT_COMMON) {
			*ret_role = r;
			return true;
		}
	}
	return false;
}

/* ---- sentences ---- */

static const char *basis_text(const struct charge_line *line, enum lang lang)
{
	static const char *const texts[][2] = {[CHARGE_BY_NOTHING] = {"", ""},
		[CHARGE_BY_METER] = {" by your meter", " по вашему счётчику"},
		[CHARGE_BY_AVERAGE] = {" by the average of the months before",
			" по среднему за прошлые месяцы"},
		[CHARGE_BY_NORM] = {" by norm", " по нормативу"},
		[CHARGE_BY_NORM_UNREAD] = {" by norm", " по нормативу"},
		[CHARGE_BY_AREA] = {" by area", " по площади"},
		[CHARGE_BY_SPECIFIC] = {" by the premises that have meters",
			" по помещениям со счётчиками"},
		[CHARGE_BY_WATER] = {" by water", " по воде"},
		[CHARGE_BY_LAST_YEAR] = {" by the last year", " по прошлому году"},
		[CHARGE_BY_PEOPLE] = {"", ""},
		[CHARGE_OWN_HEAT] = {" (heat of its own)", " (своё отопление)"},
		[CHARGE_NO_SEASON] = {" (no heating season)", " (не отопительный период)"}};
	return texts[line->basis][lang == LANG_RU];
}

static void put_individual(struct buf *b, const struct apportion_rules *rules,
	const struct charge_line *line, enum lang lang)
{
	enum apportion_role role;
	apportion_volume_text(line, line->individual, lang, b);
	bool is_raise = line->part == CHARGE_RAISE;
	buf_str(b, line->part == CHARGE_CAPACITY ?
			   (lang == LANG_RU ? " по договору" : " by contract") :
		   is_raise ? "" :
			      basis_text(line, lang));
	if (individual_role(line, &role)) {
		buf_str(b, " (");
		fill(b, rules, line, role, lang);
		buf_str(b, ")");
	}
}

static void put_common(struct buf *b, const struct apportion_rules *rules,
	const struct charge_line *line, enum lang lang)
{
	enum apportion_role role;
	apportion_volume_text(line, line->common, lang, b);
	buf_str(b, lang == LANG_RU ? " общедомовые" : " common");
	if (common_role(line, &role)) {
		buf_str(b, " (");
		fill(b, rules, line, role, lang);
		buf_str(b, ")");
	}
}

static void put_charge(struct buf *b, const struct charge_line *line, enum lang lang)
{
	for (size_t i = 0; i < line->part_count; i++) {
		const struct tariff_part *p = &line->parts[i];
		buf_str(b, i ? " + " : "; ");
		if (line->part_count > 1) {
			put_volume(b, p->volume, lang);
			buf_str(b, " ");
		}
		buf_str(b, "× ");
		put_decimal(b, p->rate, 2, 6, true, lang);
	}
	buf_str(b, line->part_count ? " = " : ": ");
	put_money(b, line->charge, lang);
	buf_str(b, ".");
}

static const char *part_text(const struct charge_line *line, enum lang lang)
{
	bool is_ru = lang == LANG_RU;
	switch (line->part) {
	case CHARGE_COMMON: return is_ru ? ", общедомовые нужды" : ", common needs";
	case CHARGE_RAISE: return is_ru ? ", повышающий коэффициент" : ", raising coefficient";
	case CHARGE_CAPACITY: return is_ru ? ", плата за мощность" : ", capacity";
	case CHARGE_CORRECTION: return is_ru ? ", перерасчёт" : ", correction";
	default: return "";
	}
}

/* Where the common volume comes from. */
static void put_house(struct buf *b, const struct apportion_rules *rules,
	const struct charge_line *line, enum lang lang)
{
	bool is_ru = lang == LANG_RU;
	const char *unit = line_unit(line, lang);
	if (has_role(line, APPORTION_SUPPLY)) {
		buf_str(b, is_ru ? " На отопление без горячей воды: " :
				   " For heating, without hot water: ");
		fill(b, rules, line, APPORTION_SUPPLY, lang);
		buf_str(b, " = ");
		apportion_volume_text(line, line->vars[APPORTION_V_D], lang, b);
		buf_str(b, ".");
	}
	if (has_role(line, APPORTION_REST)) {
		buf_str(b, is_ru ? " Общедомовой объём: " : " Common volume: ");
		fill(b, rules, line, APPORTION_REST, lang);
		buf_str(b, " = ");
		put_volume(b, line->vars[APPORTION_V_REST], lang);
		buf_printf(b, NBSP "%s.", unit);
	}
	if (has_role(line, APPORTION_CAP)) {
		buf_str(b, is_ru ? " Не больше норматива: " : " Not above the norm: ");
		fill(b, rules, line, APPORTION_CAP, lang);
		buf_str(b, " = ");
		put_volume(b, line->vars[APPORTION_V_CAP], lang);
		buf_printf(b, NBSP "%s", unit);
		if (!isnan(line->common_full) && line->common_full != line->common) {
			buf_str(b, is_ru ? "; без ограничения было бы " : "; without it ");
			put_volume(b, line->common_full, lang);
			buf_printf(b, NBSP "%s", unit);
		}
		buf_str(b, ".");
	}
	if (has_role(line, APPORTION_NEGATIVE)) {
		buf_str(b,
			is_ru ? " По квартирам больше, чем по общедомовому прибору: разница вычтена." :
				" The flats used more than passed the common meter: the difference is taken off.");
	}
}

/* What the reader should not take for measured. */
static void put_doubts(struct buf *b, const struct charge_line *line, enum lang lang)
{
	bool is_ru = lang == LANG_RU;
	if (line->unread_months > 0) {
		buf_printf(b,
			is_ru ? " Показаний прибора нет месяцев подряд: %d." :
				" Months without a reading in a row: %d.",
			line->unread_months);
	}
	if (line->completeness < 1 && line->completeness > 0) {
		buf_str(b, is_ru ? " Данные неполные: " : " The data are incomplete: ");
		put_decimal(b, line->completeness * 100, 0, 1, false, lang);
		buf_str(b, NBSP "%.");
	}
	for (size_t i = 0; i < line->part_count; i++) {
		if (line->parts[i].is_by_days) {
			buf_str(b,
				is_ru ? " Тариф менялся внутри месяца: объём разделён по дням (оценка)." :
					" The rate changed within the month: the volume is divided by days (an estimate).");
			return;
		}
	}
}

static void put_rules(struct buf *b, const struct apportion_rules *rules,
	const struct charge_line *line, enum lang lang)
{
	bool is_ru = lang == LANG_RU, is_first = true, is_confirmed = true;
	for (size_t i = 0; i < line->role_count; i++) {
		char number[APPORTION_NUMBER_CAP];
		const struct figure *f = rules->rules[line->rule_service][line->roles[i]].figure;
		is_confirmed = is_confirmed && (!f || f->is_confirmed);
		if (f && apportion_number(f, number)[0]) {
			buf_str(b, !is_first ? ", " : is_ru ? " Формулы: " : " Formulas: ");
			buf_str(b, number);
			is_first = false;
		}
	}
	if (!is_first) {
		buf_str(b, is_confirmed ? "." :
			   is_ru        ? " (с текстом правил не сверено)." :
					  " (not compared with the text of the rules).");
	}
}

void apportion_explain(const struct apportion_rules *rules, const struct charge_line *line,
	enum lang lang, struct buf *out)
{
	buf_printf(out, "%s%s: ", charge_service_text(line->service, lang), part_text(line, lang));
	if (line->part == CHARGE_CORRECTION) {
		int date = line->parts[0].from_date;
		buf_printf(out, "%02d.%d: ", date / 100 % 100, date / 10000);
		put_volume(out, line->volume, lang);
		buf_printf(out, NBSP "%s", line_unit(line, lang));
		put_charge(out, line, lang);
		return;
	}
	if (line->part == CHARGE_COMMON) {
		put_common(out, rules, line, lang);
	} else {
		put_individual(out, rules, line, lang);
	}
	if (line->part == CHARGE_WHOLE && has_role(line, APPORTION_REST)) {
		buf_str(out, " + ");
		put_common(out, rules, line, lang);
		buf_str(out, " = ");
		apportion_volume_text(line, line->volume, lang, out);
	}
	put_charge(out, line, lang);
	put_house(out, rules, line, lang);
	put_doubts(out, line, lang);
	put_rules(out, rules, line, lang);
}
