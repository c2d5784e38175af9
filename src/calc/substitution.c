/*
 * substitution.c - heat that was not measured; see substitution.h
 */
#include "calc/substitution.h"

#include <math.h>

#define DAY_H 24

static const struct substitution_info infos[SUBSTITUTION_COUNT] = {
	[SUBSTITUTION_A] = {"A",
		"Short abnormal situations: the mean of the hours measured stands for them.",
		"Кратковременные нештатные ситуации: берётся среднее за часы работы.",
		"Q = Qrun / Trun · T", "Q = Qизм / Траб · Тнс"},
	[SUBSTITUTION_B] = {"B",
		"Short abnormal situations: the mean of the hours measured, brought to the outdoor temperature of the time substituted.",
		"Кратковременные нештатные ситуации: среднее за часы работы, приведённое к наружной температуре замещаемого времени.",
		"Q = Qrun / Trun · T · (tin − t) / (tin − trun)",
		"Q = Qизм / Траб · Тнс · (tв − tн.нс) / (tв − tн.раб)"},
	[SUBSTITUTION_C] = {"C",
		"The meter failed or was taken out, not longer than the rules allow: the mean day of the period, brought to the design temperature and from there to the actual one.",
		"Прибор неисправен или снят не дольше допустимого срока: среднесуточное тепло периода, приведённое к расчётной наружной температуре, затем к фактической.",
		"Q = Qday · (tin − tdes) / (tin − trun) · (tin − t) / (tin − tdes) · days",
		"Q = Qсут · (tв − tн.р) / (tв − tн.раб) · (tв − tн.ф) / (tв − tн.р) · n"},
	[SUBSTITUTION_D] = {"D",
		"No meter, or it was missing for longer than the rules allow: the load of the contract, recalculated to the actual outdoor temperature.",
		"Прибора нет, или он отсутствовал дольше допустимого срока: договорная нагрузка, пересчитанная на фактическую наружную температуру.",
		"Q = Qcontract · (tin − t) / (tin − tdes) · T",
		"Q = Qдог · (tв − tн) / (tв − tн.р) · T"},
	[SUBSTITUTION_E] = {"E",
		"The load of the contract, with days warmer than the break of the temperature graph. Without automatic control they are counted at the temperature of the break.",
		"Договорная нагрузка при днях теплее точки излома графика. Без автоматики регулирования для них берётся температура излома.",
		"Q = Σ Qcontract · (tin − min(t, tbreak)) / (tin − tdes) · 24 h",
		"Q = Σ Qдог · (tв − min(tн, tиз)) / (tв − tн.р) · 24 ч"},
	[SUBSTITUTION_F] = {"F",
		"Readings were not handed in: the heat of the previous period of the same heating season, brought to the new outdoor temperature.",
		"Показания не переданы в срок: тепло предыдущего периода того же отопительного сезона, приведённое к новой наружной температуре.",
		"Q = Qprev / Tprev · T · (tin − t) / (tin − tprev)",
		"Q = Qпред / Tпред · T · (tв − tн) / (tв − tн.пред)"},
	[SUBSTITUTION_G] = {"G",
		"Hot water with a meter of its own, missing not longer than the rules allow: the mean of the time measured, or of the previous period.",
		"Горячая вода с отдельным учётом, не дольше допустимого срока: среднее за время работы или за предыдущий период.",
		"Q = Qrun / Trun · T", "Q = Qизм / Траб · T"},
	[SUBSTITUTION_H] = {"H",
		"Hot water without a meter of its own, or missing for longer: the load of hot water by the contract.",
		"Горячая вода без отдельного учёта или дольше допустимого срока: договорная нагрузка ГВС.",
		"Q = Qhw · T", "Q = Qгвс · T"},
};

const struct substitution_info *substitution_info(enum substitution_rule rule)
{
	return &infos[rule];
}

const char *substitution_lack_name(enum substitution_lack l)
{
	static const char *const names[LACK_COUNT] = {"none", "run", "outdoor", "design", "load",
		"load_hot_water", "previous", "break", "no_heating"};
	return l < LACK_COUNT ? names[l] : "none";
}

void substitution_case_init(struct substitution_case *c)
{
	*c = (struct substitution_case){.hours = NAN,
		.q_run = NAN,
		.run_hours = NAN,
		.t_in = NAN,
		.t_design = NAN,
		.t_run = NAN,
		.t_missing = NAN,
		.load = NAN,
		.load_hot_water = NAN,
		.q_previous = NAN,
		.previous_hours = NAN,
		.t_previous = NAN,
		.t_break = NAN,
		.known_hours = NAN,
		.warmest_day = NAN,
		.max_days = NAN,
		.max_days_hot_water = NAN};
}

void substitution_case_parts(
	struct substitution_case *c, const struct substitution_part *parts, size_t n)
{
	double sum = 0;
	c->hours = 0;
	c->known_hours = 0;
	c->warmest_day = NAN;
	for (size_t i = 0; i < n; i++) {
		c->hours += parts[i].hours;
		if (!isnan(parts[i].t)) {
			c->known_hours += parts[i].hours;
			sum += parts[i].hours * parts[i].t;
			c->warmest_day = fmax(c->warmest_day, parts[i].t); /* fmax ignores NaN */
		}
	}
	c->t_missing = c->known_hours > 0 ? sum / c->known_hours : NAN;
}

/* ---- which rule ---- */

static bool has_run(const struct substitution_case *c)
{
	return c->run_hours > 0 && !isnan(c->q_run);
}

static bool has_previous(const struct substitution_case *c)
{
	return c->previous_hours > 0 && !isnan(c->q_previous);
}

static enum substitution_rule by_load(const struct substitution_case *c)
{
	return c->warmest_day > c->t_break ? SUBSTITUTION_E : SUBSTITUTION_D;
}

enum substitution_rule substitution_choose(const struct substitution_case *c)
{
	bool has_outdoor = !isnan(c->t_run) && !isnan(c->t_missing) && !isnan(c->t_in);
	if (c->is_hot_water) {
		bool is_short = c->cause == CAUSE_ABNORMAL ||
				c->hours <= c->max_days_hot_water * DAY_H;
		bool has_base = has_run(c) || has_previous(c);
		bool has_meter = c->is_separate && c->cause != CAUSE_NO_METER;
		return has_meter && is_short && has_base ? SUBSTITUTION_G : SUBSTITUTION_H;
	}
	switch (c->cause) {
	case CAUSE_ABNORMAL: return has_outdoor ? SUBSTITUTION_B : SUBSTITUTION_A;
	case CAUSE_METER:
		return has_run(c) && c->hours <= c->max_days * DAY_H ? SUBSTITUTION_C : by_load(c);
	case CAUSE_NOT_SUBMITTED:
		return has_previous(c) && c->is_same_season ? SUBSTITUTION_F : by_load(c);
	case CAUSE_NO_METER:
	case CAUSE_COUNT: break;
	}
	return by_load(c);
}

/* ---- heat of an hour ---- */

static double lacks(enum substitution_lack *ret_lack, enum substitution_lack lack)
{
	*ret_lack = lack;
	return NAN;
}

/* `base` is the heat of an hour at outdoor temperature `t_base`. */
static double scaled(const struct substitution_case *c, double base, double t_base, double t,
	enum substitution_lack *ret_lack)
{
	if (isnan(c->t_in) || isnan(t_base) || isnan(t)) {
		return lacks(ret_lack, LACK_OUTDOOR);
	}
	return c->t_in > t_base ? base * (c->t_in - t) / (c->t_in - t_base) :
				  lacks(ret_lack, LACK_NO_HEATING);
}

static double of_run(const struct substitution_case *c, enum substitution_lack *ret_lack)
{
	return has_run(c) ? c->q_run / c->run_hours : lacks(ret_lack, LACK_RUN);
}

static double of_load(const struct substitution_case *c, double t, enum substitution_lack *ret_lack)
{
	if (isnan(c->load)) {
		return lacks(ret_lack, LACK_LOAD);
	}
	return isnan(c->t_design) ? lacks(ret_lack, LACK_DESIGN) :
				    scaled(c, c->load, c->t_design, t, ret_lack);
}

double substitution_rate(enum substitution_rule rule, const struct substitution_case *c, double t,
	enum substitution_lack *ret_lack)
{
	*ret_lack = LACK_NONE;
	switch (rule) {
	case SUBSTITUTION_A: return of_run(c, ret_lack);
	case SUBSTITUTION_B:
	case SUBSTITUTION_C:
		return has_run(c) ? scaled(c, of_run(c, ret_lack), c->t_run, t, ret_lack) :
				    lacks(ret_lack, LACK_RUN);
	case SUBSTITUTION_D: return of_load(c, t, ret_lack);
	case SUBSTITUTION_E:
		if (isnan(c->t_break)) {
			return lacks(ret_lack, LACK_BREAK);
		}
		return of_load(c, t > c->t_break && !c->is_automatic ? c->t_break : t, ret_lack);
	case SUBSTITUTION_F:
		return has_previous(c) ? scaled(c, c->q_previous / c->previous_hours, c->t_previous,
						 t, ret_lack) :
					 lacks(ret_lack, LACK_PREVIOUS);
	case SUBSTITUTION_G:
		return has_run(c) || !has_previous(c) ? of_run(c, ret_lack) :
							c->q_previous / c->previous_hours;
	case SUBSTITUTION_H:
		return isnan(c->load_hot_water) ? lacks(ret_lack, LACK_LOAD_HOT_WATER) :
						  c->load_hot_water;
	case SUBSTITUTION_COUNT: break;
	}
	return lacks(ret_lack, LACK_RUN);
}

/* ---- the whole time, with what the document shows ---- */

static void step(struct substitution *s, struct substitution_step x)
{
	if (!isnan(x.value) && s->step_count < SUBSTITUTION_STEPS) {
		s->steps[s->step_count++] = x;
	}
}

#define STEP(name, en, ru, unit, value) \
	step(s, (struct substitution_step){(name), (en), (ru), (unit), (value)})

static void show_base(struct substitution *s, const struct substitution_case *c)
{
	bool is_previous = s->rule == SUBSTITUTION_F || (s->rule == SUBSTITUTION_G && !has_run(c));
	if (is_previous) {
		STEP("q_previous", "heat of the previous period", "тепло предыдущего периода", "",
			c->q_previous);
		STEP("previous_hours", "its length", "его длительность", "h", c->previous_hours);
	} else if (s->rule == SUBSTITUTION_D || s->rule == SUBSTITUTION_E) {
		STEP("load", "load of the contract", "договорная нагрузка", "/h", c->load);
	} else if (s->rule == SUBSTITUTION_H) {
		STEP("load_hot_water", "load of hot water by the contract",
			"договорная нагрузка ГВС", "/h", c->load_hot_water);
	} else {
		STEP("q_run", "heat measured in the period", "тепло, измеренное за период", "",
			c->q_run);
		STEP("run_hours", "time it was measured in", "время, за которое оно измерено", "h",
			c->run_hours);
	}
	STEP("hours", "time to be substituted", "замещаемое время", "h", c->hours);
}

static void show_temperatures(struct substitution *s, const struct substitution_case *c)
{
	bool is_of_run = s->rule == SUBSTITUTION_B || s->rule == SUBSTITUTION_C;
	bool is_of_load = s->rule == SUBSTITUTION_D || s->rule == SUBSTITUTION_E;
	if (!is_of_run && !is_of_load && s->rule != SUBSTITUTION_F) {
		return;
	}
	STEP("t_in", "indoor temperature", "температура внутреннего воздуха", "°C", c->t_in);
	if (is_of_run) {
		STEP("t_run", "outdoor, time measured", "наружная за время работы", "°C", c->t_run);
	}
	if (s->rule == SUBSTITUTION_F) {
		STEP("t_previous", "outdoor, previous period", "наружная за предыдущий период",
			"°C", c->t_previous);
	}
	STEP("t_missing", "outdoor, time substituted", "наружная за замещаемое время", "°C",
		c->t_missing);
	if (c->known_hours < c->hours) {
		STEP("known_hours", "time substituted with a known outdoor temperature",
			"замещаемое время с известной наружной температурой", "h", c->known_hours);
	}
	if (is_of_load || s->rule == SUBSTITUTION_C) {
		STEP("t_design", "outdoor, design", "наружная расчётная", "°C", c->t_design);
	}
	if (s->rule == SUBSTITUTION_E) {
		STEP("t_break", "outdoor, break of the graph", "наружная в точке излома графика",
			"°C", c->t_break);
	}
}

/* The design temperature cancels out; the form of the document asks for the day at it all the same. */
static void show_days(struct substitution *s, const struct substitution_case *c)
{
	enum substitution_lack lack;
	double day = of_run(c, &lack) * DAY_H;
	STEP("q_day_run", "mean day of the time measured", "среднесуточное за время работы", "",
		day);
	STEP("q_day_at_design", "the day at the design temperature",
		"то же при расчётной температуре", "",
		scaled(c, day, c->t_run, c->t_design, &lack));
}

static double sum_parts(enum substitution_rule rule, const struct substitution_case *c,
	struct substitution_part *parts, size_t n, enum substitution_lack *ret_lack)
{
	double sum = 0;
	*ret_lack = LACK_NONE;
	for (size_t i = 0; i < n && *ret_lack == LACK_NONE; i++) {
		double t = isnan(parts[i].t) ? c->t_missing : parts[i].t;
		parts[i].q = substitution_rate(rule, c, t, ret_lack) * parts[i].hours;
		sum += parts[i].q;
	}
	return sum;
}

struct substitution substitution_apply(enum substitution_rule rule,
	const struct substitution_case *c, struct substitution_part *parts, size_t n)
{
	struct substitution r = {.rule = rule}, *s = &r;
	r.q = n > 0 ? sum_parts(rule, c, parts, n, &r.lack) :
		      substitution_rate(rule, c, c->t_missing, &r.lack) * c->hours;
	show_base(s, c);
	show_temperatures(s, c);
	if (rule == SUBSTITUTION_C) {
		show_days(s, c);
	}
	STEP("q", "heat substituted", "замещаемое тепло", "", r.q);
	return r;
}

#undef STEP
