/*
 * test_supply_quality.c - what must hold for every month of supply: what is not known is never a
 * violation, hours are counted once, the order of kinds, acts, the dates of the rules
 */
#include "calc/money.h"
#include "supply_test.h"

/* ---- what must hold ---- */

static void what_is_not_known_is_no_violation(void **state)
{
	(void)state;
	static const enum quality_class doubtful[] = {QUALITY_ESTIMATED, QUALITY_CALCULATED,
		QUALITY_SUBSTITUTED, QUALITY_PARTIAL, QUALITY_SUSPECT, QUALITY_MISSING};
	struct month *m = month_of(744);
	rules_on(m, SUPPLY_HOT_WATER, 20260101);
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		m->is_judged[k] = true;
	}
	const struct supply_result *r = judged(m);
	for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
		assert_near(r->kinds[k].no_data_h, 744, "nothing is known");
		assert_false(r->kinds[k].is_measured);
	}
	for (size_t i = 0; i < m->n; i++) {
		uint16_t q = quality_make(doubtful[i % 6], SOURCE_METER, 0);
		m->hours[i].temperature = (struct form_value){20, q};
		m->hours[i].pressure = (struct form_value){0, q};
		m->hours[i].flow = (struct form_value){0, q};
	}
	r = judged(m);
	assert_near(r->percent, 0, "doubtful values");
	assert_int_equal(r->event_n, 0);
	assert_near(r->kinds[SUPPLY_TEMPERATURE].no_data_h, 744, "doubtful values");
	assert_near(r->kinds[SUPPLY_PRESSURE].no_data_h, 744, "doubtful values");
}

static void closed_taps_are_no_break(void **state)
{
	(void)state;
	struct month *m = month_of(48);
	rules_on(m, SUPPLY_COLD_WATER, 20260101);
	m->is_judged[SUPPLY_BREAK] = true;
	for (size_t i = 0; i < 48; i++) {
		m->hours[i].flow = known(0);
		m->hours[i].pressure = i < 24 ? known(0.35) : unknown();
	}
	const struct supply_result *r = judged(m);
	assert_int_equal(r->event_n, 0);
	assert_near(r->kinds[SUPPLY_BREAK].good_h, 24, "pressure is there");
	assert_near(r->kinds[SUPPLY_BREAK].no_data_h, 24, "pressure is not known");
	m->hours[10].pressure = known(0.029);
	m->hours[11].pressure = known(0.02);
	r = judged(m);
	assert_int_equal(r->event_n, 1);
	assert_int_equal(r->events[0].from, 10 * HOUR_S);
	assert_int_equal(r->events[0].till, 12 * HOUR_S);
	assert_int_equal(r->events[0].extreme_utc, 11 * HOUR_S);
	assert_near(r->events[0].extreme, 0.02, "lowest");
	assert_false(r->events[0].is_open);
	assert_near(r->percent, 0, "two hours are allowed");
}

static void a_break_is_no_fault_of_pressure_and_temperature_too(void **state)
{
	(void)state;
	struct month *m = month_of(72);
	rules_on(m, SUPPLY_HOT_WATER, 20260101);
	m->is_judged[SUPPLY_BREAK] = m->is_judged[SUPPLY_PRESSURE] =
		m->is_judged[SUPPLY_TEMPERATURE] = true;
	for (size_t i = 0; i < 72; i++) {
		bool is_cut = i >= 30 && i < 40;
		m->hours[i].flow = known(is_cut ? 0 : 1);
		m->hours[i].pressure = known(is_cut ? 0 : 0.3);
		m->hours[i].temperature = known(is_cut ? 22 : 62);
	}
	const struct supply_result *r = judged(m);
	assert_int_equal(r->unpaid_days, 0);
	assert_int_equal(r->event_n, 1);
	assert_near(r->kinds[SUPPLY_PRESSURE].outside_h, 10, "pressure");
	assert_near(r->kinds[SUPPLY_TEMPERATURE].outside_h, 10, "temperature");
	/* 10 h at once where 4 are allowed: 6; in the month 8 are: 2 */
	assert_near(r->percent, 0.9, "the larger excess");
	assert_near(r->cold_share, 0, "cold");
}

static void standing_water_says_nothing_about_its_temperature(void **state)
{
	(void)state;
	struct month *m = month_of(24);
	rules_on(m, SUPPLY_HOT_WATER, 20260101);
	m->is_judged[SUPPLY_TEMPERATURE] = true;
	for (size_t i = 0; i < 24; i++) {
		m->hours[i].flow = known(i < 6 ? 0 : 0.2);
		m->hours[i].temperature = known(i < 6 ? 35 : 64);
	}
	const struct supply_result *r = judged(m);
	assert_int_equal(r->event_n, 0);
	assert_near(r->kinds[SUPPLY_TEMPERATURE].outside_h, 6, "standing");
	assert_near(r->kinds[SUPPLY_TEMPERATURE].good_h, 18, "flowing");
}

static void a_day_that_is_not_paid_counts_nowhere_else(void **state)
{
	(void)state;
	struct month *m = month_of(720);
	rules_on(m, SUPPLY_HOT_WATER, 20260101);
	m->is_judged[SUPPLY_PRESSURE] = m->is_judged[SUPPLY_TEMPERATURE] = true;
	for (size_t i = 0; i < 720; i++) {
		m->hours[i].flow = known(1);
		m->hours[i].pressure = known(0.3);
		m->hours[i].temperature = known(62);
	}
	m->hours[50].pressure = known(0.6); /* a third above 0.45: day 2 */
	m->hours[51].pressure = known(0.5);
	for (size_t i = 55; i < 60; i++) {
		m->hours[i].temperature = known(50); /* day 2 as well */
		m->hours[i + 100].temperature = known(50);
	}
	m->hours[53].temperature = known(30);
	const struct supply_result *r = judged(m);
	assert_int_equal(r->unpaid_days, 1);
	assert_near(r->unpaid_share, 24.0 / 720, "a day of thirty");
	assert_near(r->kinds[SUPPLY_PRESSURE].percent, 0, "the day is not paid");
	assert_near(r->kinds[SUPPLY_PRESSURE].severe_h, 1, "hours");
	assert_near(r->kinds[SUPPLY_TEMPERATURE].outside_h, 24, "not judged");
	/* five hours 10 degrees below 60, no allowance: three full steps */
	assert_near(r->percent, 5 * 3 * 0.1, "another day");
	assert_near(r->cold_share, 0, "the cold hour is not paid at all");
	/* 300.00: a thirtieth not paid; 1.5 % of 290.00 */
	struct supply_refund x = supply_refund_of(
		(struct supply_charge){30000, MONEY_NONE}, r->unpaid_share, 0, r->percent);
	assert_int_equal(x.unpaid, 1000);
	assert_int_equal(x.reduction, 435);
	assert_int_equal(x.to_pay, 28565);
	assert_int_equal(x.refund, 1435);
}

static void cold_hours_are_shared_by_volume_where_it_is_known(void **state)
{
	(void)state;
	struct month *m = month_of(24);
	rules_on(m, SUPPLY_HOT_WATER, 20260101);
	m->is_judged[SUPPLY_TEMPERATURE] = true;
	for (size_t i = 0; i < 24; i++) {
		m->hours[i].flow = known(i == 7 ? 6 : 2);
		m->hours[i].temperature = known(i == 7 ? 35 : 62);
	}
	const struct supply_result *r = judged(m);
	assert_true(r->is_cold_by_volume);
	assert_near(r->cold_share, 6.0 / 52, "by volume");
	m->hours[3].flow = unknown();
	r = judged(m);
	assert_false(r->is_cold_by_volume);
	assert_near(r->cold_share, 1.0 / 24, "by time");
	/* without the price of cold water the refund is at least that of the percent */
	struct supply_refund x = supply_refund_of(
		(struct supply_charge){10000, MONEY_NONE}, 0, 0.5, 10);
	assert_true(x.is_part);
	assert_int_equal(x.refund, 500);
	x = supply_refund_of((struct supply_charge){MONEY_NONE, MONEY_NONE}, 0, 0.5, 10);
	assert_int_equal(x.refund, MONEY_NONE);
}

static void an_act_of_inspection_adds_hours(void **state)
{
	(void)state;
	struct month *m = month_of(24);
	rules_on(m, SUPPLY_HEATING, 20260101);
	m->is_judged[SUPPLY_ROOM] = true;
	m->hours[12].room = known(16);
	m->hours[13].room = (struct form_value){15, quality_make(QUALITY_EDITED, SOURCE_MANUAL, 0)};
	const struct supply_result *r = judged(m);
	assert_int_equal(r->event_n, 1);
	assert_true(r->events[0].by_act);
	assert_near(r->events[0].extreme, 15, "the colder hour");
	assert_near(r->kinds[SUPPLY_ROOM].act_h, 1, "by an act");
	assert_near(r->percent, 5 * 0.15, "two degrees and three");
	assert_near(r->events[0].percent, 5 * 0.15, "of the event");
}

static void breaks_of_heating_are_allowed_by_the_coldest_room(void **state)
{
	(void)state;
	static const struct {
		double room, excess;
	} cases[] = {{13, 4}, {12, 4}, {11, 12}, {9, 16}, {5, 16}, {NAN, 4}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct month *m = month_of(72);
		rules_on(m, SUPPLY_HEATING, 20260101);
		m->is_judged[SUPPLY_BREAK] = true;
		for (size_t k = 30; k < 50; k++) { /* 20 h, within the 24 of a month */
			m->hours[k].flow = known(0);
			m->hours[k].pressure = known(0);
			m->hours[k].room = isnan(cases[i].room) ? unknown() :
								  known(cases[i].room + (k < 40));
		}
		assert_near(judged(m)->excess.excess, cases[i].excess, "excess");
	}
}

static void hours_out_of_season_and_out_of_time_are_told_apart(void **state)
{
	(void)state;
	struct month *m = month_of(1);
	struct civil at = {2026, 9, 30, 23, 0, 0};
	rules_on(m, SUPPLY_HEATING, 20260101);
	const struct supply_times *t = &m->rules.times;
	assert_false(supply_is_season(t, &at));
	at = (struct civil){2026, 10, 1, 0, 0, 0};
	assert_true(supply_is_season(t, &at) && supply_is_night(t, &at));
	at = (struct civil){2027, 1, 15, 4, 59, 59};
	assert_true(supply_is_season(t, &at) && supply_is_night(t, &at));
	at = (struct civil){2027, 5, 1, 5, 0, 0};
	assert_false(supply_is_season(t, &at) || supply_is_night(t, &at));
	m->is_judged[SUPPLY_ROOM] = true;
	m->hours[0].room = known(30);
	m->hours[0].is_off_season = true;
	assert_int_equal(judged(m)->event_n, 0);
	assert_near(m->r.kinds[SUPPLY_ROOM].outside_h, 1, "summer");
}

static void allowances_of_hot_water_ended_with_the_decision_of_the_court(void **state)
{
	(void)state;
	struct month *m = month_of(24);
	rules_on(m, SUPPLY_HOT_WATER, 20130530);
	assert_near(m->rules.temperature.allow_day, 3, "before");
	assert_near(m->rules.temperature.allow_night, 5, "before");
	rules_on(m, SUPPLY_HOT_WATER, 20130531);
	assert_near(m->rules.temperature.allow_day, 0, "since");
	assert_near(m->rules.temperature.allow_night, 0, "since");
	const struct figure *f = figure_at(
		figures, 0, "supply_quality.hot_water.temperature.allow_day_k", 20130531);
	assert_non_null(f);
	assert_false(f->is_confirmed);
	/* a month that has both */
	struct supply_rules before;
	assert_int_equal(
		supply_rules_read(figures, 0, SUPPLY_HOT_WATER, 20130530, &before, NULL), ERR_OK);
	m->is_judged[SUPPLY_TEMPERATURE] = true;
	for (size_t i = 0; i < 24; i++) {
		m->hours[i].temperature = known(57);
		m->hours[i].rules = i < 12 ? &before : &m->rules;
	}
	assert_near(judged(m)->percent, 12 * 0.1, "half of it");
}

static void rules_of_a_place_win(void **state)
{
	(void)state;
	struct site *s = site_new();
	struct place flat = {.id = 1, .kind = PLACE_FLAT};
	struct parameter p = {.value = 1};
	struct diag d = {0};
	struct figures *f = NULL;
	struct supply_rules r;
	assert_true(site_add(s, OBJECT_PLACE, &flat));
	static const struct {
		int64_t id, place;
		const char *code, *text;
		double value;
	} items[] = {{2, 1, "supply_quality.heating.room.corner", "", 1},
		{3, 0, "building.design_outdoor_temperature", "", -35},
		{4, 1, "supply_quality.hot_water.temperature.step", "linear", NAN},
		{5, 0, "supply_quality.electricity.supplies", "", 2},
		{6, 0, "supply_quality.hot_water.dead_end", "", 1},
		{7, 0, "supply_quality.hot_water.temperature.base", "rounded", NAN}};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		object_init(OBJECT_PARAMETER, &p);
		p.id = items[i].id;
		p.place = items[i].place;
		p.value = items[i].value;
		(void)snprintf(p.code, sizeof(p.code), "%s", items[i].code);
		(void)snprintf(p.text, sizeof(p.text), "%s", items[i].text);
		assert_true(site_add(s, OBJECT_PARAMETER, &p));
	}
	assert_true(site_sort(s));
	assert_int_equal(figures_load(s, &f, &d), ERR_OK);
	assert_int_equal(supply_rules_read(f, 1, SUPPLY_HEATING, 20260101, &r, &d), ERR_OK);
	assert_near(r.room.min, 22, "a corner in a cold region");
	assert_int_equal(supply_rules_read(f, 1, SUPPLY_ELECTRICITY, 20260101, &r, &d), ERR_OK);
	assert_near(r.cut.total_h, 2, "two supplies");
	assert_int_equal(supply_rules_read(f, 1, SUPPLY_HOT_WATER, 20260101, &r, &d), ERR_INVAL);
	assert_non_null(strstr(d.text, "temperature.base: 'rounded'"));
	figures_free(f);
	site_unref(s);
}

static void every_figure_of_the_rules_is_in_the_files(void **state)
{
	(void)state;
	for (int s = 0; s < SUPPLY_SERVICE_COUNT; s++) {
		const char *code;
		for (size_t i = 0; (code = supply_rules_code((enum supply_service)s, i)); i++) {
			bool is_own = strstr(code, "static_mpa") || strstr(code, "building.");
			if (!is_own && !figure_at(figures, 0, code, 20260101)) {
				fail_msg("%s is in no file of rules/", code);
			}
		}
	}
}

/* ---- properties ---- */

static uint32_t dice;
static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % sides;
}

static void every_hour_is_counted_once_and_events_are_its_bad_hours(void **state)
{
	(void)state;
	for (dice = 1; dice < 200;) {
		uint32_t seed = dice;
		struct month *m = month_of(24 * (1 + roll(31)));
		rules_on(m, SUPPLY_HOT_WATER, 20260101);
		m->is_judged[SUPPLY_BREAK] = m->is_judged[SUPPLY_PRESSURE] =
			m->is_judged[SUPPLY_TEMPERATURE] = true;
		for (size_t i = 0; i < m->n; i++) {
			m->hours[i].flow = roll(8) ? known(roll(3)) : unknown();
			m->hours[i].pressure = roll(8) ? known(roll(100) ? 0.01 + roll(46) / 100.0 :
									   0.7) :
							 unknown();
			m->hours[i].temperature = roll(8) ? known(30 + roll(50)) : unknown();
		}
		const struct supply_result *r = judged(m);
		double percent = 0;
		for (int k = 0; k < SUPPLY_KIND_COUNT; k++) {
			const struct supply_sum *s = &r->kinds[k];
			double all = s->good_h + s->bad_h + s->no_data_h + s->outside_h;
			double in_events = 0;
			for (size_t i = 0; i < r->event_n; i++) {
				const struct supply_event *e = &r->events[i];
				bool is_of = (int)e->kind == k;
				in_events += is_of ? (double)(e->till - e->from) / HOUR_S : 0;
				assert_true(e->from < e->till);
				assert_true(e->extreme_utc >= e->from && e->extreme_utc < e->till);
			}
			assert_near(in_events, s->bad_h, "events");
			assert_near(all, m->is_judged[k] ? (double)m->n : 0, "hours");
			percent += s->percent;
		}
		assert_near(r->percent_raw, percent, "sum of kinds");
		assert_true(r->percent >= 0 && r->percent <= 100);
		assert_true(r->cold_share >= 0 && r->cold_share <= 1);
		dice = seed + 1;
	}
}

/* More of what is bad never gives less back. */
static void a_worse_month_never_gives_less_back(void **state)
{
	(void)state;
	for (dice = 1; dice < 100;) {
		uint32_t seed = dice;
		struct month *m = month_of(240);
		rules_on(m, SUPPLY_HOT_WATER, 20260101);
		m->is_judged[SUPPLY_TEMPERATURE] = true;
		for (size_t i = 0; i < m->n; i++) {
			m->hours[i].temperature = known(40 + roll(30));
		}
		struct supply_charge c = {100000 + roll(100000), 10000 + roll(90000)};
		const struct supply_result *r = judged(m);
		struct supply_refund x = supply_refund_of(c, 0, r->cold_share, r->percent);
		double percent = r->percent;
		size_t at = roll(240);
		m->hours[at].temperature.value -= 1;
		r = judged(m);
		struct supply_refund y = supply_refund_of(c, 0, r->cold_share, r->percent);
		assert_true(x.to_pay >= 0 && x.refund + x.to_pay == c.full);
		assert_true(r->percent >= percent || r->cold_share > 0);
		assert_true(y.refund >= x.refund || r->cold_share > 0);
		dice = seed + 1;
	}
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_not_known_is_no_violation),
		T(closed_taps_are_no_break),
		T(a_break_is_no_fault_of_pressure_and_temperature_too),
		T(standing_water_says_nothing_about_its_temperature),
		T(a_day_that_is_not_paid_counts_nowhere_else),
		T(cold_hours_are_shared_by_volume_where_it_is_known),
		T(an_act_of_inspection_adds_hours),
		T(breaks_of_heating_are_allowed_by_the_coldest_room),
		T(hours_out_of_season_and_out_of_time_are_told_apart),
		T(allowances_of_hot_water_ended_with_the_decision_of_the_court),
		T(rules_of_a_place_win),
		T(every_figure_of_the_rules_is_in_the_files),
		T(every_hour_is_counted_once_and_events_are_its_bad_hours),
		T(a_worse_month_never_gives_less_back),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
