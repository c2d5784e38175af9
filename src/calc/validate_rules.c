/*
 * validate_rules.c - the table of rules, and where their limits come from; see validate.h
 */
#include "calc/validate.h"

#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNTER (1u << KIND_COUNTER)
#define GAUGE   (1u << KIND_GAUGE)

/* clang-format off */
static const struct rule_info rules[RULE_COUNT] = {
	[RULE_RANGE] = {"V-RANGE", "range", "Physical range", "Физический диапазон",
		"An hour's mean outside what can be there",
		"Среднее за час вне физически возможного", GAUGE, PERIOD_HOUR, RULE_HERE,
		{"lo", "hi", "capacity_share"}},
	[RULE_GAP] = {"V-GAP", "gap", "Missing intervals", "Пропуски",
		"Hours of a day that has ended are not there",
		"Нет часов завершившихся суток", COUNTER | GAUGE, PERIOD_DAY, RULE_HERE, {"most"}},
	[RULE_DUP] = {"V-DUP", "duplicate", "Duplicate label", "Повтор метки",
		"Two values of one interval: that of the better source is kept, the other goes to the history",
		"Два значения одного интервала: остаётся более надёжное, второе уходит в историю",
		COUNTER | GAUGE, PERIOD_HOUR, RULE_AT_ENTRY, {NULL}},
	[RULE_TIME] = {"V-TIME", "time", "Clock", "Часы прибора",
		"The meter's clock was wrong when it made the record",
		"Часы прибора шли неверно, когда он сделал запись",
		COUNTER | GAUGE, PERIOD_DAY, RULE_BY_FLAG, {"near_s", "far_s"}},
	[RULE_NEG] = {"V-NEG", "negative", "Negative consumption", "Отрицательный расход",
		"The register fell without wrap or replacement",
		"Показание уменьшилось без перехода через ноль и без замены прибора",
		COUNTER, PERIOD_HOUR, RULE_BY_FLAG, {NULL}},
	[RULE_CAP] = {"V-CAP", "capacity", "Capacity", "Предел прибора",
		"More than the meter can pass", "Больше, чем может пропустить прибор",
		COUNTER, PERIOD_HOUR, RULE_BY_FLAG, {NULL}},
	[RULE_SPIKE] = {"V-SPIKE", "spike", "Spike of a day", "Выброс за сутки",
		"The highest hour of a day far above its third highest",
		"Наибольший час суток намного выше третьего по величине",
		COUNTER, PERIOD_HOUR, RULE_HERE, {"ratio", "least", "resolutions"}},
	[RULE_HL] = {"V-HL", "high_low", "High or low", "Необычный расход за сутки",
		"A day against the mean of three like days before it",
		"Сутки против среднего трёх подобных предыдущих",
		COUNTER, PERIOD_DAY, RULE_HERE, {"lo", "hi", "least"}},
	[RULE_ZERO] = {"V-ZERO", "zero", "Zero too long", "Ноль слишком долго",
		"Exact zero for many hours where somebody lives",
		"Ровно ноль много часов подряд в жилом помещении",
		COUNTER, PERIOD_DAY, RULE_HERE, {"hours"}},
	[RULE_NOZERO] = {"V-NOZERO", "never_zero", "Never zero", "Ни часа без расхода",
		"No hour without consumption in a day: a leak",
		"За сутки ни одного часа без расхода: утечка",
		COUNTER, PERIOD_DAY, RULE_HERE, {"limit", "hours"}},
	[RULE_FLAT] = {"V-FLAT", "stuck", "Stuck value", "Застывшее значение",
		"A spread below twice the resolution for hours",
		"Размах меньше двух разрешений много часов подряд",
		GAUGE, PERIOD_HOUR, RULE_HERE, {"hours", "resolution"}},
	[RULE_ROC] = {"V-ROC", "rate", "Rate of change", "Скорость изменения",
		"A change from interval to interval that the plant cannot make",
		"Изменение между интервалами, невозможное для системы",
		GAUGE, PERIOD_HOUR, RULE_HERE, {"per_minute"}},
	[RULE_SUM] = {"V-SUM", "sum", "Sum check", "Сверка суммы",
		"The sum of a day's intervals against the difference of the register",
		"Сумма интервалов суток против разности показаний",
		COUNTER, PERIOD_DAY, RULE_HERE, {"pulse"}},
	[RULE_Q] = {"V-Q", "energy", "Energy recalculated", "Пересчёт энергии",
		"The meter's heat of a day against mass times enthalpy difference",
		"Энергия прибора за сутки против массы на разность энтальпий",
		COUNTER, PERIOD_DAY, RULE_HERE, {"percent", "pressure_supply", "pressure_return"}},
	[RULE_MB] = {"V-MB", "mass_balance", "Mass balance", "Баланс масс",
		"Return against supply in a closed system, over a day",
		"Обратная масса против подающей в закрытой системе за сутки",
		COUNTER, PERIOD_DAY, RULE_HERE, {"percent"}},
	[RULE_DT] = {"V-DT", "temperatures", "Supply below return", "Подача холоднее обратки",
		"Supply colder than return while something flows",
		"Подача холоднее обратки при наличии расхода",
		GAUGE, PERIOD_HOUR, RULE_HERE, {"kelvin", "least_flow"}},
	[RULE_EVT] = {"V-EVT", "event", "Event of the meter", "Событие прибора",
		"The meter reported an abnormal situation, a power failure, an opened cover, a reverse flow",
		"Прибор сообщил о нештатной ситуации, пропадании питания, вскрытии, обратном потоке",
		COUNTER | GAUGE, PERIOD_DAY, RULE_BY_FLAG, {NULL}},
	[RULE_PAIR] = {"V-PAIR", "pair", "Check meter", "Контрольный прибор",
		"Two meters of the same flow at one place, over a day",
		"Два прибора одного потока в одном месте за сутки",
		COUNTER, PERIOD_DAY, RULE_HERE, {"percent"}},
	[RULE_OCC] = {"V-OCC", "vacant", "Consumption in an empty flat", "Расход в пустой квартире",
		"A flat where nobody lives against the mean of the others",
		"Квартира, где никто не живёт, против среднего остальных",
		COUNTER, PERIOD_DAY, RULE_HERE, {"share"}},
	[RULE_FUT] = {"V-FUT", "future", "In the future", "Время из будущего",
		"Readings ahead of the node's clock are not believed",
		"Показания с временем впереди часов узла не принимаются",
		COUNTER | GAUGE, PERIOD_HOUR, RULE_AT_ENTRY, {NULL}},
};
/* clang-format on */

const struct rule_info *rule_info(enum rule r)
{
	return &rules[r];
}

bool rule_from_id(const char *id, enum rule *ret_rule)
{
	for (int i = 0; i < RULE_COUNT; i++) {
		if (strcmp(rules[i].id, id) == 0) {
			*ret_rule = (enum rule)i;
			return true;
		}
	}
	return false;
}

double figure_of_quantity(
	const struct figures *f, int64_t place, const char *code, enum quantity quantity, int date)
{
	char name[CODE_CAP * 2], group[CODE_CAP];
	(void)STR_COPY(group, quantity_code(quantity));
	for (;;) {
		(void)snprintf(name, sizeof(name), "%s.%s", code, group);
		const struct figure *x = figure_at(f, place, name, date);
		if (x) {
			return x->value;
		}
		char *cut = strrchr(group, '_');
		if (!cut) {
			return figure_number(f, place, code, date);
		}
		*cut = 0;
	}
}

double rule_param(const struct rule_at *at, enum rule r, const char *name)
{
	char code[CODE_CAP];
	(void)snprintf(code, sizeof(code), "validation.%s.%s", rules[r].code, name);
	return figure_of_quantity(at->figures, at->place, code, at->quantity, at->date);
}

enum rule_level rule_level(const struct rule_at *at, enum rule r)
{
	double level = rule_param(at, r, "level");
	if (!(level >= 1)) {
		return LEVEL_OFF;
	}
	return level >= 2 ? LEVEL_FAIL : LEVEL_WARN;
}
