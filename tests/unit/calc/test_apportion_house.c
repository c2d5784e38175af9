/*
 * test_apportion_house.c - what holds for any house: volumes and money sum to the whole, the order of the
 * premises does not matter, unknown stays unknown; zones, two-part rates, a heat meter that counts hot
 * water, formulas that are changed
 */
#include "calc/apportion.h"
#include "decimal_test.h"

#include <string.h>

#define FLATS 40
#define DATE  20261001

static struct figures *figures;
static struct apportion_rules *rules;

static int load(void **state)
{
	struct diag d = {0};
	(void)state;
	enum err e = figures_load(NULL, &figures, &d);
	e = e ? e : apportion_rules_make(figures, 0, DATE, &rules, &d);
	if (e) {
		(void)fprintf(stderr, "%s\n", d.text);
	}
	return e ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	apportion_rules_free(rules);
	figures_free(figures);
	return 0;
}

/* A reproducible sequence, 0..1. */
static double draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*seed >> 40) / (double)(1 << 24);
}

struct town {
	struct charge_house house;
	struct charge_flat flats[FLATS];
	size_t n;
	struct figure rates[CHARGE_SERVICE_COUNT];
	struct tariff tariffs[CHARGE_SERVICE_COUNT];
};

static void meter(struct charge_meter *m, double volume)
{
	*m = (struct charge_meter){.is_fitted = true,
		.volume = round_decimal(volume, 3),
		.quality = quality_make(QUALITY_MEASURED, SOURCE_METER, 0),
		.completeness = 1};
	for (size_t i = 0; i < CHARGE_HISTORY; i++) {
		m->history[i] = NAN;
	}
}

static void rate(struct town *t, enum charge_service s, double value)
{
	t->rates[s] = (struct figure){.value = value, .text = ""};
	t->tariffs[s] = (struct tariff){.step_count = 1};
	t->tariffs[s].steps[0].figures[0] = &t->rates[s];
	t->tariffs[s].steps[0].days = 1;
	for (size_t i = 0; i < t->n; i++) {
		t->flats[i].tariffs[s] = &t->tariffs[s];
	}
}

/* Some with meters, some without, one with a boiler; the common part may come out negative. */
static void build(struct town *t, uint64_t seed)
{
	static const enum charge_service water[] = {
		CHARGE_COLD_WATER, CHARGE_HOT_WATER, CHARGE_ELECTRICITY};
	memset(t, 0, sizeof(*t));
	t->n = 2 + (size_t)(draw(&seed) * (FLATS - 2));
	charge_house_init(&t->house);
	charge_house_rules(&t->house, figures, 0, DATE);
	t->house.common_area = round_decimal(20 + 300 * draw(&seed), 1);
	double metered_share = draw(&seed);
	for (size_t i = 0; i < t->n; i++) {
		struct charge_flat *f = &t->flats[i];
		charge_flat_init(f, (int64_t)i + 1);
		f->area = round_decimal(20 + 80 * draw(&seed), 1);
		f->people = floor(1 + 4 * draw(&seed));
		f->has_own_heat = draw(&seed) < 0.05;
		f->norms[CHARGE_HEAT] = 0.02;
		if (draw(&seed) < metered_share) {
			meter(&f->meters[CHARGE_HEAT], 1.5 * draw(&seed));
		}
		for (size_t k = 0; k < 3; k++) {
			f->norms[water[k]] = 4;
			if (draw(&seed) < 0.9) {
				meter(&f->meters[water[k]], 10 * draw(&seed));
			}
		}
	}
	meter(&t->house.common[CHARGE_HEAT], (double)t->n * 1.2 * draw(&seed));
	for (size_t k = 0; k < 3; k++) {
		meter(&t->house.common[water[k]], (double)t->n * 10 * draw(&seed));
		t->house.common_modes[water[k]] = CHARGE_COMMON_FACT;
		t->house.common_norms[water[k]] = 0.025;
		rate(t, water[k], round_decimal(1 + 60 * draw(&seed), 2));
	}
	rate(t, CHARGE_HEAT, round_decimal(1000 + 2000 * draw(&seed), 2));
}

static struct charge_result *run(const struct town *t)
{
	struct charge_result *r = NULL;
	assert_int_equal(apportion_run(rules, &t->house, t->flats, t->n, &r), ERR_OK);
	return r;
}

static bool has_warning(const struct charge_result *r, enum charge_fault fault)
{
	for (size_t i = 0; i < r->warning_count; i++) {
		if (r->warnings[i].fault == fault) {
			return true;
		}
	}
	return false;
}

static const struct charge_line *line_of(
	const struct charge_result *r, size_t flat, enum charge_service s, enum charge_part part)
{
	const struct charge_bill *bill = &r->bills[flat];
	for (size_t i = 0; i < bill->count; i++) {
		const struct charge_line *line = &r->lines[bill->first + i];
		if (line->service == s && line->part == part) {
			return line;
		}
	}
	fail_msg("flat %zu has no such line", flat);
	return NULL;
}

static void what_is_charged_by_fact_is_what_was_supplied(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct town t;
		build(&t, seed);
		struct charge_result *r = run(&t);
		for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
			const struct charge_total *total = &r->totals[s];
			if (total->is_charged) {
				assert_near(total->volume, total->supplied, 1e-7);
				assert_int_equal(total->known, total->flats);
				/* half a hundredth in each of two lines at most */
				assert_true(llabs(total->rounding) <= (int64_t)t.n + 1);
			}
		}
		for (size_t i = 0; i < r->line_count; i++) {
			bool is_whole = r->lines[i].part == CHARGE_WHOLE;
			assert_true(!is_whole || r->lines[i].volume >= -1e-12);
		}
		assert_false(has_warning(r, CHARGE_NOT_SUM));
		charge_result_free(r);
	}
}

static void bills_are_the_sums_of_their_lines_and_the_house_of_its_bills(void **state)
{
	(void)state;
	struct town t;
	build(&t, 7);
	struct charge_result *r = run(&t);
	int64_t house = 0, services = 0;
	for (size_t i = 0; i < r->bill_count; i++) {
		int64_t sum = 0;
		for (size_t k = 0; k < r->bills[i].count; k++) {
			sum += r->lines[r->bills[i].first + k].charge;
		}
		assert_int_equal(sum, r->bills[i].total);
		house += sum;
	}
	for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
		services += r->totals[s].is_charged ? r->totals[s].charge : 0;
	}
	assert_int_equal(house, services);
	charge_result_free(r);
}

static void the_order_of_premises_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct town t, turned;
		build(&t, seed);
		turned = t;
		for (size_t i = 0; i < t.n; i++) {
			turned.flats[i] = t.flats[t.n - 1 - i];
			for (int s = 0; s < CHARGE_SERVICE_COUNT; s++) {
				turned.flats[i].tariffs[s] = t.flats[i].tariffs[s] ?
								     &turned.tariffs[s] :
								     NULL;
			}
		}
		struct charge_result *a = run(&t), *b = run(&turned);
		assert_int_equal(a->line_count, b->line_count);
		for (size_t i = 0; i < t.n; i++) {
			const struct charge_bill *x = &a->bills[i], *y = &b->bills[t.n - 1 - i];
			assert_int_equal(x->place, y->place);
			assert_int_equal(x->total, y->total);
			for (size_t k = 0; k < x->count; k++) {
				assert_near(a->lines[x->first + k].volume,
					b->lines[y->first + k].volume, 1e-9);
			}
		}
		charge_result_free(a);
		charge_result_free(b);
	}
}

static void an_unmetered_house_pays_by_area_alone(void **state)
{
	(void)state;
	struct town t;
	build(&t, 11);
	double area = 0;
	for (size_t i = 0; i < t.n; i++) {
		t.flats[i].has_own_heat = false;
		t.flats[i].meters[CHARGE_HEAT].is_fitted = false;
		area += t.flats[i].area;
	}
	struct charge_result *r = run(&t);
	for (size_t i = 0; i < t.n; i++) {
		double want = t.house.common[CHARGE_HEAT].volume * t.flats[i].area / area;
		assert_near(line_of(r, i, CHARGE_HEAT, CHARGE_WHOLE)->volume, want, 1e-9);
	}
	charge_result_free(r);
}

/* ---- unknown ---- */

static void an_unknown_area_makes_shares_unknown_and_is_named(void **state)
{
	(void)state;
	struct town t;
	build(&t, 3);
	t.flats[0].area = NAN;
	struct charge_result *r = run(&t);
	assert_true(has_warning(r, CHARGE_AREA_UNKNOWN));
	const struct charge_line *line = line_of(r, 1, CHARGE_COLD_WATER, CHARGE_COMMON);
	assert_true(isnan(line->volume));
	assert_true(line->charge == MONEY_NONE);
	assert_int_equal(quality_class(line->quality), QUALITY_MISSING);
	assert_true(r->bills[1].total == MONEY_NONE);
	assert_true(r->totals[CHARGE_COLD_WATER].charge == MONEY_NONE);
	/* what is known stays known */
	assert_true(line_of(r, 1, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL)->volume >= 0);
	assert_true(r->bills[1].known > 0);
	charge_result_free(r);
}

static void a_common_meter_with_a_hole_charges_nobody_by_a_part(void **state)
{
	(void)state;
	struct town t;
	build(&t, 3);
	t.house.common[CHARGE_COLD_WATER].completeness = 0.5;
	t.house.common[CHARGE_COLD_WATER].quality = quality_make(QUALITY_PARTIAL, SOURCE_METER, 0);
	struct charge_result *r = run(&t);
	assert_true(has_warning(r, CHARGE_COMMON_NO_DATA));
	assert_true(isnan(r->totals[CHARGE_COLD_WATER].supplied));
	assert_true(isnan(line_of(r, 0, CHARGE_COLD_WATER, CHARGE_COMMON)->volume));
	charge_result_free(r);
}

static void an_unread_meter_without_history_is_charged_by_norm(void **state)
{
	(void)state;
	struct town t;
	build(&t, 3);
	meter(&t.flats[0].meters[CHARGE_COLD_WATER], 5);
	t.flats[0].meters[CHARGE_COLD_WATER].volume = NAN;
	struct charge_result *r = run(&t);
	const struct charge_line *line = line_of(r, 0, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL);
	assert_int_equal(line->basis, CHARGE_BY_NORM_UNREAD);
	assert_near(line->volume, 4 * t.flats[0].people, 0);
	assert_int_equal(quality_class(line->quality), QUALITY_SUBSTITUTED);
	t.flats[0].people = NAN;
	charge_result_free(r);
	r = run(&t);
	line = line_of(r, 0, CHARGE_COLD_WATER, CHARGE_INDIVIDUAL);
	assert_true(isnan(line->volume));
	assert_true(has_warning(r, CHARGE_PEOPLE_UNKNOWN));
	charge_result_free(r);
}

/* ---- seasons, hot water in the heat meter, zones, capacity ---- */

static void heat_of_hot_water_is_taken_out_of_a_meter_that_counts_both(void **state)
{
	(void)state;
	struct town t;
	build(&t, 5);
	t.house.heat_has_water = true;
	t.house.water_heat = 0.06;
	t.house.common[CHARGE_HEAT].volume = 60;
	struct charge_result *r = run(&t);
	double water = r->totals[CHARGE_HOT_WATER].volume;
	assert_near(r->totals[CHARGE_HEAT].supplied, 60 - 0.06 * water, 1e-9);
	assert_near(r->totals[CHARGE_HEAT].volume, 60 - 0.06 * water, 1e-9);
	struct buf text;
	char wanted[96];
	buf_init(&text, 4096);
	apportion_explain(rules, line_of(r, 0, CHARGE_HEAT, CHARGE_WHOLE), LANG_EN, &text);
	(void)snprintf(
		wanted, sizeof(wanted), "60.000000 − 0.06 × %.6f = %.6f", water, 60 - 0.06 * water);
	assert_non_null(strstr(buf_cstr(&text), wanted));
	buf_fini(&text);
	charge_result_free(r);
	t.house.is_heating_season = false;
	r = run(&t);
	for (size_t i = 0; i < t.n; i++) {
		const struct charge_line *line = line_of(r, i, CHARGE_HEAT, CHARGE_WHOLE);
		assert_int_equal(line->basis, CHARGE_NO_SEASON);
		assert_int_equal(line->charge, 0);
	}
	charge_result_free(r);
}

static void zones_of_the_common_part_are_those_of_the_common_meter(void **state)
{
	(void)state;
	struct town t;
	struct figure night = {.value = 2, .text = ""}, day = {.value = 6, .text = ""};
	struct tariff *zoned = &t.tariffs[CHARGE_ELECTRICITY];
	build(&t, 9);
	*zoned = (struct tariff){.step_count = 1, .zone_count = 2, .zones = {"day", "night"}};
	zoned->steps[0] = (struct tariff_step){.days = 1, .figures = {&day, &night}};
	for (size_t i = 0; i < t.n; i++) {
		struct charge_meter *m = &t.flats[i].meters[CHARGE_ELECTRICITY];
		meter(m, 30);
		t.flats[i].zones[0] = 20;
		t.flats[i].zones[1] = 10;
	}
	t.house.common[CHARGE_ELECTRICITY].volume = 30.0 * (double)t.n + 8;
	t.house.common_zones[0] = 300;
	t.house.common_zones[1] = 100;
	struct charge_result *r = run(&t);
	/* 20 at 6 and 10 at 2 */
	assert_int_equal(line_of(r, 0, CHARGE_ELECTRICITY, CHARGE_INDIVIDUAL)->charge, 14000);
	const struct charge_line *common = line_of(r, 0, CHARGE_ELECTRICITY, CHARGE_COMMON);
	assert_near(common->parts[0].volume, common->volume * 0.75, 1e-12);
	assert_near(common->parts[1].volume, common->volume * 0.25, 1e-12);
	charge_result_free(r);
	t.flats[0].zones[1] = NAN;
	r = run(&t);
	assert_true(line_of(r, 0, CHARGE_ELECTRICITY, CHARGE_INDIVIDUAL)->charge == MONEY_NONE);
	assert_true(has_warning(r, CHARGE_ZONES_UNKNOWN));
	charge_result_free(r);
}

static void a_two_part_rate_adds_a_line_for_the_load(void **state)
{
	(void)state;
	struct town t;
	struct figure capacity = {.value = 312450.17, .text = ""};
	struct tariff monthly = {.step_count = 1};
	build(&t, 4);
	monthly.steps[0] = (struct tariff_step){.days = 1, .figures = {&capacity}};
	t.flats[0].capacity = &monthly;
	t.flats[0].heat_load = 0.42;
	struct charge_result *r = run(&t);
	const struct charge_line *line = line_of(r, 0, CHARGE_HEAT, CHARGE_CAPACITY);
	assert_int_equal(line->charge, 13122907); /* T05 of tariffs.json */
	assert_near(r->totals[CHARGE_HEAT].volume, r->totals[CHARGE_HEAT].supplied, 1e-9);
	charge_result_free(r);
}

static void allocators_count_only_with_enough_area_and_readings(void **state)
{
	(void)state;
	struct allocated_flat f[2] = {
		{.area = 60, .paid = 6000, .readings = {NAN, 100}, .count = 2},
		{.area = 40, .paid = 4000, .readings = {200, 100}, .count = 2}};
	enum allocated_way way;
	f[0].previous[0] = 120;
	f[0].previous[1] = 80;
	/* a quarter of four is missing: replaced by 120 x 100/80 */
	assert_int_equal(apportion_allocators(rules, f, 2, 150, 0.5, 0.25, &way), ERR_OK);
	assert_int_equal(way, ALLOCATED_BY_READINGS);
	assert_near(f[0].units, 250, 1e-9);
	assert_int_equal(f[0].replaced, 1);
	/* 10000 x 250/550 */
	assert_int_equal(f[0].correction, 4545 - 6000);
	assert_int_equal(f[0].correction + f[1].correction, 0);
	f[1].readings[0] = f[1].previous[0] = NAN;
	f[1].previous[1] = NAN;
	assert_int_equal(apportion_allocators(rules, f, 2, 150, 0.5, 0.25, &way), ERR_OK);
	assert_int_equal(way, ALLOCATED_BY_AREA);
	assert_int_equal(f[0].correction, 0);
	assert_int_equal(apportion_allocators(rules, f, 2, 250, 0.5, 0.25, &way), ERR_OK);
	assert_int_equal(way, ALLOCATED_NOT);
	assert_true(f[0].correction == MONEY_NONE);
}

/* ---- formulas are data ---- */

static const char by_flat_text[] =
	"figures:\n"
	"  - code: apportionment.heat.rest\n    title: t\n    title_ru: t\n    unit: Gcal\n    values:\n"
	"      - {valid_from: 2019-01-01, text: V_d - V_sum, source: s}\n"
	"  - code: apportionment.heat.3_6.individual\n    title: t\n    title_ru: t\n    unit: Gcal\n    values:\n"
	"      - {valid_from: 2019-01-01, text: V_d * n_i / n_ob / 2, source: s}\n"
	"      - {valid_from: 2030-01-01, text: V_d * n_i / n_ob, source: s, is_confirmed: true}\n"
	"  - code: apportionment.heat.3.common\n    title: t\n    title_ru: t\n    unit: Gcal\n    values:\n"
	"      - {valid_from: 2019-01-01, text: V_odn * S_i / S_ob / 2, source: s}\n";

static void a_law_that_changes_is_a_change_of_data(void **state)
{
	(void)state;
	struct diag d = {0};
	struct figures *own = NULL;
	struct apportion_rules *of_date[2] = {0};
	struct slice text = {(const uint8_t *)by_flat_text, sizeof(by_flat_text) - 1};
	assert_int_equal(figures_parse("own", text, NULL, &own, &d), ERR_OK);
	assert_int_equal(apportion_rules_make(own, 0, 20261001, &of_date[0], &d), ERR_OK);
	assert_int_equal(apportion_rules_make(own, 0, 20300101, &of_date[1], &d), ERR_OK);
	struct town t;
	build(&t, 11);
	for (size_t i = 0; i < t.n; i++) {
		t.flats[i].has_own_heat = false;
		t.flats[i].meters[CHARGE_HEAT].is_fitted = false;
	}
	for (int k = 0; k < 2; k++) {
		struct charge_result *r = NULL;
		assert_int_equal(apportion_run(of_date[k], &t.house, t.flats, t.n, &r), ERR_OK);
		double want = t.house.common[CHARGE_HEAT].volume * (k ? 1 : 0.5);
		assert_near(r->totals[CHARGE_HEAT].individual, want, 1e-9);
		/* the first set halves the rest and loses the half: that must be said */
		assert_true(has_warning(r, CHARGE_NOT_SUM) == (k == 0));
		assert_true(has_warning(r, CHARGE_RULE_UNKNOWN)); /* none for water */
		charge_result_free(r);
		apportion_rules_free(of_date[k]);
	}
	figures_free(own);
}

static void a_formula_that_is_none_is_refused_with_its_code(void **state)
{
	(void)state;
	static const char bad[] =
		"figures:\n  - code: apportionment.heat.rest\n    title: t\n    title_ru: t\n    unit: Gcal\n"
		"    values:\n      - {valid_from: 2019-01-01, text: V_d - V_xyz, source: s}\n";
	struct diag d = {0};
	struct figures *own = NULL;
	struct apportion_rules *r = NULL;
	struct slice text = {(const uint8_t *)bad, sizeof(bad) - 1};
	assert_int_equal(figures_parse("own", text, NULL, &own, &d), ERR_OK);
	assert_int_equal(apportion_rules_make(own, 0, DATE, &r, &d), ERR_INVAL);
	assert_non_null(strstr(d.text, "apportionment.heat.rest"));
	assert_int_equal(d.offset, 6);
	figures_free(own);
}

static void numbers_of_the_law_are_read_from_codes(void **state)
{
	(void)state;
	static const struct {
		const char *code, *number;
	} cases[] = {{"apportionment.heat.3_1.common", "3(1)"},
		{"apportionment.heat.2.individual", "2"}, {"apportionment.cold_water.15.cap", "15"},
		{"apportionment.heat.rest", ""}, {"apportionment.heat.negative.common", ""}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char number_text[APPORTION_NUMBER_CAP];
		struct figure f = {.code = cases[i].code};
		assert_string_equal(apportion_number(&f, number_text), cases[i].number);
	}
}

static void a_line_in_words_reads_like_a_bill(void **state)
{
	(void)state;
	struct town t;
	struct buf text;
	build(&t, 1);
	t.n = 2;
	t.flats[0].area = 50;
	t.flats[1].area = 150;
	for (size_t i = 0; i < 2; i++) {
		meter(&t.flats[i].meters[CHARGE_HEAT], 1);
		t.flats[i].has_own_heat = false;
	}
	t.house.common[CHARGE_HEAT].volume = 3;
	t.rates[CHARGE_HEAT].value = 2000;
	struct charge_result *r = run(&t);
	buf_init(&text, 4096);
	apportion_explain(rules, line_of(r, 0, CHARGE_HEAT, CHARGE_WHOLE), LANG_RU, &text);
	assert_string_equal(buf_cstr(&text),
		"Отопление: 1,000000\302\240Гкал по вашему счётчику + 0,250000\302\240Гкал общедомовые "
		"(1,000000 × 50,0 ÷ 200,0) = 1,250000\302\240Гкал; × 2\302\240000,00 = 2\302\240500,00. "
		"Общедомовой объём: 3,000000 − 2,000000 = 1,000000\302\240Гкал. "
		"Формулы: 3(3) (с текстом правил не сверено).");
	buf_clear(&text);
	apportion_explain(rules, line_of(r, 0, CHARGE_HEAT, CHARGE_WHOLE), LANG_EN, &text);
	assert_string_equal(buf_cstr(&text),
		"Heating: 1.000000\302\240Gcal by your meter + 0.250000\302\240Gcal common "
		"(1.000000 × 50.0 ÷ 200.0) = 1.250000\302\240Gcal; × 2\302\240000.00 = 2\302\240500.00. "
		"Common volume: 3.000000 − 2.000000 = 1.000000\302\240Gcal. "
		"Formulas: 3(3) (not compared with the text of the rules).");
	buf_fini(&text);
	charge_result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_charged_by_fact_is_what_was_supplied),
		cmocka_unit_test(bills_are_the_sums_of_their_lines_and_the_house_of_its_bills),
		cmocka_unit_test(the_order_of_premises_changes_nothing),
		cmocka_unit_test(an_unmetered_house_pays_by_area_alone),
		cmocka_unit_test(an_unknown_area_makes_shares_unknown_and_is_named),
		cmocka_unit_test(a_common_meter_with_a_hole_charges_nobody_by_a_part),
		cmocka_unit_test(an_unread_meter_without_history_is_charged_by_norm),
		cmocka_unit_test(heat_of_hot_water_is_taken_out_of_a_meter_that_counts_both),
		cmocka_unit_test(zones_of_the_common_part_are_those_of_the_common_meter),
		cmocka_unit_test(a_two_part_rate_adds_a_line_for_the_load),
		cmocka_unit_test(allocators_count_only_with_enough_area_and_readings),
		cmocka_unit_test(a_law_that_changes_is_a_change_of_data),
		cmocka_unit_test(a_formula_that_is_none_is_refused_with_its_code),
		cmocka_unit_test(numbers_of_the_law_are_read_from_codes),
		cmocka_unit_test(a_line_in_words_reads_like_a_bill),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
