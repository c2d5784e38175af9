/*
 * test_supply_vectors.c - every published case of supply quality
 */
#include "calc/money.h"
#include "csv.h"
#include "supply_test.h"

#include <jansson.h>

/* ---- the published cases ---- */

static double real_at(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	if (!json_is_number(v)) {
		fail_msg("no number '%s'", key);
	}
	return json_number_value(v);
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	if (!s) {
		fail_msg("no text '%s'", key);
	}
	return s;
}

static double pair_at(const json_t *pairs, size_t i, size_t k)
{
	return json_number_value(json_array_get(json_array_get(pairs, i), k));
}

/* A case's parameters and what it must give. */
struct published {
	const char *id;
	const json_t *in, *details;
	double percent;
};

/* The percent for an hour of the service in the files; the case names the same one where it has it. */
static double break_percent(const struct published *c)
{
	const json_t *given = json_object_get(c->in, "pct_per_h");
	double in_force = figure_number(
		figures, 0, "supply_quality.hot_water.break.percent", 20260101);
	if (given) {
		assert_near(in_force, json_number_value(given), c->id);
	}
	return in_force;
}

static void case_interruption(const struct published *c)
{
	struct supply_episode one = {real_at(c->in, "total_h"), NAN};
	struct supply_excess x = supply_break_excess(real_at(c->in, "limit_total_h"), &one, 1);
	assert_near(x.excess, real_at(c->details, "excess_h"), c->id);
	assert_near(x.excess * break_percent(c), c->percent, c->id);
}

static void case_episodes(const struct published *c)
{
	struct supply_episode items[8];
	const json_t *hours = json_object_get(c->in, "episodes_h");
	size_t n = json_array_size(hours);
	assert_in_range(n, 1, 8);
	/* the same breaks as hours of a month, one day apart */
	struct month *m = month_of(744);
	m->is_judged[SUPPLY_BREAK] = true;
	m->rules.cut.total_h = real_at(c->in, "limit_total_h");
	m->rules.cut.once_h = real_at(c->in, "limit_once_h");
	m->rules.cut.pressure_none = 0.03;
	m->rules.cut.percent = break_percent(c);
	for (size_t i = 0; i < n; i++) {
		double length = json_number_value(json_array_get(hours, i));
		items[i] = (struct supply_episode){length, m->rules.cut.once_h};
		for (size_t k = 0; k < (size_t)length; k++) {
			m->hours[48 * i + k].flow = known(0);
			m->hours[48 * i + k].pressure = known(0.01);
		}
	}
	struct supply_excess x = supply_break_excess(m->rules.cut.total_h, items, n);
	assert_near(x.total_h, real_at(c->details, "total_h"), c->id);
	assert_near(x.once_excess, real_at(c->details, "excess_once_h"), c->id);
	assert_near(x.total_excess, real_at(c->details, "excess_total_h"), c->id);
	assert_near(x.excess, real_at(c->details, "excess_used_h"), c->id);
	assert_near(x.excess * m->rules.cut.percent, c->percent, c->id);
	const struct supply_result *r = judged(m);
	assert_int_equal(r->event_n, n);
	assert_near(r->excess.once_excess, x.once_excess, c->id);
	assert_near(r->excess.excess, x.excess, c->id);
	assert_near(r->percent, c->percent, c->id);
}

static void rules_of_temperature(struct month *m, const struct published *c)
{
	struct supply_temperature_rule *t = &m->rules.temperature;
	rules_on(m, SUPPLY_HOT_WATER, 20130101); /* norms; the case gives the rest */
	t->allow_day = real_at(c->in, "allow_day_K");
	if (json_object_get(c->in, "allow_night_K")) {
		t->allow_night = real_at(c->in, "allow_night_K");
		assert_near(t->percent, real_at(c->in, "pct"), c->id);
		assert_near(t->per_k, real_at(c->in, "per_K"), c->id);
		assert_near(t->cold_below, real_at(c->in, "cold_limit"), c->id);
		assert_true(supply_step_from_name(text_at(c->in, "step"), &t->step));
		assert_true(supply_base_from_name(text_at(c->in, "base"), &t->base));
	}
	m->is_judged[SUPPLY_TEMPERATURE] = true;
}

static void case_temperature(const struct published *c)
{
	struct month *m = month_of(24);
	const json_t *hours = json_object_get(c->in, "hours");
	const json_t *detail = json_object_get(c->details, "detail");
	rules_of_temperature(m, c);
	for (size_t i = 0; i < json_array_size(hours); i++) {
		size_t at = (size_t)pair_at(hours, i, 0);
		m->hours[at].temperature = known(pair_at(hours, i, 1));
	}
	/* hours that are named, and no others, are violations; with the steps that stand there */
	for (size_t i = 0, k = 0; i < json_array_size(hours); i++) {
		size_t at = (size_t)pair_at(hours, i, 0);
		struct supply_judged j = supply_temperature_at(&m->rules.temperature,
			m->hours[at].temperature.value, m->hours[at].is_night);
		bool is_named = k < json_array_size(detail) && (size_t)pair_at(detail, k, 0) == at;
		assert_int_equal(j.verdict != SUPPLY_GOOD, is_named);
		if (is_named) {
			const json_t *steps = json_array_get(json_array_get(detail, k++), 2);
			assert_int_equal(j.verdict == SUPPLY_COLD, json_is_string(steps));
			assert_near(j.steps, json_number_value(steps), c->id);
		}
	}
	const struct supply_result *r = judged(m);
	const struct supply_sum *s = &r->kinds[SUPPLY_TEMPERATURE];
	assert_near(s->bad_h - s->cold_h, real_at(c->details, "hours_counted"), c->id);
	assert_near(s->cold_h, real_at(c->details, "hours_cold_tariff"), c->id);
	assert_near(s->no_data_h, 12, c->id);
	/* printed with nine digits */
	assert_true(fabs(r->percent - c->percent) < 1e-9 * fmax(1, c->percent));
}

static void assert_money(int64_t got, const json_t *details, const char *key)
{
	char text[MONEY_CAP];
	assert_string_equal(money_text(got, text), text_at(details, key));
}

/* Fill hours of the day with a temperature, from `*inout_at` on. */
static void put_day_hours(struct month *m, size_t *inout_at, size_t count, double t)
{
	while (count) {
		assert_true(*inout_at < m->n);
		if (!m->hours[*inout_at].is_night) {
			m->hours[*inout_at].temperature = known(t);
			m->hours[*inout_at].room = known(t);
			count--;
		}
		++*inout_at;
	}
}

static void case_month_charge(const struct published *c)
{
	struct month *m = month_of((size_t)real_at(c->in, "hours_total"));
	rules_of_temperature(m, c);
	for (size_t i = 0; i < m->n; i++) {
		m->hours[i].temperature = known(65);
	}
	size_t at = 0;
	const json_t *hours = json_object_get(c->in, "day_hours");
	for (size_t i = 0; i < json_array_size(hours); i++) {
		put_day_hours(m, &at, (size_t)pair_at(hours, i, 0), pair_at(hours, i, 1));
	}
	put_day_hours(m, &at, (size_t)real_at(c->in, "hours_below_40"), 35);
	const struct supply_result *r = judged(m);
	assert_near(r->percent, c->percent, c->id);
	double volume = real_at(c->in, "V");
	assert_true(fabs(volume * r->cold_share - real_at(c->details, "cold_volume")) < 5e-7);
	struct supply_charge charge = {.cold = money_charge(volume, real_at(c->in, "T_cw"))};
	charge.full = charge.cold +
		      money_charge(volume * real_at(c->in, "q"), real_at(c->in, "T_heat"));
	struct supply_refund x = supply_refund_of(
		charge, r->unpaid_share, r->cold_share, r->percent);
	assert_money(charge.full, c->details, "full_charge");
	assert_money(x.after_cold, c->details, "base_after_cold");
	assert_money(x.reduction, c->details, "reduction");
	assert_money(x.to_pay, c->details, "to_pay");
	assert_int_equal(x.refund, charge.full - x.to_pay);
	assert_false(x.is_part);
}

static void case_pressure(const struct published *c, enum supply_service service)
{
	struct month *m = month_of(0);
	rules_on(m, service, 20260101);
	const struct supply_pressure_rule *rule = &m->rules.pressure;
	assert_near(rule->min, real_at(c->in, "min"), c->id);
	assert_near(rule->max, real_at(c->in, "max"), c->id);
	assert_near(rule->severe, real_at(c->in, "limit25"), c->id);
	assert_near(rule->percent, real_at(c->in, "pct_per_h"), c->id);
	const json_t *samples = json_object_get(c->in, "samples_MPa_h");
	double steps = 0, severe = 0;
	for (size_t i = 0; i < json_array_size(samples); i++) {
		struct supply_judged j = supply_pressure_at(rule, pair_at(samples, i, 0));
		double hours = pair_at(samples, i, 1);
		steps += j.steps * hours;
		severe += j.verdict == SUPPLY_SEVERE ? hours : 0;
	}
	assert_near(steps, real_at(c->details, "hours_up_to_25"), c->id);
	assert_near(severe, real_at(c->details, "hours_over_25"), c->id);
	assert_near(steps * rule->percent, c->percent, c->id);
}

static void case_room(const struct published *c)
{
	struct month *m = month_of(24);
	struct supply_room_rule *rule = &m->rules.room;
	rules_on(m, SUPPLY_HEATING, 20260101);
	rule->min = real_at(c->in, "norm");
	assert_near(rule->night_drop, real_at(c->in, "night_drop"), c->id);
	assert_near(rule->over, real_at(c->in, "over"), c->id);
	assert_near(rule->percent, real_at(c->in, "pct"), c->id);
	rule->step = json_is_true(json_object_get(c->in, "linear")) ? SUPPLY_STEP_LINEAR :
								      SUPPLY_STEP_FLOOR;
	m->is_judged[SUPPLY_ROOM] = true;
	const json_t *hours = json_object_get(c->in, "hours");
	for (size_t i = 0; i < json_array_size(hours); i++) {
		m->hours[(size_t)pair_at(hours, i, 0)].room = known(pair_at(hours, i, 1));
	}
	assert_near(judged(m)->percent, c->percent, c->id);
}

static void case_room_month(const struct published *c)
{
	struct month *m = month_of(744);
	size_t at = 0;
	rules_on(m, SUPPLY_HEATING, 20260101);
	assert_near(m->rules.room.min, real_at(c->in, "norm"), c->id);
	m->is_judged[SUPPLY_ROOM] = true;
	for (size_t i = 0; i < m->n; i++) {
		m->hours[i].room = known(20);
	}
	put_day_hours(m, &at, (size_t)real_at(c->in, "hours_day_at_16"), 16);
	const struct supply_result *r = judged(m);
	assert_near(r->percent, c->percent, c->id);
	struct supply_charge charge = {money_of(real_at(c->in, "charge")), MONEY_NONE};
	struct supply_refund x = supply_refund_of(
		charge, r->unpaid_share, r->cold_share, r->percent);
	assert_money(x.reduction, c->details, "reduction");
	assert_money(x.to_pay, c->details, "to_pay");
}

static void case_cap(const struct published *c)
{
	/* 126 % raw: 420 day hours, 2 degrees below */
	struct month *m = month_of(744);
	size_t at = 0;
	rules_on(m, SUPPLY_HEATING, 20260101);
	m->is_judged[SUPPLY_ROOM] = true;
	put_day_hours(m, &at, (size_t)round(real_at(c->in, "pct_raw") / 0.3), 16);
	const struct supply_result *r = judged(m);
	assert_near(r->percent_raw, real_at(c->in, "pct_raw"), c->id);
	assert_near(r->percent, c->percent, c->id);
}

static void case_voltage(const struct published *c)
{
	struct month *m = month_of(744);
	rules_on(m, SUPPLY_ELECTRICITY, 20260101);
	m->is_judged[SUPPLY_VOLTAGE] = true;
	assert_near(m->rules.voltage.percent, real_at(c->in, "pct_per_h"), c->id);
	size_t bad = (size_t)real_at(c->in, "hours_out_of_limit");
	for (size_t i = 0; i < m->n; i++) {
		m->hours[i].voltage = known(i < bad ? 190 : 231);
	}
	assert_near(judged(m)->percent, c->percent, c->id);
}

/* What the original did: a percent for every hour, nothing allowed. Ours with limits of zero. */
static void case_original(const struct published *c)
{
	struct supply_episode e = {
		real_at(c->in, "day_hours") + real_at(c->in, "night_hours"), NAN};
	struct supply_excess x = supply_break_excess(0, &e, 1);
	assert_near(x.excess * break_percent(c), c->percent, c->id);
}

static bool run_case(const struct published *c, const char *service, const char *parameter)
{
	static const struct {
		const char *name;
		void (*run)(const struct published *c);
	} cases[] = {
		{"interruption", case_interruption},
		{"interruption_episodes", case_episodes},
		{"temperature", case_temperature},
		{"month_charge", case_month_charge},
		{"room_temperature", case_room},
		{"room_temperature_month", case_room_month},
		{"cap", case_cap},
		{"voltage", case_voltage},
		{"analis4_hot_water", case_original},
	};
	enum supply_service s;
	if (strcmp(parameter, "pressure") == 0) {
		assert_true(supply_service_from_name(service, &s));
		case_pressure(c, s);
		return true;
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, parameter) == 0) {
			cases[i].run(c);
			return true;
		}
	}
	return false;
}

static void every_published_case_gives_its_percent(void **state)
{
	(void)state;
	const char *path = vector_path("calc/quality_recalc.csv");
	NEED_VECTORS(path);
	struct csv csv = {.file = fopen(path, "re")};
	int rows = 0;
	assert_non_null(csv.file);
	assert_true(csv_next_quoted(&csv));
	while (csv_next_quoted(&csv)) {
		assert_true(csv.n == 8);
		json_t *in = json_loads(csv.fields[3], 0, NULL);
		json_t *details = json_loads(csv.fields[5], 0, NULL);
		assert_true(in && details);
		struct published c = {csv.fields[0], in, details, strtod(csv.fields[4], NULL)};
		if (!run_case(&c, csv.fields[1], csv.fields[2])) {
			fail_msg("%s: no test for '%s'", c.id, csv.fields[2]);
		}
		json_decref(in);
		json_decref(details);
		rows++;
	}
	(void)fclose(csv.file);
	assert_int_equal(rows, 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_published_case_gives_its_percent),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
