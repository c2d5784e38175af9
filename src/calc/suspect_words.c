/*
 * suspect_words.c - findings in plain words, English and Russian; see suspect_report.h
 */
#include "calc/suspect_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_CAP 32

/* Decimal comma in Russian. */
static const char *number(char out[static NUMBER_CAP], double v, int digits, enum lang lang)
{
	(void)snprintf(out, NUMBER_CAP, "%.*f", digits, v);
	char *point = lang == LANG_RU ? strchr(out, '.') : NULL;
	if (point) {
		*point = ',';
	}
	return out;
}

static void fit_words(
	const struct suspect_finding *f, bool is_pair, enum lang lang, char *out, size_t cap)
{
	char share[NUMBER_CAP];
	char off[NUMBER_CAP];
	char factor[NUMBER_CAP];
	bool is_low = f->b > 1;
	(void)number(share, 100 * f->a, 0, lang);
	(void)number(off, 100 * fabs(1 - 1 / f->b), 0, lang);
	(void)number(factor, f->b, f->b < 10 ? 3 : 1, lang);
	if (lang == LANG_RU) {
		(void)snprintf(out, cap,
			"Небаланс по дням повторяет расход этого счётчика%s (совпадение %s %%): похоже, "
			"он %s на %s %%; поправочный коэффициент %s",
			is_pair ? " и ещё одного" : "", share,
			is_low ? "недосчитывает" : "завышает показания", off, factor);
	} else {
		(void)snprintf(out, cap,
			"Day by day the imbalance follows this meter%s (agreement %s %%): it seems to "
			"count %s %% too %s; correction factor %s",
			is_pair ? " and one other" : "", share, off, is_low ? "little" : "much",
			factor);
	}
}

static void ratio_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	char n[NUMBER_CAP];
	bool is_more = f->a > 1;
	(void)number(n, is_more ? f->a : 1 / f->a, fmod(f->a, 1) > 0 && is_more ? 1 : 0, lang);
	if (lang == LANG_RU) {
		(void)snprintf(out, cap,
			"Коэффициент близок к целому отношению: проверьте вес импульса и множитель "
			"привязки, значения, вероятно, %s в %s раз",
			is_more ? "занижены" : "завышены", n);
	} else {
		(void)snprintf(out, cap,
			"The factor is near a whole ratio: check the pulse weight and the multiplier "
			"of the binding, values are probably %s times too %s",
			n, is_more ? "small" : "large");
	}
}

static void zero_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	if (lang == LANG_RU) {
		(void)snprintf(out, cap,
			f->b > 0 ?
				"Дней без расхода подряд: %.0f, до этого расход был: счётчик стоит "
				"или квартира пуста" :
				"Ни одного дня с расходом за %.0f, хотя в квартире живут: счётчик, "
				"вероятно, стоит",
			f->a);
	} else {
		(void)snprintf(out, cap,
			f->b > 0 ?
				"No flow for %.0f days in a row after there was some: the meter has "
				"stopped or the flat is empty" :
				"No flow on any of %.0f days although people live there: the meter has "
				"probably stopped",
			f->a);
	}
}

static void jump_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	char a[NUMBER_CAP];
	char b[NUMBER_CAP];
	(void)number(a, f->a, 2, lang);
	(void)number(b, f->b, 2, lang);
	(void)snprintf(out, cap,
		lang == LANG_RU ? "Доля в расходе дома изменилась с %s до %s %%" :
				  "Its share of the house went from %s to %s %%",
		a, b);
}

static void cold_hot_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	char a[NUMBER_CAP];
	(void)number(a, f->a, 2, lang);
	if (f->what == EVIDENCE_SWAPPED) {
		(void)snprintf(out, cap,
			lang == LANG_RU ?
				"Холодной воды меньше, чем горячей (отношение %s): возможно, "
				"счётчики холодной и горячей перепутаны" :
				"Less cold water than hot (ratio %s): the cold and hot meters "
				"may be exchanged",
			a);
	} else {
		(void)snprintf(out, cap,
			lang == LANG_RU ? "Отношение холодной воды к горячей %s, обычно от 1 до 3" :
					  "Cold over hot water is %s, usually 1 to 3",
			a);
	}
}

static void other_node_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	char share[NUMBER_CAP];
	(void)number(share, 100 * f->a, 0, lang);
	(void)snprintf(out, cap,
		lang == LANG_RU ?
			"Расход этого счётчика недостаёт в балансе соседнего узла (совпадение "
			"%s %%): возможно, счётчик приписан не к той квартире или стояку" :
			"The balance of a neighbouring node lacks just what this meter counts "
			"(agreement %s %%): it may be assigned to the wrong flat or riser",
		share);
}

void suspect_words(const struct suspect_finding *f, enum lang lang, char *out, size_t cap)
{
	switch (f->what) {
	case EVIDENCE_FIT: fit_words(f, false, lang, out, cap); break;
	case EVIDENCE_PAIR: fit_words(f, true, lang, out, cap); break;
	case EVIDENCE_RATIO: ratio_words(f, lang, out, cap); break;
	case EVIDENCE_ZERO: zero_words(f, lang, out, cap); break;
	case EVIDENCE_JUMP: jump_words(f, lang, out, cap); break;
	case EVIDENCE_COLD_HOT:
	case EVIDENCE_SWAPPED: cold_hot_words(f, lang, out, cap); break;
	case EVIDENCE_OTHER_NODE: other_node_words(f, lang, out, cap); break;
	case EVIDENCE_COUNT: *out = '\0'; break;
	}
}
